"""A checkpoint is taken over whole and unaltered, or not at all; and it is data, never code."""

import json
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from training.small_run import rewrite_tensors, sign

import lowfloat
from lowfloat.env.observation import NUM_POSITION_COLUMNS
from lowfloat.env.vector import action_space, observation_space
from lowfloat.errors import CheckpointError
from lowfloat.training import Run
from lowfloat.training.checkpoint import load_policy, read_checkpoint
from lowfloat.training.trainer import make_policy
from lowfloat.verbs import load_agent

Tensors = dict[str, np.ndarray]
BIAS = "policy.action_net.bias"


def load(run: Run, *overrides: str) -> None:
    """Open the agent of a run as an exam does."""
    load_agent(run, run.last, lowfloat.load_config(run.config_file, *overrides))


def damage(run: Run, change: Callable[[Tensors], None]) -> None:
    """Change tensors of the newest checkpoint and give it a fitting hash."""
    tensors = {k: v.copy() for k, v in load_file(run.last / "tensors.safetensors").items()}
    change(tensors)
    rewrite_tensors(run.last, tensors)


def test_an_untouched_checkpoint_is_taken_over(copied_run):
    load(copied_run)


def test_tensors_written_again_with_their_hash_are_taken_over(copied_run):
    damage(copied_run, lambda tensors: None)
    load(copied_run)


@pytest.mark.parametrize("where", [0, 100, -1])
def test_one_altered_bit_of_the_tensors_is_refused(copied_run, where):
    path = copied_run.last / "tensors.safetensors"
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        CheckpointError, match=r"SHA-256 was [0-9a-f]{64}; .* says .*altered; use another checkpoi"
    ):
        load(copied_run)


def test_a_truncated_tensors_file_is_refused(copied_run):
    path = copied_run.last / "tensors.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="The file was altered"):
        load(copied_run)


@pytest.mark.parametrize("name", ["checkpoint.json", "tensors.safetensors"])
def test_a_checkpoint_that_lacks_a_file_is_refused(copied_run, name):
    folder = copied_run.last
    (folder / name).unlink()
    with pytest.raises(
        CheckpointError, match=r"is not a checkpoint; it needs checkpoint\.json and tensors\.safet"
    ):
        read_checkpoint(folder)


def test_another_schema_version_is_refused(copied_run):
    sign(copied_run.last, schema_version=99)
    with pytest.raises(CheckpointError, match="`schema_version` was 99; use 1"):
        load(copied_run)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": 1}'])
def test_a_damaged_description_is_refused(copied_run, text):
    (copied_run.last / "checkpoint.json").write_text(text)
    with pytest.raises(CheckpointError, match=re.escape(copied_run.last.name)):
        read_checkpoint(copied_run.last)


def test_counters_altered_by_hand_are_refused(copied_run):
    path = copied_run.last / "checkpoint.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps(about | {"num_timesteps": 5}))
    with pytest.raises(CheckpointError, match="altered"):
        read_checkpoint(copied_run.last)


def test_tensors_that_are_no_safetensors_are_refused(copied_run):
    (copied_run.last / "tensors.safetensors").write_bytes(b"no tensors at all")
    sign(copied_run.last)
    with pytest.raises(CheckpointError, match=re.escape(copied_run.last.name)):
        load(copied_run)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop(BIAS), r"the network differs in \['action_net\.bias'\]; use the run's"),
        (
            lambda t: t.update({"policy.extra": np.zeros(1, np.float32)}),
            r"the network differs in \['extra'\]",
        ),
        (
            lambda t: t.update({BIAS: t[BIAS][:-1].copy()}),
            r"`action_net\.bias` was float32 of shape \(8,\); use float32 of shape \(9,\)",
        ),
        (
            lambda t: t.update({BIAS: t[BIAS].astype(np.float64)}),
            r"`action_net\.bias` was float64 of shape \(9,\); use float32",
        ),
        (lambda t: t[BIAS].__setitem__(3, np.nan), r"`action_net\.bias` holds a number that is no"),
        (lambda t: t[BIAS].__setitem__(3, np.inf), r"`action_net\.bias` holds a number that is no"),
    ],
    ids=["missing", "unknown", "shape", "type", "nan", "infinity"],
)
def test_a_policy_that_does_not_fit_is_refused(copied_run, change, message):
    damage(copied_run, change)
    with pytest.raises(CheckpointError, match=message):
        load(copied_run)


def test_a_policy_that_was_refused_has_changed_nothing(copied_run):
    columns = len(copied_run.normaliser.mean) + NUM_POSITION_COLUMNS
    experiment = lowfloat.load_config(copied_run.config_file)
    policy = make_policy(observation_space(columns, True), action_space(), experiment.training)
    before = {name: value.clone() for name, value in policy.state_dict().items()}
    damage(copied_run, lambda t: t[BIAS].__setitem__(3, np.nan))
    with pytest.raises(CheckpointError):
        load_policy(policy, read_checkpoint(copied_run.last)[1], copied_run.last)
    assert all((value == before[name]).all() for name, value in policy.state_dict().items())


