"""What a graph is: nodes, what goes in and out, and which constants are weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPSETS = (("", 20), ("com.microsoft", 1))
IR_VERSION = 10


@dataclass(frozen=True)
class Node:
    """One operator. Attributes are whole numbers, tuples of them, or arrays."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """An input or output: its type, and sizes that are fixed or have a name."""

    name: str
    dtype: str
    shape: tuple[str | int, ...]


@dataclass(frozen=True)
class Graph:
    """Nodes in order, constants that are part of them, and shapes of the float32 weights."""

    name: str
    inputs: tuple[Declared, ...]
    outputs: tuple[Declared, ...]
    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def n_weight_bytes(self) -> int:
        """Bytes of all weights."""
        return 4 * sum(prod(shape) for shape in self.weights.values())
