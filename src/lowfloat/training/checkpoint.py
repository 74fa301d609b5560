"""Checkpoints: tensors in safetensors, everything else in JSON, and a hash over both.

Nothing in a checkpoint is code. Names, shapes and types are compared with the model before a
single number is taken over.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from sb3_contrib import MaskablePPO

from lowfloat.base.hashing import sha256_of
from lowfloat.env.records import STATE
from lowfloat.errors import CheckpointError
from lowfloat.training.vec_env import SqueezeVecEnv

SCHEMA_VERSION = 1
_TENSORS = "tensors.safetensors"
_ABOUT = "checkpoint.json"


def save_checkpoint(folder: Path, model: MaskablePPO, env: SqueezeVecEnv) -> Path:
    """Write ``folder/STEPS``: policy, optimiser, environments, random states, counters.

    It appears by one rename, so an interrupted write leaves no half checkpoint.
    """
    tensors = _policy_tensors(model)
    for name, state in _adam_state(model).items():
        for key, value in state.items():
            tensors[f"adam.{key}.{name}"] = value.detach().cpu().numpy()
    for name, array in env.snapshot().items():
        tensors[f"env.{name}"] = (
            array.view(np.uint8).reshape(len(array), -1) if array.dtype == STATE else array
        )
    tensors["last_observation"] = np.asarray(model._last_obs)
    tensors["episode_starts"] = np.asarray(model._last_episode_starts)
    tensors["random.torch"] = torch.get_rng_state().numpy()
    _, keys, position, has_gauss, gauss = np.random.get_state()  # noqa: NPY002 - SB3 draws from it
    tensors["random.numpy"] = np.asarray(keys)
    tensors["random.gauss"] = np.array([gauss])
    tensors["counters"] = np.array([model.num_timesteps, model._n_updates, position, has_gauss])
    about: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "num_timesteps": int(model.num_timesteps),
    }
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{model.num_timesteps:012d}"
    temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=folder))
    try:
        save_file({k: np.array(v, order="C") for k, v in tensors.items()}, temporary / _TENSORS)
        about["sha256"] = sha256_of(temporary / _TENSORS)
        (temporary / _ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
        shutil.rmtree(target, ignore_errors=True)
        temporary.chmod(0o755)
        os.rename(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return a checkpoint's description and tensors, verified.

    Raises:
        CheckpointError: a file is missing, was altered, or is of another schema.
    """
    if not (folder / _ABOUT).is_file() or not (folder / _TENSORS).is_file():
        raise CheckpointError(f"{folder} is not a checkpoint; it needs {_ABOUT} and {_TENSORS}.")
    try:
        about = json.loads((folder / _ABOUT).read_text())
        version = about["schema_version"]
        wanted, steps = about["sha256"], about["num_timesteps"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / _ABOUT} was altered; use another checkpoint.") from error
    if version != SCHEMA_VERSION:
        raise CheckpointError(f"{folder}: `schema_version` was {version}; use {SCHEMA_VERSION}.")
    found = sha256_of(folder / _TENSORS)
    if found != wanted:
        raise CheckpointError(
            f"{folder / _TENSORS}: SHA-256 was {found}; {_ABOUT} says {wanted}. "
            "The file was altered; use another checkpoint."
        )
    try:
        tensors = load_file(folder / _TENSORS)
    except SafetensorError as error:
        raise CheckpointError(f"{folder / _TENSORS} holds no tensors: {error}.") from error
    if "counters" not in tensors or tensors["counters"][0] != steps:
        raise CheckpointError(f"{folder / _ABOUT} was altered; use another checkpoint.")
    return about, tensors


