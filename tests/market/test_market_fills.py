"""When an order fills, in part, or not: the conditions of the market model, one by one.

The book is made by hand, the decision is taken at 09:30:00 and the order arrives 150 ms later.
"""

import pytest
from at_the_open import ARRIVAL, BUY, KNOWN, SELL, deal, outcome
from reference.tapes import DATE, OPEN, P, Q, ns, resume, stop

from lowfloat.base.clock import session_of
from lowfloat.base.codes import Action

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
def test_a_buy_wishes_for_quarters_of_the_maximum_position(trader, action, shares) -> None:
    state = trader.sent(action=action)
    assert state["order_shares"] == state["fill_shares"] == state["shares"] == shares


def test_a_second_buy_wishes_for_the_room_that_is_left(trader) -> None:
    quotes = [Q(ns(OPEN) + 500_000_000, 4.00, 4.02, 5_000, 5_000)]
    player = trader.player([KNOWN, *quotes])
    player.send(Action.BUY_75)
    assert player.send(Action.BUY_75)["order_shares"] == 2_487 - 1_865


def test_a_buy_wishes_for_no_more_than_the_cash_can_buy(trader) -> None:
    state = trader.sent(config={"risk": {"cash": 1_000.0}})
    assert state["order_shares"] == 248  # $1,000 at $4.02


@pytest.mark.parametrize(
    ("action", "shares"),
    [(Action.SELL_25, 25), (Action.SELL_50, 50), (Action.SELL_75, 75), (Action.SELL_100, 100)],
)
def test_a_sale_wishes_for_quarters_of_the_position(trader, action, shares) -> None:
    quotes = [Q(ns(OPEN - 2), 4.00, 4.02, 5_000, 100), KNOWN]
    player = trader.player(quotes, second=OPEN - 1)
    player.send(BUY)
    assert player.send(action)["order_shares"] == -shares


def test_a_sale_wishes_for_at_least_one_share(trader) -> None:
    player = trader.player([Q(ns(OPEN - 2), 4.00, 4.02, 5_000, 1), KNOWN], second=OPEN - 1)
    player.send(BUY)
    assert outcome(player.send(Action.SELL_25)) == (-1, "NONE")


# Which book the order meets.


def test_an_order_meets_the_book_at_its_arrival_and_not_the_one_it_saw(trader) -> None:
    state = trader.sent(Q(ARRIVAL - 1, 4.01, 4.03, 5_000, 5_000))
    assert (state["fill_worst"], state["fill_shares"]) == (40_300, 2_487)


def test_a_book_received_at_the_very_arrival_is_met(trader) -> None:
    assert trader.sent(Q(ARRIVAL, 4.01, 4.03, 5_000, 5_000))["fill_worst"] == 40_300


def test_a_book_received_a_nanosecond_after_the_arrival_is_not_met(trader) -> None:
    assert trader.sent(Q(ARRIVAL + 1, 4.01, 4.03, 5_000, 5_000))["fill_worst"] == 40_200


@pytest.mark.parametrize(("latency_ms", "price"), [(0, 40_200), (299, 40_200), (300, 40_300)])
def test_the_arrival_is_the_decision_and_the_latency(trader, latency_ms, price) -> None:
    quote = Q(ns(OPEN) + 300_000_000, 4.01, 4.03, 5_000, 5_000)
    assert trader.sent(quote, latency_ms=latency_ms)["fill_worst"] == price


def test_a_fill_names_its_arrival_and_the_book_it_met(trader) -> None:
    state = trader.sent(Q(ARRIVAL - 7, 4.01, 4.03, 5_000, 5_000))
    start = session_of(DATE).start_ns
    assert (state["fill_ns"], state["fill_quote_ns"]) == (start + ARRIVAL, start + ARRIVAL - 7)


def test_a_trade_leaves_the_book_as_it_was(trader) -> None:
    state = trader.sent(trades=[P(ARRIVAL - 1, 9.01, 4_999), P(ARRIVAL - 1, 4.02, 4_999)])
    assert deal(state) == (40_200, 2_487, "NONE")


def test_a_buy_pays_the_ask_and_a_sale_gets_the_bid(trader) -> None:
    assert trader.sent()["fill_worst"] == 40_200
    assert trader.sold()["fill_worst"] == 40_000


# How much of it fills.


def test_an_order_fills_in_full_if_the_displayed_size_is_enough(trader) -> None:
    assert outcome(trader.sent(Q(ARRIVAL, 4.00, 4.02, 1, 2_487))) == (2_487, "NONE")


def test_an_order_fills_in_part_if_one_share_is_missing(trader) -> None:
    assert outcome(trader.sent(Q(ARRIVAL, 4.00, 4.02, 1, 2_486))) == (2_486, "PARTIAL")


def test_a_sale_fills_up_to_the_size_bid_for(trader) -> None:
    assert outcome(trader.sold(Q(ARRIVAL, 4.00, 4.02, 30, 9_999))) == (-30, "PARTIAL")


