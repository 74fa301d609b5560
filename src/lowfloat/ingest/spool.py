"""Rows on their way from files to days: put on heaps on disk, so that memory stays small."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.records import BLOCK_ROWS

BUFFER_BYTES = 64 << 20
"""What all heaps together keep in memory."""

LARGE_BYTES = 1 << 19
"""Rows of this size are written to their heap's file at once."""

MAX_UNSORTED = 6_000_000
"""Rows of one table of one day that can be put in order, if their file did not."""


class Heap:
    """Rows of one type in the order in which they were added.

    Attributes:
        dtype: the type of a row.
        length: number of rows.
    """

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self.length = 0
        self.waiting: list[np.ndarray] = []
        self.path: Path | None = None
        self._state = np.zeros(5, np.int64)

    def add(self, rows: np.ndarray) -> None:
        """Append rows, which are copied: their buffer is the reader's, and may be used again."""
        self.count(rows)
        self.waiting.append(rows.copy())

    def count(self, rows: np.ndarray) -> None:
        """Take note of rows that are being added."""
        if not self.length:
            self._state[:] = rows["ts_recv"][0], rows["ts_recv"][0], 0, 0, -1
        numbers = rows["sequence"] if "sequence" in self.names else _NO_NUMBERS
        # A column of a single row is contiguous, one of more is not: copies are all alike, so
        # that the kernel is compiled once.
        times = np.ascontiguousarray(rows["ts_recv"])
        _watch(times, np.ascontiguousarray(numbers), self._state)
        self.length += len(rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.dtype.names or ()

    @property
    def first_ns(self) -> int:
        """``ts_recv`` of the first row."""
        return int(self._state[0])

    @property
    def last_ns(self) -> int:
        """Greatest ``ts_recv``."""
        return int(self._state[1])

    @property
    def back_ns(self) -> int:
        """The furthest that ``ts_recv`` goes back."""
        return int(self._state[2])

    @property
    def repeats(self) -> int:
        """Rows with time and sequence number of the row before."""
        return int(self._state[3])

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield the rows in order, a block at a time; a block is overwritten by the next."""
        if self.path is not None:
            buffer = np.empty(BLOCK_ROWS, self.dtype)
            room = buffer.view(np.uint8).data
            with self.path.open("rb", buffering=0) as file:
                while size := file.readinto(room):
                    yield buffer[: size // self.dtype.itemsize]
        for piece in self.waiting:
            for start in range(0, len(piece), BLOCK_ROWS):
                yield piece[start : start + BLOCK_ROWS]


class Spool:
    """Heaps by the day that their rows are of, and by where the rows come from.

    Args:
        folder: where heaps lie that are too large to wait in memory; made and removed by others.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._days: dict[Hashable, dict[Hashable, Heap]] = defaultdict(dict)
        self._waiting_bytes = 0
        self._files = 0

    def add(self, day: Hashable, origin: Hashable, rows: np.ndarray) -> None:
        """Append rows to a heap, which begins with its first rows."""
        if not len(rows):
            return
        heap = self._days[day].setdefault(origin, Heap(rows.dtype))
        if rows.nbytes >= LARGE_BYTES:
            heap.count(rows)
            self._write_out(heap, rows)
            return
        heap.add(rows)
        self._waiting_bytes += rows.nbytes
        if self._waiting_bytes >= BUFFER_BYTES:
            for heaps in self._days.values():
                for waiting in heaps.values():
                    self._write_out(waiting)
            self._waiting_bytes = 0

    def get(self, day: Hashable, origin: Hashable) -> Heap | None:
        """Return a heap, None if nothing was ever put on it."""
        return self._days.get(day, {}).get(origin)

    def drop(self, day: Hashable) -> None:
        """Throw away the heaps of a day that is done with."""
        for heap in self._days.pop(day, {}).values():
            self._waiting_bytes -= sum(piece.nbytes for piece in heap.waiting)
            if heap.path is not None:
                heap.path.unlink()

    def _write_out(self, heap: Heap, *more: np.ndarray) -> None:
        """Write what waits, and more, to the heap's file."""
        if not heap.waiting and not more:
            return
        if heap.path is None:
            self._files += 1
            heap.path = self._folder / f"{self._files}.rows"
        with heap.path.open("ab") as file:
            for piece in (*heap.waiting, *more):
                file.write(piece.data)  # unlike `tofile` it says why it fails
        if more:
            self._waiting_bytes -= sum(piece.nbytes for piece in heap.waiting)
        heap.waiting.clear()


class Sequel:
    """The rows of several heaps, one after the other, as one table of a day should have them.

    In order of receipt, rows received at once in order of their sequence numbers; without rows
    before or after the times given; and without a row that repeats the one before it.

    Args:
        heaps: in order of time.
        from_ns: first time of receipt.
        to_ns: the time after the last.

    Attributes:
        length: number of rows.
        outside: rows left out because of their time.
        duplicates: rows left out because they repeat another.
        out_of_order: rows that came after a later one.
        back_ns: the furthest that time went back.
    """

    def __init__(self, heaps: Sequence[Heap], from_ns: int, to_ns: int) -> None:
        self._heaps = [heap for heap in heaps if heap.length]
        self._from_ns, self._to_ns = from_ns, to_ns
        self.length = sum(heap.length for heap in self._heaps)
        self.outside = self.duplicates = self.out_of_order = self.back_ns = 0
        latest = self._heaps[0].first_ns if self._heaps else from_ns
        is_clean = not self._heaps or self._heaps[0].first_ns >= from_ns
        self._goes_back = False
        for number, heap in enumerate(self._heaps):
            self._goes_back |= heap.back_ns > 0 or heap.first_ns < latest
            may_repeat = heap.repeats > 0 or (number > 0 and heap.first_ns == latest)
            is_clean &= not may_repeat
            latest = max(latest, heap.last_ns)
        if self._goes_back and self.length > MAX_UNSORTED:
            raise ValueError(
                f"{self.length:,} rows are not in order of time; at most {MAX_UNSORTED:,} can be "
                "put in order"
            )
        self._is_clean = is_clean and latest < to_ns and not self._goes_back
        if not self._is_clean:
            self.length = sum(len(block) for block in self._cleaned())

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield the rows, a block at a time."""
        if self._is_clean:
            for heap in self._heaps:
                yield from heap.blocks()
        else:
            yield from self._cleaned()

    def _raw(self) -> Iterator[np.ndarray]:
        if self._goes_back:
            yield from self._in_order()
        else:
            for heap in self._heaps:
                yield from heap.blocks()

    def _in_order(self) -> Iterator[np.ndarray]:
        """Yield all rows in order; they are in memory only as long as this goes on."""
        rows = np.empty(sum(heap.length for heap in self._heaps), self._heaps[0].dtype)
        done = 0
        for heap in self._heaps:
            for block in heap.blocks():
                rows[done : done + len(block)] = block
                done += len(block)
        times = rows["ts_recv"]
        behind = np.maximum.accumulate(times) - times
        self.out_of_order, self.back_ns = int(np.count_nonzero(behind)), int(behind.max())
        del behind
        keys = (rows["sequence"], times) if "sequence" in self._heaps[0].names else (times,)
        order = np.lexsort(keys)
        for start in range(0, len(order), BLOCK_ROWS):
            yield rows[order[start : start + BLOCK_ROWS]]

    def _cleaned(self) -> Iterator[np.ndarray]:
        self.outside = self.duplicates = 0
        before: np.ndarray | None = None
        for block in self._raw():
            times = block["ts_recv"]
            inside = (times >= self._from_ns) & (times < self._to_ns)
            self.outside += len(block) - int(inside.sum())
            block = block[inside]
            joined = block if before is None else np.concatenate([before, block])
            same = _repeats(joined)
            fresh = block[~same[len(joined) - len(block) :]]
            self.duplicates += len(block) - len(fresh)
            if len(block):
                before = block[-1:].copy()
            if len(fresh):
                yield fresh


_NO_NUMBERS = np.zeros(0, np.uint32)


def _repeats(rows: np.ndarray) -> np.ndarray:
    """Return per row whether it equals the row before it and has a sequence number to prove it."""
    same = np.zeros(len(rows), bool)
    if "sequence" in (rows.dtype.names or ()):
        number, time = rows["sequence"], rows["ts_recv"]
        same[1:] = (number[1:] == number[:-1]) & (number[1:] != 0) & (time[1:] == time[:-1])
        for name in rows.dtype.names or ():
            if not same.any():
                break
            same[1:] &= rows[name][1:] == rows[name][:-1]
    return same


@kernel
def _watch(times: np.ndarray, sequence: np.ndarray, state: np.ndarray) -> None:
    """Follow the times of rows that are added; ``state`` as in :class:`Heap`'s attributes."""
    latest, back, repeats, number = state[1], state[2], state[3], state[4]
    previous = latest
    for i in range(len(times)):
        now = times[i]
        back = max(back, latest - now)
        if len(sequence):
            if now == previous and sequence[i] == number and number != 0:
                repeats += 1
            number = np.int64(sequence[i])
        previous = now
        latest = max(latest, now)
    state[1], state[2], state[3], state[4] = latest, back, repeats, number
