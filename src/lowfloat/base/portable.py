"""Exponential and logarithm that give the same bits on every machine.

Those of a C library differ in the last bit from one processor to another, and one bit is enough
to make another day. These use nothing but additions, multiplications and divisions of IEEE
doubles, which are the same everywhere, and are good to a few units in the last place.
"""

import math

from lowfloat.base.jit import kernel

_LN2_HIGH = 6.93147180369123816490e-01  # its last bits are 0: products with small numbers are exact
_LN2_LOW = 1.90821492927058770002e-10
_INVERSE_LN2 = 1.4426950408889634074
_ROOT_HALF = 0.70710678118654752440
_LARGEST, _SMALLEST = 700.0, -700.0
_TAYLOR = tuple(1.0 / math.factorial(n) for n in range(13, -1, -1))
_AREA_TANGENT = tuple(1.0 / n for n in range(21, 0, -2))


@kernel
def exp(x):
    """Return e to the power of ``x``, which is taken as -700 to 700 (Taylor, range reduced)."""
    x = min(max(x, _SMALLEST), _LARGEST)
    k = math.floor(x * _INVERSE_LN2 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    total = 0.0
    for coefficient in _TAYLOR:
        total = total * r + coefficient
    return math.ldexp(total, int(k))


@kernel
def log(x):
    """Return the natural logarithm of a positive number (series of the area tangent)."""
    mantissa, power = math.frexp(x)
    if mantissa < _ROOT_HALF:
        mantissa *= 2.0
        power -= 1
    z = (mantissa - 1.0) / (mantissa + 1.0)
    square = z * z
    total = 0.0
    for coefficient in _AREA_TANGENT:
        total = total * square + coefficient
    return power * _LN2_HIGH + (2.0 * z * total + power * _LN2_LOW)
