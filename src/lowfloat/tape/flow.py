"""Who is pressing, how fast, and whether the tape feeds on itself."""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.days.seconds import Seconds
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.events import HAWKES_BRANCHING, events, tape_shares_60
from lowfloat.tape.halts import is_settled
from lowfloat.tape.windows import faded, faded_mean, log, log1p, positive, trailing_sum, z_score

CALM_SECONDS = 900.0
BURST_SLACK, BURST_BEGINS, BURST_ENDS, BURST_REST = 0.75, 4.0, 0.25, 5


def pressure(seconds: Seconds, window: int) -> np.ndarray:
    """Return the share of aggressor buys in the signed volume of the last ``window`` seconds.

    A prior of a share and a sixth of the mean volume of such a window, over a longer one, half on
    each side, keeps a few shares in a quiet market from reading as pressure. The longer one is
    60 s for windows up to 10 s, else ten times the window.
    """
    bought = trailing_sum(seconds.buy_volume, window)
    sold = trailing_sum(seconds.sell_volume, window)
    longer = 60 if window <= 10 else 10 * window
    prior = trailing_sum(seconds.volume, longer) * (window / longer) / 6.0 + 1.0
    return (bought + prior / 2.0) / (bought + sold + prior)


def buy_pressure_60(tape: Tape) -> np.ndarray:
    """Return the buy pressure of 60 s."""
    return pressure(tape.seconds, 60)


def tape_speed(seconds: Seconds, window: int) -> np.ndarray:
    """Return prints per second over the last ``window`` seconds."""
    return trailing_sum(seconds.trades, window) / window


def _balance(tape: Tape, window: int) -> np.ndarray:
    buys = trailing_sum(tape.seconds.buys, window)
    sells = trailing_sum(tape.seconds.sells, window)
    return (buys - sells) / (buys + sells + 1.0)


def _delta_slope(tape: Tape) -> np.ndarray:
    delta = faded(tape.of(events).signed_dollars, 60.0)
    usual = faded_mean(np.abs(delta), CALM_SECONDS)
    return delta / positive(usual)


def _delta(tape: Tape) -> np.ndarray:
    value = np.cumsum(tape.seconds.value)
    return np.cumsum(tape.of(events).signed_dollars) / positive(value)


def _run(tape: Tape) -> np.ndarray:
    run = tape.of(events).run
    return np.sign(run) * log1p(np.abs(run))


def _unsigned(tape: Tape) -> np.ndarray:
    shares = tape.of(tape_shares_60)
    return trailing_sum(tape.of(events).unsigned_volume, 60) / positive(shares)


def _speed_2(tape: Tape) -> np.ndarray:
    return tape_speed(tape.seconds, 2)


def _speed_60(tape: Tape) -> np.ndarray:
    return tape_speed(tape.seconds, 60)


def _acceleration(tape: Tape) -> np.ndarray:
    return log(tape.of(_speed_2) + 0.1) - log(tape.of(_speed_60) + 0.1)


def _trend(tape: Tape) -> np.ndarray:
    return log(tape.of(_speed_60) + 0.02) - log(tape_speed(tape.seconds, 900) + 0.02)


def speed_z(tape: Tape) -> np.ndarray:
    """Return how unusual the prints of 2 s are; see ``windows.z_score``."""
    return z_score(tape.of(_speed_2), tape.of(is_settled))


def _endogeneity(tape: Tape) -> np.ndarray:
    """Return the share of the rate of prints that earlier prints explain."""
    rate = faded(tape.seconds.trades, CALM_SECONDS) / CALM_SECONDS
    outside = (1.0 - HAWKES_BRANCHING) * rate
    total = outside + tape.of(events).excitement
    return tape.of(events).excitement / np.where(rate > 0, total, np.nan)


def _burst(tape: Tape) -> np.ndarray:
    out = np.empty(len(tape.seconds.trades))
    _follow_bursts(tape.of(speed_z), out)
    return out


@kernel
def _follow_bursts(z: np.ndarray, out: np.ndarray) -> None:
    total, quiet, on = 0.0, 0, False
    for b in range(len(z)):
        if not np.isnan(z[b]):
            total = max(0.0, total + z[b] - BURST_SLACK)
            quiet = quiet + 1 if z[b] < BURST_ENDS else 0
            if total > BURST_BEGINS:
                on = True
            if on and quiet >= BURST_REST:
                on, total = False, 0.0
        out[b] = 1.0 if on else 0.0


HAWKES = f"Hawkes 1971, with three time scales and a branching ratio of {HAWKES_BRANCHING}"

