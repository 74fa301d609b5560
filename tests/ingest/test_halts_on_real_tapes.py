"""Halts inferred on a real tape, against the record of its listing exchange.

The weights of the evidence come from the days up to 2025-03-28; the days from 04-01 on had no part
in them.
"""

import datetime as dt

import numpy as np
import pytest
from vendor_files import folder

from lowfloat.base.clock import NS
from lowfloat.base.records import LULD_PAUSE, Quotes, empty
from lowfloat.days import DayStore
from lowfloat.days.day import QUOTES_REBUILT
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.halts import infer_halts

LAST_TRAIN, FIRST_VALID = dt.date(2025, 3, 28), dt.date(2025, 4, 1)


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Days with their previous close and their real halts."""
    store = DayStore(tmp_path_factory.mktemp("days"))
    ingest_databento(folder("mlgo"), store)
    found, previous = [], 0
    for day in store:
        found.append((day, previous, [(a, b) for a, b in day.halts if b - a > NS]))
        previous = day.closing_price
    return found


def on(days, with_quotes, first=dt.date.min, last=dt.date.max):
    """Yield real and inferred halts of each day of a span, with or without its quotes."""
    for day, previous, real in days:
        told = QUOTES_REBUILT not in day.flags  # a book made of prints proves nothing about them
        if first <= day.date <= last and (told or not with_quotes):
            quotes = day.quotes if with_quotes else empty(Quotes)
            yield real, infer_halts(day.trades, quotes, day.session, previous)


def test_with_quotes_every_halt_of_both_parts_is_found_and_nothing_else(days):
    counts = []
    for span in ({"last": LAST_TRAIN}, {"first": FIRST_VALID}):
        pairs = list(on(days, True, **span))
        assert [len(real) for real, _ in pairs] == [len(found) for _, found in pairs]
        counts.append(sum(len(real) for real, _ in pairs))
    assert counts == [15, 10]


def test_with_quotes_starts_and_ends_are_right_to_ten_milliseconds(days):
    for real, found in on(days, True):
        for (begin, end), halt in zip(real, found, strict=True):
            assert halt.reason == LULD_PAUSE
            assert abs(halt.from_ns - begin) < NS // 100
            assert abs(halt.to_ns - end) < NS // 100


def test_from_prints_alone_all_but_one_halt_is_found_and_nothing_else(days):
    """The one stands 15 s after another, without a print between: both look like one."""
    for span, missed in (({"last": LAST_TRAIN}, 1), ({"first": FIRST_VALID}, 0)):
        pairs = list(on(days, False, **span))
        assert sum(len(real) - len(found) for real, found in pairs) == missed
        assert all(len(found) <= len(real) for real, found in pairs)
        for real, found in pairs:
            for halt in found:
                assert any(halt.from_ns < b and halt.to_ns > a for a, b in real)


def test_from_prints_alone_half_of_the_stamps_are_right_to_ten_milliseconds(days):
    errors = [
        (abs(halt.from_ns - begin), abs(halt.to_ns - end))
        for real, found in on(days, False)
        if len(real) == len(found)
        for (begin, end), halt in zip(real, found, strict=True)
    ]
    assert np.median(errors) < NS // 100


def test_no_print_lies_in_an_inferred_halt_by_either_clock(days):
    for day, previous, _ in days:
        for halt in infer_halts(day.trades, day.quotes, day.session, previous):
            for times in (day.trades.ts_recv, day.trades.ts_event):
                assert not ((times > halt.from_ns) & (times < halt.to_ns)).any()
