"""A judge of key material for tests of what follows from it, so that manifests can be read."""

from __future__ import annotations

import re

from gwroute.resolve.material import Keys

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s+[A-Za-z0-9+/=\s:,-]+-----END \1-----", re.ASCII)


def _form(text: bytes, wanted: str) -> str | None:
    found = _PEM.search(text.decode("ascii", "replace"))
    fits = found is not None and found[1].endswith(wanted)
    return None if fits else f"no {wanted.lower()} in PEM"


def _pair(certificates: bytes, key: bytes) -> str | None:
    return _form(certificates, "CERTIFICATE") or _form(key, "PRIVATE KEY")


BY_FORM = Keys(_pair, lambda pem: _form(pem, "CERTIFICATE"))
"""Looks at the form alone."""
