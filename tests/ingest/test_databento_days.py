"""Which records make a symbol-day, and how far it is covered."""

import datetime as dt
import json

import pytest
from dbn_files import at, mapping, quote, state, trade, write, write_day

from lowfloat.days import DayStore
from lowfloat.errors import BadSymbol
from lowfloat.ingest import ingest_databento

WINTER, AFTER = "2025-03-06", "2025-03-07"  # a Thursday and a Friday before the clocks change
SUMMER = "2025-03-10"  # the Monday after


@pytest.fixture
def store(tmp_path):
    return DayStore(tmp_path / "days")


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "raw"


def test_a_summer_day_is_covered_to_20_00_by_the_file_of_its_date(raw, store):
    rows = [trade(at(SUMMER, "04:00:00")), trade(at(SUMMER, "19:59:59.999999999"))]
    write(raw / "a.dbn.zst", "trades", rows, SUMMER)
    result = ingest_databento(raw, store)
    assert result.written == [f"ABCD/{SUMMER}"]
    assert result.days[0].coverage_end == "20:00:00"
    assert result.days[0].trades == 2
    assert store["ABCD", SUMMER].coverage_end_ns == at(SUMMER, "20:00:00")


def test_a_winter_day_ends_at_19_00_where_its_utc_file_is_cut(raw, store):
    write(raw / "a.dbn.zst", "trades", [trade(at(WINTER, "18:59:59.999"))], WINTER)
    assert ingest_databento(raw, store).days[0].coverage_end == "19:00:00"
    assert store["ABCD", WINTER].coverage_end_ns == at(AFTER, "00:00:00", "UTC")


def test_a_winter_day_is_joined_from_two_utc_files(raw, store):
    write(raw / "a.dbn.zst", "trades", [trade(at(WINTER, "09:30:00"), 5.0)], WINTER)
    evening = [trade(at(WINTER, "19:30:00"), 6.0), trade(at(AFTER, "09:30:00"), 7.0)]
    write(raw / "b.dbn.zst", "trades", evening, AFTER)
    result = ingest_databento(raw, store)
    assert [row.coverage_end for row in result.days] == ["20:00:00", "19:00:00"]
    day = store["ABCD", WINTER]
    assert day.trades.price.tolist() == [5_000_000_000, 6_000_000_000]
    assert [name for name, _ in day.sources] == ["a.dbn.zst", "b.dbn.zst"]
    assert result.clipped == 0


def test_a_following_file_that_is_silent_after_midnight_utc_adds_no_coverage(raw, store):
    write(raw / "a.dbn.zst", "trades", [trade(at(WINTER, "09:30:00"))], WINTER)
    write(raw / "b.dbn.zst", "trades", [trade(at(AFTER, "04:00:00"))], AFTER)
    assert [row.coverage_end for row in ingest_databento(raw, store).days] == ["19:00:00"] * 2
    assert [name for name, _ in store["ABCD", WINTER].sources] == ["a.dbn.zst"]


def test_one_file_of_two_days_is_covered_as_two_files_are(raw, store):
    rows = [trade(at(WINTER, "09:30:00")), trade(at(AFTER, "09:30:00"))]
    write(raw / "a.dbn.zst", "trades", rows, WINTER, AFTER)
    assert [row.coverage_end for row in ingest_databento(raw, store).days] == ["19:00:00"] * 2


def test_another_symbol_in_the_evening_hour_shows_that_the_feed_ran(raw, store):
    evening = trade(at(WINTER, "19:30:00"), instrument_id=2)
    rows = [trade(at(WINTER, "09:30:00")), evening]
    write(raw / "a.dbn.zst", "trades", rows, WINTER, AFTER, symbols={"ABCD": 1, "WXYZ": 2})
    result = ingest_databento(raw, store)
    assert {row.symbol: row.coverage_end for row in result.days} == dict.fromkeys(
        ("ABCD", "WXYZ"), "20:00:00"
    )


