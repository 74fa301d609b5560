"""Gains on days whose latent value is known, against figures worked out on paper."""

import datetime as dt
import math

import numpy as np
import pytest
from exam.hand_exam import CONFIG, END, Scripted, book, hand_day
from known_value import Gains, KnownDay, Terms, batches, figures, joined, known_days, play, table
from reference.tapes import NOTHING_KNOWN, P, Q, make_day, ns, steady_day

from lowfloat.base.codes import Action
from lowfloat.exam.policy import DoNothing, RandomTrader

QUARTER = 621  # shares that $2,500 buy at $4.02
STEADY = book((0, 4.00))
TERMS = Terms(resamples=500)


def known(day, value: np.ndarray | float) -> KnownDay:
    """Return a day with a value per second, or one that never moves."""
    whole = np.full(day.session.seconds, value) if np.isscalar(value) else np.asarray(value)
    return KnownDay(day, {"value": whole}, NOTHING_KNOWN)


def gains_of(day, value, script, **options) -> Gains:
    return play([known(day, value)], [Scripted(script)], options.get("config", CONFIG))["scripted"]


def test_a_round_trip_at_a_fixed_value_costs_its_distance_and_its_fees():
    script = {100: Action.BUY_25, 160: Action.SELL_100}
    found = gains_of(hand_day(STEADY), 4.015, script)
    assert found.gross[0] == pytest.approx(0.0, abs=1e-9)
    assert found.distance[0] == pytest.approx(QUARTER * (0.005 + 0.015))
    assert found.fees[0] == pytest.approx(3.105 + 3.285)
    assert found.net[0] == pytest.approx(-found.distance[0] - found.fees[0])
    assert found.bought[0] == pytest.approx(QUARTER * 4.02)
    assert found.traded[0] == pytest.approx(QUARTER * (4.02 + 4.00))
    assert found.trades[0] == 1


def test_the_gross_is_what_the_value_moved_while_shares_were_held():
    value = np.full(57_600, 4.00)
    value[130:] = 4.10  # the book does not follow: all of it is lost again as distance
    found = gains_of(hand_day(STEADY), value, {100: Action.BUY_25, 160: Action.SELL_100})
    assert found.gross[0] == pytest.approx(QUARTER * 0.10)
    assert found.distance[0] == pytest.approx(QUARTER * (0.02 + 0.10))


@pytest.mark.parametrize(("moves_at", "gross"), [(101, 0.0), (102, QUARTER * 0.10)])
def test_a_fill_is_held_against_the_value_at_the_start_of_the_next_second(moves_at, gross):
    value = np.full(57_600, 4.00)
    value[moves_at:] = 4.10
    found = gains_of(hand_day(STEADY), value, {100: Action.BUY_25, 160: Action.SELL_100})
    assert found.gross[0] == pytest.approx(gross, abs=1e-9)


def test_shares_that_nobody_bought_are_held_against_the_last_value():
    thin = [*STEADY[:500], Q(ns(500), 4.00, 4.02, 100, 100)]
    value = np.full(57_600, 4.00)
    value[-1] = 5.00
    found = gains_of(hand_day(thin), value, {100: Action.BUY_25})
    # 100 shares were sold by force at the value of then, $4.00; the others are worth $5.00.
    assert found.gross[0] == pytest.approx((QUARTER - 100) * 1.00)
    assert found.net[0] == pytest.approx(found.gross[0] - found.fees[0] - found.distance[0])


def test_each_policy_and_each_day_has_its_own_gains():
    days = [known(hand_day(STEADY, "AAA"), 4.01), known(hand_day(book((0, 8.00)), "BBB"), 8.02)]
    early, late = Scripted({100: Action.BUY_25}, "early"), Scripted({200: Action.BUY_50}, "late")
    together = play(days, [early, late], CONFIG)
    for policy in (early, late):
        alone = joined([play([day], [policy], CONFIG) for day in days])[policy.name]
        for of in Gains._fields:
            np.testing.assert_array_equal(getattr(together[policy.name], of), getattr(alone, of))
        assert (alone.bought > 0).all()


def walks(count: int, late: int = 0) -> list[KnownDay]:
    """Return days whose value is a random walk, which the book follows ``late`` seconds later."""
    random = np.random.default_rng(8)
    found = []
    for number in range(count):
        steps = 1.0 + 0.002 * random.choice([-1.0, 1.0], 57_600)
        value = 4.0 * steps.cumprod()
        bids = np.round(value[np.maximum(np.arange(END) - late, 0)] - 0.01, 2)
        quotes = [Q(ns(s), bid, round(bid + 0.02, 2), 500, 500) for s, bid in enumerate(bids)]
        found.append(known(hand_day(quotes, f"W{chr(65 + number)}"), value))
    return found


