"""The page of the scenarios shows the pictures and the weights of this version."""

import runpy
from pathlib import Path

import pytest

from lowfloat.base.codes import Scenario
from lowfloat.synth.stories import MIXES

DOCS = Path(__file__).resolve().parents[2] / "docs"
PICTURES = DOCS / "pictures" / "scenarios"
PAGE = (DOCS / "explanation" / "scenarios.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    runpy.run_path(str(DOCS / "make_scenario_pictures.py"))["main"](folder)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_the_pictures_are_those_the_scripts_draw(drawn):
    stored = {path.name: path.read_text(encoding="utf-8") for path in PICTURES.iterdir()}
    assert stored == drawn, "run `python docs/make_scenario_pictures.py`"


@pytest.mark.parametrize("scenario", [s for s in Scenario if s != Scenario.DEAD])
def test_the_page_shows_every_scenario(scenario):
    assert f"(../pictures/scenarios/{scenario.label}.svg)" in PAGE


@pytest.mark.parametrize("scenario", [s for s in Scenario if s.in_play])
def test_the_page_states_the_weights_of_both_mixes(scenario):
    shares = [MIXES[mix].weights.get(scenario, 0.0) for mix in ("curriculum", "market")]
    assert f"| `{scenario.label}` | {shares[0]:.0%} | {shares[1]:.0%} |".replace("%", " %") in PAGE


def test_the_page_states_the_share_of_days_in_play():
    shares = [MIXES[mix].active for mix in ("curriculum", "market")]
    assert f"| days in play | {shares[0]:.0%} | {shares[1]:.0%} |".replace("%", " %") in PAGE
