"""What rows the records of each schema of a DBN file make."""

import numpy as np
import pytest
from feed_records import (
    BAD_TS,
    BEGIN,
    CENT,
    DOUBTFUL,
    LAST,
    NO_PRICE,
    NO_SIZE,
    NO_TIME,
    SNAPSHOT,
    book,
    convert,
    plain,
    records,
    streams,
    tops,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import dbn_feed as reference

from lowfloat.base.codes import Mark
from lowfloat.base.records import ROWS, Quotes, Status, Trades
from lowfloat.errors import FeedError
from lowfloat.ingest.dbn_feed import FEEDS, Feed
from lowfloat.ingest.dbn_layouts import LAYOUTS, VERSIONS, layout_of
from lowfloat.ingest.dbn_reference import definition_rows, ohlcv_rows

DRAWN = sorted(FEEDS - {"status"})
OF_PRINTS = ("trades", "mbp-1", "tbbo", "mbp-10", "mbo", "cmbp-1", "tcbbo")


def prints(*rows: dict, schema: str = "trades"):
    return convert(schema, records(schema, [
        dict(action="T", side="B", price=100 * CENT, size=100) | row for row in rows
    ]))  # fmt: skip


# --- against the plain reference -----------------------------------------------------------


@pytest.mark.parametrize("schema", DRAWN)
def test_rows_and_faults_are_those_of_the_reference(schema):
    @settings(max_examples=100, deadline=None)
    @given(streams(schema))
    def check(made):
        trades, quotes, faults = reference.convert(schema, plain(made))
        found = convert(schema, made)
        assert found.trades == trades
        assert found.quotes == quotes
        assert found.faults == faults

    check()


@pytest.mark.parametrize("schema", DRAWN)
def test_how_records_are_cut_into_chunks_changes_nothing(schema):
    @settings(max_examples=40, deadline=None)
    @given(streams(schema), st.lists(st.integers(0, 60), max_size=8))
    def check(made, cuts):
        assert convert(schema, made, tuple(cuts)) == convert(schema, made)

    check()


# --- prints --------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", OF_PRINTS)
def test_a_print_keeps_its_times_price_size_venue_and_number(schema):
    (row,) = prints(dict(sequence=77, price=1_234_567_891, size=150), schema=schema).trades
    sequence = 0 if schema in ("cmbp-1", "tcbbo") else 77  # consolidated records have none
    wanted = (BEGIN, BEGIN + 500, 1_234_567_891, 150, 1, 100, int(Mark.ORDINARY), 2, sequence)
    assert row == wanted


def test_the_side_of_a_print_is_its_aggressor_and_is_trusted_only_if_said():
    found = prints(dict(side="B"), dict(side="A"), dict(side="N")).trades
    assert [row[4:6] for row in found] == [(1, 100), (-1, 100), (0, 0)]


def test_a_print_of_less_than_100_shares_is_an_odd_lot():
    found = prints(dict(size=99), dict(size=100)).trades
    assert [row[6] for row in found] == [Mark.ORDINARY | Mark.ODD_LOT, Mark.ORDINARY]


def test_a_print_of_a_reporting_facility_is_off_exchange():
    found = prints(dict(publisher_id=82), dict(publisher_id=81), dict(publisher_id=900)).trades
    assert [bool(row[6] & Mark.OFF_EXCHANGE) for row in found] == [True, False, False]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (dict(price=NO_PRICE), "undefined_price"),
        (dict(price=0), "bad_price"),
        (dict(price=-1), "bad_price"),
        (dict(price=10**14 + 1), "bad_price"),
        (dict(size=0), "zero_size"),
        (dict(size=NO_SIZE), "bad_size"),
        (dict(size=2**31), "bad_size"),
        (dict(flags=SNAPSHOT | LAST), "snapshot"),
        (dict(ts_recv=NO_TIME), "bad_time"),
    ],
)
@pytest.mark.parametrize("schema", OF_PRINTS)
def test_a_print_that_cannot_be_is_dropped_and_counted(schema, fields, fault):
    found = prints({}, fields, {}, schema=schema)
    assert len(found.trades) == 2
    assert found.faults == {fault: 1}


