"""Records for the tests of a feed: made by hand, drawn at random, and as plain dicts."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from lowfloat.ingest.dbn_feed import Feed
from lowfloat.ingest.dbn_layouts import LAYOUTS, RTYPES

NO_PRICE, NO_SIZE, NO_TIME = 2**63 - 1, 2**32 - 1, 2**64 - 1
LAST, TOP, SNAPSHOT, BAD_TS, DOUBTFUL = 128, 64, 32, 8, 4
CENT = 10**7
BEGIN = 1_700_000_000_000_000_000


class Outcome(NamedTuple):
    """What a feed made of a file."""

    trades: list[tuple]
    quotes: list[tuple]
    faults: Counter


def records(schema: str, rows: list[dict]) -> np.ndarray:
    """Return records of a schema; fields of others are passed over, letters become numbers.

    Unless a row says otherwise, each is an event of its own, one microsecond after the other.
    """
    made = np.zeros(len(rows), LAYOUTS[schema])
    made["length"], made["rtype"] = made.itemsize // 4, RTYPES[schema]
    made["ts_event"] = BEGIN + 1000 * np.arange(len(rows))
    made["ts_recv"] = made["ts_event"] + np.uint64(500)
    made["flags"], made["publisher_id"] = LAST, 2
    for record, row in zip(made, rows, strict=True):
        for name in row.keys() & set(made.dtype.names):
            record[name] = ord(row[name]) if isinstance(row[name], str) else row[name]
    return made


def book(action="A", bid=(100, 5), ask=(102, 7), **fields) -> dict:
    """One record that shows a top of book; a side is cents and shares, or None."""
    (bid_price, bid_size), (ask_price, ask_size) = (
        (NO_PRICE, 0) if side is None else (side[0] * CENT, side[1]) for side in (bid, ask)
    )
    counts = dict(bid_count=int(bid_size > 0), ask_count=int(ask_size > 0))
    return dict(action=action, side="N", bid_price=bid_price, bid_size=bid_size,
                ask_price=ask_price, ask_size=ask_size) | counts | fields  # fmt: skip


def order(action: str, number: int, side: str, cents: int, size: int, **fields) -> dict:
    """One record of an order."""
    return dict(action=action, order_id=number, side=side, price=cents * CENT, size=size) | fields


def plain(made: np.ndarray) -> list[dict]:
    """Return records as dicts for the reference."""
    names = [name for name in made.dtype.names if not name.startswith(("padding", "deeper"))]
    dicts = [dict(zip(names, row, strict=True)) for row in made[names].tolist()]
    for row in dicts:
        row |= {name: chr(row[name]) for name in ("action", "side") if name in row}
    return dicts


def convert(schema: str, made: np.ndarray, cuts: tuple[int, ...] = ()) -> Outcome:
    """Return what a feed makes of records that come in chunks."""
    feed = Feed(schema, 3, "TEST.FEED")
    outcome = Outcome([], [], Counter())
    for chunk in [*np.split(made, sorted(cuts)), None]:
        found = feed.finish() if chunk is None else feed.convert(np.ascontiguousarray(chunk))
        outcome.trades.extend(found.trades.tolist())
        outcome.quotes.extend(found.quotes.tolist())
        outcome.faults.update(found.faults)
    return outcome


def tops(outcome: Outcome) -> list[tuple]:
    """Return the book of each row: bid and ask in cents and shares, None for an empty side."""
    return [
        tuple((row[p] // CENT, row[s]) if row[p] else None for p, s in ((2, 4), (3, 5)))
        for row in outcome.quotes
    ]


_PRICES = st.sampled_from([99 * CENT, 100 * CENT, 101 * CENT, 102 * CENT] * 3
                          + [NO_PRICE, 0, -CENT, 10**14 + 1, 10**14])  # fmt: skip
_SIZES = st.sampled_from([1, 7, 100, 100, 200, 200] * 3 + [0, NO_SIZE, 2**31, 2**31 - 1])
_FLAGS = st.sampled_from([LAST, LAST, LAST, 0, 0, LAST | 2, LAST | BAD_TS, SNAPSHOT,
                          SNAPSHOT | LAST, DOUBTFUL, DOUBTFUL | LAST])  # fmt: skip
_MBO_FLAGS = st.one_of(_FLAGS, st.sampled_from([0, LAST, 0, LAST, 0, TOP, TOP | LAST]))


@st.composite
def streams(draw, schema: str, most: int = 60) -> np.ndarray:
    """Draw records of one instrument, of few prices, sizes and venues so that they meet."""
    of_orders = schema == "mbo"
    venues = draw(st.sampled_from([(2,), (2,), (39, 40), (39, 41, 82), (95,), (34, 30)]))
    actions = "ACCMR" if of_orders else "AACMR"
    fields = dict(
        step=st.sampled_from([0, 0, 1, 5]), price=_PRICES, size=_SIZES,
        flags=_MBO_FLAGS if of_orders else _FLAGS,
        action=st.sampled_from(actions[:-1] * 6 + "TTTFNRX"), side=st.sampled_from("BABAN"),
        publisher_id=st.sampled_from(venues), order_id=st.integers(1, 12),
        bid_price=_PRICES, ask_price=_PRICES, bid_size=_SIZES, ask_size=_SIZES,
        bid_count=st.integers(0, 2), ask_count=st.integers(0, 2),
        odd_time=st.sampled_from([None] * 12 + [NO_TIME, 2**63, 2**63 - 1]),
        no_receipt=st.sampled_from([False] * 40 + [True]),
    )  # fmt: skip
    names = set(LAYOUTS[schema].names) | {"step", "odd_time", "no_receipt"}
    wanted = st.fixed_dictionaries({k: v for k, v in fields.items() if k in names})
    rows = draw(st.lists(wanted, max_size=most))
    clock = BEGIN
    for sequence, row in enumerate(rows, 1):
        clock += row["step"]
        row["ts_event"] = clock if row["odd_time"] is None else row["odd_time"]
        row["ts_recv"] = NO_TIME if row["no_receipt"] else clock + 500
        row["sequence"] = sequence
    return records(schema, rows)
