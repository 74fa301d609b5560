"""Windows of five minutes, and a classifier that tells two markets apart by them."""

import dataclasses
import math

import numpy as np
import pytest
from reference import market_facts as plain
from reference.tapes import OPEN, P, Q, make_day, ns, resume, stop

from lowfloat.days.day import QUOTES_REBUILT
from lowfloat.synth.classifier import FOLDS, area_under, tell_apart, tell_windows_apart
from lowfloat.synth.observed import observe
from lowfloat.synth.windows import FEATURES, WINDOW, describe, windows_of

CLOSE = 43_200


def flowing_day(prints=range(OPEN, OPEN + 900, 5), status=(), quotes=None, **more):
    """Return a day with quotes all through and a print at each of the seconds given."""
    if quotes is None:
        quotes = [Q(ns(OPEN - 1 + i), 5, 5.01 + 0.01 * (i % 3)) for i in range(1200)]
    return make_day(quotes, status, [P(ns(second + 0.5), 5.01) for second in prints], **more)


@pytest.fixture(scope="module")
def busy_day(days_in_play):
    return max((day for day, _ in days_in_play), key=lambda day: len(day.trades.price))


# Which windows there are.


def test_windows_are_the_five_minutes_with_twenty_prints():
    assert len(windows_of(flowing_day())) == 3
    twenty, fewer = range(OPEN, OPEN + 300, 15), range(OPEN, OPEN + 285, 15)
    assert (len(windows_of(flowing_day(twenty))), len(windows_of(flowing_day(fewer)))) == (1, 0)


def test_a_window_with_a_halt_in_it_is_left_out():
    prints = [s for s in range(OPEN, OPEN + 900, 5) if not 430 <= s - OPEN < 600]
    assert len(windows_of(flowing_day(prints))) == 3
    halt = [stop(ns(OPEN + 440)), resume(ns(OPEN + 590))]
    assert len(windows_of(flowing_day(prints, halt))) == 2


def test_prints_outside_regular_hours_make_no_window():
    early = flowing_day(range(OPEN - 600, OPEN, 5), quotes=[Q(ns(10), 5, 5.01)])
    assert len(windows_of(early)) == 0


def test_a_day_without_quotes_of_its_own_has_no_window():

    day = flowing_day()
    assert len(windows_of(dataclasses.replace(day, flags=(QUOTES_REBUILT,)))) == 0
    assert len(windows_of(flowing_day(quotes=[]))) == 0


def test_a_window_with_one_side_empty_for_over_a_minute_is_left_out():
    quotes = [Q(ns(OPEN - 1), 5, 5.01), Q(ns(OPEN + 310), 5, 0), Q(ns(OPEN + 380), 5, 5.01)]
    assert len(windows_of(flowing_day(quotes=quotes))) == 2


def test_an_empty_day_has_no_windows_of_the_right_width():
    assert windows_of(make_day([])).shape == (0, len(FEATURES))


# What a window says.


def test_a_window_says_what_is_counted_row_by_row(busy_day):
    day, observed = plain.PlainDay(busy_day), observe(busy_day)
    trades = busy_day.trades
    starts = range(OPEN, CLOSE, WINDOW)
    begin = max(starts, key=lambda s: np.count_nonzero(
        (trades.ts_recv >= busy_day.session.ns(s)) & (trades.ts_recv < busy_day.session.ns(s + 300))
    ))  # fmt: skip
    said = dict(zip(FEATURES, describe(observed, begin), strict=True))
    first, last = busy_day.session.ns(begin), busy_day.session.ns(begin + WINDOW)
    prints = [row for row in day.prints if first <= row[0] < last]
    mids = day.mids()[begin - OPEN : begin - OPEN + WINDOW]
    moves = plain.returns(mids, 1)
    signs = [row[3] for row in prints if row[3]]
    sizes = [row[2] for row in prints]
    gaps = [b[0] - a[0] for a, b in zip(prints, prints[1:], strict=False)]  # noqa: RUF007
    assert said["return_acf_1"] == pytest.approx(plain.acf(moves, 1))
    assert said["abs_return_acf_10"] == pytest.approx(
        plain.acf([None if x is None else abs(x) for x in moves], 10)
    )
    assert said["variance_ratio_30"] == pytest.approx(
        plain.variance(plain.returns(mids, 30)) / 30 / plain.variance(moves)
    )
    assert said["sign_acf_2"] == pytest.approx(plain.acf(signs, 2))
    assert said["odd_lot_share"] == sum(size < 100 for size in sizes) / len(sizes)
    assert said["no_aggressor_share"] == sum(row[3] == 0 for row in prints) / len(prints)
    assert said["gap_under_1ms_share"] == sum(gap < 10**6 for gap in gaps) / len(gaps)
    books = [day.book_before(first + (i + 1) * 10**9) for i in range(WINDOW)]
    spreads = [(b[2] - b[1]) / plain.mid(b) * 1e-5 for b in books if plain.mid(b)]
    assert said["spread"] == pytest.approx(np.median(spreads))


