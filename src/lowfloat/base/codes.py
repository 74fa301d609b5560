"""Integer codes: what a number in a record means."""

from enum import IntEnum, IntFlag


class MomentumPhase(IntEnum):
    """Phase of a momentum move. ``label`` is the public spelling."""

    DEAD = 0
    ACCUMULATION = 1
    BREAKOUT = 2
    MOMENTUM = 3
    PARABOLIC = 4
    EXHAUSTION = 5
    CONSOLIDATION = 6
    DISTRIBUTION = 7
    FLUSH = 8
    BOUNCE = 9
    FADE = 10
    HALTED = 11

    @property
    def label(self) -> str:
        """The spelling used in files and reports, such as ``front_breakout``."""
        return _PHASE_LABELS[self]

    @classmethod
    def from_label(cls, label: str) -> "MomentumPhase":
        """Return the phase with this public spelling."""
        for phase, text in _PHASE_LABELS.items():
            if text == label:
                return phase
        raise ValueError(f"`{label}` is not a phase; use one of {sorted(_PHASE_LABELS.values())}.")


_PHASE_LABELS = {
    MomentumPhase.DEAD: "dead",
    MomentumPhase.ACCUMULATION: "accumulation",
    MomentumPhase.BREAKOUT: "front_breakout",
    MomentumPhase.MOMENTUM: "front_momentum",
    MomentumPhase.PARABOLIC: "parabolic",
    MomentumPhase.EXHAUSTION: "exhaustion",
    MomentumPhase.CONSOLIDATION: "consolidation",
    MomentumPhase.DISTRIBUTION: "distribution",
    MomentumPhase.FLUSH: "back_flush",
    MomentumPhase.BOUNCE: "bounce",
    MomentumPhase.FADE: "back_fade",
    MomentumPhase.HALTED: "halted",
}


class Lifecycle(IntEnum):
    """The six life-cycle phases of a momentum move, and none. ``label`` is the public spelling."""

    NONE = 0
    ACCUMULATION = 1
    BREAKOUT = 2
    MOMENTUM_RUN = 3
    EXHAUSTION = 4
    DISTRIBUTION = 5
    REVERSAL = 6

    @property
    def label(self) -> str:
        """The spelling used in files and reports: the name itself."""
        return self.name


class Side(IntEnum):
    """Which side of the move a stock is on."""

    NONE = 0
    FRONT = 1
    BACK = 2
    DEAD = 3

    @property
    def label(self) -> str:
        """The spelling used in files and reports, such as ``front``."""
        return self.name.lower()


_LIFECYCLES = {
    MomentumPhase.ACCUMULATION: Lifecycle.ACCUMULATION,
    MomentumPhase.BREAKOUT: Lifecycle.BREAKOUT,
    MomentumPhase.MOMENTUM: Lifecycle.MOMENTUM_RUN,
    MomentumPhase.PARABOLIC: Lifecycle.MOMENTUM_RUN,
    MomentumPhase.EXHAUSTION: Lifecycle.EXHAUSTION,
    MomentumPhase.DISTRIBUTION: Lifecycle.DISTRIBUTION,
    MomentumPhase.FLUSH: Lifecycle.REVERSAL,
    MomentumPhase.BOUNCE: Lifecycle.REVERSAL,
    MomentumPhase.FADE: Lifecycle.REVERSAL,
}

_SIDES = {
    MomentumPhase.DEAD: Side.DEAD,
    MomentumPhase.BREAKOUT: Side.FRONT,
    MomentumPhase.MOMENTUM: Side.FRONT,
    MomentumPhase.PARABOLIC: Side.FRONT,
    MomentumPhase.DISTRIBUTION: Side.BACK,
    MomentumPhase.FLUSH: Side.BACK,
    MomentumPhase.BOUNCE: Side.BACK,
    MomentumPhase.FADE: Side.BACK,
}


def lifecycle_of(phase: MomentumPhase, *, moved_before: bool) -> Lifecycle:
    """Return the life-cycle phase.

    Args:
        phase: as told.
        moved_before: whether a move came before. A consolidation after one is a rest within the
            run, one before it gathers shares.
    """
    if phase == MomentumPhase.CONSOLIDATION:
        return Lifecycle.MOMENTUM_RUN if moved_before else Lifecycle.ACCUMULATION
    return _LIFECYCLES.get(phase, Lifecycle.NONE)


def side_of(phase: MomentumPhase, *, above_vwap: bool, recent_high: bool) -> Side:
    """Return the side of the move.

    Args:
        phase: as told.
        above_vwap: whether the price is above VWAP.
        recent_high: whether the high of day is at most 30 minutes old.

    A consolidation is on the front side above VWAP with a recent high, and on neither otherwise;
    nor is accumulation, exhaustion or a halt on either.
    """
    if phase == MomentumPhase.CONSOLIDATION:
        return Side.FRONT if above_vwap and recent_high else Side.NONE
    return _SIDES.get(phase, Side.NONE)


