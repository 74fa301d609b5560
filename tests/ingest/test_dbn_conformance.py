"""The vendor's own test files: each has one declared outcome, and is read as the vendor reads it.

The files are cut at a limit of 2 to 4 records, so each is tried a second time with the limit taken
out of its header: what becomes of such a file if it is whole.
"""

import dataclasses
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from vendor_files import files

from lowfloat.days import DayStore
from lowfloat.errors import FeedError
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn import OPEN_END, read_header, read_records

databento = pytest.importorskip("databento", reason="it is compared with")

FILES = files("dbn-conformance")

NOT_DBN = ("refused", "is not a DBN file")
CUT = ("refused", "was cut at `limit`")
UNUSED = ("ignored", "schema `{schema}` is not used")
OTHER_MARKET = ("ignored", "dataset `{dataset}` is not of US stocks")
DEFINITIONS, BARS = ("learned", "definitions"), ("learned", "bars")
DAY = ("written", "")

KINDS = {
    ".dbz": ("refused", "is of the old DBZ format"),
    ".frag": ("refused", "is a fragment of DBN records without the header"),
    ".frag.zst": ("refused", "is a fragment of DBN records without the header"),
    ".jsonl": NOT_DBN,
    "LICENSE": NOT_DBN,
}
"""Outcomes of files without a header, by the end of their names."""

ALL = (1, 2, 3)
STOCKS = ("EQUS.MINI", "XNAS.ITCH")
OTHERS = ("GLBX.MDP3", "OPRA.PILLAR", "IFEU.IMPACT", "NDEX.IMPACT")

OUTCOMES = [
    # schema, datasets, versions, outcome as it is, outcome without the limit
    ("trades", STOCKS, ALL, CUT, DAY),
    ("mbp-1", STOCKS, ALL, CUT, DAY),
    ("tbbo", STOCKS, ALL, CUT, DAY),
    ("mbp-10", STOCKS, ALL, CUT, DAY),
    ("mbo", STOCKS, ALL, CUT, DAY),
    ("bbo-1s", STOCKS, ALL, CUT, DAY),
    ("bbo-1m", STOCKS, ALL, CUT, DAY),
    ("ohlcv-1s", STOCKS, ALL, CUT, BARS),
    ("ohlcv-1m", STOCKS, ALL, CUT, BARS),
    ("ohlcv-1d", STOCKS, ALL, BARS, BARS),  # of one bar, less than the limit
    ("ohlcv-1h", (*STOCKS, *OTHERS), ALL, UNUSED, UNUSED),
    ("imbalance", STOCKS, ALL, UNUSED, UNUSED),
    ("statistics", OTHERS, ALL, UNUSED, UNUSED),
    ("", OTHERS, ALL, ("ignored", "schema `mixed` is not used"), None),  # a live capture
    *(
        (schema, OTHERS, ALL, OTHER_MARKET, OTHER_MARKET)
        for schema in (
            "trades", "mbp-1", "tbbo", "mbp-10", "mbo", "bbo-1s", "bbo-1m", "cmbp-1", "cbbo-1s",
            "cbbo-1m", "status", "definition", "ohlcv-1s", "ohlcv-1m", "ohlcv-1d",
        )
    ),
]  # fmt: skip
"""Outcomes of files with a header."""

DEFINITION_OUTCOMES = {2: (CUT, DEFINITIONS), 4: (DEFINITIONS, DEFINITIONS)}
"""Outcomes of definitions of stocks, by the limit: the files of 4 hold but one record."""


def header_of(path):
    try:
        return read_header(path)
    except FeedError:
        return None


def declared(path):
    """Return the declared outcomes that match a file, as it is and without its limit."""
    header = header_of(path)
    if header is None:
        return [(outcome, None) for end, outcome in KINDS.items() if path.name.endswith(end)]
    found = [
        (as_is, whole)
        for schema, datasets, versions, as_is, whole in OUTCOMES
        if (schema, True, True)
        == (header.schema, header.dataset in datasets, header.version in versions)
    ]
    if header.schema == "definition" and header.dataset in STOCKS:
        found.append(DEFINITION_OUTCOMES[header.limit])
    return found


def check(result, name, outcome, header):
    """Assert that a file had the outcome and no other."""
    kind, words = outcome
    words = words.format(**dataclasses.asdict(header)) if header else words
    outcomes = {
        "refused": [(file, text) for file, text in result.refused],
        "ignored": result.ignored,
        "learned": [(file, table) for file, table, _ in result.learned],
        "written": [(name, "") for _ in result.written],
    }
    found = [(k, file, text) for k, pairs in outcomes.items() for file, text in pairs]
    assert len(found) == 1, found
    assert found[0][:2] == (kind, name)
    assert words in found[0][2]
    if kind != "refused":
        assert result.failed == []


