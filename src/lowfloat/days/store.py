"""A folder of immutable symbol-days: ``ROOT/SYMBOL/YYYY-MM-DD/``.

Each day holds ``trades.arrow``, ``quotes.arrow`` and ``status.arrow`` (uncompressed Arrow IPC,
memory-mapped on reading), ``bars.arrow`` (one-minute bars), ``day.json`` (what the day is),
``report.json`` (how sound it is, if it was ingested) and ``manifest.json`` (the SHA-256 of every
other file). A day becomes visible by one atomic rename and is never changed afterwards. Days that
failed validation lie apart, in the same layout, under ``ROOT/quarantine``.

The store may lie on an object store: then a day becomes visible by its manifest, which is written
last, and its files are read from local copies, which are made when they are asked for.
"""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import Session
from lowfloat.base.records import DTYPES, Quotes, Status, Trades, blocks
from lowfloat.days.bars import BAR_DTYPES, Bars, minute_bars, summary_of
from lowfloat.days.day import Day, check_symbol
from lowfloat.days.place import place_of, sync
from lowfloat.days.table_file import TableFile, read_columns, write_columns
from lowfloat.days.work import work_folder
from lowfloat.errors import BadSymbol, DayCorrupt, DayExists, DayNotFound

SCHEMA_VERSION = 2
_LAST = "manifest.json"  # it is there only when all other files of a day are
QUARANTINE = "quarantine"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TABLES: dict[str, type] = {"trades": Trades, "quotes": Quotes, "status": Status}
_HASH_BYTES = 1 << 20


class Draft:
    """A day being written: a folder that becomes a day of the store, or never existed.

    Args:
        folder: the folder, which is made, on the file system of the store.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._files: dict[str, TableFile] = {}

    def table(self, kind: type, length: int) -> Any:
        """Return a new table of ``length`` rows whose columns are written to the disk.

        A table of this kind that the draft already had is thrown away.
        """
        name = kind.__name__.lower()
        if name in self._files:
            (self.folder / f"{name}.arrow").unlink()
        self._files[name] = TableFile(self.folder / f"{name}.arrow", DTYPES[kind], length)
        return kind(**self._files[name].columns)

    def write(self, kind: type, start: int, rows: np.ndarray) -> None:
        """Write rows of type ``ROWS[kind]`` into the draft's table from row ``start`` on."""
        self._files[kind.__name__.lower()].write(start, rows)

    def release(self) -> None:
        """Let go of the memory of all tables; the columns stay valid."""
        for file in self._files.values():
            file.release()


class LoadedDay(NamedTuple):
    """A day, and the last earlier one of the symbol that is stored; None if there is none."""

    day: Day
    previous: Day | None


