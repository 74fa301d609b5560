"""A small run, and its exam on three days of which one never moves."""

import datetime as dt
from pathlib import Path

import pytest
import torch
from reference.tapes import steady_day
from training.small_run import END, SMALL, scan_short_days, write_short_days

import lowfloat
from lowfloat.days import DayStore
from lowfloat.exam.result import Exam
from lowfloat.index import Index
from lowfloat.training import Run


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    # Small networks gain nothing from more, and tests run side by side.
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def exam_index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Three days to train on; two moving days and a calm one to examine on."""
    root = tmp_path_factory.mktemp("exam-market")
    store = write_short_days(DayStore(root / "days"))
    store.write(steady_day(date=dt.date(2025, 1, 7), symbol="CALM", end_second=END))
    return scan_short_days(
        store,
        root / "index",
        "index.alert.min_gain=0.01",
        "index.alert.min_volume=1000",
        "index.alert.min_minute_value=1000",
    )


@pytest.fixture(scope="session")
def exam_run(exam_index: Index, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("exam-runs") / "small"
    # One rollout: a network that has hardly learned sends orders whatever the days are like,
    # where a better one may have learned that trading them does not pay.
    short = "training.total_timesteps=512"
    return lowfloat.train(None, *SMALL, short, index=exam_index.path, run=folder)


@pytest.fixture(scope="session")
def examined(exam_run: Run) -> Exam:
    """The exam of the run on its validation days."""
    return lowfloat.examine(exam_run, "valid")


@pytest.fixture(scope="session")
def examined_again(exam_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same exam, sat a second time."""
    return lowfloat.examine(exam_run, "valid", out=tmp_path_factory.mktemp("again") / "e").folder
