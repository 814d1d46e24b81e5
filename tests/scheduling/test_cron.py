"""Cron: one marked line, every other line byte for byte as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jobs import HARD, HARD_NAME, PLAIN, Crontab

from xlseg.errors import ScheduleError
from xlseg.scheduling.commands import Answer
from xlseg.scheduling.cron import Cron, job_of, line_of

TABLE = b"# m h  dom mon dow\r\nSHELL=/bin/bash\n\n 5 4 * * sun  echo 100\\% \xff\xfe # mine\n0 1 * * * xlseg refresh x # xlseg by hand\n"


def test_the_line_reads_like_this() -> None:
    assert line_of(PLAIN).decode() == (
        "30 6 * * 1-5 /usr/bin/env HOME=/home/anna LANG=de_DE.UTF-8 /opt/py/bin/python -P -m xlseg refresh /srv/finance/erp.xlsx "
        "--log /var/log/erp.log >/dev/null # xlseg 0a1b2c3d"
    )


def test_every_percent_sign_has_a_backslash_before_it_since_cron_ends_the_command_there() -> None:
    line = line_of(HARD).decode()
    assert line.count("%") == line.count("\\%") == 6
    assert line.count("\\") == 6


def arguments_that_arrive(line: bytes) -> list[str]:
    """What a program gets when a shell runs the line, as cron hands it over: after the five fields, a backslash before % taken away."""
    command = line.split(b" ", 5)[5].replace(b"\\%", b"%")
    tell = f"{sys.executable} -c 'import sys,os; sys.stdout.buffer.write(b\"\\0\".join(os.fsencode(a) for a in sys.argv[1:]))'"
    shown = command.replace(b"/usr/bin/env", tell.encode(), 1).replace(b">/dev/null", b"", 1)
    done = subprocess.run(["/bin/sh", "-c", shown], capture_output=True, check=True)
    return [os.fsdecode(word) for word in done.stdout.split(b"\0")]


@pytest.mark.skipif(os.name == "nt", reason="cron is a matter of Unix")
def test_the_shell_hands_over_every_word_as_it_is() -> None:
    assert arguments_that_arrive(line_of(HARD)) == [f"HOME=/home/{HARD_NAME}", "LANG=C.UTF-8", *HARD.command]


@pytest.mark.skipif(os.name == "nt", reason="cron is a matter of Unix")
@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\\"), min_size=1, max_size=30))
def test_any_name_without_control_characters_survives_shell_and_reading_back(name: str) -> None:
    job = replace(PLAIN, command=(*PLAIN.command[:5], f"/srv/{name}.xlsx", *PLAIN.command[6:]))
    assert arguments_that_arrive(line_of(job))[2:] == list(job.command)
    found = job_of(line_of(job) + b"\n")
    assert found is not None
    assert (found.command, found.at, found.weekdays, found.key) == (job.command, job.at, job.weekdays, job.key)


def test_the_other_lines_stay_byte_for_byte_and_come_back_without_trace() -> None:
    crontab = Crontab(TABLE)
    cron = Cron(crontab)
    cron.install(PLAIN)
    assert crontab.table == TABLE + line_of(PLAIN) + b"\n"
    assert cron.remove(PLAIN.key) is True
    assert crontab.table == TABLE
    assert cron.remove(PLAIN.key) is False
    assert crontab.table == TABLE


def test_a_table_that_was_not_there_is_not_there_afterwards() -> None:
    crontab = Crontab(None)
    cron = Cron(crontab)
    cron.install(PLAIN)
    cron.remove(PLAIN.key)
    assert crontab.table is None


def test_the_same_book_again_is_replaced_and_another_is_added() -> None:
    crontab = Crontab(TABLE)
    cron = Cron(crontab)
    for job in (PLAIN, HARD, replace(PLAIN, weekdays=False), HARD):
        cron.install(job)
    assert [(job.key, job.weekdays) for job in cron.jobs()] == [(PLAIN.key, False), (HARD.key, False)]
    assert crontab.table is not None
    assert crontab.table.startswith(TABLE)


def test_a_last_line_without_an_end_gets_one() -> None:
    crontab = Crontab(b"0 1 * * * echo x")
    Cron(crontab).install(PLAIN)
    assert crontab.table == b"0 1 * * * echo x\n" + line_of(PLAIN) + b"\n"


@pytest.mark.parametrize("complaint", [b"You (anna) are not allowed to use this program (crontab)\n", b"crontab: can't open your crontab file.\n"])
def test_a_table_that_cannot_be_read_is_never_written_over(complaint: bytes) -> None:
    written = []

    def refuses(arguments: object, given: bytes) -> Answer:
        written.append(given)
        return Answer(1, b"", complaint)

    with pytest.raises(ScheduleError, match="To go on"):
        Cron(refuses).install(PLAIN)
    assert written == [b""]


def test_a_path_that_no_line_can_hold_is_refused() -> None:
    for name, fact in (("a\nb", "line break"), ("a\x1bb", "control character"), ("a\\b", "backslash"), ("x" * 990, "too long")):
        with pytest.raises(ScheduleError, match=fact):
            line_of(replace(PLAIN, command=(*PLAIN.command[:5], f"/srv/{name}.xlsx", *PLAIN.command[6:])))


def test_a_machine_on_which_no_cron_runs_is_told(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "comm").write_text("init\n")
    assert "cron does not seem to run" in Cron(Crontab(), tmp_path).install(PLAIN)[0]
    (tmp_path / "1" / "comm").write_text("cron\n")
    assert Cron(Crontab(), tmp_path).install(PLAIN) == []
