"""The small exam as a fixture."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from small_exam import write_small_exam


@pytest.fixture
def write_exam(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the small exam and its days; see ``write_small_exam``."""
    return partial(write_small_exam, tmp_path)
