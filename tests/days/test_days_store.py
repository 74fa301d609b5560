"""The day store: what goes in comes out, and nothing that was stored ever changes."""

import datetime as dt
import json
import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from drawn_days import assert_same, small_days
from hypothesis import given, settings
from reference.tapes import P, Q, make_day, ns, resume, stop

from lowfloat.base.records import Quotes, Status, Trades
from lowfloat.days import Day, DayStore
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import rules_of
from lowfloat.days.store import Draft
from lowfloat.days.work import work_folder
from lowfloat.errors import BadSymbol, DayCorrupt, DayExists, DayNotFound, FeedError
from lowfloat.synth import synth_days

FILES = (
    "bars.arrow", "day.json", "quotes.arrow", "status.arrow", "trades.arrow", "truth.arrow",
)  # fmt: skip


def a_day(date: str = "2025-03-04", symbol: str = "HAND", price: float = 4.0) -> Day:
    return make_day(
        [Q(ns(s), price, price + 0.02) for s in range(100, 130)],
        [stop(ns(200)), resume(ns(500))],
        [P(ns(s), price) for s in range(100, 120)],
        date=dt.date.fromisoformat(date),
        symbol=symbol,
    )


def drafted(day: Day, folder: Path) -> Draft:
    draft = Draft(folder)
    for kind, source in ((Trades, day.trades), (Quotes, day.quotes), (Status, day.status)):
        for values, column in zip(source, draft.table(kind, len(source[0])), strict=True):
            column[:] = values
    return draft


@pytest.fixture
def store(tmp_path: Path) -> DayStore:
    return DayStore(tmp_path / "days")


@pytest.fixture
def stored(store: DayStore) -> DayStore:
    store.write(a_day(), {"phase": np.arange(100, dtype=np.int8)})
    return store


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@settings(max_examples=60)
@given(day=small_days())
def test_any_day_comes_back_as_it_went_in(day: Day, tmp_path_factory) -> None:
    store = DayStore(tmp_path_factory.mktemp("store"))
    assert store.write(day)
    assert_same(store[day.symbol, day.date], day)
    store.verify(day.symbol, day.date)
    shutil.rmtree(store.root)


def test_a_synthetic_day_and_its_truth_come_back_as_they_went_in(store: DayStore) -> None:
    day, truth = next(synth_days(1, seed=5))
    store.write(day, truth)
    assert_same(store[day.symbol, day.date], day)
    found = store.truth(day.symbol, day.date)
    assert {name: array.tolist() for name, array in found.items()} == {
        name: array.tolist() for name, array in truth.items()
    }
    assert [array.dtype for array in found.values()] == [array.dtype for array in truth.values()]


def test_a_day_without_truth_says_so(store: DayStore) -> None:
    store.write(a_day())
    with pytest.raises(DayNotFound, match="no ground truth; only synthetic days do"):
        store.truth("HAND", "2025-03-04")


def test_the_arrays_of_a_stored_day_are_views_of_the_files(stored: DayStore) -> None:
    before = pa.total_allocated_bytes()
    day = stored["HAND", "2025-03-04"]
    assert pa.total_allocated_bytes() == before
    for table in (day.trades, day.quotes, day.status):
        assert not any(array.flags.owndata for array in table)


def test_the_arrays_of_a_stored_day_cannot_be_written_to(stored: DayStore) -> None:
    day = stored["HAND", "2025-03-04"]
    for table in (day.trades, day.quotes, day.status):
        for array in table:
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_a_day_cannot_be_given_other_contents(stored: DayStore) -> None:
    day = stored["HAND", "2025-03-04"]
    with pytest.raises(FrozenInstanceError):
        day.symbol = "OTHER"


def test_the_arrays_outlive_a_dropped_day(stored: DayStore) -> None:
    day = stored["HAND", "2025-03-04"]
    prices = day.trades.price.tolist()
    stored.drop("HAND", "2025-03-04")
    assert day.trades.price.tolist() == prices


def test_writing_the_same_day_again_changes_nothing_and_says_so(stored: DayStore) -> None:
    before = contents(stored.folder("HAND", "2025-03-04"))
    assert stored.write(a_day(), {"phase": np.arange(100, dtype=np.int8)}) is False
    assert contents(stored.folder("HAND", "2025-03-04")) == before


def test_a_day_read_from_one_store_and_written_to_another_has_the_same_id(
    store: DayStore, tmp_path: Path
) -> None:
    store.write(a_day())
    other = DayStore(tmp_path / "other")
    other.write(store["HAND", "2025-03-04"])
    assert other.manifest("HAND", "2025-03-04") == store.manifest("HAND", "2025-03-04")


