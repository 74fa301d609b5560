"""CSV files of vendors, packed or plain: their header, and their rows in typed columns.

Numbers go from text to decimals and integers with no float in between. A gzip file carries a
checksum and its length; a plain file that was cut between two rows cannot be told from a whole
one.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from lowfloat.errors import FeedError

BLOCK_BYTES = 1 << 22
"""Bytes that are read at once, and the longest row."""

TEXT = pa.dictionary(pa.int32(), pa.string())
NUMBER = pa.decimal128(38, 9)
"""Exact to 1e-9; see :func:`lowfloat.ingest.decimals.nanos_of`."""

_HEADER_BYTES = 1 << 16
_GZIP = b"\x1f\x8b"


@contextmanager
def plain(path: Path) -> Iterator[pa.NativeFile]:
    """Open a file for reading its content, decompressed if it is gzip.

    Raises:
        FeedError: it cannot be read or is damaged.
    """
    try:
        with pa.OSFile(str(path)) as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            if packed:
                with pa.CompressedInputStream(raw, "gzip") as stream:
                    yield stream
            else:
                yield raw
    except (OSError, pa.ArrowException) as error:
        raise FeedError(f"{path}: cannot be read ({error}); fetch the file again.") from error


def csv_header(path: Path) -> list[str] | None:
    """Return the column names of a CSV file, or None if it does not begin like one.

    Raises:
        FeedError: the file is empty or damaged, or plain and cut within its last row.
    """
    with plain(path) as stream:
        head = stream.read(_HEADER_BYTES)
        if not head:
            raise FeedError(f"{path}: is empty.")
        line = re.split(rb"\r?\n", head, maxsplit=1)[0]
        if len(line) == len(head):
            return None
        try:
            header = next(csv.reader([line.decode("utf-8-sig")]), [])
        except (UnicodeDecodeError, csv.Error):
            return None
    if len(header) < 2:
        return None
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise FeedError(f"{path}: has the column `{twice[0]}` twice.")
    with path.open("rb") as handle:
        begin = handle.read(2)
        handle.seek(-1, 2)
        if begin != _GZIP and handle.read(1) not in b"\r\n":
            raise FeedError(f"{path}: ends within a row (no line end); fetch the file again.")
    return header


def require_columns(path: Path, header: list[str], columns: Iterable[str]) -> None:
    """Raise FeedError if a column is missing."""
    missing = [column for column in columns if column not in header]
    if missing:
        raise FeedError(
            f"{path}: has no column `{'`, `'.join(missing)}`; it has `{'`, `'.join(header[:30])}`."
        )


def read_csv(
    path: Path,
    header: list[str],
    types: Mapping[str, pa.DataType],
    separator: str = ",",
    has_header: bool = True,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a CSV file, some megabytes at a time, in columns of the given types.

    An empty field is missing, but in a column of texts; every other text must be a value of its
    column's type.

    Args:
        path: the file, packed or plain.
        header: the names of its columns.
        types: the type of each column that is wanted.
        separator: between fields.
        has_header: whether its first line holds the names.

    Raises:
        FeedError: the file is damaged; the message names the row and the column.
    """
    with plain(path) as stream:
        try:
            yield from pacsv.open_csv(
                stream,
                # Without threads, so that errors name the row.
                read_options=pacsv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    column_names=None if has_header else header,
                ),
                parse_options=pacsv.ParseOptions(delimiter=separator),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict(types), include_columns=list(types), null_values=[""]
                ),
            )
        except pa.ArrowException as error:
            raise FeedError(f"{path}: {_explained(str(error), header)}") from error


def _explained(text: str, header: list[str]) -> str:
    """Return what the CSV reader says, with columns by name and what is allowed."""
    text = re.sub(r"In CSV column #(\d+)", lambda m: f"column `{header[int(m[1])]}`", text)
    if "Rescaling" in text:
        return f"{text}; a number has at most 9 digits after its point."
    if "straddl" in text:
        return f"a row is longer than {BLOCK_BYTES} bytes; fetch the file again."
    if "not a valid decimal128" in text or "precision" in text:
        return f"{text}; write numbers like 1234.5 (no separators, at most 29 digits)."
    return f"{text}; fetch the file again."
