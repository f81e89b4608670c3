"""What every object has, and label selectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timezone
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, GetPydanticSchema
from pydantic_core import core_schema

from gwroute.model.base import Ignored, model
from gwroute.model.key import ObjectKey, Origin

__all__ = ["LabelSelector", "LabelSelectorRequirement", "Metadata", "Object"]


def _seconds(value: object) -> object:
    """Seconds since 1970 of an RFC 3339 time; what is not one is left for the validator."""
    if not isinstance(value, str):
        return value
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("not a time such as 2024-05-01T12:00:00Z") from None
    return int((time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp())


Time = Annotated[int, BeforeValidator(_seconds)]
"""A time in seconds since 1970."""

NotRead = GetPydanticSchema(lambda _, __: core_schema.any_schema())
"""Marks a field that no document sets, so that pydantic does not ask what its type is."""


@model()
class Metadata:
    """ObjectMeta, as far as it matters here."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    namespace: str | None = None
    """Filled in by the reader for kinds that live in one; None for the others."""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    generation: int = 0
    creation_timestamp: Time | None = None
    """Seconds since 1970; None if the object does not come from a cluster."""
    uid: str | None = None
    resource_version: str | None = None
    deletion_timestamp: Time | None = None
    finalizers: Ignored = None
    managed_fields: Ignored = None
    owner_references: Ignored = None
    generate_name: Ignored = None
    self_link: Ignored = None
    deletion_grace_period_seconds: Ignored = None


@model()
class Object:
    """What every kind has."""

    GROUP: ClassVar[str] = ""
    """API group; empty for the core group."""
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)
    """Versions that are read, all taken as the same."""
    NAMESPACED: ClassVar[bool] = True

    metadata: Metadata
    api_version: str = ""
    kind: str = ""
    origin: Annotated[Origin | None, NotRead] = field(
        default=None, init=False, compare=False, repr=False
    )
    """Where it was written; None for objects made in Python or read from a cluster."""

    @property
    def key(self) -> ObjectKey:
        """Kind, namespace and name."""
        return ObjectKey(type(self).__name__, self.metadata.namespace, self.metadata.name)

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return self.metadata.name

    @property
    def namespace(self) -> str | None:
        """``metadata.namespace``; None for kinds that belong to the whole cluster."""
        return self.metadata.namespace


@model(lenient=True)
class LabelSelectorRequirement:
    """One entry of ``matchExpressions``."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def fault(self) -> tuple[str, str] | None:
        """The field that keeps it from saying anything, and why; None if it says something."""
        match self.operator:
            case "In" | "NotIn":
                return None if self.values else ("operator", f"{self.operator} needs values")
            case "Exists" | "DoesNotExist":
                return ("values", f"{self.operator} takes no values") if self.values else None
        return ("operator", f"{self.operator!r} is none of In, NotIn, Exists, DoesNotExist")


@model()
class LabelSelector:
    """Selects by labels; an empty one selects everything, one with a fault nothing."""

    match_labels: dict[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            _holds(requirement, labels) for requirement in self.match_expressions
        )


def _holds(requirement: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    if requirement.fault() is not None:
        return False
    match requirement.operator:
        case "In":
            return value is not None and value in requirement.values
        case "NotIn":
            return value is None or value not in requirement.values
        case "Exists":
            return value is not None
    return value is None
