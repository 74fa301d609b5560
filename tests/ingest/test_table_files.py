"""Tables of the user's own: what a mapping makes of them, and one outcome for each fault."""

import datetime as dt
import gzip
from collections import Counter
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowfloat.base.codes import Mark
from lowfloat.base.records import Quotes, Status, Trades
from lowfloat.errors import ConfigError, FeedError
from lowfloat.ingest import table_files
from lowfloat.ingest.decimals import nanodollars
from lowfloat.ingest.table import ONE_CLOCK, open_table
from lowfloat.ingest.table_mapping import TableMapping, load_mappings

T = 1_738_593_000_000_000_000  # 2025-02-03 09:30 New York, 14:30 UTC
TRADES = {"symbol": "ticker", "ts_recv": "t", "price": "px", "size": "qty"}
UTC_NS = {"unit": "ns", "zone": "UTC"}


def mapping(columns=None, **changes):
    return TableMapping(
        **{"table": "trades", "columns": columns or TRADES, "time": UTC_NS, **changes}
    )


QUOTES = mapping(
    {
        "symbol": "ticker", "ts_recv": "t", "bid_price": "b", "bid_size": "bs", "ask_price": "a",
        "ask_size": "as",
    },
    table="quotes",
)  # fmt: skip
STATUS = mapping(
    {"symbol": "ticker", "ts_recv": "t", "is_trading": "on", "is_short_sell_restricted": "ssr"},
    table="status",
)


def read(path, how, symbols=None):
    """Return the rows per symbol of a file, and its faults."""
    rows, faults = {}, Counter()
    for piece in open_table(path, path.name, how).read(symbols):
        if len(piece.rows):
            rows.setdefault(piece.symbol, []).append(piece.rows)
        faults.update(piece.faults)
    return {symbol: np.concatenate(parts) for symbol, parts in rows.items()}, dict(faults)


def refused(path, how):
    with pytest.raises(FeedError) as caught:
        read(path, how)
    assert str(path) in str(caught.value)
    return str(caught.value)


def of_csv(folder, text, how=None, **options):
    path = folder / "own.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, how or mapping(), **options)


def open_table_of(folder, text, how=None):
    path = folder / "own.csv"
    path.write_text(text)
    return open_table(path, path.name, how or mapping())


def csv_refused(folder, text, how=None):
    path = folder / "own.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return refused(path, how or mapping())


def parquet(folder, **columns):
    path = folder / "own.parquet"
    pq.write_table(pa.table(columns), path, write_page_checksum=True)
    return path


def one_trade(folder, **changes):
    """Write one trade as Parquet with some columns replaced."""
    columns = {
        "ticker": pa.array(["ABCD"]), "t": pa.array([T]), "px": pa.array([Decimal("4.37")]),
        "qty": pa.array([100]),
    }  # fmt: skip
    return parquet(folder, **{**columns, **changes})


def csv_of(*rows, header="ticker,t,px,qty"):
    return "\n".join((header, *rows)) + "\n"


# --- what a mapping makes of a file ----------------------------------------------------------


def test_a_csv_of_trades_becomes_exact_rows(tmp_path):
    how = mapping(
        {**TRADES, "ts_event": "e", "side": "bs", "publisher": "ex", "sequence": "n"},
        sides={"buy": ["B", "BUY"], "sell": ["S"], "unknown": ["N"]},
        publishers={"Q": 2},
        off_exchange=["D"],
        dataset="mine",
    )
    text = csv_of(
        f"ABCD,{T},4.3701,100,{T - 5},BUY,Q,7,x",
        f"ABCD,{T},4.37,5,{T - 5},S,D,8,x",
        f"ABCD,{T},4.37,100,{T - 5},N,,9,x",
        f"ABCD,{T},4.37,100,{T - 5},,Q,10,x",
        header="ticker,t,px,qty,e,bs,ex,n,other",
    )
    rows, faults = of_csv(tmp_path, text, how)
    trades = rows["ABCD"]
    assert faults == {}
    assert trades["price"].tolist() == [4_370_100_000, *[4_370_000_000] * 3]
    assert trades["side"].tolist() == [1, -1, 0, 0]
    assert trades["confidence"].tolist() == [100, 100, 0, 0]
    assert trades["publisher"].tolist() == [2, 0, 0, 2]
    assert trades["sequence"].tolist() == [7, 8, 9, 10]
    assert trades["marks"].tolist() == [
        Mark.ORDINARY, Mark.ORDINARY | Mark.ODD_LOT | Mark.OFF_EXCHANGE, Mark.ORDINARY,
        Mark.ORDINARY,
    ]  # fmt: skip
    assert set(trades["ts_event"] - trades["ts_recv"]) == {-5}