def test_displayed_size_is_consumed_once(trader) -> None:
    player = trader.player([Q(ns(OPEN) - 1, 4.00, 4.02, 100, 1_000)])
    assert outcome(player.send(Action.BUY_25)) == (621, "NONE")
    assert outcome(player.send(Action.BUY_25)) == (379, "PARTIAL")
    assert outcome(player.send(Action.BUY_25)) == (0, "NO_SIZE")


def test_a_trade_record_does_not_refill_the_displayed_size(trader) -> None:
    trade = Q(ns(OPEN) + 500_000_000, 4.00, 4.02, 100, 500, action="T")
    player = trader.player([Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500), trade])
    assert outcome(player.send()) == (0, "NONE")
    assert outcome(player.send(BUY)) == (500, "PARTIAL")
    assert outcome(player.send(BUY)) == (0, "NO_SIZE")


def test_a_new_record_of_the_same_price_refills_nothing_if_it_says_the_same(trader) -> None:
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500), Q(ARRIVAL + 1, 4.00, 4.02, 900, 500)]
    player = trader.player(quotes)
    assert outcome(player.send(BUY)) == (500, "PARTIAL")
    assert outcome(player.send(BUY)) == (0, "NO_SIZE")


def test_what_is_added_to_a_price_can_be_taken(trader) -> None:
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500), Q(ARRIVAL + 1, 4.00, 4.02, 100, 530)]
    player = trader.player(quotes)
    assert outcome(player.send(BUY)) == (500, "PARTIAL")
    assert outcome(player.send(BUY)) == (30, "PARTIAL")


def test_no_more_counts_as_taken_than_the_least_size_shown_since(trader) -> None:
    quotes = [
        Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500),
        Q(ARRIVAL + 1, 4.00, 4.02, 100, 40),
        Q(ARRIVAL + 2, 4.00, 4.02, 100, 300),
        Q(ARRIVAL + ns(1) + 1, 4.00, 4.02, 100, 400),
    ]
    player = trader.player(quotes)
    assert outcome(player.send(BUY)) == (500, "PARTIAL")
    state = player.send(BUY)
    assert (*outcome(state), state["ask_taken"]) == (260, "PARTIAL", 300)
    assert outcome(player.send(BUY)) == (100, "PARTIAL")


def test_a_price_that_went_away_and_came_back_is_whole_again(trader) -> None:
    away, back = Q(ARRIVAL + 1, 4.00, 4.03, 100, 1), Q(ARRIVAL + 2, 4.00, 4.02, 100, 500)
    player = trader.player([Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500), away, back])
    assert outcome(player.send(BUY)) == (500, "PARTIAL")
    state = player.send(BUY)
    assert (*outcome(state), state["ask_taken"]) == (500, "PARTIAL", 500)


def test_a_move_of_the_other_side_refills_nothing(trader) -> None:
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500), Q(ARRIVAL + 1, 4.01, 4.02, 900, 500)]
    player = trader.player(quotes)
    assert outcome(player.send(BUY)) == (500, "PARTIAL")
    assert outcome(player.send(BUY)) == (0, "NO_SIZE")


def test_the_two_sides_of_one_book_are_consumed_apart(trader) -> None:
    player = trader.player([Q(ns(OPEN) - 1, 4.00, 4.02, 70, 100)])
    assert outcome(player.send(BUY)) == (100, "PARTIAL")
    assert outcome(player.send(SELL)) == (-70, "PARTIAL")
    assert outcome(player.send(SELL)) == (0, "NO_SIZE")


def test_a_new_episode_finds_the_displayed_size_whole(trader) -> None:
    player = trader.player([Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500)])
    player.send(BUY)
    player.begin_again()
    assert outcome(player.send(BUY)) == (500, "PARTIAL")


# Why nothing fills.


@pytest.mark.parametrize("side", [(0, 4.02), (4.00, 0), (0, 0)])
def test_an_order_into_a_book_without_two_sides_is_refused(trader, side) -> None:
    assert outcome(trader.sent(Q(ARRIVAL, *side))) == (0, "NO_QUOTE")
    assert outcome(trader.sold(Q(ARRIVAL, *side))) == (0, "NO_QUOTE")


@pytest.mark.parametrize("bid", [4.02, 4.03])
def test_an_order_into_a_locked_or_crossed_book_is_refused(trader, bid) -> None:
    assert outcome(trader.sent(Q(ARRIVAL, bid, 4.02))) == (0, "CROSSED")


def test_a_book_just_as_old_as_allowed_fills_and_an_older_one_does_not(trader) -> None:
    config = {"fills": {"max_quote_age_seconds": 3}}
    for age, expected in ((ns(3), (2_487, "NONE")), (ns(3) + 1, (0, "STALE_QUOTE"))):
        book = Q(ARRIVAL - age, 4.00, 4.02, 5_000, 5_000)
        assert outcome(trader.sent(before=[book], config=config)) == expected


