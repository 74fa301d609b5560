"""Folders of a batch download: what the vendor's notes beside the files say is taken seriously."""

import json

import pytest
from dbn_files import at, trade, write, write_busy_day, write_day, write_notes

from lowfloat.days import DayStore
from lowfloat.ingest import ingest_databento

DATE, NEXT = "2025-03-10", "2025-03-11"
TRADES = f"{DATE}.trades.dbn.zst"


@pytest.fixture
def store(tmp_path):
    return DayStore(tmp_path / "days")


@pytest.fixture
def raw(tmp_path):
    """A folder of two full days, without notes."""
    for date in (DATE, NEXT):
        write_day(tmp_path / "raw", date)
    return tmp_path / "raw"


def nameless(folder, name="a.dbn.zst", number=1, **options):
    """Write a file of prints whose header maps nothing, as those of all symbols are."""
    rows = [trade(at(DATE, "09:30:00"), instrument_id=number)]
    return write(folder / name, "trades", rows, DATE, mappings=[], **options)


def interval(begin=DATE, end=NEXT, number="1"):
    return dict(d0=begin, d1=end, s=number)


# --- the manifest --------------------------------------------------------------------------


def test_the_notes_of_a_whole_batch_are_no_outcome_of_their_own(raw, store):
    write_notes(raw, condition=[], symbology={})
    result = ingest_databento(raw, store)
    assert result.written == [f"ABCD/{DATE}", f"ABCD/{NEXT}"]
    assert (result.ignored, result.refused, result.failed) == ([], [], [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(hash="sha256:" + "0" * 64), "its hash was sha256:"),
        (dict(size=7), "its manifest says 7"),
        (dict(hash="md5:0"), "its manifest says md5:0"),
    ],
)
def test_a_file_that_is_not_what_its_manifest_says_is_refused(raw, store, change, words):
    write_notes(raw, changed={TRADES: change})
    result = ingest_databento(raw, store)
    ((name, message),) = result.refused
    assert name == TRADES
    assert words in message
    assert f"ABCD/{NEXT}" in result.written


def test_a_flipped_bit_of_an_unpacked_file_is_found_by_its_manifest(tmp_path, store):
    path = write(tmp_path / "raw" / "a.dbn", "trades", [trade(at(DATE, "09:30:00"))], DATE)
    write_notes(path.parent)
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)
    ((name, message),) = ingest_databento(path.parent, store).refused
    assert name == "a.dbn"
    assert "its hash was" in message


def test_an_unpacked_file_that_a_manifest_lists_is_not_unhashed(tmp_path, store):
    write(tmp_path / "raw" / "a.dbn", "trades", [trade(at(DATE, "09:30:00"))], DATE)
    write_notes(tmp_path / "raw")
    (row,) = ingest_databento(tmp_path / "raw", store).days
    assert "unhashed_source" not in row.flags


def test_an_unpacked_file_that_a_manifest_does_not_list_is_unhashed(tmp_path, store):
    write_day(tmp_path / "raw", NEXT)
    write_notes(tmp_path / "raw")
    write(tmp_path / "raw" / "a.dbn", "trades", [trade(at(DATE, "09:30:00"))], DATE)
    rows = ingest_databento(tmp_path / "raw", store).days
    assert ["unhashed_source" in row.flags for row in rows] == [True, False]


def test_a_file_that_is_listed_and_not_there_is_named(raw, store):
    write_notes(raw)
    (raw / TRADES).unlink()
    result = ingest_databento(raw, store)
    ((name, message),) = result.refused
    assert name == TRADES
    assert "is listed in its manifest and is not there" in message


def test_a_file_of_a_batch_is_taken_alone_if_it_is_named_alone(raw, store):
    write_notes(raw)
    result = ingest_databento(raw / TRADES, store)
    assert result.written == [f"ABCD/{DATE}"]
    assert result.refused == []


@pytest.mark.parametrize(
    "content",
    [
        "{oops",
        '{"job_id": "X", "files": 3}',
        '{"job_id": "X", "files": ["a"]}',
        '{"job_id": "X", "files": [{"filename": "a"}]}',
        '{"job_id": "X", "files": [{"filename": "a", "size": "x", "hash": ""}]}',
        '{"job_id": "X", "files": [{"filename": 5, "size": 1, "hash": ""}]}',
        '{"job_id": "X", "files": [{"filename": [], "size": 1, "hash": ""}]}',
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused_and_the_days_are_made(raw, store, content):
    (raw / "manifest.json").write_text(content)
    result = ingest_databento(raw, store)
    assert [name for name, _ in result.refused] == ["manifest.json"]
    assert len(result.written) == 2


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "x" * 5000, "", "."])
def test_a_manifest_that_names_anything_but_files_beside_it_is_refused(raw, store, name):
    (raw.parent / "secret").write_text("not for this ingest")
    write_notes(raw, more=[dict(filename=name, size=1, hash="sha256:0")])
    result = ingest_databento(raw, store)
    assert [name for name, _ in result.refused] == ["manifest.json"]
    assert len(result.written) == 2


def test_the_manifest_of_something_else_says_nothing_of_the_files(raw, store):
    (raw / "manifest.json").write_text(json.dumps(dict(files=[dict(filename="x")], name="an app")))
    result = ingest_databento(raw, store)
    assert (len(result.written), result.refused) == (2, [])
    assert [name for name, _ in result.ignored] == ["manifest.json"]


