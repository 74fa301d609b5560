"""Stops: what triggers them, and what becomes of the position."""

import pytest
from in_the_queue import (
    BUY,
    CANCEL,
    CROSS,
    HOLD,
    JOIN,
    KEEP,
    NO_STOP,
    SELL,
    STOP,
    TRAIL,
    account,
    at,
    holder,
    known,
    told,
)
from reference.luck import Luck
from reference.tapes import OPEN, P, Q, closed_at, make_day, ns, resume, stop

from lowfloat.base.codes import Action, Mark, RejectReason

WAITS = (HOLD, CROSS, KEEP)
FULL = {"bid_size": 5_000, "ask_size": 5_000}
ODD_LOT = Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT  # does not set the last price
CLOSE = OPEN + 23_400  # 16:00


def guarded(trader, *rows: Q | P, protection: int = STOP, **how):
    """Return an account with 1,000 shares at $4.02 and a stop at $3.93, at 09:30:00."""
    player = holder(trader, known(**FULL), *rows, **how)
    return player, player.send((HOLD, CROSS, protection))


def after(trader, *rows: Q | P, seconds: int = 1, **how) -> dict[str, int]:
    """Return the state so many seconds after the stop was set at 09:30:00."""
    player, state = guarded(trader, *rows, **how)
    for _ in range(seconds):
        state = player.send(WAITS)
    return state


def stands(state: dict[str, int]) -> tuple[int, int, int]:
    return state["stop_price"], state["stop_trail"], state["stop_high"]


# Set, kept and taken away.


def test_a_stop_lies_below_the_average_entry_price_on_a_tick(trader) -> None:
    _, state = guarded(trader)
    assert stands(state) == (39_300, 0, 0)  # 2 % below $4.02 are $3.9396
    assert state["reject"] == RejectReason.NONE
    _, state = guarded(trader, config={"risk": {"max_position": 4_020.0, "stop_distance": 1.0}})
    assert stands(state) == (1, 0, 0)


def test_a_trailing_stop_lies_below_the_mark_at_first(trader) -> None:
    _, state = guarded(trader, protection=TRAIL)
    assert stands(state) == (38_800, 1_200, 40_000)  # 3 % of $4.00
    _, state = guarded(
        trader, protection=TRAIL, config={"risk": {"max_position": 4_020.0, "trail_distance": 0.0}}
    )
    assert stands(state) == (39_900, 100, 40_000)  # at least a tick


def test_an_order_that_fills_may_bring_its_stop(trader) -> None:
    state = account(trader, known(**FULL)).send((BUY, CROSS, STOP))
    assert (state["shares"], state["stop_price"]) == (1_000, 39_300)


def test_without_a_position_no_stop_is_set(trader) -> None:
    player = account(trader, known(**FULL), told(1_300, 3.99, 500))
    assert player.send((BUY, JOIN, STOP))["stop_price"] == 0
    state = player.send(WAITS)
    assert (state["shares"], state["stop_price"]) == (500, 0)


def test_a_stop_stays_until_another_word(trader) -> None:
    player, _ = guarded(trader)
    assert player.send(WAITS)["stop_price"] == 39_300
    assert stands(player.send((HOLD, CROSS, TRAIL))) == (38_800, 1_200, 40_000)
    assert stands(player.send((HOLD, CROSS, NO_STOP))) == (0, 0, 0)


def test_a_stop_goes_with_the_position(trader) -> None:
    player, _ = guarded(trader)
    assert player.send((Action.SELL_50, CROSS, KEEP))["stop_price"] == 39_300
    state = player.send((SELL, CROSS, KEEP))
    assert (state["shares"], state["stop_price"], state["stop_due"]) == (0, 0, 0)


def test_a_close_takes_the_stop_and_the_order_away(trader) -> None:
    rows = known(**FULL), Q(at(1_500), 3.50, 3.52)
    config = {"risk": {"max_position": 4_020.0}, "episode": {"max_loss": 0.001, "day_loss": 1.0}}
    player = holder(trader, *rows, config=config)
    state = player.send((SELL, JOIN, STOP))
    assert (state["working"], state["stop_price"]) == (-1_000, 39_300)
    state = player.send(WAITS)
    assert (state["working"], state["stop_price"]) == (0, 0)
    assert state["closing"]


# Triggered.


@pytest.mark.parametrize(
    ("price", "sold"), [(3.94, False), (3.9301, False), (3.93, True), (3.0, True)]
)
def test_a_print_at_or_below_it_triggers_it(trader, price, sold) -> None:
    state = after(trader, told(1_300, price, 100), Q(at(1_400), 3.90, 3.95, 5_000, 100))
    assert (state["shares"] == 0) == sold
    if sold:  # 150 ms later, where the market is then
        assert (state["fill_shares"], state["fill_worst"], state["fill_given"]) == (
            -1_000, 39_000, 0,
        )  # fmt: skip
        assert (state["order_shares"], state["stop_price"]) == (0, 0)


