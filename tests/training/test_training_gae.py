"""Advantages with a constant critic have a closed form; a truncated episode is bootstrapped."""

import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback

from lowfloat.env.config import EnvConfig
from lowfloat.env.starts import load_split
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.tape.normaliser import Normaliser
from lowfloat.training.config import TrainingConfig
from lowfloat.training.trainer import make_model
from lowfloat.training.vec_env import SqueezeVecEnv

CRITIC = 0.7  # what the critic thinks of every observation
SETTINGS = TrainingConfig(
    num_envs=8, num_steps=64, minibatch_size=256, update_epochs=1, gamma=0.9, gae_lambda=0.8
)


class _Recorded(SqueezeVecEnv):
    """Keeps rewards and how episodes ended, before the learner sees them."""

    def __init__(self, env: SqueezeVectorEnv) -> None:
        super().__init__(env)
        self.rewards: list[np.ndarray] = []
        self.terminated: list[np.ndarray] = []
        self.truncated: list[np.ndarray] = []

    def step_wait(self):
        observation, rewards, dones, infos = super().step_wait()
        truncated = np.array([info.get("TimeLimit.truncated", False) for info in infos])
        self.rewards.append(rewards.copy())
        self.truncated.append(truncated)
        self.terminated.append(dones & ~truncated)
        return observation, rewards, dones, infos


class _Advantages(BaseCallback):
    """Keeps the advantages of the rollout, before they are shuffled."""

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        buffer = self.model.rollout_buffer
        self.advantages, self.returns = buffer.advantages.copy(), buffer.returns.copy()


@pytest.fixture(scope="module")
def rollout(small_index):
    """One rollout with a constant critic: what was earned, and what the learner made of it."""
    deck, starts, _ = load_split(small_index, "train")
    normaliser = Normaliser.fit(deck.table)
    env = _Recorded(
        SqueezeVectorEnv(
            SETTINGS.num_envs,
            deck=deck.normalised(normaliser),
            starts=starts,
            normaliser=normaliser,
            config=EnvConfig(episode={"max_seconds": 9, "max_loss": 0.001}),
        )
    )
    model = make_model(env, SETTINGS)
    with torch.no_grad():
        model.policy.value_net.weight.zero_()
        model.policy.value_net.bias.fill_(CRITIC)
    found = _Advantages()
    model.learn(SETTINGS.num_envs * SETTINGS.num_steps, found)
    return env, found


def closed_form(env: _Recorded) -> np.ndarray:
    """Return the advantages worked out by their definition, episode by episode."""
    gamma, decay = SETTINGS.gamma, SETTINGS.gamma * SETTINGS.gae_lambda
    rewards, terminated, truncated = (
        np.stack(part) for part in (env.rewards, env.terminated, env.truncated)
    )
    surprise = rewards + np.where(terminated, 0.0, gamma * CRITIC) - CRITIC
    ended = terminated | truncated
    steps, envs = rewards.shape
    advantages = np.zeros((steps, envs))
    for lane in range(envs):
        for first in range(steps):
            for k in range(first, steps):
                advantages[first, lane] += decay ** (k - first) * surprise[k, lane]
                if ended[k, lane]:
                    break
    return advantages


def test_the_rollout_holds_both_ways_to_end(rollout):
    env, _ = rollout
    assert np.stack(env.truncated).sum() >= 5
    assert np.stack(env.terminated).sum() >= 5


def test_advantages_bootstrap_at_truncation_and_not_at_termination(rollout):
    env, found = rollout
    np.testing.assert_allclose(found.advantages, closed_form(env), atol=2e-6)


def test_returns_are_advantages_over_the_constant_critic(rollout):
    _, found = rollout
    np.testing.assert_allclose(found.returns, found.advantages + CRITIC, atol=1e-6)