def test_a_day_with_other_contents_is_refused_and_the_stored_one_stands(stored: DayStore) -> None:
    before = contents(stored.folder("HAND", "2025-03-04"))
    with pytest.raises(DayExists, match=r"already holds HAND/2025-03-04 .* never overwritten"):
        stored.write(a_day(price=5.0))
    assert contents(stored.folder("HAND", "2025-03-04")) == before
    assert [path.name for path in stored.folder("HAND", "2025-03-04").parent.iterdir()] == [
        "2025-03-04"
    ]


def test_a_day_that_breaks_a_rule_is_not_stored(store: DayStore) -> None:
    day = a_day()
    day.trades.size[3] = 0
    with pytest.raises(FeedError, match="trade 3"):
        store.write(day)
    assert len(store) == 0


def test_a_sound_day_verifies(stored: DayStore) -> None:
    stored.verify("HAND", "2025-03-04")


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_found_and_its_file_named(name: str, stored: DayStore) -> None:
    path = stored.folder("HAND", "2025-03-04") / name
    sound = path.read_bytes()
    for place in {0, len(sound) // 3, len(sound) // 2, len(sound) - 1}:
        damaged = bytearray(sound)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(DayCorrupt, match=f"{name}: SHA-256 was"):
            stored.verify("HAND", "2025-03-04")


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_anywhere_is_found_on_opening(name: str, stored: DayStore) -> None:
    path = stored.folder("HAND", "2025-03-04") / name
    rng = random.Random(name)
    for bit in rng.sample(range(8 * path.stat().st_size), 80):
        flip(path, bit)
        with pytest.raises(DayCorrupt, match=name):
            stored["HAND", "2025-03-04"]
        flip(path, bit)
    assert stored["HAND", "2025-03-04"].name == "HAND/2025-03-04"


READERS = {
    "bars.arrow": lambda store: store.bars("HAND", "2025-03-04"),
    "day.json": lambda store: store.about("HAND", "2025-03-04"),
    "report.json": lambda store: store.report("HAND", "2025-03-04"),
    "truth.arrow": lambda store: store.truth("HAND", "2025-03-04"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_read_without_the_day_is_compared_all_the_same(
    name: str, store: DayStore
) -> None:
    day = a_day()
    store.write(day, {"phase": np.arange(100, dtype=np.int8)})
    if name == "report.json":
        store.drop("HAND", "2025-03-04")
        with work_folder(store.root) as work:
            draft = drafted(day, work / "day")
            store.commit(draft, day, report={"verdict": "good"})
    path = store.folder("HAND", "2025-03-04") / name
    rng = random.Random(name)
    for bit in rng.sample(range(8 * path.stat().st_size), 60):
        flip(path, bit)
        with pytest.raises(DayCorrupt, match=name):
            READERS[name](store)
        flip(path, bit)
    assert READERS[name](store) is not None


def test_a_file_changed_after_it_was_verified_is_found_even_if_its_time_was_put_back(
    stored: DayStore,
) -> None:
    path = stored.folder("HAND", "2025-03-04") / "trades.arrow"
    assert stored["HAND", "2025-03-04"].name == "HAND/2025-03-04"
    before = path.stat()
    time.sleep(0.02)  # two ticks of a coarse clock
    flip(path, 8 * 1500)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    with pytest.raises(DayCorrupt, match=r"trades\.arrow: SHA-256 was"):
        stored["HAND", "2025-03-04"]


def test_a_new_process_compares_all_files_again(stored: DayStore) -> None:
    assert stored["HAND", "2025-03-04"].name == "HAND/2025-03-04"
    flip(stored.folder("HAND", "2025-03-04") / "quotes.arrow", 9_000)
    code = (
        "import sys; from lowfloat.days import DayStore; DayStore(sys.argv[1])['HAND', sys.argv[2]]"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, stored.root, "2025-03-04"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "DayCorrupt" in found.stderr
    assert "quotes.arrow: SHA-256 was" in found.stderr


def test_a_flipped_bit_of_a_reference_table_is_found(store: DayStore) -> None:
    known_at = 1_741_050_000 * 10**9  # the evening of that date
    rows = pa.Table.from_pylist(
        [
            {
                "symbol": "HAND",
                "known_at": known_at,
                "date": dt.date(2025, 3, 3),
                "close": 4 * 10**9,
            },
            {
                "symbol": "OTHER",
                "known_at": known_at,
                "date": dt.date(2025, 3, 3),
                "close": 5 * 10**9,
            },
        ],
        rules_of("closes").schema,
    )
    (path,) = ReferenceTables(store.root).add("closes", {"closes.csv": rows})
    rng = random.Random(1)
    for bit in rng.sample(range(8 * path.stat().st_size), 300):
        flip(path, bit)
        with pytest.raises(DayCorrupt, match="SHA-256"):
            ReferenceTables(store.root).latest("closes", "HAND", known_at)
        flip(path, bit)
    found = ReferenceTables(store.root).latest("closes", "HAND", known_at)
    assert found is not None
    assert found["close"] == 4 * 10**9


def test_a_draft_that_makes_no_new_day_is_thrown_away(stored: DayStore) -> None:
    for price in (4.0, 5.0):
        day = a_day(price=price)
        with work_folder(stored.root) as work:
            draft = drafted(day, work / "day")
            with suppress(DayExists):
                assert not stored.commit(draft, day, truth={"phase": np.arange(100, dtype=np.int8)})
            assert list(work.iterdir()) == []


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_found_on_opening_and_on_verifying(
    name: str, kept: float, stored: DayStore
) -> None:
    path = stored.folder("HAND", "2025-03-04") / name
    sound = path.read_bytes()
    path.write_bytes(sound[: int(kept * len(sound))])
    with pytest.raises(DayCorrupt, match=name):
        stored.verify("HAND", "2025-03-04")
    with pytest.raises(DayCorrupt, match=f"{name}: SHA-256 was .* with {len(sound)} bytes"):
        stored["HAND", "2025-03-04"]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found_on_opening_and_on_verifying(name: str, stored: DayStore) -> None:
    (stored.folder("HAND", "2025-03-04") / name).unlink()
    with pytest.raises(DayCorrupt, match=f"{name}: missing"):
        stored.verify("HAND", "2025-03-04")
    with pytest.raises(DayCorrupt, match=f"{name}: missing"):
        stored["HAND", "2025-03-04"]


def test_a_folder_without_a_manifest_is_no_day(stored: DayStore) -> None:
    (stored.folder("HAND", "2025-03-04") / "manifest.json").unlink()
    assert stored.days() == []
    with pytest.raises(DayNotFound):
        stored.verify("HAND", "2025-03-04")


def test_a_flipped_byte_of_the_manifest_is_found_wherever_it_changes_what_it_says(
    stored: DayStore,
) -> None:
    path = stored.folder("HAND", "2025-03-04") / "manifest.json"
    sound = path.read_bytes()
    missed, odd = [], []
    for place in range(len(sound)):
        damaged = bytearray(sound)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        try:
            stored.verify("HAND", "2025-03-04")
        except DayCorrupt:
            continue
        except (ValueError, KeyError, TypeError) as error:
            odd.append((place, type(error).__name__))
            continue
        if json.loads(bytes(damaged)) != json.loads(sound):
            missed.append(place)
    assert (missed, odd) == ([], [])


def test_a_day_moved_to_another_date_is_found(stored: DayStore) -> None:
    folder = stored.folder("HAND", "2025-03-04")
    folder.rename(folder.with_name("2025-03-05"))
    with pytest.raises(DayCorrupt, match="2025-03-04"):
        stored["HAND", "2025-03-05"]


def test_a_dropped_day_is_gone_and_can_be_written_anew(stored: DayStore) -> None:
    stored.drop("HAND", "2025-03-04")
    assert ("HAND", "2025-03-04") not in stored
    assert list(stored.folder("HAND", "2025-03-04").parent.iterdir()) == []
    assert stored.write(a_day(price=5.0))


def test_a_day_that_is_not_there_cannot_be_dropped(stored: DayStore) -> None:
    with pytest.raises(DayNotFound, match="no day HAND 2025-03-05"):
        stored.drop("HAND", "2025-03-05")


@pytest.fixture
def several(store: DayStore) -> DayStore:
    for date in ("2025-03-10", "2025-03-04", "2025-03-07", "2025-04-01"):
        store.write(a_day(date))
    store.write(a_day("2025-03-06", "ABC"))
    return store


def test_the_days_are_listed_by_symbol_and_date(several: DayStore) -> None:
    assert [f"{symbol} {date}" for symbol, date in several.days()] == [
        "ABC 2025-03-06", "HAND 2025-03-04", "HAND 2025-03-07", "HAND 2025-03-10",
        "HAND 2025-04-01",
    ]  # fmt: skip
    assert [day.name for day in several][:2] == ["ABC/2025-03-06", "HAND/2025-03-04"]
    assert len(several) == 5


def test_the_previous_day_is_the_last_one_of_the_same_symbol(several: DayStore) -> None:
    previous = several.previous("HAND", "2025-03-10")
    assert previous is not None
    assert previous.name == "HAND/2025-03-07"


def test_the_previous_day_of_a_date_between_two_days_is_the_earlier_one(several: DayStore) -> None:
    previous = several.previous("HAND", dt.date(2025, 3, 6))
    assert previous is not None
    assert previous.name == "HAND/2025-03-04"


def test_the_first_day_has_no_previous_one(several: DayStore) -> None:
    assert several.previous("HAND", "2025-03-04") is None
    assert several.previous("NONE", "2025-03-04") is None


def test_a_day_that_is_not_there_names_its_weekday_and_the_nearest_two(several: DayStore) -> None:
    with pytest.raises(DayNotFound) as caught:
        several["HAND", "2025-03-08"]
    assert str(caught.value) == (
        f"no day HAND 2025-03-08 in {several.root} (a Saturday). Nearest: 2025-03-07, 2025-03-10."
    )


def test_a_symbol_that_is_not_there_is_answered_with_those_that_are(several: DayStore) -> None:
    with pytest.raises(DayNotFound, match=r"no day of XYZ in .*; it has ABC, HAND"):
        several["XYZ", "2025-03-04"]


def test_an_empty_store_says_that_it_is_empty(store: DayStore) -> None:
    assert store.days() == []
    with pytest.raises(DayNotFound, match="it is empty"):
        store["XYZ", "2025-03-04"]


def test_a_moment_names_the_day_it_lies_on(several: DayStore) -> None:
    moment = dt.datetime(2025, 3, 7, 9, 30)  # a datetime is a date, says Python
    assert ("HAND", moment) in several
    assert several["HAND", moment].name == "HAND/2025-03-07"


def test_what_is_no_day_below_the_root_is_passed_over(several: DayStore) -> None:
    stray = several.root / "notes" / "old"
    stray.mkdir(parents=True)
    (stray / "manifest.json").write_text("{}")
    assert len(several) == 5


BAD_SYMBOLS = [
    "", " ", ".", "..", "../x", "a/b", "A/B", "A\\B", "/etc", "/", "~", "~root", "hand", "Hand",
    "HAND ", " HAND", "HAND\n", "HAND\x00", "\x00", "HA\x00ND", "A" * 7, "A" * 5000, "1ABC", "-A",
    ".A", "A.", "A..B", "A.B.C", "BRK.TOOL", "\u0410\u0412\u0421", "M\u039bLGO", "\uff21\uff22",
    "A\u0301", "\u0130", "K\u212a", "A\u202e", "A\u200b", "$A", "A*", "A?", "A:B", "A|B", "CON:",
    "%2e%2e", "A%2FB", "nul", "-rf", ".tmp-A", ".dropped-A",
]  # fmt: skip


@pytest.mark.parametrize("symbol", BAD_SYMBOLS)
def test_what_is_no_ticker_names_no_folder(symbol: str, store: DayStore) -> None:
    with pytest.raises(BadSymbol, match="use a US ticker in capitals such as"):
        store.folder(symbol, "2025-03-04")
    with pytest.raises(BadSymbol):
        store[symbol, "2025-03-04"]
    with pytest.raises(BadSymbol):
        store.write(replace(a_day(), symbol=symbol))
    assert not store.root.exists()


@pytest.mark.parametrize("symbol", [None, 7, b"HAND", ["HAND"], ("HAND",)])
def test_what_is_no_text_is_no_ticker(symbol: object, store: DayStore) -> None:
    with pytest.raises(BadSymbol):
        store.folder(symbol, "2025-03-04")


@pytest.mark.parametrize("symbol", ["A", "MLGO", "BRK.B", "BF-A", "ZVZZT", "CON", "AAM+", "T1"])
def test_a_ticker_names_a_folder_right_below_the_root(symbol: str, store: DayStore) -> None:
    if symbol.endswith("+"):
        symbol += "W"
    folder = store.folder(symbol, "2025-03-04")
    assert folder.resolve().parent.parent == store.root.resolve()


@pytest.mark.parametrize("date", ["", "..", "../..", "2025-03-04/..", "2025-02-30", "20250304x"])
def test_what_is_no_date_names_no_folder(date: str, store: DayStore) -> None:
    with pytest.raises(ValueError, match=r"isoformat|out of range"):
        store.folder("HAND", date)
