"""What is wrong with the installation, in the words of the person who has to put it right. Pure: the facts come from `installation`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from xlseg.addin.calc_extension.install import FORMULAS_FROM
from xlseg.addin.wrappers import PYTHON_MODULE

State = Literal["good", "wrong", "note", "unseen"]
"""good; wrong: must be put right; note: worth knowing; unseen: cannot be checked on this machine."""

OLDEST_PYTHON = (3, 11)
BEST_CALC = (25, 2)
INSTALL = 'pip install "xlseg[excel]"'
Version = tuple[int, ...]


@dataclass(frozen=True)
class BookFacts:
    """What the workbook says.

    Attributes
    ----------
    runtime
        Version of xlwings whose VBA it carries; None when it carries none.
    settings
        Its sheet xlwings.conf, keys in capitals, with environment variables filled in.
    interpreter_exists
        Whether the Python it names is on this machine; None when it names none.
    blocked
        Whether Windows has marked it as coming from the internet.
    """

    name: str
    has_macros: bool = False
    runtime: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    interpreter_exists: bool | None = None
    blocked: bool = False
    in_cloud: bool = False


@dataclass(frozen=True)
class Facts:
    """What there is on this machine.

    Attributes
    ----------
    platform
        As Python names it: "win32", "darwin", "linux".
    xlwings
        Version that is installed; None when none is.
    libraries
        Names of the DLLs of xlwings in the folder of Python and the one above.
    macro_setting
        Excel's answer to macros, as the registry has it: 1 all, 2 ask, 3 signed alone, 4 none; None when it is not set (Excel then asks).
    calc
        Version of LibreOffice; None when it is not found. `extension`: whether ours is installed there; None when that cannot be seen.
    """

    platform: str
    python: Version
    executable: str
    is_64_bit: bool = True
    xlwings: str | None = None
    libraries: frozenset[str] = frozenset()
    has_script: bool | None = None
    macro_setting: int | None = None
    calc: Version | None = None
    extension: bool | None = None
    book: BookFacts | None = None

    @property
    def has_excel(self) -> bool:
        """Whether Excel can run here at all."""
        return self.platform in ("win32", "darwin")


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, how it is, and what to do."""

    subject: str
    state: State
    fact: str
    advice: str = ""


Check = Callable[[Facts], Finding | None]
"""None: does not apply here."""


def examined(facts: Facts) -> list[Finding]:
    """Every check that applies, in the order in which things are put right."""
    return [finding for check in CHECKS if (finding := check(facts)) is not None]


def python(facts: Facts) -> Finding:
    """Whether this Python can run xlseg."""
    bits = "" if facts.is_64_bit else ", 32-bit"
    fact = f"Python {_dotted(facts.python)}{bits} in {facts.executable}"
    if facts.python < OLDEST_PYTHON:
        return Finding("Python", "wrong", f"{fact} is too old", f"install Python {_dotted(OLDEST_PYTHON)} or newer from python.org, then: {INSTALL}")
    return Finding("Python", "good", fact)


def xlwings(facts: Facts) -> Finding | None:
    """Whether the part is there that lets Excel and Python talk."""
    if not facts.has_excel:
        return Finding(
            "Excel", "unseen", "Excel does not run on this system: button and formulas cannot be checked here; `xlseg refresh` needs neither"
        )
    if facts.xlwings is None:
        return Finding("xlwings", "wrong", "Excel and Python cannot talk: xlwings is not installed in this Python", f"type: {INSTALL}")
    return Finding("xlwings", "good", f"version {facts.xlwings}")


def library(facts: Facts) -> Finding | None:
    """Whether the DLL is there that Excel for Windows starts Python with."""
    if facts.platform != "win32" or facts.xlwings is None:
        return None
    wanted = {f"xlwings64-{facts.xlwings}.dll", f"xlwings32-{facts.xlwings}.dll"}
    if wanted & facts.libraries:
        return Finding("DLL", "good", f"the files of xlwings {facts.xlwings} lie beside Python")
    others = f" (there is {', '.join(sorted(facts.libraries))})" if facts.libraries else ""
    fact = f"Excel will not find Python: xlwings64-{facts.xlwings}.dll is not beside it{others}"
    return Finding(
        "DLL",
        "wrong",
        fact,
        f"type: pip install --force-reinstall xlwings=={facts.xlwings}; if it disappears again, ask IT whether the antivirus removes it",
    )


def script(facts: Facts) -> Finding | None:
    """Whether Excel for Mac may start Python; it has the button, but no formulas."""
    if facts.platform != "darwin" or facts.xlwings is None:
        return None
    if not facts.has_script:
        return Finding("Excel", "wrong", "Excel may not start Python yet", "type: xlwings runpython install   (once for each version of xlwings)")
    return Finding("Excel", "note", "the button works; formulas do not, in Excel for Mac: use xlwings Lite, or `xlseg refresh`, which fills them in")


def macros(facts: Facts) -> Finding | None:
    """Whether Excel lets a workbook's macros run."""
    if facts.platform != "win32":
        return None
    where = "File, Options, Trust Center, Trust Center Settings, Macro Settings"
    if facts.macro_setting in (3, 4):
        fact = "Excel refuses macros without asking, so that the button does nothing"
        return Finding(
            "Macros", "wrong", fact, f"choose “Disable VBA macros with notification” ({where}); if it is grey, ask IT for a trusted folder"
        )
    return Finding("Macros", "good", "Excel runs the macros of a workbook when you allow it")


