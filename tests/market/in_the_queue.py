"""Orders that wait, and stops, in a book made by hand: 1,000 shares, decided at 09:30:00."""

from typing import Any

from at_the_open import Trader
from reference.tapes import OPEN, P, Q, ns

from lowfloat.base.codes import Action, Mark, Protection, Style

BUY, BUY_QUARTER, SELL, HOLD = Action.BUY_100, Action.BUY_25, Action.SELL_100, Action.HOLD
CANCEL = 9
CROSS, JOIN, IMPROVE = Style
KEEP, NO_STOP, STOP, TRAIL = Protection
SOLD, BOUGHT = -1, 1  # aggressors


def at(milliseconds: int) -> int:
    """Return the time so long after 09:30; messages of that second arrive at 150."""
    return ns(OPEN) + milliseconds * 1_000_000


def known(bid: float = 4.00, ask: float = 4.02, bid_size: int = 300, ask_size: int = 300) -> Q:
    """Return the book that the decision at 09:30:00 knows."""
    return Q(ns(OPEN) - 1, bid, ask, bid_size, ask_size)


def told(when: int, price: float, size: int, side: int = SOLD, marks: int = Mark.ORDINARY) -> P:
    return P(at(when), price, size, side, int(marks))


def account(
    trader: Trader, *rows: Q | P, config: dict[str, Any] | None = None, status=(), **how: Any
):
    """Return an account that may hold 1,000 shares at $4.02, and pays no fees unless told to."""
    settings = {
        "actions": "orders",
        "commission": "zero",
        "risk": {"max_position": 4_020.0},
        "episode": {"max_loss": 1.0, "day_loss": 1.0},
        **(config or {}),
    }
    quotes = [row for row in rows if isinstance(row, Q)]
    trades = [row for row in rows if isinstance(row, P)]
    return trader.player(quotes, status=status, trades=trades, config=settings, **how)


def holder(trader: Trader, *rows: Q | P, protection: int = KEEP, **how: Any):
    """Return the same account with 1,000 shares bought at $4.02 in the second before 09:30:00."""
    first = Q(ns(OPEN - 2), 4.00, 4.02, 5_000, 1_000)
    player = account(trader, first, *rows, second=OPEN - 1, **how)
    assert player.send((BUY, CROSS, protection))["shares"] == 1_000
    return player


def place(state: dict[str, int]) -> tuple[int, float]:
    """Return the shares that wait, and those ahead of them."""
    return state["working"], state["working_ahead"]
