"""The code blocks of a documentation page, and a command that runs them: `python page.py PAGE`.

Blocks run in the order of the page. Python blocks share one namespace; of a `console` block the
lines that begin with `$ ` are run, of a `bash` block all of them. Other blocks are text. What a
block prints is not compared with the page. A block below `<!-- not run: REASON -->` is left out.
A command that makes a large market makes a small one here, to which the others do the same, and
an audit makes few probes.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

SHELLS = {"bash", "console", "sh", "shell"}
PYTHON = {"py", "python"}
SET_UP = {"cd", "git", "make", "pip"}  # commands that prepare a machine, by their first word
MOST_DAYS = 6  # of all symbols together, that one command makes
MOST_PROBES = 12  # of one audit

_NOT_RUN = re.compile(r"\s*<!-- not run: (?P<reason>.+) -->\s*")
_MARKET = re.compile(r"--days (?P<days>\d+) --symbols (?P<symbols>\d+)\b")
_PROBES = re.compile(r"--probes (?P<probes>\d+)\b")
_FENCE = re.compile(r"(?P<indent> *)(?P<mark>`{3,}|~{3,})(?P<language>\w*).*")


class Block(NamedTuple):
    """One fenced block.

    Attributes:
        language: the word after the fence, empty if there is none.
        line: number of the first line of its text, from 1.
        text: without the fences and their indent.
        not_run: why it is left out, empty if it is run.
    """

    language: str
    line: int
    text: str
    not_run: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    found = []
    opened: re.Match[str] | None = None
    body: list[str] = []
    not_run = ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.fullmatch(line)
        if opened is None and fence:
            opened, body, start = fence, [], number + 1
        elif opened and line.strip() == opened["mark"]:
            content = "".join(part.removeprefix(opened["indent"]) + "\n" for part in body)
            found.append(Block(opened["language"], start, content, not_run))
            opened, not_run = None, ""
        elif opened:
            body.append(line)
        elif line.strip():
            reason = _NOT_RUN.fullmatch(line)
            not_run = reason["reason"] if reason else ""
    if opened:
        raise ValueError(f"the block that begins at line {start} has no closing fence")
    return found


def commands(block: Block) -> list[str]:
    """Return the shell commands of a block, those that prepare a machine left out."""
    joined = block.text.replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines()]
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    lines = [line for line in lines if line and not line.startswith("#")]
    return [_quickened(line) for line in lines if line.split()[0] not in SET_UP]


def _quickened(command: str) -> str:
    """Return a command that does less of the same."""
    market, probes = _MARKET.search(command), _PROBES.search(command)
    if market and int(market["days"]) * int(market["symbols"]) > MOST_DAYS:
        command = command.replace(market[0], f"--days {MOST_DAYS} --symbols 1")
    if probes and int(probes["probes"]) > MOST_PROBES:
        command = command.replace(probes[0], f"--probes {MOST_PROBES}")
    return command


def runs(block: Block) -> bool:
    """Tell whether running the page runs anything of this block."""
    if block.not_run:
        return False
    return block.language in PYTHON or (block.language in SHELLS and bool(commands(block)))


def run(page: Path) -> None:
    """Run the blocks of a page in the current folder; the first failure ends it."""
    names = {"__name__": "page"}
    for block in blocks(page.read_text()):
        if not runs(block):
            continue
        if block.language in PYTHON:
            # Empty lines before it make a traceback point at the line of the page.
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), names)
            continue
        for command in commands(block):
            print(f"$ {command}", flush=True)  # noqa: T201 - shown when the page fails
            subprocess.run(["bash", "-euo", "pipefail", "-c", command], check=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
