"""What may import what, and what `import lowfloat` costs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"numba", "pandas", "plotly", "polars", "pyarrow", "stable_baselines3", "torch"}


def _modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sorted(sys.modules), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_every_import_contract_is_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not _modules_after("import lowfloat") & HEAVY


def test_importing_the_package_writes_no_file(tmp_path: Path) -> None:
    environment = {**os.environ, "LOWFLOAT_CACHE": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", "import lowfloat"], env=environment, check=True)
    assert not list(tmp_path.iterdir())
