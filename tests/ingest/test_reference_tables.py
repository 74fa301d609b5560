"""Users' reference files: read exactly, known when they should be, or refused with a place."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.base.clock import new_york_ns, session_of
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import TABLES
from lowfloat.errors import FeedError
from lowfloat.ingest.reference import bars_from, ingest_reference, read_reference

NS = 10**9
PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "reference-tables.md"


def ns(text: str) -> int:
    """Return the nanoseconds of ``YYYY-MM-DD HH:MM:SS.fraction`` in New York."""
    date, clock = text.split()
    hour, minute, second = clock.split(":")
    whole = new_york_ns(dt.date.fromisoformat(date), int(hour), int(minute))
    return whole + int(Decimal(second) * NS)


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a text, or an Arrow table, as a file of a table."""

    def reader(table: str, content: str | bytes | pa.Table) -> list[dict]:
        path = tmp_path / "mine.csv"
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_reference(table, path).to_pylist()

    return reader


@pytest.fixture
def refused(read):
    """Return a function that gives the message with which a file is refused."""

    def reader(table: str, content: str | bytes | pa.Table) -> str:
        with pytest.raises(FeedError) as caught:
            read(table, content)
        assert "mine.csv" in str(caught.value)
        return str(caught.value)

    return reader


EXAMPLES = [
    (table, block)
    for table, section in re.findall(
        r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.M | re.S
    )
    for block in re.findall(r"^```csv\n(.*?)^```", section, re.M | re.S)
]


def test_the_page_has_an_example_of_every_table() -> None:
    assert {table for table, _ in EXAMPLES} == set(TABLES)


@pytest.mark.parametrize(("table", "text"), EXAMPLES)
def test_the_examples_of_the_page_are_ingested(tmp_path, table, text) -> None:
    path = tmp_path / "example.csv"
    path.write_text(text)
    counts = ingest_reference(table, path, tmp_path / "days")
    lines = len(text.splitlines()) - 1
    assert counts == {"files": 1, "rows": lines, "new": 1, "bad_symbol": 0}
    assert ReferenceTables(tmp_path / "days").verify() == 1


@pytest.mark.parametrize("ticker", ["NA", "NAN", "TRUE", "NULL", "ON", "INF", "NO"])
def test_a_ticker_that_looks_like_something_else_stays_a_ticker(read, ticker) -> None:
    (row,) = read("closes", f"symbol,date,close\n{ticker},2025-03-04,1\n")
    assert row["symbol"] == ticker


@given(st.decimals("0.000000001", "99999.999999999", places=9))
def test_a_price_is_exact_to_the_last_digit(tmp_path_factory, price) -> None:
    path = tmp_path_factory.getbasetemp() / "price.csv"
    path.write_text(f"symbol,date,close\nABCD,2025-03-04,{price}\n")
    assert read_reference("closes", path).to_pylist()[0]["close"] == int(price * NS)


@pytest.mark.parametrize(
    ("text", "nanodollars"),
    [("1", NS), ("1.490", 1_490_000_000), ("1e-4", 100_000), ("+.5", 500_000_000),
     ("1.50000000000000", 1_500_000_000)],
)  # fmt: skip
def test_a_price_may_be_written_in_several_ways(read, text, nanodollars) -> None:
    assert read("closes", f"symbol,date,close\nABCD,2025-03-04,{text}\n")[0]["close"] == nanodollars


@pytest.mark.parametrize(
    "text", ["abc", "nan", "inf", '"1,000"', "1.2.3", "1.0000000001", "1e30", "$5", "0x5", "1 5"]
)
def test_what_is_no_exact_price_is_refused_with_its_line(refused, text) -> None:
    message = refused("closes", f"symbol,date,close\nABCD,2025-03-04,1\nABCD,2025-03-05,{text}\n")
    assert "line 3, column `close` was" in message


