"""From objects to their meaning: a snapshot, and what there is to say about it.

A function from a store to a :class:`Resolution`. It reads no files, calls no network, and never
raises for what is in the objects: a problem is a condition and a finding, and the rest is served.
:class:`Resolver` does the same for one version of a store after another, at the cost of what
changed.
"""

from __future__ import annotations

from gwroute.resolve.conditions import Condition
from gwroute.resolve.material import Keys
from gwroute.resolve.options import Options
from gwroute.resolve.resolver import Resolver
from gwroute.resolve.result import Resolution, ResolvedGateway, ResolvedListener
from gwroute.resolve.rules import AcceptsRegex
from gwroute.store import ObjectStore

__all__ = [
    "Condition",
    "Options",
    "Resolution",
    "ResolvedGateway",
    "ResolvedListener",
    "Resolver",
    "resolve",
]


def resolve(
    store: ObjectStore, options: Options, accepts_regex: AcceptsRegex, keys: Keys
) -> Resolution:
    """Resolve a store from nothing.

    Args:
        store: The objects.
        options: What is told beside them.
        accepts_regex: Whether a regular expression can be used: None if it can, else a sentence why
            not.
        keys: Who judges key material.
    """
    return Resolver(options, accepts_regex, keys).resolve(store)
