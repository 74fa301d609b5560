"""Curves from the metrics of a run."""

import json

import numpy as np
import pytest

from lowfloat.errors import ExamError
from lowfloat.report.learning import MAX_POINTS, NET_PNL, RETURN, learning_curves, moving_mean


def _write(folder, lines, end="\n"):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / "metrics.jsonl").write_text(text + end)
    return folder


def test_lines_without_a_metric_add_no_point_to_its_curve(tmp_path):
    lines = [
        {"num_timesteps": 10, NET_PNL: 1.5},
        {"num_timesteps": 20, RETURN: -2, "train/approx_kl": 0.1},
        {"num_timesteps": 30, NET_PNL: float("nan"), RETURN: 4.0},
    ]
    curves = learning_curves(_write(tmp_path, lines))
    assert curves[NET_PNL].steps.tolist() == [10]
    assert curves[RETURN].steps.tolist() == [20, 30]
    assert curves[RETURN].value.tolist() == [-2, 4]


def test_steps_trained_twice_count_once_and_the_later_line_wins(tmp_path):
    steps = [(10, 1.0), (20, 2.0), (30, 3.0), (20, 7.0), (30, 8.0)]
    lines = [{"num_timesteps": step, NET_PNL: value} for step, value in steps]
    curve = learning_curves(_write(tmp_path, lines))[NET_PNL]
    assert curve.steps.tolist() == [10, 20, 20, 30]
    assert curve.value.tolist() == [1.0, 2.0, 7.0, 8.0]


def test_a_long_run_is_thinned_to_means_of_equal_stretches(tmp_path):
    lines = [{"num_timesteps": i, NET_PNL: i % 2} for i in range(2 * MAX_POINTS)]
    curve = learning_curves(_write(tmp_path, lines))[NET_PNL]
    assert len(curve.value) == MAX_POINTS
    assert np.all(curve.value == 0.5)


def test_a_last_line_cut_short_is_left_out(tmp_path):
    lines = [{"num_timesteps": 10, NET_PNL: 1.0}, '{"num_timesteps": 20, "roll']
    assert learning_curves(_write(tmp_path, lines, end=""))[NET_PNL].steps.tolist() == [10]


def test_a_broken_line_in_the_middle_is_refused_with_its_number(tmp_path):
    lines = [{"num_timesteps": 10, NET_PNL: 1.0}, "{", {"num_timesteps": 20}]
    with pytest.raises(ExamError, match=r"metrics\.jsonl, line 2: not JSON"):
        learning_curves(_write(tmp_path, lines))


def test_a_line_without_steps_is_refused(tmp_path):
    with pytest.raises(ExamError, match=r"line 1: found .* use an object with `num_timesteps`"):
        learning_curves(_write(tmp_path, [{NET_PNL: 1.0}]))


def test_a_run_without_metrics_has_no_curves(tmp_path):
    assert learning_curves(tmp_path) == {}
    assert learning_curves(None) == {}


def test_the_moving_mean_uses_what_there_is_at_the_start():
    assert moving_mean(np.array([2.0, 4.0, 6.0, 8.0]), 2).tolist() == [2.0, 3.0, 5.0, 7.0]
