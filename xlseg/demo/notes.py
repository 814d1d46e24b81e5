"""The page of the team's own in the demo book: formulas on the exports and a chart, which a refresh must keep."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from xlseg.demo.book import DemoBook
from xlseg.demo.defects import HEADER_ROW

MONTHS_SHOWN = 12
LINES = (
    "Exports are pasted over the ERP sheets on the first workday of the month.",
    "Call list is agreed in the Tuesday meeting. Do not call accounts on legal hold.",
)


def write_notes(workbook: Any, book: DemoBook) -> None:
    """Add the sheet Notes."""
    sheet = workbook.add_worksheet("Notes")
    bold, money, count = (workbook.add_format(look) for look in ({"bold": True}, {"num_format": "#,##0.00"}, {"num_format": "#,##0"}))
    month_look = workbook.add_format({"num_format": "mmm yyyy", "align": "left"})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 18)
    sheet.write_string(0, 0, "Notes of the credit team", workbook.add_format({"bold": True, "font_size": 14}))
    for row, line in enumerate(LINES, start=1):
        sheet.write_string(row, 0, line)
    for row, (label, formula, value) in enumerate(_checks(book), start=4):
        sheet.write_string(row, 0, label)
        sheet.write_formula(row, 1, formula, count if formula.startswith("=COUNT") else money, value)
    sheet.write_string(8, 0, "Month", bold)
    sheet.write_string(8, 1, "Orders taken", bold)
    dates, amounts = _range(book, "SalesOrders", "Date"), _range(book, "SalesOrders", "Amount")
    for row, (month, total) in enumerate(_monthly_orders(book), start=9):
        sheet.write_datetime(row, 0, month, month_look)
        first = f"A{row + 1}"
        sheet.write_formula(row, 1, f'=SUMIFS({amounts},{dates},">="&{first},{dates},"<"&EDATE({first},1))', money, total)
    chart = workbook.add_chart({"type": "column"})
    last = 8 + MONTHS_SHOWN
    chart.add_series({"name": "Orders taken", "categories": ["Notes", 9, 0, last, 0], "values": ["Notes", 9, 1, last, 1]})
    chart.set_title({"name": "Orders taken"})
    chart.set_x_axis({"text_axis": True, "num_format": "mmm yy"})
    chart.set_y_axis({"num_format": "#,##0"})
    chart.set_legend({"none": True})
    sheet.insert_chart("D5", chart)


def _checks(book: DemoBook) -> list[tuple[str, str, float]]:
    """Label, formula and its value as it is now."""
    remaining = book.sheets["Invoices"]["Amount Remaining"]
    return [
        ("Open per export", f"=SUM({_range(book, 'Invoices', 'Amount Remaining')})", round(float(remaining.sum()), 2)),
        ("Rows on Invoices", f"=COUNTA({_range(book, 'Invoices', 'Document Number')})", len(remaining)),
        ("Accounts", f"=COUNTA({_range(book, 'Customers', 'Customer ID')})", len(book.sheets["Customers"])),
    ]


def _range(book: DemoBook, sheet: str, heading: str) -> str:
    frame = book.sheets[sheet]
    column, header = xl_col_to_name(frame.columns.get_loc(heading)), HEADER_ROW[sheet]
    return f"{sheet}!${column}${header + 1}:${column}${header + max(len(frame), 1)}"


def _monthly_orders(book: DemoBook) -> list[tuple[dt.datetime, float]]:
    """The last months and the sum of the orders that have a true date in each."""
    orders = book.sheets["SalesOrders"]
    true_dates = orders[[isinstance(date, pd.Timestamp) for date in orders["Date"]]]
    totals = true_dates.groupby([pd.Period(date, "M") for date in true_dates["Date"]])["Amount"].sum()
    months = pd.period_range(end=pd.Period(book.until, "M"), periods=MONTHS_SHOWN, freq="M")
    return [(month.to_timestamp().to_pydatetime(), round(float(totals.get(month, 0.0)), 2)) for month in months]
