"""What filters cost: a rule with all that edit a request or its response, beside one with none."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import gateways
import rounds
from load import Question
from process import free_port
from rounds import Settings

QUESTION = Question(
    path="/get/of/an/item",
    headers=("Origin: https://shop.example.com", "x-debug: 1", "x-tenant: none"),
)
"""Of a page in a browser, with something to remove and something to replace."""


def compare(folder: Path, backend: int, settings: Settings) -> None:
    """Prints one table. A mirror is a second request, so it is measured on top."""
    variants = ("", gateways.FILTERS, gateways.FILTERS + gateways.MIRROR)
    folder = folder / "filters"
    compared = [gateways.filtered(folder, free_port(), backend, filters) for filters in variants]
    print("\none rule, the same request:")
    with ExitStack() as stack:
        running = {
            subject.name: rounds.start(stack, subject, rounds.PROXY_CORE, folder)
            for subject in compared
        }
        rounds.table(rounds.rounds(compared, running, settings, QUESTION), compared[0].name)
