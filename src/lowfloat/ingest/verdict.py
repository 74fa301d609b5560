"""What may be said of a day by its figures: the thresholds, and the judgement by them."""

from typing import Annotated

from annotated_types import Ge, Gt, Le
from pydantic import model_validator

from lowfloat.base.clock import NS
from lowfloat.base.prices import MAX_SHARES
from lowfloat.base.settings import Settings
from lowfloat.base.units import Count, Fraction, NonNegative, Positive, Seconds
from lowfloat.days.day import NO_QUOTES, NO_STATUS, QUOTES_REBUILT, Day
from lowfloat.days.report import DayReport, Finding
from lowfloat.ingest.faults import FAULTS
from lowfloat.ingest.figures import share_of
from lowfloat.ingest.tally import NEGATIVE, REGULAR_PRINTS, Limits, Tally


class Allowed(Settings):
    """How much of something a day may have.

    Attributes:
        flag: above this the day is flagged.
        quarantine: above this it is quarantined; None if it never is.
    """

    flag: NonNegative
    quarantine: NonNegative | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Allowed":
        if self.quarantine is not None and self.quarantine < self.flag:
            raise ValueError(f"`quarantine` must not be below `flag`, which is {self.flag}")
        return self


class Range(Settings):
    """Between which values a ratio may lie before the day is quarantined."""

    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.high <= self.low:
            raise ValueError(f"`high` must be above `low`, which is {self.low}")
        return self


class ValidationConfig(Settings):
    """What is measured against, and what is allowed. The shares are 0 to 1."""

    # An erroneous print is this far off its neighbours and the book (exchanges' guideline to $25).
    band_regular: Fraction = 0.10
    band_extended: Fraction = 0.20
    # No price band lets a stock go further than this between two prints without a halt.
    break_regular: Annotated[float, Gt(1.0), Le(1000.0)] = 1.6
    break_extended: Annotated[float, Gt(1.0), Le(1000.0)] = 4.0
    absurd_spread: Annotated[float, Ge(0.0), Le(2.0)] = 0.5  # of the mid: stub quotes
    huge_size: Count = MAX_SHARES  # beyond it the ledger takes no order
    halt_edge_seconds: Seconds = 1  # prints, and two feeds' clocks, straddle the edges of a halt
    silence_seconds: Count = 60  # a feed that spoke within it is expected to
    active_events: Annotated[int, Ge(1), Le(10_000)] = 24  # if so, chance alone is 6e-6
    backwards_seconds: Seconds = 1  # feeds reorder by milliseconds
    apart_seconds: Seconds = 60  # no live feed is later
    stale_seconds: Seconds = 60  # in regular hours a book changes more often than that

    crossed_time: Allowed = Allowed(flag=0.001, quarantine=0.05)  # real feeds: 0.0001
    locked_time: Allowed = Allowed(flag=0.01, quarantine=0.25)  # real feeds: 0.0004
    one_sided_time: Allowed = Allowed(flag=0.05)  # in regular hours; the fills refuse such a book
    bad_book_rows: Allowed = Allowed(flag=0.001, quarantine=0.10)  # the feed's own word
    unquoted_time: Allowed = Allowed(flag=0.10)  # in regular hours, no book of two sides
    absurd_rows: Allowed = Allowed(flag=0.01, quarantine=0.50)  # stubs stand in thin premarkets
    off_grid_rows: Allowed = Allowed(flag=0.001, quarantine=0.50)  # prices scaled or averaged
    outliers: Allowed = Allowed(flag=0.0, quarantine=0.01)  # share of prints
    breaks: Allowed = Allowed(flag=0, quarantine=0)  # number: two stocks or scales in one file
    prints_in_halts: Allowed = Allowed(flag=0, quarantine=5)  # number: nothing trades in a halt
    wrong_side: Allowed = Allowed(flag=0.05, quarantine=0.20)  # real feeds: up to 0.036
    far_outside: Allowed = Allowed(flag=0.002, quarantine=0.05)  # trades and quotes do not match
    stale_book: Allowed = Allowed(flag=0.20, quarantine=0.80)  # quotes stop, prints go on
    unsigned: Allowed = Allowed(flag=0.80)  # real feeds: 0.07 to 0.65
    active_gaps: Allowed = Allowed(flag=30)  # number; thin days of real feeds: 22
    longest_gap_seconds: Allowed = Allowed(flag=900)  # thin days of real feeds: 693
    backwards: Allowed = Allowed(flag=0, quarantine=0.001)  # share of records
    apart: Allowed = Allowed(flag=0, quarantine=0.01)  # share: a clock or a zone is wrong
    early_receipt: Allowed = Allowed(flag=0.01)  # share: known before it happened
    repaired: Allowed = Allowed(flag=0.001, quarantine=0.05)  # values that could not be
    out_of_order: Allowed = Allowed(flag=0.001, quarantine=0.25)  # shuffled or spliced files
    duplicates: Allowed = Allowed(flag=0.001)  # overlapping files: harmless once dropped
    repeated: Allowed = Allowed(flag=0)  # equal records that are still there
    huge_sizes: Allowed = Allowed(flag=0, quarantine=0.01)  # share of records
    beyond_bound: Allowed = Allowed(flag=0, quarantine=0)  # number: readers drop such prices
    volume_error: Allowed = Allowed(flag=0.001, quarantine=0.90)  # against the vendor's own bars

    few_quotes_per_minute: NonNegative = 1.0  # of regular hours; below it the book is a sample
    price_to_mid: Range = Range(low=0.5, high=2.0)  # beyond: cents, 1e-4, 1e-9, another stock
    size_to_displayed: Range = Range(low=0.0005, high=8.0)  # beyond: lots for shares
    small_sizes: Fraction = 0.02  # low-float stocks: 0.1 to 1; 100,000s displayed: 0.001 to 0.01
    judged_prints: Count = 20  # fewer decide nothing about shares and ratios of prints
    split_ratio: Annotated[float, Gt(1.0), Le(1000.0)] = 2.0  # overnight; the usual least split


