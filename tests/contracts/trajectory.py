"""Play a batch and print the SHA-256 of all it shows: run as ``trajectory.py SEED THREADS``."""

import hashlib
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reference.tapes import closed_at, nasty_day

from lowfloat.env.deck import build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.synth import Options, synth_days

ENVS, STEPS = 48, 500


def trajectory_hash(seed: int, threads: int) -> str:
    """Return the hash over observations, masks, rewards, flags, infos and states."""
    active = [day for day, _ in synth_days(2, 11, options=Options(active=1.0))]
    days = (*active, nasty_day(0), nasty_day(3))
    rng = np.random.default_rng(1)
    starts = np.zeros(60, START)
    starts["day"] = rng.integers(0, len(days), 60)
    ends = np.array([(day.coverage_end_ns - day.session.start_ns) // 10**9 for day in days])
    starts["second"] = ends[starts["day"]] - rng.integers(100, 1500, 60)
    starts["next_second"] = starts["second"] + 250
    env = SqueezeVectorEnv(
        ENVS,
        deck=build_deck([(day, closed_at(day, 5.0)) for day in days]),
        starts=starts,
        threads=threads,
        config={"episode": {"min_seconds": 90, "max_loss": 0.01}},
    )
    digest = hashlib.sha256()

    def add(*arrays: np.ndarray) -> None:
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())

    observations, infos = env.reset(seed=seed)
    ends = 0
    for _ in range(STEPS):
        add(observations, infos["action_mask"], env.state)
        chosen = (rng.random((ENVS, 9)) * infos["action_mask"]).argmax(axis=1)
        actions = np.where(rng.random(ENVS) < 0.1, chosen, 0)
        observations, rewards, terminated, truncated, infos = env.step(actions)
        ended = infos["_final_obs"]
        add(rewards, terminated, truncated, infos["equity"], infos["final_obs"][ended])
        ends += int(ended.sum())
    assert ends >= ENVS
    env.close()
    return digest.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(trajectory_hash(int(sys.argv[1]), int(sys.argv[2])) + "\n")
