"""Massive (Polygon) flat files: ``us_stocks_sip/trades_v1`` and ``quotes_v1``, CSV or gzip.

What a file holds is read from its header. Keep the vendor's ``.csv.gz``: it carries a checksum.

Columns: https://massive.com/blog/insights-from-trade-level-data
"""

import datetime as dt
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import NS, new_york_date, new_york_ns
from lowfloat.base.codes import Mark
from lowfloat.base.prices import ROUND_LOT
from lowfloat.base.records import ROWS, Quotes, Trades
from lowfloat.errors import FeedError, UnusedFile
from lowfloat.ingest.conditions import MASSIVE, UNKNOWN_CONDITION, in_regular_hours, marks_of
from lowfloat.ingest.csv_rows import NUMBER, TEXT, csv_header, read_csv, require_columns
from lowfloat.ingest.decimals import ints_of, nanos_of
from lowfloat.ingest.name_dates import date_in
from lowfloat.ingest.quote_units import lots_at, quote_unit
from lowfloat.ingest.sieve import (
    EARLIEST_NS,
    LATEST_NS,
    Sieve,
    check_prices,
    decoded,
    fill_side,
    pieces_of,
    whole_shares,
)
from lowfloat.ingest.sip_venues import BY_FACILITY, BY_MASSIVE_NUMBER, OFF_EXCHANGE_NUMBERS
from lowfloat.ingest.source import Piece, SourceFile

_LATE_NS = 1 * NS

_TRADES: dict[str, pa.DataType] = dict(
    ticker=TEXT, conditions=TEXT, correction=pa.int64(), exchange=pa.int64(),
    participant_timestamp=pa.int64(), price=NUMBER, sequence_number=pa.int64(),
    sip_timestamp=pa.int64(), size=NUMBER, trf_id=pa.int64(),
)  # fmt: skip
_QUOTES: dict[str, pa.DataType] = dict(
    ticker=TEXT, ask_price=NUMBER, ask_size=NUMBER, bid_price=NUMBER, bid_size=NUMBER,
    participant_timestamp=pa.int64(), sequence_number=pa.int64(), sip_timestamp=pa.int64(),
)  # fmt: skip

# What `correction` says of a print (the NYSE's trade correction indicators, which Massive's
# glossary lists: https://polygon.io/glossary/us/stocks/conditions-indicators). Cancelled prints
# stay in the files: https://polygon.io/knowledge-base/categories/faq
_KEPT_CORRECTIONS = (
    0,  # never changed
    1,  # corrected later: the record holds the corrected data
)  # the rest: 7 marked an error, 8 cancelled, 10 cancel record, 11 error record, 12 the
#    data that 01 replaced, or a number that nobody explains


def open_file(path: Path, name: str) -> SourceFile | None:
    """Return a flat file of trades or quotes, or None if the file is of another kind.

    Raises:
        UnusedFile: it is a flat file of bars.
        FeedError: it is a flat file but cannot be used; the message says why.
    """
    header = csv_header(path)
    if header is None or "ticker" not in header:
        return None
    if not {"sip_timestamp", "participant_timestamp"} & set(header):
        if {"window_start", "transactions"} <= set(header):
            raise UnusedFile(f"{path}: holds bars; use the files of `trades_v1` and `quotes_v1`.")
        return None
    is_quotes = {"bid_price", "ask_price"} & set(header)
    table, types = (Quotes, _QUOTES) if is_quotes else (Trades, _TRADES)
    if "decimal_size" in header and table is Trades:
        types = types | {"decimal_size": NUMBER}
    require_columns(path, header, types)
    date = date_in(path.name)
    span = _span(date)
    factor, flags = ROUND_LOT, frozenset[str]()
    for batch in read_csv(path, header, types):
        _check_first(path, batch, date, span)
        if table is Quotes:
            factor, flags = quote_unit(path, *_sizes(batch))
        break
    decode = _trades if table is Trades else functools.partial(_quotes, factor=factor)

    def read(symbols: frozenset[str] | None) -> Iterator[Piece]:
        batches = read_csv(path, header, types)
        return pieces_of(decoded(batches, "ticker", symbols, functools.partial(decode, span=span)))

    return SourceFile(path, name, "us_stocks_sip", frozenset({table}), read, date, flags)


