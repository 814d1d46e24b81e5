"""The instrument that says what a refresh has taken from a workbook, and the ledger that every book is given to be refreshed with.

Nothing here uses the code under test to look: parts are compared as bytes, the few that may be added to as canonical XML.
"""

from __future__ import annotations

import datetime as dt
import functools
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from books import AS_OF, clock
from lxml import etree

from xlseg import refresh as conductor
from xlseg.analysis import Analysis, analyse
from xlseg.demo import make_book
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import Report
from xlseg.sources import open_source
from xlseg.workbook import Array, Column, Tab, Table

Parts = Mapping[str, bytes]

OURS = (
    "worksheets/sheet", "worksheets/_rels/sheet", "tables/table", "styles.xml", "drawings/drawing", "drawings/_rels/drawing", "charts/chart",
)  # fmt: skip
"""What the names of parts that a refresh adds begin with, behind the folder of the workbook."""

# ── a ledger for any book ────────────────────────────────────────────────────

SHEETS = ("Customers", "Invoices", "Payments", "SalesOrders")


@functools.cache
def erp_tabs(customers: int = 5) -> tuple[Tab, ...]:
    """The ERP sheets of a small demo book, as tables that can be put into any workbook without losing anything of it."""
    sheets = make_book(customers, 11).sheets
    return tuple(_tab(name, sheets[name]) for name in SHEETS)


def _tab(name: str, frame: pd.DataFrame) -> Tab:
    columns = tuple(Column(str(heading), _values(frame[heading]), "date" if "Date" in str(heading) else "text") for heading in frame.columns)
    return Tab(name, {}, (Table(f"erp{name}", (1, 1), columns),), input=True)


def _values(column: pd.Series[object]) -> Array:
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float)
    if column.dtype.kind == "M":
        return column.to_numpy(dtype="datetime64[s]")
    return np.array([None if pd.isna(v) else v for v in column.astype(object)], dtype=object)


# ── what was lost ────────────────────────────────────────────────────────────


