"""Codes: numbers that files hold, and the public spelling of each."""

import pytest

from lowfloat.base.codes import (
    Action,
    EndReason,
    Mark,
    MomentumPhase,
    Pattern,
    RejectReason,
    Scenario,
)

PLAN = [
    "front_breakout", "front_momentum", "parabolic", "back_flush", "back_fade", "bounce",
    "consolidation", "accumulation", "distribution", "dead",
]  # fmt: skip


def test_the_phases_are_spelt_as_in_the_plan() -> None:
    labels = [phase.label for phase in MomentumPhase]
    assert set(PLAN) <= set(labels)
    assert set(labels) - set(PLAN) == {"exhaustion", "halted"}


@pytest.mark.parametrize(
    ("phase", "label"),
    [
        (MomentumPhase.BREAKOUT, "front_breakout"),
        (MomentumPhase.MOMENTUM, "front_momentum"),
        (MomentumPhase.FLUSH, "back_flush"),
        (MomentumPhase.FADE, "back_fade"),
    ],
)
def test_front_and_back_side_are_part_of_the_spelling(phase: MomentumPhase, label: str) -> None:
    assert phase.label == label


@pytest.mark.parametrize("phase", list(MomentumPhase))
def test_a_label_leads_back_to_its_phase(phase: MomentumPhase) -> None:
    assert MomentumPhase.from_label(phase.label) is phase


def test_a_label_that_is_none_is_told_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"`breakout` is not a phase; use one of .*front_breakout"):
        MomentumPhase.from_label("breakout")


def test_the_numbers_of_stored_codes_are_consecutive_from_0() -> None:
    for codes in (MomentumPhase, Scenario, Pattern, Action, RejectReason, EndReason):
        assert [int(code) for code in codes] == list(range(len(codes)))


def test_the_scenarios_of_the_curriculum_are_spelt_as_in_the_design() -> None:
    labels = {scenario.label for scenario in Scenario}
    assert labels >= {
        "clean_momentum", "failed_breakout", "choppy_grind", "parabolic_blowoff",
        "opening_drive", "squeeze_continuation", "news_catalyst",
    }  # fmt: skip
    assert [s.label for s in Scenario if not s.in_play] == ["dead", "ordinary"]


@pytest.mark.parametrize("scenario", list(Scenario))
def test_a_label_leads_back_to_its_scenario(scenario: Scenario) -> None:
    assert Scenario.from_label(scenario.label) is scenario


def test_a_scenario_that_is_none_is_told_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"`squeeze` is not a scenario; use one of .*fade_from"):
        Scenario.from_label("squeeze")


def test_patterns_are_spelt_in_lower_case() -> None:
    assert [pattern.label for pattern in Pattern][:3] == ["none", "breakout", "flush"]
    assert Pattern.FIRST_PULLBACK.label == "first_pullback"


def test_there_are_nine_actions() -> None:
    assert [action.name for action in Action] == [
        "HOLD", "BUY_25", "BUY_50", "BUY_75", "BUY_100",
        "SELL_25", "SELL_50", "SELL_75", "SELL_100",
    ]  # fmt: skip


@pytest.mark.parametrize("reason", list(RejectReason))
def test_every_rejection_has_a_sentence_of_its_own(reason: RejectReason) -> None:
    assert reason.sentence.endswith(".")
    assert [other.sentence for other in RejectReason].count(reason.sentence) == 1


def test_the_bits_of_marks_are_those_of_stored_files() -> None:
    assert {mark.name: mark.value for mark in Mark} == {
        "LAST": 1, "HIGH_LOW": 2, "VOLUME": 4, "TAPE": 8, "AUCTION": 16, "OFF_EXCHANGE": 32,
        "ODD_LOT": 64, "LATE": 128, "OFFICIAL_OPEN": 256, "OFFICIAL_CLOSE": 512,
    }  # fmt: skip


def test_an_ordinary_print_counts_for_everything_and_is_nothing_special() -> None:
    assert Mark.ORDINARY == Mark.LAST | Mark.HIGH_LOW | Mark.VOLUME | Mark.TAPE
