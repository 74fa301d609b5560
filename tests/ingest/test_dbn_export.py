"""Days as DBN files: the vendor's client reads them, and ingest makes the same days of them."""

import datetime as dt
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.recfunctions import repack_fields
from vendor_files import folder

from lowfloat.base.clock import new_york_ns, session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import (
    DTYPES,
    MAYBE_BAD_BOOK,
    SNAPSHOT,
    SSR_CHANGE,
    TRADING,
    Quotes,
    Status,
    Trades,
    empty,
)
from lowfloat.days import Day, DayStore
from lowfloat.errors import ConfigError, FeedError
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn import read_header, read_records
from lowfloat.ingest.dbn_export import export_days, export_dbn
from lowfloat.ingest.dbn_layouts import LAYOUTS, UNDEF_PRICE
from lowfloat.synth import synth_days

SUMMER = dt.date(2025, 6, 3)
DOLLAR, CENT = 10**9, 10**7
LAST = 128
PRINTS, BOOK, STATES = "trades", "mbp-1", "status"


def table(kind: type, length: int, **columns: Any) -> Any:
    """Return a table whose columns are repeated or cut to a length; those not given are 0."""
    return kind(*(np.resize(np.asarray(columns.get(name, 0), dtype), length)
                  for name, dtype in DTYPES[kind].items()))  # fmt: skip


def prints(*seconds: float, **columns: Any) -> Trades:
    """Return prints of the seconds after 04:00, by default 100 shares bought at $5."""
    ts = [session_of(SUMMER).start_ns + round(second * 1e9) for second in seconds]
    usual = dict(ts_event=ts, price=5 * DOLLAR, size=100, side=1, confidence=100,
                 marks=int(Mark.ORDINARY), publisher=95,
                 sequence=range(1, len(ts) + 1))  # fmt: skip
    return table(Trades, len(ts), **usual | columns, ts_recv=ts)


def book(*seconds: float, **columns: Any) -> Quotes:
    """Return states of the book, by default 4.99 for 200 and 5.01 for 300 shares."""
    ts = [session_of(SUMMER).start_ns + round(second * 1e9) for second in seconds]
    usual = dict(ts_event=ts, bid_price=499 * CENT, ask_price=501 * CENT, bid_size=200,
                 ask_size=300, action=ord("A"), publisher=95,
                 sequence=range(1, len(ts) + 1))  # fmt: skip
    return table(Quotes, len(ts), **usual | columns, ts_recv=ts)


def day_of(trades: Trades, quotes: Quotes, status: Status | None = None, **about: Any) -> Day:
    session = session_of(SUMMER)
    return Day(**dict(
        symbol="HAND", date=SUMMER, session=session, coverage_end_ns=session.end_ns,
        trades=trades, quotes=quotes, status=empty(Status) if status is None else status,
        vendor="databento", dataset="EQUS.MINI",
    ) | about).check()  # fmt: skip


def unpacked(path: Path) -> bytes:
    with pa.CompressedInputStream(str(path), "zstd") as stream:
        return stream.read()


def rows_of(path: Path) -> np.ndarray:
    """Return the records of an exported file."""
    data = unpacked(path)
    schema = path.name.split(".")[1]
    return np.frombuffer(data, LAYOUTS[schema], offset=8 + int.from_bytes(data[4:8], "little"))


def one(paths: list[Path], schema: str) -> Path:
    (path,) = (path for path in paths if f".{schema}." in path.name)
    return path


def has(paths: list[Path], schema: str) -> bool:
    return any(f".{schema}." in path.name for path in paths)


