"""The deck: symbol-days made resident, once, for any number of environments.

What the market shows does not depend on the agent, so its columns are computed when the day is
loaded. A reset then picks a day and a second and copies nothing.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.clock import NS, SECONDS_PER_SESSION
from lowfloat.base.prices import MAX_PRICE_UNITS, NANODOLLARS_PER_UNIT
from lowfloat.base.progress import Progress
from lowfloat.base.records import SNAPSHOT
from lowfloat.days.baseline import Baseline
from lowfloat.days.day import Day
from lowfloat.env.records import HEADER, DeckArrays
from lowfloat.errors import DayNotTradable, FeedError
from lowfloat.market.book import DAY, QUOTE, SECOND
from lowfloat.market.conditions import write_conditions
from lowfloat.market.fees import regulatory_fees
from lowfloat.market.reveals import reveals_of, with_runs
from lowfloat.tape.column import Tape
from lowfloat.tape.columns import COLUMNS, market_table
from lowfloat.tape.normaliser import Normaliser
from lowfloat.tape.phase import phases_of

_CACHE_LINE = 64


class Deck(NamedTuple):
    """Resident days.

    Attributes:
        names: ``SYMBOL/YYYY-MM-DD`` of each, in the order of the arrays.
        arrays: what the kernels read.
    """

    names: tuple[str, ...]
    arrays: DeckArrays

    @property
    def table(self) -> np.ndarray:
        """The market columns, a float32 view of shape ``(days, seconds + 1, columns)``."""
        return self.arrays.words[:, :, HEADER : HEADER + self.arrays.columns]

    def normalised(self, normaliser: Normaliser) -> "Deck":
        """Return a deck with normalised columns; quotes and halts are shared with this one."""
        arrays = self.arrays
        seconds = _aligned(arrays.seconds.shape, arrays.seconds.dtype)
        words = _words_of(seconds)
        words[:] = arrays.words
        deck = Deck(self.names, arrays._replace(seconds=seconds, words=words))
        for table in deck.table:
            normaliser.apply(table)
        return deck

    def row(self, name: str) -> int:
        """Return the row of a day by its name."""
        return self.names.index(name)


class _Resident(NamedTuple):
    table: np.ndarray
    seconds: np.ndarray
    quotes: np.ndarray
    bid_reveals: np.ndarray
    ask_reveals: np.ndarray
    halts: np.ndarray
    constants: np.ndarray


def build_deck(
    days: Sequence[tuple[Day, Baseline | None]],
    normaliser: Normaliser | None = None,
    progress: Progress | None = None,
) -> Deck:
    """Make days resident.

    Args:
        days: each with what was usual for the symbol before it; None if nothing is known.
        normaliser: applied to the market columns; None leaves them in their own units.
        progress: called with a day's name, its number from 1, and the number of days.

    Raises:
        DayNotTradable: a day has no quotes.
        FeedError: a quote is off the grid of $0.0001 or out of bounds.
    """
    residents = []
    # Kernels and array operations let go of the interpreter, so that threads read days at once.
    with ThreadPoolExecutor(min(os.cpu_count() or 1, max(len(days), 1))) as readers:
        made = readers.map(lambda pair: _resident(pair[0], pair[1], normaliser), days)
        for number, ((day, _), resident) in enumerate(zip(days, made, strict=True), start=1):
            residents.append(resident)
            if progress is not None:
                progress(day.name, number, len(days))
    quotes = np.concatenate([resident.quotes for resident in residents])
    halts = np.concatenate([resident.halts for resident in residents])
    reveals = np.concatenate(
        [side for resident in residents for side in (resident.bid_reveals, resident.ask_reveals)]
    )
    seconds = _aligned((len(residents), SECONDS_PER_SESSION + 1), row_type(len(COLUMNS)))
    words = _words_of(seconds)
    constants = np.concatenate([resident.constants for resident in residents])
    first_quote = first_halt = first_reveal = 0
    for row, resident in enumerate(residents):
        for name in SECOND.names or ():
            seconds[name][row] = resident.seconds[name]
        seconds["quote"][row] += first_quote
        words[row, :, HEADER : HEADER + len(COLUMNS)] = resident.table
        constants["first_quote"][row] = first_quote
        first_quote += len(resident.quotes)
        constants["last_quote"][row] = first_quote
        constants["first_halt"][row] = first_halt
        first_halt += len(resident.halts)
        constants["last_halt"][row] = first_halt
        constants["first_reveal"][row] = first_reveal
        first_reveal += len(resident.bid_reveals)
        constants["first_ask_reveal"][row] = first_reveal
        first_reveal += len(resident.ask_reveals)
        constants["last_reveal"][row] = first_reveal
    return Deck(
        names=tuple(day.name for day, _ in days),
        arrays=DeckArrays(seconds, words, len(COLUMNS), quotes, reveals, halts, constants),
    )


def row_type(columns: int) -> np.dtype:
    """Return the type of one second's row: ``SECOND``, then ``columns`` float32, then padding.

    What a step reads of a second lies together, on as few cache lines as hold it: a step visits
    a random row, and waits for memory more than for anything else.
    """
    used = SECOND.itemsize + 4 * columns
    fields: dict[str, Any] = dict(SECOND.fields or {})
    return np.dtype(
        {
            "names": list(fields),
            "formats": [field[0] for field in fields.values()],
            "offsets": [field[1] for field in fields.values()],
            "itemsize": -(-used // _CACHE_LINE) * _CACHE_LINE,
        }
    )


def _aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return zeros that begin on a cache line."""
    size = dtype.itemsize * int(np.prod(shape))
    raw = np.zeros(size + _CACHE_LINE, np.uint8)
    offset = -raw.ctypes.data % _CACHE_LINE
    return raw[offset : offset + size].view(dtype).reshape(shape)


