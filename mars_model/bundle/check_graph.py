"""Whether an ONNX file holds a graph as it must be, before anything opens it."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.graph import IR_VERSION, OPSETS, Declared, Graph, Node
from mars_model.bundle.onnx_fields import parse_model

_DTYPES = {1: "float32", 7: "int64"}  # by ONNX's numbers of types


def graph_problems(content: bytes, expected: Graph) -> list[str]:
    """What is wrong with a file, as half-sentences; none where only the weights are its own.

    Nodes, inputs, outputs and constants must be those of `expected`, one by one; the weights have
    its shapes, stand in the file itself and are finite.
    """
    model = parse_model(content)
    if model is None:
        return ["is no graph that a training writes"]
    problems = [*_frame_problems(model, expected), *_node_problems(model.graph.node, expected)]
    for kind in ("input", "output"):
        found = [_declared(value) for value in getattr(model.graph, kind)]
        wanted = [*getattr(expected, f"{kind}s")]
        if found != wanted:
            problems.append(f"has the {kind}s {_listed(found)}, expected {_listed(wanted)}")
    return [*problems, *_tensor_problems(model.graph.initializer, expected)]


def _frame_problems(model: Any, expected: Graph) -> Iterator[str]:
    opsets = tuple((_text(one.domain), one.version) for one in model.opset_import)
    if (model.ir_version, opsets) != (IR_VERSION, OPSETS):
        yield f"is of ONNX {model.ir_version} {opsets}, expected {IR_VERSION} {OPSETS}"
    if _text(model.graph.name) != expected.name:
        yield f"is the graph {_text(model.graph.name)!r}, expected {expected.name!r}"


def _node_problems(nodes: Any, expected: Graph) -> Iterator[str]:
    if len(nodes) != len(expected.nodes):
        yield f"has {len(nodes)} nodes, expected {len(expected.nodes)}"
        return
    for number, (message, wanted) in enumerate(zip(nodes, expected.nodes, strict=True), start=1):
        if not _is_same(message, wanted):
            yield f"node {number} is another {_text(message.op_type)!r}, expected {wanted.operator}"
            return


def _tensor_problems(tensors: Any, expected: Graph) -> Iterator[str]:
    names = sorted(_text(tensor.name) for tensor in tensors)
    wanted = sorted([*expected.constants, *expected.weights])
    if names != wanted:
        yield f"has the constants {_listed(names)}, expected {_listed(wanted)}"
        return
    for tensor in tensors:
        name = _text(tensor.name)
        if tensor.external_data or tensor.data_location:
            yield f"{name!r} stands in a file of its own, expected in the graph"
        elif name in expected.constants:
            if not _is_equal(_values(tensor), expected.constants[name]):
                yield f"{name!r} has another value"
        else:
            yield from _weight_problems(name, tensor, expected.weights)


def _weight_problems(
    name: str, tensor: Any, shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    values = _values(tensor)
    if values is None or values.dtype != np.float32 or values.shape != shapes[name]:
        found = f"{_DTYPES.get(tensor.data_type, 'another type')} {[*tensor.dims]}"
        yield f"{name!r} is {found}, expected float32 {[*shapes[name]]}"
    elif not np.isfinite(values).all():
        yield f"{name!r} holds values that are no finite numbers"


def _values(tensor: Any) -> NDArray[np.generic] | None:
    """A tensor's values, None where it does not hold as many as it says."""
    dtype = _DTYPES.get(tensor.data_type)
    if dtype is None or min(tensor.dims, default=0) < 0:
        return None
    if tensor.float_data:
        given = np.array(tensor.float_data, dtype=np.float32) if dtype == "float32" else None
        is_doubtful = given is None or bool(tensor.raw_data)
    else:
        is_doubtful = len(tensor.raw_data) % np.dtype(dtype).itemsize != 0
        given = None if is_doubtful else np.frombuffer(tensor.raw_data, np.dtype(dtype))
    if is_doubtful or given is None or given.size != prod(tensor.dims):
        return None
    return given.reshape(tuple(tensor.dims))


def _is_same(message: Any, wanted: Node) -> bool:
    found = {_text(one.name): one for one in message.attribute}
    return (
        _text(message.op_type) == wanted.operator
        and tuple(map(_text, message.input)) == wanted.inputs
        and tuple(map(_text, message.output)) == wanted.outputs
        and len(message.attribute) == len(wanted.attributes)
        and all(_has(found.get(name), value) for name, value in wanted.attributes.items())
    )


def _has(attribute: Any, wanted: Any) -> bool:
    """Whether an attribute is this value, and nothing beside it."""
    if attribute is None:
        return False
    fields = {field.name for field, _ in attribute.ListFields()} - {"name"}
    if isinstance(wanted, np.ndarray):
        is_inside = not attribute.t.external_data and not attribute.t.data_location
        is_value = is_inside and _is_equal(_values(attribute.t), wanted)
        return fields == {"t", "type"} and attribute.type == 4 and is_value
    if isinstance(wanted, tuple):
        return fields == {"ints", "type"} and attribute.type == 7 and wanted == (*attribute.ints,)
    return fields == {"i", "type"} and attribute.type == 2 and attribute.i == wanted


def _is_equal(found: NDArray[np.generic] | None, wanted: NDArray[np.generic]) -> bool:
    return found is not None and found.dtype == wanted.dtype and np.array_equal(found, wanted)


def _declared(value: Any) -> Declared:
    tensor = value.type.tensor_type
    shape = tuple(
        dim.dim_value if dim.HasField("dim_value") else _text(dim.dim_param)
        for dim in tensor.shape.dim
    )
    dtype = _DTYPES.get(tensor.elem_type, f"type {tensor.elem_type}")
    return Declared(_text(value.name), dtype, shape)


def _listed(values: list[Any]) -> str:
    shown = [v if isinstance(v, str) else f"{v.name} {v.dtype} {[*v.shape]}" for v in values]
    return ", ".join(shown[:5]) + (" …" if len(shown) > 5 else "") or "none"


def _text(raw: bytes) -> str:
    return raw[:100].decode("utf-8", "backslashreplace")
