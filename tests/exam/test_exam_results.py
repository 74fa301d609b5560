"""The files of an exam agree with each other, with the days, and with a second sitting."""

import dataclasses
import json
from collections import Counter, defaultdict
from itertools import pairwise

import pyarrow.parquet as pq
import pytest
from training.small_run import scan_short_days

import lowfloat
from lowfloat.base.records import Quotes, empty
from lowfloat.days import DayStore
from lowfloat.days.day import NO_QUOTES
from lowfloat.errors import EmptySplit, ExamError, IndexMismatch
from lowfloat.exam.result import Exam

CALM = "CALM/2025-01-07"
POLICIES = [
    "agent", "do_nothing", "random", "buy_and_hold", "breakout_rule", "first_pullback",
    "vwap_reclaim",
]  # fmt: skip
FILES = ("exam.json", "fills.parquet", "trades.parquet", "equity.parquet")


def rows_of(exam: Exam, name: str) -> dict[tuple[str, str], list[dict]]:
    """Return the rows of a file by policy and day."""
    found = defaultdict(list)
    for row in pq.read_table(exam.folder / f"{name}.parquet").to_pylist():
        found[row["policy"], f"{row['symbol']}/{row['date']}"].append(row)
    return found


def gains_of(exam: Exam) -> dict[tuple[str, str], float]:
    """Return the dollars of each policy and day as the figures say them."""
    return {
        (policy["name"], day): gained
        for policy in exam.figures["policies"]
        for day, gained in zip(exam.figures["symbol_days"], policy["net_pnl"], strict=True)
    }


def test_the_agent_comes_first_and_every_baseline_is_there(examined):
    assert [policy["name"] for policy in examined.figures["policies"]] == POLICIES


def test_every_day_of_the_split_is_there_whatever_it_did(examined, exam_index):
    days = exam_index.days(split="valid")
    assert examined.figures["symbol_days"] == [day.name for day in days]
    calm = next(day for day in days if day.name == CALM)
    assert (calm.is_momentum, calm.alert_second) == (False, None)
    assert any(day.alert_second is not None for day in days)
    assert all(len(policy["net_pnl"]) == 3 for policy in examined.figures["policies"])


def test_a_day_without_quotes_is_left_out_by_name(exam_run, exam_index, tmp_path):
    store = DayStore(tmp_path / "days")
    for day in exam_index.store:
        if day.name == CALM:
            day = dataclasses.replace(day, quotes=empty(Quotes), flags=(NO_QUOTES,))
        store.write(day)
    index = scan_short_days(store, tmp_path / "index")
    exam = lowfloat.examine(exam_run, "valid", index=index.path, out=tmp_path / "exam")
    assert exam.figures["left_out"] == [CALM]
    assert len(exam.figures["symbol_days"]) == 2


def test_no_day_is_left_out_without_need(examined):
    assert examined.figures["left_out"] == []


def test_every_policy_ends_every_day_for_a_reason(examined):
    for policy in examined.figures["policies"]:
        assert sum(policy["end_reasons"].values()) == 3
        assert "RUNNING" not in policy["end_reasons"]


def test_policies_trade_enough_to_be_checked(examined):
    fills = {policy["name"]: policy["fills"] for policy in examined.figures["policies"]}
    assert min(fills["agent"], fills["random"], fills["buy_and_hold"]) > 0


def test_the_profit_of_a_day_is_the_sum_of_its_round_trips(examined):
    trips = rows_of(examined, "trades")
    for key, gained in gains_of(examined).items():
        assert sum(trip["net_pnl"] for trip in trips[key]) == pytest.approx(gained, abs=0.005)


def test_the_cash_flows_of_the_fills_reproduce_the_final_equity(examined):
    fills, trips = rows_of(examined, "fills"), rows_of(examined, "trades")
    for key, gained in gains_of(examined).items():
        cash = sum(
            (fill["price"] if fill["side"] == "sell" else -fill["price"]) * fill["shares"]
            - fill["fee"]
            for fill in fills[key]
        )
        if not any(trip["settled"] for trip in trips[key]):
            assert cash == pytest.approx(gained, abs=0.005)
        assert sum(fill["fee"] for fill in fills[key]) == pytest.approx(
            sum(trip["fees"] for trip in trips[key]), abs=0.005
        )


