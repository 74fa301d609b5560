"""Days of a synthetic low-float market, with the truth behind them."""

import datetime as dt
from collections.abc import Iterator

import numpy as np

from lowfloat.base.clock import sessions_between
from lowfloat.base.prices import NANODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.base.progress import Progress
from lowfloat.days.day import Day
from lowfloat.days.store import DayStore
from lowfloat.errors import ConfigError, NotASession
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
    for name, value, low, high in (
        ("days", days, 1, 5_000),
        ("seed", seed, 0, 2**63 - 1),
        ("symbols", symbols, 1, MAX_SYMBOLS),
    ):
        if not low <= value <= high:
            raise ConfigError(f"`{name}` was {value}; use {low} to {high}.")
    chosen = (Options() if options is None else options).check()
    return _days_of_symbols(_dates(first, days), seed, symbols, chosen)


def synthesize(
    store: DayStore,
    days: int,
    seed: int,
    *,
    symbols: int = 1,
    first: dt.date = FIRST_SESSION,
    options: Options | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Write the days of :func:`synth_days`, with their truth, to a store; return their names.

    Doing it again changes nothing.

    Args:
        store: where the days go.
        days: sessions per symbol.
        seed: 0 or more.
        symbols: number of stocks.
        first: date of the first session, or a date before it.
        options: what else is asked of the market.
        progress: called with a day's name, how many days are done, and how many there will be.

    Raises:
        ConfigError: a number is out of bounds.
        DayExists: the store holds one of the days with other contents.
    """
    names = []
    for day, truth in synth_days(days, seed, symbols=symbols, first=first, options=options):
        store.write(day, truth)
        names.append(day.name)
        if progress is not None:
            progress(day.name, len(names), days * symbols)
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


def _days_of_symbols(
    dates: list[dt.date], seed: int, symbols: int, options: Options
) -> Iterator[tuple[Day, Truth]]:
    for symbol in range(symbols):
        stock = draw_stock(_generator(seed, symbol))
        close = round(stock.usual_dollars * 100) * UNITS_PER_DOLLAR // 100
        yesterday = Yesterday(close, is_restricted=False)
        history: list[Plan] = []
        for index, date in enumerate(dates):
            plan = day_plan(_generator(seed, symbol, index), history, options.mix, options.active)
            made = make_day(
                (seed, symbol, index), symbol_name(symbol), date, stock, plan, history, yesterday,
                options,
            )  # fmt: skip
            history.append(plan)
            close = made.day.closing_price // NANODOLLARS_PER_UNIT
            yesterday = Yesterday(close, made.restricts_tomorrow)
            yield made.day, made.truth


def _generator(*root: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(root)))
