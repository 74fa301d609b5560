"""Planted leaks: columns that look ahead, each by a mistake that people really make.

They measure the detector: an audit that does not find every one of them proves little about the
columns it finds nothing in. Each leak takes a tape and returns rows of decisions; its docstring
says how the mistake comes about. Several show only under rare conditions.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import signal, stats

from lowfloat.audit.subjects import ROWS, Subject, honest_subjects
from lowfloat.base.clock import NS, REGULAR_OPEN, SECONDS_PER_SESSION
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.days.bars import official_open
from lowfloat.index.asof import first_alert
from lowfloat.index.config import AlertConfig
from lowfloat.tape.column import Tape
from lowfloat.tape.levels import vwap
from lowfloat.tape.phase import phases_of
from lowfloat.tape.price import mid_price
from lowfloat.tape.windows import lagged, trailing_sum

Leak = Callable[[Tape], np.ndarray]

_SECONDS = np.arange(SECONDS_PER_SESSION)


def _rows(buckets: np.ndarray) -> np.ndarray:
    """Return values at the ends of buckets as rows of decisions, as an honest column would."""
    rows = np.zeros(ROWS, buckets.dtype)
    rows[1:] = buckets
    return rows


def _early(buckets: np.ndarray) -> np.ndarray:
    """Return each bucket at the decision at which it only begins."""
    return np.append(buckets, buckets[-1])


def _next(buckets: np.ndarray) -> np.ndarray:
    """Return the value of the bucket after, at the end of each."""
    return np.append(buckets[1:], buckets[-1])


def _mid(tape: Tape) -> np.ndarray:
    return np.nan_to_num(tape.of(mid_price))


def _move(tape: Tape) -> np.ndarray:
    """Return the change of the mid over each second, dollars."""
    return np.diff(_mid(tape), prepend=0.0)


def _volume(tape: Tape) -> np.ndarray:
    return tape.seconds.volume.astype(np.float64)


def _gappy(tape: Tape) -> np.ndarray:
    """Return the last print of each second, not a number in a second without one."""
    return np.where(tape.seconds.high > 0, tape.seconds.last, np.nan)


def _bars(buckets: np.ndarray, length: int) -> np.ndarray:
    return buckets.reshape(-1, length)


def _spread(tape: Tape) -> np.ndarray:
    """Return the spread at the end of each bucket in price units, 0 if not two-sided."""
    seconds = tape.seconds
    return np.where((seconds.bid > 0) & (seconds.ask > 0), seconds.ask - seconds.bid, 0)


def _second_of(tape: Tape, times: np.ndarray) -> np.ndarray:
    """Return the session seconds of times, those outside at the nearest end."""
    return np.clip((times - tape.day.session.start_ns) // NS, 0, SECONDS_PER_SESSION - 1)


# Off by one.


def column_a_second_early(tape: Tape) -> np.ndarray:
    """The bucket that begins at a decision is taken for the one that ended there."""
    return _early(_mid(tape))


def phase_a_second_early(tape: Tape) -> np.ndarray:
    """The shift to decisions is made for the columns and forgotten for the phase."""
    return np.append(tape.of(phases_of)[1:], 0)


def edge_included(tape: Tape) -> np.ndarray:
    """`<=` for `<`: a print received exactly at the decision is counted in."""
    ends = tape.day.session.start_ns + NS * np.arange(ROWS)
    return np.searchsorted(tape.day.trades.ts_recv, ends, side="right")


def shifted_back_a_minute(tape: Tape) -> np.ndarray:
    """`shift(-60)` makes the label, and the label stays in the table of features."""
    mid = _mid(tape)
    return _rows(np.append(mid[60:], np.full(60, mid[-1])) - mid)


def gradient(tape: Tape) -> np.ndarray:
    """`np.gradient` takes central differences: half of each is the next second's."""
    return _rows(np.gradient(_mid(tape)))


def minute_labelled_at_its_left_edge(tape: Tape) -> np.ndarray:
    """A bar is labelled with the time it begins at, and joined on that."""
    return _early(np.repeat(_bars(_volume(tape), 60).sum(axis=1), 60))


