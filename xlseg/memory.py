"""How a command deals with memory: what one table has let go of is kept for the next, and cycles are seldom looked for.

Giving memory back to the system and taking it anew is a tenth of a large refresh; the search for cycles, which leaves next to nothing behind
to be found, a twentieth.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""As <malloc.h> of the GNU C library numbers them."""

_KEPT = 1 << 30
"""Bytes free at the end of the heap from which on they are given back."""

_LARGEST_KEPT = 32 << 20
"""Bytes from which on a block is given back as soon as it is free; keeping larger ones too costs more memory than it saves time."""

_NEW_OBJECTS = 500_000
"""Objects more than before at which Python looks for cycles among the new ones; by itself it does so at 700 or 2,000."""

_YOUNG, _OLD = 50, 100
"""Looks at the new ones after which those that outlived one are looked at too, and looks at these after which all are; by itself 10 and 10."""


def seldom_look_for_cycles() -> None:
    """Let Python look for garbage in cycles once in a long while, for the life of the process; all other garbage goes at once, as always."""
    gc.set_threshold(_NEW_OBJECTS, _YOUNG, _OLD)


def leave_the_rest_to_the_system() -> None:
    """At the end of the process, let all objects go with it: Python would look for cycles in them once more, for a third of a second."""
    atexit.register(gc.freeze)


def keep_freed_memory() -> bool:
    """Ask the C library to keep what is freed, for the life of the process; whether it does. Only that of GNU can be asked."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_TRIM_THRESHOLD, _KEPT) and mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT))
