"""Whether the market resembles a low-float stock: figures over many days, within wide bands."""

import numpy as np
import pytest


def mids_by_second(day):
    """Return the mid in dollars at every second, NaN while a side is empty."""
    quotes, session = day.quotes, day.session
    times = session.start_ns + 1_000_000_000 * np.arange(session.seconds)
    row = np.maximum(np.searchsorted(quotes.ts_recv, times) - 1, 0)
    both = (quotes.bid_price[row] > 0) & (quotes.ask_price[row] > 0)
    return np.where(both, (quotes.bid_price[row] + quotes.ask_price[row]) / 2e9, np.nan)


def regular(day, truth):
    """Return a mask over the session's seconds: regular hours, not halted."""
    seconds = np.arange(day.session.seconds)
    inside = seconds >= day.session.second(day.session.regular_open_ns)
    inside &= seconds < day.session.second(day.session.regular_close_ns)
    return inside & (truth["halted"] == 0)


def range_of(day):
    return day.trades.price.max() / day.trades.price.min() - 1


def returns_of(days):
    """Return the one-second log returns of regular seconds, one array per day."""
    found = []
    for day, truth in days:
        change = np.diff(np.log(mids_by_second(day)))[regular(day, truth)[1:]]
        found.append(change[np.isfinite(change)])
    return found


def autocorrelation(values, lag):
    values = values - values.mean()
    return (values[lag:] * values[:-lag]).mean() / (values * values).mean()


def mid_moves(days, seconds):
    """Return how far the mid moves with each aggressor's trade within ``seconds``."""
    moves = []
    for day, _ in days:
        quotes, trades, session = day.quotes, day.trades, day.session
        both = (quotes.bid_price > 0) & (quotes.ask_price > 0)
        mid = np.where(both, (quotes.bid_price + quotes.ask_price) / 2, np.nan)
        keep = (trades.confidence == 100) & (trades.ts_recv >= session.regular_open_ns)
        keep &= trades.ts_recv < session.regular_close_ns
        before = mid[np.searchsorted(quotes.sequence, trades.sequence[keep]) - 1]
        at = trades.ts_recv[keep] + int(seconds * 1e9)
        after = mid[np.searchsorted(quotes.ts_recv, at, side="right") - 1]
        moves.append(trades.side[keep] * (after / before - 1))
    return np.concatenate(moves)


def test_some_days_are_in_play_and_some_are_not(days_in_play, ordinary_days, many_days):
    assert 0.4 < len(days_in_play) / len(many_days) < 0.8
    assert 0.2 < len(ordinary_days) / len(many_days) < 0.6


def test_a_day_in_play_ranges_over_at_least_ten_percent(days_in_play):
    ranges = np.array([range_of(day) for day, _ in days_in_play])
    assert (ranges >= 0.10).mean() >= 0.9
    assert 0.3 < np.median(ranges) < 1.5


def test_most_ordinary_days_range_over_less(ordinary_days):
    ranges = np.array([range_of(day) for day, _ in ordinary_days])
    assert (ranges < 0.10).mean() > 0.6


def test_days_in_play_have_the_events_of_a_busy_stock(days_in_play):
    quotes = np.median([len(day.quotes.action) for day, _ in days_in_play])
    trades = np.median([len(day.trades.price) for day, _ in days_in_play])
    assert 15_000 < quotes < 150_000
    assert 1_000 < trades < 15_000


def test_ordinary_days_have_far_fewer_trades(days_in_play, ordinary_days):
    busy = np.median([len(day.trades.price) for day, _ in days_in_play])
    quiet = np.median([len(day.trades.price) for day, _ in ordinary_days])
    assert 20 < quiet < busy / 10


def test_some_days_in_play_have_pauses_and_none_has_many(days_in_play):
    pauses = np.array([len(day.halts) for day, _ in days_in_play])
    assert 0.15 < (pauses > 0).mean() < 0.8
    assert pauses.max() <= 6


