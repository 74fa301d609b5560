"""Splits: by date, the same for all symbols, with days between that belong to none."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.base.clock import sessions_between
from lowfloat.errors import EmptySplit
from lowfloat.index import Index, scan
from lowfloat.index.config import IndexConfig, SplitConfig
from lowfloat.index.splits import is_held_out, splits_of
from lowfloat.synth import synthesize

SESSIONS = sessions_between(dt.date(2025, 1, 2), dt.date(2025, 12, 31))
ORDER = ("train", "valid", "exam")


def split_of_dates(dates: list[dt.date], config: SplitConfig) -> dict[dt.date, str]:
    """Return the splits of one symbol's days."""
    splits = splits_of([("HAND", date) for date in dates], config)
    return {date: split for (_, date), split in splits.items()}


def members(splits: dict[dt.date, str], split: str) -> list[dt.date]:
    return [date for date in sorted(splits) if splits[date] == split]


@st.composite
def configs(draw) -> SplitConfig:
    train = draw(st.floats(0.0, 1.0))
    ends = draw(st.lists(st.sampled_from(SESSIONS), min_size=2, max_size=2).map(sorted))
    dated = draw(st.sampled_from([(), (0,), (0, 1)]))
    return SplitConfig(
        train_fraction=train,
        valid_fraction=draw(st.floats(0.0, 1.0 - train)),
        embargo_sessions=draw(st.integers(0, 5)),
        **{name: ends[i] for i, name in enumerate(("train_end", "valid_end")) if i in dated},
    )


@given(st.sets(st.sampled_from(SESSIONS), min_size=1, max_size=40), configs())
def test_every_split_lies_wholly_before_the_next(dates: set, config: SplitConfig) -> None:
    splits = split_of_dates(list(dates), config)
    assert set(splits) == dates
    assert set(splits.values()) <= {*ORDER, "embargo"}
    parts = [members(splits, split) for split in ORDER if members(splits, split)]
    assert all(one[-1] < other[0] for one, other in pairwise(parts))


def apart(first: dt.date, second: dt.date) -> int:
    """Return how many sessions lie from one date to another."""
    return SESSIONS.index(second) - SESSIONS.index(first)


@given(
    st.sets(st.sampled_from(SESSIONS), min_size=1, max_size=40),
    configs(),
    st.integers(0, 5),
)
def test_embargo_and_purge_take_the_days_close_to_a_boundary_but_the_last_one_left(
    dates: set, config: SplitConfig, purge: int
) -> None:
    config = config.model_copy(update={"purge_sessions": purge})
    free = split_of_dates(
        list(dates), config.model_copy(update={"embargo_sessions": 0, "purge_sessions": 0})
    )
    splits = split_of_dates(list(dates), config)
    parts = [part for part in ORDER if members(free, part)]
    for part in parts:
        assert set(splits[date] for date in members(free, part)) <= {part, "embargo", "purge"}
    for earlier, later in pairwise(parts):
        before, after = members(free, earlier), members(free, later)
        for date in after:
            near = apart(before[-1], date) <= config.embargo_sessions and date != after[-1]
            if splits[date] != "purge":
                assert (splits[date] == "embargo") == near
        for date in before:
            near = apart(date, after[0]) <= purge and date != before[0]
            if splits[date] != "embargo":
                assert (splits[date] == "purge") == near


def test_a_symbol_that_was_away_at_a_boundary_has_no_embargo() -> None:
    """The other symbol's days make the boundary, and its echo is its own."""
    config = SplitConfig(train_end=SESSIONS[9], valid_end=SESSIONS[19], embargo_sessions=2)
    busy = [("BUSY", date) for date in SESSIONS[:30]]
    away = [("AWAY", date) for date in (*SESSIONS[:5], *SESSIONS[15:18])]
    splits = splits_of([*busy, *away], config)
    assert [splits["BUSY", date] for date in SESSIONS[10:13]] == ["embargo", "embargo", "valid"]
    assert [splits["AWAY", date] for date in SESSIONS[15:18]] == ["valid"] * 3
    new = splits_of([*busy, *(("NEW", date) for date in SESSIONS[10:13])], config)
    assert [new["NEW", date] for date in SESSIONS[10:13]] == ["valid"] * 3


