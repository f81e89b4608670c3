"""What a run came to: lines and tables for people, a ConformanceReport for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

import gwroute
from conformance.case import Case
from conformance.profiles import PROFILES, Profile

API_VERSION, API_CHANNEL = "v0.0.0-dev", "experimental"
"""Of the CRDs that the cases belong to."""
Outcome = Literal["passed", "failed", "skipped"]
KINDS: dict[Outcome, str] = {"passed": "Passed", "failed": "Failed", "skipped": "Skipped"}


@dataclass(frozen=True)
class Result:
    """What one case came to."""

    case: Case
    outcome: Outcome
    faults: tuple[str, ...] = ()
    """What did not come true; or why the case was skipped."""
    seconds: float = 0.0

    def __str__(self) -> str:
        head = f"{self.outcome:7}  {self.case.name}"
        if self.outcome == "skipped":
            return f"{head}  ({self.faults[0]})"
        return "\n".join([f"{head}  {self.seconds:.1f} s", *(f"    {x}" for x in self.faults)])


def closing(results: Iterable[Result]) -> str:
    """``N passed, N failed, N skipped``."""
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in KINDS)


# -- tables


def tables(results: list[Result]) -> Iterator[str]:
    """Lines by feature and by profile."""
    features = sorted({feature for result in results for feature in result.case.features})
    rows = [(f, [r for r in results if f in r.case.features]) for f in features]
    yield from _table("feature", rows)
    yield ""
    taken = [(p.name, [r for r in results if p.takes(r.case.features)]) for p in PROFILES]
    rest = [r for r in results if not any(p.takes(r.case.features) for p in PROFILES)]
    yield from _table("profile", [*taken, ("(none)", rest)])


def _table(title: str, rows: Iterable[tuple[str, list[Result]]]) -> Iterator[str]:
    rows = list(rows)
    width = max(len(name) for name, _ in [*rows, (title, [])])
    yield f"{title:{width}}" + "".join(f"  {outcome:>7}" for outcome in KINDS)
    for name, found in rows:
        counts = Counter(result.outcome for result in found)
        yield f"{name:{width}}" + "".join(f"  {counts[outcome]:7}" for outcome in KINDS)


# -- the report


def document(results: list[Result], claimed: Iterable[str]) -> dict[str, Any]:
    """A ``ConformanceReport`` of the Gateway API.

    Args:
        results: What the cases came to.
        claimed: ``supportedFeatures`` of the GatewayClass.
    """
    now = datetime.now(timezone.utc)
    names = sorted({f for r in results for f in r.case.features})
    provisional = [r.case.name for r in results if r.case.is_provisional and r.outcome == "passed"]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "ConformanceReport",
        "date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "gatewayAPIChannel": API_CHANNEL,
        "gatewayAPIVersion": API_VERSION,
        "mode": "default",
        "implementation": {
            "organization": "gwroute",
            "project": "gwroute",
            "url": "https://gwroute.dev",
            "version": gwroute.__version__,
            "contact": ["https://gwroute.dev"],
        },
        "profiles": [_profile(p, results, names, frozenset(claimed)) for p in PROFILES],
        "succeededProvisionalTests": provisional,
    }


def _profile(
    profile: Profile, results: list[Result], names: list[str], claimed: frozenset[str]
) -> dict[str, Any]:
    taken = [r for r in results if profile.takes(r.case.features)]
    core = [r for r in taken if set(r.case.features) <= profile.core]
    extended = [r for r in taken if r not in core]
    known = [name for name in names if profile.is_extended(name)]
    features = {
        "supportedFeatures": [name for name in known if name in claimed],
        "unsupportedFeatures": [name for name in known if name not in claimed],
    }
    kinds = [("Core", core), ("Extended", extended)]
    return {
        "name": profile.name,
        "core": _part(core),
        "extended": {**_part(extended), **features},
        "summary": " ".join(_sentence(kind, found) for kind, found in kinds),
    }


def _part(results: list[Result]) -> dict[str, Any]:
    lists = {
        f"{outcome}Tests": [r.case.name for r in results if r.outcome == outcome]
        for outcome in ("failed", "skipped")
    }
    return {
        "result": _verdict(results),
        "statistics": {
            kind: sum(r.outcome == outcome for r in results) for outcome, kind in KINDS.items()
        },
        **{name: found for name, found in lists.items() if found},
    }


def _verdict(results: list[Result]) -> str:
    counted = [r.outcome for r in results if not (r.case.is_provisional and r.outcome == "failed")]
    if "failed" in counted:
        return "failure"
    return "partial" if "skipped" in counted else "success"


def _sentence(kind: str, results: list[Result]) -> str:
    verdict = {
        "success": "succeeded",
        "failure": "failed",
        "partial": "partially succeeded",
    }[_verdict(results)]
    counts = Counter(r.outcome for r in results)
    words = [f"{counts[o]} test {o if o != 'skipped' else 'skips'}" for o in KINDS if counts[o]]
    return f"{kind} tests {verdict} with {', '.join(words) or 'no tests'}."
