"""Where the package keeps what it can make, or fetch, again."""

import os
from pathlib import Path


def cache_root() -> Path:
    """Return ``$LOWFLOAT_CACHE`` or ``~/.cache/lowfloat``."""
    root = os.environ.get("LOWFLOAT_CACHE")
    return Path(root) if root else Path.home() / ".cache" / "lowfloat"
