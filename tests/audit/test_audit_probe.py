"""A finding names the second, the column and the values; what keeps no contract is refused."""

import numpy as np
import pytest
from audit.audited_days import varied_day
from reference.tapes import OPEN, P, Q, make_day, ns, resume, stop

from lowfloat.audit.cuts import aimed_cuts
from lowfloat.audit.futures import FUTURES
from lowfloat.audit.probe import SAME_DAY, Audited, Finding, Probe
from lowfloat.audit.subjects import ROWS, Subject
from lowfloat.errors import AuditError
from lowfloat.tape.column import Tape

LEAK = OPEN + 7  # the one second at which a planted column looks a second ahead


def steady():
    quotes = [Q(ns(OPEN + i + 0.25), 4.00, 4.02) for i in range(60)]
    return make_day(quotes, trades=[P(ns(OPEN + i + 0.5), 4.01, 100 + i) for i in range(60)])


def volume_so_far(tape: Tape) -> np.ndarray:
    rows = np.zeros(ROWS)
    rows[1:] = np.cumsum(tape.seconds.volume)
    return rows


def leaking(tape: Tape) -> dict[str, np.ndarray]:
    rows = volume_so_far(tape)
    rows[LEAK] = rows[LEAK + 1]
    return {"honest": volume_so_far(tape), "leaking": rows}


def found_at(second: int, family: str = "no_more_trades") -> list[Finding]:
    day = steady()
    audited = Audited(day, None, day, [Subject("mine", leaking)])
    cut = day.session.ns(second)
    changed = FUTURES[family](day, cut, np.random.default_rng(0), day)
    return audited.findings(Probe(second, "here", family, changed))


def test_a_finding_names_the_second_the_column_and_both_values() -> None:
    assert found_at(LEAK) == [
        Finding(
            "mine", "leaking", "no_more_trades", "HAND/2025-03-04", LEAK, "here", LEAK, 1,
            float(sum(range(100, 108))), float(sum(range(100, 107))),
        )
    ]  # fmt: skip


@pytest.mark.parametrize("second", [LEAK - 1, LEAK + 1])
def test_a_second_beside_it_nothing_is_found(second) -> None:
    assert found_at(second) == []


def one_subject(rows) -> list[Subject]:
    return [Subject("mine", lambda tape: {"column": rows(tape)})]


def probe_of(audited: Audited, second: int) -> Probe:
    day = audited.day
    changed = FUTURES["no_more_trades"](day, day.session.ns(second), np.random.default_rng(0), day)
    return Probe(second, "", "no_more_trades", changed)


@pytest.mark.parametrize(("one", "other"), [(0.0, -0.0), (1.0, np.nan), (1.0, 1.0 + 2**-52)])
def test_a_difference_of_one_bit_is_one(one, other) -> None:
    day = steady()

    def rows(tape: Tape) -> np.ndarray:
        return np.full(ROWS, one if len(tape.day.trades.price) == 60 else other)

    audited = Audited(day, None, day, one_subject(rows))
    (finding,) = audited.findings(probe_of(audited, OPEN))
    assert (finding.first, finding.rows) == (0, OPEN + 1)


def test_what_is_not_a_number_on_both_days_is_no_difference() -> None:
    day = steady()
    audited = Audited(day, None, day, one_subject(lambda tape: np.full(ROWS, np.nan)))
    assert audited.findings(probe_of(audited, OPEN)) == []


def test_rows_of_several_numbers_are_compared_in_all_of_them() -> None:
    day = steady()

    def rows(tape: Tape) -> np.ndarray:
        table = np.zeros((ROWS, 3), np.float32)
        table[5, 2] = len(tape.day.trades.price)
        return table

    audited = Audited(day, None, day, one_subject(rows))
    (finding,) = audited.findings(probe_of(audited, OPEN))
    assert (finding.first, finding.before, finding.after) == (5, [0, 0, 60], [0, 0, 0])


def test_a_column_that_remembers_other_days_is_found_on_the_same_day_again() -> None:
    asked = []

    def rows(tape: Tape) -> np.ndarray:
        asked.append(tape)
        return np.full(ROWS, len(asked))

    audited = Audited(steady(), None, steady(), one_subject(rows))
    (finding,) = audited.same_day_again()
    assert (finding.family, finding.before, finding.after) == (SAME_DAY, 1, 2)