@pytest.mark.parametrize("text", ["0", "-1", "100000.01"])
def test_a_price_out_of_bounds_is_refused_with_its_line(refused, text) -> None:
    message = refused("closes", f"symbol,date,close\nABCD,2025-03-04,1\nABCD,2025-03-05,{text}\n")
    assert "line 3, column `close` was" in message


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2025-03-04", "2025-03-04 20:00:00"),
        ("20250304", "2025-03-04 20:00:00"),
        ("2025-03-04T09:30:00", "2025-03-04 09:30:00"),
        ("2025-03-04 09:30", "2025-03-04 09:30:00"),
        ("2025-03-04 09:30:00.123456789", "2025-03-04 09:30:00.123456789"),
        ("2025-03-04T14:30:00Z", "2025-03-04 09:30:00"),
        ("2025-07-04T14:30:00.5+00:00", "2025-07-04 10:30:00.5"),
        ("2025-03-04T09:30:00-0500", "2025-03-04 09:30:00"),
        ("1741098600000000000", "2025-03-04 09:30:00"),
    ],
)
def test_a_time_may_be_written_in_several_ways(read, text, known) -> None:
    (row,) = read("float", f"symbol,known_at,float_shares\nABCD,{text},5\n")
    assert row["known_at"] == ns(known)


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-30", "2025-03-04T25:00", "03/04/2025", "yesterday", "1741098600", "16:00",
        "2025-03-09T02:30:00",  # skipped by daylight saving
        "2025-11-02T01:30:00",  # there twice
        "1741098600000000",  # microseconds
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_its_line(refused, text) -> None:
    rows = f"ABCD,2025-03-04,5\nABCD,2025-03-05T16:00:00Z,5\nABCD,{text},5\n"
    message = refused("float", f"symbol,known_at,float_shares\n{rows}")
    assert "line 4, column `known_at` was" in message


@pytest.mark.parametrize(
    ("table", "text", "known"),
    [
        ("closes", "symbol,date,close\nABCD,2025-03-04,5\n", "2025-03-04 16:00:00"),
        ("closes", "symbol,date,close\nABCD,2024-07-03,5\n", "2024-07-03 13:00:00"),
        ("closes", "symbol,date,close,known_at\nABCD,2025-03-04,5,\n", "2025-03-04 16:00:00"),
        ("closes", "symbol,date,close,known_at\nABCD,2025-03-04,5,2025-03-06\n",
         "2025-03-06 20:00:00"),
        ("bars", "symbol,date,open,high,low,close,volume\nABCD,2025-03-04,5,5,5,5,5\n",
         "2025-03-04 20:00:00"),
        ("bars", "symbol,date,open,high,low,close,volume\nABCD,2024-07-03,5,5,5,5,5\n",
         "2024-07-03 17:00:00"),
        ("splits", "symbol,effective,from,to\nABCD,2025-03-04,10,1\n", "2025-03-04 04:00:00"),
        ("splits", "symbol,effective,from,to,known_at\nABCD,2025-03-04,10,1,2025-02-20\n",
         "2025-02-20 20:00:00"),
        ("splits", "symbol,effective,from,to,known_at\nABCD,2025-03-04,10,1,2025-03-04\n",
         "2025-03-04 04:00:00"),
        ("splits", "symbol,effective,from,to,known_at\nABCD,2025-03-04,10,1,2025-03-04T09:00\n",
         "2025-03-04 09:00:00"),
        ("definitions", "symbol,date,tick_size,round_lot\nABCD,2025-03-04,0.01,100\n",
         "2025-03-04 04:00:00"),
        ("halts", "symbol,halted_at,code\nABCD,2025-03-04 10:00:00.25,T1\n",
         "2025-03-04 10:00:00.25"),
        ("news", "symbol,known_at,headline\nABCD,2025-03-04,x\n", "2025-03-04 20:00:00"),
    ],
)  # fmt: skip
def test_a_row_becomes_known_when_its_table_says(read, table, text, known) -> None:
    assert read(table, text)[0]["known_at"] == ns(known)


@pytest.mark.parametrize(
    "table", sorted(set(TABLES) - {"bars", "closes", "definitions", "halts", "splits"})
)
def test_other_tables_must_say_when_a_row_is_known(refused, table) -> None:
    names = [name for name in TABLES[table].schema.names if name != "known_at"]
    message = refused(table, ",".join(names) + "\n")
    assert "has no column `known_at`" in message


def test_a_close_cannot_be_known_before_the_close(refused) -> None:
    text = "symbol,date,close,known_at\nABCD,2025-03-04,5,2025-03-04 15:59:59\n"
    assert "line 2, column `known_at` is before the regular close" in refused("closes", text)


def test_a_close_of_a_holiday_is_refused(refused) -> None:
    message = refused("closes", "symbol,date,close\nABCD,2025-01-09,5\n")
    assert "line 2, column `date` is wrong: 2025-01-09" in message


