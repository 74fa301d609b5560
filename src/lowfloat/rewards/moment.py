"""Everything a reward component may see: numbers known at the end of a step, none from later."""

from typing import NamedTuple


class Moment(NamedTuple):
    """One step of one account, in the terms a component speaks.

    Attributes:
        market_gain: change of equity over the step before fees, as a fraction of the maximum
            position.
        fees_paid: fees of the step, as a fraction of the maximum position.
    """

    market_gain: float
    fees_paid: float
