"""The ledger: cash, shares, cost and profit reconcile to the microdollar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowfloat.base.prices import MAX_PRICE_UNITS, MAX_SHARES
from lowfloat.market.account import (
    ACCOUNT_FIELDS,
    begin_episode,
    buy,
    mark_to,
    open_account,
    sell,
)
from lowfloat.market.trade import RECORD_FIELDS

CASH = 2 * 10**18


class Ledger:
    """An account record, and the same sums in Python's unbounded integers."""

    def __init__(self, cash: int = 25_000_000_000) -> None:
        fields = [*ACCOUNT_FIELDS, *RECORD_FIELDS, ("day", np.int32)]
        self._records = np.zeros(1, np.dtype(fields, align=True))
        self.record = self._records[0]
        open_account(self.record, cash)
        begin_episode(self.record)
        self.start = self.cash = cash
        self.shares = self.fees = self.mark = 0
        self.gains: list[int] = []  # of every round trip
        self._before = cash

    def trade(self, shares: int, price: int, fee: int, second: int = 100) -> None:
        """Buy ``shares``, or sell them if below 0."""
        if not self.shares:
            self._before = self.cash
        value = 100 * abs(shares) * price
        if shares > 0:
            buy(self.record, shares, value, fee, second, 0)
        else:
            sell(self.record, -shares, value, fee, second, 0, 0.02)
        self.cash -= 100 * shares * price + fee
        self.shares += shares
        self.fees += fee
        if not self.shares:
            self.gains.append(self.cash - self._before)

    def mark_to(self, mark: int) -> None:
        mark_to(self.record, mark)
        self.mark = mark

    def __getitem__(self, field: str) -> int:
        return int(self.record[field])

    def check(self) -> None:
        """Assert the invariants of the ledger."""
        equity = self.cash + 100 * self.shares * self.mark
        unrealized = 100 * self.shares * self.mark - self["cost"]
        assert self["cash"] == self.cash
        assert self["shares"] == self.shares >= 0
        assert self["equity"] == equity
        assert self["fees"] == self.fees
        assert self["realized"] + unrealized - self["fees"] == equity - self["start_equity"]
        assert self["start_equity"] == self["day_equity"] == self.start
        assert self["trades"] == len(self.gains)
        assert self["wins"] == sum(gain > 0 for gain in self.gains)
        if not self.shares:
            assert self["cost"] == 0
            assert sum(self.gains) == equity - self.start


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_a_purchase_costs_its_value_and_its_fee(ledger) -> None:
    ledger.trade(1_000, 40_200, 5_000_000)
    ledger.mark_to(40_000)

    # $25,000 less $4,020 less $5; marked at the bid it is worth $4,000.
    assert ledger["cash"] == 20_975_000_000
    assert ledger["cost"] == 4_020_000_000
    assert ledger["equity"] == 24_975_000_000
    assert ledger["fees"] == 5_000_000


def test_a_part_takes_its_share_of_the_cost_and_leaves_the_remainder(ledger) -> None:
    ledger.trade(1, 100_000, 0)
    ledger.trade(2, 100_003, 0)
    assert ledger["cost"] == 30_000_600
    ledger.trade(-2, 100_000, 0)  # a third of 30,000,600 is whole: 20,000,400 for two
    assert (ledger["cost"], ledger["realized"]) == (10_000_200, -400)


def test_an_odd_cost_is_rounded_down_and_is_zero_when_flat(ledger) -> None:
    for price in (100, 101, 101):
        ledger.trade(1, price, 0)
    ledger.trade(4, 103, 0)
    assert ledger["cost"] == 71_400
    ledger.trade(-2, 100, 0)  # 71,400 * 2 / 7 = 20,400
    assert ledger["cost"] == 51_000
    ledger.trade(-3, 100, 0)  # 51,000 * 3 / 5 = 30,600
    assert ledger["cost"] == 20_400
    ledger.trade(-1, 100, 0)
    ledger.trade(-1, 100, 0)
    assert ledger["cost"] == 0
    assert ledger["realized"] == 70_000 - 71_400


def test_a_cost_that_does_not_divide_stays_with_the_shares_held(ledger) -> None:
    ledger.trade(3, 100, 0)
    ledger.trade(4, 101, 0)  # 70,400 for 7 shares
    ledger.trade(-1, 100, 0)  # 70,400 / 7 = 10,057.14
    assert ledger["cost"] == 70_400 - 10_057
    ledger.trade(-6, 100, 0)
    assert (ledger["cost"], ledger["realized"]) == (0, -400)


def test_a_round_trip_is_won_only_after_its_fees(ledger) -> None:
    ledger.trade(100, 40_000, 1_000_000)
    ledger.trade(-100, 40_100, 1_000_000)  # $1 gained, $2 paid
    assert (ledger["trades"], ledger["wins"]) == (1, 0)
    ledger.trade(100, 40_000, 1_000_000)
    ledger.trade(-100, 40_300, 1_000_000)  # $3 gained, $2 paid
    assert (ledger["trades"], ledger["wins"]) == (2, 1)


def test_a_partial_sale_is_no_round_trip(ledger) -> None:
    ledger.trade(100, 40_000, 0)
    ledger.trade(-99, 50_000, 0)
    assert (ledger["fills"], ledger["trades"]) == (2, 0)


def test_the_peak_is_of_the_open_position_alone(ledger) -> None:
    ledger.mark_to(90_000)
    ledger.trade(100, 40_000, 0)
    ledger.mark_to(40_500)
    ledger.mark_to(40_100)
    assert ledger["peak_mark"] == 40_500
    ledger.trade(-100, 40_000, 0)
    ledger.mark_to(39_000)
    assert ledger["peak_mark"] == 0


PRICES = st.one_of(
    st.integers(1, 200), st.integers(5_000, 500_000), st.integers(1, MAX_PRICE_UNITS),
    st.just(MAX_PRICE_UNITS),
)  # fmt: skip
SHARES = st.one_of(st.integers(1, 5), st.integers(1, MAX_SHARES), st.just(MAX_SHARES))


@given(
    deals=st.lists(
        st.tuples(SHARES, PRICES, st.integers(0, 10**10), PRICES, st.booleans()), max_size=40
    )
)
def test_the_ledger_equals_unbounded_integers(deals) -> None:
    ledger = Ledger(CASH)
    for shares, price, fee, mark, is_buy in deals:
        room = min(MAX_SHARES - ledger.shares, (ledger.cash - fee) // (100 * price))
        signed = min(shares, room) if is_buy else -min(shares, ledger.shares)
        too_rich = ledger.cash - 100 * signed * price > 4 * 10**18
        if signed and not too_rich:
            ledger.trade(signed, price, fee)
        ledger.mark_to(mark)
        ledger.check()


@given(
    price=PRICES, shares=SHARES, parts=st.lists(st.floats(0.0, 1.0), max_size=12), exit_price=PRICES
)
def test_the_cost_is_zero_however_a_position_is_sold(price, shares, parts, exit_price) -> None:
    ledger = Ledger(CASH)
    ledger.trade(shares, price, 0)
    for part in parts:
        sold = int(ledger.shares * part)
        if sold:
            ledger.trade(-sold, exit_price, 0)
            ledger.mark_to(exit_price)
            ledger.check()
    if ledger.shares:
        ledger.trade(-ledger.shares, exit_price, 0)
    ledger.mark_to(exit_price)
    ledger.check()
    assert ledger["realized"] == 100 * shares * (exit_price - price)