def test_average_shares_are_rounded_and_other_shares_must_be_whole(read, refused) -> None:
    assert (
        read("volumes", "symbol,known_at,average_shares\nABCD,2025-03-04,10.5\n")[0][
            "average_shares"
        ]
        == 11
    )
    message = refused("float", "symbol,known_at,float_shares\nABCD,2025-03-04,10.5\n")
    assert "column `float_shares` was '10.5'; use a whole number" in message


def test_fees_and_levels_are_stored_in_billionths(read) -> None:
    text = (
        "symbol,known_at,shares_available,fee_per_year,locate_fee\nABCD,2025-03-04,0,0.85,0.015\n"
    )
    (row,) = read("borrow", text)
    assert (row["shares_available"], row["fee_per_year"], row["locate_fee"]) == (
        0, 850_000_000, 15_000_000,
    )  # fmt: skip
    (row,) = read("benchmarks", "name,known_at,value\nTen year,2025-03-04 16:15,-0.25\n")
    assert (row["name"], row["value"]) == ("Ten year", -250_000_000)


def test_lines_are_counted_through_empty_lines_and_quoted_ones(refused) -> None:
    text = 'symbol,known_at,headline\nABCD,2025-03-04,"two\nlines"\n\nABCD,2025-03-99,x\n'
    assert "line 5, column `known_at`" in refused("news", text)


def test_rows_of_what_is_no_ticker_are_left_out_and_counted(tmp_path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "symbol,date,close\nBRK B,2025-03-04,1\nABCD,2025-03-04,x1\nabcd,2025-03-05,1\n"
    )
    with pytest.raises(FeedError, match="line 3"):
        ingest_reference("closes", path, tmp_path / "days")
    path.write_text(path.read_text().replace("x1", "1"))
    counts = ingest_reference("closes", path, tmp_path / "days")
    assert counts == {"files": 1, "rows": 1, "new": 1, "bad_symbol": 2}


def test_a_file_without_any_ticker_is_refused(refused) -> None:
    assert "no `symbol` in it is a US ticker" in refused("closes", "symbol,date,close\nabcd,x,x\n")


def test_a_missing_symbol_is_refused(refused) -> None:
    message = refused("closes", "symbol,date,close\nABCD,2025-03-04,1\n,2025-03-04,1\n")
    assert "line 3, column `symbol` is empty" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n", "has no column `symbol`"),
        (b"\xff\xfesymbol\n", "cannot be read"),
        (b"symbol,date,close\nAB\xff,2025-03-04,1\n", "cannot be read"),
        (b"symbol,date\nABCD,2025-03-04\n", "has no column `close`"),
        (b"symbol,date,close,knwon_at\nABCD,2025-03-04,1,\n", "column `knwon_at` is unknown"),
        (b"symbol,ticker,date,close\nABCD,ABCD,2025-03-04,1\n", "columns twice: symbol"),
        (b"symbol,date,close\nABCD,2025-03-04\n", "cannot be read"),
        (b"symbol,date,close\nABCD,2025-03-04,1,2\n", "cannot be read"),
        (b"symbol,date,close\n" + b"A" * 9_000_000 + b",2025-03-04,1\n", "cannot be read"),
        (b"symbol,date,close\nABCD,2025-03-04,1", "may have been cut off"),
        (b"PAR1\n", "cannot be read"),
        (b",".join(b"c%d" % n for n in range(100_000)) + b"\n", "column `c0` is unknown"),
    ],
)
def test_a_broken_file_is_refused(refused, content, message) -> None:
    found = refused("closes", content)
    assert message in found
    assert len(found) < 1000


def test_a_byte_order_mark_and_carriage_returns_change_nothing(read) -> None:
    plain = "symbol,date,close\nABCD,2025-03-04,1\n"
    assert read("closes", b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode()) == read(
        "closes", plain
    )


def test_a_header_alone_is_a_table_without_rows(read) -> None:
    assert read("closes", "symbol,date,close\n") == []


def test_two_lines_that_contradict_each_other_are_both_named(refused) -> None:
    message = refused("closes", "symbol,date,close\nABCD,2025-03-04,1\nAB,2025-03-04,1\n"
                                "ABCD,2025-03-04,2\n")  # fmt: skip
    assert "mine.csv: line 2 says" in message
    assert "mine.csv: line 4 says" in message


def test_a_line_written_twice_is_one_row(read) -> None:
    assert len(read("closes", "symbol,date,close\nABCD,2025-03-04,1\nABCD,2025-03-04,1.0\n")) == 1


