"""What is wrong with the user's objects, said once and in one form.

A :class:`Finding` is a value: a code from :data:`CODES`, a level, what is wrong and what follows
from it, what to do, and where. ``str(finding)`` is the line a person and an editor read;
:func:`render` adds the lines of the file with the place underlined.

Codes by range: 0xx reading, 1xx schema, 2xx references and backends, 3xx classes, gateways and
attachment, 4xx rules against each other, 5xx node pools, 6xx portability, 7xx safety, 9xx
recognised and not supported. A code is never used again for something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from gwroute.model.key import ObjectKey
    from gwroute.model.meta import Object

__all__ = ["CODES", "Code", "Finding", "Level", "render", "render_all"]

Level = Literal["error", "warning", "info"]


class Code(NamedTuple):
    """What a code stands for."""

    level: Level
    """The level of a finding that names none of its own."""
    title: str


CODES: dict[str, Code] = {
    "GWR001": Code("error", "not YAML"),
    "GWR002": Code("error", "document is not a mapping"),
    "GWR003": Code("error", "apiVersion, kind or name is missing"),
    "GWR004": Code("error", "unknown kind of a known group"),
    "GWR005": Code("error", "unknown version of a known kind"),
    "GWR006": Code("warning", "unknown field"),
    "GWR007": Code("error", "wrong type"),
    "GWR008": Code("error", "required field is missing"),
    "GWR009": Code("error", "invalid value"),
    "GWR010": Code("warning", "object written twice in one file"),
    "GWR011": Code("info", "object replaced by a later file"),
    "GWR012": Code("warning", "key written twice in one mapping"),
    "GWR013": Code("error", "nested too deeply or too large"),
    "GWR014": Code("error", "file cannot be read"),
    "GWR015": Code("warning", "file disappeared while being read"),
    "GWR016": Code("warning", "nothing to read"),
    "GWR101": Code("error", "required by the schema and missing"),
    "GWR103": Code("error", "value is not one of those allowed"),
    "GWR104": Code("error", "text does not match its pattern"),
    "GWR105": Code("error", "text is too long or too short"),
    "GWR106": Code("error", "number is too large or too small"),
    "GWR107": Code("error", "too many or too few entries"),
    "GWR108": Code("error", "entry is in a list twice"),
    "GWR109": Code("error", "values do not go together"),
    "GWR110": Code("error", "rule of the schema does not hold"),
    "GWR111": Code("info", "field of the experimental channel"),
    "GWR201": Code("error", "backend of an unknown kind"),
    "GWR202": Code("error", "reference into another namespace without a grant"),
    "GWR203": Code("error", "Service does not exist"),
    "GWR204": Code("error", "Service has no such port"),
    "GWR205": Code("error", "reference to a Service without a port"),
    "GWR206": Code("error", "ExternalName Service as a backend"),
    "GWR207": Code("warning", "no request can reach a backend"),
    "GWR208": Code("warning", "Service has no endpoint that serves"),
    "GWR209": Code("error", "certificate does not exist or cannot be used"),
    "GWR210": Code("error", "parameters cannot be used"),
    "GWR211": Code("error", "filter refers to what does not exist or is unknown"),
    "GWR212": Code("error", "protocol of a backend is not supported"),
    "GWR213": Code("info", "grant that nothing uses"),
    "GWR214": Code("warning", "EndpointSlice of no Service"),
    "GWR215": Code("info", "parameters that nothing uses"),
    "GWR301": Code("error", "GatewayClass does not exist"),
    "GWR302": Code("info", "class of another controller"),
    "GWR303": Code("error", "parent does not exist"),
    "GWR304": Code("warning", "route without a parent"),
    "GWR305": Code("error", "no such listener"),
    "GWR306": Code("error", "listener does not allow the route"),
    "GWR307": Code("error", "no hostname in common"),
    "GWR308": Code("error", "listeners conflict"),
    "GWR309": Code("error", "listener cannot be served"),
    "GWR310": Code("error", "route or part of it is not accepted"),
    "GWR311": Code("error", "Gateway is not accepted"),
    "GWR312": Code("info", "listener without a route"),
    "GWR313": Code("warning", "hostname that no listener takes"),
    "GWR314": Code("error", "BackendTLSPolicy cannot be obeyed"),
    "GWR315": Code("warning", "CRD of a release that is not known"),
    "GWR501": Code("warning", "topology-unknown-value"),
    "GWR502": Code("warning", "topology-list-not-enabled"),
    "GWR503": Code("info", "topology-zone-alias"),
    "GWR504": Code("warning", "pool-no-endpoint"),
    "GWR505": Code("warning", "pool-empty"),
    "GWR506": Code("warning", "pool-unknown"),
    "GWR507": Code("info", "gateway-not-pinned"),
    "GWR508": Code("warning", "gateway-service-not-scoped"),
    "GWR509": Code("warning", "gateway-service-scope-without-pin"),
    "GWR510": Code("warning", "nodeport-local-few-replicas"),
    "GWR511": Code("info", "nodeport-open-elsewhere"),
    "GWR512": Code("info", "route-misses-pool"),
    "GWR513": Code("info", "backend-not-pinned"),
    "GWR514": Code("info", "node-without-pool"),
    "GWR515": Code("info", "zone-and-pool"),
    "GWR516": Code("info", "pool-status-lag"),
    "GWR517": Code("error", "pool-conflict"),
    "GWR518": Code("warning", "pool-disagrees"),
    "GWR519": Code("warning", "location-unknown"),
    "GWR520": Code("error", "topology-unknown-key"),
    "GWR521": Code("error", "node-port-taken"),
    "GWR522": Code("error", "host-port-taken"),
    "GWR523": Code("warning", "nodeport-closed-here"),
    "GWR701": Code("warning", "certificate out of its time, or nearly"),
    "GWR801": Code("warning", "silence that silences nothing"),
    "GWR901": Code("warning", "kind is recognised and not supported"),
    "GWR902": Code("warning", "field is recognised and not supported"),
}
"""Every code with its level and title; each room of the package adds its own rows."""

_WAYS_OUT = {
    "GWR001": "correct the indentation, the quotes and the brackets here or above",
    "GWR003": "an object has apiVersion, kind and metadata.name",
    "GWR007": "write it as the reference of the kind has it",
    "GWR008": "add it",
    "GWR009": "correct it",
    "GWR011": "remove one of them, or give it another name",
    "GWR013": "correct the brackets and the indentation, or divide the file",
    "GWR014": "correct its permissions, or take it away",
    "GWR015": "once it is there again, it is read again",
}
"""What to do where a finding knows nothing better."""

WIDE = 160
"""Characters of a line of a file that are shown; a longer one is shown around the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem, with the place and a way out."""

    code: str
    message: str
    """What is wrong, and what follows from it."""
    level: Level = "error"
    help: str | None = None
    """What to do."""
    object: ObjectKey | None = None
    field: str | None = None
    """Path in the object: ``spec.rules[1].matches[0].path.value``."""
    file: str | None = None
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 1, in characters."""
    witness: Mapping[str, Any] | None = None
    """A request that shows it: method, URL, headers."""

    @classmethod
    def of(cls, code: str, message: str, **fields: Any) -> Finding:
        """Make a finding at the level that :data:`CODES` gives its code."""
        fields.setdefault("level", CODES[code].level)
        fields["help"] = fields.get("help") or _WAYS_OUT.get(code)
        return cls(code=code, message=message, **fields)

    @classmethod
    def at(
        cls,
        code: str,
        obj: Object,
        field: str | None,
        message: str,
        *,
        key: bool = False,
        level: Level | None = None,
        help: str | None = None,  # noqa: A002
    ) -> Finding:
        """Make a finding about a field of an object, and look up where that was written.

        Args:
            code: Its code.
            obj: The object.
            field: Path of the field; None for the object as a whole.
            message: What is wrong, and what follows from it.
            key: Point to the field's name instead of its value.
            level: None takes that of the code.
            help: What to do; None takes what helps with every finding of the code.
        """
        place = obj.origin.position(field or "metadata.name", key=key) if obj.origin else None
        return cls(
            code=code,
            message=message,
            level=level or CODES[code].level,
            help=help or _WAYS_OUT.get(code),
            object=obj.key,
            field=field,
            file=place.file if place else None,
            line=place.line if place else None,
            column=place.column if place else None,
        )

    @property
    def place(self) -> str | None:
        """``file:line:column`` as far as it is known."""
        if self.file is None:
            return None
        parts = [self.file]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)

    def __str__(self) -> str:
        """One line: ``file:line:column: level CODE: message``."""
        line = f"{self.level} {self.code}: {self.message}"
        return f"{self.place}: {line}" if self.file is not None else line


