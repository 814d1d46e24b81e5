"""Values as the XML of a cell, and back as far as keys and comparisons need it."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from xlseg.workbook import Array, CellError, Value

Cell = tuple[bytes, bytes | None]
"""A cell of a sheet: its attributes without `r`, each with a space before it; its content, None when it has none."""

Body = tuple[bytes, bytes | None]
"""What a value makes of a cell: the type attribute, and the content."""

BLANK: Body = (b"", None)
LONGEST_TEXT = 32_767
_LONGEST_WHOLE = 1e15

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_STRANGE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>]|_x|" + _STRANGE.pattern)
_BETWEEN = "\x1f"
"""Between texts, none of which is strange."""
_SPACE = " \t\n"
"""Counts at the ends of a text only where that is said."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_STYLE = re.compile(rb' s="([0-9]+)"')
_TYPE = re.compile(rb' t="([a-zA-Z]+)"')
_VALUE = re.compile(rb"<v(?:\s[^>]*)?>([^<]*)</v>")
_PHONETIC = re.compile(rb"<rPh\b.*?</rPh>", re.S)
_TEXT = re.compile(rb"<t(?:\s[^>]*)?>([^<]*)</t>")
_PLAIN_TEXT = re.compile(rb'<is><t(?: xml:space="preserve")?>([\x20-\x25\x27-\x3b\x3d-\x5e\x60-\x7e]*)</t></is>')
_FORMULA = re.compile(rb"<f(?:\s[^>]*)?>([^<]*)</f>")
_ANY_FORMULA = re.compile(rb"<f(?:\s[^>]*?)?(?:/>|>[^<]*</f>)")
_RESULT = re.compile(rb"<v(?:\s[^>]*?)?(?:/>|>[^<]*</v>)|<is>.*</is>", re.S)
_TYPE_OR_RICH = re.compile(rb' (?:t|vm)="[^"]*"')
_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


# ── writing ──────────────────────────────────────────────────────────────────


def body(value: Value, epoch_1904: bool) -> Body:
    """The XML of a value. NaN, infinity and "" are empty; a date that the date system cannot hold is text."""
    kind = type(value)
    if kind is float:
        return _number(value)  # type: ignore[arg-type]
    if kind is str:
        return _text(value) if value else BLANK  # type: ignore[arg-type]
    if value is None:
        return BLANK
    return _rarer(value, epoch_1904)


def _rarer(value: Value, epoch_1904: bool) -> Body:
    if isinstance(value, np.generic):
        return body(value.item(), epoch_1904)
    if isinstance(value, bool):
        return b' t="b"', b"<v>1</v>" if value else b"<v>0</v>"
    if isinstance(value, int):
        return b"", b"<v>%d</v>" % value
    if isinstance(value, CellError):
        return b' t="e"', b"<v>%s</v>" % escaped(value.code)
    if isinstance(value, dt.date):
        return _date(value, epoch_1904)
    if isinstance(value, (str, float)):
        return body(str(value) if isinstance(value, str) else float(value), epoch_1904)
    raise TypeError(f"a cell cannot hold {value!r}")


def formula_body(formula: str, value: Value, epoch_1904: bool) -> Body:
    """The XML of a formula with the value it has now."""
    kind, content = result_body(value, epoch_1904)
    return kind, b"<f>%s</f>%s" % (escaped(formula.removeprefix("=")), content or b"")


def result_body(value: Value, epoch_1904: bool) -> Body:
    """The XML of the value that a formula has."""
    if isinstance(value, str):
        return b' t="str"', b"<v>%s</v>" % escaped(str(value)[:LONGEST_TEXT])
    return body(value, epoch_1904)


