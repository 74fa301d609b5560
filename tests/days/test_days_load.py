"""Loading a day together with the session before it."""

import datetime as dt
from pathlib import Path

import pytest
from reference.tapes import P, make_day, ns

from lowfloat.days import DayStore


@pytest.fixture
def store(tmp_path: Path) -> DayStore:
    store = DayStore(tmp_path)
    for date in ("2025-03-04", "2025-03-07"):
        store.write(make_day([], trades=[P(ns(9), 4.0)], date=dt.date.fromisoformat(date)))
    return store


def test_a_day_is_loaded_with_the_last_session_before_it_that_has_data(store: DayStore) -> None:
    loaded = store.load_day("HAND", "2025-03-07", include_previous_day=True)
    assert loaded is not None
    assert loaded.day.name == "HAND/2025-03-07"
    assert loaded.previous is not None
    assert loaded.previous.name == "HAND/2025-03-04"


def test_the_first_day_is_loaded_without_one_before_it(store: DayStore) -> None:
    loaded = store.load_day("HAND", "2025-03-04", include_previous_day=True)
    assert loaded is not None
    assert loaded.previous is None


def test_the_session_before_is_left_out_unless_asked_for(store: DayStore) -> None:
    loaded = store.load_day("HAND", "2025-03-07")
    assert loaded is not None
    assert loaded.previous is None


def test_a_day_that_is_not_stored_is_none(store: DayStore) -> None:
    assert store.load_day("HAND", "2025-03-05", include_previous_day=True) is None
