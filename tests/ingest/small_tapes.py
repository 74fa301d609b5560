"""A small market, written as each vendor would deliver it; for tests from file to stored day."""

import datetime as dt
import gzip
import json
import zipfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from ingest.flat_files import (
    QUOTES,
    TRADES,
    alpaca_quote,
    alpaca_trade,
    csv_text,
    ns,
    page,
    quote,
    trade,
    write,
)

DATE, NEXT = "2025-03-10", "2025-03-11"
DOLLAR = 10**9


class Print(NamedTuple):
    """A print of Nasdaq at a New York clock time; ``says`` is a key of :data:`CONDITIONS`."""

    clock: str
    price: str
    size: int
    says: str = ""


class Book(NamedTuple):
    """The national best quote from a New York clock time on; sizes are full hundreds."""

    clock: str
    bid: str
    bid_size: int
    ask: str
    ask_size: int


class Tape(NamedTuple):
    """What happened to a stock on a date."""

    symbol: str
    prints: tuple[Print, ...]
    books: tuple[Book, ...]
    date: str = DATE


CONDITIONS = {
    "": ("", ["@"], "1"),
    "odd lot": ("37", ["@", "I"], "80000000"),
    "derived": ("10", ["4"], "200"),
    "out of sequence": ("32", ["Z"], "4000"),
    "average": ("2", ["W"], "100000"),
    "official close": ("15", ["M"], "1000000"),
    "closing": ("8", ["6"], "80"),
}
"""Sale conditions in the words of Massive, of Alpaca on tape C, and of LEAN."""

Write = Callable[[Path, Iterable[Tape]], Path]


def quiet(symbol: str = "ABCD", date: str = DATE, more: Iterable[Print] = ()) -> Tape:
    """A sound day: a change of the book every 30 s of regular hours, a print after every other."""
    books, prints = [], []
    for i in range(780):
        at = dt.datetime(2025, 1, 1, 9, 30) + dt.timedelta(seconds=30 * i)
        bid = Decimal("5.00") + Decimal("0.01") * (i % 7)
        ask = bid + Decimal("0.02")
        books.append(Book(f"{at:%H:%M:%S}", f"{bid}", 300, f"{ask}", 500))
        if i % 2:
            price = ask if i % 4 == 1 else bid
            prints.append(Print(f"{at + dt.timedelta(seconds=10):%H:%M:%S}", f"{price}", 100))
    joined = sorted([*prints, *more], key=lambda one: one.clock)
    return Tape(symbol, tuple(joined), tuple(books), date)


def massive(folder: Path, tapes: Iterable[Tape]) -> Path:
    """Write the flat files of trades and quotes of each date."""
    for date, group in _by_date(tapes):
        trades = [
            trade(ns(p.clock, date), ticker=tape.symbol, price=p.price, size=p.size,
                  conditions=CONDITIONS[p.says][0], sequence_number=i)
            for tape in group for i, p in enumerate(tape.prints, 1)
        ]  # fmt: skip
        quotes = [
            quote(ns(b.clock, date), ticker=tape.symbol, sequence_number=i,
                  bid_price=b.bid, bid_size=b.bid_size // 100,
                  ask_price=b.ask, ask_size=b.ask_size // 100)
            for tape in group for i, b in enumerate(tape.books, 1)
        ]  # fmt: skip
        write(folder / "trades_v1" / f"{date}.csv.gz", csv_text(TRADES, trades))
        write(folder / "quotes_v1" / f"{date}.csv.gz", csv_text(QUOTES, quotes))
    return folder


def alpaca(folder: Path, tapes: Iterable[Tape]) -> Path:
    """Write the answers of the API on trades and on quotes of each stock and date."""
    for tape in tapes:
        trades = [
            alpaca_trade(p.clock, tape.date, p=float(p.price), s=p.size,
                         c=CONDITIONS[p.says][1], i=i)
            for i, p in enumerate(tape.prints, 1)
        ]  # fmt: skip
        quotes = [
            alpaca_quote(b.clock, tape.date, bp=float(b.bid), bs=b.bid_size // 100,
                         ap=float(b.ask)) | {"as": b.ask_size // 100}
            for b in tape.books
        ]  # fmt: skip
        for kind, records in (("trades", trades), ("quotes", quotes)):
            text = json.dumps(page(kind, records, tape.symbol))
            write(folder / f"{tape.symbol}-{tape.date}-{kind}.json.gz", text)
    return folder


def lean(folder: Path, tapes: Iterable[Tape]) -> Path:
    """Write the tick zips of each stock and date; the national best quote in pairs of lines."""
    for tape in tapes:
        day = tape.date.replace("-", "")
        midnight = ns("00:00:00", tape.date)

        def at(clock: str, date: str = tape.date, midnight: int = midnight) -> int:
            return (ns(clock, date) - midnight) // 10**6

        trades = [
            f"{at(p.clock)},{Decimal(p.price) * 10_000:f},{p.size},Q,{CONDITIONS[p.says][2]},0\n"
            for p in tape.prints
        ]
        quotes = [
            f"{at(b.clock)},{Decimal(b.bid) * 10_000:f},{b.bid_size},0,0,P,1,0\n"
            f"{at(b.clock)},0,0,{Decimal(b.ask) * 10_000:f},{b.ask_size},Q,1,0\n"
            for b in tape.books
        ]
        ticker = tape.symbol.lower()
        for kind, lines in (("trade", trades), ("quote", quotes)):
            path = folder / "tick" / ticker / f"{day}_{kind}.zip"
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(f"{day}_{ticker}_{kind.title()}_Tick.csv", "".join(lines))
    return folder


MAPPING = """
table: trades
columns: {symbol: ticker, ts_recv: t, price: px, size: qty, publisher: x, conditions: c}
time: {unit: ns, zone: UTC}
publishers: tape
conditions: tape_c
---
table: quotes
columns: {symbol: ticker, ts_recv: t, bid_price: b, bid_size: bs, ask_price: a, ask_size: as}
time: {unit: ns, zone: UTC}
"""


def table(folder: Path, tapes: Iterable[Tape]) -> Path:
    """Write a CSV file of trades and one of quotes of each date; see :data:`MAPPING`."""
    folder.mkdir(parents=True, exist_ok=True)
    for date, group in _by_date(tapes):
        trades = ["ticker,t,px,qty,x,c"] + [
            f"{tape.symbol},{ns(p.clock, date)},{p.price},{p.size},Q,"
            + "".join(CONDITIONS[p.says][1])
            for tape in group
            for p in tape.prints
        ]
        quotes = ["ticker,t,b,bs,a,as"] + [
            f"{tape.symbol},{ns(b.clock, date)},{b.bid},{b.bid_size},{b.ask},{b.ask_size}"
            for tape in group
            for b in tape.books
        ]
        for kind, lines in (("trades", trades), ("quotes", quotes)):
            text = "\n".join(lines) + "\n"
            (folder / f"{kind}-{date}.csv.gz").write_bytes(gzip.compress(text.encode()))
    return folder


WRITERS: dict[str, Write] = {"massive": massive, "alpaca": alpaca, "lean": lean, "table": table}


def _by_date(tapes: Iterable[Tape]) -> list[tuple[str, list[Tape]]]:
    given = list(tapes)
    return [(d, [t for t in given if t.date == d]) for d in sorted({t.date for t in given})]
