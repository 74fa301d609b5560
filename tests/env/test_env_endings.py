"""How episodes end: the table of end reasons, one row at a time."""

import datetime as dt

import pytest
from reference.play import NEVER, Player
from reference.tapes import OPEN, Q, make_day, ns, resume, steady_day, stop

from lowfloat.base.codes import Action, EndReason, RejectReason
from lowfloat.days import Day
from lowfloat.env.ending import ENDINGS

BUY, SELL = Action.BUY_100, Action.SELL_100
FREE = {"per_share": 0.0, "minimum": 0.0}
END = OPEN + 1000  # where the short days below end


def falling_day(bid: float) -> Day:
    """Return a day that stands at 4.00 to 4.02, and at ``bid`` from 09:30:02 on."""
    quotes = [Q(ns(second), 4.00, 4.02, 9_000, 9_000) for second in range(OPEN - 5, OPEN + 2)]
    quotes += [Q(ns(OPEN + 2) - 1 + i, bid, bid + 0.02, 9_000, 9_000) for i in range(2)]
    return make_day(quotes)


def closed_out(day: Day, start: int = OPEN, config=None, next_second: int = NEVER) -> Player:
    """Return the player after buying at ``start`` and then holding to the end."""
    player = Player(day, start, config, next_second)
    player.send(BUY)
    player.play_out()
    return player


def ending(player: Player) -> tuple[str, bool, bool]:
    return EndReason(player.state["ended"]).name, player.terminated, player.truncated


def halted_into_the_close() -> Player:
    return closed_out(steady_day(end_second=END, status=[stop(ns(OPEN + 500))]))


SCENARIOS = {
    EndReason.MARKET_CLOSE: lambda: closed_out(steady_day(first=57_000, last=57_600), start=57_200),
    EndReason.DATA_END: lambda: closed_out(steady_day(end_second=END)),
    EndReason.MAX_LOSS: lambda: closed_out(falling_day(3.40)),  # 2,487 shares lose $1,542
    EndReason.DAY_LOSS: lambda: closed_out(falling_day(2.90)),  # $2,785 of $25,000
    EndReason.BANKRUPTCY: lambda: closed_out(
        falling_day(0.05), config={"risk": {"cash": 10_050.0}}
    ),
    EndReason.MAX_DURATION: lambda: closed_out(
        steady_day(), config={"episode": {"max_seconds": 10}}
    ),
    EndReason.RESET_TRANSITION: lambda: closed_out(steady_day(), next_second=OPEN + 400),
    EndReason.HALTED_INTO_CLOSE: halted_into_the_close,
}


def test_every_end_reason_has_a_row_in_the_table_and_a_scenario_here() -> None:
    assert set(ENDINGS) == set(EndReason)
    assert set(SCENARIOS) == set(EndReason) - {EndReason.RUNNING}


@pytest.mark.parametrize("reason", SCENARIOS, ids=lambda reason: reason.name)
def test_each_reason_ends_an_episode_as_the_table_says(reason) -> None:
    player = SCENARIOS[reason]()
    row = ENDINGS[reason]
    assert ending(player) == (reason.name, row.terminated, row.truncated)
    assert row.terminated != row.truncated
    assert (player.state["shares"] == 0) == row.closes_position
    assert player.mask == [True] + [False] * 8


# The close of the session.


def test_a_flat_account_ends_a_minute_before_the_close() -> None:
    player = Player(steady_day(first=57_000, last=57_600), 57_500)
    assert player.play_out()["second"] == 57_540
    assert ending(player) == ("MARKET_CLOSE", True, False)


def test_a_position_is_sold_in_the_second_after_that() -> None:
    state = closed_out(steady_day(first=57_000, last=57_600), start=57_200).state
    assert (state["second"], state["forced"], state["settled_shares"]) == (57_541, 1, 0)


def test_a_half_day_closes_at_five() -> None:
    day = steady_day(first=46_000, last=46_800, date=dt.date(2024, 11, 29))
    assert Player(day, 46_700).play_out()["second"] == 46_740


def test_no_position_is_opened_in_the_last_five_minutes() -> None:
    player = Player(steady_day(end_second=END), END - 301)
    assert player.mask[1:5] == [True] * 4
    player.send(Action.BUY_25)
    assert player.mask == [True] + [False] * 4 + [True] * 4
    assert player.send(BUY)["reject"] == RejectReason.MASKED


