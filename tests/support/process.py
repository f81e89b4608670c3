"""``gwroute`` as a process of its own: what it says, and how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import IO

from support.transcript import GWROUTE, ROOT, environment

PATIENCE = 20.0
"""Seconds to wait for what has to come; reached only if it does not."""


class Process:
    """A running ``gwroute``; killed at the end of the ``with`` block if it still runs."""

    def __init__(self, *args: str | Path, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [str(GWROUTE), *map(str, args)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**environment(), **(env or {})},
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._told = threading.Condition()
        streams = ((self.process.stdout, self.out), (self.process.stderr, self.err))
        self._readers = [
            threading.Thread(target=self._collect, args=pair, daemon=True) for pair in streams
        ]
        for reader in self._readers:
            reader.start()

    def _collect(self, stream: IO[str], lines: list[str]) -> None:
        for line in stream:
            with self._told:
                lines.append(line.rstrip("\n"))
                self._told.notify_all()
        with self._told:
            self._told.notify_all()

    def told(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """Waits until a line of either stream holds the pattern.

        Args:
            pattern: A regular expression.
            after: So many lines of standard error are old.
        """
        deadline = time.monotonic() + PATIENCE
        with self._told:
            while True:
                found = _search(pattern, self.out + self.err[after:])
                if found is not None:
                    return found
                ended = self.process.poll() is not None and not self._reading()
                if ended or time.monotonic() > deadline:
                    how = f"ended with {self.process.poll()}" if ended else "goes on"
                    said = self.everything()
                    raise AssertionError(f"never told {pattern!r}, and {how}:\n{said}")
                self._told.wait(0.2)

    def everything(self) -> str:
        """All it has said."""
        return "\n".join(self.out + self.err)

    def _reading(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Waits for the end and gives the exit code."""
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def stop(self) -> int:
        """Asks for a clean end and waits for it."""
        self.signal(signal.SIGTERM)
        return self.end()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def _search(pattern: str, lines: Iterable[str]) -> re.Match[str] | None:
    return next((found for line in lines if (found := re.search(pattern, line))), None)


def eventually(what: Callable[[], bool], *, because: str) -> None:
    """Waits until it is so."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not what():
        assert time.monotonic() < deadline, f"never so: {because}"
        pause.wait(0.01)
