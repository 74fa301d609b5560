"""Small DBN files for the tests, written with the vendor's own encoder and record layouts."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

dbn = pytest.importorskip("databento_dbn", reason="the vendor's encoder writes the test files")
zstandard = pytest.importorskip("zstandard", reason="the vendor's encoder writes the test files")

UNDEF_PRICE = 2**63 - 1
LAST = 128
_DTYPES = {
    "trades": (dbn.TradeMsg, 0x00),
    "mbp-1": (dbn.MBP1Msg, 0x01),
    "tbbo": (dbn.MBP1Msg, 0x01),
    "mbp-10": (dbn.MBP10Msg, 0x0A),
    "mbo": (dbn.MBOMsg, 0xA0),
    "bbo-1s": (dbn.BBOMsg, 0xC3),
    "bbo-1m": (dbn.BBOMsg, 0xC4),
    "cmbp-1": (dbn.CMBP1Msg, 0xB1),
    "tcbbo": (dbn.CMBP1Msg, 0xC2),
    "cbbo-1s": (dbn.CBBOMsg, 0xC0),
    "cbbo-1m": (dbn.CBBOMsg, 0xC1),
    "status": (dbn.StatusMsg, 0x12),
    "statistics": (dbn.StatMsg, 0x18),
    "ohlcv-1s": (dbn.OHLCVMsg, 0x20),
    "ohlcv-1m": (dbn.OHLCVMsg, 0x21),
    "ohlcv-1h": (dbn.OHLCVMsg, 0x22),
    "ohlcv-1d": (dbn.OHLCVMsg, 0x23),
    "definition": (dbn.InstrumentDefMsg, 0x13),
}
_OLDER = {("definition", 1): dbn.InstrumentDefMsgV1, ("definition", 2): dbn.InstrumentDefMsgV2}


def at(date: str, clock: str, zone: str = "America/New_York") -> int:
    """Nanoseconds of a wall-clock time such as ``09:30:00.5``, by default in New York."""
    whole, _, fraction = clock.partition(".")
    moment = dt.datetime.fromisoformat(f"{date}T{whole}").replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp()) * 10**9 + int(fraction.ljust(9, "0") or 0)


def trade(ts: int, price: float = 5.0, size: int = 100, side: str = "B", **fields) -> dict:
    """One print, for a file of any schema that holds prints."""
    px = price if isinstance(price, int) else round(price * 1e9)
    return dict(ts_recv=ts, ts_event=ts - 1000, price=px, size=size, side=side.encode(),
                action=b"T", flags=LAST, publisher_id=95) | fields  # fmt: skip


def quote(ts: int, bid=(4.99, 100), ask=(5.01, 200), action: str = "A", **fields) -> dict:
    """One record with the book after it, for a file that shows one; a side may be None."""
    (bid_px, bid_sz), (ask_px, ask_sz) = (
        (UNDEF_PRICE, 0) if side is None else (round(side[0] * 1e9), side[1]) for side in (bid, ask)
    )
    return trade(ts, action=action.encode(), side="N") | dict(
        bid_px_00=bid_px, bid_sz_00=bid_sz, ask_px_00=ask_px, ask_sz_00=ask_sz
    ) | fields  # fmt: skip


def order(ts: int, action: str, number: int, price: float, size: int, side: str, **f) -> dict:
    """One record of a feed of orders."""
    return trade(ts, price, size, side, action=action.encode(), order_id=number) | f


def state(ts: int, action: int = 7, reason: int = 0, trading: str = "Y", ssr: str = "N") -> dict:
    """One change of the trading state."""
    return dict(ts_recv=ts, ts_event=ts - 1000, action=action, reason=reason, publisher_id=2,
                is_trading=trading.encode(), is_quoting=trading.encode(),
                is_short_sell_restricted=ssr.encode())  # fmt: skip


def bar(ts: int, open: float, high: float, low: float, close: float, volume: int, **f) -> dict:
    """One bar that begins at a time."""
    prices = dict(open=open, high=high, low=low, close=close)
    nanos = {name: round(price * 1e9) for name, price in prices.items()}
    return dict(ts_event=ts, volume=volume, publisher_id=95) | nanos | f


def definition(ts: int, **fields) -> dict:
    """One definition of a stock, as Nasdaq's feed gives it: without a price increment."""
    return dict(ts_recv=ts, ts_event=ts - 1000, min_price_increment=UNDEF_PRICE,
                min_lot_size_round_lot=100, raw_symbol=b"ABCD", exchange=b"XNAS",
                security_type=b"", instrument_class=b"K", publisher_id=2) | fields  # fmt: skip


