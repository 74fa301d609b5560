"""Flat files of Massive: what is read of them, and one outcome for each of their faults."""

import gzip
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from flat_files import (
    DATE,
    NEW_DATE,
    QUOTES,
    TRADES,
    csv_text,
    faults_of,
    ns,
    quote,
    rows_of,
    trade,
    write,
    write_quotes,
    write_trades,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lowfloat.base import records
from lowfloat.base.clock import NS
from lowfloat.base.codes import Mark
from lowfloat.errors import FeedError, UnusedFile
from lowfloat.ingest.massive import open_file
from lowfloat.ingest.quote_units import UNIT_FROM_CONTENT

DOLLAR = 10**9


def read(path, symbols=None):
    return rows_of(open_file(path, path.name), symbols)


def one(path):
    """Return the only row of a file."""
    (rows,) = read(path).values()
    (row,) = rows
    return row


def refusal(path):
    """Return why a file is refused, at the latest when it is read."""
    with pytest.raises(FeedError) as error:
        read(path)
    assert str(path) in str(error.value)
    return str(error.value)


# What is read.


def test_a_print_is_read_with_both_clocks_exact_price_and_venue(tmp_path):
    made, received = 1741615200018025984, 1741615200018381329
    path = write_trades(
        tmp_path,
        trade(received, participant_timestamp=made, price="5.0137", size=55, conditions="14,37"),
    )
    row = one(path)
    assert (row["ts_event"], row["ts_recv"]) == (made, received)
    assert (row["price"], row["size"], row["sequence"]) == (5_013_700_000, 55, 7)
    assert (row["side"], row["confidence"]) == (0, 0)
    assert row["publisher"] == 124  # Nasdaq, of the SIP
    assert row["marks"] == Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT


def test_a_file_says_what_it_is(tmp_path):
    source = open_file(write_trades(tmp_path, trade()), "a name")
    assert (source.name, source.dataset, str(source.date)) == ("a name", "us_stocks_sip", DATE)
    assert source.tables == {records.Trades}
    assert open_file(write_quotes(tmp_path, quote()), "x").tables == {records.Quotes}


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "no_suffix"])
def test_a_file_is_known_by_its_content_not_by_its_name(tmp_path, name):
    source = open_file(write_trades(tmp_path, trade(), name=name), name)
    assert source.date is None
    assert list(rows_of(source)) == ["ABCD"]


def test_an_exchange_time_that_is_missing_is_the_time_of_receipt(tmp_path):
    path = write_trades(tmp_path, trade(participant_timestamp=0), trade(participant_timestamp=""))
    rows = read(path)["ABCD"]
    assert np.array_equal(rows["ts_event"], rows["ts_recv"])


@given(st.decimals("0.000000001", "100000", places=9), st.integers(1, records.MAX_SIZE))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_prices_and_sizes_are_exact(tmp_path, price, size):
    row = one(write_trades(tmp_path, trade(price=f"{price:f}", size=size)))
    assert (row["price"], row["size"]) == (int(price * DOLLAR), size)


@pytest.mark.parametrize("text", ["1e-9", "1E-9", "0.000000001"])
def test_a_price_in_scientific_notation_is_read(tmp_path, text):
    assert one(write_trades(tmp_path, trade(price=text)))["price"] == 1


@pytest.mark.parametrize(("facility", "publisher"), [(201, 131), (202, 130), (203, 132), (0, 133)])
def test_off_exchange_prints_are_marked_with_their_facility(tmp_path, facility, publisher):
    row = one(write_trades(tmp_path, trade(exchange=4, trf_id=facility)))
    assert row["publisher"] == publisher
    assert row["marks"] == Mark.ORDINARY | Mark.OFF_EXCHANGE


def test_a_venue_that_is_not_known_is_not_said(tmp_path):
    assert one(write_trades(tmp_path, trade(exchange=99)))["publisher"] == 0


