"""Manifests in files and folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from gwroute.finding import Finding
from gwroute.model.meta import Object
from gwroute.model.parse import read
from gwroute.store import ObjectStore

__all__ = ["load"]

SUFFIXES = (".yaml", ".yml", ".json")
"""Names of the files that are read in a folder."""


def load(
    *paths: str | os.PathLike[str], recursive: bool = False, namespace: str = "default"
) -> ObjectStore:
    """Read manifests once.

    Args:
        paths: Files, folders (of which the YAML and JSON files are read), or ``-`` for standard
            input.
        recursive: Go into folders of folders.
        namespace: For objects that name none.

    Returns:
        A store; what was wrong is in its ``findings``.
    """
    objects: list[Object] = []
    findings: list[Finding] = []
    skipped = 0
    for path in _files(paths, recursive):
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        manifest = read(text, path, namespace)
        objects.extend(manifest.objects)
        findings.extend(manifest.findings)
        skipped += manifest.skipped
    return ObjectStore(objects, findings, skipped)


def _files(paths: tuple[str | os.PathLike[str], ...], recursive: bool) -> Iterator[str]:
    for given in paths:
        path = os.fspath(given)
        if path != "-" and Path(path).is_dir():
            pattern = "**/*" if recursive else "*"
            yield from (
                str(file)
                for file in sorted(Path(path).glob(pattern))
                if file.suffix in SUFFIXES and file.is_file()
            )
        else:
            yield path
