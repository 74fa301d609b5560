"""The minutes around a second as paths of a small drawing, a kilobyte or two each."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.days.bars import Bars

WIDTH, HEIGHT = 264, 118
BEFORE, AFTER = 30, 60
"""Minutes that are drawn before and after the second."""

_TOP, _PRICE_HEIGHT = 4.0, 80.0
_VOLUME_HEIGHT = 26.0
_STEP = WIDTH / (BEFORE + AFTER)


class Thumbnail(NamedTuple):
    """What is drawn, in the units of a box of ``WIDTH`` by ``HEIGHT``, y downwards.

    Attributes:
        second: x of the second that it is about.
        ranges: path of a stroke per minute from its low to its high.
        closes: path from close to close.
        volume: path of a stroke per minute from the base up.
        price: last price before the second, in dollars; None if there was none.
        low: lowest price drawn.
        high: highest price drawn.
        rise: how far the highest price of the minutes after lies above ``price``, as a fraction
            of it; None if not known.
        fall: the same of the lowest, below 0.
    """

    second: float
    ranges: str
    closes: str
    volume: str
    price: float | None
    low: float
    high: float
    rise: float | None
    fall: float | None


def thumbnail(bars: Bars, second: int) -> Thumbnail | None:
    """Draw the minutes around a second of a day; None if nothing traded in them.

    Args:
        bars: minute bars of the day.
        second: session second.
    """
    first, last = second - 60 * BEFORE, second + 60 * AFTER
    drawn = (bars.minute >= first) & (bars.minute < last) & (bars.high > 0) & (bars.close > 0)
    if not drawn.any():
        return None
    minute = bars.minute[drawn]
    close, high, low = (
        column[drawn] / NANODOLLARS_PER_DOLLAR for column in (bars.close, bars.high, bars.low)
    )
    volume = bars.volume[drawn]
    x = (minute + 30 - first) / 60 * _STEP
    bottom, top = float(low.min()), float(high.max())
    scale = _PRICE_HEIGHT / (top - bottom) if top > bottom else 0.0

    def y(price: np.ndarray) -> np.ndarray:
        return _TOP + (top - price) * scale + (0.0 if scale else _PRICE_HEIGHT / 2)

    tall = volume / max(volume.max(), 1) * _VOLUME_HEIGHT
    known = (bars.minute + 60 <= second) & (bars.close > 0)
    price = float(bars.close[known][-1]) / NANODOLLARS_PER_DOLLAR if known.any() else None
    after = minute >= second
    foreseen = price is not None and after.any()
    return Thumbnail(
        second=round(BEFORE * _STEP, 1),
        ranges=_strokes(x, y(low), y(high)),
        closes="M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y(close), strict=True)),
        volume=_strokes(x, np.full(len(x), float(HEIGHT)), HEIGHT - tall),
        price=price,
        low=bottom,
        high=top,
        rise=float(high[after].max()) / price - 1 if foreseen and price else None,
        fall=float(low[after].min()) / price - 1 if foreseen and price else None,
    )


def _strokes(x: np.ndarray, begin: np.ndarray, end: np.ndarray) -> str:
    return "".join(f"M{a:.1f} {b:.1f}V{c:.1f}" for a, b, c in zip(x, begin, end, strict=True))
