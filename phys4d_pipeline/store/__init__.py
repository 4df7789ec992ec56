"""Clips on a disk: codecs, layout, atomic writer, reader, index, verification."""

from .chunk import CHUNK_FRAMES, ChunkEncoder, EncodedChunk, encode_chunk
from .index import collect_garbage, read_index, read_release, rebuild_index, write_release
from .manifest import Manifest
from .reader import Clip, Dataset, open_dataset
from .store import Store, open_store
from .tables import read_states, write_states
from .verify import verify_clip
from .writer import ClipWriter

__all__ = [
    "CHUNK_FRAMES",
    "ChunkEncoder",
    "Clip",
    "ClipWriter",
    "Dataset",
    "EncodedChunk",
    "Manifest",
    "Store",
    "collect_garbage",
    "encode_chunk",
    "open_dataset",
    "open_store",
    "read_index",
    "read_release",
    "read_states",
    "rebuild_index",
    "verify_clip",
    "write_release",
    "write_states",
]
