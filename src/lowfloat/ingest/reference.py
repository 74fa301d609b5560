"""Users' files of reference data (CSV or Parquet) into the dated tables beside the days.

Nothing is guessed: texts stay texts (the tickers NA and TRUE too), decimals are exact, and a
time without an offset is New York's. A date without a time stands for 20:00 New York of that
date; see :func:`lowfloat.ingest.reference_values.known_at` for rows that do not say.
"""

import csv
import datetime as dt
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from lowfloat.base.clock import NS, new_york_date, session_of
from lowfloat.days.day import check_symbol
from lowfloat.days.reference import ReferenceTables, merged
from lowfloat.days.reference_rules import TIMES, first_fault, rules_of
from lowfloat.errors import BadSymbol, FeedError, NotASession
from lowfloat.ingest.halt_lists import LIST_COLUMNS, halts_of, is_halt_list
from lowfloat.ingest.reference_values import (
    KNOWN_BY_DEFAULT,
    BadValue,
    known_at,
    times_of,
    values_of,
)

_BLOCK = 1 << 22  # bytes of a CSV file that are read at once, and the longest row
_ROWS = 1 << 16  # rows of a Parquet file that are read at once
_UTC_DAY = 24 * 3600 * NS

_OTHER_NAMES = {
    "ticker": "symbol", "effective_date": "effective", "execution_date": "effective",
    "from": "from_shares", "split_from": "from_shares", "to": "to_shares", "split_to": "to_shares",
}  # fmt: skip


def read_reference(table: str, path: str | os.PathLike[str]) -> pa.Table:
    """Return the rows of a user's file, in the columns of a table, sorted, each once.

    Args:
        table: one of :data:`lowfloat.days.reference_rules.TABLES`.
        path: a CSV or Parquet file; which of the two is seen from its content. A file of halts
            may be the list of Nasdaq or of NYSE as they publish it.

    Raises:
        FeedError: the file cannot be used; the message names the line and the column.
    """
    return _read(table, Path(path))[0]


