"""The rule that buys first pullbacks: each of its conditions on a tape that meets the others."""

from typing import Any

import numpy as np
import pytest
from exam.hand_exam import play
from pydantic import ValidationError
from reference.tapes import P, Q, make_day, ns

from lowfloat.exam.config import FirstPullbackRule
from lowfloat.exam.rule_traders import FirstPullbackTrader

RULE = FirstPullbackRule()
LEG = [(4.00, 4.08), (4.08, 4.16), (4.16, 4.24), (4.24, 4.32), (4.32, 4.40)]  # 10 % in 5 minutes
RED = [(4.40, 4.36), (4.36, 4.30)]  # a quarter of it back
TURN = (4.30, 4.42)
BUSY, CALM = 6_000, 1_200  # shares a minute
CALM_MINUTES = 6
TURNS_AT = 60 * (CALM_MINUTES + len(LEG) + len(RED))


def trips(
    *after: tuple[float, float],
    leg: list[tuple[float, float]] = LEG,
    red: list[tuple[float, float]] = RED,
    red_volume: int = CALM,
    size: int = 10_000,
    rule: FirstPullbackRule = RULE,
) -> list[dict[str, Any]]:
    """Return the round trips on a calm, a leg, a pullback and what comes after.

    Each minute is given by the mids at its first and last second, with a line between them.
    """
    minutes = [(4.00, 4.00)] * CALM_MINUTES + leg + red + list(after)
    volumes = [CALM] * CALM_MINUTES + [BUSY] * len(leg) + [red_volume] * len(red)
    volumes += [BUSY] * len(after)
    quotes, prints = [], []
    for minute, (begin, end) in enumerate(minutes):
        for tick, mid in enumerate(np.linspace(begin, end, 60)):
            when, bid = ns(60 * minute + tick), round(mid, 2) - 0.01
            quotes.append(Q(when, bid, bid + 0.02, size, size))
            prints.append(P(when + 5, bid + 0.01, volumes[minute] // 60))
    # New entries end 300 s before the data do.
    day = make_day(quotes, trades=prints, end_second=60 * len(minutes) + 400)
    return play(day, FirstPullbackTrader(rule))[1]


def test_it_buys_when_the_last_high_breaks():
    (trip,) = trips(TURN, (4.42, 4.42), (4.42, 4.42))
    # The last red minute opened at $4.36; the mid rises 12 cents in 59 s, and shows $4.37 first
    # at tick 32, which is known at the decision after it.
    assert trip["entry_second"] == TURNS_AT + 33
    assert trip["entry_price"] == pytest.approx(4.38)


def test_it_waits_where_the_last_high_does_not_break():
    assert trips((4.30, 4.36), (4.36, 4.36), (4.36, 4.30)) == []


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"leg": [(4.00, 4.04), (4.04, 4.08), (4.08, 4.12), (4.12, 4.16), (4.16, 4.19)],
          "red": [(4.19, 4.17), (4.17, 4.14)]}, {"min_leg": 0.04}),
        ({"leg": [(4.00, 4.04), (4.04, 4.08), (4.08, 4.13), (4.13, 4.17), (4.17, 4.19),
                  (4.19, 4.21)],
          "red": [(4.21, 4.19), (4.19, 4.15)]}, {"max_leg_minutes": 6}),
        ({"red": [(4.40, 4.38), (4.38, 4.33)]}, {"min_retrace": 0.15}),
        ({"red": [(4.40, 4.30), (4.30, 4.19)]}, {"max_retrace": 0.55}),
        ({"red_volume": BUSY * 7 // 10}, {"max_volume": 0.75}),
        ({"red": [(4.40, 4.38), (4.38, 4.36), (4.36, 4.34), (4.34, 4.30)]},
         {"max_red_minutes": 4}),
    ],
    ids=["a small leg", "a slow leg", "a shallow pullback", "a deep pullback", "a busy pullback",
         "a long pullback"],
)  # fmt: skip
def test_it_leaves_alone_what_one_threshold_forbids(change, keys):
    after = [(change.get("red", RED)[-1][1], 4.45), (4.45, 4.45)]
    assert trips(*after, **change) == []
    allowed = trips(*after, **change, rule=RULE.model_copy(update=keys))
    assert len(allowed) == 1


def test_a_leg_below_the_high_of_the_day_is_somebodys_way_out():
    """The same leg and pullback, after a morning that went higher."""
    after = [(4.30, 4.45), (4.45, 4.45)]
    before = [(4.60, 4.60), (4.60, 4.00), (4.00, 4.00), (4.00, 4.00), (4.00, 4.00)]
    leg = [*before, *LEG]
    assert trips(*after, leg=leg) == []
    anywhere = RULE.model_copy(update={"max_below_high": 0.06, "above_vwap": False})
    assert len(trips(*after, leg=leg, rule=anywhere)) == 1


