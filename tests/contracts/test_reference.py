"""The kernels and the plain-Python reference agree to the last bit."""

import random
from collections import Counter

import numpy as np
from reference.episode import Episode
from reference.observation import position_block
from reference.tape import Tape
from reference.tapes import nasty_day, real_days, synthetic_days

from lowfloat.base.codes import EndReason, RejectReason
from lowfloat.days import Day
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv

SHORT = {"max_seconds": 400, "min_seconds": 100}
CONFIGS = [
    {"episode": SHORT},
    {"episode": {**SHORT, "reset_transitions": False}, "fills": {"latency_ms": 0}},
    {"episode": {**SHORT, "max_loss": 0.004}, "fills": {"latency_ms": 999}},
    {
        "episode": {**SHORT, "max_loss": 0.02, "day_loss": 0.01, "settlement_haircut": 0.37},
        "fills": {"forced_slippage_bps": 2500, "max_quote_age_seconds": 2},
        "commission": {"per_share": 0.0035, "minimum": 0.35, "cap_fraction": 0.005},
    },
    {
        "episode": {**SHORT, "max_loss": 1.0, "day_loss": 1.0, "bankruptcy": 0.97},
        "risk": {"cash": 3_000.0, "max_position": 30_000.0},
        "rewards": {"market_pnl": {"weight": 0.3}, "trading_costs": {"weight": 1.7}},
        "fills": {"latency_ms": 350},
    },
    {
        "episode": {**SHORT, "no_entry_seconds": 0, "flatten_seconds": 0, "max_loss": 1.0,
                    "day_loss": 1.0, "bankruptcy": 0.0, "settlement_haircut": 1.0},
        "risk": {"cash": 777_777.77, "max_position": 654_321.09},
        "commission": {"per_share": 0.0, "minimum": 0.0, "cap_fraction": 0.0},
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
        "episode": {**SHORT, "max_loss": 1.0, "day_loss": 1.0, "bankruptcy": 0.0},
        "commission": {"cap_fraction": 0.5},
        "risk": {"cash": 35.0, "max_position": 50.0},
    },
]  # fmt: skip
FIELDS = [
    "second", "cash", "shares", "cost", "fees", "realized", "mark", "equity", "peak_mark",
    "fills", "trades", "wins", "settled_shares", "order_shares", "fill_shares", "fill_price",
    "fill_fee", "reject", "forced", "closing", "ended",
]  # fmt: skip


def test_synthetic_and_nasty_episodes_equal_the_reference() -> None:
    days = (*synthetic_days(), *(nasty_day(seed) for seed in range(12)))
    told = compare_all(days, episodes=100, seed=5)

    assert told["episodes"] == 100 * len(CONFIGS)
    _assert_not_vacuous(told, {*EndReason} - {EndReason.RUNNING}, {*RejectReason})


def test_real_episodes_equal_the_reference(tmp_path) -> None:
    days = real_days(tmp_path, "2025-02-24", "2025-02-24")
    days += real_days(tmp_path / "later", "2025-04-01", "2025-04-01")
    told = compare_all(tuple(days), episodes=40, seed=6)

    assert told["episodes"] == 40 * len(CONFIGS)
    _assert_not_vacuous(
        told,
        {EndReason.MAX_DURATION, EndReason.RESET_TRANSITION, EndReason.MAX_LOSS},
        {RejectReason.NONE, RejectReason.PARTIAL, RejectReason.HALTED, RejectReason.MASKED},
    )


def _assert_not_vacuous(told: Counter, ends: set, reasons: set) -> None:
    wanted = [f"end {end.name}" for end in ends]
    wanted += [f"reject {reason.name}" for reason in reasons]
    wanted += ["full buys", "full sales", "forced fills"]
    assert [what for what in wanted if not told[what]] == []


def compare_all(days: tuple[Day, ...], episodes: int, seed: int) -> Counter:
    """Play ``episodes`` random episodes under each config, and count what happened."""
    deck = build_deck([(day, None) for day in days])
    tapes = [Tape(day) for day in days]
    rng = random.Random(seed)
    told: Counter = Counter()
    for number, settings in enumerate(CONFIGS):
        config = EnvConfig(**settings)
        starts = _starts(tapes, config, episodes, rng)
        _compare(deck, tapes, starts, config, rng, told, number)
    return told


