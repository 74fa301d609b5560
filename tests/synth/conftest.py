"""Synthetic days that several test files look at, made once."""

import pytest

from lowfloat.synth import synth_days


@pytest.fixture(scope="session")
def many_days():
    """Thirty days of three stocks, as ``(day, truth)``."""
    return list(synth_days(10, seed=11, symbols=3))


@pytest.fixture(scope="session")
def days_in_play(many_days):
    """The days on which a move was scripted."""
    return [(day, truth) for day, truth in many_days if (truth["phase"] > 1).any()]


@pytest.fixture(scope="session")
def ordinary_days(many_days):
    """The days on which nothing was scripted."""
    return [(day, truth) for day, truth in many_days if not truth["phase"].any()]
