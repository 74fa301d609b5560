"""Lists of trading halts as Nasdaq and NYSE publish them, as columns of the table ``halts``.

Nasdaq: ``Halt Date, Halt Time, Issue Symbol, Issue Name, Market, Reason Codes, Pause Threshold
Price, Resumption Date, Resumption Quote Time, Resumption Trade Time``. NYSE: ``Halt Date, Halt
Time, Symbol, Name, Exchange, Reason, Resume Date, NYSE Resume Time``, with the reason in words.
Times are New York's. Trading resumes at the trade time, not at the earlier quote time.
"""

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lowfloat.errors import FeedError

_COLUMNS = {
    "symbol": ("issue_symbol", "symbol"),
    "code": ("reason_codes", "reason_code", "reason"),
    "halt_date": ("halt_date",),
    "halt_time": ("halt_time",),
    "resume_date": ("resumption_date", "resume_date"),
    "resume_time": ("resumption_trade_time", "nyse_resume_time", "resume_time"),
}
_NOT_USED = frozenset((
    "issue_name", "name", "market", "exchange", "pause_threshold_price", "resumption_quote_time",
))  # fmt: skip

LIST_COLUMNS = _NOT_USED.union(*_COLUMNS.values())
"""The columns that such a list may have, in lower case with underscores."""

_NASDAQ_CODES = {
    "luld pause": "LUDP",
    "news pending": "T1",
    "news released": "T2",
    "news dissemination": "T2",
    "regulatory concern": "H11",
    "additional information requested": "T12",
}


def is_halt_list(names: Collection[str]) -> bool:
    """Tell whether columns of these names, in lower case with underscores, are such a list."""
    return {"halt_date", "halt_time"} <= set(names)


def halts_of(columns: dict[str, pa.Array], path: Path) -> dict[str, pa.Array]:
    """Return the columns of ``halts`` as text, times not yet read.

    A reason in words that has a Nasdaq code becomes that code; others stay as they are.

    Raises:
        FeedError: a column is missing, or not of text.
    """
    left = dict(columns)
    found = {}
    for name, choices in _COLUMNS.items():
        here = [choice for choice in choices if choice in left]
        if not here:
            raise FeedError(f"{path}: has no column `{choices[0]}`, as a list of halts does.")
        values = left.pop(here[0])
        if not pa.types.is_string(values.type) and not pa.types.is_null(values.type):
            raise FeedError(f"{path}: column `{here[0]}` is {values.type}; use text.")
        found[name] = values.cast(pa.string())
    words = found["code"].dictionary_encode()
    codes = [_NASDAQ_CODES.get(word.lower(), word) for word in words.dictionary.to_pylist()]
    # A date of resumption without a time is a plan; a time without a date cannot be read.
    resume_date = pc.if_else(
        found["resume_time"].is_null(), None, pc.fill_null(found["resume_date"], "no date")
    )
    stated = {"known_at": left["known_at"]} if "known_at" in left else {}
    return stated | {
        "symbol": found["symbol"],
        "code": pa.array(codes, pa.string()).take(words.indices),
        "halted_at": _joined(found["halt_date"], found["halt_time"]),
        "resumed_at": _joined(resume_date, found["resume_time"]),
    }


def _joined(dates: pa.Array, times: pa.Array) -> pa.Array:
    """Return ``YYYY-MM-DD HH:MM:SS``, dates given as MM/DD/YYYY turned round."""
    for pattern, change in (
        (r"^(\d)/", r"0\1/"),
        (r"/(\d)/", r"/0\1/"),
        (r"^(\d\d)/(\d\d)/(\d{4})$", r"\3-\1-\2"),
    ):
        dates = pc.replace_substring_regex(dates, pattern, change)
    times = pc.replace_substring_regex(times, r"^(\d):", r"0\1:")
    return pc.binary_join_element_wise(dates, times, " ")
