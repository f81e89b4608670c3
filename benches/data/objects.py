"""Objects of the model from documents."""

from __future__ import annotations

import json
from typing import Any

from gwroute.model import Object
from gwroute.model.registry import KINDS, list_adapter


def obj(document: dict[str, Any]) -> Object:
    """The object that a document is."""
    group = document["apiVersion"].rpartition("/")[0]
    kind = KINDS[group, document["kind"]]
    made: list[Object] = list_adapter(kind).validate_json(json.dumps([document]))
    return made[0]
