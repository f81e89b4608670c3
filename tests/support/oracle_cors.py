"""What browsers are told, read off HTTPCORSFilter and the Fetch standard, line by line."""

from __future__ import annotations

import re

from gwroute import ir

Headers = tuple[tuple[str, str], ...]

NAMES = (
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
)
"""What a gateway says in place of the backend."""


def told(lines: Headers) -> Headers | None:
    """Those of an own answer's headers that are for browsers; None if there are none."""
    found = [(n.lower(), v) for n, v in lines if re.match("access-control-|vary$", n.lower())]
    return tuple(sorted(found)) or None


def preflight(cors: ir.CORS, request: Headers) -> Headers:
    """The headers of the answer to a preflight."""
    asked = {name.lower(): value for name, value in request}
    found = [*_shared(cors, asked.get("origin"))]
    if len(found) == 1:  # Vary alone: the origin is not allowed
        return tuple(found)
    for names, wanted, name in (
        (cors.allow_methods, asked.get("access-control-request-method"), "methods"),
        (cors.allow_headers, asked.get("access-control-request-headers"), "headers"),
    ):
        if names and wanted is not None:
            value = wanted if "*" in names else ", ".join(names)
            found.append((f"access-control-allow-{name}", value))
    return (*found, ("access-control-max-age", str(cors.max_age)))


def marked(cors: ir.CORS | None, request: Headers, lines: Headers) -> Headers:
    """The headers of a response, with what the gateway tells the page that asked."""
    origin = next((value for name, value in request if name.lower() == "origin"), None)
    if cors is None or origin is None:
        return lines
    own = _shared(cors, origin)
    if len(own) > 1:
        lines = tuple(line for line in lines if line[0].lower() not in NAMES)
    return (*lines, *own)


def _shared(cors: ir.CORS, origin: str | None) -> Headers:
    """What preflights and other requests are told alike: Vary alone if nothing is allowed."""
    found = [("vary", "origin")]
    if origin is None or not any(_takes(allowed, origin) for allowed in cors.allow_origins):
        return tuple(found)
    found.append(("access-control-allow-origin", origin))
    if cors.allow_credentials:
        found.append(("access-control-allow-credentials", "true"))
    if "*" in cors.expose_headers:
        # With credentials a browser would take the star for a name.
        found += [] if cors.allow_credentials else [("access-control-expose-headers", "*")]
    elif cors.expose_headers:
        found.append(("access-control-expose-headers", ", ".join(cors.expose_headers)))
    return tuple(found)


def _takes(allowed: str, origin: str) -> bool:
    if allowed == "*":
        return True
    pattern = re.escape(_with_port(allowed)).replace(r"\*", ".+")
    return re.fullmatch(pattern, _with_port(origin), re.IGNORECASE) is not None


def _with_port(origin: str) -> str:
    port = {"http": ":80", "https": ":443"}.get(origin.partition("://")[0].lower(), "")
    return origin if re.search(r":\d+$", origin) else origin + port
