"""What stands behind the best price: levels seen before, what one order may take of them.

Every level that was seen stood two cents behind the best with 300 shares, unless a test says
otherwise, so that it does not matter which are drawn. The best ask is $4.02 with 100 shares.
"""

from collections.abc import Sequence

import pytest
from at_the_open import ARRIVAL, BUSY, BUY, SELL, Trader, deal, outcome
from reference.tapes import OPEN, P, Q, ns

from lowfloat.base.codes import Action, Mark
from lowfloat.base.records import SNAPSHOT

QUARTER = Action.BUY_25  # 621 shares at $4.02
ENOUGH = {"collar_ticks": 10}  # a limit of $4.12
LAST = Q(ns(OPEN) - 1, 4.00, 4.02, 5_000, 100)


def seen(
    times: int = 8, ask: float = 4.04, size: int = 300, flags: int = 0, bid: float = 4.00
) -> list[Q]:
    """Return the book going from 4.00 and 4.02 to ``bid`` and ``ask`` and back, over and over."""
    quotes, start = [], ns(OPEN - 60)
    for i in range(times):
        quotes.append(Q(start + 2 * i, 4.00, 4.02, 5_000, 100))
        quotes.append(Q(start + 2 * i + 1, bid, ask, size, size, flags=flags))
    return quotes


def bought(
    trader: Trader, quotes: Sequence[Q], action=QUARTER, trades=(BUSY,), **fills
) -> dict[str, int]:
    """Return the state after one order that meets ``LAST`` after ``quotes``."""
    return trader.player([*quotes, LAST], trades=trades, **{**ENOUGH, **fills}).send(action)


def test_an_order_walks_the_levels_and_pays_each_its_price(trader) -> None:
    state = bought(trader, seen())
    assert deal(state) == (40_600, 621, "NONE")
    assert state["fill_value"] == 100 * (100 * 40_200 + 300 * 40_400 + 221 * 40_600)
    assert (state["fill_displayed"], state["ask_taken"], state["ask_deep"]) == (100, 100, 521)
    assert state["cash"] == 25_000_000_000 - state["fill_value"] - state["fill_fee"]
    assert state["fills"] == 1  # one order, one fill
    assert state["fill_fee"] == 3_105_000  # and one commission


def test_the_walk_ends_at_the_limit(trader) -> None:
    state = bought(trader, seen(), collar_ticks=2)  # $4.04
    assert deal(state) == (40_400, 400, "PARTIAL")


def test_a_sale_walks_the_bids_down(trader) -> None:
    last = Q(ns(OPEN) - 1, 4.00, 4.02, 30, 500)
    player = trader.player([*seen(bid=3.97, ask=4.02), last], trades=[BUSY], **ENOUGH)
    assert player.send(Action.BUY_25)["shares"] == 500
    state = player.send(SELL)
    assert deal(state) == (39_400, -500, "NONE")
    assert state["fill_value"] == 100 * (30 * 40_000 + 300 * 39_700 + 170 * 39_400)
    assert state["realized"] == state["fill_value"] - 100 * 500 * 40_200
    assert (state["fill_displayed"], state["bid_taken"], state["bid_deep"]) == (30, 30, 470)
    assert state["trades"] == 1


@pytest.mark.parametrize(("times", "shares"), [(7, 100), (8, 621)])
def test_nothing_stands_behind_the_best_until_eight_levels_were_seen(trader, times, shares) -> None:
    assert bought(trader, seen(times))["fill_shares"] == shares


def test_the_level_that_has_just_become_the_best_was_seen(trader) -> None:
    # The eighth is the book that is met: its ask rose by two cents from 4.02 to 4.04.
    quotes = [*seen(7), LAST, Q(ARRIVAL, 4.00, 4.04, 5_000, 300)]
    state = trader.player(quotes, trades=[BUSY], **ENOUGH).send(QUARTER)
    assert deal(state) == (40_800, 621, "NONE")
    assert state["fill_value"] == 100 * (300 * 40_400 + 300 * 40_600 + 21 * 40_800)


def test_a_book_of_a_snapshot_shows_no_level(trader) -> None:
    assert bought(trader, seen(8, flags=SNAPSHOT))["fill_shares"] == 100


def test_a_book_without_a_bid_shows_no_level_of_the_ask(trader) -> None:
    assert bought(trader, seen(8, bid=0))["fill_shares"] == 100


def test_levels_of_the_bid_say_nothing_of_the_ask(trader) -> None:
    assert bought(trader, seen(8, bid=3.97, ask=4.02))["fill_shares"] == 100


@pytest.mark.parametrize(
    ("ask", "percent", "first"),
    [
        (4.04, 150, 40_500),  # two cents and a half of them
        (4.04, 110, 40_500),  # 2.2 cents, up to the next
        (4.04, 60, 40_400),  # 1.2 cents, up to the next
        (4.04, 10, 40_300),  # at least one cent
        (4.03, 100, 40_300),
    ],
)
def test_the_distance_of_a_level_is_stretched_and_on_the_tick(trader, ask, percent, first) -> None:
    state = bought(trader, seen(ask=ask), gap_percent=percent, deeper_levels=1)
    assert deal(state) == (first, 400, "PARTIAL")


