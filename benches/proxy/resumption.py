"""New connections that resume a session, one after the other: what wrk cannot do.

As a program it is the client: ``resumption.py PORT PATH SECONDS`` asks until the time is over.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import time

from load import Load, Question
from process import HOST

NAME = "www.example.com"


def run(port: int, question: Question, *, seconds: int, core: int, connections: int) -> Load:
    """Like :func:`load.run`; ``connections`` says nothing, there is one at a time.

    Raises:
        SystemExit: A connection was not resumed, or answered with an error.
    """
    del connections
    argv = ["taskset", "-c", str(core), sys.executable, __file__]
    argv += [str(port), question.path, str(seconds)]
    environment = {**os.environ, **(question.tls or {})}
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"nothing could be resumed on port {port}")
    taken: list[float] = json.loads(done.stdout)
    percentiles = statistics.quantiles(taken, n=100)
    return Load(len(taken), len(taken) / seconds, percentiles[49], percentiles[98])


def main() -> None:
    """Prints what each connection took, in seconds."""
    port, path, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode()
    session = _ask(context, port, request, None)
    taken = []
    begin = now = time.perf_counter()
    while now < begin + seconds:
        session = _ask(context, port, request, session)
        before, now = now, time.perf_counter()
        taken.append(now - before)
    json.dump(taken, sys.stdout)


def _ask(
    context: ssl.SSLContext, port: int, request: bytes, session: ssl.SSLSession | None
) -> ssl.SSLSession | None:
    """One connection; the session that the next one may resume."""
    with (
        socket.create_connection((HOST, port)) as plain,
        context.wrap_socket(plain, server_hostname=NAME, session=session) as stream,
    ):
        if stream.session_reused != (session is not None):
            raise SystemExit("the server gave a ticket that it does not take")
        stream.sendall(request)
        answer = b"".join(iter(lambda: stream.recv(4096), b""))
        if not answer.startswith(b"HTTP/1.1 302"):
            raise SystemExit(f"answered with {answer[:80]!r}")
        return stream.session


if __name__ == "__main__":
    main()
