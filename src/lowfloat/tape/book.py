"""The top of the book: how wide, how deep, how it leans and how it moves."""

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.days.seconds import Seconds
from lowfloat.tape.column import Column
from lowfloat.tape.windows import trailing_sum

COLUMNS = (
    Column("spread", "fraction", 0.0, 0.2, 0, "ask less bid over the mid, 0 if not two-sided"),
    Column("queue_imbalance", "ratio", -1.0, 1.0, 0, "(bid size - ask size) / (their sum)"),
    Column("bid_size", "log shares", 0.0, 20.0, 0, "ln(1 + shares bid for)"),
    Column("ask_size", "log shares", 0.0, 20.0, 0, "ln(1 + shares offered)"),
    Column(
        "order_flow_10s", "depths", -20.0, 20.0, 60,
        "order-flow imbalance of 10 s over the mean depth of the last 60 s",
    ),
    Column("quote_rate_10s", "log count", 0.0, 15.0, 10, "ln(1 + changes of the book in 10 s)"),
    Column("quote_age", "squashed", 0.0, 1.0, 0, "t / (t + 10) since the book last changed"),
    Column("book_known", "flag", 0.0, 1.0, 0, "1 if the book is two-sided and not crossed"),
)  # fmt: skip


def columns(seconds: Seconds, start_ns: int) -> list[np.ndarray]:
    """Return the columns at the end of each bucket, in the order of ``COLUMNS``."""
    sound = (seconds.bid > 0) & (seconds.ask > seconds.bid)
    total = np.where(sound, seconds.bid + seconds.ask, 1)
    depth = np.where(sound, seconds.bid_size + seconds.ask_size, 0)
    mean_depth = trailing_sum(depth, 60) / 60.0
    ends = start_ns + NS * np.arange(1, len(sound) + 1)
    age = np.where(seconds.quote_ns > 0, (ends - seconds.quote_ns) / NS, 0.0)
    return [
        np.where(sound, 2.0 * (seconds.ask - seconds.bid) / total, 0.0),
        np.where(sound, (seconds.bid_size - seconds.ask_size) / np.maximum(depth, 1), 0.0),
        np.log1p(np.where(sound, seconds.bid_size, 0)),
        np.log1p(np.where(sound, seconds.ask_size, 0)),
        2.0 * trailing_sum(seconds.flow, 10) / np.maximum(mean_depth, 1.0),
        np.log1p(trailing_sum(seconds.quotes, 10)),
        age / (age + 10.0),
        sound.astype(np.float64),
    ]
