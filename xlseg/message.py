"""A message as values: what is sent, whoever sends it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """A subject of one line, the message as plain text, and the same as a simple web page for programs that show one."""

    subject: str
    text: str
    html: str
    bad_news: bool = False
