"""Certificates and authorities that the conformance suite makes besides its manifests."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

INFRA = "gateway-conformance-infra"
APP = "gateway-conformance-app-backend"
WEB = "gateway-conformance-web-backend"

Place = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return pem.decode()


def make(
    name: str,
    names: Iterable[str] = (),
    uris: Iterable[str] = (),
    *,
    authority: KeyPair | None = None,
    is_authority: bool = False,
    days: int = 30,
) -> KeyPair:
    """A key pair for DNS names and URIs; self-signed without an authority.

    Args:
        name: Common name of the subject.
        names: DNS names and addresses.
        uris: URIs.
        authority: Who signs it.
        is_authority: Whether it may sign others.
        days: From now on, how long it is good; it is past for a negative number.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    )
    alternatives = [*map(_dns_or_address, names), *map(x509.UniformResourceIdentifier, uris)]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    signer = authority.key if authority else key
    return KeyPair(builder.sign(signer, hashes.SHA256()), key)


def _dns_or_address(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass
class Material:
    """All of it: key pairs in Secrets, authorities in ConfigMaps."""

    pairs: dict[Place, KeyPair]
    authorities: dict[Place, KeyPair]
    trusted: KeyPair
    """What the certificates lead to that clients trust."""

    def documents(self) -> list[dict[str, Any]]:
        """The Secrets and ConfigMaps."""
        secrets = [_secret(place, pair) for place, pair in self.pairs.items()]
        return secrets + [_config_map(place, pair) for place, pair in self.authorities.items()]


def suite() -> Material:
    """What the suite makes, each time anew."""
    ca = {name: make(f"CA {name}", is_authority=True) for name in ("A", "B", "C", "other", "web")}
    passthrough = make("passthrough", ["abc.example.com"], authority=ca["C"])
    validity = make("validity", ["*", "*.org", "*.wildcard.org"])
    own = make(
        "checks",
        ["abc.example.com", "other.example.com"],
        ["spiffe://abc.example.com/test-identity"],
        authority=ca["C"],
    )
    return Material(
        pairs={
            (WEB, "certificate"): make("web", ["*"]),
            (INFRA, "tls-validity-checks-certificate"): validity,
            (INFRA, "tls-validity-checks-client-certificate"): make("a", authority=ca["A"]),
            (INFRA, "tls-validity-checks-per-port-client-certificate"): make(
                "b", authority=ca["B"]
            ),
            (INFRA, "tls-checks-certificate"): own,
            (APP, "tls-checks-certificate"): own,
            (INFRA, "tls-checks-client-certificate"): make("client", authority=ca["C"]),
            (INFRA, "tls-passthrough-checks-certificate"): passthrough,
            (APP, "tls-passthrough-checks-certificate"): passthrough,
            (INFRA, "tls-terminate-checks-certificate"): make(
                "terminate", ["tls.example.com"], authority=ca["C"]
            ),
        },
        authorities={
            (WEB, "web-backend-cm"): ca["web"],
            (INFRA, "tls-validity-checks-ca-certificate"): ca["A"],
            (INFRA, "tls-validity-checks-per-port-ca-certificate"): ca["B"],
            (INFRA, "tls-checks-ca-certificate"): ca["C"],
            (INFRA, "mismatch-ca-certificate"): ca["other"],
        },
        trusted=validity,
    )


def own() -> Material:
    """What the project's own cases are made with, each time anew."""
    authorities = ("clients", "backends", "other", "fronts")
    ca = {name: make(f"{name} CA", is_authority=True) for name in authorities}
    web = {
        name: make(name, ["*.example.com", "*.example.org"], authority=ca["fronts"])
        for name in ("web", "pay", "next")
    }
    names, uris = ["cart.internal", "*.pods.internal"], ["spiffe://shop/cart"]
    return Material(
        pairs={
            ("infra", "web"): web["web"],
            ("infra", "next"): web["next"],
            ("infra", "expired"): make("expired", authority=ca["fronts"], days=-1),
            ("shop", "web"): web["pay"],
            ("infra", "client"): make("client", authority=ca["clients"]),
            ("infra", "stranger"): make("stranger", authority=ca["other"]),
            ("infra", "gateway"): make("gateway", authority=ca["clients"]),
            ("shop", "cart-tls"): make("cart", names, uris, authority=ca["backends"]),
        },
        authorities={
            ("infra", "clients"): ca["clients"],
            ("shop", "clients"): ca["clients"],
            ("shop", "backends"): ca["backends"],
            ("shop", "other"): ca["other"],
        },
        trusted=ca["fronts"],
    )


def _secret(place: Place, pair: KeyPair) -> dict[str, Any]:
    data = {"tls.crt": pair.certificate_pem, "tls.key": pair.key_pem}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": place[0], "name": place[1]},
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
    }


def _config_map(place: Place, pair: KeyPair) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": place[0], "name": place[1]},
        "data": {"ca.crt": pair.certificate_pem},
    }
