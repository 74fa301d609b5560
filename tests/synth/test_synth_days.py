"""What holds on every synthetic day: its tables, its feed, its status and its truth."""

import datetime as dt

import numpy as np
import pytest
from reference.luld_rules import restricts_tomorrow
from reference.signing import signs
from synth.driven import HALF_DATE

from lowfloat.base.clock import sessions_between
from lowfloat.base.codes import Mark, MomentumPhase, Pattern, Scenario
from lowfloat.base.records import Trades
from lowfloat.days import DayStore
from lowfloat.days.signing import sign
from lowfloat.errors import ConfigError, DayExists, NotASession
from lowfloat.synth import synth_days, synthesize
from lowfloat.synth.day import DATASET
from lowfloat.synth.generate import symbol_name
from lowfloat.synth.options import Options


def manifest_ids(store):
    return [store.manifest(*key)["id"] for key in store.days()]


def same_tables(day, other):
    return all(
        np.array_equal(mine, theirs)
        for table in ("trades", "quotes", "status")
        for mine, theirs in zip(getattr(day, table), getattr(other, table), strict=True)
    )


# Making and storing them


def test_synthesizing_again_changes_nothing_and_gives_the_same_names(tmp_path):
    store = DayStore(tmp_path)
    seen = []
    names = synthesize(store, 2, seed=5, symbols=2, progress=lambda *at: seen.append(at))
    before = manifest_ids(store)
    assert synthesize(store, 2, seed=5, symbols=2) == names
    assert manifest_ids(store) == before
    assert names == ["SYNA/2025-01-02", "SYNA/2025-01-03", "SYNB/2025-01-02", "SYNB/2025-01-03"]
    assert seen == [(name, done, 4) for done, name in enumerate(names, start=1)]


def test_a_store_with_days_of_another_seed_is_left_as_it_is(tmp_path):
    store = DayStore(tmp_path)
    synthesize(store, 1, seed=5)
    before = manifest_ids(store)
    with pytest.raises(DayExists, match="never overwritten"):
        synthesize(store, 1, seed=6)
    assert manifest_ids(store) == before


def test_a_stored_day_comes_back_with_its_truth(tmp_path):
    store = DayStore(tmp_path)
    synthesize(store, 1, seed=5)
    day, truth = next(synth_days(1, seed=5))
    stored = store.truth("SYNA", "2025-01-02")
    assert same_tables(store["SYNA", "2025-01-02"], day)
    assert {name: values.dtype for name, values in stored.items()} == {
        "phase": np.int8,
        "scenario": np.int8,
        "pattern": np.int8,
        "halted": np.int8,
        "drift": np.float32,
        "value": np.float64,
        "bought": np.int64,
        "sold": np.int64,
        "signal": np.int8,
    }
    assert all(np.array_equal(stored[name], truth[name]) for name in truth)


def test_a_day_names_what_it_was_made_from():
    day, _ = next(synth_days(1, seed=5))
    assert (day.vendor, day.dataset) == ("synth", DATASET)
    assert day.sources[0][0] == "synth seed=5 symbol=SYNA day=0"
    assert day.coverage_end_ns == day.session.end_ns


def test_days_are_consecutive_sessions_from_the_first():
    first = dt.date(2025, 5, 24)  # a Saturday before a holiday
    dates = [day.date for day, _ in synth_days(3, seed=1, first=first)]
    assert dates == sessions_between(first, dt.date(2025, 5, 29))


@pytest.mark.parametrize(
    ("index", "name"), [(0, "SYNA"), (25, "SYNZ"), (26, "SYNAA"), (26 * 27, "SYNAAA")]
)
def test_symbols_count_on_in_letters(index, name):
    assert symbol_name(index) == name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(days=0, seed=1), "`days` was 0; use 1 to 5000"),
        (dict(days=1, seed=-1), "`seed` was -1; use 0 to"),
        (dict(days=1, seed=1, symbols=0), "`symbols` was 0; use 1 to"),
        (dict(days=1, seed=1, options=Options(mix="best")), "`mix` was 'best'; use one of"),
        (dict(days=1, seed=1, options=Options(active=1.1)), "`active` was 1.1; use 0 to 1"),
        (dict(days=1, seed=1, options=Options(edge=-1.0)), "`edge` was -1.0; use 0 to 2"),
        (dict(days=1, seed=1, options=Options(edge=0.0, planted_edge=1.0)), "`planted_edge` was"),
        (dict(days=1, seed=1, options=Options(planted_edge=0.02)), "needs `edge` 0"),
    ],
)
def test_what_is_out_of_bounds_is_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        synth_days(**arguments)


