"""Alpaca's historical trades and quotes of stocks, as JSON or CSV, also gzipped.

JSON may be what the REST API returns for one symbol or for several, pages of it in a list or one
after the other (JSON lines), or single records that name their symbol. It is read a record at a
time, its numbers as text, so that a file of any size fits in memory and prices stay exact. CSV
has the API's short column names or the long ones of the alpaca-py data frames.

There is one time per record, that of the venue ("based on market participant timestamps":
https://alpaca.markets/docs/api-documentation/api-v2/market-data/alpaca-data-api-v2/historical/),
so that off-exchange prints, which are reported up to 10 seconds later, stand too early. The files
say nothing of it; the flag does. Fields: https://docs.alpaca.markets/reference/stocktrades-1 and
https://docs.alpaca.markets/reference/stockquotes-1
"""

import codecs
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from lowfloat.base.codes import Mark
from lowfloat.base.prices import ROUND_LOT
from lowfloat.base.records import ROWS, Quotes, Trades
from lowfloat.errors import FeedError
from lowfloat.ingest.alpaca_pages import CHUNK, chunks_of
from lowfloat.ingest.conditions import CTA, UNKNOWN_CONDITION, UTP, in_regular_hours, marks_of
from lowfloat.ingest.csv_rows import NUMBER, TEXT, csv_header, plain, read_csv, require_columns
from lowfloat.ingest.decimals import nanos_of
from lowfloat.ingest.quote_units import lots_at, quote_unit
from lowfloat.ingest.sieve import (
    EARLIEST_NS,
    LATEST_NS,
    Batch,
    Sieve,
    check_prices,
    decoded,
    fill_side,
    is_wanted,
    pieces_of,
    whole_shares,
)
from lowfloat.ingest.sip_venues import BY_LETTER, OFF_EXCHANGE_LETTER
from lowfloat.ingest.source import Piece, SourceFile

IEX_ONLY = "iex_only"
"""Flag of a file whose first records are all of one small venue: the free feed, with 2-3% of
the volume."""

NO_TS_RECV = "ts_recv_unknown"
"""Flag of a file that says when the venue acted, and not when that could be known."""

_TIME = pa.timestamp("ns", "UTC")
_COMMON = {"timestamp": ("t", _TIME), "conditions": ("c", TEXT), "tape": ("z", TEXT)}
_FIELDS: dict[type, dict[str, tuple[str, pa.DataType]]] = {
    Trades: _COMMON | {
        "exchange": ("x", TEXT), "price": ("p", NUMBER), "size": ("s", NUMBER),
        "id": ("i", pa.uint64()),
    },
    Quotes: _COMMON | {
        "ask_exchange": ("ax", TEXT), "ask_price": ("ap", NUMBER), "ask_size": ("as", NUMBER),
        "bid_exchange": ("bx", TEXT), "bid_price": ("bp", NUMBER), "bid_size": ("bs", NUMBER),
    },
}  # fmt: skip
_UPDATE = {"update": ("u", TEXT)}  # only there on prints that were changed
_TABLES: dict[str, type] = {"trades": Trades, "quotes": Quotes}

_IEX = "V"
_VOID = ("canceled", "incorrect")  # `corrected` is the print that stands
_CTA_TAPES = ("A", "B")
_TWO_KINDS = "holds both trades and quotes; use a file for each."

_LOOKS_LIKE = re.compile(r'"(trades|quotes)"\s*:|"t"\s*:\s*"[^"]*"|"(bp|ap)"\s*:')


def open_file(path: Path, name: str) -> SourceFile | None:
    """Return a file of trades or of quotes, or None if the file is of another kind.

    Raises:
        FeedError: it is Alpaca's but cannot be used; the message says why.
    """
    with plain(path) as stream:
        head = stream.read(1 << 16)
    if not head:
        raise FeedError(f"{path}: is empty.")
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"["):
        return _open_json(path, name, head.decode("utf-8", "replace"))
    return _open_csv(path, name)