def test_the_last_equity_of_a_day_is_what_it_gained(examined):
    equity = rows_of(examined, "equity")
    for key, gained in gains_of(examined).items():
        assert equity[key][0]["equity"] == 25_000.0
        assert equity[key][-1]["equity"] - 25_000.0 == pytest.approx(gained, abs=1e-6)
        assert all(a["second"] < b["second"] for a, b in pairwise(equity[key]))


def test_positions_after_fills_add_up_and_end_flat(examined):
    trips = rows_of(examined, "trades")
    for key, fills in rows_of(examined, "fills").items():
        held = 0
        for fill in fills:
            held += fill["shares"] if fill["side"] == "buy" else -fill["shares"]
            assert fill["position_after"] == held >= 0
        assert (held > 0) == any(trip["settled"] for trip in trips[key])


def test_the_figures_of_a_policy_are_the_sums_of_its_rows(examined):
    fills, trips = rows_of(examined, "fills"), rows_of(examined, "trades")
    for policy in examined.figures["policies"]:
        days = examined.figures["symbol_days"]
        done = [fill for day in days for fill in fills[policy["name"], day]]
        made = [trip for day in days for trip in trips[policy["name"], day]]
        assert policy["fills"] == len(done)
        assert policy["trades"] == len(made)
        assert policy["total"] == pytest.approx(sum(policy["net_pnl"]))
        assert policy["mean"] == pytest.approx(policy["total"] / 3)
        assert policy["fees"] == pytest.approx(sum(fill["fee"] for fill in done), abs=1e-6)
        won = sum(trip["net_pnl"] > 1e-9 for trip in made)
        assert policy["win_rate"] == (pytest.approx(won / len(made)) if made else None)
        forced = {(fill["symbol"], fill["date"]) for fill in done if fill["forced"]}
        assert policy["forced_closes"] == len(forced)


def test_seconds_in_position_are_those_between_fills(examined):
    trips = rows_of(examined, "trades")
    for policy in examined.figures["policies"]:
        held = sum(
            trip["exit_second"] - trip["entry_second"] - 1
            for day in examined.figures["symbol_days"]
            for trip in trips[policy["name"], day]
        )
        assert policy["seconds_in_position"] == held


def test_do_nothing_gains_exactly_nothing(examined):
    idle = examined.policy("do_nothing")
    assert idle["net_pnl"] == [0.0, 0.0, 0.0]
    assert (idle["fees"], idle["fills"], idle["trades"], idle["win_rate"]) == (0.0, 0, 0, None)
    assert idle["interval"] == [0.0, 0.0]


def test_buy_and_hold_never_buys_before_the_alert_nor_without_one(examined):
    alerts = examined.figures["alerts"]
    buys = Counter()
    for (policy, day), fills in rows_of(examined, "fills").items():
        if policy == "buy_and_hold":
            bought = [fill["second"] for fill in fills if fill["side"] == "buy"]
            assert all(alerts[day] <= second < alerts[day] + 60 for second in bought)
            buys[day] += len(bought)
    assert buys[CALM] == 0
    assert sum(buys.values()) > 0


def test_the_agent_is_compared_day_by_day_with_each_baseline(examined):
    agent, *others = examined.figures["policies"]
    assert "agent_ahead" not in agent
    for other in others:
        ahead = [a - b for a, b in zip(agent["net_pnl"], other["net_pnl"], strict=True)]
        assert other["agent_ahead"] == pytest.approx(sum(ahead) / 3)
        low, high = other["agent_ahead_interval"]
        assert low <= other["agent_ahead"] <= high


def test_an_exam_sat_twice_gives_the_same_bytes(examined, examined_again):
    for name in FILES:
        assert (examined.folder / name).read_bytes() == (examined_again / name).read_bytes()


def test_the_exam_names_its_run_its_index_and_its_terms(examined, exam_run, exam_index):
    figures = examined.figures
    assert (figures["run"], figures["fingerprint"]) == ("small", exam_run.fingerprint["id"])
    assert (figures["index"], figures["split"]) == (exam_index.id, "valid")
    assert figures["num_timesteps"] == exam_run.status["num_timesteps"]
    assert (figures["starting_cash"], figures["max_position"]) == (25_000.0, 10_000.0)
    assert (figures["start"], figures["confidence"], figures["resamples"]) == (
        "session", 0.95, 10_000,
    )  # fmt: skip