def test_its_order_arrives_after_the_latency(trader) -> None:
    player, _ = guarded(trader, told(1_900, 3.93, 100), Q(at(2_049), 3.85, 3.90, 5_000, 100))
    state = player.send(WAITS)
    assert (state["shares"], state["stop_price"]) == (1_000, 39_300)
    due = state["stop_due"]
    assert player.mask == [True] + [False] * 9 + [True] * 7
    state = player.send(WAITS)
    assert (state["shares"], state["fill_worst"], state["fill_ns"]) == (0, 38_500, due)


def test_quotes_and_prints_that_do_not_set_the_last_price_trigger_nothing(trader) -> None:
    low = Q(at(1_100), 3.80, 3.82, 5_000, 100)
    odd = told(1_300, 3.50, 99, marks=ODD_LOT)
    assert after(trader, low, odd, seconds=2)["stop_price"] == 39_300
    last = told(1_300, 3.50, 1, marks=Mark.LAST)
    assert after(trader, low, last, seconds=2)["stop_price"] == 0


def test_prints_before_it_is_set_trigger_nothing(trader) -> None:
    assert after(trader, told(150, 3.50, 100))["stop_due"] == 0
    assert after(trader, told(151, 3.50, 100))["shares"] == 0


def test_a_trailing_stop_follows_prints_up_and_never_down(trader) -> None:
    player, state = guarded(
        trader,
        told(200, 4.20006, 100),
        told(1_200, 4.50, 99, marks=ODD_LOT),
        told(1_300, 4.10, 100),
        told(2_300, 4.08, 100),
        protection=TRAIL,
    )
    assert stands(state) == (40_800, 1_200, 42_000)
    assert stands(player.send(WAITS)) == (40_800, 1_200, 42_000)
    assert player.send(WAITS)["shares"] == 0


def test_a_raised_stop_lies_on_a_tick(trader) -> None:
    _, state = guarded(trader, told(200, 4.2050, 100), protection=TRAIL)
    assert stands(state) == (40_800, 1_200, 42_050)


def test_a_stop_sleeps_before_the_open(trader) -> None:
    first = Q(ns(OPEN - 11), 4.00, 4.02, 5_000, 5_000)
    rows = first, P(ns(OPEN) - 1, 3.00), P(ns(OPEN), 3.00)
    player = account(trader, *rows, second=OPEN - 10)
    player.send((BUY, CROSS, STOP))
    for _ in range(9):
        state = player.send(WAITS)
    assert (state["second"], state["shares"], state["stop_due"]) == (OPEN, 1_000, 0)
    assert player.send(WAITS)["shares"] == 0


def test_a_stop_sleeps_after_the_close(trader) -> None:
    first = Q(ns(CLOSE - 3), 4.00, 4.02, 5_000, 5_000)
    late = account(trader, first, P(ns(CLOSE), 3.00), second=CLOSE - 2)
    in_time = account(trader, first, P(ns(CLOSE) - 1, 3.00), second=CLOSE - 2)
    for player, held in ((late, 1_000), (in_time, 0)):
        player.send((BUY, CROSS, STOP))
        for _ in range(3):
            state = player.send(WAITS)
        assert state["shares"] == held


def test_prints_in_a_halt_trigger_nothing_and_the_reopening_does(trader) -> None:
    halt = stop(at(1_200)), resume(at(3_000))
    inside = told(1_300, 3.00, 100)
    reopening = told(3_100, 3.10, 5_000, marks=Mark.ORDINARY | Mark.AUCTION)
    book = Q(at(3_120), 3.08, 3.12, 5_000, 100)
    player, _ = guarded(trader, inside, reopening, book, status=halt)
    for _ in range(2):
        state = player.send(WAITS)
        assert (state["stop_price"], state["stop_due"], state["shares"]) == (39_300, 0, 1_000)
    state = player.send(WAITS)
    assert (state["shares"], state["fill_worst"]) == (0, 30_800)  # far below the stop


def test_a_stop_that_meets_a_halt_is_sent_again_until_it_is_over(trader) -> None:
    halt = stop(at(1_310)), resume(at(3_000))
    trigger, book = told(1_300, 3.90, 100), Q(at(3_100), 3.50, 3.55, 5_000, 100)
    player, _ = guarded(trader, trigger, book, status=halt)
    for _ in range(2):
        state = player.send(WAITS)
        assert (state["shares"], state["stop_due"], state["fill_shares"]) == (1_000, 1, 0)
    state = player.send(WAITS)
    assert (state["shares"], state["fill_worst"], state["stop_due"]) == (0, 35_000, 0)


def test_it_sells_at_any_price_down_to_the_lower_band(trader) -> None:
    opening = P(ns(OPEN) + 100, 4.00)  # 10 % around it are 3.60 and 4.40
    beyond = Q(at(1_400), 3.59, 3.80, 5_000, 100)
    within = Q(at(2_100), 3.60, 3.80, 5_000, 100)
    rows = opening, told(1_300, 3.90, 100), beyond, within
    close = closed_at(make_day([beyond]), 4.10)
    player, _ = guarded(trader, *rows, baseline=close)
    assert player.send(WAITS)["shares"] == 1_000
    assert player.send(WAITS)["fill_worst"] == 36_000


