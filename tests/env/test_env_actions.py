"""The two schemes of actions: nine of them, and orders of three parts."""

import re
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from lowfloat.base.codes import Action, Protection, RejectReason, Style
from lowfloat.env.single import SqueezeEnv
from lowfloat.errors import InvalidAction

ORDERS = {
    "actions": "orders",
    "episode": {"min_seconds": 5, "transition_gap_seconds": 2, "reset_transitions": False},
}
PARTS = (10, 3, 4)
CANCEL = 9


@pytest.fixture
def orders(make_env):
    """Four environments in which an action is an order of three parts."""
    env = make_env(4, config=ORDERS, order="sequential")
    env.reset(seed=1)
    return env


def test_an_order_has_three_parts(orders) -> None:
    assert orders.single_action_space == gym.spaces.MultiDiscrete(np.array(PARTS))
    assert orders.action_space.shape == (4, 3)


def test_without_a_word_about_it_an_action_is_one_of_nine(make_env) -> None:
    env = make_env(4)
    env.reset(seed=1)
    assert env.single_action_space == gym.spaces.Discrete(9)
    assert env.mask.shape == (4, 9)


def test_the_mask_of_an_order_is_those_of_its_parts_one_after_another(orders) -> None:
    buys, sells = [True] * 4, [True] * 4
    flat = [True, *buys, *[False] * 4]
    free = [True] * (len(Style) + len(Protection))
    assert orders.action_masks().tolist() == [[*flat, False, *free]] * 4

    waits, crosses = (Action.BUY_25, Style.JOIN, 0), (Action.BUY_25, Style.CROSS, 0)
    _, _, _, _, infos = orders.step(np.array([waits, crosses, (0, 1, 0), (0, 0, 2)]))
    assert infos["action_mask"].tolist() == [
        [*flat, True, *free],  # there is something to cancel
        [True, *buys, *sells, False, *free],
        [*flat, False, *free],
        [*flat, False, *free],
    ]


def test_orders_by_the_mask_are_never_refused_for_it(orders) -> None:
    rng, steps = np.random.default_rng(3), 0
    cancels = 0
    for _ in range(200):
        first, styles, protections = np.split(orders.action_masks(), np.cumsum(PARTS)[:-1], 1)
        actions = np.array(
            [
                [rng.choice(np.flatnonzero(row)) for row in rows]
                for rows in zip(first, styles, protections, strict=True)
            ]
        )
        cancels += (actions[:, 0] == CANCEL).sum()
        _, _, _, _, infos = orders.step(actions)
        steps += (infos["reject"] != RejectReason.MASKED).sum()
    assert steps == 800
    assert cancels > 20


def test_a_cancel_of_nothing_is_refused(orders) -> None:
    _, _, _, _, infos = orders.step(np.array([(CANCEL, 0, 0)] * 4))
    assert infos["reject"].tolist() == [RejectReason.MASKED] * 4


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ((10, 0, 0), "action[2][0] was 10"),
        ((0, 3, 0), "action[2][1] was 3"),
        ((0, 0, 4), "action[2][2] was 4"),
        ((0, -1, 0), "action[2][1] was -1"),
    ],
)
def test_a_part_outside_its_range_is_named(orders, wrong, found) -> None:
    actions = np.zeros((4, 3), np.int64)
    actions[2] = wrong
    with pytest.raises(InvalidAction, match=re.escape(found)) as told:
        orders.step(actions)
    assert "0 to 9, 0 to 2, 0 to 3" in str(told.value)


@pytest.mark.parametrize(
    "actions", [np.zeros(4, np.int64), np.zeros((3, 4), np.int64), np.zeros((4, 3))]
)
def test_orders_of_another_shape_or_kind_are_refused(orders, actions) -> None:
    with pytest.raises(InvalidAction, match=r"use integers of shape \(4, 3\)"):
        orders.step(actions)


def test_an_unknown_scheme_is_refused_by_name(make_env) -> None:
    with pytest.raises(ValueError, match=r"'discrete' or 'orders'"):
        make_env(config={"actions": "limit"})


def test_orders_that_cross_are_the_nine_actions(make_env) -> None:
    rng = np.random.default_rng(5)
    nine = make_env(4, config={**ORDERS, "actions": "discrete"}, order="sequential")
    three = make_env(4, config=ORDERS, order="sequential")
    nine.reset(seed=7)
    three.reset(seed=7)
    for _ in range(120):
        first = rng.integers(9, size=4)
        parts = np.stack([first, np.zeros_like(first), np.zeros_like(first)], 1)
        one, other = nine.step(first), three.step(parts)
        for a, b in zip(one[:4], other[:4], strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(nine.mask, three.mask[:, :9])


def test_gymnasiums_checker_passes_with_orders(deck, starts) -> None:
    env = gym.make(
        "lowfloat/Squeeze-v0", deck=deck, starts=starts, config={"actions": "orders"}
    ).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)


def test_a_single_environment_plays_an_order(deck, starts) -> None:
    env = SqueezeEnv(deck=deck, starts=starts, config=ORDERS)
    _, info = env.reset(seed=1)
    assert info["action_mask"].shape == (sum(PARTS),)
    mask = tuple(np.split(info["action_mask"].astype(np.int8), np.cumsum(PARTS)[:-1]))
    env.step(env.action_space.sample(mask))
    with pytest.raises(InvalidAction, match=r"action\[0\]\[0\] was 10"):
        env.step((10, 0, 0))
