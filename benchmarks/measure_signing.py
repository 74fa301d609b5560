"""How often the rules find the aggressor that the feed tells, on stored days.

The feed's own sides are hidden, all prints are signed, and where the feed knew, the two are
compared: rule by rule, with the book and without one (the tick rule alone, as on a day without
quotes). Prints that a feed leaves open lie mostly inside the spread and are harder; of these
only how many get a sign can be told.

    python benchmarks/measure_signing.py DAYS --json
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from lowfloat.base.records import Quotes, Trades, empty
from lowfloat.days.day import QUOTES_REBUILT, Day
from lowfloat.days.signing import NATIVE, QUOTE_RULE, TICK_RULE, UNKNOWN, sign
from lowfloat.days.store import DayStore

RULES = {QUOTE_RULE: "quote_rule", TICK_RULE: "tick_rule", UNKNOWN: "unknown"}


def hidden(trades: Trades) -> Trades:
    """Return the prints as of a feed that tells no side."""
    return trades._replace(
        side=np.zeros_like(trades.side), confidence=np.zeros_like(trades.confidence)
    )


def count(day: Day, totals: dict[str, Counter]) -> None:
    """Add the prints of a day to the totals of each rule."""
    known = day.trades.confidence >= NATIVE
    with_book = sign(hidden(day.trades), day.quotes)
    without = sign(hidden(day.trades), empty(Quotes))
    for confidence, rule in RULES.items():
        of_rule = with_book.confidence == confidence
        add(totals[rule], day, with_book, known & of_rule)
        totals[rule]["left_open_by_the_feed"] += int((~known & of_rule).sum())
    add(totals["all_rules"], day, with_book, known)
    add(totals["without_book"], day, without, known)


def add(total: Counter, day: Day, signed: Trades, rows: np.ndarray) -> None:
    total["prints"] += int(rows.sum())
    total["right"] += int((signed.side[rows] == day.trades.side[rows]).sum())
    total["signed"] += int((signed.side[rows] != 0).sum())


def measure(store: DayStore) -> dict:
    totals = {rule: Counter() for rule in (*RULES.values(), "all_rules", "without_book")}
    days = [day for day in store if len(day.quotes.ts_recv) and QUOTES_REBUILT not in day.flags]
    for day in days:
        count(day, totals)
    rules = {
        rule: {**total, "accuracy": total["right"] / max(total["signed"], 1)}
        for rule, total in totals.items()
    }
    return {"days": len(days), "rules": rules}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("days", type=Path, help="a store of days")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args()
    found = measure(DayStore(options.days))
    if options.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{found['days']} days")
    for rule, told in found["rules"].items():
        print(
            f"{rule}: {told['prints']:,} prints with a known side, "
            f"{told['signed']:,} signed, {told['accuracy']:.2%} of them right"
        )


if __name__ == "__main__":
    main()
