"""What an account pays for having just traded: the price of its own footprint.

The mid of the book rises from $4.00 to $4.01 before the open: 2,500 millionths, and the only
change within five minutes. The ten seconds that see it make up for the tenth that is taken of
their sum. There is no volume but the account's own unless a test says so.
"""

import pytest
from at_the_open import SELL, Trader, deal, outcome
from reference.play import PlainPlayer, Player
from reference.tapes import OPEN, P, Q, closed_at, make_day, ns

from lowfloat.base.codes import Action

QUARTER, HALF = Action.BUY_25, Action.BUY_50
BEFORE = Q(ns(OPEN - 60), 3.99, 4.01, 5_000, 5_000)
MOVED = Q(ns(OPEN - 20), 4.00, 4.02, 5_000, 5_000)
KEPT = {"impact_half_life": 1e6, "collar_ticks": 10}  # the footprint does not fade


def mover(trader: Trader, *quotes: Q, trades=(), **fills) -> Player | PlainPlayer:
    how = {**KEPT, "impact": 1.0, **fills}
    return trader.player([BEFORE, MOVED, *quotes], trades=trades, **how)


def test_the_first_order_pays_no_impact(trader) -> None:
    assert deal(mover(trader).send(QUARTER)) == (40_200, 621, "NONE")


def test_who_has_just_bought_pays_more_for_the_next_shares(trader) -> None:
    # 2,500 millionths of $4.02 are 1.005 cents, up to two; all volume is the account's own.
    player = mover(trader)
    player.send(QUARTER)
    state = player.send(QUARTER)
    assert deal(state) == (40_400, 621, "NONE")
    assert state["fill_value"] == 100 * 621 * 40_400
    assert state["mark"] == 40_000  # it never marks the position


@pytest.mark.parametrize(
    ("impact", "price"), [(0.0, 40_200), (0.01, 40_300), (0.99, 40_300), (3.9, 40_600)]
)
def test_the_impact_is_rounded_up_to_the_tick(trader, impact, price) -> None:
    player = mover(trader, impact=impact)
    player.send(QUARTER)
    assert player.send(QUARTER)["fill_worst"] == price


@pytest.mark.parametrize(("shares", "price"), [(620, 40_300), (6, 40_400)])
def test_the_impact_falls_with_the_volume_of_others(trader, shares, price) -> None:
    # With as much volume as the footprint it is the root of a half: 0.71 cents. With none, 1.005.
    player = mover(trader, trades=[P(ns(OPEN - 299), 4.01, shares)], participation=0.0)
    player.send(QUARTER)
    assert player.send(QUARTER)["fill_worst"] == price


def test_volume_of_five_minutes_ago_does_not_count(trader) -> None:
    player = mover(trader, trades=[P(ns(OPEN - 299) - 1, 4.01, 10**6)])
    player.send(QUARTER)
    assert player.send(QUARTER)["fill_worst"] == 40_400


def test_a_move_of_five_minutes_ago_does_not_count(trader) -> None:
    # The order is the second, decided a second after the open. Of the ten seconds that see the
    # move the last alone may lie within: 0.32 cents.
    for moved, price in ((-299, 40_400), (-308, 40_300), (-309, 40_200)):
        quotes = [Q(ns(OPEN - 400), 3.99, 4.01, 5_000, 5_000),
                  Q(ns(OPEN + moved), 4.00, 4.02, 5_000, 5_000)]  # fmt: skip
        player = trader.player(quotes, **KEPT, impact=1.0)
        player.send(QUARTER)
        assert player.send(QUARTER)["fill_worst"] == price


def test_a_change_is_counted_between_sound_books_only(trader) -> None:
    for first, price in ((-28, 40_200), (-27, 40_300)):  # without a bid from here to the move
        quotes = [BEFORE, Q(ns(OPEN + first), 0, 4.01, 5_000, 5_000),
                  MOVED._replace(when=ns(OPEN - 18))]  # fmt: skip
        player = trader.player(quotes, **KEPT, impact=1.0)
        player.send(QUARTER)
        assert player.send(QUARTER)["fill_worst"] == price


