"""Random episodes played by the kernels and by the plain-Python reference, second by second."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from reference.episode import Episode, Step
from reference.luck import Luck
from reference.observation import position_block
from reference.state import (
    AFTER_BUY,
    AFTER_MESSAGE,
    AFTER_ORDER,
    AFTER_SALE,
    ALWAYS,
    after_fill,
    always,
    fill_ns,
)
from reference.tape import Tape

from lowfloat.base.codes import RejectReason
from lowfloat.days import Day
from lowfloat.days.baseline import Baseline
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv

SHORT = {"max_seconds": 400, "min_seconds": 100}
BRAVE = {**SHORT, "max_loss": 1.0, "day_loss": 1.0, "bankruptcy": 0.0}
RICH = {"cash": 2_000_000.0, "max_position": 1_000_000.0}
CONFIGS: list[dict[str, Any]] = [
    {"episode": SHORT},
    {"episode": {**SHORT, "reset_transitions": False}, "fills": {"latency_ms": 0}},
    {"episode": {**SHORT, "max_loss": 0.004}, "fills": {"latency_ms": 999, "preset": "kind"}},
    {
        "episode": {**SHORT, "max_loss": 0.02, "day_loss": 0.01, "settlement_haircut": 0.37},
        "fills": {"forced_slippage_bps": 2500, "max_quote_age_seconds": 2},
        "commission": {"per_share": 0.0035, "minimum": 0.35, "cap_fraction": 0.005},
    },
    {
        "episode": {**SHORT, "max_loss": 1.0, "day_loss": 1.0, "bankruptcy": 0.97},
        "risk": {"cash": 3_000.0, "max_position": 30_000.0},
        "rewards": {"market_pnl": {"weight": 0.3}, "trading_costs": {"weight": 1.7}},
        "fills": {"latency_ms": 350, "latency_spread": 0.0, "latency_burst": 0.0},
    },
    {
        "episode": {**BRAVE, "no_entry_seconds": 0, "flatten_seconds": 0,
                    "settlement_haircut": 1.0},
        "risk": {"cash": 777_777.77, "max_position": 654_321.09},
        "commission": "zero",
    },
    {
        "episode": {**SHORT, "no_entry_seconds": 3, "flatten_seconds": 5, "max_loss": 0.03},
        "risk": {"cash": 40_000.0, "max_position": 40_000.0},
        "fills": {"forced_slippage_bps": 10_000},
    },
    {
        "episode": {**SHORT, "max_loss": 0.01, "transition_gap_seconds": 0, "min_seconds": 0},
        "commission": {"per_share": 0.05, "minimum": 9.99, "cap_fraction": 1.0},
        "risk": {"cash": 25_000.0, "max_position": 1_234.56},
    },
    {
        "episode": BRAVE,
        "commission": {"cap_fraction": 0.5},
        "risk": {"cash": 35.0, "max_position": 50.0},
    },
    {"episode": BRAVE, "risk": RICH, "fills": "neutral", "commission": "tiered"},
    {"episode": BRAVE, "risk": RICH, "fills": "kind", "commission": "fixed"},
    {"episode": {**BRAVE, "max_loss": 0.01}, "risk": RICH, "fills": "strict"},
    {
        "episode": {**BRAVE, "max_loss": 0.05},
        "risk": RICH,
        "fills": {"latency_ms": 400, "latency_spread": 2.0, "latency_burst": 3.0,
                  "collar_ticks": 200, "collar_spread_percent": 1_000, "collar_bps": 2_000,
                  "depth_percent": 730, "gap_percent": 37, "deeper_levels": 100,
                  "participation": 1.0, "impact": 1.0, "impact_half_life": 7.5},
        "commission": {"per_share": 0.0, "minimum": 0.0, "clearing_per_share": 0.0031,
                       "take_fee_per_share": 0.003, "take_fraction": 0.003},
    },
    {
        "episode": BRAVE,
        "risk": RICH,
        "fills": {"latency_ms": 20, "collar_ticks": 0, "collar_spread_percent": 0,
                  "collar_bps": 0, "depth_percent": 0, "gap_percent": 0, "deeper_levels": 1,
                  "participation": 0.5, "impact": 0.01, "impact_half_life": 1e6,
                  "forced_slippage_bps": 0},
        "commission": "tiered",
    },
    {
        "episode": {**BRAVE, "max_loss": 0.02, "flatten_seconds": 120},
        "risk": {"cash": 50_000.0, "max_position": 2_000_000.0},
        "fills": {"preset": "neutral", "collar_bps": 500, "participation": 0.9,
                  "impact": 25.0, "impact_half_life": 900.0, "gap_percent": 1_000,
                  "deeper_levels": 30},
    },
    {
        "episode": BRAVE,
        "risk": RICH,
        "fills": {"preset": "kind", "impact": 0.0, "participation": 0.0, "latency_spread": 3.0},
        "commission": {"take_fee_per_share": 0.003, "take_fraction": 0.001},
    },
]  # fmt: skip

QUICK = {"latency_ms": 20, "latency_spread": 0.3}
ORDER_CONFIGS: list[dict[str, Any]] = [
    {"episode": BRAVE, "risk": RICH, "fills": "strict", "commission": "fixed"},
    {"episode": BRAVE, "fills": "neutral", "commission": "tiered"},
    {"episode": BRAVE, "risk": RICH, "fills": "kind", "commission": "tiered"},
    {"episode": SHORT, "fills": "kind", "commission": "zero"},
    {"episode": SHORT, "fills": "strict", "commission": "tiered"},
    {
        "episode": BRAVE,
        "risk": {"stop_distance": 0.001, "trail_distance": 0.0},
        "fills": {"preset": "neutral", **QUICK, "passive_haircut": 0},
    },
    {
        "episode": BRAVE,
        "risk": {**RICH, "stop_distance": 0.0, "trail_distance": 0.004},
        "fills": {"latency_ms": 700, "latency_spread": 1.5, "passive_haircut": 57,
                  "queue_model": 1},
        "commission": {"preset": "tiered", "add_rebate_per_share": 0.0051},
    },
    {
        "episode": {**BRAVE, "no_entry_seconds": 0, "flatten_seconds": 0},
        "risk": {"cash": 1_000.0, "max_position": 30_000.0, "stop_distance": 1.0,
                 "trail_distance": 1.0},
        "fills": {"queue_model": 1, "passive_haircut": 100},
        "commission": {"per_share": 0.05, "minimum": 9.99, "cap_fraction": 1.0,
                       "add_rebate_per_share": 0.001, "clearing_per_share": 0.0007},
    },
    {
        "episode": BRAVE,
        "risk": {"cash": 3_000.0, "max_position": 3_000.0, "stop_distance": 0.0137,
                 "trail_distance": 0.0021},
        "fills": {"preset": "kind", "latency_ms": 0, "passive_haircut": 1},
        "commission": {"take_fee_per_share": 0.003, "take_fraction": 0.001,
                       "add_rebate_per_share": 0.0025},
    },
    {
        "episode": {**BRAVE, "max_loss": 0.01},
        "risk": {**RICH, "stop_distance": 0.01, "trail_distance": 0.01},
        "fills": {"max_quote_age_seconds": 2, "participation": 0.01, "depth_percent": 5,
                  "queue_model": 1},
    },
]  # fmt: skip
"""Of the scheme ``orders``."""
for _settings in ORDER_CONFIGS:
    _settings["actions"] = "orders"


class Field:
    """The days, resident for the kernels and as plain tapes.

    Args:
        days: each with what was known before it, or None.
    """

    def __init__(self, days: Sequence[tuple[Day, Baseline | None]]) -> None:
        self.deck: Deck = build_deck(days)
        self.tapes = [Tape(day, baseline) for day, baseline in days]

    def starts(self, config: EnvConfig, count: int, rng: random.Random) -> np.ndarray:
        """Return starts in busy seconds, shortly before and in halts, and near the end."""
        starts = []
        while len(starts) < count:
            day = rng.randrange(len(self.tapes))
            tape = self.tapes[day]
            near_end = tape.end_second - rng.randint(1, 420)
            book = rng.choice(tape.books)
            busy = (book.received - tape.start_ns) // 10**9 + 1
            places = [busy, busy, near_end]
            places.append((tape.books[0].received - tape.start_ns) // 10**9 - rng.randint(0, 20))
            if tape.halts:
                begin, end = rng.choice(tape.halts)
                second = (rng.choice([begin, begin, end]) - tape.start_ns) // 10**9
                places.append(second - rng.randint(-5, 120))
            second = rng.choice(places)
            gap = rng.choice([50, 200, 390, 100_000])
            if 0 <= second < tape.end_second:
                starts.append((day, second, second + gap))
        return np.array(starts, START)


def compare_all(
    field: Field, episodes: int, seed: int, configs: Sequence[dict[str, Any]] = CONFIGS
) -> Counter:
    """Play ``episodes`` random episodes under each config, and count what happened."""
    rng = random.Random(seed)
    told: Counter = Counter()
    for settings in configs:
        compare(field, settings, episodes, rng, told)
    return told


def with_odd_fills(settings: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return a configuration whose frictions are drawn from all that may be set."""
    fills = {
        "latency_ms": rng.randint(0, 999),
        "latency_spread": rng.choice([0.0, 0.5, 3 * rng.random()]),
        "latency_burst": rng.choice([0.0, 0.5, 10 * rng.random()]),
        "collar_ticks": rng.choice([0, 1, 2, 10, 1_000]),
        "collar_spread_percent": rng.choice([0, 50, rng.randint(0, 1_000)]),
        "collar_bps": rng.choice([0, 30, rng.randint(0, 300), rng.randint(0, 10_000)]),
        "depth_percent": rng.choice([0, 50, 100, rng.randint(0, 1_000)]),
        "gap_percent": rng.choice([0, 100, 150, rng.randint(0, 1_000)]),
        "deeper_levels": rng.choice([0, 1, 3, 10, 100]),
        "participation": rng.choice([0.0, 0.05, 0.25, 1.0, rng.random()]),
        "impact": rng.choice([0.0, 0.3, 1.0, 3 * rng.random(), 100 * rng.random()]),
        "impact_half_life": rng.choice([0.001, 1.0, 30.0, 300.0, 1e6, 100 * rng.random() + 0.1]),
        "max_quote_age_seconds": rng.choice([1, 60, 600]),
        "forced_slippage_bps": rng.choice([0, 50, rng.randint(0, 10_000)]),
    }
    if settings.get("actions") != "orders":
        return {**settings, "fills": fills}
    fills["queue_model"] = rng.randint(0, 1)
    fills["passive_haircut"] = rng.choice([0, 30, 100, rng.randint(0, 100)])
    distances = [0.0, 1.0, rng.random(), 0.1 * rng.random(), 0.01 * rng.random()]
    risk = {"stop_distance": rng.choice(distances), "trail_distance": rng.choice(distances)}
    return {**settings, "fills": fills, "risk": {**settings.get("risk", {}), **risk}}


