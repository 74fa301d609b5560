"""The demo: every stage of the product once, on synthetic days."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lowfloat import verbs
from lowfloat.base.progress import Progress
from lowfloat.config import load_config
from lowfloat.exam.result import Exam

# Few days leave few for the exam; the quick demo takes them from training.
_FULL = ("training.total_timesteps=2000000",)
_QUICK = (
    "training.total_timesteps=131072",
    "training.num_envs=64",
    "index.splits.train_fraction=0.5",
    "index.splits.valid_fraction=0.125",
)


@dataclass(frozen=True)
class DemoResult:
    """What the demo made, and how long each stage took."""

    exam: Exam
    report: Path
    seconds: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            "report": str(self.report),
            "seconds": self.seconds,
            "policies": self.exam.figures["policies"],
        }


def run_demo(folder: Path, quick: bool, progress: Progress | None = None) -> DemoResult:
    """Make days, scan, train, examine and report below ``folder``.

    A second demo in the same folder keeps the days, which do not change, and trains anew.
    """
    settings = _QUICK if quick else _FULL
    seconds: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = work()
        seconds[stage] = round(time.perf_counter() - began, 1)
        return result

    experiment = load_config(None, *settings)
    days, size = (8, "quick") if quick else (30, "full")
    store, index = folder / size / "days", folder / size / "index"
    timed("synth", lambda: verbs.synth(store, days, seed=1, progress=progress))
    timed("scan", lambda: verbs.scan(store, index, experiment, progress))
    name = f"run-{time.strftime('%Y%m%d-%H%M%S')}"
    run = timed(
        "train",
        lambda: verbs.train(experiment, index=index, run=folder / size / name, progress=progress),
    )
    exam = timed("examine", lambda: verbs.examine(run, "exam", progress=progress))
    page = timed("report", lambda: verbs.report(run, "exam"))
    return DemoResult(exam, page, seconds)
