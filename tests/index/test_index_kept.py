"""Scanning again: only what is new, the same bytes in any order, and failed days by name."""

import datetime as dt
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from reference.tapes import P, Q, make_day, ns

from lowfloat.base.clock import sessions_between
from lowfloat.days import DayStore
from lowfloat.env.starts import load_split
from lowfloat.errors import DayCorrupt, DayNotFound
from lowfloat.index import Index, MomentumEpisodeScanner, MomentumIndexBuilder, scan
from lowfloat.index.config import AlertConfig, IndexConfig, SplitConfig
from lowfloat.index.scan_day import scan_stored_day
from lowfloat.synth import synthesize

FILES = ("days.parquet", "resets.parquet", "index.json")
SESSIONS = sessions_between(dt.date(2025, 3, 3), dt.date(2025, 3, 14))


def put(store: DayStore, date: dt.date, price: float = 4.0, symbol: str = "HAND") -> None:
    prints = [P(ns(19_800 + i), price + 0.01 * (i % 7), 500) for i in range(0, 4_000, 3)]
    quotes = [Q(ns(100 + 7 * i), price - 0.01, price + 0.01) for i in range(4_000)]
    store.write(make_day(quotes, trades=prints, date=date, symbol=symbol))


@pytest.fixture
def small(store: DayStore) -> DayStore:
    """Five days of two symbols."""
    for date in SESSIONS[:3]:
        put(store, date)
    for date in SESSIONS[1:3]:
        put(store, date, 6.0, "OTHER")
    return store