def test_a_source_says_what_it_is_of(tmp_path):
    path = one_trade(tmp_path)
    file = open_table(path, "mine", mapping(dataset="my feed"))
    assert (file.name, file.dataset, file.tables) == ("mine", "my feed", {Trades})
    assert file.flags == {ONE_CLOCK}
    both = mapping({**TRADES, "ts_event": "t"})
    assert open_table(path, "mine", both).flags == frozenset()


def test_quotes_have_empty_sides_where_a_number_is_missing_or_cannot_be(tmp_path):
    text = csv_of(
        f"ABCD,{T},4.36,100,4.37,200",
        f"ABCD,{T},,100,4.37,200",
        f"ABCD,{T},4.36,0,NaN,200",
        f"ABCD,{T},-1,100,100000.01,200",
        f"ABCD,{T},4.36,1.5,4.37,2147483648",
        header="ticker,t,b,bs,a,as",
    )
    rows, faults = of_csv(tmp_path, text, QUOTES)
    names = ("bid_price", "bid_size", "ask_price", "ask_size")
    assert [tuple(int(row[name]) for name in names) for row in rows["ABCD"]] == [
        (4_360_000_000, 100, 4_370_000_000, 200),
        (0, 0, 4_370_000_000, 200),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
    ]
    assert faults == {"bad_price": 1, "bad_size": 1}
    assert open_table(tmp_path / "own.csv", "x", QUOTES).tables == {Quotes}


def test_status_words_become_states(tmp_path):
    text = csv_of(f"ABCD,{T},Y,N", f"ABCD,{T},0,1", f"ABCD,{T},,", header="ticker,t,on,ssr")
    rows, _ = of_csv(tmp_path, text, STATUS)
    status = rows["ABCD"]
    assert status["is_trading"].tolist() == [1, 0, -1]
    assert status["action"].tolist() == [7, 8, 0]
    assert status["is_short_sell_restricted"].tolist() == [0, 1, -1]
    assert status["confidence"].tolist() == [100, 100, 100]
    assert open_table(tmp_path / "own.csv", "x", STATUS).tables == {Status}


def test_symbols_come_apart_and_only_wanted_ones_are_given(tmp_path):
    text = csv_of(*(f"{'AB'[i % 2]},{T + i},{i + 1},100" for i in range(6)))
    rows, _ = of_csv(tmp_path, text)
    assert list(rows) == ["A", "B"]
    assert rows["B"]["sequence"].tolist() == [2, 4, 6]
    rows, _ = of_csv(tmp_path, text, symbols=frozenset({"B"}))
    assert list(rows) == ["B"]


def test_constants_stand_for_columns(tmp_path):
    how = mapping({**TRADES, "symbol": {"constant": "TRUE"}, "publisher": {"constant": 2}})
    rows, _ = of_csv(tmp_path, csv_of(f"x,{T},4.37,100"), how)
    assert rows["TRUE"]["publisher"].tolist() == [2]


def test_a_file_without_a_header_is_read_by_names(tmp_path):
    how = mapping(names=["t", "ticker", "qty", "px"], separator=";")
    rows, _ = of_csv(tmp_path, f"{T};ABCD;100;4.37\n{T};ABCD;200;4.38\n", how)
    assert rows["ABCD"]["size"].tolist() == [100, 200]
    path = tmp_path / "own.csv"
    assert "`names` of the mapping are 4" in refused(
        path, mapping(names=["t", "ticker", "px", "qty"])
    )


@pytest.mark.parametrize("ticker", ["NA", "NULL", "NAN", "TRUE", "ON", "INF", "NONE", "E", "NO"])
def test_words_of_other_programs_are_tickers_here(tmp_path, ticker):
    rows, faults = of_csv(tmp_path, csv_of(f"{ticker},{T},4.37,100"))
    assert (list(rows), faults) == ([ticker], {})
    rows, faults = read(one_trade(tmp_path, ticker=pa.array([ticker])), mapping())
    assert (list(rows), faults) == ([ticker], {})


