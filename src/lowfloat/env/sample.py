"""Synthetic days for an environment that was given no data, so that it can be tried at once."""

from lowfloat.base.jit import cache_folder
from lowfloat.days.store import DayStore
from lowfloat.index.index import Index
from lowfloat.index.scanner import scan
from lowfloat.synth import synthesize

SAMPLE_DAYS = 5
SAMPLE_SEED = 7


def sample_index() -> Index:
    """Return the index of a few synthetic days, made on first use beside the compiled kernels.

    The folder is named by the package's sources, so an edited generator makes new days.
    """
    root = cache_folder() / "sample"
    if not (root / "index" / "index.json").is_file():
        store = DayStore(root / "days")
        synthesize(store, SAMPLE_DAYS, SAMPLE_SEED)
        scan(store, root / "index")
    return Index(root / "index")