@pytest.mark.parametrize(("lag", "late"), [(1 * NS, False), (1 * NS + 1, True), (9000 * NS, True)])
def test_a_print_reported_more_than_a_second_late_leaves_the_tape_and_sets_no_last_price(
    tmp_path, lag, late
):
    row = one(write_trades(tmp_path, trade(participant_timestamp=ns() - lag, exchange=4)))
    assert bool(row["marks"] & Mark.LATE) is late
    assert bool(row["marks"] & Mark.TAPE) is not late
    assert bool(row["marks"] & Mark.LAST) is not late
    assert row["marks"] & Mark.VOLUME


def test_form_t_is_passed_over_before_the_open_only(tmp_path):
    path = write_trades(
        tmp_path, *(trade(ns(c), conditions="12") for c in ("09:29:59.9", "09:30:00", "16:00:00"))
    )
    assert read(path)["ABCD"]["marks"].tolist() == [Mark.ORDINARY, Mark.VOLUME, Mark.ORDINARY]


def test_a_quote_is_read_with_sizes_in_shares(tmp_path):
    row = one(write_quotes(tmp_path, quote(participant_timestamp=ns() - 5)))
    assert (row["bid_price"], row["bid_size"]) == (5_010_000_000, 200)
    assert (row["ask_price"], row["ask_size"]) == (5_020_000_000, 300)
    assert (row["ts_event"], row["ts_recv"], row["sequence"]) == (ns() - 5, ns(), 7)
    assert (row["action"], row["flags"], row["publisher"]) == (ord("N"), 0, 0)


@pytest.mark.parametrize(
    ("date", "clock", "shares"),
    [("2025-10-31", "19:59:59", 300), ("2025-11-03", "04:00:00", 3), (NEW_DATE, "10:00:00", 3)],
)
def test_sizes_are_round_lots_before_the_change_and_shares_from_it_on(
    tmp_path, date, clock, shares
):
    path = write_quotes(tmp_path, quote(ns(clock, date)), name=f"{date}.csv")
    assert one(path)["ask_size"] == shares


def test_old_files_that_were_made_again_in_shares_are_known_by_their_sizes(tmp_path):
    rows = [quote(ns() + i, bid_size=100 * (i + 1), ask_size=200) for i in range(20)]
    source = open_file(write_quotes(tmp_path, *rows), "x")
    assert source.flags == {UNIT_FROM_CONTENT}
    assert rows_of(source)["ABCD"]["bid_size"].tolist() == [100 * (i + 1) for i in range(20)]


def test_round_lots_need_no_flag(tmp_path):
    rows = [quote(ns() + i, bid_size=i + 1, ask_size=100) for i in range(20)]
    source = open_file(write_quotes(tmp_path, *rows), "x")
    assert not source.flags
    assert rows_of(source)["ABCD"]["ask_size"].tolist() == [10_000] * 20


def test_sizes_of_both_units_in_one_file_are_refused(tmp_path):
    rows = [quote(ns() + i, bid_size=100, ask_size=300 if i % 2 else 3) for i in range(20)]
    assert "their unit is unknown" in refusal(write_quotes(tmp_path, *rows))


@pytest.mark.parametrize(
    "empty",
    [dict(ask_price="0.0", ask_size=0), dict(ask_price=""), dict(ask_size=0), dict(ask_size="")],
)
def test_a_side_without_price_or_size_is_empty(tmp_path, empty):
    row = one(write_quotes(tmp_path, quote(**empty)))
    assert (row["ask_price"], row["ask_size"], row["bid_size"]) == (0, 0, 200)


def test_crossed_and_locked_quotes_stay(tmp_path):
    path = write_quotes(tmp_path, quote(bid_price="5.03"), quote(bid_price="5.02"))
    assert len(read(path)["ABCD"]) == 2


@pytest.mark.parametrize("ticker", ["NA", "NULL", "TRUE", "ON", "INF", "NAN", "NO", "A", "BRK.B"])
def test_a_ticker_stays_a_ticker(tmp_path, ticker):
    assert list(read(write_trades(tmp_path, trade(ticker=ticker)))) == [ticker]


@pytest.mark.parametrize("ticker", ["nan", "BApA", "N/A", "../ETC", "", "A" * 99])
def test_rows_of_what_is_no_ticker_are_passed_over(tmp_path, ticker):
    assert list(read(write_trades(tmp_path, trade(ticker=ticker), trade()))) == ["ABCD"]


