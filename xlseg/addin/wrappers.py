"""The VBA modules that are written from the records of the formulas: their wrappers, and the texts of the function wizard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.formula import LONGEST_HELP, WIZARD_CATEGORY, Formula
from xlseg.addin.ovba import Module

FUNCTIONS, WIZARD = "xlseg_functions", "xlseg_wizard"
"""Names of the two modules."""

PYTHON_MODULE = "xlseg.addin.functions"
"""Where the formulas are, for Excel's Python."""

_WRAPPER = """\
Function {name}({parameters})
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        {name} = XLPy.CallUDF("{module}", "{name}", Array({arguments}), ThisWorkbook, Application.Caller)
        Exit Function
    #Else
        {name} = XLPy.CallUDF("{module}", "{name}", Array({arguments}))
        Exit Function
    #End If
failed:
    {name} = Err.Description
End Function
"""
"""As xlwings' own generator writes it."""

_WIZARD_HEAD = """\
Option Explicit

' What the function wizard says of the formulas and their arguments. Excel does not keep the arguments' texts in the file.

Public Sub DescribeFormulas()
    Dim unchanged As Boolean
    unchanged = ThisWorkbook.Saved
    On Error Resume Next ' a hidden workbook, or a program that has no function wizard: the formulas work without
"""
_WIZARD_END = """\
    ThisWorkbook.Saved = unchanged
End Sub

Private Function Here(formula As String) As String
    Here = "'" & Replace(ThisWorkbook.Name, "'", "''") & "'!" & formula
End Function
"""


def functions_module(formulas: Sequence[Formula] = FORMULAS) -> Module:
    """A VBA function for each formula, in the order of their names."""
    head = ["' Written from the records of the formulas: changes will be lost.", '#Const App = "Microsoft Excel"', ""]
    return Module(FUNCTIONS, "module", "\n".join([*head, *(wrapper(f) for f in sorted(formulas, key=lambda f: f.name))]))


def wrapper(formula: Formula) -> str:
    """The VBA function that hands a formula's arguments on to Python."""
    parameters = ", ".join(f"Optional {a.name}" if a.optional else a.name for a in formula.arguments)
    arguments = ", ".join(a.name for a in formula.arguments)
    return _WRAPPER.format(name=formula.name, module=PYTHON_MODULE, parameters=parameters, arguments=arguments)


def wizard_module(formulas: Sequence[Formula] = FORMULAS) -> Module:
    """A procedure that tells Excel's function wizard what each formula and argument is."""
    calls = "".join(f"    Describe_{formula.name}\n" for formula in formulas)
    return Module(WIZARD, "module", _WIZARD_HEAD + calls + _WIZARD_END + "".join(map(_description, formulas)))


def _description(formula: Formula) -> str:
    """One procedure a formula, for VBA bounds the size of each; one line an argument, for it bounds that too."""
    return "\n".join(["", f"Private Sub Describe_{formula.name}()", " _\n".join(_macro_options(formula)), "End Sub", ""])


def _macro_options(formula: Formula) -> Iterator[str]:
    yield f'    Application.MacroOptions Macro:=Here("{formula.name}"), Category:="{WIZARD_CATEGORY}",'
    texts = [quoted(argument.help[:LONGEST_HELP]) for argument in formula.arguments]
    yield f"        Description:={quoted(formula.help[:LONGEST_HELP])}" + (", ArgumentDescriptions:=Array(" if texts else "")
    yield from (f"            {text}{',' if place < len(texts) else ')'}" for place, text in enumerate(texts, start=1))


def quoted(text: str) -> str:
    """A text as VBA writes it."""
    return '"' + text.replace('"', '""') + '"'
