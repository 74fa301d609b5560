"""Each of the eighteen characteristics is plain where a trader would see it, and absent else."""

from functools import lru_cache

import numpy as np
import pytest
from tape.minutes import CALM, M, end_of, told

from lowfloat.base.codes import Lifecycle
from lowfloat.tape.characteristics import COLUMNS
from lowfloat.tape.column import Tape
from lowfloat.tape.columns import MarketTable, market_table
from lowfloat.tape.life_cycle import LIFE_CYCLE

NAMES = [column.name for column in COLUMNS]

QUIET = [M(4.00, 4.00, volume=240)]
EVEN = [M(4.00, 4.02), M(4.02, 4.00)]
BREAK = [M(4.00, 4.12, volume=6_000, buys=0.95)]
DUMP = [M(4.00, 3.86, volume=6_000, buys=0.04)]
RUN = [
    M(4.00, 4.20, volume=4_000, buys=0.8), M(4.20, 4.10, volume=3_000), M(4.10, 4.35, volume=4_000,
    buys=0.8), M(4.35, 4.22, volume=3_000), M(4.22, 4.50, volume=4_000, buys=0.8),
    M(4.50, 4.45, volume=3_000, buys=0.6),
]  # fmt: skip
LONG_RUN = [
    *RUN, M(4.45, 4.75, volume=4_000, buys=0.8), M(4.75, 4.60, volume=3_000),
    M(4.60, 4.95, volume=4_000, buys=0.8),
]  # fmt: skip
STALL = [M(4.455, 4.455, volume=400), M(4.455, 4.455, volume=300)] * 3
TOP = [
    *RUN, M(4.45, 4.40, volume=3_000), M(4.40, 4.495, volume=3_000), M(4.495, 4.43, volume=3_000),
    M(4.43, 4.495, volume=3_000), M(4.495, 4.45, volume=3_000),
]  # fmt: skip
LOWER = [
    M(4.45, 3.90), M(3.90, 4.40), M(4.40, 3.80), M(3.80, 4.30), M(4.30, 3.70), M(3.70, 3.65),
]  # fmt: skip

PLAIN = {
    "low_volume": (QUIET, BREAK),
    "tight_range": (QUIET, BREAK),
    "volume_spike": (BREAK, QUIET),
    "range_expansion": (BREAK, EVEN),
    "aggressive_buying": (BREAK, DUMP),
    "sustained_volume": (RUN, BREAK),
    "trending": (LONG_RUN, DUMP),
    "pullback_buying": (RUN, DUMP),
    "volume_divergence": ([*RUN, *STALL], RUN[:5]),
    "range_contraction_score": ([*RUN, *STALL], RUN[:5]),
    "failed_highs": (TOP, RUN[:5]),
    "high_volume_selling": (DUMP, BREAK),
    "lower_highs_score": ([*RUN, *LOWER], RUN),
    "panic_selling": (DUMP, QUIET),
    "cascade_stops": (DUMP, BREAK),
}

MARKS = [phase.marks for phase in LIFE_CYCLE.values()]


def score(minutes: list[M], name: str, before_the_end: int = 0) -> float:
    """Return a score after a calm and then these minutes, or some seconds before."""
    second, column = end_of([*CALM, *minutes]) - before_the_end, NAMES.index(name)
    table = table_of(tuple(minutes))
    assert table.known[second, column]
    return float(table.values[second, column])


@lru_cache
def table_of(minutes: tuple[M, ...]) -> MarketTable:
    return market_table(Tape(told([*CALM, *minutes])), COLUMNS)


@pytest.mark.parametrize("name", PLAIN)
def test_it_is_plain_where_it_is_and_absent_where_it_is_not(name: str) -> None:
    plain, absent = PLAIN[name]
    assert score(plain, name) >= 0.7
    assert score(absent, name) <= 0.3


def test_buyers_that_are_met_without_a_fall_are_absorbed_at_the_bid() -> None:
    selling = [M(4.00, 4.00, volume=12_000, buys=0.05)]
    assert score(selling, "absorption") >= 0.7
    assert score(DUMP, "absorption") <= 0.3


def test_a_bid_that_is_pulled_again_and_again_is_weak() -> None:
    fading = [M(4.00, 4.00, bid_size=5_000), M(4.00, 4.00, bid_size=10)]
    assert score(fading, "bid_weakness", before_the_end=62) <= 0.3
    assert score(fading, "bid_weakness", before_the_end=58) >= 0.7
    stepping_down = [M(4.00, 3.70, volume=60)]
    assert score(stepping_down, "bid_weakness") >= 0.7


def test_no_bid_is_an_empty_side_a_wide_spread_or_a_bid_of_nothing() -> None:
    assert score([M(4.00, 4.00, spread=0.10)], "no_bid") >= 0.7
    assert score([M(4.00, 4.00, bid_size=20)], "no_bid") >= 0.7
    assert score([M(4.00, 4.00)], "no_bid") <= 0.3


def test_each_phase_of_the_life_of_a_move_has_three_and_none_is_left_over() -> None:
    named = [name for names in MARKS for name in names]
    assert sorted(named) == sorted(NAMES)
    assert {len(names) for names in MARKS} == {3}
    assert set(LIFE_CYCLE) == set(Lifecycle) - {Lifecycle.NONE}


def test_an_empty_day_shows_nothing() -> None:
    assert not market_table(Tape(told([])), COLUMNS).values.any()


def test_scores_lie_between_0_and_1_without_help_of_their_bounds() -> None:
    tape = Tape(told([*CALM, *RUN, *STALL, *DUMP]))
    for column in COLUMNS:
        values = column.values(tape)
        known = values[~np.isnan(values)]
        assert known.min() >= 0.0
        assert known.max() <= 1.0
