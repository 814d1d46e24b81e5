"""A timer of systemd that runs for the user: two small files in his folder of units."""

from __future__ import annotations

from pathlib import Path

from xlseg.errors import ScheduleError
from xlseg.scheduling.commands import Run, must_succeed
from xlseg.scheduling.job import Job, as_text, from_text, must_be_writable

_DATA = "[X-xlseg]\nJob="
_NO_MANAGER = "no systemd runs for this user"


class Systemd:
    """The units of the user."""

    name = "systemd"
    zones = True
    changes = "systemd leaves the night out in which the time does not exist, and runs once in the night in which it comes twice"
    missed = "A run that is missed because the machine is off is made up for when systemd runs again."

    def __init__(self, run: Run, units: Path, stamps: Path) -> None:
        self._run = run
        self._units, self._stamps = units, stamps

    def runs(self) -> bool:
        """Whether a systemd runs for this user."""
        try:
            return self._run(["systemctl", "--user", "show-environment"], b"").code == 0
        except ScheduleError:
            return False

    def jobs(self) -> list[Job]:
        """Every refresh that a timer is there for."""
        texts = [path.read_text(encoding="utf-8") for path in sorted(self._units.glob("xlseg-*.timer"))]
        found = [from_text(text.split(_DATA, 1)[1].splitlines()[0]) for text in texts if _DATA in text]
        return [job for job in found if job is not None]

    def install(self, job: Job) -> list[str]:
        """Write both units and start the timer; returns remarks."""
        must_be_writable(job)
        if not self.runs():
            raise ScheduleError("systemctl", _NO_MANAGER, "choose --with cron, or log in to a desktop or by ssh")
        self._units.mkdir(parents=True, exist_ok=True)
        for path, text in ((self._path(job.key, "service"), service_of(job)), (self._path(job.key, "timer"), timer_of(job))):
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
        self._system("daemon-reload")
        self._system("enable", f"xlseg-{job.key}.timer")
        self._system("restart", f"xlseg-{job.key}.timer")
        return self._lingering()

    def remove(self, key: str) -> bool:
        """Stop the timer and delete what belongs to it; whether there was any."""
        ours = [self._path(key, "timer"), self._path(key, "service"), self._stamps / f"stamp-xlseg-{key}.timer"]
        if not any(path.exists() for path in ours[:2]):
            return False
        runs = self.runs()
        if runs:
            self._run(["systemctl", "--user", "disable", "--now", f"xlseg-{key}.timer"], b"")
        for path in [*ours, self._units / "timers.target.wants" / f"xlseg-{key}.timer"]:
            path.unlink(missing_ok=True)
        if runs:
            self._system("daemon-reload")
        return True

    def _path(self, key: str, kind: str) -> Path:
        return self._units / f"xlseg-{key}.{kind}"

    def _system(self, *arguments: str) -> None:
        must_succeed(self._run(["systemctl", "--user", *arguments], b""), "systemctl")

    def _lingering(self) -> list[str]:
        answer = self._run(["loginctl", "show-user", "--property=Linger", "--value"], b"")
        if answer.code == 0 and answer.out.strip() == b"no":
            return ["the timer runs only while you are logged in. To go on without that, run: loginctl enable-linger"]
        return []


def service_of(job: Job) -> str:
    """The unit that runs the command."""
    environment = "".join(f"Environment={_quoted(f'{name}={value}', dollar=False)}\n" for name, value in job.environment)
    command = " ".join(map(_quoted, job.command))
    return f"[Unit]\nDescription={_plain(job.title)}\n\n[Service]\nType=oneshot\n{environment}ExecStart={command}\n"


def timer_of(job: Job) -> str:
    """The unit that says when; a run that was missed is made up for."""
    days, zone = "Mon..Fri " * job.weekdays, f" {job.zone}" * bool(job.zone)
    when = f"OnCalendar={days}*-*-* {job.at:%H:%M}:00{zone}\nPersistent=true\n"
    return f"[Unit]\nDescription={_plain(job.title)}\n\n[Timer]\n{when}\n[Install]\nWantedBy=timers.target\n\n{_DATA}{as_text(job)}\n"


def _quoted(word: str, dollar: bool = True) -> str:
    """A word as systemd reads it: in quotes, with its own signs doubled (% begins a specifier, $ a variable of a command)."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text.replace("$", "$$") if dollar else text}"'


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace("%", "%%")
