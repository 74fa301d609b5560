"""What a reader gets of a played session: trades, top of book and status, with a feed's delays."""

import numpy as np

from lowfloat.base.clock import NS, Session
from lowfloat.base.prices import NANODOLLARS_PER_UNIT
from lowfloat.base.records import SSR_CHANGE, TRADE_ACTION, TRADING, Quotes, Status, Trades
from lowfloat.synth.market import PAUSED, RESTRICTED, RESUMED

DELAY_NS = (20_000, 300_000)  # from exchange time to receipt
STATUS_DELAY_NS = 170_000
PRE_OPEN, PAUSE = 1, 9  # status actions
LULD_PAUSE = 50  # status reason
FIRST_STATUS_NS = 3300 * NS  # before 04:00
NOT_SAID = -1


def tables(rng: np.random.Generator, session: Session, log: np.ndarray) -> tuple[Trades, Quotes]:
    """Return the tape and the top of book of a log of :data:`lowfloat.synth.book.ROW`.

    Each print is a row of both, as in a feed of the top of book. What would arrive after the end
    of the session is left out.
    """
    ts_event = session.start_ns + log["time"]
    ts_recv = np.maximum.accumulate(ts_event + rng.integers(*DELAY_NS, size=len(log)))
    in_time = ts_recv < session.end_ns
    log, ts_event, ts_recv = log[in_time], ts_event[in_time], ts_recv[in_time]
    sequence = np.arange(1, len(log) + 1)
    quotes = Quotes(
        ts_event=ts_event,
        ts_recv=ts_recv,
        bid_price=log["bid"] * NANODOLLARS_PER_UNIT,
        ask_price=log["ask"] * NANODOLLARS_PER_UNIT,
        bid_size=log["bid_size"].copy(),
        ask_size=log["ask_size"].copy(),
        action=log["action"].astype(np.uint8),
        sequence=sequence,
    )
    prints = log["action"] == TRADE_ACTION
    trades = Trades(
        ts_event=ts_event[prints],
        ts_recv=ts_recv[prints],
        price=log["price"][prints] * NANODOLLARS_PER_UNIT,
        size=log["shares"][prints],
        side=log["side"][prints].astype(np.int8),
        sequence=sequence[prints],
    )
    return trades, quotes


def status_of(session: Session, notices: np.ndarray) -> Status:
    """Return the records a feed of the listing exchange sends, in order."""
    rows = [
        (session.start_ns - FIRST_STATUS_NS, TRADING, 0, 0, NOT_SAID),  # closed, says the feed
        (session.start_ns, PRE_OPEN, 0, 1, 0),
        (session.regular_open_ns, TRADING, 0, 1, 0),
    ]
    restricted = 0
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
