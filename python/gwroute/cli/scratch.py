"""The edge scenario on this machine: a copy of its manifests, with addresses that are here.

The scenario's cluster is imagined; its pods have addresses that lead nowhere. The copy puts
loopback addresses in their place, one for each pod, where :mod:`gwroute.cli.demo` starts an
echo backend. Everything else is as in ``examples/edge``, and as a user would write it.
"""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

POOLS = {"hangzhou": "NPXXX", "shenzhen": "NPYYY"}
"""Node pools of the scenario: the name of the object and the provider's id."""

MANIFESTS = (
    "backend.yaml",
    "gatewayclass.yaml",
    "gateway-config.yaml",
    "gateway.yaml",
    "two-pools.yaml",
)
"""What is applied once."""

STEPS = ("httproute-prefix.yaml", "httproute-header.yaml", "httproute-weight.yaml")
"""The route, step by step: each describes the same object and takes the place of the last."""

ROUTE = "httproute.yaml"
"""The route as it is applied at the moment."""

PREFERRED_PORT = 3000
"""Where the scenario's pods listen."""

_POD_ADDRESS = re.compile(r"\b172\.20\.\d+\.\d+\b")


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of the scenario, to be played by an echo backend."""

    name: str
    namespace: str
    node: str
    address: str
    """A loopback address."""
    port: int


@dataclass(frozen=True, slots=True)
class Scratch:
    """A copy of the scenario."""

    folder: Path
    pool: str
    pods: tuple[Pod, ...]

    @property
    def manifests(self) -> Path:
        """The folder that is served."""
        return self.folder / "manifests"

    @property
    def steps(self) -> Path:
        """The folder with the route's later forms."""
        return self.folder / "steps"

    @property
    def route(self) -> Path:
        """The route that is served."""
        return self.manifests / ROUTE


def pool_of(text: str) -> str:
    """The name of the pool, given by its name or by the provider's id.

    Raises:
        ValueError: The scenario has no such pool.
    """
    names = {**{name: name for name in POOLS}, **{id_: name for name, id_ in POOLS.items()}}
    if text not in names:
        raise ValueError(
            f"the scenario has no node pool {text!r}; its pools are {', '.join(POOLS)}"
        )
    return names[text]


def prepare(folder: Path, pool: str) -> Scratch:
    """Copies the scenario into the folder, for a gateway in the given pool."""
    with as_file(files("gwroute") / "examples" / "edge") as edge:
        (folder / "manifests").mkdir(parents=True, exist_ok=True)
        (folder / "steps").mkdir(exist_ok=True)
        for name in MANIFESTS:
            shutil.copyfile(edge / name, folder / "manifests" / name)
        for name in STEPS:
            shutil.copyfile(edge / name, folder / "steps" / name)
    shutil.copyfile(folder / "steps" / STEPS[0], folder / "manifests" / ROUTE)
    _pin(folder / "manifests" / "gateway-config.yaml", POOLS[pool])
    pods = _bring_here(folder / "manifests" / "two-pools.yaml")
    return Scratch(folder, pool, pods)


def _pin(file: Path, pool_id: str) -> None:
    """Puts the id of the pool where the scenario has its placeholder."""
    text = file.read_text("utf-8")
    file.write_text(text.replace("nodepool-id: NPXXX", f"nodepool-id: {pool_id}"), "utf-8")


def _bring_here(file: Path) -> tuple[Pod, ...]:
    """Gives every pod in the file a loopback address and a port that is free there."""
    text = file.read_text("utf-8")
    found = dict.fromkeys(_POD_ADDRESS.findall(text))
    here = {address: f"127.0.0.{21 + i}" for i, address in enumerate(found)}
    port = _free_port(tuple(here.values()))
    text = _POD_ADDRESS.sub(lambda match: here[match.group()], text)
    text = text.replace(f"port: {PREFERRED_PORT}", f"port: {port}")
    file.write_text(text, "utf-8")
    return tuple(_pods(text))


def _pods(text: str) -> Iterator[Pod]:
    import yaml

    for document in yaml.safe_load_all(text):
        if document.get("kind") == "EndpointSlice":
            for endpoint in document["endpoints"]:
                yield _pod(endpoint, document["ports"][0]["port"])


def _pod(endpoint: Mapping[str, Any], port: int) -> Pod:
    target = endpoint["targetRef"]
    return Pod(
        target["name"], target["namespace"], endpoint["nodeName"], endpoint["addresses"][0], port
    )


def _free_port(addresses: tuple[str, ...]) -> int:
    """A port that is free on all the addresses; the scenario's own if it can be had."""
    for candidate in (PREFERRED_PORT, *(0,) * 20):
        port = candidate or any_port(addresses[0])
        if all(is_free(address, port) for address in addresses):
            return port
    raise OSError(f"found no port that is free on each of {', '.join(addresses)}")


def any_port(address: str) -> int:
    """A port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(address: str, port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True
