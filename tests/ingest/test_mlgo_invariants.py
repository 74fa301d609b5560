"""What is known to be true of a real low-float tape must be true of the days made of it."""

import csv
from collections import defaultdict

import numpy as np
import pytest
from vendor_files import folder

from lowfloat.base.clock import NS, format_second, new_york_date
from lowfloat.days import DayStore
from lowfloat.ingest import ingest_databento

databento = pytest.importorskip("databento", reason="its reader reads the bars")

TRADE, CLEAR = ord("T"), ord("R")
LULD_PAUSE = 50
DAY_NS = 86_400 * NS


@pytest.fixture(scope="module")
def mlgo():
    return folder("mlgo")


@pytest.fixture(scope="module")
def ingested(mlgo, tmp_path_factory):
    store = DayStore(tmp_path_factory.mktemp("days"))
    return store, ingest_databento(mlgo, store)


@pytest.fixture(scope="module")
def days(ingested):
    return {day.date: day for day in ingested[0]}


@pytest.fixture(scope="module")
def quoted(days):
    """The days that have both trades and quotes."""
    return [day for day in days.values() if not day.flags]


@pytest.fixture(scope="module")
def inventory(mlgo):
    with (mlgo / "inventory_by_day.csv").open() as handle:
        return {row["date"]: row for row in csv.DictReader(handle)}


def bars(mlgo, kind):
    (path,) = (mlgo / "ohlcv").glob(f"*.{kind}.dbn.zst")
    return databento.DBNStore.from_file(path).to_ndarray()


def names(keys):
    return sorted(date.isoformat() for date in keys)


def pauses(day):
    """LULD pauses ``(from, to)`` by the exchange's clock, straight from the status rows."""
    found, began = [], None
    rows = zip(day.status.ts_event, day.status.is_trading, day.status.reason, strict=True)
    for ts, trading, reason in rows:
        if reason == LULD_PAUSE:
            began = int(ts)
        elif trading == 1 and began is not None:
            found.append((began, int(ts)))
            began = None
    return found


def test_every_session_becomes_a_day_and_nothing_fails(ingested, inventory):
    store, result = ingested
    assert len(result.written) == len(store) == len(inventory) == 53
    assert [row.date.strftime("%Y%m%d") for row in result.days] == sorted(inventory)
    assert result.failed == []
    assert result.refused == []


def test_only_bars_and_notes_are_ignored(ingested):
    kinds = {name.rsplit(".dbn")[0].rsplit(".")[-1] for name, _ in ingested[1].ignored}
    assert {"ohlcv-1s", "ohlcv-1m", "ohlcv-1d"} <= kinds
    assert not kinds & {"trades", "mbp-1", "status"}


def test_no_stored_file_is_altered(ingested):
    store, _ = ingested
    for key in store.days():
        store.verify(*key)


def test_the_three_days_without_quotes_are_flagged_and_no_other(days):
    flagged = {date: day for date, day in days.items() if day.flags}
    assert names(flagged) == ["2025-02-21", "2025-03-24", "2025-03-31"]
    assert {day.flags for day in flagged.values()} == {("no_quotes",)}
    assert all(len(day.quotes.action) == 0 for day in flagged.values())


def test_coverage_ends_at_19_00_before_the_clocks_change_and_at_20_00_after(ingested):
    ends = defaultdict(set)
    for row in ingested[1].days:
        ends[row.coverage_end].add(row.date.isoformat())
    assert max(ends["19:00:00"]) == "2025-03-07"
    assert min(ends["20:00:00"]) == "2025-03-10"
    assert set(ends) == {"19:00:00", "20:00:00"}


def test_only_the_clearing_record_of_each_night_is_clipped(ingested):
    assert ingested[1].clipped == 50
    assert all(row.clipped == 0 for row in ingested[1].days)