def assert_same_day(mine: Day, theirs: Day, *, is_made_up: bool = False) -> None:
    """Compare what the files can carry; the vendor and the sources are those of the export.

    Ingest infers sides that the day of a generator does not state, and flags what it finds odd in
    a day that was made up.
    """
    for name in ("symbol", "date", "session", "coverage_end_ns", "dataset"):
        assert getattr(mine, name) == getattr(theirs, name), name
    assert is_made_up or mine.flags == theirs.flags
    for name in ("trades", "quotes", "status"):
        for column, left in getattr(mine, name)._asdict().items():
            right = getattr(getattr(theirs, name), column)
            assert left.dtype == right.dtype, (name, column)
            if column == "flags":  # the bit that ends an event says nothing of a stored state
                left, right = left & ~np.uint8(LAST), right & ~np.uint8(LAST)
            if is_made_up and column in ("side", "confidence") and name == "trades":
                stated = mine.trades.confidence == 100
                left, right = left[stated], right[stated]
            if is_made_up and name == "status":  # halts of a day without status are inferred
                left = left[mine.status.confidence == 100]
                right = right[theirs.status.confidence == 100]
            np.testing.assert_array_equal(left, right, f"{mine.name} {name}.{column}")


def round_trip(day: Day, work: Path) -> Day:
    export_dbn(day, work / "files")
    store = DayStore(work / "days")
    result = ingest_databento(work / "files", store)
    assert (result.refused, result.failed) == ([], [])
    return store[day.symbol, day.date]


@pytest.fixture(scope="module")
def synthetic() -> Day:
    return next(synth_days(1, seed=5))[0]


@pytest.fixture(scope="module")
def exported(synthetic, tmp_path_factory) -> list[Path]:
    return export_dbn(synthetic, tmp_path_factory.mktemp("export") / "files")


# What comes back


def test_synthetic_days_of_winter_and_summer_come_back_equal(tmp_path):
    for date in (dt.date(2025, 1, 3), dt.date(2024, 7, 3)):  # to 01:00 UTC, and a half day
        ((day, _),) = synth_days(1, seed=11, first=date)
        assert_same_day(day, round_trip(day, tmp_path / str(date)), is_made_up=True)


MLGO = ["20250224", "20250221", "20250401"]  # winter, without quotes, summer


@pytest.fixture(scope="module", params=MLGO)
def mlgo(request, tmp_path_factory):
    """Return a real day, its vendor files by schema, and what it was exported to."""
    source = folder("mlgo")
    schemas = (PRINTS, BOOK, STATES)
    own = {s: path for s in schemas for path in (source / s).glob(f"*{request.param}*")}
    work = tmp_path_factory.mktemp("mlgo")
    store = DayStore(work / "days")
    ingest_databento(list(own.values()), store)
    (day,) = store
    return day, own, export_dbn(day, work / "files")


def test_real_days_come_back_equal(mlgo, tmp_path):
    day, _, paths = mlgo
    store = DayStore(tmp_path)
    ingest_databento(paths[0].parent, store)
    assert_same_day(day, store[day.symbol, day.date])


def test_records_of_a_real_day_are_the_vendors_in_all_that_a_day_holds(mlgo):
    databento = pytest.importorskip("databento", reason="its reader reads the vendor's files")
    day, own, paths = mlgo
    for schema in own.keys() & {PRINTS, BOOK}:
        theirs = databento.DBNStore.from_file(own[schema]).to_ndarray()
        times = theirs["ts_recv"].astype(np.int64)
        theirs = theirs[(times >= day.session.start_ns) & (times < day.coverage_end_ns)]
        mine = databento.DBNStore.from_file(one(paths, schema)).to_ndarray()
        assert len(theirs) >= len(mine) > 0.999 * len(theirs) > 10_000
        # Ingest leaves out the few states that never stood. Prints repeat none of the vendor's
        # flags: his say LAST although the change of the book that they cause follows.
        names = [n for n in mine.dtype.names if n not in ("instrument_id", "depth", "flags")]
        left = np.isin(rows_as_bytes(theirs[names]), rows_as_bytes(mine[names]))
        for name in names:
            np.testing.assert_array_equal(mine[name], theirs[name][left], name)
        states = mine["action"] != b"T"
        np.testing.assert_array_equal(mine["flags"][states], theirs["flags"][left][states])


def rows_as_bytes(rows: np.ndarray) -> np.ndarray:
    """Return records as values that can be compared as a whole."""
    packed = repack_fields(rows)
    return packed.view(f"V{packed.itemsize}")


TIMES = st.integers(0, 40)  # of a few nanoseconds, so that many are equal
SIDES = st.tuples(st.integers(1, 9), st.integers(1, 2**31 - 1)) | st.just((0, 0))


