"""Synthetic days as DBN files, ingested again: pauses, auctions and restrictions come back too."""

import datetime as dt

import numpy as np
import pytest
from reference.luld_rules import violations
from synth.driven import FULL, HALF, OPENS, day_of, extensions_of, pauses_of, play, scene_of

from lowfloat.base.codes import Mark
from lowfloat.days import DayStore
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn_export import export_days
from lowfloat.synth import synth_days

CLOSES = 43_200
CASES = {
    "a pause": (FULL, 5.0, (OPENS + 300, OPENS + 900, 0.07), False),
    "an extension": (FULL, 5.0, (OPENS + 600, OPENS + 600, 0.4), False),
    "a pause into the close": (FULL, 5.0, (CLOSES - 300, CLOSES - 300, 0.35), False),
    "a restriction": (FULL, 5.0, (OPENS + 300, OPENS + 600, -0.03), False),
    "a carried restriction": (FULL, 5.0, (OPENS + 300, OPENS + 600, 0.01), True),
    "hundredths of a cent": (FULL, 0.95, (OPENS + 300, OPENS + 900, 0.03), False),
    "a half day": (HALF, 5.0, (OPENS + 300, OPENS + 900, -0.07), False),
}


def returned(day, folder):
    """Export a day, ingest the files, and return what the store holds then."""
    export_days([day], folder / "files")
    store = DayStore(folder / "days")
    result = ingest_databento(folder / "files", store)
    assert (result.refused, result.failed) == ([], [])
    return store[day.symbol, day.date]


def assert_equal(mine, theirs):
    """Compare all that files carry; sides that the feed does not state are inferred alike."""
    for name in ("symbol", "date", "session", "coverage_end_ns", "dataset"):
        assert getattr(mine, name) == getattr(theirs, name)
    for table in ("trades", "quotes", "status"):
        for column, values in getattr(mine, table)._asdict().items():
            again = getattr(getattr(theirs, table), column)
            assert values.dtype == again.dtype
            if column != "flags":  # the bit that ends an event says nothing of a stored state
                np.testing.assert_array_equal(values, again, f"{table}.{column}")


def made(case):
    session, dollars, move, restricted = CASES[case]
    driven = play(session, scene_of(session, move), dollars, restricted=restricted)
    return driven, day_of(session, driven, restricted=restricted)


@pytest.mark.parametrize("case", CASES)
def test_a_synthetic_day_comes_back_equal(case, tmp_path):
    _, day = made(case)
    assert_equal(day, returned(day, tmp_path))


def test_the_days_that_come_back_hold_what_their_names_say():
    driven = {case: made(case) for case in CASES}
    assert len(pauses_of(driven["a pause"][0])) >= 1
    assert extensions_of(driven["an extension"][0]) >= 1
    assert pauses_of(driven["a pause into the close"][0])[-1][1] == CLOSES * 10**9
    assert (driven["a restriction"][1].status.action == 14).any()
    assert (driven["a carried restriction"][1].status.is_short_sell_restricted[1:] == 1).all()
    for _, day in driven.values():
        assert (day.trades.marks & Mark.AUCTION != 0).sum() >= 2


def test_a_day_that_comes_back_has_the_same_halts_and_keeps_the_same_rules(tmp_path):
    _, day = made("a pause")
    again = returned(day, tmp_path)
    assert again.halts == day.halts
    assert violations(again, 5 * 10**9, restricted_before=False) == []


def test_generated_days_of_several_symbols_come_back_equal(tmp_path):
    days = [day for day, _ in synth_days(2, seed=11, symbols=2, first=dt.date(2025, 3, 7))]
    export_days(days, tmp_path / "files")
    store = DayStore(tmp_path / "days")
    result = ingest_databento(tmp_path / "files", store)
    assert (result.refused, result.failed) == ([], [])
    for day in days:  # on both sides of the change to summer time
        assert_equal(day, store[day.symbol, day.date])
