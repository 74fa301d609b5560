"""Where episodes may begin: from an index's reset points, or whole days."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION, parse_second
from lowfloat.base.progress import Progress
from lowfloat.days.baselines import Baselines
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.store import DayStore
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.records import START
from lowfloat.errors import EmptySplit, InvalidReset
from lowfloat.index.index import Index, IndexedDay
from lowfloat.tape.normaliser import Normaliser


def open_index(index: Index | str | Path | None) -> Index:
    """Return an index; None opens a small synthetic one, made on first use and kept in the cache.

    Raises:
        IndexMismatch: the folder is no index.
    """
    if index is None:
        from lowfloat.env.sample import sample_index  # makes days: not needed with an own index

        return sample_index()
    return index if isinstance(index, Index) else Index(index)


def load_split(
    index: Index,
    split: str,
    *,
    symbol: str | None = None,
    days_root: str | Path | None = None,
    normaliser: Normaliser | None = None,
    min_quality: float = 0.0,
    progress: Progress | None = None,
) -> tuple[Deck, np.ndarray, list[IndexedDay]]:
    """Make the tradable days of a split resident, with their reset points as starts.

    Returns:
        The deck, the starts as ``START`` records in the order of day and time, and the days in
        the order of the deck.

    Raises:
        EmptySplit: no tradable day is left.
        IndexMismatch: the store holds other days than were scanned.
    """
    store = DayStore(days_root) if days_root is not None else index.store
    days = days_of_split(index, split, store, symbol=symbol, min_quality=min_quality)
    deck = resident(store, days, normaliser, progress)
    return deck, starts_of(index, days), days


def starts_of(index: Index, days: Sequence[IndexedDay]) -> np.ndarray:
    """Return the reset points of days as ``START`` records, in the order of day and time."""
    starts = []
    for row, day in enumerate(days):
        seconds = [point.second for point in index.resets(day.symbol, day.date)]
        following = [*seconds[1:], SECONDS_PER_SESSION + 1]
        starts += [(row, second, after) for second, after in zip(seconds, following, strict=False)]
    return np.array(starts, START)


def days_of_split(
    index: Index,
    split: str,
    store: DayStore,
    *,
    symbol: str | None = None,
    min_quality: float = 0.0,
) -> list[IndexedDay]:
    """Return the tradable days of a split, which are those of the store.

    Raises:
        EmptySplit: no tradable day is left.
        IndexMismatch: the store holds other days than were scanned.
    """
    days = index.days(symbol=symbol, split=split, min_quality=min_quality, tradable=True)
    if not days:
        counts = {name: len(index.days(split=name)) for name in ("train", "valid", "exam")}
        raise EmptySplit(
            f"split {split!r} of {index.where} leaves no tradable day"
            f"{f' of {symbol}' if symbol else ''}; days per split: {counts}. Change the split's "
            "dates with `lowfloat scan DAYS --into INDEX index.splits.train_end=DATE`."
        )
    index.check_days(days, store)
    return days


def resident(
    store: DayStore,
    days: Sequence[IndexedDay],
    normaliser: Normaliser | None = None,
    progress: Progress | None = None,
) -> Deck:
    """Make days of a store resident, each with what was usual before it."""
    baselines = Baselines(store, ReferenceTables(store.where))
    opened = [(store[day.symbol, day.date], baselines.of(day.symbol, day.date)) for day in days]
    return build_deck(opened, normaliser, progress)


def whole_days(deck: Deck, seconds: Sequence[int] | None = None) -> np.ndarray:
    """Return one start per resident day, at 04:00 or at the given second of each."""
    starts = np.zeros(len(deck.names), START)
    starts["day"] = np.arange(len(deck.names))
    starts["second"] = 0 if seconds is None else seconds
    starts["next_second"] = SECONDS_PER_SESSION + 1
    return starts


def parse_start(text: str, deck: Deck) -> tuple[int, int]:
    """Return the row of the deck and the second of ``SYMBOL/YYYY-MM-DD/HH:MM:SS``.

    Raises:
        InvalidReset: the text has another form, the day is not resident, or the second is not
            before the end of the day's data.
    """
    day, _, clock = text.rpartition("/")
    if day not in deck.names:
        some = ", ".join(deck.names[:3])
        raise InvalidReset(
            f"`options['reset']` was {text!r}; use SYMBOL/YYYY-MM-DD/HH:MM:SS of a resident day, "
            f"such as {some}."
        )
    try:
        second = parse_second(clock)
    except ValueError as error:
        raise InvalidReset(f"`options['reset']` was {text!r}: {error}") from error
    row = deck.row(day)
    end = int(deck.arrays.days["end_second"][row])
    if second >= end:
        raise InvalidReset(
            f"`options['reset']` was {text!r}; the day's data end at second {end}, "
            "use an earlier time."
        )
    return row, second
