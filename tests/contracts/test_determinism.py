"""The same seed gives the same trajectory, to the last bit, in every process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from trajectory import trajectory_hash

SCRIPT = Path(__file__).with_name("trajectory.py")


@pytest.fixture(scope="module")
def here() -> str:
    """The hash of the trajectory of seed 17 in this process."""
    return trajectory_hash(17, threads=1)


def in_a_process(seed: int, threads: int, **variables: str) -> str:
    """Return the hash of a trajectory played by a new interpreter."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(seed), str(threads)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.mark.parametrize(
    ("threads", "variables"),
    [
        (1, {"PYTHONHASHSEED": "0", "TZ": "UTC"}),
        (2, {"PYTHONHASHSEED": "1", "TZ": "Asia/Kolkata"}),
        (3, {"PYTHONHASHSEED": "random", "TZ": "America/New_York", "LC_ALL": "C"}),
    ],
)
def test_another_process_plays_the_same_trajectory(here, threads, variables) -> None:
    assert in_a_process(17, threads, **variables) == here


def test_the_same_process_plays_it_again(here) -> None:
    assert trajectory_hash(17, threads=2) == here


def test_another_seed_plays_another_trajectory(here) -> None:
    assert trajectory_hash(18, threads=1) != here
