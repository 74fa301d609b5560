"""The single environment: a batch of one."""

import datetime as dt
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from lowfloat.base.clock import format_second
from lowfloat.base.codes import EndReason, MomentumPhase, RejectReason
from lowfloat.days.store import DayStore
from lowfloat.env.starts import open_index, resident, starts_of
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.errors import InvalidReset, ResetNeeded
from lowfloat.index.index import CategorizedResetPoint, Index
from lowfloat.market.trade import described


class SqueezeEnv(gym.Env):
    """One account that trades one symbol-day second by second.

    It takes the arguments of :class:`~lowfloat.env.vector.SqueezeVectorEnv` but ``num_envs``,
    ``autoreset_mode``, ``threads`` and ``copy``. ``info`` has ``action_mask``, ``reward_parts``
    by name, ``equity``, ``shares``, ``second``, ``phase``, ``fill_shares``, ``fill_price``,
    ``reject``, where a trade was closed ``trade``, and after the last step ``end_reason`` and
    ``reset_transition``.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012

    def __init__(
        self, render_mode: str | None = None, index: Index | str | Path | None = None, **kwargs: Any
    ) -> None:
        self._index = None if "deck" in kwargs else open_index(index)
        self._days_root = kwargs.get("days")
        self._normaliser = kwargs.get("normaliser")
        self.day_reset_points: list[CategorizedResetPoint] = []
        self.current_reset_idx = 0
        self._batch = SqueezeVectorEnv(
            1, self._index, autoreset_mode="DISABLED", render_mode=render_mode, **kwargs
        )
        self.render_mode = render_mode
        self.observation_space = self._batch.single_observation_space
        self.action_space = self._batch.single_action_space
        self.observation_names = self._batch.observation_names

    @property
    def batch(self) -> SqueezeVectorEnv:
        """The batch of one that does the work."""
        return self._batch

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode; ``options={"reset": "SYMBOL/YYYY-MM-DD/HH:MM:SS"}`` says where.

        Raises:
            InvalidReset: the option names a start that cannot be used.
        """
        super().reset(seed=seed)
        observation, infos = self._batch.reset(seed=seed, options=options)
        return observation[0], self._info(infos)

    def setup_day(self, symbol: str, date: dt.date | str) -> list[CategorizedResetPoint]:
        """Make a day of the index resident, with what was usual before it, and return its points.

        All its reset points can then be played without loading anything.

        Raises:
            DayNotFound: the index has no such day.
            IndexMismatch: the store holds another day than was scanned.
            InvalidReset: the environment was made from a deck, without an index.
        """
        if self._index is None:
            raise InvalidReset("`setup_day` needs an index; this environment was given a deck.")
        points = self._index.resets(symbol, date)
        day = next(d for d in self._index.days(symbol) if str(d.date) == str(date))
        if day.name not in self._batch.deck.names:
            store = DayStore(self._days_root) if self._days_root is not None else self._index.store
            self._index.check_days([day], store)
            deck = resident(store, [day], self._normaliser)
            self._batch.use_deck(deck, starts_of(self._index, [day]))
        self.day_reset_points = points
        self.current_reset_idx = 0
        return points

    def reset_at_point(
        self, reset_point: CategorizedResetPoint, *, carry: bool = False
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode at a reset point of the day that was set up; nothing is loaded.

        Args:
            reset_point: of :attr:`day_reset_points`.
            carry: whether the account goes on from the episode before, with its position if the
                point is not too far away.

        Raises:
            InvalidReset: the point is of a day that is not resident, or lies before the account.
        """
        if reset_point in self.day_reset_points:
            self.current_reset_idx = self.day_reset_points.index(reset_point)
        clock = format_second(reset_point.second)
        where = f"{reset_point.symbol}/{reset_point.date.isoformat()}/{clock}"
        return self.reset(options={"reset": where, "carry": carry, "transitions": True})

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Play one second.

        Raises:
            ResetNeeded: `reset` was never called, or the episode is over.
            InvalidAction: the action is outside its space.
        """
        if self._batch.state["ended"][0]:
            raise ResetNeeded("the episode is over; call `reset` before `step`.")
        observation, reward, terminated, truncated, infos = self._batch.step(
            np.asarray(action, np.int64)[None]
        )
        info = self._info(infos)
        return observation[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), info

    def action_masks(self) -> np.ndarray:
        """Return the actions allowed at the coming decision, bool ``(9,)``."""
        return self._batch.action_masks()[0]

    def render(self) -> str | None:
        """Return one line of text if ``render_mode`` is ``ansi``."""
        lines = self._batch.render()
        return lines[0] if lines else None

    def close(self) -> None:
        """Release the batch."""
        self._batch.close()

    def _info(self, infos: dict[str, Any]) -> dict[str, Any]:
        parts = {name: float(values[0]) for name, values in infos["reward_parts"].items()}
        info: dict[str, Any] = {
            "action_mask": infos["action_mask"][0],
            "reward_parts": parts,
            "equity": float(infos["equity"][0]),
            "shares": int(infos["shares"][0]),
            "second": int(infos["second"][0]),
            "phase": MomentumPhase(int(infos["phase"][0])).label,
            "fill_shares": int(infos["fill_shares"][0]),
            "fill_price": float(infos["fill_price"][0]),
            "reject": RejectReason(int(infos["reject"][0])).name,
        }
        if infos["trade"]["number"][0]:
            info["trade"] = described(infos["trade"][0])
        ended = int(self._batch.state["ended"][0])
        if ended:
            info["end_reason"] = EndReason(ended).name
            info["reset_transition"] = ended == EndReason.RESET_TRANSITION
        return info
