"""The detector finds every planted leak, and says which second it was."""

import numpy as np
import pytest

from lowfloat.audit.planted import PLANTED, planted_subjects
from lowfloat.audit.probe import Audited, Finding
from lowfloat.synth import Options, synth_days

MOST = 1_500  # probes


@pytest.fixture(scope="module")
def found() -> dict[str, Finding]:
    """Return the first finding of each leak, on one synthetic day with halts."""
    day, other = (day for day, _ in synth_days(2, 3, options=Options(active=1.0)))
    assert day.halts
    audited = Audited(day, None, other, planted_subjects())
    asked, findings = list(audited.subjects), {}
    for probe in audited.probes(np.random.default_rng(7), MOST):
        findings |= {finding.subject: finding for finding in audited.findings(probe, asked)}
        asked = [subject for subject in audited.subjects if subject.name not in findings]
        if not asked:
            break
    return findings


@pytest.mark.parametrize("leak", PLANTED)
def test_a_planted_leak_is_found(found, leak) -> None:
    assert leak in found


def test_there_are_at_least_44_of_them_and_each_has_another_name() -> None:
    assert len(set(PLANTED)) == len(PLANTED) >= 44


def test_a_finding_lies_at_or_before_its_cut(found) -> None:
    assert all(finding.first <= finding.cut for finding in found.values())
    assert all(1 <= finding.rows <= finding.cut + 1 - finding.first for finding in found.values())


@pytest.mark.parametrize(
    ("leak", "clock"),
    [
        ("only_at_15_59_59", "15:59:59"),
        ("only_at_the_open", "09:30:00"),
        ("only_at_utc_midnight", "19:00:00"),
    ],
)
def test_a_leak_of_one_second_is_found_in_that_second(found, leak, clock) -> None:
    hours, minutes, seconds = map(int, clock.split(":"))
    second = hours * 3600 + minutes * 60 + seconds - 4 * 3600
    finding = found[leak]
    assert (finding.first, finding.cut, finding.rows) == (second, second, 1)


def test_a_leak_of_the_whole_day_shows_from_its_first_second(found) -> None:
    for leak in ("official_close_known", "average_volume_with_the_day", "records_left"):
        assert found[leak].first <= 1 or found[leak].rows > 1_000


def test_a_leak_of_one_second_only_shows_in_the_last_row(found) -> None:
    for leak in ("column_a_second_early", "edge_included", "through_the_mask", "sign_of_zero"):
        assert (found[leak].first, found[leak].rows) == (found[leak].cut, 1)
