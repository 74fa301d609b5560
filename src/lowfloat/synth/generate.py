"""Days of a synthetic low-float market, with the truth behind them."""

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import sessions_between
from lowfloat.base.prices import NANODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.base.progress import Progress
from lowfloat.days.bars import minute_bars
from lowfloat.days.day import Day
from lowfloat.days.store import DayStore
from lowfloat.errors import ConfigError, NotASession
from lowfloat.fleet import Failed, each, place
from lowfloat.synth.character import draw_stock
from lowfloat.synth.day import Truth, Yesterday, make_day
from lowfloat.synth.options import Options
from lowfloat.synth.stories import Plan, day_plan

FIRST_SESSION = dt.date(2025, 1, 2)
MAX_SYMBOLS = 26**3


def synth_days(
    days: int,
    seed: int,
    *,
    symbols: int = 1,
    first: dt.date = FIRST_SESSION,
    options: Options | None = None,
) -> Iterator[tuple[Day, Truth]]:
    """Make consecutive session days of synthetic low-float stocks.

    A day depends on the seed, the symbol, the number of the day and the days before it alone:
    the same arguments give the same arrays on every machine, and more days or symbols change
    none of the others.

    Args:
        days: sessions per symbol.
        seed: 0 or more.
        symbols: number of stocks; they are called SYNA, SYNB and so on.
        first: date of the first session, or a date before it.
        options: what else is asked of the market.

    Yields:
        A day, and its truth; see :func:`lowfloat.synth.day.make_day`.

    Raises:
        ConfigError: a number is out of bounds.
        NotASession: the exchange's calendar does not reach that far.
    """
    market = _market(days, seed, symbols, first, options)
    return (made for index in range(symbols) for made in market.days_of(index))


def synthesize(
    store: DayStore,
    days: int,
    seed: int,
    *,
    symbols: int = 1,
    first: dt.date = FIRST_SESSION,
    options: Options | None = None,
    on: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Write the days of :func:`synth_days`, with their truth, to a store; return their names.

    Doing it again changes nothing, and it is the same days whoever makes them.

    Args:
        store: where the days go.
        days: sessions per symbol.
        seed: 0 or more.
        symbols: number of stocks.
        first: date of the first session, or a date before it.
        options: what else is asked of the market.
        on: where the stocks are made; see :func:`lowfloat.fleet.place`. The days of a stock are
            made one after the other.
        workers: how many stocks are made at a time.
        progress: called with a day's name, how many days are done, and how many there will be.

    Raises:
        ConfigError: a number is out of bounds.
        DayExists: the store holds one of the days with other contents.
    """
    market = _market(days, seed, symbols, first, options)
    written: Iterator[str]
    if place(on, workers) == "here":
        written = (_stored(store, made) for i in range(symbols) for made in market.days_of(i))
    else:
        written = _written_apart(store, market, symbols, on, workers)
    names = []
    for name in written:
        names.append(name)
        if progress is not None:
            progress(name, len(names), days * symbols)
    return names


def symbol_name(index: int) -> str:
    """Return SYNA for 0, SYNB for 1, ... SYNZ, SYNAA and so on."""
    letters = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"SYN{letters}"


def _dates(first: dt.date, days: int) -> list[dt.date]:
    # A year has about 252 sessions; the surplus covers the longest closure.
    last = first + dt.timedelta(days=days * 366 // 250 + 15)
    try:
        return sessions_between(first, last)[:days]
    except NotASession as error:
        raise NotASession(
            f"{days} sessions from {first} on may reach {last}, beyond the exchange calendar; "
            f"use fewer `days` or another `first`. {error}"
        ) from error


class _Market(NamedTuple):
    """What the days of a market are made of, each stock by itself."""

    dates: list[dt.date]
    seed: int
    options: Options

    def days_of(self, symbol: int) -> Iterator[tuple[Day, Truth]]:
        """Yield the days of the stock of this number, with their truth."""
        stock = draw_stock(_generator(self.seed, symbol))
        close = round(stock.usual_dollars * 100) * UNITS_PER_DOLLAR // 100
        yesterday = Yesterday(close, is_restricted=False)
        history: list[Plan] = []
        for index, date in enumerate(self.dates):
            root = (self.seed, symbol, index)
            plan = day_plan(_generator(*root), history, self.options.mix, self.options.active)
            made = make_day(
                root, symbol_name(symbol), date, stock, plan, history, yesterday, self.options
            )
            history.append(plan)
            close = made.day.closing_price // NANODOLLARS_PER_UNIT
            yesterday = Yesterday(close, made.restricts_tomorrow)
            yield made.day, made.truth


def _market(days: int, seed: int, symbols: int, first: dt.date, options: Options | None) -> _Market:
    for name, value, low, high in (
        ("days", days, 1, 5_000),
        ("seed", seed, 0, 2**63 - 1),
        ("symbols", symbols, 1, MAX_SYMBOLS),
    ):
        if not low <= value <= high:
            raise ConfigError(f"`{name}` was {value}; use {low} to {high}.")
    chosen = (Options() if options is None else options).check()
    return _Market(_dates(first, days), seed, chosen)


def _stored(store: DayStore, made: tuple[Day, Truth]) -> str:
    """Write a day; return its name."""
    store.write(*made)
    return made[0].name


def _written_apart(
    store: DayStore, market: _Market, symbols: int, on: str | None, workers: int | None
) -> Iterator[str]:
    """Yield the names of the days of all stocks, each written by a worker."""
    write = partial(_written_days, store.where, market)
    for names in each(
        write, range(symbols), on=on, workers=workers, name=symbol_name, prepare=_compile
    ):
        if isinstance(names, Failed):
            raise names.error
        yield from names


def _written_days(where: str, market: _Market, symbol: int) -> list[str]:
    store = DayStore(where)
    return [_stored(store, made) for made in market.days_of(symbol)]


def _compile() -> None:
    """Make a day, for whose sake all kernels are compiled that others need."""
    for day, _ in synth_days(1, seed=0, options=Options(active=1.0)):
        minute_bars(day)


def _generator(*root: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(root)))
