"""The files of the extension that LibreOffice reads: functions with their texts, menu, toolbar, registration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from xlseg.addin.formula import Argument, Formula

IDENTIFIER = "org.xlseg.calc"
"""By which LibreOffice knows the extension."""
COMMAND = "org.xlseg:refresh"
"""URL of the button's command."""
BUTTON = "Refresh Segments"

_SERVICE, _DISPATCH = "org.xlseg.AddIn", "org.xlseg.Dispatch"
_TOOLBAR = "org.xlseg.toolbar"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CALC = "com.sun.star.sheet.SpreadsheetDocument"
_DATA, _COMPONENTS, _TYPES = "configuration-data", "uno-components", "uno-typelibrary;type=RDB"


def files(formulas: Sequence[Formula], version: str) -> Mapping[str, str]:
    """Name of each generated file → its text; without formulas an extension that offers the button alone."""
    made = {
        "description.xml": _description(version),
        "xlseg.components": _components(with_formulas=bool(formulas)),
        "Addons.xcu": _addons(),
        "CalcWindowState.xcu": _window_state(),
        "ProtocolHandler.xcu": _protocol_handler(),
        "functions.json": json.dumps([[method(f), f.name, f.spills, len(f.arguments)] for f in formulas]),
    }
    if formulas:
        made |= {"XFunctions.idl": _interface(formulas), "CalcAddIns.xcu": _add_ins(formulas)}
    return {**made, "META-INF/manifest.xml": _manifest(made)}


def method(formula: Formula) -> str:
    """Name of a formula in the interface: paymentVelocity."""
    first, *others = formula.name.lower().split("_")
    return first + "".join(word.capitalize() for word in others)


def _interface(formulas: Sequence[Formula]) -> str:
    """The types, in LibreOffice's interface language, which it reads as it stands.

    The first argument is the calling document, which the user does not see; an answer that may spill is rows of cells.
    """
    lines = []
    for formula in formulas:
        answer = "sequence< sequence< any > >" if formula.spills else "any"
        arguments = ["[in] com::sun::star::beans::XPropertySet caller", *(f"[in] any {_argument(a)}" for a in formula.arguments)]
        lines.append(f"    {answer} {method(formula)}({', '.join(arguments)});")
    return "module org { module xlseg {\ninterface XFunctions {\n" + "\n".join(lines) + "\n};\n}; };\n"


def _argument(argument: Argument) -> str:
    return argument.name.replace("_", "").lower()


def _add_ins(formulas: Sequence[Formula]) -> str:
    functions = "".join(map(_function, formulas))
    return _registry("CalcAddIns", "", _node("AddInInfo", _node(_SERVICE, _node("AddInFunctions", functions), new=True)))


def _function(formula: Formula) -> str:
    arguments = _node("Parameters", "".join(_node(_argument(a), _texts(a.name, a.help), new=True) for a in formula.arguments))
    compatible = f'<prop oor:name="CompatibilityName"><value xml:lang="en-US">{formula.name}</value></prop>'
    return "\n" + _node(method(formula), _texts(formula.name, formula.help) + _prop("Category", "Add-In") + compatible + arguments, new=True)


def _texts(name: str, text: str) -> str:
    return _prop("DisplayName", name, "en") + _prop("Description", text, "en")


def _addons() -> str:
    command = _prop("URL", COMMAND) + _prop("Title", BUTTON, "en") + _prop("Target", "_self")
    context = _prop("Context", _CALC)
    menu = _node("org.xlseg.menu", _prop("Title", "xlseg", "en") + context + _node("Submenu", _node("refresh", command, new=True)), new=True)
    button = _node("refresh", command + context, new=True)
    bar = _node(_TOOLBAR, _prop("Title", "xlseg", "en") + button, new=True)
    return _registry("Addons", "", _node("AddonUI", _node("OfficeMenuBar", menu) + _node("OfficeToolBar", bar)))


def _window_state() -> str:
    """The toolbar is shown from the start, below the others."""
    state = (
        _prop("DockPos", "0,2", kind="xs:string")
        + _prop("DockingArea", "0", kind="xs:int")
        + _prop("Docked", "true", kind="xs:boolean")
        + _prop("UIName", "xlseg", "en")
        + _prop("Visible", "true", kind="xs:boolean")
    )
    bar = _node(f"private:resource/toolbar/addon_{_TOOLBAR}", state, new=True)
    return _registry("CalcWindowState", ".UI", _node("UIElements", _node("States", bar)))


def _protocol_handler() -> str:
    return _registry("ProtocolHandler", "", _node("HandlerSet", _node(_DISPATCH, _prop("Protocols", "org.xlseg:*"), new=True)))


def _components(*, with_formulas: bool) -> str:
    parts = [(_DISPATCH, "com.sun.star.frame.ProtocolHandler"), *([(_SERVICE + ".Functions", _SERVICE)] if with_formulas else [])]
    listed = "".join(f'<implementation name="{name}"><service name="{service}"/></implementation>' for name, service in parts)
    component = f'<component loader="com.sun.star.loader.Python" uri="xlseg_calc.py">{listed}</component>'
    return f'{_HEAD}<components xmlns="http://openoffice.org/2010/uno-components">{component}</components>\n'


def _description(version: str) -> str:
    return (
        f'{_HEAD}<description xmlns="http://openoffice.org/extensions/description/2006">'
        f'<identifier value="{IDENTIFIER}"/><version value={quoteattr(version)}/>'
        '<display-name><name lang="en">xlseg: customer behaviour and segments</name></display-name></description>\n'
    )


def _manifest(made: Mapping[str, str]) -> str:
    kinds = {"idl": _TYPES, "components": _COMPONENTS, "xcu": _DATA}
    listed = "".join(
        f'<manifest:file-entry manifest:media-type="application/vnd.sun.star.{kinds[name.split(".")[-1]]}" manifest:full-path="{name}"/>'
        for name in sorted(made, key=lambda name: not name.endswith(".idl"))  # the types before what uses them
        if name.split(".")[-1] in kinds
    )
    return f'{_HEAD}<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">{listed}</manifest:manifest>\n'


def _registry(name: str, package: str, content: str) -> str:
    spaces = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    return f'{_HEAD}<oor:component-data {spaces} oor:name="{name}" oor:package="org.openoffice.Office{package}">{content}</oor:component-data>\n'


def _node(name: str, content: str, *, new: bool = False) -> str:
    return f"<node oor:name={quoteattr(name)}{' oor:op=' + quoteattr('replace') if new else ''}>{content}</node>"


def _prop(name: str, value: str, language: str = "", kind: str = "") -> str:
    said = f' xml:lang="{language}"' if language else ""
    typed = f' oor:type="{kind}"' if kind else ""
    return f'<prop oor:name="{name}"{typed}><value{said}>{escape(value)}</value></prop>'