def test_each_day_holds_the_trades_of_the_inventory(days, inventory):
    for date, day in days.items():
        row = inventory[date.strftime("%Y%m%d")]
        assert len(day.trades.price) == int(row["trades"])
        assert day.trades.size.sum() == int(row["vol"])
        assert day.trades.price.min() == round(float(row["lo"]) * 1e9)
        assert day.trades.price.max() == round(float(row["hi"]) * 1e9)


def test_the_first_and_last_trade_come_when_the_inventory_says(ingested, inventory):
    for row in ingested[1].days:
        told = inventory[row.date.strftime("%Y%m%d")]
        assert (row.first_trade, row.last_trade) == (told["first"], told["last"])


def test_the_first_trade_is_never_before_07_00_up_to_02_24_and_may_be_from_04_00_after(ingested):
    early = [row for row in ingested[1].days if row.date.isoformat() <= "2025-02-24"]
    late = [row for row in ingested[1].days if row.date.isoformat() > "2025-02-24"]
    assert min(row.first_trade for row in early) >= "07:00:00"
    assert "04:00:00" <= min(row.first_trade for row in late) < "04:01:00"


def test_the_trades_are_the_trade_rows_of_the_quotes(quoted):
    assert len(quoted) == 50
    for day in quoted:
        rows = day.quotes.action == TRADE
        assert np.array_equal(day.quotes.ts_recv[rows], day.trades.ts_recv)
        assert np.array_equal(day.quotes.ts_event[rows], day.trades.ts_event)


def test_trades_can_be_rebuilt_from_the_quotes_alone(mlgo, days, tmp_path):
    store = DayStore(tmp_path)
    ingest_databento([*mlgo.glob("mbp-1/*2025040*"), mlgo / "status"], store)
    assert len(store) == 7
    for day in store:
        assert day.flags == ("trades_from_quotes",)
        for one, other in zip(day.trades, days[day.date].trades, strict=True):
            assert np.array_equal(one, other)


def test_volume_equals_that_of_the_one_second_bars(mlgo, days):
    rows = bars(mlgo, "ohlcv-1s")
    by_second = dict(zip(rows["ts_event"].astype(np.int64).tolist(), rows["volume"].tolist(),
                         strict=True))  # fmt: skip
    for day in days.values():
        second = day.trades.ts_recv // NS * NS
        starts = np.flatnonzero(np.diff(second, prepend=0))
        sums = np.add.reduceat(day.trades.size, starts)
        told = {ts: by_second[ts] for ts in by_second.keys() & set(second.tolist())}
        assert dict(zip(second[starts].tolist(), sums.tolist(), strict=True)) == told
    assert sum(by_second.values()) == sum(int(day.trades.size.sum()) for day in days.values())


def test_volume_equals_that_of_the_daily_bars_which_are_of_utc_dates(mlgo, days):
    rows = bars(mlgo, "ohlcv-1d")
    by_date = dict(zip(rows["ts_event"].astype(np.int64).tolist(), rows["volume"].tolist(),
                       strict=True))  # fmt: skip
    for day in days.values():
        midnight = day.session.start_ns // DAY_NS * DAY_NS
        assert int(day.trades.size.sum()) == by_date[midnight]


def test_receipt_times_keep_order_and_exchange_times_do_not(days, quoted):
    for day in days.values():
        assert (np.diff(day.trades.ts_recv) >= 0).all()
        assert (np.diff(day.quotes.ts_recv) >= 0).all()
        assert (np.diff(day.trades.ts_event) < 0).any()
    assert all((np.diff(day.quotes.ts_event) < 0).any() for day in quoted)


def test_a_trade_row_leaves_the_book_as_it_was(quoted):
    for day in quoted:
        rows = np.flatnonzero(day.quotes.action[1:] == TRADE) + 1
        for name in ("bid_price", "bid_size", "ask_price", "ask_size"):
            column = getattr(day.quotes, name)
            assert np.array_equal(column[rows], column[rows - 1]), (day.name, name)


