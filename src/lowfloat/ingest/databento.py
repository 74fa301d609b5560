"""Databento files (DBN) into the day store.

What a file holds is read from its header, never from its name. A symbol-day takes every record
received from 04:00 New York to the end of the session, from as many files as that needs: the
vendor's files of one day are cut at 00:00 UTC, which in winter is 19:00 New York. Files are read
once, in order of time, and a day is made as soon as the files that it needs have been read.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import session_of
from lowfloat.base.hashing import sha256_of
from lowfloat.base.progress import Progress
from lowfloat.days.day import check_symbol
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.store import DayStore
from lowfloat.days.work import work_folder
from lowfloat.errors import BadSymbol, DayCorrupt, DayExists, FeedError
from lowfloat.ingest.assemble import Ingredients, assemble
from lowfloat.ingest.batch_folder import BatchFolders
from lowfloat.ingest.coverage import (
    DbnFile,
    Span,
    chain,
    coverage_end,
    dates_of,
)
from lowfloat.ingest.dbn import OPEN_END, is_checked, read_header
from lowfloat.ingest.dbn_facts import BARS, DEFINITION, Owners, facts_of
from lowfloat.ingest.dbn_parts import STATUS, Faults, parts_of
from lowfloat.ingest.find import Source, find
from lowfloat.ingest.report import IngestResult, Notes
from lowfloat.ingest.spool import Heap, Spool

VENDOR = "databento"

PRINTS = ("trades", "mbp-1", "mbo", "mbp-10", "cmbp-1", "tbbo", "tcbbo")
"""Schemas that hold prints, the best source first."""

BOOKS = (
    "mbp-1", "mbo", "mbp-10", "cmbp-1", "cbbo-1s", "bbo-1s", "tbbo", "tcbbo", "cbbo-1m", "bbo-1m",
)  # fmt: skip
"""Schemas that hold a top of book, the best source first."""

TRADES_FROM_QUOTES = "trades_from_quotes"
"""Flag of a day whose prints were taken from the trade records of its quotes."""

UNHASHED = "unhashed_source"
"""Flag of a day with a file of which no checksum is known: damage to it could not be seen."""

SPARSE = {
    "tbbo": "quotes_at_trades", "tcbbo": "quotes_at_trades", "bbo-1s": "quotes_each_second",
    "cbbo-1s": "quotes_each_second", "bbo-1m": "quotes_each_minute",
    "cbbo-1m": "quotes_each_minute",
}  # fmt: skip
"""Flags of days whose book is known now and then only."""

BEGINS_ANEW = "book_begins_anew"
"""Flag of a day whose orders, or several venues, are told by several files: each begins with an
empty book, so that what stood before the seam is missing after it until it is told again."""

PRINT_FAULTS = ("undefined_price", "zero_size", "snapshot")
"""Faults that only a print can have."""

_OTHER_MARKETS = ("GLBX", "OPRA", "IFEU", "IFUS", "IFLL", "NDEX", "XEUR", "XEEE", "XCBF")

_Kinds = dict[str, list[Span]]  # by schema, in order of time


def ingest_databento(
    source: Source,
    store: DayStore,
    *,
    symbols: Collection[str] | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    progress: Progress | None = None,
) -> IngestResult:
    """Make symbol-days of Databento files and store them.

    Files of one or many symbols and days may be given together, in any order. A day needs a file
    of trades or of the book that covers its 04:00. A file that cannot be used is reported and the
    rest goes on; a day whose 04:00 lies in such a file is not made of what is left. A stored day
    is never changed, and is not made again if it was made of the same files.

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
    notes = Notes()
    spans, facts, batches = _survey(source, wanted, notes)
    held = set(spans).union(*facts.values())
    for symbol in sorted((wanted or frozenset()) - held):
        notes.ignore(symbol, "no usable file holds this symbol")
    market = {
        symbol: [s for schema in kinds for s in kinds[schema] if schema != STATUS]
        for symbol, kinds in spans.items()
    }
    plan = [
        _plan(symbol, date, kinds)
        for symbol, kinds in spans.items()
        for date in dates_of(market[symbol], first, last)
    ]
    for file in _of_no_day(spans, market):
        notes.ignore(file.name, "no day is made of it; that takes trades or quotes of a session")
    tables = ReferenceTables(store.where)
    _learn(facts, tables, notes)
    with work_folder(store.root) as work:
        plan.sort(key=_Planned.order)
        _Run(store, tables, work, notes, plan, spans, batches, progress).go()
    return notes.result()


