"""Overrides, approval and change log in a workbook: typed in another program, refreshed, and looked at again."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from addin.formula_books import desk_of
from books import AS_OF, NOW, clock, demo_file, edited, header_row, part_of, parts, refreshed, rows
from openpyxl.worksheet.worksheet import Worksheet

from xlseg.addin import functions
from xlseg.addin.desk import at
from xlseg.changelog import playbook_rows
from xlseg.cli import main
from xlseg.errors import SettingError
from xlseg.governance import rows_to_be
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.skeleton import footer, is_our_footer
from xlseg.refresh import Report, refresh
from xlseg.segments.defaults import default_rules
from xlseg.tabs.inputs import config_tab, rules_tab
from xlseg.words import as_json, summary

DEFAULT = default_rules().hash
DRAFTS = ("Segments", "Movers", "Migration", "Migration Data", "Metrics", "Data Quality", "History", "Rule Sets", "Change Log")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("once") / "erp.xlsx", customers=12)
    refreshed(path)
    return path


@pytest.fixture
def book(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(once, tmp_path / "erp.xlsx"))


def on(day: int) -> dt.datetime:
    """Half past six on a day of November; the first refresh was on the 2nd."""
    return NOW.replace(day=day)


def lines(path: Path, sheet: str, heading: str) -> list[dict[str, Any]]:
    """All rows of the list on a tab."""
    page = openpyxl.load_workbook(path, data_only=True)[sheet]
    top = header_row(page, heading)
    heads = [cell.value for cell in page[top]]
    return [dict(zip(heads, line, strict=True)) for line in page.iter_rows(min_row=top + 1, values_only=True) if any(c is not None for c in line)]


def logged(path: Path) -> list[tuple[Any, ...]]:
    return [(line["Published"].day, line["Sheet"], line["Item"], line["Before"], line["After"]) for line in lines(path, "Change Log", "Item")]


def type_in(*typed: tuple[Any, ...]) -> Callable[[openpyxl.Workbook], None]:
    """Rows of the Overrides sheet, in the place of those that are there."""

    def change(workbook: openpyxl.Workbook) -> None:
        page = workbook["Overrides"]
        for number, row in enumerate([*typed, *[[None] * 6] * 5], start=7):
            for column, value in enumerate(row, start=1):
                page.cell(number, column).value = value
                if isinstance(value, str):
                    page.cell(number, column).data_type = "s"  # a text that begins with = too
        page.tables["tblOverrides"].ref = f"A6:F{max(7, 6 + len(typed))}"

    return change


def change_rule(cell: str, value: object) -> Callable[[openpyxl.Workbook], None]:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook["Rules"][cell] = value

    return change


def sign(row: int, by: object, day: object) -> Callable[[openpyxl.Workbook], None]:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook["Rule Sets"].cell(row, 6).value, workbook["Rule Sets"].cell(row, 7).value = by, day

    return change


def nothing_but_the_run_log_changes(path: Path, day: int) -> None:
    before = parts(path)
    report = refreshed(path, now=on(day))
    assert report.written.updated == ("Run Log",)
    tables = {name for name in before if name.startswith("xl/tables/") and b"tblRunLog" in before[name]}
    assert {name for name, data in parts(path).items() if before[name] != data} <= {part_of(path, "Run Log"), *tables}


def some_id(path: Path, segment: str = "Reliable Frequent") -> str:
    return next(customer for customer, row in rows(path, "Segments", "Customer ID").items() if row["Segment"] == segment)


# ── overrides ────────────────────────────────────────────────────────────────


def test_an_override_is_one_truth_on_every_tab_and_in_every_formula(book: Path) -> None:
    his = some_id(book)
    row = (his, "At-Risk", "bank has called", "Anna", dt.date(2026, 9, 10), dt.date(2026, 12, 31))
    edited(book, type_in(row))
    refreshed(book, now=on(3))
    shown = rows(book, "Segments", "Customer ID")[his]
    assert (shown["Segment"], shown["Status"], shown["Risk"], shown["Today"]) == ("At-Risk", "override", 8, "Reliable Frequent")
    assert shown["Why"].startswith("Override by Anna until 2026-12-31: bank has called. Today Reliable Frequent: ")
    assert (shown["Since"].date(), shown["Previous Segment"]) == (dt.date(2026, 9, 10), "At-Risk")
    last = lines(book, "History", "Customer ID")[-1]
    assert (last["Customer ID"], last["Segment"], last["Status"], last["Override"]) == (
        his, "At-Risk", "override", "Anna until 2026-12-31: bank has called",
    )  # fmt: skip
    desk = desk_of(book)
    every = rows(book, "Segments", "Customer ID")
    with at(desk):
        for name, heading in (("SEGMENT", "Segment"), ("SEGMENT_RISK", "Risk"), ("SEGMENT_WHY", "Why")):
            found = getattr(functions, name)([[customer] for customer in every])
            assert [value if value is not None else None for (value,) in found if str(value) != "#N/A"] == [
                row[heading] for row in every.values() if row[heading] is not None
            ], name
        days = [dt.date(2026, 8, 31), dt.date(2026, 9, 9), dt.date(2026, 9, 10), dt.date(2026, 9, 30), AS_OF]
        assert [functions.SEGMENT_AT(his, [[day]]) for day in days] == ["Reliable Frequent"] * 2 + ["At-Risk"] * 3
        pair = dt.date(2026, 8, 31), dt.date(2026, 9, 30)
        moves = [row for row in lines(book, "Migration Data", "Before") if (row["From"].date(), row["To"].date()) == pair]
        counted = sum(row["Customers"] for row in moves if row["After"] == "At-Risk")
        headings, *matrix = functions.MIGRATION(*pair)
        assert matrix[-1][headings.index("At-Risk")] == counted
    nothing_but_the_run_log_changes(book, 4)


def test_a_formula_in_a_cell_shows_the_override_at_the_refresh_that_first_sees_it(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    his = some_id(book)

    def formulas(workbook: openpyxl.Workbook) -> None:
        page = workbook.create_sheet("Report")
        page["A1"], page["B1"] = f'=SEGMENT("{his}")', f'=SEGMENT_AT("{his}",DATE(2026,9,30))'
        type_in((his, "At-Risk", "r", "Anna", None, None))(workbook)

    edited(book, formulas)
    assert main(["refresh", str(book), "--as-of", "2026-10-31"]) == 0
    page = openpyxl.load_workbook(book, data_only=True)["Report"]
    assert (page["A1"].value, page["B1"].value) == ("At-Risk", "Reliable Frequent")
    assert rows(book, "Segments", "Customer ID")[his]["Segment"] == "At-Risk"


def test_an_empty_from_means_the_as_of_date_of_the_refresh_that_first_saw_it(book: Path) -> None:
    his = some_id(book)
    edited(book, type_in((his, "At-Risk", "r", "Anna", None, None)))
    refreshed(book, now=on(3))
    nothing_but_the_run_log_changes(book, 20)
    assert (3, "Overrides", his, None, "At-Risk from 2026-10-31, by Anna: r") in logged(book)
    refreshed(book, as_of=dt.date(2026, 10, 30), now=on(21))
    assert rows(book, "Segments", "Customer ID")[his]["Status"] != "override"
    refreshed(book, as_of=dt.date(2026, 11, 20), now=on(22))
    assert rows(book, "Segments", "Customer ID")[his]["Since"].date() == AS_OF


def test_a_row_that_cannot_be_used_is_on_data_quality_and_the_rules_decide(book: Path) -> None:
    before = rows(book, "Segments", "Customer ID")
    his, other = list(before)[:2]
    evil = [
        ("nobody", "At-Risk", "r", "Anna", None, None),
        (his, "No Such Segment", "r", "Anna", None, None),
        (his, "At-Risk", None, "Anna", None, None),
        (other, "At-Risk", "r", "Anna", "31.12.26", None),
        (other, "At-Risk", "r", "Anna", dt.date(2026, 10, 2), dt.date(2026, 10, 1)),
    ]
    edited(book, type_in(*evil))
    refreshed(book, now=on(3))
    found = [line for line in lines(book, "Data Quality", "Kind") if line.get("Sheet") == "Overrides"]
    assert [(line["Row"], line["Severity"], line["Column"]) for line in sorted(found, key=lambda line: line["Row"])] == [
        (7, "error", "Customer ID"), (8, "error", "Segment"), (9, "error", "Reason"), (10, "error", "From"), (11, "error", "Until"),
    ]  # fmt: skip
    after = rows(book, "Segments", "Customer ID")
    assert {c: (r["Segment"], r["Status"]) for c, r in after.items()} == {c: (r["Segment"], r["Status"]) for c, r in before.items()}
    nothing_but_the_run_log_changes(book, 4)


def test_hostile_cells_of_an_override_stay_texts_and_change_nothing_twice(book: Path) -> None:
    his, other, third = list(rows(book, "Segments", "Customer ID"))[:3]
    evil = [
        (his, "At-Risk", "=cmd|'/c calc'!A0", "@SUM(A1)", None, None),
        (other, "At-Risk", "r" * 32_767, "b" * 32_767, None, None),
        (third, "At-Risk", "a_x0041_b\tc\nd  e; n_paid >=4", "C\u202egnp.exe (2), by Z: y until 2026-01-01", None, None),
    ]
    edited(book, type_in(*evil))
    refreshed(book, now=on(3))
    for tab in ("Segments", "History", "Change Log", "Movers", "Data Quality"):
        page = openpyxl.load_workbook(book)[tab]
        assert not [
            cell for line in page.iter_rows() for cell in line if cell.data_type == "f" and ("cmd" in str(cell.value) or "SUM(A1)" in str(cell.value))
        ]
    shown = rows(book, "Segments", "Customer ID")
    assert shown[his]["Why"].startswith("Override by @SUM(A1): =cmd|'/c calc'!A0. Today ")
    assert len(shown[other]["Why"]) < 1_500
    told = logged(book)
    assert all(len(str(line[-1])) < 700 for line in told)
    nothing_but_the_run_log_changes(book, 4)
    refreshed(edited(book, lambda workbook: None), now=on(5))  # saved by another program
    assert logged(book) == told


def test_an_overrides_sheet_without_its_headings_stops_the_refresh(book: Path) -> None:
    def spoil(workbook: openpyxl.Workbook) -> None:
        workbook["Overrides"]["C6"] = "Grund"

    with pytest.raises(
        SettingError, match=r"Overrides: no headings Customer ID, Segment, Reason, By, From, Until in one row\. To go on, put them back"
    ):
        refreshed(edited(book, spoil))


def test_the_input_hash_says_whether_overrides_are_the_same(book: Path) -> None:
    his, other = list(rows(book, "Segments", "Customer ID"))[:2]
    day = dt.date(2026, 10, 1)
    typed = [(his, "At-Risk", "r", "Anna", day, None), (other, "Standard", "r", "Ben", day, None)]
    for turn, those in enumerate(([], typed, typed[::-1], [])):
        edited(book, type_in(*those))
        refreshed(book, now=on(3 + turn))
    hashes = [run["Input"] for run in lines(book, "Run Log", "Run")]
    assert hashes[0] == hashes[1] == hashes[4]
    assert hashes[2] == hashes[3] != hashes[1]


# ── approval ─────────────────────────────────────────────────────────────────


def drafts(path: Path) -> list[str]:
    """The tabs that say DRAFT in one of their first rows."""
    workbook = openpyxl.load_workbook(path, data_only=True)
    return [name for name in DRAFTS if any("DRAFT: not approved" in str(cell.value) for line in workbook[name].iter_rows(max_row=4) for cell in line)]


def footers(path: Path) -> dict[str, str]:
    workbook = openpyxl.load_workbook(path)
    return {name: str(workbook[name].oddFooter.left.text) for name in DRAFTS}


def test_a_changed_rule_is_a_draft_everywhere_until_it_is_signed(book: Path) -> None:
    assert drafts(book) == []
    edited(book, change_rule("F9", ">70%"))
    draft = refreshed(book, now=on(3))
    found = draft.analysis.rules.hash
    assert (draft.analysis.approval.state, drafts(book)) == ("DRAFT", list(DRAFTS))
    assert all(text.endswith("DRAFT, not approved") for text in footers(book).values())
    advice = f"DRAFT     rule set {found} is not approved: fill Approved By and Approved On in its row on Rule Sets, and refresh"
    assert advice in summary(draft)
    assert as_json(draft)["rule_set"] == {"hash": found, "state": "DRAFT", "approved_by": None, "approved_on": None}
    assert [f.kind for f in draft.findings if f.sheet == "Rule Sets"] == ["rule set not approved"]
    assert [(line["Rule Set No"], line["Rule Set State"]) for line in lines(book, "Run Log", "Run")] == [(1, "default"), (2, "DRAFT")]
    nothing_but_the_run_log_changes(book, 4)

    edited(book, sign(8, "Carla", dt.date(2026, 11, 5)))
    done = refreshed(book, now=on(5))
    assert (done.analysis.approval.words, drafts(book)) == ("approved by Carla on 2026-11-05", [])
    assert not any("DRAFT" in text for text in footers(book).values())
    assert not any(line.startswith("DRAFT") for line in summary(done))
    assert [(r["Rule Set"], r["State"], r["Approved By"]) for r in lines(book, "Rule Sets", "No")] == [
        (DEFAULT, "default", None), (found, "approved", "Carla"),
    ]  # fmt: skip
    nothing_but_the_run_log_changes(book, 6)

    edited(book, sign(8, None, dt.date(2026, 11, 5)))  # withdrawn
    assert refreshed(book, now=on(7)).analysis.approval.is_draft
    assert drafts(book) == list(DRAFTS)
    nothing_but_the_run_log_changes(book, 8)
    assert [line[:4] for line in logged(book) if line[1] == "Rule Sets"] == [
        (5, "Rule Sets", found, None), (7, "Rule Sets", found, "approved by Carla on 2026-11-05"),
    ]  # fmt: skip


@pytest.mark.parametrize(("day", "wanted"), [(dt.date(2026, 11, 2), "from 2026-11-03 on"), (dt.date(2026, 11, 9), "a day up to 2026-11-04")])
def test_a_day_before_first_use_or_to_come_is_a_finding_and_approves_nothing(book: Path, day: dt.date, wanted: str) -> None:
    edited(book, change_rule("F9", ">70%"))
    refreshed(book, now=on(3))
    edited(book, sign(8, "Carla", day))
    report = refreshed(book, now=on(4))
    assert report.analysis.approval.is_draft
    found = next(f for f in report.findings if f.kind == "approval that does not count")
    assert (found.sheet, found.row, found.column) == ("Rule Sets", 8, "Approved On")
    assert wanted in found.wanted


def test_an_older_rule_set_that_comes_back_is_approved_at_once_and_its_approval_is_not_that_of_another(book: Path) -> None:
    edited(book, change_rule("F9", ">70%"))
    refreshed(book, now=on(3))
    edited(book, sign(8, "Carla", dt.date(2026, 11, 3)))
    refreshed(book, now=on(4))
    edited(book, change_rule("F9", ">60%"))
    assert refreshed(book, now=on(5)).analysis.approval.is_draft
    assert [row["State"] for row in lines(book, "Rule Sets", "No")] == ["default", "approved", "DRAFT"]
    edited(book, change_rule("F9", ">70%"))
    assert refreshed(book, now=on(6)).analysis.approval.state == "approved"
    edited(book, change_rule("F9", None))
    assert refreshed(book, now=on(7)).analysis.approval.state == "default"
    assert [row["No"] for row in lines(book, "Rule Sets", "No")] == [1, 2, 3]


def test_a_book_of_an_earlier_version_with_rules_of_its_own_is_a_draft_until_it_is_signed(book: Path) -> None:
    def earlier(workbook: openpyxl.Workbook) -> None:
        for name in ("Rule Sets", "Change Log", "Overrides"):
            del workbook[name]
        for name, columns in (("History", 2), ("Run Log", 1)):
            page = workbook[name]
            page.delete_cols(page.max_column - columns + 1, columns)
            table = next(iter(page.tables.values()))
            table.ref = f"A6:{page.cell(page.max_row, page.max_column).coordinate}"
            table.autoFilter.ref = table.ref
            table.tableColumns = table.tableColumns[:-columns]
        workbook["Rules"]["F9"] = ">70%"

    edited(book, earlier)
    report = refreshed(book, now=on(3))
    assert report.written.made == ("Rule Sets", "Change Log", "Overrides")
    assert any(line.startswith("DRAFT     rule set ") and "fill Approved By and Approved On" in line for line in summary(report))
    assert lines(book, "Run Log", "Run")[-1]["Rule Set State"] == "DRAFT"
    nothing_but_the_run_log_changes(book, 4)
    edited(book, sign(7, "Carla", dt.date(2026, 11, 5)))
    assert refreshed(book, now=on(5)).analysis.approval.state == "approved"


def test_a_footer_of_ours_is_known_as_ours_when_draft_comes_and_goes() -> None:
    plain, draft = "As of 2026-10-31 · rules abcd1234", "As of 2026-10-31 · rules abcd1234 · DRAFT, not approved"
    assert is_our_footer(footer(plain), draft)
    assert is_our_footer(footer(draft), plain)
    assert is_our_footer(footer("rules abcd1234"), "rules 00000000 · DRAFT, not approved")
    assert not is_our_footer("&LConfidential&RPage &P of &N", draft)


def test_a_footer_of_the_users_stays_his_in_a_draft(book: Path) -> None:
    def his(workbook: openpyxl.Workbook) -> None:
        workbook["Segments"].oddFooter.left.text = "Confidential"
        change_rule("F9", ">70%")(workbook)

    edited(book, his)
    refreshed(book, now=on(3))
    assert footers(book)["Segments"] == "Confidential"
    assert footers(book)["Metrics"].endswith("DRAFT, not approved")


# ── change log and history ───────────────────────────────────────────────────


def test_the_log_begins_with_how_things_stand_and_goes_on_with_what_changed(book: Path) -> None:
    first = logged(book)
    assert first[0] == (2, "Rules", "Rule set", None, DEFAULT)
    assert (2, "Rules", "Slow Payer, priority 95", None, "risk 5; n_paid >=4; payment_velocity >5") in first
    assert (2, "Config", "Grace", None, "5") in first

    def change(workbook: openpyxl.Workbook) -> None:
        workbook["Rules"]["F9"] = ">70%"  # At-Risk, priority 12: late_share
        config = next(row for row in workbook["Config"].iter_rows() if row[0].value == "Grace")
        config[1].value = 3

    edited(book, change)
    report = refreshed(book, now=on(3))
    assert logged(book)[len(first) :] == [
        (3, "Rules", "Rule set", DEFAULT, report.analysis.rules.hash),
        (3, "Rules", "At-Risk, priority 12: late_share", None, ">70%"),
        (3, "Config", "Grace", "5", "3"),
    ]
    numbers = [line["No"] for line in lines(book, "Change Log", "Item")]
    assert numbers == list(range(1, len(numbers) + 1))


def by_item(page: Worksheet) -> None:
    """The list as the user has sorted it."""
    found = [[cell.value for cell in line] for line in page.iter_rows(min_row=7)]
    for number, line in enumerate(sorted(found, key=lambda line: (str(line[3]), -line[0])), start=7):
        for column, value in enumerate(line, start=1):
            page.cell(number, column).value = value


def test_a_sorted_log_is_still_the_same_log_and_a_deleted_one_begins_anew(book: Path) -> None:
    edited(book, change_rule("F9", ">70%"))
    refreshed(book, now=on(3))
    count = len(logged(book))
    edited(book, lambda workbook: by_item(workbook["Change Log"]))
    refreshed(book, now=on(4))
    assert len(logged(book)) == count
    nothing_but_the_run_log_changes(book, 4)

    def delete(workbook: openpyxl.Workbook) -> None:
        del workbook["Change Log"]

    report = refreshed(edited(book, delete), now=on(5))
    assert report.written.made == ("Change Log",)
    anew = logged(book)
    assert {line[0] for line in anew} == {5}
    assert {line[3] for line in anew} == {None}
    assert len(anew) == count - 2  # the lines of the change itself are not there: rule set, and cell of a rule that is told as a whole
    nothing_but_the_run_log_changes(book, 6)


def test_a_rule_set_that_changes_no_segment_is_in_the_history_all_the_same(book: Path) -> None:
    before = lines(book, "History", "Customer ID")
    edited(book, change_rule("C7", 9))
    edited(book, lambda workbook: [workbook["Rules"].cell(row, 3, 9) for row in (7, 8, 9)] and None)  # At-Risk: risk 9 for 8, same segments
    report = refreshed(book, now=on(3))
    new = lines(book, "History", "Customer ID")[len(before) :]
    assert [(line["Published"].day, line["Customer ID"], line["Rules"], line["Rule Set State"]) for line in new] == [
        (3, None, report.analysis.rules.hash, "DRAFT"),
    ]  # fmt: skip
    edited(book, sign(8, "Carla", dt.date(2026, 11, 4)))
    refreshed(book, now=on(4))
    assert [line["Rule Set State"] for line in lines(book, "History", "Customer ID")[len(before) :]] == ["DRAFT", "approved"]
    nothing_but_the_run_log_changes(book, 5)


def history(capsys: pytest.CaptureFixture[str], path: Path, day: str, *more: str) -> str:
    capsys.readouterr()
    assert main(["history", str(path), "--on", day, *more]) == 0
    return capsys.readouterr().out


def test_history_says_what_was_published_on_any_day_and_under_which_rule_set(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    his = some_id(book)
    first = {c: (row["Segment"], row["Status"]) for c, row in rows(book, "Segments", "Customer ID").items()}
    edited(book, type_in((his, "At-Risk", "r", "Anna", None, None)))
    refreshed(book, now=on(4))
    second = {c: (row["Segment"], row["Status"]) for c, row in rows(book, "Segments", "Customer ID").items()}
    edited(book, change_rule("F9", ">70%"))
    draft = refreshed(book, now=on(6)).analysis.rules.hash

    def told(day: str) -> tuple[dict[str, tuple[str, str]], tuple[Any, ...]]:
        found = json.loads(history(capsys, book, day, "--json"))
        force = found["in_force"]
        return {c["customer"]: (c["segment"], c["status"]) for c in found["customers"]}, (force["run"], force["rule_set"], force["rule_set_state"])

    assert told("2026-11-03") == (first, (1, DEFAULT, "default"))
    assert told("2026-11-05") == (second, (2, DEFAULT, "default"))
    assert told("2026-11-30")[1] == (3, draft, "DRAFT")
    text = history(capsys, book, "2026-11-05")
    assert f"rules     {DEFAULT} default in force · run 2, refreshed 2026-11-04 06:30, as of 2026-10-31" in text
    assert next(line for line in text.splitlines() if line.startswith(his)).split()[-3:] == ["by", "Anna:", "r"]
    listed = history(capsys, book, "2026-11-05", "--csv").splitlines()
    assert listed[0] == "customer,name,segment,status,risk,rule_set,rule_set_state,published,override"
    assert len(listed) == 1 + len(second)
    assert main(["history", str(book), "--on", "2026-11-01"]) == 1
    assert capsys.readouterr().err == "xlseg: erp.xlsx: nothing was published up to 2026-11-01. To go on, take a day from 2026-11-02 on.\n"


def test_a_playbook_sheet_is_followed_row_by_row(book: Path) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        page = workbook["Playbook"]
        assert [cell.value for cell in page[7]][:4] == ["At-Risk", "Review", 0, "Credit review: limit, hold, open orders"]
        page["G7"] = "Head of credit"

    edited(book, change)
    refreshed(book, now=on(3))
    before = "Kind Review; Day 0; Action Credit review: limit, hold, open orders; Channel Desk; Owner Credit manager; Service Level 48 hours"
    after = before.replace("Credit manager", "Head of credit")
    assert [line for line in logged(book) if line[:2] == (3, "Playbook")] == [(3, "Playbook", "At-Risk", before, after)]
    nothing_but_the_run_log_changes(book, 4)


def test_a_sheet_that_the_refresh_makes_is_followed_from_its_first_day(book: Path) -> None:
    # Config stands for the playbook: what the log says of a tab about to be made is what it says of the sheet when it is read back.
    to_be = playbook_rows(rows_to_be([rules_tab(), config_tab()], "Config"))
    assert playbook_rows(WorkbookFile(book).sheet("Config").head(100)) == to_be
    assert [name for name, _ in to_be][:2] == ["As of", "Window"]
    assert rows_to_be([rules_tab()], "Config") == []


def test_a_dry_run_publishes_nothing(book: Path) -> None:
    edited(book, change_rule("F9", ">70%"))
    content = book.read_bytes()
    report: Report = refresh(WorkbookFile(book), None, AS_OF, clock(on(3)), save=False)
    assert report.analysis.approval.is_draft
    assert book.read_bytes() == content