def differing(before: Parts, after: Parts) -> set[str]:
    """Names of the parts that are gone, new or another."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def losses(before: Parts, after: Parts, *, recalculated: bool = False) -> list[str]:
    """What refreshes that made our tabs have taken from the parts that are not ours; empty when nothing.

    With `recalculated` the list of formula cells, which spreadsheet programs rebuild, may have gone: formulas of ours have moved.
    """
    folder = _book_part(before).rpartition("/")[0]
    folder = folder + "/" if folder else ""
    if recalculated:
        before, after = _without_chain(before), _without_chain(after)
    found = [f"{name} is gone" for name in before if name not in after]
    found += [f"{name} is new and not ours" for name in after if name not in before and not name.startswith(tuple(folder + o for o in OURS))]
    found += [f"{name} is new, and of no content type or two" for name in _untyped(after) if name not in (*before, *_untyped(before))]
    for name in sorted(n for n in before if n in after and before[n] != after[n]):
        found += [f"{name}: {what}" for what in _changes(name, before, after)]
    return found


def _untyped(parts: Parts) -> list[str]:
    """Names of the parts of which the package does not say what they are, or says it twice: Excel takes such a file for a broken one."""
    types = etree.fromstring(parts["[Content_Types].xml"])
    named = [str(o.get("PartName", "")).replace("\\", "/").lstrip("/").lower() for o in types.iter("{*}Override")]
    endings = [str(d.get("Extension", "")).lower() for d in types.iter("{*}Default")]
    names = [name for name in parts if name != "[Content_Types].xml"]
    none = [name for name in names if name.lower() not in named and name.rpartition(".")[2].lower() not in endings]
    return none + [each for known in (named, endings) for each in set(known) if known.count(each) > 1]


def _without_chain(parts: Parts) -> Parts:
    """The parts without the list of formula cells, its content type and its relationship."""
    mention = re.compile(rb"<[^<>]*/calcChain[^<>]*/>", re.I)
    listing = {name: mention.sub(b"", data) for name, data in parts.items() if name == "[Content_Types].xml" or name.endswith(".rels")}
    return {name: data for name, data in {**parts, **listing}.items() if not name.lower().endswith("/calcchain.xml")}


def parts_of_tab(parts: Parts, tab: str) -> set[str]:
    """Names of the parts of a sheet of ours: its own, and those of its tables."""
    book = _book_part(parts)
    sheets = etree.fromstring(parts[book]).iter("{*}sheet")
    identity = next(value for sheet in sheets if sheet.get("name") == tab for key, value in sheet.attrib.items() if key.endswith("}id"))
    sheet = next(part for key, part in _related(parts, book) if key == identity)
    return {sheet, *(part for _, part in _related(parts, sheet))}


def _related(parts: Parts, owner: str) -> Iterator[tuple[str, str]]:
    """Ids and parts of the relationships of a part."""
    folder, _, leaf = owner.rpartition("/")
    relations = parts.get(posixpath.join(folder, "_rels", leaf + ".rels"))
    for relation in [] if relations is None else etree.fromstring(relations):
        target = str(relation.get("Target", "")).replace("\\", "/")
        yield str(relation.get("Id")), posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")


def _changes(name: str, before: Parts, after: Parts) -> Iterator[str]:
    old, new = etree.fromstring(before[name]), etree.fromstring(after[name])
    book = _book_part(before)
    folder, _, leaf = book.rpartition("/")
    relations = f"{folder}/_rels/{leaf}.rels".lstrip("/")
    if name in ("[Content_Types].xml", relations):
        yield from _shortened(old, new)
    elif name == book:
        yield from _grown(old, new, ("sheets", "definedNames"), ("calcPr",))
    elif b"styleSheet" in before[name][:2000]:
        yield from _grown(old, new, tuple(etree.QName(child).localname for child in old if len(child) or child.get("count")), ())
    else:
        yield "is another one"


def _grown(old: etree._Element, new: etree._Element, lists: tuple[str, ...], free: tuple[str, ...]) -> Iterator[str]:
    """Changes but for elements added at the end of `lists`, lists that were not there, and the elements `free`."""
    theirs = {_name(child): child for child in new}
    if dict(old.attrib) != dict(new.attrib):
        yield "the root's attributes are others"
    for child in old:
        name = _name(child)
        if name not in theirs:
            yield f"{name} is gone"
        elif name in lists:
            yield from _shortened(child, theirs[name])
        elif name not in free and _canonical(child) != _canonical(theirs[name]):
            yield f"{name} is another one"
    known = {_name(child) for child in old}
    added = [n for n in theirs if n not in known and n not in (*_MAY_APPEAR, *free)]
    yield from (f"{name} is new" for name in added)


_MAY_APPEAR = ("definedNames", "calcPr", "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "sheets")


def _shortened(old: etree._Element, new: etree._Element) -> Iterator[str]:
    """The first child of a list that is not where it was."""
    for number, child in enumerate(old):
        if number >= len(new) or _canonical(child) != _canonical(new[number]):
            yield f"{_name(old)}: element {number + 1} ({_name(child)}) is not where it was"
            return


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else f"comment {element.text}"


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False)


def _book_part(parts: Parts) -> str:
    """Name of the workbook part."""
    relations = etree.fromstring(parts["_rels/.rels"])
    target = next(r.get("Target", "") for r in relations if r.get("Type", "").endswith("/officeDocument"))
    wanted = target.replace("\\", "/").lstrip("/")
    return next(name for name in parts if name.lower() == wanted.lower())


# ── refreshing many books of one ledger ──────────────────────────────────────


@functools.cache
def _known() -> dict[str, Analysis]:
    return {}


def analyse_once(*given: object) -> Analysis:
    """The analysis, computed once for what is the same in every book: it is a function of its arguments alone."""
    ledger, settings, rules, at, departed, shown, *decided = given
    key = repr((conductor.fingerprint(ledger, settings), rules.hash, at, departed, sorted(shown), decided))  # type: ignore[arg-type,attr-defined,call-overload]
    known = _known()
    if key not in known:
        known[key] = analyse(*given)  # type: ignore[arg-type]
    return known[key]


def refreshed(path: Path, day: int = 2, as_of: dt.date = AS_OF, source: Path | None = None) -> Report:
    """The book refreshed, on a day of November."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conductor, "analyse", analyse_once)
        return conductor.refresh(WorkbookFile(path), open_source(source) if source else None, as_of, clock(clock().now.replace(day=day)))
