"""Numbers of vendor files as integers, exactly: no float stands between a text and its price.

A number is read as an integer count of ``10**-places``: with nine places, dollars become
nanodollars. What cannot be had exactly is told apart from what can, never rounded. Numbers past
int64 become its bounds, which no price, size or time of a market reaches.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lowfloat.base.jit import kernel
from lowfloat.errors import FeedError

EXACT = 0
ABSENT = 1  # empty, null, or not a number by its own word (NaN)
TOO_FINE = 2  # has digits past the last place
UNREADABLE = 3  # no number

NANODOLLAR_PLACES = 9

FLOAT_TOLERANCE = 0.02
"""How far, in units of the last place, a float may lie from the integer that it is read as.

A float64 of at most $100,000 lies within 0.008 of the whole number of nanodollars that it stands
for. One that is further off was never a price of nine places, such as a third of a dollar.
"""

_BIGGEST = 2**63 - 1
_MINUS, _PLUS, _POINT, _SPACE = ord("-"), ord("+"), ord("."), ord(" ")
_ZERO, _LOWER = ord("0"), 32
_MAX_EXPONENT = 9_999
_EXACT, _ABSENT, _TOO_FINE, _UNREADABLE = EXACT, ABSENT, TOO_FINE, UNREADABLE
_E, _N, _A, _I, _F = ord("e"), ord("n"), ord("a"), ord("i"), ord("f")


class Fixed(NamedTuple):
    """Numbers as integers.

    Attributes:
        values: int64, counts of ``10**-places``; 0 where ``state`` is not ``EXACT``.
        state: uint8 per number: ``EXACT``, ``ABSENT`` or ``TOO_FINE``.
    """

    values: np.ndarray
    state: np.ndarray


@kernel
def parse_fixed(data: np.ndarray, begin: int, end: int, places: int) -> tuple[int, int]:
    """Return ``(value, state)`` of the decimal text ``data[begin:end]`` (uint8).

    Digits may have a sign, a point, and an exponent. Spaces around them are passed over.
    """
    while begin < end and data[begin] == _SPACE:
        begin += 1
    while begin < end and data[end - 1] == _SPACE:
        end -= 1
    if begin == end:
        return 0, _ABSENT
    negative = data[begin] == _MINUS
    if negative or data[begin] == _PLUS:
        begin += 1
    if end - begin == 3:
        first, second, third = data[begin] | 32, data[begin + 1] | 32, data[begin + 2] | 32
        if first == _N and second == _A and third == _N:
            return 0, _ABSENT
        if first == _I and second == _N and third == _F:
            return (-_BIGGEST if negative else _BIGGEST), _EXACT
    # The digits, and where the point lies among them.
    stop = begin
    digits, after_point, pointed = 0, 0, False
    while stop < end:
        if _ZERO <= data[stop] <= _ZERO + 9:
            digits += 1
            after_point += pointed
        elif data[stop] == _POINT and not pointed:
            pointed = True
        else:
            break
        stop += 1
    if digits == 0:
        return 0, _UNREADABLE
    exponent: Any = 0
    if stop < end:
        if data[stop] | _LOWER != _E:
            return 0, _UNREADABLE
        at = stop + 1
        down = at < end and data[at] == _MINUS
        if down or (at < end and data[at] == _PLUS):
            at += 1
        if at == end:
            return 0, _UNREADABLE
        while at < end:
            if not _ZERO <= data[at] <= _ZERO + 9:
                return 0, _UNREADABLE
            exponent = min(10 * exponent + np.int64(data[at] - _ZERO), _MAX_EXPONENT)
            at += 1
        if down:
            exponent = -exponent
    power = places + exponent - after_point  # of ten, that the digits are to be multiplied by
    kept = digits + min(power, 0)
    value: Any = 0
    seen, large = 0, False
    for at in range(begin, stop):
        if data[at] == _POINT:
            continue
        digit = np.int64(data[at] - _ZERO)
        if seen >= kept:
            if digit != 0:
                return 0, _TOO_FINE
        elif value > (_BIGGEST - digit) // 10:
            large = True
        else:
            value = 10 * value + digit
        seen += 1
    while power > 0 and value > 0 and not large:
        large = value > _BIGGEST // 10
        value *= 10
        power -= 1
    if large:
        value = _BIGGEST
    return (-value if negative else value), _EXACT


@kernel
def _parse_all(
    data: np.ndarray, offsets: np.ndarray, places: int, values: np.ndarray, state: np.ndarray
) -> None:
    for i in range(len(values)):
        values[i], state[i] = parse_fixed(data, offsets[i], offsets[i + 1], places)


def fixed_point(column: pa.Array, places: int, where: str, first_row: int = 1) -> Fixed:
    """Read a column of numbers.

    Text, integers and decimals are read exactly. Floats of 64 bits are read as the integer
    within ``FLOAT_TOLERANCE`` of them. Floats of fewer bits are refused: they do not hold the
    digits of a price.

    Args:
        column: text, integers, decimals or float64.
        places: decimal places of the result, 0 to 18.
        where: the file and the column, as the beginning of a message.
        first_row: number of the column's first row, for messages.

    Raises:
        FeedError: the column is of another type, or a value is no number; the message says which.
    """
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        fixed = _of_text(column, places)
    elif pa.types.is_integer(kind):
        fixed = _of_integers(column, places)
    elif pa.types.is_decimal(kind):
        fixed = _of_text(column.cast(pa.string()), places)
    elif pa.types.is_float64(kind):
        fixed = _of_floats(column, places)
    elif pa.types.is_floating(kind):
        raise FeedError(
            f"{where} is {kind}, which does not hold the digits of a price; use a decimal, "
            "integer, text or float64 column."
        )
    else:
        raise FeedError(f"{where} is {kind}; use a decimal, integer, text or float64 column.")
    unreadable = np.flatnonzero(fixed.state == UNREADABLE)
    if len(unreadable):
        at = int(unreadable[0])
        raise FeedError(
            f"{where}, row {first_row + at}: was {_shown(column[at])}, which is no number; use "
            "digits with at most one point and no separators of thousands."
        )
    return fixed


def nanodollars(column: pa.Array, where: str, first_row: int = 1, places: int = 9) -> Fixed:
    """Read a column of prices exactly; see :func:`fixed_point`.

    Args:
        column: prices.
        where: the file and the column, as the beginning of a message.
        first_row: number of the column's first row, for messages.
        places: 9 if the column is in dollars, ``9 - k`` if it is in ``10**-k`` dollars.

    Raises:
        FeedError: as :func:`fixed_point`, or a price is no whole number of nanodollars.
    """
    fixed = fixed_point(column, places, where, first_row)
    fine = np.flatnonzero(fixed.state == TOO_FINE)
    if len(fine):
        at = int(fine[0])
        raise FeedError(
            f"{where}, row {first_row + at}: was {_shown(column[at])}, which is no whole number "
            "of nanodollars; use prices of at most 9 decimal places, as they were printed."
        )
    return fixed


def nanos_of(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of ``decimal128(38, 9)`` in units of 1e-9, and which values are missing.

    Values beyond int64 become its extremes, a missing one 0.
    """
    missing = column.is_null().to_numpy(zero_copy_only=False)
    words = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)
    low, high = words[column.offset : column.offset + len(column)].T
    limits = np.iinfo(np.int64)
    values = np.where(high == low >> 63, low, np.where(high < 0, limits.min, limits.max))
    return np.where(missing, 0, values), missing