def close_of_the_minute_at_its_start(tape: Tape) -> np.ndarray:
    """The close of the minute bar is joined to every second of its minute."""
    return _rows(np.repeat(_bars(_mid(tape), 60)[:, -1], 60))


def five_seconds_labelled_left(tape: Tape) -> np.ndarray:
    """`resample("5s")` labels left, too; the error is four seconds at most."""
    return _rows(np.repeat(_bars(_volume(tape), 5).max(axis=1), 5))


def hour_high_at_its_start(tape: Tape) -> np.ndarray:
    """`groupby(hour).transform("max")` gives each second the high of its whole hour."""
    return _rows(np.repeat(_bars(_mid(tape), 3600).max(axis=1), 3600))


# Windows and filters that see both ways.


def centred_mean(tape: Tape) -> np.ndarray:
    """`rolling(5, center=True)`: two of the five seconds lie ahead."""
    return _rows(np.convolve(_volume(tape), np.ones(5) / 5.0, mode="same"))


def backward_average(tape: Tape) -> np.ndarray:
    """An exponential average is run over the table in descending order of time."""
    smooth = signal.lfilter([0.1], [1.0, -0.9], _mid(tape)[::-1])
    return _rows(np.asarray(smooth)[::-1])


def filtered_forth_and_back(tape: Tape) -> np.ndarray:
    """`filtfilt` has no lag, because it runs over the future as well."""
    return _rows(signal.filtfilt([0.2], [1.0, -0.8], _mid(tape)))


def fourier_low_pass(tape: Tape) -> np.ndarray:
    """The high frequencies of the whole day are cut off."""
    spectrum = np.fft.rfft(_mid(tape))
    spectrum[200:] = 0.0
    return _rows(np.fft.irfft(spectrum, SECONDS_PER_SESSION))


def savitzky_golay(tape: Tape) -> np.ndarray:
    """The polynomial is fitted to a window around each second."""
    return _rows(signal.savgol_filter(_mid(tape), 31, 2))


def detrended(tape: Tape) -> np.ndarray:
    """A line through the whole day is taken off."""
    return _rows(signal.detrend(_mid(tape)))


def smoothed_phases(tape: Tape) -> np.ndarray:
    """As Viterbi does: a phase that soon gives way is said never to have been."""
    phases = tape.of(phases_of).copy()
    begins = np.flatnonzero(np.diff(phases, prepend=-1))
    ends = np.append(begins[1:], len(phases))
    for begin, end in zip(begins, ends, strict=True):
        if end - begin < 20 and begin > 0:
            phases[begin:end] = phases[begin - 1]
    return phases


def pivot_where_it_was(tape: Tape) -> np.ndarray:
    """A high is marked at its own second, though the fall that confirms it comes later."""
    mid = _mid(tape)
    highest = signal.argrelmax(mid, order=60, mode="clip")[0]
    pivots = np.zeros(len(mid))
    pivots[highest] = mid[highest]
    return _rows(pivots)


# Gaps that are filled from behind.


def filled_backwards(tape: Tape) -> np.ndarray:
    """`bfill` after `ffill`, for the seconds before the first print."""
    gappy = _gappy(tape)
    known = np.flatnonzero(~np.isnan(gappy))
    if not len(known):
        return _rows(np.zeros(len(gappy)))
    filled = tape.seconds.last.copy()
    filled[: known[0]] = gappy[known[0]]
    return _rows(filled)


def interpolated(tape: Tape) -> np.ndarray:
    """`interpolate()` draws a line from the print before a gap to the one after it."""
    gappy = _gappy(tape)
    known = np.flatnonzero(~np.isnan(gappy))
    return _rows(np.interp(_SECONDS, known, gappy[known]) if len(known) else np.zeros(len(gappy)))


def mean_imputed(tape: Tape) -> np.ndarray:
    """Seconds without a print get the mean of the day."""
    gappy = _gappy(tape)
    mean = np.nanmean(gappy) if np.any(~np.isnan(gappy)) else 0.0
    return _rows(np.where(np.isnan(gappy), mean, gappy))


