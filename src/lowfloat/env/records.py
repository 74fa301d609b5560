"""What the kernels of the environment read and write: records, decks, rules and output."""

from typing import NamedTuple

import numpy as np

from lowfloat.env.action import Limits
from lowfloat.env.ending import EpisodeRules
from lowfloat.market.account import ACCOUNT_FIELDS
from lowfloat.market.book import SECOND
from lowfloat.market.fees import CommissionTerms
from lowfloat.market.fills import FILL_FIELDS, FillRules
from lowfloat.market.impact import IMPACT_FIELDS
from lowfloat.market.luck import LUCK_FIELDS
from lowfloat.market.order import ORDER_FIELDS
from lowfloat.market.stops import STOP_FIELDS
from lowfloat.market.trade import RECORD_FIELDS
from lowfloat.market.working import WORKING_FIELDS
from lowfloat.rewards.score import Rewards

NUM_PARTS = len(Rewards._fields)
HEADER = SECOND.itemsize // 4  # words of a row before its market columns

STATE = np.dtype(
    [
        *ACCOUNT_FIELDS,
        *RECORD_FIELDS,
        *FILL_FIELDS,
        *ORDER_FIELDS,
        *WORKING_FIELDS,
        *STOP_FIELDS,
        *IMPACT_FIELDS,
        *LUCK_FIELDS,
        ("scored_equity", np.int64),  # microdollars when a reward was last paid
        ("scored_fees", np.int64),
        ("day", np.int32),  # row of the deck
        ("second", np.int32),  # session second of the next decision
        ("start", np.int32),  # row of the starts
        ("start_second", np.int32),
        ("deadline", np.int32),  # second at which the episode is truncated
        ("deadline_reason", np.int32),
        ("closing", np.int32),  # EndReason for which the position is being closed, or 0
        ("ended", np.int32),  # EndReason, 0 while the episode runs
        ("settled_shares", np.int32),  # shares written down at the end of the session
    ],
    align=True,
)
"""Everything that changes in one environment."""

START = np.dtype(
    [
        ("day", np.int64),  # row of the deck
        ("second", np.int64),
        ("next_second", np.int64),  # the day's next reset point, or past its end
    ],
    align=True,
)
"""A second at which an episode may begin."""


INFO = np.dtype(
    [
        ("equity", np.float64),  # dollars
        ("fill_price", np.float64),  # dollars, the mean of its shares; 0 without a fill
        ("shares", np.int32),
        ("second", np.int32),
        ("fill_shares", np.int32),
        ("phase", np.int8),
        ("reject", np.int8),
    ],
    align=True,
)
"""What `info` shows of one environment after a step."""

EPISODE = np.dtype(
    [
        ("net_pnl", np.float64),  # dollars after all costs
        ("fees", np.float64),  # dollars
        ("end_reason", np.int32),  # EndReason
        ("trades", np.int32),  # round trips
        ("wins", np.int32),
        ("seconds", np.int32),  # length
        ("settled_shares", np.int32),
        ("open_shares", np.int32),  # held on at a truncation
    ],
    align=True,
)
"""What `final_info` adds of an episode that ended."""


class DeckArrays(NamedTuple):
    """The resident days, shared by all environments and never written to."""

    seconds: np.ndarray  # (days, seconds + 1), see `lowfloat.env.deck.row_type`
    words: np.ndarray  # the same memory as float32, (days, seconds + 1, words of a row)
    columns: int  # market columns, in words HEADER .. HEADER + columns - 1
    quotes: np.ndarray  # (quotes,) QUOTE
    prints: np.ndarray  # (prints,) PRINT
    reveals: np.ndarray  # (reveals,) REVEAL
    halts: np.ndarray  # (halts, 2) int64 ns
    days: np.ndarray  # (days,) DAY


class Rules(NamedTuple):
    """What the experimenter sets. Kernels read it as a record, see ``base/rules.py``."""

    fills: FillRules
    commission: CommissionTerms
    limits: Limits
    episode: EpisodeRules
    rewards: Rewards


RANDOM, SEQUENTIAL, WHOLE_DAYS = 0, 1, 2


class Draw(NamedTuple):
    """How starts are chosen.

    With ``SEQUENTIAL`` environment i takes starts i, i + n, i + 2n, ... in turn. With
    ``WHOLE_DAYS`` an environment plays all reset points of a day in order, with one account, and
    then those of another day drawn at random.
    """

    order: int
    num_envs: int


class Output(NamedTuple):
    """What a step hands out; one row per environment, owned by the vector environment."""

    observation: np.ndarray  # (n, columns + position columns) float32
    mask: np.ndarray  # (n, 9) bool
    reward: np.ndarray  # (n,) float64
    parts: np.ndarray  # (n, components) float64
    terminated: np.ndarray  # (n,) bool
    truncated: np.ndarray  # (n,) bool
    ended: np.ndarray  # (n,) bool, either of these
    info: np.ndarray  # (n,) INFO
    final_observation: np.ndarray  # like observation, rows valid where an episode ended
    final_info: np.ndarray  # (n,) INFO, likewise
    episode: np.ndarray  # (n,) EPISODE, likewise
    trade: np.ndarray  # (n,) TRADE, of number 0 where the step closed no trade
