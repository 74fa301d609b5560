"""How long a phase lasts, as a chain of age bins that a filter can step through.

A law of durations has one state per second of age, thousands of them. Here a phase has a few age
bins, of about equal width in the logarithm of age. Each second in a bin the phase is left with one
chance, and grows into the next bin with another. Both are set so that the bin is left for good
with the law's probability, and lasts as long as by the law; so the mean duration is kept. A time
spread over a bin smears the law a little: the law the chain is made from is drawn narrower until
the chain's own quantiles are those that were asked for.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares
from scipy.special import ndtr, ndtri

from lowfloat.tape.phase_filter import BINS

LONGEST = 115_200
"""Seconds up to which a law is summed: two sessions. What lasts longer lasts for ever."""

_KEPT = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
_FIRST, _LAST = 0.005, 0.98  # quantiles at which the first and the last bin meet the others


class PhaseLaw(NamedTuple):
    """A discretised log-normal law of whole seconds, one at least.

    Attributes:
        median: seconds.
        log_sd: standard deviation of the logarithm.
    """

    median: float
    log_sd: float

    def quantile(self, share: np.ndarray | float) -> np.ndarray:
        """Return the seconds before which this share of phases has ended."""
        return self.median * np.exp(self.log_sd * ndtri(share))

    def survival(self, seconds: np.ndarray) -> np.ndarray:
        """Return the share that lasts longer than so many whole seconds."""
        later = np.maximum(np.asarray(seconds, np.float64), 0.0) + 0.5
        share = ndtr(-(np.log(later / self.median)) / self.log_sd)
        return np.where(np.asarray(seconds) < 1, 1.0, share)


class AgeChain(NamedTuple):
    """A phase's age bins.

    Attributes:
        edges: int64 (bins,), seconds of age at which each begins.
        leave: float64 (bins,), chance per second to leave the phase.
        advance: float64 (bins,), chance per second to grow into the next bin; 0 in the last.
    """

    edges: np.ndarray
    leave: np.ndarray
    advance: np.ndarray

    def survival(self, seconds: int) -> float:
        """Return the chance to last longer than so many seconds."""
        step = np.diag(1.0 - self.leave - self.advance) + np.diag(self.advance[:-1], -1)
        return float(np.linalg.matrix_power(step, seconds)[:, 0].sum())

    @property
    def mean(self) -> float:
        """Mean duration, seconds."""
        total, reached = 0.0, 1.0
        for leave, advance in zip(self.leave, self.advance, strict=True):
            total += reached / (leave + advance)
            reached *= advance / (leave + advance)
        return total


def chain_per_second(survival: np.ndarray) -> AgeChain:
    """Return the exact chain, with one bin per second of age and a geometric tail.

    Args:
        survival: share that lasts longer than 0, 1, 2, ... seconds; the first is 1.
    """
    leave = 1.0 - survival[1:] / survival[:-1]
    advance = 1.0 - leave
    advance[-1] = 0.0
    return AgeChain(np.arange(len(leave)), leave, advance)


def chain_of(law: PhaseLaw, bins: int = BINS) -> AgeChain:
    """Return the chain that keeps a law's quantiles, and nearly its mean."""
    wanted = np.maximum(np.round(law.quantile(_KEPT)).astype(int), 1)
    goal = law.survival(wanted)

    def miss(shift: np.ndarray) -> np.ndarray:
        chain = _chain(_shifted(law, shift), bins)
        return np.array([chain.survival(second) for second in wanted]) - goal

    found = least_squares(miss, np.zeros(2), bounds=([-1.0, -2.0], [1.0, 0.5]), diff_step=1e-3)
    return _chain(_shifted(law, found.x), bins)


def geometric_chain(law: PhaseLaw, bins: int = BINS) -> AgeChain:
    """Return a chain with the law's mean that never leaves its first bin: no memory of age."""
    mean = law.survival(np.arange(LONGEST)).sum()
    return AgeChain(np.arange(bins), np.full(bins, 1.0 / mean), np.zeros(bins))


def _shifted(law: PhaseLaw, shift: np.ndarray) -> PhaseLaw:
    return PhaseLaw(law.median * np.exp(shift[0]), law.log_sd * np.exp(shift[1]))


def _chain(law: PhaseLaw, bins: int) -> AgeChain:
    spaced = np.geomspace(law.quantile(_FIRST), law.quantile(_LAST), bins - 1)
    edges = np.zeros(bins, np.int64)
    for b in range(1, bins):  # a bin is a second wide at least
        edges[b] = max(round(spaced[b - 1]), edges[b - 1] + 1)
    survival = law.survival(np.arange(LONGEST + 1))
    survival = np.maximum(survival, 1e-300)
    total = np.concatenate([[0.0], np.cumsum(survival)])
    edges = np.minimum(edges, LONGEST - bins + np.arange(bins))
    ends = np.append(edges[1:], LONGEST)
    reached = survival[edges]
    seconds = (total[ends] - total[edges]) / reached  # in the bin, on average
    through = survival[ends] / reached
    through[-1] = 0.0
    out = 1.0 / np.maximum(seconds, 1.0)
    return AgeChain(edges, out * (1.0 - through), out * through)
