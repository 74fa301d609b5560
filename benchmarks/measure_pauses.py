"""How synthetic days pause: how often, how long, which way, and whether always by the rules.

Each day is followed row by row by the plain reading of the rules that the tests use. A runner is a
day that ranges over more than half of its lowest price; a limit state is counted if it stood for a
second; gaps are from the last print before a pause to the auction after it, as fractions.

    python benchmarks/measure_pauses.py --days 1000 --json

`violations` must be 0. The first day of each stock is left out: its previous close is not told.
"""

import argparse
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))  # for the follower
from reference.luld_rules import SECOND, Follower, restriction_faults, restricts_tomorrow

from lowfloat.days import Day
from lowfloat.synth import synth_days
from lowfloat.synth.options import Options
from lowfloat.synth.stories import MIXES

RUNNER = 0.5
SHOWN = 20  # violations that are printed in full


class Followed(NamedTuple):
    """What a day did."""

    range: float
    pauses: list[tuple[str, float, float]]  # which way, seconds, gap
    into_close: int
    cleared: int
    faults: list[str]


def follow(day: Day, value: np.ndarray, previous_close: int, restricted: bool) -> Followed:
    """Follow a day through its pauses."""
    follower = Follower(day, previous_close, value)
    faults = follower.follow() + restriction_faults(day, previous_close, restricted)
    prices, times = day.trades.price, day.trades.ts_event
    pauses, into_close = [], 0
    for pause, (begin, end) in zip(follower.pauses, day.halts, strict=True):
        last = int(np.searchsorted(times, begin)) - 1
        gap = float(prices[last + 1] / prices[last] - 1)
        pauses.append((pause.side, round((end - begin) / SECOND), gap))
        into_close += end >= day.session.regular_close_ns
    return Followed(
        float(prices.max() / prices.min() - 1),
        pauses,
        into_close,
        sum(lasted >= SECOND for lasted in follower.cleared),
        [f"{day.name} {fault}" for fault in faults],
    )


def followed(days: int, symbols: int, seed: int, first: dt.date, options: Options) -> Iterator:
    """Yield what each day of a market did, but for the first day of each stock."""
    each = -(-days // symbols) + 1
    symbol, previous, restricted, count = "", 0, False, 0
    for day, truth in synth_days(each, seed, symbols=symbols, first=first, options=options):
        if day.symbol == symbol:
            yield follow(day, truth["value"], previous, restricted)
            count += 1
            if count % 50 == 0:
                print(f"{count} days", file=sys.stderr)
            restricted = restricts_tomorrow(day, previous)
        else:
            restricted = bool(day.status.is_short_sell_restricted[-1] == 1)
        symbol, previous = day.symbol, day.closing_price


def quantiles(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {
        "median": round(float(np.median(values)), 4),
        "p90": round(float(np.quantile(values, 0.9)), 4),
        "mean": round(float(np.mean(values)), 4),
        "max": round(float(np.max(values)), 4),
    }


def figures(days: list[Followed]) -> dict[str, Any]:
    """Return the figures over days."""
    pauses = [pause for day in days for pause in day.pauses]
    cleared = sum(day.cleared for day in days)
    faults = [fault for day in days for fault in day.faults]
    runners = [day for day in days if day.range > RUNNER]
    outward = [gap if side == "up" else -gap for side, _, gap in pauses]
    lengths = Counter(seconds for _, seconds, _ in pauses)
    return {
        "days": len(days),
        "pauses": len(pauses),
        "days_with_pauses": sum(bool(day.pauses) for day in days),
        "runners": len(runners),
        "pauses_per_runner": quantiles([len(day.pauses) for day in runners]),
        "runners_without_pause": sum(not day.pauses for day in runners),
        "upward_share": share(sum(side == "up" for side, *_ in pauses), len(pauses)),
        "seconds": {str(length): lengths[length] for length in sorted(lengths)},
        "into_the_close": sum(day.into_close for day in days),
        "gap_size": quantiles([abs(gap) for _, _, gap in pauses]),
        "gap_onward_mean": round(float(np.mean(outward)), 4) if pauses else None,
        "gap_onward_share": share(sum(gap > 0 for gap in outward), len(pauses)),
        "limit_states": cleared + len(pauses),
        "limit_states_cleared": share(cleared, cleared + len(pauses)),
        "violations": len(faults),
        "violations_shown": faults[:SHOWN],
    }


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=1000, help="symbol-days")
    parser.add_argument("--symbols", type=int, default=25, help="stocks that share them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mix", choices=sorted(MIXES), default="curriculum")
    parser.add_argument("--edge", type=float, default=1.0, help="strength of the market's edge")
    parser.add_argument(
        "--first", type=dt.date.fromisoformat, default=dt.date(2024, 11, 1), help="session"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args()
    options = Options(mix=arguments.mix, edge=arguments.edge)
    days = followed(arguments.days, arguments.symbols, arguments.seed, arguments.first, options)
    found = figures(list(days))
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
