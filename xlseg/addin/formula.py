"""What a formula is to the programs that offer it: its name, its arguments, and the texts a reader of the function wizard sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["customers", "table", "date", "dates", "window", "number", "numbers", "months", "choice", "flag", "text"]
"""What an argument takes.

customers: an id or a column of them; table: cells with a heading row; date, dates: a day, or a row of them; window: days from 1 on; number: one;
numbers: one or a column; months: numbers 1 to 12 or days; choice: one of `choices`; flag: TRUE or FALSE; text: anything else.
"""

Sheet = Literal["invoices", "payments", "orders", "customers", "rules", "config"]
"""The sheets that a formula may be handed instead of reading them from its workbook."""

Default = str | float | bool | None

WIZARD_CATEGORY = "xlseg"
"""The category under which Excel's function wizard lists all formulas."""

LONGEST_HELP = 255
"""Characters that Excel's function wizard shows of a description."""


@dataclass(frozen=True)
class Argument:
    """One argument of a formula.

    Attributes
    ----------
    name
        As in the function's signature; never a reserved word of VBA.
    help
        One or two sentences for the function wizard.
    optional, default
        Whether it may be left out, and what stands in its place then; None: what the Config sheet or the workbook says.
    choices
        The words a `choice` takes, the default first.
    sheet
        For a `table`: the sheet it stands for.
    """

    name: str
    help: str
    kind: Kind
    optional: bool = True
    default: Default = None
    choices: tuple[str, ...] = ()
    sheet: Sheet | None = None


@dataclass(frozen=True)
class Example:
    """A formula as it is typed, and what it answers."""

    formula: str
    answer: str


@dataclass(frozen=True)
class Formula:
    """One formula.

    Attributes
    ----------
    name
        As in the cell, in capitals; the Python function has the same.
    help
        What it answers, for the function wizard.
    category
        The subject under which the documentation lists it.
    arguments
        In the order they are typed.
    spills
        Whether the answer may be more than one cell.
    unit
        Of the answer.
    errors
        Error value → when it is the answer.
    metric
        The metric of docs/metrics.md whose number it gives when its options are left out; "" when there is none.
    """

    name: str
    help: str
    category: str
    arguments: tuple[Argument, ...]
    unit: str
    examples: tuple[Example, ...]
    errors: tuple[tuple[str, str], ...]
    spills: bool = True
    metric: str = ""

    @property
    def required(self) -> tuple[Argument, ...]:
        """The arguments that must be given."""
        return tuple(argument for argument in self.arguments if not argument.optional)

    @property
    def reads_workbook(self) -> bool:
        """Whether it needs the sheets of the workbook when they are not given as arguments."""
        return any(argument.kind == "table" for argument in self.arguments)

    @property
    def signature(self) -> str:
        """As spreadsheet programs write it: `NAME(first, [optional])`."""
        return f"{self.name}({', '.join(f'[{a.name}]' if a.optional else a.name for a in self.arguments)})"
