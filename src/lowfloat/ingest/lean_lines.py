"""The lines of a LEAN tick file as columns of integers."""

import datetime as dt
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.records import Quotes, Trades
from lowfloat.errors import FeedError
from lowfloat.ingest.decimals import EXACT, parse_fixed
from lowfloat.ingest.sip_venues import BY_LETTER, OFF_EXCHANGE_LETTER

_MAX_LINE = 1 << 12
_CHUNK = 1 << 21
ROWS_AT_ONCE = 1 << 16
"""Lines that are worked on at a time."""

DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError,
    RuntimeError, ValueError,
)  # fmt: skip
"""What reading a damaged zip raises."""

# Kinds of column: a number with this many decimal places, or one of these.
_LETTER, _BITS, _FLAG = -1, -2, -3
_TIME, _PRICE = 6, 5  # milliseconds to nanoseconds, 1/10,000 dollar to nanodollars
_COLUMNS = {
    Trades: ("time", "price", "size", "exchange", "condition", "suspicious"),
    Quotes: (
        "time", "bid price", "bid size", "ask price", "ask size", "exchange", "condition",
        "suspicious",
    ),
}  # fmt: skip
KINDS = {
    Trades: np.array([_TIME, _PRICE, 0, _LETTER, _BITS, _FLAG]),
    Quotes: np.array([_TIME, _PRICE, 0, _PRICE, 0, _LETTER, _BITS, _FLAG]),
}
"""Per table the kinds of its columns."""

VENUES = 27
"""The letters of the exchanges, from 1 on, and 0 for a line that names none."""

DAY_NS = 86_400 * 10**9

FINRA = ord(OFF_EXCHANGE_LETTER) - 64

PUBLISHERS = np.zeros(VENUES, np.uint16)
"""The publisher of each exchange, by :mod:`lowfloat.ingest.sip_venues`; 0 without one."""

for _letter, _number in BY_LETTER.items():
    PUBLISHERS[ord(_letter) - 64] = _number


class Member(NamedTuple):
    """The file inside the zip, and what its name says."""

    info: zipfile.ZipInfo
    date: dt.date
    symbol: str
    table: type


@contextmanager
def unpacked(path: Path, member: Member) -> Iterator[zipfile.ZipExtFile]:
    """Open the tick file; its CRC is checked where it ends."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member.info) as stream:
            yield stream  # type: ignore[misc]
    except DAMAGE as error:
        raise FeedError(f"{path}: cannot be read ({error}); fetch the file again.") from error


def columns_of(path: Path, member: Member) -> Iterator[tuple[int, np.ndarray]]:
    """Yield ``(number of the first line, int64 columns)``; the array is used again."""
    kinds = KINDS[member.table]
    out = np.empty((len(kinds), ROWS_AT_ONCE), np.int64)
    line, rest, final = 1, b"", False
    with unpacked(path, member) as stream:
        while not final:
            data = stream.read(_CHUNK)
            final = not data
            text = rest + data
            view = np.frombuffer(text, np.uint8)
            at = 0
            while at < len(text):
                rows, at, bad = _parse_lines(view, at, final, kinds, out)
                if bad >= 0:
                    raise FeedError(_complaint(path, member, line + rows, text, at, bad))
                if rows == 0:
                    break
                yield line, out[:, :rows]
                line += rows
            rest = text[at:]
            if len(rest) > _MAX_LINE:
                raise FeedError(
                    f"{path}, line {line}: is longer than {_MAX_LINE} bytes, which no tick is."
                )


def _complaint(path: Path, member: Member, line: int, text: bytes, at: int, bad: int) -> str:
    shown = text[at : at + 80].split(b"\n", 1)[0].decode("ascii", "backslashreplace")
    names = _COLUMNS[member.table]
    if bad == len(names):
        return f"{path}, line {line}: `{shown}` does not have the {bad} columns {', '.join(names)}."
    return f"{path}, line {line}: `{names[bad]}` of `{shown}` cannot be read."


@kernel
def _parse_lines(
    data: np.ndarray, at: int, final: bool, kinds: np.ndarray, out: np.ndarray
) -> tuple[int, int, int]:
    """Read whole lines from ``at`` on; return how many, where the next begins, and a bad column.

    The bad column is -1 if there is none, and the number of columns if a line has more or fewer.
    """
    rows = 0
    while at < len(data) and rows < out.shape[1]:
        end = at
        while end < len(data) and data[end] != 10:
            end += 1
        if end == len(data) and not final:
            return rows, at, -1
        stop = end - 1 if end > at and data[end - 1] == 13 else end
        begin = at
        for k in range(len(kinds)):
            close = begin
            while close < stop and data[close] != 44:
                close += 1
            if (close == stop) != (k == len(kinds) - 1):
                return rows, at, len(kinds)
            value: Any = 0
            good: Any = False
            if kinds[k] >= 0:
                value, state = parse_fixed(data, begin, close, kinds[k])
                good = state == EXACT
            elif kinds[k] == _LETTER:
                good = close <= begin + 1
                if close == begin + 1:
                    value = np.int64(data[begin]) - 64
                    good = 1 <= value <= 26
            elif kinds[k] == _FLAG:
                value = np.int64(data[begin]) - 48 if close == begin + 1 else -1
                good = 0 <= value <= 1
            else:
                good = begin < close <= begin + 15
                for i in range(begin, close):
                    digit: Any = np.int64(data[i]) - 48
                    if digit > 9:
                        digit = np.int64(data[i] | 32) - 87
                        good = good and digit >= 10
                    good = good and 0 <= digit <= 15
                    value = 16 * value + digit
            if not good:
                return rows, at, k
            out[k, rows] = value
            begin = close + 1
        rows += 1
        at = end + 1
    return rows, min(at, len(data)), -1
