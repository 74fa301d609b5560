"""A planted signal: what it is worth on paper, and what is made of it through the environment."""

import json
import math

import measure_planted_edge
import numpy as np
import pytest
from exam.hand_exam import CONFIG
from known_value import KnownDay, Terms, play
from measure_planted_edge import DRIFT_BEGINS, DRIFT_OVER, Plan, SignalTrader, measure, replay
from reference.tapes import NOTHING_KNOWN, Q, make_day, ns, resume, stop

from lowfloat.env.deck import build_deck
from lowfloat.exam.exam import sit
from lowfloat.tape.columns import NAMES
from lowfloat.tape.normaliser import Normaliser

END = 1_400
EDGE = 0.05
PLAN = Plan(EDGE, CONFIG.rules())
SIGNAL = 200


def planted(
    *signals: int,
    half: float = 0.01,
    size: int = 10_000,
    begins: float = 4.00,
    renewed: bool = False,
    **options,
) -> KnownDay:
    """Return a day whose value rises by the edge after each signal, with its mid at the value.

    If ``renewed`` the best prices go away in each second, and come anew at its end.
    """
    signal = np.zeros(57_600, np.int8)
    signal[list(signals)] = 1
    drift = np.zeros(57_601)
    for second in signals:
        drift[second + DRIFT_BEGINS + 1 : second + DRIFT_OVER + 1] += EDGE / 60
    value = begins * np.exp(drift.cumsum())
    quotes = [
        Q(ns(s), round(value[s] - half, 4), round(value[s] + half, 4), size, size)
        for s in range(END)
    ]
    if renewed:
        quotes = [
            quote._replace(when=quote.when + late, bid=round(quote.bid - wider, 4))._replace(
                ask=round(quote.ask + wider, 4)
            )
            for quote in quotes
            for late, wider in ((0, 0.0), (500_000_000, 0.01), (900_000_000, 0.0))
        ]
    day = make_day(quotes, end_second=END, **options)
    return KnownDay(day, {"value": value[:-1], "signal": signal}, NOTHING_KNOWN)


def fills_of(known: KnownDay, plan: Plan = PLAN) -> list[dict]:
    plain = Normaliser(np.zeros(len(NAMES)), np.ones(len(NAMES)))
    trader = SignalTrader(plan, [known.truth["signal"]])
    return sit(build_deck([(known.day, None)]), [trader], plain, CONFIG).fills


def net_of(known: KnownDay) -> float:
    trader = SignalTrader(PLAN, [known.truth["signal"]])
    return float(play([known], [trader], CONFIG)[trader.name].net[0])


def test_it_buys_at_the_first_decision_after_the_signal_and_sells_when_the_drift_is_over():
    buy, sell = fills_of(planted(SIGNAL))
    assert (buy["side"], buy["second"]) == ("buy", SIGNAL + 1)
    assert (sell["side"], sell["second"]) == ("sell", SIGNAL + DRIFT_OVER)
    assert sell["price"] == pytest.approx(4.00 * math.exp(EDGE) - 0.01, abs=1e-4)


def test_a_signal_is_worth_its_drift_less_the_spread_and_the_fees():
    known = planted(SIGNAL)
    shares = int(10_000 / 4.01)
    earned = shares * round(4.00 * math.exp(EDGE) - 0.01, 4)
    # Half a cent a share each way, SEC $27.80 per million and TAF $0.000166 a share, to the cent.
    sec, taf = math.ceil(earned * 27.80e-4) / 100, math.ceil(shares * 0.0166) / 100
    fees = 2 * 0.005 * shares + sec + taf
    assert replay(known, PLAN) == pytest.approx(earned - shares * 4.01 - fees, abs=1e-6)
    assert net_of(known) == pytest.approx(replay(known, PLAN), abs=1e-9)


def test_a_day_without_a_signal_is_left_alone():
    assert fills_of(planted()) == []
    assert replay(planted(), PLAN) == 0.0


def test_what_costs_more_than_the_drift_pays_is_left_alone():
    """The spread is 6 % of the price where the drift is 5 %."""
    known = planted(SIGNAL, half=0.12)
    assert fills_of(known) == []
    assert replay(known, PLAN) == 0.0