class Foresight:
    """Compares the bid with the value of now or of later, and buys or sells."""

    name = "foresight"
    description = "knows the value"

    def __init__(self, days: list[KnownDay], ahead: int) -> None:
        self._values = np.array([day.truth["value"][ahead:] for day in days])

    def act(self, view) -> np.ndarray:
        ahead = self._values[:, view.second] - view.state["mark"] / 10_000
        action = np.where(ahead > 0.03, Action.BUY_100, np.where(ahead < 0, Action.SELL_100, 0))
        return np.where(view.mask[np.arange(len(action)), action], action, Action.HOLD)


def test_on_a_random_walk_a_random_trader_loses_its_costs_and_no_more():
    days = walks(12)
    found = figures(play(days, [RandomTrader(3)], CONFIG)["random"], TERMS)
    assert found["trades"] > 15
    assert found["gross_holds_zero"]
    assert found["per_day"]["net"]["interval"][1] < 0
    assert found["per_day"]["distance"]["interval"][0] > 0
    day = {name: money["mean"] for name, money in found["per_day"].items()}
    assert day["gross"] == pytest.approx(day["net"] + day["fees"] + day["distance"], abs=1e-9)


def test_who_foresees_the_value_shows_in_the_gross():
    days = walks(6)
    found = figures(play(days, [Foresight(days, ahead=30)], CONFIG)["foresight"], TERMS)
    assert found["per_day"]["gross"]["interval"][0] > 0
    assert found["gross_holds_zero"] is False


def test_who_trades_on_late_quotes_shows_in_the_distance_and_not_in_the_gross():
    days = walks(12, late=30)
    found = figures(play(days, [Foresight(days, ahead=0)], CONFIG)["foresight"], TERMS)
    assert found["per_day"]["distance"]["interval"][1] < 0
    assert found["gross_holds_zero"]


def test_doing_nothing_has_figures_of_nothing():
    days = walks(2)
    found = figures(play(days, [DoNothing()], CONFIG)["do_nothing"], TERMS)
    assert found["per_day"]["net"] == {"mean": 0.0, "interval": (0.0, 0.0)}
    assert found["per_trade"]["net"] == {"mean": None, "interval": None, "bps": None}
    assert (found["trades"], found["distance_bps"], found["gross_holds_zero"]) == (0, None, True)
    assert table({"do_nothing": found}).splitlines()[1].split()[:3] == ["do_nothing", "0", "0.00"]


def test_figures_per_trade_are_of_all_days_together():
    gains = Gains(
        net=np.array([-3.0, 9.0, 0.0]), fees=np.array([1.0, 1.0, 0.0]),
        gross=np.array([0.0, 12.0, 0.0]), trades=np.array([3.0, 1.0, 0.0]),
        bought=np.array([900.0, 300.0, 0.0]), traded=np.array([1_800.0, 600.0, 0.0]),
    )  # fmt: skip
    found = figures(gains, TERMS)
    assert found["per_trade"]["net"]["mean"] == pytest.approx(6 / 4)
    assert found["per_trade"]["net"]["bps"] == pytest.approx(1e4 * 6 / 1_200)
    assert found["per_day"]["net"]["mean"] == pytest.approx(2.0)
    assert found["per_day"]["fees"]["mean"] == pytest.approx(2 / 3)
    assert found["per_day"]["distance"]["mean"] == pytest.approx(4 / 3)
    assert found["per_trade"]["distance"]["mean"] == pytest.approx(1.0)
    assert found["distance_bps"] == pytest.approx(1e4 * 4 / 2_400)


def test_days_are_made_as_they_are_asked_for(capsys):
    made = []

    def endless():
        while True:
            made.append(len(made))
            yield made[-1]

    assert [len(batch) for batch in batches(endless(), 4, total=10)] == [4, 4, 2]
    assert made == list(range(10))
    assert capsys.readouterr().err.splitlines() == [f"{done} of 10 days" for done in (4, 8, 10)]


def test_a_day_knows_the_close_of_its_symbols_day_before():
    def closing_at(dollars: float, symbol: str, date: dt.date):
        quotes = [Q(ns(40_000), dollars, dollars + 0.01)]
        return make_day(quotes, trades=[P(ns(40_000), dollars)], symbol=symbol, date=date), {}

    first, second = dt.date(2025, 3, 4), dt.date(2025, 3, 5)
    made = [closing_at(4.0, "AAA", first), closing_at(5.0, "AAA", second),
            closing_at(6.0, "BBB", first), closing_at(7.0, "BBB", second)]  # fmt: skip
    assert [day.baseline.previous_close for day in known_days(made)] == [0, 4 * 10**9, 0, 6 * 10**9]


def test_a_day_without_a_print_hands_on_no_close():
    days = [(steady_day(), {}), (steady_day(date=dt.date(2025, 3, 5)), {})]
    assert [day.baseline.previous_close for day in known_days(days)] == [0, 0]
    assert math.isfinite(days[0][0].closing_price)
