"""Route tests: files that say where requests go, and the means to run them.

A file holds one or more YAML documents, each with manifests and tests over them; see
:mod:`gwroute.testing.case` for the format and :mod:`gwroute.testing.run` for what a run means.
"""

from gwroute.testing.case import Case, CaseError, Exchange, Expectation, Sight, read_cases
from gwroute.testing.run import Observed, mismatches

__all__ = [
    "Case",
    "CaseError",
    "Exchange",
    "Expectation",
    "Observed",
    "Sight",
    "mismatches",
    "read_cases",
]