@st.composite
def busy_moments(draw) -> Day:
    """Draw a day whose prints and states come within nanoseconds of each other."""
    begin = session_of(SUMMER).start_ns
    kinds = draw(st.lists(st.tuples(TIMES, st.booleans()), min_size=1, max_size=30))
    numbers = draw(st.permutations(range(len(kinds))))  # unordered, and no row twice
    rows = sorted(
        ((begin + ts, is_print, n) for (ts, is_print), n in zip(kinds, numbers, strict=True)),
        key=lambda row: row[0],
    )
    tape = [(ts, n) for ts, is_print, n in rows if is_print]
    states = [(ts, n) for ts, is_print, n in rows if not is_print]
    events = st.integers(0, 3).map(lambda back: -1000 * back)
    bids = [draw(SIDES) for _ in states]
    asks = [draw(SIDES) for _ in states]
    trades = table(
        Trades, len(tape), ts_event=[ts + draw(events) for ts, _ in tape],
        ts_recv=[ts for ts, _ in tape], price=[draw(st.integers(1, 10**13)) for _ in tape],
        size=[draw(st.integers(100, 2**31 - 1)) for _ in tape],
        side=[draw(st.sampled_from([-1, 1])) for _ in tape], confidence=100,
        marks=int(Mark.ORDINARY), publisher=95, sequence=[n for _, n in tape],
    )  # fmt: skip
    quotes = table(
        Quotes, len(states), ts_event=[ts + draw(events) for ts, _ in states],
        ts_recv=[ts for ts, _ in states], bid_price=[p * CENT for p, _ in bids],
        ask_price=[p * CENT + DOLLAR * (p > 0) for p, _ in asks],
        bid_size=[size for _, size in bids], ask_size=[size for _, size in asks],
        action=[draw(st.sampled_from(list(b"ACM"))) for _ in states], publisher=95,
        sequence=[n for _, n in states],
    )  # fmt: skip
    flags = ["no_quotes"] * (not states) + ["no_status"]
    return day_of(trades, quotes, flags=tuple(flags))


@settings(max_examples=60)
@given(day=busy_moments())
def test_rows_of_one_nanosecond_keep_their_order_and_their_book(day, tmp_path_factory):
    paths = export_dbn(day, tmp_path_factory.mktemp("moments") / "out")
    rows = rows_of(one(paths, BOOK)) if has(paths, BOOK) else np.empty(0, LAYOUTS[BOOK])
    is_print = rows["action"] == ord("T")
    assert (np.diff(rows["ts_recv"].astype(np.int64)) >= 0).all()
    for found in (rows_of(one(paths, PRINTS)), rows[is_print])[: 1 + has(paths, BOOK)]:
        for name in ("ts_event", "ts_recv", "price", "size", "sequence"):
            np.testing.assert_array_equal(found[name], getattr(day.trades, name))
    for name in ("ts_event", "ts_recv", "bid_size", "ask_size", "action", "sequence"):
        np.testing.assert_array_equal(rows[name][~is_print], getattr(day.quotes, name))
    for name in ("bid_price", "ask_price", "bid_size", "ask_size"):
        empty_side = UNDEF_PRICE if name.endswith("price") else 0
        before = np.insert(rows[name], 0, empty_side)[:-1]
        np.testing.assert_array_equal(rows[name][is_print], before[is_print])
        states = rows[name][~is_print]
        np.testing.assert_array_equal(
            np.where(states == empty_side, 0, states), getattr(day.quotes, name)
        )


def test_more_rows_than_are_written_at_a_time_come_back_equal(tmp_path):
    count = 150_000
    seconds = 1 + np.arange(count) / 4
    quotes = book(*seconds, bid_size=np.arange(1, 1000), ask_size=np.arange(1, 777))
    day = day_of(prints(*seconds[::7] - 0.01), quotes, flags=("no_status",))
    assert_same_day(day, round_trip(day, tmp_path), is_made_up=True)
    rows = rows_of(one(sorted((tmp_path / "files").iterdir()), BOOK))
    leaves = rows["action"][1:] == ord("T")
    assert leaves[2**17 - 1]  # the first row of the second block is a print
    for side in ("bid", "ask"):
        size = rows[f"{side}_size"]
        np.testing.assert_array_equal(size[1:][leaves], size[:-1][leaves])


