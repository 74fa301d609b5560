"""The trailing windows, against loops that look at each element alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.tape.windows import (
    lagged,
    per_closed_minute,
    seconds_since,
    trailing_max,
    trailing_min,
    trailing_sum,
)

WHOLE = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=60)
PRICES = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


def window(values: list, end: int, length: int) -> list:
    """Return the last ``length`` values up to and including the one at ``end``."""
    return values[max(end - length + 1, 0) : end + 1]


@given(st.data())
def test_a_lagged_value_is_the_one_so_many_seconds_earlier(data) -> None:
    values = data.draw(WHOLE)
    length = data.draw(st.integers(1, len(values)))
    expected = [values[max(i - length, 0)] for i in range(len(values))]
    assert lagged(np.array(values), length).tolist() == expected


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


@given(PRICES, st.integers(1, 80))
def test_a_trailing_maximum_looks_at_its_window_only(values: list, length: int) -> None:
    expected = [max(window(values, i, length)) for i in range(len(values))]
    assert trailing_max(np.array(values), length).tolist() == expected


@given(PRICES, st.integers(1, 80))
def test_a_trailing_minimum_looks_at_its_window_only(values: list, length: int) -> None:
    expected = [min(window(values, i, length)) for i in range(len(values))]
    assert trailing_min(np.array(values), length).tolist() == expected


def test_a_trailing_minimum_passes_over_what_is_not_known() -> None:
    values = np.array([np.inf, np.inf, 3.0, 2.0, 4.0, 5.0])
    assert trailing_min(values, 2).tolist() == [np.inf, np.inf, 3.0, 2.0, 2.0, 4.0]


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_the_seconds_since_an_event_count_from_its_last_second(events: list) -> None:
    expected = []
    for i in range(len(events)):
        before = [j for j in range(i + 1) if events[j]]
        expected.append(i - before[-1] if before else -1)
    assert seconds_since(np.array(events)).tolist() == expected


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6))
def test_a_minute_is_told_from_its_last_second_on(minutes: list) -> None:
    found = per_closed_minute(np.array(minutes), 60 * len(minutes))
    for second, value in enumerate(found.tolist()):
        ended = [m for m in range(len(minutes)) if 60 * m + 59 <= second]
        assert value == (minutes[ended[-1]] if ended else 0.0)
