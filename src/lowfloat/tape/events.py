"""What single prints and changes of the book say that sums per second do not.

A day's prints and book states are walked once, together, in the order they were received; at the
same nanosecond prints come first, as a venue sends them before the book they leave. Prints count
that belong to the tape (``Mark.TAPE``), each against the book that stood when it was received. A
book that is told again in a snapshot is taken over, and nothing flowed.

The best level of each side is watched for itself. Its size changes by what is executed there,
which the prints tell, and by what is added (*stacked*) and cancelled (*pulled*), which nothing
tells: it is the difference. A level that is lost with more shares than were executed was pulled;
a better one was stacked. What traded off exchange or in an auction took nothing of it. While the
feed doubts its own book nothing flows, nor as the book comes back.

An order that shows a part of itself at a time loses its level whenever that part is taken, until
the next part is shown. So what was counted at a level goes on if its price is left and is the very
next best again within 200 ms.
"""

from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.clock import NS, SECONDS_PER_SESSION
from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.portable import exp, log
from lowfloat.base.prices import NANODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.base.records import MAYBE_BAD_BOOK, SNAPSHOT, Quotes, Trades, read_only
from lowfloat.tape.column import Tape
from lowfloat.tape.windows import positive, trailing_sum

SWEEP_NS = 1_000_000  # between two prints of one order, by the exchange's clock
REFILL_NS = 200_000_000
FLICKER_NS = 500_000_000
MANY_DEPTHS = 3.0  # of an order that flickers
DEPTH_SECONDS = 300.0  # time constant of the usual depth
SIGN_PRINTS = 100.0  # prints that the memory of signs spans
BLOCK_SHARE, BLOCK_STEP, BLOCK_FIRST = 0.99, 0.02, 10_000.0
BLOCK_DOLLARS = 25_000.0
BLOCK_FLOORS = ((1.0, 20_000.0), (3.0, 10_000.0), (7.0, 5_000.0), (1e9, 2_500.0))
HAWKES_DECAYS = (30.0, 3.0, 0.3)  # per second
HAWKES_WEIGHTS = (0.45, 0.35, 0.20)
HAWKES_BRANCHING = 0.8

BID, ASK = 0, 1  # columns of what is kept by side
_LAST, _VOLUME, _TAPE = int(Mark.LAST), int(Mark.VOLUME), int(Mark.TAPE)
_OFF_EXCHANGE, _AUCTION, _LATE = int(Mark.OFF_EXCHANGE), int(Mark.AUCTION), int(Mark.LATE)
_ODD = 100  # shares; fewer are an odd lot


