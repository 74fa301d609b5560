"""Days of a synthetic low-float market, with the truth behind them."""

import datetime as dt
import hashlib
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS, REGULAR_OPEN, Session, session_of, sessions_between
from lowfloat.base.codes import MomentumPhase
from lowfloat.base.prices import NANODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.base.progress import Progress
from lowfloat.days.day import Day
from lowfloat.days.signing import sign
from lowfloat.days.store import DayStore
from lowfloat.errors import ConfigError, NotASession
from lowfloat.synth import halts, market
from lowfloat.synth.book import MARKET, ROW
from lowfloat.synth.feed import halted_seconds, status_of, tables
from lowfloat.synth.rhythm import rhythm_of
from lowfloat.synth.script import Script, write_script

VENDOR = "synth"
DATASET = "lowfloat-synth-1"
FIRST_SESSION = dt.date(2025, 1, 2)
START_DOLLARS = (1.5, 12.0)
MAX_SYMBOLS = 26**3

Truth = dict[str, np.ndarray]

_PULL = 0.15  # share of the way back to its usual price that a stock gaps overnight
_OPENING_GAP = 0.012
_ROOM = 250_000  # rows for a first try


class _Played(NamedTuple):
    """What the market left behind."""

    log: np.ndarray
    notices: np.ndarray
    cursor: np.ndarray


def synth_days(
    days: int, seed: int, *, symbols: int = 1, first: dt.date = FIRST_SESSION
) -> Iterator[tuple[Day, Truth]]:
    """Make consecutive session days of synthetic low-float stocks.

    A day depends on the seed, the symbol, the number of the day and the previous close alone:
    the same arguments give the same arrays, and more days or symbols change none of the others.

    Args:
        days: sessions per symbol.
        seed: 0 or more.
        symbols: number of stocks; they are called SYNA, SYNB and so on.
        first: date of the first session, or a date before it.

    Yields:
        A day, and its truth: arrays of shape (session seconds,), ``phase`` (int8,
        :class:`MomentumPhase`), ``halted`` (int8, 1 where the stock was paused for any part of
        the second) and ``drift`` (float32, expected log price change of the second, 0 while
        paused).

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
    return _days_of_symbols(_dates(first, days), seed, symbols)


def synthesize(
    store: DayStore,
    days: int,
    seed: int,
    *,
    symbols: int = 1,
    first: dt.date = FIRST_SESSION,
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
        progress: called with a day's name, how many days are done, and how many there will be.

    Raises:
        ConfigError: a number is out of bounds.
        DayExists: the store holds one of the days with other contents.
    """
    names = []
    for day, truth in synth_days(days, seed, symbols=symbols, first=first):
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


def _days_of_symbols(dates: list[dt.date], seed: int, symbols: int) -> Iterator[tuple[Day, Truth]]:
    for symbol in range(symbols):
        usual = _usual_price(seed, symbol)
        previous_close = usual
        for index, date in enumerate(dates):
            day, truth = _make_day(seed, symbol, index, date, previous_close, usual)
            previous_close = day.closing_price // NANODOLLARS_PER_UNIT
            yield day, truth


def _usual_price(seed: int, symbol: int) -> int:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, symbol))))
    low, high = (math.log(dollars) for dollars in START_DOLLARS)
    return round(math.exp(low + (high - low) * rng.random()) * 100) * UNITS_PER_DOLLAR // 100


def _make_day(
    seed: int, symbol: int, index: int, date: dt.date, previous_close: int, usual: int
) -> tuple[Day, Truth]:
    session = session_of(date)
    roots = np.random.SeedSequence((seed, symbol, index)).spawn(2)
    rng = np.random.Generator(np.random.Philox(roots[0]))
    script = write_script(rng, session, _PULL * math.log(usual / previous_close))
    opening_gap = _OPENING_GAP * rng.standard_normal()
    key = roots[1].generate_state(2, np.uint64)
    played = _play(script, session, key, previous_close, opening_gap)
    name = symbol_name(symbol)
    source = f"synth seed={seed} symbol={name} day={index}"
    trades, quotes = tables(rng, session, played.log)
    day = Day(
        symbol=name,
        date=date,
        session=session,
        coverage_end_ns=session.end_ns,
        trades=sign(trades, quotes),  # as ingest signs what a feed leaves open
        quotes=quotes,
        status=status_of(session, played.notices),
        vendor=VENDOR,
        dataset=DATASET,
        sources=((source, hashlib.sha256(source.encode()).hexdigest()),),
    )
    return day, _truth(script, session, played)


def _play(
    script: Script, session: Session, key: np.ndarray, previous_close: int, opening_gap: float
) -> _Played:
    close = session.second(session.regular_close_ns)
    rhythm = rhythm_of(session)
    plan = market.Plan(
        rate=script.rate,
        half_spread=script.half_spread,
        drift=script.drift,
        tilt=script.tilt,
        until=script.until,
        rate_factor=rhythm.rate,
        spread_factor=rhythm.spread,
    )
    room = _ROOM
    while True:
        state, bands = _records(1, MARKET), _records(1, halts.BANDS)
        state[0].key0, state[0].key1 = key
        state[0].value = previous_close * math.exp(script.gap)
        bands[0].previous_close, bands[0].close = previous_close, close * NS
        log, notices = _records(room, ROW), _records(market.MAX_NOTICES, market.NOTICE)
        cursor = np.zeros(session.seconds, np.int64)
        window = _records(halts.WINDOW_PRINTS, halts.PRINT)
        if market.play(state, bands, window, plan, opening_gap, REGULAR_OPEN, log, notices, cursor):
            return _Played(log[: state[0].rows], notices[: state[0].notices], cursor)
        room *= 2  # the day is a pure function of its key: it is simply played again


def _records(count: int, dtype: np.dtype) -> np.recarray:
    return np.zeros(count, dtype).view(np.recarray)


def _truth(script: Script, session: Session, played: _Played) -> Truth:
    halted = halted_seconds(session, played.notices)
    phase = np.where(halted == 1, MomentumPhase.HALTED, script.phase[played.cursor])
    drift = np.where(halted == 1, 0.0, script.drift[played.cursor])
    return {
        "phase": phase.astype(np.int8),
        "halted": halted,
        "drift": drift.astype(np.float32),
    }
