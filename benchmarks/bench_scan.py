"""How fast days are scanned, and how fast their reset points are looked up.

Days are scanned from the store, the tape included, one after another in one process; reported
are symbol-days per CPU second, which is per core. The first day compiles and is not counted. A
look-up is that of all reset points of a day that has been asked for before; the first one of a
day makes its objects and is reported apart. The estimate multiplies the measured figure and
assumes that nothing but the cores bounds the scan.

    python benchmarks/bench_scan.py [DAYS] --json
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from lowfloat.days import DayStore
from lowfloat.index import Index, MomentumEpisodeScanner, MomentumIndexBuilder
from lowfloat.index.scan_day import scan_stored_day
from lowfloat.synth import synthesize

LEAST_DAYS_PER_SECOND, MOST_LOOK_UP = 3.0, 5e-6
"""What a scan and a look-up should reach."""

SYMBOLS, YEARS, SESSIONS, NODES, CORES = 8_000, 5, 252, 64, 16


def bench(store: DayStore, into: Path) -> dict[str, Any]:
    """Scan a store into an empty folder and look its points up."""
    builder = MomentumIndexBuilder()
    tasks = builder.tasks(store, into)
    scan_stored_day(*tasks[0])
    cpu, wall = time.process_time(), time.perf_counter()
    done = [scan_stored_day(*task) for task in tasks[1:]]
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    again = time.perf_counter()
    done = [scan_stored_day(*task) for task in tasks]
    again = time.perf_counter() - again
    assemble = time.perf_counter()
    index = builder.assemble(store, into, done)
    assemble = time.perf_counter() - assemble
    per_core = (len(tasks) - 1) / cpu
    days = SYMBOLS * YEARS * SESSIONS
    return {
        "days": len(tasks),
        "days_per_core_second": per_core,
        "days_per_second": (len(tasks) - 1) / wall,
        "kept_days_per_second": len(tasks) / again,
        "assemble_seconds": assemble,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **look_ups(index),
        "estimate_hours": days / per_core / (NODES * CORES) / 3600,
        "estimate": f"{SYMBOLS:,} symbols x {YEARS} years on {NODES} nodes of {CORES} cores",
        "reached": per_core >= LEAST_DAYS_PER_SECOND,
    }


def look_ups(index: Index, rounds: int = 2_000) -> dict[str, float]:
    """Return the seconds of a look-up, the first time and later."""
    scanner = MomentumEpisodeScanner(index.path)
    keys = [(day.symbol, day.date) for day in index.days()]
    begun = time.perf_counter()
    for key in keys:
        scanner.index.resets(*key)
    first = (time.perf_counter() - begun) / len(keys)
    turns = max(rounds // len(keys), 1)
    begun = time.perf_counter()
    for _ in range(turns):
        for key in keys:
            scanner.index.resets(*key)
    later = (time.perf_counter() - begun) / (turns * len(keys))
    begun = time.perf_counter()
    for _ in range(turns):
        for key in keys:
            scanner.get_reset_points(*key)
    filtered = (time.perf_counter() - begun) / (turns * len(keys))
    return {
        "first_look_up_us": 1e6 * first,
        "look_up_us": 1e6 * later,
        "get_reset_points_us": 1e6 * filtered,
        "look_up_reached": later <= MOST_LOOK_UP,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", nargs="?", help="a day store; makes synthetic days if absent")
    parser.add_argument("--days", type=int, default=24)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = DayStore(args.store or Path(folder) / "days")
        if not args.store:
            synthesize(store, args.days, seed=5)
        found = bench(store, Path(folder) / "index")
    if args.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name:24} {value:.4g}" if isinstance(value, float) else f"{name:24} {value}")


if __name__ == "__main__":
    main()
