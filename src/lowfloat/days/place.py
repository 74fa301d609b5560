"""Where the files of a store or an index lie: in a folder, or below the URL of an object store.

An object store has no locks, no renames and no memory maps. What a writer may not show half of is
therefore told by one last file, and what is read in place lies in a local copy: `LOWFLOAT_CACHE`
holds one folder of copies for each URL, that can be removed whenever nobody reads in it.
"""

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from lowfloat.base.cache import cache_root
from lowfloat.base.whole_file import write_whole
from lowfloat.days.work import work_folder
from lowfloat.errors import ConfigError

_KEPT = 4096  # answers of an object store that are remembered
_CUT_URL = re.compile(r"[a-z][a-z0-9+.-]+:/[^/].*")


class Place(Protocol):
    """Files by name, such as ``SYMB/2025-03-04/day.json``.

    Attributes:
        folder: where the files are read in place: the folder itself, or that of the copies.
    """

    folder: Path

    @property
    def where(self) -> str:
        """The absolute path, or the URL: it means the same place to any process."""

    def exists(self) -> bool:
        """Tell whether there is such a folder."""

    def names(self, below: str, pattern: str) -> list[str]:
        """Return the names of the files in a folder, "" for all, that match a glob, sorted."""

    def names_once(self, below: str, pattern: str) -> list[str]:
        """Return what :meth:`names` does; an object store may be asked only the first time."""

    def read(self, name: str) -> bytes | None:
        """Return the contents of a file, None if there is no such file."""

    def read_once(self, name: str) -> bytes | None:
        """Return what :meth:`read` does; an object store may be asked only the first time."""

    def write(self, name: str, contents: bytes) -> None:
        """Write a file; whoever reads it finds what it held before, or all of it."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def fetch(self, name: str) -> None:
        """Make the copy in ``folder`` what the file is now; a file that is none has no copy."""

    def take(self, source: Path, name: str, last: str) -> bool:
        """Move a local folder here; return False, and leave it alone, if there is one.

        Args:
            source: the folder, on the file system of ``folder``.
            name: it is to have.
            last: file of it that is there only when all others are.
        """

    def discard(self, name: str, last: str) -> None:
        """Remove a folder; its file ``last`` is the first to go."""


def place_of(where: str | os.PathLike[str]) -> Place:
    """Return the place that a path, or a URL such as ``s3://bucket/days``, names.

    Raises:
        ConfigError: the URL names no folder, or a package is needed to reach it.
    """
    text = os.fspath(where)
    if "://" in text:
        return _Remote(text)
    if _CUT_URL.fullmatch(text):
        raise ConfigError(f"`{text}` was a URL before it became a path; use the URL as a string.")
    return _Folder(Path(where))


def named(where: str | os.PathLike[str], name: str) -> str:
    """Return the absolute path, or the URL, of what lies in a place under a name."""
    return f"{place_of(where).where}/{name}"


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.close(descriptor)


class _Folder:
    """A folder of this machine, or one that it has mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def where(self) -> str:
        return str(self.folder.resolve())

    def exists(self) -> bool:
        return self.folder.is_dir()

    def names(self, below: str, pattern: str) -> list[str]:
        start = len(self.folder.parts)
        found = (self.folder / below).glob(pattern)
        return sorted("/".join(path.parts[start:]) for path in found)

    def read(self, name: str) -> bytes | None:
        return _or_none(Path.read_bytes, self.folder / name)

    names_once, read_once = names, read

    def write(self, name: str, contents: bytes) -> None:
        path = write_whole(self.folder / name, contents)
        sync(path.parent)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def fetch(self, name: str) -> None:
        pass  # it lies where it is read

    def take(self, source: Path, name: str, last: str) -> bool:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (target / last).is_file():
            return False
        try:
            os.rename(source, target)
        except OSError:
            if not (target / last).is_file():
                raise
            return False  # another writer was faster
        sync(target.parent)
        sync(self.folder)
        return True

    def discard(self, name: str, last: str) -> None:
        with work_folder(self.folder) as work:
            # Gone in one step, even if the removal is interrupted.
            os.rename(self.folder / name, work / "discarded")