def _words_of(seconds: np.ndarray) -> np.ndarray:
    """Return the rows' memory as float32 words."""
    return seconds.view(np.uint8).reshape(*seconds.shape, -1).view(np.float32)


def _resident(day: Day, baseline: Baseline | None, normaliser: Normaliser | None) -> _Resident:
    quotes = _book_states(day)
    tape = Tape(day, baseline)
    summed, table = tape.seconds, tape.of(market_table).values
    phase = phases_of(tape)  # told from the table, which the normaliser writes over
    if normaliser is not None:
        normaliser.apply(table)
    seconds = np.zeros(SECONDS_PER_SESSION + 1, SECOND)
    begins = day.session.start_ns + NS * np.arange(SECONDS_PER_SESSION + 1)
    seconds["quote"] = np.searchsorted(quotes["ts"], begins)
    seconds["bid"][1:] = summed.bid
    seconds["ask"][1:] = summed.ask
    seconds["mark"] = _marks(quotes, seconds["quote"])
    seconds["halted"][1:] = summed.halted
    seconds["phase"] = phase
    write_conditions(tape, seconds)
    halts = np.array(day.halts, np.int64).reshape(-1, 2)
    constants = np.zeros(1, DAY)
    sec_fee, taf_fee, taf_cap = regulatory_fees(day.date)
    constants["start_ns"] = day.session.start_ns
    constants["sec_fee"], constants["taf_fee"], constants["taf_cap"] = sec_fee, taf_fee, taf_cap
    constants["end_second"] = day.session.second(day.coverage_end_ns)
    constants["data_ends_early"] = day.coverage_end_ns < day.session.end_ns
    snapshot = (day.quotes.flags & SNAPSHOT) != 0
    return _Resident(table, seconds, quotes, *reveals_of(quotes, snapshot), halts, constants)


def _book_states(day: Day) -> np.ndarray:
    """Return the day's book states as ``QUOTE`` records."""
    if not len(day.quotes.ts_recv):
        raise DayNotTradable(
            f"{day.name} has no quotes, so no order could be filled on it; leave it out of the "
            "split (its row in days.parquet says `tradable` false)."
        )
    quotes = np.zeros(len(day.quotes.ts_recv), QUOTE)
    quotes["ts"] = day.quotes.ts_recv
    for side in ("bid", "ask"):
        price = getattr(day.quotes, f"{side}_price")
        size = getattr(day.quotes, f"{side}_size")
        off_grid = np.flatnonzero(
            (price % NANODOLLARS_PER_UNIT != 0) | (price > MAX_PRICE_UNITS * NANODOLLARS_PER_UNIT)
        )
        if len(off_grid):
            raise FeedError(
                f"{day.name}: a {side} of {price[off_grid[0]]} nanodollars is off the grid of "
                f"$0.0001 or above ${MAX_PRICE_UNITS // 10_000:,}; quotes must be on it."
            )
        quotes[side] = price // NANODOLLARS_PER_UNIT
        quotes[f"{side}_size"] = size
    return with_runs(quotes)


def _marks(quotes: np.ndarray, first_after: np.ndarray) -> np.ndarray:
    """Return, per second, the bid of the last two-sided uncrossed book received before it."""
    sound = np.flatnonzero((quotes["bid"] > 0) & (quotes["ask"] > quotes["bid"]))
    last = np.searchsorted(sound, first_after) - 1
    if not len(sound):
        return np.zeros(len(first_after), np.int32)
    return np.where(last >= 0, quotes["bid"][sound[np.maximum(last, 0)]], 0)
