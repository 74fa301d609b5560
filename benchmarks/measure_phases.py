"""How well the phase tracker tells the phases of synthetic days that nobody fitted it to.

The days have other seeds than those of the model that comes with the package. Halts are left out.
Beside the tracker stand the shares of the phases alone (majority), the same filter whose phases
forget their age (geometric durations, one bin, calibrated anew), the tracker without its memory
(the second alone), and plain causal rules, whose words are turned into chances by how often each
was right on the days of the calibration. Intervals are percentiles of a bootstrap over days.

    python benchmarks/measure_phases.py --days 200 --json --picture phases.png
    python benchmarks/measure_phases.py --store DAYS --to 2025-03-28
"""

import argparse
import datetime as dt
import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from phase_rules import phases_by_rules

from lowfloat.base.codes import MomentumPhase
from lowfloat.cli_phase import labels_of_truth
from lowfloat.days.store import DayStore
from lowfloat.exam.interval import ratio_ahead_interval, ratio_interval
from lowfloat.synth.generate import synth_days
from lowfloat.synth.options import Options
from lowfloat.tape.column import Tape
from lowfloat.tape.phase_calibration import calibrated, mean_f1, named
from lowfloat.tape.phase_filter import PHASES, Track, run
from lowfloat.tape.phase_fit import spells_of
from lowfloat.tape.phase_input import phase_input
from lowfloat.tape.phase_labels import LabelledDay
from lowfloat.tape.phase_law import geometric_chain
from lowfloat.tape.phase_model import HORIZONS, LABELS, PhaseModel, age_class, default_model
from lowfloat.tape.tracker import MomentumPhaseTracker

MIXES = ("curriculum", "market")
BINS = 10
DRAWS = 1000
WINDOW = 60
"""Seconds from its beginning within which a phase is named in time."""
SPARSE = 5  # one second in so many is compared


class Seen(NamedTuple):
    """A day, and what the plain rules say of it."""

    day: LabelledDay
    rules: np.ndarray


class Score(NamedTuple):
    """Sums over one day: seconds, those told rightly, and log-loss."""

    seconds: int
    right: int
    lost: float


