"""Halts and the short-sale restriction, as far as they have been announced."""

import numpy as np

from lowfloat.tape.column import Column, Tape
from lowfloat.tape.price import mid_price
from lowfloat.tape.windows import lagged, log1p, seconds_since, squashed, standing

SETTLING = 60  # seconds after a halt in which nothing is taken for usual


def is_halted(tape: Tape) -> np.ndarray:
    """Return whether each second ends in a known halt."""
    return tape.seconds.halted > 0


def is_settled(tape: Tape) -> np.ndarray:
    """Return whether there is no halt and has been none for a minute."""
    since = seconds_since(tape.of(is_halted))
    return (since < 0) | (since > SETTLING)


def _since(tape: Tape) -> np.ndarray:
    since = seconds_since(tape.of(is_halted)).astype(np.float64)
    return np.where(since >= 0, squashed(since, 300.0), np.nan)


def _begun(tape: Tape) -> np.ndarray:
    """Return where a halt is first seen, be it from before 04:00."""
    halted = tape.of(is_halted)
    return halted & ~np.concatenate([[False], halted[:-1]])


def _begun_today(tape: Tape) -> np.ndarray:
    halted = tape.of(is_halted)
    return halted & ~np.concatenate([halted[:1], halted[:-1]])


def _direction(tape: Tape) -> np.ndarray:
    """Return where the price was heading as the last halt began."""
    mid = tape.of(mid_price)
    heading = np.sign(mid - lagged(mid, SETTLING))
    return standing(np.nan_to_num(heading), tape.of(_begun_today))


def _in_halt(tape: Tape) -> np.ndarray:
    halted = tape.of(is_halted)
    since = seconds_since(tape.of(_begun)).astype(np.float64)
    return np.where(halted, squashed(since, 300.0), 0.0)


COLUMNS = (
    Column("halted", "flag", 0.0, 1.0, 0, 0.0, "1 in a halt", "",
           lambda tape: tape.of(is_halted).astype(np.float64)),
    Column("in_halt", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 300) since the halt began, or since 04:00; 0 outside of one", "", _in_halt),
    Column("since_halt", "squashed", 0.0, 1.0, 0, 1.0,
           "t / (t + 300) since the last halt", "", _since),
    Column("halts_today", "log count", 0.0, 5.0, 0, 0.0,
           "ln(1 + halts begun since 04:00)", "",
           lambda tape: log1p(np.cumsum(tape.of(_begun_today)))),
    Column("halt_direction", "sign", -1.0, 1.0, 0, 0.0,
           "sign of the change of the mid over the 60 s up to the second in which the last halt "
           "began", "", _direction),
    Column("short_sale_restricted", "flag", 0.0, 1.0, 0, 0.0,
           "1 while Rule 201 restricts short sales", "17 CFR 242.201",
           lambda tape: (tape.seconds.short_sale_restricted > 0).astype(np.float64)),
)  # fmt: skip
