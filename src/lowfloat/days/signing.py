"""The aggressor of prints whose feed does not say it, from what was known before each print.

In order of trust (Lee and Ready 1991; Ellis, Michaely and O'Hara 2000):

1. The feed's own aggressor stands, confidence 100.
2. *Quote rule*, 80: at or beyond the touch, or off the middle of the book, the nearer side traded.
   The book is the one received strictly before the print. A print off exchange was made before it
   was reported, so that its book is the one of :data:`OFF_EXCHANGE_LAG_NS` before its own time.
3. *Sub-penny rule*, 60: without a sound book, a print off exchange just under a whole cent is a
   retail buyer's, one just over it a retail seller's (Boehmer, Jones, Zhang and Zhang 2021). It
   comes after the book, which errs on 5 of 100 such prints against its 28 (Barber and others 2024).
4. *Tick rule*, 60: above the last different price bought, below it sold.
5. Otherwise nobody knows: side 0, confidence 0.

Only prints of the tape are signed: not those of an auction, nor late ones. Nothing received at or
after a print bears on its sign.
"""

import numpy as np

from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.records import MAYBE_BAD_BOOK, Quotes, Trades, read_only

NATIVE, QUOTE_RULE, TICK_RULE, UNKNOWN = 100, 80, 60, 0
"""Values of ``Trades.confidence``."""

OFF_EXCHANGE_LAG_NS = 10_000_000  # from a book's receipt to a price off exchange made by it

# Plain numbers: compiled code reads an enumeration's member slowly.
_TAPE, _AUCTION = int(Mark.TAPE), int(Mark.AUCTION)
_OFF_EXCHANGE, _LATE = int(Mark.OFF_EXCHANGE), int(Mark.LATE)
_DOLLAR, _CENT = 1_000_000_000, 10_000_000  # nanodollars
_RETAIL_SOLD, _RETAIL_BOUGHT = 4_000_000, 6_000_000  # of a cent, the bounds of the middle


def sign(trades: Trades, quotes: Quotes) -> Trades:
    """Return the prints with a side wherever one can be told; the arrays given are left as is.

    Prints of a confidence below 100 are signed anew, so that signing twice equals once.

    Args:
        trades: prints ordered by ``ts_recv``.
        quotes: the top of book of the same day, ordered by ``ts_recv``; it may be empty.
    """
    signed = trades._replace(side=trades.side.copy(), confidence=trades.confidence.copy())
    sign_in_place(signed, quotes)
    return signed


def sign_in_place(trades: Trades, quotes: Quotes, carry: np.ndarray | None = None) -> None:
    """Set ``trades.side`` and ``trades.confidence`` as :func:`sign` does, in one pass.

    A long day may be signed in blocks of prints, in order, each with the whole day's quotes: with
    one ``carry`` handed to all of them the result is that of signing the day at once.

    Args:
        trades: prints ordered by ``ts_recv``; the two columns that are set must be writable.
        quotes: the top of book of the same day, ordered by ``ts_recv``; it may be empty.
        carry: what the tick rule knows from earlier blocks, from :func:`no_carry`; changed.

    Raises:
        ValueError: a column to set is read-only or not contiguous.
    """
    for name in ("side", "confidence"):
        flags = getattr(trades, name).flags
        if not (flags.writeable and flags.c_contiguous):
            raise ValueError(
                f"`trades.{name}` was read-only or not contiguous; use an array to write to."
            )
    side, confidence = (np.asarray(c).view(np.ndarray) for c in (trades.side, trades.confidence))
    known = no_carry() if carry is None else carry
    _sign(read_only(trades), read_only(quotes), known, side, confidence)


def no_carry() -> np.ndarray:
    """Return the ``carry`` of a day's first block: int64 (2,), no price has been seen."""
    return np.zeros(2, np.int64)


@kernel
def _first_at_or_after(times: np.ndarray, when: int, low: int, high: int) -> int:
    """Return the first row of ``low..high`` at or after a time, ``high`` if there is none."""
    while low < high:
        middle = (low + high) // 2
        if times[middle] < when:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _sign(
    trades: Trades, quotes: Quotes, carry: np.ndarray, side: np.ndarray, confidence: np.ndarray
) -> None:
    last, other = carry[0], carry[1]  # the last price, and the last one that differs from it
    books = len(quotes.ts_recv)
    book = 0  # how many books were received before the print
    if len(trades.ts_recv) > 0:
        book = _first_at_or_after(quotes.ts_recv, trades.ts_recv[0], 0, books)
    for row in range(len(trades.ts_recv)):
        received = trades.ts_recv[row]
        while book < books and quotes.ts_recv[book] < received:
            book += 1
        marks = np.int64(trades.marks[row])
        price = trades.price[row]
        of_tape = marks & _TAPE != 0 and marks & (_AUCTION | _LATE) == 0
        if (of_tape or marks & _AUCTION != 0) and price != last:
            last, other = price, last
        if side[row] != 0 and confidence[row] >= NATIVE:
            continue
        side[row], confidence[row] = 0, UNKNOWN
        if not of_tape:
            continue
        off_exchange = marks & _OFF_EXCHANGE != 0
        known = book
        made = trades.ts_event[row] - OFF_EXCHANGE_LAG_NS
        if off_exchange and made < received:
            step = 1  # a few books back as a rule, so leap from here in growing steps
            while known - step >= 0 and quotes.ts_recv[known - step] >= made:
                step *= 2
            known = _first_at_or_after(quotes.ts_recv, made, max(known - step, 0), known)
        found = 0
        sound = False
        if known > 0:
            bid, ask = quotes.bid_price[known - 1], quotes.ask_price[known - 1]
            doubtful = np.int64(quotes.flags[known - 1]) & MAYBE_BAD_BOOK != 0
            sound = 0 < bid < ask and not doubtful
            if sound:
                found = _sign_of(2 * price - bid - ask)
        if found != 0:
            side[row], confidence[row] = found, QUOTE_RULE
            continue
        if off_exchange and not sound and price >= _DOLLAR:
            fraction = price % _CENT
            if fraction > _RETAIL_BOUGHT:
                found = 1
            elif 0 < fraction < _RETAIL_SOLD:
                found = -1
        if found == 0 and other > 0:
            found = _sign_of(last - other)
        if found != 0:
            side[row], confidence[row] = found, TICK_RULE
    carry[0], carry[1] = last, other


@kernel
def _sign_of(number: int) -> int:
    return 1 if number > 0 else -1 if number < 0 else 0
