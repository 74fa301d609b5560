"""Folders of unfinished work: there while their process works, and cleared away by the next."""

import errno
import fcntl
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from lowfloat.days.work import work_folder

FORK = multiprocessing.get_context("fork")


def left(root: Path) -> list[Path]:
    return sorted(root.glob(".work-*"))


def _work(root: Path, conn) -> None:
    with work_folder(root) as work:
        (work / "rows").write_text("half")
        conn.send(work)
        conn.recv()


@pytest.fixture
def worker(tmp_path: Path):
    """A process at work in a store, its folder, and a word that lets it finish."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=_work, args=(tmp_path, theirs))
    process.start()
    assert ours.poll(30)
    folder = ours.recv()
    yield process, folder, ours
    process.kill()
    process.join()


def test_a_folder_is_there_for_the_work_and_gone_after_it(tmp_path: Path) -> None:
    root = tmp_path / "new" / "store"
    with work_folder(root) as work:
        (work / "part").mkdir()
        (work / "part" / "rows").write_text("half")
        assert len(left(root)) == 1
    assert left(root) == []
    assert root.is_dir()


def test_a_folder_is_gone_after_work_that_failed(tmp_path: Path) -> None:
    def fail() -> None:
        with work_folder(tmp_path) as work:
            (work / "rows").write_text("half")
            raise KeyError("rows")

    with pytest.raises(KeyError):
        fail()
    assert left(tmp_path) == []


def test_what_is_unfinished_matches_no_pattern_for_files_of_days(tmp_path: Path) -> None:
    with work_folder(tmp_path) as work:
        (work / "day").mkdir()
        (work / "day" / "trades.arrow").touch()
        assert list(tmp_path.glob("*/*/*.arrow")) == []
        assert list(tmp_path.glob("[!.]*/**/*.arrow")) == []


def test_two_folders_of_one_process_leave_each_other_alone(tmp_path: Path) -> None:
    with work_folder(tmp_path) as one:
        with work_folder(tmp_path) as other:
            assert one != other
            assert one.is_dir()
        assert one.is_dir()
        assert not other.exists()
    assert left(tmp_path) == []


def test_the_folder_of_a_process_at_work_is_never_cleared_away(worker, tmp_path: Path) -> None:
    process, folder, pipe = worker
    for _ in range(20):
        with work_folder(tmp_path):
            assert (folder / "rows").read_text() == "half"
    pipe.send("finish")
    process.join(30)
    assert process.exitcode == 0
    assert left(tmp_path) == []


def test_the_folder_of_a_stopped_process_is_not_cleared_away(worker, tmp_path: Path) -> None:
    process, folder, _ = worker
    os.kill(process.pid, signal.SIGSTOP)  # as a laptop that sleeps: it will go on
    with work_folder(tmp_path):
        assert (folder / "rows").exists()
    os.kill(process.pid, signal.SIGCONT)


def test_the_folder_of_a_killed_process_is_cleared_away_by_the_next(worker, tmp_path: Path) -> None:
    process, folder, _ = worker
    process.kill()
    process.join()
    assert (folder / "rows").exists()
    with work_folder(tmp_path) as work:
        assert not folder.exists()
        assert len(left(tmp_path)) == 1
        assert work.is_dir()
    assert left(tmp_path) == []


def test_a_folder_whose_removal_was_interrupted_is_cleared_away_by_the_next(
    tmp_path: Path,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def work_long() -> None:
        with work_folder(tmp_path) as work:
            for number in range(4_000):
                (work / str(number)).touch()
            signal.setitimer(signal.ITIMER_REAL, 0.005)  # in the midst of removing them

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            work_long()
        assert len(left(tmp_path)) == 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    with work_folder(tmp_path):
        assert len(left(tmp_path)) == 1  # by the same process even
    assert left(tmp_path) == []


def _come_and_go(root: Path, until: float) -> None:
    while time.monotonic() < until:
        with work_folder(root) as work:
            (work / "rows").write_text("half")
            assert (work / "rows").read_text() == "half"


def test_many_that_come_and_go_at_once_never_lose_their_folder(tmp_path: Path) -> None:
    until = time.monotonic() + 0.5
    workers = [FORK.Process(target=_come_and_go, args=(tmp_path, until)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
        assert worker.exitcode == 0
    assert left(tmp_path) == []


def test_only_files_that_are_open_for_writing_are_locked_as_nfs_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock

    def lock_on_nfs(handle: int, operation: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        lock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", lock_on_nfs)
    with work_folder(tmp_path), work_folder(tmp_path):
        assert len(left(tmp_path)) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [".work-0a", ".lock-0a", ".lock"])
def test_what_a_writer_left_that_was_killed_at_its_beginning_is_cleared_away(
    name: str, tmp_path: Path
) -> None:
    if name.startswith(".work"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).touch()
    with work_folder(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_of_somebody_else_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / ".work-theirs").mkdir(mode=0o700)
    tmp_path.chmod(0o777)

    def as_nobody() -> None:
        os.chdir(tmp_path)  # those above may be closed to others
        os.setuid(65534)
        with work_folder(Path()) as work:
            (work / "rows").touch()

    process = FORK.Process(target=as_nobody)
    process.start()
    process.join(30)
    assert process.exitcode == 0
    assert [path.name for path in left(tmp_path)] == [".work-theirs"]
