"""The stylised facts of a day counted row by row in plain Python, slowly, for comparison.

Written from the definitions in the docstrings, not from the code.
"""

import math
import statistics
from bisect import bisect_left, bisect_right
from itertools import pairwise

from lowfloat.days import Day

NS = 10**9


class PlainDay:
    """A day as lists: prints of the flow, the book at the end of each second, and the halts."""

    def __init__(self, day: Day) -> None:
        self.open, self.close = day.session.regular_open_ns, day.session.regular_close_ns
        self.start, self.end = day.session.start_ns, day.session.end_ns
        self.halts = [(a, b) for a, b in day.halts if b - a > NS]
        self.prints = [
            (ts, price, size, side if confidence == 100 else 0)
            for ts, price, size, side, confidence, marks in zip(
                *(getattr(day.trades, name).tolist()
                  for name in ("ts_recv", "price", "size", "side", "confidence", "marks")),
                strict=True,
            )
            if marks & 8
        ]  # fmt: skip
        self.regular_prints = [row for row in self.prints if self.open <= row[0] < self.close]
        self.quotes = list(
            zip(*(getattr(day.quotes, name).tolist()
                  for name in ("ts_recv", "bid_price", "ask_price", "bid_size", "ask_size")),
                strict=True)
        )  # fmt: skip
        self.quote_times = [row[0] for row in self.quotes]

    def book_before(self, ts: int) -> tuple | None:
        row = bisect_left(self.quote_times, ts) - 1
        return self.quotes[row] if row >= 0 else None

    def book_at(self, ts: int) -> tuple | None:
        row = bisect_right(self.quote_times, ts) - 1
        return self.quotes[row] if row >= 0 else None

    def trading(self, begin: int) -> bool:
        """Tell whether the second from ``begin`` on is regular and touches no halt."""
        inside = self.open <= begin and begin + NS <= self.close
        return inside and not any(begin < b and begin + NS > a for a, b in self.halts)

    def seconds(self) -> list[int]:
        return list(range(self.open, self.close, NS))

    def mids(self) -> list[float | None]:
        """Return per second of regular hours the mid at its end, None where there is none."""
        return [
            mid(self.book_before(begin + NS)) if self.trading(begin) else None
            for begin in self.seconds()
        ]

    def halt_between(self, one: int, other: int) -> bool:
        return any(one < b <= other for _, b in self.halts)


def mid(book: tuple | None) -> float | None:
    return (book[1] + book[2]) / 2e9 if book and book[1] and book[2] else None


def returns(mids: list[float | None], horizon: int) -> list[float | None]:
    found = []
    for i in range(len(mids) - horizon):
        way = mids[i : i + horizon + 1]
        found.append(None if None in way else math.log(way[-1] / way[0]))
    return found


def acf(values: list[float | None], lag: int) -> float:
    known = [x for x in values if x is not None]
    mean = sum(known) / len(known)
    pairs = [
        (a - mean) * (b - mean)
        for a, b in zip(values, values[lag:], strict=False)
        if a is not None and b is not None
    ]
    return sum(pairs) / len(pairs) / (sum((x - mean) ** 2 for x in known) / len(known))


def variance(values: list[float | None]) -> float:
    return statistics.pvariance([x for x in values if x is not None])


def facts(day: Day) -> dict[str, float]:
    """Return facts of one day under the names of ``lowfloat.synth.facts``."""
    plain = PlainDay(day)
    return {**_prints(plain), **_times(plain), **_quotes(plain), **_costs(plain)}


def _prints(day: PlainDay) -> dict[str, float]:
    sizes = [row[2] for row in day.prints]
    prices = [row[1] for row in day.prints]
    count = len(sizes)
    grid = [10**7 if price >= NS else 10**5 for price in prices]
    volume = sum(row[2] for row in day.regular_prints)
    signs = [row[3] for row in day.regular_prints if row[3]]
    moves = [
        None if day.halt_between(a[0], b[0]) else math.log(b[1] / a[1])
        for a, b in pairwise(day.regular_prints)
    ]
    return {
        "trade_size_median": statistics.median(sizes),
        "trade_size_mean": sum(sizes) / count,
        "odd_lot_share": sum(size < 100 for size in sizes) / count,
        "size_100_share": sum(size == 100 for size in sizes) / count,
        "round_lot_share": sum(size % 100 == 0 for size in sizes) / count,
        "log_size_acf_1": acf([math.log(size) for size in sizes], 1),
        "subpenny_share": sum(p % g != 0 for p, g in zip(prices, grid, strict=True)) / count,
        "no_aggressor_share": sum(row[3] == 0 for row in day.prints) / count,
        "trades": count,
        "trades_before_share": sum(row[0] < day.open for row in day.prints) / count,
        "trades_regular_share": len(day.regular_prints) / count,
        "trades_after_share": sum(row[0] >= day.close for row in day.prints) / count,
        "first_30min_share": sum(
            row[2] for row in day.regular_prints if row[0] < day.open + 1800 * NS
        ) / volume,
        "sign_acf_1": acf(signs, 1),
        "sign_acf_20": acf(signs, 20),
        "trade_price_acf_1": acf(moves, 1),
    }  # fmt: skip


