"""The reward is the change of net equity, in percent of the maximum position."""

import numpy as np
import pytest
from reference.play import Player
from reference.tapes import OPEN, Q, make_day, nasty_day, ns

from lowfloat.base.codes import Action
from lowfloat.env.deck import build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv


@pytest.fixture
def rising() -> Player:
    """One account on a book that rises by a dime."""
    quotes = [
        Q(ns(OPEN - 1), 4.00, 4.02, 9_000, 9_000),
        Q(ns(OPEN) + 500_000_000, 4.10, 4.12, 9_000, 9_000),
    ]
    return Player(make_day(quotes), OPEN)


def test_a_purchase_earns_the_new_mark_less_its_price_and_pays_its_fee(rising) -> None:
    _, _, _, _, infos = rising.env.step(np.array([int(Action.BUY_25)]))

    # 621 shares at $4.02 are worth $4.10: $49.68 of $10,000; the fee is $3.105.
    parts = {name: float(part[0]) for name, part in infos["reward_parts"].items()}
    assert parts == {
        "market_pnl": pytest.approx(0.4968, abs=1e-12),
        "trading_costs": pytest.approx(-0.03105, abs=1e-12),
    }


def test_a_purchase_without_a_move_costs_the_spread(rising) -> None:
    rising.send()
    rising.send(Action.BUY_25)  # 606 shares at $4.12, marked at $4.10; the fee is $3.03
    assert rising.reward == pytest.approx(-(606 * 0.02 + 3.03) / 100, abs=1e-12)


def test_weights_scale_the_parts() -> None:
    quotes = [Q(ns(OPEN - 1), 4.00, 4.02, 9_000, 9_000)]
    config = {"rewards": {"market_pnl": {"weight": 2.0}, "trading_costs": {"weight": 0.0}}}
    player = Player(make_day(quotes), OPEN, config)
    player.send(Action.BUY_25)
    assert player.reward == pytest.approx(-2.0 * 621 * 0.02 / 100, abs=1e-12)


def test_a_masked_order_is_rewarded_like_holding(rising) -> None:
    rising.send(Action.SELL_100)
    assert rising.reward == 0.0


@pytest.fixture(scope="module")
def episodes():
    """Rewards, parts and states of random episodes on nasty days, to the end of each."""
    days = [nasty_day(seed) for seed in range(4)]
    rng = np.random.default_rng(5)
    starts = np.zeros(120, START)
    starts["day"] = rng.integers(0, len(days), 120)
    ends = np.array([(day.coverage_end_ns - day.session.start_ns) // 10**9 for day in days])
    starts["second"] = ends[starts["day"]] - rng.integers(30, 500, 120)
    starts["next_second"] = 10**6
    env = SqueezeVectorEnv(
        120,
        deck=build_deck([(day, None) for day in days]),
        starts=starts,
        order="sequential",
        autoreset_mode="DISABLED",
        config={"episode": {"max_loss": 0.02, "no_entry_seconds": 0}},
    )
    env.reset(seed=0)
    rewards, parts = [], []
    for _ in range(520):
        _, reward, _, _, infos = env.step(rng.integers(0, 9, 120))
        rewards.append(reward)
        parts.append(np.stack(list(infos["reward_parts"].values())))
    assert (env.state["ended"] > 0).all()
    return np.stack(rewards), np.stack(parts), env.state


def test_the_reward_is_the_sum_of_its_parts_to_the_bit(episodes) -> None:
    rewards, parts, _ = episodes
    assert np.array_equal(rewards, parts[:, 0] + parts[:, 1])


def test_the_rewards_of_an_episode_add_up_to_its_net_gain(episodes) -> None:
    rewards, _, states = episodes
    gained = (states["equity"] - states["start_equity"]) / 1e6
    assert (states["settled_shares"] > 0).any()
    np.testing.assert_allclose(rewards.sum(axis=0), gained / 100.0, rtol=0, atol=1e-9)


def test_rewards_are_finite(episodes) -> None:
    rewards, _, _ = episodes
    assert np.isfinite(rewards).all()
