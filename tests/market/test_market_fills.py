"""When an order fills, in part, or not: the conditions of the market model, one by one.

The book is made by hand, the decision is taken at 09:30:00 and the order arrives 150 ms later.
"""

import pytest
from reference.play import Player
from reference.tapes import DATE, OPEN, P, Q, make_day, ns, resume, stop

from lowfloat.base.clock import session_of
from lowfloat.base.codes import Action, RejectReason

ARRIVAL = ns(OPEN) + 150_000_000
KNOWN = Q(ns(OPEN) - 1, 4.00, 4.02, 5_000, 5_000)  # what the decision at 09:30:00 sees
BUY, SELL, HOLD = Action.BUY_100, Action.SELL_100, Action.HOLD


def sent(*quotes, status=(), trades=(), action=BUY, config=None, before=(KNOWN,)) -> dict[str, int]:
    """Return the state after one order at 09:30:00 into a book of ``before`` and ``quotes``."""
    return Player(make_day([*before, *quotes], status, trades), OPEN, config).send(action)


def sold(*quotes, status=(), config=None) -> dict[str, int]:
    """Return the state after selling at 09:30:00 what was bought a second earlier."""
    before = [Q(ns(OPEN - 2), 4.00, 4.02, 5_000, 100), Q(ns(OPEN) - 1, 4.00, 4.02, 5_000, 5_000)]
    player = Player(make_day([*before, *quotes], status), OPEN - 1, config)
    assert player.send(BUY)["shares"] == 100
    return player.send(SELL)


def outcome(state: dict[str, int]) -> tuple[int, str]:
    """Return the signed shares filled and the reason they were not more."""
    return state["fill_shares"], RejectReason(state["reject"]).name


# What an order wishes for.


@pytest.mark.parametrize(
    ("action", "shares"),
    [  # $10,000 at $4.02 are 2,487 shares
        (Action.BUY_25, 621),
        (Action.BUY_50, 1_243),
        (Action.BUY_75, 1_865),
        (Action.BUY_100, 2_487),
        (Action.HOLD, 0),
    ],
)
def test_a_buy_wishes_for_quarters_of_the_maximum_position(action, shares) -> None:
    state = sent(action=action)
    assert state["order_shares"] == state["fill_shares"] == state["shares"] == shares


def test_a_second_buy_wishes_for_the_room_that_is_left() -> None:
    quotes = [Q(ns(OPEN) + 500_000_000, 4.00, 4.02, 5_000, 5_000)]
    player = Player(make_day([KNOWN, *quotes]), OPEN)
    player.send(Action.BUY_75)
    assert player.send(Action.BUY_75)["order_shares"] == 2_487 - 1_865


def test_a_buy_wishes_for_no_more_than_the_cash_can_buy() -> None:
    state = sent(config={"risk": {"cash": 1_000.0}})
    assert state["order_shares"] == 248  # $1,000 at $4.02


@pytest.mark.parametrize(
    ("action", "shares"),
    [(Action.SELL_25, 25), (Action.SELL_50, 50), (Action.SELL_75, 75), (Action.SELL_100, 100)],
)
def test_a_sale_wishes_for_quarters_of_the_position(action, shares) -> None:
    quotes = [Q(ns(OPEN - 2), 4.00, 4.02, 5_000, 100), KNOWN]
    player = Player(make_day(quotes), OPEN - 1)
    player.send(BUY)
    assert player.send(action)["order_shares"] == -shares


def test_a_sale_wishes_for_at_least_one_share() -> None:
    player = Player(make_day([Q(ns(OPEN - 2), 4.00, 4.02, 5_000, 1), KNOWN]), OPEN - 1)
    player.send(BUY)
    assert outcome(player.send(Action.SELL_25)) == (-1, "NONE")


# Which book the order meets.


def test_an_order_meets_the_book_at_its_arrival_and_not_the_one_it_saw() -> None:
    state = sent(Q(ARRIVAL - 1, 4.10, 4.11, 5_000, 5_000))
    assert (state["fill_price"], state["fill_shares"]) == (41_100, 2_487)


def test_a_book_received_at_the_very_arrival_is_met() -> None:
    assert sent(Q(ARRIVAL, 4.10, 4.11, 5_000, 5_000))["fill_price"] == 41_100


def test_a_book_received_a_nanosecond_after_the_arrival_is_not_met() -> None:
    assert sent(Q(ARRIVAL + 1, 4.10, 4.11, 5_000, 5_000))["fill_price"] == 40_200


