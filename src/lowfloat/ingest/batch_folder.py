"""The notes that Databento puts beside the files of a batch download, and what they tell.

``manifest.json`` lists the files with their sizes and SHA-256, ``condition.json`` says of which
dates the data are degraded, and ``symbology.json`` which ticker an instrument number stands for.
"""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lowfloat.base.clock import NS
from lowfloat.base.hashing import sha256_of
from lowfloat.errors import FeedError
from lowfloat.ingest.dbn import Header, Mapped

NOTES = ("manifest.json", "symbology.json", "condition.json", "metadata.json")
DEGRADED = "degraded"
"""Flag of a day of which the vendor says that its data are not whole."""

_AVAILABLE = "available"
_LONGEST_NAME = 255


class BatchFolders:
    """The batch folders among the files of a source.

    Args:
        paths: all files of the source.

    Attributes:
        faults: by manifest that cannot be read, why.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._files: dict[Path, dict[str, dict[str, Any]]] = {}
        self.faults: dict[Path, str] = {}
        for folder in sorted({path.parent for path in paths}):
            manifest = folder / "manifest.json"
            if manifest.is_file():
                try:
                    listed = _listed(manifest)
                except FeedError as error:
                    self.faults[manifest] = str(error)
                else:
                    if listed is not None:
                        self._files[folder] = listed

    def describes(self, path: Path) -> bool:
        """Return whether a file is one of the notes of a batch folder."""
        return path in self.faults or (path.name in NOTES and path.parent in self._files)

    def missing(self) -> list[Path]:
        """Return the files that a manifest lists and that are not there."""
        return [
            folder / name
            for folder, listed in self._files.items()
            for name in sorted(listed)
            if not (folder / name).is_file()
        ]

    def check(self, path: Path) -> str | None:
        """Return the SHA-256 of a file if its manifest lists it, None if there is no manifest.

        Raises:
            FeedError: the file is not what the manifest says.
        """
        entry = self._files.get(path.parent, {}).get(path.name)
        if entry is None:
            return None
        size = path.stat().st_size
        if size != entry["size"]:
            raise FeedError(
                f"{path}: has {size} bytes; its manifest says {entry['size']}. Fetch it again."
            )
        found = sha256_of(path)
        if f"sha256:{found}" != entry["hash"]:
            raise FeedError(
                f"{path}: its hash was sha256:{found}; its manifest says {entry['hash']}. "
                "Fetch it again."
            )
        return found

    def flags(self, path: Path, date: dt.date) -> set[str]:
        """Return what the vendor's word on the condition of a date makes of a day.

        Raises:
            FeedError: the conditions cannot be read.
        """
        source = path.parent / "condition.json"
        if path.parent not in self._files or not source.is_file():
            return set()
        self.check(source)
        conditions = _read(source)
        try:
            said = {entry["date"]: entry["condition"] for entry in conditions}
        except (TypeError, KeyError) as error:
            raise FeedError(f"{source}: is no list of dates and conditions.") from error
        return set() if said.get(date.isoformat(), _AVAILABLE) == _AVAILABLE else {DEGRADED}

    def mapped(self, path: Path, header: Header) -> tuple[Mapped, ...]:
        """Return the tickers of a file whose header names none.

        Raises:
            FeedError: the symbology cannot be read.
        """
        source = path.parent / "symbology.json"
        if path.parent not in self._files or not source.is_file():
            return ()
        self.check(source)
        found = []
        try:
            for ticker, intervals in _read(source)["result"].items():
                for interval in intervals:
                    begin, end = (
                        int(dt.datetime.fromisoformat(f"{interval[key]}T00:00+00:00").timestamp())
                        for key in ("d0", "d1")
                    )
                    from_ns = max(begin * NS, header.start_ns)
                    to_ns = min(end * NS, header.end_ns)
                    if interval["s"] and from_ns < to_ns:
                        number = int(interval["s"])
                        if not 0 <= number < 2**32:
                            raise ValueError(f"an instrument number was {number}")
                        found.append(Mapped(ticker, number, from_ns, to_ns))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise FeedError(f"{source}: maps no tickers to instrument numbers.") from error
        return tuple(found)


def _listed(manifest: Path) -> dict[str, dict[str, Any]] | None:
    """Return a manifest's files by name, None if it is the manifest of something else."""
    content = _read(manifest)
    if not isinstance(content, dict) or "job_id" not in content or "files" not in content:
        return None
    try:
        listed = {
            entry["filename"]: {"size": int(entry["size"]), "hash": str(entry["hash"])}
            for entry in content["files"]
        }
        for name in listed:
            if not name or Path(name).name != name or len(name) > _LONGEST_NAME:
                raise ValueError(f"a name was {name[:80]!r}")
        return listed
    except (TypeError, KeyError, ValueError) as error:
        raise FeedError(
            f"{manifest}: `files` must list `filename`, `size` and `hash` of each file."
        ) from error


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise FeedError(f"{path}: cannot be read ({error}); fetch it again.") from error