# What the vendor's own software says


def test_headers_are_those_of_the_vendors_encoder(synthetic, exported):
    dbn = pytest.importorskip("databento_dbn", reason="its encoder is compared with")
    for schema in (PRINTS, BOOK, STATES):
        begin = synthetic.session.start_ns if schema != STATES else new_york_ns(synthetic.date, 0)
        span = SimpleNamespace(
            start_date=synthetic.date, end_date=synthetic.date + dt.timedelta(days=2), symbol="1"
        )
        theirs = bytes(dbn.Metadata(
            dataset="lowfloat-synth1",  # its encoder takes a letter less than its decoder
            start=begin, end=synthetic.coverage_end_ns, stype_in=dbn.SType.RAW_SYMBOL,
            stype_out=dbn.SType.INSTRUMENT_ID, schema=dbn.Schema.from_str(schema),
            symbols=["SYNA"], mappings=[SimpleNamespace(raw_symbol="SYNA", intervals=[span])],
            version=3,
        ))  # fmt: skip
        mine = unpacked(one(exported, schema))[: len(theirs)]
        assert mine[:8] + mine[24:] == theirs[:8] + theirs[24:]
        assert mine[8:24].rstrip(b"\0").decode() == synthetic.dataset


@pytest.fixture(scope="module")
def client():
    return pytest.importorskip("databento", reason="it reads the files").DBNStore.from_file


def test_the_vendors_client_reads_equal_prints(client, synthetic, exported):
    theirs = client(one(exported, PRINTS)).to_ndarray()
    trades = synthetic.trades
    for name in ("ts_event", "ts_recv", "price", "size", "sequence"):
        np.testing.assert_array_equal(theirs[name], getattr(trades, name))
    np.testing.assert_array_equal(theirs["publisher_id"], trades.publisher)
    stated = np.where(trades.confidence == 100, trades.side, 0)  # what is inferred is not told
    sides = np.select([stated > 0, stated < 0], [b"B", b"A"], b"N")
    np.testing.assert_array_equal(theirs["side"], sides)
    assert set(theirs["action"].tolist()) == {b"T"}


def test_the_vendors_client_reads_equal_states_of_the_book(client, synthetic, exported):
    theirs = client(one(exported, BOOK)).to_ndarray()
    assert (theirs["action"] == b"T").sum() == len(synthetic.trades.price)
    assert (np.diff(theirs["ts_recv"].astype(np.int64)) >= 0).all()
    theirs, quotes = theirs[theirs["action"] != b"T"], synthetic.quotes
    for name in ("ts_event", "ts_recv", "sequence"):
        np.testing.assert_array_equal(theirs[name], getattr(quotes, name))
    for side in ("bid", "ask"):
        price, size = getattr(quotes, f"{side}_price"), getattr(quotes, f"{side}_size")
        stated = np.where(size > 0, price, UNDEF_PRICE)
        np.testing.assert_array_equal(theirs[f"{side}_px_00"], stated)
        np.testing.assert_array_equal(theirs[f"{side}_sz_00"], size)
        assert not theirs[f"{side}_ct_00"].any()
    np.testing.assert_array_equal(theirs["action"].view("u1"), quotes.action)
    assert set(theirs["flags"].tolist()) == {LAST}


def test_the_vendors_client_reads_equal_states_of_trading(client, synthetic, exported):
    theirs, status = client(one(exported, STATES)).to_ndarray(), synthetic.status
    for name in ("ts_event", "ts_recv", "action", "reason"):
        np.testing.assert_array_equal(theirs[name], getattr(status, name))
    for name in ("is_trading", "is_short_sell_restricted"):
        letters = np.array([b"N", b"Y", b"~"])[getattr(status, name)]
        np.testing.assert_array_equal(theirs[name], letters)


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
@pytest.mark.parametrize("schema", [PRINTS, BOOK, STATES])
def test_the_vendors_client_makes_frames_with_symbols_and_dollars(
    client, synthetic, exported, schema
):
    frame = client(one(exported, schema)).to_df()
    assert set(frame["symbol"]) == {"SYNA"}
    assert str(frame.index.tz) == "UTC"
    if schema == PRINTS:
        np.testing.assert_allclose(frame["price"], synthetic.trades.price / 1e9)


