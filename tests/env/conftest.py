"""A deck of two still days by hand, and starts on it."""

import numpy as np
import pytest
from reference.tapes import OPEN, Q, make_day, ns, synthetic_days

from lowfloat.days import DayStore
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.index import Index, scan


@pytest.fixture(scope="session")
def deck() -> Deck:
    """Two days on which the price climbs a cent a second, from 4.00 and from 9.00."""
    days = []
    for symbol, cents in (("LOW", 400), ("HIGH", 900)):
        quotes = [
            Q(ns(OPEN + i), (cents + i) / 100, (cents + i + 2) / 100, 5_000, 5_000)
            for i in range(-60, 800)
        ]
        days.append(make_day(quotes, symbol=symbol, end_second=OPEN + 900))
    return build_deck([(day, None) for day in days])


@pytest.fixture(scope="session")
def starts() -> np.ndarray:
    """Twelve starts, the next reset point ten seconds after each."""
    rows = [(i % 2, OPEN + 7 * i, OPEN + 7 * i + 10) for i in range(12)]
    return np.array(rows, START)


@pytest.fixture(scope="session")
def index(tmp_path_factory) -> Index:
    """An index of a few synthetic days."""
    root = tmp_path_factory.mktemp("synthetic")
    store = DayStore(root / "days")
    for day in synthetic_days():
        store.write(day)
    return scan(store, root / "index")


@pytest.fixture
def make_env(deck, starts):
    """Return a function that makes a vector environment of short episodes."""

    def make(num_envs: int = 4, **kwargs) -> SqueezeVectorEnv:
        kwargs.setdefault("config", {"episode": {"min_seconds": 5, "transition_gap_seconds": 2}})
        return SqueezeVectorEnv(num_envs, deck=deck, starts=starts, **kwargs)

    return make