def test_a_network_of_other_sizes_is_refused(copied_run):
    with pytest.raises(CheckpointError, match=r"use float32 of shape \(8, \d+\)|network differs"):
        load(copied_run, "training.hidden_sizes=[8]")


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.pop("random.torch"),
        lambda t: t.pop("env.state"),
        lambda t: t.pop("adam.exp_avg.action_net.bias"),
        lambda t: t.update({"adam.exp_avg.action_net.bias": np.zeros(3, np.float32)}),
        lambda t: t["adam.exp_avg.action_net.bias"].__setitem__(0, np.nan),
        lambda t: t["last_observation"].__setitem__((0, 0), np.nan),
        lambda t: t.update({"last_observation": t["last_observation"][:, 1:].copy()}),
    ],
    ids=[
        "no random state", "no environments", "no momentum", "momentum of another shape",
        "momentum that is not finite", "observation that is not finite",
        "observation of another width",
    ],
)  # fmt: skip
def test_a_resume_from_a_state_that_does_not_fit_is_refused(copied_run, small_index, change):
    damage(copied_run, change)
    with pytest.raises(CheckpointError):
        lowfloat.train(index=small_index.path, run=copied_run.folder, resume=True)


def test_a_resume_with_another_number_of_environments_is_refused(copied_run, small_index):
    damage(copied_run, lambda t: t.update({"env.state": t["env.state"][:8].copy()}))
    with pytest.raises(CheckpointError, match=r"was of shape \(8, \d+\); use \(16, \d+\)"):
        lowfloat.train(index=small_index.path, run=copied_run.folder, resume=True)


def test_a_run_whose_checkpoints_are_gone_has_no_last_one(copied_run):
    shutil.rmtree(copied_run.folder / "checkpoints")
    with pytest.raises(CheckpointError, match="has no checkpoint yet; let it train longer"):
        _ = copied_run.last


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"is not a run: it has no fingerprint\.json"):
        Run(tmp_path)


def test_a_normaliser_with_a_number_that_is_not_finite_is_refused(copied_run):
    path = copied_run.folder / "normaliser.json"
    data = json.loads(path.read_text())
    data["scale"][0] = 0.0
    path.write_text(json.dumps(data))
    with pytest.raises(CheckpointError, match="not finite or not > 0"):
        load(copied_run)


def test_a_normaliser_of_other_columns_is_refused(copied_run):
    path = copied_run.folder / "normaliser.json"
    data = json.loads(path.read_text())
    data["columns"][0] = "magic"
    path.write_text(json.dumps(data))
    with pytest.raises(CheckpointError, match=r"other tape columns; they differ in \['magic'"):
        load(copied_run)


def test_a_write_leaves_nothing_but_checkpoints(whole_run):
    names = [path.name for path in (whole_run.folder / "checkpoints").iterdir()]
    assert sorted(names) == [folder.name for folder in whole_run.checkpoints]


WATCH = """
import pickle, sys
from pathlib import Path
import lowfloat
from lowfloat.errors import CheckpointError
from lowfloat.training import Run
from lowfloat.verbs import load_agent

folder, control = Path(sys.argv[1]), Path(sys.argv[2])
run = Run(folder)
experiment = lowfloat.load_config(run.config_file)
load_agent(run, run.last, experiment)  # all imports are done before the watch begins
seen = []
FORBIDDEN = ("pickle.", "marshal.", "subprocess.", "socket.", "os.system", "os.exec", "os.fork",
             "os.posix_spawn", "os.spawn", "ctypes.", "exec", "compile")
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith(FORBIDDEN) else None)
try:
    load_agent(run, run.last, experiment)
except CheckpointError:
    print("refused")
print("seen", sorted(set(seen)))
pickle.loads(control.read_bytes())
print("control", "pickle.find_class" in seen)
"""


def watched(run: Run, tmp_path: Path) -> list[str]:
    control = tmp_path / "control.pickle"
    control.write_bytes(pickle.dumps(Path("x")))
    result = subprocess.run(
        [sys.executable, "-c", WATCH, run.folder, control],
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.splitlines()


def test_reading_a_checkpoint_executes_nothing(copied_run, tmp_path):
    assert watched(copied_run, tmp_path) == ["seen []", "control True"]


def test_a_file_that_would_run_code_when_unpickled_is_refused_unread(copied_run, tmp_path):
    class Hostile:
        def __reduce__(self):
            return Path.touch, (tmp_path / "called",)

    (copied_run.last / "tensors.safetensors").write_bytes(pickle.dumps(Hostile()))
    sign(copied_run.last)
    with pytest.raises(CheckpointError):
        load(copied_run)
    assert not (tmp_path / "called").exists()
