"""Every market column, one decision at a time, with loops over a day's own records.

A decision at second ``s`` knows the records received strictly before 04:00:00 + s, and nothing
else: how things stood at the end of second ``s - 1``. A column that is not known is None. Nothing
here is shared with the package but the records themselves and the baseline; a day is walked once,
second by second, and what was seen is kept in plain lists.
"""

from collections.abc import Iterator
from math import copysign, exp, log, log1p, sqrt
from typing import NamedTuple

from reference.best_level import BestLevel
from reference.feed_bands import FeedBands
from reference.print_flow import Excitement, Signs, Sweeps
from reference.running import FadedMean, FadedSum, Percentile, ZScore
from reference.swings import Swings

from lowfloat.days import Day
from lowfloat.days.baseline import Baseline

SECOND = 10**9
SECONDS = 57_600
UNIT = 100_000  # nanodollars
SNAPSHOT = 32
LAST, VOLUME, TAPE, AUCTION, OFF_EXCHANGE, ODD_LOT, LATE = 1, 4, 8, 16, 32, 64, 128
TRADING, SHORT_SALE_RESTRICTION = 7, 14
BLOCK_FLOORS = ((1.0, 20_000), (3.0, 10_000), (7.0, 5_000))
BID, ASK = 0, 1

Known = float | None


class Print(NamedTuple):
    received: int
    price: int  # nanodollars
    shares: int
    side: int
    marks: int

    @property
    def dollars(self) -> float:
        return self.price / 1e9


class Book(NamedTuple):
    received: int
    bid: int  # units of $0.0001
    ask: int
    bid_size: int
    ask_size: int
    flags: int

    @property
    def sound(self) -> bool:
        return 0 < self.bid < self.ask

    @property
    def mid(self) -> float:
        return (self.bid + self.ask) / 20_000

    @property
    def spread(self) -> float:
        return (self.ask - self.bid) / 1e4 / self.mid

    @property
    def tilt(self) -> float:
        return (self.bid_size - self.ask_size) / (self.bid_size + self.ask_size)


class Notice(NamedTuple):
    received: int
    stops: bool
    resumes: bool
    restricted: int


class Second:
    """What came in one second, and how things stood at its end."""

    def __init__(self) -> None:
        # Sums over what was received within it. Pairs are those of the bid and of the offer.
        self.volume = self.off_exchange = 0
        self.value = self.squared_value = 0.0
        self.prints = self.buys = self.sells = self.odd_lots = 0
        self.tape_shares = self.bought = self.sold = self.unsigned = 0
        self.bought_dollars = self.sold_dollars = 0.0
        self.large_buys = self.large_sells = 0
        self.blocks = {1: 0, -1: 0, 0: 0}
        self.swept = [0, 0]
        self.quotes = self.flow = 0
        self.paid: list[tuple[float, float, int, int]] = []  # price, mid before, shares, sign
        # How things stood.
        self.levels: list[tuple] = []


