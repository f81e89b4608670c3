"""Objects of the model from documents."""

from __future__ import annotations

import json
from typing import Any

from gwroute.model import Object
from gwroute.model.registry import KINDS, adapter


def obj(document: dict[str, Any]) -> Object:
    """The object that a document is."""
    group = document["apiVersion"].rpartition("/")[0]
    made: Object = adapter(KINDS[group, document["kind"]]).validate_json(json.dumps(document))
    return made