def test_rows_of_no_ticker_are_left_out_and_counted(tmp_path):
    text = csv_of(
        f"abcd,{T},1,1", f"../../x,{T},1,1", f",{T},1,1", f"{'A' * 99},{T},1,1", f"ABCD,{T},1,1"
    )
    rows, faults = of_csv(tmp_path, text)
    assert list(rows) == ["ABCD"]
    assert faults == {"bad_symbol": 4}


def test_rows_of_no_ticker_are_counted_though_no_good_row_follows(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "_BATCH", 2)
    path = parquet(
        tmp_path, ticker=["A", "A", "b", "b", "c"], t=[T] * 5, px=[1] * 5, qty=[1] * 5
    )  # fmt: skip
    rows, faults = read(path, mapping())
    assert (len(rows["A"]), faults) == (2, {"bad_symbol": 3})


def test_faults_of_a_symbol_without_a_good_row_are_told(tmp_path):
    text = csv_of(f"A,{T},0,1", f"B,{T},1,1", f"A,{T},,1")
    pieces = list(open_table_of(tmp_path, text).read(None))
    assert [(p.symbol, len(p.rows), dict(p.faults)) for p in pieces] == [
        ("A", 0, {"bad_price": 1, "undefined_price": 1}), ("B", 1, {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "odd_lot", "derived", "unknown"),
    [("massive", "12,37", "10", "999"), ("tape_ab", "TI", "4", "W"), ("tape_c", "@ TI", "@4", "E")],
)
def test_conditions_decide_what_a_print_counts_for(tmp_path, words, odd_lot, derived, unknown):
    how = mapping({**TRADES, "conditions": "c"}, conditions=words)
    early = T - 3600 * 10**9  # Form T says nothing then
    text = csv_of(
        f'A,{early},4.37,100,"{odd_lot}"', f"A,{T},4.37,100,", f"A,{T},4.37,100,{derived}",
        f"A,{T},4.37,100,{unknown}", f"A,,4.37,100,{unknown}", header="ticker,t,px,qty,c",
    )  # fmt: skip
    rows, faults = of_csv(tmp_path, text, how)
    assert rows["A"]["marks"].tolist() == [
        Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT, Mark.ORDINARY, Mark.HIGH_LOW | Mark.VOLUME,
        Mark.VOLUME,
    ]  # fmt: skip
    assert faults == {"unknown_condition": 1, "bad_time": 1}


def test_conditions_may_be_numbers_of_parquet(tmp_path):
    how = mapping({**TRADES, "conditions": "c"}, conditions="massive")
    path = parquet(
        tmp_path, ticker=["A"] * 3, t=[T] * 3, px=[1] * 3, qty=[100] * 3, c=[37, None, 16]
    )  # fmt: skip
    assert read(path, how)[0]["A"]["marks"].tolist() == [
        Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT, Mark.ORDINARY, Mark.OFFICIAL_OPEN,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("vocabulary", "words"), [("massive", ("12", "11", "4", "99")), ("tape", ("Q", "P", "D", "W"))]
)
def test_venues_of_the_tapes_have_the_numbers_that_other_readers_give_them(
    tmp_path, vocabulary, words
):
    how = mapping({**TRADES, "publisher": "x"}, publishers=vocabulary)
    rows = [f"A,{T},4.37,100,{word}" for word in words]
    trades = of_csv(tmp_path, csv_of(*rows, header="ticker,t,px,qty,x"), how)[0]["A"]
    assert trades["publisher"].tolist() == [124, 123, 133 if vocabulary == "massive" else 0, 0]
    off = trades["marks"] & np.uint16(Mark.OFF_EXCHANGE) != 0
    assert off.tolist() == [False, False, True, False]


def test_a_file_of_nothing_but_lower_case_is_refused(tmp_path):
    assert "no row is of a US ticker in capitals; the first was 'abcd'" in csv_refused(
        tmp_path, csv_of(f"abcd,{T},1,1")
    )


def test_what_cannot_be_a_trade_is_dropped_and_counted(tmp_path):
    rows, faults = of_csv(
        tmp_path,
        csv_of(
            f"A,{T},4.37,100",
            f"A,{T},,100",
            f"A,{T},nan,100",
            f"A,{T},0,100",
            f"A,{T},-4,100",
            f"A,{T},inf,100",
            f"A,{T},100000.000000001,100",
            f"A,{T},4.37,0",
            f"A,{T},4.37,",
            f"A,{T},4.37,-1",
            f"A,{T},4.37,0.5",
            f"A,{T},4.37,4294967295",
            "A,,4.37,100",
            "A,-1,4.37,100",
            "A,9999999999999999999999,4.37,100",
        ),
    )
    assert rows["A"]["sequence"].tolist() == [1]
    assert faults == {
        "undefined_price": 2, "bad_price": 4, "zero_size": 1, "bad_size": 4, "bad_time": 3,
    }  # fmt: skip


def test_lots_become_shares(tmp_path):
    rows, faults = of_csv(
        tmp_path, csv_of(f"A,{T},4.37,3", f"A,{T},4.37,21474837"), mapping(size_unit=100)
    )
    assert rows["A"]["size"].tolist() == [300]
    assert faults == {"bad_size": 1}


# --- numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "text", "nanodollars"),
    [
        ("dollars", "4.37", 4_370_000_000),
        ("dollars", "4.370000001", 4_370_000_001),
        ("dollars", "1e-9", 1),
        ("dollars", "43.7E-1", 4_370_000_000),
        ("dollars", '" 4.37 "', 4_370_000_000),
        ("nanodollars", "4370000000", 4_370_000_000),
        (0.0001, "43700", 4_370_000_000),
        (0.01, "437.25", 4_372_500_000),
        (1e-9, "5", 5),
        (1, "5", 5_000_000_000),
    ],
)
def test_prices_are_exact_in_every_unit(tmp_path, unit, text, nanodollars):
    rows, _ = of_csv(tmp_path, csv_of(f"A,{T},{text},1"), mapping(price_unit=unit))
    assert rows["A"]["price"].tolist() == [nanodollars]


