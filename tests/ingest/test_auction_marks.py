"""Feeds without sale conditions: what was an auction, what was off exchange, and what was late."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.signing import Print, prints
from vendor_files import folder

from lowfloat.base.clock import NS, session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import Trades, empty
from lowfloat.days import DayStore
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.auctions import (
    AUCTION_PUBLISHERS,
    OFF_EXCHANGE_PUBLISHERS,
    mark_auctions,
)

SESSION = session_of(dt.date(2025, 3, 4))
HALF_DAY = session_of(dt.date(2025, 7, 3))
OPEN, CLOSE = SESSION.regular_open_ns, SESSION.regular_close_ns
NASDAQ, EDGX, CARTERET, MINI = 2, 8, 82, 95
PRICE = 5 * NS


def tape(*rows: Print) -> Trades:
    return prints(sorted(rows, key=lambda row: row.when))


def flow(until: int, count: int = 60, every: int = NS, **fields) -> list[Print]:
    """Ordinary prints of 100 shares that end just before a time."""
    fields = {"publisher": NASDAQ, "side": 1, "confidence": 100} | fields
    return [Print(until - (n + 1) * every, PRICE, **fields) for n in range(count)]


def cross(when: int, size: int = 20_000, **fields) -> Print:
    return Print(when, PRICE, size, **({"publisher": NASDAQ} | fields))


def crosses(trades: Trades, session=SESSION, halts=()) -> list[int]:
    """Mark the prints; return the times of those that became auctions."""
    before = trades.marks.copy()
    mark_auctions(trades, session, halts)
    found = trades.marks & np.uint16(Mark.AUCTION) != 0
    assert not (trades.marks[found] & np.uint16(Mark.TAPE)).any()
    assert np.array_equal(trades.marks[~found], before[~found])
    return trades.ts_recv[found].tolist()


@pytest.mark.parametrize("due", [OPEN, CLOSE], ids=["opening", "closing"])
def test_a_cross_is_marked_and_leaves_the_tape_but_not_the_volume(due: int) -> None:
    when = due + NS // 2
    trades = tape(*flow(due), cross(when), *flow(due + 10 * NS, 5))
    assert crosses(trades) == [when]
    (marks,) = trades.marks[trades.size == 20_000]
    assert Mark(int(marks)) == Mark.LAST | Mark.HIGH_LOW | Mark.VOLUME | Mark.AUCTION


def test_on_a_half_day_the_closing_cross_is_at_13_00() -> None:
    when = HALF_DAY.regular_close_ns + NS // 2
    assert when < session_of(dt.date(2025, 7, 3)).end_ns
    assert crosses(tape(*flow(when), cross(when)), HALF_DAY) == [when]


def test_only_one_print_is_the_cross() -> None:
    rows = [cross(OPEN + n * NS // 10) for n in range(1, 5)]
    assert crosses(tape(*flow(OPEN), *rows)) == [OPEN + NS // 10]


@pytest.mark.parametrize(
    "row",
    [
        cross(OPEN - 1),
        cross(OPEN + 6 * NS),
        cross(OPEN + NS, side=1, confidence=100),
        cross(OPEN + NS, size=900),
        cross(OPEN + NS, publisher=EDGX),
        cross(OPEN + NS, publisher=MINI),
        cross(OPEN + NS, marks=int(Mark.VOLUME)),
        cross(OPEN + NS, marks=int(Mark.ORDINARY | Mark.OFF_EXCHANGE)),
    ],
    ids=["early", "late", "signed", "small", "no listing market", "derived feed", "off the tape",
         "off exchange"],
)  # fmt: skip
def test_a_print_that_is_unlike_a_cross_is_left_as_it_is(row: Print) -> None:
    rows = [*flow(OPEN), *flow(OPEN, publisher=row.publisher)]
    assert crosses(tape(*rows, row)) == []


def test_without_prints_before_it_to_compare_with_none_is_a_cross() -> None:
    assert crosses(tape(*flow(OPEN, 9), cross(OPEN + NS))) == []
    assert crosses(tape(*flow(OPEN, 10), cross(OPEN + NS))) == [OPEN + NS]


def test_a_cross_that_the_feed_marked_itself_is_the_only_one() -> None:
    said = cross(OPEN + 2 * NS, marks=int(Mark.VOLUME | Mark.AUCTION))
    assert crosses(tape(*flow(OPEN), cross(OPEN + NS), said)) == [OPEN + 2 * NS]


def test_a_print_signed_by_a_rule_may_still_be_the_cross() -> None:
    row = cross(OPEN + NS, side=1, confidence=80)
    assert crosses(tape(*flow(OPEN), row)) == [OPEN + NS]


NOON = OPEN + 9_000 * NS


@pytest.mark.parametrize("length", [300, 301, 315, 600, 1_200])
def test_after_a_silence_like_a_pause_the_first_large_print_is_the_cross(length: int) -> None:
    back = NOON + (length - 1) * NS  # the prints before end a second before noon
    trades = tape(*flow(NOON), cross(back, 500), cross(back + NS, 5_000))
    assert crosses(trades) == [back]


@pytest.mark.parametrize("length", [200, 280, 400, 560])
def test_a_silence_of_another_length_is_no_pause(length: int) -> None:
    back = NOON + (length - 1) * NS
    assert crosses(tape(*flow(NOON), cross(back))) == []


def test_a_silence_after_a_quiet_minute_is_no_pause() -> None:
    back = NOON + 299 * NS
    assert crosses(tape(*flow(NOON, every=30 * NS), cross(back))) == []


def test_after_a_known_halt_of_any_length_the_first_large_print_is_the_cross() -> None:
    halt = (NOON, NOON + 1_000 * NS)
    rows = [*flow(NOON), cross(halt[1] + NS, 500)]
    assert crosses(tape(*rows)) == []
    assert crosses(tape(*rows), halts=[halt]) == [halt[1] + NS]


def test_a_large_print_that_is_not_the_first_after_a_halt_is_no_cross() -> None:
    halt = (NOON, NOON + 1_000 * NS)
    first = Print(halt[1] + NS, PRICE, 100, 1, 100, publisher=NASDAQ)
    assert crosses(tape(*flow(NOON), first, cross(halt[1] + 2 * NS)), halts=[halt]) == []


@pytest.mark.parametrize("publisher", sorted(OFF_EXCHANGE_PUBLISHERS))
def test_a_trade_reporting_facility_is_off_exchange(publisher: int) -> None:
    trades = tape(Print(NOON, PRICE, publisher=publisher))
    mark_auctions(trades, SESSION)
    assert Mark(int(trades.marks[0])) == Mark.ORDINARY | Mark.OFF_EXCHANGE


def test_a_print_off_exchange_is_late_after_more_than_a_second() -> None:
    rows = [Print(NOON, PRICE, publisher=CARTERET, made=NOON - lag) for lag in (NS, NS + 1)]
    trades = tape(*rows)
    mark_auctions(trades, SESSION)
    ordinary = Mark.ORDINARY | Mark.OFF_EXCHANGE
    late = Mark.HIGH_LOW | Mark.VOLUME | Mark.OFF_EXCHANGE | Mark.LATE
    assert [Mark(int(m)) for m in trades.marks] == [ordinary, late]


def test_a_print_on_exchange_is_never_late() -> None:
    trades = tape(Print(NOON, PRICE, publisher=NASDAQ, made=NOON - 60 * NS))
    mark_auctions(trades, SESSION)
    assert trades.marks.tolist() == [int(Mark.ORDINARY)]


def test_publishers_are_those_of_the_vendor_by_venue() -> None:
    publishers = pytest.importorskip("databento.common.publishers", reason="knows its publishers")
    stocks = ("XNAS", "XNYS", "XASE", "ARCX", "BATS", "TXSE", "FINN", "FINC", "FINY", "XADF")
    quotes_only = {"XNYS.BBO.XNYS", "XNAS.QBBO.XNAS"}
    told: dict[str, set[int]] = {venue: set() for venue in stocks}
    for publisher in publishers.Publisher:
        venue = publisher.value.split(".")[-1]
        if venue in told and publisher.value not in quotes_only:
            told[venue].add(publisher.to_int())
    off = set().union(*(told[venue] for venue in stocks[6:]))
    assert off == OFF_EXCHANGE_PUBLISHERS
    assert set().union(*(told[venue] for venue in stocks[:6])) == AUCTION_PUBLISHERS


@st.composite
def opening_tapes(draw: st.DrawFn) -> Trades:
    """Draw prints around the open and around noon with a pause there."""
    size = st.sampled_from([1, 100, 500, 5_000])
    venue = st.sampled_from([NASDAQ, EDGX, CARTERET])
    side = st.sampled_from([(0, 0), (1, 100)])
    quiet = flow(OPEN, 12) + flow(NOON, 60)
    rows = [
        Print(when, PRICE, draw(size), *draw(side), publisher=draw(venue),
              made=when - draw(st.sampled_from([0, 2 * NS])))
        for start in (OPEN, NOON + 299 * NS)
        for when in (start + n * NS // 2 for n in draw(st.lists(st.integers(-3, 12), max_size=8)))
    ]  # fmt: skip
    return tape(*quiet, *rows)


@given(trades=opening_tapes())
def test_a_mark_does_not_depend_on_later_prints(trades: Trades) -> None:
    whole = trades._replace(marks=trades.marks.copy())
    mark_auctions(whole, SESSION)
    for rows in range(len(trades.marks)):
        part = Trades(*(column[:rows].copy() for column in trades))
        mark_auctions(part, SESSION)
        assert np.array_equal(part.marks, whole.marks[:rows])


@given(trades=opening_tapes())
def test_marking_twice_equals_once(trades: Trades) -> None:
    mark_auctions(trades, SESSION)
    once = trades.marks.copy()
    mark_auctions(trades, SESSION)
    assert np.array_equal(trades.marks, once)


def test_no_print_is_no_trouble() -> None:
    mark_auctions(empty(Trades), SESSION)


def test_a_derived_feed_without_auctions_gets_no_mark_on_any_real_day(tmp_path) -> None:
    store = DayStore(tmp_path)
    ingest_databento(folder("mlgo") / "trades", store)
    for day in store:
        trades = day.trades._replace(marks=np.full_like(day.trades.marks, int(Mark.ORDINARY)))
        mark_auctions(trades, day.session, day.halts)
        assert (trades.marks == int(Mark.ORDINARY)).all(), day.name
