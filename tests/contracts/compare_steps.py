"""Compare kernels and reference over many steps (``make compare``).

Batches of random episodes, half of them under odd frictions, are played on synthetic and nasty
days, and on stored days if ``--days`` names a store, until ``--steps`` are done. What happened is
counted and printed; a difference ends the run and says where and in what. Batch N of a seed is the
same in every run.
"""

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest is told

from comparison import CONFIGS, ORDER_CONFIGS, Field, compare, with_odd_fills
from reference.tapes import closed_at, nasty_day, synthetic_days

from lowfloat.days import DayStore

EPISODES = 64  # in one batch

_field: list[Field] = []  # of a process
_configs: list[dict] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000_000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first batch")
    parser.add_argument("--days", type=Path, help="folder of a day store to play on, too")
    parser.add_argument("--stored", type=int, default=4, help="how many of its days")
    parser.add_argument("--actions", choices=("discrete", "orders"), help="one scheme only")
    args = parser.parse_args()

    began, told, shown, batch = time.monotonic(), Counter(), 0, args.first
    pool = ProcessPoolExecutor(
        args.processes, multiprocessing.get_context("spawn"), _prepare,
        (args.seed, args.days, args.stored, args.actions),
    )  # fmt: skip
    with pool:
        playing: set[Future[Counter]] = set()
        while told["steps"] < args.steps:
            while len(playing) < 2 * args.processes:
                playing.add(pool.submit(_play, args.seed, batch))
                batch += 1
            done, playing = wait(playing, return_when=FIRST_COMPLETED)
            for future in done:
                told += future.result()
            if told["steps"] - shown >= args.steps // 20:
                shown = told["steps"]
                rate = shown / (time.monotonic() - began)
                _say(f"{shown:,} steps, {told['episodes']:,} episodes, {rate:,.0f} steps/s")
        pool.shutdown(cancel_futures=True)
    for what, count in sorted(told.items()):
        _say(f"{count:>14,}  {what}")
    _say(f"kernels and reference agree in all {told['steps']:,} steps")


def _prepare(seed: int, root: Path | None, stored: int, actions: str | None) -> None:
    rng = random.Random(seed)
    seeds = [rng.randrange(10**5) for _ in range(16)]
    days = [*synthetic_days(), *(nasty_day(seed, traded=seed % 2 == 0) for seed in seeds)]
    if root:
        known = list(DayStore(root))
        days += rng.sample(known, min(stored, len(known)))
    _field.append(Field([(day, closed_at(day, day.trades.price[0] / 1e9)) for day in days]))
    _configs.extend(CONFIGS if actions != "orders" else [])
    _configs.extend(ORDER_CONFIGS if actions != "discrete" else [])


def _play(seed: int, batch: int) -> Counter:
    rng, told = random.Random(f"{seed} {batch}"), Counter()
    settings = rng.choice(_configs)
    if rng.random() < 0.5:
        settings = with_odd_fills(settings, rng)
    try:
        compare(_field[0], settings, EPISODES, rng, told)
    except AssertionError as difference:
        difference.add_note(f"seed {seed}, batch {batch}, {settings}")
        raise
    return told


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
