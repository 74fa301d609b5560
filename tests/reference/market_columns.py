"""Every market column, one decision at a time, with loops over a day's own records.

A decision at second ``s`` knows the records received strictly before 04:00:00 + s, and nothing
else. Nothing here is shared with the package but the records themselves.
"""

import statistics
from bisect import bisect_left
from itertools import accumulate
from math import log, log1p, sqrt
from typing import NamedTuple

from lowfloat.days import Day

SECOND = 10**9
SNAPSHOT = 32
LAST, VOLUME, TAPE = 1, 4, 8
TRADING, SHORT_SALE_RESTRICTION = 7, 14


class Print(NamedTuple):
    received: int
    nanodollars: int
    shares: int
    side: int
    large: bool
    marks: int


class Book(NamedTuple):
    received: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    flow: int

    @property
    def sound(self) -> bool:
        return 0 < self.bid < self.ask

    @property
    def mid(self) -> float:
        return (self.bid + self.ask) / 20_000


class Notice(NamedTuple):
    received: int
    stops: bool
    resumes: bool
    restricted: int


class TapeReader:
    """Reads a day's tape at any second.

    Args:
        day: the day.
        previous_close: dollars, 0 if not known.
    """

    def __init__(self, day: Day, previous_close: float = 0.0) -> None:
        self.previous_close = previous_close
        self.start = day.session.start_ns
        self.open = (day.session.regular_open_ns - self.start) // SECOND
        self.close = (day.session.regular_close_ns - self.start) // SECOND
        self.prints = _prints(day)
        self.books = _books(day)
        self.notices = _notices(day)
        self.notice_times = [row.received for row in self.notices]
        self.volume_prints = [row for row in self.prints if row.marks & VOLUME]
        self.volume_times = [row.received for row in self.volume_prints]
        self.last_prints = [row for row in self.prints if row.marks & LAST]
        self.last_times = [row.received for row in self.last_prints]
        self.print_times = [row.received for row in self.prints]
        self.book_times = [row.received for row in self.books]
        self.mids = self._mids()
        self.highs = self._highs()
        self.halted_at = [self._halted(second) for second in range(57_601)]
        volume = self.volume_prints
        self.shares_so_far = [0, *accumulate(row.shares for row in volume)]
        self.value_so_far = [0, *accumulate(row.nanodollars * row.shares for row in volume)]

    def at(self, second: int) -> dict[str, float]:
        """Return the columns at a decision second."""
        return {
            **self._price(second),
            **self._book(second),
            **self._flow(second),
            **self._volume(second),
            **self._state(second),
            **self._clock(second),
        }

    def prints_of(self, second: int, window: int, mark: int) -> list[Print]:
        """Return the marked prints of the last ``window`` seconds before a decision."""
        first = bisect_left(self.print_times, self.start + max(second - window, 0) * SECOND)
        last = bisect_left(self.print_times, self.start + second * SECOND)
        return [row for row in self.prints[first:last] if row.marks & mark]

    def books_of(self, second: int, window: int) -> list[Book]:
        first = bisect_left(self.book_times, self.start + max(second - window, 0) * SECOND)
        return self.books[first : bisect_left(self.book_times, self.start + second * SECOND)]

    def book(self, second: int) -> Book | None:
        known = bisect_left(self.book_times, self.start + second * SECOND)
        return self.books[known - 1] if known else None

    def _heard(self, second: int) -> list[Notice]:
        if second == 0:
            return []  # the first row of the table is that of an empty tape
        return self.notices[: bisect_left(self.notice_times, self.start + second * SECOND)]

    def _halted(self, second: int) -> bool:
        for row in reversed(self._heard(second)):
            if row.stops or row.resumes:
                return row.stops
        return False

    def _mids(self) -> list[float]:
        """Return the mid known at each decision: of the last sound book at a whole second.

        Before there is one it is the last print, and before that 0.
        """
        mids = []
        last_sound = None
        for second in range(57_601):
            book = self.book(second)
            if book is not None and book.sound:
                last_sound = book
            printed = bisect_left(self.last_times, self.start + second * SECOND)
            if last_sound is not None:
                mids.append(last_sound.mid)
            else:
                mids.append(self.last_prints[printed - 1].nanodollars / 1e9 if printed else 0.0)
        return mids

    def _highs(self) -> list[tuple[float, int]]:
        """Return per decision the high of the day, and the decision at which it was reached."""
        highs = [(0.0, 0)]
        for second, mid in enumerate(self.mids[1:], start=1):
            highs.append((mid, second) if mid > highs[-1][0] else highs[-1])
        return highs

    def _price(self, second: int) -> dict[str, float]:
        mids = self.mids
        mid = mids[second]
        known = bisect_left(self.volume_times, self.start + second * SECOND)
        shares, value = self.shares_so_far[known], self.value_so_far[known] / 1e9
        recent = [value for value in mids[max(second - 299, 1) : second + 1] if value > 0]
        steps = [_less_one(mids[s], mids[s - 1]) for s in range(max(second - 59, 2), second + 1)]
        high, high_at = self.highs[second]
        low = min((value for value in mids[1 : second + 1] if value > 0), default=0.0)
        return {
            **{
                # In the first seconds of the day the first price stands for those before it.
                f"return_{k}s": _less_one(mid, mids[max(second - k, min(1, second))])
                for k in (5, 30, 60, 300)
            },
            "volatility_60s": sqrt(sum(step * step for step in steps)),
            "atr_14m": self._average_true_range(second) / mid if mid else 0.0,
            "range_300s": (max(recent) - min(recent)) / mid if mid else 0.0,
            "gain_on_day": _less_one(mid, self.previous_close),
            "previous_close_known": float(self.previous_close > 0),
            "distance_to_vwap": _less_one(mid, value / shares if shares else 0.0),
            "distance_to_high": _less_one(mid, high),
            "distance_to_low": _less_one(mid, low),
            "since_high": _squashed(second - high_at if high else 0, 300),
        }

    def _average_true_range(self, second: int) -> float:
        """Return Wilder's ATR(14): the plain mean of the first 14, then 13 parts old, one new."""
        ranges: list[float] = []
        average = 0.0
        for minute in range(second // 60):
            bar = self.mids[60 * minute + 1 : 60 * minute + 61]
            before = self.mids[60 * minute] if minute else bar[0]
            if before == 0:
                continue
            ranges.append(max(*bar, before) - min(*bar, before))
            if len(ranges) <= 14:
                average = statistics.fmean(ranges)
            else:
                average = (13 * average + ranges[-1]) / 14
        return average

    def _book(self, second: int) -> dict[str, float]:
        book = self.book(second)
        sound = book is not None and book.sound
        bid_size, ask_size = (book.bid_size, book.ask_size) if sound else (0, 0)
        # The depth is that of both sides at each whole second, nothing while a side is missing.
        ends = [self.book(s) for s in range(max(second - 59, 1), second + 1)]
        depth = sum(b.bid_size + b.ask_size for b in ends if b is not None and b.sound) / 60
        flow = sum(row.flow for row in self.books_of(second, 10))
        age = (self.start + second * SECOND - book.received) / SECOND if book else 0.0
        return {
            "spread": (book.ask - book.bid) / 1e4 / book.mid if sound else 0.0,
            "queue_imbalance": (bid_size - ask_size) / (bid_size + ask_size) if sound else 0.0,
            "bid_size": log1p(bid_size),
            "ask_size": log1p(ask_size),
            "order_flow_10s": flow / max(depth / 2, 0.5),
            "quote_rate_10s": log1p(len(self.books_of(second, 10))),
            "quote_age": _squashed(age, 10),
            "book_known": float(sound),
        }

    def _flow(self, second: int) -> dict[str, float]:
        last_10 = self.prints_of(second, 10, TAPE)
        buys = [row for row in last_10 if row.side > 0]
        sells = [row for row in last_10 if row.side < 0]
        fast = len(self.prints_of(second, 2, TAPE)) / 2
        slow = len(self.prints_of(second, 60, TAPE)) / 60
        return {
            "buy_pressure_10s": self._pressure(second, 10, 60),
            "buy_pressure_60s": self._pressure(second, 60, 600),
            "sign_imbalance_10s": (len(buys) - len(sells)) / (len(buys) + len(sells) + 1),
            "tape_speed_2s": log1p(fast),
            "tape_speed_60s": log1p(slow),
            "tape_acceleration": log((fast + 0.1) / (slow + 0.1)),
            "large_ask_hits_10s": log1p(sum(row.large for row in buys)),
            "large_bid_hits_10s": log1p(sum(row.large for row in sells)),
        }

    def _pressure(self, second: int, window: int, longer: int) -> float:
        rows = self.prints_of(second, window, TAPE)
        bought = sum(row.shares for row in rows if row.side > 0)
        sold = sum(row.shares for row in rows if row.side < 0)
        usual = sum(row.shares for row in self.prints_of(second, longer, VOLUME))
        usual *= window / longer
        prior = usual / 6 + 1
        return (bought + prior / 2) / (bought + sold + prior)

    def _volume(self, second: int) -> dict[str, float]:
        minute = self.prints_of(second, 60, VOLUME)
        closed = second // 60
        surge = 0.0
        if closed >= 21:
            volumes = [
                sum(row.shares for row in self.prints_of(60 * m + 60, 60, VOLUME))
                for m in range(closed - 21, closed)
            ]
            usual = statistics.fmean(volumes[:-1])
            surge = volumes[-1] / usual if usual else 0.0
        return {
            "volume_60s": log1p(sum(row.shares for row in minute)),
            "value_60s": log1p(sum(row.nanodollars * row.shares for row in minute) / 1e9),
            "volume_surge": _squashed(surge, 2),
            "volume_so_far": log1p(self.shares_so_far[len(self.prints_of(second, second, VOLUME))]),
        }

    def _state(self, second: int) -> dict[str, float]:
        last = next((s for s in range(second, -1, -1) if self.halted_at[s]), None)
        restricted = [row.restricted for row in self._heard(second) if row.restricted != -1]
        return {
            "halted": float(self.halted_at[second]),
            "since_halt": 1.0 if last is None else _squashed(second - last, 300),
            "halts_today": log1p(self._halts_begun(second)),
            "short_sale_restricted": float(bool(restricted) and restricted[-1] == 1),
        }

    def _halts_begun(self, second: int) -> int:
        """Return how many halts were announced since 04:00."""
        begun, stopped = 0, False
        for row in self._heard(second):
            if row.stops and not stopped:
                begun += row.received >= self.start
            stopped = row.stops or (stopped and not row.resumes)
        return begun

    def _clock(self, second: int) -> dict[str, float]:
        return {
            "day_fraction": second / 57_600,
            "premarket": float(second < self.open),
            "regular_session": float(self.open <= second < self.close),
            "since_open": _squashed(max(second - self.open, 0), 1800),
            "to_close": _squashed(max(self.close - second, 0), 1800),
        }


def _prints(day: Day) -> list[Print]:
    """Return the prints, each marked large if its size reaches the running 95th percentile.

    The percentile starts at 1,000 shares; each larger print moves it up by 1.9 %, each smaller
    one down by 0.1 %, which balances where one print in twenty is larger.
    """
    rows, log_percentile = [], log(1000)
    table = day.trades
    for received, price, size, side, marks in zip(
        table.ts_recv.tolist(),
        table.price.tolist(),
        table.size.tolist(),
        table.side.tolist(),
        table.marks.tolist(),
        strict=True,
    ):
        large = log(size) >= log_percentile
        if marks & TAPE:
            log_percentile += 0.02 * 0.95 if large else -0.02 * 0.05
        rows.append(Print(received, price, size, side, large, marks))
    return rows


def _books(day: Day) -> list[Book]:
    """Return the book after each change, with what the change added to the order flow."""
    rows: list[Book] = []
    table = day.quotes
    for received, bid, ask, bid_size, ask_size, flags in zip(
        table.ts_recv.tolist(),
        table.bid_price.tolist(),
        table.ask_price.tolist(),
        table.bid_size.tolist(),
        table.ask_size.tolist(),
        table.flags.tolist(),
        strict=True,
    ):
        new = Book(received, bid // 100_000, ask // 100_000, bid_size, ask_size, 0)
        repeats = bool(flags & SNAPSHOT)
        rows.append(new._replace(flow=order_flow(rows[-1], new) if rows and not repeats else 0))
    return rows


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


def _notices(day: Day) -> list[Notice]:
    table = day.status
    return [
        Notice(
            received,
            stops=trading == 0 and action not in (TRADING, SHORT_SALE_RESTRICTION),
            resumes=trading == 1,
            restricted=restricted,
        )
        for received, action, trading, restricted in zip(
            table.ts_recv.tolist(),
            table.action.tolist(),
            table.is_trading.tolist(),
            table.is_short_sell_restricted.tolist(),
            strict=True,
        )
    ]


def _less_one(value: float, before: float) -> float:
    """Return ``value / before - 1``, 0 where either is not known."""
    return value / before - 1 if value > 0 and before > 0 else 0.0


def _squashed(value: float, half: float) -> float:
    return value / (value + half)
