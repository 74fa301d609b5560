"""The book kept order by order, and the top of book taken from it."""

import numpy as np
import pytest
from feed_records import (
    BEGIN,
    CENT,
    DOUBTFUL,
    LAST,
    NO_PRICE,
    SNAPSHOT,
    TOP,
    convert,
    order,
    plain,
    records,
    tops,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import dbn_feed as reference

from lowfloat.ingest.order_book import apply, has_room, new_book, roomier_book
from lowfloat.ingest.venues import new_venues


def feed(*rows: dict):
    return convert("mbo", records("mbo", list(rows)))


BID, OFFER = order("A", 1, "B", 100, 5), order("A", 2, "A", 102, 7)


def test_orders_at_one_price_are_added_up():
    assert tops(feed(BID, order("A", 3, "B", 100, 4)))[-1] == ((100, 9), None)


def test_the_best_price_of_each_side_is_the_top():
    rows = [BID, OFFER, order("A", 3, "B", 101, 1), order("A", 4, "A", 103, 1)]
    assert tops(feed(*rows)) == [
        ((100, 5), None), ((100, 5), (102, 7)), ((101, 1), (102, 7)),
    ]  # fmt: skip


def test_a_cancel_takes_its_shares_off_the_order():
    assert tops(feed(BID, order("C", 1, "B", 100, 2)))[-1] == ((100, 3), None)


def test_the_last_cancel_of_a_level_shows_the_next_one():
    rows = [BID, order("A", 3, "B", 99, 8), order("C", 1, "B", 100, 5)]
    assert tops(feed(*rows))[-1] == ((99, 8), None)


def test_a_change_of_an_order_moves_it():
    assert tops(feed(OFFER, order("M", 2, "A", 101, 3)))[-1] == (None, (101, 3))


def test_a_change_of_an_order_can_move_it_to_the_other_side():
    assert tops(feed(BID, order("M", 1, "A", 101, 3)))[-1] == (None, (101, 3))


def test_a_clearing_removes_every_order():
    found = feed(BID, OFFER, order("R", 0, "N", 0, 0), order("A", 3, "B", 90, 1))
    assert tops(found)[-2:] == [(None, None), ((90, 1), None)]


def test_an_order_of_before_a_clearing_is_not_found_after_it():
    found = feed(BID, order("R", 0, "N", 0, 0), order("C", 1, "B", 100, 5))
    assert found.faults == {"bad_book": 1}


@pytest.mark.parametrize("action", ["T", "F", "N"])
def test_trades_and_fills_change_no_book(action):
    found = feed(BID, order(action, 1, "A", 100, 5))
    assert tops(found) == [((100, 5), None)]
    assert len(found.trades) == (action == "T")
    assert found.faults == {}


def test_a_trade_is_a_print_with_its_aggressor_and_its_fill_is_none():
    rows = [order("T", 0, "A", 100, 5, flags=0), order("F", 1, "B", 100, 5, flags=0),
            order("C", 1, "B", 100, 5)]  # fmt: skip
    found = feed(BID, *(row | dict(ts_event=BEGIN + 9) for row in rows))
    assert [(row[2], row[3], row[4]) for row in found.trades] == [(100 * CENT, 5, -1)]
    assert tops(found) == [((100, 5), None), (None, None)]


def test_a_sweep_through_levels_shows_only_where_it_ends():
    levels = [order("A", n, "A", 100 + n, 5) for n in range(1, 5)]
    sweep = [order("C", n, "A", 100 + n, 5, ts_event=BEGIN + 9, flags=LAST * (n == 3))
             for n in range(1, 4)]  # fmt: skip
    found = feed(*levels, *sweep)
    assert tops(found)[-2:] == [(None, (101, 5)), (None, (104, 5))]
    assert found.faults == {"intermediate": 2}


def test_a_change_below_the_top_makes_no_row():
    assert len(feed(BID, order("A", 3, "B", 99, 1), order("C", 3, "B", 99, 1)).quotes) == 1


@pytest.mark.parametrize(
    "row",
    [
        order("C", 9, "B", 100, 5),
        order("M", 9, "A", 105, 5),
        order("A", 1, "B", 100, 5),
        order("A", 9, "N", 100, 5),
        order("X", 9, "B", 100, 5),
    ],
    ids=["cancel of none", "change of none", "added twice", "no side", "no action"],
)
def test_a_record_that_contradicts_the_book_is_counted(row):
    assert feed(BID, OFFER, row).faults == {"bad_book": 1}


def test_a_change_of_an_unknown_order_and_a_second_add_leave_the_order_last_told():
    found = feed(BID, order("M", 9, "A", 105, 5), order("A", 1, "B", 98, 4))
    assert tops(found)[-1] == ((98, 4), (105, 5))


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (dict(price=NO_PRICE), "undefined_price"),
        (dict(price=0), "bad_price"),
        (dict(price=10**14 + 1), "bad_price"),
        (dict(size=0), "zero_size"),
        (dict(size=2**31), "bad_size"),
    ],
)
def test_an_order_that_cannot_be_is_left_out_and_counted(fields, fault):
    found = feed(OFFER, BID | fields)
    assert tops(found) == [(None, (102, 7))]
    assert found.faults == {fault: 1}


