"""The user's own pages, made when they are absent and never written again: Rules, Config, and for a new book the ERP sheets and instructions."""

from __future__ import annotations

from collections.abc import Sequence

from xlseg import playbook
from xlseg.segments.defaults import default_rows, default_rules
from xlseg.settings import SETTINGS
from xlseg.tabs.overrides import overrides_tab
from xlseg.workbook import Cell, Column, Style, Tab, Table, Value

RULES, PLAYBOOK, CONFIG, START = "Rules", "Playbook", "Config", "Start"
RULES_TABLE, PLAYBOOK_TABLE, CONFIG_TABLE = "tblRules", "tblPlaybook", "tblConfig"


def rules_tab(with_invoices: bool = True) -> Tab:
    """The default rules as a criteria table."""
    return rules_tab_of(default_rows(with_invoices))


def rules_tab_of(rows: Sequence[Sequence[Value]]) -> Tab:
    """Rules as a criteria table; the first row holds the headings."""
    heads, body = rows[0], rows[1:]
    columns = tuple(_rule_column(str(head), [row[at] for row in body]) for at, head in enumerate(heads))
    cells = {
        (1, 1): Cell("Rules", "title"),
        (2, 1): Cell(
            "Cells of a row: and. Rows of a segment: or. Empty: any. The lowest priority that matches wins. Rows and columns are yours to change.",
            "subtitle",
        ),
        (3, 1): Cell("A cell holds >5, >=1.64, <=-25%, <>0, 5..15, a text such as USD, or a percentile of the customers: >=p80.", "note"),
        (4, 1): Cell("Any metric of the Metrics tab can be a column. Risk: 1 best to 9 worst, empty for none.", "note"),
    }
    return Tab(RULES, cells, (Table(RULES_TABLE, (6, 1), columns),), input=True, freeze=(6, 3))


def _rule_column(head: str, values: Sequence[Value]) -> Column:
    widths = {"Priority": 9.0, "Segment": 24.0, "Risk": 7.0}
    style: Style = "input_number" if head in ("Priority", "Risk") else "input_text"
    return Column(head, list(values), style, widths.get(head, max(9.0, len(head) + 3.0)))


def playbook_tab(with_invoices: bool = True, segments: Sequence[str] | None = None) -> Tab:
    """The default playbook as a table, for the segments of a rule set (by default the default one)."""
    rows = playbook.default_rows(with_invoices, segments if segments is not None else default_rules(with_invoices).segments)
    heads, body = rows[0], rows[1:]
    columns = tuple(_step_column(str(head), [row[at] for row in body]) for at, head in enumerate(heads))
    cells = {
        (1, 1): Cell("Playbook", "title"),
        (2, 1): Cell(
            "What is done with the customers of each segment, and when. Rows are yours to change; delete the sheet to get the defaults.", "subtitle"
        ),
        (3, 1): Cell(
            "Day, for Collect: days from the due date of an invoice (-7 before, 0 on it, 5 after). For Review, Sales, Clear: days in the segment.",
            "note",
        ),
        (4, 1): Cell(
            "Kind None: nothing is done. Service Level: 5 days, 48 hours. Stop If: past_due <=100; several with ; between, any of them holds back.",
            "note",
        ),
    }
    return Tab(PLAYBOOK, cells, (Table(PLAYBOOK_TABLE, (6, 1), columns),), input=True, freeze=(6, 1))


def _step_column(head: str, values: Sequence[Value]) -> Column:
    widths = {"Segment": 24.0, "Kind": 9.0, "Day": 7.0, "Action": 42.0, "Owner": 20.0, "Stop If": 24.0, "Note": 40.0}
    style: Style = "input_number" if head == "Day" else "input_text"
    choices = ", ".join(playbook.KINDS) if head == "Kind" else ""
    return Column(head, list(values), style, widths.get(head, 14.0), choices=choices)


def config_tab() -> Tab:
    """Keys with their defaults, units and notes."""
    defaults: dict[str, Value] = {
        "Window": 365,
        "Recent window": 60,
        "Grace": 5,
        "Confirm moves": "yes",
        "Margin": 1,
        "Leave out disputed": "no",
        "Payment tolerance": 0,
        "Entity": "Customer",
        "Capacity": 50,
        "Pause between touches": 4,
        "Cost of a touch": 5,
        "Cost of capital": 0.08,
        "Target days late": 0,
    }
    columns = (
        Column("Key", [s.key for s in SETTINGS], "text", 24),
        Column("Value", [defaults.get(s.key) for s in SETTINGS], "input_text", 20),
        Column("Unit", [s.unit for s in SETTINGS], "text", 12),
        Column("Note", [s.note for s in SETTINGS], "text", 100),
    )
    cells = {
        (1, 1): Cell("Config", "title"),
        (2, 1): Cell("Yellow cells are yours. An empty value means the default.", "subtitle"),
        (3, 1): Cell("To map a heading of an export, add a line: Key `Heading: Invoices.Belegdat`, Value `Date`.", "note"),
    }
    return Tab(CONFIG, cells, (Table(CONFIG_TABLE, (5, 1), columns),), input=True)


