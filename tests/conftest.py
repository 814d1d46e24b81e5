"""Hypothesis: the same examples at every run of the pipeline, new ones at every run by hand; no test is timed."""

import os

from hypothesis import settings

settings.register_profile("pipeline", derandomize=True, deadline=None)
settings.register_profile("by hand", deadline=None)
settings.load_profile("pipeline" if os.environ.get("CI") else "by hand")
