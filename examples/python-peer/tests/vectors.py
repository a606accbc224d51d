"""The golden vectors of the conformance suite."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "packages" / "conformance" / "vectors"


def load(name: str) -> dict[str, Any]:
    """One file of vectors, with `{"$bytes"}` read as octets."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"), object_hook=_octets)


def _octets(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["$bytes"]) if list(value) == ["$bytes"] else value
