"""What is named as the notify file and is none."""

import os
from pathlib import Path

import pytest

from xlseg.errors import NoticeError
from xlseg.notices.configuration import notify_file


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "notify.yml")
    with pytest.raises(NoticeError, match=r"notify\.yml: the notify file cannot be read \(it is no file\)\. To go on, name the right one"):
        notify_file(tmp_path / "notify.yml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoticeError, match=r"the notify file cannot be read \(it is no file\)"):
        notify_file(tmp_path)
