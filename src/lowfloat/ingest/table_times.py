"""Times of users' own tables as nanoseconds UTC, exactly, by the unit and zone they are in."""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lowfloat.base.clock import NS
from lowfloat.errors import FeedError
from lowfloat.ingest.decimals import EXACT, TOO_FINE, fixed_point
from lowfloat.ingest.sieve import EARLIEST_NS, LATEST_NS
from lowfloat.ingest.table_mapping import STATED, TimeFormat

_PLACES = {"ns": 0, "us": 3, "ms": 6, "s": 9}
_QUARTER = 900 * NS  # clocks change at full quarters of an hour


def times_of(
    column: pa.Array, where: str, row: int, time: TimeFormat
) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of times as nanoseconds UTC, and which of them can be.

    Args:
        column: numbers, texts or timestamps.
        where: the file and the column, as the beginning of a message.
        row: number of the column's first row, for messages.
        time: how times are written.

    Raises:
        FeedError: the column is of another type than the mapping says, a value is no time, or
            none of them lies in the years 2000 to 2099.
    """
    values, said = _values(column, where, row, time)
    sound = said & (values >= EARLIEST_NS) & (values < LATEST_NS)
    if said.any() and not sound.any():
        first = int(np.flatnonzero(said)[0])
        raise FeedError(
            f"{where}, row {row + first}: was {str(column[first].as_py())[:60]}, and no time near "
            "it lies in the years 2000 to 2099; check `time.unit` of the mapping."
        )
    return values, sound


def _values(
    column: pa.Array, where: str, row: int, time: TimeFormat
) -> tuple[np.ndarray, np.ndarray]:
    """Return times as nanoseconds UTC, and which of them are said."""
    if pa.types.is_floating(column.type):
        raise FeedError(f"{where} is {column.type}, which holds no exact time; use integers.")
    if time.unit != "iso":
        if pa.types.is_timestamp(column.type):
            raise FeedError(f"{where} is {column.type}; use `time.unit: iso` in the mapping.")
        fixed = fixed_point(column, _PLACES[time.unit], where, row)
        fine = np.flatnonzero(fixed.state == TOO_FINE)
        if len(fine):
            raise FeedError(
                f"{where}, row {row + fine[0]}: was {column[int(fine[0])].as_py()}; times are "
                "read to the nanosecond."
            )
        values, said = fixed.values, fixed.state == EXACT
    else:
        stamps = _stamps(column, where, row, time.zone == STATED)
        said = ~np.asarray(stamps.is_null(), bool)
        values = stamps.cast(pa.int64()).fill_null(0).to_numpy()
    if time.zone in ("UTC", STATED):
        return values, said
    return _utc(values, said, time.zone, where, row), said


def _stamps(column: pa.Array, where: str, row: int, stated: bool) -> pa.Array:
    """Return ISO texts or timestamps as timestamps in ns, in UTC or in the zone of the mapping."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        if stated and kind.tz is None:
            raise FeedError(f"{where} is {kind}, without a zone; name one in `time.zone`.")
        if not stated and kind.tz is not None:
            raise FeedError(f"{where} is {kind}, with a zone of its own; use `zone: {STATED}`.")
        target = pa.timestamp("ns", kind.tz)
        wanted = "that nanoseconds reach, the years 1678 to 2261"
        return _cast(column, target, where, row, wanted)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise FeedError(f"{where} is {kind}; use timestamps or ISO 8601 text with `unit: iso`.")
    target = pa.timestamp("ns", "UTC" if stated else None)
    empty = pa.array(np.asarray(pc.equal(column, "").fill_null(False), bool))
    column = pc.if_else(empty, None, column)
    wanted = "with its distance from UTC, as in 2025-02-03T14:30:00.5Z"
    if not stated:
        wanted = "without a zone, as in 2025-02-03 09:30:00.5"
    return _cast(column, target, where, row, wanted)


def _cast(column: pa.Array, target: pa.DataType, where: str, row: int, wanted: str) -> pa.Array:
    try:
        return column.cast(target)
    except pa.ArrowInvalid:
        at = _first_refused(column, target)
        raise FeedError(
            f"{where}, row {row + at}: was {str(column[at])[:60]!r}; use a date and time {wanted}."
        ) from None


def _first_refused(column: pa.Array, target: pa.DataType) -> int:
    """Return the place of the first value that cannot be cast, by halving."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            column[low:middle].cast(target)
            low = middle
        except pa.ArrowInvalid:
            high = middle
    return low


def _utc(values: np.ndarray, said: np.ndarray, zone: str, where: str, row: int) -> np.ndarray:
    """Return wall-clock times of a zone as UTC."""
    there = said & (values >= EARLIEST_NS) & (values < LATEST_NS)
    quarters, which = np.unique(values[there] // _QUARTER, return_inverse=True)
    offsets = np.empty(len(quarters), np.int64)
    for at, quarter in enumerate(quarters.tolist()):
        offset, problem = _offset(quarter, zone)
        if problem:
            place = int(np.flatnonzero(there)[np.flatnonzero(which == at)[0]])
            moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(values[place]) // 1000)
            raise FeedError(
                f"{where}, row {row + place}: {moment} {problem} in {zone}, where the clocks "
                "change; use times in UTC."
            )
        offsets[at] = offset
    result = values.copy()
    result[there] -= offsets[which]
    return result


@lru_cache(maxsize=1 << 14)
def _offset(quarter: int, zone: str) -> tuple[int, str]:
    """Return a zone's distance from UTC in ns in a wall-clock quarter of an hour, or a problem."""
    wall = dt.datetime(1970, 1, 1) + dt.timedelta(minutes=15 * quarter)
    first, second = (
        wall.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() or dt.timedelta()
        for fold in (0, 1)
    )
    if first != second:
        return 0, "comes twice" if first > second else "never comes"
    return int(first.total_seconds()) * NS, ""
