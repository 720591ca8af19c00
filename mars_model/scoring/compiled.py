"""How the scorer's loops are compiled: at their first call on a machine, then kept beside them."""

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import config, njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a loop over arrays; sums keep their order. Divisions by zero give what NumPy gives.

    numba compiles anew where the function's own file changed, not where one that it calls did:
    tests/conftest.py throws older results away.
    """
    return _kept(function, error_model="numpy")


def compiled_reordered(function: Function) -> Function:
    """The same, but sums may be taken in the order that is fastest, chosen when it is compiled."""
    return _kept(function, fastmath={"reassoc", "contract"})


def _kept(function: Function, **options: Any) -> Function:
    """Kept beside the file, else in the user's folder, else in a temporary one, else not at all."""
    try:
        return cast(Function, njit(cache=True, nogil=True, **options)(function))
    except RuntimeError:  # numba found no folder that it may write
        is_kept = _keep_elsewhere()
    return cast(Function, njit(cache=is_kept, nogil=True, **options)(function))


def _keep_elsewhere() -> bool:
    """Name numba a temporary folder of this user's alone: what lies in it will be run."""
    folder = Path(tempfile.gettempdir()) / f"mars-batch-numba-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        with tempfile.TemporaryFile(dir=folder):
            is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    except OSError:
        return False
    if is_ours and not found.st_mode & 0o022:
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
        config.reload_config()  # type: ignore[no-untyped-call]
        return True
    return False
