"""Limit up, limit down: price bands around a moving reference, and the pauses they lead to.

Between 09:30 and the close nobody may trade outside two bands. Their width goes by the previous
close; it is laid around a reference price that follows the mean of the last five minutes' prints,
in steps of at least 1 % and at least 30 s apart. A best bid at the upper band, or a best offer at
the lower, is a limit state; 15 s of it pause the stock for five minutes, and from ten minutes
before the close until the closing print. An opening or reopening print starts everything afresh.

The state of one stock is a record of :data:`BANDS` with a window of :data:`PRINT` records for the
prints of the last five minutes. :func:`bands_of` makes it; then :func:`on_print` and
:func:`on_quote` are told what happens, in order of time. Who decides himself when trading stops
and goes on, as a simulator does, calls the parts they are made of. Prices are in units of $0.0001,
0 for an empty side; times in nanoseconds, of any one clock.
"""

import datetime as dt
import math
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.clock import NS, Session, new_york_date
from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel

TRADING, LIMIT, PAUSED = 0, 1, 2

WINDOW_NS = 300 * NS
HOLD_NS = 30 * NS
LIMIT_NS = 15 * NS
PAUSE_NS = 300 * NS
NO_REOPENING_NS = 600 * NS
MINIMUM_MOVE = 0.01

CENT = 100
THREE_DOLLARS, LOWEST_TIER = 30_000, 7_500
WIDTH_TIER_1, WIDTH_TIER_2, WIDTH_CHEAP, WIDTH_LOWEST = 0.05, 0.10, 0.20, 0.75
MOST_LOWEST, UNBOUNDED = 1_500.0, 1e18
COLLAR_STEP, COLLAR_STEP_CHEAP = 0.05, 1_500.0

NEVER = np.int64(1) << np.int64(62)  # as NumPy has it: kernels are compiled anew for a literal

_LAST, _ODD_LOT = int(Mark.LAST), int(Mark.ODD_LOT)


class LuldRules(NamedTuple):
    """What has changed in the plan over the years; the rest has stood since it began.

    Attributes:
        doubled_open_ns: bands are twice as wide this long after 09:30.
        doubled_close_ns: and this long before the close,
        all_doubled: 1 if stocks of Tier 2 above $3 are among those doubled then.
        ends_ns: bands end this long before the close.
    """

    doubled_open_ns: int
    doubled_close_ns: int
    all_doubled: int
    ends_ns: int


RULES = (
    (dt.date.min, LuldRules(0, 0, 0, 24 * 3600 * NS)),  # no bands at all
    (dt.date(2013, 8, 5), LuldRules(900 * NS, 1500 * NS, 1, 900 * NS)),
    (dt.date(2014, 2, 24), LuldRules(900 * NS, 1500 * NS, 1, 0)),
    (dt.date(2020, 2, 24), LuldRules(0, 1500 * NS, 0, 0)),  # Amendment 18
)
"""The rules, each with the date from which it holds for all stocks."""

BANDS = np.dtype(
    [
        ("previous_close", np.int64),
        ("open", np.int64),  # time of the regular open
        ("close", np.int64),  # time of the regular close
        ("end", np.int64),  # time from which there are no bands any more
        ("fraction", np.float64),  # of the reference price, from it to a band
        ("most", np.float64),  # price units, the bound of that distance
        ("doubled_until", np.int64),
        ("doubled_from", np.int64),
        ("active", np.int64),  # 1 from the first print of the session to the end of the bands
        ("state", np.int64),
        ("side", np.int64),  # of the limit state: +1 up, -1 down
        ("since", np.int64),  # time the limit state began
        ("until", np.int64),  # time the pause ends
        ("pauses", np.int64),
        ("reference", np.float64),
        ("reference_time", np.int64),
        ("lower", np.int64),
        ("upper", np.int64),
        ("first", np.int64),  # prints of the window: first..last-1, modulo its length
        ("last", np.int64),
        ("total", np.int64),
    ]
)
PRINT = np.dtype([("time", np.int64), ("price", np.int64)])


