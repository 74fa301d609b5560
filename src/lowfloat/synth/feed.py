"""What a reader gets of a played session: trades, top of book and status, with a feed's delays."""

import numpy as np

from lowfloat.base.clock import NS, Session
from lowfloat.base.codes import Mark
from lowfloat.base.prices import NANODOLLARS_PER_UNIT, ROUND_LOT
from lowfloat.base.records import (
    LULD_PAUSE,
    PAUSE,
    SSR_CHANGE,
    TRADING,
    Quotes,
    Status,
    Trades,
)
from lowfloat.synth.book import CROSS, TRADE
from lowfloat.synth.market import PAUSED, RESTRICTED, RESUMED

DELAY_NS = (20_000, 300_000)  # from exchange time to receipt
STATUS_DELAY_NS = 170_000
PRE_OPEN = 1  # status action
FIRST_STATUS_NS = 3300 * NS  # before 04:00
NOT_SAID = -1

_AUCTION = np.uint16(Mark.ORDINARY & ~Mark.TAPE | Mark.AUCTION)  # as ingest marks an auction


def tables(rng: np.random.Generator, session: Session, log: np.ndarray) -> tuple[Trades, Quotes]:
    """Return the tape and the top of book of a log of :data:`lowfloat.synth.book.ROW`.

    What would arrive after the end of the session is left out.
    """
    ts_event = session.start_ns + log["time"]
    ts_recv = np.maximum.accumulate(ts_event + rng.integers(*DELAY_NS, size=len(log)))
    in_time = ts_recv < session.end_ns
    log, ts_event, ts_recv = log[in_time], ts_event[in_time], ts_recv[in_time]
    sequence = np.arange(1, len(log) + 1, dtype=np.uint32)
    prints = (log["action"] == TRADE) | (log["action"] == CROSS)
    book = log[~prints]
    quotes = Quotes(
        ts_event=ts_event[~prints],
        ts_recv=ts_recv[~prints],
        bid_price=book["bid"] * NANODOLLARS_PER_UNIT,
        ask_price=book["ask"] * NANODOLLARS_PER_UNIT,
        bid_size=book["bid_size"].astype(np.int32),
        ask_size=book["ask_size"].astype(np.int32),
        action=book["action"].astype(np.uint8),
        flags=np.zeros(len(book), np.uint8),
        publisher=np.zeros(len(book), np.uint16),
        sequence=sequence[~prints],
    )
    tape = log[prints]
    side = tape["side"].astype(np.int8)
    marks = np.full(len(tape), Mark.ORDINARY, np.uint16)
    marks[tape["shares"] < ROUND_LOT] |= np.uint16(Mark.ODD_LOT)
    marks[tape["action"] == CROSS] = _AUCTION
    trades = Trades(
        ts_event=ts_event[prints],
        ts_recv=ts_recv[prints],
        price=tape["price"] * NANODOLLARS_PER_UNIT,
        size=tape["shares"].astype(np.int32),
        side=side,
        confidence=np.where(side != 0, 100, 0).astype(np.uint8),
        marks=marks,
        publisher=np.zeros(len(tape), np.uint16),
        sequence=sequence[prints],
    )
    return trades, quotes


def status_of(session: Session, notices: np.ndarray, is_restricted: bool) -> Status:
    """Return the records a feed of the listing exchange sends, in order.

    Args:
        session: bounds of the session.
        notices: records of :data:`lowfloat.synth.market.NOTICE`.
        is_restricted: whether short sales are from the beginning.
    """
    restricted = int(is_restricted)
    rows = [
        (session.start_ns - FIRST_STATUS_NS, TRADING, 0, 0, NOT_SAID),  # closed, says the feed
        (session.start_ns, PRE_OPEN, 0, 1, restricted),
        (session.regular_open_ns, TRADING, 0, 1, restricted),
    ]
    for time, kind in zip(notices["time"].tolist(), notices["kind"].tolist(), strict=True):
        time += session.start_ns
        if kind == PAUSED:
            rows.append((time, PAUSE, LULD_PAUSE, 0, restricted))
        elif kind == RESUMED:
            rows.append((time, TRADING, 0, 1, restricted))
        elif kind == RESTRICTED:
            restricted = 1
            rows.append((time, SSR_CHANGE, 0, 1, restricted))
    table = np.array(rows, np.int64)
    return Status(
        ts_event=table[:, 0].copy(),
        ts_recv=table[:, 0] + STATUS_DELAY_NS,
        action=table[:, 1].astype(np.uint16),
        reason=table[:, 2].astype(np.uint16),
        is_trading=table[:, 3].astype(np.int8),
        is_short_sell_restricted=table[:, 4].astype(np.int8),
        confidence=np.full(len(table), 100, np.uint8),
    )


def halted_seconds(session: Session, notices: np.ndarray) -> np.ndarray:
    """Return int8 (session seconds,): 1 where the stock was paused for any part of the second."""
    halted = np.zeros(session.seconds, np.int8)
    begin = 0
    for time, kind in zip(notices["time"].tolist(), notices["kind"].tolist(), strict=True):
        if kind == PAUSED:
            begin = time // NS
        elif kind == RESUMED:
            halted[begin : time // NS + 1] = 1
    return halted