class _Remote:
    """A folder below a URL, through fsspec and the driver that the URL needs."""

    def __init__(self, url: str) -> None:
        self._files, self._root = _opened(url)
        # An object is there whole or not at all; of a file of `file://`, others may see half.
        self._has_halves = _is_local(self._files)
        self.where = f"file://{self._root}" if self._has_halves else url.rstrip("/")
        digest = hashlib.sha256(self.where.encode()).hexdigest()[:16]
        self.folder = cache_root() / "copies" / f"{Path(self._root).name}-{digest}"
        self._forget()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Remote, (self.where,)

    def exists(self) -> bool:
        return bool(self._files.exists(self._root))

    def names(self, below: str, pattern: str) -> list[str]:
        # One listing of all names takes a request per thousand; one of each folder many more.
        start = len(self._root) + 1
        parts = pattern.split("/")
        found = []
        for path in self._files.find(self._path(below)):
            name = path[start:]
            own = name.removeprefix(f"{below}/").split("/")
            if len(own) == len(parts) and all(map(fnmatchcase, own, parts)):
                found.append(name)
        return sorted(found)

    def read(self, name: str) -> bytes | None:
        return _or_none(self._contents, name)

    def write(self, name: str, contents: bytes) -> None:
        path = self._path(name)
        if self._has_halves:
            self._files.makedirs(self._files._parent(path), exist_ok=True)
            part = f"{path}.{secrets.token_hex(6)}"
            self._files.pipe_file(part, contents)
            self._files.mv(part, path)
        else:
            self._files.pipe_file(path, contents)
        self._forget()

    def remove(self, name: str) -> None:
        if self._files.exists(self._path(name)):
            self._files.rm_file(self._path(name))
        self._forget()

    def fetch(self, name: str) -> None:
        path = self.folder / name
        with work_folder(self.folder) as work:
            try:
                self._files.get_file(self._path(name), str(work / "file"))
            except FileNotFoundError:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(work / "file", path)  # who has the old copy mapped keeps it

    def take(self, source: Path, name: str, last: str) -> bool:
        self._forget()
        if self.read(f"{name}/{last}") is not None:
            return False
        if self._has_halves:
            self._files.makedirs(self._path(name), exist_ok=True)
        for path in sorted(source.iterdir()):
            if path.name != last:
                self._files.put_file(str(path), self._path(f"{name}/{path.name}"))
        self.write(f"{name}/{last}", (source / last).read_bytes())
        shutil.rmtree(source)
        return True

    def discard(self, name: str, last: str) -> None:
        self.remove(f"{name}/{last}")
        if self._files.exists(self._path(name)):
            self._files.rm(self._path(name), recursive=True)
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def names_once(self, below: str, pattern: str) -> list[str]:
        return list(self._remembered_names(below, pattern))

    def read_once(self, name: str) -> bytes | None:
        return _or_none(self._remembered_contents, name)

    def _contents(self, name: str) -> bytes:
        contents: bytes = self._files.cat_file(self._path(name))
        return contents

    def _forget(self) -> None:
        # What is not there is not remembered: it may be stored any time.
        self._remembered_contents = lru_cache(maxsize=_KEPT)(self._contents)
        self._remembered_names = lru_cache(maxsize=_KEPT)(self.names)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root


def _or_none(read: Callable[[Any], bytes], name: str | Path) -> bytes | None:
    try:
        return read(name)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _is_local(files: Any) -> bool:
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(files, LocalFileSystem)


def _opened(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path on it."""
    import fsspec

    try:
        # A listing that is remembered by the driver would hide what others have stored since.
        files, root = fsspec.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"`{url}` cannot be reached: {error}. The drivers of object stores are packages of "
            "their own, such as s3fs for s3://, gcsfs for gs:// and adlfs for az://."
        ) from error
    if not root.strip("/"):
        raise ConfigError(f"`{url}` names no folder; use one such as s3://bucket/days.")
    return files, root.rstrip("/")