def test_the_largest_price_and_size_that_can_be_are_kept():
    (row,) = prints(dict(price=10**14, size=2**31 - 1)).trades
    assert row[2:4] == (10**14, 2**31 - 1)


def test_an_undefined_exchange_time_becomes_the_time_of_receipt():
    found = prints(dict(ts_event=NO_TIME))
    assert found.trades[0][0] == BEGIN + 500
    assert found.faults == {}


def test_an_exchange_time_that_cannot_be_becomes_the_time_of_receipt_and_is_counted():
    found = prints(dict(ts_event=2**63))
    assert found.trades[0][0] == BEGIN + 500
    assert found.faults == {"bad_time": 1}


# --- the book ------------------------------------------------------------------------------


def mbp(*rows: dict, schema: str = "mbp-1"):
    return convert(schema, records(schema, list(rows)))


@pytest.mark.parametrize("schema", ["mbp-1", "mbp-10", "cmbp-1"])
def test_a_change_of_the_book_is_a_row_with_all_it_says(schema):
    (row,) = mbp(book("C", (100, 5), (102, 7), sequence=9, flags=LAST | BAD_TS),
                 schema=schema).quotes  # fmt: skip
    sequence = 0 if schema == "cmbp-1" else 9
    wanted = (BEGIN, BEGIN + 500, 100 * CENT, 102 * CENT, 5, 7, ord("C"), LAST | BAD_TS, 2,
              sequence)  # fmt: skip
    assert row == wanted


def test_a_record_that_leaves_the_top_as_it_was_makes_no_row():
    found = mbp(book(), book("C"), book("M", (100, 6)), schema="mbp-10")
    assert tops(found) == [((100, 5), (102, 7)), ((100, 6), (102, 7))]
    assert found.faults == {}


def test_states_inside_an_event_are_left_out_and_counted():
    found = mbp(
        book(bid=(100, 5), flags=0, ts_event=BEGIN),
        book(bid=(100, 3), flags=0, ts_event=BEGIN),
        book(bid=(99, 8), flags=LAST, ts_event=BEGIN),
    )
    assert tops(found) == [((99, 8), (102, 7))]
    assert found.faults == {"intermediate": 2}


def test_an_event_that_ends_as_it_began_makes_no_row_and_all_its_states_count():
    found = mbp(book(), *(book(bid=(100, size), flags=flags, ts_event=BEGIN + 1)
                          for size, flags in ((3, 0), (5, LAST))))  # fmt: skip
    assert len(found.quotes) == 1
    assert found.faults == {"intermediate": 2}


def test_an_event_without_the_flag_ends_where_the_exchange_time_changes():
    found = mbp(book(bid=(100, 5), flags=0), book(bid=(100, 6), flags=0))
    assert tops(found) == [((100, 5), (102, 7)), ((100, 6), (102, 7))]


def test_a_snapshot_ends_with_its_flag_however_its_times_differ():
    found = mbp(book(bid=(100, 5), flags=SNAPSHOT), book(bid=(100, 6), flags=SNAPSHOT | LAST))
    assert tops(found) == [((100, 6), (102, 7))]
    assert found.quotes[0][7] == SNAPSHOT | LAST


def test_a_row_has_the_time_of_the_record_that_ends_its_event():
    first = book("C", flags=0, ts_event=BEGIN, ts_recv=BEGIN + 1, sequence=4)
    (row,) = mbp(first, first | book("A", ts_recv=BEGIN + 2, sequence=5, flags=LAST)).quotes
    assert row[1] == BEGIN + 2
    assert (chr(row[6]), row[9]) == ("C", 4)


def test_a_trade_changes_no_book():
    found = mbp(book(), book("T", (90, 1), None, price=CENT, size=1))
    assert len(found.quotes) == len(found.trades) == 1


def test_a_trade_that_ends_an_event_lets_the_change_before_it_stand():
    found = mbp(book("C", flags=0, ts_event=BEGIN),
                book("T", ts_event=BEGIN, price=CENT, size=1))  # fmt: skip
    assert tops(found) == [((100, 5), (102, 7))]
    assert chr(found.quotes[0][6]) == "C"


