"""What is installed with xlseg is listed, and under a licence that lets anybody use it."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

TABLE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
ALLOWED = {"MIT", "BSD", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Apache-2.0", "PSF-2.0", "Zlib", "CC0-1.0", "MPL-2.0"}
SAID_OTHERWISE = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 MPL 2.0": "MPL-2.0",
}


def installed_with(name: str, extra: str = "") -> dict[str, metadata.PackageMetadata]:
    """Every distribution that an installation brings along, with an extra or without, by name."""
    found: dict[str, metadata.PackageMetadata] = {}
    waiting = [(name, extra)]
    while waiting:
        asked, wanted = waiting.pop()
        for line in metadata.requires(asked) or ():
            needed = Requirement(line)
            key = needed.name.lower().replace("_", "-")
            if key not in found and (needed.marker is None or needed.marker.evaluate({"extra": wanted})):
                found[key] = metadata.metadata(key)
                waiting.append((key, ""))
    return found


def licences(about: metadata.PackageMetadata) -> set[str]:
    """The identifiers of a distribution's licence: as it states them, else by its classifiers, else its short licence text."""
    stated = about.get("License-Expression", "")
    kinds = [line.rsplit(" :: ", 1)[1] for line in about.get_all("Classifier", []) if line.startswith("License :: OSI")]
    words = stated or " AND ".join(kinds) or str(about.get("License", ""))
    return {SAID_OTHERWISE.get(word, word) for word in re.split(r" AND | OR ", words.replace("(", "").replace(")", ""))}


INSTALLED = installed_with("xlseg") | installed_with("xlseg", "notify")


def test_the_walk_finds_what_others_bring_along() -> None:
    assert {"numpy", "pandas", "lxml", "et-xmlfile", "apprise", "certifi"} <= INSTALLED.keys()


@pytest.mark.parametrize("name", sorted(INSTALLED))
def test_a_dependency_is_listed_with_a_licence_that_is_allowed(name: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", TABLE), f"add {name} to the table of dependencies in CONTRIBUTING.md"
    assert licences(INSTALLED[name]) <= ALLOWED
