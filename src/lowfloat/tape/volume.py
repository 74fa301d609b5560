"""How much trades, against the last minutes, the day so far, other days, and the float."""

import numpy as np

from lowfloat.days.bars import MINUTES
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.events import events, tape_shares_60
from lowfloat.tape.halts import is_settled
from lowfloat.tape.price import change, steps
from lowfloat.tape.swings import swings
from lowfloat.tape.windows import (
    lagged,
    log1p,
    per_closed_minute,
    positive,
    squashed,
    trailing_sum,
    z_score,
)

SURGE_MINUTES = 20
MINUTE = 60  # seconds
LEAST_LEG = 5  # seconds of a leg, and of what came after, to compare their volumes


def so_far(tape: Tape) -> np.ndarray:
    """Return the shares traded since 04:00, int64."""
    return np.cumsum(tape.seconds.volume)


def minute_volume(tape: Tape) -> np.ndarray:
    """Return the shares of each of the 960 minutes, int64."""
    return tape.seconds.volume.reshape(-1, 60).sum(axis=1)


def minute_surge(volume: np.ndarray) -> np.ndarray:
    """Return, per minute, its volume over the mean of the 20 minutes before it.

    Minutes without volume count. The result is NaN where fewer than 20 minutes came before, or
    these had no volume at all.

    Args:
        volume: shares of each minute.
    """
    total = np.concatenate([[0], np.cumsum(volume)])
    base = (total[SURGE_MINUTES:-1] - total[: -SURGE_MINUTES - 1]) / SURGE_MINUTES
    surge = np.full(len(volume), np.nan)
    surge[SURGE_MINUTES:] = volume[SURGE_MINUTES:] / positive(base)
    return surge


def surge(tape: Tape) -> np.ndarray:
    """Return the surge of the last closed minute; see :func:`minute_surge`."""
    return per_closed_minute(minute_surge(tape.of(minute_volume)), len(tape.seconds.volume))


def surge_now(tape: Tape) -> np.ndarray:
    """Return the volume of the last 60 s over the mean of the 20 minutes closed before them.

    NaN where fewer than 20 minutes came before, or they had no volume.
    """
    total = np.concatenate([[0], np.cumsum(tape.of(minute_volume))])
    base = np.full(len(total) - 1, np.nan)
    base[SURGE_MINUTES - 1 :] = (total[SURGE_MINUTES:] - total[:-SURGE_MINUTES]) / SURGE_MINUTES
    # Closed before the last 60 s began, so that a burst is not measured against itself.
    usual = lagged(per_closed_minute(base, len(tape.seconds.volume)), MINUTE)
    return trailing_sum(tape.seconds.volume, MINUTE) / positive(usual)


def _shares(tape: Tape, seconds: int) -> np.ndarray:
    return log1p(trailing_sum(tape.seconds.volume, seconds))


def dollars_60(tape: Tape) -> np.ndarray:
    """Return the dollars traded in 60 s."""
    # A sum of floats over a window may end an ulp below zero; a sum of money does not.
    return np.maximum(trailing_sum(tape.seconds.value, 60), 0.0)


def unusual_volume(tape: Tape) -> np.ndarray:
    """Return how unusual the shares of 10 s are; see ``windows.z_score``."""
    return z_score(trailing_sum(tape.seconds.volume, 10), tape.of(is_settled))


def volume_trend(tape: Tape) -> np.ndarray:
    """Return the log of the volume of the last 5 closed minutes to that of the 5 before."""
    minutes = tape.of(minute_volume)
    total = np.concatenate([[0], np.cumsum(minutes)])
    trend = np.full(len(minutes), np.nan)
    five = total[5:] - total[:-5]
    trend[9:] = log1p(five[5:]) - log1p(five[:-5])
    return per_closed_minute(trend, len(tape.seconds.volume))


def _relative(tape: Tape) -> np.ndarray:
    usual = tape.baseline.cumulative_volume
    known = np.cumsum(tape.of(minute_volume))
    # Other days may have been without a trade by this minute: that is known, too.
    has_usual = tape.baseline.cumulative_sessions > 0
    ratio = log1p(known) - (log1p(usual) if has_usual else np.nan)
    return per_closed_minute(ratio, 60 * MINUTES)


def relative_volume(tape: Tape) -> np.ndarray:
    """Return the shares of closed minutes over the usual by then, NaN while nothing is usual."""
    usual = positive(tape.baseline.cumulative_volume)
    return per_closed_minute(np.cumsum(tape.of(minute_volume)) / usual, 60 * MINUTES)


def premarket_relative_volume(tape: Tape) -> np.ndarray:
    """Return the shares before 09:30 over the usual at that minute of the day, both so far."""
    return _before_open(tape, tape.of(relative_volume))


def premarket_volume(tape: Tape) -> np.ndarray:
    """Return the shares before 09:30 so far, int64."""
    return _before_open(tape, tape.of(so_far))


def _before_open(tape: Tape, told: np.ndarray) -> np.ndarray:
    """Return a column that stands still from 09:30 on."""
    opens = tape.session.second(tape.session.regular_open_ns)
    return np.concatenate([told[:opens], np.full(len(told) - opens, told[opens - 1])])


def _against(shares: int | None, tape: Tape) -> np.ndarray:
    """Return ``ln(1 + r)``, r the shares since 04:00 over those given."""
    return log1p(tape.of(so_far) / (shares or np.nan))


def rising_share(tape: Tape) -> np.ndarray:
    """Return the share of volume in seconds in which the mid rose, of those in which it moved."""
    moved, volume = tape.of(steps), tape.seconds.volume
    rose = trailing_sum(np.where(moved > 0, volume, 0), 300)
    fell = trailing_sum(np.where(moved < 0, volume, 0), 300)
    return rose / positive(rose + fell)


