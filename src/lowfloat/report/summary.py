"""The report's numbers and its verdict, computed before any HTML exists."""

import itertools
from collections import Counter
from typing import NamedTuple

import numpy as np

from lowfloat.report.exam_files import (
    DO_NOTHING,
    Exam,
    PolicyResult,
    RoundTrip,
    SymbolDay,
)
from lowfloat.report.words import count, ordinal, percent, plain, signed_money

TABLE_TRADES = 8


class Verdict(NamedTuple):
    """The result in words.

    Attributes:
        edge: whether the agent beat doing nothing and every baseline, beyond its interval.
        title: a few words.
        sentence: the numbers behind them.
    """

    edge: bool
    title: str
    sentence: str


class PolicyRow(NamedTuple):
    """One line of the table of policies.

    Attributes:
        result: the policy's own numbers.
        winning_days: symbol-days with a net gain.
        ends: reasons for which its episodes ended, most frequent first, in words.
    """

    result: PolicyResult
    winning_days: int
    ends: str


class MoneyAxis(NamedTuple):
    """A scale of dollars that holds zero and every policy's mean and interval."""

    low: float
    high: float

    def at(self, dollars: float) -> float:
        """Return the position of an amount, 0 at the low end and 1 at the high end."""
        return (dollars - self.low) / (self.high - self.low) if self.high > self.low else 0.5


class ChartDay(NamedTuple):
    """A day worth looking at.

    Attributes:
        day: the symbol-day.
        reason: why it was chosen.
        net_pnl: the agent's dollars on it.
        fills: the agent's fills on it.
    """

    day: SymbolDay
    reason: str
    net_pnl: float
    fills: int


def best_baseline(exam: Exam) -> PolicyResult | None:
    """Return the baseline with the highest mean, doing nothing aside; None if there is none."""
    active = [policy for policy in exam.baselines if policy.name != DO_NOTHING]
    return max(active, key=lambda policy: policy.mean, default=None)


def verdict(exam: Exam) -> Verdict:
    """Judge the agent against doing nothing and against the best baseline."""
    agent, best = exam.agent, best_baseline(exam)
    idle = next((policy.mean for policy in exam.baselines if policy.name == DO_NOTHING), 0.0)
    edge, title = _judge(exam, idle, best)
    if agent.interval is None:
        spread = "no interval"
    else:
        low, high = (signed_money(bound) for bound in agent.interval)
        spread = f"{percent(exam.about.confidence)} interval {low} to {high}"
    made = f"{signed_money(agent.mean)} per day after all fees ({spread})"
    sentence = (
        f"Over {count(len(exam.days), 'day')} of the {exam.about.split} split the agent made a "
        f"mean of {made}; doing nothing makes {signed_money(idle)}"
    )
    if best is not None:
        sentence += f", and the best baseline, {best.name}, made {signed_money(best.mean)}"
    if best is not None and best.agent_ahead is not None:
        sentence += f"; the agent's lead over it is {signed_money(best.agent_ahead)} per day"
    if best is not None and best.agent_ahead_interval is not None:
        low, high = (signed_money(bound) for bound in best.agent_ahead_interval)
        sentence += f" ({low} to {high})"
    return Verdict(edge, title, sentence + ".")


def _judge(exam: Exam, idle: float, best: PolicyResult | None) -> tuple[bool, str]:
    agent, days = exam.agent, len(exam.days)
    if agent.fills == 0:
        return False, "No edge shown: the agent made no trades"
    if agent.mean < idle:
        return False, "No edge shown: the agent did worse than doing nothing"
    # Sign test: so few coins all land heads too often for a gain on every day to mean anything,
    # whatever a bootstrap over them says.
    if 2.0 * 0.5**days > 1.0 - exam.about.confidence:
        return False, f"No edge shown: {count(days, 'day')} cannot show one"
    if agent.interval is None or agent.interval[0] <= idle:
        return False, "No edge shown: the interval includes doing nothing"
    if best is not None and (
        best.agent_ahead_interval is None or best.agent_ahead_interval[0] <= 0
    ):
        return False, "An edge over doing nothing, but none shown over the best baseline"
    return True, "An edge on this split: over doing nothing and over the best baseline"


def policy_rows(exam: Exam) -> list[PolicyRow]:
    """Return the table of policies, the agent first and the others in the exam's order."""
    return [
        PolicyRow(policy, sum(pnl > 0 for pnl in policy.net_pnl), _ends(policy))
        for policy in (exam.agent, *exam.baselines)
    ]


def _ends(policy: PolicyResult) -> str:
    ordered = sorted(policy.end_reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{plain(reason)} {times}" for reason, times in ordered if times)


def money_axis(exam: Exam) -> MoneyAxis:
    """Return the scale on which the policies' means and intervals are drawn."""
    marks = [0.0, *(policy.mean for policy in exam.about.policies)]
    marks += [bound for policy in exam.about.policies for bound in policy.interval or ()]
    return MoneyAxis(min(marks), max(marks))


def in_time_order(exam: Exam) -> list[int]:
    """Return the positions of the exam's symbol-days, sorted by date and then by symbol."""
    return sorted(range(len(exam.days)), key=lambda i: (exam.days[i].date, exam.days[i].symbol))


def cumulative_pnl(exam: Exam) -> dict[str, np.ndarray]:
    """Return per policy the running sum of net P&L in dollars, in time order."""
    order = in_time_order(exam)
    policies = (exam.agent, *exam.baselines)
    return {policy.name: np.cumsum(np.array(policy.net_pnl)[order]) for policy in policies}


def chart_days(exam: Exam, charts: int) -> list[ChartDay]:
    """Choose up to ``charts`` days: in turn the best, the worst and the most active one left.

    If the agent traded on none, days with an alert come first: they show what it left alone.
    """
    fills = Counter((fill.symbol, fill.date) for fill in exam.fills)
    days = [
        ChartDay(day, "untraded day", pnl, fills[day.symbol, day.date.isoformat()])
        for day, pnl in zip(exam.days, exam.agent.net_pnl, strict=True)
    ]
    rankings = {
        "best": sorted((d for d in days if d.net_pnl > 0), key=lambda d: -d.net_pnl),
        "worst": sorted((d for d in days if d.net_pnl < 0), key=lambda d: d.net_pnl),
        "most active": sorted((d for d in days if d.fills), key=lambda d: -d.fills),
    }
    chosen: dict[SymbolDay, ChartDay] = {}
    for what in itertools.chain.from_iterable(itertools.repeat(tuple(rankings), len(days))):
        left = (place for place, d in enumerate(rankings[what]) if d.day not in chosen)
        place = next(left, None)
        if place is not None and len(chosen) < charts:
            found = rankings[what][place]
            chosen[found.day] = found._replace(reason=f"{ordinal(place)}{what} day")
    if any(rankings.values()):
        return list(chosen.values())
    return sorted(days, key=lambda d: exam.about.alerts.get(d.day.name) is None)[:charts]


def best_and_worst(exam: Exam) -> tuple[list[RoundTrip], list[RoundTrip]]:
    """Return the agent's trades with the highest gains and those with the highest losses."""
    best = sorted((t for t in exam.trades if t.net_pnl > 0), key=lambda t: -t.net_pnl)
    worst = sorted((t for t in exam.trades if t.net_pnl <= 0), key=lambda t: t.net_pnl)
    return best[:TABLE_TRADES], worst[:TABLE_TRADES]
