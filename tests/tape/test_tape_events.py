"""What single prints and changes of the book say, told on tapes of a few records."""

import numpy as np
import pytest
from reference.tapes import P, Q, make_day, ns
from tape.told import told_of

from lowfloat.base.codes import Mark
from lowfloat.base.records import MAYBE_BAD_BOOK, SNAPSHOT
from lowfloat.days.seconds import per_second
from lowfloat.tape.column import Tape
from lowfloat.tape.events import Events, events

BID, ASK = 0, 1
SIDES = pytest.mark.parametrize("side", [BID, ASK])
FAR = {BID: (4.10, 4.50), ASK: (3.50, 3.90)}  # the other side, and one beyond this one


def book(when: float, side: int, price: float, size: int, flags: int = 0) -> Q:
    """Return a book state with a price and a size on one side; the other stands still."""
    if side == BID:
        return Q(ns(when), price, 5.0, size, 100, flags=flags)
    return Q(ns(when), 3.0, price, 100, size, flags=flags)


def taken(when: float, side: int, price: float, size: int, marks: Mark = Mark.ORDINARY) -> P:
    """Return a print that takes from a side: a sale takes from the bid."""
    return P(ns(when), price, size, -1 if side == BID else 1, int(marks))


def walked(quotes: list[Q], trades: list[P]) -> Events:
    return events(Tape(make_day(quotes, trades=trades)))


def total(counts: np.ndarray, side: int, second: int = 10) -> int:
    """Return the sum from a second on; what comes first is put before it."""
    return int(counts[second:, side].sum())


@SIDES
def test_size_that_falls_by_more_than_was_traded_was_pulled(side: int) -> None:
    quotes = [book(1, side, 4.0, 1000), book(10.5, side, 4.0, 500)]
    found = walked(quotes, [taken(10.4, side, 4.0, 300)])
    assert (total(found.pulled, side), total(found.stacked, side)) == (200, 0)
    assert total(found.executed, side) == 300


@SIDES
def test_size_that_falls_by_less_than_was_traded_was_refilled_out_of_sight(side: int) -> None:
    quotes = [book(1, side, 4.0, 1000), book(10.5, side, 4.0, 800)]
    found = walked(quotes, [taken(10.4, side, 4.0, 500)])
    assert (total(found.pulled, side), total(found.stacked, side)) == (0, 300)


@SIDES
def test_a_lost_level_was_pulled_but_for_what_was_traded_and_what_shows_is_not_new(side) -> None:
    worse = 3.99 if side == BID else 4.01
    quotes = [book(1, side, 4.0, 1000), book(10.5, side, worse, 700)]
    for traded, pulled in ((0, 1000), (400, 600), (1000, 0), (1500, 0)):
        trades = [taken(10.4, side, 4.0, traded)] if traded else []
        found = walked(quotes, trades)
        assert (total(found.pulled, side), total(found.stacked, side)) == (pulled, 0)
        assert (total(found.worsened, side), total(found.improved, side)) == (1, 0)


@SIDES
def test_a_better_price_was_stacked(side: int) -> None:
    better = 4.01 if side == BID else 3.99
    found = walked([book(1, side, 4.0, 1000), book(10.5, side, better, 300)], [])
    assert (total(found.pulled, side), total(found.stacked, side)) == (0, 300)
    assert (total(found.worsened, side), total(found.improved, side)) == (0, 1)


@SIDES
def test_a_print_within_the_spread_takes_no_displayed_size(side: int) -> None:
    within = 4.005 if side == BID else 3.995
    quotes = [book(1, side, 4.0, 1000), book(10.5, side, 4.0, 700)]
    found = walked(quotes, [taken(10.4, side, within, 300)])
    assert (total(found.pulled, side), total(found.executed, side)) == (300, 0)


@SIDES
def test_a_print_off_exchange_takes_no_displayed_size(side: int) -> None:
    quotes = [book(1, side, 4.0, 1000), book(10.5, side, 4.0, 1000)]
    trade = taken(10.4, side, 4.0, 300, Mark.ORDINARY | Mark.OFF_EXCHANGE)
    found = walked(quotes, [trade])
    assert (total(found.stacked, side), total(found.executed, side)) == (0, 0)
    assert found.off_exchange_volume.sum() == 300


@SIDES
def test_an_aggressor_takes_from_the_other_side_only(side: int) -> None:
    found = walked([book(1, side, 4.0, 1000)], [taken(10.4, side, 4.0, 300)])
    assert found.executed[:, 1 - side].sum() == 0


