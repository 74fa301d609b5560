"""Rules as one record, so that a kernel is handed one pointer instead of thirty numbers.

A rule is defined once, as a NamedTuple with bounds. Numba unpacks a nested NamedTuple number by
number at each call from Python, which takes longer than stepping a small batch.
"""

from typing import Any

import numpy as np

_TYPES = {bool: np.bool_, int: np.int64, float: np.float64}


def as_record(rules: Any) -> np.ndarray:
    """Return nested NamedTuples of numbers as a structured array of length 1.

    Kernels read ``rules[0].section.field`` just as they would read the NamedTuples.

    Raises:
        TypeError: a field is neither a number nor a NamedTuple.
    """
    record = np.zeros(1, _dtype_of(rules))
    _fill(record[0], rules)
    return record


def _dtype_of(rules: Any) -> np.dtype:
    fields: list[tuple[str, Any]] = []
    for name, value in rules._asdict().items():
        if hasattr(value, "_asdict"):
            fields.append((name, _dtype_of(value)))
        elif type(value) in _TYPES:
            fields.append((name, _TYPES[type(value)]))
        else:
            raise TypeError(f"`{name}` was {value!r}; use a bool, an int, a float or a NamedTuple.")
    return np.dtype(fields, align=True)


def _fill(record: np.void, rules: Any) -> None:
    for name, value in rules._asdict().items():
        if hasattr(value, "_asdict"):
            _fill(record[name], value)
        else:
            record[name] = value
