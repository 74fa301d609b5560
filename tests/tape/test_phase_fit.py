"""The fit finds the laws it is given days of, and says no more than it saw."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.errors import PhaseModelError
from lowfloat.tape.phase_calibration import mean_f1
from lowfloat.tape.phase_evidence import fit_evidence
from lowfloat.tape.phase_filter import AGES, OPENING, PHASES, RANGES, UP
from lowfloat.tape.phase_fit import (
    PRIOR_LAWS,
    Spell,
    Turn,
    fit,
    fit_following,
    fit_law,
    fit_moments,
    prior_following,
    spells_of,
)
from lowfloat.tape.phase_input import FEATURES, PhaseInput
from lowfloat.tape.phase_labels import LabelledDay
from lowfloat.tape.phase_law import PhaseLaw, chain_of
from lowfloat.tape.phase_model import PhaseModel, default_model, load_model

PLANTED = PhaseLaw(120, 0.6)


def planted_spells(seed: int, count: int, cut_share: float) -> list[Spell]:
    """Return spells of a planted law; some end at a random earlier second instead."""
    rng = np.random.default_rng(seed)
    spells = []
    for seconds in np.exp(np.log(PLANTED.median) + PLANTED.log_sd * rng.standard_normal(count)):
        whole, stop = max(round(seconds), 1), rng.exponential(150)
        if rng.random() < cut_share and stop < whole:
            spells.append(Spell(Phase.MOMENTUM, max(round(stop), 1), -1))
        else:
            spells.append(Spell(Phase.MOMENTUM, whole, Phase.FLUSH))
    return spells


def labelled(labels: list[tuple[int, int]], halts: list[tuple[int, int, int]] = ()) -> LabelledDay:
    """Return a day of ``(phase, seconds)`` with halts ``(begin, end, sign)``."""
    phase = np.concatenate([np.full(seconds, code, np.int8) for code, seconds in labels])
    halted, moment = np.zeros(len(phase), np.int8), np.zeros(len(phase), np.int8)
    for begin, end, sign in halts:
        halted[begin:end] = 1
        moment[end] = sign
    features = np.zeros((len(phase), len(FEATURES)), np.float32)
    return LabelledDay("HAND/2025-03-04", "id", PhaseInput(features, halted, moment), phase)


def test_a_planted_law_is_found() -> None:
    found = fit_law(planted_spells(1, 2000, 0.0), PRIOR_LAWS[Phase.DEAD])
    assert found.median == pytest.approx(PLANTED.median, rel=0.06)
    assert found.log_sd == pytest.approx(PLANTED.log_sd, rel=0.08)


def test_a_planted_law_is_found_though_halts_cut_half_of_it_short() -> None:
    spells = planted_spells(2, 3000, 1.0)
    assert np.mean([spell.following < 0 for spell in spells]) > 0.4
    found = fit_law(spells, PRIOR_LAWS[Phase.DEAD])
    assert found.median == pytest.approx(PLANTED.median, rel=0.06)
    seen = [spell.seconds for spell in spells if spell.following >= 0]
    assert np.median(seen) < 0.9 * PLANTED.median  # which is what censoring must mend


def test_without_a_spell_the_law_is_the_prior() -> None:
    for prior in PRIOR_LAWS.values():
        found = fit_law([], prior)
        assert found.median == pytest.approx(prior.median, rel=1e-3)
        assert found.log_sd == pytest.approx(prior.log_sd, rel=0.1)


def test_the_prior_of_the_next_phase_leaves_nothing_impossible_and_nothing_follows_itself() -> None:
    table = prior_following()
    assert table.sum(axis=1) == pytest.approx(1.0)
    assert (np.diag(table) == 0).all()
    assert (table[~np.eye(PHASES, dtype=bool)] > 0).all()


def test_what_follows_is_counted_by_age() -> None:
    edges = [chain_of(law).edges for law in PRIOR_LAWS.values()]
    young = [Spell(Phase.BREAKOUT, 3, Phase.FLUSH)] * 400
    old = [Spell(Phase.BREAKOUT, 900, Phase.MOMENTUM)] * 400
    found = fit_following(young + old, edges)
    assert found.shape == (AGES, PHASES, PHASES)
    assert found.sum(axis=2) == pytest.approx(1.0)
    assert found[0, Phase.BREAKOUT, Phase.FLUSH] > 0.95
    assert found[-1, Phase.BREAKOUT, Phase.MOMENTUM] > 0.95
    # Middling ages were never seen: they get what was seen at all ages.
    assert found[1, Phase.BREAKOUT, Phase.FLUSH] == pytest.approx(0.5, abs=0.02)
    assert found[:, Phase.DEAD] == pytest.approx(np.tile(prior_following()[Phase.DEAD], (3, 1)))


def test_a_halt_stops_the_clock_of_a_spell() -> None:
    day = labelled([(Phase.MOMENTUM, 400), (Phase.FLUSH, 50), (Phase.FADE, 100)], [(100, 220, UP)])
    spells, turns = spells_of(day)
    assert spells[0] == Spell(Phase.MOMENTUM, 280, Phase.FLUSH)
    assert turns == [Turn(UP, Phase.MOMENTUM, Phase.MOMENTUM)]
    assert spells[-1] == Spell(Phase.FADE, 100, -1)  # the day ends: it may have gone on


def test_a_phase_that_a_halt_or_a_bell_ended_is_cut_short() -> None:
    day = labelled([(Phase.MOMENTUM, 100), (Phase.HALTED, 50), (Phase.FLUSH, 60)], [(100, 150, UP)])
    spells, turns = spells_of(day)
    assert spells[0] == Spell(Phase.MOMENTUM, 100, -1)
    assert turns == [Turn(UP, Phase.MOMENTUM, Phase.FLUSH)]
    bell = labelled([(Phase.DEAD, 300), (Phase.BREAKOUT, 60), (Phase.FADE, 60)])
    bell.seen.moment[301] = OPENING
    spells, turns = spells_of(bell)
    assert spells[0] == Spell(Phase.DEAD, 300, -1)
    assert spells[1] == Spell(Phase.BREAKOUT, 60, Phase.FADE)
    assert turns == [Turn(OPENING, Phase.DEAD, Phase.BREAKOUT)]


def test_what_becomes_of_a_phase_at_a_moment_is_counted() -> None:
    turns = [Turn(UP, Phase.MOMENTUM, Phase.MOMENTUM)] * 90
    turns += [Turn(UP, Phase.MOMENTUM, Phase.EXHAUSTION)] * 30
    keep, begins = fit_moments(turns)
    assert keep[UP, Phase.MOMENTUM] == pytest.approx(0.75, abs=0.02)
    assert begins[UP, Phase.EXHAUSTION] > 0.85
    assert begins.sum(axis=1) == pytest.approx(1.0)


def simple_day(number: int) -> LabelledDay:
    """Return a day of two phases that the first feature tells apart, with noise."""
    rng = np.random.default_rng(number)
    labels = []
    for _ in range(12):
        labels += [
            (Phase.DEAD, int(rng.integers(150, 400))),
            (Phase.FADE, int(rng.integers(60, 300))),
        ]
    day = labelled(labels)
    high = day.phase == Phase.FADE
    day.seen.features[:] = rng.normal(size=day.seen.features.shape)
    day.seen.features[:, 0] += 2.0 * high
    return day._replace(name=f"HAND/{number}", manifest_id=f"m{number}")


@pytest.fixture(scope="module")
def simple_model() -> PhaseModel:
    names = [(dt.date(2025, 3, number + 1), f"HAND/{number}") for number in range(12)]
    return fit(names, simple_day)


def test_a_fit_tells_apart_what_a_feature_tells_apart(simple_model: PhaseModel) -> None:
    weight = simple_model.evidence.weight
    gained = weight[:, RANGES - 1] - weight[:, 0]  # from the lowest range to the highest
    told = gained[:, Phase.FADE] - gained[:, Phase.DEAD]
    assert told[0] > 3.0
    assert np.abs(told[1:]).max() < 0.3 * told[0]


def test_evidence_is_the_likelihood_up_to_a_common_factor() -> None:
    # Two phases, one feature, normal about 0 and about 1.5; the third of the rows that is of the
    # second phase stands for ten times as many seconds.
    rng = np.random.default_rng(8)
    phase = np.repeat([Phase.DEAD, Phase.FADE], [20_000, 10_000])
    features = np.zeros((30_000, 2), np.float32)
    features[:, 0] = rng.normal(size=30_000) + 1.5 * (phase == Phase.FADE)
    features[rng.random(30_000) < 0.1, 1] = np.nan
    weight = np.where(phase == Phase.FADE, 10.0, 1.0)
    found = fit_evidence(features, phase, weight)
    edges = found.edges[0]
    middles = (edges[1:] + edges[:-1]) / 2
    ratio = found.weight[0, 1:-2, Phase.FADE] - found.weight[0, 1:-2, Phase.DEAD]
    level = found.offset[Phase.FADE] - found.offset[Phase.DEAD]
    rest = found.weight[1, 0, Phase.FADE] - found.weight[1, 0, Phase.DEAD]
    assert ratio + level + rest == pytest.approx(1.5 * middles - 1.5**2 / 2, abs=0.15)
    assert np.isinf(found.edges[1]).all()  # a feature that is always the same has one range


def test_the_mean_f1_is_that_of_the_phases_that_occur() -> None:
    truth = np.array([Phase.DEAD] * 6 + [Phase.FLUSH] * 2)
    told = np.array([Phase.DEAD] * 5 + [Phase.BREAKOUT] + [Phase.FLUSH, Phase.DEAD])
    assert mean_f1(truth, told) == pytest.approx((2 * 5 / (6 + 6) + 2 * 1 / (2 + 1)) / 2)


def test_a_fit_remembers_its_days_by_name_and_manifest(simple_model: PhaseModel) -> None:
    assert simple_model.days[3] == ("HAND/3", "m3")
    assert len(simple_model.days) == 12


def test_days_out_of_order_or_too_few_are_refused() -> None:
    names = [(dt.date(2025, 3, 5 - number), "x") for number in range(4)]
    with pytest.raises(PhaseModelError, match="not in order"):
        fit(names, simple_day)
    with pytest.raises(PhaseModelError, match="four or more"):
        fit(names[:3], simple_day)


def test_a_saved_model_comes_back_as_it_was(tmp_path: Path) -> None:
    model = default_model()
    model.save(tmp_path / "model.json")
    again = load_model(tmp_path / "model.json")
    for found, wanted in zip(again.chain(), model.chain(), strict=True):
        assert found.tobytes() == wanted.tobytes()
    assert again.days == model.days


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.update(schema=99), "`schema` was 99; this version reads 1"),
        (lambda d: d["evidence"].pop("since_high"), "`evidence` differs in ['since_high']"),
        (lambda d: d.pop("kappa"), "`kappa` is missing"),
        (lambda d: d.update(memory=1.5), "`memory` holds 1.5; use whole numbers from 0 to 16"),
        (lambda d: d.update(hysteresis=0.5), "`hysteresis` holds a number out of bounds"),
        (lambda d: d["phases"].pop("bounce"), "`phases` were"),
        (lambda d: d["phases"]["bounce"].update(median_seconds=-3), "`median_seconds` holds a"),
        (lambda d: d["phases"]["bounce"]["leave"].__setitem__(0, 2.0), "phase `bounce`: `leave`"),
        (lambda d: d["phases"]["bounce"]["edges"].reverse(), "`edges` were"),
        (lambda d: d["phases"]["bounce"]["edges"].pop(), "`edges` has shape (11,); use (12,)"),
        (lambda d: d["evidence"]["spread_60s"]["weight"].pop(), "`weight` has shape (16, 11)"),
        (lambda d: d["evidence"]["spread_60s"]["edges"].reverse(), "use numbers that rise"),
        (lambda d: d["evidence"]["spread_60s"].update(edges=[1.0] * 16), "at most 15 numbers"),
        (lambda d: d["phases"]["dead"].update(start=0.1), "`start` sums to"),
        (lambda d: d["phases"]["dead"]["following"][0].__setitem__(3, 0.9), "`following` sums to"),
        (lambda d: d["keep"]["closing"].__setitem__(2, "x"), "`closing` holds something"),
        (lambda d: d["phases"]["dead"].update(lift=0.0), "`lift` holds a number out of bounds"),
        (lambda d: d["begins"].pop("opening"), "`opening` is missing"),
    ],
)  # fmt: skip
def test_a_bad_model_file_is_refused_with_the_reason(change, reason: str, tmp_path: Path) -> None:
    data = json.loads(json.dumps(default_model().as_dict()))
    change(data)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(data))
    with pytest.raises(PhaseModelError) as error:
        load_model(path)
    assert reason in str(error.value)
    assert str(path) in str(error.value)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhaseModelError, match="does not exist"):
        load_model(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("phases!")
    with pytest.raises(PhaseModelError, match="is no JSON"):
        load_model(tmp_path / "text.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(PhaseModelError, match="`schema` is missing"):
        load_model(tmp_path / "list.json")
