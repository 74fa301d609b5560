"""Several ingests into one store at once: the store is as if they had come one after the other."""

import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from exported_days import export_source, tree

from lowfloat.days import DayStore
from lowfloat.ingest import ingest_databento, spool

FORK = multiprocessing.get_context("fork")


class Given(NamedTuple):
    """Files to ingest, other files of the same days, and the store that each makes alone."""

    source: Path
    days: list[str]
    serial: dict[str, bytes]
    other: Path
    other_serial: dict[str, bytes]


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> Iterator[Given]:
    folder = tmp_path_factory.mktemp("writers")
    days = export_source(folder / "files")
    other = folder / "fewer"
    other.mkdir()
    for path in (folder / "files").glob("*.mbp-1.*"):
        shutil.copy(path, other)  # days of quotes alone: the same names, other contents
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "BUFFER_BYTES", 1 << 16)
        for source in ("files", "fewer"):
            ingest_databento(folder / source, DayStore(folder / f"store of {source}"))
        yield Given(folder / "files", days, tree(folder / "store of files"),
                    other, tree(folder / "store of fewer"))  # fmt: skip


def _write(source: Path, root: Path, options: dict[str, Any], gate, answers) -> None:
    gate.wait(30)
    result = ingest_databento(source, DayStore(root), **options)
    answers.put((result.written, result.unchanged, result.failed, result.refused))


def _read(root: Path, gate, is_over, answers) -> None:
    """Open and verify every day there is, over and over; say how many were read."""
    gate.wait(30)
    store, read = DayStore(root), 0
    while not is_over.is_set() or not read:
        for key in store.days():
            day = store[key]
            store.verify(*key)
            assert int(day.trades.price.min()) > 0
            assert store.bars(*key) is not None
            assert store.report(*key) is not None
            read += 1
    answers.put(read)


def write_at_once(root: Path, jobs: list[tuple[Path, dict[str, Any]]], readers: int = 0) -> list:
    """Run ingests at once, and readers beside them; return what each ingest answered."""
    gate, is_over = FORK.Barrier(len(jobs) + readers), FORK.Event()
    answers, reads = FORK.Queue(), FORK.Queue()
    writers = [
        FORK.Process(target=_write, args=(source, root, options, gate, answers))
        for source, options in jobs
    ]
    beside = [FORK.Process(target=_read, args=(root, gate, is_over, reads)) for _ in range(readers)]
    for process in (*writers, *beside):
        process.start()
    found = [answers.get(timeout=120) for _ in writers]
    is_over.set()
    counts = [reads.get(timeout=60) for _ in beside]
    for process in (*writers, *beside):
        process.join(30)
        assert process.exitcode == 0
    assert all(counts)
    return found


@pytest.mark.parametrize("writers", [2, 4])
def test_ingests_of_the_same_files_at_once_write_each_day_once(
    writers: int, given: Given, tmp_path: Path
) -> None:
    root = tmp_path / "days"
    found = write_at_once(root, [(given.source, {})] * writers)
    for written, unchanged, failed, refused in found:
        assert sorted(written + unchanged) == given.days
        assert (failed, refused) == ([], [])
    assert sorted(name for written, *_ in found for name in written) == given.days
    assert tree(root) == given.serial


def test_ingests_of_other_parts_of_the_files_at_once_make_the_whole(
    given: Given, tmp_path: Path
) -> None:
    root = tmp_path / "days"
    dates = sorted({name.split("/")[1] for name in given.days})
    jobs = [(given.source, {"symbols": [symbol]}) for symbol in ("SYNA", "SYNB")]
    found = write_at_once(root, jobs, readers=1)
    assert sorted(name for written, *_ in found for name in written) == given.days
    assert tree(root) == given.serial
    assert len(dates) > 1


def test_ingests_of_parts_that_overlap_at_once_make_the_whole(given: Given, tmp_path: Path) -> None:
    root = tmp_path / "days"
    jobs = [(given.source, {"symbols": ["SYNA"]}), (given.source, {}),
            (given.source, {"symbols": ["SYNB"]}), (given.source, {})]  # fmt: skip
    found = write_at_once(root, jobs)
    assert all((failed, refused) == ([], []) for _, _, failed, refused in found)
    assert sorted(name for written, *_ in found for name in written) == given.days
    assert tree(root) == given.serial


def test_of_ingests_that_disagree_one_is_refused_and_names_the_day(
    given: Given, tmp_path: Path
) -> None:
    root = tmp_path / "days"
    jobs = [(given.source, {}), (given.other, {})] * 2
    found = write_at_once(root, jobs, readers=1)
    claimed = [name for written, _, failed, _ in found for name in written]
    assert sorted(claimed) == given.days
    for written, unchanged, failed, refused in found:
        assert sorted(written + unchanged + [name for name, _ in failed]) == given.days
        assert all("with other contents; days are never overwritten" in why for _, why in failed)
        assert refused == []
    stored = tree(root)
    assert stored.keys() <= given.serial.keys() | given.other_serial.keys()
    for name in given.days:
        files = {path: data for path, data in stored.items() if path.startswith(name)}
        assert files in [
            {path: data for path, data in whole.items() if path.startswith(name)}
            for whole in (given.serial, given.other_serial)
        ]


def test_readers_beside_writers_see_whole_days_only(given: Given, tmp_path: Path) -> None:
    root = tmp_path / "days"
    write_at_once(root, [(given.source, {})] * 2, readers=2)
    assert tree(root) == given.serial
