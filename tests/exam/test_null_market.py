"""The measure of the null market, on a few short days."""

import dataclasses
import datetime as dt
import json

import measure_null_market
import numpy as np
import pytest
from known_value import KnownDay, Terms, table
from measure_null_market import COMPARED, measure
from reference.tapes import P, Q, closed_at, make_day, ns

from lowfloat.env.config import EnvConfig

NAMES = [
    "do_nothing", "random", "buy_and_hold", "breakout_rule", "first_pullback", "vwap_reclaim",
]  # fmt: skip
TERMS = Terms(resamples=500)


def breaks_out(date: dt.date, pace: int) -> KnownDay:
    """Return half an hour of calm, then a cent up every few seconds on volume, and a slow fall."""
    calm, top, end = 1_800, 2_100, 3_000
    seconds = np.arange(end)
    cents = 400 + np.clip(seconds - calm, 0, top - calm) // pace
    cents -= np.maximum(seconds - top, 0) // 20
    quotes = [Q(ns(s), bid / 100, (bid + 1) / 100, 2_000, 2_000) for s, bid in enumerate(cents)]
    prints = [
        P(ns(s) + 5, (bid + 1) / 100, 100 if s < calm else 1_000) for s, bid in enumerate(cents)
    ]
    day = make_day(quotes, trades=prints, end_second=end, date=date, symbol="HAND")
    value = np.full(57_600, cents[-1] / 100 + 0.005)
    value[:end] = cents / 100 + 0.005
    return KnownDay(day, {"value": value}, closed_at(day, 4.00))


@pytest.fixture(scope="module")
def days() -> list[KnownDay]:
    return [breaks_out(dt.date(2025, 3, 3 + pace), pace) for pace in (2, 3, 4)]


@pytest.fixture(scope="module")
def measured(days) -> dict:
    return measure(days, 3, 2, TERMS, EnvConfig())


@pytest.fixture(scope="module")
def whole(days) -> dict:
    """The same in one batch."""
    return measure(days, 3, 3, TERMS, EnvConfig())


def test_every_baseline_is_measured(measured):
    assert list(measured["policies"]) == NAMES
    assert all(row["days"] == 3 for row in measured["policies"].values())
    for name in ("random", "buy_and_hold", COMPARED):
        assert measured["policies"][name]["trades"] > 0


def test_what_was_lost_is_costs_and_the_move_of_the_value(measured):
    for row in measured["policies"].values():
        day = {name: money["mean"] for name, money in row["per_day"].items()}
        assert day["net"] == pytest.approx(day["gross"] - day["fees"] - day["distance"])


def test_rules_gain_the_same_in_batches_of_any_size(whole, measured):
    for name in set(NAMES) - {"random"}:
        assert whole["policies"][name] == measured["policies"][name]


def test_trades_are_compared_with_chasing_breakouts(measured):
    found = measured["per_trade_ahead"]["random"]
    rows = measured["policies"]
    mine, others = (rows[name]["per_trade"]["net"]["mean"] for name in ("random", COMPARED))
    assert found["than"] == COMPARED
    assert found["mean"] == pytest.approx(mine - others)
    assert found["interval"][0] <= found["mean"] <= found["interval"][1]
    assert COMPARED not in measured["per_trade_ahead"]
    assert "do_nothing" not in measured["per_trade_ahead"]


def test_the_figures_are_plain_json_and_a_table(measured):
    json.dumps(measured, allow_nan=False)
    assert [line.split()[0] for line in table(measured["policies"]).splitlines()[1:]] == NAMES


def test_net_and_fees_do_not_depend_on_what_the_value_is_said_to_be(days, whole):
    still = [known._replace(truth={"value": np.full(57_600, 5.0)}) for known in days]
    for name, row in measure(still, 3, 3, TERMS, EnvConfig())["policies"].items():
        assert row["per_day"]["gross"]["mean"] == pytest.approx(0.0, abs=1e-6)
        for part in ("net", "fees"):
            assert row["per_day"][part] == whole["policies"][name]["per_day"][part]


def test_a_single_day_without_an_alert_is_never_bought_and_has_no_interval(days):
    trades = days[0].day.trades
    quiet = dataclasses.replace(
        days[0].day, trades=type(trades)(*(column[:0] for column in trades))
    )
    found = measure([days[0]._replace(day=quiet), *days[1:]], 1, 3, TERMS, EnvConfig())["policies"]
    assert found["buy_and_hold"]["trades"] == 0
    assert found["random"]["days"] == 1
    assert found["random"]["gross_holds_zero"] is None


def test_the_measurement_runs_from_the_command_line_on_days_it_makes(monkeypatch, capsys):
    monkeypatch.setattr(
        "sys.argv", ["measure_null_market", "--days", "2", "--symbols", "1", "--json"]
    )
    measure_null_market.main()
    assert json.loads(capsys.readouterr().out)["days"] == 2
