"""`phys4d`: command-line words -> calls of the library; tables or JSON out, one line per error.

Exit codes: 0 done; 1 the data failed its checks; 2 the request was wrong or could not be met.
Solvers, renderer and store are imported by the command that needs them: `--help` stays fast.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NoReturn

from tqdm import tqdm

from .cameras.help import HELP as CAMERA_HELP
from .device import chosen_device
from .errors import ClipFormatError, Phys4DError
from .label_command import add_options as add_label_options
from .label_command import label_all
from .scene import SceneSpec
from .scene_catalog import PRESETS, catalog, preset, resized, sample_scene
from .train_command import add_train_options, train

DONE, FAILED, REFUSED, STOPPED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except BrokenPipeError:  # `phys4d scenes | head` is no fault
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (Phys4DError, OSError) as error:
        print(f"phys4d: error: {_one_line(error)}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("phys4d: stopped; what was complete is stored", file=sys.stderr)
        return STOPPED


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the words."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"phys4d: error: {message}; see '{self.prog} --help'\n")


def parser() -> argparse.ArgumentParser:
    """Every sub-command and its options."""
    root = _Parser(prog="phys4d", description="Physics-true video with exact ground truth.")
    commands = root.add_subparsers(required=True, metavar="COMMAND", dest="command")

    def command(run: Any, *, store: bool = True, as_json: bool = True) -> argparse.ArgumentParser:
        name = run.__name__
        added = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        added.set_defaults(run=run)
        if store:
            added.add_argument(
                "--store", required=True, metavar="URI", help="folder of the dataset"
            )
        if as_json:
            added.add_argument("--json", action="store_true", help="print JSON instead of a table")
        return added

    command(scenes, store=False)
    _add_generate_options(command(generate))
    command(verify).add_argument("--clip", metavar="ID", help="only this clip")
    command(info)
    command(gallery, as_json=False).add_argument("--out", required=True, metavar="DIR")
    _add_rerender_options(command(rerender))
    add_train_options(command(train, as_json=False))
    add_label_options(command(label))
    command(gc).add_argument(
        "--hours", type=float, default=24.0, metavar="H", help="spare what is younger (24)"
    )
    return root


def _add_generate_options(added: argparse.ArgumentParser) -> None:
    added.add_argument("--category", required=True, metavar="C", help="see 'phys4d scenes'")
    added.add_argument("--family", metavar="F", help="default: seeds walk through the families")
    added.add_argument("--seed", required=True, type=int, metavar="N", help="of the first clip")
    added.add_argument("--clips", type=int, default=1, metavar="K", help="seeds N to N+K-1")
    added.add_argument("--preset", default="demo", metavar="P", help=f"{', '.join(PRESETS)}")
    added.add_argument("--frames", type=int, metavar="T", help="instead of the preset's")
    added.add_argument("--width", type=int, metavar="W", help="instead of the preset's [px]")
    added.add_argument("--height", type=int, metavar="H", help="instead of the preset's [px]")
    added.add_argument("--cameras", type=int, default=1, metavar="N", help="views of each scene")
    added.add_argument("--workers", type=int, default=0, metavar="N", help="default: one per core")


def _add_rerender_options(added: argparse.ArgumentParser) -> None:
    added.formatter_class = argparse.RawDescriptionHelpFormatter
    added.epilog = CAMERA_HELP
    added.add_argument("--clip", required=True, metavar="ID", help="whose motion is filmed again")
    added.add_argument(
        "--camera",
        required=True,
        action="append",
        metavar="SPEC",
        help="see below; may be repeated",
    )
    added.add_argument("--workers", type=int, default=0, metavar="N", help="default: one per core")


def scenes(options: argparse.Namespace) -> int:
    """List categories and scene families."""
    rows = [
        {
            "category": category,
            "family": family.name,
            "split": family.split,
            "solver": family.solver,
            "summary": family.summary,
        }
        for category, members in catalog().items()
        for family in members.values()
    ]
    _show(rows, rows, options)
    return DONE


def generate(options: argparse.Namespace) -> int:
    """Make clips: scene, simulation, pictures, ground truth, store."""
    specs = _specs(options)
    from .production import produce
    from .store import layout, open_store
    from .store.folder import storage_errors

    store = open_store(options.store)
    chosen_device()  # refuses a wrong one before minutes of work, as the next line a full disk
    with storage_errors(store.uri):
        store.folder.path(layout.CLIPS).mkdir(parents=True, exist_ok=True)
    rows = []
    with tqdm(desc="frames", unit="frame", disable=None) as bar:
        bar.total = sum(spec.num_frames * len(spec.cameras) for spec in specs)
        for made in produce(specs, store, workers=options.workers, on_frames=bar.update):
            rows.append(_clip_row(made))
    _show(rows, rows, options)
    return FAILED if any(row["failure"] for row in rows) else DONE


def _specs(options: argparse.Namespace) -> list[SceneSpec]:
    from .cameras.views import seen_by

    if options.clips < 1:
        raise Phys4DError(f"--clips ({options.clips}) must be at least 1.")
    size = resized(
        preset(options.preset),
        num_frames=options.frames,
        width=options.width,
        height=options.height,
    )
    seeds = range(options.seed, options.seed + options.clips)
    drawn = (
        sample_scene(options.category, seed, family=options.family, preset=size) for seed in seeds
    )
    return [seen_by(spec, options.cameras) for spec in drawn]


def _clip_row(made: Any) -> dict[str, Any]:
    manifest = made.manifest
    return {
        "clip": made.clip_id,
        "family": made.spec.family,
        "seed": made.spec.seed,
        "frames": manifest.num_frames if manifest else 0,
        "MB": round(manifest.num_bytes / 1e6, 1) if manifest else 0.0,
        "checks": manifest.checks["total"] if manifest else 0,
        "reused": made.reused,
        "failure": made.failure,
    }


def rerender(options: argparse.Namespace) -> int:
    """Film a stored clip with new cameras, without simulating again."""
    from .rerender import rerender as render_again
    from .rerender import with_cameras
    from .store import open_store

    store = open_store(options.store)
    spec = with_cameras(store, options.clip, options.camera)
    with tqdm(desc="frames", unit="frame", disable=None) as bar:
        bar.total = spec.num_frames * len(spec.cameras)
        made = render_again(spec, store, workers=options.workers, on_frames=bar.update)
    row = _clip_row(made)
    _show([row], row, options)
    return FAILED if row["failure"] else DONE


def verify(options: argparse.Namespace) -> int:
    """Read every byte back: hashes, frame counts, ground truth, physics."""
    from .store import open_store

    store = open_store(options.store)
    chosen = [options.clip] if options.clip else store.clip_ids()
    if not chosen:
        raise Phys4DError(f"{store.uri}: no clips to verify; make some with 'phys4d generate'.")
    if options.clip:
        store.manifest(options.clip)  # an unknown name is a wrong request, not failed data
    bar = tqdm(chosen, desc="verify", unit="clip", disable=None)
    clips = [_verified(store, clip_id) for clip_id in bar]
    rows = [
        {
            "clip": each["clip"],
            "checks": len(each["checks"]),
            "verdict": "ok" if each["pass"] else "FAILED",
            "reason": each["reason"],
        }
        for each in clips
    ]
    passed = all(each["pass"] for each in clips)
    _show(rows, {"pass": passed, "clips": clips}, options)
    return DONE if passed else FAILED


def _verified(store: Any, clip_id: str) -> dict[str, Any]:
    """One clip's checks; a manifest that cannot be read fails like a damaged file."""
    from .physics_checks import physics_checks
    from .store import Clip, verify_clip

    checks, reason = [], ""
    try:
        checks = verify_clip(store, clip_id)
        if all(check.passed for check in checks):
            clip = Clip(store, store.manifest(clip_id))
            checks += physics_checks(clip.scene, clip.states)
    except ClipFormatError as error:
        reason = _one_line(error)
    failed = [check for check in checks if not check.passed]
    return {
        "clip": clip_id,
        "pass": not (failed or reason),
        "reason": reason or "; ".join(f"{check.name} ({check.source})" for check in failed),
        "checks": [check.as_dict() for check in checks],
    }


