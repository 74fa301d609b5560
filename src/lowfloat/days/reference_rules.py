"""What each table of reference data holds: its columns, its key, and what a value may be."""

import datetime as dt
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lowfloat.base.clock import new_york_ns, session_of
from lowfloat.base.prices import MAX_PRICE_UNITS, NANODOLLARS_PER_UNIT
from lowfloat.days.day import check_symbol
from lowfloat.errors import BadSymbol, FeedError, NotASession

RESOLUTIONS = ("day", "1s", "1m", "1d")
"""What a row of ``bars`` was made of, the best first: a session as its source states it, bars
of a second or a minute cut to the session, or a bar of a UTC date."""


class Rules(NamedTuple):
    """What a table holds.

    Attributes:
        schema: its columns; the first one names what a row is about. A column that may be null
            may be left out of a user's file. Times are int64 nanoseconds UTC, decimals int64
            billionths (prices in nanodollars).
        key: columns of which no two rows may agree and differ elsewhere.
    """

    schema: pa.Schema
    key: tuple[str, ...]


def _rules(key: str, **columns: pa.DataType | tuple[pa.DataType]) -> Rules:
    """Return rules; a type in a tuple may be null, and ``known_at`` stands second."""
    fields = [
        pa.field(name, kind[0], nullable=True)
        if isinstance(kind, tuple)
        else pa.field(name, kind, nullable=False)
        for name, kind in columns.items()
    ]
    fields.insert(1, pa.field("known_at", pa.int64(), nullable=False))
    return Rules(pa.schema(fields), (fields[0].name, "known_at", *key.split()))


_INT, _TEXT, _DATE = pa.int64(), pa.string(), pa.date32()

TABLES: dict[str, Rules] = {
    "float": _rules("", symbol=_TEXT, float_shares=_INT, shares_outstanding=(_INT,)),
    "splits": _rules(
        "effective", symbol=_TEXT, effective=_DATE, from_shares=_INT, to_shares=_INT
    ),
    "closes": _rules("date", symbol=_TEXT, date=_DATE, close=_INT),
    "volumes": _rules("", symbol=_TEXT, average_shares=_INT),
    "news": _rules("headline", symbol=_TEXT, headline=_TEXT, category=(_TEXT,)),
    "sectors": _rules("", symbol=_TEXT, sector=_TEXT),
    "benchmarks": _rules("", name=_TEXT, value=_INT),
    "halts": _rules("halted_at code", symbol=_TEXT, halted_at=_INT, resumed_at=(_INT,), code=_TEXT),
    "borrow": _rules(
        "", symbol=_TEXT, shares_available=_INT, fee_per_year=(_INT,), locate_fee=(_INT,)
    ),
    "bars": _rules(
        "date resolution", symbol=_TEXT, date=_DATE, open=_INT, high=_INT, low=_INT, close=_INT,
        volume=_INT, resolution=_TEXT,
    ),
    "definitions": _rules(
        "date", symbol=_TEXT, date=_DATE, tick_size=(_INT,), round_lot=(_INT,), type=(_TEXT,),
        exchange=(_TEXT,),
    ),
}  # fmt: skip
"""The tables by name."""

TIMES = frozenset(("known_at", "halted_at", "resumed_at"))
"""Columns of nanoseconds since the epoch, UTC."""

DECIMALS = frozenset((
    "open", "high", "low", "close", "value", "fee_per_year", "locate_fee", "tick_size",
))  # fmt: skip
"""Columns of billionths: of a dollar, of a point of a benchmark, of the whole for a fee."""

KNOWN_LATER = {"halts": "resumed_at"}
"""Per table, a time that is itself known only when it is reached; null until then."""

_PRICE = (1, MAX_PRICE_UNITS * NANODOLLARS_PER_UNIT)
_SHARES = (1, 10**12)
_TIME = (new_york_ns(dt.date(2000, 1, 1), 0), new_york_ns(dt.date(2100, 1, 1), 0))

BOUNDS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("open", "high", "low", "close", "tick_size"), _PRICE),
    **dict.fromkeys(("float_shares", "shares_outstanding", "average_shares"), _SHARES),
    **dict.fromkeys(("from_shares", "to_shares", "round_lot"), (1, 10**6)),
    **dict.fromkeys(("volume", "shares_available"), (0, _SHARES[1])),
    **dict.fromkeys(TIMES, _TIME),
    "value": (-(10**18), 10**18),
    "fee_per_year": (0, 10**12),
    "locate_fee": (0, _PRICE[1]),
}
"""Per column, the least and the most it may hold, as stored."""

