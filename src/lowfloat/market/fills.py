"""When an order fills, in full, in part, or not at all.

An order meets the book as it stands when it arrives. It takes what is displayed and has not been
taken by this account before, then levels that the day has shown to stand behind, each at its own
price, as far as its limit, its money and its part of the volume go. ``docs/explanation/
market-model.md`` lists the conditions, and what is not modelled.
"""

from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le

from lowfloat.base.codes import RejectReason
from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT
from lowfloat.base.units import Count, Fraction
from lowfloat.market.impact import impact_of
from lowfloat.market.luck import draw_of_level
from lowfloat.market.order import away, tick_at
from lowfloat.market.reveals import known_reveals

_NS = 1_000_000_000
_HALTED = int(RejectReason.HALTED)
_NO_QUOTE = int(RejectReason.NO_QUOTE)
_STALE_QUOTE = int(RejectReason.STALE_QUOTE)
_CROSSED = int(RejectReason.CROSSED)
_NO_SIZE = int(RejectReason.NO_SIZE)
_NO_CASH = int(RejectReason.NO_CASH)
_PARTIAL = int(RejectReason.PARTIAL)
_LIMIT = int(RejectReason.LIMIT)
LEAST_REVEALS, MOST_REVEALS = 8, 64

FILL_FIELDS = [
    ("fill_shares", np.int32),  # signed shares that the last step's orders got
    ("fill_displayed", np.int32),  # of these, shares that were displayed
    ("fill_given", np.int32),  # of these, shares of an order that waited in the book
    ("fill_worst", np.int32),  # price of the last of them, price units
    ("reject", np.int32),  # RejectReason of the order that was sent
    ("forced", np.int32),  # 1 if the order was a forced close
    ("fill_value", np.int64),  # microdollars paid and got, before fees
    ("fill_fee", np.int64),  # microdollars
    ("fill_ns", np.int64),  # when the last fill was made, or the order reached the market
    ("fill_quote_ns", np.int64),  # when the quote it met had been received
    ("bid_row", np.int64),  # quote last sold to
    ("ask_row", np.int64),  # quote last bought from
    ("bid_taken", np.int32),  # shares taken of what this run of quotes displays
    ("ask_taken", np.int32),
    ("bid_deep", np.int32),  # shares taken of deeper levels in this run
    ("ask_deep", np.int32),
]


class FillRules(NamedTuple):
    """Frictions between a decision and its fill. The defaults are the preset ``strict``."""

    latency_ms: Annotated[int, Ge(0), Le(999)] = 150  # median, decision to market
    latency_spread: Annotated[float, Ge(0.0), Le(3.0)] = 0.5  # standard deviation of its logarithm
    latency_burst: Annotated[float, Ge(0.0), Le(10.0)] = 0.5  # slower by this per unit of heat
    collar_ticks: Annotated[int, Ge(0), Le(1_000)] = 2  # room of a limit beyond the known book,
    collar_spread_percent: Annotated[int, Ge(0), Le(1_000)] = 50  # the widest
    collar_bps: Annotated[int, Ge(0), Le(10_000)] = 30  # of these three
    depth_percent: Annotated[int, Ge(0), Le(1_000)] = 50  # size of deeper levels, of what was seen
    gap_percent: Annotated[int, Ge(0), Le(1_000)] = 150  # their distances, of what was seen
    deeper_levels: Annotated[int, Ge(0), Le(100)] = 10  # at most
    participation: Fraction = 0.05  # of 60 s of volume, the most that deeper levels give
    impact: Annotated[float, Ge(0.0), Le(100.0)] = 1.0  # of the square-root law
    impact_half_life: Annotated[float, Gt(0.0), Le(1e6)] = 300.0  # seconds
    queue_model: Annotated[int, Ge(0), Le(1)] = 0  # 1: cancellations move a waiting order on, too
    passive_haircut: Annotated[int, Ge(0), Le(100)] = 30  # percent of prints that pass it by
    max_quote_age_seconds: Count = 600  # an older quote is not trusted to be there
    # What a forced close gives up below the bid, in whole basis points.
    forced_slippage_bps: Annotated[int, Ge(0), Le(10_000)] = 50


FILL_PRESETS = {
    "strict": FillRules(),
    "neutral": FillRules(
        latency_ms=80, depth_percent=100, gap_percent=100, participation=0.10, impact=0.7,
        impact_half_life=60.0, queue_model=1, passive_haircut=30, forced_slippage_bps=20,
    ),
    "kind": FillRules(
        latency_ms=50, depth_percent=100, gap_percent=100, participation=0.25, impact=0.3,
        impact_half_life=30.0, queue_model=1, passive_haircut=0, forced_slippage_bps=0,
    ),
}  # fmt: skip
"""How kindly the market treats an order; results should be reported under more than one."""


@kernel
def refusal(quote, resumed, arrival_ns, rules):
    """Return the reason why no order can fill on a quote at ``arrival_ns``, or 0.

    Args:
        quote: ``QUOTE`` record.
        resumed: what :func:`lowfloat.market.book.last_resume` returned.
        arrival_ns: when the order reaches the market.
        rules: :class:`FillRules`.
    """
    if resumed < 0:
        return _HALTED
    if quote.bid == 0 or quote.ask == 0:
        return _NO_QUOTE
    if quote.bid >= quote.ask:
        return _CROSSED
    if quote.ts < resumed or arrival_ns - quote.ts > rules.max_quote_age_seconds * _NS:
        return _STALE_QUOTE
    return 0


