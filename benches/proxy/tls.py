"""TLS beside nginx and HAProxy: handshakes, and requests over kept connections.

Everybody speaks TLS 1.3 with one suite, one group and one certificate (``keys.py``), and HTTP/1.1
in it. A handshake is followed by one request that the proxy answers by itself, and the connection
is closed: what is counted is all of that.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import gateways
import handshakes
import keys
import rounds
import subjects
from keys import KeyPair
from load import Question
from process import free_port
from rounds import Settings
from subjects import Subject

MAKERS: dict[str, Callable[[Path, int, int, KeyPair], Subject]] = {
    "gwroute": gateways.secure,
    "nginx": subjects.nginx,
    "haproxy": subjects.haproxy,
}


def compare(folder: Path, backend: int, settings: Settings) -> None:
    """Prints three tables: full handshakes, resumed ones, requests."""
    handshakes.build()
    folder = folder / "tls"
    folder.mkdir()
    pair, client = keys.make(folder), keys.client(folder)
    compared = [make(folder, free_port(), backend, pair) for make in MAKERS.values()]
    with ExitStack() as stack:
        running = {
            subject.name: rounds.start(stack, subject, rounds.PROXY_CORE, folder)
            for subject in compared
        }
        for subject in compared:
            keys.check(subject.port, client)
        print(f"\nTLS 1.3, {keys.SUITE}, {keys.GROUP}, ECDSA over P-256")
        once = Question(path="/away")
        for words, ask in (
            ("with a full handshake", handshakes.full),
            ("that resume a session", handshakes.resumed),
        ):
            print(f"new connections {words}, and one redirect each:")
            taken = rounds.rounds(compared, running, settings, once, ask)
            rounds.table(taken, "nginx", "connections")
            print()
        print("GETs over kept connections, forwarded:")
        rounds.table(rounds.rounds(compared, running, settings, Question(tls=client)), "nginx")