def limits_of(config: ValidationConfig) -> Limits:
    """Return what the walk measures against, in its own units."""
    return Limits(
        config.band_regular, config.band_extended, config.break_regular, config.break_extended,
        round(10_000 * config.absurd_spread), config.huge_size, config.halt_edge_seconds * NS,
        config.silence_seconds * NS, config.active_events, config.backwards_seconds * NS,
        config.apart_seconds * NS, config.stale_seconds * NS,
    )  # fmt: skip


def judge(
    day: Day, report: DayReport, tally: Tally, config: ValidationConfig
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the flags and the reasons for quarantine, sorted by name."""
    book, prints, regular = report.book, report.prints, report.parts["regular"]
    clocks = (report.trade_clocks, report.quote_clocks)
    events = report.trades + report.quotes
    flags = {name: Finding(name, "told by the source of the day") for name in day.flags}
    reasons: dict[str, Finding] = {}

    def weigh(name: str, what: str, value: float, allowed: Allowed) -> None:
        for above, findings in ((allowed.flag, flags), (allowed.quarantine, reasons)):
            if above is not None and value > above:
                findings[name] = Finding(name, f"{what}: {value:.6g}, allowed is {above:g}")

    def note(findings: dict[str, Finding], name: str, text: str) -> None:
        findings[name] = Finding(name, text)

    def within(name: str, what: str, value: float | None, allowed: Range) -> None:
        if value is not None and not allowed.low <= value <= allowed.high:
            text = f"{what}: {value:g}, allowed is {allowed.low:g} to {allowed.high:g}"
            note(reasons, name, text)

    if not events:
        note(reasons, "no_events", "there is no print and no quote")
    if not report.trades:
        note(flags, "no_trades", "there is no print")
    if not report.status:
        note(flags, NO_STATUS, "no source told the trading state; halts are not known")
    if report.halts.inferred:
        note(flags, "halts_inferred", f"{report.halts.inferred} halts are inferred from the tape")
    if day.coverage_end_ns < day.session.regular_close_ns:
        note(flags, "ends_early", "the sources end before the regular close")
    if not report.quotes:
        note(flags, NO_QUOTES, "there is no quote")
    elif regular.seconds and regular.quotes * 60 < config.few_quotes_per_minute * regular.seconds:
        note(flags, "few_quotes", f"{regular.quotes} quotes in regular hours")
    if report.quotes and regular.seconds:
        weigh("book_missing", "share of regular hours without a book of two sides",
              round(1.0 - regular.two_sided - regular.locked - regular.crossed, 6),
              config.unquoted_time)  # fmt: skip
    weigh("one_sided", "share of regular hours with one side", regular.one_sided,
          config.one_sided_time)  # fmt: skip
    weigh("crossed_often", "share of the time crossed", book.crossed_time, config.crossed_time)
    weigh("locked_often", "share of the time locked", book.locked_time, config.locked_time)
    weigh("bad_book", "share of quotes marked doubtful", book.bad_book_rows, config.bad_book_rows)
    weigh("absurd_spreads", "share of quotes with a spread beyond sense",
          share_of(book.absurd_spreads, report.quotes), config.absurd_rows)  # fmt: skip
    weigh("off_grid", "share of quotes off the price grid", share_of(book.off_grid, report.quotes),
          config.off_grid_rows)  # fmt: skip
    weigh("outliers_present", "share of prints far off their neighbours",
          share_of(prints.outliers, report.trades), config.outliers)  # fmt: skip
    weigh("price_breaks", "lasting jumps of the price", prints.breaks, config.breaks)
    weigh("prints_in_halts", "prints inside halts", report.halts.prints_inside,
          config.prints_in_halts)  # fmt: skip
    rebuilt = QUOTES_REBUILT in day.flags
    if prints.native >= config.judged_prints and not rebuilt:
        weigh("wrong_side", "share of buys at the bid or below and sells at the offer or above",
              prints.wrong_side, config.wrong_side)  # fmt: skip
    if prints.judged >= config.judged_prints and not rebuilt:
        weigh("prints_off_book", "share of prints far outside the book", prints.far_outside,
              config.far_outside)  # fmt: skip
        within("price_scale", "median of print price over mid", prints.price_to_mid,
               config.price_to_mid)  # fmt: skip
        within("size_scale", "median of print size over displayed size",
               prints.size_to_displayed, config.size_to_displayed)  # fmt: skip
        shown = prints.size_to_displayed
        if shown is not None and shown < config.small_sizes:
            note(flags, "sizes_small", f"median of print size over displayed size: {shown:g}, "
                 f"usual is {config.small_sizes:g} or more")  # fmt: skip
    if tally.counts[REGULAR_PRINTS] >= config.judged_prints and not rebuilt:
        weigh("stale_quotes", "share of prints that met an old book", prints.stale_book,
              config.stale_book)  # fmt: skip
    weigh("mostly_unsigned", "share of prints without a side", prints.unsigned, config.unsigned)
    weigh("many_gaps", "silences after an active minute", report.gaps.active, config.active_gaps)
    weigh("long_gap", "seconds of silence in regular hours", report.gaps.longest_seconds,
          config.longest_gap_seconds)  # fmt: skip
    weigh("clock_runs_back", "share of records timed before their predecessor",
          share_of(sum(c.backwards for c in clocks), events), config.backwards)  # fmt: skip
    weigh("clocks_apart", "share of records whose two clocks disagree",
          share_of(sum(c.apart for c in clocks), events), config.apart)  # fmt: skip
    weigh("received_early", "share of records received before they happened",
          share_of(tally.of_table[:, NEGATIVE].sum(), events), config.early_receipt)  # fmt: skip
    weigh("records_repaired", "share of records with impossible values", report.repaired,
          config.repaired)  # fmt: skip
    for name, fault, allowed in (
        ("out_of_order", "out_of_order", config.out_of_order),
        ("duplicates_dropped", "duplicate", config.duplicates),
    ):
        number = report.faults.get(fault, 0)
        whole = events + (number if fault == "duplicate" else 0)
        weigh(name, f"share of records: {FAULTS[fault]}", share_of(number, whole), allowed)
    weigh("repeated_records", "records equal to the one before", book.repeated + prints.repeated,
          config.repeated)  # fmt: skip
    weigh("huge_sizes", "share of records of a size beyond any order",
          share_of(book.huge_sizes + prints.huge_sizes, events), config.huge_sizes)  # fmt: skip
    weigh("beyond_bound", "prices above $100,000", book.beyond_bound + prints.beyond_bound,
          config.beyond_bound)  # fmt: skip
    if report.volume_to_bars is not None:
        weigh("volume_differs", "distance of the volume from the bars'",
              round(abs(report.volume_to_bars - 1.0), 6), config.volume_error)  # fmt: skip
    jump = report.open_to_previous_close
    if jump is not None and not 1 / config.split_ratio < jump < config.split_ratio:
        note(flags, "split_suspected", f"the first print is {jump:g} of the previous close")
    return tuple(flags[n] for n in sorted(flags)), tuple(reasons[n] for n in sorted(reasons))
