"""Folders of unfinished work inside a store, which never outlive their writer for long.

What is locked are files that are open for writing: NFS locks neither folders nor what is open for
reading only.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

WORK, LOCK = ".work-", ".lock-"
"""How the name of a work folder begins, and that of the file beside it that is locked."""


@contextmanager
def work_folder(root: Path) -> Iterator[Path]:
    """Make a folder under ``root`` for the length of a ``with`` block, then remove it.

    The folder's lock is held as long as its process lives, so a writer can tell what a killed one
    left behind from what another one is working in, and removes the former.
    """
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / ".lock"):  # nobody sweeps between the making of a lock and its locking
        for prefix in (WORK, LOCK):
            for leftover in root.glob(f"{prefix}*"):
                _remove_if_abandoned(root, leftover.name.removeprefix(prefix))
        name = secrets.token_hex(6)
        lock, folder = root / f"{LOCK}{name}", root / f"{WORK}{name}"
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        folder.mkdir(mode=0o700)
    try:
        # Deeper than any file of a day, so that what is unfinished matches no pattern for days.
        inside = folder / "unfinished"
        inside.mkdir()
        yield inside
    finally:
        try:
            shutil.rmtree(folder)
            lock.unlink()
        finally:
            os.close(handle)  # what could not be removed is not taken for one that is worked in


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file that is there only as long as somebody holds it, or waits for it."""
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT)
        if os.fstat(handle).st_uid == os.geteuid():
            os.fchmod(handle, 0o666)  # whoever may write to the folder may lock it
        fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                break
        os.close(handle)  # the one before has removed it
    try:
        yield
    finally:
        path.unlink()
        os.close(handle)


def _remove_if_abandoned(root: Path, name: str) -> None:
    folder, lock = root / f"{WORK}{name}", root / f"{LOCK}{name}"
    try:
        handle = os.open(lock, os.O_WRONLY)
    except PermissionError:  # it is somebody else's
        return
    except FileNotFoundError:  # the lock goes last: nobody works in a folder without one
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # somebody works in it
    else:
        # Its writer may just have removed it; what cannot be removed is left to the next writer.
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            lock.unlink(missing_ok=True)
    finally:
        os.close(handle)
