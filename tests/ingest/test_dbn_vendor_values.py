"""The vendor's record layouts, its publishers and its own test files, against ours."""

import io
from pathlib import Path

import numpy as np
import pytest
from feed_records import NO_PRICE, convert
from reference import dbn_feed as reference
from vendor_files import files, folder

from lowfloat.errors import FeedError
from lowfloat.ingest.dbn_feed import FEEDS, Feed
from lowfloat.ingest.dbn_kernels import OFF_EXCHANGE_PUBLISHERS
from lowfloat.ingest.dbn_layouts import LAYOUTS, RTYPES, SCHEMAS, VERSIONS, layout_of
from lowfloat.ingest.dbn_reference import definition_rows, ohlcv_rows
from lowfloat.ingest.venues import CONSOLIDATED_PUBLISHERS, MAX_PRICE

dbn = pytest.importorskip("databento_dbn", reason="it is compared with")
zstandard = pytest.importorskip("zstandard", reason="the vendor's files are packed")

_CLASSES = {
    "trades": dbn.TradeMsg, "mbp-1": dbn.MBP1Msg, "tbbo": dbn.MBP1Msg, "mbp-10": dbn.MBP10Msg,
    "mbo": dbn.MBOMsg, "cmbp-1": dbn.CMBP1Msg, "tcbbo": dbn.CMBP1Msg, "bbo-1s": dbn.BBOMsg,
    "bbo-1m": dbn.BBOMsg, "cbbo-1s": dbn.CBBOMsg, "cbbo-1m": dbn.CBBOMsg,
    "status": dbn.StatusMsg, "imbalance": dbn.ImbalanceMsg, "statistics": dbn.StatMsg,
    "definition": dbn.InstrumentDefMsg,
    **{name: dbn.OHLCVMsg for name in SCHEMAS if name.startswith("ohlcv")},
}  # fmt: skip
_OLDER = {
    ("definition", 1): dbn.InstrumentDefMsgV1, ("definition", 2): dbn.InstrumentDefMsgV2,
    ("statistics", 1): dbn.StatMsgV1, ("statistics", 2): dbn.StatMsgV1,
}  # fmt: skip
_THEIR_NAMES = {
    "bid_price": "bid_px_00", "ask_price": "ask_px_00", "bid_size": "bid_sz_00",
    "ask_size": "ask_sz_00", "bid_count": "bid_ct_00", "ask_count": "ask_ct_00",
    "bid_publisher": "bid_pb_00", "ask_publisher": "ask_pb_00",
}  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_layouts_are_those_of_the_vendor_field_by_field(schema, version):
    ours = layout_of(schema, version)
    theirs = np.dtype(_OLDER.get((schema, version), _CLASSES[schema])._dtypes)
    assert ours.itemsize == theirs.itemsize
    for name, (kind, at, *_) in ours.fields.items():
        if name.startswith("padding") or name.endswith("padding") or name == "deeper":
            continue
        their_kind, their_at, *_ = theirs.fields[_THEIR_NAMES.get(name, name)]
        assert (at, kind.itemsize) == (their_at, their_kind.itemsize), name
        if their_kind.kind != "S" or kind.kind == "S":
            assert kind == their_kind, name


def test_deeper_levels_lie_where_the_vendor_has_them():
    levels, theirs = LAYOUTS["mbp-10"]["deeper"], np.dtype(dbn.MBP10Msg._dtypes)
    begin = LAYOUTS["mbp-10"].fields["deeper"][1]
    for level in range(1, 10):
        for name, (kind, at, *_) in levels.base.fields.items():
            their_name = _THEIR_NAMES[name].replace("00", f"0{level}")
            at += begin + (level - 1) * levels.base.itemsize
            assert theirs.fields[their_name][:2] == (kind, at)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_types_and_numbers_of_schemas_are_those_of_the_vendor(schema):
    assert RTYPES[schema] == dbn.RType.from_schema(dbn.Schema.from_str(schema)).value
    assert dbn.Schema.from_str(schema) == list(dbn.Schema.variants())[SCHEMAS.index(schema)]