def test_the_exam_is_plain_json_and_opens_again(examined):
    text = (examined.folder / "exam.json").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    assert Exam.open(examined.folder).figures == json.loads(text) == examined.figures


def test_the_exam_prints_one_line_per_policy(examined):
    lines = str(examined).splitlines()
    assert [line.split()[0] for line in lines] == ["policy", *POLICIES]
    assert repr(examined).endswith("valid, 3 days)")


def test_a_folder_without_an_exam_is_refused(tmp_path):
    with pytest.raises(ExamError, match="holds no exam; use the folder that `lowfloat exam"):
        Exam.open(tmp_path)


def test_a_split_without_days_is_refused(exam_run):
    with pytest.raises(EmptySplit, match=r"split 'exam' .* leaves no tradable day"):
        lowfloat.examine(exam_run, "exam")


def test_a_split_that_does_not_exist_is_refused(exam_run):
    with pytest.raises(EmptySplit, match="`split` was 'test'; use one of train, valid, exam"):
        lowfloat.examine(exam_run, "test")


@pytest.fixture(scope="module")
def other_rewards(exam_run, tmp_path_factory) -> Exam:
    """The same exam with rewards turned upside down."""
    return lowfloat.examine(
        exam_run,
        "valid",
        "env.rewards.market_pnl.weight=-3",
        "env.rewards.trading_costs.weight=50",
        out=tmp_path_factory.mktemp("rewards") / "e",
    )


def test_an_exam_never_looks_at_rewards(examined, other_rewards):
    assert other_rewards.figures["policies"] == examined.figures["policies"]
    for name in FILES[1:]:
        found, usual = ((e.folder / name).read_bytes() for e in (other_rewards, examined))
        assert found == usual


def test_an_exam_under_other_terms_than_the_runs_says_so(examined, other_rewards):
    def terms(exam: Exam) -> dict:
        return {key: value for key, value in exam.figures.items() if key != "policies"}

    assert terms(other_rewards) != terms(examined)


@pytest.fixture(scope="module")
def from_alert(exam_run, tmp_path_factory) -> Exam:
    """The exam in which each day begins with its alert."""
    out = tmp_path_factory.mktemp("alert") / "e"
    return lowfloat.examine(exam_run, "valid", "exam.start=alert", out=out)


def test_an_exam_from_the_alert_has_no_fill_before_it(from_alert):
    alerts = from_alert.figures["alerts"]
    assert from_alert.figures["start"] == "alert"
    fills = rows_of(from_alert, "fills")
    for (_, day), rows in fills.items():
        assert min(row["second"] for row in rows) >= alerts[day]
    assert {policy for policy, _ in fills} >= {"agent", "random", "buy_and_hold"}


def test_an_exam_from_the_alert_keeps_the_days_without_one_at_nothing(from_alert, examined):
    assert from_alert.figures["symbol_days"] == examined.figures["symbol_days"]
    calm = {policy: gain for (policy, day), gain in gains_of(from_alert).items() if day == CALM}
    assert calm == dict.fromkeys(POLICIES, 0.0)


def test_buying_the_alert_is_the_same_from_either_start(from_alert, examined):
    found, usual = (exam.policy("buy_and_hold") for exam in (from_alert, examined))
    for own in set(usual) - {"agent_ahead", "agent_ahead_interval"}:
        assert found[own] == usual[own]


def test_held_out_days_that_were_trained_on_are_refused(exam_run, exam_index, tmp_path):
    index = lowfloat.scan(
        exam_index.store.root,
        tmp_path / "index",
        lowfloat.load_config(None, "index.splits.train_end=2025-01-02"),
    )
    trained = set(exam_run.fingerprint["days"])
    assert trained & {day.name for day in index.days(split="valid")}
    with pytest.raises(IndexMismatch, match="SYNA/2025-01"):
        lowfloat.examine(exam_run, "valid", index=index.path, out=tmp_path / "exam")
