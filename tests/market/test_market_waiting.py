"""Orders that wait in the book: their place in the queue, and who trades with them."""

import pytest
from at_the_open import outcome
from in_the_queue import (
    BOUGHT,
    BUY,
    BUY_QUARTER,
    CANCEL,
    CROSS,
    HOLD,
    IMPROVE,
    JOIN,
    KEEP,
    SELL,
    SOLD,
    account,
    at,
    holder,
    known,
    place,
    told,
)
from reference.tapes import OPEN, P, Q, closed_at, make_day, ns, resume, stop

from lowfloat.base.codes import Mark, RejectReason

JOINS = (BUY, JOIN, KEEP)
WAITS = (HOLD, CROSS, KEEP)


def joined(trader, *rows, book: Q | None = None, **how) -> dict[str, int]:
    """Return the state after the second in which 1,000 shares joined the bid."""
    return account(trader, book or known(), *rows, **how).send(JOINS)


def offered(trader, *rows, book: Q | None = None, **how) -> dict[str, int]:
    """Return the state after the second in which 1,000 shares joined the offer."""
    return holder(trader, book or known(), *rows, **how).send((SELL, JOIN, KEEP))


# Its place when it is placed.


def test_it_joins_behind_all_that_is_displayed_at_its_price(trader) -> None:
    state = joined(trader)
    assert place(state) == (1_000, 300)
    assert (state["working_limit"], state["order_shares"], *outcome(state)) == (
        40_000, 1_000, 0, "NONE",
    )  # fmt: skip


def test_behind_a_better_bid_half_as_much_again_is_ahead_of_it(trader) -> None:
    assert place(joined(trader, Q(at(100), 4.01, 4.02, 401))) == (1_000, 601)
    assert place(joined(trader, Q(at(151), 4.01, 4.02, 401))) == (1_000, 300)  # placed by then


def test_before_the_best_bid_nothing_is_ahead_of_it(trader) -> None:
    assert place(joined(trader, Q(at(100), 3.99, 4.02, 400))) == (1_000, 0)
    assert place(joined(trader, Q(at(500), 3.99, 4.02, 400))) == (1_000, 0)


def test_one_that_meets_an_offer_takes_it_and_the_rest_waits_first_in_line(trader) -> None:
    state = joined(trader, Q(at(100), 3.98, 3.99, 500, 400))
    assert place(state) == (600, 0)
    assert (state["fill_shares"], state["fill_worst"], state["fill_given"]) == (400, 39_900, 0)
    assert state["reject"] == RejectReason.NONE


@pytest.mark.parametrize(
    ("bid", "ask", "limit"),
    [
        (4.00, 4.02, 4.01),
        (4.01, 4.02, 4.01),  # no room: it joins
        (0.50, 0.5002, 0.5001),
        (0.50, 0.5001, 0.50),
        (0.9999, 1.02, 1.00),  # a tick of the bid, a hundredth of a cent
        (1.00, 1.01, 1.00),  # a cent from $1 up
    ],
)
def test_a_buy_improves_by_a_tick_where_there_is_room(trader, bid, ask, limit) -> None:
    state = account(trader, known(bid, ask)).send((BUY, IMPROVE, KEEP))
    assert state["working_limit"] == round(limit * 10_000)
    assert state["working_ahead"] == (0 if limit > bid else 300)


@pytest.mark.parametrize(
    ("bid", "ask", "limit"),
    [
        (4.00, 4.02, 4.01),
        (4.01, 4.02, 4.02),
        (0.985, 1.00, 0.99),  # a cent, for the ask is $1
        (0.99, 1.00, 1.00),  # which is all the room there is
        (0.9899, 0.9999, 0.9998),
    ],
)
def test_a_sale_improves_by_a_tick_where_there_is_room(trader, bid, ask, limit) -> None:
    state = holder(trader, known(bid, ask)).send((SELL, IMPROVE, KEEP))
    assert (state["working"], state["working_limit"]) == (-1_000, round(limit * 10_000))


def test_its_limit_keeps_the_bands(trader) -> None:
    opening = P(ns(OPEN) + 100, 4.00)  # 10 % around it are 3.60 and 4.40
    quotes = [Q(ns(OPEN + 2) - 1, 4.42, 4.44, 500, 500)]
    close = closed_at(make_day(quotes), 4.10)
    player = account(trader, *quotes, opening, second=OPEN + 2, baseline=close)
    assert player.send(JOINS)["working_limit"] == 44_000


