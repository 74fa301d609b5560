"""Which records make a symbol-day, and how far it is covered."""

import datetime as dt
import json

import pytest
from dbn_files import at, mapping, quote, state, trade, write, write_busy_day, write_day

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
    assert [row.clipped for row in result.days] == [0, 0]


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


def test_records_before_04_00_and_from_20_00_on_are_left_out(raw, store):
    clocks = ("01:55:00", "03:59:59.999999999", "04:00:00", "19:59:59.999999999")
    rows = [trade(at(SUMMER, clock)) for clock in clocks]
    write(raw / "a.dbn.zst", "trades", rows, SUMMER)
    later = [trade(at(SUMMER, "20:00:00")), trade(at("2025-03-11", "09:30:00"))]
    write(raw / "b.dbn.zst", "trades", later, "2025-03-11")
    result = ingest_databento(raw, store)
    assert [row.trades for row in result.days] == [2, 1]
    assert store["ABCD", SUMMER].trades.ts_recv.tolist() == [row["ts_recv"] for row in rows[2:]]


def test_the_book_that_stood_at_04_00_is_the_first_of_the_day(raw, store):
    rows = [quote(at(SUMMER, "03:30:00")), quote(at(SUMMER, "10:00:00"), bid=(4.98, 100))]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER)
    ingest_databento(raw, store)
    quotes = store["ABCD", SUMMER].quotes
    assert quotes.ts_recv.tolist() == [at(SUMMER, "04:00:00"), at(SUMMER, "10:00:00")]
    assert quotes.bid_price.tolist() == [4_990_000_000, 4_980_000_000]


def test_the_book_of_the_evening_before_is_not_that_of_the_morning(raw, store):
    rows = [quote(at(SUMMER, "19:00:00")), quote(at("2025-03-11", "09:00:00"))]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER, "2025-03-11")
    ingest_databento(raw, store)
    assert [day.quotes.ts_recv.tolist() for day in store] == [[row["ts_recv"]] for row in rows]


def test_an_event_that_the_end_of_a_file_leaves_open_is_not_lost(raw, store):
    rows = [quote(at(SUMMER, "10:00:00")), quote(at(SUMMER, "11:00:00"), bid=(4.98, 7), flags=0)]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER)
    ingest_databento(raw, store)
    assert store["ABCD", SUMMER].quotes.bid_size.tolist() == [100, 7]


@pytest.mark.parametrize("date", ["2025-03-08", "2025-03-09", "2025-01-09", "2025-07-04"])
def test_no_day_is_made_of_a_weekend_or_holiday(raw, store, date):
    write(raw / "a.dbn.zst", "trades", [trade(at(date, "12:00:00"))], date)
    result = ingest_databento(raw, store)
    assert result.days == []
    assert result.failed == []
    assert len(store) == 0


def test_records_of_a_weekend_within_a_long_file_make_no_day(raw, store):
    rows = [trade(at(AFTER, "12:00:00")), trade(at("2025-03-08", "12:00:00")),
            trade(at(SUMMER, "12:00:00"))]  # fmt: skip
    write(raw / "a.dbn.zst", "trades", rows, AFTER, SUMMER)
    result = ingest_databento(raw, store)
    assert result.written == [f"ABCD/{AFTER}", f"ABCD/{SUMMER}"]
    assert [row.trades for row in result.days] == [1, 1]


def test_an_empty_side_of_the_book_has_price_and_size_0(raw, store):
    rows = [
        quote(at(SUMMER, "04:00:00"), bid=None, ask=None, action="R"),
        quote(at(SUMMER, "04:00:01"), bid=None),
        quote(at(SUMMER, "04:00:02"), ask=(5.01, 0)),
        quote(at(SUMMER, "04:00:03"), bid=(4.98, 100), ask=(5.01, 2**32 - 1)),
        quote(at(SUMMER, "04:00:04"), bid=None, ask=None, action="R"),
    ]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER)
    ingest_databento(raw, store)
    quotes = store["ABCD", SUMMER].quotes
    assert quotes.bid_price.tolist() == [0, 4_990_000_000, 4_980_000_000, 0]
    assert quotes.bid_size.tolist() == [0, 100, 100, 0]
    assert quotes.ask_price.tolist() == [5_010_000_000, 0, 0, 0]
    assert quotes.ask_size.tolist() == [200, 0, 0, 0]
    assert bytes(quotes.action) == b"AAAR"


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (dict(price=2**63 - 1), "undefined_price"),
        (dict(size=0), "zero_size"),
        (dict(price=-5), "bad_price"),
        (dict(price=0), "bad_price"),
        (dict(size=2**31), "bad_size"),
        (dict(flags=32), "snapshot"),
    ],
)
def test_a_print_that_cannot_be_is_left_out_and_counted_on_its_day(raw, store, bad, fault):
    rows = [trade(at(SUMMER, "09:30:00")), trade(at("2025-03-11", "09:30:00")),
            trade(at("2025-03-11", "09:31:00")) | bad]  # fmt: skip
    write(raw / "a.dbn.zst", "trades", rows, SUMMER, "2025-03-11")
    result = ingest_databento(raw, store)
    assert [row.trades for row in result.days] == [1, 1]
    assert [row.report.faults.get(fault, 0) for row in result.days] == [0, 1]


