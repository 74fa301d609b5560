"""Scripts of many days, and what a trader would read off one."""

import datetime as dt
import math
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import session_of
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Pattern, Scenario
from lowfloat.synth.character import Character, draw_character, draw_stock
from lowfloat.synth.preset import Variety
from lowfloat.synth.script import Script, write_script

FULL = session_of(dt.date(2025, 1, 2))
HALF = session_of(dt.date(2024, 11, 29))
AVERAGE = Character(4.0, 5e6, 1.0, 1.0, 1.0, 1.0, 0.7, 1.6, 0.1, 0.65, 1.0, 1.0)
IN_PLAY = [scenario for scenario in Scenario if scenario.in_play]


class Segment(NamedTuple):
    """A phase as the script holds it."""

    phase: Phase
    pattern: Pattern
    begin: int
    end: int
    move: float


def script_of(*stories, seed=0, session=FULL, character=AVERAGE, pull=0.0) -> Script:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, *stories))))
    return write_script(rng, session, stories, character, pull)


@lru_cache(maxsize=64)
def scripts_of(*stories, count=40, session=FULL) -> list[Script]:
    return [script_of(*stories, seed=seed, session=session) for seed in range(count)]


def varied_scripts(*stories, count) -> list[Script]:
    """Scripts of stocks that differ, as the generator would make them."""
    scripts = []
    for seed in range(count):
        rng = np.random.default_rng((seed, *stories))
        character = draw_character(rng, draw_stock(rng), Variety())
        scripts.append(write_script(rng, FULL, stories, character, 0.0))
    return scripts


def segments(script: Script) -> list[Segment]:
    ends = [0, *np.unique(script.until).tolist()]
    return [
        Segment(
            Phase(script.phase[begin]),
            Pattern(script.pattern[begin]),
            begin,
            end,
            float(script.drift[begin:end].sum()),
        )
        for begin, end in pairwise(ends)
    ]


def path_of(script: Script) -> np.ndarray:
    """Scripted log price after each second, relative to the previous close."""
    path = script.gap + np.cumsum(script.drift)
    for second, jump in script.headlines:
        path[second:] += jump
    return path


def range_of(script: Script) -> float:
    path = path_of(script)
    return math.expm1(path.max() - path.min())


def holds_in_order(wanted, phases) -> bool:
    rest = iter(phases)
    return all(phase in rest for phase in wanted)
