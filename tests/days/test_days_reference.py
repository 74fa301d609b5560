"""Dated facts: nobody gets a row before it is known, and a file that was altered is found."""

import datetime as dt
import hashlib
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.base.clock import new_york_ns
from lowfloat.days.reference import ReferenceTables
from lowfloat.days.reference_rules import TABLES
from lowfloat.errors import DayCorrupt, FeedError

T0 = new_york_ns(dt.date(2025, 3, 4), 20)
DATE = dt.date(2025, 3, 4)


def rows_of(table: str, *rows: dict[str, Any]) -> pa.Table:
    """Return rows of a table."""
    return pa.Table.from_pylist(list(rows), TABLES[table].schema)


def shares(known: int, number: int = 1000, symbol: str = "ABCD", out: int | None = None) -> dict:
    """Return a row of ``float``."""
    return {"symbol": symbol, "known_at": known, "float_shares": number, "shares_outstanding": out}


def halt(at: int, until: int | None, code: str = "LUDP") -> dict:
    """Return a row of ``halts``."""
    return {"symbol": "ABCD", "known_at": at, "halted_at": at, "resumed_at": until, "code": code}


@pytest.fixture
def tables(tmp_path: Path) -> ReferenceTables:
    return ReferenceTables(tmp_path)


def add(tables: ReferenceTables, table: str, *rows: dict) -> list[Path]:
    """Store rows as one file."""
    return tables.add(table, {"here": rows_of(table, *rows)})


def test_an_empty_store_knows_nothing(tables) -> None:
    assert tables.latest("float", "ABCD", T0) is None
    assert tables.rows("float", "ABCD", 0, T0) == []


def test_a_row_is_known_from_its_own_nanosecond_on(tables) -> None:
    add(tables, "float", shares(T0))
    assert tables.latest("float", "ABCD", T0 - 1) is None
    assert tables.latest("float", "ABCD", T0) == shares(T0)


def test_the_row_last_known_is_returned(tables) -> None:
    add(tables, "float", shares(T0 + 9, 3), shares(T0, 1), shares(T0 + 5, 2))
    found = [tables.latest("float", "ABCD", T0 + n)["float_shares"] for n in (0, 4, 5, 8, 9, 99)]
    assert found == [1, 1, 2, 2, 3, 3]


def test_rows_of_a_span_include_both_ends(tables) -> None:
    add(tables, "float", *(shares(T0 + n) for n in range(4)))
    found = tables.rows("float", "ABCD", T0 + 1, T0 + 2)
    assert [row["known_at"] - T0 for row in found] == [1, 2]
    assert tables.rows("float", "ABCD", T0 + 2, T0 + 1) == []


def test_symbols_are_kept_apart(tables) -> None:
    add(tables, "float", shares(T0, 1, "ABCD"), shares(T0, 2, "ABC"), shares(T0, 3, "NA"))
    found = {name: tables.latest("float", name, T0) for name in ("ABC", "ABCD", "NA", "AB")}
    assert {name: row and row["float_shares"] for name, row in found.items()} == {
        "ABC": 2, "ABCD": 1, "NA": 3, "AB": None,
    }  # fmt: skip


@given(
    st.dictionaries(st.tuples(st.sampled_from(["A", "AB", "B"]), st.integers(0, 30)),
                    st.integers(1, 9), max_size=12),
    st.integers(-2, 32), st.integers(-2, 32),
)  # fmt: skip
def test_look_ups_agree_with_a_search_by_hand(tmp_path_factory, facts, first, last) -> None:
    tables = ReferenceTables(tmp_path_factory.mktemp("days"))
    rows = [shares(T0 + when, n, name) for (name, when), n in facts.items()]
    tables.add("float", {"one": rows_of("float", *rows[::2]), "two": rows_of("float", *rows[1::2])})
    for name in ("A", "AB", "B"):
        mine = sorted((r for r in rows if r["symbol"] == name), key=lambda r: r["known_at"])
        known = [row for row in mine if row["known_at"] <= T0 + last]
        assert tables.latest("float", name, T0 + last) == (known[-1] if known else None)
        spanned = [row for row in known if row["known_at"] >= T0 + first]
        assert tables.rows("float", name, T0 + first, T0 + last) == spanned


