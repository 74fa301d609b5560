"""The figures of a day's report, one by one, in plain Python and from sorted lists."""

from bisect import bisect_left, bisect_right
from itertools import pairwise
from math import ceil
from statistics import median_low

SECOND = 10**9
MAX_PRICE = 10**14
KINDS = ("empty", "one_sided", "two_sided", "locked", "crossed", "doubtful")
PARTS = ("premarket", "regular", "after_hours")
HIGH_LOW, VOLUME, TAPE, AUCTION, OFF_EXCHANGE, ODD_LOT, LATE = 2, 4, 8, 16, 32, 64, 128
OUT_OF_TURN = 128 | 256 | 512


class Rows:
    """The rows of a table as plain tuples, and its columns as plain lists."""

    def __init__(self, table):
        self.rows = list(zip(*(column.tolist() for column in table), strict=True))
        for name, column in zip(table._fields, table, strict=True):
            setattr(self, name, column.tolist())

    def __len__(self):
        return len(self.rows)


def figures(day):
    """Return the report's figures under their names, as `DayReport.as_dict` has them."""
    trades, quotes = Rows(day.trades), Rows(day.quotes)
    halts = halt_spans(day)
    spans = stretches(day, halts)
    stands = [standing(*row) for row in zip(
        quotes.bid_price, quotes.ask_price, quotes.flags, strict=True
    )]  # fmt: skip
    passed = time_by_kind(day, quotes, stands, spans)
    open_time = {kind: sum(passed[part, kind] for part in PARTS) for kind in KINDS}
    whole = sum(open_time.values())
    open_rows = [k for ts, k in zip(quotes.ts_recv, stands, strict=True) if not at(ts, spans)[1]]
    return {
        "trades": len(trades),
        "quotes": len(quotes),
        "status": len(day.status.action),
        "volume": sum(s for s, m in zip(trades.size, trades.marks, strict=True) if m & VOLUME),
        "parts": {part: part_of(day, trades, quotes, spans, passed, part) for part in PARTS},
        "book": {
            "rows": len(open_rows),
            "crossed_rows": share(open_rows.count("crossed"), len(open_rows)),
            "locked_rows": share(open_rows.count("locked"), len(open_rows)),
            "one_sided_rows": share(open_rows.count("one_sided"), len(open_rows)),
            "bad_book_rows": share(sum(flag & 4 > 0 for flag in quotes.flags), len(quotes)),
            "crossed_time": share(open_time["crossed"], whole),
            "locked_time": share(open_time["locked"], whole),
            "median_spread_bps": median_spread(day, quotes, stands, spans),
            "absurd_spreads": sum(
                kind == "two_sided" and spread(bid, ask) > 5_000 and not at(ts, spans)[1]
                for ts, bid, ask, kind in zip(
                    quotes.ts_recv, quotes.bid_price, quotes.ask_price, stands, strict=True
                )
            ),
            "off_grid": sum(
                off_grid(bid) or off_grid(ask)
                for bid, ask in zip(quotes.bid_price, quotes.ask_price, strict=True)
            ),
            "snapshots": sum(flag & 32 > 0 for flag in quotes.flags),
            "beyond_bound": sum(
                max(prices) > MAX_PRICE
                for prices in zip(quotes.bid_price, quotes.ask_price, strict=True)
            ),
            "huge_sizes": sum(
                max(sizes) > 10_000_000
                for sizes in zip(quotes.bid_size, quotes.ask_size, strict=True)
            ),
            "repeated": repeated(quotes),
            "median_size": quantile([s for s in quotes.bid_size + quotes.ask_size if s], 0.5),
        },
        "prints": prints_of(day, trades, quotes, stands, spans, halts),
        "gaps": gaps_of(trades, quotes, spans),
        "halts": {
            "seconds": round(sum(b - a for a, b, _, halt in spans if halt) / SECOND, 3),
            "prints_inside": prints_inside(trades, spans),
        },
        "trade_clocks": clocks_of(trades, [m & OUT_OF_TURN > 0 for m in trades.marks]),
        "quote_clocks": clocks_of(quotes, [False] * len(quotes)),
    }


