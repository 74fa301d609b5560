"""What the experimenter sets for training."""

from lowfloat.base.settings import Settings
from lowfloat.base.units import Count, Fraction, NonNegative, Positive, Seed


class TrainingConfig(Settings):
    """Maskable PPO. Names and defaults follow CleanRL where it has them."""

    total_timesteps: Count = 2_000_000
    num_envs: Count = 256
    num_steps: Count = 128  # per environment and rollout
    minibatch_size: Count = 8_192
    update_epochs: Count = 4
    learning_rate: Positive = 3e-4
    gamma: Fraction = 0.999
    gae_lambda: Fraction = 0.95
    clip_coef: Positive = 0.2
    ent_coef: NonNegative = 0.01
    vf_coef: NonNegative = 0.5
    max_grad_norm: Positive = 0.5
    hidden_sizes: tuple[Count, ...] = (64, 64)
    seed: Seed = 1
    threads: Count = 1  # of torch; more collapse when another process wants a core
    checkpoint_every: Count = 10  # rollouts
    symbol: str | None = None  # train on this symbol only
    min_quality: Fraction = 0.0  # of a training day
