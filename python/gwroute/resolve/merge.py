"""Merging of objects: JSON merge patch (RFC 7396) and Kubernetes' strategic merge.

Used where an EnvoyProxy is laid over another one, and where its ``patch`` is laid over an
object made for a Gateway. Both leave their arguments as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["apply_patch", "json_merge", "strategic_merge"]

MERGE_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "env": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    # Of a Service and of a container; the items tell which.
    "ports": ("port", "containerPort"),
    "topologySpreadConstraints": ("topologyKey",),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
"""Lists that strategic merge merges by a key; all others are replaced."""

DIRECTIVE = "$patch"


def json_merge(base: Any, patch: Any) -> Any:
    """RFC 7396: objects merge, everything else is replaced, null deletes."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(base) if isinstance(base, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = json_merge(merged.get(key), value)
    return merged


def strategic_merge(base: Any, patch: Any, field: str = "") -> Any:
    """As :func:`json_merge`, and lists with a merge key merge item by item.

    Args:
        base: What is there.
        patch: What is laid over it; ``$patch: replace`` and ``$patch: delete`` are obeyed.
        field: Name of the field both stand in; it decides how lists merge.
    """
    if isinstance(patch, Mapping):
        return _merge_objects(base, patch)
    if isinstance(patch, Sequence) and not isinstance(patch, str):
        return _merge_lists(base if isinstance(base, list | tuple) else (), patch, field)
    return patch


def apply_patch(base: Mapping[str, Any], patch: Mapping[str, Any] | None) -> dict[str, Any]:
    """An object with the ``patch`` of an EnvoyProxy applied: ``{type, value}``."""
    if not patch or not isinstance(patch.get("value"), Mapping):
        return dict(base)
    merge = json_merge if patch.get("type") == "JSONMerge" else strategic_merge
    merged: dict[str, Any] = merge(base, patch["value"])
    return merged


def _merge_objects(base: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    replace = patch.get(DIRECTIVE) == "replace"
    merged = dict(base) if isinstance(base, Mapping) and not replace else {}
    for key, value in patch.items():
        if key == DIRECTIVE:
            continue
        if value is None or (isinstance(value, Mapping) and value.get(DIRECTIVE) == "delete"):
            merged.pop(key, None)
        else:
            merged[key] = strategic_merge(merged.get(key), value, key)
    return merged


def _merge_lists(base: Sequence[Any], patch: Sequence[Any], field: str) -> list[Any]:
    key = _merge_key(patch, field)
    if key is None or any(item.get(DIRECTIVE) == "replace" for item in patch):
        return [item for item in patch if not _is_directive(item)]
    merged = list(base)
    for item in patch:
        if key not in item:
            merged.append(dict(item))
            continue
        same = [isinstance(old, Mapping) and old.get(key) == item[key] for old in merged]
        at = same.index(True) if any(same) else None
        if item.get(DIRECTIVE) == "delete":
            merged = [old for old, gone in zip(merged, same, strict=True) if not gone]
        elif at is None:
            merged.append(_merge_objects({}, item))
        else:
            merged[at] = _merge_objects(merged[at], item)
    return merged


def _merge_key(patch: Sequence[Any], field: str) -> str | None:
    if not all(isinstance(item, Mapping) for item in patch):
        return None
    keys = MERGE_KEYS.get(field, ())
    return next((key for key in keys if any(key in item for item in patch)), None)


def _is_directive(item: Any) -> bool:
    return isinstance(item, Mapping) and set(item) == {DIRECTIVE}