def test_a_snapshot_builds_the_book_and_is_one_event():
    rows = [order("R", 0, "N", 0, 0), BID, OFFER, order("T", 0, "B", 102, 1)]
    found = feed(*(row | dict(flags=SNAPSHOT) for row in rows), order("A", 3, "B", 99, 1))
    assert tops(found) == [((100, 5), (102, 7))]
    assert found.quotes[0][7] == SNAPSHOT
    assert found.trades == []
    assert found.faults == {"snapshot": 1, "intermediate": 1}


def test_a_book_with_a_gap_is_empty_until_the_venue_starts_anew():
    rows = [BID, OFFER | dict(flags=LAST | DOUBTFUL), order("A", 3, "B", 101, 1),
            order("R", 0, "N", 0, 0), order("A", 4, "B", 99, 1)]  # fmt: skip
    found = feed(*rows)
    assert tops(found) == [((100, 5), None), (None, None), ((99, 1), None)]
    assert found.quotes[1][7] == LAST | DOUBTFUL
    assert found.faults == {"bad_book": 1}


def test_a_side_stated_by_its_best_price_replaces_what_was_known_of_it():
    rows = [BID, OFFER, order("A", 0, "B", 98, 6, flags=LAST | TOP),
            order("C", 1, "B", 100, 5)]  # fmt: skip
    found = feed(*rows)
    assert tops(found)[-1] == ((98, 6), (102, 7))
    assert found.faults == {"bad_book": 1}  # the cancel of an order that is not there any more


def test_a_side_stated_without_a_price_is_empty():
    found = feed(BID, order("A", 0, "B", 0, 0, flags=LAST | TOP) | dict(price=NO_PRICE))
    assert tops(found)[-1] == (None, None)
    assert found.faults == {}


def test_orders_of_two_venues_may_have_the_same_number():
    found = feed(BID, BID | dict(publisher_id=43), order("C", 1, "B", 100, 2, publisher_id=43))
    assert tops(found) == [((100, 5), None), ((100, 10), None), ((100, 8), None)]
    assert found.faults == {}


def test_a_venue_that_comes_after_a_clearing_has_orders_of_its_own():
    other = BID | dict(publisher_id=43)
    found = feed(BID, order("R", 0, "N", 0, 0), BID, other)
    assert tops(found)[-1] == ((100, 10), None)
    assert found.faults == {}


def test_orders_of_before_a_clearing_do_not_make_the_book_grow():
    state, book = new_venues().state[0], new_book(1)
    for number in range(200):
        if not has_room(book, 0):
            book = roomier_book(book, 1)
        price = 100 * CENT
        apply(state, book, 0, ord("A"), ord("B"), np.uint64(number), price, 5, 0)
        apply(state, book, 0, ord("R"), ord("N"), np.uint64(0), NO_PRICE, 0, 0)
    assert len(book.orders) == 16


def test_numbers_of_orders_use_all_64_bits():
    high = order("A", 2**64 - 1, "B", 100, 5)
    found = feed(high, order("C", 2**63 - 1, "B", 100, 5), high | dict(action="C"))
    assert tops(found) == [((100, 5), None), (None, None)]
    assert found.faults == {"bad_book": 1}


def test_a_level_of_more_shares_than_a_row_can_state_states_the_most():
    found = feed(*(order("A", n, "B", 100, 2**31 - 1) for n in (1, 2)),
                 order("C", 1, "B", 100, 2**31 - 1))  # fmt: skip
    assert tops(found) == [((100, 2**31 - 1), None)]


def many(seed: int, count: int, clears: bool) -> np.ndarray:
    """Orders of three venues that come and go, many at a time, and are numbered close together."""
    rng = np.random.default_rng(seed)
    actions = rng.choice(list("AAAACCMT") + ["R"] * clears, count)
    sides = rng.choice(["B", "A"], count)
    cents = np.where(sides == "B", rng.integers(1, 400, count), rng.integers(300, 700, count))
    numbers, sizes = rng.integers(1, count, count), rng.integers(1, 300, count)
    venues = rng.choice([2, 5, 43], count)
    flags = rng.choice([LAST, LAST, 0], count)
    rows = zip(actions, numbers * 8, sides, cents, sizes, flags, venues, strict=True)
    return records("mbo", [
        order(*map(lambda value: value.item(), row[:5]), flags=row[5], publisher_id=row[6])
        for row in rows
    ])  # fmt: skip


@pytest.mark.parametrize("clears", [False, True])
def test_a_book_of_many_orders_grows_and_stays_that_of_the_reference(clears):
    @settings(max_examples=3, deadline=None)
    @given(st.integers(0, 2**32), st.lists(st.integers(0, 2500), max_size=4))
    def check(seed, cuts):
        made = many(seed, 2500, clears)
        trades, quotes, faults = reference.convert("mbo", plain(made))
        assert convert("mbo", made, tuple(cuts)) == (trades, quotes, faults)

    check()
