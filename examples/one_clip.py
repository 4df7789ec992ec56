"""One clip, step by step and without Dagster: scene, states, frames, store, contact sheet.

python examples/one_clip.py FOLDER
"""

import sys
from importlib.metadata import version
from pathlib import Path

import phys4d_pipeline as p4
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.gallery.contact_sheet import contact_sheet
from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.render import RENDERER_VERSION
from phys4d_pipeline.scene_catalog import Preset
from phys4d_pipeline.simulate import solver_version
from phys4d_pipeline.store import CHUNK_FRAMES, ClipWriter, encode_chunk, open_store

SMALL = Preset(name="example", num_frames=60, width=640, height=360)


def main(folder: Path, preset: Preset = SMALL) -> Path:
    """Make the clip in a store and return the picture that shows it."""
    spec = p4.sample_scene("rigid_bodies", seed=4, preset=preset)
    states = p4.simulate(spec)
    checks = physics_checks(spec, states)

    versions = {
        "solver_version": solver_version(spec),
        "renderer_version": RENDERER_VERSION,
        "code_version": version("phys4d-pipeline"),
    }
    with ClipWriter(open_store(folder), spec, **versions) as writer:
        for first in range(0, spec.num_frames, CHUNK_FRAMES):
            chunk = range(first, min(first + CHUNK_FRAMES, spec.num_frames))
            frames = p4.render(spec, states, frames=chunk)
            writer.add(0, encode_chunk(frames, scene_camera(spec, 0), fps=spec.fps))
        writer.commit(states, checks, timings={})

    clip = p4.open_dataset(folder)[0]
    print(f"{clip.clip_id}: {clip.manifest.caption}")
    print(f"nearest surface in frame 0: {clip.depth[0].min():.2f} m")
    print(f"fastest pixel in frame 0: {abs(clip.flow_forward[0]).max():.1f} px per frame")
    return contact_sheet(p4.open_dataset(folder), folder / "contact_sheet.png")


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
