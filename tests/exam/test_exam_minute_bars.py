"""One-minute bars of the mid, against bars cut from the tape itself."""

import numpy as np
import pytest
from exam.hand_exam import Scripted, play, view_of
from reference.tapes import P, Q, make_day, ns

from lowfloat.exam.minute_bars import MinuteBars, mid_of
from lowfloat.exam.policy import View
from lowfloat.tape.columns import NAMES

MINUTES = 5


def seen(mids: list[float], *, spread: float = 0.02, silent: range = range(0)) -> list[View]:
    """Return what a policy saw of a tape with one mid per second; ``silent`` has no offers."""
    quotes, prints = [], []
    for second, mid in enumerate(mids):
        ask = 0.0 if second in silent else round(mid + spread / 2, 4)
        quotes.append(Q(ns(second), round(mid - spread / 2, 4), ask))
        prints.append(P(ns(second) + 5, mid, 10 + second))
    watcher = Scripted({})
    play(make_day(quotes, trades=prints, end_second=len(mids) + 62), watcher)
    return watcher.seen


@pytest.fixture(scope="module")
def mids() -> list[float]:
    steps = np.random.default_rng(4).integers(-2, 3, 60 * MINUTES).cumsum()
    return list(np.round(4 + 0.005 * steps, 4))


def test_bars_are_those_of_the_mids_of_their_minutes(mids):
    bars = MinuteBars(MINUTES)
    views = seen(mids)[: 60 * MINUTES + 1]
    closed_at = [view.second for view in views if bars.add(view, mid_of(view))]
    minutes = np.array(mids).reshape(MINUTES, 60) * 10_000
    assert closed_at == [60, 120, 180, 240, 300]
    assert bars.minutes == MINUTES
    np.testing.assert_allclose(bars.opened[0], minutes[:, 0], atol=1e-6)
    np.testing.assert_allclose(bars.high[0], minutes.max(axis=1), atol=1e-6)
    np.testing.assert_allclose(bars.low[0], minutes.min(axis=1), atol=1e-6)
    np.testing.assert_allclose(bars.closed[0], minutes[:, -1], atol=1e-6)
    volume = (10 + np.arange(60 * MINUTES)).reshape(MINUTES, 60).sum(axis=1)
    np.testing.assert_allclose(bars.volume[0], volume, rtol=1e-5)


def test_only_the_newest_minutes_are_kept(mids):
    few, all_of_them = MinuteBars(2), MinuteBars(MINUTES)
    for view in seen(mids)[: 60 * MINUTES + 1]:
        few.add(view, mid_of(view))
        all_of_them.add(view, mid_of(view))
    np.testing.assert_array_equal(few.high, all_of_them.high[:, -2:])


def test_a_minute_without_a_two_sided_book_has_no_prices(mids):
    bars = MinuteBars(3)
    for view in seen(mids, silent=range(60, 120))[:181]:
        bars.add(view, mid_of(view))
    assert np.isnan(bars.low[0]).tolist() == [False, True, False]


def test_seconds_without_a_two_sided_book_leave_a_bar_to_the_others(mids):
    bars = MinuteBars(1)
    for view in seen(mids, silent=range(10, 60))[:61]:
        bars.add(view, mid_of(view))
    assert bars.closed[0, 0] == pytest.approx(mids[9] * 10_000)
    assert bars.high[0, 0] == pytest.approx(max(mids[:10]) * 10_000)


def test_the_first_second_of_another_day_begins_anew(mids):
    bars = MinuteBars(2)
    views = seen(mids)
    for view in views[:130]:
        bars.add(view, mid_of(view))
    bars.add(views[0], mid_of(views[0]))
    assert bars.minutes == 0
    assert np.isnan(bars.high).all()


def test_books_of_different_width_about_one_mid_have_one_mid():
    def mid(bid: int, ask: int) -> float:
        view = view_of(mark=bid)
        view.columns[:, NAMES.index("book_known")] = 1.0
        view.columns[:, NAMES.index("spread")] = 2.0 * (ask - bid) / (bid + ask)
        return float(mid_of(view)[0])

    for middle in (9_007, 41_103, 199_900, 3_000_001):
        found = {mid(middle - half, middle + half) for half in (1, 50, 99, middle // 20)}
        assert found == {float(middle)}
    assert mid(40_000, 40_101) == 40_050.5