@pytest.mark.parametrize("price", ['"1,234.50"', "4_37", "$4.37", "0x4", "NA", "null", "4,37"])
def test_a_price_that_is_no_number_is_refused_with_its_row(tmp_path, price):
    message = csv_refused(tmp_path, csv_of(f"A,{T},4.37,1", f"A,{T},{price},1"))
    assert "row 2" in message.lower() or "Row #3" in message


def test_a_price_finer_than_a_nanodollar_is_refused(tmp_path):
    message = csv_refused(tmp_path, csv_of(f"A,{T},4.3700000001,1"))
    assert "no whole number of nanodollars" in message


PRICES = {
    "decimal": pa.array([Decimal("4.370000")], pa.decimal128(20, 6)),
    "wide decimal": pa.array([Decimal("4.37")], pa.decimal256(60, 12)),
    "float64": pa.array([4.37]),
    "text": pa.array(["4.37"]),
    "large text": pa.array(["4.37"], pa.large_string()),
    "dictionary": pa.array(["4.37"]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", PRICES)
def test_prices_of_every_parquet_type_are_exact(tmp_path, kind):
    rows, _ = read(one_trade(tmp_path, px=PRICES[kind]), mapping())
    assert rows["ABCD"]["price"].tolist() == [4_370_000_000]


def test_whole_numbers_of_every_width_are_prices(tmp_path):
    for kind in (pa.int8(), pa.uint8(), pa.int32(), pa.uint64()):
        rows, _ = read(one_trade(tmp_path, px=pa.array([7], kind)), mapping(price_unit=0.01))
        assert rows["ABCD"]["price"].tolist() == [70_000_000]


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**14))
def test_every_float_of_a_price_becomes_the_price_that_was_meant(price):
    fixed = nanodollars(pa.array([price / 10**9]), "here")
    assert fixed.values.tolist() == [price]


@pytest.mark.parametrize(
    ("price", "says"),
    [
        (pa.array([1 / 3]), "no whole number of nanodollars"),
        (pa.array([4.37], pa.float32()), "does not hold the digits of a price"),
        (pa.array([Decimal("0.0000000001")]), "no whole number of nanodollars"),
        (pa.array([b"4.37"]), "is binary"),
        (pa.array([True]), "is bool"),
        (pa.array([[4.37]]), "is nested"),
        (pa.array([{"x": 4.37}]), "is nested"),
    ],
)
def test_prices_of_other_types_or_digits_are_refused(tmp_path, price, says):
    assert says in refused(one_trade(tmp_path, px=price), mapping())


