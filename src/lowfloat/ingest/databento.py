"""Databento files (DBN: trades, top of book, trading status) into the day store.

What a file holds is read from its header, never from its name. A symbol-day takes every record
received from 04:00 New York to the end of the session, from as many files as that needs: the
vendor's files of one day are cut at 00:00 UTC, which in winter is 19:00 New York.

How far a day is covered. A file covers the span its header was asked for. The coverage of a day
begins at 04:00 and runs on through files that adjoin, for trades and quotes alike; it ends where
either stops. One exception: past 00:00 UTC a day is covered only if those files hold a record,
of any symbol and either kind, in the hour from 00:00 UTC on. Some feeds stop there: EQUS.MINI in
winter has nothing between 19:00 and 20:00 New York for months on end, although the hour may be
asked for and is then served empty. So the rule asks whether the feed ran in that one hour, which
is a fact about the feed; when the last record of a day came plays no part in it.
"""

import datetime as dt
import glob
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS, Session, new_york_date, new_york_ns, session_of
from lowfloat.base.records import TRADE_ACTION
from lowfloat.days import Day, DayStore
from lowfloat.days.day import NO_QUOTES, check_symbol
from lowfloat.errors import BadSymbol, DayExists, FeedError, NotASession
from lowfloat.ingest.dbn import (
    LAYOUTS,
    OPEN_END,
    QUOTES,
    STATUS,
    TRADES,
    Header,
    Records,
    read_header,
    read_records,
)
from lowfloat.ingest.dbn_tables import quotes_of, status_of, trades_of
from lowfloat.ingest.report import IngestedDay, IngestResult, row_of

NO_STATUS = "no_status"
"""Flag of a day without a record of the trading state: its halts are not known."""

TRADES_FROM_QUOTES = "trades_from_quotes"
"""Flag of a day whose prints were taken from the trade rows of the quotes."""

TRADES_DIFFER = "trades_differ_from_quotes"
"""Flag of a day whose trades and quotes do not hold the same number of prints."""

_OTHER_MARKETS = ("GLBX", "OPRA", "IFEU", "IFUS", "IFLL", "NDEX", "XEUR", "XEEE", "XCBF")
_HOUR = 3600 * NS
_UTC_DAY = 24 * _HOUR


