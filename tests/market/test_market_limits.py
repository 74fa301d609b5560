"""Up to which price an order is filled: the known book, room beyond it, ticks and bands."""

import pytest
from at_the_open import ARRIVAL, BUY, KNOWN, SELL, deal
from reference.tapes import OPEN, P, Q, closed_at, make_day, ns

CENT, PENNY_TICK = 0.01, 0.0001


def quoted(bid: float, ask: float, when: int = ns(OPEN) - 1) -> Q:
    return Q(when, bid, ask, 500, 500)


@pytest.mark.parametrize(
    ("bid", "ask", "limit"),
    [
        (4.00, 4.02, 4.04),  # two ticks
        (10.00, 10.20, 10.30),  # half of the spread
        (40.00, 40.01, 40.13),  # 30 basis points of $40.005 are 12 cents
        (35.11, 35.12, 35.23),  # 10.53 cents, up to the next
        (0.80, 0.8001, 0.8025),  # 24.00 ticks of a hundredth of a cent
        (0.0002, 0.0004, 0.0006),  # two such ticks
        (0.998, 0.999, 1.01),  # $1.0019, up to the next cent
    ],
)
def test_a_buy_pays_its_limit_and_not_a_tick_more(trader, bid, ask, limit) -> None:
    tick = CENT if limit >= 1 else PENNY_TICK
    known = quoted(bid, ask)
    at_limit = quoted(limit - tick, limit, ARRIVAL)
    assert deal(trader.sent(at_limit, before=[known])) == (
        round(limit * 10_000), min(500, int(10_000 / ask + 1e-9)),
        "NONE" if 10_000 / ask <= 500 else "PARTIAL",
    )  # fmt: skip
    beyond = quoted(limit, limit + tick, ARRIVAL)
    assert deal(trader.sent(beyond, before=[known])) == (0, 0, "LIMIT")


@pytest.mark.parametrize(
    ("bid", "ask", "limit"),
    [
        (4.00, 4.02, 3.98),
        (4.00, 4.20, 3.90),
        (4.00, 4.05, 3.97),  # 2.5 cents of half a spread, down to the next cent
        (1.00, 1.01, 0.98),  # two cents, for the tick of the ask is one
        (0.99, 1.00, 0.97),
        (0.98, 0.99, 0.975),  # below $1 half of the spread
        (0.0002, 0.0003, 0.0001),  # there is no lower price
    ],
)
def test_a_sale_takes_its_limit_and_not_a_tick_less(trader, bid, ask, limit) -> None:
    tick = CENT if limit > 1 else PENNY_TICK
    known, spread = quoted(bid, ask), CENT
    at_limit = quoted(limit, limit + spread, ARRIVAL)
    assert deal(trader.sold(at_limit, before=[known])) == (round(limit * 10_000), -100, "NONE")
    if limit > PENNY_TICK:
        beyond = quoted(limit - tick, limit + spread, ARRIVAL)
        assert deal(trader.sold(beyond, before=[known])) == (0, 0, "LIMIT")


def test_the_room_beyond_the_known_book_is_set_by_three_numbers(trader) -> None:
    ahead = quoted(4.06, 4.07, ARRIVAL)
    assert deal(trader.sent(ahead)) == (0, 0, "LIMIT")
    assert deal(trader.sent(ahead, collar_ticks=5)) == (40_700, 500, "PARTIAL")
    assert deal(trader.sent(ahead, collar_spread_percent=250)) == (40_700, 500, "PARTIAL")
    assert deal(trader.sent(ahead, collar_bps=125)) == (40_700, 500, "PARTIAL")


def test_without_any_room_the_limit_is_the_known_price(trader) -> None:
    none = {"collar_ticks": 0, "collar_spread_percent": 0, "collar_bps": 0}
    assert deal(trader.sent(**none)) == (40_200, 2_487, "NONE")
    assert deal(trader.sent(quoted(4.02, 4.03, ARRIVAL), **none)) == (0, 0, "LIMIT")
    assert deal(trader.sold(**none)) == (40_000, -100, "NONE")
    assert deal(trader.sold(quoted(3.99, 4.03, ARRIVAL), **none)) == (0, 0, "LIMIT")


def test_a_price_that_came_nearer_is_paid_as_it_is(trader) -> None:
    assert deal(trader.sent(quoted(3.50, 3.51, ARRIVAL))) == (35_100, 500, "PARTIAL")
    assert deal(trader.sold(quoted(4.50, 4.51, ARRIVAL))) == (45_000, -100, "NONE")


# The bands of limit up, limit down: 10 % around the opening print of a stock above $3.

OPENING = P(ns(OPEN) + 100, 4.00)
LATER = ns(OPEN + 2)


def near_the_upper_band(trader, ask: float, close: float | None) -> dict[str, int]:
    """Return the state after an order that knew an ask of 4.39, and met ``ask``."""
    quotes = [Q(LATER - 1, 4.38, 4.39, 500, 500), quoted(ask - CENT, ask, LATER + 1)]
    day = make_day(quotes)
    baseline = closed_at(day, close) if close else None
    return trader.player(quotes, trades=[OPENING], second=OPEN + 2, baseline=baseline).send(BUY)


def test_a_buy_pays_no_more_than_the_upper_band(trader) -> None:
    assert deal(near_the_upper_band(trader, 4.40, 4.10)) == (44_000, 500, "PARTIAL")
    assert deal(near_the_upper_band(trader, 4.41, 4.10)) == (0, 0, "LIMIT")


def test_there_are_no_bands_without_a_previous_close(trader) -> None:
    assert deal(near_the_upper_band(trader, 4.41, None)) == (44_100, 500, "PARTIAL")


def test_a_stock_up_to_three_dollars_has_wider_bands(trader) -> None:
    assert deal(near_the_upper_band(trader, 4.41, 2.90)) == (44_100, 500, "PARTIAL")


def test_there_are_no_bands_before_the_opening_print_is_known(trader) -> None:
    quotes = [Q(ns(OPEN) - 1, 4.38, 4.39, 500, 500), quoted(4.40, 4.41, ns(OPEN) + 1)]
    close = closed_at(make_day(quotes), 4.10)
    player = trader.player(quotes, trades=[OPENING], baseline=close)
    assert deal(player.send(BUY)) == (44_100, 500, "PARTIAL")


@pytest.mark.parametrize(("bid", "expected"), [(3.60, (36_000, -100, "NONE")),
                                               (3.59, (0, 0, "LIMIT"))])  # fmt: skip
def test_a_sale_takes_no_less_than_the_lower_band(trader, bid, expected) -> None:
    quotes = [
        Q(LATER - ns(1) - 1, 4.00, 4.02, 100, 100),
        Q(LATER - 1, 3.61, 3.62, 500, 500),
        quoted(bid, bid + CENT, LATER + 1),
    ]
    close = closed_at(make_day(quotes), 4.10)
    player = trader.player(quotes, trades=[OPENING], second=OPEN + 1, baseline=close)
    player.send(BUY)
    assert deal(player.send(SELL)) == expected


def test_the_room_counts_from_the_known_book_and_not_from_the_one_that_is_met(trader) -> None:
    between = quoted(4.02, 4.04, ARRIVAL - 1)
    assert deal(trader.sent(between, quoted(4.04, 4.06, ARRIVAL), before=[KNOWN]))[2] == "LIMIT"
