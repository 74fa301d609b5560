"""What a synthetic market tells: how often each story, how long each phase, and how days end.

The days of both mixes are made, and their truth is counted. Scenarios are counted by the first of
a day, among the days in play; a chi-square test holds them against the weights of the mix. Days
of a stock hang together, so its p-value is somewhat too small rather than too large. The seconds
of each phase are held against scripts written anew for the same stories: what pauses cut short
shows as a difference, in standard errors. Of the days in play, outcomes are measured as a user
of stored days would: range, gap, high of the day, pauses.

    python benchmarks/measure_scenarios.py --days 1000 --json
"""

import argparse
import json
from collections import Counter
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, chisquare

from lowfloat.base.clock import session_of
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Scenario
from lowfloat.synth.bands import WIDE
from lowfloat.synth.character import draw_character, draw_stock
from lowfloat.synth.day_facts import Outcome, outcome_of
from lowfloat.synth.facts import GAP, gaps_of
from lowfloat.synth.generate import synth_days
from lowfloat.synth.observed import observe
from lowfloat.synth.options import Options
from lowfloat.synth.preset import Variety
from lowfloat.synth.script import write_script
from lowfloat.synth.stories import COMPOUNDS, MIXES, Plan

SCRIPTS = 4
"""Scripts written anew for each day."""


class Seen(NamedTuple):
    """What is kept of a day.

    Attributes:
        plan: the scenarios its truth tells, in order.
        seconds: seconds of each phase, by code.
        outcome: what became of it.
    """

    plan: Plan
    seconds: np.ndarray
    outcome: Outcome

    @property
    def in_play(self) -> bool:
        return self.plan[0].in_play


def plan_of(scenario: np.ndarray) -> Plan:
    """Return the scenarios of a day's truth, in order; the same one twice in a row counts once."""
    changes = np.flatnonzero(np.diff(scenario, prepend=scenario[0] - 1))
    return tuple(Scenario(int(code)) for code in scenario[changes])


def see(mix: str, days: int, symbols: int, seed: int) -> list[Seen]:
    """Make days of a mix, and keep of each what is counted."""
    stream = synth_days(days // symbols, seed, symbols=symbols, options=Options(mix=mix))
    return [
        Seen(
            plan_of(truth["scenario"]),
            np.bincount(truth["phase"], minlength=len(Phase)),
            outcome_of(observe(day)),
        )
        for day, truth in stream
    ]


def scripted_seconds(days: list[Seen], seed: int) -> np.ndarray:
    """Return the seconds of each phase, int64 (scripts, phases), of a few scripts per story."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in days * SCRIPTS:
        character = draw_character(rng, draw_stock(rng), Variety())
        script = write_script(rng, session_of(day.outcome.date), day.plan, character, 0.0)
        rows.append(np.bincount(script.phase, minlength=len(Phase)))
    return np.array(rows)


def shares(days: list[Seen], mix: str) -> dict:
    """Return how often each scenario was told, beside its weight."""
    active, weights = MIXES[mix].active, MIXES[mix].weights
    told = [day.plan for day in days if day.in_play]
    first = Counter(plan[0] for plan in told)
    counts = np.array([first[scenario] for scenario in weights])
    expected = np.array(list(weights.values()))
    expected /= expected.sum()
    return {
        "days": len(days),
        "in_play": len(told) / len(days),
        "in_play_wished": active,
        "in_play_p": float(binomtest(len(told), len(days), active).pvalue),
        "scenarios": {
            scenario.label: {"share": first[scenario] / len(told), "weight": weight}
            for scenario, weight in weights.items()
        },
        "chi_square_p": float(chisquare(counts, expected * len(told)).pvalue),
        "compounds": _compounds(told, weights),
    }


def _compounds(told: list[Plan], weights: dict[Scenario, float]) -> dict:
    """Return how often a day in play went on with other stories, beside the stated odds.

    A scenario told twice in a row cannot be told apart in the truth from one that was told once.
    """
    stated: dict[Plan, float] = {}
    for first, ways in COMPOUNDS.items():
        for odds, plan in ways:
            seen = tuple(s for s, before in zip(plan, (None, *plan), strict=False) if s != before)
            stated[seen] = stated.get(seen, 0.0) + weights.get(first, 0.0) * odds
    found = Counter(told)
    return {
        ", ".join(scenario.label for scenario in plan): {
            "share": found[plan] / len(told),
            "stated": odds,
            "p": float(binomtest(found[plan], len(told), odds).pvalue),
        }
        for plan, odds in stated.items()
        if odds
    }


def phases(days: list[Seen], scripted: np.ndarray) -> dict:
    """Return the mean seconds of each phase per day in play, beside those of fresh scripts."""
    played = np.array([day.seconds for day in days])
    errors = np.sqrt(
        played.var(axis=0, ddof=1) / len(played) + scripted.var(axis=0, ddof=1) / len(scripted)
    )
    return {
        phase.label: {
            "seconds": float(played[:, phase].mean()),
            "scripted": float(scripted[:, phase].mean()),
            "standard_errors": float(
                (played[:, phase].mean() - scripted[:, phase].mean()) / errors[phase]
            )
            if errors[phase]
            else 0.0,
        }
        for phase in Phase
    }


def outcomes(days: list[Seen]) -> dict:
    """Return what became of the days in play, and the ranges of the others."""
    gaps = gaps_of([day.outcome for day in days])
    gapped = [day.outcome for day, gap in zip(days, gaps, strict=True) if gap >= GAP]
    in_play = [day.outcome for day in days if day.in_play]
    wide = [len(outcome.pauses) for outcome in in_play if outcome.range > WIDE]
    return {
        "range_in_play": _quantiles([outcome.range for outcome in in_play]),
        "range_of_others": _quantiles([day.outcome.range for day in days if not day.in_play]),
        "gap_days": len(gapped),
        "gap_closes_below_open": _mean([outcome.close < outcome.open for outcome in gapped]),
        "early_high_share": _mean([outcome.early_high for outcome in in_play]),
        "runner_days": len(wide),
        "pauses_per_runner_day": _quantiles(wide),
    }


def _quantiles(values: list) -> dict[str, float]:
    if not values:
        return {}
    levels = (0.1, 0.5, 0.9)
    found = np.nanquantile(values, levels)
    return {f"p{100 * level:.0f}": float(value) for level, value in zip(levels, found, strict=True)}


def _mean(values: list[bool]) -> float:
    return float(np.mean(values)) if values else float("nan")


def measure(mix: str, days: int, symbols: int, seed: int) -> dict:
    """Return everything about one mix."""
    seen = see(mix, days, symbols, seed)
    in_play = [day for day in seen if day.in_play]
    return {
        **shares(seen, mix),
        "phases": phases(in_play, scripted_seconds(in_play, seed)),
        **outcomes(seen),
    }


def lines(value: dict | float, name: str = "", depth: int = 0) -> list[str]:
    """Return nested figures as indented lines."""
    if not isinstance(value, dict):
        return [f"{'  ' * depth}{name}: {value:,.4g}"]
    own = [f"{'  ' * depth}{name}"] if name else []
    return own + [
        line for key, part in value.items() for line in lines(part, key, depth + bool(name))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=1000, help="of each mix")
    parser.add_argument("--symbols", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = {mix: measure(mix, given.days, given.symbols, given.seed) for mix in MIXES}
    print(json.dumps(result, indent=1) if given.json else "\n".join(lines(result)))


if __name__ == "__main__":
    main()
