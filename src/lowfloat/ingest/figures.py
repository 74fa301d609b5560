"""The report of a day, made of what was added up over its events; without a verdict yet."""

from typing import Any

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.codes import Mark
from lowfloat.days.day import Day
from lowfloat.days.report import (
    GOOD,
    PARTS,
    BookReport,
    ClockReport,
    DayReport,
    GapReport,
    HaltReport,
    PartReport,
    PrintReport,
)
from lowfloat.ingest.faults import IMPOSSIBLE
from lowfloat.ingest.tally import (
    ABSURD,
    ACTIVE_GAPS,
    APART,
    BACKWARDS,
    BAD_BOOK,
    BEYOND,
    BREAKS,
    CROSSED,
    DOLLAR_PRINTS,
    DOUBTFUL,
    EMPTY,
    FAR,
    HUGE,
    INSIDE,
    JUDGED,
    LOCKED,
    NATIVE,
    NEGATIVE,
    OFF_GRID,
    ONE_SIDED,
    OUTLIERS,
    QUOTE,
    RATIO,
    REGULAR_PRINTS,
    REPEATED,
    SAME_TIME,
    SIZE_RATIO,
    SNAPSHOTS,
    STALE,
    SUB_PENNY,
    TRADE,
    TWO_SIDED,
    UNSIGNED,
    WRONG_SIDE,
    Tally,
    quantile,
)


def share_of(part: Any, whole: Any) -> float:
    """Return the share of a number in another to six digits, 0 if there is nothing."""
    return round(int(part) / int(whole), 6) if whole else 0.0


def _ratio(bins: np.ndarray, one: int) -> float | None:
    middle = quantile(bins, 0.5)
    return None if middle is None else round(middle / one, 6)


def report_of(
    day: Day,
    tally: Tally,
    faults: dict[str, int],
    previous_close: int,
    bars_volume: int | None,
    are_halts_listed: bool,
) -> DayReport:
    """Return the figures of a day, without flags and reasons.

    Args:
        day: the day.
        tally: what was added up over it.
        faults: the records that were repaired or left out, by kind.
        previous_close: nanodollars, 0 if it is not known.
        bars_volume: shares of the vendor's own bars, None without bars.
        are_halts_listed: whether its halts were taken from a list.
    """
    counts = tally.counts
    trades, quotes = len(day.trades.price), len(day.quotes.action)
    open_time = tally.time[::2].sum(axis=0)  # cells outside halts
    open_rows = tally.rows[::2].sum(axis=0)
    passed, rows = open_time.sum(), open_rows.sum()
    spread = tally.spread.cumsum()
    dollars = counts[DOLLAR_PRINTS]
    confidence = {str(n): share_of(tally.confidence[n], trades) for n in range(256)}
    volume = int(tally.prints[:, 1].sum())
    first = int(day.trades.price[0]) if trades else 0
    repaired = sum(faults.get(name, 0) for name in IMPOSSIBLE)
    last = tally.longest[1]

    def marked(mark: Mark) -> float:
        return share_of(tally.marks[int(mark).bit_length() - 1], trades)

    return DayReport(
        symbol=day.symbol,
        date=day.date.isoformat(),
        verdict=GOOD,
        flags=(),
        reasons=(),
        trades=trades,
        quotes=quotes,
        status=len(day.status.action),
        volume=volume,
        parts={name: _part(day, tally, number) for number, name in enumerate(PARTS)},
        book=BookReport(
            rows=int(rows),
            crossed_rows=share_of(open_rows[CROSSED], rows),
            locked_rows=share_of(open_rows[LOCKED], rows),
            one_sided_rows=share_of(open_rows[ONE_SIDED], rows),
            bad_book_rows=share_of(counts[BAD_BOOK], quotes),
            crossed_time=share_of(open_time[CROSSED], passed),
            locked_time=share_of(open_time[LOCKED], passed),
            median_spread_bps=int(np.searchsorted(2 * spread, spread[-1])) if spread[-1] else None,
            absurd_spreads=int(counts[ABSURD]),
            off_grid=int(counts[OFF_GRID]),
            snapshots=int(counts[SNAPSHOTS]),
            beyond_bound=int(tally.of_table[QUOTE, BEYOND]),
            huge_sizes=int(tally.of_table[QUOTE, HUGE]),
            repeated=int(tally.of_table[QUOTE, REPEATED]),
            median_size=quantile(tally.sizes[QUOTE], 0.5),
        ),
        prints=PrintReport(
            outliers=int(counts[OUTLIERS]),
            breaks=int(counts[BREAKS]),
            sub_penny=share_of(counts[SUB_PENNY], dollars),
            unsigned=share_of(counts[UNSIGNED], trades),
            by_confidence={name: share for name, share in confidence.items() if share},
            off_exchange=marked(Mark.OFF_EXCHANGE),
            auction=marked(Mark.AUCTION),
            odd_lot=marked(Mark.ODD_LOT),
            late=marked(Mark.LATE),
            judged=int(counts[JUDGED]),
            native=int(counts[NATIVE]),
            wrong_side=share_of(counts[WRONG_SIDE], counts[NATIVE]),
            far_outside=share_of(counts[FAR], counts[JUDGED]),
            stale_book=share_of(counts[STALE], counts[REGULAR_PRINTS]) if quotes else 0.0,
            price_to_mid=_ratio(tally.ratios[0], RATIO),
            size_to_displayed=_ratio(tally.ratios[1], SIZE_RATIO),
            beyond_bound=int(tally.of_table[TRADE, BEYOND]),
            huge_sizes=int(tally.of_table[TRADE, HUGE]),
            repeated=int(tally.of_table[TRADE, REPEATED]),
            median_size=quantile(tally.sizes[TRADE], 0.5),
        ),
        halts=_halts(day, tally, are_halts_listed),
        gaps=GapReport(
            longest_seconds=round(int(tally.longest[0]) / NS, 3),
            longest_from_ns=int(last) if last else None,
            active=int(counts[ACTIVE_GAPS]),
        ),
        trade_clocks=_clocks(tally, TRADE, trades),
        quote_clocks=_clocks(tally, QUOTE, quotes),
        faults=faults,
        repaired=share_of(repaired, trades + quotes + repaired),
        open_to_previous_close=(
            round(first / previous_close, 6) if first and previous_close else None
        ),
        volume_to_bars=round(volume / bars_volume, 6) if bars_volume else None,
    )


