"""Which day follows which, and that the mixes come out as their weights say."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

from lowfloat.base.codes import Scenario
from lowfloat.errors import ConfigError
from lowfloat.synth.stories import (
    COMPOUNDS,
    MIXES,
    Chapter,
    chapter_shares,
    day_plan,
    interest,
    overnight_pull,
)

RUN, QUIET = (Scenario.CLEAN_MOMENTUM,), (Scenario.ORDINARY,)


def life(days, mix, seed=1, active=None):
    history = []
    for index in range(days):
        history.append(day_plan(np.random.default_rng((seed, index)), history, mix, active))
    return history


def played(history):
    return [plan[0] for plan in history if plan[0].in_play]


@pytest.mark.parametrize("mix", sorted(MIXES))
def test_the_weights_of_a_mix_sum_to_1(mix):
    assert sum(MIXES[mix].weights.values()) == pytest.approx(1.0)


def test_the_curriculum_has_the_weights_of_the_design():
    weights = {scenario.label: weight for scenario, weight in MIXES["curriculum"].weights.items()}
    assert weights == {
        "clean_momentum": 0.15,
        "failed_breakout": 0.20,
        "choppy_grind": 0.15,
        "parabolic_blowoff": 0.15,
        "opening_drive": 0.10,
        "squeeze_continuation": 0.15,
        "news_catalyst": 0.10,
    }


def test_fades_are_what_the_market_does_most():
    weights = MIXES["market"].weights
    assert max(weights, key=weights.__getitem__) == Scenario.FADE_FROM_OPEN


@pytest.mark.parametrize(
    ("mix", "active"),
    [("curriculum", None), ("market", None), ("market", 0.6), ("curriculum", 0.9)],
)
def test_a_thousand_days_tell_the_scenarios_by_their_weights(mix, active):
    seen = played(life(1000, mix, active=active))
    weights = MIXES[mix].weights
    counts = Counter(seen)
    assert set(counts) <= set(weights)
    found = [counts[scenario] for scenario in weights]
    wanted = [weight * len(seen) for weight in weights.values()]
    assert chisquare(found, wanted).pvalue > 0.05


@pytest.mark.parametrize("active", [0.05, 0.12, 0.3, 0.6, 0.95])
def test_the_wished_share_of_days_is_in_play(active):
    share = np.mean([len(played(life(1000, "market", seed, active))) / 1000 for seed in range(6)])
    assert share == pytest.approx(active, abs=0.02)


def test_all_days_or_none_are_in_play_when_asked_for():
    assert len(played(life(50, "curriculum", active=1.0))) == 50
    assert played(life(50, "curriculum", active=0.0)) == []


def test_a_day_in_play_makes_the_next_one_likelier():
    history = life(4000, "market")
    now = np.array([plan[0].in_play for plan in history])
    assert now[1:][now[:-1]].mean() > 2 * now.mean()


def test_a_stock_that_has_just_gone_to_sleep_echoes_more_than_one_long_asleep():
    def wakes(history):
        draws = (day_plan(np.random.default_rng(s), history, "market") for s in range(3000))
        return np.mean([plan[0].in_play for plan in draws])

    assert wakes([RUN, QUIET]) > 1.5 * wakes([RUN] + [QUIET] * 25)


def test_news_comes_to_stocks_that_slept_and_failures_to_tired_ones():
    def share(history, scenario):
        draws = (day_plan(np.random.default_rng(s), history, "curriculum") for s in range(4000))
        first = [plan[0] for plan in draws if plan[0].in_play]
        return np.mean([each == scenario for each in first])

    asleep, tired = [QUIET] * 20, [RUN] * 3
    assert share(asleep, Scenario.NEWS_CATALYST) > 2 * share(tired, Scenario.NEWS_CATALYST)
    assert share(tired, Scenario.FAILED_BREAKOUT) > 1.3 * share(asleep, Scenario.FAILED_BREAKOUT)


@pytest.mark.parametrize("active", [0.12, 0.6])
def test_the_solved_shares_of_chapters_are_those_of_a_long_life(active):
    history = life(10_000, "market", active=active)
    chapters, awake, asleep = [], 0, 99
    for plan in history:
        if plan[0].in_play:
            awake += 1
            if awake > 1:
                chapters.append(Chapter.SECOND if awake == 2 else Chapter.LATER)
            else:
                chapters.append(Chapter.ECHO if asleep <= 5 else Chapter.FIRST)
            asleep = 0
        else:
            awake, asleep = 0, asleep + 1
    found = [chapters.count(chapter) / len(chapters) for chapter in Chapter]
    assert found == pytest.approx(chapter_shares(active), abs=0.03)
    assert sum(chapter_shares(active)) == pytest.approx(1.0)


def test_compound_days_come_as_often_as_stated():
    history = life(6000, "curriculum")
    wanted = sum(
        MIXES["curriculum"].weights[first] * sum(odds for odds, _ in plans)
        for first, plans in COMPOUNDS.items()
    )
    found = np.mean([len(plan) > 1 for plan in history if plan[0].in_play])
    assert wanted == pytest.approx(0.13)
    assert found == pytest.approx(wanted, abs=0.02)


def test_a_compound_day_counts_under_its_first_scenario():
    for first, plans in COMPOUNDS.items():
        assert all(plan[0] == first for _, plan in plans)
        assert sum(odds for odds, _ in plans) < 1


def test_a_quiet_day_is_dead_more_often_the_longer_the_stock_slept():
    def dead(days):
        draws = (day_plan(np.random.default_rng(s), [QUIET] * days, "market", 0.0)
                 for s in range(2000))  # fmt: skip
        return np.mean([plan == (Scenario.DEAD,) for plan in draws])

    assert dead(1) < dead(8) < dead(40)


def test_more_days_change_none_of_the_earlier_ones():
    assert life(200, "market")[:80] == life(80, "market")


def test_another_seed_lives_another_life():
    assert life(60, "curriculum", seed=1) != life(60, "curriculum", seed=2)


def test_interest_is_highest_after_a_run_and_wears_off_over_weeks():
    assert interest([]) == interest([QUIET] * 5) == 1.0
    after = [interest([RUN] + [QUIET] * days) for days in range(30)]
    assert after[0] == 5.0
    assert all(later < earlier for earlier, later in pairwise(after))
    assert after[-1] < 1.3


def test_the_pull_leads_back_to_the_usual_price_over_weeks():
    assert overnight_pull(5.0, 5.0) == 0.0
    price, nights = 10.0, 0
    while price > 5.0 * 1.1:
        price *= math.exp(overnight_pull(price, 5.0))
        nights += 1
    assert 5 < nights < 40


@pytest.mark.parametrize("active", [-0.1, 1.1, math.nan])
def test_a_share_out_of_bounds_is_told(active):
    with pytest.raises(ConfigError, match=r"`active` was .*; use 0 to 1"):
        day_plan(np.random.default_rng(1), [], "market", active)


def test_an_unknown_mix_is_told_which_there_are():
    with pytest.raises(ConfigError, match=r"`mix` was 'random'; use one of .*curriculum"):
        day_plan(np.random.default_rng(1), [], "random")