# What a row says


def test_prints_stand_among_the_states_with_the_book_in_force(tmp_path):
    quotes = book(1, 3, bid_price=[499 * CENT, 498 * CENT], sequence=[1, 3])
    paths = export_dbn(day_of(prints(0, 2, 4, sequence=[0, 2, 4]), quotes), tmp_path / "out")
    rows = rows_of(one(paths, BOOK))
    assert bytes(rows["action"]) == b"TATAT"
    bids = [UNDEF_PRICE, 499 * CENT, 499 * CENT, 498 * CENT, 498 * CENT]
    assert rows["bid_price"].tolist() == bids
    assert rows["bid_size"].tolist() == [0, 200, 200, 200, 200]


def test_a_print_precedes_the_state_it_caused(tmp_path):
    quotes = book(1, 2, bid_size=[200, 100], sequence=[7, 9])
    paths = export_dbn(day_of(prints(2, sequence=[9]), quotes), tmp_path / "out")
    rows = rows_of(one(paths, BOOK))
    assert bytes(rows["action"]) == b"ATA"
    assert rows["bid_size"].tolist() == [200, 200, 100]


def test_only_the_record_that_ends_an_event_says_so(tmp_path):
    # Two prints and a state of one event, two prints that leave the book as it was, a state.
    tape, states = prints(1, 1, 2, 2, sequence=[1, 2, 4, 5]), book(1, 3, sequence=[3, 6])
    paths = export_dbn(day_of(tape, states), tmp_path / "out")
    assert rows_of(one(paths, BOOK))["flags"].tolist() == [0, 0, LAST, 0, LAST, LAST]
    assert rows_of(one(paths, PRINTS))["flags"].tolist() == [0, 0, 0, LAST]


def test_a_state_keeps_its_own_flags(tmp_path):
    quotes = book(1, 2, flags=[SNAPSHOT, MAYBE_BAD_BOOK], bid_price=[499 * CENT, 0],
                  bid_size=[200, 0], ask_price=[501 * CENT, 0], ask_size=[300, 0])  # fmt: skip
    paths = export_dbn(day_of(prints(3), quotes), tmp_path / "out")
    flags = rows_of(one(paths, BOOK))["flags"].tolist()
    assert flags == [LAST | SNAPSHOT, LAST | MAYBE_BAD_BOOK, LAST]


def test_a_state_tells_the_side_that_changed_with_its_new_price_and_size(tmp_path):
    quotes = book(
        1, 2, 3, 4,
        bid_price=[499 * CENT, 500 * CENT, 500 * CENT, 0], bid_size=[200, 100, 100, 0],
        ask_price=[0, 0, 502 * CENT, 503 * CENT], ask_size=[0, 0, 300, 400],
    )  # fmt: skip
    rows = rows_of(one(export_dbn(day_of(prints(5), quotes), tmp_path / "out"), BOOK))[:4]
    assert bytes(rows["side"]) == b"BBAN"
    assert rows["price"].tolist() == [499 * CENT, 500 * CENT, 502 * CENT, 503 * CENT]
    assert rows["size"].tolist() == [200, 100, 300, 400]


def test_a_side_that_was_inferred_is_written_as_unknown(tmp_path):
    tape = prints(1, 2, 3, 4, side=[1, -1, 1, 0], confidence=[100, 80, 60, 0])
    paths = export_dbn(day_of(tape, book(0)), tmp_path / "out")
    assert bytes(rows_of(one(paths, PRINTS))["side"]) == b"BNNN"


