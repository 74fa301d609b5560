"""A configuration that cannot be meant is refused, and the message says what to write instead."""

import re
from pathlib import Path

import pytest

from lowfloat.config import load_config
from lowfloat.errors import ConfigError


@pytest.fixture
def refused(tmp_path: Path):
    """Return a function that loads a text with overrides and gives the message back."""

    def load(text: str | bytes, *overrides: str) -> str:
        path = tmp_path / "experiment.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigError) as caught:
            load_config(path, *overrides)
        return str(caught.value).replace(str(path), "FILE")

    return load


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "trainin:\n  seed: 1\n",
            "`trainin` is not a configuration key. Did you mean `training`?  (FILE, line 1)",
        ),
        (
            "# a comment\ntraining:\n  seed: 1\n  lerning_rate: 0.1\n",
            "`training.lerning_rate` is not a configuration key. Did you mean `learning_rate`?"
            "  (FILE, line 4)",
        ),
        (
            "env:\n  risk:\n    csh: 1\n",
            "`env.risk.csh` is not a configuration key. Did you mean `cash`?  (FILE, line 3)",
        ),
        (
            "env:\n  rewards:\n    market_pnl:\n      wieght: 1\n",
            "`env.rewards.market_pnl.wieght` is not a configuration key. Did you mean `weight`?"
            "  (FILE, line 4)",
        ),
        (
            "exam:\n  zzz: 1\n",
            "`exam.zzz` is not a configuration key. Use one of start, confidence, resamples, seed,"
            " deterministic, breakout, first_pullback, vwap_reclaim.  (FILE, line 2)",
        ),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one(refused, text, message):
    assert refused(text) == message


def test_an_unknown_key_of_an_override_is_refused():
    with pytest.raises(ConfigError, match=r"`env\.risk\.csh` .* Did you mean `cash`\?"):
        load_config(None, "env.risk.csh=1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("env:\n  risk:\n    cash: many\n", "`env.risk.cash` was 'many'; .*number.*line 3"),
        ("env: 3\n", "`env` was 3; .*dictionary.*line 1"),
        ("env:\n  risk: 3\n", "`env.risk` was 3; .*line 2"),
        ("training:\n  num_envs: 1.5\n", "`training.num_envs` was 1.5; .*integer.*line 2"),
        ("training:\n  symbol: 5\n", "`training.symbol` was 5; .*string.*line 2"),
        ("training:\n  hidden_sizes: wide\n", "`training.hidden_sizes` was 'wide'; .*line 2"),
        ("index:\n  splits:\n    train_end: soon\n", "`.*train_end` was 'soon'; .*date.*line 3"),
        ("exam:\n  start: noon\n", "`exam.start` was 'noon'; .*'session' or 'alert'.*line 2"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_its_line(refused, text, message):
    assert re.search(message, refused(text))


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        ("env.risk.cash=0", "greater than 0"),
        ("env.fills.latency_ms=1000", "less than or equal to 999"),
        ("env.episode.max_loss=1.1", "less than or equal to 1"),
        ("training.num_envs=0", "greater than or equal to 1"),
        ("training.learning_rate=-1", "greater than 0"),
        ("exam.confidence=1.5", "less than or equal to 1"),
        ("env.rewards.market_pnl.weight=.nan", "finite"),
        ("env.risk.cash=.inf", "finite"),
    ],
)
def test_a_number_out_of_its_bounds_is_refused(override, allowed):
    key, _, _ = override.partition("=")
    with pytest.raises(ConfigError, match=f"`{re.escape(key)}` was .*{allowed}"):
        load_config(None, override)


@pytest.mark.parametrize(
    "override",
    [
        "training.seed=-1",  # NumPy's global generator takes 0 to 2^32 - 1
        "training.seed=4294967296",
        "exam.seed=-1",
        "env.risk.cash=1e13",  # beyond 2^63 microdollars
        "env.episode.max_seconds=3000000000",  # deadlines are 32 bits wide
    ],
)
def test_a_number_that_no_generator_or_ledger_can_hold_is_refused(override):
    key, _, _ = override.partition("=")
    with pytest.raises(ConfigError, match=f"`{re.escape(key)}` was"):
        load_config(None, override)


def test_all_problems_are_told_at_once(refused):
    lines = refused("env:\n  risk:\n    cash: -1\n    csh: 2\n").splitlines()
    assert {line.rsplit("(", 1)[1] for line in lines} == {"FILE, line 3)", "FILE, line 4)"}


def test_an_error_of_an_override_is_not_blamed_on_the_line_it_replaced(refused):
    assert "override" in refused("env:\n  risk:\n    cash: 5\n", "env.risk.cash=-1")


@pytest.mark.parametrize("text", ["- training\n", "just words\n", "3\n"])
def test_a_file_that_is_no_mapping_is_refused(refused, text):
    assert re.fullmatch(r"FILE holds a \w+; use a mapping of sections\.", refused(text))


@pytest.mark.parametrize(
    "text",
    ["env:\n\trisk: 3\n", "env: [1\n", "env: {}\n---\nenv: {}\n", "env: *nothing\n"],
    ids=["tab", "open bracket", "two documents", "unknown alias"],
)
def test_a_file_that_is_no_yaml_is_refused_with_the_line(refused, text):
    assert re.search(r"FILE is not YAML: .*line \d", refused(text), re.DOTALL)


def test_a_key_written_twice_is_refused(refused):
    message = refused("env:\n  risk:\n    cash: 1000\n    cash: 2000\n")
    assert "duplicate key" in message
    assert "line 4" in message


def test_a_file_that_is_not_text_is_refused(refused):
    assert "FILE" in refused(b"\xff\xfe\x00\x01")


def test_a_merged_mapping_is_loaded_or_refused_like_any_other(refused):
    assert "`env.risk.cash` was -5" in refused("env:\n  risk:\n    <<: {cash: -5}\n")


def test_a_tag_that_would_call_python_calls_nothing(refused, tmp_path):
    witness = tmp_path / "called"
    refused(f"env: !!python/object/apply:os.system ['touch {witness}']\n")
    assert not witness.exists()


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.yaml does not exist; use a YAML file"):
        load_config(tmp_path / "absent.yaml")


@pytest.mark.parametrize("override", ["env.risk.cash", "=3", ""])
def test_an_override_without_a_key_and_a_value_is_refused(override):
    with pytest.raises(ConfigError, match=r"was not understood; use dotted\.key=value\."):
        load_config(None, override)


def test_an_override_whose_value_is_no_yaml_is_refused():
    with pytest.raises(ConfigError, match=r"`training\.hidden_sizes=\[1`: its value is not YAML"):
        load_config(None, "training.hidden_sizes=[1")


def test_an_override_below_a_value_is_refused(refused):
    message = refused("env:\n  risk: 3\n", "env.risk.cash=4")
    assert message == "override `env.risk.cash=4`: `risk` is a value, not a section."
