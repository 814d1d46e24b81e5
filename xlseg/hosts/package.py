"""The zip package of a workbook: parts by name, their relationships and content types.

A part that nobody puts or drops is copied as it lies; the few that are edited keep the elements we know nothing of.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from lxml import etree

from xlseg.beside import beside
from xlseg.errors import FormatError
from xlseg.hosts.opening import SAVE_AS, indexed, opened, part_name
from xlseg.hosts.zipcopy import Packed, ZipCopy, pack

Element = etree._Element

RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_LARGE = 1 << 20
"""Bytes of a part that is compressed in a thread of its own."""
MOST_TAGS = 5_000_000
"""A tree needs 150 bytes and more for each; a sheet as Excel writes it is no tree."""
MOST_SHEETS = 10_000
_RELATIONSHIPS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_TYPES = "[Content_Types].xml"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


class Package:
    """An open package; edits stay in memory until `save`."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._zip = opened(path)
        try:
            self._members = indexed(self._zip, self.name)
        except BaseException:
            self._zip.close()
            raise
        self._new: dict[str, tuple[str, bytes]] = {}
        self._last = "", b""
        self._packer = ThreadPoolExecutor(1)
        self._packing: dict[str, Future[Packed]] = {}
        self._dropped: set[str] = set()
        self._expected: deque[str] = deque()
        self._coming: tuple[str, Future[bytes]] | None = None

    def close(self) -> None:
        """Let go of the file."""
        if self._coming:
            wait([self._coming[1]])  # nobody may be reading the file then
        self._packer.shutdown(cancel_futures=True)
        self._zip.close()

    @property
    def changed(self) -> bool:
        """Whether any part differs from the file."""
        self._put_types()
        return bool(self._new or self._dropped)

    def names(self) -> list[str]:
        """Names of all parts, in lower case: part names have no case."""
        names = [n for n in self._members if n not in self._dropped]
        return names + [n for n in self._new if n not in self._members]

    def has(self, part: str) -> bool:
        """Whether there is such a part."""
        key = part.lower()
        return key in self._new or (key in self._members and key not in self._dropped)

    def is_new(self, part: str) -> bool:
        """Whether a part is not what it was in the file."""
        return part.lower() in self._new

    def read(self, part: str) -> bytes:
        """Content of a part."""
        key = part.lower()
        if key in self._new:
            return self._new[key][1]
        if key not in self._members or key in self._dropped:
            raise FormatError(self.name, f"part {part} is missing", "repair the file by opening and saving it in Excel")
        if self._last[0] == key:
            return self._last[1]
        try:
            data = self._unpacked(key)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError, zlib.error) as error:
            raise FormatError(self.name, f"part {part} is broken ({error})", "restore the file from a backup") from error
        self._last = key, data  # an edited part is compared with what it was
        return data

    def expect(self, parts: Iterable[str]) -> None:
        """Unpack the large ones of some parts, which will be read in this order, one ahead beside what is done with those before."""
        keys = (part.lower() for part in parts)
        self._expected = deque(key for key in keys if key in self._members and self._members[key].file_size > _LARGE)
        self._unpack_next()

    def _unpack_next(self) -> None:
        key = self._expected.popleft() if self._expected else None
        self._coming = (key, beside(partial(self._zip.read, self._members[key]))) if key else None

    def _unpacked(self, key: str) -> bytes:
        if self._coming is None or self._coming[0] != key:
            return self._zip.read(self._members[key])
        coming = self._coming[1]
        wait([coming])
        self._unpack_next()
        return coming.result()

    def put(self, part: str, data: bytes, *, is_other: bool = False) -> None:
        """Replace a part or add one; nothing happens if it is the same to the byte, unless it is known to be another."""
        key = part.lower()
        if not is_other and self.has(part) and self.read(part) == data:
            return
        self._dropped.discard(key)
        self._new[key] = (part, data)
        if (waiting := self._packing.pop(key, None)) is not None:
            waiting.cancel()
        if len(data) > _LARGE:
            self._packing[key] = self._packer.submit(pack, data)  # beside whatever is done next

    def drop(self, part: str) -> None:
        """Remove a part, and its line in the content types."""
        key = part.lower()
        self._new.pop(key, None)
        self._packing.pop(key, None)
        if key in self._members:
            self._dropped.add(key)
        self._types.forget(part)

    def free(self, pattern: str) -> str:
        """The first part name not taken, for a pattern with %d."""
        number = 1
        while pattern.lower() % number in self._members or self.has(pattern % number):
            number += 1
        return pattern % number

    def xml(self, part: str) -> Element:
        """A part as a tree."""
        return parsed(self.read(part), f"{self.name}: {part}")

    def content_type(self, part: str) -> str:
        """Content type of a part."""
        return self._types.of(part)

    def add_content_type(self, part: str, kind: str) -> None:
        """Say what a new part is."""
        self._types.add(part, kind)

    def relate(self, part: str, data: bytes) -> None:
        """Put the relationships of a part; some programs have said what each such part is, and nothing of new ones."""
        if not self._types.of(part):
            self._types.add_default("rels", _RELATIONSHIPS_TYPE)
        self.put(part, data)

    @cached_property
    def _types(self) -> ContentTypes:
        return ContentTypes(self.xml(_TYPES))

    def _put_types(self) -> None:
        """Put the content types, if they have been asked for and are others now: once, as a part of many lines is slow to write."""
        if "_types" in self.__dict__ and self._types.changed:
            self.put(_TYPES, serialized(self._types.root))
            self._types.changed = False

    def save(self, out: BinaryIO) -> None:
        """Write the package as it is now."""
        self._put_types()
        copy = ZipCopy(self._zip, out)
        written = set()
        for member in self._zip.infolist():
            key = part_name(member.filename)
            if key in self._dropped:
                continue
            if key in self._new:
                copy.add(member.filename, self._packed(key), member)
                written.add(key)
            else:
                copy.copy(member)
        for key in [key for key in self._new if key not in written]:
            copy.add(self._new[key][0], self._packed(key))
        copy.close()

    def _packed(self, key: str) -> Packed:
        waiting = self._packing.get(key)
        return pack(self._new[key][1]) if waiting is None else waiting.result()


