"""Who sits an exam: the agent, and the plainest of the baselines it must beat."""

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple, Protocol

import numpy as np
import torch
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy

from lowfloat.base.codes import Action


class View(NamedTuple):
    """What a policy may look at, one row per day. Everything is known at the decision.

    Attributes:
        observation: what the agent sees, normalised.
        columns: the market columns in their own units.
        mask: actions that may be sent.
        state: the accounts.
        phase: known phase.
        second: the decision's second, the same for all days.
    """

    observation: np.ndarray
    columns: np.ndarray
    mask: np.ndarray
    state: np.ndarray
    phase: np.ndarray
    second: int


class Policy(Protocol):
    """Decides for all days of an exam at once."""

    name: str
    description: str

    def act(self, view: View) -> np.ndarray:
        """Return one action per row."""


class Agent:
    """A trained network.

    Args:
        network: the policy.
        deterministic: take the most probable allowed action, otherwise draw one.
        seed: of the draws.
    """

    name = "agent"

    def __init__(self, network: MaskableActorCriticPolicy, deterministic: bool, seed: int) -> None:
        self.description = (
            f"the trained network, {'most probable' if deterministic else 'drawn'} action"
        )
        self._layers = _actor_layers(network)
        self._deterministic = deterministic
        self._seed = seed
        self._random = np.random.Generator(np.random.Philox(seed))

    def redrawn(self, block: int) -> "Agent":
        """Return this agent with the draws of a block of days; those of block 0 are its own."""
        other = copy(self)
        other._random = np.random.Generator(np.random.Philox((self._seed, block)))
        return other

    def act(self, view: View) -> np.ndarray:
        """Return the network's actions."""
        values = view.observation
        for weights, bias in self._layers[:-1]:
            values = np.maximum(values @ weights + bias, 0.0)
        weights, bias = self._layers[-1]
        logits = np.where(view.mask, values @ weights + bias, -np.inf)
        if not self._deterministic:
            # The largest of logits plus Gumbel noise is a draw from their softmax.
            logits = logits + self._random.gumbel(size=logits.shape)
        return logits.argmax(axis=1)


def _actor_layers(network: MaskableActorCriticPolicy) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the actor's layers as weights and biases, with ReLU between them.

    An exam asks for a few rows at a time, tens of thousands of times; there Torch's own cost per
    call is many times that of the sums.
    """
    linear = [
        layer
        for layer in (*network.mlp_extractor.policy_net, network.action_net)
        if isinstance(layer, torch.nn.Linear)
    ]
    return [
        (np.ascontiguousarray(layer.weight.detach().numpy().T), layer.bias.detach().numpy())
        for layer in linear
    ]


class DoNothing:
    """Never trades."""

    name = "do_nothing"
    description = "never trades"

    def act(self, view: View) -> np.ndarray:
        """Return HOLD."""
        return np.zeros(len(view.state), np.int64)


class RandomTrader:
    """Sends a random allowed action about every 20 seconds."""

    name = "random"
    description = "a random allowed action every 20 seconds on average"

    def __init__(self, seed: int | Sequence[int]) -> None:
        self._random = np.random.Generator(np.random.Philox(seed))

    def act(self, view: View) -> np.ndarray:
        """Return random actions."""
        trades = self._random.random(len(view.state)) < 0.05
        drawn = (self._random.random(view.mask.shape) * view.mask).argmax(axis=1)
        return np.where(trades, drawn, Action.HOLD)


class BuyAndHold:
    """Buys the maximum position in the minute after the first alert and holds it to the close.

    Args:
        alerts: per row the second of the first as-of alert, or None.
    """

    name = "buy_and_hold"
    description = "buys in the minute after the first alert, holds to the close"

    def __init__(self, alerts: Sequence[int | None]) -> None:
        self._alerts = np.array([-1_000_000 if alert is None else alert for alert in alerts])

    def act(self, view: View) -> np.ndarray:
        """Return buys in the minute of the alert."""
        since = view.second - self._alerts
        buys = (since >= 0) & (since < 60) & view.mask[:, Action.BUY_100]
        return np.where(buys, Action.BUY_100, Action.HOLD)
