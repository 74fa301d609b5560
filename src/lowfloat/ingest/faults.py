"""The kinds of fault that readers and the assembler count in the records of a day."""

from lowfloat.base.prices import MAX_PRICE_UNITS, NANODOLLARS_PER_UNIT

MAX_PRICE = MAX_PRICE_UNITS * NANODOLLARS_PER_UNIT
"""The highest price that a record may have, in nanodollars."""

FAULTS = {
    "undefined_price": "a print without a price",
    "bad_price": "a price of 0 or less, or above $100,000",
    "zero_size": "a print of no shares",
    "bad_size": "a size below 0 or above 2^31 - 1",
    "bad_time": "a time that is undefined or cannot be",
    "corrected": "cancelled, corrected or superseded by the vendor's own word",
    "snapshot": "prints that a snapshot repeats",
    "intermediate": "states of the book inside one event of the exchange",
    "bad_book": "states of the book that the feed marks as doubtful",
    "duplicate": "records equal to another in every column",
    "out_of_order": "records that were moved to their place in time",
    "outside_session": "records before 04:00 or after the end of the session",
    "crossed_own": "quotes of one venue that cross themselves",
    "bad_symbol": "records of something that is no ticker",
    "fractional_size": "prints of a part of a share, rounded down to whole ones but to 1 at least",
    "unknown_condition": "prints of a sale condition not known, which count for volume only",
}
"""What each kind means."""

IMPOSSIBLE = ("undefined_price", "bad_price", "zero_size", "bad_size", "bad_time", "crossed_own")
"""Those of values that cannot be."""