def test_days_beyond_the_exchange_calendar_are_refused():
    with pytest.raises(NotASession, match="beyond the exchange calendar"):
        synth_days(2_000, seed=1)


def test_a_half_day_ends_at_five_and_closes_at_one():
    day, truth = next(synth_days(1, seed=3, first=HALF_DATE))
    assert day.date == HALF_DATE
    assert day.session.seconds == 13 * 3600
    assert {len(values) for values in truth.values()} == {13 * 3600}
    day.check()
    moment = day.session.regular_close_ns
    near = (day.trades.ts_event >= moment) & (day.trades.ts_event < moment + 5_000_000)
    assert (day.trades.marks[near] & Mark.AUCTION).any()
    assert day.quotes.ts_recv[-1] < day.session.end_ns


# The feed


def test_every_day_keeps_the_rules_of_its_tables(all_days):
    for day, _ in all_days:
        assert day.check() is day


def test_prints_and_changes_of_the_book_share_one_run_of_numbers(all_days):
    for day, _ in all_days:
        numbers = np.concatenate([day.quotes.sequence, day.trades.sequence])
        order = np.argsort(numbers)
        assert np.array_equal(numbers[order], np.arange(1, len(numbers) + 1))
        for clock in ("ts_event", "ts_recv"):
            times = np.concatenate([getattr(day.quotes, clock), getattr(day.trades, clock)])
            assert (np.diff(times[order]) >= 0).all()


def test_records_arrive_20_to_300_microseconds_after_the_event(all_days):
    for day, _ in all_days:
        for table in (day.trades, day.quotes):
            delay = table.ts_recv - table.ts_event
            assert delay.min() >= 20_000
            assert delay.max() <= 300_000


def test_an_aggressor_that_is_not_seen_is_inferred_as_at_ingest(many_days):
    inferred = 0
    for day, _ in many_days[:6]:
        few = Trades(*(column[:200] for column in day.trades))
        found = list(zip(few.side.tolist(), few.confidence.tolist(), strict=True))
        assert found == signs(few, day.quotes)
        inferred += (few.confidence < 100).sum()
    assert inferred > 300


def test_signing_a_day_again_changes_nothing(all_days):
    for day, _ in all_days:
        again = sign(day.trades, day.quotes)
        assert all(map(np.array_equal, again, day.trades))
        assert set(np.unique(day.trades.confidence)) <= {0, 60, 80, 100}
        assert np.array_equal(day.trades.side == 0, day.trades.confidence == 0)


def test_odd_lots_are_marked_and_count_for_everything(all_days):
    for day, _ in all_days:
        odd = day.trades.marks & Mark.ODD_LOT != 0
        assert np.array_equal(odd, day.trades.size < 100)
        assert (day.trades.marks[odd] == Mark.ORDINARY | Mark.ODD_LOT).all()


def test_the_open_and_the_close_are_auctions_without_an_aggressor(all_days):
    for day, _ in all_days:
        trades, session = day.trades, day.session
        crosses = np.flatnonzero(trades.marks & Mark.AUCTION)
        assert (trades.marks[crosses] == Mark.ORDINARY & ~Mark.TAPE | Mark.AUCTION).all()
        assert not trades.side[crosses].any()
        assert not trades.confidence[crosses].any()
        assert (trades.size[crosses] >= 100).all()
        for moment in (session.regular_open_ns, session.regular_close_ns):
            since = trades.ts_event[crosses] - moment
            assert ((since >= 0) & (since < 5_000_000)).sum() == 1
        at_halts = sum(end < session.regular_close_ns for _, end in day.halts)
        assert len(crosses) == 2 + at_halts


def test_the_closing_price_is_that_of_the_closing_auction(all_days):
    for day, _ in all_days:
        last = np.flatnonzero(day.trades.marks & Mark.AUCTION)[-1]
        assert day.closing_price == day.trades.price[last]


# The status