def see(mix: str, days: int, symbols: int, seed: int) -> list[Seen]:
    """Make days, and keep what is compared."""
    seen = []
    for day, truth in synth_days(days // symbols, seed, symbols=symbols, options=Options(mix=mix)):
        tape = Tape(day)
        known = phase_input(tape)
        labels = labels_of_truth(truth["phase"], len(known.halted))
        seen.append(Seen(LabelledDay(day.name, "", known, labels), phases_by_rules(tape)))
    return seen


def rows_of(day: LabelledDay) -> np.ndarray:
    """Return the seconds that are compared."""
    return np.flatnonzero((day.seen.halted == 0) & (day.phase < PHASES))[::SPARSE]


def without_age(model: PhaseModel, days: list[LabelledDay]) -> PhaseModel:
    """Return the model with geometric durations, calibrated on days."""
    geometric = model._replace(
        chains=tuple(geometric_chain(law) for law in model.laws),
        following=np.repeat(model.following.mean(axis=0, keepdims=True), len(model.following), 0),
    )
    return named(calibrated(geometric, days)[0], days)[0]


def score(probability: np.ndarray, day: LabelledDay) -> Score:
    rows = rows_of(day)
    found, truth = probability[rows].astype(np.float64), day.phase[rows]
    told = found[np.arange(len(rows)), truth]
    return Score(
        len(rows), int((found.argmax(axis=1) == truth).sum()),
        float(-np.log(np.maximum(told, 1e-6)).sum()),
    )  # fmt: skip


def summary(scores: list[Score], seed: int) -> dict:
    """Return accuracy and log-loss with 95 % intervals over days."""
    seconds, right, lost = np.array(scores, np.float64).T
    result = {}
    for name, total in (("accuracy", right), ("log_loss", lost)):
        low, high = ratio_interval(total, seconds, 0.95, DRAWS, seed) or (None, None)
        result[name] = {"value": total.sum() / seconds.sum(), "low": low, "high": high}
    return result


def gain(one: list[Score], other: list[Score], seed: int) -> dict:
    """Return how much lower the log-loss of one is, with an interval over the same days."""
    seconds, _, lost = np.array(one, np.float64).T
    more = np.array(other, np.float64)[:, 2]
    bounds = ratio_ahead_interval((more, seconds), (lost, seconds), 0.95, DRAWS, seed)
    low, high = bounds or (None, None)
    return {"value": (more.sum() - lost.sum()) / seconds.sum(), "low": low, "high": high}


def reliability(tracks: list[Track], days: list[LabelledDay]) -> dict:
    """Return a table of stated against found, over all phases, and the mean gap (ECE)."""
    stated, found, count = np.zeros(BINS), np.zeros(BINS), np.zeros(BINS)
    right, gaps = np.zeros(BINS), np.zeros(BINS)
    for track, day in zip(tracks, days, strict=True):
        rows = rows_of(day)
        chance = track.probability[rows, :PHASES].astype(np.float64)
        truth = day.phase[rows, None] == np.arange(PHASES)
        where = np.minimum((chance * BINS).astype(int), BINS - 1).ravel()
        stated += np.bincount(where, chance.ravel(), BINS)
        found += np.bincount(where, truth.ravel(), BINS)
        count += np.bincount(where, minlength=BINS)
        best = chance.argmax(axis=1)
        top = chance[np.arange(len(rows)), best]
        where = np.minimum((top * BINS).astype(int), BINS - 1)
        gaps += np.bincount(where, top, BINS)
        right += np.bincount(where, best == day.phase[rows], BINS)
    safe = np.maximum(count, 1)
    return {
        "stated": (stated / safe).tolist(),
        "found": (found / safe).tolist(),
        "count": count.astype(int).tolist(),
        "ece": float(np.abs(stated - found).sum() / count.sum()),
        "ece_of_the_likeliest": float(np.abs(gaps - right).sum() / (count.sum() / PHASES)),
    }


def by_phase(tracks: list[Track], days: list[LabelledDay]) -> dict:
    """Return recall, precision and delay of each phase, and the confusion matrix."""
    confusion = np.zeros((PHASES, PHASES), np.int64)
    delays: list[list[float]] = [[] for _ in range(PHASES)]
    lengths: list[list[int]] = [[] for _ in range(PHASES)]
    given = np.zeros(PHASES)
    for track, day in zip(tracks, days, strict=True):
        rows = rows_of(day)
        told = np.minimum(track.phase[rows], PHASES - 1)
        np.add.at(confusion, (day.phase[rows], told), 1)
        np.add.at(given, day.phase[rows], track.probability[rows, day.phase[rows]])
        live = np.flatnonzero((day.seen.halted == 0) & (day.phase < PHASES))
        labels, said = day.phase[live], track.phase[live]
        starts = np.flatnonzero(np.diff(labels, prepend=-1))
        for begin, end in zip(starts, [*starts[1:], len(live)], strict=True):
            phase = int(labels[begin])
            hit = np.flatnonzero(said[begin:end] == phase)
            delays[phase].append(float(hit[0]) if len(hit) else np.inf)
            lengths[phase].append(int(end - begin))
    seconds = confusion.sum(axis=1)
    return {
        "phases": {
            label: {
                "share": seconds[k] / seconds.sum(),
                "recall": confusion[k, k] / max(seconds[k], 1),
                "precision": confusion[k, k] / max(confusion[:, k].sum(), 1),
                "mean_probability": given[k] / max(seconds[k], 1),
                "spells": len(delays[k]),
                "found": float(np.mean(np.isfinite(delays[k]))) if delays[k] else None,
                "found_in_time": float(np.mean(np.array(delays[k]) <= WINDOW))
                if delays[k]
                else None,
                "median_delay_of_found": _median([d for d in delays[k] if np.isfinite(d)]),
                "median_length": _median(lengths[k]),
            }
            for k, label in enumerate(LABELS)
        },
        "confusion": {label: confusion[k].tolist() for k, label in enumerate(LABELS)},
    }


def naming(told: list[np.ndarray], days: list[LabelledDay]) -> dict:
    """Return how well phases are named: F1 of each, its mean, and how often the name changes."""
    rows = [rows_of(day) for day in days]
    truth = np.concatenate([day.phase[row] for day, row in zip(days, rows, strict=True)])
    said = np.concatenate([each[row] for each, row in zip(told, rows, strict=True)])
    hits = np.bincount(truth[truth == said], minlength=PHASES)
    both = np.bincount(truth, minlength=PHASES) + np.bincount(said, minlength=PHASES + 1)[:PHASES]
    return {
        "mean_f1": mean_f1(truth, said),
        "changes_per_day": float(np.mean([(np.diff(each) != 0).sum() for each in told])),
        "f1": dict(zip(LABELS, (2.0 * hits / np.maximum(both, 1)).tolist(), strict=True)),
    }


def transitions(model: PhaseModel, days: list[LabelledDay]) -> dict:
    """Return the log-loss of the next phase at true exits, by what is known of the age."""
    spells = [spell for day in days for spell in spells_of(day)[0] if spell.following >= 0]
    overall = model.following.mean(axis=0)
    lost, forgetful, rows = [], [], {}
    for spell in spells:
        age = age_class(model.chains[spell.phase].edges, spell.seconds)
        lost.append(-np.log(model.following[age, spell.phase, spell.following]))
        forgetful.append(-np.log(overall[spell.phase, spell.following]))
        rows.setdefault((spell.phase, age), []).append(spell.following)
    table = []
    for (phase, age), following in sorted(rows.items()):
        if len(following) >= 30:
            seen = np.bincount(following, minlength=PHASES) / len(following)
            said = model.following[age, phase]
            best = int(seen.argmax())
            table.append(
                [LABELS[phase], age, len(following), LABELS[best], float(said[best]), seen[best]]
            )
    return {
        "exits": len(spells),
        "log_loss": float(np.mean(lost)),
        "log_loss_without_age": float(np.mean(forgetful)),
        "phase, age class, exits, next, stated, found": table,
    }


def leaving(tracks: list[Track], days: list[LabelledDay]) -> dict:
    """Return how well the chance of leaving is told, where the phase told is the true one."""
    result = {}
    for number, horizon in enumerate(HORIZONS):
        stated, found = [], []
        for track, day in zip(tracks, days, strict=True):
            live = np.flatnonzero((day.seen.halted == 0) & (day.phase < PHASES))[:-horizon]
            rows = live[(track.phase[live] == day.phase[live]) & (live % SPARSE == 0)]
            rows = rows[rows + horizon < len(day.phase)]
            changes = np.cumsum(np.diff(day.phase, prepend=day.phase[0]) != 0)
            stated.append(track.leaving[rows, number])
            found.append(changes[rows + horizon] > changes[rows])
        told = np.clip(np.concatenate(stated).astype(np.float64), 1e-6, 1 - 1e-6)
        left = np.concatenate(found)
        rate = left.mean()
        result[f"{horizon} s"] = {
            "stated": told.mean(),
            "found": rate,
            "log_loss": -np.where(left, np.log(told), np.log(1 - told)).mean(),
            "log_loss_of_the_rate": -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate)),
        }
    return result