def test_a_fault_is_counted_for_the_symbol_it_is_of(raw, store):
    rows = [trade(at(SUMMER, "09:30:00"), size=0), trade(at(SUMMER, "09:31:00"), instrument_id=2)]
    write(raw / "a.dbn.zst", "trades", rows, SUMMER, symbols={"ABCD": 1, "WXYZ": 2})
    result = ingest_databento(raw, store)
    assert [(row.symbol, row.report.faults) for row in result.days] == [("WXYZ", {})]


def test_what_is_counted_for_a_day_does_not_depend_on_the_days_asked_for(raw, store):
    friday = dt.date(2025, 3, 14)
    rows = [trade(at(SUMMER, "09:30:00")), trade(at("2025-03-14", "09:30:00"), size=0)]
    rows += [trade(at("2025-03-14", "09:31:00") + n) for n in range(300)]
    write(raw / "a.dbn.zst", "trades", rows, SUMMER, "2025-03-14")
    together = ingest_databento(raw, store).days[-1]
    alone = ingest_databento(raw, store, first=friday)
    assert alone.failed == []
    assert alone.days[0].report == together.report
    assert together.report.faults == {"zero_size": 1}


def test_an_undefined_exchange_time_becomes_the_time_of_receipt(raw, store):
    ts = at(SUMMER, "09:30:00")
    write(raw / "a.dbn.zst", "trades", [trade(ts, ts_event=2**64 - 1)], SUMMER)
    ingest_databento(raw, store)
    assert store["ABCD", SUMMER].trades.ts_event.tolist() == [ts]


def test_the_side_of_a_print_is_its_aggressor_and_is_inferred_where_the_feed_says_none(raw, store):
    ts = at(SUMMER, "09:30:00")
    rows = [trade(ts, side=side, sequence=7 + n) for n, side in enumerate("BAN")]
    rows.append(trade(ts + 10**9, 4.0, side="N", sequence=10))
    write(raw / "a.dbn.zst", "trades", rows, SUMMER)
    ingest_databento(raw, store)
    trades = store["ABCD", SUMMER].trades
    assert trades.side[:2].tolist() == [1, -1]
    assert trades.side[3] == -1  # a downtick
    assert trades.confidence[:2].tolist() == [100, 100]
    assert (trades.confidence[2:] < 100).all()
    assert trades.sequence.tolist() == [7, 8, 9, 10]


def test_a_print_without_a_side_is_signed_by_the_book_that_stood_before_it(raw, store):
    ts = at(SUMMER, "09:30:00")
    book = [quote(ts, bid=(4.99, 100), ask=(5.01, 100))]
    prints = [trade(ts + 10, 5.01, side="N"), trade(ts + 20, 4.99, side="N")]
    rows = [*book, *({**book[0], **row} for row in prints)]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER)
    ingest_databento(raw, store)
    trades = store["ABCD", SUMMER].trades
    assert trades.side.tolist() == [1, -1]
    assert trades.confidence.tolist() == [80, 80]


def test_quotes_keep_their_actions_and_order_and_hold_no_print(raw, store):
    ts = at(SUMMER, "09:30:00")
    rows = [quote(ts, bid=(4.0 + n / 100, 100), action=action) for n, action in enumerate("ACMTR")]
    write(raw / "a.dbn.zst", "mbp-1", rows, SUMMER)
    ingest_databento(raw, store)
    quotes = store["ABCD", SUMMER].quotes
    assert bytes(quotes.action) == b"ACMR"
    assert quotes.bid_price.tolist() == [4_000_000_000, 4_010_000_000, 4_020_000_000, 0]
    assert len(store["ABCD", SUMMER].trades.price) == 1