def halt_spans(day):
    spans = []
    for begin, end in day.halts:
        begin = max(begin, spans[-1][1]) if spans else begin
        if begin < end:
            spans.append((begin, end))
    return spans


def stretches(day, halts):
    """Return (from, to, part, halt or None) of the covered session, without a gap."""
    session = day.session
    edges = [session.start_ns, session.regular_open_ns, session.regular_close_ns]
    cuts = sorted({*edges, *(ns for halt in halts for ns in halt)})
    cuts = [ns for ns in cuts if session.start_ns <= ns < day.coverage_end_ns]
    found = []
    for begin, end in pairwise([*cuts, day.coverage_end_ns]):
        part = PARTS[sum(begin >= edge for edge in edges) - 1]
        inside = [halt for halt in halts if halt[0] <= begin < halt[1]]
        found.append((begin, end, part, inside[0] if inside else None))
    return found


def at(ts, spans):
    """Return the part and the halt of a time."""
    return spans[bisect_right(spans, ts, key=lambda span: span[0]) - 1][2:]


def standing(bid, ask, flags):
    if max(bid, ask) > MAX_PRICE or flags & 4:
        return "doubtful"
    if not bid and not ask:
        return "empty"
    if not bid or not ask:
        return "one_sided"
    return "two_sided" if bid < ask else "locked" if bid == ask else "crossed"


def books(day, quotes, stands):
    """Yield (from, to, row or None, kind) of each book that stood."""
    times = [day.session.start_ns, *quotes.ts_recv, day.coverage_end_ns]
    for row, (begin, end) in enumerate(pairwise(times), start=-1):
        yield begin, end, None if row < 0 else row, "empty" if row < 0 else stands[row]


def overlaps(begin, end, spans):
    """Yield (nanoseconds, part, halt) of the stretches that a time goes through."""
    first = max(bisect_right(spans, begin, key=lambda span: span[0]) - 1, 0)
    for left, right, part, halt in spans[first:]:
        if left >= end:
            return
        yield max(0, min(end, right) - max(begin, left)), part, halt


def time_by_kind(day, quotes, stands, spans):
    """Return nanoseconds by part and kind of book, halts taken out."""
    passed = {(part, kind): 0 for part in PARTS for kind in KINDS}
    for begin, end, _, kind in books(day, quotes, stands):
        for ns, part, halt in overlaps(begin, end, spans):
            if not halt:
                passed[part, kind] += ns
    return passed


def median_spread(day, quotes, stands, spans):
    entries = []
    for begin, end, row, kind in books(day, quotes, stands):
        if kind == "two_sided":
            bps = spread(quotes.bid_price[row], quotes.ask_price[row])
            for ns, part, halt in overlaps(begin, end, spans):
                if part == "regular" and not halt and ns:
                    entries.append((bps, ns))
    whole, reached = sum(ns for _, ns in entries), 0
    for bps, ns in sorted(entries):
        reached += ns
        if 2 * reached >= whole:
            return bps
    return None


def spread(bid, ask):
    return (ask - bid) * 20_000 // (ask + bid)


def part_of(day, trades, quotes, spans, passed, part):
    whole = sum(passed[part, kind] for kind in KINDS)
    own = [[at(ts, spans)[0] == part for ts in table.ts_recv] for table in (trades, quotes)]
    times = sorted(
        ts
        for table, inside in zip((trades, quotes), own, strict=True)
        for ts, yes in zip(table.ts_recv, inside, strict=True)
        if yes
    )
    end = max((to for _, to, name, _ in spans if name == part), default=0)
    return {
        "seconds": round(whole / SECOND, 3),
        "trades": sum(own[0]),
        "quotes": sum(own[1]),
        "volume": sum(
            size
            for size, marks, yes in zip(trades.size, trades.marks, own[0], strict=True)
            if yes and marks & VOLUME
        ),
        "first_ns": times[0] if times else None,
        "last_ns": times[-1] if times else None,
        "quiet_seconds": round((end - times[-1]) / SECOND, 3) if times else 0.0,
        **{kind: share(passed[part, kind], whole) for kind in KINDS},
    }