def info(options: argparse.Namespace) -> int:
    """Count clips, hours and bytes per category and family."""
    from .store import open_dataset

    store = open_dataset(options.store).store
    groups: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for manifest in store.manifests():
        groups[manifest.category, manifest.family].append(manifest)
    rows = [
        {"category": category, "family": family, **_amount(members)}
        for (category, family), members in sorted(groups.items())
    ]
    everything = _amount([each for members in groups.values() for each in members])
    quarantined = store.quarantined()
    plain = {"families": rows, "total": everything, "quarantined": quarantined}
    _show([*rows, {"category": "total", "family": "", **everything}], plain, options)
    if quarantined and not options.json:
        print(f"{len(quarantined)} clips in quarantine: {', '.join(quarantined)}")
    return DONE


def _amount(manifests: Sequence[Any]) -> dict[str, Any]:
    return {
        "clips": len(manifests),
        "hours": round(sum(each.num_frames / each.fps for each in manifests) / 3600, 6),
        "bytes": sum(each.num_bytes for each in manifests),
    }


def gallery(options: argparse.Namespace) -> int:
    """Build the static page that shows every clip."""
    from .gallery.build import build_gallery
    from .store import open_dataset

    print(build_gallery(open_dataset(options.store), options.out, workers=0))
    return DONE


def label(options: argparse.Namespace) -> int:
    """Estimate depth and flow of stored clips or videos; measure them where the truth is known."""
    rows, plain = label_all(options)
    tables = [rows] if options.json else [rows, *plain["quality"].values()]
    for table in filter(None, tables):
        _show(table, plain, options)
    return DONE


def gc(options: argparse.Namespace) -> int:
    """Remove what interrupted or superseded writes have left."""
    from .store import collect_garbage, open_store

    removed = collect_garbage(open_store(options.store), grace_seconds=3600 * options.hours)
    _show([{"removed": key} for key in removed], removed, options)
    return DONE


def _show(rows: Sequence[dict[str, Any]], plain: Any, options: argparse.Namespace) -> None:
    """Print a table of `rows`, or `plain` as JSON."""
    if options.json:
        print(json.dumps(plain, indent=1))
        return
    texts = [[str(value) for value in row.values()] for row in rows]
    head = [list(rows[0])] if rows else []
    widths = [max(map(len, column)) for column in zip(*head, *texts, strict=True)]
    for line in (*head, *texts):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
