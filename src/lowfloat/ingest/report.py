"""What an ingest did, file by file and day by day."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from lowfloat.base.clock import format_second
from lowfloat.days.day import Day
from lowfloat.days.report import QUARANTINED, DayReport
from lowfloat.days.store import DayStore
from lowfloat.errors import DayCorrupt
from lowfloat.ingest.assemble import Assembled


@dataclass(frozen=True)
class IngestedDay:
    """One row of the table of days. Times are New York, ``HH:MM:SS``.

    Attributes:
        symbol: ticker.
        date: session date.
        trades: number of prints.
        quotes: number of changes of the book.
        halts: number of spans in which nothing trades.
        flags: what a user of the day must know.
        first_trade: time of the first print; None on a day without prints.
        last_trade: time of the last print.
        coverage_end: time up to which the files cover the session.
        clipped: rows of the session received after ``coverage_end`` and therefore left out; not
            known (None) of a day that was stored before.
        report: how sound the day is.
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
    clipped: int | None
    report: DayReport

    @property
    def name(self) -> str:
        """``SYMBOL/YYYY-MM-DD``."""
        return f"{self.symbol}/{self.date.isoformat()}"

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain values, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "date": self.date.isoformat(),
            "flags": list(self.flags),
            "report": self.report.as_dict(),
        }


@dataclass(frozen=True)
class IngestResult:
    """The outcome of one ingest.

    Attributes:
        written: ``SYMBOL/YYYY-MM-DD`` of each day stored.
        unchanged: days that were stored before with the same contents.
        quarantined: days, of both lists, that failed validation and lie apart.
        failed: ``(day, message)`` of each day that could not be made or stored.
        refused: ``(file, message)`` of each file that cannot be used as it is.
        ignored: ``(file or symbol, reason)`` of what was not needed.
        learned: ``(file, table, rows)`` of each file whose facts went into a reference table.
        days: a row for each day written or unchanged, in order of date and symbol.
    """

    written: list[str]
    unchanged: list[str]
    quarantined: list[str]
    failed: list[tuple[str, str]]
    refused: list[tuple[str, str]]
    ignored: list[tuple[str, str]]
    learned: list[tuple[str, str, int]]
    days: list[IngestedDay]

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain lists, texts and numbers, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {"days": [day.as_dict() for day in self.days]}


@dataclass
class Notes:
    """What an ingest has done so far."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    learned: list[tuple[str, str, int]] = field(default_factory=list)
    days: list[IngestedDay] = field(default_factory=list)

    def add(self, made: Assembled) -> None:
        """Note a day that was made."""
        (self.written if made.is_new else self.unchanged).append(made.day.name)
        self.days.append(_row_of(made.day, made.report, made.clipped))

    def keep(self, place: DayStore, symbol: str, date: dt.date) -> None:
        """Note a day that is stored and need not be made again.

        Raises:
            DayCorrupt: what is stored is damaged.
        """
        day, plain = place[symbol, date], place.report(symbol, date)
        if plain is None:
            raise DayCorrupt(
                f"{place.folder(symbol, date)} has no report; drop the day and ingest it again."
            )
        self.unchanged.append(day.name)
        self.days.append(_row_of(day, DayReport.from_dict(plain), None))

    def fail(self, day: str, why: str) -> None:
        """Note a day that cannot be made or stored."""
        self.failed[day] = why

    def refuse(self, file: str, why: str) -> None:
        """Note a file that cannot be used."""
        self.refused[file] = why

    def ignore(self, name: str, why: str) -> None:
        """Note what is not needed."""
        self.ignored[name] = why

    def learn(self, file: str, table: str, rows: int) -> None:
        """Note a file whose facts went into a reference table."""
        self.learned.append((file, table, rows))

    def result(self) -> IngestResult:
        """Return all that was noted."""
        days = sorted(self.days, key=lambda row: (row.date, row.symbol))
        apart = [row.name for row in days if row.report.verdict == QUARANTINED]
        return IngestResult(
            written=self.written,
            unchanged=self.unchanged,
            quarantined=apart,
            failed=list(self.failed.items()),
            refused=sorted(self.refused.items()),
            ignored=sorted(self.ignored.items()),
            learned=self.learned,
            days=days,
        )


def _row_of(day: Day, report: DayReport, clipped: int | None) -> IngestedDay:
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
        report=report,
    )
