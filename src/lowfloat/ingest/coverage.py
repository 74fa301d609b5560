"""How far files cover a session.

A Databento file covers the span its header was asked for. The coverage of a day begins at 04:00
and runs on through files that adjoin, for trades and quotes alike; it ends where either stops.
One exception: past 00:00 UTC a day is covered only if those files hold a record, of any symbol
and either kind, in the hour from 00:00 UTC on. Some feeds stop there: EQUS.MINI in winter has
nothing between 19:00 and 20:00 New York for months on end, although the hour may be asked for
and is then served empty. So the rule asks whether the feed ran in that one hour, which is a fact
about the feed; when the last record of a day came plays no part in it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from lowfloat.base.clock import NS, Session, new_york_date, session_of
from lowfloat.errors import FeedError, NotASession
from lowfloat.ingest.dbn import Header

HOUR_NS = 3600 * NS
_UTC_DAY = 24 * HOUR_NS


@dataclass(eq=False)
class DbnFile:
    """A Databento file on the way into the store.

    Attributes:
        path: where it lies.
        name: how reports name it.
        header: what it says about itself.
        is_hashed: whether a checksum of its contents is known, and will be or was compared.
        refusal: why it cannot be used after all, once that is known.
        hours: hours since the epoch, UTC, in which any instrument has a record, once read.
    """

    path: Path
    name: str
    header: Header
    is_hashed: bool = True
    refusal: str | None = None
    hours: set[int] = field(default_factory=set)


class Span(NamedTuple):
    """A time for which a file holds a symbol, under one instrument number."""

    from_ns: int
    to_ns: int
    instrument_id: int
    file: DbnFile


def session_or_none(date: dt.date) -> Session | None:
    """Return the session of a date, None if there is none."""
    try:
        return session_of(date)
    except NotASession:
        return None


def dates_of(spans: Iterable[Span], first: dt.date | None, last: dt.date | None) -> set[dt.date]:
    """Return the session dates of which the spans hold some of the time before 00:00 UTC."""
    dates: set[dt.date] = set()
    for span in spans:
        begin, end = new_york_date(span.from_ns), new_york_date(span.to_ns - 1)
        begin, end = max(begin, first or begin), min(end, last or end)
        for date in (begin + dt.timedelta(days=n) for n in range((end - begin).days + 1)):
            session = session_or_none(date)
            if session is None or span.to_ns <= session.start_ns:
                continue
            if span.from_ns < min(session.end_ns, next_utc_midnight(session)):
                dates.add(date)
    return dates


def chain(schema: str, spans: list[Span], session: Session) -> list[Span]:
    """Return the spans that cover a session from 04:00 on without a gap, none if none does.

    Raises:
        FeedError: two files hold the same time; the files begin only after 04:00; or the file
            that covers 04:00 was refused.
    """
    near = [s for s in spans if s.to_ns > session.start_ns and s.from_ns < session.end_ns]
    for before, after in pairwise(near):
        if after.from_ns < before.to_ns:
            raise FeedError(
                f"its {schema} are both in `{before.file.name}` and in `{after.file.name}`; "
                "keep one of them."
            )
    linked: list[Span] = []
    reached = session.start_ns
    for span in near:
        if span.from_ns > reached:
            break
        if span.file.refusal is not None:
            if not linked:
                raise FeedError(f"its file `{span.file.name}` was refused: {span.file.refusal}")
            break  # a later file that cannot be read only ends the coverage earlier
        if linked and span.file.header.dataset != linked[0].file.header.dataset:
            break  # so does one of another feed
        linked.append(span)
        reached = span.to_ns
    if near and not linked and near[0].from_ns < next_utc_midnight(session):
        seconds = (near[0].from_ns - session.start_ns) // NS
        raise FeedError(
            f"its {schema} in `{near[0].file.name}` begin {seconds} seconds after 04:00; use files "
            "of whole days (one split by size does not say what it covers)."
        )
    return linked


def coverage_end(market: Iterable[list[Span]], session: Session) -> int:
    """Return the end of coverage of read files, by the rule at the head of this file."""
    chains = list(market)
    end_ns = min(session.end_ns, *(spans[-1].to_ns for spans in chains))
    midnight = next_utc_midnight(session)
    files = {span.file for spans in chains for span in spans}
    if end_ns > midnight and not any(midnight // HOUR_NS in file.hours for file in files):
        return midnight
    return end_ns


def next_utc_midnight(session: Session) -> int:
    """Return the first midnight UTC after the start of a session."""
    return (session.start_ns // _UTC_DAY + 1) * _UTC_DAY
