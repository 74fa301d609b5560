"""An index on disk: the same every time, tied to its data, and looked up without a scan."""

import datetime as dt
import json
import shutil
from dataclasses import replace

import pytest

from lowfloat.days import DayStore
from lowfloat.errors import DayNotFound, IndexMismatch
from lowfloat.index import Index, MomentumEpisodeScanner, scan
from lowfloat.index.config import DetectionConfig, IndexConfig

FILES = ("days.parquet", "resets.parquet", "index.json")


def test_a_second_scan_writes_the_same_bytes(six_days: DayStore, six_indexed, tmp_path) -> None:
    again = scan(six_days, tmp_path / "index")
    assert again.id == six_indexed.id
    for name in FILES:
        assert (again.path / name).read_bytes() == (six_indexed.path / name).read_bytes()


def test_a_scan_into_the_same_folder_changes_nothing(six_days, tmp_path) -> None:
    first = scan(six_days, tmp_path)
    before = [(tmp_path / name).read_bytes() for name in FILES]
    assert scan(six_days, tmp_path).id == first.id
    assert [(tmp_path / name).read_bytes() for name in FILES] == before


def test_the_same_days_elsewhere_have_the_same_id(six_days, six_indexed, tmp_path) -> None:
    shutil.copytree(six_days.root, tmp_path / "days")
    assert scan(tmp_path / "days", tmp_path / "index").id == six_indexed.id


def test_another_configuration_has_another_id(six_days, six_indexed, tmp_path) -> None:
    config = IndexConfig(detection=DetectionConfig(volume_surge=3.0))
    assert scan(six_days, tmp_path, config).id != six_indexed.id


def test_the_index_knows_the_store_it_was_scanned_from(six_days, six_indexed) -> None:
    assert six_indexed.store.root == six_days.root.resolve()
    six_indexed.check_days(six_indexed.days(), six_days)


def test_a_progress_is_told_of_every_day(six_days, tmp_path) -> None:
    told: list[tuple[str, int, int]] = []
    scan(six_days, tmp_path, progress=lambda *news: told.append(news))
    assert [name for name, _, _ in told] == [f"{symbol}/{date}" for symbol, date in six_days.days()]
    assert [(done, total) for _, done, total in told] == [(n, 6) for n in range(1, 7)]


def test_an_empty_store_cannot_be_scanned(store, tmp_path) -> None:
    with pytest.raises(DayNotFound, match="holds no days; ingest or synthesize some first"):
        scan(store, tmp_path / "index")
    assert not (tmp_path / "index").exists()


@pytest.fixture
def copied(six_days: DayStore, tmp_path) -> DayStore:
    shutil.copytree(six_days.root, tmp_path / "copy")
    return DayStore(tmp_path / "copy")


def test_a_day_that_was_replaced_since_the_scan_is_found(six_indexed, copied) -> None:
    symbol, date = copied.days()[2]
    day = copied[symbol, date]
    copied.drop(symbol, date)
    copied.write(replace(day, dataset="another"))
    with pytest.raises(IndexMismatch) as caught:
        six_indexed.check_days(six_indexed.days(), copied)
    scanned = six_indexed.days()[2].manifest_id[:8]
    stored = copied.manifest(symbol, date)["id"][:8]
    assert str(caught.value) == (
        f"{six_indexed.path} was scanned from other data for {symbol} {date} (manifest "
        f"{scanned}.., store {stored}..). Run `lowfloat scan` again."
    )


def test_a_day_that_was_dropped_since_the_scan_is_not_found(six_indexed, copied) -> None:
    symbol, date = copied.days()[2]
    copied.drop(symbol, date)
    with pytest.raises(DayNotFound, match=f"no day {symbol} {date}"):
        six_indexed.check_days(six_indexed.days(), copied)


def test_a_folder_without_a_description_is_no_index(six_indexed, tmp_path) -> None:
    for name in FILES[:2]:
        shutil.copy(six_indexed.path / name, tmp_path)
    with pytest.raises(IndexMismatch, match=r"is not an index: it has no index.json. Use the fold"):
        Index(tmp_path)


def test_an_index_of_another_schema_is_refused(six_indexed, tmp_path) -> None:
    shutil.copytree(six_indexed.path, tmp_path / "old")
    description = tmp_path / "old" / "index.json"
    about = json.loads(description.read_text())
    description.write_text(json.dumps({**about, "schema_version": 0}))
    with pytest.raises(IndexMismatch, match="`schema_version` was 0; use 2: run `lowfloat scan`"):
        Index(tmp_path / "old")


def test_the_days_can_be_filtered(six_indexed) -> None:
    days = six_indexed.days()
    assert [day.date for day in days] == sorted(day.date for day in days)
    assert six_indexed.days("SYNA") == days
    assert six_indexed.days("NONE") == []
    middle = sorted(day.quality_score for day in days)[3]
    best = six_indexed.days(min_quality=middle)
    assert best == [day for day in days if day.quality_score >= middle]
    assert len(best) == 3
    assert six_indexed.days(split="train") == [day for day in days if day.split == "train"]


def test_an_index_tells_its_size_in_a_line(six_indexed) -> None:
    points = sum(day.resets for day in six_indexed.days())
    assert repr(six_indexed).endswith(f", 6 days, {points} reset points)")


@pytest.fixture(scope="module")
def scanner(six_indexed) -> MomentumEpisodeScanner:
    return MomentumEpisodeScanner(six_indexed.path)


def test_the_training_days_come_best_first(scanner: MomentumEpisodeScanner) -> None:
    days = scanner.get_training_days("SYNA", quality_threshold=0.0)
    scores = [day.quality_score for day in days]
    assert len(days) > 1
    assert scores == sorted(scores, reverse=True)
    assert {day.split for day in days} == {"train"}


def test_only_training_days_from_the_threshold_up_are_given(scanner) -> None:
    every = scanner.get_training_days("SYNA", 0.0)
    threshold = every[0].quality_score
    assert scanner.get_training_days("SYNA", threshold) == every[:1]
    assert scanner.get_training_days("SYNA", threshold + 1e-9) == []
    assert scanner.get_training_days("SYNA") == [d for d in every if d.quality_score >= 0.6]
    assert scanner.get_training_days("NONE", 0.0) == []


def test_the_reset_points_of_a_day_are_given_by_date_moment_or_text(scanner) -> None:
    day = scanner.index.days()[0]
    points = scanner.get_reset_points("SYNA", day.date)
    moment = dt.datetime.combine(day.date, dt.time(9, 30))
    assert points
    assert [point.second for point in points] == sorted(point.second for point in points)
    assert scanner.get_reset_points("SYNA", moment) == points
    assert scanner.get_reset_points("SYNA", day.date.isoformat()) == points


def test_the_list_of_points_is_the_callers_own(scanner) -> None:
    day = scanner.index.days()[0]
    scanner.get_reset_points("SYNA", day.date).clear()
    assert scanner.get_reset_points("SYNA", day.date)
