"""On a tape whose prices never move nothing can be earned: every deal costs the spread and fees."""

import numpy as np
import pytest
from reference.tapes import OPEN, resume, steady_day, stop
from reference.tapes import ns as nanoseconds

from lowfloat.env.deck import build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv

ACCOUNTS, SECONDS = 200, 400
PLENTY = {"episode": {"max_loss": 1.0, "day_loss": 1.0, "bankruptcy": 0.0}}


@pytest.fixture(scope="module", params=[10_000, 37], ids=["deep", "thin"])
def played(request):
    """Random orders on a still book, a pause included: states per second, and the ask - bid."""
    halt = [
        stop(nanoseconds(OPEN + 100), nanoseconds(OPEN + 101)),
        resume(nanoseconds(OPEN + 160)),
    ]
    day = steady_day(bid=4.00, ask=4.03, size=request.param, status=halt)
    env = SqueezeVectorEnv(
        ACCOUNTS,
        deck=build_deck([(day, None)]),
        starts=np.array([(0, OPEN, 10**6)], START),
        autoreset_mode="DISABLED",
        config=PLENTY,
    )
    env.reset(seed=3)
    rng = np.random.default_rng(4)
    states, rewards = [env.state.copy()], []
    for _ in range(SECONDS):
        rewards.append(env.step(rng.integers(0, 9, ACCOUNTS))[1])
        states.append(env.state.copy())
    return np.stack(states), np.stack(rewards)


def test_the_equity_never_rises(played) -> None:
    states, rewards = played
    assert (np.diff(states["equity"], axis=0) <= 0).all()
    assert (rewards <= 0).all()
    assert (states["fills"][-1] > 0).all()


def test_the_equity_falls_by_the_spread_of_what_was_bought_and_the_fees(played) -> None:
    states, _ = played
    bought = np.maximum(states["fill_shares"], 0).cumsum(axis=0, dtype=np.int64)
    lost = 100 * 300 * bought + states["fees"]
    assert np.array_equal(states["start_equity"] - states["equity"], lost)


def test_a_second_without_a_fill_earns_and_costs_nothing(played) -> None:
    states, rewards = played
    idle = states["fill_shares"][1:] == 0
    assert (np.diff(states["equity"], axis=0)[idle] == 0).all()
    assert (rewards[idle] == 0.0).all()


def test_the_shares_are_the_sum_of_the_fills(played) -> None:
    states, _ = played
    assert np.array_equal(states["shares"], states["fill_shares"].cumsum(axis=0))
    assert (states["shares"] >= 0).all()


def test_the_cash_is_what_was_paid_and_received(played) -> None:
    states, _ = played
    value = np.sign(states["fill_shares"]) * states["fill_value"]
    paid = (value + states["fill_fee"]).cumsum(axis=0)
    assert np.array_equal(states["cash"], states["cash"][0] - paid)


def test_an_account_that_only_holds_stays_as_it_was() -> None:
    env = SqueezeVectorEnv(
        1,
        deck=build_deck([(steady_day(), None)]),
        starts=np.array([(0, OPEN, 10**6)], START),
        autoreset_mode="DISABLED",
    )
    env.reset(seed=0)
    total = sum(env.step(np.zeros(1, int))[1][0] for _ in range(500))
    state = env.state[0]
    assert total == 0.0
    assert (state["equity"], state["fees"], state["fills"]) == (state["start_equity"], 0, 0)