def test_coverage_ends_where_the_quotes_stop_and_later_trades_are_counted(raw, store):
    prints = [trade(at(WINTER, "09:30:00")), trade(at(WINTER, "19:30:00"))]
    write(raw / "t.dbn.zst", "trades", prints, WINTER, AFTER)
    write(raw / "q.dbn.zst", "mbp-1", [quote(at(WINTER, "09:00:00"))], WINTER)
    (row,) = ingest_databento(raw, store).days
    assert (row.coverage_end, row.trades, row.clipped) == ("19:00:00", 1, 1)


def test_a_half_day_ends_at_17_00(raw, store):
    date = "2025-07-03"
    write(raw / "a.dbn.zst", "trades", [trade(at(date, "16:59:59")), trade(at(date, "17:00:00"))],
          date)  # fmt: skip
    result = ingest_databento(raw, store)
    assert (result.days[0].coverage_end, result.days[0].trades) == ("17:00:00", 1)
    assert result.clipped == 1


def test_records_before_04_00_and_from_20_00_on_are_clipped_and_counted(raw, store):
    clocks = ("01:55:00", "03:59:59.999999999", "04:00:00", "19:59:59.999999999")
    rows = [quote(at(SUMMER, clock)) for clock in clocks]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER)
    later = [quote(at(SUMMER, "20:00:00")), quote(at("2025-03-11", "09:30:00"))]
    write(raw / "b.dbn.zst", "mbp-1", later, "2025-03-11")
    result = ingest_databento(raw, store)
    assert [row.quotes for row in result.days] == [2, 1]
    assert result.clipped == 3


@pytest.mark.parametrize("date", ["2025-03-08", "2025-03-09", "2025-01-09", "2025-07-04"])
def test_no_day_is_made_of_a_weekend_or_holiday(raw, store, date):
    write(raw / "a.dbn.zst", "trades", [trade(at(date, "12:00:00"))], date)
    result = ingest_databento(raw, store)
    assert result.days == []
    assert result.failed == []
    assert len(store) == 0


def test_records_of_a_weekend_within_a_long_file_are_counted(raw, store):
    rows = [trade(at(AFTER, "12:00:00")), trade(at("2025-03-08", "12:00:00")),
            trade(at(SUMMER, "12:00:00"))]  # fmt: skip
    write(raw / "a.dbn.zst", "trades", rows, AFTER, SUMMER)
    result = ingest_databento(raw, store)
    assert result.written == [f"ABCD/{AFTER}", f"ABCD/{SUMMER}"]
    assert result.clipped == 1


def test_an_empty_side_of_the_book_has_price_and_size_0(raw, store):
    rows = [
        quote(at(SUMMER, "04:00:00"), bid=None, ask=None, action="R"),
        quote(at(SUMMER, "04:00:01"), bid=None),
        quote(at(SUMMER, "04:00:02"), ask=(5.01, 0)),
        quote(at(SUMMER, "04:00:03"), ask=(5.01, 2**32 - 1)),
    ]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER)
    ingest_databento(raw, store)
    quotes = store["ABCD", SUMMER].quotes
    assert quotes.bid_price.tolist() == [0, 0, 4_990_000_000, 4_990_000_000]
    assert quotes.bid_size.tolist() == [0, 0, 100, 100]
    assert quotes.ask_price.tolist() == [0, 5_010_000_000, 0, 0]
    assert quotes.ask_size.tolist() == [0, 200, 0, 0]


@pytest.mark.parametrize("bad", [dict(price=2**63 - 1), dict(size=0), dict(price=-5)])
def test_a_print_without_price_or_size_fails_its_day(raw, store, bad):
    write(raw / "a.dbn.zst", "trades", [trade(at(SUMMER, "09:30:00")) | bad], SUMMER)
    ((name, message),) = ingest_databento(raw, store).failed
    assert name == f"ABCD/{SUMMER}"
    assert "both must be above 0" in message


