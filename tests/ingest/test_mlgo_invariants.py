"""What is known to be true of a real low-float tape must be true of the days made of it."""

import csv
from collections import defaultdict

import numpy as np
import pytest
from vendor_files import folder

from lowfloat.base.clock import NS, format_second, new_york_date
from lowfloat.days import DayStore
from lowfloat.days.reference import ReferenceTables
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn import read_header, read_records

databento = pytest.importorskip("databento", reason="its reader reads the bars")

TRADE, CLEAR = ord("T"), ord("R")
BUY, SELL, NONE = ord("B"), ord("A"), ord("N")
UNDEFINED = 2**63 - 1
TOP = ("bid_price", "bid_size", "ask_price", "ask_size")
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
    return [day for day in days.values() if "quotes_rebuilt" not in day.flags]


@pytest.fixture(scope="module")
def told(mlgo, quoted):
    """Per quoted day, the records of its session in its file of quotes, as the vendor has them."""
    found = {}
    for day in quoted:
        (path,) = mlgo.glob(f"mbp-1/*{day.date:%Y%m%d}*")
        records = np.concatenate(list(read_records(path, read_header(path))))
        times = records["ts_recv"].view(np.int64)
        found[day.date] = records[(times >= day.session.start_ns) & (times < day.coverage_end_ns)]
    return found


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


def test_only_notes_are_ignored(ingested):
    assert {name.rsplit(".")[-1] for name, _ in ingested[1].ignored} <= {
        "csv", "json", "SHA256SUMS", "md",
    }  # fmt: skip


def test_the_bars_are_learned(ingested):
    learned = [(name.split(".")[-3], table, rows) for name, table, rows in ingested[1].learned]
    assert sorted(learned) == [
        ("ohlcv-1d", "bars", 515), ("ohlcv-1m", "bars", 53), ("ohlcv-1s", "bars", 53),
    ]  # fmt: skip


def test_the_bars_of_each_session_are_those_of_its_trades(ingested, days):
    rows = ReferenceTables(ingested[0].root).rows("bars", "MLGO", 0, 2**62)
    for resolution in ("1s", "1m"):
        by_date = {row["date"]: row for row in rows if row["resolution"] == resolution}
        assert set(by_date) == set(days)
        for date, day in days.items():
            row = by_date[date]
            assert row["volume"] == day.trades.size.sum()
            assert row["high"] == day.trades.price.max()
            assert row["low"] == day.trades.price.min()


def test_no_day_is_quarantined_and_no_record_needed_repair(ingested):
    assert ingested[1].quarantined == []
    for row in ingested[1].days:
        assert row.report.verdict == ("usable" if row.flags else "good")
        assert row.report.faults == {}


def test_a_second_ingest_reads_nothing_and_changes_nothing(mlgo, ingested):
    store, first = ingested
    again = ingest_databento(mlgo, store)
    assert sorted(again.unchanged) == sorted(first.written)
    assert (again.written, again.failed) == ([], [])
    assert [row.report for row in again.days] == [row.report for row in first.days]


def test_no_stored_file_is_altered(ingested):
    store, _ = ingested
    for key in store.days():
        store.verify(*key)


def test_the_three_days_without_quotes_are_flagged_and_no_other(days):
    flagged = {date: day for date, day in days.items() if day.flags}
    assert names(flagged) == ["2025-02-21", "2025-03-24", "2025-03-31"]
    assert {day.flags for day in flagged.values()} == {("quotes_rebuilt",)}
    assert all(len(day.quotes.action) > 10_000 for day in flagged.values())


def test_coverage_ends_at_19_00_before_the_clocks_change_and_at_20_00_after(ingested):
    ends = defaultdict(set)
    for row in ingested[1].days:
        ends[row.coverage_end].add(row.date.isoformat())
    assert max(ends["19:00:00"]) == "2025-03-07"
    assert min(ends["20:00:00"]) == "2025-03-10"
    assert set(ends) == {"19:00:00", "20:00:00"}


def test_no_record_of_a_session_lies_after_its_coverage(ingested):
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