class DayStore:
    """Symbol-days under one root folder.

    Args:
        root: folder of the store, made on the first write, or a URL such as ``s3://bucket/days``.
            On an object store a day that was opened stays what it was to this object, even if
            somebody drops it and makes it again.

    Attributes:
        root: the folder; for a URL, that of the local copies.

    Raises:
        ConfigError: the URL names no folder, or a package is needed to reach it.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._place = place_of(root)
        self.root = self._place.folder

    @property
    def where(self) -> str:
        """The absolute path of the folder, or its URL: opens the store in any process."""
        return self._place.where

    def exists(self) -> bool:
        """Tell whether there is such a folder, with days or without."""
        return self._place.exists()

    def folder(self, symbol: str, date: dt.date | str) -> Path:
        """Return the folder of a symbol-day, whether or not it exists."""
        return self.root / _name(symbol, date)

    @property
    def quarantine(self) -> "DayStore":
        """The days that failed validation, a store of its own."""
        return DayStore(f"{self.where}/{QUARANTINE}")

    def days(self) -> list[tuple[str, dt.date]]:
        """Return ``(symbol, date)`` of every stored day, sorted."""
        found = (name.split("/") for name in self._place.names("", f"*/*/{_LAST}"))
        return sorted(
            (symbol, dt.date.fromisoformat(date))
            for symbol, date, _ in found
            if _DATE.fullmatch(date) and _is_symbol(symbol)
        )

    def __iter__(self) -> Iterator[Day]:
        return (self[key] for key in self.days())

    def __len__(self) -> int:
        return len(self.days())

    def __contains__(self, key: tuple[str, dt.date | str]) -> bool:
        return self._place.read(f"{_name(*key)}/{_LAST}") is not None

    def __getitem__(self, key: tuple[str, dt.date | str]) -> Day:
        """Open a day; its arrays are views of the files on disk.

        The first time a process opens a day, its files are compared with their SHA-256.

        Raises:
            DayNotFound: no such day; the message names the nearest stored ones.
            DayCorrupt: a file is missing, or is not what the manifest says.
        """
        symbol, date = key[0], _as_date(key[1])
        folder = self.folder(symbol, date)
        manifest = self.manifest(symbol, date)
        for name, entry in manifest["files"].items():
            self._sound(f"{_name(symbol, date)}/{name}", entry)
        about = self.about(symbol, date)
        return Day(
            symbol=about["symbol"],
            date=dt.date.fromisoformat(about["date"]),
            session=Session(**about["session"]),
            coverage_end_ns=about["coverage_end_ns"],
            vendor=about["vendor"],
            dataset=about["dataset"],
            flags=tuple(about["flags"]),
            sources=tuple((name, digest) for name, digest in about["sources"]),
            manifest_id=manifest["id"],
            **{
                name: _read_table(folder / f"{name}.arrow", table, DTYPES[table])
                for name, table in _TABLES.items()
            },
        )

    def about(self, symbol: str, date: dt.date | str) -> dict[str, Any]:
        """Return what ``day.json`` says of a day, without opening its tables.

        Raises:
            DayNotFound: no such day.
            DayCorrupt: the file cannot be read, or is of another day or schema.
        """
        folder, date = f"{self.where}/{_name(symbol, date)}", _as_date(date)
        about = _read_json(self._checked(symbol, date, "day.json"))
        if about.get("schema_version") != SCHEMA_VERSION:
            raise DayCorrupt(
                f"{folder}: `schema_version` was {about.get('schema_version')}; use "
                f"{SCHEMA_VERSION}: drop the day and make it again."
            )
        if (about["symbol"], about["date"]) != (symbol, date.isoformat()):
            raise DayCorrupt(
                f"{folder} holds {about['symbol']}/{about['date']}; move it back to its own folder."
            )
        return about

    def bars(self, symbol: str, date: dt.date | str) -> Bars:
        """Return the one-minute bars of a day.

        Raises:
            DayNotFound: no such day.
            DayCorrupt: the file was altered, or is not of this schema.
        """
        return _read_table(self._checked(symbol, date, "bars.arrow"), Bars, BAR_DTYPES)

    def report(self, symbol: str, date: dt.date | str) -> dict[str, Any] | None:
        """Return the validation report of a day, None if it was never validated.

        Raises:
            DayNotFound: no such day.
            DayCorrupt: the file was altered.
        """
        if "report.json" not in self.manifest(symbol, date)["files"]:
            return None
        return _read_json(self._checked(symbol, date, "report.json"))

    def manifest(self, symbol: str, date: dt.date | str) -> dict[str, Any]:
        """Return the manifest of a day: ``id``, and per file its ``sha256`` and ``bytes``."""
        name = f"{_name(symbol, date)}/{_LAST}"
        contents = self._place.read_once(name)
        if contents is None:
            raise DayNotFound(self._not_found(symbol, _as_date(date)))
        path = f"{self.where}/{name}"
        manifest = _json(contents, path)
        try:
            described = [
                (entry["sha256"], entry["bytes"], entry["crc32"])
                for entry in manifest["files"].values()
            ]
            whole = bool(described) and manifest["id"] == _manifest_id(manifest["files"])
        except (KeyError, TypeError, AttributeError) as error:
            raise DayCorrupt(f"{path} lacks what a manifest says: {error!r}.") from error
        if not whole:
            raise DayCorrupt(f"{path}: `id` does not match its own entries.")
        return manifest

    def previous(self, symbol: str, date: dt.date | str) -> Day | None:
        """Return the stored day of this symbol that came last before ``date``."""
        earlier = [key for key in self.days() if key[0] == symbol and key[1] < _as_date(date)]
        return self[earlier[-1]] if earlier else None

    def load_day(
        self, symbol: str, date: dt.date | str, include_previous_day: bool = False
    ) -> LoadedDay | None:
        """Return a day, None if it is not stored.

        Args:
            symbol: ticker.
            date: session date.
            include_previous_day: open the session before it, too: the last one with data.

        Raises:
            DayCorrupt: a file is missing, or is not what its manifest says.
        """
        if (symbol, date) not in self:
            return None
        previous = self.previous(symbol, date) if include_previous_day else None
        return LoadedDay(self[symbol, date], previous)

    def write(self, day: Day, truth: dict[str, np.ndarray] | None = None) -> bool:
        """Store a day that is in memory; see :meth:`commit`.

        Args:
            day: the day to store; it is checked first.
            truth: per-second arrays of a synthetic day that tests and reports may read.
        """
        day.check()
        with work_folder(self.root) as work:
            draft = Draft(work / "day")
            for name, kind in _TABLES.items():
                source = getattr(day, name)
                target = draft.table(kind, len(source[0]))
                for part, place in zip(blocks(source), blocks(target), strict=True):
                    for values, column in zip(part, place, strict=True):
                        column[:] = values
                    draft.release()
            return self.commit(draft, day, truth=truth)

    def commit(
        self,
        draft: Draft,
        day: Day,
        report: dict[str, Any] | None = None,
        truth: dict[str, np.ndarray] | None = None,
    ) -> bool:
        """Make a draft a day of the store; return False if it was there, made of the same data.

        Args:
            draft: holds the three tables of ``day``.
            day: the day, checked.
            report: its validation report, as plain values.
            truth: per-second arrays of a synthetic day.

        Raises:
            DayExists: the store holds the day with other contents. It is left as it was.
        """
        draft.release()
        manifest = _write_files(draft.folder, day, report, truth)
        name = _name(day.symbol, day.date)
        if self._place.take(draft.folder, name, _LAST):
            return True
        shutil.rmtree(draft.folder)  # an ingest that is repeated must not fill the disk
        if self.manifest(day.symbol, day.date)["id"] == manifest["id"]:
            return False
        raise DayExists(
            f"{self.where}/{name} already holds {day.name} with other contents; days are never "
            f"overwritten. Use `lowfloat days drop {self.where} {day.name}` first."
        )

    def truth(self, symbol: str, date: dt.date | str) -> dict[str, np.ndarray]:
        """Return the ground truth of a synthetic day, for tests and reports only.

        Raises:
            DayNotFound: the day is not stored, or has no truth because it is real.
        """
        if "truth.arrow" not in self.manifest(symbol, date)["files"]:
            folder = f"{self.where}/{_name(symbol, date)}"
            raise DayNotFound(f"{folder} has no ground truth; only synthetic days do.")
        return read_columns(self._checked(symbol, date, "truth.arrow"))

    def verify(self, symbol: str, date: dt.date | str) -> None:
        """Compare every file of a day with its SHA-256.

        Raises:
            DayNotFound: no such day.
            DayCorrupt: a file is missing or differs; the message names it.
        """
        for file, entry in self.manifest(symbol, date)["files"].items():
            name = f"{_name(symbol, date)}/{file}"
            self._place.fetch(name)
            _check(self.root / name, entry, f"{self.where}/{name}")

    def drop(self, symbol: str, date: dt.date | str) -> None:
        """Remove a day.

        Raises:
            DayNotFound: no such day.
        """
        if (symbol, date) not in self:
            raise DayNotFound(self._not_found(symbol, _as_date(date)))
        self._place.discard(_name(symbol, date), _LAST)

    def _checked(self, symbol: str, date: dt.date | str, name: str) -> Path:
        """Return the path of a file of a day, once it was compared with its SHA-256."""
        entry = self.manifest(symbol, date)["files"].get(name)
        name = f"{_name(symbol, date)}/{name}"
        if entry is None:
            raise DayCorrupt(
                f"{self.where}/{name} is not in the manifest; drop the day and make it again."
            )
        return self._sound(name, entry)

    def _sound(self, name: str, entry: dict[str, Any]) -> Path:
        """Return the path of a file that is what its entry of the manifest says."""
        path = self.root / name
        if not _is_sound(path, entry):
            self._place.fetch(name)
            if not _is_sound(path, entry):
                _check(path, entry, f"{self.where}/{name}")
        return path

    def _not_found(self, symbol: str, date: dt.date) -> str:
        dates = [stored for name, stored in self.days() if name == symbol]
        if not dates:
            symbols = sorted({name for name, _ in self.days()})
            has = f"it has {', '.join(symbols[:8])}" if symbols else "it is empty"
            return f"no day of {symbol} in {self.where}; {has}."
        nearest = sorted(sorted(dates, key=lambda other: abs((other - date).days))[:2])
        text = ", ".join(stored.isoformat() for stored in nearest)
        return f"no day {symbol} {date} in {self.where} (a {date.strftime('%A')}). Nearest: {text}."

    def __repr__(self) -> str:
        return f"DayStore({self.where!r}, {len(self)} days)"


def _name(symbol: str, date: dt.date | str) -> str:
    """Return the name of a symbol-day's folder in its store."""
    return f"{check_symbol(symbol)}/{_as_date(date).isoformat()}"