def _part(day: Day, tally: Tally, part: int) -> PartReport:
    time = tally.time[2 * part]
    passed = time.sum()
    first, last = (int(ns) for ns in tally.ends[part])
    session = day.session
    ends = (session.regular_open_ns, session.regular_close_ns, session.end_ns)
    covered_to = min(ends[part], day.coverage_end_ns)
    return PartReport(
        seconds=round(int(passed) / NS, 3),
        trades=int(tally.prints[2 * part : 2 * part + 2, 0].sum()),
        quotes=int(tally.rows[2 * part : 2 * part + 2].sum()),
        volume=int(tally.prints[2 * part : 2 * part + 2, 1].sum()),
        first_ns=first or None,
        last_ns=last or None,
        quiet_seconds=round((covered_to - last) / NS, 3) if last else 0.0,
        two_sided=share_of(time[TWO_SIDED], passed),
        one_sided=share_of(time[ONE_SIDED], passed),
        empty=share_of(time[EMPTY], passed),
        locked=share_of(time[LOCKED], passed),
        crossed=share_of(time[CROSSED], passed),
        doubtful=share_of(time[DOUBTFUL], passed),
    )


def _halts(day: Day, tally: Tally, listed: bool) -> HaltReport:
    stops = np.flatnonzero(day.status_says_halted)
    times = np.minimum(day.status.ts_event, day.status.ts_recv)[stops]
    spans = [begin for begin, _ in day.halts if begin < day.coverage_end_ns]
    sure = [int(day.status.confidence[stops[times <= begin][-1]] == 100) for begin in spans]
    return HaltReport(
        told=0 if listed else sum(sure),
        listed=sum(sure) if listed else 0,
        inferred=len(sure) - sum(sure),
        seconds=round(int(tally.time[1::2].sum()) / NS, 3),
        prints_inside=int(tally.counts[INSIDE]),
    )


def _clocks(tally: Tally, table: int, rows: int) -> ClockReport:
    bins, of_table = tally.clocks[table], tally.of_table[table]
    least, largest, back = (int(ns) for ns in tally.clock_ends[table])
    return ClockReport(
        median_ns=quantile(bins, 0.5),
        p99_ns=quantile(bins, 0.99),
        max_ns=largest if rows else None,
        min_ns=least if rows else None,
        negative=share_of(of_table[NEGATIVE], rows),
        apart=int(of_table[APART]),
        backwards=int(of_table[BACKWARDS]),
        furthest_back_seconds=round(back / NS, 6),
        same_time=int(of_table[SAME_TIME]),
    )
