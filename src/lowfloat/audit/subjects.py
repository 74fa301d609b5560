"""What is audited: everything known at each second, and the one place that asks the tape for it.

A subject is a name and a function of a day that returns arrays whose first axis is the decision
second 0..57,600. A user's own columns are read from a Python file.
"""

import runpy
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.errors import AuditError, ConfigError
from lowfloat.index.asof import TRIGGERS, alerts_of
from lowfloat.index.config import AlertConfig
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.columns import COLUMNS, market_table
from lowfloat.tape.phase import track_of
from lowfloat.tape.scores import SCORES

ROWS = SECONDS_PER_SESSION + 1
"""Decisions of a day, from 04:00:00 to 20:00:00."""


class Subject(NamedTuple):
    """Something that is known at each second of a day.

    Attributes:
        name: what a finding calls it.
        values: from a tape to arrays by column name; the first axis of each is the decision
            second 0..57,600.
    """

    name: str
    values: Callable[[Tape], dict[str, np.ndarray]]


def honest_subjects(names: Collection[str] | None = None) -> list[Subject]:
    """Return what the package shows an agent and a scanner of the market.

    Args:
        names: columns to audit; None audits them all.

    Raises:
        ConfigError: a name is not known.
    """
    tables = {"market": COLUMNS, "scores": SCORES}
    others = {"phase": _phase, "alert": _alert}
    known = [column.name for columns in tables.values() for column in columns]
    wanted = _chosen([*known, *others], names)
    subjects = []
    for subject, columns in tables.items():
        chosen = tuple(column for column in columns if column.name in wanted)
        subjects += [Subject(subject, partial(_of_table, columns=chosen))] if chosen else []
    return subjects + [Subject(name, values) for name, values in others.items() if name in wanted]


def column_file_subjects(path: Path, names: Collection[str] | None = None) -> list[Subject]:
    """Return the columns that a Python file defines, as one subject.

    Args:
        path: the file. It defines ``COLUMNS``, a tuple of objects with a ``name`` and a function
            ``values`` from a tape to an array of 57,600: the column at the end of each bucket.
        names: columns to audit; None audits them all.

    Raises:
        OSError: the file cannot be read.
        ConfigError: the file defines no such columns, or a name is not among them.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file; use a Python file that defines `COLUMNS`.")
    columns = runpy.run_path(str(path)).get("COLUMNS")
    if not isinstance(columns, Sequence) or not columns or not all(map(_is_column, columns)):
        raise ConfigError(
            f"{path}: `COLUMNS` was {columns!r}; use a tuple of objects, each with a `name` and a "
            "function `values` from a tape to an array of 57,600."
        )
    wanted = _chosen([column.name for column in columns], names)
    chosen = [column for column in columns if column.name in wanted]
    return [Subject(path.name, partial(_of_columns, columns=chosen))]


def decisions(column: str, buckets: np.ndarray) -> np.ndarray:
    """Return values at the ends of buckets as rows of decisions, those at 04:00:00 not known.

    A column of what is known in advance has a number for each decision, and is rows already.

    Raises:
        AuditError: the array has not one number per bucket or decision.
    """
    values = np.asarray(buckets)
    if values.shape not in ((SECONDS_PER_SESSION,), (ROWS,)) or values.dtype.kind not in "fiub":
        raise AuditError(
            f"`{column}` gave an array of shape {values.shape} and type {values.dtype}; use one "
            f"number for each of the {SECONDS_PER_SESSION:,} buckets of a day."
        )
    if len(values) == ROWS:
        return values
    rows = np.full(ROWS, np.nan)
    rows[1:] = values
    return rows


def _chosen(known: Collection[str], names: Collection[str] | None) -> set[str]:
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise ConfigError(f"`{unknown[0]}` is no column here; use some of {', '.join(known)}.")
    return set(names or known)


def _is_column(column: Any) -> bool:
    name, values = getattr(column, "name", None), getattr(column, "values", None)
    return isinstance(name, str) and callable(values)


def _of_table(tape: Tape, columns: tuple[Column, ...]) -> dict[str, np.ndarray]:
    """Return columns with NaN where the mask says that they are not known: both are audited."""
    whole = columns == COLUMNS
    table = tape.of(market_table) if whole else market_table(tape, columns)
    return {
        column.name: np.where(table.known[:, i], table.values[:, i], np.float32(np.nan))
        for i, column in enumerate(columns)
    }


def _phase(tape: Tape) -> dict[str, np.ndarray]:
    track = tape.of(track_of)
    return {
        "phase": track.phase,
        "phase_probability": track.probability,
        "seconds_in_phase": track.in_phase,
        "chance_of_leaving": track.leaving,
        "next_phase": track.following,
    }


_ALERT_VALUES = {
    "alert_price": "price",
    "alert_gain": "gain",
    "alert_volume": "volume",
    "alert_relative_volume": "relative_volume",
}


def _alert(tape: Tape) -> dict[str, np.ndarray]:
    """Return what a live scanner has shown by each second: its last alert, and how many."""
    known = {name: np.full(ROWS, np.nan) for name in ("alert", "alert_trigger", *_ALERT_VALUES)}
    known["alerts"] = np.zeros(ROWS)
    for number, alert in enumerate(alerts_of(tape, AlertConfig()), start=1):
        since = slice(alert.second, None)
        known["alerts"][since] = number
        known["alert"][since] = alert.second
        known["alert_trigger"][since] = TRIGGERS.index(alert.trigger)
        for name, field in _ALERT_VALUES.items():
            value = getattr(alert, field)
            known[name][since] = np.nan if value is None else value
    return known


def _of_columns(tape: Tape, columns: Sequence[Any]) -> dict[str, np.ndarray]:
    return {column.name: decisions(column.name, column.values(tape)) for column in columns}
