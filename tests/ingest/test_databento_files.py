"""Files that cannot be used or are not needed: each has one outcome, and the rest goes on."""

import os
import struct

import pytest
from dbn_files import at, encode, pack, quote, trade, write, write_busy_day, write_day

from lowfloat.days import DayStore
from lowfloat.errors import FeedError
from lowfloat.ingest import ingest_databento

BROKEN, GOOD = "2025-03-10", "2025-03-11"


@pytest.fixture
def store(tmp_path):
    return DayStore(tmp_path / "days")


@pytest.fixture
def raw(tmp_path):
    """A folder of two full days; the tests break the first."""
    for date in (BROKEN, GOOD):
        write_day(tmp_path / "raw", date)
    return tmp_path / "raw"


def spoil(path, change):
    """Replace the bytes of a file by ``change`` of them."""
    path.write_bytes(change(path.read_bytes()))


def outcome(raw, store):
    """Ingest a folder with one bad file; return the message, once the other day is in."""
    result = ingest_databento(raw, store)
    assert result.written == [f"ABCD/{GOOD}"]
    store.verify("ABCD", GOOD)
    ((name, message),) = result.refused
    assert name in message
    return message


@pytest.mark.parametrize("kind", ["trades", "mbp-1", "status"])
def test_a_truncated_file_is_refused_and_the_rest_is_ingested(raw, store, kind):
    spoil(raw / f"{BROKEN}.{kind}.dbn.zst", lambda data: data[:-9])
    assert "Truncated compressed stream" in outcome(raw, store)


def test_a_day_is_not_made_of_what_a_refused_file_leaves(raw, store):
    name = f"{BROKEN}.mbp-1.dbn.zst"
    spoil(raw / name, lambda data: data[:-9])
    ((day, message),) = ingest_databento(raw, store).failed
    assert day == f"ABCD/{BROKEN}"
    assert f"its file `{name}` was refused" in message


def test_all_files_that_keep_a_day_from_being_made_are_named_at_once(raw, store):
    names = [f"{BROKEN}.{kind}.dbn.zst" for kind in ("mbp-1", "status", "trades")]
    for name in names:
        spoil(raw / name, lambda data: data[:-9])
    result = ingest_databento(raw, store)
    assert [name for name, _ in result.refused] == names
    assert all(name in result.failed[0][1] for name in names)


def test_a_refused_file_never_touches_a_stored_day(raw, store):
    ingest_databento(raw, store)
    spoil(raw / f"{BROKEN}.mbp-1.dbn.zst", lambda data: data[:-9])
    result = ingest_databento(raw, store)
    assert result.unchanged == [f"ABCD/{GOOD}"]
    store.verify("ABCD", BROKEN)


def test_a_refused_following_file_only_ends_a_winter_day_earlier(tmp_path, store):
    raw = tmp_path / "raw"
    write(raw / "a.dbn.zst", "trades", [trade(at("2025-03-06", "09:30:00"))], "2025-03-06")
    write(raw / "b.dbn.zst", "trades", [trade(at("2025-03-06", "19:30:00"))], "2025-03-07")
    spoil(raw / "b.dbn.zst", lambda data: data[:-9])
    result = ingest_databento(raw, store)
    assert [row.coverage_end for row in result.days] == ["19:00:00"]
    assert [name for name, _ in result.failed] == ["ABCD/2025-03-07"]


def test_a_flipped_bit_in_a_packed_file_is_refused(raw, store):
    name = f"{BROKEN}.trades.dbn.zst"
    spoil(raw / name, lambda data: data[:-30] + bytes([data[-30] ^ 16]) + data[-29:])
    assert "cannot be read" in outcome(raw, store)


def test_a_file_whose_header_is_lost_is_refused_and_missed_on_its_day(raw, store):
    spoil(raw / f"{BROKEN}.mbp-1.dbn.zst", lambda data: data[:40])
    result = ingest_databento(raw, store)
    assert [name for name, _ in result.refused] == [f"{BROKEN}.mbp-1.dbn.zst"]
    assert [row.date.isoformat() for row in result.days] == [BROKEN, GOOD]
    assert "quotes_rebuilt" in result.days[0].flags
    assert "quotes_rebuilt" not in result.days[1].flags


def test_a_file_cut_within_its_first_bytes_is_refused(raw, store):
    spoil(raw / f"{BROKEN}.trades.dbn.zst", lambda data: data[:3])
    assert "does not begin like it" in ingest_databento(raw, store).refused[0][1]