def test_an_undefined_exchange_time_becomes_the_time_of_receipt(raw, store):
    ts = at(SUMMER, "09:30:00")
    write(raw / "a.dbn.zst", "trades", [trade(ts, ts_event=2**64 - 1)], SUMMER)
    ingest_databento(raw, store)
    assert store["ABCD", SUMMER].trades.ts_event.tolist() == [ts]


def test_the_side_of_a_print_is_its_aggressor(raw, store):
    ts = at(SUMMER, "09:30:00")
    rows = [trade(ts, side=side, sequence=7) for side in ("B", "A", "N")]
    write(raw / "a.dbn.zst", "trades", rows, SUMMER)
    ingest_databento(raw, store)
    assert store["ABCD", SUMMER].trades.side.tolist() == [1, -1, 0]
    assert store["ABCD", SUMMER].trades.sequence.tolist() == [7, 7, 7]


def test_quotes_keep_every_action_and_records_of_one_instant_keep_their_order(raw, store):
    ts = at(SUMMER, "09:30:00")
    rows = [quote(ts, bid=(4.0 + n / 100, 100), action=action) for n, action in enumerate("RACMT")]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER)
    ingest_databento(raw, store)
    quotes = store["ABCD", SUMMER].quotes
    assert bytes(quotes.action) == b"RACMT"
    assert quotes.bid_price.tolist() == [4_000_000_000 + n * 10_000_000 for n in range(5)]


def test_status_is_kept_from_midnight_and_its_answers_are_numbers(raw, store):
    write(raw / "t.dbn.zst", "trades", [trade(at(SUMMER, "09:30:00"))], SUMMER)
    rows = [
        state(at("2025-03-09", "23:59:59"), trading="N"),
        state(at(SUMMER, "00:00:00"), action=1, trading="~", ssr="~"),
        state(at(SUMMER, "10:00:00"), action=9, reason=50, trading="N", ssr="Y"),
        state(at(SUMMER, "10:05:00"), ssr="Y"),
    ]
    write(raw / "s.dbn.zst", "status", rows, SUMMER, dataset="XNAS.ITCH")
    result = ingest_databento(raw, store)
    day = store["ABCD", SUMMER]
    assert day.status.is_trading.tolist() == [-1, 0, 1]
    assert day.status.is_short_sell_restricted.tolist() == [-1, 1, 1]
    assert day.status.action.tolist() == [1, 9, 7]
    assert day.status.reason.tolist() == [0, 50, 0]
    assert day.halts == [(at(SUMMER, "10:00:00") - 1000, at(SUMMER, "10:05:00"))]
    assert (result.days[0].halts, result.clipped) == (1, 1)


def test_each_symbol_of_a_file_makes_its_own_day(raw, store):
    rows = [trade(at(SUMMER, "09:30:00") + n, 1.0 + n % 2, instrument_id=10 + n % 2)
            for n in range(6)]  # fmt: skip
    write(raw / "a.dbn.zst", "trades", rows, SUMMER, symbols={"ABCD": 10, "BRK.B": 11, "QUIET": 12})
    result = ingest_databento(raw, store)
    assert result.written == [f"ABCD/{SUMMER}", f"BRK.B/{SUMMER}"]
    assert store["ABCD", SUMMER].trades.price.tolist() == [1_000_000_000] * 3
    assert store["BRK.B", SUMMER].trades.price.tolist() == [2_000_000_000] * 3
    assert (f"QUIET/{SUMMER}", "no trade and no quote in the session") in result.ignored


