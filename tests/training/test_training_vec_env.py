"""The adapter hands Stable-Baselines3 what the vector environment played, and nothing else."""

import numpy as np
import pytest
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3.common.vec_env import VecCheckNan

from lowfloat.base.codes import RejectReason
from lowfloat.env.config import EnvConfig
from lowfloat.env.starts import load_split
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.tape.normaliser import Normaliser
from lowfloat.training.config import TrainingConfig
from lowfloat.training.trainer import make_model
from lowfloat.training.vec_env import SqueezeVecEnv

NUM_ENVS = 8
# Truncated after 12 s, and terminated by a loss of $25: both happen often.
CONFIG = EnvConfig(episode={"max_seconds": 12, "max_loss": 0.001})


@pytest.fixture(scope="module")
def market(small_index):
    """The training days, normalised, with their starts."""
    deck, starts, _ = load_split(small_index, "train")
    normaliser = Normaliser.fit(deck.table)
    return {"deck": deck.normalised(normaliser), "starts": starts, "normaliser": normaliser}


@pytest.fixture
def make_env(market):
    def make(num_envs: int = NUM_ENVS) -> SqueezeVectorEnv:
        return SqueezeVectorEnv(num_envs, config=CONFIG, **market)

    return make


def legal(masks: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a random allowed action per row."""
    return (random.random(masks.shape) * masks).argmax(axis=1)


@pytest.fixture
def played(make_env):
    """The same 400 seconds played through the adapter and by hand."""
    env, adapter = make_env(), SqueezeVecEnv(make_env())
    adapter.seed(3)
    shown = [(env.reset(seed=3)[0], None, None, None, None)]
    adapted = [(adapter.reset(), None, None, None)]
    random = np.random.default_rng(0)
    for _ in range(400):
        actions = legal(env.action_masks(), random)
        shown.append(env.step(actions))
        adapted.append(adapter.step(actions))
    return shown, adapted, adapter


def endings(shown):
    """Yield step, environment and infos of every episode that ended."""
    for step, (_, _, terminated, truncated, infos) in enumerate(shown[1:], start=1):
        for row in np.flatnonzero(terminated | truncated):
            yield step, row, terminated[row], truncated[row], infos


def test_the_test_plays_episodes_that_end_either_way(played):
    shown, _, _ = played
    kinds = [
        (bool(terminated), bool(truncated)) for _, _, terminated, truncated, _ in endings(shown)
    ]
    assert min(kinds.count((True, False)), kinds.count((False, True))) > 10
    assert kinds.count((True, True)) == 0


def test_observations_and_rewards_are_those_of_the_environment(played):
    shown, adapted, _ = played
    for step, (observation, rewards, terminated, truncated, _) in enumerate(shown):
        np.testing.assert_array_equal(adapted[step][0], observation)
        if step:
            np.testing.assert_array_equal(adapted[step][1], rewards.astype(np.float32))
            np.testing.assert_array_equal(adapted[step][2], terminated | truncated)


def test_the_last_observation_of_an_episode_is_the_terminal_one(played):
    shown, adapted, _ = played
    for step, row, _, _, infos in endings(shown):
        found = adapted[step][3][row]["terminal_observation"]
        np.testing.assert_array_equal(found, infos["final_obs"][row])
        assert (found != adapted[step][0][row]).any()


def test_only_a_truncated_episode_says_that_it_was_truncated(played):
    shown, adapted, _ = played
    for step, row, terminated, truncated, _ in endings(shown):
        assert adapted[step][3][row]["TimeLimit.truncated"] is bool(truncated)
        assert truncated != terminated


def test_an_environment_whose_episode_goes_on_has_an_empty_info(played):
    shown, adapted, _ = played
    ended = {(step, row) for step, row, *_ in endings(shown)}
    for step, (*_, infos) in enumerate(adapted[1:], start=1):
        for row in range(NUM_ENVS):
            assert bool(infos[row]) == ((step, row) in ended)


def test_the_return_and_length_of_an_episode_are_the_sums_of_its_steps(played):
    shown, adapted, _ = played
    since = np.zeros(NUM_ENVS, int)
    for step, row, *_ in endings(shown):
        earned = sum(shown[k][1][row] for k in range(since[row] + 1, step + 1))
        episode = adapted[step][3][row]["episode"]
        assert episode["r"] == pytest.approx(earned, abs=1e-12)
        assert episode["l"] == step - since[row]
        since[row] = step


def test_the_episodes_taken_are_all_that_ended_in_their_order(played):
    shown, _, adapter = played
    taken = adapter.take_episodes()
    for name in ("net_pnl", "fees", "trades", "wins", "seconds", "end_reason"):
        by_hand = [infos["final_info"][name][row] for _, row, _, _, infos in endings(shown)]
        np.testing.assert_array_equal(taken[name], by_hand)
    assert adapter.take_episodes() == {}


def test_the_returns_taken_are_the_profits_in_percent_of_the_maximum_position(played):
    _, _, adapter = played
    taken = adapter.take_episodes()
    in_percent = 100 * taken["net_pnl"] / CONFIG.risk.max_position
    np.testing.assert_allclose(taken["return"], in_percent, atol=1e-9)


def test_what_was_handed_out_is_never_overwritten(make_env):
    adapter = SqueezeVecEnv(make_env())
    adapter.seed(3)
    random = np.random.default_rng(0)
    kept = [adapter.reset()]
    copies = [kept[0].copy()]
    for _ in range(60):
        masks = np.stack(adapter.env_method("action_masks"))
        observation, rewards, dones, infos = adapter.step(legal(masks, random))
        finals = [info["terminal_observation"] for info in infos if info]
        kept += [observation, rewards, dones, masks, *finals]
        copies += [array.copy() for array in kept[len(copies) :]]
    assert len(kept) > 1 + 60 * 4  # some were terminal observations
    for array, copied in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(array, copied)


def test_the_masks_are_those_of_the_environment(make_env):
    env, adapter = make_env(), SqueezeVecEnv(make_env())
    adapter.seed(3)
    adapter.reset()
    env.reset(seed=3)
    assert is_masking_supported(adapter)
    random = np.random.default_rng(0)
    for _ in range(60):
        np.testing.assert_array_equal(get_action_masks(adapter), env.action_masks())
        actions = legal(env.action_masks(), random)
        env.step(actions)
        adapter.step(actions)


def test_a_snapshot_brings_back_the_running_returns(make_env):
    adapter = SqueezeVecEnv(make_env())
    adapter.seed(3)
    adapter.reset()
    random = np.random.default_rng(0)
    for _ in range(40):
        adapter.step(legal(adapter.env.action_masks(), random))
    snapshot = adapter.snapshot()
    plan = random.integers(0, 9, (40, NUM_ENVS))
    first = [adapter.step(actions) for actions in plan]
    adapter.restore(snapshot)
    for (observation, rewards, dones, infos), actions in zip(first, plan, strict=True):
        again = adapter.step(actions)
        np.testing.assert_array_equal(again[0], observation)
        np.testing.assert_array_equal(again[1], rewards)
        np.testing.assert_array_equal(again[2], dones)
        assert [i.get("episode") for i in again[3]] == [i.get("episode") for i in infos]


def test_nothing_that_is_not_a_number_is_seen_in_20_000_steps(make_env):
    adapter = VecCheckNan(SqueezeVecEnv(make_env(4)), raise_exception=True, warn_once=False)
    adapter.seed(5)
    adapter.reset()
    random = np.random.default_rng(5)
    space = adapter.observation_space
    for _ in range(20_000):
        observation, _, _, _ = adapter.step(legal(adapter.venv.env.action_masks(), random))
        assert observation.min() >= space.low[0]
        assert observation.max() <= space.high[0]


class _Watched(SqueezeVecEnv):
    """Keeps what the learner sent, and what was allowed."""

    def __init__(self, env: SqueezeVectorEnv) -> None:
        super().__init__(env)
        self.sent: list[np.ndarray] = []
        self.rejects: list[np.ndarray] = []

    def step_async(self, actions: np.ndarray) -> None:
        masks = self.env.action_masks()
        self.sent.append(masks[np.arange(len(actions)), actions])
        super().step_async(actions)

    def step_wait(self):
        result = super().step_wait()
        self.rejects.append(self.env.state["reject"].copy())
        return result


def test_the_learner_never_sends_an_action_that_is_not_allowed(make_env):
    watched = _Watched(make_env())
    config = TrainingConfig(num_envs=NUM_ENVS, num_steps=64, minibatch_size=128, seed=4)
    make_model(watched, config).learn(4_096)
    sent = np.stack(watched.sent)
    assert sent.size == 4_096
    assert sent.all()
    assert not (np.stack(watched.rejects) == RejectReason.MASKED).any()