def ingest_reference(
    table: str,
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    store_root: str | os.PathLike[str],
) -> dict[str, int]:
    """Read users' files into a table beside the days of a store; all of them or none.

    Returns:
        How many ``files`` and ``rows`` were read, how many files were ``new``, and how many
        rows were left out as their symbol is no ticker (``bad_symbol``).

    Raises:
        FeedError: a file cannot be used, or two rows contradict each other.
        DayCorrupt: a file that is already stored was altered.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    parts = {str(path): _read(table, Path(path)) for path in given}
    new = ReferenceTables(store_root).add(table, {name: rows for name, (rows, _) in parts.items()})
    return {
        "files": len(parts),
        "rows": sum(len(rows) for rows, _ in parts.values()),
        "new": len(new),
        "bad_symbol": sum(bad for _, bad in parts.values()),
    }


def bars_from(
    symbol: str,
    ts_event: np.ndarray,
    open: np.ndarray,
    high: np.ndarray,
    low: np.ndarray,
    close: np.ndarray,
    volume: np.ndarray,
    resolution: str,
) -> tuple[pa.Table, int]:
    """Return the rows of ``bars`` made of a vendor's bars of one symbol.

    Bars of a second or a minute are cut to sessions exactly: the open and close are those of the
    regular session if it has any, high, low and volume those of the whole session. A bar of a
    UTC date stands for the session of that date, of which in winter it lacks the last hour; its
    close may be one of the evening. Either is known once the session and the bar are over.

    Args:
        symbol: ticker.
        ts_event: int64, the time in nanoseconds UTC at which each bar begins, not decreasing.
        open: int64 nanodollars, as are high, low and close.
        high: highest price.
        low: lowest price.
        close: last price.
        volume: shares.
        resolution: ``1s``, ``1m`` or ``1d``.

    Returns:
        The rows, and how many bars lie outside any session.

    Raises:
        FeedError: times go back, a price cannot be, or the resolution is another.
    """
    if resolution not in ("1s", "1m", "1d"):
        raise FeedError(f"`resolution` was {resolution!r}; use 1s, 1m or 1d.")
    back = np.flatnonzero(np.diff(ts_event) < 0)
    if len(back):
        raise FeedError(f"{symbol}: `ts_event` goes back at bar {back[0] + 1}; use bars in order.")
    rows = []
    used = 0
    hours = np.unique(ts_event // (3600 * NS)).tolist()
    whole_days = resolution == "1d"
    dates = {_utc_date(hour) if whole_days else new_york_date(hour * 3600 * NS) for hour in hours}
    for date in sorted(dates):
        try:
            session = session_of(date)
        except NotASession:
            continue
        begin = session.start_ns // _UTC_DAY * _UTC_DAY if whole_days else session.start_ns
        end = begin + _UTC_DAY if whole_days else session.end_ns
        regular = (session.regular_open_ns, session.regular_close_ns)
        first, opened, closed, last = np.searchsorted(ts_event, (begin, *regular, end)).tolist()
        if first == last:
            continue
        if whole_days or opened == closed:
            opened, closed = first, last
        used += last - first
        rows.append({
            "symbol": symbol, "known_at": max(end, session.end_ns), "date": date,
            "open": int(open[opened]), "high": int(high[first:last].max()),
            "low": int(low[first:last].min()), "close": int(close[closed - 1]),
            "volume": sum(volume[first:last].tolist()), "resolution": resolution,
        })  # fmt: skip
    made = pa.Table.from_pylist(rows, rules_of("bars").schema)
    fault = first_fault("bars", made)
    if fault:
        raise FeedError(f"{symbol} on {rows[fault.row]['date']}: {fault.message}")
    return made, len(ts_event) - used


def _utc_date(hour: int) -> dt.date:
    return dt.datetime.fromtimestamp(hour * 3600, dt.UTC).date()


def _read(table: str, path: Path) -> tuple[pa.Table, int]:
    """Return the rows of a file, and how many were left out for their symbol."""
    schema = rules_of(table).schema
    parts: list[pa.Table] = []
    places: list[np.ndarray] = []  # of each row kept, in the file
    count = bad = 0
    try:
        for raw in _raw_parts(path):
            columns = _named(table, raw, path)
            kept = _with_tickers(columns, path) if "symbol" in columns else np.arange(len(raw))
            bad += len(raw) - len(kept)
            place = count + kept
            taken = {name: values.take(pa.array(kept)) for name, values in columns.items()}
            parts.append(_typed(table, taken, path, place))
            places.append(place)
            count += len(raw)
    except (pa.ArrowException, csv.Error, OSError, UnicodeDecodeError) as error:
        raise FeedError(f"{path}: cannot be read: {str(error)[:300]}.") from error
    if bad and bad == count:
        raise FeedError(f"{path}: no `symbol` in it is a US ticker in capitals such as MLGO.")
    at = np.concatenate([np.empty(0, np.int64), *places])
    rows = pa.concat_tables([schema.empty_table(), *parts])
    return merged(
        table, {str(path): rows}, lambda row: f"{path}: {_place(path, int(at[row]))}"
    ), bad


def _raw_parts(path: Path) -> Iterator[pa.Table]:
    """Yield a file piece by piece, its columns as they are written."""
    with path.open("rb") as file:
        begin = file.read(4)
    if not begin:
        raise FeedError(f"{path}: is empty; use a CSV file with a header, or Parquet.")
    if begin == b"PAR1":
        with pq.ParquetFile(path, page_checksum_verification=True) as source:
            schema = source.schema_arrow
            yield schema.empty_table()
            for batch in source.iter_batches(_ROWS):
                batch.validate(full=True)
                yield pa.Table.from_batches([batch], schema)
        return
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read() not in (b"\n", b"\r"):
            raise FeedError(
                f"{path}: its last line has no line break, so that it may have been cut off; "
                "end the file with a line break."
            )
    header, delimiter = _header(path)
    yield pa.table([pa.array([], pa.string())] * len(header), names=header)
    if len(set(header)) < len(header):
        return  # refused by its names
    with pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(
            column_names=header, skip_rows=1, block_size=_BLOCK, use_threads=False
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    ) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _header(path: Path) -> tuple[list[str], str]:
    """Return the columns of a CSV file, and what separates them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        line = file.readline(_BLOCK)
    delimiter = max(",|\t;", key=line.count)  # the first of them if there is none
    return next(csv.reader([line], delimiter=delimiter), []), delimiter


