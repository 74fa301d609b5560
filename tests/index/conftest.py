"""A small store and its index, made once."""

from pathlib import Path

import pytest

from lowfloat.days import DayStore
from lowfloat.index import Index, scan
from lowfloat.synth import synthesize


@pytest.fixture(scope="session")
def six_days(tmp_path_factory: pytest.TempPathFactory) -> DayStore:
    """Six synthetic days of one stock."""
    store = DayStore(tmp_path_factory.mktemp("six") / "days")
    synthesize(store, 6, seed=6)
    return store


@pytest.fixture(scope="session")
def six_indexed(six_days: DayStore, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The index of the six days."""
    return scan(six_days, tmp_path_factory.mktemp("six_index"))


@pytest.fixture
def store(tmp_path: Path) -> DayStore:
    """An empty store."""
    return DayStore(tmp_path / "days")
