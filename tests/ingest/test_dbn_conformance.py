"""The vendor's own test files: each is read as the vendor reads it, ignored or refused."""

import dataclasses

import numpy as np
import pytest
from vendor_files import files

from lowfloat.days import DayStore
from lowfloat.errors import FeedError
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn import OPEN_END, read_header, read_records

databento = pytest.importorskip("databento", reason="it is compared with")

MEANT_TO_BE_REFUSED = (".dbz", ".frag", ".frag.zst")
USED = ("trades", "mbp-1", "status")


def is_readable(path):
    return ".dbn" in path.name and not path.name.endswith(MEANT_TO_BE_REFUSED)


def is_used(path):
    return is_readable(path) and read_header(path).schema in USED


FILES = files("dbn-conformance")
READABLE = [param for param in FILES if param.marks or is_readable(*param.values)]
READ = [param for param in READABLE if param.marks or is_used(*param.values)]


@pytest.mark.parametrize("path", FILES)
def test_every_file_has_one_clear_outcome(path, tmp_path):
    result = ingest_databento(path, DayStore(tmp_path))
    outcomes = [*result.refused, *result.ignored]
    assert result.written == []  # all are cut at a limit of 2 to 4 records, or not of stocks
    assert all(text for _, text in outcomes)
    if path.name.endswith(MEANT_TO_BE_REFUSED) or not is_readable(path):
        assert [name for name, _ in result.refused] == [path.name]
    elif read_header(path).schema in USED and read_header(path).dataset in (
        "EQUS.MINI",
        "XNAS.ITCH",
    ):
        assert "was cut at `limit`" in dict(result.refused)[path.name]
        assert len(result.failed) == 1
    else:
        assert [name for name, _ in result.ignored] == [path.name]


@pytest.mark.parametrize("path", READABLE)
def test_headers_are_read_as_the_vendor_reads_them(path):
    header, theirs = read_header(path), databento.DBNStore.from_file(path).metadata
    assert header.dataset == theirs.dataset
    assert header.schema == (theirs.schema or "")
    assert header.start_ns == theirs.start
    assert header.end_ns == (theirs.end or OPEN_END)
    assert header.limit == (theirs.limit or 0)
    if theirs.stype_in == "raw_symbol":
        assert {item.symbol for item in header.mapped} == {
            name for name, spans in theirs.mappings.items() if any(s["symbol"] for s in spans)
        }


@pytest.mark.parametrize("path", READ)
def test_records_are_read_as_the_vendor_reads_them(path):
    header = read_header(path)
    records = read_records(path, dataclasses.replace(header, limit=0))
    theirs = databento.DBNStore.from_file(path).to_ndarray()
    assert records.count == len(theirs) > 0
    (ours,) = records.rows.values()
    names = ["ts_recv", "ts_event", "publisher_id", "action", "instrument_id"]
    names += ["reason"] if header.schema == "status" else ["price", "size", "flags", "sequence"]
    for name in names:
        column = theirs[name].view("u1") if theirs[name].dtype.kind == "S" else theirs[name]
        np.testing.assert_array_equal(ours.records[name], column)
    if header.schema == "mbp-1":
        for ours_name, name in (("bid_price", "bid_px_00"), ("ask_price", "ask_px_00"),
                                ("bid_size", "bid_sz_00"), ("ask_size", "ask_sz_00")):  # fmt: skip
            np.testing.assert_array_equal(ours.records[ours_name], theirs[name])


@pytest.mark.parametrize("path", [p for p in READ if p.marks or p.values[0].suffix == ".zst"])
def test_every_cut_of_a_packed_file_is_refused(path, tmp_path):
    data = path.read_bytes()
    cut = tmp_path / path.name
    for size in range(len(data)):
        cut.write_bytes(data[:size])
        with pytest.raises(FeedError, match=path.name):
            read_records(cut, dataclasses.replace(read_header(cut), limit=0))
