"""The project speaks of itself only, and leaves nothing half done."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each pattern is written so that it does not match its own text.
FORBIDDEN = {
    "an absolute path": r"(?<![\w.~<-])/(?:home|mnt|opt|root|tmp|Users|work)/",
    "a registry's address": r"pypi\.org|python[h]osted|download\.pytorch|--(?:extra-)?[i]ndex-url",
    "a private key": r"BEGIN [A-Z ]*PRIVATE [K]EY",
}
UNFINISHED = {
    "a note of work to do": r"\b(?:TOD[O]|FIXM[E]|XX[X])\b",
    "a stub": r"\bNotImplemented[E]rror",
    "a mock": r"unittest\.[m]ock|Magic[M]ock|monkeypatch\.setattr\([\"']lowfloat",
    "an expected failure": r"mark\.[x]fail",
}
EVERYTHING = {"BaseException", "Exception"}


def _files(*folders: str) -> list[Path]:
    """Return the files git tracks, or would if asked to."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        [
            "git",
            "-c",
            f"safe.directory={ROOT}",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
            *folders,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for line in listing.stdout.splitlines() if (path := ROOT / line).is_file()]


def _lines_with(pattern: str, files: list[Path]) -> list[str]:
    found = []
    for path in files:
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue  # not a text
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
            for number, line in enumerate(lines, 1)
            if re.search(pattern, line)
        ]
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    assert _lines_with(FORBIDDEN[what], _files()) == []


@pytest.mark.parametrize("what", UNFINISHED)
def test_no_source_or_test_holds(what: str) -> None:
    assert _lines_with(UNFINISHED[what], _files("src", "tests")) == []


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler takes every error and does not raise it again."""
    kind = handler.type
    broad = kind is None or (isinstance(kind, ast.Name) and kind.id in EVERYTHING)
    return broad and not isinstance(handler.body[-1], ast.Raise)


def test_no_source_swallows_every_error() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _files("src")
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and _swallows(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("an absolute path", "open('" + "/" + "tmp/days')"),
        ("a registry's address", "pip install --index" + "-url=somewhere"),
        ("a private key", "-----BEGIN RSA PRIVATE " + "KEY-----"),
    ],
)
def test_the_search_finds(what: str, line: str) -> None:
    assert re.search(FORBIDDEN[what], line)


def test_no_tracked_file_is_larger_than_half_a_megabyte() -> None:
    large = [path.name for path in _files() if path.stat().st_size > 500_000]
    assert large == []