@pytest.mark.parametrize(("elsewhere", "got"), [(4.38, 250), (3.70, 0)])
def test_a_buy_above_the_upper_band_gets_nothing(trader, elsewhere, got) -> None:
    quotes = [Q(ns(OPEN + 2) - 1, 4.38, 4.40, 300, 500)]
    opening = P(ns(OPEN) + 100, 4.00)  # 10 % around it are 3.60 and 4.40
    # Reports from elsewhere, which nobody who waits here trades with, pull the bands.
    dark = [
        P(ns(OPEN + 3 + i), elsewhere, 1_000, marks=int(Mark.ORDINARY | Mark.OFF_EXCHANGE))
        for i in range(60)
    ]
    through = P(ns(OPEN + 70), 4.37, 250)
    close = closed_at(make_day(quotes), 4.10)
    player = account(trader, *quotes, opening, *dark, through, second=OPEN + 2, baseline=close)
    assert player.send(JOINS)["working_limit"] == 43_800
    given = [player.send(WAITS)["fill_given"] for _ in range(70)]
    assert sum(given) == got


# Prints.


def test_prints_at_its_price_first_fill_those_ahead(trader) -> None:
    state = joined(trader, told(200, 4.00, 200))
    assert place(state) == (1_000, 100)
    state = joined(trader, told(200, 4.00, 200), told(300, 4.00, 300))
    assert place(state) == (860, 0)  # 30 % of the 200 beyond pass it by
    assert (state["fill_shares"], state["fill_given"], state["fill_value"]) == (
        140, 140, 140 * 4_000_000,
    )  # fmt: skip


@pytest.mark.parametrize(("haircut", "got"), [(0, 199), (1, 197), (30, 139), (100, 0)])
def test_a_part_of_what_reaches_it_passes_it_by(trader, haircut, got) -> None:
    state = joined(trader, told(200, 4.00, 499), passive_haircut=haircut)
    assert state["fill_shares"] == got


@pytest.mark.parametrize("side", [BOUGHT, 0])
def test_a_print_at_its_price_that_nobody_sold_is_not_for_it(trader, side) -> None:
    assert place(joined(trader, told(200, 4.00, 5_000, side))) == (1_000, 300)


@pytest.mark.parametrize("side", [BOUGHT, 0, SOLD])
def test_a_print_through_its_price_fills_it_at_its_price(trader, side) -> None:
    state = joined(trader, told(200, 3.99, 250, side))
    assert place(state) == (750, 0)
    assert (state["fill_shares"], state["fill_worst"]) == (250, 40_000)
    assert joined(trader, told(200, 3.99995, 250, side))["fill_shares"] == 250


@pytest.mark.parametrize(
    "marks",
    [
        Mark.ORDINARY | Mark.OFF_EXCHANGE,
        Mark.ORDINARY | Mark.AUCTION,
        Mark.LAST | Mark.HIGH_LOW | Mark.VOLUME,  # not of the tape
    ],
)
def test_a_print_outside_the_book_is_not_for_it(trader, marks) -> None:
    state = joined(trader, told(200, 3.90, 900, marks=marks), told(300, 4.00, 900, marks=marks))
    assert place(state) == (1_000, 300)


def test_an_odd_lot_fills_it_as_any_print(trader) -> None:
    marks = Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT
    assert joined(trader, told(200, 3.99, 7, marks=marks))["fill_shares"] == 7


def test_prints_before_it_arrives_are_not_for_it(trader) -> None:
    early = told(150, 3.99, 900)  # of equal times prints come first
    assert place(joined(trader, early)) == (1_000, 300)
    assert joined(trader, told(151, 3.99, 900))["fill_shares"] == 900


def test_a_sale_waits_as_a_buy_in_the_mirror(trader) -> None:
    assert place(offered(trader)) == (-1_000, 300)
    assert place(offered(trader, Q(at(100), 3.99, 4.01, 99, 401))) == (-1_000, 601)
    state = offered(trader, told(200, 4.02, 500, BOUGHT))
    assert (place(state), state["fill_shares"]) == ((-860, 0), -140)
    assert place(offered(trader, told(200, 4.02, 500, SOLD))) == (-1_000, 300)
    state = offered(trader, told(200, 4.03, 250, SOLD))
    assert (place(state), state["fill_shares"], state["fill_worst"]) == ((-750, 0), -250, 40_200)
    state = offered(trader, Q(at(200), 4.03, 4.04, 200, 100))
    assert (place(state), state["fill_shares"], state["fill_worst"]) == ((-800, 0), -200, 40_200)


# Book states.


def test_fewer_shares_at_its_price_cannot_be_ahead_of_it(trader) -> None:
    assert place(joined(trader, Q(at(200), 4.00, 4.02, 120))) == (1_000, 120)
    assert place(joined(trader, Q(at(200), 4.00, 4.02, 900))) == (1_000, 300)


