"""Integer prices.

Three integer units, each exact for what it holds:

* *nanodollars* (1e-9), as feeds print trades: sub-penny prints survive. Stored on disk.
* *price units* of $0.0001, the finest grid on which a quote or an order may stand.
* *microdollars* (1e-6), the unit of the ledger: one price unit times one share is 100 of them.
"""

NANODOLLARS_PER_UNIT = 100_000
NANODOLLARS_PER_DOLLAR = 1_000_000_000
UNITS_PER_DOLLAR = 10_000
MICRODOLLARS_PER_UNIT = 100
MICRODOLLARS_PER_DOLLAR = 1_000_000
MICRODOLLARS_PER_CENT = 10_000

MAX_PRICE_UNITS = 1_000_000_000  # $100,000
ROUND_LOT = 100  # shares, of any stock below $250.01

MAX_SHARES = 10_000_000  # with the bound above, one order's value stays below 2^60 microdollars


def dollars_from_units(units: float) -> float:
    """Return dollars for a price in units of $0.0001."""
    return units / UNITS_PER_DOLLAR


def dollars_from_micro(micro: float) -> float:
    """Return dollars for an amount in microdollars."""
    return micro / MICRODOLLARS_PER_DOLLAR


def tick_size(units: int) -> int:
    """Return the quoting increment in price units at a price: 1 cent from $1 up (SEC Rule 612)."""
    return 100 if units >= UNITS_PER_DOLLAR else 1
