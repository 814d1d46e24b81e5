"""LibreOffice as a user's hands: a Basic macro edits workbooks one after the other in one start of the program, and saves them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

_DOCTYPE = '<!DOCTYPE {0} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{1}.dtd">'
_LIBRARY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n' + _DOCTYPE.format("library:library", "library")
    + '<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" '
    'library:passwordprotected="false"><library:element library:name="Edits"/></library:library>'
)  # fmt: skip
_MODULE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n' + _DOCTYPE.format("script:module", "module")
    + '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Edits" script:language="StarBasic">{}</script:module>'
)  # fmt: skip

TOOLS = """
Function Opened(url)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  Opened = StarDesktop.loadComponentFromURL(url, "_blank", 0, hidden())
End Function

Sub SaveAndClose(doc, url)
  Dim filter(0) As New com.sun.star.beans.PropertyValue
  filter(0).Name = "FilterName" : filter(0).Value = "Calc MS Excel 2007 XML"
  doc.storeToURL(url, filter())
  doc.close(True)
End Sub

Function HeadRow(page)
  Dim row
  For row = 0 To 59
    If page.getCellByPosition(0, row).String = "Customer ID" Then
      HeadRow = row
      Exit Function
    End If
  Next
End Function

Function ColumnOf(page, heading)
  Dim place, row
  row = HeadRow(page)
  Do While page.getCellByPosition(place, row).String &lt;&gt; heading And page.getCellByPosition(place, row).String &lt;&gt; ""
    place = place + 1
  Loop
  ColumnOf = place
End Function

Function LastRow(page)
  Dim row
  row = HeadRow(page)
  Do While page.getCellByPosition(0, row + 1).String &lt;&gt; ""
    row = row + 1
  Loop
  LastRow = row
End Function
""".replace("&lt;", "<").replace("&gt;", ">")


def edited_in_office(folder: Path, edits: Iterable[tuple[str, Path, Path]], subs: str) -> None:
    """Each workbook opened, handed to the Basic Sub of the name, and saved as another; skips where there is no LibreOffice."""
    calls = "\n".join(
        f'  doc = Opened("{old.as_uri()}") : page = doc.Sheets.getByName("Segments") : {name}(doc, page) : SaveAndClose(doc, "{new.as_uri()}")'
        for name, old, new in edits
    )
    _run(folder, f"{TOOLS}{subs}Sub Main()\n  Dim doc, page\n{calls}\n  StarDesktop.terminate()\nEnd Sub\n")


def calculated_with_macros(folder: Path, old: Path, new: Path) -> None:
    """The workbook opened with its macros allowed, calculated, and saved as another without them; skips where there is no LibreOffice."""
    opened = f'StarDesktop.loadComponentFromURL("{old.as_uri()}", "_blank", 0, how())'
    how = "Dim how(1) As New com.sun.star.beans.PropertyValue"
    allowed = 'how(0).Name = "Hidden" : how(0).Value = True : how(1).Name = "MacroExecutionMode" : how(1).Value = 4'
    work = f'  doc = {opened}\n  doc.calculateAll()\n  SaveAndClose(doc, "{new.as_uri()}")'
    _run(folder, f"{TOOLS}Sub Main()\n  {how}\n  {allowed}\n{work}\n  StarDesktop.terminate()\nEnd Sub\n")


def _run(folder: Path, basic: str) -> None:
    """The Sub Main of a module, in a profile of its own."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    command = [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
    subprocess.run([*command, "--terminate_after_init"], check=True, capture_output=True, timeout=120)  # makes the profile
    library = folder / "profile" / "user" / "basic" / "Standard"
    (library / "script.xlb").write_text(_LIBRARY)
    (library / "Edits.xba").write_text(_MODULE.format(escape(basic)))
    subprocess.run([*command, "macro:///Standard.Edits.Main"], check=True, capture_output=True, timeout=180)
