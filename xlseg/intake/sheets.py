"""Finds the export sheets of a source, their header rows and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xlseg.errors import MissingColumnError
from xlseg.intake.cells import Cells
from xlseg.intake.choice import choose, holds_answers, is_read, states_told, with_unapplied
from xlseg.intake.documents import says_base, says_foreign
from xlseg.intake.fields import CREDIT_SHEETS, FIELDS, OUR_TABLES, OUR_TABS, SHEET_NAMES, Field, Role
from xlseg.intake.findings import Findings
from xlseg.intake.headings import Candidate, Header, columns_named, fold, header_of, user_map
from xlseg.intake.rows import Extract, copies
from xlseg.settings import Settings
from xlseg.tables import Finding
from xlseg.workbook import Grid, HasTables, Sheet, Source, Value

_OURS = frozenset(map(fold, OUR_TABS))
_DOCUMENTS: tuple[Role, ...] = ("invoices", "payments", "orders")
_DUE_LIKE = ("due", "terms", "remaining", "paid")


@dataclass(frozen=True)
class Located:
    """A sheet that plays a role, and where its headings stand."""

    sheet: Sheet
    role: Role
    header_row: int
    header: Header
    row: tuple[Value, ...]

    @property
    def strangers(self) -> list[str]:
        """The cells of the header row that name no field: those one of which may be meant for one that is missing."""
        known = {candidate.column for candidates in self.header.values() for candidate in candidates}
        return [str(cell) for column, cell in enumerate(self.row) if cell is not None and column not in known]


def locate(source: Source, settings: Settings, findings: Findings) -> dict[Role, Located]:
    """The sheet of each role: by its name, else by its headings; none of our own tabs.

    A sheet that has a role's name but not its columns is passed over, with a finding.

    Raises
    ------
    MissingColumnError
        When the book cannot do without such a sheet.
    """
    renamed = {source.sheet_of_table(table) for table in OUR_TABLES} if isinstance(source, HasTables) else set()
    names = [name for name in source.sheets() if fold(name) not in _OURS and name not in renamed]
    located: dict[Role, Located] = {}
    opened: dict[str, Sheet] = {}
    misfits: list[Located] = []
    for role, called in SHEET_NAMES.items():
        for name in _by_name(called, names):
            found = None if role in located else _located(opened.setdefault(name, source.sheet(name)), role, settings)
            if role in located:
                findings.add(_unread(name, role, located[role].sheet.name))
                names.remove(name)
            elif found and not _lacking(found):
                located[role] = found
                names.remove(name)
            elif found:
                misfits.append(found)
    others = [opened.get(name) or source.sheet(name) for name in names]
    missing = [role for role in FIELDS if role not in located]
    located |= _by_headings(others, missing, settings, findings)
    _pass_over(misfits, located, findings)
    _tell_unread(others, [found.sheet.name for found in misfits], located, settings, findings)
    _tell_unmapped(located, settings, findings)
    return located


def _tell_unmapped(located: Mapping[Role, Located], settings: Settings, findings: Findings) -> None:
    """Tell of each heading that Config maps and no sheet has."""
    rows = {found.sheet.name: {fold(cell) for cell in found.row if isinstance(cell, str)} for found in located.values()}
    for heading in settings.headings:
        of_sheet, dot, rest = heading.partition(".")
        there = any(fold(heading) in row or (dot and fold(of_sheet) == fold(sheet) and fold(rest) in row) for sheet, row in rows.items())
        if not there:
            wanted, effect = "a heading of one of the sheets", "the line on Config has no effect"
            findings.add(Finding("unknown heading", "warning", "Config", 0, "", f"Heading: {heading}", wanted, effect))


def must_fit(sheet: Sheet, role: Role, settings: Settings) -> None:
    """Stop when a sheet that was named for a role lacks one of its columns.

    Raises
    ------
    MissingColumnError
        With the first column that no heading names.
    """
    found = _located(sheet, role, settings)
    lacking = _lacking(found) if found else []
    if found and lacking:
        raise MissingColumnError(sheet.name, lacking[0].heading, found.strangers)


def _by_name(called: tuple[str, ...], names: list[str]) -> list[str]:
    order = [fold(name) for name in called]
    return sorted((name for name in names if fold(name) in order), key=lambda name: order.index(fold(name)))


def _unread(name: str, role: Role, taken: str) -> Finding:
    return Finding("sheet not read", "warning", name, 0, "", name, f"one sheet of {role}", f"not read: the {role} are taken from {taken!r}")


def _lacking(found: Located) -> list[Field]:
    """The required fields that no heading of a sheet names."""
    return [field for name, field in FIELDS[found.role].items() if field.required and name not in found.header]


def _pass_over(misfits: list[Located], located: Mapping[Role, Located], findings: Findings) -> None:
    """Tell of each sheet that has the name of a role but not its columns, unless it has another role."""
    for found in misfits:
        lacking = _lacking(found)
        if found.sheet.name in {other.sheet.name for other in located.values()}:
            continue
        if found.role in located:
            findings.add(_unread(found.sheet.name, found.role, located[found.role].sheet.name))
        elif _is_needed(found, lacking, located):
            raise MissingColumnError(found.sheet.name, lacking[0].heading, found.strangers)
        else:
            findings.add(without(found, lacking[0].heading))


def _is_needed(found: Located, lacking: list[Field], located: Mapping[Role, Located]) -> bool:
    """Whether to stop for a sheet: there is nothing else to measure, or these are the invoices but for one column."""
    if not {"invoices", "orders"} & set(located):
        return found.role in ("invoices", "orders")
    return found.role == "invoices" and len(lacking) == 1


def without(found: Located, column: str) -> Finding:
    """What is said of a sheet that is passed over for want of a column."""
    effect = f"not read, as if there were no {found.role}: give it the column, or another name if it is none of the exports"
    return Finding("sheet without column", "error", found.sheet.name, found.header_row, "", None, f"a column {column!r}", effect)


def _located(sheet: Sheet, role: Role, settings: Settings) -> Located | None:
    """The sheet in a role; None when it is empty."""
    rows = sheet.head()
    if _is_empty(rows):
        return None
    number, header = header_of(rows, role, user_map(settings.headings, sheet.name, role))
    return Located(sheet, role, number, header, tuple(rows[number - 1]) if number else tuple(rows[0]))


def _is_empty(rows: Sequence[Sequence[Value]]) -> bool:
    return all(cell is None for row in rows for cell in row)


def named_so(source: Source, role: Role) -> list[str]:
    """Names of the sheets called as those of a role are."""
    return _by_name(SHEET_NAMES[role], [*source.sheets()])


def empty_sheets(source: Source, role: Role) -> list[str]:
    """Names of the sheets called so that hold nothing."""
    return [name for name in named_so(source, role) if _is_empty(source.sheet(name).head())]


def _by_headings(sheets: list[Sheet], missing: list[Role], settings: Settings, findings: Findings) -> dict[Role, Located]:
    """The roles that no sheet's name tells, each given to the sheet whose headings fit best."""
    fits = [found for sheet in sheets for role in missing if (found := _located(sheet, role, settings)) and _plays(found)]
    fits.sort(key=lambda found: -columns_named(found.header))
    located: dict[Role, Located] = {}
    for found in fits:
        if found.sheet.name in {other.sheet.name for other in located.values()}:
            continue
        if found.role in located:
            findings.add(_unread(found.sheet.name, found.role, located[found.role].sheet.name))
            continue
        located[found.role] = found
    return located


