"""What policies gain on days whose latent value is known: net, costs, and gross on the value.

Every fill is held against the value at the start of the second after it. By then all that could
have decided the fill lies in the past, so that on a market whose value is a martingale the
expected gross is exactly 0, whatever the policy: it is a sum of positions times later changes of
the value. What a fill gave up against the value is a cost, as fees are:

    gross = net + fees + distance

A policy that gains by seeing more than others shows in the gross if it foresees the value, and in
a negative distance if it foresees the book, such as quotes that are late. Shares that nobody
bought at the end are held against the last value.
"""

import argparse
import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.prices import MICRODOLLARS_PER_DOLLAR
from lowfloat.days import Day
from lowfloat.days.baseline import Baseline
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import build_deck
from lowfloat.exam.exam import sit
from lowfloat.exam.interval import mean_interval, ratio_interval
from lowfloat.exam.policy import Policy
from lowfloat.synth import Options, synth_days
from lowfloat.tape.columns import NAMES
from lowfloat.tape.normaliser import Normaliser

Truth = Mapping[str, np.ndarray]


SHOWN_BOOK = EnvConfig(
    fills={
        "latency_spread": 0.0, "latency_burst": 0.0, "collar_bps": 10_000, "deeper_levels": 0,
        "impact": 0.0,
    }
)  # fmt: skip
"""The market of what is displayed, after a latency that is always the same, and nothing else."""


class KnownDay(NamedTuple):
    """A day, what is behind it, and its previous close in dollars, 0 if not known."""

    day: Day
    truth: Truth
    baseline: Baseline


class Gains(NamedTuple):
    """What one policy did: float64 arrays with one element per day, money in dollars.

    Attributes:
        net: gain of the equity.
        fees: paid.
        gross: gain had every fill been at the value.
        trades: round trips.
        bought: paid for shares, without fees.
        traded: worth of all fills.
    """

    net: np.ndarray
    fees: np.ndarray
    gross: np.ndarray
    trades: np.ndarray
    bought: np.ndarray
    traded: np.ndarray

    @property
    def distance(self) -> np.ndarray:
        """What the fills gave up against the value."""
        return self.gross - self.net - self.fees


class Terms(NamedTuple):
    """How intervals are drawn."""

    confidence: float = 0.95
    resamples: int = 10_000
    seed: int = 1


