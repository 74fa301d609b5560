"""The top of the book: how wide, how deep, how it leans and how it moves."""

import numpy as np

from lowfloat.base import prices
from lowfloat.base.clock import NS
from lowfloat.base.prices import UNITS_PER_DOLLAR
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.events import BID, events, usual_size
from lowfloat.tape.halts import is_settled
from lowfloat.tape.price import is_sound
from lowfloat.tape.windows import faded_mean, log, log1p, positive, squashed, trailing_sum, z_score


def _sound(tape: Tape) -> np.ndarray:
    return is_sound(tape.seconds)


def _where_sound(tape: Tape, values: np.ndarray) -> np.ndarray:
    return np.where(tape.of(_sound), values, np.nan)


def spread(tape: Tape) -> np.ndarray:
    """Return offer less bid over the mid, NaN if the book is not two-sided and uncrossed."""
    bid, ask = tape.seconds.bid, tape.seconds.ask
    return 2.0 * (ask - bid) / _where_sound(tape, bid + ask)


def tick_size(tape: Tape) -> np.ndarray:
    """Return the smallest step of a quote in dollars: a cent from $1 on, else $0.0001."""
    cheap, dear = prices.tick_size(0), prices.tick_size(UNITS_PER_DOLLAR)
    return np.where(tape.seconds.bid >= UNITS_PER_DOLLAR, dear, cheap) / UNITS_PER_DOLLAR


def _spread_ticks(tape: Tape) -> np.ndarray:
    dollars = (tape.seconds.ask - tape.seconds.bid) / UNITS_PER_DOLLAR
    return log(_where_sound(tape, dollars / tape.of(tick_size)))


def mean_spread(tape: Tape) -> np.ndarray:
    """Return the mean spread over the mid of 60 s, of the seconds with a sound book."""
    wide, sound = np.nan_to_num(tape.of(spread)), tape.of(_sound)
    count = trailing_sum(sound.astype(np.int64), 60)
    total = np.maximum(trailing_sum(wide, 60), 0.0)
    return total / positive(count)


def imbalance(tape: Tape) -> np.ndarray:
    """Return bid size less offer size over their sum, NaN if the book is not sound."""
    bid, ask = tape.seconds.bid_size, tape.seconds.ask_size
    return (bid - ask) / _where_sound(tape, bid + ask)


def _depth_z(tape: Tape) -> np.ndarray:
    depth = _where_sound(tape, tape.seconds.bid_size + tape.seconds.ask_size)
    return z_score(depth, tape.of(is_settled))


def _order_flow(tape: Tape, seconds: int) -> np.ndarray:
    return trailing_sum(tape.seconds.flow, seconds) / tape.of(usual_size)


def bid_steps(tape: Tape) -> np.ndarray:
    """Return how much more often the best bid rose than fell in 60 s, -1 to 1."""
    found = tape.of(events)
    up = trailing_sum(found.improved[:, BID], 60)
    down = trailing_sum(found.worsened[:, BID], 60)
    return (up - down) / (up + down + 1.0)


def _age(tape: Tape) -> np.ndarray:
    changed = tape.seconds.quote_ns
    ends = tape.session.start_ns + NS * np.arange(1, len(changed) + 1)
    return squashed(np.where(changed > 0, (ends - changed) / NS, np.nan), 10.0)


CONT = "Cont, Kukanov and Stoikov 2014"
COLUMNS = (
    Column("spread", "fraction", 0.0, 0.2, 0, 0.0,
           "ask less bid over the mid, of a two-sided uncrossed book", "",
           lambda tape: tape.of(spread)),
    Column("spread_60s", "fraction", 0.0, 0.2, 60, 0.0,
           "mean of the spread over the seconds of 60 s that end with a sound book", "",
           mean_spread),
    Column("spread_ticks", "log ticks", 0.0, 10.0, 0, 0.0,
           "ln of ask less bid in ticks of a cent, or of $0.0001 for bids below $1", "",
           _spread_ticks),
    Column("spread_z", "deviations", -5.0, 5.0, 0, 0.0,
           "z-score over 900 s of ln(1 + spread in bps), not learning in halts", "",
           lambda tape: z_score(1e4 * tape.of(spread), tape.of(is_settled))),
    Column("queue_imbalance", "ratio", -1.0, 1.0, 0, 0.0,
           "(bid size - ask size) / (their sum)", "", lambda tape: tape.of(imbalance)),
    Column("book_pressure", "ratio", -1.0, 1.0, 0, 0.0,
           "mean of the queue imbalance, fading over 10 s of sound books", "",
           lambda tape: faded_mean(tape.of(imbalance), 10.0)),
    Column("microprice", "fraction", -0.1, 0.1, 0, 0.0,
           "mid weighted by the size of the other side, over mid, less 1", "Stoikov 2018",
           lambda tape: 0.5 * tape.of(imbalance) * tape.of(spread)),
    Column("bid_size", "log shares", 0.0, 20.0, 0, 0.0,
           "ln(1 + shares bid for)", "",
           lambda tape: log1p(_where_sound(tape, tape.seconds.bid_size))),
    Column("ask_size", "log shares", 0.0, 20.0, 0, 0.0,
           "ln(1 + shares offered)", "",
           lambda tape: log1p(_where_sound(tape, tape.seconds.ask_size))),
    Column("depth_z", "deviations", -5.0, 5.0, 0, 0.0,
           "z-score over 900 s of ln(1 + displayed shares), not learning in halts", "", _depth_z),
    Column("order_flow_1s", "depths", -20.0, 20.0, 0, 0.0,
           "order-flow imbalance of 1 s over the usual size of a side", CONT,
           lambda tape: _order_flow(tape, 1)),
    Column("order_flow_10s", "depths", -20.0, 20.0, 0, 0.0,
           "order-flow imbalance of 10 s over the usual size of a side", CONT,
           lambda tape: _order_flow(tape, 10)),
    Column("order_flow_60s", "depths", -50.0, 50.0, 0, 0.0,
           "order-flow imbalance of 60 s over the usual size of a side", CONT,
           lambda tape: _order_flow(tape, 60)),
    Column("bid_steps_60s", "ratio", -1.0, 1.0, 60, 0.0,
           "(n - m) / (n + m + 1), n and m the times the best bid rose and fell in 60 s", "",
           bid_steps),
    Column("quote_rate_10s", "log count", 0.0, 15.0, 10, 0.0,
           "ln(1 + changes of the book in 10 s)", "",
           lambda tape: log1p(trailing_sum(tape.seconds.quotes, 10))),
    Column("quote_age", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 10) since the book last changed", "", _age),
    Column("book_known", "flag", 0.0, 1.0, 0, 0.0,
           "1 if the book is two-sided and not crossed", "",
           lambda tape: tape.of(_sound).astype(np.float64)),
)  # fmt: skip
