"""The index as it is used: days and reset points, looked up without a scan."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lowfloat.base.codes import MomentumPhase
from lowfloat.days.store import DayStore
from lowfloat.errors import DayNotFound, EmptySplit, IndexMismatch

SCHEMA_VERSION = 1
SPLITS = ("train", "valid", "exam", "embargo")


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
    gap: float | None
    volume_ratio: float | None
    num_halts: int
    resets: int
    is_momentum: bool
    quality_score: float
    alert_second: int | None
    tradable: bool
    flags: str
    manifest_id: str

    @property
    def name(self) -> str:
        """``SYMBOL/YYYY-MM-DD``."""
        return f"{self.symbol}/{self.date.isoformat()}"


class Index:
    """An index folder.

    Args:
        path: folder with ``index.json``, ``days.parquet`` and ``resets.parquet``.

    Raises:
        IndexMismatch: the folder is no index, or of another schema version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        description = self.path / "index.json"
        if not description.is_file():
            raise IndexMismatch(
                f"{self.path} is not an index: it has no index.json. Use the folder that "
                "`lowfloat scan DAYS --into INDEX` wrote."
            )
        self.about: dict[str, Any] = json.loads(description.read_text())
        if self.about["schema_version"] != SCHEMA_VERSION:
            raise IndexMismatch(
                f"{description}: `schema_version` was {self.about['schema_version']}; use "
                f"{SCHEMA_VERSION}: run `lowfloat scan` again."
            )
        # `ParquetFile` reads one file; `read_table` would load pandas for what is not needed here.
        rows = pq.ParquetFile(self.path / "days.parquet").read().to_pylist()
        self._days = [IndexedDay(**row) for row in rows]
        self._resets: dict[str, list[CategorizedResetPoint]] = {day.name: [] for day in self._days}
        table = pq.ParquetFile(self.path / "resets.parquet").read()
        stamps = table["timestamp"].cast("int64").to_pylist()
        extra = ("timestamp", "spread", "price")
        for row, stamp in zip(table.drop_columns(list(extra)).to_pylist(), stamps, strict=True):
            row["momentum_phase"] = MomentumPhase.from_label(row["momentum_phase"])
            point = CategorizedResetPoint(timestamp=stamp, **row)
            self._resets[f"{point.symbol}/{point.date.isoformat()}"].append(point)

    @property
    def id(self) -> str:
        """SHA-256 over the schema, the configuration, and all data that was scanned.

        The data are the days, by their manifests, and the reference tables, by their files.
        """
        return self.about["id"]

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
        return [
            day
            for day in self._days
            if (symbol is None or day.symbol == symbol)
            and (split is None or day.split == split)
            and (tradable is None or day.tradable == tradable)
            and day.quality_score >= min_quality
        ]

    def resets(self, symbol: str, date: dt.date | str) -> list[CategorizedResetPoint]:
        """Return a day's reset points by time.

        Raises:
            DayNotFound: the index has no such day.
        """
        text = date if isinstance(date, str) else date.isoformat()
        points = self._resets.get(f"{symbol}/{text}")
        if points is None:
            raise DayNotFound(f"no day {symbol} {text} in {self.path}; see `Index.days()`.")
        return list(points)

    def check_days(self, days: Iterable[IndexedDay], store: DayStore) -> None:
        """Compare the scanned days with the store.

        Raises:
            IndexMismatch: a day of the store is not the one that was scanned.
        """
        for day in days:
            stored = store.manifest(day.symbol, day.date)["id"]
            if stored != day.manifest_id:
                raise IndexMismatch(
                    f"{self.path} was scanned from other data for {day.symbol} {day.date} "
                    f"(manifest {day.manifest_id[:8]}.., store {stored[:8]}..). Run "
                    "`lowfloat scan` again."
                )

    def __repr__(self) -> str:
        resets = sum(map(len, self._resets.values()))
        return f"Index({str(self.path)!r}, {len(self._days)} days, {resets} reset points)"


class MomentumEpisodeScanner:
    """Look-ups a training loop makes, by the names of the implementation plan.

    Args:
        index_path: an index folder.
    """

    def __init__(self, index_path: str | Path) -> None:
        self.index = Index(index_path)

    def get_training_days(self, symbol: str, quality_threshold: float = 0.6) -> list[IndexedDay]:
        """Return the training days of a symbol from that quality up, best first."""
        days = self.index.days(symbol, "train", quality_threshold, tradable=True)
        return sorted(days, key=lambda day: -day.quality_score)

    def get_reset_points(
        self, symbol: str, date: dt.date | dt.datetime | str
    ) -> list[CategorizedResetPoint]:
        """Return a day's reset points by time."""
        return self.index.resets(symbol, date.date() if isinstance(date, dt.datetime) else date)
