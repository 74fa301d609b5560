"""The best quote over the venues of a feed that mixes them."""

import numpy as np
import pytest
from feed_records import BEGIN, CENT, DOUBTFUL, LAST, book, convert, records, tops

CHX, IEX, TRF, OPRA = 39, 41, 82, 30


def feed(*rows: tuple, schema: str = "mbp-1"):
    """Return what is made of books, each given as venue, bid, ask and other fields."""
    made = [book(bid=bid, ask=ask, publisher_id=venue, **(more[0] if more else {}))
            for venue, bid, ask, *more in rows]  # fmt: skip
    return convert(schema, records(schema, made))


def test_the_best_price_of_any_venue_is_the_best():
    found = feed((CHX, (100, 5), (103, 1)), (IEX, (99, 8), (102, 2)))
    assert tops(found) == [((100, 5), (103, 1)), ((100, 5), (102, 2))]


def test_the_shares_of_all_venues_at_the_best_price_are_added_up():
    found = feed((CHX, (100, 5), (102, 1)), (IEX, (100, 8), (102, 2)))
    assert tops(found)[-1] == ((100, 13), (102, 3))


def test_more_shares_than_a_row_can_state_are_stated_as_the_most():
    most = 2**31 - 1
    found = feed((CHX, (100, most), None), (IEX, (100, most), None))
    assert tops(found) == [((100, most), None)]


def test_a_row_is_of_the_venue_that_changed_the_best():
    found = feed((CHX, (100, 5), None), (IEX, (101, 8), None), (CHX, (99, 5), None),
                 (IEX, (98, 1), None))  # fmt: skip
    assert [row[8] for row in found.quotes] == [CHX, IEX, IEX]
    assert tops(found) == [((100, 5), None), ((101, 8), None), ((99, 5), None)]


def test_a_venue_that_leaves_no_trace_in_the_best_makes_no_row():
    assert len(feed((CHX, (100, 5), None), (IEX, (99, 8), None)).quotes) == 1


def test_a_clearing_clears_its_venue_only():
    found = feed((CHX, (100, 5), (102, 1)), (IEX, (100, 8), (103, 2)),
                 (CHX, (1, 1), (2, 2), dict(action="R")))  # fmt: skip
    assert tops(found)[-1] == ((100, 8), (103, 2))


def test_an_empty_side_of_a_venue_is_not_the_best_of_all():
    found = feed((CHX, (100, 5), (102, 1)), (IEX, (99, 5), None))
    assert tops(found)[-1] == ((100, 5), (102, 1))


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_a_side_with_order_count_0_is_empty_where_the_venue_counts_orders(side):
    nobody = {f"{side}_count": 0}
    found = feed((CHX, (100, 5), (102, 1)), (IEX, (101, 5), (101, 5), nobody))
    other = ((100, 5), (101, 5)) if side == "bid" else ((101, 5), (102, 1))
    assert tops(found)[-1] == other


def test_a_venue_counts_orders_from_the_first_record_on_that_counts_one():
    none = dict(bid_count=0, ask_count=0)
    found = feed((CHX, (100, 5), None, none), (CHX, None, (102, 1)), (CHX, (100, 5), None, none))
    assert tops(found) == [((100, 5), None), (None, (102, 1)), (None, None)]


def test_venues_crossed_with_each_other_are_kept_and_not_counted():
    found = feed((CHX, (100, 5), (102, 1)), (IEX, (98, 5), (99, 1)))
    assert tops(found)[-1] == ((100, 5), (99, 1))
    assert found.faults == {}


def test_a_venue_crossed_with_itself_is_kept_and_counted():
    found = feed((CHX, (103, 5), (102, 1)), (IEX, (103, 1), (103, 1)))
    assert tops(found)[0] == ((103, 5), (102, 1))
    assert found.faults == {"crossed_own": 1}


def test_a_consolidated_book_that_is_crossed_is_nobodys_own():
    assert feed((CHX, (103, 5), (102, 1)), schema="cmbp-1").faults == {}
    assert feed((95, (103, 5), (102, 1))).faults == {}


def test_an_event_ends_where_another_venue_speaks():
    one = dict(flags=0, ts_event=BEGIN)
    found = feed((CHX, (100, 5), None, one), (IEX, (101, 8), None, one),
                 (CHX, (102, 1), None, one))  # fmt: skip
    assert tops(found) == [((100, 5), None), ((101, 8), None), ((102, 1), None)]
    assert found.faults == {}


def test_the_doubtful_book_of_one_venue_is_left_out_of_the_best():
    found = feed((CHX, (100, 5), None), (IEX, (99, 8), None),
                 (CHX, (100, 5), None, dict(flags=LAST | DOUBTFUL)))  # fmt: skip
    assert tops(found)[-1] == ((99, 8), None)
    assert not found.quotes[-1][7] & DOUBTFUL  # the flag says that both sides are empty


def test_a_consolidated_quote_among_those_of_venues_is_not_added_to_them():
    found = feed((CHX, (100, 5), None), (OPRA, (100, 5), None), (IEX, (100, 3), None),
                 (OPRA, (100, 8), None))  # fmt: skip
    assert tops(found) == [((100, 5), None), ((100, 8), None)]
    assert [row[8] for row in found.quotes] == [CHX, OPRA]


def test_a_consolidator_that_only_prints_takes_nothing_over():
    found = feed((OPRA, None, None, dict(action="T", price=CENT, size=1)), (CHX, (100, 5), None))
    assert tops(found) == [((100, 5), None)]


def test_prints_of_a_facility_do_not_touch_the_books_of_venues():
    row = dict(action="T", price=100 * CENT, size=100)
    found = feed((CHX, (100, 5), None), (TRF, None, None, row), (CHX, (101, 5), None))
    assert [row[7] for row in found.trades] == [TRF]
    assert tops(found) == [((100, 5), None), ((101, 5), None)]


@pytest.mark.parametrize("schema", ["mbp-1", "mbp-10", "tbbo", "bbo-1s"])
def test_venues_are_told_apart_in_every_schema_that_names_them(schema):
    action = dict(action="T", price=CENT, size=1) if schema == "tbbo" else {}
    found = feed((CHX, (100, 5), None, action), (IEX, (100, 8), None, action), schema=schema)
    assert tops(found) == [((100, 5), None), ((100, 13), None)]


@pytest.mark.parametrize("schema", ["cmbp-1", "tcbbo", "cbbo-1s"])
def test_a_consolidated_schema_shows_one_book_whoever_changes_it(schema):
    action = dict(action="T", price=CENT, size=1) if schema == "tcbbo" else {}
    found = feed((CHX, (100, 5), None, action), (IEX, (99, 8), None, action), schema=schema)
    assert tops(found) == [((100, 5), None), ((99, 8), None)]
    assert [row[8] for row in found.quotes] == [CHX, IEX]


def test_a_clearing_in_a_consolidated_book_leaves_what_the_record_shows():
    found = feed((CHX, (100, 5), None), (IEX, (99, 8), None, dict(action="R")), schema="cmbp-1")
    assert tops(found)[-1] == ((99, 8), None)


def test_any_number_of_venues_has_room():
    rows = [(venue, (100, 1), None) for venue in range(1000, 1300)]
    assert [size for (_, size), _ in tops(feed(*rows))] == np.arange(1, 301).tolist()
