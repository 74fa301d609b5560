"""A market driven into its bands: when it pauses, when it does not, and what the log holds."""

import numpy as np
import pytest
from synth.driven import FULL, OPENS, extensions_of, pauses_of, play, scene_of

from lowfloat.base.clock import NS
from lowfloat.base.luld import LIMIT_NS, PAUSE_NS

RISE = (OPENS + 300, OPENS + 900)


def driven(dollars, *moves, **options):
    made = play(FULL, scene_of(FULL, *moves), dollars, **options)
    assert made.complete
    return made


@pytest.fixture(scope="module")
def rising():
    return driven(5.0, (*RISE, 0.08))


@pytest.fixture(scope="module")
def falling():
    return driven(5.0, (*RISE, -0.08))


def test_a_steady_rise_or_fall_of_eight_percent_a_minute_pauses_the_stock(rising, falling):
    assert len(pauses_of(rising)) >= 1
    assert len(pauses_of(falling)) >= 1


def test_a_rise_of_one_percent_a_minute_hardly_ever_pauses_the_stock():
    pauses = [len(pauses_of(driven(5.0, (*RISE, 0.01), seed=seed))) for seed in range(5)]
    assert sum(pauses) <= 1


def test_a_cheaper_stock_has_wider_bands_and_pauses_later(rising):
    twenty_percent = driven(2.5, (*RISE, 0.08))
    first = [pauses_of(made)[:1] for made in (rising, twenty_percent)]
    assert not first[1] or first[1][0][0] > first[0][0][0]


def test_the_width_goes_by_the_previous_close_not_by_the_price():
    gapped = driven(5.0, (*RISE, 0.06), previous=2.5)
    plain = driven(5.0, (*RISE, 0.06), previous=5.0)
    assert len(pauses_of(gapped)) < len(pauses_of(plain))


def test_a_pause_lasts_five_minutes_and_five_more_for_each_extension(rising):
    total = sum(ended - began for began, ended in pauses_of(rising))
    assert total == PAUSE_NS * (len(pauses_of(rising)) + extensions_of(rising))


def test_before_a_pause_a_quote_stood_at_the_band_for_fifteen_seconds(rising, falling):
    for made in (rising, falling):
        for began, _ in pauses_of(made):
            standing = made.rows["time"] < began
            standing &= made.rows["time"] >= began - LIMIT_NS
            quotes = [np.unique(made.rows[side][standing]) for side in ("bid", "ask")]
            assert min(len(prices) for prices in quotes) == 1


def test_in_a_limit_state_nothing_trades_beyond_the_band(rising):
    for began, _ in pauses_of(rising):
        rows = rising.rows[
            (rising.rows["time"] >= began - LIMIT_NS) & (rising.rows["time"] < began)
        ]
        band = rows["bid"][-1]
        assert (rows["price"] <= band).all()
        assert (rows["ask"][rows["ask"] > 0] > band).all()


def test_the_story_stands_still_while_the_stock_is_paused(rising):
    cursor = rising.seconds["cursor"]
    for began, ended in pauses_of(rising):
        first, last = began // NS + 1, ended // NS
        assert len(np.unique(cursor[first:last])) == 1
    steps = np.diff(cursor)
    assert steps.min() >= 0


def test_a_pause_ends_the_phase_that_led_to_it_about_half_of_the_time():
    ended = 0
    for seed in range(20):
        scene = scene_of(FULL, (*RISE, 0.08), until=OPENS + 3000, stop_on_pause=1, rate=0.1)
        made = play(FULL, scene, 5.0, seed=seed)
        _, resumed = pauses_of(made)[0]
        ended += made.seconds["cursor"][resumed // NS + 2] > OPENS + 2900
    assert 4 <= ended <= 16


def test_quotes_stand_on_the_grid_on_both_sides_of_a_dollar():
    rows = driven(1.0).rows
    for side in ("bid", "ask"):
        price = rows[side][rows[side] > 0]
        cheap = price < 10_000
        assert 0 < cheap.sum() < len(price)
        assert (price[~cheap] % 100 == 0).all()
        assert (price[cheap] % 100 != 0).mean() > 0.8


def test_a_log_that_is_too_short_is_reported_and_one_that_is_long_enough_holds_the_same_rows(
    rising,
):
    short = play(FULL, scene_of(FULL, (*RISE, 0.08)), 5.0, room=1_000)
    assert not short.complete
    assert len(short.rows) <= 1_000
    assert np.array_equal(short.rows, rising.rows[: len(short.rows)])