def _open_csv(path: Path, name: str) -> SourceFile | None:
    header = csv_header(path)
    if header is None:
        return None
    has = set(header)
    short = bool({"t"} & has and {"p", "bp", "ap"} & has and {"x", "bx", "ax", "z", "c"} & has)
    long = {"timestamp", "tape"} <= has and {"price", "bid_price", "ask_price"} & has
    if not short and not long:
        return None
    table = Quotes if {"bp", "ap", "bid_price", "ask_price"} & has else Trades
    fields = dict(_FIELDS[table])
    if table is Trades and {"u", "update"} & has:
        fields |= _UPDATE
    names = {(brief if short else full): full for full, (brief, _) in fields.items()}
    symbol = "S" if "S" in has and "symbol" not in has else "symbol"
    names[symbol] = "symbol"
    require_columns(path, header, names)
    types = {column: TEXT for column in (symbol,)} | {
        column: fields[full][1] for column, full in names.items() if full != "symbol"
    }

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in read_csv(path, header, types):
            yield batch.rename_columns([names[column] for column in batch.schema.names])

    def read(symbols: frozenset[str] | None, factor: int) -> Iterator[Piece]:
        return pieces_of(decoded(batches(), "symbol", symbols, _decoder(table, factor)))

    return _source(path, name, table, next(batches(), None), read)


def _open_json(path: Path, name: str, head: str) -> SourceFile | None:
    if not _LOOKS_LIKE.search(head):
        return None
    kinds: dict[str, bool] = {}
    records: list[dict[str, Any]] = []
    for chunk in chunks_of(path):
        kinds[chunk.kind] = True
        records += chunk.records
        if len(records) >= CHUNK or len(kinds) > 1:
            break
    if len(kinds) > 1:
        raise FeedError(f"{path}: {_TWO_KINDS}")
    table = _TABLES[next(iter(kinds), "trades")]
    sample = _columns(path, table, records, 0) if records else None

    def batches(symbols: frozenset[str] | None, factor: int) -> Iterator[Batch]:
        decode, count = _decoder(table, factor), 0
        unnamed: list[tuple[np.ndarray, Sieve]] = []  # until the end of their page names them
        for chunk in chunks_of(path):
            if _TABLES[chunk.kind] is not table:
                raise FeedError(f"{path}: {_TWO_KINDS}")
            symbol = chunk.page.symbol
            if chunk.records and (symbol is None or is_wanted(symbol, symbols)):
                unnamed.append(decode(_columns(path, table, chunk.records, count)))
            count += len(chunk.records)
            if symbol is not None:
                if is_wanted(symbol, symbols):
                    for rows, sieve in unnamed:
                        codes = np.zeros(len(rows), np.int64)
                        yield Batch([symbol], codes, rows, sieve.keep, sieve.faults)
                unnamed.clear()

    def read(symbols: frozenset[str] | None, factor: int) -> Iterator[Piece]:
        return pieces_of(batches(symbols, factor))

    return _source(path, name, table, sample, read)


def _source(
    path: Path, name: str, table: type, sample: pa.RecordBatch | None, read: Any
) -> SourceFile:
    """Return the file, with what its first records tell of all."""
    flags, factor = {NO_TS_RECV}, ROUND_LOT
    if sample is not None and len(sample):
        venues = ("exchange",) if table is Trades else ("bid_exchange", "ask_exchange")
        if all(set(sample[venue].to_pylist()) == {_IEX} for venue in venues):
            flags.add(IEX_ONLY)
        if table is Quotes:
            ts = np.tile(_times(sample), 2)
            sizes = [nanos_of(sample[f"{side}_size"])[0] for side in ("bid", "ask")]
            there = np.concatenate(sizes) > 0
            factor, more = quote_unit(path, np.concatenate(sizes)[there], ts[there])
            flags |= more
    return SourceFile(
        path, name, "iex" if IEX_ONLY in flags else "sip", frozenset({table}),
        functools.partial(read, factor=factor), flags=frozenset(flags),
    )  # fmt: skip


def _decoder(table: type, factor: int) -> Any:
    return _trades if table is Trades else functools.partial(_quotes, factor=factor)


def _times(batch: pa.RecordBatch) -> np.ndarray:
    column = batch["timestamp"].cast(pa.int64()).fill_null(0)
    return column.to_numpy(zero_copy_only=False)


def _start(batch: pa.RecordBatch, table: type) -> tuple[np.ndarray, Sieve]:
    rows, sieve, ts = np.zeros(len(batch), ROWS[table]), Sieve(len(batch)), _times(batch)
    sieve.drop("bad_time", (ts < EARLIEST_NS) | (ts >= LATEST_NS))
    rows["ts_event"] = rows["ts_recv"] = ts
    return rows, sieve