class Relationships:
    """The relationships of one part; edits are put back with `save`."""

    def __init__(self, package: Package, base: str) -> None:
        self._package, self._base = package, base
        self._part = posixpath.join(posixpath.dirname(base), "_rels", posixpath.basename(base) + ".rels")
        empty = etree.Element(f"{{{RELATIONSHIPS}}}Relationships", nsmap={None: RELATIONSHIPS})
        self._root = package.xml(self._part) if package.has(self._part) else empty
        self._targets: dict[str, dict[str, str]] = {}

    def __iter__(self) -> Iterator[Element]:
        return (r for r in self._root.iter(f"{{{RELATIONSHIPS}}}Relationship") if r.get("TargetMode") != "External")

    def targets(self, kind: str) -> Mapping[str, str]:
        """Part names by relationship id, of the relationships whose type ends in `/kind`."""
        if kind not in self._targets:
            self._targets[kind] = {r.get("Id", ""): self._target(r) for r in self if r.get("Type", "").endswith("/" + kind)}
        return self._targets[kind]

    def addresses(self) -> dict[str, str]:
        """What lies outside of the file, such as the goals of links, by relationship id."""
        outside = (r for r in self._root.iter(f"{{{RELATIONSHIPS}}}Relationship") if r.get("TargetMode") == "External")
        return {r.get("Id", ""): r.get("Target", "") for r in outside}

    def kinds(self) -> dict[str, str]:
        """Last word of the type by relationship id."""
        return {r.get("Id", ""): posixpath.basename(r.get("Type", "")) for r in self}

    def add(self, kind: str, part: str, identity: str = "") -> str:
        """Relate to a part, by the first id that is free if none is given; the new id. `kind` is the whole type."""
        taken = {r.get("Id") for r in self._root}
        identity = identity or next(i for i in map("rId{}".format, range(1, len(taken) + 2)) if i not in taken)
        target = posixpath.relpath(part, posixpath.dirname(self._base) or ".")
        etree.SubElement(self._root, f"{{{RELATIONSHIPS}}}Relationship", Id=identity, Type=kind, Target=target)
        self._targets.clear()
        return identity

    def remove(self, kind: str) -> None:
        """Forget the relationships whose type ends in `/kind`."""
        for relationship in [r for r in self if r.get("Type", "").endswith("/" + kind)]:
            self._root.remove(relationship)
        self._targets.clear()

    def save(self) -> None:
        """Put the relationships into the package."""
        self._package.relate(self._part, serialized(self._root))

    def _target(self, relationship: Element) -> str:
        target = relationship.get("Target", "").replace("\\", "/")
        absolute = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(posixpath.dirname(self._base), target))
        return absolute if self._package.has(absolute) else unquote(absolute)


