"""What holds on every synthetic day, and that a day is a pure function of its seed."""

import datetime as dt
import subprocess
import sys

import numpy as np
import pytest
from reference.signing import signs

from lowfloat.base.clock import sessions_between
from lowfloat.base.codes import Mark, MomentumPhase
from lowfloat.base.records import Trades
from lowfloat.days import DayStore
from lowfloat.days.signing import sign
from lowfloat.errors import ConfigError, DayExists, NotASession
from lowfloat.synth import synth_days, synthesize
from lowfloat.synth.generate import symbol_name

HALF_DAY = dt.date(2024, 11, 29)


def manifest_ids(store):
    return [store.manifest(*key)["id"] for key in store.days()]


def same_tables(day, other):
    return all(
        np.array_equal(mine, theirs)
        for table in ("trades", "quotes", "status")
        for mine, theirs in zip(getattr(day, table), getattr(other, table), strict=True)
    )


def on_the_grid(nanodollars):
    units = nanodollars // 100_000
    step = np.where(units >= 10_000, 100, 1)
    return (nanodollars % 100_000 == 0) & (units % step == 0)


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    stores = [DayStore(tmp_path / name) for name in ("one", "two")]
    for store in stores:
        synthesize(store, 3, seed=5, symbols=2)
    assert manifest_ids(stores[0]) == manifest_ids(stores[1])


def test_another_seed_makes_other_days():
    (day, _), (other, _) = next(synth_days(1, seed=5)), next(synth_days(1, seed=6))
    assert not np.array_equal(day.trades.price, other.trades.price)


def test_another_process_writes_the_same_bytes(tmp_path):
    here, there = DayStore(tmp_path / "here"), DayStore(tmp_path / "there")
    synthesize(here, 2, seed=5)
    code = (
        "import sys; from lowfloat.days import DayStore; from lowfloat.synth import synthesize; "
        "synthesize(DayStore(sys.argv[1]), 2, seed=5)"
    )
    subprocess.run([sys.executable, "-c", code, str(there.root)], check=True)
    assert manifest_ids(here) == manifest_ids(there)


def test_more_days_and_symbols_leave_the_others_as_they_were():
    few = {day.name: day for day, _ in synth_days(2, seed=5)}
    many = {day.name: day for day, _ in synth_days(4, seed=5, symbols=2)}
    assert len(many) == 8
    assert all(same_tables(day, many[name]) for name, day in few.items())


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
        "halted": np.int8,
        "drift": np.float32,
    }
    assert all(np.array_equal(stored[name], truth[name]) for name in truth)


def test_a_day_names_what_it_was_made_from():
    day, _ = next(synth_days(1, seed=5))
    assert (day.vendor, day.dataset) == ("synth", "lowfloat-synth-1")
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
    ],
)
def test_a_number_out_of_bounds_is_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        synth_days(**arguments)


def test_days_beyond_the_exchange_calendar_are_refused():
    with pytest.raises(NotASession, match="beyond the exchange calendar"):
        synth_days(2_000, seed=1)


def test_every_day_keeps_the_rules_of_its_tables(many_days):
    for day, _ in many_days:
        assert day.check() is day


def test_the_book_is_never_crossed_or_locked(many_days):
    for day, _ in many_days:
        quotes = day.quotes
        both = (quotes.bid_price > 0) & (quotes.ask_price > 0)
        assert (quotes.bid_price[both] < quotes.ask_price[both]).all()


def test_quotes_stand_on_the_tick_grid(many_days):
    for day, _ in many_days:
        assert on_the_grid(day.quotes.bid_price).all()
        assert on_the_grid(day.quotes.ask_price).all()


def test_prints_and_changes_of_the_book_share_one_run_of_numbers(many_days):
    for day, _ in many_days:
        numbers = np.concatenate([day.quotes.sequence, day.trades.sequence])
        order = np.argsort(numbers)
        assert np.array_equal(numbers[order], np.arange(1, len(numbers) + 1))
        for clock in ("ts_event", "ts_recv"):
            times = np.concatenate([getattr(day.quotes, clock), getattr(day.trades, clock)])
            assert (np.diff(times[order]) >= 0).all()