def book_is_blocked(facts: Facts) -> Finding | None:
    """Whether Windows holds the workbook for a download."""
    if facts.book is None or not facts.book.blocked:
        return None
    fact = "Windows has marked the file as coming from the internet, and Excel blocks its macros"
    return Finding(
        facts.book.name, "wrong", fact, "close it, right-click it in the Explorer, Properties, tick Unblock; or keep it in a trusted folder"
    )


def book_has_macros(facts: Facts) -> Finding | None:
    """Whether the workbook has the button."""
    book = facts.book
    if book is None or (book.has_macros and book.runtime is not None):
        return None
    what = "another program's macros, but not ours" if book.has_macros else "neither button nor formulas"
    advice = "use `xlseg refresh` on it, or make a book with `xlseg new BOOK.xlsm` and move your sheets there"
    return Finding("Workbook", "note", f"{book.name} holds {what}", advice)


def runtime(facts: Facts) -> Finding | None:
    """Whether the workbook is made for the xlwings that is installed."""
    book = facts.book
    if book is None or book.runtime is None:
        return None
    if facts.xlwings is None:
        return Finding(
            "Workbook", "note" if facts.has_excel else "unseen", f"{book.name} is made for xlwings {book.runtime}, which is not installed here"
        )
    if facts.xlwings == book.runtime:
        return Finding("Workbook", "good", f"{book.name} is made for xlwings {book.runtime}, as installed")
    fact = f"{book.name} is made for xlwings {book.runtime}, but {facts.xlwings} is installed: Excel will say that a DLL is missing"
    return Finding(
        book.name, "wrong", fact, f"type: pip install xlwings=={book.runtime}; or make a new book with `xlseg new`, which takes the installed one"
    )


def interpreter(facts: Facts) -> Finding | None:
    """Whether the workbook starts the Python in which xlseg is."""
    book = facts.book
    if book is None or book.runtime is None or not facts.has_excel:
        return None
    key = "INTERPRETER_WIN" if facts.platform == "win32" else "INTERPRETER_MAC"
    named = book.settings.get(key, "")
    advice = f"write {facts.executable} beside {key.title()} on the sheet xlwings.conf"
    if not named:
        return Finding("Workbook", "wrong", "the workbook does not say which Python to start, and Excel may find another one", advice)
    if book.interpreter_exists is False:
        return Finding("Workbook", "wrong", f"the workbook starts {named}, which is not on this machine", advice)
    if _folded(named) not in (_folded(facts.executable), _folded(facts.executable).replace("python.exe", "pythonw.exe")):
        return Finding(
            "Workbook", "note", f"the workbook starts {named}, not the Python you asked just now", f"run `xlseg doctor` there, or {advice}"
        )
    return Finding("Workbook", "good", "the workbook starts this Python")


def formulas(facts: Facts) -> Finding | None:
    """Whether the workbook's settings are those that formulas and button rest on."""
    book = facts.book
    if book is None or book.runtime is None:
        return None
    if book.settings.get("UDF MODULES", "") != PYTHON_MODULE:
        return Finding(
            book.name, "wrong", "the sheet xlwings.conf does not say where the formulas are", f"write {PYTHON_MODULE} beside UDF Modules there"
        )
    return None


def cloud(facts: Facts) -> Finding | None:
    """Whether the workbook lies where its path is a web address for Excel."""
    book = facts.book
    if book is None or not book.in_cloud:
        return None
    if book.settings.get("ADD_WORKBOOK_TO_PYTHONPATH", "").lower() != "false":
        fact = "the workbook lies on OneDrive or SharePoint, whose web address xlwings takes for a folder"
        return Finding(
            book.name, "wrong", fact, "write FALSE beside ADD_WORKBOOK_TO_PYTHONPATH on the sheet xlwings.conf; or keep the book on this machine"
        )
    return Finding("Workbook", "note", "the workbook lies on OneDrive or SharePoint: if a refresh fails there, keep it on this machine and copy it")


def calc(facts: Facts) -> Finding:
    """Whether LibreOffice Calc has button and formulas."""
    if facts.calc is None:
        return Finding("LibreOffice", "note", "not found; only needed for formulas and button in Calc")
    version = f"version {_dotted(facts.calc)}"
    if facts.calc < FORMULAS_FROM:
        fact = f"{version} saves our formulas under names that Excel does not know: only the button is offered there"
        return Finding("LibreOffice", "note", fact, f"install {_dotted(BEST_CALC)} or newer from libreoffice.org for the formulas")
    if not facts.extension:
        seen = "the extension is not installed" if facts.extension is False else "whether the extension is installed cannot be seen"
        return Finding("LibreOffice", "note", f"{version}; {seen}", "type: xlseg install-calc   (if you work in Calc)")
    return Finding("LibreOffice", "good", f"{version} with button and formulas")


CHECKS: tuple[Check, ...] = (
    python, xlwings, library, script, macros, book_is_blocked, book_has_macros, runtime, interpreter, formulas, cloud, calc,
)  # fmt: skip

_WORDS: dict[State, str] = {"good": "good", "wrong": "WRONG", "note": "note", "unseen": "not seen"}


def report(findings: list[Finding]) -> Iterator[str]:
    """The findings as lines to read from top to bottom, and in the last one what it comes to."""
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        yield f"{_WORDS[finding.state]:8}  {finding.subject:{width}}  {finding.fact}."
        if finding.advice:
            yield f"{'':10}{'':{width}}  To go on, {finding.advice}."
    wrong = sum(finding.state == "wrong" for finding in findings)
    yield "Nothing is wrong." if not wrong else f"{wrong} {'thing has' if wrong == 1 else 'things have'} to be put right, from top to bottom."


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _folded(path: str) -> str:
    return path.replace("/", "\\").casefold()
