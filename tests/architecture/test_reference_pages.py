"""The generated reference pages are those of this version."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
MADE = runpy.run_path(str(DOCS / "make_reference.py"))


@pytest.mark.parametrize("name", sorted(MADE["PAGES"]))
def test_a_reference_page_is_what_the_registries_say(name: str) -> None:
    page = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert page == MADE["PAGES"][name](), "run `python docs/make_reference.py`"


def test_every_action_is_explained() -> None:
    assert list(MADE["ACTIONS"]) == list(MADE["Action"])
