"""Step 1,024 accounts at once and say how their episodes ended."""

from collections import Counter

import gymnasium as gym
import numpy as np

import lowfloat  # noqa: F401 - registers the ids
from lowfloat.base.codes import EndReason

envs = gym.make_vec("lowfloat/Squeeze-v0", num_envs=1024)
rng = np.random.default_rng(1)
_, infos = envs.reset(seed=1)
ends: Counter[str] = Counter()
for _ in range(600):
    actions = (rng.random((1024, 9)) * infos["action_mask"]).argmax(axis=1)
    _, _, terminations, truncations, infos = envs.step(actions)
    reasons = infos["final_info"]["end_reason"][terminations | truncations]
    ends.update(EndReason(int(reason)).name for reason in reasons)
print(dict(ends))