def test_every_row_of_the_quotes_changes_one_side_of_the_book(many_days):
    for day, _ in many_days:
        quotes = day.quotes
        bid = (np.diff(quotes.bid_price) != 0) | (np.diff(quotes.bid_size) != 0)
        ask = (np.diff(quotes.ask_price) != 0) | (np.diff(quotes.ask_size) != 0)
        assert (bid ^ ask).all()
        assert set(np.unique(quotes.action)) <= set(b"ACM")
        assert not quotes.flags.any()


def row_before(day):
    """Return, for each print, the row of the book that stood when it was made."""
    return np.searchsorted(day.quotes.sequence, day.trades.sequence) - 1


def test_an_aggressor_trades_at_the_quote_and_within_its_size(many_days):
    for day, _ in many_days:
        quotes, trades, row = day.quotes, day.trades, row_before(day)
        seen = trades.confidence == 100
        bought, sold = seen & (trades.side > 0), seen & (trades.side < 0)
        assert bought.any()
        assert sold.any()
        assert np.array_equal(trades.price[bought], quotes.ask_price[row][bought])
        assert np.array_equal(trades.price[sold], quotes.bid_price[row][sold])
        assert (trades.size[bought] <= quotes.ask_size[row][bought]).all()
        assert (trades.size[sold] <= quotes.bid_size[row][sold]).all()


def test_the_row_after_an_aggressors_print_takes_its_shares_from_the_book(many_days):
    for day, _ in many_days:
        quotes, trades, row = day.quotes, day.trades, row_before(day)
        for side, way in (("ask", 1), ("bid", -1)):
            hit = np.flatnonzero((trades.confidence == 100) & (trades.side == way))
            hit = hit[row[hit] + 1 < len(quotes.sequence)]  # the session may end between the two
            before, after = row[hit], row[hit] + 1
            price, size = getattr(quotes, f"{side}_price"), getattr(quotes, f"{side}_size")
            assert np.array_equal(quotes.sequence[after], trades.sequence[hit] + 1)
            left = size[before] - trades.size[hit]
            stands = price[after] == price[before]
            assert np.array_equal(stands, left > 0)
            assert np.array_equal(size[after][stands], left[stands])
            assert (way * (price[after] - price[before])[~stands] > 0).all()


def test_a_print_without_an_aggressor_lies_within_the_book_and_leaves_it_alone(many_days):
    for day, _ in many_days:
        quotes, trades, row = day.quotes, day.trades, row_before(day)
        unseen = np.flatnonzero((trades.confidence < 100) & (trades.marks & Mark.AUCTION == 0))
        before = row[unseen]
        both = (quotes.bid_price[before] > 0) & (quotes.ask_price[before] > 0)
        assert both.all()
        assert (trades.price[unseen] >= quotes.bid_price[before]).all()
        assert (trades.price[unseen] <= quotes.ask_price[before]).all()


def test_an_aggressor_that_is_not_seen_is_inferred_as_at_ingest(many_days):
    inferred = 0
    for day, _ in many_days[:6]:
        few = Trades(*(column[:200] for column in day.trades))
        found = list(zip(few.side.tolist(), few.confidence.tolist(), strict=True))
        assert found == signs(few, day.quotes)
        inferred += (few.confidence < 100).sum()
    assert inferred > 300


def test_signing_a_day_again_changes_nothing(many_days):
    for day, _ in many_days:
        again = sign(day.trades, day.quotes)
        assert all(map(np.array_equal, again, day.trades))
        assert set(np.unique(day.trades.confidence)) <= {0, 60, 80, 100}
        assert np.array_equal(day.trades.side == 0, day.trades.confidence == 0)


def test_odd_lots_are_marked_and_count_for_everything(many_days):
    for day, _ in many_days:
        odd = day.trades.marks & Mark.ODD_LOT != 0
        assert np.array_equal(odd, day.trades.size < 100)
        assert (day.trades.marks[odd] == Mark.ORDINARY | Mark.ODD_LOT).all()


def test_records_arrive_20_to_300_microseconds_after_the_event(many_days):
    for day, _ in many_days:
        for table in (day.trades, day.quotes):
            delay = table.ts_recv - table.ts_event
            assert delay.min() >= 20_000
            assert delay.max() <= 300_000


def test_the_first_quote_comes_soon_after_four(many_days):
    for day, _ in many_days:
        assert day.quotes.ts_recv[0] < day.session.ns(30)


def test_the_open_and_the_close_are_auctions_without_an_aggressor(many_days):
    for day, _ in many_days:
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


