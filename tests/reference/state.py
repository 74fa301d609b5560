"""The fields of an environment's ``STATE`` that the market model speaks of, from the reference."""

from reference.episode import Episode, Step

ALWAYS = (
    "second", "cash", "shares", "cost", "fees", "realized", "mark", "equity", "peak_mark",
    "fills", "trades", "wins", "settled_shares", "order_shares", "fill_shares", "fill_value",
    "fill_worst", "fill_displayed", "fill_given", "fill_fee", "reject", "forced", "closing",
    "ended", "footprint", "working", "working_limit", "working_ahead", "working_filled",
    "working_charged", "stop_price", "stop_trail", "stop_high", "stop_due",
)  # fmt: skip
"""What a step leaves behind, whatever it was."""

AFTER_MESSAGE = ("fill_ns",)
AFTER_ORDER = ("order_limit",)
AFTER_BUY = ("fill_quote_ns", "ask_taken", "ask_deep")
AFTER_SALE = ("fill_quote_ns", "bid_taken", "bid_deep")
"""What speaks of the last fill or of the run it met, and is looked at after a fill."""


def always(episode: Episode, step: Step) -> tuple:
    account, fills = episode.account, step.fills
    return (
        episode.second,
        account.cash,
        account.shares,
        account.cost,
        account.fees,
        account.realized,
        account.mark,
        account.equity,
        account.peak_mark,
        account.fills,
        account.trades,
        account.wins,
        episode.settled_shares,
        step.side * step.wish,
        step.shares,
        sum(fill.value for fill in fills),
        fills[-1].worst if fills else 0,
        sum(fill.displayed for fill in fills),
        sum(fill.given for fill in fills),
        sum(fill.fee for fill in fills),
        step.answer.reason,
        int(step.forced),
        episode.closing,
        episode.ended,
        episode.broker.footprint,
        *_working(episode),
        *_stop(episode),
    )


def _working(episode: Episode) -> tuple:
    order = episode.desk.working
    if order is None:
        return (0,) * 5
    filled = order.bill.shares
    return order.sign * order.left, order.limit, order.ahead, filled, order.bill.charged


def _stop(episode: Episode) -> tuple:
    stop = episode.desk.stop
    return (stop.price, stop.trail, stop.high, stop.due) if stop else (0,) * 4


def fill_ns(step: Step) -> int:
    """Return the time of the last fill, or of the message."""
    return step.fills[-1].time if step.fills else step.arrival


def after_fill(episode: Episode, sign: int) -> tuple:
    broker, taken = episode.broker, episode.broker.taken[sign]
    return broker.quote_received, taken.displayed, taken.deep
