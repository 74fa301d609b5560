"""Files of Alpaca: every form of them, and one outcome for each of their faults."""

import json
import subprocess
import sys

import numpy as np
import pytest
from flat_files import (
    DATE,
    NEW_DATE,
    TRADES,
    alpaca_quote,
    alpaca_trade,
    csv_text,
    faults_of,
    ns,
    page,
    rfc,
    rows_of,
    trade,
    write,
    write_json,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lowfloat.base import records
from lowfloat.base.codes import Mark
from lowfloat.errors import FeedError
from lowfloat.ingest.alpaca import IEX_ONLY, NO_TS_RECV, open_file
from lowfloat.ingest.quote_units import UNIT_FROM_CONTENT

DOLLAR = 10**9
SHORT_TRADES = "symbol,t,x,p,s,c,i,z"
LONG_TRADES = "symbol,timestamp,exchange,price,size,id,conditions,tape"
LONG_QUOTES = (
    "symbol,timestamp,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,"
    "tape"
)


def read(path, symbols=None):
    return rows_of(open_file(path, path.name), symbols)


def refusal(path):
    """Return why a file is refused, at the latest when it is read."""
    with pytest.raises(FeedError) as error:
        read(path)
    assert str(path) in str(error.value)
    return str(error.value)


def trades(folder, *rows, name="x.json"):
    return write_json(folder / name, page("trades", list(rows)))


def quotes(folder, *rows, name="x.json"):
    return write_json(folder / name, page("quotes", list(rows)))


def lines(folder, *documents):
    return write(folder / "x.jsonl", "".join(json.dumps(d) + "\n" for d in documents))


def long_trade(**fields):
    """One row of an alpaca-py data frame written as CSV."""
    return dict(symbol="ABCD", timestamp="2025-03-10 14:00:00.086175744+00:00", exchange="Q",
                price="5.01", size="100.0", id=1, conditions="['@', 'I']",
                tape="C") | fields  # fmt: skip


# The forms.


def test_a_trade_is_read_exactly_with_one_clock(tmp_path):
    path = trades(
        tmp_path, alpaca_trade("09:30:00.086175744", p=5.0137, s=55, c=["@", "I"], i=2**40 + 9)
    )
    (row,) = read(path)["ABCD"]
    assert row["ts_event"] == row["ts_recv"] == ns("09:30:00.086175744")
    assert (row["price"], row["size"], row["sequence"]) == (5_013_700_000, 55, 9)
    assert (row["side"], row["confidence"], row["publisher"]) == (0, 0, 124)
    assert row["marks"] == Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT


def test_a_quote_is_read_with_sizes_in_shares(tmp_path):
    (row,) = read(quotes(tmp_path, alpaca_quote()))["ABCD"]
    assert (row["bid_price"], row["bid_size"]) == (5_010_000_000, 200)
    assert (row["ask_price"], row["ask_size"]) == (5_020_000_000, 300)
    assert (row["action"], row["flags"], row["publisher"]) == (ord("N"), 0, 0)


def test_a_file_says_what_it_is(tmp_path):
    source = open_file(trades(tmp_path, alpaca_trade()), "a name")
    assert (source.name, source.dataset, source.date) == ("a name", "sip", None)
    assert source.tables == {records.Trades}
    assert source.flags == {NO_TS_RECV}
    assert open_file(quotes(tmp_path, alpaca_quote()), "x").tables == {records.Quotes}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("last", [True, False])
def test_a_page_may_name_its_symbol_before_or_after_its_records(tmp_path, last, indent):
    document = page("trades", [alpaca_trade(i=i) for i in range(3)])
    if not last:
        document = {key: document[key] for key in ("symbol", "next_page_token", "trades")}
    path = write(tmp_path / "x.json", json.dumps(document, indent=indent))
    assert read(path)["ABCD"]["sequence"].tolist() == [0, 1, 2]


def test_a_page_of_several_symbols_is_read(tmp_path):
    by_symbol = {
        "AA": [alpaca_trade(i=1), alpaca_trade(i=2)],
        "BB": [alpaca_trade(i=3)],
        "CC": None,
    }
    path = write_json(tmp_path / "x.json", page("trades", by_symbol, symbol=None))
    assert {s: r["sequence"].tolist() for s, r in read(path).items()} == {"AA": [1, 2], "BB": [3]}


@pytest.mark.parametrize("form", ["list", "lines", "one after the other", "packed"])
def test_pages_may_stand_in_one_file(tmp_path, form):
    pages = [
        page("trades", [alpaca_trade(i=i)], symbol=s) for i, s in enumerate(["AA", "BB", "AA"])
    ]
    text = {
        "list": json.dumps(pages),
        "lines": "\n".join(map(json.dumps, pages)),
        "one after the other": "".join(map(json.dumps, pages)),
        "packed": json.dumps(pages),
    }[form]
    path = write(tmp_path / ("x.json.gz" if form == "packed" else "x.json"), text)
    assert {s: r["sequence"].tolist() for s, r in read(path).items()} == {"AA": [0, 2], "BB": [1]}


@pytest.mark.parametrize("key", ["symbol", "S"])
def test_records_may_stand_alone_if_they_name_their_symbol(tmp_path, key):
    rows = [alpaca_trade(i=i) | {key: s} for i, s in enumerate(["AA", "BB", "AA"])]
    for path in (lines(tmp_path, *rows), write_json(tmp_path / "y.json", rows)):
        found = {s: r["sequence"].tolist() for s, r in read(path).items()}
        assert found == {"AA": [0, 2], "BB": [1]}


def test_empty_pages_are_passed_over(tmp_path):
    path = lines(tmp_path, page("quotes", [], symbol=None), {"quotes": None, "symbol": "AA"},
                 page("quotes", {}, symbol=None), page("quotes", [alpaca_quote()]))  # fmt: skip
    assert list(read(path)) == ["ABCD"]
    assert read(path)["ABCD"]["bid_size"].tolist() == [200]


def test_a_file_of_empty_pages_yields_nothing(tmp_path):
    assert read(lines(tmp_path, page("trades", []))) == {}


def test_many_records_are_read_in_their_order(tmp_path):
    rows = [alpaca_trade(i=i) for i in range(25_000)]
    assert np.array_equal(read(trades(tmp_path, *rows))["ABCD"]["sequence"], np.arange(25_000))


def test_csv_with_the_short_names_is_read(tmp_path):
    rows = [alpaca_trade(c="@ I") | {"symbol": "ABCD"}]
    (row,) = read(write(tmp_path / "x.csv", csv_text(SHORT_TRADES, rows)))["ABCD"]
    assert (row["ts_recv"], row["price"], row["size"]) == (ns(), 5_010_000_000, 100)
    assert row["marks"] == Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT


def test_csv_with_the_names_of_data_frames_is_read(tmp_path):
    (row,) = read(write(tmp_path / "x.csv", csv_text(LONG_TRADES, [long_trade()])))["ABCD"]
    assert row["ts_recv"] == ns("10:00:00.086175744")
    assert (row["price"], row["size"], row["publisher"]) == (5_010_000_000, 100, 124)
    assert row["marks"] == Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT


def test_csv_of_quotes_is_read(tmp_path):
    short = alpaca_quote(c="R") | {"symbol": "ABCD"}
    long = dict(symbol="ABCD", timestamp=rfc(), ask_exchange="Q", ask_price=5.02, ask_size=3.0,
                bid_exchange="P", bid_price=5.01, bid_size=2.0, conditions="['R']",
                tape="C")  # fmt: skip
    one = write(tmp_path / "x.csv", csv_text("symbol,t,ax,ap,as,bx,bp,bs,c,z", [short]))
    two = write(tmp_path / "y.csv.gz", csv_text(LONG_QUOTES, [long]))
    assert np.array_equal(read(one)["ABCD"], read(two)["ABCD"])
    assert np.array_equal(read(one)["ABCD"], read(quotes(tmp_path, alpaca_quote()))["ABCD"])


def test_only_the_symbols_asked_for_are_read(tmp_path):
    pages = [page("trades", [alpaca_trade()], symbol=s) for s in ("AA", "BB", "CC")]
    path = write_json(tmp_path / "x.json", pages)
    assert list(read(path, frozenset({"BB", "ZZ"}))) == ["BB"]


@pytest.mark.parametrize("ticker", ["NA", "NULL", "TRUE", "ON", "INF", "NO"])
def test_a_ticker_stays_a_ticker(tmp_path, ticker):
    path = write_json(tmp_path / "x.json", page("trades", [alpaca_trade()], symbol=ticker))
    assert list(read(path)) == [ticker]
    path = write(tmp_path / "x.csv", csv_text(LONG_TRADES, [long_trade(symbol=ticker)]))
    assert list(read(path)) == [ticker]


@pytest.mark.parametrize("ticker", ["nan", "../ETC", "", "BTC/USD"])
def test_records_of_what_is_no_ticker_are_passed_over(tmp_path, ticker):
    pages = [page("trades", {ticker: [alpaca_trade()], "ABCD": [alpaca_trade()]}, symbol=None)]
    assert list(read(write_json(tmp_path / "x.json", pages))) == ["ABCD"]


# Numbers, times, venues, conditions, units.


@given(st.decimals("0.000000001", "100000", places=9))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_prices_are_exact_in_json_and_csv(tmp_path, price):
    text = json.dumps(page("trades", [alpaca_trade(p="PRICE")])).replace('"PRICE"', f"{price:f}")
    (row,) = read(write(tmp_path / "x.json", text))["ABCD"]
    assert row["price"] == int(price * DOLLAR)
    rows = [long_trade(price=f"{price:f}")]
    (row,) = read(write(tmp_path / "x.csv", csv_text(LONG_TRADES, rows)))["ABCD"]
    assert row["price"] == int(price * DOLLAR)


@pytest.mark.parametrize("text", ["1e-9", "1E-09", "0.000000001"])
def test_a_price_in_scientific_notation_is_read(tmp_path, text):
    document = json.dumps(page("trades", [alpaca_trade(p="PRICE")])).replace('"PRICE"', text)
    assert read(write(tmp_path / "x.json", document))["ABCD"]["price"].tolist() == [1]


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("2025-03-10T14:00:00Z", 0),
        ("2025-03-10T14:00:00.1Z", 100_000_000),
        ("2025-03-10T14:00:00.123456789Z", 123_456_789),
        ("2025-03-10T10:00:00.000000001-04:00", 1),
        ("2025-03-10 14:00:00.5+00:00", 500_000_000),
    ],
)
def test_times_are_exact_to_the_nanosecond(tmp_path, text, nanos):
    assert read(trades(tmp_path, alpaca_trade(t=text)))["ABCD"]["ts_recv"].tolist() == [
        ns() + nanos
    ]


