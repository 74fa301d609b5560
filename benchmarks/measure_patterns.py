"""What the scanner finds on days whose truth is known: patterns, categories, stories, alerts.

A sighting is right if it falls within what it says, as it was scripted, give or take 30 seconds
(or ``--tolerance``), and a scripted pattern is found if a sighting falls so. A breakout that is
going to fail cannot be told from one that holds, so every scripted push above a level counts for
the detector of breakouts; ``truth`` says what counts. *Chance* is the precision that sightings at
random seconds of the regular session would have. Base rates of alerts are over the days that
alerted, to the close of the regular session.

    python benchmarks/measure_patterns.py --days 200 --mix curriculum --json
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from statistics import fmean, median
from typing import Any

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Pattern, Scenario
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.days import DayStore
from lowfloat.days.baselines import Baselines
from lowfloat.days.reference import ReferenceTables
from lowfloat.index.asof import alerts_of
from lowfloat.index.config import IndexConfig
from lowfloat.index.patterns import DETECTORS
from lowfloat.index.quality import CATEGORIES, category_of
from lowfloat.index.scenarios import story_of
from lowfloat.synth import synthesize
from lowfloat.synth.options import Options
from lowfloat.tape.column import Tape
from lowfloat.tape.phase import phases_of
from lowfloat.tape.price import mid_price

Truth = dict[str, np.ndarray]


def _phase(phase: Phase) -> Callable[[Truth], np.ndarray]:
    return lambda truth: truth["phase"] == phase


def _pattern(pattern: Pattern) -> Callable[[Truth], np.ndarray]:
    return lambda truth: truth["pattern"] == pattern


def _reopened_higher(truth: Truth) -> np.ndarray:
    """Return the minute after each halt that a phase of buying went on through."""
    halted = truth["halted"] == 1
    rising = np.isin(truth["phase"], (Phase.PARABOLIC, Phase.MOMENTUM, Phase.BREAKOUT))
    after = np.zeros(len(halted), bool)
    for end in np.flatnonzero(halted[:-1] & ~halted[1:]) + 1:
        after[end : end + 60] = rising[end : end + 30].mean() > 0.5
    return after


TRUTH: dict[Pattern, tuple[str, Callable[[Truth], np.ndarray]]] = {
    Pattern.BREAKOUT: ("phase breakout", _phase(Phase.BREAKOUT)),
    Pattern.FAILED_BREAKOUT: ("pattern failed_breakout", _pattern(Pattern.FAILED_BREAKOUT)),
    Pattern.FLUSH: ("phase flush", _phase(Phase.FLUSH)),
    Pattern.BOUNCE: ("phase bounce", _phase(Phase.BOUNCE)),
    Pattern.ACCUMULATION: ("phase accumulation", _phase(Phase.ACCUMULATION)),
    Pattern.DISTRIBUTION: ("phase distribution", _phase(Phase.DISTRIBUTION)),
    Pattern.FIRST_PULLBACK: ("pattern first_pullback", _pattern(Pattern.FIRST_PULLBACK)),
    Pattern.VWAP_RECLAIM: ("pattern vwap_reclaim", _pattern(Pattern.VWAP_RECLAIM)),
    Pattern.VWAP_REJECT: ("pattern vwap_reject", _pattern(Pattern.VWAP_REJECT)),
    Pattern.HALT_CONTINUATION: ("buying went on through a halt", _reopened_higher),
}


def spans(holds: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches in which a condition holds, as first second and second after."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


class Tally:
    """How often what was told was true, and what was true was told."""

    def __init__(self) -> None:
        self.told = self.right = self.true = self.found = 0
        self.delays: list[int] = []
        self.chance: list[float] = []

    def add(self, seconds: list[int], truth: np.ndarray, tolerance: int) -> None:
        """Add a day."""
        events = spans(truth)
        near = np.zeros(len(truth) + 1, bool)
        for first, last in events:
            near[max(first - tolerance, 0) : last + tolerance] = True
        self.told += len(seconds)
        self.right += sum(bool(near[second]) for second in seconds)
        self.true += len(events)
        self.chance.append(float(near[REGULAR_OPEN : REGULAR_OPEN + 23_400].mean()))
        for first, last in events:
            hits = [s for s in seconds if first - tolerance <= s <= last + tolerance]
            self.found += bool(hits)
            self.delays += [hits[0] - first] if hits else []

    def row(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "told": self.told,
            "precision": self.right / self.told if self.told else None,
            "chance": fmean(self.chance),
            "true": self.true,
            "recall": self.found / self.true if self.true else None,
            "median_delay": median(self.delays) if self.delays else None,
        }


def category_truth(truth: Truth) -> dict[str, np.ndarray]:
    """Return where each category truly holds; prime and secondary differ by quality alone."""
    by_phase = {phase: category_of(phase, Pattern.NONE, 0.0) for phase in Phase}
    named = np.array([by_phase[Phase(code)] for code in range(len(Phase))])[truth["phase"]]
    named[truth["pattern"] == Pattern.FAILED_BREAKOUT] = "risk"
    return {name: named == name for name in CATEGORIES if name != "prime"}


def scripted_story(scenario: np.ndarray) -> Scenario:
    """Return the first story in play that a day was written with, or what it was without one."""
    first = np.sort(np.unique(scenario, return_index=True)[1])
    told = [Scenario(int(code)) for code in scenario[first]]
    return next((story for story in told if story.in_play), told[-1])


def measure(store: DayStore, config: IndexConfig, tolerance: int) -> dict[str, Any]:
    """Measure every day of a store that has truth."""
    patterns = {pattern: Tally() for pattern in DETECTORS}
    categories = {name: Tally() for name in CATEGORIES if name != "prime"}
    stories: Counter = Counter()
    rates = []
    baselines = Baselines(store, ReferenceTables(store.root))
    for symbol, date in store.days():
        truth = store.truth(symbol, date)
        tape = Tape(store[symbol, date], baselines.of(symbol, date))
        for pattern, tally in patterns.items():
            seen = [found.second for found in DETECTORS[pattern](tape, config.detection)]
            tally.add(seen, TRUTH[pattern][1](truth), tolerance)
        true_category = category_truth(truth)
        phases = tape.of(phases_of)[60:57_600:60]
        named = np.array([category_of(Phase(int(code)), Pattern.NONE, 0.0) for code in phases])
        for name, tally in categories.items():
            told = (60 * (np.flatnonzero(named == name) + 1)).tolist()
            tally.add(told, true_category[name], tolerance)
        true_story = scripted_story(truth["scenario"])
        stories[true_story.label, story_of(tape, config).scenario.label] += 1
        rates += _alert_rate(tape, config)
    return {
        "days": len(store),
        "tolerance": tolerance,
        "patterns": {
            pattern.label: {"truth": TRUTH[pattern][0], **tally.row()}
            for pattern, tally in patterns.items()
        },
        "categories": {name: tally.row() for name, tally in categories.items()},
        "scenarios": _stories(stories),
        "alerts": _base_rates(rates, len(store)),
    }


def _stories(stories: Counter) -> dict[str, Any]:
    labels = sorted({true for true, _ in stories})
    return {
        label: {
            "days": sum(n for (true, _), n in stories.items() if true == label),
            "told": sum(n for (_, told), n in stories.items() if told == label),
            "right": stories[label, label],
            "mistaken_for": [
                f"{told} {n}" for (true, told), n in stories.most_common()
                if true == label and told != label
            ][:3],
        }
        for label in labels
    }  # fmt: skip


def _alert_rate(tape: Tape, config: IndexConfig) -> list[dict[str, Any]]:
    alerts = alerts_of(tape, config.alert)
    if not alerts:
        return []
    mid = tape.of(mid_price)
    close = tape.session.second(tape.session.regular_close_ns)
    at, paid = alerts[0].second, float(mid[alerts[0].second - 1])
    after = mid[at : max(close, at + 1)]
    opening, high = float(mid[REGULAR_OPEN]), tape.seconds.high
    known = tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR
    return [
        {
            "alerts": len(alerts),
            "best": float(np.nanmax(after)) / paid - 1.0,
            "worst": float(np.nanmin(after)) / paid - 1.0,
            "close": float(after[-1]) / paid - 1.0,
            "gapped": bool(known and opening / known >= 1.2),
            "busy": bool(tape.seconds.volume[:REGULAR_OPEN].sum() >= 500_000),
            "below_open": bool(mid[close - 1] < opening),
            "rose_20_percent": bool(high[REGULAR_OPEN:close].max() >= 1.2 * opening),
            "above_premarket": bool(high[REGULAR_OPEN:close].max() > high[:REGULAR_OPEN].max()),
        }
    ]


def _base_rates(rates: list[dict[str, Any]], days: int) -> dict[str, Any]:
    def share(of: list[dict[str, Any]], holds: Callable[[dict[str, Any]], bool]) -> float | None:
        return sum(map(holds, of)) / len(of) if of else None

    return {
        "days_with_an_alert": len(rates) / days if days else None,
        "alerts_per_such_day": fmean(rate["alerts"] for rate in rates) if rates else None,
        "ran_10_percent": share(rates, lambda r: r["best"] >= 0.10),
        "ran_30_percent": share(rates, lambda r: r["best"] >= 0.30),
        "lost_10_percent": share(rates, lambda r: r["worst"] <= -0.10),
        "closed_below_the_alert": share(rates, lambda r: r["close"] < 0),
        "median_to_close": median(r["close"] for r in rates) if rates else None,
        "gapped_20_percent": _gappers([rate for rate in rates if rate["gapped"]], share),
        "and_500_000_shares_before_the_open": _gappers(
            [rate for rate in rates if rate["gapped"] and rate["busy"]], share
        ),
        "published": {
            "closed_below_the_open": "0.70 to 0.75 of small caps that gap 20 %",
            "beat_the_premarket_high": "about 0.40 of them",
            "rose_20_percent_above_the_open": "0.27 of them",
        },
    }


def _gappers(gapped: list[dict[str, Any]], share: Callable) -> dict[str, Any]:
    return {
        "days": len(gapped),
        "closed_below_the_open": share(gapped, lambda r: r["below_open"]),
        "beat_the_premarket_high": share(gapped, lambda r: r["above_premarket"]),
        "rose_20_percent_above_the_open": share(gapped, lambda r: r["rose_20_percent"]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", nargs="?", help="a store of synthetic days; makes some if absent")
    parser.add_argument("--days", type=int, default=96)
    parser.add_argument("--mix", default="curriculum")
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--tolerance", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    config = IndexConfig()
    if args.store:
        found = measure(DayStore(args.store), config, args.tolerance)
    else:
        with tempfile.TemporaryDirectory() as folder:
            store = DayStore(folder)
            symbols = max(args.days // 24, 1)
            synthesize(store, -(-args.days // symbols), args.seed, symbols=symbols,
                       options=Options(mix=args.mix))  # fmt: skip
            found = measure(store, config, args.tolerance)
    if args.json:
        print(json.dumps(found, indent=1))
        return
    for part in ("patterns", "categories"):
        print(f"{part:20} told precision chance  true recall delay")
        for name, row in found[part].items():
            print(
                f"{name:20} {row['told']:4} {_share(row['precision'])}     "
                f"{_share(row['chance'])} {row['true']:5} {_share(row['recall'])}  "
                f"{row['median_delay']}"
            )
    for name, row in found["scenarios"].items():
        print(f"{name:20} {row}")
    for name, value in found["alerts"].items():
        print(f"{name:32} {value}")


def _share(value: float | None) -> str:
    return "   -" if value is None else f"{value:4.2f}"


if __name__ == "__main__":
    main()