def test_status_is_kept_from_midnight_and_its_answers_are_numbers(raw, store):
    write(raw / "t.dbn.zst", "trades", [trade(at(SUMMER, "09:30:00"))], SUMMER)
    rows = [
        state(at("2025-03-09", "23:59:59"), action=8, trading="N"),
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
    assert (result.days[0].halts, result.days[0].report.halts.told) == (1, 1)


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


def test_a_full_busy_day_has_no_flags_and_is_good(raw, store):
    write_busy_day(raw, SUMMER)
    (row,) = ingest_databento(raw, store).days
    assert (row.flags, row.report.verdict) == ((), "good")
    assert (row.trades, row.quotes) == (2340, 2340)
    assert (row.first_trade, row.last_trade) == ("09:30:00", "15:59:50")
    assert store["ABCD", SUMMER].dataset == "EQUS.MINI"


@pytest.mark.parametrize(
    ("missing", "flags"),
    [
        ("mbp-1", ("quotes_rebuilt",)),
        ("trades", ("trades_from_quotes",)),
        ("status", ("halts_inferred", "no_status")),
    ],
)
def test_a_missing_kind_of_file_is_flagged(raw, store, missing, flags):
    write_busy_day(raw, SUMMER)
    (raw / f"{SUMMER}.{missing}.dbn.zst").unlink()
    (row,) = ingest_databento(raw, store).days
    assert row.flags == flags
    assert row.report.verdict == "usable"


def test_a_day_of_trades_alone_gets_quotes_that_stand_around_its_prints(raw, store):
    write_busy_day(raw, SUMMER)
    (raw / f"{SUMMER}.mbp-1.dbn.zst").unlink()
    (row,) = ingest_databento(raw, store).days
    assert row.quotes > 100
    quotes = store["ABCD", SUMMER].quotes
    both = (quotes.bid_price > 0) & (quotes.ask_price > 0)
    assert both.mean() > 0.9
    assert (quotes.bid_price < quotes.ask_price)[both].all()


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
    write_busy_day(raw, SUMMER)
    ts = at(SUMMER, "09:30:00") + 10**8
    rows = [trade(ts, 4.99, side="A"), trade(ts + 10**10, 5.01)]
    write(raw / f"{SUMMER}.trades.dbn.zst", "trades", rows, SUMMER)
    (row,) = ingest_databento(raw, store).days
    assert row.flags == ("trades_differ_from_quotes",)
    assert row.trades == 2  # the trades' own file is believed


def test_ingesting_the_same_files_again_changes_nothing(raw, store):
    for date in (WINTER, SUMMER):
        write_day(raw, date)
    first = ingest_databento(raw, store)
    ids = [day.manifest_id for day in store]
    again = ingest_databento(raw, store)
    assert again.unchanged == first.written
    assert (again.written, again.failed) == ([], [])
    assert [row.report for row in again.days] == [row.report for row in first.days]
    assert [day.manifest_id for day in store] == ids


def test_a_day_made_of_the_same_files_is_not_read_again(raw, store):
    write_day(raw, SUMMER)
    ingest_databento(raw, store)
    (row,) = ingest_databento(raw, store).days
    assert row.clipped is None  # only reading tells


@pytest.mark.parametrize("status", [True, False])
def test_files_that_come_day_by_day_leave_the_days_before_as_they_were(raw, store, status):
    dates = ("2025-03-05", WINTER, AFTER)
    for n, date in enumerate(dates):
        write_day(raw, date)
        if not status:
            (raw / f"{date}.status.dbn.zst").unlink()
        result = ingest_databento(raw, store)
        assert result.failed == []
        assert result.written == [f"ABCD/{date}"]
        assert sorted(result.unchanged) == [f"ABCD/{before}" for before in dates[:n]]
    assert {name[:10] for name, _ in store["ABCD", WINTER].sources} == {WINTER}


def test_a_day_that_is_begun_anew_after_a_crash_is_that_of_one_pass(raw, store, tmp_path):
    for date in (WINTER, SUMMER):
        write_day(raw, date)

    class Crash(BaseException):
        pass

    def crash(*news):
        raise Crash

    with pytest.raises(Crash):
        ingest_databento(raw, store, progress=crash)
    left = store.root / ".work-left"
    (left / "ABCD-2025-03-10").mkdir(parents=True)
    (left / "1.rows").write_bytes(b"half a row")
    assert len(store) == 1
    result = ingest_databento(raw, store)
    assert (result.unchanged, result.written) == ([f"ABCD/{WINTER}"], [f"ABCD/{SUMMER}"])
    whole = DayStore(tmp_path / "whole")
    ingest_databento(raw, whole)
    assert [day.manifest_id for day in store] == [day.manifest_id for day in whole]
    assert [path.name for path in store.root.iterdir()] == ["ABCD"]


def test_a_damaged_stored_day_fails_by_name_and_the_rest_is_written(raw, store):
    write_day(raw, WINTER)
    ingest_databento(raw, store)
    path = store.folder("ABCD", WINTER) / "trades.arrow"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    write_day(raw, SUMMER)
    result = ingest_databento(raw, DayStore(store.root))
    assert result.written == [f"ABCD/{SUMMER}"]
    ((name, message),) = result.failed
    assert name == f"ABCD/{WINTER}"
    assert "trades.arrow" in message


def test_a_day_that_cannot_be_trusted_is_set_apart_and_kept_there(raw, store):
    ts = at(SUMMER, "09:30:00")
    rows = [trade(ts + n * 10**9, 500.0 if n % 7 == 3 else 5.0) for n in range(60)]
    write(raw / "a.dbn.zst", "trades", rows, SUMMER)
    write(raw / "s.dbn.zst", "status", [state(ts)], SUMMER, dataset="XNAS.ITCH")
    first, again = ingest_databento(raw, store), ingest_databento(raw, store)
    assert first.written == first.quarantined == again.unchanged == again.quarantined
    assert (len(store), len(store.quarantine)) == (0, 1)
    assert "outliers_present" in [reason.name for reason in first.days[0].report.reasons]
    assert first.days[0].report == again.days[0].report


def test_a_stored_day_gets_no_untrustworthy_twin_in_quarantine(raw, store, tmp_path):
    write_day(raw, SUMMER)
    ingest_databento(raw, store)
    ts = at(SUMMER, "09:30:00")
    rows = [trade(ts + n * 10**9, 500.0 if n % 7 == 3 else 5.0) for n in range(60)]
    write(tmp_path / "wild.dbn.zst", "trades", rows, SUMMER)
    ((name, message),) = ingest_databento(tmp_path / "wild.dbn.zst", store).failed
    assert name == f"ABCD/{SUMMER}"
    assert "already holds ABCD/" in message
    assert "quarantined" in message
    assert len(store.quarantine) == 0


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


def test_a_change_of_feed_in_the_evening_ends_a_winter_day_at_19_00(raw, store):
    rows = [trade(at(WINTER, "10:00:00"))]
    write(raw / "a.dbn.zst", "trades", rows, WINTER, dataset="DBEQ.BASIC")
    write(raw / "b.dbn.zst", "trades", [trade(at(WINTER, "19:30:00"))], AFTER)
    result = ingest_databento(raw, store)
    assert result.failed == []
    assert [row.coverage_end for row in result.days] == ["19:00:00"]
    assert store["ABCD", WINTER].dataset == "DBEQ.BASIC"


def test_a_file_that_begins_after_04_00_makes_no_day(raw, store):
    start = at(SUMMER, "09:30:00")
    write(raw / "a.dbn.zst", "trades", [trade(start)], SUMMER, start=start)
    ((_, message),) = ingest_databento(raw, store).failed
    assert "begin 19800 seconds after 04:00" in message


def test_a_late_file_of_a_kind_that_is_not_needed_does_no_harm(raw, store):
    write_day(raw, SUMMER)
    start = at(SUMMER, "09:30:00")
    write(raw / "x.dbn.zst", "bbo-1s", [quote(start)], SUMMER, start=start)
    result = ingest_databento(raw, store)
    assert (result.written, result.failed) == ([f"ABCD/{SUMMER}"], [])


def test_a_file_that_makes_no_day_is_named(raw, store):
    write(raw / "s.dbn.zst", "status", [state(at(SUMMER, "04:00:00"))], SUMMER)
    result = ingest_databento(raw, store)
    assert result.days == []
    assert [name for name, _ in result.ignored] == ["s.dbn.zst"]


def test_the_week_in_which_the_clocks_change_is_covered_on_each_day(raw, store):
    week = ["2025-03-06", "2025-03-07", "2025-03-10", "2025-03-11"]
    for date in week:
        for name in ("trades", "mbp-1"):
            row = quote if name == "mbp-1" else trade
            clocks = [at(date, "04:00:00"), at(date, "09:30:00"), at(date, "18:59:00")]
            write(raw / f"{date}.{name}.dbn.zst", name, [row(ts) for ts in clocks], date)
    result = ingest_databento(raw, store)
    assert [row.coverage_end[:2] for row in result.days] == ["19", "19", "20", "20"]
    assert [row.first_trade for row in result.days] == ["04:00:00"] * 4
    assert [row.last_trade for row in result.days] == ["18:59:00"] * 4


def test_a_half_day_in_winter_needs_no_file_of_the_next_utc_date(raw, store):
    date = "2024-11-29"
    rows = [trade(at(date, clock)) for clock in ("04:00:00", "13:00:00", "16:59:59", "17:00:00")]
    write(raw / "a.dbn.zst", "trades", rows, date)
    (row,) = ingest_databento(raw, store).days
    assert (row.coverage_end, row.trades) == ("17:00:00", 3)


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