def test_an_offer_at_or_below_its_price_fills_it_at_its_price_once(trader) -> None:
    crossing = Q(at(200), 3.98, 3.99, 100, 250)
    state = joined(trader, crossing)
    assert (place(state), state["fill_worst"]) == ((750, 0), 40_000)
    again = crossing._replace(when=at(300), bid_size=200)
    assert place(joined(trader, crossing, again)) == (750, 0)  # it took them all
    other = crossing._replace(when=at(400), ask=3.98, bid=3.97, ask_size=50)
    assert place(joined(trader, crossing, again, other)) == (700, 0)


def test_a_locked_book_moves_nothing(trader) -> None:
    assert place(joined(trader, Q(at(200), 4.00, 4.00, 50))) == (1_000, 300)
    assert place(joined(trader, Q(at(200), 3.90, 0.0, 50))) == (1_000, 300)


def test_it_is_placed_by_the_first_book_that_would_not_refuse_it(trader) -> None:
    locked, sound = Q(at(100), 4.02, 4.02, 50), Q(at(400), 4.00, 4.02, 75)
    through = told(300, 3.90, 900)
    assert place(joined(trader, locked, through)) == (1_000, 0)
    assert place(joined(trader, locked, through, sound)) == (1_000, 75)


def test_cancellations_move_it_on_if_half_of_them_are_thought_to_be_ahead(trader) -> None:
    grown, shrunk = Q(at(200), 4.00, 4.02, 1_500), Q(at(300), 4.00, 4.02, 900)
    book = known(bid_size=1_000)
    # 600 of 1,500 were cancelled, 500 of these stood behind it: a third of the 600.
    state = joined(trader, grown, shrunk, book=book, queue_model=1)
    assert state["working_ahead"] == pytest.approx(600)
    # Without the model all may have stood behind.
    assert place(joined(trader, grown, shrunk, book=book)) == (1_000, 900)
    # 100 were sold: 900 ahead, 600 behind, and 500 cancelled.
    sold = told(250, 4.00, 100)
    state = joined(trader, grown, sold, shrunk, book=book, queue_model=1)
    assert state["working_ahead"] == pytest.approx(600)


def test_a_float_place_lets_only_whole_shares_pass(trader) -> None:
    book, grown = known(bid_size=100), Q(at(200), 4.00, 4.02, 150)
    shrunk = Q(at(300), 4.00, 4.02, 140)  # 10 cancelled, two thirds of them ahead: 93.33 are left
    state = joined(
        trader, grown, shrunk, told(400, 4.00, 100), book=book, queue_model=1, passive_haircut=0
    )
    assert (state["fill_shares"], state["working_ahead"]) == (6, 0)


# Cancelled and replaced.


def test_a_cancel_that_arrives_late_does_not_undo_a_fill(trader) -> None:
    rows = known(), told(1_149, 3.99, 300), told(1_151, 3.99, 300)
    player = account(trader, *rows)
    assert player.mask[CANCEL] is False
    assert player.send(JOINS)["working"] == 1_000
    assert player.mask[CANCEL] is True
    state = player.send((CANCEL, CROSS, KEEP))
    assert (state["working"], state["shares"], state["fill_shares"]) == (0, 300, 300)
    assert (state["order_shares"], state["reject"]) == (0, RejectReason.NONE)
    assert player.mask[CANCEL] is False


def test_what_was_bought_meanwhile_is_taken_off_what_replaces_it(trader) -> None:
    rows = known(), told(1_100, 3.99, 400), told(1_200, 3.99, 50)
    player = account(trader, *rows)
    player.send(JOINS)
    state = player.send(JOINS)
    assert (state["order_shares"], state["working"], state["shares"]) == (1_000, 550, 450)
    assert state["working_filled"] == 50


def test_an_order_that_filled_before_its_replacement_leaves_less_to_buy(trader) -> None:
    player = account(trader, known(), told(1_100, 3.99, 400))
    player.send((BUY_QUARTER, JOIN, KEEP))
    state = player.send(JOINS)
    assert (state["shares"], state["working"]) == (250, 750)


def test_a_replacement_of_which_nothing_is_left_only_cancels(trader) -> None:
    player = account(trader, known(), told(1_100, 3.99, 400))
    player.send(JOINS)
    state = player.send((BUY_QUARTER, JOIN, KEEP))
    assert (state["order_shares"], state["shares"], state["working"]) == (250, 400, 0)
    assert state["reject"] == RejectReason.NONE


def test_a_sale_that_replaces_a_sale_never_sells_what_is_gone(trader) -> None:
    player = holder(trader, known(), told(1_100, 4.03, 600))
    player.send((SELL, JOIN, KEEP))
    state = player.send((SELL, CROSS, KEEP))
    assert (state["order_shares"], state["fill_shares"], state["shares"]) == (-1_000, -900, 100)
    assert state["fill_given"] == 600  # and 300 at the bid, which is all there was


