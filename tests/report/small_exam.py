"""A small exam made here, number by number, so that tests can work results out by hand."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lowfloat.base.clock import NS, session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import DTYPES, Quotes, Status, Trades, empty
from lowfloat.days import Day, DayStore
from lowfloat.report.exam_files import Equity, Fill, RoundTrip

# What a baseline that made a dollar a day says of an agent that made two.
LEAD = {"agent_ahead": 1.0, "agent_ahead_interval": [-2.0, 1.0]}

FIRST, SECOND, THIRD = "MLGO/2025-04-01", "ABCD/2025-04-01", "MLGO/2025-03-31"
HALT = (20_000, 20_300)


def _table(kind: type, rows: list[tuple]) -> Any:
    columns = zip(*rows, strict=True)
    return kind(
        **{
            name: np.array(values, dtype)
            for (name, dtype), values in zip(DTYPES[kind].items(), columns, strict=True)
        }
    )


def made_day(name: str, *, quotes: bool = True, coverage: int | None = None) -> Day:
    """Return a day that walks up and down in steps of a cent, with one halt."""
    symbol, date_text = name.split("/")
    date = dt.date.fromisoformat(date_text)
    session = session_of(date)
    end = session.seconds if coverage is None else coverage
    seconds = [s for s in range(3, end, 7) if not HALT[0] <= s < HALT[1]]
    trades, book = [], []
    for i, second in enumerate(seconds):
        cents = 300 + (i * i // 50) % 97
        at = session.ns(second)
        bid, ask = (cents - 1) * 10**7, cents * 10**7
        book.append((at, at + 10, bid, ask, 500, 700, ord("A"), 0, 0, i))
        marks = Mark.TAPE | Mark.VOLUME | Mark.ODD_LOT if i % 11 == 5 else Mark.ORDINARY
        price = ask * 2 if i % 11 == 5 else ask
        trades.append((at + NS // 2, at + NS // 2 + 10, price, 100 + i % 9, 1, 100, marks, 0, i))
    stop, resume = session.ns(HALT[0]), session.ns(HALT[1])
    return Day(
        symbol=symbol,
        date=date,
        session=session,
        coverage_end_ns=session.ns(end),
        trades=_table(Trades, trades),
        quotes=_table(Quotes, book) if quotes else empty(Quotes),
        status=_table(
            Status, [(stop, stop, 9, 50, 0, -1, 100), (resume, resume, 7, 0, 1, -1, 100)]
        ),
        vendor="test",
        flags=() if quotes else ("no_quotes",),
    )


def policy(name: str, net_pnl: list[float], **changes: Any) -> dict[str, Any]:
    """Return one entry of the exam's policies, with its sums worked out."""
    entry = {
        "name": name,
        "description": f"About {name}.",
        "net_pnl": net_pnl,
        "mean": sum(net_pnl) / len(net_pnl),
        "interval": [-1.0, 2.0],
        "total": sum(net_pnl),
        "fees": 1.25,
        "trades": 3,
        "win_rate": 2 / 3,
        "fills": 6,
        "forced_closes": 1,
        "settled_shares": 0,
        "end_reasons": {"MARKET_CLOSE": len(net_pnl)},
        "seconds_in_position": 240,
    }
    return entry | changes


def idle(name: str) -> dict[str, Any]:
    """Return the entry of a policy that never traded."""
    none = {"fees": 0.0, "trades": 0, "win_rate": None, "fills": 0, "forced_closes": 0}
    return policy(name, [0.0, 0.0, 0.0], interval=[0.0, 0.0], **none)


def trade(day: str, entry: int, leave: int, net_pnl: float, **changes: Any) -> RoundTrip:
    """Return a round trip of the agent."""
    symbol, date = day.split("/")
    made = RoundTrip(
        policy="agent", symbol=symbol, date=date, entry_second=entry, exit_second=leave,
        shares=200, entry_price=3.0, exit_price=3.0 + net_pnl / 200, net_pnl=net_pnl, fees=0.2,
        mfe=0.25, mae=-0.06, phase_at_entry="front_breakout", phase_at_exit="exhaustion",
        forced=False, settled=False,
    )  # fmt: skip
    return made._replace(**changes)


def fill(day: str, second: int, side: str, position: int, **changes: Any) -> Fill:
    """Return a fill of the agent that arrived 150 ms after its decision."""
    symbol, date = day.split("/")
    arrival = session_of(dt.date.fromisoformat(date)).ns(second) + 150_000_000
    made = Fill(
        policy="agent", symbol=symbol, date=date, second=second, ts_ns=arrival, side=side,
        shares=200, price=3.05, fee=0.1, forced=False, reject="NONE", position_after=position,
    )  # fmt: skip
    return made._replace(**changes)


def round_trip_fills(one: RoundTrip) -> list[Fill]:
    """Return the buy and the sell of a round trip."""
    day = f"{one.symbol}/{one.date}"
    return [
        fill(day, one.entry_second, "buy", 200, policy=one.policy),
        fill(day, one.exit_second, "sell", 0, policy=one.policy, forced=one.forced),
    ]


TRADES = [
    trade(FIRST, 21_000, 21_060, 10.0),
    trade(SECOND, 15_000, 15_090, -6.0, forced=True),
    trade(THIRD, 30_000, 30_090, 2.0),
]


def write_small_exam(
    root: Path,
    *,
    policies: list[dict[str, Any]] | None = None,
    trades: list[RoundTrip] | None = None,
    without_quotes: tuple[str, ...] = (),
    **changes: Any,
) -> Path:
    """Write an exam and its days under ``root``; return the exam folder.

    Args:
        root: gets ``run/exam-valid`` and ``days``.
        policies: entries to use in place of the usual ones.
        trades: the agent's round trips in place of the usual ones; they make the fills.
        without_quotes: days that are stored without a top of book.
        changes: keys of ``exam.json`` to set.
    """
    folder = root / "run" / "exam-valid"
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "schema_version": 1,
        "split": "valid",
        "symbol_days": [FIRST, SECOND, THIRD],
        "fingerprint": "3f9c0d11",
        "run": "run",
        "num_timesteps": 2_000_000,
        "starting_cash": 25_000.0,
        "max_position": 10_000.0,
        "start": "session",
        "confidence": 0.95,
        "resamples": 500,
        "policies": policies
        or [
            idle("do_nothing"),
            policy("agent", [10.0, -6.0, 2.0]),
            policy("random", [-3.0, -3.0, -3.0]),
            policy("breakout_rule", [1.0, 1.0, 1.0], **LEAD),
        ],
        "alerts": {FIRST: 20_533, SECOND: None, THIRD: 29_000},
    }
    (folder / "exam.json").write_text(json.dumps(about | changes))
    trades = TRADES if trades is None else trades
    fills = [one for made in trades for one in round_trip_fills(made)]
    equity = [
        Equity("agent", *day.split("/"), second, 25_000.0 + second / 60)
        for day in (FIRST, SECOND, THIRD)
        for second in range(0, 57_601, 600)
    ]
    for name, kind, rows in (
        ("fills", Fill, fills),
        ("trades", RoundTrip, trades),
        ("equity", Equity, equity),
    ):
        columns = {key: [row[i] for row in rows] for i, key in enumerate(kind._fields)}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    store = DayStore(root / "days")
    for day in (FIRST, SECOND, THIRD):
        store.write(made_day(day, quotes=day not in without_quotes))
    return folder
