"""The audit of a day store: probes shared out over its days, and what they found.

A day's probes come in blocks, each drawn from the seed, the day's name and the number of the
block, so that the result does not depend on how many processes share the work.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lowfloat.audit.probe import Audited, Finding
from lowfloat.audit.subjects import Subject
from lowfloat.base.progress import Progress
from lowfloat.days.baselines import Baselines
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.store import DayStore
from lowfloat.errors import ConfigError, DayNotFound
from lowfloat.fleet import Failed, each

PROBES = 2_000
"""Probes of an audit whose number is not given."""

_BLOCK = 100  # probes: seconds of work

Key = tuple[str, Any]  # symbol and date
Subjects = Callable[[], Sequence[Subject]]
"""Makes the subjects anew; a function of a module, or a `partial` of one, for several workers."""


class Found(NamedTuple):
    """The first look-ahead of a column, counted over the probes of an audit.

    Attributes:
        probes: how many probes it took, this one included.
        finding: what it exposed.
    """

    probes: int
    finding: Finding


class Audit(NamedTuple):
    """What an audit found.

    Attributes:
        days: names of the days that were probed, in order.
        probes: futures that changed a day and were compared.
        by_family: probes by the name of the future.
        moved: by ``(subject, column)``, in how many probes it moved.
        findings: the first of each block of probes and column.
        first: by ``(subject, column)``, how the first of all was found.
        never_moved: ``(subject, column)`` that no future moved, even after its cut: on these days
            the probes prove nothing about it.
        seconds: of wall-clock time.
        interrupted: whether it was stopped before all probes were made.
    """

    days: tuple[str, ...]
    probes: int
    by_family: dict[str, int]
    moved: dict[tuple[str, str], int]
    findings: tuple[Finding, ...]
    first: dict[tuple[str, str], Found]
    never_moved: tuple[tuple[str, str], ...]
    seconds: float
    interrupted: bool

    @property
    def differences(self) -> int:
        """How many times a column moved in a probe: 0 is what it should be."""
        return sum(self.moved.values())

    def only(self, subjects: Collection[str]) -> "Audit":
        """Return what was found of these subjects; the probes are those of all."""

        def kept(by_column: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
            return {column: value for column, value in by_column.items() if column[0] in subjects}

        return self._replace(
            moved=kept(self.moved),
            first=kept(self.first),
            findings=tuple(f for f in self.findings if f.subject in subjects),
            never_moved=tuple(column for column in self.never_moved if column[0] in subjects),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the audit as plain data."""
        return {
            "probes": self.probes,
            "differences": self.differences,
            "findings": [finding._asdict() for finding in self.findings],
            "by_family": self.by_family,
            "moved": {f"{subject}.{name}": times for (subject, name), times in self.moved.items()},
            "never_moved": [f"{subject}.{name}" for subject, name in self.never_moved],
            "days": list(self.days),
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
        }


class _Block(NamedTuple):
    """Some probes of one day."""

    where: str
    key: Key
    other: Key
    number: int
    probes: int
    seed: int
    subjects: Subjects
    until_found: bool


class _BlockResult(NamedTuple):
    by_family: Counter[str]
    moved: Counter[tuple[str, str]]
    first: dict[tuple[str, str], Found]
    columns: set[tuple[str, str]]
    stirred: set[tuple[str, str]]


