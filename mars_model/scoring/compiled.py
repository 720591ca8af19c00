"""How the scorer's loops are compiled: at their first call on a machine, then kept beside them."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a loop over arrays; sums keep their order. Divisions by zero give what NumPy gives.

    numba compiles anew where the function's own file changed, not where one that it calls did:
    tests/conftest.py throws older results away.
    """
    return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))


def compiled_reordered(function: Function) -> Function:
    """The same, but sums may be taken in the order that is fastest, chosen when it is compiled."""
    in_any_order = {"reassoc", "contract"}
    return cast(Function, njit(cache=True, nogil=True, fastmath=in_any_order)(function))
