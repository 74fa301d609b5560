"""One synthetic day: its story, the market that acts it out, its tables, and the truth."""

import datetime as dt
import hashlib
from typing import NamedTuple

import numpy as np

from lowfloat.base import luld
from lowfloat.base.clock import Session, session_of
from lowfloat.base.codes import MomentumPhase
from lowfloat.base.portable import exp
from lowfloat.base.prices import UNITS_PER_DOLLAR
from lowfloat.base.rules import as_record
from lowfloat.days.day import Day
from lowfloat.days.signing import sign
from lowfloat.synth import market
from lowfloat.synth.book import MARKET, ROW
from lowfloat.synth.character import Character, Stock, draw_character
from lowfloat.synth.feed import halted_seconds, status_of, tables
from lowfloat.synth.options import Options
from lowfloat.synth.planted import plant
from lowfloat.synth.rhythm import rhythm_of
from lowfloat.synth.scene import scene_of
from lowfloat.synth.script import Script, write_script
from lowfloat.synth.stories import Plan, interest, overnight_pull

VENDOR = "synth"
DATASET = "lowfloat-synth-2"

Truth = dict[str, np.ndarray]

_OPENING_GAP = 0.012
_ROOM = 250_000  # rows for a first try
_WINDOW_PRINTS = 1 << 14


class Yesterday(NamedTuple):
    """What a day takes over from the one before.

    Attributes:
        close: official close, price units.
        is_restricted: whether short sales are, because the price fell by 10 %.
    """

    close: int
    is_restricted: bool


class Made(NamedTuple):
    """A day, what nobody may know of it, and whether tomorrow begins restricted."""

    day: Day
    truth: Truth
    restricts_tomorrow: bool


class _Played(NamedTuple):
    log: np.ndarray
    notices: np.ndarray
    seconds: np.ndarray
    restricts_tomorrow: bool


def make_day(
    roots: tuple[int, int, int],
    symbol: str,
    date: dt.date,
    stock: Stock,
    plan: Plan,
    history: list[Plan],
    yesterday: Yesterday,
    options: Options,
) -> Made:
    """Make one day of a stock.

    Args:
        roots: seed of the market, number of the symbol, number of the day.
        symbol: ticker.
        date: of the session.
        stock: what stays from day to day.
        plan: scenarios of the day.
        history: plans of the days before.
        yesterday: what is taken over.
        options: what the user asked for.

    Returns:
        The day and its truth: arrays of shape (session seconds,). ``phase``, ``scenario`` and
        ``pattern`` (int8, codes of :mod:`lowfloat.base.codes`), ``halted`` (int8, 1 where the
        stock was paused for any part of the second), ``drift`` (float32, log change of the value
        in the second that could be foreseen, 0 while paused), ``value`` (float64, dollars, what
        the stock is worth at the start of the second), ``bought`` and ``sold`` (int64, shares of
        all aggressors, seen or not), ``signal`` (int8, 1 where a planted signal was given).
    """
    session = session_of(date)
    draws = [
        np.random.Generator(np.random.Philox(child))
        for child in np.random.SeedSequence(roots).spawn(4)
    ]
    of_character, of_story, of_market, of_feed = draws
    character = draw_character(of_character, stock, options.preset.variety)
    awake = interest(history)
    if not plan[0].in_play:
        character = character._replace(intensity=character.intensity * awake)
    pull = overnight_pull(yesterday.close / UNITS_PER_DOLLAR, stock.usual_dollars)
    script = write_script(of_story, session, plan, character, pull)
    if plan[0].in_play:  # who came yesterday watches today from the first minute on
        script.vigour[script.phase == MomentumPhase.DEAD] *= awake
    opening_gap = _OPENING_GAP * of_market.standard_normal()
    key = of_market.integers(0, 2**64, size=2, dtype=np.uint64)
    flips = of_market.random(len(script.headlines))
    preset = options.preset
    foreseen = preset.stories.foreseen
    scene = scene_of(script, character, preset.phases, foreseen, options.edge, flips)
    if options.planted_edge > 0.0:
        plant(of_market, session, scene, options.planted_edge)
    played = _play(scene, script.gap, opening_gap, key, session, character, yesterday, options)
    source = f"synth seed={roots[0]} symbol={symbol} day={roots[2]}"
    trades, quotes = tables(of_feed, session, played.log)
    day = Day(
        symbol=symbol,
        date=date,
        session=session,
        coverage_end_ns=session.end_ns,
        trades=sign(trades, quotes),  # as ingest signs what a feed leaves open
        quotes=quotes,
        status=status_of(session, played.notices, yesterday.is_restricted),
        vendor=VENDOR,
        dataset=DATASET,
        sources=((source, hashlib.sha256(source.encode()).hexdigest()),),
    )
    return Made(day, _truth(script, session, played), played.restricts_tomorrow)


def _play(
    scene: np.ndarray,
    gap: float,
    opening_gap: float,
    key: np.ndarray,
    session: Session,
    character: Character,
    yesterday: Yesterday,
    options: Options,
) -> _Played:
    rhythm = rhythm_of(session, options.preset.hours)
    rules = as_record(options.preset.rules).view(np.recarray)
    plan = market.Plan(scene.view(np.recarray), rhythm.rate, rhythm.spread)
    room = _ROOM
    while True:
        state = _records(1, MARKET)
        first = state[0]
        first.key0, first.key1 = key
        first.value = yesterday.close * exp(gap)
        first.restricted = yesterday.is_restricted
        first.shorts = character.short_interest * character.float_shares
        first.cover_move = options.preset.rules.flow.cover_move / character.float_shares
        first.branching, first.memory = character.branching, character.memory
        first.usual_lots, first.scale = character.lots, character.order_size
        first.dark_share = min(character.dark * options.preset.rules.flow.dark, 1.0)
        first.edge = options.edge
        log, notices = _records(room, ROW), _records(market.MAX_NOTICES, market.NOTICE)
        seconds = _records(session.seconds, market.SECOND)
        if market.play(
            state, _bands(session, yesterday.close), luld.window_of(_WINDOW_PRINTS), rules, plan,
            opening_gap, log, notices, seconds,
        ):  # fmt: skip
            return _Played(
                log[: first.rows], notices[: first.notices], seconds, bool(first.triggered)
            )
        room *= 2  # the day is a pure function of its key: it is simply played again


def _bands(session: Session, previous_close: int) -> np.recarray:
    """Return the bands of a session, with times from its start."""
    bands = luld.bands_of(session, previous_close)
    for name in ("open", "close", "end", "doubled_until", "doubled_from"):
        if bands[0][name] < luld.NEVER:
            bands[0][name] -= session.start_ns
    return bands


def _records(count: int, dtype: np.dtype) -> np.recarray:
    return np.zeros(count, dtype).view(np.recarray)


def _truth(script: Script, session: Session, played: _Played) -> Truth:
    halted = halted_seconds(session, played.notices)
    seconds = played.seconds
    cursor = seconds["cursor"]
    phase = np.where(halted == 1, np.int8(MomentumPhase.HALTED), script.phase[cursor])
    return {
        "phase": phase.astype(np.int8),
        "scenario": script.scenario[cursor],
        "pattern": script.pattern[cursor],
        "halted": halted,
        "drift": np.where(halted == 1, 0.0, seconds["drift"]).astype(np.float32),
        "value": seconds["value"] / UNITS_PER_DOLLAR,
        "bought": seconds["bought"].copy(),
        "sold": seconds["sold"].copy(),
        "signal": seconds["signal"].astype(np.int8),
    }