def test_the_change_that_follows_a_trade_in_its_event_is_the_row():
    found = mbp(book(), book("T", flags=0, ts_event=BEGIN + 9, price=CENT, size=1),
                book("C", (100, 4), ts_event=BEGIN + 9))  # fmt: skip
    assert tops(found) == [((100, 5), (102, 7)), ((100, 4), (102, 7))]


def test_the_event_that_the_end_of_the_file_leaves_open_makes_its_row_at_the_end():
    feed = Feed("mbp-1", 3, "TEST.FEED")
    assert len(feed.convert(records("mbp-1", [book(flags=0)])).quotes) == 0
    assert len(feed.finish().quotes) == 1
    assert len(feed.finish().quotes) == 0


@pytest.mark.parametrize("side", [(0, 5), (-1, 5), (10**7 + 1, 5)])
def test_a_side_whose_price_cannot_be_is_empty_and_counted(side):
    found = mbp(book(bid=side))
    assert tops(found) == [(None, (102, 7))]
    assert found.faults == {"bad_price": 1}


@pytest.mark.parametrize("ask", [None, (102, 0), (102, NO_SIZE)])
def test_an_undefined_side_is_empty(ask):
    found = mbp(book(ask=ask))
    assert tops(found) == [((100, 5), None)]
    assert found.faults == {}


def test_a_side_of_more_shares_than_a_row_can_state_is_empty_and_counted():
    found = mbp(book(bid=(100, 2**31)))
    assert tops(found) == [(None, (102, 7))]
    assert found.faults == {"bad_size": 1}


def test_a_book_that_may_be_wrong_is_empty_and_says_so():
    found = mbp(book(), book(flags=LAST | DOUBTFUL), book())
    assert tops(found) == [((100, 5), (102, 7)), (None, None), ((100, 5), (102, 7))]
    assert [bool(row[7] & DOUBTFUL) for row in found.quotes] == [False, True, False]
    assert found.faults == {"bad_book": 1}


def test_a_clearing_empties_the_book_whatever_the_record_shows():
    assert tops(mbp(book(), book("R")))[1:] == [(None, None)]


def test_an_unknown_action_is_not_said():
    assert chr(mbp(book("X")).quotes[0][6]) == "N"


def test_a_side_without_orders_is_empty_where_the_venue_counts_orders():
    assert tops(mbp(book(bid_count=0))) == [(None, (102, 7))]


def test_a_venue_that_never_counts_orders_has_both_sides():
    found = mbp(book(bid_count=0, ask_count=0, publisher_id=95))
    assert tops(found) == [((100, 5), (102, 7))]


# --- books before prints, and at the end of intervals --------------------------------------


@pytest.mark.parametrize("schema", ["tbbo", "tcbbo"])
def test_the_book_before_a_print_is_a_row_only_if_it_changed(schema):
    one = book("T", price=CENT, size=1)
    found = mbp(one, one, one | book("T", (100, 6)), schema=schema)
    assert len(found.trades) == 3
    assert tops(found) == [((100, 5), (102, 7)), ((100, 6), (102, 7))]
    assert [chr(row[6]) for row in found.quotes] == ["N", "N"]
    assert [row[1] for row in found.quotes] == [found.trades[0][1], found.trades[2][1]]


@pytest.mark.parametrize("schema", ["bbo-1s", "bbo-1m", "cbbo-1s", "cbbo-1m"])
def test_a_sample_is_a_quote_of_the_end_of_its_interval_and_no_print(schema):
    found = mbp(book(price=CENT, size=1, ts_event=NO_TIME), book(ts_event=BEGIN - 1),
                book(bid=(100, 6), flags=0), schema=schema)  # fmt: skip
    assert found.trades == []
    assert [row[:2] for row in found.quotes] == [(BEGIN + 500,) * 2, (BEGIN + 2500,) * 2]


# --- status --------------------------------------------------------------------------------


