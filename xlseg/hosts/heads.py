"""A copy of a workbook whose worksheets end after their first rows, to see the headings of a sheet without parsing all of it."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import islice
from pathlib import Path
from typing import IO

from xlseg.hosts.survey import is_worksheet

HEAD_ROWS = 60
_SMALL = 1 << 20
_CHUNK = 1 << 18
_ROW_ENDS = re.compile(rb"</(\w+:)?row>")


def shortened(path: Path) -> io.BytesIO:
    """The package with the first `HEAD_ROWS` rows of each worksheet at least, and without pictures and the like."""
    copy = io.BytesIO()
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(copy, "w") as short:
        for member in package.infolist():
            content = _start(package, member)
            if content is not None:
                short.writestr(member.filename, content)
    copy.seek(0)
    return copy


def _start(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | None:
    """A worksheet up to the last row of its head, another part as it is; None for what is large and no XML."""
    if not member.filename.lower().endswith((".xml", ".rels")):
        return None if member.file_size > _SMALL else package.read(member)
    with package.open(member) as part:
        content = part.read(_CHUNK)
        return _up_to_head(content, part) if is_worksheet(content) else content + part.read()


def _up_to_head(content: bytes, part: IO[bytes]) -> bytes:
    while len(ends := list(islice(_ROW_ENDS.finditer(content), HEAD_ROWS))) < HEAD_ROWS:
        more = part.read(len(content))
        if not more:
            return content
        content += more
    prefix = ends[0][1] or b""
    return content[: ends[-1].end()] + b"</" + prefix + b"sheetData></" + prefix + b"worksheet>"