def test_off_exchange_prints_are_marked(tmp_path):
    (row,) = read(trades(tmp_path, alpaca_trade(x="D")))["ABCD"]
    assert (row["publisher"], row["marks"]) == (0, Mark.ORDINARY | Mark.OFF_EXCHANGE)


def test_conditions_are_read_by_the_tape(tmp_path):
    rows = [alpaca_trade(z=tape, c=["B"], i=i) for i, tape in enumerate("ABC")]
    marks = read(trades(tmp_path, *rows))["ABCD"]["marks"]
    assert marks.tolist() == [Mark.VOLUME, Mark.VOLUME, Mark.ORDINARY]


def test_a_blank_condition_is_a_regular_sale(tmp_path):
    (row,) = read(trades(tmp_path, alpaca_trade(z="A", c=[" ", "I"])))["ABCD"]
    assert row["marks"] == Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT


@pytest.mark.parametrize("conditions", [None, [], ""])
def test_a_print_without_conditions_is_a_regular_sale(tmp_path, conditions):
    (row,) = read(trades(tmp_path, alpaca_trade(c=conditions)))["ABCD"]
    assert row["marks"] == Mark.ORDINARY


def test_form_t_is_passed_over_before_the_open_only(tmp_path):
    rows = [alpaca_trade(clock, c=["@", "T"]) for clock in ("09:29:59", "09:30:00")]
    assert read(trades(tmp_path, *rows))["ABCD"]["marks"].tolist() == [Mark.ORDINARY, Mark.VOLUME]


