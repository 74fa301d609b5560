"""The exam: every policy plays every day of a split from its start to its close.

All policies share the days, the frictions and the clock, and see only what is known at each
second. A day ends early only when its loss limit closes it.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.base.codes import Action, EndReason, RejectReason
from lowfloat.base.prices import MICRODOLLARS_PER_DOLLAR
from lowfloat.base.progress import Progress
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck
from lowfloat.env.starts import whole_days
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.exam.policy import Policy, View
from lowfloat.market.trade import described
from lowfloat.tape.normaliser import Normaliser

EQUITY_EVERY = 60


class Sitting(NamedTuple):
    """What the policies did. Rows of ``final`` are policy by policy, each over all days.

    Attributes:
        final: state records at the end of each day.
        seconds_held: seconds with a position, per row.
        fills: one dict per fill, in order of time.
        trades: one dict per trade, from flat to flat, in order of policy, day and time.
        equity: one dict per sampled second.
    """

    final: np.ndarray
    seconds_held: np.ndarray
    fills: list[dict[str, object]]
    trades: list[dict[str, object]]
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
        closed = np.flatnonzero(running & (env.trades["number"] != 0))
        if len(closed):
            recorder.trades(env.trades, closed)
        if second % EQUITY_EVERY == 0 or len(filled) or (running & (state["ended"] != 0)).any():
            recorder.sample(state, np.flatnonzero(running))
        if progress is not None and second % 600 == 0:
            progress("exam", second, SECONDS_PER_SESSION)
    if progress is not None:
        progress("exam", SECONDS_PER_SESSION, SECONDS_PER_SESSION)
    return Sitting(
        state.copy(), held, recorder.fill_rows, recorder.trade_rows(), recorder.equity_rows
    )


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
        self._trades: list[tuple[int, dict[str, object]]] = []

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

    def trades(self, records: np.ndarray, rows: np.ndarray) -> None:
        for row in rows:
            self._trades.append((int(row), {**self._who(int(row)), **described(records[row])}))

    def trade_rows(self) -> list[dict[str, object]]:
        """Return all trades by policy, day and time."""
        return [trade for _, trade in sorted(self._trades, key=lambda pair: pair[0])]

    def sample(self, state: np.ndarray, rows: np.ndarray) -> None:
        for row in rows:
            self.equity_rows.append(
                {
                    **self._who(int(row)),
                    "second": int(state["second"][row]),
                    "equity": int(state["equity"][row]) / MICRODOLLARS_PER_DOLLAR,
                }
            )


def end_reasons(final: np.ndarray) -> dict[str, int]:
    """Return how often each end reason occurred."""
    reasons, counts = np.unique(final["ended"], return_counts=True)
    return {
        EndReason(int(reason)).name: int(count)
        for reason, count in zip(reasons, counts, strict=True)
    }