def test_what_is_left_is_sold_in_the_seconds_that_follow(trader) -> None:
    player, _ = guarded(
        trader,
        told(1_300, 3.90, 100),
        Q(at(1_400), 3.90, 3.95, 300, 100),
        Q(at(2_100), 3.89, 3.95, 250, 100),
        Q(at(3_100), 3.88, 3.95, 5_000, 100),
    )
    sold = []
    for left in (700, 450, 0):
        state = player.send(WAITS)
        sold.append((state["fill_shares"], state["fill_worst"]))
        assert (state["shares"], state["stop_due"]) == (left, int(left > 0))
        assert any(player.mask[1:10]) == (left == 0)
    assert sold == [(-300, 39_000), (-250, 38_900), (-450, 38_800)]


def test_it_sells_what_a_waiting_order_has_left_and_cancels_that(trader) -> None:
    player, _ = guarded(
        trader, told(1_200, 4.03, 400), told(2_300, 3.90, 100), told(2_310, 4.05, 400)
    )
    state = player.send((SELL, JOIN, KEEP))
    assert (state["shares"], state["working"]) == (600, -600)
    state = player.send(WAITS)
    assert (state["shares"], state["fill_shares"], state["fill_given"]) == (0, -600, 0)
    assert (state["working"], state["stop_price"]) == (0, 0)


def test_the_print_that_triggers_it_first_fills_a_waiting_buy(trader) -> None:
    config = {"risk": {"max_position": 8_040.0}}
    player, _ = guarded(trader, told(2_300, 3.90, 100), config=config)
    assert player.send((BUY, JOIN, KEEP))["working"] == 1_000
    state = player.send(WAITS)
    assert (state["shares"], state["fill_shares"], state["fill_given"]) == (0, -1_000, 100)
    assert state["working"] == 0


def test_a_message_that_arrives_while_a_stop_is_on_its_way_is_lost(trader) -> None:
    trigger = told(1_100, 3.90, 100)  # before the message, whose 150 ms are over before the stop's
    player, _ = guarded(trader, trigger)
    state = player.send((Action.SELL_50, CROSS, KEEP))
    assert (state["reject"], state["order_shares"]) == (RejectReason.STOP_DUE, -500)
    assert (state["fill_shares"], state["shares"]) == (-1_000, 0)
    player, _ = guarded(trader, trigger, Q(at(1_120), 4.02, 4.02))  # and the stop is refused
    state = player.send((HOLD, CROSS, NO_STOP))
    assert (state["reject"], state["stop_price"], state["stop_due"]) == (
        RejectReason.STOP_DUE, 39_300, 1,
    )  # fmt: skip


@pytest.mark.parametrize("style", [CROSS, JOIN])
def test_a_sale_that_arrives_after_a_stop_sold_everything_sells_nothing(trader, style) -> None:
    # Messages and stops draw their latencies apart: find a second in which the stop is quicker.
    luck = Luck(seed=0, stream=0)
    numbers = [(OPEN + i + 1) * 256 for i in range(90)]
    quick = next(
        i for i in range(1, 90) if luck.normal(numbers[i] + 1) < luck.normal(numbers[i]) - 1
    )
    first = Q(ns(OPEN) - 1, 4.00, 4.02, 5_000, 5_000)
    trigger = told(1_000 * quick + 1, 3.90, 100)
    player = account(trader, first, trigger, latency_spread=0.5)
    player.send((BUY, CROSS, STOP))
    for _ in range(quick - 1):
        player.send(WAITS)
    assert player.state["shares"] == 1_000
    state = player.send((SELL, style, KEEP))
    assert (state["order_shares"], state["fill_shares"]) == (-1_000, -1_000)
    assert (state["shares"], state["working"], state["reject"]) == (0, 0, RejectReason.NONE)


def test_a_message_before_the_trigger_takes_the_stop_away(trader) -> None:
    player, _ = guarded(trader, told(1_151, 3.90, 100))
    state = player.send((HOLD, CROSS, NO_STOP))
    assert (state["shares"], state["stop_price"], state["stop_due"]) == (1_000, 0, 0)


def test_after_it_sold_all_messages_are_heard_again(trader) -> None:
    player, _ = guarded(trader, told(1_300, 3.93, 100))
    assert player.send(WAITS)["shares"] == 0
    assert player.mask[BUY]
    assert not player.mask[CANCEL]
    assert player.send((BUY, CROSS, KEEP))["shares"] == 1_000


def test_its_sale_pays_an_order_of_its_own(trader) -> None:
    state = after(
        trader, told(1_300, 3.90, 100), config={"commission": {"per_share": 0.0, "minimum": 1.0}}
    )
    # $1, and of $4,000 11.12 cents and 16.6 cents, each up to the cent.
    assert state["fill_fee"] == 1_000_000 + 120_000 + 170_000
