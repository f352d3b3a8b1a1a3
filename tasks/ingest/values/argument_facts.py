"""What is kept of a tool's arguments and of its definition: names, and how large a number or a list is, no value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from storage.text import storable

MOST: Final = 100
"""Arguments of a call, and tools of a run, that are kept."""
READ: Final = 400
"""Characters of a result that are looked at for an error."""
_TELLS_ERROR: Final = re.compile(
    r"\s*(?:"
    r"(?:(?:fatal|internal|api|runtime|server|unexpected)\s+)?(?:error|exception)\b\s*[:!(\[]"
    r"|[A-Za-z.]{2,60}(?:Error|Exception):\s"
    r"|Traceback \(most recent call last\)"
    r"|unknown (?:tool|action|function)\b|no such tool\b"
    r"|\{\s*[\"'](?:error|errors|error_message)[\"']\s*:\s*(?!(?:null|None|false|False|\"\"|''|\[\]|\{\})\s*[,}])"
    r"|\{\s*[\"'](?:success|ok)[\"']\s*:\s*(?:false|False)\b"
    r"|\{\s*[\"']status[\"']\s*:\s*[\"'](?:error|failed|failure)[\"']"
    r")",
    re.I,
)


def argument_sizes(arguments: object) -> str | None:
    """Each argument's name with its size as a JSON object, by name; None where the arguments are no object.

    Two digits of a number are kept, so that no identifier is: 1,234 is 1200.
    """
    if not isinstance(arguments, Mapping) or len(arguments) > MOST:
        return None
    sizes = {storable(name): _size(arguments[name]) for name in sorted(map(str, arguments)) if name in arguments}
    return msgspec.json.encode(sizes).decode()


def _size(value: object) -> float | None:
    if isinstance(value, list):
        return float(len(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        rounded = float(f"{abs(float(value)):.2g}")
    except OverflowError:
        return None
    return rounded if math.isfinite(rounded) else None


def declared_tools(definitions: object) -> list[str] | None:
    """Tools as their definitions say, each `{"name", "required", "properties"}` as JSON; None where there are none.

    Reads the forms of OpenAI, Anthropic, MCP, Inspect and OpenTelemetry. No `properties`: no schema is told.
    """
    items = definitions if isinstance(definitions, list) else []
    found = {str(told["name"]): told for item in items if (told := _declared(item))}
    return [msgspec.json.encode(found[name]).decode() for name in sorted(found)[:MOST]] or None


def _declared(item: object) -> dict[str, object] | None:
    if not isinstance(item, Mapping):
        return None
    inner = item.get("function")
    tool = inner if isinstance(inner, Mapping) else item
    name = tool.get("name")
    if not isinstance(name, str) or not name:
        return None
    told: dict[str, object] = {"name": storable(name)}
    schema = next((tool[key] for key in ("parameters", "input_schema", "inputSchema") if key in tool), None)
    if isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping):
        told["required"] = _names(schema.get("required"))
        told["properties"] = _names(schema["properties"])
        told["open"] = schema.get("additionalProperties", False) is not False
    return told


def _names(values: object) -> list[str]:
    return sorted(storable(name) for name in values if isinstance(name, str)) if isinstance(values, Iterable) else []


def tells_error(text: str | None) -> bool:
    """Whether a result that is not flagged begins as an error does: a marker, or a JSON object that says so first."""
    return text is not None and _TELLS_ERROR.match(text[:READ]) is not None
