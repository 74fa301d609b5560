"""The book of each publisher, order by order, as plainly as it can be said."""

from collections import Counter
from typing import NamedTuple

UNDEFINED = 2**63 - 1
TOP_OF_BOOK = 64


class Order(NamedTuple):
    side: str
    price: int
    size: int


class Book:
    """Orders by publisher and number, and the sides that were stated by their best price only."""

    def __init__(self) -> None:
        self.orders: dict[tuple[int, int], Order] = {}
        self.stated: dict[tuple[int, str], tuple[int, int]] = {}

    def apply(self, record: dict, faults: Counter) -> None:
        publisher, side, action = record["publisher_id"], record["side"], record["action"]
        key = publisher, record["order_id"]
        if action == "R":
            for each in "BA":
                self._clear(publisher, each)
        elif record["flags"] & TOP_OF_BOOK:
            if side not in ("B", "A"):
                faults["bad_book"] += 1
                return
            self._clear(publisher, side)
            no_order = action == "C" or record["price"] == UNDEFINED
            if not no_order and is_possible(record, faults):
                self.stated[publisher, side] = record["price"], record["size"]
        elif action == "C":
            order = self.orders.pop(key, None)
            if order is None:
                faults["bad_book"] += 1
            elif order.size > record["size"]:
                self.orders[key] = order._replace(size=order.size - record["size"])
        else:
            is_known = self.orders.pop(key, None) is not None
            if is_known != (action == "M"):
                faults["bad_book"] += 1
            if side not in ("B", "A"):
                faults["bad_book"] += 1
            elif is_possible(record, faults):
                self.orders[key] = Order(side, record["price"], record["size"])

    def best(self, publisher: int, side: str) -> tuple[int, int]:
        """Return price and size of the best level, both 0 if the side is empty."""
        levels: Counter = Counter()
        if (publisher, side) in self.stated:
            price, size = self.stated[publisher, side]
            levels[price] += size
        for (home, _), order in self.orders.items():
            if home == publisher and order.side == side:
                levels[order.price] += order.size
        if not levels:
            return 0, 0
        price = max(levels) if side == "B" else min(levels)
        return price, min(levels[price], 2**31 - 1)

    def _clear(self, publisher: int, side: str) -> None:
        self.stated.pop((publisher, side), None)
        for key, order in list(self.orders.items()):
            if key[0] == publisher and order.side == side:
                del self.orders[key]


def is_possible(record: dict, faults: Counter) -> bool:
    """Tell whether price and size can be; count what cannot."""
    price, size = record["price"], record["size"]
    if price == UNDEFINED:
        fault = "undefined_price"
    elif not 0 < price <= 100_000 * 10**9:
        fault = "bad_price"
    elif size == 0:
        fault = "zero_size"
    elif size >= 2**31:
        fault = "bad_size"
    else:
        return True
    faults[fault] += 1
    return False
