"""The vector environment: a batch of accounts over one deck, stepped in one kernel call."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from lowfloat.base.clock import SECONDS_PER_SESSION, format_second
from lowfloat.base.codes import Action
from lowfloat.base.prices import MICRODOLLARS_PER_DOLLAR, UNITS_PER_DOLLAR
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck, market_column_names
from lowfloat.env.ending import ENDINGS
from lowfloat.env.kernel import (
    NUM_ACTIONS,
    NUM_PARTS,
    START,
    STATE,
    Draw,
    Output,
    reset_batch,
    step_batch,
)
from lowfloat.env.observation import NUM_POSITION_COLUMNS, POSITION_COLUMNS, POSITION_LIMIT
from lowfloat.env.starts import load_split, open_index, parse_start
from lowfloat.errors import EmptySplit, InvalidAction, InvalidReset, ResetNeeded
from lowfloat.index.index import Index
from lowfloat.rewards.score import Rewards
from lowfloat.tape.normaliser import LIMIT, Normaliser

_TRUNCATING = [int(reason) for reason, ending in ENDINGS.items() if ending.truncated]
_MODES = {"SAME_STEP": AutoresetMode.SAME_STEP, "DISABLED": AutoresetMode.DISABLED}


class SqueezeVectorEnv(VectorEnv):
    """Many accounts, each trading one resident symbol-day second by second.

    Args:
        num_envs: number of environments.
        index: an index folder; None makes a few synthetic days.
        split: the split whose days and reset points are used.
        symbol: only days of this symbol.
        days: the day store, if it is not where the index was scanned from.
        config: frictions, money, limits and rewards; a mapping of the same, or None.
        normaliser: applied to the market columns of the observation; None leaves their units.
        deck: a deck that is already resident, with ``starts``; then ``index`` is not opened.
        starts: ``START`` records.
        order: ``random`` draws starts, ``sequential`` takes start ``i`` in environment ``i``,
            then ``i + num_envs``, and so on.
        autoreset_mode: ``SAME_STEP`` or ``DISABLED``.
        threads: number of threads that step slices of the batch. Results do not depend on it.
        copy: hand out copies. False hands out views that the next step overwrites.

    Observations are float32 of shape ``(num_envs, columns)``; actions are ``Discrete(9)``;
    rewards are float64. ``infos`` always has the same keys:

    * ``action_mask``: bool ``(num_envs, 9)``, for the next decision.
    * ``reward_parts``: one float64 array per component; they add up to the reward.
    * ``equity``, ``fill_price`` (dollars), ``shares``, ``fill_shares``, ``reject``, ``phase``,
      ``second``.
    * ``final_obs``, ``final_info`` with ``_final_obs``, ``_final_info``: after an autoreset, what
      the ended episodes last showed; rows are valid where the mask is True.

    Raises:
        EmptySplit: the split has no tradable day or no reset point.
        IndexMismatch: the index is missing or does not fit the store.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium reads and writes it per instance
        "render_modes": ["ansi"],
        "render_fps": 1,
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        index: Index | str | Path | None = None,
        split: str = "train",
        symbol: str | None = None,
        days: str | Path | None = None,
        config: EnvConfig | Mapping[str, Any] | None = None,
        normaliser: Normaliser | None = None,
        deck: Deck | None = None,
        starts: np.ndarray | None = None,
        order: str = "random",
        autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
        threads: int = 1,
        copy: bool = True,
        render_mode: str | None = None,
    ) -> None:
        if deck is None or starts is None:
            deck, starts, _ = load_split(
                open_index(index), split, symbol=symbol, days_root=days, normaliser=normaliser
            )
        if not len(starts):
            raise EmptySplit(f"split {split!r} has days but no reset point to start from.")
        if order not in ("random", "sequential"):
            raise InvalidReset(f"`order` was {order!r}; use random or sequential.")
        mode = getattr(autoreset_mode, "name", autoreset_mode)
        if mode not in _MODES:
            raise InvalidReset(f"`autoreset_mode` was {mode!r}; use {' or '.join(_MODES)}.")
        self.config = config if isinstance(config, EnvConfig) else EnvConfig(**(config or {}))
        self.num_envs = num_envs
        self.deck, self.starts = deck, starts
        self.render_mode = render_mode
        self.copy = copy
        self.autoreset = mode == "SAME_STEP"
        self.metadata = {**type(self).metadata, "autoreset_mode": _MODES[mode]}
        self.observation_names = (
            *market_column_names(),
            *(column.name for column in POSITION_COLUMNS),
        )
        columns = deck.arrays.table.shape[2] + NUM_POSITION_COLUMNS
        self.single_observation_space = observation_space(columns, normaliser is not None)
        self.single_action_space = action_space()
        self.observation_space = gym.vector.utils.batch_space(
            self.single_observation_space, num_envs
        )
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
        self.state = np.zeros(num_envs, STATE)
        self._rules = self.config.rules()
        self._draw = Draw(np.uint64(0), int(order == "sequential"), num_envs)
        self._out = Output(
            observation=np.zeros((num_envs, columns), np.float32),
            mask=np.zeros((num_envs, NUM_ACTIONS), bool),
            reward=np.zeros(num_envs),
            parts=np.zeros((num_envs, NUM_PARTS)),
            terminated=np.zeros(num_envs, bool),
            truncated=np.zeros(num_envs, bool),
            final_observation=np.zeros((num_envs, columns), np.float32),
            final_state=np.zeros(num_envs, STATE),
        )
        self._ready = False
        self._slices = np.linspace(0, num_envs, min(threads, num_envs) + 1).astype(int)
        self._pool = ThreadPoolExecutor(threads) if len(self._slices) > 2 else None

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin new episodes.

        Args:
            seed: restarts the draw of starts; None goes on with it. One integer for the batch:
                environments differ by their number.
            options: ``reset_mask`` (bool per environment) resets only some; ``reset`` is one
                start, or one per environment, as ``SYMBOL/YYYY-MM-DD/HH:MM:SS``.

        Raises:
            InvalidReset: an option is unknown or names a start that cannot be used.
        """
        options = options or {}
        unknown = sorted(set(options) - {"reset_mask", "reset"})
        if unknown:
            raise InvalidReset(f"`options` had {unknown}; use reset_mask and reset.")
        if isinstance(seed, list):
            raise InvalidReset("`seed` was a list; use one integer, environments differ by number.")
        which = np.ones(self.num_envs, bool)
        if "reset_mask" in options:
            which = np.asarray(options["reset_mask"], bool)
            if which.shape != (self.num_envs,) or not which.any():
                raise InvalidReset(
                    f"`options['reset_mask']` had shape {which.shape} and {which.sum()} True; use "
                    f"({self.num_envs},) and at least one."
                )
        if seed is not None or not self._ready:
            super().reset(seed=seed)
            if seed is None:
                seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
            self._draw = self._draw._replace(key=np.uint64(seed % 2**64))
            self.state["episode"] = 0
        starts, chosen = self._chosen(options.get("reset"))
        reset_batch(
            self.deck.arrays, starts, self._rules, self._draw, self.state, chosen, which, self._out
        )
        self._ready = True
        return self._hand_out(self._out.observation), self._infos()

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Play one second in every environment.

        Raises:
            ResetNeeded: `reset` was never called.
            InvalidAction: the batch has the wrong shape or an action is outside 0..8.
        """
        if not self._ready:
            raise ResetNeeded("call `reset` before `step`.")
        actions = np.asarray(actions)
        if actions.shape != (self.num_envs,) or actions.dtype.kind not in "iu":
            raise InvalidAction(
                f"`actions` was {actions.dtype} of shape {actions.shape}; use integers of shape "
                f"({self.num_envs},)."
            )
        if actions.min() < 0 or actions.max() >= NUM_ACTIONS:
            row = int(np.flatnonzero((actions < 0) | (actions >= NUM_ACTIONS))[0])
            names = ", ".join(f"{action.value} {action.name.lower()}" for action in Action)
            raise InvalidAction(f"action[{row}] was {actions[row]}; use 0 to 8. Actions: {names}.")
        self.advance(actions.astype(np.int64, copy=False))
        out = self._out
        return (
            self._hand_out(out.observation),
            self._hand_out(out.reward),
            self._hand_out(out.terminated),
            self._hand_out(out.truncated),
            self._infos(),
        )

    def advance(self, actions: np.ndarray) -> None:
        """Play one second without handing anything out: `step` for a loop that reads arrays.

        Args:
            actions: int64 ``(num_envs,)``, each 0..8; not checked. What there is to read
                afterwards is in ``state``, ``observation`` and ``mask``, which the next call
                overwrites.
        """
        if self._pool is None:
            self._step_slice(actions, 0, self.num_envs)
            return
        bounds = zip(self._slices[:-1], self._slices[1:], strict=True)
        tasks = [self._pool.submit(self._step_slice, actions, *bound) for bound in bounds]
        for task in tasks:
            task.result()

    @property
    def observation(self) -> np.ndarray:
        """The current observations, a view."""
        return self._out.observation

    @property
    def mask(self) -> np.ndarray:
        """The actions allowed now, a view."""
        return self._out.mask

    def action_masks(self) -> np.ndarray:
        """Return the actions allowed at the coming decision, bool ``(num_envs, 9)``."""
        return self._hand_out(self._out.mask)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return everything that changes, as plain arrays; see :meth:`restore`."""
        return {
            "state": self.state.copy(),
            "observation": self._out.observation.copy(),
            "mask": self._out.mask.copy(),
            "seed": np.array([self._draw.key]),
        }

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go back to a snapshot of an environment with the same days, starts and batch."""
        self.state[:] = snapshot["state"]
        self._out.observation[:] = snapshot["observation"]
        self._out.mask[:] = snapshot["mask"]
        self._draw = self._draw._replace(key=np.uint64(snapshot["seed"][0]))
        ended = self.state["ended"]
        self._out.truncated[:] = np.isin(ended, _TRUNCATING)
        self._out.terminated[:] = (ended != 0) & ~self._out.truncated
        self._ready = True

    def render(self) -> tuple[str, ...] | None:
        """Return one line of text per environment if ``render_mode`` is ``ansi``."""
        if self.render_mode != "ansi":
            return None
        return tuple(self._line(row) for row in self.state)

    def close_extras(self, **kwargs: Any) -> None:
        """Stop the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def _step_slice(self, actions: np.ndarray, first: int, last: int) -> None:
        step_batch(
            self.deck.arrays, self.starts, self._rules, self._draw, self.state, actions,
            self.autoreset, first, last, self._out,
        )  # fmt: skip

    def _chosen(self, reset: str | list[str] | None) -> tuple[np.ndarray, np.ndarray]:
        if reset is None:
            return self.starts, np.full(self.num_envs, -1)
        texts = [reset] * self.num_envs if isinstance(reset, str) else list(reset)
        if len(texts) != self.num_envs:
            raise InvalidReset(
                f"`options['reset']` named {len(texts)} starts; use one, or {self.num_envs}."
            )
        asked = np.zeros(self.num_envs, START)
        for env, text in enumerate(texts):
            asked["day"][env], asked["second"][env] = parse_start(text, self.deck)
        asked["next_second"] = SECONDS_PER_SESSION + 1
        return asked, np.arange(self.num_envs)

    def _hand_out(self, array: np.ndarray) -> np.ndarray:
        return array.copy() if self.copy else array

    def _infos(self) -> dict[str, Any]:
        out, state = self._out, self.state
        parts = out.parts.copy() if self.copy else out.parts
        ended = out.terminated | out.truncated
        infos = {
            "action_mask": self._hand_out(out.mask),
            "reward_parts": {name: parts[:, i] for i, name in enumerate(Rewards._fields)},
            **self._account(state),
        }
        if self.autoreset:
            infos["final_obs"] = self._final(out.final_observation, ended)
            infos["_final_obs"] = ended
            infos["final_info"] = self._final_info(ended)
            infos["_final_info"] = ended
        return infos

    def _final(self, array: np.ndarray, ended: np.ndarray) -> np.ndarray:
        # The shape never changes, but in most steps nothing ended and nobody may read a row.
        return array.copy() if self.copy and ended.any() else array

    def _account(self, state: np.ndarray) -> dict[str, np.ndarray]:
        return {
            "equity": state["equity"] / MICRODOLLARS_PER_DOLLAR,
            "shares": self._hand_out(state["shares"]),
            "second": self._hand_out(state["second"]),
            "phase": self.deck.arrays.seconds["phase"][state["day"], state["second"]],
            "fill_shares": self._hand_out(state["fill_shares"]),
            "fill_price": state["fill_price"] / UNITS_PER_DOLLAR,
            "reject": self._hand_out(state["reject"]),
        }

    def _final_info(self, ended: np.ndarray) -> dict[str, np.ndarray]:
        final = self._out.final_state
        if not ended.any():
            return self._account(final)
        gained = (final["equity"] - final["start_equity"]) / MICRODOLLARS_PER_DOLLAR
        return {
            **self._account(final),
            "end_reason": final["ended"].copy(),
            "net_pnl": gained,
            "fees": final["fees"] / MICRODOLLARS_PER_DOLLAR,
            "trades": final["trades"].copy(),
            "wins": final["wins"].copy(),
            "seconds": final["second"] - final["start_second"],
            "settled_shares": final["settled_shares"].copy(),
        }

    def _line(self, state: np.ndarray) -> str:
        seconds = self.deck.arrays.seconds[state["day"], state["second"]]
        bid, ask = seconds["bid"] / UNITS_PER_DOLLAR, seconds["ask"] / UNITS_PER_DOLLAR
        return (
            f"{self.deck.names[state['day']]} {format_second(int(state['second']))}  "
            f"bid {bid:.4f}  ask {ask:.4f}  shares {state['shares']}  "
            f"equity ${state['equity'] / MICRODOLLARS_PER_DOLLAR:,.2f}"
        )


def action_space() -> gym.spaces.Discrete:
    """Return the nine actions."""
    return gym.spaces.Discrete(NUM_ACTIONS)


def observation_space(columns: int, normalised: bool) -> gym.spaces.Box:
    """Return the space of one environment's observation."""
    # Raw columns have their own bounds, the widest of which are logs of dollars and 20 depths.
    bound = max(LIMIT, POSITION_LIMIT) if normalised else 100.0
    return gym.spaces.Box(-bound, bound, (columns,), np.float32)
