"""The venues of the consolidated tapes, by every word for them, as Databento's publishers.

The numbers are those of Databento's own feed of the tapes (EQUS.SIP), so that a venue has one
number whoever's file a print of it came from.
"""

BY_LETTER = {
    "A": 111, "B": 112, "C": 113, "E": 135, "H": 116, "I": 117, "J": 118, "K": 119, "L": 120,
    "M": 121, "N": 122, "P": 123, "Q": 124, "S": 134, "T": 124, "U": 125, "V": 126, "X": 127,
    "Y": 128, "Z": 129,
}  # fmt: skip
"""By the tapes' own letters: https://docs.alpaca.markets/docs/about-market-data-api"""

OFF_EXCHANGE_LETTER = "D"
"""FINRA's; which of its facilities is not said, and so there is no number for it."""

BY_FACILITY = {201: 131, 202: 130, 203: 132}
"""Massive's numbers of the trade reporting facilities."""

BY_MASSIVE_NUMBER = BY_FACILITY | {
    1: 111, 2: 112, 3: 113, 4: 133, 5: 135, 6: 117, 7: 118, 8: 119, 9: 121, 10: 122, 11: 123,
    12: 124, 13: 134, 14: 120, 15: 126, 17: 127, 18: 128, 19: 129, 20: 116, 21: 125, 22: 115,
}  # fmt: skip
"""Massive's numbers: https://massive.com/docs/rest/stocks/market-operations/exchanges"""

MOST_MASSIVE_NUMBER = 999
"""No number of theirs, of venues to come either, is greater."""

OFF_EXCHANGE_NUMBERS = (4, 62, *BY_FACILITY)
"""Massive's numbers of FINRA, of over-the-counter prints, and of the three facilities."""
