"""Prints without an aggressor get the one that the tape tells, and only what it told before."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from reference.signing import MILLISECOND, Book, Print, books, prints, signs, tapes
from reference.tapes import synthetic_days

from lowfloat.base.codes import Mark
from lowfloat.base.records import MAYBE_BAD_BOOK, Quotes, Trades, empty
from lowfloat.days.signing import no_carry, sign, sign_in_place

BID, MIDDLE, ASK = 5_000_000_000, 5_010_000_000, 5_020_000_000
BOOK = Book(10, BID, ASK)
OFF = int(Mark.ORDINARY | Mark.OFF_EXCHANGE)
CENT = 10_000_000


def told(trades: Trades) -> list[tuple[int, int]]:
    return list(zip(trades.side.tolist(), trades.confidence.tolist(), strict=True))


def signed(rows: list[Print], *quotes: Book) -> list[tuple[int, int]]:
    return told(sign(prints(rows), books(quotes)))


@given(tape=tapes())
def test_any_tape_is_signed_as_the_plain_rules_say(tape: tuple[Trades, Quotes]) -> None:
    assert told(sign(*tape)) == signs(*tape)


@given(tape=tapes())
def test_signing_twice_equals_once(tape: tuple[Trades, Quotes]) -> None:
    once = sign(*tape)
    assert told(sign(once, tape[1])) == told(once)


@given(tape=tapes())
def test_prints_signed_in_blocks_equal_those_signed_at_once(tape: tuple[Trades, Quotes]) -> None:
    trades, quotes = tape
    blocks = Trades(*(column.copy() for column in trades))
    carry = no_carry()
    for first in range(0, len(trades.price), 3):
        sign_in_place(Trades(*(column[first : first + 3] for column in blocks)), quotes, carry)
    assert told(blocks) == told(sign(trades, quotes))


@given(tape=tapes())
def test_nothing_received_from_a_print_on_bears_on_its_sign(tape: tuple[Trades, Quotes]) -> None:
    trades, quotes = tape
    whole = told(sign(trades, quotes))
    for row in range(len(trades.price)):
        known = Trades(*(column[: row + 1] for column in trades))
        before = int(np.searchsorted(quotes.ts_recv, trades.ts_recv[row]))
        past = Quotes(*(column[:before] for column in quotes))
        assert told(sign(known, past)) == whole[: row + 1]


@given(tape=tapes())
def test_the_arrays_given_are_left_as_they_are(tape: tuple[Trades, Quotes]) -> None:
    before = [column.copy() for table in tape for column in table]
    sign(*tape)
    for column, copy in zip([c for table in tape for c in table], before, strict=True):
        assert np.array_equal(column, copy)


def test_a_synthetic_day_is_signed_as_the_plain_rules_say() -> None:
    day = synthetic_days()[0]
    trades = Trades(*(column[:400] for column in day.trades))
    last = int(np.searchsorted(day.quotes.ts_recv, trades.ts_recv[-1]))
    quotes = Quotes(*(column[:last] for column in day.quotes))
    hidden = trades._replace(
        side=np.zeros_like(trades.side), confidence=np.zeros_like(trades.confidence)
    )
    for prints_of_it in (trades, hidden):
        assert told(sign(prints_of_it, quotes)) == signs(prints_of_it, quotes)


def test_a_synthetic_day_is_signed_and_signing_it_again_changes_nothing() -> None:
    day = synthetic_days()[0]
    assert {60, 80, 100} <= set(day.trades.confidence.tolist())
    assert told(sign(day.trades, day.quotes)) == told(day.trades)


def test_a_print_at_or_beyond_the_touch_is_of_that_side() -> None:
    rows = [Print(20, ASK), Print(21, ASK + CENT), Print(22, BID), Print(23, BID - CENT)]
    assert signed(rows, BOOK) == [(1, 80), (1, 80), (-1, 80), (-1, 80)]


def test_a_print_off_the_middle_is_of_the_nearer_side() -> None:
    assert signed([Print(20, MIDDLE + 1), Print(21, MIDDLE - 1)], BOOK) == [(1, 80), (-1, 80)]


def test_at_the_middle_the_last_different_price_decides() -> None:
    rows = [Print(20, BID), Print(21, MIDDLE), Print(22, MIDDLE), Print(23, ASK), Print(24, MIDDLE)]
    assert signed(rows, BOOK) == [(-1, 80), (1, 60), (1, 60), (1, 80), (-1, 60)]


def test_a_first_print_at_the_middle_has_no_side() -> None:
    assert signed([Print(20, MIDDLE)], BOOK) == [(0, 0)]


def test_a_book_received_at_the_very_moment_of_the_print_is_not_used() -> None:
    rows = [Print(20, MIDDLE)]
    assert signed(rows, BOOK, Book(20, BID - CENT, ASK - CENT)) == [(0, 0)]
    assert signed(rows, BOOK, Book(19, BID - CENT, ASK - CENT)) == [(1, 80)]


@pytest.mark.parametrize(
    "book",
    [
        Book(10, ASK, BID),
        Book(10, BID, BID),
        Book(10, 0, ASK),
        Book(10, BID, 0),
        Book(10, BID, ASK, MAYBE_BAD_BOOK),
    ],
    ids=["crossed", "locked", "no bid", "no offer", "doubtful"],
)
def test_without_a_sound_book_the_tick_rule_decides(book: Book) -> None:
    assert signed([Print(20, BID), Print(21, ASK)], book) == [(0, 0), (1, 60)]


def test_a_print_off_exchange_meets_the_book_of_when_it_was_made() -> None:
    earlier, later = Book(0, BID, ASK), Book(50 * MILLISECOND, ASK, ASK + 2 * CENT)
    when, made = 60 * MILLISECOND, 55 * MILLISECOND
    assert signed([Print(when, ASK, made=made)], earlier, later) == [(-1, 80)]
    assert signed([Print(when, ASK, marks=OFF, made=made)], earlier, later) == [(1, 80)]


def test_a_print_off_exchange_stamped_late_meets_no_book_of_after_its_receipt() -> None:
    quotes = (Book(0, BID, ASK), Book(20, ASK, ASK + 2 * CENT))
    assert signed([Print(10, ASK, marks=OFF, made=10**9)], *quotes) == [(1, 80)]


def test_off_exchange_without_a_book_just_under_a_cent_bought_and_just_over_it_sold() -> None:
    whole = 5 * 10**9
    rows = [Print(20 + n, whole + n * CENT // 10, marks=OFF) for n in (1, 3, 5, 7, 9)]
    # The middle of a cent tells nothing of its own: there the price had risen.
    assert signed(rows) == [(-1, 60), (-1, 60), (1, 60), (1, 60), (1, 60)]


def test_the_book_comes_before_the_fraction_of_a_cent() -> None:
    rows = [Print(20 * MILLISECOND, ASK - 1_000_000 - CENT // 2, marks=OFF)]
    assert signed(rows, BOOK) == [(1, 80)]


def test_on_exchange_or_below_a_dollar_the_fraction_of_a_cent_tells_nothing() -> None:
    assert signed([Print(20, 5_009_000_000)]) == [(0, 0)]
    assert signed([Print(20, 509_900_000, marks=OFF)]) == [(0, 0)]


@pytest.mark.parametrize(
    "marks", [Mark.VOLUME, Mark.ORDINARY | Mark.LATE, Mark.ORDINARY | Mark.AUCTION]
)
def test_a_print_off_the_tape_a_late_one_and_an_auction_are_not_signed(marks: Mark) -> None:
    rows = [Print(20, BID), Print(21, ASK, marks=int(marks))]
    assert signed(rows, BOOK) == [(-1, 80), (0, 0)]


def test_after_an_auction_ticks_are_counted_from_its_price() -> None:
    cross = Print(21, ASK, marks=int(Mark.VOLUME | Mark.LAST | Mark.AUCTION))
    assert signed([Print(20, BID), cross, Print(22, MIDDLE)])[-1] == (-1, 60)


def test_the_side_that_the_feed_tells_stands_whatever_the_book_says() -> None:
    rows = [Print(20, ASK, side=-1, confidence=100), Print(21, ASK, side=-1, confidence=80)]
    assert signed(rows, BOOK) == [(-1, 100), (1, 80)]


def test_columns_that_cannot_be_written_are_refused() -> None:
    trades = prints([Print(20, ASK)])
    trades.side.flags.writeable = False
    with pytest.raises(ValueError, match=r"`trades\.side` was read-only"):
        sign_in_place(trades, empty(Quotes))


def test_columns_mapped_from_files_are_signed_where_they_lie(tmp_path: Path) -> None:
    trades, quotes = prints([Print(20, ASK), Print(21, BID)]), books([BOOK])
    for name in ("side", "confidence"):
        np.save(tmp_path / f"{name}.npy", getattr(trades, name))
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r+") for name in
              ("side", "confidence")}  # fmt: skip
    sign_in_place(trades._replace(**mapped), quotes)
    for column in mapped.values():
        column.flush()
    assert np.load(tmp_path / "side.npy").tolist() == [1, -1]
    assert np.load(tmp_path / "confidence.npy").tolist() == [80, 80]


def test_a_tape_without_prints_is_left_empty() -> None:
    assert told(sign(empty(Trades), books([BOOK]))) == []