def test_a_resumption_is_not_told_before_it_happens(tables) -> None:
    add(tables, "halts", halt(T0, T0 + 300))
    assert tables.latest("halts", "ABCD", T0 + 299)["resumed_at"] is None
    assert tables.latest("halts", "ABCD", T0 + 300)["resumed_at"] == T0 + 300
    assert tables.rows("halts", "ABCD", T0, T0 + 299)[0]["resumed_at"] is None


def test_a_halt_listed_before_and_after_its_resumption_is_one_halt(tables) -> None:
    add(tables, "halts", halt(T0, None))
    add(tables, "halts", halt(T0, T0 + 300))
    assert tables.rows("halts", "ABCD", T0, T0 + 300) == [halt(T0, T0 + 300)]
    assert len(tables.files("halts")) == 2


def test_a_halt_cannot_resume_at_two_times(tables) -> None:
    add(tables, "halts", halt(T0, T0 + 300))
    with pytest.raises(FeedError, match="contradicts itself"):
        add(tables, "halts", halt(T0, T0 + 600))


def test_the_same_rows_are_stored_once_whatever_their_order(tables) -> None:
    one, two = shares(T0), shares(T0 + 1)
    assert len(add(tables, "float", one, two)) == 1
    assert add(tables, "float", two, one, two) == []
    assert len(tables.files("float")) == 1


def test_rows_that_lie_in_two_files_count_once(tables) -> None:
    add(tables, "float", shares(T0), shares(T0 + 1))
    add(tables, "float", shares(T0 + 1), shares(T0 + 2))
    assert len(tables.rows("float", "ABCD", T0, T0 + 2)) == 3


def test_a_contradiction_names_both_sides_and_is_not_stored(tables) -> None:
    tables.add("float", {"a.csv": rows_of("float", shares(T0, 1000))})
    with pytest.raises(FeedError) as caught:
        tables.add("float", {"b.csv": rows_of("float", shares(T0, 2000)),
                             "c.csv": rows_of("float", shares(T0 + 1))})  # fmt: skip
    (file,) = tables.files("float")
    for part in (f"stored {file.name} says", "b.csv says", "2025-03-04 20:00:00", "1000", "2000"):
        assert part in str(caught.value)
    assert tables.latest("float", "ABCD", T0 + 9) == shares(T0, 1000)


def test_two_headlines_of_one_second_are_no_contradiction(tables) -> None:
    row = {"symbol": "ABCD", "known_at": T0, "headline": "One", "category": None}
    add(tables, "news", row, row | {"headline": "Two"})
    assert [r["headline"] for r in tables.rows("news", "ABCD", T0, T0)] == ["One", "Two"]


def test_a_second_object_sees_what_was_stored(tables) -> None:
    assert tables.latest("float", "ABCD", T0) is None
    add(tables, "float", shares(T0))
    assert tables.latest("float", "ABCD", T0) == shares(T0)
    assert ReferenceTables(tables.root.parent).latest("float", "ABCD", T0) == shares(T0)


def test_a_file_is_named_by_its_contents_and_has_page_checksums(tables) -> None:
    (path,) = add(tables, "float", shares(T0))
    assert path.parent == tables.root / "float"
    assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert pq.read_table(path, page_checksum_verification=True).to_pylist() == [shares(T0)]


def test_every_flipped_byte_of_a_file_is_found(tables) -> None:
    (path,) = add(tables, "float", shares(T0))
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DayCorrupt, match=path.name):
            ReferenceTables(tables.root.parent).latest("float", "ABCD", T0)


def test_a_file_under_another_table_is_refused(tables) -> None:
    (path,) = add(tables, "float", shares(T0))
    other = tables.root / "volumes" / path.name
    other.parent.mkdir()
    other.write_bytes(path.read_bytes())
    with pytest.raises(DayCorrupt, match="not those of `volumes`"):
        tables.verify()


def test_verify_reads_every_file(tables) -> None:
    add(tables, "float", shares(T0))
    (path,) = add(tables, "halts", halt(T0, None))
    assert tables.verify() == 2
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DayCorrupt, match="SHA-256"):
        tables.verify()


