"""The top of book of synthetic days, row by row: what stands, what is hit, what follows."""

import numpy as np
import pytest
from synth.driven import OPENS

from lowfloat.base.codes import Mark
from lowfloat.synth import synth_days
from lowfloat.synth.options import Options

MOST_PICKED_OFF = 3e-4  # share of seconds in which the value has just left the quotes behind


def on_the_grid(nanodollars):
    units = nanodollars // 100_000
    step = np.where(units >= 10_000, 100, 1)
    return (nanodollars % 100_000 == 0) & (units % step == 0)


def row_before(day):
    """Return, for each print, the row of the book that stood when it was made."""
    return np.searchsorted(day.quotes.sequence, day.trades.sequence) - 1


def test_the_book_is_never_crossed_or_locked(all_days):
    for day, _ in all_days:
        quotes = day.quotes
        both = (quotes.bid_price > 0) & (quotes.ask_price > 0)
        assert (quotes.bid_price[both] < quotes.ask_price[both]).all()


def test_quotes_stand_on_the_tick_grid(all_days):
    for day, _ in all_days:
        assert on_the_grid(day.quotes.bid_price).all()
        assert on_the_grid(day.quotes.ask_price).all()


def test_cheap_stocks_are_quoted_in_hundredths_of_a_cent_below_a_dollar_and_in_cents_above(
    cheap_days,
):
    below = above = 0
    for day, _ in cheap_days:
        for price in (day.quotes.bid_price, day.quotes.ask_price):
            cheap = (price > 0) & (price < 10**9)
            if cheap.sum() > 1000:
                assert (price[cheap] % 10**7 != 0).mean() > 0.7
                below += 1
            above += (price >= 10**9).sum()
    assert below >= 4
    assert above > 1000


def test_every_row_of_the_quotes_changes_one_side_of_the_book(all_days):
    for day, _ in all_days:
        quotes = day.quotes
        bid = (np.diff(quotes.bid_price) != 0) | (np.diff(quotes.bid_size) != 0)
        ask = (np.diff(quotes.ask_price) != 0) | (np.diff(quotes.ask_size) != 0)
        assert (bid ^ ask).all()
        assert set(np.unique(quotes.action)) <= set(b"ACM")
        assert not quotes.flags.any()


def test_a_better_price_or_more_shares_were_added_and_less_was_not(all_days):
    for day, _ in all_days:
        quotes = day.quotes
        for price, size, sign in (
            (quotes.bid_price, quotes.bid_size, 1),
            (quotes.ask_price, quotes.ask_size, -1),
        ):
            step = sign * np.diff(price)
            action = quotes.action[1:]
            before, after = price[:-1], price[1:]
            better = (after > 0) & ((before == 0) | (step > 0))
            worse = (before > 0) & ((after == 0) | (step < 0))
            same = (before == after) & (after > 0)
            assert (action[better] == ord("A")).all()
            assert (action[worse] == ord("C")).all()
            assert (action[same & (np.diff(size) > 0)] == ord("A")).all()
            assert np.isin(action[same & (np.diff(size) < 0)], list(b"CM")).all()


def test_many_quotes_are_odd_lots(all_days):
    for day, _ in all_days:
        size = day.quotes.bid_size[day.quotes.bid_size > 0]
        assert 0.02 < (size < 100).mean() < 0.6


def test_both_sides_are_quoted_all_through_the_regular_hours(all_days):
    for day, _ in all_days:
        quotes, session = day.quotes, day.session
        inside = quotes.ts_event > session.regular_open_ns + 5_000_000
        inside &= quotes.ts_event < session.regular_close_ns
        assert quotes.bid_price[inside].all()
        assert quotes.ask_price[inside].all()


def test_in_the_thin_hours_a_side_is_missing_now_and_then(all_days):
    one_sided = 0
    for day, _ in all_days:
        no_bid, no_ask = day.quotes.bid_price[1:] == 0, day.quotes.ask_price[1:] == 0
        one_sided += (no_bid ^ no_ask).sum()
        assert (no_bid & no_ask).mean() < 1e-3
    assert one_sided > 100


def test_the_first_quote_comes_soon_after_four(all_days):
    for day, _ in all_days:
        assert day.quotes.ts_recv[0] < day.session.ns(30)


def test_an_aggressor_trades_at_the_quote_and_within_its_size(all_days):
    for day, _ in all_days:
        quotes, trades, row = day.quotes, day.trades, row_before(day)
        seen = trades.confidence == 100
        bought, sold = seen & (trades.side > 0), seen & (trades.side < 0)
        assert bought.any()
        assert sold.any()
        assert np.array_equal(trades.price[bought], quotes.ask_price[row][bought])
        assert np.array_equal(trades.price[sold], quotes.bid_price[row][sold])
        assert (trades.size[bought] <= quotes.ask_size[row][bought]).all()
        assert (trades.size[sold] <= quotes.bid_size[row][sold]).all()


def test_the_row_after_an_aggressors_print_takes_its_shares_from_the_book(all_days):
    for day, _ in all_days:
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
            next_price = price[after][~stands]
            worse = way * (next_price - price[before][~stands]) > 0
            assert (worse | (next_price == 0)).all()


def test_a_print_without_an_aggressor_lies_within_the_book(all_days):
    for day, _ in all_days:
        quotes, trades, row = day.quotes, day.trades, row_before(day)
        unseen = np.flatnonzero((trades.confidence < 100) & (trades.marks & Mark.AUCTION == 0))
        before = row[unseen]
        both = (quotes.bid_price[before] > 0) & (quotes.ask_price[before] > 0)
        assert both.all()
        assert (trades.price[unseen] >= quotes.bid_price[before]).all()
        assert (trades.price[unseen] <= quotes.ask_price[before]).all()


def quotes_left_behind(days):
    """Return the share of seconds at whose start one could buy below the value or sell above it.

    Paused seconds are left out, and that of the opening auction, before which the value moves.
    """
    left, total = 0, 0
    for day, truth in days:
        quotes, session = day.quotes, day.session
        second = np.arange(60, session.seconds)
        row = np.searchsorted(quotes.ts_event, session.start_ns + second * 10**9, "right") - 1
        bid, ask = quotes.bid_price[row] / 1e9, quotes.ask_price[row] / 1e9
        value, halted = truth["value"][second], truth["halted"]
        open_for_trade = (halted[second] == 0) & (halted[second - 1] == 0) & (second != OPENS)
        both = open_for_trade & (bid > 0) & (ask > 0)
        left += (both & ((ask < value) | (bid > value))).sum()
        total += both.sum()
    return left / total


def test_nobody_can_buy_below_the_value_or_sell_above_it_but_for_milliseconds(
    many_days, null_days, cheap_days
):
    for days in (many_days, null_days, cheap_days):
        assert quotes_left_behind(days) < MOST_PICKED_OFF


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_quotes_keep_a_distance_from_the_value(edge):
    """Whoever crosses the spread pays: a third of a half-spread at least, and mostly far more."""
    paid = []
    for day, truth in synth_days(4, seed=9, symbols=2, options=Options(edge=edge)):
        quotes, session = day.quotes, day.session
        second = np.flatnonzero(truth["halted"] == 0)[60:]
        row = np.searchsorted(quotes.ts_event, session.start_ns + second * 10**9, "right") - 1
        ask, value = quotes.ask_price[row] / 1e9, truth["value"][second]
        paid.append((ask / value - 1)[ask > 0])
    paid = np.concatenate(paid)
    assert np.quantile(paid, 0.01) > 0.0005
    assert 0.001 < np.median(paid) < 0.05
