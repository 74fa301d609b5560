"""A fleet gives the same results wherever it works, and loses nothing but time with a worker."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from fleet import chores

from lowfloat.errors import ConfigError
from lowfloat.fleet import IN_FLIGHT, Failed, each

TWO = {"on": "local", "workers": 2}
PATHS = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]


@pytest.fixture(scope="module")
def ray():
    """A Ray cluster of this machine."""
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    ray.init(
        num_cpus=2, include_dashboard=False, logging_level="error", log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(PATHS)}},
    )  # fmt: skip
    yield
    ray.shutdown()


@pytest.fixture(params=["here", "local", "ray"])
def engine(request):
    if request.param == "ray":
        request.getfixturevalue("ray")
    return {"on": request.param, "workers": 2}


@pytest.fixture(params=["local", "ray"])
def engine_of_others(request):
    """An engine that has things done by other processes."""
    if request.param == "ray":
        request.getfixturevalue("ray")
    return {"on": request.param, "workers": 2}


def test_results_come_in_the_order_of_the_items(engine):
    assert list(each(chores.slow_first, range(20), **engine)) == [n * n for n in range(20)]


def test_nothing_to_do_is_done_at_once():
    assert list(each(chores.slow_first, [], **TWO)) == []


def test_an_item_that_fails_is_named_and_the_others_go_on(engine, tmp_path):
    odd_only = partial(chores.odd_only, tmp_path)
    found = list(each(odd_only, range(4), name=lambda n: f"item {n}", retries=2, **engine))
    assert [found[1], found[3]] == [1, 3]
    assert [str(found[0]), str(found[2])] == [
        "item 0: ValueError: 0 is even",
        "item 2: ValueError: 2 is even",
    ]
    assert type(found[0].error) is ValueError
    assert [chores.noted(tmp_path, n) for n in range(4)] == [3, 1, 3, 1]


def test_a_failure_and_a_killed_worker_cost_nothing_but_time(engine_of_others, tmp_path):
    better_later = partial(chores.better_later, tmp_path)
    assert list(each(better_later, range(8), **engine_of_others)) == list(range(8))
    assert (chores.noted(tmp_path, 3), chores.noted(tmp_path, 5)) == (2, 2)


def test_an_item_that_kills_each_worker_is_told_from_its_neighbours():
    found = list(each(chores.deadly, range(4), retries=0, **TWO))
    assert [n for n in found if not isinstance(n, Failed)] == [0, 1, 3]
    assert str(found[2]).startswith("2: BrokenProcessPool: ")


def test_an_item_that_kills_each_worker_of_a_cluster_is_named(ray):
    found = list(each(chores.deadly, range(4), on="ray", workers=2))
    assert [found[0], found[1], found[3]] == [0, 1, 3]
    assert str(found[2]).startswith("2: WorkerCrashedError: ")


def test_no_more_items_are_begun_than_may_be_in_flight(engine, tmp_path):
    results = each(partial(chores.begin, tmp_path), range(50), **engine)
    next(results)
    time.sleep(0.5)
    begun = chores.noted(tmp_path, "begun")
    results.close()
    assert begun == (1 if engine["on"] == "here" else IN_FLIGHT * 2)


def test_every_worker_prepares_once_and_none_beside_another(engine_of_others, tmp_path):
    prepare = partial(chores.prepare, tmp_path)
    workers = set(each(chores.worker, range(12), prepare=prepare, **engine_of_others))
    assert chores.noted(tmp_path, "prepared") == len(workers) == 2
    assert chores.noted(tmp_path, "together") == 0


def test_an_error_that_cannot_travel_arrives_as_text(engine_of_others):
    (found,) = each(chores.get_stuck, [1], retries=0, **engine_of_others)
    assert "Stuck: mud in the yard" in str(found)


def test_progress_names_what_is_done(engine):
    told = []
    results = each(
        chores.slow_first, [3, 4], name=lambda n: f"item {n}", **engine,
        progress=lambda *words: told.append(words),
    )  # fmt: skip
    assert list(results) == [9, 16]
    assert told == [("item 3", 1, 2), ("item 4", 2, 2)]


def interrupted(number):
    raise KeyboardInterrupt


def test_an_interrupt_in_this_process_is_no_failure_of_an_item():
    with pytest.raises(KeyboardInterrupt):
        list(each(interrupted, [1, 2]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on": "mars"}, "`on` was 'mars'; use here, local, ray or ray:ADDRESS"),
        ({"on": "rays"}, "`on` was 'rays'"),
        ({"workers": 0}, "`workers` was 0"),
        ({"retries": -1}, "`retries` was -1"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(options, message):
    with pytest.raises(ConfigError, match=message):
        each(chores.slow_first, [1], **options)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_a_cluster_without_ray_says_what_to_install():
    with pytest.raises(ConfigError, match=r"install `lowfloat\[cluster\]`"):
        each(chores.slow_first, [1], on="ray")


# Ends.

SCRIPT = """
import sys
from functools import partial
from fleet import chores
from lowfloat.fleet import each

if __name__ == "__main__":
    for _ in each(partial(chores.linger, sys.argv[1]), range(9), on="local", workers=2):
        pass
"""


def children_of(pid):
    """Return the processes that have this parent."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        if int(after_name[1]) == pid:
            found.append(int(path.parent.name))
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="processes are found in /proc")
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_process_it_works_for(way, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, script, tmp_path],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(PATHS)},
        stderr=subprocess.DEVNULL,
    )
    assert until(lambda: chores.noted(tmp_path, "lingering") == 2)
    children = children_of(process.pid)
    assert len(children) >= 2
    process.send_signal(way)
    assert process.wait(timeout=30) != 0
    assert until(lambda: not any(map(alive, children)), 10)


def test_workers_end_at_once_when_nobody_wants_the_rest(tmp_path):
    before = children_of(os.getpid())
    results = each(partial(chores.slow_first), range(9), **TWO)
    next(results)
    results.close()
    rest = each(partial(chores.linger, tmp_path), range(9), **TWO)
    left = set(children_of(os.getpid())) - set(before)
    rest.close()
    # What is left tells the processes of shared resources, and ends with this one.
    assert len(left) <= 1
