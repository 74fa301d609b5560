"""The training log: one JSON object per line, appended so that a resumed run keeps its past."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.logger import KVWriter

METRICS = {
    "num_timesteps": "environment steps so far",
    "rollout/episodes": "episodes ended in the rollout",
    "rollout/net_pnl_mean": "mean net P&L of these episodes, dollars after all costs",
    "rollout/fees_mean": "mean fees of an episode, dollars",
    "rollout/return_mean": "mean return of an episode, the sum of its rewards",
    "rollout/seconds_mean": "mean length of an episode, seconds",
    "rollout/trades_mean": "mean round trips of an episode",
    "rollout/win_rate": "share of round trips that gained after all costs",
    "train/entropy_loss": "negative entropy of the policy",
    "train/policy_gradient_loss": "clipped surrogate loss",
    "train/value_loss": "squared error of the value",
    "train/approx_kl": "approximate divergence of the policy from the rollout's",
    "train/clip_fraction": "share of samples at the clip",
    "train/loss": "loss of the last minibatch",
    "train/explained_variance": "share of the returns' variance that the value explains",
    "train/n_updates": "passes over rollouts so far",
    "train/learning_rate": "step size of Adam",
    "train/clip_range": "clip of the ratio",
    "time/sps": "environment steps per second of this rollout and its update",
}
"""Every logged metric, in words."""


class JsonLines(KVWriter):
    """Appends metrics to a file.

    Args:
        path: file of one JSON object per line.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Append one line."""
        line: dict[str, float] = {"num_timesteps": step}
        line.update({key: float(value) for key, value in sorted(key_values.items())})
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def drop_lines_after(path: Path, num_timesteps: int) -> None:
    """Cut a log back to a checkpoint: what was logged after it will be logged again."""
    if not path.is_file():
        return
    # A line that lacks its end was being written when the run was killed.
    lines = path.read_text().split("\n")[:-1]
    kept = [line for line in lines if json.loads(line)["num_timesteps"] <= num_timesteps]
    path.write_text("".join(f"{line}\n" for line in kept))


def rollout_metrics(episodes: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the rollout's means from the values of its ended episodes."""
    if not episodes:
        return {"rollout/episodes": 0.0}
    trades = float(episodes["trades"].sum())
    metrics = {
        "rollout/episodes": float(len(episodes["trades"])),
        "rollout/net_pnl_mean": float(episodes["net_pnl"].mean()),
        "rollout/fees_mean": float(episodes["fees"].mean()),
        "rollout/return_mean": float(episodes["return"].mean()),
        "rollout/seconds_mean": float(episodes["seconds"].mean()),
        "rollout/trades_mean": float(episodes["trades"].mean()),
    }
    if trades:
        metrics["rollout/win_rate"] = float(episodes["wins"].sum()) / trades
    return metrics
