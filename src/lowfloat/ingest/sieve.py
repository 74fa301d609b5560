"""Rows that vendors state, sieved: what cannot be a row goes, and every one that goes is counted.

Readers decode a block of a file into columns for all its symbols at once, note in a
:class:`Sieve` what is wrong with which row, and hand it on as a :class:`Batch`.
"""

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import new_york_ns
from lowfloat.base.records import MAX_SIZE
from lowfloat.days.day import check_symbol
from lowfloat.errors import BadSymbol
from lowfloat.ingest.decimals import nanos_of
from lowfloat.ingest.faults import MAX_PRICE
from lowfloat.ingest.source import Piece

EARLIEST_NS = new_york_ns(dt.date(2000, 1, 1), 0)
LATEST_NS = new_york_ns(dt.date(2100, 1, 1), 0)
"""Times before the one, or from the other on, are no times of a market that these files tell of."""

_ONE = 1_000_000_000  # of what is counted in units of 1e-9


class Batch(NamedTuple):
    """Decoded rows of many symbols.

    Attributes:
        symbols: tickers.
        codes: per row the index of its ticker.
        rows: of one table's row type.
        keep: per row, whether it is one.
        faults: per fault, the rows that have it.
    """

    symbols: list[str]
    codes: np.ndarray
    rows: np.ndarray
    keep: np.ndarray
    faults: Mapping[str, np.ndarray]


class Sieve:
    """Says which rows stay, and counts every row that goes once, under its first fault."""

    def __init__(self, rows: int) -> None:
        self.keep = np.ones(rows, bool)
        self.faults: dict[str, np.ndarray] = {}

    def drop(self, fault: str, found: np.ndarray) -> None:
        """Drop rows."""
        self.note(fault, found)
        self.keep = self.keep & ~found

    def note(self, fault: str, found: np.ndarray) -> None:
        """Count rows that stay as they are, or were repaired."""
        found = found & self.keep
        self.faults[fault] = self.faults[fault] | found if fault in self.faults else found


Decode = Callable[[pa.RecordBatch], tuple[np.ndarray, Sieve]]


def decoded(
    batches: Iterable[pa.RecordBatch],
    ticker: str,
    symbols: frozenset[str] | None,
    decode: Decode,
) -> Iterator[Batch]:
    """Yield the rows of the wanted tickers; names that are no ticker are passed over."""
    for batch in batches:
        column = batch[ticker]
        names = [*(str(name) for name in column.dictionary.to_pylist()), ""]
        codes = column.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False)
        wanted = np.array([is_wanted(name, symbols) for name in names])[codes]
        if wanted.any():
            rows, sieve = decode(batch if wanted.all() else batch.filter(pa.array(wanted)))
            yield Batch(names, codes[wanted], rows, sieve.keep, sieve.faults)


@functools.lru_cache(maxsize=1 << 16)
def is_wanted(name: str, symbols: frozenset[str] | None) -> bool:
    """Return whether a name is a ticker, and one of those asked for."""
    if symbols is not None:
        return name in symbols
    try:
        return bool(check_symbol(name))
    except BadSymbol:
        return False


def pieces_of(batches: Iterable[Batch]) -> Iterator[Piece]:
    """Yield the kept rows of each symbol of a batch with the faults found among its rows.

    Where every row of a symbol went, its piece has no rows and tells of the faults alone.
    """
    for symbols, codes, rows, keep, faults in batches:
        counts = {
            fault: np.bincount(codes[found], minlength=len(symbols))
            for fault, found in faults.items()
        }
        order = np.flatnonzero(keep)[np.argsort(codes[keep], kind="stable")]
        ends = np.searchsorted(codes[order], np.arange(len(symbols) + 1))
        for code in np.unique(codes).tolist():
            found = {fault: int(n[code]) for fault, n in counts.items() if n[code]}
            yield Piece(symbols[code], rows[order[ends[code] : ends[code + 1]]], found)


def check_prices(sieve: Sieve, price: np.ndarray, missing: np.ndarray) -> None:
    """Drop prints whose price is none."""
    sieve.drop("undefined_price", missing)
    sieve.drop("bad_price", (price <= 0) | (price > MAX_PRICE))


def whole_shares(sieve: Sieve, nanos: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return the sizes of prints in shares, and drop prints that have none.

    A fraction is cut off, and a print below one share counts as one: so the tapes themselves
    reported fractional prints before 2026-02-23, and a tape's speed and volume keep their meaning
    across that date (https://www.nasdaq.com/newsroom/fractional-share-reporting-what-it-and-why-it-matters).
    """
    sieve.drop("zero_size", missing | (nanos == 0))
    sieve.drop("bad_size", (nanos < 0) | (nanos // _ONE > MAX_SIZE))
    sieve.note("fractional_size", nanos % _ONE != 0)
    return np.maximum(np.where(sieve.keep, nanos // _ONE, 1), 1)


def fill_side(
    sieve: Sieve, rows: np.ndarray, side: str, price: pa.Array, size: pa.Array, lots: np.ndarray
) -> None:
    """Fill in one side of quotes; a side that cannot be traded is empty.

    Args:
        sieve: counts what cannot be.
        rows: of ``ROWS[Quotes]``.
        side: ``bid`` or ``ask``.
        price: dollars, a decimal column.
        size: a decimal column.
        lots: per row the shares that one of its size stands for.
    """
    (prices, no_price), (sizes, no_size) = nanos_of(price), nanos_of(size)
    shares = sizes // _ONE
    sieve.note("bad_price", (prices < 0) | (prices > MAX_PRICE))
    sieve.note("bad_size", (sizes < 0) | (shares > MAX_SIZE // lots))
    there = ~no_price & ~no_size & (prices > 0) & (prices <= MAX_PRICE) & (shares > 0)
    there &= shares <= MAX_SIZE // lots
    rows[f"{side}_price"] = np.where(there, prices, 0)
    rows[f"{side}_size"] = np.where(there, shares, 0) * np.where(there, lots, 1)