def test_a_change_counts_as_a_doubling_at_most(trader) -> None:
    # One hundredth of a doubling of $4.02, up to the cent; eight times as much is not seen.
    quotes = [BEFORE._replace(bid=0.49, ask=0.51), MOVED]
    player = trader.player(quotes, **KEPT, impact=0.01)
    player.send(QUARTER)
    assert player.send(QUARTER)["fill_worst"] == 40_700


def test_a_change_within_a_second_that_is_taken_back_does_not_count(trader) -> None:
    still = MOVED._replace(when=ns(OPEN - 3) + 2)
    quotes = [MOVED, Q(ns(OPEN - 3) + 1, 4.50, 4.52), still]
    player = trader.player(quotes, **KEPT, impact=1.0)
    player.send(QUARTER)
    assert player.send(QUARTER)["fill_worst"] == 40_200


def test_the_footprint_fades_with_its_half_life(trader) -> None:
    # After a second half of 1,243 shares are left, against 3,000 of others: the root of
    # 621.5 / 3,621.5 is 0.414, and 1.005 cents times it and 3.5 are 1.46 cents. Without fading
    # it would be 0.541 and 1.90 cents; so with 5.0, 2.08 and 2.72.
    trades = [P(ns(OPEN - 100), 4.01, 3_000)]
    for half_life, price in ((1.0, 40_500), (1e6, 40_500)):
        player = mover(trader, trades=trades, impact=5.0, impact_half_life=half_life)
        player.send(HALF)
        assert player.send(QUARTER)["fill_worst"] == price
    for half_life, price in ((1.0, 40_400), (1e6, 40_500)):
        player = mover(trader, trades=trades, impact=4.0, impact_half_life=half_life)
        player.send(HALF)
        assert player.send(QUARTER)["fill_worst"] == price


def test_who_has_just_bought_sells_without_an_impact(trader) -> None:
    player = mover(trader)
    player.send(QUARTER)
    assert deal(player.send(SELL)) == (40_000, -621, "NONE")


def test_who_has_just_sold_gets_less_for_the_next_shares(trader) -> None:
    # The purchase has all but faded when the first shares are sold; of these a quarter is left.
    # 1.1 times 2,500 millionths of $4.00 are 1.1 cents, up to two.
    player = mover(trader, impact=1.1, impact_half_life=0.5)
    player.send(HALF)
    for _ in range(20):
        player.send()
    assert deal(player.send(Action.SELL_50)) == (40_000, -621, "NONE")
    state = player.send(Action.SELL_100)
    assert deal(state) == (39_800, -622, "NONE")
    assert state["footprint"] == pytest.approx(-621 / 4 - 622, abs=1e-3)


def test_a_price_that_the_impact_puts_beyond_the_limit_is_not_paid(trader) -> None:
    player = mover(trader, impact=2.0, collar_ticks=2)  # 2.01 cents, up to three
    player.send(QUARTER)
    assert outcome(player.send(QUARTER)) == (0, "LIMIT")
    player = mover(trader, impact=1.9, collar_ticks=2)  # 1.91, up to two
    player.send(QUARTER)
    assert deal(player.send(QUARTER)) == (40_400, 621, "NONE")


def test_the_footprint_is_what_was_bought_less_what_was_sold(trader) -> None:
    player = mover(trader, impact=0.0)
    assert player.send(HALF)["footprint"] == 1_243.0
    assert player.send(Action.SELL_50)["footprint"] == pytest.approx(622.0, abs=0.01)
    assert player.send()["footprint"] == pytest.approx(622.0, abs=0.01)


def test_a_new_episode_begins_without_a_footprint(trader) -> None:
    player = mover(trader)
    player.send(QUARTER)
    player.begin_again()
    state = player.send(QUARTER)
    assert (state["fill_worst"], state["footprint"]) == (40_200, 621.0)