@SIDES
def test_a_book_told_again_moved_nothing(side: int) -> None:
    found = walked([book(1, side, 4.0, 1000), book(10.5, side, 3.9, 200, SNAPSHOT)], [])
    assert total(found.pulled, side) == total(found.stacked, side) == 0
    assert total(found.improved, side) == total(found.worsened, side) == 0


@SIDES
def test_a_book_that_the_feed_doubts_was_not_pulled_nor_stacked_when_it_returns(side: int) -> None:
    doubt = Q(ns(10.2), 0, 0, flags=MAYBE_BAD_BOOK)
    found = walked([book(1, side, 4.0, 1000), doubt, book(10.5, side, 4.0, 1000)], [])
    assert total(found.pulled, side) == total(found.stacked, side) == 0


@SIDES
def test_an_emptied_side_was_pulled_yet_its_price_neither_fell_nor_rose(side: int) -> None:
    quotes = [book(1, side, 4.0, 1000), book(10.5, side, 0, 0), book(11.5, side, 4.0, 300)]
    found = walked(quotes, [])
    assert (total(found.pulled, side), total(found.stacked, side)) == (1000, 300)
    assert total(found.improved, side) == total(found.worsened, side) == 0
    assert np.isnan(found.level_seconds[10, side])
    assert found.level_seconds[11, side] == pytest.approx(0.5)


def test_a_print_at_the_moment_of_a_book_change_met_the_book_before_it() -> None:
    quotes = [book(1, BID, 4.0, 1000), book(10.5, BID, 3.9, 500)]
    found = walked(quotes, [taken(10.5, BID, 4.0, 1000)])
    assert (total(found.pulled, BID), total(found.executed, BID)) == (0, 1000)


@pytest.mark.parametrize(
    ("after", "flow"),
    [
        (Q(ns(10), 4.00, 4.02, 300, 200), 100),  # a bid added 100
        (Q(ns(10), 4.01, 4.02, 150, 200), 150),  # the bid stepped up with 150
        (Q(ns(10), 3.99, 4.02, 900, 200), -200),  # the bid of 200 was lost
        (Q(ns(10), 4.00, 4.02, 200, 100), 100),  # 100 of the offer went
        (Q(ns(10), 4.00, 4.01, 200, 70), -70),  # a better offer of 70
        (Q(ns(10), 4.00, 4.03, 200, 900), 200),  # the offer of 200 was lost
        (Q(ns(10), 0.0, 4.02, 0, 200), 0),  # a side is empty
        (Q(ns(10), 4.00, 4.02, 300, 200, flags=SNAPSHOT), 0),  # told again
    ],
)
def test_the_order_flow_imbalance_of_a_change_is_as_published(after: Q, flow: int) -> None:
    day = make_day([Q(ns(1), 4.00, 4.02, 200, 200), after])
    assert per_second(day).flow[10] == flow


def prints(*rows: tuple[float, float, int, int]) -> list[P]:
    """Return prints of (milliseconds after second 10, price, size, side)."""
    return [P(ns(10) + round(ms * 1e6), price, size, side) for ms, price, size, side in rows]


@pytest.mark.parametrize(
    ("rows", "swept"),
    [
        ([(1, 4.00, 300, 1), (1.5, 4.01, 200, 1), (2.4, 4.01, 100, 1)], (0, 600)),
        ([(1, 4.00, 300, -1), (2, 3.99, 200, -1)], (500, 0)),
        ([(1, 4.00, 300, 1), (1.2, 4.00, 300, 1)], (0, 0)),  # one price
        ([(1, 4.00, 300, 1), (3, 4.01, 200, 1)], (0, 0)),  # 2 ms apart
        ([(1, 4.00, 300, 1), (1.5, 4.01, 200, -1)], (0, 0)),  # of two aggressors
        ([(1, 4.00, 300, 1), (1.5, 4.005, 50, 0), (1.8, 4.01, 200, 1)], (0, 500)),  # hidden between
        ([(1, 4.00, 300, 1), (5, 4.01, 50, 1), (5.5, 4.02, 40, 1)], (0, 90)),
    ],
)
def test_an_order_that_takes_two_prices_within_a_millisecond_counts_whole(rows, swept) -> None:
    assert tuple(walked([], prints(*rows)).swept[10]) == swept


def test_a_sweep_is_told_by_the_clock_of_the_exchange_in_whatever_order_it_is_received() -> None:
    day = make_day([], trades=prints((1, 4.00, 300, 1), (9, 4.01, 200, 1), (9, 4.02, 100, 1)))
    day.trades.ts_event[1] = day.trades.ts_event[0] - 60_000
    day.trades.ts_event[2] = day.trades.ts_event[0] + 60_000
    assert events(Tape(day)).swept[10, ASK] == 600


