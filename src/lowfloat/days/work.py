"""Folders of unfinished work inside a store, which never outlive their writer for long."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".work-"


@contextmanager
def work_folder(root: Path) -> Iterator[Path]:
    """Make a folder under ``root`` for the length of a ``with`` block, then remove it.

    The folder is locked as long as its process lives, so a writer can tell what a killed one left
    behind from what another one is working in, and removes the former.
    """
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root):  # nobody sweeps between the making of a folder and its locking
        for leftover in root.glob(f"{PREFIX}*"):
            _remove_if_abandoned(leftover)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        # Deeper than any file of a day, so that what is unfinished matches no pattern for days.
        inside = folder / "unfinished"
        inside.mkdir()
        yield inside
    finally:
        try:
            shutil.rmtree(folder)
        finally:
            os.close(handle)  # what could not be removed is not taken for one that is worked in


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_if_abandoned(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except (FileNotFoundError, PermissionError):  # its writer has finished, or is somebody else
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # somebody works in it
    else:
        # Its writer may just have removed it; what cannot be removed is left to the next writer.
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
