"""The clock on the wall. Known in advance, so it describes the decision second itself."""

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.windows import squashed


def _decisions(tape: Tape) -> np.ndarray:
    """Return the decision seconds 0 to 57,600."""
    return np.arange(SECONDS_PER_SESSION + 1)


def _since_open(tape: Tape) -> np.ndarray:
    return tape.of(_decisions) - tape.session.second(tape.session.regular_open_ns)


def _to_close(tape: Tape) -> np.ndarray:
    return tape.session.second(tape.session.regular_close_ns) - tape.of(_decisions)


def _flag(condition: np.ndarray) -> np.ndarray:
    return condition.astype(np.float64)


def _squashed(seconds: np.ndarray) -> np.ndarray:
    return squashed(np.maximum(seconds, 0).astype(np.float64), 1800.0)


COLUMNS = (
    Column("day_fraction", "share", 0.0, 1.0, 0, 0.0, "seconds since 04:00 over 57,600", "",
           lambda tape: tape.of(_decisions) / SECONDS_PER_SESSION),
    Column("premarket", "flag", 0.0, 1.0, 0, 0.0, "1 before 09:30", "",
           lambda tape: _flag(tape.of(_since_open) < 0)),
    Column("regular_session", "flag", 0.0, 1.0, 0, 0.0, "1 from 09:30 to the close", "",
           lambda tape: _flag((tape.of(_since_open) >= 0) & (tape.of(_to_close) > 0))),
    Column("after_hours", "flag", 0.0, 1.0, 0, 0.0, "1 from the close on", "",
           lambda tape: _flag(tape.of(_to_close) <= 0)),
    Column("to_open", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 1800) until 09:30, 0 after", "",
           lambda tape: _squashed(-tape.of(_since_open))),
    Column("since_open", "squashed", 0.0, 1.0, 0, 0.0, "t / (t + 1800) since 09:30, 0 before", "",
           lambda tape: _squashed(tape.of(_since_open))),
    Column("to_close", "squashed", 0.0, 1.0, 0, 0.0, "t / (t + 1800) until the close, 0 after", "",
           lambda tape: _squashed(tape.of(_to_close))),
)  # fmt: skip
