"""The rule that buys a reclaimed VWAP: each of its conditions, and a tape it trades."""

import numpy as np
import pytest
from exam.hand_exam import play, view_of
from reference.tapes import P, Q, make_day, ns

from lowfloat.base.codes import Action
from lowfloat.exam.config import VwapReclaimRule
from lowfloat.exam.policy import View
from lowfloat.exam.rule_traders import VwapReclaimTrader
from lowfloat.tape.columns import NAMES

RULE = VwapReclaimRule(below_seconds=30, hold_seconds=20, min_surge=3.0, stop_below=0.01)
FIRST = 5_000


def view_at(
    second: int, distances: list[float], surge: float = 4.0, spread: float = 0.0, **state: int
) -> View:
    """Return a view of one row per distance from VWAP."""
    view = view_of(rows=len(distances), second=second, **{"mark": 40_000, **state})
    view.columns[:, NAMES.index("distance_to_vwap")] = distances
    view.columns[:, NAMES.index("volume_surge")] = surge / (surge + 2.0)
    view.columns[:, NAMES.index("book_known")] = 1.0
    view.columns[:, NAMES.index("spread")] = spread
    return view


def buys(
    distances: list[float],
    rule: VwapReclaimRule = RULE,
    surge: float = 4.0,
    spread: float = 0.0,
) -> list[int]:
    """Return the seconds, from 0, at which a flat trader buys on a path of distances from VWAP."""
    trader = VwapReclaimTrader(rule)
    actions = [
        int(trader.act(view_at(FIRST + second, [distance], surge, spread))[0])
        for second, distance in enumerate(distances)
    ]
    assert set(actions) <= {Action.HOLD, Action.BUY_100}
    return [second for second, action in enumerate(actions) if action]


def test_it_buys_once_when_a_cross_has_held():
    path = [-0.01] * 40 + [0.002] * 60
    assert buys(path) == [40 + 20]


def test_it_buys_no_cross_that_falls_back_before_it_has_held():
    path = [-0.01] * 40 + [0.002] * 20 + [-0.001] + [0.002] * 60
    assert buys(path) == []


def test_being_exactly_at_vwap_is_not_above_it():
    path = [-0.01] * 40 + [0.002] * 10 + [0.0] + [0.002] * 60
    assert buys(path) == []


def test_it_buys_no_cross_that_was_below_too_shortly():
    path = [-0.01] * 40 + [0.002] * 5 + [-0.01] * 29 + [0.002] * 60
    assert buys(path) == []
    path = [-0.01] * 40 + [0.002] * 5 + [-0.01] * 30 + [0.002] * 60
    assert buys(path) == [75 + 20]


def test_it_buys_nothing_that_was_above_all_along():
    assert buys([0.002] * 100) == []


def test_it_buys_no_reclaim_without_volume():
    path = [-0.01] * 40 + [0.002] * 60
    assert buys(path, surge=2.9) == []
    assert buys(path, surge=3.1) == [60]


def test_it_does_not_buy_at_a_wide_spread():
    path = [-0.01] * 40 + [0.002] * 60
    assert buys(path, spread=0.02) == [60]
    assert buys(path, spread=0.021) == []


def test_each_row_crosses_for_itself():
    trader, bought = VwapReclaimTrader(RULE), []
    for second in range(100):
        paths = [-0.01 if second < crosses else 0.01 for crosses in (40, 50, 20)]
        action = trader.act(view_at(FIRST + second, paths))
        bought += [(second, int(row)) for row in np.flatnonzero(action)]
    assert bought == [(60, 0), (70, 1)]  # the third was below for too short a time


def test_it_does_not_add_to_a_position():
    trader = VwapReclaimTrader(RULE)
    for second in range(100):
        distance = -0.01 if second < 40 else 0.002
        held = {"shares": 100, "cost": 400_000_000, "entry_second": FIRST, "mark": 40_000}
        action = trader.act(view_at(FIRST + second, [distance], **held))
        assert action.tolist() == [Action.HOLD]


@pytest.mark.parametrize(
    ("distance", "mark", "held", "sells"),
    [
        (-0.0090, 39_640, 1, False),
        (-0.0105, 39_580, 1, True),
        (0.04, 41_590, 1, False),
        (0.04, 41_610, 1, True),
        (0.01, 40_400, 900, True),
    ],
    ids=["above the stop", "below the stop", "short of the target", "at the target", "late"],
)
def test_it_leaves_below_vwap_at_the_target_or_by_the_clock(distance, mark, held, sells):
    """Bought at $4.04 with VWAP at $4.00: the stop is at $3.96, and the target at $4.16."""
    trader = VwapReclaimTrader(RULE.model_copy(update={"target": 1.5}))
    for second in range(61):
        view = view_at(FIRST + second, [-0.01 if second < 40 else 0.01], mark=40_400)
        action = trader.act(view)
    assert action.tolist() == [Action.BUY_100]
    bought = FIRST + 60
    position = {"shares": 100, "cost": 100 * 100 * 40_400, "entry_second": bought}
    view = view_at(bought + held, [distance], mark=mark, **position)
    action = trader.act(view)
    assert action.tolist() == [Action.SELL_100 if sells else Action.HOLD]


def test_on_a_tape_that_reclaims_it_buys_after_a_minute_and_risks_vwap():
    """Half an hour at $4.20, a slide to $4.00, and a jump to $4.25 on volume, then a fall."""
    slides, jumps, falls, end = 1_800, 2_000, 2_400, 2_900
    quotes, prints = [], []
    for second in range(end):
        bid = 4.20 if second < slides else 4.00 if second < jumps else 4.25
        bid = bid if second < falls else 4.10
        quotes.append(Q(ns(second), bid - 0.01, bid + 0.01, 5_000, 5_000))
        prints.append(P(ns(second) + 5, bid, 1_000 if second >= jumps else 100))
    day = make_day(quotes, trades=prints, end_second=end)
    rule = VwapReclaimRule(below_seconds=120)
    _, (trip,), deck = play(day, VwapReclaimTrader(rule))
    distance = deck.table[0][:, NAMES.index("distance_to_vwap")]
    # The jump is known at the decision after it, and holds for 60 s from there.
    assert distance[jumps] < 0 < distance[jumps + 1]
    assert trip["entry_second"] == jumps + 1 + 60
    assert trip["entry_price"] == pytest.approx(4.26)
    assert trip["exit_second"] == falls + 2
    assert trip["exit_price"] == pytest.approx(4.09)
    assert not trip["forced"]
