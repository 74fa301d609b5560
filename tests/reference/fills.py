"""Whether an order fills, at what price, and how much of it."""

from typing import NamedTuple

from reference.account import Account
from reference.fees import commission, sale_fees
from reference.tape import SECOND, Tape

from lowfloat.base.codes import RejectReason
from lowfloat.env.config import EnvConfig


class Fill(NamedTuple):
    """What an order got: 0 shares if it was refused."""

    shares: int
    price: int
    fee: int
    reason: RejectReason


class Taken:
    """The shares one account has taken, per book state and side, in one episode."""

    def __init__(self) -> None:
        self._shares: dict[tuple[str, int], int] = {}

    def of(self, side: str, row: int) -> int:
        return self._shares.get((side, row), 0)

    def add(self, side: str, row: int, shares: int) -> None:
        self._shares[side, row] = self.of(side, row) + shares


def arrival_of(tape: Tape, second: int, config: EnvConfig) -> int:
    return tape.at(second) + config.fills.latency_ms * 1_000_000


def refusal(tape: Tape, arrival: int, config: EnvConfig) -> RejectReason:
    """Return the first reason for which no order fills at ``arrival``, or NONE."""
    if tape.halted_at(arrival):
        return RejectReason.HALTED
    row = tape.book_row_at(arrival)
    if row < 0 or not tape.books[row].has_both_sides:
        return RejectReason.NO_QUOTE
    book = tape.books[row]
    if book.bid >= book.ask:
        return RejectReason.CROSSED
    too_old = arrival - book.received > config.fills.max_quote_age_seconds * SECOND
    if too_old or book.received < tape.last_halt_end(arrival):
        return RejectReason.STALE_QUOTE
    return RejectReason.NONE


def buy(
    tape: Tape, account: Account, taken: Taken, second: int, wish: int, config: EnvConfig
) -> Fill:
    """Send an order to buy ``wish`` shares, and book what it gets."""
    arrival = arrival_of(tape, second, config)
    reason = refusal(tape, arrival, config)
    if reason:
        return Fill(0, 0, 0, reason)
    row = tape.book_row_at(arrival)
    price = tape.books[row].ask
    shares = min(wish, tape.books[row].ask_size - taken.of("ask", row))
    if shares <= 0:
        return Fill(0, 0, 0, RejectReason.NO_SIZE)
    fee = commission(100 * price * shares, shares, config.commission)
    if 100 * price * shares + fee > account.cash:
        shares = (account.cash - fee) // (100 * price)
        if shares <= 0:
            return Fill(0, 0, 0, RejectReason.NO_CASH)
        fee = commission(100 * price * shares, shares, config.commission)
    taken.add("ask", row, shares)
    account.buy(shares, price, fee, second)
    return Fill(shares, price, fee, _full_or_partial(shares, wish))


def sell(
    tape: Tape,
    account: Account,
    taken: Taken,
    second: int,
    wish: int,
    config: EnvConfig,
    forced: bool = False,
) -> Fill:
    """Send an order to sell ``wish`` shares, and book what it gets."""
    arrival = arrival_of(tape, second, config)
    reason = refusal(tape, arrival, config)
    if reason:
        return Fill(0, 0, 0, reason)
    row = tape.book_row_at(arrival)
    price = tape.books[row].bid
    if forced:
        price = max(1, price * (10_000 - config.fills.forced_slippage_bps) // 10_000)
    shares = min(wish, tape.books[row].bid_size - taken.of("bid", row))
    if shares <= 0:
        return Fill(0, 0, 0, RejectReason.NO_SIZE)
    value = 100 * price * shares
    fee = commission(value, shares, config.commission) + sale_fees(value, shares, tape.date)
    taken.add("bid", row, shares)
    account.sell(shares, price, fee, second)
    return Fill(shares, price, fee, _full_or_partial(shares, wish))


def _full_or_partial(shares: int, wish: int) -> RejectReason:
    return RejectReason.NONE if shares == wish else RejectReason.PARTIAL
