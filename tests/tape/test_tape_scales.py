"""The recent past at several scales: views of the table that end at the decision."""

import numpy as np
import pytest

from lowfloat.tape.scales import SCALES, Scale, windows_at

TABLE = np.arange(57_601 * 3, dtype=np.float32).reshape(57_601, 3)


@pytest.mark.parametrize("second", [0, 1, 59, 1_740, 7_000, 57_600])
def test_every_scale_ends_at_the_decision_and_goes_back_in_its_steps(second: int) -> None:
    for scale, window in zip(SCALES, windows_at(TABLE, second), strict=True):
        assert window.shape == (scale.length, 3)
        for back in range(scale.length):
            row = max(second - back * scale.seconds, 0)
            assert window[scale.length - 1 - back].tolist() == TABLE[row].tolist()


def test_a_window_within_the_day_is_a_view_that_cannot_be_written_to() -> None:
    for window in windows_at(TABLE, 20_000):
        assert np.shares_memory(window, TABLE)
        with pytest.raises(ValueError, match="read-only"):
            window[0] = 1.0
    assert TABLE.flags.writeable


def test_a_table_by_column_serves_as_well() -> None:
    by_column = np.asfortranarray(TABLE)
    for one, other in zip(windows_at(TABLE, 9_000), windows_at(by_column, 9_000), strict=True):
        assert np.array_equal(one, other)
        assert np.shares_memory(other, by_column)


@pytest.mark.parametrize("second", [-1, 57_601])
def test_a_second_outside_the_day_is_refused(second: int) -> None:
    with pytest.raises(ValueError, match=f"was {second}; use 0 to 57600"):
        windows_at(TABLE, second, (Scale(1, 2),))
