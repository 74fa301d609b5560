"""Kernels say the same, to the bit, compiled and as plain Python."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from reference.tapes import closed_at, nasty_day

from lowfloat.tape.column import Tape
from lowfloat.tape.columns import COLUMNS

SEED = 2
_UNCOMPILED = f"""
import sys
import numpy as np
from test_tape_uncompiled import values
np.save(sys.argv[1], values({SEED}))
"""


def values(seed: int) -> np.ndarray:
    """Return every column of a short nasty day, as the same bits wherever it is not known."""
    day = nasty_day(seed)
    tape = Tape(day, closed_at(day, 1.0))
    table = np.stack([column.values(tape)[-57_600:] for column in COLUMNS])
    return np.where(np.isnan(table), np.nan, table)


def test_every_column_is_the_same_to_the_bit_without_the_compiler(tmp_path: Path) -> None:
    here = Path(__file__).parent
    paths = [str(here), str(here.parent), *sys.path]
    subprocess.run(
        [sys.executable, "-c", _UNCOMPILED, str(tmp_path / "plain.npy")],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
    )
    plain, compiled = np.load(tmp_path / "plain.npy"), values(SEED)
    differ = (plain.view(np.int64) != compiled.view(np.int64)).any(axis=1)
    assert [column.name for column, other in zip(COLUMNS, differ, strict=True) if other] == []