def test_an_instrument_number_means_the_symbol_of_its_date(raw, store):
    rows = [trade(at(date, "09:30:00"), price, instrument_id=number)
            for date, price, number in ((AFTER, 1.0, 1), (AFTER, 2.0, 2),
                                        (SUMMER, 2.0, 1), (SUMMER, 1.0, 2))]  # fmt: skip
    days = [dt.date(2025, 3, n) for n in (7, 8, 11)]
    swapped = [
        mapping("ABCD", [(days[0], days[1], 1), (days[1], days[2], 2)]),
        mapping("WXYZ", [(days[0], days[1], 2), (days[1], days[2], 1)]),
    ]
    write(raw / "a.dbn.zst", "trades", rows, AFTER, SUMMER, mappings=swapped)
    ingest_databento(raw, store)
    for date in (AFTER, SUMMER):
        assert store["ABCD", date].trades.price.tolist() == [1_000_000_000]
        assert store["WXYZ", date].trades.price.tolist() == [2_000_000_000]


def test_only_the_symbols_asked_for_are_taken(raw, store):
    rows = [trade(at(SUMMER, "09:30:00") + n, instrument_id=n) for n in (1, 2)]
    write(raw / "a.dbn.zst", "trades", rows, SUMMER, symbols={"ABCD": 1, "WXYZ": 2})
    result = ingest_databento(raw, store, symbols=["WXYZ", "NONE"])
    assert store.days() == [("WXYZ", dt.date(2025, 3, 10))]
    assert result.ignored == [("NONE", "no usable file holds this symbol")]


def test_a_symbol_asked_for_must_be_a_ticker(raw, store):
    with pytest.raises(BadSymbol, match="use a US ticker in capitals"):
        ingest_databento(raw, store, symbols=["abcd"])


def test_a_symbol_in_a_file_that_is_no_ticker_is_ignored_by_name(raw, store):
    rows = [trade(at(SUMMER, "09:30:00"))]
    write(raw / "a.dbn.zst", "trades", rows, SUMMER, symbols={"../../x": 1, "ABCD": 2})
    result = ingest_databento(raw, store)
    assert "../../x" in dict(result.ignored)
    assert result.written == []


def test_only_the_dates_asked_for_are_taken(raw, store):
    for date in (WINTER, AFTER, SUMMER):
        write_day(raw, date)
    date = dt.date.fromisoformat(AFTER)
    assert ingest_databento(raw, store, first=date, last=date).written == [f"ABCD/{AFTER}"]


def test_a_full_day_has_no_flags(raw, store):
    write_day(raw, SUMMER)
    (row,) = ingest_databento(raw, store).days
    assert (row.flags, row.trades, row.quotes) == ((), 2, 3)
    assert (row.first_trade, row.last_trade) == ("09:30:00", "12:00:00")
    assert store["ABCD", SUMMER].dataset == "EQUS.MINI"


@pytest.mark.parametrize(
    ("missing", "flag"),
    [("mbp-1", "no_quotes"), ("trades", "trades_from_quotes"), ("status", "no_status")],
)
def test_a_missing_kind_of_file_is_flagged(raw, store, missing, flag):
    write_day(raw, SUMMER)
    (raw / f"{SUMMER}.{missing}.dbn.zst").unlink()
    (row,) = ingest_databento(raw, store).days
    assert row.flags == (flag,)


def test_trades_taken_from_the_quotes_are_those_of_the_trades_file(raw, store, tmp_path):
    write_day(raw, SUMMER)
    ingest_databento(raw, store)
    (raw / f"{SUMMER}.trades.dbn.zst").unlink()
    rebuilt = DayStore(tmp_path / "rebuilt")
    ingest_databento(raw, rebuilt)
    for one, other in zip(
        store["ABCD", SUMMER].trades, rebuilt["ABCD", SUMMER].trades, strict=True
    ):
        assert one.tolist() == other.tolist()


def test_a_day_whose_trades_and_quotes_disagree_is_flagged(raw, store):
    write_day(raw, SUMMER)
    write(raw / f"{SUMMER}.trades.dbn.zst", "trades", [trade(at(SUMMER, "09:30:00"))], SUMMER)
    assert ingest_databento(raw, store).days[0].flags == ("trades_differ_from_quotes",)


