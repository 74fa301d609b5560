"""From a vendor's files to stored days: every vendor tells the same market alike."""

import datetime as dt
import gzip
import json
import zipfile
from decimal import Decimal

import pytest
from ingest.flat_files import TRADES, alpaca_trade, csv_text, ns, page, trade, write, write_json
from ingest.small_tapes import DATE, DOLLAR, MAPPING, NEXT, WRITERS, Print, Tape, massive, quiet

import lowfloat
from lowfloat.base.codes import Mark
from lowfloat.days import DayStore
from lowfloat.days.bars import summary_of
from lowfloat.days.seconds import per_second
from lowfloat.errors import ConfigError
from lowfloat.ingest.name_dates import dates_in
from lowfloat.ingest.reference import ingest_reference

VENDORS = tuple(WRITERS)
FLAGS = {
    "massive": set(),
    "alpaca": {"ts_recv_unknown"},
    "lean": {"millisecond_clock"},
    "table": {"one_clock"},
}
EVERY_DAY = {"no_status", "halts_inferred"}
FIRST, SECOND = dt.date.fromisoformat(DATE), dt.date.fromisoformat(NEXT)


@pytest.fixture
def ingest(tmp_path):
    """Return a function that ingests a folder of a vendor; the store is ``ingest.store``."""

    def run(vendor, source, **options):
        mapping = None
        if vendor == "table":
            mapping = tmp_path / "mapping.yaml"
            mapping.write_text(MAPPING)
        return lowfloat.ingest(source, run.store.root, vendor, mapping=mapping, **options)

    run.store = DayStore(tmp_path / "days")
    return run


def made(ingest, vendor, folder, *tapes, **options):
    """Write tapes as a vendor does and ingest them; nothing may be refused or fail."""
    result = ingest(vendor, WRITERS[vendor](folder, tapes), **options)
    assert (result.refused, result.failed) == ([], [])
    return result


def nanodollars(price: str) -> int:
    return int(Decimal(price) * DOLLAR)


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_same_market_gives_the_same_tables(tmp_path, ingest, vendor):
    tape = quiet()
    made(ingest, vendor, tmp_path / "raw", tape)
    (day,) = ingest.store
    assert (day.name, day.vendor, day.coverage_end_ns) == (
        f"ABCD/{DATE}", vendor, day.session.end_ns,
    )  # fmt: skip
    assert list(zip(*(c.tolist() for c in (
        day.quotes.ts_recv, day.quotes.bid_price, day.quotes.bid_size, day.quotes.ask_price,
        day.quotes.ask_size,
    )), strict=True)) == [
        (ns(b.clock), nanodollars(b.bid), b.bid_size, nanodollars(b.ask), b.ask_size)
        for b in tape.books
    ]  # fmt: skip
    assert list(zip(*(c.tolist() for c in (
        day.trades.ts_recv, day.trades.price, day.trades.size, day.trades.publisher,
    )), strict=True)) == [
        (ns(p.clock), nanodollars(p.price), p.size, 124) for p in tape.prints
    ]  # fmt: skip
    assert set(day.trades.marks.tolist()) == {int(Mark.ORDINARY)}


@pytest.mark.parametrize("vendor", VENDORS)
def test_prints_are_signed_by_the_quotes(tmp_path, ingest, vendor):
    made(ingest, vendor, tmp_path / "raw", quiet())
    (day,) = ingest.store
    assert day.trades.side.tolist() == [1, -1] * 195
    assert set(day.trades.confidence.tolist()) == {80}


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_sound_day_is_usable_and_says_what_to_know(tmp_path, ingest, vendor):
    made(ingest, vendor, tmp_path / "raw", quiet())
    (day,) = ingest.store
    report = ingest.store.report("ABCD", DATE)
    assert set(day.flags) == EVERY_DAY | FLAGS[vendor]
    assert (report["verdict"], report["reasons"], report["faults"]) == ("usable", [], {})
    assert {flag["name"] for flag in report["flags"]} == set(day.flags)


