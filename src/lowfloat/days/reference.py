"""Dated facts beside the days: ``ROOT/reference/TABLE/<first 16 hex of SHA-256>.parquet``.

Every row says since when it is known, and every look-up says at which time it asks: a row is
returned only if ``known_at <= ts_ns``. Files are immutable and named by their own contents, so
that adding the same rows twice changes nothing, and a file that was altered is found on reading.
"""

import datetime as dt
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lowfloat.base.clock import NEW_YORK, NS
from lowfloat.days.place import place_of
from lowfloat.days.reference_rules import KNOWN_LATER, TABLES, TIMES, first_fault, rules_of
from lowfloat.errors import DayCorrupt, FeedError

_FOLDER = "reference"
_FILE = re.compile(r"[0-9a-f]{16}\.parquet")


class ReferenceTables:
    """The reference tables of one store, read lazily and once each.

    Files that others add later are not seen: what a look-up returns does not change while the
    object lives, unless rows are added through it.

    Args:
        root: folder of the day store, made on the first write, or its URL.

    Attributes:
        root: folder of the tables; for a URL, that of the local copies.

    Raises:
        ConfigError: the URL names no folder, or a package is needed to reach it.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._place = place_of(root)
        self.root = self._place.folder / _FOLDER
        self._open: dict[str, _Sorted] = {}

    def latest(self, table: str, name: str, ts_ns: int) -> dict[str, Any] | None:
        """Return the row of a symbol, or benchmark, that was last known at a time.

        Args:
            table: one of :data:`TABLES`.
            name: ticker, or the name of a benchmark.
            ts_ns: the time that asks; the row has the greatest ``known_at <= ts_ns``.

        Returns:
            The row by column, or None if nothing was known.

        Raises:
            FeedError: there is no such table, or two stored rows contradict each other.
            DayCorrupt: a file was altered.
        """
        rows = self._sorted(table)
        low, high = rows.between(name, 0, ts_ns)
        return rows.taken(table, high - 1, high, ts_ns)[0] if high > low else None

    def rows(self, table: str, name: str, first_ns: int, last_ns: int) -> list[dict[str, Any]]:
        """Return the rows with ``first_ns <= known_at <= last_ns`` as known at ``last_ns``.

        They are ordered by ``known_at``. See :meth:`latest` for arguments and errors.
        """
        rows = self._sorted(table)
        return rows.taken(table, *rows.between(name, first_ns, last_ns), last_ns)

    def add(self, table: str, parts: Mapping[str, pa.Table]) -> list[Path]:
        """Store rows, each part as a file of its own.

        Args:
            table: one of :data:`TABLES`.
            parts: rows by the name that errors give them, such as the file they came from.

        Returns:
            The files that were not there before.

        Raises:
            FeedError: a value cannot be, or two rows contradict each other, be they new or
                stored; nothing is stored then.
            DayCorrupt: a stored file was altered.
        """
        schema = rules_of(table).schema
        new = {}
        for name, rows in parts.items():
            fault = first_fault(table, rows)
            if fault:
                raise FeedError(f"{name}: row {fault.row}, {fault.message}")
            new[name] = merged(table, {name: rows.cast(schema)})
        merged(table, self._stored(table) | new)  # a contradiction must not be stored
        written = [self._write(table, rows) for rows in new.values() if len(rows)]
        self._open.pop(table, None)
        return [path for path in written if path is not None]

    def files(self, table: str) -> list[Path]:
        """Return the stored files of a table, sorted; of a URL, there may be no copies yet."""
        rules_of(table)
        names = self._place.names_once(_FOLDER, "*/*.parquet")
        paths = (self._place.folder / name for name in names)
        return [path for path in paths if path.parent.name == table and _FILE.fullmatch(path.name)]

    def verify(self) -> int:
        """Read every file of every table, and return how many there are.

        Raises:
            FeedError: two stored rows contradict each other.
            DayCorrupt: a file was altered.
        """
        for table in TABLES:
            self._open.pop(table, None)
            self._sorted(table)
        return sum(len(self.files(table)) for table in TABLES)

    def _sorted(self, table: str) -> "_Sorted":
        if table not in self._open:
            self._open[table] = _Sorted(merged(table, self._stored(table)))
        return self._open[table]

    def _stored(self, table: str) -> dict[str, pa.Table]:
        """Return the rows of each file of a table."""
        return {f"stored {path.name}": self._read(table, path) for path in self.files(table)}

    def _read(self, table: str, path: Path) -> pa.Table:
        name = f"{_FOLDER}/{table}/{path.name}"
        shown = f"{self._place.where}/{name}"
        if not path.is_file() or _name_of(path.read_bytes()) != path.name:
            self._place.fetch(name)
        contents = path.read_bytes()
        if _name_of(contents) != path.name:
            raise DayCorrupt(
                f"{shown}: its SHA-256 begins with {_name_of(contents)[:16]}, its name says "
                f"{path.stem}; remove the file and ingest its source again."
            )
        try:
            rows = pq.read_table(pa.BufferReader(contents), page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            raise DayCorrupt(f"{shown} cannot be read: {error}.") from error
        if not rows.schema.equals(rules_of(table).schema):
            raise DayCorrupt(
                f"{shown}: its columns are {', '.join(rows.column_names)}, not those of "
                f"`{table}`; remove the file and ingest its source again."
            )
        return rows

    def _write(self, table: str, rows: pa.Table) -> Path | None:
        """Write rows under the name of their contents; return None if they were there."""
        sink = pa.BufferOutputStream()
        pq.write_table(rows, sink, compression="zstd", write_page_checksum=True)
        contents = sink.getvalue().to_pybytes()
        name = f"{_FOLDER}/{table}/{_name_of(contents)}"
        if self._place.read(name) == contents:
            return None
        self._place.write(name, contents)
        return self._place.folder / name


class _Sorted:
    """Rows ordered by name and ``known_at``."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self._known = rows["known_at"].to_numpy()
        names = rows.column(0).combine_chunks().dictionary_encode()
        codes = names.indices.to_numpy()
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        bounds = [*starts.tolist(), len(codes)]
        labels = names.dictionary.take(pa.array(codes[starts])).to_pylist()
        self._spans = {label: (bounds[i], bounds[i + 1]) for i, label in enumerate(labels)}

    def between(self, name: str, first_ns: int, last_ns: int) -> tuple[int, int]:
        """Return the bounds of the rows of a name with ``first_ns <= known_at <= last_ns``."""
        low, high = self._spans.get(name, (0, 0))
        known = self._known[low:high]
        first, last = known.searchsorted(first_ns), known.searchsorted(last_ns, "right")
        return low + int(first), low + int(max(first, last))

    def taken(self, table: str, low: int, high: int, ts_ns: int) -> list[dict[str, Any]]:
        """Return rows as known at a time."""
        rows: list[dict[str, Any]] = self._rows.slice(low, high - low).to_pylist()
        later = KNOWN_LATER.get(table)
        if later:
            for row in rows:
                if row[later] is not None and row[later] > ts_ns:
                    row[later] = None
        return rows


