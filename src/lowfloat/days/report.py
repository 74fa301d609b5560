"""What is known about the soundness of a day: the report that is kept with it.

A report holds whole numbers, shares rounded to six digits, and words; nothing of when or where it
was made. The same day, faults and thresholds therefore give the same bytes. How each figure is
measured stands in :mod:`lowfloat.ingest.validate`.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from lowfloat.errors import DayCorrupt

GOOD, USABLE, QUARANTINED = "good", "usable", "quarantined"
PARTS = ("premarket", "regular", "after_hours")


@dataclass(frozen=True)
class Finding:
    """A flag, or a reason for quarantine.

    Attributes:
        name: short and fixed, such as ``crossed_often``.
        text: one sentence: what was found, and what is allowed.
    """

    name: str
    text: str


@dataclass(frozen=True)
class PartReport:
    """One part of the session. Shares are of the covered time outside halts.

    Attributes:
        seconds: covered, halts taken out.
        trades: prints.
        quotes: changes of the book.
        volume: shares, of the prints that count for volume.
        first_ns: time of the first event; None without one.
        last_ns: time of the last.
        quiet_seconds: from the last event to the end of what is covered.
        two_sided: share of the time with a bid below an offer.
        one_sided: with a bid or an offer only.
        empty: with neither, the time before the first quote included.
        locked: with the bid equal to the offer.
        crossed: with the bid above the offer.
        doubtful: with a book that the feed marked as perhaps wrong, or of impossible prices.
    """

    seconds: float
    trades: int
    quotes: int
    volume: int
    first_ns: int | None
    last_ns: int | None
    quiet_seconds: float
    two_sided: float
    one_sided: float
    empty: float
    locked: float
    crossed: float
    doubtful: float


@dataclass(frozen=True)
class BookReport:
    """The quotes of the whole day. Shares of rows and time are those outside halts.

    Attributes:
        rows: changes of the book outside halts.
        crossed_rows: share of them that leave it crossed.
        locked_rows: that leave it locked.
        one_sided_rows: that leave one side empty.
        bad_book_rows: share of all changes that the feed marks as perhaps wrong.
        crossed_time: share of the covered time in which the book is crossed.
        locked_time: is locked.
        median_spread_bps: of the two-sided book in regular hours, by time, in whole basis points
            of the mid; None without one.
        absurd_spreads: rows whose spread is a large part of the mid.
        off_grid: rows with a price that no order may have ($0.01; $0.0001 below $1).
        snapshots: rows that repeat a state.
        beyond_bound: rows with a price above $100,000.
        huge_sizes: rows with a size that no order may have.
        repeated: rows equal to the one before in every column.
        median_size: of both sides' sizes, shares, to 3 %; None without quotes.
    """

    rows: int
    crossed_rows: float
    locked_rows: float
    one_sided_rows: float
    bad_book_rows: float
    crossed_time: float
    locked_time: float
    median_spread_bps: int | None
    absurd_spreads: int
    off_grid: int
    snapshots: int
    beyond_bound: int
    huge_sizes: int
    repeated: int
    median_size: int | None


@dataclass(frozen=True)
class PrintReport:
    """The prints of the whole day. Shares are of all prints unless something else is said.

    Attributes:
        outliers: prints far off both their neighbours and the book, after which the price returns.
        breaks: lasting jumps of the price that no market makes without a halt.
        sub_penny: share at $1 or more that lies between two cents.
        unsigned: share without an aggressor.
        by_confidence: share by percent of confidence in the aggressor.
        off_exchange: share reported by a trade reporting facility.
        auction: share of auctions.
        odd_lot: share of odd lots.
        late: share of late reports.
        judged: prints in continuous trading that met a two-sided book.
        native: of these, with an aggressor told by the feed.
        wrong_side: share of ``native`` that bought at the bid or below, or sold at the offer or
            above.
        far_outside: share of ``judged`` further outside the book than an erroneous print is.
        stale_book: share of prints in regular hours whose book had not changed for long.
        price_to_mid: median of price over mid in ``judged``, to 3 %; None without such prints.
        size_to_displayed: median of size over the size displayed, of those that print at the
            touch, to 3 %; None without such prints.
        beyond_bound: prints above $100,000.
        huge_sizes: prints of a size that no order may have.
        repeated: prints equal to the one before in every column, their number not 0.
        median_size: shares, to 3 %; None without prints.
    """

    outliers: int
    breaks: int
    sub_penny: float
    unsigned: float
    by_confidence: dict[str, float]
    off_exchange: float
    auction: float
    odd_lot: float
    late: float
    judged: int
    native: int
    wrong_side: float
    far_outside: float
    stale_book: float
    price_to_mid: float | None
    size_to_displayed: float | None
    beyond_bound: int
    huge_sizes: int
    repeated: int
    median_size: int | None


@dataclass(frozen=True)
class HaltReport:
    """Spans in which nothing trades.

    Attributes:
        told: number that the feed of the listing exchange told.
        listed: number taken from a list of halts.
        inferred: number inferred from the tape.
        seconds: length of all, within the covered session.
        prints_inside: prints strictly inside one, by both clocks.
    """

    told: int
    listed: int
    inferred: int
    seconds: float
    prints_inside: int


@dataclass(frozen=True)
class GapReport:
    """Silences of the feed: no print and no quote, in regular hours outside halts.

    Attributes:
        longest_seconds: the longest.
        longest_from_ns: when it began; None if nothing was covered.
        active: silences of more than a minute that followed an active minute.
    """

    longest_seconds: float
    longest_from_ns: int | None
    active: int


@dataclass(frozen=True)
class ClockReport:
    """The two clocks of one table: ``ts_recv`` less ``ts_event``.

    Attributes:
        median_ns: its median, to 3 %, of the records where it is not negative; None without any.
        p99_ns: its 99th percentile.
        max_ns: the largest.
        min_ns: the smallest; below 0 if an event was received before it happened.
        negative: share of records where it is below 0.
        apart: records, late reports left out, whose clocks are minutes apart.
        backwards: steps back of ``ts_event`` by more than a second, late reports left out.
        furthest_back_seconds: the furthest step back.
        same_time: records received at the very time of the one before.
    """

    median_ns: int | None
    p99_ns: int | None
    max_ns: int | None
    min_ns: int | None
    negative: float
    apart: int
    backwards: int
    furthest_back_seconds: float
    same_time: int


@dataclass(frozen=True)
class DayReport:
    """The report of one symbol-day.

    Attributes:
        symbol: ticker.
        date: session date, ``YYYY-MM-DD``.
        verdict: ``good``, ``usable`` (there are flags) or ``quarantined`` (there are reasons).
        flags: what a user of the day must know.
        reasons: why the day is not to be trained on.
        trades: prints.
        quotes: changes of the book.
        status: records of the trading state.
        volume: shares, of the prints that count for volume.
        parts: by name of the part: premarket, regular, after_hours.
        book: the quotes.
        prints: the prints.
        halts: the halts.
        gaps: the silences.
        trade_clocks: the clocks of the prints.
        quote_clocks: the clocks of the quotes.
        faults: records repaired or left out by ingest, by kind.
        repaired: share of records that were not as they should be.
        open_to_previous_close: first price over the previous close; None if that is not known.
        volume_to_bars: volume over that of the vendor's bars; None if there are none.
    """

    symbol: str
    date: str
    verdict: str
    flags: tuple[Finding, ...]
    reasons: tuple[Finding, ...]
    trades: int
    quotes: int
    status: int
    volume: int
    parts: dict[str, PartReport]
    book: BookReport
    prints: PrintReport
    halts: HaltReport
    gaps: GapReport
    trade_clocks: ClockReport
    quote_clocks: ClockReport
    faults: dict[str, int]
    repaired: float
    open_to_previous_close: float | None
    volume_to_bars: float | None

    @property
    def flag_names(self) -> tuple[str, ...]:
        """The flags' names, sorted: what a stored day carries."""
        return tuple(flag.name for flag in self.flags)

    @property
    def summary(self) -> str:
        """The report in one line."""
        halts = self.halts.told + self.halts.listed + self.halts.inferred
        why = "; ".join(f.text for f in self.reasons) or ", ".join(self.flag_names)
        return (
            f"{self.symbol}/{self.date}: {self.verdict}{f' ({why})' if why else ''}. "
            f"{self.trades:,} trades, {self.quotes:,} quotes, {halts} halts."
        )

    def table_row(self) -> tuple[str, ...]:
        """Return the cells of the day under :data:`TABLE_HEAD`."""
        regular = self.parts["regular"]
        spread = self.book.median_spread_bps
        return (
            f"{self.symbol}/{self.date}",
            self.verdict,
            f"{self.trades:,}",
            f"{self.quotes:,}",
            f"{self.volume:,}",
            str(self.halts.told + self.halts.listed + self.halts.inferred),
            f"{regular.two_sided:.1%}" if self.quotes else "",
            "" if spread is None else f"{spread:,}",
            f"{self.book.crossed_time:.2%}" if self.quotes else "",
            f"{self.gaps.longest_seconds:,.0f}",
            f"{self.prints.unsigned:.0%}" if self.trades else "",
            f"{sum(self.faults.values()):,}",
            ", ".join(finding.name for finding in self.reasons or self.flags),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain dicts, lists, numbers and texts, ready for JSON."""
        return _plain(self)

    def to_json(self) -> str:
        """Return the report as JSON text, the same for the same report."""
        return json.dumps(self.as_dict(), indent=1, sort_keys=True, allow_nan=False) + "\n"

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "DayReport":
        """Return the report that :meth:`as_dict` made ``plain`` of.

        Raises:
            DayCorrupt: a key is missing or unknown, or a value is of the wrong type.
        """
        return _read(cls, plain, "report")


TABLE_HEAD = (
    "day", "verdict", "trades", "quotes", "volume", "halts", "two-sided", "spread bps", "crossed",
    "longest gap s", "unsigned", "repaired", "flags or reasons",
)  # fmt: skip
"""The names of the columns of :meth:`DayReport.table_row`."""


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in sorted(value.items())}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _read(kind: Any, plain: Any, where: str) -> Any:
    """Return a plain value as the type it is declared to have."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        keys = set(plain) if isinstance(plain, dict) else set()
        if keys != set(hints):
            odd = ", ".join(sorted(keys ^ set(hints)))
            raise DayCorrupt(f"`{where}` must have exactly the keys of its kind; check {odd}.")
        return kind(**{n: _read(hint, plain[n], f"{where}.{n}") for n, hint in hints.items()})
    if origin is dict and isinstance(plain, dict):
        return {key: _read(arguments[1], item, f"{where}.{key}") for key, item in plain.items()}
    if origin is tuple and isinstance(plain, list):
        return tuple(_read(arguments[0], item, where) for item in plain)
    allowed = arguments or (kind,)
    if type(plain) not in allowed:
        words = " or ".join(item.__name__ for item in allowed)
        raise DayCorrupt(f"`{where}` was {plain!r}; use {words}.")
    return plain
