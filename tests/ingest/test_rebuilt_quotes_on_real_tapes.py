"""On real days with quotes, a book rebuilt from prints is near the true one and seldom too kind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from vendor_files import folder

from lowfloat.base.clock import REGULAR_OPEN, new_york_date
from lowfloat.days import DayStore
from lowfloat.days.day import NO_QUOTES, QUOTES_REBUILT
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.rebuild import rebuild_quotes

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PARTS = ("before_split", "from_split")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = DayStore(tmp_path_factory.mktemp("days"))
    ingest_databento(folder("mlgo"), found)
    return found


def measured(program: str, store: DayStore) -> dict:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / program, store.root, "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def books(store):
    return measured("measure_rebuilt_quotes.py", store)


@pytest.fixture(scope="module")
def rules(store):
    return measured("measure_signing.py", store)["rules"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("sides", ["native_sides", "hidden_sides"])
def test_a_fill_against_the_rebuilt_book_is_on_average_no_kinder(books, sides, part):
    told = books[sides][part]
    assert told["days"] == (37 if part == "before_split" else 13)
    for side in ("bid", "ask"):
        assert told[side]["mean"] > 0
        assert told["just_after_a_print"][side]["mean"] > 0


@pytest.mark.parametrize("sides", ["native_sides", "hidden_sides"])
def test_on_the_days_the_rules_were_chosen_on_no_single_one_is_kinder(books, sides):
    assert books[sides]["before_split"]["lowest_mean_of_a_day_bps"] > 0


@pytest.mark.parametrize("part", PARTS)
def test_the_rebuilt_spread_is_wider_than_the_true_one_but_by_less_than_two_of_it(books, part):
    told = books["native_sides"][part]
    assert 0 < told["spread_error_bps"]["p50"] < 2 * told["true_spread_bps"]


@pytest.mark.parametrize("part", PARTS)
def test_a_rebuilt_side_is_too_kind_in_a_third_of_the_seconds_at_most(books, part):
    for sides in ("native_sides", "hidden_sides"):
        for side in ("bid", "ask"):
            assert books[sides][part][side]["too_kind"] < 0.34


@pytest.mark.parametrize("part", PARTS)
def test_half_of_regular_hours_and_more_have_a_rebuilt_book(books, part):
    assert books["native_sides"][part]["coverage"] > 0.5
    assert books["hidden_sides"][part]["coverage"] > 0.65


def test_rebuilt_sizes_are_seldom_more_than_the_true_ones(books):
    for part in PARTS:
        assert books["native_sides"][part]["size_ratio"]["p75"] <= 1.0


def test_the_days_without_quotes_get_a_book_for_most_of_their_regular_hours(store):
    days = [day for day in store if {NO_QUOTES, QUOTES_REBUILT} & set(day.flags)]
    assert [str(day.date) for day in days] == ["2025-02-21", "2025-03-24", "2025-03-31"]
    for day in days:
        quotes = rebuild_quotes(
            day.trades, day.session, halts=day.halts, end_ns=int(day.coverage_end_ns)
        )
        regular = day.session.ns(REGULAR_OPEN + 60)
        assert quotes.ts_recv[0] < regular, day.name
        assert new_york_date(int(quotes.ts_recv[-1])) == day.date
        both = (quotes.bid_price > 0) & (quotes.ask_price > 0)
        assert both.mean() > 0.9
        assert (quotes.bid_price < quotes.ask_price)[both].all()


def test_the_quote_rule_finds_995_of_1000_native_sides(rules):
    assert rules["quote_rule"]["signed"] > 80_000
    assert rules["quote_rule"]["accuracy"] > 0.995


def test_the_tick_rule_alone_finds_8_of_10_native_sides(rules):
    assert rules["without_book"]["signed"] > 80_000
    assert rules["without_book"]["accuracy"] > 0.8


def test_hardly_a_print_is_left_without_a_side(rules):
    left = sum(rules["unknown"][name] for name in ("prints", "left_open_by_the_feed"))
    assert left < 100
