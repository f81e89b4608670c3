"""The layout as a test: who may import whom, what is visible, how long things get.

The table of levels is that of ``docs/architecture.md``. A module imports from lower levels only,
and within a level only from its own room; imports for type checkers count like all others.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

import gwroute
from support.shared import ROOT

PACKAGE = ROOT / "python" / "gwroute"

LEVELS = {
    "errors": 0,
    "_native": 0,
    "ir": 0,
    "secrets": 0,
    "collector": 0,
    "model": 1,
    "finding": 1,
    "store": 2,
    "nodepools": 2,
    "resolve": 3,
    "delta": 3,
    "sources": 3,
    "router": 4,
    "echo": 4,
    "status": 5,
    "asgi": 5,
    "checks": 5,
    "analysis": 5,
    "controller": 6,
    "proxy": 6,
    "testing": 6,
    "cli": 7,
    "examples": 7,
    "": 7,
}
"""By room: a module or a folder of the package; the package itself has no name."""

SAME_LEVEL = {
    ("finding", "model"): "a finding says which object it is about",
    ("nodepools", "store"): "pools are worked out from the nodes and claims in a store",
    ("proxy", "controller"): "serving is the loop over a data plane",
    ("model", "finding"): "reading a manifest finds things wrong with it",
}
"""Rooms of one level that may import each other, with the reason."""

NATIVE = {
    "router": "tables, requests, decisions",
    "proxy": "the data plane",
    "echo": "the echo backend",
    "model/parse": "the reader of manifests",
    "model/placed": "places in them",
    "model/schema": "what an API server would refuse",
    "checks/certificates": "dates of certificates",
}
"""The modules that may import the extension, and what for."""


@functools.cache
def modules() -> dict[str, ast.Module]:
    """All modules by their path in the package: ``model/parse``, ``model/__init__``."""
    return {
        str(file.relative_to(PACKAGE).with_suffix("")): ast.parse(file.read_text())
        for file in sorted(PACKAGE.rglob("*.py"))
    }


def imported(module: str, tree: ast.Module) -> Iterator[str]:
    """Dotted names inside the package that a module imports, wherever the statement stands."""
    here = ["gwroute", *module.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{source}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "gwroute")


def room(dotted: str) -> str:
    """The room of an imported name; a name that is no room belongs to the package itself."""
    parts = dotted.split(".")[1:2]
    return parts[0] if parts and parts[0] in LEVELS else ""


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_from_lower_levels_only(module: str) -> None:
    own = module.split("/")[0].removesuffix("__init__")
    assert own in LEVELS, f"{own} is in no row of the layout: add the row first"
    for name in imported(module, modules()[module]):
        other = room(name)
        allowed = (
            other == own or LEVELS[other] < LEVELS[own] or (own, other) in SAME_LEVEL or own == ""
        )
        assert allowed, f"{module} (level {LEVELS[own]}) imports {name} (level {LEVELS[other]})"


def test_the_extension_is_imported_where_it_is_converted_and_nowhere_else() -> None:
    users = {
        module
        for module, tree in modules().items()
        if any(name.startswith("gwroute._native") for name in imported(module, tree))
    }
    assert users <= NATIVE.keys()


def test_the_oracle_shares_nothing_with_the_package_but_the_snapshot() -> None:
    tree = ast.parse((ROOT / "tests" / "support" / "oracle.py").read_text())
    assert set(imported("", tree)) == {"gwroute.ir"}


# ---------------------------------------------------------------- what is visible


def test_what_is_named_is_what_is_visible() -> None:
    assert sorted(gwroute.__all__) == dir(gwroute)
    for name in gwroute.__all__:
        assert getattr(gwroute, name) is not None


def test_the_lists_of_the_package_name_the_same_things() -> None:
    for_checkers = next(node for node in modules()["__init__"].body if isinstance(node, ast.If))
    typed = {
        (statement.module, alias.name)
        for statement in for_checkers.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert typed == {(module, name) for name, module in gwroute._HOME.items()}
    assert {name for _, name in typed} | {"__version__"} == set(gwroute.__all__)


def test_the_stub_names_what_the_extension_exports() -> None:
    from gwroute import _native

    stub = ast.parse((PACKAGE / "_native.pyi").read_text())
    (listed,) = (
        ast.literal_eval(node.value)
        for node in stub.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert sorted(listed) == sorted(n for n in dir(_native) if not n.startswith("_"))


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_importing_the_package_does_no_work() -> None:
    known = "{'gwroute', 'pydantic', 'yaml', 'click', '_native'}"
    found = run(
        f"import gwroute, sys; print(sorted({known} & {{n.rsplit('.')[-1] for n in sys.modules}}))"
    )
    assert found == "['gwroute']"


def test_a_function_is_not_hidden_by_the_module_of_its_name() -> None:
    assert run("import gwroute.resolve.options, gwroute; print(type(gwroute.resolve))") == (
        "<class 'function'>"
    )


# ---------------------------------------------------------------- how long things get

LONGEST_FILE = 400
LONGEST_FUNCTION = 40

ASKED = {
    "ir.py": "the snapshot, one record after another, to be read as one page",
    "gwroute-core/src/ir.rs": "the snapshot, one record after another, to be read as one page",
    "gwroute-proxy/src/access_log/text.rs::render": "one line of the log, field after field",
    "gwroute-proxy/src/metrics/exposition.rs::configuration": "one series after another",
    "gwroute-proxy/src/connection.rs::http2": "to be divided by the phases of a connection",
    "gwroute-proxy/src/connection.rs::poll_http1": "to be divided by the phases of a connection",
    "gwroute-proxy/src/upgrade.rs::run": "two directions of one tunnel, in one loop",
    "proxy.py::serve": "one line an option",
    "gwroute-py/src/decision.rs::wrap": "one arm for each kind of decision",
}
"""What is longer nevertheless, ``file`` or ``file::function``, with the reason."""


def python_functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Functions with their length, documentation left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = node.body[0] if ast.get_docstring(node) else None
            about = documented.end_lineno - documented.lineno + 1 if documented else 0
            yield node.name, node.end_lineno - node.lineno + 1 - about


def rust_functions(text: str) -> Iterator[tuple[str, int]]:
    """Functions with their length, as rustfmt lays them out."""
    pattern = r"^( *)(?:pub(?:\([^)]*\))? )?(?:const |async |unsafe )*fn (\w+)[^;{]*\{\n.*?^\1\}"
    for found in re.finditer(pattern, text, re.MULTILINE | re.DOTALL):
        yield found[2], found[0].count("\n") + 1


def lengths() -> Iterator[tuple[str, int, int]]:
    """Of every file and function: its name, its length, and what that may be."""
    for module, tree in modules().items():
        text = (PACKAGE / f"{module}.py").read_text()
        yield f"{module}.py", text.count("\n"), LONGEST_FILE
        for name, length in python_functions(tree):
            yield f"{module}.py::{name}", length, LONGEST_FUNCTION
    for file in sorted((ROOT / "rust").glob("*/src/**/*.rs")):
        if file.name == "tests.rs":
            continue
        text = file.read_text().split("#[cfg(test)]\nmod tests {")[0]
        where = str(file.relative_to(ROOT / "rust"))
        yield where, text.count("\n"), LONGEST_FILE
        for name, length in rust_functions(text):
            yield f"{where}::{name}", length, LONGEST_FUNCTION


def test_what_gets_long_is_asked_why() -> None:
    long = {name for name, length, limit in lengths() if length > limit}
    assert long == ASKED.keys()
