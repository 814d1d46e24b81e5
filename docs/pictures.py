"""Pictures of the tabs as LibreOffice prints them, for docs/pictures.md: `python docs/pictures.py`.

Needs soffice, pdftotext, pdftoppm, pdfseparate, and ImageMagick's convert.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import openpyxl

from xlseg.demo import make_book, write_book
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import Clock, refresh

HERE = Path(__file__).parent / "pictures"
AS_OF = dt.date(2026, 10, 31)
TITLES = {
    "dashboard": "Dashboard", "actions": "Actions", "segments": "Customer segments", "movers": "Movers", "migration": "Migration",
    "drill": "Drill: one customer",
    "value": "Value", "forecast": "Cash forecast", "data_quality": "Data quality", "rule_sets": "Rule sets", "change_log": "Change log",
    "action_log": "Action log", "definitions": "Definitions", "rules": "Rules", "playbook": "Playbook", "overrides": "Overrides",
}  # fmt: skip
"""Picture → the first line of its page."""
CLOSER = {"actions": (220, "2420x520+0+0"), "segments": (330, "2100x700+40+20")}
"""Wide tabs, which are for the screen: dots an inch, and which part of the page."""
PRINTED = ("dashboard", "drill")
"""What is kept as the printed page too."""


def book(folder: Path) -> Path:
    """A demo book after two mornings: something was done, overridden and changed between them."""
    path = folder / "book.xlsx"
    write_book(make_book(120, 7), path)
    clock = Clock(dt.datetime.combine(AS_OF, dt.time(6, 30)), lambda: 0.0)
    refresh(WorkbookFile(path), None, AS_OF, clock)
    workbook = openpyxl.load_workbook(path, keep_vba=False)
    actions = workbook["Actions"]
    heads = {cell.value: cell.column for cell in actions[6]}
    for row, status, note in ((7, "Done", "spoke to Ms Ito: pays on Friday"), (8, "Doing", "left a message"), (9, "Promised", "")):
        actions.cell(row, heads["Status"]).value = status
        actions.cell(row, heads["Note"]).value = note or None
    actions.cell(9, heads["Follow Up"]).value = dt.datetime(2026, 11, 6)
    over = workbook["Overrides"]
    for column, value in enumerate(
        ("C-0013", "At-Risk", "fire in the warehouse", "Anna", dt.datetime(2026, 10, 30), dt.datetime(2026, 12, 31)), start=1
    ):
        over.cell(7, column).value = value
    workbook["Drill"]["B5"] = None
    edited = folder / "edited.xlsx"
    workbook.save(edited)
    # openpyxl drops charts: the tabs that have some are made anew.
    workbook = openpyxl.load_workbook(edited)
    for name in ("Dashboard", "Drill", "Value", "Cash Forecast"):
        del workbook[name]
    workbook.save(edited)
    refresh(WorkbookFile(edited), None, AS_OF, clock)
    return edited


def main() -> None:
    """Print the book, find each tab's first page, make a picture of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = book(folder)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        subprocess.run(["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)], check=True, capture_output=True)
        pdf = path.with_suffix(".pdf")
        text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout.split("\f")
        first = [next((line.strip() for line in page.splitlines() if line.strip()), "") for page in text]
        for picture, title in TITLES.items():
            number = next(at for at, line in enumerate(first, start=1) if re.match(re.escape(title) + r"(\s{2}|$)", line))
            dots, part = CLOSER.get(picture, (110, ""))
            page = ["-f", str(number), "-l", str(number)]
            subprocess.run(["pdftoppm", "-r", str(dots), *page, "-singlefile", "-png", str(pdf), str(folder / picture)], check=True)
            made = folder / f"{picture}.png"
            cut = ["-crop", part, "+repage"] if part else []
            subprocess.run(["convert", str(made), *cut, "-trim", "-bordercolor", "white", "-border", "12", "-colors", "64", str(made)], check=True)
            shutil.copy(made, HERE / made.name)
            print(f"{picture}.png  page {number}")
            if picture in PRINTED:
                subprocess.run(["pdfseparate", *page, str(pdf), str(HERE / f"{picture}.pdf")], check=True)


if __name__ == "__main__":
    main()
