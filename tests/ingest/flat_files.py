"""Small files as Massive and Alpaca deliver them, for the tests."""

import datetime as dt
import gzip
import json
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from lowfloat.ingest.source import SourceFile

TRADES = (
    "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,"
    "sip_timestamp,size,tape,trf_id,trf_timestamp"
)
QUOTES = (
    "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,indicators,"
    "participant_timestamp,sequence_number,sip_timestamp,tape,trf_timestamp"
)
DATE = "2025-03-10"
NEW_DATE = "2025-11-04"  # sizes of quotes are shares by then


def ns(clock: str = "10:00:00", date: str = DATE) -> int:
    """Nanoseconds of a New York time such as ``09:30:00.5``."""
    whole, _, fraction = clock.partition(".")
    moment = dt.datetime.fromisoformat(f"{date}T{whole}").replace(
        tzinfo=ZoneInfo("America/New_York")
    )
    return int(moment.timestamp()) * 10**9 + int(fraction.ljust(9, "0") or 0)


def trade(ts: int | None = None, **fields) -> dict:
    """One row of ``trades_v1``, as texts."""
    ts = ns() if ts is None else ts
    return dict(ticker="ABCD", conditions="", correction=0, exchange=12, id=1,
                participant_timestamp=ts - 1000, price="5.01", sequence_number=7,
                sip_timestamp=ts, size=100, tape=3, trf_id=0, trf_timestamp=0) | fields  # fmt: skip


def quote(ts: int | None = None, **fields) -> dict:
    """One row of ``quotes_v1``, as texts."""
    ts = ns() if ts is None else ts
    return dict(ticker="ABCD", ask_exchange=12, ask_price="5.02", ask_size=3, bid_exchange=11,
                bid_price="5.01", bid_size=2, conditions="1", indicators="",
                participant_timestamp=ts - 1000, sequence_number=7, sip_timestamp=ts, tape=3,
                trf_timestamp=0) | fields  # fmt: skip


def csv_text(header: str, rows: list[dict], end: str = "\n") -> str:
    """Return rows under a header; a value with a comma is quoted."""
    lines = [header]
    for row in rows:
        values = (str(row[column]) for column in header.split(","))
        lines.append(",".join(f'"{value}"' if "," in value else value for value in values))
    return end.join(lines) + end


def write(path: Path, content: str | bytes) -> Path:
    """Write a file, packed if its name ends in ``.gz``."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def write_trades(folder: Path, *rows: dict, name: str = f"{DATE}.csv.gz") -> Path:
    """Write a flat file of trades."""
    return write(folder / name, csv_text(TRADES, list(rows)))


def write_quotes(folder: Path, *rows: dict, name: str = f"{DATE}.csv.gz") -> Path:
    """Write a flat file of quotes."""
    return write(folder / name, csv_text(QUOTES, list(rows)))


def rfc(clock: str = "10:00:00", date: str = DATE) -> str:
    """A New York time as Alpaca writes it, in UTC."""
    total = ns(clock, date)
    moment = dt.datetime.fromtimestamp(total // 10**9, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{total % 10**9:09d}".rstrip("0")
    return moment + (f".{fraction}" if fraction else "") + "Z"


def alpaca_trade(clock: str = "10:00:00", date: str = DATE, **fields) -> dict:
    """One trade of Alpaca's API."""
    return dict(t=rfc(clock, date), x="Q", p=5.01, s=100, c=["@"], i=1, z="C") | fields


def alpaca_quote(clock: str = "10:00:00", date: str = DATE, **fields) -> dict:
    """One quote of Alpaca's API."""
    return dict(t=rfc(clock, date), ax="Q", ap=5.02, bx="P", bp=5.01, c=["R"], z="C",
                bs=2) | {"as": 3} | fields  # fmt: skip


def page(kind: str, records: list | dict, symbol: str | None = "ABCD") -> dict:
    """One answer of Alpaca's API."""
    return {kind: records} | ({"symbol": symbol} if symbol else {}) | {"next_page_token": None}


def write_json(path: Path, document: object) -> Path:
    """Write a JSON document."""
    return write(path, json.dumps(document))


def rows_of(source: SourceFile, symbols: frozenset[str] | None = None) -> dict[str, np.ndarray]:
    """Return the rows of each symbol of a file."""
    found: dict[str, list[np.ndarray]] = {}
    for piece in source.read(symbols):
        if len(piece.rows):
            found.setdefault(piece.symbol, []).append(piece.rows)
    return {symbol: np.concatenate(parts) for symbol, parts in found.items()}


def faults_of(source: SourceFile) -> dict[str, int]:
    """Return how often each fault was counted in a file."""
    total: Counter[str] = Counter()
    for piece in source.read(None):
        total.update(piece.faults)
    return dict(total)