def measure(
    mix: str, days: int, symbols: int, seed: int, known: list[Seen], forgetful: PhaseModel
) -> dict:
    """Return everything about one mix; the baselines know the ``known`` days of both mixes."""
    seen = see(mix, days, symbols, seed)
    own = [each.day for each in seen]
    model = default_model()
    counts = np.ones(PHASES)
    words = np.ones((PHASES + 1, PHASES))
    for day, rules in known:
        rows = rows_of(day)
        counts += np.bincount(day.phase[rows], minlength=PHASES)
        np.add.at(words, (rules[rows], day.phase[rows]), 1)
    shares, words = counts / counts.sum(), words / words.sum(axis=1, keepdims=True)
    second_alone = model._replace(memory=0, present=1.0, lift=shares)
    tracks = [run(model.chain(), *day.seen) for day in own]
    plain = [run(forgetful.chain(), *day.seen) for day in own]
    scores = {
        "tracker": [score(t.probability, d) for t, d in zip(tracks, own, strict=True)],
        "majority": [score(np.tile(shares, (len(d.phase), 1)), d) for d in own],
        "without_age": [score(t.probability, d) for t, d in zip(plain, own, strict=True)],
        "second_alone": [score(run(second_alone.chain(), *d.seen).probability, d) for d in own],
        "rules": [score(words[each.rules], each.day) for each in seen],
    }
    ours = scores["tracker"]
    right = sum((each.rules[rows_of(each.day)] == each.day.phase[rows_of(each.day)]).sum()
                for each in seen)  # fmt: skip
    return {
        "days": len(own),
        "scores": {name: summary(each, seed) for name, each in scores.items()},
        "accuracy_of_the_rules_words": right / sum(each.seconds for each in ours),
        "log_loss_gained_on": {
            name: gain(ours, each, seed) for name, each in scores.items() if name != "tracker"
        },
        "naming": {
            "tracker": naming([track.phase for track in tracks], own),
            "likeliest": naming([t.probability.argmax(axis=1) for t in tracks], own),
            "without_age": naming([track.phase for track in plain], own),
            "rules": naming([each.rules for each in seen], own),
        },
        "reliability": reliability(tracks, own),
        **by_phase(tracks, own),
        "transitions": transitions(model, own),
        "leaving": {"tracker": leaving(tracks, own), "without_age": leaving(plain, own)},
        "microseconds_per_second": cost(own[: min(20, len(own))]),
    }


