"""The stream of alerts of a day: what sets each off, and that none knows what came after it."""

from dataclasses import replace

import numpy as np
import pytest
from reference.tapes import DATE, P, Q, closed_at, make_day, ns, resume, stop

from lowfloat.days import Day, DayStore
from lowfloat.days.baseline import Baseline
from lowfloat.index.asof import Alert, alerts_of, first_alert
from lowfloat.index.config import AlertConfig
from lowfloat.tape.column import Tape

OPEN = 19_800
CONFIG = AlertConfig(min_volume=1_000, min_minute_value=1_000.0)


def alerts(day: Day, config: AlertConfig = CONFIG, **known) -> list[tuple[int, str]]:
    """Return seconds and triggers of the alerts over a close of $4."""
    return [(alert.second, alert.trigger) for alert in stream(day, config, **known)]


def stream(day: Day, config: AlertConfig, **known) -> list[Alert]:
    return alerts_of(Tape(day, closed_at(day, 4.0)._replace(**known)), config)


def stepping(*prices: float, status=(), shares: int = 1_000, first: int = OPEN) -> Day:
    """Return a day with a new price and a print every ten seconds."""
    quotes = [Q(ns(100), 3.99, 4.01)]
    prints = []
    for number, price in enumerate(prices):
        quotes.append(Q(ns(first + 10 * number), price - 0.01, price + 0.01))
        prints.append(P(ns(first + 10 * number) + 1, price, shares))
    return make_day(quotes, status, prints)


def test_each_further_step_of_the_gain_alerts_again_and_none_twice() -> None:
    day = stepping(4.2, 4.5, 4.7, 4.9, 4.5, 4.9, 6.0)
    assert alerts(day) == [(OPEN + 11, "gain"), (OPEN + 31, "gain"), (OPEN + 61, "gain")]
    first = stream(day, CONFIG)[0]
    assert (first.price, first.volume, first.relative_volume) == (4.5, 2_000, None)
    assert first.gain == pytest.approx(0.125)


@pytest.mark.parametrize(
    ("terms", "trigger", "second"),
    [
        ({"min_volume": 2_500}, "volume", OPEN + 21),
        ({"min_minute_value": 12_000.0}, "minute_value", OPEN + 21),
        ({"min_price": 4.55}, "price", OPEN + 21),
    ],
)
def test_the_first_alert_names_the_term_that_came_to_hold_last(terms, trigger, second) -> None:
    day = stepping(4.5, 4.5, 4.6)
    assert alerts(day, CONFIG.model_copy(update=terms)) == [(second, trigger)]


@pytest.mark.parametrize(
    "terms",
    [
        {"max_price": 4.4},
        {"min_price": 9.0},
        {"min_gain": 0.9},
        {"min_premarket_volume": 1},
        {"min_volume": 10**6},
    ],
)
def test_a_term_that_never_holds_lets_nothing_alert(terms) -> None:
    assert alerts(stepping(4.5, 4.6), CONFIG.model_copy(update=terms)) == []


def test_a_float_over_the_bound_is_not_shown_and_an_unknown_one_is() -> None:
    day, config = stepping(4.5), CONFIG.model_copy(update={"max_float": 10**7})
    assert alerts(day, config, float_shares=10**7 + 1) == []
    assert len(alerts(day, config, float_shares=10**7)) == 1
    assert len(alerts(day, config)) == 1


def test_premarket_volume_counts_up_to_the_open_only() -> None:
    config = CONFIG.model_copy(update={"premarket_volume": 2_500})
    before = stepping(4.5, 4.5, 4.5, first=OPEN - 100)
    assert alerts(before, config) == [(OPEN - 99, "gain"), (OPEN - 79, "premarket_volume")]
    across = stepping(4.5, 4.5, 4.5, first=OPEN - 15)
    assert alerts(across, config) == [(OPEN - 14, "gain")]


def test_relative_volume_is_that_of_closed_minutes_against_the_same_time_of_other_days() -> None:
    usual = np.full(960, 500, np.int64)
    day = stepping(*[4.5] * 12)
    config = CONFIG.model_copy(update={"relative_volume": 20.0})
    known = {"cumulative_volume": usual, "cumulative_sessions": 3}
    assert alerts(day, config, **known) == [(OPEN + 1, "gain"), (OPEN + 120, "relative_volume")]
    strict = CONFIG.model_copy(update={"min_relative_volume": 12.0})
    assert alerts(day, strict, **known) == [(OPEN + 60, "relative_volume")]
    assert alerts(day, strict) == [(OPEN + 1, "gain")]  # where nothing is usual it is left out


def test_halts_are_told_of_a_stock_that_has_alerted() -> None:
    status = [stop(ns(OPEN + 25)), resume(ns(OPEN + 325))]
    assert alerts(stepping(4.5, 4.5, 4.5, status=status)) == [
        (OPEN + 1, "gain"), (OPEN + 26, "halt"), (OPEN + 326, "resumption"),
    ]  # fmt: skip
    assert alerts(stepping(4.1, 4.1, 4.1, status=status)) == []


def test_the_first_alert_is_the_head_of_the_stream(six_days: DayStore) -> None:
    found = 0
    for day in six_days:
        tape = Tape(day, Baseline(day.symbol, day.date))
        told = alerts_of(tape, AlertConfig())
        assert first_alert(tape, AlertConfig()) == (told[0].second if told else None)
        assert [alert.second for alert in told] == sorted(alert.second for alert in told)
        found += len(told)
    assert found > len(six_days)


def test_what_was_told_by_a_second_does_not_depend_on_what_came_after_it(six_days) -> None:
    for day in six_days:
        whole = stream(day, AlertConfig())
        for cut in {30_000, *(alert.second for alert in whole[:3])}:
            assert [a for a in stream(until(day, cut), AlertConfig()) if a.second <= cut] == [
                a for a in whole if a.second <= cut
            ]


def until(day: Day, second: int) -> Day:
    """Return the day without what was received from a second on."""
    parts = {}
    for name in ("trades", "quotes", "status"):
        table = getattr(day, name)
        kept = table.ts_recv < day.session.ns(second)
        parts[name] = type(table)(*(column[kept] for column in table))
    return replace(day, **parts)


def test_nothing_is_told_of_a_day_without_a_price() -> None:
    assert alerts_of(Tape(make_day([], date=DATE)), AlertConfig()) == []