@pytest.mark.parametrize(
    ("date", "clock", "shares"),
    [("2025-10-31", "19:59:59", 300), ("2025-11-03", "04:00:00", 3), (NEW_DATE, "10:00:00", 3)],
)
def test_sizes_are_round_lots_before_the_change_and_shares_from_it_on(
    tmp_path, date, clock, shares
):
    (row,) = read(quotes(tmp_path, alpaca_quote(clock, date)))["ABCD"]
    assert row["ask_size"] == shares


def test_old_sizes_in_shares_are_known_by_their_values(tmp_path):
    rows = [alpaca_quote(bs=100 * (i + 1)) | {"as": 200} for i in range(20)]
    source = open_file(quotes(tmp_path, *rows), "x")
    assert UNIT_FROM_CONTENT in source.flags
    assert rows_of(source)["ABCD"]["ask_size"].tolist() == [200] * 20


def test_sizes_of_both_units_in_one_file_are_refused(tmp_path):
    rows = [alpaca_quote(bs=100) | {"as": 300 if i % 2 else 3} for i in range(20)]
    assert "their unit is unknown" in refusal(quotes(tmp_path, *rows))


@pytest.mark.parametrize(
    "empty", [{"ap": 0}, {"as": 0}, {"ap": None}, {"ap": 0, "as": 0, "ax": " "}]
)
def test_a_side_without_price_or_size_is_empty(tmp_path, empty):
    (row,) = read(quotes(tmp_path, alpaca_quote(**empty), alpaca_quote()))["ABCD"][:1]
    assert (row["ask_price"], row["ask_size"], row["bid_size"]) == (0, 0, 200)