def test_nothing_is_added_to_a_damaged_table_until_the_file_is_removed(tables) -> None:
    (path,) = add(tables, "float", shares(T0))
    whole = path.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(DayCorrupt):
        add(tables, "float", shares(T0))
    path.unlink()
    assert add(tables, "float", shares(T0)) == [path]
    assert path.read_bytes() == whole


def test_what_an_interrupted_write_left_is_no_part_of_the_table(tables) -> None:
    add(tables, "float", shares(T0))
    (tables.root / "float" / ".tmp-abc").write_bytes(b"PAR1")
    (tables.root / "float" / "notes.parquet").write_bytes(b"not ours")
    assert tables.verify() == 1


def _add_in_a_process(root: Path, number: int) -> None:
    ReferenceTables(root).add(
        "float", {"here": rows_of("float", shares(T0), shares(T0 + 1 + number % 2))}
    )
    os._exit(0)  # Arrow's threads may abort a process that ends while they still start


def test_several_writers_leave_whole_files(tmp_path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_in_a_process, args=(tmp_path, n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    tables = ReferenceTables(tmp_path)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert tables.verify() == 2
    assert len(tables.rows("float", "ABCD", T0, T0 + 2)) == 3


CLOSE = {"symbol": "ABCD", "known_at": T0, "date": DATE, "close": 5 * 10**9}
SPLIT = {"symbol": "ABCD", "known_at": T0, "effective": DATE, "from_shares": 10, "to_shares": 1}
BAR = {"symbol": "ABCD", "known_at": T0, "date": DATE, "open": 2, "high": 3, "low": 1, "close": 2,
       "volume": 9, "resolution": "1m"}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("float", shares(T0, 0), "`float_shares` was 0; use 1 to"),
        ("float", shares(T0 // 1000), "`known_at` was"),  # microseconds
        ("float", shares(T0, symbol="../x"), "`symbol` was '../x'; use a US ticker"),
        ("closes", CLOSE | {"close": 0}, "`close` was 0"),
        ("closes", CLOSE | {"close": 2**63 - 1}, "`close` was"),
        ("closes", CLOSE | {"date": dt.date(2025, 3, 8)}, "a Saturday"),
        ("closes", CLOSE | {"known_at": new_york_ns(DATE, 15)}, "before the regular close"),
        ("splits", SPLIT | {"to_shares": 10}, "changes nothing"),
        ("halts", halt(T0, T0 - 1), "`resumed_at` is before `halted_at`"),
        ("halts", halt(T0, None) | {"known_at": T0 - 1}, "`known_at` is before `halted_at`"),
        ("bars", BAR | {"low": 4}, "`low` is above `high`"),
        ("bars", BAR | {"resolution": "5m"}, "`resolution` was '5m'; use day, 1s, 1m, 1d"),
        ("bars", BAR | {"known_at": new_york_ns(DATE, 15)}, "before the regular close"),
        ("halts", halt(T0, None, ""), "`code` was ''"),
    ],
)
def test_a_value_that_cannot_be_is_refused(tables, table, row, message) -> None:
    with pytest.raises(FeedError, match="here: row 0, ") as caught:
        add(tables, table, row)
    assert message in str(caught.value)
    assert tables.files(table) == []


def test_a_missing_value_is_refused(tables) -> None:
    rows = rows_of("float", shares(T0)).set_column(2, "float_shares", pa.nulls(1, pa.int64()))
    with pytest.raises(FeedError, match="`float_shares` is empty"):
        tables.add("float", {"here": rows})


def test_other_columns_are_refused(tables) -> None:
    with pytest.raises(FeedError, match="the columns are symbol; use symbol, known_at"):
        tables.add("float", {"here": pa.table({"symbol": ["ABCD"]})})


def test_a_table_that_does_not_exist_is_named_with_those_that_do(tables) -> None:
    with pytest.raises(FeedError, match="`table` was 'floats'; use one of float, splits"):
        tables.latest("floats", "ABCD", T0)


def test_thousands_of_symbols_are_looked_up_at_once(tables) -> None:
    letters = "ABCDEFGHIJKLMNOPQRST"
    symbols = [a + b + c for a in letters for b in letters for c in letters[:10]]
    add(tables, "float", *(shares(T0 + n, n + 1, name) for name in symbols for n in range(3)))
    assert all(tables.latest("float", name, T0 + 1)["float_shares"] == 2 for name in symbols[::10])
