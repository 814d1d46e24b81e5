"""Cron itself refreshes a book: no stand-in anywhere. It has a table of crontabs of its own, so that nobody's is touched."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from books import demo_file, rows


def why_not() -> str:
    """Why cron cannot be tried here; empty where it can."""
    missing = [program for program in ("cron", "crontab", "unshare") if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None]
    if missing:
        return f"not on this machine: {', '.join(missing)}"
    private = subprocess.run(["unshare", "--mount", "mount", "--bind", "/tmp", "/run"], capture_output=True, check=False).returncode
    return "no place of its own can be made for cron: that needs root" if private else ""


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_cron_refreshes_a_book_whose_path_has_every_sign_in_it(tmp_path: Path) -> None:
    folder = tmp_path / 'Jörg\'s "100%" & 5% more; $(touch x) `id` #1'
    folder.mkdir()
    book = demo_file(folder / "erp; 50% é.xlsx", customers=12, seed=3)
    home = tmp_path / "home of 1%"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "PATH": f"{os.environ['PATH']}:/usr/sbin", "LC_ALL": "C.UTF-8"}
    session = [sys.executable, str(Path(__file__).with_name("cron_session.py")), str(folder), book.name, "--backup", "1"]
    done = subprocess.run(["unshare", "--mount", *session], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "is refreshed every day at" in said["scheduled"]
    assert re.search(r"last run  \S+ done: erp; 50% é\.xlsx  as of \d{4}", said["shown"]), said
    assert "is not scheduled any more (cron)" in said["removed"]
    assert said["kept"], said["table"]
    assert len(rows(book, "Segments", "Customer ID")) >= 12
    assert sorted(path.name for path in folder.glob("*.xlsx")) == ["erp; 50% é.1.xlsx", "erp; 50% é.xlsx"]
    assert not [path for path in tmp_path.rglob("x") if path.is_file()]  # nothing in the path was run
