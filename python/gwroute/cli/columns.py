"""What a table shows of each kind: the columns of ``kubectl get``.

Cells are taken from an object as it would be in a cluster: a mapping with its status. The
columns of the Gateway API's kinds are those of its CRDs; the others are kubectl's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from gwroute.cli.table import age

Object = Mapping[str, Any]
NONE = "<none>"
UNKNOWN = "<unknown>"


@dataclass(frozen=True, slots=True)
class Column:
    """A title and what stands below it."""

    title: str
    cell: Callable[[Object], str]
    wide: bool = False
    """Only with ``-o wide``."""


def at(object_: Object, *path: str | int) -> Any:
    """What stands at the path; None if something on the way is missing."""
    value: Any = object_
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, Sequence) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def condition(object_: Object, type_: str) -> str:
    """Status of the condition; ``Unknown`` if nobody has looked at the object."""
    for entry in at(object_, "status", "conditions") or ():
        if entry.get("type") == type_:
            return str(entry.get("status"))
    return "Unknown"


def created(object_: Object) -> datetime | None:
    """When the object was made; None if it does not say."""
    stamp = at(object_, "metadata", "creationTimestamp")
    if isinstance(stamp, datetime):
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=timezone.utc)
    if not isinstance(stamp, str):
        return None
    try:
        return datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    except ValueError:
        return None


def age_of(object_: Object) -> str:
    """Time since the object was made."""
    made = created(object_)
    if made is None:
        return UNKNOWN
    return age((datetime.now(timezone.utc) - made).total_seconds())


def _name(object_: Object) -> str:
    return str(at(object_, "metadata", "name"))


def _text(*path: str | int, missing: str = NONE) -> Callable[[Object], str]:
    """A cell with what stands at the path."""

    def cell(object_: Object) -> str:
        value = at(object_, *path)
        return missing if value is None or value == "" else str(value)

    return cell


def _count(*path: str) -> Callable[[Object], str]:
    return lambda object_: str(len(at(object_, *path) or ()))


def _hostnames(object_: Object) -> str:
    """The list as the API server prints it; nothing if there is none."""
    names = at(object_, "spec", "hostnames")
    return json.dumps(names, separators=(",", ":")) if names else ""


def _addresses(object_: Object) -> str:
    found = (str(entry.get("value", "")) for entry in at(object_, "status", "addresses") or ())
    return ",".join(found)


def _condition(type_: str) -> Callable[[Object], str]:
    return lambda object_: condition(object_, type_)


def _cluster_ip(object_: Object) -> str:
    return str(at(object_, "spec", "clusterIP") or NONE)


def _external_ip(object_: Object) -> str:
    """Addresses given by hand, by a load balancer or as a name; ``<none>`` without."""
    kind = at(object_, "spec", "type")
    given = list(at(object_, "spec", "externalIPs") or ())
    if kind == "ExternalName":
        return str(at(object_, "spec", "externalName") or NONE)
    if kind == "LoadBalancer":
        ingress = at(object_, "status", "loadBalancer", "ingress") or ()
        given = [entry.get("ip") or entry.get("hostname") for entry in ingress] + given
        return ",".join(given) or "<pending>"
    return ",".join(given) or NONE


def _ports(object_: Object) -> str:
    """``80:30364/TCP``; ``80:<pending>/TCP`` until the API server has assigned a node port."""
    has_node_ports = at(object_, "spec", "type") == "NodePort"
    ports = at(object_, "spec", "ports") or ()
    return ",".join(_port(port, has_node_ports) for port in ports) or NONE


def _port(port: Object, has_node_port: bool) -> str:
    node_port = port.get("nodePort") or ("<pending>" if has_node_port else "")
    colon = ":" if node_port else ""
    return f"{port.get('port')}{colon}{node_port}/{port.get('protocol', 'TCP')}"


def _selector(*path: str) -> Callable[[Object], str]:
    def cell(object_: Object) -> str:
        labels = at(object_, *path) or {}
        return ",".join(f"{name}={value}" for name, value in labels.items()) or NONE

    return cell


def _slice_ports(object_: Object) -> str:
    return ",".join(str(port.get("port", "*")) for port in object_.get("ports") or ()) or "<unset>"


def _slice_endpoints(object_: Object) -> str:
    """The first three addresses, and how many more there are."""
    addresses = [a for entry in object_.get("endpoints") or () for a in entry.get("addresses", ())]
    more = f" + {len(addresses) - 3} more..." if len(addresses) > 3 else ""
    return (",".join(addresses[:3]) or "<unset>") + more


def _node_status(object_: Object) -> str:
    ready = {"True": "Ready", "False": "NotReady"}.get(condition(object_, "Ready"), "Unknown")
    unschedulable = at(object_, "spec", "unschedulable")
    return f"{ready},SchedulingDisabled" if unschedulable else ready


def _node_roles(object_: Object) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = at(object_, "metadata", "labels") or {}
    roles = sorted(label.removeprefix(prefix) for label in labels if label.startswith(prefix))
    return ",".join(roles) or NONE


def _node_address(type_: str) -> Callable[[Object], str]:
    def cell(object_: Object) -> str:
        for entry in at(object_, "status", "addresses") or ():
            if entry.get("type") == type_:
                return str(entry.get("address"))
        return NONE

    return cell


def _ready_replicas(object_: Object) -> str:
    wanted = at(object_, "spec", "replicas")
    return f"{at(object_, 'status', 'readyReplicas') or 0}/{1 if wanted is None else wanted}"


def _ready_containers(object_: Object) -> str:
    statuses = at(object_, "status", "containerStatuses") or ()
    ready = sum(1 for entry in statuses if entry.get("ready"))
    return f"{ready}/{len(at(object_, 'spec', 'containers') or ())}"


def _restarts(object_: Object) -> str:
    statuses = at(object_, "status", "containerStatuses") or ()
    return str(sum(entry.get("restartCount", 0) for entry in statuses))


NAME = Column("NAME", _name)
AGE = Column("AGE", age_of)
_HOSTNAMES = (NAME, Column("HOSTNAMES", _hostnames), AGE)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "GatewayClass": (
        NAME,
        Column("CONTROLLER", _text("spec", "controllerName")),
        Column("ACCEPTED", _condition("Accepted")),
        AGE,
        Column("DESCRIPTION", _text("spec", "description", missing=""), wide=True),
    ),
    "Gateway": (
        NAME,
        Column("CLASS", _text("spec", "gatewayClassName")),
        Column("ADDRESS", _addresses),
        Column("PROGRAMMED", _condition("Programmed")),
        AGE,
    ),
    "ListenerSet": (
        NAME,
        Column("ACCEPTED", _condition("Accepted")),
        Column("PROGRAMMED", _condition("Programmed")),
        AGE,
    ),
    "HTTPRoute": _HOSTNAMES,
    "GRPCRoute": _HOSTNAMES,
    "Service": (
        NAME,
        Column("TYPE", _text("spec", "type", missing="ClusterIP")),
        Column("CLUSTER-IP", _cluster_ip),
        Column("EXTERNAL-IP", _external_ip),
        Column("PORT(S)", _ports),
        AGE,
        Column("SELECTOR", _selector("spec", "selector"), wide=True),
    ),
    "EndpointSlice": (
        NAME,
        Column("ADDRESSTYPE", _text("addressType")),
        Column("PORTS", _slice_ports),
        Column("ENDPOINTS", _slice_endpoints),
        AGE,
    ),
    "Namespace": (NAME, Column("STATUS", _text("status", "phase", missing="Active")), AGE),
    "Node": (
        NAME,
        Column("STATUS", _node_status),
        Column("ROLES", _node_roles),
        AGE,
        Column("VERSION", _text("status", "nodeInfo", "kubeletVersion", missing="")),
        Column("INTERNAL-IP", _node_address("InternalIP"), wide=True),
        Column("EXTERNAL-IP", _node_address("ExternalIP"), wide=True),
    ),
    "Pod": (
        NAME,
        Column("READY", _ready_containers),
        Column("STATUS", _text("status", "phase", missing="Unknown")),
        Column("RESTARTS", _restarts),
        AGE,
        Column("IP", _text("status", "podIP"), wide=True),
        Column("NODE", _text("spec", "nodeName"), wide=True),
    ),
    "Secret": (
        NAME,
        Column("TYPE", _text("type", missing="Opaque")),
        Column("DATA", _count("data")),
        AGE,
    ),
    "ConfigMap": (NAME, Column("DATA", _count("data")), AGE),
    "Deployment": (
        NAME,
        Column("READY", _ready_replicas),
        Column("UP-TO-DATE", _text("status", "updatedReplicas", missing="0")),
        Column("AVAILABLE", _text("status", "availableReplicas", missing="0")),
        AGE,
        Column("SELECTOR", _selector("spec", "selector", "matchLabels"), wide=True),
    ),
    "DaemonSet": (
        NAME,
        Column("DESIRED", _text("status", "desiredNumberScheduled", missing="0")),
        Column("CURRENT", _text("status", "currentNumberScheduled", missing="0")),
        Column("READY", _text("status", "numberReady", missing="0")),
        Column("UP-TO-DATE", _text("status", "updatedNumberScheduled", missing="0")),
        Column("AVAILABLE", _text("status", "numberAvailable", missing="0")),
        Column("NODE SELECTOR", _selector("spec", "template", "spec", "nodeSelector")),
        AGE,
    ),
    "NodePool": (
        NAME,
        Column("TYPE", _text("spec", "type", missing="")),
        Column("READYNODES", _text("status", "readyNodeNum", missing="")),
        Column("NOTREADYNODES", _text("status", "unreadyNodeNum", missing="")),
        AGE,
    ),
    "NodeBucket": (NAME, Column("NUM-NODES", _count("nodes")), AGE),
}
"""Columns by kind."""

PLAIN = (NAME, AGE)
"""Columns of every other kind."""


def columns_of(kind: str, *, wide: bool) -> tuple[Column, ...]:
    """The columns of a kind, with the wide ones if asked for."""
    return tuple(c for c in COLUMNS.get(kind, PLAIN) if wide or not c.wide)
