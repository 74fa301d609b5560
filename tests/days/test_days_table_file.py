"""Tables as Arrow files: laid out with holes, filled in place, read as views."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lowfloat.base.records import DTYPES, Quotes
from lowfloat.days.table_file import TableFile, read_columns, write_columns

KINDS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.float32,
         np.float64]  # fmt: skip


@st.composite
def tables(draw) -> dict[str, np.ndarray]:
    length = draw(st.integers(0, 70))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    return {f"column {n}": draw(arrays(kind, length)) for n, kind in enumerate(kinds)}


def as_arrow_writes(path: Path, columns: dict[str, np.ndarray]) -> bytes:
    """Return the bytes of a file that Arrow writes in the ordinary way."""
    batch = pa.RecordBatch.from_arrays([pa.array(c) for c in columns.values()], list(columns))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return path.read_bytes()


@settings(max_examples=60)
@given(columns=tables())
def test_a_table_is_the_file_that_arrow_would_write(columns, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("tables")
    write_columns(folder / "ours", columns)
    plain = {name: np.nan_to_num(column) for name, column in columns.items()}
    write_columns(folder / "plain", plain)
    assert (folder / "plain").read_bytes() == as_arrow_writes(folder / "theirs", plain)
    found = read_columns(folder / "ours")
    assert list(found) == list(columns)
    for name, column in columns.items():
        assert found[name].dtype == column.dtype
        assert found[name].tobytes() == column.tobytes()


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, (1 << 19) - 1, 1 << 19, (1 << 19) + 1])
def test_a_table_of_any_length_is_filled_block_by_block(length: int, tmp_path: Path) -> None:
    columns = {"ts": np.arange(length, dtype=np.int64), "side": np.arange(length).astype(np.int8)}
    write_columns(tmp_path / "table", columns)
    found = read_columns(tmp_path / "table")
    for name, column in columns.items():
        np.testing.assert_array_equal(found[name], column)


def test_the_columns_of_a_new_table_are_zero_until_written_and_stay_after_release(
    tmp_path: Path,
) -> None:
    file = TableFile(tmp_path / "table", DTYPES[Quotes], 1000)
    assert {name: column.dtype for name, column in file.columns.items()} == DTYPES[Quotes]
    assert not any(column.any() for column in file.columns.values())
    file.columns["bid_size"][7] = 300
    file.release()
    assert file.columns["bid_size"][7] == 300
    file.columns["bid_size"][8] = 400
    assert read_columns(tmp_path / "table")["bid_size"][6:9].tolist() == [0, 300, 400]


def test_the_room_of_a_new_table_is_taken_at_once(tmp_path: Path) -> None:
    path = tmp_path / "table"
    TableFile(path, {"price": np.int64}, 500_000)
    assert path.stat().st_blocks * 512 >= path.stat().st_size > 4_000_000


def test_a_table_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    write_columns(tmp_path / "table", {"price": np.arange(3)})
    with pytest.raises(FileExistsError):
        TableFile(tmp_path / "table", {"price": np.int64}, 5)
    assert read_columns(tmp_path / "table")["price"].tolist() == [0, 1, 2]


def test_what_is_read_is_a_view_that_cannot_be_written(tmp_path: Path) -> None:
    write_columns(tmp_path / "table", {"price": np.arange(3)})
    column = read_columns(tmp_path / "table")["price"]
    assert not column.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1


def test_what_was_read_outlives_the_file(tmp_path: Path) -> None:
    write_columns(tmp_path / "table", {"price": np.arange(300_000)})
    column = read_columns(tmp_path / "table")["price"]
    os.unlink(tmp_path / "table")
    assert int(column.sum()) == 300_000 * 299_999 // 2


def test_a_table_of_two_batches_is_refused(tmp_path: Path) -> None:
    batch = pa.record_batch({"price": [1, 2]})
    with (
        pa.OSFile(str(tmp_path / "table"), "wb") as sink,
        pa.ipc.new_file(sink, batch.schema) as writer,
    ):
        writer.write_batch(batch)
        writer.write_batch(batch)
    with pytest.raises(ValueError, match="2 record batches, not 1"):
        read_columns(tmp_path / "table")


_LARGE = """
import resource, sys
import numpy as np
from pathlib import Path
from lowfloat.days.table_file import TableFile

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = peak()
file = TableFile(Path(sys.argv[1]), {"a": np.int64, "b": np.int64, "c": np.int32}, 15_000_000)
for start in range(0, 15_000_000, 500_000):
    for column in file.columns.values():
        column[start : start + 500_000] = start
    file.release()
print(peak() - before)
"""


def test_a_large_table_is_written_in_little_memory(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", _LARGE, tmp_path / "table"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    size = (tmp_path / "table").stat().st_size / 2**20
    assert size > 280
    assert float(found.stdout) < 60
