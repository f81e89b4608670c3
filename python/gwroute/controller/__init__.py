"""The loop: news from a source, joined, resolved, compiled aside and put in place at once.

What is live changes in one step or not at all. Whatever goes wrong on the way, the last good
configuration goes on serving, and the log and the metrics say so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from threading import Event as Flag
from threading import Thread

from gwroute.controller import status, words
from gwroute.controller.bindings import Entry
from gwroute.controller.given import unmatched
from gwroute.controller.inbox import Inbox
from gwroute.controller.live import DataPlane, Live
from gwroute.controller.reporter import Reporter
from gwroute.controller.session_keys import SessionKeys
from gwroute.controller.state import State
from gwroute.errors import BindError, LoadError, ProxyError
from gwroute.ir import Snapshot
from gwroute.resolve import Options, Resolution
from gwroute.router import Router, resolver
from gwroute.secrets import Secrets
from gwroute.sources.base import Source
from gwroute.store import Event, ObjectStore

__all__ = ["Controller", "DataPlane", "SessionKeys", "State"]

RETRY = 1.0
"""Seconds until a source that failed is asked again."""
ASKED = 0.2
"""Seconds between looks at whether the admin port is still to be attended to."""
LATEST = 1.0
"""Seconds after which a change is reported even if the next one is there already."""

_log = logging.getLogger(__name__)


class Controller:
    """Keeps a data plane at what a source says.

    Args:
        source: Where objects come from.
        options: Options of resolution.
        plane: What serves.
        listen: Where ports are bound: addresses by port (``80``) or by Gateway and port
            (``infra/public:80``). A port that is not named is bound as it stands, everywhere.
        state: Where the last good snapshot is kept; None keeps none.
        keys: Keys of session tokens; None leaves the data plane its own.
    """

    def __init__(
        self,
        source: Source,
        options: Options,
        plane: DataPlane,
        *,
        listen: Mapping[str, str],
        state: State | None = None,
        keys: SessionKeys | None = None,
    ) -> None:
        self.inbox = Inbox()
        self._keys = keys
        self._source = source
        self._plane = plane
        self._state = state
        self._options = options
        self._resolver = resolver(options)
        self._listen = tuple(listen)
        self._live = Live(plane, listen)
        self._reporter = Reporter(plane, state)
        self._store = ObjectStore()
        self._resolution = Resolution(Snapshot())
        self._unreported = False
        self._reported = 0.0
        self._fault: str | None = None
        self._restored = False
        """What is live is the last good snapshot, because a file cannot be read since the start."""
        self._stop = Flag()

    @property
    def resolution(self) -> Resolution:
        """What was resolved last, and what has become of it where ports were bound."""
        return status.as_served(self._resolution, self._live.bound, self._live.refused)

    @property
    def bound(self) -> Mapping[Entry, tuple[str, ...]]:
        """Where each port of a Gateway is bound."""
        return self._live.bound

    # -- the beginning

    def start(self) -> None:
        """Puts the first configuration in place and binds its listeners.

        Raises:
            LoadError: Nothing can be read, and there is no last good snapshot; or a session key
                cannot be.
            BindError: There are listeners, and none of them can be bound.
            ProxyError: What was read cannot be used, for a reason that is not the user's.
        """
        began = time.monotonic()
        if self._keys is not None:
            self._keys.load()
        try:
            self._store = self._store.apply(self._source.read())
            unreadable = words.unreadable(self._store)
        except (OSError, LoadError) as error:
            unreadable = str(error)
            if not self._restore(unreadable, began):
                raise
        else:
            if unreadable is None or not self._restore(unreadable, began):
                self._fault = words.fault(self._store)
                if not self._configure(began):
                    raise ProxyError("there is no configuration to begin with")
        if self._live.refused and not self._live.serves:
            raise BindError("; ".join(self._live.refused.values()))
        self._reporter.refused(self._live.refused)
        self._report()
        if not self._live.router.entries:
            _log.warning("nothing to serve yet: there is no listener of a Gateway that is ours")
        self._plane.set_ready(True)
        _log.info("ready")

    def _restore(self, why: str, began: float) -> bool:
        """Serves the last good snapshot; False if there is none."""
        snapshot = self._state.load() if self._state is not None else None
        if snapshot is None or self._state is None:
            return False
        _log.warning("serving the last good snapshot, %s, because of: %s", self._state.file, why)
        self._restored = True
        self._fault = why
        self._live.put(Router(snapshot), Secrets(), began=began, fault=why)
        return True

    # -- the loop

    def run(self) -> None:
        """Follows the source until a drain is asked for."""
        helpers = [Thread(target=run, daemon=True) for run in (self._watch, self._attend)]
        if self._keys is not None:
            helpers.append(Thread(target=self._keys.follow, args=(self._stop,), daemon=True))
        for helper in helpers:
            helper.start()
        try:
            while (news := self.inbox.get()) != "drain":
                if isinstance(news, str):
                    self.reread()
                else:
                    self.apply(news)
        finally:
            self._stop.set()
            for helper in helpers:
                helper.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                for events in self._source.watch(self._stop):
                    self.inbox.put(events)
            except (OSError, LoadError) as error:
                _log.error("%s; trying again", error)
            if not self._stop.wait(RETRY):
                self.inbox.put("reload")

    def _attend(self) -> None:
        """Hands on what is asked for through the admin port."""
        while not self._stop.is_set():
            match (self._plane.wait_event(ASKED) or "").split():
                case ["reload"]:
                    self.inbox.put("reload")
                case ["drain"]:
                    self.inbox.put("drain")
                case ["log-level", level]:
                    words.log_from(level)

    # -- changes

    def reread(self) -> None:
        """Reads everything again."""
        if self._keys is not None:
            self._keys.reload()
        try:
            events = self._source.read()
        except (OSError, LoadError) as error:
            self._failed(str(error))
        else:
            if not self.apply(events):
                _log.info("read everything again; generation %d stays", self._live.generation)

    def apply(self, events: Sequence[Event]) -> bool:
        """Puts a change in place; False if there was none to put in place."""
        began = time.monotonic()
        old, self._store = self._store, self._store.apply(events)
        what = words.changed(old, self._store)
        before, self._fault = self._fault, words.fault(self._store)
        if self._fault is not None and self._fault != before:
            self._plane.reload_failed(self._fault)
            self._reporter.unreadable(self._store)
        waits = self._restored and words.unreadable(self._store) is not None
        mended = before is not None and self._fault is None
        if waits or not (what or mended or self._restored):
            return False
        generation = self._live.generation
        if self._configure(began):
            spent = (time.monotonic() - began) * 1000
            now = self._live.generation
            _log.info(
                "%s; generation %d -> %d in %.1f ms", what or "mended", generation, now, spent
            )
            self._reporter.refused(self._live.refused)
        if self.inbox.is_empty or began - self._reported > LATEST:
            self._report()
        return True

    def _configure(self, began: float) -> bool:
        """Resolves, compiles and puts in place; False if that fails, and what is live stays."""
        try:
            resolution = self._resolver.resolve(self._store)
            router = self._live.router.updated(resolution.snapshot)
            self._live.put(router, resolution.secrets, began=began, fault=self._fault)
        except Exception as error:  # a fault of ours must not end what is being served
            _log.debug("while configuring", exc_info=True)
            # What it remembers may be half of one configuration and half of another.
            self._resolver = resolver(self._options)
            self._failed(f"what was read cannot be used: {error}")
            return False
        self._restored = False
        self._resolution, self._unreported = resolution, True
        return True

    def _report(self) -> None:
        if self._unreported:
            whole = self._fault is None
            self._reporter.report(self._store, self.resolution, whole=whole)
            snapshot = self._resolution.snapshot
            self._reporter.unmatched(unmatched(self._listen, self._options.endpoints, snapshot))
            self._unreported = False
            self._reported = time.monotonic()

    def _failed(self, error: str) -> None:
        _log.error("%s", error)
        self._plane.reload_failed(error)
