"""What a synthetic market is like, in numbers that can be fitted: named, bounded, and saved.

Bounds that keep a day sane, such as the largest gap of a pause, stand where they are used; the
shapes of stories stand in :mod:`lowfloat.synth.scenarios`.
"""

from typing import NamedTuple

from lowfloat.base.units import Fraction, NonNegative, Positive, Signed


class Flow(NamedTuple):
    """How orders arrive, how large they are, and what they move."""

    kernel_5ms: Fraction = 0.20  # share of the excitation that dies away over 5 ms
    kernel_50ms: Fraction = 0.12  # over 50 ms
    kernel_500ms: Fraction = 0.11  # over half a second
    kernel_5s: Fraction = 0.40  # over 5 seconds
    kernel_50s: Fraction = 0.17  # over 50 seconds
    mark_power: NonNegative = 0.2  # a larger order excites more
    longest: Positive = 150.0  # child orders of a parent order, at most
    single: Fraction = 0.04  # share of orders that are nobody's child
    impact: NonNegative = 1.08  # move of the value by a wholly surprising order, half-spreads
    impact_power: Fraction = 0.25  # concavity of impact in the order's size
    noise: NonNegative = 0.25  # moves of the value without orders, half-spreads
    noise_rate: NonNegative = 0.2  # of them, per order from outside
    order_median: Positive = 172.0  # median shares of an order
    order_sigma: Positive = 1.35  # standard deviation of the logarithm
    size_memory: Fraction = 0.75  # correlation of the sizes of consecutive orders
    kind_memory: Fraction = 0.26  # chance that the next resting order is lots, or odd, as the last
    split: Fraction = 0.82  # chance that a print is cut to the size of one order at the level
    reach: NonNegative = 0.65  # how far beyond the touch an order walks, mean, half-spreads
    dark_memory: Fraction = 0.4  # chance that an order hides its side, or not, as the one before
    dark_reach: Fraction = 0.4  # how far inside the spread such orders print, share of it
    dark_again: Fraction = 0.9  # chance that such an order prints where the last one did
    dark: Fraction = 0.415  # orders that show no aggressor, on a usual day
    dark_mid: Fraction = 0.1  # of them, at the midpoint
    dark_touch: Fraction = 0.55  # of them, at the touch
    cover: NonNegative = 1.5e-5  # of shorts that buy back each second, per doubling of the price
    cover_from: NonNegative = 0.1  # rise at which they begin
    cover_move: NonNegative = 0.5  # log change that buying back the whole float makes
    mood: NonNegative = 0.3  # slow swings of spread and impact, as the spread of a logarithm
    mood_seconds: Positive = 600.0  # how long they last
    leverage: NonNegative = 12.0  # how much more an order moves the value per log change of a fall
    leverage_seconds: Positive = 300.0  # over which falls and rises are remembered
    rate_reference: Positive = 0.1  # orders per second at which spread and depth are as told
    rate_impact: NonNegative = 0.1  # exponent by which the impact of an order shrinks then
    rate_lots: NonNegative = 0.15  # exponent by which whole round lots become rarer then
    rate_depth: NonNegative = 0.15  # exponent by which depth grows as orders come faster


