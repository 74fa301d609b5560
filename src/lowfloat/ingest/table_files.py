"""Parquet and CSV files as batches of the columns that a mapping names, whole or refused."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lowfloat.errors import FeedError
from lowfloat.ingest.csv_rows import plain, read_csv
from lowfloat.ingest.table_mapping import TableMapping

MAX_COLUMNS = 4_096
_MAX_FOOTER = 1 << 24  # of a Parquet file: its schema and its row groups
_MAX_LINE = 1 << 20
_BATCH = 1 << 16


def is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet, by its content.

    Raises:
        FeedError: it is empty or cannot be read.
    """
    with _reading(path), path.open("rb") as handle:
        head = handle.read(4)
    if not head:
        raise FeedError(f"{path}: is empty.")
    return head == b"PAR1"


def columns_in(path: Path, mapping: TableMapping) -> list[str]:
    """Return the names of a file's columns.

    Raises:
        FeedError: the file is damaged, or a column that the mapping names is there twice.
    """
    return _parquet_names(path, mapping) if is_parquet(path) else _csv_names(path, mapping)


def batches_of(path: Path, mapping: TableMapping, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield the columns that the mapping names, which all are there; those of CSV are texts.

    Args:
        path: the file.
        mapping: what its columns are.
        columns: its columns, of :func:`columns_in`.

    Raises:
        FeedError: the file is damaged.
    """
    if is_parquet(path):
        return _parquet_batches(path, mapping)
    types = dict.fromkeys(mapping.theirs, pa.string())
    return read_csv(path, columns, types, mapping.separator, has_header=not mapping.names)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what readers raise for damaged files into a FeedError that names the file."""
    try:
        yield
    except (OSError, csv.Error, pa.ArrowException) as error:
        raise FeedError(f"{path}: cannot be read ({str(error)[:300]}).") from error
    except UnicodeDecodeError as error:
        raise FeedError(f"{path}: is no UTF-8 text ({error}).") from error


def _parquet(path: Path) -> pq.ParquetFile:
    with path.open("rb") as handle:
        size = handle.seek(0, 2)
        handle.seek(max(0, size - 8))
        tail = handle.read()
    footer = int.from_bytes(tail[:4], "little")
    if tail[4:] != b"PAR1" or footer + 12 > size:
        raise FeedError(f"{path}: is Parquet without its end; fetch the file again.")
    if footer > _MAX_FOOTER:
        raise FeedError(f"{path}: describes itself in {footer} bytes; at most {_MAX_FOOTER}.")
    return pq.ParquetFile(path, page_checksum_verification=True, buffer_size=1 << 20)


def _parquet_names(path: Path, mapping: TableMapping) -> list[str]:
    with _reading(path), _parquet(path) as file:
        schema = file.schema_arrow
        if len(schema.names) > MAX_COLUMNS:
            raise FeedError(f"{path}: has {len(schema.names)} columns; at most {MAX_COLUMNS}.")
        for column in mapping.theirs:
            if schema.names.count(column) > 1:
                raise FeedError(f"{path}: has more than one column `{column}`.")
            if column in schema.names and pa.types.is_nested(schema.field(column).type):
                raise FeedError(
                    f"{path}: `{column}` is nested ({str(schema.field(column).type)[:80]}); use a "
                    "column of plain values."
                )
        return list(schema.names)


def _parquet_batches(path: Path, mapping: TableMapping) -> Iterator[pa.RecordBatch]:
    with _reading(path), _parquet(path) as file:
        rows = 0
        for batch in file.iter_batches(_BATCH, columns=mapping.theirs, use_threads=False):
            pa.Table.from_batches([batch]).validate(full=True)
            rows += len(batch)
            yield batch
        if rows != file.metadata.num_rows:
            raise FeedError(f"{path}: holds {rows} rows but states {file.metadata.num_rows}.")


def _csv_names(path: Path, mapping: TableMapping) -> list[str]:
    with _reading(path):
        with plain(path) as stream:
            head = stream.read(_MAX_LINE)
        line = head.split(b"\n", 1)[0]
        if len(line) == _MAX_LINE:
            raise FeedError(f"{path}: its first line is longer than {_MAX_LINE} bytes.")
        text = line.decode("utf-8-sig")
        fields = next(csv.reader([text], delimiter=mapping.separator), [])
    if len(fields) > MAX_COLUMNS:
        raise FeedError(f"{path}: has {len(fields)} columns; at most {MAX_COLUMNS}.")
    if mapping.names and len(mapping.names) != len(fields):
        raise FeedError(
            f"{path}: has {len(fields)} columns, but `names` of the mapping are "
            f"{len(mapping.names)}."
        )
    names = list(mapping.names) or fields
    twice = [name for name, n in Counter(names).items() if n > 1 and name in mapping.theirs]
    if twice:
        raise FeedError(f"{path}: has more than one column `{twice[0][:60]}`.")
    return names
