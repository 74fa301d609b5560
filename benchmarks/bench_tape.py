"""How fast a day is read: columns, phases and scores, per event and per second of day.

Three days are read several times in one process: one without an event, what it costs is the
price of 57,600 seconds; a busy synthetic one; and the one with the most events of a day store,
if there is one. What a day costs beyond the empty one, over its events, is the price of an event.
Reported are CPU seconds, the fastest repetition and how much longer the slowest took. A machine's
own speed cancels in the ratio to what it takes to copy the finished table, and to read every byte
of the day's events once.

    python benchmarks/bench_tape.py [DAYS] --json
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.base.records import DTYPES, Quotes, Status, Trades
from lowfloat.days import DayStore
from lowfloat.days.baseline import Baseline
from lowfloat.days.baselines import Baselines
from lowfloat.days.day import Day
from lowfloat.days.reference import ReferenceTables
from lowfloat.synth import synth_days
from lowfloat.tape.column import Tape
from lowfloat.tape.columns import COLUMNS, MarketTable, market_table
from lowfloat.tape.phase import phases_of
from lowfloat.tape.scores import SCORES, score_table

EVENTS_PER_SECOND, SECONDS_OF_A_DAY = 1.5e6, 2e-6 * SECONDS_PER_SESSION
"""What columns and phase may cost: so many events a second, and so long for the day's seconds."""


def best(work: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Return the CPU seconds of the fastest repetition, and the slowest over it, less 1."""
    took = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return min(took), max(took) / min(took) - 1.0


def read(day: Day, baseline: Baseline) -> MarketTable:
    """Read the columns and the phase of a day."""
    tape = Tape(day, baseline)
    table = tape.of(market_table)
    phases_of(tape)
    return table


def measure(day: Day, baseline: Baseline, repeats: int) -> dict[str, float]:
    """Return what reading a day costs, in CPU seconds, and its size."""
    table = read(day, baseline)  # compiled, and in memory
    rows = np.ascontiguousarray(table.values)
    tables = (day.trades, day.quotes)
    read_seconds, spread = best(lambda: read(day, baseline), repeats)
    columns, _ = best(lambda: market_table(Tape(day, baseline)), repeats)
    tape = Tape(day, baseline)
    tape.of(market_table)
    scores, _ = best(lambda: score_table(_fresh(tape)), repeats)
    copy, _ = best(rows.copy, repeats)
    touch, _ = best(lambda: [column.sum() for table in tables for column in table], repeats)
    return {
        "events": len(day.trades.ts_recv) + len(day.quotes.ts_recv),
        "seconds": read_seconds,
        "spread": spread,
        "columns_seconds": columns,
        "scores_seconds": scores,
        "over_copy_of_table": read_seconds / copy,
        "over_touching_events": read_seconds / max(touch, 1e-9),
        "table_mb": (table.values.nbytes + table.known.nbytes) / 1e6,
    }


def _fresh(tape: Tape) -> Tape:
    return Tape(tape.day, tape.baseline, tape.seconds)


def without_events(day: Day) -> Day:
    """Return the same session without a record."""
    empty = {
        name: table(*(np.zeros(0, dtype) for dtype in DTYPES[table].values()))
        for name, table in (("trades", Trades), ("quotes", Quotes), ("status", Status))
    }
    return Day(
        symbol=day.symbol, date=day.date, session=day.session,
        coverage_end_ns=day.coverage_end_ns, vendor=day.vendor, **empty,
    )  # fmt: skip


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("days", nargs="?", type=Path, help="day store with real days")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args()

    made = [day for day, _ in synth_days(4, 1, symbols=2)]
    busy = max(made, key=lambda day: len(day.quotes.ts_recv))
    nothing = Baseline(busy.symbol, busy.date, previous_close=3 * 10**9)
    found = {
        "empty": measure(without_events(busy), nothing, arguments.repeats),
        "synthetic": measure(busy, nothing, arguments.repeats),
    }
    if arguments.days is not None:
        store = DayStore(arguments.days)
        keys = max(store.days(), key=lambda key: len(store[key].quotes.ts_recv))
        baseline = Baselines(store, ReferenceTables(store.root)).of(*keys)
        found["busiest"] = measure(store[keys], baseline, arguments.repeats)
    base = found["empty"]["seconds"]
    for day in found.values():
        beyond = max(day["seconds"] - base, 1e-9)
        day["events_per_second"] = day["events"] / beyond
        allowed = day["events"] / EVENTS_PER_SECOND + SECONDS_OF_A_DAY
        day["of_what_is_allowed"] = day["seconds"] / allowed
    last = found["busiest" if "busiest" in found else "synthetic"]
    result = {
        "columns": len(COLUMNS),
        "scores": len(SCORES),
        "busiest_day_seconds": last["seconds"],
        "microseconds_per_second_of_day": 1e6 * base / SECONDS_PER_SESSION,
        "days": found,
    }
    if arguments.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{len(COLUMNS)} columns and the phase; CPU seconds, best of {arguments.repeats}")
    for name, day in found.items():
        print(
            f"{name:10s} {day['events']:>9,} events {day['seconds']:.3f} s "
            f"(+{day['spread']:.0%}), {day['of_what_is_allowed']:.2f} of what is allowed, "
            f"{day['over_copy_of_table']:.1f} copies of the table; "
            f"scores {day['scores_seconds']:.3f} s"
        )


if __name__ == "__main__":
    main()
