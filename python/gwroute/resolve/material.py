"""Key material in Secrets and ConfigMaps: what is there, what it is called, why it is unusable.

Names and dates in certificates are not looked at: the Gateway API does not ask for that.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from gwroute.model import ConfigMap, Object, Secret
from gwroute.resolve.conditions import Reason
from gwroute.resolve.grants import Referrer, permitted
from gwroute.resolve.suggest import did_you_mean, full_kind
from gwroute.secrets import KeyPair, Secrets
from gwroute.store import ObjectStore

__all__ = [
    "Authorities",
    "Fault",
    "Keys",
    "Named",
    "authorities_of",
    "collect",
    "key_pair_of",
    "text_of",
]

T = TypeVar("T", bound=Object)


class Keys(NamedTuple):
    """Judges of key material; resolution cannot tell by itself."""

    pair: Callable[[bytes, bytes], str | None]
    """Of a certificate and a key in PEM: None if they can be used together, else why not."""
    authorities: Callable[[bytes], str | None]
    """Of certificates of authorities in PEM: None if they can be used, else why not."""


class Named(NamedTuple):
    """Key material under the name that the snapshot has for it."""

    name: str
    value: KeyPair | str


class Fault(NamedTuple):
    """What is wrong with one reference, or with the lack of any."""

    reason: str
    code: str
    field: str
    """Below what has the reference."""
    message: str
    help: str | None = None


class Target(NamedTuple):
    """What a reference to key material names."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def words(self) -> str:
        """As a person names it."""
        return f"{full_kind(self.group, self.kind)} {self.namespace}/{self.name}"


class Authorities(NamedTuple):
    """What a list of references to authorities comes to."""

    usable: tuple[Named, ...]
    faults: tuple[Fault, ...]


def key_pair_of(
    store: ObjectStore, keys: Keys, referrer: Referrer, target: Target, field: str, reason: str
) -> Named | Fault:
    """The certificate and the key of a TLS Secret, or what is wrong with the reference.

    Args:
        store: Where Secrets and ReferenceGrants are.
        keys: Who judges what is in them.
        referrer: Who refers.
        target: To what.
        field: Where the reference stands.
        reason: Of the condition, if the Secret is not there or cannot be used.
    """
    if (target.group, target.kind) != ("", "Secret"):
        message = f"{full_kind(target.group, target.kind)} {target.name} is no certificate"
        return Fault(reason, "GWR209", f"{field}.kind", message, "name a Secret")
    found = _look_up(store, Secret, referrer, target, field, reason)
    if isinstance(found, Fault):
        return found
    made = _key_pair(found, keys)
    if isinstance(made, str):
        return Fault(reason, "GWR209", f"{field}.name", f"{target.words} {made}")
    return made


def authorities_of(
    store: ObjectStore,
    keys: Keys,
    referrer: Referrer,
    targets: Sequence[Target],
    field: str,
    reasons: tuple[str, str],
) -> Authorities:
    """The authorities that references name, and what is wrong with some of them.

    Args:
        store: Where ConfigMaps, Secrets and ReferenceGrants are.
        keys: Who judges what is in them.
        referrer: Who refers.
        targets: To what; ConfigMaps, or Secrets, with a ``ca.crt``.
        field: Where the list stands.
        reasons: Of the condition, if an object is not there or cannot be used, and if it is of
            another kind.
    """
    usable, faults = [], []
    for index, target in enumerate(targets):
        found = _authority(store, keys, referrer, target, f"{field}[{index}]", reasons)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            usable.append(found)
    return Authorities(tuple(usable), tuple(faults))


def _authority(
    store: ObjectStore,
    keys: Keys,
    referrer: Referrer,
    target: Target,
    field: str,
    reasons: tuple[str, str],
) -> Named | Fault:
    unusable, wrong_kind = reasons
    if target.group != "" or target.kind not in ("ConfigMap", "Secret"):
        message = f"{full_kind(target.group, target.kind)} {target.name} holds no authorities"
        return Fault(wrong_kind, "GWR209", f"{field}.kind", message, "name a ConfigMap")
    kind: type[ConfigMap | Secret] = ConfigMap if target.kind == "ConfigMap" else Secret
    found = _look_up(store, kind, referrer, target, field, unusable)
    if isinstance(found, Fault):
        return found
    pem = found.data.get("ca.crt") if isinstance(found, ConfigMap) else text_of(found, "ca.crt")
    if not pem:
        return Fault(unusable, "GWR209", f"{field}.name", f"{target.words} has no ca.crt")
    why = keys.authorities(pem.encode())
    if why is not None:
        message = f"ca.crt of {target.words} cannot be used: {why}"
        return Fault(unusable, "GWR209", f"{field}.name", message)
    return _named(found, pem, pem)


def _look_up(
    store: ObjectStore,
    kind: type[T],
    referrer: Referrer,
    target: Target,
    field: str,
    reason: str,
) -> T | Fault:
    """The object of a reference; the grant is asked for first, so that nothing leaks."""
    words, own = target.words, referrer.namespace
    if not permitted(store, referrer, "", target.kind, target.namespace, target.name):
        return Fault(
            Reason.REF_NOT_PERMITTED,
            "GWR202",
            f"{field}.namespace",
            f"{words} is in another namespace, which grants no {referrer.kind} of {own} its use",
            f"add a ReferenceGrant to namespace {target.namespace}",
        )
    found = store.find(kind, target.namespace, target.name)
    if found is None:
        known = (item.name for item in store.of(kind) if item.namespace == target.namespace)
        hint = did_you_mean(target.name, known) or "create it, or correct the name"
        return Fault(reason, "GWR209", f"{field}.name", f"{words} does not exist", hint)
    return found


def _key_pair(secret: Secret, keys: Keys) -> Named | str:
    """The certificate and the key of a Secret, or why it has none that can be used."""
    if secret.type not in ("kubernetes.io/tls", "Opaque"):
        return f"is of type {secret.type}, not kubernetes.io/tls"
    certificates, key = text_of(secret, "tls.crt"), text_of(secret, "tls.key")
    if not certificates:
        return "has no tls.crt"
    if not key:
        return "has no tls.key"
    why = keys.pair(certificates.encode(), key.encode())
    if why is not None:
        return f"cannot be used: {why}"
    return _named(secret, certificates + key, KeyPair(certificates, key))


def _named(obj: Object, content: str, value: KeyPair | str) -> Named:
    digest = blake2b(content.encode(), digest_size=8).hexdigest()
    return Named(f"{obj.key.kind.lower()}/{obj.namespace}/{obj.name}#{digest}", value)


def text_of(secret: Secret, key: str) -> str | None:
    """What a Secret holds under a key; None if that is not base64."""
    if key in secret.string_data:
        return secret.string_data[key]
    try:
        return base64.b64decode(secret.data.get(key, ""), validate=True).decode("ascii", "replace")
    except binascii.Error:
        return None


def collect(parts: Iterable[Sequence[Named]]) -> Secrets:
    """All of it in one, each once."""
    found = {item.name: item.value for named in parts for item in named}
    return Secrets(
        {name: value for name, value in found.items() if isinstance(value, KeyPair)},
        {name: value for name, value in found.items() if isinstance(value, str)},
    )