def rules_on(date: dt.date) -> LuldRules:
    """Return the rules of a date."""
    return next(rules for first, rules in reversed(RULES) if date >= first)


def bands_of(session: Session, previous_close: int, tier: int = 2) -> np.recarray:
    """Return one record of :data:`BANDS` for a session, before its first print.

    Args:
        session: its bounds, and with them its date, decide the rules.
        previous_close: the official close on the listing exchange, price units, unadjusted.
        tier: 1 for the S&P 500, the Russell 1000 and some funds, 2 for all others.

    Raises:
        ValueError: ``previous_close`` or ``tier`` is none that a stock can have.
    """
    if previous_close <= 0:
        raise ValueError(f"`previous_close` was {previous_close}; use price units above 0.")
    if tier not in (1, 2):
        raise ValueError(f"`tier` was {tier}; use 1 or 2.")
    bands = np.zeros(1, BANDS).view(np.recarray)
    bands[0].previous_close = previous_close
    bands[0].open, bands[0].close = session.regular_open_ns, session.regular_close_ns
    arm(bands[0], rules_on(new_york_date(session.start_ns)), tier)
    return bands


def window_of(prints: int) -> np.recarray:
    """Return room for the prints of five minutes; beyond ``prints`` the oldest are forgotten."""
    return np.zeros(prints, PRINT).view(np.recarray)


@kernel
def is_eligible(marks: int) -> bool:
    """Return whether a print with these marks counts for the reference price."""
    return marks & _LAST != 0 and marks & _ODD_LOT == 0


@kernel
def arm(bands: Any, rules: LuldRules, tier: int) -> None:
    """Work out the widths and their times from previous close, open and close."""
    close = bands.previous_close
    bands.most = UNBOUNDED
    if close < LOWEST_TIER:
        bands.fraction, bands.most = WIDTH_LOWEST, MOST_LOWEST
    elif close <= THREE_DOLLARS:
        bands.fraction = WIDTH_CHEAP
    else:
        bands.fraction = WIDTH_TIER_1 if tier == 1 else WIDTH_TIER_2
    late = tier == 1 or close <= THREE_DOLLARS or rules.all_doubled == 1
    bands.doubled_until = bands.open + rules.doubled_open_ns
    bands.doubled_from = bands.close - rules.doubled_close_ns if late else NEVER
    bands.end = bands.close - rules.ends_ns


@kernel
def half_width(bands: Any, ns: int) -> float:
    """Return the distance, in price units, from the reference price to a band."""
    width = min(bands.most, bands.fraction * bands.reference)
    return 2.0 * width if ns < bands.doubled_until or ns >= bands.doubled_from else width


@kernel
def _to_cent(price: float) -> Any:
    return CENT * np.int64(math.floor(price / CENT + 0.5))


@kernel
def _draw(bands: Any, ns: int) -> None:
    width = half_width(bands, ns)
    bands.lower = max(_to_cent(bands.reference - width), 1)
    bands.upper = _to_cent(bands.reference + width)


@kernel
def observe(bands: Any, window: np.ndarray, ns: int, price: int) -> None:
    """Take note of an eligible print; nothing counts outside regular hours."""
    if bands.active == 0:
        return
    room = len(window)
    if bands.last - bands.first == room:
        bands.total -= window[bands.first % room].price
        bands.first += 1
    window[bands.last % room].time = ns
    window[bands.last % room].price = price
    bands.last += 1
    bands.total += price


@kernel
def reopen(bands: Any, ns: int, price: int) -> None:
    """Start afresh for an opening or reopening print to come: its price is the reference."""
    bands.active = 1
    bands.state = TRADING
    bands.first = 0
    bands.last = 0
    bands.total = 0
    bands.reference = np.float64(price)
    bands.reference_time = ns
    _draw(bands, ns)