def test_only_the_symbols_asked_for_are_read(tmp_path):
    path = write_trades(tmp_path, *(trade(ticker=t) for t in ("AA", "BB", "AA", "CC")))
    found = read(path, frozenset({"AA", "CC", "ZZ"}))
    assert {symbol: len(rows) for symbol, rows in found.items()} == {"AA": 2, "CC": 1}


def test_rows_keep_the_order_of_the_file_over_many_blocks(tmp_path):
    base = ns()
    rows = [
        trade(base + i, ticker="AA" if i % 3 else "BB", sequence_number=i) for i in range(60_000)
    ]
    found = read(write_trades(tmp_path, *rows))
    assert sorted(len(r) for r in found.values()) == [20_000, 40_000]
    assert all((np.diff(r["sequence"].astype(int)) > 0).all() for r in found.values())


def test_a_file_without_rows_yields_nothing(tmp_path):
    assert read(write_trades(tmp_path)) == {}


def test_columns_may_stand_in_any_order_and_more_of_them(tmp_path):
    header = "later," + ",".join(reversed(TRADES.split(",")))
    path = write(tmp_path / "x.csv", csv_text(header, [trade(later="a,b")]))
    assert one(path)["price"] == 5_010_000_000


# Values that cannot be: dropped and counted, or repaired and counted.


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (dict(price=""), "undefined_price"),
        (dict(price="0"), "bad_price"),
        (dict(price="-5.01"), "bad_price"),
        (dict(price="100000.000000001"), "bad_price"),
        (dict(price="9" * 29), "bad_price"),
        (dict(price="-" + "9" * 29), "bad_price"),
        (dict(size=0), "zero_size"),
        (dict(size=""), "zero_size"),
        (dict(size=-1), "bad_size"),
        (dict(size=2**31), "bad_size"),
        (dict(size=2**32 - 1), "bad_size"),
        (dict(size="9" * 29), "bad_size"),
        (dict(sip_timestamp=0), "bad_time"),
        (dict(sip_timestamp=""), "bad_time"),
        (dict(sip_timestamp=-1), "bad_time"),
        (dict(sip_timestamp=2**63 - 1), "bad_time"),
        (dict(sip_timestamp=ns(date="2025-03-11")), "bad_time"),
        *((dict(correction=code), "corrected") for code in (7, 8, 10, 11, 12, 2, -1)),
        (dict(correction=8, price="", sip_timestamp=0), "corrected"),
    ],
)
def test_a_print_that_cannot_be_is_dropped_and_counted_once(tmp_path, fields, fault):
    source = open_file(write_trades(tmp_path, trade(), trade(**fields)), "x")
    assert len(rows_of(source)["ABCD"]) == 1
    assert faults_of(source) == {fault: 1}


@pytest.mark.parametrize("code", [0, "", "00"])
def test_a_print_that_was_never_corrected_stands(tmp_path, code):
    source = open_file(write_trades(tmp_path, trade(correction=code)), "x")
    assert faults_of(source) == {}


@pytest.mark.parametrize("code", [1, "01"])
def test_the_corrected_print_stands_and_is_counted(tmp_path, code):
    source = open_file(write_trades(tmp_path, trade(correction=code)), "x")
    assert len(rows_of(source)["ABCD"]) == 1
    assert faults_of(source) == {"corrected": 1}


@pytest.mark.parametrize(
    ("size", "shares", "counted"),
    [("100.000000", 100, 0), ("1.999999", 1, 1), ("0.0015", 1, 1), ("1234.5", 1234, 1)],
)
def test_fractions_of_shares_are_reported_as_the_tapes_did(tmp_path, size, shares, counted):
    source = open_file(write_trades(tmp_path, trade(size=size)), "x")
    assert rows_of(source)["ABCD"]["size"].tolist() == [shares]
    assert faults_of(source) == ({"fractional_size": 1} if counted else {})


def test_the_decimal_size_is_taken_where_there_is_one(tmp_path):
    rows = [trade(size=0, decimal_size="0.7"), trade(size=5, decimal_size="")]
    path = write(tmp_path / "x.csv", csv_text(TRADES + ",decimal_size", rows))
    source = open_file(path, "x")
    assert rows_of(source)["ABCD"]["size"].tolist() == [1, 5]
    assert faults_of(source) == {"fractional_size": 1}


