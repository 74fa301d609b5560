"""How well halts are inferred: against the known halts of the days of a store.

Each day with a record of its trading state is judged by its prints and quotes, and again by its
prints alone, as if no state were known. An inferred halt hits a real one if it covers half of it.
Errors are in seconds, of the hits. `--split` parts the days in two, before the date and from it on.

    python benchmarks/measure_halts.py DAYS --split 2025-03-31 --json

`--fit` prints the weights of the evidence that the days before the split ask for, most likely given
the days and normal about the guesses of `GUESS` with a standard deviation of 1. So were the weights
made that the package uses: from the days of MLGO, 2025-02-03 to 2025-03-28.
"""

import argparse
import datetime as dt
import json
import time
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from lowfloat.base.clock import NS
from lowfloat.base.records import Quotes, empty
from lowfloat.days import Day, DayStore
from lowfloat.days.day import NO_QUOTES, QUOTES_REBUILT
from lowfloat.ingest.halts import LEAST_PROBABILITY, Evidence, InferredHalt, candidates

GUESS = (-4.0, 3.0, 2.0, 3.0, 2.0, 1.5)
BLINK_NS = NS  # shorter spans of a status feed are no halts


class Judged(NamedTuple):
    """A day's real halts, and all that was looked at."""

    name: str
    real: list[tuple[int, int]]
    found: list[tuple[InferredHalt, Evidence]]
    seconds: float

    @property
    def inferred(self) -> list[InferredHalt]:
        return [halt for halt, _ in self.found if halt.probability > LEAST_PROBABILITY]


def judge(day: Day, previous_close: int, with_quotes: bool) -> Judged:
    """Look for the halts of a day as if its status were not known."""
    quotes = day.quotes if with_quotes else empty(Quotes)
    began = time.perf_counter()
    found = candidates(
        day.trades, quotes, day.session, previous_close, coverage_end_ns=day.coverage_end_ns
    )
    took = time.perf_counter() - began
    real = [(a, b) for a, b in day.halts if b - a > BLINK_NS]
    return Judged(day.name, real, found, took)


def overlap(real: tuple[int, int], halt: InferredHalt, end: int) -> int:
    """Return the nanoseconds that both cover."""
    return min(real[1], halt.to_ns or end) - max(real[0], halt.from_ns)


def pairs(judged: Judged) -> list[tuple[tuple[int, int], InferredHalt]]:
    """Return each real halt that was hit with the inferred one that hit it, one to one."""
    left, hits = list(judged.inferred), []
    for real in judged.real:
        best = max(left, key=lambda halt: overlap(real, halt, real[1]), default=None)
        if best is not None and 2 * overlap(real, best, real[1]) >= real[1] - real[0]:
            hits.append((real, best))
            left.remove(best)
    return hits


def truth(judged: Judged) -> list[bool]:
    """Return for each candidate whether it is a halt."""
    return [
        any(2 * overlap(real, halt, real[1]) >= real[1] - real[0] for real in judged.real)
        for halt, _ in judged.found
    ]


def spread(values: Iterable[float]) -> dict[str, float]:
    """Return the median, the 90th percentile and the greatest of absolute values."""
    values = np.abs(list(values))
    if not len(values):
        return {}
    return {
        "median": round(float(np.median(values)), 4),
        "p90": round(float(np.quantile(values, 0.9)), 4),
        "max": round(float(values.max()), 4),
    }


def figures(days: list[Judged]) -> dict:
    """Return precision, recall and errors over days."""
    real = sum(len(day.real) for day in days)
    inferred = sum(len(day.inferred) for day in days)
    hits = [pair for day in days for pair in pairs(day)]
    known = np.array([is_halt for day in days for is_halt in truth(day)])
    chance = np.array([halt.probability for day in days for halt, _ in day.found])
    said = np.where(known, chance, 1.0 - chance)
    return {
        "days": len(days),
        "real": real,
        "inferred": inferred,
        "hits": len(hits),
        "precision": round(len(hits) / inferred, 4) if inferred else None,
        "recall": round(len(hits) / real, 4) if real else None,
        "false_alarms_per_day": round((inferred - len(hits)) / len(days), 4) if days else None,
        "start_error_s": spread((halt.from_ns - a) / NS for (a, _), halt in hits),
        "end_error_s": spread(((halt.to_ns or b) - b) / NS for (_, b), halt in hits),
        "candidates": len(chance),
        "log_loss": round(float(-np.log(said).mean()), 5) if len(said) else None,
        "brier": round(float(((1.0 - said) ** 2).mean()), 5) if len(said) else None,
        "ms_per_day": round(1e3 * float(np.median([day.seconds for day in days])), 2)
        if days
        else None,
    }


def fit(days: list[Judged]) -> dict[str, float]:
    """Return the most likely weights; see the head of this file."""
    known = np.array([is_halt for day in days for is_halt in truth(day)])
    evidence = np.array([list(values) for day in days for _, values in day.found])
    design = np.column_stack([np.ones(len(evidence)), evidence])
    signs = np.where(known, 1.0, -1.0)

    def loss(weights: np.ndarray) -> float:
        fits = np.logaddexp(0.0, -signs * (design @ weights)).sum()
        return float(fits + 0.5 * ((weights - GUESS) ** 2).sum())

    best = minimize(loss, GUESS, method="BFGS").x
    return dict(zip(("intercept", *Evidence._fields), np.round(best, 2).tolist(), strict=True))


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("days", help="folder of a day store")
    parser.add_argument("--split", type=dt.date.fromisoformat, help="first date of the second part")
    parser.add_argument("--fit", action="store_true", help="print the weights of the first part")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args()
    store = DayStore(arguments.days)
    parts: dict[str, dict[str, list[Judged]]] = {}
    closes: dict[str, int] = {}
    for day in store:
        previous, closes[day.symbol] = closes.get(day.symbol, 0), day.closing_price
        if "no_status" in day.flags or "halts_inferred" in day.flags:
            continue
        late = arguments.split is not None and day.date >= arguments.split
        if late and arguments.fit:
            continue
        part = parts.setdefault("from_split" if late else "before_split", {})
        kinds = (
            ("trades",) if {NO_QUOTES, QUOTES_REBUILT} & set(day.flags) else ("trades", "quotes")
        )
        for kind in kinds:
            judge(day, previous, kind == "quotes")  # compiles, and reads the files
            part.setdefault(kind, []).append(judge(day, previous, kind == "quotes"))
    if arguments.fit:
        both = [day for days in parts["before_split"].values() for day in days]
        print(json.dumps(fit(both), indent=1))
        return
    result = {
        part: {kind: figures(days) for kind, days in kinds.items()} for part, kinds in parts.items()
    }
    if arguments.json:
        print(json.dumps(result, indent=1))
        return
    for part, kinds in result.items():
        for kind, row in kinds.items():
            print(f"{part}, {kind}: " + ", ".join(f"{name} {row[name]}" for name in row))


if __name__ == "__main__":
    main()
