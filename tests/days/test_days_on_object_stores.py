"""A day store below a URL: the same days as in a folder, read from copies that cannot be wrong."""

import datetime as dt
import multiprocessing
import pickle
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from drawn_days import assert_same
from fsspec.implementations.memory import MemoryFileSystem
from reference.tapes import P, Q, make_day, ns, resume, stop

from lowfloat.days import Day, DayStore
from lowfloat.days.place import Place, place_of
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import rules_of
from lowfloat.errors import ConfigError, DayCorrupt, DayExists, DayNotFound

FORK = multiprocessing.get_context("fork")
FILES = (
    "bars.arrow", "day.json", "quotes.arrow", "status.arrow", "trades.arrow", "truth.arrow",
)  # fmt: skip
KEY = ("HAND", dt.date(2025, 3, 4))
TRUTH = {"phase": np.arange(100, dtype=np.int8)}
T0 = 1_740_000_000 * 10**9


def a_day(price: float = 4.0, date: str = "2025-03-04") -> Day:
    return make_day(
        [Q(ns(s), price, price + 0.02) for s in range(100, 130)],
        [stop(ns(200)), resume(ns(500))],
        [P(ns(s), price) for s in range(100, 120)],
        date=dt.date.fromisoformat(date),
        symbol="HAND",
    )


@pytest.fixture(params=["memory", "file"])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Where nothing lies yet; copies go to a cache of the test's own."""
    monkeypatch.setenv("LOWFLOAT_CACHE", str(tmp_path / "cache"))
    if request.param == "memory":
        yield "memory://bucket/days"
        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]
    else:
        yield f"file://{tmp_path}/bucket/days"


@pytest.fixture
def stored(url: str) -> DayStore:
    store = DayStore(url)
    store.write(a_day(), TRUTH)
    return store


def copies(store: DayStore) -> set[str]:
    return {path.name for path in store.folder(*KEY).glob("*")}