# --- the condition -------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["degraded", "pending", "missing"])
def test_a_day_that_the_vendor_calls_not_whole_is_flagged(tmp_path, store, word):
    raw = tmp_path / "raw"
    for date in (DATE, NEXT):
        write_busy_day(raw, date)
    said = [dict(date=DATE, condition=word), dict(date=NEXT, condition="available")]
    write_notes(raw, condition=said)
    assert [row.flags for row in ingest_databento(raw, store).days] == [("degraded",), ()]


@pytest.mark.parametrize("content", ["[1]", '[{"date": []}]', "{oops", '{"a": 1}', "3"])
def test_conditions_that_cannot_be_read_fail_the_days_by_name(raw, store, content):
    (raw / "condition.json").write_text(content)
    write_notes(raw)
    result = ingest_databento(raw, store)
    assert [name for name, _ in result.failed] == [f"ABCD/{DATE}", f"ABCD/{NEXT}"]
    assert all("condition.json" in message for _, message in result.failed)


def test_conditions_without_a_manifest_are_not_believed(raw, store):
    said = [dict(date=DATE, condition="degraded")]
    (raw / "condition.json").write_text(json.dumps(said))
    rows = ingest_databento(raw, store).days
    assert not any("degraded" in row.flags for row in rows)


# --- the symbology -------------------------------------------------------------------------


def test_a_file_without_mappings_takes_its_tickers_from_the_symbology(tmp_path, store):
    nameless(tmp_path / "raw")
    write_notes(tmp_path / "raw", symbology={"ABCD": [interval()], "WXYZ": [interval(number="2")]})
    result = ingest_databento(tmp_path / "raw", store)
    assert result.written == [f"ABCD/{DATE}"]
    assert store["ABCD", DATE].trades.price.tolist() == [5_000_000_000]


def test_a_symbology_may_change_an_instrument_from_day_to_day(tmp_path, store):
    told = ((DATE, 1.0, 1), (NEXT, 1.0, 2), (NEXT, 2.0, 1))
    rows = [
        trade(at(date, "09:30:00"), price, instrument_id=number) for date, price, number in told
    ]
    write(tmp_path / "raw" / "a.dbn.zst", "trades", rows, DATE, NEXT, mappings=[])
    write_notes(tmp_path / "raw", symbology={
        "ABCD": [interval(), interval(NEXT, "2025-03-12", "2")],
        "WXYZ": [interval(NEXT, "2025-03-12", "1")],
    })  # fmt: skip
    ingest_databento(tmp_path / "raw", store)
    prices = {(day.symbol, str(day.date)): day.trades.price.tolist() for day in store}
    one, two = [1_000_000_000], [2_000_000_000]
    assert prices == {("ABCD", DATE): one, ("ABCD", NEXT): one, ("WXYZ", NEXT): two}


def test_a_header_that_names_tickers_is_believed_before_the_symbology(tmp_path, store):
    write(tmp_path / "raw" / "a.dbn.zst", "trades", [trade(at(DATE, "09:30:00"))], DATE)
    write_notes(tmp_path / "raw", symbology={"WXYZ": [interval()]})
    assert ingest_databento(tmp_path / "raw", store).written == [f"ABCD/{DATE}"]


def test_a_symbology_that_is_not_what_the_manifest_says_is_not_used(tmp_path, store):
    raw = tmp_path / "raw"
    nameless(raw)
    write_notes(raw, symbology={"ABCD": [interval()]})
    (raw / "symbology.json").write_text(json.dumps({"result": {"WXYZ": [interval()]}}))
    result = ingest_databento(raw, store)
    assert result.written == []
    ((name, message),) = result.refused
    assert name == "a.dbn.zst"
    assert "symbology.json: its hash was" in message


@pytest.mark.parametrize(
    "content",
    [
        "{oops",
        "[]",
        "{}",
        '{"result": []}',
        '{"result": {"ABCD": [{"d0": "2025-03-10"}]}}',
        '{"result": {"ABCD": [{"d0": "monday", "d1": "2025-03-11", "s": "1"}]}}',
        '{"result": {"ABCD": [{"d0": "2025-03-10", "d1": "2025-03-11", "s": "WXYZ"}]}}',
        '{"result": {"ABCD": [{"d0": "2025-03-10", "d1": "2025-03-11", "s": "-1"}]}}',
        '{"result": {"ABCD": [{"d0": "2025-03-10", "d1": "2025-03-11", "s": "4294967296"}]}}',
    ],
)
def test_a_symbology_that_maps_nothing_to_numbers_refuses_its_file(tmp_path, store, content):
    nameless(tmp_path / "raw")
    (tmp_path / "raw" / "symbology.json").write_text(content)
    write_notes(tmp_path / "raw")
    result = ingest_databento(tmp_path / "raw", store)
    ((name, message),) = result.refused
    assert name == "a.dbn.zst"
    assert "symbology.json" in message


def test_a_nameless_file_without_a_symbology_is_refused(tmp_path, store):
    nameless(tmp_path / "raw")
    ((name, message),) = ingest_databento(tmp_path / "raw", store).refused
    assert name == "a.dbn.zst"
    assert "maps no instrument to a ticker" in message


def test_each_batch_has_its_own_symbology(tmp_path, store):
    for folder, ticker in (("one", "ABCD"), ("two", "WXYZ")):
        nameless(tmp_path / "raw" / folder)
        write_notes(tmp_path / "raw" / folder, symbology={ticker: [interval()]})
    result = ingest_databento(tmp_path / "raw", store)
    assert result.written == [f"ABCD/{DATE}", f"WXYZ/{DATE}"]