def test_nan_null_and_infinity_are_no_prices(tmp_path):
    path = parquet(
        tmp_path, ticker=["A"] * 4, t=[T] * 4, px=[4.37, float("nan"), None, float("inf")],
        qty=[1] * 4,
    )  # fmt: skip
    rows, faults = read(path, mapping())
    assert len(rows["A"]) == 1
    assert faults == {"undefined_price": 2, "bad_price": 1}


# --- times -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "zone", "text"),
    [
        ("ns", "UTC", f"{T + 5}"),
        ("us", "UTC", f"{T // 1000}.005"),
        ("ms", "UTC", f"{T // 10**6}.000005"),
        ("s", "UTC", f"{T // 10**9}.000000005"),
        ("s", "UTC", "1.738593000000000005e9"),
        ("iso", "UTC", "2025-02-03 14:30:00.000000005"),
        ("iso", "New York", "2025-02-03T09:30:00.000000005"),
        ("iso", "America/New_York", "2025-02-03 09:30:00.000000005"),
        ("iso", "stated", "2025-02-03T14:30:00.000000005Z"),
        ("iso", "stated", "2025-02-03T09:30:00.000000005-05:00"),
        ("ns", "America/New_York", f"{T + 5 - 5 * 3600 * 10**9}"),
    ],
)
def test_times_of_every_unit_and_zone_are_exact(tmp_path, unit, zone, text):
    rows, _ = of_csv(
        tmp_path, csv_of(f"A,{text},4.37,1"), mapping(time={"unit": unit, "zone": zone})
    )
    assert rows["A"]["ts_recv"].tolist() == [T + 5]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    ("tz", "zone", "hour"),
    [(None, "UTC", 14), (None, "New York", 9), ("UTC", "stated", 14), ("Asia/Tokyo", "stated", 14)],
)
def test_timestamps_of_parquet_are_exact(tmp_path, unit, tz, zone, hour):
    stamp = pa.array([dt.datetime(2025, 2, 3, hour, 30)]).cast(pa.timestamp(unit))
    path = one_trade(tmp_path, t=stamp.cast(pa.int64()).cast(pa.timestamp(unit, tz)))
    rows, _ = read(path, mapping(time={"unit": "iso", "zone": zone}))
    assert rows["ABCD"]["ts_recv"].tolist() == [T]


@pytest.mark.parametrize(
    ("unit", "zone", "text", "says"),
    [
        ("iso", "UTC", "2025-02-03T14:30:00Z", "without a zone"),
        ("iso", "stated", "2025-02-03T14:30:00", "with its distance from UTC"),
        ("iso", "UTC", "02/03/2025 14:30", "without a zone"),
        ("iso", "UTC", "2025-02-30 14:30:00", "without a zone"),
        ("iso", "New York", "2025-11-02 01:30:00", "comes twice in America/New_York"),
        ("iso", "New York", "2025-03-09 02:30:00", "never comes in America/New_York"),
        ("s", "UTC", "1738593000.0000000001", "read to the nanosecond"),
        ("ns", "UTC", "today", "which is no number"),
    ],
)
def test_a_time_that_cannot_be_known_is_refused_with_its_row(tmp_path, unit, zone, text, says):
    how = mapping(time={"unit": unit, "zone": zone})
    good = {"iso": "2025-02-03 14:30:00", "s": f"{T // 10**9}", "ns": f"{T}"}[unit]
    good += "Z" if zone == "stated" else ""
    message = csv_refused(tmp_path, csv_of(f"A,{good},4.37,1", f"A,{text},4.37,1"), how)
    assert says in message
    assert "row 2" in message


def test_the_hours_around_a_change_of_clocks_are_read(tmp_path):
    how = mapping(time={"unit": "iso", "zone": "New York"})
    text = csv_of(*(f"A,2025-{time},4.37,1" for time in (
        "03-09 01:59:59", "03-09 03:00:00", "11-02 00:59:59", "11-02 02:00:00",
    )))  # fmt: skip
    times = of_csv(tmp_path, text, how)[0]["A"]["ts_recv"]
    assert np.diff(times)[[0, 2]].tolist() == [10**9, (2 * 3600 + 1) * 10**9]