def test_status_answers_are_numbers_and_certain():
    made = np.zeros(3, LAYOUTS["status"])
    made["ts_event"] = [5, 6, NO_TIME]
    made["ts_recv"], made["action"], made["reason"] = [7, 8, 9], [7, 9, 14], [0, 50, 0]
    made["is_trading"] = made["is_short_sell_restricted"][::-1] = [ord(c) for c in "YN~"]
    found = Feed("status", 1, "XNAS.ITCH").convert(made)
    assert found.status.dtype == ROWS[Status]
    assert found.status.tolist() == [
        (5, 7, 7, 0, 1, -1, 100), (6, 8, 9, 50, 0, 0, 100), (9, 9, 14, 0, -1, 1, 100),
    ]  # fmt: skip


def test_a_status_at_a_time_that_cannot_be_is_repaired_or_dropped_and_counted():
    made = np.zeros(3, LAYOUTS["status"])
    made["ts_event"], made["ts_recv"] = [5, 2**63, 6], [7, 8, NO_TIME]
    found = Feed("status", 3, "XNAS.ITCH").convert(made)
    assert [row[:2] for row in found.status.tolist()] == [(5, 7), (8, 8)]
    assert found.faults == {"bad_time": 2}


# --- the class -----------------------------------------------------------------------------


def test_rows_are_of_the_types_of_the_store():
    found = Feed("mbp-1", 1, "EQUS.MINI").convert(records("mbp-1", [book()]))
    assert found.trades.dtype == ROWS[Trades]
    assert found.quotes.dtype == ROWS[Quotes]
    assert found.status.dtype == ROWS[Status]


def test_an_empty_chunk_makes_no_rows():
    for schema in FEEDS:
        found = Feed(schema, 2, "X").convert(np.empty(0, LAYOUTS[schema]))
        assert not len(found.trades) + len(found.quotes) + len(found.status)


def test_a_schema_that_makes_no_rows_is_refused():
    with pytest.raises(ValueError, match="was 'ohlcv-1s'; rows are made of"):
        Feed("ohlcv-1s", 3, "EQUS.MINI")


def test_records_of_another_layout_are_refused():
    with pytest.raises(ValueError, match=r"`records` of EQUS.MINI mbp-1 were of type"):
        Feed("mbp-1", 3, "EQUS.MINI").convert(np.empty(1, LAYOUTS["trades"]))


# --- bars and definitions ------------------------------------------------------------------


def bars(**fields) -> np.ndarray:
    made = np.zeros(2, LAYOUTS["ohlcv-1d"])
    for name, value in dict(open=3, high=4, low=2, close=3, volume=9, ts_event=1).items():
        made[name] = value
    for name, value in fields.items():
        made[name][1] = value
    return made


def test_bars_become_columns():
    found = ohlcv_rows(bars(close=4))
    assert found["close"].tolist() == [3, 4]
    assert {column.dtype for name, column in found.items() if name != "instrument_id"} == {
        np.dtype(np.int64)
    }


@pytest.mark.parametrize(
    "fields", [dict(open=NO_PRICE), dict(low=0), dict(high=2), dict(close=1), dict(volume=2**63)]
)
def test_a_bar_that_cannot_be_is_refused(fields):
    with pytest.raises(FeedError, match="bar 1 is"):
        ohlcv_rows(bars(**fields))


@pytest.mark.parametrize("version", VERSIONS)
def test_definitions_of_each_version_become_columns(version):
    made = np.zeros(1, layout_of("definition", version))
    made["raw_symbol"], made["exchange"], made["instrument_class"] = b"BRK.B", b"XNYS", b"K"
    made["min_price_increment"], made["min_lot_size_round_lot"] = NO_PRICE, 100
    found = {name: column.tolist() for name, column in definition_rows(made).items()}
    assert found == dict(
        instrument_id=[0], ts_recv=[0], min_price_increment=[0], min_lot_size_round_lot=[100],
        raw_symbol=["BRK.B"], instrument_class=["K"], security_type=[""], exchange=["XNYS"],
    )  # fmt: skip


def test_a_definition_that_is_not_ascii_is_refused():
    made = np.zeros(1, LAYOUTS["definition"])
    made["raw_symbol"] = b"A\xff"
    with pytest.raises(FeedError, match="`raw_symbol` is"):
        definition_rows(made)
