"""The vendors whose files can be read, by the word that names them on the command line."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

from lowfloat.base.progress import Progress
from lowfloat.days.store import DayStore
from lowfloat.errors import ConfigError
from lowfloat.ingest import alpaca, lean, massive
from lowfloat.ingest.databento import ingest_databento
from lowfloat.ingest.files import Opener, ingest_files
from lowfloat.ingest.find import Source
from lowfloat.ingest.report import IngestResult
from lowfloat.ingest.source import SourceFile
from lowfloat.ingest.table import open_table
from lowfloat.ingest.table_mapping import load_mappings

VENDORS = {
    "databento": "Databento DBN files: trades, books, status, bars, definitions.",
    "massive": "Massive (Polygon) flat files: trades_v1 and quotes_v1.",
    "alpaca": "Alpaca historical trades and quotes, JSON or CSV.",
    "lean": "QuantConnect LEAN tick zips.",
    "table": "Any CSV or Parquet, with a mapping of its columns.",
}

_READERS: dict[str, Opener] = {
    "massive": massive.open_file,
    "alpaca": alpaca.open_file,
    "lean": lean.open_file,
}


def ingest_vendor(
    vendor: str,
    source: Source,
    store: DayStore,
    *,
    symbols: Collection[str] | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    mapping: str | Path | None = None,
    progress: Progress | None = None,
) -> IngestResult:
    """Read the files of a vendor into a store; arguments as of :func:`lowfloat.ingest`.

    Raises:
        ConfigError: the vendor is not known, or ``mapping`` is missing, wrong or not wanted.
        FeedError: ``source`` names no file.
        BadSymbol: one of ``symbols`` is no ticker.
    """
    if vendor not in VENDORS:
        raise ConfigError(f"`vendor` was {vendor!r}; use one of {', '.join(VENDORS)}.")
    if (mapping is None) == (vendor == "table"):
        raise ConfigError(
            f"`mapping` was {mapping!r} with vendor {vendor!r}; give it with `table`, and with "
            "no other."
        )
    if vendor == "databento":
        return ingest_databento(
            source, store, symbols=symbols, first=first, last=last, progress=progress
        )
    reader: Opener
    if mapping is not None:
        mappings = load_mappings(Path(mapping))

        def reader(path: Path, name: str) -> SourceFile:
            return open_table(path, name, *mappings)
    else:
        reader = _READERS[vendor]
    return ingest_files(
        vendor, reader, source, store, symbols=symbols, first=first, last=last, progress=progress
    )
