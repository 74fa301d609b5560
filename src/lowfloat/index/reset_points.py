"""Reset points: the seconds of a day from which an episode may begin.

There are four kinds. *Momentum* points are where a pattern became known, or a minute closed that
surged, moved and widened; each is scored by what was known then, and a better one silences those
close to it. *Fixed* points come by the clock. *Pre-squeeze* points and *dead zones* are placed
with hindsight.
"""

from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.clock import parse_second
from lowfloat.base.codes import MomentumPhase, Pattern
from lowfloat.base.prices import UNITS_PER_DOLLAR
from lowfloat.index.config import IndexConfig
from lowfloat.index.dead_zones import dead_zones
from lowfloat.index.patterns import Sighting, gate, sightings, traded
from lowfloat.index.pre_squeeze import before_a_squeeze, breakouts_that_ran
from lowfloat.index.quality import (
    base_quality,
    category_of,
    spread_tightness,
    time_multiplier,
)
from lowfloat.index.reading import reading_of
from lowfloat.index.scenarios import Story
from lowfloat.index.side import RECENT_HIGH, side_of_phase
from lowfloat.tape.book import mean_spread
from lowfloat.tape.column import Tape
from lowfloat.tape.phase import phases_of
from lowfloat.tape.price import mid_price
from lowfloat.tape.ranges import ranges
from lowfloat.tape.volume import surge, volume_trend

FIXED_RESETS = ("09:30", "10:30", "14:00", "15:30")
KINDS = ("fixed", "pre_squeeze", "momentum", "dead_zone")
"""Kinds of reset points; where two would be too close, one of an earlier kind stays."""


class _Candidate(NamedTuple):
    second: int
    kind: str
    name: str
    pattern: Pattern
    seen: Sighting | None


def reset_points(tape: Tape, config: IndexConfig, story: Story) -> list[dict[str, Any]]:
    """Return the reset points of a day, as rows by time.

    Args:
        tape: the day.
        config: what is looked for, and how far apart points lie.
        story: what the day turned out to be.
    """
    points = [
        _row(tape, candidate, story)
        for candidate in _candidates(tape, config)
        if _may_begin(tape, candidate.second, config.resets.least_seconds)
    ]
    points.sort(
        key=lambda point: (KINDS.index(point["kind"]), -point["quality_score"], point["second"])
    )
    return _thinned(points, config.resets.spacing_seconds)


def _thinned(points: list[dict[str, Any]], spacing: int) -> list[dict[str, Any]]:
    """Return those of the ranked points to which no better one lies too close, by time."""
    kept: list[dict[str, Any]] = []
    for point in points:
        if all(abs(point["second"] - other["second"]) >= spacing for other in kept):
            kept.append(point)
    return sorted(kept, key=lambda point: point["second"])


def _candidates(tape: Tape, config: IndexConfig) -> list[_Candidate]:
    detection, terms = config.detection, config.resets
    seen = sightings(tape, detection)
    found = [
        _Candidate(parse_second(text), "fixed", "time", Pattern.NONE, None) for text in FIXED_RESETS
    ]
    found += [_Candidate(one.second, "momentum", one.pattern.label, one.pattern, one)
              for one in seen]  # fmt: skip
    bursting = gate(tape, detection) & traded(tape, detection)
    closed = 60 * (1 + np.flatnonzero(bursting[59::60]))
    for second in closed.tolist():
        fresh = [one for one in seen if 0 <= second - one.second <= terms.fresh_seconds]
        if not fresh:
            found.append(_Candidate(second, "momentum", "momentum", Pattern.NONE, None))
    breakouts = [one for one in seen if one.pattern == Pattern.BREAKOUT]
    for broke in breakouts_that_ran(tape.of(mid_price), breakouts, terms):
        minutes = before_a_squeeze(broke, terms)
        allowed = [minute for minute in minutes if _may_begin(tape, minute, terms.least_seconds)]
        if allowed:
            found.append(_Candidate(allowed[0], "pre_squeeze", "pre_squeeze", Pattern.NONE, None))
    session = tape.session
    first, last = session.second(session.regular_open_ns), session.second(session.regular_close_ns)
    for second in dead_zones(tape.of(phases_of), first, last, terms):
        found.append(_Candidate(second, "dead_zone", "dead_zone", Pattern.NONE, None))
    return found


def _may_begin(tape: Tape, second: int, least_seconds: int) -> bool:
    """Return whether one could trade at a second by what was known, and data follow it."""
    b = second - 1
    last = tape.session.second(tape.day.coverage_end_ns) - least_seconds
    bid, ask = int(tape.seconds.bid[b]), int(tape.seconds.ask[b])
    return 1 <= second <= last and 0 < bid < ask and not tape.seconds.halted[b]


def _row(tape: Tape, candidate: _Candidate, story: Story) -> dict[str, Any]:
    second, b = candidate.second, candidate.second - 1
    now = tape.of(reading_of)
    bid, ask = int(tape.seconds.bid[b]), int(tape.seconds.ask[b])
    phase = MomentumPhase(int(tape.of(phases_of)[second]))
    volume_ratio = float(np.nan_to_num(tape.of(surge)[b]))
    spread = float(tape.of(mean_spread)[b])
    seen = candidate.seen
    setup = seen.confidence if seen else 0.0
    base = base_quality(phase, volume_ratio, setup, spread)
    price = (bid + ask) / 2 / UNITS_PER_DOLLAR
    rested_at = max(seen.begun - 1, 0) if seen else b  # before what makes the pattern began
    rested = float(np.nan_to_num(tape.of(ranges).seconds[rested_at]))
    return {
        "symbol": tape.day.symbol,
        "date": tape.day.date.isoformat(),
        "timestamp": tape.session.ns(second),
        "second": second,
        "kind": candidate.kind,
        "momentum_phase": phase.label,
        "side": side_of_phase(
            phase,
            bool(now.mid[b] > now.vwap[b]),
            bool(0 <= now.since_high[b] <= RECENT_HIGH),
        ),
        "pattern_type": candidate.name,
        "category": category_of(phase, candidate.pattern, base),
        "quality_score": base * time_multiplier(second),
        "base_quality": base,
        "setup_quality": setup,
        "volume_ratio": volume_ratio,
        "spread": spread,
        "price": price,
        "scenario": story.at(second).label,
        "pre_consolidation_minutes": rested / 60.0,
        "breakout_magnitude": price / seen.level - 1.0 if seen else 0.0,
        "volume_acceleration": float(np.nan_to_num(tape.of(volume_trend)[b])),
        "spread_tightness": spread_tightness(spread),
    }
