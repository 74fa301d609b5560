"""Days of each schema that makes rows, and files of several venues, symbols, days and numbers."""

import itertools
import json
import random

import pytest
from dbn_files import LAST, at, mapping, order, quote, state, trade, write, write_day

from lowfloat.days import DayStore
from lowfloat.days.reference import ReferenceTables
from lowfloat.ingest import dbn, ingest_databento

MON, TUE = "2025-03-10", "2025-03-11"
THU, FRI = "2025-03-06", "2025-03-07"  # in winter: a session lasts into the next UTC date
CENT = 10_000_000


@pytest.fixture
def store(tmp_path):
    return DayStore(tmp_path / "days")


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "raw"


def books(day):
    """The quotes of a day in cents and shares: bid, its size, offer, its size."""
    q = day.quotes
    columns = (q.bid_price // CENT, q.bid_size, q.ask_price // CENT, q.ask_size)
    return [tuple(map(int, row)) for row in zip(*columns, strict=True)]


def prints(day):
    """The prints of a day in cents and shares."""
    return [(int(p) // CENT, int(s)) for p, s in zip(day.trades.price, day.trades.size,
                                                     strict=True)]  # fmt: skip


def ids(store):
    """What each stored day is known by, the names of its files left out."""
    found = {}
    for place in (store, store.quarantine):
        for symbol, date in place.days():
            files = place.manifest(symbol, date)["files"]
            found[symbol, date] = {name: files[name]["sha256"] for name in files
                                   if name != "day.json"}  # fmt: skip
    return found


def shown(ts, bid, ask, **fields):
    """A record that shows a book, in cents and 100 shares a side."""
    return quote(ts, bid=(bid / 100, 100), ask=(ask / 100, 100), **fields)


# --- one schema alone ----------------------------------------------------------------------


@pytest.mark.parametrize("schema", ["mbp-1", "mbp-10", "cmbp-1"])
def test_a_day_of_a_book_holds_its_changes_and_its_prints(raw, store, schema):
    ts = at(MON, "10:00:00")
    rows = [shown(ts, 499, 501), shown(ts + 10, 499, 501) | trade(ts + 10, 5.01),
            shown(ts + 20, 499, 502)]  # fmt: skip
    write(raw / "a.dbn.zst", schema, rows, MON)
    (row,) = ingest_databento(raw, store).days
    (day,) = store
    assert prints(day) == [(501, 100)]
    assert books(day) == [(499, 100, 501, 100), (499, 100, 502, 100)]
    assert day.trades.side.tolist() == [1]
    assert "trades_from_quotes" in row.flags


@pytest.mark.parametrize("schema", ["tbbo", "tcbbo"])
def test_a_day_of_prints_with_the_book_before_them_has_quotes_at_trades(raw, store, schema):
    ts = at(MON, "10:00:00")
    rows = [shown(ts, 499, 501) | trade(ts, 5.01), shown(ts + 9, 498, 501) | trade(ts + 9, 4.98)]
    write(raw / "a.dbn.zst", schema, rows, MON)
    (row,) = ingest_databento(raw, store).days
    (day,) = store
    assert prints(day) == [(501, 100), (498, 100)]
    assert books(day) == [(499, 100, 501, 100), (498, 100, 501, 100)]
    assert "quotes_at_trades" in row.flags


@pytest.mark.parametrize(
    ("schema", "flag"),
    [
        ("bbo-1s", "quotes_each_second"),
        ("cbbo-1s", "quotes_each_second"),
        ("bbo-1m", "quotes_each_minute"),
        ("cbbo-1m", "quotes_each_minute"),
    ],
)
def test_a_day_of_samples_has_quotes_and_no_print(raw, store, schema, flag):
    times = [at(MON, "10:00:00") + n * 60 * 10**9 for n in range(3)]
    rows = [shown(ts, 499, 501 + n // 2, ts_event=ts - 50 * 10**9) for n, ts in enumerate(times)]
    write(raw / "a.dbn.zst", schema, rows, MON)
    (row,) = ingest_databento(raw, store).days
    (day,) = store
    assert books(day) == [(499, 100, 501, 100), (499, 100, 502, 100)]
    assert day.quotes.ts_recv.tolist() == times[::2]
    assert (row.trades, "no_trades" in row.flags, flag in row.flags) == (0, True, True)


def test_a_day_of_orders_has_the_book_they_build(raw, store):
    ts = at(MON, "10:00:00")
    rows = [
        order(ts, "R", 0, 0.0, 0, "N"),
        order(ts + 1, "A", 1, 4.99, 100, "B"),
        order(ts + 2, "A", 2, 5.01, 300, "A"),
        order(ts + 3, "T", 0, 5.01, 200, "B", flags=0),
        order(ts + 3, "F", 2, 5.01, 200, "A", flags=0),
        order(ts + 3, "C", 2, 5.01, 200, "A", ts_event=ts + 3 - 1000),
        order(ts + 4, "C", 1, 4.99, 100, "B"),
    ]
    write(raw / "a.dbn.zst", "mbo", rows, MON, dataset="XNAS.ITCH")
    ingest_databento(raw, store)
    (day,) = store
    assert prints(day) == [(501, 200)]
    assert books(day) == [
        (499, 100, 0, 0), (499, 100, 501, 300), (499, 100, 501, 100), (0, 0, 501, 100),
    ]  # fmt: skip


def test_orders_from_before_04_00_are_in_the_book_of_the_day(raw, store):
    ts = at(MON, "10:00:00")
    rows = [
        order(at(MON, "03:10:00"), "A", 1, 4.99, 100, "B"),
        order(at(MON, "03:20:00"), "A", 2, 5.01, 100, "A"),
        order(ts, "A", 3, 5.00, 100, "B"),
        order(ts + 1, "C", 3, 5.00, 100, "B"),
    ]
    write(raw / "a.dbn.zst", "mbo", rows, MON, dataset="XNAS.ITCH")
    ingest_databento(raw, store)
    (day,) = store
    assert books(day) == [
        (499, 100, 501, 100), (500, 100, 501, 100), (499, 100, 501, 100),
    ]  # fmt: skip
    assert day.quotes.ts_recv[0] == at(MON, "04:00:00")


def test_prints_and_book_are_each_taken_from_the_best_schema(raw, store):
    ts = at(MON, "10:00:00")
    write(raw / "t.dbn.zst", "tbbo", [shown(ts, 499, 501) | trade(ts, 5.01)], MON)
    write(raw / "s.dbn.zst", "bbo-1s", [shown(ts, 400, 600)], MON)
    (row,) = ingest_databento(raw, store).days
    (day,) = store
    assert books(day) == [(400, 100, 600, 100)]
    assert prints(day) == [(501, 100)]
    assert "quotes_each_second" in row.flags
    assert len(day.sources) == 2


def test_a_poorer_schema_beside_better_ones_is_not_read(raw, store):
    write_day(raw, MON)
    alone = DayStore(raw.parent / "alone")
    ingest_databento(raw, alone)
    for schema in ("tbbo", "bbo-1s", "cmbp-1"):
        write(raw / f"{schema}.dbn.zst", schema, [shown(at(MON, "10:00:00"), 1, 900)], MON)
    ingest_databento(raw, store)
    assert [day.manifest_id for day in store] == [day.manifest_id for day in alone]


# --- venues --------------------------------------------------------------------------------


def test_the_quote_of_several_venues_is_the_best_of_them_with_the_sizes_of_all(raw, store):
    ts = at(MON, "10:00:00")
    rows = [
        shown(ts, 499, 503, publisher_id=39),
        shown(ts + 1, 498, 502, publisher_id=40),
        shown(ts + 2, 499, 502, publisher_id=40),
        quote(ts + 3, bid=None, ask=(5.03, 100), publisher_id=39),
    ]
    write(raw / "q.dbn.zst", "mbp-1", rows, MON, dataset="DBEQ.BASIC")
    ingest_databento(raw, store)
    (day,) = store
    assert books(day) == [
        (499, 100, 503, 100), (499, 100, 502, 100), (499, 200, 502, 100), (499, 100, 502, 100),
    ]  # fmt: skip
    assert day.quotes.publisher.tolist() == [39, 40, 40, 39]


def test_a_print_keeps_the_venue_it_is_of(raw, store):
    ts = at(MON, "10:00:00")
    rows = [trade(ts + n, publisher_id=number) for n, number in enumerate((39, 40, 82))]
    write(raw / "t.dbn.zst", "trades", rows, MON, dataset="DBEQ.BASIC")
    ingest_databento(raw, store)
    (day,) = store
    assert day.trades.publisher.tolist() == [39, 40, 82]


# --- symbols and instrument numbers --------------------------------------------------------


def crowd(date, symbols, count=900, seed=7):
    """Rows of many symbols mixed as they come, prices by symbol."""
    draw = random.Random(seed)
    ts, rows = at(date, "09:30:00"), []
    for n in range(count):
        ts += draw.randrange(10**9)
        number = draw.choice(list(symbols.values()))
        bid = 100 * number + draw.randrange(5)
        row = shown(ts, bid, bid + 1, instrument_id=number, sequence=n + 1)
        if draw.random() < 0.3:
            row |= trade(ts, (bid + 1) / 100, instrument_id=number, sequence=n + 1)
        rows.append(row)
    return rows


def test_each_of_many_symbols_gets_what_it_would_get_alone(raw, store, tmp_path):
    symbols = {f"SY{chr(65 + n)}": n + 1 for n in range(12)}
    rows = crowd(MON, symbols)
    write(raw / "a.dbn.zst", "mbp-1", rows, MON, symbols=symbols)
    result = ingest_databento(raw, store)
    assert len(result.days) == 12
    apart = DayStore(tmp_path / "apart")
    for symbol, number in symbols.items():
        mine = [row for row in rows if row["instrument_id"] == number]
        path = tmp_path / "apart_raw" / f"{symbol}.dbn.zst"
        write(path, "mbp-1", mine, MON, symbols={symbol: number})
    ingest_databento(tmp_path / "apart_raw", apart)
    assert ids(store) == ids(apart) != {}


def test_a_filter_on_symbols_changes_no_day(raw, store, tmp_path):
    symbols = {"ABCD": 1, "WXYZ": 2, "T": 3}
    rows = crowd(MON, symbols)
    rows[::50] = [row | dict(size=0) for row in rows[::50]]
    write(raw / "a.dbn.zst", "mbp-1", rows, MON, symbols=symbols)
    ingest_databento(raw, store)
    one = DayStore(tmp_path / "one")
    ingest_databento(raw, one, symbols=["WXYZ"])
    ((key, value),) = ids(one).items()
    assert value == ids(store)[key]


@pytest.mark.parametrize("numbers", [(5, 9), (9, 5), (5, 5)])
@pytest.mark.parametrize("chunk", [None, 100])
def test_a_number_that_changes_within_a_winter_session_doubles_nothing(
    raw, store, numbers, chunk, monkeypatch
):
    if chunk:
        monkeypatch.setattr(dbn, "_CHUNK_BYTES", chunk)
    one, two = numbers
    clocks = [("10:00:00", one), ("11:00:00", one), ("19:10:00", two), ("19:30:00", two)]
    rows = [trade(at(THU, clock), instrument_id=number) for clock, number in clocks]
    spans = [mapping("ABCD", [(THU, FRI, one), (FRI, "2025-03-08", two)])]
    write(raw / "a.dbn.zst", "trades", rows, THU, FRI, mappings=spans)
    row = ingest_databento(raw, store).days[0]
    assert store["ABCD", THU].trades.ts_recv.tolist() == [row["ts_recv"] for row in rows]
    assert (row.coverage_end, row.report.faults) == ("20:00:00", {})


def test_a_change_of_symbol_takes_no_quote_along(raw, store):
    spans = [mapping("ABCD", [(MON, TUE, 1)]), mapping("WXYZ", [(TUE, "2025-03-12", 1)])]
    rows = [
        shown(at(MON, "10:00:00"), 900, 910, publisher_id=39),
        shown(at(MON, "10:00:01"), 890, 920, publisher_id=40),
        shown(at(TUE, "10:00:00"), 100, 110, publisher_id=39),
        shown(at(TUE, "10:00:01"), 101, 110, publisher_id=39),
    ]
    write(raw / "a.dbn.zst", "mbp-1", rows, MON, TUE, mappings=spans, dataset="DBEQ.BASIC")
    ingest_databento(raw, store)
    assert books(store["WXYZ", TUE]) == [(100, 100, 110, 100), (101, 100, 110, 100)]


def test_a_record_that_two_symbols_claim_refuses_the_file(raw, store):
    rows = [trade(at(MON, "10:00:00"))]
    write(raw / "a.dbn.zst", "trades", rows, MON, symbols={"ABCD": 1, "WXYZ": 1})
    result = ingest_databento(raw, store)
    assert result.written == []
    ((_, message),) = result.refused
    assert "1 records are of instrument 1, and the header gives 0" not in message
    assert "exactly one symbol" in message


def test_a_record_on_a_date_on_which_its_number_has_no_symbol_refuses_the_file(raw, store):
    rows = [trade(at(MON, "10:00:00")), trade(at(TUE, "10:00:00"))]
    spans = [mapping("ABCD", [(MON, TUE, 1)])]
    write(raw / "a.dbn.zst", "trades", rows, MON, TUE, mappings=spans)
    ((_, message),) = ingest_databento(raw, store).refused
    assert "2 records are of instrument 1, and the header gives 1 of them" in message


# --- what must not matter ------------------------------------------------------------------


def two_days(folder, *, together):
    """Write the same prints, quotes and status of two days as one file each or as two."""
    spans = [(MON, TUE)] if together else [(MON, MON), (TUE, TUE)]
    for first, last in spans:
        made = {"trades": [], "mbp-1": [], "status": []}
        for date in {first: 0, last: 0}:
            book = [shown(at(date, "09:30:00"), 499, 501), shown(at(date, "11:00:00"), 498, 501)]
            part = [trade(at(date, "10:00:00"), 5.01), trade(at(date, "12:00:00"), 4.98, side="N")]
            seen = [book[0], book[0] | part[0], book[1], book[1] | part[1]]
            made["trades"] += part
            made["mbp-1"] += seen
            made["status"] += [state(at(date, "04:00:00"))]
        for schema, rows in made.items():
            write(folder / f"{first}.{schema}.dbn.zst", schema, rows, first, last)


def test_two_days_in_one_file_are_those_of_two_files(tmp_path):
    found = []
    for together in (True, False):
        name = f"{together}"
        two_days(tmp_path / "raw" / name, together=together)
        store = DayStore(tmp_path / name)
        assert len(ingest_databento(tmp_path / "raw" / name, store).written) == 2
        found.append(ids(store))
    assert found[0] == found[1]


def test_the_order_of_the_files_changes_no_byte_of_the_store(raw, tmp_path):
    for date in (THU, FRI):
        write_day(raw, date)
    write(raw / "late.dbn.zst", "trades", [trade(at(FRI, "19:30:00"))], "2025-03-08")
    files = sorted(raw.iterdir())
    found = []
    for n, turn in enumerate((files, files[::-1], random.Random(3).sample(files, len(files)))):
        store = DayStore(tmp_path / str(n))
        ingest_databento(turn, store)
        found.append({key: store.manifest(*key)["id"] for key in store.days()})
    assert found[0] == found[1] == found[2] != {}


@pytest.mark.parametrize("schema", ["mbo", "mbp-1"])
def test_a_winter_book_of_two_files_says_that_it_begins_anew(tmp_path, schema):
    """Of orders, or of several venues: what stood at 00:00 UTC is not told by the second file."""
    noon, evening = at(THU, "12:00:00"), at(THU, "19:30:00")
    if schema == "mbo":
        rows = [order(noon, "A", 1, 4.99, 100, "B"), order(noon + 1, "A", 2, 5.01, 100, "A")]
        rows += [order(evening, "A", 3, 5.00, 100, "B")]
    else:
        rows = [shown(noon, 499, 501, publisher_id=39), shown(noon + 1, 498, 502, publisher_id=40)]
        rows += [shown(evening, 497, 503, publisher_id=40)]
    found = []
    for name, spans in (
        ("one", [(THU, FRI, rows)]),
        ("two", [(THU, THU, rows[:2]), (FRI, FRI, rows[2:])]),
    ):
        for first, last, part in spans:
            path = tmp_path / "raw" / name / f"{first}.dbn.zst"
            write(path, schema, part, first, last, dataset="DBEQ.BASIC")  # fmt: skip
        store = DayStore(tmp_path / name)
        ingest_databento(tmp_path / "raw" / name, store)
        found.append("book_begins_anew" in store["ABCD", THU].flags)
    assert found == [False, True]


def test_a_print_that_cannot_be_is_counted_once_though_two_files_tell_of_it(raw, store):
    good, bad = trade(at(MON, "10:00:00")), trade(at(MON, "11:00:00"), size=0)
    write(raw / "t.dbn.zst", "trades", [good, bad], MON)
    rows = [shown(at(MON, "10:00:00"), 499, 501) | row for row in (good, bad)]
    write(raw / "q.dbn.zst", "mbp-1", rows, MON)
    (row,) = ingest_databento(raw, store).days
    assert row.report.faults == {"zero_size": 1}


@pytest.mark.parametrize("schema", ["mbp-1", "mbp-10", "cmbp-1", "tbbo", "bbo-1s", "trades"])
def test_how_much_is_read_at_a_time_changes_no_byte_of_the_store(
    raw, tmp_path, schema, monkeypatch
):
    symbols = {"ABCD": 1, "WXYZ": 2, "T": 3}
    rows = crowd(THU, symbols, 120, 1) + crowd(FRI, symbols, 120, 2)
    if schema in ("tbbo", "trades"):
        rows = [row | dict(action=b"T") for row in rows]
    rows[::9] = [row | dict(size=0, flags=0) for row in rows[::9]]
    for n in range(5, 200, 11):  # a little out of order
        rows[n], rows[n + 1] = rows[n + 1], rows[n]
    write(raw / "a.dbn.zst", schema, rows, THU, FRI, symbols=symbols)
    found = []
    for size in (1 << 22, 4000, 400):
        monkeypatch.setattr(dbn, "_CHUNK_BYTES", size)
        store = DayStore(tmp_path / str(size))
        result = ingest_databento(raw, store)
        assert (result.failed, result.refused) == ([], [])
        found.append(ids(store))
    assert found[0] == found[1] == found[2] != {}


def test_how_orders_are_cut_into_chunks_changes_no_byte_of_the_store(raw, tmp_path, monkeypatch):
    draw, rows, live = random.Random(11), [], {}
    ts = at(THU, "09:30:00")
    for n in range(1, 400):
        ts += draw.randrange(10**9)
        if live and draw.random() < 0.4:
            number, (price, side) = live.popitem()
            rows.append(order(ts, "C", number, price, 100, side, sequence=n))
        else:
            side = draw.choice("AB")
            price = (500 + (1 if side == "A" else -1) * draw.randrange(1, 9)) / 100
            live[n] = price, side
            rows.append(order(ts, "A", n, price, 100, side, sequence=n,
                              flags=draw.choice((0, LAST))))  # fmt: skip
    write(raw / "a.dbn.zst", "mbo", rows, THU, dataset="XNAS.ITCH")
    found = []
    for size in (1 << 22, 600):
        monkeypatch.setattr(dbn, "_CHUNK_BYTES", size)
        store = DayStore(tmp_path / str(size))
        ingest_databento(raw, store)
        found.append(ids(store))
    assert found[0] == found[1] != {}


def test_what_else_is_in_the_folder_changes_no_day(raw, tmp_path):
    write_day(raw, MON)
    found = []
    more = [
        lambda: None,
        lambda: write_day(raw, TUE),
        lambda: write_day(raw / "other", MON, symbols={"WXYZ": 9}),
        lambda: write(raw / "weekend.dbn.zst", "trades", [], "2025-03-08"),
    ]
    for n, add in enumerate(more):
        add()
        store = DayStore(tmp_path / str(n))
        ingest_databento(raw, store)
        found.append(store.manifest("ABCD", MON)["id"])
    assert len(set(found)) == 1


def test_every_file_has_an_outcome(raw, store):
    """Each is the source of a day, learned, refused, ignored, or named where a day failed."""
    write_day(raw, MON)
    write(raw / "status.dbn.zst", "status", [state(at(TUE, "09:30:00"))], TUE)
    write(raw / "hours.dbn.zst", "ohlcv-1h", [], MON)
    write(raw / "bars.dbn.zst", "ohlcv-1d", [], MON)
    write(raw / "cut.dbn.zst", "trades", [trade(at(THU, "10:00:00"))], THU, limit=1)
    write(raw / "twice.dbn.zst", "trades", [trade(at(THU, "10:00:00"))], FRI, symbols={"T": 1})
    result = ingest_databento(raw, store)
    named = [name for pairs in (result.refused, result.ignored) for name, _ in pairs]
    named += [name for name, _, _ in result.learned]
    named += list(itertools.chain(*([name for name, _ in day.sources] for day in store)))
    text = json.dumps(result.failed)
    for path in raw.iterdir():
        assert path.name in named or path.name in text, path.name
    assert ReferenceTables(store.root).rows("bars", "ABCD", 0, 2**62) == []
