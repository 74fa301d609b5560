"""Legs and swings, on mids that go from one price to the next in straight lines."""

import numpy as np
import pytest
from reference.tapes import P, Q, ns
from tape.told import told_of


def along(*corners: tuple[int, float]) -> list[Q]:
    """Return a quote per second whose mid goes straight from corner to corner."""
    seconds, prices = zip(*corners, strict=True)
    mids = np.interp(range(seconds[0], seconds[-1] + 1), seconds, prices)
    first = seconds[0]
    return [Q(ns(first + i), mid - 0.01, mid + 0.01) for i, mid in enumerate(mids.tolist())]


def counts(name: str, quotes: list[Q]) -> np.ndarray:
    return np.round(np.expm1(told_of(name, quotes)), 6)


def test_a_leg_begins_at_the_first_price_and_is_measured_from_there() -> None:
    quotes = along((10, 4.0), (110, 5.0), (120, 4.95))
    assert told_of("extension", quotes)[[111, 121]] == pytest.approx([0.25, 0.2375])
    assert told_of("retrace", quotes)[[111, 121]] == pytest.approx([0, 0.05], abs=1e-6)
    assert told_of("leg_seconds", quotes)[111] == pytest.approx(100 / 400)


# Within the first minute there is no average true range yet: a swing is one of 2 %.


def test_a_low_is_the_base_of_a_leg_once_the_rise_from_it_is_seen_and_not_before() -> None:
    # 4.08 is 2 % above the low of second 30, and reached at second 38.
    quotes = along((0, 4.0), (20, 5.0), (30, 4.0), (50, 4.2))
    # A decision at second s knows the mid of second s - 1. Before that the leg is the old one.
    assert told_of("leg_seconds", quotes)[[38, 39]] == pytest.approx([37 / 337, 8 / 308])
    assert told_of("retrace", quotes)[[38, 39]] == pytest.approx([0.93, 0], abs=1e-5)


def test_a_high_is_a_swing_high_once_the_fall_from_it_is_seen_and_not_before() -> None:
    # 5.39 is 2 % below the second high, of second 30, and reached at second 41.
    quotes = along((0, 4.0), (10, 5.0), (20, 4.5), (30, 5.5), (50, 5.3))
    assert counts("higher_highs", quotes)[[41, 42]].tolist() == [0, 1]


def test_a_fall_of_less_than_2_per_cent_ends_no_leg() -> None:
    quotes = along((0, 4.0), (20, 5.0), (30, 4.91), (50, 5.4), (55, 5.2))
    assert told_of("extension", quotes)[51] == pytest.approx(0.35)
    assert counts("higher_highs", quotes)[56] == 0  # 5.40 is the first


def test_in_a_wild_market_a_swing_takes_one_and_a_half_average_ranges() -> None:
    # Minutes of a range of 0.20 first: a swing is 0.30, not 2 % of 4.00. No bar closes after it.
    wild = [(60 * m + 30 * h, 4.0 + 0.2 * h) for m in range(20) for h in (0, 1)]
    for drop, swung in ((0.27, 0), (0.33, 1)):
        quotes = along(*wild, (1200, 4.0), (1210, 4.8), (1215, 4.8 - drop))
        retrace = told_of("retrace", quotes)[1216]
        assert retrace == pytest.approx(drop / 0.8, abs=0.01)
        more = along(*wild, (1200, 4.0), (1210, 4.8), (1215, 4.8 - drop), (1235, 5.5), (1239, 4.7))
        # The first minute had a swing high of 4.20; was there one at 4.80 before that at 5.50?
        assert counts("higher_highs", more)[1240] == 1 + swung


def test_the_first_swing_of_a_day_may_be_a_low() -> None:
    # It falls by 1 %, which is no swing, and goes up from there: the leg begins at the low.
    quotes = along((10, 4.0), (50, 3.96), (150, 4.4))
    assert told_of("extension", quotes)[151] == pytest.approx(4.4 / 3.96 - 1)


def test_higher_lows_and_lower_highs_are_counted_until_one_breaks_the_row() -> None:
    def legs(*prices: float) -> list[Q]:
        return along(*((5 * i, price) for i, price in enumerate(prices)))

    lows = counts("higher_lows", legs(4.0, 5.0, 4.5, 5.5, 4.9, 6.0, 5.2, 6.5, 4.8, 5.5))
    assert lows[[36, 46]].tolist() == [3, 0]  # 4.00, 4.50, 4.90, 5.20
    highs = counts("lower_highs", legs(6.0, 5.0, 5.6, 4.8, 5.3, 4.5, 5.0, 4.4, 5.2, 4.9))
    assert highs[[36, 46]].tolist() == [3, 0]


def test_the_volume_of_a_pullback_is_held_against_that_of_the_rise() -> None:
    quotes = along((10, 4.0), (110, 5.0), (140, 4.92))
    trades = [P(ns(s) + 1, 4.5, 400 if s <= 110 else 100) for s in range(10, 141)]
    found = told_of("pullback_volume", quotes, trades)
    assert np.isnan(found[[111, 115]]).all()
    assert found[[116, 141]] == pytest.approx(0.25 / 1.25)