def test_a_print_that_repeats_an_official_price_is_no_trade_and_left_out(tmp_path):
    official = int(Mark.OFFICIAL_CLOSE | Mark.LAST)
    tape = prints(1, 2, marks=[int(Mark.ORDINARY), official])
    paths = export_dbn(day_of(tape, book(0)), tmp_path / "out")
    assert rows_of(one(paths, PRINTS))["sequence"].tolist() == [1]
    assert bytes(rows_of(one(paths, BOOK))["action"]) == b"AT"


def test_the_states_of_a_book_of_several_venues_are_of_one_unnamed_publisher(tmp_path):
    tape = prints(1, 2, publisher=[2, 83])
    paths = export_dbn(day_of(tape, book(0, 3, publisher=[2, 43])), tmp_path / "out")
    assert rows_of(one(paths, BOOK))["publisher_id"].tolist() == [0, 2, 83, 0]


def test_one_venues_clear_does_not_empty_the_book_of_several(tmp_path):
    quotes = book(0, 1, 2, publisher=[2, 43, 43], action=list(b"ARR"),
                  bid_price=[499 * CENT, 499 * CENT, 0], bid_size=[200, 200, 0],
                  ask_price=[501 * CENT, 502 * CENT, 0], ask_size=[300, 100, 0])  # fmt: skip
    rows = rows_of(one(export_dbn(day_of(prints(3), quotes), tmp_path / "out"), BOOK))
    assert bytes(rows["action"]) == b"AMRT"


def test_states_of_trading_that_were_inferred_are_left_out(tmp_path):
    begin = session_of(SUMMER).start_ns
    ts = [begin - 3600 * DOLLAR, begin, begin + DOLLAR]
    status = table(Status, 3, ts_event=ts, ts_recv=ts, action=[TRADING, 9, SSR_CHANGE],
                   is_trading=[-1, 0, 1], is_short_sell_restricted=[-1, 0, 1],
                   confidence=[100, 70, 100])  # fmt: skip
    paths = export_dbn(day_of(prints(1), book(0), status), tmp_path / "out")
    rows = rows_of(one(paths, STATES))
    assert rows["action"].tolist() == [TRADING, SSR_CHANGE]
    assert bytes(rows["is_trading"]) == bytes(rows["is_short_sell_restricted"]) == b"~Y"


# Which files there are


def test_a_day_has_no_file_of_what_its_source_did_not_have(tmp_path):
    without_quotes = day_of(prints(1), empty(Quotes), flags=("no_quotes", "no_status"))
    paths = export_dbn(without_quotes, tmp_path / "one")
    assert (has(paths, PRINTS), has(paths, BOOK), has(paths, STATES)) == (True, False, False)
    paths = export_dbn(replace(without_quotes, quotes=book(0), flags=("trades_from_quotes",)),
                       tmp_path / "two")  # fmt: skip
    assert (has(paths, PRINTS), has(paths, BOOK)) == (False, True)


def test_prints_that_came_from_the_quotes_come_from_there_again(tmp_path):
    flags = ("no_status", "trades_from_quotes")
    day = day_of(prints(1, 1, 3, side=[1, -1, 1]), book(0, 2, ask_size=[300, 200]), flags=flags)
    assert_same_day(day, round_trip(day, tmp_path), is_made_up=True)


def test_quotes_that_were_rebuilt_are_not_exported(tmp_path):
    paths = export_dbn(day_of(prints(1), book(0), flags=("quotes_rebuilt",)), tmp_path / "out")
    assert not has(paths, BOOK)
    assert len(rows_of(one(paths, PRINTS))) == 1


def test_a_file_covers_what_the_day_covers_and_status_from_midnight(synthetic, exported):
    headers = {schema: read_header(one(exported, schema)) for schema in (PRINTS, BOOK, STATES)}
    assert {header.end_ns for header in headers.values()} == {synthetic.coverage_end_ns}
    begin = synthetic.session.start_ns
    assert headers[PRINTS].start_ns == headers[BOOK].start_ns == begin
    assert headers[STATES].start_ns == new_york_ns(synthetic.date, 0)


