"""Exchange time: New York's clock, the exchange's calendar, and nothing counted by hand."""

import datetime as dt
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest

from lowfloat.base.clock import (
    NS,
    SECONDS_PER_SESSION,
    format_second,
    new_york_date,
    new_york_ns,
    parse_second,
    previous_session,
    session_of,
    sessions_between,
)
from lowfloat.errors import NotASession

UTC = dt.UTC
NEW_YORK = ZoneInfo("America/New_York")
HALF_DAYS = ["2024-07-03", "2024-11-29", "2024-12-24", "2025-07-03"]


def utc(ns: int) -> str:
    return dt.datetime.fromtimestamp(ns // NS, UTC).strftime("%d %H:%M")


def new_york(ns: int) -> str:
    return dt.datetime.fromtimestamp(ns // NS, NEW_YORK).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("date", "start", "opens", "closes", "end"),
    [
        # The clocks went forward on Sunday 2025-03-09 and back on Sunday 2025-11-02.
        ("2025-03-07", "07 09:00", "07 14:30", "07 21:00", "08 01:00"),
        ("2025-03-10", "10 08:00", "10 13:30", "10 20:00", "11 00:00"),
        ("2025-10-31", "31 08:00", "31 13:30", "31 20:00", "01 00:00"),
        ("2025-11-03", "03 09:00", "03 14:30", "03 21:00", "04 01:00"),
    ],
)
def test_a_session_keeps_new_york_time_on_both_sides_of_a_clock_change(
    date: str, start: str, opens: str, closes: str, end: str
) -> None:
    session = session_of(dt.date.fromisoformat(date))
    assert [utc(ns) for ns in session] == [start, opens, closes, end]


@pytest.mark.parametrize("date", HALF_DAYS)
def test_a_half_day_closes_at_13_00_and_ends_at_17_00(date: str) -> None:
    session = session_of(dt.date.fromisoformat(date))
    assert [new_york(ns) for ns in session] == [
        f"{date} {time}" for time in ("04:00", "09:30", "13:00", "17:00")
    ]
    assert session.seconds == 46_800


@pytest.mark.parametrize("date", ["2025-07-02", "2024-11-27", "2024-12-26", "2025-03-04"])
def test_a_whole_day_closes_at_16_00_and_ends_at_20_00(date: str) -> None:
    session = session_of(dt.date.fromisoformat(date))
    assert [new_york(ns) for ns in session] == [
        f"{date} {time}" for time in ("04:00", "09:30", "16:00", "20:00")
    ]
    assert session.seconds == SECONDS_PER_SESSION == 57_600


def test_every_session_is_a_whole_or_a_half_day() -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start="2014-01-02")
    last = min(dt.date(2027, 12, 31), calendar.last_session.date())
    labels = calendar.sessions_in_range("2015-01-01", last.isoformat())
    half_days = {label.date() for label in calendar.early_closes}
    assert len(labels) > 2500
    for label in labels:
        date = label.date()
        session = session_of(date)
        assert session.seconds == (46_800 if date in half_days else 57_600), date
        assert list(session) == sorted(set(session))
        assert new_york(session.start_ns) == f"{date} 04:00"
        assert session.regular_close_ns == calendar.session_close(label).value


def test_the_day_of_mourning_was_no_session() -> None:
    with pytest.raises(NotASession, match=r"2025-01-09 \(a Thursday\) was not a trading session"):
        session_of(dt.date(2025, 1, 9))


@pytest.mark.parametrize(
    ("date", "weekday"),
    [("2025-03-09", "Sunday"), ("2025-03-08", "Saturday"), ("2025-07-04", "Friday")],
)
def test_a_day_without_trading_is_named_with_its_weekday(date: str, weekday: str) -> None:
    with pytest.raises(NotASession, match=rf"{date} \(a {weekday}\) was not a trading session"):
        session_of(dt.date.fromisoformat(date))


@pytest.mark.parametrize("date", ["1999-12-31", "2199-01-01"])
def test_a_date_beyond_the_calendar_is_told_its_ends(date: str) -> None:
    message = rf"{date} lies outside the exchange calendar; use 2005-01-03 to 20\d\d-\d\d-\d\d"
    with pytest.raises(NotASession, match=message):
        session_of(dt.date.fromisoformat(date))


def test_the_sessions_between_two_dates_hold_both_and_no_holiday() -> None:
    found = sessions_between(dt.date(2025, 1, 8), dt.date(2025, 1, 13))
    assert [date.isoformat() for date in found] == ["2025-01-08", "2025-01-10", "2025-01-13"]


def test_a_second_begins_at_its_time_and_holds_every_moment_up_to_the_next() -> None:
    session = session_of(dt.date(2025, 3, 10))
    for second in (0, 1, 19_800, 57_599):
        begins = session.ns(second)
        assert session.second(begins) == second
        assert session.second(begins + NS - 1) == second
        assert session.second(begins - 1) == second - 1


def test_every_second_survives_being_written_and_read() -> None:
    assert [parse_second(format_second(s)) for s in range(57_600)] == list(range(57_600))


@pytest.mark.parametrize(
    ("text", "second"),
    [("04:00", 0), ("09:30", 19_800), ("16:00:00", 43_200), ("19:59:59", 57_599)],
)
def test_a_time_names_its_second(text: str, second: int) -> None:
    assert parse_second(text) == second
    assert format_second(second).startswith(text)


@pytest.mark.parametrize(
    "text",
    ["03:59:59", "20:00", "00:00", "24:00", "9:30", "", "noon", "09:30:00.5", "09:30Z", "-1:00"],
)
def test_what_is_no_time_of_the_session_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|hour must be|is not a session time"):
        parse_second(text)


@pytest.mark.parametrize("text", ["03:59:59", "20:00", "09:30:00.5", "09:30Z"])
def test_a_time_outside_the_session_is_told_its_bounds(text: str) -> None:
    message = f"`{text}` is not a session time; use 04:00:00 to 19:59:59"
    with pytest.raises(ValueError, match=message):
        parse_second(text)


def test_a_moment_of_the_utc_night_belongs_to_the_new_york_day_before() -> None:
    assert new_york_date(new_york_ns(dt.date(2025, 3, 7), 19, 59)) == dt.date(2025, 3, 7)
    assert utc(new_york_ns(dt.date(2025, 3, 7), 19, 59)) == "08 00:59"


@pytest.mark.parametrize(
    ("date", "before"),
    [("2025-03-10", "2025-03-07"), ("2025-01-10", "2025-01-08"), ("2025-03-05", "2025-03-04")],
)
def test_the_previous_session_skips_weekends_and_closures(date: str, before: str) -> None:
    found = previous_session(dt.date.fromisoformat(date))
    assert found == dt.date.fromisoformat(before)


def test_there_is_no_session_before_the_first_of_the_calendar() -> None:
    assert previous_session(dt.date(2005, 1, 3)) is None


def test_sessions_beyond_the_calendar_are_an_error_and_not_fewer_sessions() -> None:
    with pytest.raises(NotASession, match="1999-01-04 to 2025-01-02 lies outside the exchange"):
        sessions_between(dt.date(1999, 1, 4), dt.date(2025, 1, 2))
