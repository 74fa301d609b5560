"""An exam in blocks of days, each played by itself: here, in processes, or on a cluster.

Which days are a block, and what is drawn in it, depends on the split alone, so that the result is
the same wherever its blocks are played, and however many at a time.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION
from lowfloat.base.progress import Progress
from lowfloat.days.store import DayStore
from lowfloat.env.config import EnvConfig
from lowfloat.env.starts import resident
from lowfloat.exam.baselines import baselines
from lowfloat.exam.config import ExamConfig
from lowfloat.exam.exam import Sitting, seated, sit
from lowfloat.exam.policy import Agent, Policy
from lowfloat.fleet import Failed, each, place
from lowfloat.index.index import IndexedDay
from lowfloat.tape.normaliser import Normaliser

BLOCK = 16
"""Days of a block. The 57,600 decisions of a block cost much the same for one day as for ten; each
day takes 75 MB."""


class Terms(NamedTuple):
    """What all blocks of an exam have in common.

    Attributes:
        store: where the days lie; a path or a URL.
        agent: who is examined.
        normaliser: of the agent.
        env: frictions and money.
        exam: the settings of the exam.
    """

    store: str
    agent: Agent
    normaliser: Normaliser
    env: EnvConfig
    exam: ExamConfig


class Block(NamedTuple):
    """Days that are played together.

    Attributes:
        number: from 0.
        days: at most BLOCK of them.
    """

    number: int
    days: tuple[IndexedDay, ...]


def play(
    terms: Terms,
    days: Sequence[IndexedDay],
    *,
    on: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Sitting:
    """Let the agent and the baselines play days.

    Args:
        terms: of the exam.
        days: to play.
        on: where the blocks are played; see :func:`lowfloat.fleet.place`.
        workers: how many blocks are played at a time.
        progress: called with a word, how much is done, and how much there is.

    Raises:
        ConfigError: there is no such place, or no worker.
        DayCorrupt: a day was altered.
    """
    blocks = [
        Block(number, tuple(days[first : first + BLOCK]))
        for number, first in enumerate(range(0, len(days), BLOCK))
    ]
    if place(on, workers) == "here":
        played = [
            play_block(terms, block, _part(progress, block.number, len(blocks))) for block in blocks
        ]
    else:
        played = list(_played_apart(terms, blocks, on, workers, progress))
    names = [policy.name for policy in policies_of(terms, blocks[0])]
    return Sitting(
        _side_by_side([part.final for part in played], len(names)),
        _side_by_side([part.seconds_held for part in played], len(names)),
        [fill for part in played for fill in part.fills],
        [
            trade
            for name in names
            for part in played
            for trade in part.trades
            if trade["policy"] == name
        ],
        [sample for part in played for sample in part.equity],
    )


def policies_of(terms: Terms, block: Block) -> list[Policy]:
    """Return who plays a block, the agent first; each block has draws of its own."""
    alerts = [day.alert_second for day in block.days]
    return [terms.agent.redrawn(block.number), *baselines(terms.exam, alerts, block.number)]


def play_block(terms: Terms, block: Block, progress: Progress | None = None) -> Sitting:
    """Play one block; see :func:`play`."""
    deck = resident(DayStore(terms.store), block.days, progress=progress)
    policies = policies_of(terms, block)
    seconds = None
    if terms.exam.start == "alert":
        never = SECONDS_PER_SESSION
        seconds = [never if day.alert_second is None else day.alert_second for day in block.days]
    return sit(deck, policies, terms.normaliser, terms.env, seconds, progress)


def _played_apart(
    terms: Terms,
    blocks: list[Block],
    on: str | None,
    workers: int | None,
    progress: Progress | None,
) -> Iterator[Sitting]:
    found = each(
        partial(play_block, terms), blocks, on=on, workers=workers, name=_name_of,
        prepare=partial(_compile, terms, blocks[0]), progress=progress,
    )  # fmt: skip
    with closing(found):
        for played in found:
            if isinstance(played, Failed):
                raise played.error
            yield played


def _compile(terms: Terms, block: Block) -> None:
    """Play one second of a day, for whose sake all kernels are compiled that a block needs."""
    deck = resident(DayStore(terms.store), block.days[:1])
    env = seated(deck, 1, terms.normaliser, terms.env)
    env.advance(np.zeros(1, np.int64))


def _name_of(block: Block) -> str:
    return f"{block.days[0].name} to {block.days[-1].name}"


def _part(progress: Progress | None, number: int, blocks: int) -> Progress | None:
    """Return a progress of one block that tells that of all."""
    if progress is None or blocks == 1:
        return progress

    def tell(word: str, done: int, total: int) -> None:
        progress(word, number * total + done, blocks * total)

    return tell


def _side_by_side(parts: list[np.ndarray], policies: int) -> np.ndarray:
    """Return rows of blocks, each policy by policy over its days, policy by policy over all."""
    return np.concatenate([rows.reshape(policies, -1) for rows in parts], axis=1).ravel()