def compare(
    field: Field, settings: dict[str, Any], count: int, rng: random.Random, told: Counter
) -> None:
    """Play ``count`` random episodes under one config.

    Raises:
        AssertionError: kernels and reference differ; the message says where and in what.
    """
    config = EnvConfig(**settings)
    starts = field.starts(config, count, rng)
    env = SqueezeVectorEnv(
        count, deck=field.deck, starts=starts, order="sequential", autoreset_mode="DISABLED",
        config=config,
    )  # fmt: skip
    seed = rng.randrange(2**63)
    observations, _ = env.reset(seed=seed)
    episodes = [
        Episode(field.tapes[day], second, next_second, config, Luck(seed, stream))
        for stream, (day, second, next_second) in enumerate(starts.tolist())
    ]
    width = len(position_block(episodes[0]))
    eagerness = [rng.choice([0.03, 0.1, 0.3, 0.9]) for _ in episodes]
    act = _three_parts if config.actions == "orders" else _action
    live = list(range(count))
    while live:
        masks = env.action_masks().tolist()
        blocks = observations[:, -width:].tolist()
        actions = np.zeros(env.action_space.shape, np.int64)
        for i in live:
            episode = episodes[i]
            if masks[i] != episode.mask():
                raise AssertionError(_message(episode, "mask", (masks[i], episode.mask())))
            if blocks[i] != position_block(episode).tolist():
                raise AssertionError(_message(episode, "position", blocks[i]))
            actions[i] = act(masks[i], eagerness[i], rng)
        observations, rewards, terminated, truncated, infos = env.step(actions)
        rows = list(zip(*(env.state[name].tolist() for name in ALWAYS), strict=True))
        parts = list(zip(*(part.tolist() for part in infos["reward_parts"].values()), strict=True))
        ends = list(zip(terminated.tolist(), truncated.tolist(), strict=True))
        rewards = rewards.tolist()
        for i in tuple(live):
            episode = episodes[i]
            action = actions[i].tolist()
            step = episode.step(tuple(action) if isinstance(action, list) else action)
            found = (*rows[i], rewards[i], *parts[i], *ends[i])
            expected = (
                *always(episode, step), step.reward, *step.parts, step.terminated, step.truncated
            )  # fmt: skip
            if found != expected:
                names = (*ALWAYS, "reward", *infos["reward_parts"], "terminated", "truncated")
                wrong = _wrong(names, found, expected)
                message = _message(episode, f"action {action}", wrong)
                raise AssertionError(message)
            if step.arrival or step.fills:
                _compare_order(env.state[i], episode, step, action)
            _count(told, episode, step)
            if step.terminated or step.truncated:
                told["episodes"] += 1
                told[f"end {episode.ended.name}"] += 1
                live.remove(i)


