"""One file of Databento's DBN format, read with suspicion.

The vendor's own decoder ends the whole process on some damaged headers (it aborts; there is no
exception to catch), so the header is parsed here, and records are views of the bytes. Every
length and every time a file states is checked against what is really there. Only zstd files
carry a checksum and an end mark: an uncompressed file that was cut between two records, or has
a flipped bit in a price, cannot be told from a good one. Keep the vendor's ``.dbn.zst``.

Layout: https://databento.com/docs/standards-and-conventions/databento-binary-encoding
"""

import datetime as dt
import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import NS
from lowfloat.errors import FeedError

TRADES, QUOTES, STATUS = "trades", "mbp-1", "status"

UNDEF_PRICE = 2**63 - 1
UNDEF_SIZE = 2**32 - 1
UNDEF_TIMESTAMP = 2**64 - 1
OPEN_END = 2**63 - 1
"""End of a file that does not say where it ends, such as a live capture."""

_ZSTD = b"\x28\xb5\x2f\xfd"
_VERSIONS = (1, 2, 3)
_SCHEMAS = (
    "mbo", QUOTES, "mbp-10", "tbbo", TRADES, "ohlcv-1s", "ohlcv-1m", "ohlcv-1h", "ohlcv-1d",
    "definition", "statistics", STATUS, "imbalance", "ohlcv-eod", "cmbp-1", "cbbo-1s", "cbbo-1m",
    "tcbbo", "bbo-1s", "bbo-1m",
)  # fmt: skip
_INSTRUMENT_ID = 0
_TICKERS = (1, 5, 6)  # raw, Nasdaq and CMS symbols
_MAX_HEADER = 1 << 26  # 64 MiB: ten times what every listed symbol of a year takes
_HOUR = 3600 * NS
_CHUNK_BYTES = 1 << 22
_BAR_BYTES = 56  # of a bar, whose record types are the only ones that could begin a text

_HEAD = [
    ("length", "u1"), ("rtype", "u1"), ("publisher_id", "<u2"), ("instrument_id", "<u4"),
    ("ts_event", "<u8"),
]  # fmt: skip
_PRINT = [
    *_HEAD, ("price", "<i8"), ("size", "<u4"), ("action", "u1"), ("side", "u1"), ("flags", "u1"),
    ("depth", "u1"), ("ts_recv", "<u8"), ("ts_in_delta", "<i4"), ("sequence", "<u4"),
]  # fmt: skip
_TOP = [
    *_PRINT, ("bid_price", "<i8"), ("ask_price", "<i8"), ("bid_size", "<u4"),
    ("ask_size", "<u4"), ("bid_count", "<u4"), ("ask_count", "<u4"),
]  # fmt: skip
_STATE = [
    *_HEAD, ("ts_recv", "<u8"), ("action", "<u2"), ("reason", "<u2"), ("trading_event", "<u2"),
    ("is_trading", "u1"), ("is_quoting", "u1"), ("is_short_sell_restricted", "u1"),
    ("padding", "V7"),
]  # fmt: skip
LAYOUTS = {TRADES: np.dtype(_PRINT), QUOTES: np.dtype(_TOP), STATUS: np.dtype(_STATE)}
_RTYPES = {TRADES: 0x00, QUOTES: 0x01, STATUS: 0x12}


class Mapped(NamedTuple):
    """An instrument number and the ticker it stands for in ``from_ns <= ts_recv < to_ns``."""

    symbol: str
    instrument_id: int
    from_ns: int
    to_ns: int


@dataclass(frozen=True)
class Header:
    """What a DBN file says about itself.

    Attributes:
        dataset: the vendor's name of the feed.
        schema: kind of record, or ``""`` if the file mixes kinds, as live captures do.
        start_ns: begin of the span asked for.
        end_ns: its end, exclusive; ``OPEN_END`` if the file does not say.
        limit: the number of records asked for at most; 0 if there was no limit.
        mapped: the tickers of the file's instruments.
    """

    dataset: str
    schema: str
    start_ns: int
    end_ns: int
    limit: int
    mapped: tuple[Mapped, ...]


class Rows(NamedTuple):
    """Records of one instrument: a structured array, and its ``ts_recv`` as int64."""

    records: np.ndarray
    ts_recv: np.ndarray


@dataclass(frozen=True)
class Records:
    """The records of a file.

    Attributes:
        sha256: SHA-256 of the file.
        count: number of records of all instruments.
        hours: hours since the epoch, UTC, in which any instrument has a record.
        rows: the rows of each wanted instrument that has any.
    """

    sha256: str
    count: int
    hours: frozenset[int]
    rows: dict[int, Rows]


