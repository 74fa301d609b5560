"""The index as it is used: days and reset points, looked up without a scan."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lowfloat.base.codes import MomentumPhase
from lowfloat.days.place import Place, place_of
from lowfloat.days.store import DayStore
from lowfloat.errors import DayNotFound, EmptySplit, IndexMismatch
from lowfloat.index.splits import SPLITS
from lowfloat.index.tables import DESCRIPTION, SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class PointMetadata:
    """What else is known of a reset point, in hindsight or not: for reports, never observed.

    Attributes:
        kind: ``momentum``, ``fixed``, ``pre_squeeze`` or ``dead_zone``.
        side: ``front``, ``back``, ``dead`` or ``none``.
        base_quality: quality before the time of day, 0 to 1.
        setup_quality: clarity of the pattern, 0 to 1.
        spread: mean of the minute before, as a fraction of the mid.
        price: mid in dollars.
        pre_consolidation_minutes: for how long the price had rested in a range before.
        breakout_magnitude: price over the level that the pattern is about, less 1.
        volume_acceleration: ln of the volume of the last 5 minutes to that of the 5 before.
        spread_tightness: 1 for no spread, 0 from 2 % on.
    """

    kind: str
    side: str
    base_quality: float
    setup_quality: float
    spread: float
    price: float
    pre_consolidation_minutes: float
    breakout_magnitude: float
    volume_acceleration: float
    spread_tightness: float


@dataclass(frozen=True, slots=True)
class CategorizedResetPoint:
    """A second at which an episode may begin. Its labels are hindsight: never observed."""

    symbol: str
    date: dt.date
    timestamp: int
    second: int
    momentum_phase: MomentumPhase
    pattern_type: str
    category: str
    quality_score: float
    volume_ratio: float
    scenario: str
    split: str
    metadata: PointMetadata


@dataclass(frozen=True, slots=True)
class IndexedDay:
    """One row of ``days.parquet``. Fields but ``previous_close`` are hindsight."""

    symbol: str
    date: dt.date
    split: str
    open: float
    high: float
    low: float
    close: float
    previous_close: float
    volume: int
    max_move: float
    range: float
    gap: float | None
    volume_ratio: float | None
    relative_volume: float | None
    float_rotation: float | None
    num_halts: int
    resets: int
    is_momentum: bool
    quality_score: float
    scenario: str
    compound: str
    alert_second: int | None
    alert_trigger: str
    alerts: int
    tradable: bool
    flags: str
    manifest_id: str

    @property
    def name(self) -> str:
        """``SYMBOL/YYYY-MM-DD``."""
        return f"{self.symbol}/{self.date.isoformat()}"


class Index:
    """A folder with ``index.json``, ``days.parquet`` and ``resets.parquet``.

    Args:
        path: the folder, or its URL.

    Attributes:
        path: the folder; of a URL nothing is kept in it.
        where: the absolute path of the folder, or its URL.

    Raises:
        IndexMismatch: the folder is no index, or of another schema version.
        ConfigError: the URL names no folder, or a package is needed to reach it.
    """

    def __init__(self, path: str | Path) -> None:
        place = place_of(path)
        self.path, self.where = place.folder, place.where
        description = place.read(DESCRIPTION)
        if description is None:
            raise IndexMismatch(
                f"{self.where} is not an index: it has no {DESCRIPTION}. Use the folder that "
                "`lowfloat scan DAYS --into INDEX` wrote."
            )
        self.about: dict[str, Any] = json.loads(description)
        if self.about["schema_version"] != SCHEMA_VERSION:
            raise IndexMismatch(
                f"{self.where}/{DESCRIPTION}: `schema_version` was "
                f"{self.about['schema_version']}; use {SCHEMA_VERSION}: run `lowfloat scan` again."
            )
        rows = self._read(place, "days.parquet").to_pylist()
        self._days = [IndexedDay(**row) for row in rows]
        self._by_symbol: dict[str, list[IndexedDay]] = {}
        for day in self._days:
            self._by_symbol.setdefault(day.symbol, []).append(day)
        # The points stay in columns until a day's are asked for; they lie in the order of days.
        self._table = self._read(place, "resets.parquet")
        self._points: dict[tuple[str, str], list[CategorizedResetPoint]] = {}
        self._spans: dict[tuple[str, str], tuple[int, int]] = {}
        first = 0
        for day in self._days:
            self._spans[day.symbol, day.date.isoformat()] = (first, day.resets)
            first += day.resets

    def _read(self, place: Place, name: str) -> pa.Table:
        contents = place.read(name)
        found = "no file" if contents is None else hashlib.sha256(contents).hexdigest()
        if contents is None or found != self.about["files"][name]:
            raise IndexMismatch(
                f"{self.where}/{name}: SHA-256 was {found}; {DESCRIPTION} says "
                f"{self.about['files'][name]}. Run `lowfloat scan` again."
            )
        # `ParquetFile` reads one file; `read_table` would load pandas for what is not needed here.
        return pq.ParquetFile(pa.BufferReader(contents)).read()

    @property
    def id(self) -> str:
        """SHA-256 over the schema, the configuration, and all data that was scanned.

        The data are the days, by their manifests, and the reference tables, by their files.
        """
        return self.about["id"]

    @property
    def failed(self) -> dict[str, str]:
        """The error of each day that could not be scanned."""
        return dict(self.about["failed"])

    @property
    def store(self) -> DayStore:
        """The day store that was scanned."""
        return DayStore(self.about["days_root"])

    def days(
        self,
        symbol: str | None = None,
        split: str | None = None,
        min_quality: float = 0.0,
        tradable: bool | None = None,
    ) -> list[IndexedDay]:
        """Return the days that pass the filters, in the order of symbol and date.

        Raises:
            EmptySplit: `split` is no split's name.
        """
        if split is not None and split not in SPLITS:
            raise EmptySplit(f"`split` was {split!r}; use one of {', '.join(SPLITS)}.")
        days = self._days if symbol is None else self._by_symbol.get(symbol, [])
        return [
            day
            for day in days
            if (split is None or day.split == split)
            and (tradable is None or day.tradable == tradable)
            and day.quality_score >= min_quality
        ]

    def resets(self, symbol: str, date: dt.date | str) -> list[CategorizedResetPoint]:
        """Return a day's reset points by time.

        Raises:
            DayNotFound: the index has no such day.
        """
        key = (symbol, date if isinstance(date, str) else date.isoformat())
        points = self._points.get(key)
        if points is None:
            span = self._spans.get(key)
            if span is None:
                raise DayNotFound(f"no day {symbol} {key[1]} in {self.where}; see `Index.days()`.")
            points = self._points[key] = _points_of(self._table.slice(*span))
        return points.copy()

    def check_days(self, days: Iterable[IndexedDay], store: DayStore) -> None:
        """Compare the scanned days with the store.

        Raises:
            IndexMismatch: a day of the store is not the one that was scanned.
        """
        for day in days:
            stored = store.manifest(day.symbol, day.date)["id"]
            if stored != day.manifest_id:
                raise IndexMismatch(
                    f"{self.where} was scanned from other data for {day.symbol} {day.date} "
                    f"(manifest {day.manifest_id[:8]}.., store {stored[:8]}..). Run "
                    "`lowfloat scan` again."
                )

    def __repr__(self) -> str:
        return f"Index({self.where!r}, {len(self._days)} days, {len(self._table)} reset points)"


_METADATA = tuple(PointMetadata.__slots__)


def _points_of(table: pa.Table) -> list[CategorizedResetPoint]:
    stamps = table["timestamp"].cast("int64").to_pylist()
    points = []
    for row, stamp in zip(table.drop_columns(["timestamp"]).to_pylist(), stamps, strict=True):
        more = PointMetadata(**{name: row.pop(name) for name in _METADATA})
        row["momentum_phase"] = MomentumPhase.from_label(row["momentum_phase"])
        points.append(CategorizedResetPoint(timestamp=stamp, metadata=more, **row))
    return points
