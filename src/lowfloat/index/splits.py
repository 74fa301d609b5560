"""Splits: which days may be learnt from, chosen by, and examined on.

Time decides: all of train lies before all of valid, and that before the exam, at the same dates
for all symbols. Around a boundary the days of a symbol that has days on both sides are given to
no split: those before it are purged, those after it under embargo. Held-out symbols are never
trained on; they are examined on at the dates of the exam only, so that neither the stock nor the
time was ever seen.
"""

import datetime as dt
import hashlib

from lowfloat.base.clock import sessions_between
from lowfloat.index.config import SplitConfig

SPLITS = ("train", "valid", "exam", "held_out", "purge", "embargo")
"""The splits; of the last two no day is used, nor any of a held-out symbol before the exam."""

_PARTS = ("train", "valid", "exam")

Key = tuple[str, dt.date]


def splits_of(days: list[Key], config: SplitConfig) -> dict[Key, str]:
    """Return the split of each symbol-day.

    Args:
        days: symbols and dates.
        config: dates or shares, and how wide the gap around a boundary is.
    """
    parts = parts_of_dates([date for _, date in days], config)
    number = {date: i for i, date in enumerate(_sessions(parts))}
    by_symbol: dict[str, list[dt.date]] = {}
    for symbol, date in sorted(days):
        by_symbol.setdefault(symbol, []).append(date)
    splits: dict[Key, str] = {}
    for symbol, dates in by_symbol.items():
        inside = {part: [date for date in dates if parts[date] == part] for part in _PARTS}
        told = {date: parts[date] for date in dates}
        for earlier, later in (("train", "valid"), ("valid", "exam"), ("train", "exam")):
            if not inside[earlier] or not inside[later]:
                continue
            if later == "exam" and earlier == "train" and inside["valid"]:
                continue  # a whole split lies between
            end, begin = number[inside[earlier][-1]], number[inside[later][0]]
            # A day must be left to measure on, however short the history is.
            for date in inside[later][:-1]:
                if number[date] - end <= config.embargo_sessions:
                    told[date] = "embargo"
            for date in inside[earlier][1:]:
                if begin - number[date] <= config.purge_sessions:
                    told[date] = "purge"
        if is_held_out(symbol, config):
            told = {date: "held_out" if parts[date] == "exam" else "embargo" for date in dates}
        splits.update({(symbol, date): split for date, split in told.items()})
    return splits


def is_held_out(symbol: str, config: SplitConfig) -> bool:
    """Return whether a symbol is kept from training; other symbols do not change the answer."""
    digest = hashlib.sha256(f"{config.held_out_seed}:{symbol}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < config.held_out_share * 2**64


def parts_of_dates(dates: list[dt.date], config: SplitConfig) -> dict[dt.date, str]:
    """Return ``train``, ``valid`` or ``exam`` for each date."""
    ordered = sorted(set(dates))
    count = len(ordered)
    # Three days or more leave one for each part.
    cut = max(1, min(round(config.train_fraction * count), count - 2))
    train_end = config.train_end or ordered[cut - 1]
    cut = max(cut + 1, round((config.train_fraction + config.valid_fraction) * count))
    valid_end = config.valid_end or max(train_end, ordered[min(cut, count) - 1])
    return {
        date: "train" if date <= train_end else "valid" if date <= valid_end else "exam"
        for date in ordered
    }


def _sessions(parts: dict[dt.date, str]) -> list[dt.date]:
    """Return the sessions of the exchange that the dates span, with the dates themselves."""
    ordered = sorted(parts)
    return sorted({*sessions_between(ordered[0], ordered[-1]), *ordered})
