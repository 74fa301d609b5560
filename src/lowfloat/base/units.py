"""Numbers with bounds, for the fields of rules and configs.

The bounds are ``annotated_types`` constraints: pydantic checks them when a rule is built from
YAML, and a kernel file that uses them imports nothing but the standard library's typing.
"""

from typing import Annotated

from annotated_types import Ge, Gt, Le

Fraction = Annotated[float, Ge(0.0), Le(1.0)]
Positive = Annotated[float, Gt(0.0)]
NonNegative = Annotated[float, Ge(0.0)]
Dollars = Annotated[float, Ge(0.0)]
Seconds = Annotated[int, Ge(0)]
Milliseconds = Annotated[int, Ge(0)]
BasisPoints = Annotated[float, Ge(0.0)]
Count = Annotated[int, Ge(1)]