def _times(day: PlainDay) -> dict[str, float]:
    gaps = [
        b[0] - a[0] for a, b in pairwise(day.regular_prints) if not day.halt_between(a[0], b[0])
    ]
    times = [row[0] for row in day.regular_prints]
    counts = [
        bisect_left(times, begin + NS) - bisect_left(times, begin) if day.trading(begin) else None
        for begin in day.seconds()
    ]
    minutes = [counts[i : i + 60] for i in range(0, len(counts), 60)]
    per_minute = [sum(minute) for minute in minutes if None not in minute]
    per_second = [count for count in counts if count is not None]
    return {
        "gap_under_1ms_share": sum(gap < 10**6 for gap in gaps) / len(gaps),
        "gap_variation": statistics.pstdev(gaps) / statistics.mean(gaps),
        "fano_1s": statistics.pvariance(per_second) / statistics.mean(per_second),
        "fano_60s": statistics.pvariance(per_minute) / statistics.mean(per_minute),
    }


def _quotes(day: PlainDay) -> dict[str, float]:
    mids = day.mids()
    one, minute = returns(mids, 1), returns(mids, 60)
    size = [None if x is None else abs(x) for x in one]
    known = [x for x in one if x is not None]
    deviation = math.sqrt(variance(one))
    mean = sum(known) / len(known)
    books = [day.book_before(begin + NS) for begin in day.seconds() if day.trading(begin)]
    quoted = [book for book in books if mid(book)]
    spreads = [(book[2] - book[1]) / mid(book) * 1e-5 for book in quoted]
    crossed = total = 0
    rows = [*day.quotes, (day.close,)]
    for row, after in pairwise(rows):
        begin, end = max(row[0], day.open), min(after[0], day.close)
        length = max(end - begin, 0) - sum(
            max(min(end, b) - max(begin, a), 0) for a, b in day.halts
        )
        if row[1] and row[2]:
            total += length
            crossed += length if row[1] >= row[2] else 0
    return {
        "spread_regular": statistics.median(spreads),
        "bid_size_p50": statistics.median(book[3] for book in quoted),
        "ask_size_p50": statistics.median(book[4] for book in quoted),
        "crossed_share": crossed / total,
        "zero_return_share": sum(x == 0 for x in known) / len(known),
        "return_std_1s": deviation * 1e4,
        "return_std_60s": math.sqrt(variance(minute)) * 1e4,
        "return_kurtosis": sum((x - mean) ** 4 for x in known) / len(known) / deviation**4 - 3,
        "return_acf_1": acf(one, 1),
        "abs_return_acf_1": acf(size, 1),
        "abs_return_acf_60": acf(size, 60),
        "variance_ratio_10": variance(returns(mids, 10)) / 10 / variance(one),
        "variance_ratio_300": variance(returns(mids, 300)) / 300 / variance(one),
    }


def _costs(day: PlainDay) -> dict[str, float]:
    paid, moved = [], {1: [], 60: []}
    for ts, price, _, sign in day.regular_prints:
        before = mid(day.book_before(ts))
        if before is None:
            continue
        paid.append(abs(price / 1e9 / before - 1) * 1e4)
        for horizon, found in moved.items():
            later = ts + horizon * NS
            after = mid(day.book_at(later))
            halted = any(later >= a and ts < b for a, b in day.halts)
            if sign and after and later < day.close and not halted:
                found.append(sign * (after / before - 1) * 1e4)
    return {
        "effective_half_spread": statistics.mean(paid),
        "response_1s": statistics.mean(moved[1]),
        "response_60s": statistics.mean(moved[60]),
    }


def swings(values: list[float | None], reversal: float) -> list[float]:
    """Return the speeds of finished swings of a path; None breaks the path."""
    found, path = [], []
    for value in [*values, None]:
        if value is not None:
            path.append(value)
            continue
        found += _swings_of(path, reversal)
        path = []
    return found


def _swings_of(path: list[float], reversal: float) -> list[float]:
    """Return the speeds between successive turning points, each confirmed by a reversal."""
    turns: list[int] = []  # places of confirmed extremes
    kind, place = 0, 0  # of the extreme that is being looked for: +1 a high, -1 a low
    low = high = 0
    for i, value in enumerate(path):
        if kind == 0:
            low = i if value < path[low] else low
            high = i if value > path[high] else high
            if value - path[low] >= reversal:
                turns, kind, place = [low], 1, i
            elif path[high] - value >= reversal:
                turns, kind, place = [high], -1, i
        elif kind * (value - path[place]) > 0:
            place = i
        elif kind * (path[place] - value) >= reversal:
            turns.append(place)
            kind, place = -kind, i
    return [(path[b] - path[a]) / (b - a) for a, b in pairwise(turns)]
