"""A planted edge: signals that anybody can see, each followed by the same rise of the value.

On days without any other edge the best that a long-only trader can do is known: buy all at the
first decision after a signal, sell all once the rise is over, and stay out at all other times.
"""

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN, Session

SIGNALS_PER_DAY = 12.0  # mean
DELAY_SECONDS = 2  # from a signal to the rise
RISE_SECONDS = 60
SPACING_SECONDS = 300
AFTER_OPEN, BEFORE_CLOSE = 300, 900


def plant(rng: np.random.Generator, session: Session, scene: np.ndarray, edge: float) -> None:
    """Plant signals in a day's scene, and the rise of ``edge`` (log change) after each.

    Args:
        rng: the day's own generator.
        session: bounds of the session.
        scene: records of :data:`lowfloat.synth.market.SCENE`, changed in place.
        edge: log change of the value after a signal.
    """
    first = REGULAR_OPEN + AFTER_OPEN
    last = session.second(session.regular_close_ns) - BEFORE_CLOSE
    wanted = rng.poisson(SIGNALS_PER_DAY)
    taken: list[int] = []
    for second in rng.integers(first, last, size=wanted).tolist():
        if all(abs(second - other) >= SPACING_SECONDS for other in taken):
            taken.append(second)
            scene["signal"][second] = 1
            begin = second + DELAY_SECONDS
            scene["drift"][begin : begin + RISE_SECONDS] += edge / RISE_SECONDS