def _learn(facts: dict[DbnFile, Owners], tables: ReferenceTables, notes: Notes) -> None:
    """Put bars and definitions into the reference tables, all files at once if they agree."""
    found: dict[str, dict[str, pa.Table]] = defaultdict(dict)
    for file, owners in facts.items():
        try:
            table, rows = facts_of(file, owners)
            found[table][file.name] = rows
        except FeedError as error:
            notes.refuse(file.name, str(error))
    for table, parts in found.items():
        try:
            tables.add(table, parts)
            known = list(parts)
        except FeedError:  # one after the other, to tell which of them it is
            known = []
            for name, rows in parts.items():
                try:
                    tables.add(table, {name: rows})
                    known.append(name)
                except FeedError as error:
                    notes.refuse(name, str(error))
        for name in known:
            notes.learn(name, table, len(parts[name]))


def _of_no_day(spans: dict[str, _Kinds], market: dict[str, list[Span]]) -> set[DbnFile]:
    """Return the files that hold no part of any session of which prints or quotes are there."""
    files: dict[DbnFile, bool] = {}
    for symbol, kinds in spans.items():
        dates: set[dt.date] | None = None
        for span in (span for group in kinds.values() for span in group):
            if files.get(span.file):
                continue
            if dates is None:
                dates = dates_of(market[symbol], None, None)
            files[span.file] = not dates.isdisjoint(dates_of([span], None, None))
    return {file for file, is_used in files.items() if not is_used}


@dataclass(eq=False)
class _Planned:
    """A day that is to be made, and what its prints, its book and its status are taken from."""

    symbol: str
    date: dt.date
    chains: dict[str, list[Span]]  # by schema
    faults: list[str]  # why it cannot be made

    @property
    def name(self) -> str:
        return f"{self.symbol}/{self.date.isoformat()}"

    def order(self) -> tuple[dt.date, str]:
        return self.date, self.symbol

    def best(self, schemas: tuple[str, ...]) -> str | None:
        """Return the first of the schemas that covers the day."""
        return next((schema for schema in schemas if self.chains.get(schema)), None)

    def used(self) -> list[str]:
        """Return the schemas that the day is made from."""
        chosen = (self.best(PRINTS), self.best(BOOKS), self.best((STATUS,)))
        return sorted({schema for schema in chosen if schema})

    def files(self) -> set[DbnFile]:
        return {span.file for schema in self.used() for span in self.chains[schema]}


def _plan(symbol: str, date: dt.date, kinds: _Kinds) -> _Planned:
    """Choose what a day is made from; called again once files have been refused."""
    session = session_of(date)
    chains, faults = {}, {}
    for schema, spans in kinds.items():
        try:
            chains[schema] = chain(schema, spans, session)
        except FeedError as error:
            faults[schema] = str(error)
    day = _Planned(symbol, date, chains, [])
    for ranked in (PRINTS, BOOKS, (STATUS,)):
        best = day.best(ranked)
        better = ranked[: ranked.index(best)] if best else ranked
        day.faults += [faults.pop(schema) for schema in better if schema in faults]
    return day


