"""One case, in a world of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance import decided, shares, steps, traffic
from conformance.case import Case
from conformance.cluster import key_of_item
from conformance.statuses import status_mismatch
from conformance.world import World

UNREADY = "gateway-api/skip-this-for-readiness"


@dataclass(frozen=True)
class Run:
    """One case and its world."""

    case: Case
    world: World

    def faults(self) -> Iterator[str]:
        """What does not come true, in the order in which the case asks for it."""
        yield from self._part(self.case.data)
        for item in self.case.data.get("weights", ()):
            yield from shares.weights(self.case, self.world, item)
        for number, step in enumerate(self.case.data.get("steps", ())):
            steps.apply(self.world, step)
            for fault in self._part(step):
                yield f"after step {number}: {fault}"

    def _part(self, part: Mapping[str, Any]) -> Iterator[str]:
        for namespace in part.get("namespaces_ready", ()):
            yield from self._unready(namespace)
        for item in part.get("status", ()):
            yield from self._status(item)
        if wanted := part.get("generated_resources"):
            yield from self._generated(wanted)
        for item in part.get("traffic", ()):
            yield from self._traffic(item)

    def _status(self, item: Mapping[str, Any]) -> Iterator[str]:
        key = key_of_item(item)
        found = status_mismatch(self._filled(item), self.world.document(key))
        if found:
            yield f"{key[0]} {key[1]}/{key[2]}: {found}"

    def _filled(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """A status item with its placeholders replaced."""
        if not isinstance(item.get("equals"), list):
            return item
        key = key_of_item(item)
        spec = self.world.cluster.documents[key]["spec"]
        types = {x.get("value"): x.get("type", "IPAddress") for x in spec.get("addresses", ())}
        wanted = []
        for entry in item["equals"]:
            value = self.world.substituted(entry["value"])
            kind = types.get(value) if entry["type"] == "as in spec" else entry["type"]
            wanted.append({"type": kind, "value": value})
        return {**item, "equals": wanted}

    def _unready(self, namespace: str) -> Iterator[str]:
        for (kind, place, name), document in self.world.cluster.documents.items():
            annotations = document["metadata"].get("annotations") or {}
            if (kind, place) != ("Gateway", namespace) or annotations.get(UNREADY) == "true":
                continue
            for condition in ("Accepted", "Programmed"):
                item = {"kind": kind, "namespace": place, "name": name}
                yield from self._status({**item, "type": condition, "status": "True"})

    def _generated(self, wanted: Mapping[str, Any]) -> Iterator[str]:
        label, name = wanted["label_selector"].split("=")
        asked = next(
            document["spec"]["infrastructure"]
            for key, document in self.world.cluster.documents.items()
            if key[0] == "Gateway" and key[2] == name
        )
        made = [
            document
            for document in self.world.generated()
            if document["kind"] in wanted["kinds"]
            and (document["metadata"].get("labels") or {}).get(label) == name
        ]
        if not made:
            yield f"nothing is generated with {wanted['label_selector']}"
        for document in made:
            for part in ("labels", "annotations"):
                if not asked[part].items() <= document["metadata"].get(part, {}).items():
                    yield f"{document['kind']} lacks {part} of spec.infrastructure"

    def _traffic(self, item: Mapping[str, Any]) -> Iterator[str]:
        if asked := self.case.data.get("mirror_distribution"):
            yield from shares.mirrored(self.case, self.world, item, asked)
            return
        for _ in range(item.get("repeat", 1)):
            for fault in traffic.faults(self.case, self.world, item):
                yield f"{item['name']}: {fault}"
        for fault in decided.faults(self.case, self.world, item):
            yield f"{item['name']}: {fault}"
