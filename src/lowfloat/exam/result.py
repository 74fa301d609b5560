"""The result of an exam: figures per policy, and the files a report reads."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lowfloat.base.prices import MICRODOLLARS_PER_DOLLAR
from lowfloat.errors import ExamError
from lowfloat.exam.config import ExamConfig
from lowfloat.exam.exam import Sitting, end_reasons
from lowfloat.exam.interval import mean_interval
from lowfloat.exam.policy import Policy

SCHEMA_VERSION = 1

_FILLS = pa.schema(
    [
        ("policy", pa.string()), ("symbol", pa.string()), ("date", pa.string()),
        ("second", pa.int32()), ("ts_ns", pa.int64()), ("quote_ns", pa.int64()),
        ("side", pa.string()), ("shares", pa.int64()), ("price", pa.float64()),
        ("fee", pa.float64()), ("forced", pa.bool_()), ("reject", pa.string()),
        ("position_after", pa.int64()),
    ]
)  # fmt: skip
_TRADES = pa.schema(
    [
        ("policy", pa.string()), ("symbol", pa.string()), ("date", pa.string()),
        ("entry_second", pa.int32()), ("exit_second", pa.int32()), ("shares", pa.int64()),
        ("entry_price", pa.float64()), ("exit_price", pa.float64()), ("net_pnl", pa.float64()),
        ("fees", pa.float64()), ("r_multiple", pa.float64()), ("mfe", pa.float64()),
        ("mae", pa.float64()), ("fills", pa.int32()), ("phase_at_entry", pa.string()),
        ("phase_at_exit", pa.string()), ("forced", pa.bool_()), ("settled", pa.bool_()),
        ("round_trip", pa.bool_()), ("episodes", pa.int32()),
    ]
)  # fmt: skip
_EQUITY = pa.schema(
    [
        ("policy", pa.string()), ("symbol", pa.string()), ("date", pa.string()),
        ("second", pa.int32()), ("equity", pa.float64()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Exam:
    """An exam that was sat.

    Attributes:
        folder: where ``exam.json``, ``fills.parquet``, ``trades.parquet`` and
            ``equity.parquet`` lie.
        figures: the contents of ``exam.json``.
    """

    folder: Path
    figures: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> "Exam":
        """Open an exam folder.

        Raises:
            ExamError: the folder holds no exam.
        """
        path = Path(folder) / "exam.json"
        if not path.is_file():
            raise ExamError(
                f"{folder} holds no exam; use the folder that `lowfloat examine RUN` wrote."
            )
        return cls(Path(folder), json.loads(path.read_text()))

    def policy(self, name: str) -> dict[str, Any]:
        """Return the figures of one policy."""
        return next(policy for policy in self.figures["policies"] if policy["name"] == name)

    def __str__(self) -> str:
        lines = [f"{'policy':<16}{'mean/day':>11}{'interval':>24}{'total':>12}{'trades':>8}"]
        for policy in self.figures["policies"]:
            bounds = policy["interval"]
            interval = f"[{bounds[0]:,.2f}, {bounds[1]:,.2f}]" if bounds else "one day"
            lines.append(
                f"{policy['name']:<16}{policy['mean']:>11,.2f}{interval:>24}"
                f"{policy['total']:>12,.2f}{policy['trades']:>8}"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        days = len(self.figures["symbol_days"])
        return f"Exam({str(self.folder)!r}, {self.figures['split']}, {days} days)"


def figures_of(
    policies: list[Policy], names: tuple[str, ...], sitting: Sitting, config: ExamConfig
) -> list[dict[str, Any]]:
    """Return the figures of each policy, in dollars per day."""
    days = len(names)
    fills = Counter(fill["policy"] for fill in sitting.fills)
    closed_days = {
        (fill["policy"], fill["symbol"], fill["date"]) for fill in sitting.fills if fill["forced"]
    }
    closes = Counter(policy for policy, _, _ in closed_days)
    agent = None
    rows = []
    for lane, policy in enumerate(policies):
        final = sitting.final[lane * days : (lane + 1) * days]
        gained = (final["equity"] - final["start_equity"]) / MICRODOLLARS_PER_DOLLAR
        agent = gained if agent is None else agent
        trades = int(final["trades"].sum())
        row = {
            "name": policy.name,
            "description": policy.description,
            "net_pnl": [float(value) for value in gained],
            "mean": float(gained.mean()),
            "interval": mean_interval(gained, config.confidence, config.resamples, config.seed),
            "total": float(gained.sum()),
            "fees": float(final["fees"].sum() / MICRODOLLARS_PER_DOLLAR),
            "trades": trades,
            "win_rate": float(final["wins"].sum() / trades) if trades else None,
            "fills": fills[policy.name],
            "forced_closes": closes[policy.name],
            "settled_shares": int(final["settled_shares"].sum()),
            "end_reasons": end_reasons(final),
            "seconds_in_position": int(sitting.seconds_held[lane * days : (lane + 1) * days].sum()),
        }
        if lane:
            # Paired by day: the days' own luck drops out.
            ahead = agent - gained
            row["agent_ahead"] = float(ahead.mean())
            row["agent_ahead_interval"] = mean_interval(
                ahead, config.confidence, config.resamples, config.seed
            )
        rows.append(row)
    return rows


def write_exam(
    folder: Path,
    figures: dict[str, Any],
    sitting: Sitting,
) -> Exam:
    """Write an exam's files; ``exam.json`` comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "exam.json").unlink(missing_ok=True)
    pq.write_table(pa.Table.from_pylist(sitting.fills, _FILLS), folder / "fills.parquet")
    pq.write_table(pa.Table.from_pylist(sitting.trades, _TRADES), folder / "trades.parquet")
    pq.write_table(pa.Table.from_pylist(sitting.equity, _EQUITY), folder / "equity.parquet")
    text = json.dumps({"schema_version": SCHEMA_VERSION, **figures}, indent=1, allow_nan=False)
    (folder / "exam.json").write_text(text + "\n")
    return Exam.open(folder)
