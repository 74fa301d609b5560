"""The package's compiled functions: where they are written, and what they were compiled for."""

import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import lowfloat

PACKAGE = Path(lowfloat.__file__).parent


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield the dotted name and the syntax tree of every module of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(), str(path))


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """Return every function of a module, methods and nested ones included."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def is_kernel(function: ast.FunctionDef) -> bool:
    """Tell whether a function is decorated with `kernel`."""
    marks = [node.id for node in function.decorator_list if isinstance(node, ast.Name)]
    return "kernel" in marks


def import_everything() -> list[ModuleType]:
    """Import and return every module of the package."""
    found = pkgutil.walk_packages(lowfloat.__path__, "lowfloat.")
    return [importlib.import_module(module.name) for module in found]


def compiled() -> dict[str, int]:
    """Return how many signatures each kernel of the loaded modules was compiled for, if any."""
    counts: dict[str, int] = {}
    for name, module in list(sys.modules.items()):
        if not name.startswith("lowfloat."):
            continue
        for value in vars(module).values():
            if hasattr(value, "py_func") and value.py_func.__module__ == name:
                counts[f"{name}.{value.py_func.__name__}"] = len(value.signatures)
    return {kernel: count for kernel, count in counts.items() if count}