def test_bytes_after_the_last_record_are_refused(raw, store):
    (raw / f"{BROKEN}.trades.dbn.zst").unlink()
    data = encode("trades", [trade(at(BROKEN, "09:30:00"))], BROKEN)
    (raw / "x.dbn").write_bytes(data + b"\0" * 7)
    assert "ends within record 1" in outcome(raw, store)


def test_a_header_that_is_cut_is_refused(raw, store):
    data = encode("trades", [], BROKEN)
    (raw / "x.dbn.zst").write_bytes(pack(data[:50]))
    assert "ends within its header" in ingest_databento(raw, store).refused[0][1]


def test_garbage_named_like_dbn_is_refused(raw, store):
    (raw / "x.dbn.zst").write_bytes(b"\xff\x00garbage" * 40)
    assert (
        "named like DBN but does not begin like it"
        in dict(ingest_databento(raw, store).refused)["x.dbn.zst"]
    )


@pytest.mark.parametrize(
    ("at_byte", "value"),
    [
        (3, 9),
        (8 + 16, 0x7F),
        (8 + 22, 0xFF),
        (8 + 45, 0xFF),
        (8 + 104, 0xFF),
        (8 + 191, 0xFF),
        (8 + 266, 0xFF),
    ],
    ids=["version", "schema", "start", "text width", "symbol count", "symbol", "date"],
)
def test_a_damaged_header_is_refused_by_name(tmp_path, store, at_byte, value):
    data = bytearray(encode("trades", [trade(at(GOOD, "09:30:00"))], GOOD))
    for i in range(1 if at_byte == 3 else 4):
        data[at_byte + i] = value
    (tmp_path / "x.dbn").write_bytes(bytes(data))
    ((name, message),) = ingest_databento(tmp_path / "x.dbn", store).refused
    assert name == "x.dbn"
    assert "x.dbn: " in message


def test_no_flipped_bit_and_no_cut_of_a_header_ends_in_anything_but_an_answer(tmp_path, store):
    data = encode("status", [], GOOD)
    path = tmp_path / "x.dbn"
    flips = (data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :] for i in range(len(data)))
    cuts = (data[:i] for i in range(1, len(data), 3))
    for damaged in (*flips, *cuts):
        path.write_bytes(damaged)
        result = ingest_databento(path, store)
        assert result.written == []


def test_a_file_of_another_kind_in_a_folder_is_ignored(raw, store):
    (raw / "bars.csv").write_text("ts,open\n1,2\n1,2\n")
    (raw / "condition.json").write_text("{}")
    result = ingest_databento(raw, store)
    assert [name for name, _ in result.ignored] == ["bars.csv", "condition.json"]
    assert result.refused == []


def test_a_file_of_another_kind_that_is_named_itself_is_refused(tmp_path, store):
    path = tmp_path / "bars.csv"
    path.write_text("ts,open\n1,2\n")
    ((name, message),) = ingest_databento(path, store).refused
    assert name == "bars.csv"
    assert "is not a DBN file" in message


def test_an_empty_file_is_refused(raw, store):
    (raw / "x.dbn").touch()
    assert "is empty" in ingest_databento(raw, store).refused[0][1]


@pytest.mark.parametrize("packed", [False, True])
def test_a_fragment_without_a_header_is_refused(raw, store, packed):
    rows = [quote(at(GOOD, "09:30:00"))] * 3
    whole = encode("mbp-1", rows, GOOD)
    records = whole[len(encode("mbp-1", [], GOOD)) :]
    (raw / "x.bin").write_bytes(pack(records) if packed else records)
    assert "fragment" in dict(ingest_databento(raw, store).refused)["x.bin"]


def test_a_file_of_the_old_dbz_format_is_refused(raw, store):
    (raw / "x.bin").write_bytes(struct.pack("<II", 0x184D2A50, 144) + b"DBZ\1" + bytes(140))
    assert "old DBZ format" in dict(ingest_databento(raw, store).refused)["x.bin"]


def test_a_schema_that_is_not_used_is_ignored_by_its_name(raw, store):
    write(raw / "x.dbn.zst", "ohlcv-1h", [], GOOD)
    write(raw / "y.dbn.zst", "statistics", [], GOOD)
    assert ingest_databento(raw, store).ignored == [
        ("x.dbn.zst", "schema `ohlcv-1h` is not used"),
        ("y.dbn.zst", "schema `statistics` is not used"),
    ]


