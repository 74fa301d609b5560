"""What rows the records of one instrument make, as plainly as it can be said.

Records are dicts with the fields of the layouts; ``action`` and ``side`` are letters.
"""

from collections import Counter
from collections.abc import Iterator

from reference.order_book import Book, is_possible

SNAPSHOT, DOUBTFUL, LAST = 32, 4, 128
UNDEFINED_PRICE, UNDEFINED_SIZE, UNDEFINED_TIME = 2**63 - 1, 2**32 - 1, 2**64 - 1
OF_EVENTS = ("mbp-1", "mbp-10", "cmbp-1", "mbo")
OF_ONE_BOOK = ("cmbp-1", "tcbbo", "cbbo-1s", "cbbo-1m")
OF_OTHERS = (30, 59, 60, 93, 94, 95, 134, 135)
OFF_EXCHANGE = (17, 18, 19, 54, 55, 56, 68, 69, 70, 82, 83, 130, 131, 132, 133)
EMPTY = ((0, 0), (0, 0))


def convert(schema: str, records: list[dict]) -> tuple[list[tuple], list[tuple], Counter]:
    """Return the rows of trades and of quotes, and the faults, of a whole file."""
    faults: Counter = Counter()
    records = [timed(schema, record, faults) for record in records]
    records = [record for record in records if record is not None]
    trades = [row for record in records for row in print_of(schema, record, faults)]
    quotes = [] if schema == "trades" else quotes_of(schema, records, faults)
    return trades, quotes, +faults


def timed(schema: str, record: dict, faults: Counter) -> dict | None:
    """Return a record with the times of its rows, or None if it has none."""
    if record["ts_recv"] >= 2**63:
        faults["bad_time"] += 1
        return None
    event = record["ts_event"]
    if schema.startswith(("bbo", "cbbo")):
        return {**record, "ts_event": record["ts_recv"], "action": "N"}
    if event >= 2**63:
        if event != UNDEFINED_TIME:
            faults["bad_time"] += 1
        event = record["ts_recv"]
    return {**record, "ts_event": event}


def print_of(schema: str, record: dict, faults: Counter) -> Iterator[tuple]:
    always = schema in ("trades", "tbbo", "tcbbo")
    if schema.startswith(("bbo", "cbbo")) or not (always or record["action"] == "T"):
        return
    if record["flags"] & SNAPSHOT:
        faults["snapshot"] += 1
    elif is_possible(record, faults):
        side = {"B": 1, "A": -1}.get(record["side"], 0)
        marks = 15
        if record["size"] < 100:
            marks += 64
        if record["publisher_id"] in OFF_EXCHANGE:
            marks += 32
        yield (
            record["ts_event"], record["ts_recv"], record["price"], record["size"], side,
            100 if side else 0, marks, record["publisher_id"],
            0 if schema in OF_ONE_BOOK else record["sequence"],
        )  # fmt: skip


def events_of(schema: str, records: list[dict]) -> Iterator[list[dict]]:
    """Yield the records of each event; a sample is an event of its own."""
    event: list[dict] = []
    for record in records:
        if event:
            before = event[-1]
            moved = before["ts_event"] != record["ts_event"]
            repeats = before["flags"] & record["flags"] & SNAPSHOT
            if before["publisher_id"] != record["publisher_id"] or (moved and not repeats):
                yield event
                event = []
        event.append(record)
        if schema not in OF_EVENTS or record["flags"] & LAST:
            yield event
            event = []
    if event:
        yield event


def quotes_of(schema: str, records: list[dict], faults: Counter) -> list[tuple]:
    book = Book()
    doubted: set[int] = set()  # publishers whose book of orders may lack some
    counting: set[int] = set()  # publishers that count orders
    stands: dict = {}  # per venue, the quote that stands
    leader = None
    last = EMPTY
    rows = []
    for event in events_of(schema, records):
        publisher = event[-1]["publisher_id"]
        venue = None if schema in OF_ONE_BOOK else publisher
        quote = stands.get(venue, EMPTY)
        changed: list[dict] = []
        is_doubtful = False
        for record in event:
            if schema == "mbo":
                if record["action"] not in "ACMR":
                    faults["bad_book"] += record["action"] not in "TFN"
                    continue
                if record["flags"] & DOUBTFUL:
                    faults["bad_book"] += 1
                    doubted.add(publisher)
                elif record["action"] == "R":
                    doubted.discard(publisher)
                book.apply(record, faults)
                is_doubtful = publisher in doubted
                shown = book.best(publisher, "B"), book.best(publisher, "A")
                action = record["action"]
            else:
                action = "N" if schema in ("tbbo", "tcbbo") else record["action"]
                if action in "TF":
                    if not (record["flags"] & LAST and changed):
                        continue
                    action = None
                is_doubtful = bool(record["flags"] & DOUBTFUL)
                faults["bad_book"] += is_doubtful
                shown = shown_by(schema, record, counting, faults)
            if is_doubtful:
                shown = EMPTY
            if shown != quote:
                quote = shown
                if action is None:
                    changed.append(changed[-1])
                else:
                    changed.append({**record, "action": action if action in "ACMR" else "N"})
        if not changed:
            continue
        if quote == stands.get(venue, EMPTY):
            faults["intermediate"] += len(changed)
            continue
        faults["intermediate"] += len(changed) - 1
        stands[venue] = quote
        if venue is None:
            leader = None
        elif publisher in OF_OTHERS:
            leader = publisher
        elif quote[0][0] > quote[1][0] > 0:
            faults["crossed_own"] += 1
        best = consolidated([stands[leader]] if leader is not None else list(stands.values()))
        if best == last:
            continue
        last = best
        flags = event[-1]["flags"] & ~DOUBTFUL
        if is_doubtful and best == EMPTY:
            flags |= DOUBTFUL
        (bid, bid_size), (ask, ask_size) = best
        rows.append((
            event[-1]["ts_event"], event[-1]["ts_recv"], bid, ask, bid_size, ask_size,
            ord(changed[-1]["action"]), flags, publisher,
            0 if schema in OF_ONE_BOOK else changed[-1]["sequence"],
        ))  # fmt: skip
    return rows


def shown_by(schema: str, record: dict, counting: set, faults: Counter) -> tuple:
    """Return the two sides that a record shows, as price and size."""
    if schema not in OF_ONE_BOOK and (record["bid_count"] or record["ask_count"]):
        counting.add(record["publisher_id"])
    sides = []
    for side in ("bid", "ask"):
        price, size = record[f"{side}_price"], record[f"{side}_size"]
        empty = price == UNDEFINED_PRICE or size in (0, UNDEFINED_SIZE)
        if schema not in OF_ONE_BOOK:
            uncounted = record["publisher_id"] in counting and not record[f"{side}_count"]
            cleared = schema in OF_EVENTS and record["action"] == "R"
            empty = empty or uncounted or cleared
        if not empty and not 0 < price <= 100_000 * 10**9:
            faults["bad_price"] += 1
            empty = True
        elif not empty and size >= 2**31:
            faults["bad_size"] += 1
            empty = True
        sides.append((0, 0) if empty else (price, size))
    return tuple(sides)


def consolidated(quotes: list[tuple]) -> tuple:
    """Return the best of some quotes: the best price and all that stands there."""
    best = []
    for side, pick in ((0, max), (1, min)):
        there = [quote[side] for quote in quotes if quote[side][0]]
        price = pick((price for price, _ in there), default=0)
        best.append((price, min(sum(size for at, size in there if at == price), 2**31 - 1)))
    return tuple(best)
