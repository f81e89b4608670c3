"""What TLS is measured with: one suite, one group, one key pair, on both sides."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from process import HOST

SUITE = "TLS_AES_128_GCM_SHA256"

GROUP = "X25519"

CLIENT = """
openssl_conf = client
[client]
ssl_conf = ssl
[ssl]
system_default = only
[only]
MinProtocol = TLSv1.3
Ciphersuites = {suite}
Groups = {group}
"""


@dataclass(frozen=True)
class KeyPair:
    """Files in PEM."""

    certificate: Path
    """For HAProxy the key stands in it, too."""
    key: Path


def make(folder: Path) -> KeyPair:
    """A certificate for ``www.example.com``, ECDSA over P-256, signed by itself."""
    pair = KeyPair(folder / "web.pem", folder / "web.pem.key")
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    argv += ["-nodes", "-days", "30", "-subj", "/CN=www.example.com"]
    argv += ["-addext", "subjectAltName=DNS:www.example.com"]
    argv += ["-out", str(pair.certificate), "-keyout", str(pair.key)]
    subprocess.run(argv, capture_output=True, check=True)
    return pair


def client(folder: Path) -> dict[str, str]:
    """Environment of a program over OpenSSL that is to offer one suite and one group."""
    file = folder / "client.cnf"
    file.write_text(CLIENT.format(suite=SUITE, group=GROUP))
    return {"OPENSSL_CONF": str(file)}


def check(port: int, environment: dict[str, str]) -> None:
    """Makes sure that a server agrees with such a client on what everybody is measured with.

    Raises:
        SystemExit: It does not.
    """
    argv = ["openssl", "s_client", "-brief", "-connect", f"{HOST}:{port}"]
    argv += ["-servername", "www.example.com"]
    done = subprocess.run(argv, capture_output=True, text=True, input="", env=environment)
    told = " ".join((done.stdout + done.stderr).split())
    for part in ("TLSv1.3", SUITE, GROUP, "ECDSA"):
        if part not in told:
            raise SystemExit(f"the proxy on port {port} does not speak {part}:\n{told}")
