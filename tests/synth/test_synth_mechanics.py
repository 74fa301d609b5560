"""How synthetic days differ from each other and from hour to hour: mechanics, not exact figures.

Whether the figures are those of real days is judged by the bands of the stylised facts.
"""

import numpy as np
import pytest
from synth.driven import OPENS, pauses_of, play, scene_of, short_session

from lowfloat.base.codes import Mark

NS = 10**9


def mids_by_second(day):
    """Return the mid in dollars at every second, NaN while a side is empty."""
    quotes, session = day.quotes, day.session
    times = session.start_ns + NS * np.arange(session.seconds)
    row = np.maximum(np.searchsorted(quotes.ts_recv, times) - 1, 0)
    both = (quotes.bid_price[row] > 0) & (quotes.ask_price[row] > 0)
    return np.where(both, (quotes.bid_price[row] + quotes.ask_price[row]) / 2e9, np.nan)


def regular(day, truth):
    """Return a mask over the session's seconds: regular hours, not halted."""
    seconds = np.arange(day.session.seconds)
    inside = seconds >= day.session.second(day.session.regular_open_ns)
    inside &= seconds < day.session.second(day.session.regular_close_ns)
    return inside & (truth["halted"] == 0)


def spreads_by_second(day):
    quotes, session = day.quotes, day.session
    at = session.start_ns + NS * np.arange(60, session.seconds)
    row = np.searchsorted(quotes.ts_recv, at) - 1
    return (quotes.ask_price[row] - quotes.bid_price[row]) / 1e9 / mids_by_second(day)[60:]


def range_of(day):
    return day.trades.price.max() / day.trades.price.min() - 1


def autocorrelation(values, lag):
    values = values - values.mean()
    return (values[lag:] * values[:-lag]).mean() / (values * values).mean()


def median_of(days, figure):
    return np.median([figure(day) for day, _ in days])


def test_some_days_are_in_play_and_some_are_not(days_in_play, ordinary_days, many_days):
    assert 0.3 < len(days_in_play) / len(many_days) < 0.9
    assert len(ordinary_days) >= 3


def test_days_in_play_range_wider_and_trade_more_than_ordinary_ones(days_in_play, ordinary_days):
    assert median_of(days_in_play, range_of) > 2 * median_of(ordinary_days, range_of)
    assert np.mean([range_of(day) >= 0.10 for day, _ in days_in_play]) > 0.8

    def prints(day):
        return len(day.trades.price)

    assert median_of(days_in_play, prints) > 1.5 * median_of(ordinary_days, prints)
    assert median_of(ordinary_days, prints) > 20


def test_spreads_are_wider_before_the_open_and_after_the_close(days_in_play):
    inside, before, after = [], [], []
    for day, truth in days_in_play:
        spread, closes = spreads_by_second(day), day.session.second(day.session.regular_close_ns)
        inside.append(np.nanmedian(spread[regular(day, truth)[60:]]))
        before.append(np.nanmedian(spread[: 3 * 3600]))
        after.append(np.nanmedian(spread[closes + 3600 :]))
    assert np.median(before) > 1.4 * np.median(inside)
    assert np.median(after) > 1.4 * np.median(inside)


def test_prints_come_in_bursts(days_in_play):
    shares = [(np.diff(day.trades.ts_recv) < 1_000_000).mean() for day, _ in days_in_play]
    assert 0.4 < np.median(shares) < 0.65
    assert min(shares) > 0.2
    assert max(shares) < 0.8


def test_more_is_traded_in_the_first_half_hour_than_in_the_same_time_at_noon(many_days):
    early = noon = 0
    for day, _ in many_days:
        second = (day.trades.ts_event - day.session.start_ns) // NS
        early += day.trades.size[(second >= OPENS) & (second < OPENS + 1800)].sum(dtype=np.int64)
        late = OPENS + 9000
        noon += day.trades.size[(second >= late) & (second < late + 1800)].sum(dtype=np.int64)
    assert early > 1.5 * noon


def test_the_aggressor_remembers_his_side(days_in_play):
    found = []
    for day, _ in days_in_play:
        side = day.trades.side[day.trades.confidence == 100].astype(float)
        found.append(autocorrelation(side, 1))
    assert 0.4 < np.median(found) < 0.85