def with_result(cell: Cell, value: Value, epoch_1904: bool, strings: Sequence[str]) -> Cell:
    """The cell with another value beside its formula, which stays to the byte; the very same cell if it holds that value already."""
    kind, result = result_body("" if value is None else value, epoch_1904)
    old = cell[1] or b""
    if cell_type(cell) == cell_type((kind, result)) and is_result(old) and text(cell, strings) == text((kind, result), strings):
        return cell
    match = _RESULT.search(old)
    at = match.span() if match else (_formula_end(old),) * 2
    return _TYPE_OR_RICH.sub(b"", cell[0]) + kind, old[: at[0]] + (result or b"") + old[at[1] :]


def is_result(content: bytes) -> bool:
    """Whether the content of a cell holds a value, be it an empty text."""
    return _RESULT.search(content) is not None


def _formula_end(content: bytes) -> int:
    match = _ANY_FORMULA.search(content)
    return match.end() if match else 0


def escaped(text: str) -> bytes:
    """Text for XML, with what XML cannot hold written as Excel writes it (_x0001_)."""
    if _SPECIAL.search(text) is None:
        return text.encode()
    text = _CONTROL.sub(lambda m: f"_x{ord(m[0]):04X}_", text)
    return _SURROGATE.sub("\ufffd", without_markup(text)).encode()


