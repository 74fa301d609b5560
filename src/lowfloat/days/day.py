"""One symbol-day: the events of a session, and what is known about them."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lowfloat.base.clock import Session
from lowfloat.base.records import SSR_CHANGE, TRADING, Quotes, Status, Trades, blocks
from lowfloat.days.bars import official_close
from lowfloat.errors import BadSymbol, FeedError

_SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,5}([.+=-][A-Z]{1,3})?")

NO_QUOTES = "no_quotes"
"""Flag of a day whose source held trades but no top of book: nothing can be filled on it."""


def check_symbol(symbol: str) -> str:
    """Return ``symbol`` if it is a ticker, which may name a folder.

    Raises:
        BadSymbol: it is not of the form of a US ticker.
    """
    if not isinstance(symbol, str) or not _SYMBOL.fullmatch(symbol):
        raise BadSymbol(
            f"`symbol` was {symbol!r}; use a US ticker in capitals such as MLGO or BRK.B."
        )
    return symbol


NO_STATUS = "no_status"
"""Flag of a day whose feed says nothing of the trading state: its halts are listed or inferred."""

QUOTES_REBUILT = "quotes_rebuilt"
"""Flag of a day whose source held trades only, and whose book was made up from them."""


@dataclass(frozen=True)
class Day:
    """The events of one symbol on one session day; never changed once made.

    Attributes:
        symbol: ticker.
        date: session date in New York.
        session: bounds of the session.
        coverage_end_ns: time up to which the source was asked for data; never after the end of
            the session. It is a fact about the request, not about the last record.
        trades: prints with ``session.start_ns <= ts_recv < coverage_end_ns``.
        quotes: top-of-book records in the same span.
        status: changes of the trading state from midnight to ``coverage_end_ns``.
        vendor: the command that made the day, such as ``databento`` or ``synth``.
        dataset: the vendor's name of the feed.
        flags: what a user of the day must know, such as ``no_quotes``.
        sources: ``(name, sha256)`` of each file the day was made from.
        manifest_id: SHA-256 over the stored files, empty for a day only in memory.
    """

    symbol: str
    date: dt.date
    session: Session
    coverage_end_ns: int
    trades: Trades
    quotes: Quotes
    status: Status
    vendor: str
    dataset: str = ""
    flags: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    manifest_id: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """``SYMBOL/YYYY-MM-DD``."""
        return f"{self.symbol}/{self.date.isoformat()}"

    @property
    def closing_price(self) -> int:
        """The closing price in nanodollars; see :func:`lowfloat.days.bars.official_close`."""
        return official_close(self.trades, self.session)

    @property
    def halts(self) -> list[tuple[int, int]]:
        """Spans ``(from_ns, to_ns)`` in which nothing trades, in order.

        A span runs from the exchange time of the stop to the receipt of the resumption, the
        wider of the two clocks at each end; one that never ends runs to the end of the session.
        """
        spans: list[tuple[int, int]] = []
        stopped_at: int | None = None
        stops = self.status_says_halted
        for i in range(len(self.status.ts_recv)):
            trading = int(self.status.is_trading[i])
            if stops[i] and stopped_at is None:
                stopped_at = min(int(self.status.ts_event[i]), int(self.status.ts_recv[i]))
            elif trading == 1 and stopped_at is not None:
                resumed = max(int(self.status.ts_event[i]), int(self.status.ts_recv[i]))
                spans.append((stopped_at, resumed))
                stopped_at = None
        if stopped_at is not None:
            spans.append((stopped_at, self.session.end_ns))
        start = self.session.start_ns
        return [(max(begin, start), end) for begin, end in spans if end > start]

    @property
    def status_says_halted(self) -> np.ndarray:
        """Per status record, whether it stops trading.

        Before 04:00 feeds say "trading" or report the short-sale restriction with
        ``is_trading`` no, because the market is closed; that is no halt.
        """
        says_nothing = np.isin(self.status.action, (TRADING, SSR_CHANGE))
        return (self.status.is_trading == 0) & ~says_nothing

    def check(self, release: Callable[[], None] | None = None) -> "Day":
        """Return the day if it keeps the rules of its tables.

        Args:
            release: called after each block of rows, such as to hand back mapped memory.

        Raises:
            BadSymbol: the symbol is no ticker.
            FeedError: a rule of :mod:`lowfloat.base.records` is broken; the message says where.
        """
        check_symbol(self.symbol)
        for label in ("trades", "quotes", "status"):
            table = getattr(self, label)
            lengths = {name: len(column) for name, column in table._asdict().items()}
            if len(set(lengths.values())) > 1:
                raise FeedError(
                    f"{self.name}: the columns of `{label}` have lengths {lengths}; "
                    "they must be equal."
                )
            start, latest = 0, int(table.ts_recv[0]) if len(table.ts_recv) else 0
            for block in blocks(table):  # a table may be larger than what is held in memory
                self._check_block(label, block, start, latest)
                start += len(block.ts_recv)
                latest = int(block.ts_recv[-1])
                if release is not None:
                    release()
        if not self.session.start_ns < self.coverage_end_ns <= self.session.end_ns:
            raise FeedError(
                f"{self.name}: `coverage_end_ns` was {self.coverage_end_ns}; use a time within "
                f"the session, {self.session.start_ns} to {self.session.end_ns}."
            )
        return self

    def _check_block(self, label: str, block: Any, start: int, latest: int) -> None:
        """Check the rows from number ``start`` on; the row before them came at ``latest``."""
        back = np.flatnonzero(np.diff(block.ts_recv, prepend=latest) < 0)
        if len(back):
            raise FeedError(
                f"{self.name}: `{label}.ts_recv` goes back at record {start + back[0]}; "
                "records must be ordered by the time they were received."
            )
        if label == "status":
            return  # it begins at midnight
        outside = (block.ts_recv < self.session.start_ns) | (block.ts_recv >= self.coverage_end_ns)
        if outside.any():
            raise FeedError(
                f"{self.name}: `{label}` holds record {start + int(np.argmax(outside))} outside "
                "the session; use records from 04:00 to the end of coverage only."
            )
        if label == "trades":
            bad = np.flatnonzero((block.price <= 0) | (block.size <= 0))
            if len(bad):
                raise FeedError(
                    f"{self.name}: trade {start + bad[0]} has price {block.price[bad[0]]} and "
                    f"size {block.size[bad[0]]}; both must be above 0."
                )
            return
        for side in ("bid", "ask"):
            price, size = getattr(block, f"{side}_price"), getattr(block, f"{side}_size")
            bad = np.flatnonzero((price < 0) | (size < 0) | ((price == 0) != (size == 0)))
            if len(bad):
                raise FeedError(
                    f"{self.name}: quote {start + bad[0]} has {side} price {price[bad[0]]} and "
                    f"size {size[bad[0]]}; an empty side has both 0, any other has both above 0."
                )

    def __repr__(self) -> str:
        events = len(self.trades.price) + len(self.quotes.action)
        halts = len(self.halts)
        flags = f", {', '.join(self.flags)}" if self.flags else ""
        return f"Day({self.symbol} {self.date}, {events:,} events, {halts} halts{flags})"
