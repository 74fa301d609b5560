"""The files of an index: what columns they have, and how they are written."""

import datetime as dt
import hashlib
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lowfloat.days.place import Place

SCHEMA_VERSION = 2
DESCRIPTION = "index.json"

DAYS = pa.schema(
    [
        ("symbol", pa.string()), ("date", pa.date32()), ("split", pa.string()),
        ("open", pa.float64()), ("high", pa.float64()), ("low", pa.float64()),
        ("close", pa.float64()), ("previous_close", pa.float64()), ("volume", pa.int64()),
        ("max_move", pa.float64()), ("range", pa.float64()), ("gap", pa.float64()),
        ("volume_ratio", pa.float64()), ("relative_volume", pa.float64()),
        ("float_rotation", pa.float64()), ("num_halts", pa.int32()), ("resets", pa.int32()),
        ("is_momentum", pa.bool_()), ("quality_score", pa.float64()), ("scenario", pa.string()),
        ("compound", pa.string()), ("alert_second", pa.int32()), ("alert_trigger", pa.string()),
        ("alerts", pa.int32()), ("tradable", pa.bool_()), ("flags", pa.string()),
        ("manifest_id", pa.string()),
    ]
)  # fmt: skip
RESETS = pa.schema(
    [
        ("symbol", pa.string()), ("date", pa.date32()), ("timestamp", pa.timestamp("ns", "UTC")),
        ("second", pa.int32()), ("kind", pa.string()), ("momentum_phase", pa.string()),
        ("side", pa.string()), ("pattern_type", pa.string()), ("category", pa.string()),
        ("quality_score", pa.float64()), ("base_quality", pa.float64()),
        ("setup_quality", pa.float64()), ("volume_ratio", pa.float64()), ("spread", pa.float64()),
        ("price", pa.float64()), ("scenario", pa.string()), ("split", pa.string()),
        ("pre_consolidation_minutes", pa.float64()), ("breakout_magnitude", pa.float64()),
        ("volume_acceleration", pa.float64()), ("spread_tightness", pa.float64()),
    ]
)  # fmt: skip


def write_index(
    place: Place,
    about: dict[str, Any],
    rows: list[dict[str, Any]],
    points: list[dict[str, Any]],
) -> None:
    """Write the tables and the description of an index.

    The description goes last, in one step: an interrupted scan leaves no index that looks whole.

    Args:
        place: of the index, which is made.
        about: what ``index.json`` says; the hashes of the tables are added.
        rows: of the days, by symbol and date; dates as text.
        points: of their reset points, in the same order, by time.
    """
    place.remove(DESCRIPTION)
    files = {}
    for name, schema, records in (("days", DAYS, rows), ("resets", RESETS, points)):
        columns = {
            field.name: pa.array(
                [_typed(field, record[field.name]) for record in records], field.type
            )
            for field in schema
        }
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pydict(columns, schema), sink)
        contents = sink.getvalue().to_pybytes()
        place.write(f"{name}.parquet", contents)
        files[f"{name}.parquet"] = hashlib.sha256(contents).hexdigest()
    text = json.dumps({**about, "files": files}, indent=1, sort_keys=True) + "\n"
    place.write(DESCRIPTION, text.encode())


def _typed(field: pa.Field, value: Any) -> Any:
    return dt.date.fromisoformat(value) if field.name == "date" else value
