"""Exchange time: session days of 04:00-20:00 New York, in integer nanoseconds UTC.

A session second counts from 04:00:00 (0) to 19:59:59 (57,599). The decision at second ``s``
is taken at 04:00:00 + s and may use what was received strictly before. Daylight saving never
switches inside a session, so one offset holds for a whole day; it comes from the time zone
database, and holidays and half days from the exchange's calendar, never from a constant here.
"""

import datetime as dt
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from lowfloat.errors import NotASession

NEW_YORK = ZoneInfo("America/New_York")
NS = 1_000_000_000
SECONDS_PER_SESSION = 57_600

REGULAR_OPEN = 5 * 3600 + 1800  # session second of 09:30


class Session(NamedTuple):
    """Bounds of one session day, in nanoseconds since the epoch, UTC.

    Attributes:
        start_ns: 04:00 New York.
        regular_open_ns: 09:30.
        regular_close_ns: 16:00, or 13:00 on a half day.
        end_ns: 20:00, or 17:00 on a half day.
    """

    start_ns: int
    regular_open_ns: int
    regular_close_ns: int
    end_ns: int

    @property
    def seconds(self) -> int:
        """Length of the session in seconds."""
        return (self.end_ns - self.start_ns) // NS

    def second(self, ts_ns: int) -> int:
        """Return the session second that contains the time ``ts_ns``."""
        return (ts_ns - self.start_ns) // NS

    def ns(self, second: int) -> int:
        """Return the time at which ``second`` begins."""
        return self.start_ns + second * NS


def new_york_ns(date: dt.date, hour: int, minute: int = 0) -> int:
    """Return the UTC nanoseconds of a wall-clock time in New York."""
    moment = dt.datetime(date.year, date.month, date.day, hour, minute, tzinfo=NEW_YORK)
    return int(moment.timestamp()) * NS


def new_york_date(ts_ns: int) -> dt.date:
    """Return the calendar date in New York of a UTC time."""
    return dt.datetime.fromtimestamp(ts_ns // NS, NEW_YORK).date()


@lru_cache(maxsize=1)
def _exchange() -> Any:
    import exchange_calendars  # slow to import, and needed only where days are made

    return exchange_calendars.get_calendar("XNYS", start="2005-01-03")


@lru_cache(maxsize=4096)
def session_of(date: dt.date) -> Session:
    """Return the session of a date.

    Raises:
        NotASession: the exchange is closed that day, or the calendar does not reach it.
    """
    exchange = _exchange()
    label = date.isoformat()
    first, last = exchange.first_session.date(), exchange.last_session.date()
    if not first <= date <= last:
        raise NotASession(f"{label} lies outside the exchange calendar; use {first} to {last}.")
    if not exchange.is_session(label):
        what = date.strftime("%A")
        raise NotASession(f"{label} (a {what}) was not a trading session of the exchange.")
    close = exchange.session_close(label)
    early = close.tz_convert(NEW_YORK).hour < 16
    return Session(
        start_ns=new_york_ns(date, 4),
        regular_open_ns=new_york_ns(date, 9, 30),
        regular_close_ns=int(close.timestamp()) * NS,
        end_ns=new_york_ns(date, 17 if early else 20),
    )


def sessions_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the session dates from ``first`` to ``last``, both included.

    Raises:
        NotASession: the exchange calendar does not reach that far.
    """
    exchange = _exchange()
    begin, end = exchange.first_session.date(), exchange.last_session.date()
    if first < begin or last > end:
        raise NotASession(
            f"{first} to {last} lies outside the exchange calendar, {begin} to {end}."
        )
    labels = exchange.sessions_in_range(first.isoformat(), last.isoformat())
    return [label.date() for label in labels]


def previous_session(date: dt.date) -> dt.date | None:
    """Return the last session before a session's date, None before the first of the calendar."""
    exchange = _exchange()
    if date <= exchange.first_session.date():
        return None
    return exchange.date_to_session(date - dt.timedelta(days=1), "previous").date()


def format_second(second: int) -> str:
    """Return ``HH:MM:SS`` New York time for a session second."""
    clock = second + 4 * 3600
    return f"{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}"


def parse_second(text: str) -> int:
    """Return the session second of ``HH:MM`` or ``HH:MM:SS`` New York time.

    Raises:
        ValueError: the text is no time between 04:00:00 and 19:59:59.
    """
    moment = dt.time.fromisoformat(text)
    second = moment.hour * 3600 + moment.minute * 60 + moment.second - 4 * 3600
    if moment.microsecond or moment.tzinfo or not 0 <= second < SECONDS_PER_SESSION:
        raise ValueError(f"`{text}` is not a session time; use 04:00:00 to 19:59:59.")
    return second