# The limits of a loss.

NO_COLLAR = {"collar_ticks": 0, "collar_spread_percent": 0, "collar_bps": 0}


@pytest.mark.parametrize(("bid", "ended"), [(3.80, "MAX_LOSS"), (3.8001, "RUNNING")])
def test_the_episode_ends_at_exactly_its_maximum_loss(bid, ended) -> None:
    quotes = [Q(ns(OPEN) - 1, 3.99, 4.00, 9_000, 9_000), Q(ns(OPEN + 1), bid, 4.00, 9_000)]
    config = {"commission": FREE, "risk": {"cash": 10_000.0}, "fills": NO_COLLAR}
    player = Player(make_day(quotes), OPEN, config)
    player.send(BUY)
    assert player.send()["equity"] == 2_500 * 100 * round(bid * 10_000)
    assert EndReason(player.state["closing"]).name == ended


def test_a_deeper_reason_is_named_before_a_shallower_one() -> None:
    config = {"episode": {"bankruptcy": 0.93}}
    assert ending(closed_out(falling_day(3.10), config=config))[0] == "BANKRUPTCY"
    assert ending(closed_out(falling_day(3.10)))[0] == "MAX_LOSS"


def test_a_loss_at_the_close_is_named_a_loss() -> None:
    quotes = [Q(ns(END - 330), 4.00, 4.02, 9_000, 9_000), Q(ns(END - 61), 3.20, 3.22, 9_000)]
    player = closed_out(make_day(quotes, end_second=END), start=END - 302)
    assert ending(player)[0] == "MAX_LOSS"


# The forced close.


def test_a_forced_sale_gets_the_bid_less_the_slippage() -> None:
    state = closed_out(falling_day(3.40)).state
    assert state["fill_worst"] == 33_800  # $3.40 less half a percent, on a cent
    assert (state["fill_shares"], state["forced"]) == (-2_487, 1)


def test_a_forced_sale_never_gets_less_than_a_price_unit() -> None:
    config = {"fills": {"forced_slippage_bps": 10_000}}
    assert closed_out(falling_day(3.40), config=config).state["fill_worst"] == 1


def test_while_a_close_is_under_way_actions_are_ignored() -> None:
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 9_000, 9_000), Q(ns(OPEN + 1), 3.00, 3.02, 900, 9_000)]
    player = Player(make_day(quotes), OPEN)
    player.send(BUY)
    player.send()
    assert EndReason(player.state["closing"]) == EndReason.DAY_LOSS
    assert player.mask == [True] + [False] * 8
    state = player.send(BUY)
    assert (state["fill_shares"], state["shares"], state["forced"]) == (-900, 1_587, 1)
    assert RejectReason(state["reject"]) == RejectReason.PARTIAL
    assert not player.terminated


def test_a_forced_close_waits_for_the_reopening() -> None:
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 9_000, 9_000), Q(ns(OPEN + 1), 3.00, 3.02, 9_000, 900)]
    quotes.append(Q(ns(OPEN + 61), 2.00, 2.02, 9_000, 900))
    day = make_day(quotes, [stop(ns(OPEN + 1)), resume(ns(OPEN + 60))])
    player = Player(day, OPEN)
    player.send(BUY)
    for _ in range(60):
        state = player.send()
        assert (state["fill_shares"], player.terminated) == (0, False)
    assert RejectReason(state["reject"]) == RejectReason.STALE_QUOTE
    state = player.send()
    assert (state["fill_worst"], player.terminated) == (19_900, True)


def test_a_close_outlasts_the_deadline_of_the_episode() -> None:
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 9_000, 9_000), Q(ns(OPEN + 1), 3.00, 3.02, 100, 9_000)]
    player = closed_out(make_day(quotes), config={"episode": {"max_seconds": 5}, "fills":
                        {"max_quote_age_seconds": 60}, })  # fmt: skip
    assert (player.truncated, player.state["second"] > OPEN + 5) == (False, True)


# Settlement.


