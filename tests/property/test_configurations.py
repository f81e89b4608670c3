"""Whole configurations, resolved and compiled, against the specification read literally."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from gwroute import Forward, Router
from gwroute.model import Object, ObjectKey
from gwroute.model.parse import read_documents
from gwroute.resolve import Options, Resolution, Resolver
from gwroute.router import accepts_regex
from gwroute.status import status_of
from gwroute.store import ObjectStore
from support.answers import answer_of, decided, edited, expected_of, for_browsers
from support.drawn import configurations, requests
from support.keys import BY_FORM
from support.literal import Configuration, decide
from support.literal.references import endpoints
from support.literal.rules import faults
from support.literal.world import Document, place
from support.oracle import Query
from support.oracle_cors import marked, told

pytestmark = pytest.mark.timeout(600)
"""Shrinking a whole configuration takes minutes."""
LINES = [("X-A", "0"), ("x-b", "0"), ("x-b", "00"), ("server", "cart")]
"""Headers of a response."""


def objects(documents: list[Document]) -> list[Object]:
    manifest = read_documents(documents)
    assert len(manifest.objects) == len(documents)
    return list(manifest.objects)


def resolver() -> Resolver:
    return Resolver(Options(), accepts_regex, BY_FORM)


def resolved(documents: list[Document]) -> Resolution:
    return resolver().resolve(ObjectStore(objects(documents)))


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Document], tuple[Query, ...]]:
    """One configuration and several requests to it: resolving costs more than asking."""
    documents = draw(configurations())
    configuration = Configuration(documents)
    asked = [requests(draw, configuration) for _ in range(6)]
    return documents, tuple(query for query in asked if query is not None)


@given(questions())
def test_requests_go_where_the_objects_say(asked: tuple[list[Document], tuple[Query, ...]]) -> None:
    documents, queries = asked
    configuration = Configuration(documents)
    router = Router(resolved(documents).snapshot)
    for query in queries:
        decision, answer = decided(router, query), decide(configuration, query)
        assert answer_of(decision, query) == expected_of(answer)
        if isinstance(decision, Forward):
            compare_backend(configuration, decision)
            seen = [(name.lower(), value) for name, value in decision.apply_response(LINES)]
            assert seen == list(marked(answer.cors, query.headers, tuple(edited(LINES, answer))))
        else:
            assert told(tuple(decision.headers)) == told(for_browsers(answer, query))


def compare_backend(configuration: Configuration, decision: Forward) -> None:
    """That a request goes to the endpoints of its Service, in their language."""
    namespace, _, rest = decision.upstream.partition("/")
    name, _, port = rest.partition(":")
    assert sorted(decision.endpoints) == endpoints(configuration.world, namespace, name, int(port))
    assert decision.protocol == protocol(configuration, decision, (namespace, name, int(port)))


def protocol(configuration: Configuration, decision: Forward, backend: tuple[str, str, int]) -> str:
    """What is spoken to a backend."""
    namespace, name, number = backend
    service = configuration.world.find("Service", namespace, name)
    assert service is not None
    ports = {port["port"]: port.get("appProtocol") for port in service["spec"]["ports"]}
    h2c = decision.route.kind == "GRPCRoute" or ports[number] == "kubernetes.io/h2c"
    return "h2c" if h2c else "http/1.1"


@given(configurations())
def test_listeners_serve_and_count_what_the_objects_say(documents: list[Document]) -> None:
    configuration, found = Configuration(documents), resolved(documents)
    wanted = {
        item.key: (item.programmed, len(configuration.routes_of(item)), item.kinds)
        for item in configuration.sections
    }
    counted = {
        item.key: (item.programmed, item.attached_routes, item.supported_kinds)
        for gateway in found.gateways
        for item in gateway.listeners
    }
    kinds = {section.key for section in configuration.sections if section.conflicted}
    # What a listener in conflict supports is nowhere said.
    assert {k: v[: 2 if k in kinds else 3] for k, v in counted.items()} == {
        k: v[: 2 if k in kinds else 3] for k, v in wanted.items()
    }


FREE = {"no rule is usable": None, "a rival is older": None}
"""Reasons of refusals that the API leaves open."""


@given(configurations())
def test_every_parent_of_a_route_has_its_verdict(documents: list[Document]) -> None:
    configuration, found = Configuration(documents), resolved(documents)
    for route in configuration.routes:
        verdicts = configuration.verdicts_of(route)
        parents = parents_of(found, route)
        assert [parent["parentRef"]["name"] for parent in parents] == [
            verdict.ref["name"] for verdict in verdicts
        ]
        reasons = faults(configuration.world, route)
        for parent, verdict in zip(parents, verdicts, strict=True):
            types = Counter(item["type"] for item in parent["conditions"])
            assert types["Accepted"] == types["ResolvedRefs"] == 1 == max(types.values())
            said = {item["type"]: (item["status"], item["reason"]) for item in parent["conditions"]}
            assert said["Accepted"][0] == str(verdict.accepted)
            assert said["Accepted"][1] == verdict.reason or verdict.reason in FREE
            assert said["ResolvedRefs"][0] == str(not reasons)
            assert said["ResolvedRefs"][1] in (reasons or {"ResolvedRefs"})


def parents_of(found: Resolution, route: Document) -> list[Document]:
    """``status.parents`` of a route."""
    status = status_of(found, ObjectKey(route["kind"], *place(route)))
    return status["parents"] if status else []


@given(configurations(), st.randoms(use_true_random=False))
def test_the_order_of_documents_means_nothing(documents: list[Document], random: object) -> None:
    shuffled = documents.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert resolved(shuffled) == resolved(documents)


@given(configurations(), st.lists(st.integers(0, 100), min_size=1, max_size=4))
def test_what_is_deleted_and_put_again_leaves_no_trace(
    documents: list[Document], chosen: list[int]
) -> None:
    """One after another is taken away; then all come back, in the same order."""
    store = ObjectStore(objects(documents))
    again = resolver()
    first = again.resolve(store)
    gone = [item for at in chosen if (item := list(store)[at % len(documents)])]
    for item in gone:
        store = store.delete(item.key)
        assert again.resolve(store) == resolver().resolve(store)
    for item in gone:
        store = store.put(item)
        last = again.resolve(store)
    assert last == first


OUTCOMES = [
    ("httproute", "redirect", 302),
    ("httproute", "respond", 204),
    *((None, "respond", status) for status in (400, 404, 421)),
    *(
        (kind, outcome, status)
        for kind in ("httproute", "grpcroute")
        for outcome, status in (("forward", None), ("respond", 500), ("respond", 503))
    ),
]
"""Kind of the route, what becomes of the request, and its status."""


@pytest.mark.parametrize("wanted", OUTCOMES)
def test_requests_are_answered_in_every_way(wanted: tuple[object, ...]) -> None:
    """The strategies are worth something. What is rare takes some hundred examples."""

    def occurs(asked: tuple[list[Document], tuple[Query, ...]]) -> bool:
        configuration = Configuration(asked[0])
        answers = [decide(configuration, query) for query in asked[1]]
        kinds = [answer.rule and answer.rule.partition("/")[0] for answer in answers]
        found = zip(kinds, answers, strict=True)
        return wanted in [(kind, answer.outcome, answer.status) for kind, answer in found]

    many = settings(max_examples=10_000, phases=[Phase.generate], database=None)
    find(questions(), occurs, settings=many)
