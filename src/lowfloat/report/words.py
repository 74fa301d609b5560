"""Numbers as a reader wants to see them."""

import datetime as dt

MINUS = "\N{MINUS SIGN}"


def money(dollars: float, digits: int = 2) -> str:
    """Return ``$1,234.50`` or ``−$1,234.50``."""
    text = f"{abs(dollars):,.{digits}f}"
    negative = dollars < 0 and any(digit not in "0.," for digit in text)
    return f"{MINUS if negative else ''}${text}"


def signed_money(dollars: float, digits: int = 2) -> str:
    """Return ``+$12.30``, ``−$12.30`` or ``$0.00``."""
    text = money(dollars, digits)
    rounds_to_zero = all(digit in "$0.," for digit in text)
    return text if dollars <= 0 or rounds_to_zero else f"+{text}"


def price(dollars: float) -> str:
    """Return a price with the digits that a stock of its level is quoted in."""
    return f"${dollars:.4f}" if dollars < 1 else f"${dollars:.2f}"


def percent(fraction: float | None) -> str:
    """Return ``41%``, or a dash for None."""
    return "–" if fraction is None else f"{100 * fraction:.0f}%"


def signed_percent(fraction: float | None) -> str:
    """Return ``+12%`` or ``−3%``, or a dash for None."""
    if fraction is None:
        return percent(fraction)
    text = percent(abs(fraction))
    return text if text == "0%" else f"{'+' if fraction > 0 else MINUS}{text}"


def number(value: float | None) -> str:
    """Return a number with three digits that matter, or a dash if there is none."""
    if value is None or value != value:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", MINUS)


def duration(seconds: float) -> str:
    """Return ``45 s``, ``3 min 20 s`` or ``2 h 05 min``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole // 60 % 60:02d} min"


def count(number: int, noun: str) -> str:
    """Return ``1 day``, ``12 days`` or ``no days``."""
    return f"{f'{number:,}' if number else 'no'} {noun}{'' if number == 1 else 's'}"


def long_date(date: dt.date) -> str:
    """Return ``Tue 1 Apr 2025``, in English whatever the locale."""
    weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][date.weekday()]
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{weekday} {date.day} {months[date.month - 1]} {date.year}"


def plain(code: str) -> str:
    """Return ``market close`` for ``MARKET_CLOSE``."""
    return code.replace("_", " ").lower()


def ordinal(place: int) -> str:
    """Return nothing for the first place (0), then ``2nd ``, ``3rd ``, ``4th `` and so on."""
    number = place + 1
    if number == 1:
        return ""
    last = 0 if 10 <= number % 100 <= 20 else number % 10
    return f"{number}{('th', 'st', 'nd', 'rd', 'th', 'th', 'th', 'th', 'th', 'th')[last]} "


def minutes(number: int) -> str:
    """Return ``18 min`` or ``1 h 47 min``."""
    return f"{number} min" if number < 60 else f"{number // 60} h {number % 60:02d} min"
