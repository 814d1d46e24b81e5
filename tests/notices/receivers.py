"""A mail server and a webhook on this machine that keep what they receive."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER, PASSWORD = "anna@login.example", "hunter2/% &w"
TOKEN = "T0KEN-hunter2"


@dataclass
class Mails:
    """What the mail server has: who it is for by the envelope, and the message."""

    port: int
    received: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refused: str = ""


class MailServer(socketserver.ThreadingTCPServer):
    """A server that speaks as much of RFC 5321 and 4954 as a client needs, and takes mail from nobody who has not logged in."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails = Mails(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 test")
        self.known, self.to = False, list[str]()
        while (line := self.rfile.readline().decode("ascii").rstrip("\r\n")) and line.upper() != "QUIT":
            verb, _, rest = line.partition(" ")
            getattr(self, verb.lower(), self.other)(rest)
        self.say("221 bye")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode("ascii") + b"\r\n")

    def ehlo(self, _: str) -> None:
        self.say("250-test")
        self.say("250 AUTH PLAIN")

    def auth(self, rest: str) -> None:
        self.known = base64.b64decode(rest.split(" ")[1]).decode("ascii").split("\0")[1:] == [USER, PASSWORD]
        self.say("235 welcome" if self.known else "535 no")

    def mail(self, _: str) -> None:
        self.to = []
        self.say("250 ok" if self.known else "530 log in first")

    def rcpt(self, rest: str) -> None:
        address = rest.split("<", 1)[1].split(">", 1)[0]
        if address == self.server.mails.refused:
            self.say("550 no such user")
            return
        self.to.append(address)
        self.say("250 ok")

    def data(self, _: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.mails.received.append((self.to, message))
        self.say("250 ok")

    def other(self, _: str) -> None:
        self.say("250 ok")


@contextmanager
def mail_server() -> Iterator[Mails]:
    with MailServer() as server, _serving(server):
        yield server.mails


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@dataclass
class Posts:
    """What the webhook has, as the JSON that came, and what it answers."""

    port: int
    received: list[dict[str, Any]] = field(default_factory=list)
    answer: int = 200


@contextmanager
def webhook() -> Iterator[Posts]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == f"/{TOKEN}" and posts.answer == 200:
                posts.received.append(json.loads(content))
            self.send_response(posts.answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
        posts = Posts(server.server_port)
        yield posts
