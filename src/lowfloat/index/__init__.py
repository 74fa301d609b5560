"""The offline scan: which days, and which seconds of them, are worth an episode."""

from lowfloat.index.episode_scanner import MomentumEpisodeScanner
from lowfloat.index.index import CategorizedResetPoint, Index
from lowfloat.index.scanner import MomentumIndexBuilder, scan

__all__ = [
    "CategorizedResetPoint",
    "Index",
    "MomentumEpisodeScanner",
    "MomentumIndexBuilder",
    "scan",
]
