"""Bars and definitions of Databento files go into the reference tables, as known at a time."""

import datetime as dt

import pytest
from dbn_files import UNDEF_PRICE, at, bar, definition, mapping, trade, write

from lowfloat.days import DayStore
from lowfloat.days.reference import ReferenceTables
from lowfloat.ingest import dbn, dbn_facts, ingest_databento

THU, FRI, MON = "2025-03-06", "2025-03-07", "2025-03-10"  # the clocks change before Monday
END_OF_TIME = 2**62
ITCH = dict(dataset="XNAS.ITCH")


@pytest.fixture
def store(tmp_path):
    return DayStore(tmp_path / "days")


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "raw"


def rows(store, table, symbol="ABCD"):
    return ReferenceTables(store.root).rows(table, symbol, 0, END_OF_TIME)


def dollars(row):
    return tuple(row[name] / 1e9 for name in ("open", "high", "low", "close"))


# --- bars ----------------------------------------------------------------------------------


@pytest.mark.parametrize("resolution", ["1s", "1m"])
def test_bars_of_a_session_become_one_bar_of_it(raw, store, resolution):
    made = [
        bar(at(MON, "03:59:00"), 9, 9, 9, 9, 1_000),
        bar(at(MON, "04:00:00"), 2, 8, 2, 3, 10),
        bar(at(MON, "09:30:00"), 4, 5, 3, 4, 100),
        bar(at(MON, "15:59:00"), 4, 6, 4, 5, 200),
        bar(at(MON, "19:59:00"), 5, 5, 1, 1, 20),
    ]
    write(raw / "a.dbn.zst", f"ohlcv-{resolution}", made, MON)
    result = ingest_databento(raw, store)
    assert result.learned == [("a.dbn.zst", "bars", 1)]
    assert (result.refused, result.ignored, result.days) == ([], [], [])
    (row,) = rows(store, "bars")
    assert dollars(row) == (4, 8, 1, 5)
    assert (row["volume"], row["resolution"], str(row["date"])) == (330, resolution, MON)
    assert row["known_at"] == at(MON, "20:00:00")


def test_a_bar_of_a_utc_date_is_known_only_once_that_date_is_over(raw, store):
    made = [bar(at(date, "00:00:00", "UTC"), 1, 2, 1, 2, 5) for date in (THU, FRI, MON)]
    write(raw / "a.dbn.zst", "ohlcv-1d", made, THU, MON)
    ingest_databento(raw, store)
    tables = ReferenceTables(store.root)
    assert [str(row["date"]) for row in rows(store, "bars")] == [THU, FRI, MON]
    known = tables.latest("bars", "ABCD", at(FRI, "20:00:00") - 1)
    assert str(known["date"]) == THU


def test_a_bar_of_a_weekend_is_no_session(raw, store):
    made = [bar(at(date, "00:00:00", "UTC"), 1, 2, 1, 2, 5) for date in (FRI, "2025-03-08")]
    write(raw / "a.dbn.zst", "ohlcv-1d", made, FRI, "2025-03-09")
    assert ingest_databento(raw, store).learned == [("a.dbn.zst", "bars", 1)]


def test_bars_that_come_file_by_file_in_winter_are_all_learned(raw, store):
    write(raw / "a.dbn.zst", "ohlcv-1s", [bar(at(THU, "09:30:00"), 1, 2, 1, 2, 100)], THU)
    evening = bar(at(THU, "19:30:00"), 3, 3, 3, 3, 5)
    made = [evening, bar(at(FRI, "09:30:00"), 1, 2, 1, 2, 7)]
    write(raw / "b.dbn.zst", "ohlcv-1s", made, FRI)
    result = ingest_databento(raw, store)
    assert result.refused == []
    assert [(str(row["date"]), row["volume"]) for row in rows(store, "bars")] == [
        (THU, 100), (FRI, 7),
    ]  # fmt: skip