class Scenario(IntEnum):
    """The story of a day, or of a part of it. ``label`` is the public spelling."""

    DEAD = 0
    ORDINARY = 1
    CLEAN_MOMENTUM = 2
    FAILED_BREAKOUT = 3
    CHOPPY_GRIND = 4
    PARABOLIC_BLOWOFF = 5
    OPENING_DRIVE = 6
    SQUEEZE_CONTINUATION = 7
    NEWS_CATALYST = 8
    FADE_FROM_OPEN = 9

    @property
    def label(self) -> str:
        """The spelling used in files and reports, such as ``clean_momentum``."""
        return self.name.lower()

    @property
    def in_play(self) -> bool:
        """Whether the stock is one that traders watch on such a day."""
        return self > Scenario.ORDINARY

    @classmethod
    def from_label(cls, label: str) -> "Scenario":
        """Return the scenario with this public spelling."""
        for scenario in cls:
            if scenario.label == label:
                return scenario
        raise ValueError(f"`{label}` is not a scenario; use one of {[s.label for s in cls]}.")


class Pattern(IntEnum):
    """A setup traders have a name for. ``label`` is the public spelling."""

    NONE = 0
    BREAKOUT = 1
    FLUSH = 2
    BOUNCE = 3
    ACCUMULATION = 4
    DISTRIBUTION = 5
    FIRST_PULLBACK = 6
    VWAP_RECLAIM = 7
    VWAP_REJECT = 8
    HALT_CONTINUATION = 9
    FAILED_BREAKOUT = 10

    @property
    def label(self) -> str:
        """The spelling used in files and reports, such as ``first_pullback``."""
        return self.name.lower()


class Action(IntEnum):
    """The nine actions of ``Discrete(9)``."""

    HOLD = 0
    BUY_25 = 1
    BUY_50 = 2
    BUY_75 = 3
    BUY_100 = 4
    SELL_25 = 5
    SELL_50 = 6
    SELL_75 = 7
    SELL_100 = 8


class RejectReason(IntEnum):
    """Why an order did not fill as wished. A kernel never raises for a trading reason."""

    NONE = 0
    MASKED = 1
    HALTED = 2
    NO_QUOTE = 3
    STALE_QUOTE = 4
    CROSSED = 5
    NO_SIZE = 6
    NO_CASH = 7
    PARTIAL = 8
    LIMIT = 9

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _REJECT_SENTENCES[self]


_REJECT_SENTENCES = {
    RejectReason.NONE: "The order filled in full, or none was sent.",
    RejectReason.MASKED: "The action was not allowed by the mask and was treated as HOLD.",
    RejectReason.HALTED: "The stock was halted when the order arrived.",
    RejectReason.NO_QUOTE: "The side of the book the order needed was empty when it arrived.",
    RejectReason.STALE_QUOTE: "The last quote was too old, or from before a halt.",
    RejectReason.CROSSED: "The book was crossed or locked when the order arrived.",
    RejectReason.NO_SIZE: "Nothing was left of the book within the account's part of the volume.",
    RejectReason.NO_CASH: "The cash of the account did not pay for a share and the fees.",
    RejectReason.PARTIAL: "The order filled in part; the rest was cancelled.",
    RejectReason.LIMIT: "The price had moved beyond the order's limit.",
}


class EndReason(IntEnum):
    """Why an episode ended, or is being closed. See ``env/ending.py`` for what each entails."""

    RUNNING = 0
    MARKET_CLOSE = 1
    DATA_END = 2
    MAX_LOSS = 3
    DAY_LOSS = 4
    BANKRUPTCY = 5
    MAX_DURATION = 6
    RESET_TRANSITION = 7
    HALTED_INTO_CLOSE = 8


class Mark(IntFlag):
    """What a print counts for, and what is special about it; see ``Trades.marks``."""

    LAST = 1  # sets the last price, and the open and close of a bar
    HIGH_LOW = 2  # may set a high or a low
    VOLUME = 4  # adds to volume
    TAPE = 8  # belongs to the flow: tape speed, aggressor, sweeps
    AUCTION = 16  # of an opening, reopening or closing cross
    OFF_EXCHANGE = 32  # reported by a trade reporting facility
    ODD_LOT = 64
    LATE = 128  # reported well after it was made, or out of sequence
    OFFICIAL_OPEN = 256  # repeats the official opening price
    OFFICIAL_CLOSE = 512  # repeats the official closing price

    ORDINARY = 15  # counts for everything