@pytest.mark.parametrize(("venues", "flagged"), [("VVV", True), ("VQV", False)])
def test_a_file_of_one_small_venue_is_flagged(tmp_path, venues, flagged):
    rows = [alpaca_trade(x=venue, i=i) for i, venue in enumerate(venues)]
    source = open_file(trades(tmp_path, *rows), "x")
    assert (IEX_ONLY in source.flags) is flagged
    assert source.dataset == ("iex" if flagged else "sip")


def test_quotes_of_one_small_venue_are_flagged(tmp_path):
    source = open_file(quotes(tmp_path, alpaca_quote(ax="V", bx="V")), "x")
    assert IEX_ONLY in source.flags


# Values that cannot be: dropped and counted, or repaired and counted.


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (dict(p=None), "undefined_price"),
        (dict(p=0), "bad_price"),
        (dict(p=-5.01), "bad_price"),
        (dict(p=100000.01), "bad_price"),
        (dict(s=0), "zero_size"),
        (dict(s=None), "zero_size"),
        (dict(s=-1), "bad_size"),
        (dict(s=2**31), "bad_size"),
        (dict(t=None), "bad_time"),
        (dict(t="1970-01-01T00:00:00Z"), "bad_time"),
        (dict(u="canceled"), "corrected"),
        (dict(u="incorrect"), "corrected"),
    ],
)
def test_a_print_that_cannot_be_is_dropped_and_counted_once(tmp_path, fields, fault):
    source = open_file(trades(tmp_path, alpaca_trade(), alpaca_trade(**fields)), "x")
    assert len(rows_of(source)["ABCD"]) == 1
    assert faults_of(source) == {fault: 1}


def test_the_corrected_print_stands_and_is_counted(tmp_path):
    source = open_file(trades(tmp_path, alpaca_trade(u="corrected")), "x")
    assert len(rows_of(source)["ABCD"]) == 1
    assert faults_of(source) == {"corrected": 1}


def test_corrections_are_read_in_csv_too(tmp_path):
    rows = [alpaca_trade(c="@", u=u) | {"symbol": "ABCD"} for u in ("", "canceled")]
    source = open_file(write(tmp_path / "x.csv", csv_text(SHORT_TRADES + ",u", rows)), "x")
    assert len(rows_of(source)["ABCD"]) == 1
    assert faults_of(source) == {"corrected": 1}


def test_faults_after_the_last_row_are_counted(tmp_path):
    rows = [alpaca_trade(i=i) for i in range(12_000)]
    rows[-5_000:] = [alpaca_trade(p=0)] * 5_000
    source = open_file(trades(tmp_path, *rows), "x")
    assert len(rows_of(source)["ABCD"]) == 7_000
    assert faults_of(source) == {"bad_price": 5_000}


def test_fractions_of_shares_are_reported_as_the_tapes_did(tmp_path):
    source = open_file(trades(tmp_path, alpaca_trade(s=0.25), alpaca_trade(s=7.5)), "x")
    assert rows_of(source)["ABCD"]["size"].tolist() == [1, 7]
    assert faults_of(source) == {"fractional_size": 2}


