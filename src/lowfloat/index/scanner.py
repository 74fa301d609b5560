"""The scan itself: every stored day becomes a row, and its good seconds become reset points."""

import datetime as dt
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from lowfloat.base.hashing import digest_of
from lowfloat.base.progress import Progress
from lowfloat.base.settings import to_plain
from lowfloat.days.baseline import Baseline
from lowfloat.days.baselines import TABLES_READ
from lowfloat.days.day import QUOTES_REBUILT, Day
from lowfloat.days.feeds import FEEDS_READ
from lowfloat.days.place import named, place_of
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.store import DayStore
from lowfloat.errors import DayCorrupt, DayNotFound
from lowfloat.fleet import Failed, each
from lowfloat.index.config import IndexConfig
from lowfloat.index.index import Index
from lowfloat.index.scan_day import ScannedDay, scan_day, scan_stored_day
from lowfloat.index.splits import Key, splits_of
from lowfloat.index.tables import SCHEMA_VERSION, write_index

RESULTS = "scanned"
"""Folder of an index with the results of single days; without it a scan is only slower."""

Task = tuple[str, str, dt.date, tuple[dt.date, ...], IndexConfig, str | None]


class MomentumIndexBuilder:
    """Scans a day store into an index.

    Args:
        config: thresholds, alert terms and splits.
    """

    def __init__(self, config: IndexConfig | None = None) -> None:
        self.config = config or IndexConfig()

    def scan(
        self,
        store: DayStore,
        into: str | Path,
        progress: Progress | None = None,
        *,
        symbols: Collection[str] | None = None,
        first: dt.date | None = None,
        last: dt.date | None = None,
        on: str | None = None,
        workers: int | None = None,
    ) -> Index:
        """Scan days and write ``days.parquet``, ``resets.parquet`` and ``index.json``.

        A day whose result is kept beside the index, made from the same data and code, is not
        scanned again. A day that fails is named in ``index.json`` with its error, and left out.

        Args:
            store: the days.
            into: folder of the index, or its URL.
            progress: told of each day.
            symbols: tickers to scan; None scans all.
            first: date of the first day to scan.
            last: date of the last.
            on: where days are scanned; see :func:`lowfloat.fleet.place`.
            workers: how many days are scanned at a time.

        Raises:
            DayNotFound: the store has no such day.
            DayCorrupt: every day failed.
            ConfigError: there is no such place, or no worker.
        """
        tasks = self.tasks(store, into, symbols=symbols, first=first, last=last)
        prepare = partial(scan_task, tasks[0])
        scanned = each(
            scan_task, tasks, on=on, workers=workers, name=name_of, prepare=prepare,
            progress=progress,
        )  # fmt: skip
        return self.assemble(store, into, map(_or_its_error, tasks, scanned))

    def tasks(
        self,
        store: DayStore,
        into: str | Path,
        *,
        symbols: Collection[str] | None = None,
        first: dt.date | None = None,
        last: dt.date | None = None,
    ) -> list[Task]:
        """Return the arguments of :func:`scan_stored_day` for each day; see :meth:`scan`.

        The order in which they are carried out, and where, makes no difference.
        """
        keys = store.days()
        if not keys:
            raise DayNotFound(f"{store.where} holds no days; ingest or synthesize some first.")
        stored: dict[str, list[dt.date]] = {}
        for symbol, date in keys:
            stored.setdefault(symbol, []).append(date)
        chosen = [
            (symbol, date)
            for symbol, date in keys
            if (symbols is None or symbol in symbols)
            and (first is None or date >= first)
            and (last is None or date <= last)
        ]
        if not chosen:
            raise DayNotFound(
                f"{store.where} holds {len(keys)} days of {', '.join(sorted(stored)[:8])} from "
                f"{min(date for _, date in keys)} to {max(date for _, date in keys)}; "
                "use symbols and dates among them."
            )
        results = named(into, RESULTS)
        return [
            (store.where, symbol, date, tuple(stored[symbol]), self.config, results)
            for symbol, date in chosen
        ]

    def assemble(self, store: DayStore, into: str | Path, scanned: Iterable[ScannedDay]) -> Index:
        """Give scanned days their splits and write the index; the order they come in is free.

        Raises:
            DayCorrupt: every day failed.
        """
        done = sorted(scanned, key=lambda day: (day.symbol, day.date))
        failed = {f"{day.symbol}/{day.date}": day.error for day in done if day.row is None}
        good = [(day, day.row) for day in done if day.row is not None]
        if not good:
            name, error = next(iter(failed.items()))
            raise DayCorrupt(f"none of {len(failed)} days could be scanned; {name}: {error}")
        keys: dict[str, Key] = {
            f"{day.symbol}/{day.date}": (day.symbol, dt.date.fromisoformat(day.date))
            for day, _ in good
        }
        splits = splits_of(list(keys.values()), self.config.splits)
        rows: list[dict[str, Any]] = []
        points: list[dict[str, Any]] = []
        for day, found in good:
            split = splits[keys[f"{day.symbol}/{day.date}"]]
            # A book that was made up from prints is good enough to practise on, not to be
            # examined on: nobody could have traded at its prices.
            honest = QUOTES_REBUILT not in found["flags"] or split == "train"
            rows.append({**found, "split": split, "tradable": found["tradable"] and honest})
            points += [{**point, "split": split} for point in day.points]
        write_index(place_of(into), self._about(store, rows, failed), rows, points)
        return Index(into)

    def scan_symbol_history(
        self, store: DayStore, symbol: str, start: dt.date, end: dt.date
    ) -> list[dict[str, Any]]:
        """Return the rows of a symbol's stored days from ``start`` to ``end``.

        Raises:
            DayCorrupt: a day failed.
        """
        dates = tuple(date for name, date in store.days() if name == symbol)
        rows = []
        for date in dates:
            if start <= date <= end:
                day = scan_stored_day(store.where, symbol, date, dates, self.config, None)
                if day.row is None:
                    raise DayCorrupt(f"{symbol}/{date} could not be scanned: {day.error}")
                rows.append({**day.row, "date": date})
        return rows

    def scan_day(self, day: Day, baseline: Baseline) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return a day's row and its reset points.

        Args:
            day: the day.
            baseline: what was usual for the symbol before it.
        """
        return scan_day(day, baseline, self.config)

    def _about(
        self, store: DayStore, rows: list[dict[str, Any]], failed: dict[str, str]
    ) -> dict[str, Any]:
        plain = to_plain(self.config)
        data = {f"{row['symbol']}/{row['date']}": row["manifest_id"] for row in rows}
        # Files of reference tables are named by their contents; baselines and feeds depend on them.
        tables = ReferenceTables(store.where)
        reference = {
            table: [path.stem for path in tables.files(table)]
            for table in (*TABLES_READ, *FEEDS_READ)
        }
        content = {
            "schema": SCHEMA_VERSION, "config": plain, "days": data, "reference": reference,
        }  # fmt: skip
        return {
            "schema_version": SCHEMA_VERSION,
            "id": digest_of(content),
            "days_root": store.where,
            "config": plain,
            "days": data,
            "reference": reference,
            "failed": failed,
        }


def scan(
    days: DayStore | str | Path,
    into: str | Path,
    config: IndexConfig | None = None,
    progress: Progress | None = None,
    **chosen: Any,
) -> Index:
    """Scan a day store into an index and open it; see :meth:`MomentumIndexBuilder.scan`."""
    store = days if isinstance(days, DayStore) else DayStore(days)
    return MomentumIndexBuilder(config).scan(store, into, progress, **chosen)


def name_of(task: Task) -> str:
    """Return ``SYMBOL/YYYY-MM-DD`` of a task."""
    return f"{task[1]}/{task[2]}"


def scan_task(task: Task) -> ScannedDay:
    """Scan the day of a task."""
    return scan_stored_day(*task)


def _or_its_error(task: Task, found: ScannedDay | Failed) -> ScannedDay:
    """Return a scanned day, one that failed each time among them."""
    if isinstance(found, Failed):
        error = f"{type(found.error).__name__}: {found.error}"
        return ScannedDay(task[1], task[2].isoformat(), "", None, [], error, False)
    return found
