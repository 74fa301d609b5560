"""Play one episode with random legal actions on the built-in synthetic days."""

import gymnasium as gym

import lowfloat  # noqa: F401 - registers the ids

env = gym.make("lowfloat/Squeeze-v0")
observation, info = env.reset(seed=1)
ended = False
while not ended:
    action = env.action_space.sample(mask=info["action_mask"].astype("int8"))
    observation, reward, terminated, truncated, info = env.step(action)
    ended = terminated or truncated
print(f"{info['end_reason']} with ${info['equity']:,.2f}")
