"""TLS from files: to clients, to a backend, and through changes of certificates."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from contextlib import closing
from pathlib import Path

from conformance.material import KeyPair, make
from gwroute import EchoServer
from support.client import TIMEOUT
from support.process import Process
from support.serving import HERE

HOST = "shop.example.com"
AUTHORITY = make("ca", is_authority=True)
OTHER = make("other ca", is_authority=True)
OWN = make("gateway", authority=AUTHORITY)
BACKEND = make("backend", ["cart.internal"], authority=AUTHORITY)

WORLD = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: c}}
spec: {{controllerName: gwroute.dev/gateway-controller}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: g}}
spec:
  gatewayClassName: c
  tls: {{backend: {{clientCertificateRef: {{name: own}}}}}}
  listeners:
  - name: https
    port: 443
    protocol: HTTPS
    tls: {{certificateRefs: [{{name: front}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: r}}
spec:
  parentRefs: [{{name: g}}]
  rules: [{{backendRefs: [{{name: cart, port: 443}}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: cart}}
spec: {{ports: [{{name: https, port: 443}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {{name: p}}
spec:
  targetRefs: [{{group: "", kind: Service, name: cart}}]
  validation:
    hostname: cart.internal
    caCertificateRefs: [{{group: "", kind: ConfigMap, name: ca}}]
---
{own}
"""


def secret(name: str, pair: KeyPair) -> str:
    data = {"tls.crt": pair.certificate_pem, "tls.key": pair.key_pem}
    meta = {"name": name}
    kind = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls"}
    return json.dumps({**kind, "metadata": meta, "stringData": data})


def authority(pair: KeyPair) -> str:
    kind = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}}
    return json.dumps({**kind, "data": {"ca.crt": pair.certificate_pem}})


def front() -> KeyPair:
    return make("front", [HOST], authority=AUTHORITY)


def connect(address: tuple[str, int]) -> http.client.HTTPConnection:
    """A connection that trusts the authority alone."""
    context = ssl.create_default_context(cadata=AUTHORITY.certificate_pem)
    plain = socket.create_connection(address, timeout=TIMEOUT)
    connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
    connection.sock = context.wrap_socket(plain, server_hostname=HOST)
    return connection


def ask(connection: http.client.HTTPConnection) -> tuple[int, bytes]:
    connection.request("GET", "/x", headers={"host": HOST})
    answer = connection.getresponse()
    return answer.status, answer.read()


def shown(connection: http.client.HTTPConnection) -> str:
    certificate = connection.sock.getpeercert(binary_form=True)
    return ssl.DER_cert_to_PEM_cert(certificate)


def put(folder: Path, name: str, text: str) -> None:
    """Another content for a file, all at once."""
    (folder / f".{name}").write_text(text, "utf-8")
    (folder / f".{name}").replace(folder / name)


def test_certificates_and_authorities_come_from_files_and_follow_them(tmp_path: Path) -> None:
    first, second = front(), front()
    put(tmp_path, "world.yaml", WORLD.format(own=secret("own", OWN)))
    put(tmp_path, "front.json", secret("front", first))
    put(tmp_path, "ca.json", authority(AUTHORITY))
    backend = EchoServer(
        https="127.0.0.1:0",
        certificate=BACKEND.certificate_pem,
        key=BACKEND.key_pem,
        client_authorities=AUTHORITY.certificate_pem,
    )
    with backend:
        options = ("--endpoint", f"default/cart:443={backend.addresses['https']}")
        listen = ("--listen", "443=127.0.0.1:0")
        with Process("serve", "-f", tmp_path, *listen, *HERE, *options) as process:
            process.told("^ready$")
            found = process.told(r"^listener default/g/https  (\S+):(\d+)  1 route")
            address = (found[1], int(found[2]))

            def changed(what: str, name: str, text: str) -> None:
                said = len(process.err)
                put(tmp_path, name, text)
                process.told(f"^changed {what}; ", after=said)

            with closing(connect(address)) as lasting:
                status, body = ask(lasting)
                seen = json.loads(body)["tls"]
                assert (status, shown(lasting)) == (200, first.certificate_pem)
                assert seen["serverName"] == "cart.internal"
                assert seen["peerCertificates"] == [OWN.certificate_pem]

                changed("Secret default/front", "front.json", secret("front", second))
                with closing(connect(address)) as fresh:
                    assert shown(fresh) == second.certificate_pem
                    assert ask(fresh)[0] == ask(lasting)[0] == 200

                changed("ConfigMap default/ca", "ca.json", authority(OTHER))
                assert ask(lasting)[0] == 502
                changed("ConfigMap default/ca", "ca.json", authority(AUTHORITY))
                assert ask(lasting)[0] == 200

                broken = secret("front", KeyPair(second.certificate, first.key))
                changed("Secret default/front", "front.json", broken)
                process.told("the key does not belong to the certificate")
