"""LEAN tick zips: what their lines become, and one outcome for each way a zip can be wrong."""

import datetime as dt
import struct
import zipfile
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowfloat.base.clock import new_york_ns, session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import Quotes, Trades
from lowfloat.errors import FeedError
from lowfloat.ingest import lean, lean_lines
from lowfloat.ingest.decimals import ABSENT, EXACT, TOO_FINE, UNREADABLE, parse_fixed

DAY = session_of(dt.date(2013, 10, 7))
MIDNIGHT = new_york_ns(dt.date(2013, 10, 7), 0)
OPEN, NOON = 34_200_000, 43_200_000  # milliseconds since midnight

TRADE_LINE = f"{NOON},491800,300,P,1,0"


def write(folder, lines, *, kind="trade", member=None, name=None, day="20131007", ticker="aig"):
    """Write a tick zip as LEAN lays it out, and return its path."""
    path = folder / "tick" / ticker / (name or f"{day}_{kind}.zip")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = lines if isinstance(lines, bytes) else "".join(f"{line}\n" for line in lines).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member or f"{day}_{ticker}_{kind.title()}_Tick.csv", text)
    return path


def read(path):
    """Return all rows of a file, and its faults."""
    pieces = list(lean.open_file(path, path.name).read(None))
    faults = Counter()
    for piece in pieces:
        faults.update(piece.faults)
    return np.concatenate([piece.rows for piece in pieces]), dict(faults)


def trades(folder, *lines):
    return read(write(folder, lines))


def quotes(folder, *lines):
    return read(write(folder, lines, kind="quote"))


def refused(path):
    """Return the message with which a file is refused, on opening or on reading."""
    with pytest.raises(FeedError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def tops(rows):
    """Return (bid, bid size, ask, ask size) per row, prices in 1/10,000 dollar."""
    return [
        (int(r["bid_price"]) // 100_000, int(r["bid_size"]), int(r["ask_price"]) // 100_000,
         int(r["ask_size"]))
        for r in rows
    ]  # fmt: skip


def marks(folder, condition, *, at=NOON, size=100, venue="N"):
    rows, _ = trades(folder, f"{at},491800,{size},{venue},{condition},0")
    return Mark(int(rows["marks"][0]))


# --- trades ----------------------------------------------------------------------------------


def test_a_trade_line_becomes_an_exact_row(tmp_path):
    rows, faults = trades(tmp_path, "34200001.25,491850.5,300,P,1,0")
    (row,) = rows
    assert row["ts_recv"] == row["ts_event"] == MIDNIGHT + 34_200_001_250_000
    assert row["price"] == 49_185_050_000
    assert (row["size"], row["side"], row["confidence"]) == (300, 0, 0)
    assert (row["publisher"], row["sequence"], row["marks"]) == (123, 1, Mark.ORDINARY)
    assert faults == {}


def test_a_file_says_its_symbol_date_table_and_clock(tmp_path):
    file = lean.open_file(write(tmp_path, [TRADE_LINE]), "x")
    assert (file.date.isoformat(), file.tables) == ("2013-10-07", {Trades})
    assert file.flags == {lean.MILLISECOND_CLOCK}
    assert [piece.symbol for piece in file.read(None)] == ["AIG"]
    assert list(file.read(frozenset({"BAC"}))) == []


def test_a_file_of_nothing_but_faults_tells_of_them(tmp_path):
    path = write(tmp_path, [f"{NOON},0,300,P,1,0"] * 3)
    (piece,) = lean.open_file(path, "x").read(None)
    assert (len(piece.rows), piece.faults) == (0, {"bad_price": 3})


def test_prints_of_one_millisecond_keep_the_order_of_the_file(tmp_path):
    rows, _ = trades(tmp_path, *(f"{NOON},{4918 + i}00,100,P,1,0" for i in range(5)))
    assert rows["sequence"].tolist() == [1, 2, 3, 4, 5]
    assert (np.diff(rows["price"]) > 0).all()


def test_what_cannot_be_a_print_is_dropped_and_counted(tmp_path):
    rows, faults = trades(
        tmp_path,
        TRADE_LINE,
        f"{NOON},0,300,P,1,0",
        f"{NOON},-1,300,P,1,0",
        f"{NOON},1000000001,300,P,1,0",
        f"{NOON},491800,0,P,1,0",
        f"{NOON},491800,-5,P,1,0",
        f"{NOON},491800,2147483648,P,1,0",
        "86400000,491800,300,P,1,0",
        f"{NOON},491800,300,P,1,1",
    )
    assert rows["sequence"].tolist() == [1]
    assert faults == {
        "bad_price": 3, "zero_size": 1, "bad_size": 2, "bad_time": 1, "corrected": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("0", Mark.ORDINARY),
        ("1", Mark.ORDINARY),
        ("20000020", Mark.ORDINARY),  # sweep, exempt from trade-through
        ("10", Mark.ORDINARY),  # yellow flag
        ("40", Mark.LAST | Mark.HIGH_LOW | Mark.VOLUME | Mark.AUCTION),
        ("80", Mark.LAST | Mark.HIGH_LOW | Mark.VOLUME | Mark.AUCTION),
        ("100", Mark.LAST | Mark.HIGH_LOW | Mark.VOLUME | Mark.AUCTION),
        ("20000200", Mark.HIGH_LOW | Mark.VOLUME),  # derivatively priced
        ("800", Mark.HIGH_LOW | Mark.VOLUME | Mark.LATE),
        ("4800", Mark.HIGH_LOW | Mark.VOLUME | Mark.LATE),
        ("2000000", Mark.HIGH_LOW | Mark.VOLUME | Mark.LATE),
        ("2000", Mark.VOLUME | Mark.LATE),  # of extended hours, at noon
        ("400", Mark.VOLUME | Mark.LATE),
        ("2", Mark.VOLUME),
        ("4", Mark.VOLUME),
        ("8", Mark.VOLUME),
        ("40000", Mark.VOLUME),
        ("20100000", Mark.VOLUME),
        ("400000", Mark.VOLUME),
        ("40000000", Mark.VOLUME),  # not documented by anyone
        ("100000001", Mark.VOLUME),  # not even defined
        ("80000000", Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT),
        ("4000000", Mark.OFFICIAL_OPEN),
        ("1000000", Mark.OFFICIAL_CLOSE),
    ],
)
def test_conditions_decide_what_a_print_counts_for(tmp_path, condition, expected):
    assert marks(tmp_path, condition) == expected


