"""Writes a VBA project (MS-OVBA) from the text of its modules, as the part vbaProject.bin of a workbook.

Only sources are written, no compiled code: Excel compiles them when it opens the workbook, because `_VBA_PROJECT` claims a version that no
Excel has. The same texts make the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from xlseg.addin.compound import compound_file

Kind = Literal["module", "class", "workbook", "worksheet"]

CODE_PAGE, ENCODING = 1252, "cp1252"
_ENGLISH = 0x409
_PROJECT_ID = "{7B0B3C5E-6E0B-4C0E-9B57-2D5B9E1F4A10}"
_CHUNK = 4096
_BASES: dict[Kind, str] = {
    "workbook": "0{00020819-0000-0000-C000-000000000046}",
    "worksheet": "0{00020820-0000-0000-C000-000000000046}",
    "class": "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}",
}
"""What a document or class module is derived from."""

_REFERENCES = (
    ("stdole", r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\Windows\System32\stdole2.tlb#OLE Automation"),
    (
        "Office",
        r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#C:\Program Files\Common Files\Microsoft Shared\OFFICE16\MSO.DLL"
        "#Microsoft Office 16.0 Object Library",
    ),
)
"""What Excel refers to in every project; it finds the libraries by their ids, wherever they are. VBA and Excel go without saying."""


@dataclass(frozen=True)
class Module:
    """A module of the project.

    Attributes
    ----------
    name
        As the project tree shows it; of a document module, the code name of its sheet.
    code
        Its text without the attributes of the module, with any line ends. Attributes of procedures stay where they are.
    description
        Of a class, if it has one.
    """

    name: str
    kind: Kind
    code: str
    description: str = ""

    @property
    def text(self) -> str:
        """The whole source, headed by its attributes and with the line ends of Windows, as Excel keeps it."""
        lines = self.code.replace("\r\n", "\n").rstrip("\n").split("\n")
        return "".join(f"{line}\r\n" for line in [*self._attributes(), *lines])

    def _attributes(self) -> list[str]:
        name = f'Attribute VB_Name = "{self.name}"'
        if self.kind == "module":
            return [name]
        is_document = self.kind != "class"
        flags = {"GlobalNameSpace": False, "Creatable": False, "PredeclaredId": is_document, "Exposed": True}
        flags |= {"TemplateDerived": False, "Customizable": is_document}
        described = [f'Attribute VB_Description = "{self.description}"'] if self.description else []
        return [name, f'Attribute VB_Base = "{_BASES[self.kind]}"', *(f"Attribute VB_{flag} = {value}" for flag, value in flags.items()), *described]


def from_exported(text: str, kind: Kind) -> Module:
    """A module from a file as the VBA editor exports it (.bas, .cls): with its name, of a class also its description, in the attributes."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].startswith("VERSION "):
        lines = lines[lines.index("END") + 1 :]
    body = next((i for i, line in enumerate(lines) if not line.startswith("Attribute ")), len(lines))
    stated = dict(line.removeprefix("Attribute ").split(" = ", 1) for line in lines[:body])
    return Module(stated["VB_Name"].strip('"'), kind, "\n".join(lines[body:]), stated.get("VB_Description", "").strip('"'))


def vba_project(modules: Sequence[Module], project: str = "VBAProject") -> bytes:
    """The part vbaProject.bin.

    Raises
    ------
    ValueError
        For two modules of one name (names have no case), or characters that Windows-1252 does not have.
    """
    if len({module.name.casefold() for module in modules}) < len(modules):
        raise ValueError("two modules have the same name")
    streams = {f"VBA/{module.name}": compressed(module.text.encode(ENCODING)) for module in modules}
    streams["VBA/dir"] = compressed(_directory(project, modules))
    streams["VBA/_VBA_PROJECT"] = bytes.fromhex("CC61FFFF000000")
    streams["PROJECT"] = _project(project, modules)
    streams["PROJECTwm"] = b"".join(m.name.encode(ENCODING) + b"\0" + m.name.encode("utf-16-le") + b"\0\0" for m in modules) + b"\0\0"
    return compound_file(streams)


# ── compression (MS-OVBA 2.4.1) ──────────────────────────────────────────────


def compressed(data: bytes) -> bytes:
    """A compressed container: chunks of 4096 bytes, each on its own."""
    return b"\x01" + b"".join(_chunk(data[at : at + _CHUNK]) for at in range(0, len(data), _CHUNK))


def _chunk(data: bytes) -> bytes:
    """Header and tokens of one chunk; a full chunk that does not get smaller is kept as it is."""
    tokens = _tokens(data)
    if len(tokens) <= _CHUNK:
        return struct.pack("<H", 0xB000 | len(tokens) - 1) + tokens
    if len(data) < _CHUNK:
        raise ValueError("a chunk that is neither full nor compressible would be filled up with zeros: this is no text")
    return struct.pack("<H", 0x3FFF) + data


