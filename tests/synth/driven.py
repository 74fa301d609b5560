"""Markets driven by hand: the value rises, falls or jumps when a test wants it to."""

import datetime as dt
from typing import NamedTuple

import numpy as np

from lowfloat.base import luld
from lowfloat.base.clock import NS, Session, session_of
from lowfloat.base.rules import as_record
from lowfloat.days import Day
from lowfloat.days.signing import sign
from lowfloat.synth import market
from lowfloat.synth.book import MARKET, ROW
from lowfloat.synth.feed import status_of, tables
from lowfloat.synth.preset import Preset

DATE, HALF_DATE = dt.date(2025, 1, 2), dt.date(2024, 11, 29)
FULL, HALF = session_of(DATE), session_of(HALF_DATE)
MINUTE = 60
OPENS = 19_800  # session second of 09:30


class Driven(NamedTuple):
    """What a session left behind."""

    complete: bool
    rows: np.ndarray
    notices: np.ndarray
    seconds: np.ndarray


def scene_of(session: Session, *moves: tuple[int, int, float], **habits) -> np.ndarray:
    """Return a scene in which nothing happens but moves.

    Args:
        session: its bounds.
        moves: first second, second after the last, and log change per minute; where both seconds
            are equal, the fraction by which the value jumps.
        habits: values of other fields of :data:`market.SCENE`, for the whole session.
    """
    scene = np.zeros(session.seconds, market.SCENE)
    opens = session.second(session.regular_open_ns)
    closes = session.second(session.regular_close_ns)
    scene["rate"] = 0.01
    scene["rate"][max(opens - MINUTE, 0) : closes + MINUTE] = 0.03
    scene["half"], scene["depth"], scene["impact"] = 0.003, 1.0, 1.0
    scene["pull"], scene["iceberg"] = 0.03, 0.05
    scene["until"] = session.seconds
    for first, last, move in moves:
        scene["rate"][max(first - 5 * MINUTE, 0) : last + 15 * MINUTE] = 0.2
        if first == last:
            scene["jump"][first] = move
        else:
            scene["drift"][first:last] += move / MINUTE
    for name, value in habits.items():
        scene[name] = value
    return scene


def short_session(regular: int, around: int = 10) -> Session:
    """Return a session with so many seconds of regular hours, and a few before and after them."""
    start = FULL.start_ns
    times = (0, around, around + regular, 2 * around + regular)
    return Session(*(start + second * NS for second in times))


def play(session: Session, scene: np.ndarray, dollars: float, *, previous: float | None = None,
         seed: int = 1, edge: float = 1.0, shorts: float = 0.0,
         restricted: bool = False, room: int = 600_000) -> Driven:  # fmt: skip
    """Play a session that begins at ``dollars``, after a close at ``previous``."""
    state = np.zeros(1, MARKET).view(np.recarray)
    first = state[0]
    first.key0 = seed
    first.value = round(dollars * 10_000)
    first.restricted, first.edge, first.shorts = restricted, edge, shorts
    first.branching, first.memory = 0.5, 1.5
    first.usual_lots, first.scale, first.dark_share = 0.5, 1.0, 0.4
    bands = luld.bands_of(session, round((previous or dollars) * 10_000))
    for name in ("open", "close", "end", "doubled_until", "doubled_from"):
        if bands[0][name] < luld.NEVER:
            bands[0][name] -= session.start_ns
    rows = np.zeros(room, ROW).view(np.recarray)
    notices = np.zeros(market.MAX_NOTICES, market.NOTICE).view(np.recarray)
    seconds = np.zeros(session.seconds, market.SECOND).view(np.recarray)
    plan = market.Plan(scene.view(np.recarray), np.ones(session.seconds), np.ones(session.seconds))
    rules = as_record(Preset().rules).view(np.recarray)
    window = luld.window_of(1 << 14)
    complete = market.play(state, bands, window, rules, plan, 0.0, rows, notices, seconds)
    return Driven(
        bool(complete),
        np.array(rows[: first.rows]),
        np.array(notices[: first.notices]),
        np.array(seconds),
    )


def day_of(session: Session, driven: Driven, *, restricted: bool = False, symbol="HAND") -> Day:
    """Return the day that a feed makes of a session, as of a generated one."""
    trades, quotes = tables(np.random.Generator(np.random.Philox(1)), session, driven.rows)
    return Day(
        symbol=symbol,
        date=dt.datetime.fromtimestamp(session.start_ns // 10**9, dt.UTC).date(),
        session=session,
        coverage_end_ns=session.end_ns,
        trades=sign(trades, quotes),
        quotes=quotes,
        status=status_of(session, driven.notices, restricted),
        vendor="synth",
        dataset="lowfloat-synth-2",
    )


def pauses_of(driven: Driven) -> list[tuple[int, int]]:
    """Return when each pause began and ended, nanoseconds since 04:00."""
    times, kinds = driven.notices["time"], driven.notices["kind"]
    began, ended = times[kinds == market.PAUSED], times[kinds == market.RESUMED]
    return list(zip(began.tolist(), ended.tolist(), strict=True))


def extensions_of(driven: Driven) -> int:
    return int((driven.notices["kind"] == market.EXTENDED).sum())
