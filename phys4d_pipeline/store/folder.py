"""Keys such as `v1/clips/.../manifest.json` -> files below one local folder, written atomically.

The only place that knows where a store lies: an object store would offer the same methods.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av.error

from ..errors import StoreError

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free space or choose another store",
    errno.EDQUOT: "the disk quota is used up; free space or choose another store",
    errno.EFBIG: "the file-size limit is reached (ulimit -f); raise it or choose another store",
    errno.EACCES: "no permission; choose a folder you may write to",
    errno.EPERM: "no permission; choose a folder you may write to",
    errno.EROFS: "the file system is read-only; choose another store",
    errno.ENOTDIR: "a part of the path is a file; choose another store",
    errno.EEXIST: "a file of this name is in the way; remove it or choose another folder",
    errno.ENOENT: "there is no such file; check the path or write the clip again",
}
TEMPORARY = ".tmp"


@contextmanager
def storage_errors(place: Path | str) -> Iterator[None]:
    """Turn what the operating system refuses at `place` into a StoreError of one line."""
    try:
        yield
    except (OSError, av.error.FFmpegError) as error:
        code = getattr(error, "errno", None)
        # Arrow wraps what a file object raised; the cause is further down.
        if code is None and isinstance(error.__context__, OSError):
            code = error.__context__.errno
        remedy = _REMEDIES.get(code or 0, f"{error}; check the disk")
        raise StoreError(f"{place}: {remedy}.") from error


class Folder:
    """A store's root folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Where a key lies on the local disk."""
        return self.root / key

    def exists(self, key: str) -> bool:
        """Is there a file or a folder of this key?"""
        with storage_errors(self.path(key)):
            return self.path(key).exists()

    def names(self, key: str) -> list[str]:
        """Names directly below a key in alphabetical order, without half-written files."""
        return [name for name in self.all_names(key) if not name.endswith(TEMPORARY)]

    def all_names(self, key: str) -> list[str]:
        """Names directly below a key in alphabetical order."""
        with storage_errors(self.path(key)):
            try:
                return sorted(os.listdir(self.path(key)))
            except FileNotFoundError:
                return []

    def read(self, key: str) -> bytes:
        """The whole file."""
        with storage_errors(self.path(key)):
            return self.path(key).read_bytes()

    def replace(self, key: str, data: bytes) -> None:
        """Write a file so that readers see the old one or the new one, never a part."""
        path = self.path(key)
        # The name must differ between processes; it never reaches a reader.
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(6)}{TEMPORARY}")
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                write_file(temporary, data)
                os.replace(temporary, path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync(path.parent)

    def make(self, key: str) -> Path:
        """Make a new folder that must not exist yet."""
        path = self.path(key)
        with storage_errors(path):
            path.mkdir(parents=True)
        return path

    def remove(self, key: str) -> None:
        """Remove a file or a whole folder; nothing happens if it is gone already."""
        path = self.path(key)
        with storage_errors(path):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def changed_at(self, key: str) -> float:
        """Seconds since 1970 at which the newest file at or below a key was written."""
        path = self.path(key)
        with storage_errors(path):
            parts = [path, *path.rglob("*")] if path.is_dir() else [path]
            return max(part.stat().st_mtime for part in parts)


def write_file(path: Path, data: bytes) -> None:
    """Write a new file down to the disk itself."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, down to the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
