"""What an order wishes for, and up to which price: the limits of a hotkey's "market" order."""

from reference.tape import Book

from lowfloat.base.prices import tick_size


def collar(book: Book, rules) -> int:
    """Return the room, in price units, that a limit leaves beyond the known book."""
    mid = (book.bid + book.ask) // 2
    return max(
        rules.collar_ticks * tick_size(book.ask),
        (book.ask - book.bid) * rules.collar_spread_percent // 100,
        mid * rules.collar_bps // 10**4,
    )


def buy_limit(book: Book, bands: tuple[int, int] | None, rules) -> int:
    wanted = book.ask + collar(book, rules)
    limit = up_to(tick_size(wanted), wanted)
    return min(limit, bands[1]) if bands else limit


def sell_limit(book: Book, bands: tuple[int, int] | None, rules) -> int:
    wanted = max(1, book.bid - collar(book, rules))
    tick = tick_size(wanted)
    limit = max(1, wanted // tick * tick)
    return max(limit, bands[0]) if bands else limit


def up_to(step: int, amount: int) -> int:
    """Return ``amount`` rounded up to a multiple of ``step``."""
    return -(-amount // step) * step
