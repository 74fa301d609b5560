"""The page of example days shows days with their scenario and their phases."""

import runpy
from pathlib import Path

import pytest

from lowfloat.base.codes import MomentumPhase, Scenario

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(DOCS / "make_example_days.py"))


def test_a_day_is_shown_under_its_scenario_with_a_name_for_every_phase(script, many_days):
    day, truth = many_days[0]
    page = script["page"]({Scenario.CHOPPY_GRIND: (day, truth)})
    assert f"<h2>choppy grind: {day.name}, " in page
    assert 'id="figure-choppy_grind"' in page
    assert [phase.label for phase in MomentumPhase if f">{phase.label}</span>" not in page] == []


def test_the_scenarios_of_a_day_are_those_of_its_truth_in_order(script, many_days):
    for _, truth in many_days:
        told = script["scenarios_of"](truth)
        assert set(told) == {Scenario(code) for code in truth["scenario"].tolist()}
        assert told[0] == truth["scenario"][0]
        assert told[-1] == truth["scenario"][-1]