def test_held_out_symbols_are_examined_on_at_the_dates_of_the_exam_only() -> None:
    symbols = [f"S{chr(65 + i)}{chr(65 + j)}" for i in range(20) for j in range(20)]
    config = SplitConfig(held_out_share=0.25, train_end=SESSIONS[4], valid_end=SESSIONS[7])
    out = {symbol for symbol in symbols if is_held_out(symbol, config)}
    assert 0.15 < len(out) / len(symbols) < 0.35
    splits = splits_of([(s, date) for s in symbols[:40] for date in SESSIONS[:10]], config)
    for symbol in symbols[:40]:
        told = [splits[symbol, date] for date in SESSIONS[:10]]
        if symbol in out:
            assert told == ["embargo"] * 8 + ["held_out"] * 2
        else:
            assert "held_out" not in told
    alone = splits_of([(symbol, SESSIONS[9]) for symbol in out], config)
    assert set(alone.values()) == {"held_out"}
    other = config.model_copy(update={"held_out_seed": 1})
    assert {symbol for symbol in symbols if is_held_out(symbol, other)} != out


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(100, (60, 19, 19)), (50, (30, 9, 9)), (10, (6, 1, 1)), (5, (3, 1, 1)), (4, (2, 1, 1))],
)
def test_the_fractions_hold_whatever_the_number_of_days(count: int, sizes: tuple) -> None:
    splits = split_of_dates(SESSIONS[:count], SplitConfig())
    assert tuple(len(members(splits, split)) for split in ORDER) == sizes


def test_three_days_leave_one_for_each_split() -> None:
    splits = split_of_dates(SESSIONS[:3], SplitConfig())
    assert [splits[date] for date in SESSIONS[:3]] == ["train", "valid", "exam"]


def test_dates_of_the_configuration_are_the_last_of_their_split() -> None:
    config = SplitConfig(train_end=SESSIONS[4], valid_end=SESSIONS[6], embargo_sessions=0)
    splits = split_of_dates(SESSIONS[:12], config)
    assert members(splits, "train") == SESSIONS[:5]
    assert members(splits, "valid") == SESSIONS[5:7]
    assert members(splits, "exam") == SESSIONS[7:12]


def test_a_date_that_was_no_session_splits_all_the_same() -> None:
    saturday = dt.date(2025, 1, 11)
    splits = split_of_dates(SESSIONS[:12], SplitConfig(train_end=saturday, embargo_sessions=0))
    assert members(splits, "train")[-1] < saturday < members(splits, "valid")[0]


def test_all_symbols_are_split_at_the_same_dates(store, tmp_path) -> None:
    synthesize(store, 5, seed=9, symbols=2)
    index = scan(store, tmp_path / "index", IndexConfig(splits=SplitConfig(embargo_sessions=0)))
    assert {day.symbol for day in index.days()} == {"SYNA", "SYNB"}
    by_date: dict[dt.date, set[str]] = {}
    for day in index.days():
        by_date.setdefault(day.date, set()).add(day.split)
    assert [splits for _, splits in sorted(by_date.items())] == [
        {"train"}, {"train"}, {"train"}, {"valid"}, {"exam"}
    ]  # fmt: skip
    for symbol in ("SYNA", "SYNB"):
        last_train = max(day.date for day in index.days(symbol, "train"))
        assert all(day.date > last_train for day in index.days(symbol, "exam"))


def test_a_reset_point_is_of_the_split_of_its_day(six_indexed: Index) -> None:
    for day in six_indexed.days():
        points = six_indexed.resets(day.symbol, day.date)
        assert {point.split for point in points} <= {day.split}


def test_a_split_that_is_none_is_told_what_there_is(six_indexed: Index) -> None:
    with pytest.raises(EmptySplit, match="`split` was 'test'; use one of train, valid, exam, hel"):
        six_indexed.days(split="test")


def test_fractions_that_leave_less_than_nothing_for_the_exam_are_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to 1\.2; use 1 at most"):
        SplitConfig(train_fraction=0.8, valid_fraction=0.4)