def test_below_a_dollar_the_distance_is_on_the_finer_tick(trader) -> None:
    quotes = []
    for i in range(8):
        quotes.append(Q(ns(OPEN - 60) + 2 * i, 0.80, 0.8010, 5_000, 100))
        quotes.append(Q(ns(OPEN - 60) + 2 * i + 1, 0.80, 0.8013, 300, 300))
    quotes.append(Q(ns(OPEN) - 1, 0.80, 0.8010, 5_000, 100))
    player = trader.player(quotes, trades=[BUSY], gap_percent=150, deeper_levels=1)
    assert deal(player.send(BUY)) == (8_014, 400, "PARTIAL")


def test_a_level_above_a_dollar_stands_on_a_cent(trader) -> None:
    quotes = []
    for i in range(8):
        quotes.append(Q(ns(OPEN - 60) + 2 * i, 0.90, 0.9990, 5_000, 100))
        quotes.append(Q(ns(OPEN - 60) + 2 * i + 1, 0.90, 1.01, 300, 300))
    quotes.append(Q(ns(OPEN - 59), 0.90, 0.9990, 5_000, 100))
    player = trader.player(quotes, trades=[BUSY], gap_percent=15, deeper_levels=2)
    # 16 ticks behind $0.9990, up to the cent; from there a cent, for 16 are less.
    state = player.send(BUY)
    assert state["fill_value"] == 100 * (100 * 9_990 + 300 * 10_100 + 300 * 10_200)


@pytest.mark.parametrize(("percent", "second"), [(50, 150), (33, 99), (0, 1)])
def test_the_size_of_a_level_is_thinned_to_at_least_one_share(trader, percent, second) -> None:
    state = bought(trader, seen(), depth_percent=percent, deeper_levels=1)
    assert outcome(state) == (100 + second, "PARTIAL")


@pytest.mark.parametrize(("levels", "shares"), [(0, 100), (1, 400), (2, 621)])
def test_there_are_so_many_levels_and_no_more(trader, levels, shares) -> None:
    assert bought(trader, seen(), deeper_levels=levels)["fill_shares"] == shares


def test_what_was_taken_of_a_run_is_missing_from_its_nearest_levels(trader) -> None:
    player = trader.player([*seen(), LAST], trades=[BUSY], **ENOUGH, impact_half_life=0.001)
    player.send(QUARTER)  # 300 at 4.04 and 221 at 4.06
    state = player.send(QUARTER)
    assert deal(state) == (41_000, 621, "NONE")
    assert state["fill_value"] == 100 * (79 * 40_600 + 300 * 40_800 + 242 * 41_000)
    assert (state["fill_displayed"], state["ask_taken"], state["ask_deep"]) == (0, 100, 1_142)


def test_a_change_of_the_size_of_the_best_leaves_the_levels_as_they_are(trader) -> None:
    more = Q(ARRIVAL + 1, 4.00, 4.02, 5_000, 150)
    player = trader.player([*seen(), LAST, more], trades=[BUSY], **ENOUGH, impact_half_life=0.001)
    player.send(QUARTER)
    state = player.send(QUARTER)
    assert (state["fill_displayed"], state["ask_deep"]) == (50, 521 + 571)


def test_a_change_of_the_best_price_brings_new_levels(trader) -> None:
    away, back = Q(ARRIVAL + 1, 4.00, 4.03, 5_000, 9), Q(ARRIVAL + 2, 4.00, 4.02, 5_000, 100)
    player = trader.player([*seen(64), LAST, away, back], trades=[BUSY], **ENOUGH,
                           impact_half_life=0.001)  # fmt: skip
    player.send(QUARTER)
    state = player.send(QUARTER)
    assert (state["fill_displayed"], state["ask_taken"], state["ask_deep"]) == (100, 100, 521)


def test_a_bid_below_the_lowest_price_does_not_exist(trader) -> None:
    quotes = []
    for i in range(8):
        quotes.append(Q(ns(OPEN - 60) + 2 * i, 0.0008, 0.0009, 5_000, 5_000))
        quotes.append(Q(ns(OPEN - 60) + 2 * i + 1, 0.0005, 0.0009, 300, 300))
    quotes.append(Q(ns(OPEN) - 1, 0.0008, 0.0009, 100, 5_000))
    player = trader.player(quotes, trades=[BUSY], config={"risk": {"max_position": 0.9}},
                           collar_ticks=50)  # fmt: skip
    assert player.send(BUY)["shares"] == 1_000
    assert deal(player.send(SELL)) == (2, -700, "PARTIAL")  # 8, 5 and 2 hundredths of a cent


