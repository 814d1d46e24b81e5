"""The command line: what `xlseg --help` lists.

Exit codes: 0 done, 1 known failure (one line on stderr), 2 usage. This package alone reads the clock.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from xlseg.cli.arguments import parser, with_notify_word
from xlseg.cli.clock import started_clock, today
from xlseg.cli.screen import complain, never_fail_to_print
from xlseg.errors import XlsegError, failure_of
from xlseg.memory import keep_freed_memory, leave_the_rest_to_the_system, seldom_look_for_cycles

__all__ = ["main", "parser", "started_clock", "today"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads would only wait for each other: no matrix here is larger than 40 × 40
    never_fail_to_print()
    chosen = parser().parse_args(with_notify_word(sys.argv[1:] if arguments is None else arguments))
    keep_freed_memory()
    seldom_look_for_cycles()
    leave_the_rest_to_the_system()
    try:
        code: int = chosen.run(chosen)
        return code
    except XlsegError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        complain("stopped; the book is as it was")
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, there is nobody to tell
        return 1
    except Exception as error:
        if os.environ.get("XLSEG_TRACEBACK") and not isinstance(error, MemoryError):
            raise
        failure = failure_of(error)
        complain(f"{failure.place}: {failure}" if failure.place else str(failure))
        return 1
