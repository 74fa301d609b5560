"""Every market column, one decision at a time, with loops over a day's own records.

A decision at second ``s`` knows the records received strictly before 04:00:00 + s, and nothing
else: how things stood at the end of second ``s - 1``. A column that is not known is None. Nothing
here is shared with the package but the records themselves and the baseline; a day is walked once,
second by second, and what was seen is kept in plain lists.
"""

from itertools import pairwise
from math import copysign, floor, log, log1p, sqrt
from operator import attrgetter

from reference.day_walk import ASK, BID, SECOND, SECONDS, Second, walk
from reference.running import FadedMean, FadedSum, Percentile, ZScore
from reference.swings import Swings

from lowfloat.days import Day
from lowfloat.days.baseline import Baseline

Known = float | None


class MidReader:
    """Reads how a day's records and its mid stood at the end of any second.

    Args:
        day: the day.
        baseline: what was usual for the symbol before the day; None if nothing is known.
        seconds: that are read, from 04:00.
    """

    def __init__(self, day: Day, baseline: Baseline | None = None, seconds: int = SECONDS) -> None:
        self.baseline = baseline or Baseline(day.symbol, day.date)
        self.start = day.session.start_ns
        self.open = (day.session.regular_open_ns - self.start) // SECOND
        self.close = (day.session.regular_close_ns - self.start) // SECOND
        self.previous_close = self.baseline.previous_close / 1e9 or None
        self.seconds = walk(day, self.baseline.previous_close, seconds)
        self._follow_mids()

    # What the ends of seconds make, one after the other.

    def _follow_mids(self) -> None:
        """Follow the mid: minutes, highs and lows of the day, swings, crossings of VWAP."""
        mid: Known = None
        minute: list[float] = []
        closes: list[float] = []
        self.true_ranges: list[float] = []
        self.minute_atrs: list[Known] = []
        atr: Known = None
        swings = Swings()
        value = squared = 0.0
        volume = premarket = since_open = since_halt = 0
        value_since_open = value_since_halt = 0.0
        high = low = premarket_high = None
        high_second = low_second = 0
        is_low, tests = False, 0
        recent: list[Known] = []  # mids of the 300 s before
        self.broke: list[int | None] = []
        above: bool | None = None
        crossed: int | None = None
        was_halted, resumed = False, False
        has_sound_book = False
        for number, second in enumerate(self.seconds):
            before = mid
            if second.book and second.book.sound:
                mid, has_sound_book = second.book.mid, True
            elif not has_sound_book and second.last is not None:
                mid = second.last
            second.mid = mid
            second.step = _less_one(mid, before)
            second.moved = mid - before if before is not None else None
            volume += second.volume
            value += second.value
            squared += second.squared_value
            if number < self.open:
                premarket += second.volume
            else:
                since_open += second.volume
                value_since_open += second.value
            if was_halted and not second.halted:
                resumed, since_halt, value_since_halt = True, 0, 0.0
            was_halted = second.halted
            since_halt += second.volume
            value_since_halt += second.value
            second.so_far, second.value_so_far, second.premarket_so_far = volume, value, premarket
            vwap = second.vwap = value / volume if volume else None
            second.vwap_variance = squared / volume - vwap**2 if volume else None
            second.open_vwap = value_since_open / since_open if since_open else None
            is_anchored = resumed and not second.halted and since_halt
            second.halt_vwap = value_since_halt / since_halt if is_anchored else None
            if mid is not None:
                if is_low and high is not None and mid >= high * (1 - 0.003):
                    tests, is_low = tests + 1, False
                if high is None or mid > high:
                    if high is not None and mid > high * (1 + 0.003):
                        tests, is_low = 0, False
                    high, high_second = mid, number
                is_low = is_low or mid <= high * (1 - 0.01)
                if low is None or mid < low:
                    low, low_second = mid, number
                if number < self.open:
                    premarket_high = high
                minute.append(mid)
            # What is not above the mid before it is not above the highest of them.
            is_break = before is not None and mid > before and mid > max(filter(None, recent))
            self.broke.append(number if is_break else self.broke[-1] if self.broke else None)
            recent = [*recent[-299:], mid]
            if mid is not None and vwap is not None and abs(mid - vwap) > 1e-6:
                if above != (mid > vwap):
                    crossed = number
                above = mid > vwap
            second.crossed, second.above = crossed, above
            second.high, second.low, second.premarket_high = high, low, premarket_high
            second.high_second, second.low_second, second.tests = high_second, low_second, tests
            if number % 60 == 59:
                if minute:
                    reach = [*minute, closes[-1]] if closes else minute
                    self.true_ranges.append(max(reach) - min(reach))
                    closes.append(mid)
                    ranges = self.true_ranges
                    if len(ranges) <= 14:
                        atr = sum(ranges) / len(ranges)
                    else:
                        atr = (13 * atr + ranges[-1]) / 14
                self.minute_atrs.append(atr)
                minute = []
            second.atr = atr
            second.leg = swings.add(number, mid, atr) if mid is not None else None
        self.closes = closes

    # Windows.

    def over(self, now: int, length: int) -> list[Second]:
        """Return the last ``length`` seconds, this one included."""
        return self.seconds[max(now - length + 1, 0) : now + 1]

    def sum(self, name: str, now: int, length: int) -> float:
        return sum(map(attrgetter(name), self.over(now, length)))

    def mid(self, now: int) -> Known:
        return self.seconds[now].mid if now >= 0 else None

    def change(self, now: int, seconds: int) -> Known:
        return _less_one(self.mid(now), self.mid(now - seconds))

    def spanned(self, now: int, length: int) -> Known:
        mids = [second.mid for second in self.over(now, length) if second.mid is not None]
        return max(mids) - min(mids) if mids else None

    def volume_of_minutes(self, first: int, last: int) -> int:
        """Return the shares of the minutes from ``first`` to before ``last``."""
        return sum(second.volume for second in self.seconds[60 * first : 60 * last])


