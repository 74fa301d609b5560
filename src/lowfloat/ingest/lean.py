"""QuantConnect LEAN tick files of US equities: one zip per symbol, day, and trades or quotes.

A line is milliseconds since midnight New York, prices in 1/10,000 dollar, sizes in shares, the
exchange's letter, conditions as hexadecimal bits, and whether the vendor suspects the tick:
https://github.com/QuantConnect/Lean/blob/master/Data/equity/readme.md
"""

import datetime as dt
import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lowfloat.base.clock import session_of
from lowfloat.base.records import Quotes, Trades
from lowfloat.days.day import check_symbol
from lowfloat.errors import BadSymbol, FeedError, NotASession, UnusedFile
from lowfloat.ingest.lean_lines import DAMAGE, Member
from lowfloat.ingest.lean_quotes import quote_pieces
from lowfloat.ingest.lean_trades import trade_pieces
from lowfloat.ingest.source import Piece, SourceFile

MILLISECOND_CLOCK = "millisecond_clock"
"""Flag of a day whose times are whole milliseconds, of one clock."""

DATASET = "LEAN.USA.TICK"

MAX_MEMBERS = 16
MAX_RATIO = 200
MAX_BYTES = 1 << 33  # of a member, unpacked
_MAX_DIRECTORY = 1 << 16

_TICK_NAME = re.compile(r"(\d{8})_(.+)_(trade|quote|openinterest)_(tick|second|minute)\.csv", re.I)
_BARS_NAME = re.compile(r"\d{8}_.+_(second|minute)_(trade|quote|openinterest)\.csv", re.I)
_ZIP_NAME = re.compile(r"(\d{8})_(trade|quote)", re.I)
_BAR_LINE = re.compile(rb"\d{8} \d\d:\d\d,")


def open_file(path: Path, name: str) -> SourceFile | None:
    """Return a LEAN tick zip as a source, or None if the file is something else.

    Raises:
        UnusedFile: the file is LEAN's but is of bars or of open interest.
        FeedError: the file is LEAN's but is damaged or contradicts its own name.
    """
    try:
        with path.open("rb") as handle:
            head = handle.read(4096)
    except OSError as error:
        raise FeedError(f"{path}: cannot be read ({error}).") from error
    if head[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        return None
    member = _member(path, head)
    if member is None:
        return None
    try:
        session = session_of(member.date)
    except NotASession as error:
        raise FeedError(f"{path}: {error}") from None

    def read(symbols: frozenset[str] | None) -> Iterator[Piece]:
        if symbols is not None and member.symbol not in symbols:
            return
        pieces = trade_pieces if member.table is Trades else quote_pieces
        yield from pieces(path, member, session)

    return SourceFile(
        path=path,
        name=name,
        dataset=DATASET,
        tables=frozenset({member.table}),
        read=read,
        date=member.date,
        flags=frozenset({MILLISECOND_CLOCK}),
    )


def _member(path: Path, head: bytes) -> Member | None:
    """Return the tick file inside a zip, None if the zip has nothing of LEAN's."""
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")].decode("ascii", "replace")
    is_named = bool(_ZIP_NAME.fullmatch(path.stem) or _TICK_NAME.fullmatch(first))
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            found = [info for info in infos if _TICK_NAME.fullmatch(info.filename)]
            if not found:
                _refuse_bars(path, archive, infos)
                if is_named:
                    held = ", ".join(info.filename[:60] for info in infos[:4]) or "nothing"
                    raise FeedError(
                        f"{path}: is named like a LEAN tick zip but holds {held}; use one with a "
                        "member such as 20131007_aig_Trade_Tick.csv."
                    )
                return None
    except DAMAGE as error:
        if is_named:
            raise FeedError(f"{path}: cannot be read ({error}); fetch the file again.") from error
        return None
    _check_members(path, infos)
    if len(found) > 1:
        raise FeedError(f"{path}: holds {len(found)} tick files; LEAN's zips hold one.")
    return _named(path, found[0])


def _check_directory(path: Path) -> None:
    """Refuse a zip with a huge table of contents before it is loaded."""
    with path.open("rb") as handle:
        handle.seek(0, 2)
        handle.seek(max(0, handle.tell() - 22 - 0xFFFF))
        tail = handle.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise zipfile.BadZipFile("it ends before its table of contents")
    members, size = struct.unpack_from("<HI", tail, at + 10)
    if members > MAX_MEMBERS or size > _MAX_DIRECTORY:
        raise FeedError(f"{path}: holds {members} members; at most {MAX_MEMBERS} are read.")


def _refuse_bars(path: Path, archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) != 1:
        return
    named = _BARS_NAME.fullmatch(infos[0].filename)
    if named:
        raise UnusedFile(f"{path}: is of {named[1].lower()} bars; use tick zips.")
    if infos[0].filename.lower() == f"{path.stem.lower()}.csv":
        with archive.open(infos[0]) as stream:
            line = stream.read(16)
        if _BAR_LINE.match(line):
            raise UnusedFile(f"{path}: is of hour or daily bars; use tick zips.")


def _check_members(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        kind = info.external_attr >> 28
        if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0] or kind == 0o12:
            raise FeedError(f"{path}: its member {info.filename[:60]!r} points outside the zip.")
        if info.file_size > MAX_BYTES:
            raise FeedError(
                f"{path}: {info.filename} states {info.file_size} bytes; at most {MAX_BYTES} "
                "are read."
            )
        if info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise FeedError(
                f"{path}: {info.filename} unpacks to {info.file_size} bytes from "
                f"{info.compress_size}; at most {MAX_RATIO} times the packed size is read."
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FeedError(f"{path}: {info.filename} is packed by a method that LEAN never uses.")
        if info.flag_bits & 1:
            raise FeedError(f"{path}: {info.filename} is encrypted; use a zip without a password.")


def _named(path: Path, info: zipfile.ZipInfo) -> Member:
    """Return what a member's name says, checked against the zip's own name and folder."""
    match = _TICK_NAME.fullmatch(info.filename)
    assert match is not None
    day, ticker, kind, resolution = match.groups()
    if resolution.lower() != "tick":
        raise UnusedFile(f"{path}: is of {resolution.lower()} bars; use tick zips.")
    if kind.lower() == "openinterest":
        raise UnusedFile(f"{path}: is of open interest; use tick zips of trades and quotes.")
    try:
        date = dt.datetime.strptime(day, "%Y%m%d").date()
        symbol = check_symbol(ticker.upper())
    except (ValueError, BadSymbol) as error:
        raise FeedError(f"{path}: {info.filename} names no day of a stock ({error})") from None
    outer = _ZIP_NAME.fullmatch(path.stem)
    if outer and (outer[1], outer[2].lower()) != (day, kind.lower()):
        raise FeedError(f"{path}: holds {info.filename}, of another day or kind than its name.")
    if path.parent.parent.name == "tick" and path.parent.name.upper() != symbol:
        raise FeedError(f"{path}: holds {info.filename}, of another ticker than its folder.")
    return Member(info, date, symbol, Trades if kind.lower() == "trade" else Quotes)
