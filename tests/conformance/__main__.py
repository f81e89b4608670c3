"""``python -m conformance``: runs conformance cases and tells what came of them."""

from __future__ import annotations

import argparse
import fnmatch
import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

import yaml

from conformance import report
from conformance.case import Case, read_cases
from conformance.material import Material, own, suite
from conformance.pods import Addresses, Pods
from conformance.report import Result
from conformance.run import Run
from conformance.world import Site, World
from gwroute.resolve.features import FEATURES
from support.shared import ROOT, shared

FOLDER = shared("conformance")
OWN = Path(__file__).resolve().parent
"""Where the project's own cases are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for; 0 if nothing failed."""
    asked = _parser().parse_args(arguments)
    folders = [folder for folder in asked.data or (FOLDER, OWN) if (folder / "cases").is_dir()]
    if FOLDER not in folders and not asked.data:
        print(f"the Gateway API's cases are not in {FOLDER}; without them", file=sys.stderr)
    try:
        cases = [case for folder in folders for case in read_cases(folder)]
        chosen = _chosen(cases, asked.cases, asked.only)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    logging.getLogger("gwroute").setLevel(logging.CRITICAL)
    results = []
    for result in run_all(chosen, keep_going=asked.keep_going):
        print(result, flush=True)
        results.append(result)
    print("", *report.tables(results), "", sep="\n")
    _write(asked.report, results)
    print(f"report: {asked.report}", report.closing(results), sep="\n")
    return int(any(result.outcome == "failed" for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("cases", nargs="*", help="names of cases, with * and ?; default all")
    parser.add_argument(
        "--only", metavar="FEATURE", action="append", default=[],
        help="only cases that need this feature; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--keep-going", action="store_true", help="tell everything that is wrong with a case"
    )
    parser.add_argument(
        "--data", type=Path, action="append",
        help="folder with cases/ and manifests/; default the Gateway API's and the project's own",
    )  # fmt: skip
    parser.add_argument(
        "--report", type=Path, default=ROOT / "target" / "conformance-report.yaml",
        help="where the ConformanceReport is written",
    )  # fmt: skip
    return parser


def _chosen(cases: list[Case], patterns: list[str], features: list[str]) -> list[Case]:
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(case.name, pattern) for case in cases):
            raise LookupError(f"there is no case {pattern}")
    known = {feature for case in cases for feature in case.features}
    for feature in features:
        if feature not in known:
            raise LookupError(f"no case needs a feature {feature}")
    return [
        case
        for case in cases
        if (not patterns or any(fnmatch.fnmatchcase(case.name, p) for p in patterns))
        and {*features} <= {*case.features}
    ]


def run_all(cases: Sequence[Case], *, keep_going: bool = False) -> Iterator[Result]:
    """Runs cases one after the other."""
    addresses = Addresses()
    for folder, some in groupby(cases, lambda case: case.folder):
        with Site(Pods(material_of(folder), addresses), addresses) as site:
            for case in some:
                yield run_one(case, site, keep_going=keep_going)


def material_of(folder: Path) -> Material:
    """The certificates that the cases of a folder are made with."""
    return own() if folder.resolve() == OWN else suite()


def run_one(case: Case, site: Site, *, keep_going: bool = False) -> Result:
    """Runs a case in a world of its own.

    Args:
        case: Which one.
        site: What it shares with others.
        keep_going: Whether to go on after something did not come true.
    """
    why = case.skipped(frozenset(FEATURES))
    if why is not None:
        return Result(case, "skipped", (why,))
    began = time.monotonic()
    found = _faults(lambda: World(case.manifests, site), case, None if keep_going else 1)
    seconds = time.monotonic() - began
    return Result(case, "failed" if found else "passed", found, seconds)


def _faults(make: Callable[[], World], case: Case, limit: int | None) -> tuple[str, ...]:
    try:
        with make() as world:
            return tuple(islice(Run(case, world).faults(), limit))
    except Exception as error:  # a case that cannot be run has failed, and the others go on
        return (f"broken: {error!r}\n{traceback.format_exc()}",)


def _write(file: Path, results: list[Result]) -> None:
    """The report is about the Gateway API's cases, unless others alone were asked for."""
    file.parent.mkdir(parents=True, exist_ok=True)
    official = [result for result in results if result.case.folder == FOLDER]
    found = report.document(official or results, FEATURES)
    file.write_text(yaml.dump(found, sort_keys=False, allow_unicode=True), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