_LONGEST_TEXT = 10_000


class Fault(NamedTuple):
    """The first value of a table that cannot be: its row, column, and what is wrong with it."""

    row: int
    column: str
    message: str


def rules_of(table: str) -> Rules:
    """Return the rules of a table.

    Raises:
        FeedError: there is no such table.
    """
    if table not in TABLES:
        raise FeedError(f"`table` was {table!r}; use one of {', '.join(TABLES)}.")
    return TABLES[table]


def first_fault(table: str, rows: pa.Table) -> Fault | None:
    """Return the first value that cannot be, column by column; None if there is none."""
    schema = rules_of(table).schema
    if set(rows.column_names) != set(schema.names):
        found = ", ".join(rows.column_names)
        return Fault(0, "", f"the columns are {found}; use {', '.join(schema.names)}.")
    for field in schema:
        values = rows[field.name].cast(field.type).combine_chunks()
        if not field.nullable and values.null_count:
            row = int(np.argmax(values.is_null().to_numpy(zero_copy_only=False)))
            return Fault(row, field.name, f"column `{field.name}` is empty; it must be given.")
        fault = _fault_of(field.name, values)
        if fault:
            return fault
    return _fault_between(table, rows)


def _fault_of(name: str, values: pa.Array) -> Fault | None:
    """Return the first value of a column that is out of bounds, or no ticker."""
    if name in BOUNDS:
        low, high = BOUNDS[name]
        wrong = pc.or_(pc.less(values, low), pc.greater(values, high))
        allowed = f"{low:,} to {high:,}"
    elif values.type == _TEXT:
        length = pc.utf8_length(values)
        wrong = pc.or_(pc.equal(length, 0), pc.greater(length, _LONGEST_TEXT))
        allowed = f"1 to {_LONGEST_TEXT:,} characters"
        if name == "symbol" and not pc.any(wrong).as_py():
            wrong = pc.invert(pc.is_in(values, pa.array(_tickers(values.unique()), _TEXT)))
            allowed = "a US ticker in capitals such as MLGO or BRK.B"
        elif name == "resolution":
            wrong = pc.invert(pc.is_in(values, pa.array(RESOLUTIONS)))
            allowed = ", ".join(RESOLUTIONS)
    else:
        return None
    row = pc.index(wrong, True).as_py()
    if row < 0:
        return None
    text = repr(values[row].as_py())
    return Fault(row, name, f"column `{name}` was {text[:80]}; use {allowed}.")


def _tickers(symbols: pa.Array) -> list[str]:
    found = []
    for symbol in symbols.to_pylist():
        try:
            found.append(check_symbol(symbol))
        except BadSymbol:
            continue
    return found


def _fault_between(table: str, rows: pa.Table) -> Fault | None:
    """Return the first row whose values contradict each other or the exchange's calendar."""

    def first(wrong: Any, column: str, message: str) -> Fault | None:
        row = pc.index(pc.fill_null(wrong, False), True).as_py()
        return Fault(row, column, f"column `{column}` {message}") if row >= 0 else None

    if table == "splits":
        same = pc.equal(rows["from_shares"], rows["to_shares"])
        return first(same, "to_shares", "equals `from_shares`; such a split changes nothing.")
    if table == "halts":
        known = pc.less(rows["known_at"], rows["halted_at"])
        resumed = pc.less(rows["resumed_at"].cast(_INT), rows["halted_at"])
        return first(known, "known_at", "is before `halted_at`.") or first(
            resumed, "resumed_at", "is before `halted_at`."
        )
    if table == "bars":
        fault = first(pc.greater(rows["low"], rows["high"]), "low", "is above `high`.")
        if fault:
            return fault
    if "date" not in rows.column_names:
        return None
    dates = rows["date"].cast(_DATE).combine_chunks().dictionary_encode()
    closes = []
    for i, date in enumerate(dates.dictionary.to_pylist()):
        try:
            closes.append(session_of(date).regular_close_ns)
        except NotASession as error:
            return first(pa.array(dates.indices.to_numpy() == i), "date", f"is wrong: {error}")
    if table == "definitions":
        return None
    closed = np.array(closes, np.int64)[dates.indices.to_numpy()]
    early = pa.array(rows["known_at"].to_numpy() < closed)
    return first(early, "known_at", "is before the regular close of `date`.")
