"""Where the add-in notes what happened: what was done, and what kind of error came where in the code; never what stands in a cell."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def log_file() -> Path:
    """The file, in the place that the system has for such."""
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "xlseg"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Logs" / "xlseg"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state")) / "xlseg"
    return folder / "calc.log"
