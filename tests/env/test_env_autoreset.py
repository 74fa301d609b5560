"""What a batch does when episodes of it end, and whose arrays it hands out."""

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from lowfloat.base.codes import Action, EndReason
from lowfloat.errors import InvalidReset

LENGTH = 8  # seconds of an episode of `make_env`
BUY = int(Action.BUY_25)


def hold(env, seconds: int):
    """Return the last step of ``seconds`` of holding."""
    for _ in range(seconds):
        step = env.step(np.zeros(env.num_envs, int))
    return step


def staggered(make_env, **kwargs):
    """Return a batch of four of which one and three end now, and two and four in 3 s."""
    env = make_env(autoreset_mode=kwargs.pop("mode", "DISABLED"), order="sequential", **kwargs)
    env.reset(seed=0)
    hold(env, 3)
    env.reset(options={"reset_mask": np.array([False, True, False, True])})
    return env


# The same step.


def test_the_mode_is_named_in_the_metadata(make_env) -> None:
    assert make_env().metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    off = make_env(autoreset_mode=AutoresetMode.DISABLED)
    assert off.metadata["autoreset_mode"] is AutoresetMode.DISABLED


def test_the_observation_of_an_ended_row_is_that_of_its_new_episode(make_env) -> None:
    env, other = make_env(order="sequential"), make_env(order="sequential")
    env.reset(seed=0)
    observations, _, _, truncated, infos = hold(env, LENGTH)
    assert truncated.all()
    assert (infos["second"] == env.starts["second"][4:8]).all()
    other.reset(seed=0)
    expected, infos = other.reset()  # starts 4 to 7 as well
    assert np.array_equal(observations, expected)
    assert np.array_equal(env.action_masks(), infos["action_mask"])


def test_the_end_of_the_old_episode_is_in_final_obs_and_final_info(make_env) -> None:
    env = make_env(order="sequential")
    twin = make_env(order="sequential", autoreset_mode="DISABLED")
    rng = np.random.default_rng(1)
    env.reset(seed=0)
    twin.reset(seed=0)
    for _ in range(LENGTH):
        actions = rng.integers(0, 9, 4)
        step, plain = env.step(actions), twin.step(actions)
    infos, plain_infos = step[4], plain[4]
    assert np.array_equal(infos["final_obs"], plain[0])
    assert np.array_equal(step[1], plain[1])
    assert infos["_final_obs"].all()
    assert infos["_final_info"].all()
    for name in ("equity", "shares", "second", "fill_shares", "fill_price", "reject", "phase"):
        assert np.array_equal(infos["final_info"][name], plain_infos[name]), name
    assert (infos["final_info"]["end_reason"] == EndReason.RESET_TRANSITION).all()
    state = twin.state
    final = infos["final_info"]
    net = (state["equity"] - state["start_equity"]) / 1e6
    assert np.array_equal(final["net_pnl"], net)
    assert np.array_equal(final["fees"], state["fees"] / 1e6)
    assert np.array_equal(final["seconds"], np.full(4, LENGTH))


def test_a_row_that_did_not_end_is_masked_out_of_the_finals(make_env) -> None:
    env = staggered(make_env, mode="SAME_STEP")
    infos = hold(env, LENGTH - 3)[4]
    assert infos["_final_obs"].tolist() == [True, False, True, False]
    assert infos["_final_info"].tolist() == [True, False, True, False]


def test_a_row_that_did_not_end_goes_on_undisturbed(make_env) -> None:
    env, twin = staggered(make_env, mode="SAME_STEP"), staggered(make_env)
    observations, *_ = hold(env, LENGTH - 3)
    expected, *_ = hold(twin, LENGTH - 3)
    assert np.array_equal(observations[[1, 3]], expected[[1, 3]])


def test_the_finals_have_the_same_shape_in_every_step(make_env) -> None:
    env = make_env()
    observations, infos = env.reset(seed=0)
    for _ in range(2 * LENGTH):
        assert infos["final_obs"].shape == observations.shape
        assert {len(values) for values in infos["final_info"].values()} == {4}
        observations, _, _, _, infos = hold(env, 1)


def test_a_new_episode_starts_with_a_new_account(make_env) -> None:
    env = make_env()
    env.reset(seed=0)
    env.step(np.full(4, BUY))
    infos = hold(env, LENGTH - 1)[4]
    assert (infos["final_info"]["open_shares"] > 0).all()
    assert (infos["shares"] == 0).all()
    assert (infos["equity"] == 25_000.0).all()


# No reset by itself.


def test_an_ended_row_stays_as_it_is_and_earns_nothing(make_env) -> None:
    env = make_env(autoreset_mode="DISABLED")
    env.reset(seed=0)
    env.step(np.full(4, BUY))
    ended = hold(env, LENGTH - 1)
    assert ended[3].all()
    before = env.state.copy()
    later = env.step(np.full(4, int(Action.SELL_100)))
    assert np.array_equal(env.state, before)
    assert (later[1] == 0.0).all()
    assert all((part == 0.0).all() for part in later[4]["reward_parts"].values())
    assert np.array_equal(later[0], ended[0])
    assert np.array_equal(env.action_masks(), np.tile([True] + [False] * 8, (4, 1)))


