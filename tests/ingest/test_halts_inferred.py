"""Halts from a list, and halts inferred from tapes on which it is known where they are."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowfloat.base.clock import NS, new_york_ns, session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import (
    HALT,
    LULD_PAUSE,
    MAYBE_BAD_BOOK,
    NEWS_PENDING,
    PAUSE,
    TRADING,
    Quotes,
    Trades,
    empty,
)
from lowfloat.days import Day, DayStore
from lowfloat.errors import FeedError
from lowfloat.ingest import halts
from lowfloat.ingest.halts import (
    InferredHalt,
    ListedHalt,
    infer_halts,
    status_from_inferred,
    status_from_list,
)
from lowfloat.synth import Options, synth_days

DATE = dt.date(2025, 3, 25)
SESSION = session_of(DATE)
OPEN, CLOSE = SESSION.regular_open_ns, SESSION.regular_close_ns
DOLLAR = 10**9
NO_QUOTES = empty(Quotes)


def prints(times, price=5 * DOLLAR, size=100, marks=Mark.ORDINARY, lag_ns=200_000):
    n = len(times)
    times = np.asarray(times, np.int64)
    return Trades(
        ts_event=times - lag_ns, ts_recv=times, price=np.full(n, price, np.int64),
        size=np.full(n, size, np.int32), side=np.ones(n, np.int8),
        confidence=np.full(n, 100, np.uint8), marks=np.full(n, marks, np.uint16),
        publisher=np.zeros(n, np.uint16), sequence=np.arange(n, dtype=np.uint32),
    )  # fmt: skip


def book(times, bid=5 * DOLLAR, ask=5 * DOLLAR + DOLLAR // 100, size=100):
    n = len(times)
    times = np.asarray(times, np.int64)
    bid, ask = np.broadcast_to(bid, n).astype(np.int64), np.broadcast_to(ask, n).astype(np.int64)
    size = np.broadcast_to(size, n)
    return Quotes(
        ts_event=times, ts_recv=times, bid_price=bid, ask_price=ask,
        bid_size=np.where(bid > 0, size, 0).astype(np.int32),
        ask_size=np.where(ask > 0, size, 0).astype(np.int32),
        action=np.full(n, ord("A"), np.uint8), flags=np.zeros(n, np.uint8),
        publisher=np.zeros(n, np.uint16), sequence=np.arange(n, dtype=np.uint32),
    )  # fmt: skip


def joined(*tables):
    rows = [np.concatenate(columns) for columns in zip(*tables, strict=True)]
    order = np.argsort(rows[1], kind="stable")
    return type(tables[0])(*(column[order] for column in rows))


def every(seconds, begin, end):
    return np.arange(begin, end, round(seconds * NS))


def flickering(times):
    """A book that goes on: each second change adds shares."""
    return book(times, size=np.where(np.arange(len(times)) % 2, 200, 100))


BUSY_UNTIL = OPEN + 3600 * NS


def only(found):
    assert len(found) == 1
    return found[0]


# From a list


def test_a_listed_pause_becomes_a_stop_and_a_resumption_that_are_certain():
    status = status_from_list([ListedHalt(OPEN + 5 * NS, OPEN + 305 * NS, "LUDP")])
    assert status.action.tolist() == [PAUSE, TRADING]
    assert status.reason.tolist() == [LULD_PAUSE, 0]
    assert status.ts_recv.tolist() == [OPEN + 5 * NS, OPEN + 305 * NS]
    assert status.is_trading.tolist() == [0, 1]
    assert status.is_short_sell_restricted.tolist() == [-1, -1]
    assert status.confidence.tolist() == [100, 100]


@pytest.mark.parametrize(
    ("code", "action", "reason"),
    [("T1", HALT, NEWS_PENDING), (" ludp ", PAUSE, LULD_PAUSE), ("M", PAUSE, LULD_PAUSE),
     ("T12", HALT, 70), ("H10", HALT, 14), ("ZZ9", HALT, 0)],
)  # fmt: skip
def test_the_code_of_a_list_says_why_and_an_unknown_one_halts_too(code, action, reason):
    status = status_from_list([ListedHalt(OPEN, OPEN + NS, code)])
    assert (status.action[0], status.reason[0]) == (action, reason)


def test_a_halt_that_has_not_ended_has_no_resumption():
    status = status_from_list([ListedHalt(OPEN, 0, "T1")])
    assert status.is_trading.tolist() == [0]


def test_halts_that_overlap_end_with_the_last_of_them():
    rows = [
        ListedHalt(OPEN + 50 * NS, OPEN + 400 * NS, "T2"),
        ListedHalt(OPEN, OPEN + 100 * NS, "T1"),
        ListedHalt(OPEN + 500 * NS, OPEN + 600 * NS, "LUDP"),
    ]
    status = status_from_list(rows)
    assert ((status.ts_recv - OPEN) // NS).tolist() == [0, 50, 400, 500, 600]
    assert status.is_trading.tolist() == [0, 0, 1, 0, 1]


def test_a_halt_of_another_day_stands_from_midnight_and_one_that_lasts_has_no_end():
    rows = [
        ListedHalt(OPEN - 10**15, OPEN + NS, "T12"),
        ListedHalt(OPEN + 5 * NS, CLOSE + 10**15, "T1"),
        ListedHalt(OPEN - 2 * 10**15, OPEN - 10**15, "T1"),
        ListedHalt(SESSION.end_ns, 0, "T1"),
    ]
    status = status_from_list(rows, SESSION)
    assert status.ts_recv.tolist() == [new_york_ns(DATE, 0), OPEN + NS, OPEN + 5 * NS]


@pytest.mark.parametrize("times", [(0, 5), (-1, 0), (OPEN, OPEN - 1)])
def test_a_listed_halt_without_a_time_or_that_ends_before_it_begins_is_refused(times):
    with pytest.raises(FeedError, match="`T1` runs from"):
        status_from_list([ListedHalt(*times, "T1")])


# Inferred


def at_the_band():
    """A price that jumps to the band of a $5 stock, 15 s of limit state, a pause, a reopening."""
    calm = prints(every(0.5, OPEN, BUSY_UNTIL), 5 * DOLLAR)
    jump = prints(every(0.25, BUSY_UNTIL, BUSY_UNTIL + 15 * NS), 5_500_000_000)
    begin = BUSY_UNTIL + 15 * NS
    after = prints(every(0.5, begin + 300 * NS, CLOSE), 5_700_000_000)
    return joined(calm, jump, after), begin


def around(begin):
    """Times of a lively book before and after a pause."""
    return np.append(every(0.3, OPEN, begin), every(0.3, begin + 300 * NS, CLOSE))


def test_a_pause_at_the_band_is_found_from_prints_alone():
    trades, begin = at_the_band()
    halt = only(infer_halts(trades, NO_QUOTES, SESSION, 5 * DOLLAR))
    assert halt.probability > 0.9
    assert halt.reason == LULD_PAUSE
    assert abs(halt.from_ns - begin) < NS
    assert abs(halt.to_ns - begin - 300 * NS) < NS


def test_a_book_that_freezes_with_the_tape_makes_it_surer_and_one_that_goes_on_refutes_it():
    trades, begin = at_the_band()
    frozen = flickering(around(begin))
    alive = flickering(every(0.3, OPEN, CLOSE))
    chances = [
        halts.candidates(trades, quotes, SESSION, 5 * DOLLAR)[0][0].probability
        for quotes in (alive, NO_QUOTES, frozen)
    ]
    assert chances[0] < 0.5 < chances[1] < chances[2]
    assert infer_halts(trades, alive, SESSION, 5 * DOLLAR) == []
    halt = only(infer_halts(trades, frozen, SESSION, 5 * DOLLAR))
    assert 0 <= begin - halt.from_ns <= NS // 1000


def test_orders_that_are_only_withdrawn_leave_a_book_frozen():
    trades, begin = at_the_band()
    withdrawn = book(begin + np.arange(1, 90) * NS, size=np.arange(99, 10, -1))
    quotes = joined(flickering(around(begin)), withdrawn)
    assert only(infer_halts(trades, quotes, SESSION, 5 * DOLLAR)).probability > 0.99


@pytest.mark.parametrize(
    ("bid", "ask"),
    [(6 * DOLLAR, 5 * DOLLAR), (5 * DOLLAR, 5 * DOLLAR), (0, 6 * DOLLAR), (6 * DOLLAR, 0)],
)
def test_a_book_that_gathers_crossed_locked_or_one_sided_speaks_for_a_halt(bid, ask):
    trades, begin = at_the_band()
    inside = every(0.3, begin, begin + 300 * NS)
    sizes = np.where(np.arange(len(inside)) % 2, 200, 100)
    quotes = joined(flickering(around(begin)), book(inside, bid, ask, sizes))
    assert only(infer_halts(trades, quotes, SESSION, 5 * DOLLAR)).probability > 0.95


def test_a_book_that_the_feed_itself_doubts_speaks_for_nothing():
    trades, begin = at_the_band()
    inside = every(0.3, begin, begin + 300 * NS)
    alternating = np.arange(len(inside)) % 2
    broken = book(
        inside, np.where(alternating, 0, 5 * DOLLAR), np.where(alternating, 0, 6 * DOLLAR)
    )
    broken.flags[alternating == 1] |= MAYBE_BAD_BOOK
    quotes = joined(flickering(around(begin)), broken)
    assert infer_halts(trades, quotes, SESSION, 5 * DOLLAR) == []


def test_a_quiet_stock_is_not_halted():
    times = OPEN + np.cumsum(np.random.default_rng(1).exponential(240 * NS, 97).astype(np.int64))
    assert infer_halts(prints(times[times < CLOSE]), NO_QUOTES, SESSION, 5 * DOLLAR) == []


def test_a_busy_tape_and_an_empty_one_hold_no_halt():
    assert infer_halts(prints(every(1, OPEN, CLOSE)), NO_QUOTES, SESSION) == []
    assert infer_halts(empty(Trades), NO_QUOTES, SESSION) == []
    assert infer_halts(prints([OPEN - NS]), NO_QUOTES, SESSION) == []


def test_silence_outside_regular_hours_is_no_halt():
    early, late = (
        every(0.5, OPEN - 3600 * NS, OPEN - 1200 * NS),
        every(0.5, CLOSE, CLOSE + 600 * NS),
    )
    assert infer_halts(prints(np.append(early, late)), NO_QUOTES, SESSION) == []


def news(seconds):
    """Prints twice a second and a livelier book, then nothing, then both again."""
    end = BUSY_UNTIL + seconds * NS
    trades = prints(np.append(every(0.5, OPEN, BUSY_UNTIL + 1), every(0.5, end, CLOSE)))
    return trades, flickering(np.append(every(0.2, OPEN, BUSY_UNTIL), every(0.2, end, CLOSE)))


def test_a_long_frozen_silence_of_no_usual_length_is_a_halt_for_news():
    trades, quotes = news(3_170)
    halt = only(infer_halts(trades, quotes, SESSION, 5 * DOLLAR))
    assert halt.reason == NEWS_PENDING
    assert halt.from_ns == BUSY_UNTIL
    assert BUSY_UNTIL + 3_169 * NS < halt.to_ns <= BUSY_UNTIL + 3_170 * NS


def test_quotes_gathering_for_the_auction_do_not_end_a_halt_for_news():
    trades, quotes = news(3_170)
    end = BUSY_UNTIL + 3_170 * NS
    halt = only(
        infer_halts(trades, joined(quotes, flickering(every(0.2, end - 250 * NS, end))), SESSION)
    )
    assert halt.to_ns > end - NS


def test_a_halt_from_which_nothing_trades_any_more_has_no_end():
    trades = prints(every(0.5, OPEN, BUSY_UNTIL + 1))
    halt = only(infer_halts(trades, flickering(every(0.2, OPEN, BUSY_UNTIL)), SESSION))
    assert (halt.from_ns, halt.to_ns, halt.reason) == (BUSY_UNTIL, 0, NEWS_PENDING)
    assert status_from_inferred([halt]).is_trading.tolist() == [0]


def test_the_end_of_the_data_is_no_halt():
    trades = prints(every(0.5, OPEN, BUSY_UNTIL))
    quotes = flickering(every(0.2, OPEN, BUSY_UNTIL))
    assert infer_halts(trades, quotes, SESSION, coverage_end_ns=BUSY_UNTIL + 1200 * NS) == []


@pytest.mark.parametrize("date", [DATE, dt.date(2025, 11, 28)])
def test_a_pause_of_the_last_ten_minutes_is_found_up_to_the_closing_print(date):
    session = session_of(date)
    begin, end = session.regular_close_ns - 200 * NS, session.regular_close_ns + NS // 2
    calm = prints(every(0.2, begin - 3600 * NS, begin - 10 * NS), 5 * DOLLAR)
    jump = prints(every(0.2, begin - 10 * NS, begin), 5_500_000_000)
    trades = joined(calm, jump, prints([end], 5_600_000_000, 5_000, Mark.ORDINARY | Mark.AUCTION))
    halt = only(infer_halts(trades, NO_QUOTES, session, 5 * DOLLAR))
    assert begin - NS < halt.from_ns < begin
    assert end - NS < halt.to_ns <= end
    assert halt.reason == LULD_PAUSE


def test_only_what_reaches_the_close_may_be_shorter_than_a_pause():
    trades = prints(every(0.5, OPEN, CLOSE - 4000 * NS))
    quotes = flickering(
        np.append(every(0.5, OPEN, CLOSE - 4000 * NS), CLOSE - np.array([3900, 3800]) * NS)
    )
    found = [halt for halt, _ in halts.candidates(trades, quotes, SESSION)]
    assert [(halt.from_ns, halt.to_ns) for halt in found] == [(CLOSE - 3800 * NS, 0)]


def test_a_print_that_is_reported_late_does_not_break_the_silence():
    trades, begin = at_the_band()
    late = joined(trades, prints([begin + 60 * NS], marks=Mark.VOLUME | Mark.LATE))
    assert infer_halts(late, NO_QUOTES, SESSION) == infer_halts(trades, NO_QUOTES, SESSION)


def test_a_reopening_marked_as_an_auction_makes_it_surer():
    trades, begin = at_the_band()
    plain = only(infer_halts(trades, NO_QUOTES, SESSION, 5 * DOLLAR))
    trades.marks[np.searchsorted(trades.ts_recv, begin + 300 * NS)] |= np.uint16(Mark.AUCTION)
    assert only(infer_halts(trades, NO_QUOTES, SESSION, 5 * DOLLAR)).probability > plain.probability


def test_without_a_previous_close_the_opening_price_stands_in():
    trades, _ = at_the_band()
    known = infer_halts(trades, NO_QUOTES, SESSION, 5 * DOLLAR)
    assert infer_halts(trades, NO_QUOTES, SESSION) == known


def test_status_from_inferred_halts_says_how_sure_it_is():
    status = status_from_inferred(
        [
            InferredHalt(OPEN, OPEN + 300 * NS, LULD_PAUSE, 0.873),
            InferredHalt(OPEN + 900 * NS, OPEN + 2900 * NS, NEWS_PENDING, 0.51),
        ]
    )
    assert status.action.tolist() == [PAUSE, TRADING, HALT, TRADING]
    assert status.confidence.tolist() == [87, 87, 51, 51]


GAPS = st.lists(
    st.sampled_from(
        [10**6, NS // 2, NS, 20 * NS, 285 * NS, 300 * NS, 310 * NS, 600 * NS, 900 * NS]
    ),
    min_size=2,
    max_size=60,
)


@settings(max_examples=60)
@given(gaps=GAPS, burst=st.integers(1, 60), lag=st.integers(0, 2 * NS), seed=st.integers(0, 99))
def test_an_inferred_halt_never_covers_a_print_by_either_clock(gaps, burst, lag, seed):
    rng = np.random.default_rng(seed)
    times = OPEN + np.cumsum(gaps)
    times = np.unique(np.concatenate([times + i * NS // 4 for i in range(burst)]))
    times = times[times < SESSION.end_ns]
    trades = prints(times, rng.integers(4, 7) * DOLLAR)
    trades.ts_event[:] = times - rng.integers(0, lag + 1, len(times))
    added = np.sort(rng.choice(times, min(len(times), 500))) + rng.integers(0, 3 * NS)
    added = added[added < SESSION.end_ns]
    for quotes in (NO_QUOTES, flickering(added)):
        for halt, _ in halts.candidates(trades, quotes, SESSION, 5 * DOLLAR):
            end = halt.to_ns or SESSION.end_ns
            assert halt.from_ns < end
            inside = (times > halt.from_ns) & (times < end)
            assert not inside.any()
            prompt = times - trades.ts_event <= NS
            made = trades.ts_event[prompt]
            assert not ((made > halt.from_ns) & (made < end)).any()


# On synthetic days


@pytest.fixture(scope="module")
def days():
    """Days on which stocks were paused, from a market that knows when."""
    return [day for day, _ in synth_days(30, seed=18, options=Options(active=1.0)) if day.halts]


def hits(day, quotes):
    found = infer_halts(day.trades, quotes, day.session)
    real = [
        any(abs(h.from_ns - a) < 30 * NS and abs(h.to_ns - b) < NS for h in found)
        for a, b in day.halts
    ]
    return sum(real), len(real), len(found)


def test_every_pause_of_a_synthetic_market_is_found_and_nothing_else(days):
    found, real, inferred = np.sum([hits(day, day.quotes) for day in days], axis=0)
    assert real >= 10
    assert found == real == inferred


def test_most_pauses_of_a_synthetic_market_are_found_from_its_prints_alone(days):
    found, real, inferred = np.sum([hits(day, NO_QUOTES) for day in days], axis=0)
    assert found >= 0.75 * real
    assert found >= 0.95 * inferred


def test_a_day_made_of_inferred_halts_has_the_halts_of_the_real_one(days):
    for day in days:
        found = infer_halts(day.trades, day.quotes, day.session)
        made = Day(
            day.symbol, day.date, day.session, day.coverage_end_ns, day.trades, day.quotes,
            status_from_inferred(found), "test", flags=(halts.HALTS_INFERRED,),
        ).check()  # fmt: skip
        for ours, real in zip(made.halts, day.halts, strict=True):
            # A book that nobody changed for a while before the pause may be taken for paused.
            assert -5 * NS < ours[0] - real[0] <= NS // 100
            assert ours[1] == pytest.approx(real[1], abs=NS // 100)


def test_stored_days_are_read_where_they_lie_with_one_signature_of_each_kernel(days, tmp_path):
    store = DayStore(tmp_path)
    day = days[0]
    store.write(day)
    mapped = store[day.symbol, day.date]
    assert not mapped.trades.price.flags.writeable
    assert infer_halts(mapped.trades, mapped.quotes, day.session) == infer_halts(
        day.trades, day.quotes, day.session
    )
    for kernel in (halts._follow, halts._mark_additions):
        assert len(kernel.signatures) == 1


def test_an_inferred_halt_is_never_as_sure_as_one_that_was_told() -> None:
    sure = InferredHalt(5 * NS, 305 * NS, LULD_PAUSE, 0.9999)
    assert status_from_inferred([sure]).confidence.tolist() == [99, 99]