def test_the_trades_are_the_trade_records_of_the_quotes(quoted, told):
    assert len(quoted) == 50
    for day in quoted:
        rows = told[day.date][told[day.date]["action"] == TRADE]
        for name in ("ts_recv", "ts_event", "price", "size", "sequence"):
            assert np.array_equal(rows[name], getattr(day.trades, name)), (day.name, name)
        side = (rows["side"] == BUY).astype(int) - (rows["side"] == SELL)
        native = day.trades.confidence == 100
        assert np.array_equal(native, side != 0)
        assert np.array_equal(day.trades.side[native], side[native])


def test_the_quotes_are_the_books_that_the_vendor_tells_in_order(quoted, told):
    for day in quoted:
        records = told[day.date]
        books = {name: records[name].astype(np.int64) for name in TOP}
        for side in ("bid", "ask"):
            empty = (books[f"{side}_price"] == UNDEFINED) | (books[f"{side}_size"] == 0)
            books[f"{side}_price"][empty] = books[f"{side}_size"][empty] = 0
        found = np.stack([books[name] for name in TOP], axis=1)
        changed = (np.diff(found, axis=0, prepend=np.zeros((1, 4), np.int64)) != 0).any(axis=1)
        wanted = np.stack([getattr(day.quotes, name) for name in TOP], axis=1)
        assert np.array_equal(found[changed], wanted), day.name
        assert np.array_equal(records["ts_recv"][changed], day.quotes.ts_recv), day.name


def test_trades_can_be_rebuilt_from_the_quotes_alone(mlgo, days, tmp_path):
    store = DayStore(tmp_path)
    ingest_databento([*mlgo.glob("mbp-1/*2025040*"), mlgo / "status"], store)
    assert len(store) == 7
    for day in store:
        assert day.flags == ("trades_from_quotes",)
        for name, one in day.trades._asdict().items():
            assert np.array_equal(one, getattr(days[day.date].trades, name)), (day.name, name)
        assert np.array_equal(day.quotes.bid_price, days[day.date].quotes.bid_price)


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


def test_receipt_times_keep_order_and_exchange_times_do_not(days, told):
    for day in days.values():
        assert (np.diff(day.trades.ts_recv) >= 0).all()
        assert (np.diff(day.quotes.ts_recv) >= 0).all()
        assert (np.diff(day.trades.ts_event) < 0).any()
    for records in told.values():
        assert (np.diff(records["ts_recv"].view(np.int64)) >= 0).all()
        assert (np.diff(records["ts_event"].view(np.int64)) < 0).any()


def test_a_trade_record_leaves_the_book_as_it_was(told):
    for date, records in told.items():
        rows = np.flatnonzero(records["action"][1:] == TRADE) + 1
        for name in TOP:
            assert np.array_equal(records[name][rows], records[name][rows - 1]), (date, name)


def test_no_order_is_counted(told):
    for records in told.values():
        assert not records["bid_count"].any()
        assert not records["ask_count"].any()


@pytest.fixture(scope="module")
def agreement(told):
    """Per day: trades, and the share of B at or above the ask, A at or below the bid, N between."""
    found = []
    for records in told.values():
        rows = records[records["action"] == TRADE]
        bid, ask, price = rows["bid_price"], rows["ask_price"], rows["price"]
        known = (bid != UNDEFINED) & (ask != UNDEFINED) & (ask > bid)
        side = np.where(known, rows["side"], 0)
        agrees = (price >= ask, price <= bid, (price > bid) & (price < ask))
        found.append([
            len(rows),
            *(hits[side == letter].mean()
              for hits, letter in zip(agrees, (BUY, SELL, NONE), strict=True)),
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
    shares = [float((day.trades.confidence < 100).mean()) for day in busy]
    assert len(busy) == 9
    assert min(shares) > 0.35
    assert max(shares) < 0.60


def test_the_shares_of_the_sides_are_those_of_the_inventory(days, inventory):
    for date, day in days.items():
        row = inventory[date.strftime("%Y%m%d")]
        native = np.where(day.trades.confidence == 100, day.trades.side, 0)
        for name, side in (("B", 1), ("A", -1), ("N", 0)):
            assert (native == side).mean() == pytest.approx(float(row[name]), abs=6e-4)


def test_nearly_every_trade_without_an_aggressor_gets_one_that_is_trusted_less(days):
    for day in days.values():
        inferred = day.trades.confidence < 100
        assert set(np.unique(day.trades.confidence[inferred])) <= {0, 60, 80}
        assert (day.trades.side[inferred] != 0).mean() > 0.95


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