def test_the_closing_price_is_that_of_the_closing_auction(many_days):
    for day, _ in many_days:
        last = np.flatnonzero(day.trades.marks & Mark.AUCTION)[-1]
        assert day.closing_price == day.trades.price[last]


def test_some_books_of_the_thin_hours_are_one_sided_but_none_is_empty(many_days):
    one_sided = 0
    for day, _ in many_days:
        no_bid, no_ask = day.quotes.bid_price[1:] == 0, day.quotes.ask_price[1:] == 0
        assert not (no_bid & no_ask).any()
        one_sided += (no_bid | no_ask).sum()
    assert one_sided > 100


def test_nothing_trades_in_a_halt(many_days):
    for day, _ in many_days:
        for begin, end in day.halts:
            for clock in (day.trades.ts_event, day.trades.ts_recv):
                assert not ((clock > begin) & (clock < end)).any()


def test_a_halt_ends_with_an_auction(many_days):
    for day, _ in many_days:
        for _, end in day.halts:
            after = np.searchsorted(day.trades.ts_recv, end)
            assert day.trades.marks[after] & Mark.AUCTION
            assert day.trades.ts_recv[after] - end < 5_000_000


def test_the_status_reads_as_the_exchange_sends_it(many_days):
    for day, _ in many_days:
        status, session = day.status, day.session
        assert status.action[:3].tolist() == [7, 1, 7]
        assert status.is_trading[:3].tolist() == [0, 1, 1]
        assert status.is_short_sell_restricted[:3].tolist() == [-1, 0, 0]
        assert status.ts_event[0] < session.start_ns
        assert status.ts_event[1:3].tolist() == [session.start_ns, session.regular_open_ns]
        pauses = status.action == 9
        assert (status.reason[pauses] == 50).all()
        assert (status.is_trading[pauses] == 0).all()
        assert len(day.halts) == pauses.sum()


def test_short_sales_are_restricted_from_the_first_print_ten_percent_down(many_days):
    restricted_days = 0
    previous_close, symbol = None, ""
    for day, _ in many_days:
        if day.symbol == symbol:
            regular = day.trades.ts_event >= day.session.regular_open_ns
            regular &= day.trades.ts_event < day.session.regular_close_ns
            low = np.flatnonzero(regular & (10 * day.trades.price <= 9 * previous_close))
            changes = day.status.ts_event[day.status.action == 14]
            assert len(changes) == min(len(low), 1)
            if len(low):
                assert changes[0] == day.trades.ts_event[low[0]]
                assert day.status.is_short_sell_restricted[-1] == 1
                restricted_days += 1
        previous_close, symbol = day.closing_price, day.symbol
    assert restricted_days > 0


def test_the_truth_is_halted_exactly_where_the_status_is(many_days):
    for day, truth in many_days:
        expected = np.zeros(day.session.seconds, np.int8)
        pauses = day.status.ts_event[day.status.action == 9]
        for begin in pauses:
            end = day.status.ts_event[day.status.ts_event > begin][0]
            expected[day.session.second(begin) : day.session.second(end) + 1] = 1
        assert np.array_equal(truth["halted"], expected)
        assert np.array_equal(truth["phase"] == MomentumPhase.HALTED, expected == 1)
        assert not truth["drift"][expected == 1].any()


def test_a_day_goes_on_from_the_close_before(many_days):
    previous = {}
    for day, truth in many_days:
        if day.symbol in previous and not truth["phase"].any():
            quotes = day.quotes
            both = np.flatnonzero((quotes.bid_price > 0) & (quotes.ask_price > 0))[0]
            mid = (quotes.bid_price[both] + quotes.ask_price[both]) / 2
            assert abs(mid / previous[day.symbol] - 1) < 0.25
        previous[day.symbol] = day.closing_price


def test_a_half_day_ends_at_five_and_closes_at_one():
    day, truth = next(synth_days(1, seed=3, first=HALF_DAY))
    assert day.date == HALF_DAY
    assert day.session.seconds == 13 * 3600
    assert len(truth["phase"]) == 13 * 3600
    day.check()
    moment = day.session.regular_close_ns
    near = (day.trades.ts_event >= moment) & (day.trades.ts_event < moment + 5_000_000)
    assert (day.trades.marks[near] & Mark.AUCTION).any()
    assert day.quotes.ts_recv[-1] < day.session.end_ns
