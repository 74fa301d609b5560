"""The filter reads columns of the tape as they are, and moments are what they are named."""

import datetime as dt

import numpy as np
from reference.tapes import OPEN, P, Q, make_day, ns, resume, stop

from lowfloat.tape.column import Tape
from lowfloat.tape.columns import NAMES, market_table
from lowfloat.tape.phase_filter import CLOSING, DOWN, FLAT, OPENING, UP
from lowfloat.tape.phase_input import FEATURES, moments_of, phase_input


def test_features_are_columns_and_unknown_where_the_column_is() -> None:
    quotes = [Q(ns(OPEN), 4.00, 4.04, 100, 300), Q(ns(OPEN + 100), 4.40, 4.44, 100, 300)]
    trades = [P(ns(OPEN + 100.5), 4.42, 400, 1), P(ns(OPEN + 101.5), 4.42, 600, -1)]
    tape = Tape(make_day(quotes, trades=trades))
    table, seen = market_table(tape), phase_input(tape)
    assert len(set(FEATURES)) == len(FEATURES)
    for number, name in enumerate(FEATURES):
        column = NAMES.index(name)
        found, known = seen.features[:, number], table.known[:, column]
        assert np.array_equal(found[known], table.values[known, column])
        assert np.isnan(found[~known]).all()
    moved = seen.features[:, FEATURES.index("return_30s")]
    assert np.isnan(moved[OPEN])
    assert moved[OPEN + 110] > 0.09
    assert tape.made(market_table) is None
    tape.of(market_table)  # from then on they are read from the whole table
    assert phase_input(tape).features.tobytes() == seen.features.tobytes()


def test_reopenings_are_told_by_their_sign_and_bells_by_the_session() -> None:
    quotes, status, price = [Q(ns(OPEN), 4.00, 4.02)], [], 4.0
    for i, move in enumerate((0.5, -0.5, 0.0)):
        begin = OPEN + 1000 * (i + 1)
        price += move
        status += [stop(ns(begin)), resume(ns(begin + 300))]
        quotes += [Q(ns(begin + 300.5), price, price + 0.02)]
    day = make_day(quotes, status)
    halted, moment = moments_of(Tape(day))
    found = [(int(second), int(moment[second])) for second in np.flatnonzero(moment)]
    assert [kind for _, kind in found] == [OPENING, UP, DOWN, FLAT, CLOSING]
    assert [second for second, _ in found][::4] == [19_800, 43_200]
    for second, kind in found[1:4]:
        assert halted[second - 1] == 1
        assert halted[second] == 0, kind


def test_the_closing_bell_rings_early_on_a_short_day() -> None:
    _, moment = moments_of(Tape(make_day([], date=dt.date(2024, 7, 3))))
    assert moment[9 * 3600] == CLOSING
    assert (moment != 0).sum() == 2