def test_level_of_price_and_number_of_prints_are_no_features(busy_day):
    """The same market at ten times the price, or with every print twice as often, is alike."""
    assert not {"price", "trades", "volume", "return_std_1s", "time"} & set(FEATURES)
    low = flowing_day(quotes=[Q(ns(OPEN - 1 + i), 5, 5.05 + 0.05 * (i % 3)) for i in range(1200)])
    high = flowing_day(quotes=[Q(ns(OPEN - 1 + i), 50, 50.5 + 0.5 * (i % 3)) for i in range(1200)])
    assert windows_of(low) == pytest.approx(windows_of(high), nan_ok=True, rel=1e-4)


def test_what_a_window_cannot_say_is_not_a_number():
    said = dict(zip(FEATURES, windows_of(flowing_day(quotes=[Q(ns(10), 5, 5.01)]))[0], strict=True))
    assert math.isnan(said["return_kurtosis"])
    assert math.isnan(said["ofi_r2"])
    assert said["zero_return_share"] == 1


# Telling markets apart.


def drawn(rng, days=20, windows=20, shift=None, by=0.0):
    """Return windows of days whose features are chance, one of them shifted."""
    found = [rng.standard_normal((windows, len(FEATURES))) for _ in range(days)]
    for day in found:
        if shift is not None:
            day[:, FEATURES.index(shift)] += by
    return found


def test_one_market_is_not_told_from_itself():
    rng = np.random.default_rng(1)
    assert 0.4 < tell_windows_apart(drawn(rng), drawn(rng)).area < 0.6


def test_the_area_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(9)
    score, ours = rng.integers(0, 6, 60).astype(float), rng.random(60) < 0.4
    weight = rng.integers(0, 4, 60)
    pairs = [
        (weight[i] * weight[j], 1.0 if score[i] > score[j] else 0.5 * (score[i] == score[j]))
        for i in np.flatnonzero(ours)
        for j in np.flatnonzero(~ours)
    ]
    expected = sum(w * won for w, won in pairs) / sum(w for w, _ in pairs)
    assert area_under(score, ours, weight) == pytest.approx(expected)
    holed = np.append(score, np.nan)
    assert area_under(holed, np.append(ours, True)) == area_under(score, ours)
    assert area_under(score, np.ones(60, bool)) == 0.5


def test_a_difference_is_found_with_its_name_and_direction():
    rng = np.random.default_rng(2)
    apart = tell_windows_apart(drawn(rng, shift="spread", by=-2.0), drawn(rng))
    assert apart.area > 0.85
    assert apart.low > 0.8
    told = apart.features[0]
    assert told.name == "spread"
    assert told.importance > 0.2
    assert told.alone < 0.2
    assert told.median - told.against == pytest.approx(-2, abs=0.3)
    assert max(abs(feature.importance) for feature in apart.features[1:]) < 0.05


def test_what_a_day_has_of_its_own_does_not_tell_its_market():
    """A number that is the same all day names the day, and no day is both learnt and asked."""
    rng = np.random.default_rng(3)

    def marked(days):
        for day in days:
            day[:, 0] = rng.standard_normal()
        return days

    apart = tell_windows_apart(marked(drawn(rng, 30)), marked(drawn(rng, 30)))
    assert apart.area < 0.65


def test_both_markets_give_equally_many_windows_from_all_their_days():
    rng = np.random.default_rng(4)
    uneven = [*drawn(rng, 5, 200), *drawn(rng, 10, 3)]
    apart = tell_windows_apart(uneven, drawn(rng, 12, 10))
    assert (apart.windows, apart.days, apart.days_against) == (120, 15, 12)


def test_the_interval_holds_the_area_and_is_wider_with_fewer_days():
    rng = np.random.default_rng(5)
    few = tell_windows_apart(drawn(rng, 6, 20, "spread", 1.0), drawn(rng, 6, 20))
    many = tell_windows_apart(drawn(rng, 40, 20, "spread", 1.0), drawn(rng, 40, 20))
    for apart in (few, many):
        assert apart.low < apart.area < apart.high
    assert many.high - many.low < few.high - few.low


def test_the_same_seed_gives_the_same_result():
    def again(seed):
        rng = np.random.default_rng(6)
        return tell_windows_apart(drawn(rng, 8, 15, "fano_1s", 0.7), drawn(rng, 8, 30), seed=seed)

    assert again(1) == again(1)
    assert again(1) != again(2)


def test_too_few_days_give_no_area():
    rng = np.random.default_rng(7)
    apart = tell_windows_apart(drawn(rng, FOLDS - 1), drawn(rng))
    assert math.isnan(apart.area)
    assert apart.features == ()
    assert apart.days == FOLDS - 1


def test_a_feature_that_is_never_known_says_nothing():
    rng = np.random.default_rng(8)
    sides = [drawn(rng, 6, 20), drawn(rng, 6, 20)]
    for day in [*sides[0], *sides[1]]:
        day[:, FEATURES.index("ofi_r2")] = np.nan
    told = {feature.name: feature for feature in tell_windows_apart(*sides).features}["ofi_r2"]
    assert (told.importance, told.alone) == (0, 0.5)
    assert math.isnan(told.median)


def test_days_are_told_apart_as_their_windows_are(many_days):
    days = [day for day, _ in many_days]
    apart = tell_apart(days[::2], days[1::2], seed=3)
    same = tell_windows_apart(
        [windows_of(day) for day in days[::2]], [windows_of(day) for day in days[1::2]], seed=3
    )
    assert apart == same
    assert apart.area < 0.75
