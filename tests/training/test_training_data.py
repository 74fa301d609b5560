"""What a training takes from the data: training days, and nothing of the days held out."""

import json
from pathlib import Path

import numpy as np
import pytest
from training.small_run import (
    SMALL,
    TRAIN_END,
    cut,
    metrics_of,
    policy_of,
    scan_short_days,
)

import lowfloat
from lowfloat.days import DayStore
from lowfloat.env.starts import load_split
from lowfloat.errors import EmptySplit
from lowfloat.index import Index
from lowfloat.synth import synth_days
from lowfloat.training import Run
from lowfloat.training.log import METRICS


@pytest.fixture(scope="module")
def other_index(small_index, tmp_path_factory) -> Index:
    """The same training days, with other days held out."""
    root = tmp_path_factory.mktemp("other")
    store = DayStore(root / "days")
    for day in small_index.store:
        if day.date.isoformat() <= TRAIN_END:
            store.write(day)
    for day, _ in synth_days(5, seed=99):
        if day.date.isoformat() > TRAIN_END:
            store.write(cut(day))
    return scan_short_days(store, root / "index")


@pytest.fixture(scope="module")
def other_run(other_index, tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("other-run") / "run"
    return lowfloat.train(None, *SMALL, index=other_index.path, run=folder)


def test_the_held_out_days_differ(small_index, other_index):
    def manifests(index: Index) -> list[str]:
        return [day.manifest_id for day in index.days()]

    alike = [a == b for a, b in zip(manifests(small_index), manifests(other_index), strict=True)]
    assert alike == [True, True, True, False, False]
    assert small_index.id != other_index.id


def test_other_held_out_days_leave_the_normaliser_as_it_is(whole_run, other_run):
    texts = [(run.folder / "normaliser.json").read_text() for run in (whole_run, other_run)]
    assert texts[0] == texts[1]


def test_other_held_out_days_leave_the_starts_as_they_are(small_index, other_index):
    starts = [load_split(index, "train")[1] for index in (small_index, other_index)]
    np.testing.assert_array_equal(*starts)
    assert len(starts[0]) > 5


def test_other_held_out_days_leave_the_trained_weights_as_they_are(whole_run, other_run):
    assert policy_of(whole_run.last) == policy_of(other_run.last)
    assert metrics_of(whole_run.folder) == metrics_of(other_run.folder)


def test_other_held_out_days_make_another_fingerprint(whole_run, other_run):
    assert whole_run.fingerprint["id"] != other_run.fingerprint["id"]
    assert whole_run.fingerprint["days"] == other_run.fingerprint["days"]


def test_the_normaliser_is_fitted_on_the_seconds_with_data_of_the_training_days(
    small_index, whole_run
):
    deck, _, _ = load_split(small_index, "train")
    ends = deck.arrays.days["end_second"]
    rows = np.concatenate([t[:end] for t, end in zip(deck.table, ends, strict=True)])
    rows = rows.astype(np.float64)
    fitted = whole_run.normaliser
    np.testing.assert_allclose(fitted.mean, rows.mean(axis=0), rtol=1e-9, atol=1e-9)
    deviation = rows.std(axis=0)
    varies = deviation > 1e-6
    np.testing.assert_allclose(fitted.scale[varies], deviation[varies], rtol=1e-6)
    np.testing.assert_array_equal(fitted.scale[~varies], 1.0)


def test_the_fingerprint_names_configuration_index_days_and_code(small_index, whole_run):
    found = whole_run.fingerprint
    assert found["config"] == lowfloat.load_config(whole_run.config_file).fingerprint
    assert found["index"] == small_index.id
    assert found["days"] == {day.name: day.manifest_id for day in small_index.days(split="train")}
    assert found["code"]["lowfloat"] == lowfloat.__version__


def test_a_symbol_without_training_days_is_refused_and_leaves_no_run(small_index, tmp_path):
    with pytest.raises(EmptySplit, match="leaves no tradable day of NONE; days per split"):
        lowfloat.train(
            None, *SMALL, "training.symbol=NONE", index=small_index.path, run=tmp_path / "run"
        )
    assert not (tmp_path / "run").exists()


def test_every_logged_metric_is_explained_and_every_explained_one_is_logged(whole_run):
    lines = (whole_run.folder / "metrics.jsonl").read_text().splitlines()
    assert set().union(*(json.loads(line) for line in lines)) == set(METRICS)


def test_every_line_of_the_log_is_one_rollout_of_finite_numbers(whole_run):
    lines = metrics_of(whole_run.folder)
    assert [line["num_timesteps"] for line in lines] == [512 * k for k in range(1, 13)]
    assert all(np.isfinite(list(line.values())).all() for line in lines)


def test_the_logged_episodes_have_at_most_the_steps_of_the_run(whole_run):
    lines = metrics_of(whole_run.folder)
    seconds = sum(
        line["rollout/episodes"] * line.get("rollout/seconds_mean", 0.0) for line in lines
    )
    # What is left has begun in one of the 16 environments and not ended within its 20 s.
    assert 12 * 512 - 16 * 20 <= round(seconds) <= 12 * 512


def test_a_tensorboard_file_with_the_same_numbers_is_written(whole_run):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    assert list(Path(whole_run.folder / "tensorboard").glob("events.out.tfevents.*"))
    events = event_accumulator.EventAccumulator(str(whole_run.folder / "tensorboard"))
    events.Reload()
    logged = {line["num_timesteps"]: line["train/loss"] for line in metrics_of(whole_run.folder)}
    shown = {event.step: event.value for event in events.Scalars("train/loss")}
    assert shown == pytest.approx(logged, rel=1e-6)


def test_the_run_folder_holds_what_it_says(whole_run):
    names = {path.name for path in whole_run.folder.iterdir()}
    assert names == {
        "checkpoints", "config.yaml", "fingerprint.json", "metrics.jsonl", "normaliser.json",
        "status.json", "tensorboard",
    }  # fmt: skip
