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
from lowfloat.base.rules import as_record
from lowfloat.env.action import NUM_ACTIONS, ORDER_PARTS, packed
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck
from lowfloat.env.handout import Handouts
from lowfloat.env.kernel import reset_batch, step_batch
from lowfloat.env.observation import NUM_POSITION_COLUMNS, POSITION_COLUMNS, POSITION_LIMIT
from lowfloat.env.records import START, STATE, Draw
from lowfloat.env.starts import load_split, open_index, parse_start
from lowfloat.errors import EmptySplit, InvalidAction, InvalidReset, ResetNeeded
from lowfloat.index.index import Index
from lowfloat.tape.columns import NAMES
from lowfloat.tape.normaliser import LIMIT, Normaliser

OPTIONS = ("reset_mask", "reset", "carry", "transitions", "streams")
ORDERS = ("random", "sequential", "days")  # by the numbers of `Draw.order`
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
            then ``i + num_envs``, and so on; ``days`` draws a day and plays its starts in order,
            all with one account, which keeps a position if the next episode begins soon.
        autoreset_mode: ``SAME_STEP`` or ``DISABLED``.
        threads: number of threads that step slices of the batch. Results do not depend on it.
        copy: False hands out the same arrays at each step, which the next one overwrites.

    Observations are float32 of shape ``(num_envs, columns)``; actions are ``Discrete(9)``;
    rewards are float64. ``infos`` always has the same keys:

    * ``action_mask``: bool ``(num_envs, 9)``, for the next decision.
    * ``reward_parts``: one float64 array per component; they add up to the reward.
    * ``equity``, ``fill_price`` (dollars), ``shares``, ``fill_shares``, ``reject``, ``phase``,
      ``second``.
    * ``trade``: ``TRADE`` records of the trades that this step closed, of number 0 where none.
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
        if order not in ORDERS:
            raise InvalidReset(f"`order` was {order!r}; use {', '.join(ORDERS)}.")
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
            *NAMES,
            *(column.name for column in POSITION_COLUMNS),
        )
        columns = deck.arrays.columns + NUM_POSITION_COLUMNS
        self.single_observation_space = observation_space(columns, normaliser is not None)
        self.single_action_space = action_space(self.config.actions)
        self.observation_space = gym.vector.utils.batch_space(
            self.single_observation_space, num_envs
        )
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
        self.state = np.zeros(num_envs, STATE)
        self._rules = as_record(self.config.rules())
        self.state["stream"] = np.arange(num_envs)
        self._draw = Draw(ORDERS.index(order), num_envs)
        self._handouts = Handouts(
            num_envs, columns, mask_length(self.config.actions), self.autoreset, fresh=copy
        )
        self._now = self._handouts.take()
        self._choices = np.array(
            ORDER_PARTS if self.config.actions == "orders" else NUM_ACTIONS, np.uint64
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
                start, or one per environment, as ``SYMBOL/YYYY-MM-DD/HH:MM:SS``. With ``carry``
                True the account goes on, of the same day and not later; with ``transitions`` True
                the day's next reset point ends the episode. ``streams`` are integers, one per
                environment, from 0: environments of the same seed, stream and
                episode have the same luck. They are the environments' numbers at first.

        Raises:
            InvalidReset: an option is unknown or names a start that cannot be used.
        """
        options = options or {}
        unknown = sorted(set(options) - set(OPTIONS))
        if unknown:
            raise InvalidReset(f"`options` had {unknown}; use {', '.join(OPTIONS)}.")
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
        if "streams" in options:
            self.state["stream"] = self._streams(options["streams"])
        if seed is not None or not self._ready:
            super().reset(seed=seed)
            if seed is None:
                seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
            self.state["seed"] = np.uint64(seed % 2**64)
            self.state["episode"] = 0
        starts, chosen = self._chosen(options.get("reset"), options.get("transitions", False))
        goes_on = bool(options.get("carry", False))
        if goes_on:
            self._check_carry(starts, chosen, which)
        self._now = self._handouts.take()
        reset_batch(
            self.deck.arrays, starts, self._rules, self._draw, self.state, chosen, goes_on, which,
            self._now.out,
        )  # fmt: skip
        self._ready = True
        return self._now.out.observation, self._now.infos()

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Play one second in every environment.

        Raises:
            ResetNeeded: `reset` was never called.
            InvalidAction: the batch has the wrong shape or an action is outside its space.
        """
        if not self._ready:
            raise ResetNeeded("call `reset` before `step`.")
        actions = np.asarray(actions)
        if actions.shape != self.action_space.shape or actions.dtype.kind not in "iu":
            raise InvalidAction(
                f"`actions` was {actions.dtype} of shape {actions.shape}; use integers of shape "
                f"{self.action_space.shape}."
            )
        # As unsigned numbers negative actions are huge, so that one comparison finds both.
        actions = actions.astype(np.int64, copy=False)
        if (actions.view(np.uint64) >= self._choices).any():
            raise InvalidAction(_wrong_action(actions, self._choices))
        if actions.ndim > 1:
            actions = packed(actions)
        self.advance(actions)
        out = self._now.out
        return out.observation, out.reward, out.terminated, out.truncated, self._now.infos()

    def advance(self, actions: np.ndarray) -> None:
        """Play one second: `step` without its checks and infos.

        Args:
            actions: int64 ``(num_envs,)``, each 0..8, or with the scheme ``orders`` what
                :func:`~lowfloat.env.action.packed` makes of one; not checked. What there is to
                read afterwards is in ``state``, ``observation`` and ``mask``.
        """
        self._now = self._handouts.take()
        if self._pool is None:
            self._step_slice(actions, 0, self.num_envs)
            return
        bounds = zip(self._slices[:-1], self._slices[1:], strict=True)
        tasks = [self._pool.submit(self._step_slice, actions, *bound) for bound in bounds]
        for task in tasks:
            task.result()

    def use_deck(self, deck: Deck, starts: np.ndarray) -> None:
        """Play other days from now on; `reset` must be called next.

        Raises:
            EmptySplit: there is no start.
        """
        if not len(starts):
            raise EmptySplit("the days have no reset point to start from.")
        self.deck, self.starts = deck, starts
        self._ready = False

    @property
    def observation(self) -> np.ndarray:
        """The current observations."""
        return self._now.out.observation

    @property
    def mask(self) -> np.ndarray:
        """The actions allowed at the coming decision, bool ``(num_envs, 9)``."""
        return self._now.out.mask

    @property
    def trades(self) -> np.ndarray:
        """The trades that the last step closed, ``TRADE`` records, of number 0 where none."""
        return self._now.out.trade

    def action_masks(self) -> np.ndarray:
        """Return :attr:`mask`, by the name sb3-contrib asks for."""
        return self.mask

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return everything that changes, as plain arrays; see :meth:`restore`."""
        return {"state": self.state.copy()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go back to a snapshot of an environment with the same days, starts and batch."""
        self.state[:] = snapshot["state"]
        nobody = np.zeros(self.num_envs, bool)
        self._now = self._handouts.take()
        reset_batch(
            self.deck.arrays, self.starts, self._rules, self._draw, self.state,
            np.full(self.num_envs, -1), False, nobody, self._now.out,
        )  # fmt: skip
        self._ready = True

    def render(self) -> tuple[str, ...] | None:
        """Return one line of text per environment if ``render_mode`` is ``ansi``."""
        if self.render_mode != "ansi":
            return None
        return tuple(self._line(self.state[env]) for env in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Stop the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def _step_slice(self, actions: np.ndarray, first: int, last: int) -> None:
        step_batch(
            self.deck.arrays, self.starts, self._rules, self._draw, self.state,
            actions,
            self.autoreset, first, last, self._now.out,
        )  # fmt: skip

    def _check_carry(self, starts: np.ndarray, chosen: np.ndarray, which: np.ndarray) -> None:
        """Refuse to take an account along to another day, or back in time."""
        if (chosen < 0).any() or not self._ready:
            raise InvalidReset("`options['carry']` needs `reset`, and an episode before it.")
        goal, now = starts[chosen], self.state
        wrong = which & ((goal["day"] != now["day"]) | (goal["second"] < now["second"]))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            here = f"{self.deck.names[now['day'][row]]}/{format_second(int(now['second'][row]))}"
            there = f"{self.deck.names[goal['day'][row]]}/{format_second(int(goal['second'][row]))}"
            raise InvalidReset(
                f"`options['carry']` would take an account from {here} to {there}; use a later "
                "second of the same day."
            )

    def _streams(self, streams: Any) -> np.ndarray:
        numbers = np.asarray(streams)
        fits = numbers.shape == (self.num_envs,) and numbers.dtype.kind in "iu"
        if not fits or (numbers.dtype.kind == "i" and numbers.min() < 0):
            raise InvalidReset(
                f"`options['streams']` was {numbers.dtype} of shape {numbers.shape}; use integers "
                f"from 0 of shape ({self.num_envs},)."
            )
        return numbers.astype(np.uint64)

    def _chosen(
        self, reset: str | list[str] | None, transitions: bool
    ) -> tuple[np.ndarray, np.ndarray]:
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
        if transitions:
            for start in asked:
                later = (self.starts["day"] == start["day"]) & (
                    self.starts["second"] > start["second"]
                )
                if later.any():
                    start["next_second"] = self.starts["second"][later].min()
        return asked, np.arange(self.num_envs)

    def _line(self, state: np.void) -> str:
        seconds = self.deck.arrays.seconds[state["day"], state["second"]]
        bid, ask = seconds["bid"] / UNITS_PER_DOLLAR, seconds["ask"] / UNITS_PER_DOLLAR
        return (
            f"{self.deck.names[state['day']]} {format_second(int(state['second']))}  "
            f"bid {bid:.4f}  ask {ask:.4f}  shares {state['shares']}  "
            f"equity ${state['equity'] / MICRODOLLARS_PER_DOLLAR:,.2f}"
        )


def action_space(scheme: str = "discrete") -> gym.spaces.Discrete | gym.spaces.MultiDiscrete:
    """Return the nine actions, or with the scheme ``orders`` the three parts of an order."""
    if scheme == "orders":
        return gym.spaces.MultiDiscrete(np.array(ORDER_PARTS))
    return gym.spaces.Discrete(NUM_ACTIONS)


def mask_length(scheme: str) -> int:
    """Return the length of an action mask; with ``orders`` the masks of the parts follow on."""
    return sum(ORDER_PARTS) if scheme == "orders" else NUM_ACTIONS


def _wrong_action(actions: np.ndarray, choices: np.ndarray) -> str:
    place = tuple(np.argwhere(actions.view(np.uint64) >= choices)[0].tolist())
    where = "][".join(map(str, place))
    found = f"action[{where}] was {actions[place]}"
    if actions.ndim == 1:
        names = ", ".join(f"{action.value} {action.name.lower()}" for action in Action)
        return f"{found}; use 0 to {choices - np.uint64(1)}. Actions: {names}."
    most = ", ".join(f"0 to {number - 1}" for number in ORDER_PARTS)
    return f"{found}; the three parts of an action are {most}."


def observation_space(columns: int, normalised: bool) -> gym.spaces.Box:
    """Return the space of one environment's observation."""
    # Raw columns have their own bounds, the widest of which are logs of dollars and 20 depths.
    bound = max(LIMIT, POSITION_LIMIT) if normalised else 100.0
    return gym.spaces.Box(-bound, bound, (columns,), np.float32)