def test_the_same_levels_are_met_again_and_others_in_another_episode(trader) -> None:
    quotes = [quote for size in (100, 200, 300, 400, 500, 600, 700, 800)
              for quote in seen(1, size=size)]  # fmt: skip
    quotes = [quote._replace(when=ns(OPEN - 60) + i) for i, quote in enumerate(quotes)]
    values = set()
    for _ in range(2):
        player = trader.player([*quotes, LAST], trades=[BUSY], collar_ticks=50)
        same = set()
        for _ in range(12):
            same.add(player.send(BUY)["fill_value"])
            player.begin_again()
        values.add(frozenset(same))
    assert len(values) == 1  # from the same seed
    assert len(values.pop()) >= 6


# How much one order may take of the deeper levels.


def busy(shares: int, when: int = ns(OPEN - 60), marks: int = int(Mark.ORDINARY)) -> list[P]:
    return [P(when, 4.01, shares, marks=marks)]


def test_an_order_takes_a_part_of_a_minutes_volume_behind_the_best(trader) -> None:
    state = bought(trader, seen(), trades=busy(3_333), participation=0.1)
    assert deal(state) == (40_600, 100 + 333, "PARTIAL")


def test_volume_of_more_than_a_minute_ago_does_not_count(trader) -> None:
    trades = busy(3_333, ns(OPEN - 60) - 1)
    assert deal(bought(trader, seen(), trades=trades)) == (40_200, 100, "PARTIAL")


def test_volume_of_the_very_decision_does_not_count(trader) -> None:
    assert outcome(bought(trader, seen(), trades=busy(3_333, ns(OPEN)))) == (100, "PARTIAL")
    assert outcome(bought(trader, seen(), trades=busy(3_333, ns(OPEN) - 1))) == (621, "NONE")


def test_a_print_that_adds_to_no_volume_does_not_count(trader) -> None:
    trades = busy(3_333, marks=int(Mark.ORDINARY & ~Mark.VOLUME))
    assert deal(bought(trader, seen(), trades=trades)) == (40_200, 100, "PARTIAL")


def test_what_was_bought_a_moment_ago_counts_as_part_of_it(trader) -> None:
    player = trader.player([*seen(), LAST], trades=busy(3_000), participation=0.1,
                           impact_half_life=1e6, **ENOUGH)  # fmt: skip
    assert outcome(player.send(QUARTER)) == (400, "PARTIAL")
    assert outcome(player.send(QUARTER)) == (0, "NO_SIZE")


def test_what_was_bought_fades(trader) -> None:
    # Of 400 shares 100 are left after two half-lives, and 300 may be traded; the trace is below
    # 100 by no more than the rounding of floats.
    player = trader.player([*seen(), LAST], trades=busy(3_000, ns(OPEN - 1)), participation=0.1,
                           impact_half_life=0.5, **ENOUGH)  # fmt: skip
    assert outcome(player.send(QUARTER)) == (400, "PARTIAL")
    state = player.send(QUARTER)
    assert state["fill_shares"] in (200, 201)
    assert state["footprint"] == pytest.approx(100 + state["fill_shares"], abs=1e-9)


def test_what_was_bought_does_not_count_against_a_sale(trader) -> None:
    last = Q(ns(OPEN) - 1, 4.00, 4.02, 30, 500)
    player = trader.player([*seen(bid=3.97, ask=4.02), last], trades=busy(1_000, ns(OPEN - 30)),
                           participation=0.1, impact_half_life=1e6, **ENOUGH)  # fmt: skip
    assert player.send(Action.BUY_25)["shares"] == 500
    state = player.send(SELL)
    assert outcome(state) == (-130, "PARTIAL")
    assert state["footprint"] == pytest.approx(370, abs=1e-3)


def test_displayed_shares_are_no_part_of_it(trader) -> None:
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 5_000, 5_000)]
    state = trader.player(quotes, participation=0.0).send(BUY)
    assert deal(state) == (40_200, 2_487, "NONE")


# Which reason is told if nothing was filled.


def test_an_order_that_finds_nothing_left_at_any_level_has_no_size(trader) -> None:
    player = trader.player([*seen(), LAST], trades=[BUSY], deeper_levels=1,
                           impact_half_life=0.001, **ENOUGH)  # fmt: skip
    assert outcome(player.send(QUARTER)) == (400, "PARTIAL")
    assert outcome(player.send(QUARTER)) == (0, "NO_SIZE")


def test_an_order_whose_next_level_is_beyond_its_limit_is_told_so(trader) -> None:
    player = trader.player([*seen(), LAST], trades=[BUSY], impact_half_life=0.001)
    assert outcome(player.send(QUARTER)) == (400, "PARTIAL")  # up to 4.04
    assert outcome(player.send(QUARTER)) == (0, "LIMIT")


def test_an_order_that_used_up_its_part_of_the_volume_looks_no_further(trader) -> None:
    # The next level is beyond the limit, too.
    player = trader.player([*seen(), LAST], participation=0.0, collar_ticks=0,
                           collar_spread_percent=0, collar_bps=0)  # fmt: skip
    assert outcome(player.send(QUARTER)) == (100, "PARTIAL")
    assert outcome(player.send(QUARTER)) == (0, "NO_SIZE")