def test_an_unknown_condition_is_counted_and_the_print_keeps_its_volume(tmp_path):
    source = open_file(trades(tmp_path, alpaca_trade(c=["@", "?"])), "x")
    assert rows_of(source)["ABCD"]["marks"].tolist() == [Mark.VOLUME]
    assert faults_of(source) == {"unknown_condition": 1}


# Damage: the file is refused.


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (dict(p="1,234.5"), ("record 1 has `p` '1,234.5'", "a number")),
        (dict(p="nan"), ("record 1 has `p` 'nan'",)),
        (dict(p=1.0000000001), ("record 1 has `p` '1.0000000001'", "9 after it")),
        (dict(p=True), ("record 1 has `p` True",)),
        (dict(p=[5]), ("record 1 has `p` ['5']",)),
        (dict(s="many"), ("record 1 has `s` 'many'",)),
        (dict(t="2025-03-10T10:00:00"), ("record 1 has `t`", "a time such as")),
        (dict(t="2025-03-10T10:00:00.1234567891Z"), ("record 1 has `t`",)),
        (dict(t=1741615200000), ("record 1 has `t`",)),
        (dict(i="x"), ("record 1 has `i` 'x'",)),
        (dict(c=[["@"]]), ("record 1 has `c` [['@']]", "a text")),
        (dict(c=7.5, z=False), ("record 1 has `z` False",)),
        (dict(x={}), ("record 1 has `x` {}",)),
    ],
)
def test_what_cannot_be_read_is_refused_with_record_and_field(tmp_path, fields, words):
    message = refusal(trades(tmp_path, alpaca_trade(), alpaca_trade(**fields)))
    assert all(word in message for word in words), message


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_refused(tmp_path, constant):
    text = json.dumps(page("trades", [alpaca_trade(p="PRICE")])).replace('"PRICE"', constant)
    assert f"has {constant}" in refusal(write(tmp_path / "x.json", text))


@pytest.mark.parametrize("field", ["t", "p", "s", "i", "x", "z"])
def test_records_without_a_field_are_refused(tmp_path, field):
    row = {key: value for key, value in alpaca_trade().items() if key != field}
    row["note"] = '"t": "x"'
    assert f"no `{field}`" in refusal(trades(tmp_path, row))


def test_a_page_without_a_symbol_is_refused(tmp_path):
    path = write_json(tmp_path / "x.json", page("trades", [alpaca_trade()], symbol=None))
    assert "without `symbol`" in refusal(path)


def test_a_record_without_a_symbol_is_refused(tmp_path):
    assert "nor a record with `symbol`" in refusal(lines(tmp_path, alpaca_trade()))


def test_trades_and_quotes_in_one_file_are_refused(tmp_path):
    path = lines(tmp_path, page("trades", [alpaca_trade()]), page("quotes", [alpaca_quote()]))
    assert "both trades and quotes" in refusal(path)


def test_quotes_after_many_trades_are_refused(tmp_path):
    many = page("trades", [alpaca_trade()] * 20_001)
    path = lines(tmp_path, many, page("quotes", [alpaca_quote()]))
    assert "both trades and quotes" in refusal(path)


@pytest.mark.parametrize(
    "document",
    [
        {"trades": [1]},
        {"trades": 1},
        {"trades": {"AA": 1}},
        [{"trades": []}, 1],
        {"trades": [], "x": {"y": [1] * 5000}, "quotes": 3},
    ],
    ids=str,
)
def test_json_of_another_shape_is_refused(tmp_path, document):
    path = write_json(tmp_path / "x.json", document)
    assert "stands near character" in refusal(path)


def test_json_cut_anywhere_is_refused(tmp_path):
    path = write_json(tmp_path / "x.json", [page("trades", [alpaca_trade()] * 2)])
    whole = path.read_bytes()
    for size in range(1, len(whole)):
        path.write_bytes(whole[:size])
        source = None
        try:
            source = open_file(path, "x")
        except FeedError:
            continue
        if source is not None:
            with pytest.raises(FeedError):
                rows_of(source)


def test_csv_cut_within_a_row_is_refused(tmp_path):
    path = write(tmp_path / "x.csv", csv_text(LONG_TRADES, [long_trade()])[:-1])
    assert "ends within a row" in refusal(path)


