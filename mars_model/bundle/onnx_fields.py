"""Parses an ONNX file by protobuf, without the package onnx: the fields that training writes.

A file with any other field (operators in functions, subgraphs, tensors in files of their own …) is
told apart by the fields that stay unknown.
"""

from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "mars_batch"
_ONE, _MANY = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED
_TYPES = {
    "int": FieldDescriptorProto.TYPE_INT64,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    # Bytes, not text: what is no UTF-8 is a wrong name like any other.
    "text": FieldDescriptorProto.TYPE_BYTES,
}
# Message → field: number, type, whether repeated. Numbers as in onnx.proto of ONNX 1.23.
_MESSAGES = {
    "Model": {
        "ir_version": (1, "int", _ONE),
        "producer_name": (2, "text", _ONE),
        "graph": (7, "Graph", _ONE),
        "opset_import": (8, "Opset", _MANY),
    },
    "Opset": {"domain": (1, "text", _ONE), "version": (2, "int", _ONE)},
    "Graph": {
        "node": (1, "Node", _MANY),
        "name": (2, "text", _ONE),
        "initializer": (5, "Tensor", _MANY),
        "input": (11, "Value", _MANY),
        "output": (12, "Value", _MANY),
    },
    "Node": {
        "input": (1, "text", _MANY),
        "output": (2, "text", _MANY),
        "op_type": (4, "text", _ONE),
        "attribute": (5, "Attribute", _MANY),
    },
    "Attribute": {
        "name": (1, "text", _ONE),
        "i": (3, "int", _ONE),
        "t": (5, "Tensor", _ONE),
        "ints": (8, "int", _MANY),
        "type": (20, "int", _ONE),
    },
    "Tensor": {
        "dims": (1, "int", _MANY),
        "data_type": (2, "int", _ONE),
        "float_data": (4, "float", _MANY),
        "name": (8, "text", _ONE),
        "raw_data": (9, "text", _ONE),
        # Known only to say so: a tensor whose values stand in another file.
        "external_data": (13, "text", _MANY),
        "data_location": (14, "int", _ONE),
    },
    "Value": {"name": (1, "text", _ONE), "type": (2, "Type", _ONE)},
    "Type": {"tensor_type": (1, "TensorType", _ONE)},
    "TensorType": {"elem_type": (1, "int", _ONE), "shape": (2, "Shape", _ONE)},
    "Shape": {"dim": (1, "Dim", _MANY)},
    "Dim": {"dim_value": (1, "int", _ONE), "dim_param": (2, "text", _ONE)},
}


def parse_model(content: bytes) -> Any:
    """The message, or None where the bytes are none or hold a field that training never writes.

    Attributes as in `_MESSAGES`.
    """
    model = _model_class()()
    try:
        model.ParseFromString(content)
    except DecodeError:
        return None
    n_bytes = model.ByteSize()
    model.DiscardUnknownFields()
    return model if model.ByteSize() == n_bytes else None


@cache
def _model_class() -> Any:
    file = FileDescriptorProto(name="onnx_fields.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, label) in fields.items():
            described = message.field.add(name=field, number=number, label=label)
            if kind in _TYPES:
                described.type = _TYPES[kind]
            else:
                described.type = FieldDescriptorProto.TYPE_MESSAGE
                described.type_name = f".{_PACKAGE}.{kind}"
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Model"))