COLUMNS = (
    Column("buy_pressure_10s", "share", 0.0, 1.0, 60, 0.5,
           "bought of the signed volume of 10 s, with a prior of half on each side: a share and "
           "a sixth of the volume usual in 10 s, over 60 s", "",
           lambda tape: pressure(tape.seconds, 10)),
    Column("buy_pressure_60s", "share", 0.0, 1.0, 600, 0.5,
           "bought of the signed volume of 60 s, with a prior of half on each side: a share and "
           "a sixth of the volume usual in 60 s, over 600 s", "",
           lambda tape: tape.of(buy_pressure_60)),
    Column("buy_pressure_300s", "share", 0.0, 1.0, 3000, 0.5,
           "bought of the signed volume of 300 s, with a prior of half on each side: a share and "
           "a sixth of the volume usual in 300 s, over 3,000 s", "",
           lambda tape: pressure(tape.seconds, 300)),
    Column("sign_imbalance_10s", "ratio", -1.0, 1.0, 10, 0.0,
           "(buys - sells) / (buys + sells + 1) of the prints of 10 s", "",
           lambda tape: _balance(tape, 10)),
    Column("sign_imbalance_60s", "ratio", -1.0, 1.0, 60, 0.0,
           "(buys - sells) / (buys + sells + 1) of the prints of 60 s", "",
           lambda tape: _balance(tape, 60)),
    Column("sign_imbalance_300s", "ratio", -1.0, 1.0, 300, 0.0,
           "(buys - sells) / (buys + sells + 1) of the prints of 300 s", "",
           lambda tape: _balance(tape, 300)),
    Column("delta_slope", "ratio", -5.0, 5.0, 0, 0.0,
           "dollars bought less sold, fading over 60 s, over the mean of its absolute value, "
           "fading over 900 s", "", _delta_slope),
    Column("delta_so_far", "share", -1.0, 1.0, 0, 0.0,
           "dollars bought less sold since 04:00, over dollars traded", "", _delta),
    Column("sign_memory", "covariance", -1.0, 1.0, 0, 0.0,
           "covariance of the signs of successive signed prints, of means that begin at 0 and move "
           "by a hundredth of the difference a print", "Lillo and Farmer 2004",
           lambda tape: tape.of(events).sign_memory),
    Column("sign_run", "log count", -6.0, 6.0, 0, 0.0,
           "ln(1 + signed prints in a row with one aggressor), below 0 for sells", "", _run),
    Column("unsigned_share_60s", "share", 0.0, 1.0, 60, 0.0,
           "shares of prints without a known aggressor, of those of the tape of 60 s", "",
           _unsigned),
    Column("tape_speed_2s", "log rate", 0.0, 10.0, 2, 0.0,
           "ln(1 + prints a second over 2 s)", "", lambda tape: log1p(tape.of(_speed_2))),
    Column("tape_speed_10s", "log rate", 0.0, 10.0, 10, 0.0,
           "ln(1 + prints a second over 10 s)", "",
           lambda tape: log1p(tape_speed(tape.seconds, 10))),
    Column("tape_speed_60s", "log rate", 0.0, 10.0, 60, 0.0,
           "ln(1 + prints a second over 60 s)", "", lambda tape: log1p(tape.of(_speed_60))),
    Column("tape_speed_300s", "log rate", 0.0, 10.0, 300, 0.0,
           "ln(1 + prints a second over 300 s)", "",
           lambda tape: log1p(tape_speed(tape.seconds, 300))),
    Column("tape_trend", "log ratio", -10.0, 10.0, 900, 0.0,
           "ln of prints a second over 60 s to those over 900 s, each plus 0.02", "", _trend),
    Column("tape_acceleration", "log ratio", -10.0, 10.0, 60, 0.0,
           "ln of prints a second over 2 s to those over 60 s, each plus 0.1", "", _acceleration),
    Column("tape_speed_z", "deviations", -5.0, 5.0, 0, 0.0,
           "z-score over 900 s of ln(1 + prints a second over 2 s), not learning in halts", "",
           lambda tape: tape.of(speed_z)),
    Column("endogeneity", "share", 0.0, 1.0, 0, 0.0,
           "share of the rate of prints owed to earlier prints: kernels of 30, 3 and 0.3 a second "
           "with weights 0.45, 0.35, 0.20, against a fifth of a 900th of the prints, fading over "
           "900 s", HAWKES,
           _endogeneity),
    Column("tape_burst", "flag", 0.0, 1.0, 0, 0.0,
           "1 from the sum of z - 0.75, never below 0, passing 4, until z was below 0.25 for 5 s; "
           "z is tape_speed_z", "Page 1954 (CUSUM)", _burst),
)  # fmt: skip
