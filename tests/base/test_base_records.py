"""The tables of stored events: their columns, and tables without rows."""

import numpy as np
import pytest

from lowfloat.base.records import (
    DTYPES,
    ROWS,
    SSR_CHANGE,
    TRADING,
    Quotes,
    Status,
    Trades,
    blocks,
    columns_of,
    empty,
    read_only,
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
    assert (TRADING, SSR_CHANGE) == (7, 14)


@pytest.mark.parametrize("table", TABLES)
def test_rows_become_columns_of_the_same_values_and_types(table: type) -> None:
    rows = np.zeros(3, ROWS[table])
    rows["ts_recv"] = [5, 6, 7]
    found = columns_of(table, rows)
    assert found.ts_recv.tolist() == [5, 6, 7]
    assert [column.dtype for column in found] == list(DTYPES[table].values())
    assert all(column.flags.c_contiguous for column in found)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("rows", [1, 3, 4, 10, 11])
def test_the_blocks_of_a_table_are_the_table_in_parts(table: type, rows: int) -> None:
    whole = columns_of(table, np.zeros(10, ROWS[table]))
    whole.ts_recv[:] = np.arange(10)
    parts = list(blocks(whole, rows))
    assert [len(part.ts_recv) for part in parts[:-1]] == [rows] * (len(parts) - 1)
    assert np.concatenate([part.ts_recv for part in parts]).tolist() == list(range(10))
    assert all(np.shares_memory(part.ts_recv, whole.ts_recv) for part in parts)


def test_a_table_without_rows_has_no_blocks() -> None:
    assert list(blocks(empty(Trades))) == []


@pytest.mark.parametrize("table", TABLES)
def test_read_only_columns_are_views_that_cannot_be_written_to(table: type) -> None:
    whole = columns_of(table, np.zeros(2, ROWS[table]))
    found = read_only(whole)
    assert isinstance(found, table)
    for mine, theirs in zip(found, whole, strict=True):
        assert np.shares_memory(mine, theirs)
        assert theirs.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            mine[0] = 1


def test_read_only_columns_are_contiguous_whatever_they_were() -> None:
    rows = np.zeros(4, ROWS[Quotes])
    rows["bid_price"] = [1, 2, 3, 4]
    found = read_only(Quotes(*(rows[name] for name in Quotes._fields)))
    assert found.bid_price.tolist() == [1, 2, 3, 4]
    assert all(column.flags.c_contiguous for column in found)
