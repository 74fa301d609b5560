"""The offline scan: which days, and which seconds of them, are worth an episode."""

from lowfloat.index.index import CategorizedResetPoint, Index, MomentumEpisodeScanner
from lowfloat.index.scanner import MomentumIndexBuilder, scan

__all__ = [
    "CategorizedResetPoint",
    "Index",
    "MomentumEpisodeScanner",
    "MomentumIndexBuilder",
    "scan",
]
