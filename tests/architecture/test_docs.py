"""The documentation runs, and its links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import page
import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]
NAMES = sorted(path.relative_to(ROOT).as_posix() for path in PAGES)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)(?P<target>[^)#\s]+)(?:#[^)]*)?\)")


def _has_code(name: str) -> bool:
    return any(page.runs(block) for block in page.blocks((ROOT / name).read_text()))


@pytest.mark.parametrize("name", [name for name in NAMES if _has_code(name)])
def test_the_code_of_a_page_runs(name: str, tmp_path: Path) -> None:
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, page.__file__, ROOT / name],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"{name}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("name", NAMES)
def test_the_links_of_a_page_lead_to_files(name: str) -> None:
    path = ROOT / name
    targets = [link["target"] for link in LINK.finditer(path.read_text())]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_index_lists_every_page() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / link["target"]).resolve() for link in LINK.finditer(index.read_text())}
    assert sorted(path for path in DOCS.rglob("*.md") if path != index and path not in linked) == []


def test_a_failing_block_fails_its_page_at_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.md"
    bad.write_text("# Bad\n\n```python\nright = 1\nwrong = right / 0\n```\n")
    done = subprocess.run(
        [sys.executable, page.__file__, bad], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1
    assert f'File "{bad}", line 5' in done.stderr


def test_a_failing_command_fails_its_page(tmp_path: Path) -> None:
    bad = tmp_path / "bad.md"
    bad.write_text("```console\n$ false | cat\nsome output\n```\n")
    done = subprocess.run([sys.executable, page.__file__, bad], capture_output=True, cwd=tmp_path)
    assert done.returncode == 1


def test_python_blocks_of_a_page_share_their_names(tmp_path: Path) -> None:
    good = tmp_path / "good.md"
    good.write_text("```python\nfirst = 1\n```\ntext\n```python\nassert first == 1\n```\n")
    subprocess.run([sys.executable, page.__file__, good], check=True, cwd=tmp_path)


def test_a_block_with_a_reason_is_left_out_and_the_next_one_is_not() -> None:
    text = "<!-- not run: needs a cluster -->\n\n```bash\nfalse\n```\n\n```bash\ntrue\n```\n"
    first, second = page.blocks(text)
    assert (first.not_run, second.not_run) == ("needs a cluster", "")
    assert (page.runs(first), page.runs(second)) == (False, True)


def test_commands_that_prepare_a_machine_are_left_out() -> None:
    block = page.Block("console", 1, "$ make install\n$ lowfloat synth \\\n    days\nok\n", "")
    assert [command.split() for command in page.commands(block)] == [["lowfloat", "synth", "days"]]


@pytest.mark.parametrize(
    ("written", "run"),
    [
        ("synth --days 60 --symbols 5 --into d", "synth --days 6 --symbols 1 --into d"),
        ("synth --days 2 --symbols 3 --into d", "synth --days 2 --symbols 3 --into d"),
        ("audit lookahead d --probes 60 --json", "audit lookahead d --probes 12 --json"),
        ("audit lookahead d --probes 9", "audit lookahead d --probes 9"),
    ],
)
def test_a_command_that_does_much_does_less_of_the_same(written: str, run: str) -> None:
    assert page.commands(page.Block("console", 1, f"$ lowfloat {written}\n", "")) == [
        f"lowfloat {run}"
    ]