def test_futures_are_ignored_with_their_dataset(raw, store):
    write(raw / "x.dbn.zst", "trades", [], GOOD, dataset="GLBX.MDP3", symbols={"ESH5": 1})
    assert ("x.dbn.zst", "dataset `GLBX.MDP3` is not of US stocks") in ingest_databento(
        raw, store
    ).ignored


def bad(raw, rows, **options):
    """Put one bad trades file in the place of a good one."""
    write(raw / f"{BROKEN}.trades.dbn.zst", "trades", rows, BROKEN, **options)


def test_a_file_whose_receipt_times_go_back_by_more_than_a_second_is_refused(raw, store):
    ts = at(BROKEN, "09:30:00")
    bad(raw, [trade(ts), trade(ts + 2 * 10**9), trade(ts + 10**9 - 1), trade(ts + 3 * 10**9)])
    message = outcome(raw, store)
    assert "`ts_recv` goes back by 1.0 seconds at record 2" in message


def test_receipt_times_that_go_back_by_less_are_put_in_order_and_counted(raw, store):
    ts = at(BROKEN, "09:30:00")
    seconds = [0, 2, 1, 3]
    bad(raw, [trade(ts + n * 10**9, 5 + n / 100, sequence=n + 1) for n in seconds])
    result = ingest_databento(raw, store)
    trades = store["ABCD", BROKEN].trades
    assert trades.sequence.tolist() == [1, 2, 3, 4]
    assert trades.price.tolist() == [5_000_000_000 + n * 10_000_000 for n in range(4)]
    assert result.days[0].report.faults == {"out_of_order": 1}


@pytest.mark.parametrize("ts", [at("2025-03-12", "09:30:00"), 2**64 - 1, 0])
def test_a_record_outside_the_span_of_its_header_is_refused(raw, store, ts):
    bad(raw, [trade(at(BROKEN, "09:30:00")), trade(at(BROKEN, "09:31:00")) | {"ts_recv": ts}])
    assert f"record 1 was received at {ts}" in outcome(raw, store)


def test_a_record_of_an_instrument_without_symbol_is_refused(raw, store):
    bad(raw, [trade(at(BROKEN, "09:30:00"), instrument_id=77)])
    assert "record 0 is of instrument 77" in outcome(raw, store)


def test_a_record_of_another_type_is_refused(raw, store):
    bad(raw, [trade(at(BROKEN, "09:30:00")), trade(at(BROKEN, "09:30:00"), rtype=1)])
    assert "record 1 has type 1" in outcome(raw, store)


def test_a_file_cut_by_its_limit_is_refused(raw, store):
    bad(raw, [trade(at(BROKEN, "09:30:00"))] * 3, limit=3)
    assert "was cut at `limit` 3 records" in outcome(raw, store)


def test_a_limit_that_was_not_reached_does_no_harm(raw, store):
    bad(raw, [trade(at(BROKEN, "09:30:00"))] * 2, limit=3)
    assert ingest_databento(raw, store).refused == []


def test_a_capture_without_an_end_is_refused(raw, store):
    bad(raw, [trade(at(BROKEN, "09:30:00"))], open_ended=True)
    assert "no `end`" in ingest_databento(raw, store).refused[0][1]


