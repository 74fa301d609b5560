"""A preset on disk: JSON that people can read, change and compare, and that loads to the bit.

A file holds ``schema_version``, ``about`` (what the preset was made of, in plain data) and
``preset``. The last may leave out whatever is as shipped: a file with one number changes one
number.
"""

import difflib
import json
import math
import os
import typing
from pathlib import Path
from typing import Any

from annotated_types import Ge, Gt, Le

from lowfloat.base.settings import to_plain
from lowfloat.base.whole_file import write_whole
from lowfloat.errors import ConfigError
from lowfloat.synth.preset import Preset

SCHEMA_VERSION = 1

_KEYS = ("schema_version", "about", "preset")
_SUM_SLACK = 1e-9  # of shares that add up to 1 as decimals, and miss it as binary numbers


def save_preset(preset: Preset, path: str | os.PathLike[str], about: dict[str, Any]) -> None:
    """Write every number of a preset; a file of that name is replaced, at once or not at all.

    Args:
        preset: what to write.
        path: of the file; its folder exists.
        about: what the preset was made of: dicts, lists, texts, finite numbers and None.

    Raises:
        ConfigError: a number of the preset is out of bounds, or ``about`` is no plain data.
    """
    path = Path(path)
    tree = to_plain(preset)
    _read_preset(tree, f"the preset for {path}")  # what is written can be read again
    document = {"schema_version": SCHEMA_VERSION, "about": about, "preset": tree}
    try:
        text = json.dumps(document, indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"`about` could not be written as JSON: {error}; use dicts, lists, texts, finite "
            f"numbers and None.  ({path})"
        ) from error
    write_whole(path, text + "\n")


def load_preset(path: str | os.PathLike[str]) -> Preset:
    """Return the preset of a file; what the file leaves out is as shipped.

    Raises:
        ConfigError: the file is missing, cut, or no JSON; a key is unknown or comes twice; a
            value is of the wrong type or out of bounds. The message names the file, the key,
            what was found and what is allowed.
    """
    path = Path(path)
    return _read_preset(_read(path)["preset"], str(path))


def read_about(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a file says its preset was made of; empty if it says nothing.

    Raises:
        ConfigError: the file cannot be read; its numbers are not looked at.
    """
    return _read(Path(path))["about"]


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; use a preset file, or none for the shipped one.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:  # bad UTF-8 and bad JSON are ValueErrors
        raise ConfigError(f"{path} is not a whole JSON file: {error}.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} holds {_shown(document)}; use an object of {_listed(_KEYS)}.")
    for key in document:
        if key not in _KEYS:
            raise ConfigError(_unknown(key, key, _KEYS, str(path)))
    version = document.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        raise ConfigError(
            f"`schema_version` was {_shown(version)}; use {SCHEMA_VERSION}.  ({path})"
        )
    about = document.setdefault("about", {})
    if not isinstance(about, dict):
        raise ConfigError(f"`about` was {_shown(about)}; use an object.  ({path})")
    if "preset" not in document:
        raise ConfigError(
            f"`preset` is missing; use an object, empty if all is as shipped.  ({path})"
        )
    return document


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key `{twice}` comes twice in one object")
    return found


def _read_preset(tree: Any, where: str) -> Preset:
    preset: Preset = _section(Preset(), tree, "preset", where)
    flow = preset.rules.flow
    shares = sum(getattr(flow, name) for name in flow._fields if name.startswith("kernel_"))
    if shares > 1.0 + _SUM_SLACK:
        raise ConfigError(
            f"`preset.rules.flow.kernel_5ms` to `kernel_50s` added up to {shares:g}; "
            f"use shares of 1 at most together.  ({where})"
        )
    return preset


def _section(shipped: Any, tree: Any, path: str, where: str) -> Any:
    """Return a section of the preset with what a tree says otherwise."""
    fields = shipped._fields
    if not isinstance(tree, dict):
        raise ConfigError(
            f"`{path}` was {_shown(tree)}; use an object with any of {_listed(fields)}.  ({where})"
        )
    kinds = typing.get_type_hints(type(shipped), include_extras=True)
    changed = {}
    for key, found in tree.items():
        dotted = f"{path}.{key}"
        if key not in fields:
            raise ConfigError(_unknown(key, dotted, fields, where))
        old = getattr(shipped, key)
        if hasattr(old, "_asdict"):
            changed[key] = _section(old, found, dotted, where)
        else:
            changed[key] = _number(found, kinds[key], dotted, where)
    return shipped._replace(**changed)


def _number(found: Any, kind: Any, path: str, where: str) -> float:
    allowed = _allowed(kind)
    # True is an int to Python; to a reader of the file it is no number.
    if type(found) in (int, float) and abs(found) <= _MOST and _keeps(found, kind):
        return float(found)
    raise ConfigError(f"`{path}` was {_shown(found)}; use {allowed}.  ({where})")


_MOST = 1e300  # any whole number up to it is a float


def _keeps(value: float, kind: Any) -> bool:
    """Tell whether a number is within the bounds of its type."""
    for bound in kind.__metadata__:
        if isinstance(bound, Ge) and not value >= bound.ge:  # type: ignore[operator]
            return False
        if isinstance(bound, Gt) and not value > bound.gt:  # type: ignore[operator]
            return False
        if isinstance(bound, Le) and not value <= bound.le:  # type: ignore[operator]
            return False
    return math.isfinite(value)


def _allowed(kind: Any) -> str:
    """Return the bounds of a type in words."""
    low, high = "", ""
    for bound in kind.__metadata__:
        if isinstance(bound, Ge):
            low = f"{bound.ge:g}"
        if isinstance(bound, Gt):
            low = f"above {bound.gt:g}"
        if isinstance(bound, Le):
            high = f"{bound.le:g}"
    if low.startswith("above"):
        return f"a number {low}" + (f", up to {high}" if high else "")
    return f"a number from {low} to {high}" if high else f"a number of {low} or more"


def _unknown(key: str, path: str, allowed: tuple[str, ...], where: str) -> str:
    close = difflib.get_close_matches(key, allowed, n=1)
    hint = f"Did you mean `{close[0]}`?" if close else f"Use one of {_listed(allowed)}."
    return f"`{path}` is not a key of a preset file. {hint}  ({where})"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shown(found: Any) -> str:
    """Return what was found, as JSON writes it and not longer than a line."""
    text = json.dumps(found)
    return text if len(text) <= 60 else f"{text[:60]}..."
