"""What is read is noted, and what is noted decides what is kept."""

from gwroute.model import Object, ObjectKey, Service
from gwroute.resolve.reading import Memo, Reading
from gwroute.store import ObjectStore
from support.objects import obj, renewed


class Named:
    """A computation over Services that counts how often it is asked."""

    def __init__(self, *objects: Object) -> None:
        self.reading = Reading()
        self.store = ObjectStore()
        self.memo: Memo[str, str] = Memo()
        self.asked: list[str] = []
        self.turn(ObjectStore(objects))

    def compute(self, name: str) -> str | None:
        self.asked.append(name)
        found = self.reading.service("default", name)
        return None if found is None else f"{name} on {found.spec.ports[0].port}"

    def turn(self, store: ObjectStore, *wanted: str) -> dict:
        self.asked = []
        changed = self.reading.turn_to(self.store, store)
        self.store = store
        return self.memo.update(self.reading, changed, wanted, self.compute)


def service(name: str, port: int = 80) -> Object:
    return obj("Service", name, spec={"ports": [{"port": port}]})


def test_what_did_not_change_is_not_asked_again() -> None:
    named = Named(service("a"), service("b"))
    named.turn(named.store, "a", "b")
    assert named.turn(named.store.put(service("a", 81))) == {"a": ("a on 80", "a on 81")}
    assert named.asked == ["a"]


def test_an_equal_object_that_is_another_one_is_looked_at() -> None:
    named = Named(service("a"))
    named.turn(named.store, "a")
    named.turn(named.store.put(renewed(named.store.service("default", "a"))))
    assert named.asked == ["a"]


def test_what_was_looked_for_in_vain_is_a_fact_too() -> None:
    reading, memo = Reading(), Memo()
    store = ObjectStore()
    changed = reading.turn_to(ObjectStore(), store)

    def there(_: str) -> bool:
        return reading.service("default", "a") is not None

    memo.update(reading, changed, ["it"], there)
    changed = reading.turn_to(store, store.put(service("a")))
    assert memo.update(reading, changed, (), there) == {"it": (False, True)}


def test_a_result_of_none_is_gone() -> None:
    named = Named(service("a"))
    named.turn(named.store, "a")
    gone = named.turn(named.store.delete(ObjectKey("Service", "default", "a")))
    assert gone == {"a": ("a on 80", None)}
    assert named.memo.values == {}
    assert named.turn(named.store.put(service("a")), "a") == {"a": (None, "a on 80")}


def test_groups_and_kinds_are_facts() -> None:
    reading = Reading()
    store = ObjectStore([service("a")])
    reading.turn_to(ObjectStore(), store)
    reading.noted = []
    reading.slices_of("default", "a")
    reading.of(Service)
    group, kind = reading.noted
    piece = obj(
        "EndpointSlice", "a-1", labels={"kubernetes.io/service-name": "a"}, addressType="IPv4"
    )
    assert group in reading.turn_to(store, store.put(piece))
    assert kind in reading.turn_to(store.put(piece), store.put(service("b")))


def test_facts_that_nobody_reads_any_more_are_told_once() -> None:
    named = Named(service("a"))
    named.turn(named.store, "a")
    named.turn(named.store.delete(ObjectKey("Service", "default", "a")))
    assert named.memo.unread() == [("Service", "default", "a")]
    assert named.memo.unread() == []


def test_what_is_asked_in_between_is_noted_apart() -> None:
    reading, inner = Reading(), Memo()
    reading.turn_to(ObjectStore(), ObjectStore([service("a"), service("b")]))
    reading.noted = []
    reading.service("default", "a")
    inner.ask(reading, "b", lambda name: reading.service("default", name))
    assert reading.noted == [("Service", "default", "a")]