def test_no_bar_is_made_of_a_part_of_a_session(raw, store):
    made = [bar(at(MON, "12:30:00"), 1, 2, 1, 2, 100)]
    write(raw / "a.dbn.zst", "ohlcv-1s", made, MON, start=at(MON, "12:00:00"))
    write(raw / "b.dbn.zst", "ohlcv-1m", made, MON, end=at(MON, "15:00:00"))
    ingest_databento(raw, store)
    assert rows(store, "bars") == []


def test_bars_of_many_symbols_go_each_to_its_own(raw, store):
    made = [bar(at(MON, "09:30:00"), n, n, n, n, n, instrument_id=n) for n in (1, 2, 3)]
    write(raw / "a.dbn.zst", "ohlcv-1s", made, MON, symbols={"ABCD": 1, "WXYZ": 2, "T": 3})
    assert ingest_databento(raw, store, symbols=["ABCD", "T"]).learned[0][2] == 2
    assert [len(rows(store, "bars", name)) for name in ("ABCD", "WXYZ", "T")] == [1, 0, 1]
    assert dollars(rows(store, "bars", "T")[0]) == (3, 3, 3, 3)


def test_bars_follow_an_instrument_that_changes_its_symbol(raw, store):
    made = [bar(at(date, "09:30:00"), 1, 1, 1, 1, 5) for date in (FRI, MON)]
    names = [mapping("ABCD", [(FRI, "2025-03-08", 1)]), mapping("WXYZ", [(MON, "2025-03-11", 1)])]
    write(raw / "a.dbn.zst", "ohlcv-1s", made, FRI, MON, mappings=names)
    ingest_databento(raw, store)
    assert [str(row["date"]) for row in rows(store, "bars")] == [FRI]
    assert [str(row["date"]) for row in rows(store, "bars", "WXYZ")] == [MON]


def test_the_same_bars_under_two_names_are_learned_once(raw, store):
    for name in ("a.dbn.zst", "b.dbn.zst"):
        write(raw / name, "ohlcv-1s", [bar(at(MON, "09:30:00"), 1, 1, 1, 1, 5)], MON)
    assert ingest_databento(raw, store).refused == []
    assert len(rows(store, "bars")) == 1


def test_bars_that_contradict_stored_ones_are_refused(raw, store):
    for name, price in (("a.dbn.zst", 1), ("b.dbn.zst", 2)):
        write(raw / name, "ohlcv-1s", [bar(at(MON, "09:30:00"), *[price] * 4, 5)], MON)
    ((name, message),) = ingest_databento(raw, store).refused
    assert name == "b.dbn.zst"
    assert "contradicts itself" in message
    assert [dollars(row)[0] for row in rows(store, "bars")] == [1]


@pytest.mark.parametrize(
    "bad", [dict(low=0), dict(high=1), dict(open=UNDEF_PRICE), dict(volume=2**64 - 1)]
)
def test_a_file_with_a_bar_that_cannot_be_is_refused_and_the_days_are_made(raw, store, bad):
    write(raw / "a.dbn.zst", "ohlcv-1s", [bar(at(MON, "09:30:00"), 5, 5, 5, 5, 5) | bad], MON)
    write(raw / "t.dbn.zst", "trades", [trade(at(MON, "09:30:00"))], MON)
    result = ingest_databento(raw, store)
    ((name, message),) = result.refused
    assert name == "a.dbn.zst"
    assert "bar 0 is" in message
    assert result.written == [f"ABCD/{MON}"]
    assert rows(store, "bars") == []


def test_a_truncated_file_of_bars_teaches_nothing(raw, store):
    path = raw / "a.dbn.zst"
    made = [bar(at(MON, "09:30:00") + n * 10**9, 5, 5, 5, 5, 5) for n in range(500)]
    write(path, "ohlcv-1s", made, MON)
    path.write_bytes(path.read_bytes()[:-9])
    assert [name for name, _ in ingest_databento(raw, store).refused] == ["a.dbn.zst"]
    assert rows(store, "bars") == []


