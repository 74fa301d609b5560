"""What a day was, in one row: its prices, its volume against the usual, its halts."""

from typing import Any

from lowfloat.base.clock import parse_second
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.days.bars import official_open
from lowfloat.days.day import NO_QUOTES
from lowfloat.tape.column import Tape
from lowfloat.tape.volume import minute_volume

RELATIVE_AT = parse_second("10:30")
"""Time up to which the relative volume of a day compares."""


def day_row(tape: Tape) -> dict[str, Any]:
    """Return the facts of a day, all of it known in the evening only.

    Prices are dollars; ``max_move`` is (high - low) / open, ``range`` high - low,
    ``volume_ratio`` shares over those of an average session of the 20 before, ``relative_volume``
    shares up to 10:30 over the usual up to then, ``float_rotation`` shares over the float; None
    where what they compare with is not known.
    """
    day, seconds, baseline = tape.day, tape.seconds, tape.baseline
    previous_close = baseline.previous_close / NANODOLLARS_PER_DOLLAR
    usual = float(baseline.average_volume)
    traded = seconds.low > 0
    open_price = official_open(day.trades, day.session) / NANODOLLARS_PER_DOLLAR
    high = float(seconds.high.max())
    low = float(seconds.low[traded].min()) if traded.any() else 0.0
    volume = int(seconds.volume.sum())
    minute = RELATIVE_AT // 60 - 1
    usual_by_then = float(baseline.cumulative_volume[minute])
    return {
        "symbol": day.symbol,
        "date": day.date.isoformat(),
        "open": open_price,
        "high": high,
        "low": low,
        "close": day.closing_price / NANODOLLARS_PER_DOLLAR,
        "previous_close": previous_close,
        "volume": volume,
        "max_move": (high - low) / open_price if open_price else 0.0,
        "range": high - low,
        "gap": open_price / previous_close - 1.0 if previous_close and open_price else None,
        "volume_ratio": volume / usual if usual else None,
        "relative_volume": (
            int(tape.of(minute_volume)[: minute + 1].sum()) / usual_by_then
            if usual_by_then
            else None
        ),
        "float_rotation": volume / baseline.float_shares if baseline.float_shares else None,
        "num_halts": len(day.halts),
        "tradable": NO_QUOTES not in day.flags and len(day.quotes.action) > 0,
        "flags": ",".join(day.flags),
        "manifest_id": day.manifest_id,
    }
