"""Where episodes begin: seeds, order, and starts that are asked for by name."""

import numpy as np
import pytest
from reference.tapes import OPEN

from lowfloat.env.records import START
from lowfloat.env.single import SqueezeEnv
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.errors import EmptySplit, InvalidAction, InvalidReset, ResetNeeded


def drawn(env, rounds: int) -> list[list[int]]:
    """Return the starts of ``rounds`` resets, the first one seeded by the caller."""
    return [env.state["start"].tolist(), *(_reset(env) for _ in range(rounds - 1))]


def _reset(env) -> list[int]:
    env.reset()
    return env.state["start"].tolist()


# Draws.


def test_the_same_seed_draws_the_same_starts(make_env) -> None:
    first, second = make_env(), make_env()
    first.reset(seed=11)
    second.reset(seed=11)
    assert drawn(first, 20) == drawn(second, 20)


def test_another_seed_draws_other_starts(make_env) -> None:
    first, second = make_env(), make_env()
    first.reset(seed=11)
    second.reset(seed=12)
    assert drawn(first, 20) != drawn(second, 20)


def test_a_seed_restarts_the_draw_and_none_goes_on(make_env) -> None:
    env = make_env()
    env.reset(seed=11)
    before = drawn(env, 5)
    env.reset(seed=11)
    assert drawn(env, 5) == before
    assert _reset(env) != before[0]


def test_a_first_reset_without_a_seed_draws_by_chance(make_env) -> None:
    def first_draws() -> list[list[int]]:
        env = make_env()
        env.reset()
        return drawn(env, 10)

    assert first_draws() != first_draws()


def test_environments_of_a_batch_draw_apart_and_find_every_start(make_env) -> None:
    env = make_env()
    env.reset(seed=5)
    draws = np.array(drawn(env, 200))
    assert len(np.unique(draws, axis=0)) > 150
    counts = np.bincount(draws.ravel(), minlength=12)
    assert counts.min() > 30  # 800 draws of 12 starts: 67 of each are expected


def test_a_batch_cut_off_draws_the_same_as_a_wider_one(make_env) -> None:
    narrow, wide = make_env(3), make_env(8)
    narrow.reset(seed=4)
    wide.reset(seed=4)
    assert drawn(narrow, 9) == [row[:3] for row in drawn(wide, 9)]


def test_a_large_seed_is_taken(make_env) -> None:
    env = make_env()
    env.reset(seed=2**63)
    assert env.state["start_second"].min() >= OPEN


def test_sequential_order_deals_the_starts_out_and_comes_round(make_env) -> None:
    env = make_env(order="sequential")
    env.reset(seed=0)
    assert drawn(env, 4) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [0, 1, 2, 3]]


def test_an_unknown_order_is_refused(make_env) -> None:
    with pytest.raises(InvalidReset, match="`order` was 'shuffled'; use random, sequential, days"):
        make_env(order="shuffled")


def test_no_start_is_refused(deck) -> None:
    with pytest.raises(EmptySplit, match="no reset point to start from"):
        SqueezeVectorEnv(2, deck=deck, starts=np.empty(0, START))


# Starts by name.


def test_a_start_by_name_is_taken_by_the_whole_batch(make_env) -> None:
    env = make_env()
    _, infos = env.reset(seed=0, options={"reset": "HIGH/2025-03-04/09:31:07"})
    assert infos["second"].tolist() == [OPEN + 67] * 4
    assert env.state["day"].tolist() == [1] * 4


def test_each_environment_may_have_its_own_start(make_env) -> None:
    env = make_env(2)
    env.reset(options={"reset": ["LOW/2025-03-04/09:30", "HIGH/2025-03-04/09:40:00"]})
    assert env.state[["day", "second"]].tolist() == [(0, OPEN), (1, OPEN + 600)]


def test_an_episode_from_a_named_start_has_no_next_reset_point(make_env) -> None:
    env = make_env(1, config={"episode": {"max_seconds": 400}})
    env.reset(options={"reset": "LOW/2025-03-04/09:30:00"})
    assert env.state["deadline"][0] == OPEN + 400


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LOW/2025-03-05/09:30:00", "use SYMBOL/YYYY-MM-DD/HH:MM:SS of a resident day"),
        ("09:30:00", "use SYMBOL/YYYY-MM-DD/HH:MM:SS of a resident day, such as LOW/2025-03-04"),
        ("", "`options\\['reset'\\]` was ''"),
        ("LOW/2025-03-04/9h30", "`options\\['reset'\\]` was 'LOW/2025-03-04/9h30'"),
        ("LOW/2025-03-04/03:59:59", "use 04:00:00 to 19:59:59"),
        ("LOW/2025-03-04/20:00:00", "use 04:00:00 to 19:59:59"),
        ("LOW/2025-03-04/09:45:00", "the day's data end at second 20700, use an earlier time"),
    ],
)
def test_a_start_that_cannot_be_used_is_refused(make_env, text, message) -> None:
    env = make_env()
    with pytest.raises(InvalidReset, match=message):
        env.reset(options={"reset": text})