def test_what_moves_after_the_cut_only_is_told_from_what_never_moves() -> None:
    day = steady()
    subjects = [*one_subject(volume_so_far), Subject("still", lambda _: {"x": np.zeros(ROWS)})]
    audited = Audited(day, None, day, subjects)
    assert audited.findings(probe_of(audited, OPEN)) == []
    assert audited.columns - audited.stirred == {("still", "x")}


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (lambda _: np.zeros(57_600), "(57600,)"),
        (lambda _: np.array(["a"] * ROWS), "<U1"),
        (lambda _: np.zeros(ROWS, object), "object"),
    ],
)
def test_rows_of_another_shape_or_kind_are_refused(rows, named) -> None:
    with pytest.raises(AuditError, match="`mine` gave `column`") as refused:
        Audited(steady(), None, steady(), one_subject(rows))
    assert named in str(refused.value)


def test_a_type_that_depends_on_the_future_is_refused() -> None:
    def rows(tape: Tape) -> np.ndarray:
        return np.zeros(ROWS, np.int64 if len(tape.day.trades.price) < 60 else np.float64)

    audited = Audited(steady(), None, steady(), one_subject(rows))
    with pytest.raises(AuditError, match=r"column int64 .* column float64"):
        audited.findings(probe_of(audited, OPEN))


def test_a_future_that_changes_nothing_is_no_probe() -> None:
    day = steady()  # it has no notices, and another day that is the same
    audited = Audited(day, None, day, one_subject(volume_so_far))
    probes = list(audited.probes(np.random.default_rng(0), 150))
    assert len(probes) == 150
    families = {probe.family for probe in probes}
    assert not families & {"no_more_status", "another_days_future", "least trades.publisher"}
    for probe in probes:
        assert any(
            len(now.ts_recv) != len(then.ts_recv)
            or any((a != b).any() for a, b in zip(now, then, strict=True))
            for now, then in (
                (getattr(probe.changed, name), getattr(day, name))
                for name in ("trades", "quotes", "status")
            )
        )


def test_cuts_lie_within_coverage_and_beside_what_they_aim_at() -> None:
    status = [stop(ns(OPEN + 20.5), ns(OPEN + 22.5)), resume(ns(OPEN + 330))]
    quotes = [Q(ns(OPEN + i + 0.25), 4.00, 4.02) for i in range(0, 2000, 10)]
    day = make_day(
        quotes, status, [P(ns(OPEN + 101.5), 4.01), P(ns(OPEN + 102.9), 5.0)],
        end_second=OPEN + 2000,
    )  # fmt: skip
    cuts = aimed_cuts(day, changes=[OPEN + 500], resets=[OPEN + 700])
    assert all(at[0] >= 0 and at[-1] < OPEN + 2000 for at in cuts.values())
    assert {OPEN + at for at in (20, 21, 22, 23, 330, 331)} <= set(cuts["halt"])
    assert set(cuts["open"]) == {OPEN - 1, OPEN, OPEN + 1}
    assert "close" not in cuts
    assert set(cuts["change"]) == {OPEN + 499, OPEN + 500, OPEN + 501}
    assert set(cuts["reset point"]) == {OPEN + 699, OPEN + 700, OPEN + 701}
    assert {OPEN + 102, OPEN + 103} <= set(cuts["print before its quote"])
    assert {OPEN + 102, OPEN + 103} <= set(cuts["jump"]) & set(cuts["new high or low"])
    assert {OPEN + 1990, OPEN + 1991} <= set(cuts["last record"])
    assert {OPEN, OPEN + 1} <= set(cuts["first record"])
    assert OPEN + 59 in cuts["minute"]
    assert OPEN + 14 in cuts["five seconds"]


def test_midnight_in_utc_is_aimed_at_where_a_session_holds_it() -> None:
    winter = make_day([Q(ns(OPEN), 4.00, 4.02)])
    assert set(aimed_cuts(winter)["UTC midnight"]) == {53_999, 54_000, 54_001}
    summer = make_day([Q(ns(OPEN), 4.00, 4.02)], date=winter.date.replace(month=6))
    assert set(aimed_cuts(summer)["UTC midnight"]) == {57_599}


def test_every_probe_keeps_to_the_day_it_cuts() -> None:
    day = varied_day(1)
    audited = Audited(day, None, varied_day(2), one_subject(volume_so_far))
    for probe in audited.probes(np.random.default_rng(4), 100):
        assert audited.findings(probe) == []
        assert probe.changed.coverage_end_ns == day.coverage_end_ns
