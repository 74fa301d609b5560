"""A fit to days finds what the market that made them was like."""

import dataclasses

import numpy as np
import pytest

from lowfloat.days.day import QUOTES_REBUILT
from lowfloat.errors import ConfigError
from lowfloat.synth import synth_days
from lowfloat.synth.calibrate import calibrate
from lowfloat.synth.knobs import KNOBS, LOG, LOGIT, average, read, turn
from lowfloat.synth.options import Options
from lowfloat.synth.preset import Preset

BY_NAME = {knob.name: knob for knob in KNOBS}
SPREAD, DARK, SIZE = "phases.fade.half_spread", "rules.flow.dark", "rules.book.base_size"


def shifted():
    """Return the shipped preset, twice as wide, deeper three times, and less in the dark."""
    preset = turn(Preset(), BY_NAME["distance of quotes"], np.log(2.0))
    preset = turn(preset, BY_NAME["displayed size"], np.log(3.0))
    flow = preset.rules.flow._replace(dark=0.25)
    return preset._replace(rules=preset.rules._replace(flow=flow))


@pytest.fixture(scope="module")
def days():
    """Ten days of a market that is not the shipped one."""
    options = Options(mix="market", active=0.4, preset=shifted())
    return [day for day, _ in synth_days(5, seed=21, symbols=2, options=options)]


@pytest.fixture(scope="module")
def fitted(days):
    told = []
    found = calibrate(days, 5, 5, lambda *news: told.append(news), doubles=10)
    return found, told


@pytest.mark.parametrize(("path", "within"), [(SPREAD, 1.25), (SIZE, 1.5)])
def test_a_fit_recovers_a_scale(fitted, path, within):
    truth = read(shifted(), path)
    assert truth / within < read(fitted[0].preset, path) < truth * within


def test_a_fit_recovers_the_share_of_orders_in_the_dark(fitted):
    assert fitted[0].preset.rules.flow.dark == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("fact", ["spread_regular", "size_at_touch", "no_aggressor_share_by_day"])
def test_a_fit_brings_a_fact_to_where_the_days_have_it(fitted, fact):
    found, _ = fitted
    before, after = found.facts_before[fact], found.facts_after[fact]
    assert abs(after / found.targets[fact] - 1.0) < 0.5 * abs(before / found.targets[fact] - 1.0)


def test_the_kept_round_is_nearer_than_the_first(fitted):
    assert min(fitted[0].distances) < 0.8 * fitted[0].distances[0]


def test_progress_tells_every_round(fitted):
    found, told = fitted
    assert [(done, total) for _, done, total in told] == [
        (number, 5) for number in range(len(found.distances))
    ]


def test_what_no_knob_names_stays_as_it_was(fitted):
    preset, shipped = fitted[0].preset, Preset()
    turned = {path for knob in KNOBS for path in knob.parameters}
    for name in shipped.rules.book._fields:
        if f"rules.book.{name}" not in turned:
            assert getattr(preset.rules.book, name) == getattr(shipped.rules.book, name)


def test_the_fit_says_what_it_was_made_on(fitted, days):
    about = fitted[0].about
    assert about["days"] == [day.name for day in days]
    assert set(about["facts"]["spread_regular"]) == {"days", "before", "after"}
    assert len(about["days_sha256"]) == 64


def test_the_same_days_and_seed_give_the_same_preset(days):
    first, second = (calibrate(days, 5, 1, doubles=5) for _ in range(2))
    assert first.preset == second.preset
    assert first.distances == second.distances


def test_days_with_quotes_made_up_are_left_out(days):
    rebuilt = [dataclasses.replace(day, flags=(QUOTES_REBUILT,)) for day in days]
    with pytest.raises(ConfigError, match="`days` held 0 days in play among 10; use at least 5"):
        calibrate(rebuilt)


def test_too_few_days_are_refused(days):
    with pytest.raises(ConfigError, match=r"`days` held \d days in play among 2; use at least 5"):
        calibrate(days[:2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rounds": 0}, "`rounds` was 0; use 1 to 200"),
        ({"doubles": 4}, "`doubles` was 4; use 5 to 1000"),
        ({"seed": -1}, "`seed` was -1; use 0 to"),
    ],
)
def test_arguments_out_of_bounds_are_refused(days, arguments, message):
    with pytest.raises(ConfigError, match=message):
        calibrate(days, **arguments)


def test_every_parameter_of_a_knob_is_a_number_of_the_preset_within_its_bounds():
    for knob in KNOBS:
        for path in knob.parameters:
            assert knob.low <= abs(read(Preset(), path)) <= knob.high, path


def test_no_two_knobs_turn_the_same_number_or_look_at_the_same_fact():
    paths = [path for knob in KNOBS for path in knob.parameters]
    assert len(paths) == len(set(paths))
    assert len(BY_NAME) == len({knob.fact for knob in KNOBS}) == len(KNOBS)


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_a_knob_stays_in_its_bounds_however_far_it_is_turned(knob):
    for step in (-50.0, 50.0):
        for path in knob.parameters:
            assert knob.low <= abs(read(turn(Preset(), knob, step), path)) <= knob.high


@pytest.mark.parametrize("scale", [LOG, LOGIT])
def test_a_scale_leads_back(scale):
    for value in (0.01, 0.3, 0.97):
        assert scale.back(scale.to(value)) == pytest.approx(value, rel=1e-12)


def test_the_average_of_presets_lies_in_the_middle_on_the_scale_of_each_knob():
    pair = [turn(Preset(), BY_NAME["distance of quotes"], step) for step in (-0.4, 0.4)]
    assert read(average(pair), SPREAD) == pytest.approx(read(Preset(), SPREAD), rel=1e-3)
