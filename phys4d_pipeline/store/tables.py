"""States, objects and cameras <-> Parquet tables, bit for bit."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32, Int32

from ..camera import Camera
from ..errors import ClipFormatError, StoreError
from ..states import Contacts, States
from .layer_file import ROW_GROUP, HashingFile, unreadable
from .layout import FORMAT, REMEDY

CONTACTS = "contacts.parquet"
POINT_COLUMNS = ("points_", "temperatures_")


def write_table(path: Path, table: pa.Table) -> str:
    """Write a table (zstd, no dictionary), fsync, and return the SHA-256 of the file.

    A table of points goes into row groups of 8 frames, its floats split into byte planes.
    """
    file = HashingFile(path)
    points = [name for name in table.column_names if name.startswith(POINT_COLUMNS)]
    try:
        pq.write_table(
            table,
            file,
            compression="zstd",
            use_dictionary=False,
            row_group_size=ROW_GROUP if points else None,
            use_byte_stream_split=[f"{name}.list.element" for name in points],  # pyright: ignore[reportArgumentType]
        )
    except BaseException:
        file.abandon()
        raise
    return file.finish()


def read_table(path: Path) -> pa.Table:
    """Read a whole table; a missing or damaged file raises ClipFormatError."""
    try:
        return pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise unreadable(path, error) from error


def write_states(path: Path, states: States) -> None:
    """Write states.parquet, and contacts.parquet beside it.

    Args:
        path: Where states.parquet goes; neither file may exist yet.
        states: What the solver produced.
    """
    states_table, contacts_table = state_tables(states)
    write_table(path, states_table)
    write_table(path.with_name(CONTACTS), contacts_table)


def state_tables(states: States) -> tuple[pa.Table, pa.Table]:
    """A row per frame; a row per contact."""
    metadata = {
        "format": str(FORMAT),
        "solver_version": states.solver_version,
        # repr of a float64 reads back to the same bits; +inf for static bodies.
        "masses": json.dumps([repr(float(mass)) for mass in states.masses]),
    }
    frames = pa.table(
        {
            "frame": np.arange(states.num_frames, dtype=np.int32),
            "t": states.times,
            "poses": _lists(states.poses),
            "velocities": _lists(states.velocities),
            "in_contact": _lists(states.in_contact),
            "kinetic_energy": states.kinetic_energy,
            "potential_energy": states.potential_energy,
            "work": states.work,
        }
    )
    for name, array in _point_columns(states):
        frames = frames.append_column(name, array)
    frames = frames.replace_schema_metadata(metadata)
    contacts = states.contacts
    touching = pa.table(
        {
            "frame": contacts.frame,
            "object_a": contacts.object_a,
            "object_b": contacts.object_b,
            "position": _lists(contacts.position),
            "normal": _lists(contacts.normal),
            "impulse": contacts.impulse,
            "penetration": contacts.penetration,
        }
    ).replace_schema_metadata({"format": str(FORMAT)})
    return frames, touching


def _point_columns(states: States) -> Iterator[tuple[str, pa.Array]]:
    """By index of the body; radii do not change and stand in the first row only."""
    for index, points in sorted(states.points.items()):
        yield f"points_{index}", _lists(points)
    for index, speeds in sorted(states.point_velocities.items()):
        yield f"point_velocities_{index}", _lists(speeds)
    for index, heat in sorted(states.temperatures.items()):
        yield f"temperatures_{index}", _lists(heat)
    for index, gas in sorted(states.gas.items()):
        yield f"gas_{index}", _lists(gas)
    for index, radii in sorted(states.radii.items()):
        ends = np.full(states.num_frames + 1, len(radii), np.int32)
        ends[0] = 0
        yield f"radii_{index}", pa.ListArray.from_arrays(ends, pa.array(radii))


def read_states(path: Path) -> States:
    """Read what `write_states` wrote."""
    table = read_table(path)
    try:
        metadata = {key.decode(): text.decode() for key, text in table.schema.metadata.items()}
        masses = np.array([float(text) for text in json.loads(metadata["masses"])])
        B = len(masses)
        return States(
            times=column(table, "t"),
            poses=column(table, "poses", B, 7),
            velocities=column(table, "velocities", B, 6),
            in_contact=column(table, "in_contact", B),
            masses=masses,
            kinetic_energy=column(table, "kinetic_energy"),
            potential_energy=column(table, "potential_energy"),
            work=column(table, "work"),
            contacts=_read_contacts(path.with_name(CONTACTS)),
            solver_version=metadata["solver_version"],
            points={i: per_frame(table, name, 3) for i, name in _named(table, "points")},
            point_velocities={
                i: per_frame(table, name, 3) for i, name in _named(table, "point_velocities")
            },
            radii={i: column(table, name, 1).ravel() for i, name in _named(table, "radii")},
            temperatures={i: per_frame(table, name) for i, name in _named(table, "temperatures")},
            gas={i: column(table, name, 2) for i, name in _named(table, "gas")},
        )
    except (KeyError, AttributeError, ValueError) as error:
        raise ClipFormatError(f"{path}: not a table of states ({error}); {REMEDY}") from error


def _named(table: pa.Table, kind: str) -> Iterator[tuple[int, str]]:
    """Bodies that have a column `<kind>_<index>`."""
    for name in table.column_names:
        if name.startswith(f"{kind}_"):
            yield int(name.removeprefix(f"{kind}_")), name


def _read_contacts(path: Path) -> Contacts:
    table = read_table(path)
    return Contacts(
        frame=column(table, "frame"),
        object_a=column(table, "object_a"),
        object_b=column(table, "object_b"),
        position=column(table, "position", 3),
        normal=column(table, "normal", 3),
        impulse=column(table, "impulse"),
        penetration=column(table, "penetration"),
    )


def objects_table(
    states: States, camera_index: int, sightings: Int32[np.ndarray, "N 7"]
) -> pa.Table:
    """A row per (frame, object_id) as one camera sees it; box -1 where it is not seen."""
    T, B = states.poses.shape[:2]
    velocities = _velocities(states)
    seen = np.zeros((T, B, 5), np.int32)
    seen[:, :, 1:] = -1
    if len(sightings) and sightings[:, 1].max() > B:
        raise StoreError(
            f"camera {camera_index}: segmentation names body {sightings[:, 1].max()}, but the "
            f"scene has {B}; render the scene that is stored."
        )
    seen[sightings[:, 0], sightings[:, 1] - 1] = sightings[:, 2:]
    frame, body = np.divmod(np.arange(T * B), B)
    return pa.table(
        {
            "frame": frame.astype(np.int32),
            "t": states.times[frame],
            "object_id": (body + 1).astype(np.uint16),
            "camera": np.full(T * B, camera_index, np.int32),
            "position": _lists(states.poses[:, :, :3].reshape(-1, 3)),
            "quaternion": _lists(states.poses[:, :, 3:].reshape(-1, 4)),
            "linear_velocity": _lists(velocities[:, :, :3].reshape(-1, 3)),
            "angular_velocity": _lists(velocities[:, :, 3:].reshape(-1, 3)),
            "temperature": _temperatures(states),
            "visible_pixels": seen[:, :, 0].reshape(-1),
            "bbox": _lists(seen[:, :, 1:].reshape(-1, 4)),
        }
    ).replace_schema_metadata(
        {"format": str(FORMAT), "bbox": "x0, y0, x1, y1 [px], half open; -1 when unseen"}
    )


def _velocities(states: States) -> Float32[np.ndarray, "T B 6"]:
    """As the solver gave them; of points that move without, differences of their mean place."""
    velocities = states.velocities.copy()
    for index in states.points:
        if states.num_frames > 1 and not velocities[:, index].any():
            mean = states.poses[:, index, :3].astype(np.float64)
            velocities[:, index, :3] = np.gradient(mean, states.times, axis=0)
    return velocities


def _temperatures(states: States) -> pa.Array:
    """Mean over the points of each body, a row per (frame, body); null where none is known."""
    means = np.zeros(states.poses.shape[:2], np.float32)
    known = np.zeros(means.shape, bool)
    for index, heat in states.temperatures.items():
        means[:, index], known[:, index] = heat.mean(axis=1, dtype=np.float64), True
    return pa.array(means.reshape(-1), mask=~known.reshape(-1))


def camera_table(camera: Camera, fps: int) -> pa.Table:
    """A row per frame: world_from_camera and K, row by row, float64."""
    T = len(camera.world_from_camera)
    frames = np.arange(T, dtype=np.int32)
    return pa.table(
        {
            "frame": frames,
            "t": frames / fps,
            "world_from_camera": _lists(camera.world_from_camera),
            "K": _lists(np.repeat(camera.K[None], T, 0)),
        }
    ).replace_schema_metadata(
        {"format": str(FORMAT), "width": str(camera.width), "height": str(camera.height)}
    )


def read_camera(path: Path) -> Camera:
    """Read what `camera_table` holds."""
    table = read_table(path)
    try:
        return Camera(
            K=column(table, "K", 3, 3)[0].copy(),
            width=int(table.schema.metadata[b"width"]),
            height=int(table.schema.metadata[b"height"]),
            world_from_camera=column(table, "world_from_camera", 4, 4),
        )
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise ClipFormatError(f"{path}: not a table of cameras ({error}); {REMEDY}") from error


def column(table: pa.Table, name: str, *shape: int) -> np.ndarray:
    """A column as an array of its own, list columns in the given shape per row."""
    values = table.column(name).combine_chunks()
    if shape:
        values = values.flatten()
    return values.to_numpy(zero_copy_only=False).reshape(-1, *shape).copy()


def per_frame(table: pa.Table, name: str, *shape: int) -> np.ndarray:
    """A column of lists as an array: frames, points, then the given shape per point."""
    return column(table, name, 1).reshape(table.num_rows, -1, *shape)


def _lists(array: np.ndarray) -> pa.Array:
    """Rows of an array as fixed-size lists of its own type."""
    size = int(np.prod(array.shape[1:]))
    return pa.FixedSizeListArray.from_arrays(
        pa.array(np.ascontiguousarray(array).reshape(-1)), size
    )
