"""An audit of a store: the same result however it is shared out, and nothing honest moves."""

from functools import partial

import numpy as np
import pytest
from reference.tapes import make_day

from lowfloat.audit.lookahead import audit_store
from lowfloat.audit.planted import planted_among_honest
from lowfloat.audit.subjects import ROWS, Subject, honest_subjects
from lowfloat.days import DayStore
from lowfloat.errors import ConfigError, DayNotFound
from lowfloat.synth import Options, synthesize
from lowfloat.tape.column import Tape


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> DayStore:
    store = DayStore(tmp_path_factory.mktemp("audited"))
    synthesize(store, 3, 3, options=Options(active=1.0))
    return store


@pytest.fixture(scope="module")
def audit(store):
    return audit_store(store, store.days(), planted_among_honest, probes=6, seed=2)


def test_nothing_honest_moves(store) -> None:
    audit = audit_store(store, store.days()[1:], honest_subjects, probes=30)
    assert audit.probes == sum(audit.by_family.values()) == 30
    assert (audit.differences, audit.findings, audit.first) == (0, (), {})


def test_two_workers_find_what_one_finds(store, audit) -> None:
    shared = audit_store(store, store.days(), planted_among_honest, probes=6, seed=2, workers=2)
    assert audit.differences > 0
    # As text, for what is not a number does not equal itself.
    assert repr(shared._replace(seconds=0.0)) == repr(audit._replace(seconds=0.0))


def test_another_seed_makes_other_probes(store, audit) -> None:
    other = audit_store(store, store.days(), planted_among_honest, probes=6, seed=3)
    assert other.by_family != audit.by_family


def test_probes_are_shared_out_over_all_days(store, audit) -> None:
    assert audit.days == tuple(f"{symbol}/{date}" for symbol, date in store.days())
    assert {finding.day for finding in audit.findings} == set(audit.days)


def test_what_is_asked_of_some_subjects_is_told_of_them_only(audit) -> None:
    honest = audit.only({subject.name for subject in honest_subjects()})
    assert honest.differences == 0 < audit.differences
    assert honest.probes == audit.probes
    assert {subject for subject, _ in honest.never_moved} <= {"market", "scores", "phase", "alert"}


def interrupting(after: int) -> list[Subject]:
    """Return a subject that Ctrl-C comes in the midst of."""
    asked = []

    def values(tape: Tape) -> dict[str, np.ndarray]:
        asked.append(tape)
        if tape.day.symbol == "SYNA" and str(tape.day.date) == "2025-01-03" and len(asked) > after:
            raise KeyboardInterrupt
        return {"x": np.zeros(ROWS)}

    return [Subject("mine", values)]


def test_an_interrupted_audit_tells_what_it_did(store) -> None:
    audit = audit_store(store, store.days(), partial(interrupting, 2), probes=9)
    assert audit.interrupted
    assert (audit.probes, audit.days) == (3, ("SYNA/2025-01-02",))


def still() -> list[Subject]:
    return [Subject("still", lambda tape: {"x": np.zeros(ROWS)})]


def test_progress_goes_from_block_to_block(store) -> None:
    told = []
    audit = audit_store(
        store, store.days()[1:2], still, probes=205, progress=lambda *words: told.append(words)
    )
    assert told == [("SYNA/2025-01-03", done, 205) for done in (100, 200, 205)]
    assert audit.never_moved == (("still", "x"),)


@pytest.mark.parametrize(("name", "value"), [("probes", 0), ("workers", 0), ("seed", -1)])
def test_numbers_out_of_bounds_are_refused(store, name, value) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` was {value}"):
        audit_store(store, store.days(), honest_subjects, **{name: value})


def test_no_day_and_no_such_column_cannot_be_audited(store) -> None:
    with pytest.raises(DayNotFound, match="no day to audit"):
        audit_store(store, [], honest_subjects)
    unknown = "`spreed` is no column here; use some of"
    with pytest.raises(ConfigError, match=unknown):
        honest_subjects(["spread", "spreed"])


def test_even_a_day_without_records_has_other_futures(tmp_path) -> None:
    empty = DayStore(tmp_path)
    empty.write(make_day([]))
    audit = audit_store(empty, empty.days(), honest_subjects, probes=12)
    assert (audit.probes, audit.differences) == (12, 0)
