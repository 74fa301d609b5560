"""Every item of the design has its row, and a row that says done names what exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "design-coverage.md"
IDS = [f"{group}-{i}" for group, count in (("S0", 117), ("S1", 154), ("SX", 18))
       for i in range(1, count + 1)]  # fmt: skip
ROW = re.compile(r"\| (S[01X]-\d+) \|")


def faults(page: str, root: Path = ROOT) -> list[str]:
    """Return what is wrong with a coverage page, one sentence each."""
    rows = [line for line in page.splitlines() if ROW.match(line)]
    named = [line.split("|")[1].strip() for line in rows]
    found = [f"{item} has no row" for item in IDS if item not in named]
    found += [f"{item} has {named.count(item)} rows" for item in IDS if named.count(item) > 1]
    found += [f"{item} is not an id" for item in named if item not in IDS]
    if not found and named != IDS:
        found.append("the rows are not in the order of the ids")
    return found + [fault for line in rows for fault in _faults_of_row(line, root)]


def _faults_of_row(line: str, root: Path) -> list[str]:
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if len(cells) != 5:
        return [f"{cells[0]} has {len(cells)} columns, not 5"]
    item, words, module, test, state = cells
    modules, tests = _names(module), _names(test)
    if not words:
        return [f"{item} has no words"]
    if state == "open":
        return [f"{item} is open but names a module or a test"] if modules or tests else []
    if state != "done":
        return [f"{item} has state {state!r}, not done or open"]
    if not modules or not tests:
        return [f"{item} is done but names no module or no test"]
    missing = [name for name in modules if not (root / name).is_file()]
    missing += [name for name in tests if not _test_exists(root, name)]
    return [f"{item} names {name}, which does not exist" for name in missing]


def _names(cell: str) -> list[str]:
    return [name.strip().strip("`") for name in cell.split(",") if name.strip()]


def _test_exists(root: Path, name: str) -> bool:
    file, separator, function = name.partition("::")
    path = root / file
    if not separator or not function.startswith("test_") or not path.is_file():
        return False
    tree = ast.parse(path.read_text())
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body)


def test_the_design_coverage_page_is_complete_and_names_what_exists() -> None:
    assert faults(PAGE.read_text()) == []


@pytest.fixture
def blank_page() -> str:
    return "".join(f"| {item} | words | | | open |\n" for item in IDS)


def test_a_page_of_open_rows_has_no_fault(blank_page: str) -> None:
    assert faults(blank_page) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("", "S1-7 has no row"),
        ("| S1-7 | a | | | open |\n| S1-7 | a | | | open |\n", "S1-7 has 2 rows"),
        ("| S1-7 | a | | | open |\n| S1-155 | a | | | open |\n", "S1-155 is not an id"),
        ("| S1-7 | a | | open |\n", "S1-7 has 4 columns, not 5"),
        ("| S1-7 | | | | open |\n", "S1-7 has no words"),
        ("| S1-7 | a | | | half |\n", "S1-7 has state 'half', not done or open"),
        ("| S1-7 | a | | | done |\n", "S1-7 is done but names no module or no test"),
        ("| S1-7 | a | `LICENSE` | | open |\n", "S1-7 is open but names a module or a test"),
        (
            "| S1-7 | a | `src/lowfloat/none.py` | `tests/architecture/test_coverage_page.py::"
            "test_a_page_of_open_rows_has_no_fault` | done |\n",
            "S1-7 names src/lowfloat/none.py, which does not exist",
        ),
        (
            "| S1-7 | a | `LICENSE` | `tests/architecture/test_coverage_page.py::test_none` | "
            "done |\n",
            "S1-7 names tests/architecture/test_coverage_page.py::test_none, which does not exist",
        ),
    ],
)
def test_a_bad_row_is_found(blank_page: str, row: str, fault: str) -> None:
    assert fault in faults(blank_page.replace("| S1-7 | words | | | open |\n", row))


def test_rows_out_of_order_are_found(blank_page: str) -> None:
    first, second, *rest = blank_page.splitlines()
    assert faults("\n".join([second, first, *rest])) == ["the rows are not in the order of the ids"]


def test_a_done_row_that_names_what_exists_has_no_fault(blank_page: str) -> None:
    done = (
        "| S1-7 | a | `LICENSE`, `pyproject.toml` | `tests/architecture/test_coverage_page.py::"
        "test_a_page_of_open_rows_has_no_fault` | done |"
    )
    assert faults(blank_page.replace("| S1-7 | words | | | open |", done)) == []
