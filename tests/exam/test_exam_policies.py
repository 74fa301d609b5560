"""What the policies of an exam do with what they are shown."""

import ast
import inspect

import numpy as np
import pytest
import torch
from exam.hand_exam import END, Scripted, book, hand_day, play, view_of
from reference.tapes import P, ns

from lowfloat.base.codes import Action
from lowfloat.env.observation import NUM_POSITION_COLUMNS
from lowfloat.env.records import STATE
from lowfloat.env.vector import action_space, observation_space
from lowfloat.exam import minute_bars, policy, rule_traders
from lowfloat.exam.config import BreakoutRule, FirstPullbackRule, VwapReclaimRule
from lowfloat.exam.policy import (
    Agent,
    BuyAndHold,
    DoNothing,
    RandomTrader,
    View,
)
from lowfloat.exam.rule_traders import BreakoutTrader, FirstPullbackTrader, VwapReclaimTrader
from lowfloat.tape.columns import NAMES
from lowfloat.tape.normaliser import Normaliser
from lowfloat.training.config import TrainingConfig
from lowfloat.training.trainer import make_policy


@pytest.mark.parametrize("module", [policy, minute_bars, rule_traders])
def test_the_modules_of_the_policies_know_no_market_and_no_reward(module):
    imported = {
        node.module
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("lowfloat")
    }
    assert imported <= {
        "lowfloat.base.codes", "lowfloat.base.prices", "lowfloat.exam.config",
        "lowfloat.exam.minute_bars", "lowfloat.exam.policy", "lowfloat.tape.columns",
    }  # fmt: skip


def test_a_view_holds_no_reward_and_no_later_second():
    assert View._fields == ("observation", "columns", "mask", "state", "phase", "second")
    assert not [name for name in STATE.names if "reward" in name]


