"""The tables of stored events: their columns, and tables without rows."""

import numpy as np
import pytest

from lowfloat.base.records import (
    DTYPES,
    SSR_CHANGE,
    TRADE_ACTION,
    TRADING,
    Quotes,
    Status,
    Trades,
    empty,
)

TABLES = (Trades, Quotes, Status)


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_type_in_the_order_of_the_table(table: type) -> None:
    assert tuple(DTYPES[table]) == table._fields


@pytest.mark.parametrize("table", TABLES)
def test_both_clocks_are_whole_nanoseconds(table: type) -> None:
    assert DTYPES[table]["ts_event"] is DTYPES[table]["ts_recv"] is np.int64


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_has_no_rows_and_the_right_types(table: type) -> None:
    found = empty(table)
    assert isinstance(found, table)
    assert [len(column) for column in found] == [0] * len(table._fields)
    assert [column.dtype for column in found] == list(DTYPES[table].values())


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_explained(table: type) -> None:
    for field in table._fields:
        assert f"{field}: " in table.__doc__


def test_the_codes_are_those_of_the_feed() -> None:
    assert chr(TRADE_ACTION) == "T"
    assert (TRADING, SSR_CHANGE) == (7, 14)
