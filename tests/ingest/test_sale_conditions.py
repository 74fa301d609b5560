"""What a print counts for, by its sale conditions."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from flat_files import ns
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.base.codes import Mark
from lowfloat.ingest.conditions import (
    CONDITIONS,
    CTA,
    MASSIVE,
    UTP,
    in_regular_hours,
    marks_of,
)

ALL = Mark.ORDINARY
NOT_FLOW = Mark.LAST | Mark.HIGH_LOW | Mark.VOLUME


def marks(text, words=MASSIVE, regular=True):
    found = marks_of([text], np.array([regular]), words)
    assert found.marks.dtype == np.uint16
    return Mark(int(found.marks[0]))


def test_no_code_means_two_things():
    for codes in (
        [n for c in CONDITIONS for n in c.numbers],
        [x for c in CONDITIONS for x in c.cta],
        [x for c in CONDITIONS for x in c.utp],
    ):
        assert set(Counter(codes).values()) == {1}


@pytest.mark.parametrize(
    ("number", "cta", "utp", "expected"),
    [
        ("", "", "@", ALL),
        ("0", " ", "@", ALL),
        ("14", "F", "F", ALL),
        ("41", "", "", ALL),
        ("37", "I", "I", Mark.VOLUME | Mark.TAPE | Mark.ODD_LOT),
        ("12", "T", "T", Mark.VOLUME),
        ("2", "B", "W", Mark.VOLUME),
        ("10", "4", "4", Mark.HIGH_LOW | Mark.VOLUME),
        ("7", "C", "C", Mark.VOLUME),
        ("20", "N", "N", Mark.VOLUME),
        ("29", "R", "R", Mark.VOLUME),
        ("22", "P", "P", Mark.HIGH_LOW | Mark.VOLUME),
        ("30", "L", "L", Mark.HIGH_LOW | Mark.VOLUME | Mark.LATE),
        ("32", "Z", "Z", Mark.HIGH_LOW | Mark.VOLUME | Mark.LATE),
        ("13", "U", "U", Mark.VOLUME | Mark.LATE),
        ("52", "V", "V", Mark.VOLUME),
        ("53", "7", "7", Mark.VOLUME),
        ("21", "H", "H", Mark.VOLUME),
        ("16", "Q", "Q", Mark.OFFICIAL_OPEN),
        ("15", "M", "M", Mark.OFFICIAL_CLOSE),
        ("38", "9", "9", Mark.OFFICIAL_CLOSE),
        ("25", "O", "O", NOT_FLOW | Mark.AUCTION),
        ("28", "5", "5", NOT_FLOW | Mark.AUCTION),
        ("8", "6", "6", NOT_FLOW | Mark.AUCTION),
        ("9", "X", "X", NOT_FLOW | Mark.AUCTION),
    ],
)
def test_the_three_vocabularies_agree(number, cta, utp, expected):
    assert marks(number) == expected
    if number != "41":
        assert marks(cta, CTA) == marks(utp, UTP) == expected


def test_a_letter_is_read_by_its_tape():
    assert marks("B", CTA) == Mark.VOLUME  # average price
    assert marks("B", UTP) == ALL  # bunched
    assert marks("E", CTA) == ALL  # automatic execution


@given(st.lists(st.sampled_from(sorted(MASSIVE.conditions)), max_size=4), st.booleans())
def test_a_print_may_do_only_what_all_its_conditions_allow(numbers, regular):
    together = marks(",".join(numbers), regular=regular)
    alone = [marks(number, regular=regular) for number in numbers] or [ALL]
    for bit in (Mark.LAST, Mark.HIGH_LOW, Mark.VOLUME, Mark.TAPE):
        assert bool(together & bit) == all(one & bit for one in alone)
    for bit in (Mark.AUCTION, Mark.ODD_LOT, Mark.LATE, Mark.OFFICIAL_OPEN, Mark.OFFICIAL_CLOSE):
        assert bool(together & bit) == any(one & bit for one in alone)


def test_outside_regular_hours_form_t_is_passed_over_and_the_rest_decides():
    assert marks("12", regular=False) == ALL
    assert marks("12,37", regular=False) == marks("37")
    assert marks("12,2", regular=False) == marks("2")
    assert marks("@TI", UTP, regular=False) == marks("37")


def test_an_official_price_has_no_volume_whatever_else_a_print_carries():
    assert not marks("14,15") & Mark.VOLUME


def test_an_unknown_condition_leaves_only_the_volume_and_is_counted():
    found = marks_of(["14", "999", "14,x", "999,16"], np.ones(4, bool), MASSIVE)
    assert found.unknown.tolist() == [False, True, True, True]
    assert found.marks.tolist() == [ALL, Mark.VOLUME, Mark.VOLUME, Mark.OFFICIAL_OPEN]


def test_a_letter_of_the_other_tape_is_unknown():
    assert marks_of(["W"], np.ones(1, bool), CTA).unknown.all()


@pytest.mark.parametrize(
    "text", ["2,37", '"2,37"', "[2, 37]", "[2 37]", "2;37", "37,2", " 2 , 37 "]
)
def test_numbers_are_read_however_they_are_written(text):
    assert marks(text) == Mark.VOLUME | Mark.ODD_LOT


@pytest.mark.parametrize("text", ["@TI", "@ TI", "@,T,I", "['@', 'T', 'I']", " ,T,I", "@|T|I"])
def test_letters_are_read_however_they_are_written(text):
    assert marks(text, UTP, regular=False) == marks("37")


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["37", None, "16"]),
        pa.array(["37", None, "16"]).dictionary_encode(),
        pa.array(["2", "37", None, "16"]).dictionary_encode().slice(1),
        np.array(["37", "", "16"]),
        ["37", "", "16"],
    ],
    ids=["text", "dictionary", "slice", "numpy", "list"],
)
def test_a_column_of_any_kind_is_taken(column):
    found = marks_of(column, np.ones(3, bool), MASSIVE)
    assert found.marks.tolist() == [marks("37"), ALL, Mark.OFFICIAL_OPEN]


def test_no_prints_have_no_marks():
    assert len(marks_of(pa.array([], pa.string()), np.zeros(0, bool), MASSIVE).marks) == 0


@pytest.mark.parametrize(
    ("clock", "date", "expected"),
    [
        ("09:29:59.999999999", "2025-03-10", False),
        ("09:30:00", "2025-03-10", True),
        ("15:59:59.999999999", "2025-03-10", True),
        ("16:00:00", "2025-03-10", False),
        ("09:30:00", "2025-03-07", True),  # the day before the clocks change
        ("13:00:00", "2025-11-28", False),  # a half day
        ("12:59:59", "2025-11-28", True),
        ("12:00:00", "2025-03-09", False),  # a Sunday
        ("12:00:00", "2025-01-09", False),  # a day of mourning
    ],
)
def test_regular_hours_follow_the_calendar(clock, date, expected):
    assert in_regular_hours(np.array([ns(clock, date)])).tolist() == [expected]


def test_times_beyond_any_calendar_are_not_of_regular_hours():
    limits = np.iinfo(np.int64)
    assert not in_regular_hours(np.array([limits.min, -1, 0, limits.max])).any()