@pytest.mark.parametrize(
    ("price", "size", "blocks"),
    [
        (0.99, 19_999, 0), (0.99, 20_000, 1), (2.00, 9_999, 0), (2.00, 10_000, 1),
        (5.00, 4_999, 0), (5.00, 5_000, 1), (20.0, 1_200, 0), (20.0, 1_250, 1),
    ],
)  # fmt: skip
def test_a_block_is_large_by_shares_for_its_price_or_by_dollars(price, size, blocks) -> None:
    # Smaller prints first, so that the running percentile is below every floor.
    small = [P(ns(1) + i, price, 100) for i in range(10_000)]
    for side, name in ((1, "blocks_bought"), (-1, "blocks_sold"), (0, "blocks_unsigned")):
        found = walked([], [*small, P(ns(10), price, size, side)])
        assert getattr(found, name)[10] == blocks


def test_many_large_prints_in_a_row_make_a_print_of_that_size_no_block() -> None:
    # 60 of them raise the percentile by more than a factor of three.
    trades = [P(ns(1) + i, 0.5, 20_000) for i in range(100)]
    found = walked([], [*trades, P(ns(10), 0.5, 20_000)])
    assert 0 < found.blocks_bought[1] < 100
    assert found.blocks_bought[10] == 0


def test_prints_below_a_hundred_shares_are_odd_lots() -> None:
    found = walked([], [P(ns(10), 4.0, size) for size in (1, 99, 100, 101)])
    assert found.odd_lots[10] == 2


def test_what_does_not_belong_to_the_tape_tells_nothing_of_the_flow() -> None:
    trades = [P(ns(10) + i, 4.0 + i / 100, 50_000, 1, int(Mark.VOLUME | Mark.LAST)) for i in (0, 1)]
    found = walked([book(1, ASK, 4.0, 1000)], trades)
    assert found.squared_value[10] == pytest.approx(50_000 * (16 + 4.01**2))
    for name in ("run", "swept", "executed", "blocks_bought", "odd_lots", "excitement"):
        assert not getattr(found, name).any(), name


def hit_and_answered(times: int, after: float = 0.1, size: int = 450) -> list:
    """Return quotes and trades of a bid of 500 that 300 are taken of, and that is refilled."""
    quotes, trades = [book(1, BID, 4.0, 500)], []
    for i in range(times):
        at = 10 + i
        trades.append(taken(at, BID, 4.0, 300))
        quotes += [book(at, BID, 4.0, 200), book(at + after, BID, 4.0, size)]
        quotes.append(book(at + 0.9, BID, 4.0, 500))
    return [quotes, trades]


def test_a_bid_refilled_twice_is_an_iceberg() -> None:
    once, twice = (told_of("iceberg_bid", *hit_and_answered(times)) for times in (1, 2))
    assert once[30] == 0
    assert twice[[11, 30]] == pytest.approx([0, np.log(1 + 600 / 500)])


def shown_in_parts(times: int, after: float = 0.05) -> list:
    """Return a bid of 300 that is taken whole, time and again, and shows the next 300."""
    quotes, trades = [book(1, BID, 4.0, 300)], []
    for i in range(times):
        at = 10 + i
        trades.append(taken(at, BID, 4.0, 300))
        quotes += [book(at, BID, 3.99, 800), book(at + after, BID, 4.0, 300)]
    return [quotes, trades]


def test_an_order_that_loses_its_level_and_shows_its_next_part_there_is_an_iceberg() -> None:
    once, often = (told_of("iceberg_bid", *shown_in_parts(times)) for times in (1, 4))
    assert once[30] == 0
    assert often[30] == pytest.approx(np.log(1 + 1200 / 300))
    late = shown_in_parts(4, after=0.201)
    assert told_of("iceberg_bid", *late)[30] == 0
    assert told_of("level_absorption_bid", *late)[30] == 0
    # The age of the level is another matter: it has been the best for a moment only.
    assert told_of("bid_age", *shown_in_parts(4))[14] == pytest.approx(0.95 / 10.95)


def test_what_was_counted_at_a_level_is_not_carried_to_another() -> None:
    quotes, trades = shown_in_parts(3)
    other = [*quotes, book(20, BID, 3.98, 300), book(20.1, BID, 3.99, 300)]
    assert told_of("level_absorption_bid", other, trades)[30] == 0
    # By way of a third price it is too long a way back.
    around = [*quotes, book(20, BID, 3.98, 300), book(20.05, BID, 3.97, 300),
              book(20.1, BID, 4.0, 300)]  # fmt: skip
    assert told_of("level_absorption_bid", around, trades)[30] == 0