def _tell_unread(sheets: list[Sheet], told: list[str], located: Mapping[Role, Located], settings: Settings, findings: Findings) -> None:
    """Tell of each sheet that looks like more of what another sheet's name says: last year's invoices beside this year's."""
    taken = {found.sheet.name for found in located.values()}
    by_name: list[Role] = [role for role in _DOCUMENTS if role in located and fold(located[role].sheet.name) in map(fold, SHEET_NAMES[role])]
    for sheet in sheets:
        if sheet.name not in taken and fold(sheet.name) in map(fold, CREDIT_SHEETS) and "invoices" in located and not _is_empty(sheet.head()):
            wanted, effect = "credit memos on the sheet of invoices", f"not read: paste its rows below those of {located['invoices'].sheet.name!r}"
            findings.add(Finding("sheet not read", "warning", sheet.name, 0, "", sheet.name, wanted, effect))
        elif sheet.name not in taken and sheet.name not in told:
            role = next((role for role in by_name if (found := _located(sheet, role, settings)) and _plays(found)), None)
            if role:
                findings.add(_unread(sheet.name, role, located[role].sheet.name))


def _plays(found: Located) -> bool:
    """Whether headings alone make a sheet an export of its role."""
    header = found.header
    if _lacking(found):
        return False
    if found.role == "invoices":
        return any(name in header for name in _DUE_LIKE) and not _says_order(header)
    if found.role == "orders":
        return _says_order(header)
    if found.role == "payments":
        return not _is_invoices(found.row)
    if found.role == "reminders":
        return any(name in header for name in ("channel", "outcome", "promised"))
    return any(name in header for name in ("name", "terms", "credit_limit")) and not _is_dated(found.row)