def ints_of(column: pa.Array) -> np.ndarray:
    """Return a column of int64, a missing value 0."""
    return column.fill_null(0).to_numpy(zero_copy_only=False)


def _shown(value: pa.Scalar) -> str:
    return repr(value.as_py())[:60]


def _absent(column: pa.Array) -> np.ndarray:
    return np.asarray(column.is_null(), bool)


def _of_text(column: pa.Array, places: int) -> Fixed:
    wide = pa.types.is_large_string(column.type)
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int64 if wide else np.int32)
    bounds = bounds[column.offset : column.offset + len(column) + 1]
    text = np.frombuffer(data or b"", np.uint8)
    fixed = Fixed(np.zeros(len(column), np.int64), np.zeros(len(column), np.uint8))
    if len(column):
        _parse_all(text, bounds.astype(np.int64), places, *fixed)
    fixed.state[_absent(column)] = ABSENT
    fixed.values[fixed.state != EXACT] = 0
    return fixed


def _of_integers(column: pa.Array, places: int) -> Fixed:
    state = _absent(column).astype(np.uint8) * np.uint8(ABSENT)
    given = column.fill_null(0).to_numpy(zero_copy_only=False)
    if given.dtype == np.uint64:
        given = np.minimum(given, np.uint64(_BIGGEST))
    values = given.astype(np.int64)
    most = _BIGGEST // 10**places
    above, below = values > most, values < -most
    values = np.clip(values, -most, most) * 10**places
    values[above], values[below] = _BIGGEST, -_BIGGEST
    return Fixed(values, state)


def _of_floats(column: pa.Array, places: int) -> Fixed:
    given = column.fill_null(np.nan).to_numpy(zero_copy_only=False)
    state = np.isnan(given).astype(np.uint8) * np.uint8(ABSENT)
    scaled = np.where(np.isnan(given), 0.0, given) * 10.0**places
    large = np.abs(scaled) >= 2.0**63
    whole = np.rint(np.where(large, 0.0, scaled))
    state[~large & (np.abs(scaled - whole) > FLOAT_TOLERANCE)] = TOO_FINE
    values = whole.astype(np.int64)
    values[large] = np.where(scaled[large] > 0, _BIGGEST, -_BIGGEST)
    values[state != EXACT] = 0
    return Fixed(values, state)
