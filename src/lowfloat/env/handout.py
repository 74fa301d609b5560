"""Arrays that a step hands out: fresh to the caller, without allocating each time.

Gymnasium's callers keep what `step` returns, so it must not be overwritten later; a new array
per step would cost more in page faults than the step itself. The kernel therefore writes straight
into a set of arrays that is used again only once nobody else holds any of them, which Python's
reference counts tell exactly: views count too.
"""

import sys
from typing import Any

import numpy as np

from lowfloat.env.records import EPISODE, INFO, NUM_PARTS, Output
from lowfloat.market.trade import TRADE
from lowfloat.rewards.score import Rewards

KEPT = 4


class Handout:
    """One set of arrays and the infos that show them.

    Args:
        num_envs: rows.
        columns: of the observation.
        mask: length of the action mask.
        autoreset: whether the infos have final observations.
    """

    def __init__(self, num_envs: int, columns: int, mask: int, autoreset: bool) -> None:
        self.out = Output(
            observation=np.zeros((num_envs, columns), np.float32),
            mask=np.zeros((num_envs, mask), bool),
            reward=np.zeros(num_envs),
            parts=np.zeros((num_envs, NUM_PARTS)),
            terminated=np.zeros(num_envs, bool),
            truncated=np.zeros(num_envs, bool),
            ended=np.zeros(num_envs, bool),
            info=np.zeros(num_envs, INFO),
            final_observation=np.zeros((num_envs, columns), np.float32),
            final_info=np.zeros(num_envs, INFO),
            episode=np.zeros(num_envs, EPISODE),
            trade=np.zeros(num_envs, TRADE),
        )
        self._parts = {name: self.out.parts[:, i] for i, name in enumerate(Rewards._fields)}
        self._info = {
            "action_mask": self.out.mask,
            **_fields(self.out.info),
            "trade": self.out.trade,
        }
        self._final = {**_fields(self.out.final_info), **_fields(self.out.episode)}
        self._autoreset = autoreset
        self._arrays = [
            *self.out,
            *self._parts.values(),
            *self._info.values(),
            *self._final.values(),
        ]
        self._mine = self._references()

    @property
    def is_free(self) -> bool:
        """Whether nobody else holds an array of this set, or a view of one."""
        return self._references() == self._mine

    def _references(self) -> int:
        # Each count can only rise above what it was at the start, so the sum tells.
        return sum(map(sys.getrefcount, self._arrays))

    def infos(self) -> dict[str, Any]:
        """Return the infos; the dicts are the caller's own."""
        infos: dict[str, Any] = {**self._info, "reward_parts": self._parts.copy()}
        if self._autoreset:
            infos["final_obs"] = self.out.final_observation
            infos["final_info"] = self._final.copy()
            infos["_final_obs"] = infos["_final_info"] = self.out.ended
        return infos


class Handouts:
    """The sets of one vector environment.

    Args:
        num_envs: rows.
        columns: of the observation.
        mask: length of the action mask.
        autoreset: whether the infos have final observations.
        fresh: False hands out the same arrays each time, overwritten by the next step.
    """

    def __init__(
        self, num_envs: int, columns: int, mask: int, autoreset: bool, fresh: bool
    ) -> None:
        self._shape = (num_envs, columns, mask, autoreset)
        self._fresh = fresh
        self._kept = [Handout(*self._shape)]

    def take(self) -> Handout:
        """Return a set that nobody else holds."""
        if not self._fresh:
            return self._kept[0]
        for handout in self._kept:
            if handout.is_free:
                return handout
        made = Handout(*self._shape)
        if len(self._kept) < KEPT:
            self._kept.append(made)
        return made


def _fields(records: np.ndarray) -> dict[str, np.ndarray]:
    return {name: records[name] for name in records.dtype.names or ()}
