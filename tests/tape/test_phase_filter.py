"""The phase filter is exact, sums to 1, stops in halts, and gives the same bits however it runs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from reference.phase_filter import posteriors

from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.tape.phase_filter import (
    AGES,
    BINS,
    DOWN,
    EIGHTHS,
    LANES,
    PHASES,
    RANGES,
    UP,
    Chain,
    follow,
    foresee,
    new_cells,
    new_track,
    run,
)
from lowfloat.tape.phase_input import FEATURES, PhaseInput
from lowfloat.tape.phase_law import (
    AgeChain,
    PhaseLaw,
    chain_of,
    chain_per_second,
    geometric_chain,
)
from lowfloat.tape.phase_model import HORIZONS, default_model

SHARES = np.array([0.1, 0.25, 0.5, 0.75, 0.9])


def drawn_tape(seed: int, seconds: int) -> PhaseInput:
    """Return a tape of random features, some unknown, with two halts."""
    rng = np.random.default_rng(seed)
    edges = default_model().evidence.edges
    finite = np.where(np.isfinite(edges), edges, np.nan)
    middle, width = np.nanmean(finite, axis=1), np.nanstd(finite, axis=1) + 1e-3
    features = rng.standard_t(4, (seconds, len(FEATURES))) * width + middle
    features[rng.random(features.shape) < 0.1] = np.nan
    features[:7] = np.nan
    halted, moment = np.zeros(seconds, np.int8), np.zeros(seconds, np.int8)
    for begin, sign in ((seconds // 3, UP), (2 * seconds // 3, DOWN)):
        halted[begin : begin + seconds // 10] = 1
        moment[begin + seconds // 10] = sign
    return PhaseInput(features.astype(np.float32), halted, moment)


def small_chain(rng: np.random.Generator, durations: np.ndarray, following: np.ndarray) -> Chain:
    """Return a chain of a few phases with one bin per second, and one feature that is a table."""
    count, longest = durations.shape
    leave, advance = np.zeros((BINS, LANES)), np.zeros((BINS, LANES))
    for k in range(count):
        survival = np.append(1.0, 1.0 - np.cumsum(durations[k]))[:-1]
        for b in range(longest):
            leave[b, k] = durations[k, b] / survival[b]
            advance[b, k] = 1.0 - leave[b, k] if b + 1 < longest else 0.0
    leave[longest - 1, :count] = 1.0  # the law ends here
    table = np.zeros((AGES, LANES, LANES))
    table[:, :count, :count] = following
    start, lift = np.zeros(LANES), np.zeros(LANES)
    start[:count] = rng.dirichlet(np.ones(count))
    lift[:count] = 1.0
    edges = np.concatenate([[-np.inf], np.sort(rng.normal(size=RANGES - 1)), [np.inf]])
    evidence = rng.normal(size=(1, RANGES + 1, LANES))
    return Chain(
        start, (1.0 - leave - advance).ravel(), advance.ravel(), leave.ravel(),
        np.tile(np.arange(1.0, BINS + 1), (LANES, 1)), np.zeros((LANES, BINS, 1)), table.ravel(),
        edges[None], evidence, np.zeros(LANES), np.array([1.0, 0.0]), np.array([EIGHTHS]), lift,
        np.ones(LANES), np.ones(1), np.ones((6, LANES)), np.zeros((6, LANES)),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_with_one_bin_per_second_the_filter_is_the_sum_over_all_ways_to_cut_the_tape(seed) -> None:
    rng = np.random.default_rng(seed)
    count, longest, seconds = 3, int(rng.integers(2, 9)), 7
    durations = rng.dirichlet(np.ones(longest), size=count)
    following = rng.dirichlet(np.ones(count - 1), size=count)
    following = np.stack([np.insert(row, k, 0.0) for k, row in enumerate(following)])
    chain = small_chain(rng, durations, following)
    x = rng.normal(size=seconds).astype(np.float32)
    x[2] = np.nan
    # The range of a value by looking at each edge in turn, as nobody would in earnest.
    ranges = [
        RANGES if np.isnan(each) else sum(each >= edge for edge in chain.edges[0, 1:-1])
        for each in x
    ]
    weights = np.exp(chain.evidence[0, ranges, :count])
    wanted = posteriors(chain.start[:count], durations, following, weights)
    # One second at a time, so that the cells themselves can be held against the sum.
    cells = new_cells(chain)
    for second in range(seconds):
        track = new_track(1, 1)
        follow(
            chain, cells, x[second : second + 1, None], np.zeros(1, np.int8),
            np.zeros(1, np.int8), track,
        )  # fmt: skip
        found = cells.cell.reshape(BINS, LANES)[:longest, :count].T
        assert found / found.sum() == pytest.approx(wanted[second], abs=1e-12)
        assert track.probability[0, :count] == pytest.approx(wanted[second].sum(1), abs=1e-6)
        assert track.phase[0] == wanted[second].sum(axis=1).argmax()


def test_a_value_on_an_edge_lies_in_the_range_that_begins_there() -> None:
    model = default_model()
    chain = model.chain()
    features = np.full((1, len(FEATURES)), np.nan, np.float32)
    edge = np.float32(chain.edges[0, 5])
    for value, wanted in ((edge, 5), (np.nextafter(edge, np.float32(-np.inf)), 4)):
        chain.edges[0, 5] = edge
        for old in (0, 4, 5, RANGES):  # wherever it was before
            cells = new_cells(chain)
            cells.lies[0], features[0, 0] = old, value
            follow(chain, cells, features, np.zeros(1, np.int8), np.zeros(1, np.int8),
                   new_track(1, 2))  # fmt: skip
            assert cells.lies[0] == wanted
            assert (cells.lies[1:] == RANGES).all()


@pytest.mark.parametrize("median", [15, 34, 90, 300, 2400, 19_000])
@pytest.mark.parametrize("log_sd", [0.5, 0.8, 1.2])
def test_age_bins_keep_the_mean_and_the_quantiles_of_a_law(median: float, log_sd: float) -> None:
    law = PhaseLaw(median, log_sd)
    chain = chain_of(law)
    # Beyond two sessions a law is cut, so a mean that lies there is no fair question.
    if median * np.exp(log_sd**2 / 2 + 2.5 * log_sd) < 100_000:
        mean = law.survival(np.arange(2_000_000)).sum()
        assert chain.mean == pytest.approx(mean, rel=0.06)
    seconds = np.round(law.quantile(SHARES)).astype(int)
    found = [chain.survival(second) for second in seconds]
    assert found == pytest.approx(law.survival(seconds), abs=0.06)


def test_a_chain_with_one_bin_per_second_has_the_law_itself() -> None:
    law = PhaseLaw(20, 0.6)
    survival = law.survival(np.arange(120))
    chain = chain_per_second(survival)
    found = [chain.survival(second) for second in range(0, 119, 7)]
    assert found == pytest.approx(survival[:119:7], abs=1e-12)


def test_a_geometric_chain_has_the_mean_of_its_law() -> None:
    law = PhaseLaw(90, 0.6)
    assert geometric_chain(law).mean == pytest.approx(90 * np.exp(0.18), rel=0.01)


def test_everything_told_is_a_chance_and_sums_to_1() -> None:
    track = run(default_model().chain(), *drawn_tape(1, 2000))
    for shares in (track.probability, track.following):
        assert (shares >= 0).all()
        assert shares.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert ((track.leaving >= 0) & (track.leaving <= 1)).all()
    assert (track.leaving[:, 1] >= track.leaving[:, 0]).all()
    assert (track.following[:, Phase.HALTED] == 0).all()


def test_a_halt_is_told_with_certainty_and_stops_the_clock() -> None:
    model, tape = default_model(), drawn_tape(2, 600)
    track = run(model.chain(), *tape)
    halted = tape.halted == 1
    assert (track.phase[halted] == Phase.HALTED).all()
    assert (track.probability[halted, Phase.HALTED] == 1).all()
    assert (track.probability[~halted, Phase.HALTED] == 0).all()
    # A halt ten times as long changes nothing of what comes after it.
    begin, end = 200, 260
    longer = PhaseInput(*(np.concatenate([a[:end], np.repeat(a[end - 1 : end], 540, 0), a[end:]])
                    for a in tape))  # fmt: skip
    other = run(model.chain(), *longer)
    for found, wanted in zip(other, track, strict=True):
        assert np.array_equal(found[:begin], wanted[:begin])
        assert np.array_equal(found[end + 540 :], wanted[end:])
    assert other.in_phase[end + 539] == 600


def test_without_evidence_what_is_told_is_the_law_alone() -> None:
    model, tape = default_model(), drawn_tape(3, 50)
    chain = model._replace(memory=EIGHTHS, present=0.0, lift=np.ones(PHASES)).chain()
    chain.evidence[:], chain.offset[:] = 0.0, 0.0
    quiet = tape._replace(halted=0 * tape.halted, moment=0 * tape.moment)
    track = run(chain, *quiet)
    stay, advance, leave = (
        x.reshape(BINS, LANES) for x in (chain.stay, chain.advance, chain.leave)
    )
    following = chain.following.reshape(AGES, LANES, LANES)
    shares = np.zeros((BINS, LANES))
    shares[0] = chain.start
    for second in range(50):
        gone = (shares * leave).reshape(AGES, BINS // AGES, LANES).sum(axis=1)
        older = np.concatenate([np.zeros((1, LANES)), (shares * advance)[:-1]])
        shares = shares * stay + older
        shares[0] += np.einsum("ck,ckj->j", gone, following)
        assert track.probability[second] == pytest.approx(shares.sum(axis=0), abs=1e-6)


def test_the_next_phase_depends_on_the_time_in_phase() -> None:
    chain = default_model().chain()
    following = chain.following.reshape(AGES, LANES, LANES)
    assert np.abs(following[0] - following[-1])[:PHASES].max() > 0.1
    young, old = new_cells(chain), new_cells(chain)
    tracks, quiet = [], drawn_tape(4, 1)
    for cells, bin_ in ((young, 0), (old, BINS - 1)):
        cells.cell[:] = 0.0
        cells.cell[bin_ * LANES + Phase.MOMENTUM] = 1.0
        cells.told[0] = Phase.MOMENTUM
        cells.told[2] = 20_000  # seconds of the day so far: no phase is older
        foresee(chain, cells)
        track = new_track(1, 2)
        follow(chain, cells, quiet.features, 0 * quiet.halted, 0 * quiet.moment, track)
        tracks.append(track)
    assert np.abs(tracks[0].following - tracks[1].following).max() > 0.01
    if tracks[0].phase[0] == tracks[1].phase[0]:
        assert tracks[1].in_phase[0] > tracks[0].in_phase[0]


def test_a_rare_phase_is_named_before_it_is_the_likeliest() -> None:
    model = default_model()
    tape = drawn_tape(6, 3000)
    plain = run(model._replace(preference=np.ones(PHASES)).chain(hysteresis=1.0), *tape)
    leaning = run(model.chain(hysteresis=1.0), *tape)
    assert np.array_equal(plain.probability, leaning.probability)
    live = tape.halted == 0
    assert (plain.phase[live] == plain.probability[live].argmax(axis=1)).all()
    preferred = leaning.probability[live, :PHASES] * model.preference.astype(np.float32)
    assert (leaning.phase[live] == preferred.argmax(axis=1)).mean() > 0.999
    rare = model.preference > 5 * model.preference.min()
    assert rare[leaning.phase[live]].sum() > rare[plain.phase[live]].sum()


def test_the_chance_of_leaving_is_that_of_the_law() -> None:
    chain = default_model().chain(horizons=(1, 10, 60))
    law_chain = default_model().chains[Phase.BREAKOUT]
    for number, horizon in enumerate((1, 10, 60)):
        found = chain.gone[Phase.BREAKOUT, 0, number]
        assert found == pytest.approx(1.0 - AgeChain(*law_chain).survival(horizon), abs=1e-12)


def test_the_filter_gives_the_same_bits_without_the_compiler(tmp_path: Path) -> None:
    program = (
        "import sys, numpy as np\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from tape.test_phase_filter import drawn_tape\n"
        "from lowfloat.tape.phase_filter import run\n"
        "from lowfloat.tape.phase_model import default_model\n"
        "np.savez(sys.argv[1], *run(default_model().chain(), *drawn_tape(5, 300)))\n"
    )
    tests = Path(__file__).resolve().parents[1]
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "slow.npz"), str(tests)],
        check=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )
    slow = np.load(tmp_path / "slow.npz")
    fast = run(default_model().chain(horizons=HORIZONS), *drawn_tape(5, 300))
    for name, column in zip(slow.files, fast, strict=True):
        assert slow[name].tobytes() == column.tobytes()