def render(finding: Finding, source: str | None = None) -> str:
    """Render a finding with the lines of its file and the place underlined.

    Args:
        finding: What to render.
        source: Text of the file; None reads ``finding.file``, and leaves the frame out if that
            is not possible.

    Returns:
        The line of ``str(finding)`` and, under it, up to two lines of the file and a line of
        ``^`` with the help behind it.
    """
    lines = _lines_of(finding.file) if source is None else source.splitlines()
    return _rendered(finding, lines)


def render_all(findings: Iterable[Finding]) -> Iterator[str]:
    """Render findings as :func:`render` does; those of one file that stand together read it once.

    Args:
        findings: What to render.
    """
    file: str | None = None
    lines: list[str] = []
    for finding in findings:
        if finding.file != file:
            file, lines = finding.file, _lines_of(finding.file)
        yield _rendered(finding, lines)


def _lines_of(file: str | None) -> list[str]:
    """The lines of a file; none if it cannot be read, or not again, as a pipe."""
    if file is None or not Path(file).is_file():
        return []
    try:
        return Path(file).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _rendered(finding: Finding, lines: list[str]) -> str:
    frame = _frame(finding, lines)
    if not frame and finding.help:
        frame = [f"    help: {finding.help}"]
    return "\n".join([str(finding), *frame])


