"""What a print counts for, by its sale conditions.

The consolidated tapes (SIPs) mark a print with conditions, and each condition says what such a
print may not update. A print may update something only if *all* its conditions allow it. Two
vocabularies name the same conditions: the numbers of Massive (Polygon), and the letters of the
tapes themselves, of which a few mean different things on tapes A and B (CTA) and C (UTP).

The table follows the consolidated columns of the CTA and UTP plans, with four rulings of its own:

* Outside regular hours Form T is passed over: there every print carries it, and the rest of its
  conditions decide.
* A print of an opening, reopening, closing or crossing session counts for everything but the
  flow: nobody crossed a spread to make it.
* A print whose price was not made at its time (average, derived, contingent, late) is not part of
  the flow either, and a late one does not set the last price.
* A corrected close repeats a price of hours ago: it sets nothing, though the plans let it.

A condition that the table does not hold leaves a print its volume and nothing else; the caller
counts it as the fault ``unknown_condition``.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lowfloat.base.clock import NS, session_of
from lowfloat.base.codes import Mark
from lowfloat.errors import NotASession

UNKNOWN_CONDITION = "unknown_condition"
"""Fault: prints with a condition that is not in the table."""

_ALL = Mark.ORDINARY
_NOT_FLOW = Mark.LAST | Mark.HIGH_LOW | Mark.VOLUME
_NOT_LAST = Mark.HIGH_LOW | Mark.VOLUME
_VOLUME = Mark.VOLUME
_NOTHING = Mark(0)


class Condition(NamedTuple):
    """One sale condition.

    Attributes:
        name: as Massive names it.
        numbers: its Massive numbers.
        cta: its letters on tapes A and B.
        utp: its letters on tape C.
        leaves: what a print that carries it may still count for.
        says: what it says about the print.
    """

    name: str
    numbers: tuple[int, ...]
    cta: str
    utp: str
    leaves: Mark
    says: Mark = _NOTHING


CONDITIONS = (
    Condition("Regular sale", (0,), "", "@", _ALL),
    Condition("Acquisition", (1,), "", "A", _ALL),
    Condition("Automatic execution", (3,), "E", "", _ALL),
    Condition("Bunched trade", (4,), "", "B", _ALL),
    Condition("CAP election", (6,), "", "", _ALL),
    Condition("Distribution", (11,), "D", "D", _ALL),
    Condition("Intermarket sweep", (14,), "F", "F", _ALL),
    Condition("Rule 127 or 155", (23, 24), "K", "K", _ALL),
    Condition("Stopped stock", (27,), "", "1", _ALL),
    Condition("Split trade", (34,), "", "S", _ALL),
    Condition("Yellow flag", (36,), "", "Y", _ALL),
    Condition("Trade-through exempt", (41, 59), "8", "8", _ALL),
    Condition("Short sale restriction", (57, 58, 60), "", "", _ALL),
    Condition("Odd lot", (37,), "I", "I", Mark.VOLUME | Mark.TAPE, Mark.ODD_LOT),
    # Crossing sessions.
    Condition("Opening", (17, 25), "O", "O", _NOT_FLOW, Mark.AUCTION),
    Condition("Reopening", (18, 28), "5", "5", _NOT_FLOW, Mark.AUCTION),
    Condition("Closing", (8, 19), "6", "6", _NOT_FLOW, Mark.AUCTION),
    Condition("Opening or reopening detail", (55,), "", "", _NOT_FLOW, Mark.AUCTION),
    Condition("Cross", (9,), "X", "X", _NOT_FLOW, Mark.AUCTION),
    # Repeats of a price; their shares were counted when they traded.
    Condition("Official open", (16,), "Q", "Q", _NOTHING, Mark.OFFICIAL_OPEN),
    Condition("Official close", (15,), "M", "M", _NOTHING, Mark.OFFICIAL_CLOSE),
    Condition("Corrected close", (38,), "9", "9", _NOTHING, Mark.OFFICIAL_CLOSE),
    # Prices that are not of the moment.
    Condition("Form T", (12,), "T", "T", _VOLUME),
    Condition("Average price", (2,), "B", "W", _VOLUME),
    Condition("Derivatively priced", (10,), "4", "4", _NOT_LAST),
    Condition("Prior reference price", (22,), "P", "P", _NOT_LAST),
    Condition("Price variation", (21,), "H", "H", _VOLUME),
    Condition("Cash sale", (7,), "C", "C", _VOLUME),
    Condition("Next day", (20,), "N", "N", _VOLUME),
    Condition("Seller", (29,), "R", "R", _VOLUME),
    Condition("Stock option", (35,), "", "", _NOT_FLOW),
    Condition("Contingent", (52,), "V", "V", _VOLUME),
    Condition("Qualified contingent", (53,), "7", "7", _VOLUME),
    # Reported late or out of their order.
    Condition("Sold last", (30, 31), "L", "L", _NOT_LAST, Mark.LATE),
    Condition("Sold out of sequence", (32, 33), "Z", "Z", _NOT_LAST, Mark.LATE),
    Condition("Bunched sold", (5,), "G", "G", _NOT_LAST, Mark.LATE),
    Condition("Extended hours, sold out of sequence", (13,), "U", "U", _VOLUME, Mark.LATE),
)
_FORM_T = "Form T"
_LAST_DAY = 100_000  # since 1970: far beyond any calendar


class Vocabulary(NamedTuple):
    """A way to write conditions.

    Attributes:
        name: what messages call it.
        conditions: the condition of each code.
        codes: matches one code within a combination; all between codes is decoration.
    """

    name: str
    conditions: Mapping[str, Condition]
    codes: re.Pattern[str]


# Whether it is written `12,37` or `[12, 37]`, and `@TI`, `@,T,I` or `['@', 'T', 'I']`. A blank is
# the letter of a regular sale on tapes A and B, which forbids nothing.
_NUMBER = re.compile(r"[^\s,;|\[\]'\"]+")
_LETTER = re.compile(r"[^\s,;|\[\]'\"]")

MASSIVE = Vocabulary("Massive", {str(n): c for c in CONDITIONS for n in c.numbers}, _NUMBER)
CTA = Vocabulary("CTA", {"@": CONDITIONS[0]} | {x: c for c in CONDITIONS for x in c.cta}, _LETTER)
UTP = Vocabulary("UTP", {x: c for c in CONDITIONS for x in c.utp}, _LETTER)


class Marked(NamedTuple):
    """Marks of prints, uint16, and per print whether a condition of it is unknown."""

    marks: np.ndarray
    unknown: np.ndarray


def marks_of(
    combinations: pa.Array | np.ndarray | Sequence[str], regular: np.ndarray, words: Vocabulary
) -> Marked:
    """Return what prints count for.

    Args:
        combinations: per print its conditions as text, such as ``12,37`` or ``@TI``; an empty or
            missing one is of a regular sale. A pyarrow array may be dictionary-encoded.
        regular: bool per print, whether it is of regular hours.
        words: the vocabulary.
    """
    array = combinations if isinstance(combinations, pa.Array) else pa.array(combinations)
    if not pa.types.is_dictionary(array.type):
        array = array.cast(pa.string()).dictionary_encode()
    # One more entry, at the end, is that of a missing combination.
    texts = [text or "" for text in array.dictionary.to_pylist()] + [""]
    decided = [[_decide(text, is_regular, words) for is_regular in (False, True)] for text in texts]
    indices = array.indices.fill_null(len(texts) - 1).to_numpy()
    picked = np.array(decided, np.uint16)[indices, regular.astype(np.intp)]
    return Marked(picked[:, 0], picked[:, 1].astype(bool))


def in_regular_hours(ts: np.ndarray) -> np.ndarray:
    """Return whether times lie between the opening and the close of their session, bool.

    Args:
        ts: nanoseconds, UTC; regular hours never touch midnight UTC.
    """
    days = ts // (24 * 3600 * NS)
    regular = np.zeros(len(ts), bool)
    for day in np.unique(days[(days > 0) & (days < _LAST_DAY)]).tolist():
        try:
            session = session_of(dt.date(1970, 1, 1) + dt.timedelta(days=day))
        except NotASession:
            continue
        here = days == day
        regular |= here & (ts >= session.regular_open_ns) & (ts < session.regular_close_ns)
    return regular


def _decide(text: str, regular: bool, words: Vocabulary) -> tuple[int, int]:
    """Return the marks of one combination, and 1 if it holds an unknown condition."""
    leaves, says, unknown = Mark.ORDINARY, _NOTHING, 0
    for code in words.codes.findall(text):
        condition = words.conditions.get(code)
        if condition is None:
            leaves &= Mark.VOLUME
            unknown = 1
        elif regular or condition.name != _FORM_T:
            leaves &= condition.leaves
            says |= condition.says
    return int(leaves | says), unknown