class _Run:
    """One pass over the files."""

    def __init__(
        self,
        store: DayStore,
        tables: ReferenceTables,
        work: Path,
        notes: Notes,
        plan: list[_Planned],
        spans: dict[str, _Kinds],
        batches: BatchFolders,
        progress: Progress | None,
    ) -> None:
        self.store, self.work, self.notes, self.progress = store, work, notes, progress
        self.tables = tables
        self.plan, self.spans, self.batches = plan, spans, batches
        self.spool = Spool(work)
        self.faults: Faults = defaultdict(Counter)
        self.hashes: dict[DbnFile, str] = {}
        self.done = 0

    def go(self) -> None:
        """Read each needed file and make each day as soon as its files are read."""
        unread: dict[_Planned, int] = {}
        users: dict[DbnFile, list[_Planned]] = defaultdict(list)
        for day in self.plan:
            if not self._is_settled(day):
                files = day.files()
                unread[day] = len(files)
                for file in files:
                    users[file].append(day)
        for file in sorted(users, key=lambda file: (file.header.start_ns, file.name)):
            self._read(file, {(day.symbol, day.date) for day in users[file]})
            for day in users[file]:
                unread[day] -= 1
                if not unread[day]:
                    self._make(day)
                    self._tick(day)

    def _is_settled(self, day: _Planned) -> bool:
        """Say what became of a day that needs no reading; return whether it is one."""
        if day.faults:  # all at once, so that all can be mended at once
            self.notes.fail(day.name, "; ".join(day.faults))
        elif not day.best(PRINTS) and not day.best(BOOKS):
            return True  # its files hold none of the session
        elif not self._is_stored(day):
            return False
        self._tick(day)
        return True

    def _is_stored(self, day: _Planned) -> bool:
        """Note and return whether the day was stored before, made of the same files.

        A day without status is made anew: its halts depend on what else the store knows.
        """
        for place in (self.store, self.store.quarantine):
            if not day.best((STATUS,)) or (day.symbol, day.date) not in place:
                continue
            try:
                about = place.about(day.symbol, day.date)
                sources = sorted([file.path.name, self._hash(file)] for file in day.files())
                if about["sources"] == sources and about["vendor"] == VENDOR:
                    self.notes.keep(place, day.symbol, day.date)
                    return True
            except DayCorrupt as error:
                self.notes.fail(day.name, str(error))
                return True
        return False

    def _hash(self, file: DbnFile) -> str:
        if file not in self.hashes:
            self.hashes[file] = sha256_of(file.path)
        return self.hashes[file]

    def _tick(self, day: _Planned) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(day.name, self.done, len(self.plan))

    def _read(self, file: DbnFile, wanted: set[tuple[str, dt.date]]) -> None:
        """Put a file's rows of the wanted days on heaps, or refuse the file."""
        schema = file.header.schema
        spans = {
            symbol: [span for span in self.spans[symbol][schema] if span.file is file]
            for symbol, _ in wanted
        }
        try:
            for part in parts_of(file, spans, self.faults):
                if (part.symbol, part.date) in wanted:
                    self.spool.add((part.symbol, part.date), (part.span, part.table), part.rows)
        except FeedError as error:
            file.refusal = str(error)
            self.notes.refuse(file.name, str(error))

    def _make(self, planned: _Planned) -> None:
        """Make a day whose files are read, unless one of them was refused."""
        symbol, date = planned.symbol, planned.date
        day = _plan(symbol, date, self.spans[symbol])
        try:
            if day.faults:
                raise FeedError("; ".join(day.faults))
            made = assemble(self._ingredients(day), self.store, self.work, self.tables)
        except (FeedError, DayCorrupt, DayExists) as error:
            self.notes.fail(day.name, str(error))
        else:
            if made is None:
                self.notes.ignore(day.name, "no trade and no quote in the session")
            else:
                self.notes.add(made)
        self.spool.drop((symbol, date))

    def _ingredients(self, day: _Planned) -> Ingredients:
        prints, book, status = day.best(PRINTS), day.best(BOOKS), day.best((STATUS,))
        session = session_of(day.date)
        market = {schema: day.chains[schema] for schema in (prints, book) if schema}
        datasets = sorted({span.file.header.dataset for c in market.values() for span in c})
        if len(datasets) > 1:
            raise FeedError(
                f"its trades and quotes are of {' and '.join(datasets)}; use one of them."
            )
        end_ns = coverage_end(market.values(), session)
        # A file that adds no coverage is none of the day's: the day must not depend on it.
        files = {
            span.file
            for schema in day.used() for span in day.chains[schema] if span.from_ns < end_ns
        }  # fmt: skip
        flags = set()
        for file in files:
            flags |= self.batches.flags(file.path, day.date)
            if not file.is_hashed:
                flags.add(UNHASHED)
        if prints != "trades" and book == prints:
            flags.add(TRADES_FROM_QUOTES)
        if book in SPARSE:
            flags.add(SPARSE[book])
        faults: Counter[str] = Counter()
        for file in files:
            faults += self.faults[day.symbol, day.date, file]
            if prints == "trades" and file.header.schema != "trades":
                for name in PRINT_FAULTS:  # its prints are told, and counted, by another file
                    faults[name] -= self.faults[day.symbol, day.date, file][name]

        def heaps(schema: str | None, label: str) -> list[Heap]:
            found = [
                self.spool.get((day.symbol, day.date), (span, label))
                for span in (day.chains[schema] if schema else ())
            ]
            return [heap for heap in found if heap is not None]

        books = heaps(book, "quotes")
        if len(books) > 1 and (book == "mbo" or _venues(books) > 1):
            flags.add(BEGINS_ANEW)
        both = prints == "trades" and book in ("mbp-1", "mbo", "mbp-10")
        return Ingredients(
            symbol=day.symbol,
            date=day.date,
            vendor=VENDOR,
            dataset=datasets[0],
            coverage_end_ns=end_ns,
            trades=heaps(prints, "trades"),
            quotes=books,
            status=heaps(status, "status"),
            flags=flags,
            sources=[(file.path.name, self._hash(file)) for file in files],
            faults=faults,
            other_prints=heaps(book, "trades") if both else None,
        )


