"""A run: the folder of one training, and what can be asked of it."""

import json
from pathlib import Path
from typing import Any

from lowfloat.errors import CheckpointError
from lowfloat.tape.normaliser import Normaliser


class Run:
    """A training run on disk.

    The folder holds ``config.yaml`` (the resolved experiment), ``fingerprint.json``,
    ``normaliser.json``, ``metrics.jsonl``, ``tensorboard/``, ``checkpoints/STEPS/`` and
    ``status.json``.

    Args:
        folder: the run's folder.

    Raises:
        CheckpointError: the folder is not a run.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not (self.folder / "fingerprint.json").is_file():
            raise CheckpointError(
                f"{self.folder} is not a run: it has no fingerprint.json. Use the folder that "
                "`lowfloat train` printed."
            )

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What names the run: configuration, index, days, code, and an ``id`` over them."""
        return json.loads((self.folder / "fingerprint.json").read_text())

    @property
    def config_file(self) -> Path:
        """The resolved experiment."""
        return self.folder / "config.yaml"

    @property
    def normaliser(self) -> Normaliser:
        """The normaliser that was fitted on the training days."""
        return Normaliser.from_dict(json.loads((self.folder / "normaliser.json").read_text()))

    @property
    def checkpoints(self) -> list[Path]:
        """Checkpoint folders, oldest first."""
        return sorted(
            path
            for path in (self.folder / "checkpoints").glob("[0-9]*")
            if (path / "checkpoint.json").is_file()
        )

    @property
    def last(self) -> Path:
        """The newest checkpoint.

        Raises:
            CheckpointError: there is none.
        """
        if not self.checkpoints:
            raise CheckpointError(f"{self.folder} has no checkpoint yet; let it train longer.")
        return self.checkpoints[-1]

    @property
    def status(self) -> dict[str, Any]:
        """``state`` (running, interrupted, finished) and ``num_timesteps``."""
        return json.loads((self.folder / "status.json").read_text())

    def __repr__(self) -> str:
        status = self.status
        steps, state = status["num_timesteps"], status["state"]
        return f"Run({str(self.folder)!r}, {steps:,} steps, {state})"