def test_publishers_are_named_as_the_vendor_numbers_them():
    publishers = pytest.importorskip("databento.common.publishers").Publisher
    names = {int(p.to_int()): str(p.value).rsplit(".", 1)[1] for p in publishers}
    assert {names[n] for n in OFF_EXCHANGE_PUBLISHERS} == {"FINN", "FINC", "FINY", "XADF"}
    assert {names[n] for n in CONSOLIDATED_PUBLISHERS} == {"OPRA", "DBEQ", "EQUS", "CTA", "UTP"}


def _unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    return data


def _is_whole(param) -> bool:
    name = param.values[0].name if param.values[0] else ""
    return bool(param.marks) or (".dbn" in name and ".frag" not in name and "live" not in name)


def _decoded(path: Path):
    """Return the schema, the version, the vendor's record objects, and ours as an array."""
    data = _unpacked(path)
    decoder = dbn.DBNDecoder(upgrade_policy=dbn.VersionUpgradePolicy.AS_IS)
    decoder.write(data)
    metadata, *theirs = decoder.decode()
    schema, version = str(metadata.schema), metadata.version
    layout = layout_of(schema, version)
    ours = np.frombuffer(data, layout, offset=8 + int.from_bytes(data[4:8], "little"))
    assert len(ours) == len(theirs)
    return schema, version, theirs, ours


def _value(value):
    return getattr(value, "value", value)


def _their_dict(record) -> dict:
    names = ("publisher_id", "ts_event", "ts_recv", "price", "size", "action", "side", "flags",
             "order_id", "sequence")  # fmt: skip
    fields = {name: _value(getattr(record, name)) for name in names if hasattr(record, name)}
    fields = {"sequence": 0} | fields | {"flags": int(record.flags)}
    for level in getattr(record, "levels", [])[:1]:
        for name, theirs in (("price", "px"), ("size", "sz"), ("count", "ct")):
            for side in ("bid", "ask"):
                fields[f"{side}_{name}"] = getattr(level, f"{side}_{theirs}", 0)
    return fields


WHOLE = [param for param in files("dbn-conformance") if _is_whole(param)]


@pytest.mark.parametrize("path", WHOLE)
def test_the_vendors_files_make_the_rows_of_the_vendors_values(path):
    schema, version, theirs, ours = _decoded(path)
    if schema == "status":
        found = Feed(schema, version, "X").convert(ours).status
        for row, record in zip(found, theirs, strict=True):
            assert (row["ts_event"], row["ts_recv"]) == (record.ts_event, record.ts_recv)
            assert (row["action"], row["reason"]) == (record.action.value, record.reason.value)
            answer = {True: 1, False: 0, None: -1}[record.is_trading]
            assert row["is_trading"] == answer
    elif schema in FEEDS:
        trades, quotes, faults = reference.convert(schema, [_their_dict(r) for r in theirs])
        assert len(trades) + len(quotes) + sum(faults.values()) > 0 or schema in ("mbo", "mbp-1")
        assert convert(schema, ours) == (trades, quotes, faults)
    elif schema.startswith("ohlcv"):
        if any(record.high > MAX_PRICE for record in theirs):  # some are of a future, in cents
            with pytest.raises(FeedError, match="prices must be above 0 and at most"):
                ohlcv_rows(ours)
            return
        for name, column in ohlcv_rows(ours).items():
            assert column.tolist() == [getattr(record, name) for record in theirs]
    elif schema == "definition":
        found = definition_rows(ours)
        for name in ("raw_symbol", "instrument_class", "security_type", "exchange", "ts_recv"):
            assert found[name].tolist() == [_value(getattr(r, name)) for r in theirs], name
        ticks = [r.min_price_increment for r in theirs]
        assert found["min_price_increment"].tolist() == [0 if t == NO_PRICE else t for t in ticks]
    else:
        for name in ("ts_recv", "ts_event", "publisher_id", "instrument_id"):
            assert ours[name].tolist() == [getattr(record, name) for record in theirs]


def test_the_book_made_of_the_vendors_orders_is_the_vendors_top_of_book():
    data = folder("dbn-conformance") / "databento-python/tests/data/XNAS.ITCH"
    rows = {}
    for schema in ("mbo", "mbp-1"):
        _, _, _, records = _decoded(data / f"test_data.{schema}.dbn.zst")
        rows[schema] = convert(schema, records).quotes
    assert len(rows["mbo"]) == 3
    assert rows["mbo"] == rows["mbp-1"][:3]
