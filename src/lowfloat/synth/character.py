"""What a stock is like, and how a day of it differs from its other days.

Agents that learn on one market learn its constants. So every day is drawn with its own: how busy
it is, how deep, how wide, how jumpy, how long orders are split. Price, float and short interest
belong to the stock and stay.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.portable import exp, log
from lowfloat.synth.preset import Variety

USUAL_DOLLARS = (0.6, 20.0)
FLOAT_SHARES = (0.5e6, 20e6)
FLOAT_MEDIAN, FLOAT_SD = 5e6, 0.9
MOST_SHORT = 0.4
MOST_BRANCHING = 0.95  # from 1 on orders would breed orders without end
LEAST_MEMORY = 1.05  # at 1 and below the lengths of parent orders have no mean


class Stock(NamedTuple):
    """What stays from day to day.

    Attributes:
        usual_dollars: price to which the stock returns over weeks, 0.6 to 20 dollars.
        float_shares: shares that can be traded, 0.5 to 20 million.
        short_interest: share of the float sold short, 0 to 0.4.
    """

    usual_dollars: float
    float_shares: float
    short_interest: float


class Character(NamedTuple):
    """A stock-day as the market acts it out; factors have a median of 1.

    Attributes:
        usual_dollars: price to which the stock returns over weeks, dollars.
        float_shares: shares that can be traded.
        intensity: factor on all order rates.
        depth: factor on displayed size.
        spread: factor on the quoted spread.
        volatility: factor on scripted moves and on noise.
        branching: share of orders that another order brought about (Hawkes branching ratio).
        memory: exponent of the power law of metaorder lengths.
        short_interest: share of the float sold short.
        lots: share of orders for whole round lots.
        order_size: factor on the size of orders.
        dark: factor on the share of orders that show no aggressor.
    """

    usual_dollars: float
    float_shares: float
    intensity: float
    depth: float
    spread: float
    volatility: float
    branching: float
    memory: float
    short_interest: float
    lots: float
    order_size: float
    dark: float


def draw_stock(rng: np.random.Generator) -> Stock:
    """Draw what a stock is like on all of its days.

    The price is log-uniform; the float is log-normal, cut at its bounds; short interest leans
    to the low end.
    """
    low, high = (log(dollars) for dollars in USUAL_DOLLARS)
    usual = exp(rng.uniform(low, high))
    shares = 0.0
    while not FLOAT_SHARES[0] <= shares <= FLOAT_SHARES[1]:
        shares = FLOAT_MEDIAN * _factor(rng, FLOAT_SD)
    return Stock(usual, shares, round(MOST_SHORT * rng.beta(1.2, 4.0), 6))


def draw_character(rng: np.random.Generator, stock: Stock, variety: Variety) -> Character:
    """Draw what one day of a stock is like."""
    return Character(
        usual_dollars=stock.usual_dollars,
        float_shares=stock.float_shares,
        intensity=_factor(rng, variety.intensity_sigma),
        depth=_factor(rng, variety.depth_sigma),
        spread=_factor(rng, variety.spread_sigma),
        volatility=_factor(rng, variety.volatility_sigma),
        branching=_near(rng, variety.branching, variety.branching_reach, 0.0, MOST_BRANCHING),
        memory=_near(rng, variety.memory, variety.memory_reach, LEAST_MEMORY, np.inf),
        short_interest=stock.short_interest,
        lots=_near(rng, variety.lots, variety.lots_reach, 0.0, 1.0),
        order_size=_factor(rng, variety.order_size_sigma),
        dark=_near(rng, variety.dark, variety.dark_reach, 0.0, np.inf),
    )


def _factor(rng: np.random.Generator, sigma: float) -> float:
    """Return a log-normal factor with a median of 1."""
    return exp(sigma * rng.standard_normal())


def _near(
    rng: np.random.Generator, middle: float, reach: float, least: float, most: float
) -> float:
    """Return a uniform number no further from a middle than a reach, and within bounds."""
    return min(max(rng.uniform(middle - reach, middle + reach), least), most)