def test_it_goes_on_buying_what_is_offered_as_long_as_the_drift_left_pays():
    known = planted(SIGNAL, size=20, half=0.02, renewed=True)
    fills = fills_of(known)
    buys = [fill["second"] - SIGNAL for fill in fills if fill["side"] == "buy"]
    assert buys == list(range(1, max(buys) + 1))
    # $80 are bought for 80 cents of commission each way, 1 % being the most, and 1 % of spread. The
    # drift left is 3 % at 26 s, when the price has risen by 2 % and the spread is less than 1 %.
    assert max(buys) == 26
    sells = [fill["second"] - SIGNAL for fill in fills if fill["side"] == "sell"]
    assert sells == list(range(DRIFT_OVER, DRIFT_OVER + len(buys)))
    assert net_of(known) == pytest.approx(replay(known, PLAN), abs=1e-9)


def test_a_signal_in_the_drift_of_another_makes_it_hold_on():
    known = planted(SIGNAL, SIGNAL + 40)
    assert [(fill["side"], fill["second"]) for fill in fills_of(known)][-1] == (
        "sell", SIGNAL + 40 + DRIFT_OVER,
    )  # fmt: skip
    assert net_of(known) == pytest.approx(replay(known, PLAN), abs=1e-9)


def test_it_buys_nothing_that_the_end_of_the_day_would_close():
    assert fills_of(planted(END - 250)) == []
    assert replay(planted(END - 250), PLAN) == 0.0


@pytest.mark.parametrize("began", [SIGNAL + 1, SIGNAL + 30, SIGNAL + DRIFT_OVER])
def test_in_a_halt_neither_trades(began):
    known = planted(SIGNAL, status=[stop(ns(began)), resume(ns(began + 20.5))])
    fills = fills_of(known)
    assert not [fill for fill in fills if began <= fill["second"] <= began + 20]
    assert net_of(known) == pytest.approx(replay(known, PLAN), abs=1e-9)


def test_a_quote_that_was_taken_is_not_taken_again():
    """The book says the same from the signal on, and each order takes what is left of it."""
    known = planted(SIGNAL)
    kept = np.searchsorted(known.day.quotes.ts_recv, known.day.session.ns(SIGNAL), "right")
    ends = np.searchsorted(known.day.quotes.ts_recv, known.day.session.ns(SIGNAL + 30), "left")
    rows = np.r_[0:kept, ends : len(known.day.quotes.ts_recv)]
    quotes = type(known.day.quotes)(*(column[rows] for column in known.day.quotes))
    size = np.where(np.arange(len(rows)) < kept, 300, 10_000).astype(np.int32)
    quotes = quotes._replace(ask_size=size)
    stale = known._replace(day=type(known.day)(**{**vars(known.day), "quotes": quotes}))
    buys = [fill for fill in fills_of(stale) if fill["side"] == "buy"]
    assert [fill["shares"] for fill in buys if fill["second"] < SIGNAL + 30] == [300]
    assert net_of(stale) == pytest.approx(replay(stale, PLAN), abs=1e-9)


def test_the_plan_earns_most_of_the_drift_and_random_orders_lose():
    days = [planted(200, 400, 600), planted(300, 500, begins=8.00)]
    found = measure(days, EDGE, 2, 1, Terms(resamples=200), CONFIG)
    assert found["signals_per_day"] == 2.5
    assert found["ceiling_per_day"] == pytest.approx(2.5 * 10_000 * math.expm1(EDGE))
    plan = found["policies"]["signal_trader"]["per_day"]
    assert 0.8 * found["ceiling_per_day"] < plan["net"]["mean"] < found["ceiling_per_day"]
    assert plan["net"]["mean"] == pytest.approx(found["replayed_per_day"]["mean"])
    assert found["largest_difference"] < 1e-6
    assert found["share"]["signal_trader"] == 1.0
    assert found["share"]["do_nothing"] == 0.0
    assert found["share"]["random"] < 0.3


def test_the_measurement_runs_from_the_command_line_on_days_it_makes(monkeypatch, capsys):
    monkeypatch.setattr(
        "sys.argv", ["measure_planted_edge", "--days", "2", "--symbols", "1", "--json"]
    )
    measure_planted_edge.main()
    assert json.loads(capsys.readouterr().out)["days"] == 2