_SHEETS: dict[str, str] = {
    "Customers": "Customer ID, Name, Terms, Credit Limit, Currency, Category, Sales Rep, Country, Parent, On Hold, Do Not Contact",
    "Invoices": "Invoice No, Customer ID, Date, Due Date, Amount, Amount Remaining, Paid Date, Status, Type, Currency, FX Rate, Disputed",
    "Payments": "Payment No, Customer ID, Date, Amount, Applied To, Type",
    "SalesOrders": "Order No, Customer ID, Date, Amount, Status",
    "Reminders": "Customer ID, Invoice No, Date, Channel, Outcome, Promise Date",
}


def new_book_tabs() -> tuple[Tab, ...]:
    """An empty book: where to begin, the ERP sheets with their headings, Rules, Playbook, Overrides and Config."""
    return (start_tab(_BY_COMMAND), *_input_tabs())


def macro_book_tabs() -> tuple[Tab, ...]:
    """The same for a workbook with the ribbon button and the formulas."""
    return (start_tab(_BY_BUTTON), *_input_tabs())


def _input_tabs() -> tuple[Tab, ...]:
    sheets = (
        Tab(name, {}, (Table(name, (1, 1), tuple(_empty_column(h) for h in headings.split(", "))),), input=True, freeze=(1, 0))
        for name, headings in _SHEETS.items()
    )
    return (*sheets, rules_tab(), playbook_tab(), overrides_tab(), config_tab())


def _empty_column(heading: str) -> Column:
    style: Style = "input_date" if "Date" in heading else "input_number" if heading in _NUMBERS else "input_text"
    return Column(heading, [], style, max(12.0, len(heading) + 3), kept=True)


_NUMBERS = ("Amount", "Amount Remaining", "Credit Limit", "FX Rate")


_BY_COMMAND: tuple[tuple[str, Style], ...] = (
    ("3. Save and close the file, then run:  xlseg check BOOK.xlsx   and   xlseg refresh BOOK.xlsx", "text"),
    (
        "4. Open it again. Dashboard is the book on a page, Actions today's work, Segments everybody; Data Quality says what was left out and why.",
        "text",
    ),
    ("5. Change Rules, Playbook, Overrides and Config: the next refresh follows them. Your own columns, formats and notes stay.", "text"),
)

_BY_BUTTON: tuple[tuple[str, Style], ...] = (
    (
        "3. Click Refresh Segments on the xlseg ribbon. Dashboard is the book on a page, Actions the day's work, Data Quality what was left out.",
        "text",
    ),
    ("4. Change Rules, Playbook, Overrides and Config: the next refresh follows them. Your own columns, formats and notes stay.", "text"),
    ('5. In any cell of your own:  =SEGMENT(A2)   =PAYMENT_VELOCITY(A2:A200, Invoices[#All])   =EXPLAIN(A2, "payment_velocity")', "text"),
    ("    The function wizard (fx) lists all formulas under xlseg, with their arguments. They need Excel for Windows, or LibreOffice.", "text"),
    ("If the button or the formulas do not answer", "section"),
    ("Excel asks once whether to enable macros. If it says that it blocked them: close the file, right-click it, Properties, Unblock.", "text"),
    ('Python must be installed with:  pip install "xlseg[excel]"   Then  xlseg doctor BOOK.xlsm  in a command window says what is missing.', "text"),
    ("Without Excel, or at night on a server:  xlseg refresh BOOK.xlsm", "text"),
)


def start_tab(steps: Sequence[tuple[str, Style]]) -> Tab:
    """What to do first, in the words of the person who has to do it."""
    lines: tuple[tuple[str, Style], ...] = (
        ("Start here", "title"),
        ("1. Paste your ERP exports into Customers, Invoices, Payments and SalesOrders, headings included. The headings of NetSuite, SAP,", "text"),
        ("    QuickBooks, Xero and Dynamics are understood as they are; title rows above them do no harm.", "text"),
        ("2. Customers needs Customer ID. Invoices needs Invoice No, Customer ID, Date, Amount, and Due Date or Terms.", "text"),
        ("    Without Payments, invoices need Paid Date. Without SalesOrders, invoices stand in for orders. Reminders are optional.", "text"),
        *steps,
    )
    return Tab(START, {(row, 1): Cell(text, style) for row, (text, style) in enumerate(lines, start=1)}, widths={1: 120.0}, input=True)
