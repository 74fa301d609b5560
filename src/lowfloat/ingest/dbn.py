"""One file of Databento's DBN format, read with suspicion.

The vendor's own decoder ends the whole process on some damaged headers (it aborts; there is no
exception to catch), so the header is parsed here, and records are views of the bytes. Every
length and every time a file states is checked against what is really there. Only zstd files
carry a checksum and an end mark: an uncompressed file that was cut between two records, or has
a flipped bit in a price, cannot be told from a good one. Keep the vendor's ``.dbn.zst``.

Layout: https://databento.com/docs/standards-and-conventions/databento-binary-encoding
"""

import datetime as dt
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import NS
from lowfloat.base.jit import kernel
from lowfloat.errors import FeedError
from lowfloat.ingest.dbn_layouts import RTYPES, SCHEMAS, UNDEF_TIMESTAMP, VERSIONS, layout_of

OPEN_END = 2**63 - 1
"""End of a file that does not say where it ends, such as a live capture."""

MAX_BACK_NS = NS
"""How far ``ts_recv`` may go back within a file; less is put in order, more is damage."""

_ZSTD = b"\x28\xb5\x2f\xfd"
_CHECKSUM_FLAG = 4  # of a zstd frame's descriptor, its fifth byte
_INSTRUMENT_ID = 0
_TICKERS = (1, 5, 6)  # raw, Nasdaq and CMS symbols
_MAX_HEADER = 1 << 26  # 64 MiB: ten times what every listed symbol of a year takes
_CHUNK_BYTES = 1 << 22
_BAR_BYTES = 56  # of a bar, whose record types are the only ones that could begin a text


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
        version: of the format, 1 to 3.
        dataset: the vendor's name of the feed.
        schema: kind of record, or ``""`` if the file mixes kinds, as live captures do.
        start_ns: begin of the span asked for.
        end_ns: its end, exclusive; ``OPEN_END`` if the file does not say.
        limit: the number of records asked for at most; 0 if there was no limit.
        mapped: the tickers of the file's instruments.
    """

    version: int
    dataset: str
    schema: str
    start_ns: int
    end_ns: int
    limit: int
    mapped: tuple[Mapped, ...]


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
        if version not in VERSIONS:
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


def read_records(path: Path, header: Header) -> Iterator[np.ndarray]:
    """Yield the records of a file in order, some at a time, as ``layout_of`` lays them out.

    Raises:
        FeedError: the file is cut, damaged, unordered, or holds what its header rules out; the
            message names the file and the first bad record.
    """
    if not header.schema:
        raise FeedError(f"{path}: mixes kinds of records; use files of one schema each.")
    known = np.array(sorted({item.instrument_id for item in header.mapped}), np.uint32)
    layout = layout_of(header.schema, header.version)
    size, rtype = layout.itemsize, RTYPES[header.schema]
    clock = "ts_recv" if "ts_recv" in (layout.names or ()) else "ts_event"
    count, rest = 0, b""
    # The more instruments, the more records at a time: each instrument is then worth a look.
    wanted = _CHUNK_BYTES * min(1 + len(known) // 8, 16) // size * size
    state = np.array([header.start_ns, header.start_ns, header.end_ns], np.int64)
    with _plain(path) as stream:
        stream.read(int.from_bytes(stream.read(8)[4:8], "little"))
        while data := stream.read(wanted):
            data = rest + data if rest else data
            whole = len(data) // size
            rest = data[whole * size :]
            chunk = np.frombuffer(data, layout, whole)
            bad = _first_bad(
                chunk["length"], chunk["rtype"], chunk["instrument_id"],
                chunk[clock].view(np.int64), size // 4, rtype, known, state,
            )  # fmt: skip
            if bad < whole:
                raise FeedError(f"{path}: {_what_is_wrong(count + bad, chunk[bad], state, header)}")
            count += whole
            yield chunk
    if rest:
        raise FeedError(f"{path}: ends within record {count}; fetch the file again.")
    if header.limit and count >= header.limit:
        raise FeedError(
            f"{path}: was cut at `limit` {header.limit} records, so what it covers is unknown; "
            "ask for the data without a limit."
        )


@kernel
def _first_bad(
    length: np.ndarray,
    rtype: np.ndarray,
    instrument: np.ndarray,
    times: np.ndarray,
    words: int,
    kind: int,
    known: np.ndarray,
    state: np.ndarray,
) -> int:
    """Return the number of the first record that cannot be, else the number of records.

    ``state`` is the latest time so far, and the begin and the end of the file's span.
    """
    last_known = np.uint32(0)
    for i in range(len(length)):
        if length[i] != words or rtype[i] != kind:
            return i
        if i == 0 or instrument[i] != last_known:
            low, high = 0, len(known)
            while low < high:
                middle = (low + high) // 2
                if known[middle] < instrument[i]:
                    low = middle + 1
                else:
                    high = middle
            if low == len(known) or known[low] != instrument[i]:
                return i
            last_known = instrument[i]
        now = times[i]
        if now < state[1] or now >= state[2] or now < state[0] - MAX_BACK_NS:
            return i
        state[0] = max(state[0], now)
    return len(length)


def _what_is_wrong(number: int, record: np.void, state: np.ndarray, header: Header) -> str:
    """Return the rest of a message on a record that cannot be."""
    layout, rtype = layout_of(header.schema, header.version), RTYPES[header.schema]
    if (record["length"], record["rtype"]) != (layout.itemsize // 4, rtype):
        return (
            f"record {number} has type {record['rtype']} and {4 * int(record['length'])} bytes; "
            f"{header.schema} has type {rtype} and {layout.itemsize}."
        )
    if all(item.instrument_id != record["instrument_id"] for item in header.mapped):
        return (
            f"record {number} is of instrument {record['instrument_id']}, which the header gives "
            "no symbol."
        )
    clock = "ts_recv" if "ts_recv" in (layout.names or ()) else "ts_event"
    time = int(record[clock])
    if not header.start_ns <= time < header.end_ns:
        return (
            f"record {number} was received at {time}; the header says {header.start_ns} to "
            f"{header.end_ns}."
        )
    return (
        f"`{clock}` goes back by {(int(state[0]) - time) / NS:.1f} seconds at record {number}; "
        "records must be in the order in which they were received."
    )


def is_checked(path: Path) -> bool:
    """Return whether a file carries a checksum of its contents, as zstd files may."""
    with path.open("rb") as handle:
        head = handle.read(5)
    return head[:4] == _ZSTD and len(head) == 5 and bool(head[4] & _CHECKSUM_FLAG)


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
    if schema != 0xFFFF and schema >= len(SCHEMAS):
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
        version=version,
        dataset=dataset,
        schema="" if schema == 0xFFFF else SCHEMAS[schema],
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
