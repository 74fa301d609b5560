"""What the experimenter sets for the environment."""

from collections.abc import Mapping
from typing import Any

from pydantic import field_validator

from lowfloat.base.settings import Settings, to_plain
from lowfloat.env.action import RiskRules, limits_of
from lowfloat.env.ending import EpisodeRules
from lowfloat.env.records import Rules
from lowfloat.market.fees import COMMISSION_PLANS, Commission, commission_terms
from lowfloat.market.fills import FILL_PRESETS, FillRules
from lowfloat.rewards.score import Rewards


class EnvConfig(Settings):
    """Frictions, money, limits and rewards of an episode.

    ``fills`` and ``commission`` may be the name of a preset, or a mapping with the key ``preset``
    and what differs from it.
    """

    fills: FillRules = FillRules()
    commission: Commission = Commission()
    risk: RiskRules = RiskRules()
    episode: EpisodeRules = EpisodeRules()
    rewards: Rewards = Rewards()

    @field_validator("fills", mode="before")
    @classmethod
    def _fill_preset(cls, given: Any) -> Any:
        return _from_preset(given, FILL_PRESETS)

    @field_validator("commission", mode="before")
    @classmethod
    def _commission_plan(cls, given: Any) -> Any:
        return _from_preset(given, COMMISSION_PLANS)

    def rules(self) -> Rules:
        """Return the same as the kernels read it."""
        return Rules(
            self.fills,
            commission_terms(self.commission),
            limits_of(self.risk),
            self.episode,
            self.rewards,
        )


def _from_preset(given: Any, presets: Mapping[str, Any]) -> Any:
    """Return a mapping with the preset's values where a name was given for them."""
    name = given.get("preset") if isinstance(given, Mapping) else given
    if name is None or not isinstance(name, str):
        return given
    if name not in presets:
        raise ValueError(f"preset {name!r} is not known; use {', '.join(presets)}")
    differs = dict(given) if isinstance(given, Mapping) else {}
    differs.pop("preset", None)
    return {**to_plain(presets[name]), **differs}
