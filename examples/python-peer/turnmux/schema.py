"""The little of JSON Schema that the contracts of this example need (CALL-011, CALL-012)."""

from __future__ import annotations

from typing import Any, Iterator

from .content import ABSENT

Schema = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def faults(schema: Schema | None, value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """What does not fit: paths and what was expected there. It holds no values."""
    if schema is None:
        return
    if value is ABSENT:
        yield path, "a value is missing"
        return
    kind = schema.get("type")
    if kind is not None and not _is(kind, value):
        yield path, f"not of the type {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield path, "none of the values that are allowed"
    if "const" in schema and value != schema["const"]:
        yield path, "not the value that is expected"
    if "minimum" in schema and isinstance(value, (int, float)) and value < schema["minimum"]:
        yield path, "below the minimum"
    if isinstance(value, dict):
        yield from _object_faults(schema, value, path)
    if isinstance(value, list) and "items" in schema:
        for index, entry in enumerate(value):
            yield from faults(schema["items"], entry, f"{path}/{index}")


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


def _object_faults(schema: Schema, value: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{path}/{name}", "missing"
    for name, entry in value.items():
        if name in properties:
            yield from faults(properties[name], entry, f"{path}/{name}")
        elif schema.get("additionalProperties") is False:
            yield path, "a property that is not known"