def test_volatility_clusters_and_returns_hardly_foretell_each_other(days_in_play):
    plain, absolute = [], []
    for day, truth in days_in_play:
        change = np.diff(np.log(mids_by_second(day)))[regular(day, truth)[1:]]
        change = change[np.isfinite(change)]
        plain.append(autocorrelation(change, 1))
        absolute.append(autocorrelation(np.abs(change), 1))
    assert -0.35 < np.median(plain) < 0.1
    assert np.median(absolute) > 0.05


def test_quotes_move_with_a_trade_and_stay_there(days_in_play):
    """A book that simply refills would be far too kind to whoever crosses the spread."""
    moves = {1: [], 60: []}
    for day, _ in days_in_play:
        quotes, trades, session = day.quotes, day.trades, day.session
        both = (quotes.bid_price > 0) & (quotes.ask_price > 0)
        mid = np.where(both, (quotes.bid_price + quotes.ask_price) / 2, np.nan)
        kept = (trades.confidence == 100) & (trades.ts_recv >= session.regular_open_ns)
        kept &= trades.ts_recv < session.regular_close_ns
        before = mid[np.searchsorted(quotes.sequence, trades.sequence[kept]) - 1]
        for seconds, found in moves.items():
            at = trades.ts_recv[kept] + seconds * NS
            after = mid[np.searchsorted(quotes.ts_recv, at, side="right") - 1]
            found.append(np.nanmean(trades.side[kept] * (after / before - 1)))
    # Days count alike: a few very busy ones would drown the rest in the noise of their moves.
    late, soon = (np.median(moves[seconds]) for seconds in (60, 1))
    assert soon > 0.0010
    assert late > 0.7 * soon


def spread_at(rows, times):
    row = np.searchsorted(rows["time"], times, side="right") - 1
    return (rows["ask"] - rows["bid"])[row] / rows["bid"][row]


def test_more_orders_come_right_after_a_reopening_and_spreads_are_wider():
    session = short_session(2400)
    scene = scene_of(session, (60, 60, 0.13), rate=0.3)
    rate, spread = [], []
    for seed in range(30):
        rows = (made := play(session, scene, 5.0, seed=seed)).rows
        ended = [end for _, end in pauses_of(made)]
        if len(ended) == 1 and ended[0] < 1200 * NS:
            prints = rows["time"][rows["price"] > 0] - ended[0]
            soon = ((prints > 0) & (prints < 15 * NS)).sum() / 15
            later = ((prints > 200 * NS) & (prints < 500 * NS)).sum() / 300
            rate.append(np.log((soon + 0.1) / (later + 0.1)))
            after = ended[0] + NS * np.arange(1, 500)
            wide = spread_at(rows, after)
            spread.append(np.log(wide[:15].mean() / wide[200:].mean()))
    assert len(rate) >= 10
    assert np.mean(rate) > 0.3
    assert np.mean(spread) > 0.1


@pytest.mark.parametrize(("field", "side"), [("ask", 1), ("bid", -1)])
def test_icebergs_let_more_be_traded_at_a_price(field, side):
    """The share of hit levels that stand again at the same price within a few rows."""
    shares = []
    for iceberg in (0.0, 0.9):
        session = short_session(1800)
        rows = play(session, scene_of(session, rate=0.5, iceberg=iceberg), 5.0).rows
        hit = np.flatnonzero((rows["price"] > 0) & (rows["side"] == side))
        hit = hit[hit + 3 < len(rows)]
        gone = rows[field][hit + 1] != rows[field][hit]
        again = rows[field][hit + 2] == rows[field][hit]
        shares.append(again[gone].mean())
    assert shares[1] > shares[0] + 0.05


def test_shorts_buy_back_once_the_price_has_risen():
    """At twice the previous close who is short buys; without shorts buyers and sellers balance."""
    session = short_session(900)
    bought = {}
    for shorts in (0.0, 1e6):
        flows = []
        for seed in range(10):
            scene = scene_of(session, rate=0.1)
            made = play(session, scene, 5.0, previous=2.5, seed=seed, shorts=shorts)
            flow = made.seconds["bought"] - made.seconds["sold"]
            flows.append(flow.sum() / (made.seconds["bought"] + made.seconds["sold"]).sum())
        bought[shorts] = np.mean(flows)
    assert bought[1e6] > 0.3
    assert abs(bought[0.0]) < 0.3


def test_the_opening_auction_is_one_print_and_larger_than_most(days_in_play):
    for day, _ in days_in_play:
        trades = day.trades
        opening = np.argmax(trades.marks & Mark.AUCTION != 0)
        assert trades.size[opening] >= np.median(trades.size)
