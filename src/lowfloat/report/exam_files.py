"""What an exam left on disk, read and checked before anything is drawn from it."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from annotated_types import Gt, Lt
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from lowfloat.base.units import Count
from lowfloat.days.day import check_symbol
from lowfloat.errors import ExamError

SCHEMA_VERSION = 1
AGENT = "agent"
DO_NOTHING = "do_nothing"


class SymbolDay(NamedTuple):
    """One symbol on one session date."""

    symbol: str
    date: dt.date

    @property
    def name(self) -> str:
        """``SYMBOL/YYYY-MM-DD``, as the exam spells it."""
        return f"{self.symbol}/{self.date.isoformat()}"


class Fill(NamedTuple):
    """One fill of the agent; see the columns of ``fills.parquet``. Money in dollars."""

    policy: str
    symbol: str
    date: str
    second: int
    ts_ns: int
    side: str
    shares: int
    price: float
    fee: float
    forced: bool
    reject: str
    position_after: int


class RoundTrip(NamedTuple):
    """One trade of the agent, flat to flat; see ``trades.parquet``. Money in dollars."""

    policy: str
    symbol: str
    date: str
    entry_second: int
    exit_second: int
    shares: int
    entry_price: float
    exit_price: float
    net_pnl: float
    fees: float
    mfe: float
    mae: float
    phase_at_entry: str
    phase_at_exit: str
    forced: bool
    settled: bool


class Equity(NamedTuple):
    """What the agent's account was worth; see the columns of ``equity.parquet``."""

    policy: str
    symbol: str
    date: str
    second: int
    equity: float


