"""How long an order takes to the market: log-normal, and slower when the tape runs hot."""

import math

from lowfloat.base.jit import kernel
from lowfloat.base.normal import normal_quantile
from lowfloat.base.portable import exp

_NS_PER_MS = 1_000_000
LONGEST_NS = 999_999_999  # an order reaches the market within the second of its decision
_HOT, _SLOWEST = 2.0, 5.0


@kernel
def latency_ns(known, luck, rules):
    """Return the nanoseconds from a decision to the market.

    Args:
        known: ``SECOND`` record of the decision.
        luck: a uniform number between 0 and 1.
        rules: :class:`~lowfloat.market.fills.FillRules`.
    """
    usual = known.prints_300s / 60.0  # prints of 5 s
    heat = (known.prints_5s - usual) / math.sqrt(usual + 1.0)
    slower = min(_SLOWEST, 1.0 + rules.latency_burst * max(0.0, heat - _HOT))
    spread = exp(rules.latency_spread * normal_quantile(luck))
    return min(LONGEST_NS, math.floor(rules.latency_ms * _NS_PER_MS * slower * spread))