# A close by force, whatever the price.

LOST = {"max_loss": 0.0, "no_entry_seconds": 0}


def test_a_forced_close_gives_up_the_slippage_at_every_level(trader) -> None:
    quotes = []
    for i in range(8):
        quotes.append(Q(ns(OPEN - 60) + 2 * i, 4.00, 4.02, 5_000, 5_000))
        quotes.append(Q(ns(OPEN - 60) + 2 * i + 1, 3.97, 4.02, 300, 300))
    quotes.append(Q(ns(OPEN) - 1, 4.00, 4.02, 100, 500))
    player = trader.player(quotes, trades=[P(ns(OPEN - 30), 4.01, 10**6)],
                           config={"episode": LOST}, forced_slippage_bps=50)  # fmt: skip
    assert outcome(player.send(QUARTER)) == (500, "PARTIAL")
    state = player.send()
    # 0.5 % below 4.00, 3.97 and 3.94, down to the cent.
    assert deal(state) == (39_200, -500, "NONE")
    assert state["fill_value"] == 100 * (100 * 39_800 + 300 * 39_500 + 100 * 39_200)


def test_a_forced_close_pays_its_impact_before_the_slippage(trader) -> None:
    thin = Q(ns(OPEN) + 1, 4.00, 4.02, 100, 5_000)
    more = Q(ns(OPEN + 2), 4.00, 4.02, 300, 5_000)
    player = mover(trader, thin, more, config={"episode": LOST}, impact=1.1, impact_half_life=0.05,
                   forced_slippage_bps=50)  # fmt: skip
    assert player.send(QUARTER)["shares"] == 621
    assert deal(player.send()) == (39_800, -100, "PARTIAL")
    # A trace of less than a share, and 1.1 cents of impact, up to two: 3.98 less 0.5 %.
    assert deal(player.send()) == (39_600, -200, "PARTIAL")


def test_a_forced_close_gets_at_least_the_lowest_price(trader) -> None:
    player = mover(trader, config={"episode": LOST}, forced_slippage_bps=10_000)
    player.send(QUARTER)
    assert deal(player.send()) == (1, -621, "NONE")


def test_a_forced_close_takes_a_bid_far_below_the_known_one(trader) -> None:
    fallen = Q(ns(OPEN + 1) + 1, 2.00, 2.02, 5_000, 5_000)
    player = mover(trader, fallen, config={"episode": LOST}, forced_slippage_bps=0)
    player.send(QUARTER)
    assert deal(player.send()) == (20_000, -621, "NONE")


def test_a_forced_close_takes_no_bid_below_the_lower_band(trader) -> None:
    # 10 % around the opening print of $4.01: from $3.61.
    for bid, expected in ((3.61, (36_100, -621, "NONE")), (3.60, (0, 0, "LIMIT"))):
        quotes = [BEFORE, MOVED, Q(ns(OPEN + 2) + 1, bid, 4.02, 5_000, 5_000)]
        player = trader.player(
            quotes, trades=[P(ns(OPEN) + 1, 4.01)], second=OPEN + 1,
            baseline=closed_at(make_day(quotes), 4.00), config={"episode": LOST},
            forced_slippage_bps=0,
        )  # fmt: skip
        player.send(QUARTER)
        assert deal(player.send()) == expected


def test_a_forced_close_gives_up_no_more_than_down_to_the_lower_band(trader) -> None:
    quotes = [BEFORE, MOVED, Q(ns(OPEN + 2) + 1, 3.62, 4.02, 5_000, 5_000)]
    player = trader.player(
        quotes, trades=[P(ns(OPEN) + 1, 4.01)], second=OPEN + 1,
        baseline=closed_at(make_day(quotes), 4.00), config={"episode": LOST},
        forced_slippage_bps=500,
    )  # fmt: skip
    player.send(QUARTER)
    assert deal(player.send()) == (36_100, -621, "NONE")  # not 5 % below 3.62