def _venues(books: list[Heap]) -> int:
    """Return how many venues quote, as far as the first rows of each heap tell."""
    first = [next(heap.blocks())["publisher"] for heap in books]
    return len(np.unique(np.concatenate(first)))


def _survey(
    source: Source, wanted: frozenset[str] | None, notes: Notes
) -> tuple[dict[str, _Kinds], dict[DbnFile, Owners], BatchFolders]:
    """Read all headers; return what each symbol's days and facts are in, and note other files."""
    spans: dict[str, _Kinds] = defaultdict(lambda: defaultdict(list))
    facts: dict[DbnFile, Owners] = {}
    found = list(find(source))
    batches = BatchFolders([entry.path for entry in found])
    names = {entry.path: entry.name for entry in found}
    for path, why in batches.faults.items():
        notes.refuse(names.get(path, path.name), why)
    for path, name, is_named in found:
        try:
            if batches.describes(path):
                continue  # the vendor's own notes on the files beside it
            header = read_header(path)
            digest = None if header is None else batches.check(path)
            if header is not None and not header.mapped:
                header = replace(header, mapped=batches.mapped(path, header))
        except FeedError as error:
            notes.refuse(name, str(error))
            continue
        if header is None:
            (notes.refuse if is_named else notes.ignore)(name, f"{path}: is not a DBN file")
        elif header.schema not in (*PRINTS, *BOOKS, STATUS, *BARS, DEFINITION):
            notes.ignore(name, f"schema `{header.schema or 'mixed'}` is not used")
        elif header.dataset.startswith(_OTHER_MARKETS):
            notes.ignore(name, f"dataset `{header.dataset}` is not of US stocks")
        elif header.end_ns == OPEN_END:
            notes.refuse(name, f"{path}: its header has no `end`, so what it covers is unknown.")
        elif not header.mapped:
            notes.refuse(name, f"{path}: its header maps no instrument to a ticker.")
        else:
            file = DbnFile(path, name, header, digest is not None or is_checked(path))
            for item in header.mapped:
                if wanted is not None and item.symbol not in wanted:
                    continue
                try:
                    check_symbol(item.symbol)
                except BadSymbol as error:
                    notes.ignore(item.symbol, str(error))
                    continue
                span = Span(item.from_ns, item.to_ns, item.instrument_id, file)
                if header.schema in BARS or header.schema == DEFINITION:
                    facts.setdefault(file, {}).setdefault(item.symbol, []).append(span)
                else:
                    spans[item.symbol][header.schema].append(span)
    for kinds in spans.values():
        for schema in kinds:
            kinds[schema].sort(key=lambda span: span[:3])
    for path in batches.missing():
        notes.refuse(path.name, f"{path}: is listed in its manifest and is not there.")
    return dict(spans), facts, batches
