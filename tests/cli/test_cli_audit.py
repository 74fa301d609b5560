"""``lowfloat audit lookahead``: what it prints, and how it exits."""

import pytest

from lowfloat.audit.planted import PLANTED
from lowfloat.days import DayStore
from lowfloat.synth import synthesize

HONEST = """
from typing import Any, NamedTuple

import numpy as np


class Column(NamedTuple):
    name: str
    values: Any


COLUMNS = (Column("dollars_so_far", lambda tape: np.cumsum(tape.seconds.value)),)
"""
VALUES = "np.cumsum(tape.seconds.value)"
LEAKING = HONEST.replace(VALUES, "np.full(57_600, tape.seconds.value.sum())")


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit") / "days"
    synthesize(DayStore(folder), 2, 5)
    return folder


@pytest.fixture
def file(tmp_path):
    def write(text: str):
        path = tmp_path / "mine.py"
        path.write_text(text)
        return path

    return write


def test_days_are_audited_and_nothing_moves(lowfloat, days):
    printed = lowfloat("audit", "lookahead", days, "--probes", 6, "--json")
    assert printed.code == 0, printed.err
    found = printed.json
    assert (found["probes"], found["differences"], found["findings"]) == (6, 0, [])
    assert sum(found["by_family"].values()) == 6
    assert found["seconds"] > 0


def test_a_leaking_column_file_is_told_with_its_second(lowfloat, days, file):
    words = ("audit", "lookahead", days, "--column", file(LEAKING), "--probes", 8)
    printed = lowfloat(*words, "--json")
    assert printed.code == 1
    finding = printed.json["findings"][0]
    assert (finding["subject"], finding["column"]) == ("mine.py", "dollars_so_far")
    assert finding["first"] == 1 <= finding["cut"]
    assert finding["before"] != finding["after"]
    text = lowfloat(*words)
    assert text.code == 1
    assert "mine.py.dollars_so_far" in text.out
    assert "04:00:01" in text.out


def test_an_honest_column_file_passes(lowfloat, days, file):
    words = ("audit", "lookahead", days, "--column", file(HONEST), "--probes", 8)
    printed = lowfloat(*words, "--json")
    assert (printed.code, printed.json["differences"]) == (0, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("COLUMNS = ()", "`COLUMNS` was ()"),
        ("columns = 1", "`COLUMNS` was None"),
        (HONEST.replace(VALUES, "np.zeros(5)"), "shape (5,)"),
    ],
)
def test_a_file_without_columns_is_refused(lowfloat, days, file, text, message):
    printed = lowfloat("audit", "lookahead", days, "--column", file(text), "--probes", 2)
    assert printed.code == 1
    assert message in printed.message


def test_columns_and_days_are_chosen_by_name(lowfloat, days):
    printed = lowfloat(
        "audit", "lookahead", days, "--columns", "spread,alert", "--from", "2025-01-03",
        "--symbols", "SYNA", "--probes", 5, "--json",
    )  # fmt: skip
    assert (printed.code, printed.json["days"]) == (0, ["SYNA/2025-01-03"])
    printed = lowfloat("audit", "lookahead", days, "--columns", "spreed")
    assert printed.code == 1
    assert "`spreed` is no column here" in printed.message


@pytest.mark.parametrize("words", [(), ("DAYS", "--synthetic", 2), ("--planted", "--columns", "x")])
def test_what_is_to_be_audited_must_be_said_once(lowfloat, days, words):
    words = [days if word == "DAYS" else word for word in words]
    printed = lowfloat("audit", "lookahead", *words)
    assert printed.code == 1
    assert "ConfigError" in printed.message


def test_planted_leaks_are_counted(lowfloat):
    printed = lowfloat(
        "audit", "lookahead", "--planted", "--synthetic", 1, "--probes", 10, "--json"
    )
    found = printed.json
    assert found["planted"] == len(PLANTED)
    assert found["planted_found"] + len(found["missed"]) == len(PLANTED)
    assert [leak["probes"] for leak in found["leaks"]] == sorted(
        (leak["probes"] for leak in found["leaks"]), reverse=True
    )
    assert (printed.code, found["differences"]) == (int(bool(found["missed"])), 0)
