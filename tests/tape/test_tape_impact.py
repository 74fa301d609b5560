"""What trading cost and moved, on tapes made so that the answer is known."""

import numpy as np
import pytest
from reference.tapes import P, Q, ns
from tape.told import told_of


def pressed(bps: float, shares: list[int]) -> tuple[list[Q], list[P]]:
    """Return a market that ``bps`` move for every 1,000 net shares bought in a second."""
    mid, quotes, trades = 20.0, [Q(ns(0), 19.99, 20.01)], []
    for second, net in enumerate(shares, start=1):
        if net:
            trades.append(P(ns(second), mid, abs(net), 1 if net > 0 else -1))
        mid *= 1 + bps / 1e4 * net / 1000
        quotes.append(Q(ns(second + 0.5), mid - 0.01, mid + 0.01))
    return quotes, trades


def random_shares(count: int, seed: int = 3) -> list[int]:
    return (100 * np.random.default_rng(seed).integers(-20, 21, count)).tolist()


@pytest.mark.parametrize("bps", [1.0, 5.0, 20.0, -3.0])
def test_kyles_lambda_of_a_made_market_is_found(bps: float) -> None:
    found = told_of("kyle_lambda", *pressed(bps, random_shares(900)))[900]
    slope = 10 * found / (1 - abs(found))
    assert slope == pytest.approx(bps, rel=0.03)


def test_there_is_no_lambda_before_a_signed_print_and_one_print_of_few_shares_says_little() -> None:
    quotes, trades = pressed(50.0, [0] * 100 + [10])
    found = told_of("kyle_lambda", quotes, trades)
    assert np.isnan(found[101])
    assert 0 < found[102] < 0.05


def buying(follows: float) -> tuple[list[Q], list[P]]:
    """Return a market with an impact of 5 bps, in which much is bought after 900 s.

    Then it rises by the given part of what it should.
    """
    quotes, trades = pressed(5.0, random_shares(900))
    mid = (quotes[-1].bid + quotes[-1].ask) / 2
    for second in range(902, 912):
        trades.append(P(ns(second), mid, 5_000))
        mid *= 1 + follows * 5.0 / 1e4 * 5
        quotes.append(Q(ns(second + 0.5), mid - 0.01, mid + 0.01))
    return quotes, trades


def test_large_buys_that_move_no_price_are_absorbed_at_the_ask() -> None:
    market = buying(follows=0.0)
    assert told_of("absorption_at_ask", *market)[912] > 0.95
    assert told_of("absorption_at_bid", *market)[912] == 0


def test_large_buys_that_move_the_price_are_not_absorbed() -> None:
    assert told_of("absorption_at_ask", *buying(follows=1.5))[912] < 0.1


def test_few_net_shares_are_never_absorbed() -> None:
    quotes, trades = pressed(5.0, random_shares(900))
    quotes += [Q(ns(903), quotes[-1].bid, quotes[-1].ask)]
    trades += [P(ns(915), quotes[-1].ask, 100)]
    assert told_of("absorption_at_ask", quotes, trades)[916] == 0


def paid() -> tuple[list[Q], list[P]]:
    """Return a purchase at the offer of 10.02 in second 100, after which the mid rises by half."""
    quotes = [Q(ns(50), 10.00, 10.02), Q(ns(103), 10.005, 10.025)]
    return quotes, [P(ns(100.5), 10.02, 100)]


def test_the_effective_spread_is_twice_what_was_paid_beyond_the_mid() -> None:
    found = told_of("effective_spread_60s", *paid())
    assert np.isnan(found[100])
    assert found[[101, 160]] == pytest.approx(2 * 0.01 / 10.01, rel=1e-5)
    assert np.isnan(found[161])


def test_the_realised_spread_appears_five_seconds_later_and_not_before() -> None:
    found = told_of("realised_spread_60s", *paid())
    assert np.isnan(found[:106]).all()
    assert found[[106, 165]] == pytest.approx(2 * 0.005 / 10.01, rel=1e-4)
    assert np.isnan(found[166])


def test_what_is_not_realised_was_lost_to_those_who_knew_more() -> None:
    assert told_of("adverse_selection_60s", *paid())[106] == pytest.approx(0.01 / 10.01, rel=1e-4)


def test_spreads_are_weighted_by_shares_and_a_sale_pays_below_the_mid() -> None:
    trades = [P(ns(100), 10.02, 300), P(ns(101), 10.00, 100, -1), P(ns(102), 10.01, 400, -1)]
    found = told_of("effective_spread_60s", [Q(ns(50), 10.00, 10.02)], trades)
    assert found[103] == pytest.approx(2 * 0.01 / 10.01 * 400 / 800, rel=1e-5)


def test_prints_against_a_crossed_or_one_sided_book_have_no_spread() -> None:
    for quote in (Q(ns(50), 10.02, 10.00), Q(ns(50), 10.0, 0)):
        found = told_of("effective_spread_60s", [quote], [P(ns(100), 10.02)])
        assert np.isnan(found).all()


def test_a_price_that_moves_on_little_money_is_illiquid() -> None:
    quotes = [Q(ns(10), 9.99, 10.01), Q(ns(100), 10.09, 10.11)]
    found = told_of("illiquidity_60s", quotes, [P(ns(100), 10.0, 2_000)])
    assert found[101] == pytest.approx(np.log1p(100 / 2))
    assert np.isnan(found[161])
