"""One probe: a cut, another future, and whether anything known up to the cut is different."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from lowfloat.audit.cuts import aimed_cuts
from lowfloat.audit.futures import FUTURES
from lowfloat.audit.subjects import ROWS, Subject
from lowfloat.days.baseline import Baseline
from lowfloat.days.day import Day
from lowfloat.errors import AuditError
from lowfloat.tape.column import Tape

_ATTEMPTS = 20  # futures tried for each that changes something, before a day counts as used up
_RARE = 1_000  # changes of a column on a day
SAME_DAY = "the same day again"
"""Family of the findings about subjects that are not a function of the day alone."""


class Probe(NamedTuple):
    """Another future of a day.

    Attributes:
        second: the decision second that the day is cut at.
        aim: what the cut was aimed at.
        family: name of the future.
        changed: the day with that future.
    """

    second: int
    aim: str
    family: str
    changed: Day


class Finding(NamedTuple):
    """A value that was known before what it depends on.

    Attributes:
        subject: what was audited.
        column: its column.
        family: the future that exposed it.
        day: ``SYMBOL/YYYY-MM-DD``.
        cut: the decision second that the day was cut at.
        aim: what the cut was aimed at.
        first: the first decision second whose value moved, at most ``cut``.
        rows: how many decisions up to the cut have another value.
        before: the value at ``first`` on the day itself.
        after: the value at ``first`` with the other future.
    """

    subject: str
    column: str
    family: str
    day: str
    cut: int
    aim: str
    first: int
    rows: int
    before: Any
    after: Any


class Audited:
    """A day, and what its subjects say of it, computed once.

    Args:
        day: the day.
        baseline: what was usual before it.
        other: another day, whose records may follow a cut.
        subjects: what is audited.
        resets: decision seconds to aim cuts at besides.

    Raises:
        AuditError: a subject does not return rows of decisions.
    """

    def __init__(
        self,
        day: Day,
        baseline: Baseline | None,
        other: Day,
        subjects: Sequence[Subject],
        resets: Collection[int] = (),
    ) -> None:
        self.day = day
        self.subjects = subjects
        self._baseline = baseline
        self._other = other
        tape = Tape(day, baseline)
        self._original = {subject.name: _checked(subject, tape) for subject in subjects}
        self._aims = aimed_cuts(day, self._rare_changes(), resets)
        self.columns = {
            (name, column) for name, columns in self._original.items() for column in columns
        }
        """``(subject, column)`` of everything that is audited."""
        self.stirred: set[tuple[str, str]] = set()
        """Those that some future has moved so far, before its cut or after."""

    def _rare_changes(self) -> np.ndarray:
        """Return the seconds at which a column changes that does so rarely: a flag, a phase."""
        rare = [np.zeros(0, np.int64)]
        for columns in self._original.values():
            for rows in columns.values():
                bits = _bits(rows).reshape(ROWS, -1)
                changes = np.flatnonzero((bits[1:] != bits[:-1]).any(axis=1)) + 1
                rare += [changes] if len(changes) <= _RARE else []
        return np.unique(np.concatenate(rare))

    def probes(self, rng: np.random.Generator, count: int) -> Iterator[Probe]:
        """Yield up to ``count`` probes; families take turns, and so do aims.

        Every third is a burst, for it alone is sure to change the very second after a cut, which
        is all that a mistake of one second sees. A future that leaves the day as it is proves
        nothing and is no probe.
        """
        families, aims = _turns(list(FUTURES), rng), _turns(list(self._aims), rng)
        made = 0
        for attempt in range(_ATTEMPTS * count):
            family = "a_burst_follows" if attempt % 3 == 0 else next(families)
            aim = next(aims)
            second = int(rng.choice(self._aims[aim]))
            cut = self.day.session.ns(second)
            changed = FUTURES[family](self.day, cut, rng, self._other)
            if _same_records(self.day, changed):
                continue
            yield Probe(second, aim, family, changed.check())
            made += 1
            if made == count:
                return

    def findings(self, probe: Probe, subjects: Sequence[Subject] | None = None) -> list[Finding]:
        """Return what differs up to the probe's cut, the decision at the cut included.

        Args:
            probe: the probe.
            subjects: those to ask; all of them if None.

        Raises:
            AuditError: a subject returns other columns for the changed day.
        """
        tape = Tape(probe.changed, self._baseline)
        found: list[Finding] = []
        for subject in self.subjects if subjects is None else subjects:
            original = self._original[subject.name]
            changed = _checked(subject, tape)
            if {name: rows.dtype for name, rows in changed.items()} != {
                name: rows.dtype for name, rows in original.items()
            }:
                raise AuditError(
                    f"`{subject.name}` gave columns {_types(changed)} for {self.day.name} with the "
                    f"future `{probe.family}` from second {probe.second} on, and "
                    f"{_types(original)} without; use the same for every day."
                )
            for column, rows in changed.items():
                found += self._moved(probe, subject.name, column, original[column], rows)
        return found

    def same_day_again(self, subjects: Sequence[Subject] | None = None) -> list[Finding]:
        """Return what differs when the day itself is asked for again, after others were."""
        return self.findings(Probe(ROWS - 1, SAME_DAY, SAME_DAY, self.day), subjects)

    def _moved(
        self, probe: Probe, subject: str, column: str, original: np.ndarray, changed: np.ndarray
    ) -> Iterator[Finding]:
        upto = probe.second + 1
        before, after = _bits(original), _bits(changed)
        if (subject, column) not in self.stirred and not np.array_equal(before, after):
            self.stirred.add((subject, column))
        if np.array_equal(before[:upto], after[:upto]):
            return
        differ = before[:upto] != after[:upto]
        moved = np.flatnonzero(differ.reshape(upto, -1).any(axis=1))
        first = int(moved[0])
        yield Finding(
            subject, column, probe.family, self.day.name, probe.second, probe.aim, first,
            len(moved), original[first].tolist(), changed[first].tolist(),
        )  # fmt: skip


def _checked(subject: Subject, tape: Tape) -> dict[str, np.ndarray]:
    columns = subject.values(tape)
    for name, rows in columns.items():
        if len(rows) != ROWS or rows.dtype.kind not in "fiub":
            raise AuditError(
                f"`{subject.name}` gave `{name}` of shape {rows.shape} and type {rows.dtype}; use "
                f"numbers for each of the {ROWS:,} decisions of a day."
            )
    return columns


def _types(columns: dict[str, np.ndarray]) -> str:
    return ", ".join(f"{name} {rows.dtype}" for name, rows in columns.items())


def _bits(rows: np.ndarray) -> np.ndarray:
    """Return a view whose numbers are equal if and only if the bits are: not a number, too."""
    return rows.view(f"u{rows.dtype.itemsize}")


def _turns(names: list[str], rng: np.random.Generator) -> Iterator[str]:
    """Yield names without end, each once in every round, the rounds in drawn orders."""
    while True:
        for place in rng.permutation(len(names)):
            yield names[place]


def _same_records(day: Day, other: Day) -> bool:
    return all(
        column is changed or np.array_equal(column, changed)
        for name in ("trades", "quotes", "status")
        for column, changed in zip(getattr(day, name), getattr(other, name), strict=True)
    )
