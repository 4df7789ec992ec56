"""One category -> a picture with a row of nine frames over the clip for each of its families.

python examples/family_sheet.py CATEGORY PICTURE.jpg [FAMILY ...]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import phys4d_pipeline as p4
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.scene_catalog import Preset, families

DRAWN = Preset(name="sheet", num_frames=120, width=480, height=270, particles=4000)
WIDTH, HEIGHT, LABEL, GAP = 240, 135, 22, 2  # of a picture, of the line above a row [px]
COLUMNS = 9
SEED = 0


def frames_of(spec: SceneSpec) -> list[Image.Image]:
    """Frames at even times from the first to the last, shrunk."""
    states = p4.simulate(spec)
    chosen = np.linspace(0, spec.num_frames - 1, COLUMNS).round().astype(int)
    pictures = []
    for index in chosen:
        (frame,) = p4.render(spec, states, frames=range(index, index + 1))
        pictures.append(Image.fromarray(frame.rgb).resize((WIDTH, HEIGHT), Image.Resampling.BOX))
    return pictures


def main(category: str, target: Path, *names: str) -> None:
    """Draw the rows of some families, of all by default."""
    chosen = names or tuple(families(category))
    size = (COLUMNS * (WIDTH + GAP) - GAP, len(chosen) * (HEIGHT + LABEL))
    sheet = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for row, name in enumerate(chosen):
        spec = p4.sample_scene(category, seed=SEED, family=name, preset=DRAWN)
        top = row * (HEIGHT + LABEL)
        pen.text((4, top + 3), f"{name} ({spec.split}): {spec.caption}", "black", font)
        for column, picture in enumerate(frames_of(spec)):
            sheet.paste(picture, (column * (WIDTH + GAP), top + LABEL))
    sheet.save(target, quality=82)
    print(f"{target}: {len(chosen)} families")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
