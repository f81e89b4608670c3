"""The CORS filter: what is configured, checked so that the core can use it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gwroute import ir
from gwroute.model.filter import HTTPCORSFilter
from gwroute.resolve.invalid import Invalid, is_header_name

__all__ = ["lower_cors"]

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(\*|(\*\.)?[^/*\s]+)", re.ASCII)
_PORT = re.compile(r":([0-9]+)$", re.ASCII)


def lower_cors(given: HTTPCORSFilter, at: str) -> ir.CORS:
    """The filter as the snapshot has it.

    Args:
        given: The filter.
        at: Where it stands, below the rule.

    Raises:
        Invalid: An origin or a name in it cannot be used.
    """
    for index, origin in enumerate(given.allow_origins):
        if not _is_origin(origin):
            message = f"{origin!r} is no origin such as https://shop.example.com or *"
            raise Invalid(f"{at}.allowOrigins[{index}]", message)
    _check_names(given.allow_methods, f"{at}.allowMethods")
    _check_names(given.allow_headers, f"{at}.allowHeaders")
    _check_names(given.expose_headers, f"{at}.exposeHeaders")
    return ir.CORS(
        given.allow_origins,
        given.allow_credentials,
        given.allow_methods,
        given.allow_headers,
        given.expose_headers,
        given.max_age,
    )


def _is_origin(origin: str) -> bool:
    if origin == "*":
        return True
    port = _PORT.search(origin)
    return _ORIGIN.fullmatch(origin) is not None and (port is None or int(port[1]) <= 65535)


def _check_names(names: Iterable[str], at: str) -> None:
    for index, name in enumerate(names):
        if not is_header_name(name):
            raise Invalid(f"{at}[{index}]", f"{name!r} is no name")
