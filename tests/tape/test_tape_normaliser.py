"""The normaliser: the mean and the deviation of the training days, and no blow-up."""

import json

import numpy as np
import pytest

from lowfloat.errors import CheckpointError
from lowfloat.tape.columns import NAMES
from lowfloat.tape.normaliser import LIMIT, Normaliser

WIDTH = len(NAMES)


def random_tables(days: int = 3, rows: int = 500) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    scale = 10.0 ** rng.uniform(-3, 1, WIDTH)
    shift = rng.uniform(-5, 5, WIDTH)
    return [
        (shift + scale * rng.standard_normal((rows, WIDTH))).astype(np.float32) for _ in range(days)
    ]


def test_the_fit_is_the_mean_and_the_deviation_of_all_days_together() -> None:
    tables = random_tables()
    fitted = Normaliser.fit(iter(tables))
    together = np.concatenate(tables).astype(np.float64)
    assert fitted.mean == pytest.approx(together.mean(axis=0), rel=1e-9)
    assert fitted.scale == pytest.approx(together.std(axis=0), rel=1e-6)


def test_days_weigh_by_their_seconds() -> None:
    long, short = np.zeros((300, WIDTH), np.float32), np.ones((100, WIDTH), np.float32)
    fitted = Normaliser.fit([long, short])
    assert fitted.mean.tolist() == [0.25] * WIDTH
    assert fitted.scale == pytest.approx(np.sqrt(0.25 * 0.75))


def test_a_normalised_training_day_has_mean_0_and_deviation_1() -> None:
    (table,) = random_tables(1, 5000)
    Normaliser.fit([table]).apply(table)
    assert table.dtype == np.float32
    assert table.mean(axis=0, dtype=np.float64) == pytest.approx(np.zeros(WIDTH), abs=2e-3)
    assert table.std(axis=0, dtype=np.float64) == pytest.approx(np.ones(WIDTH), rel=2e-3)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 0.7, 19.99])
def test_a_column_that_never_varies_keeps_scale_1(value: float) -> None:
    day = np.full((57_601, WIDTH), value, np.float32)
    fitted = Normaliser.fit([day] * 4)
    assert fitted.scale.tolist() == [1.0] * WIDTH
    row = day[:1].copy()
    fitted.apply(row)
    assert row == pytest.approx(np.zeros((1, WIDTH)), abs=1e-6)


def test_no_normalised_value_is_beyond_the_limit() -> None:
    table = np.array([[-1e6] * WIDTH, [1e6] * WIDTH], np.float32)
    Normaliser(np.zeros(WIDTH), np.ones(WIDTH)).apply(table)
    assert table.tolist() == [[-LIMIT] * WIDTH, [LIMIT] * WIDTH]


def test_a_normaliser_survives_json_to_the_last_bit() -> None:
    fitted = Normaliser.fit(random_tables())
    again = Normaliser.from_dict(json.loads(json.dumps(fitted.as_dict())))
    assert again.mean.tolist() == fitted.mean.tolist()
    assert again.scale.tolist() == fitted.scale.tolist()


def test_a_normaliser_of_other_columns_is_refused_with_their_names() -> None:
    data = Normaliser.fit(random_tables()).as_dict()
    data["columns"] = ["old_column", *data["columns"][1:]]
    with pytest.raises(CheckpointError, match=r"other tape columns; they differ in .*old_column"):
        Normaliser.from_dict(data)


def test_a_normaliser_of_the_same_columns_in_another_order_is_refused() -> None:
    data = Normaliser.fit(random_tables()).as_dict()
    data["columns"] = data["columns"][::-1]
    with pytest.raises(CheckpointError, match="they differ in their order"):
        Normaliser.from_dict(data)


@pytest.mark.parametrize(
    ("name", "bad"), [("mean", np.nan), ("mean", np.inf), ("scale", 0.0), ("scale", -1.0)]
)
def test_a_normaliser_that_would_break_the_observation_is_refused(name: str, bad: float) -> None:
    data = Normaliser.fit(random_tables()).as_dict()
    data[name][3] = bad
    with pytest.raises(CheckpointError, match="not finite or not > 0"):
        Normaliser.from_dict(data)


@pytest.mark.parametrize("name", ["mean", "scale"])
def test_a_normaliser_that_lost_a_number_is_refused(name: str) -> None:
    data = Normaliser.fit(random_tables()).as_dict()
    data[name].pop()
    with pytest.raises(CheckpointError):
        Normaliser.from_dict(data)