def _as_date(date: dt.date | str) -> dt.date:
    if isinstance(date, dt.datetime):
        return date.date()
    return date if isinstance(date, dt.date) else dt.date.fromisoformat(date)


def _is_symbol(name: str) -> bool:
    try:
        return bool(check_symbol(name))
    except BadSymbol:
        return False


def _read_table(path: Path, table: type, dtypes: dict[str, Any]) -> Any:
    try:
        columns = read_columns(path)
        if {name: column.dtype for name, column in columns.items()} != dtypes:
            raise ValueError(f"its columns are {', '.join(columns)}")
        return table(**columns)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DayCorrupt(f"{path} is not a table of this schema: {error}.") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return _json(path.read_bytes(), str(path))
    except OSError as error:
        raise DayCorrupt(f"{path} cannot be read: {error}.") from error


def _json(contents: bytes, name: str) -> dict[str, Any]:
    """Return the object that a JSON file holds."""
    try:
        value = json.loads(contents)
    except ValueError as error:
        raise DayCorrupt(f"{name} cannot be read: {error}.") from error
    if not isinstance(value, dict):
        raise DayCorrupt(f"{name} cannot be read: it is no JSON object.")
    return value


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def _write_files(
    folder: Path, day: Day, report: dict[str, Any] | None, truth: dict[str, np.ndarray] | None
) -> dict[str, Any]:
    if truth is not None:
        write_columns(folder / "truth.arrow", truth)
    write_columns(folder / "bars.arrow", minute_bars(day)._asdict())
    if report is not None:
        _write_json(folder / "report.json", report)
    about = {
        "schema_version": SCHEMA_VERSION,
        "symbol": day.symbol,
        "date": day.date.isoformat(),
        "session": day.session._asdict(),
        "coverage_end_ns": int(day.coverage_end_ns),
        "vendor": day.vendor,
        "dataset": day.dataset,
        "flags": list(day.flags),
        "sources": [list(source) for source in day.sources],
        "trades": len(day.trades.price),
        "quotes": len(day.quotes.action),
        "halts": len(day.halts),
        "summary": summary_of(day)._asdict(),
    }
    _write_json(folder / "day.json", about)
    files = {path.name: _fingerprint(path) for path in sorted(folder.iterdir())}
    manifest = {"id": _manifest_id(files), "files": files}
    _write_json(folder / "manifest.json", manifest)
    for path in folder.iterdir():
        sync(path)
    sync(folder)
    folder.chmod(0o755)
    return manifest