def walk(bids: list[float], **options):
    """Return a busy day whose bid takes one value per 20 s."""
    quotes = book(*[(20 * i, bid) for i, bid in enumerate(bids)])
    prints = [P(ns(s) + 5, bids[s // 20], 500 + 40 * (s % 50)) for s in range(END)]
    return hand_day(quotes, trades=prints, **options)


def network(seed: int = 0):
    """Return an untrained network whose actions depend on what it sees."""
    torch.manual_seed(seed)
    space = observation_space(len(NAMES) + NUM_POSITION_COLUMNS, normalised=True)
    made = make_policy(space, action_space(), TrainingConfig(hidden_sizes=(16,)))
    with torch.no_grad():
        made.action_net.weight.normal_()
    return made


def test_no_policy_acts_on_what_comes_later():
    fork = 600
    random = np.random.default_rng(4)  # a walk that all but one of the rules trade
    before = list(np.round(4 + random.normal(0, 0.03, fork // 20).cumsum(), 2))
    futures = [
        list(np.round(before[-1] * factor, 2) for _ in range((END - fork) // 20))
        for factor in (0.5, 1.0, 2.0)
    ]

    def fills(future: list[float]) -> list[dict]:
        everyone = [
            Agent(network(1), deterministic=True, seed=1),
            RandomTrader(seed=1),
            BuyAndHold([200]),
            BreakoutTrader(BreakoutRule(min_gain=0.0, min_surge=0.0)),
            FirstPullbackTrader(eager),
            VwapReclaimTrader(VwapReclaimRule(below_seconds=1, hold_seconds=5, min_surge=0.0)),
        ]
        sitting, _, _ = play(walk(before + future), *everyone)
        return [fill for fill in sitting.fills if fill["second"] < fork]

    eager = FirstPullbackRule(
        min_leg=0.0, min_retrace=0.0, max_retrace=1.0, max_volume=10.0, max_leg_minutes=1,
        max_below_high=1.0, above_vwap=False,
    )  # fmt: skip
    first, second, third = (fills(future) for future in futures)
    assert first == second == third
    assert {fill["policy"] for fill in first} >= {
        "agent", "random", "buy_and_hold", "first_pullback", "vwap_reclaim",
    }  # fmt: skip


def test_doing_nothing_gains_and_loses_exactly_nothing():
    sitting, trips, _ = play(walk([4.0, 5.0] * 25), DoNothing())
    assert sitting.final["equity"].tolist() == sitting.final["start_equity"].tolist()
    assert (sitting.fills, trips, sitting.seconds_held.tolist()) == ([], [], [0])


class TestBuyAndHold:
    @pytest.mark.parametrize(
        ("second", "buys"), [(99, False), (100, True), (159, True), (160, False)]
    )
    def test_it_buys_in_the_minute_after_the_alert(self, second, buys):
        action = BuyAndHold([100]).act(view_of(second=second))
        assert action.tolist() == [Action.BUY_100 if buys else Action.HOLD]

    def test_it_never_buys_on_a_day_without_an_alert(self):
        trader = BuyAndHold([None])
        for second in (0, 59, 60, 1_000, 57_599):
            assert trader.act(view_of(second=second)).tolist() == [Action.HOLD]

    def test_it_holds_where_buying_is_not_allowed(self):
        view = view_of(second=100)
        view.mask[:, Action.BUY_100] = False
        assert BuyAndHold([100]).act(view).tolist() == [Action.HOLD]

    def test_each_day_has_its_own_alert(self):
        view = view_of(rows=3, second=100)
        assert BuyAndHold([100, None, 200]).act(view).tolist() == [Action.BUY_100, 0, 0]

    def test_it_holds_to_the_close(self):
        _, trips, _ = play(hand_day(book((0, 4.0))), BuyAndHold([100]))
        assert [(t["entry_second"], t["exit_second"], t["forced"]) for t in trips] == [
            (100, END - 59, True)
        ]


class TestRandomTrader:
    def test_it_acts_about_every_twenty_seconds_and_only_as_allowed(self):
        trader, view = RandomTrader(seed=1), view_of(rows=100)
        view.mask[:, Action.SELL_25 :] = False
        drawn = np.concatenate([trader.act(view) for _ in range(400)])
        assert drawn.max() < Action.SELL_25
        counts = np.bincount(drawn, minlength=9)
        # One in twenty draws one of five allowed actions: 1 % for each that is not HOLD.
        assert counts[1:5] == pytest.approx([400] * 4, rel=0.2)

    def test_its_seed_names_its_actions(self):
        def drawn(seed: int) -> list[int]:
            trader = RandomTrader(seed)
            return [int(trader.act(view_of())[0]) for _ in range(500)]

        assert drawn(1) == drawn(1)
        assert drawn(1) != drawn(2)


class TestAgent:
    def views(self, count: int = 200) -> View:
        random = np.random.default_rng(3)
        view = view_of(rows=count)
        view.observation[:] = random.normal(size=view.observation.shape)
        view.mask[:, 1:] = random.random((count, 8)) < 0.5
        return view

    def test_it_takes_the_action_that_the_learner_would_take(self):
        trained, view = network(), self.views()
        wanted, _ = trained.predict(view.observation, deterministic=True, action_masks=view.mask)
        found = Agent(trained, deterministic=True, seed=1).act(view)
        np.testing.assert_array_equal(found, wanted)
        assert len(set(found.tolist())) > 4

    def test_it_takes_only_allowed_actions(self):
        view = self.views()
        for deterministic in (True, False):
            agent = Agent(network(1), deterministic, seed=1)
            for _ in range(20):
                assert view.mask[np.arange(len(view.mask)), agent.act(view)].all()

    def test_drawn_actions_follow_the_probabilities_of_the_learner(self):
        trained, view = network(), self.views(1)
        view.mask[:] = [True] * 5 + [False] * 4
        with torch.no_grad():
            trained.action_net.weight.mul_(0.1)
            distribution = trained.get_distribution(
                torch.from_numpy(view.observation), action_masks=view.mask
            )
            wanted = distribution.distribution.probs[0].numpy()
        agent = Agent(trained, deterministic=False, seed=1)
        drawn = np.concatenate([agent.act(view) for _ in range(20_000)])
        found = np.bincount(drawn, minlength=9) / len(drawn)
        # Four standard errors of 20,000 draws are at most 0.015.
        np.testing.assert_allclose(found, wanted, atol=0.015)
        assert wanted[:5].min() > 0.01


def test_a_view_shows_normalised_observations_beside_columns_in_their_own_units():
    watcher = Scripted({})
    count = len(NAMES)
    normaliser = Normaliser(np.full(count, 0.25), np.full(count, 0.5))
    _, _, deck = play(walk([4.0, 4.1] * 25), watcher, normaliser=normaliser)
    assert [view.second for view in watcher.seen] == list(range(END - 60))
    for view in watcher.seen[::97]:
        raw = deck.table[:, view.second]
        np.testing.assert_array_equal(view.columns, raw)
        shown = np.clip((raw - 0.25) / 0.5, -10, 10)
        np.testing.assert_allclose(view.observation[:, :count], shown, atol=1e-6)
        np.testing.assert_array_equal(view.phase, deck.arrays.seconds["phase"][:, view.second])
