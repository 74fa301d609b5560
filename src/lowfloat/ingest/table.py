"""Any Parquet or CSV file of trades, quotes or trading states, by a mapping of its columns.

Nothing is guessed: the mapping says which column is which, in which unit and which time zone,
and each column is read by what its own type and the mapping say. A text stays a text (``NA``,
``NULL``, ``nan``, ``TRUE``, ``ON`` and ``INF`` are tickers), and a number that cannot be had
exactly is refused. Empty fields, nulls and NaN are numbers that are not said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from lowfloat.base.codes import Mark
from lowfloat.base.prices import ROUND_LOT
from lowfloat.base.records import HALT, MAX_SIZE, ROWS, TRADING, Quotes, Status, Trades
from lowfloat.days.day import check_symbol
from lowfloat.errors import BadSymbol, FeedError
from lowfloat.ingest.conditions import (
    CTA,
    MASSIVE,
    UNKNOWN_CONDITION,
    UTP,
    in_regular_hours,
    marks_of,
)
from lowfloat.ingest.decimals import ABSENT, EXACT, TOO_FINE, fixed_point, nanodollars
from lowfloat.ingest.faults import MAX_PRICE
from lowfloat.ingest.sieve import Batch, Sieve, pieces_of
from lowfloat.ingest.source import Piece, SourceFile
from lowfloat.ingest.table_files import batches_of, columns_in
from lowfloat.ingest.table_mapping import TIMES, Constant, TableMapping
from lowfloat.ingest.table_times import times_of

ONE_CLOCK = "one_clock"
"""Flag of days whose file has one time per row: exchange time and time of receipt are equal."""

_TABLES: dict[str, type] = {"trades": Trades, "quotes": Quotes, "status": Status}
_VOCABULARIES = {"massive": MASSIVE, "tape_ab": CTA, "tape_c": UTP}


def open_table(path: Path, name: str, *mappings: TableMapping) -> SourceFile:
    """Return a Parquet, CSV or gzipped CSV file as a source; which it is, its content says.

    Args:
        path: where it lies.
        name: how reports name it.
        mappings: what its columns may be; it is read by the one whose columns it has.

    Raises:
        FeedError: the file is neither, lacks a column of each mapping, or fits several of them.
    """
    fitting, complaints = [], []
    for each in mappings:
        try:
            fitting.append((each, _columns(path, each)))
        except FeedError as error:
            complaints.append(str(error))
    if not fitting:
        raise FeedError("; or else ".join(dict.fromkeys(complaints)))
    if len(fitting) > 1:
        raise FeedError(
            f"{path}: fits {len(fitting)} mappings, of {', '.join(m.table for m, _ in fitting)}; "
            "name a column in one of them that the file lacks, or use them one at a time."
        )
    mapping, found = fitting[0]

    def read(symbols: frozenset[str] | None) -> Iterator[Piece]:
        return _pieces(path, mapping, batches_of(path, mapping, found), symbols)

    both = set(TIMES) <= set(mapping.columns)
    return SourceFile(
        path=path,
        name=name,
        dataset=mapping.dataset,
        tables=frozenset({_TABLES[mapping.table]}),
        read=read,
        flags=frozenset() if both else frozenset({ONE_CLOCK}),
    )


@dataclass(frozen=True, eq=False)
class _Batch:
    """Rows of a file under way; ``row`` is the number of the first, ``path`` for messages."""

    path: Path
    mapping: TableMapping
    data: pa.RecordBatch
    row: int

    def where(self, ours: str) -> str:
        """The beginning of a message about a column."""
        return f"{self.path}: `{self.mapping.columns[ours]}`"

    def __getitem__(self, ours: str) -> pa.Array:
        """A column without dictionary, by our name for it."""
        column = self.data.column(self.data.schema.get_field_index(self.mapping.columns[ours]))
        return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column

    def text(self, ours: str) -> pa.Array:
        """A column of words; numbers and truth values are taken as they are written."""
        column, kind = self[ours], self[ours].type
        if not (
            pa.types.is_string(kind)
            or pa.types.is_large_string(kind)
            or pa.types.is_string_view(kind)
            or (ours != "symbol" and (pa.types.is_integer(kind) or pa.types.is_boolean(kind)))
        ):
            raise FeedError(f"{self.where(ours)} is {kind}; use a column of text.")
        return column.cast(pa.string())

    def coded(self, ours: str, codes: Mapping[str, int], dtype: type, unsaid: int) -> np.ndarray:
        """A column of words as numbers; null and empty are ``unsaid`` unless they are words."""
        words = self.text(ours).fill_null("").dictionary_encode()
        table = np.empty(len(words.dictionary), np.int64)
        for at, word in enumerate(words.dictionary.to_pylist()):
            code = codes.get(word, unsaid if word == "" else None)
            if code is None:
                row = int(np.flatnonzero(words.indices.to_numpy() == at)[0])
                raise FeedError(
                    f"{self.where(ours)}, row {self.row + row}: was {word[:60]!r}; the mapping "
                    f"knows {', '.join(map(repr, codes))}."
                )
            table[at] = code
        return table[words.indices.to_numpy()].astype(dtype)

    def number(self, ours: str, most: int, absent: int = 0) -> np.ndarray:
        """A column of whole numbers from 0 to ``most``."""
        fixed = fixed_point(self[ours], 0, self.where(ours), self.row)
        values = np.where(fixed.state == ABSENT, absent, fixed.values)
        bad = np.flatnonzero((fixed.state == TOO_FINE) | (values < 0) | (values > most))
        if len(bad):
            raise FeedError(
                f"{self.where(ours)}, row {self.row + bad[0]}: was "
                f"{str(self[ours][int(bad[0])].as_py())[:60]}; use whole numbers from 0 to {most}."
            )
        return values

    def price(self, ours: str) -> tuple[np.ndarray, np.ndarray]:
        """A column of prices in nanodollars, and whether each is said."""
        fixed = nanodollars(self[ours], self.where(ours), self.row, self.mapping.places)
        return fixed.values, fixed.state == EXACT

    def size(self, ours: str) -> tuple[np.ndarray, np.ndarray]:
        """A column of sizes in shares, -1 where it cannot be one, and whether each is said."""
        fixed = fixed_point(self[ours], 0, self.where(ours), self.row)
        shares = self.mapping.shares
        good = (fixed.state != TOO_FINE) & (fixed.values >= 0)
        good &= fixed.values <= MAX_SIZE // shares
        return np.where(good, np.where(good, fixed.values, 0) * shares, -1), fixed.state != ABSENT


def _columns(path: Path, mapping: TableMapping) -> list[str]:
    """Return the columns of a file, which must have those of the mapping."""
    found = columns_in(path, mapping)
    missing = [column for column in mapping.theirs if column not in found]
    if missing:
        listed = ", ".join(found[:20]) + (f" and {len(found) - 20} more" if found[20:] else "")
        raise FeedError(
            f"{path}: has no column {' and no '.join(f'`{c[:60]}`' for c in missing)}; it has "
            f"{listed[:2000]}."
        )
    return found


def _pieces(
    path: Path,
    mapping: TableMapping,
    batches: Iterator[pa.RecordBatch],
    symbols: frozenset[str] | None,
) -> Iterator[Piece]:
    names = _Names(symbols)

    def sieved() -> Iterator[Batch]:
        row = 1
        for data in batches:
            if not len(data):
                continue
            batch = _Batch(path, mapping, data, row)
            row += len(data)
            rows, sieve = _ROWS_OF[mapping.table](batch)
            found, codes = _symbols(batch)
            wanted = names.judge(found, codes)[codes]
            if wanted.any():
                faults = {fault: bad[wanted] for fault, bad in sieve.faults.items()}
                yield Batch(found, codes[wanted], rows[wanted], sieve.keep[wanted], faults)

    piece = None
    for piece in pieces_of(sieved()):
        counted = dict(piece.faults) | ({"bad_symbol": names.bad} if names.bad else {})
        names.bad = 0
        yield piece._replace(faults=counted)
    if piece is not None and names.bad:
        yield piece._replace(rows=piece.rows[:0], faults={"bad_symbol": names.bad})
    if names.first_bad and not names.good:
        raise FeedError(
            f"{path}: no row is of a US ticker in capitals; the first was {names.first_bad}."
        )


class _Names:
    """Tells tickers that are wanted from others, and counts rows of what is no ticker.

    Attributes:
        good: rows of tickers.
        bad: rows of no ticker since this was last set to 0.
        first_bad: the first such name; empty if there was none.
    """

    def __init__(self, symbols: frozenset[str] | None) -> None:
        self._symbols = symbols
        self.good = self.bad = 0
        self.first_bad = ""

    def judge(self, names: list[str], codes: np.ndarray) -> np.ndarray:
        """Return per name, of rows with the given codes, whether it is wanted."""
        rows = np.bincount(codes, minlength=len(names))
        wanted = np.zeros(len(names), bool)
        for code, name in enumerate(names):
            try:
                check_symbol(name)
            except BadSymbol:
                self.bad += int(rows[code])
                self.first_bad = self.first_bad or repr(name)[:60]
                continue
            self.good += int(rows[code])
            wanted[code] = self._symbols is None or name in self._symbols
        return wanted


def _symbols(batch: _Batch) -> tuple[list[str], np.ndarray]:
    """Return the names in a batch in order of appearance, and the index of each row's name."""
    named = batch.mapping.columns["symbol"]
    if isinstance(named, Constant):
        return [str(named.constant)], np.zeros(len(batch.data), np.int64)
    words = batch.text("symbol").fill_null("").dictionary_encode()
    return words.dictionary.to_pylist(), words.indices.to_numpy()