def test_extended_hours_say_nothing_outside_the_regular_session(tmp_path):
    assert marks(tmp_path, "2000", at=OPEN - 1) == Mark.ORDINARY
    assert marks(tmp_path, "2000", at=OPEN) == Mark.VOLUME | Mark.LATE
    assert marks(tmp_path, "2000", at=57_600_000) == Mark.ORDINARY
    assert marks(tmp_path, "106000", at=OPEN - 1) == Mark.VOLUME | Mark.LATE


def test_small_and_off_exchange_prints_are_marked(tmp_path):
    assert marks(tmp_path, "1", size=99) == Mark.ORDINARY | Mark.ODD_LOT
    assert marks(tmp_path, "1", venue="D") == Mark.ORDINARY | Mark.OFF_EXCHANGE


# --- quotes ----------------------------------------------------------------------------------


def test_pairs_of_two_exchanges_are_the_national_best(tmp_path):
    rows, faults = quotes(
        tmp_path,
        f"{OPEN},491800,300,0,0,P,1,0",
        f"{OPEN},0,0,492000,100,Q,1,0",
        f"{OPEN + 5},491700,200,0,0,Q,1,0",  # Arca's better bid is gone
        f"{OPEN + 5},0,0,492000,100,Q,1,0",
    )
    assert tops(rows) == [(491800, 300, 492000, 100), (491700, 200, 492000, 100)]
    assert rows["publisher"].tolist() == [123, 124]
    assert rows["sequence"].tolist() == [2, 4]
    assert faults == {}


def test_lines_per_exchange_become_the_best_of_all_with_sizes_added(tmp_path):
    rows, _ = quotes(
        tmp_path,
        f"{OPEN},491800,300,0,0,P,1,0",
        f"{OPEN + 1},0,0,492000,100,P,1,0",
        f"{OPEN + 2},491800,200,0,0,Q,1,0",
        f"{OPEN + 3},491700,900,0,0,N,1,0",  # behind the best: nothing to tell
        f"{OPEN + 4},491600,100,0,0,P,1,0",
        f"{OPEN + 5},491600,100,0,0,Q,1,0",
        f"{OPEN + 6},0,0,491900,700,N,1,0",
    )
    assert tops(rows) == [
        (491800, 300, 0, 0),
        (491800, 300, 492000, 100),
        (491800, 500, 492000, 100),
        (491800, 200, 492000, 100),
        (491700, 900, 492000, 100),
        (491700, 900, 491900, 700),
    ]
    assert rows["publisher"].tolist() == [123, 123, 124, 123, 124, 122]


