"""The exam: every policy plays every day of a split from its start to its close.

All policies share the days, the frictions and the clock, and see only what is known at each
second. A day ends early only when its loss limit closes it.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.base.codes import Action, EndReason, MomentumPhase, RejectReason
from lowfloat.base.prices import MICRODOLLARS_PER_DOLLAR, UNITS_PER_DOLLAR
from lowfloat.base.progress import Progress
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck
from lowfloat.env.starts import whole_days
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.exam.policy import Policy, View
from lowfloat.tape.normaliser import Normaliser

EQUITY_EVERY = 60


class Sitting(NamedTuple):
    """What the policies did. Rows of ``final`` are policy by policy, each over all days.

    Attributes:
        final: state records at the end of each day.
        seconds_held: seconds with a position, per row.
        fills: one dict per fill.
        equity: one dict per sampled second.
    """

    final: np.ndarray
    seconds_held: np.ndarray
    fills: list[dict[str, object]]
    equity: list[dict[str, object]]


def exam_rules(config: EnvConfig) -> EnvConfig:
    """Return the rules of a whole day: one episode, ended by the day's loss limit or the close."""
    episode = config.episode._replace(
        max_seconds=SECONDS_PER_SESSION + 1, max_loss=1.0, reset_transitions=False
    )
    return config.model_copy(update={"episode": episode})


