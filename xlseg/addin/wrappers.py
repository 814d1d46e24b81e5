"""The VBA modules that are written from the records of the formulas: their wrappers, and the texts of the function wizard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.formula import LONGEST_HELP, WIZARD_CATEGORY, Formula
from xlseg.addin.ovba import Module

FUNCTIONS, WIZARD = "xlseg_functions", "xlseg_wizard"
"""Names of the two modules."""

PYTHON_MODULE = "xlseg.addin.excel_functions"
"""Where the formulas are, for Excel's Python."""

_WRAPPER = """\
Function {name}({parameters})
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        {name} = ErrorValues(XLPy.CallUDF("{module}", "{name}", Array({arguments}), ThisWorkbook, Application.Caller))
        Exit Function
    #Else
        {name} = ErrorValues(XLPy.CallUDF("{module}", "{name}", Array({arguments})))
        Exit Function
    #End If
failed:
    {name} = Err.Description
End Function
"""
"""As xlwings' own generator writes it, but for the error values."""

_ERROR_VALUES = """\
' No error value can come from Python through COM: its text comes, and is made one here.
Private Function ErrorValues(answer As Variant) As Variant
    Dim found As Variant, r As Long, c As Long, last As Long
    If Not IsArray(answer) Then
        ErrorValues = ErrorValue(answer)
        Exit Function
    End If
    found = answer
    last = -1
    On Error Resume Next
    last = UBound(answer, 2)
    On Error GoTo 0
    For r = LBound(answer, 1) To UBound(answer, 1)
        If last = -1 Then
            found(r) = ErrorValue(answer(r))
        Else
            For c = LBound(answer, 2) To last
                found(r, c) = ErrorValue(answer(r, c))
            Next c
        End If
    Next r
    ErrorValues = found
End Function

Private Function ErrorValue(value As Variant) As Variant
    ErrorValue = value
    If VarType(value) <> vbString Then Exit Function
    Select Case value
{cases}
    End Select
End Function
"""

_ERROR_CODES = {"#N/A": 2042, "#VALUE!": 2015, "#NUM!": 2036, "#DIV/0!": 2007, "#NAME?": 2029, "#NULL!": 2000, "#REF!": 2023}
"""Excel's error values and their numbers in VBA (XlCVError)."""

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
    cases = "\n".join(f'        Case "{text}": ErrorValue = CVErr({code})' for text, code in _ERROR_CODES.items())
    wrappers = [wrapper(formula) for formula in sorted(formulas, key=lambda formula: formula.name)]
    return Module(FUNCTIONS, "module", "\n".join([*head, _ERROR_VALUES.format(cases=cases), *wrappers]))


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
