"""The two implementations of the market model."""

import pytest
from at_the_open import Trader
from reference.play import PlainPlayer, Player


@pytest.fixture(params=[PlainPlayer, Player], ids=["reference", "kernels"])
def trader(request) -> Trader:
    """One that sends orders through the plain-Python reference, then one through the kernels."""
    return Trader(request.param)
