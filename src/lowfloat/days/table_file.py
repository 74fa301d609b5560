"""A table as an Arrow IPC file of one record batch: laid out empty, filled in place, read as views.

A day of a busy stock has more events than should be held in memory. The file is therefore written
by Arrow with its columns left out (a hole in the file), then mapped, and the columns are written
through the map, block by block. What comes out is an ordinary uncompressed Arrow file whose
columns are each one stretch of memory.
"""

import io
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lowfloat.base.records import BLOCK_ROWS


class TableFile:
    """A new table on disk, its columns open for writing.

    Args:
        path: the file; it must not exist.
        dtypes: NumPy type of each column.
        length: number of rows.

    Attributes:
        columns: one writable array of ``length`` per column, zeros at first, mapped to the file.
    """

    def __init__(self, path: Path, dtypes: Mapping[str, Any], length: int) -> None:
        offsets = _lay_out(path, dtypes, length)
        self._path, self._offsets = path, dict(zip(dtypes, offsets, strict=True))
        descriptor = os.open(path, os.O_RDWR)
        try:
            _reserve(descriptor, path)
            self._map = mmap.mmap(descriptor, 0)
        finally:
            os.close(descriptor)
        self.columns: dict[str, np.ndarray] = {
            name: np.frombuffer(self._map, dtype, length, offset)
            for (name, dtype), offset in zip(dtypes.items(), offsets, strict=True)
        }

    def write(self, start: int, rows: np.ndarray) -> None:
        """Write records, which have the columns as fields, from row ``start`` on.

        Past the map: the first touch of each page of a map costs more than the copy.
        """
        with self._path.open("r+b", buffering=0) as file:
            for name, column in self.columns.items():
                file.seek(self._offsets[name] + start * column.itemsize)
                left = np.ascontiguousarray(rows[name], column.dtype).view(np.uint8).data
                while left:
                    left = left[file.write(left) :]

    def release(self) -> None:
        """Let go of the memory; the file keeps what was written."""
        release(self._map)


def release(mapped: mmap.mmap) -> None:
    """Take a map's pages out of this process's memory; they are read again when needed."""
    mapped.madvise(mmap.MADV_DONTNEED)


def write_columns(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write a table that is in memory."""
    length = len(next(iter(columns.values())))
    file = TableFile(path, {name: values.dtype for name, values in columns.items()}, length)
    for name, values in columns.items():
        for start in range(0, length, BLOCK_ROWS):
            file.columns[name][start : start + BLOCK_ROWS] = values[start : start + BLOCK_ROWS]
        file.release()


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a table file as read-only views of it."""
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        if reader.num_record_batches != 1:
            raise ValueError(f"it holds {reader.num_record_batches} record batches, not 1")
        batch = reader.get_batch(0)
    return {
        name: column.to_numpy(zero_copy_only=True)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }


def _reserve(descriptor: int, path: Path) -> None:
    """Take the room of a file on the disk, holes and all.

    A write through a map that finds the disk full is no error to catch: it ends the process.
    """
    try:
        os.posix_fallocate(descriptor, 0, os.fstat(descriptor).st_size)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _lay_out(path: Path, dtypes: Mapping[str, Any], length: int) -> list[int]:
    """Write an Arrow file with holes for its columns; return where each column begins."""
    kinds = [np.dtype(dtype) for dtype in dtypes.values()]
    widest = max(kind.itemsize for kind in kinds)
    # Memory that is never touched: it stands for the columns while Arrow writes the rest.
    hole = mmap.mmap(-1, max(1, length * widest))
    unwritten = pa.py_buffer(hole)
    arrays = [
        pa.Array.from_buffers(
            pa.from_numpy_dtype(kind), length, [None, unwritten.slice(0, length * kind.itemsize)]
        )
        for kind in kinds
    ]
    batch = pa.RecordBatch.from_arrays(arrays, list(dtypes))
    with _Holes(path, unwritten.address) as sink:
        with pa.PythonFile(sink, "w") as stream, pa.ipc.new_file(stream, batch.schema) as writer:
            writer.write_batch(batch)
        return sink.offsets if length else [0] * len(kinds)


class _Holes(io.RawIOBase):
    """A file that skips what lies at a certain address instead of writing it.

    Attributes:
        offsets: where in the file each skipped piece would lie.
    """

    def __init__(self, path: Path, address: int) -> None:
        self._file = path.open("xb")
        self._address = address
        self.offsets: list[int] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if isinstance(data, pa.Buffer) and data.size and data.address == self._address:
            self.offsets.append(self._file.tell())
            self._file.seek(data.size, os.SEEK_CUR)
        else:
            self._file.write(data)
        return len(data)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()
