"""The LibreOffice on this machine: where its programs are and where the user's profile is; it installs an extension and takes it out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xlseg.addin.calc_extension.files import IDENTIFIER
from xlseg.errors import InstallError

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
        return self.profile or profile_folder(sys.platform, Path.home(), os.environ)

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


def profile_folder(platform: str, home: Path, environment: Mapping[str, str]) -> Path:
    """Where LibreOffice keeps the user's settings and extensions."""
    if platform == "win32":
        return Path(environment.get("APPDATA", home / "AppData" / "Roaming")) / "LibreOffice" / "4"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "LibreOffice" / "4"
    return Path(environment.get("XDG_CONFIG_HOME", home / ".config")) / "libreoffice" / "4"


def is_listed(profile: Path) -> bool:
    """Whether ours is on LibreOffice's list of the user's extensions, without starting it; files of one that was removed may lie there still."""
    try:
        return IDENTIFIER.encode() in (profile / "user" / "uno_packages" / "cache" / "uno_packages.pmap").read_bytes()
    except OSError:
        return False


def _must_have_worked(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode == 0:
        return
    said = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
    raise InstallError("LibreOffice", f"it did not {what} the extension ({said})", "close LibreOffice, and look at Tools, Extensions there")


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
    """A program of LibreOffice; on Windows only the one for the command line says anything."""
    if sys.platform != "win32":
        return str(folder / name)
    return str(folder / (f"{name}.com" if (folder / f"{name}.com").exists() else f"{name}.exe"))
