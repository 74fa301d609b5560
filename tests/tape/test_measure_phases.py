"""The measurement of the phase tracker runs, and its parts add up."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import measure_phases

from lowfloat.tape.phase_model import LABELS


def test_it_holds_the_tracker_against_its_baselines_on_days_it_has_not_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--days", "2", "--known", "1", "--symbols", "1", "--json"]
    monkeypatch.setattr("sys.argv", ["measure_phases.py", *words])
    measure_phases.main()
    for mix, found in json.loads(capsys.readouterr().out).items():
        assert mix in measure_phases.MIXES
        assert found["days"] == 2
        scores = found["scores"]
        assert set(scores) == {"tracker", "majority", "without_age", "second_alone", "rules"}
        tracker = scores["tracker"]["log_loss"]
        assert tracker["low"] <= tracker["value"] <= tracker["high"]
        gained = found["log_loss_gained_on"]["majority"]["value"]
        assert gained == pytest.approx(scores["majority"]["log_loss"]["value"] - tracker["value"])
        phases = found["phases"]
        assert list(phases) == list(LABELS)
        assert sum(each["share"] for each in phases.values()) == pytest.approx(1.0)
        seconds = sum(sum(row) for row in found["confusion"].values())
        assert sum(found["reliability"]["count"]) == seconds * len(LABELS)
        # Each second tells eleven chances that sum to 1, and one of them comes true.
        stated = found["reliability"]
        for column in ("stated", "found"):
            total = sum(x * n for x, n in zip(stated[column], stated["count"], strict=True))
            assert total == pytest.approx(seconds, rel=1e-4)
        for each in found["naming"].values():
            assert each["mean_f1"] <= 1.0
        for each in phases.values():
            assert each["found_in_time"] is None or each["found_in_time"] <= each["found"]
