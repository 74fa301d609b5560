"""The report's numbers, worked out by hand."""

import pytest
from small_exam import FIRST, SECOND, THIRD, TRADES, idle, policy, trade

from lowfloat.report.exam_files import read_exam
from lowfloat.report.summary import (
    best_and_worst,
    best_baseline,
    chart_days,
    cumulative_pnl,
    money_axis,
    policy_rows,
    verdict,
)


def test_the_headline_names_mean_interval_doing_nothing_and_best_baseline(write_exam):
    found = verdict(read_exam(write_exam()))
    assert found.sentence == (
        "Over 3 days of the valid split the agent made a mean of +$2.00 per day after all fees "
        "(95% interval −$1.00 to +$2.00); doing nothing makes $0.00, and the best baseline, "
        "breakout_rule, made +$1.00; the agent's lead over it is +$1.00 per day "
        "(−$2.00 to +$1.00)."
    )


def _days(count):
    return [f"MLGO/2025-04-{day:02d}" for day in range(1, count + 1)]


def _agent(mean, interval, days=8):
    return policy("agent", [float(mean)] * days, interval=interval)


@pytest.mark.parametrize(
    ("agent", "lead", "edge", "title"),
    [
        (_agent(3, [-1.0, 7.0]), [1.0, 3.0], False, "No edge shown: the interval includes doing"),
        (_agent(3, [0.0, 7.0]), [1.0, 3.0], False, "No edge shown: the interval includes doing"),
        (_agent(-1, [-2.0, -0.5]), [1.0, 3.0], False, "No edge shown: the agent did worse than d"),
        (_agent(9, None, days=1), None, False, "No edge shown: 1 day cannot show one"),
        (_agent(9, [8.0, 9.0], days=5), [1.0, 3.0], False, "No edge shown: 5 days cannot show on"),
        (_agent(9, [8.0, 9.0], days=6), [1.0, 3.0], True, "An edge on this split"),
        (_agent(3, [2.0, 4.0]), [-1.0, 5.0], False, "An edge over doing nothing, but none shown"),
        (_agent(3, [2.0, 4.0]), None, False, "An edge over doing nothing, but none shown"),
        (_agent(3, [2.0, 4.0]), [0.5, 3.0], True, "An edge on this split"),
    ],
)
def test_an_edge_is_claimed_only_beyond_the_intervals(write_exam, agent, lead, edge, title):
    days = len(agent["net_pnl"])
    rule = policy("breakout_rule", [1.0] * days, agent_ahead=2.0, agent_ahead_interval=lead)
    exam = read_exam(write_exam(policies=[agent, rule], symbol_days=_days(days)))
    assert verdict(exam).title.startswith(title)
    assert verdict(exam).edge is edge


def test_an_agent_that_never_traded_has_no_edge(write_exam):
    exam = read_exam(write_exam(policies=[idle("agent")], trades=[]))
    assert verdict(exam).title == "No edge shown: the agent made no trades"


def test_doing_nothing_is_not_the_best_baseline(write_exam):
    policies = [policy("agent", [1.0, 1.0, 1.0]), idle("do_nothing")]
    assert best_baseline(read_exam(write_exam(policies=policies))) is None


def test_the_table_puts_the_agent_first_and_counts_its_winning_days(write_exam):
    rows = policy_rows(read_exam(write_exam()))
    assert [row.result.name for row in rows] == ["agent", "do_nothing", "random", "breakout_rule"]
    assert [row.winning_days for row in rows] == [2, 0, 0, 3]


def test_end_reasons_are_told_in_words_the_most_frequent_first(write_exam):
    ends = {"DAY_LOSS": 1, "MARKET_CLOSE": 2, "BANKRUPTCY": 0}
    agent = policy("agent", [10.0, -6.0, 2.0], end_reasons=ends)
    assert policy_rows(read_exam(write_exam(policies=[agent])))[0].ends == (
        "market close 2, day loss 1"
    )


def test_the_money_axis_holds_zero_and_every_interval(write_exam):
    axis = money_axis(read_exam(write_exam()))
    assert (axis.low, axis.high) == (-3.0, 2.0)
    assert axis.at(0.0) == 0.6


def test_running_pnl_is_summed_in_order_of_date_then_symbol(write_exam):
    # Dates: THIRD is 31 March; on 1 April ABCD (SECOND) comes before MLGO (FIRST).
    running = cumulative_pnl(read_exam(write_exam()))
    assert running["agent"].tolist() == [2.0, -4.0, 6.0]
    assert running["random"].tolist() == [-3.0, -6.0, -9.0]


def test_chart_days_are_the_best_the_worst_and_the_most_active(write_exam):
    busy = [trade(THIRD, 30_000 + 200 * i, 30_100 + 200 * i, 1.0) for i in range(4)]
    chosen = chart_days(read_exam(write_exam(trades=TRADES[:2] + busy)), 6)
    assert [(one.day.name, one.reason, one.fills) for one in chosen] == [
        (FIRST, "best day", 2),
        (SECOND, "worst day", 2),
        (THIRD, "most active day", 8),
    ]


def test_no_more_days_are_charted_than_asked_for(write_exam):
    exam = read_exam(write_exam())
    assert [one.day.name for one in chart_days(exam, 1)] == [FIRST]
    assert chart_days(exam, 0) == []


def test_without_trades_days_with_an_alert_are_charted_first(write_exam):
    exam = read_exam(write_exam(policies=[idle("agent")], trades=[]))
    assert [(one.day.name, one.reason) for one in chart_days(exam, 6)] == [
        (FIRST, "untraded day"),
        (THIRD, "untraded day"),
        (SECOND, "untraded day"),
    ]


def test_best_and_worst_trades_are_the_agents_only(write_exam):
    others = [trade(FIRST, 1, 2, 99.0, policy="random")]
    best, worst = best_and_worst(read_exam(write_exam(trades=TRADES + others)))
    assert [one.net_pnl for one in best] == [10.0, 2.0]
    assert [one.net_pnl for one in worst] == [-6.0]
