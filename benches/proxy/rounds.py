"""Proxies measured in turn: figures are medians of rounds, whose order is rotated."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import load
from load import Question
from process import Pinned, Running
from subjects import Subject

PROXY_CORE = 0
LOAD_CORE = 1


@dataclass(frozen=True)
class Sample:
    """One proxy in one round."""

    load: load.Load
    cpu: float
    """Seconds a request."""


@dataclass(frozen=True)
class Settings:
    """How long and how hard."""

    rounds: int
    seconds: int
    connections: int


Ask = Callable[..., load.Load]
"""Asks a port a question, as :func:`load.run` does."""

Samples = dict[str, list[Sample]]
"""By name of the proxy."""


def start(stack: ExitStack, subject: Subject, core: int, folder: Path) -> Running:
    """Starts a subject; it accepts connections and lasts as long as the stack."""
    log = folder / f"{subject.name}.log"
    running = stack.enter_context(Running(Pinned(subject.argv, core), log))
    running.wait_for(subject.port)
    return running


def side_by_side(
    compared: Sequence[Subject], folder: Path, settings: Settings, questions: Sequence[Question]
) -> list[Samples]:
    """Starts them and asks all of them each question; samples by question."""
    with ExitStack() as stack:
        running = {subject.name: start(stack, subject, PROXY_CORE, folder) for subject in compared}
        return [rounds(compared, running, settings, question) for question in questions]


def rounds(
    compared: Sequence[Subject],
    running: dict[str, Running],
    settings: Settings,
    question: Question,
    ask: Ask = load.run,
) -> Samples:
    """Asks one after the other, round by round."""
    samples: Samples = {subject.name: [] for subject in compared}
    for number in range(settings.rounds + 1):
        shift = number % len(compared)
        for subject in (*compared[shift:], *compared[:shift]):
            measured = sample(subject, running[subject.name], settings, question, ask)
            # The first round warms up.
            samples[subject.name] += [measured] if number else []
    return samples


def sample(
    subject: Subject,
    running: Running,
    settings: Settings,
    question: Question,
    ask: Ask = load.run,
) -> Sample:
    """Asks one proxy for some seconds."""
    before = running.cpu_seconds()
    measured = ask(
        subject.port,
        question,
        seconds=settings.seconds,
        core=LOAD_CORE,
        connections=settings.connections,
    )
    return Sample(measured, (running.cpu_seconds() - before) / measured.requests)


def table(samples: Samples, reference: str, unit: str = "requests") -> None:
    """Prints medians, and CPU time beside that of the reference."""

    def median(name: str, of: str) -> float:
        return statistics.median(
            sample.cpu if of == "cpu" else getattr(sample.load, of) for sample in samples[name]
        )

    heads = (unit + "/s", "CPU", "of " + reference, "p50", "p99")
    print(f"{'':24} {heads[0]:>12} {heads[1]:>10} {heads[2]:>12} {heads[3]:>9} {heads[4]:>9}")
    for name in samples:
        cpu = median(name, "cpu")
        ratio = cpu / median(reference, "cpu") if reference in samples else float("nan")
        print(
            f"{name:24} {median(name, 'per_second'):12,.0f} {cpu * 1e6:7.2f} µs {ratio:12.2f}"
            f" {median(name, 'p50') * 1e3:6.2f} ms {median(name, 'p99') * 1e3:6.2f} ms"
        )