def without_markup(text: str) -> str:
    """Text in which no sign is taken for XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_values(values: Sequence[Value] | Array, epoch_1904: bool) -> Sequence[Value]:
    """A column as Python values; dates of an array become serial numbers, all at once."""
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype.kind != "M":
        return values.tolist()  # type: ignore[no-any-return]
    seconds = (values.astype("datetime64[s]") - np.datetime64(_epoch(epoch_1904), "s")).astype("int64")
    serials = np.where(np.isnat(values), np.nan, seconds / 86_400)
    early = serials < (0 if epoch_1904 else 61)
    if not early.any():
        return serials.tolist()  # type: ignore[no-any-return]
    return [None if v is None else v for v in values.astype("datetime64[s]").tolist()]


def _number(value: float) -> Body:
    if not math.isfinite(value):
        return BLANK
    if value.is_integer() and abs(value) < _LONGEST_WHOLE:
        return b"", b"<v>%d</v>" % int(value)
    return b"", b"<v>%s</v>" % repr(value).encode()


def _text(value: str) -> Body:
    if len(value) > LONGEST_TEXT // 2:
        value = _cut(value)
    counts = b' xml:space="preserve"' if value[0] in _SPACE or value[-1] in _SPACE else b""
    return b' t="inlineStr"', b"<is><t%b>%b</t></is>" % (counts, escaped(value))


def text_bodies(texts: Sequence[str]) -> list[Body]:
    """The XML of texts; mostly none of them needs a look of its own."""
    joined, ends = "\n".join(texts), {sign for text in texts if text for sign in (text[0], text[-1])}
    longest = max(map(len, texts), default=0)
    if "_x" in joined or _STRANGE.search(joined) or not ends.isdisjoint(_SPACE) or longest > LONGEST_TEXT // 2:
        return [body(text, False) for text in texts]
    words = without_markup(_BETWEEN.join(texts)).encode().split(_BETWEEN.encode()) if texts else []
    return [(b' t="inlineStr"', b"<is><t>%b</t></is>" % each) if each else BLANK for each in words]


def _cut(value: str) -> str:
    """Excel counts UTF-16 units."""
    units = value.encode("utf-16-le", "surrogatepass")[: 2 * LONGEST_TEXT]
    return units.decode("utf-16-le", "ignore")


def _epoch(epoch_1904: bool) -> dt.datetime:
    return dt.datetime(1904, 1, 1) if epoch_1904 else dt.datetime(1899, 12, 30)


def _date(value: dt.date, epoch_1904: bool) -> Body:
    if value != value:  # NaT of pandas
        return BLANK
    moment = value.replace(tzinfo=None) if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
    serial = (moment - _epoch(epoch_1904)) / dt.timedelta(days=1)
    if not epoch_1904 and serial < 61:  # Excel believes in a 29 February 1900, which is its day 60
        serial -= 1
    return _text(value.isoformat()) if serial < (0 if epoch_1904 else 1) else _number(serial)


# ── reading ──────────────────────────────────────────────────────────────────


def style_attribute(cell: Cell | None) -> bytes:
    """The style attribute of a cell as it stands, or nothing."""
    return _style_of(cell[0]) if cell else b""


def type_attribute(cell: Cell) -> bytes:
    """The type attribute of a cell as it stands, or nothing."""
    return _stated_type_of(cell[0])


def is_formula(cell: Cell | None) -> bool:
    """Whether the cell holds a formula."""
    return cell is not None and cell[1] is not None and b"<f" in cell[1]


def is_uncomputed(cell: Cell) -> bool:
    """Whether the cell holds a formula without a value; an empty text is one."""
    return is_formula(cell) and cell_type(cell) != b"str" and not text(cell, ())


def is_filled(cell: Cell | None) -> bool:
    """Whether the cell holds a value or formula, not merely a format."""
    return cell is not None and bool(cell[1]) and cell[1] not in (b"<v></v>", b"<v/>")


def unescaped(data: bytes) -> str:
    """Text of XML content, with Excel's _xHHHH_ turned back."""
    text = data.decode("utf-8", "replace")
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def _entity(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    return _NAMED[name] if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


def rich_text(data: bytes) -> str:
    """Text of an `<is>` or `<si>`: the runs together, without the phonetic hints."""
    return "".join(unescaped(m) for m in _TEXT.findall(_PHONETIC.sub(b"", data)))


def cell_type(cell: Cell) -> bytes:
    """The cell's type, `n` when it is not stated."""
    return _type_of(cell[0])


def text(cell: Cell | None, strings: Sequence[str]) -> str:
    """What the cell shows, as a key: text as it is, a number in its shortest form, "" when empty."""
    if cell is None or not cell[1]:
        return ""
    kind = cell_type(cell)
    if kind == b"inlineStr":
        return words[1].decode() if (words := _PLAIN_TEXT.fullmatch(cell[1])) else rich_text(cell[1])
    match = _VALUE.search(cell[1])
    if match is None:
        return ""
    if kind == b"s":
        return strings[int(match[1])] if int(match[1]) < len(strings) else ""
    return _shortest(match[1]) if kind == b"n" else unescaped(match[1])


def _shortest(digits: bytes) -> str:
    content = _number(float(digits))[1] if digits.strip() else None
    return content[3:-4].decode() if content else ""


def formula(cell: Cell) -> str | None:
    """Text of the cell's formula, if it has one of its own."""
    match = _FORMULA.search(cell[1] or b"")
    return unescaped(match[1]) if match else None


@lru_cache(maxsize=4096)  # a sheet of millions of cells has a few dozen different ones
def _style_of(attributes: bytes) -> bytes:
    match = _STYLE.search(attributes)
    return match[0] if match else b""


@lru_cache(maxsize=4096)
def _stated_type_of(attributes: bytes) -> bytes:
    match = _TYPE.search(attributes)
    return match[0] if match else b""


@lru_cache(maxsize=4096)
def _type_of(attributes: bytes) -> bytes:
    match = _TYPE.search(attributes)
    return match[1] if match else b"n"


def number_in(cell: Cell) -> float | None:
    """The number that a cell holds, if it is nothing but a number."""
    content = cell[1]
    if not content or content[:3] != b"<v>" or content == b"<v></v>" or _type_of(cell[0]) != b"n":
        return None
    return float(content[3:-4])


def same(cell: Cell, new: Body, strings: Sequence[str]) -> bool:
    """Whether the cell already holds what `new` would write, in this form or in Excel's."""
    if cell[1] == new[1] and cell_type(cell) == cell_type(new):
        return True
    if formula(cell) != formula(new) or is_formula(cell) != is_formula(new):
        return False
    ours, theirs = cell_type(new), cell_type(cell)
    texts = (b"inlineStr", b"str", b"s")
    if ours != theirs and not (ours in texts and theirs in texts):
        return False
    return is_filled(cell) == is_filled(new) and text(cell, strings) == text(new, strings)
