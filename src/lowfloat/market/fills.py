"""When an order fills, in full, in part, or not at all.

An order decided at second ``s`` reaches the market ``latency_ms`` later, meets the book as it
stands then, and is immediate-or-cancel. It fills at the quote, up to the displayed size that this
account has not already taken from the same quote. ``docs/explanation/market-model.md`` lists
the conditions, and what is not modelled.
"""

from typing import Annotated, NamedTuple

from annotated_types import Ge, Le

from lowfloat.base.codes import RejectReason
from lowfloat.base.jit import kernel
from lowfloat.base.units import Count

_NS = 1_000_000_000
_HALTED = int(RejectReason.HALTED)
_NO_QUOTE = int(RejectReason.NO_QUOTE)
_STALE_QUOTE = int(RejectReason.STALE_QUOTE)
_CROSSED = int(RejectReason.CROSSED)
_NO_SIZE = int(RejectReason.NO_SIZE)


class FillRules(NamedTuple):
    """Frictions between a decision and its fill."""

    latency_ms: Annotated[int, Ge(0), Le(999)] = 150  # decision to market
    max_quote_age_seconds: Count = 600  # an older quote is not trusted to be there
    # What a forced close gives up below the bid, in whole basis points.
    forced_slippage_bps: Annotated[int, Ge(0), Le(10_000)] = 50


@kernel
def quote_at(deck, day_index, second, arrival_ns):
    """Return the row of the last quote received by ``arrival_ns``, -1 if there is none.

    ``arrival_ns`` lies within ``second``.
    """
    day = deck.days[day_index]
    row = deck.seconds[day_index, second].quote
    while row < day.last_quote and deck.quotes[row].ts <= arrival_ns:
        row += 1
    row -= 1
    return row if row >= day.first_quote else -1


@kernel
def last_resume(deck, day_index, arrival_ns):
    """Return -1 if trading is halted at ``arrival_ns``, else when the last halt ended, or 0."""
    day = deck.days[day_index]
    resumed = 0
    for row in range(day.first_halt, day.last_halt):
        if deck.halts[row, 0] > arrival_ns:
            break
        if arrival_ns < deck.halts[row, 1]:
            return -1
        resumed = deck.halts[row, 1]
    return resumed


@kernel
def refusal(deck, day_index, row, arrival_ns, rules):
    """Return the reason why no order can fill on quote ``row`` at ``arrival_ns``, or 0."""
    resumed = last_resume(deck, day_index, arrival_ns)
    if resumed < 0:
        return _HALTED
    if row < 0:
        return _NO_QUOTE
    quote = deck.quotes[row]
    if quote.bid == 0 or quote.ask == 0:
        return _NO_QUOTE
    if quote.bid >= quote.ask:
        return _CROSSED
    if quote.ts < resumed or arrival_ns - quote.ts > rules.max_quote_age_seconds * _NS:
        return _STALE_QUOTE
    return 0


@kernel
def buyable(deck, row, account):
    """Return the shares offered on quote ``row`` that this account has not taken yet."""
    taken = account.ask_taken if account.ask_row == row else 0
    return deck.quotes[row].ask_size - taken


@kernel
def sellable(deck, row, account):
    """Return the shares bid for on quote ``row`` that this account has not taken yet."""
    taken = account.bid_taken if account.bid_row == row else 0
    return deck.quotes[row].bid_size - taken


@kernel
def slipped(bid, rules):
    """Return the price of a forced sale: the bid less the slippage, at least one price unit."""
    return max(1, bid * (10_000 - rules.forced_slippage_bps) // 10_000)
