"""The fingerprint names a configuration: the same for the same values, another for any other."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.config import Experiment, dump_config, load_config

OTHER: dict[str, Any] = {
    "index.splits.train_end": "2025-01-06",
    "index.splits.valid_end": "2025-01-10",
    "training.symbol": "ON",
    "training.hidden_sizes": "[32]",
    "exam.start": "alert",
    "env.actions": "orders",
}
"""Another value for each field that is neither a number nor a flag."""


def fields(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from fields(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def another(key: str, value: Any) -> Any:
    if key in OTHER:
        return OTHER[key]
    if isinstance(value, bool):
        return str(not value).lower()
    return value + 1 if isinstance(value, int) else value / 2 + 0.123


FIELDS = list(fields(Experiment().to_dict()))


@pytest.mark.parametrize(("key", "value"), FIELDS, ids=[key for key, _ in FIELDS])
def test_another_value_of_any_key_makes_another_fingerprint(key, value):
    changed = load_config(None, f"{key}={another(key, value)}")
    assert changed.fingerprint != Experiment().fingerprint


@pytest.mark.parametrize(("key", "value"), FIELDS, ids=[key for key, _ in FIELDS])
def test_saying_a_default_aloud_changes_no_fingerprint(key, value):
    text = "null" if value is None else json.dumps(value)
    assert load_config(None, f"{key}={text}").fingerprint == Experiment().fingerprint


def test_a_whole_number_and_its_decimal_have_one_fingerprint():
    whole, decimal = (load_config(None, f"env.risk.cash={text}") for text in ("30000", "3.0e+4"))
    assert whole.fingerprint == decimal.fingerprint


def reloaded(experiment: Experiment, folder: Path) -> Experiment:
    path = folder / "config.yaml"
    with path.open("w", encoding="utf-8") as stream:
        dump_config(experiment, stream)
    return load_config(path)


@pytest.mark.parametrize(("key", "value"), FIELDS, ids=[key for key, _ in FIELDS])
def test_what_was_dumped_loads_as_it_was(key, value, tmp_path):
    experiment = load_config(None, f"{key}={another(key, value)}")
    again = reloaded(experiment, tmp_path)
    assert again == experiment
    assert again.fingerprint == experiment.fingerprint


@pytest.mark.parametrize("ticker", ["ON", "NO", "Y", "TRUE", "NULL", "BRK.B", "E", "INF"])
def test_a_ticker_comes_back_from_a_dump(ticker, tmp_path):
    experiment = Experiment(training={"symbol": ticker})
    assert reloaded(experiment, tmp_path).training.symbol == ticker


@given(
    cash=st.floats(min_value=1e-300, max_value=1e6),
    weight=st.floats(allow_nan=False, allow_infinity=False),
    rate=st.floats(min_value=5e-324, max_value=1.0),
)
def test_no_digit_of_a_number_is_lost_in_a_dump(tmp_path_factory, cash, weight, rate):
    experiment = Experiment(
        env={"risk": {"cash": cash}, "rewards": {"trading_costs": {"weight": weight}}},
        training={"learning_rate": rate},
    )
    folder = tmp_path_factory.mktemp("dumped")
    assert reloaded(experiment, folder).fingerprint == experiment.fingerprint


def test_a_dump_is_a_file_that_says_every_key():
    stream = io.StringIO()
    dump_config(Experiment(), stream)
    for key, _ in FIELDS:
        assert f"{key.rpartition('.')[2]}:" in stream.getvalue()


def test_the_fingerprint_is_the_same_in_every_process():
    command = "from lowfloat import load_config; print(load_config(None, 'training.seed=3')"
    found = {
        subprocess.run(
            [sys.executable, "-c", f"{command}.fingerprint)"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {load_config(None, "training.seed=3").fingerprint}


def show(*arguments: str) -> subprocess.CompletedProcess:
    script = "import sys; from lowfloat.cli import main; sys.argv[0] = 'lowfloat'; main()"
    return subprocess.run(
        [sys.executable, "-c", script, "config", "show", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_config_show_prints_the_resolved_tree_as_one_json_value(tmp_path):
    path = tmp_path / "experiment.yaml"
    path.write_text("training:\n  num_envs: 8\n")
    result = show(str(path), "env.risk.cash=30000", "--json")
    experiment = load_config(path, "env.risk.cash=30000")
    assert json.loads(result.stdout) == {
        "fingerprint": experiment.fingerprint,
        **experiment.to_dict(),
    }


def test_config_show_prints_a_file_that_loads_as_the_same_experiment(tmp_path):
    path = tmp_path / "shown.yaml"
    path.write_text(show("env.risk.cash=30000").stdout)
    assert load_config(path).fingerprint == load_config(None, "env.risk.cash=30000").fingerprint
