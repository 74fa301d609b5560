"""The page of a market check: whole, safe, the same each time, and true to the check."""

import datetime as dt
import json
import math
import re

import numpy as np
import pytest
from reference.tapes import OPEN, P, Q, make_day, ns
from report.html_page import Page

from lowfloat.report.market_check import check_market, write_page
from lowfloat.synth import synth_days
from lowfloat.synth.bands import BANDS, check
from lowfloat.synth.curves import curves_of, shape_of
from lowfloat.synth.facts import measure

FIGURES = ["clustering", "depth", "gaps", "impact", "signature", "signs", "spread", "tails"]


class _Page(Page):
    """A page with figures."""

    def series(self):
        """Return the names of the curves of each figure."""
        found = {}
        for script in self.scripts:
            for name, data in re.findall(r'Plotly\.newPlot\(\s*"figure-(\w+)",\s*(\[.*?\]),\s*\{"',
                                         script, re.S):  # fmt: skip
                found[name] = [trace["name"] for trace in json.loads(data)]
        return found


@pytest.fixture(scope="module")
def days():
    return [day for day, _ in synth_days(8, seed=11, symbols=2)]


@pytest.fixture(scope="module")
def checked(days):
    return check_market(days[::2], days[1::2], names=("made", "taped"), classify=True)


@pytest.fixture
def write(tmp_path):
    def page(result):
        return _Page(write_page(tmp_path / "out" / "check.html", result).read_text("utf-8"))

    return page


# The check.


def test_a_check_judges_as_the_bands_do(days, checked):
    for one, other in zip(checked.facts, check(days[::2], days[1::2]), strict=True):
        assert one.name == other.name
        assert one.value == pytest.approx(other.value, nan_ok=True)
        assert one.against == pytest.approx(other.against, nan_ok=True)
        assert one.ok == other.ok
    assert checked.inside + checked.outside + checked.unsaid == len(BANDS)


def test_days_may_come_one_by_one(days):
    result = check_market(day for day in days[:2])
    assert (result.market.days, result.market.symbols) == (2, 1)
    assert result.against is None
    assert result.apart is None


def test_a_market_of_no_days_has_nothing_to_say(write):
    result = check_market([])
    assert result.unsaid == len(BANDS)
    page = write(result)
    assert f"0 of {len(BANDS)} facts lie within their band" in page.text
    assert "not said" in page.text


def test_a_day_without_quotes_is_counted_and_named(write, days):
    bare = make_day([], trades=[P(ns(OPEN + i), 5.0 + 0.01 * i) for i in range(100)])
    result = check_market([*days[:1], bare])
    assert result.market.unquoted == 1
    assert "1 day of the synthetic market has no quotes of its own" in write(result).text


# The curves.


def test_a_survival_curve_is_the_share_of_larger_returns(days):
    day = max(days, key=lambda day: len(day.quotes.ts_recv))
    curves = curves_of([shape_of(day)], [measure(day)])
    assert (np.diff(curves.tail_1s.y) <= 0).all()
    assert curves.gaps.y.sum() == pytest.approx(1)
    assert curves.ratios.y[0] == pytest.approx(1)
    facts = measure(day).values
    at = curves.absolute.x.tolist().index(1)
    assert curves.absolute.y[at] == pytest.approx(facts["abs_return_acf_1"])
    assert curves.signs.y[4] == pytest.approx(facts["sign_acf_5"])


def test_spread_and_size_are_those_of_their_half_hour():
    quotes = [Q(ns(0), 9.9, 10.1, 300, 100), Q(ns(OPEN), 9.95, 10.05, 500, 700)]
    curves = curves_of([shape_of(make_day(quotes))], [])
    said = dict(zip(curves.spread.x, curves.spread.y, strict=True))
    assert (said[900], said[OPEN + 900]) == pytest.approx((200, 100))
    assert dict(zip(curves.depth.x, curves.depth.y, strict=True))[OPEN + 900] == 600


def test_half_days_and_full_days_share_a_curve():
    full = make_day([Q(ns(0), 9.9, 10.1)])
    half = make_day([Q(ns(0), 9.8, 10.2)], date=dt.date(2024, 7, 3))
    curves = curves_of([shape_of(full), shape_of(half)], [])
    assert curves.spread.y[[0, -1]] == pytest.approx([300, 200])


def test_no_days_give_empty_curves():
    assert all(len(curve.x) == len(curve.y) == 0 for curve in curves_of([], []))


# The page.


def test_the_page_loads_nothing_from_anywhere(write, checked):
    page = write(checked)
    loads = [attrs for _, attrs in page.tags if {"src", "href", "srcset", "action"} & set(attrs)]
    assert loads == []
    assert {tag for tag, _ in page.tags} & {"link", "iframe", "object", "embed", "base"} == set()
    assert sum("plotly.js v" in script for script in page.scripts) == 1


def test_the_same_check_gives_the_same_bytes(tmp_path, checked):
    one = write_page(tmp_path / "one.html", checked)
    other = write_page(tmp_path / "other.html", checked)
    assert one.read_bytes() == other.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.html", "other.html"]


def test_the_page_says_every_fact_with_its_verdict_and_the_area(write, checked):
    text = write(checked).text
    for fact in checked.facts:
        assert fact.name.replace("_", " ") in text
        assert fact.sentence in text
    assert f"{checked.inside} of {len(BANDS)} facts lie within their band" in text
    assert text.count(" outside ") >= checked.outside
    assert f"{checked.apart.area:.3g}" in text
    assert checked.apart.features[0].name.replace("_", " ") in text


def test_both_markets_are_drawn_in_every_figure(write, checked):
    series = write(checked).series()
    assert sorted(series) == FIGURES
    for names in series.values():
        assert any(name.startswith("made") for name in names)
        assert any(name.startswith("taped") for name in names)


def test_without_another_market_it_is_neither_drawn_nor_in_the_table(write, days):
    page = write(check_market(days[:3]))
    assert sorted(page.series()) == FIGURES
    assert "real" not in {name.split(",")[0] for names in page.series().values() for name in names}
    assert "What gave it away" not in page.text


def test_too_few_days_for_a_classifier_are_said_so(write, days):
    result = check_market(days[:2], days[2:4], classify=True)
    assert math.isnan(result.apart.area)
    assert "too few days" in write(result).text


def test_names_from_outside_cannot_become_markup(write, days):
    page = write(check_market(days[:2], days[2:4], names=("<b>bold</b>", "<script>x</script>")))
    assert "<b>bold</b>" in page.text
    assert not any(script.strip() == "x" for script in page.scripts)