@pytest.fixture(scope="module")
def agreement(quoted):
    """Per day: trades, and the share of B at or above the ask, A at or below the bid, N between."""
    found = []
    for day in quoted:
        rows = np.flatnonzero(day.quotes.action == TRADE)
        bid, ask = day.quotes.bid_price[rows], day.quotes.ask_price[rows]
        price, side = day.trades.price, np.where((bid > 0) & (ask > bid), day.trades.side, 9)
        agrees = (price >= ask, price <= bid, (price > bid) & (price < ask))
        found.append([
            len(rows),
            *(hits[side == wanted].mean() for hits, wanted in zip(agrees, (1, -1, 0), strict=True)),
        ])  # fmt: skip
    return np.array(found)


def test_the_side_of_a_trade_is_its_aggressor_98_5_times_of_100_on_each_busy_day(agreement):
    busy = agreement[agreement[:, 0] > 10_000]
    assert len(busy) == 6
    assert (busy[:, 1:3] > 0.985).all()


def test_the_side_of_a_trade_is_its_aggressor_9_times_of_10_even_on_quiet_days(agreement):
    assert (agreement[:, 1:3] > 0.9).all()
    assert (np.average(agreement[:, 1:3], axis=0, weights=agreement[:, 0]) > 0.99).all()


def test_most_trades_without_an_aggressor_print_inside_the_spread(agreement):
    assert np.average(agreement[:, 3], weights=agreement[:, 0]) > 0.75


def test_a_third_to_two_thirds_of_the_trades_of_a_busy_day_have_no_aggressor(days):
    busy = [day for day in days.values() if len(day.trades.side) > 10_000]
    shares = [float((day.trades.side == 0).mean()) for day in busy]
    assert len(busy) == 9
    assert min(shares) > 0.35
    assert max(shares) < 0.60


def test_the_shares_of_the_sides_are_those_of_the_inventory(days, inventory):
    for date, day in days.items():
        row = inventory[date.strftime("%Y%m%d")]
        for name, side in (("B", 1), ("A", -1), ("N", 0)):
            assert (day.trades.side == side).mean() == pytest.approx(float(row[name]), abs=6e-4)


def test_the_halts_are_those_of_the_list(mlgo, days):
    with (mlgo / "halts.csv").open() as handle:
        told = [(row["d"], row["t"], float(row["dur"])) for row in csv.DictReader(handle)]
    found = []
    for day in days.values():
        for begin, end in pauses(day):
            clock = format_second(day.session.second(begin))
            found.append((day.date.strftime("%Y%m%d"), clock, end - begin))
    assert [entry[:2] for entry in found] == [entry[:2] for entry in told]
    assert len(found) == 26
    for (_, _, took), (_, _, seconds) in zip(found, told, strict=True):
        assert took / NS == pytest.approx(seconds, abs=0.01)


def test_a_day_knows_its_pauses_as_halts(days):
    for day in days.values():
        real = [(begin, end) for begin, end in day.halts if end - begin > NS]
        assert len(real) == len(pauses(day))
        for (begin, end), (paused, resumed) in zip(real, pauses(day), strict=True):
            assert begin <= paused
            assert end >= resumed


def test_no_trade_lies_strictly_inside_a_pause(days):
    for day in days.values():
        for begin, end in pauses(day):
            times = day.trades.ts_event
            assert not ((times > begin) & (times < end)).any(), day.name


def test_the_book_begins_with_a_clearing_in_the_night_and_no_session_holds_one(quoted):
    assert not any((day.quotes.action == CLEAR).any() for day in quoted)


def test_no_sentinel_is_left_in_a_day(days):
    for day in days.values():
        for name in ("bid_price", "ask_price", "bid_size", "ask_size"):
            column = getattr(day.quotes, name)
            assert (column >= 0).all()
            assert (column < 2**32 * NS).all()


def test_every_day_is_made_of_its_own_files_only(days):
    for date, day in days.items():
        stamps = {name.split(".")[0].rsplit("-")[-1] for name, _ in day.sources}
        assert stamps == {date.strftime("%Y%m%d")}
        assert len(day.sources) == (2 if day.flags else 3)
        assert new_york_date(day.session.start_ns) == date
