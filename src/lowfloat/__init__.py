"""Train and examine trading agents on low-float momentum stocks, second by second.

Importing the package registers the Gymnasium ids and nothing more: each verb loads what it
needs when it is first used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import gymnasium as _gymnasium

if TYPE_CHECKING:
    from lowfloat.config import Experiment, load_config
    from lowfloat.days import Day, DayStore
    from lowfloat.index import Index
    from lowfloat.verbs import examine, ingest, report, scan, synth, train

__version__ = "0.1.0"

_LAZY = {
    "Day": "lowfloat.days",
    "DayStore": "lowfloat.days",
    "Experiment": "lowfloat.config",
    "Index": "lowfloat.index",
    "examine": "lowfloat.verbs",
    "ingest": "lowfloat.verbs",
    "load_config": "lowfloat.config",
    "report": "lowfloat.verbs",
    "scan": "lowfloat.verbs",
    "synth": "lowfloat.verbs",
    "train": "lowfloat.verbs",
}

__all__ = [
    "Day",
    "DayStore",
    "Experiment",
    "Index",
    "examine",
    "ingest",
    "load_config",
    "report",
    "scan",
    "synth",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module `lowfloat` has no attribute `{name}`")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps a verb what it is when the stage of the same name is imported below it."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _LAZY and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

_gymnasium.register(
    id="lowfloat/Squeeze-v0",
    entry_point="lowfloat.env.single:SqueezeEnv",
    vector_entry_point="lowfloat.env.vector:SqueezeVectorEnv",
)
