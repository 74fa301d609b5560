"""Chooses, on days that nothing else saw, how much the phase filter remembers and what it names.

The first by the log-loss of what is told, the second by how well each phase is named.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from lowfloat.base.progress import Progress
from lowfloat.tape.phase_evidence import cross_entropy
from lowfloat.tape.phase_filter import EIGHTHS, PHASES, run
from lowfloat.tape.phase_labels import LabelledDay
from lowfloat.tape.phase_model import PhaseModel

KAPPAS = tuple(2.0**-root for root in range(8, 16))
"""Values of ``kappa`` tried."""

COMMONNESS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Powers tried of how common a phase is, over which its probability is named."""

HYSTERESES = (1.0, 1.25, 1.5, 2.0)
"""Values of ``hysteresis`` tried."""

NEARLY = 0.01
"""Mean F1 given up for a larger hysteresis, with which the name changes less often."""

_COMPARED = 30  # one second in so many of the held-out days
_LEAN = 1e-4  # penalty on squared logarithms of the lift


def calibrated(
    model: PhaseModel, days: Sequence[LabelledDay], kappas: Sequence[float] = KAPPAS,
    progress: Progress | None = None,
) -> tuple[PhaseModel, dict[str, float]]:  # fmt: skip
    """Return the model with the ``kappa``, powers and lift of least log-loss on days.

    Also returns the log-loss of each ``kappa``.

    Args:
        model: a model.
        days: that it was not fitted on.
        kappas: values to try.
        progress: called after each of them.
    """
    losses, best, least = {}, model, np.inf
    present = _log_shares(model._replace(memory=0, present=1.0, lift=np.ones(PHASES)), days)
    phase = np.concatenate([day.phase[day.rows[::_COMPARED]] for day in days]).astype(int)
    even = np.full(len(phase), 1.0 / len(phase))
    for number, kappa in enumerate(kappas, start=1):
        trial = model._replace(kappa=kappa, memory=EIGHTHS, present=0.0, lift=np.ones(PHASES))
        memory = _log_shares(trial, days)

        def lost(flat: np.ndarray, memory: np.ndarray = memory) -> tuple[float, np.ndarray]:
            scores = flat[0] * memory + flat[1] * present + flat[2:]
            value, slope = cross_entropy(scores, phase, even)
            value += _LEAN * float((flat[2:] ** 2).sum())
            slopes = [(slope * memory).sum(), (slope * present).sum()]
            return value, np.append(slopes, slope.sum(axis=0) + 2.0 * _LEAN * flat[2:])

        limits = [(0.0, 2.0), (0.0, 2.0)] + [(None, None)] * PHASES
        first = np.append([0.25, 0.75], np.zeros(PHASES))
        found = minimize(lost, first, jac=True, method="L-BFGS-B", bounds=limits).x
        eighths = round(found[0] * EIGHTHS)  # and once more, with a power that can be had
        limits[0], found[0] = (eighths / EIGHTHS, eighths / EIGHTHS), eighths / EIGHTHS
        final = minimize(lost, found, jac=True, method="L-BFGS-B", bounds=limits)
        losses[f"{kappa:.6f}"] = float(final.fun)
        if final.fun < least:
            lift = np.exp(final.x[2:] - final.x[2:].max())
            best = trial._replace(
                memory=eighths, present=float(final.x[1]), lift=np.maximum(lift, 1e-6)
            )
            least = final.fun
        if progress is not None:
            progress(f"kappa {kappa:.5f}", number, len(kappas))
    return best, losses


def named(model: PhaseModel, days: Sequence[LabelledDay]) -> tuple[PhaseModel, dict[str, float]]:
    """Return the model with the preference and hysteresis that name the phases best on days.

    A phase is named by its probability over a power of its share of the days: without that, a
    phase that lasts a minute would hardly ever be named, since it is hardly ever the likeliest.
    Best is the largest mean over phases of F1, the harmonic mean of precision and recall, and of
    those that are nearly as good the calmest. Also returns it for each power and hysteresis.
    """
    labels = [day.phase[day.rows] for day in days]
    share = np.bincount(np.concatenate(labels), minlength=PHASES) + 1.0
    share /= share.sum()
    scores: dict[tuple[float, float], float] = {}
    trials = {}
    for power in COMMONNESS:
        preference = share**-power / (share**-power).max()
        for hysteresis in HYSTERESES:
            trial = model._replace(preference=preference, hysteresis=hysteresis)
            chain = trial.chain()
            told = np.concatenate([run(chain, *d.seen).phase[d.rows] for d in days])
            scores[power, hysteresis] = mean_f1(np.concatenate(labels), told)
            trials[power, hysteresis] = trial
    enough = max(scores.values()) - NEARLY
    best = max((key for key in scores if scores[key] >= enough), key=lambda k: (k[1], scores[k]))
    return trials[best], {f"{p:g}, {h:g}": score for (p, h), score in scores.items()}


def mean_f1(truth: np.ndarray, told: np.ndarray) -> float:
    """Return the mean over the phases that occur of F1, 2 hits / (told + true)."""
    hits = np.bincount(truth[truth == told], minlength=PHASES)[:PHASES]
    true, said = (np.bincount(part, minlength=PHASES)[:PHASES] for part in (truth, told))
    return float((2.0 * hits[true > 0] / (true + said)[true > 0]).mean())


def _log_shares(model: PhaseModel, days: Sequence[LabelledDay]) -> np.ndarray:
    """Return the logarithms of what a model tells of the days' labelled seconds, thinned."""
    chain = model.chain()
    told = [run(chain, *d.seen).probability[d.rows[::_COMPARED], :PHASES] for d in days]
    return np.log(np.maximum(np.concatenate(told).astype(np.float64), 1e-12))
