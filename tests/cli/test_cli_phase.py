"""`lowfloat phase fit` fits to labels of hindsight, and `phase show` reads what it wrote."""

import shutil
from pathlib import Path

import pytest

from lowfloat.days import DayStore
from lowfloat.synth.generate import synthesize
from lowfloat.tape.phase_model import LABELS, load_model


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phase") / "days"
    synthesize(DayStore(folder), 4, 31)
    return folder


def test_a_fit_is_written_and_shown_and_the_same_from_two_workers(
    store: Path, lowfloat, tmp_path: Path
) -> None:
    file = tmp_path / "model.json"
    fitted = lowfloat("phase", "fit", str(store), "--into", str(file), "--json")
    assert fitted.code == 0, fitted.err
    assert fitted.json["labels"] == "hindsight"
    manifests = [DayStore(store).manifest(*key)["id"] for key in DayStore(store).days()]
    assert [manifest for _, manifest in load_model(file).days] == manifests
    shown = lowfloat("phase", "show", str(file), "--json").json
    assert [row["phase"] for row in shown["phases"]] == list(LABELS)
    assert lowfloat("phase", "show", str(file)).out.count("\n") > len(LABELS)
    # The same bytes, whoever labels the days and wherever they lie.
    apart, url = tmp_path / "apart.json", f"file://{store}"
    assert lowfloat("phase", "fit", url, "--into", str(apart), "--workers", "2").code == 0
    assert apart.read_bytes() == file.read_bytes()
    shutil.rmtree(DayStore(url).root)  # the copies


def test_a_day_that_cannot_be_read_ends_a_fit_with_its_error(
    store: Path, lowfloat, tmp_path: Path
) -> None:
    shutil.copytree(store, tmp_path / "days")
    (file,) = list((tmp_path / "days").glob("*/*/quotes.arrow"))[2:3]
    file.write_bytes(file.read_bytes()[:-1])
    for workers in "1", "2":
        words = ("--into", str(tmp_path / "model.json"), "--workers", workers)
        printed = lowfloat("phase", "fit", str(tmp_path / "days"), *words)
        assert printed.code == 1
        assert f"DayCorrupt: {file}: SHA-256 was" in printed.message
    assert not (tmp_path / "model.json").exists()


def test_days_beyond_the_last_date_are_left_out(store: Path, lowfloat, tmp_path: Path) -> None:
    last = DayStore(store).days()[-2][1].isoformat()
    words = ("phase", "fit", str(store), "--into", str(tmp_path / "m.json"), "--to", last)
    printed = lowfloat(*words)
    assert printed.code == 1
    assert "3 days were given" in printed.err


def test_a_file_that_is_no_model_is_one_message(lowfloat, tmp_path: Path) -> None:
    printed = lowfloat("phase", "show", str(tmp_path / "none.json"))
    assert printed.code == 1
    assert printed.err.startswith("PhaseModelError: ")
