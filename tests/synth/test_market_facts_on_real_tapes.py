"""The bands against real days in play, which they were declared from.

Days up to 2025-03-28 only: the bands were chosen by them, and no later day had a part in it.
"""

import pytest
from reference.tapes import real_days

from lowfloat.synth.bands import IN_PLAY, judge
from lowfloat.synth.facts import measure
from lowfloat.synth.observed import is_quoted

FIRST, LAST = "2025-02-03", "2025-03-28"

MEASURED = (
    "trade_size_median", "odd_lot_share", "gap_under_1ms_share", "branching_ratio",
    "no_aggressor_share", "sign_acf_1", "sign_acf_100", "spread_regular",
    "effective_half_spread", "response_1s", "response_300s", "return_kurtosis",
    "abs_return_acf_1", "abs_return_acf_300", "variance_ratio_60",
)  # fmt: skip
"""Facts whose bands say that they were measured, apart from those of few pauses."""

OUTCOMES = ("gap_closes_below_open", "early_high_share", "pauses_per_day_median",
            "pauses_per_day_p90")  # fmt: skip
"""Facts that need many stocks."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    days = real_days(tmp_path_factory.mktemp("real"), FIRST, LAST)
    measured = [measure(day) for day in days if is_quoted(day)]
    assert sum(day.outcome.range >= IN_PLAY for day in measured) > 20
    return {fact.name: fact for fact in judge(measured)}


@pytest.mark.parametrize("name", MEASURED)
def test_a_measured_fact_of_real_days_lies_in_its_band(facts, name):
    fact = facts[name]
    assert fact.low <= fact.value <= fact.high


def test_every_other_band_but_those_of_outcomes_holds_the_real_days_too(facts):
    outside = [fact.name for fact in facts.values() if not fact.ok and fact.name not in OUTCOMES]
    assert outside == []
