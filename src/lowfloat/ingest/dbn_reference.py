"""Bars and definitions of a DBN file, for the tables of reference data."""

import numpy as np

from lowfloat.errors import FeedError
from lowfloat.ingest.dbn_layouts import UNDEF_LOT, UNDEF_PRICE
from lowfloat.ingest.venues import MAX_PRICE

_PRICES = ("open", "high", "low", "close")


def ohlcv_rows(records: np.ndarray) -> dict[str, np.ndarray]:
    """Return bars as columns: ``instrument_id``, ``ts_event``, prices, ``volume``.

    Args:
        records: of the layout of a schema ``ohlcv-*``.

    Returns:
        ``instrument_id`` uint32; ``ts_event``, the begin of the bar, int64 nanoseconds; ``open``,
        ``high``, ``low`` and ``close``, int64 nanodollars; ``volume``, int64 shares.

    Raises:
        FeedError: a bar cannot be: a price is undefined, not above 0 or above $100,000, or lies
            outside the bar's own range, or the time or volume is undefined.
    """
    low, high = records["low"], records["high"]
    wrong = (low <= 0) | (high > MAX_PRICE)
    for name in ("open", "close"):
        wrong |= (records[name] < low) | (records[name] > high)
    for name in ("ts_event", "volume"):
        wrong |= records[name] >= 2**63
    bad = np.flatnonzero(wrong)
    if len(bad):
        found = {name: int(records[name][bad[0]]) for name in ("ts_event", *_PRICES, "volume")}
        raise FeedError(
            f"bar {bad[0]} is {found}; prices must be above 0 and at most {MAX_PRICE}, open and "
            "close between low and high."
        )
    columns = {name: records[name].astype(np.int64) for name in ("ts_event", *_PRICES, "volume")}
    return {"instrument_id": records["instrument_id"].astype(np.uint32), **columns}


def definition_rows(records: np.ndarray) -> dict[str, np.ndarray]:
    """Return definitions of instruments as columns.

    Args:
        records: of the layout of schema ``definition``, of any version.

    Returns:
        ``instrument_id`` uint32; ``ts_recv`` int64 nanoseconds; ``min_price_increment`` int64
        nanodollars and ``min_lot_size_round_lot`` int64 shares, 0 where not said; ``raw_symbol``,
        ``instrument_class``, ``security_type`` and ``exchange`` as texts.

    Raises:
        FeedError: a text is not ASCII, or a time is undefined.
    """
    if (records["ts_recv"] >= 2**63).any():
        row = int(np.flatnonzero(records["ts_recv"] >= 2**63)[0])
        raise FeedError(f"definition {row} has no `ts_recv`; it cannot be used from a time on.")
    tick, lot = records["min_price_increment"], records["min_lot_size_round_lot"]
    return {
        "instrument_id": records["instrument_id"].astype(np.uint32),
        "ts_recv": records["ts_recv"].astype(np.int64),
        "min_price_increment": np.where(tick == UNDEF_PRICE, 0, tick),
        "min_lot_size_round_lot": np.where(lot == UNDEF_LOT, 0, lot).astype(np.int64),
        **{
            name: _texts(records[name], name)
            for name in ("raw_symbol", "instrument_class", "security_type", "exchange")
        },
    }


def _texts(column: np.ndarray, name: str) -> np.ndarray:
    """Return texts that end at their first NUL."""
    try:
        texts = [raw.split(b"\0", 1)[0].decode("ascii") for raw in column.tolist()]
    except UnicodeDecodeError as error:
        raise FeedError(f"a `{name}` is {error.object!r}; texts must be ASCII.") from None
    return np.array(texts, dtype=str)
