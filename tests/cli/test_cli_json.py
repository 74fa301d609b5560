"""Each command with ``--json`` prints exactly one JSON value to standard output."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ingest.dbn_files import write_day
from ingest.vendor_files import folder

from lowfloat.days import DayStore
from lowfloat.exam.result import Exam
from lowfloat.index import Index
from lowfloat.training import Run

SMALL = (
    "training.num_envs=8",
    "training.num_steps=16",
    "training.minibatch_size=64",
    "training.total_timesteps=256",
    "training.threads=1",
)


def test_demo_prints_its_report_its_seconds_and_its_figures(demo):
    assert demo.printed.code == 0, demo.printed.err
    found = demo.printed.json
    assert set(found) == {"report", "seconds", "policies"}
    assert list(found["seconds"]) == ["synth", "scan", "train", "examine", "report"]
    assert [policy["name"] for policy in found["policies"]][:2] == ["agent", "do_nothing"]
    assert "<html" in Path(found["report"]).read_text()


def test_demo_leaves_a_finished_run_and_its_exam(demo):
    run = Run(demo.run)
    assert run.status["state"] == "finished"
    assert Exam.open(demo.run / "exam-exam").figures["policies"] == demo.printed.json["policies"]


def test_synth_prints_the_days_of_the_store(lowfloat, tmp_path):
    printed = lowfloat("synth", "--days", 2, "--into", tmp_path / "days", "--seed", 5, "--json")
    assert printed.code == 0
    store = DayStore(tmp_path / "days")
    assert [(row["symbol"], row["date"]) for row in printed.json] == [
        (symbol, date.isoformat()) for symbol, date in store.days()
    ]
    assert len(store) == 2
    assert all(row["trades"] > 0 and row["quotes"] > 0 for row in printed.json)


def test_days_list_prints_what_synth_printed(lowfloat, demo):
    printed = lowfloat("days", "list", demo.days, "--json")
    assert [row["manifest_id"] for row in printed.json] == [
        day.manifest_id for day in DayStore(demo.days)
    ]


def test_days_verify_counts_sound_days(lowfloat, demo):
    printed = lowfloat("days", "verify", demo.days, "--json")
    sound = {"days": len(DayStore(demo.days)), "reference_files": 0, "corrupt": {}}
    assert (printed.code, printed.json) == (0, sound)


def test_days_verify_names_an_altered_day_and_fails(lowfloat, demo, tmp_path):
    shutil.copytree(demo.days, tmp_path / "days")
    symbol, date = DayStore(tmp_path / "days").days()[2]
    path = tmp_path / "days" / symbol / date.isoformat() / "quotes.arrow"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    printed = lowfloat("days", "verify", tmp_path / "days", "--json")
    assert printed.code == 1
    assert list(printed.json["corrupt"]) == [f"{symbol}/{date}"]
    assert "quotes.arrow: SHA-256 was" in printed.json["corrupt"][f"{symbol}/{date}"]


def test_scan_prints_the_index(lowfloat, demo, tmp_path):
    printed = lowfloat("scan", demo.days, "--into", tmp_path / "index", "--json")
    index = Index(tmp_path / "index")
    assert printed.code == 0
    assert printed.json["id"] == index.id
    assert [day["split"] for day in printed.json["days"]] == [day.split for day in index.days()]
    assert printed.json["days"][0]["date"] == index.days()[0].date.isoformat()


def test_index_show_prints_the_quality_of_the_points_and_writes_a_page(lowfloat, demo, tmp_path):
    page = tmp_path / "index.html"
    printed = lowfloat("index", "show", demo.index, "--html", page, "--limit", 3, "--json")
    assert printed.code == 0
    index = Index(demo.index)
    assert (printed.json["id"], printed.json["html"]) == (index.id, str(page))
    resets = sum(day.resets for day in index.days())
    assert printed.json["resets"] == resets
    for groups in printed.json["quality"].values():
        assert sum(group["points"] for group in groups.values()) == resets
    assert printed.json["top_days"][0]["quality_score"] == max(
        day.quality_score for day in index.days()
    )
    assert page.read_text().count('class="chart"') == 6
    text = lowfloat("index", "show", demo.index)
    assert text.code == 0
    assert all(name in text.out for name in printed.json["quality"]["category"])


def test_scan_takes_a_file_and_overrides(lowfloat, demo, tmp_path):
    path = tmp_path / "experiment.yaml"
    path.write_text("index:\n  splits:\n    embargo_sessions: 0\n")
    override = "index.resets.spacing_seconds=60"
    printed = lowfloat("scan", demo.days, path, override, "--into", tmp_path / "index", "--json")
    assert printed.code == 0
    config = Index(tmp_path / "index").about["config"]
    assert config["splits"]["embargo_sessions"] == 0
    assert config["resets"]["spacing_seconds"] == 60


def test_train_prints_its_run_and_state(lowfloat, demo, tmp_path):
    folder = tmp_path / "run"
    printed = lowfloat("train", *SMALL, "--index", demo.index, "--run", folder, "--json")
    assert printed.code == 0
    assert printed.json == {
        "run": str(folder),
        "fingerprint": Run(folder).fingerprint["id"],
        "state": "finished",
        "num_timesteps": 256,
    }


def test_examine_prints_the_exam_that_it_wrote(lowfloat, short_run):
    printed = lowfloat("examine", short_run.folder, "--split", "valid", "--json")
    assert printed.code == 0
    assert printed.json == json.loads((short_run.folder / "exam-valid" / "exam.json").read_text())


def test_report_prints_the_path_of_its_file(lowfloat, demo, tmp_path):
    out = tmp_path / "report.html"
    printed = lowfloat("report", demo.run, "--split", "exam", "--out", out, "--json")
    assert (printed.code, printed.json) == (0, {"report": str(out)})
    assert "<html" in out.read_text()


def test_report_without_json_prints_its_path_unbroken(lowfloat, demo, tmp_path):
    out = tmp_path / ("[bold] a long name " * 5) / "report.html"
    out.parent.mkdir()
    printed = lowfloat("report", demo.run, "--split", "exam", "--out", out)
    assert printed.out == f"report: {out}\n"


def test_ingest_prints_what_became_of_each_file(lowfloat, tmp_path):
    write_day(tmp_path / "raw", "2025-03-04")
    printed = lowfloat(
        "ingest", "databento", tmp_path / "raw", "--into", tmp_path / "days", "--json"
    )
    assert printed.code == 0
    assert isinstance(printed.json, dict)
    assert len(DayStore(tmp_path / "days")) == 1


def test_ingest_of_real_tapes_prints_their_days(lowfloat, tmp_path):
    printed = lowfloat("ingest", "databento", folder("mlgo"), "--into", tmp_path, "--json")
    assert printed.code == 0
    stored = [f"{symbol}/{date}" for symbol, date in DayStore(tmp_path).days()]
    assert printed.json["written"] == stored
    assert len(stored) > 40


def test_ingest_with_a_damaged_file_prints_json_and_fails(lowfloat, tmp_path):
    write_day(tmp_path / "raw", "2025-03-04")
    (tmp_path / "raw" / "2025-03-05.trades.dbn").write_bytes(b"DBN\x03 and nothing that follows")
    printed = lowfloat(
        "ingest", "databento", tmp_path / "raw", "--into", tmp_path / "days", "--json"
    )
    assert printed.code == 1
    assert "2025-03-05.trades.dbn" in json.dumps(printed.json)
    assert len(DayStore(tmp_path / "days")) == 1


@pytest.mark.parametrize("words", [(), ("training.seed=5",)])
def test_config_show_prints_the_tree(lowfloat, words):
    printed = lowfloat("config", "show", *words, "--json")
    assert printed.code == 0
    assert set(printed.json) == {"fingerprint", "index", "env", "training", "exam"}


def test_the_verbs_run_the_product_from_python(demo, tmp_path):
    script = """
import sys, lowfloat
days, index, report, run = sys.argv[1:]
print(lowfloat.scan(days, index))
print(lowfloat.report(run, "exam", out=report))
"""
    places = [demo.days, tmp_path / "index", tmp_path / "report.html", demo.run]
    done = subprocess.run(
        [sys.executable, "-c", script, *places], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    shown, report = done.stdout.splitlines()
    assert shown.startswith(f"Index('{tmp_path / 'index'}', {len(DayStore(demo.days))} days")
    assert report == str(tmp_path / "report.html")
    assert (tmp_path / "report.html").is_file()
