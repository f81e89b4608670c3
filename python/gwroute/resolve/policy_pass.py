"""The fourth pass: what is said of BackendTLSPolicies, at each Gateway that uses their targets."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import NamedTuple

from gwroute.finding import Finding
from gwroute.model import BackendTLSPolicy, ObjectKey, ParentReference, Service
from gwroute.model.policy import PolicyTargetReference
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.resolve.backend_tls import is_service, judge, stronger_than
from gwroute.resolve.conditions import Condition, Reason, Type, Verdict
from gwroute.resolve.pages import Pages
from gwroute.resolve.reading import Fact, Memo
from gwroute.resolve.suggest import full_kind
from gwroute.resolve.unsupported import unsupported_of_policy
from gwroute.resolve.world import World

__all__ = ["PolicyPass"]

MOST = 16
"""So many entries a status can have; who comes later is left out."""


class Report(NamedTuple):
    """Status of a policy, and what is wrong with it."""

    conditions: tuple[Condition, ...]
    findings: tuple[Finding, ...]


class Flaw(NamedTuple):
    """Why a policy has no effect on one of its targets."""

    field: str
    """Below the target."""
    verdict: Verdict


def _flaw(field: str, reason: str, message: str) -> Flaw:
    return Flaw(field, Verdict(Type.ACCEPTED, "False", reason, message))


class PolicyPass:
    """All BackendTLSPolicies, in the order of their keys."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._memo: Memo[ObjectKey, Report] = Memo()
        self._pages: Pages[ObjectKey, Report] = Pages(
            attrgetter("conditions"), attrgetter("findings")
        )
        self.conditions: tuple[Condition, ...] = ()
        self.findings: tuple[Finding, ...] = ()

    def update(self, changed: set[Fact], uses: Mapping[tuple[str, str], Mapping[str, int]]) -> None:
        """Bring policies up to date.

        Args:
            changed: Facts that are not what they were.
            uses: By namespace and name of a Service, the Gateways whose routes refer to it.
        """
        reading = self._world.reading
        wanted = reading.touched.get("BackendTLSPolicy", ())
        done = self._memo.update(reading, changed, wanted, lambda key: self._report(key, uses))
        if done:
            self._pages.change({key: new for key, (_, new) in done.items()})
            self.conditions, self.findings = map(self._pages.joined, range(2))

    def _report(
        self, key: ObjectKey, uses: Mapping[tuple[str, str], Mapping[str, int]]
    ) -> Report | None:
        world = self._world
        policy = world.reading.find(BackendTLSPolicy, key.namespace, key.name)
        if policy is None:
            return None
        judged = judge(world.reading, world.keys, policy)
        findings = [
            Finding.at(
                fault.code,
                policy,
                fault.field,
                f"{key}: {fault.message}"
                + ("" if judged.tls else "; requests to its backends get 500"),
                help=fault.help,
            )
            for fault in judged.faults
        ]
        lost = self._lost(policy, findings)
        accepted = lost or judged.accepted
        namespace = key.namespace or ""
        gateways: set[str] = set()
        for target in filter(is_service, policy.spec.target_refs):
            world.reading.noted.append(("uses", (namespace, target.name)))
            gateways.update(uses.get((namespace, target.name), ()))
        conditions = [
            condition
            for gateway in sorted(gateways)[:MOST]
            for condition in self._conditions(policy, gateway, (accepted, judged.resolved))
        ]
        return Report(tuple(conditions), (*findings, *unsupported_of_policy(policy)))

    def _lost(self, policy: BackendTLSPolicy, findings: list[Finding]) -> Verdict | None:
        """Why the policy has no effect on any of its targets, whatever it says."""
        verdicts = []
        for at, target in enumerate(policy.spec.target_refs):
            flaw = self._at(policy, target)
            verdicts.append(flaw and flaw.verdict)
            if flaw is not None:
                message = f"{policy.key}: {flaw.verdict.message}"
                field = f"spec.targetRefs[{at}].{flaw.field}"
                findings.append(Finding.at("GWR314", policy, field, message))
        return verdicts[0] if verdicts and all(verdicts) else None

    def _at(self, policy: BackendTLSPolicy, target: PolicyTargetReference) -> Flaw | None:
        """Why the policy has no effect on one target."""
        if not is_service(target):
            kind = full_kind(target.group, target.kind)
            return _flaw("kind", Reason.INVALID, f"{kind} {target.name} is no Service")
        reading, namespace = self._world.reading, policy.namespace or ""
        words, absent = f"Service {namespace}/{target.name}", Reason.TARGET_NOT_FOUND
        service = reading.find(Service, namespace, target.name)
        if service is None:
            return _flaw("name", absent, f"{words} does not exist")
        section = target.section_name
        if section and all(port.name != section for port in service.spec.ports):
            return _flaw("sectionName", absent, f"{words} has no port named {section}")
        stronger = stronger_than(reading, policy, target)
        if stronger is None:
            return None
        where = f"{words} port {section}" if section else words
        message = f"{stronger.key} is older and counts for {where} instead"
        return _flaw("name", Reason.CONFLICTED, message)

    def _conditions(
        self, policy: BackendTLSPolicy, gateway: str, verdicts: tuple[Verdict, ...]
    ) -> list[Condition]:
        namespace, _, name = gateway.partition("/")
        parent = self._world.parent("Gateway", namespace, name)
        ref = ParentReference(group=GATEWAY_GROUP, kind="Gateway", namespace=namespace, name=name)
        generation, controller = policy.metadata.generation, parent.controller if parent else ""
        return [
            Condition(
                policy.key,
                verdict.type,
                verdict.status,
                verdict.reason,
                verdict.message,
                generation,
                ref,
                None,
                controller,
            )
            for verdict in verdicts
        ]