def flip(place: Place, name: str) -> bytes:
    """Change a bit in the middle of a file; return what it held."""
    sound = place.read(name)
    assert sound
    damaged = bytearray(sound)
    damaged[len(sound) // 2] ^= 1
    place.write(name, bytes(damaged))
    return sound


def test_a_day_comes_back_as_it_went_in(stored: DayStore, url: str) -> None:
    again = DayStore(url)
    assert again.days() == [KEY]
    assert KEY in again
    assert_same(again[KEY], a_day())
    assert again.truth(*KEY)["phase"].tolist() == TRUTH["phase"].tolist()
    again.verify(*KEY)


def test_the_files_are_those_of_a_folder_byte_for_byte(
    stored: DayStore, url: str, tmp_path: Path
) -> None:
    local = DayStore(tmp_path / "local")
    local.write(a_day(), TRUTH)
    place = place_of(url)
    names = [f"HAND/2025-03-04/{name}" for name in (*FILES, "manifest.json")]
    assert place.names("", "*/*/*") == sorted(names)
    for name in names:
        assert place.read(name) == (local.root / name).read_bytes()


def test_a_day_is_written_once_and_never_overwritten(stored: DayStore, url: str) -> None:
    assert not DayStore(url).write(a_day(), TRUTH)
    with pytest.raises(DayExists, match=f"{url}/HAND/2025-03-04 already holds") as error:
        DayStore(url).write(a_day(price=5.0))
    assert f"lowfloat days drop {url} HAND/2025-03-04" in str(error.value)
    assert_same(DayStore(url)[KEY], a_day())


def test_nothing_of_a_written_day_stays_on_this_machine(stored: DayStore) -> None:
    assert [path for path in stored.root.rglob("*") if path.is_file()] == []


def test_only_the_files_that_are_asked_for_are_fetched(stored: DayStore) -> None:
    stored.about(*KEY)
    assert copies(stored) == {"day.json"}
    stored.bars(*KEY)
    assert copies(stored) == {"day.json", "bars.arrow"}


def test_the_arrays_are_mapped_from_the_copies(stored: DayStore) -> None:
    before = pa.total_allocated_bytes()
    day = stored[KEY]
    assert pa.total_allocated_bytes() == before
    assert not any(column.flags.owndata for column in day.quotes)


def test_a_day_that_is_not_there_is_told_with_the_url(stored: DayStore, url: str) -> None:
    with pytest.raises(DayNotFound, match=f"no day HAND 2025-03-05 in {url}"):
        stored["HAND", "2025-03-05"]
    assert ("HAND", "2025-03-05") not in stored


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_found_and_told_with_the_url(
    name: str, stored: DayStore, url: str
) -> None:
    place = place_of(url)
    sound = flip(place, f"HAND/2025-03-04/{name}")
    for _ in range(2):
        with pytest.raises(DayCorrupt, match=f"{url}/HAND/2025-03-04/{name}: SHA-256 was"):
            DayStore(url)[KEY]
    place.write(f"HAND/2025-03-04/{name}", sound)
    assert_same(DayStore(url)[KEY], a_day())


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_copy_is_fetched_again(name: str, stored: DayStore, url: str) -> None:
    assert_same(stored[KEY], a_day())
    copy = stored.folder(*KEY) / name
    copy.write_bytes(copy.read_bytes()[:-1])
    assert_same(DayStore(url)[KEY], a_day())
    copy.unlink()
    assert_same(stored[KEY], a_day())


def test_verifying_looks_at_what_is_stored_and_not_at_the_copies(
    stored: DayStore, url: str
) -> None:
    stored.verify(*KEY)
    place = place_of(url)
    sound = flip(place, "HAND/2025-03-04/quotes.arrow")
    with pytest.raises(DayCorrupt, match=f"{url}/HAND/2025-03-04/quotes.arrow: SHA-256"):
        stored.verify(*KEY)
    place.write("HAND/2025-03-04/quotes.arrow", sound)
    place.remove("HAND/2025-03-04/bars.arrow")
    with pytest.raises(DayCorrupt, match=f"{url}/HAND/2025-03-04/bars.arrow: missing"):
        stored.verify(*KEY)


@pytest.mark.parametrize("uploaded", range(len(FILES) + 1))
def test_an_upload_that_is_cut_short_leaves_no_day_to_be_seen(
    uploaded: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = type(fsspec.url_to_fs(url)[0])
    calls = []

    def cut_after(method):
        def call(*arguments, **options):
            if len(calls) == uploaded:
                raise ConnectionError("the line is dead")
            calls.append(method)
            return method(*arguments, **options)

        return call

    with monkeypatch.context() as broken:
        broken.setattr(driver, "put_file", cut_after(driver.put_file))
        broken.setattr(driver, "pipe_file", cut_after(driver.pipe_file))
        with pytest.raises(ConnectionError):
            DayStore(url).write(a_day(), TRUTH)
    assert DayStore(url).days() == []
    assert KEY not in DayStore(url)
    assert DayStore(url).write(a_day(), TRUTH)
    assert_same(DayStore(url)[KEY], a_day())


def test_a_day_that_was_dropped_and_made_again_is_fetched_again(stored: DayStore, url: str) -> None:
    old = stored[KEY]
    prices = old.trades.price.tolist()
    DayStore(url).drop(*KEY)
    assert DayStore(url).days() == []
    DayStore(url).write(a_day(price=5.0), TRUTH)
    assert_same(DayStore(url)[KEY], a_day(price=5.0))
    assert old.trades.price.tolist() == prices  # who has mapped the old one keeps it


def test_a_dropped_day_leaves_nothing_behind(stored: DayStore, url: str) -> None:
    stored[KEY]
    stored.drop(*KEY)
    assert place_of(url).names("", "*/*/*") == []
    assert copies(stored) == set()
    with pytest.raises(DayNotFound):
        stored.drop(*KEY)


def test_a_quarantine_lies_below_its_store(stored: DayStore, url: str) -> None:
    assert stored.quarantine.write(a_day(price=5.0))
    assert stored.days() == [KEY]
    assert_same(DayStore(f"{url}/quarantine")[KEY], a_day(price=5.0))


def test_a_store_goes_to_other_processes_by_its_url(stored: DayStore, url: str) -> None:
    assert stored.where == url
    assert_same(pickle.loads(pickle.dumps(stored))[KEY], a_day())


def _read(url: str, number: int, barrier, answers) -> None:
    barrier.wait(30)
    day = DayStore(url)[KEY]
    answers.put((number, day.trades.price.tolist(), day.quotes.bid_price.tolist()))


def test_two_processes_that_fetch_a_day_at_once_both_see_all_of_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LOWFLOAT_CACHE", str(tmp_path / "cache"))
    url = f"file://{tmp_path}/bucket/days"
    DayStore(url).write(a_day(), TRUTH)
    for _ in range(5):
        barrier, answers = FORK.Barrier(2), FORK.Queue()
        readers = [
            FORK.Process(target=_read, args=(url, number, barrier, answers)) for number in range(2)
        ]
        for reader in readers:
            reader.start()
        found = sorted(answers.get(timeout=30) for _ in readers)
        for reader in readers:
            reader.join(30)
            assert reader.exitcode == 0
        prices, bids = a_day().trades.price.tolist(), a_day().quotes.bid_price.tolist()
        assert found == [(0, prices, bids), (1, prices, bids)]
        for copy in DayStore(url).folder(*KEY).iterdir():
            copy.unlink()


def floats(known_at: int, number: int) -> pa.Table:
    row = {"symbol": "HAND", "known_at": known_at, "float_shares": number}
    schema = rules_of("float").schema
    whole = dict.fromkeys(schema.names) | row
    return pa.Table.from_pylist([whole], schema)


def test_reference_tables_lie_beside_the_days(url: str) -> None:
    (path,) = ReferenceTables(url).add("float", {"here": floats(T0, 1_000)})
    assert place_of(url).names("reference", "*/*") == [f"reference/float/{path.name}"]
    tables = ReferenceTables(url)
    assert tables.latest("float", "HAND", T0)["float_shares"] == 1_000
    assert tables.latest("float", "HAND", T0 - 1) is None
    assert tables.add("float", {"here": floats(T0, 1_000)}) == []
    tables.add("float", {"here": floats(T0 + 1, 2_000)})
    assert tables.latest("float", "HAND", T0 + 1)["float_shares"] == 2_000
    assert ReferenceTables(url).verify() == 2


def test_a_damaged_reference_file_is_told_with_the_url(url: str) -> None:
    (path,) = ReferenceTables(url).add("float", {"here": floats(T0, 1_000)})
    name = f"reference/float/{path.name}"
    sound = flip(place_of(url), name)
    with pytest.raises(DayCorrupt, match=f"{url}/{name}: its SHA-256 begins with"):
        ReferenceTables(url).latest("float", "HAND", T0)
    place_of(url).write(name, sound)
    assert ReferenceTables(url).latest("float", "HAND", T0)["float_shares"] == 1_000


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("nowhere://bucket/days", "Protocol not known: nowhere.*such as s3fs for s3://"),
        ("memory://", "names no folder; use one such as s3://bucket/days"),
        (Path("s3://bucket/days"), "was a URL before it became a path; use the URL as a string"),
    ],
)
def test_a_place_that_cannot_be_reached_is_refused(where: str | Path, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        DayStore(where)


def test_a_driver_that_is_not_installed_is_named() -> None:
    fsspec.register_implementation(
        "far", "no_such_package.FarFileSystem", clobber=True, errtxt="Install farfs to access Far"
    )
    with pytest.raises(ConfigError, match=r"`far://bucket/days` .*: Install farfs to access Far"):
        DayStore("far://bucket/days")
