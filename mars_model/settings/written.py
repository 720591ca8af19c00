"""YAML that stays as it is written until the type of its setting is known.

YAML 1.1 makes false of `No`, 10 of `012` and a date of `2026-01-02`. Here a value is read by the
rules of YAML 1.2's core schema, and a setting of type text gets the words as they stand.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel


@dataclass(frozen=True)
class Written:
    """A scalar: its words, and the value that YAML gives them."""

    text: str
    value: Any


def read_yaml(text: str) -> Any:
    """Mappings and lists of Written.

    Raises yaml.YAMLError or ValueError where it is no YAML, or nests or repeats without measure.
    """
    return yaml.load(text, _Loader)  # a SafeLoader


def read_setting(text: str, kind: Any) -> Any:
    """The value of one --set: YAML, but for a setting of type text all of its words."""
    words = text.strip()
    if not _takes_text(kind):
        return read_yaml(text)
    try:
        if words[:1] in ("'", '"'):
            return read_yaml(words)
    except yaml.YAMLError:
        pass  # quotes that belong to the words
    return Written(words, None if _NULL.fullmatch(words) else words)


def kind_at(kind: Any, path: list[str]) -> Any:
    """The type of the setting at a path below a type; Any where there is none."""
    for name in path:
        kind = _kind_below(kind, name)
    return kind


def settled(tree: Any, kind: Any) -> Any:
    """The tree with each scalar as its setting's type asks: its words for text, else its value.

    Null is text too where a setting of type text cannot be null.
    """
    if isinstance(tree, dict):
        return {name: settled(value, _kind_below(kind, name)) for name, value in tree.items()}
    if isinstance(tree, list):
        of_one = get_args(kind)[0] if get_origin(kind) is tuple else Any
        return [settled(value, of_one) for value in tree]
    if not isinstance(tree, Written):
        return tree
    is_null = tree.value is None and (not tree.text or type(None) in get_args(kind))
    return tree.text if _takes_text(kind) and not is_null else tree.value


def _kind_below(kind: Any, name: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(name)
        return field.annotation if field else Any
    return get_args(kind)[1] if get_origin(kind) is dict else Any


def _takes_text(kind: Any) -> bool:
    if get_origin(kind) in (Union, UnionType):
        return any(_takes_text(one) for one in get_args(kind))
    return kind is str or get_origin(kind) is Literal


# The settings have three levels and about a hundred values.
_DEEPEST, _MOST_NODES = 20, 20_000
_NULL = re.compile(r"~|null|Null|NULL|")
# YAML 1.2's core schema, and the merging of mappings: words, and with what they may begin.
_RESOLVED = (
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), "tTfF"),
    ("null", _NULL, ("~", "n", "N", "")),
    ("int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), "-+0123456789"),
    (
        "float",
        re.compile(
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
            r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
        "-+.0123456789",
    ),
    ("merge", re.compile(r"<<"), "<"),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._sizes: dict[yaml.Node, int] = {}  # nodes below one, those that it names included

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A node, unless it is too deep or, with all that it names, too large."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _refused(f"expected {_DEEPEST} levels at most", mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if node is None:
            return None
        if isinstance(event, yaml.AliasEvent):
            if node not in self._sizes:
                raise _refused("expected no value that stands in itself", mark)
            return node
        self._sizes[node] = 1 + sum(self._sizes[one] for one in _below(node))
        if self._sizes[node] > _MOST_NODES:
            raise _refused(f"expected {_MOST_NODES:,} values at most, aliases counted", mark)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """By names as they are written, each of them once."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                problem = f"expected each name once, and as text, found {str(key.value)[:100]!r}"
                raise _refused(problem, key.start_mark)
            seen.add(key.value)
        self.flatten_mapping(node)
        return {k.value: self.construct_object(v, deep=deep) for k, v in node.value}


def _below(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [one for pair in node.value for one in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _refused(problem: str, mark: Any) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, mark)


def _construct(loader: _Loader, node: yaml.ScalarNode) -> Written:
    text = str(loader.construct_scalar(node))
    return Written(text, _VALUES[node.tag.rpartition(":")[2]](text))


def _whole(text: str) -> int:
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _float(text: str) -> float:
    return float(re.sub(r"\.(inf|nan)", r"\1", text.lower()))


_VALUES: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: text.lower() == "true",
    "null": lambda _: None,
    "int": _whole,
    "float": _float,
    "str": str,
    "merge": str,  # of a value; names are merged before
}
for _tag, _pattern, _first in _RESOLVED:
    _full = re.compile(rf"^(?:{_pattern.pattern})$")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _full, list(_first))
for _tag in _VALUES:
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct)
