"""The experiment: every stage's configuration in one frozen tree, loaded from sparse YAML.

Defaults live in code. A YAML file holds only what differs, and ``key=value`` overrides come on
top: ``load_config("configs/squeeze.yaml", "env.risk.cash=30000")``. The resolved tree has a
fingerprint, which names a run together with the data it saw and the code that made it.
"""

import difflib
import hashlib
import json
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.resolver import VersionedResolver

from lowfloat.base.settings import Settings, to_plain
from lowfloat.env.config import EnvConfig
from lowfloat.errors import ConfigError
from lowfloat.exam.config import ExamConfig
from lowfloat.index.config import IndexConfig
from lowfloat.training.config import TrainingConfig


class Experiment(Settings):
    """Everything that a run can be told."""

    index: IndexConfig = IndexConfig()
    env: EnvConfig = EnvConfig()
    training: TrainingConfig = TrainingConfig()
    exam: ExamConfig = ExamConfig()

    def to_dict(self) -> dict[str, Any]:
        """Return the resolved tree as plain data."""
        return to_plain(self)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON of the resolved tree."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def load_config(path: str | Path | None = None, *overrides: str) -> Experiment:
    """Load an experiment.

    Args:
        path: YAML 1.2 file, or None for the defaults.
        overrides: ``dotted.key=value``, the value in YAML.

    Raises:
        ConfigError: the file is missing or not a mapping, a key is unknown, a value is of the
            wrong type or out of bounds. The message names the key, the value, and the line.
    """
    tree: dict[str, Any] = {}
    document: Any = {}
    if path is not None:
        document = _read_yaml(Path(path))
        tree = _plain(document)
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator or not key:
            raise ConfigError(f"override `{override}` was not understood; use dotted.key=value.")
        node = tree
        *parents, leaf = key.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise ConfigError(f"override `{override}`: `{parent}` is a value, not a section.")
        node[leaf] = _parse_scalar(override, text)
    try:
        return Experiment(**tree)
    except ValidationError as error:
        overridden = [override.partition("=")[0] for override in overrides]
        raise ConfigError(_explain(error, document, path, overridden)) from error


def dump_config(experiment: Experiment, stream: TextIO) -> None:
    """Write the resolved experiment as YAML."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(experiment.to_dict(), stream)


class _Words(VersionedResolver):
    """Takes only lower-case words for truth values and null: TRUE and NULL are tickers."""

    @property
    def versioned_resolver(self) -> Any:
        """The rules by first letter, without those of capital words."""
        rules = super().versioned_resolver
        words = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:null")
        return {
            first: [rule for rule in found if not (rule[0] in words and first in _CAPITALS)]
            for first, found in rules.items()
        }


_CAPITALS = ("T", "F", "N")


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Resolver = _Words
    return yaml


def _read_yaml(path: Path) -> Any:
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; use a YAML file, or none for the defaults.")
    try:
        document = _yaml().load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"{path} holds a {type(document).__name__}; use a mapping of sections.")
    return document


def _parse_scalar(override: str, text: str) -> Any:
    try:
        return _plain(_yaml().load(text))
    except YAMLError as error:
        raise ConfigError(f"override `{override}`: its value is not YAML.") from error


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)  # sheds the loader's own subclasses, which remember formatting
    return node


def _explain(
    error: ValidationError, document: Any, path: str | Path | None, overridden: list[str]
) -> str:
    lines = []
    for problem in error.errors():
        # Union branches and validators add parts to a location that are no keys.
        keys = [str(part) for part in problem["loc"]]
        name = ".".join(keys)
        kind = problem["type"]
        if kind in ("extra_forbidden", "unexpected_keyword_argument"):
            allowed = _fields_at(keys[:-1])
            close = difflib.get_close_matches(keys[-1], allowed, n=1)
            hint = f"Did you mean `{close[0]}`?" if close else f"Use one of {', '.join(allowed)}."
            text = f"`{name}` is not a configuration key. {hint}"
        else:
            text = f"`{name}` was {problem['input']!r}; {problem['msg'].lower()}."
        where = "  (an override)" if name in overridden else _where(document, keys, path)
        lines.append(f"{text}{where}")
    return "\n".join(lines)


def _fields_at(keys: list[str]) -> list[str]:
    node: Any = Experiment()
    for key in keys:
        node = getattr(node, key)
    return list(node._fields if hasattr(node, "_fields") else type(node).model_fields)


def _where(document: Any, keys: list[str], path: str | Path | None) -> str:
    if path is None:
        return ""
    node: Any = document
    line = 0
    for key in keys:
        if not hasattr(node, "lc") or key not in node:
            return f"  ({path}, or an override)"
        position = (node.lc.data or {}).get(key)
        if position is None:
            return f"  ({path})"  # it came in by a merge key, which remembers no line
        line = position[0] + 1
        node = node[key]
    return f"  ({path}, line {line})"
