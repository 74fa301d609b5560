"""Detectors on hand-made days: what a trader would say, and the same once more by plain loops."""

import random
from dataclasses import replace
from functools import lru_cache

import pattern_reference as reference
import pytest
from reference.market_columns import TapeReader
from reference.tapes import OPEN, P, Q, make_day, ns, resume, stop
from tape.minutes import CALM, M, told

from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Pattern
from lowfloat.days import Day
from lowfloat.index.config import DetectionConfig
from lowfloat.index.patterns import DETECTORS, sightings
from lowfloat.tape.column import Tape
from lowfloat.tape.phase import track_of

PHASES = {
    Pattern.BREAKOUT: Phase.BREAKOUT,
    Pattern.FLUSH: Phase.FLUSH,
    Pattern.BOUNCE: Phase.BOUNCE,
    Pattern.ACCUMULATION: Phase.ACCUMULATION,
    Pattern.DISTRIBUTION: Phase.DISTRIBUTION,
}
"""Patterns of which the phase tracker must think it possible, too."""


def asking(chance: float) -> DetectionConfig:
    """Return the thresholds, with another chance that the tracker must give."""
    return DetectionConfig(**{pattern.label: {"min_chance": chance} for pattern in PHASES})


CONFIG = asking(0.0)  # the chart alone
QUIET = [M(4.00, 4.01), M(4.01, 4.00)] * 12 + [M(4.00, 4.00)]
"""25 minutes within two cents."""

REST = OPEN + 60 * len(CALM)  # the second at which either is over


def seen(pattern: Pattern, day: Day, config: DetectionConfig = CONFIG) -> list[int]:
    """Return the seconds at which a pattern was known."""
    return [sighting.second for sighting in DETECTORS[pattern](Tape(day), config)]


def line(begin: float, end: float, minutes: int, **more) -> list[M]:
    """Return minutes in which the mid goes straight from one price to another."""
    step = (end - begin) / minutes
    return [M(begin + i * step, begin + (i + 1) * step, **more) for i in range(minutes)]


FAILURE = [M(4.00, 4.10, 6_000, 0.9), M(4.10, 3.70, 6_000, 0.1), M(3.70, 3.70)]
BREAK = [M(4.00, 4.20, 6_000, 0.9), M(4.20, 4.30, 6_000, 0.8), M(4.30, 4.30)]


def test_a_breakout_is_seen_within_the_minute_that_breaks_out() -> None:
    (second,) = seen(Pattern.BREAKOUT, told(QUIET + BREAK))
    assert REST < second <= REST + 60
    (sighting,) = DETECTORS[Pattern.BREAKOUT](Tape(told(QUIET + BREAK)), CONFIG)
    assert sighting.level == pytest.approx(4.02, abs=0.011)
    assert sighting.begun < second


@pytest.mark.parametrize(
    "minutes",
    [
        pytest.param([M(4.00, 4.20, 1_200, 0.9)], id="without a surge of volume"),
        pytest.param([M(4.00, 4.015, 6_000, 0.9)], id="that stays inside the range"),
        pytest.param([M(4.00, 3.80, 6_000, 0.1)], id="downwards"),
    ],
)
def test_it_is_no_breakout(minutes: list[M]) -> None:
    assert seen(Pattern.BREAKOUT, told(QUIET + minutes)) == []


def test_without_a_rest_before_it_a_rise_is_no_breakout() -> None:
    restless = line(3.50, 4.00, 30)
    assert seen(Pattern.BREAKOUT, told([*restless, M(4.0, 4.5, 6_000, 0.9)])) == []


def test_a_breakout_that_comes_back_within_a_minute_has_failed_and_one_that_holds_has_not() -> None:
    (broke,) = seen(Pattern.BREAKOUT, told(QUIET + FAILURE))
    (failed,) = seen(Pattern.FAILED_BREAKOUT, told(QUIET + FAILURE))
    assert broke < failed <= broke + CONFIG.breakout.fails_within
    assert seen(Pattern.FAILED_BREAKOUT, told(QUIET + BREAK)) == []


def test_a_flush_falls_from_near_the_high_on_volume() -> None:
    drop = [M(4.00, 3.70, 8_000, 0.1), M(3.70, 3.68)]
    (second,) = seen(Pattern.FLUSH, told(CALM + drop))
    assert REST < second <= REST + 60
    assert seen(Pattern.FLUSH, told([*CALM, M(4.00, 3.70, 1_000, 0.1)])) == []
    assert seen(Pattern.FLUSH, told([*CALM, M(4.00, 3.95, 8_000, 0.1)])) == []
    far = [*CALM, *line(4.0, 5.0, 5), *line(5.0, 4.0, 10), *drop]
    assert seen(Pattern.FLUSH, told(far)) == []  # a high of ten minutes ago lies a fifth above