def _tokens(data: bytes) -> bytes:
    """Eight tokens behind a byte of flags that says which of them are copies."""
    out, at = bytearray(), 0
    while at < len(data):
        flags, group = 0, bytearray()
        for bit in range(8):
            length, offset = _copy(data, at)
            if length:
                flags |= 1 << bit
                group += struct.pack("<H", (offset - 1) << (16 - _offset_bits(at)) | (length - 3))
            else:
                group += data[at : at + 1]
            at += length or 1
        out += bytes([flags]) + group
    return bytes(out)


def _offset_bits(at: int) -> int:
    """How many of the 16 bits of a copy hold its offset: as many as are needed there, and 4 at least; the others hold its length."""
    return max((at - 1).bit_length(), 4) if at else 4


def _copy(data: bytes, at: int) -> tuple[int, int]:
    """Length of the longest repetition of earlier bytes that begins here, and how far back they are; 0 when there are no three."""
    most = min((0xFFFF >> _offset_bits(at)) + 3, len(data) - at)
    length = offset = 0
    for wanted in range(3, most + 1):
        found = data.rfind(data[at : at + wanted], 0, at + wanted - 1)
        if found < 0:
            break
        length, offset = wanted, at - found
    return length, offset


# ── the dir stream (MS-OVBA 2.3.4.2) ─────────────────────────────────────────


def _record(kind: int, value: bytes) -> bytes:
    return struct.pack("<HI", kind, len(value)) + value


def _long(kind: int, value: int) -> bytes:
    return _record(kind, struct.pack("<I", value))


def _short(kind: int, value: int) -> bytes:
    return _record(kind, struct.pack("<H", value))


def _both(kind: int, wide: int, text: str) -> bytes:
    """A text twice: in the code page and in Unicode."""
    return _record(kind, text.encode(ENCODING)) + _record(wide, text.encode("utf-16-le"))


def _directory(project: str, modules: Sequence[Module]) -> bytes:
    """What the project is (64-bit Windows, English, code page, name, version), what it refers to, and its modules."""
    about = [
        _long(0x01, 3), _long(0x02, _ENGLISH), _long(0x14, _ENGLISH), _short(0x03, CODE_PAGE), _record(0x04, project.encode(ENCODING)),
        _both(0x05, 0x40, ""), _both(0x06, 0x3D, ""), _long(0x07, 0), _long(0x08, 0), struct.pack("<HIIH", 0x09, 4, 1, 1), _both(0x0C, 0x3C, ""),
    ]  # fmt: skip
    references = [_both(0x16, 0x3E, name) + _record(0x0D, struct.pack("<I", len(lib)) + lib.encode(ENCODING) + bytes(6)) for name, lib in _REFERENCES]
    count = [_short(0x0F, len(modules)), _short(0x13, 0xFFFF)]
    return b"".join([*about, *references, *count, *map(_module_records, modules), _record(0x10, b"")])


def _module_records(module: Module) -> bytes:
    """Name, stream, no comment, source from byte 0, no help, cookie, kind."""
    kind = 0x21 if module.kind == "module" else 0x22
    names = _both(0x19, 0x47, module.name) + _both(0x1A, 0x32, module.name) + _both(0x1C, 0x48, "")
    return names + _long(0x31, 0) + _long(0x1E, 0) + _short(0x2C, 0xFFFF) + _record(kind, b"") + _record(0x2B, b"")


# ── the PROJECT stream (MS-OVBA 2.3.1) ───────────────────────────────────────


def _project(project: str, modules: Sequence[Module]) -> bytes:
    """The project as lines of text: modules, no protection, no password, visible; all windows closed."""
    lines = [
        f'ID="{_PROJECT_ID}"',
        *map(_project_line, modules),
        f'Name="{project}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{_obscured(bytes(4), 0xA7)}"',
        f'DPB="{_obscured(bytes(1), 0xA2)}"',
        f'GC="{_obscured(bytes([0xFF]), 0x9D)}"',
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{module.name}=0, 0, 0, 0, C" for module in modules),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode(ENCODING)


def _project_line(module: Module) -> str:
    line: dict[Kind, str] = {"module": f"Module={module.name}", "class": f"Class={module.name}"}
    return line.get(module.kind, f"Document={module.name}/&H00000000")


def _obscured(data: bytes, seed: int) -> str:
    """What the specification calls data encryption (2.4.3): every byte is mixed with those before it and with the project's id."""
    key = sum(map(ord, _PROJECT_ID)) & 0xFF
    out = [seed, seed ^ 2, seed ^ key]
    before, last, last_but_one = key, out[2], out[1]
    for byte in bytes((seed & 6) // 2) + struct.pack("<I", len(data)) + data:
        mixed = byte ^ ((last_but_one + before) & 0xFF)
        out.append(mixed)
        last_but_one, last, before = last, mixed, byte
    return bytes(out).hex().upper()