def _frame(finding: Finding, lines: list[str]) -> list[str]:
    if finding.line is None or not 0 < finding.line <= len(lines):
        return []
    at = finding.line - 1
    width = max(len(str(finding.line)) + 2, 5)
    above = _context(lines, at)
    line, start = _around(lines[at], (finding.column or 1) - 1)
    frame = [] if above is None else [(above, _around(lines[above], 0)[0])]
    shown = [f"{i + 1:>{width}} | {text.expandtabs(1)}" for i, text in [*frame, (at, line)]]
    mark = "^" * _token_length(line, start)
    note = f" {finding.help}" if finding.help else ""
    return [*shown, f"{'':>{width}} | {' ' * start}{mark}{note}"]


def _around(line: str, place: int) -> tuple[str, int]:
    """The part of a line around a place, and where the place is in that."""
    first = max(0, min(place - WIDE // 2, len(line) - WIDE))
    left, right = "…" * (first > 0), "…" * (first + WIDE < len(line))
    return left + line[first : first + WIDE] + right, place - first + len(left)


def _context(lines: list[str], at: int) -> int | None:
    """The nearest line above that is less indented or a sibling, which says where we are."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    for i in range(at - 1, max(at - 12, -1), -1):
        text = lines[i].strip()
        if text and not text.startswith("#") and len(lines[i]) - len(lines[i].lstrip()) <= indent:
            return i
    return None


def _token_length(line: str, start: int) -> int:
    """How many characters to underline: the scalar, the key or the quoted text at ``start``."""
    rest = line[start:].rstrip()
    if not rest:
        return 1
    if rest[0] in "\"'":
        end = rest.find(rest[0], 1)
        return end + 1 if end > 0 else len(rest)
    for stop in (" #", ": ", ", ", "}", "]"):
        rest = rest.split(stop, 1)[0]
    return max(len(rest.removesuffix(":").removesuffix(",")), 1)