def merged(
    table: str, parts: Mapping[str, pa.Table], where: Callable[[int], str] | None = None
) -> pa.Table:
    """Return rows ordered by name and ``known_at``, each once.

    A row that leaves out what another with the same key says yields to it, as a list of halts
    from before a resumption yields to one from after it.

    Args:
        table: one of :data:`TABLES`.
        parts: rows by the name that errors give them.
        where: names a row in errors, given its place in all parts together; None names its part.

    Raises:
        FeedError: two rows have the same key and contradict each other; the message names both.
    """
    schema, key = rules_of(table)
    tables = [rows.select(schema.names).cast(schema) for rows in parts.values()]
    rows = pa.concat_tables([*tables, schema.empty_table()]).combine_chunks()
    origin = np.repeat(np.arange(len(tables)), [len(rows) for rows in tables])
    by = [*key, *(name for name in schema.names if name not in key)]
    order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in by])
    rows = rows.take(order)  # of rows with one key, what is left out comes last
    same_key = np.ones(max(len(rows) - 1, 0), np.bool_)
    yields = same_key.copy()
    for name in by:
        before, after = rows[name].slice(0, len(same_key)), rows[name].slice(1)
        equal = pc.fill_null(pc.equal(before, after), False).to_numpy()
        if name in key:
            same_key &= equal
        yields &= equal | after.is_null().to_numpy()
    against = np.flatnonzero(same_key & ~yields)
    if len(against):
        names = list(parts)
        said = []
        both = (int(against[0]), int(against[0]) + 1)
        for row in sorted(both, key=lambda row: order[row].as_py()):
            place = order[row].as_py()
            said.append(where(place) if where else names[origin[place]])
            said.append(_words(rows.slice(row, 1).to_pylist()[0]))
        raise FeedError(
            f"`{table}` contradicts itself: {said[0]} says {said[1]}; {said[2]} says {said[3]}. "
            f"At most one row may have the same {', '.join(key)}."
        )
    return rows.filter(pa.array(np.append(np.ones(min(len(rows), 1), np.bool_), ~yields)))


def _words(row: dict[str, Any]) -> str:
    """Return a row in words, its times as written in New York."""
    said = []
    for name, value in row.items():
        if name in TIMES and value is not None:
            whole = dt.datetime.fromtimestamp(value // NS, NEW_YORK)
            value = f"{whole:%Y-%m-%d %H:%M:%S}" + f".{value % NS:09d}".rstrip("0").rstrip(".")
        if value is not None:
            said.append(f"{name} {str(value)[:80]}")
    return ", ".join(said)


def _name_of(contents: bytes) -> str:
    return f"{hashlib.sha256(contents).hexdigest()[:16]}.parquet"
