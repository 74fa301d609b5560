"""A folder of immutable symbol-days: ``ROOT/SYMBOL/YYYY-MM-DD/``.

Each day holds ``trades.arrow``, ``quotes.arrow`` and ``status.arrow`` (uncompressed Arrow IPC,
memory-mapped on reading), ``day.json`` (what the day is) and ``manifest.json`` (the SHA-256 of
every other file). A day becomes visible by one atomic rename and is never changed afterwards.
"""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import Session
from lowfloat.base.records import DTYPES, Quotes, Status, Trades
from lowfloat.days.day import Day, check_symbol
from lowfloat.errors import DayCorrupt, DayExists, DayNotFound

SCHEMA_VERSION = 1
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TABLES: dict[str, type] = {"trades": Trades, "quotes": Quotes, "status": Status}


class DayStore:
    """Symbol-days under one root folder.

    Args:
        root: folder of the store; made on the first write.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def folder(self, symbol: str, date: dt.date | str) -> Path:
        """Return the folder of a symbol-day, whether or not it exists."""
        return self.root / check_symbol(symbol) / _as_date(date).isoformat()

    def days(self) -> list[tuple[str, dt.date]]:
        """Return ``(symbol, date)`` of every stored day, sorted."""
        found = self.root.glob("*/*/manifest.json")
        keys = ((path.parent.parent.name, path.parent.name) for path in found)
        return sorted(
            (symbol, dt.date.fromisoformat(date)) for symbol, date in keys if _DATE.fullmatch(date)
        )

    def __iter__(self) -> Iterator[Day]:
        return (self[key] for key in self.days())

    def __len__(self) -> int:
        return len(self.days())

    def __contains__(self, key: tuple[str, dt.date | str]) -> bool:
        return (self.folder(*key) / "manifest.json").is_file()

    def __getitem__(self, key: tuple[str, dt.date | str]) -> Day:
        """Open a day; its arrays are views of the files on disk.

        Raises:
            DayNotFound: no such day; the message names the nearest stored ones.
            DayCorrupt: a file is missing or has another size than the manifest says.
        """
        symbol, date = key[0], _as_date(key[1])
        folder = self.folder(symbol, date)
        if key not in self:
            raise DayNotFound(self._not_found(symbol, date))
        manifest = self.manifest(symbol, date)
        for name, entry in manifest["files"].items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != entry["bytes"]:
                raise DayCorrupt(
                    f"{path}: missing or not of {entry['bytes']} bytes as its manifest says; "
                    "drop the day and ingest it again."
                )
        about = json.loads((folder / "day.json").read_text())
        if (about["symbol"], about["date"]) != (symbol, date.isoformat()):
            raise DayCorrupt(
                f"{folder} holds {about['symbol']}/{about['date']}; move it back to its own folder."
            )
        if about["schema_version"] != SCHEMA_VERSION:
            raise DayCorrupt(
                f"{folder}: `schema_version` was {about['schema_version']}; "
                f"use {SCHEMA_VERSION}: ingest the day again."
            )
        tables = {
            name: _read_table(folder / f"{name}.arrow", table) for name, table in _TABLES.items()
        }
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
            **tables,
        )

    def manifest(self, symbol: str, date: dt.date | str) -> dict[str, Any]:
        """Return the manifest of a day: ``id``, and per file its ``sha256`` and ``bytes``."""
        folder = self.folder(symbol, date)
        if not (folder / "manifest.json").is_file():
            raise DayNotFound(self._not_found(symbol, _as_date(date)))
        path = folder / "manifest.json"
        try:
            manifest = json.loads(path.read_bytes())
            described = [(entry["sha256"], entry["bytes"]) for entry in manifest["files"].values()]
            whole = bool(described) and manifest["id"] == _manifest_id(manifest["files"])
        except (ValueError, KeyError, TypeError) as error:
            raise DayCorrupt(f"{path} cannot be read: {error!r}.") from error
        if not whole:
            raise DayCorrupt(f"{path}: `id` does not match its own entries.")
        return manifest

    def previous(self, symbol: str, date: dt.date | str) -> Day | None:
        """Return the stored day of this symbol that came last before ``date``."""
        earlier = [key for key in self.days() if key[0] == symbol and key[1] < _as_date(date)]
        return self[earlier[-1]] if earlier else None

    def write(self, day: Day, truth: dict[str, np.ndarray] | None = None) -> bool:
        """Store a day; return False if it was already there, made from the same data.

        Args:
            day: the day to store; it is checked first.
            truth: per-second arrays of a synthetic day that tests and reports may read.

        Raises:
            DayExists: the store holds the day with other contents. It is left as it was.
            FeedError: the day breaks a rule of its tables.
        """
        day.check()
        target = self.folder(day.symbol, day.date)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=target.parent))
        try:
            manifest = _write_files(temporary, day, truth)
            if (target / "manifest.json").is_file():
                if self.manifest(day.symbol, day.date)["id"] == manifest["id"]:
                    return False
                raise DayExists(
                    f"{target} already holds {day.name} with other contents; days are never "
                    f"overwritten. Use `lowfloat days drop {self.root} {day.name}` first."
                )
            try:
                os.rename(temporary, target)
            except OSError:
                # Another writer was faster: its day stands, and is compared on the next write.
                if (target / "manifest.json").is_file():
                    return self.write(day, truth)
                raise
            _sync_folder(target.parent)
            return True
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def truth(self, symbol: str, date: dt.date | str) -> dict[str, np.ndarray]:
        """Return the ground truth of a synthetic day, for tests and reports only.

        Raises:
            DayNotFound: the day is not stored, or has no truth because it is real.
        """
        path = self.folder(symbol, date) / "truth.arrow"
        if not path.is_file():
            raise DayNotFound(f"{path.parent} has no ground truth; only synthetic days do.")
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
        return {name: table[name].to_numpy() for name in table.column_names}

    def verify(self, symbol: str, date: dt.date | str) -> None:
        """Compare every file of a day with its SHA-256.

        Raises:
            DayNotFound: no such day.
            DayCorrupt: a file is missing or differs; the message names it.
        """
        folder = self.folder(symbol, date)
        manifest = self.manifest(symbol, date)
        for name, entry in manifest["files"].items():
            path = folder / name
            found = _sha256(path) if path.is_file() else "no file"
            if found != entry["sha256"]:
                raise DayCorrupt(
                    f"{path}: SHA-256 was {found}; the manifest says {entry['sha256']}. "
                    "Drop the day and ingest it again."
                )
            if path.stat().st_size != entry["bytes"]:
                raise DayCorrupt(
                    f"{folder / 'manifest.json'}: {name} is not of {entry['bytes']} bytes."
                )

    def drop(self, symbol: str, date: dt.date | str) -> None:
        """Remove a day.

        Raises:
            DayNotFound: no such day.
        """
        folder = self.folder(symbol, date)
        if (symbol, date) not in self:
            raise DayNotFound(self._not_found(symbol, _as_date(date)))
        doomed = folder.with_name(f".dropped-{folder.name}-{os.getpid()}")
        os.rename(folder, doomed)  # gone in one step, even if the removal is interrupted
        shutil.rmtree(doomed)

    def _not_found(self, symbol: str, date: dt.date) -> str:
        dates = [stored for name, stored in self.days() if name == symbol]
        if not dates:
            symbols = sorted({name for name, _ in self.days()})
            has = f"it has {', '.join(symbols[:8])}" if symbols else "it is empty"
            return f"no day of {symbol} in {self.root}; {has}."
        nearest = sorted(sorted(dates, key=lambda other: abs((other - date).days))[:2])
        text = ", ".join(stored.isoformat() for stored in nearest)
        return f"no day {symbol} {date} in {self.root} (a {date.strftime('%A')}). Nearest: {text}."

    def __repr__(self) -> str:
        return f"DayStore({str(self.root)!r}, {len(self)} days)"


def _as_date(date: dt.date | str) -> dt.date:
    if isinstance(date, dt.datetime):
        return date.date()
    return date if isinstance(date, dt.date) else dt.date.fromisoformat(date)


def _read_table(path: Path, table: type) -> Any:
    with pa.memory_map(str(path)) as source:
        read = pa.ipc.open_file(source).read_all()
    columns = {}
    for name in DTYPES[table]:
        chunks = read[name].chunks
        # Stored as one record batch, so a column is one buffer and is opened without a copy.
        columns[name] = (
            chunks[0].to_numpy(zero_copy_only=True) if chunks else np.empty(0, DTYPES[table][name])
        )
    return table(**columns)


def _write_table(path: Path, columns: dict[str, np.ndarray]) -> None:
    arrays = {name: pa.array(values) for name, values in columns.items()}
    batch = pa.RecordBatch.from_pydict(arrays)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def _write_files(folder: Path, day: Day, truth: dict[str, np.ndarray] | None) -> dict[str, Any]:
    for name, table in _TABLES.items():
        rows = getattr(day, name)
        columns = {
            field: np.ascontiguousarray(getattr(rows, field), dtype)
            for field, dtype in DTYPES[table].items()
        }
        _write_table(folder / f"{name}.arrow", columns)
    if truth is not None:
        _write_table(folder / "truth.arrow", truth)
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
    }
    (folder / "day.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
    files = {
        path.name: {"sha256": _sha256(path), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
    }
    manifest = {"id": _manifest_id(files), "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    for path in folder.iterdir():
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
    _sync_folder(folder)
    folder.chmod(0o755)
    return manifest


def _manifest_id(files: dict[str, Any]) -> str:
    lines = "".join(f"{name} {files[name]['sha256']}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
