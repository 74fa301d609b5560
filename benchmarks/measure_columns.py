"""What the columns say of the next seconds: rank correlations with the move of the mid.

For every column and score, Spearman's correlation with the log change of the mid over the next 1,
5, 30 and 300 seconds, within each day and over the decisions of regular hours at which the value
is known, the book is sound and nobody is halted; then the mean over days, with a bootstrap
interval over days. Nothing is fitted, so that every day is out of sample. This is
a report: what it says is nobody's input, and a column is not dropped for saying little alone.

Within a day, the level of a price goes with a later move the other way even where nothing can be
foreseen: the mean of a short path is near what the path comes to (Kendall 1954; Stambaugh 1999).
`--edge 0` measures this on days that are martingales by construction; only what goes beyond it is
anything.

    python benchmarks/measure_columns.py                           # synthetic days
    python benchmarks/measure_columns.py DAYS --from 2025-03-31    # days of a store
"""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from lowfloat.days import DayStore
from lowfloat.days.baseline import Baseline
from lowfloat.days.baselines import Baselines
from lowfloat.days.day import Day
from lowfloat.days.reference import ReferenceTables
from lowfloat.exam.interval import mean_interval
from lowfloat.synth import Options, synth_days
from lowfloat.tape.column import Tape
from lowfloat.tape.columns import COLUMNS, market_table
from lowfloat.tape.price import is_sound, mid_price
from lowfloat.tape.scores import SCORES, score_table

HORIZONS = (1, 5, 30, 300)  # seconds
LEAST_DECISIONS = 500
NAMES = tuple(column.name for column in (*COLUMNS, *SCORES))


def days_of_store(root: Path, first: dt.date | None, last: dt.date | None) -> Iterator:
    """Yield stored days with their baselines."""
    store = DayStore(root)
    baselines = Baselines(store, ReferenceTables(store.root))
    for symbol, date in store.days():
        if (first is None or date >= first) and (last is None or date <= last):
            yield store[symbol, date], baselines.of(symbol, date)


def made_days(days: int, symbols: int, seed: int, edge: float) -> Iterator:
    """Yield synthetic days, each with the close of the one before."""
    closes: dict[str, int] = {}
    for day, _ in synth_days(
        -(-days // symbols), seed, symbols=symbols, options=Options(edge=edge)
    ):
        yield day, Baseline(day.symbol, day.date, previous_close=closes.get(day.symbol, 0))
        closes[day.symbol] = day.closing_price


def correlations(day: Day, baseline: Baseline) -> np.ndarray:
    """Return the rank correlations of a day, ``(columns, horizons)``, NaN where there is none."""
    tape = Tape(day, baseline)
    tables = [market_table(tape), score_table(tape)]
    values = np.concatenate([table.values for table in tables], axis=1)
    known = np.concatenate([table.known for table in tables], axis=1)
    mid = tape.of(mid_price)
    opens = day.session.second(day.session.regular_open_ns)
    ends = min(
        day.session.second(day.session.regular_close_ns),
        day.session.second(day.coverage_end_ns),
    )
    # A decision at second s knows the mid at the end of second s - 1.
    decision = np.arange(opens + 1, ends)
    tradable = is_sound(tape.seconds) & (tape.seconds.halted == 0)
    found = np.full((len(NAMES), len(HORIZONS)), np.nan)
    for column, horizon in enumerate(HORIZONS):
        at = decision[decision - 1 + horizon < ends]
        at = at[tradable[at - 1] & tradable[at - 1 + horizon]]
        if len(at) < LEAST_DECISIONS:
            continue
        move = np.log(mid[at - 1 + horizon] / mid[at - 1])
        for row in range(len(NAMES)):
            here = known[at, row]
            shown = values[at[here], row]
            if len(shown) >= LEAST_DECISIONS and shown.min() < shown.max():
                found[row, column] = _spearman(shown, move[here])
    return found


def _spearman(first: np.ndarray, second: np.ndarray) -> float:
    one, other = rankdata(first), rankdata(second)
    if other.min() == other.max():
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def summary(found: list[np.ndarray], seed: int) -> dict[str, dict]:
    """Return mean, interval and days per column and horizon."""
    result: dict[str, dict] = {}
    for row, name in enumerate(NAMES):
        result[name] = {}
        for column, horizon in enumerate(HORIZONS):
            days = np.array([day[row, column] for day in found])
            days = days[~np.isnan(days)]
            if len(days) >= 3:
                result[name][str(horizon)] = {
                    "mean": float(days.mean()),
                    "interval": mean_interval(days, 0.95, 2_000, seed),
                    "days": len(days),
                }
    return result


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("days", nargs="?", type=Path, help="day store; else days are made")
    parser.add_argument("--from", dest="first", type=dt.date.fromisoformat)
    parser.add_argument("--to", dest="last", type=dt.date.fromisoformat)
    parser.add_argument("--made", type=int, default=60, help="synthetic days, if no store is named")
    parser.add_argument("--symbols", type=int, default=12)
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument(
        "--edge", type=float, default=1.0, help="of synthetic days; 0: a martingale"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args()
    days = (
        made_days(arguments.made, arguments.symbols, arguments.seed, arguments.edge)
        if arguments.days is None
        else days_of_store(arguments.days, arguments.first, arguments.last)
    )
    found = []
    for number, (day, baseline) in enumerate(days, start=1):
        if len(day.quotes.ts_recv):
            found.append(correlations(day, baseline))
        print(f"{number} days read", file=sys.stderr)
    result = summary(found, arguments.seed)
    if arguments.json:
        print(json.dumps({"days": len(found), "columns": result}, indent=1))
        return
    print(f"rank correlation with the move of the mid, mean over {len(found)} days")
    print(f"{'':28s}" + "".join(f"{horizon:>7d} s" for horizon in HORIZONS))
    for name, horizons in result.items():
        cells = [
            f"{horizons[str(h)]['mean']:+9.3f}" if str(h) in horizons else f"{'':9s}"
            for h in HORIZONS
        ]
        print(f"{name:28s}" + "".join(cells))


if __name__ == "__main__":
    main()
