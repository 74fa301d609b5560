"""What it costs to buy: implementation shortfall of orders at random seconds of stored days.

At a random second with a sound book, outside halts, an account buys 100, 500, 2,000 or 10,000
shares: first with one marketable order, then with one a second for what is left, for a minute.
The cost is what was paid per share over the mid known at the decision, before fees, in basis
points of that mid; `at once` is the part that the first order got.

    python benchmarks/measure_shortfall.py DAYS --samples 4000 --until 2025-03-28 [--json]

Figures are medians over the samples, with the 10th and 90th percentile of the cost.
"""

import argparse
import datetime as dt
import json
from typing import Any

import numpy as np

from lowfloat.base.codes import MomentumPhase
from lowfloat.base.jit import kernel
from lowfloat.base.rules import as_record
from lowfloat.days import DayStore
from lowfloat.days.baselines import Baselines
from lowfloat.days.reference import ReferenceTables
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.kernel import reset_one
from lowfloat.env.records import START, STATE
from lowfloat.market.fills import FILL_PRESETS
from lowfloat.market.order import marketable_limit
from lowfloat.market.second import play_second

SIZES = (100, 500, 2_000, 10_000)
SECONDS = 60
SESSIONS = {
    "premarket": (0, 19_800),
    "first hour": (19_800, 23_400),
    "later regular": (23_400, 43_200),
    "after hours": (43_200, 57_600),
}
RICH = {"cash": 1e8, "max_position": 1e8}


@kernel
def work_orders(deck, starts, rule_record, state, shares, got, value):
    """Buy ``shares`` from each start, and write what each second's order got and paid."""
    rules, row = rule_record[0], state[0]
    for start in range(len(starts)):
        row.stream = np.uint64(start)
        row.episode = 0
        reset_one(deck, starts, start, rules, row)
        left = shares
        for second in range(got.shape[1]):
            known = deck.seconds[row.day, row.second]
            if left > 0 and known.halted == 0 and 0 < known.bid < known.ask:
                row.fill_shares, row.fill_value, row.reject = 0, 0, 0
                row.order_shares = left
                row.order_limit = marketable_limit(known, 1, rules.fills)
                play_second(deck, rules, row)
                got[start, second] = row.fill_shares
                value[start, second] = row.fill_value
                left -= row.fill_shares
            row.second += 1


def random_starts(deck: Deck, samples: int, seed: int) -> np.ndarray:
    """Return random seconds of all days at which an order may be sent."""
    seconds = deck.arrays.seconds
    sound = (seconds["bid"] > 0) & (seconds["bid"] < seconds["ask"]) & (seconds["halted"] == 0)
    last = deck.arrays.days["end_second"] - SECONDS
    sound &= np.arange(seconds.shape[1]) < last[:, None]
    starts = []
    rng = np.random.default_rng(seed)
    for first, end in SESSIONS.values():
        days, at = np.nonzero(sound[:, first:end])
        chosen = rng.choice(len(days), samples // len(SESSIONS))
        starts += [(days[i], at[i] + first, 10**6) for i in chosen]
    return np.array(starts, START)


def costs(deck: Deck, starts: np.ndarray, preset: str, shares: int) -> dict[str, np.ndarray]:
    """Return per start the part filled at once and in a minute, and both costs in basis points."""
    config = EnvConfig(fills=preset, risk=RICH)
    got = np.zeros((len(starts), SECONDS), np.int64)
    value = np.zeros_like(got)
    state = np.zeros(1, STATE)
    work_orders(deck.arrays, starts, as_record(config.rules()), state, shares, got, value)
    known = deck.arrays.seconds[starts["day"], starts["second"]]
    mid = (known["bid"].astype(float) + known["ask"]) / 2.0

    def over_mid(bought: np.ndarray, paid: np.ndarray) -> np.ndarray:
        price = np.divide(paid / 100.0, bought, out=np.full(len(bought), np.nan), where=bought > 0)
        return 1e4 * (price / mid - 1.0)

    return {
        "at once": got[:, 0] / shares,
        "in a minute": got.sum(1) / shares,
        "cost at once": over_mid(got[:, 0], value[:, 0]),
        "cost": over_mid(got.sum(1), value.sum(1)),
        "half spread": 1e4 * (known["ask"] - mid) / mid,
    }


def summary(found: dict[str, np.ndarray], chosen: np.ndarray) -> dict[str, float]:
    """Return the medians of the chosen samples."""
    some = {name: values[chosen] for name, values in found.items()}
    paid = some["cost"][np.isfinite(some["cost"])]
    low, high = np.percentile(paid, [10, 90]) if len(paid) else (np.nan, np.nan)
    first = some["cost at once"]
    return {
        "samples": int(chosen.sum()),
        "half_spread": float(np.median(some["half spread"])),
        "at_once": float(some["at once"].mean()),
        "cost_at_once": float(np.nanmedian(first)) if np.isfinite(first).any() else np.nan,
        "in_a_minute": float(some["in a minute"].mean()),
        "cost": float(np.median(paid)) if len(paid) else np.nan,
        "cost_p10": float(low),
        "cost_p90": float(high),
    }


def measure(deck: Deck, samples: int, seed: int) -> list[dict[str, Any]]:
    """Return one row per preset, size and group of seconds."""
    starts = random_starts(deck, samples, seed)
    phase = deck.arrays.seconds["phase"][starts["day"], starts["second"]]
    groups = {"all": np.ones(len(starts), bool)}
    for name, (first, end) in SESSIONS.items():
        groups[name] = (starts["second"] >= first) & (starts["second"] < end)
    for code in MomentumPhase:
        groups[f"phase {code.label}"] = phase == code
    rows = []
    for preset in FILL_PRESETS:
        for shares in SIZES:
            found = costs(deck, starts, preset, shares)
            for name, chosen in groups.items():
                if chosen.sum() >= 30:
                    group = {"preset": preset, "shares": shares, "group": name}
                    rows.append({**group, **summary(found, chosen)})
    return rows


def main() -> None:
    """Run the study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--samples", type=int, default=4_000)
    parser.add_argument("--until", type=dt.date.fromisoformat, default=dt.date.max)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    store = DayStore(arguments.store)
    baselines = Baselines(store, ReferenceTables(store.where))
    days = [(store[key], baselines.of(*key)) for key in store.days() if key[1] <= arguments.until]
    deck = build_deck([(day, usual) for day, usual in days if len(day.quotes.ts_recv)])
    rows = measure(deck, arguments.samples, arguments.seed)
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(
            f"{row['preset']:>8}{row['shares']:>8}  {row['group']:<22}{row['samples']:>6}"
            f"{row['half_spread']:>8.0f}{row['at_once']:>8.0%}{row['cost_at_once']:>8.0f}"
            f"{row['in_a_minute']:>8.0%}{row['cost']:>8.0f}"
            f"{row['cost_p10']:>8.0f}{row['cost_p90']:>8.0f}"
        )


if __name__ == "__main__":
    main()
