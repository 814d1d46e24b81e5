"""What the worker may ask of the open document: to read its sheets, and to change cells, all or nothing."""

import re
from contextlib import suppress
from functools import partial

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.sheet.FillDirection import TO_BOTTOM
from com.sun.star.sheet.FillMode import SIMPLE
from com.sun.star.document import UndoFailedException
from com.sun.star.table import CellAddress
from com.sun.star.uno import RuntimeException
from com.sun.star.util import InvalidStateException
from xlseg_wire import Column, Grid

_FORMULAS = 16  # com.sun.star.sheet.CellFlags
_OURS = "ORG.XLSEG.ADDIN."
_EXCEL = 3  # com.sun.star.sheet.AddressConvention.XL_OOX
_DATE, _LOGICAL = 2, 1024  # com.sun.star.util.NumberFormat
_ERRORS = {32767: "#N/A", 532: "#DIV/0!", 519: "#VALUE!", 502: "#VALUE!", 524: "#REF!", 525: "#NAME?", 503: "#NUM!", 521: "#NULL!"}
_MOST_ERRORS = 100_000
_ROWS_AT_A_TIME = 1000
_ADDRESS = re.compile(r"(?:'(?:[^']|'')*'|[^'.,;]*)\.[A-Z]+([0-9]+)(?::[A-Z]+([0-9]+))?")
"""One of the addresses in a text such as 'my sheet'.A2:A100,'my sheet'.A133: its rows."""
_PAGES = "PageStyles"
_PAGE = ("ScaleToPagesX", "ScaleToPagesY", "LeftMargin", "RightMargin", "TopMargin", "BottomMargin", "CenterHorizontally")
_LOOKS = (
    "CharWeight", "CharPosture", "CharColor", "CharHeight", "CellBackColor", "IsCellBackgroundTransparent", "HoriJustify", "VertJustify",
    "IsTextWrapped", "TopBorder2", "BottomBorder2", "LeftBorder2", "RightBorder2",
)  # fmt: skip
_MARK, _NOTE, _UNDO = "xlsegTab", "xlsegCells", "Refresh Segments"
_HIDDEN = 16  # com.sun.star.sheet.NamedRangeFlag