def test_a_late_or_a_small_refill_makes_no_iceberg() -> None:
    for quotes, trades in (hit_and_answered(3, after=0.201), hit_and_answered(3, size=399)):
        assert told_of("iceberg_bid", quotes, trades)[30] == 0
        level = told_of("level_absorption_bid", quotes, trades)
        assert level[30] == pytest.approx(np.log(1 + 900 / 500))


def test_a_new_best_price_starts_the_count_at_its_level_afresh() -> None:
    quotes, trades = hit_and_answered(3)
    gone = [*quotes, book(20, BID, 3.99, 500), book(21, BID, 4.0, 500)]
    assert told_of("level_absorption_bid", gone, trades)[30] == 0
    assert told_of("bid_age", gone, trades)[31] == pytest.approx(0.5)


def shown_and_gone(until: float, left: int = 500, trades: tuple[P, ...] = ()) -> np.ndarray:
    """Return the flickers, from decision 1 on, of an order of 2,000 at a bid of 500."""
    quotes = [
        book(1, BID, 4.0, 500), book(100, BID, 4.0, 2500), book(100 + until, BID, 4.0, left),
    ]  # fmt: skip
    return np.round(np.expm1(told_of("quote_flicker_30s", quotes, trades)))[1:]


def test_a_large_order_that_is_gone_at_once_flickers_for_30_seconds() -> None:
    found = shown_and_gone(0.4)
    assert found[[99, 100, 129, 130]].tolist() == [0, 1, 1, 0]


def test_what_stays_half_a_second_or_is_traded_with_or_stays_in_part_is_no_flicker() -> None:
    assert shown_and_gone(0.6).max() == 0
    assert shown_and_gone(0.4, trades=(taken(100.2, BID, 4.0, 100),)).max() == 0
    assert shown_and_gone(0.4, left=1000).max() == 0


def test_a_run_of_buys_ends_with_the_first_sale_and_passes_over_unsigned_prints() -> None:
    sides = [1, 1, 0, 1, -1, -1, 0]
    trades = [P(ns(10 + i), 4.0, 100, side) for i, side in enumerate(sides)]
    expected = [1, 2, 2, 3, -1, -2, -2]
    run = told_of("sign_run", [], trades)[11:18]
    assert run == pytest.approx([np.sign(n) * np.log1p(abs(n)) for n in expected])


def test_prints_that_alternate_remember_the_sign_against_and_those_alike_say_nothing() -> None:
    alternate = [P(ns(10) + i, 4.0, 100, 1 - 2 * (i % 2)) for i in range(2000)]
    alike = [P(ns(10) + i, 4.0, 100, 1) for i in range(2000)]
    pairs = [P(ns(10) + i, 4.0, 100, 1 if i % 20 < 10 else -1) for i in range(2000)]
    memory = [told_of("sign_memory", [], trades)[20] for trades in (alternate, alike, pairs)]
    assert memory == pytest.approx([-1, 0, 0.8], abs=0.02)


def test_a_lone_print_excites_with_three_kernels_that_fade() -> None:
    found = walked([], [P(ns(10.25), 4.0)]).excitement
    for second, age in ((10, 0.75), (11, 1.75), (20, 10.75)):
        expected = 0.8 * sum(
            weight * decay * np.exp(-decay * age)
            for decay, weight in ((30.0, 0.45), (3.0, 0.35), (0.3, 0.20))
        )
        assert found[second] == pytest.approx(expected, rel=1e-12)
    assert not found[:10].any()


def test_prints_at_any_time_are_owed_to_earlier_ones_by_the_branching_ratio() -> None:
    times = np.sort(np.random.default_rng(1).uniform(100, 8100, 4 * 8000))
    excited = walked([], [P(ns(at), 4.0) for at in times]).excitement
    assert excited[200:8100].mean() == pytest.approx(0.8 * 4, rel=0.02)


def test_the_usual_size_of_a_side_is_that_of_the_first_sound_book_and_then_creeps() -> None:
    quotes = [
        Q(ns(5), 4.0, 0, 999, 0),
        Q(ns(10), 4.0, 4.02, 300, 100),
        Q(ns(11), 4.0, 4.02, 900, 700),
    ]
    depth = walked(quotes, []).depth
    assert depth[[9, 10]].tolist() == [0, 200]
    left = np.exp(-np.array([1, 100]) / 300)
    assert depth[[11, 110]] == pytest.approx(800 - 600 * left)
