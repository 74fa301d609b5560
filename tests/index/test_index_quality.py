"""Quality: the formula, the time table and the categories of the plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.base.clock import parse_second
from lowfloat.base.codes import MomentumPhase, Pattern
from lowfloat.index.quality import (
    CATEGORIES,
    PHASE_SCORES,
    base_quality,
    category_of,
    day_quality,
    time_multiplier,
)
from lowfloat.index.side import side_of_phase

SHARE = st.floats(0.0, 1.0)


@pytest.mark.parametrize(
    ("begin", "end", "score"),
    [
        ("04:00:00", "06:59:59", 0.3),
        ("07:00:00", "09:29:59", 1.0),
        ("09:30:00", "10:29:59", 1.0),
        ("10:30:00", "13:59:59", 0.4),
        ("14:00:00", "15:59:59", 0.8),
        ("16:00:00", "19:59:59", 0.5),
    ],
)
def test_a_period_of_the_time_table_holds_its_first_second_and_not_the_next_ones(
    begin: str, end: str, score: float
) -> None:
    assert {time_multiplier(s) for s in range(parse_second(begin), parse_second(end) + 1)} == {
        score
    }


def test_full_marks_in_everything_are_one() -> None:
    assert base_quality(MomentumPhase.BREAKOUT, 5.0, 1.0, 0.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("phase", "volume_ratio", "setup", "spread", "quality"),
    [
        pytest.param(MomentumPhase.BREAKOUT, 0.0, 0.0, 0.02, 0.4, id="the phase alone"),
        pytest.param(MomentumPhase.DEAD, 5.0, 0.0, 0.02, 0.04 + 0.3, id="and the volume"),
        pytest.param(MomentumPhase.DEAD, 0.0, 1.0, 0.02, 0.04 + 0.2, id="and the setup"),
        pytest.param(MomentumPhase.DEAD, 0.0, 0.0, 0.0, 0.04 + 0.1, id="and the spread"),
        pytest.param(MomentumPhase.BOUNCE, 2.5, 0.5, 0.01, 0.24 + 0.15 + 0.1 + 0.05, id="halves"),
        pytest.param(MomentumPhase.BREAKOUT, 50.0, 1.0, 0.0, 1.0, id="volume beyond full marks"),
        pytest.param(MomentumPhase.BREAKOUT, 5.0, 1.0, 0.5, 0.9, id="a spread beyond none"),
    ],
)
def test_the_weights_are_those_of_the_plan(
    phase: MomentumPhase, volume_ratio: float, setup: float, spread: float, quality: float
) -> None:
    assert base_quality(phase, volume_ratio, setup, spread) == pytest.approx(quality)


@given(st.sampled_from(MomentumPhase), st.floats(0, 100), SHARE, SHARE)
def test_quality_lies_between_0_and_1(
    phase: MomentumPhase, volume_ratio: float, setup: float, spread: float
) -> None:
    assert 0.0 <= base_quality(phase, volume_ratio, setup, spread) <= 1.0 + 1e-12


def test_every_phase_has_a_score_and_a_breakout_the_best() -> None:
    assert set(PHASE_SCORES) == set(MomentumPhase)
    assert max(PHASE_SCORES, key=PHASE_SCORES.__getitem__) is MomentumPhase.BREAKOUT
    assert all(0.0 <= score <= 1.0 for score in PHASE_SCORES.values())


@pytest.mark.parametrize(
    ("phases", "category"),
    [
        (("DEAD", "HALTED"), "dead"),
        (("FLUSH", "FADE", "DISTRIBUTION"), "risk"),
        (("ACCUMULATION", "BOUNCE"), "educational"),
    ],
)
def test_some_phases_have_a_category_of_their_own(phases: tuple[str, ...], category: str) -> None:
    for name in phases:
        for quality in (0.0, 0.81, 1.0):
            assert category_of(MomentumPhase[name], Pattern.NONE, quality) == category


@pytest.mark.parametrize(
    "name", ["BREAKOUT", "MOMENTUM", "PARABOLIC", "EXHAUSTION", "CONSOLIDATION"]
)
def test_the_others_are_prime_above_0_8_and_secondary_up_to_it(name: str) -> None:
    phase = MomentumPhase[name]
    assert category_of(phase, Pattern.NONE, 0.8) == "secondary"
    assert category_of(phase, Pattern.NONE, 0.8000001) == "prime"
    assert category_of(phase, Pattern.NONE, 0.0) == "secondary"


@pytest.mark.parametrize(
    ("patterns", "category"),
    [
        (("FLUSH", "DISTRIBUTION", "FAILED_BREAKOUT"), "risk"),
        (("ACCUMULATION", "BOUNCE", "VWAP_REJECT"), "educational"),
    ],
)
def test_a_pattern_with_a_lesson_of_its_own_decides_before_the_phase(patterns, category) -> None:
    for name in patterns:
        for phase in ("BREAKOUT", "MOMENTUM", "FADE", "BOUNCE"):
            assert category_of(MomentumPhase[phase], Pattern[name], 0.9) == category


@pytest.mark.parametrize("name", ["DEAD", "HALTED"])
def test_nothing_is_learnt_from_a_dead_market_but_that(name: str) -> None:
    assert {category_of(MomentumPhase[name], pattern, 1.0) for pattern in Pattern} == {"dead"}


@given(st.sampled_from(MomentumPhase), st.sampled_from(Pattern), SHARE)
def test_every_second_has_one_of_the_five_categories(phase, pattern, quality) -> None:
    assert category_of(phase, pattern, quality) in CATEGORIES


def test_a_day_is_as_good_as_its_five_best_points_and_how_it_moved() -> None:
    points = [0.1, 0.9, 0.8, 0.7, 0.6, 0.5]
    assert day_quality(points, 0.5, 5.0) == pytest.approx(0.7)
    assert day_quality(points, 0.25, 2.5) == pytest.approx(0.7 * (0.5 + 0.5 * 0.25))
    assert day_quality(points, 9.0, None) == pytest.approx(0.35)
    assert day_quality([], 9.0, 9.0) == 0.0


def test_the_side_is_that_of_the_phase_and_of_a_rest_near_the_high() -> None:
    rest = MomentumPhase.CONSOLIDATION
    named = {phase: side_of_phase(phase, False, False) for phase in MomentumPhase}
    sides = {
        "front": {"BREAKOUT", "MOMENTUM", "PARABOLIC"},
        "back": {"DISTRIBUTION", "FLUSH", "BOUNCE", "FADE"},
        "dead": {"DEAD"},
    }
    for side, phases in sides.items():
        assert {phase.name for phase, found in named.items() if found == side} == phases
    assert [side_of_phase(rest, above, recent) for above in (0, 1) for recent in (0, 1)] == [
        "neither", "neither", "neither", "front"
    ]  # fmt: skip