def test_what_is_held_in_a_halt_into_the_close_is_settled_and_not_filled() -> None:
    player = halted_into_the_close()
    state = player.state
    assert ending(player) == ("HALTED_INTO_CLOSE", True, False)
    assert (state["second"], state["shares"], state["settled_shares"]) == (END, 0, 2_487)
    assert (state["fills"], state["fill_shares"], state["fill_value"]) == (1, 0, 0)
    assert RejectReason(state["reject"]) == RejectReason.HALTED
    # Bought at $4.02 and written down to nine tenths of $4.00; only the purchase paid a fee.
    assert state["realized"] == 2_487 * 100 * (36_000 - 40_200)
    assert state["fees"] == 2_487 * 5_000


def test_what_nobody_bids_for_is_settled_under_the_first_reason() -> None:
    quotes = [Q(ns(OPEN - 1), 4.00, 4.02, 9_000, 9_000), Q(ns(OPEN + 9), 0, 4.02)]
    player = closed_out(make_day(quotes, end_second=END))
    assert ending(player) == ("DATA_END", True, False)
    assert player.state["settled_shares"] == 2_487


@pytest.mark.parametrize(
    ("resumed", "reason"), [(ns(END), "HALTED_INTO_CLOSE"), (ns(END) - 1, "DATA_END")]
)
def test_a_halt_into_the_close_covers_the_last_nanosecond(resumed, reason) -> None:
    halt = [stop(ns(OPEN + 500)), resume(resumed, ns(END) - 1)]
    player = closed_out(steady_day(end_second=END, status=halt))
    assert (ending(player)[0], player.state["settled_shares"]) == (reason, 2_487)


def test_a_flat_account_is_not_halted_into_the_close() -> None:
    day = steady_day(end_second=END, status=[stop(ns(OPEN + 500))])
    player = Player(day, OPEN + 900)
    player.play_out()
    assert ending(player) == ("DATA_END", True, False)


def test_without_time_to_flatten_everything_is_settled() -> None:
    config = {"episode": {"flatten_seconds": 0, "settlement_haircut": 0.5}}
    state = closed_out(steady_day(end_second=END), config=config).state
    assert (state["second"], state["settled_shares"]) == (END, 2_487)
    assert state["realized"] == 2_487 * 100 * (20_000 - 40_200)


# Truncation.


def test_a_truncated_position_is_kept_and_not_sold() -> None:
    state = closed_out(steady_day(), config={"episode": {"max_seconds": 10}}).state
    assert (state["second"], state["shares"], state["fills"]) == (OPEN + 10, 2_487, 1)


@pytest.mark.parametrize(
    ("next_second", "rules", "second", "reason"),
    [
        (OPEN + 400, {}, OPEN + 340, "RESET_TRANSITION"),  # a minute before the next point
        (OPEN + 200, {}, OPEN + 300, "RESET_TRANSITION"),  # but never before five minutes
        (OPEN + 200, {"min_seconds": 0}, OPEN + 140, "RESET_TRANSITION"),
        (OPEN + 400, {"max_seconds": 341}, OPEN + 340, "RESET_TRANSITION"),
        (OPEN + 400, {"max_seconds": 340}, OPEN + 340, "MAX_DURATION"),  # not earlier
        (OPEN + 400, {"max_seconds": 20}, OPEN + 20, "MAX_DURATION"),
        (OPEN + 400, {"reset_transitions": False, "max_seconds": 500}, OPEN + 500, "MAX_DURATION"),
        (END, {}, END - 60, "DATA_END"),  # a point at the end of the day is none
        (END - 1, {}, END - 61, "RESET_TRANSITION"),
    ],
)
def test_an_episode_is_truncated_at_its_deadline(next_second, rules, second, reason) -> None:
    player = Player(steady_day(end_second=END), OPEN, {"episode": rules}, next_second)
    assert player.play_out()["second"] == second
    assert ending(player)[0] == reason


def test_a_close_at_the_second_of_the_deadline_goes_first() -> None:
    config = {"episode": {"max_seconds": 2}}
    quotes = [Q(ns(OPEN) - 1, 4.00, 4.02, 9_000, 9_000), Q(ns(OPEN + 1), 3.00, 3.02, 9_000)]
    player = Player(make_day(quotes), OPEN, config)
    player.send(BUY)
    player.send()
    assert (player.truncated, EndReason(player.state["closing"]).name) == (False, "DAY_LOSS")
