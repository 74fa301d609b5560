"""A book made by hand around 09:30, and orders sent into it at the open.

The decision is taken at 09:30:00 and the order arrives 150 ms later.
"""

from collections.abc import Sequence
from typing import Any

from reference.play import PlainPlayer, Player
from reference.tapes import OPEN, P, Q, make_day, ns

from lowfloat.base.codes import Action, RejectReason
from lowfloat.days.baseline import Baseline

ARRIVAL = ns(OPEN) + 150_000_000
KNOWN = Q(ns(OPEN) - 1, 4.00, 4.02, 5_000, 5_000)  # what the decision at 09:30:00 sees
BUSY = P(ns(OPEN - 30), 4.01, 1_000_000)  # volume of which any order is a small part
BUY, SELL, HOLD = Action.BUY_100, Action.SELL_100, Action.HOLD
CALM = {
    "latency_ms": 150, "latency_spread": 0.0, "latency_burst": 0.0, "depth_percent": 100,
    "gap_percent": 100, "participation": 1.0, "impact": 0.0,
}  # fmt: skip
"""Fills in which nothing is left to luck and an account leaves no trace."""


class Trader:
    """Sends orders through the kernels or through the plain-Python reference."""

    def __init__(self, kind: type[Player] | type[PlainPlayer]) -> None:
        self.kind = kind

    def player(
        self,
        quotes: Sequence[Q],
        status=(),
        trades=(),
        config: dict[str, Any] | None = None,
        second: int = OPEN,
        baseline: Baseline | None = None,
        **fills: Any,
    ) -> Player | PlainPlayer:
        """Return an account that is about to decide; ``fills`` are what is not calm."""
        settings = dict(config or {})
        settings["fills"] = {**CALM, **settings.get("fills", {}), **fills}
        day = make_day(quotes, status, trades)
        return self.kind(day, second, settings, baseline=baseline)

    def sent(self, *quotes, action=BUY, before=(KNOWN,), **how) -> dict[str, int]:
        """Return the state after one order into a book of ``before`` and ``quotes``."""
        return self.player([*before, *quotes], **how).send(action)

    def sold(self, *quotes, before=(KNOWN,), action=SELL, **how) -> dict[str, int]:
        """Return the state after selling 100 shares that were bought a second earlier."""
        first = [Q(ns(OPEN - 2), 4.00, 4.02, 5_000, 100)]
        player = self.player([*first, *before, *quotes], second=OPEN - 1, **how)
        assert player.send(BUY)["shares"] == 100
        return player.send(action)


def outcome(state: dict[str, int]) -> tuple[int, str]:
    """Return the signed shares filled and the reason they were not more."""
    return state["fill_shares"], RejectReason(state["reject"]).name


def deal(state: dict[str, int]) -> tuple[int, int, str]:
    """Return the price of the last shares, the signed shares and the reason for no more."""
    return (state["fill_worst"], *outcome(state))