def contents(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


def kept(index: Index) -> set[str]:
    return {path.name for path in index.path.glob("scanned/*/*.json")}


def scanned_now(store: DayStore, into: Path, config: IndexConfig | None = None) -> list[str]:
    """Return the days of which a result was made, and not found."""
    tasks = MomentumIndexBuilder(config).tasks(store, into)
    done = [scan_stored_day(*task) for task in tasks]
    return [f"{day.symbol}/{day.date}" for day in done if not day.was_kept]


def test_a_day_is_scanned_once_until_something_it_depends_on_changes(small, tmp_path) -> None:
    into = tmp_path / "index"
    assert len(scanned_now(small, into)) == 5
    assert scanned_now(small, into) == []
    put(small, SESSIONS[3])
    assert scanned_now(small, into) == [f"HAND/{SESSIONS[3]}"]
    # A day in the past changes what was usual on the days after it, and of this symbol only.
    put(small, SESSIONS[0], 6.0, "OTHER")
    assert scanned_now(small, into) == [f"OTHER/{date}" for date in SESSIONS[:3]]
    assert scanned_now(small, into, IndexConfig(splits=SplitConfig(train_fraction=0.3))) == []
    other = IndexConfig(alert=AlertConfig(min_gain=0.2))
    assert len(scanned_now(small, into, other)) == 7


def test_a_scan_that_finds_results_writes_the_bytes_of_one_that_makes_them(small, tmp_path) -> None:
    fresh = scan(small, tmp_path / "fresh")
    put(small, SESSIONS[4])
    again = scan(small, tmp_path / "fresh")
    whole = scan(small, tmp_path / "whole")
    assert fresh.id != whole.id
    assert contents(again.path) == contents(whole.path)
    assert kept(again) == kept(whole)


def test_the_order_in_which_days_are_scanned_makes_no_difference(small, tmp_path) -> None:
    builder = MomentumIndexBuilder()
    written = []
    for name, turn in (("one", 1), ("two", -1)):
        into = tmp_path / name
        done = [scan_stored_day(*task) for task in builder.tasks(small, into)[::turn]]
        builder.assemble(small, into, done)
        written.append(contents(into))
    assert written[0] == written[1]


def test_a_scan_goes_on_where_it_was_killed(small, tmp_path) -> None:
    into = tmp_path / "index"
    tasks = MomentumIndexBuilder().tasks(small, into)
    scan_stored_day(*tasks[0])
    (half,) = into.glob("scanned/*/*.json")
    half.with_name(f".{half.name}.99").write_text('{"row": ')  # what a killed writer leaves
    assert len(scanned_now(small, into)) == 4
    assert contents(scan(small, into).path) == contents(scan(small, tmp_path / "whole").path)


def test_a_day_that_fails_is_named_with_its_error_and_left_out(small, tmp_path) -> None:
    file = small.folder("OTHER", SESSIONS[2]) / "trades.arrow"
    file.write_bytes(file.read_bytes()[:-8])
    index = scan(small, tmp_path / "index")
    assert list(index.failed) == [f"OTHER/{SESSIONS[2]}"]
    assert index.failed[f"OTHER/{SESSIONS[2]}"].startswith("DayCorrupt: ")
    assert [day.name for day in index.days("OTHER")] == [f"OTHER/{SESSIONS[1]}"]
    assert len(index.days("HAND")) == 3


def test_a_scan_of_nothing_but_failures_is_refused(store, tmp_path) -> None:
    put(store, SESSIONS[0])
    file = store.folder("HAND", SESSIONS[0]) / "quotes.arrow"
    file.write_bytes(b"")
    with pytest.raises(DayCorrupt, match=r"none of 1 days could be scanned; HAND/2025-03-03: DayC"):
        scan(store, tmp_path / "index")


def test_symbols_and_dates_choose_what_is_scanned(small, tmp_path) -> None:
    index = scan(small, tmp_path / "one", symbols=["OTHER"])
    assert {day.symbol for day in index.days()} == {"OTHER"}
    index = scan(small, tmp_path / "two", first=SESSIONS[1], last=SESSIONS[1])
    assert [day.name for day in index.days()] == [f"HAND/{SESSIONS[1]}", f"OTHER/{SESSIONS[1]}"]
    # What was usual before comes from the whole store, scanned or not.
    assert index.days("HAND")[0].previous_close == pytest.approx(
        scan(small, tmp_path / "all").days("HAND")[1].previous_close
    )
    with pytest.raises(DayNotFound, match="holds 5 days of HAND, OTHER from 2025-03-03 to"):
        scan(small, tmp_path / "none", symbols=["NONE"])


def test_the_tables_are_those_whose_hashes_the_description_tells(small, tmp_path) -> None:
    index = scan(small, tmp_path / "index")
    for name, digest in json.loads((index.path / "index.json").read_text())["files"].items():
        assert hashlib.sha256((index.path / name).read_bytes()).hexdigest() == digest


def test_nothing_that_training_knows_depends_on_the_days_after_it(tmp_path) -> None:
    """Rows, points and the normaliser of train stay, to the bit, whatever the other days are."""
    known = []
    config = IndexConfig(splits=SplitConfig(train_end=SESSIONS[2], embargo_sessions=1))
    for number, price in enumerate((4.0, 9.0)):
        store = DayStore(tmp_path / f"days{number}")
        for i, date in enumerate(SESSIONS[:7]):
            put(store, date, 4.0 + 0.1 * i if i < 3 else price + i)
        index = scan(store, tmp_path / f"index{number}", config)
        deck, starts, days = load_split(index, "train")
        known.append((
            [(day, index.resets(day.symbol, day.date)) for day in index.days(split="train")],
            deck.table.tobytes(), starts.tobytes(), [day.name for day in days],
        ))  # fmt: skip
        assert np.isfinite(deck.table).all()
    assert known[0] == known[1]


@pytest.fixture(scope="module")
def scanner(tmp_path_factory) -> MomentumEpisodeScanner:
    folder = tmp_path_factory.mktemp("filters")
    store = DayStore(folder / "days")
    synthesize(store, 2, seed=21)
    return MomentumEpisodeScanner(scan(store, folder / "index").path)


def test_the_points_of_a_day_can_be_filtered(scanner: MomentumEpisodeScanner) -> None:
    for day in scanner.index.days():
        every = scanner.get_reset_points(day.symbol, day.date)
        for name, attribute in (
            ("categories", "category"), ("patterns", "pattern_type"), ("scenarios", "scenario"),
        ):  # fmt: skip
            for value in {getattr(point, attribute) for point in every}:
                found = scanner.get_reset_points(day.symbol, day.date, **{name: [value]})
                assert found == [point for point in every if getattr(point, attribute) == value]
        morning = scanner.get_reset_points(
            day.symbol, day.date, from_second=19_800, to_second=23_400
        )
        assert [p.second for p in morning] == [
            p.second for p in every if 19_800 <= p.second < 23_400
        ]
        best = scanner.get_reset_points(day.symbol, day.date, min_quality=0.4)
        assert best == [point for point in every if point.quality_score >= 0.4]


def test_an_index_that_was_moved_is_the_same(scanner, tmp_path) -> None:
    shutil.copytree(scanner.index.path, tmp_path / "moved")
    moved = Index(tmp_path / "moved")
    assert moved.id == scanner.index.id
    for day in scanner.index.days():
        assert moved.resets(day.symbol, day.date) == scanner.index.resets(day.symbol, day.date)
