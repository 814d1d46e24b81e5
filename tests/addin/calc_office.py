"""A LibreOffice with a profile of its own, for tests: install the extension, start it, talk to it, end it."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xlseg.hosts.wire import Grid

NOBODY = 65534
PATIENCE = 60

_UNOPKG = """#!/bin/sh
left=$#
while [ $left -gt 0 ]; do
  one=$1; shift; left=$((left-1))
  case $one in *.oxt) cp "$one" {public}/xlseg.oxt; chmod 644 {public}/xlseg.oxt; one={public}/xlseg.oxt;; esac
  set -- "$@" "$one"
done
exec setpriv --reuid={nobody} --regid={nobody} --clear-groups env HOME={public} {unopkg} "$@"
"""


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that all may enter, for unopkg is another user than root.

    Not one of pytest's: whenever a run of it starts anywhere, it closes the folder above those of all runs to other users.
    """
    folder = Path(tempfile.mkdtemp(prefix="xlseg-office-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def programs(folder: Path) -> Path:
    """A folder with soffice and unopkg; for root an unopkg that runs as nobody, since it refuses root."""
    folder.mkdir()
    soffice, unopkg = shutil.which("soffice"), shutil.which("unopkg")
    (folder / "soffice").symlink_to(str(soffice))
    if os.geteuid() != 0:
        (folder / "unopkg").symlink_to(str(unopkg))
        return folder
    public = folder / "public"
    public.mkdir()
    public.chmod(0o755)
    (folder / "unopkg").write_text(_UNOPKG.format(public=public, nobody=NOBODY, unopkg=unopkg))
    (folder / "unopkg").chmod(0o755)
    return folder


def profile(folder: Path) -> Path:
    """An empty profile that unopkg may write to."""
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return folder


def own(folder: Path) -> None:
    """Give a profile that root has used back to unopkg."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _grids(found: dict[str, Any]) -> Any:
    return Grid(found["grid"]) if found.keys() == {"grid"} else found


class RunningOffice:
    """A LibreOffice that runs, with its windows hidden or on a display, and a driver beside it."""

    def __init__(self, profile: Path, *, display: str | None = None, book: Path | None = None, environment: dict[str, str] | None = None) -> None:
        self._pipe = f"xlseg{os.getpid()}_{time.monotonic_ns() % 10**9}"
        headless = [] if display else ["--headless"]
        program = Path(shutil.which("soffice") or "").resolve().parent / "soffice.bin"
        self._command = [
            str(program), f"-env:UserInstallation={profile.resolve().as_uri()}", f"--accept=pipe,name={self._pipe};urp;", "--norestore", "--nologo",
            "--nodefault", "--nofirststartwizard", *headless, *([str(book)] if book else []),
        ]  # fmt: skip
        self._environment = {**os.environ, **({"DISPLAY": display} if display else {}), **(environment or {})}
        self.process = self._start()
        self._driver = subprocess.Popen(
            ["/usr/bin/python3", str(Path(__file__).with_name("calc_driver.py")), self._pipe],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
        )  # fmt: skip

        self._ending = False
        self._second = threading.Thread(target=self._once_more, daemon=True)
        self._second.start()

    def _once_more(self) -> None:
        """The first start of a profile may ask for a second; not when it is to end: nobody would end that one, and it would answer the next start."""
        if self.process.wait() == 81 and not self._ending:
            self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def is_there(self) -> bool:
        """Whether it still runs and can be asked."""
        return self.process.poll() is None and self._driver.poll() is None

    def busy(self) -> float:
        """Seconds of the processor it has taken so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_until_idle(self, most: int = 240) -> None:
        """Wait until it has had nothing to do for a second. What is asked of a window from outside while it is being drawn may stop it for good.

        Nothing to do is more than taking no time of the processor: on a machine that others keep busy it waits in line for its turn.
        """
        for _ in range(most):
            before, waiting = self.busy(), 0
            for _ in range(10):
                time.sleep(0.1)
                waiting += self._is_in_line()
            if not waiting and self.busy() - before <= 0.02:
                return
        raise RuntimeError(f"LibreOffice has not come to rest in {most} seconds")

    def _is_in_line(self) -> bool:
        """Whether one of its threads runs, or would if the processor were free."""
        for thread in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if thread.read_text().rpartition(")")[2].split()[0] in "RD":
                    return True
        return False

    def __call__(self, name: str, *arguments: object) -> object:
        """Do a command of the driver."""
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.write(json.dumps([name, *arguments], default=lambda grid: {"grid": grid.rows}) + "\n")
        self._driver.stdin.flush()
        if not select.select([self._driver.stdout], [], [], PATIENCE)[0]:
            self.process.kill()
            raise RuntimeError(f"LibreOffice has not answered to {name} in {PATIENCE} seconds")
        answer = json.loads(self._driver.stdout.readline() or '{"failed": "the driver has gone"}', object_hook=_grids)
        if "failed" in answer:
            raise RuntimeError(answer["failed"])
        return answer["ok"]

    def quit(self) -> None:
        """End it."""
        try:
            self("quit")
            self._ending = True
            self.process.wait(30)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self._second.join(10)
        if self.process.poll() is None:  # it was just being started once more
            self.process.kill()
            self.process.wait()
        for stream in (self._driver.stdin, self._driver.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        self._driver.wait(10)
