"""Days as Databento's DBN files, in the layout of one of the vendor's batch downloads.

A file is written in blocks of rows as one zstd frame, so a cut one cannot be unpacked. The frame
has no checksum, which Arrow's packer cannot write: the SHA-256 in ``manifest.json`` stands in
for it.

What DBN cannot say is left out, for ingest to find again: sides and states that were inferred,
quotes that were rebuilt, and the marks of prints. A number of publisher or instrument that is not
known is written as 0 or counted from 1; the vendor's client accepts both.

The vendor's book rows carry the price and size of an order. A day does not hold orders, so rows
state what EQUS.MINI, which has none either, states: the side that changed with its new price and
size; where both sides changed, no side and the new price and size of the offer.
"""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import NS, new_york_ns
from lowfloat.base.codes import Mark
from lowfloat.base.hashing import sha256_of
from lowfloat.base.jit import kernel
from lowfloat.base.records import Quotes, Status, Trades, empty, read_only
from lowfloat.days.day import QUOTES_REBUILT, Day
from lowfloat.errors import ConfigError, FeedError
from lowfloat.ingest.batch_folder import DEGRADED
from lowfloat.ingest.databento import TRADES_FROM_QUOTES
from lowfloat.ingest.dbn_layouts import (
    LAYOUTS,
    PUBLISHER_SPECIFIC,
    QUOTES,
    STATUS,
    TRADES,
    UNDEF_PRICE,
)

PUBLISHER_NOT_SAID = 0

_BLOCK_ROWS = 1 << 17
_CODES = {TRADES: (4, 0x00), QUOTES: (1, 0x01), STATUS: (11, 0x12)}  # of schema, of record
_VERSION = 3
_NAME_BYTES = 71  # of a symbol, in version 3
_RAW_SYMBOL, _INSTRUMENT_ID = 1, 0
_LAST = 128  # flag: the last record of its event
_ANSWERS = np.frombuffer(b"~NY", np.uint8)  # for -1, 0, 1
_SIDES = np.frombuffer(b"ANB", np.uint8)  # for -1, 0, 1


def export_dbn(day: Day, folder: str | os.PathLike[str]) -> list[Path]:
    """Write a day as DBN files; see :func:`export_days`."""
    return export_days([day], folder)


