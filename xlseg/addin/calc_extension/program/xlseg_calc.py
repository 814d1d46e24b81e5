"""xlseg inside LibreOffice: hands the formulas and the button on to the worker. Runs in LibreOffice's own Python, with nothing but its library."""

import json
import os
import struct
import sys

import uno
import unohelper
from com.sun.star.awt import XCallback
from com.sun.star.frame import DispatchResultEvent, XDispatchProvider, XNotifyingDispatch
from com.sun.star.lang import XInitialization, XServiceInfo, XServiceName

_HERE = os.path.dirname(os.path.abspath(__file__))
if os.path.join(_HERE, "pythonpath") not in sys.path:
    sys.path.insert(0, os.path.join(_HERE, "pythonpath"))

from xlseg_document import Document  # noqa: E402
from xlseg_watch import watch_of  # noqa: E402
from xlseg_wire import Grid  # noqa: E402
from xlseg_worker import Worker, WorkerError  # noqa: E402

_WORKER = Worker()
_CODES = {"#N/A": 32767, "#DIV/0!": 532, "#VALUE!": 519, "#REF!": 524, "#NAME?": 525, "#NUM!": 503, "#NULL!": 521}
_NAMESPACE = "com.sun.star.sheet.SpreadsheetDocument"


def _error(code):
    """An error value: Calc keeps its number in the bits of a number that is none."""
    return struct.unpack("<d", struct.pack("<II", _CODES.get(code, 519), 0x7FF80000))[0]


def _answered(cell):
    """An answer as Calc takes it."""
    if cell is None or isinstance(cell, str):
        return "" if cell is None else cell
    if isinstance(cell, dict):
        return _error(cell["error"])
    return float(cell)  # a truth value would be taken for 0


# ── formulas ─────────────────────────────────────────────────────────────────


def _asked(value):
    return Grid(value) if isinstance(value, tuple) else value


def _call(context, name, caller, arguments, spills):
    watch = watch_of(caller)
    state = watch.memory.turn(watch.revision())
    known = watch.memory.answer(name, arguments)
    return _asked_for(context, name, caller, arguments, spills, watch, state) if known is None else known


def _asked_for(context, name, caller, arguments, spills, watch, state):
    """The worker's answer; where it holds until something changes, it is remembered."""
    message = {"do": "call", "name": name, "arguments": [_asked(value) for value in _given(arguments)], "book": watch.identity}
    message["changed"], message["all"] = watch.is_news(), watch.memory.wants_all(name, arguments)
    try:
        reply = _WORKER.request(message, Document(caller, context, watch).answers())
    except WorkerError:
        reply = {"answer": {"error": "#VALUE!"}}
    if reply.get("again"):
        _recalculate_soon(context, caller)
    answer = _cells(reply["answer"], spills)
    if reply.get("holds") and (not spills or len(answer) == 1):
        everyone = reply["all"].rows if "all" in reply else ()
        watch.memory.keep(state, name, arguments, answer, [(row[0], _cells(Grid((row[1:],)), spills)) for row in everyone])
    return answer


def _given(arguments):
    """The arguments without those that are left out at the end."""
    while arguments and arguments[-1] is None:
        arguments = arguments[:-1]
    return arguments


def _cells(answer, spills):
    rows = answer.rows if isinstance(answer, Grid) else ((answer,),)
    cells = tuple(tuple(_answered(cell) for cell in row) for row in rows)
    return cells if spills else cells[0][0]


class _Recalculation(unohelper.Base, XCallback):
    """Computes a document once more when LibreOffice has nothing else to do."""

    def __init__(self, model):
        self._model = model

    def notify(self, data):
        self._model.calculateAll()


def _recalculate_soon(context, model):
    later = context.ServiceManager.createInstanceWithContext("com.sun.star.awt.AsyncCallback", context)
    later.addCallback(_Recalculation(model), None)


def _formula(name, spills):
    def formula(self, caller, *arguments):
        return _call(self.context, name, caller, arguments, spills)

    return formula


