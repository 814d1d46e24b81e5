"""The extension put into LibreOffice, and taken out without trace."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import xlseg
from xlseg.addin.calc_extension.files import files
from xlseg.addin.calc_extension.office import Office
from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.log import log_file
from xlseg.errors import InstallError
from xlseg.hosts import wire

FORMULAS_FROM = (24, 2)
"""The first version of LibreOffice that keeps our formulas under their names when it saves .xlsx; before, only the button is offered."""
FILE = "xlseg.oxt"
"""Name of the extension's file."""


def install(office: Office) -> str:
    """Make the extension for this Python and put it in; what was done, in words.

    Raises
    ------
    InstallError
        When that cannot be done; LibreOffice is then as it was.
    """
    _must_not_be_root(office)
    office.must_not_run()
    version = office.version
    with_formulas = version >= FORMULAS_FROM
    with tempfile.TemporaryDirectory(prefix="xlseg-") as folder:
        office.add(make(Path(folder), with_formulas=with_formulas))
    if not office.has_extension:
        raise InstallError("LibreOffice", "it does not list the extension after it was added", "open Tools, Extensions there to see why")
    said = (
        f"LibreOffice {version[0]}.{version[1]}: {'formulas and ' if with_formulas else ''}Refresh Segments installed, computed by {sys.executable}."
    )
    if not with_formulas:
        oldest = ".".join(map(str, FORMULAS_FROM))
        said += f" No formulas: this version would save them under names that Excel does not know; they need {oldest} or newer, best 25.2."
    return f"{said} Next: start LibreOffice; the button is on the toolbar xlseg and in the menu xlseg."


def uninstall(office: Office) -> str:
    """Take the extension out with all it left behind; what was done, in words."""
    _must_not_be_root(office)
    office.must_not_run()
    there = office.has_extension
    if there:
        office.remove()
    _forget(office.profile_folder() / "user" / "registrymodifications.xcu")
    _sweep(office.profile_folder() / "user")
    shutil.rmtree(log_file().parent, ignore_errors=True)
    return "LibreOffice: the extension is removed." if there else "LibreOffice: the extension is not installed; nothing to remove."


def make(folder: Path, *, with_formulas: bool = True) -> Path:
    """The extension's file."""
    content = folder / "content"
    shutil.copytree(Path(__file__).parent / "program", content, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(wire.__file__, content / "pythonpath" / "xlseg_wire.py")
    for name, text in files(FORMULAS if with_formulas else (), xlseg.__version__).items():
        (content / name).parent.mkdir(exist_ok=True)
        (content / name).write_text(text, encoding="utf-8")
    worker = {"python": sys.executable, "home": str(Path(xlseg.__file__).parents[1])}
    (content / "worker.json").write_text(json.dumps(worker), encoding="utf-8")
    made = Path(shutil.make_archive(str(folder / "xlseg"), "zip", content))
    return made.rename(folder / FILE)


def _must_not_be_root(office: Office) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0 and office.profile is None:
        raise InstallError("LibreOffice", "it takes no extension from the administrator (root)", "run this as the user who opens the workbook")


def _forget(settings: Path) -> None:
    """LibreOffice keeps where a toolbar was, also when the toolbar is gone."""
    if not settings.is_file():
        return
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "org.xlseg" not in line]
    if kept != lines:
        settings.write_text("".join(kept), encoding="utf-8")


def _sweep(user: Path) -> None:
    """LibreOffice keeps copies of an extension for a while after it was removed."""
    copies = [copy for folder in ("extensions", "uno_packages") for copy in (user / folder).rglob(FILE)]
    for folder in {copy.parent for copy in copies}:
        shutil.rmtree(folder, ignore_errors=True)
