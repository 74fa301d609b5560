"""Where the vendor's tapes lie, for tests that need them. None of them is part of the project."""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
ROOT = Path(os.environ.get("LOWFLOAT_TEST_DATA") or _ROOT.parent / "shared" / "data")


def folder(name: str) -> Path:
    """Return a folder of vendor files, or skip the test."""
    path = ROOT / name
    if not path.is_dir():
        pytest.skip(f"no vendor files in {path}; set LOWFLOAT_TEST_DATA")
    return path


def files(name: str) -> list:
    """Return a test parameter for each file below a folder, or one that is skipped."""
    path = ROOT / name
    found = sorted(p for p in path.rglob("*") if p.is_file())
    return [pytest.param(p, id=p.relative_to(path).as_posix()) for p in found] or [
        pytest.param(None, marks=pytest.mark.skip(f"no vendor files in {path}"), id="absent")
    ]
