"""What a planted signal is worth, so that a learner can be told how much of it was found.

On these synthetic days nothing can be known of the value but this: after a second in which a burst
of buying prints, the value drifts up by the planted edge within 60 s, beginning 2 s after that
second began. Who knows it, takes liquidity and cannot go short does best to buy from the first
decision after the signal, at each decision at which the drift that is left pays the spread and the
commissions, and to sell from the first decision after the drift until all is sold.

    python benchmarks/measure_planted_edge.py --days 100 --planted-edge 0.02 --seed 1 --json

`ceiling_per_day` is what the drift pays on a full position bought at the value before it begins.
`replayed_per_day` follows the plan through truth and quotes, and knows the environment only by the
rules that `docs/explanation/market-model.md` states, for a market of what is displayed
(`SHOWN_BOOK`). `signal_trader` is the same plan through the environment; the two agree to the cent,
unless a loss limit or the end of the day closes a position, and `largest_difference` says by how
much they do not on any day. `share` is what a policy made of what `signal_trader` did.
"""

import itertools
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from known_value import (
    SHOWN_BOOK,
    KnownDay,
    Terms,
    batches,
    figures,
    joined,
    made_days,
    parser_of,
    play,
    table,
)

from lowfloat.base.clock import NS, SECONDS_PER_SESSION
from lowfloat.base.codes import Action
from lowfloat.base.prices import (
    MICRODOLLARS_PER_CENT,
    MICRODOLLARS_PER_DOLLAR,
    MICRODOLLARS_PER_UNIT,
    NANODOLLARS_PER_UNIT,
)
from lowfloat.days.seconds import per_second
from lowfloat.env.config import EnvConfig
from lowfloat.env.records import Rules
from lowfloat.exam.interval import mean_interval
from lowfloat.exam.minute_bars import mid_of
from lowfloat.exam.policy import DoNothing, RandomTrader, View
from lowfloat.market.fees import regulatory_fees
from lowfloat.synth import Options
from lowfloat.tape.columns import NAMES

DRIFT_BEGINS, DRIFT_LASTS = 2, 60  # seconds
DRIFT_OVER = DRIFT_BEGINS + DRIFT_LASTS
MILLISECOND = 1_000_000