def test_how_much_is_read_at_a_time_changes_no_bar(raw, store, tmp_path, monkeypatch):
    made = [
        bar(at(date, clock), 4, 5, 3, 4, 1 + n, instrument_id=1 + n % 2)
        for date in (THU, FRI, MON)
        for n, clock in enumerate(("09:30:00", "12:00:00") * 2)
    ]
    made.sort(key=lambda row: row["ts_event"])  # fmt: skip
    names = {"ABCD": 1, "WXYZ": 2}
    write(raw / "a.dbn.zst", "ohlcv-1s", made, THU, MON, symbols=names)
    ingest_databento(raw, store)
    monkeypatch.setattr(dbn, "_CHUNK_BYTES", 120)
    monkeypatch.setattr(dbn_facts, "_WAITING_BYTES", 100)
    other = DayStore(tmp_path / "other")
    ingest_databento(raw, other)
    for name in names:
        assert rows(store, "bars", name) == rows(other, "bars", name) != []


# --- definitions ---------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2, 3])
def test_definitions_of_every_version_are_learned(raw, store, version):
    made = definition(at(MON, "03:05:00"), min_price_increment=10_000_000, security_type=b"CS")
    write(raw / "a.dbn.zst", "definition", [made], MON, version=version, **ITCH)
    result = ingest_databento(raw, store)
    assert (result.refused, result.learned) == ([], [("a.dbn.zst", "definitions", 1)])
    assert rows(store, "definitions") == [dict(
        symbol="ABCD", known_at=at(MON, "03:05:00"), date=dt.date.fromisoformat(MON),
        tick_size=10_000_000, round_lot=100, type="CS", exchange="XNAS",
    )]  # fmt: skip


def test_what_a_definition_does_not_say_is_left_out(raw, store):
    made = definition(at(MON, "03:05:00"), min_lot_size_round_lot=2**31 - 1, exchange=b"")
    write(raw / "a.dbn.zst", "definition", [made], MON, **ITCH)
    assert ingest_databento(raw, store).refused == []
    (row,) = rows(store, "definitions")
    assert [row[name] for name in ("tick_size", "round_lot", "type", "exchange")] == [None] * 4


def test_a_definition_of_the_night_is_of_the_session_that_follows(raw, store):
    nights = [("2025-03-07", "21:00:00"), ("2025-03-09", "20:00:00"), (MON, "20:00:00")]
    made = [definition(at(*night)) for night in nights]
    write(raw / "a.dbn.zst", "definition", made, "2025-03-08", "2025-03-11", **ITCH)
    assert ingest_databento(raw, store).refused == []
    assert [str(row["date"]) for row in rows(store, "definitions")] == [MON, MON, "2025-03-11"]


def test_a_definition_is_not_known_before_it_came(raw, store):
    times = [at(MON, "03:05:00"), at(MON, "11:00:00")]
    made = [
        definition(ts, min_lot_size_round_lot=lot) for ts, lot in zip(times, (100, 10), strict=True)
    ]
    write(raw / "a.dbn.zst", "definition", made, MON, **ITCH)  # fmt: skip
    ingest_databento(raw, store)
    tables = ReferenceTables(store.root)
    assert tables.latest("definitions", "ABCD", times[0] - 1) is None
    assert tables.latest("definitions", "ABCD", times[1] - 1)["round_lot"] == 100
    assert tables.latest("definitions", "ABCD", times[1])["round_lot"] == 10


def test_facts_beside_days_do_not_change_the_days(raw, store, tmp_path):
    write(raw / "t.dbn.zst", "trades", [trade(at(MON, "09:30:00"))], MON)
    ingest_databento(raw, store)
    write(raw / "a.dbn.zst", "ohlcv-1s", [bar(at(MON, "09:30:00"), 5, 5, 5, 5, 100)], MON)
    write(raw / "b.dbn.zst", "definition", [definition(at(MON, "03:05:00"))], MON, **ITCH)
    result = ingest_databento(raw, store)
    assert (result.unchanged, len(result.learned)) == ([f"ABCD/{MON}"], 2)
