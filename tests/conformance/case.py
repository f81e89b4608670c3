"""Cases as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Manifest = Path | Mapping[str, Any]
LAYER_4 = ("TLSRoute", "TCPRoute", "UDPRoute")


@dataclass(frozen=True)
class Case:
    """One conformance test as data."""

    data: Mapping[str, Any]
    folder: Path
    """What its manifests are seen from."""

    @property
    def name(self) -> str:
        return str(self.data["test"])

    @property
    def features(self) -> tuple[str, ...]:
        """What has to be supported for the test to apply."""
        return tuple(self.data["features"])

    @property
    def is_provisional(self) -> bool:
        """Whether a failure is told but fails no profile."""
        return bool(self.data.get("provisional"))

    @property
    def spec(self) -> tuple[str, ...]:
        """Sentences of the specification that it shows; the suite's own cases name none."""
        return tuple(self.data.get("spec", ()))

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """Files, and objects that stand in the case itself."""
        found: list[str | Mapping[str, Any]] = self.data["manifests"]
        return tuple(self.folder / item if isinstance(item, str) else item for item in found)

    def skipped(self, supported: frozenset[str]) -> str | None:
        """Why it does not apply; None if it does.

        A feature that is missing is no reason, layer 4 aside: such a case shows that it is missing.
        """
        needed = self._layer_4()
        if needed:
            return f"needs {needed}"
        condition = self.data.get("skip_if", {})
        if condition.get("supported") in supported:
            return f"is for those without {condition['supported']}"
        if condition.get("not_supported", "Gateway") not in supported:
            return f"is for those with {condition['not_supported']}"
        return None

    def _layer_4(self) -> str | None:
        """What it needs of layer 4; None where such a kind is only named."""
        kinds = {document["kind"] for document in self._documents()}
        for part in (self.data, *self.data.get("steps", ())):
            for item in part.get("status", ()):
                kinds |= {*item.get("supported_kinds", ())}
        modes = (feature for feature in self.features if feature.startswith("TLSRouteMode"))
        return next((kind for kind in LAYER_4 if kind in kinds), None) or next(modes, None)

    def _documents(self) -> Iterator[Mapping[str, Any]]:
        for manifest in self.manifests:
            if isinstance(manifest, Path):
                loaded = yaml.load_all(manifest.read_text("utf-8"), Loader=yaml.CSafeLoader)
                yield from (document for document in loaded if document)
            else:
                yield manifest


def read_cases(folder: Path) -> list[Case]:
    """All cases of a folder, by name."""
    files = sorted((folder / "cases").glob("*.yaml"))
    return [Case(yaml.load(file.read_text("utf-8"), yaml.CSafeLoader), folder) for file in files]
