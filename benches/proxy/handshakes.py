"""New connections over TLS, by a client that is cheaper than any of the servers.

wrk resumes its sessions whether that is wanted or not, and a client over OpenSSL pays more for a
handshake than gwroute does; so the client is a program of the benchmarks in Rust
(``benches/rust/examples/handshakes.rs``). It fails if a handshake is not of the kind asked for.
"""

from __future__ import annotations

import json
import statistics
import subprocess
from functools import partial
from pathlib import Path

from load import Load, Question
from process import HOST

NAME = "www.example.com"
ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "target" / "release" / "examples" / "handshakes"


def build() -> None:
    """Makes the client."""
    argv = ["cargo", "build", "--quiet", "--locked", "--release", "--package", "gwroute-bench"]
    subprocess.run([*argv, "--example", CLIENT.name], check=True, cwd=ROOT)


def _run(
    kind: str, port: int, question: Question, *, seconds: int, core: int, connections: int
) -> Load:
    argv = ["taskset", "-c", str(core), str(CLIENT), f"{HOST}:{port}", NAME, question.path]
    argv += [str(seconds), str(connections), kind]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"handshakes on port {port}: {done.stderr.strip()}")
    taken: list[float] = json.loads(done.stdout)
    percentiles = statistics.quantiles(taken, n=100)
    return Load(len(taken), len(taken) / seconds, percentiles[49], percentiles[98])


full = partial(_run, "full")
"""Like :func:`load.run`: each connection with a handshake of its own."""

resumed = partial(_run, "resumed")
"""Like :func:`load.run`: each connection resumes the session of one before it."""
