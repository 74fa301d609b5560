"""The demo, run once as a user would; its days, index and run serve the other commands."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from training.small_run import SMALL, scan_short_days, write_short_days

from lowfloat.cli import main
from lowfloat.days import DayStore
from lowfloat.training import Run
from lowfloat.verbs import train

LOWFLOAT = [sys.executable, "-c", "from lowfloat.cli import main; main()"]


class Printed(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on standard output."""
        return json.loads(self.out)

    @property
    def message(self) -> str:
        """Standard error as one line."""
        return " ".join(self.err.split())


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    # Small networks gain nothing from more, and tests run side by side.
    torch.set_num_threads(1)


@pytest.fixture
def lowfloat(
    capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Printed]:
    """Return a function that runs a command line in this process."""

    def run(*words: Any) -> Printed:
        monkeypatch.setattr(sys, "argv", ["lowfloat", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capfd.readouterr()
        return Printed(int(stopped.value.code or 0), out, err)

    return run


class Demo(NamedTuple):
    """Where the demo put things, and what it printed."""

    root: Path
    printed: Printed

    @property
    def days(self) -> Path:
        return self.root / "quick" / "days"

    @property
    def index(self) -> Path:
        return self.root / "quick" / "index"

    @property
    def run(self) -> Path:
        return next(self.root.glob("quick/run-*"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [*LOWFLOAT, "demo", "--quick", "--into", root, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    return Demo(root, Printed(done.returncode, done.stdout, done.stderr))


@pytest.fixture(scope="session")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on days that end at 09:50, so that an exam of them is short."""
    root = tmp_path_factory.mktemp("short")
    index = scan_short_days(write_short_days(DayStore(root / "days")), root / "index")
    one_rollout = "training.total_timesteps=512"
    return train(None, *SMALL, one_rollout, index=index.path, run=root / "run")
