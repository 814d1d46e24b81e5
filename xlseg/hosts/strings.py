"""The shared strings of a book, taken apart one by one as cells ask for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import overload

from lxml import etree

from xlseg.hosts.cellxml import rich_text, without_markup
from xlseg.hosts.package import parsed

_ITEM = re.compile(rb"<si(?:\s[^>]*)?(?:/>|>(.*?)</si>)", re.S)
_ROOT = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<sst[\s>]")
_NOT_UTF8 = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=[\"'](?!utf-8)", re.I)


class SharedStrings(Sequence[str]):
    """The texts of a shared strings part."""

    def __init__(self, data: bytes, place: str) -> None:
        usual = _ROOT.match(data) and not _NOT_UTF8.match(data) and b"<!" not in data
        self._items = [m[1] or b"" for m in _ITEM.finditer(data)] if usual else _parsed_items(data, place)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        """The text, runs together."""
        if isinstance(index, slice):
            return [rich_text(item) for item in self._items[index]]
        return rich_text(self._items[index])


def _parsed_items(data: bytes, place: str) -> list[bytes]:
    """The same of a part with prefixes, comments or another encoding."""
    items = [item for item in parsed(data, place) if isinstance(item.tag, str) and etree.QName(item).localname == "si"]
    return [b"".join(b"<t>%s</t>" % without_markup(words).encode() for words in _runs(item)) for item in items]


def _runs(item: etree._Element) -> list[str]:
    texts = [t for t in item.iter() if isinstance(t.tag, str) and etree.QName(t).localname == "t"]
    return [t.text or "" for t in texts if not any(etree.QName(a).localname == "rPh" for a in t.iterancestors())]
