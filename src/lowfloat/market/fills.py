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


class FillRules(NamedTuple):
    """Frictions between a decision and its fill."""

    latency_ms: Annotated[int, Ge(0), Le(999)] = 150  # decision to market
    max_quote_age_seconds: Count = 600  # an older quote is not trusted to be there
    # What a forced close gives up below the bid, in whole basis points.
    forced_slippage_bps: Annotated[int, Ge(0), Le(10_000)] = 50


@kernel
def quote_at(quotes, day, row, arrival_ns):
    """Return the row of the last quote received by ``arrival_ns``, -1 if there is none today.

    Args:
        quotes: ``QUOTE`` records of all resident days.
        day: ``DAY`` record.
        row: the first quote of the second in which ``arrival_ns`` lies.
        arrival_ns: when the order reaches the market.
    """
    while row < day.last_quote and quotes[row].ts <= arrival_ns:
        row += 1
    row -= 1
    return row if row >= day.first_quote else -1


@kernel
def last_resume(halts, day, arrival_ns):
    """Return -1 if trading is halted at ``arrival_ns``, else when the last halt ended, or 0.

    Args:
        halts: spans of all resident days, int64 ``(n, 2)``.
        day: ``DAY`` record.
        arrival_ns: when the order reaches the market.
    """
    resumed = 0
    for row in range(day.first_halt, day.last_halt):
        if halts[row, 0] > arrival_ns:
            break
        if arrival_ns < halts[row, 1]:
            return -1
        resumed = halts[row, 1]
    return resumed


@kernel
def refusal(quote, resumed, arrival_ns, rules):
    """Return the reason why no order can fill on a quote at ``arrival_ns``, or 0.

    Args:
        quote: ``QUOTE`` record.
        resumed: what :func:`last_resume` returned.
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


@kernel
def buyable(quote, row, account):
    """Return the shares offered on quote ``row`` that this account has not taken yet."""
    return quote.ask_size - (account.ask_taken if account.ask_row == row else 0)


@kernel
def sellable(quote, row, account):
    """Return the shares bid for on quote ``row`` that this account has not taken yet."""
    return quote.bid_size - (account.bid_taken if account.bid_row == row else 0)


@kernel
def slipped(bid, rules):
    """Return the price of a forced sale: the bid less the slippage, at least one price unit."""
    return max(1, bid * (10_000 - rules.forced_slippage_bps) // 10_000)