def test_a_bounce_recovers_some_of_a_decline_but_not_all() -> None:
    drop = [*line(4.00, 3.60, 2, volume=8_000, buys=0.1), M(3.60, 3.60)]
    half = [M(3.60, 3.80, 3_000, 0.9), M(3.80, 3.80)]
    (second,) = seen(Pattern.BOUNCE, told(CALM + drop + half))
    assert REST + 180 < second <= REST + 240
    assert seen(Pattern.BOUNCE, told(CALM + drop + [M(3.60, 3.62, 3_000, 0.9)])) == []
    small = [M(4.00, 3.95, 8_000, 0.1), M(3.95, 3.975, 3_000, 0.9)]
    assert seen(Pattern.BOUNCE, told(CALM + small)) == []


def test_accumulation_is_quiet_buying_near_vwap() -> None:
    gather = line(4.00, 4.01, 5, buys=0.8)
    (second,) = seen(Pattern.ACCUMULATION, told(CALM + gather))
    assert REST < second <= REST + 300
    assert seen(Pattern.ACCUMULATION, told(CALM + line(4.00, 4.01, 5, buys=0.3))) == []
    away = [*line(4.00, 4.60, 5, buys=0.4), *line(4.60, 4.61, 5, buys=0.8)]
    assert seen(Pattern.ACCUMULATION, told(CALM + away)) == []


def test_distribution_sells_near_a_high_that_is_not_made_any_more() -> None:
    top = [
        *line(4.00, 4.30, 3, volume=4_000, buys=0.8),
        *line(4.29, 4.20, 4, volume=3_000, buys=0.1),
    ]
    (second,) = seen(Pattern.DISTRIBUTION, told(CALM + top))
    assert REST + 230 <= second <= REST + 420
    rising = [*line(4.00, 4.30, 3, volume=4_000, buys=0.8), *line(4.30, 4.50, 4, volume=3_000)]
    assert seen(Pattern.DISTRIBUTION, told(CALM + rising)) == []


def pullback(back: float, volume: int, end: float) -> list[M]:
    """Return a dip, a leg of two minutes from it, and what follows."""
    leg = [*line(4.00, 3.85, 2), *line(3.85, 4.40, 2, volume=8_000, buys=0.8)]
    return [*leg, M(4.40, back, volume, 0.4), M(back, back, volume), M(back, end, 3_000, 0.8)]


def test_a_first_pullback_is_over_when_the_last_high_breaks() -> None:
    (second,) = seen(Pattern.FIRST_PULLBACK, told(CALM + pullback(4.26, 1_500, 4.38)))
    assert REST + 360 <= second <= REST + 420
    (sighting,) = DETECTORS[Pattern.FIRST_PULLBACK](
        Tape(told(CALM + pullback(4.26, 1_500, 4.38))), CONFIG
    )
    assert sighting.level == pytest.approx(4.26, abs=0.011)


@pytest.mark.parametrize(
    "minutes",
    [
        pytest.param(pullback(4.38, 1_500, 4.39), id="too shallow"),
        pytest.param(pullback(4.08, 1_500, 4.30), id="too deep"),
        pytest.param(pullback(4.26, 9_000, 4.38), id="on as much volume as the leg"),
        pytest.param(pullback(4.26, 1_500, 4.26), id="that breaks no high"),
    ],
)
def test_it_is_no_first_pullback(minutes: list[M]) -> None:
    assert seen(Pattern.FIRST_PULLBACK, told(CALM + minutes)) == []


UNDER = line(4.00, 3.90, 10)


def test_vwap_is_reclaimed_once_the_mid_has_held_above_it_for_a_minute() -> None:
    over = [M(3.90, 4.10, 12_000, 0.9), M(4.10, 4.10), M(4.10, 4.10)]
    (second,) = seen(Pattern.VWAP_RECLAIM, told(CALM + UNDER + over))
    assert REST + 660 < second <= REST + 780
    quiet = [M(3.90, 4.10), M(4.10, 4.10), M(4.10, 4.10)]
    assert seen(Pattern.VWAP_RECLAIM, told(CALM + UNDER + quiet)) == []
    back = [M(3.90, 4.10, 12_000, 0.9), M(4.00, 3.90, 3_000, 0.1), M(3.90, 3.90)]
    assert seen(Pattern.VWAP_RECLAIM, told(CALM + UNDER + back)) == []


def test_vwap_rejects_a_mid_that_came_up_to_it_and_turned() -> None:
    vwap = 3.98
    turned = [M(3.90, vwap - 0.005, 1_500, 0.6), M(vwap - 0.005, 3.90, 1_500, 0.2)]
    (second,) = seen(Pattern.VWAP_REJECT, told(CALM + UNDER + turned))
    assert REST + 660 < second <= REST + 720
    short = [M(3.90, 3.94, 1_500, 0.6), M(3.94, 3.90, 1_500, 0.2)]
    assert seen(Pattern.VWAP_REJECT, told(CALM + UNDER + short)) == []


