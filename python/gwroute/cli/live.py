"""Asking a running proxy, through its admin endpoint."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from gwroute.cli.curl import CurlRequest
from gwroute.cli.types import address

TIMEOUT = 10.0
PORT = 15000
"""Of the admin endpoint, if the address names none."""


class LiveAnswer:
    """What a running proxy says about a request."""

    def __init__(self, admin: str, token: str | None, query: list[tuple[str, str]]) -> None:
        self._admin = admin
        self._token = token
        self._query = query

    def text(self) -> str:
        """For people."""
        return self._ask([*self._query, ("format", "text")])

    def document(self) -> dict[str, Any]:
        """For programs."""
        document: dict[str, Any] = json.loads(self._ask(self._query))
        return document

    def _ask(self, query: list[tuple[str, str]]) -> str:
        connection = http.client.HTTPConnection(self._admin, timeout=TIMEOUT)
        bearer = {"authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            connection.request("GET", f"/explain?{urlencode(query)}", headers=bearer)
            answer = connection.getresponse()
            body = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise OSError(f"no admin endpoint answers at {self._admin}: {error}") from None
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise OSError(f"the admin endpoint at {self._admin}: {_reason(answer.status, body)}")
        return body


def _reason(status: int, body: str) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return f"status {status}"


def explain(admin: str, token_file: str | None, request: CurlRequest) -> LiveAnswer:
    """The answer of the proxy with that admin address.

    Raises:
        OSError: Nobody answers there, or not to this question.
    """
    try:
        where = address(admin if ":" in admin else f"{admin}:{PORT}", "127.0.0.1")
    except ValueError as error:
        raise click.BadParameter(f"{admin!r}: {error}", param_hint="--live") from None
    token = Path(token_file).read_text("utf-8").strip() if token_file else None
    query = [
        ("method", request.method),
        ("url", request.url),
        *(("header", f"{name}: {value}") for name, value in request.headers),
        ("draw", str(request.draw)),
        *([("sni", request.sni)] if request.sni else []),
    ]
    return LiveAnswer(where, token, query)