def _place(path: Path, row: int) -> str:
    """Return where a row stands: its line in a CSV file, its number from 1 in Parquet."""
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return f"row {row + 1}"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, delimiter=_header(path)[1])
        left = row + 2
        begun = 1
        for fields in reader:
            left -= len(fields) > 0
            if not left:
                break
            begun = reader.line_num + 1
    return f"line {begun}"


def _named(table: str, raw: pa.Table, path: Path) -> dict[str, pa.Array]:
    """Return the columns by the table's names, texts trimmed, an empty text as null."""
    plain = [name.strip().lower().replace(" ", "_").replace("-", "_") for name in raw.column_names]
    names = [_OTHER_NAMES.get(name, name) for name in plain]
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise FeedError(f"{path}: has {len(twice)} columns twice: {', '.join(twice)[:80]}.")
    schema = rules_of(table).schema
    is_list = table == "halts" and is_halt_list(names)
    known = LIST_COLUMNS | {"known_at"} if is_list else set(schema.names)
    unknown = sorted(set(names) - known)
    if unknown:
        raise FeedError(
            f"{path}: column `{unknown[0][:80]}` is unknown; `{table}` has "
            f"{', '.join(schema.names)}."
        )
    columns = {}
    for name, values in zip(names, raw.columns, strict=True):
        plain_values = values.combine_chunks()
        if pa.types.is_dictionary(values.type):
            plain_values = plain_values.cast(values.type.value_type)
        if pa.types.is_string(plain_values.type) or pa.types.is_large_string(plain_values.type):
            text = pc.utf8_trim_whitespace(plain_values.cast(pa.string()))
            plain_values = pc.if_else(pc.equal(text, ""), None, text)
        columns[name] = plain_values
    if is_list:
        columns = halts_of(columns, path)
    optional = {field.name for field in schema if field.nullable} | {"resolution"}
    if table in KNOWN_BY_DEFAULT:
        optional.add("known_at")
    missing = [name for name in schema.names if name not in columns and name not in optional]
    if missing:
        raise FeedError(f"{path}: has no column `{missing[0]}`; found {', '.join(names)[:300]}.")
    return columns


def _with_tickers(columns: dict[str, pa.Array], path: Path) -> np.ndarray:
    """Return the rows whose symbol is a ticker, or is missing, which is an error of its own."""
    symbols = columns["symbol"]
    if not pa.types.is_string(symbols.type):
        raise FeedError(f"{path}: column `symbol` is {symbols.type}; use text.")
    encoded = symbols.dictionary_encode()
    good = []
    for symbol in encoded.dictionary.to_pylist():
        try:
            check_symbol(symbol)
            good.append(True)
        except BadSymbol:
            good.append(False)
    kept = pa.array(good, pa.bool_()).take(encoded.indices)
    return np.flatnonzero(pc.fill_null(kept, True).to_numpy(zero_copy_only=False))


def _typed(table: str, columns: dict[str, pa.Array], path: Path, place: np.ndarray) -> pa.Table:
    """Return columns of the table's types, checked."""
    schema = rules_of(table).schema
    typed: dict[str, pa.Array] = {}
    dates = np.zeros(len(place), np.bool_)
    for name, values in columns.items():
        field = schema.field(name)
        try:
            if name in TIMES:
                typed[name], without_time = times_of(values)
                if name == "known_at":
                    dates = without_time
                elif without_time.any():
                    row = int(np.argmax(without_time))
                    raise BadValue(row, values[row], "a date with a time")
            else:
                typed[name] = values_of(name, field.type, values)
            if typed[name].null_count and not field.nullable and name != "known_at":
                row = int(np.argmax(typed[name].is_null().to_numpy(False)))
                raise BadValue(row, None, "")
        except BadValue as bad:
            at = _place(path, int(place[bad.row]) if len(place) else 0)
            raise FeedError(f"{path}: {at}, column `{name}` {bad.text}") from bad
    for field in schema:
        if field.name not in typed and field.name != "known_at":
            value = "day" if field.name == "resolution" else None
            typed[field.name] = pa.array([value] * len(place), field.type)
    typed["known_at"] = known_at(table, typed, typed.get("known_at"), dates)
    rows = pa.table({name: typed[name] for name in schema.names})
    fault = first_fault(table, rows)
    if fault:
        raise FeedError(f"{path}: {_place(path, int(place[fault.row]))}, {fault.message}")
    return rows.cast(schema)
