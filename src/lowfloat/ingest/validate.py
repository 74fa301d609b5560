"""Whether a day may be trusted: its figures, measured in one pass, and a verdict on them.

How it is measured stands in :mod:`lowfloat.ingest.walk`, what is measured in
:mod:`lowfloat.days.report`, and what follows from it in :mod:`lowfloat.ingest.verdict`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lowfloat.days.day import Day
from lowfloat.days.report import GOOD, QUARANTINED, USABLE, DayReport
from lowfloat.ingest.faults import FAULTS
from lowfloat.ingest.figures import report_of
from lowfloat.ingest.verdict import ValidationConfig, judge, limits_of
from lowfloat.ingest.walk import measure

HALTS_LISTED = "halts_listed"
"""Flag of a day whose halts were taken from a list."""


@dataclass(frozen=True)
class Context:
    """What else is known about a day.

    Attributes:
        previous_close: nanodollars, adjusted for known splits; 0 if it is not known.
        bars_volume: shares of the vendor's own bars over what is covered; None without bars.
        release: called after each block of rows, such as to hand back mapped memory.
    """

    previous_close: int = 0
    bars_volume: int | None = None
    release: Callable[[], None] | None = None


def validate(
    day: Day,
    faults: Mapping[str, int] | None = None,
    context: Context | None = None,
    config: ValidationConfig | None = None,
) -> DayReport:
    """Measure a day and judge it.

    Args:
        day: the day, its flags those of the reader and the assembler.
        faults: records repaired or left out on the way to it, by a name of :data:`FAULTS`.
        context: what else is known about the day; None for nothing.
        config: what is allowed; None for the defaults.

    Raises:
        FeedError: the day breaks a rule of its tables; the message says where.
        ValueError: a fault has an unknown name or a number below 0.
    """
    context, config = context or Context(), config or ValidationConfig()
    found = dict(sorted((faults or {}).items()))
    for name, number in found.items():
        if name not in FAULTS or number < 0:
            raise ValueError(f"fault `{name}` was {number}; use 0 or more of {sorted(FAULTS)}.")
    tally = measure(day, limits_of(config), context.release)
    report = report_of(
        day,
        tally,
        {name: int(n) for name, n in found.items() if n},
        previous_close=context.previous_close,
        bars_volume=context.bars_volume,
        are_halts_listed=HALTS_LISTED in day.flags,
    )
    flags, reasons = judge(day, report, tally, config)
    verdict = QUARANTINED if reasons else USABLE if flags else GOOD
    return replace(report, verdict=verdict, flags=flags, reasons=reasons)
