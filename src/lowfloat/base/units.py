"""Numbers with bounds, for the fields of rules and configs.

The bounds are ``annotated_types`` constraints: pydantic checks them when a rule is built from
YAML, and a kernel file that uses them imports nothing but the standard library's typing.
"""

from typing import Annotated

from annotated_types import Ge, Gt, Le

Fraction = Annotated[float, Ge(0.0), Le(1.0)]
Signed = Annotated[float, Ge(-1.0), Le(1.0)]
MAX_DOLLARS = 1e9  # far within the ledger's 64 bits of microdollars
MAX_SECONDS = 1_000_000  # far within 32 bits

Positive = Annotated[float, Gt(0.0)]
PositiveDollars = Annotated[float, Gt(0.0), Le(MAX_DOLLARS)]
Seed = Annotated[int, Ge(0), Le(2**32 - 1)]  # what NumPy's global generator takes
NonNegative = Annotated[float, Ge(0.0)]
Dollars = Annotated[float, Ge(0.0), Le(MAX_DOLLARS)]
Seconds = Annotated[int, Ge(0), Le(MAX_SECONDS)]
Count = Annotated[int, Ge(1)]
