"""A training that was stopped and resumed is the training that never stopped, to the bit."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from training.small_run import (
    SMALL,
    STEPS,
    metrics_of,
    policy_of,
    scan_short_days,
    tensors_of,
    write_short_days,
)

import lowfloat
from lowfloat.days import DayStore
from lowfloat.errors import CheckpointError, ConfigError, IndexMismatch
from lowfloat.training import Run

LOWFLOAT = [sys.executable, "-c", "from lowfloat.cli import main; main()"]


def interrupt_at(steps: int, times: int = 1) -> Callable[[str, int, int], None]:
    """Return a progress callback that presses Ctrl-C after that many steps."""

    def press(word: str, done: int, total: int) -> None:
        if word == "training" and done == steps:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    return press


@pytest.fixture(scope="module")
def resumed_run(small_index, tmp_path_factory) -> Run:
    """A run interrupted after two rollouts, and resumed."""
    folder = tmp_path_factory.mktemp("resumed") / "run"
    run = lowfloat.train(
        None, *SMALL, index=small_index.path, run=folder, progress=interrupt_at(1024)
    )
    assert run.status == {"state": "interrupted", "num_timesteps": 1024}
    return lowfloat.train(index=small_index.path, run=folder, resume=True)


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(whole_run, resumed_run):
    assert policy_of(resumed_run.last) == policy_of(whole_run.last)


def test_a_resumed_run_ends_in_the_very_state_of_an_uninterrupted_one(whole_run, resumed_run):
    assert tensors_of(resumed_run.last) == tensors_of(whole_run.last)


def test_a_resumed_run_logs_what_an_uninterrupted_one_logs(whole_run, resumed_run):
    assert metrics_of(resumed_run.folder) == metrics_of(whole_run.folder)


def test_a_resumed_run_is_finished_with_its_whole_budget(resumed_run):
    assert resumed_run.status == {"state": "finished", "num_timesteps": STEPS}
    assert resumed_run.last.name == f"{STEPS:012d}"


def test_a_finished_run_that_is_resumed_stays_as_it_is(copied_run, whole_run, small_index):
    lowfloat.train(index=small_index.path, run=copied_run.folder, resume=True)
    assert tensors_of(copied_run.last) == tensors_of(whole_run.last)
    assert metrics_of(copied_run.folder) == metrics_of(whole_run.folder)


def test_a_run_stopped_at_once_goes_on_from_its_last_checkpoint(small_index, whole_run, tmp_path):
    more = (*SMALL, "training.checkpoint_every=2")
    with pytest.raises(KeyboardInterrupt):
        lowfloat.train(
            None, *more, index=small_index.path, run=tmp_path / "run",
            progress=interrupt_at(5 * 512, times=2),
        )  # fmt: skip
    run = Run(tmp_path / "run")
    assert run.status == {"state": "running", "num_timesteps": 4 * 512}
    assert metrics_of(run.folder)[-1]["num_timesteps"] == 5 * 512
    lowfloat.train(index=small_index.path, run=run.folder, resume=True)
    assert policy_of(run.last) == policy_of(whole_run.last)
    assert metrics_of(run.folder) == metrics_of(whole_run.folder)


def test_a_run_stopped_before_its_first_checkpoint_can_be_resumed(small_index, whole_run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        lowfloat.train(
            None, *SMALL, index=small_index.path, run=tmp_path / "run",
            progress=interrupt_at(512, times=2),
        )  # fmt: skip
    run = lowfloat.train(index=small_index.path, run=tmp_path / "run", resume=True)
    assert policy_of(run.last) == policy_of(whole_run.last)
    assert metrics_of(run.folder) == metrics_of(whole_run.folder)


def test_a_run_stopped_before_its_first_checkpoint_says_how_far_it_came(small_index, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        lowfloat.train(
            None, *SMALL, index=small_index.path, run=tmp_path / "run",
            progress=interrupt_at(512, times=2),
        )  # fmt: skip
    assert "running" in repr(Run(tmp_path / "run"))


def test_a_half_written_line_of_the_log_does_not_stop_a_resume(copied_run, small_index, whole_run):
    log = copied_run.folder / "metrics.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    lowfloat.train(index=small_index.path, run=copied_run.folder, resume=True)
    assert metrics_of(copied_run.folder) == metrics_of(whole_run.folder)[:-1]


def test_only_the_newest_checkpoints_are_kept(small_index, tmp_path):
    more = (*SMALL, "training.checkpoint_every=1")
    run = lowfloat.train(None, *more, index=small_index.path, run=tmp_path / "run")
    steps = [int(folder.name) for folder in run.checkpoints]
    assert steps == [STEPS - 1024, STEPS - 512, STEPS]


def test_the_same_seed_gives_the_same_weights_in_another_process(small_index, whole_run, tmp_path):
    subprocess.run(
        [*LOWFLOAT, "train", *SMALL, "--index", small_index.path, "--run", tmp_path / "run"],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        check=True,
    )
    assert tensors_of(Run(tmp_path / "run").last) == tensors_of(whole_run.last)
    assert metrics_of(tmp_path / "run") == metrics_of(whole_run.folder)


def test_another_seed_gives_other_weights(small_index, whole_run, tmp_path):
    other = (*SMALL, "training.seed=2", "training.total_timesteps=512")
    run = lowfloat.train(None, *other, index=small_index.path, run=tmp_path / "run")
    found, usual = policy_of(run.last), policy_of(whole_run.last)
    assert [name for name in found if found[name] == usual[name]] == []


def test_ctrl_c_saves_and_prints_the_command_that_goes_on(small_index, whole_run, tmp_path):
    folder = tmp_path / "a run with [brackets]"
    training = subprocess.Popen(
        [*LOWFLOAT, "train", *SMALL, "--index", small_index.path, "--run", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = folder / "metrics.jsonl"
    while training.poll() is None and not (log.is_file() and log.read_text().count("\n") >= 2):
        time.sleep(0.002)
    training.send_signal(signal.SIGINT)
    printed, complaints = training.communicate(timeout=120)
    assert (training.returncode, complaints.count("Traceback")) == (0, 0)
    status = json.loads((folder / "status.json").read_text())
    assert status["state"] == "interrupted"
    assert 1024 <= status["num_timesteps"] < STEPS

    command = next(line for line in printed.splitlines() if "go on with: " in line)
    words = shlex.split(command.partition("go on with: ")[2])
    assert words[0] == "lowfloat"
    subprocess.run([*LOWFLOAT, *words[1:]], capture_output=True, check=True)
    assert tensors_of(Run(folder).last) == tensors_of(whole_run.last)
    assert metrics_of(folder) == metrics_of(whole_run.folder)


def test_a_run_is_never_overwritten(copied_run, small_index):
    before = tensors_of(copied_run.last)
    with pytest.raises(CheckpointError, match="is a run already; use --resume to go on, or a new"):
        lowfloat.train(None, *SMALL, index=small_index.path, run=copied_run.folder)
    assert tensors_of(copied_run.last) == before


def test_what_is_not_a_run_cannot_be_resumed(small_index, tmp_path):
    with pytest.raises(CheckpointError, match="nowhere is not a run; leave --resume out to begin"):
        lowfloat.train(index=small_index.path, run=tmp_path / "nowhere", resume=True)
    assert list(tmp_path.iterdir()) == []


def test_a_resume_with_other_settings_is_refused(copied_run, small_index):
    with pytest.raises(ConfigError, match="resume"):
        lowfloat.train(
            None, "training.learning_rate=0.1",
            index=small_index.path, run=copied_run.folder, resume=True,
        )  # fmt: skip


def test_a_run_whose_configuration_was_edited_is_not_resumed(copied_run, small_index):
    text = copied_run.config_file.read_text()
    copied_run.config_file.write_text(text.replace("learning_rate: 0.0003", "learning_rate: 0.1"))
    with pytest.raises((ConfigError, CheckpointError), match=r"config\.yaml"):
        lowfloat.train(index=small_index.path, run=copied_run.folder, resume=True)


def test_a_resume_on_other_days_is_refused(copied_run, tmp_path):
    store = write_short_days(DayStore(tmp_path / "days"), sessions=3, seed=8)
    index = scan_short_days(store, tmp_path / "index")
    with pytest.raises(
        IndexMismatch, match=r"was trained on other days than .*SYNA/2025-01-02.*the same data\."
    ):
        lowfloat.train(index=index.path, run=copied_run.folder, resume=True)


def test_a_resume_on_other_reset_points_of_the_same_days_is_refused(
    copied_run, small_index, tmp_path
):
    index = scan_short_days(
        small_index.store, tmp_path / "index", "index.resets.spacing_seconds=30"
    )
    starts = [len(i.resets("SYNA", "2025-01-02")) for i in (index, small_index)]
    assert starts[0] > starts[1]
    with pytest.raises(IndexMismatch):
        lowfloat.train(index=index.path, run=copied_run.folder, resume=True)
