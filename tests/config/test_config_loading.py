"""What a configuration file and overrides say, and what becomes of it."""

import datetime as dt
from pathlib import Path

import pytest
from numba import typeof
from pydantic import ValidationError

from lowfloat.config import Experiment, load_config
from lowfloat.env.action import RiskRules
from lowfloat.env.config import EnvConfig
from lowfloat.env.ending import EpisodeRules


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "experiment.yaml"
        path.write_text(text)
        return path

    return write


def test_without_a_file_the_defaults_of_the_code_hold():
    assert load_config() == Experiment()


def test_an_empty_file_changes_nothing(written):
    assert load_config(written("")) == Experiment()
    assert load_config(written("# nothing but a comment\n")) == Experiment()


def test_a_file_changes_what_it_names_and_nothing_else(written):
    path = written("training:\n  num_envs: 8\nenv:\n  risk:\n    cash: 30000\n")
    found, usual = load_config(path).to_dict(), Experiment().to_dict()
    assert found["training"].pop("num_envs") == 8
    assert found["env"]["risk"].pop("cash") == 30_000.0
    del usual["training"]["num_envs"], usual["env"]["risk"]["cash"]
    assert found == usual


@pytest.mark.parametrize(
    ("override", "look", "value"),
    [
        ("env.risk.cash=30000", lambda e: e.env.risk.cash, 30_000.0),
        ("env.rewards.market_pnl.weight=2", lambda e: e.env.rewards.market_pnl.weight, 2.0),
        ("env.fills.latency_ms=0", lambda e: e.env.fills.latency_ms, 0),
        ("exam.breakout.max_seconds=60", lambda e: e.exam.breakout.max_seconds, 60),
        ("exam.start=alert", lambda e: e.exam.start, "alert"),
        ("training.hidden_sizes=[32, 16]", lambda e: e.training.hidden_sizes, (32, 16)),
        ("training.symbol=MLGO", lambda e: e.training.symbol, "MLGO"),
        (
            "index.splits.train_end=2025-01-06",
            lambda e: e.index.splits.train_end,
            dt.date(2025, 1, 6),
        ),
    ],
)
def test_an_override_reaches_a_nested_key(override, look, value):
    assert look(load_config(None, override)) == value


def test_an_override_keeps_the_other_fields_of_its_rule(written):
    path = written("env:\n  risk:\n    max_position: 5000\n")
    assert load_config(path, "env.risk.cash=30000").env.risk == RiskRules(30_000.0, 5_000.0)


def test_an_override_wins_over_the_file(written):
    path = written("env:\n  risk:\n    cash: 1000\n")
    assert load_config(path, "env.risk.cash=2000").env.risk.cash == 2_000.0


def test_the_last_of_two_overrides_wins():
    assert load_config(None, "training.seed=2", "training.seed=3").training.seed == 3


@pytest.mark.parametrize("ticker", ["ON", "NO", "OFF", "Y", "N", "YES", "TRUE", "NULL", "NAN"])
def test_a_ticker_that_yaml_may_take_for_a_word_of_its_own_stays_a_ticker(written, ticker):
    assert load_config(written(f"training:\n  symbol: {ticker}\n")).training.symbol == ticker
    assert load_config(None, f"training.symbol={ticker}").training.symbol == ticker


def test_a_lower_case_null_takes_a_ticker_back(written):
    path = written("training:\n  symbol: MLGO\n")
    assert load_config(path, "training.symbol=null").training.symbol is None


def test_a_whole_number_in_place_of_a_decimal_compiles_no_second_kernel():
    whole = load_config(
        None, "env.risk.cash=30000", "env.episode.max_loss=1", "env.rewards.market_pnl.weight=2"
    )
    assert typeof(whole.env.rules()) == typeof(EnvConfig().rules())


def test_a_rule_made_in_python_of_whole_numbers_compiles_no_second_kernel():
    made = EnvConfig(risk=RiskRules(cash=30_000), episode=EpisodeRules(max_loss=1, day_loss=1))
    assert typeof(made.rules()) == typeof(EnvConfig().rules())


def test_a_decimal_that_is_whole_counts_as_a_whole_number():
    number = load_config(None, "env.fills.latency_ms=150.0").env.fills.latency_ms
    assert (number, type(number)) == (150, int)


def test_a_resolved_experiment_cannot_be_changed():
    experiment = load_config()
    with pytest.raises(ValidationError, match="frozen"):
        experiment.training.seed = 2
    with pytest.raises(AttributeError):
        experiment.env.risk.cash = 1.0
