"""The dates that the names of files hold."""

import datetime as dt
import re

_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)|(?<!\d)(20\d{2})(\d{2})(\d{2})(?!\d)")


def dates_in(name: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last date in a file's name, or in that of the nearest folder.

    Args:
        name: a file name, or a path relative to where the search for files began.
    """
    for part in reversed(name.split("/")):
        dates = []
        for found in _DATE.finditer(part):
            year, month, day = (int(text) for text in found.groups() if text)
            try:
                dates.append(dt.date(year, month, day))
            except ValueError:
                continue
        if dates:
            return min(dates), max(dates)
    return None


def date_in(name: str) -> dt.date | None:
    """Return the date in a file's name, None if there is none or more than one."""
    found = dates_in(name)
    return found[0] if found is not None and found[0] == found[1] else None
