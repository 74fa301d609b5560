"""The one decorator for compiled code, and a cache that cannot go stale.

Numba's file cache looks at the decorated file only: a kernel that calls an edited kernel of
another file would silently run yesterday's code. The cache folder is therefore named by a hash
of every source file of the package together with the versions of Numba and Python. An edit
misses the old folder; unchanged sources hit it.
"""

import hashlib
import sys
from pathlib import Path

import numba

from lowfloat.base.cache import cache_root

PACKAGE = Path(__file__).resolve().parents[1]


def source_digest(package: Path = PACKAGE) -> str:
    """Return 16 hex digits over all Python sources below ``package`` and the compiler's version."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:3]}".encode())
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder of compiled kernels."""
    return cache_root() / "kernels" / source_digest()


# A compiled kernel is code: nobody else may write to the folder it is loaded from.
_folder = cache_folder()
_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
numba.config.CACHE_DIR = str(_folder)

# Without Numba's runtime there is no counting of references to arrays, which at each call of a
# kernel costs more than a small kernel's work, and an allocation in a kernel does not compile.
# Nor is a kernel ever handed to C: without that entry it compiles sooner.
kernel = numba.njit(
    cache=True, nogil=True, fastmath=False, error_model="numpy", _nrt=False, no_cfunc_wrapper=True
)
