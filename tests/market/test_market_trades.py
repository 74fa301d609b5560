"""The record of a trade, and what a run of trades leaves behind."""

import pytest
from reference.play import Player
from reference.tapes import OPEN, Q, make_day, ns

from lowfloat.base.codes import Action
from lowfloat.market.trade import described

BUY, SELL, HALF, HOLD = Action.BUY_50, Action.SELL_100, Action.SELL_50, Action.HOLD
FREE = {"commission": "zero", "fills": {"deeper_levels": 0, "impact": 0.0}}


def player(*bids: float, config: dict | None = None) -> Player:
    """Return an account on a book of two cents whose bid is given second by second."""
    quotes = [
        Q(ns(OPEN + i) - 1, bid, round(bid + 0.02, 2), 9_000, 9_000) for i, bid in enumerate(bids)
    ]
    return Player(make_day(quotes), OPEN, config or FREE)


def closed(one: Player):
    return one.env.trades[0]


def test_a_trade_is_recorded_when_its_last_share_is_sold() -> None:
    one = player(4.00, 4.10, 4.30, 4.20, 4.20)
    for action in (BUY, HOLD, HALF):
        one.send(action)
        assert closed(one)["number"] == 0
    one.send(SELL)
    trade = closed(one)
    shares = 5_000 * 100 // 402 // 1  # half of $10,000 at $4.02, in whole shares
    assert trade["number"] == 1
    assert trade["bought"] == trade["shares"] == 1_243 == shares
    assert (trade["fills"], trade["episodes"], trade["settled"], trade["forced"]) == (3, 1, 0, 0)
    assert (trade["entry_second"], trade["exit_second"]) == (OPEN, OPEN + 4)
    assert (trade["high_mark"], trade["low_mark"]) == (43_000, 41_000)
    assert trade["paid"] == 1_243 * 40_200 * 100
    assert trade["got"] == (621 * 43_000 + 622 * 42_000) * 100
    one.send(HOLD)
    assert closed(one)["number"] == 0


def test_the_gain_of_a_trade_is_that_of_the_equity_to_the_microdollar() -> None:
    one = player(4.00, 4.10, 3.90, 3.95, 3.95, config={"commission": "tiered"})
    for action in (BUY, BUY, HALF, SELL):
        one.send(action)
    trade, state = closed(one), one.state
    net = int(trade["got"]) - int(trade["paid"]) - int(trade["fees"])
    assert net == state["equity"] - state["start_equity"] < 0


def test_excursions_are_from_the_average_entry() -> None:
    one = player(4.00, 4.10, 3.80, 4.05, 4.05)
    for action in (BUY, HOLD, HOLD, SELL):
        one.send(action)
    told = described(closed(one))
    assert told["entry_price"] == pytest.approx(4.02)
    assert told["mfe"] == pytest.approx(4.10 - 4.02)
    assert told["mae"] == pytest.approx(3.80 - 4.02)


def test_without_a_stop_the_risk_is_the_usual_distance_of_one() -> None:
    one = player(4.00, 4.10, 4.20, 4.20, config={**FREE, "risk": {"stop_distance": 0.05}})
    for action in (BUY, HOLD, SELL):
        one.send(action)
    trade = closed(one)
    assert trade["risk"] == int(trade["paid"] * 0.05)
    assert described(trade)["r_multiple"] == pytest.approx((4.20 - 4.02) / (0.05 * 4.02), rel=1e-2)


def test_a_winner_that_loses_is_a_round_trip_and_costs_confidence() -> None:
    one = player(4.00, 4.10, 3.90, 3.90)
    for action in (BUY, HOLD, SELL):
        one.send(action)
    assert closed(one)["round_trip"] == 1
    assert one.state["round_trips"] == 1
    assert one.state["confidence"] == pytest.approx(0.9)


def test_a_loser_that_never_was_a_winner_is_none() -> None:
    one = player(4.00, 4.05, 3.90, 3.90)  # a mark of $4.05 is less than 1 % above $4.02
    for action in (BUY, HOLD, SELL):
        one.send(action)
    assert (closed(one)["round_trip"], one.state["round_trips"]) == (0, 0)
    assert one.state["confidence"] == 1.0


def test_wins_and_losses_in_a_row_are_counted() -> None:
    one = player(4.00, 4.10, 4.10, 4.20, 4.20, 4.10, 4.10, 4.10)
    rows = []
    for action in (BUY, SELL, BUY, SELL, BUY, SELL):
        one.send(action)
        if action == SELL:
            state = one.state
            rows.append((state["wins_in_row"], state["losses_in_row"], state["loss_second"]))
    assert rows == [(1, 0, -1), (2, 0, -1), (0, 1, OPEN + 6)]
    assert one.state["traded"] == 1_243 * 402 * 10_000 + 1_213 * 412 * 10_000 + 1_184 * 422 * 10_000


def test_a_trade_that_was_closed_by_force_says_so() -> None:
    one = player(4.00, 2.00, 2.00, 2.00, config={**FREE, "episode": {"day_loss": 0.01}})
    one.send(BUY)
    one.play_out()
    assert closed(one)["forced"] == 1