class TapeReader(MidReader):
    """Reads a day's tape, every column of it, at any second; its arguments are the same."""

    def __init__(self, day: Day, baseline: Baseline | None = None, seconds: int = SECONDS) -> None:
        super().__init__(day, baseline, seconds)
        self._follow_flow()

    def at(self, second: int) -> dict[str, Known]:
        """Return the columns at a decision second."""
        now = max(second - 1, 0)
        told = {
            **self._price(now),
            **self._levels(now),
            **self._swings(now),
            **self._volume(now),
            **self._flow(now),
            **self._blocks(now),
            **self._book(now),
            **self._resting(now),
            **self._impact(now),
            **self._halts(now),
            **self._bands(now),
        }
        if second == 0:
            told = dict.fromkeys(told)
        return {**told, **self._clock(second), **self._stock()}

    def _follow_flow(self) -> None:
        """Follow what fades and what is scored against its own past."""
        last_halted = halt_began = None
        scores = {name: ZScore() for name in ("volume", "speed", "spread", "depth")}
        delta, delta_size = FadedSum(60), FadedMean(900)
        delta_so_far = 0.0
        rate, pressure = FadedSum(900), FadedMean(10)
        fading = [[FadedSum(10) for _ in range(3)] for _ in range(2)]
        regression = [FadedSum(300) for _ in range(5)]
        usual_net = Percentile(0.8, 1_000)
        burst, alarm, calm = False, 0.0, 0
        has_sign = False
        for number, second in enumerate(self.seconds):
            if second.halted:
                if last_halted is None or last_halted < number - 1:
                    halt_began = number
                last_halted = number
            second.halt_began = halt_began
            learns = last_halted is None or number - last_halted > 60
            second.halt_ended = last_halted
            book = second.book if second.book and second.book.sound else None
            second.scores = {
                "volume": log1p(self.sum("volume", number, 10)),
                "speed": log1p(self.sum("prints", number, 2) / 2),
                "spread": log1p(1e4 * book.spread) if book else None,
                "depth": log1p(book.bid_size + book.ask_size) if book else None,
            }
            for name, score in scores.items():
                second.scores[name] = score.add(second.scores[name], learns)
            z = second.scores["speed"]
            if z is not None:
                alarm = max(0.0, alarm + z - 0.75)
                calm = calm + 1 if z < 0.25 else 0
                if burst and calm >= 5:
                    burst, alarm = False, 0.0
                elif alarm > 4:
                    burst = True
            second.burst = burst
            net_dollars = second.bought_dollars - second.sold_dollars
            delta_so_far += net_dollars
            second.delta_so_far = delta_so_far
            second.delta = delta.add(net_dollars)
            second.delta_size = delta_size.add(abs(second.delta))
            second.rate = rate.add(second.prints) / 900
            second.pressure = pressure.add(book.tilt if book else None)
            second.faded = [
                [
                    sums[0].add(second.pulled[side]),
                    sums[1].add(second.stacked[side]),
                    sums[2].add(second.executed[side]),
                ]
                for side, sums in enumerate(fading)
            ]
            x, y = (second.bought - second.sold) / 1000, 1e4 * (second.step or 0.0)
            has_sign = has_sign or second.bought + second.sold > 0
            n, sx, sy, sxx, sxy = (
                total.add(part)
                for total, part in zip(regression, (1, x, y, x * x, x * y), strict=True)
            )
            slope = (sxy - sx * sy / n) / (sxx - sx * sx / n + 0.1**2)
            second.kyle = slope if has_sign else None
            net = self.sum("bought", number, 10) - self.sum("sold", number, 10)
            second.net = net
            second.is_large_net = bool(net) and usual_net.reached_by(abs(net))

    # The columns.

    def _price(self, now: int) -> dict[str, Known]:
        mid = self.mid(now)
        minutes = (now + 1) // 60
        atr = self.seconds[60 * minutes - 1].atr if minutes else None
        far = self.change(now, 600)
        mids = [self.mid(i) for i in range(now - 300, now + 1)]
        way = None
        if mids[0] is not None:
            way = sum(abs(b - a) for a, b in pairwise(mids))
        known_minutes = sum(1 for m in range(minutes) if self.seconds[60 * m + 59].mid is not None)
        closes = self.closes[:known_minutes]
        return {
            **{f"return_{k}s": self.change(now, k) for k in (1, 5, 30, 60, 300, 1800)},
            "acceleration_60s": self.change(now, 60) - far / 10 if far is not None else None,
            "volatility_60s": self._volatility(now, 60),
            "volatility_300s": self._volatility(now, 300),
            "atr_14m": _over(atr, mid),
            "atr_expansion": self._atr_expansion(minutes, known_minutes),
            "range_60s": _over(self.spanned(now, 60), mid),
            "range_300s": _over(self.spanned(now, 300), mid),
            "range_1800s": _over(self.spanned(now, 1800), mid),
            "range_contraction": _over(self.spanned(now, 60), self.spanned(now, 300)),
            "efficiency_300s": _over(abs(mid - mids[0]), way) if way else None,
            "average_trend": _less_one(_exponential(closes, 9), _exponential(closes, 20)),
        }

    def _volatility(self, now: int, length: int) -> Known:
        if self.mid(now) is None:
            return None
        return sqrt(sum((second.step or 0.0) ** 2 for second in self.over(now, length)))

    def _atr_expansion(self, minutes: int, known_minutes: int) -> Known:
        before = self.minute_atrs[minutes - 6] if minutes >= 6 else None
        if before is None:
            return None
        return _less_one(sum(self.true_ranges[known_minutes - 5 : known_minutes]) / 5, before)

    def _levels(self, now: int) -> dict[str, Known]:
        second = self.seconds[now]
        mid, vwap = second.mid, second.vwap
        deviation = sqrt(max(second.vwap_variance, 0.0)) if vwap is not None else None
        has_mid = mid is not None
        since_cross = None
        if second.crossed is not None:
            since_cross = _squashed(now - second.crossed, 300) * (1 if second.above else -1)
        spanned = second.high - second.low if has_mid else None
        broke = self.broke[now]
        return {
            "gain_on_day": _less_one(mid, self.previous_close),
            "gap": _less_one(second.opened, self.previous_close),
            "distance_to_vwap": _less_one(mid, vwap),
            "vwap_deviation": (mid - vwap) / deviation
            if has_mid and deviation is not None and deviation > 0.001
            else None,
            "distance_to_open_vwap": _less_one(mid, second.open_vwap),
            "distance_to_halt_vwap": _less_one(mid, second.halt_vwap),
            "since_vwap_cross": since_cross,
            "distance_to_high": _less_one(mid, second.high),
            "distance_to_low": _less_one(mid, second.low),
            "since_high": _squashed(now - second.high_second, 300) if has_mid else None,
            "since_low": _squashed(now - second.low_second, 300) if has_mid else None,
            "since_break": _squashed(now - broke, 300) if broke is not None else None,
            "place_in_range": _over(mid - second.low, spanned) if has_mid else None,
            "high_tests": log1p(second.tests) if has_mid else None,
            "distance_to_premarket_high": _less_one(mid, second.premarket_high),
            "distance_to_round": (mid - floor(2 * mid + 0.5) / 2) / mid if has_mid else None,
        }

    def _swings(self, now: int) -> dict[str, Known]:
        leg, mid = self.seconds[now].leg, self.mid(now)
        if leg is None:
            return dict.fromkeys(
                ("extension", "retrace", "leg_seconds", "higher_highs", "higher_lows",
                 "lower_highs")
            )  # fmt: skip
        return {
            "extension": _less_one(mid, leg.base),
            "retrace": _over(leg.top - mid, leg.top - leg.base),
            "leg_seconds": _squashed(now - leg.base_second, 300),
            "higher_highs": log1p(leg.higher_highs),
            "higher_lows": log1p(leg.higher_lows),
            "lower_highs": log1p(leg.lower_highs),
        }

    def _volume(self, now: int) -> dict[str, Known]:
        second, baseline = self.seconds[now], self.baseline
        minutes = (now + 1) // 60
        volume_60, dollars = self.sum("volume", now, 60), self.sum("value", now, 60)
        prints = self.sum("prints", now, 60)
        surge = None
        if minutes >= 21:
            usual = self.volume_of_minutes(minutes - 21, minutes - 1) / 20
            surge = _over(self.volume_of_minutes(minutes - 1, minutes), usual)
        trend = None
        if minutes >= 10:
            trend = log(
                (1 + self.volume_of_minutes(minutes - 5, minutes))
                / (1 + self.volume_of_minutes(minutes - 10, minutes - 5))
            )
        relative = None
        if minutes and baseline.cumulative_sessions:
            usual_so_far = int(baseline.cumulative_volume[minutes - 1])
            relative = log((1 + self.seconds[60 * minutes - 1].so_far) / (1 + usual_so_far))
        moving = [s for s in self.over(now, 300) if s.step]
        rising = sum(s.volume for s in moving if s.step > 0)
        moved = self.change(now, 60)
        return {
            "volume_10s": log1p(self.sum("volume", now, 10)),
            "volume_60s": log1p(volume_60),
            "volume_300s": log1p(self.sum("volume", now, 300)),
            "value_60s": log1p(dollars),
            "volume_so_far": log1p(second.so_far),
            "premarket_volume": log1p(second.premarket_so_far),
            "volume_surge": _squashed(surge, 2),
            "volume_z_10s": second.scores["volume"],
            "volume_trend": trend,
            "relative_volume": relative,
            "day_volume": _log1p(_over(second.so_far, baseline.average_volume)),
            "float_rotation": _log1p(_over(second.so_far, baseline.float_shares)),
            "rising_volume_share": _over(rising, sum(s.volume for s in moving)),
            "pullback_volume": _squashed(self._pullback(now), 1),
            "print_size_60s": _log1p(_over(self.sum("tape_shares", now, 60), prints)),
            "odd_lot_share_60s": _over(self.sum("odd_lots", now, 60), prints),
            "off_exchange_share_60s": _over(
                self.sum("off_exchange", now, 60), self.sum("tape_shares", now, 60)
            ),
            "illiquidity_60s": log1p(abs(1e4 * moved) / (dollars / 1e4))
            if moved is not None and dollars >= 1
            else None,
        }

    def _pullback(self, now: int) -> Known:
        leg = self.seconds[now].leg
        if leg is None or leg.top_second - leg.base_second < 5 or now - leg.top_second < 5:
            return None
        rise = sum(s.volume for s in self.seconds[leg.base_second + 1 : leg.top_second + 1])
        fall = sum(s.volume for s in self.seconds[leg.top_second + 1 : now + 1])
        per_second = rise / (leg.top_second - leg.base_second)
        return _over(fall / (now - leg.top_second), per_second)

    def _flow(self, now: int) -> dict[str, Known]:
        second = self.seconds[now]
        fast, slow = self.sum("prints", now, 2) / 2, self.sum("prints", now, 60) / 60
        excited = second.excitement
        return {
            "buy_pressure_10s": self._buy_pressure(now, 10, 60),
            "buy_pressure_60s": self._buy_pressure(now, 60, 600),
            "buy_pressure_300s": self._buy_pressure(now, 300, 3000),
            "sign_imbalance_10s": self._sign_imbalance(now, 10),
            "sign_imbalance_60s": self._sign_imbalance(now, 60),
            "sign_imbalance_300s": self._sign_imbalance(now, 300),
            "delta_slope": _over(second.delta, second.delta_size),
            "delta_so_far": _over(second.delta_so_far, second.value_so_far),
            "sign_memory": second.memory,
            "sign_run": copysign(log1p(abs(second.run)), second.run),
            "unsigned_share_60s": _over(
                self.sum("unsigned", now, 60), self.sum("tape_shares", now, 60)
            ),
            "tape_speed_2s": log1p(fast),
            "tape_speed_10s": log1p(self.sum("prints", now, 10) / 10),
            "tape_speed_60s": log1p(slow),
            "tape_speed_300s": log1p(self.sum("prints", now, 300) / 300),
            "tape_trend": log((slow + 0.02) / (self.sum("prints", now, 900) / 900 + 0.02)),
            "tape_acceleration": log((fast + 0.1) / (slow + 0.1)),
            "tape_speed_z": second.scores["speed"],
            "endogeneity": _over(excited, excited + second.rate / 5 if second.rate else None),
            "tape_burst": float(second.burst),
        }

    def _buy_pressure(self, now: int, window: int, longer: int) -> float:
        bought, sold = self.sum("bought", now, window), self.sum("sold", now, window)
        prior = 1 + self.sum("volume", now, longer) * window / longer / 6
        return (bought + prior / 2) / (bought + sold + prior)

    def _sign_imbalance(self, now: int, window: int) -> float:
        buys, sells = self.sum("buys", now, window), self.sum("sells", now, window)
        return (buys - sells) / (buys + sells + 1)

    def _blocks(self, now: int) -> dict[str, Known]:
        minute, last_10 = self.over(now, 60), self.over(now, 10)
        of_ask, of_bid = (sum(s.swept[side] for s in last_10) for side in (ASK, BID))
        return {
            "large_ask_hits_10s": log1p(sum(s.large_buys for s in last_10)),
            "large_bid_hits_10s": log1p(sum(s.large_sells for s in last_10)),
            "blocks_bought_60s": log1p(sum(s.blocks[1] for s in minute)),
            "blocks_sold_60s": log1p(sum(s.blocks[-1] for s in minute)),
            "blocks_unsigned_60s": log1p(sum(s.blocks[0] for s in minute)),
            "sweeps_of_ask_10s": log1p(of_ask),
            "sweeps_of_bid_10s": log1p(of_bid),
            "sweep_balance_10s": _over(of_ask - of_bid, self.seconds[now].usual),
        }

    def _book(self, now: int) -> dict[str, Known]:
        second = self.seconds[now]
        last = second.book
        book = last if last and last.sound else None
        spreads = [s.book.spread for s in self.over(now, 60) if s.book and s.book.sound]
        ups = sum(s.steps[0] for s in self.over(now, 60))
        downs = sum(s.steps[1] for s in self.over(now, 60))
        age = (self.start + (now + 1) * SECOND - last.received) / 1e9 if last else None
        return {
            "spread": book.spread if book else None,
            "spread_60s": sum(spreads) / len(spreads) if spreads else None,
            "spread_ticks": log((book.ask - book.bid) / (100 if book.bid >= 10_000 else 1))
            if book
            else None,
            "spread_z": second.scores["spread"],
            "queue_imbalance": book.tilt if book else None,
            "book_pressure": second.pressure,
            "microprice": _less_one(
                (book.bid_size * book.ask + book.ask_size * book.bid)
                / (book.bid_size + book.ask_size)
                / 1e4,
                book.mid,
            )
            if book
            else None,
            "bid_size": log1p(book.bid_size) if book else None,
            "ask_size": log1p(book.ask_size) if book else None,
            "depth_z": second.scores["depth"],
            "order_flow_1s": _over(self.sum("flow", now, 1), second.usual),
            "order_flow_10s": _over(self.sum("flow", now, 10), second.usual),
            "order_flow_60s": _over(self.sum("flow", now, 60), second.usual),
            "bid_steps_60s": (ups - downs) / (ups + downs + 1),
            "quote_rate_10s": log1p(self.sum("quotes", now, 10)),
            "quote_age": _squashed(age, 10),
            "book_known": float(book is not None),
        }

    def _resting(self, now: int) -> dict[str, Known]:
        second = self.seconds[now]
        usual = second.usual
        told: dict[str, Known] = {}
        net = 0.0
        for side, (name, sign) in enumerate((("bid", 1), ("ask", -1))):
            pulled, stacked, executed = second.faded[side]
            net += sign * (stacked - pulled)
            has_usual = usual is not None
            told[f"{name}_pull_rate"] = pulled / (pulled + executed + usual) if has_usual else None
            told[f"{name}_stack_rate"] = (
                stacked / (stacked + pulled + executed + usual) if has_usual else None
            )
            taken, most, refills, age = second.levels[side] or (0, 0, 0, None)
            level = log1p(taken / most) if most else 0.0
            told[f"level_absorption_{name}"] = level
            told[f"iceberg_{name}"] = level if refills >= 2 else 0.0
            told[f"{name}_age"] = _squashed(age, 10)
        told["net_stack"] = _over(net, usual)
        told["quote_flicker_30s"] = log1p(self.sum("flickers", now, 30))
        order = (
            "bid_pull_rate", "ask_pull_rate", "bid_stack_rate", "ask_stack_rate", "net_stack",
            "level_absorption_bid", "level_absorption_ask", "iceberg_bid", "iceberg_ask",
            "bid_age", "ask_age", "quote_flicker_30s",
        )  # fmt: skip
        return {name: told[name] for name in order}

    def _impact(self, now: int) -> dict[str, Known]:
        second = self.seconds[now]
        late = now - 5
        realised = _per_share(
            [
                (2 * side * (price - self.seconds[number + 5].mid) / mid, shares)
                for number in range(max(late - 59, 0), late + 1)
                for price, mid, shares, side in self.seconds[number].paid
            ]
        )
        then = self._effective(late)
        return {
            "effective_spread_60s": self._effective(now),
            "realised_spread_60s": realised,
            "adverse_selection_60s": then - realised if realised is not None else None,
            "kyle_lambda": second.kyle / (abs(second.kyle) + 10)
            if second.kyle is not None
            else None,
            "absorption_at_ask": self._absorbed(now, 1),
            "absorption_at_bid": self._absorbed(now, -1),
        }

    def _effective(self, now: int) -> Known:
        return _per_share(
            [
                (2 * side * (price - mid) / mid, shares)
                for second in (self.over(now, 60) if now >= 0 else [])
                for price, mid, shares, side in second.paid
            ]
        )

    def _absorbed(self, now: int, sign: int) -> Known:
        second = self.seconds[now]
        moved = self.change(now, 10)
        if moved is None:
            return None
        if sign * second.net <= 0 or not second.is_large_net:
            return 0.0
        bid = second.book.bid if second.book else 0
        tick = (0.01 if bid >= 10_000 else 0.0001) / second.mid
        expected = max(abs((second.kyle or 0.0) * second.net) / 1000 / 1e4, tick)
        return min(max(1 - sign * moved / expected, 0.0), 1.0)

    def _halts(self, now: int) -> dict[str, Known]:
        second = self.seconds[now]
        began, ended = second.halt_began, second.halt_ended
        direction = None
        if began:  # not at 04:00 or before
            moved = self.change(began, 60) or 0.0
            direction = float((moved > 0) - (moved < 0))
        return {
            "halted": float(second.halted),
            "in_halt": _squashed(now - began, 300) if second.halted else 0.0,
            "since_halt": _squashed(now - ended, 300) if ended is not None else None,
            "halts_today": log1p(second.halts),
            "halt_direction": direction,
            "short_sale_restricted": float(second.restricted),
        }

    def _bands(self, now: int) -> dict[str, Known]:
        upper, lower, up, down = self.seconds[now].bands or (None, None, None, None)
        below = _over(lower, self.mid(now))
        return {
            "to_upper_band": _less_one(upper, self.mid(now)),
            "to_lower_band": 1 - below if below is not None else None,
            "limit_up": _squashed(up, 15),
            "limit_down": _squashed(down, 15),
        }

    def _clock(self, second: int) -> dict[str, Known]:
        return {
            "day_fraction": second / 57_600,
            "premarket": float(second < self.open),
            "regular_session": float(self.open <= second < self.close),
            "after_hours": float(second >= self.close),
            "to_open": _squashed(max(self.open - second, 0), 1800),
            "since_open": _squashed(max(second - self.open, 0), 1800),
            "to_close": _squashed(max(self.close - second, 0), 1800),
        }

    def _stock(self) -> dict[str, Known]:
        baseline = self.baseline
        return {
            "previous_close_known": float(self.previous_close is not None),
            "previous_close": _log1p(self.previous_close),
            "average_volume": _log1p(baseline.average_volume or None),
            "float_shares": _log1p(baseline.float_shares),
        }


def _exponential(closes: list[float], length: int) -> Known:
    """Return the exponential mean of closes, the plain one of up to half of ``length``."""
    mean = None
    for count, close in enumerate(closes, start=1):
        is_young = count < (length + 1) / 2
        if is_young or mean is None:
            mean = sum(closes[:count]) / count
        else:
            mean += 2 / (length + 1) * (close - mean)
    return mean


def _per_share(costs: list[tuple[float, int]]) -> Known:
    shares = sum(count for _, count in costs)
    return sum(cost * count for cost, count in costs) / shares if shares else None


def _less_one(value: Known, before: Known) -> Known:
    """Return ``value / before - 1``, None where either is not known."""
    return value / before - 1 if value is not None and before else None


def _over(part: Known, whole: Known) -> Known:
    """Return a ratio, None where there is nothing to divide by."""
    return part / whole if part is not None and whole else None


def _log1p(value: Known) -> Known:
    return None if value is None else log1p(value)


def _squashed(value: Known, half: float) -> Known:
    return None if value is None else value / (value + half)
