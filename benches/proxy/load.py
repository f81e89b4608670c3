"""wrk, and what it says."""

from __future__ import annotations

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


def run(port: int, *, seconds: int, core: int, connections: int, script: Path | None) -> Load:
    """Asks the port for ``/get``, or for what the script says, over kept connections.

    Raises:
        SystemExit: Something was answered other than with 200.
    """
    argv = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    argv += ["--latency", "-H", "Host: www.example.com"]
    argv += ["-s", str(script)] if script else []
    argv += [f"http://{HOST}:{port}/get"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
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
