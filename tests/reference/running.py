"""What is followed from one second or print to the next: sums that fade, scores, percentiles."""

from math import exp, log, sqrt


class FadedSum:
    """A sum whose parts lose weight as they age, by ``exp(-age / seconds)``."""

    def __init__(self, seconds: float) -> None:
        self.keep = exp(-1 / seconds)
        self.value = 0.0

    def add(self, part: float) -> float:
        """Let a second pass, add its part, and return the sum."""
        self.value = self.value * self.keep + part
        return self.value


class FadedMean:
    """The mean of what is known, weighted by ``exp(-age / length)``; what is not passes by."""

    def __init__(self, length: float) -> None:
        self.sum, self.weight = FadedSum(length), FadedSum(length)

    def add(self, value: float | None) -> float | None:
        """Take a value over, and return the mean."""
        if value is not None:
            self.sum.add(value)
            self.weight.add(1.0)
        return self.mean

    @property
    def mean(self) -> float | None:
        return self.sum.value / self.weight.value if self.weight.value else None


class ZScore:
    """How unusual a value is against the last 900 s, in deviations of at least 0.25."""

    def __init__(self) -> None:
        self.mean: float | None = None
        self.variance = 0.0

    def add(self, value: float | None, learns: bool) -> float | None:
        """Return the score of a value against those before it, then learn from it."""
        if value is None:
            return None
        if self.mean is None:
            if learns:
                self.mean = value
            return None
        difference = value - self.mean
        score = difference / max(sqrt(self.variance), 0.25)
        if learns:
            share = 1 - exp(-1 / 900)
            self.mean += share * difference
            self.variance = (1 - share) * (self.variance + share * difference * difference)
        return min(max(score, -5.0), 5.0)


class Percentile:
    """A running percentile of sizes: each larger one moves it up, each smaller one down.

    The steps of its logarithm balance where ``share`` of the sizes are below it (Robbins and
    Monro 1951).
    """

    def __init__(self, share: float, start: float) -> None:
        self.share = share
        self.log = log(start)

    def reached_by(self, size: float) -> bool:
        """Return whether a size is at least the percentile so far, and move the percentile."""
        reached = log(size) >= self.log
        self.log += 0.02 * (self.share if reached else self.share - 1)
        return reached
