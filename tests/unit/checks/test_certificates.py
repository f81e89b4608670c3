"""Certificates of listeners: which dates are told of."""

from __future__ import annotations

import re

import pytest

from conformance.material import make
from gwroute.checks.certificates import lapsing_certificates
from gwroute.checks.view import View
from gwroute.router import resolve
from gwroute.store import ObjectStore
from support.objects import obj


def told(certificate: str, key: str, *, namespace: str = "infra") -> list[str]:
    """What is told of a listener that refers to the certificate."""
    pem = {"tls.crt": certificate, "tls.key": key}
    tls = {"certificateRefs": [{"name": "web", "namespace": namespace}]}
    listeners = [
        {"name": "plain", "protocol": "HTTP", "port": 80},
        {"name": "https", "protocol": "HTTPS", "port": 443, "tls": tls},
    ]
    spec = {"gatewayClassName": "ours", "listeners": listeners}
    store = ObjectStore(
        [
            obj("GatewayClass", "ours", spec={"controllerName": "gwroute.dev/gateway-controller"}),
            obj("Gateway", "public", "infra", spec=spec),
            obj("Secret", "web", namespace, type="kubernetes.io/tls", stringData=pem),
        ]
    )
    return [item.message for item in lapsing_certificates(View(store, resolve(store)))]


@pytest.mark.parametrize(
    ("days", "words"), [(-1, r"ended on .*; clients refuse it"), (5, r"ends on \d{4}-\d\d-\d\d")]
)
def test_a_certificate_that_ends_is_told_of_in_time(days: int, words: str) -> None:
    pair = make("web", days=days)
    (message,) = told(pair.certificate_pem, pair.key_pem)
    beginning = "Gateway infra/public listener https: the certificate of Secret infra/web "
    assert re.fullmatch(re.escape(beginning) + words, message)


def test_of_others_nothing_is_told() -> None:
    lasting, over = make("web"), make("web", days=-1)
    assert told(lasting.certificate_pem, lasting.key_pem) == []
    assert told("nonsense", over.key_pem) == []


def test_nothing_is_told_of_what_nobody_may_refer_to() -> None:
    over = make("web", days=-1)
    assert told(over.certificate_pem, over.key_pem, namespace="other") == []