def test_the_manifest_states_size_and_hash_of_every_other_file(exported):
    out = exported[0].parent
    manifest = json.loads((out / "manifest.json").read_text())
    assert exported[-1].name == "manifest.json"
    assert [file["filename"] for file in manifest["files"]] == [p.name for p in exported[:-1]]
    assert {path.name for path in out.iterdir()} == {path.name for path in exported}
    for file in manifest["files"]:
        data = (out / file["filename"]).read_bytes()
        assert file["size"] == len(data)
        assert file["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()


def test_the_conditions_list_the_utc_dates_of_a_winter_day(exported):
    condition = json.loads((exported[0].parent / "condition.json").read_text())
    assert [row["date"] for row in condition] == ["2025-01-02", "2025-01-03"]
    assert {row["condition"] for row in condition} == {"available"}


def test_the_conditions_repeat_that_a_day_is_not_whole(tmp_path):
    paths = export_dbn(day_of(prints(1), book(0), flags=("degraded",)), tmp_path / "out")
    condition = json.loads((paths[0].parent / "condition.json").read_text())
    assert [row["condition"] for row in condition] == ["degraded"]


def test_several_symbols_and_dates_are_told_apart_and_come_back_equal(tmp_path):
    days = [day for day, _ in synth_days(2, seed=3, symbols=2, first=SUMMER)]
    paths = export_days(reversed(days), tmp_path / "files")
    names = {path.name for path in paths}
    assert "lowfloat-synth-2-20250604.mbp-1.SYNB.dbn.zst" in names
    store = DayStore(tmp_path / "days")
    assert len(ingest_databento(tmp_path / "files", store).written) == 4
    for day in days:
        assert_same_day(day, store[day.symbol, day.date], is_made_up=True)


def test_the_vendors_client_takes_the_symbology(client, tmp_path):
    days = [day_of(prints(1), book(0), symbol=symbol) for symbol in ("BBB", "AAA")]
    paths = export_days(days, tmp_path / "out")
    store = client(one([path for path in paths if "BBB" in path.name], PRINTS))
    symbology = json.loads((tmp_path / "out" / "symbology.json").read_text())
    store.insert_symbology_json(symbology, clear_existing=True)
    assert symbology["result"]["BBB"] == [{"d0": "2025-06-03", "d1": "2025-06-04", "s": "2"}]
    assert set(store.to_ndarray()["instrument_id"].tolist()) == {2}


def test_the_same_day_gives_the_same_bytes(synthetic, exported, tmp_path):
    again = export_dbn(synthetic, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in exported]


def test_a_cut_file_is_refused(exported, tmp_path):
    path = one(exported, STATES)
    data = path.read_bytes()
    cut = tmp_path / path.name
    for size in range(len(data)):
        cut.write_bytes(data[:size])
        with pytest.raises(FeedError, match=path.name):
            list(read_records(cut, read_header(cut)))


# What is refused


def test_a_folder_that_is_in_use_is_refused_and_left_as_it_was(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        export_dbn(day_of(prints(1), book(0)), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "out").mkdir()
    assert export_dbn(day_of(prints(1), book(0)), tmp_path / "out")[0].is_file()


@pytest.mark.parametrize(
    ("about", "what"),
    [
        ([], "`days` were none"),
        ([{"dataset": "EQUS.MINI"}, {"dataset": "XNAS.ITCH"}], "EQUS.MINI and XNAS.ITCH"),
        ([{}, {}], "HAND/2025-06-03 twice"),
    ],
)
def test_days_that_do_not_go_into_one_folder_are_refused(about, what, tmp_path):
    with pytest.raises(ConfigError, match=what):
        export_days([day_of(prints(1), book(0), **more) for more in about], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dataset", ["x" * 17, "two words", "füssli"])
def test_a_dataset_that_dbn_cannot_name_is_refused(dataset, tmp_path):
    with pytest.raises(FeedError, match="16 ASCII"):
        export_dbn(day_of(prints(1), book(0), dataset=dataset), tmp_path / "out")


def test_a_day_that_breaks_a_rule_leaves_nothing_behind(tmp_path):
    good = day_of(prints(1), book(0))
    bad = replace(good, trades=prints(1, price=-1))
    with pytest.raises(FeedError, match="must be above 0"):
        export_dbn(bad, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
