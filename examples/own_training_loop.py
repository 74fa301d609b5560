"""A trainer of one's own: rollouts with masks, and values bootstrapped at truncations."""

import gymnasium as gym
import numpy as np

import lowfloat  # noqa: F401 - registers the ids

NUM_ENVS, NUM_STEPS, GAMMA = 64, 128, 0.999

envs = gym.make_vec("lowfloat/Squeeze-v0", num_envs=NUM_ENVS)
rng = np.random.default_rng(1)
weights = rng.normal(scale=0.01, size=envs.single_observation_space.shape)


def value(observations: np.ndarray) -> np.ndarray:
    """Stand in for a critic: one linear function of the observation."""
    return observations @ weights


observations, infos = envs.reset(seed=1)
rewards = np.zeros((NUM_STEPS, NUM_ENVS))
ended = np.zeros((NUM_STEPS, NUM_ENVS), bool)
for step in range(NUM_STEPS):
    actions = (rng.random((NUM_ENVS, 9)) * infos["action_mask"]).argmax(axis=1)
    observations, rewards[step], terminations, truncations, infos = envs.step(actions)
    # A truncated episode would have gone on: what it was worth is in its final observation.
    rewards[step][truncations] += GAMMA * value(infos["final_obs"][truncations])
    ended[step] = terminations | truncations

returns = value(observations)
for step in reversed(range(NUM_STEPS)):
    returns = rewards[step] + GAMMA * returns * ~ended[step]
print(f"mean discounted return {returns.mean():.3f} percent of the maximum position")
