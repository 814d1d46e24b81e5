"""Run in a mount namespace of its own (test_cron_for_real.py): schedules a refresh a minute ahead, starts cron, waits, takes all away again.

Arguments: a folder with a book in it, the name of the book, what to schedule it with. Prints one JSON object.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 300
MINE = b"# mine\n0 0 1 1 *  echo 100\\% \xff\n"


def main(folder: Path, name: str, options: list[str]) -> dict[str, object]:
    for private, place in (("spool", "/var/spool/cron/crontabs"), ("run", "/run")):
        (folder / private).mkdir()
        subprocess.run(["mount", "--bind", str(folder / private), place], check=True)
    os.chmod("/var/spool/cron/crontabs", 0o1730)
    subprocess.run(["crontab", "-"], input=MINE, check=True)
    book, log = folder / name, folder / f"{name}.log"
    soon = dt.datetime.now() + dt.timedelta(seconds=75)  # so that cron has read the table before the minute begins
    scheduled = xlseg("schedule", str(book), "--daily", f"{soon:%H:%M}", "--log", str(log), *options)
    table = subprocess.run(["crontab", "-l"], capture_output=True, check=True).stdout
    cron = subprocess.Popen(["cron", "-f"])
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not (log.exists() and len(log.read_bytes().splitlines()) > 1):
            time.sleep(1)
    finally:
        cron.terminate()
        cron.wait()
    shown, removed = xlseg("schedule", str(book), "--show"), xlseg("schedule", str(book), "--remove")
    left = subprocess.run(["crontab", "-l"], capture_output=True, check=True).stdout
    return {"scheduled": scheduled, "shown": shown, "removed": removed, "kept": table.startswith(MINE) and left == MINE, "table": repr(table)}


def xlseg(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "xlseg", *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])))