def _starts(tapes: list[Tape], config: EnvConfig, count: int, rng: random.Random) -> np.ndarray:
    """Return starts in busy seconds, shortly before and in halts, and near the end."""
    starts = []
    while len(starts) < count:
        day = rng.randrange(len(tapes))
        tape = tapes[day]
        near_end = tape.end_second - rng.randint(1, 420)
        book = rng.choice(tape.books)
        places = [(book.received - tape.start_ns) // 10**9 + 1, near_end]
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


def _compare(
    deck: Deck,
    tapes: list[Tape],
    starts: np.ndarray,
    config: EnvConfig,
    rng: random.Random,
    told: Counter,
    number: int,
) -> None:
    env = SqueezeVectorEnv(
        len(starts), deck=deck, starts=starts, order="sequential", autoreset_mode="DISABLED",
        config=config,
    )  # fmt: skip
    observations, _ = env.reset(seed=number)
    episodes = [
        Episode(tapes[day], second, next_second, config)
        for day, second, next_second in starts.tolist()
    ]
    width = len(position_block(episodes[0]))
    eagerness = [rng.choice([0.03, 0.1, 0.3]) for _ in episodes]
    live = list(range(len(episodes)))
    while live:
        masks = env.action_masks().tolist()
        blocks = observations[:, -width:]
        actions = np.zeros(len(episodes), np.int64)
        for i in live:
            assert masks[i] == episodes[i].mask(), _where(number, episodes[i])
            expected = position_block(episodes[i]).tolist()
            assert blocks[i].tolist() == expected, _where(number, episodes[i])
            actions[i] = _action(masks[i], eagerness[i], rng)
        observations, rewards, terminated, truncated, infos = env.step(actions)
        rows = env.state[FIELDS].tolist()
        parts = [infos["reward_parts"][name].tolist() for name in infos["reward_parts"]]
        for i in tuple(live):
            episode = episodes[i]
            step = episode.step(int(actions[i]))
            found = dict(zip(FIELDS, rows[i], strict=True))
            found["reward"] = float(rewards[i])
            found["parts"] = tuple(part[i] for part in parts)
            found["terminated"], found["truncated"] = bool(terminated[i]), bool(truncated[i])
            expected = _expected(episode, step)
            wrong = {k: (v, expected[k]) for k, v in found.items() if v != expected[k]}
            assert wrong == {}, f"{_where(number, episode)}, action {actions[i]}: {wrong}"
            _count(told, episode, step)
            if step.terminated or step.truncated:
                told["episodes"] += 1
                told[f"end {episode.ended.name}"] += 1
                live.remove(i)


def _where(number: int, episode: Episode) -> str:
    return f"config {number}, {episode.tape.name} at second {episode.second}"


def _action(mask: list[bool], eagerness: float, rng: random.Random) -> int:
    if rng.random() > eagerness:
        return 0
    if rng.random() < 0.1:
        return rng.randrange(9)  # whether it is legal or not
    return rng.choice([action for action in range(9) if mask[action]])


def _expected(episode: Episode, step) -> dict:
    account = episode.account
    return {
        "second": episode.second,
        "cash": account.cash,
        "shares": account.shares,
        "cost": account.cost,
        "fees": account.fees,
        "realized": account.realized,
        "mark": account.mark,
        "equity": account.equity,
        "peak_mark": account.peak_mark,
        "fills": account.fills,
        "trades": account.trades,
        "wins": account.wins,
        "settled_shares": episode.settled_shares,
        "order_shares": step.side * step.wish,
        "fill_shares": step.side * step.fill.shares,
        "fill_price": step.fill.price,
        "fill_fee": step.fill.fee,
        "reject": step.fill.reason,
        "forced": int(step.forced),
        "closing": episode.closing,
        "ended": episode.ended,
        "reward": step.reward,
        "parts": step.parts,
        "terminated": step.terminated,
        "truncated": step.truncated,
    }


def _count(told: Counter, episode: Episode, step) -> None:
    told["steps"] += 1
    told[f"reject {step.fill.reason.name}"] += 1
    filled = step.fill.shares > 0 and step.fill.reason == RejectReason.NONE
    told["full buys"] += filled and step.side > 0
    told["full sales"] += filled and step.side < 0
    told["forced fills"] += step.forced and step.fill.shares > 0
    told["settlements"] += step.terminated and episode.settled_shares > 0
