"""Drives a LibreOffice over its pipe, in a Python that has `uno`: a command a line of JSON on the input, its answer a line on the output."""

import contextlib
import json
import sys
import time
import traceback

import uno
from com.sun.star.accessibility.AccessibleStateType import ENABLED
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException
from com.sun.star.util import CloseVetoException


def prop(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


class Driver:
    def __init__(self, pipe):
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        for _ in range(600):
            try:
                self.context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except NoConnectException:
                time.sleep(0.1)
        self.desktop = self.make("com.sun.star.frame.Desktop")
        self.document = None

    def make(self, service):
        return self.context.ServiceManager.createInstanceWithContext(service, self.context)

    def open(self, path=None, hidden=True):
        url = uno.systemPathToFileUrl(path) if path else "private:factory/scalc"
        self.document = self.desktop.loadComponentFromURL(url, "_blank", 0, (prop("Hidden", hidden),))
        return self.document.Title

    def opened(self):
        """Take up the document that LibreOffice was started with, once it is there."""
        for _ in range(300):
            found = self.desktop.getCurrentComponent()
            if found is not None and found.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
                self.document = found
                return found.Title
            time.sleep(0.1)
        raise RuntimeError("no document is open")

    def button(self):
        """Name and middle of the first button of our toolbar, relative to the content of the window; nothing while it is grey."""
        bar = self.document.CurrentController.Frame.LayoutManager.getElement("private:resource/toolbar/addon_org.xlseg.toolbar")
        button = bar.RealInterface.getAccessibleContext().getAccessibleChild(0).getAccessibleContext()
        if not button.getAccessibleStateSet() & ENABLED:
            return None
        place, size = button.getLocationOnScreen(), button.getSize()
        return [button.getAccessibleName(), place.X + size.Width // 2, place.Y + size.Height // 2]

    def close(self):
        self.document.close(True)

    def save(self, path):
        self.document.storeToURL(uno.systemPathToFileUrl(path), (prop("FilterName", "Calc MS Excel 2007 XML"),))

    def cell(self, sheet, name):
        return self.document.Sheets.getByName(sheet).getCellRangeByName(name)

    def formula(self, sheet, name, text):
        self.cell(sheet, name).setFormula(text)

    def array(self, sheet, name, text):
        self.cell(sheet, name).setArrayFormula(text)

    def values(self, sheet, name):
        """Values; an error as its name in cells."""
        area = self.cell(sheet, name)
        rows = [list(row) for row in area.getDataArray()]
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value is None:
                    row[j] = area.getCellByPosition(j, i).getString()
        return rows

    def formulas(self, sheet, name):
        return [list(row) for row in self.cell(sheet, name).getFormulaArray()]

    def put(self, sheet, name, rows):
        self.cell(sheet, name).setDataArray(tuple(map(tuple, rows)))

    def sheets(self):
        return list(self.document.Sheets.ElementNames)

    def used(self, sheet):
        cursor = self.document.Sheets.getByName(sheet).createCursor()
        cursor.gotoEndOfUsedArea(False)
        area = cursor.RangeAddress
        return [area.EndRow + 1, area.EndColumn + 1]

    def property(self, sheet, name, what):
        value = self.cell(sheet, name).getPropertyValue(what)
        return value.value if isinstance(value, uno.Enum) else value

    def tables(self):
        ranges = self.document.DatabaseRanges
        found = {}
        for name in ranges.ElementNames:
            area = ranges.getByName(name).DataArea
            found[name] = [area.Sheet, area.StartRow, area.StartColumn, area.EndRow, area.EndColumn]
        return found

    def recalculate(self):
        start = time.perf_counter()
        self.document.calculateAll()
        return time.perf_counter() - start

    def compute(self, sheet, name):
        """Have cells computed that were waiting to be."""
        self.cell(sheet, name).getDataArray()

    def undo(self):
        self.document.UndoManager.undo()

    def undo_titles(self):
        return list(self.document.UndoManager.getAllUndoActionTitles())

    def command(self, url, wishes):
        helper = self.make("com.sun.star.frame.DispatchHelper")
        frame = self.document.CurrentController.Frame
        event = helper.executeDispatch(frame, url, "", 0, tuple(prop(name, value) for name, value in wishes.items()))
        return [event.State, event.Result]

    def describe(self, name):
        """What the function wizard shows of a function."""
        functions = self.make("com.sun.star.sheet.FunctionDescriptions")
        for i in range(functions.Count):
            said = {p.Name: p.Value for p in functions.getByIndex(i)}
            if said["Name"] == name:
                return [said["Description"], [[a.Name, a.Description, a.IsOptional] for a in said["Arguments"] or ()]]
        return None

    def ask(self, extension, name, *arguments):
        """What the extension does in the document for the worker, done from here. `extension`: where its modules are."""
        if extension not in sys.path:
            sys.path.insert(0, extension)
        from xlseg_document import Document

        return Document(self.document, self.context, Unwatched()).answers()[name](*arguments)

    def execute(self, code):
        """For looking around by hand."""
        space = {"self": self, "uno": uno, "doc": self.document, "prop": prop}
        exec(code, space)
        return repr(space.get("result"))

    def quit(self):
        """End LibreOffice. What is open is closed first: a window with changes would ask whether to save them, and wait for good."""
        for document in list(self.desktop.Components):
            with contextlib.suppress(CloseVetoException, DisposedException):
                document.close(True)
        with contextlib.suppress(DisposedException):
            self.desktop.terminate()


class Unwatched:
    """Nobody asks whether a sheet has changed."""

    def saw(self, sheet, height, whole):
        pass


def grids(found):
    if found.keys() != {"grid"}:
        return found
    from xlseg_wire import Grid

    return Grid(found["grid"])


def main():
    driver = Driver(sys.argv[1])
    for line in sys.stdin:
        name, *arguments = json.loads(line, object_hook=grids)
        try:
            answer = {"ok": getattr(driver, name)(*arguments)}
        except Exception as error:
            where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(error.__traceback__)))
            answer = {"failed": f"{type(error).__name__}: {error} (driver: {where})"}
        print(json.dumps(answer, default=lambda grid: {"grid": grid.rows}), flush=True)
        if name == "quit":
            return


main()
