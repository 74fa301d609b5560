"""Send single orders through the environment or the reference, and read the books in integers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from reference.episode import Episode
from reference.luck import Luck
from reference.state import AFTER_BUY, AFTER_SALE, ALWAYS, after_fill, always, fill_ns
from reference.tape import Tape

from lowfloat.base.codes import Action
from lowfloat.days import Day
from lowfloat.days.baseline import Baseline
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv

NEVER = 1_000_000  # a next reset point that does not come


class Player:
    """One account on one day, from a second on.

    Args:
        day: the day.
        second: the reset point.
        config: frictions, money, limits and rewards; the latency is as given, never drawn.
        next_second: the day's next reset point.
        baseline: what was known before the day.
    """

    def __init__(
        self,
        day: Day,
        second: int,
        config: dict[str, Any] | None = None,
        next_second: int = NEVER,
        baseline: Baseline | None = None,
    ) -> None:
        self.env = SqueezeVectorEnv(
            1,
            deck=build_deck([(day, baseline)]),
            starts=np.array([(0, second, next_second)], START),
            autoreset_mode="DISABLED",
            config=_punctual(config),
        )
        self.env.reset(seed=0)
        self.reward = 0.0
        self.terminated = self.truncated = False

    def send(self, action: Action | tuple[int, int, int] = Action.HOLD) -> dict[str, int]:
        """Play one second and return the state after it."""
        if self.env.config.actions == "orders" and not isinstance(action, tuple):
            action = (int(action), 0, 0)
        sent = np.array([action], np.int64)
        _, reward, terminated, truncated, _ = self.env.step(sent)
        self.reward = float(reward[0])
        self.terminated, self.truncated = bool(terminated[0]), bool(truncated[0])
        return self.state

    def send_all(self, actions: Sequence[Action]) -> dict[str, int]:
        """Play one second per action and return the state after the last."""
        for action in actions:
            self.send(action)
        return self.state

    def play_out(self, limit: int = 60_000) -> dict[str, int]:
        """Hold until the episode ends and return its last state."""
        for _ in range(limit):
            if self.terminated or self.truncated:
                return self.state
            self.send()
        raise AssertionError(f"the episode did not end within {limit} seconds")

    def begin_again(self) -> None:
        """Begin the next episode at the same second."""
        self.env.reset()
        self.terminated = self.truncated = False

    @property
    def state(self) -> dict[str, int]:
        names = self.env.state.dtype.names
        return dict(zip(names, self.env.state[0].tolist(), strict=True))

    @property
    def mask(self) -> list[bool]:
        return self.env.action_masks()[0].tolist()


class PlainPlayer:
    """The same account in the plain-Python reference; see :class:`Player`."""

    def __init__(
        self,
        day: Day,
        second: int,
        config: dict[str, Any] | None = None,
        next_second: int = NEVER,
        baseline: Baseline | None = None,
    ) -> None:
        self._start = Tape(day, baseline), second, next_second, EnvConfig(**_punctual(config))
        self._episode = 0
        self.begin_again()

    def begin_again(self) -> None:
        """Begin the next episode at the same second."""
        self._episode += 1
        self.episode = Episode(*self._start, Luck(seed=0, stream=0, episode=self._episode))
        self.state: dict[str, int] = {}

    def send(self, action: Action | tuple[int, int, int] = Action.HOLD) -> dict[str, int]:
        """Play one second and return the state after it."""
        step = self.episode.step(action if isinstance(action, tuple) else int(action))
        state = dict(zip(ALWAYS, always(self.episode, step), strict=True))
        if step.arrival or step.fills:
            state["fill_ns"] = fill_ns(step)
        if step.answer.shares:
            names = AFTER_BUY if step.side > 0 else AFTER_SALE
            state |= dict(zip(names, after_fill(self.episode, step.side), strict=True))
        self.state = state
        return state

    @property
    def mask(self) -> list[bool]:
        return self.episode.mask()


def _punctual(config: dict[str, Any] | None) -> dict[str, Any]:
    """Return the configuration with a latency that is as given, unless it says otherwise."""
    config = config or {}
    fills = {"latency_spread": 0.0, "latency_burst": 0.0, **config.get("fills", {})}
    return {**config, "fills": fills}
