"""Synthetic days that several test files look at, made once."""

import pytest
from synth.driven import DATE

from lowfloat.base.codes import Scenario
from lowfloat.synth import synth_days
from lowfloat.synth.character import Stock
from lowfloat.synth.day import Yesterday, make_day
from lowfloat.synth.options import Options


@pytest.fixture(scope="session")
def many_days():
    """Twenty-four days of three stocks, as ``(day, truth)``."""
    return list(synth_days(8, seed=11, symbols=3))


@pytest.fixture(scope="session")
def null_days():
    """Eighty days of eight stocks in a market without an edge."""
    return list(synth_days(10, seed=12, symbols=8, options=Options(edge=0.0)))


@pytest.fixture(scope="session")
def cheap_days():
    """Days of stocks that trade below a dollar, or around it."""
    days = []
    for number, dollars in enumerate((0.2, 0.7, 0.95, 1.05)):
        made = make_day(
            (1, number, 0),
            "CHEAP",
            DATE,
            Stock(dollars, 5e6, 0.1),
            (Scenario.SQUEEZE_CONTINUATION,),
            [],
            Yesterday(round(dollars * 10_000), is_restricted=False),
            Options(),
        )
        days.append((made.day, made.truth))
    return days


@pytest.fixture(scope="session")
def all_days(many_days, null_days, cheap_days):
    return many_days + null_days[:8] + cheap_days


@pytest.fixture(scope="session")
def days_in_play(many_days):
    """The days on which a move was scripted."""
    return [(day, truth) for day, truth in many_days if (truth["scenario"] >= 2).any()]


@pytest.fixture(scope="session")
def ordinary_days(many_days):
    """The days on which nothing much was scripted."""
    return [(day, truth) for day, truth in many_days if not (truth["scenario"] >= 2).any()]
