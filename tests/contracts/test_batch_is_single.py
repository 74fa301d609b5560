"""A batch of N is N single environments, bit for bit, however it is cut."""

import numpy as np
import pytest

from lowfloat.env.single import SqueezeEnv
from lowfloat.env.vector import SqueezeVectorEnv

ENVS, STEPS = 12, 900
CONFIG = {"episode": {"max_seconds": 120, "min_seconds": 20, "max_loss": 0.01}}


def actions_of(seed: int, envs: int = ENVS, steps: int = STEPS) -> np.ndarray:
    """Return random actions: an order about every eight seconds."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((steps, envs)) < 0.12, rng.integers(0, 9, (steps, envs)), 0)


def trajectory(env: SqueezeVectorEnv, actions: np.ndarray) -> list[bytes]:
    """Return everything a batch shows, step by step, as bytes."""
    observations, infos = env.reset(seed=21)
    shown = [observations.tobytes() + infos["action_mask"].tobytes()]
    for row in actions:
        observations, rewards, terminated, truncated, infos = env.step(row)
        ended = infos["_final_obs"]
        arrays = [
            observations, rewards, terminated, truncated, infos["action_mask"], infos["equity"],
            infos["final_obs"][ended], infos["final_info"]["net_pnl"][ended], env.state,
            *infos["reward_parts"].values(),
        ]  # fmt: skip
        shown.append(b"".join(array.tobytes() for array in arrays))
    return shown


def test_a_batch_equals_single_environments(deck, starts) -> None:
    batch = SqueezeVectorEnv(ENVS, deck=deck, starts=starts, order="sequential", config=CONFIG)
    singles = [
        SqueezeEnv(deck=deck, starts=starts[i::ENVS], order="sequential", config=CONFIG)
        for i in range(ENVS)
    ]
    observations, infos = batch.reset(seed=0)
    masks = infos["action_mask"]
    for i, single in enumerate(singles):
        observation, info = single.reset(seed=0, options={"streams": [i]})
        assert np.array_equal(observation, observations[i])
        assert np.array_equal(info["action_mask"], masks[i])
    ends = fills = 0
    for actions in actions_of(3):
        observations, rewards, terminated, truncated, infos = batch.step(actions)
        for i, single in enumerate(singles):
            observation, reward, ended, cut, info = single.step(int(actions[i]))
            assert (reward, ended, cut) == (rewards[i], terminated[i], truncated[i])
            for name, part in info["reward_parts"].items():
                assert part == infos["reward_parts"][name][i]
            fills += info["fill_shares"] != 0
            if ended or cut:
                ends += 1
                final = infos["final_info"]
                assert infos["_final_obs"][i]
                assert np.array_equal(observation, infos["final_obs"][i])
                assert (info["equity"], info["second"]) == (final["equity"][i], final["second"][i])
                observation, info = single.reset()
            assert np.array_equal(observation, observations[i])
            assert np.array_equal(info["action_mask"], infos["action_mask"][i])
            assert info["equity"] == infos["equity"][i]
    assert min(ends, fills) > 50


@pytest.mark.parametrize("threads", [2, 3, 50])
def test_threads_do_not_matter(deck, starts, threads) -> None:
    def play(count: int) -> list[bytes]:
        env = SqueezeVectorEnv(ENVS, deck=deck, starts=starts, config=CONFIG, threads=count)
        shown = trajectory(env, actions_of(4, steps=300))
        env.close()
        return shown

    assert play(threads) == play(1)


def test_the_width_of_the_batch_does_not_matter(deck, starts) -> None:
    actions = actions_of(5)

    def play(width: int) -> tuple[list[bytes], list[bytes]]:
        env = SqueezeVectorEnv(width, deck=deck, starts=starts, config=CONFIG)
        shown, states = [], []
        env.reset(seed=13)
        for row in actions:
            observations, rewards, *_ = env.step(row[:width])
            shown.append(observations[:5].tobytes() + rewards[:5].tobytes())
            states.append(env.state[:5].tobytes())
        return shown, states

    assert play(5) == play(7) == play(ENVS)


def test_a_neighbours_actions_do_not_matter(deck, starts) -> None:
    def play(others: int) -> list[bytes]:
        env = SqueezeVectorEnv(ENVS, deck=deck, starts=starts, config=CONFIG)
        env.reset(seed=13)
        shown = []
        for own, other in zip(actions_of(6), actions_of(others), strict=True):
            observations, rewards, *_ = env.step(np.where(np.arange(ENVS) < 4, own, other))
            shown.append(observations[:4].tobytes() + rewards[:4].tobytes())
        return shown

    assert play(7) == play(8)


def test_episodes_that_came_before_do_not_matter(deck, starts) -> None:
    env = SqueezeVectorEnv(ENVS, deck=deck, starts=starts, config=CONFIG)
    first = trajectory(env, actions_of(9, steps=200))
    assert trajectory(env, actions_of(9, steps=200)) == first


def test_a_snapshot_goes_on_as_if_nothing_had_happened(deck, starts) -> None:
    actions = actions_of(10, steps=400)
    env = SqueezeVectorEnv(ENVS, deck=deck, starts=starts, config=CONFIG)
    env.reset(seed=2)
    for row in actions[:150]:
        observations, *_ = env.step(row)
    masks, snapshot = env.action_masks().copy(), env.snapshot()
    expected = [env.step(row)[0].tobytes() + env.state.tobytes() for row in actions[150:]]

    for other in (env, SqueezeVectorEnv(ENVS, deck=deck, starts=starts, config=CONFIG)):
        other.restore(snapshot)
        assert np.array_equal(other.observation, observations)
        assert np.array_equal(other.action_masks(), masks)
        again = [other.step(row)[0].tobytes() + other.state.tobytes() for row in actions[150:]]
        assert again == expected
