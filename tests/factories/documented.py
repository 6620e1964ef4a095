"""Requests as the OpenAPI document describes them: every operation, with a body that fits it."""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask

JSON, FORM = "application/json", "multipart/form-data"
Schema = dict[str, Any]
Path = tuple[str | int, ...]
"""The way to a value in a body: keys and positions."""


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    address: str
    """With its parameters in braces."""
    query: dict[str, Schema]
    body: Schema | None
    """The schema of its JSON body, references resolved; None where it takes none."""
    form: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.address}"

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.address)

    def path(self, ids: Mapping[str, object]) -> str:
        """The address with these values in it."""
        return re.sub(r"{(\w+)}", lambda found: str(ids[found[1]]), self.address)


def operations(app: APIFlask) -> list[Operation]:
    """Every operation of the document, by address."""
    document = app.spec
    return [
        _operation(document, method.upper(), address, said)
        for address, methods in sorted(document["paths"].items())
        for method, said in methods.items()
    ]


def _operation(document: Any, method: str, address: str, said: Any) -> Operation:
    query = {
        one["name"]: _resolved(document, one["schema"])
        for one in said.get("parameters", ())
        if one["in"] == "query"
    }
    content = said.get("requestBody", {}).get("content", {})
    body = _resolved(document, content[JSON]["schema"]) if JSON in content else None
    return Operation(said["operationId"], method, address, query, body, FORM in content)


def _resolved(document: Any, schema: Any) -> Any:
    """The schema with every reference replaced by what it names."""
    if isinstance(schema, list):
        return [_resolved(document, one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        named = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            named = named[step]
        return _resolved(document, named)
    return {key: _resolved(document, value) for key, value in schema.items()}


def example(schema: Schema, known: Mapping[str, Any], name: str = "") -> Any:
    """A value that fits the schema; `known` gives values by the name of their field."""
    if name in known:
        return known[name]
    kind = _plain(schema)
    if "enum" in kind:
        return kind["enum"][0]
    if "const" in kind:
        return kind["const"]
    return _MAKERS[kind.get("type", "object")](kind, known, name)


def _plain(schema: Schema) -> Schema:
    """Of several shapes the first that says something."""
    ways = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return next((way for way in ways if way.get("type") != "null"), ways[0])


def _object(schema: Schema, known: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {name: example(one, known, name) for name, one in schema.get("properties", {}).items()}


def _array(schema: Schema, known: Mapping[str, Any], name: str) -> list[Any]:
    return [example(schema.get("items", {}), known, name.removesuffix("s"))]


def _number(schema: Schema, *_: Any) -> float:
    return float(max(schema.get("minimum", 1), min(1, schema.get("maximum", 1))))


def _string(schema: Schema, _: Mapping[str, Any], name: str) -> str:
    formats = {
        "uuid": "0190c1c0-0000-7000-8000-000000000001",
        "date-time": "2026-09-22T00:00:00Z",
        "date": "2026-10-20",
    }
    return formats.get(schema.get("format", ""), "文字"[: schema.get("maxLength", 2)])


_MAKERS: dict[str, Callable[[Schema, Mapping[str, Any], str], Any]] = {
    "object": _object,
    "array": _array,
    "integer": lambda schema, *rest: int(_number(schema, *rest)),
    "number": _number,
    "boolean": lambda *_: True,
    "string": _string,
    "null": lambda *_: None,
}


def leaves(value: Any, way: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every single value in a body, with the way to it."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*way, key))
    else:
        yield way, value


def objects(value: Any, way: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every object in a body, itself included, with the way to it."""
    if isinstance(value, dict):
        yield way, value
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from objects(inner, (*way, key))


def changed(body: Any, way: Path, value: Any) -> Any:
    """A copy of the body with another value at that place."""
    if not way:
        return value
    made = deepcopy(body)
    place = made
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    return made