def test_a_packed_file_cut_is_refused(tmp_path):
    path = trades(tmp_path, alpaca_trade(), name="x.json.gz")
    path.write_bytes(path.read_bytes()[:-5])
    assert "cannot be read" in refusal(path)


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_nesting_is_refused(tmp_path, depth):
    text = '{"trades": [' + '{"a":[' * depth + "]}" * depth + "]}"
    refusal(write(tmp_path / "x.json", text))


def test_bytes_that_are_no_utf_8_are_refused(tmp_path):
    data = json.dumps(page("trades", [alpaca_trade(x="BAD")])).encode().replace(b"BAD", b"\xc0\xaf")
    assert "no UTF-8" in refusal(write(tmp_path / "x.json", data))


def test_a_fault_among_many_records_is_found_quickly(tmp_path):
    text = json.dumps(page("trades", [alpaca_trade()] * 20_000))
    middle = text.index('{"t"', len(text) // 2)
    assert "is no JSON" in refusal(write(tmp_path / "x.json", text[:middle] + "?" + text[middle:]))


def test_text_that_looks_like_the_end_of_a_record_does_not_part_it(tmp_path):
    rows = [alpaca_trade(i=i, x='Q"},{"') for i in range(3)]
    assert read(trades(tmp_path, *rows))["ABCD"]["sequence"].tolist() == [0, 1, 2]
    nested = [alpaca_trade(i=i, note=[{"a": 1}, {"b": "]"}]) for i in range(3)]
    assert read(trades(tmp_path, *nested))["ABCD"]["sequence"].tolist() == [0, 1, 2]


def test_a_byte_order_mark_is_passed_over(tmp_path):
    data = b"\xef\xbb\xbf" + json.dumps(page("trades", [alpaca_trade()])).encode()
    assert list(read(write(tmp_path / "x.json", data))) == ["ABCD"]


def test_a_field_of_ten_million_characters_is_refused(tmp_path):
    assert "no JSON" in refusal(trades(tmp_path, alpaca_trade(x="A" * 10**7)))


def test_an_empty_file_is_refused(tmp_path):
    assert "is empty" in refusal(write(tmp_path / "x.json", ""))


@pytest.mark.parametrize("column", ["symbol", "exchange", "price", "id", "conditions", "size"])
def test_csv_without_a_column_is_refused(tmp_path, column):
    header = ",".join(c for c in LONG_TRADES.split(",") if c != column)
    path = write(tmp_path / "x.csv", csv_text(header, [long_trade()]))
    if column == "price":
        assert open_file(path, "x") is None  # then nothing says that it is Alpaca's
    else:
        assert f"no column `{column}`" in refusal(path)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (dict(price="1,234.5"), ("`price`", "Row #2", "no separators")),
        (dict(timestamp="2025-03-10 14:00:00"), ("`timestamp`", "zone")),
        (dict(id="1.5"), ("`id`", "'1.5'")),
    ],
)
def test_what_cannot_be_read_in_csv_is_refused_with_row_and_column(tmp_path, fields, words):
    message = refusal(write(tmp_path / "x.csv", csv_text(LONG_TRADES, [long_trade(**fields)])))
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    "content",
    [
        csv_text(TRADES, [trade()]),
        "a,b\n1,2\n",
        '{"bars": [{"o": 1}]}\n',
        '{"a": 1}\n',
        "[1, 2, 3]\n",
        "no file at all\n",
        b"\0" * 1000,
    ],
    ids=["massive", "table", "bars", "json", "list", "text", "zeros"],
)
def test_files_of_another_kind_are_left_alone(tmp_path, content):
    assert open_file(write(tmp_path / "x.json", content), "x") is None


def test_a_large_file_is_read_in_bounded_memory(tmp_path):
    line = json.dumps(page("trades", [alpaca_trade()] * 1000)) + "\n"
    path = write(tmp_path / "x.json", line * 150)  # 150,000 records, 16 MB
    code = (
        "import resource, sys, pathlib\n"
        "from lowfloat.ingest.alpaca import open_file\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "rows = sum(len(p.rows) for p in open_file(path, 'x').read(None))\n"
        "print(rows, (peak() - before) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 150_000
    assert megabytes < 80


def test_the_date_of_a_file_is_left_to_its_rows(tmp_path):
    assert open_file(trades(tmp_path, alpaca_trade(), name=f"{DATE}.json"), "x").date is None