def read_header(path: Path) -> Header | None:
    """Return the header of a DBN file, or None if the file is of another kind.

    Raises:
        FeedError: the file is meant to be DBN but cannot be read; the message names it.
    """
    with _plain(path) as stream:
        prelude = stream.read(8)
        if prelude[:3] != b"DBN":
            _refuse_lookalikes(path, prelude, stream.read(2048))
            return None
        if len(prelude) < 8:
            raise FeedError(f"{path}: ends within its first 8 bytes; fetch the file again.")
        version, length = prelude[3], int.from_bytes(prelude[4:8], "little")
        if version not in _VERSIONS:
            raise FeedError(f"{path}: DBN version was {version}; versions 1 to 3 can be read.")
        if length > _MAX_HEADER:
            raise FeedError(
                f"{path}: header length was {length} bytes; at most {_MAX_HEADER} is read."
            )
        data = stream.read(length)
    if len(data) < length:
        raise FeedError(f"{path}: ends within its header; fetch the file again.")
    try:
        return _parse_header(_Cursor(data), version)
    except ValueError as error:
        raise FeedError(f"{path}: the header is damaged ({error}); fetch the file again.") from None


def read_records(path: Path, header: Header, symbols: frozenset[str] | None = None) -> Records:
    """Read the records of a file of schema ``trades``, ``mbp-1`` or ``status``.

    Args:
        path: the file.
        header: its header.
        symbols: tickers whose rows are kept; None keeps all.

    Raises:
        FeedError: the file is cut, damaged, unordered, or holds what its header rules out; the
            message names the file and the first bad record.
    """
    known = np.array(sorted({item.instrument_id for item in header.mapped}), np.uint32)
    wanted = np.array(
        sorted({m.instrument_id for m in header.mapped if symbols is None or m.symbol in symbols}),
        np.uint32,
    )
    kept: list[np.ndarray] = []
    hours: set[int] = set()
    count, latest = 0, header.start_ns
    for chunk in _record_chunks(path, header):
        latest = _check_times(path, chunk["ts_recv"], count, latest, header)
        alien = np.flatnonzero(~np.isin(chunk["instrument_id"], known))
        if len(alien):
            raise FeedError(
                f"{path}: record {count + alien[0]} is of instrument "
                f"{chunk['instrument_id'][alien[0]]}, which the header gives no symbol."
            )
        hours.update(np.unique(chunk["ts_recv"] // _HOUR).tolist())
        kept.append(chunk[np.isin(chunk["instrument_id"], wanted)])
        count += len(chunk)
    if header.limit and count >= header.limit:
        raise FeedError(
            f"{path}: was cut at `limit` {header.limit} records, so what it covers is unknown; "
            "ask for the data without a limit."
        )
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    rows = _by_instrument(np.concatenate(kept)) if kept else {}
    _check_mapped(path, header, rows)
    return Records(digest, count, frozenset(hours), rows)


@contextmanager
def _plain(path: Path) -> Iterator[pa.NativeFile]:
    """Open a file for reading its content, decompressed if it is zstd."""
    try:
        with pa.OSFile(str(path)) as raw:
            packed = raw.read(4) == _ZSTD
            raw.seek(0)
            if packed:
                with pa.CompressedInputStream(raw, "zstd") as stream:
                    yield stream
            else:
                yield raw
    except (OSError, pa.ArrowException) as error:
        raise FeedError(f"{path}: cannot be read ({error}); fetch the file again.") from error


def _refuse_lookalikes(path: Path, prelude: bytes, more: bytes) -> None:
    """Raise if a file without a DBN header is one of Databento's after all."""
    data = prelude + more
    if not data:
        raise FeedError(f"{path}: is empty.")
    if data[8:11] == b"DBZ":
        raise FeedError(
            f"{path}: is of the old DBZ format; convert it with the vendor's `dbn` tool."
        )
    size, rtype, next_head = 4 * data[0], data[1:2], data[4 * data[0] :][:2]
    binary = rtype < b"\x20" or rtype >= b"\xa0" or size == _BAR_BYTES
    if binary and size >= 16 and (next_head == data[:2] or len(data) == size):
        raise FeedError(
            f"{path}: is a fragment of DBN records without the header that says of what; "
            "use whole files."
        )
    if {".dbn", ".dbz"} & set(path.suffixes):
        raise FeedError(f"{path}: is named like DBN but does not begin like it; fetch it again.")


class _Cursor:
    """Reads numbers and strings off a header, never past its end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        if len(piece) < size:
            raise ValueError(f"it ends within a field at byte {self.at}")
        self.at += size
        return piece

    def numbers(self, form: str) -> tuple[int, ...]:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))

    def text(self, size: int) -> str:
        return self.take(size).split(b"\0", 1)[0].decode("ascii")

    def date_ns(self) -> int:
        (number,) = self.numbers("I")
        date = dt.datetime(number // 10_000, number // 100 % 100, number % 100, tzinfo=dt.UTC)
        return int(date.timestamp()) * NS


def _parse_header(read: _Cursor, version: int) -> Header:
    dataset = read.text(16)
    schema, start_ns, end_ns, limit = read.numbers("HQQQ")
    if version == 1:
        read.take(8)  # a record count that no writer fills in
    stype_in, stype_out, ts_out = read.numbers("BBB")
    width = read.numbers("H")[0] if version > 1 else 22
    read.take(53 if version > 1 else 47)
    read.take(read.numbers("I")[0])  # schema definition
    for _ in range(3):  # symbols asked for, resolved in part, not found
        read.take(read.numbers("I")[0] * width)
    if schema != 0xFFFF and schema >= len(_SCHEMAS):
        raise ValueError(f"schema was {schema}")
    if ts_out > 1:
        raise ValueError(f"`ts_out` was {ts_out}")
    if end_ns == UNDEF_TIMESTAMP:
        end_ns = OPEN_END
    if not start_ns < end_ns <= OPEN_END:
        raise ValueError(f"its span was {start_ns} to {end_ns}")
    mapped = []
    for _ in range(read.numbers("I")[0]):
        name = read.text(width)
        for _ in range(read.numbers("I")[0]):
            from_ns = max(read.date_ns(), start_ns)
            to_ns = min(read.date_ns(), end_ns)
            target = read.text(width)
            if not target or from_ns >= to_ns:
                continue  # the name meant nothing in this interval, or none of it was asked for
            if stype_in in _TICKERS and stype_out == _INSTRUMENT_ID:
                mapped.append(Mapped(name, _instrument(target), from_ns, to_ns))
            elif stype_in == _INSTRUMENT_ID and stype_out in _TICKERS:
                mapped.append(Mapped(target, _instrument(name), from_ns, to_ns))
    return Header(
        dataset=dataset,
        schema="" if schema == 0xFFFF else _SCHEMAS[schema],
        start_ns=start_ns,
        end_ns=end_ns,
        limit=limit,
        mapped=tuple(mapped),
    )


def _instrument(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**32:
        raise ValueError(f"an instrument number was {number}")
    return number


def _record_chunks(path: Path, header: Header) -> Iterator[np.ndarray]:
    """Yield the records in order, some at a time; each has the length and type of the schema."""
    rtype, layout = _RTYPES[header.schema], LAYOUTS[header.schema]
    size = layout.itemsize
    count, rest = 0, b""
    with _plain(path) as stream:
        stream.read(int.from_bytes(stream.read(8)[4:8], "little"))
        while data := stream.read(_CHUNK_BYTES):
            data = rest + data
            whole = len(data) // size
            rest = data[whole * size :]
            chunk = np.frombuffer(data, layout, whole)
            odd = np.flatnonzero((chunk["length"] != size // 4) | (chunk["rtype"] != rtype))
            if len(odd):
                bad = chunk[odd[0]]
                raise FeedError(
                    f"{path}: record {count + odd[0]} has type {bad['rtype']} and "
                    f"{4 * int(bad['length'])} bytes; {header.schema} has type {rtype} and {size}."
                )
            count += whole
            yield chunk
    if rest:
        raise FeedError(f"{path}: ends within record {count}; fetch the file again.")


def _check_times(path: Path, ts_recv: np.ndarray, count: int, latest: int, header: Header) -> int:
    """Return the last time of a chunk whose times keep order and lie within the header's span."""
    if not len(ts_recv):
        return latest
    begin, end = np.uint64(header.start_ns), np.uint64(header.end_ns)
    outside = np.flatnonzero((ts_recv < begin) | (ts_recv >= end))
    if len(outside):
        raise FeedError(
            f"{path}: record {count + outside[0]} was received at {ts_recv[outside[0]]}; the "
            f"header says {header.start_ns} to {header.end_ns}."
        )
    times = ts_recv.astype(np.int64)
    back = np.flatnonzero(np.diff(times, prepend=latest) < 0)
    if len(back):
        raise FeedError(
            f"{path}: `ts_recv` goes back at record {count + back[0]}; records must be in the "
            "order in which they were received."
        )
    return int(times[-1])


def _by_instrument(records: np.ndarray) -> dict[int, Rows]:
    """Split records by instrument, keeping their order."""
    numbers = records["instrument_id"]
    order = np.argsort(numbers, kind="stable")
    found, starts = np.unique(numbers[order], return_index=True)
    return {
        int(number): Rows(records[picked], records["ts_recv"][picked].astype(np.int64))
        for number, picked in zip(found, np.split(order, starts[1:]), strict=True)
    }


def _check_mapped(path: Path, header: Header, rows: dict[int, Rows]) -> None:
    """Refuse rows received on a date for which the header gives their instrument no symbol."""
    covered = dict.fromkeys(rows, 0)
    for item in header.mapped:
        if item.instrument_id in rows:
            times = rows[item.instrument_id].ts_recv
            low, high = np.searchsorted(times, (item.from_ns, item.to_ns))
            covered[item.instrument_id] += int(high - low)
    for number, total in covered.items():
        if total != len(rows[number].ts_recv):
            raise FeedError(
                f"{path}: {len(rows[number].ts_recv)} records are of instrument {number}, and "
                f"the header gives {total} of them exactly one symbol."
            )
