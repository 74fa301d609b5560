"""Values as users write them into the types of reference tables, exactly or not at all."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lowfloat.base.clock import new_york_ns, session_of
from lowfloat.days.reference_rules import DECIMALS
from lowfloat.errors import NotASession

KNOWN_BY_DEFAULT = frozenset(("bars", "closes", "definitions", "halts", "splits"))
"""Tables of which a row that does not say ``known_at`` still tells when it became known."""

EVENING = 20
"""The hour, in New York, from which a fact with a date and no time is known."""

_EXACT = pa.decimal128(28, 9)
_NS = pa.timestamp("ns")
_UTC = pa.timestamp("ns", "UTC")
_TIME = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?"
_A_TIME = (
    "a date or a time such as 2025-03-04, 2025-03-04T16:00:00 (New York) or "
    "2025-03-04T21:00:00Z, or nanoseconds since the epoch"
)
_A_DATE = "a date such as 2025-03-04"


class BadValue(Exception):
    """A value cannot be read.

    Args:
        row: its place in the column.
        value: what was found; None if nothing was.
        allowed: what is allowed, in words.
    """

    def __init__(self, row: int, value: Any, allowed: str) -> None:
        self.row = row
        found = f"was {str(value)[:80]!r}; use {allowed}."
        self.text = "is empty; it must be given." if value is None else found
        super().__init__(self.text)


def times_of(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Return int64 nanoseconds UTC, and which of the values are dates without a time.

    Such a date becomes 20:00 New York of that date.

    Raises:
        BadValue: a value is no time.
    """
    kind = values.type
    if pa.types.is_string(kind):
        return _written_times(values)
    dates = np.zeros(len(values), np.bool_)
    if pa.types.is_null(kind) or pa.types.is_integer(kind):
        return _converted(values, lambda part: part.cast(pa.int64()), _A_TIME), dates
    if pa.types.is_timestamp(kind):
        return _converted(values, _from_zone if kind.tz else _from_new_york, _A_TIME), dates
    if pa.types.is_date(kind):
        return _evenings(values.cast(pa.date32())), values.is_valid().to_numpy(False)
    raise BadValue(0, f"of type {kind}", _A_TIME)


def values_of(name: str, kind: pa.DataType, values: pa.Array) -> pa.Array:
    """Return the values of a column other than a time, as the column's type.

    Raises:
        BadValue: a value is not of the column's kind.
    """
    if kind == pa.string():
        if not pa.types.is_string(values.type) and not pa.types.is_null(values.type):
            raise BadValue(0, f"of type {values.type}", "text")
        return values.cast(pa.string())
    if kind == pa.date32():
        return _dates(values)
    if not _is_number(values.type):
        raise BadValue(0, f"of type {values.type}", "numbers")
    if name in DECIMALS:
        return _billionths(values)
    if name == "average_shares":
        return _converted(values, _rounded, "a number of shares")
    return _converted(values, _whole, "a whole number")


def known_at(
    table: str, columns: dict[str, pa.Array], given: pa.Array | None, dates: np.ndarray
) -> pa.Array:
    """Return since when the rows are known.

    Args:
        table: name of the table.
        columns: its other columns, by name.
        given: the times the rows state themselves, null where one does not; None if none does.
        dates: which of these are dates without a time.

    Returns:
        The times given. Where there is none: for ``closes`` the regular close of the session,
        for ``bars`` its end, for ``definitions`` its 04:00, for ``splits`` 04:00 of the day it
        is effective, for ``halts`` the time of the halt, for other tables null. A split
        announced on a date without a time is known by 04:00 of its effective day.
    """
    if table not in KNOWN_BY_DEFAULT:
        return given
    if table == "halts":
        default = columns["halted_at"]
    elif table == "splits":
        default = _per_date(columns["effective"], lambda date: new_york_ns(date, 4))
    else:
        moment = {"bars": "end_ns", "closes": "regular_close_ns", "definitions": "start_ns"}[table]
        default = _per_date(columns["date"], lambda date: _of_session(date, moment))
    if given is None:
        return default
    stated = pc.coalesce(given, default)
    if table == "splits":
        return pc.if_else(pa.array(dates), pc.min_element_wise(stated, default), stated)
    return stated


def _of_session(date: dt.date, moment: str) -> int:
    try:
        return int(getattr(session_of(date), moment))
    except NotASession:
        return new_york_ns(date, EVENING)  # refused for its date in a moment


def _per_date(dates: pa.Array, time_of: Callable[[dt.date], int]) -> pa.Array:
    encoded = dates.dictionary_encode()
    times = [time_of(date) for date in encoded.dictionary.to_pylist()]
    return pa.array(times, pa.int64()).take(encoded.indices)


def _evenings(dates: pa.Array) -> pa.Array:
    return _per_date(dates, lambda date: new_york_ns(date, EVENING))


def _from_zone(times: pa.Array) -> pa.Array:
    return times.cast(_UTC).cast(pa.int64())