def audit_store(
    store: DayStore,
    keys: Sequence[Key],
    subjects: Subjects,
    *,
    probes: int = PROBES,
    seed: int = 1,
    workers: int = 1,
    until_found: bool = False,
    progress: Progress | None = None,
) -> Audit:
    """Look for look-ahead on days of a store.

    Ctrl-C ends the audit, with what was found in the blocks that were done.

    Args:
        store: where the days are.
        keys: the symbols and dates of the days to audit.
        subjects: makes what is audited; called anew for each block of probes.
        probes: how many, shared out evenly over the days.
        seed: another seed makes other probes.
        workers: processes.
        until_found: ask a subject no more, in a block, once it was found to look ahead.
        progress: called with a day's name, how many probes are done, and how many there are.

    Raises:
        ConfigError: a number is out of bounds.
        DayNotFound: there is no day to audit.
        AuditError: a subject does not return rows of decisions.
    """
    if probes < 1:
        raise ConfigError(f"`probes` was {probes}; use 1 or more.")
    if seed < 0:
        raise ConfigError(f"`seed` was {seed}; use 0 or more.")
    if not keys:
        raise DayNotFound(f"{store.where} holds no day to audit.")
    blocks = list(_blocks(store.where, keys, subjects, probes, seed, until_found))
    began = time.perf_counter()
    results: list[_BlockResult] = []
    interrupted = False
    try:
        prepare = partial(_audited, blocks[0])
        for block, result in zip(
            blocks,
            each(_probed, blocks, workers=workers, retries=0, prepare=prepare),
            strict=True,
        ):
            if isinstance(result, Failed):
                raise result.error
            results.append(result)
            if progress is not None:
                done = sum(part.probes for part in blocks[: len(results)])
                progress(f"{block.key[0]}/{block.key[1]}", done, probes)
    except KeyboardInterrupt:
        interrupted = True
    names = dict.fromkeys(f"{block.key[0]}/{block.key[1]}" for block in blocks[: len(results)])
    return _summed(tuple(names), results, time.perf_counter() - began, interrupted)


def _blocks(
    where: str, keys: Sequence[Key], subjects: Subjects, probes: int, seed: int, until_found: bool
) -> Iterator[_Block]:
    for i, key in enumerate(keys):
        left = probes // len(keys) + (i < probes % len(keys))
        other = keys[(i + 1) % len(keys)]
        number = 0
        while left:
            size = min(left, _BLOCK)
            yield _Block(where, key, other, number, size, seed, subjects, until_found)
            left -= size
            number += 1


def _audited(block: _Block) -> Audited:
    store = DayStore(block.where)
    baseline = Baselines(store, ReferenceTables(store.where)).of(*block.key)
    return Audited(store[block.key], baseline, store[block.other], list(block.subjects()))


def _probed(block: _Block) -> _BlockResult:
    audited = _audited(block)
    rng = np.random.default_rng([block.seed, block.number, *audited.day.name.encode()])
    asked = list(audited.subjects)
    by_family: Counter[str] = Counter()
    moved: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Found] = {}

    def note(findings: list[Finding]) -> None:
        for finding in findings:
            column = finding.subject, finding.column
            moved[column] += 1
            first.setdefault(column, Found(by_family.total(), finding))

    for probe in audited.probes(rng, block.probes):
        by_family[probe.family] += 1
        findings = audited.findings(probe, asked)
        note(findings)
        if block.until_found:
            caught = {finding.subject for finding in findings}
            asked = [subject for subject in asked if subject.name not in caught]
    note(audited.same_day_again(asked))
    return _BlockResult(by_family, moved, first, audited.columns, audited.stirred)


def _summed(
    days: tuple[str, ...], results: Sequence[_BlockResult], seconds: float, interrupted: bool
) -> Audit:
    by_family: Counter[str] = Counter()
    moved: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Found] = {}
    findings: list[Finding] = []
    columns: set[tuple[str, str]] = set()
    stirred: set[tuple[str, str]] = set()
    for result in results:
        for column, found in result.first.items():
            first.setdefault(column, Found(by_family.total() + found.probes, found.finding))
            findings.append(found.finding)
        by_family += result.by_family
        moved += result.moved
        columns |= result.columns
        stirred |= result.stirred
    return Audit(
        days=days,
        probes=by_family.total(),
        by_family=dict(sorted(by_family.items())),
        moved=dict(sorted(moved.items())),
        findings=tuple(findings),
        first=first,
        never_moved=tuple(sorted(columns - stirred)),
        seconds=seconds,
        interrupted=interrupted,
    )
