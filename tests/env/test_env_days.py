"""Accounts that go on through the episodes of a day, and the days of an index one by one."""

import itertools

import numpy as np
import pytest
from reference.tapes import OPEN

from lowfloat.base.codes import Action, EndReason
from lowfloat.env.single import SqueezeEnv
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.errors import InvalidReset
from lowfloat.index import Index

BUY, HOLD, SELL = int(Action.BUY_100), int(Action.HOLD), int(Action.SELL_100)


def played(env: SqueezeVectorEnv, action: int, until: int) -> np.ndarray:
    """Hold after one action until the session second, and return the sum of the rewards."""
    total = np.zeros(env.num_envs)
    while (env.state["second"] < until).any():
        total += env.step(np.full(env.num_envs, action))[1]
        action = HOLD
    return total


@pytest.fixture
def day_env(deck):
    """One account that plays the starts of a day in order: at 0, 30, 60 and 200 seconds."""
    rows = [(0, 0, 30), (0, 30, 60), (0, 60, 200), (0, 200, 10**6)]
    starts = np.array(
        [(day, OPEN + first, OPEN + after) for day, first, after in rows],
        [("day", np.int64), ("second", np.int64), ("next_second", np.int64)],
    )
    rules = {"min_seconds": 5, "transition_gap_seconds": 5, "max_seconds": 60}
    env = SqueezeVectorEnv(1, deck=deck, starts=starts, order="days", config={"episode": rules})
    env.reset(seed=1)
    return env


def test_the_reset_points_of_a_day_are_played_in_order(day_env) -> None:
    begun, seconds = [], []
    for _ in range(300):
        episode = int(day_env.state["episode"][0])
        if not begun or episode != begun[-1]:
            begun.append(episode)
            seconds.append(int(day_env.state["second"][0]) - OPEN)
        day_env.step(np.array([HOLD]))
    assert seconds[:6] == [0, 30, 60, 200, 0, 30]


def test_a_position_is_kept_over_a_short_gap_and_is_one_trade(day_env) -> None:
    played(day_env, BUY, OPEN + 24)
    held = int(day_env.state["shares"][0])
    assert held > 0
    infos = day_env.step(np.array([HOLD]))[4]
    assert infos["final_info"]["end_reason"][0] == EndReason.RESET_TRANSITION
    state = day_env.state[0]
    assert (state["second"] - OPEN, state["shares"], state["trades"]) == (30, held, 0)
    for action in (HOLD, SELL):
        infos = day_env.step(np.array([action]))[4]
    trade = infos["trade"][0]
    assert (trade["number"], trade["episodes"], trade["shares"]) == (1, 2, held)
    assert (trade["entry_second"] - OPEN, trade["exit_second"] - OPEN) == (0, 32)
    assert int(trade["got"]) - int(trade["paid"]) - int(trade["fees"]) == (
        int(day_env.state["equity"][0]) - 25_000_000_000
    )


def test_what_happens_in_the_gap_is_paid_in_the_next_episode(day_env) -> None:
    total = played(day_env, BUY, OPEN + 40)
    account = day_env.state[0]
    gained = int(account["equity"]) - int(account["day_equity"])
    assert gained > 0
    assert total[0] == pytest.approx(100 * gained / 10_000_000_000)
    # In each episode the gain counts from where the one before ended.
    assert account["start_equity"] > account["day_equity"]


def test_a_position_is_settled_over_a_long_gap(day_env) -> None:
    played(day_env, HOLD, OPEN + 60)
    played(day_env, BUY, OPEN + 119)
    held, mark = int(day_env.state["shares"][0]), int(day_env.state["mark"][0])
    infos = day_env.step(np.array([HOLD]))[4]
    assert infos["final_info"]["end_reason"][0] == EndReason.MAX_DURATION
    assert infos["final_info"]["open_shares"][0] == held
    trade = infos["trade"][0]
    assert (trade["number"], trade["settled"], trade["fills"]) == (1, held, 1)
    assert int(trade["got"]) == 100 * held * (mark + 100)  # a cent a second up
    assert (day_env.state["shares"][0], day_env.state["second"][0]) == (0, OPEN + 200)
    assert day_env.step(np.array([HOLD]))[4]["trade"]["number"][0] == 0


def test_an_account_goes_on_where_it_is_asked_to(deck, starts) -> None:
    env = SqueezeVectorEnv(1, deck=deck, starts=starts, autoreset_mode="DISABLED")
    env.reset(seed=1, options={"reset": f"{deck.names[0]}/09:30:00"})
    played(env, BUY, OPEN + 10)
    held = int(env.state["shares"][0])
    env.reset(options={"reset": f"{deck.names[0]}/09:30:40", "carry": True})
    assert (env.state["shares"][0], env.state["second"][0]) == (held, OPEN + 40)
    env.reset(options={"reset": f"{deck.names[0]}/09:30:50"})
    assert (env.state["shares"][0], env.state["fills"][0]) == (0, 0)


@pytest.mark.parametrize("there", [(0, "09:29:59"), (1, "09:31:00")])
def test_no_account_goes_to_another_day_or_back(deck, starts, there) -> None:
    env = SqueezeVectorEnv(1, deck=deck, starts=starts)
    env.reset(seed=1, options={"reset": f"{deck.names[0]}/09:30:00"})
    with pytest.raises(InvalidReset, match="use a later second of the same day"):
        env.reset(options={"reset": f"{deck.names[there[0]]}/{there[1]}", "carry": True})


def test_an_account_that_has_not_begun_cannot_go_on(deck, starts) -> None:
    env = SqueezeVectorEnv(1, deck=deck, starts=starts)
    with pytest.raises(InvalidReset, match="needs `reset`, and an episode before it"):
        env.reset(options={"carry": True})


# The days of an index, by the names of the implementation plan.


@pytest.fixture
def single(index: Index) -> SqueezeEnv:
    return SqueezeEnv(index=index, split="train")


def test_a_day_is_set_up_once_and_its_points_are_played_without_loading(single, index) -> None:
    day = index.days(tradable=True)[-1]
    points = single.setup_day(day.symbol, day.date)
    assert [point.second for point in points] == [
        point.second for point in index.resets(day.symbol, day.date)
    ]
    deck = single.batch.deck
    for number, point in enumerate(points[:3]):
        _, info = single.reset_at_point(point)
        assert (info["second"], single.current_reset_idx) == (point.second, number)
    assert single.batch.deck is deck
    assert deck.names[single.batch.state["day"][0]] == day.name


def test_the_next_reset_point_ends_an_episode_that_began_at_one(single, index) -> None:
    for day in index.days(tradable=True):
        points = single.setup_day(day.symbol, day.date)
        gaps = [b.second - a.second for a, b in itertools.pairwise(points)]
        near = [i for i, gap in enumerate(gaps) if gap < 3_000]
        if near:
            break
    single.reset_at_point(points[near[0]])
    while True:
        *_, terminated, truncated, info = single.step(0)
        if terminated or truncated:
            break
    assert (info["end_reason"], info["reset_transition"]) == ("RESET_TRANSITION", True)


def test_an_environment_of_a_deck_has_no_days_to_set_up(deck, starts) -> None:
    env = SqueezeEnv(deck=deck, starts=starts)
    with pytest.raises(InvalidReset, match="`setup_day` needs an index"):
        env.setup_day("LOW", "2025-03-04")