def _trades(batch: pa.RecordBatch) -> tuple[np.ndarray, Sieve]:
    rows, sieve = _start(batch, Trades)
    if "update" in batch.schema.names:
        update = batch["update"]
        sieve.drop("corrected", _translate(update, dict.fromkeys(_VOID, 1)).astype(bool))
        sieve.note("corrected", _translate(update, {"corrected": 1}).astype(bool))
    price, no_price = nanos_of(batch["price"])
    check_prices(sieve, price, no_price)
    rows["price"] = price
    rows["size"] = whole_shares(sieve, *nanos_of(batch["size"]))
    # Fills of one moment, price and size are told apart by the venue's number of the print.
    number = batch["id"].fill_null(0).to_numpy(zero_copy_only=False)
    rows["sequence"] = (number % np.uint64(1 << 32)).astype(np.uint32)
    rows["publisher"] = _translate(batch["exchange"], BY_LETTER)
    regular = in_regular_hours(rows["ts_recv"])
    marks, unknown = marks_of(batch["conditions"], regular, UTP)
    cta = _translate(batch["tape"], dict.fromkeys(_CTA_TAPES, 1)).astype(bool)
    if cta.any():
        of_cta = marks_of(batch["conditions"], regular, CTA)
        marks, unknown = np.where(cta, of_cta.marks, marks), np.where(cta, of_cta.unknown, unknown)
    sieve.note(UNKNOWN_CONDITION, unknown)
    off = _translate(batch["exchange"], {OFF_EXCHANGE_LETTER: 1}).astype(bool)
    marks[off] |= np.uint16(Mark.OFF_EXCHANGE)
    rows["marks"] = marks
    return rows, sieve


def _quotes(batch: pa.RecordBatch, factor: int) -> tuple[np.ndarray, Sieve]:
    # Round lots before 2025-11-03, shares from then on:
    # https://docs.alpaca.markets/changelog/marketdata-bid-and-ask-size-display-change
    rows, sieve = _start(batch, Quotes)
    lots = lots_at(rows["ts_recv"], factor)
    for side in ("bid", "ask"):
        fill_side(sieve, rows, side, batch[f"{side}_price"], batch[f"{side}_size"], lots)
    rows["action"] = ord("N")
    return rows, sieve


def _translate(column: pa.Array, table: Mapping[str, int]) -> np.ndarray:
    """Return the entry of each text of a dictionary column, 0 where the table has none."""
    entries = [table.get(text, 0) for text in column.dictionary.to_pylist()] + [0]
    indices = column.indices.fill_null(len(entries) - 1).to_numpy(zero_copy_only=False)
    return np.array(entries, np.uint16)[indices]


def _columns(path: Path, table: type, records: list[dict[str, Any]], count: int) -> pa.RecordBatch:
    """Return JSON records as columns of the types that CSV has."""
    fields = _FIELDS[table] | (_UPDATE if table is Trades else {})
    columns = {}
    for full, (key, kind) in fields.items():
        values = [record.get(key) for record in records]
        if key == "c":
            values = [_joined(value) for value in values]
        if full not in _UPDATE and key != "c" and not any(key in record for record in records):
            raise FeedError(f"{path}: its records have no `{key}`.")
        try:
            text = pa.array(values, pa.string())
            is_text = pa.types.is_dictionary(kind)
            columns[full] = text.dictionary_encode() if is_text else text.cast(kind)
        except pa.ArrowException:
            _refuse_value(path, key, values, kind, count)
    return pa.RecordBatch.from_pydict(columns)


def _joined(codes: Any) -> Any:
    """Return a list of conditions as one text, anything else as it is."""
    is_list = isinstance(codes, list) and all(isinstance(code, str) for code in codes)
    return ",".join(codes) if is_list else codes


def _refuse_value(
    path: Path, key: str, values: list[Any], kind: pa.DataType, count: int
) -> NoReturn:
    allowed = "a text" if pa.types.is_dictionary(kind) else (
        "a time such as 2025-03-10T13:30:00.123456789Z" if kind == _TIME else
        "a number with at most 29 digits before its point and 9 after it"
    )  # fmt: skip
    for at, value in enumerate(values):
        try:
            text = pa.array([value], pa.string())
            if not pa.types.is_dictionary(kind):
                text.cast(kind)
        except pa.ArrowException:
            shown = repr(value)[:60]
            raise FeedError(
                f"{path}: record {count + at} has `{key}` {shown}; use {allowed}."
            ) from None
    raise FeedError(f"{path}: its `{key}` cannot be read.")