def load_policy(policy: torch.nn.Module, tensors: dict[str, np.ndarray], where: Path) -> None:
    """Take over a policy's parameters.

    Raises:
        CheckpointError: names, shapes or types differ, or a number is not finite.
    """
    expected = policy.state_dict()
    found = {k.removeprefix("policy."): v for k, v in tensors.items() if k.startswith("policy.")}
    if set(found) != set(expected):
        odd = sorted(set(found) ^ set(expected))
        raise CheckpointError(f"{where}: the network differs in {odd[:4]}; use the run's config.")
    for name, value in found.items():
        wanted = tuple(expected[name].shape)
        if value.shape != wanted or value.dtype != np.float32:
            raise CheckpointError(
                f"{where}: `{name}` was {value.dtype} of shape {value.shape}; use float32 of "
                f"shape {wanted}."
            )
        if not np.isfinite(value).all():
            raise CheckpointError(f"{where}: `{name}` holds a number that is not finite.")
    policy.load_state_dict({name: torch.from_numpy(value) for name, value in found.items()})


def resume_from(folder: Path, model: MaskablePPO, env: SqueezeVecEnv) -> None:
    """Put a freshly made model and environment into the state of a checkpoint.

    Raises:
        CheckpointError: the checkpoint is not sound, or belongs to another network or batch.
    """
    _, tensors = read_checkpoint(folder)
    _check_state(tensors, model, env, folder)
    load_policy(model.policy, tensors, folder)
    optimizer = model.policy.optimizer
    saved = optimizer.state_dict()
    for number, name in enumerate(_parameter_names(model)):
        state = {
            key: torch.from_numpy(tensors[f"adam.{key}.{name}"].copy())
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"adam.{key}.{name}" in tensors
        }
        if state:
            saved["state"][number] = state
    optimizer.load_state_dict(saved)
    snapshot = {}
    for name, value in tensors.items():
        if name.startswith("env."):
            snapshot[name.removeprefix("env.")] = value
    snapshot["state"] = snapshot["state"].reshape(-1).view(STATE)
    env.restore(snapshot)
    model._last_obs = tensors["last_observation"].copy()
    model._last_episode_starts = tensors["episode_starts"].copy()
    steps, updates, position, has_gauss = (int(number) for number in tensors["counters"])
    model.num_timesteps, model._n_updates = steps, updates
    torch.set_rng_state(torch.from_numpy(tensors["random.torch"].copy()))
    np.random.set_state(  # noqa: NPY002 - SB3 draws its minibatches from it
        ("MT19937", tensors["random.numpy"], position, has_gauss, float(tensors["random.gauss"][0]))
    )


def _check_state(
    tensors: dict[str, np.ndarray], model: MaskablePPO, env: SqueezeVecEnv, where: Path
) -> None:
    """Compare everything but the policy with what this model and environment would save."""
    shapes = {
        "env.state": (env.num_envs, STATE.itemsize),
        "env.returns": (env.num_envs,),
        "last_observation": (env.num_envs, *(env.observation_space.shape or ())),
        "episode_starts": (env.num_envs,),
        "random.torch": tuple(torch.get_rng_state().shape),
        "random.numpy": (624,),
        "random.gauss": (1,),
        "counters": (4,),
    }
    for name, value in model.policy.named_parameters():
        shapes[f"adam.step.{name}"] = ()
        shapes[f"adam.exp_avg.{name}"] = shapes[f"adam.exp_avg_sq.{name}"] = tuple(value.shape)
    for name, wanted in shapes.items():
        if name not in tensors or tensors[name].shape != wanted:
            found = f"of shape {tensors[name].shape}" if name in tensors else "missing"
            raise CheckpointError(
                f"{where}: `{name}` was {found}; use {wanted}: resume with the run's own config "
                "and version."
            )
        if tensors[name].dtype.kind == "f" and not np.isfinite(tensors[name]).all():
            raise CheckpointError(f"{where}: `{name}` holds a number that is not finite.")


def _parameter_names(model: MaskablePPO) -> list[str]:
    return [name for name, _ in model.policy.named_parameters()]


def _policy_tensors(model: MaskablePPO) -> dict[str, np.ndarray]:
    return {
        f"policy.{name}": value.detach().cpu().numpy()
        for name, value in model.policy.state_dict().items()
    }


def _adam_state(model: MaskablePPO) -> dict[str, dict[str, torch.Tensor]]:
    saved = model.policy.optimizer.state_dict()["state"]
    names = _parameter_names(model)
    return {names[number]: state for number, state in saved.items()}