def _compare_order(state: np.void, episode: Episode, step: Step, action: object) -> None:
    names: tuple[str, ...] = AFTER_MESSAGE
    expected: tuple = (fill_ns(step),)
    if step.side:
        names += AFTER_ORDER
        expected += (step.limit,)
    if step.answer.shares:
        own, theirs = AFTER_BUY if step.side > 0 else AFTER_SALE, after_fill(episode, step.side)
        met_once = not episode.desk.stop_sent  # a stop that got nothing met a quote, too
        names += own if met_once else own[1:]
        expected += theirs if met_once else theirs[1:]
    found = tuple(state[name].item() for name in names)
    if found != expected:
        wrong = _wrong(names, found, expected)
        raise AssertionError(_message(episode, f"action {action}, {step}", wrong))
    if any(fill.sign > 0 for fill in step.fills) and episode.account.cash < 0:
        raise AssertionError(_message(episode, f"action {action}, {step}", "cash below 0"))


def _wrong(names: tuple, found: tuple, expected: tuple) -> dict:
    """Return what differs: per name, what was found and what was expected."""
    triples = zip(names, found, expected, strict=True)
    return {name: (was, should) for name, was, should in triples if was != should}


def _message(episode: Episode, what: str, found: object) -> str:
    luck = episode.broker.luck
    where = f"seed {luck.seed}, stream {luck.stream}, {episode.tape.name}"
    return f"{where} at second {episode.second}: {what}: {found}; {episode.config}"


