"""A thumbnail shows the minutes around a second where they belong."""

import re

import numpy as np
import pytest

from lowfloat.days.bars import BAR_DTYPES, Bars
from lowfloat.report.thumbnail import AFTER, BEFORE, HEIGHT, WIDTH, thumbnail

OPEN = 19_800


def bars_of(*rows):
    """Return minute bars of ``(second, low, high, close, volume)``, prices in dollars."""
    minute, low, high, close, volume = zip(*rows, strict=True)
    nano = {
        name: np.round(np.array(column) * 1e9)
        for name, column in (("open", close), ("high", high), ("low", low), ("close", close))
    }
    columns = nano | {
        "minute": minute, "volume": volume, "trades": np.ones(len(rows)),
        "value": np.zeros(len(rows)),
    }  # fmt: skip
    return Bars(**{name: np.array(columns[name]).astype(BAR_DTYPES[name]) for name in BAR_DTYPES})


def strokes(path):
    """Return ``(x, from y, to y)`` of each stroke."""
    found = re.findall(r"M([\d.]+) ([\d.]+)V([\d.]+)", path)
    return [tuple(map(float, stroke)) for stroke in found]


def test_a_minute_is_drawn_on_its_side_of_the_second():
    rows = [(OPEN + 60 * k, 4.0, 5.0, 4.5, 100) for k in range(-BEFORE, AFTER)]
    drawn = thumbnail(bars_of(*rows), OPEN)
    x = [stroke[0] for stroke in strokes(drawn.ranges)]
    assert len(x) == BEFORE + AFTER
    assert sum(place < drawn.second for place in x) == BEFORE
    assert 0 < min(x) < max(x) < WIDTH


def test_the_highest_price_is_highest_and_the_largest_volume_tallest():
    drawn = thumbnail(
        bars_of((OPEN - 120, 4, 5, 4.2, 50), (OPEN - 60, 4.5, 6, 5, 200), (OPEN, 3, 5, 4, 100)),
        OPEN,
    )
    tops = [top for _, _, top in strokes(drawn.ranges)]
    bottoms = [bottom for _, bottom, _ in strokes(drawn.ranges)]
    assert min(tops) == tops[1]
    assert max(bottoms) == bottoms[2]
    heights = [bottom - top for _, bottom, top in strokes(drawn.volume)]
    assert heights == pytest.approx([heights[1] / 4, heights[1], heights[1] / 2], abs=0.1)
    assert (drawn.low, drawn.high) == (3, 6)
    inside = [y for _, *ys in strokes(drawn.ranges) + strokes(drawn.volume) for y in ys]
    assert all(0 <= y <= HEIGHT for y in inside)


def test_what_came_after_is_measured_from_the_last_closed_minute():
    rows = [(OPEN - 60, 3.9, 4.1, 4.0, 1), (OPEN, 4.0, 5.0, 4.5, 1), (OPEN + 60, 3.0, 4.5, 3.5, 1)]
    drawn = thumbnail(bars_of(*rows), OPEN)
    assert drawn.price == 4.0
    assert (drawn.rise, drawn.fall) == (pytest.approx(0.25), pytest.approx(-0.25))
    # Half a minute later the minute of the second is not over: its close is not known.
    assert thumbnail(bars_of(*rows), OPEN + 30).price == 4.0


def test_minutes_far_from_the_second_change_nothing():
    near = [(OPEN - 60, 3.9, 4.1, 4.0, 1), (OPEN, 4.0, 5.0, 4.5, 1)]
    far = [(OPEN + 60 * AFTER, 1.0, 9.0, 2.0, 900)]
    assert thumbnail(bars_of(*near, *far), OPEN) == thumbnail(bars_of(*near), OPEN)


def test_one_price_is_a_level_line():
    drawn = thumbnail(bars_of((OPEN - 60, 4, 4, 4, 10), (OPEN, 4, 4, 4, 10)), OPEN)
    (first, second) = strokes(drawn.ranges)
    assert first[1] == first[2] == second[1]
    assert 0 < first[1] < HEIGHT


def test_a_price_that_is_first_known_later_is_no_price_before():
    drawn = thumbnail(bars_of((OPEN + 60, 4, 4, 4, 10)), OPEN)
    assert (drawn.price, drawn.rise, drawn.fall) == (None, None, None)


def test_minutes_without_prints_have_no_drawing():
    assert thumbnail(bars_of((OPEN, 4, 4, 4, 10)), OPEN + 2 * 3600) is None
    # A minute of odd lots has volume, and no price.
    assert thumbnail(bars_of((OPEN, 0, 0, 0, 10)), OPEN) is None