def test_a_file_without_symbols_is_refused(raw, store):
    write(raw / "x.dbn.zst", "trades", [], GOOD, symbols={})
    assert "maps no instrument to a ticker" in ingest_databento(raw, store).refused[0][1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(raw, store):
    (raw / f"{BROKEN}.trades.dbn.zst").chmod(0)
    assert "cannot be read" in ingest_databento(raw, store).refused[0][1]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_format_is_read(tmp_path, store, version):
    write_busy_day(tmp_path / "raw", GOOD, version=version)
    assert ingest_databento(tmp_path / "raw", store).days[0].flags == ()


def test_packed_and_unpacked_files_make_the_same_records(tmp_path, store):
    rows = [trade(at(GOOD, "09:30:00") + n) for n in range(100)]
    plain = write(tmp_path / "x.dbn", "trades", rows, GOOD)
    packed = write(tmp_path / "x.dbn.zst", "trades", rows, GOOD)
    ingest_databento(plain, store)
    other = DayStore(tmp_path / "other")
    ingest_databento(packed, other)
    assert store["ABCD", GOOD].trades.ts_recv.tolist() == [row["ts_recv"] for row in rows]
    for one, two in zip(store["ABCD", GOOD].trades, other["ABCD", GOOD].trades, strict=True):
        assert one.tolist() == two.tolist()
    assert "unhashed_source" in store["ABCD", GOOD].flags
    assert "unhashed_source" not in other["ABCD", GOOD].flags


def test_a_packed_file_without_a_checksum_is_flagged_too(tmp_path, store):
    data = encode("trades", [trade(at(GOOD, "09:30:00"))], GOOD)
    (tmp_path / "x.dbn.zst").write_bytes(pack(data, checksum=False))
    (row,) = ingest_databento(tmp_path / "x.dbn.zst", store).days
    assert "unhashed_source" in row.flags


def test_a_file_with_times_of_sending_is_refused(tmp_path, store):
    path = write(tmp_path / "x.dbn", "trades", [trade(at(GOOD, "09:30:00"))], GOOD, ts_out=True)
    ((name, message),) = ingest_databento(path, store).refused
    assert name == "x.dbn"
    assert "record 0 has type 0 and 56 bytes; trades has type 0 and 48" in message


def test_the_same_file_under_two_names_makes_no_day_and_names_both(tmp_path, store):
    rows = [trade(at(GOOD, "09:30:00"))]
    for name in ("a.dbn.zst", "b.dbn.zst"):
        write(tmp_path / "raw" / name, "trades", rows, GOOD)
    ((_, message),) = ingest_databento(tmp_path / "raw", store).failed
    assert "both in `a.dbn.zst` and in `b.dbn.zst`" in message


def test_a_link_to_a_file_is_that_file(tmp_path, store):
    path = write(tmp_path / "raw" / "a.dbn.zst", "trades", [trade(at(GOOD, "09:30:00"))], GOOD)
    (tmp_path / "raw" / "b.dbn.zst").symlink_to(path)
    result = ingest_databento(tmp_path / "raw", store)
    assert (result.written, result.failed) == ([f"ABCD/{GOOD}"], [])


def test_files_of_part_of_a_day_are_joined_and_a_refused_one_ends_the_day(tmp_path, store):
    raw, noon, three = tmp_path / "raw", at(GOOD, "12:00:00"), at(GOOD, "15:00:00")
    parts = [(None, noon, "09:30:00"), (noon, three, "13:00:00"), (three, None, "16:00:00")]
    for n, (start, end, clock) in enumerate(parts):
        rows = [trade(at(GOOD, clock))]
        write(raw / f"{n}.dbn.zst", "trades", rows, GOOD, start=start, end=end)
    whole = DayStore(tmp_path / "whole")
    (row,) = ingest_databento(raw, whole).days
    assert (row.trades, row.coverage_end) == (3, "20:00:00")
    spoil(raw / "1.dbn.zst", lambda data: data[:-9])
    result = ingest_databento(raw, store)
    (row,) = result.days
    assert [name for name, _ in result.refused] == ["1.dbn.zst"]
    assert (row.trades, row.coverage_end) == (1, "12:00:00")
    assert "ends_early" in row.flags
    assert [name for name, _ in store["ABCD", GOOD].sources] == ["0.dbn.zst"]


def test_content_decides_and_not_the_name(tmp_path, store):
    write(tmp_path / "holiday photo.jpg.zst", "trades", [trade(at(GOOD, "09:30:00"))], GOOD)
    assert ingest_databento(tmp_path / "holiday photo.jpg.zst", store).written == [f"ABCD/{GOOD}"]


def test_a_glob_and_a_list_take_what_they_name_and_no_file_twice(raw, store):
    pattern = str(raw / f"{GOOD}.*.zst")
    result = ingest_databento([pattern, raw / f"{GOOD}.trades.dbn.zst"], store)
    assert result.written == [f"ABCD/{GOOD}"]
    assert result.failed == []


def test_folders_below_the_folder_are_searched(tmp_path, store):
    write_day(tmp_path / "raw" / "deep" / "down", GOOD)
    assert ingest_databento(tmp_path / "raw", store).written == [f"ABCD/{GOOD}"]


@pytest.mark.parametrize("source", ["nowhere", "nowhere/*.zst", "."])
def test_a_source_that_names_no_file_is_an_error(tmp_path, store, source, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FeedError, match="names no file"):
        ingest_databento(source, store)