def test_too_few_starts_are_refused(make_env) -> None:
    with pytest.raises(InvalidReset, match=r"named 1 starts; use one, or 4"):
        make_env().reset(options={"reset": ["LOW/2025-03-04/09:30:00"]})


def test_an_unknown_option_is_refused(make_env) -> None:
    words = r"`options` had \['start'\]; use reset_mask, reset, carry, transitions, streams"
    with pytest.raises(InvalidReset, match=words):
        make_env().reset(options={"start": "LOW/2025-03-04/09:30:00"})


def test_a_list_of_seeds_is_refused(make_env) -> None:
    with pytest.raises(InvalidReset, match="`seed` was a list; use one integer"):
        make_env().reset(seed=[1, 2, 3, 4])


# Actions.


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([0, 9, 0, 12], r"action\[1\] was 9; use 0 to 8. Actions: 0 hold, 1 buy_25"),
        ([0, 0, -1, 0], r"action\[2\] was -1; use 0 to 8"),
        ([0, 0, 0], r"`actions` was int64 of shape \(3,\); use integers of shape \(4,\)"),
        ([[0, 0, 0, 0]], r"of shape \(1, 4\)"),
        ([0.0, 1.0, 2.0, 3.0], r"`actions` was float64"),
        ([True, False, True, False], r"`actions` was bool"),
    ],
)
def test_an_action_outside_the_space_is_refused(make_env, actions, message) -> None:
    env = make_env()
    env.reset(seed=0)
    before = env.state.copy()
    with pytest.raises(InvalidAction, match=message):
        env.step(np.array(actions))
    assert np.array_equal(env.state, before)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64, np.int8])
def test_any_integers_are_actions(make_env, dtype) -> None:
    env, twin = make_env(), make_env()
    env.reset(seed=0)
    twin.reset(seed=0)
    env.step(np.array([1, 5, 0, 8], dtype))
    twin.step(np.array([1, 5, 0, 8]))
    assert np.array_equal(env.state, twin.state)


def test_a_step_before_the_first_reset_is_refused(make_env) -> None:
    with pytest.raises(ResetNeeded, match="call `reset` before `step`"):
        make_env().step(np.zeros(4, int))


# The single environment.


@pytest.fixture
def single(deck, starts) -> SqueezeEnv:
    config = {"episode": {"min_seconds": 5, "transition_gap_seconds": 2}}
    return SqueezeEnv(deck=deck, starts=starts, config=config, render_mode="ansi")


def test_a_single_step_before_the_first_reset_is_refused(single) -> None:
    with pytest.raises(ResetNeeded, match="call `reset` before `step`"):
        single.step(0)


def test_a_single_step_after_the_end_is_refused(single) -> None:
    single.reset(seed=0)
    truncated = False
    while not truncated:
        _, _, _, truncated, info = single.step(0)
    assert info["end_reason"] == "RESET_TRANSITION"
    with pytest.raises(ResetNeeded, match="the episode is over; call `reset` before `step`"):
        single.step(0)


def test_a_single_action_outside_the_space_is_refused(single) -> None:
    single.reset(seed=0)
    with pytest.raises(InvalidAction, match=r"action\[0\] was 9; use 0 to 8"):
        single.step(9)


def test_a_rendered_line_names_the_day_the_time_and_the_book(single) -> None:
    single.reset(options={"reset": "HIGH/2025-03-04/09:31:00"})
    line = single.render()
    assert line.startswith("HIGH/2025-03-04 09:31:00")
    assert "bid 9.5900  ask 9.6100" in line
    assert "equity $25,000.00" in line


def test_the_infos_speak_in_names_and_dollars(single) -> None:
    _, info = single.reset(options={"reset": "LOW/2025-03-04/09:30:00"})
    assert (info["second"], info["equity"], info["reject"]) == (OPEN, 25_000.0, "NONE")
    _, _, _, _, info = single.step(4)
    assert info["fill_price"] == pytest.approx(4.02)  # the ask that is on show at 09:30:00.15
    assert info["fill_shares"] == info["shares"] == 2_493  # wished at the 4.01 of 09:29:59
    _, _, _, _, info = single.step(4)
    assert info["reject"] == "MASKED"