def test_an_unknown_condition_is_counted_and_the_print_keeps_its_volume(tmp_path):
    source = open_file(write_trades(tmp_path, trade(conditions="14,999")), "x")
    assert rows_of(source)["ABCD"]["marks"].tolist() == [Mark.VOLUME]
    assert faults_of(source) == {"unknown_condition": 1}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (dict(ask_price="-1"), "bad_price"),
        (dict(ask_price="199999.99"), "bad_price"),
        (dict(ask_size=-1), "bad_size"),
        (dict(ask_size=2**31), "bad_size"),
        (dict(ask_size=2**31 // 100 + 1), "bad_size"),
        (dict(ask_size="9" * 29), "bad_size"),
    ],
)
def test_a_side_of_a_quote_that_cannot_be_is_emptied_and_counted(tmp_path, fields, fault):
    source = open_file(write_quotes(tmp_path, quote(**fields)), "x")
    (row,) = rows_of(source)["ABCD"]
    assert (row["ask_price"], row["ask_size"], row["bid_size"]) == (0, 0, 200)
    assert faults_of(source) == {fault: 1}


def test_faults_are_counted_by_symbol_wherever_its_good_rows_are(tmp_path):
    base = ns()
    bad = [trade(base + i, ticker="AA", price=0) for i in range(50_000)]
    rows = [trade(ticker="AA"), *bad, trade(ticker="BB"), trade(ticker="CC", size=0)]
    path = write_trades(tmp_path, *rows)
    found, good = {}, {}
    for piece in open_file(path, "x").read(None):
        found[piece.symbol] = found.get(piece.symbol, Counter()) + Counter(piece.faults)
        good[piece.symbol] = good.get(piece.symbol, 0) + len(piece.rows)
    assert found == {"AA": {"bad_price": 50_000}, "BB": {}, "CC": {"zero_size": 1}}
    assert good == {"AA": 1, "BB": 1, "CC": 0}


def test_prints_of_the_night_before_belong_to_the_file(tmp_path):
    path = write_trades(tmp_path, trade(ns("21:00:00", "2025-03-09")), trade())
    assert len(read(path)["ABCD"]) == 2


# Damage: the file is refused.


@pytest.mark.parametrize(
    "column", [c for c in TRADES.split(",") if c not in ("id", "tape", "trf_timestamp")]
)
def test_trades_without_a_column_are_refused(tmp_path, column):
    header = ",".join(c for c in TRADES.split(",") if c != column)
    path = write(tmp_path / "x.csv", csv_text(header, [trade()]))
    if column == "ticker":
        assert open_file(path, "x") is None  # then nothing says that it is Massive's
    else:
        assert f"no column `{column}`" in refusal(path)


@pytest.mark.parametrize("column", ["bid_price", "ask_size", "sip_timestamp", "sequence_number"])
def test_quotes_without_a_column_are_refused(tmp_path, column):
    header = ",".join(c for c in QUOTES.split(",") if c != column)
    path = write(tmp_path / "x.csv", csv_text(header, [quote()]))
    assert f"no column `{column}`" in refusal(path)


def test_a_column_that_stands_twice_is_refused(tmp_path):
    path = write(tmp_path / "x.csv", csv_text(TRADES + ",price", [trade()]))
    assert "the column `price` twice" in refusal(path)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (dict(price="1,234.5"), ("`price`", "Row #3", "'1,234.5'", "no separators")),
        (dict(price="nan"), ("`price`", "'nan'")),
        (dict(price="inf"), ("`price`", "'inf'")),
        (dict(price="-inf"), ("`price`", "'-inf'")),
        (dict(price="$5"), ("`price`", "'$5'")),
        (dict(price="1.0000000001"), ("`price`", "Row #3", "at most 9 digits")),
        (dict(price="1" * 40), ("`price`", "Row #3")),
        (dict(size="1_000"), ("`size`", "'1_000'")),
        (dict(sip_timestamp="1.7e18"), ("`sip_timestamp`", "'1.7e18'")),
        (dict(sip_timestamp=2**63), ("`sip_timestamp`", "Row #3")),
        (dict(sip_timestamp="2025-03-10T10:00:00Z"), ("`sip_timestamp`",)),
        (dict(exchange="Q"), ("`exchange`", "'Q'")),
        (dict(correction="x"), ("`correction`", "'x'")),
    ],
)
def test_what_is_no_number_is_refused_with_row_and_column(tmp_path, fields, words):
    message = refusal(write_trades(tmp_path, trade(), trade(**fields)))
    assert all(word in message for word in words), message