def test_a_buy_gets_no_more_than_is_paid_for_with_all_its_fees(trader) -> None:
    # $97 at $4.02 are 24 shares, with fees of 1 % of $96.96 at the limit; $96.0304 pay for 23.
    state = trader.sent(config={"risk": {"cash": 97.0}})
    assert (state["order_shares"], *outcome(state)) == (24, 23, "PARTIAL")
    assert state["fill_fee"] == 924_600  # 1 % of $92.46, taken anew
    assert state["cash"] == 97_000_000 - 92_460_000 - 924_600


def test_a_buy_of_which_the_cash_pays_no_share_is_refused(trader) -> None:
    # $4.05 less 1 % of $4.04 is less than $4.02.
    state = trader.sent(config={"risk": {"cash": 4.05}})
    assert (state["order_shares"], *outcome(state)) == (1, 0, "NO_CASH")
    assert state["cash"] == 4_050_000


def test_a_buy_of_which_the_cash_pays_no_share_at_the_known_price_is_masked(trader) -> None:
    player = trader.player([KNOWN], config={"risk": {"cash": 4.01}})
    assert player.mask == [True] + [False] * 8
    assert outcome(player.send(BUY)) == (0, "MASKED")


# Halts, to the nanosecond. The notice of the stop comes late, so that the mask does not know.


def test_an_order_that_arrives_just_before_the_stop_fills(trader) -> None:
    halt = [stop(ARRIVAL + 1, ns(OPEN + 1)), resume(ns(OPEN + 300))]
    assert outcome(trader.sent(status=halt)) == (2_487, "NONE")


def test_an_order_that_arrives_with_the_stop_is_refused(trader) -> None:
    halt = [stop(ARRIVAL, ns(OPEN + 1)), resume(ns(OPEN + 300))]
    assert outcome(trader.sent(status=halt)) == (0, "HALTED")
    assert outcome(trader.sold(status=halt)) == (0, "HALTED")


def test_the_halt_begins_with_the_earlier_of_its_two_times(trader) -> None:
    halt = [stop(ARRIVAL + 5, ARRIVAL), resume(ns(OPEN + 300))]
    assert outcome(trader.sent(status=halt)) == (0, "HALTED")


def test_a_stock_known_to_be_halted_cannot_be_traded_until_it_is_known_to_resume(trader) -> None:
    halt = [stop(ns(OPEN - 300)), resume(ns(OPEN))]
    player = trader.player([KNOWN], halt)
    assert player.mask == [True] + [False] * 8  # received at 09:30:00, known a second later
    assert outcome(player.send(BUY)) == (0, "MASKED")
    assert player.mask[1:5] == [True] * 4


def test_the_first_book_after_the_halt_is_the_first_to_fill(trader) -> None:
    halt = [stop(ns(OPEN - 300)), resume(ns(OPEN) - 2)]
    stale = [Q(ns(OPEN) - 3, 4.00, 4.02, 5_000, 5_000)]
    assert outcome(trader.sent(before=stale, status=halt)) == (0, "STALE_QUOTE")
    fresh = [Q(ns(OPEN) - 2, 4.00, 4.02, 5_000, 5_000)]
    assert outcome(trader.sent(before=fresh, status=halt)) == (2_487, "NONE")


def test_the_halt_ends_with_the_later_of_its_two_times(trader) -> None:
    halt = [stop(ns(OPEN - 300)), resume(ARRIVAL, ns(OPEN) - 1)]
    fresh = [Q(ns(OPEN) - 1, 4.00, 4.02), Q(ARRIVAL, 4.00, 4.02, 5_000, 5_000)]
    assert outcome(trader.sent(before=fresh, status=halt)) == (2_487, "NONE")
    late = [stop(ns(OPEN - 300)), resume(ARRIVAL + 1, ns(OPEN) - 1)]
    assert outcome(trader.sent(before=fresh, status=late)) == (0, "HALTED")


def test_the_reason_that_comes_first_is_named(trader) -> None:
    halt = [stop(ARRIVAL, ns(OPEN + 1)), resume(ns(OPEN + 300))]
    assert outcome(trader.sent(Q(ARRIVAL, 0, 4.02), status=halt)) == (0, "HALTED")
    config = {"fills": {"max_quote_age_seconds": 1}}
    over = [stop(ns(OPEN - 300)), resume(ARRIVAL, ns(OPEN) - 1)]
    empty = Q(ARRIVAL - 1, 0, 4.02)
    assert outcome(trader.sent(empty, status=over, config=config)) == (0, "NO_QUOTE")
    crossed = Q(ARRIVAL - 1, 4.02, 4.02)
    assert outcome(trader.sent(crossed, status=over, config=config)) == (0, "CROSSED")