def _from_new_york(times: pa.Array) -> pa.Array:
    """Convert times of New York; an hour that there is twice, or never, raises ArrowInvalid."""
    return pc.assume_timezone(times.cast(_NS), "America/New_York").cast(pa.int64())


def _written_times(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    forms: list[tuple[str, Callable[[pa.Array], pa.Array]]] = [
        (r"^\d{4}-?\d\d-?\d\d$", lambda part: _evenings(_iso_dates(part))),
        (_TIME + "$", lambda part: _from_new_york(part.cast(_NS))),
        (_TIME + r"(Z|[+-]\d\d:?\d\d)$", lambda part: _from_zone(part.cast(_UTC))),
        (r"^\d{19}$", lambda part: part.cast(pa.int64())),
    ]
    out = np.zeros(len(values), np.int64)
    left = values.is_valid().to_numpy(False)
    dates = np.zeros(len(values), np.bool_)
    for i, (pattern, convert) in enumerate(forms):
        found = pc.fill_null(pc.match_substring_regex(values, pattern), False).to_numpy(False)
        rows = np.flatnonzero(found)
        if len(rows):
            try:
                out[rows] = _converted(values.take(pa.array(rows)), convert, _A_TIME).to_numpy()
            except BadValue as bad:
                raise BadValue(int(rows[bad.row]), values[int(rows[bad.row])], _A_TIME) from bad
        left &= ~found
        if i == 0:
            dates = found
    if left.any():
        row = int(np.argmax(left))
        raise BadValue(row, values[row], _A_TIME)
    return pa.array(out, mask=values.is_null().to_numpy(False)), dates


def _iso_dates(texts: pa.Array) -> pa.Array:
    dashed = pc.replace_substring_regex(texts, r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3")
    return dashed.cast(pa.date32())


def _dates(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_date(kind) or pa.types.is_null(kind):
        return values.cast(pa.date32())
    if pa.types.is_timestamp(kind) and not kind.tz:

        def whole(part: pa.Array) -> pa.Array:
            dates = part.cast(pa.date32())
            if not pc.all(pc.equal(dates.cast(kind), part)).as_py() and part.null_count < len(part):
                raise pa.ArrowInvalid("not at midnight")
            return dates

        return _converted(values, whole, _A_DATE)
    if pa.types.is_integer(kind):
        values = values.cast(pa.string())
    elif not pa.types.is_string(kind):
        raise BadValue(0, f"of type {kind}", _A_DATE)
    return _converted(values, _iso_dates, _A_DATE)


def _is_number(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind) or pa.types.is_null(kind)
    )  # fmt: skip


def _exact(values: pa.Array) -> pa.Array:
    """Convert to decimals; raises ArrowInvalid for more than nine digits after the point."""
    if pa.types.is_floating(values.type):
        # The nearest billionth is what was meant: doubles near a price lie far closer together.
        raw = values.cast(pa.float64())
        if not pc.all(pc.is_finite(raw), min_count=0).as_py():
            raise pa.ArrowInvalid("not finite")
        return pc.round(raw.cast(pa.decimal128(38, 15)), 9).cast(_EXACT)
    if pa.types.is_integer(values.type):
        values = values.cast(pa.int64())
    return values.cast(_EXACT)


def _billionths(values: pa.Array) -> pa.Array:
    def convert(part: pa.Array) -> pa.Array:
        exact = _exact(part)
        # A decimal of scale 9 is stored as a whole number of billionths in 128 bits.
        words = np.frombuffer(exact.buffers()[1], np.int64)[2 * exact.offset :]
        low, high = words[: 2 * len(exact)].reshape(-1, 2).T
        nulls = exact.is_null().to_numpy(False)
        if ((high != low >> 63) & ~nulls).any():
            raise pa.ArrowInvalid("too large")
        return pa.array(np.where(nulls, 0, low), mask=nulls)

    return _converted(values, convert, "a number with at most 9 digits after the point")


def _whole(values: pa.Array) -> pa.Array:
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
        return values.cast(pa.int64())
    return values.cast(_EXACT).cast(pa.int64())


def _rounded(values: pa.Array) -> pa.Array:
    """Round to whole numbers, halves up."""
    return pc.round(_exact(values), 0, "half_towards_infinity").cast(pa.int64())


def _converted(values: pa.Array, convert: Callable[[pa.Array], pa.Array], allowed: str) -> pa.Array:
    """Return ``convert(values)``; where Arrow refuses, find the first value it refuses."""
    try:
        return convert(values)
    except pa.ArrowException:
        low, high = 0, len(values)  # the first bad value lies in low <= row < high
        while high - low > 1:
            middle = (low + high) // 2
            try:
                convert(values.slice(low, middle - low))
                low = middle
            except pa.ArrowException:
                high = middle
        raise BadValue(low, values[low].as_py() if len(values) else "", allowed) from None