def test_thousands_separators_without_quotes_shift_the_columns_and_are_refused(tmp_path):
    text = csv_text(TRADES, [trade(price="PRICE")]).replace("PRICE", "1,234.5")
    assert "Expected 13 columns, got 14" in refusal(write(tmp_path / "x.csv", text))


def test_the_row_of_an_error_is_counted_over_all_blocks(tmp_path):
    base = ns()
    rows = [*(trade(base + i) for i in range(60_000)), trade(price="x")]
    assert "Row #60002" in refusal(write_trades(tmp_path, *rows))


def test_a_byte_order_mark_is_passed_over(tmp_path):
    text = b"\xef\xbb\xbf" + csv_text(TRADES, [trade()]).encode()
    assert one(write(tmp_path / "x.csv", text))["size"] == 100


def test_lines_may_end_as_in_windows(tmp_path):
    text = csv_text(TRADES, [trade(), trade()], end="\r\n")
    assert len(read(write(tmp_path / "x.csv", text))["ABCD"]) == 2


def test_all_fields_may_be_quoted(tmp_path):
    lines = csv_text(TRADES, [trade()]).splitlines()
    text = "".join('"' + '","'.join(line.split(",")) + '"\n' for line in lines)
    assert one(write(tmp_path / "x.csv", text))["price"] == 5_010_000_000


def test_bytes_that_are_no_utf_8_are_refused(tmp_path):
    text = csv_text(TRADES, [trade(ticker="BAD")]).encode().replace(b"BAD", b"\xc0\xaf")
    assert "`ticker`" in refusal(write(tmp_path / "x.csv", text))


def test_a_field_of_ten_million_characters_is_refused(tmp_path):
    rows = [trade(ticker="A" * 10**7)]
    assert "a row is longer than" in refusal(write_trades(tmp_path, *rows))


def test_a_row_with_a_field_too_few_is_refused(tmp_path):
    text = csv_text(TRADES, [trade()]) + "ABCD,1,2\n"
    assert "Expected 13 columns, got 3" in refusal(write(tmp_path / "x.csv", text))


