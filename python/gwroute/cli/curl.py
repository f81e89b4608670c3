"""curl's spelling of a request.

A curl line can be pasted with its first word changed. Options of curl that say something about
the request are read; those that change nothing about routing are accepted and passed over; the
headers are those that were typed, without the ones curl adds of its own accord.
"""

from __future__ import annotations

import base64
import functools
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import click

from gwroute.cli.options import together

IGNORED_FLAGS = (
    ("-s", "--silent"),
    ("-S", "--show-error"),
    ("-i", "--include"),
    ("-k", "--insecure"),
    ("-L", "--location"),
    ("-N", "--no-buffer"),
    ("-g", "--globoff"),
    ("-O", "--remote-name"),
    ("-4", "--ipv4"),
    ("-6", "--ipv6"),
    ("-0", "--http1.0"),
    ("--http1.1",),
    ("--http2",),
    ("--http2-prior-knowledge",),
    ("--path-as-is",),
    ("--compressed",),
    ("-#", "--progress-bar"),
    ("--fail-with-body",),
)
"""Flags of curl that change nothing about routing."""

IGNORED_WITH_VALUE = (
    ("-w", "--write-out"),
    ("-m", "--max-time"),
    ("-D", "--dump-header"),
    ("--connect-timeout",),
    ("--connect-to",),
    ("--resolve",),
    ("--retry",),
    ("--cacert",),
    ("--cert",),
    ("--key",),
    ("-x", "--proxy"),
)
"""Options of curl with a value that change nothing about routing."""

DATA = ("--data-raw", "--data-ascii", "--data-binary", "--data-urlencode", "--json")
"""Other spellings of ``-d``."""


@dataclass(frozen=True, slots=True)
class CurlRequest:
    """A request as typed."""

    method: str
    url: str
    """Absolute, with a scheme."""
    headers: tuple[tuple[str, str], ...]
    """In the order typed; ``Host`` is among them if it was given."""
    sni: str | None
    """The name a TLS client would send; None for plain HTTP."""
    draw: float
    """What decides between weighted backends, in [0, 1)."""

    @property
    def port(self) -> int:
        """The port of the URL, or the scheme's."""
        return urlsplit(self.url).port or (443 if self.scheme == "https" else 80)

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return urlsplit(self.url).scheme


def request_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds curl's options and the URL; the command gets one :class:`CurlRequest`."""

    @functools.wraps(function)
    def command(**settings: Any) -> Any:
        typed = {name: settings.pop(name) for name in _READ}
        return function(request=read(**typed), **settings)

    decorated: Callable[..., Any] = together(*_read_options(), *_ignored_options())(command)
    return decorated


FORMATS = ("text", "json", "yaml")
"""What ``-o`` means to us; anything else is a file, and curl's business."""


def _format(_: click.Context, __: click.Parameter, value: str) -> str:
    return value if value in FORMATS else FORMATS[0]


format_or_file = click.option(
    "-o",
    "--output",
    "output_format",
    metavar="[text|json|yaml]",
    default=FORMATS[0],
    callback=_format,
    help="Format; a file is passed over, as curl's.  [default: text]",
)


_READ = (
    "method",
    "header",
    "data",
    "form",
    "upload",
    "head",
    "as_query",
    "user_agent",
    "cookie",
    "user",
    "referer",
    "sni",
    "draw",
    "url",
)