def test_ingesting_the_same_files_again_changes_nothing(raw, store):
    for date in (WINTER, SUMMER):
        write_day(raw, date)
    first = ingest_databento(raw, store)
    ids = [day.manifest_id for day in store]
    again = ingest_databento(raw, store)
    assert again.unchanged == first.written
    assert again.written == []
    assert again.days == first.days
    assert [day.manifest_id for day in store] == ids


def test_a_stored_day_with_other_contents_is_left_as_it_was_and_the_rest_is_written(raw, store):
    write_day(raw, WINTER)
    ingest_databento(raw, store)
    before = store["ABCD", WINTER].manifest_id
    write_day(raw, WINTER, price=9.0)
    write_day(raw, SUMMER)
    result = ingest_databento(raw, store)
    ((name, message),) = result.failed
    assert name == f"ABCD/{WINTER}"
    assert "days are never overwritten" in message
    assert result.written == [f"ABCD/{SUMMER}"]
    assert store["ABCD", WINTER].manifest_id == before


def test_the_order_in_which_files_are_given_does_not_matter(raw, store, tmp_path):
    for date in (WINTER, AFTER):
        write_day(raw, date)
    files = sorted(raw.iterdir())
    ingest_databento(files, store)
    other = DayStore(tmp_path / "other")
    ingest_databento(files[::-1], other)
    assert [day.manifest_id for day in store] == [day.manifest_id for day in other]


def test_a_day_in_two_files_of_one_kind_fails_and_the_rest_is_written(raw, store):
    for date in (WINTER, SUMMER):
        write_day(raw, date)
    write(raw / "again.dbn.zst", "trades", [trade(at(WINTER, "09:30:00"))], WINTER)
    result = ingest_databento(raw, store)
    assert result.written == [f"ABCD/{SUMMER}"]
    ((name, message),) = result.failed
    assert name == f"ABCD/{WINTER}"
    assert "2025-03-06.trades.dbn.zst" in message
    assert "again.dbn.zst" in message


def test_trades_and_quotes_of_two_feeds_make_no_day(raw, store):
    write(raw / "t.dbn.zst", "trades", [trade(at(SUMMER, "09:30:00"))], SUMMER)
    write(raw / "q.dbn.zst", "mbp-1", [quote(at(SUMMER, "09:30:00"))], SUMMER, dataset="XNAS.ITCH")
    ((_, message),) = ingest_databento(raw, store).failed
    assert "EQUS.MINI and XNAS.ITCH" in message


def test_quotes_of_two_publishers_make_no_day(raw, store):
    rows = [quote(at(SUMMER, "09:30:00") + n, publisher_id=39 + n) for n in (0, 1)]
    write(raw / "q.dbn.zst", "mbp-1", rows, SUMMER, dataset="DBEQ.BASIC")
    ((_, message),) = ingest_databento(raw, store).failed
    assert "2 publishers (39, 40)" in message


def test_a_file_that_begins_after_04_00_makes_no_day(raw, store):
    start = at(SUMMER, "09:30:00")
    write(raw / "a.dbn.zst", "trades", [trade(start)], SUMMER, start=start)
    ((_, message),) = ingest_databento(raw, store).failed
    assert "begin 19800 seconds after 04:00" in message


def test_progress_is_told_after_each_day(raw, store):
    for date in (WINTER, SUMMER):
        write_day(raw, date)
    told = []
    ingest_databento(raw, store, progress=lambda *news: told.append(news))
    assert told == [(f"ABCD/{WINTER}", 1, 2), (f"ABCD/{SUMMER}", 2, 2)]


def test_the_result_goes_through_json(raw, store):
    write_day(raw, SUMMER)
    (raw / "note.md").write_text("hello")
    plain = ingest_databento(raw, store).as_dict()
    back = json.loads(json.dumps(plain))
    assert back["written"] == [f"ABCD/{SUMMER}"]
    assert back["days"][0]["date"] == SUMMER
    assert back["ignored"][0][0] == "note.md"