class Events(NamedTuple):
    """One array per name, of length 57,600 or, where the sides differ, of shape (57,600, 2).

    Column 0 of those is the bid, column 1 the offer. Sums are of the second; all else is as it
    stands at the second's end. Dollars are float64, shares int64.

    Attributes:
        unsigned_volume: shares of prints without a known aggressor.
        odd_lots: prints of fewer than 100 shares.
        off_exchange_volume: shares printed by a trade reporting facility.
        signed_dollars: dollars bought less dollars sold by aggressors.
        squared_value: shares times squared price, of what counts for volume.
        open_price: dollars, the first last price of regular hours, 0 before.
        run: prints in a row with the same aggressor, counted below 0 for sells; prints without
            one are passed over.
        sign_memory: covariance of the signs of successive signed prints, of means that begin at 0
            and move by a hundredth of the difference a print.
        blocks_bought, blocks_sold, blocks_unsigned: prints of at least the running 99th
            percentile of sizes and a floor by price, or of $25,000.
        swept: int64 (57,600, 2), shares of orders that took several prices at once, by the side
            of the book they took.
        quoted_shares: shares of signed prints against a two-sided uncrossed book.
        quoted_sign: the same, bought less sold.
        over_mid: sum of sign times shares times price over the mid of that book.
        sign_over_mid: sum of sign times shares over the mid of that book, per dollar.
        excitement: prints per second that a self-exciting process would owe to earlier prints.
        pulled, stacked: int64 (57,600, 2), shares cancelled and added at the best.
        executed: int64 (57,600, 2), shares that aggressors took at or through the best.
        improved, worsened: int64 (57,600, 2), times the best price got better or worse; a side
            that empties or fills again is neither.
        level_executed: int64 (57,600, 2), shares taken at the best price since it is the best,
            times in which it was not for at most 200 ms left in.
        level_most: int64 (57,600, 2), the most that was displayed there.
        level_seconds: float64 (57,600, 2), how long it is the best, NaN if there is none.
        refills: int64 (57,600, 2), times it came back to 80 % within 200 ms after more than half
            of it was taken.
        flickers: orders of three usual depths of which 80 % was cancelled at once, within half a
            second and without a print there.
        depth: float64, the usual size of a side: exponential mean of half the displayed size of
            both over 300 s of two-sided books, 0 before the first.
    """

    unsigned_volume: np.ndarray
    odd_lots: np.ndarray
    off_exchange_volume: np.ndarray
    signed_dollars: np.ndarray
    squared_value: np.ndarray
    open_price: np.ndarray
    run: np.ndarray
    sign_memory: np.ndarray
    blocks_bought: np.ndarray
    blocks_sold: np.ndarray
    blocks_unsigned: np.ndarray
    swept: np.ndarray
    quoted_shares: np.ndarray
    quoted_sign: np.ndarray
    over_mid: np.ndarray
    sign_over_mid: np.ndarray
    excitement: np.ndarray
    pulled: np.ndarray
    stacked: np.ndarray
    executed: np.ndarray
    improved: np.ndarray
    worsened: np.ndarray
    level_executed: np.ndarray
    level_most: np.ndarray
    level_seconds: np.ndarray
    refills: np.ndarray
    flickers: np.ndarray
    depth: np.ndarray


_FLOATS = {
    "signed_dollars", "squared_value", "open_price", "sign_memory", "over_mid", "sign_over_mid",
    "excitement", "level_seconds", "depth",
}  # fmt: skip
_BY_SIDE = {
    "swept", "pulled", "stacked", "executed", "improved", "worsened", "level_executed",
    "level_most", "level_seconds", "refills",
}  # fmt: skip

LEVEL = np.dtype(
    [
        ("price", np.int64),  # price units, 0 if the side is empty
        ("shares", np.int64),  # displayed; a field called `size` would be hidden by that of NumPy
        ("taken", np.int64),  # since the last change of the book
        ("executed", np.int64),
        ("most", np.int64),
        ("since", np.int64),  # time it became the best
        ("refills", np.int64),
        ("hit_at", np.int64),  # time of the last print here
        ("size_before", np.int64),  # displayed before it was hit, 0 once answered
        ("hit_shares", np.int64),  # since then
        ("shown_at", np.int64),  # time a large order was shown
        ("shown", np.float64),  # its shares, 0 if none or once a print came
        ("left_price", np.int64),  # the best before this one, and what was counted there
        ("left_at", np.int64),
        ("left_executed", np.int64),
        ("left_most", np.int64),
        ("left_refills", np.int64),
        ("left_hit_at", np.int64),
        ("left_size_before", np.int64),
        ("left_hit_shares", np.int64),
    ]
)
WATCH = np.dtype(
    [
        ("sides", LEVEL, 2),
        ("sign", np.int64),  # of the last signed print
        ("run", np.int64),
        ("sign_mean", np.float64),
        ("sign_product", np.float64),
        ("log_block", np.float64),  # running 99th percentile of the log of sizes
        ("sweep_sign", np.int64),
        ("sweep_at", np.int64),
        ("sweep_price", np.int64),
        ("sweep_shares", np.int64),
        ("sweep_levels", np.int64),
        ("excited", np.float64, 3),
        ("excited_at", np.int64),
        ("depth", np.float64),
        ("depth_step", np.float64),
        ("doubtful", np.int64),  # 1 while the feed doubts its book
        ("open_price", np.float64),
        ("opens", np.int64),
        ("closes", np.int64),
    ]
)


