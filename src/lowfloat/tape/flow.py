"""Who is pressing, how fast, and with what size."""

import numpy as np

from lowfloat.days.seconds import Seconds
from lowfloat.tape.column import Column
from lowfloat.tape.windows import trailing_sum

COLUMNS = (
    Column("buy_pressure_10s", "share", 0.0, 1.0, 60, "bought of the signed volume of 10 s"),
    Column("buy_pressure_60s", "share", 0.0, 1.0, 600, "bought of the signed volume of 60 s"),
    Column("sign_imbalance_10s", "ratio", -1.0, 1.0, 10, "(buys - sells) / (buys + sells + 1)"),
    Column("tape_speed_2s", "log rate", 0.0, 10.0, 2, "ln(1 + prints a second over 2 s)"),
    Column("tape_speed_60s", "log rate", 0.0, 10.0, 60, "ln(1 + prints a second over 60 s)"),
    Column(
        "tape_acceleration", "log ratio", -10.0, 10.0, 60,
        "ln of prints a second over 2 s to those over 60 s, each plus 0.1",
    ),
    Column("large_ask_hits_10s", "log count", 0.0, 8.0, 10, "ln(1 + large buys in 10 s)"),
    Column("large_bid_hits_10s", "log count", 0.0, 8.0, 10, "ln(1 + large sells in 10 s)"),
)  # fmt: skip


def buy_pressure(seconds: Seconds, window: int) -> np.ndarray:
    """Return the share of aggressor buys in the signed volume of the last ``window`` seconds.

    A prior of the mean volume of a sixth of a longer window, half on each side, keeps a few
    shares in a quiet market from reading as pressure.
    """
    bought = trailing_sum(seconds.buy_volume, window)
    sold = trailing_sum(seconds.sell_volume, window)
    longer = 60 if window <= 10 else 600
    prior = trailing_sum(seconds.volume, longer) * (window / longer) / 6.0 + 1.0
    return (bought + prior / 2.0) / (bought + sold + prior)


def tape_speed(seconds: Seconds, window: int) -> np.ndarray:
    """Return prints per second over the last ``window`` seconds."""
    return trailing_sum(seconds.trades, window) / window


def columns(seconds: Seconds) -> list[np.ndarray]:
    """Return the columns at the end of each bucket, in the order of ``COLUMNS``."""
    buys, sells = trailing_sum(seconds.buys, 10), trailing_sum(seconds.sells, 10)
    fast, slow = tape_speed(seconds, 2), tape_speed(seconds, 60)
    return [
        buy_pressure(seconds, 10),
        buy_pressure(seconds, 60),
        (buys - sells) / (buys + sells + 1.0),
        np.log1p(fast),
        np.log1p(slow),
        np.log((fast + 0.1) / (slow + 0.1)),
        np.log1p(trailing_sum(seconds.large_buys, 10)),
        np.log1p(trailing_sum(seconds.large_sells, 10)),
    ]