def _says_order(header: Header) -> bool:
    return any(fold(candidate.heading).startswith(("order", "so", "sales", "auftrag", "bestell")) for candidate in header["document"])


def _is_invoices(row: tuple[Value, ...]) -> bool:
    header = header_of([row], "invoices", {})[1]
    return "due" in header or "remaining" in header


def _is_dated(row: tuple[Value, ...]) -> bool:
    header = header_of([row], "invoices", {})[1]
    return "date" in header and "amount" in header


# ── from a located sheet to its columns ──────────────────────────────────────


def extract(located: Located, findings: Findings) -> Extract:
    """The columns of a sheet by field.

    Raises
    ------
    MissingColumnError
        When a required field has no column.
    """
    sheet, role = located.sheet, located.role
    grid = sheet.body(located.header_row)
    whole = _whole(grid, located.header)
    places, headings = _columns(located, whole, findings)
    for name, field in FIELDS[role].items():
        if field.required and name not in places:
            raise MissingColumnError(sheet.name, field.heading, located.strangers)
    rows = np.arange(grid.rows, dtype=np.int64) + grid.first_row
    filled = ~np.all([whole[at].blank for at in places.values()], axis=0)  # what stands beside the table makes no row of it
    if not filled.all():
        whole, rows = [column.where(filled) for column in whole], rows[filled]
    columns = {name: whole[at] for name, at in places.items()}
    if role in _DOCUMENTS and (told := states_told(located.header, places, whole, role)):
        columns["status"] = told
        headings.setdefault("status", "Paid")
    if role == "payments" and (unapplied := with_unapplied(located.header, places, whole)):
        columns["amount"] = unapplied
    found = Extract(sheet.name, role, headings, columns, rows, copies(whole, rows), _in_base(located.header, headings))
    return _below_customers(found, findings) if role in ("invoices", "orders") else found


def _below_customers(sheet: Extract, findings: Findings) -> Extract:
    """A report that names each customer on a row of his own above his documents, none beside them, with his id on these: so QuickBooks groups."""
    customer, dated = sheet.column("customer"), ~sheet.column("date").blank
    head = ~customer.blank & np.all([column.blank for name, column in sheet.columns.items() if name != "customer"], axis=0)
    if not head.any() or not (dated & customer.blank).any() or (dated & ~customer.blank).any():
        return sheet
    above = np.maximum.accumulate(np.where(head, np.arange(len(head)), -1))
    below = dated & (above >= 0)
    ids = customer.array.astype(object)
    ids[below] = ids[above[below]]
    first, effect = int(np.argmax(head)), f"{int(below.sum()):,} rows are the customer's who stands above them"
    wanted = "a customer id on each row"
    findings.add(Finding("customer above his rows", "info", sheet.sheet, int(sheet.rows[first]), "", customer[first], wanted, effect))
    columns = {name: Cells(column.array[~head]) for name, column in {**sheet.columns, "customer": Cells(ids)}.items()}
    return replace(sheet, columns=columns, rows=sheet.rows[~head], copy_of=sheet.copy_of[~head])