def test_the_gap_over_a_pause_is_about_one_percent():
    from lowfloat.synth import synth_days

    gaps = []
    for day, _ in synth_days(25, seed=2, symbols=3):
        for begin, _ in day.halts:
            after = np.searchsorted(day.trades.ts_recv, begin)
            gaps.append(abs(day.trades.price[after] / day.trades.price[after - 1] - 1))
    assert len(gaps) > 20
    assert 0.006 < np.median(gaps) < 0.02


def test_spreads_are_wide_and_wider_before_the_open(days_in_play):
    in_hours, before = [], []
    for day, truth in days_in_play:
        quotes = day.quotes
        at = day.session.start_ns + 1_000_000_000 * np.arange(60, day.session.seconds)
        row = np.searchsorted(quotes.ts_recv, at) - 1
        mid = mids_by_second(day)[60:]
        spread = (quotes.ask_price[row] - quotes.bid_price[row]) / 1e9 / mid
        in_hours.append(np.nanmedian(spread[regular(day, truth)[60:]]))
        before.append(np.nanmedian(spread[: 5 * 3600]))
    assert 0.0030 < np.median(in_hours) < 0.0150
    assert np.median(before) > 1.4 * np.median(in_hours)


def test_about_half_the_prints_are_odd_lots_and_the_median_is_near_a_hundred(days_in_play):
    sizes = np.concatenate([day.trades.size for day, _ in days_in_play])
    assert 0.40 < (sizes < 100).mean() < 0.60
    assert 60 <= np.median(sizes) <= 100
    assert (sizes == 100).mean() > 0.2


def test_two_prints_in_five_show_no_aggressor(days_in_play):
    told = np.concatenate([day.trades.confidence for day, _ in days_in_play])
    assert 0.35 < (told < 100).mean() < 0.45


def test_prints_come_in_bursts(days_in_play):
    for day, _ in days_in_play:
        gaps = np.diff(day.trades.ts_recv)
        assert 0.40 < (gaps < 1_000_000).mean() < 0.70


def test_the_aggressor_remembers_his_side(days_in_play):
    found = []
    for day, _ in days_in_play:
        side = day.trades.side[day.trades.confidence == 100].astype(float)
        found.append(autocorrelation(side, 1))
    assert 0.5 < np.median(found) < 0.72


def test_one_second_returns_are_hardly_correlated(days_in_play):
    found = [autocorrelation(change, 1) for change in returns_of(days_in_play)]
    assert -0.25 < np.median(found) < 0.05


def test_volatility_clusters(days_in_play):
    found = [autocorrelation(np.abs(change), 1) for change in returns_of(days_in_play)]
    assert 0.08 < np.median(found) < 0.4


def test_returns_have_fat_tails(days_in_play):
    for change in returns_of(days_in_play):
        change = change - change.mean()
        assert (change**4).mean() / (change**2).mean() ** 2 - 3 > 5


def test_the_mid_moves_with_the_trade_and_stays_there(days_in_play):
    after_a_second = np.nanmean(mid_moves(days_in_play, 1))
    after_a_minute = np.nanmean(mid_moves(days_in_play, 60))
    assert 0.0015 < after_a_second < 0.0060
    assert after_a_minute > 0.8 * after_a_second


def test_without_a_scripted_drift_the_flow_predicts_nothing(ordinary_days):
    """Orders have memory, but the quotes already allow for it: the move is over at once."""
    later = mid_moves(ordinary_days, 60) - mid_moves(ordinary_days, 1)
    later = later[np.isfinite(later)]
    standard_error = later.std() / np.sqrt(len(later) / 3)  # prints come about three at a time
    assert abs(later.mean()) < 4 * standard_error


def test_a_scripted_rise_lifts_the_price(days_in_play):
    """Across seconds with an upward script the price rises, across downward ones it falls."""
    for sign in (1, -1):
        moved, scripted = 0.0, 0.0
        for day, truth in days_in_play:
            mid = np.log(mids_by_second(day))
            change = np.append(np.diff(mid), 0.0)
            chosen = regular(day, truth) & (sign * truth["drift"] > 1e-4) & np.isfinite(change)
            moved += change[chosen].sum()
            scripted += truth["drift"][chosen].sum()
        assert moved / scripted == pytest.approx(1.0, abs=0.5)
