"""The scan itself: every stored day becomes a row, and its good seconds become reset points."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lowfloat.base.clock import parse_second
from lowfloat.base.codes import MomentumPhase
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR, UNITS_PER_DOLLAR
from lowfloat.base.progress import Progress
from lowfloat.base.settings import to_plain
from lowfloat.days.bars import official_open
from lowfloat.days.baseline import Baseline
from lowfloat.days.baselines import TABLES_READ, Baselines
from lowfloat.days.day import NO_QUOTES, QUOTES_REBUILT, Day
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.store import DayStore
from lowfloat.errors import DayNotFound
from lowfloat.index.asof import first_alert
from lowfloat.index.config import DetectionConfig, IndexConfig, SplitConfig
from lowfloat.index.index import SCHEMA_VERSION, Index
from lowfloat.index.patterns import bursts, one_minute_bars
from lowfloat.index.quality import base_quality, category_of, time_multiplier
from lowfloat.tape.column import Tape
from lowfloat.tape.phase import phases_of

FIXED_RESETS = ("09:30", "10:30", "14:00", "15:30")


class MomentumIndexBuilder:
    """Scans a day store into an index.

    Args:
        config: thresholds, alert terms and splits.
    """

    def __init__(self, config: IndexConfig | None = None) -> None:
        self.config = config or IndexConfig()

    def scan(self, store: DayStore, into: str | Path, progress: Progress | None = None) -> Index:
        """Scan every day and write ``days.parquet``, ``resets.parquet`` and ``index.json``.

        Raises:
            DayNotFound: the store is empty.
        """
        keys = store.days()
        if not keys:
            raise DayNotFound(f"{store.root} holds no days; ingest or synthesize some first.")
        rows, resets = [], []
        baselines = Baselines(store, ReferenceTables(store.root))
        for number, (symbol, date) in enumerate(keys, start=1):
            day = store[symbol, date]
            row, points = self.scan_day(day, baselines.of(symbol, date))
            rows.append(row)
            resets.extend(points)
            if progress is not None:
                progress(day.name, number, len(keys))
        splits = split_of_dates([date for _, date in keys], self.config.splits)
        for record in (*rows, *resets):
            record["split"] = splits[record["date"]]
        for row in rows:
            # A book that was made up from prints is good enough to practise on, not to be
            # examined on: nobody could have traded at its prices.
            row["tradable"] &= QUOTES_REBUILT not in row["flags"] or row["split"] == "train"
        return _write(Path(into), store, self.config, rows, resets)

    def scan_symbol_history(
        self, store: DayStore, symbol: str, start: dt.date, end: dt.date
    ) -> list[dict[str, Any]]:
        """Return the rows of a symbol's stored days from ``start`` to ``end``."""
        baselines = Baselines(store, ReferenceTables(store.root))
        return [
            self.scan_day(store[name, date], baselines.of(name, date))[0]
            for name, date in store.days()
            if name == symbol and start <= date <= end
        ]

    def scan_day(self, day: Day, baseline: Baseline) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return a day's row and its reset points.

        Args:
            day: the day.
            baseline: what was usual for the symbol before it.
        """
        tape = Tape(day, baseline)
        row = _day_row(tape)
        points = _reset_points(tape, self.config.detection) if row["tradable"] else []
        best = sorted((point["quality_score"] for point in points), reverse=True)[:5]
        moved = min(row["max_move"] / 0.5, 1.0)
        traded = min((row["volume_ratio"] or 0.0) / 5.0, 1.0)
        row["quality_score"] = float(np.mean(best) if best else 0.0) * (0.5 + 0.5 * moved * traded)
        row["is_momentum"] = bool(row["max_move"] >= self.config.detection.min_day_move)
        row["alert_second"] = first_alert(tape, self.config.alert)
        row["resets"] = len(points)
        return row, points


def scan(
    days: DayStore | str | Path,
    into: str | Path,
    config: IndexConfig | None = None,
    progress: Progress | None = None,
) -> Index:
    """Scan a day store into an index folder and open it."""
    store = days if isinstance(days, DayStore) else DayStore(days)
    return MomentumIndexBuilder(config).scan(store, into, progress)


def _day_row(tape: Tape) -> dict[str, Any]:
    day, seconds = tape.day, tape.seconds
    previous_close = tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR
    usual = float(tape.baseline.average_volume)
    traded = seconds.low > 0
    open_price = official_open(day.trades, day.session) / NANODOLLARS_PER_DOLLAR
    high = float(seconds.high.max())
    low = float(seconds.low[traded].min()) if traded.any() else 0.0
    volume = int(seconds.volume.sum())
    return {
        "symbol": day.symbol,
        "date": day.date,
        "open": open_price,
        "high": high,
        "low": low,
        "close": day.closing_price / NANODOLLARS_PER_DOLLAR,
        "previous_close": previous_close,
        "volume": volume,
        "max_move": (high - low) / open_price if open_price else 0.0,
        "gap": open_price / previous_close - 1.0 if previous_close and open_price else None,
        "volume_ratio": volume / usual if usual else None,
        "num_halts": len(day.halts),
        "tradable": NO_QUOTES not in day.flags and len(day.quotes.action) > 0,
        "flags": ",".join(day.flags),
        "manifest_id": day.manifest_id,
    }


def _reset_points(tape: Tape, config: DetectionConfig) -> list[dict[str, Any]]:
    """Return the day's reset points, best first thinned to the spacing, then by time."""
    day, seconds = tape.day, tape.seconds
    phases = phases_of(tape)
    bars = one_minute_bars(tape)
    last = day.session.second(day.coverage_end_ns) - 600
    found = [(burst.second, burst.pattern, burst.clarity) for burst in bursts(bars, config)]
    fixed = [(parse_second(text), "time", 0.0) for text in FIXED_RESETS]
    points: list[dict[str, Any]] = []
    for second, pattern, clarity in found + fixed:
        bid, ask = int(seconds.bid[second - 1]), int(seconds.ask[second - 1])
        if second > last or not 0 < bid < ask or seconds.halted[second - 1]:
            continue
        phase = MomentumPhase(int(phases[second]))
        ratio = float(bars.surge[second // 60 - 1])
        spread = (ask - bid) / ((ask + bid) / 2)
        base = base_quality(phase, ratio, clarity, spread)
        points.append(
            {
                "symbol": day.symbol,
                "date": day.date,
                "timestamp": day.session.ns(second),
                "second": second,
                "momentum_phase": phase.label,
                "pattern_type": pattern,
                "category": category_of(phase, base),
                "quality_score": base * time_multiplier(second),
                "volume_ratio": ratio,
                "spread": spread,
                "price": (bid + ask) / 2 / UNITS_PER_DOLLAR,
                "scenario": "",
            }
        )
    # Fixed points stay; of the others a better one silences those close to it.
    kept: list[dict[str, Any]] = []
    points.sort(key=lambda point: (point["pattern_type"] != "time", -point["quality_score"]))
    for point in points:
        if all(abs(point["second"] - other["second"]) >= config.spacing_seconds for other in kept):
            kept.append(point)
    return sorted(kept, key=lambda point: point["second"])


def split_of_dates(dates: list[dt.date], config: SplitConfig) -> dict[dt.date, str]:
    """Return ``train``, ``valid``, ``exam`` or ``embargo`` for each date."""
    ordered = sorted(set(dates))
    count = len(ordered)
    # Three days or more leave one for each split.
    cut = max(1, min(round(config.train_fraction * count), count - 2))
    train_end = config.train_end or ordered[cut - 1]
    cut = max(cut + 1, round((config.train_fraction + config.valid_fraction) * count))
    valid_end = config.valid_end or max(train_end, ordered[min(cut, count) - 1])
    splits = {
        date: "train" if date <= train_end else "valid" if date <= valid_end else "exam"
        for date in ordered
    }
    for split in ("valid", "exam"):
        inside = [date for date in ordered if splits[date] == split]
        # A day must be left to measure on, however short the history is.
        for date in inside[: max(0, min(config.embargo_sessions, len(inside) - 1))]:
            splits[date] = "embargo"
    return splits


_DAYS_SCHEMA = pa.schema(
    [
        ("symbol", pa.string()), ("date", pa.date32()), ("split", pa.string()),
        ("open", pa.float64()), ("high", pa.float64()), ("low", pa.float64()),
        ("close", pa.float64()), ("previous_close", pa.float64()), ("volume", pa.int64()),
        ("max_move", pa.float64()), ("gap", pa.float64()), ("volume_ratio", pa.float64()),
        ("num_halts", pa.int32()), ("resets", pa.int32()), ("is_momentum", pa.bool_()),
        ("quality_score", pa.float64()), ("alert_second", pa.int32()), ("tradable", pa.bool_()),
        ("flags", pa.string()), ("manifest_id", pa.string()),
    ]
)  # fmt: skip
_RESETS_SCHEMA = pa.schema(
    [
        ("symbol", pa.string()), ("date", pa.date32()), ("timestamp", pa.timestamp("ns", "UTC")),
        ("second", pa.int32()), ("momentum_phase", pa.string()), ("pattern_type", pa.string()),
        ("category", pa.string()), ("quality_score", pa.float64()),
        ("volume_ratio", pa.float64()), ("spread", pa.float64()), ("price", pa.float64()),
        ("scenario", pa.string()), ("split", pa.string()),
    ]
)  # fmt: skip


def _write(
    folder: Path,
    store: DayStore,
    config: IndexConfig,
    rows: list[dict[str, Any]],
    resets: list[dict[str, Any]],
) -> Index:
    folder.mkdir(parents=True, exist_ok=True)
    plain = to_plain(config)
    data = {f"{row['symbol']}/{row['date']}": row["manifest_id"] for row in rows}
    # Files of reference tables are named by their contents, on which the baselines depend.
    tables = ReferenceTables(store.root)
    reference = {table: [path.stem for path in tables.files(table)] for table in TABLES_READ}
    content = json.dumps(
        {"schema": SCHEMA_VERSION, "config": plain, "days": data, "reference": reference},
        sort_keys=True,
    )
    about = {
        "schema_version": SCHEMA_VERSION,
        "id": hashlib.sha256(content.encode()).hexdigest(),
        "days_root": str(store.root.resolve()),
        "config": plain,
        "days": data,
        "reference": reference,
    }
    # The description goes last: an interrupted scan leaves no index that looks whole.
    (folder / "index.json").unlink(missing_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, _DAYS_SCHEMA), folder / "days.parquet")
    pq.write_table(pa.Table.from_pylist(resets, _RESETS_SCHEMA), folder / "resets.parquet")
    (folder / "index.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
    return Index(folder)
