"""Databento files (DBN: trades, top of book, trading status) into the day store.

What a file holds is read from its header, never from its name. A symbol-day takes every record
received from 04:00 New York to the end of the session, from as many files as that needs: a
vendor's file of one day is cut at 00:00 UTC, which in winter is 19:00 New York.

How far a day is covered. A file covers the span its header was asked for. The span of a day
starts at 04:00 and runs on through files that adjoin one another, for trades and quotes alike;
it ends where either stops. There is one exception: past 00:00 UTC a day is covered only if the
files hold a record, of any symbol, in that hour. Some feeds simply stop at 00:00 UTC: EQUS.MINI
in winter has nothing between 19:00 and 20:00 New York for months on end, although a request for
that hour is served, and served empty. An hour in which a whole feed is silent is not a market
that can be traded, and the rule looks at nothing inside the hours that are covered.
"""

import datetime as dt
import glob
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lowfloat.base.clock import NS, Session, new_york_date, new_york_ns, session_of
from lowfloat.base.records import TRADE_ACTION, Quotes, Status, Trades, empty
from lowfloat.days import Day, DayStore
from lowfloat.days.day import NO_QUOTES, check_symbol
from lowfloat.errors import BadSymbol, DayExists, FeedError, NotASession
from lowfloat.ingest.dbn import (
    QUOTES,
    STATUS,
    TRADES,
    UNDEF_PRICE,
    UNDEF_SIZE,
    Header,
    Records,
    read_header,
    read_records,
)
from lowfloat.ingest.report import IngestResult, row_of

NO_STATUS = "no_status"
"""Flag of a day without a status file: its halts are not known."""

TRADES_FROM_QUOTES = "trades_from_quotes"
"""Flag of a day whose prints were taken from the trade rows of the quotes."""

TRADES_DIFFER = "trades_differ_from_quotes"
"""Flag of a day whose files of trades and of quotes do not hold the same number of prints."""

_SCHEMAS = (TRADES, QUOTES, STATUS)
_NOT_US_STOCKS = ("GLBX", "OPRA", "IFEU", "IFUS", "IFLL", "NDEX", "XEUR", "XEEE", "XCBF")
_UTC_DAY = 86_400 * NS
_HOUR = 3600 * NS


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

    Files of any order and number may be given together: trades, mbp-1 and status, one symbol or
    many, one day or many. A file that cannot be used is reported and the rest goes on; a day is
    made of all its files or not at all, and a stored day is never changed.

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
        ignored[symbol] = "no file holds this symbol"

    shelf = _Shelf(wanted, refused)
    result = IngestResult([], [], [], [], [], [], 0)
    plan = sorted(
        (date, symbol)
        for symbol, kinds in spans.items()
        for date in _dates([*kinds[TRADES], *kinds[QUOTES]], first, last)
    )
    for done, (date, symbol) in enumerate(plan, start=1):
        name = f"{symbol}/{date}"
        shelf.drop_before(new_york_ns(date, 0))
        try:
            made = _make_day(symbol, date, spans[symbol], shelf)
            if made is None:
                ignored[name] = "no trade and no quote in the session"
            else:
                day, clipped = made
                (result.written if store.write(day) else result.unchanged).append(name)
                result.days.append(row_of(day, clipped))
        except (FeedError, DayExists) as error:
            result.failed.append((name, str(error)))
        if progress is not None:
            progress(name, done, len(plan))
    result.refused.extend(sorted(refused.items()))
    result.ignored.extend(sorted(ignored.items()))
    return dataclasses.replace(result, clipped=shelf.clipped)


@dataclass(frozen=True)
class _File:
    """A usable file: its path, the name it is reported by, and its header."""

    path: Path
    name: str
    header: Header


@dataclass(frozen=True)
class _Span:
    """A stretch of time for which a file holds one symbol, under one instrument number."""

    from_ns: int
    to_ns: int
    file: _File
    instrument_id: int


_Kinds = dict[str, list[_Span]]  # by schema, in order of time


class _Shelf:
    """The files that are open now: each is read once, and dropped when the days are past it."""

    def __init__(self, symbols: frozenset[str] | None, refused: dict[str, str]) -> None:
        self.symbols = symbols
        self.refused = refused
        self.clipped = 0
        self._open: dict[str, tuple[_File, Records]] = {}

    def __getitem__(self, file: _File) -> Records:
        """Return the records of a file.

        Raises:
            FeedError: the file cannot be used; it is listed as refused.
        """
        if file.name in self.refused:
            raise FeedError(f"its file {file.name} was refused")
        if file.name not in self._open:
            try:
                records = read_records(file.path, file.header, self.symbols)
            except FeedError as error:
                self.refused[file.name] = str(error)
                raise FeedError(f"its file {file.name} was refused") from error
            self._open[file.name] = file, records
            self.clipped += _outside_sessions(records, file.header.schema)
        return self._open[file.name][1]

    def drop_before(self, ts_ns: int) -> None:
        """Forget files that end before a time."""
        past = [name for name, (file, _) in self._open.items() if _end(file) <= ts_ns]
        for name in past:
            del self._open[name]
