"""What the experimenter sets for the environment."""

from lowfloat.base.settings import Settings
from lowfloat.env.action import RiskRules, limits_of
from lowfloat.env.ending import EpisodeRules
from lowfloat.env.records import Rules
from lowfloat.market.fees import Commission, commission_terms
from lowfloat.market.fills import FillRules
from lowfloat.rewards.score import Rewards


class EnvConfig(Settings):
    """Frictions, money, limits and rewards of an episode."""

    fills: FillRules = FillRules()
    commission: Commission = Commission()
    risk: RiskRules = RiskRules()
    episode: EpisodeRules = EpisodeRules()
    rewards: Rewards = Rewards()

    def rules(self) -> Rules:
        """Return the same as the kernels read it."""
        return Rules(
            self.fills,
            commission_terms(self.commission),
            limits_of(self.risk),
            self.episode,
            self.rewards,
        )
