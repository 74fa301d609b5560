"""The clock on the wall. Known in advance, so it describes the decision second itself."""

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION, Session
from lowfloat.tape.column import Column

COLUMNS = (
    Column("day_fraction", "share", 0.0, 1.0, 0, "seconds since 04:00 over 57,600"),
    Column("premarket", "flag", 0.0, 1.0, 0, "1 before 09:30"),
    Column("regular_session", "flag", 0.0, 1.0, 0, "1 from 09:30 to the close"),
    Column("since_open", "squashed", 0.0, 1.0, 0, "t / (t + 1800) since 09:30, 0 before"),
    Column("to_close", "squashed", 0.0, 1.0, 0, "t / (t + 1800) until the close, 0 after"),
)


def columns(session: Session) -> list[np.ndarray]:
    """Return the columns at each decision second 0..57,600, in the order of ``COLUMNS``."""
    second = np.arange(SECONDS_PER_SESSION + 1)
    opened = second - session.second(session.regular_open_ns)
    to_close = session.second(session.regular_close_ns) - second
    since, left = np.maximum(opened, 0), np.maximum(to_close, 0)
    return [
        second / SECONDS_PER_SESSION,
        (opened < 0).astype(np.float64),
        ((opened >= 0) & (to_close > 0)).astype(np.float64),
        since / (since + 1800.0),
        left / (left + 1800.0),
    ]
