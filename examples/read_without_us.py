"""Read depth, flow and temperature of a stored clip with pyarrow, numpy and zstandard only.

python examples/read_without_us.py STORE CLIP_ID [FRAME]
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import zstandard


def codes_of(blob: bytes, channels: int, height: int, width: int) -> np.ndarray:
    """Undo zstd, byte planes and zigzag: residuals (channels, height, width), uint16."""
    planes = np.frombuffer(zstandard.decompress(blob), np.uint8)
    planes = planes.reshape(channels, 2, height, width).astype(np.uint16)
    folded = planes[:, 0] | planes[:, 1] << 8
    return (folded >> 1) ^ -(folded & 1)


def depth_of(blob: bytes, shape: list[int]) -> np.ndarray:
    """Codec log16: sums along both axes, then 0.1 m to 1000 m in even steps of the logarithm."""
    code = codes_of(blob, 1, *shape)[0]
    code = np.add.accumulate(np.add.accumulate(code, axis=1, dtype=np.uint16), 0, dtype=np.uint16)
    return np.where(code == 65_535, np.inf, 0.1 * 1e4 ** (code / 65_534)).astype(np.float32)


def flow_of(blob: bytes, shape: list[int]) -> np.ndarray:
    """Codec fixed16: sums along rows, then steps of 1/32 px; -32768 is undefined."""
    code = codes_of(blob, 2, *shape[:2])
    code = np.add.accumulate(code, axis=2, dtype=np.uint16).view(np.int16)
    flow = np.where(code == -32_768, np.nan, code / 32).astype(np.float32)
    return np.moveaxis(flow, 0, -1)


def temperature_of(blob: bytes, shape: list[int]) -> np.ndarray:
    """Codec kelvin16: sums along both axes, then steps of 1/16 K; 65535 is unknown."""
    code = codes_of(blob, 1, *shape)[0]
    code = np.add.accumulate(np.add.accumulate(code, axis=1, dtype=np.uint16), 0, dtype=np.uint16)
    return np.where(code == 65_535, np.nan, code / 16).astype(np.float32)


def read(camera: Path, layer: str, frame: int) -> np.ndarray:
    """One frame of depth, temperature or a flow; reads one row group of 8 frames."""
    file = pq.ParquetFile(camera / f"{layer}.parquet")
    shape = json.loads(file.metadata.metadata[b"shape"])
    decoders = {b"log16": depth_of, b"fixed16": flow_of, b"kelvin16": temperature_of}
    blob = file.read_row_group(frame // 8, columns=["data"])["data"][frame % 8].as_py()
    return decoders[file.metadata.metadata[b"codec"]](blob, shape)


def main(store: str, clip_id: str, frame: str = "0") -> None:
    """Print what the middle of the picture shows."""
    clip = Path(store) / "v1/clips" / f"category={clip_id.rpartition('-')[0]}" / clip_id
    attempt = json.loads((clip / "manifest.json").read_text())["attempt"]
    for layer, unit in (("depth", "m"), ("flow_forward", "px")):
        picture = read(clip / attempt / "camera_0", layer, int(frame))
        middle = picture[picture.shape[0] // 2, picture.shape[1] // 2]
        print(f"{layer} {picture.shape}: {middle} {unit} in the middle")


if __name__ == "__main__":
    main(*sys.argv[1:])