def prints_of(day, trades, quotes, stands, spans, halts):
    count = len(trades)
    judged = native = wrong = far = regular = stale = 0
    ratios, touches, eligible = [], [], []
    for row in range(count):
        ts, price, size = trades.ts_recv[row], trades.price[row], trades.size[row]
        side, marks = trades.side[row], trades.marks[row]
        part, halt = at(ts, spans)
        if price > MAX_PRICE:
            continue
        before = bisect_left(quotes.ts_recv, ts) - 1
        sound = before >= 0 and stands[before] == "two_sided"
        bid, ask = (quotes.bid_price[before], quotes.ask_price[before]) if sound else (0, 0)
        mid = (bid + ask) // 2
        if marks & HIGH_LOW and not marks & OUT_OF_TURN:
            before_halts = sum(begin <= ts for begin, _ in halts)
            eligible.append((price, mid, part, halt is not None, before_halts))
        if not marks & TAPE or marks & (AUCTION | OUT_OF_TURN) or halt:
            continue
        if part == "regular":
            regular += 1
            stale += ts - (quotes.ts_recv[before] if before >= 0 else 0) > 60 * SECOND
        if not sound:
            continue
        band = 0.10 if part == "regular" else 0.20
        judged += 1
        far += price > ask * (1.0 + band) or price < bid * (1.0 - band)
        ratios.append(price * 1024 // max(mid, 1))
        if trades.confidence[row] == 100 and side:
            native += 1
            wrong += price <= bid if side > 0 else price >= ask
        if price == ask and side >= 0:
            touches.append(size * 2**20 // quotes.ask_size[before])
        elif price == bid and side <= 0:
            touches.append(size * 2**20 // quotes.bid_size[before])
    dollars = [price for price in trades.price if price >= SECOND]
    return {
        "outliers": sum(is_outlier(eligible, i) for i in range(3, len(eligible) - 3)),
        "breaks": sum(is_break(eligible, i) for i in range(3, len(eligible) - 3)),
        "sub_penny": share(sum(price % 10_000_000 > 0 for price in dollars), len(dollars)),
        "unsigned": share(trades.side.count(0), count),
        "by_confidence": {
            str(percent): share(trades.confidence.count(percent), count)
            for percent in set(trades.confidence)
        },
        "off_exchange": share(sum(m & OFF_EXCHANGE > 0 for m in trades.marks), count),
        "auction": share(sum(m & AUCTION > 0 for m in trades.marks), count),
        "odd_lot": share(sum(m & ODD_LOT > 0 for m in trades.marks), count),
        "late": share(sum(m & LATE > 0 for m in trades.marks), count),
        "judged": judged,
        "native": native,
        "wrong_side": share(wrong, native),
        "far_outside": share(far, judged),
        "stale_book": share(stale, regular) if len(quotes) else 0.0,
        "price_to_mid": ratio(ratios, 1024),
        "size_to_displayed": ratio(touches, 2**20),
        "beyond_bound": sum(price > MAX_PRICE for price in trades.price),
        "huge_sizes": sum(size > 10_000_000 for size in trades.size),
        "repeated": repeated(trades),
        "median_size": quantile(trades.size, 0.5),
    }


def is_outlier(prints, i):
    price, mid, part, halted, _ = prints[i]
    band = 0.10 if part == "regular" and not halted else 0.20
    before = float(median_low([p[0] for p in prints[i - 3 : i]]))
    after = float(median_low([p[0] for p in prints[i + 1 : i + 4]]))
    return (
        abs(price - before) > band * before
        and abs(after - before) <= 0.5 * band * before
        and (not mid or abs(price - mid) > band * mid)
    )


def is_break(prints, i):
    price, _, part, halted, halts = prints[i]
    last, _, last_part, last_halted, last_halts = prints[i - 1]
    calm = part == last_part == "regular" and not halted and not last_halted
    factor = 1.6 if calm else 4.0
    before = float(median_low([p[0] for p in prints[i - 3 : i]]))
    level = float(median_low([p[0] for p in prints[i : i + 3]]))
    up = level >= factor * before and price >= factor * last
    down = level * factor <= before and price * factor <= last
    return (up or down) and halts == last_halts


def prints_inside(trades, spans):
    found = 0
    for ts, event, marks in zip(trades.ts_recv, trades.ts_event, trades.marks, strict=True):
        halt = at(ts, spans)[1]
        if halt and not marks & OUT_OF_TURN:
            inner = (halt[0] + SECOND, halt[1] - SECOND)
            found += inner[0] < event < inner[1] and inner[0] < ts < inner[1]
    return found


def gaps_of(trades, quotes, spans):
    times = sorted(trades.ts_recv + quotes.ts_recv)
    longest, longest_from, active = 0, None, 0
    for begin, end, part, halt in spans:
        if part != "regular" or halt:
            continue
        inside = times[bisect_left(times, begin) : bisect_left(times, end)]
        for left, right in pairwise([begin, *inside, end]):
            if right - left > longest:
                longest, longest_from = right - left, left
            known = bisect_right(times, left)
            if right - left > 60 * SECOND and known >= 24:
                active += left - times[known - 24] <= 60 * SECOND
    return {
        "longest_seconds": round(longest / SECOND, 3),
        "longest_from_ns": longest_from,
        "active": active,
    }


def clocks_of(table, late):
    clocks = list(zip(table.ts_recv, table.ts_event, strict=True))
    delays = [clamp(ts - event) for ts, event in clocks]
    fine = [delay for delay in delays if delay >= 0]
    steps = [
        clamp(clocks[row][0] - clocks[row][1]) - clamp(clocks[row][0] - clocks[row - 1][1])
        for row in range(1, len(table))
        if not late[row]
    ]
    return {
        "median_ns": quantile(fine, 0.5),
        "p99_ns": quantile(fine, 0.99),
        "max_ns": max(delays, default=None),
        "min_ns": min(delays, default=None),
        "negative": share(len(delays) - len(fine), len(delays)),
        "apart": sum(
            abs(delay) > 60 * SECOND and not odd for delay, odd in zip(delays, late, strict=True)
        ),
        "backwards": sum(step > SECOND for step in steps),
        "furthest_back_seconds": round(max([0, *steps]) / SECOND, 6),
        "same_time": sum(a == b for a, b in pairwise(table.ts_recv)),
    }


def clamp(ns):
    """Return a difference of clocks no larger than the report keeps."""
    return min(max(ns, -(2**61)), 2**61)


def repeated(table):
    """Count numbered rows that equal the one before in every column."""
    pairs = zip(pairwise(table.rows), table.sequence[1:], strict=True)
    return sum(a == b and number > 0 for (a, b), number in pairs) if len(table) else 0


def off_grid(price):
    return price % (10_000_000 if price >= SECOND else 100_000) > 0


def quantile(values, part):
    """Return the value that `part` of the values do not exceed, cut to its six highest bits."""
    if not values:
        return None
    value = sorted(values)[max(ceil(part * len(values)), 1) - 1]
    return value >> (cut := max(value.bit_length() - 6, 0)) << cut


def ratio(values, one):
    middle = quantile(values, 0.5)
    return None if middle is None else round(middle / one, 6)


def share(part, whole):
    return round(part / whole, 6) if whole else 0.0
