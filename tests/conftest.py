"""Shared by all tests: kernels, threads, who runs which test, and how hypothesis searches."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Two processes that compile two signatures of one kernel at the same moment can mix up Numba's
# cache files, so that each parallel test worker keeps a folder of its own. It is set before
# anything of the package is imported.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    cache = os.environ.get("LOWFLOAT_CACHE") or Path.home() / ".cache" / "lowfloat"
    os.environ["LOWFLOAT_CACHE"] = str(Path(cache) / worker)

# Threads that wait for one another on small matrices take more time than they save, and tests run
# side by side. Numpy, SciPy and Torch read this as they are loaded, here and in other processes.
for library in ("MKL", "OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# A first call compiles and may take seconds; a failure must be found again on the next run.
settings.register_profile("lowfloat", deadline=None, derandomize=True)
settings.load_profile("lowfloat")


class ByFolder(LoadScopeScheduling):
    """Gives a folder of tests to one worker, for they share days, runs and kernels."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder | None:
    """Distribute by folder where groups are asked for."""
    return ByFolder(config, log) if config.getvalue("dist") == "loadgroup" else None