def parser_of(about: str, days: int, symbols: int) -> argparse.ArgumentParser:
    """Return the options of a measurement on days it makes, with so many days and stocks."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--days", type=int, default=days, help="symbol-days")
    parser.add_argument("--symbols", type=int, default=symbols, help="stocks that share them")
    parser.add_argument("--seed", type=int, default=1, help="of the days and of random actions")
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--batch", type=int, default=50, help="days in memory at a time")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def made_days(arguments: argparse.Namespace, options: Options) -> Iterator[KnownDay]:
    """Make the days that the options of :func:`parser_of` ask for."""
    each = -(-arguments.days // arguments.symbols)
    return known_days(synth_days(each, arguments.seed, symbols=arguments.symbols, options=options))


def known_days(made: Iterable[tuple[Day, Truth]]) -> Iterator[KnownDay]:
    """Yield days with their previous close; those of a symbol must follow one another in time."""
    closes: dict[str, int] = {}
    for day, truth in made:
        previous, closes[day.symbol] = closes.get(day.symbol, 0), day.closing_price
        yield KnownDay(day, truth, Baseline(day.symbol, day.date, previous_close=previous))


def batches(days: Iterable[KnownDay], size: int, total: int) -> Iterator[list[KnownDay]]:
    """Yield the first ``total`` days in lists of ``size``, made as they are asked for.

    How many are done is told on the error stream.
    """
    left, done = itertools.islice(days, total), 0
    while batch := list(itertools.islice(left, size)):
        yield batch
        done += len(batch)
        print(f"{done} of {total} days", file=sys.stderr)


def play(
    batch: Sequence[KnownDay], policies: Sequence[Policy], config: EnvConfig
) -> dict[str, Gains]:
    """Let policies trade whole days through the environment; return their gains by name."""
    deck = build_deck([(known.day, known.baseline) for known in batch])
    # Rules look at columns in their own units, so that the observation may stay as it is.
    plain = Normaliser(np.zeros(len(NAMES)), np.ones(len(NAMES)))
    sitting = sit(deck, policies, plain, config)
    rows = {name: row for row, name in enumerate(deck.names)}
    gains = {}
    for lane, policy in enumerate(policies):
        final = sitting.final[lane * len(batch) : (lane + 1) * len(batch)]
        last = np.array([known.truth["value"][-1] for known in batch])
        gains[policy.name] = Gains(
            net=(final["equity"] - final["start_equity"]) / MICRODOLLARS_PER_DOLLAR,
            fees=final["fees"] / MICRODOLLARS_PER_DOLLAR,
            gross=final["settled_shares"] * last,
            trades=final["trades"].astype(np.float64),
            bought=np.zeros(len(batch)),
            traded=np.zeros(len(batch)),
        )
    for fill in sitting.fills:
        row, of = rows[f"{fill['symbol']}/{fill['date']}"], gains[fill["policy"]]
        value, shares = batch[row].truth["value"], fill["shares"]
        after = value[min(fill["second"] + 1, len(value) - 1)]
        buys = fill["side"] == "buy"
        of.gross[row] += -shares * after if buys else shares * after
        of.bought[row] += shares * fill["price"] if buys else 0.0
        of.traded[row] += shares * fill["price"]
    return gains


def joined(parts: Sequence[dict[str, Gains]]) -> dict[str, Gains]:
    """Return the gains of several batches as those of one."""
    return {
        name: Gains(
            *(np.concatenate([getattr(part[name], of) for part in parts]) for of in Gains._fields)
        )
        for name in parts[0]
    }


def figures(gains: Gains, terms: Terms) -> dict[str, Any]:
    """Return one policy's line of the table, as plain numbers.

    Money per day and per trade has its interval over days. Basis points are of what was bought;
    ``distance_bps`` is of all that was traded, and so the half of a round trip.
    """
    trades, bought = gains.trades.sum(), gains.bought.sum()
    parts = {name: getattr(gains, name) for name in ("net", "fees", "distance", "gross")}
    per_day = {
        name: {"mean": float(values.mean()), "interval": mean_interval(values, *terms)}
        for name, values in parts.items()
    }
    per_trade = {
        name: {
            "mean": float(values.sum() / trades) if trades else None,
            "interval": ratio_interval(values, gains.trades, *terms),
            "bps": float(1e4 * values.sum() / bought) if bought else None,
        }
        for name, values in parts.items()
    }
    interval = per_day["gross"]["interval"]
    return {
        "days": len(gains.net),
        "trades": int(trades),
        "per_day": per_day,
        "per_trade": per_trade,
        "distance_bps": float(1e4 * gains.distance.sum() / gains.traded.sum()) if bought else None,
        "gross_holds_zero": None if interval is None else interval[0] <= 0.0 <= interval[1],
    }


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the figures of several policies as text."""
    lines = [
        f"{'policy':<16}{'trades':>8}{'net/day':>11}{'interval':>24}{'fees':>9}{'distance':>10}"
        f"{'bps':>7}{'gross/day':>11}{'interval':>24}{'net/trade':>12}{'bps':>10}"
    ]
    for name, row in rows.items():
        day, trade = row["per_day"], row["per_trade"]["net"]
        net, gross = day["net"], day["gross"]
        lines.append(
            f"{name:<16}{row['trades']:>8}{net['mean']:>11,.2f}{_span(net['interval']):>24}"
            f"{day['fees']['mean']:>9,.2f}{day['distance']['mean']:>10,.2f}"
            f"{_number(row['distance_bps']):>7}"
            f"{gross['mean']:>11,.2f}{_span(gross['interval']):>24}"
            f"{_number(trade['mean']):>12}{_number(trade['bps']):>10}"
        )
    return "\n".join(lines)


def _span(interval: tuple[float, float] | None) -> str:
    return "-" if interval is None else f"[{interval[0]:,.2f}, {interval[1]:,.2f}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"