def test_a_large_file_is_read_in_parts_and_its_lines_are_still_known(tmp_path) -> None:
    line = "ABCD,2025-03-04T10:00:00.{:09d}," + "word " * 20 + "\n"
    path = tmp_path / "mine.csv"
    rows = [line.format(n) for n in range(60_000)]
    path.write_text("symbol,known_at,headline\n" + "".join(rows))
    assert len(read_reference("news", path)) == 60_000
    path.write_text(path.read_text() + "ABCD,never,x\n")
    with pytest.raises(FeedError, match="line 60002, column `known_at` was 'never'"):
        read_reference("news", path)


DATE = dt.date(2025, 3, 4)
UTC = pa.timestamp("ns", "UTC")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([ns("2025-03-04 09:30:00")], pa.int64()),
        pa.array([ns("2025-03-04 09:30:00")], pa.int64()).cast(UTC),
        pa.array([ns("2025-03-04 09:30:00") // 1000], pa.int64()).cast(
            pa.timestamp("us", "Asia/Kolkata")
        ),
        pa.array([dt.datetime(2025, 3, 4, 9, 30)], pa.timestamp("ms")),  # of New York
        pa.array(["2025-03-04T09:30"], pa.large_string()),
        pa.array(["2025-03-04T09:30"]).dictionary_encode(),
    ],
)
def test_parquet_may_hold_a_time_in_several_types(read, column) -> None:
    (row,) = read("float", pa.table({"symbol": ["NA"], "known_at": column, "float_shares": [5]}))
    assert row["known_at"] == ns("2025-03-04 09:30:00")


def test_a_date_of_parquet_is_a_date_without_a_time(read) -> None:
    (row,) = read("float", pa.table({"symbol": ["NA"], "known_at": [DATE], "float_shares": [5]}))
    assert row["known_at"] == ns("2025-03-04 20:00:00")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.49], pa.float64()),
        pa.array([Decimal("1.49")], pa.decimal128(10, 2)),
        pa.array([Decimal("1.4900")], pa.decimal256(40, 4)),
        pa.array(["1.49"], pa.large_string()),
    ],
)
@pytest.mark.parametrize(
    "date", [pa.array([DATE]), pa.array([20250304]), pa.array([dt.datetime(2025, 3, 4)])]
)
def test_parquet_may_hold_a_price_and_a_date_in_several_types(read, column, date) -> None:
    (row,) = read("closes", pa.table({"symbol": ["NA"], "date": date, "close": column}))
    assert (row["date"], row["close"]) == (DATE, 1_490_000_000)


@given(st.integers(1, 10**14 - 1))
def test_a_double_means_the_nearest_billionth(tmp_path_factory, nanodollars) -> None:
    path = tmp_path_factory.getbasetemp() / "double.parquet"
    rows = {"symbol": ["NA"], "date": [DATE], "close": [float(Decimal(nanodollars) / NS)]}
    pq.write_table(pa.table(rows), path)
    assert read_reference("closes", path).to_pylist()[0]["close"] == nanodollars


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("close", pa.array([True])),
        ("close", pa.array([float("nan")])),
        ("close", pa.array([float("inf")])),
        ("close", pa.array([[1.0]])),
        ("close", pa.array([None], pa.float64())),
        ("date", pa.array([dt.datetime(2025, 3, 4, 12)])),
        ("date", pa.array([1.5])),
        ("symbol", pa.array([5])),
        ("symbol", pa.array([b"ABCD"])),
    ],
)
def test_parquet_of_another_type_is_refused(refused, name, column) -> None:
    columns = {"symbol": pa.array(["NA"]), "date": pa.array([DATE]), "close": pa.array([1.0])}
    assert f"column `{name}`" in refused("closes", pa.table(columns | {name: column}))


def test_a_row_of_parquet_is_named_by_its_number(refused) -> None:
    rows = pa.table({"symbol": ["NA", "NA"], "date": [DATE, DATE], "close": [1.0, -1.0]})
    assert "row 2, column `close` was" in refused("closes", rows)


NASDAQ = (
    "Halt Date,Halt Time,Issue Symbol,Issue Name,Market,{reason},Pause Threshold Price,"
    "Resumption Date,Resumption Quote Time,Resumption Trade Time\n"
)


