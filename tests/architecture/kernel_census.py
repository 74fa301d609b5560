"""The package's compiled functions: where they are written, and what they were compiled for.

Run as a program it plays a little and prints the signatures as JSON.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import gymnasium as gym
import numpy as np
from numba.core.types import unliteral

import lowfloat
from lowfloat.days import DayStore
from lowfloat.days.bars import minute_bars
from lowfloat.days.seconds import per_second
from lowfloat.days.signing import sign
from lowfloat.index import scan
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn_export import export_dbn
from lowfloat.ingest.halts import infer_halts
from lowfloat.ingest.rebuild import rebuild_quotes
from lowfloat.ingest.validate import validate
from lowfloat.synth import synth_days
from lowfloat.synth.facts import measure

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
    """Tell whether a function is decorated with a decorator of `base/jit.py`."""
    marks = [node.id for node in function.decorator_list if isinstance(node, ast.Name)]
    return any(mark.endswith("kernel") for mark in marks)


def play() -> None:
    """Use the kernels as a user does: first the data, then the environment."""
    with TemporaryDirectory() as folder:
        handle_days(Path(folder))
    batch = gym.make_vec("lowfloat/Squeeze-v0", num_envs=4, threads=2)
    batch.reset(seed=1)
    for _ in range(5):
        batch.step(batch.action_space.sample())
    batch.reset(options={"reset_mask": np.array([True, False, False, True])})
    single = gym.make("lowfloat/Squeeze-v0")
    single.reset(seed=1)
    single.step(0)


def handle_days(folder: Path) -> None:
    """Look at a synthetic day in memory, stored, and ingested with and without its quotes."""
    made, truth = next(synth_days(1, seed=1))
    store = DayStore(folder / "days")
    store.write(made, truth)
    stored = store[made.symbol, made.date]
    for number, day in enumerate((made, stored)):
        per_second(day)
        minute_bars(day)
        sign(day.trades, day.quotes)
        infer_halts(day.trades, day.quotes, day.session)
        rebuild_quotes(day.trades, day.session)
        validate(day)
        measure(day)
        export_dbn(day, folder / f"dbn{number}")
    scan(store, folder / "index")
    files = sorted((folder / "dbn0").glob("*.dbn.zst"))
    ingest_databento(files, DayStore(folder / "ingested"))
    prints = [path for path in files if ".trades." in path.name]
    ingest_databento(prints, DayStore(folder / "rebuilt"))


def signatures() -> dict[str, list[str]]:
    """Return what each kernel of the loaded modules was compiled for, constants taken as types."""
    found: dict[str, list[str]] = {}
    for name, module in list(sys.modules.items()):
        if not name.startswith("lowfloat."):
            continue
        for value in vars(module).values():
            if hasattr(value, "py_func") and value.py_func.__module__ == name:
                kinds = {str(tuple(map(unliteral, kind))) for kind in value.signatures}
                found[f"{name}.{value.py_func.__name__}"] = sorted(kinds)
    return {kernel: kinds for kernel, kinds in found.items() if kinds}


if __name__ == "__main__":
    play()
    sys.stdout.write(json.dumps(signatures()))