def usual_size(tape: Tape) -> np.ndarray:
    """Return the usual size of a side, NaN before the first sound book."""
    return positive(tape.of(events).depth)


def tape_shares_60(tape: Tape) -> np.ndarray:
    """Return the shares of the prints of the tape in 60 s, whoever was the aggressor."""
    seconds = tape.seconds
    unsigned = tape.of(events).unsigned_volume
    return trailing_sum(seconds.buy_volume + seconds.sell_volume + unsigned, 60)


def events(tape: Tape) -> Events:
    """Walk the prints and book states of a tape's day."""
    out = Events(
        **{
            name: np.zeros(
                (SECONDS_PER_SESSION, 2) if name in _BY_SIDE else SECONDS_PER_SESSION,
                np.float64 if name in _FLOATS else np.int64,
            )
            for name in Events._fields
        }
    )
    watch = np.zeros(1, WATCH).view(np.recarray)
    day, session = tape.day, tape.session
    watch[0].opens, watch[0].closes = session.regular_open_ns, session.regular_close_ns
    watch[0].log_block = log(BLOCK_FIRST)
    watch[0].depth_step = 1.0 - exp(-1.0 / DEPTH_SECONDS)
    _walk(read_only(day.trades), read_only(day.quotes), session.start_ns, watch[0], out)
    return out


@kernel
def _walk(trades: Trades, quotes: Quotes, start: int, watch: Any, out: Events) -> None:
    watch.excited_at = start
    trade = quote = 0
    for b in range(len(out.run)):
        end = start + (b + 1) * NS
        while True:
            next_trade = trades.ts_recv[trade] if trade < len(trades.ts_recv) else end
            next_quote = quotes.ts_recv[quote] if quote < len(quotes.ts_recv) else end
            if next_trade < end and next_trade <= next_quote:
                _on_print(watch, trades, trade, out, b)
                trade += 1
            elif next_quote < end:
                _on_book(watch, quotes, quote, out, b)
                quote += 1
            else:
                break
        _end_second(watch, end, out, b)


@kernel
def _on_print(watch: Any, trades: Trades, row: int, out: Events, b: int) -> None:
    ns, marks = trades.ts_recv[row], trades.marks[row]
    price, size = trades.price[row] * 1e-9, np.int64(trades.size[row])
    if marks & _LAST and watch.open_price == 0.0 and watch.opens <= ns < watch.closes:
        watch.open_price = price
    if marks & _VOLUME:
        out.squared_value[b] += size * price * price
    if marks & _TAPE == 0:
        return
    side = np.int64(trades.side[row])
    _excite(watch, ns, HAWKES_BRANCHING)
    if size < _ODD:
        out.odd_lots[b] += 1
    if marks & _OFF_EXCHANGE:
        out.off_exchange_volume[b] += size
    if marks & (_AUCTION | _LATE) == 0 and _is_block(watch, price, size):
        if side > 0:
            out.blocks_bought[b] += 1
        elif side < 0:
            out.blocks_sold[b] += 1
        else:
            out.blocks_unsigned[b] += 1
    if side == 0:
        out.unsigned_volume[b] += size
        return
    out.signed_dollars[b] += side * size * price
    _remember_sign(watch, side)
    _sweep(watch, trades.ts_event[row], trades.price[row], size, side, out, b)
    displayed = marks & (_OFF_EXCHANGE | _AUCTION | _LATE) == 0
    _hit(watch, ns, trades.price[row], size, side, displayed, out, b)


