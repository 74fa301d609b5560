"""Up to which price an order buys or sells: a hotkey's "market" order, and one that waits."""

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
    limit = away(1, book.ask + collar(book, rules))
    return min(limit, bands[1]) if bands else limit


def sell_limit(book: Book, bands: tuple[int, int] | None, rules) -> int:
    limit = max(1, away(-1, max(1, book.bid - collar(book, rules))))
    return max(limit, bands[0]) if bands else limit


def waiting_limit(sign: int, book: Book, bands: tuple[int, int] | None, *, improve: bool) -> int:
    """Return the limit of an order to buy (+1) or to sell (-1) that is to wait."""
    limit = book.bid if sign > 0 else book.ask
    if improve and book.ask - book.bid > tick_size(limit):
        limit += sign * tick_size(limit)
    if bands:
        return min(limit, bands[1]) if sign > 0 else max(limit, bands[0])
    return limit


def closing_limit(bands: tuple[int, int] | None) -> int:
    return bands[0] if bands else 1


def away(sign: int, price: int) -> int:
    """Return a price rounded to its tick, up for a buy (+1) and down for a sale (-1)."""
    tick = tick_size(price)
    return up_to(tick, price) if sign > 0 else price // tick * tick


def up_to(step: int, amount: int) -> int:
    """Return ``amount`` rounded up to a multiple of ``step``."""
    return -(-amount // step) * step
