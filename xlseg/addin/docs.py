"""docs/functions.md and the table in README.md, from the records. Run: `python -m xlseg.addin.docs`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.formula import Formula

BEGIN, END = "<!-- formulas -->", "<!-- end of formulas -->"
"""The table stands between these lines of README.md."""

_HEAD = """\
# Formulas

Written from the records in `xlseg/addin/catalogue.py` by `python -m xlseg.addin.docs`.

- **The first argument** is one customer id or a column of them; answers spill beside a column: one call, not one a cell. `[…]` may be left out.
- **Data are arguments**, with their heading row: `Invoices[#All]`. Excel then knows what the formula depends on, and recalculates it when an
  invoice changes. What is left out is read from the workbook: once, not per cell, and anew in a later calculation; a change there alone makes
  Excel recalculate nothing (Ctrl+Alt+F9 does, Refresh Segments too; in LibreOffice Ctrl+Shift+F9). Where the host shows a formula nothing but
  its arguments (xlwings Lite, Excel on the web) all data have to be given; invoices that do not say themselves what is paid then need the
  payments, or the answer is `#VALUE!`.
- **A column of ids rather than a formula a row**: a table named in a formula is handed over anew for each formula that names it. One formula for the
  column hands it over once; a formula a row had better leave the data out.
- **The same numbers as on the tabs** for the same as-of date: definitions in [metrics.md](metrics.md), segments in [segments.md](segments.md).
  What the options do is defined in metrics.md under "Options of the formulas".
- **Never volatile.** Without `as_of` the date is As of on the Config sheet, else today.
- **Errors** are Excel's own. `#N/A`: no such customer, or too little history. `#VALUE!`: an argument or a sheet is not what it should be;
  `=XLSEG_CHECK(…)` with the same data says in words what is wrong with them. `#NUM!`: not defined for these numbers. An empty id has an empty
  answer; missing is never 0.
"""


def functions_page() -> str:
    """The text of docs/functions.md."""
    subjects = [f"\n## {subject}\n" + "".join(map(_section, formulas)) for subject, formulas in groupby(FORMULAS, lambda f: f.category)]
    return _HEAD + "".join(subjects)


def _section(formula: Formula) -> str:
    lines = ["", f"### {formula.name}", "", f"`{formula.signature}`", "", f"{formula.help} Unit: {formula.unit}.", ""]
    if formula.metric:
        lines[-1:] = [f"Metric: `{formula.metric}`.", ""]
    if formula.arguments:
        lines += ["| argument | |", "|---|---|", *(f"| {a.name} | {_cell(a.help)} |" for a in formula.arguments), ""]
    lines += [f"- `{example.formula}` → {example.answer}" for example in formula.examples]
    lines += [f"- `{code}`: {when}" for code, when in formula.errors]
    return "\n".join(lines) + "\n"


def readme_table() -> str:
    """A line a subject: its formulas."""
    lines = ["| | |", "|---|---|"]
    for subject, formulas in groupby(FORMULAS, lambda f: f.category):
        lines.append(f"| {subject} | {', '.join(f'`{formula.name}`' for formula in formulas)} |")
    return "\n".join(lines)


def with_table(readme: str) -> str:
    """README.md with the table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{readme_table()}\n{END}{after}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def write(root: Path) -> None:
    """Write both below a folder."""
    (root / "docs" / "functions.md").write_text(functions_page(), encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parents[2])
