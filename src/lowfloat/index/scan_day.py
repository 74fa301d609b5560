"""The scan of one day: from a store to plain rows, kept so that it is not made twice.

A result is a JSON file named by a hash of all it depends on: the day's files, the configuration,
what was usual before the day, and the code. It is written whole or not at all, so that a scan that
is killed leaves no half of one.
"""

import datetime as dt
import hashlib
import json
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.hashing import digest_of
from lowfloat.base.jit import PACKAGE, source_digest
from lowfloat.base.settings import to_plain
from lowfloat.days.bars import Bars
from lowfloat.days.baseline import Baseline
from lowfloat.days.baselines import Baselines
from lowfloat.days.day import Day
from lowfloat.days.feeds import FEEDS_READ, Feeds
from lowfloat.days.place import place_of
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.store import DayStore
from lowfloat.errors import LowfloatError
from lowfloat.index.asof import alerts_of
from lowfloat.index.config import IndexConfig
from lowfloat.index.day_row import day_row
from lowfloat.index.quality import day_quality
from lowfloat.index.reset_points import reset_points
from lowfloat.index.scenarios import Story, story_of
from lowfloat.tape.column import Tape

CODE = ("base", "days", "tape", "index")
"""The packages on whose code a result depends."""


class ScannedDay(NamedTuple):
    """What a scan says of a day, in plain data.

    Attributes:
        symbol: ticker.
        date: as text.
        key: hash of all it depends on; empty if it could not be told.
        row: of ``days.parquet``, None if the day failed.
        points: of ``resets.parquet``.
        error: why it failed, empty if it did not.
        was_kept: whether it had been scanned before.
    """

    symbol: str
    date: str
    key: str
    row: dict[str, Any] | None
    points: list[dict[str, Any]]
    error: str
    was_kept: bool


class Told(NamedTuple):
    """What other feeds said during a day; see :class:`lowfloat.tape.column.Tape`."""

    headlines: np.ndarray | None
    sector_gain: np.ndarray | None


NOTHING_TOLD = Told(None, None)


def scan_stored_day(
    root: str,
    symbol: str,
    date: dt.date,
    stored: tuple[dt.date, ...],
    config: IndexConfig,
    kept: str | None,
) -> ScannedDay:
    """Scan a day of a store; what a worker is sent.

    Args:
        root: folder of the store, or its URL.
        symbol: ticker.
        date: of the day.
        stored: dates of all stored days of the symbol.
        config: of the scan.
        kept: folder of results, or its URL; None keeps none.

    Returns:
        The rows; if the day is corrupt, or breaks a rule, the error in their place.
    """
    store = DayStore(root)
    try:
        tables = ReferenceTables(store.where)
        baseline = Baselines(_OneSymbol(store, symbol, stored), tables).of(symbol, date)
        told = _told(store, tables, symbol, date)
        key = key_of(store.manifest(symbol, date)["id"], baseline, config, told)
        place, name = None if kept is None else place_of(kept), f"{key[:2]}/{key}.json"
        before = None if place is None else place.read(name)
        if before is not None:
            found = json.loads(before)
            return ScannedDay(
                symbol, date.isoformat(), key, found["row"], found["points"], "", True
            )
        row, points = scan_day(store[symbol, date], baseline, config, told)
    except LowfloatError as error:
        message = f"{type(error).__name__}: {error}"
        return ScannedDay(symbol, date.isoformat(), "", None, [], message, False)
    if place is not None:
        text = json.dumps({"row": row, "points": points}, sort_keys=True, allow_nan=False)
        place.write(name, text.encode())
    return ScannedDay(symbol, date.isoformat(), key, row, points, "", False)


def scan_day(
    day: Day, baseline: Baseline, config: IndexConfig, told: Told = NOTHING_TOLD
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a day's row and its reset points, all but their split.

    Args:
        day: the day.
        baseline: what was usual for the symbol before it.
        config: of the scan.
        told: what other feeds said during it.
    """
    tape = Tape(day, baseline, headlines=told.headlines, sector_gain=told.sector_gain)
    row = day_row(tape)
    story = story_of(tape, config)
    points = reset_points(tape, config, story) if row["tradable"] else []
    alerts = alerts_of(tape, config.alert)
    row |= _summary(story, points, row)
    row["is_momentum"] = bool(row["max_move"] >= config.detection.min_day_move)
    row["alert_second"] = alerts[0].second if alerts else None
    row["alert_trigger"] = alerts[0].trigger if alerts else ""
    row["alerts"] = len(alerts)
    return row, points


def _summary(story: Story, points: list[dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:
    scores = [point["quality_score"] for point in points]
    return {
        "scenario": story.scenario.label,
        "compound": story.compound,
        "resets": len(points),
        "quality_score": day_quality(scores, row["max_move"], row["volume_ratio"]),
    }


def key_of(
    manifest_id: str, baseline: Baseline, config: IndexConfig, told: Told = NOTHING_TOLD
) -> str:
    """Return the hash of all that the result of a day depends on.

    The splits are left out: they are told once all days are scanned.
    """
    terms = to_plain(config)
    del terms["splits"]
    usual = baseline._asdict()
    usual["cumulative_volume"] = hashlib.sha256(baseline.cumulative_volume.tobytes()).hexdigest()
    feeds = ["" if part is None else hashlib.sha256(part.tobytes()).hexdigest() for part in told]
    content = {
        "day": manifest_id, "usual": to_plain(usual), "feeds": feeds, "config": terms,
        "code": code_digest(),
    }  # fmt: skip
    return digest_of(content)


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a hash of the sources that a result depends on."""
    return "-".join(source_digest(PACKAGE / part) for part in CODE)


def _told(store: DayStore, tables: ReferenceTables, symbol: str, date: dt.date) -> Told:
    if not any(tables.files(table) for table in FEEDS_READ):
        return NOTHING_TOLD  # and no store has to be listed
    feeds = Feeds(store, tables, Baselines(store, tables))
    return Told(feeds.headlines(symbol, date), feeds.sector_gain(symbol, date))


class _OneSymbol:
    """The days of one symbol, as :class:`Baselines` asks for them, without a walk of the store."""

    def __init__(self, store: DayStore, symbol: str, stored: tuple[dt.date, ...]) -> None:
        self._store, self._symbol, self._stored = store, symbol, stored

    def days(self) -> list[tuple[str, dt.date]]:
        return [(self._symbol, date) for date in self._stored]

    def about(self, symbol: str, date: dt.date) -> dict[str, Any]:
        return self._store.about(symbol, date)

    def bars(self, symbol: str, date: dt.date) -> Bars:
        return self._store.bars(symbol, date)
