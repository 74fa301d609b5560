"""What the command line says to a person: help, tables, and one message per error."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from training.small_run import SMALL, scan_short_days, write_short_days

import lowfloat as package
from lowfloat.days import DayStore

VERBS = ("ingest", "synth", "scan", "train", "examine", "report")
COMMANDS = ("synth", "ingest", "scan", "train", "examine", "report", "demo", "days", "config")


def test_help_lists_every_command(lowfloat):
    printed = lowfloat("--help")
    assert printed.code == 0
    for command in COMMANDS:
        assert f" {command} " in printed.out


@pytest.mark.parametrize(
    "words",
    [
        ("synth",), ("ingest", "databento"), ("scan",), ("train",), ("examine",), ("report",),
        ("demo",), ("days", "list"), ("days", "verify"), ("days", "drop"), ("config", "show"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_has_help(lowfloat, words):
    printed = lowfloat(*words, "--help")
    assert printed.code == 0
    assert f"lowfloat {' '.join(words)}" in printed.out


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> dict[str, Path]:
    """A store, its index, and a run that never sat an exam."""
    root = tmp_path_factory.mktemp("places")
    store = write_short_days(DayStore(root / "days"), sessions=4)
    scan_short_days(store, root / "index")
    more = (*SMALL, "training.total_timesteps=512")
    package.train(None, *more, index=root / "index", run=root / "run")
    return {name: root / name for name in ("days", "index", "run")}


def test_tables_name_their_days(lowfloat, places, tmp_path):
    days = places["days"]
    names = [f"{symbol}/{date}" for symbol, date in DayStore(days).days()]
    for words in (("days", "list", days), ("scan", days, "--into", tmp_path / "index")):
        printed = lowfloat(*words)
        assert printed.code == 0
        assert [name for name in names if name not in printed.out] == []


def test_days_verify_says_how_many_are_sound(lowfloat, places):
    assert "4 of 4 days are sound" in lowfloat("days", "verify", places["days"]).out


def test_a_day_can_be_dropped(lowfloat, tmp_path):
    lowfloat("synth", "--days", 1, "--into", tmp_path / "days")
    ((symbol, date),) = DayStore(tmp_path / "days").days()
    printed = lowfloat("days", "drop", tmp_path / "days", f"{symbol}/{date}")
    assert (printed.code, printed.out) == (0, f"dropped {symbol}/{date}\n")
    assert len(DayStore(tmp_path / "days")) == 0


ERRORS = [
    (("scan", "{tmp}/none", "--into", "{tmp}/i"), "DayNotFound", "holds no days; ingest or"),
    (("scan", "{days}", "{tmp}/no.yaml", "--into", "{tmp}/i"), "ConfigError", "does not exist"),
    (("scan", "{days}", "index.zzz=1", "--into", "{tmp}/i"), "ConfigError", "`index.zzz` is not a"),
    (("train", "--run", "{tmp}/run"), "ConfigError", "`--index` is missing; use the folder"),
    (("train", "--index", "{tmp}", "--run", "{tmp}/r"), "IndexMismatch", "is not an index"),
    (("train", "--index", "{index}", "--run", "{run}"), "CheckpointError", "is a run already"),
    (
        ("train", "--index", "{index}", "--run", "{tmp}/r", "--resume"),
        "CheckpointError",
        "is not a run; leave --resume out",
    ),
    (
        ("train", "training.sed=1", "--index", "{index}", "--run", "{tmp}/r"),
        "ConfigError",
        "Did you mean `seed`?",
    ),
    (
        ("train", "training.symbol=NONE", "--index", "{index}", "--run", "{tmp}/r"),
        "EmptySplit",
        "leaves no tradable day of NONE",
    ),
    (("examine", "{tmp}"), "CheckpointError", "is not a run"),
    (("examine", "{run}", "--split", "test"), "EmptySplit", "`split` was 'test'; use one of"),
    (("examine", "{run}", "--checkpoint", "{tmp}"), "CheckpointError", "is not a checkpoint"),
    (("examine", "{run}", "exam.start=noon"), "ConfigError", "`exam.start` was 'noon'"),
    (("report", "{tmp}"), "CheckpointError", "is not a run"),
    (("report", "{run}", "--split", "train"), "ExamError", "exam.json was not found; use a"),
    (("config", "show", "training.seed"), "ConfigError", "does not exist"),
    (("config", "show", "a=1"), "ConfigError", "`a` is not a configuration key"),
    (("days", "drop", "{days}", "SYNA/1999-01-04"), "DayNotFound", "no day SYNA 1999-01-04"),
    (("days", "drop", "{days}", "SYNA"), "", "SYNA"),
    (("days", "drop", "{days}", "SYNA/soon"), "", "soon"),
    (("days", "drop", "{days}", "../x/2025-01-02"), "", "SYMBOL/YYYY-MM-DD|`symbol` was"),
    (("days", "verify", "{tmp}/none"), "", "none"),
    (("days", "list", "{tmp}/none"), "", "none"),
    (("synth", "--days", "1", "--into", "{tmp}/d", "--seed", "-1"), "ConfigError", "`seed` was -1"),
    (
        ("synth", "--days", "1", "--into", "{days}", "--seed", "77"),
        "DayExists",
        "never overwritten",
    ),
    (("ingest", "databento", "{tmp}/no.dbn", "--into", "{tmp}/d"), "", r"no\.dbn"),
]


@pytest.mark.parametrize(
    ("words", "error", "message"), ERRORS, ids=[" ".join(words) for words, _, _ in ERRORS]
)
def test_an_error_is_one_message_and_exit_code_1(lowfloat, places, tmp_path, words, error, message):
    printed = lowfloat(*(word.format(**places, tmp=tmp_path) for word in words))
    assert printed.code == 1
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert printed.message.startswith(f"{error}: " if error else "")
    assert re.search(re.escape(message) if error else message, printed.message)


@pytest.mark.parametrize(
    "words", [("sing",), ("synth",), ("synth", "--days", "0", "--into", "x"), ("train", "--fast")]
)
def test_a_command_that_cannot_be_meant_is_a_usage_error(lowfloat, words):
    printed = lowfloat(*words)
    assert (printed.code, printed.out) == (2, "")
    assert printed.err.startswith("Usage: ")
    assert "Traceback" not in printed.err


def in_python(script: str, *arguments: object) -> str:
    """Return what a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, lowfloat\n{script}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_package_loads_no_learner_and_no_compiler():
    heavy = ["torch", "numba", "pyarrow", "pydantic", "stable_baselines3", "rich"]
    assert in_python(f"print([name for name in {heavy} if name in sys.modules])") == "[]\n"


def test_the_verbs_are_functions_of_the_package():
    script = "print(*[callable(getattr(lowfloat, verb)) for verb in sys.argv[1:]])"
    assert in_python(script, *VERBS) == "True True True True True True\n"
    assert set(in_python("print(*dir(lowfloat))").split()) > set(VERBS)
    with pytest.raises(AttributeError, match="has no attribute `replai`"):
        package.__getattr__("replai")


def test_a_verb_can_be_used_twice(tmp_path):
    script = "for seed in (1, 2): print(lowfloat.synth(f'{sys.argv[1]}/{seed}', 1, seed))"
    assert in_python(script, tmp_path).count("1 days)") == 2


def test_a_verb_stays_one_when_its_stage_is_imported():
    script = "import lowfloat.ingest, lowfloat.report, lowfloat.synth\n"
    script += "print(*[callable(getattr(lowfloat, verb)) for verb in sys.argv[1:]])"
    assert in_python(script, *VERBS) == "True True True True True True\n"