def _read_options() -> list[Callable[[Any], Any]]:
    some = functools.partial(click.option, multiple=True)
    return [
        click.option("-X", "--request", "method", metavar="METHOD", help="Method."),
        some("-H", "--header", metavar="'NAME: VALUE'", help="Header, also Host; repeatable."),
        some("-d", "--data", *DATA, metavar="DATA", help="Body; makes it a POST."),
        some("-F", "--form", hidden=True),
        click.option("-T", "--upload-file", "upload", hidden=True),
        click.option("-I", "--head", is_flag=True, help="HEAD instead of GET."),
        click.option("-G", "--get", "as_query", is_flag=True, help="Data goes into the query."),
        click.option("-A", "--user-agent", metavar="TEXT", help="User-Agent header."),
        click.option("-b", "--cookie", metavar="DATA", help="Cookie header."),
        click.option("-u", "--user", metavar="USER:PASSWORD", help="Basic authorization."),
        click.option("-e", "--referer", hidden=True),
        click.option(
            "--from",
            metavar="ADDRESS",
            callback=_client,
            expose_value=False,
            help="Address of the client; no rule that there is asks for it.",
        ),
        click.option("--sni", metavar="NAME", help="TLS server name.  [default: the URL's host]"),
        click.option(
            "--draw",
            type=click.FloatRange(0, 1, max_open=True),
            metavar="0.0…1.0",
            default=0.0,
            help="What decides between weighted backends.  [default: 0.0, the first of them]",
        ),
        click.argument("url"),
    ]


def _client(_: click.Context, __: click.Parameter, value: str | None) -> None:
    try:
        if value is not None:
            ipaddress.ip_address(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--from") from None


def _ignored_options() -> list[Callable[[Any], Any]]:
    ignored = functools.partial(click.option, hidden=True, expose_value=False)
    flags = [ignored(*names, f"flag_{i}", is_flag=True) for i, names in enumerate(IGNORED_FLAGS)]
    values = [
        ignored(*names, f"value_{i}", multiple=True) for i, names in enumerate(IGNORED_WITH_VALUE)
    ]
    return [*flags, *values]


def read(
    *,
    method: str | None,
    header: tuple[str, ...],
    data: tuple[str, ...],
    form: tuple[str, ...],
    upload: str | None,
    head: bool,
    as_query: bool,
    user_agent: str | None,
    cookie: str | None,
    user: str | None,
    referer: str | None,
    sni: str | None,
    draw: float,
    url: str,
) -> CurlRequest:
    """The request that these options of curl describe."""
    absolute = _absolute(url)
    if as_query and data:
        absolute += ("&" if urlsplit(absolute).query else "?") + "&".join(data)
    named = (("user-agent", user_agent), ("referer", referer), ("cookie", _cookie(cookie)))
    headers = [pair for pair in map(_header, header) if pair is not None]
    headers += [(name, value) for name, value in named if value is not None]
    if user is not None:
        headers.append(("authorization", "Basic " + base64.b64encode(user.encode()).decode()))
    parts = urlsplit(absolute)
    return CurlRequest(
        method=method or _method(bool(data) and not as_query, bool(form), upload, head),
        url=absolute,
        headers=tuple(headers),
        sni=(sni or parts.hostname) if parts.scheme == "https" else None,
        draw=draw,
    )


def _method(data: bool, form: bool, upload: str | None, head: bool) -> str:
    if upload is not None:
        return "PUT"
    if head:
        return "HEAD"
    return "POST" if data or form else "GET"


def _absolute(url: str) -> str:
    """The URL with a scheme; ``http`` unless it has one, as curl has it."""
    text = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise click.BadParameter(f"{url}: {error}", param_hint="URL") from None
    if parts.scheme not in ("http", "https"):
        raise click.BadParameter(f"{url}: the scheme must be http or https", param_hint="URL")
    if not parts.hostname:
        raise click.BadParameter(f"{url}: there is no host in it", param_hint="URL")
    # What cannot stand in a request line is escaped as curl would have refused or a browser sent.
    return quote(text, safe="!#$%&'()*+,/:;=?@[]~\"<>\\^`{|}")


def _header(text: str) -> tuple[str, str] | None:
    """Name and value; None for ``Name:``, which in curl means not to send it."""
    if text.rstrip().endswith(";") and ":" not in text:
        return text.rstrip().removesuffix(";"), ""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.BadParameter(f"{text!r} is not 'Name: value'", param_hint="-H")
    return (name.strip(), value.strip()) if value.strip() else None


def _cookie(text: str | None) -> str | None:
    """The cookies; a name without ``=`` is a file for curl, which says nothing about routing."""
    return text if text is not None and "=" in text else None
