"""An ingest that is killed, interrupted or out of room: what is stored is whole, the rest resumes.

``LOWFLOAT_KILLS`` says how often it is killed; ``make kill-ingest`` does so 200 times.
"""

import errno
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from exported_days import export_source, ingest, tree, visible

from lowfloat.days import DayStore
from lowfloat.ingest import spool

KILLS = int(os.environ.get("LOWFLOAT_KILLS", "10"))
FORK = multiprocessing.get_context("fork")


class Given(NamedTuple):
    """Files to ingest, the days in them, and what an ingest that nobody disturbs leaves."""

    source: Path
    days: list[str]
    whole: dict[str, bytes]
    seconds: float


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> Iterator[Given]:
    folder = tmp_path_factory.mktemp("interrupted")
    source = folder / "files"
    days = export_source(source)
    result = ingest(source, folder / "undisturbed")  # and all is compiled
    assert sorted(result.written) == days
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "BUFFER_BYTES", 1 << 16)  # heaps on the disk, as those of large files
        begun = time.monotonic()
        child = start(source, folder / "timed")
        child.join(60)
        seconds = time.monotonic() - begun
        assert tree(folder / "timed") == tree(folder / "undisturbed")
        yield Given(source, days, tree(folder / "undisturbed"), seconds)


def start(source: Path, root: Path) -> multiprocessing.Process:
    child = FORK.Process(target=ingest, args=(source, root))
    child.start()
    return child


def visible_days(root: Path) -> list[str]:
    return sorted(f"{symbol}/{date}" for symbol, date in DayStore(root).days())


def wait_for_days(count: int, child: multiprocessing.Process, root: Path) -> None:
    while child.is_alive() and len(visible_days(root)) < count:
        time.sleep(0.001)


def phase(root: Path) -> str:
    """Return what an ingest was doing when it ended, by what it left behind."""
    left = [path for folder in root.glob(".work-*") for path in folder.glob("*/*")]
    drafts = [path for path in left if path.is_dir()]
    if any((draft / "bars.arrow").exists() for draft in drafts):
        return "committing"
    if drafts:
        return "assembling"
    return "spooling" if left else "reading"


def assert_only_whole_days(root: Path, given: Given) -> None:
    for name, data in visible(root).items():
        assert given.whole.get(name) == data or (root / name).is_dir(), name


def test_an_ingest_killed_at_any_moment_and_resumed_equals_one_that_was_not(
    given: Given, tmp_path: Path
) -> None:
    rng = random.Random(5)
    days_seen: Counter[int] = Counter()
    phases: Counter[str] = Counter()
    kills = 0
    while kills < KILLS:
        root = tmp_path / "days"
        for again in range(1 + (kills % 4 == 0)):  # now and then the resumed one is killed too
            child = start(given.source, root)
            wait_for_days((kills + again) % len(given.days), child, root)
            time.sleep(rng.uniform(0.0, given.seconds / len(given.days)))
            child.kill()
            child.join(30)
            if child.exitcode == 0:
                break  # it was faster
            kills += 1
            stored = visible_days(root)
            days_seen[len(stored)] += 1
            phases[phase(root)] += 1
            assert_only_whole_days(root, given)
            for name in stored:
                DayStore(root).verify(*name.split("/"))
        stored = visible_days(root)
        result = ingest(given.source, root)
        assert (result.failed, result.refused) == ([], [])
        assert sorted(result.unchanged) == stored
        assert sorted(result.written + result.unchanged) == given.days
        assert tree(root) == given.whole  # the folders of unfinished work are gone too
        shutil.rmtree(root)
    assert days_seen[0] > 0, days_seen  # some before any day
    assert sum(days_seen[n] for n in range(1, len(given.days))) > 0, days_seen  # some between days
    assert len(phases) >= (4 if kills >= 100 else 2), phases


def test_an_ingest_interrupted_twice_leaves_whole_days_and_resumes(
    given: Given, tmp_path: Path
) -> None:
    rng = random.Random(6)
    for number in range(3):
        root = tmp_path / str(number)
        child = start(given.source, root)
        wait_for_days(number, child, root)
        for _ in range(2):
            time.sleep(rng.uniform(0.0, 0.02))
            if child.is_alive():
                os.kill(child.pid, signal.SIGINT)
        child.join(30)
        assert child.exitcode in (0, 1)
        assert_only_whole_days(root, given)
        ingest(given.source, root)
        assert tree(root) == given.whole


def _limited(source: Path, root: Path, size: int, answer) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        ingest(source, root)
    except OSError as error:
        answer.send((error.errno, str(error)))
    else:
        answer.send((0, ""))


@pytest.mark.parametrize("size", [0, 1_000, 30_000, 200_000, 1_000_000])
def test_a_file_that_may_not_grow_ends_the_ingest_with_the_reason_and_nothing_half_done(
    size: int, given: Given, tmp_path: Path
) -> None:
    root = tmp_path / "days"
    answer, theirs = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_limited, args=(given.source, root, size, theirs))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    number, text = answer.recv()
    assert number == errno.EFBIG, text
    assert "File too large" in text
    assert list(root.glob(".*")) == []
    assert_only_whole_days(root, given)
    ingest(given.source, root)
    assert tree(root) == given.whole


# Runs where a small disk of its own can be mounted; prints what happened at each size.
_ON_A_SMALL_DISK = """
import errno, subprocess, sys
from pathlib import Path
from exported_days import ingest, tree
from lowfloat.days import DayStore

source, disk, whole = (Path(name) for name in sys.argv[1:4])
root = disk / "days"
for number, size in enumerate(sys.argv[4:]):
    option = f"size={size}" if number == 0 else f"remount,size={size}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", option, "none", disk], check=True)
    try:
        ingest(source, root)
    except OSError as error:
        assert error.errno == errno.ENOSPC, error
        assert list(root.glob(".*")) == [], "work was left"
        seen = tree(root)
        assert all(not data or tree(whole)[name] == data for name, data in seen.items())
        print("full", len(DayStore(root)))
    else:
        assert tree(root) == tree(whole)
        print("whole")
"""


def test_a_full_disk_ends_the_ingest_with_the_reason_and_room_lets_it_resume(
    given: Given, tmp_path: Path
) -> None:
    unshare = ["unshare", "--user", "--mount", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    ingest(given.source, tmp_path / "whole")
    (tmp_path / "disk").mkdir()
    whole = sum(len(data) for data in tree(tmp_path / "whole").values()) // 1024
    sizes = [f"{round(share * whole)}k" for share in (0.05, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 20)]
    found = subprocess.run(
        [*unshare, sys.executable, "-c", _ON_A_SMALL_DISK, given.source, tmp_path / "disk",
         tmp_path / "whole", *sizes],
        cwd=Path(__file__).parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    said = found.stdout.splitlines()
    assert said[-1] == "whole"
    assert said.count("full 0") >= 1
    assert any(line.startswith("full") and line != "full 0" for line in said), said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_may_not_be_written_to_says_so(given: Given, tmp_path: Path) -> None:
    root = tmp_path / "days"
    root.mkdir(mode=0o555)
    with pytest.raises(PermissionError, match="days"):
        ingest(given.source, root)
