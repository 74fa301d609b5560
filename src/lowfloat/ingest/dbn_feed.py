"""Records of one instrument of a DBN file as rows of the store's tables."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.records import ROWS, SNAPSHOT, Quotes, Status, Trades
from lowfloat.ingest.dbn_kernels import (
    BEFORE_PRINT,
    EACH_CHANGE,
    EACH_INTERVAL,
    read_orders,
    read_prints,
    read_tops,
)
from lowfloat.ingest.dbn_layouts import (
    LAYOUTS,
    QUOTES,
    STATUS,
    TRADES,
    UNDEF_TIMESTAMP,
    layout_of,
)
from lowfloat.ingest.order_book import new_book, roomier_book
from lowfloat.ingest.venues import FAULTS, counted_faults, end_event, new_venues, roomier_venues

_SHOWING = {
    QUOTES: EACH_CHANGE, "mbp-10": EACH_CHANGE, "cmbp-1": EACH_CHANGE,
    "tbbo": BEFORE_PRINT, "tcbbo": BEFORE_PRINT,
    "bbo-1s": EACH_INTERVAL, "bbo-1m": EACH_INTERVAL,
    "cbbo-1s": EACH_INTERVAL, "cbbo-1m": EACH_INTERVAL,
}  # fmt: skip
_OF_ONE_BOOK = frozenset(("cmbp-1", "tcbbo", "cbbo-1s", "cbbo-1m"))

_NO_STATUS = np.empty(0, ROWS[Status])
_END_OF_TIME = 2**63

FEEDS = frozenset((TRADES, STATUS, "mbo", *_SHOWING))
"""The schemas that make rows."""


class Converted(NamedTuple):
    """Rows of the tables, in the order of the file.

    Attributes:
        trades: of ``ROWS[Trades]``.
        quotes: of ``ROWS[Quotes]``.
        status: of ``ROWS[Status]``.
        faults: how many records of each kind were repaired or left out.
    """

    trades: np.ndarray
    quotes: np.ndarray
    status: np.ndarray
    faults: dict[str, int]


class Feed:
    """Turns the records of one instrument into rows, chunk by chunk; keeps the book between them.

    How the records are cut into chunks changes no row. The arrays of a result are used again by
    the next call: copy what must outlive it.

    Args:
        schema: one of ``FEEDS``.
        version: of the DBN format.
        dataset: the vendor's name of the feed, for messages.

    Raises:
        ValueError: the schema makes no rows.
    """

    def __init__(self, schema: str, version: int, dataset: str) -> None:
        if schema not in FEEDS:
            raise ValueError(
                f"`schema` of {dataset} was {schema!r}; rows are made of {sorted(FEEDS)}."
            )
        self.schema = schema
        self._name = f"{dataset} {schema}"
        self._layout = layout_of(schema, version)
        self._showing = _SHOWING.get(schema, EACH_CHANGE)
        self._one_book = schema in _OF_ONE_BOOK
        self._venues = new_venues()
        self._faults = counted_faults(self._venues)
        self._book = new_book(len(self._venues.table))
        self._trades = np.empty(0, ROWS[Trades])
        self._quotes = np.empty(1, ROWS[Quotes])

    def convert(self, records: np.ndarray) -> Converted:
        """Return the rows that records make.

        Args:
            records: contiguous, of the layout of the schema, in the order of the file.

        Raises:
            ValueError: the records are of another layout.
        """
        if records.dtype != self._layout:
            raise ValueError(f"`records` of {self._name} were of type {records.dtype}.")
        if self.schema == STATUS:
            return Converted(self._trades[:0], self._quotes[:0], *_status_rows(records))
        if len(self._trades) < len(records):
            self._trades = np.empty(len(records), ROWS[Trades])
            self._quotes = np.empty(len(records) + 1, ROWS[Quotes])
        read = {TRADES: self._read_prints, "mbo": self._read_orders}.get(
            self.schema, self._read_tops
        )
        return self._result(*read(records))

    def standing(self, since_ns: int, ts_ns: int) -> np.ndarray:
        """Return the best quote as one row at a time, none if there is none told since another."""
        state, row = self._venues.state[0], np.zeros(1, ROWS[Quotes])
        if state["ts_recv"] < since_ns or not (state["top_bid"] or state["top_ask"]):
            return row[:0]
        row["ts_event"] = row["ts_recv"] = ts_ns
        for side in ("bid", "ask"):
            row[f"{side}_price"], row[f"{side}_size"] = (
                state[f"top_{side}"],
                state[f"top_{side}_size"],
            )
        row["action"], row["flags"], row["publisher"] = ord("N"), SNAPSHOT, state["publisher"]
        return row

    def forget(self) -> None:
        """Let the next record that shows a book make a row, though it may be the same book.

        So a session begins with the book that its own records tell of.
        """
        for name in ("bid", "ask", "bid_size", "ask_size"):
            self._venues.table[name] = 0
            self._venues.state[f"top_{name}"] = 0

    def finish(self) -> Converted:
        """Return the row of an event that the end of the file leaves open, if there is one."""
        rows = 0
        if self._venues.state["venue"][0] >= 0:
            rows = int(end_event(self._venues.state[0], self._venues.table, self._quotes[0]))
        return self._result(0, rows)

    def _result(self, prints: int, changes: int) -> Converted:
        faults = {}
        if self._faults.any():
            faults = {name: int(n) for name, n in zip(FAULTS, self._faults, strict=True) if n}
            self._faults[:] = 0
        return Converted(self._trades[:prints], self._quotes[:changes], _NO_STATUS, faults)

    def _read_prints(self, records: np.ndarray) -> tuple[int, int]:
        return read_prints(_frozen(records), self._venues, self._trades), 0

    def _read_tops(self, records: np.ndarray) -> tuple[int, int]:
        tops = _frozen(_tops_of(records))
        done = prints = changes = 0
        while True:
            done, prints, changes = read_tops(
                tops, done, self._showing, self._one_book, self._venues,
                self._trades, prints, self._quotes, changes,
            )  # fmt: skip
            if done == len(tops):
                return prints, changes
            self._venues = roomier_venues(self._venues)

    def _read_orders(self, records: np.ndarray) -> tuple[int, int]:
        records = _frozen(records)
        done = prints = changes = 0
        while True:
            done, prints, changes = read_orders(
                records, done, self._venues, self._book,
                self._trades, prints, self._quotes, changes,
            )  # fmt: skip
            if done == len(records):
                return prints, changes
            if self._venues.state["venues"][0] == len(self._venues.table):
                self._venues = roomier_venues(self._venues)
            self._book = roomier_book(self._book, len(self._venues.table))


def _frozen(records: np.ndarray) -> np.ndarray:
    """Return a view that cannot be written, so that kernels are compiled for one type only."""
    view = records.view()
    view.flags.writeable = False
    return view


def _tops_of(records: np.ndarray) -> np.ndarray:
    """Return records of any schema that shows a top of book in the layout of mbp-1.

    They all begin alike: what one schema has and another has not is padding there.
    """
    top = LAYOUTS[QUOTES]
    if records.itemsize == top.itemsize:
        return records.view(top)
    cut = np.ndarray(len(records), top, records, strides=records.strides)
    return np.ascontiguousarray(cut)


def _status_rows(records: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """Return changes of the trading state, and the faults in their times.

    Of the answers Y is 1, N is 0, and anything else is not said.
    """
    received = records["ts_recv"] < _END_OF_TIME
    left_out = int((~received).sum())
    records = records[received]
    rows = np.empty(len(records), ROWS[Status])
    no_time = records["ts_event"] >= _END_OF_TIME
    rows["ts_event"] = np.where(no_time, records["ts_recv"], records["ts_event"])
    rows["confidence"] = 100
    for name in ("ts_recv", "action", "reason"):
        rows[name] = records[name]
    for name in ("is_trading", "is_short_sell_restricted"):
        answers = [records[name] == ord("Y"), records[name] == ord("N")]
        rows[name] = np.select(answers, [1, 0], -1)
    bad = left_out + int((no_time & (records["ts_event"] != UNDEF_TIMESTAMP)).sum())
    return rows, {"bad_time": bad} if bad else {}
