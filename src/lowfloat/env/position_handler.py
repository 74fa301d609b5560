"""What becomes of an open position when an episode ends, told from one look at the market.

The environment itself closes a position second by second, as the book allows; see
``env/ending.py``. This is the same table applied to one moment: what a close at the bid would make
of a position, for a report, or for an environment of one's own.
"""

import logging
from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import EndReason
from lowfloat.base.prices import MICRODOLLARS_PER_DOLLAR, MICRODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.env.config import EnvConfig
from lowfloat.env.ending import ENDINGS
from lowfloat.market.fees import commission_terms, order_fees_of, sale_fees_of


class PortfolioState(NamedTuple):
    """A position.

    Attributes:
        shares: held.
        cost: microdollars paid for them, without fees.
        entry_second: of the session, -1 if flat.
    """

    shares: int
    cost: int
    entry_second: int = -1

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held."""
        return self.shares == 0


class MarketState(NamedTuple):
    """The market at one moment.

    Attributes:
        second: of the session.
        best_bid_price: price units, 0 if nobody bids.
        last_bid_price: the last bid of a sound book, price units, 0 before the first.
        halted: whether trading is halted.
        day: ``DAY`` record of the day, for the fees of its date.
    """

    second: int
    best_bid_price: int
    last_bid_price: int
    halted: bool
    day: np.void


class PositionOutcome(NamedTuple):
    """What became of a position; money in dollars.

    Attributes:
        had_position: False if the account was flat; then all else is empty.
        reason: why the episode ended.
        forced_exit: whether the position was closed, rather than kept.
        exit_price: dollars a share, None if it was kept.
        realized_pnl: after fees, None if it was kept.
        unrealized_pnl: at the last bid, None if it was closed.
        hold_duration: seconds since entry.
        halted_into_close: whether it had to be written down, for want of a market.
        stale: whether nobody bid, so that the last bid stood in.
    """

    had_position: bool
    reason: EndReason
    forced_exit: bool = False
    exit_price: float | None = None
    realized_pnl: float | None = None
    unrealized_pnl: float | None = None
    hold_duration: int = 0
    halted_into_close: bool = False
    stale: bool = False


class PositionHandler:
    """Applies the table of end reasons to the position of one symbol.

    Args:
        config: frictions and limits.
        logger: is told of each position that was closed or kept.
        symbol: ticker, for the log.
    """

    def __init__(
        self, config: EnvConfig, logger: logging.Logger | None = None, symbol: str = ""
    ) -> None:
        self.config = config
        self.logger = logger or logging.getLogger(__name__)
        self.symbol = symbol

    def handle_episode_end(
        self,
        portfolio_state: PortfolioState,
        termination_reason: EndReason | str,
        market_state: MarketState,
    ) -> PositionOutcome:
        """Return what becomes of the position.

        A reason that closes it sells at the best bid less the forced slippage, or writes it down
        to the last bid less the haircut where trading is halted; any other keeps it.

        Raises:
            ValueError: the reason is none of the table.
        """
        reason = _reason_of(termination_reason)
        if portfolio_state.is_flat:
            return PositionOutcome(False, reason)
        held = market_state.second - portfolio_state.entry_second
        if not ENDINGS[reason].closes_position:
            worth = MICRODOLLARS_PER_UNIT * portfolio_state.shares * market_state.last_bid_price
            gain = (worth - portfolio_state.cost) / MICRODOLLARS_PER_DOLLAR
            self.logger.info("%s: kept at %s, %.2f ahead", self.symbol, reason.name, gain)
            return PositionOutcome(True, reason, unrealized_pnl=gain, hold_duration=held)
        stale = market_state.best_bid_price == 0
        stuck = market_state.halted or reason == EndReason.HALTED_INTO_CLOSE
        price = self._exit_price(market_state, stale, stuck)
        gain = self._calculate_exit_pnl(portfolio_state, price, market_state.day, stuck)
        self.logger.info("%s: closed at %s, %.2f ahead", self.symbol, reason.name, gain)
        return PositionOutcome(
            True,
            reason,
            forced_exit=True,
            exit_price=price / UNITS_PER_DOLLAR,
            realized_pnl=gain,
            hold_duration=held,
            halted_into_close=stuck,
            stale=stale,
        )

    def _exit_price(self, market: MarketState, stale: bool, stuck: bool) -> int:
        if stuck:
            return int(market.last_bid_price * (1.0 - self.config.episode.settlement_haircut))
        bid = market.last_bid_price if stale else market.best_bid_price
        return max(1, bid * (10_000 - self.config.fills.forced_slippage_bps) // 10_000)

    def _calculate_exit_pnl(
        self, portfolio: PortfolioState, price: int, day: np.void, settled: bool
    ) -> float:
        """Return the gain in dollars of selling everything at a price; a settlement pays no fee."""
        value = MICRODOLLARS_PER_UNIT * price * portfolio.shares
        fees = 0
        if not settled:
            terms = commission_terms(self.config.commission)
            shares = portfolio.shares
            fees = order_fees_of(value, shares, value, shares, terms)
            fees += sale_fees_of(value, shares, day)
        return (value - portfolio.cost - fees) / MICRODOLLARS_PER_DOLLAR


def _reason_of(reason: EndReason | str) -> EndReason:
    names = {end.name: end for end in EndReason if end != EndReason.RUNNING}
    found = names.get(reason) if isinstance(reason, str) else reason
    if found is None or found == EndReason.RUNNING:
        raise ValueError(f"`termination_reason` was {reason!r}; use one of {', '.join(names)}.")
    return found
