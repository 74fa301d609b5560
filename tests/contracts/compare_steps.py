"""Compare kernels and reference over many steps: ``--steps N --processes P --seed S``.

Every process plays its own random episodes on synthetic and nasty days, and on stored days if
``--days`` names a store, until all have played N steps. Counts of what happened are printed; a
difference ends the run with where and in what.
"""

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest is told

from comparison import CONFIGS, Field, compare
from reference.tapes import closed_at, nasty_day, synthetic_days

from lowfloat.days import DayStore

EPISODES = 64  # in one batch
PATIENCE = 600.0  # seconds without news of a process


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000_000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=Path, help="folder of a day store to play on, too")
    parser.add_argument(
        "--stored", type=int, default=4, help="how many of its days a process takes"
    )
    args = parser.parse_args()

    context = multiprocessing.get_context("spawn")
    news: multiprocessing.Queue = context.Queue()
    workers = [
        context.Process(target=_play, args=(args, number, news), daemon=True)
        for number in range(args.processes)
    ]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    told: Counter = Counter()
    shown = 0
    while told["steps"] < args.steps:
        counted, fault = news.get(timeout=PATIENCE)
        if fault:
            raise SystemExit(fault)
        told += counted
        if told["steps"] - shown >= args.steps // 20:
            shown = told["steps"]
            rate = shown / (time.monotonic() - began)
            _say(f"{shown:,} steps, {told['episodes']:,} episodes, {rate:,.0f} steps/s")
    for worker in workers:
        worker.terminate()
    for what, count in sorted(told.items()):
        _say(f"{count:>14,}  {what}")
    _say(f"kernels and reference agree in all {told['steps']:,} steps")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _play(args: argparse.Namespace, number: int, news: multiprocessing.Queue) -> None:
    seed = args.seed * 1_000 + number
    rng = random.Random(seed)
    days = [*synthetic_days(), *(nasty_day(rng.randrange(10**6)) for _ in range(16))]
    if args.days:
        stored = list(DayStore(args.days))
        days += rng.sample(stored, min(args.stored, len(stored)))
    field = Field([(day, closed_at(day, float(day.trades.price[0]) / 1e9)) for day in days])
    while True:
        told: Counter = Counter()
        try:
            compare(field, rng.randrange(len(CONFIGS)), EPISODES, rng, told)
        except AssertionError as difference:
            news.put((told, f"process {number}: {difference}"))
            return
        news.put((told, ""))


if __name__ == "__main__":
    main()