class Book(NamedTuple):
    """How quotes stand around the value, and how they come and go."""

    least: Fraction = 0.4  # nearest a quote may stand to the value, half-spreads
    distance: Positive = 0.5  # median distance of a lasting quote from the value, half-spreads
    distance_sigma: NonNegative = 1.15  # standard deviation of the logarithm
    base_life: Positive = 5.0  # median seconds that a lasting quote stands
    base_life_sigma: NonNegative = 1.6  # standard deviation of the logarithm
    base_size: Positive = 90.0  # median shares of a lasting quote
    base_size_sigma: NonNegative = 0.75  # standard deviation of the logarithm
    small_in_front: Fraction = 0.7  # chance that a lasting quote in front of others is small
    base_post: Fraction = 0.2  # of the changes of a burst, a fresh lasting quote
    improve: Fraction = 0.45  # of them, a better quote that only shows itself
    improver_life: Positive = 0.004  # median seconds of that
    improver_life_sigma: NonNegative = 2.8  # standard deviation of the logarithm
    one_tick: Fraction = 0.35  # of better quotes, better by one tick
    odd_size: Fraction = 0.2  # of better quotes, odd lots
    round_price: Fraction = 0.12  # chance that a lasting quote stands at a multiple of 5 cents
    round_wall: Positive = 4.0  # factor on the size at whole and half dollars
    inside: Fraction = 0.2  # of the room, how far from its bound a quote to be hit stands at most
    improve_before_trade: Fraction = 0.88  # chance that a better quote appears just to be hit
    pull_after_trade: Fraction = 0.5  # chance that what is left of a hit quote is withdrawn
    chase_after_trade: Fraction = 0.95  # chance that the other side follows at once
    changes_after_trade: NonNegative = 8.0  # mean quote changes that follow an order
    changes_of_burst: NonNegative = 6.0  # mean quote changes of a burst of its own
    burst_rate: NonNegative = 0.8  # bursts per order from outside
    idle_bursts: NonNegative = 0.08  # per second, fewer where orders are slower than the reference
    gap: Positive = 0.0004  # median seconds between the changes of a burst
    gap_sigma: NonNegative = 1.7  # standard deviation of the logarithm
    react: Positive = 0.004  # mean seconds until quotes answer a move of the value
    gape: Fraction = 0.14  # of bursts of its own, a side's quotes all withdrawn for a moment
    gape_mood: NonNegative = 1.3  # how much likelier where spreads are wide, as an exponent of mood
    gape_distance: Positive = 4.0  # median distance of what is left then, half-spreads
    gape_sigma: NonNegative = 0.3  # standard deviation of the logarithm
    gape_seconds: Positive = 0.9  # how long, mean
    empty_side: Fraction = 0.05  # chance that a thin book's side is left empty


class Crosses(NamedTuple):
    """Auctions, pauses, and what follows them."""

    shares: Positive = 1500.0  # median of opening and closing prints
    reopening_gap: Positive = 0.007  # median move of the value over a pause
    reopening_gap_sigma: NonNegative = 1.2  # standard deviation of the logarithm
    carries_on: Fraction = 0.6  # chance that the first reopening goes the way of the pause
    heat_rate: NonNegative = 4.0  # extra orders after a cross, as a factor
    heat_spread: NonNegative = 1.0  # extra distance of quotes after a cross, as a factor
    limit_impact: Fraction = 0.35  # factor on the impact of orders in a limit state
    heat_impact: NonNegative = 1.5  # extra impact of orders then, as a factor
    heat_seconds: Positive = 25.0  # over which both die away
    end_on_pause: Fraction = 0.5  # chance that a pause ends the phase that led to it


class Rules(NamedTuple):
    """What the market's kernels read."""

    flow: Flow = Flow()
    book: Book = Book()
    crosses: Crosses = Crosses()


class Habits(NamedTuple):
    """How a phase trades.

    Attributes:
        rate: orders per second in an average regular hour.
        half_spread: usual distance of a lasting quote from the value, basis points; the scale of
            an order's impact too, so that volatility follows from it and the rate.
        depth: factor on displayed sizes.
        tilt: excess share of new buyers, -1 to 1.
        absorb: share of impact that resting orders swallow.
        pull_bid: chance that a change of the book withdraws the best bid.
        pull_ask: likewise the best offer.
        iceberg_bid: chance that a lasting bid hides more.
        iceberg_ask: likewise an offer.
    """

    rate: Positive
    half_spread: Positive
    depth: Positive
    tilt: Signed
    absorb: Fraction
    pull_bid: Fraction
    pull_ask: Fraction
    iceberg_bid: Fraction
    iceberg_ask: Fraction