def export_days(days: Iterable[Day], folder: str | os.PathLike[str]) -> list[Path]:
    """Write days as the DBN files that a batch download of them would hold.

    Per day there is a file of trades, of ``mbp-1`` and of status, where the day has any:
    ``DATASET-YYYYMMDD.SCHEMA.dbn.zst``, or ``DATASET-YYYYMMDD.SCHEMA.SYMBOL.dbn.zst`` if the
    days are of several symbols. ``condition.json``, ``symbology.json`` and ``manifest.json``
    describe them. The same days give the same bytes. The folder appears complete or not at all.

    Args:
        days: days of one dataset, each at most once.
        folder: where the files go; it must be empty or not exist.

    Returns:
        The paths of all files, the manifest last.

    Raises:
        ConfigError: the folder is not empty, or there is no day, a day twice, or more than one
            dataset.
        FeedError: a day breaks a rule of its tables, or its dataset has no name that DBN can
            hold.
    """
    chosen = sorted((day.check() for day in days), key=lambda day: (day.date, day.symbol))
    dataset = _one_dataset(chosen)
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"`folder` was {target}, which is not empty; use a new folder.")
    numbers = {symbol: n for n, symbol in enumerate(sorted({d.symbol for d in chosen}), start=1)}
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".work-", dir=target.parent))
    try:
        for day in chosen:
            for schema, start_ns, blocks in _tables_of(day):
                header = _header(day, dataset, schema, start_ns, numbers[day.symbol])
                path = work / _file_name(day, dataset, schema, len(numbers) > 1)
                _write_file(path, schema, header, numbers[day.symbol], blocks)
        names = _describe(work, chosen, numbers)
        work.chmod(0o755)
        os.rename(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return [target / name for name in names]


def _one_dataset(days: list[Day]) -> str:
    names = sorted({day.dataset or day.vendor for day in days})
    if len(names) != 1:
        found = f"of {' and '.join(names)}" if names else "none"
        raise ConfigError(f"`days` were {found}; use days of one dataset.")
    for one, other in pairwise(days):
        if one.name == other.name:
            raise ConfigError(f"`days` held {one.name} twice; use each day once.")
    if not re.fullmatch(r"[!-~]{1,16}", names[0]):
        raise FeedError(
            f"{days[0].name}: `dataset` was {names[0]!r}; DBN holds names of 1 to 16 ASCII "
            "characters without spaces."
        )
    return names[0]


def _file_name(day: Day, dataset: str, schema: str, several: bool) -> str:
    prefix = re.sub(r"[^a-z0-9]+", "-", dataset.lower()).strip("-")
    kind = f"{schema}.{day.symbol}" if several else schema
    return f"{prefix}-{day.date:%Y%m%d}.{kind}.dbn.zst"


def _tables_of(day: Day) -> Iterator[tuple[str, int, Iterator[np.ndarray]]]:
    """Yield schema, begin of its span, and rows, of each file that a day is written to."""
    quotes: Quotes = empty(Quotes) if QUOTES_REBUILT in day.flags else day.quotes
    prints = _executions(day.trades)
    merged = _Merged(
        place=np.empty(len(prints.price), np.int64), last=np.empty(len(prints.price), np.uint8)
    )
    _merge(read_only(prints), read_only(quotes), merged)
    if TRADES_FROM_QUOTES not in day.flags:  # else its source had no trades either
        yield TRADES, day.session.start_ns, _trade_blocks(prints, merged)
    if len(quotes.action):
        yield QUOTES, day.session.start_ns, _book_blocks(prints, quotes, merged)
    told = day.status.confidence == 100
    if told.any():
        status = Status(*(column[told] for column in day.status))
        yield STATUS, new_york_ns(day.date, 0), iter([_states(status)])


def _executions(trades: Trades) -> Trades:
    """Return the prints without those that only repeat an official price."""
    counts = trades.marks & np.uint16(Mark.VOLUME) != 0
    return trades if counts.all() else Trades(*(column[counts] for column in trades))


class _Merged(NamedTuple):
    """Per print: the quote before which it is written, and whether its event ends with it."""

    place: np.ndarray
    last: np.ndarray


@kernel
def _merge(prints: Trades, quotes: Quotes, out: _Merged) -> None:
    """Order prints and quotes by time of receipt, then by sequence; a print precedes a quote.

    Among themselves both keep their order, even where their sequence numbers do not: a feed may
    join venues that each count for themselves.
    """
    q = 0
    for t in range(len(out.place)):
        time, sequence = prints.ts_recv[t], prints.sequence[t]
        while q < len(quotes.ts_recv) and (
            quotes.ts_recv[q] < time
            or (quotes.ts_recv[q] == time and quotes.sequence[q] < sequence)
        ):
            q += 1
        out.place[t] = q
    for t in range(len(out.place)):
        q = out.place[t]
        event, venue = prints.ts_event[t], prints.publisher[t]
        if t + 1 < len(out.place) and out.place[t + 1] == q:
            goes_on = prints.ts_event[t + 1] == event and prints.publisher[t + 1] == venue
        else:
            goes_on = (
                q < len(quotes.ts_recv)
                and quotes.ts_event[q] == event
                and quotes.publisher[q] == venue
            )
        out.last[t] = 0 if goes_on else 1


def _trade_blocks(prints: Trades, merged: _Merged) -> Iterator[np.ndarray]:
    for begin in range(0, len(prints.price), _BLOCK_ROWS):
        end = min(begin + _BLOCK_ROWS, len(prints.price))
        rows = np.zeros(end - begin, LAYOUTS[TRADES])
        _fill_prints(rows, slice(None), prints, merged, slice(begin, end))
        yield rows


def _book_blocks(prints: Trades, quotes: Quotes, merged: _Merged) -> Iterator[np.ndarray]:
    """Yield the changes of the book, and the prints with the book in force."""
    row_of_print = merged.place + np.arange(len(merged.place))
    total = len(row_of_print) + len(quotes.action)
    # A reader takes the rows of several publishers for several books, which these are not.
    one_book = quotes.publisher.min() == quotes.publisher.max()
    for begin in range(0, total, _BLOCK_ROWS):
        end = min(begin + _BLOCK_ROWS, total)
        t0, t1 = np.searchsorted(row_of_print, (begin, end))
        q0, q1 = begin - t0, end - t1
        rows = np.zeros(end - begin, LAYOUTS[QUOTES])
        is_print = np.zeros(end - begin, bool)
        is_print[row_of_print[t0:t1] - begin] = True
        _fill_prints(rows, is_print, prints, merged, slice(t0, t1))

        book = ~is_print
        in_force = np.cumsum(book)  # 0 is the state before this block
        changed = {}
        for name in ("bid", "ask"):
            price = _with_previous(getattr(quotes, f"{name}_price"), q0, q1)
            size = _with_previous(getattr(quotes, f"{name}_size"), q0, q1)
            changed[name] = (np.diff(price) != 0) | (np.diff(size) != 0)
            rows[f"{name}_size"] = size[in_force]
            rows[f"{name}_price"] = np.where(size > 0, price, UNDEF_PRICE)[in_force]
        side = changed["bid"].astype(np.int8) - changed["ask"]
        # A clear empties the book. Where it was one venue's and others' quotes stand, it is none.
        stands = (rows["bid_size"][book] > 0) | (rows["ask_size"][book] > 0)
        action = quotes.action[q0:q1]
        action = np.where(stands & (action == ord("R")), np.uint8(ord("M")), action)
        events = _events(quotes, slice(q0, q1))
        if not one_book:
            events["publisher_id"] = np.full(q1 - q0, PUBLISHER_NOT_SAID, np.uint16)
        _fill(
            rows, book, **events,
            price=np.where(side > 0, rows["bid_price"][book], rows["ask_price"][book]),
            size=np.where(side > 0, rows["bid_size"][book], rows["ask_size"][book]),
            action=action, side=_SIDES[side + 1], flags=quotes.flags[q0:q1] | _LAST,
        )  # fmt: skip
        yield rows


def _with_previous(column: np.ndarray, begin: int, end: int) -> np.ndarray:
    """Return a part of a column and the value before it, which before the first is 0."""
    before = column[begin - 1 : begin] if begin else np.zeros(1, column.dtype)
    return np.concatenate((before, column[begin:end]))


def _states(status: Status) -> np.ndarray:
    rows = np.zeros(len(status.action), LAYOUTS[STATUS])
    _fill(
        rows, slice(None), ts_event=status.ts_event, ts_recv=status.ts_recv,
        publisher_id=PUBLISHER_NOT_SAID, action=status.action, reason=status.reason,
        is_trading=_ANSWERS[status.is_trading + 1], is_quoting=_ANSWERS[0],
        is_short_sell_restricted=_ANSWERS[status.is_short_sell_restricted + 1],
    )  # fmt: skip
    return rows


def _fill_prints(
    rows: np.ndarray, where: slice | np.ndarray, prints: Trades, merged: _Merged, part: slice
) -> None:
    # A side that was inferred is not the feed's word.
    side = np.where(prints.confidence[part] == 100, prints.side[part], 0)
    crossed = (prints.marks[part] & np.uint16(Mark.AUCTION) != 0) & (prints.publisher[part] == 0)
    flags = merged.last[part] * np.uint8(_LAST) + crossed * np.uint8(PUBLISHER_SPECIFIC)
    _fill(
        rows, where, **_events(prints, part), price=prints.price[part], size=prints.size[part],
        action=ord("T"), side=_SIDES[side + 1], flags=flags,
    )  # fmt: skip


def _events(table: Trades | Quotes, part: slice) -> dict[str, np.ndarray]:
    return {
        "ts_event": table.ts_event[part],
        "ts_recv": table.ts_recv[part],
        "publisher_id": table.publisher[part],
        "sequence": table.sequence[part],
    }


def _fill(rows: np.ndarray, where: slice | np.ndarray, **columns: Any) -> None:
    for name, values in columns.items():
        rows[name][where] = values


def _write_file(
    path: Path, schema: str, header: bytes, number: int, blocks: Iterator[np.ndarray]
) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(header)
        for rows in blocks:
            rows["length"] = rows.itemsize // 4
            rows["rtype"] = _CODES[schema][1]
            rows["instrument_id"] = number
            stream.write(rows.tobytes())


def _header(day: Day, dataset: str, schema: str, start_ns: int, number: int) -> bytes:
    """Return the bytes before the records: what the file covers, and its only symbol."""
    name = day.symbol.encode()
    first, after = (int(f"{date:%Y%m%d}") for date in _utc_dates(start_ns, day.coverage_end_ns))
    asked = struct.pack(
        "<16sHQQQBBBH53xI", dataset.encode(), _CODES[schema][0], start_ns, day.coverage_end_ns,
        0, _RAW_SYMBOL, _INSTRUMENT_ID, 0, _NAME_BYTES, 0,
    )  # fmt: skip
    text = f"{_NAME_BYTES}s"
    symbols = struct.pack(f"<I{text}II", 1, name, 0, 0)  # none resolved in part, none not found
    mapped = struct.pack(f"<I{text}III{text}", 1, name, 1, first, after, str(number).encode())
    body = asked + symbols + mapped
    body += bytes(-len(body) % 8)
    return b"DBN" + struct.pack("<BI", _VERSION, len(body)) + body


def _utc_dates(from_ns: int, to_ns: int) -> tuple[dt.date, dt.date]:
    """Return the first date of a span in UTC, and the one after its last."""
    first, last = (dt.datetime.fromtimestamp(ns // NS, dt.UTC) for ns in (from_ns, to_ns - 1))
    return first.date(), last.date() + dt.timedelta(days=1)


def _describe(folder: Path, days: list[Day], numbers: dict[str, int]) -> list[str]:
    """Write the JSON files that come with a batch download; return the names of all files."""
    data = sorted(path.name for path in folder.iterdir())
    spans = {day.name: _utc_dates(day.session.start_ns, day.coverage_end_ns) for day in days}
    begin, end = min(first for first, _ in spans.values()), max(end for _, end in spans.values())
    result = {}
    for symbol, number in numbers.items():
        own = [spans[day.name] for day in days if day.symbol == symbol]
        result[symbol] = [{"d0": str(own[0][0]), "d1": str(own[-1][1]), "s": str(number)}]
    symbology = {
        "result": result, "symbols": list(numbers), "stype_in": "raw_symbol",
        "stype_out": "instrument_id", "start_date": str(begin), "end_date": str(end),
        "partial": [], "not_found": [], "message": "OK", "status": 0,
    }  # fmt: skip
    dates = {
        first + dt.timedelta(days=n)
        for first, after in spans.values()
        for n in range((after - first).days)
    }
    degraded = {day.date for day in days if DEGRADED in day.flags}
    condition = [
        {
            "date": str(date),
            "condition": "degraded" if date in degraded else "available",
            "last_modified_date": None,  # not known
        }
        for date in sorted(dates)
    ]
    _write_json(folder / "condition.json", condition)
    _write_json(folder / "symbology.json", symbology)
    names = ["condition.json", "symbology.json", *data]
    files = [
        {
            "filename": name,
            "size": (folder / name).stat().st_size,
            "hash": f"sha256:{sha256_of(folder / name)}",
            "urls": {},
        }
        for name in names
    ]
    job = hashlib.sha256("".join(f"{file['hash']}\n" for file in files).encode()).hexdigest()
    _write_json(folder / "manifest.json", {"job_id": f"lowfloat-{job[:16]}", "files": files})
    return [*names, "manifest.json"]


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=4) + "\n")