def test_an_ended_row_says_so_until_it_is_reset(make_env) -> None:
    env = make_env(autoreset_mode="DISABLED")
    env.reset(seed=0)
    hold(env, LENGTH)
    _, _, terminated, truncated, infos = hold(env, 1)
    assert not terminated.any()
    assert truncated.all()
    assert "final_obs" not in infos


def test_a_reset_mask_begins_only_the_chosen_episodes(make_env) -> None:
    env = make_env(autoreset_mode="DISABLED", order="sequential")
    before, _ = env.reset(seed=0)
    observations, *_ = hold(env, 3)
    old_masks, old_state = env.action_masks().copy(), env.state.copy()
    reset, infos = env.reset(options={"reset_mask": np.array([False, True, False, True])})
    assert infos["second"].tolist() == [
        *(env.starts["second"][[0]] + 3), env.starts["second"][5],
        *(env.starts["second"][[2]] + 3), env.starts["second"][7],
    ]  # fmt: skip
    assert np.array_equal(reset[[0, 2]], observations[[0, 2]])
    assert np.array_equal(env.action_masks()[[0, 2]], old_masks[[0, 2]])
    assert np.array_equal(env.state[[0, 2]], old_state[[0, 2]])
    assert not np.array_equal(reset[[1, 3]], before[[1, 3]])


@pytest.mark.parametrize("mask", [[True, False], [False] * 4, [[True] * 4]])
def test_a_reset_mask_of_another_shape_or_without_a_row_is_refused(make_env, mask) -> None:
    env = make_env(autoreset_mode="DISABLED")
    env.reset(seed=0)
    with pytest.raises(InvalidReset, match=r"`options\['reset_mask'\]` had shape .* use \(4,\)"):
        env.reset(options={"reset_mask": np.array(mask)})


@pytest.mark.parametrize("mode", ["NEXT_STEP", "never", AutoresetMode.NEXT_STEP])
def test_other_modes_are_refused(make_env, mode) -> None:
    with pytest.raises(InvalidReset, match="use SAME_STEP or DISABLED"):
        make_env(autoreset_mode=mode)


# Whose arrays.


def test_what_was_handed_out_is_never_overwritten(make_env) -> None:
    env = make_env()
    rng = np.random.default_rng(2)
    first, _ = env.reset(seed=0)
    kept = [(first, first.tobytes())]
    for _ in range(60):
        observations, rewards, terminated, truncated, infos = env.step(rng.integers(0, 9, 4))
        arrays = [observations, rewards, terminated, truncated, env.action_masks(),
                  infos["final_obs"], infos["equity"], infos["final_info"]["net_pnl"],
                  infos["reward_parts"]["market_pnl"], observations[1:, 3:], ]  # fmt: skip
        kept += [(array, array.tobytes()) for array in arrays]
    assert all(array.tobytes() == content for array, content in kept)


def test_a_reset_does_not_overwrite_what_was_handed_out_either(make_env) -> None:
    env = make_env()
    observations, infos = env.reset(seed=0)
    content = observations.tobytes(), infos["action_mask"].tobytes()
    env.reset(seed=1)
    env.reset(options={"reset_mask": np.array([True, False, False, False])})
    assert (observations.tobytes(), infos["action_mask"].tobytes()) == content


def test_writing_into_what_was_handed_out_changes_nothing(make_env) -> None:
    env, twin = make_env(), make_env()
    rng = np.random.default_rng(3)
    spoiled, clean = env.reset(seed=0), twin.reset(seed=0)
    for _ in range(3 * LENGTH):
        for array in (spoiled[0], spoiled[-1]["action_mask"], spoiled[-1]["equity"]):
            array[...] = 1
        actions = rng.integers(0, 9, 4)
        spoiled, clean = env.step(actions), twin.step(actions)
        assert np.array_equal(spoiled[0], clean[0])
        assert np.array_equal(spoiled[1], clean[1])
        assert np.array_equal(env.state, twin.state)


def test_views_hold_the_same_as_copies(make_env) -> None:
    env, twin = make_env(copy=False), make_env()
    rng = np.random.default_rng(4)
    first, second = env.reset(seed=0), twin.reset(seed=0)
    assert np.array_equal(first[0], second[0])
    for _ in range(3 * LENGTH):
        actions = rng.integers(0, 9, 4)
        step, other = env.step(actions), twin.step(actions)
        for array, equal in zip(step[:4], other[:4], strict=True):
            assert np.array_equal(array, equal)
        assert np.array_equal(step[4]["action_mask"], other[4]["action_mask"])


def test_without_copies_the_same_arrays_are_handed_out(make_env) -> None:
    env = make_env(copy=False)
    observations, _ = env.reset(seed=0)
    assert np.shares_memory(env.step(np.zeros(4, int))[0], observations)
