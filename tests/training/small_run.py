"""A small market and a training of seconds, for the tests of training, exam and command line."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

import lowfloat
from lowfloat.days import Day, DayStore
from lowfloat.env.records import STATE
from lowfloat.index import Index
from lowfloat.synth import synth_days

END = 21_000  # the days end at 09:50, so that an exam of them is short
TRAIN_END, VALID_END = "2025-01-06", "2025-01-08"
STEPS = 6_144

SMALL = (
    "training.num_envs=16",
    "training.num_steps=32",
    "training.minibatch_size=128",
    f"training.total_timesteps={STEPS}",
    "training.hidden_sizes=[16, 16]",
    "training.threads=1",
    "env.episode.max_seconds=20",
)
"""Overrides of a run of twelve rollouts, in which episodes end."""


def cut(day: Day, end: int = END) -> Day:
    """Return a day whose data end at a session second."""
    end_ns = day.session.ns(end)

    def before(table: Any) -> Any:
        rows = int(np.searchsorted(table.ts_recv, end_ns))
        return type(table)(*(column[:rows] for column in table))

    return dataclasses.replace(
        day,
        coverage_end_ns=end_ns,
        trades=before(day.trades),
        quotes=before(day.quotes),
        status=before(day.status),
    )


def write_short_days(store: DayStore, sessions: int = 5, seed: int = 7) -> DayStore:
    """Write short synthetic days of one stock, from 2025-01-02 on."""
    for day, _ in synth_days(sessions, seed):
        store.write(cut(day))
    return store


def scan_short_days(store: DayStore, into: Path, *overrides: str) -> Index:
    """Scan them: three days to train on, the others to examine on."""
    splits = (
        f"index.splits.train_end={TRAIN_END}",
        f"index.splits.valid_end={VALID_END}",
        "index.splits.embargo_sessions=0",
    )
    return lowfloat.scan(store.root, into, lowfloat.load_config(None, *splits, *overrides))


def metrics_of(run: Path) -> list[dict[str, float]]:
    """Return a run's log without what depends on the clock."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: line[key] for key in line if key != "time/sps"} for line in lines]


def tensors_of(checkpoint: Path) -> dict[str, str]:
    """Return the SHA-256 of every tensor of a checkpoint, dtype and shape included."""
    tensors = load_file(checkpoint / "tensors.safetensors")
    # Records may have bytes between their fields that mean nothing.
    state = tensors.pop("env.state").reshape(-1).view(STATE)
    tensors |= {f"env.state.{name}": state[name] for name in STATE.names}
    return {
        name: hashlib.sha256(f"{value.dtype}{value.shape}".encode() + value.tobytes()).hexdigest()
        for name, value in tensors.items()
    }


def policy_of(checkpoint: Path) -> dict[str, str]:
    """Return the SHA-256 of every tensor of the network."""
    hashes = tensors_of(checkpoint)
    return {name: digest for name, digest in hashes.items() if name.startswith("policy.")}


def rewrite_tensors(checkpoint: Path, tensors: dict[str, np.ndarray]) -> None:
    """Write other tensors into a checkpoint, with the hash that they have."""
    path = checkpoint / "tensors.safetensors"
    save_file(tensors, path)
    sign(checkpoint)


def sign(checkpoint: Path, **changes: Any) -> None:
    """Bring a checkpoint's description in line with its tensors, and change it further."""
    about = json.loads((checkpoint / "checkpoint.json").read_text())
    path = checkpoint / "tensors.safetensors"
    about["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (checkpoint / "checkpoint.json").write_text(json.dumps(about | changes))
