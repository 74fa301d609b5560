"""Days that all contracts are checked on."""

import random

import numpy as np
import pytest
from reference.tapes import nasty_day, synthetic_days

from lowfloat.days import DayStore
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.records import START
from lowfloat.index import Index, scan


@pytest.fixture(scope="session")
def index(tmp_path_factory) -> Index:
    """An index of a few synthetic days."""
    root = tmp_path_factory.mktemp("synthetic")
    store = DayStore(root / "days")
    for day in synthetic_days():
        store.write(day)
    return scan(store, root / "index")


@pytest.fixture(scope="session")
def deck() -> Deck:
    """Synthetic days and nasty ones."""
    days = (*synthetic_days()[:2], *(nasty_day(seed) for seed in range(4)))
    return build_deck([(day, None) for day in days])


@pytest.fixture(scope="session")
def starts(deck) -> np.ndarray:
    """Starts near the last book states of each day, so that most episodes end soon."""
    rng = random.Random(8)
    rows = []
    for _ in range(96):
        day = rng.randrange(len(deck.names))
        constants = deck.arrays.days[day]
        row = rng.randrange(constants["first_quote"], constants["last_quote"])
        second = (deck.arrays.quotes["ts"][row] - constants["start_ns"]) // 10**9 + 1
        second = int(min(second, constants["end_second"] - 1))
        rows.append((day, second, second + rng.choice([40, 150, 10**6])))
    return np.array(rows, START)
