"""How training went, from the lines of ``metrics.jsonl``."""

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lowfloat.errors import ExamError

STEPS = "num_timesteps"
NET_PNL = "rollout/net_pnl_mean"
RETURN = "rollout/return_mean"
MAX_POINTS = 400


class Curve(NamedTuple):
    """One metric over training; arrays of equal length.

    Attributes:
        steps: float64, environment steps trained.
        value: float64, the metric.
    """

    steps: np.ndarray
    value: np.ndarray


def learning_curves(run_folder: Path | None) -> dict[str, Curve]:
    """Return the curves that the run wrote; empty if it wrote none.

    Training that went back to a checkpoint wrote some steps twice: the later line counts.

    Raises:
        ExamError: a line is not a JSON object with `num_timesteps`. A last line that was
            cut short is left out: training was stopped while it wrote it.
    """
    path = run_folder / "metrics.jsonl" if run_folder else None
    if path is None or not path.is_file():
        return {}
    lines = _after_resuming(_read_lines(path))
    curves = {}
    for metric in (NET_PNL, RETURN):
        points = [(line[STEPS], line[metric]) for line in lines if _is_number(line.get(metric))]
        if points:
            steps, value = np.array(points, dtype=float).T
            curves[metric] = Curve(_thinned(steps), _thinned(value))
    return curves


def moving_mean(value: np.ndarray, window: int) -> np.ndarray:
    """Return at each point the mean of it and the up to ``window - 1`` points before it."""
    total = np.concatenate([[0.0], np.cumsum(value)])
    end = np.arange(1, len(value) + 1)
    begin = np.maximum(end - window, 0)
    return (total[end] - total[begin]) / (end - begin)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    rows = text.splitlines()
    lines = []
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        try:
            found = json.loads(row)
        except ValueError as problem:
            if number == len(rows) and not text.endswith("\n"):
                break
            raise ExamError(f"{path}, line {number}: not JSON: {problem}.") from problem
        if not isinstance(found, dict) or not _is_number(found.get(STEPS)):
            raise ExamError(
                f"{path}, line {number}: found {row!r:.60}; use an object with `{STEPS}`."
            )
        lines.append(found)
    return lines


def _after_resuming(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for line in reversed(lines):
        if not kept or line[STEPS] <= kept[-1][STEPS]:
            kept.append(line)
    return kept[::-1]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _thinned(value: np.ndarray) -> np.ndarray:
    """Return the means of at most ``MAX_POINTS`` stretches of nearly equal length."""
    if len(value) <= MAX_POINTS:
        return value
    return np.array([part.mean() for part in np.array_split(value, MAX_POINTS)])