class Document:
    """An open spreadsheet, and how far the work on it has come."""

    def __init__(self, model, context, watch, indicator=None):
        self._model, self._context, self._watch, self._indicator = model, context, watch, indicator
        self._stops = 0
        self._before = []

    def answers(self):
        """By name, what may be asked."""
        return {"book": self.book, "read": self.read, "formulas": self.formulas, "apply": self.apply, "progress": self.progress}

    # ── reading ──────────────────────────────────────────────────────────────

    def book(self):
        """Names of sheets, tables and marks, which cells are noted as ours, and the day from which dates count."""
        null = self._model.NullDate
        tables, marks, noted = {}, {}, {}
        ranges = self._model.DatabaseRanges
        for name in ranges.ElementNames:
            area = ranges.getByName(name).DataArea
            tables[name] = [self._sheets().getByIndex(area.Sheet).Name, area.StartRow, area.StartColumn, area.EndRow, area.EndColumn]
        for sheet in self._each_sheet():
            if sheet.NamedRanges.hasByName(_MARK):
                marks.setdefault(sheet.NamedRanges.getByName(_MARK).Content.strip('"'), []).append(sheet.Name)
            ours = [name for name in sheet.NamedRanges.ElementNames if name.startswith(_NOTE)]
            noted[sheet.Name] = {name: sheet.NamedRanges.getByName(name).Content for name in ours}
        return {
            "name": self._model.Title,
            "null": [null.Year, null.Month, null.Day],
            "sheets": [[sheet.Name, _is_filled(sheet)] for sheet in self._each_sheet()],
            "tables": tables,
            "marks": marks,
            "noted": noted,
        }

    def read(self, name, first, last):
        """The rows of a sheet from `first` up to before `last` (None: all), counted from 0, from its first column on.

        Dates and truth values are numbers like others: the areas that are formatted so are named beside them.
        """
        sheet = self._sheets().getByName(name)
        end = _end(sheet)
        self._watch.saw(sheet, end.EndRow + 1, last is None)
        bottom = end.EndRow if last is None else min(last - 1, end.EndRow)
        if bottom < first:
            return {"cells": Grid(()), "dates": [], "logicals": [], "errors": []}
        area = sheet.getCellRangeByPosition(0, first, end.EndColumn, bottom)
        computed = area.queryContentCells(_FORMULAS)
        columns = _columns(area, _ours(area, computed) if self._indicator is None else {})
        dates, logicals = self._formatted(area)
        errors = _errors(area, columns) if computed.Count else []  # a cell that holds an error is a formula
        return {"cells": Grid(columns=columns), "dates": dates, "logicals": logicals, "errors": errors}

    def formulas(self, name):
        """The formulas of a sheet as Excel writes them: row, column (from 0) and text of each."""
        sheet, parser, found = self._sheets().getByName(name), self._parser(), []
        for part in sheet.queryContentCells(_FORMULAS):
            area = part.RangeAddress
            for row in range(area.StartRow, area.EndRow + 1):
                for column in range(area.StartColumn, area.EndColumn + 1):
                    cell = sheet.getCellByPosition(column, row)
                    found.append([row, column, parser.printFormula(cell.getTokens(), cell.CellAddress)])
        return found

    def _formatted(self, area):
        """Areas of dates and of truth values, column by column: side by side, the empty cells of one would cut through those of the others."""
        formats, dates, logicals = self._model.NumberFormats, [], []
        for column in range(area.Columns.Count):
            cells = area.getCellRangeByPosition(column, 0, column, area.Rows.Count - 1)
            for part in cells.getUniqueCellFormatRanges():
                kind = formats.getByKey(part.NumberFormat).Type
                for goal in (dates if kind & _DATE else None, logicals if kind & _LOGICAL else None):
                    if goal is not None:
                        goal.extend([top, column, bottom, column] for top, bottom in _stretches(part))
        return dates, logicals

    # ── changing ─────────────────────────────────────────────────────────────

    def apply(self, making, changing):
        """Make new sheets, then do the steps that change others, as one that the user can undo; when one cannot be done, none is.

        LibreOffice cannot undo that a sheet of another file was added: once there are new ones, nothing before them can be undone.
        """
        model, manager = self._model, self._model.UndoManager
        calculating = model.isAutomaticCalculationEnabled()
        before = set(self._sheets().ElementNames)
        model.enableAutomaticCalculation(False)
        model.addActionLock()
        model.lockControllers()
        try:
            self._make(making)
            self._change(changing)
        except Exception:
            for name in set(self._sheets().ElementNames) - before:
                self._sheets().removeByName(name)
            raise
        finally:
            if making:
                manager.clear()
            model.unlockControllers()
            model.removeActionLock()
            model.enableAutomaticCalculation(calculating)

    def _make(self, steps):
        manager = self._model.UndoManager
        manager.lock()
        try:
            self._do(steps)
        finally:
            manager.unlock()

    def _change(self, steps):
        manager, done, self._before = self._model.UndoManager, False, []
        titles = manager.getAllUndoActionTitles()
        manager.enterUndoContext(_UNDO)
        try:
            self._do(steps)
            done = True
        finally:
            with suppress(InvalidStateException):  # somebody has locked the undo manager, and nothing was recorded
                manager.leaveUndoContext()
            if not done and not self._undone(titles):
                for put_back in reversed(self._before):
                    with suppress(RuntimeException):  # what could not be changed cannot be put back either
                        put_back()
            self._before = []

    def _undone(self, before):
        """Whether LibreOffice has undone the steps. It cannot where a macro or a setting has switched that off, or where it was itself busy."""
        manager = self._model.UndoManager
        titles = manager.getAllUndoActionTitles()
        if not manager.isUndoPossible() or titles == before or titles[0] != _UNDO:
            return False
        try:
            manager.undo()
        except (UndoFailedException, InvalidStateException):
            return False
        return True

    def _keep(self, area):
        """Have what stands in an area at hand, should LibreOffice not be able to undo the step."""
        cells, formulas = area.getDataArray(), []
        for part in area.queryContentCells(_FORMULAS):
            for row in range(part.Rows.Count):
                formulas += [(cell, cell.getTokens()) for cell in (part.getCellByPosition(i, row) for i in range(part.Columns.Count))]

        def put_back():
            area.setDataArray(tuple(tuple("" if cell is None else cell for cell in row) for row in cells))
            for cell, tokens in formulas:
                cell.setTokens(tokens)

        self._before.append(put_back)
        return cells

    def _do(self, steps):
        """Each by its name: what is not listed here cannot be done."""
        can = {
            "sheets": self._add_sheets, "mark": self._mark, "note": self._note, "table": self._table, "freeze": self._freeze, "like": self._like,
            "cells": self._cells, "formulas": self._formulas, "looks": self._looks,
        }  # fmt: skip
        for name, *arguments in steps:
            can[name](*arguments)

    def _add_sheets(self, url, names):
        """Sheets of another file as further ones of this.

        LibreOffice numbers the tables that come along as they were in the other file, so that formulas take them for others of the same
        number: they are taken away here and made anew in a step of their own.
        """
        known, ranges = set(self._model.DatabaseRanges.ElementNames), self._model.DatabaseRanges
        desktop = self._context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", self._context)
        other = desktop.loadComponentFromURL(url, "_blank", 0, (_property("Hidden", True), _property("ReadOnly", True)))
        try:
            for name in names:
                self._sheets().importSheet(other, name, self._sheets().Count)
                self._add_page(name, other.StyleFamilies.getByName(_PAGES).getByName(other.Sheets.getByName(name).PageStyle))
        finally:
            other.close(True)
        for table in set(ranges.ElementNames) - known:
            ranges.removeByName(table)

    def _add_page(self, name, model):
        """The page that a new sheet is printed on, which does not come along with it: landscape, fitted as it was, on the user's paper."""
        pages, called = self._model.StyleFamilies.getByName(_PAGES), "xlseg %s" % name
        if not pages.hasByName(called):
            pages.insertByName(called, self._model.createInstance("com.sun.star.style.PageStyle"))
        page = pages.getByName(called)
        page.IsLandscape, (page.Height, page.Width) = True, sorted((page.Width, page.Height))
        for trait in _PAGE:
            page.setPropertyValue(trait, model.getPropertyValue(trait))
        self._sheets().getByName(name).PageStyle = called

    def _cells(self, name, row, column, grid):
        """New values. LibreOffice undoes this only where something stood before, so that empty cells are filled one by one."""
        rows = grid.rows
        area = self._area(name, row, column, row + len(rows) - 1, column + len(rows[0]) - 1)
        for i, (old, new) in enumerate(zip(self._keep(area), rows)):
            for j in [j for j, cell in enumerate(old) if cell == "" != new[j]]:
                cell = area.getCellByPosition(j, i)
                if isinstance(new[j], str):
                    cell.setString(new[j])
                else:
                    cell.setValue(new[j])
        area.setDataArray(tuple(tuple(cells) for cells in rows))

    def _formulas(self, name, formulas):
        sheet, parser = self._sheets().getByName(name), self._parser()
        for row, column, text in formulas:
            cell = sheet.getCellByPosition(column, row)
            self._keep(self._area(name, row, column, row, column))
            cell.setTokens(parser.parseFormula(text, cell.CellAddress))

    def _like(self, name, top, left, bottom, right):
        """Rows that look like the first of them."""
        area = self._area(name, top, left, bottom, right)
        self._keep(area)
        area.fillSeries(TO_BOTTOM, SIMPLE, 0, 0.0, 0.0)

    def _looks(self, url, looks):
        """Cells that look like cells of another file."""
        desktop = self._context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", self._context)
        other = desktop.loadComponentFromURL(url, "_blank", 0, (_property("Hidden", True), _property("ReadOnly", True)))
        try:
            for name, row, column, areas in looks:
                model = other.Sheets.getByName(name).getCellByPosition(column, row)
                format_code = other.NumberFormats.getByKey(model.NumberFormat).FormatString
                cells = self._model.createInstance("com.sun.star.sheet.SheetCellRanges")
                cells.addRangeAddresses(tuple(self._area(name, *area).RangeAddress for area in areas), True)
                for look in _LOOKS:
                    cells.setPropertyValue(look, model.getPropertyValue(look))
                cells.NumberFormat = self._format(format_code)
        finally:
            other.close(True)

    def _table(self, table, name, top, left, bottom, right):
        """A table, made or brought to its size."""
        ranges, area = self._model.DatabaseRanges, self._area(name, top, left, bottom, right).RangeAddress
        if ranges.hasByName(table):
            known = ranges.getByName(table)
            self._before.append(partial(setattr, known, "DataArea", known.DataArea))
            known.DataArea = area
        else:
            ranges.addNewByName(table, area)
            made = ranges.getByName(table)
            made.ContainsHeader = True
            made.AutoFilter = True

    def _freeze(self, name, rows, columns):
        """Rows and columns that stay in sight; a document without a window has none."""
        view = self._model.CurrentController
        if view is not None:
            active = view.ActiveSheet
            view.setActiveSheet(self._sheets().getByName(name))
            view.freezeAtPosition(columns, rows)
            view.setActiveSheet(active)

    def _mark(self, name):
        names = self._sheets().getByName(name).NamedRanges
        if not names.hasByName(_MARK):
            names.addNewByName(_MARK, '"%s"' % name, CellAddress(), 0)

    def _note(self, name, areas):
        """Which cells of a sheet are ours: names of its own, each with its area."""
        names = self._sheets().getByName(name).NamedRanges
        for known in names.ElementNames:
            if known.startswith(_NOTE):
                self._before.append(partial(names.addNewByName, known, names.getByName(known).Content, CellAddress(), _HIDDEN))
                names.removeByName(known)
        for new, *area in areas:
            names.addNewByName(new, self._area(name, *area).AbsoluteName, CellAddress(), _HIDDEN)
            self._before.append(partial(names.removeByName, new))

    # ── small ────────────────────────────────────────────────────────────────

    def progress(self, words):
        """Say in the status bar what is done now."""
        if self._indicator is not None:
            self._stops += 1
            self._indicator.setText("xlseg: %s …" % words)
            self._indicator.setValue(min(self._stops, 4))

    def _sheets(self):
        return self._model.Sheets

    def _each_sheet(self):
        return [self._sheets().getByIndex(i) for i in range(self._sheets().Count)]

    def _area(self, name, top, left, bottom, right):
        return self._sheets().getByName(name).getCellRangeByPosition(left, top, right, bottom)

    def _parser(self):
        parser = self._model.createInstance("com.sun.star.sheet.FormulaParser")
        parser.CompileEnglish = True
        parser.FormulaConvention = _EXCEL
        return parser

    def _format(self, code):
        formats, here = self._model.NumberFormats, uno.createUnoStruct("com.sun.star.lang.Locale")
        key = formats.queryKey(code, here, False)
        return formats.addNew(code, here) if key < 0 else key