@pytest.mark.parametrize("reason", ["Reason Codes", "Reason Code"])
def test_nasdaqs_list_of_halts_is_read_as_it_is_published(read, reason) -> None:
    rows = read(
        "halts",
        NASDAQ.format(reason=reason)
        + '06/16/2023 ,19:50:01 ,ROCC,"Ranger, Cl A",NASDAQ,T12,,,,\n'
        + "7/6/2023,9:36:10.123,ROCC,Ranger,Q,LUDP,1.5,07/06/2023,09:36:10,09:41:10.5\n",
    )
    assert [row["code"] for row in rows] == ["T12", "LUDP"]
    assert (rows[0]["halted_at"], rows[0]["resumed_at"]) == (ns("2023-06-16 19:50:01"), None)
    assert rows[1]["halted_at"] == rows[1]["known_at"] == ns("2023-07-06 09:36:10.123")
    assert rows[1]["resumed_at"] == ns("2023-07-06 09:41:10.5")


def test_a_quote_time_alone_is_no_resumption(read) -> None:
    text = (
        NASDAQ.format(reason="Reason Code") + "03/04/2025,10:00:00,AB,,,T1,,03/04/2025,11:00:00,\n"
    )
    assert read("halts", text)[0]["resumed_at"] is None


def test_nyses_list_of_halts_is_read_as_it_is_published(read) -> None:
    rows = read(
        "halts",
        "Halt Date,Halt Time,Symbol,Name,Exchange,Reason,Resume Date,NYSE Resume Time\n"
        '2025-09-12,19:50:00,CLSD,"""Clearside, Inc.""",Nasdaq,News pending,,\n'
        '2025-09-12,19:50:00,CLSD,"""Clearside, Inc.""",Nasdaq,News pending,2025-09-15,09:05:00\n'
        "2025-12-01,09:31:55,FORD,Forward,Nasdaq,LULD pause,2025-12-01,09:36:55\n"
        "2025-12-01,19:50:00,BKSY WS,Warrant,NYSE,Something new,,\n"
        "2025-12-02,19:50:00,FORD,Forward,NYSE,Something new,,\n",
    )
    assert [(row["symbol"], row["code"]) for row in rows] == [
        ("CLSD", "T1"), ("FORD", "LUDP"), ("FORD", "Something new"),
    ]  # fmt: skip
    assert rows[0]["resumed_at"] == ns("2025-09-15 09:05:00")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("03/04/2025,25:00:00,AB,,,T1,,,,\n", "halted_at"),
        (",10:00:00,AB,,,T1,,,,\n", "halted_at"),
        ("03/04/2025,10:00:00,AB,,,,,,,\n", "code"),
        ("03/04/2025,10:00:00,AB,,,T1,,,,11:00:00\n", "resumed_at"),
        ("03/04/2025,10:00:00,AB,,,T1,,03/04/2025,,09:00:00\n", "resumed_at"),
    ],
)
def test_a_broken_line_of_a_list_of_halts_is_refused(refused, line, column) -> None:
    message = refused("halts", NASDAQ.format(reason="Reason Codes") + line)
    assert f"line 2, column `{column}`" in message


def test_a_halt_needs_a_time_not_only_a_date(refused) -> None:
    message = refused("halts", "symbol,halted_at,code\nABCD,2025-03-04,T1\n")
    assert "column `halted_at` was '2025-03-04'; use a date with a time" in message