def sit(
    deck: Deck,
    policies: Sequence[Policy],
    normaliser: Normaliser,
    config: EnvConfig,
    first_seconds: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> Sitting:
    """Let all policies play all days.

    Args:
        deck: the days, with columns in their own units.
        policies: who plays.
        normaliser: of the agent.
        config: frictions and money; the episode's limits are replaced by the day's.
        first_seconds: per day, before which every policy holds; None is 04:00.
        progress: called with a word, the second, and the number of seconds.
    """
    days = len(deck.names)
    env = seated(deck, len(policies), normaliser, config)
    state = env.state
    actions = np.zeros(len(state), np.int64)
    waiting = np.zeros(days) if first_seconds is None else np.asarray(first_seconds)
    held = np.zeros(len(state), np.int64)
    recorder = _Recorder(deck, [policy.name for policy in policies])
    lanes = [slice(lane * days, (lane + 1) * days) for lane in range(len(policies))]
    recorder.sample(state, np.arange(len(state)))
    for second in range(SECONDS_PER_SESSION):
        running = state["ended"] == 0
        if not running.any():
            break
        raw = deck.table[:, second]
        phase = deck.arrays.seconds["phase"][:, second]
        for policy, lane in zip(policies, lanes, strict=True):
            view = View(env.observation[lane], raw, env.mask[lane], state[lane], phase, second)
            actions[lane] = np.where(second >= waiting, policy.act(view), Action.HOLD)
        env.advance(actions)
        held += running & (state["shares"] > 0)
        filled = np.flatnonzero(running & (state["fill_shares"] != 0))
        if len(filled):
            recorder.fills(state, filled, second)
        if second % EQUITY_EVERY == 0 or len(filled) or (running & (state["ended"] != 0)).any():
            recorder.sample(state, np.flatnonzero(running))
        if progress is not None and second % 600 == 0:
            progress("exam", second, SECONDS_PER_SESSION)
    if progress is not None:
        progress("exam", SECONDS_PER_SESSION, SECONDS_PER_SESSION)
    return Sitting(state.copy(), held, recorder.fill_rows, recorder.equity_rows)


def seated(
    deck: Deck, policies: int, normaliser: Normaliser, config: EnvConfig
) -> SqueezeVectorEnv:
    """Return the rooms of an exam before its first second, one per policy and day.

    See :func:`sit` for the arguments.
    """
    starts = np.tile(whole_days(deck), policies)
    env = SqueezeVectorEnv(
        len(starts),
        deck=deck.normalised(normaliser),
        starts=starts,
        order="sequential",
        normaliser=normaliser,
        config=exam_rules(config),
        autoreset_mode="DISABLED",
        copy=False,
    )
    # The luck of a day is the same for all who play it, and wherever it is played.
    luck = [int.from_bytes(sha256(name.encode()).digest()[:8]) for name in deck.names]
    env.reset(seed=0, options={"streams": np.tile(np.array(luck, np.uint64), policies)})
    return env


class _Recorder:
    """Collects fills and equity as rows."""

    def __init__(self, deck: Deck, policies: list[str]) -> None:
        self._names = [name.split("/") for name in deck.names]
        self._policies = policies
        self.fill_rows: list[dict[str, object]] = []
        self.equity_rows: list[dict[str, object]] = []

    def _who(self, row: int) -> dict[str, object]:
        policy, day = divmod(row, len(self._names))
        symbol, date = self._names[day]
        return {"policy": self._policies[policy], "symbol": symbol, "date": date}

    def fills(self, state: np.ndarray, rows: np.ndarray, second: int) -> None:
        for row in rows:
            account = state[row]
            self.fill_rows.append(
                {
                    **self._who(int(row)),
                    "second": second,
                    "ts_ns": int(account["fill_ns"]),
                    "quote_ns": int(account["fill_quote_ns"]),
                    "side": "buy" if account["fill_shares"] > 0 else "sell",
                    "shares": abs(int(account["fill_shares"])),
                    "price": int(account["fill_value"])
                    / (MICRODOLLARS_PER_DOLLAR * abs(int(account["fill_shares"]))),
                    "fee": int(account["fill_fee"]) / MICRODOLLARS_PER_DOLLAR,
                    "forced": bool(account["forced"]),
                    "reject": RejectReason(int(account["reject"])).name,
                    "position_after": int(account["shares"] + account["settled_shares"]),
                }
            )

    def sample(self, state: np.ndarray, rows: np.ndarray) -> None:
        for row in rows:
            self.equity_rows.append(
                {
                    **self._who(int(row)),
                    "second": int(state["second"][row]),
                    "equity": int(state["equity"][row]) / MICRODOLLARS_PER_DOLLAR,
                }
            )


def round_trips(
    deck: Deck, policies: Sequence[str], sitting: Sitting, haircut: float
) -> list[dict[str, object]]:
    """Return one row per round trip, from flat to flat, in order of policy, day and time.

    Args:
        deck: the days.
        policies: names, in the order of the sitting.
        sitting: what was done.
        haircut: of settlements, to price the shares that were written down.
    """
    trips: list[dict[str, object]] = []
    by_row: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for fill in sitting.fills:
        by_row.setdefault((fill["policy"], fill["symbol"], fill["date"]), []).append(fill)
    for lane, policy in enumerate(policies):
        for day, name in enumerate(deck.names):
            symbol, date = name.split("/")
            final = sitting.final[lane * len(deck.names) + day]
            fills = by_row.get((policy, symbol, date), [])
            trips += [
                {"policy": policy, "symbol": symbol, "date": date, **trip}
                for trip in _trips_of_day(deck, day, fills, final, haircut)
            ]
    return trips


def _trips_of_day(
    deck: Deck, day: int, fills: list[dict], final: np.ndarray, haircut: float
) -> list[dict[str, object]]:
    seconds = deck.arrays.seconds[day]
    trips: list[dict[str, object]] = []
    open_fills: list[dict] = []
    for fill in fills:
        open_fills.append(fill)
        if fill["position_after"] == 0:
            trips.append(_trip(seconds, open_fills, 0, 0.0, fill["second"] + 1))
            open_fills = []
    if open_fills:
        settled = int(final["settled_shares"])
        price = int(int(final["mark"]) * (1.0 - haircut)) / UNITS_PER_DOLLAR
        trips.append(_trip(seconds, open_fills, settled, price, int(final["second"])))
    return trips


def _trip(
    seconds: np.ndarray, fills: list[dict], settled: int, settled_price: float, exit_second: int
) -> dict[str, object]:
    buys = [fill for fill in fills if fill["side"] == "buy"]
    sells = [fill for fill in fills if fill["side"] == "sell"]
    bought = sum(fill["shares"] for fill in buys)
    spent = sum(fill["shares"] * fill["price"] for fill in buys)
    earned = sum(fill["shares"] * fill["price"] for fill in sells) + settled * settled_price
    fees = sum(fill["fee"] for fill in fills)
    entry = spent / bought
    entry_second = int(buys[0]["second"])
    marks = seconds["mark"][entry_second + 1 : exit_second + 1] / UNITS_PER_DOLLAR
    phases = seconds["phase"]
    return {
        "entry_second": entry_second,
        "exit_second": exit_second,
        "shares": max(int(fill["position_after"]) for fill in fills),
        "entry_price": entry,
        "exit_price": earned / bought,
        "net_pnl": earned - spent - fees,
        "fees": fees,
        "mfe": max(float(marks.max()) - entry, 0.0),
        "mae": min(float(marks.min()) - entry, 0.0),
        "phase_at_entry": MomentumPhase(int(phases[entry_second])).label,
        "phase_at_exit": MomentumPhase(int(phases[min(exit_second, len(phases) - 1)])).label,
        "forced": any(fill["forced"] for fill in sells),
        "settled": settled > 0,
    }


def end_reasons(final: np.ndarray) -> dict[str, int]:
    """Return how often each end reason occurred."""
    reasons, counts = np.unique(final["ended"], return_counts=True)
    return {
        EndReason(int(reason)).name: int(count)
        for reason, count in zip(reasons, counts, strict=True)
    }
