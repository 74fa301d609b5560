"""What is refused before anything is drawn."""

import json

import pyarrow.parquet as pq
import pytest
from small_exam import FIRST, TRADES, policy

from lowfloat.errors import BadSymbol, ExamError
from lowfloat.report.exam_files import SymbolDay, read_exam


def test_an_exam_reads_back_with_its_tables(write_exam):
    exam = read_exam(write_exam())
    assert exam.agent.total == 6.0
    assert exam.trades == tuple(TRADES)
    first = exam.days[0]
    assert first.name == FIRST
    assert [fill.side for fill in exam.fills_on(first)] == ["buy", "sell"]
    assert exam.trades_on(first) == TRADES[:1]
    assert exam.equity_on(first)[:2] == [(0, 25_000.0), (600, 25_010.0)]
    assert exam.equity_on(SymbolDay("NONE", first.date)) == []


def test_a_folder_without_an_exam_is_refused(tmp_path):
    with pytest.raises(ExamError, match="was not found; use a folder made by `lowfloat exam"):
        read_exam(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 2}, "`schema_version` was 2; use 1"),
        ({"num_timesteps": "many"}, "`num_timesteps` was 'many'; "),
        ({"confidence": 95}, "`confidence` was 95; "),
        ({"symbol_days": [FIRST, FIRST, FIRST]}, "`symbol_days` holds 3 days, 1 of them diff"),
        ({"symbol_days": ["MLGO", "A/2025-04-01", "B/2025-04-01"]}, "`symbol_days` holds 'MLGO'"),
        ({"policies": [policy("random", [1.0, 1.0, 1.0])]}, "`policies` names .'random'.; use"),
        ({"policies": [policy("agent", [1.0])]}, "`net_pnl` of 'agent' holds 1 days; use 3"),
        (
            {"policies": [policy("agent", [1.0, 1.0, 1.0], total=30.0)]},
            "`net_pnl` of 'agent' sums to 3.00, a mean of 1.00; `total` says 30.00",
        ),
    ],
)
def test_an_exam_that_contradicts_itself_is_refused(write_exam, changes, message):
    with pytest.raises(ExamError, match=message):
        read_exam(write_exam(**changes))


def test_a_symbol_that_is_a_path_is_refused(write_exam):
    days = ["../../etc/2025-04-01", "A/2025-04-01", "B/2025-04-01"]
    with pytest.raises(BadSymbol):
        read_exam(write_exam(symbol_days=days))


def test_a_table_that_lacks_a_column_is_refused(write_exam):
    folder = write_exam()
    table = pq.read_table(folder / "fills.parquet").drop_columns(["fee"])
    pq.write_table(table, folder / "fills.parquet")
    with pytest.raises(ExamError, match=r"fills\.parquet lacks the columns \['fee'\]"):
        read_exam(folder)


def test_a_file_that_is_not_json_is_refused(write_exam):
    folder = write_exam()
    (folder / "exam.json").write_text("{")
    with pytest.raises(ExamError, match="is not JSON"):
        read_exam(folder)


def test_keys_that_a_later_version_adds_are_let_through(write_exam):
    folder = write_exam()
    about = json.loads((folder / "exam.json").read_text())
    (folder / "exam.json").write_text(json.dumps(about | {"weather": "fine"}))
    assert read_exam(folder).about.split == "valid"


def test_only_what_the_agent_did_is_read(write_exam):
    others = [one._replace(policy="random") for one in TRADES]
    exam = read_exam(write_exam(trades=others + TRADES))
    assert {fill.policy for fill in exam.fills} == {"agent"}
    assert exam.trades == tuple(TRADES)
