"""Hypothesis: the same examples at every run of the pipeline, new ones at every run by hand; no test is timed.

At the end of a run that refreshed real workbooks stands what these held, by feature, and in how many files all of it was kept.
"""

import os
from collections import Counter

import pytest
from hypothesis import settings

settings.register_profile("pipeline", derandomize=True, deadline=None)
settings.register_profile("by hand", deadline=None)
settings.load_profile("pipeline" if os.environ.get("CI") else "by hand")


_ONCE = {
    "test_actions_month.py", "test_actions_oracle.py", "test_actions_tab.py", "test_behind.py", "test_calc.py", "test_charts.py",
    "test_contract.py", "test_corpus_refresh.py", "test_cron_for_real.py", "test_dashboard_tab.py", "test_digest_for_real.py",
    "test_drill.py", "test_edited_books.py", "test_edits_between.py", "test_excel_button.py", "test_file_growth.py", "test_file_saving.py",
    "test_file_validity.py", "test_forecast_tabs.py", "test_foreign_parts.py", "test_fuzz.py", "test_governance.py", "test_hardships.py",
    "test_headless.py", "test_hostile_cells.py", "test_hostile_files.py", "test_hostile_yellow_cells.py", "test_kills.py",
    "test_metrics_oracle.py", "test_month.py", "test_moved_cells.py", "test_point_in_time.py", "test_refresh.py", "test_rule_files.py",
    "test_schedule.py", "test_some_columns.py", "test_standing_rows.py", "test_template.py", "test_validity.py", "test_vba_in_office.py",
    "test_whole_columns.py", "test_worker.py",
}  # fmt: skip
"""What steers other programs, or refreshes many books, and hangs little on the version of Python: the pipeline runs it on one of its two."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark those tests."""
    for item in items:
        if item.path.name in _ONCE:
            item.add_marker("once")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print feature, files, kept, refused, from what the tests of real workbooks have recorded."""
    reports = [r for how in ("passed", "failed") for r in terminalreporter.stats.get(how, []) if r.when == "call"]
    recorded = [entry for report in reports for entry in report.user_properties]
    seen = [kept for name, kept in recorded if name == "refreshed"]
    if not seen:
        return
    refused = Counter(feature for name, held in recorded if name == "refused" for feature in held)
    files = Counter(feature for kept in seen for feature in kept)
    whole = Counter(feature for kept in seen for feature, is_kept in kept.items() if is_kept)
    terminalreporter.section(f"{len(seen)} real workbooks refreshed")
    for feature in sorted(files | refused):
        remark = f", {refused[feature]} refused" if refused[feature] else ""
        terminalreporter.line(f"{feature:30} {files[feature]:3} files, {whole[feature]:3} kept{remark}")
