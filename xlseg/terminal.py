"""Text for a terminal: what stands in a cell or a file name moves no cursor, changes no colour and hides nothing."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters, the escape of terminals among them
    "\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible ones, and those that turn the direction of writing
    "\ud800-\udfff]"  # halves of characters, as in the name of a file that is not UTF-8
)


def plain_line(text: str) -> str:
    r"""One line of text with whatever is not to be seen written as Python writes it: \x1b, \u202e."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def plain_json(text: str) -> str:
    r"""JSON of several lines with the same characters as JSON writes them: \u001b."""
    return "\n".join(_UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", line) for line in text.split("\n"))
