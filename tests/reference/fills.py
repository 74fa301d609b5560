"""When an order reaches the market, whether it fills, at what prices, and how much of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import NamedTuple

from reference.account import Account
from reference.fees import Bill, sale_fees
from reference.luck import Luck
from reference.orders import away, up_to
from reference.tape import SECOND, BookSide, Tape

from lowfloat.base.codes import RejectReason
from lowfloat.base.portable import exp
from lowfloat.base.prices import tick_size
from lowfloat.env.config import EnvConfig

LN2 = 0.6931471805599453


class Fill(NamedTuple):
    """What an order got at one time: 0 shares if it was refused."""

    shares: int = 0
    value: int = 0  # microdollars
    worst: int = 0  # price units of the last shares
    displayed: int = 0  # shares from the displayed size
    fee: int = 0
    reason: RejectReason = RejectReason.NONE
    worse: int = 0  # price units of impact
    limited: bool = False  # whether the walk ended at a level beyond the limit
    sign: int = 0
    time: int = 0
    given: int = 0  # shares that had waited in the book


class Level(NamedTuple):
    """A price at which shares stand, and how many are left for this account."""

    price: int
    shares: int
    displayed: bool


def latency_of(tape: Tape, second: int, rules, luck: Luck, draw: int = 0) -> int:
    """Return the nanoseconds that a message of a second takes to the market."""
    n5, n300 = tape.prints(second, 5), tape.prints(second, 300)
    z = (n5 - n300 / 60) / sqrt(n300 / 60 + 1)
    slower = min(5.0, 1 + rules.latency_burst * max(0.0, z - 2))
    spread = exp(rules.latency_spread * luck.normal((second + 1) * 256 + draw))
    return min(999_999_999, floor(rules.latency_ms * 10**6 * slower * spread))


def refusal(tape: Tape, time: int, row: int, rules) -> RejectReason:
    """Return the first reason for which no order fills on the book of a row, or NONE."""
    if tape.halted_at(time):
        return RejectReason.HALTED
    if row < 0 or not tape.books[row].has_both_sides:
        return RejectReason.NO_QUOTE
    book = tape.books[row]
    if book.bid >= book.ask:
        return RejectReason.CROSSED
    too_old = time - book.received > rules.max_quote_age_seconds * SECOND
    if too_old or book.received < tape.last_halt_end(time):
        return RejectReason.STALE_QUOTE
    return RejectReason.NONE


def deeper_levels(side: BookSide, run: int, luck: Luck, rules) -> Iterator[tuple[int, int]]:
    """Yield price and size of each level behind the best price of a run, nearest first."""
    known = side.known_reveals(run)
    if known < 8:
        return
    price = side.prices[run]
    for k in range(rules.deeper_levels):
        number = 2**40 + run * 256 + (128 if side.sign > 0 else 0) + k
        back = floor(luck.uniform(number) * min(known, 64))
        reveal = side.reveals[known - 1 - back]
        tick = tick_size(price)
        distance = up_to(tick, max(tick, reveal.distance * rules.gap_percent // 100))
        price = away(side.sign, price + side.sign * distance)
        if price < 1:
            return
        yield price, max(1, reveal.size * rules.depth_percent // 100)


@dataclass
class Taken:
    """The shares an account has taken of the run it last met, on one side of the book."""

    run: int = -1
    row: int = -1  # of the book state it met
    displayed: int = 0
    deep: int = 0

    def move_to(self, side: BookSide, row: int) -> None:
        """Follow the book to a row: what is no longer displayed cannot have been taken."""
        if side.run_of[row] != self.run:
            self.run, self.displayed, self.deep = side.run_of[row], 0, 0
        elif row > self.row:
            self.displayed = min(self.displayed, *side.sizes[self.row + 1 : row + 1])
        self.row = row


class Broker:
    """Sends the orders of one account to the market of one day, and remembers what they left.

    Args:
        tape: the day.
        account: whose orders they are.
        luck: of the episode.
        config: frictions and fees.
    """

    def __init__(self, tape: Tape, account: Account, luck: Luck, config: EnvConfig) -> None:
        self.tape, self.account, self.luck = tape, account, luck
        self.rules, self.plan = config.fills, config.commission
        self.taken = {1: Taken(), -1: Taken()}  # of the ask, of the bid
        self.footprint = 0.0  # as of the last fill that left one
        self.left_at = 0  # when that was
        self.quote_received = 0  # the book state it met
        self.fills: list[Fill] = []  # of this second

    def latency(self, second: int, draw: int = 0) -> int:
        return latency_of(self.tape, second, self.rules, self.luck, draw)

    def cross(
        self, sign: int, second: int, time: int, wish: int, limit: int, slippage: int | None = None
    ) -> Fill:
        """Send an order that takes what it gets at once; ``slippage`` is that of a close."""
        row = self.tape.book_row_at(time)
        reason = refusal(self.tape, time, row, self.rules)
        if reason:
            return Fill(reason=reason)
        return self.take(sign, second, time, row, wish, limit, Bill(self.plan), slippage)

    def take(
        self,
        sign: int,
        second: int,
        time: int,
        row: int,
        wish: int,
        limit: int,
        bill: Bill,
        slippage: int | None = None,
    ) -> Fill:
        """Walk the book of a row and book what it gave."""
        side = self.side(sign)
        self.taken[sign].move_to(side, row)
        footprint = self._footprint_at(time)
        own = max(0.0, sign * footprint)
        fill = self._walk(side, row, second, wish, limit, slippage, own, bill)
        if not fill.shares:
            return fill
        self.taken[sign].displayed += fill.displayed
        self.taken[sign].deep += fill.shares - fill.displayed
        self.footprint, self.left_at = footprint + sign * fill.shares, time
        self.quote_received = self.tape.books[row].received
        return self.booked(fill._replace(sign=sign, time=time), second, bill, taken=True)

    def booked(self, fill: Fill, second: int, bill: Bill, *, taken: bool) -> Fill:
        """Book a fill, and return it with its fee."""
        fee = bill.charge(fill.shares, fill.value, taken=taken)
        if fill.sign < 0:
            fee += sale_fees(fill.value, fill.shares, self.tape.date)
        trade = self.account.buy if fill.sign > 0 else self.account.sell
        trade(fill.shares, fill.value, fee, second)
        self.fills.append(fill._replace(fee=fee))
        return self.fills[-1]

    def side(self, sign: int) -> BookSide:
        """Return the side of the book that an order to buy (+1) or to sell (-1) takes from."""
        return self.tape.asks if sign > 0 else self.tape.bids

    def _footprint_at(self, time: int) -> float:
        half_life = self.rules.impact_half_life * 10**9
        return self.footprint * exp(-LN2 * (time - self.left_at) / half_life)

    def _walk(
        self,
        side: BookSide,
        row: int,
        second: int,
        wish: int,
        limit: int,
        slippage: int | None,
        own: float,
        bill: Bill,
    ) -> Fill:
        """Walk the levels of a side for ``wish`` shares; ``own`` is the account's footprint."""
        sign = side.sign
        worse = self._impact(side.prices[row], second, own)
        volume = self.tape.volume(second, 60)
        room = max(0, floor(self.rules.participation * volume) - floor(own))  # of deeper levels
        money = self.account.cash - bill.more(wish, 100 * wish * limit, taken=True)
        shares = value = worst = displayed = 0
        reason, limited = RejectReason.NO_SIZE, False
        for level in self._levels(side, row):
            if shares == wish or not (level.displayed or room):
                break
            price = max(1, away(sign, level.price + sign * worse)) if worse else level.price
            if sign * (price - limit) > 0:
                reason, limited = RejectReason.LIMIT, True
                break
            if not level.shares:
                continue
            if slippage is not None:
                price = max(limit, away(-1, price * (10**4 - slippage) // 10**4))
            got = min(wish - shares, level.shares)
            if not level.displayed:
                got = min(got, room)
            if sign > 0:
                paid_for = (money - value) // (100 * price)
                if paid_for <= 0:
                    reason = RejectReason.NO_CASH
                    break
                got = min(got, paid_for)
            shares += got
            value += 100 * price * got
            worst = price
            if level.displayed:
                displayed += got
            else:
                room -= got
        if not shares:
            return Fill(reason=reason, worse=worse, limited=limited)
        reason = RejectReason.NONE if shares == wish else RejectReason.PARTIAL
        return Fill(shares, value, worst, displayed, 0, reason, worse, limited)

    def _levels(self, side: BookSide, row: int) -> Iterator[Level]:
        """Yield the levels of a side with what this account has left of them."""
        taken = self.taken[side.sign]
        yield Level(side.prices[row], side.sizes[row] - taken.displayed, displayed=True)
        gone = taken.deep
        for price, size in deeper_levels(side, taken.run, self.luck, self.rules):
            missing = min(gone, size)
            gone -= missing
            yield Level(price, size - missing, displayed=False)

    def _impact(self, best: int, second: int, own: float) -> int:
        """Return by how many price units every level is worse."""
        if own == 0:
            return 0
        v300 = self.tape.squared_changes(second, 300) // 10
        volume = self.tape.volume(second, 300)
        worse = self.rules.impact * sqrt(v300) * 1e-6 * sqrt(own / (volume + own)) * best
        return ceil(worse)
