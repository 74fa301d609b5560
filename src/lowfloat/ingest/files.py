"""The common way of vendors whose files are lists of events: file by file into the store.

Files that are of one session date are read together and their days made, then the next date; if
a file does not say its date, all are read as one. A file stands for the whole of the session:
unlike Databento's, these do not say what time they were asked for.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from lowfloat.base.clock import new_york_date, new_york_ns, session_of
from lowfloat.base.hashing import sha256_of
from lowfloat.base.progress import Progress
from lowfloat.base.records import Quotes, Status, Trades
from lowfloat.days.day import check_symbol
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.store import DayStore
from lowfloat.days.work import work_folder
from lowfloat.errors import BadSymbol, DayCorrupt, DayExists, FeedError, UnusedFile
from lowfloat.ingest.assemble import Ingredients, assemble
from lowfloat.ingest.coverage import session_or_none
from lowfloat.ingest.find import Source, find
from lowfloat.ingest.name_dates import dates_in
from lowfloat.ingest.report import IngestResult, Notes
from lowfloat.ingest.source import TABLE_OF, SourceFile
from lowfloat.ingest.spool import Heap, Spool

Opener = Callable[[Path, str], SourceFile | None]
"""Returns a file of the vendor, None for any other, and raises FeedError for a broken one."""

_Day = tuple[str, dt.date]


def ingest_files(
    vendor: str,
    open_file: Opener,
    source: Source,
    store: DayStore,
    *,
    symbols: Collection[str] | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    progress: Progress | None = None,
) -> IngestResult:
    """Make symbol-days of a vendor's files and store them.

    A file that cannot be used is refused and the rest goes on; no day is made of a date of which
    a file was refused, be it that the file says the date or its name does. A stored day is never
    changed.

    Args:
        vendor: the command that makes the days.
        open_file: the vendor's reader.
        source: a file, a folder (searched with all below it), a glob, or several of these.
        store: where the days go.
        symbols: tickers to take; None takes all.
        first: first session date to take.
        last: last session date to take.
        progress: called after each file with its name, how many are done, and how many there are.

    Raises:
        FeedError: ``source`` names no file.
        BadSymbol: one of ``symbols`` is no ticker.
    """
    asked = [symbols] if isinstance(symbols, str) else symbols
    wanted = None if asked is None else frozenset(check_symbol(symbol) for symbol in asked)
    notes = Notes()
    groups: dict[dt.date | None, list[SourceFile]] = defaultdict(list)
    broken = _Broken()
    tables = ReferenceTables(store.where)
    for path, name, is_named in find(source):
        try:
            file = open_file(path, name)
        except UnusedFile as error:
            (notes.refuse if is_named else notes.ignore)(name, str(error))
            continue
        except FeedError as error:
            notes.refuse(name, str(error))
            broken.add(dates_in(name))
            continue
        if file is None:
            (notes.refuse if is_named else notes.ignore)(name, f"{path}: is not a {vendor} file")
        elif file.date is not None and not _inside(file.date, first, last):
            notes.ignore(name, f"its date, {file.date}, was not asked for")
        else:
            groups[file.date].append(file)
    if None in groups:  # its days may be of any date
        groups = {None: [file for files in groups.values() for file in files]}
    total = sum(len(files) for files in groups.values())
    done = 0
    for date in sorted(groups, key=lambda date: date or dt.date.min):
        with work_folder(store.root) as work:
            group = _Group(vendor, store, tables, work, notes, first, last)
            for file in groups[date]:
                if not group.read(file, wanted):
                    broken.add((file.date or dt.date.min, file.date or dt.date.max))
                done += 1
                if progress is not None:
                    progress(file.name, done, total)
            group.make(groups[date], broken)
    seen = {row.symbol for row in notes.days} | {name.split("/")[0] for name in notes.failed}
    for symbol in sorted((wanted or frozenset()) - seen):
        notes.ignore(symbol, "no usable file holds this symbol")
    return notes.result()


class _Broken:
    """The spans of dates of which a file was refused."""

    def __init__(self) -> None:
        self._spans: list[tuple[dt.date, dt.date]] = []

    def add(self, span: tuple[dt.date, dt.date] | None) -> None:
        """Add a span; None if nothing says which dates the file is of."""
        if span is not None:
            self._spans.append(span)

    def __contains__(self, date: dt.date) -> bool:
        return any(first <= date <= last for first, last in self._spans)


class _Group:
    """Files whose days are made together."""

    def __init__(
        self,
        vendor: str,
        store: DayStore,
        tables: ReferenceTables,
        work: Path,
        notes: Notes,
        first: dt.date | None,
        last: dt.date | None,
    ) -> None:
        self.vendor, self.store, self.tables = vendor, store, tables
        self.work, self.notes = work, notes
        self.first, self.last = first, last
        self.spool = Spool(work)
        self.faults: dict[_Day, Counter[str]] = defaultdict(Counter)
        self.of: dict[_Day, set[SourceFile]] = defaultdict(set)

    def read(self, file: SourceFile, wanted: frozenset[str] | None) -> bool:
        """Put the rows of a file on heaps; return False, and refuse it, if it is damaged."""
        latest: dict[str, dt.date] = {}
        owed: dict[str, Counter[str]] = {}  # faults that no date is known of yet
        try:
            for symbol, rows, counts in file.read(wanted):
                if not self._is_ticker(symbol):
                    continue
                faults = Counter(counts) + owed.pop(symbol, Counter())
                for date, part in self._by_date(rows, faults):
                    day = (symbol, date)
                    self.spool.add(day, TABLE_OF[part.dtype], part)
                    self.of[day].add(file)
                    latest[symbol] = date
                    self.faults[day].update(faults)
                    faults.clear()
                known = file.date or latest.get(symbol)
                if known is not None:
                    self.faults[symbol, known].update(faults)
                elif faults:
                    owed[symbol] = faults
        except FeedError as error:
            self.notes.refuse(file.name, str(error))
            return False
        for symbol, faults in owed.items():
            self.notes.ignore(f"{symbol} in {file.name}", _nothing_left(faults))
        return True

    def make(self, files: list[SourceFile], broken: _Broken) -> None:
        """Make the days of all that was read, but those of dates of which a file was refused."""
        digests = {file: sha256_of(file.path) for file in files}
        for symbol, date in sorted(self.faults.keys() - self.of.keys()):
            faults = +self.faults[symbol, date]
            if faults:
                self.notes.ignore(f"{symbol}/{date.isoformat()}", _nothing_left(faults))
        for day in sorted(self.of, key=lambda day: (day[1], day[0])):
            symbol, date = day
            name = f"{symbol}/{date.isoformat()}"
            if date in broken:
                self.notes.fail(name, "a file of its date was refused, so it may not be whole")
                self.spool.drop(day)
                continue
            sources = sorted(self.of[day], key=lambda file: file.name)
            flags = {flag for file in sources for flag in file.flags}
            try:
                made = assemble(
                    Ingredients(
                        symbol=symbol,
                        date=date,
                        vendor=self.vendor,
                        dataset=", ".join(sorted({file.dataset for file in sources})),
                        coverage_end_ns=session_of(date).end_ns,
                        trades=self._heaps(day, Trades),
                        quotes=self._heaps(day, Quotes),
                        status=self._heaps(day, Status),
                        flags=flags,
                        sources=[(file.path.name, digests[file]) for file in sources],
                        faults=self.faults[day],
                    ),
                    self.store,
                    self.work,
                    self.tables,
                )
            except (FeedError, DayCorrupt, DayExists) as error:
                self.notes.fail(name, str(error))
                continue
            if made is None:
                self.notes.ignore(name, "no trade and no quote in the session")
            else:
                self.notes.add(made)
            self.spool.drop(day)

    def _heaps(self, day: _Day, table: type) -> list[Heap]:
        heap = self.spool.get(day, table)
        return [] if heap is None else [heap]

    def _is_ticker(self, symbol: str) -> bool:
        try:
            check_symbol(symbol)
        except BadSymbol as error:
            self.notes.ignore(symbol, str(error))
            return False
        return True

    def _by_date(self, rows: np.ndarray, faults: Counter[str]) -> list[tuple[dt.date, np.ndarray]]:
        """Return the rows of each wanted session date, counting those outside any session."""
        if not len(rows):
            return []
        times = rows["ts_recv"]
        parts = []
        taken = 0
        date, final = new_york_date(int(times.min())), new_york_date(int(times.max()))
        while date <= final:
            session = session_or_none(date)
            if session is not None:
                is_status = TABLE_OF[rows.dtype] is Status
                begin = new_york_ns(date, 0) if is_status else session.start_ns
                inside = (times >= begin) & (times < session.end_ns)
                taken += int(inside.sum())
                if inside.any() and _inside(date, self.first, self.last):
                    parts.append((date, rows if inside.all() else rows[inside]))
            date += dt.timedelta(days=1)
        if taken < len(times):
            faults["outside_session"] += len(times) - taken
        return parts


def _nothing_left(faults: Counter[str]) -> str:
    counts = ", ".join(f"{number:,} {fault}" for fault, number in sorted(faults.items()))
    return f"none of its records was left to make a day of: {counts}"


def _inside(date: dt.date, first: dt.date | None, last: dt.date | None) -> bool:
    return (first is None or first <= date) and (last is None or date <= last)
