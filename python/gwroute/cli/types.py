"""What options may hold, and what is said when they hold something else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

import click

ANY_ADDRESS = "0.0.0.0"
"""Where ``:8080`` binds, unless both families are wanted."""
BOTH_FAMILIES = ""
"""What stands before the port where all addresses of both families are meant."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where a listener's port is bound."""

    port: str
    """``80``, or ``infra/public:80`` for one gateway only."""
    address: str
    """``127.0.0.1:8080``; port 0 takes a free one."""


class Address(click.ParamType[str]):
    """``ADDR:PORT``, ``:PORT`` for all addresses, ``PORT`` for the default one; also ``off``."""

    name = "address"

    def __init__(
        self, host: str = ANY_ADDRESS, *, any_host: str = ANY_ADDRESS, off: bool = False
    ) -> None:
        self.host = host
        self.any_host = any_host
        self.off = off

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address in full; ``off`` if that is allowed."""
        text = str(value)
        if self.off and text == "off":
            return text
        try:
            return address(text, self.host, self.any_host)
        except ValueError as error:
            self.fail(f"{text!r}: {error}", param, ctx)


def address(text: str, host: str = ANY_ADDRESS, any_host: str = ANY_ADDRESS) -> str:
    """The address in full.

    Args:
        text: As it was given.
        host: What a port alone belongs to.
        any_host: What stands for all addresses, as in ``:8080``.

    Raises:
        ValueError: It is none.
    """
    name, colon, number = text.rpartition(":")
    if not number.isdecimal() or int(number) > 65535:
        raise ValueError("write ADDR:PORT, with a port from 0 to 65535")
    if not name:
        name = any_host if colon else host
        if name == BOTH_FAMILIES:
            return f":{int(number)}"
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    if bare == "localhost":
        bare = "127.0.0.1"
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        raise ValueError(f"{name} is not an IP address") from None
    return f"[{found}]:{int(number)}" if found.version == 6 else f"{found}:{int(number)}"


class Listen(click.ParamType[Mapped]):
    """``PORT=ADDR:PORT`` or ``NS/GATEWAY:PORT=ADDR:PORT``."""

    name = "listen"
    _KEY = re.compile(r"(?:[a-z0-9.-]+/[a-z0-9.-]+:)?(\d{1,5})")

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Mapped:
        """The mapping."""
        if isinstance(value, Mapped):
            return value
        key, equals, where = str(value).partition("=")
        match = self._KEY.fullmatch(key)
        if not equals or match is None or not 0 < int(match[1]) <= 65535:
            self.fail(f"{value!r}: write PORT=ADDR:PORT or NS/GATEWAY:PORT=ADDR:PORT", param, ctx)
        try:
            return Mapped(key, address(where, BOTH_FAMILIES, BOTH_FAMILIES))
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)


class Endpoints(click.ParamType[tuple[str, tuple[str, ...]]]):
    """``NS/SERVICE:PORT=ADDR:PORT,ADDR:PORT``."""

    name = "endpoint"
    _SERVICE = re.compile(r"[a-z0-9.-]+/[a-z0-9.-]+:\d{1,5}")

    def split_list(self, value: str) -> list[str]:
        """The entries of a variable: what has no ``=`` is one more address of the last one."""
        entries: list[str] = []
        for part in filter(None, value.split(",")):
            if "=" in part or not entries:
                entries.append(part)
            else:
                entries[-1] += f",{part}"
        return entries

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[str, ...]]:
        """The Service port and its addresses."""
        if isinstance(value, tuple):
            return value
        service, equals, addresses = str(value).partition("=")
        if not equals or self._SERVICE.fullmatch(service) is None:
            self.fail(f"{value!r}: write NS/SERVICE:PORT=ADDR:PORT,…", param, ctx)
        try:
            return service, tuple(address(text) for text in addresses.split(","))
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)


class Duration(click.ParamType[float]):
    """A duration of the Gateway API (``30s``, ``1m30s``, ``500ms``), in seconds."""

    name = "duration"
    _PARTS = re.compile(r"([0-9]{1,5})(ms|h|m|s)")
    _UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}  # noqa: RUF012 - never written

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds."""
        if isinstance(value, float):
            return value
        parts = self._PARTS.findall(str(value))
        if not 0 < len(parts) <= 4 or "".join(n + unit for n, unit in parts) != value:
            self.fail(f"{value!r}: write a duration such as 30s or 1m30s", param, ctx)
        return sum(int(number) * self._UNITS[unit] for number, unit in parts)


@dataclass(frozen=True, slots=True)
class Log:
    """Form and place of the access log."""

    form: str
    """``json``, ``text`` or ``off``."""
    path: str | None = None
    """None is standard output."""


class AccessLog(click.ParamType[Log]):
    """``json``, ``text`` or ``off``, with ``:PATH`` for a file."""

    name = "access log"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Log:
        """Form and place."""
        if isinstance(value, Log):
            return value
        form, _, path = str(value).partition(":")
        if form not in ("json", "text", "off"):
            self.fail(f"{value!r}: write json, text or off, and :PATH for a file", param, ctx)
        return Log(form, path or None)
