"""Writes files that are whole or not there, whoever reads them meanwhile and whatever fails."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file in one step; a reader sees the old one or the new one. Return its path.

    Its folder is made. If two write the same file, one of them wins.

    Args:
        path: of the file.
        content: bytes, or text that is written as UTF-8.

    Raises:
        OSError: it cannot be written; what was there is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, so that the rename stays within one file system.
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_umask())  # what an ordinary file would have got
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    return path


def write_whole_json(path: Path, value: Any) -> Path:
    """Write plain data in one step as JSON that people can read; see :func:`write_whole`."""
    return write_whole(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