def parsed(data: bytes, place: str) -> Element:
    """A tree of XML that is not trusted: no DTD, no entities, no network."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise FormatError(place, "the XML declares a document type", SAVE_AS)
    if data.count(b"<") > MOST_TAGS:
        raise FormatError(place, f"the XML has more than {MOST_TAGS:,} tags", SAVE_AS)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=len(data) > 9 << 20)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(place, f"the XML is broken ({error.msg})", "repair the file by opening and saving it in Excel") from error
    if root.getroottree().docinfo.doctype:
        raise FormatError(place, "the XML declares a document type", SAVE_AS)
    return root


def must_have_usual_sheets(book: str, workbook: Element) -> None:
    """Refuse a book with more sheets than any is made of, or with two of one name: which one is read would be chance."""
    sheets = [sheet.get("name", "") for sheet in workbook.iter("{*}sheet")]
    if len(sheets) > MOST_SHEETS:
        raise FormatError(book, f"{len(sheets):,} sheets are more than {MOST_SHEETS:,}", "split the workbook")
    called = Counter(name.casefold() for name in sheets)
    if twice := next((name for name in sheets if called[name.casefold()] > 1), None):
        raise FormatError(book, f"two sheets are called {twice!r}", "repair the file by opening and saving it in Excel")


def serialized(root: Element) -> bytes:
    """A tree as the bytes of a part."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


class ContentTypes:
    """What the parts are, by their names or by how these end.

    Attributes
    ----------
    root
        The tree, with the edits.
    changed
        Whether there are any.
    """

    def __init__(self, root: Element) -> None:
        self.root, self.changed = root, False
        self._overrides: dict[str, list[Element]] = {}
        for override in root.iter(f"{{{CONTENT_TYPES}}}Override"):
            self._overrides.setdefault(override.get("PartName", "").replace("\\", "/").lower(), []).append(override)
        defaults = root.iter(f"{{{CONTENT_TYPES}}}Default")
        self._defaults = {d.get("Extension", "").lower(): d.get("ContentType", "") for d in reversed([*defaults])}  # of several the first

    def of(self, part: str) -> str:
        """Content type of a part; "" where nothing says it."""
        for override in self._overrides.get("/" + part.lower(), ()):
            return override.get("ContentType", "")
        return self._defaults.get(part.rpartition(".")[2].lower(), "")  # of _rels/.rels, too

    def add(self, part: str, kind: str) -> None:
        """Say what a part is, once: some files say it of parts that they do not have."""
        self.changed = True
        if said := self._overrides.get("/" + part.lower()):
            said[0].set("ContentType", kind)
            return
        override = etree.SubElement(self.root, f"{{{CONTENT_TYPES}}}Override", PartName="/" + part, ContentType=kind)
        self._overrides["/" + part.lower()] = [override]

    def add_default(self, extension: str, kind: str) -> None:
        """Say what all parts are whose names end so, and of which nothing else is said."""
        etree.SubElement(self.root, f"{{{CONTENT_TYPES}}}Default", Extension=extension, ContentType=kind)
        self._defaults.setdefault(extension, kind)
        self.changed = True

    def forget(self, part: str) -> None:
        """Remove what is said of a part."""
        for override in self._overrides.pop("/" + part.lower(), ()):
            parent = override.getparent()
            assert parent is not None
            parent.remove(override)
            self.changed = True