@pytest.mark.parametrize(
    ("time", "unit", "zone", "says"),
    [
        (pa.array([1.5e9]), "s", "UTC", "holds no exact time"),
        (pa.array([dt.datetime(2025, 2, 3)]), "ns", "UTC", "use `time.unit: iso`"),
        (pa.array([dt.datetime(2025, 2, 3)]), "iso", "stated", "without a zone"),
        (
            pa.array([dt.datetime(2025, 2, 3, tzinfo=dt.UTC)]),
            "iso",
            "UTC",
            "with a zone of its own",
        ),
        (pa.array([T]), "iso", "UTC", "use timestamps or ISO 8601 text"),
        (pa.array([dt.date(2025, 2, 3)]), "iso", "UTC", "use timestamps or ISO 8601 text"),
        (pa.array([T // 10**6]), "ns", "UTC", "check `time.unit`"),
        (pa.array([dt.datetime(9999, 1, 1)]), "iso", "UTC", "years 1678 to 2261"),
    ],
)
def test_times_of_another_type_than_the_mapping_says_are_refused(tmp_path, time, unit, zone, says):
    path = one_trade(tmp_path, t=time)
    assert says in refused(path, mapping(time={"unit": unit, "zone": zone}))


# --- CSV files that are odd or wrong ---------------------------------------------------------

PLAIN = csv_of(f"ABCD,{T},4.37,100", f"EFGH,{T},4.38,200")


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.rstrip("\n").encode(),
        PLAIN.replace("\n", "\n\n").encode(),
        PLAIN.replace("ABCD", '"ABCD"').replace("4.37", '"4.37"').encode(),
        gzip.compress(PLAIN.encode()),
        gzip.compress(PLAIN[:40].encode()) + gzip.compress(PLAIN[40:].encode()),
    ],
    ids=["BOM", "CRLF", "no last newline", "blank lines", "quotes", "gzip", "gzip in two parts"],
)
def test_the_same_rows_in_other_clothes_are_the_same_rows(tmp_path, text):
    expected, _ = of_csv(tmp_path, PLAIN)
    rows, faults = of_csv(tmp_path, text)
    assert faults == {}
    assert all((rows[symbol] == expected[symbol]).all() for symbol in ("ABCD", "EFGH"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "is empty"),
        (PLAIN.replace("ABCD", "AB\xff").encode("latin-1"), "invalid UTF8"),
        (PLAIN.encode("utf-16"), "no UTF-8 text"),
        ((PLAIN + f"A,{T},1\n").encode(), "Expected 4 columns, got 3"),
        ((PLAIN + f"A,{T},1,1,1\n").encode(), "Expected 4 columns, got 5"),
        (PLAIN.replace("px", "price").encode(), "no column `px`; it has ticker, t, price, qty"),
        (PLAIN.replace("px", "qty").encode(), "more than one column `qty`"),
        (PLAIN.replace("px,qty", "").encode(), "no column `px` and no `qty`"),
        (csv_of(f"A,{T},1,1,2", header="ticker,t,px,qty,px").encode(), "more than one column `px`"),
        (",".join(f"c{i}" for i in range(5000)).encode(), "has 5000 columns; at most 4096"),
        (b"x" * 10_000_000, "first line is longer"),
        ((PLAIN + "A" * 10_000_000 + f",{T},1,1\n").encode(), "a row is longer than 4194304 bytes"),
        (gzip.compress(PLAIN.encode())[:-9], "cannot be read"),
        (gzip.compress(PLAIN.encode()) + b"more", "cannot be read"),
    ],
    ids=[
        "nothing", "bad UTF-8", "UTF-16", "a short line", "a long line", "missing column",
        "twin", "two missing", "twin at the end", "too many columns", "endless header",
        "endless field", "cut gzip", "gzip with a tail",
    ],
)  # fmt: skip
def test_a_csv_that_is_wrong_is_refused(tmp_path, text, says):
    assert says in csv_refused(tmp_path, text)


def test_a_packed_bomb_is_streamed(tmp_path):
    expected, _ = of_csv(tmp_path, PLAIN)
    rows, _ = of_csv(tmp_path, gzip.compress(PLAIN.encode() + b"\n" * 100_000_000))
    assert all((rows[symbol] == expected[symbol]).all() for symbol in ("ABCD", "EFGH"))


def test_a_csv_of_a_header_alone_holds_nothing(tmp_path):
    assert of_csv(tmp_path, "ticker,t,px,qty\n") == ({}, {})


