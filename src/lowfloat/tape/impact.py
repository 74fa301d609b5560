"""What trading costs and moves: effective and realised spread, Kyle's lambda, absorption."""

import numpy as np

from lowfloat.base import portable
from lowfloat.base.jit import kernel
from lowfloat.tape.book import tick_size
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.events import events
from lowfloat.tape.price import mid_price, steps
from lowfloat.tape.windows import faded, lagged, positive, squashed, trailing_sum

REALISED_AFTER = 5  # seconds
KYLE_SECONDS = 300.0
KYLE_PRIOR = 10_000.0  # shares squared: a hundred shares teach little
ABSORBING_WINDOW = 10
LARGE_SHARE, LARGE_STEP, LARGE_FIRST = 0.8, 0.02, 1_000.0


def _shares_60(tape: Tape, late: int) -> np.ndarray:
    """Return the shares of the signed prints of 60 s, as of ``late`` seconds ago."""
    shares = lagged(trailing_sum(tape.of(events).quoted_shares, 60), late)
    return positive(shares)


def _effective(tape: Tape) -> np.ndarray:
    found = tape.of(events)
    return 2.0 * trailing_sum(found.over_mid - found.quoted_sign, 60) / _shares_60(tape, 0)


def _realised(tape: Tape) -> np.ndarray:
    found, late = tape.of(events), REALISED_AFTER
    mid = np.nan_to_num(tape.of(mid_price))
    gained = np.zeros(len(mid))
    gained[late:] = found.over_mid[:-late] - found.sign_over_mid[:-late] * mid[late:]
    return 2.0 * trailing_sum(gained, 60) / _shares_60(tape, late)


def _adverse(tape: Tape) -> np.ndarray:
    found, late = tape.of(events), REALISED_AFTER
    mid = np.nan_to_num(tape.of(mid_price))
    lost = np.zeros(len(mid))
    lost[late:] = found.sign_over_mid[:-late] * mid[late:] - found.quoted_sign[:-late]
    return 2.0 * trailing_sum(lost, 60) / _shares_60(tape, late)


def kyle_lambda(tape: Tape) -> np.ndarray:
    """Return by how many bps a net 1,000 shares bought in a second moved the mid.

    The slope of a regression over seconds that fade over 300 s; NaN before the first signed print.
    """
    bought = (tape.seconds.buy_volume - tape.seconds.sell_volume).astype(np.float64)
    moved = 1e4 * tape.of(steps)
    weight = faded(np.ones(len(moved)), KYLE_SECONDS)
    sum_x, sum_y = faded(bought, KYLE_SECONDS), faded(moved, KYLE_SECONDS)
    sum_xx, sum_xy = faded(bought**2, KYLE_SECONDS), faded(bought * moved, KYLE_SECONDS)
    slope = (sum_xy - sum_x * sum_y / weight) / (sum_xx - sum_x**2 / weight + KYLE_PRIOR)
    return np.where(np.cumsum(np.abs(bought)) > 0, 1e3 * slope, np.nan)


def absorbed(tape: Tape) -> np.ndarray:
    """Return how far the price failed to follow a large net flow of 10 s, below 0 for sells."""
    seconds, mid = tape.seconds, tape.of(mid_price)
    net = trailing_sum(seconds.buy_volume - seconds.sell_volume, ABSORBING_WINDOW)
    large = np.empty(len(net), bool)
    _find_large(np.abs(net), large)
    moved = 1e4 * (mid / lagged(mid, ABSORBING_WINDOW) - 1.0)
    expected = np.abs(np.nan_to_num(tape.of(kyle_lambda)) * net) / 1e3
    least = np.maximum(expected, 1e4 * tape.of(tick_size) / mid)
    failed = np.clip(1.0 - np.sign(net) * moved / least, 0.0, 1.0)
    return np.where(large, np.sign(net) * failed, 0.0 * moved)


@kernel
def _find_large(values: np.ndarray, out: np.ndarray) -> None:
    """Tell what reaches the running 80th percentile of what is not 0 (Robbins and Monro)."""
    level = portable.log(LARGE_FIRST)
    for b in range(len(values)):
        out[b] = False
        if values[b] > 0:
            out[b] = portable.log(float(values[b])) >= level
            level += LARGE_STEP * (LARGE_SHARE - (0.0 if out[b] else 1.0))


ROLL = "Huang and Stoll 1996"
COLUMNS = (
    Column("effective_spread_60s", "fraction", -0.2, 0.2, 60, 0.0,
           "twice what signed prints of 60 s paid beyond the mid before them, over it, by shares",
           ROLL, _effective),
    Column("realised_spread_60s", "fraction", -0.2, 0.2, 65, 0.0,
           "twice what they paid beyond the mid at the end of the 5th second after, over the mid "
           "before them, by shares; prints of 5 to 65 s ago", ROLL, _realised),
    Column("adverse_selection_60s", "fraction", -0.2, 0.2, 65, 0.0,
           "effective less realised spread of the prints of 5 to 65 s ago", ROLL, _adverse),
    Column("kyle_lambda", "squashed", -1.0, 1.0, 0, 0.0,
           "r / (|r| + 10), r the bps that a net 1,000 shares bought in a second moved the mid, a "
           "regression over seconds that fade over 300 s, with 10,000 shares squared added to what "
           "it divides by", "Kyle 1985",
           lambda tape: squashed(tape.of(kyle_lambda), 10.0)),
    Column("absorption_at_ask", "share", 0.0, 1.0, 0, 0.0,
           "1 less the rise of the mid in 10 s over the size of the move that lambda expects of "
           "the net shares bought, or over a tick if this is more; 0 unless these reach the "
           "running 80th percentile of windows that are not balanced", "",
           lambda tape: np.maximum(tape.of(absorbed), 0.0)),
    Column("absorption_at_bid", "share", 0.0, 1.0, 0, 0.0,
           "the same of the fall after net shares sold", "",
           lambda tape: np.maximum(-tape.of(absorbed), 0.0)),
)  # fmt: skip
