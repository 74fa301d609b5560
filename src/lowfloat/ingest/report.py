"""What an ingest did, file by file and day by day."""

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any

from lowfloat.base.clock import format_second
from lowfloat.days.day import Day


@dataclass(frozen=True)
class IngestedDay:
    """One row of the table of days. Times are New York, ``HH:MM:SS``.

    Attributes:
        symbol: ticker.
        date: session date.
        trades: number of prints.
        quotes: number of top-of-book records.
        halts: number of spans in which nothing trades.
        flags: what a user of the day must know.
        first_trade: time of the first print; None on a day without prints.
        last_trade: time of the last print.
        coverage_end: time up to which the files cover the session.
        clipped: records of the session received after ``coverage_end`` and therefore left out.
    """

    symbol: str
    date: dt.date
    trades: int
    quotes: int
    halts: int
    flags: tuple[str, ...]
    first_trade: str | None
    last_trade: str | None
    coverage_end: str
    clipped: int


@dataclass(frozen=True)
class IngestResult:
    """The outcome of one ingest.

    Attributes:
        written: ``SYMBOL/YYYY-MM-DD`` of each day stored.
        unchanged: days that were stored before with the same contents.
        failed: ``(day, message)`` of each day that could not be made or stored.
        refused: ``(file, message)`` of each file that cannot be used as it is.
        ignored: ``(file or symbol, reason)`` of what was not needed.
        days: a row for each day written or unchanged, in order of date and symbol.
        clipped: records of the wanted symbols, in all files read, received outside any session.
    """

    written: list[str]
    unchanged: list[str]
    failed: list[tuple[str, str]]
    refused: list[tuple[str, str]]
    ignored: list[tuple[str, str]]
    days: list[IngestedDay]
    clipped: int

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain lists, texts and numbers, ready for JSON."""
        plain = dataclasses.asdict(self)
        for row in plain["days"]:
            row["date"] = row["date"].isoformat()
        return plain


def row_of(day: Day, clipped: int) -> IngestedDay:
    """Return the row of a day for the table."""

    def clock(ts_ns: int) -> str:
        return format_second(day.session.second(ts_ns))

    times = day.trades.ts_recv
    return IngestedDay(
        symbol=day.symbol,
        date=day.date,
        trades=len(times),
        quotes=len(day.quotes.ts_recv),
        halts=len(day.halts),
        flags=day.flags,
        first_trade=clock(int(times[0])) if len(times) else None,
        last_trade=clock(int(times[-1])) if len(times) else None,
        coverage_end=clock(day.coverage_end_ns),
        clipped=clipped,
    )