def _whole(grid: Grid, header: Header) -> list[Cells]:
    """All columns of a grid, and empty ones for the headings that have none below."""
    width = 1 + max((candidate.column for candidates in header.values() for candidate in candidates), default=-1)
    there = [Cells(column, grid.coded.get(at)) for at, column in enumerate(grid.columns)]
    return [*there, *(Cells.none(grid.rows) for _ in range(len(grid.columns), width))]


def _columns(located: Located, whole: Sequence[Cells], findings: Findings) -> tuple[dict[str, int], dict[str, str]]:
    """Field → position of its column, and → its heading."""
    columns: dict[str, int] = {}
    headings: dict[str, str] = {}
    for choice in choose(located.header, located.row, whole, located.role):
        name, candidate, found = choice.field, choice.candidate, whole[choice.candidate.column]
        if not is_read(choice, found, located.header, located.role):
            field = FIELDS[located.role][name]
            if field.kind != "id" and not (name == "paid" and holds_answers(found)):
                findings.add(_misfit(located, candidate, field))
            continue
        columns[name], headings[name] = candidate.column, candidate.heading
        if name == "customer" and (passed := _passed_over(located.header[name], candidate, whole)):
            findings.add(_not_the_customers(located, passed, candidate))
        for other in _namesakes(located.header[name], candidate):
            findings.add(_duplicate(located, other, candidate))
    return columns, headings


def _namesakes(candidates: object, chosen_one: Candidate) -> list[Candidate]:
    return [c for c in candidates if c.column != chosen_one.column and fold(c.heading) == fold(chosen_one.heading)]  # type: ignore[attr-defined]


def _passed_over(candidates: Sequence[Candidate], chosen_one: Candidate, whole: Sequence[Cells]) -> Candidate | None:
    """The column that a heading says is the customers' rather than the one that is taken, if it holds anything."""
    first = min(candidates, key=lambda candidate: candidate.strength)
    return first if first.column != chosen_one.column and not whole[first.column].blank.all() else None


def _not_the_customers(located: Located, passed: Candidate, taken: Candidate) -> Finding:
    effect = f"{passed.heading!r} holds few values for many names, or numbers the rows: the customers are taken from {taken.heading!r}"
    return Finding("customers of another column", "info", located.sheet.name, located.header_row, passed.heading, passed.heading, "customers", effect)


def _misfit(located: Located, candidate: Candidate, field: Field) -> Finding:
    wanted = "dates" if field.kind == "date" else "amounts"
    effect = f"the column is not taken for {field.heading}"
    return Finding(
        "heading and content differ", "warning", located.sheet.name, located.header_row, candidate.heading, candidate.heading, wanted, effect
    )


def _duplicate(located: Located, other: Candidate, taken: Candidate) -> Finding:
    effect = f"column {taken.column + 1} of the sheet is read, column {other.column + 1} is not"
    return Finding(
        "duplicate heading", "warning", located.sheet.name, located.header_row, other.heading, other.heading, "one column of a name", effect
    )


def _in_base(header: Header, headings: Mapping[str, str]) -> frozenset[str]:
    """Fields whose heading says own currency, or stands beside one that says foreign currency."""
    beside = {name for name in headings if any(says_foreign(candidate.heading) for candidate in header.get(name, ()))}
    return frozenset(name for name, heading in headings.items() if says_base(heading) or (name in beside and not says_foreign(heading)))
