"""The extension put into LibreOffice, and taken out without trace."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import xlseg
from xlseg.addin.calc_extension.files import IDENTIFIER, files
from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.log import log_file
from xlseg.errors import InstallError
from xlseg.hosts import wire

FORMULAS_FROM = (24, 2)
"""The first version of LibreOffice that keeps our formulas under their names when it saves .xlsx; before, only the button is offered."""
_PLACES = (
    "/usr/bin",
    "/usr/local/bin",
    "/usr/lib/libreoffice/program",
    "/opt/libreoffice*/program",
    "/Applications/LibreOffice.app/Contents/MacOS",
    "C:/Program Files/LibreOffice/program",
    "C:/Program Files (x86)/LibreOffice/program",
)
_PATIENCE = 180
FILE = "xlseg.oxt"
"""Name of the extension's file."""


@dataclass(frozen=True)
class Office:
    """A LibreOffice on this machine.

    Attributes
    ----------
    program
        The folder of `soffice` and `unopkg`.
    profile
        The user profile to install into; None: the user's own.
    """

    program: Path
    profile: Path | None = None

    @property
    def version(self) -> tuple[int, int]:
        """Such as (25, 2).

        Raises
        ------
        InstallError
            When it does not say.
        """
        said = self._run("soffice", "--version", with_profile=False)
        found = re.search(r"LibreOffice (\d+)\.(\d+)", said.stdout)
        if found is None:
            raise InstallError(
                "LibreOffice", f"{self.program} holds none that starts", "install LibreOffice 25.2 or newer, or name its folder with --office"
            )
        return int(found[1]), int(found[2])

    @property
    def has_extension(self) -> bool:
        """Whether ours is installed."""
        return IDENTIFIER in self._unopkg("list", IDENTIFIER).stdout

    def add(self, extension: Path) -> None:
        """Install an extension, in place of an earlier one."""
        _must_have_worked(self._unopkg("add", "--force", "--suppress-license", str(extension)), "install")

    def remove(self) -> None:
        """Take ours out."""
        _must_have_worked(self._unopkg("remove", IDENTIFIER), "remove")

    def profile_folder(self) -> Path:
        """Where the profile is."""
        if self.profile is not None:
            return self.profile
        if sys.platform == "win32":
            return Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming")) / "LibreOffice" / "4"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support" / "LibreOffice" / "4"
        return Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "libreoffice" / "4"

    def must_not_run(self) -> None:
        """Refuse while LibreOffice has the profile open: it would not see the extension, and unopkg would wait.

        Raises
        ------
        InstallError
            With what to close.
        """
        if (self.profile_folder() / ".lock").exists() and not _is_stale(self.profile_folder() / ".lock"):
            raise InstallError("LibreOffice", "it is running", "close all its windows, the quickstarter too, and run this again")

    def _unopkg(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("unopkg", *arguments)

    def _run(self, program: str, *arguments: str, with_profile: bool = True) -> subprocess.CompletedProcess[str]:
        profile = [f"-env:UserInstallation={self.profile.resolve().as_uri()}"] if self.profile and with_profile else []
        command = [_executable(self.program, program), *arguments, *profile]
        try:
            return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, stdin=subprocess.DEVNULL, check=False)
        except OSError as error:
            raise InstallError("LibreOffice", f"{command[0]} does not start ({error.strerror})", "repair LibreOffice") from error
        except subprocess.TimeoutExpired as error:
            raise InstallError("LibreOffice", f"{program} has not ended after {_PATIENCE} seconds", "close LibreOffice and run this again") from error


def find_office(folder: Path | None = None, profile: Path | None = None) -> Office:
    """The LibreOffice in a folder, or the first one that is found where it usually is.

    Raises
    ------
    InstallError
        When there is none.
    """
    on_path = shutil.which("unopkg")
    places = [folder, folder / "program", folder / "Contents" / "MacOS"] if folder else [*([Path(on_path).parent] if on_path else []), *_usual()]
    for place in places:
        if (place / "unopkg").exists() or (place / "unopkg.exe").exists():
            return Office(place, profile)
    advice = "name the folder of its program with --office" if folder is None else "name the folder that holds soffice and unopkg"
    raise InstallError(str(folder or "LibreOffice"), "it is not where it usually is" if folder is None else "LibreOffice is not there", advice)


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


def _must_have_worked(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode == 0:
        return
    said = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
    raise InstallError("LibreOffice", f"it did not {what} the extension ({said})", "close LibreOffice, and look at Tools, Extensions there")


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


def _is_stale(lock: Path) -> bool:
    """Whether the program that wrote the lock has gone, as far as can be seen: LibreOffice itself only asks for the pipe."""
    return not _running()


def _running() -> bool:
    if sys.platform == "win32":
        said = subprocess.run(["tasklist", "/FI", "IMAGENAME eq soffice.bin"], capture_output=True, text=True, errors="replace", check=False).stdout
        return "soffice.bin" in said
    return subprocess.run(["pgrep", "-x", "soffice.bin|soffice"], capture_output=True, check=False).returncode == 0


def _usual() -> list[Path]:
    return [place for pattern in _PLACES for place in (Path("/").glob(pattern.lstrip("/")) if pattern.startswith("/") else [Path(pattern)])]


def _executable(folder: Path, name: str) -> str:
    return str(folder / (f"{name}.exe" if sys.platform == "win32" else name))