class Plan(NamedTuple):
    """The edge that was planted, in log price, and the terms on which it is traded."""

    edge: float
    rules: Rules

    def room(self, ask: int, held: int) -> int:
        """Return the shares by which the position may still grow."""
        value = MICRODOLLARS_PER_UNIT * ask
        return self.rules.limits.max_position // value - held if value else 0

    def commission(self, value: int, shares: int) -> int:
        """Return the commission on an order, in microdollars as its value."""
        terms = self.rules.commission
        cap = -(-value * terms.cap_ppm // 1_000_000)
        return min(max(shares * terms.per_share, terms.minimum), cap)

    def pays(self, bid: int, ask: int, shares: int, since: int) -> bool:
        """Tell whether shares bought now can be expected to pay for themselves.

        Args:
            bid: known, price units.
            ask: known, price units.
            shares: what the order can hope for.
            since: seconds since the signal's second began.
        """
        left = self.edge * min((DRIFT_OVER - since) / DRIFT_LASTS, 1.0)
        # The book moves up with the value, as wide at the exit as it is now.
        earned = int(MICRODOLLARS_PER_UNIT * bid * math.exp(left)) * shares
        paid = MICRODOLLARS_PER_UNIT * ask * shares
        return earned - paid > self.commission(paid, shares) + self.commission(earned, shares)


class SignalTrader:
    """Follows the plan, told of each signal when its second is over.

    Args:
        plan: the edge and the terms.
        signals: int8 per row, 1 in the seconds in which a burst printed.
    """

    name = "signal_trader"
    description = "buys after a signal while the drift left pays; sells when it is over"

    def __init__(self, plan: Plan, signals: Sequence[np.ndarray]) -> None:
        self._plan = plan
        self._signals = np.zeros((len(signals), SECONDS_PER_SESSION), bool)
        for row, signal in enumerate(signals):
            self._signals[row, : len(signal)] = signal
        self._last = np.full(len(signals), -DRIFT_OVER)  # second of the last signal
        self._ask_size = NAMES.index("ask_size")

    def act(self, view: View) -> np.ndarray:
        """Return the plan's actions."""
        if view.second > 0:
            self._last[self._signals[:, view.second - 1]] = view.second - 1
        since, held = view.second - self._last, view.state["shares"]
        actions = np.where((since >= DRIFT_OVER) & (held > 0), Action.SELL_100, Action.HOLD)
        buyers = np.flatnonzero((since < DRIFT_OVER) & view.mask[:, Action.BUY_100])
        if len(buyers):
            mids = mid_of(view)
            sizes = np.rint(np.expm1(view.columns[:, self._ask_size].astype(np.float64)))
        for row in buyers:
            bid = int(view.state["mark"][row])
            ask = round(2.0 * mids[row]) - bid
            shares = min(int(sizes[row]), self._plan.room(ask, int(held[row])))
            if self._plan.pays(bid, ask, shares, int(since[row])):
                actions[row] = Action.BUY_100
        return np.where(view.mask[np.arange(len(actions)), actions], actions, Action.HOLD)


def replay(known: KnownDay, plan: Plan) -> float:
    """Return the dollars that the plan gains on a day, from its truth and its quotes alone."""
    book, end = _Book(known, plan), known.day.session.second(known.day.coverage_end_ns)
    no_entries = end - plan.rules.episode.no_entry_seconds
    signals = [int(second) for second in np.flatnonzero(known.truth["signal"][: end - 1])]
    shares, gained = 0, 0
    for signal, following in itertools.pairwise([*signals, end]):
        for second in range(signal + 1, min(following + 1, end)):
            since = second - signal
            if since >= DRIFT_OVER and shares == 0:
                break
            bid, ask, size = book.known(second)
            if not 0 < bid < ask:
                continue
            if since >= DRIFT_OVER:
                sold, earned = book.sell(second, shares)
                shares, gained = shares - sold, gained + earned
            elif second < no_entries:
                room = plan.room(ask, shares)
                if room > 0 and plan.pays(bid, ask, min(size, room), since):
                    bought, paid = book.buy(second, room)
                    shares, gained = shares + bought, gained - paid
    return gained / MICRODOLLARS_PER_DOLLAR


class _Book:
    """What orders of a second meet on a day, as ``docs/explanation/market-model.md`` says it."""

    def __init__(self, known: KnownDay, plan: Plan) -> None:
        day = known.day
        self._plan, self._start = plan, day.session.start_ns
        self._seconds, self._quotes, self._halts = per_second(day), day.quotes, day.halts
        self._sec_fee, self._taf_fee, self._taf_cap = regulatory_fees(day.date)
        self._taken: dict[str, tuple[int, int]] = {}  # per side, the row last met and shares

    def known(self, second: int) -> tuple[int, int, int]:
        """Return bid, ask and shares offered as known at a decision; zeros in a known halt."""
        seen = self._seconds
        if seen.halted[second - 1]:
            return 0, 0, 0
        return int(seen.bid[second - 1]), int(seen.ask[second - 1]), int(seen.ask_size[second - 1])

    def buy(self, second: int, wish: int) -> tuple[int, int]:
        """Return the shares that an order gets, and what it pays in microdollars."""
        price, shares = self._meet("ask", second, wish)
        value = MICRODOLLARS_PER_UNIT * price * shares
        return shares, value + self._plan.commission(value, shares)

    def sell(self, second: int, wish: int) -> tuple[int, int]:
        """Return the shares that an order sells, and what it earns in microdollars."""
        price, shares = self._meet("bid", second, wish)
        value = MICRODOLLARS_PER_UNIT * price * shares
        fees = self._plan.commission(value, shares)
        for owed in (
            -(-value * self._sec_fee // 100_000_000),
            min(shares * self._taf_fee, self._taf_cap),
        ):
            fees += -(-owed // MICRODOLLARS_PER_CENT) * MICRODOLLARS_PER_CENT
        return shares, value - fees

    def _meet(self, side: str, second: int, wish: int) -> tuple[int, int]:
        rules, quotes = self._plan.rules.fills, self._quotes
        arrival = self._start + second * NS + rules.latency_ms * MILLISECOND
        row = int(np.searchsorted(quotes.ts_recv, arrival, side="right")) - 1
        halted = any(begin <= arrival < end for begin, end in self._halts)
        resumed = max((end for _, end in self._halts if end <= arrival), default=0)
        if row < 0 or halted or not 0 < quotes.bid_price[row] < quotes.ask_price[row]:
            return 0, 0
        since = int(quotes.ts_recv[row])
        if since < resumed or arrival - since > rules.max_quote_age_seconds * NS:
            return 0, 0
        prices, sizes = getattr(quotes, f"{side}_price"), getattr(quotes, f"{side}_size")
        # What was taken is missing for as long as the price stays, unless less is shown meanwhile.
        last, taken = self._taken.get(side, (row, 0))
        if (prices[last : row + 1] != prices[row]).any():
            taken = 0
        taken = min(taken, int(sizes[last + 1 : row + 1].min(initial=taken)))
        shares = min(wish, int(sizes[row]) - taken)
        self._taken[side] = row, taken + shares
        return int(prices[row]) // NANODOLLARS_PER_UNIT, shares


def measure(
    days: Iterable[KnownDay],
    edge: float,
    total: int,
    batch_size: int,
    terms: Terms,
    config: EnvConfig,
) -> dict[str, Any]:
    """Return what the plan is worth on the first ``total`` days, and what was made of it."""
    plan = Plan(edge, config.rules())
    played, replayed, signals = [], [], []
    for number, batch in enumerate(batches(days, batch_size, total)):
        told = [known.truth["signal"] for known in batch]
        policies = [SignalTrader(plan, told), RandomTrader(terms.seed + number), DoNothing()]
        played.append(play(batch, policies, config))
        replayed += [replay(known, plan) for known in batch]
        signals += [int(signal.sum()) for signal in told]
    gains, worth = joined(played), np.array(replayed)
    best = gains[SignalTrader.name].net
    full = config.risk.max_position * math.expm1(edge)
    return {
        "signals_per_day": float(np.mean(signals)),
        "ceiling_per_day": full * float(np.mean(signals)),
        "replayed_per_day": {
            "mean": float(worth.mean()),
            "interval": mean_interval(worth, *terms),
        },
        "largest_difference": float(np.abs(worth - best).max()),
        "share": {
            name: float(of.net.sum() / best.sum()) if best.sum() > 0 else None
            for name, of in gains.items()
        },
        "policies": {name: figures(of, terms) for name, of in gains.items()},
    }


def main() -> None:
    """Run the measurement."""
    parser = parser_of(__doc__, days=100, symbols=10)
    parser.add_argument("--planted-edge", type=float, default=0.02, help="log change of the value")
    arguments = parser.parse_args()
    edge = arguments.planted_edge
    days = made_days(arguments, Options(edge=0.0, planted_edge=edge))
    terms = Terms(arguments.confidence, seed=arguments.seed)
    result = {
        **{name: getattr(arguments, name) for name in ("days", "symbols", "planted_edge", "seed")},
        "confidence": arguments.confidence,
        **measure(days, edge, arguments.days, arguments.batch, terms, SHOWN_BOOK),
    }
    if arguments.json:
        print(json.dumps(result, indent=1))
        return
    print(table(result["policies"]))
    for name, value in result.items():
        if name != "policies":
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