def _action(mask: list[bool], eagerness: float, rng: random.Random) -> int:
    if rng.random() > eagerness:
        return 0
    if rng.random() < 0.1:
        return rng.randrange(9)  # whether it is legal or not
    return rng.choice([action for action in range(9) if mask[action]])


def _three_parts(mask: list[bool], eagerness: float, rng: random.Random) -> tuple[int, int, int]:
    first = 0
    if rng.random() < eagerness:
        # Few are cancelled, so that orders are left to sleep in halts.
        legal = [action for action in range(9 + (rng.random() < 0.2)) if mask[action]]
        first = rng.choice(legal) if rng.random() > 0.05 else rng.randrange(10)
    style = rng.choice([0, 0, 1, 1, 1, 2, 2])
    protection = rng.randrange(4) if rng.random() < 0.3 * eagerness else 0
    return first, style, protection


def _count(told: Counter, episode: Episode, step: Step) -> None:
    fill = step.answer
    told["steps"] += 1
    told.update(episode.desk.happened)
    told["trailing stops that moved"] += _has_moved(episode)
    told[f"reject {fill.reason.name}"] += 1
    told["settlements"] += step.terminated and episode.settled_shares > 0
    if not step.side:
        return
    told["orders"] += 1
    told["impacts"] += fill.worse > 0
    told["walks that ended at a limit"] += fill.limited
    told["limits at a band"] += _at_band(episode, step)
    if fill.shares:
        filled = fill.reason == RejectReason.NONE
        told["full buys"] += filled and step.side > 0
        told["full sales"] += filled and step.side < 0
        told["fills in part"] += not filled
        told["forced fills"] += step.forced
        told["deeper fills"] += fill.displayed < fill.shares
        told["fills after displayed shares were gone"] += fill.displayed == 0


def _has_moved(episode: Episode) -> bool:
    stop = episode.desk.stop
    return stop is not None and stop.trail > 0 and stop.high > episode.account.mark


def _at_band(episode: Episode, step: Step) -> bool:
    bands = episode.tape.known_bands(episode.second - 1)
    return bands is not None and step.limit == bands[step.side > 0]