@pytest.mark.parametrize(("latency_ms", "price"), [(0, 40_200), (299, 40_200), (300, 41_100)])
def test_the_arrival_is_the_decision_and_the_latency(latency_ms, price) -> None:
    quote = Q(ns(OPEN) + 300_000_000, 4.10, 4.11, 5_000, 5_000)
    assert sent(quote, config={"fills": {"latency_ms": latency_ms}})["fill_price"] == price


def test_a_fill_names_its_arrival_and_the_book_it_met() -> None:
    state = sent(Q(ARRIVAL - 7, 4.10, 4.11, 5_000, 5_000))
    start = session_of(DATE).start_ns
    assert (state["fill_ns"], state["fill_quote_ns"]) == (start + ARRIVAL, start + ARRIVAL - 7)


def test_a_trade_leaves_the_book_as_it_was() -> None:
    state = sent(trades=[P(ARRIVAL - 1, 9.01, 4_999), P(ARRIVAL - 1, 4.02, 4_999)])
    assert (state["fill_price"], *outcome(state)) == (40_200, 2_487, "NONE")


def test_a_buy_pays_the_ask_and_a_sale_gets_the_bid() -> None:
    assert sent()["fill_price"] == 40_200
    assert sold()["fill_price"] == 40_000


# How much of it fills.


def test_an_order_fills_in_full_if_the_displayed_size_is_enough() -> None:
    assert outcome(sent(Q(ARRIVAL, 4.00, 4.02, 1, 2_487))) == (2_487, "NONE")


def test_an_order_fills_in_part_if_one_share_is_missing() -> None:
    assert outcome(sent(Q(ARRIVAL, 4.00, 4.02, 1, 2_486))) == (2_486, "PARTIAL")


def test_a_sale_fills_up_to_the_size_bid_for() -> None:
    assert outcome(sold(Q(ARRIVAL, 4.00, 4.02, 30, 9_999))) == (-30, "PARTIAL")


def test_displayed_size_is_consumed_once() -> None:
    player = Player(make_day([Q(ns(OPEN) - 1, 4.00, 4.02, 100, 1_000)]), OPEN)
    assert outcome(player.send(Action.BUY_25)) == (621, "NONE")
    assert outcome(player.send(Action.BUY_25)) == (379, "PARTIAL")
    assert outcome(player.send(Action.BUY_25)) == (0, "NO_SIZE")


def test_a_trade_record_does_not_refill_the_displayed_size() -> None:
    trade = Q(ns(OPEN) + 500_000_000, 4.00, 4.02, 100, 500, action="T")
    player = Player(make_day([Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500), trade]), OPEN)
    assert outcome(player.send()) == (0, "NONE")
    assert outcome(player.send(BUY)) == (500, "PARTIAL")
    assert outcome(player.send(BUY)) == (0, "NO_SIZE")


def test_a_new_record_refills_even_if_it_says_the_same() -> None:
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500), Q(ARRIVAL + 1, 4.00, 4.02, 100, 500)]
    player = Player(make_day(quotes), OPEN)
    assert outcome(player.send(BUY)) == (500, "PARTIAL")
    assert outcome(player.send(BUY)) == (500, "PARTIAL")


def test_the_two_sides_of_one_book_are_consumed_apart() -> None:
    player = Player(make_day([Q(ns(OPEN) - 1, 4.00, 4.02, 70, 100)]), OPEN)
    assert outcome(player.send(BUY)) == (100, "PARTIAL")
    assert outcome(player.send(SELL)) == (-70, "PARTIAL")
    assert outcome(player.send(SELL)) == (0, "NO_SIZE")


def test_a_new_episode_finds_the_displayed_size_whole() -> None:
    player = Player(make_day([Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500)]), OPEN)
    player.send(BUY)
    player.env.reset()
    assert outcome(player.send(BUY)) == (500, "PARTIAL")


# Why nothing fills.


@pytest.mark.parametrize("side", [(0, 4.02), (4.00, 0), (0, 0)])
def test_an_order_into_a_book_without_two_sides_is_refused(side) -> None:
    assert outcome(sent(Q(ARRIVAL, *side))) == (0, "NO_QUOTE")
    assert outcome(sold(Q(ARRIVAL, *side))) == (0, "NO_QUOTE")


@pytest.mark.parametrize("bid", [4.02, 4.03])
def test_an_order_into_a_locked_or_crossed_book_is_refused(bid) -> None:
    assert outcome(sent(Q(ARRIVAL, bid, 4.02))) == (0, "CROSSED")


