"""Bars and definitions of Databento files into the reference tables beside the days."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import new_york_date, new_york_ns, session_of, sessions_between
from lowfloat.days.reference_rules import rules_of
from lowfloat.errors import FeedError
from lowfloat.ingest.coverage import HOUR_NS, DbnFile, Span, next_utc_midnight, session_or_none
from lowfloat.ingest.dbn import read_records
from lowfloat.ingest.dbn_reference import definition_rows, ohlcv_rows
from lowfloat.ingest.reference import bars_from

BARS = {"ohlcv-1s": "1s", "ohlcv-1m": "1m", "ohlcv-1d": "1d"}
DEFINITION = "definition"

_WAITING_BYTES = 64 << 20
_COLUMNS = ("ts_event", "open", "high", "low", "close", "volume")

Owners = dict[str, list[Span]]  # by ticker: the spans of one file


def facts_of(file: DbnFile, owners: Owners) -> tuple[str, pa.Table]:
    """Return the table that a file's records belong to, and its rows.

    Raises:
        FeedError: the file is damaged, or a value cannot be.
    """
    table = DEFINITION + "s" if file.header.schema == DEFINITION else "bars"
    make = _definitions if table == "definitions" else _bars
    parts = list(make(file, owners))
    return table, pa.concat_tables(parts or [rules_of(table).schema.empty_table()])


def _bars(file: DbnFile, owners: Owners) -> Iterator[pa.Table]:
    waiting: dict[str, list[np.ndarray]] = defaultdict(list)
    held = 0
    for chunk in read_records(file.path, file.header):
        for ticker, records in _owned(chunk, owners, "ts_event"):
            waiting[ticker].append(records.copy())
            held += records.nbytes
        if held > _WAITING_BYTES:
            for ticker in list(waiting):
                records = np.concatenate(waiting[ticker])
                # Sessions that are over go; the last one may go on in the next records.
                date = new_york_date(int(records["ts_event"][-1]))
                over = records["ts_event"] < new_york_ns(date, 0)
                yield _sessions(ticker, records[over], file, owners[ticker])
                waiting[ticker] = [records[~over]]
            held = sum(part.nbytes for parts in waiting.values() for part in parts)
    for ticker in sorted(waiting):
        yield _sessions(ticker, np.concatenate(waiting[ticker]), file, owners[ticker])


def _sessions(ticker: str, records: np.ndarray, file: DbnFile, spans: list[Span]) -> pa.Table:
    if BARS[file.header.schema] != "1d":
        records = records[~_in_part(records["ts_event"].view(np.int64), spans)]
    try:
        columns = ohlcv_rows(records)
        values = {name: columns[name] for name in _COLUMNS}
        return bars_from(ticker, **values, resolution=BARS[file.header.schema])[0]
    except FeedError as error:
        raise FeedError(f"{file.path}: {error}") from None


def _in_part(times: np.ndarray, spans: list[Span]) -> np.ndarray:
    """Return which times lie in a session of which the file holds only a part.

    A bar of it would look whole. The hour past 00:00 UTC may be missing, as it may from a day.
    """
    found = np.zeros(len(times), bool)
    for date in sorted({new_york_date(int(ts)) for ts in np.unique(times // HOUR_NS) * HOUR_NS}):
        session = session_or_none(date)
        if session is None:
            continue
        reached = session.start_ns
        for span in sorted(spans, key=lambda span: span.from_ns):
            if span.from_ns <= reached:
                reached = max(reached, span.to_ns)
        if reached < min(session.end_ns, next_utc_midnight(session)):
            found |= (times >= session.start_ns) & (times < session.end_ns)
    return found


def _definitions(file: DbnFile, owners: Owners) -> Iterator[pa.Table]:
    for chunk in read_records(file.path, file.header):
        for ticker, records in _owned(chunk, owners, "ts_recv"):
            try:
                columns = definition_rows(records)
            except FeedError as error:
                raise FeedError(f"{file.path}: {error}") from None
            rows = [
                {
                    "symbol": ticker,
                    "known_at": int(known_at),
                    "date": _next_session(int(known_at)),
                    "tick_size": int(tick) or None,
                    "round_lot": int(lot) or None,
                    "type": str(kind) or None,
                    "exchange": str(exchange) or None,
                }
                for known_at, tick, lot, kind, exchange in zip(
                    columns["ts_recv"], columns["min_price_increment"],
                    columns["min_lot_size_round_lot"], columns["security_type"],
                    columns["exchange"], strict=True,
                )
            ]  # fmt: skip
            yield pa.Table.from_pylist(rows, rules_of("definitions").schema)


def _next_session(ts_ns: int) -> dt.date:
    """Return the date of the first session that ends after a time; definitions come at night."""
    date = new_york_date(ts_ns)
    dates = sessions_between(date, date + dt.timedelta(days=14))
    return next(date for date in dates if session_of(date).end_ns > ts_ns)


def _owned(chunk: np.ndarray, owners: Owners, clock: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the tickers of a chunk and their records, in the order of the file."""
    numbers, times = chunk["instrument_id"], chunk[clock].view(np.int64)
    for ticker, spans in owners.items():
        mine = np.zeros(len(chunk), bool)
        for span in spans:
            mine |= (numbers == span.instrument_id) & (times >= span.from_ns) & (times < span.to_ns)
        if mine.any():
            yield ticker, chunk[mine]