def nearest_quote(tape: Tape) -> np.ndarray:
    """`merge_asof(direction="nearest")` takes the quote after, if that is nearer."""
    quotes = tape.day.quotes
    if not len(quotes.ts_recv):
        return np.zeros(ROWS, np.int64)
    times = tape.day.session.start_ns + NS * np.arange(ROWS)
    after = np.clip(np.searchsorted(quotes.ts_recv, times), 1, max(len(quotes.ts_recv) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(quotes.ts_recv) - 1)
    nearer = quotes.ts_recv[after] - times < times - quotes.ts_recv[before]
    return quotes.bid_price[np.where(nearer, after, before)]


def only_the_next_is_valid(tape: Tape) -> np.ndarray:
    """A print is thrown out as a spike because the next second's does not bear it out."""
    last = tape.seconds.last
    spike = (last > 1.05 * lagged(last, 1)) & (_next(last) < last)
    return _rows(np.where(spike, lagged(last, 1), last))


# Statistics of the whole day.


def z_score_of_the_day(tape: Tape) -> np.ndarray:
    """Mean and deviation are those of the day that is scored."""
    volume = _volume(tape)
    return _rows((volume - volume.mean()) / (volume.std() + 1e-9))


def rank_of_the_day(tape: Tape) -> np.ndarray:
    """`rank(pct=True)` ranks a second among all the seconds of its day."""
    return _rows(stats.rankdata(_volume(tape)) / SECONDS_PER_SESSION)


def scaled_to_the_day(tape: Tape) -> np.ndarray:
    """Min-max scaling by the low and high of the day."""
    mid = _mid(tape)
    return _rows((mid - mid.min()) / max(np.ptp(mid), 1e-9))


def robust_scaler_of_the_day(tape: Tape) -> np.ndarray:
    """The scaler is fitted on the day it is applied to, by median and quartiles."""
    volume = _volume(tape)
    low, middle, high = np.quantile(volume[volume > 0], [0.25, 0.5, 0.75]) if volume.any() else (
        0.0, 0.0, 1.0
    )  # fmt: skip
    return _rows((volume - middle) / max(high - low, 1.0))


def quantile_of_the_day(tape: Tape) -> np.ndarray:
    """A second is busy if it is among the busiest twentieth of those with prints on its day."""
    volume = _volume(tape)
    threshold = np.quantile(volume[volume > 0], 0.95) if volume.any() else 0.0
    return _rows(volume > threshold)


def clipped_at_percentiles_of_the_day(tape: Tape) -> np.ndarray:
    """Outliers are cut off at percentiles of the day."""
    move = _move(tape)
    return _rows(np.clip(move, *np.quantile(move, [0.001, 0.999])))


def quantised_by_the_day(tape: Tape) -> np.ndarray:
    """A column is stored in one byte, by the largest value it has on the day."""
    volume = _volume(tape)
    return _rows((255 * volume / max(volume.max(), 1.0)).astype(np.uint8))


def binned_by_the_day(tape: Tape) -> np.ndarray:
    """The edges of ten bins come from the day's own range."""
    mid = _mid(tape)
    return _rows(np.digitize(mid, np.histogram_bin_edges(mid, 10)))


def high_of_the_whole_day(tape: Tape) -> np.ndarray:
    """`max()` for `cummax()`."""
    mid = _mid(tape)
    return _rows(mid / max(mid.max(), 1e-9))


def vwap_over_the_total_volume(tape: Tape) -> np.ndarray:
    """The value so far is divided by the volume of the day."""
    return _rows(np.cumsum(tape.seconds.value) / max(tape.seconds.volume.sum(), 1))


def share_of_the_volume_of_the_day(tape: Tape) -> np.ndarray:
    """Volume so far as a share of the day's."""
    volume = np.cumsum(tape.seconds.volume)
    return _rows(volume / max(volume[-1], 1))


def volume_by_the_profile_of_the_day(tape: Tape) -> np.ndarray:
    """Relative volume by a profile of the minutes into which the day itself went."""
    minutes = _bars(_volume(tape), 60).sum(axis=1)
    total = minutes.sum()
    return _rows(trailing_sum(_volume(tape), 60) / np.repeat(minutes + total / 960 + 1.0, 60))


def average_volume_with_the_day(tape: Tape) -> np.ndarray:
    """The average volume is taken over a window that ends with the day."""
    usual = tape.baseline.average_volume
    return np.full(ROWS, (20.0 * usual + tape.seconds.volume.sum()) / 21.0)


def blocks_by_the_day(tape: Tape) -> np.ndarray:
    """A print is a block if it is among the largest twentieth of its day."""
    trades = tape.day.trades
    if not len(trades.size):
        return np.zeros(ROWS)
    blocks = trades.size > np.quantile(trades.size, 0.95)
    at = _second_of(tape, trades.ts_recv[blocks])
    return _rows(np.bincount(at, minlength=SECONDS_PER_SESSION).astype(np.float64))


def average_fitted_on_the_day(tape: Tape) -> np.ndarray:
    """The weight of an exponential average is fitted to the day it is run over."""
    move = _move(tape)
    memory = abs(np.dot(move[1:], move[:-1])) / max(np.dot(move, move), 1e-12)
    weight = 1.0 - min(memory, 0.99)
    return _rows(np.asarray(signal.lfilter([weight], [1.0, weight - 1.0], move)))


def principal_component_of_the_day(tape: Tape) -> np.ndarray:
    """The weights of the first principal component are those of the day."""
    table = np.stack([_move(tape), np.log1p(_volume(tape)), _spread(tape) / 1e4])
    return _rows(np.linalg.eigh(np.cov(table))[1][:, -1] @ table)


def regression_of_the_day(tape: Tape) -> np.ndarray:
    """A forecast whose weights were fitted to what it forecasts."""
    move, volume = _move(tape), np.log1p(_volume(tape))
    table = np.stack([move, volume, np.ones(len(move))], axis=1)
    return _rows(table @ np.linalg.lstsq(table[:-1], move[1:], rcond=None)[0])


# What the day came to.


def official_close_known(tape: Tape) -> np.ndarray:
    """The close of the daily bar is joined to every second of the day."""
    return np.full(ROWS, tape.day.closing_price / NANODOLLARS_PER_DOLLAR)


def gap_before_the_open(tape: Tape) -> np.ndarray:
    """The gap of the daily bar is known at 04:00; it uses the price of 09:30."""
    opened = official_open(tape.day.trades, tape.day.session) / NANODOLLARS_PER_DOLLAR
    return np.full(ROWS, opened - tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR)


def records_left(tape: Tape) -> np.ndarray:
    """Progress through the day is measured in records, not on the clock."""
    ends = tape.day.session.start_ns + NS * np.arange(ROWS)
    received = tape.day.quotes.ts_recv
    return np.searchsorted(received, ends) / max(len(received), 1)


def time_to_the_last_record(tape: Tape) -> np.ndarray:
    """The end of the episode is set to the last record there is."""
    received = tape.day.trades.ts_recv
    last = _second_of(tape, received[-1:])[0] if len(received) else 0
    return np.maximum(last - np.arange(ROWS), 0)


def time_to_the_first_print(tape: Tape) -> np.ndarray:
    """A day begins where its first print is: seconds before it count down."""
    received = tape.day.trades.ts_recv
    first = _second_of(tape, received[:1])[0] if len(received) else SECONDS_PER_SESSION
    return np.minimum(np.arange(ROWS) - first, 0)


def volume_clock(tape: Tape) -> np.ndarray:
    """A hundred bars of equal volume: how much that is depends on the whole day."""
    volume = np.cumsum(tape.seconds.volume)
    return _rows(volume // max(volume[-1] // 100, 1))


def day_worth_trading(tape: Tape) -> np.ndarray:
    """Days without a move of a tenth are left out, by a flag that is known from 04:00."""
    last = tape.seconds.last
    first = last[last > 0][:1]
    return np.full(ROWS, bool(len(first)) and last.max() > 1.1 * first[0])


def alert_known_from_the_start(tape: Tape) -> np.ndarray:
    """The second of the alert is a column of the day, and stands in every row."""
    second = first_alert(tape, AlertConfig())
    return np.full(ROWS, -1 if second is None else second)


def alert_a_minute_early(tape: Tape) -> np.ndarray:
    """The alert is labelled with the left edge of the minute it fell in."""
    second = first_alert(tape, AlertConfig())
    return np.arange(ROWS) >= (ROWS if second is None else second // 60 * 60)


# The two clocks, and order.


def sorted_by_event_time(tape: Tape) -> np.ndarray:
    """Prints are sorted by the exchange's clock: one told late is known before it was told."""
    at = _second_of(tape, tape.day.trades.ts_event)
    shares = np.zeros(SECONDS_PER_SESSION)
    np.add.at(shares, at, tape.day.trades.size)
    return _rows(np.cumsum(shares))


def late_prints_put_back(tape: Tape) -> np.ndarray:
    """A late print may set the high of the second in which it was made."""
    trades = tape.day.trades
    high = tape.seconds.high.copy()
    late = trades.ts_recv - trades.ts_event > NS
    at = _second_of(tape, trades.ts_event[late])
    np.maximum.at(high, at, trades.price[late] / NANODOLLARS_PER_DOLLAR)
    return _rows(np.maximum.accumulate(high))


def halt_known_when_it_was_made(tape: Tape) -> np.ndarray:
    """A halt is known from the time the exchange gives, not from when its notice came."""
    status = tape.day.status
    stops = np.sort(_second_of(tape, status.ts_event[tape.day.status_says_halted]))
    return np.searchsorted(stops, np.arange(ROWS))


def halt_end_known_at_its_start(tape: Tape) -> np.ndarray:
    """A halt is kept as a span, and its end is looked up while it lasts."""
    left = np.zeros(ROWS, np.int64)
    for begin, end in tape.day.halts:
        received = tape.day.session.second(begin) + 2
        until = min(tape.day.session.second(end), ROWS)
        left[received:until] = until - np.arange(received, until)
    return left


def restriction_known_early(tape: Tape) -> np.ndarray:
    """Rule 201 is kept as a flag of the day, though it begins with a fall within it."""
    return np.full(ROWS, tape.seconds.short_sale_restricted.max())


def signed_with_the_next_quote(tape: Tape) -> np.ndarray:
    """Prints are signed by the first quote after them, because feeds are not in step."""
    trades, quotes = tape.day.trades, tape.day.quotes
    if not len(quotes.ts_recv):
        return np.zeros(ROWS)
    after = np.searchsorted(quotes.ts_recv, trades.ts_recv, side="right")
    after = np.minimum(after, len(quotes.ts_recv) - 1)
    middle = (quotes.bid_price[after] + quotes.ask_price[after]) / 2
    signs = np.sign(trades.price - middle) * trades.size
    at = _second_of(tape, trades.ts_recv)
    pressure = np.zeros(SECONDS_PER_SESSION)
    np.add.at(pressure, at, signs)
    return _rows(pressure)


def realised_spread_at_the_print(tape: Tape) -> np.ndarray:
    """What a print cost is measured by the mid 30 s later, and booked at the print."""
    mid = _mid(tape)
    later = np.append(mid[30:], np.full(30, mid[-1]))
    pressed = np.sign(tape.seconds.buys - tape.seconds.sells)
    return _rows(2.0 * pressed * (tape.seconds.last - later))


def last_of_duplicates_kept(tape: Tape) -> np.ndarray:
    """`drop_duplicates(keep="last")`: a print vanishes when one like it comes."""
    trades = tape.day.trades
    both = trades.price[::-1] * 1_000 + trades.size[::-1] % 1_000
    kept = len(both) - 1 - np.unique(both, return_index=True)[1]
    at = _second_of(tape, trades.ts_recv[kept])
    return _rows(np.cumsum(np.bincount(at, minlength=SECONDS_PER_SESSION)))


def time_to_the_next_quote(tape: Tape) -> np.ndarray:
    """The age of a quote is measured to the quote that ends it."""
    received = tape.day.quotes.ts_recv
    ends = tape.day.session.start_ns + NS * np.arange(ROWS)
    following = np.searchsorted(received, ends)
    known = np.append(received, tape.day.coverage_end_ns)
    return known[following] - ends


class CacheByLength:
    """A cache that takes two days for one if they have as many prints.

    Days have no hash, so the number of prints is the key.
    """

    def __init__(self) -> None:
        self._known: dict[int, np.ndarray] = {}

    def __call__(self, tape: Tape) -> np.ndarray:
        """Return VWAP, of this day or of another."""
        key = len(tape.day.trades.price)
        if key not in self._known:
            self._known[key] = _rows(np.nan_to_num(tape.of(vwap)))
        return self._known[key]


# Leaks that show only under rare conditions.


def only_in_a_halt(tape: Tape) -> np.ndarray:
    """In a halt the last price stands still; it is taken from the reopening."""
    last, halted = tape.seconds.last, tape.seconds.halted > 0
    resumed = np.where(halted, SECONDS_PER_SESSION - 1, _SECONDS)
    resumed = np.minimum.accumulate(resumed[::-1])[::-1]
    return _rows(np.where(halted, last[resumed], last))


def only_in_the_last_minute(tape: Tape) -> np.ndarray:
    """In the minute before the close, the price is that of the closing cross."""
    day = tape.day
    close = day.session.second(day.session.regular_close_ns)
    rows = _rows(_mid(tape))
    rows[close - 60 : close] = day.closing_price / NANODOLLARS_PER_DOLLAR
    return rows


def only_at_15_59_59(tape: Tape) -> np.ndarray:
    """The last second of the regular session is taken with the cross that ends it."""
    close = tape.day.session.second(tape.day.session.regular_close_ns)
    rows = _rows(np.cumsum(tape.seconds.volume))
    rows[close - 1] = rows[close]
    return rows


def only_at_the_open(tape: Tape) -> np.ndarray:
    """At 09:30:00 the opening print is taken to be known."""
    rows = _rows(tape.seconds.last)
    rows[REGULAR_OPEN] = rows[REGULAR_OPEN + 1]
    return rows


def only_at_utc_midnight(tape: Tape) -> np.ndarray:
    """A file ends at 00:00 UTC, and its last row is that of the next file."""
    start = tape.day.session.start_ns
    second = (-start // NS) % 86_400
    rows = _rows(np.cumsum(tape.seconds.quotes))
    rows[second] = rows[min(second + 1, ROWS - 1)]
    return rows


def only_at_a_spread_of_one_tick(tape: Tape) -> np.ndarray:
    """Where the book is tight, the mid is replaced by the price of the next second."""
    mid, spread = _mid(tape), _spread(tape)
    tick = np.where(mid >= 1.0, 100, 1)
    return _rows(np.where(spread == tick, _next(mid), mid))


def only_at_a_high_of_the_day(tape: Tape) -> np.ndarray:
    """A new high counts only if it still stands five seconds later."""
    mid = _mid(tape)
    new = mid > lagged(np.maximum.accumulate(mid), 1)
    later = np.append(mid[5:], np.full(5, mid[-1]))
    return _rows(new & (later >= mid))


def only_after_the_last_print(tape: Tape) -> np.ndarray:
    """When nothing more comes, the day is called over at once."""
    received = tape.day.trades.ts_recv
    last = _second_of(tape, received[-1:])[0] if len(received) else 0
    return np.arange(ROWS) > last


def only_where_the_phase_changes(tape: Tape) -> np.ndarray:
    """The end of a phase is kept with it, and told in its last second."""
    phases = tape.of(phases_of)
    return np.append(phases[1:] != phases[:-1], False)


def only_in_the_busiest_second(tape: Tape) -> np.ndarray:
    """The volume record of the day is flagged when it falls; which one it is shows at the end."""
    return _rows(np.argmax(tape.seconds.volume) == _SECONDS)


def one_unit_in_the_last_place(tape: Tape) -> np.ndarray:
    """A sum over the day in float32 is taken off again, and leaves its rounding."""
    volume = np.cumsum(tape.seconds.volume).astype(np.float32)
    return _rows(np.where(_next(tape.seconds.trades) > 0, np.nextafter(volume, np.inf), volume))


def sign_of_zero(tape: Tape) -> np.ndarray:
    """A zero is multiplied by the side of the next print, and keeps its sign."""
    return _rows(0.0 * _next(np.where(tape.seconds.sells > tape.seconds.buys, -1.0, 1.0)))


def through_the_mask(tape: Tape) -> np.ndarray:
    """The value is honest, but whether it is known is asked of the second that follows."""
    return _early((tape.seconds.bid > 0) & (tape.seconds.ask > tape.seconds.bid))


def through_not_a_number(tape: Tape) -> np.ndarray:
    """Every tenth second is missing where the window of the next minute is empty."""
    ahead = np.append(trailing_sum(tape.seconds.trades, 60)[60:], np.zeros(60))
    return _rows(np.where((ahead == 0) & (_SECONDS % 10 == 0), np.nan, 1.0))


_LEAKS: tuple[Leak, ...] = (
    column_a_second_early, phase_a_second_early, edge_included, shifted_back_a_minute, gradient,
    minute_labelled_at_its_left_edge, close_of_the_minute_at_its_start,
    five_seconds_labelled_left, hour_high_at_its_start, centred_mean, backward_average,
    filtered_forth_and_back, fourier_low_pass, savitzky_golay, detrended, smoothed_phases,
    pivot_where_it_was, filled_backwards, interpolated, mean_imputed, nearest_quote,
    only_the_next_is_valid, z_score_of_the_day, rank_of_the_day, scaled_to_the_day,
    robust_scaler_of_the_day, quantile_of_the_day, clipped_at_percentiles_of_the_day,
    quantised_by_the_day, binned_by_the_day, high_of_the_whole_day, vwap_over_the_total_volume,
    share_of_the_volume_of_the_day, volume_by_the_profile_of_the_day,
    average_volume_with_the_day, blocks_by_the_day, average_fitted_on_the_day,
    principal_component_of_the_day, regression_of_the_day, official_close_known,
    gap_before_the_open, records_left, time_to_the_last_record, time_to_the_first_print,
    volume_clock, day_worth_trading, alert_known_from_the_start, alert_a_minute_early,
    sorted_by_event_time, late_prints_put_back, halt_known_when_it_was_made,
    halt_end_known_at_its_start, restriction_known_early, signed_with_the_next_quote,
    realised_spread_at_the_print, last_of_duplicates_kept, time_to_the_next_quote,
    only_in_a_halt, only_in_the_last_minute, only_at_15_59_59, only_at_the_open,
    only_at_utc_midnight, only_at_a_spread_of_one_tick, only_at_a_high_of_the_day,
    only_after_the_last_print, only_where_the_phase_changes, only_in_the_busiest_second,
    one_unit_in_the_last_place, sign_of_zero, through_the_mask, through_not_a_number,
)  # fmt: skip

PLANTED = (*(leak.__name__ for leak in _LEAKS), "cache_by_length")
"""Names of the leaks; each is a subject with one column, both of this name."""


def planted_subjects() -> list[Subject]:
    """Return every leak as a subject."""
    leaks = {leak.__name__: leak for leak in _LEAKS} | {"cache_by_length": CacheByLength()}
    return [Subject(name, partial(_of_leak, name=name, leak=leak)) for name, leak in leaks.items()]


def planted_among_honest() -> list[Subject]:
    """Return the honest subjects and every leak."""
    return honest_subjects() + planted_subjects()


def _of_leak(tape: Tape, name: str, leak: Leak) -> dict[str, np.ndarray]:
    return {name: leak(tape)}
