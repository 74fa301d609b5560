"""Environment steps per second, beside a loop that only copies the same observation bytes.

What is timed is `SqueezeVectorEnv.step` as a user calls it, with everything switched on:
observations, masks, reward parts, infos and autoreset, handed out as copies, while random legal
actions trade about every 20 seconds. The choice of actions is not timed. The copy-only loop writes
observations of the same size for the same environments from the same tables: a row of the market
columns and the position block, in a kernel of its own, on the same threads, with actions drawn
(and not timed) between its calls too, so that both find the caches alike. Each figure is the best
of several repetitions, interleaved so that a noisy neighbour hits both sides.

    python benchmarks/bench_step.py --json
"""

import argparse
import json
import os
import platform
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.days.store import DayStore
from lowfloat.env.records import HEADER
from lowfloat.env.starts import load_split
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.index.scanner import scan
from lowfloat.synth import synthesize

NUM_ENVS = (1, 64, 1024, 8192)
REPETITIONS = 7
SECONDS_PER_REPETITION = 0.5
TRADE_PROBABILITY = 0.05


@kernel
def copy_rows(words, columns, day, second, block, first, last, out):
    """Write the observation bytes of environments ``first..last-1`` and nothing else."""
    for env in range(first, last):
        row = words[day[env], second[env]]
        for i in range(columns):
            out[env, i] = row[HEADER + i]
        for i in range(block.shape[1]):
            out[env, columns + i] = block[env, i]


class CopyOnly:
    """Copies observations the way a step would, one second further each time."""

    def __init__(self, env: SqueezeVectorEnv, threads: int) -> None:
        self.words, self.columns = env.deck.arrays.words, env.deck.arrays.columns
        self.env = env
        self.follow()
        self.block = env.observation[:, self.columns :].copy()
        self.out = np.zeros_like(env.observation)
        self.bounds = np.linspace(0, env.num_envs, min(threads, env.num_envs) + 1).astype(int)
        self.pool = ThreadPoolExecutor(threads) if len(self.bounds) > 2 else None

    def follow(self) -> None:
        """Go to where the environments are, so that both loops read the same rows."""
        self.day = self.env.state["day"].copy()
        self.second = self.env.state["second"].copy()

    def _slice(self, first: int, last: int) -> None:
        copy_rows(
            self.words, self.columns, self.day, self.second, self.block, first, last, self.out
        )

    def step(self) -> None:
        """Write one batch of observations."""
        self.second += 1
        self.second %= self.words.shape[1]
        if self.pool is None:
            self._slice(0, len(self.out))
            return
        bounds = zip(self.bounds[:-1], self.bounds[1:], strict=True)
        for task in [self.pool.submit(self._slice, *bound) for bound in bounds]:
            task.result()


def legal_actions(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    """Return random legal actions, most of them HOLD."""
    trades = rng.random(len(mask)) < TRADE_PROBABILITY
    drawn = (rng.random(mask.shape) * mask).argmax(axis=1)
    return np.where(trades, drawn, 0)


def rate_of_steps(env: SqueezeVectorEnv, rng: np.random.Generator) -> float:
    """Return environment steps per second of wall time spent in `step`."""
    spent, steps = 0.0, 0
    while spent < SECONDS_PER_REPETITION:
        actions = legal_actions(rng, env.mask)
        began = time.perf_counter()
        env.step(actions)
        spent += time.perf_counter() - began
        steps += env.num_envs
    return steps / spent


def rate_of_copies(copies: CopyOnly, env: SqueezeVectorEnv, rng: np.random.Generator) -> float:
    """Return observations per second of the copy-only loop, its caches as cold as a step's."""
    spent, steps = 0.0, 0
    copies.follow()
    while spent < SECONDS_PER_REPETITION:
        legal_actions(rng, env.mask)
        began = time.perf_counter()
        copies.step()
        spent += time.perf_counter() - began
        steps += env.num_envs
    return steps / spent


def measure(folder: Path, repetitions: int) -> dict:
    """Return the benchmark's figures."""
    store = DayStore(folder / "days")
    synthesize(store, 12, seed=3)
    index = scan(store, folder / "index")
    deck, starts, _ = load_split(index, "train")
    rows = []
    for num_envs in NUM_ENVS:
        for threads in (1, 2):
            env = SqueezeVectorEnv(num_envs, deck=deck, starts=starts, threads=threads)
            env.reset(seed=1)
            rng = np.random.default_rng(1)
            copies = CopyOnly(env, threads)
            rate_of_steps(env, rng)  # compiles, and fills the accounts with positions
            steps, copied = [], []
            for _ in range(repetitions):
                copied.append(rate_of_copies(copies, env, rng))
                steps.append(rate_of_steps(env, rng))
            rows.append(
                {
                    "num_envs": num_envs,
                    "threads": threads,
                    "steps_per_second": round(max(steps)),
                    "steps_per_second_median": round(float(np.median(steps))),
                    "copies_per_second": round(max(copied)),
                    "copy_ratio": round(max(steps) / max(copied), 4),
                }
            )
            env.close()
    return {
        "rows": rows,
        "observation_bytes": int(env.observation.shape[1] * 4),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count()},
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), arguments.repetitions)
    if arguments.json:
        print(json.dumps(figures, indent=1))
        return
    print(f"{'envs':>6}{'threads':>9}{'steps/s':>14}{'copies/s':>14}{'ratio':>8}")
    for row in figures["rows"]:
        print(
            f"{row['num_envs']:>6}{row['threads']:>9}{row['steps_per_second']:>14,}"
            f"{row['copies_per_second']:>14,}{row['copy_ratio']:>8.2f}"
        )


if __name__ == "__main__":
    main()
