"""Training: maskable PPO over the vector environment, checkpointed as plain data."""

from lowfloat.training.run import Run

__all__ = ["Run"]
