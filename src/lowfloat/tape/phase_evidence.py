"""Fits what the features say of the phase: a number for each phase and range of a feature."""

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import softmax

from lowfloat.tape.phase_filter import PHASES, RANGES
from lowfloat.tape.phase_model import Evidence

_SMOOTH, _RIDGE = 1e-4, 1e-5  # penalties on squared steps between ranges, and on squared weights
_STEPS = 150
_DECIMALS = 4


def fit_evidence(features: np.ndarray, phase: np.ndarray, weight: np.ndarray) -> Evidence:
    """Return the evidence, by maximum likelihood of a penalised multinomial logistic law.

    Each feature is cut into ranges that hold equally many rows; the law gives P(phase | ranges)
    as the softmax of a sum over features, whose steps from range to range are held small (Eilers
    and Marx 1996). Less the logarithm of the share of each phase it is the evidence.

    Args:
        features: (rows, features), NaN where not known.
        phase: (rows,) codes.
        weight: (rows,), how many seconds each row stands for.
    """
    rows, count = features.shape
    edges = np.stack([_edges_of(features[:, f]) for f in range(count)])
    ranges = np.stack(
        [np.searchsorted(edges[f], features[:, f], side="right") for f in range(count)], axis=1
    )
    ranges[np.isnan(features)] = RANGES
    places = ranges + np.arange(count) * (RANGES + 1)
    inputs = csr_matrix(
        (np.ones(places.size), places.ravel(), np.arange(0, places.size + 1, count)),
        shape=(rows, count * (RANGES + 1)),
    )
    chances = weight / weight.sum()
    share = (np.bincount(phase, weight, PHASES) + 1.0) / (weight.sum() + PHASES)

    def lost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        offset, table = flat[:PHASES], flat[PHASES:].reshape(count, RANGES + 1, PHASES)
        scores = inputs @ table.reshape(-1, PHASES) + offset
        value, slope = cross_entropy(scores, phase, chances)
        steps = np.diff(table[:, :RANGES], axis=1)
        value += _SMOOTH * float((steps**2).sum()) + _RIDGE * float((table**2).sum())
        slopes = (inputs.T @ slope).reshape(table.shape) + 2.0 * _RIDGE * table
        slopes[:, 1:RANGES] += 2.0 * _SMOOTH * steps
        slopes[:, : RANGES - 1] -= 2.0 * _SMOOTH * steps
        return value, np.append(slope.sum(axis=0), slopes.ravel())

    first = np.zeros(PHASES * (1 + count * (RANGES + 1)))
    first[:PHASES] = np.log(share)
    found = minimize(lost, first, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    table = found[PHASES:].reshape(count, RANGES + 1, PHASES)
    return Evidence(
        edges, np.round(table, _DECIMALS), np.round(found[:PHASES] - np.log(share), _DECIMALS)
    )


def _edges_of(column: np.ndarray) -> np.ndarray:
    """Return edges between ranges that hold equally many of the known values."""
    known = column[np.isfinite(column)].astype(np.float64)
    found = np.quantile(known, np.arange(1, RANGES) / RANGES) if len(known) else np.empty(0)
    found = np.unique([float(f"{edge:.6g}") for edge in found])
    found = found[found > known.min()] if len(known) else found  # nothing lies below the least
    return np.append(found, np.full(RANGES - 1 - len(found), np.inf))


def cross_entropy(
    scores: np.ndarray, phase: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the mean log-loss of scores (rows, 11) by weights that sum to 1, and its slope."""
    rows = np.arange(len(phase))
    chance = softmax(scores, axis=1)
    value = -float(weight @ np.log(np.maximum(chance[rows, phase], 1e-300)))
    chance[rows, phase] -= 1.0
    return value, chance * weight[:, None]
