"""A process that is killed while it saves leaves the whole old file or the whole new one. `make kills` does this a thousand times."""

import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).parents[1] / "kills.py"


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and limited as POSIX does it")
def test_a_kill_at_every_kind_of_step_leaves_the_old_file_or_the_new_one() -> None:
    done = subprocess.run([sys.executable, str(KILLS), "--kills", "60"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # what a save that is worth the name does: write, flush to the disk, rename; and what it cleans up
    assert done.stdout.startswith("60 kills, 7 ways of saving")
    for step in ("file.write", "file.flush", "os.fsync", "os.replace", "os.unlink", "bytes"):
        assert step in done.stdout
