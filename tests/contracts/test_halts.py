"""No order that reaches the market in a halt fills, whoever sends it.

A mask that knows of a halt lets nobody try. So the notice of each stop is kept back until trading
resumes: the halts stay where they are, but the mask finds out too late, and an order is sent in
every second of every halt.
"""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from reference.fills import latency_of
from reference.luck import Luck
from reference.tape import Tape
from reference.tapes import nasty_day, real_days, synthetic_days

from lowfloat.base.codes import Action, RejectReason
from lowfloat.days import Day
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv

LEAD, TAIL = 12, 12  # seconds before and after a halt in which orders are sent, too
RICH = {"cash": 1e7, "max_position": 1e7}
PATIENT = {"max_loss": 1.0, "day_loss": 1.0, "bankruptcy": 0.0, "max_seconds": 10_000,
           "no_entry_seconds": 0, "flatten_seconds": 0}  # fmt: skip
HASTY = {**PATIENT, "max_loss": 0.0}  # any position is closed by force at once


def without_warning(day: Day) -> Day:
    """Return the day with every stop announced only when trading resumes."""
    status = day.status
    received, event = status.ts_recv.copy(), np.minimum(status.ts_event, status.ts_recv)
    stops = day.status_says_halted
    for i in np.flatnonzero(stops):
        later = np.flatnonzero((status.is_trading == 1) & (np.arange(len(received)) > i))
        received[i] = received[later[0]] if len(later) else day.coverage_end_ns - 1
    order = np.argsort(received, kind="stable")
    changed = status._replace(ts_recv=received, ts_event=np.where(stops, event, status.ts_event))
    return replace(day, status=type(status)(*(column[order] for column in changed)))


class Quiet(NamedTuple):
    """Days without warning, made resident, and the plain tapes of the days as they were."""

    deck: Deck
    tapes: list[Tape]


def made_quiet(days: list[Day]) -> Quiet:
    quiet = [without_warning(day) for day in days]
    tapes = [Tape(day) for day in days]
    assert [Tape(day).halts for day in quiet] == [tape.halts for tape in tapes]
    return Quiet(build_deck([(day, None) for day in quiet]), tapes)


@pytest.fixture(scope="module")
def made_days() -> Quiet:
    """Synthetic and nasty days."""
    return made_quiet([*synthetic_days(), *(nasty_day(seed) for seed in range(8))])


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Quiet:
    """Real days with halts."""
    dates = ("2025-02-24", "2025-03-25", "2025-04-01")
    root = tmp_path_factory.mktemp("real")
    return made_quiet([day for date in dates for day in real_days(root / date, date, date)])


def orders_around_halts(days: Quiet, latency_ms: int) -> Counter:
    """Send an order in every second of and around every halt, and count what came of them."""
    deck, tapes = days
    told: Counter = Counter()
    for rules in (PATIENT, HASTY):
        config = EnvConfig(episode=rules, risk=RICH, fills={"latency_ms": latency_ms})
        for row, tape in enumerate(tapes):
            for begin, end in tape.halts:
                first = (begin - tape.start_ns) // 10**9 - LEAD
                last = min((end - tape.start_ns) // 10**9 + TAIL, tape.end_second)
                if first >= 0:
                    _send_each_second(deck, row, tape, range(first, last), config, told)
    return told


def _send_each_second(deck, row: int, tape: Tape, seconds: range, config, told: Counter) -> None:
    """Let one account buy all the time, and another sell what it bought before the halt."""
    env = SqueezeVectorEnv(
        2, deck=deck, starts=np.array([(row, seconds[0], 10**6)], START),
        autoreset_mode="DISABLED", config=config,
    )  # fmt: skip
    env.reset(seed=0)
    hasty = config.episode.max_loss == 0.0
    for second in seconds:
        before_halt = second < seconds[0] + LEAD - hasty
        seller = Action.BUY_25 if before_halt else Action.SELL_25
        env.step(np.array([Action.BUY_25, seller], int))
        for stream, state in enumerate(env.state):
            latency = latency_of(tape, second, config.fills, Luck(0, stream))
            in_halt = tape.halted_at(tape.at(second) + latency)
            if state["ended"] or not state["order_shares"]:
                continue
            where = "in halts" if in_halt else "outside"
            side = "forced" if state["forced"] else "buy" if state["order_shares"] > 0 else "sale"
            told[f"orders {where}"] += 1
            told[f"{side} orders {where}"] += 1
            told[f"fills {where}"] += int(state["fill_shares"] != 0)
            told[f"refused {where}"] += int(state["reject"] == RejectReason.HALTED)


@pytest.mark.parametrize("latency_ms", [0, 150, 999])
def test_no_order_fills_in_a_halt_of_a_synthetic_or_nasty_day(made_days, latency_ms) -> None:
    told = orders_around_halts(made_days, latency_ms)
    assert told["fills in halts"] == 0
    assert told["refused in halts"] == told["orders in halts"] >= 1_000
    assert min(told[f"{side} orders in halts"] for side in ("buy", "sale", "forced")) >= 100
    assert told["refused outside"] == 0
    assert told["fills outside"] >= 100


@pytest.mark.parametrize("latency_ms", [0, 150, 999])
def test_no_order_fills_in_a_halt_of_a_real_day(real, latency_ms) -> None:
    told = orders_around_halts(real, latency_ms)
    assert told["fills in halts"] == 0
    assert told["refused in halts"] == told["orders in halts"] >= 1_000
    assert told["refused outside"] == 0
    assert told["fills outside"] >= 100


def test_a_known_halt_masks_every_order() -> None:
    days = synthetic_days()
    deck = build_deck([(day, None) for day in days])
    checked = 0
    for row, day in enumerate(days):
        for begin, end in Tape(day).halts:
            first = (begin - day.session.start_ns) // 10**9 + 1
            last = (end - day.session.start_ns) // 10**9
            seconds = np.arange(first, last + 1)
            starts = np.zeros(len(seconds), START)
            starts["day"], starts["second"], starts["next_second"] = row, seconds, 10**6
            env = SqueezeVectorEnv(len(seconds), deck=deck, starts=starts, order="sequential")
            env.reset(seed=0)
            assert not env.action_masks()[:, 1:].any()
            checked += len(seconds)
    assert checked >= 1_000
