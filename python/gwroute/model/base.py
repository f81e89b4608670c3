"""How the object model's types are made.

They are plain frozen dataclasses with slots; pydantic validates into them and is asked for
nothing else. Making one in Python runs no validation. Attributes are in snake case, documents in
camel case; :func:`camel` translates.

Validation is strict: the API server takes no ``"80"`` for a number, and neither does this. Nulls
have been dropped before, since a null means absent. A field of type :data:`Ignored` may be in the
document and is not kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field
from typing_extensions import dataclass_transform

__all__ = ["Ignored", "Port", "camel", "document", "model"]

T = TypeVar("T")

Ignored = Annotated[None, BeforeValidator(lambda _: None)]
"""A field that may be in the document and is of no use here."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""A port number."""

_SPELLED = {"ip": "IP", "ips": "IPs", "ca": "CA", "pdb": "PDB", "id": "ID", "tls": "TLS"}


def camel(name: str) -> str:
    """Name of a field in documents: ``cluster_ip`` is ``clusterIP``, ``from_`` is ``from``."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(_SPELLED.get(word) or word.capitalize() for word in rest)


_STRICT = ConfigDict(extra="forbid", strict=True, alias_generator=camel)
_LENIENT = ConfigDict(extra="ignore", strict=True, alias_generator=camel)


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field,)
)
def model(*, lenient: bool = False) -> Callable[[type[T]], type[T]]:
    """Make a type of the object model.

    Args:
        lenient: Fields that the type does not have are passed over in silence: for objects of
            which only a part matters here. Otherwise such a field is a finding.
    """

    def make(cls: type[T]) -> type[T]:
        config: Any = _LENIENT if lenient else _STRICT
        cls.__pydantic_config__ = config  # type: ignore[attr-defined]
        return dataclasses.dataclass(frozen=True, slots=True, kw_only=True)(cls)

    return make


def document(value: Any) -> Any:
    """An object of the model as a document, without what was not given."""
    if dataclasses.is_dataclass(value):
        items = ((item.name, getattr(value, item.name)) for item in dataclasses.fields(value))
        return {
            camel(name): document(given)
            for name, given in items
            if given is not None and given not in ((), {})
        }
    if isinstance(value, (tuple, list)):
        return [document(item) for item in value]
    if isinstance(value, Mapping):
        return {key: document(item) for key, item in value.items()}
    return value
