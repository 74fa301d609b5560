"""The random numbers of one environment in one episode, in Python's unbounded integers."""

from math import sqrt

from lowfloat.base.portable import log

_WORD = 2**64
_MULTIPLIERS = 0xD2E7470EE14C6C93, 0xCA5A826395121157
_WEYL = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B


class Luck:
    """Draws by number: words of Philox4x64-10 (Salmon et al. 2011).

    Args:
        seed: first word of the key.
        stream: second word of the key.
        episode: first word of the counter, from 1.
    """

    def __init__(self, seed: int, stream: int, episode: int = 1) -> None:
        self.seed, self.stream, self.episode = seed, stream, episode

    def word(self, number: int) -> int:
        """Return the first of the four words drawn with the counter (episode, number, 0, 0)."""
        a, b, c, d = self.episode, number, 0, 0
        key_a, key_b = self.seed, self.stream
        for _ in range(10):
            product_a, product_c = _MULTIPLIERS[0] * a, _MULTIPLIERS[1] * c
            a, b, c, d = (
                product_c // _WORD ^ b ^ key_a,
                product_c % _WORD,
                product_a // _WORD ^ d ^ key_b,
                product_a % _WORD,
            )
            key_a, key_b = (key_a + _WEYL[0]) % _WORD, (key_b + _WEYL[1]) % _WORD
        return a

    def uniform(self, number: int) -> float:
        """Return a number strictly between 0 and 1."""
        return ((self.word(number) >> 12) + 0.5) / 2**52

    def normal(self, number: int) -> float:
        return normal_quantile(self.uniform(number))


def normal_quantile(p: float) -> float:
    """Return the quantile of the standard normal: PPND7 of Wichura (1988), AS 241."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        above = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
        below = ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0
        return q * above / below
    r = sqrt(-log(min(p, 1.0 - p)))
    if r <= 5.0:
        r = r - 1.6
        above = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
        below = (0.12021132975 * r + 0.73700164250) * r + 1.0
    else:
        r = r - 5.0
        above = ((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150
        below = (0.012258202635 * r + 0.24197894225) * r + 1.0
    return above / below if q > 0 else -(above / below)