def pullback_ratio(tape: Tape) -> np.ndarray:
    """Return the volume a second since the top of the leg over that from its base to its top."""
    leg, now = tape.of(swings), np.arange(len(tape.seconds.volume))
    begun = ~np.isnan(leg.base)
    base = np.where(begun, leg.base_second, 0).astype(np.int64)
    top = np.where(begun, leg.top_second, 0).astype(np.int64)
    total = tape.of(so_far)
    up, since = top - base, now - top
    rise = (total[top] - total[base]) / np.maximum(up, 1)
    after = (total - total[top]) / np.maximum(since, 1)
    judged = begun & (up >= LEAST_LEG) & (since >= LEAST_LEG) & (rise > 0)
    return np.where(judged, after / np.where(judged, rise, 1.0), np.nan)


def _print_size(tape: Tape) -> np.ndarray:
    prints = trailing_sum(tape.seconds.trades, 60)
    return log1p(tape.of(tape_shares_60) / positive(prints))


def _odd_lots(tape: Tape) -> np.ndarray:
    prints = trailing_sum(tape.seconds.trades, 60)
    return trailing_sum(tape.of(events).odd_lots, 60) / positive(prints)


def _off_exchange(tape: Tape) -> np.ndarray:
    shares = tape.of(tape_shares_60)
    off = trailing_sum(tape.of(events).off_exchange_volume, 60)
    return off / positive(shares)


def _amihud(tape: Tape) -> np.ndarray:
    dollars = tape.of(dollars_60)
    moved = np.abs(change(tape, MINUTE))
    return log1p(1e8 * moved / np.where(dollars >= 1.0, dollars, np.nan))


AMIHUD = "Amihud 2002"

COLUMNS = (
    Column("volume_10s", "log shares", 0.0, 20.0, 10, 0.0,
           "ln(1 + shares of the last 10 s)", "", lambda tape: _shares(tape, 10)),
    Column("volume_60s", "log shares", 0.0, 20.0, 60, 0.0,
           "ln(1 + shares of the last 60 s)", "", lambda tape: _shares(tape, 60)),
    Column("volume_300s", "log shares", 0.0, 20.0, 300, 0.0,
           "ln(1 + shares of the last 300 s)", "", lambda tape: _shares(tape, 300)),
    Column("value_60s", "log dollars", 0.0, 25.0, 60, 0.0,
           "ln(1 + dollars of the last 60 s)", "", lambda tape: log1p(tape.of(dollars_60))),
    Column("volume_so_far", "log shares", 0.0, 25.0, 0, 0.0,
           "ln(1 + shares since 04:00)", "", lambda tape: log1p(tape.of(so_far))),
    Column("premarket_volume", "log shares", 0.0, 25.0, 0, 0.0,
           "ln(1 + shares before 09:30 so far)", "",
           lambda tape: log1p(tape.of(premarket_volume))),
    Column("volume_surge", "squashed", 0.0, 1.0, 60 * (SURGE_MINUTES + 2), 0.0,
           "r / (r + 2), r the last closed minute over the mean of the 20 closed before it", "",
           lambda tape: squashed(tape.of(surge), 2.0)),
    Column("volume_z_10s", "deviations", -5.0, 5.0, 0, 0.0,
           "z-score over 900 s of ln(1 + shares of 10 s), not learning in halts", "",
           unusual_volume),
    Column("volume_trend", "log ratio", -10.0, 10.0, 660, 0.0,
           "ln of 1 + shares of the last 5 closed minutes to 1 + those of the 5 before", "",
           volume_trend),
    Column("relative_volume", "log ratio", -10.0, 10.0, 0, 0.0,
           "ln of 1 + shares since 04:00, as of the last closed minute, to 1 + the mean of the 20 "
           "sessions before up to that minute", "", _relative),
    Column("day_volume", "log ratio", 0.0, 10.0, 0, 0.0,
           "ln(1 + shares since 04:00 over those of an average session)", "",
           lambda tape: _against(tape.baseline.average_volume, tape)),
    Column("float_rotation", "log ratio", 0.0, 5.0, 0, 0.0,
           "ln(1 + shares since 04:00 over the float)", "",
           lambda tape: _against(tape.baseline.float_shares, tape)),
    Column("rising_volume_share", "share", 0.0, 1.0, 300, 0.5,
           "shares of the seconds in which the mid rose, of those in which it moved, over 300 s",
           "", lambda tape: tape.of(rising_share)),
    Column("pullback_volume", "squashed", 0.0, 1.0, 0, 0.5,
           "r / (r + 1), r the shares a second since the top of the leg over those from its base "
           "to its top, each at least 5 s long", "",
           lambda tape: squashed(tape.of(pullback_ratio), 1.0)),
    Column("print_size_60s", "log shares", 0.0, 15.0, 60, 0.0,
           "ln(1 + shares a print of the tape over 60 s)", "", _print_size),
    Column("odd_lot_share_60s", "share", 0.0, 1.0, 60, 0.0,
           "prints of fewer than 100 shares, of all of 60 s", "", _odd_lots),
    Column("off_exchange_share_60s", "share", 0.0, 1.0, 60, 0.0,
           "shares printed off exchange, of those of the tape of 60 s", "", _off_exchange),
    Column("illiquidity_60s", "log bps", 0.0, 15.0, 60, 0.0,
           "ln(1 + bps that the mid moved in 60 s per $10,000 traded), if at least $1 was", AMIHUD,
           _amihud),
)  # fmt: skip
