"""Rules that a trader could write on a card, as baselines. Long only, decided each second."""

import numpy as np

from lowfloat.base.codes import Action
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT
from lowfloat.exam.config import BreakoutRule, ExitRule, FirstPullbackRule, VwapReclaimRule
from lowfloat.exam.minute_bars import MinuteBars, mid_of
from lowfloat.exam.policy import View
from lowfloat.tape.columns import NAMES

_NEVER = -1_000_000


def _surge(view: View) -> np.ndarray:
    """Return the volume of the last closed minute over the mean of the 20 before it."""
    return _whole(view.columns[:, NAMES.index("volume_surge")], 2.0)


def _whole(squashed: np.ndarray, half: float) -> np.ndarray:
    """Return the number that a column shows as ``v / (v + half)``."""
    return half * squashed / np.maximum(1.0 - squashed, 1e-6)


def _is_narrow(view: View, max_spread: float) -> np.ndarray:
    """Return which rows may be bought at their spread."""
    return view.columns[:, NAMES.index("spread")] <= max_spread


def _orders(view: View, enter: np.ndarray, leave: np.ndarray) -> np.ndarray:
    """Return an order to buy or to sell everything, HOLD where it may not be sent."""
    action = np.where(enter, Action.BUY_100, np.where(leave, Action.SELL_100, Action.HOLD))
    return np.where(view.mask[np.arange(len(action)), action], action, Action.HOLD)


class BreakoutTrader:
    """Buys a breakout on volume, sells on a trailing stop, a flush, or the clock.

    Args:
        rule: thresholds.
    """

    name = "breakout_rule"
    description = "buys breakouts on volume; trailing stop and time stop"

    def __init__(self, rule: BreakoutRule) -> None:
        self._rule = rule
        self._age = NAMES.index("since_break")
        self._fall = NAMES.index("return_30s")
        self._gain = NAMES.index("return_60s")
        self._pressure = NAMES.index("buy_pressure_60s")

    def act(self, view: View) -> np.ndarray:
        """Return the rule's actions."""
        state, rule = view.state, self._rule
        # The column is rounded, so its seconds are nearly whole.
        breaking = _whole(view.columns[:, self._age], 300.0) < rule.max_age - 0.5
        if not (breaking.any() or state["shares"].any()):
            return np.zeros(len(state), np.int64)
        enter = (
            (state["shares"] == 0)
            & breaking
            & (view.columns[:, self._gain] >= rule.min_gain)
            & (_surge(view) >= rule.min_surge)
            & (view.columns[:, self._pressure] > 0.5)
            & _is_narrow(view, rule.max_spread)
        )
        leave = (state["shares"] > 0) & (
            (state["mark"] <= (1.0 - rule.trailing_stop) * state["peak_mark"])
            | (view.columns[:, self._fall] < -rule.flush)
            | (state["second"] - state["entry_second"] >= rule.max_seconds)
        )
        return _orders(view, enter, leave)


class _Exits:
    """Leaves a trade by its stop, its target, its trail or the clock, and then until it is flat.

    Args:
        rule: thresholds.

    Attributes:
        stops: float64 per row, price units; set when the order to buy is sent.
    """

    def __init__(self, rule: ExitRule) -> None:
        self._rule = rule
        self.stops = np.zeros(0)
        self._leaving = np.zeros(0, bool)

    def due(self, view: View, mid: np.ndarray) -> np.ndarray:
        """Return which rows sell now."""
        state, rule = view.state, self._rule
        held = state["shares"] > 0
        if len(held) != len(self.stops):
            self.stops, self._leaving = np.zeros(len(held)), np.zeros(len(held), bool)
        if not held.any():
            self._leaving[:] = False
            return held
        mark = state["mark"]
        due = (mid < self.stops) | (state["second"] - state["entry_second"] >= rule.max_seconds)
        if rule.target > 0:
            entry = state["cost"] / (MICRODOLLARS_PER_UNIT * np.maximum(state["shares"], 1))
            due |= mark >= entry + rule.target * (entry - self.stops)
        if rule.trailing_stop > 0:
            due |= mark <= (1.0 - rule.trailing_stop) * state["peak_mark"]
        # A sale that found too few bids goes on, whatever the price does meanwhile.
        self._leaving = held & (self._leaving | due)
        return self._leaving