def ingest_databento(
    source: str | Path | Sequence[str | Path],
    store: DayStore,
    *,
    symbols: Collection[str] | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> IngestResult:
    """Make symbol-days of Databento files and store them.

    Trades, mbp-1 and status files of one or many symbols and days may be given together, in any
    order. A day needs a trades or an mbp-1 file that covers its 04:00. A file that cannot be
    used is reported and the rest goes on; a day whose 04:00 lies in such a file is not made of
    what is left. A stored day is never changed.

    Args:
        source: a file, a folder (searched with all below it), a glob, or several of these.
        store: where the days go.
        symbols: tickers to take; None takes all.
        first: first session date to take.
        last: last session date to take.
        progress: called after each symbol-day with its name, how many are done, and how many
            there are.

    Raises:
        FeedError: ``source`` names no file.
        BadSymbol: one of ``symbols`` is no ticker.
    """
    asked = [symbols] if isinstance(symbols, str) else symbols
    wanted = None if asked is None else frozenset(check_symbol(symbol) for symbol in asked)
    refused: dict[str, str] = {}
    ignored: dict[str, str] = {}
    spans = _survey(source, wanted, refused, ignored)
    for symbol in sorted((wanted or frozenset()) - spans.keys()):
        ignored[symbol] = "no usable file holds this symbol"
    plan = sorted(
        (date, symbol)
        for symbol, kinds in spans.items()
        for date in _dates([*kinds[TRADES], *kinds[QUOTES]], first, last)
    )

    shelf = _Shelf(wanted, refused)
    written: list[str] = []
    unchanged: list[str] = []
    failed: list[tuple[str, str]] = []
    rows: list[IngestedDay] = []
    for done, (date, symbol) in enumerate(plan, start=1):
        name = f"{symbol}/{date}"
        shelf.drop_before(new_york_ns(date, 0))
        try:
            day, clipped = _make_day(symbol, date, spans[symbol], shelf)
            if len(day.trades.price) or len(day.quotes.action):
                (written if store.write(day) else unchanged).append(name)
                rows.append(row_of(day, clipped))
            else:
                ignored[name] = "no trade and no quote in the session"
        except (FeedError, DayExists) as error:
            failed.append((name, str(error)))
        if progress is not None:
            progress(name, done, len(plan))
    return IngestResult(
        written, unchanged, failed, sorted(refused.items()), sorted(ignored.items()), rows,
        shelf.clipped,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _File:
    """A usable file: its path, the name it is reported by, and its header."""

    path: Path
    name: str
    header: Header


class _Span(NamedTuple):
    """A time for which a file holds a symbol, under one instrument number."""

    from_ns: int
    to_ns: int
    instrument_id: int
    file: _File


_Kinds = dict[str, list[_Span]]  # by schema, in order of time


class _Shelf:
    """The files in use: each is read once, and dropped when the days have passed it.

    Attributes:
        clipped: records on the files read so far that lie outside any session.
    """

    def __init__(self, symbols: frozenset[str] | None, refused: dict[str, str]) -> None:
        self.clipped = 0
        self._symbols = symbols
        self._refused = refused
        self._open: dict[_File, Records] = {}  # by identity

    def __getitem__(self, file: _File) -> Records:
        """Return the records of a file, or raise FeedError if it is, or now gets, refused."""
        if file.name not in self._refused and file not in self._open:
            try:
                self._open[file] = read_records(file.path, file.header, self._symbols)
                self.clipped += _outside_sessions(self._open[file], file.header.schema)
            except FeedError as error:
                self._refused[file.name] = str(error)
        if file.name in self._refused:
            raise FeedError(f"its file `{file.name}` was refused: {self._refused[file.name]}")
        return self._open[file]

    def drop_before(self, ts_ns: int) -> None:
        """Forget the files that end before a time."""
        self._open = {f: records for f, records in self._open.items() if f.header.end_ns > ts_ns}


def _find(source: str | Path | Sequence[str | Path]) -> Iterator[tuple[Path, str, bool]]:
    """Yield ``(path, name to report, whether it was named itself)`` of each file, once."""
    seen: set[Path] = set()
    names: set[str] = set()
    for item in [source] if isinstance(source, (str, Path)) else source:
        root = Path(item)
        if root.is_file():
            found = [(root, root.name, True)]
        elif root.is_dir():
            found = [(p, p.relative_to(root).as_posix(), False) for p in sorted(root.rglob("*"))]
        else:
            matches = sorted(Path(match) for match in glob.glob(str(item), recursive=True))
            found = [(path, path.name, False) for path in matches]
        found = [entry for entry in found if entry[0].is_file()]
        if not found:
            raise FeedError(
                f"`source` was {str(item)!r}, which names no file; use a file, a folder that "
                "holds some, or a glob that matches some."
            )
        for path, name, is_named in found:
            if path.resolve() not in seen:
                yield path, path.as_posix() if name in names else name, is_named
            seen.add(path.resolve())
            names.add(name)


def _survey(
    source: str | Path | Sequence[str | Path],
    wanted: frozenset[str] | None,
    refused: dict[str, str],
    ignored: dict[str, str],
) -> dict[str, _Kinds]:
    """Read all headers; return the spans of each symbol, and note the files without use."""
    spans: dict[str, _Kinds] = defaultdict(lambda: {TRADES: [], QUOTES: [], STATUS: []})
    for path, name, is_named in _find(source):
        try:
            header = read_header(path)
        except FeedError as error:
            refused[name] = str(error)
            continue
        if header is None:
            (refused if is_named else ignored)[name] = f"{path}: is not a DBN file"
        elif header.schema not in (TRADES, QUOTES, STATUS):
            ignored[name] = f"schema `{header.schema or 'mixed'}` is not used"
        elif header.dataset.startswith(_OTHER_MARKETS):
            ignored[name] = f"dataset `{header.dataset}` is not of US stocks"
        elif header.end_ns == OPEN_END:
            refused[name] = f"{path}: its header has no `end`, so what it covers is unknown."
        elif not header.mapped:
            refused[name] = f"{path}: its header maps no instrument to a ticker."
        else:
            file = _File(path, name, header)
            for item in header.mapped:
                if wanted is not None and item.symbol not in wanted:
                    continue
                try:
                    kinds = spans[check_symbol(item.symbol)]
                except BadSymbol as error:
                    ignored[item.symbol] = str(error)
                    continue
                span = _Span(item.from_ns, item.to_ns, item.instrument_id, file)
                kinds[header.schema].append(span)
    for kinds in spans.values():
        for schema in kinds:
            kinds[schema].sort(key=lambda span: span[:3])
    return spans


def _dates(spans: Iterable[_Span], first: dt.date | None, last: dt.date | None) -> set[dt.date]:
    """Return the session dates of which the spans hold some of the time before 00:00 UTC."""
    dates: set[dt.date] = set()
    for span in spans:
        begin, end = new_york_date(span.from_ns), new_york_date(span.to_ns - 1)
        begin, end = max(begin, first or begin), min(end, last or end)
        for date in (begin + dt.timedelta(days=n) for n in range((end - begin).days + 1)):
            session = _session_or_none(date)
            if session is None or span.to_ns <= session.start_ns:
                continue
            if span.from_ns < min(session.end_ns, _next_utc_midnight(session)):
                dates.add(date)
    return dates


def _session_or_none(date: dt.date) -> Session | None:
    try:
        return session_of(date)
    except NotASession:
        return None


def _make_day(symbol: str, date: dt.date, kinds: _Kinds, shelf: _Shelf) -> tuple[Day, int]:
    """Return a day, and the number of its records that lie past the end of its coverage."""
    session = session_of(date)
    chains: _Kinds = {}
    faults = []
    for schema, spans in kinds.items():
        try:
            chains[schema] = _chain(schema, spans, session, shelf)
        except FeedError as error:
            faults.append(str(error))
    if faults:  # all at once, so that all can be mended at once
        raise FeedError("; ".join(faults))
    market = [chains[schema] for schema in (TRADES, QUOTES) if chains[schema]]
    datasets = sorted({span.file.header.dataset for chain in market for span in chain})
    if len(datasets) > 1:
        raise FeedError(f"its trades and quotes are of {' and '.join(datasets)}; use one of them.")
    end_ns = _coverage_end(market, session, shelf)

    def rows(schema: str, from_ns: int, to_ns: int) -> np.ndarray:
        return _rows(schema, chains[schema], shelf, from_ns, to_ns)

    trades = rows(TRADES, session.start_ns, end_ns)
    quotes = rows(QUOTES, session.start_ns, end_ns)
    status = rows(STATUS, new_york_ns(date, 0), end_ns)
    late = [rows(schema, end_ns, session.end_ns) for schema in (TRADES, QUOTES)]

    prints = quotes[quotes["action"] == TRADE_ACTION]
    flags = set()
    if not len(status):
        flags.add(NO_STATUS)
    if not len(quotes):
        flags.add(NO_QUOTES)
    elif not chains[TRADES]:
        flags.add(TRADES_FROM_QUOTES)
        trades = prints
    elif len(trades) != len(prints):
        flags.add(TRADES_DIFFER)
    day = Day(
        symbol=symbol,
        date=date,
        session=session,
        coverage_end_ns=end_ns,
        trades=trades_of(trades),
        quotes=quotes_of(quotes),
        status=status_of(status),
        vendor="databento",
        dataset=datasets[0],
        flags=tuple(sorted(flags)),
        sources=tuple(sorted({
            (span.file.path.name, shelf[span.file].sha256)
            for chain in chains.values() for span in chain if span.from_ns < end_ns
        })),
    )  # fmt: skip
    return day, sum(map(len, late))


def _chain(schema: str, spans: list[_Span], session: Session, shelf: _Shelf) -> list[_Span]:
    """Return the spans that cover a session from 04:00 on without a gap, none if none does."""
    near = [s for s in spans if s.to_ns > session.start_ns and s.from_ns < session.end_ns]
    for before, after in pairwise(near):
        if after.from_ns < before.to_ns:
            raise FeedError(
                f"its {schema} are both in `{before.file.name}` and in `{after.file.name}`; "
                "keep one of them."
            )
    chain: list[_Span] = []
    reached = session.start_ns
    for span in near:
        if span.from_ns > reached:
            break
        try:
            shelf[span.file]
        except FeedError:
            if not chain:
                raise
            break  # a later file that cannot be read only ends the coverage earlier
        chain.append(span)
        reached = span.to_ns
    if near and not chain and near[0].from_ns < _next_utc_midnight(session):
        seconds = (near[0].from_ns - session.start_ns) // NS
        raise FeedError(
            f"its {schema} in `{near[0].file.name}` begin {seconds} seconds after 04:00; use files "
            "of whole days (one split by size does not say what it covers)."
        )
    return chain


def _coverage_end(market: list[list[_Span]], session: Session, shelf: _Shelf) -> int:
    """Return the end of coverage, by the rule at the head of this file."""
    end_ns = min(session.end_ns, *(chain[-1].to_ns for chain in market))
    midnight = _next_utc_midnight(session)
    files = {span.file for chain in market for span in chain}
    if end_ns > midnight and not any(midnight // _HOUR in shelf[f].hours for f in files):
        return midnight
    return end_ns


def _next_utc_midnight(session: Session) -> int:
    return (session.start_ns // _UTC_DAY + 1) * _UTC_DAY


def _rows(schema: str, chain: list[_Span], shelf: _Shelf, from_ns: int, to_ns: int) -> np.ndarray:
    """Return the records of a chain received in ``from_ns <= ts_recv < to_ns``, in order."""
    parts = [np.empty(0, LAYOUTS[schema])]
    for span in chain:
        rows = shelf[span.file].rows.get(span.instrument_id)
        if rows is not None:
            begin, end = max(from_ns, span.from_ns), min(to_ns, span.to_ns)
            low, high = np.searchsorted(rows.ts_recv, (begin, max(begin, end)))
            parts.append(rows.records[low:high])
    return np.concatenate(parts)


def _outside_sessions(records: Records, schema: str) -> int:
    """Count the records that no session can use; status counts from midnight on."""
    outside = sum(len(rows.ts_recv) for rows in records.rows.values())
    for date in {new_york_date(hour * _HOUR) for hour in records.hours}:
        session = _session_or_none(date)
        if session is None:
            continue
        begin = new_york_ns(date, 0) if schema == STATUS else session.start_ns
        for rows in records.rows.values():
            low, high = np.searchsorted(rows.ts_recv, (begin, session.end_ns))
            outside -= int(high - low)
    return outside