class PhaseHabits(NamedTuple):
    """The habits of every phase, in the order of their codes."""

    dead: Habits = Habits(0.0028, 30, 1.6, 0, 0.0, 0.02, 0.02, 0.02, 0.02)
    accumulation: Habits = Habits(0.0357, 30, 1.2, 0.02, 0.3, 0.02, 0.03, 0.15, 0.05)
    breakout: Habits = Habits(0.476, 33, 1.2, 0.08, 0.0, 0.02, 0.12, 0.05, 0.05)
    momentum: Habits = Habits(0.357, 31.7, 1.1, 0.04, 0.0, 0.03, 0.06, 0.05, 0.05)
    parabolic: Habits = Habits(1.07, 39.9, 1.3, 0.08, 0.0, 0.04, 0.12, 0.03, 0.05)
    exhaustion: Habits = Habits(0.476, 35.3, 1.4, 0.02, 0.35, 0.06, 0.03, 0.03, 0.2)
    consolidation: Habits = Habits(0.208, 28.8, 1.1, -0.01, 0.15, 0.03, 0.03, 0.08, 0.06)
    distribution: Habits = Habits(0.357, 32.4, 1.1, -0.03, 0.2, 0.10, 0.03, 0.03, 0.15)
    flush: Habits = Habits(0.714, 42.3, 0.9, -0.08, 0.0, 0.16, 0.03, 0.02, 0.05)
    bounce: Habits = Habits(0.297, 35.1, 1.0, 0.04, 0.0, 0.03, 0.06, 0.05, 0.05)
    fade: Habits = Habits(0.148, 29.3, 1.0, -0.015, 0.05, 0.05, 0.03, 0.03, 0.06)


class Hour(NamedTuple):
    """How a part of the day trades, before any story of the day is told.

    Attributes:
        rate: factor on the rate of orders.
        spread: factor on the half-spread.
    """

    rate: Positive
    spread: Positive


class Hours(NamedTuple):
    """The day in steps: venues and market makers join at fixed times."""

    from_0400: Hour = Hour(0.06, 10.0)
    from_0700: Hour = Hour(0.22, 7.0)
    from_0800: Hour = Hour(0.45, 5.0)
    from_0930: Hour = Hour(2.8, 1.0)
    from_1000: Hour = Hour(1.2, 1.0)
    from_1130: Hour = Hour(0.7, 1.1)
    from_1400: Hour = Hour(0.8, 1.0)
    last_minutes: Hour = Hour(1.3, 1.0)  # the last ten of the regular session
    after_close: Hour = Hour(0.3, 6.0)
    evening: Hour = Hour(0.15, 8.0)  # from an hour after the close


class Variety(NamedTuple):
    """How the days of a market differ from one another.

    A day draws its own factors, log-normal about 1 (``_sigma`` is the deviation of their
    logarithm), and its own shares, uniform about a middle (``_reach`` is half their width).
    """

    intensity_sigma: NonNegative = 0.55  # of order rates
    depth_sigma: NonNegative = 0.4  # of displayed sizes
    spread_sigma: NonNegative = 0.2  # of the quoted spread
    volatility_sigma: NonNegative = 0.2  # of scripted moves and noise
    order_size_sigma: NonNegative = 0.4  # of the sizes of orders
    branching: Fraction = 0.55  # share of orders that another order brought about
    branching_reach: Fraction = 0.12  # half the width of its range
    memory: Positive = 1.5  # exponent of the power law of the lengths of parent orders
    memory_reach: NonNegative = 0.2  # half the width of its range
    lots: Fraction = 0.72  # share of orders for whole round lots
    lots_reach: Fraction = 0.32  # half the width of its range
    dark: Positive = 1.06  # factor on the share of orders that show no aggressor
    dark_reach: NonNegative = 0.3  # half the width of its range


class Stories(NamedTuple):
    """How the market acts out what is scripted."""

    foreseen: Fraction = 0.6  # share of scripted moves that can be foreseen where `edge` is 1


class Preset(NamedTuple):
    """The whole preset: what the markets of all days have in common, and how they differ."""

    rules: Rules = Rules()
    phases: PhaseHabits = PhaseHabits()
    hours: Hours = Hours()
    variety: Variety = Variety()
    stories: Stories = Stories()
