"""The vector environment as Stable-Baselines3 wants it, without a loop over environments."""

from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from lowfloat.env.vector import SqueezeVectorEnv


class SqueezeVecEnv(VecEnv):
    """Adapter from :class:`~lowfloat.env.vector.SqueezeVectorEnv` to SB3's ``VecEnv``.

    Only environments whose episode ended get an info dict of their own; all others share one
    that is empty. What ended episodes earned is kept until :meth:`take_episodes`.

    Args:
        env: a SAME_STEP vector environment that hands out copies: SB3 keeps the observations it
            is given.
    """

    def __init__(self, env: SqueezeVectorEnv) -> None:
        self.env = env  # first: the base class asks it for its render mode
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self._actions = np.zeros(env.num_envs, np.int64)
        self._nothing: list[dict[str, Any]] = [{}] * env.num_envs
        self._episodes: list[dict[str, np.ndarray]] = []
        self._returns = np.zeros(env.num_envs)

    def reset(self) -> np.ndarray:
        """Begin all episodes anew, with the seed given by :meth:`seed` if there was one."""
        observation, _ = self.env.reset(seed=self._seeds[0])
        self._reset_seeds()
        self._returns[:] = 0.0
        return observation

    def step_async(self, actions: np.ndarray) -> None:
        """Remember the actions."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Play one second everywhere."""
        observation, rewards, terminated, truncated, infos = self.env.step(self._actions)
        ended = terminated | truncated
        self._returns += rewards
        out = self._nothing
        if ended.any():
            out = list(self._nothing)
            rows = np.flatnonzero(ended)
            final = {name: values[rows] for name, values in infos["final_info"].items()}
            final["return"] = self._returns[rows]
            self._episodes.append(final)
            for i, row in enumerate(rows):
                out[row] = {
                    "terminal_observation": infos["final_obs"][row],
                    "TimeLimit.truncated": bool(truncated[row]),
                    "episode": {"r": float(final["return"][i]), "l": int(final["seconds"][i])},
                }
            self._returns[rows] = 0.0
        return observation, rewards.astype(np.float32), ended, out

    def take_episodes(self) -> dict[str, np.ndarray]:
        """Return, per name of ``final_info``, one value per episode ended since the last call."""
        taken, self._episodes = self._episodes, []
        return (
            {name: np.concatenate([part[name] for part in taken]) for name in taken[0]}
            if taken
            else {}
        )

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return the environment and the running returns as plain arrays."""
        return {**self.env.snapshot(), "returns": self._returns.copy()}

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go back to a snapshot."""
        self.env.restore({name: snapshot[name] for name in snapshot if name != "returns"})
        self._returns[:] = snapshot["returns"]

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of the batch, once per index."""
        return [getattr(self.env, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the batch."""
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> Any:
        """Call a method of the batch; it answers with one row per environment."""
        rows = getattr(self.env, method_name)(*args, **kwargs)
        return rows if indices is None else rows[list(self._get_indices(indices))]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Return False per index: the batch has no wrappers."""
        return [False for _ in self._get_indices(indices)]