@pytest.mark.parametrize("vendor", VENDORS)
def test_faults_are_told_in_the_report_of_the_day(tmp_path, ingest, vendor):
    bad = [Print("11:00:00", "0", 100), Print("12:00:00", "5.01", 0), Print("15:00:00", "-1", 5)]
    early = Print("03:59:59", "5.01", 100)
    made(ingest, vendor, tmp_path / "raw", quiet(more=[early, *bad]))
    report = ingest.store.report("ABCD", DATE)
    assert report["faults"] == {"bad_price": 2, "zero_size": 1, "outside_session": 1}
    assert report["trades"] == 390


@pytest.mark.parametrize("vendor", VENDORS)
def test_sale_conditions_decide_last_high_low_and_volume(tmp_path, ingest, vendor):
    strange = [
        Print("15:58:00", "6.00", 10, "odd lot"),
        Print("15:58:01", "6.10", 100, "average"),
        Print("15:58:02", "5.50", 100, "derived"),
        Print("15:58:03", "4.50", 100, "out of sequence"),
        Print("16:00:01", "5.20", 700, "closing"),
        Print("16:00:02", "5.20", 700, "official close"),
    ]
    made(ingest, vendor, tmp_path / "raw", quiet(more=strange))
    (day,) = ingest.store
    found = summary_of(day)
    assert (found.high, found.low) == (5_500_000_000, 4_500_000_000)
    assert (found.close, found.volume) == (5_200_000_000, 39_000 + 10 + 300 + 700)
    seconds = per_second(day)
    before = round(seconds.last[day.session.second(ns("15:57:59"))], 9)
    assert before == round(seconds.last[day.session.second(ns("15:58:05"))], 9) != 5.5
    assert round(seconds.last[-1], 9) == 5.2
    late = day.trades.marks & int(Mark.LATE) != 0
    assert late.sum() == 1
    assert not (day.trades.marks[late] & int(Mark.LAST | Mark.TAPE)).any()


@pytest.mark.parametrize("vendor", VENDORS)
def test_words_of_other_programs_stay_tickers(tmp_path, ingest, vendor):
    names = ("NA", "NAN", "ON", "TRUE")
    result = made(ingest, vendor, tmp_path / "raw", *map(quiet, names))
    assert result.written == [f"{name}/{DATE}" for name in names]
    assert [symbol for symbol, _ in ingest.store.days()] == list(names)


# What is asked for.


@pytest.mark.parametrize("vendor", VENDORS)
def test_only_what_is_asked_for_is_made(tmp_path, ingest, vendor):
    tapes = [quiet(symbol, date) for symbol in ("AAA", "BBB") for date in (DATE, NEXT)]
    folder = WRITERS[vendor](tmp_path / "raw", tapes)
    one = ingest(vendor, folder, symbols=["BBB", "ZZZ"], last=FIRST)
    assert one.written == [f"BBB/{DATE}"]
    assert ("ZZZ", "no usable file holds this symbol") in one.ignored
    assert ingest(vendor, folder, first=SECOND).written == [f"AAA/{NEXT}", f"BBB/{NEXT}"]
    rest = ingest(vendor, folder)
    assert (rest.written, len(rest.unchanged)) == ([f"AAA/{DATE}"], 3)


@pytest.mark.parametrize("vendor", VENDORS)
def test_ingesting_again_changes_nothing(tmp_path, ingest, vendor):
    made(ingest, vendor, tmp_path / "raw", quiet(), quiet(date=NEXT))
    before = [day.manifest_id for day in ingest.store]
    again = ingest(vendor, tmp_path / "raw")
    assert (again.written, again.unchanged) == ([], [f"ABCD/{DATE}", f"ABCD/{NEXT}"])
    assert [day.manifest_id for day in ingest.store] == before


@pytest.mark.parametrize("vendor", VENDORS)
def test_other_files_of_a_stored_day_do_not_change_it(tmp_path, ingest, vendor):
    made(ingest, vendor, tmp_path / "raw", quiet())
    (before,) = ingest.store
    other = WRITERS[vendor](tmp_path / "other", [quiet(more=[Print("10:00:05", "5.02", 7)])])
    result = ingest(vendor, other)
    assert [name for name, _ in result.failed] == [f"ABCD/{DATE}"]
    assert "never overwritten" in result.failed[0][1]
    assert [day.manifest_id for day in ingest.store] == [before.manifest_id]


