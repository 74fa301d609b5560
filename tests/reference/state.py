"""The fields of an environment's ``STATE`` that the market model speaks of, from the reference."""

from reference.episode import Episode, Step

ALWAYS = (
    "second", "cash", "shares", "cost", "fees", "realized", "mark", "equity", "peak_mark",
    "fills", "trades", "wins", "settled_shares", "order_shares", "fill_shares", "fill_value",
    "fill_worst", "fill_displayed", "fill_fee", "reject", "forced", "closing", "ended",
    "footprint",
)  # fmt: skip
"""What a step leaves behind, whatever it was."""

AFTER_ORDER = ("order_limit",)
AFTER_BUY = ("fill_ns", "fill_quote_ns", "ask_taken", "ask_deep")
AFTER_SALE = ("fill_ns", "fill_quote_ns", "bid_taken", "bid_deep")
"""What speaks of the last fill or of the run it met, and is looked at after a fill."""


def always(episode: Episode, step: Step) -> tuple:
    account, fill = episode.account, step.fill
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
        step.side * fill.shares,
        fill.value,
        fill.worst,
        fill.displayed,
        fill.fee,
        fill.reason,
        int(step.forced),
        episode.closing,
        episode.ended,
        episode.broker.footprint,
    )


def after_fill(episode: Episode, sign: int) -> tuple:
    broker, taken = episode.broker, episode.broker.taken[sign]
    return broker.arrival, broker.quote_received, taken.displayed, taken.deep
