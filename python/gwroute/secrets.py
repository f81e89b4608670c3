"""Key material by the names that a snapshot gives it.

A snapshot can be shown to anybody, so it names certificates and keys and holds none. What they are
crosses to a data plane beside it, in the document that :meth:`Secrets.encode` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["KeyPair", "Secrets"]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate with its key."""

    certificates: str = field(repr=False)
    """The certificate, then those that lead to its authority, in PEM."""
    key: str = field(repr=False)
    """In PEM: PKCS #8, PKCS #1 or SEC 1."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Key material by name; each name carries a digest of the content."""

    key_pairs: Mapping[str, KeyPair] = field(default_factory=dict)
    """``secret/infra/web#1f0c9a52`` to a certificate and its key."""
    authorities: Mapping[str, str] = field(default_factory=dict, repr=False)
    """``configmap/infra/ca#5d3e0b17`` to certificates of authorities, in PEM."""

    def __bool__(self) -> bool:
        return bool(self.key_pairs or self.authorities)

    def encode(self) -> bytes:
        """The document that crosses to the data plane, in JSON."""
        pairs = {
            name: {"certificates": pair.certificates, "key": pair.key}
            for name, pair in self.key_pairs.items()
        }
        document = {"key_pairs": pairs, "authorities": dict(self.authorities)}
        return json.dumps(document, separators=(",", ":")).encode()
