"""Damaged vendor files: a sample of what ``make fuzz-ingest`` reads, and whether it would see."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from fuzz_dbn import (
    CHANGED,
    FAILED,
    REFUSED,
    SAME,
    SEED,
    Damage,
    damages,
    digest_of,
    examine,
    faults_in,
    sample,
)
from vendor_files import folder

from lowfloat.days import DayStore
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn import is_checked
from lowfloat.ingest.dbn_export import export_dbn
from lowfloat.synth import synth_days

INPUTS = 3_000


def test_no_damage_to_a_vendor_file_ends_in_a_crash_or_in_other_rows_unseen() -> None:
    folder("dbn-conformance")
    inputs = sample(INPUTS, SEED)
    for path in {damage.path for damage in inputs}:
        digest_of(path)  # compiles here, once
    counts: Counter[str] = Counter()
    assert list(faults_in(examine(inputs), counts)) == []
    assert counts["inputs"] == INPUTS
    assert counts["refused"] > INPUTS / 2
    assert counts["same"] > 0


def test_the_inputs_are_every_cut_and_every_flipped_bit(tmp_path: Path) -> None:
    path = tmp_path / "x.dbn"
    path.write_bytes(b"DBN\1")
    made = [damage.of(b"DBN\1") for damage in damages(path)]
    assert made[:4] == [b"", b"D", b"DB", b"DBN"]
    assert len(set(made[4:])) == 32
    assert all(sum((a ^ b).bit_count() for a, b in zip(m, b"DBN\1", strict=True)) == 1
               for m in made[4:])  # fmt: skip


@pytest.fixture
def inputs(tmp_path: Path) -> list[Damage]:
    path = tmp_path / "x.bin"
    path.write_bytes(b"abcd")
    return [Damage(path, "flip", place) for place in range(8)]


def planted(what):
    """Return a reader that does something odd with a file whose third bit is flipped."""

    def digest(path: Path) -> bytes | None:
        data = path.read_bytes()
        if data == b"ebcd":
            what()
        return None if data[0] & 2 else data[1:]

    return digest


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "the process ended with code -9"),
        (lambda: os._exit(7), "the process ended with code 7"),
        (lambda: time.sleep(60), "no answer in 1 seconds"),
        (lambda: {}["key"], "KeyError: 'key'"),
        (lambda: np.zeros(1 << 40, np.uint8), "MemoryError"),
        (lambda: (_ for _ in ()).throw(SystemExit(3)), "SystemExit: 3"),
    ],
    ids=["crash", "exit", "hang", "exception", "memory", "system exit"],
)
def test_what_a_reader_must_not_do_is_laid_at_the_input_that_made_it(inputs, what, text) -> None:
    found = {outcome.damage.place: outcome for outcome in examine(inputs, planted(what), seconds=1)}
    assert sorted(found) == list(range(8))  # and the others were examined all the same
    assert found[2].number == FAILED
    assert text in found[2].text
    assert found[1].number == REFUSED
    assert {found[place].number for place in (0, 3, 4, 5, 6, 7)} == {SAME}


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_change_is_a_fault_where_the_file_has_a_checksum(is_packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"\x28\xb5\x2f\xfd\x04..." if is_packed else b"DBN.....")
    inputs = [Damage(path, "flip", 63)]
    counts: Counter[str] = Counter()
    faults = list(faults_in(examine(inputs, lambda path: path.read_bytes()), counts))
    assert counts["changed"] == 1
    assert len(faults) == is_packed


def test_a_file_that_no_damage_was_done_to_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"abcd")
    ((_, number, _),) = examine([Damage(path, "cut", 4)], lambda path: path.read_bytes())
    assert number == SAME
    ((_, number, _),) = examine([Damage(path, "cut", 3)], lambda path: path.read_bytes())
    assert number == CHANGED


def test_days_of_files_that_could_change_unseen_are_flagged(tmp_path: Path) -> None:
    export_dbn(next(synth_days(1, seed=5))[0], tmp_path / "files")
    (tmp_path / "files" / "manifest.json").unlink()  # then nothing vouches for them
    plain = tmp_path / "plain"
    plain.mkdir()
    for path in (tmp_path / "files").glob("*.dbn.zst"):
        with pa.CompressedInputStream(str(path), "zstd") as stream:
            (plain / path.stem).write_bytes(stream.read())
    for source in (plain, tmp_path / "files"):
        assert not any(is_checked(path) for path in source.glob("*.dbn*"))
        store = DayStore(tmp_path / f"days of {source.name}")
        (row,) = ingest_databento(source, store).days
        assert "unhashed_source" in row.flags


def test_the_rows_of_each_table_are_part_of_what_is_compared(tmp_path: Path) -> None:
    paths = export_dbn(next(synth_days(1, seed=5))[0], tmp_path / "files")
    for path in paths:
        if not path.name.endswith(".dbn.zst"):
            continue
        plain = tmp_path / path.stem
        with pa.CompressedInputStream(str(path), "zstd") as stream:
            data = bytearray(stream.read())
        plain.write_bytes(data)
        before = digest_of(plain)
        begin = 8 + int.from_bytes(data[4:8], "little")
        data[begin + (16 if ".status." in path.name else 32)] ^= 1  # its time of receipt
        plain.write_bytes(data)
        assert before is not None
        assert digest_of(plain) != before, path.name
