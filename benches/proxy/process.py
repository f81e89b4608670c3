"""Processes of a benchmark: where they run, what they use, and that they end."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PATIENCE = 60.0
"""Seconds for a process to accept connections."""

HOST = "127.0.0.77"
"""Where everything listens: an address of loopback that nothing else is likely to use."""

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Pinned:
    """A command and the core it may run on."""

    argv: Sequence[str]
    core: int


class Running:
    """A process in a group of its own, pinned to a core; ended with the ``with`` block."""

    def __init__(self, command: Pinned, log: Path) -> None:
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: os.sched_setaffinity(0, {command.core}),
            )

    def wait_for(self, port: int) -> float:
        """Waits until the port accepts; the seconds that took."""
        begin = time.perf_counter()
        while True:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
            except OSError:
                if self._process.poll() is not None:
                    raise SystemExit(f"{self._log.stem} ended:\n{self._log.read_text()}") from None
                if time.perf_counter() - begin > PATIENCE:
                    raise SystemExit(f"{self._log.stem} never listened on {port}") from None
                time.sleep(0.01)
            else:
                return time.perf_counter() - begin

    def cpu_seconds(self) -> float:
        """User and system time of the process and its children, all threads."""
        ticks = 0
        for pid in self._pids():
            # Behind the name, which may hold anything; the fields there are counted from 3.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            ticks += int(fields[14 - 3]) + int(fields[15 - 3])
        return ticks / TICKS

    def resident_bytes(self) -> int:
        """Resident memory of the process and its children."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._pids())
        return pages * os.sysconf("SC_PAGE_SIZE")

    def _pids(self) -> list[int]:
        own = self._process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return [own, *map(int, children)]

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
