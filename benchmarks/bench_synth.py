"""How fast the synthetic market makes days, as days per minute and core and as ratios in one run.

The same stream of days is made several times in one process, day by day on the clock. Reported
are the days in play (a range of at least 10 %) and the busy days among them, those of about
200,000 events, each as days per minute of CPU time: making them alone, and making them and
writing them to a day store. Best is the fastest of the repetitions, spread how much longer the
slowest took.

A machine's own speed cancels in the ratios: making a day takes so many times as long as its store
takes to write it, as the bare bytes of its tables take to be written to a file, and as it takes
to draw 16 random numbers per event with the same counter-based generator. What compiling costs is
measured apart, in a process with an empty kernel cache, less the same with a full one.

    python benchmarks/bench_synth.py --json
"""

import argparse
import cProfile
import json
import os
import pstats
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lowfloat.days import DayStore
from lowfloat.days.day import Day
from lowfloat.synth.bands import IN_PLAY
from lowfloat.synth.generate import synth_days
from lowfloat.synth.options import Options

SEED = 1
BUSY = (150_000, 260_000)  # events
DRAWS_PER_EVENT = 16
STEPS = {
    "script": ("write_script", "scene_of"),
    "market": ("_play",),
    "tables": ("tables",),
    "signing": ("sign",),
    "checks": ("__post_init__", "check"),
    "truth": ("_truth",),
}


class Cost(NamedTuple):
    """CPU and wall seconds."""

    cpu: float
    wall: float


class Stopwatch:
    """Measures how long a block takes: ``with Stopwatch() as watch: ...; watch.cost``."""

    def __enter__(self) -> "Stopwatch":
        self._begun = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        cpu, wall = self._begun
        self.cost = Cost(time.process_time() - cpu, time.perf_counter() - wall)


class Made(NamedTuple):
    """One day of one repetition."""

    events: int
    in_play: bool
    make: Cost
    write: Cost
    bytes: Cost
    draws: Cost


def make_days(symbols: int, days: int, folder: Path) -> list[Made]:
    """Make and write the stream once, with every step of every day on the clock."""
    store, stream = (
        DayStore(folder),
        synth_days(days, SEED, symbols=symbols, options=Options(active=1.0)),
    )
    rng = np.random.Generator(np.random.Philox(SEED))
    made: list[Made] = []
    while True:
        with Stopwatch() as making:
            pair = next(stream, None)
        if pair is None:
            return made
        day, truth = pair
        with Stopwatch() as writing:
            store.write(day, truth)
        with Stopwatch() as plain, (folder / "plain").open("wb") as file:
            for table in (day.trades, day.quotes, day.status):
                for name in table._fields:
                    getattr(table, name).tofile(file)
        events = len(day.trades.price) + len(day.quotes.action)
        with Stopwatch() as drawing:
            rng.random(events * DRAWS_PER_EVENT)
        made.append(
            Made(events, range_of(day) >= IN_PLAY, making.cost, writing.cost, plain.cost,
                 drawing.cost)
        )  # fmt: skip


def range_of(day: Day) -> float:
    """Return the highest print over the lowest, less 1."""
    price = day.trades.price
    return float(price.max() / price.min() - 1) if len(price) else 0.0


def figures(runs: list[list[Made]], chosen: list[int]) -> dict[str, float]:
    """Return the figures of the days with these numbers, over all repetitions."""

    def seconds(step: str, clock: str = "cpu") -> list[float]:
        """Return the seconds that a step took in each repetition."""
        return [sum(getattr(getattr(run[i], step), clock) for i in chosen) for run in runs]

    if not chosen:
        return {"days": 0}
    events = sum(runs[0][i].events for i in chosen)
    make, write = seconds("make"), seconds("write")
    both = [a + b for a, b in zip(make, write, strict=True)]
    return {
        "days": len(chosen),
        "events_per_day": events / len(chosen),
        "days_per_minute": 60 * len(chosen) / min(make),
        "days_per_minute_by_the_clock": 60 * len(chosen) / min(seconds("make", "wall")),
        "spread": max(make) / min(make) - 1,
        "written_days_per_minute": 60 * len(chosen) / min(both),
        "events_per_second": events / min(make),
        "ratio_to_writing": min(make) / min(write),
        "ratio_to_bytes": min(make) / min(seconds("bytes")),
        "ratio_to_draws": min(make) / min(seconds("draws")),
    }


def shares(symbols: int, days: int, folder: Path) -> dict[str, float]:
    """Return the share of the time that each step of making and writing takes."""
    profile = cProfile.Profile()
    profile.enable()
    store = DayStore(folder)
    for day, truth in synth_days(days, SEED, symbols=symbols, options=Options(active=1.0)):
        store.write(day, truth)
    profile.disable()
    rows = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    spent: dict[str, float] = {}
    for (file, _, name), (*_, cumulative, _) in rows.items():
        if "lowfloat" in file:
            spent[name] = max(spent.get(name, 0.0), cumulative)
    total = spent["make_day"] + spent["write"]
    result = {
        step: sum(spent.get(name, 0.0) for name in names) / total for step, names in STEPS.items()
    }
    result["store"] = spent["write"] / total
    return result


def compile_cost() -> Cost:
    """Return what the first day costs with an empty kernel cache more than with a full one."""
    code = "from lowfloat.synth import synth_days\nfor _ in synth_days(1, 1): pass"
    with tempfile.TemporaryDirectory() as cache:
        costs = []
        for _ in range(2):
            before, begun = os.times(), time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", code], check=True, env=os.environ | {"LOWFLOAT_CACHE": cache}
            )
            after = os.times()
            cpu = after.children_user + after.children_system
            cpu -= before.children_user + before.children_system
            costs.append(Cost(cpu, time.perf_counter() - begun))
    cold, warm = costs
    return Cost(cold.cpu - warm.cpu, cold.wall - warm.wall)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--days", type=int, default=2, help="per symbol")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for _ in synth_days(1, SEED):
        pass  # loads or compiles the kernels
    runs = []
    for _ in range(given.repeats):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(make_days(given.symbols, given.days, Path(folder)))
    first = runs[0]
    with tempfile.TemporaryDirectory() as folder:
        parts = shares(given.symbols, given.days, Path(folder))
    compiling = compile_cost()
    result = {
        "in_play": figures(runs, [i for i, made in enumerate(first) if made.in_play]),
        "busy": figures(
            runs, [i for i, made in enumerate(first) if BUSY[0] <= made.events <= BUSY[1]]
        ),
        "shares": parts,
        "compile": {"cpu_seconds": compiling.cpu, "wall_seconds": compiling.wall},
    }
    if given.json:
        print(json.dumps(result, indent=1))
        return
    for name, part in result.items():
        print(name)
        for key, value in part.items():
            print(f"  {key}: {value:,.3f}")


if __name__ == "__main__":
    main()