def _span(date: dt.date | None) -> tuple[int, int]:
    """Return the times that rows may have: prints of the night before carry the next date."""
    if date is None:
        return EARLIEST_NS, LATEST_NS
    day = dt.timedelta(days=1)
    return new_york_ns(date - day, 20), new_york_ns(date + day, 0)


def _check_first(
    path: Path, batch: pa.RecordBatch, date: dt.date | None, span: tuple[int, int]
) -> None:
    ts = ints_of(batch["sip_timestamp"])
    first = int(ts[0])
    if np.all((ts < EARLIEST_NS) | (ts >= LATEST_NS)):
        raise FeedError(
            f"{path}: its first row has `sip_timestamp` {first}; use nanoseconds since 1970, UTC."
        )
    if np.all((ts < span[0]) | (ts >= span[1])):
        raise FeedError(
            f"{path}: is named {date}, but its first row is of {new_york_date(first)} New York; "
            "name it by its date."
        )


def _sizes(batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
    ts = ints_of(batch["sip_timestamp"])
    sizes = np.concatenate([nanos_of(batch[f"{side}_size"])[0] for side in ("bid", "ask")])
    return sizes[sizes > 0], np.concatenate([ts, ts])[sizes > 0]


def _times(batch: pa.RecordBatch, rows: np.ndarray, sieve: Sieve, span: tuple[int, int]) -> None:
    received, made = ints_of(batch["sip_timestamp"]), ints_of(batch["participant_timestamp"])
    sieve.drop("bad_time", (received < span[0]) | (received >= span[1]))
    rows["ts_recv"] = received
    rows["ts_event"] = np.where((made < EARLIEST_NS) | (made >= LATEST_NS), received, made)
    rows["sequence"] = ints_of(batch["sequence_number"]) % (1 << 32)


def _trades(batch: pa.RecordBatch, span: tuple[int, int]) -> tuple[np.ndarray, Sieve]:
    rows, sieve = np.zeros(len(batch), ROWS[Trades]), Sieve(len(batch))
    correction = ints_of(batch["correction"])
    sieve.drop("corrected", ~np.isin(correction, _KEPT_CORRECTIONS))
    sieve.note("corrected", correction != 0)
    _times(batch, rows, sieve, span)
    price, no_price = nanos_of(batch["price"])
    check_prices(sieve, price, no_price)
    size, no_size = nanos_of(batch["size"])
    if "decimal_size" in batch.schema.names:  # exact where `size` may be rounded
        exact, no_exact = nanos_of(batch["decimal_size"])
        size, no_size = np.where(no_exact, size, exact), no_size & no_exact
    rows["price"], rows["size"] = price, whole_shares(sieve, size, no_size)
    exchange, facility = ints_of(batch["exchange"]), ints_of(batch["trf_id"])
    rows["publisher"] = _lookup(exchange, BY_MASSIVE_NUMBER)
    off = np.isin(exchange, OFF_EXCHANGE_NUMBERS)
    known = off & np.isin(facility, list(BY_FACILITY))
    rows["publisher"][known] = _lookup(facility[known], BY_FACILITY)
    marks, unknown = marks_of(batch["conditions"], in_regular_hours(rows["ts_recv"]), MASSIVE)
    sieve.note(UNKNOWN_CONDITION, unknown)
    marks[off] |= np.uint16(Mark.OFF_EXCHANGE)
    late = rows["ts_recv"] - rows["ts_event"] > _LATE_NS
    marks[late] = (marks[late] | np.uint16(Mark.LATE)) & ~np.uint16(Mark.LAST | Mark.TAPE)
    rows["marks"] = marks
    return rows, sieve


def _quotes(batch: pa.RecordBatch, span: tuple[int, int], factor: int) -> tuple[np.ndarray, Sieve]:
    rows, sieve = np.zeros(len(batch), ROWS[Quotes]), Sieve(len(batch))
    _times(batch, rows, sieve, span)
    lots = lots_at(rows["ts_recv"], factor)
    for side in ("bid", "ask"):
        fill_side(sieve, rows, side, batch[f"{side}_price"], batch[f"{side}_size"], lots)
    rows["action"] = ord("N")
    return rows, sieve


def _lookup(numbers: np.ndarray, table: Mapping[int, int]) -> np.ndarray:
    """Return the entry of each number, 0 where the table has none."""
    found = np.zeros(len(numbers), np.uint16)
    for number, entry in table.items():
        found[numbers == number] = entry
    return found