def test_a_book_just_as_old_as_allowed_fills_and_an_older_one_does_not() -> None:
    config = {"fills": {"max_quote_age_seconds": 3}}
    for age, expected in ((ns(3), (2_487, "NONE")), (ns(3) + 1, (0, "STALE_QUOTE"))):
        book = Q(ARRIVAL - age, 4.00, 4.02, 5_000, 5_000)
        assert outcome(sent(before=[book], config=config)) == expected


def test_an_order_that_the_price_ran_away_from_takes_what_the_cash_pays() -> None:
    # Wished 24 shares at $4.02 with $100; at $5.00 with a fee of 1 %, $98.80 pay for 19.
    state = sent(Q(ARRIVAL, 4.99, 5.00, 100, 100), config={"risk": {"cash": 100.0}})
    assert (state["order_shares"], *outcome(state)) == (24, 19, "PARTIAL")
    assert state["fill_fee"] == 950_000  # 1 % of $95, taken anew
    assert state["cash"] == 100_000_000 - 95_000_000 - 950_000


def test_an_order_that_the_cash_no_longer_pays_a_share_of_is_refused() -> None:
    state = sent(Q(ARRIVAL, 4.99, 5.00, 100, 100), config={"risk": {"cash": 5.0}})
    assert outcome(state) == (0, "NO_CASH")
    assert state["cash"] == 5_000_000


# Halts, to the nanosecond. The notice of the stop comes late, so that the mask does not know.


def test_an_order_that_arrives_just_before_the_stop_fills() -> None:
    halt = [stop(ARRIVAL + 1, ns(OPEN + 1)), resume(ns(OPEN + 300))]
    assert outcome(sent(status=halt)) == (2_487, "NONE")


def test_an_order_that_arrives_with_the_stop_is_refused() -> None:
    halt = [stop(ARRIVAL, ns(OPEN + 1)), resume(ns(OPEN + 300))]
    assert outcome(sent(status=halt)) == (0, "HALTED")
    assert outcome(sold(status=halt)) == (0, "HALTED")


def test_the_halt_begins_with_the_earlier_of_its_two_times() -> None:
    halt = [stop(ARRIVAL + 5, ARRIVAL), resume(ns(OPEN + 300))]
    assert outcome(sent(status=halt)) == (0, "HALTED")


def test_a_stock_known_to_be_halted_cannot_be_traded_until_it_is_known_to_resume() -> None:
    halt = [stop(ns(OPEN - 300)), resume(ns(OPEN))]
    player = Player(make_day([KNOWN], halt), OPEN)
    assert player.mask == [True] + [False] * 8  # received at 09:30:00, known a second later
    assert outcome(player.send(BUY)) == (0, "MASKED")
    assert player.mask[1:5] == [True] * 4


def test_the_first_book_after_the_halt_is_the_first_to_fill() -> None:
    halt = [stop(ns(OPEN - 300)), resume(ns(OPEN) - 2)]
    stale = [Q(ns(OPEN) - 3, 4.00, 4.02, 5_000, 5_000)]
    assert outcome(sent(before=stale, status=halt)) == (0, "STALE_QUOTE")
    fresh = [Q(ns(OPEN) - 2, 4.00, 4.02, 5_000, 5_000)]
    assert outcome(sent(before=fresh, status=halt)) == (2_487, "NONE")


def test_the_halt_ends_with_the_later_of_its_two_times() -> None:
    halt = [stop(ns(OPEN - 300)), resume(ARRIVAL, ns(OPEN) - 1)]
    fresh = [Q(ns(OPEN) - 1, 4.00, 4.02), Q(ARRIVAL, 4.00, 4.02, 5_000, 5_000)]
    assert outcome(sent(before=fresh, status=halt)) == (2_487, "NONE")
    late = [stop(ns(OPEN - 300)), resume(ARRIVAL + 1, ns(OPEN) - 1)]
    assert outcome(sent(before=fresh, status=late)) == (0, "HALTED")


def test_the_reason_that_comes_first_is_named() -> None:
    halt = [stop(ARRIVAL, ns(OPEN + 1)), resume(ns(OPEN + 300))]
    assert outcome(sent(Q(ARRIVAL, 0, 4.02), status=halt)) == (0, "HALTED")
    config = {"fills": {"max_quote_age_seconds": 1}}
    over = [stop(ns(OPEN - 300)), resume(ARRIVAL, ns(OPEN) - 1)]
    empty = Q(ARRIVAL - 1, 0, 4.02)
    assert outcome(sent(empty, status=over, config=config)) == (0, "NO_QUOTE")
    crossed = Q(ARRIVAL - 1, 4.02, 4.02)
    assert outcome(sent(crossed, status=over, config=config)) == (0, "CROSSED")