def test_it_leaves_alone_what_trades_below_its_vwap():
    """A busy morning near the high, a fall, and then the same leg and pullback below its mean."""
    morning = [(4.45, 4.45)] * 10 + [(4.45, 4.00), (4.00, 4.00)]
    after = [(4.30, 4.45), (4.45, 4.45)]
    leg = [*morning, *LEG]
    assert trips(*after, leg=leg) == []
    anywhere = RULE.model_copy(update={"above_vwap": False})
    assert len(trips(*after, leg=leg, rule=anywhere)) == 1
    below = RULE.model_copy(update={"max_below_high": 1.0})
    assert trips(*after, leg=leg, rule=below) == []


def test_it_does_not_buy_at_a_wide_spread():
    after = [TURN, (4.42, 4.42), (4.42, 4.42)]
    assert len(trips(*after)) == 1
    narrow = RULE.model_copy(update={"max_spread": 0.004})  # two cents of $4.38 are 0.46 %
    assert trips(*after, rule=narrow) == []


def test_one_red_minute_is_enough_unless_more_are_asked_for():
    red = [(4.40, 4.31)]
    after = [(4.31, 4.45), (4.45, 4.45)]
    assert len(trips(*after, red=red)) == 1
    two = RULE.model_copy(update={"min_red_minutes": 2})
    assert trips(*after, red=red, rule=two) == []


def test_a_pullback_that_makes_a_new_low_before_it_turns_is_left_alone():
    """The mid dips a cent below the pullback's low in the minute in which the high breaks."""
    dip = [(4.30, 4.28), (4.28, 4.28), (4.28, 4.45)]
    assert trips(*dip) == []


def test_a_pullback_after_a_green_minute_is_not_the_first():
    green = [(4.40, 4.34), (4.34, 4.37), (4.37, 4.31)]
    assert trips((4.31, 4.45), (4.45, 4.45), red=green) == []


def test_it_sells_at_a_mid_below_the_low_of_the_pullback():
    (trip,) = trips(TURN, (4.42, 4.25), (4.25, 4.25))
    # $4.30 is not below the stop; from $4.42 to $4.25 in 59 s, $4.29 shows first at tick 44.
    assert trip["exit_second"] - 1 == TURNS_AT + 60 + 45
    assert trip["exit_price"] == pytest.approx(4.28)


def test_it_sells_at_twice_what_it_risks():
    (trip,) = trips(TURN, (4.42, 4.60), (4.60, 4.60))
    # Bought at $4.38 with the stop at $4.30: the target is a bid of $4.54.
    assert trip["exit_price"] == pytest.approx(4.54)
    assert not trip["forced"]


def test_without_a_target_it_trails():
    rule = RULE.model_copy(update={"target": 0.0, "trailing_stop": 0.02})
    (trip,) = trips(TURN, (4.42, 4.61), (4.61, 4.41), rule=rule)
    # The bid peaks at $4.60; 2 % below lies $4.508.
    assert trip["exit_price"] == pytest.approx(4.50)


def test_it_sells_when_time_is_over():
    rule = RULE.model_copy(update={"max_seconds": 50})
    (trip,) = trips(TURN, (4.42, 4.42), (4.42, 4.42), rule=rule)
    assert trip["exit_second"] - 1 == trip["entry_second"] + 50


def test_a_sale_that_found_few_bids_goes_on_after_the_price_is_back_above_the_stop():
    """100 shares are bid for at a time, and the mid is below the stop for one second only."""
    fall = [(4.42, 4.29), (4.40, 4.40), (4.40, 4.40)]
    (trip,) = trips((4.30, 4.45), *fall, size=100)
    assert trip["shares"] == 100  # one order, for what was offered
    (trip,) = trips((4.30, 4.45), *fall, size=100, rule=RULE)
    assert not trip["forced"]
    assert trip["exit_second"] < TURNS_AT + 125


def test_a_leg_is_bought_once():
    """Stopped out, and then the same high breaks again in the same minute."""
    again = [(4.30, 4.42), (4.42, 4.29), (4.29, 4.45), (4.45, 4.45)]
    assert len(trips(*again)) == 1


def test_another_leg_is_bought_again():
    second = [(4.42, 4.60), *((price + 0.5, end + 0.5) for price, end in LEG)]
    pullback = [(4.90, 4.80), (4.80, 4.95), (4.95, 4.95)]
    # The second pullback is busy: the volumes of what comes after the first are alike.
    found = trips(TURN, *second, *pullback, rule=RULE.model_copy(update={"max_volume": 1.5}))
    assert len(found) == 2


def test_a_rule_that_could_never_buy_is_refused():
    with pytest.raises(ValidationError, match="no pullback could be bought"):
        FirstPullbackRule(min_retrace=0.6)
    with pytest.raises(ValidationError, match=r"min_red_minutes. is 4 and .max_red_minutes. is 3"):
        FirstPullbackRule(min_red_minutes=4)
