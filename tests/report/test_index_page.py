"""The page of an index: whole, without a script, the same each time, and true to the index."""

import re
import shutil

import pytest
from report.html_page import Page

from lowfloat.days import DayStore
from lowfloat.errors import ConfigError, DayNotFound, IndexMismatch
from lowfloat.index import scan
from lowfloat.index.distribution import best_first, points_of
from lowfloat.report.index_page import parts_of, write_index_page
from lowfloat.synth import Options, synthesize


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    store = DayStore(tmp_path_factory.mktemp("indexed") / "days")
    synthesize(store, 3, seed=4, options=Options(active=1.0))
    return scan(store, tmp_path_factory.mktemp("index"))


@pytest.fixture
def page(index, tmp_path):
    return Page(write_index_page(tmp_path / "out" / "index.html", index, 5).read_text("utf-8"))


def titles(page):
    """Return the day and time of each point that is drawn, in the order of the page."""
    return re.findall(r"(SYNA \d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) \d\.\d\d", page.text)


def test_the_page_loads_and_runs_nothing(page):
    loads = [attrs for _, attrs in page.tags if {"src", "href", "srcset", "action"} & set(attrs)]
    assert loads == []
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"} == set()


def test_the_same_index_gives_the_same_bytes(index, tmp_path):
    one = write_index_page(tmp_path / "one.html", index)
    other = write_index_page(tmp_path / "other.html", index)
    assert one.read_bytes() == other.read_bytes()


def test_the_best_points_come_first_and_then_the_worst(index, page):
    points = best_first(points_of(index))
    named = [f"{point.symbol} {point.date}" for point in points[:5] + points[:-6:-1]]
    assert [day for day, _ in titles(page)] == named
    assert len([tag for tag, attrs in page.tags if attrs.get("class") == "chart"]) == 10


def test_no_point_is_drawn_twice_if_there_are_few(index, tmp_path):
    every = points_of(index)
    page = Page(write_index_page(tmp_path / "all.html", index, 1_000).read_text("utf-8"))
    assert len(titles(page)) == len(set(titles(page))) == len(every)


def test_the_page_says_what_is_in_the_index(index, page):
    points = points_of(index)
    assert f"{len(points)} reset points on 3 days of 1 stock" in page.text
    for name in {point.category for point in points} | {point.pattern_type for point in points}:
        assert name.replace("_", " ") in page.text
    for day in index.days():
        assert f"{day.symbol} {day.date}" in page.text


def test_every_number_of_a_point_is_among_its_parts(index):
    point = best_first(points_of(index))[0]
    parts = parts_of(point)
    assert parts["volume ratio"] == point.volume_ratio
    assert 0 < parts["phase score"] <= 1
    assert "timestamp" not in parts
    assert all(isinstance(value, float) for value in parts.values())


def test_days_that_are_gone_or_others_are_refused(index, tmp_path):
    with pytest.raises(DayNotFound):
        write_index_page(tmp_path / "page.html", index, days=DayStore(tmp_path / "none"))
    others = DayStore(tmp_path / "others")
    synthesize(others, 3, seed=5)
    with pytest.raises(IndexMismatch, match="from other data"):
        write_index_page(tmp_path / "page.html", index, days=others)
    assert not (tmp_path / "page.html").exists()


def test_days_that_were_moved_are_found_where_they_are(index, tmp_path):
    shutil.copytree(index.store.root, tmp_path / "moved")
    write_index_page(tmp_path / "page.html", index, days=DayStore(tmp_path / "moved"))
    assert "<h1>" in (tmp_path / "page.html").read_text("utf-8")


def test_no_points_at_all_cannot_be_asked_for(index, tmp_path):
    with pytest.raises(ConfigError, match="`limit` was 0"):
        write_index_page(tmp_path / "page.html", index, 0)
