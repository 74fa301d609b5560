"""The measurements of the synthetic market run from the command line on days they make."""

import json

import measure_pauses
import measure_scenarios
import pytest

from lowfloat.synth.stories import MIXES


def printed(module, monkeypatch, capsys, *words: str) -> dict:
    monkeypatch.setattr("sys.argv", [module.__name__, *words, "--json"])
    module.main()
    return json.loads(capsys.readouterr().out)


def test_the_scenarios_of_both_mixes_are_counted(monkeypatch, capsys):
    found = printed(measure_scenarios, monkeypatch, capsys, "--days", "12", "--symbols", "2")
    assert set(found) == set(MIXES)


@pytest.mark.parametrize("edge", ["0", "1"])
def test_pauses_are_counted_and_held_against_the_rules(monkeypatch, capsys, edge):
    words = ("--days", "3", "--symbols", "1", "--edge", edge)
    found = printed(measure_pauses, monkeypatch, capsys, *words)
    assert found["days"] == 3
    assert found["violations"] == 0