def test_words_that_the_mapping_does_not_know_are_refused(tmp_path):
    how = mapping({**TRADES, "side": "bs"}, sides={"buy": ["B"], "sell": ["S"]})
    text = csv_of(f"A,{T},1,1,B", f"A,{T},1,1,b", header="ticker,t,px,qty,bs")
    message = csv_refused(tmp_path, text, how)
    assert "`bs`, row 2: was 'b'; the mapping knows 'B', 'S'" in message


@pytest.mark.parametrize("number", ["-1", "4294967296", "1.5"])
def test_a_sequence_that_does_not_fit_is_refused(tmp_path, number):
    how = mapping({**TRADES, "sequence": "n"})
    text = csv_of(f"A,{T},1,1,{number}", header="ticker,t,px,qty,n")
    assert "use whole numbers from 0 to 4294967295" in csv_refused(tmp_path, text, how)


# --- Parquet files that are odd or wrong -----------------------------------------------------


@pytest.mark.parametrize(
    "ticker",
    [
        pa.array(["ABCD"], pa.large_string()),
        pa.array(["ABCD"]).dictionary_encode(),
        pa.array(["ABCD"], pa.large_string()).dictionary_encode(),
    ],
)
def test_symbols_of_every_text_type_are_read(tmp_path, ticker):
    assert list(read(one_trade(tmp_path, ticker=ticker), mapping())[0]) == ["ABCD"]


def test_symbols_of_another_type_are_refused(tmp_path):
    path = one_trade(tmp_path, ticker=pa.array([1]))
    assert "use a column of text" in refused(path, mapping())


def test_a_missing_column_lists_those_that_are_there(tmp_path):
    message = refused(one_trade(tmp_path), mapping({**TRADES, "price": "last", "size": "sz"}))
    assert "has no column `last` and no `sz`; it has ticker, t, px, qty." in message


def test_columns_without_use_may_be_of_any_type(tmp_path):
    rows, _ = read(one_trade(tmp_path, extra=pa.array([[{"a": 1}]])), mapping())
    assert len(rows["ABCD"]) == 1


def test_a_table_of_a_hundred_thousand_columns_is_refused(tmp_path):
    path = parquet(tmp_path, **{f"c{i}": pa.array([1], pa.int8()) for i in range(100_000)})
    message = refused(path, mapping())
    assert "columns; at most 4096" in message or "describes itself in" in message


def test_rows_of_many_groups_come_in_order_and_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "_BATCH", 64)
    path = tmp_path / "own.parquet"
    rows = pa.table({
        "ticker": ["A", "B"] * 500, "t": [T + i for i in range(1000)],
        "px": [1 + i for i in range(1000)],
        "qty": [1] * 1000,
    })  # fmt: skip
    pq.write_table(rows, path, row_group_size=100)
    assert len(list(open_table(path, "x", mapping()).read(None))) >= 20
    assert read(path, mapping())[0]["B"]["sequence"].tolist() == list(range(2, 1001, 2))


def test_every_truncation_of_a_parquet_file_is_refused(tmp_path):
    path = one_trade(tmp_path)
    data = path.read_bytes()
    for length in range(4, len(data), 9):
        path.write_bytes(data[:length])
        refused(path, mapping())


def test_a_flipped_bit_of_the_data_of_a_parquet_file_is_seen(tmp_path):
    n = 200
    path = parquet(
        tmp_path, ticker=["ABCD"] * n, t=[T + i for i in range(n)], px=[1 + i for i in range(n)],
        qty=list(range(1, n + 1)),
    )  # fmt: skip
    good, data = read(path, mapping())[0]["ABCD"], path.read_bytes()
    footer = int.from_bytes(data[-8:-4], "little") + 8
    silent = 0
    for bit in range(32, 8 * (len(data) - footer), 61):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        try:
            rows = read(path, mapping())[0]
        except FeedError:
            continue
        silent += not (list(rows) == ["ABCD"] and np.array_equal(rows["ABCD"], good))
    assert silent == 0


# --- mappings --------------------------------------------------------------------------------

YAML = """
table: trades
columns: {symbol: ticker, ts_recv: t, price: px, size: qty}
time: {unit: ns, zone: UTC}
"""


def loaded(folder, text):
    path = folder / "mapping.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (how,) = load_mappings(path)
    return how


def test_a_mapping_is_loaded_from_yaml(tmp_path):
    assert loaded(tmp_path, YAML) == mapping()
    assert loaded(tmp_path, YAML.encode("utf-8-sig")) == mapping()


