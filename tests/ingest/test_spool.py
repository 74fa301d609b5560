"""Heaps of rows on their way to a day, against the same work done row by row in plain Python."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowfloat.base.records import ROWS, Quotes, Status, Trades
from lowfloat.ingest import spool
from lowfloat.ingest.spool import Heap, Sequel, Spool

KINDS = {kind: ROWS[kind] for kind in (Trades, Quotes, Status)}
OTHER = {Trades: "price", Quotes: "bid_price", Status: "action"}


def rows(kind: type, told: Sequence[tuple[int, int, int]]) -> np.ndarray:
    """Return rows given as time of receipt, sequence number and one value more."""
    made = np.zeros(len(told), ROWS[kind])
    made["ts_recv"] = [time for time, _, _ in told]
    if "sequence" in ROWS[kind].names:
        made["sequence"] = [number for _, number, _ in told]
    made[OTHER[kind]] = [value for _, _, value in told]
    return made


def plain(blocks: Any) -> list[tuple]:
    return [tuple(row) for block in blocks for row in block.tolist()]


def expected(kind: type, parts: list[np.ndarray], from_ns: int, to_ns: int) -> dict[str, Any]:
    """Return what a table of the rows of several heaps should be, row by row."""
    names = ROWS[kind].names
    time, has_numbers = names.index("ts_recv"), "sequence" in names
    number = names.index("sequence") if has_numbers else 0
    told = [row for part in parts for row in part.tolist()]
    latest, back, late = None, 0, 0
    for row in told:
        if latest is not None and row[time] < latest:
            late += 1
            back = max(back, latest - row[time])
        latest = row[time] if latest is None else max(latest, row[time])
    if late:
        told.sort(key=lambda row: (row[time], row[number] if has_numbers else 0))
    kept: list[tuple] = []
    before, outside, duplicates = None, 0, 0
    for row in told:
        if not from_ns <= row[time] < to_ns:
            outside += 1
        elif has_numbers and row[number] and row == before:
            duplicates += 1
        else:
            kept.append(row)
        before = row if from_ns <= row[time] < to_ns else before
    return {
        "rows": kept, "length": len(kept), "outside": outside, "duplicates": duplicates,
        "out_of_order": late, "back_ns": back,
    }  # fmt: skip


def found(heaps: list[Heap], from_ns: int, to_ns: int) -> dict[str, Any]:
    sequel = Sequel(heaps, from_ns, to_ns)
    made = plain(sequel.blocks())
    assert plain(sequel.blocks()) == made  # and again
    return {"rows": made} | {
        name: getattr(sequel, name)
        for name in ("length", "outside", "duplicates", "out_of_order", "back_ns")
    }


# Few values, so that times meet, rows repeat and time goes back often.
TOLD = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(1, 2)), max_size=14)
IN_ORDER = TOLD.map(sorted)
PARTS = st.lists(TOLD | IN_ORDER, max_size=4)
BOUND = st.integers(0, 13)


@pytest.fixture(params=[1 << 19, 3], ids=["one block", "small blocks"])
def blocks(request, monkeypatch) -> int:
    monkeypatch.setattr(spool, "BLOCK_ROWS", request.param)
    return request.param


def heap_of(kind: type, told: Sequence[tuple[int, int, int]], cuts: Sequence[int] = ()) -> Heap:
    """Return a heap to which rows were added in pieces."""
    heap = Heap(ROWS[kind])
    for piece in np.split(rows(kind, told), sorted(cut % (len(told) + 1) for cut in cuts)):
        if len(piece):
            heap.add(piece)
    return heap


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(parts=PARTS, cuts=st.lists(st.integers(0, 20), max_size=3), low=BOUND, high=BOUND)
def test_several_heaps_become_the_rows_of_one_table(kind, parts, cuts, low, high) -> None:
    heaps = [heap_of(kind, told, cuts) for told in parts]
    assert found(heaps, low, high) == expected(kind, [rows(kind, p) for p in parts], low, high)


@settings(max_examples=60)
@given(told=TOLD, cuts=st.lists(st.integers(0, 20), max_size=5))
def test_a_heap_knows_the_times_of_its_rows_however_they_were_added(told, cuts) -> None:
    heap = heap_of(Trades, told, cuts)
    assert heap.length == len(told)
    times = [time for time, _, _ in told]
    if told:
        assert (heap.first_ns, heap.last_ns) == (times[0], max(times))
    assert heap.back_ns == max((max(times[: n + 1]) - t for n, t in enumerate(times)), default=0)
    if told == sorted(told):
        assert heap.repeats == sum(
            one[:2] == two[:2] and one[1] != 0 for one, two in pairwise(told)
        )


ADDED = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from([Trades, Quotes, Status]), TOLD), max_size=12
)


@pytest.mark.parametrize("buffer", [0, 200, 1 << 20], ids=["on disk", "in part", "in memory"])
@settings(max_examples=40)
@given(added=ADDED, dropped=st.sampled_from(["A", "B", "C"]))
def test_a_spool_keeps_the_rows_of_each_heap_in_order(
    buffer, added, dropped, tmp_path_factory
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "BUFFER_BYTES", buffer)
        heaps = Spool(folder)
        for day, kind, told in added:
            heaps.add(day, kind, rows(kind, told))
        for day in "AB":
            for kind in KINDS:
                parts = [rows(kind, told) for d, k, told in added if (d, k) == (day, kind)]
                heap = heaps.get(day, kind)
                assert (heap is None) == (sum(len(part) for part in parts) == 0)
                if heap is not None:
                    assert plain(heap.blocks()) == plain(parts)
        heaps.drop(dropped)
        assert heaps.get(dropped, Trades) is None
        for day in {"A", "B"} - {dropped}:
            heaps.drop(day)
    assert list(folder.iterdir()) == []


def test_rows_that_their_reader_uses_again_are_kept_as_they_were(tmp_path: Path) -> None:
    heaps, buffer = Spool(tmp_path), rows(Trades, [(1, 1, 1), (2, 2, 2)])
    heaps.add("day", Trades, buffer[:1])
    buffer["price"] = 9
    heaps.add("day", Trades, buffer[1:])
    buffer["price"] = 7
    heap = heaps.get("day", Trades)
    assert heap is not None
    assert [row["price"] for block in heap.blocks() for row in block] == [1, 9]


def test_rows_wait_in_memory_up_to_a_limit_and_are_counted_when_dropped(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(spool, "BUFFER_BYTES", 3 * ROWS[Trades].itemsize)
    heaps = Spool(tmp_path)
    for _ in range(50):  # what is dropped must not count for ever, or each piece were written out
        heaps.add("day", Trades, rows(Trades, [(1, 1, 1)]))
        heaps.drop("day")
    assert list(tmp_path.iterdir()) == []
    for n in range(2):
        heaps.add("day", n, rows(Trades, [(1, 1, 1)]))
    assert list(tmp_path.iterdir()) == []
    heaps.add("other day", Trades, rows(Trades, [(1, 1, 1)]))
    assert len(list(tmp_path.iterdir())) == 3


def test_two_heaps_that_meet_in_one_row_hold_it_once() -> None:
    row = (5, 1, 1)
    sequel = Sequel([heap_of(Trades, [row]), heap_of(Trades, [row])], 0, 100)
    assert (sequel.length, sequel.duplicates, len(plain(sequel.blocks()))) == (1, 1, 1)


def test_heaps_out_of_order_among_themselves_are_put_in_order_before_the_session_too() -> None:
    heaps = [heap_of(Trades, [(1, 1, 1), (10, 2, 1)]), heap_of(Trades, [(5, 3, 1), (12, 4, 1)])]
    sequel = Sequel(heaps, 3, 100)
    assert [int(t) for block in sequel.blocks() for t in block["ts_recv"]] == [5, 10, 12]
    assert (sequel.outside, sequel.out_of_order, sequel.back_ns) == (1, 1, 5)


def test_more_rows_than_can_be_put_in_order_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(spool, "MAX_UNSORTED", 3)
    told = [(1, 1, 1), (2, 2, 1), (3, 3, 1), (2, 4, 1)]
    with pytest.raises(ValueError, match="4 rows are not in order of time; at most 3"):
        Sequel([heap_of(Trades, told)], 0, 100)
    assert Sequel([heap_of(Trades, sorted(told))], 0, 100).length == 4


def test_rows_without_a_number_are_never_taken_for_repeats() -> None:
    told = [(5, 0, 1), (5, 0, 1)]
    assert Sequel([heap_of(Trades, told)], 0, 100).length == 2
    assert Sequel([heap_of(Status, told)], 0, 100).length == 2


def test_no_heap_and_no_rows_are_no_rows() -> None:
    for heaps in ([], [Heap(ROWS[Trades])]):
        sequel = Sequel(heaps, 0, 100)
        assert (sequel.length, list(sequel.blocks()), sequel.back_ns) == (0, [], 0)