def cost(days: list[LabelledDay]) -> float:
    """Return what a second of a day costs, microseconds, the best of three rounds."""
    tracker = MomentumPhaseTracker()
    best = np.inf
    for _ in range(3):
        begin = time.process_time()
        for day in days:
            tracker.along(day.seen)
        best = min(best, (time.process_time() - begin) / sum(len(d.phase) for d in days))
    return best * 1e6


def real(path: Path, last: dt.date | None) -> dict:
    """Return the share of the seconds of each phase on the days of a store."""
    store = DayStore(path)
    keys = [key for key in store.days() if last is None or key[1] <= last]
    told, ruled, spells = np.zeros(PHASES + 1), np.zeros(PHASES + 1), 0
    for key in keys:
        day = store[key]
        tape = Tape(day)
        end = day.session.second(day.coverage_end_ns)
        phase = MomentumPhaseTracker().along(phase_input(tape)).phase[:end]
        told += np.bincount(phase, minlength=PHASES + 1)
        ruled += np.bincount(phases_by_rules(tape)[:end], minlength=PHASES + 1)
        spells += int((np.diff(phase) != 0).sum())
    return {
        "days": len(keys),
        "changes_per_day": spells / len(keys),
        "share": {p.label: told[p] / told.sum() for p in MomentumPhase},
        "share_by_rules": {p.label: ruled[p] / ruled.sum() for p in MomentumPhase},
    }


def picture(result: dict, path: Path) -> None:
    """Write the reliability curves of the mixes, as HTML or, where kaleido is there, as PNG."""
    import plotly.graph_objects as go

    figure = go.Figure()
    line = {"color": "grey", "dash": "dot"}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="as stated", line=line)
    for mix, each in result.items():
        table = each["reliability"]
        figure.add_scatter(x=table["stated"], y=table["found"], mode="lines+markers", name=mix)
    figure.update_layout(xaxis_title="probability told", yaxis_title="share that was so",
                         width=640, height=600, template="plotly_white")  # fmt: skip
    if path.suffix == ".html":
        figure.write_html(path, include_plotlyjs="cdn")
    else:
        figure.write_image(path)


def _median(values: list) -> float | None:
    return float(np.median(values)) if values else None


def _lines(value: object, name: str = "", depth: int = 0) -> list[str]:
    if isinstance(value, dict):
        head = [f"{'  ' * depth}{name}"] if name else []
        parts = (_lines(part, key, depth + bool(name)) for key, part in value.items())
        return head + [line for part in parts for line in part]
    shown = f"{value:.4g}" if isinstance(value, float) else value
    return [f"{'  ' * depth}{name}: {shown}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=200, help="of each mix")
    parser.add_argument(
        "--known", type=int, default=40,
        help="days of each mix on which the baselines are calibrated, and nothing is measured",
    )  # fmt: skip
    parser.add_argument("--symbols", type=int, default=5)
    parser.add_argument("--seed", type=int, default=9001)
    parser.add_argument("--picture", type=Path, help="reliability curve, .html or .png")
    parser.add_argument("--store", type=Path, help="real days: only the share of each phase")
    parser.add_argument("--to", type=dt.date.fromisoformat, help="last date of the store")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.store is not None:
        result = real(given.store, given.to)
    else:
        # As the tracker is one for both mixes, so is each baseline.
        known = [
            day for mix in MIXES for day in see(mix, given.known, given.symbols, given.seed + 1000)
        ]
        forgetful = without_age(default_model(), [each.day for each in known])
        result = {
            mix: measure(mix, given.days, given.symbols, given.seed, known, forgetful)
            for mix in MIXES
        }
        if given.picture is not None:
            picture(result, given.picture)
    print(json.dumps(result, indent=1, default=float) if given.json else "\n".join(_lines(result)))


if __name__ == "__main__":
    main()
