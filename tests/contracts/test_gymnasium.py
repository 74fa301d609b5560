"""The environments keep Gymnasium's contract, and Stable-Baselines3's."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, VectorEnv
from reference.tapes import OPEN

import lowfloat
from lowfloat.env.single import SqueezeEnv
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.index import Index

IDS = sorted(name for name in gym.registry if name.startswith("lowfloat/"))


def make(index: Index, name: str = "lowfloat/Squeeze-v0", **kwargs) -> gym.Env:
    return gym.make(name, index=index, **kwargs)


def test_the_ids_of_the_package_are_registered() -> None:
    assert lowfloat.__version__
    assert IDS == ["lowfloat/Squeeze-v0"]


@pytest.mark.parametrize("render_mode", [None, "ansi"])
@pytest.mark.parametrize("name", IDS)
def test_gymnasiums_checker_passes_without_a_warning(index, name, render_mode) -> None:
    env = make(index, name, render_mode=render_mode).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)


@pytest.mark.parametrize("name", IDS)
def test_stable_baselines_checker_passes_without_a_warning(index, name) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    env = make(index, name).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(env, warn=True, skip_render_check=False)


@pytest.mark.parametrize("name", IDS)
def test_an_id_makes_a_single_environment_that_plays(index, name) -> None:
    env = make(index, name, config={"episode": {"max_seconds": 50}})
    assert isinstance(env.unwrapped, SqueezeEnv)
    observation, info = env.reset(seed=1)
    ended = False
    for _ in range(60):
        if ended:
            observation, info = env.reset()
        assert env.observation_space.contains(observation)
        action = env.action_space.sample(info["action_mask"].astype(np.int8))
        observation, reward, terminated, truncated, info = env.step(int(action))
        ended = terminated or truncated
        assert type(reward) is float
        assert type(terminated) is type(truncated) is bool
    env.close()


@pytest.mark.parametrize("name", IDS)
def test_an_id_makes_a_vector_environment_that_plays(index, name) -> None:
    envs = gym.make_vec(name, num_envs=8, index=index, config={"episode": {"max_seconds": 50}})
    assert isinstance(envs, SqueezeVectorEnv)
    assert isinstance(envs, VectorEnv)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    observations, infos = envs.reset(seed=1)
    ended = 0
    for _ in range(120):
        assert envs.observation_space.contains(observations)
        assert infos["action_mask"][:, 0].all()
        observations, rewards, terminated, truncated, infos = envs.step(envs.action_space.sample())
        assert (rewards.shape, rewards.dtype) == ((8,), np.float64)
        assert terminated.dtype == truncated.dtype == bool
        assert not (terminated & truncated).any()
        for row in np.flatnonzero(infos["_final_obs"]):
            assert envs.single_observation_space.contains(infos["final_obs"][row])
            ended += 1
    assert ended >= 16
    envs.close()


@pytest.mark.parametrize("mode", ["NEXT_STEP", "SAME_STEP", "DISABLED"])
def test_gymnasiums_own_vector_environment_takes_the_single_one(index, mode) -> None:
    envs = gym.make_vec(
        "lowfloat/Squeeze-v0",
        num_envs=3,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": AutoresetMode[mode]},
        index=index,
        config={"episode": {"max_seconds": 7}},
    )
    observations, infos = envs.reset(seed=1)
    for _ in range(20):
        observations, _, terminated, truncated, infos = envs.step(np.zeros(3, int))
        assert envs.observation_space.contains(observations)
        assert infos["action_mask"].shape == (3, 9)
        ended = terminated | truncated
        if mode == "DISABLED" and ended.any():
            envs.reset(options={"reset_mask": ended})
    envs.close()


@pytest.mark.parametrize("name", IDS)
def test_an_id_needs_no_data_of_ones_own(name) -> None:
    env = gym.make(name)
    observation, _ = env.reset(seed=0)
    assert env.observation_space.contains(observation)


def test_the_single_environment_is_wrapped_with_nothing_that_resets(index) -> None:
    assert make(index).spec.max_episode_steps is None


def test_the_spaces_of_the_batch_are_those_of_one(index) -> None:
    envs = SqueezeVectorEnv(3, index=index)
    single = make(index)
    assert envs.single_observation_space == single.observation_space
    assert envs.single_action_space == single.action_space == gym.spaces.Discrete(9)
    assert envs.observation_space.shape == (3, len(envs.observation_names))
    assert len(set(envs.observation_names)) == len(envs.observation_names)


def test_observations_stay_inside_the_space_on_nasty_days(deck, starts) -> None:
    config = {"episode": {"max_loss": 1.0, "day_loss": 1.0}, "risk": {"max_position": 1.0}}
    for risk in (config["risk"], {"cash": 1e6, "max_position": 1e6}):
        envs = SqueezeVectorEnv(
            64, deck=deck, starts=starts, order="sequential", config={**config, "risk": risk}
        )
        observations, infos = envs.reset(seed=0)
        rng = np.random.default_rng(6)
        for _ in range(400):
            assert envs.observation_space.contains(observations)
            actions = (rng.random((64, 9)) * infos["action_mask"]).argmax(axis=1)
            observations, rewards, _, _, infos = envs.step(actions)
            assert np.isfinite(rewards).all()


def test_a_seed_of_the_environment_gives_the_same_first_observation(index) -> None:
    first, second = make(index).reset(seed=9)[0], make(index).reset(seed=9)[0]
    assert np.array_equal(first, second)


def test_a_named_start_reaches_the_environment_through_its_wrappers(index) -> None:
    name = index.days(split="train")[0].name
    _, info = make(index).reset(options={"reset": f"{name}/09:30:00"})
    assert info["second"] == OPEN