class PolicyResult(BaseModel):
    """What one policy earned, as ``exam.json`` says it. Money in dollars.

    Attributes:
        name: the policy.
        description: one sentence about it.
        net_pnl: per symbol-day, in the order of the exam's ``symbol_days``.
        mean: mean of ``net_pnl``.
        interval: bounds of the confidence interval of the mean; None if it has none.
        total: sum of ``net_pnl``.
        fees: paid over all days.
        trades: round trips.
        win_rate: fraction of trades with a gain; None without a trade.
        fills: number of fills.
        forced_closes: positions closed by a rule and not by the policy.
        settled_shares: shares that could not be sold and were marked instead.
        end_reasons: episodes per reason for which they ended.
        seconds_in_position: seconds with a position, over all days.
        agent_ahead: mean over days of what the agent earned more than this policy on the same
            day; None for the agent.
        agent_ahead_interval: bounds of its confidence interval; None if it has none.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    description: str = ""
    net_pnl: tuple[FiniteFloat, ...]
    mean: FiniteFloat
    interval: tuple[FiniteFloat, FiniteFloat] | None
    total: FiniteFloat
    fees: FiniteFloat
    trades: int
    win_rate: FiniteFloat | None
    fills: int
    forced_closes: int
    settled_shares: int = 0
    end_reasons: dict[str, int]
    seconds_in_position: FiniteFloat = 0.0
    agent_ahead: FiniteFloat | None = None
    agent_ahead_interval: tuple[FiniteFloat, FiniteFloat] | None = None


class ExamJson(BaseModel):
    """The contents of ``exam.json``; its keys are documented where exams are written."""

    model_config = ConfigDict(frozen=True)

    schema_version: int
    split: str
    symbol_days: tuple[str, ...]
    fingerprint: str
    run: str
    num_timesteps: int
    starting_cash: FiniteFloat
    max_position: FiniteFloat
    start: str
    confidence: Annotated[float, Gt(0.0), Lt(1.0)]
    resamples: Count
    policies: tuple[PolicyResult, ...]
    alerts: dict[str, int | None] = {}


@dataclass(frozen=True)
class Exam:
    """An exam with what the agent did; of the other policies only the results are read.

    Attributes:
        about: contents of ``exam.json``.
        days: the symbol-days, in the exam's order.
        fills: the agent's fills.
        trades: the agent's round trips.
        equity: the agent's rows of :class:`Equity`, kept as a table because it is long.
    """

    about: ExamJson
    days: tuple[SymbolDay, ...]
    fills: tuple[Fill, ...]
    trades: tuple[RoundTrip, ...]
    equity: pa.Table

    @property
    def agent(self) -> PolicyResult:
        """The policy that was trained."""
        return next(policy for policy in self.about.policies if policy.name == AGENT)

    @property
    def baselines(self) -> tuple[PolicyResult, ...]:
        """Every other policy."""
        return tuple(policy for policy in self.about.policies if policy.name != AGENT)

    def fills_on(self, day: SymbolDay) -> list[Fill]:
        """Return the fills of one symbol-day, in time order."""
        key = (day.symbol, day.date.isoformat())
        found = [fill for fill in self.fills if (fill.symbol, fill.date) == key]
        return sorted(found, key=lambda fill: fill.ts_ns)

    def trades_on(self, day: SymbolDay) -> list[RoundTrip]:
        """Return the round trips of one symbol-day, in time order."""
        key = (day.symbol, day.date.isoformat())
        found = [trade for trade in self.trades if (trade.symbol, trade.date) == key]
        return sorted(found, key=lambda trade: (trade.entry_second, trade.exit_second))

    def equity_on(self, day: SymbolDay) -> list[tuple[int, float]]:
        """Return ``(second, dollars)`` of one symbol-day, in time order."""
        here = pc.and_(
            pc.equal(self.equity["symbol"], day.symbol),
            pc.equal(self.equity["date"], day.date.isoformat()),
        )
        rows = self.equity.filter(here)
        points = zip(rows["second"].to_pylist(), rows["equity"].to_pylist(), strict=True)
        return sorted(points, key=lambda point: point[0])


def read_exam(folder: Path) -> Exam:
    """Read and check an exam folder.

    Raises:
        ExamError: a file is missing or of another schema, or its numbers disagree with
            each other.
        BadSymbol: a symbol-day names no ticker.
    """
    path = folder / "exam.json"
    about = _read_json(path)
    days = tuple(_symbol_day(name, path) for name in about.symbol_days)
    _check(about, path)
    return Exam(
        about=about,
        days=days,
        fills=tuple(_rows(folder / "fills.parquet", Fill)),
        trades=tuple(_rows(folder / "trades.parquet", RoundTrip)),
        equity=_table(folder / "equity.parquet", Equity),
    )


def _read_json(path: Path) -> ExamJson:
    if not path.is_file():
        raise ExamError(
            f"{path} was not found; use a folder made by `lowfloat examine`, such as "
            "RUN/exam-valid."
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ExamError(f"{path} is not JSON: {problem}; run the exam again.") from problem
    version = found.get("schema_version") if isinstance(found, dict) else None
    if version != SCHEMA_VERSION:
        raise ExamError(
            f"{path}: `schema_version` was {version!r}; use {SCHEMA_VERSION}: run the exam again."
        )
    try:
        return ExamJson.model_validate(found)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ExamError(
            f"{path}: `{where}` was {first['input']!r:.80}; {first['msg']}."
        ) from problem


def _symbol_day(name: str, path: Path) -> SymbolDay:
    symbol, _, date = name.partition("/")
    try:
        return SymbolDay(check_symbol(symbol), dt.date.fromisoformat(date))
    except ValueError as problem:
        raise ExamError(
            f"{path}: `symbol_days` holds {name!r}; use SYMBOL/YYYY-MM-DD."
        ) from problem


def _check(about: ExamJson, path: Path) -> None:
    names = [policy.name for policy in about.policies]
    if AGENT not in names or len(set(names)) < len(names):
        raise ExamError(
            f"{path}: `policies` names {names}; use different names with `{AGENT}` among them."
        )
    count = len(about.symbol_days)
    if not count or len(set(about.symbol_days)) < count:
        raise ExamError(
            f"{path}: `symbol_days` holds {count} days, {len(set(about.symbol_days))} of them "
            "different; use one or more, each once."
        )
    for policy in about.policies:
        if len(policy.net_pnl) != count:
            raise ExamError(
                f"{path}: `net_pnl` of {policy.name!r} holds {len(policy.net_pnl)} days; use "
                f"{count}, one per symbol-day."
            )
        # A cent per day leaves room for rounding, not for another set of days.
        total = sum(policy.net_pnl)
        if abs(total - policy.total) > 0.01 * count or abs(total / count - policy.mean) > 0.01:
            raise ExamError(
                f"{path}: `net_pnl` of {policy.name!r} sums to {total:.2f}, a mean of "
                f"{total / count:.2f}; `total` says {policy.total:.2f} and `mean` "
                f"{policy.mean:.2f}. Run the exam again."
            )


def _table(path: Path, row: Any) -> pa.Table:
    if not path.is_file():
        raise ExamError(f"{path} was not found; run the exam again.")
    has = pq.read_schema(path).names
    lacks = [name for name in row._fields if name not in has]
    if lacks:
        raise ExamError(f"{path} lacks the columns {lacks}; it has {has}. Run the exam again.")
    return pq.read_table(path, columns=list(row._fields), filters=[("policy", "=", AGENT)])


def _rows(path: Path, row: Any) -> list[Any]:
    return [row(**values) for values in _table(path, row).to_pylist()]