def test_files_are_ingested_together_or_not_at_all(tmp_path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("symbol,date,close\nABCD,2025-03-04,1\n")
    two.write_text("symbol,date,close\nABCD,2025-03-04,2\n")
    with pytest.raises(FeedError, match=r"one\.csv says .*; .*two\.csv says"):
        ingest_reference("closes", [one, two], tmp_path / "days")
    assert ReferenceTables(tmp_path / "days").files("closes") == []


def test_ingesting_again_changes_nothing(tmp_path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("symbol,date,close\nABCD,2025-03-04,1\n")
    two.write_text("symbol,date,close\nABCD,2025-03-05,2\n")
    assert ingest_reference("closes", one, tmp_path / "days")["new"] == 1
    assert ingest_reference("closes", [one, two], tmp_path / "days")["new"] == 1
    assert ingest_reference("closes", [two, one], tmp_path / "days")["new"] == 0


def minutes(*rows: tuple[str, int, int, int, int, int], resolution: str = "1m"):
    """Return the bars of ABCD made of rows of New York time, prices and volume."""
    columns = list(zip(*rows, strict=True)) or [()] * 6
    times = np.array([ns(text) for text in columns[0]], np.int64)
    numbers = [np.array(column, np.int64) for column in columns[1:]]
    table, outside = bars_from("ABCD", times, *numbers, resolution)
    return table.to_pylist(), outside


def test_minute_bars_are_cut_to_the_session() -> None:
    (row,), outside = minutes(
        ("2025-03-04 03:59:00", 99, 99, 99, 99, 99),
        ("2025-03-04 04:00:00", 10, 40, 10, 12, 1),
        ("2025-03-04 09:30:00", 20, 30, 19, 25, 2),
        ("2025-03-04 15:59:00", 26, 28, 26, 27, 3),
        ("2025-03-04 16:00:00", 27, 27, 5, 6, 4),
        ("2025-03-04 19:59:00", 7, 8, 7, 8, 5),
        ("2025-03-04 20:00:00", 99, 99, 99, 99, 99),
    )
    assert outside == 2
    assert row == {
        "symbol": "ABCD", "known_at": ns("2025-03-04 20:00:00"), "date": DATE, "open": 20,
        "high": 40, "low": 5, "close": 27, "volume": 15, "resolution": "1m",
    }  # fmt: skip


def test_without_regular_hours_the_open_and_close_are_of_any() -> None:
    (row,), _ = minutes(("2025-03-04 04:00:00", 10, 40, 10, 12, 1),
                        ("2025-03-04 17:00:00", 7, 8, 7, 8, 5))  # fmt: skip
    assert (row["open"], row["close"]) == (10, 8)


def test_an_evening_past_midnight_utc_belongs_to_its_session() -> None:
    rows, _ = minutes(("2025-03-04 19:30:00", 10, 10, 10, 10, 1),
                      ("2025-03-05 04:00:00", 20, 20, 20, 20, 1), resolution="1s")  # fmt: skip
    assert [(row["date"].day, row["close"]) for row in rows] == [(4, 10), (5, 20)]


def test_a_half_day_ends_at_17_00() -> None:
    (row,), outside = minutes(("2024-07-03 12:59:00", 10, 10, 10, 11, 1),
                              ("2024-07-03 13:00:00", 12, 12, 12, 12, 1),
                              ("2024-07-03 17:00:00", 13, 13, 13, 13, 1))  # fmt: skip
    assert (row["close"], row["volume"], outside) == (11, 2, 1)
    assert row["known_at"] == ns("2024-07-03 17:00:00")


def test_a_bar_of_a_utc_date_stands_for_the_session_of_that_date() -> None:
    rows, outside = minutes(("2025-03-03 19:00:00", 1, 4, 1, 2, 100),
                            ("2025-03-07 19:00:00", 1, 4, 1, 2, 100),  # of Saturday
                            ("2025-03-10 20:00:00", 2, 4, 1, 3, 200), resolution="1d")  # fmt: skip
    assert [(row["date"], row["volume"]) for row in rows] == [
        (DATE, 100),
        (dt.date(2025, 3, 11), 200),
    ]
    assert outside == 1
    assert [row["known_at"] for row in rows] == [session_of(row["date"]).end_ns for row in rows]


def test_no_bars_make_no_rows() -> None:
    assert minutes() == ([], 0)


@pytest.mark.parametrize(
    ("rows", "resolution", "message"),
    [
        ([("2025-03-04 10:00:00", 2**63 - 1, 5, 5, 5, 1)], "1m", "`open` was"),
        ([("2025-03-04 10:00:00", 5, 4, 5, 5, 1)], "1m", "`low` is above `high`"),
        ([("2025-03-04 10:00:00", 5, 5, 5, 5, 1)], "1h", "`resolution` was '1h'"),
        ([("2025-03-04 10:01:00", 5, 5, 5, 5, 1), ("2025-03-04 10:00:00", 5, 5, 5, 5, 1)], "1m",
         "goes back at bar 1"),
    ],
)  # fmt: skip
def test_bars_that_cannot_be_are_refused(rows, resolution, message) -> None:
    with pytest.raises(FeedError, match=re.escape(message)):
        minutes(*rows, resolution=resolution)


def test_bars_made_of_a_vendors_bars_can_be_stored(tmp_path) -> None:
    table, _ = bars_from("ABCD", np.array([ns("2025-03-04 10:00:00")]), *np.full((4, 1), 5),
                         np.array([9], np.uint64), "1m")  # fmt: skip
    tables = ReferenceTables(tmp_path)
    tables.add("bars", {"bars of ABCD": table})
    assert tables.latest("bars", "ABCD", ns("2025-03-04 20:00:00"))["volume"] == 9
