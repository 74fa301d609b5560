"""Reset points: where an episode may begin, and where not."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pytest
from reference.market_columns import TapeReader
from reference.tape import Tape
from reference.tapes import NOTHING_KNOWN, OPEN, P, Q, make_day, ns, resume, stop
from tape.minutes import M, told

from lowfloat.base.clock import format_second
from lowfloat.base.codes import MomentumPhase, Pattern
from lowfloat.days import Day, DayStore
from lowfloat.index import Index, MomentumIndexBuilder
from lowfloat.index.config import IndexConfig, ResetConfig
from lowfloat.index.dead_zones import dead_zones
from lowfloat.index.patterns import Sighting
from lowfloat.index.pre_squeeze import before_a_squeeze, breakouts_that_ran
from lowfloat.index.quality import base_quality, category_of, time_multiplier

FIXED = ["09:30:00", "10:30:00", "14:00:00", "15:30:00"]
QUIET = [Q(ns(100), 4.0, 4.02)]
NO_DEAD_ZONES = IndexConfig(resets=ResetConfig(dead_zones=0))


def reset_points(day: Day, config: IndexConfig = NO_DEAD_ZONES) -> list[dict]:
    return MomentumIndexBuilder(config).scan_day(day, NOTHING_KNOWN)[1]


def times(day: Day, config: IndexConfig = NO_DEAD_ZONES) -> list[str]:
    return [format_second(point["second"]) for point in reset_points(day, config)]


def test_a_quiet_day_has_the_four_fixed_points() -> None:
    assert times(make_day(QUIET)) == FIXED
    assert {point["pattern_type"] for point in reset_points(make_day(QUIET))} == {"time"}
    assert {point["kind"] for point in reset_points(make_day(QUIET))} == {"fixed"}


def test_no_point_lies_in_a_known_halt() -> None:
    day = make_day(QUIET, [stop(ns(19_700)), resume(ns(19_900))])
    assert times(day) == FIXED[1:]


def test_a_halt_announced_at_the_point_itself_is_not_known_there() -> None:
    assert times(make_day(QUIET, [stop(ns(19_800)), resume(ns(19_900))])) == FIXED
    assert times(make_day(QUIET, [stop(ns(19_800) - 1), resume(ns(19_900))])) == FIXED[1:]


@pytest.mark.parametrize(
    "book",
    [
        pytest.param((0, 4.02), id="no bid"),
        pytest.param((4.0, 0), id="no offer"),
        pytest.param((4.0, 4.0), id="locked"),
        pytest.param((4.1, 4.0), id="crossed"),
    ],
)
def test_no_point_lies_where_the_book_is_unsound(book: tuple[float, float]) -> None:
    bad = [Q(ns(23_000), *book), Q(ns(23_500), 4.0, 4.02)]
    assert times(make_day(QUIET + bad)) == [FIXED[0], *FIXED[2:]]


def test_no_point_lies_before_the_first_book() -> None:
    assert times(make_day([Q(ns(30_000), 4.0, 4.02)])) == FIXED[2:]


@pytest.mark.parametrize(
    ("end", "left"), [(24_000, FIXED[:2]), (23_999, FIXED[:1]), (20_000, []), (57_600, FIXED)]
)
def test_a_point_leaves_ten_minutes_of_data(end: int, left: list[str]) -> None:
    assert times(make_day(QUIET, end_second=end)) == left


def test_a_day_without_quotes_has_no_point() -> None:
    assert times(make_day([], trades=[P(ns(20_000), 4.0)]), IndexConfig()) == []


@pytest.mark.parametrize("spacing", [60, 300, 1800])
def test_points_keep_their_distance(spacing: int, six_days: DayStore) -> None:
    config = IndexConfig(resets=ResetConfig(spacing_seconds=spacing))
    found = 0
    for day in six_days:
        seconds = [point["second"] for point in reset_points(day, config)]
        assert seconds == sorted(seconds)
        assert all(b - a >= spacing for a, b in pairwise(seconds))
        found += len(seconds)
    assert found >= 4 * len(six_days)


def test_of_two_points_too_close_the_better_or_the_more_fixed_one_stays(
    six_days: DayStore,
) -> None:
    free = IndexConfig(resets=ResetConfig(spacing_seconds=0))
    rank = {"fixed": 0, "pre_squeeze": 1, "momentum": 2, "dead_zone": 3}
    thinned = 0
    for day in six_days:
        kept = reset_points(day, IndexConfig())
        for point in reset_points(day, free):
            if point in kept:
                continue
            thinned += 1
            rivals = [k for k in kept if abs(k["second"] - point["second"]) < 300]
            assert any(
                (rank[k["kind"]], -k["quality_score"])
                <= (rank[point["kind"]], -point["quality_score"])
                for k in rivals
            )
    assert thinned > 0


def test_every_point_is_tradable_by_what_was_known_and_labelled_by_the_rules(
    six_days: DayStore, six_indexed: Index
) -> None:
    kinds = set()
    labels = {pattern.label: pattern for pattern in Pattern}
    day = max(six_days, key=lambda day: len(six_indexed.resets(day.symbol, day.date)))
    tape, reader = Tape(day), TapeReader(day)
    for point in six_indexed.resets(day.symbol, day.date):
        more, book = point.metadata, tape.known_book(point.second)
        assert book is not None
        assert book.sound
        assert not tape.known_to_be_halted(point.second)
        assert point.timestamp == day.session.start_ns + point.second * 10**9
        columns = reader.at(point.second)
        squashed = columns["volume_surge"] or 0.0
        assert point.volume_ratio == pytest.approx(2 * squashed / (1 - squashed))
        assert more.spread == pytest.approx(columns["spread_60s"])
        assert more.price == pytest.approx((book.bid + book.ask) / 2 / 1e4, rel=1e-3)
        assert more.base_quality == pytest.approx(
            base_quality(point.momentum_phase, point.volume_ratio, more.setup_quality, more.spread)
        )
        assert point.quality_score == more.base_quality * time_multiplier(point.second)
        pattern = labels.get(point.pattern_type, Pattern.NONE)
        assert point.category == category_of(point.momentum_phase, pattern, more.base_quality)
        assert (more.setup_quality == 0.0) or more.kind == "momentum"
        kinds.add(more.kind)
    assert kinds >= {"fixed", "momentum"}


def test_a_breakout_makes_a_point_at_the_second_it_was_known() -> None:
    rest = [M(4.00, 4.01), M(4.01, 4.00)] * 12 + [M(4.00, 4.00)]
    run = [M(4.00, 4.20, 6_000, 0.9), M(4.20, 4.60, 6_000, 0.8), *[M(4.60, 4.60)] * 15]
    alone = {"breakout": {"min_chance": 0.0}}  # by the chart, whatever the tracker thinks
    close = IndexConfig(resets=ResetConfig(spacing_seconds=0), detection=alone)
    points = reset_points(told(rest + run, OPEN + 600), close)
    (point,) = [point for point in points if point["pattern_type"] == "breakout"]
    begun = OPEN + 600 + 60 * len(rest)
    assert begun < point["second"] <= begun + 60
    assert point["pre_consolidation_minutes"] >= 20
    assert point["breakout_magnitude"] > 0
    (before,) = [point for point in points if point["kind"] == "pre_squeeze"]
    assert 300 <= point["second"] - before["second"] <= 900
    assert before["price"] < 4.02


def test_a_breakout_ran_if_it_gained_before_it_lost() -> None:
    terms = ResetConfig()
    broke = Sighting(1_000, Pattern.BREAKOUT, 1.0, 900, 4.0)
    for later, ran in (
        ([4.1, 4.3], True), ([3.87, 4.3], False), ([4.1, 4.2], False), ([4.3, 3.0], True),
    ):  # fmt: skip
        mid = np.full(57_600, 4.05)
        mid[1_100:1_102] = later
        assert breakouts_that_ran(mid, [broke], terms) == ([broke] if ran else [])
    mid = np.full(57_600, 4.05)
    mid[1_000 + terms.squeeze_within] = 9.0
    assert breakouts_that_ran(mid, [broke], terms) == []


def test_a_squeeze_is_watched_from_five_to_fifteen_minutes_before_it() -> None:
    minutes = before_a_squeeze(Sighting(20_030, Pattern.BREAKOUT, 1.0, 0, 4.0), ResetConfig())
    assert sorted(minutes) == list(range(19_140, 19_740, 60))
    assert minutes[0] == 19_440
    early = before_a_squeeze(Sighting(400, Pattern.BREAKOUT, 1.0, 0, 4.0), ResetConfig())
    assert sorted(early) == [0, 60]


def test_dead_zones_are_the_middles_of_the_longest_dead_stretches_of_regular_hours() -> None:
    phases = np.full(57_601, MomentumPhase.MOMENTUM, np.int8)
    for first, last in ((0, 19_000), (21_000, 22_000), (25_000, 25_899), (30_000, 32_000)):
        phases[first:last] = MomentumPhase.DEAD
    assert dead_zones(phases, 19_800, 43_200, ResetConfig()) == [21_500, 31_000]
    assert dead_zones(phases, 19_800, 43_200, ResetConfig(dead_zones=1)) == [31_000]
    assert dead_zones(phases, 19_800, 43_200, ResetConfig(dead_seconds=1_001)) == [31_000]
    assert dead_zones(phases[:0], 19_800, 43_200, ResetConfig()) == []


def test_the_points_of_a_day_are_known_to_the_index_by_date_time_and_text(
    six_indexed: Index,
) -> None:
    day = six_indexed.days()[0]
    points = six_indexed.resets(day.symbol, day.date)
    assert [point.second for point in points] == sorted(point.second for point in points)
    assert six_indexed.resets(day.symbol, day.date.isoformat()) == points
    assert dt.date.fromisoformat(str(points[0].date)) == day.date
