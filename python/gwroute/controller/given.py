"""What was given on the command line, held against what is served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gwroute.ir import Snapshot
from gwroute.resolve.endpoints import GIVEN

__all__ = ["unmatched"]


def unmatched(listen: Iterable[str], endpoints: Iterable[str], snapshot: Snapshot) -> Iterator[str]:
    """A line for each ``--listen`` and ``--endpoint`` that changes nothing.

    Args:
        listen: Ports, as :class:`gwroute.controller.Controller` takes them.
        endpoints: Service ports, as :class:`gwroute.resolve.Options` takes them.
        snapshot: What is served.
    """
    entries = sorted({(item.gateway, item.port) for item in snapshot.listeners})
    there = _there(f"{gateway}:{port}" for gateway, port in entries)
    for given in listen:
        gateway, _, port = given.rpartition(":")
        if not any(str(number) == port and gateway in ("", name) for name, number in entries):
            whose = f"Gateway {gateway} has" if gateway else "no Gateway has"
            no = "no listener that is served here" if gateway else "a listener that is served here"
            yield f"--listen {given}=: {whose} {no} on port {port}; {there}"
    scopes = {upstream.service: upstream.scope for upstream in snapshot.upstreams}
    for given in endpoints:
        if given not in scopes:
            known = _there(sorted(scopes))
            yield f"--endpoint {given}=: no rule that is served here refers to it; {known}"
        elif scopes[given] != GIVEN:
            yield f"--endpoint {given}=: the Service has EndpointSlices, which are used instead"


def _there(names: Iterable[str]) -> str:
    found = ", ".join(names)
    return f"there are {found}" if found else "there is none"
