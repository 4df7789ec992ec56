"""The examples run as their readers would run them, at a tiny size."""

import runpy
from pathlib import Path

import numpy as np
from PIL import Image

import phys4d_pipeline as p4
from phys4d_pipeline.scene_catalog import Preset

EXAMPLES = Path(__file__).parents[1] / "examples"
TINY = Preset(name="tiny", num_frames=20, width=160, height=90)


def test_one_clip_goes_from_scene_to_contact_sheet(tmp_path, capsys):
    main = runpy.run_path(str(EXAMPLES / "one_clip.py"))["main"]
    picture = main(tmp_path, TINY)
    (clip,) = p4.open_dataset(tmp_path)
    assert clip.rgb.shape == (20, 90, 160, 3)
    assert clip.checks and all(check["pass"] for check in clip.checks if check["blocking"])
    said = capsys.readouterr().out
    assert clip.manifest.caption in said and "nan" not in said
    assert np.asarray(Image.open(picture)).std() > 20  # pictures, not an empty page
