"""No file without its wire, no knob without its reader."""

import ast
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel_census import PACKAGE, sources

from lowfloat.base.settings import Settings
from lowfloat.config import Experiment
from lowfloat.rewards.score import Rewards

REWARDS = PACKAGE / "rewards"
TREES = dict(sources())
SCORE = TREES["lowfloat.rewards.score"]


def _is_rules(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def _components() -> dict[str, list[str]]:
    """Return, per file of rewards/ that defines a rule with a weight, the fields of that rule."""
    found = {}
    for path in sorted(REWARDS.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                fields = [line.target.id for line in node.body if _is_field(line)]
                if "weight" in fields:
                    found[path.stem] = fields
    return found


def _is_field(line: ast.stmt) -> bool:
    return isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)


def _attributes(tree: ast.AST) -> set[str]:
    """Return every name that is read as an attribute."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


def _calls(tree: ast.AST) -> list[str]:
    """Return the names of the functions that are called, in the order they are written."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    return [call.func.id for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))]


def _settings(kind: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted path and the name of every field of a configuration tree."""
    if isinstance(kind, type) and issubclass(kind, Settings):
        fields = {name: field.annotation for name, field in kind.model_fields.items()}
    elif _is_rules(kind):
        fields = typing.get_type_hints(kind)
    else:
        for part in typing.get_args(kind):
            yield from _settings(part, path)
        return
    for name, annotation in fields.items():
        dotted = f"{path}.{name}".lstrip(".")
        yield dotted, name
        yield from _settings(annotation, dotted)


def test_every_reward_file_is_a_field_of_the_rewards() -> None:
    assert set(_components()) == set(Rewards._fields)


def test_a_reward_field_holds_the_rule_of_the_file_it_is_named_after() -> None:
    kinds = typing.get_type_hints(Rewards)
    homes = {name: kinds[name].__module__ for name in Rewards._fields}
    assert homes == {name: f"lowfloat.rewards.{name}" for name in Rewards._fields}


def test_every_reward_is_scored_exactly_once_in_the_order_of_the_fields() -> None:
    called = [name for name in _calls(SCORE) if name in Rewards._fields]
    assert called == list(Rewards._fields)


@pytest.mark.parametrize("component", sorted(_components()))
def test_every_field_of_a_reward_rule_is_read_where_it_is_scored(component: str) -> None:
    read = _attributes(TREES[f"lowfloat.rewards.{component}"]) | _attributes(SCORE)
    assert [name for name in _components()[component] if name not in read] == []


def test_every_configuration_field_is_read_by_the_package() -> None:
    read = set().union(*(_attributes(tree) for tree in TREES.values()))
    assert [path for path, name in _settings(Experiment) if name not in read] == []


def test_every_test_file_has_a_name_of_its_own() -> None:
    names: dict[str, list[str]] = {}
    for path in Path(__file__).parents[1].rglob("test_*.py"):
        names.setdefault(path.name, []).append(path.parent.name)
    assert {name: folders for name, folders in names.items() if len(folders) > 1} == {}