def without_limit(path, folder):
    """Return a copy of a file whose header knows of no limit."""
    raw = path.read_bytes()
    if raw[:4] == b"\x28\xb5\x2f\xfd":
        with pa.CompressedInputStream(pa.BufferReader(raw), "zstd") as stream:
            raw = stream.read()
    copy = folder / path.name.removesuffix(".zst")
    copy.write_bytes(raw[:42] + bytes(8) + raw[50:])
    return copy


@pytest.mark.parametrize("path", FILES)
def test_every_file_has_the_one_outcome_that_is_declared(path, tmp_path):
    ((as_is, whole),) = declared(path)
    header = header_of(path)
    check(ingest_databento(path, DayStore(tmp_path / "days")), path.name, as_is, header)
    if whole is not None:
        copy = without_limit(path, tmp_path)
        check(ingest_databento(copy, DayStore(tmp_path / "whole")), copy.name, whole, header)


def test_every_declared_outcome_is_that_of_some_file():
    if FILES[0].marks:
        pytest.skip("no vendor files")
    used = Counter()
    for (path,) in (param.values for param in FILES):
        header = header_of(path)
        used[
            header.schema if header else next(end for end in KINDS if path.name.endswith(end))
        ] += 1
        if header:
            used[header.dataset] += 1
    wanted = {schema for schema, *_ in OUTCOMES} | {*KINDS, *STOCKS, *OTHERS, "definition"}
    assert wanted <= set(used)


# --- as the vendor reads them --------------------------------------------------------------

MAKE_ROWS = (
    "trades", "mbp-1", "tbbo", "mbp-10", "mbo", "bbo-1s", "bbo-1m", "cmbp-1", "cbbo-1s", "cbbo-1m",
    "status", "definition", "ohlcv-1s", "ohlcv-1m", "ohlcv-1d",
)  # fmt: skip
OURS = {
    "bid_price": "bid_px_00", "ask_price": "ask_px_00", "bid_size": "bid_sz_00",
    "ask_size": "ask_sz_00", "bid_count": "bid_ct_00", "ask_count": "ask_ct_00",
    "bid_publisher": "bid_pb_00", "ask_publisher": "ask_pb_00",
}  # fmt: skip
"""Names of columns where ours are others than the vendor's."""

READABLE = [param for param in FILES if param.marks or header_of(*param.values)]
READ = [param for param in READABLE if param.marks or header_of(*param.values).schema in MAKE_ROWS]


@pytest.mark.parametrize("path", READABLE)
def test_headers_are_read_as_the_vendor_reads_them(path):
    header, theirs = read_header(path), databento.DBNStore.from_file(path).metadata
    assert header.dataset == theirs.dataset
    assert header.schema == (theirs.schema or "")
    assert header.start_ns == theirs.start
    assert header.end_ns == (theirs.end or OPEN_END)
    assert header.limit == (theirs.limit or 0)
    if theirs.stype_in == "raw_symbol":
        assert {(item.symbol, str(item.instrument_id)) for item in header.mapped} == {
            (name, span["symbol"])
            for name, spans in theirs.mappings.items() for span in spans if span["symbol"]
        }  # fmt: skip


def same(ours, theirs):
    """Compare a column with the vendor's, which has letters and texts as bytes."""
    if ours.dtype.kind == "u" and theirs.dtype.kind == "S":
        theirs = theirs.view("u1")
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("path", READ)
def test_records_are_read_as_the_vendor_reads_them(path):
    header = dataclasses.replace(read_header(path), limit=0)
    chunks = list(read_records(path, header))
    theirs = databento.DBNStore.from_file(path).to_ndarray()
    assert sum(map(len, chunks)) == len(theirs)
    if not chunks:
        return
    ours = np.concatenate(chunks)
    compared = set()
    for name in ours.dtype.names:
        if "padding" in name or name in ("length", "deeper"):
            continue  # a length is that of the version of the file; the vendor brings all to one
        same(ours[name], theirs[OURS.get(name, name)])
        compared.add(OURS.get(name, name))
    if header.schema == "mbp-10":
        for level in range(9):
            for name in ours["deeper"].dtype.names:
                column = f"{OURS[name][:-2]}{level + 1:02}"
                same(ours["deeper"][name][:, level], theirs[column])
                compared.add(column)
    if header.schema != "definition":  # of which only a few columns are used
        left_out = {name for name in theirs.dtype.names if not name.startswith("_")} - compared
        assert left_out <= {"length"}


def read_whole(path, header):
    """Read a file as an ingest does: its header, which a cut may damage, and then its records."""
    read_header(path)
    for _ in read_records(path, header):
        pass


@pytest.mark.parametrize("path", [p for p in READ if p.marks or p.values[0].suffix == ".zst"])
def test_every_cut_of_a_packed_file_is_refused(path, tmp_path):
    data = path.read_bytes()
    cut = tmp_path / path.name
    header = dataclasses.replace(read_header(path), limit=0)
    sizes = range(len(data))
    for size in (*sizes[:200:5], *sizes[200:-60:17], *sizes[-60:]):
        cut.write_bytes(data[:size])
        with pytest.raises(FeedError, match=path.name):
            read_whole(cut, header)
