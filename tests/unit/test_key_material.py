"""Key material on its way to the data plane: judged, taken in, and shown to clients."""

from __future__ import annotations

import json
import socket
import ssl

import pytest

from conformance.material import KeyPair, make
from gwroute import Router, ir
from gwroute._native import check_authorities, check_key_pair
from gwroute.proxy import Proxy

WEB, OTHER, AUTHORITY = make("web", ["a.example"]), make("other"), make("ca", is_authority=True)


def test_a_key_has_to_belong_to_its_certificate() -> None:
    certificate = WEB.certificate_pem.encode()
    check_key_pair(certificate, WEB.key_pem.encode())
    with pytest.raises(ValueError, match="does not belong"):
        check_key_pair(certificate, OTHER.key_pem.encode())
    for broken in (b"", b"nonsense", certificate):
        with pytest.raises(ValueError, match="key"):
            check_key_pair(certificate, broken)
        with pytest.raises(ValueError, match="certificate"):
            check_key_pair(broken if broken != certificate else b"", WEB.key_pem.encode())


def test_authorities_are_counted() -> None:
    pem = AUTHORITY.certificate_pem.encode()
    assert check_authorities(pem * 2) == 2
    for broken in (b"", b"nonsense", WEB.key_pem.encode(), pem.replace(b"M", b"!")):
        with pytest.raises(ValueError, match="certificate"):
            check_authorities(broken)


def secrets_of(pair: KeyPair) -> bytes:
    made = {"certificates": pair.certificate_pem, "key": pair.key_pem}
    return json.dumps({"key_pairs": {"secret/infra/web#1": made}}).encode()


def shown_by(address: str) -> str:
    """The certificate that a client is shown."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, _, port = address.rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="a.example") as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
    assert shown
    return ssl.DER_cert_to_PEM_cert(shown)


def router_with(name: str) -> Router:
    """One listener, with the key pair of that name."""
    tls = ir.ListenerTLS((name,))
    listener = ir.Listener("infra/public/https", "infra/public", "https", 443, "HTTPS", tls=tls)
    return Router(ir.Snapshot((listener,)))


def test_a_listener_shows_what_crosses_beside_its_table() -> None:
    router = router_with("secret/infra/web#1")
    with Proxy(workers=1) as proxy:
        proxy.swap(router, secrets=secrets_of(WEB))
        address = proxy.listen("infra/public", 443, "127.0.0.1:0")
        assert shown_by(address) == WEB.certificate_pem
        with pytest.raises(ValueError, match="key material: not of the right form"):
            proxy.swap(router, secrets=b'{"key_pairs": {"x": {"key": "k"}}}')
        proxy.swap(router_with("secret/infra/web#2"), secrets=secrets_of(WEB))
        with pytest.raises((ssl.SSLError, OSError)):
            shown_by(address)
        proxy.swap(router, secrets=secrets_of(WEB))
        assert shown_by(address) == WEB.certificate_pem