def test_lines_of_both_sides_are_read_too(tmp_path):
    rows, _ = quotes(tmp_path, f"{OPEN},491800,300,492000,100,P,1,0")
    assert tops(rows) == [(491800, 300, 492000, 100)]


def test_bid_and_ask_of_one_exchange_at_one_time_are_one_change(tmp_path):
    rows, _ = quotes(
        tmp_path,
        f"{OPEN},491800,300,0,0,P,1,0",
        f"{OPEN},0,0,492000,100,P,1,0",
        f"{OPEN + 1},492100,300,0,0,P,1,0",  # for a moment above its own old offer
        f"{OPEN + 1},0,0,492200,100,P,1,0",
    )
    assert tops(rows) == [(491800, 300, 492000, 100), (492100, 300, 492200, 100)]


def test_an_exchange_that_crosses_itself_is_left_out_and_counted(tmp_path):
    rows, faults = quotes(
        tmp_path,
        f"{OPEN},491800,300,492000,100,P,1,0",
        f"{OPEN + 1},491900,100,492100,100,Q,1,0",
        f"{OPEN + 2},491900,100,491000,100,Q,1,0",
    )
    assert tops(rows)[-1] == (491800, 300, 492000, 100)
    assert faults == {"crossed_own": 1}


@pytest.mark.parametrize("condition", ["4", "8", "10", "200", "400", "100000", "800000000"])
def test_a_quote_that_is_not_firm_takes_its_exchange_out(tmp_path, condition):
    rows, faults = quotes(
        tmp_path,
        f"{OPEN},491800,300,492000,100,P,1,0",
        f"{OPEN + 1},491700,200,492100,200,Q,1,0",
        f"{OPEN + 2},491800,300,492000,100,P,{condition},0",
    )
    assert tops(rows)[-1] == (491700, 200, 492100, 200)
    assert faults == {"bad_book": 1}


def test_a_suspicious_quote_takes_its_exchange_out(tmp_path):
    rows, faults = quotes(
        tmp_path, f"{OPEN},491800,300,492000,100,P,1,0", f"{OPEN + 1},991800,300,0,0,P,1,1"
    )
    assert tops(rows)[-1] == (0, 0, 0, 0)
    assert faults == {"bad_book": 1}


def test_price_bands_are_no_quotes(tmp_path):
    rows, faults = quotes(
        tmp_path, f"{OPEN},491800,300,492000,100,P,1,0", f"{OPEN + 1},400000,0,600000,0,P,40000,0"
    )
    assert tops(rows) == [(491800, 300, 492000, 100)]
    assert faults == {"bad_book": 1}


def test_zeros_clear_an_exchange(tmp_path):
    rows, faults = quotes(
        tmp_path, f"{OPEN},491800,300,492000,100,P,1,0", f"{OPEN + 1},0,0,0,0,P,1,0"
    )
    assert tops(rows)[-1] == (0, 0, 0, 0)
    assert faults == {}


def test_a_side_that_cannot_be_is_empty_and_counted(tmp_path):
    rows, faults = quotes(
        tmp_path,
        f"{OPEN},491800,300,492000,100,P,1,0",
        f"{OPEN + 1},0,300,0,0,P,1,0",
        f"{OPEN + 2},-5,300,0,0,P,1,0",
        f"{OPEN + 3},491800,-1,0,0,P,1,0",
        f"{OPEN + 4},0,0,492000,4294967295,P,1,0",
    )
    assert tops(rows) == [(491800, 300, 492000, 100), (0, 0, 492000, 100), (0, 0, 0, 0)]
    assert faults == {"undefined_price": 1, "bad_price": 1, "bad_size": 2}


def test_a_change_that_straddles_two_blocks_of_a_file_is_one_change(tmp_path, monkeypatch):
    lines = [
        line
        for i in range(200)
        for line in (
            f"{OPEN + i},{491800 + i % 7},300,0,0,{'PQ'[i % 2]},1,0",
            f"{OPEN + i},0,0,{492000 + i % 5},100,Q,1,0",
        )
    ]
    whole, _ = quotes(tmp_path, *lines)
    monkeypatch.setattr(lean_lines, "_CHUNK", 61)
    parts, _ = quotes(tmp_path, *lines)
    np.testing.assert_array_equal(parts, whole)
    assert len(whole) == 200


