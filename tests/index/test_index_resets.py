"""Reset points: where an episode may begin, and where not."""

import datetime as dt
from itertools import pairwise
from statistics import fmean

import pytest
from reference.market_columns import TapeReader
from reference.tape import Tape
from reference.tapes import NOTHING_KNOWN, P, Q, make_day, ns, resume, stop

from lowfloat.base.clock import format_second
from lowfloat.base.codes import MomentumPhase
from lowfloat.days import Day, DayStore
from lowfloat.index import Index, MomentumIndexBuilder
from lowfloat.index.config import DetectionConfig
from lowfloat.index.patterns import bursts, one_minute_bars
from lowfloat.index.quality import base_quality, category_of, time_multiplier
from lowfloat.tape.column import Tape as LowfloatTape

FIXED = ["09:30:00", "10:30:00", "14:00:00", "15:30:00"]
QUIET = [Q(ns(100), 4.0, 4.02)]


def reset_points(day: Day) -> list[dict]:
    return MomentumIndexBuilder().scan_day(day, NOTHING_KNOWN)[1]


def times(day: Day) -> list[str]:
    return [format_second(point["second"]) for point in reset_points(day)]


def test_a_quiet_day_has_the_four_fixed_points() -> None:
    assert times(make_day(QUIET)) == FIXED
    assert {point["pattern_type"] for point in reset_points(make_day(QUIET))} == {"time"}


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
    assert times(make_day([], trades=[P(ns(20_000), 4.0)])) == []


@pytest.mark.parametrize("spacing", [0, 60, 300, 1800])
def test_points_keep_their_distance(spacing: int, six_days: DayStore) -> None:
    builder = MomentumIndexBuilder()
    config = DetectionConfig(spacing_seconds=spacing)
    builder.config = builder.config.model_copy(update={"detection": config})
    found = 0
    for day in six_days:
        seconds = [point["second"] for point in builder.scan_day(day, NOTHING_KNOWN)[1]]
        assert seconds == sorted(seconds)
        assert all(b - a >= spacing for a, b in pairwise(seconds))
        found += len(seconds)
    assert found >= 4 * len(six_days)


def test_a_better_burst_silences_its_neighbours(six_days: DayStore) -> None:
    free = MomentumIndexBuilder()
    free.config = free.config.model_copy(update={"detection": DetectionConfig(spacing_seconds=0)})
    thinned = 0
    for day in six_days:
        kept = {point["second"]: point for point in reset_points(day)}
        for point in free.scan_day(day, NOTHING_KNOWN)[1]:
            if point["second"] in kept:
                continue
            thinned += 1
            rivals = [k for s, k in kept.items() if abs(s - point["second"]) < 300]
            assert any(
                k["pattern_type"] == "time" or k["quality_score"] >= point["quality_score"]
                for k in rivals
            )
    assert thinned > 0


def test_every_point_is_tradable_by_what_was_known_and_labelled_by_the_rules(
    six_days: DayStore, six_indexed: Index
) -> None:
    patterns = set()
    for day in six_days:
        tape, reader = Tape(day), TapeReader(day)
        for point in six_indexed.resets(day.symbol, day.date):
            book = tape.known_book(point.second)
            assert book is not None
            assert book.sound
            assert not tape.known_to_be_halted(point.second)
            assert point.timestamp == day.session.start_ns + point.second * 10**9
            assert isinstance(point.momentum_phase, MomentumPhase)
            assert point.volume_ratio == pytest.approx(surge(reader, point.second))
            spread = (book.ask - book.bid) / ((book.ask + book.bid) / 2)
            none, full = (
                base_quality(point.momentum_phase, point.volume_ratio, setup, spread)
                * time_multiplier(point.second)
                for setup in (0.0, 1.0)
            )
            assert none - 1e-12 <= point.quality_score <= full + 1e-12
            if point.pattern_type == "time":
                assert point.quality_score == pytest.approx(none)
            score = point.quality_score / time_multiplier(point.second)
            assert point.category == category_of(point.momentum_phase, score)
            patterns.add(point.pattern_type)
    assert patterns > {"time"}


def surge(reader: TapeReader, second: int) -> float:
    """Return the shares of the last closed minute over the mean of the 20 before."""
    minutes = [
        sum(past.volume for past in reader.seconds[end - 60 : end])
        for end in range(second // 60 * 60, second // 60 * 60 - 60 * 21, -60)
    ]
    usual = fmean(minutes[1:])
    return minutes[0] / usual if usual else 0.0


def test_a_burst_is_every_minute_that_surged_moved_and_widened(six_days: DayStore) -> None:
    config = DetectionConfig()
    total = 0
    for day in six_days:
        reader = TapeReader(day)
        mids = [now.mid or 0.0 for now in reader.seconds]
        bars = [mids[60 * m : 60 * m + 60] for m in range(960)]
        ranges = [0.0] + [
            max(*bar, last[-1]) - min(*bar, last[-1]) if last[-1] else 0.0
            for last, bar in pairwise(bars)
        ]
        expected, ties = [], set()
        for m in range(20, 960):
            before, close = bars[m - 1][-1], bars[m][-1]
            fast, slow = fmean(ranges[m - 4 : m + 1]), fmean(ranges[m - 13 : m + 1])
            if fast == pytest.approx(config.atr_expansion * slow, rel=1e-9):
                ties.add(60 * (m + 1))  # prices are few: a sum of floats may err to either side
            elif (
                before > 0
                and surge(reader, 60 * (m + 1)) >= config.volume_surge
                and abs(close / before - 1) >= config.price_velocity
                and slow > 0
                and fast >= config.atr_expansion * slow
            ):
                expected.append(60 * (m + 1))
        found = bursts(one_minute_bars(LowfloatTape(day)), config)
        assert [burst.second for burst in found if burst.second not in ties] == expected
        assert all(0.0 <= burst.clarity <= 1.0 for burst in found)
        total += len(found)
    assert total > 10


def test_the_points_of_a_day_are_known_to_the_index_by_date_time_and_text(
    six_indexed: Index,
) -> None:
    day = six_indexed.days()[0]
    points = six_indexed.resets(day.symbol, day.date)
    assert [point.second for point in points] == sorted(point.second for point in points)
    assert six_indexed.resets(day.symbol, day.date.isoformat()) == points
    assert dt.date.fromisoformat(str(points[0].date)) == day.date
