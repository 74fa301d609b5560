"""What an ingest does with files and days that are damaged, cut off or told twice."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dbn_files import at, quote, write
from flat_files import QUOTES as QUOTES_HEAD
from flat_files import TRADES as TRADES_HEAD
from flat_files import csv_text, ns
from flat_files import quote as massive_quote
from flat_files import trade as massive_trade
from vendor_files import files

from lowfloat.days import DayStore
from lowfloat.errors import FeedError
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn import read_header, read_records
from lowfloat.ingest.dbn_export import export_dbn
from lowfloat.ingest.files import ingest_files
from lowfloat.ingest.massive import open_file
from lowfloat.synth import synth_days

DATE = "2025-03-10"


@pytest.fixture
def store(tmp_path: Path) -> DayStore:
    return DayStore(tmp_path / "days")


def test_the_last_state_of_a_file_that_ends_within_an_event_is_stored(tmp_path, store) -> None:
    rows = [quote(at(DATE, "09:30:00") + n, bid=(4.9 + n / 100, 100)) for n in range(5)]
    rows[-1]["flags"] = 0  # more of its event was to come
    write(tmp_path / "x.dbn.zst", "mbp-1", rows, DATE)
    ingest_databento(tmp_path / "x.dbn.zst", store)
    assert store["ABCD", DATE].quotes.bid_price.tolist() == [
        4_900_000_000 + n * 10_000_000 for n in range(5)
    ]


@pytest.mark.parametrize(
    "path",
    [
        param
        for param in files("dbn-conformance")
        if param.marks or ".definition." in param.values[0].name
        if param.marks or param.values[0].name.endswith((".dbn", ".dbn.zst"))
    ],
)
def test_definitions_of_every_version_are_read(path: Path) -> None:
    header = read_header(path)
    assert header is not None
    assert sum(len(part) for part in read_records(path, replace(header, limit=0))) > 0


@pytest.mark.parametrize("path", [p for p in files("dbn-conformance") if "live" in str(p.id)])
def test_a_file_of_mixed_kinds_is_refused(path: Path) -> None:
    header = read_header(path)
    assert header is not None
    with pytest.raises(FeedError, match="mixes kinds of records"):
        list(read_records(path, header))


@pytest.mark.parametrize("kept", [12, -20])
def test_no_day_is_made_of_a_date_of_which_a_file_was_refused(tmp_path, store, kept) -> None:
    times = [ns("10:00:00") + n * 10**9 for n in range(50)]
    tables = {
        "trades_v1": csv_text(TRADES_HEAD, [massive_trade(time) for time in times]),
        "quotes_v1": csv_text(QUOTES_HEAD, [massive_quote(time) for time in times]),
    }
    for name, text in tables.items():
        path = tmp_path / "files" / name / f"{DATE}.csv.gz"
        path.parent.mkdir(parents=True)
        data = gzip.compress(text.encode())
        path.write_bytes(data[:kept] if name == "quotes_v1" else data)
    result = ingest_files("massive", open_file, tmp_path / "files", store)
    assert [name for name, _ in result.refused] == [f"quotes_v1/{DATE}.csv.gz"]
    assert [name for name, _ in result.failed] == [f"ABCD/{DATE}"]
    assert len(store) == 0


@pytest.fixture(scope="module")
def day():
    return next(synth_days(1, seed=3))[0]


def test_a_day_is_never_both_stored_and_in_quarantine(day, tmp_path, store) -> None:
    bid = np.where(day.quotes.bid_size > 0, day.quotes.bid_price * 50, 0)  # always crossed
    export_dbn(day, tmp_path / "good")
    export_dbn(replace(day, quotes=day.quotes._replace(bid_price=bid)), tmp_path / "bad")
    for number, (first, second) in enumerate([("good", "bad"), ("bad", "good")]):
        store = DayStore(tmp_path / f"days {number}")
        assert ingest_databento(tmp_path / first, store).written == [day.name]
        ((name, why),) = ingest_databento(tmp_path / second, store).failed
        assert name == day.name
        assert "already holds" in why
        assert "days drop" in why
        assert len(store) + len(store.quarantine) == 1


@pytest.mark.parametrize("name", ["day.json", "manifest.json", "quotes.arrow"])
def test_a_stored_day_that_is_damaged_is_named_and_the_others_are_made(
    name, day, tmp_path, store
) -> None:
    export_dbn(day, tmp_path / "files" / "one")
    ((other, _),) = synth_days(1, seed=4, first=day.date.replace(day=day.date.day + 1))
    assert ingest_databento(tmp_path / "files", store).written == [day.name]
    path = store.folder(day.symbol, day.date) / name
    path.write_bytes(path.read_bytes()[:-40])
    export_dbn(other, tmp_path / "files" / "two")
    result = ingest_databento(tmp_path / "files", store)
    assert result.written == [other.name]
    assert [failed for failed, _ in result.failed] == [day.name]
    assert name in result.failed[0][1]
