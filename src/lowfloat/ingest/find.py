"""The files that a source names: itself, those below a folder, or those that match a glob."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lowfloat.errors import FeedError

Source = str | Path | Sequence[str | Path]


class Found(NamedTuple):
    """A file, the name it is reported by, and whether the user named it rather than its folder."""

    path: Path
    name: str
    is_named: bool


def find(source: Source) -> Iterator[Found]:
    """Yield each file of a source once.

    Raises:
        FeedError: a part of ``source`` names no file.
    """
    seen: set[Path] = set()
    names: set[str] = set()
    for item in [source] if isinstance(source, (str, Path)) else source:
        root = Path(item)
        if root.is_file():
            found = [Found(root, root.name, True)]
        elif root.is_dir():
            below = sorted(root.rglob("*"))
            found = [Found(path, path.relative_to(root).as_posix(), False) for path in below]
        else:
            matches = sorted(Path(match) for match in glob.glob(str(item), recursive=True))
            found = [Found(path, path.name, False) for path in matches]
        found = [entry for entry in found if entry.path.is_file()]
        if not found:
            raise FeedError(
                f"`source` was {str(item)!r}, which names no file; use a file, a folder that "
                "holds some, or a glob that matches some."
            )
        for entry in found:
            if entry.path.resolve() not in seen:
                yield entry._replace(name=entry.path.as_posix()) if entry.name in names else entry
            seen.add(entry.path.resolve())
            names.add(entry.name)
