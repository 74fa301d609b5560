"""What one column of the observation is."""

from typing import NamedTuple


class Column(NamedTuple):
    """A column of the tape.

    Attributes:
        name: the name users see.
        unit: of the value before normalisation.
        low: smallest value it can have.
        high: largest value it can have.
        look_back_seconds: how far back it sees, 0 for the whole day so far.
        meaning: one sentence with the formula.
    """

    name: str
    unit: str
    low: float
    high: float
    look_back_seconds: int
    meaning: str