@kernel
def _excite(watch: Any, ns: int, jump: float) -> None:
    """Let the excitement of earlier prints fade to ``ns``, and add that of one more."""
    passed = (ns - watch.excited_at) / NS
    for j in range(3):
        if passed > 0.0:
            watch.excited[j] *= exp(-HAWKES_DECAYS[j] * passed)
        watch.excited[j] += jump * HAWKES_WEIGHTS[j] * HAWKES_DECAYS[j]
    watch.excited_at = ns


@kernel
def _is_block(watch: Any, price: float, size: int) -> bool:
    """Return whether a print is large, and move the running percentile (Robbins and Monro)."""
    reached = log(float(size)) >= watch.log_block
    floor = 0.0
    for below, shares in BLOCK_FLOORS:
        if floor == 0.0 and price < below:
            floor = shares
    large = (reached and size >= floor) or size * price >= BLOCK_DOLLARS
    watch.log_block += BLOCK_STEP * (BLOCK_SHARE - (0.0 if reached else 1.0))
    return large


@kernel
def _remember_sign(watch: Any, side: int) -> None:
    watch.sign_product += (side * watch.sign - watch.sign_product) / SIGN_PRINTS
    watch.sign_mean += (side - watch.sign_mean) / SIGN_PRINTS
    watch.run = watch.run + side if watch.sign == side else side
    watch.sign = side


@kernel
def _sweep(watch: Any, ns: int, price: int, size: int, side: int, out: Events, b: int) -> None:
    """Follow the prints of one order; once they have two prices, all of its shares count."""
    # Prints of several venues may come in another order than they were made in.
    if side != watch.sweep_sign or abs(ns - watch.sweep_at) > SWEEP_NS:
        watch.sweep_sign = side
        watch.sweep_shares = 0
        watch.sweep_levels = 1
    elif price != watch.sweep_price:
        watch.sweep_levels += 1
        if watch.sweep_levels == 2:
            out.swept[b, ASK if side > 0 else BID] += watch.sweep_shares
    watch.sweep_at = ns
    watch.sweep_price = price
    watch.sweep_shares += size
    if watch.sweep_levels > 1:
        out.swept[b, ASK if side > 0 else BID] += size


@kernel
def _hit(
    watch: Any, ns: int, price: int, size: int, side: int, displayed: bool, out: Events, b: int
) -> None:  # fmt: skip
    """Hold a signed print against the book that stands."""
    bid, ask = watch.sides[BID].price, watch.sides[ASK].price
    if 0 < bid < ask:
        mid = (bid + ask) / (2.0 * UNITS_PER_DOLLAR)
        out.quoted_shares[b] += size
        out.quoted_sign[b] += side * size
        out.over_mid[b] += side * size * (price * 1e-9) / mid  # as integers it would overflow
        out.sign_over_mid[b] += side * size / mid
    at = ASK if side > 0 else BID
    level = watch.sides[at]
    best = level.price * NANODOLLARS_PER_UNIT
    within = price < best if side > 0 else price > best
    if best == 0 or within or not displayed:
        return  # what is displayed was not taken
    out.executed[b, at] += size
    level.taken += size
    level.executed += size
    level.shown = 0.0
    if level.size_before == 0 or ns - level.hit_at > REFILL_NS:
        level.size_before = level.shares
        level.hit_shares = 0
    level.hit_shares += size
    level.hit_at = ns


@kernel
def _on_book(watch: Any, quotes: Quotes, row: int, out: Events, b: int) -> None:
    ns, flags = quotes.ts_recv[row], quotes.flags[row]
    doubtful = flags & MAYBE_BAD_BOOK != 0
    told = flags & SNAPSHOT == 0 and not doubtful and watch.doubtful == 0
    watch.doubtful = doubtful
    bid = quotes.bid_price[row] // NANODOLLARS_PER_UNIT
    ask = quotes.ask_price[row] // NANODOLLARS_PER_UNIT
    bid_is_better = bid > watch.sides[BID].price
    ask_is_better = ask > 0 and (ask < watch.sides[ASK].price or watch.sides[ASK].price == 0)
    many = MANY_DEPTHS * watch.depth
    _change(watch.sides[BID], ns, bid, np.int64(quotes.bid_size[row]), bid_is_better, told, many,
            out, b, BID)  # fmt: skip
    _change(watch.sides[ASK], ns, ask, np.int64(quotes.ask_size[row]), ask_is_better, told, many,
            out, b, ASK)  # fmt: skip


