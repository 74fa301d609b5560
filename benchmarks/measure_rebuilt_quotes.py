"""How far a book rebuilt from prints is from the true one, on stored days that have both.

At each second of regular hours outside halts the two books in force are compared. `too_kind` is
the share of seconds in which the rebuilt side is better for a trader than the true one, and by how
much; `mean` is by how much it is worse on average, which must not be below 0. Days from `--split`
on are reported apart: the rules were chosen on days before 2025-04-01. Each figure is given for
the sides as the feed tells them, and with all of them hidden, as on a tape that does not say.

    python benchmarks/measure_rebuilt_quotes.py DAYS --json
"""

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.days.day import QUOTES_REBUILT, Day
from lowfloat.days.store import DayStore
from lowfloat.ingest.rebuild import rebuild_quotes

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
JUST_PRINTED_NS = 2 * NS


class Compared(NamedTuple):
    """One row per second of regular hours with a true book, in basis points of the true middle."""

    covered: np.ndarray
    spread: np.ndarray
    bid: np.ndarray  # how far the rebuilt bid is below the true one
    ask: np.ndarray  # how far the rebuilt ask is above the true one
    size: np.ndarray  # rebuilt shares to true ones, of both sides together
    just_printed: np.ndarray


def compare(day: Day, *, hide_sides: bool) -> Compared:
    """Compare the books of one day."""
    trades = day.trades
    if hide_sides:
        trades = trades._replace(confidence=np.zeros_like(trades.confidence))
    rebuilt = rebuild_quotes(trades, day.session, halts=day.halts, end_ns=int(day.coverage_end_ns))
    last = min(day.session.regular_close_ns, int(day.coverage_end_ns))
    times = np.arange(day.session.regular_open_ns, last, NS)
    for begin, end in day.halts:
        times = times[(times < begin) | (times >= end)]
    bid, ask, shares = in_force(day.quotes, times)
    sound = (bid > 0) & (ask > bid)
    times, bid, ask, shares = times[sound], bid[sound], ask[sound], shares[sound]
    told_bid, told_ask, told_shares = in_force(rebuilt, times)
    unit = (bid + ask) / 2 / 1e4
    row = np.searchsorted(day.trades.ts_recv, times) - 1
    before = np.where(row >= 0, day.trades.ts_recv[row], 0) if len(day.trades.ts_recv) else times
    return Compared(
        covered=(told_bid > 0) & (told_ask > 0),
        spread=(ask - bid) / unit,
        bid=(bid - told_bid) / unit,
        ask=(told_ask - ask) / unit,
        size=told_shares / shares,
        just_printed=times - before < JUST_PRINTED_NS,
    )


def in_force(quotes, times):
    """Return bid, ask and the size of both sides as last received strictly before each time."""
    row = np.searchsorted(quotes.ts_recv, times) - 1
    known = row >= 0
    return (
        np.where(known, column[row], 0) if len(column) else np.zeros(len(times), np.int64)
        for column in (
            quotes.bid_price,
            quotes.ask_price,
            quotes.bid_size.astype(np.int64) + quotes.ask_size,
        )
    )


def figures(days: list[Compared]) -> dict:
    """Return the figures of some days together."""
    seconds = sum(len(day.covered) for day in days)
    kept = [Compared(*(column[day.covered] for column in day)) for day in days]
    rows = Compared(*(np.concatenate(columns) for columns in zip(*kept, strict=True)))
    if not len(rows.bid):
        return {"days": len(days), "seconds": seconds, "coverage": 0.0}
    means = [(side.mean()) for day in kept if len(day.bid) for side in (day.bid, day.ask)]
    return {
        "days": len(days),
        "seconds": seconds,
        "coverage": len(rows.bid) / seconds,
        "true_spread_bps": float(np.median(rows.spread)),
        "spread_error_bps": quantiles(rows.bid + rows.ask),
        "bid": side_figures(rows.bid),
        "ask": side_figures(rows.ask),
        "just_after_a_print": {
            "seconds": int(rows.just_printed.sum()),
            "bid": side_figures(rows.bid[rows.just_printed]),
            "ask": side_figures(rows.ask[rows.just_printed]),
        },
        "lowest_mean_of_a_day_bps": float(min(means)),
        "size_ratio": quantiles(rows.size),
    }


def side_figures(worse: np.ndarray) -> dict:
    """Return how much worse one side is, and how often and by how much it is too kind."""
    kind = -worse[worse < 0]
    return {
        "mean": float(worse.mean()) if len(worse) else 0.0,
        "too_kind": len(kind) / max(len(worse), 1),
        "too_kind_by_median_bps": float(np.median(kind)) if len(kind) else 0.0,
        "too_kind_by_p95_bps": float(np.quantile(kind, 0.95)) if len(kind) else 0.0,
    }


def quantiles(values: np.ndarray) -> dict:
    return {f"p{q * 100:g}": float(np.quantile(values, q)) for q in QUANTILES}


def measure(store: DayStore, split: dt.date) -> dict:
    days = [
        day
        for day in store
        if len(day.quotes.ts_recv) and len(day.trades.ts_recv) and QUOTES_REBUILT not in day.flags
    ]
    found: dict = {}
    for name, hide in (("native_sides", False), ("hidden_sides", True)):
        compared = [(day.date, compare(day, hide_sides=hide)) for day in days]
        for part, chosen in (
            ("before_split", [c for date, c in compared if date < split]),
            ("from_split", [c for date, c in compared if date >= split]),
        ):
            if chosen:
                found.setdefault(name, {})[part] = figures(chosen)
    return {"split": split.isoformat(), **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("days", type=Path, help="a store of days")
    parser.add_argument("--split", type=dt.date.fromisoformat, default=dt.date(2025, 4, 1))
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args()
    found = measure(DayStore(options.days), options.split)
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name in ("native_sides", "hidden_sides"):
        for part, told in found.get(name, {}).items():
            print(
                f"{name} {part}: {told['days']} days, coverage {told['coverage']:.1%}"
                + (
                    f", spread error {told['spread_error_bps']['p50']:+.0f} bps at a true spread "
                    f"of {told['true_spread_bps']:.0f}, too kind bid {told['bid']['too_kind']:.1%} "
                    f"ask {told['ask']['too_kind']:.1%}, mean {told['bid']['mean']:+.1f} and "
                    f"{told['ask']['mean']:+.1f} bps, lowest day "
                    f"{told['lowest_mean_of_a_day_bps']:+.1f}"
                    if told["coverage"]
                    else ""
                )
            )


if __name__ == "__main__":
    main()