def test_nothing_trades_in_a_halt(all_days):
    for day, _ in all_days:
        for begin, end in day.halts:
            for clock in (day.trades.ts_event, day.trades.ts_recv):
                assert not ((clock > begin) & (clock < end)).any()


def test_a_halt_ends_with_an_auction(all_days):
    for day, _ in all_days:
        for _, end in day.halts:
            after = np.searchsorted(day.trades.ts_recv, end)
            assert day.trades.marks[after] & Mark.AUCTION
            assert day.trades.ts_recv[after] - end < 5_000_000


def test_the_status_reads_as_the_exchange_sends_it(all_days):
    for day, _ in all_days:
        status, session = day.status, day.session
        assert status.action[:3].tolist() == [7, 1, 7]
        assert status.is_trading[:3].tolist() == [0, 1, 1]
        assert status.is_short_sell_restricted[0] == -1
        assert status.ts_event[0] < session.start_ns
        assert status.ts_event[1:3].tolist() == [session.start_ns, session.regular_open_ns]
        assert (np.diff(status.ts_event) >= 0).all()
        pauses = status.action == 9
        assert (status.reason[pauses] == 50).all()
        assert (status.is_trading[pauses] == 0).all()
        assert len(day.halts) == pauses.sum()


def test_a_fall_of_ten_percent_restricts_short_sales_for_two_days(many_days):
    carried, triggered = 0, 0
    previous = {}
    for day, _ in many_days:
        flags = day.status.is_short_sell_restricted[1:]
        if day.symbol in previous:
            close, restricted = previous[day.symbol]
            falls = restricts_tomorrow(day, close)
            assert (flags[:2] == restricted).all()
            assert flags[-1] == (restricted or falls)
            assert (day.status.action == 14).sum() == (falls and not restricted)
            carried, triggered = carried + restricted, triggered + falls
            previous[day.symbol] = day.closing_price, falls
        else:
            previous[day.symbol] = day.closing_price, bool((day.status.action == 14).any())
    assert carried > 0
    assert triggered > 0


# The truth


def test_the_truth_is_halted_exactly_where_the_status_is(all_days):
    for day, truth in all_days:
        expected = np.zeros(day.session.seconds, np.int8)
        pauses = day.status.ts_event[day.status.action == 9]
        resumed = day.status.ts_event[day.status.action == 7]
        for begin in pauses:
            end = resumed[resumed > begin][0]
            expected[day.session.second(begin) : day.session.second(end) + 1] = 1
        assert np.array_equal(truth["halted"], expected)
        assert np.array_equal(truth["phase"] == MomentumPhase.HALTED, expected == 1)
        assert not truth["drift"][expected == 1].any()


def test_the_truth_holds_codes_that_are_known(all_days):
    for _, truth in all_days:
        for name, codes in (("phase", MomentumPhase), ("scenario", Scenario), ("pattern", Pattern)):
            assert set(np.unique(truth[name])) <= set(codes)
        assert (truth["value"] > 0).all()
        assert not truth["signal"].any()


def test_the_book_stands_around_the_value(all_days):
    for day, truth in all_days:
        quotes, session = day.quotes, day.session
        seconds = np.arange(60, session.seconds)
        row = np.searchsorted(quotes.ts_event, session.start_ns + seconds * 10**9) - 1
        bid, ask = quotes.bid_price[row] / 1e9, quotes.ask_price[row] / 1e9
        both = (bid > 0) & (ask > 0) & (truth["halted"][60:] == 0)
        ratio = (bid + ask)[both] / 2 / truth["value"][60:][both]
        assert abs(np.median(ratio) - 1) < 0.01


def test_what_aggressors_traded_is_the_volume_without_auctions(all_days):
    for day, truth in all_days:
        shares = day.trades.size[day.trades.marks & Mark.AUCTION == 0].sum(dtype=np.int64)
        assert truth["bought"].sum() + truth["sold"].sum() == shares


def test_a_day_goes_on_from_the_close_before(many_days):
    previous = {}
    for day, truth in many_days:
        if day.symbol in previous and truth["scenario"].max() < Scenario.CLEAN_MOMENTUM:
            assert abs(np.log(truth["value"][0] / previous[day.symbol])) < 0.4
        previous[day.symbol] = day.closing_price / 1e9
