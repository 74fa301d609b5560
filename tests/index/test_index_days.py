"""The rows of an index: what a day was, by hand."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from reference.day_walk import Second
from reference.market_columns import MidReader
from reference.tapes import P, Q, closed_at, make_day, nasty_day, ns, resume, stop

from lowfloat.base.clock import sessions_between
from lowfloat.base.codes import Mark
from lowfloat.days import Day, DayStore
from lowfloat.errors import DayNotFound
from lowfloat.index import Index, MomentumIndexBuilder, scan
from lowfloat.index.asof import first_alert
from lowfloat.index.config import AlertConfig, IndexConfig, SplitConfig
from lowfloat.index.index import IndexedDay
from lowfloat.tape.column import Tape

OPEN, CLOSE = 19_800, 43_200
SESSIONS = sessions_between(dt.date(2025, 1, 2), dt.date(2025, 3, 31))
QUOTES = [Q(ns(100), 4.0, 4.02)]


def row(day: Day, store: DayStore, tmp_path) -> IndexedDay:
    store.write(day)
    return scan(store, tmp_path / "index").days()[-1]


def test_the_prices_of_a_day_are_those_of_its_prints(store, tmp_path) -> None:
    prints = [
        P(ns(500), 3.0, 100), P(ns(OPEN) - 1, 3.5, 200), P(ns(OPEN) + 7, 4.0, 300),
        P(ns(OPEN) + 8, 4.5, 300), P(ns(30_000), 6.0, 50), P(ns(CLOSE) - 1, 5.0, 10),
        P(ns(CLOSE), 7.0, 40),
    ]  # fmt: skip
    day = row(make_day(QUOTES, trades=prints), store, tmp_path)
    assert (day.open, day.high, day.low, day.close) == (4.0, 7.0, 3.0, 5.0)
    assert day.volume == 1000
    assert day.max_move == pytest.approx((7.0 - 3.0) / 4.0)
    assert day.is_momentum


def test_a_day_that_never_trades_after_the_open_opens_with_its_first_print(store, tmp_path) -> None:
    prints = [P(ns(500) + 5, 3.0), P(ns(501), 3.3)]
    day = row(make_day(QUOTES, trades=prints), store, tmp_path)
    assert (day.open, day.close) == (3.0, 3.3)
    assert day.max_move == pytest.approx(0.1)


def test_a_day_that_trades_only_outside_the_regular_session_opens_with_its_first_print(
    store, tmp_path
) -> None:
    prints = [P(ns(500), 3.0), P(ns(501), 3.2), P(ns(CLOSE), 3.3)]
    day = row(make_day(QUOTES, trades=prints), store, tmp_path)
    assert (day.open, day.close) == (3.0, 3.2)


def test_a_print_makes_the_prices_and_the_volume_that_its_marks_say(store, tmp_path) -> None:
    prints = [
        P(ns(OPEN), 9.0, 10, marks=Mark.TAPE),
        P(ns(OPEN), 8.0, 20, marks=Mark.VOLUME | Mark.ODD_LOT),
        P(ns(OPEN) + 1, 4.0, 40, marks=Mark.LAST),
        P(ns(OPEN) + 2, 5.0, 80, marks=Mark.HIGH_LOW),
        P(ns(OPEN) + 3, 4.5, 160, marks=Mark.HIGH_LOW | Mark.VOLUME),
        P(ns(CLOSE) - 1, 4.2, 320, marks=Mark.LAST | Mark.VOLUME),
        P(ns(CLOSE) - 1, 1.0, 640, marks=0),
    ]
    day = row(make_day(QUOTES, trades=prints), store, tmp_path)
    assert (day.open, day.high, day.low, day.close) == (4.0, 5.0, 4.5, 4.2)
    assert day.volume == 20 + 160 + 320
    assert day.max_move == pytest.approx((5.0 - 4.5) / 4.0)


def test_the_auctions_are_the_open_and_the_close(store, tmp_path) -> None:
    cross = Mark.ORDINARY & ~Mark.TAPE | Mark.AUCTION
    prints = [
        P(ns(OPEN), 3.9, 100), P(ns(OPEN + 2), 4.0, 9_000, 0, cross), P(ns(30_000), 6.0, 100),
        P(ns(CLOSE) - 1, 5.0, 100), P(ns(CLOSE + 1), 5.2, 5_000, 0, cross), P(ns(CLOSE + 9), 5.5),
    ]  # fmt: skip
    day = row(make_day(QUOTES, trades=prints), store, tmp_path)
    assert (day.open, day.close) == (4.0, 5.2)


def test_the_official_prices_win_over_the_auctions(store, tmp_path) -> None:
    prints = [
        P(ns(OPEN + 2), 4.0, 9_000, 0, Mark.ORDINARY | Mark.AUCTION),
        P(ns(OPEN + 3), 4.1, 9_000, 0, Mark.OFFICIAL_OPEN),
        P(ns(CLOSE + 1), 5.2, 5_000, 0, Mark.ORDINARY | Mark.AUCTION),
        P(ns(CLOSE + 60), 5.3, 5_000, 0, Mark.OFFICIAL_CLOSE),
    ]
    day = row(make_day(QUOTES, trades=prints), store, tmp_path)
    assert (day.open, day.close) == (4.1, 5.3)
    assert (day.high, day.low, day.volume) == (5.2, 4.0, 14_000)


def test_a_day_without_prints_has_no_move(store, tmp_path) -> None:
    day = row(make_day(QUOTES), store, tmp_path)
    assert (day.open, day.high, day.low, day.close, day.volume, day.max_move) == (0,) * 6
    assert day.gap is None
    assert day.volume_ratio is None
    assert day.alert_second is None
    assert not day.is_momentum
    assert day.tradable


@pytest.mark.parametrize(("high", "momentum"), [(4.39, False), (4.40, True)])
def test_a_momentum_day_moves_a_tenth_of_its_open(high, momentum, store, tmp_path) -> None:
    prints = [P(ns(OPEN), 4.0), P(ns(OPEN + 9), high)]
    assert row(make_day(QUOTES, trades=prints), store, tmp_path).is_momentum is momentum


def test_halts_are_counted(store, tmp_path) -> None:
    status = [stop(ns(20_000)), resume(ns(20_300)), stop(ns(20_400)), resume(ns(20_700))]
    assert row(make_day(QUOTES, status), store, tmp_path).num_halts == 2


@pytest.fixture(scope="module")
def thirty(tmp_path_factory) -> Index:
    """The index of thirty days of two symbols with one print and volumes 100, 200, ..."""
    folder = tmp_path_factory.mktemp("thirty")
    store = DayStore(folder / "days")
    for number, date in enumerate(SESSIONS[:25], start=1):
        prints = [P(ns(OPEN + 5), number / 2, 100 * number), P(ns(CLOSE + 5), 99.0, 1)]
        store.write(make_day(QUOTES, trades=prints, date=date))
    for number, date in enumerate(SESSIONS[3:8], start=1):
        prints = [P(ns(OPEN + 5), 7.0 * number, 5)]
        store.write(make_day(QUOTES, trades=prints, date=date, symbol="OTHER"))
    return scan(store, folder / "index")


def test_the_volume_ratio_is_over_the_mean_of_the_20_sessions_before(thirty: Index) -> None:
    days = thirty.days("HAND")
    assert days[0].volume_ratio is None
    for number, day in enumerate(days[1:], start=2):
        before = [100 * n + 1 for n in range(max(1, number - 20), number)]
        usual = round(sum(before) / len(before))  # whole shares
        assert day.volume_ratio == (100 * number + 1) / usual


def test_the_previous_close_is_that_of_the_regular_session_before(thirty: Index) -> None:
    days = thirty.days("HAND")
    assert days[0].previous_close == 0.0
    assert [day.previous_close for day in days[1:]] == [n / 2 for n in range(1, 25)]


def test_the_gap_is_the_open_over_the_previous_close(thirty: Index) -> None:
    days = thirty.days("HAND")
    assert days[0].gap is None
    for before, day in pairwise(days):
        assert day.gap == pytest.approx(day.open / before.close - 1.0)


def test_the_history_of_a_symbol_is_its_own(thirty: Index) -> None:
    days = thirty.days("OTHER")
    assert days[0].previous_close == 0.0
    assert [day.previous_close for day in days[1:]] == [7.0, 14.0, 21.0, 28.0]
    assert [day.volume_ratio for day in days] == [None, 1.0, 1.0, 1.0, 1.0]


def test_the_history_of_one_symbol_can_be_scanned_alone(thirty: Index) -> None:
    rows = MomentumIndexBuilder().scan_symbol_history(
        thirty.store, "HAND", SESSIONS[10], SESSIONS[12]
    )
    known = {day.date: day for day in thirty.days("HAND")}
    assert [row["date"] for row in rows] == SESSIONS[10:13]
    for found in rows:
        assert found["volume_ratio"] == known[found["date"]].volume_ratio
        assert found["previous_close"] == known[found["date"]].previous_close


def test_a_day_without_quotes_is_told_of_but_cannot_be_traded(store, tmp_path) -> None:
    prints = [P(ns(OPEN), 4.0), P(ns(OPEN + 50), 8.0)]
    day = replace(make_day([], trades=prints, date=SESSIONS[0]), flags=("no_quotes",))
    store.write(day)
    store.write(make_day(QUOTES, trades=prints, date=SESSIONS[1]))
    index = scan(store, tmp_path / "index")
    first, second = index.days()
    assert (first.tradable, first.flags, first.resets) == (False, "no_quotes", 0)
    assert first.max_move == 1.0
    assert index.resets("HAND", SESSIONS[0]) == []
    assert second.tradable
    assert second.previous_close == 8.0
    assert index.days(tradable=True) == [second]


def test_days_with_rebuilt_quotes_are_tradable_in_the_training_split_only(store, tmp_path) -> None:
    for number, date in enumerate(SESSIONS[:10]):
        day = make_day(QUOTES, trades=[P(ns(OPEN), 4.0)], date=date)
        flags = ("no_status", "quotes_rebuilt") if number % 2 else ()
        store.write(replace(day, flags=flags))
    splits = SplitConfig(train_end=SESSIONS[3], valid_end=SESSIONS[6], embargo_sessions=1)
    index = scan(store, tmp_path / "index", IndexConfig(splits=splits))
    found = [(day.split, day.flags, day.tradable) for day in index.days()]
    rebuilt = "no_status,quotes_rebuilt"
    assert found == [
        ("train", "", True), ("train", rebuilt, True),
        ("train", "", True), ("train", rebuilt, True),
        ("embargo", "", True), ("valid", rebuilt, False), ("valid", "", True),
        ("embargo", rebuilt, False), ("exam", "", True), ("exam", rebuilt, False),
    ]  # fmt: skip


def test_a_day_with_rebuilt_quotes_keeps_its_reset_points(store, tmp_path) -> None:
    day = replace(make_day(QUOTES, trades=[P(ns(OPEN), 4.0)]), flags=("quotes_rebuilt",))
    assert row(day, store, tmp_path).resets == 5  # those of the clock, and a dead zone


def test_the_number_of_resets_is_that_of_the_points(six_indexed: Index) -> None:
    for day in six_indexed.days():
        assert day.resets == len(six_indexed.resets(day.symbol, day.date))


def test_the_quality_of_a_day_lies_between_0_and_1(six_indexed: Index) -> None:
    assert all(0.0 <= day.quality_score <= 1.0 for day in six_indexed.days())


def test_a_day_that_is_not_indexed_is_not_found(six_indexed: Index) -> None:
    with pytest.raises(DayNotFound, match=r"no day SYNA 2024-01-02 in .*; see `Index.days\(\)`"):
        six_indexed.resets("SYNA", "2024-01-02")


def alert_of(day: Day, previous_close: float, config: AlertConfig) -> int | None:
    return first_alert(Tape(day, closed_at(day, previous_close)), config)


def alert_by_hand(seconds: list[Second], previous_close: float, config: AlertConfig) -> int | None:
    base = previous_close or next((now.mid for now in seconds if now.mid is not None), 0.0)
    for second in range(1, 57_601):
        now = seconds[second - 1]
        if now.mid is None or now.mid < base * (1 + config.min_gain):
            continue
        minute = seconds[max(second - 60, 0) : second]
        value = sum(past.value for past in minute)
        if now.so_far >= config.min_volume and value >= config.min_minute_value and not now.halted:
            return second
    return None


@pytest.fixture(scope="module")
def alerts(six_days: DayStore, six_indexed: Index) -> list[tuple[Day, float, int | None]]:
    return [
        (six_days[row.symbol, row.date], row.previous_close, row.alert_second)
        for row in six_indexed.days()
    ]


def test_an_alert_comes_at_the_first_second_at_which_all_its_terms_were_met(alerts) -> None:
    config = AlertConfig()
    for day, previous_close, alert in alerts:
        seconds = MidReader(day).seconds
        assert alert == alert_by_hand(seconds, previous_close, config), day.name
    assert {alert is None for _, _, alert in alerts} == {True, False}


@pytest.mark.parametrize("seed", range(4))
def test_an_alert_counts_only_the_prints_that_count_for_volume(seed) -> None:
    day, previous_close = nasty_day(seed), 0.01
    seconds = MidReader(day).seconds
    for config in (
        AlertConfig(min_gain=0.0, min_volume=400_000, min_minute_value=0.0),
        AlertConfig(min_gain=0.02, min_volume=1, min_minute_value=900_000.0),
    ):
        alert = alert_of(day, previous_close, config)
        assert alert == alert_by_hand(seconds, previous_close, config)
        assert alert is not None


def test_an_alert_before_a_cut_does_not_depend_on_what_came_after_it(alerts) -> None:
    config = AlertConfig()
    for day, previous_close, alert in alerts:
        for cut in {alert or 30_000, (alert or 30_000) - 1, 25_000, 50_000}:
            known = alert_of(until(day, cut), previous_close, config)
            assert (known if known is not None and known <= cut else None) == (
                alert if alert is not None and alert <= cut else None
            )


def until(day: Day, second: int) -> Day:
    end = day.session.ns(second)
    parts = {}
    for name in ("trades", "quotes", "status"):
        table = getattr(day, name)
        kept = table.ts_recv < end
        parts[name] = type(table)(*(column[kept] for column in table))
    return replace(day, coverage_end_ns=end, **parts)


def test_nothing_alerts_in_a_halt() -> None:
    quotes = [Q(ns(100), 4.0, 4.02), Q(ns(20_000), 6.0, 6.02)]
    prints = [P(ns(20_001), 6.0, 90_000), P(ns(20_500), 6.0, 90_000)]
    status = [stop(ns(19_990)), resume(ns(20_400))]
    assert alert_of(make_day(quotes, status, prints), 4.0, AlertConfig()) == 20_501
    assert alert_of(make_day(quotes, (), prints), 4.0, AlertConfig()) == 20_002


def test_without_a_previous_close_the_gain_is_over_the_first_price() -> None:
    quotes = [Q(ns(100), 4.0, 4.02), Q(ns(200), 4.4, 4.42)]
    day = make_day(quotes, trades=[P(ns(201), 4.4, 60_000)])
    assert alert_of(day, 0.0, AlertConfig(min_gain=0.09)) == 202
    assert alert_of(day, 0.0, AlertConfig(min_gain=0.11)) is None
    assert alert_of(day, 3.9, AlertConfig(min_gain=0.11)) == 202
