"""A small index, and one training on it, made once for all tests of training."""

import shutil
from pathlib import Path

import pytest
import torch
from training.small_run import SMALL, scan_short_days, write_short_days

import lowfloat
from lowfloat.days import DayStore
from lowfloat.index import Index
from lowfloat.training import Run


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    # Small networks gain nothing from more, and tests run side by side.
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("market")
    return scan_short_days(write_short_days(DayStore(root / "days")), root / "index")


@pytest.fixture(scope="session")
def whole_run(small_index: Index, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that was never interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return lowfloat.train(None, *SMALL, index=small_index.path, run=folder)


@pytest.fixture
def copied_run(whole_run: Run, tmp_path: Path) -> Run:
    """A copy of the whole run, to be damaged."""
    shutil.copytree(whole_run.folder, tmp_path / "copied")
    return Run(tmp_path / "copied")
