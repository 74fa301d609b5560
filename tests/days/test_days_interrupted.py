"""The day store under fire: writers that are killed, and writers that race."""

import multiprocessing
import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_days import assert_same

from lowfloat.days import Day, DayStore
from lowfloat.errors import DayExists
from lowfloat.synth import synth_days

KILLS = 15
FORK = multiprocessing.get_context("fork")


@pytest.fixture(scope="module")
def days() -> list[Day]:
    return [day for day, _ in synth_days(12, seed=3)]


def _write_all(root: Path, days: list[Day], started) -> None:
    started.set()
    store = DayStore(root)
    while True:
        for day in days:
            store.write(day)
        for day in days[::2]:
            store.drop(day.symbol, day.date)


def test_a_writer_killed_at_any_moment_leaves_only_whole_days(days, tmp_path: Path) -> None:
    rng = random.Random(1)
    store, torn = DayStore(tmp_path), 0
    by_date = {day.date: day for day in days}
    for _ in range(KILLS):
        started = FORK.Event()
        writer = FORK.Process(target=_write_all, args=(tmp_path, days, started))
        writer.start()
        assert started.wait(30)
        time.sleep(rng.uniform(0.0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        writer.join(30)
        assert writer.exitcode == -signal.SIGKILL
        for symbol, date in store.days():
            store.verify(symbol, date)
            assert_same(store[symbol, date], by_date[date])
        torn += sum(1 for _ in tmp_path.glob(".work-*"))
    assert torn > 0  # some were killed in the middle
    for day in days:
        store.write(day)  # what was torn hinders nobody
    assert len(store) == len(days)
    assert list(tmp_path.glob(".*")) == []  # and the next writer cleared it away


def _write_once(root: Path, day: Day, barrier, answers) -> None:
    barrier.wait(30)
    try:
        answers.put(DayStore(root).write(day))
    except DayExists:
        answers.put("refused")


def race(root: Path, contenders: list[Day]) -> list:
    barrier, answers = FORK.Barrier(len(contenders)), FORK.Queue()
    writers = [
        FORK.Process(target=_write_once, args=(root, day, barrier, answers)) for day in contenders
    ]
    for writer in writers:
        writer.start()
    found = [answers.get(timeout=60) for _ in writers]
    for writer in writers:
        writer.join(30)
        assert writer.exitcode == 0
    return sorted(found, key=str)


@pytest.mark.parametrize("number", range(8))
def test_two_writers_of_one_day_both_succeed_and_one_of_them_wrote_it(
    number: int, days, tmp_path: Path
) -> None:
    day = days[number]
    assert race(tmp_path, [day, day]) == [False, True]
    store = DayStore(tmp_path)
    assert store.days() == [(day.symbol, day.date)]
    store.verify(day.symbol, day.date)
    assert [path.name for path in (tmp_path / day.symbol).iterdir()] == [day.date.isoformat()]


def test_of_two_writers_that_disagree_one_is_refused(days, tmp_path: Path) -> None:
    day = days[0]
    trades = day.trades._replace(size=np.asarray(day.trades.size) + 1)
    other = replace(day, trades=trades)
    assert race(tmp_path, [day, other]) == [True, "refused"]
    store = DayStore(tmp_path)
    store.verify(day.symbol, day.date)
    found = int(store[day.symbol, day.date].trades.size[0] - day.trades.size[0])
    assert found in (0, 1)


def test_four_writers_of_four_days_lose_none(days, tmp_path: Path) -> None:
    assert race(tmp_path, days[:4]) == [True] * 4
    assert len(DayStore(tmp_path)) == 4
