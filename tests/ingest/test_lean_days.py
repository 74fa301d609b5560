"""Real LEAN files: the invariants of a consolidated tape must hold in what is read of them."""

import csv
import io
import zipfile
from collections import Counter

import numpy as np
import pytest
from vendor_files import folder

from lowfloat.base.clock import new_york_ns, session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import Quotes
from lowfloat.ingest import lean, lean_quotes

DAYS = [(ticker, day) for ticker in ("aig", "bac") for day in ("20131007", "20131008")]


@pytest.fixture(scope="module", params=DAYS, ids=["-".join(day) for day in DAYS])
def tapes(request):
    """Return (session, trades, quotes, folder and day) of one real day."""
    ticker, day = request.param
    root = folder("lean") / "tick" / ticker
    tables = {}
    for kind in ("trade", "quote"):
        path = root / f"{day}_{kind}.zip"
        file = lean.open_file(path, path.name)
        pieces = list(file.read(None))
        assert {piece.symbol for piece in pieces} == {ticker.upper()}
        assert all(not piece.faults for piece in pieces)
        tables[kind] = np.concatenate([piece.rows for piece in pieces])
    return session_of(file.date), tables["trade"], tables["quote"], (root, day)


def lines(root, name):
    with zipfile.ZipFile(root / name) as archive:
        (member,) = archive.namelist()
        return list(csv.reader(io.StringIO(archive.read(member).decode())))


def test_every_line_of_trades_becomes_a_row_as_plain_code_reads_it(tapes):
    session, trades, _, (root, day) = tapes
    midnight = new_york_ns(session_date(session), 0)
    told = [
        (midnight + int(t) * 10**6, int(p) * 10**5, int(s), n)
        for n, (t, p, s, *_) in enumerate(lines(root, f"{day}_trade.zip"), start=1)
    ]
    names = ("ts_recv", "price", "size", "sequence")
    assert told == list(zip(*(trades[name].tolist() for name in names), strict=True))


def session_date(session):
    return np.datetime64(session.start_ns, "ns").astype("datetime64[D]").astype(object)


def test_the_book_follows_the_lines_taken_in_turn(tapes):
    _, _, quotes, (root, day) = tapes
    bid, ask, states = (0, 0), (0, 0), []
    rows = lines(root, f"{day}_quote.zip")
    for (t, bp, bs, ap, az, *_), after in zip(rows, [*rows[1:], None], strict=True):
        if int(bp):
            bid = (int(bp) * 10**5, int(bs))
        if int(ap):
            ask = (int(ap) * 10**5, int(az))
        opens_a_pair = int(bp) and after is not None and after[0] == t and int(after[3])
        if not opens_a_pair and (not states or states[-1] != (*bid, *ask)):
            states.append((*bid, *ask))
    names = ("bid_price", "bid_size", "ask_price", "ask_size")
    assert states == list(zip(*(quotes[name].tolist() for name in names), strict=True))


def test_the_book_is_hardly_ever_crossed(tapes):
    _, _, quotes, _ = tapes
    both = (quotes["bid_price"] > 0) & (quotes["ask_price"] > 0)
    assert both.mean() > 0.9999
    assert (quotes["bid_price"] > quotes["ask_price"])[both].mean() < 0.0005


def test_read_per_exchange_the_same_lines_would_be_crossed_nearly_always(tapes, monkeypatch):
    _, _, _, (root, day) = tapes
    monkeypatch.setattr(lean_quotes, "_is_national", lambda path, member: False)
    path = root / f"{day}_quote.zip"
    rows = np.concatenate([piece.rows for piece in lean.open_file(path, "x").read(None)])
    both = (rows["bid_price"] > 0) & (rows["ask_price"] > 0)
    assert (rows["bid_price"] > rows["ask_price"])[both].mean() > 0.5


def test_prints_on_exchanges_lie_at_the_quote_around_them(tapes):
    session, trades, quotes, _ = tapes
    regular = (trades["ts_recv"] >= session.regular_open_ns + 60 * 10**9) & (
        trades["ts_recv"] < session.regular_close_ns
    )
    ordinary = trades["marks"] == np.uint16(Mark.ORDINARY)
    prints = trades[regular & ordinary]
    at = np.searchsorted(quotes["ts_recv"], prints["ts_recv"])
    before, after = quotes[np.maximum(at - 1, 0)], quotes[np.minimum(at, len(quotes) - 1)]
    low = np.minimum(before["bid_price"], after["bid_price"])
    high = np.maximum(before["ask_price"], after["ask_price"])
    inside = (prints["price"] >= low) & (prints["price"] <= high)
    assert inside.mean() > 0.95


def test_auctions_and_official_prices_are_few_and_at_their_times(tapes):
    session, trades, _, _ = tapes
    marks = trades["marks"]
    auction = marks & np.uint16(Mark.AUCTION) != 0
    opening = trades["ts_recv"] < session.regular_open_ns + 120 * 10**9
    closing = trades["ts_recv"] >= session.regular_close_ns
    assert 3 <= auction.sum() <= 4
    assert (opening | closing)[auction].all()
    official = marks & np.uint16(Mark.OFFICIAL_OPEN | Mark.OFFICIAL_CLOSE) != 0
    assert 2 <= official.sum() <= 4
    assert (marks[official] & np.uint16(Mark.ORDINARY) == 0).all()


def test_off_exchange_prints_are_those_of_finra(tapes):
    _, trades, _, (root, day) = tapes
    finra = Counter(row[3] for row in lines(root, f"{day}_trade.zip"))["D"]
    assert (trades["marks"] & np.uint16(Mark.OFF_EXCHANGE) != 0).sum() == finra
    assert 0.2 < finra / len(trades) < 0.5


def test_times_keep_order_and_quotes_change_with_every_row(tapes):
    _, trades, quotes, _ = tapes
    assert (np.diff(trades["ts_recv"]) >= 0).all()
    assert (np.diff(quotes["ts_recv"]) >= 0).all()
    names = ("bid_price", "bid_size", "ask_price", "ask_size")
    same = np.logical_and.reduce([np.diff(quotes[name]) == 0 for name in names])
    assert not same.any()
    assert quotes.dtype.names == tuple(Quotes._fields)