# What is wrong with files.


def damage(path):
    """Cut a file in its middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("kind", ["trade", "quote"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_damaged_file_is_refused_and_no_day_is_made_of_its_date(tmp_path, ingest, vendor, kind):
    folder = WRITERS[vendor](tmp_path / "raw", [quiet(), quiet(date=NEXT)])
    (path,) = (
        path
        for path in folder.rglob("*")
        if path.is_file() and DATE.replace("-", "") in path.name.replace("-", "")
        and kind in path.relative_to(folder).as_posix()
    )  # fmt: skip
    damage(path)
    result = ingest(vendor, folder)
    assert [name for name, _ in result.refused] == [path.relative_to(folder).as_posix()]
    assert str(path) in result.refused[0][1]
    assert result.failed == [
        (f"ABCD/{DATE}", "a file of its date was refused, so it may not be whole")
    ]
    assert result.written == [f"ABCD/{NEXT}"]
    assert ingest.store.days() == [("ABCD", SECOND)]


@pytest.mark.parametrize(
    ("vendor", "name", "content"),
    [
        ("massive", "2025-03-10_more.csv", b""),
        ("massive", "2025-03-10/more.csv.gz", b"\x1f\x8b\x08"),
        ("alpaca", "ABCD.20250310.json", b""),
        ("lean", "tick/efgh/20250310_trade.zip", b"PK\x05\x06"),
        ("table", "date=2025-03-10/part-0.parquet", b"PAR1"),
        ("table", "2025-03-10.csv", b"nothing\nof ours\n"),
    ],
)
def test_a_file_that_cannot_be_opened_stops_the_date_in_its_name(
    tmp_path, ingest, vendor, name, content
):
    folder = WRITERS[vendor](tmp_path / "raw", [quiet(), quiet(date=NEXT)])
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    result = ingest(vendor, folder)
    assert [refused for refused, _ in result.refused] == [name]
    assert [failed for failed, _ in result.failed] == [f"ABCD/{DATE}"]
    assert result.written == [f"ABCD/{NEXT}"]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2025-03-10.csv.gz", "2025-03-10", "2025-03-10"),
        ("a_20250310_b", "2025-03-10", "2025-03-10"),
        ("2025-03-10_2025-03-14.json", "2025-03-10", "2025-03-14"),
        ("20250314-20250310", "2025-03-10", "2025-03-14"),
        ("date=2025-03-10/part-0", "2025-03-10", "2025-03-10"),
        ("2024-01-02/2025-03-10.csv", "2025-03-10", "2025-03-10"),
    ],
)
def test_dates_are_read_off_names(name, first, last):
    found = dates_in(name)
    assert found is not None
    assert [date.isoformat() for date in found] == [first, last]


@pytest.mark.parametrize(
    "name", ["ABCD.json", "2025-13-40", "20251340.csv", "1741615200000.csv", "12025-03-101", "2025"]
)
def test_what_is_no_date_in_a_name_is_none(name):
    assert dates_in(name) is None


def test_a_span_of_dates_in_a_name_stops_all_of_them(tmp_path, ingest):
    folder = WRITERS["alpaca"](tmp_path / "raw", [quiet(), quiet(date=NEXT)])
    (folder / "ABCD_2025-03-11_2025-03-14.json").write_text('{"trades": [')
    result = ingest("alpaca", folder)
    assert result.written == [f"ABCD/{DATE}"]
    assert [name for name, _ in result.failed] == [f"ABCD/{NEXT}"]


def test_a_file_without_a_date_that_breaks_off_stops_all_that_has_none(tmp_path, ingest):
    folder = WRITERS["table"](tmp_path / "raw", [quiet(), quiet(date=NEXT)])
    text = f"ticker,t,px,qty,x,c\nABCD,{ns()},5.01,100,Q,@\nABCD,{ns()},five,100,Q,@\n"
    (folder / "more.csv").write_text(text)
    result = ingest("table", folder)
    assert [name for name, _ in result.refused] == ["more.csv"]
    assert (result.written, len(result.failed)) == ([], 2)


@pytest.mark.parametrize("vendor", ["massive", "lean"])
def test_bars_in_the_folder_are_left_out_and_stop_nothing(tmp_path, ingest, vendor):
    folder = WRITERS[vendor](tmp_path / "raw", [quiet()])
    if vendor == "massive":
        bars = folder / "minute_aggs_v1" / f"{DATE}.csv.gz"
        header = "ticker,volume,open,close,high,low,window_start,transactions\n"
        write(bars, f"{header}ABCD,1,1,1,1,1,1,1\n")
    else:
        bars = folder / "minute" / "abcd" / "20250310_trade.zip"
        bars.parent.mkdir(parents=True)
        with zipfile.ZipFile(bars, "w") as archive:
            archive.writestr("20250310_abcd_minute_trade.csv", "34200000,1,1,1,1,1\n")
    result = ingest(vendor, folder)
    assert result.written == [f"ABCD/{DATE}"]
    assert [name for name, _ in result.ignored] == [bars.relative_to(folder).as_posix()]
    assert [name for name, _ in ingest(vendor, bars).refused] == [bars.name]


def test_no_count_of_a_file_without_a_date_is_lost(tmp_path, ingest):
    folder = tmp_path / "raw"
    good = [alpaca_trade(f"10:00:{i:02}", i=i) for i in range(10)]
    write_json(folder / "trades.json", [
        page("trades", [alpaca_trade(p=0)] * 3, "AAA"), page("trades", good, "AAA"),
        page("trades", [alpaca_trade(s=0)] * 2, "AAA"), page("trades", [alpaca_trade(p=0)], "BBB"),
    ])  # fmt: skip
    result = ingest("alpaca", folder)
    (row,) = result.days
    assert row.report.faults == {"bad_price": 3, "zero_size": 2}
    told = "none of its records was left to make a day of: 1 bad_price"
    assert ("BBB in trades.json", told) in result.ignored


def test_a_stock_of_nothing_but_faults_is_told(tmp_path, ingest):
    path = write(
        tmp_path / "raw" / f"{DATE}.csv.gz",
        csv_text(TRADES, [trade(price=0), trade(size=0), trade(correction=8)]),
    )
    result = ingest("massive", path)
    told = "none of its records was left to make a day of: 1 bad_price, 1 corrected, 1 zero_size"
    assert result.ignored == [(f"ABCD/{DATE}", told)]
    assert (result.written, ingest.store.days()) == ([], [])


def test_files_with_and_without_a_date_make_one_day(tmp_path, ingest):
    folder = massive(tmp_path / "raw", [quiet()])
    (folder / "trades_v1" / f"{DATE}.csv.gz").rename(folder / "trades.csv.gz")
    result = ingest("massive", folder)
    (row,) = result.days
    assert (row.trades, row.quotes, "quotes_rebuilt" in row.flags) == (390, 780, False)


# What becomes of days.


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_day_whose_units_disagree_is_set_apart(tmp_path, ingest, vendor):
    tape = quiet()
    tenfold = tuple(p._replace(price=str(10 * Decimal(p.price))) for p in tape.prints)
    result = made(ingest, vendor, tmp_path / "raw", tape._replace(prints=tenfold), quiet("GOOD"))
    assert result.quarantined == [f"ABCD/{DATE}"]
    assert ingest.store.days() == [("GOOD", FIRST)]
    assert ingest.store.quarantine.days() == [("ABCD", FIRST)]
    report = ingest.store.quarantine.report("ABCD", DATE)
    assert "price_scale" in {reason["name"] for reason in report["reasons"]}


@pytest.mark.parametrize("vendor", VENDORS)
def test_halts_of_the_users_list_are_those_of_a_day_without_status(tmp_path, ingest, vendor):
    halts = tmp_path / "halts.csv"
    halts.write_text(
        "symbol,halted_at,known_at,resumed_at,code\n"
        "ABCD,2025-03-10T11:00:00.5,2025-03-10T11:00:04,2025-03-10T11:05:00.5,LUDP\n"
    )
    ingest_reference("halts", halts, ingest.store.root)
    tape = quiet()
    kept = tuple(p for p in tape.prints if not "11:00:00" < p.clock < "11:05:01")
    made(ingest, vendor, tmp_path / "raw", tape._replace(prints=kept), quiet("FREE"))
    day, other = ingest.store["ABCD", DATE], ingest.store["FREE", DATE]
    assert day.halts == [(ns("11:00:00.5"), ns("11:05:00.5"))]
    assert set(day.flags) == {"no_status", "halts_listed"} | FLAGS[vendor]
    assert day.status.confidence.tolist() == [100, 100]
    assert ingest.store.report("ABCD", DATE)["halts"]["listed"] == 1
    assert "halts_inferred" in other.flags


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_day_without_quotes_has_rebuilt_ones_and_says_so(tmp_path, ingest, vendor):
    made(ingest, vendor, tmp_path / "raw", quiet()._replace(books=()))
    (day,) = ingest.store
    assert "quotes_rebuilt" in day.flags
    assert len(day.quotes.ts_recv)


@pytest.mark.parametrize("vendor", VENDORS)
def test_prints_that_come_late_in_the_file_are_put_in_their_place(tmp_path, ingest, vendor):
    tape = quiet()
    moved = (*tape.prints[1:], tape.prints[0])
    made(ingest, vendor, tmp_path / "raw", Tape("ABCD", moved, tape.books))
    (day,) = ingest.store
    assert day.trades.ts_recv.tolist() == [ns(p.clock) for p in tape.prints]
    assert ingest.store.report("ABCD", DATE)["faults"] == {"out_of_order": 1}


def test_a_file_given_twice_counts_once(tmp_path, ingest):
    folder = massive(tmp_path / "raw", [quiet()])
    trades = folder / "trades_v1" / f"{DATE}.csv.gz"
    (folder / "copy").mkdir()
    (folder / "copy" / trades.name).write_bytes(trades.read_bytes())
    result = ingest("massive", folder)
    (row,) = result.days
    assert (row.trades, row.report.faults["duplicate"]) == (390, 390)
    assert "duplicates_dropped" in row.report.flag_names


def test_a_session_over_midnight_utc_is_one_day(tmp_path, ingest):
    date = "2025-01-15"  # New York is five hours behind then
    prints = [Print("18:59:59", "5.01", 100), Print("19:30:00", "5.02", 100)]
    made(ingest, "alpaca", tmp_path / "raw", quiet(date=date, more=prints))
    (day,) = ingest.store
    assert day.trades.ts_recv[-1] == ns("19:30:00", date)


# What is asked wrongly.


def test_an_unknown_vendor_is_an_error_of_the_configuration(tmp_path, ingest):
    with pytest.raises(ConfigError, match="`vendor` was 'polygon'; use one of databento, massive"):
        ingest("polygon", tmp_path)


@pytest.mark.parametrize(("vendor", "mapping"), [("table", None), ("massive", "mapping.yaml")])
def test_a_mapping_is_for_tables_and_for_nothing_else(tmp_path, vendor, mapping):
    with pytest.raises(ConfigError, match="give it with `table`, and with no other"):
        lowfloat.ingest(tmp_path, tmp_path / "days", vendor, mapping=mapping)


def test_the_report_is_stored_as_json_beside_the_day(tmp_path, ingest):
    made(ingest, "massive", tmp_path / "raw", quiet())
    path = ingest.store.folder("ABCD", DATE) / "report.json"
    assert json.loads(path.read_text()) == ingest.store.report("ABCD", DATE)


def test_packed_and_plain_files_give_the_same_day(tmp_path, ingest):
    folder = massive(tmp_path / "raw", [quiet()])
    made_first = ingest("massive", folder)
    for path in list(folder.rglob("*.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    plain = lowfloat.ingest(folder, tmp_path / "other", "massive")
    for one, other in zip(
        ingest.store["ABCD", DATE].trades, DayStore(tmp_path / "other")["ABCD", DATE].trades,
        strict=True,
    ):  # fmt: skip
        assert one.tolist() == other.tolist()
    assert made_first.written == plain.written
