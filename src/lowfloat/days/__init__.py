"""The day store: one immutable, hashed folder per symbol-day."""

from lowfloat.days.day import Day
from lowfloat.days.store import DayStore

__all__ = ["Day", "DayStore"]