def _start(batch: _Batch, table: type) -> tuple[np.ndarray, Sieve]:
    """Return rows with both clocks, one from the other if the file has one."""
    rows, sieve = np.zeros(len(batch.data), ROWS[table]), Sieve(len(batch.data))
    given = [clock for clock in TIMES if clock in batch.mapping.columns]
    for clock in given:
        rows[clock], sound = times_of(
            batch[clock], batch.where(clock), batch.row, batch.mapping.time
        )
        sieve.drop("bad_time", ~sound)
    if len(given) == 1:
        rows["ts_event" if given == ["ts_recv"] else "ts_recv"] = rows[given[0]]
    return rows, sieve


def _trades(batch: _Batch) -> tuple[np.ndarray, Sieve]:
    rows, sieve = _start(batch, Trades)
    price, priced = batch.price("price")
    size, sized = batch.size("size")
    sieve.drop("undefined_price", ~priced)
    sieve.drop("bad_price", (price <= 0) | (price > MAX_PRICE))
    sieve.drop("zero_size", sized & (size == 0))
    sieve.drop("bad_size", ~sized | (size < 0))
    rows["price"], rows["size"] = price, size
    sides = batch.mapping.sides
    if sides is not None:
        words = {**dict.fromkeys(sides.unknown, 0), **dict.fromkeys(sides.buy, 1)}
        rows["side"] = batch.coded("side", {**words, **dict.fromkeys(sides.sell, -1)}, np.int8, 0)
        rows["confidence"] = np.where(rows["side"] != 0, 100, 0)
    rows["marks"] = _marks(batch, rows, sieve)
    rows["marks"][size < ROUND_LOT] |= np.uint16(Mark.ODD_LOT)
    rows["marks"][_venues(batch, rows)] |= np.uint16(Mark.OFF_EXCHANGE)
    return rows, sieve


