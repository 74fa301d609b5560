"""The demo: every stage of the product once, on synthetic days."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lowfloat import verbs
from lowfloat.exam.result import Exam

Progress = Callable[[str, int, int], None]


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
    days = 6 if quick else 20
    steps = 65_536 if quick else 1_000_000
    seconds: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = work()
        seconds[stage] = round(time.perf_counter() - began, 1)
        return result

    size = "quick" if quick else "full"
    store, index = folder / size / "days", folder / size / "index"
    timed("synth", lambda: verbs.synth(store, days, seed=1, progress=progress))
    timed("scan", lambda: verbs.scan(store, index, progress=progress))
    name = f"run-{time.strftime('%Y%m%d-%H%M%S')}"
    run = timed(
        "train",
        lambda: verbs.train(
            None, f"training.total_timesteps={steps}",
            index=index, run=folder / size / name, progress=progress,
        ),
    )  # fmt: skip
    exam = timed("examine", lambda: verbs.examine(run, "exam", progress=progress))
    page = timed("report", lambda: verbs.report(run, "exam"))
    return DemoResult(exam, page, seconds)