VENUES = "NPQZ"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(VENUES),
            st.booleans(),
            st.integers(0, 6),
            st.sampled_from([0, 100, 250]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_the_best_of_all_is_what_a_plain_count_finds(tmp_path_factory, changes):
    books = {venue: {True: (0, 0), False: (0, 0)} for venue in VENUES}
    expected, lines = [(0, 0, 0, 0)], []
    for i, (venue, is_bid, step, size) in enumerate(changes):
        price = (1000 + step) if is_bid else (1010 - step)  # an exchange may cross itself
        lines.append(f"{OPEN + i},{price},{size},0,0,{venue},1,0" if is_bid
                     else f"{OPEN + i},0,0,{price},{size},{venue},1,0")  # fmt: skip
        books[venue][is_bid] = (price, size) if size else (0, 0)
        sound = [b for b in books.values() if not (b[False][0] and b[True][0] > b[False][0])]
        best = []
        for side, pick in ((True, max), (False, min)):
            shown = [b[side] for b in sound if b[side][0]]
            price = pick((p for p, _ in shown), default=0)
            best += [price, sum(s for p, s in shown if p == price)]
        if tuple(best) != expected[-1]:
            expected.append(tuple(best))
    path = write(tmp_path_factory.mktemp("lean"), lines, kind="quote")
    pieces = list(lean.open_file(path, "x").read(None))
    assert [top for piece in pieces for top in tops(piece.rows)] == expected[1:]


# --- zips that are wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1,2,3", "does not have the 6 columns"),
        (TRADE_LINE + ",9", "does not have the 6 columns"),
        ("", "does not have the 6 columns"),
        ("x,491800,300,P,1,0", "`time`"),
        (f"{NOON},,300,P,1,0", "`price`"),
        (f"{NOON},1.000001,300,P,1,0", "`price`"),
        (f"{NOON},491800,0x10,P,1,0", "`size`"),
        (f"{NOON},491800,1.5,P,1,0", "`size`"),
        (f"{NOON},491800,300,PQ,1,0", "`exchange`"),
        (f"{NOON},491800,300,?,1,0", "`exchange`"),
        (f"{NOON},491800,300,P,G,0", "`condition`"),
        (f"{NOON},491800,300,P,,0", "`condition`"),
        (f"{NOON},491800,300,P,1,2", "`suspicious`"),
        ("time,price,size,exchange,condition,suspicious", "`time`"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_its_number(tmp_path, line, says):
    message = refused(write(tmp_path, [TRADE_LINE, TRADE_LINE, line, TRADE_LINE]))
    assert says in message
    assert "line 3" in message


def test_carriage_returns_and_a_missing_last_newline_change_nothing(tmp_path):
    plain, _ = trades(tmp_path, TRADE_LINE, TRADE_LINE)
    other, _ = read(write(tmp_path, f"{TRADE_LINE}\r\n{TRADE_LINE}".encode()))
    np.testing.assert_array_equal(plain, other)


def test_a_huge_line_is_refused(tmp_path):
    assert "longer than 4096 bytes" in refused(
        write(tmp_path, bytes(np.random.default_rng(1).integers(48, 57, 100_000, np.uint8)))
    )


def test_every_truncation_of_a_zip_is_refused(tmp_path):
    path = write(tmp_path, [TRADE_LINE] * 20)
    data = path.read_bytes()
    for length in range(4, len(data)):
        path.write_bytes(data[:length])
        assert "cannot be read" in refused(path)


def test_a_flipped_bit_never_changes_a_row_in_silence(tmp_path):
    path = write(tmp_path, [f"{NOON + i},49{i % 10}800,300,P,1,0" for i in range(50)])
    data, (good, _) = path.read_bytes(), read(path)
    for bit in range(0, 8 * len(data), 7):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        try:
            file = lean.open_file(path, "x")
            rows = None if file is None else np.concatenate([p.rows for p in file.read(None)])
        except FeedError:
            continue
        if rows is not None and file.date.isoformat() == "2013-10-07":
            np.testing.assert_array_equal(rows, good)


@pytest.mark.parametrize(
    ("name", "member", "says"),
    [
        ("20131007_trade.zip", "20131007_aig_second_trade.csv", "second bars"),
        ("20131007_trade.zip", "20131007_aig_Trade_Second.csv", "second bars"),
        ("20131007_trade.zip", "20131007_aig_trade_minute.csv", "minute bars"),
        ("20131007_trade.zip", "20131008_aig_Trade_Tick.csv", "another day"),
        ("20131007_trade.zip", "20131007_aig_Quote_Tick.csv", "another day or kind"),
        ("20131007_trade.zip", "20131007_bac_Trade_Tick.csv", "another ticker"),
        ("20131007_trade.zip", "20131007_a b_Trade_Tick.csv", "names no day of a stock"),
        ("20131399_trade.zip", "20131399_aig_Trade_Tick.csv", "names no day of a stock"),
        ("20131006_trade.zip", "20131006_aig_Trade_Tick.csv", "not a trading session"),
        ("20131007_trade.zip", "other.txt", "named like a LEAN tick zip but holds other.txt"),
    ],
)
def test_a_zip_that_contradicts_its_name_or_is_of_bars_is_refused(tmp_path, name, member, says):
    assert says in refused(write(tmp_path, [TRADE_LINE], name=name, member=member))


def test_daily_bars_are_refused_by_what_they_hold(tmp_path):
    lines = ["20131007 00:00,1,2,3,4,5"]
    assert "hour or daily bars" in refused(write(tmp_path, lines, name="aig.zip", member="aig.csv"))


def test_files_of_other_kinds_are_left_to_other_readers(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    assert lean.open_file(tmp_path / "a.csv", "a") is None
    other = write(tmp_path, ["hello"], name="photos.zip", member="photo.txt")
    assert lean.open_file(other, "photos.zip") is None


def test_members_that_point_outside_are_refused(tmp_path):
    path = write(tmp_path, [TRADE_LINE])
    for name in ("../evil.csv", "/etc/passwd", "a/../../b", "..\\evil.csv", "C:\\evil.csv"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("20131007_aig_Trade_Tick.csv", TRADE_LINE)
            archive.writestr(name, "x")
        assert "points outside the zip" in refused(path)


def test_a_link_is_refused(tmp_path):
    path = write(tmp_path, [TRADE_LINE])
    link = zipfile.ZipInfo("20131007_aig_Trade_Tick.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "points outside the zip" in refused(path)


def test_too_many_members_are_refused(tmp_path):
    path = write(tmp_path, [TRADE_LINE])
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(lean.MAX_MEMBERS + 1):
            archive.writestr(f"201310{i:02d}_aig_Trade_Tick.csv", TRADE_LINE)
    assert "holds 17 members; at most 16" in refused(path)


def test_two_tick_files_in_a_zip_are_refused(tmp_path):
    path = write(tmp_path, [TRADE_LINE])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("20131008_aig_Trade_Tick.csv", TRADE_LINE)
    assert "holds 2 tick files" in refused(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    assert "at most 200 times" in refused(write(tmp_path, b"0" * 10_000_000))


def test_a_member_that_understates_its_size_is_refused(tmp_path):
    path = write(tmp_path, [TRADE_LINE] * 100)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, len(TRADE_LINE) + 1)
    path.write_bytes(data)
    assert "cannot be read" in refused(path)


def test_an_encrypted_zip_is_refused(tmp_path):
    path = write(tmp_path, [TRADE_LINE])
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in refused(path)


# --- exact numbers ---------------------------------------------------------------------------


def parsed(text, places):
    data = np.frombuffer(text.encode(), np.uint8)
    value, state = parse_fixed(data, 0, len(data), places)
    return int(value), int(state)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**8), max_value=10**8, places=9
    )
)
def test_decimals_of_nine_places_are_read_exactly_however_they_are_written(number):
    expected = (int(number * 10**9), EXACT)
    assert parsed(f"{number:f}", 9) == expected
    assert parsed(f"{number:e}", 9) == expected
    assert parsed(f" +{number:f}000 ".replace("+-", "-"), 9) == expected


@given(st.text(alphabet="0123456789.eE+- x,", max_size=12))
def test_texts_are_numbers_exactly_when_python_says_so(text):
    _, state = parsed(text, 9)
    try:
        float(text.strip(" "))
        assert state in (EXACT, TOO_FINE)
    except ValueError:
        assert state == (UNREADABLE if text.strip(" ") else ABSENT)


@pytest.mark.parametrize("text", ["9223372036854775808", "1e30", "inf", "9" * 400, "1e99999999"])
def test_numbers_past_the_bounds_become_the_bound(text):
    assert parsed(text, 0) == (2**63 - 1, EXACT)
    assert parsed("-" + text, 0) == (-(2**63) + 1, EXACT)


def test_quotes_have_no_table_of_trades(tmp_path):
    path = write(tmp_path, [f"{OPEN},491800,300,492000,100,P,1,0"], kind="quote")
    assert lean.open_file(path, "x").tables == {Quotes}
