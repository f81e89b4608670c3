"""One request, put to the files or to a running proxy."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gwroute.cli import options, output
from gwroute.cli.curl import CurlRequest, format_or_file, request_options
from gwroute.cli.inputs import Inputs, takes_inputs
from gwroute.cli.options import together

if TYPE_CHECKING:
    from gwroute.resolve import Resolution
    from gwroute.router import Router

FORWARDED = 0
ANSWERED_HERE = 1


class Answer(Protocol):
    """An explanation, wherever it came from."""

    def text(self) -> str:
        """For people."""

    def document(self) -> dict[str, Any]:
        """For programs."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask about which request."""

    inputs: Inputs
    request: CurlRequest
    live: str | None
    """Admin address of a running proxy; None asks the files."""
    admin_token_file: str | None


def asks(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say what is asked, and of whom; the command gets ``asked``."""

    @functools.wraps(function)
    def command(**settings: Any) -> Any:
        given = {name: settings.pop(name) for name in Asked.__slots__}
        return function(asked=Asked(**given), **settings)

    decorate = together(
        request_options,
        options.live,
        options.admin_token_file,
        format_or_file,
        takes_inputs(may_assume=True),
    )
    decorated: Callable[..., Any] = decorate(command)
    return decorated


def ask(asked: Asked) -> Answer:
    """The explanation of the request."""
    if asked.live is not None:
        from gwroute.cli.live import explain

        return explain(asked.live, asked.admin_token_file, asked.request)
    return _by_files(asked.inputs, asked.request)


def answered_here(document: Mapping[str, Any]) -> int:
    """The exit code: whether the gateway answers the request itself."""
    return ANSWERED_HERE if document["outcome"] == "respond" else FORWARDED


def _by_files(inputs: Inputs, request: CurlRequest) -> Answer:
    from gwroute.router import Request, Router

    store = inputs.load()
    inputs.tell(store.findings)
    resolution = inputs.resolve(store)
    router = Router(resolution.snapshot)
    gateway, port = _entry(router, request)
    if not router.entries:
        inputs.tell(resolution.findings)
        _tell_elsewhere(resolution)
    explanation = router.explain(
        Request(request.method, request.url, headers=list(request.headers)),
        port=port,
        gateway=gateway,
        sni=request.sni,
        draw=request.draw,
    )
    if explanation.outcome == "respond":
        inputs.tell(resolution.findings)
    # People have been told already what was assumed.
    document = {**explanation.as_dict(), "assumed": list(resolution.assumed)}
    return _Explained(str(explanation), document)


def _tell_elsewhere(resolution: Resolution) -> None:
    """Says which Gateways are of another node pool, and served there."""
    for gateway in resolution.gateways:
        if gateway.accepted and not gateway.served and gateway.pin is not None:
            output.note(f"{gateway.key} is of node pool {gateway.pin[1]}, and not served here")


def _entry(router: Router, request: CurlRequest) -> tuple[str | None, int]:
    """Gateway and port to ask at: the URL's port, the one its scheme implies, or the only one.

    The port of a URL may be one that a listener's port is mapped to, which no file tells. Only
    listeners are asked that speak the scheme.
    """
    secure = request.scheme == "https"
    entries = dict.fromkeys(
        (item.gateway, item.port)
        for item in router.snapshot.listeners
        if (item.protocol != "HTTP") == secure
    )
    for port in (request.port, 443 if secure else 80):
        gateways = [gateway for gateway, number in entries if number == port]
        if len(gateways) > 1:
            others = ", ".join(gateways[1:])
            output.note(
                f"asked at Gateway {gateways[0]}; port {port} is on {others} too: --gateway"
            )
        if gateways:
            return gateways[0], port
    return next(iter(entries)) if len(entries) == 1 else (None, request.port)


class _Explained:
    """What the router said."""

    def __init__(self, text: str, document: dict[str, Any]) -> None:
        self._text = text
        self._document = document

    def text(self) -> str:
        return self._text

    def document(self) -> dict[str, Any]:
        return self._document
