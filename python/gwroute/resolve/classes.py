"""GatewayClasses: which are ours, and whether their parameters can be used."""

from __future__ import annotations

from dataclasses import dataclass

from gwroute.finding import Finding
from gwroute.model import GatewayClass
from gwroute.resolve.conditions import Condition, Reason, Type, Verdict, good
from gwroute.resolve.infrastructure import class_parameters
from gwroute.resolve.options import Options
from gwroute.resolve.versions import supported_version
from gwroute.store import ObjectStore

__all__ = ["ClassPlan", "plan_class"]


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """One GatewayClass."""

    ours: bool
    conditions: tuple[Condition, ...] = ()
    findings: tuple[Finding, ...] = ()


def plan_class(store: ObjectStore, name: str, options: Options) -> ClassPlan | None:
    """What is to be said of a GatewayClass; None if it does not exist."""
    found = store.find(GatewayClass, None, name)
    if found is None:
        return None
    if not options.is_ours(found.spec.controller_name):
        return ClassPlan(ours=False, findings=(_foreign(found, options),))
    invalid = class_parameters(store, found)
    findings: tuple[Finding, ...] = ()
    verdict = good(Type.ACCEPTED, "The class is accepted")
    if invalid is not None:
        verdict = Verdict(Type.ACCEPTED, "False", Reason.INVALID_PARAMETERS, invalid)
        findings = (Finding.at("GWR210", found, "spec.parametersRef.name", invalid),)
    verdicts = [verdict]
    if (version := supported_version(store)) is not None:
        verdicts.append(version)
    generation = found.metadata.generation
    conditions = tuple(Condition.of(found.key, verdict, generation) for verdict in verdicts)
    return ClassPlan(True, conditions, findings)


def _foreign(found: GatewayClass, options: Options) -> Finding:
    return Finding.at(
        "GWR302",
        found,
        "spec.controllerName",
        f"{found.key} belongs to controller {found.spec.controller_name}; its Gateways are not "
        "served here",
        help=f"--controller-name {found.spec.controller_name} takes it as ours; taken are "
        + ", ".join(options.controller_names),
    )