@pytest.mark.parametrize(
    ("reopens", "buyer", "goes_on"),
    [(4.40, 1, True), (4.20, 1, True), (4.10, 1, False), (4.40, -1, False)],
)
def test_a_halt_continues_if_it_reopens_no_lower_and_with_buyers(reopens, buyer, goes_on) -> None:
    quotes = [Q(ns(OPEN + i), 4.00, 4.02) for i in range(300)]
    quotes += [Q(ns(OPEN + 300 + i), 4.19, 4.21) for i in range(10)]
    after = OPEN + 700
    quotes += [Q(ns(after + i), reopens - 0.01, reopens + 0.01) for i in range(60)]
    prints = [P(ns(OPEN + i), 4.01, 500) for i in range(305)]
    prints += [P(ns(after + i) + 5, reopens + 0.01 * buyer, 2_000, buyer) for i in range(60)]
    day = make_day(quotes, [stop(ns(OPEN + 310)), resume(ns(after))], prints)
    assert seen(Pattern.HALT_CONTINUATION, day) == ([after + 10] if goes_on else [])


def test_what_was_seen_comes_in_the_order_in_which_it_was_known() -> None:
    found = sightings(
        Tape(told(QUIET + BREAK + line(4.30, 4.00, 2, volume=9_000, buys=0.1))), CONFIG
    )
    assert {sighting.pattern for sighting in found} >= {Pattern.BREAKOUT, Pattern.FLUSH}
    assert [sighting.second for sighting in found] == sorted(sighting.second for sighting in found)
    assert all(0.0 <= sighting.confidence <= 1.0 for sighting in found)
    assert all(0 <= sighting.begun < sighting.second for sighting in found)


def wild(seed: int) -> Day:
    """Return two hours that rest, run, fall and are halted, by turns and at random."""
    rng = random.Random(seed)
    minutes, mid = list(CALM), 4.0
    while len(minutes) < 120:
        move, volume, buys = rng.choice(
            [(0.0, 1_200, 0.5), (0.0, 800, 0.7), (0.04, 7_000, 0.8), (-0.05, 9_000, 0.1),
             (0.015, 3_000, 0.7), (-0.015, 1_000, 0.3)]
        )  # fmt: skip
        for _ in range(rng.randint(1, 4) if move else rng.randint(3, 7)):
            end = mid * (1 + move * rng.uniform(0.2, 1.2)) + rng.choice((-0.01, 0.0, 0.01))
            minutes.append(M(mid, end, int(volume * rng.uniform(0.6, 1.6)), buys))
            mid = end
    halts = []
    for at in (OPEN + 2_400, OPEN + 4_830):
        halts += [stop(ns(at)), resume(ns(at + 301))]
    return replace(told(minutes), status=make_day([], halts).status)


PLAIN = {
    Pattern.BREAKOUT: lambda *a: [second for second, _ in reference.breakouts(*a)],
    Pattern.FAILED_BREAKOUT: reference.failed_breakouts,
    Pattern.FLUSH: reference.flushes,
    Pattern.BOUNCE: reference.bounces,
    Pattern.ACCUMULATION: reference.accumulations,
    Pattern.DISTRIBUTION: reference.distributions,
    Pattern.FIRST_PULLBACK: reference.first_pullbacks,
    Pattern.VWAP_RECLAIM: reference.vwap_reclaims,
    Pattern.VWAP_REJECT: reference.vwap_rejects,
    Pattern.HALT_CONTINUATION: reference.halt_continuations,
}
DAYS = {
    "wild": lambda: wild(0),
    "other": lambda: wild(1),
    "failure": lambda: told(QUIET + FAILURE),
    "pullback": lambda: told(CALM + pullback(4.26, 1_500, 4.38)),
}
SEEN_IN = {
    Pattern.VWAP_REJECT: "other",
    Pattern.FAILED_BREAKOUT: "failure",
    Pattern.FIRST_PULLBACK: "pullback",
}


@lru_cache(maxsize=4)
def read(name: str) -> tuple[Day, reference.Reader]:
    day = DAYS[name]()
    last = int((day.quotes.ts_recv[-1] - day.session.start_ns) // 10**9)
    chances = track_of(Tape(day)).probability.tolist()
    return day, reference.Reader(TapeReader(day, seconds=last + 120), chances, OPEN + 1, last + 120)


@pytest.mark.parametrize("pattern", list(DETECTORS), ids=lambda pattern: pattern.label)
def test_a_detector_sees_what_plain_loops_see(pattern: Pattern) -> None:
    day, reader = read(SEEN_IN.get(pattern, "wild"))
    found = seen(pattern, day)
    assert found
    assert found == PLAIN[pattern](reader, CONFIG)
    assert seen(pattern, day, asking(0.01)) == PLAIN[pattern](reader, asking(0.01))


def test_a_pattern_is_seen_only_where_the_tracker_thinks_it_possible() -> None:
    tape = Tape(read("wild")[0])
    chances = track_of(tape).probability
    silenced = 0
    for pattern, phase in PHASES.items():
        alone = DETECTORS[pattern](tape, CONFIG)
        found = DETECTORS[pattern](tape, asking(0.01))
        assert all(chances[sighting.second, phase] >= 0.01 for sighting in found)
        silenced += len(alone) - len(found)
        assert DETECTORS[pattern](tape, asking(1.0)) == []
    assert silenced > 0
