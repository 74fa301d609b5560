"""The trailing windows, against loops that look at each element alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.tape.windows import (
    faded,
    faded_mean,
    lagged,
    log,
    log1p,
    per_closed_minute,
    seconds_since,
    squashed,
    standing,
    trailing_max,
    trailing_min,
    trailing_sum,
    z_score,
)

NAN = math.nan
WHOLE = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=60)
PRICES = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)
SOME_KNOWN = st.lists(st.one_of(st.just(NAN), st.floats(-1e6, 1e6)), min_size=1, max_size=60)


def window(values: list, end: int, length: int) -> list:
    """Return the last ``length`` values up to and including the one at ``end``."""
    return values[max(end - length + 1, 0) : end + 1]


def known(values: list[float]) -> list[float]:
    return [value for value in values if value == value]


def same(found: np.ndarray, expected: list[float], **near: float) -> bool:
    return found.tolist() == pytest.approx(expected, nan_ok=True, **near)


@given(st.data())
def test_a_lagged_value_is_the_one_so_many_seconds_earlier_or_not_known(data) -> None:
    values = data.draw(WHOLE)
    length = data.draw(st.integers(1, len(values)))
    before = [values[i - length] if i >= length else None for i in range(len(values))]
    assert lagged(np.array(values), length).tolist() == [v or 0 for v in before]
    as_floats = [NAN if v is None else float(v) for v in before]
    assert same(lagged(np.array(values, float), length), as_floats)


@given(WHOLE, st.integers(1, 80))
def test_a_trailing_sum_of_whole_numbers_is_exact(values: list, length: int) -> None:
    expected = [sum(window(values, i, length)) for i in range(len(values))]
    assert trailing_sum(np.array(values), length).tolist() == expected


@given(PRICES, st.integers(1, 80))
def test_a_trailing_sum_of_floats_is_right_to_an_ulp_of_the_whole(
    values: list, length: int
) -> None:
    expected = [sum(window(values, i, length)) for i in range(len(values))]
    found = trailing_sum(np.array(values), length)
    assert found.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-13 * sum(values))


@given(SOME_KNOWN, st.integers(1, 80))
def test_a_trailing_extreme_is_one_of_what_is_known_in_its_window(
    values: list, length: int
) -> None:
    windows = [known(window(values, i, length)) for i in range(len(values))]
    highest = [max(w) if w else NAN for w in windows]
    lowest = [min(w) if w else NAN for w in windows]
    assert same(trailing_max(np.array(values), length), highest)
    assert same(trailing_min(np.array(values), length), lowest)


@given(PRICES, st.floats(0.5, 1000))
def test_a_faded_sum_weighs_each_value_by_its_age(values: list, length: float) -> None:
    expected = [
        sum(values[j] * math.exp((j - i) / length) for j in range(i + 1))
        for i in range(len(values))
    ]
    assert same(faded(np.array(values), length), expected, rel=1e-12)


@given(SOME_KNOWN, st.floats(0.5, 1000))
def test_a_faded_mean_passes_over_what_is_not_known(values: list, length: float) -> None:
    expected = []
    for i in range(len(values)):
        told = known(values[: i + 1])[::-1]
        weights = [math.exp(-age / length) for age in range(len(told))]
        total = sum(w * v for w, v in zip(weights, told, strict=True))
        expected.append(total / sum(weights) if told else NAN)
    assert same(faded_mean(np.array(values), length), expected, rel=1e-9, abs=1e-6)


def test_a_z_score_is_taken_against_the_past_alone_and_cut_at_5() -> None:
    values = np.r_[NAN, np.tile([0.0, np.e**2 - 1], 2000), 1e9, NAN, 0.0]
    score = z_score(values, np.ones(len(values), bool))
    assert np.isnan(score[[0, 1, 4002]]).all()
    assert score[2] == 5  # 2 above the mean of 0, in deviations of 0.25
    assert score[3999:4001] == pytest.approx([-1, 1], abs=0.02)
    assert score[4001] == 5


def test_a_z_score_forgets_over_a_quarter_of_an_hour() -> None:
    # It was 0 for long and is 1 now: the mean goes to 1, the deviation with it and back to 0.25.
    values = np.r_[np.zeros(9000), np.full(9000, np.e - 1)]
    score = z_score(values, np.ones(18_000, bool))
    share = math.exp(-1)  # of the past after 900 s
    assert score[9000] == 4
    assert score[9900] == pytest.approx(share / math.sqrt(share * (1 - share)), rel=0.01)
    assert score[17_999] == pytest.approx(0, abs=0.01)


def test_a_z_score_learns_nothing_where_it_is_not_to() -> None:
    values = np.full(300, 5.0)
    values[:100], values[100:200] = 0.0, 1e6
    learning = np.ones(300, bool)
    learning[:10] = learning[100:200] = False
    score = z_score(values, learning)
    assert np.isnan(score[:11]).all()  # the first value learned has no score
    assert (score[100:200] == 5).all()
    assert score[200] == pytest.approx(5)  # ln 6 above 0, in deviations of 0.25, is more
    assert (score[11:100] == 0).all()


@given(st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=60))
def test_the_logarithm_is_right_to_an_ulp_or_two(values: list) -> None:
    expected = [math.log(value) for value in values]
    assert same(log(np.array(values)), expected, rel=4e-16, abs=4e-16)


def test_of_0_and_below_there_is_no_logarithm() -> None:
    assert np.isnan(log(np.array([0.0, -1.0, NAN, -0.0, -np.inf]))).all()
    assert log(np.array([1.0, 1.0, 0.0, 1.0]))[[0, 1, 3]].tolist() == [0, 0, 0]
    assert log1p(np.array([0, 0, 1])).tolist() == pytest.approx([0, 0, math.log(2)])


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.integers(1, 1000))
def test_what_is_squashed_stays_within_1_and_is_odd_and_half_at_half(values, half) -> None:
    found = squashed(np.array(values), half)
    assert (np.abs(found) < 1).all()
    assert np.array_equal(found, -squashed(-np.array(values), half))
    assert squashed(np.array([half, 0, -half]), half).tolist() == [0.5, 0, -0.5]
    assert np.isnan(squashed(np.array([NAN]), half)).all()


@given(SOME_KNOWN)
def test_what_stands_is_the_last_that_was_known(values: list) -> None:
    expected = [(known(values[: i + 1]) or [NAN])[-1] for i in range(len(values))]
    array = np.array(values)
    assert same(standing(array, ~np.isnan(array)), expected)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_the_seconds_since_an_event_count_from_its_last_second(events: list) -> None:
    expected = []
    for i in range(len(events)):
        before = [j for j in range(i + 1) if events[j]]
        expected.append(i - before[-1] if before else -1)
    assert seconds_since(np.array(events)).tolist() == expected


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6))
def test_a_minute_is_told_from_its_last_second_on_and_none_before(minutes: list) -> None:
    found = per_closed_minute(np.array(minutes), 60 * len(minutes))
    for second, value in enumerate(found.tolist()):
        ended = [m for m in range(len(minutes)) if 60 * m + 59 <= second]
        assert value == minutes[ended[-1]] if ended else math.isnan(value)
