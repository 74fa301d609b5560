"""Centre and scale of the market columns, fitted on training days and kept with the model."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from lowfloat.errors import CheckpointError
from lowfloat.tape.columns import NAMES

LIMIT = 10.0


class Normaliser:
    """Maps each column to ``(value - mean) / scale``, cut at plus and minus 10.

    Args:
        mean: float64 per column.
        scale: float64 per column, above 0.
    """

    def __init__(self, mean: np.ndarray, scale: np.ndarray) -> None:
        self.mean = np.asarray(mean, np.float64)
        self.scale = np.asarray(scale, np.float64)

    @classmethod
    def fit(cls, tables: Iterable[np.ndarray]) -> "Normaliser":
        """Fit on the tables of the training days, each ``(seconds, columns)``.

        A column that never varies keeps scale 1, so that it stays at 0 and does not blow up
        when it first moves.
        """
        count, total, squares = 0, np.zeros(len(NAMES)), np.zeros(len(NAMES))
        origin = None  # sums are taken about a row of the data: a constant column adds exact zeros
        for table in tables:
            if origin is None:
                origin = table[0].astype(np.float64)
            values = table - origin
            count += len(values)
            total += values.sum(axis=0)
            squares += (values**2).sum(axis=0)
        mean = total / max(count, 1)
        deviation = np.sqrt(np.maximum(squares / max(count, 1) - mean**2, 0.0))
        mean += 0.0 if origin is None else origin
        return cls(mean, np.where(deviation > 1e-6, deviation, 1.0))

    def apply(self, table: np.ndarray) -> None:
        """Normalise a float32 ``(seconds, columns)`` table in place."""
        table -= self.mean.astype(np.float32)
        table /= self.scale.astype(np.float32)
        np.clip(table, -LIMIT, LIMIT, out=table)

    def as_dict(self) -> dict[str, Any]:
        """Return the normaliser as plain data."""
        return {"columns": list(NAMES), "mean": self.mean.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Normaliser":
        """Rebuild a normaliser.

        Raises:
            CheckpointError: the columns are not those of this version, or a number is not finite.
        """
        if tuple(data["columns"]) != NAMES:
            odd = sorted(set(data["columns"]) ^ set(NAMES)) or "their order"
            raise CheckpointError(
                f"the normaliser was fitted on other tape columns; they differ in {odd}. "
                "Train again with this version."
            )
        mean, scale = np.array(data["mean"]), np.array(data["scale"])
        if not mean.shape == scale.shape == (len(NAMES),):
            raise CheckpointError(
                f"the normaliser holds {mean.size} means and {scale.size} scales; "
                f"use {len(NAMES)} of each."
            )
        if not (np.isfinite(mean).all() and np.isfinite(scale).all() and (scale > 0).all()):
            raise CheckpointError("the normaliser holds a number that is not finite or not > 0.")
        return cls(mean, scale)