def _recorded_formulas():
    with open(os.path.join(_HERE, "functions.json"), encoding="utf-8") as file:
        return {method: _formula(name, spills) for method, name, spills, _ in json.load(file)}


def _functions():
    """The class of the formulas; None where LibreOffice is too old to keep them in a file."""
    methods = _recorded_formulas()
    if not methods:
        return None
    interface = uno.getClass("org.xlseg.XFunctions")

    def initialized(self, context):
        self.context = context

    names = ("org.xlseg.AddIn",)
    services = {
        "__init__": initialized,
        "getServiceName": lambda self: names[0],
        "getImplementationName": lambda self: "org.xlseg.AddIn.Functions",
        "supportsService": lambda self, name: name in names,
        "getSupportedServiceNames": lambda self: names,
    }
    return type("Functions", (unohelper.Base, interface, XServiceInfo, XServiceName), {**services, **methods})


# ── the button ───────────────────────────────────────────────────────────────


class Dispatch(unohelper.Base, XInitialization, XDispatchProvider, XNotifyingDispatch, XServiceInfo):
    """The command org.xlseg:refresh. Arguments, for macros: AsOf (a date such as 2026-10-31), Quiet (no message box)."""

    def __init__(self, context):
        self._context, self._frame = context, None

    def initialize(self, arguments):
        if arguments:
            self._frame = arguments[0]

    def queryDispatch(self, url, target, flags):
        return self if url.Protocol == "org.xlseg:" else None

    def queryDispatches(self, requests):
        return [self.queryDispatch(r.FeatureURL, r.FrameName, r.SearchFlags) for r in requests]

    def dispatch(self, url, arguments):
        self._refresh({a.Name: a.Value for a in arguments})

    def dispatchWithNotification(self, url, arguments, listener):
        words, done = self._refresh({a.Name: a.Value for a in arguments})
        if listener is not None:
            listener.dispatchFinished(DispatchResultEvent(self, 1 if done else 0, words))

    def addStatusListener(self, listener, url):
        pass

    def removeStatusListener(self, listener, url):
        pass

    def getImplementationName(self):
        return "org.xlseg.Dispatch"

    def supportsService(self, name):
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self):
        return ("com.sun.star.frame.ProtocolHandler",)

    def _refresh(self, wishes):
        model = self._frame.Controller.Model
        if not model.supportsService(_NAMESPACE):
            return self._say("xlseg: this is no spreadsheet. To go on, open the workbook with your exports.", False, wishes)
        indicator = self._frame.createStatusIndicator()
        indicator.start("xlseg: starting …", 5)
        try:
            watch = watch_of(model)
            reply = _WORKER.request({"do": "refresh", "as_of": wishes.get("AsOf")}, Document(model, self._context, watch, indicator).answers())
            words, done = reply["words"], reply["done"]
            if done:
                indicator.setText("xlseg: recalculating …")
                watch.forget()
                model.calculateAll()
        except WorkerError as error:
            words, done = str(error), False
        finally:
            indicator.end()
        return self._say(words, done, wishes)

    def _say(self, words, done, wishes):
        if not wishes.get("Quiet"):
            kind = uno.Enum("com.sun.star.awt.MessageBoxType", "INFOBOX" if done else "WARNINGBOX")
            toolkit = self._context.ServiceManager.createInstanceWithContext("com.sun.star.awt.Toolkit", self._context)
            box = toolkit.createMessageBox(self._frame.ContainerWindow, kind, 1, "Refresh Segments", words)
            box.execute()
            box.dispose()
        return words, done


g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Dispatch, "org.xlseg.Dispatch", ("com.sun.star.frame.ProtocolHandler",))
if (_FUNCTIONS := _functions()) is not None:
    g_ImplementationHelper.addImplementation(_FUNCTIONS, "org.xlseg.AddIn.Functions", ("org.xlseg.AddIn",))
