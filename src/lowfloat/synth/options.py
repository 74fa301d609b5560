"""What a user may ask of the synthetic market."""

from typing import NamedTuple

from lowfloat.errors import ConfigError
from lowfloat.synth.preset import Preset
from lowfloat.synth.stories import MIXES

MOST_EDGE = 2.0
MOST_PLANTED = 0.2


class Options(NamedTuple):
    """What a user may ask of the synthetic market.

    Attributes:
        mix: ``curriculum`` tells the scenarios with the weights a trader should be taught by,
            ``market`` as often as they happen.
        active: share of days in play, 0 to 1; None is that of the mix.
        edge: factor on the share of the scripted moves that can be foreseen, 0 to 2. At 0 the
            market looks the same, but whatever is known, its value is as likely to rise as to
            fall.
        planted_edge: log change of the value after each signal of a market that has no other
            edge, 0 to 0.2; 0 plants none.
        preset: what the market is like.
    """

    mix: str = "curriculum"
    active: float | None = None
    edge: float = 1.0
    planted_edge: float = 0.0
    preset: Preset = Preset()

    def check(self) -> "Options":
        """Return the options.

        Raises:
            ConfigError: one of them is out of bounds, or they contradict each other.
        """
        if self.mix not in MIXES:
            raise ConfigError(f"`mix` was {self.mix!r}; use one of {sorted(MIXES)}.")
        if self.active is not None and not 0.0 <= self.active <= 1.0:
            raise ConfigError(f"`active` was {self.active}; use 0 to 1.")
        if not 0.0 <= self.edge <= MOST_EDGE:
            raise ConfigError(f"`edge` was {self.edge}; use 0 to {MOST_EDGE:g}.")
        if not 0.0 <= self.planted_edge <= MOST_PLANTED:
            raise ConfigError(f"`planted_edge` was {self.planted_edge}; use 0 to {MOST_PLANTED}.")
        if self.planted_edge > 0.0 and self.edge > 0.0:
            raise ConfigError(
                f"`planted_edge` was {self.planted_edge} beside an `edge` of {self.edge}; "
                "a planted edge needs `edge` 0, so that nothing else can be foreseen."
            )
        return self
