"""How long an order takes: a median, luck, and bursts of the tape."""

import math
from statistics import median

import numpy as np
import pytest
from at_the_open import BUY, KNOWN, Trader
from reference.luck import Luck, normal_quantile
from reference.tapes import DATE, OPEN, P, ns
from scipy.stats import kstest, norm

from lowfloat.base.clock import session_of
from lowfloat.base.codes import Mark

DECISION = session_of(DATE).start_ns + ns(OPEN)


def latency(trader: Trader, trades=(), **fills) -> int:
    """Return the nanoseconds from the decision at 09:30:00 to the market."""
    return trader.sent(trades=trades, **fills)["fill_ns"] - DECISION


def burst(within_5: int, before: int, marks: int = int(Mark.ORDINARY)) -> list[P]:
    """Return prints of the last 5 seconds, and of the 295 before them."""
    old = [P(ns(OPEN - 300) + i, 4.01, marks=marks) for i in range(before)]
    return old + [P(ns(OPEN - 5) + i, 4.01, marks=marks) for i in range(within_5)]


def test_without_luck_and_bursts_it_is_the_median(trader) -> None:
    assert latency(trader, latency_ms=150) == 150_000_000
    assert latency(trader, latency_ms=0) == 0
    assert latency(trader, latency_ms=999) == 999_000_000


@pytest.mark.parametrize(
    ("within_5", "before", "slower"),
    [
        (0, 0, 1.0),
        (6, 0, 1 + 0.5 * (5.9 / math.sqrt(1.1) - 2)),
        (2, 0, 1.0),  # 1.94 deviations are usual
        (30, 570, 1 + 0.5 * (20 / math.sqrt(11) - 2)),
        (15, 585, 1.0),
        (60, 0, 5.0),  # at most
    ],
)
def test_a_burst_of_the_tape_slows_an_order_down(trader, within_5, before, slower) -> None:
    trades = burst(within_5, before)
    assert latency(trader, trades, latency_burst=0.5) == pytest.approx(150e6 * slower, abs=1)


def test_the_tape_of_the_very_decision_is_not_known(trader) -> None:
    trades = [P(ns(OPEN) + i, 4.01) for i in range(60)]
    assert latency(trader, trades, latency_burst=0.5) == 150_000_000


def test_prints_that_are_no_part_of_the_tape_slow_nothing_down(trader) -> None:
    trades = burst(60, 0, marks=int(Mark.ORDINARY & ~Mark.TAPE))
    assert latency(trader, trades, latency_burst=0.5) == 150_000_000


def test_an_order_always_arrives_within_its_second(trader) -> None:
    assert latency(trader, burst(60, 0), latency_burst=0.5, latency_ms=999) == 999_999_999


def test_the_luck_of_an_order_is_that_of_its_seed_episode_and_second(trader) -> None:
    player = trader.player([KNOWN], latency_spread=0.5)
    for episode in (1, 2, 3):
        generator = np.random.Philox(key=[0, 0], counter=[episode - 1, (OPEN + 1) * 256, 0, 0])
        word = int(generator.random_raw())
        z = norm.ppf(((word >> 12) + 0.5) / 2**52)
        expected = 150e6 * math.exp(0.5 * z)
        assert player.send(BUY)["fill_ns"] - DECISION == pytest.approx(expected, rel=1e-6)
        player.begin_again()


def test_the_latencies_of_many_orders_are_log_normal(trader) -> None:
    player = trader.player([KNOWN], latency_spread=0.5, latency_ms=100)
    drawn = []
    for _ in range(300):
        drawn.append((player.send(BUY)["fill_ns"] - DECISION) / 1e6)
        player.begin_again()
    assert median(drawn) == pytest.approx(100, rel=0.15)
    assert kstest(np.log(np.array(drawn) / 100) / 0.5, "norm").pvalue > 0.01


# The reference's own parts against other sources.


@pytest.mark.parametrize(
    ("seed", "stream", "episode", "number"),
    [(0, 0, 1, 0), (1, 2, 3, 4), (2**64 - 1, 5, 2**40, 2**40 + 2**35), (7, 2**63, 1, 2**62)],
)
def test_the_references_words_are_numpys(seed, stream, episode, number) -> None:
    key = np.array([seed, stream], np.uint64)
    counter = np.array([episode - 1, number, 0, 0], np.uint64)  # numpy counts one up first
    expected = np.random.Philox(key=key, counter=counter).random_raw()
    assert Luck(seed, stream, episode).word(number) == int(expected)


def test_the_references_quantile_is_the_normals() -> None:
    for p in [*np.linspace(0.001, 0.999, 400), 1e-5, 1e-8, 1e-12, 1e-15, 1 - 1e-9]:
        assert normal_quantile(float(p)) == pytest.approx(norm.ppf(p), rel=2e-7, abs=1e-9)
