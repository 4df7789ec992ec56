"""Frames per second of the renderer on the reference scene, its peers, and the memory floor.

Everything in one run, on this machine. Times a frame are CPU time of the process, all its threads,
so that a busy machine does not change them much; frames per second are wall time.

Run: python benchmarks/render.py                        (about 10 minutes; --quick --peers tiny: 2)
"""

import argparse
import os
from dataclasses import dataclass

import peers
from measures.bandwidth import Bandwidth, bandwidth
from measures.first_frame import FirstFrame, first_frame
from measures.ours import (
    Memory,
    SecondCamera,
    Speed,
    frame_bytes,
    memory,
    second_camera,
    short_clips,
    single_threaded,
    speed,
)

SHORT_CLIPS = (1, 5, 10, 20)
GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Ours:
    """Speed of every variant."""

    moving: Speed
    still: Speed
    meshes_only: Speed


def main() -> None:
    arguments = _arguments()
    single_threaded()
    workers, frames = arguments.workers, arguments.frames
    print("RGB anti-aliased + depth + flow both ways + dz + occlusion both ways + ids + normals,")
    print("1920x1080; reference scene: 40 meshes, 201,088 triangles, 50,000 particles, sun")
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before we start\n")
    cold = None if arguments.quick else first_frame(cold=True)
    first_frame(cold=False)  # fills the cache
    warm = first_frame(cold=False)
    ours = Ours(
        moving=speed("moving", frames, workers),
        still=speed("still", frames, workers),
        meshes_only=speed("moving", frames, workers, particles=False),
    )
    print_speed(ours)
    print_first_frame(warm, cold)
    print_second_camera(second_camera(frames // 4))
    print_floor(ours, bandwidth(1), bandwidth(workers), frame_bytes())
    if not arguments.quick:
        print_memory(memory(arguments.clip_frames), short_clips(SHORT_CLIPS[-1], SHORT_CLIPS))
    print_peers(ours, arguments.peers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 2))
    parser.add_argument("--frames", type=int, default=96, help="of the speed measurements")
    parser.add_argument("--clip-frames", type=int, default=300, help="of the memory measurement")
    parser.add_argument("--quick", action="store_true", help="no cold start, no memory")
    parser.add_argument(
        "--peers",
        type=lambda text: [name for name in text.split(",") if name],
        default=list(peers.NAMES),
        help=f"some of {','.join(peers.NAMES)}; empty for none",
    )
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.peers) - set(peers.NAMES)):
        parser.error(f"--peers {','.join(unknown)}: choose from {','.join(peers.NAMES)}")
    if arguments.frames < 8 * arguments.workers:
        parser.error(f"--frames {arguments.frames}: at least 8 for each of {arguments.workers}")
    return arguments


def print_table(head: str, rows: list[tuple[str, ...]]) -> None:
    """A markdown table; the head as `a | b | c`."""
    columns = head.count("|") + 1
    print(f"| {head} |\n|{'---|' * columns}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def print_speed(ours: Ours) -> None:
    variants = (
        ("moving: everything and the camera", ours.moving),
        ("still: camera, particles and 35 meshes at rest", ours.still),
        ("moving, 40 meshes without particles", ours.meshes_only),
    )
    print_table(
        f"our renderer | frames/s, {ours.moving.workers} processes | CPU-ms a frame "
        "| frames per CPU-second | once a run, until its first frame: CPU-ms",
        [
            (
                name,
                f"{s.fps:.2f}",
                f"{1e3 * s.cpu_s:.0f}",
                f"{1 / s.cpu_s:.2f}",
                f"{1e3 * s.first_s:.0f}",
            )
            for name, s in variants
        ],
    )


def print_first_frame(warm: FirstFrame, cold: FirstFrame | None) -> None:
    rows = [("warm kernel cache", warm)] + ([("empty cache", cold)] if cold else [])
    print_table(
        "fresh process | imports and scene, s | render() to first frame, s | CPU-s",
        [(name, f"{f.imports_s:.1f}", f"{f.frame_s:.1f}", f"{f.cpu_s:.1f}") for name, f in rows],
    )


def print_second_camera(two: SecondCamera) -> None:
    print_table(
        "cameras of one clip, one process | CPU-ms a frame",
        [
            ("first", f"{1e3 * two.first_s:.0f}"),
            ("second", f"{1e3 * two.second_s:.0f} ({two.second_s / two.first_s:.2f} of the first)"),
        ],
    )


def print_floor(ours: Ours, one: Bandwidth, both: Bandwidth, size: int) -> None:
    rows = []
    for rates in (one, both):
        write, copy = (1e3 * size / rate for rate in (rates.write, rates.copy))
        rows.append(
            (
                f"{rates.processes}",
                f"{rates.write / 1e9:.1f} / {rates.copy / 1e9:.1f}",
                f"{write:.1f} / {copy:.1f}",
            )
        )
    print_table(
        f"processes | write / copy, GB/s | floor of {size / 1e6:.0f} MB of layers, ms a frame", rows
    )
    print_table(
        "CPU time a frame over the floor of writing once, one process | times",
        [
            (name, f"{each.cpu_s * one.write / size:.1f}")
            for name, each in (("moving", ours.moving), ("still", ours.still))
        ],
    )


def print_memory(long: Memory, short: dict[int, int]) -> None:
    print_table(
        "memory of one process | GiB",
        [
            ("states of the clip", f"{long.states / GIB:.2f}"),
            ("resident before drawing, states included", f"{long.before / GIB:.2f}"),
            ("peak while drawing it", f"{long.peak / GIB:.2f}"),
            ("after a tenth of it", f"{long.early / GIB:.3f}"),
            ("at its end", f"{long.late / GIB:.3f}"),
            *((f"after short clip {clip}", f"{rss / GIB:.3f}") for clip, rss in short.items()),
        ],
    )


def print_peers(ours: Ours, names: list[str]) -> None:
    rows: list[tuple[str, ...]] = []
    for name in names:
        for row in peers.measure(name):
            if isinstance(row, peers.Skipped):
                rows.append((row.renderer, "skipped", "", "", row.reason))
                continue
            own = ours.moving.cpu_s if row.particles else ours.meshes_only.cpu_s
            content = "meshes + particles" if row.particles else "meshes"
            times = f"{row.cpu_s / own:.1f}"
            rows.append((row.renderer, content, f"{1e3 * row.cpu_s:.0f}", times, row.lacks))
    if rows:
        print_table(
            "peer | draws | CPU-ms a frame | times ours on the same content | what it lacks", rows
        )


if __name__ == "__main__":
    main()
