"""Fits the phase filter to labelled days.

What is counted: how long phases last (maximum likelihood of a log-normal law; a phase that a halt,
a bell or the end of the day cuts short is known to have lasted longer), which phase follows which
at what age, what becomes of a phase over a halt or a bell, and what the features look like in each
phase. Every count begins with some of the prior, so that a phase seen twice is no certainty. Last,
how much the filter remembers, and which phase it names, are chosen on the latest of the days, which
nothing else saw: by the log-loss of what is told, and by how well each phase is named.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import CensoredData, norm

from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.progress import Progress
from lowfloat.errors import PhaseModelError
from lowfloat.tape.phase_calibration import KAPPAS, calibrated, named
from lowfloat.tape.phase_evidence import fit_evidence
from lowfloat.tape.phase_filter import (
    AGES,
    EIGHTHS,
    MOMENTS,
    PHASES,
)
from lowfloat.tape.phase_labels import LabelledDay
from lowfloat.tape.phase_law import PhaseLaw, chain_of
from lowfloat.tape.phase_model import LABELS, PhaseModel, age_class

PRIOR_LAWS = {
    Phase.DEAD: PhaseLaw(1800, 1.2),
    Phase.ACCUMULATION: PhaseLaw(150, 0.8),
    Phase.BREAKOUT: PhaseLaw(75, 0.6),
    Phase.MOMENTUM: PhaseLaw(330, 0.8),
    Phase.PARABOLIC: PhaseLaw(90, 0.7),
    Phase.EXHAUSTION: PhaseLaw(120, 0.7),
    Phase.CONSOLIDATION: PhaseLaw(300, 0.9),
    Phase.DISTRIBUTION: PhaseLaw(100, 0.8),
    Phase.FLUSH: PhaseLaw(40, 0.7),
    Phase.BOUNCE: PhaseLaw(90, 0.8),
    Phase.FADE: PhaseLaw(2400, 1.0),
}
"""How long phases last before any day is seen."""

_NEXT: dict[Phase, dict[Phase, float]] = {
    Phase.DEAD: {Phase.ACCUMULATION: 0.55, Phase.BREAKOUT: 0.35},
    Phase.ACCUMULATION: {Phase.BREAKOUT: 0.45, Phase.DEAD: 0.3, Phase.FLUSH: 0.15},
    Phase.BREAKOUT: {
        Phase.MOMENTUM: 0.35, Phase.CONSOLIDATION: 0.2, Phase.EXHAUSTION: 0.2, Phase.FLUSH: 0.2,
        Phase.PARABOLIC: 0.05,
    },
    Phase.MOMENTUM: {
        Phase.CONSOLIDATION: 0.4, Phase.EXHAUSTION: 0.25, Phase.PARABOLIC: 0.15, Phase.FLUSH: 0.15,
    },
    Phase.PARABOLIC: {Phase.EXHAUSTION: 0.45, Phase.FLUSH: 0.4, Phase.CONSOLIDATION: 0.1},
    Phase.EXHAUSTION: {
        Phase.DISTRIBUTION: 0.35, Phase.CONSOLIDATION: 0.25, Phase.FLUSH: 0.25, Phase.MOMENTUM: 0.1,
    },
    Phase.CONSOLIDATION: {
        Phase.BREAKOUT: 0.4, Phase.DISTRIBUTION: 0.25, Phase.FLUSH: 0.15, Phase.FADE: 0.15,
    },
    Phase.DISTRIBUTION: {Phase.FLUSH: 0.5, Phase.FADE: 0.3, Phase.BREAKOUT: 0.1},
    Phase.FLUSH: {Phase.BOUNCE: 0.65, Phase.FADE: 0.2, Phase.CONSOLIDATION: 0.1},
    Phase.BOUNCE: {
        Phase.FADE: 0.45, Phase.DISTRIBUTION: 0.2, Phase.FLUSH: 0.15, Phase.BREAKOUT: 0.15,
    },
    Phase.FADE: {
        Phase.DEAD: 0.5, Phase.CONSOLIDATION: 0.2, Phase.BREAKOUT: 0.15, Phase.BOUNCE: 0.1,
    },
}  # fmt: skip

PRIOR_DURATIONS = 8
"""Durations of the prior law, at its quantiles, that are counted along."""

PRIOR_EXITS, PRIOR_EXITS_BY_AGE, PRIOR_MOMENTS = 10.0, 20.0, 4.0
"""Counted along: exits of the prior, exits of all ages in each class of age, moments of a phase."""

HELD_OUT = 0.25
"""Share of the days, the latest, that choose what is remembered and what is named."""

ROWS = 60
"""Seconds of each phase that a day gives to the evidence at most, evenly spaced."""

MOST_HELD = 80
"""Held-out days used at most, drawn from them."""

_BELL_SECONDS = 2


class Spell(NamedTuple):
    """A phase from its beginning to its end, or to where it was last seen.

    Attributes:
        phase: code.
        seconds: that it lasted, halts not counted.
        following: code of the phase it led to by itself, -1 if a halt, a bell or the end of the
            day cut it short.
    """

    phase: int
    seconds: int
    following: int


class Turn(NamedTuple):
    """What became of a phase at a moment: ``after`` is ``phase`` if it went on."""

    moment: int
    phase: int
    after: int


def spells_of(day: LabelledDay) -> tuple[list[Spell], list[Turn]]:
    """Return the spells of a day in order, and what became of phases at its moments."""
    rows = day.rows
    labels = day.phase[rows].astype(int)
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    changes = rows[starts[1:]]
    turns, cut = [], set()
    for second in np.flatnonzero(day.seen.moment):
        moment = int(day.seen.moment[second])
        at = int(np.searchsorted(rows, second))
        if not 0 < at < len(rows):
            continue
        near = np.flatnonzero(np.abs(changes - rows[at]) <= _BELL_SECONDS)
        if len(near):
            turned = int(near[0]) + 1
            cut.add(turned)
            turns.append(Turn(moment, labels[starts[turned] - 1], labels[starts[turned]]))
        else:
            turns.append(Turn(moment, labels[at], labels[at]))
    spells = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(rows)], strict=True), 1):
        cut_short = number in cut or end == len(rows)
        spells.append(Spell(labels[start], end - start, -1 if cut_short else labels[end]))
    return spells, turns


def fit_law(spells: Sequence[Spell], prior: PhaseLaw) -> PhaseLaw:
    """Return the law of durations that makes the spells of a phase likeliest.

    A spell that ended by itself lasted its seconds, give or take half a one; one cut short lasted
    longer. Some durations of the prior count along.
    """
    own = np.log(prior.quantile((np.arange(PRIOR_DURATIONS) + 0.5) / PRIOR_DURATIONS))
    ended = np.array([spell.seconds for spell in spells if spell.following >= 0], np.float64)
    cut = np.array([spell.seconds for spell in spells if spell.following < 0], np.float64)
    begin, end = np.log(np.maximum(ended - 0.5, 0.25)), np.log(ended + 0.5)
    data = CensoredData(
        uncensored=own,
        interval=np.stack([begin, end], axis=1) if len(ended) else np.empty((0, 2)),
        right=np.log(np.maximum(cut - 0.5, 0.25)),
    )
    mean, deviation = norm.fit(data)
    return PhaseLaw(float(np.exp(mean)), float(deviation))


def prior_following() -> np.ndarray:
    """Return the chances of the next phase before any day is seen, float64 (11, 11)."""
    table = np.zeros((PHASES, PHASES))
    for phase, chances in _NEXT.items():
        rest = [other for other in range(PHASES) if other not in chances and other != phase]
        spread = max(1.0 - sum(chances.values()), 0.02)  # nothing is impossible
        table[phase, rest] = spread / len(rest)
        for other, chance in chances.items():
            table[phase, other] = chance
    return table / table.sum(axis=1, keepdims=True)


def fit_following(spells: Sequence[Spell], edges: Sequence[np.ndarray]) -> np.ndarray:
    """Return the chances of the next phase, float64 (3, 11, 11), by class of age and phase left.

    Args:
        spells: of all phases.
        edges: seconds at which the age bins of each phase begin.
    """
    counts = np.zeros((AGES, PHASES, PHASES))
    for spell in spells:
        if spell.following >= 0:
            age = age_class(edges[spell.phase], spell.seconds)
            counts[age, spell.phase, spell.following] += 1
    overall = _shrunk(counts.sum(axis=0), prior_following(), PRIOR_EXITS)
    return _shrunk(counts, overall[None], PRIOR_EXITS_BY_AGE)


def fit_moments(turns: Sequence[Turn]) -> tuple[np.ndarray, np.ndarray]:
    """Return ``keep`` (6, 11) and ``begins`` (6, 11) of :class:`PhaseModel`."""
    kept, seen = np.zeros((MOMENTS, PHASES)), np.zeros((MOMENTS, PHASES))
    begun = np.zeros((MOMENTS, PHASES))
    for turn in turns:
        seen[turn.moment, turn.phase] += 1
        kept[turn.moment, turn.phase] += turn.phase == turn.after
        begun[turn.moment, turn.after] += turn.phase != turn.after
    overall = (kept.sum(axis=1) + PRIOR_MOMENTS) / (seen.sum(axis=1) + PRIOR_MOMENTS)
    keep = (kept + PRIOR_MOMENTS * overall[:, None]) / (seen + PRIOR_MOMENTS)
    return keep, _shrunk(begun, np.full((1, PHASES), 1.0 / PHASES), PRIOR_MOMENTS)


def _drawn(day: LabelledDay) -> tuple[np.ndarray, np.ndarray]:
    """Return seconds of a day, at most ROWS of each phase, and how many each stands for."""
    rows = day.rows
    drawn, weights = [], []
    for phase in range(PHASES):
        own = rows[day.phase[rows] == phase]
        every = max(-(-len(own) // ROWS), 1)
        part = own[every // 2 :: every]
        drawn.append(part)
        weights.append(np.full(len(part), len(own) / max(len(part), 1)))
    return np.concatenate(drawn), np.concatenate(weights)


def fit(
    names: Sequence[tuple[dt.date, str]],
    load: Callable[[int], LabelledDay],
    about: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> PhaseModel:
    """Fit a model to days.

    Args:
        names: date and name of each day, in order of the date.
        load: returns a day by its number; called once for each, in order.
        about: kept with the model, for people.
        progress: called with a day's name, how many days are done, and how many there are.

    Raises:
        PhaseModelError: there are fewer than four days, or they are not in order.
    """
    if len(names) < 4:
        raise PhaseModelError(f"{len(names)} days were given; a fit needs four or more.")
    if [date for date, _ in names] != sorted(date for date, _ in names):
        raise PhaseModelError("the days are not in order of their dates; sort them first.")
    first_held = len(names) - max(int(len(names) * HELD_OUT), 1)
    latest = np.random.default_rng(0).permutation(np.arange(first_held, len(names)))[:MOST_HELD]
    spells, turns, parts, begins = [], [], [], np.zeros(PHASES)
    held, known = [], []
    for number, (_, name) in enumerate(names):
        day = load(number)
        known.append((day.name, day.manifest_id))
        if number >= first_held:
            if number in latest:
                held.append(day)
        else:
            found, turned = spells_of(day)
            spells += found
            turns += turned
            rows, weight = _drawn(day)
            parts.append((day.seen.features[rows], day.phase[rows], weight))
            begins[found[0].phase if found else Phase.DEAD] += 1
        if progress is not None:
            progress(name, number + 1, len(names))
    laws = tuple(
        fit_law([spell for spell in spells if spell.phase == phase], PRIOR_LAWS[phase])
        for phase in PRIOR_LAWS
    )
    chains = tuple(chain_of(law) for law in laws)
    keep, begun = fit_moments(turns)
    features, phase, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    model = PhaseModel(
        laws=laws,
        chains=chains,
        start=_shrunk(begins, np.full(PHASES, 1.0 / PHASES), 1.0),
        following=fit_following(spells, [chain.edges for chain in chains]),
        evidence=fit_evidence(features, phase.astype(int), weight),
        kappa=KAPPAS[0],
        present=0.0,
        memory=EIGHTHS,
        lift=np.ones(PHASES),
        preference=np.ones(PHASES),
        hysteresis=1.0,
        keep=keep,
        begins=begun,
        days=tuple(known),
    )
    model, losses = calibrated(model, held, progress=progress)
    model, scores = named(model, held)
    counted = np.bincount([spell.phase for spell in spells], minlength=PHASES).tolist()
    return model._replace(
        about={
            **(about or {}),
            "days": len(names),
            "held_out_days": len(held),
            "spells": dict(zip(LABELS, counted, strict=True)),
            "held_out_log_loss_by_kappa": losses,
            "held_out_mean_f1_by_commonness_and_hysteresis": scores,
        }
    )


def _shrunk(counts: np.ndarray, prior: np.ndarray, weight: float) -> np.ndarray:
    """Return shares along the last axis, with ``weight`` counts of the prior."""
    total = counts.sum(axis=-1, keepdims=True) + weight
    shares = (counts + weight * prior) / total
    return shares / shares.sum(axis=-1, keepdims=True)
