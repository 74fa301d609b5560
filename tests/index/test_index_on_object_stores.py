"""A store below a URL, scanned into an index below a URL: what folders would hold."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowfloat.days import DayStore
from lowfloat.days.place import place_of
from lowfloat.errors import IndexMismatch
from lowfloat.index import Index, MomentumEpisodeScanner, MomentumIndexBuilder, scan
from lowfloat.index.scan_day import scan_stored_day
from lowfloat.synth import synthesize

TABLES = ("days.parquet", "resets.parquet")


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A URL below which nothing lies yet."""
    return f"file://{tmp_path_factory.mktemp('bucket')}"


@pytest.fixture(scope="module")
def days(bucket: str) -> Iterator[DayStore]:
    """Three synthetic days. The copies lie in the usual cache, where workers find kernels, too."""
    store = DayStore(f"{bucket}/days")
    synthesize(store, 3, seed=6)
    yield store
    shutil.rmtree(store.root)


@pytest.fixture(scope="module")
def index(bucket: str, days: DayStore) -> Index:
    return scan(f"{bucket}/days", f"{bucket}/index")


def description(where: str) -> dict:
    contents = place_of(where).read("index.json")
    assert contents
    about = json.loads(contents)
    del about["days_root"]
    return about


def test_it_holds_the_bytes_that_folders_would(index: Index, tmp_path: Path) -> None:
    store = DayStore(tmp_path / "days")
    synthesize(store, 3, seed=6)
    local = scan(store, tmp_path / "index")
    for name in TABLES:
        assert place_of(index.where).read(name) == (local.path / name).read_bytes()
    assert description(index.where) == description(local.where)
    assert Index(index.where).store.where == index.about["days_root"] == index.store.where


def test_two_workers_write_the_same_bytes_as_one(index: Index, bucket: str) -> None:
    apart = scan(f"{bucket}/days", f"{bucket}/apart", workers=2)
    for name in ("index.json", *TABLES):
        assert place_of(apart.where).read(name) == place_of(index.where).read(name)


def test_days_that_were_scanned_are_not_scanned_again(
    index: Index, days: DayStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOWFLOAT_CACHE", str(tmp_path / "on another machine"))
    tasks = MomentumIndexBuilder().tasks(days, index.where)
    assert [scan_stored_day(*task).was_kept for task in tasks] == [True] * 3


def test_its_days_and_points_can_be_looked_up(index: Index) -> None:
    scanner = MomentumEpisodeScanner(index.where)
    for day in index.days():
        assert len(scanner.get_reset_points(day.symbol, day.date)) == day.resets
    index.check_days(index.days(), index.store)


def test_a_scan_that_is_cut_short_leaves_no_index(index: Index, bucket: str) -> None:
    place = place_of(f"{bucket}/cut")
    for name in (*TABLES, "index.json"):
        place.write(name, place_of(index.where).read(name) or b"")
    assert Index(place.where).id == index.id
    place.remove("index.json")  # what a scan begins with
    with pytest.raises(IndexMismatch, match=f"{place.where} is not an index: it has no index.json"):
        Index(place.where)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_another_scan_is_refused(name: str, index: Index, bucket: str) -> None:
    place = place_of(f"{bucket}/{name}-other")
    for other in (*TABLES, "index.json"):
        contents = place_of(index.where).read(other) or b""
        place.write(other, contents[:-1] if other == name else contents)
    with pytest.raises(IndexMismatch, match=f"{place.where}/{name}: SHA-256 was"):
        Index(place.where)
