"""What one day's prints are like: sizes, clustering in time, and the memory of their signs."""

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR, NANODOLLARS_PER_UNIT, ROUND_LOT
from lowfloat.synth.estimators import autocorrelation, autocorrelations, fano, variation
from lowfloat.synth.hawkes import branching_ratio, merge_close
from lowfloat.synth.observed import Observed

SIGN_LAGS = (1, 2, 5, 10, 20, 50, 100)
LONGEST_SIGN_LAG = 100

_ENOUGH_PRINTS = 50
_CENT = NANODOLLARS_PER_DOLLAR // 100
_MILLISECOND = 1_000_000
_HAWKES_WINDOW = 900  # seconds
_HAWKES_EVENTS = 100
_OPENING = 1800 * NS


def trade_facts(day: Observed) -> dict[str, float]:
    """Return the statistics of the prints of a day; NaN where it has too few."""
    signs = sign_autocorrelations(day)
    return {
        **_sizes(day),
        **_sessions(day),
        **_clustering(day),
        **{f"sign_acf_{lag}": float(signs[lag - 1]) for lag in SIGN_LAGS},
        "trade_price_acf_1": _bounce(day),
    }


def sign_autocorrelations(day: Observed) -> np.ndarray:
    """Return the autocorrelation of the aggressors' signs at lags 1 to 100, in trade time.

    Regular hours, and only prints whose aggressor the feed itself gave.
    """
    signs = day.sign[day.tape_regular].astype(np.float64)
    return autocorrelations(signs[signs != 0], LONGEST_SIGN_LAG)


def branching_ratios(day: Observed) -> np.ndarray:
    """Return the branching ratio of each 15 minutes of regular hours, float64.

    Prints less than 1 ms apart are one event: they are the pieces of one order. Windows with a
    halt in them or fewer than 100 events are left out.
    """
    session, found = day.day.session, []
    length = _HAWKES_WINDOW * NS
    times = day.tape.ts_recv
    for start in range(session.regular_open_ns, session.regular_close_ns - length + 1, length):
        first, end = np.searchsorted(times, (start, start + length))
        if day.between(start, start + length).sum() < length // NS:
            continue
        events = merge_close((times[first:end] - start) / NS, 1e-3)
        if len(events) >= _HAWKES_EVENTS:
            found.append(branching_ratio(events, float(_HAWKES_WINDOW)))
    return np.array(found)


def _sizes(day: Observed) -> dict[str, float]:
    size, price = day.tape.size, day.tape.price
    if len(size) < _ENOUGH_PRINTS:
        return dict.fromkeys(
            ("trade_size_mean", "odd_lot_share", "size_100_share",
             "round_lot_share", "log_size_acf_1", "subpenny_share", "no_aggressor_share"),
            np.nan,
        )  # fmt: skip
    finest = np.where(price >= NANODOLLARS_PER_DOLLAR, _CENT, NANODOLLARS_PER_UNIT)
    return {
        "trade_size_mean": float(size.mean()),
        "odd_lot_share": float((size < ROUND_LOT).mean()),
        "size_100_share": float((size == ROUND_LOT).mean()),
        "round_lot_share": float((size % ROUND_LOT == 0).mean()),
        "log_size_acf_1": autocorrelation(np.log(size), 1),
        "subpenny_share": float((price % finest != 0).mean()),
        "no_aggressor_share": float((day.sign == 0).mean()),
    }


def _sessions(day: Observed) -> dict[str, float]:
    session, times = day.day.session, day.tape.ts_recv
    count = len(times)
    before = np.count_nonzero(times < session.regular_open_ns)
    regular = np.count_nonzero(day.tape_regular)
    volume = day.tape.size[day.tape_regular].sum()
    opening = day.tape_regular & (times < session.regular_open_ns + _OPENING)
    enough = count >= _ENOUGH_PRINTS
    return {
        "trades": float(count),
        "trades_before_share": before / count if enough else np.nan,
        "trades_regular_share": regular / count if enough else np.nan,
        "trades_after_share": (count - before - regular) / count if enough else np.nan,
        "first_30min_share": (
            float(day.tape.size[opening].sum() / volume) if enough and volume else np.nan
        ),
    }


def regular_gaps(day: Observed) -> np.ndarray:
    """Return the nanoseconds between one print of regular hours and the next, int64.

    Gaps with a halt in them are left out.
    """
    times, stretch = day.tape.ts_recv[day.tape_regular], day.stretch[day.tape_regular]
    return np.diff(times)[np.diff(stretch) == 0]


def _clustering(day: Observed) -> dict[str, float]:
    gaps = regular_gaps(day)
    facts = {"gap_under_1ms_share": np.nan, "gap_variation": np.nan}
    if len(gaps) >= _ENOUGH_PRINTS:
        facts = {
            "gap_under_1ms_share": float((gaps < _MILLISECOND).mean()),
            "gap_variation": variation(gaps.astype(np.float64)),
        }
    counts = np.where(day.regular, day.seconds.trades[: len(day.regular)], np.nan)
    whole = counts[: len(counts) // 60 * 60].reshape(-1, 60).sum(axis=1)
    return {**facts, "fano_1s": fano(counts), "fano_60s": fano(whole)}


def _bounce(day: Observed) -> float:
    """Return the autocorrelation of the changes from one print's price to the next."""
    regular = day.tape_regular
    changes = np.diff(np.log(day.tape.price[regular]))
    changes[np.diff(day.stretch[regular]) != 0] = np.nan
    return autocorrelation(changes, 1)
