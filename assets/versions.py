"""Source files -> code versions; contents -> data versions."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import dagster as dg

ROOT = Path(__file__).parents[1]


def source_version(*folders: str, engines: Iterable[str] = ()) -> str:
    """12 hex digits over the source text of packages and the releases of the engines under them.

    Any edit changes it, a comment too: the asset's body then finds that nothing changed, and its
    data version stays, so nothing downstream is made again.
    """
    sha = hashlib.sha256()
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        sha.update(path.relative_to(ROOT).as_posix().encode())
        sha.update(path.read_bytes())
    for engine in engines:
        sha.update(f"{engine} {version(engine)}".encode())
    return sha.hexdigest()[:12]


def data_version(parts: Iterable[str]) -> dg.DataVersion:
    """The same contents in the same order: the same version."""
    return dg.DataVersion(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16])