def encode(
    schema: str,
    rows: list[dict],
    first: str,
    last: str | None = None,
    *,
    start: int | None = None,
    end: int | None = None,
    symbols: dict[str, int] | None = None,
    mappings: list | None = None,
    dataset: str = "EQUS.MINI",
    limit: int | None = None,
    version: int = 3,
    open_ended: bool = False,
    ts_out: bool = False,
) -> bytes:
    """Return a DBN file of the UTC dates ``first`` to ``last``, both included, uncompressed."""
    one, two = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    after = two + dt.timedelta(days=1)
    symbols = {"ABCD": 1} if symbols is None else symbols
    if mappings is None:
        mappings = [mapping(symbol, [(one, after, number)]) for symbol, number in symbols.items()]
    header = dbn.Metadata(
        dataset=dataset,
        start=at(first, "00:00:00", "UTC") if start is None else start,
        end=None if open_ended else at(str(after), "00:00:00", "UTC") if end is None else end,
        stype_in=dbn.SType.RAW_SYMBOL,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=dbn.Schema.from_str(schema),
        symbols=sorted(symbols),
        mappings=mappings,
        limit=limit,
        version=version,
        ts_out=ts_out,
    )
    message, rtype = _DTYPES[schema]
    layout = np.dtype(_OLDER.get((schema, version), message)._dtypes)
    fields = [*layout.descr, ("ts_out", "<u8")] if ts_out else layout.descr
    records = np.zeros(len(rows), np.dtype(fields))
    records["length"], records["rtype"] = records.dtype.itemsize // 4, rtype
    records["instrument_id"] = next(iter(symbols.values()), 0)
    for record, row in zip(records, rows, strict=True):
        for name in row.keys() & set(layout.names):
            record[name] = row[name]
    return bytes(header) + records.tobytes()


def mapping(symbol: str, intervals: list) -> SimpleNamespace:
    """One symbol's instrument numbers, as ``(first date, date after, number)``."""
    spans = [
        SimpleNamespace(start_date=_date(one), end_date=_date(two), symbol=str(number))
        for one, two, number in intervals
    ]
    return SimpleNamespace(raw_symbol=symbol, intervals=spans)


def _date(day) -> dt.date:
    return dt.date.fromisoformat(day) if isinstance(day, str) else day


def write(path: Path, schema: str, rows: list[dict], first: str, last=None, **options) -> Path:
    """Write a DBN file, zstd unless its name ends in ``.dbn``; return its path."""
    data = encode(schema, rows, first, last, **options)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if path.suffix == ".dbn" else pack(data))
    return path


def pack(data: bytes, *, checksum: bool = True) -> bytes:
    """Compress as the vendor does: header and records each a zstd frame with a checksum."""
    cut = 8 + int.from_bytes(data[4:8], "little") if data[:3] == b"DBN" else 0
    packer = zstandard.ZstdCompressor(write_checksum=checksum)
    return b"".join(packer.compress(part) for part in (data[:cut], data[cut:]) if part)


def write_day(folder: Path, date: str, *, price: float = 5.0, **options) -> None:
    """Write trades, mbp-1 and status of one quiet regular day."""
    opening, noon = at(date, "09:30:00"), at(date, "12:00:00")
    prints = [trade(opening + 1000, price), trade(noon, price, side="A")]
    book = [quote(at(date, "04:00:00")), *({**quote(0), **p} for p in prints)]
    states = [state(at(date, "04:00:00"), action=1), state(opening)]
    write(folder / f"{date}.trades.dbn.zst", "trades", prints, date, **options)
    write(folder / f"{date}.mbp-1.dbn.zst", "mbp-1", book, date, **options)
    options["dataset"] = "XNAS.ITCH"
    write(folder / f"{date}.status.dbn.zst", "status", states, date, **options)


def write_busy_day(folder: Path, date: str, **options) -> None:
    """Write trades, mbp-1 and status of a day of which validation has nothing to say."""
    prints, book = [], [quote(at(date, "09:29:00"))]
    begin = at(date, "09:30:00")
    for second in range(0, 6 * 3600 + 1800, 10):
        cents = 500 + second // 60 % 7
        ts = begin + second * 10**9
        shown = dict(bid=((cents - 1) / 100, 100 + second // 10 % 2), ask=((cents + 1) / 100, 200))
        book.append(quote(ts, **shown, sequence=2 * second + 1))
        side, price = ("B", cents + 1) if second // 10 % 2 else ("A", cents - 1)
        prints.append(trade(ts + 10**8, price / 100, side=side, sequence=2 * second + 2))
        book.append({**quote(0, **shown), **prints[-1]})
    states = [state(at(date, "04:00:00"), action=1, trading="Y"), state(begin)]
    write(folder / f"{date}.trades.dbn.zst", "trades", prints, date, **options)
    write(folder / f"{date}.mbp-1.dbn.zst", "mbp-1", book, date, **options)
    options["dataset"] = "XNAS.ITCH"
    write(folder / f"{date}.status.dbn.zst", "status", states, date, **options)


def write_notes(folder: Path, *, condition=None, symbology=None, changed=None, more=()) -> None:
    """Make a folder of files a batch download: put the vendor's notes beside them.

    ``changed`` overrides entries of the manifest by file name, and ``more`` is added to them.
    """
    if condition is not None:
        (folder / "condition.json").write_text(json.dumps(condition))
    if symbology is not None:
        (folder / "symbology.json").write_text(json.dumps({"result": symbology}))
    (folder / "metadata.json").write_text("{}")
    entries = []
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        entry = dict(filename=path.name, size=len(data), urls={},
                     hash=f"sha256:{hashlib.sha256(data).hexdigest()}")  # fmt: skip
        entries.append(entry | (changed or {}).get(path.name, {}))
    manifest = dict(job_id="TEST-20250310-AAAA", files=[*entries, *more])
    (folder / "manifest.json").write_text(json.dumps(manifest))
