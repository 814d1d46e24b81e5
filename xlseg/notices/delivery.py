"""One message to everybody who is to have it, each told apart from the others, so that what did not arrive can be said."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from xlseg.addresses import Addresses
from xlseg.errors import NoticeError
from xlseg.message import Message
from xlseg.notices.configuration import NotifyFile
from xlseg.notices.quiet import unheard

MAIL = "mail"
"""Tag of the entry that is the outgoing mail server."""
FALLBACK = ("xlseg", "default")
"""Tags of the channel that is told when nobody is named."""

_EDIT = "look at the entry, docs/schedule.md shows one of each kind"


@dataclass(frozen=True)
class Delivery:
    """To whom a message went, and to whom not with the reason. Neither holds an address of a service."""

    sent: tuple[str, ...]
    failed: tuple[tuple[str, str], ...] = ()


def must_be_installed() -> None:
    """Say in one line how to get apprise, where it is missing."""
    with unheard():
        try:
            import apprise  # noqa: F401
        except ImportError:
            missing = True
        else:
            missing = False
    if missing:
        raise NoticeError("--notify", "apprise, which sends messages, is not installed", 'run: pip install "xlseg[notify]"')


def deliver(message: Message, to: Addresses, file: NotifyFile) -> Delivery:
    """Send the message to mail addresses and channels; when none are named, over the channel tagged xlseg or default.

    Raises
    ------
    NoticeError
        When apprise is missing, or the notify file does not have what is needed. What cannot be delivered to one does not keep it from the others.
    """
    with _sending(file) as said:
        outcomes = [(name, _sent(service, message, said)) for name, service in _services(_entries(file), to, file.name)]
    return Delivery(tuple(name for name, reason in outcomes if not reason), tuple((name, reason) for name, reason in outcomes if reason))


def must_reach(to: Addresses, file: NotifyFile) -> None:
    """Refuse now what `deliver` would refuse then; nothing is sent."""
    with _sending(file):
        _services(_entries(file), to, file.name)


@contextmanager
def _sending(file: NotifyFile) -> Iterator[list[str]]:
    """Nothing is heard of what happens inside, and of an error of apprise only its kind: its text may hold an address with a password."""
    must_be_installed()
    problem = ""
    with unheard() as said:
        try:
            yield said
        except NoticeError:
            raise
        except Exception as error:
            problem = type(error).__name__
    if problem:
        raise NoticeError(file.name, f"apprise failed ({problem})", _EDIT)


def _entries(file: NotifyFile) -> list[Any]:
    """The services of the notify file. Includes of other files and of addresses are not followed."""
    import apprise

    asset = apprise.AppriseAsset(app_id="xlseg", app_desc="xlseg", app_url="", async_mode=False, secure_logging=True, allow_templates=False)
    config = apprise.AppriseConfig(asset=asset)
    config.add_config(file.text, format=file.format, asset=asset)
    entries = [entry for part in config for entry in part]
    if not entries:
        raise NoticeError(file.name, "it names no service that apprise understands", _EDIT)
    return entries


def _services(entries: Sequence[Any], to: Addresses, file: str) -> list[tuple[str, Any]]:
    """Each recipient by name, with what reaches him."""
    if not to:
        return [(tag, entry) for tag in (_fallback(entries, file),) for entry in _tagged(entries, tag)]
    known = sorted({str(tag) for entry in entries for tag in entry.tags} - {MAIL})
    found = []
    for number, channel in enumerate(to.channels, start=1):
        if channel not in known:  # not repeated: it may be a password
            advice = f"take one of: {', '.join(known)}" if known else f"add it to {file}"
            raise NoticeError(file, f"it has no channel of the name that is {number}. among those to be told", advice)
        found += [(channel, entry) for entry in _tagged(entries, channel)]
    return [*((address, _mail_to(entries, address, file)) for address in to.mail), *found]


def _tagged(entries: Sequence[Any], tag: str) -> list[Any]:
    return [entry for entry in entries if tag in {str(own) for own in entry.tags}]


def _fallback(entries: Sequence[Any], file: str) -> str:
    tag = next((tag for tag in FALLBACK if _tagged(entries, tag)), None)
    if tag is None:
        raise NoticeError(file, "nobody is named to be told, and no entry is tagged xlseg or default", "fill in Digest to on Config, or tag an entry")
    return tag


def _mail_to(entries: Sequence[Any], address: str, file: str) -> Any:
    """The outgoing mail server, with this one recipient."""
    server = next((entry for entry in _tagged(entries, MAIL) if hasattr(entry, "smtp_host")), None)
    if server is None:
        raise NoticeError(file, "no entry tagged mail is a mail server (mailto:// or mailtos://)", f"add one: {MAIL}=mailtos://…")
    one = copy.copy(server)  # its own address, taken apart and put together again, would lose a login name that is a mail address
    one.targets = [(False, address)]
    return one


def _sent(service: Any, message: Message, said: list[str]) -> str:
    """Send to one; returns why it did not go, nothing when it did."""
    import apprise

    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    del said[:]
    page = _shows_pages(service, apprise.NotifyFormat.HTML)
    done = sender.notify(
        body=message.html if page else _harmless(message.text),
        title=message.subject if page else _harmless(message.subject),
        body_format=apprise.NotifyFormat.HTML if page else apprise.NotifyFormat.TEXT,
        notify_type=apprise.NotifyType.FAILURE if message.bad_news else apprise.NotifyType.INFO,
    )
    return "" if done else _reason(" ".join(said))


def _shows_pages(service: Any, page: Any) -> bool:
    """Whether a service shows web pages before all else, as mail does."""
    formats = service.notify_format
    return bool((formats[0] if isinstance(formats, (tuple, list)) else formats) == page)


def _harmless(text: str) -> str:
    """Without the signs by which a chat calls everybody (@everyone, <!channel>): names of customers may hold them."""
    return text.translate({ord("<"): "‹", ord(">"): "›", ord("@"): "＠"})


_REASONS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"\(53[045], b|[Uu]nauthori[sz]ed|error=401", lambda _: "login refused"),
    (r"(?:error=|\()([45]\d\d)\b", lambda found: f"the service answered {found[1]}"),
    (r"codec can't encode", lambda _: "login and password may hold plain letters, digits and signs only"),
    (r"SSLError|CERTIFICATE|SSL:", lambda _: "no secure connection"),
    (r"timed out|[Tt]imeout", lambda _: "no answer in time"),
    (r"onnection", lambda _: "cannot be reached"),
)


def _reason(said: str) -> str:
    """Why a message did not go, in words of ours: those of apprise may hold an address."""
    return next((words(found) for pattern, words in _REASONS if (found := re.search(pattern, said))), "not accepted")