def test_a_buy_that_replaces_a_sale_is_not_made_smaller(trader) -> None:
    player = holder(trader, known(), told(1_100, 4.03, 600), config={"risk": {
        "max_position": 8_040.0}})  # fmt: skip
    player.send((SELL, JOIN, KEEP))
    state = player.send((BUY, JOIN, KEEP))
    assert (state["order_shares"], state["shares"], state["working"]) == (1_000, 400, 1_000)


def test_hold_leaves_it_and_a_refused_order_replaces_it(trader) -> None:
    player = account(trader, known(), Q(at(2_100), 4.00, 4.00))
    player.send(JOINS)
    assert player.send(WAITS)["working"] == 1_000
    state = player.send((BUY, CROSS, KEEP))  # meets a locked book
    assert (state["working"], state["reject"]) == (0, RejectReason.CROSSED)


def test_an_action_that_is_not_allowed_leaves_it(trader) -> None:
    player = account(trader, known())
    player.send(JOINS)
    state = player.send((SELL, CROSS, KEEP))
    assert (state["working"], state["reject"]) == (1_000, RejectReason.MASKED)


# Money and fees.


def test_it_gets_no_more_than_is_paid_for(trader) -> None:
    config = {
        "risk": {"cash": 2_010.0, "max_position": 4_020.0},
        "commission": {"per_share": 0.05, "minimum": 0.0, "cap_fraction": 1.0},
    }
    # 500 at $4.02 can be afforded; with $25 of fees $1,985 are left for $4.00 each.
    state = joined(trader, told(200, 3.99, 900), config=config)
    assert (state["order_shares"], state["fill_shares"], state["working"]) == (500, 496, 4)
    assert state["cash"] == 2_010_000_000 - 496 * 4_050_000


@pytest.mark.parametrize(
    ("plan", "fees"),
    [
        # The least is a dollar, half a cent a share from 200 on.
        ("fixed", (1_000_000, 0, 1_500_000)),
        # 0.35, 0.70 and 1.75 dollars, 0.0002 to clear, 0.002 back.
        ("tiered", (170_000, 170_000, 510_000)),
        ("zero", (0, 0, 0)),
    ],
)
def test_the_fees_of_an_order_are_those_of_all_its_parts_together(trader, plan, fees) -> None:
    prints = told(200, 3.99, 100), told(1_200, 3.99, 100), told(2_200, 3.99, 300)
    player = account(trader, known(), *prints, config={"commission": plan})
    found = [player.send(action)["fill_fee"] for action in (JOINS, WAITS, WAITS)]
    assert tuple(found) == fees
    assert player.send(WAITS)["working_charged"] == sum(fees)


def test_what_it_took_pays_for_taking_and_what_it_gave_earns_the_rebate(trader) -> None:
    meets = Q(at(100), 3.98, 4.00, 500, 300)
    state = joined(trader, meets, told(200, 3.99, 200), config={"commission": "tiered"})
    assert (state["fill_shares"], state["fill_given"]) == (500, 200)
    assert state["fill_fee"] == 1_750_000 + 100_000 + 900_000 - 400_000


def test_a_sale_pays_its_regulators_per_fill(trader) -> None:
    state = offered(trader, told(200, 4.03, 100), told(300, 4.03, 100))
    # Of $402 each: 0.01118 dollars and 0.0166 dollars, both up to the cent.
    assert state["fill_fee"] == 2 * (20_000 + 20_000)


# Halts.


def test_it_sleeps_over_a_halt_and_takes_a_new_place(trader) -> None:
    halt = stop(at(300)), resume(at(600))
    inside, early = told(400, 3.90, 900), told(650, 3.90, 900)
    assert place(joined(trader, inside, early, status=halt))[0] == 1_000
    after = Q(at(700), 4.00, 4.02, 250)
    assert place(joined(trader, inside, early, after, status=halt)) == (1_000, 250)
    late = told(800, 3.90, 900)
    assert joined(trader, inside, early, after, late, status=halt)["fill_shares"] == 900


def test_after_a_halt_it_may_meet_an_offer(trader) -> None:
    halt = stop(at(300)), resume(at(600))
    state = joined(trader, Q(at(700), 3.50, 3.60, 250, 400), status=halt)
    assert (state["fill_shares"], state["fill_worst"], place(state)) == (400, 36_000, (600, 0))


def test_it_is_charged_once_though_it_was_placed_twice(trader) -> None:
    halt = stop(at(300)), resume(at(600))
    rows = told(200, 3.99, 100), Q(at(700), 3.50, 3.60, 250, 50)
    state = joined(trader, *rows, status=halt, config={"commission": "fixed"})
    assert (state["fill_shares"], state["fill_fee"]) == (150, 1_000_000)
