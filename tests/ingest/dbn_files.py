"""Small DBN files for the tests, written with the vendor's own encoder and record layouts."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

dbn = pytest.importorskip("databento_dbn", reason="the vendor's encoder writes the test files")
zstandard = pytest.importorskip("zstandard", reason="the vendor's encoder writes the test files")

UNDEF_PRICE = 2**63 - 1
_DTYPES = {
    "trades": (np.dtype(dbn.TradeMsg._dtypes), 0x00),
    "mbp-1": (np.dtype(dbn.MBP1Msg._dtypes), 0x01),
    "status": (np.dtype(dbn.StatusMsg._dtypes), 0x12),
    "ohlcv-1s": (np.dtype(dbn.OHLCVMsg._dtypes), 0x20),
}


def at(date: str, clock: str, zone: str = "America/New_York") -> int:
    """Nanoseconds of a wall-clock time such as ``09:30:00.5``, by default in New York."""
    whole, _, fraction = clock.partition(".")
    moment = dt.datetime.fromisoformat(f"{date}T{whole}").replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp()) * 10**9 + int(fraction.ljust(9, "0") or 0)


def trade(ts: int, price: float = 5.0, size: int = 100, side: str = "B", **fields) -> dict:
    """One print, for a file of trades or of mbp-1."""
    px = price if isinstance(price, int) else round(price * 1e9)
    return dict(ts_recv=ts, ts_event=ts - 1000, price=px, size=size, side=side.encode(),
                action=b"T", flags=128, publisher_id=95) | fields  # fmt: skip


def quote(ts: int, bid=(4.99, 100), ask=(5.01, 200), action: str = "A", **fields) -> dict:
    """One mbp-1 record with the book after it; a side may be None."""
    (bid_px, bid_sz), (ask_px, ask_sz) = (
        (UNDEF_PRICE, 0) if side is None else (round(side[0] * 1e9), side[1]) for side in (bid, ask)
    )
    return trade(ts, action=action.encode(), side="N") | dict(
        bid_px_00=bid_px, bid_sz_00=bid_sz, ask_px_00=ask_px, ask_sz_00=ask_sz
    ) | fields  # fmt: skip


def state(ts: int, action: int = 7, reason: int = 0, trading: str = "Y", ssr: str = "N") -> dict:
    """One change of the trading state."""
    return dict(ts_recv=ts, ts_event=ts - 1000, action=action, reason=reason, publisher_id=2,
                is_trading=trading.encode(), is_quoting=trading.encode(),
                is_short_sell_restricted=ssr.encode())  # fmt: skip


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
) -> bytes:
    """Return a DBN file of the UTC dates ``first`` to ``last``, both included, uncompressed."""
    one, two = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    after = two + dt.timedelta(days=1)
    symbols = {"ABCD": 1} if symbols is None else symbols
    header = dbn.Metadata(
        dataset=dataset,
        start=at(first, "00:00:00", "UTC") if start is None else start,
        end=None if open_ended else at(str(after), "00:00:00", "UTC") if end is None else end,
        stype_in=dbn.SType.RAW_SYMBOL,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=dbn.Schema.from_str(schema),
        symbols=sorted(symbols),
        mappings=mappings
        or [mapping(symbol, [(one, after, number)]) for symbol, number in symbols.items()],
        limit=limit,
        version=version,
    )
    layout, rtype = _DTYPES[schema]
    records = np.zeros(len(rows), layout)
    records["length"], records["rtype"] = layout.itemsize // 4, rtype
    records["instrument_id"] = next(iter(symbols.values()), 0)
    for record, row in zip(records, rows, strict=True):
        for name in row.keys() & set(layout.names):
            record[name] = row[name]
    return bytes(header) + records.tobytes()


def mapping(symbol: str, intervals: list) -> SimpleNamespace:
    """One symbol's instrument numbers, as ``(first date, date after, number)``."""
    spans = [
        SimpleNamespace(start_date=one, end_date=two, symbol=str(number))
        for one, two, number in intervals
    ]
    return SimpleNamespace(raw_symbol=symbol, intervals=spans)


def write(path: Path, schema: str, rows: list[dict], first: str, last=None, **options) -> Path:
    """Write a DBN file, zstd unless its name ends in ``.dbn``; return its path."""
    data = encode(schema, rows, first, last, **options)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if path.suffix == ".dbn" else pack(data))
    return path


def pack(data: bytes) -> bytes:
    """Compress as the vendor does: header and records each a zstd frame with a checksum."""
    cut = 8 + int.from_bytes(data[4:8], "little") if data[:3] == b"DBN" else 0
    packer = zstandard.ZstdCompressor(write_checksum=True)
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
