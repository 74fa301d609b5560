"""Compiled code: one decorator, no fast math, a cache that cannot go stale."""

import ast
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import kernel_census
import pytest
from kernel_census import PACKAGE, functions, is_kernel, sources

from lowfloat.base.jit import kernel, source_digest

ROOT = Path(__file__).resolve().parents[2]
COMPILERS = {"cfunc", "guvectorize", "jit", "njit", "stencil", "vectorize"}


def _compilers_named(tree: ast.Module) -> set[str]:
    attributes = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "numba"
    }
    imports = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba"
        for alias in node.names
    }
    return (attributes | imports) & COMPILERS


def test_only_the_jit_module_names_a_compiler_of_numba() -> None:
    named = {name: found for name, tree in sources() if (found := _compilers_named(tree))}
    assert named == {"lowfloat.base.jit": {"njit"}}


def test_kernels_are_compiled_without_fast_math_and_release_the_lock() -> None:
    @kernel
    def double(value):
        return 2 * value

    options = double.targetoptions
    assert not options["fastmath"]
    assert options["nogil"]
    assert options["error_model"] == "numpy"


def test_every_kernel_is_compiled_for_one_signature(tmp_path: Path) -> None:
    # What a kernel of the cache calls is not compiled again, and so is not counted.
    done = subprocess.run(
        [sys.executable, kernel_census.__file__],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LOWFLOAT_CACHE": str(tmp_path)},
    )
    found = json.loads(done.stdout)
    for known in ("env.kernel.step_batch", "days.seconds._add_trades", "ingest.walk._median"):
        assert f"lowfloat.{known}" in found
    assert {kernel: kinds for kernel, kinds in found.items() if len(kinds) > 1} == {}


def test_every_module_exempt_from_typing_holds_a_kernel_or_no_function() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    exempt = [
        pattern
        for override in settings["tool"]["mypy"]["overrides"]
        if override.get("disallow_untyped_defs") is False
        for pattern in override["module"]
    ]
    needless = [
        name
        for name, tree in sources()
        if any(fnmatch.fnmatch(name, pattern) for pattern in exempt)
        and functions(tree)
        and not any(is_kernel(function) for function in functions(tree))
    ]
    assert needless == []


@pytest.fixture
def package_copy(tmp_path: Path) -> Path:
    copy = tmp_path / "lowfloat"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_a_copy_of_the_sources_has_the_same_kernel_cache(package_copy: Path) -> None:
    assert source_digest(package_copy) == source_digest()


@pytest.mark.parametrize("name", ["market/fees.py", "rewards/score.py", "env/kernel.py"])
def test_an_edit_of_any_source_moves_the_kernel_cache(package_copy: Path, name: str) -> None:
    source = package_copy / name
    source.write_text(source.read_text() + "\n")
    assert source_digest(package_copy) != source_digest()


def test_a_new_source_moves_the_kernel_cache(package_copy: Path) -> None:
    (package_copy / "rewards" / "extra.py").touch()
    assert source_digest(package_copy) != source_digest()