def _stretches(part):
    """The rows (first, last), from 0, of cells of one column.

    Their addresses come as one text: where empty cells lie between dates there are thousands, and each as an object takes ten times as long.
    """
    found = _ADDRESS.findall(part.RangeAddressesAsString)
    if len(found) != part.Count:  # written otherwise, as a whole column is
        return [(address.StartRow, address.EndRow) for address in part.RangeAddresses]
    return [(int(first) - 1, int(last or first) - 1) for first, last in found]


def _columns(area, ours):
    """The cells by column, but nothing where our formulas stand: one of them is being computed just now, and its own answer is no data.

    Read a thousand rows at a time: what LibreOffice makes of them on the way is then let go of before there is much of it.
    """
    if ours:
        return [_without(area, column, ours.get(column, ())) for column in range(area.Columns.Count)]
    height, width = area.Rows.Count, area.Columns.Count
    columns = [Column() for _ in range(width)]
    for first in range(0, height, _ROWS_AT_A_TIME):
        part = area.getCellRangeByPosition(0, first, width - 1, min(first + _ROWS_AT_A_TIME, height) - 1)
        for column, cells in zip(columns, zip(*part.getDataArray())):
            column.add(cells)
    return [column.cells for column in columns]


def _without(area, column, rows):
    """The cells of a column, with nothing in some rows, which are not even looked at."""
    cells, start, height = [], 0, area.Rows.Count
    for row in [*sorted(rows), height]:
        if row > start:
            cells += [cell for (cell,) in area.getCellRangeByPosition(column, start, column, row - 1).getDataArray()]
        if row < height:
            cells.append("")
        start = row + 1
    return cells


def _ours(area, computed):
    """Rows of our formulas, by column, within the area, of which these cells are computed."""
    found, home = {}, area.RangeAddress
    for part in computed:
        place = part.RangeAddress
        for i, formulas in enumerate(part.getFormulaArray(), start=place.StartRow - home.StartRow):
            for j, formula in enumerate(formulas, start=place.StartColumn - home.StartColumn):
                if _OURS in formula.upper():
                    found.setdefault(j, []).append(i)
    return found


def _errors(area, columns):
    """Where a cell holds an error, and which: LibreOffice hands over nothing in its place."""
    places = [(row, column) for column, cells in enumerate(columns) if None in cells for row, cell in enumerate(cells) if cell is None]
    if len(places) > _MOST_ERRORS:
        raise ValueError("more than %d cells hold errors" % _MOST_ERRORS)
    found = []
    for row, column in places:
        code = area.getCellByPosition(column, row).getError()
        found.append([row, column, _ERRORS.get(code, "#VALUE!")])
    return found


def _end(sheet):
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    return cursor.RangeAddress


def _is_filled(sheet):
    end = _end(sheet)
    return bool(end.EndRow or end.EndColumn or sheet.getCellByPosition(0, 0).Type.value != "EMPTY")


def _property(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made