def test_words_that_were_truth_values_once_are_names_of_columns(tmp_path):
    how = loaded(tmp_path, YAML.replace("ticker", "ON").replace("px", "no"))
    assert (how.columns["symbol"], how.columns["price"]) == ("ON", "no")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("table: trades", "table: bars", "'trades', 'quotes' or 'status'"),
        ("table:", "tabel:", "tabel"),
        ("price: px", "prise: px", "`columns.prise` is none of"),
        (", size: qty", "", "`columns.size` is missing"),
        ("ts_recv: t, ", "", "needs `ts_recv`, `ts_event`, or both"),
        ("ticker", "{constant: abcd}", "use a US ticker in capitals"),
        ("ticker", "{constant: TRUE}", "needs quotes"),
        ("ticker", "NULL", "needs quotes"),
        ("px", "{constant: 4}", "must be a column"),
        ("zone: UTC", "zone: Mars", "use UTC, an IANA name"),
        ("zone: UTC", "zone: ../../etc/passwd", "use UTC, an IANA name"),
        ("zone: UTC", "zone: stated", "numbers say no time zone"),
        (", zone: UTC", "", "time.zone"),
        ("unit: ns", "unit: hours", "'ns', 'us', 'ms', 's' or 'iso'"),
        ("UTC}", "UTC}\nprice_unit: 0.0003", "`price_unit` must be"),
        ("UTC}", "UTC}\nprice_unit: -1", "`price_unit` must be"),
        ("UTC}", "UTC}\nsize_unit: 0", "`size_unit` must be"),
        ("UTC}", "UTC}\nsides: {buy: [B], sell: [S]}", "belong together"),
        ("UTC}", "UTC}\npublishers: {Q: 70000}", "from 0 to 65535"),
        ("UTC}", "UTC}\nconditions: cta", "'none', 'massive', 'tape_ab' or 'tape_c'"),
        ("UTC}", "UTC}\nconditions: massive", "`columns.conditions` and"),
        ("px, ", "px, conditions: c, ", "`columns.conditions` and"),
        ("UTC}", "UTC}\npublishers: tape\noff_exchange: [D]", "`off_exchange` is known"),
        ("UTC}", "UTC}\ntable: quotes", "is not YAML"),
        ("UTC}", "UTC", "is not YAML"),
        ("px", "&a px\nx: *a", "is not YAML"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(tmp_path, before, after, says):
    assert before in YAML
    with pytest.raises(ConfigError, match=r"mapping\.yaml") as caught:
        loaded(tmp_path, YAML.replace(before, after))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- 1", "holds no mapping"),
        ("1: 2", "holds no mapping"),
        ("", "holds no mapping"),
        ("a: &x [1]\nb: *x", "uses an alias"),
        ("a: " + "[" * 9 + "]" * 9, "nested more than 8 deep"),
        ("#" * 70_000, "at most 65536"),
        (b"\xff\xfe", "is not YAML"),
        ("a: !!python/object:os.system 1", "is not YAML"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text, says):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert says in str(caught.value)


def test_a_mapping_that_is_not_there_is_an_error_of_the_configuration(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_mappings(tmp_path / "none.yaml")


def test_a_file_of_mappings_holds_one_for_each_kind_of_table(tmp_path):
    path = tmp_path / "mapping.yaml"
    path.write_text(f"{YAML}---\n{YAML.replace('ticker', 'symbol')}")
    first, second = load_mappings(path)
    assert (first.columns["symbol"], second.columns["symbol"]) == ("ticker", "symbol")


def test_a_table_is_read_by_the_mapping_that_it_fits(tmp_path):
    both = (mapping(), QUOTES)
    trades = one_trade(tmp_path)
    assert open_table(trades, "x", *both).tables == {Trades}
    quotes = tmp_path / "q.csv"
    quotes.write_text(csv_of(f"A,{T},1,1,2,2", header="ticker,t,b,bs,a,as"))
    assert open_table(quotes, "x", *both).tables == {Quotes}


def test_a_table_that_fits_no_mapping_or_two_is_refused(tmp_path):
    path = one_trade(tmp_path)
    with pytest.raises(FeedError, match="fits 2 mappings, of trades, trades"):
        open_table(path, "x", mapping(), mapping(size_unit=100))
    with pytest.raises(FeedError, match=r"no column `b` .*; or else .*no column `on`"):
        open_table(path, "x", QUOTES, STATUS)