class Taking(NamedTuple):
    """An order that takes what it gets of the book, and leaves the rest.

    Attributes:
        shares: signed, above 0 to buy.
        limit: price units.
        forced: 1 if the slippage of forced closes is taken off.
        footprint: shares the account has lately taken in the same direction.
        budget: the most it may pay, microdollars.
    """

    shares: int
    limit: int
    forced: int
    footprint: float
    budget: int


@kernel
def keep_taken_bids(quotes, row, state):
    """Forget what was taken of bids that are gone; those at ``row`` are the last seen."""
    last = state.bid_row
    if last < 0 or quotes[last].bid_run != quotes[row].bid_run:
        state.bid_taken = 0
        state.bid_deep = 0
    else:
        for later in range(last + 1, row + 1):
            state.bid_taken = min(state.bid_taken, quotes[later].bid_size)
    state.bid_row = row


@kernel
def keep_taken_asks(quotes, row, state):
    """Do for offers what :func:`keep_taken_bids` does for bids."""
    last = state.ask_row
    if last < 0 or quotes[last].ask_run != quotes[row].ask_run:
        state.ask_taken = 0
        state.ask_deep = 0
    else:
        for later in range(last + 1, row + 1):
            state.ask_taken = min(state.ask_taken, quotes[later].ask_size)
    state.ask_row = row


@kernel
def _with_impact(price, side, impact):
    """Return what an order pays or gets at a level, price units."""
    return price if impact == 0 else max(1, away(price + side * impact, side))


@kernel
def _slipped(price, limit, rules):
    """Return what a forced sale gets of a level: less the slippage, never below its limit."""
    return max(limit, away(price * (10_000 - rules.forced_slippage_bps) // 10_000, -1))


@kernel
def walk(deck, row, known, state, order, rules):
    """Take what an order gets of the book, and remember what was taken.

    Args:
        deck: resident days; its quotes, reveals and days are read.
        row: the quote that the order meets, one that :func:`refusal` lets pass.
        known: ``SECOND`` record of the decision.
        state: the account with :data:`FILL_FIELDS` and luck; what was taken is written.
        order: :class:`Taking`.
        rules: :class:`FillRules`.

    Returns:
        The shares it got, of these the shares that were displayed, their value in microdollars, the
        price of the last of them, and a ``RejectReason``, 0 if it got all.
    """
    quote, day = deck.quotes[row], deck.days[state.day]
    side = 1 if order.shares > 0 else -1
    is_ask = 1 if side > 0 else 0
    if side > 0:
        keep_taken_asks(deck.quotes, row, state)
        price, shown = np.int64(quote.ask), quote.ask_size - state.ask_taken
        passed, run = state.ask_deep, quote.ask_run
        first, last = day.first_ask_reveal, day.last_reveal
    else:
        keep_taken_bids(deck.quotes, row, state)
        price, shown = np.int64(quote.bid), quote.bid_size - state.bid_taken
        passed, run = state.bid_deep, quote.bid_run
        first, last = day.first_reveal, day.first_ask_reveal
    impact = impact_of(order.footprint, known, price, rules)
    left = abs(order.shares)
    # Of deeper levels; the footprint counts what was taken before.
    room = max(0, int(rules.participation * known.volume_60s) - int(order.footprint))
    value, displayed, deep, worst, reason = 0, 0, 0, 0, _NO_SIZE
    size, level, reveals = shown, 0, -1
    while True:
        paid = _with_impact(price, side, impact)
        if (paid > order.limit) if side > 0 else (paid < order.limit):
            reason = _LIMIT
            break
        if order.forced:
            paid = _slipped(paid, order.limit, rules)
        if size > 0:
            got = min(left, size)
            if side > 0:
                affordable = (order.budget - value) // (MICRODOLLARS_PER_UNIT * paid)
                if affordable < got:
                    got, reason = max(0, affordable), _NO_CASH
            if got > 0:
                value += MICRODOLLARS_PER_UNIT * paid * got
                worst = paid
                left -= got
                if level == 0:
                    displayed = got
                else:
                    deep += got
                    room -= got
            if left == 0 or reason == _NO_CASH:
                break
        if level == rules.deeper_levels or room <= 0:
            break
        if reveals < 0:
            reveals = known_reveals(deck.reveals, first, last, run)
        if reveals < LEAST_REVEALS:
            break
        luck = draw_of_level(state, run, is_ask, level)
        shown_before = deck.reveals[first + reveals - 1 - int(luck * min(reveals, MOST_REVEALS))]
        tick = tick_at(price)
        distance = max(tick, shown_before.distance * rules.gap_percent // 100)
        price = away(price + side * (-(-distance // tick) * tick), side)
        if price < 1:
            break
        size = max(1, shown_before.size * rules.depth_percent // 100)
        missing = min(passed, size)
        passed -= missing
        size = min(size - missing, room)
        level += 1
    if side > 0:
        state.ask_taken += displayed
        state.ask_deep += deep
    else:
        state.bid_taken += displayed
        state.bid_deep += deep
    if left == 0:
        reason = 0
    elif displayed + deep > 0:
        reason = _PARTIAL
    return displayed + deep, displayed, value, worst, reason
