"""Distributions: many requests, and how many of them each backend gets."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import sqrt
from typing import Any

from conformance.case import Case
from conformance.expect import answer_mismatches
from conformance.traffic import Item, exchange
from conformance.world import World


def weights(case: Case, world: World, item: Item) -> Iterator[str]:
    """What is wrong with the shares of the last round; one good round is enough."""
    found = ["no round"]
    for _ in range(item["attempts"]):
        found = list(_disproportions(_backends(case, world, item), item))
        if not found:
            return
    yield from found


def _backends(case: Case, world: World, item: Item) -> Counter[str]:
    """Which backend answered how often."""

    def one(_: int) -> str:
        request = dict(item["request"])
        part = "metadata" if item.get("protocol") == "grpc" else "headers"
        request[part] = {**request.get(part, {}), "x-jitter": str(random.random())}
        seen = exchange(case, world, item, request)
        return seen.deployment or seen.grpc_code or f"status {seen.status}"

    with ThreadPoolExecutor(item["concurrency"]) as pool:
        return Counter(pool.map(one, range(item["requests"])))


def _disproportions(counts: Mapping[str, int], item: Item) -> Iterator[str]:
    expected: Mapping[str, float] = item["expected"]
    for name in sorted({*counts, *expected}):
        share = counts.get(name, 0) / item["requests"]
        wanted = expected.get(name, 0.0)
        if (wanted == 0 and share > 0) or abs(share - wanted) > item["tolerance"]:
            yield f"{name} gets {share:.3f} of the requests, not {wanted}"


def mirrored(case: Case, world: World, item: Item, asked: Item) -> Iterator[str]:
    """What is wrong with the copies of the last round; one good round is enough."""
    found = ["no round"]
    for _ in range(asked["attempts"]):
        mark = str(uuid.uuid4())
        wrong = _send_all(case, world, item, asked, mark)
        if wrong:
            yield f"{item['name']}: {wrong[0]}"
            return
        path = _marked(item["request"], mark)
        found = list(_miscounts(world, item, asked, path))
        if not found:
            return
    yield from (f"{item['name']}: {fault}" for fault in found)


def _send_all(case: Case, world: World, item: Item, asked: Item, mark: str) -> list[str]:
    def one(_: int) -> list[str]:
        request = {**item["request"], "path": _marked(item["request"], mark)}
        expect = {**item["expect"], "path": request["path"]}
        seen = exchange(case, world, item, request)
        return [str(m) for m in answer_mismatches(expect, seen)]

    with ThreadPoolExecutor(asked["concurrency"]) as pool:
        found = pool.map(one, range(asked["requests"]))
        return [fault for faults in found for fault in faults]


def _marked(request: Mapping[str, Any], mark: str) -> str:
    return f"{request['path']}?{request['unique_query']}={mark}"


def _miscounts(world: World, item: Item, asked: Item, path: str) -> Iterator[str]:
    total = asked["requests"]
    for target in item["expect"]["mirrored_to"]:
        part = target["percent"] / 100
        slack = asked["tolerance_stddevs"] * sqrt(total * part * (1 - part))
        place = (target["namespace"], target["name"])
        # Copies may be on their way; what is still missing then is missing.
        world.saw(*place, path, at_least=int(total * part - slack))
        copies = world.copies(*place, path)
        if abs(copies - total * part) > slack:
            yield f"{copies} of {total} requests are copied to {target['name']}, not {part:.0%}"