class FirstPullbackTrader:
    """Buys the first pullback of a leg when the mid breaks the high of its last minute.

    A leg rises from the lowest mid of the minutes before the red ones to the top, which lies in
    the last of them or in the first red one. The setup is judged as each minute closes and holds
    for the next one, unless the mid falls below the pullback's low before it breaks the high. A
    leg is bought once: the next must begin after the entry. The top must be near the high of the
    day and the price above VWAP: the pullbacks of a stock that has topped are somebody's way out.

    Args:
        rule: thresholds.
    """

    name = "first_pullback"
    description = "buys the first pullback of a leg as it turns up; stop at the pullback's low"

    def __init__(self, rule: FirstPullbackRule) -> None:
        self._rule = rule
        self._bars = MinuteBars(rule.max_leg_minutes + rule.max_red_minutes + 1)
        self._exits = _Exits(rule)
        self._trigger = np.zeros(0)  # mid above which a row buys, infinite without a setup
        self._low = np.zeros(0)  # of the pullback
        self._entry_minute = np.zeros(0, np.int64)
        self._to_high = NAMES.index("distance_to_high")
        self._to_vwap = NAMES.index("distance_to_vwap")

    def act(self, view: View) -> np.ndarray:
        """Return the rule's actions."""
        mid = mid_of(view)
        if len(mid) != len(self._trigger) or view.second == 0:
            self._trigger, self._low = np.full((2, len(mid)), np.inf)
            self._entry_minute = np.full(len(mid), _NEVER)
        if self._bars.add(view, mid):
            self._set_up(view)
        leave = self._exits.due(view, mid)
        held = view.state["shares"] > 0
        np.copyto(self._entry_minute, view.state["entry_second"] // 60, where=held)
        self._trigger[held | (mid < self._low)] = np.inf
        enter = (mid > self._trigger) & _is_narrow(view, self._rule.max_spread)
        np.copyto(self._exits.stops, self._low, where=enter)
        if not (enter.any() or leave.any()):
            return np.zeros(len(mid), np.int64)
        return _orders(view, enter, leave)

    def _set_up(self, view: View) -> None:
        """Judge the minutes that have closed."""
        bars, rule = self._bars, self._rule
        mid = bars.closed[:, -1]
        high = mid / (1.0 + view.columns[:, self._to_high].astype(np.float64))  # of the day
        above = (view.columns[:, self._to_vwap] > 0) | (not rule.above_vwap)
        self._trigger[:] = np.inf
        red = bars.closed < bars.opened
        run = np.logical_and.accumulate(red[:, ::-1], axis=1).sum(axis=1)
        for count in range(rule.min_red_minutes, rule.max_red_minutes + 1):
            rows = np.flatnonzero(run == count)
            if not len(rows):
                continue
            leg = slice(-count - rule.max_leg_minutes, -count)
            lows, highs = bars.low[rows, leg], bars.high[rows, leg]
            bottom, top = lows.min(axis=1), np.fmax(highs[:, -1], bars.high[rows, -count])
            size = top - bottom
            first = lows.argmin(axis=1)
            in_leg = np.arange(lows.shape[1]) >= first[:, None]
            leg_volume = (bars.volume[rows, leg] * in_leg).sum(axis=1) / in_leg.sum(axis=1)
            low = bars.low[rows, -count:].min(axis=1)
            fall = top - low
            began = bars.minutes - count - lows.shape[1] + first  # number of the low's minute
            good = (
                (top >= highs.max(axis=1))  # not so if a price is NaN
                & (size >= rule.min_leg * bottom)
                & (fall >= rule.min_retrace * size)
                & (fall <= rule.max_retrace * size)
                & (bars.volume[rows, -count:].mean(axis=1) < rule.max_volume * leg_volume)
                & (began > self._entry_minute[rows])
                & (top >= (1.0 - rule.max_below_high) * high[rows])
                & above[rows]
            )
            self._trigger[rows[good]] = bars.high[rows[good], -1]
            self._low[rows[good]] = low[good]


class VwapReclaimTrader:
    """Buys what crossed its VWAP from below on volume and held above it.

    The mid must have been below VWAP for a while before it crosses, and above it at each second
    since; the order is sent once, at the second at which it has held long enough.

    Args:
        rule: thresholds.
    """

    name = "vwap_reclaim"
    description = "buys what crosses its VWAP on volume and holds; stop below VWAP"

    def __init__(self, rule: VwapReclaimRule) -> None:
        self._rule = rule
        self._distance = NAMES.index("distance_to_vwap")
        self._exits = _Exits(rule)
        self._not_below = np.zeros(0, np.int64)  # second at which the mid last was not below VWAP
        self._not_above = np.zeros(0, np.int64)
        self._reclaims = np.zeros(0, bool)  # above VWAP since a cross that counts

    def act(self, view: View) -> np.ndarray:
        """Return the rule's actions."""
        second, rule = view.second, self._rule
        distance = view.columns[:, self._distance].astype(np.float64)
        if len(distance) != len(self._not_below) or second == 0:
            self._not_below, self._not_above = np.full((2, len(distance)), second)
            self._reclaims = np.zeros(len(distance), bool)
        above = distance > 0
        crosses = above & (self._not_above == second - 1)
        counts = second - 1 - self._not_below >= rule.below_seconds
        self._reclaims = np.where(crosses, counts, self._reclaims & above)
        self._not_above[~above] = second
        self._not_below[distance >= 0] = second
        flat = view.state["shares"] == 0
        enter = flat & self._reclaims & (second - 1 - self._not_above == rule.hold_seconds)
        if flat.all() and not enter.any():
            return np.zeros(len(distance), np.int64)
        mid = mid_of(view)
        leave = self._exits.due(view, mid)
        enter &= ~np.isnan(mid) & (_surge(view) >= rule.min_surge)
        enter &= _is_narrow(view, rule.max_spread)
        np.copyto(self._exits.stops, mid / (1.0 + distance) * (1.0 - rule.stop_below), where=enter)
        return _orders(view, enter, leave)