def _manifest_id(files: dict[str, Any]) -> str:
    lines = "".join(f"{name} {files[name]['sha256']}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def _fingerprint(path: Path) -> dict[str, Any]:
    """Return the size of a file, its SHA-256, and the CRC-32 of each mebibyte."""
    digest, checks, size = hashlib.sha256(), [], 0
    with path.open("rb") as handle:
        while block := handle.read(_HASH_BYTES):
            digest.update(block)
            checks.append(zlib.crc32(block))
            size += len(block)
    return {"bytes": size, "sha256": digest.hexdigest(), "crc32": checks}


def _where(found: dict[str, Any], entry: dict[str, Any]) -> str:
    """Return which part of a file differs, as the end of a sentence."""
    if found["bytes"] != entry["bytes"]:
        return f", with {entry['bytes']} bytes"
    pairs = zip(found["crc32"], entry["crc32"], strict=False)
    bad = [number for number, (one, other) in enumerate(pairs) if one != other]
    return f"; the damage begins in mebibyte {bad[0]}" if bad else ""


def _check(path: Path, entry: dict[str, Any], name: str) -> None:
    """Compare a file with its entry of the manifest; errors call it by its name."""
    if not path.is_file():
        raise DayCorrupt(f"{name}: missing; drop the day and ingest it again.")
    found = _fingerprint(path)
    if found != entry:
        raise DayCorrupt(
            f"{name}: SHA-256 was {found['sha256']}; the manifest says {entry['sha256']}"
            f"{_where(found, entry)}. Drop the day and ingest it again."
        )


def _is_sound(path: Path, entry: dict[str, Any]) -> bool:
    """Compare a file with its entry, unless this process did and the file was not written since."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return False
    times = (stat.st_mtime_ns, stat.st_ctime_ns)
    state = (stat.st_dev, stat.st_ino, stat.st_size, times, entry["sha256"])
    if state not in _verified:
        if _fingerprint(path) != entry:
            return False
        _verified.add(state)
    return True


_verified: set[tuple[int, int, int, tuple[int, int], str]] = set()