@kernel
def refresh(bands: Any, window: np.ndarray, ns: int) -> bool:
    """Move the reference price if the rules say so; return whether a band moved.

    In a limit state and in a pause everything is frozen.
    """
    if bands.active == 0 or bands.state != TRADING:
        return False
    room = len(window)
    while bands.first < bands.last and window[bands.first % room].time <= ns - WINDOW_NS:
        bands.total -= window[bands.first % room].price
        bands.first += 1
    lower, upper = bands.lower, bands.upper
    if bands.first < bands.last and ns - bands.reference_time >= HOLD_NS:
        mean = bands.total / (bands.last - bands.first)
        if abs(mean / bands.reference - 1.0) >= MINIMUM_MOVE:
            bands.reference = mean
            bands.reference_time = ns
    _draw(bands, ns)
    return lower != bands.lower or upper != bands.upper


@kernel
def watch(bands: Any, ns: int, bid: int, ask: int) -> None:
    """Enter or leave the limit state as the best bid and offer say; a crossed book enters none."""
    if bands.active == 0 or bands.state == PAUSED:
        return
    side = 1 if bid >= bands.upper else -1 if 0 < ask <= bands.lower else 0
    if side == 0:
        bands.state = TRADING
    elif bands.state == TRADING or side != bands.side:
        bands.state = TRADING
        if ask == 0 or bid <= ask:
            bands.state = LIMIT
            bands.side = side
            bands.since = ns


@kernel
def _reopening(bands: Any, ns: int) -> Any:
    """Return when trading resumes that was to at ``ns``: not within the last ten minutes."""
    return bands.close if ns >= bands.close - NO_REOPENING_NS else ns


@kernel
def pause(bands: Any, ns: int) -> None:
    """Stop trading at ``ns``; set when it may resume."""
    bands.state = PAUSED
    bands.pauses += 1
    bands.until = _reopening(bands, ns + PAUSE_NS)


@kernel
def extend(bands: Any) -> None:
    """Put the reopening off by five minutes, as is done while no fair price is found."""
    bands.until = _reopening(bands, bands.until + PAUSE_NS)


@kernel
def limit_price(bands: Any) -> int:
    """Return the band that a limit state or a pause is about, price units."""
    return bands.upper if bands.side > 0 else bands.lower


@kernel
def collars(bands: Any, extensions: int) -> tuple[int, int]:
    """Return the lowest and the highest price, in price units, of a reopening auction.

    The band that was hit is widened by 5 %, or by 15 cents up to $3, and again by each extension.
    """
    price = limit_price(bands)
    step = COLLAR_STEP_CHEAP if price <= THREE_DOLLARS else COLLAR_STEP * price
    width = step * (1 + extensions)
    if bands.side > 0:
        return bands.lower, _to_cent(price + width)
    return max(_to_cent(price - width), 1), bands.upper


@kernel
def advance(bands: Any, window: np.ndarray, ns: int) -> None:
    """Let time pass: pause where a limit state has lasted too long, end the bands, redraw them."""
    if bands.active == 1 and ns >= bands.end:
        bands.active = 0
        bands.state = TRADING
    elif bands.active == 1 and bands.state == LIMIT and ns - bands.since >= LIMIT_NS:
        pause(bands, bands.since + LIMIT_NS)
    refresh(bands, window, ns)


@kernel
def on_print(bands: Any, window: np.ndarray, ns: int, price: int, eligible: bool) -> int:
    """Follow a print; return the state after it.

    The first eligible print of the session is its opening print, the first after a pause its
    reopening; one within a pause was reported late. Where the opening cross is known and is not
    the first, call :func:`reopen` with it before.
    """
    advance(bands, window, ns)
    if not eligible or ns < bands.open or ns >= bands.end:
        return bands.state
    if bands.state == PAUSED and ns < bands.until:
        return bands.state
    if bands.active == 0 or bands.state == PAUSED:
        reopen(bands, ns, price)
    observe(bands, window, ns, price)
    refresh(bands, window, ns)
    return bands.state


@kernel
def on_quote(bands: Any, window: np.ndarray, ns: int, bid: int, ask: int) -> int:
    """Follow a change of the best bid and offer; return the state after it."""
    advance(bands, window, ns)
    watch(bands, ns, bid, ask)
    return bands.state