@pytest.mark.parametrize("unit", [10**3, 10**6, 10**9])
def test_times_in_another_unit_are_refused(tmp_path, unit):
    path = write_trades(tmp_path, trade(sip_timestamp=ns() // unit))
    assert "use nanoseconds" in refusal(path)


def test_a_file_under_the_name_of_another_day_is_refused(tmp_path):
    path = write_trades(tmp_path, trade(), name="2025-03-12.csv.gz")
    assert "is named 2025-03-12, but its first row is of 2025-03-10" in refusal(path)


@pytest.mark.parametrize(
    "name",
    ["trades_2025-03-10_v1.csv", "2025-03-10.csv.gz", "x-2025-03-10-y", "trades20250310.csv"],
)
def test_the_date_is_read_off_the_name(tmp_path, name):
    assert str(open_file(write_trades(tmp_path, trade(), name=name), name).date) == DATE


@pytest.mark.parametrize(
    "name", ["2025-13-40.csv", "12025-03-101.csv", "2025-03-10_2025-03-11.csv", "20251340.csv"]
)
def test_what_is_no_one_date_in_a_name_says_nothing(tmp_path, name):
    assert open_file(write_trades(tmp_path, trade(), name=name), name).date is None


def test_an_empty_file_is_refused(tmp_path):
    assert "is empty" in refusal(write(tmp_path / "x.csv", ""))


def test_a_packed_file_cut_anywhere_is_refused(tmp_path):
    path = write_trades(tmp_path, *(trade(ns() + i) for i in range(50)))
    whole = path.read_bytes()
    for size in [1, 2, *range(3, len(whole) - 1, 7), len(whole) - 1]:
        path.write_bytes(whole[:size])
        try:
            source = open_file(path, "x")
        except FeedError:
            continue
        if source is not None:
            with pytest.raises(FeedError):
                rows_of(source)


def test_a_packed_file_with_a_flipped_bit_is_refused_or_reads_the_same(tmp_path):
    path = write_trades(tmp_path, *(trade(ns() + i) for i in range(50)))
    whole, before = path.read_bytes(), read(path)["ABCD"]
    for bit in range(0, 8 * len(whole), 3):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        try:
            source = open_file(path, "x")
            after = None if source is None else rows_of(source)["ABCD"]
        except FeedError:
            continue
        # Not so a header field of the packing, such as the time, or a file no longer gzip.
        assert after is None or np.array_equal(after, before)


def test_a_plain_file_cut_within_a_row_is_refused(tmp_path):
    path = write(tmp_path / "x.csv", csv_text(TRADES, [trade(), trade()]))
    whole = path.read_bytes()
    for size in range(len(TRADES) + 2, len(whole)):
        path.write_bytes(whole[:size])
        if whole[size - 1 : size] != b"\n":
            assert "ends within a row" in refusal(path)


def test_two_packed_files_spliced_read_as_one_if_the_second_has_no_header(tmp_path):
    one_file, rest = csv_text(TRADES, [trade()]), csv_text(TRADES, [trade()])
    joined = gzip.compress(one_file.encode()) + gzip.compress(rest.split("\n", 1)[1].encode())
    (tmp_path / "x.csv.gz").write_bytes(joined)
    assert len(read(tmp_path / "x.csv.gz")["ABCD"]) == 2


def test_two_files_spliced_with_both_headers_are_refused(tmp_path):
    text = csv_text(TRADES, [trade()])
    assert "row" in refusal(write(tmp_path / "x.csv.gz", text + text)).lower()


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n",
        "no table at all\n",
        "x" * 200_000,
        b"\0" * 1000,
        b"DBN\x01" + b"\0" * 100,
        ",".join(f"c{i}" for i in range(100_000)) + "\n",
        '{"trades": []}\n',
    ],
    ids=["table", "text", "long line", "zeros", "dbn", "100k columns", "json"],
)
def test_files_of_another_kind_are_left_alone(tmp_path, content):
    assert open_file(write(tmp_path / "x.csv", content), "x") is None


def test_bars_are_refused_with_what_to_use_instead(tmp_path):
    text = "ticker,volume,open,close,high,low,window_start,transactions\nA,1,1,1,1,1,1,1\n"
    path = write(tmp_path / "x.csv", text)
    with pytest.raises(UnusedFile, match="trades_v1"):
        open_file(path, "x")


def test_a_packed_bomb_is_read_in_bounded_memory(tmp_path):
    line = csv_text(TRADES, [trade()]).split("\n", 1)[1].encode()
    packed = gzip.compress(TRADES.encode() + b"\n") + gzip.compress(line * 1000) * 1500
    (tmp_path / "x.csv.gz").write_bytes(packed)  # 1.5 million rows, 150 MB unpacked
    code = (
        "import resource, sys, pathlib\n"
        "from lowfloat.ingest.massive import open_file\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "rows = sum(len(p.rows) for p in open_file(path, 'x').read(None))\n"
        "print(rows, (peak() - before) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x.csv.gz")], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 1_500_000
    assert megabytes < 100


def test_a_packed_row_without_end_is_refused_in_bounded_memory(tmp_path):
    packed = gzip.compress(f"{TRADES}\n".encode()) + gzip.compress(b"A" * 10**7) * 20
    (tmp_path / "x.csv.gz").write_bytes(packed)
    assert "a row is longer than" in refusal(tmp_path / "x.csv.gz")


def test_a_decimal_goes_to_nanodollars_without_a_float(tmp_path):
    for text in ("0.1", "0.3", "8.675309", "4503599.627370497"):
        path = write_trades(tmp_path, trade(price=text))
        if Decimal(text) <= 100_000:
            assert one(path)["price"] == int(Decimal(text) * DOLLAR)