class TapeReader:
    """Reads a day's tape at any second.

    Args:
        day: the day.
        baseline: what was usual for the symbol before the day; None if nothing is known.
    """

    def __init__(self, day: Day, baseline: Baseline | None = None) -> None:
        self.baseline = baseline or Baseline(day.symbol, day.date)
        self.start = day.session.start_ns
        self.open = (day.session.regular_open_ns - self.start) // SECOND
        self.close = (day.session.regular_close_ns - self.start) // SECOND
        self.previous_close = self.baseline.previous_close / 1e9 or None
        self.seconds = [Second() for _ in range(SECONDS)]
        self._walk(day)
        self._follow_mids()
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

    # The walk over prints and book states.

    def _walk(self, day: Day) -> None:
        events = list(_events(day))
        sides = (BestLevel(1), BestLevel(-1))
        large, block = Percentile(0.95, 1000), Percentile(0.99, 1000)
        signs, sweeps, excitement = Signs(), Sweeps(), Excitement()
        bands = None
        if self.previous_close:
            close = self.baseline.previous_close // UNIT
            bands = FeedBands(close, day.session.regular_open_ns, day.session.regular_close_ns)
        book, last, opened = None, None, None
        halted, restricted, halts = False, False, 0
        usual = None
        row = 0
        for number, second in enumerate(self.seconds):
            end = self.start + (number + 1) * SECOND
            for side in sides:
                side.begin_second()
            while row < len(events) and events[row].received < end:
                event = events[row]
                row += 1
                if isinstance(event, Notice):
                    if event.stops and not halted:
                        halts += event.received >= self.start
                        if bands:
                            bands.stop()
                    if event.resumes and halted and bands:
                        bands.resume(event.received)
                    halted = event.stops or (halted and not event.resumes)
                    if event.restricted != -1:
                        restricted = event.restricted == 1
                elif isinstance(event, Book):
                    told = not event.flags & SNAPSHOT
                    second.quotes += 1
                    if told and book:
                        second.flow += order_flow(book, event)
                    ns = event.received
                    sides[BID].on_book(ns, event.bid, event.bid_size, told, usual or 0.0)
                    sides[ASK].on_book(ns, event.ask, event.ask_size, told, usual or 0.0)
                    if bands:
                        bands.quote(ns, event.bid, event.ask)
                    book = event
                else:
                    if event.marks & LAST:
                        last = event.dollars
                        regular = self.open <= number < self.close
                        opened = last if opened is None and regular else opened
                    if bands:
                        eligible = bool(event.marks & LAST) and not event.marks & ODD_LOT
                        bands.trade(event.received, event.price // UNIT, eligible)
                    self._on_print(second, event, book, sides)
                    if event.marks & TAPE:
                        signs.add(event.side)
                        excitement.add(event.received)
                        shares = sweeps.add(
                            event.received, event.price, event.shares, event.side
                        )
                        second.swept[ASK if event.side > 0 else BID] += shares
                        if large.reached_by(event.shares):
                            second.large_buys += event.side > 0
                            second.large_sells += event.side < 0
                        second.blocks[event.side] += _is_block(event, block)
            second.book, second.last, second.opened = book, last, opened
            second.halted, second.restricted, second.halts = halted, restricted, halts
            if book and book.sound:
                half = (book.bid_size + book.ask_size) / 2
                share = 1 - exp(-1 / 300)
                usual = half if usual is None else usual + share * (half - usual)
            second.usual = usual
            second.run, second.memory = signs.run, signs.memory
            second.excitement = excitement.at(end)
            second.pulled = [side.pulled for side in sides]
            second.stacked = [side.stacked for side in sides]
            second.executed = [side.executed for side in sides]
            second.steps = sides[BID].improved, sides[BID].worsened
            second.flickers = sides[BID].flickers + sides[ASK].flickers
            second.levels = [
                (side.executed_here, side.most, side.refills, (end - side.since) / 1e9)
                if side.price else None
                for side in sides
            ]  # fmt: skip
            second.bands = None
            if bands:
                bands.time_passes(end)
                if bands.known:
                    limits = [bands.limit_seconds(side, end) for side in ("up", "down")]
                    second.bands = bands.upper / 1e4, bands.lower / 1e4, *limits

    def _on_print(
        self, second: Second, event: Print, book: Book | None, sides: tuple[BestLevel, BestLevel]
    ) -> None:
        shares, side, dollars = event.shares, event.side, event.dollars
        if event.marks & VOLUME:
            second.volume += shares
            second.value += shares * dollars
            second.squared_value += shares * dollars**2
            second.off_exchange += shares if event.marks & OFF_EXCHANGE else 0
        if not event.marks & TAPE:
            return
        second.prints += 1
        second.tape_shares += shares
        second.odd_lots += shares < 100
        if side > 0:
            second.buys += 1
            second.bought += shares
            second.bought_dollars += shares * dollars
        elif side < 0:
            second.sells += 1
            second.sold += shares
            second.sold_dollars += shares * dollars
        else:
            second.unsigned += shares
        if side and book and book.sound:
            second.paid.append((dollars, book.mid, shares, side))
        # What is no execution on the book's venue, now, takes nothing that is displayed there.
        if not event.marks & (OFF_EXCHANGE | AUCTION | LATE):
            for level in sides:
                level.on_print(event.received, event.price // UNIT, shares, side)

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
            if mid is not None and vwap is not None and mid != vwap:
                if above is not None and above != (mid > vwap):
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

    def _follow_flow(self) -> None:
        """Follow what fades and what is scored against its own past."""
        last_halted = None
        scores = {name: ZScore() for name in ("volume", "speed", "spread", "depth")}
        delta, delta_size = FadedSum(60), FadedMean(900)
        rate, pressure = FadedMean(900), FadedMean(10)
        fading = [[FadedSum(10) for _ in range(3)] for _ in range(2)]
        regression = [FadedSum(300) for _ in range(5)]
        usual_net = Percentile(0.8, 1)
        burst, alarm, calm = False, 0.0, 0
        has_sign = False
        for number, second in enumerate(self.seconds):
            if second.halted:
                last_halted = number
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
            second.burst = burst if z is not None else None
            second.delta = delta.add(second.bought_dollars - second.sold_dollars)
            second.delta_size = delta_size.add(abs(second.delta))
            second.rate = rate.add(second.prints)
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
            variance = sxx / n - (sx / n) ** 2
            is_told = has_sign and variance > 0
            second.kyle = (sxy / n - sx * sy / n**2) / variance if is_told else None
            net = self.sum("bought", number, 10) - self.sum("sold", number, 10)
            second.net = net
            second.is_large_net = bool(net) and usual_net.reached_by(abs(net))

    # Windows.

    def over(self, now: int, length: int) -> list[Second]:
        """Return the last ``length`` seconds, this one included."""
        return self.seconds[max(now - length + 1, 0) : now + 1]

    def sum(self, name: str, now: int, length: int) -> float:
        return sum(getattr(second, name) for second in self.over(now, length))

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

    # The columns.

    def _price(self, now: int) -> dict[str, Known]:
        mid = self.mid(now)
        minutes = (now + 1) // 60
        atr = self.seconds[60 * minutes - 1].atr if minutes else None
        far = self.change(now, 600)
        mids = [self.mid(i) for i in range(now - 300, now + 1)]
        way = None
        if mids[0] is not None:
            way = sum(abs(b - a) for a, b in zip(mids, mids[1:], strict=False))
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
            "place_in_range": _over(mid - second.low, spanned) if has_mid else None,
            "high_tests": log1p(second.tests) if has_mid else None,
            "distance_to_premarket_high": _less_one(mid, second.premarket_high),
            "distance_to_round": (mid - round(2 * mid) / 2) / mid if has_mid else None,
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
            "off_exchange_share_60s": _over(self.sum("off_exchange", now, 60), volume_60),
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
        delta = None
        if second.value_so_far:
            delta = sum(s.bought_dollars - s.sold_dollars for s in self.seconds[: now + 1])
            delta /= second.value_so_far
        return {
            "buy_pressure_10s": self._buy_pressure(now, 10, 60),
            "buy_pressure_60s": self._buy_pressure(now, 60, 600),
            "buy_pressure_300s": self._buy_pressure(now, 300, 3000),
            "sign_imbalance_10s": self._sign_imbalance(now, 10),
            "sign_imbalance_60s": self._sign_imbalance(now, 60),
            "delta_slope": _over(second.delta, second.delta_size),
            "delta_so_far": delta,
            "sign_memory": second.memory,
            "sign_run": copysign(log1p(abs(second.run)), second.run) if second.run else None,
            "unsigned_share_60s": _over(
                self.sum("unsigned", now, 60), self.sum("tape_shares", now, 60)
            ),
            "tape_speed_2s": log1p(fast),
            "tape_speed_10s": log1p(self.sum("prints", now, 10) / 10),
            "tape_speed_60s": log1p(slow),
            "tape_acceleration": log((fast + 0.1) / (slow + 0.1)),
            "tape_speed_z": second.scores["speed"],
            "endogeneity": _over(excited, excited + second.rate / 5),
            "tape_burst": None if second.burst is None else float(second.burst),
        }

    def _buy_pressure(self, now: int, window: int, longer: int) -> Known:
        bought, sold = self.sum("bought", now, window), self.sum("sold", now, window)
        prior = self.sum("volume", now, longer) * window / longer / 6
        return _over(bought + prior / 2, bought + sold + prior)

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
            told[f"{name}_pull_rate"] = (
                pulled / (pulled + executed + usual) if has_usual else None
            )
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
        if moved is None or second.kyle is None:
            return None
        if sign * second.net <= 0 or not second.is_large_net:
            return 0.0
        tick = (0.01 if second.mid >= 1 else 0.0001) / second.mid
        expected = max(second.kyle * abs(second.net) / 1000 / 1e4, tick)
        return min(max(1 - sign * moved / expected, 0.0), 1.0)

    def _halts(self, now: int) -> dict[str, Known]:
        second = self.seconds[now]
        begun = [
            i
            for i in range(now + 1)
            if self.seconds[i].halted and (i == 0 or not self.seconds[i - 1].halted)
        ]
        in_halt = now - begun[-1] if second.halted else 0
        ended = second.halt_ended
        direction = None
        if begun:
            moved = self.change(begun[-1] - 1, 60)
            direction = None if moved is None else float((moved > 0) - (moved < 0))
        return {
            "halted": float(second.halted),
            "in_halt": _squashed(in_halt, 300),
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


def _events(day: Day) -> Iterator[Print | Book | Notice]:
    """Yield notices, prints and book states as received; at one moment in this order."""
    status, trades, quotes = day.status, day.trades, day.quotes
    rows: list[tuple[int, int, Print | Book | Notice]] = []
    for received, action, trading, restricted in zip(
        status.ts_recv.tolist(), status.action.tolist(), status.is_trading.tolist(),
        status.is_short_sell_restricted.tolist(), strict=True,
    ):  # fmt: skip
        stops = trading == 0 and action not in (TRADING, SHORT_SALE_RESTRICTION)
        rows.append((received, 0, Notice(received, stops, trading == 1, restricted)))
    for values in zip(
        trades.ts_recv.tolist(), trades.price.tolist(), trades.size.tolist(),
        trades.side.tolist(), trades.marks.tolist(), strict=True,
    ):  # fmt: skip
        rows.append((values[0], 1, Print(*values)))
    for received, bid, ask, bid_size, ask_size, flags in zip(
        quotes.ts_recv.tolist(), quotes.bid_price.tolist(), quotes.ask_price.tolist(),
        quotes.bid_size.tolist(), quotes.ask_size.tolist(), quotes.flags.tolist(), strict=True,
    ):  # fmt: skip
        rows.append(
            (received, 2, Book(received, bid // UNIT, ask // UNIT, bid_size, ask_size, flags))
        )
    rows.sort(key=lambda row: row[:2])  # stable: what is equal keeps its order
    return (event for _, _, event in rows)


def order_flow(old: Book, new: Book) -> int:
    """Return the order-flow imbalance of a change, in shares (Cont, Kukanov and Stoikov 2014).

    Size that joins or improves the bid counts up, size that leaves it counts down; for the ask
    it is the other way round. While a side is empty there is none.
    """
    if min(old.bid, old.ask, new.bid, new.ask) <= 0:
        return 0
    bid = (new.bid_size if new.bid >= old.bid else 0) - (old.bid_size if new.bid <= old.bid else 0)
    ask = (new.ask_size if new.ask <= old.ask else 0) - (old.ask_size if new.ask >= old.ask else 0)
    return bid - ask


def _is_block(event: Print, percentile: Percentile) -> bool:
    reached = percentile.reached_by(event.shares)
    floor = next((shares for price, shares in BLOCK_FLOORS if event.dollars < price), 2_500)
    return (reached and event.shares >= floor) or event.shares * event.dollars >= 25_000


def _exponential(closes: list[float], length: int) -> Known:
    """Return the exponential mean of closes, the plain one of up to ``length`` of them."""
    if not closes:
        return None
    if len(closes) <= length:
        return sum(closes) / len(closes)
    mean = sum(closes[:length]) / length
    for close in closes[length:]:
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

