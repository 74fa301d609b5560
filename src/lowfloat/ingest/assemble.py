"""From heaps of rows to a stored day: put in order, signed, completed, validated, committed."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lowfloat.base.clock import Session, new_york_ns, previous_session, session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import Quotes, Status, Trades, blocks, empty, read_only
from lowfloat.days.day import NO_STATUS, QUOTES_REBUILT, Day
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.report import QUARANTINED, DayReport
from lowfloat.days.signing import no_carry, sign_in_place
from lowfloat.days.store import DayStore, Draft
from lowfloat.errors import DayExists, FeedError
from lowfloat.ingest.auctions import mark_auctions
from lowfloat.ingest.halts import (
    HALTS_INFERRED,
    ListedHalt,
    infer_halts,
    status_from_inferred,
    status_from_list,
)
from lowfloat.ingest.rebuild import rebuild_quotes
from lowfloat.ingest.spool import Heap, Sequel
from lowfloat.ingest.validate import HALTS_LISTED, Context, validate

TRADES_DIFFER = "trades_differ_from_quotes"
"""Flag of a day whose trades and quotes do not hold the same number of prints."""


MOST_QUOTES_JUDGED = 8_000_000
"""Changes of the book beyond which halts are inferred from prints alone. They would all have to be
in memory at once, and a stock of which there are so many shows a halt by its silence."""


@dataclass
class Ingredients:
    """What a day is made of.

    Attributes:
        symbol: ticker.
        date: session date.
        vendor: the command that makes the day.
        dataset: the vendor's name of the feed.
        coverage_end_ns: time up to which the files cover the session.
        trades: heaps of ``ROWS[Trades]``, in order of time.
        quotes: heaps of ``ROWS[Quotes]``.
        status: heaps of ``ROWS[Status]``.
        flags: what is known of the files.
        sources: ``(name, sha256)`` of each file.
        faults: records that were repaired or left out by the readers, by kind.
        other_prints: heaps of the same prints as another file tells them, to compare with.
    """

    symbol: str
    date: dt.date
    vendor: str
    dataset: str
    coverage_end_ns: int
    trades: Sequence[Heap] = ()
    quotes: Sequence[Heap] = ()
    status: Sequence[Heap] = ()
    flags: set[str] = field(default_factory=set)
    sources: Sequence[tuple[str, str]] = ()
    faults: Counter[str] = field(default_factory=Counter)
    other_prints: Sequence[Heap] | None = None

    @property
    def name(self) -> str:
        """``SYMBOL/YYYY-MM-DD``."""
        return f"{self.symbol}/{self.date.isoformat()}"


@dataclass(frozen=True)
class Assembled:
    """A day that was made and stored.

    Attributes:
        day: the day; its tables lie in the store.
        report: how sound it is.
        is_new: whether it was not stored before.
        clipped: records of the session received after the end of coverage.
    """

    day: Day
    report: DayReport
    is_new: bool
    clipped: int


def assemble(
    given: Ingredients, store: DayStore, work: Path, tables: ReferenceTables
) -> Assembled | None:
    """Make a day and store it, or set it apart in quarantine; None if it has no event.

    Args:
        given: what the day is made of.
        store: where it goes.
        work: a folder for unfinished work on the file system of the store.
        tables: what the user supplied besides: halts and closes are looked up.

    Raises:
        FeedError: the rows make no day.
        DayExists: the store holds the day with other contents.
    """
    session = session_of(given.date)
    end_ns = given.coverage_end_ns
    faults, flags = Counter(given.faults), set(given.flags)
    try:
        prints = Sequel(given.trades, session.start_ns, end_ns)
        changes = Sequel(given.quotes, session.start_ns, end_ns)
        states = Sequel(given.status, new_york_ns(given.date, 0), end_ns)
    except ValueError as error:
        raise FeedError(f"{given.name}: {error}.") from error
    if not prints.length and not changes.length:
        return None
    for rows in (prints, changes, states):
        faults["out_of_order"] += rows.out_of_order
        faults["duplicate"] += rows.duplicates
    if given.other_prints is not None:
        others = Sequel(given.other_prints, session.start_ns, end_ns)
        if others.length + others.duplicates != prints.length + prints.duplicates:
            flags.add(TRADES_DIFFER)

    draft = Draft(work / f"{given.symbol}-{given.date}")
    trades = _fill(draft, Trades, prints)
    quotes = _fill(draft, Quotes, changes)
    if states.length:
        status = _fill(draft, Status, states)
    else:
        found, how = _halts_without_status(given, trades, quotes, tables)
        status = _copied(draft, Status, found)
        flags |= {NO_STATUS, how}
        draft.release()

    def day_with(flags: set[str]) -> Day:
        return Day(
            symbol=given.symbol,
            date=given.date,
            session=session,
            coverage_end_ns=end_ns,
            trades=read_only(trades),
            quotes=read_only(quotes),
            status=read_only(status),
            vendor=given.vendor,
            dataset=given.dataset,
            flags=tuple(sorted(flags)),
            sources=tuple(sorted(given.sources)),
        )

    halts = day_with(flags).halts
    if not _tells_auctions(trades):
        mark_auctions(trades, session, halts)
    carry = no_carry()
    for block in blocks(trades):
        sign_in_place(block, quotes, carry)
        draft.release()
    if not changes.length:
        rebuilt = rebuild_quotes(trades, session, halts=halts, end_ns=end_ns)
        if len(rebuilt.ts_recv):
            quotes = _copied(draft, Quotes, rebuilt)
            flags.add(QUOTES_REBUILT)
    draft.release()
    context = Context(previous_close=_previous_close(given, tables, session), release=draft.release)
    report = validate(day_with(flags).check(draft.release), +faults, context)
    day = day_with(flags | set(report.flag_names))
    place, other = store, store.quarantine
    if report.verdict == QUARANTINED:
        place, other = other, place
    if (day.symbol, day.date) in other:
        raise DayExists(
            f"{other.where}/{day.name} already holds {day.name}, with another "
            f"verdict than this: {report.summary} Use `lowfloat days drop "
            f"{other.where} {day.name}` first."
        )
    is_new = place.commit(draft, day, report=report.as_dict())
    clipped = prints.outside + changes.outside + states.outside
    return Assembled(day, report, is_new, clipped)


def _halts_without_status(
    given: Ingredients, trades: Trades, quotes: Quotes, tables: ReferenceTables
) -> tuple[Status, str]:
    """Return the trading state by the user's list of halts, else as the tape shows it; and a flag.

    A list counts if it has anything to say of the stock: that a listed stock was not halted on a
    day is then told too.
    """
    session = session_of(given.date)
    listed = tables.rows("halts", given.symbol, 0, session.end_ns)
    if listed:
        rows = [ListedHalt(row["halted_at"], row["resumed_at"] or 0, row["code"]) for row in listed]
        return status_from_list(rows, session), HALTS_LISTED
    if len(quotes.ts_recv) > MOST_QUOTES_JUDGED:
        quotes = empty(Quotes)
    found = infer_halts(
        trades, quotes, session, _previous_close(given, tables, session),
        coverage_end_ns=given.coverage_end_ns,
    )  # fmt: skip
    return status_from_inferred(found), HALTS_INFERRED


def _previous_close(given: Ingredients, tables: ReferenceTables, session: Session) -> int:
    """Return the close of the session before, if the user supplied it, else 0.

    Stored days are not asked: what a day is made of must not depend on the order of ingesting.
    """
    row = tables.latest("closes", given.symbol, session.start_ns)
    if row is None or row["date"] != previous_session(given.date):
        return 0
    return row["close"]


def _tells_auctions(trades: Trades) -> bool:
    """Return whether the feed itself marks auctions: then none is guessed from its looks."""
    told = np.uint16(Mark.AUCTION | Mark.OFFICIAL_OPEN | Mark.OFFICIAL_CLOSE)
    return any((block.marks & told).any() for block in blocks(trades))


def _fill(draft: Draft, kind: type, rows: Sequel) -> Any:
    """Write the rows into a new table of the draft, a block at a time; return the table."""
    table = draft.table(kind, rows.length)
    start = 0
    for block in rows.blocks():
        draft.write(kind, start, block)
        start += len(block)
    return table


def _copied(draft: Draft, kind: type, source: Any) -> Any:
    """Return a new table of the draft with the rows of one in memory."""
    table = draft.table(kind, len(source[0]))
    for values, column in zip(source, table, strict=True):
        column[:] = values
    return table
