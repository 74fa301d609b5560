"""The trainer: sb3-contrib's MaskablePPO, resumable to the bit.

A checkpoint is taken only between an update and the next rollout, where nothing is half done.
The first Ctrl-C lets the rollout and its update finish, saves, and stops; a second one stops at
once and leaves the last checkpoint.
"""

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gymnasium as gym
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat

from lowfloat.base.progress import Progress
from lowfloat.training.checkpoint import resume_from, save_checkpoint
from lowfloat.training.config import TrainingConfig
from lowfloat.training.log import JsonLines, drop_lines_after, rollout_metrics
from lowfloat.training.run import Run
from lowfloat.training.torch_settings import torch_settings
from lowfloat.training.vec_env import SqueezeVecEnv

KEPT_CHECKPOINTS = 3
NEVER = 2**62  # SB3 would log before the update; the boundary logs after it


class _Stop(Exception):
    """Leaves SB3's loop between an update and the next rollout."""


def make_model(env: Any, config: TrainingConfig) -> MaskablePPO:
    """Return an untrained model for an environment."""
    rollout = config.num_envs * config.num_steps
    return MaskablePPO(
        MaskableActorCriticPolicy,
        env,
        learning_rate=config.learning_rate,
        n_steps=config.num_steps,
        batch_size=min(config.minibatch_size, rollout),
        n_epochs=config.update_epochs,
        gamma=config.gamma,
        gae_lambda=config.gae_lambda,
        clip_range=config.clip_coef,
        ent_coef=config.ent_coef,
        vf_coef=config.vf_coef,
        max_grad_norm=config.max_grad_norm,
        policy_kwargs=_policy_arguments(config),
        seed=config.seed,
        device="cpu",
    )


def make_policy(
    observation_space: gym.Space, action_space: gym.Space, config: TrainingConfig
) -> MaskableActorCriticPolicy:
    """Return an untrained policy alone, as an exam needs it."""
    return MaskableActorCriticPolicy(
        observation_space, action_space, lambda _: config.learning_rate, **_policy_arguments(config)
    )


def _policy_arguments(config: TrainingConfig) -> dict[str, Any]:
    sizes = list(config.hidden_sizes)
    return {"net_arch": {"pi": sizes, "vf": sizes}, "activation_fn": torch.nn.ReLU}


def train_run(
    run: Run,
    env: SqueezeVecEnv,
    config: TrainingConfig,
    write_status: Callable[[str, int], None],
    resume: bool,
    progress: Progress | None = None,
) -> Run:
    """Train until the budget is used up or Ctrl-C.

    Args:
        run: the run's folder, with its description already written.
        env: the training environments.
        config: hyperparameters.
        write_status: called with the state and the steps so far.
        resume: go on from the newest checkpoint.
        progress: called with a word, the steps so far, and the budget.
    """
    with torch_settings(config.threads):
        model = make_model(env, config)
        resume = resume and bool(run.checkpoints)  # a run killed before the first begins again
        if resume:
            resume_from(run.last, model, env)
        drop_lines_after(run.folder / "metrics.jsonl", model.num_timesteps)
        write_status("running", model.num_timesteps)
        outputs = [
            JsonLines(run.folder / "metrics.jsonl"),
            TensorBoardOutputFormat(str(run.folder / "tensorboard")),
        ]
        logger = Logger(str(run.folder), outputs)
        model.set_logger(logger)
        with _interrupt_flag() as interrupted:
            callback = _Boundary(model, run, env, config, interrupted, write_status, progress)
            left = config.total_timesteps - model.num_timesteps
            try:
                if left > 0:
                    model.learn(left, callback, log_interval=NEVER, reset_num_timesteps=not resume)
                state = "finished"
            except _Stop:
                state = "interrupted"
            finally:
                logger.close()
        save_checkpoint(run.folder / "checkpoints", model, env)
        write_status(state, model.num_timesteps)
    _drop_old_checkpoints(run)
    return run


class _Boundary(BaseCallback):
    """Logs, saves and stops between an update and the next rollout."""

    def __init__(
        self,
        ppo: MaskablePPO,
        run: Run,
        env: SqueezeVecEnv,
        config: TrainingConfig,
        interrupted: threading.Event,
        write_status: Callable[[str, int], None],
        progress: Progress | None,
    ) -> None:
        super().__init__()
        self._ppo, self._run, self._env, self._config = ppo, run, env, config
        self._interrupted, self._write_status = interrupted, write_status
        self._progress = progress
        self._rollouts = 0
        self._began = 0.0

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self._rollouts:
            self._finish_iteration()
        if self._interrupted.is_set():
            raise _Stop
        self._rollouts += 1
        self._began = time.perf_counter()

    def _on_training_end(self) -> None:
        self._finish_iteration()

    def _finish_iteration(self) -> None:
        seconds = time.perf_counter() - self._began
        steps = self._config.num_envs * self._config.num_steps
        for name, value in rollout_metrics(self._env.take_episodes()).items():
            self.logger.record(name, value)
        self.logger.record("time/sps", steps / seconds)
        self.logger.dump(self.num_timesteps)
        if self._progress is not None:
            done = min(self.num_timesteps, self._config.total_timesteps)
            self._progress("training", done, self._config.total_timesteps)
        if self._rollouts % self._config.checkpoint_every == 0:
            save_checkpoint(self._run.folder / "checkpoints", self._ppo, self._env)
            self._write_status("running", self.num_timesteps)
            _drop_old_checkpoints(self._run)


def _drop_old_checkpoints(run: Run) -> None:
    for folder in run.checkpoints[:-KEPT_CHECKPOINTS]:
        shutil.rmtree(folder)


@contextmanager
def _interrupt_flag() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into a flag; the second raises as usual."""
    flag = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield flag  # signals reach the main thread only
        return
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(number: int, frame: Any) -> None:
        if flag.is_set():
            raise KeyboardInterrupt
        flag.set()

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)
