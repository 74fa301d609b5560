"""A scan gives the same index wherever its days are scanned, and reads the feeds of the store."""

import datetime as dt
import hashlib
from pathlib import Path

import pyarrow as pa
import pytest

from lowfloat.base.clock import NS, session_of
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import TABLES
from lowfloat.days.store import DayStore
from lowfloat.errors import ConfigError
from lowfloat.index import scan
from lowfloat.index.config import IndexConfig
from lowfloat.index.scan_day import scan_stored_day
from lowfloat.synth import Options, synthesize


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> DayStore:
    store = DayStore(tmp_path_factory.mktemp("apart") / "days")
    synthesize(store, 3, 12, symbols=2, options=Options(active=1.0))
    return store


def contents(folder: Path) -> dict[str, str]:
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("index.json", "days.parquet", "resets.parquet")
    }


def test_two_workers_write_the_same_bytes_as_one(store: DayStore, tmp_path: Path) -> None:
    scan(store, tmp_path / "here")
    seen = []
    scan(store, tmp_path / "apart", None, lambda *told: seen.append(told), workers=2)
    assert contents(tmp_path / "here") == contents(tmp_path / "apart")
    assert [done for _, done, _ in seen] == list(range(1, 7))


def test_a_place_that_is_none_is_refused_before_anything_is_written(store, tmp_path) -> None:
    with pytest.raises(ConfigError, match="`on` was 'moon'"):
        scan(store, tmp_path / "index", on="moon")
    assert not (tmp_path / "index").exists()


def test_news_that_the_store_learns_of_make_another_scan_of_its_days(tmp_path: Path) -> None:
    store = DayStore(tmp_path / "days")
    synthesize(store, 2, 12, options=Options(active=1.0))
    (symbol, first), (_, second) = store.days()

    def result_of(date: dt.date) -> str:
        return scan_stored_day(
            str(store.root), symbol, date, (first, second), IndexConfig(), None
        ).key

    def add(known_at: int) -> None:
        row = {"symbol": symbol, "known_at": known_at, "headline": "Wins", "category": None}
        ReferenceTables(store.root).add(
            "news", {"here": pa.Table.from_pylist([row], TABLES["news"].schema)}
        )

    unknown = result_of(first), result_of(second)
    add(session_of(second).start_ns + NS)
    once = result_of(first), result_of(second)
    # The first day's feed is now silent, where there was none: that is another thing.
    assert once[0] != unknown[0]
    assert once[1] != unknown[1]
    add(session_of(second).start_ns + 2 * NS)
    assert result_of(first) == once[0]
    assert result_of(second) != once[1]
