"""Who is told: mail addresses and names of channels, as they stand on Config or on the command line. Never a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass

ADVICE = "write mail addresses or names of channels, commas between; secrets belong in the notify file of this machine, docs/schedule.md"

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_CHANNEL = re.compile(r"\w[\w.-]{0,39}")
_MOST = 50


class AddressError(ValueError):
    """An entry that is neither a mail address nor the name of a channel. Says which one by its number and never repeats it: it may be a password."""


@dataclass(frozen=True)
class Addresses:
    """Mail addresses, and channels by their names in the notify file."""

    mail: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.mail or self.channels)

    def __str__(self) -> str:
        return ", ".join((*self.mail, *self.channels))


def read_addresses(text: str) -> Addresses:
    """The entries of a cell or option, between commas, semicolons or on lines of their own; each once.

    Raises
    ------
    AddressError
        For a web address, or whatever else is neither a mail address nor a name.
    """
    entries = [entry.strip() for entry in re.split("[,;\n]", text) if entry.strip()]
    if len(entries) > _MOST:
        raise AddressError(f"more than {_MOST} entries")
    for number, entry in enumerate(entries, start=1):
        if not _MAIL.fullmatch(entry) and not _CHANNEL.fullmatch(entry):
            kind = (
                "what looks like a web address or a password" if ":" in entry or "/" in entry else "neither a mail address nor the name of a channel"
            )
            raise AddressError(f"{kind} (entry {number}, not repeated here)")
    once = tuple(dict.fromkeys(entries))
    return Addresses(tuple(e for e in once if "@" in e), tuple(e for e in once if "@" not in e))
