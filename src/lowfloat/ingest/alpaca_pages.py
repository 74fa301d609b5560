"""The pages of records that Alpaca's API answers with, however they stand in a JSON file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lowfloat.ingest.csv_rows import plain
from lowfloat.ingest.json_stream import JsonStream

KINDS = frozenset({"trades", "quotes"})
"""The keys of a page that hold records."""

CHUNK = 20_000
"""Records that are worked on at a time."""


@dataclass
class Page:
    """A page of records; its symbol may come after them."""

    symbol: str | None = None


class Chunk(NamedTuple):
    """Records of one page and of one of :data:`KINDS`."""

    kind: str
    page: Page
    records: list[dict[str, Any]]


def chunks_of(path: Path) -> Iterator[Chunk]:
    """Yield the records of a JSON file, some thousand at a time, each chunk of one page.

    The last chunk of a page has its symbol, and may be empty.
    """
    with plain(path) as handle:
        stream = JsonStream(path, handle)
        loose = _Loose(stream)
        while stream.peek():
            if stream.peek() == "[":
                for _ in stream.items("[", "]"):
                    yield from _object(stream, loose)
            else:
                yield from _object(stream, loose)
        yield from loose.flush()


class _Loose:
    """Records that each name their symbol, gathered by it."""

    def __init__(self, stream: JsonStream) -> None:
        self.stream = stream
        self.records: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.count = 0

    def add(self, record: dict[str, Any]) -> Iterator[Chunk]:
        symbol = record.get("symbol", record.get("S"))
        if not isinstance(symbol, str) or "t" not in record:
            self.stream.refuse(
                "is neither a page (`trades` or `quotes`) nor a record with `symbol`"
            )
        kind = "trades" if "p" in record else "quotes"
        self.records.setdefault((kind, symbol), []).append(record)
        self.count += 1
        if self.count >= CHUNK:
            yield from self.flush()

    def flush(self) -> Iterator[Chunk]:
        for (kind, symbol), records in self.records.items():
            yield Chunk(kind, Page(symbol), records)
        self.records.clear()
        self.count = 0


def _object(stream: JsonStream, loose: _Loose) -> Iterator[Chunk]:
    """Yield the records of a page, or add a loose record to the others."""
    if stream.peek() != "{":
        stream.refuse("begins no page and no record")
    record = stream.short_object(KINDS)
    if record is not None:
        yield from loose.add(record)
        return
    page, kinds, found = Page(), [], 0
    for key in stream.entries():
        if key not in KINDS:
            value = stream.value()
            if key == "symbol" and isinstance(value, str):
                page.symbol = value
            continue
        kinds.append(key)
        if stream.peek() == "[":
            for chunk in _list(stream, key, page):
                found += len(chunk.records)
                yield chunk
        elif stream.peek() == "{":
            for symbol in stream.entries():
                yield from _list(stream, key, Page(symbol))
        elif stream.value() is not None:
            stream.refuse(f"has `{key}` that is no list of records")
    if not kinds:
        stream.refuse("has neither `trades` nor `quotes`")
    if found and page.symbol is None:
        stream.refuse("ends a page without `symbol`")
    yield Chunk(kinds[-1], page, [])


def _list(stream: JsonStream, kind: str, page: Page) -> Iterator[Chunk]:
    if stream.peek() != "[":
        if stream.value() is not None:
            stream.refuse(f"has `{kind}` that is no list of records")
        return
    for records in stream.blocks():
        if not all(isinstance(record, dict) for record in records):
            stream.refuse("has something in a list of records that is no record")
        yield Chunk(kind, page, records)
