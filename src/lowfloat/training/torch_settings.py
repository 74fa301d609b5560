"""How Torch runs while it works for us, and not afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def torch_settings(threads: int) -> Iterator[None]:
    """Set torch's threads and skip its per-sample argument checks, and put both back."""
    before = torch.get_num_threads()
    # The checks cost a tenth of the time, and fail on masked logits by rounding.
    checks = torch.distributions.Distribution._validate_args
    torch.set_num_threads(threads)
    torch.distributions.Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.distributions.Distribution.set_default_validate_args(checks)
