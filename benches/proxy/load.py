"""wrk, and what it says."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from process import HOST

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}

CYCLE = """
local requests = {}
local next = 0
init = function(args)
  for number = 0, %d do
    requests[number] = wrk.format("GET", "/get/" .. number, {["Host"] = "www.example.com"})
  end
end
request = function()
  next = (next + 7919) %% %d
  return requests[next]
end
"""


@dataclass(frozen=True)
class Load:
    """What one run of wrk measured."""

    requests: int
    per_second: float
    p50: float
    """Seconds."""
    p99: float
    """Seconds."""


@dataclass(frozen=True)
class Question:
    """What is asked, and how."""

    path: str = "/get"
    headers: tuple[str, ...] = ()
    """Besides the host."""
    script: Path | None = None
    """Says what is asked instead."""
    tls: dict[str, str] | None = None
    """Environment of a client over TLS; ``None`` asks in clear text."""


def run(port: int, question: Question, *, seconds: int, core: int, connections: int) -> Load:
    """Asks the port over and over; over kept connections, unless the question says otherwise.

    Raises:
        SystemExit: Something was answered with an error, or not at all.
    """
    argv = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    argv += ["--latency"]
    for header in ("Host: www.example.com", *question.headers):
        argv += ["-H", header]
    argv += ["-s", str(question.script)] if question.script else []
    scheme = "http" if question.tls is None else "https"
    argv += [f"{scheme}://{HOST}:{port}{question.path}"]
    environment = {**os.environ, **(question.tls or {})}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    text = done.stdout
    if trouble := re.search(r"Socket errors.*|Non-2xx.*", text):
        raise SystemExit(f"wrk on port {port}: {trouble[0].strip()}")
    return Load(
        requests=int(_find(r"(\d+) requests in", text)),
        per_second=float(_find(r"Requests/sec:\s+([\d.]+)", text)),
        p50=_seconds(_find(r"(?m)^\s+50%\s+(\S+)", text)),
        p99=_seconds(_find(r"(?m)^\s+99%\s+(\S+)", text)),
    )


def cycle(folder: Path, paths: int) -> Path:
    """A script that asks for so many paths, in an order that is no neighbour's."""
    file = folder / f"cycle-{paths}.lua"
    file.write_text(CYCLE % (paths - 1, paths))
    return file


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk said something else than expected:\n{text}")
    return found[1]


def _seconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]
