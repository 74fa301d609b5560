"""The file itself: whole, safe, the same each time, and with words for what is missing."""

import json
import re

import pytest
from report.html_page import Page
from small_exam import FIRST, SECOND, idle, policy

from lowfloat.days import DayStore
from lowfloat.report import write_report


@pytest.fixture
def report(write_exam, tmp_path):
    """Return a function that writes an exam and its report, and returns the report's text."""

    def write(*, with_run=True, charts=6, **changes):
        folder = write_exam(**changes)
        out = tmp_path / "out" / "report.html"
        store = DayStore(tmp_path / "days")
        run_folder = folder.parent if with_run else None
        assert write_report(folder, store, run_folder, out, charts=charts) == out
        return out.read_text(encoding="utf-8")

    return write


def _metrics(tmp_path):
    lines = [
        {"num_timesteps": 1000 * i, "rollout/net_pnl_mean": i, "rollout/return_mean": -i}
        for i in range(1, 30)
    ]
    path = tmp_path / "run" / "metrics.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_page_loads_nothing_from_anywhere(report):
    page = Page(report())
    loads = [attrs for _, attrs in page.tags if {"src", "href", "srcset", "action"} & set(attrs)]
    assert loads == []
    assert {tag for tag, _ in page.tags} & {"link", "iframe", "object", "embed", "base"} == set()
    policy_of_page = next(
        attrs["content"] for _, attrs in page.tags if "http-equiv" in attrs and attrs["content"]
    )
    assert policy_of_page.startswith("default-src 'none'")


def test_the_drawing_library_is_inlined_once_and_may_not_send_charts_away(report):
    page = Page(report())
    assert sum("plotly.js v" in script for script in page.scripts) == 1
    drawn = [
        script for script in page.scripts if "Plotly.newPlot(" in script and len(script) < 10**6
    ]
    assert len(drawn) == 4
    assert all('"showSendToCloud":false' in re.sub(r"\s", "", script) for script in drawn)


def test_the_same_exam_gives_the_same_bytes(report, tmp_path):
    _metrics(tmp_path)
    assert report() == report()


def test_the_page_says_each_policy_the_numbers_and_the_fingerprint(report):
    text = Page(report()).text
    for name in ("agent", "do_nothing", "random", "breakout_rule"):
        assert f"About {name}." in text
    assert "No edge shown: 3 days cannot show one" in text
    assert "3f9c0d11" in text
    assert "2,000,000" in text
    assert "best day" in text
    assert "1 halt: 09:33:20 to 09:38:20. Alert at 09:42:13." in text
    assert "front_breakout" in text


@pytest.mark.parametrize("where", ["policy", "description", "split", "run"])
def test_hostile_text_is_shown_and_not_run(report, where):
    evil = "</script><img src=x onerror=alert(1)><a href='http://evil.example'>x</a>\"'"
    changes = {"split": evil} if where == "split" else {"run": evil} if where == "run" else {}
    if where in ("policy", "description"):
        other = policy(evil if where == "policy" else "other", [1.0, 2.0, 3.0])
        other |= {"description": evil} if where == "description" else {}
        changes = {"policies": [policy("agent", [10.0, -6.0, 2.0]), other]}
    html = report(**changes)
    page = Page(html)
    assert evil in page.text
    assert {tag for tag, _ in page.tags} & {"img", "a"} == set()
    # Inside a drawing a name is escaped twice: for the page, and for plotly's own markup.
    for script in page.scripts:
        if len(script) < 10**6:
            assert "evil.example" not in script or "\\u003ca href" not in script


def test_an_exam_without_trades_says_so(report):
    text = Page(report(policies=[idle("agent"), idle("do_nothing")], trades=[])).text
    assert "No edge shown: the agent made no trades" in text
    assert "The agent made no trades in this exam." in text
    assert "no win rate" in text
    assert text.count("The agent made no trades on this day.") == 3


def test_a_run_without_metrics_says_so(report):
    assert "There is no learning curve" in Page(report()).text
    assert "There is no learning curve" in Page(report(with_run=False)).text


def test_a_run_with_metrics_has_a_learning_curve(report, tmp_path):
    _metrics(tmp_path)
    html = report()
    assert "There is no learning curve" not in html
    assert 'id="figure-learning"' in html


def test_a_day_without_quotes_says_that_nothing_could_be_filled(report):
    changes = {"policies": [idle("agent")], "trades": [], "without_quotes": (SECOND,)}
    text = Page(report(**changes)).text
    assert text.count("This day has no quotes: no order could be filled on it") == 1


def test_a_day_that_the_store_lacks_says_so(report, write_exam, tmp_path):
    folder = write_exam()
    store = DayStore(tmp_path / "days")
    store.drop(*FIRST.split("/"))
    out = write_report(folder, store, None, tmp_path / "report.html")
    text = Page(out.read_text(encoding="utf-8")).text
    assert text.count("The day store does not hold this day") == 1


def test_phases_that_occur_are_in_the_key_with_their_time(report):
    text = Page(report(charts=1)).text
    key = text[text.index("Phase ") : text.index("1 halt:")]
    assert "halted 5 min" in key


def test_without_charts_asked_for_none_is_drawn(report):
    page = Page(report(charts=0))
    assert "No day was asked for." in page.text


def test_an_existing_file_is_replaced_and_nothing_is_left_beside_it(report, tmp_path):
    report()
    report()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]