def _marks(batch: _Batch, rows: np.ndarray, sieve: Sieve) -> np.ndarray:
    """Return what prints count for by their conditions, everything if the file has none."""
    words = _VOCABULARIES.get(batch.mapping.conditions)
    if words is None:
        return np.full(len(rows), np.uint16(Mark.ORDINARY))
    regular = in_regular_hours(np.where(sieve.keep, rows["ts_recv"], 0))
    marks, unknown = marks_of(batch.text("conditions"), regular, words)
    sieve.note(UNKNOWN_CONDITION, unknown)
    return marks


def _quotes(batch: _Batch) -> tuple[np.ndarray, Sieve]:
    rows, sieve = _start(batch, Quotes)
    for side in ("bid", "ask"):
        price, priced = batch.price(f"{side}_price")
        size, sized = batch.size(f"{side}_size")
        cannot_price = priced & ((price < 0) | (price > MAX_PRICE))
        cannot_size = sized & (size < 0)
        there = priced & sized & (price > 0) & (size > 0) & ~cannot_price
        rows[f"{side}_price"] = np.where(there, price, 0)
        rows[f"{side}_size"] = np.where(there, size, 0)
        sieve.note("bad_price", cannot_price)
        sieve.note("bad_size", cannot_size)
    rows["action"] = ord("N")
    _venues(batch, rows)
    return rows, sieve


def _status(batch: _Batch) -> tuple[np.ndarray, Sieve]:
    rows, sieve = _start(batch, Status)
    answers, columns = batch.mapping.answers, batch.mapping.columns
    words = {**dict.fromkeys(answers.yes, 1), **dict.fromkeys(answers.no, 0)}
    rows["is_trading"] = batch.coded("is_trading", words, np.int8, -1)
    rows["action"] = np.choose(rows["is_trading"] + 1, (0, HALT, TRADING))
    rows["is_short_sell_restricted"] = -1
    if "is_short_sell_restricted" in columns:
        rows["is_short_sell_restricted"] = batch.coded(
            "is_short_sell_restricted", words, np.int8, -1
        )
    for code in ("action", "reason"):
        if code in columns:
            value = columns[code]
            if isinstance(value, Constant):
                rows[code] = value.constant
            else:
                rows[code] = batch.number(code, 2**16 - 1)
    rows["confidence"] = 100
    return rows, sieve


_ROWS_OF = {"trades": _trades, "quotes": _quotes, "status": _status}


def _venues(batch: _Batch, rows: np.ndarray) -> np.ndarray:
    """Fill in the venues and the sequence; return which rows are of no exchange."""
    mapping = batch.mapping
    rows["sequence"] = (batch.row + np.arange(len(rows))) & 0xFFFFFFFF
    if "sequence" in mapping.columns:
        rows["sequence"] = batch.number("sequence", 2**32 - 1)
    off = np.zeros(len(rows), bool)
    named = mapping.columns.get("publisher")
    if isinstance(named, Constant):
        rows["publisher"] = named.constant
        off[:] = str(named.constant) in mapping.no_exchanges
    elif named is not None:
        if mapping.venues:
            rows["publisher"] = batch.coded("publisher", mapping.venues, np.uint16, 0)
        else:
            rows["publisher"] = batch.number("publisher", 2**16 - 1)
        words = batch.text("publisher").fill_null("").dictionary_encode()
        is_off = np.isin(words.dictionary.to_pylist(), mapping.no_exchanges)
        off = is_off[words.indices.to_numpy()]
    return off
