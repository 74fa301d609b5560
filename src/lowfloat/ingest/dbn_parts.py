"""The rows of a Databento file, by symbol, session date and table, a chunk at a time."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import new_york_date, new_york_ns, session_of
from lowfloat.errors import FeedError
from lowfloat.ingest.coverage import HOUR_NS, DbnFile, Span, session_or_none
from lowfloat.ingest.dbn import read_records
from lowfloat.ingest.dbn_feed import Converted, Feed

STATUS = "status"

Faults = dict[tuple[str, dt.date, DbnFile], Counter[str]]
"""Records repaired or left out, by kind, of each symbol, session date and file."""


class Part(NamedTuple):
    """Rows of one table of one day, told by one span of a file."""

    symbol: str
    date: dt.date
    span: Span
    table: str
    rows: np.ndarray


def parts_of(file: DbnFile, spans: Mapping[str, list[Span]], faults: Faults) -> Iterator[Part]:
    """Yield the rows of a file.

    Each session begins with the book that stands at 04:00, if it was told since midnight.

    Args:
        file: the file; the hours in which it has records are noted.
        spans: its spans of each wanted symbol.
        faults: added to.

    Raises:
        FeedError: the file is damaged, or holds what its header rules out.
    """
    owners: dict[int, list[Span]] = defaultdict(list)
    tickers: dict[Span, str] = {}
    for symbol in sorted(spans):
        for span in spans[symbol]:
            owners[span.instrument_id].append(span)
            tickers[span] = symbol
    feeds: dict[tuple[str, int], Feed] = {}
    sessions: dict[tuple[str, int], dt.date] = {}  # that the last record of a feed was of

    def rows_of(made: Converted, number: int) -> Iterator[Part]:
        tables = {"trades": made.trades, "quotes": made.quotes, "status": made.status}
        for label, rows in tables.items():
            for span in owners[number]:
                for date, part in _by_date(rows, span, label == STATUS):
                    yield Part(tickers[span], date, span, label, part)

    for chunk in read_records(file.path, file.header):
        times = chunk["ts_recv"].view(np.int64)
        hours = times[[0, -1]] // HOUR_NS
        file.hours.update((hours if hours[0] == hours[1] else np.unique(times // HOUR_NS)).tolist())
        bounds, dates = _sessions(times, file.header.schema == STATUS)
        for number, records in _by_instrument(chunk, owners):
            _check_owned(file, number, records, owners[number])
            for span, place, run in _runs(records, owners[number], bounds):
                key = tickers[span], number
                if key not in feeds:
                    feeds[key] = Feed(file.header.schema, file.header.version, file.header.dataset)
                date = dates[place]
                if date is not None and sessions.get(key) != date:
                    sessions[key] = date
                    start_ns = session_of(date).start_ns
                    book = feeds[key].standing(new_york_ns(date, 0), start_ns)
                    if len(book) and start_ns >= span.from_ns:
                        yield Part(key[0], date, span, "quotes", book)
                    else:
                        feeds[key].forget()
                made = feeds[key].convert(run)
                if date is not None and made.faults:
                    faults[key[0], date, file].update(made.faults)
                yield from rows_of(made, number)
    for (_, number), feed in feeds.items():
        yield from rows_of(feed.finish(), number)


def _sessions(times: np.ndarray, from_midnight: bool) -> tuple[np.ndarray, list[dt.date | None]]:
    """Return bounds in time, and the session date after each; None first, and in the night."""
    bounds: list[int] = []
    dates: list[dt.date | None] = [None]
    date, final = new_york_date(int(times.min())), new_york_date(int(times.max()))
    while date <= final:
        session = session_or_none(date)
        if session is not None:
            begin = new_york_ns(date, 0) if from_midnight else session.start_ns
            bounds += [begin, session.end_ns]
            dates += [date, None]
        date += dt.timedelta(days=1)
    return np.array(bounds, np.int64), dates


def _runs(
    records: np.ndarray, owners: list[Span], bounds: np.ndarray
) -> Iterator[tuple[Span, int, np.ndarray]]:
    """Yield the records of an instrument in their order, cut where symbol or session changes.

    Each run comes with its span and the place of its session in what :func:`_sessions` returns.
    """
    times = records["ts_recv"].view(np.int64)
    places = np.searchsorted(bounds, times, "right")
    spans = np.full(len(times), -1)
    for i, span in enumerate(owners):
        spans[(times >= span.from_ns) & (times < span.to_ns)] = i
    cuts = np.flatnonzero((np.diff(places) != 0) | (np.diff(spans) != 0)) + 1
    for begin, end in pairwise([0, *cuts.tolist(), len(times)]):
        if spans[begin] >= 0:
            yield owners[spans[begin]], int(places[begin]), records[begin:end]


def _by_instrument(chunk: np.ndarray, wanted: Collection[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the wanted instruments of a chunk and their records, in the order of the file."""
    numbers = chunk["instrument_id"]
    if (numbers == numbers[0]).all():
        if int(numbers[0]) in wanted:
            yield int(numbers[0]), chunk
        return
    order = np.argsort(numbers, kind="stable")
    found, starts = np.unique(numbers[order], return_index=True)
    for number, picked in zip(found.tolist(), np.split(order, starts[1:]), strict=True):
        if number in wanted:
            yield number, chunk[picked]


def _check_owned(file: DbnFile, number: int, records: np.ndarray, owners: list[Span]) -> None:
    """Refuse records received when the header gives their instrument no symbol, or two."""
    times = records["ts_recv"].view(np.int64)
    first, last = int(times.min()), int(times.max())
    if len(owners) == 1 and owners[0].from_ns <= first and last < owners[0].to_ns:
        return
    owned = sum(
        int(((times >= item.from_ns) & (times < item.to_ns)).sum())
        for item in file.header.mapped
        if item.instrument_id == number
    )
    if owned != len(times):
        raise FeedError(
            f"{file.path}: {len(times)} records are of instrument {number}, and the header gives "
            f"{owned} of them exactly one symbol."
        )


def _by_date(
    rows: np.ndarray, span: Span, from_midnight: bool
) -> Iterator[tuple[dt.date, np.ndarray]]:
    """Yield the rows of a span by session date; those of no session are left out."""
    times = rows["ts_recv"]
    if not len(rows) or times.max() < span.from_ns or times.min() >= span.to_ns:
        return
    first, last = int(times.min()), int(times.max())
    date = new_york_date(max(first, span.from_ns))
    while date <= new_york_date(min(last, span.to_ns - 1)):
        session = session_or_none(date)
        if session is not None:
            begin = max(new_york_ns(date, 0) if from_midnight else session.start_ns, span.from_ns)
            end = min(session.end_ns, span.to_ns)
            if begin <= first and last < end:
                yield date, rows
                return
            part = rows[(times >= begin) & (times < end)]
            if len(part):
                yield date, part
        date += dt.timedelta(days=1)
