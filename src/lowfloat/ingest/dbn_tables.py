"""Records of a DBN file as the tables of a day. Sentinels are mapped here, and nowhere else."""

import numpy as np

from lowfloat.base.records import TRADE_ACTION, Quotes, Status, Trades
from lowfloat.errors import FeedError
from lowfloat.ingest.dbn import UNDEF_PRICE, UNDEF_SIZE, UNDEF_TIMESTAMP


def _times(rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return both clocks; an undefined exchange time becomes the time of receipt."""
    event = np.where(rows["ts_event"] == UNDEF_TIMESTAMP, rows["ts_recv"], rows["ts_event"])
    return {"ts_event": event.astype(np.int64), "ts_recv": rows["ts_recv"].astype(np.int64)}


def _priced(price: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return prices and sizes as int64, both 0 where either is undefined or the size is 0."""
    there = (price != UNDEF_PRICE) & (size != UNDEF_SIZE) & (size != 0)
    return np.where(there, price, 0), np.where(there, size, 0).astype(np.int64)


def trades_of(rows: np.ndarray) -> Trades:
    """Return prints; side B bought, A sold, anything else is unknown."""
    price, size = _priced(rows["price"], rows["size"])
    side = (rows["side"] == ord("B")).astype(np.int8) - (rows["side"] == ord("A"))
    return Trades(
        **_times(rows), price=price, size=size, side=side.astype(np.int8),
        sequence=rows["sequence"].astype(np.int64),
    )  # fmt: skip


def quotes_of(rows: np.ndarray) -> Quotes:
    """Return top-of-book records, each with its action and the book after it.

    Raises:
        FeedError: the records are of several books, which taken in turn are no top of book.
    """
    venues = np.unique(rows["publisher_id"][rows["action"] != TRADE_ACTION])
    if len(venues) > 1:
        raise FeedError(
            f"its quotes are of {len(venues)} publishers ({', '.join(map(str, venues))}), each "
            "with a book of its own; use a feed with one book, such as EQUS.MINI or XNAS.ITCH."
        )
    bid_price, bid_size = _priced(rows["bid_price"], rows["bid_size"])
    ask_price, ask_size = _priced(rows["ask_price"], rows["ask_size"])
    return Quotes(
        **_times(rows), bid_price=bid_price, ask_price=ask_price, bid_size=bid_size,
        ask_size=ask_size, action=rows["action"].copy(),
        sequence=rows["sequence"].astype(np.int64),
    )  # fmt: skip


def status_of(rows: np.ndarray) -> Status:
    """Return changes of the trading state; Y is 1, N is 0, anything else is not said."""

    def answer(column: np.ndarray) -> np.ndarray:
        return np.select([column == ord("Y"), column == ord("N")], [1, 0], -1).astype(np.int8)

    return Status(
        **_times(rows),
        action=rows["action"].astype(np.uint16),
        reason=rows["reason"].astype(np.uint16),
        is_trading=answer(rows["is_trading"]),
        is_short_sell_restricted=answer(rows["is_short_sell_restricted"]),
    )
