"""Rules as one record: nothing is lost on the way to a kernel."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.base.jit import kernel
from lowfloat.base.rules import as_record


class Inner(NamedTuple):
    share: float
    on: bool


class Rules(NamedTuple):
    count: int
    first: Inner
    second: Inner
    last: float


INNER = st.builds(Inner, st.floats(allow_nan=False), st.booleans())
RULES = st.builds(Rules, st.integers(-(2**63), 2**63 - 1), INNER, INNER, st.floats(allow_nan=False))


@kernel
def _read(rules):
    r = rules[0]
    return r.count, r.first.share, r.first.on, r.second.share, r.second.on, r.last


@given(RULES)
def test_a_kernel_reads_every_number_of_the_rules(rules: Rules) -> None:
    count, first, second, last = rules
    assert _read(as_record(rules)) == (count, *first, *second, last)


def test_the_record_is_one_row_with_the_names_of_the_rules() -> None:
    record = as_record(Rules(1, Inner(0.5, True), Inner(0.25, False), 2.0))
    assert record.shape == (1,)
    assert record.dtype.names == Rules._fields
    assert record.dtype["first"].names == Inner._fields


@pytest.mark.parametrize("value", ["text", None, [1.0], 1j])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"`share` was .*; use a bool, an int, a float or a Named"):
        as_record(Rules(1, Inner(value, True), Inner(0.0, True), 2.0))