@kernel
def _change(
    level: Any, ns: int, price: int, size: int, better: bool, told: bool, many: float,
    out: Events, b: int, side: int,
) -> None:  # fmt: skip
    """Take over the best level of a side, and tell what was added and what was cancelled."""
    stays = price == level.price
    change = 0  # shares added, below 0 cancelled
    if stays:
        change = size - level.shares + level.taken
    elif better:
        change = size
    else:
        change = -max(level.shares - level.taken, 0)
    if told:
        out.stacked[b, side] += max(change, 0)
        out.pulled[b, side] += max(-change, 0)
        if not stays and level.price > 0 and price > 0:
            if better:
                out.improved[b, side] += 1
            else:
                out.worsened[b, side] += 1
        if level.shown > 0.0 and -change >= 0.8 * level.shown and ns - level.shown_at <= FLICKER_NS:
            out.flickers[b] += 1
            level.shown = 0.0
    if told and many > 0.0 and change >= many:
        level.shown = float(change)
        level.shown_at = ns
    elif not stays:
        level.shown = 0.0
    if not stays:
        _leave(level, ns, price)
    if level.size_before > 0:
        in_time = ns - level.hit_at <= REFILL_NS
        if not in_time:
            level.size_before = 0
        elif 10 * size >= 8 * level.size_before and 2 * level.hit_shares > level.size_before:
            level.refills += 1
            level.size_before = 0
    level.most = max(level.most, size)
    level.shares = size
    level.taken = 0


@kernel
def _leave(level: Any, ns: int, price: int) -> None:
    """Begin to count at another best price, or go on where the best comes back to soon."""
    is_back = price > 0 and price == level.left_price and ns - level.left_at <= REFILL_NS
    executed, most, refills = level.executed, level.most, level.refills
    hit_at, size_before, hit_shares = level.hit_at, level.size_before, level.hit_shares
    if is_back:
        level.executed, level.most = level.left_executed, level.left_most
        level.refills, level.hit_at = level.left_refills, level.left_hit_at
        level.size_before, level.hit_shares = level.left_size_before, level.left_hit_shares
    else:
        level.executed, level.most, level.refills, level.size_before = 0, 0, 0, 0
    level.left_price, level.left_at = level.price, ns
    level.left_executed, level.left_most, level.left_refills = executed, most, refills
    level.left_hit_at, level.left_size_before = hit_at, size_before
    level.left_hit_shares = hit_shares
    level.price = price
    level.since = ns


@kernel
def _end_second(watch: Any, end: int, out: Events, b: int) -> None:
    _excite(watch, end, 0.0)
    out.excitement[b] = watch.excited[0] + watch.excited[1] + watch.excited[2]
    out.open_price[b] = watch.open_price
    out.run[b] = watch.run
    out.sign_memory[b] = watch.sign_product - watch.sign_mean * watch.sign_mean
    bid, ask = watch.sides[BID], watch.sides[ASK]
    if 0 < bid.price < ask.price:
        half = 0.5 * (bid.shares + ask.shares)
        step = 1.0 if watch.depth == 0.0 else watch.depth_step
        watch.depth += step * (half - watch.depth)
    out.depth[b] = watch.depth
    for side in range(2):
        level = watch.sides[side]
        out.level_executed[b, side] = level.executed
        out.level_most[b, side] = level.most
        out.refills[b, side] = level.refills
        out.level_seconds[b, side] = (end - level.since) / NS if level.price > 0 else np.nan
