"""`xlseg doctor`: each thing that can be wrong is said in plain words, with what to do; what is right is not complained about."""

from __future__ import annotations

import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from project_reading import project_of, sources

from xlseg.addin import installation, template
from xlseg.addin.calc_extension import office
from xlseg.addin.compound import compound_file
from xlseg.addin.doctor import BookFacts, Facts, Finding, examined, report
from xlseg.addin.ovba import Module, vba_project
from xlseg.addin.runtime import installed_folder, installed_runtime
from xlseg.addin.vba_reading import decompressed, module_texts, streams
from xlseg.addin.wrappers import PYTHON_MODULE
from xlseg.cli import main
from xlseg.errors import FileError, FormatError

ROOT = Path(__file__).parents[2]
PYTHON = r"C:\Users\Ann\venv\Scripts\python.exe"
SETTINGS = {"INTERPRETER_WIN": PYTHON, "UDF MODULES": PYTHON_MODULE, "USE UDF SERVER": "True", "ADD_WORKBOOK_TO_PYTHONPATH": "False"}
BOOK = BookFacts("book.xlsm", has_macros=True, runtime="0.37.8", settings=SETTINGS, interpreter_exists=True)
WINDOWS = Facts("win32", (3, 13, 1), PYTHON, xlwings="0.37.8", libraries=frozenset({"xlwings64-0.37.8.dll"}), calc=(25, 2), extension=True, book=BOOK)
MAC = replace(WINDOWS, platform="darwin", executable="/opt/python3", has_script=True, book=None)


def with_book(**changes: object) -> Facts:
    return replace(WINDOWS, book=replace(BOOK, **changes))  # type: ignore[arg-type]


def with_setting(key: str, value: str) -> Facts:
    return with_book(settings={**SETTINGS, key: value})


def amiss(facts: Facts) -> list[Finding]:
    return [finding for finding in examined(facts) if finding.state != "good"]


def test_an_installation_that_is_right_has_nothing_to_complain_about() -> None:
    assert amiss(WINDOWS) == []
    assert list(report(examined(WINDOWS)))[-1] == "Nothing is wrong."


WRONG = {
    "an old Python": (replace(WINDOWS, python=(3, 9, 1)), "Python 3.9.1 in", "install Python 3.11 or newer"),
    "no xlwings": (replace(WINDOWS, xlwings=None, book=None), "xlwings is not installed", 'pip install "xlseg[excel]"'),
    "no DLL": (replace(WINDOWS, libraries=frozenset()), "xlwings64-0.37.8.dll is not beside it", "--force-reinstall xlwings==0.37.8"),
    "a DLL of another version": (replace(WINDOWS, libraries=frozenset({"xlwings64-0.30.0.dll"})), "there is xlwings64-0.30.0.dll", "antivirus"),
    "macros refused": (replace(WINDOWS, macro_setting=4), "refuses macros without asking", "Trust Center"),
    "a book from the internet": (with_book(blocked=True), "coming from the internet", "tick Unblock"),
    "a book of another version": (with_book(runtime="0.33.0"), "made for xlwings 0.33.0, but 0.37.8 is installed", "pip install xlwings==0.33.0"),
    "a Python that is not here": (with_book(interpreter_exists=False), "which is not on this machine", f"write {PYTHON} beside Interpreter_Win"),
    "no Python named": (with_setting("INTERPRETER_WIN", ""), "does not say which Python to start", f"write {PYTHON} beside Interpreter_Win"),
    "formulas not named": (with_setting("UDF MODULES", "book"), "does not say where the formulas are", f"write {PYTHON_MODULE}"),
    "a web address as folder": (
        replace(WINDOWS, book=replace(BOOK, in_cloud=True, settings={**SETTINGS, "ADD_WORKBOOK_TO_PYTHONPATH": "True"})),
        "takes for a folder",
        "write FALSE beside ADD_WORKBOOK_TO_PYTHONPATH",
    ),
    "a Mac that may not start Python": (replace(MAC, has_script=False), "may not start Python yet", "xlwings runpython install"),
}


@pytest.mark.parametrize(("facts", "fact", "advice"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_what_to_do(facts: Facts, fact: str, advice: str) -> None:
    wrong = [finding for finding in examined(facts) if finding.state == "wrong"]
    assert len(wrong) == 1
    assert fact in wrong[0].fact
    assert advice in wrong[0].advice
    assert list(report(examined(facts)))[-1] == "1 thing has to be put right, from top to bottom."


NOTES = {
    "another Python": (with_setting("INTERPRETER_WIN", r"D:\python.exe"), "note", r"the workbook starts D:\python.exe, not the Python you asked"),
    "OneDrive": (with_book(in_cloud=True), "note", "lies on OneDrive"),
    "no macros": (with_book(has_macros=False, runtime=None, settings={}), "note", "book.xlsm holds neither button nor formulas"),
    "other macros": (with_book(runtime=None, settings={}), "note", "another program's macros"),
    "a Mac": (MAC, "note", "formulas do not"),
    "an old LibreOffice": (replace(WINDOWS, calc=(7, 4)), "note", "only the button is offered"),
    "no extension": (replace(WINDOWS, extension=False), "note", "the extension is not installed"),
    "no LibreOffice": (replace(WINDOWS, calc=None), "note", "not found"),
    "a server": (replace(WINDOWS, platform="linux", xlwings=None, book=None), "unseen", "cannot be checked here"),
}


@pytest.mark.parametrize(("facts", "state", "fact"), NOTES.values(), ids=NOTES)
def test_what_is_worth_knowing_is_no_fault(facts: Facts, state: str, fact: str) -> None:
    (finding,) = amiss(facts)
    assert finding.state == state
    assert fact in finding.fact


def test_pythonw_is_the_same_python() -> None:
    assert amiss(with_setting("INTERPRETER_WIN", PYTHON.replace("python.exe", "pythonw.exe"))) == []


def test_the_report_reads_as_lines_under_each_other() -> None:
    lines = list(report(examined(replace(WINDOWS, macro_setting=4))))
    assert lines[3].startswith("WRONG     Macros       Excel refuses macros without asking, so that the button does nothing.")
    assert lines[4].startswith(" " * 23 + "To go on, choose “Disable VBA macros with notification”")


# ── what is seen on this machine ─────────────────────────────────────────────


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "workbook_template.xlsm", tmp_path / "book.xlsm"))


def test_a_book_says_what_it_is_made_for(book: Path) -> None:
    facts = installation.book_facts(book, {})
    runtime = installed_runtime()
    assert runtime is not None
    assert (facts.name, facts.has_macros, facts.runtime) == ("book.xlsm", True, runtime.version)
    assert facts.settings == {"UDF MODULES": PYTHON_MODULE, "USE UDF SERVER": "True", "ADD_WORKBOOK_TO_PYTHONPATH": "False"}
    assert facts.interpreter_exists is None


def test_a_book_that_excel_has_open_is_looked_at_too(book: Path) -> None:
    book.with_name("~$book.xlsm").write_bytes(b"owner")
    assert installation.book_facts(book, {}).has_macros


def test_a_book_without_macros_says_so(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "plain.xlsx")
    assert installation.book_facts(tmp_path / "plain.xlsx", {}) == BookFacts("plain.xlsx")


def test_the_python_that_a_book_names_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    runtime = installed_runtime()
    assert runtime is not None
    for name, exists in ((sys.executable, True), (str(tmp_path / "nowhere"), False)):
        path = tmp_path / f"{exists}.xlsm"
        template.build(path, runtime, {"Interpreter_Win": name.replace(str(Path(name).parent), "%HERE%")})
        facts = installation.book_facts(path, {"here": str(Path(name).parent)})
        assert (facts.settings["INTERPRETER_WIN"], facts.interpreter_exists) == (name, exists)


def test_what_windows_does_not_know_stays_as_it_is() -> None:
    assert installation.expanded("%USERPROFILE%\\a %NOPE% 5%", {"UserProfile": "C:\\Users\\Ann"}) == "C:\\Users\\Ann\\a %NOPE% 5%"


def test_onedrive_is_known_by_its_folder(tmp_path: Path) -> None:
    environment = {"OneDriveCommercial": str(tmp_path / "OneDrive - Firm"), "OneDrive": ""}
    assert installation.is_in_cloud(tmp_path / "OneDrive - Firm" / "b.xlsm", environment)
    assert not installation.is_in_cloud(tmp_path / "Documents" / "b.xlsm", environment)
    assert installation.is_in_cloud(Path("/Users/ann/Library/CloudStorage/OneDrive-Firm/b.xlsm"), {})


def test_the_extension_is_known_by_the_list_that_libreoffice_keeps(tmp_path: Path) -> None:
    profile = office.profile_folder("linux", tmp_path, {})
    assert profile == tmp_path / ".config" / "libreoffice" / "4"
    assert not office.is_listed(profile)
    cache = profile / "user" / "uno_packages" / "cache"
    (cache / "uno_packages" / "lu1.tmp_" / "xlseg.oxt").mkdir(parents=True)
    for listed, there in ((b"org.xlseg.calc\nlu1.tmp\nxlseg.oxt\napplication/vnd.sun.star.package-bundle\n", True), (b"", False)):
        (cache / "uno_packages.pmap").write_bytes(b"Pmp1" + listed)  # as LibreOffice 25.2 writes it on adding, and on removing
        assert office.is_listed(profile) is there


def test_doctor_looks_at_this_machine_and_at_a_book(book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "calc_version", lambda: None)  # LibreOffice takes seconds to say it
    code = main(["doctor", str(book)])
    said = capsys.readouterr().out
    assert (code == 0) == ("Nothing is wrong." in said)
    assert f"Python {'.'.join(map(str, sys.version_info[:3]))} in {sys.executable}" in said
    assert "book.xlsm is made for xlwings" in said


def test_doctor_refuses_a_book_that_is_not_there_or_none(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        installation.book_facts(tmp_path / "nothing.xlsm", {})
    (tmp_path / "text.xlsm").write_text("no workbook")
    with pytest.raises(FormatError):
        installation.project_in(tmp_path / "text.xlsm")


# ── sources read back ────────────────────────────────────────────────────────

XLWINGS = installed_folder() or Path("xlwings is not installed")
BOOKS = [ROOT / "workbook_template.xlsm", *(XLWINGS / name for name in ("quickstart.xlsm", "quickstart_standalone.xlsm", "addin/xlwings.xlam"))]


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.name)
def test_the_sources_of_a_project_are_what_olevba_reads(path: Path) -> None:
    assert module_texts(project_of(path)) == sources(project_of(path))


def test_a_project_broken_anywhere_is_never_an_error() -> None:
    project, chance = vba_project([Module("M", "module", "Option Explicit\n" * 400)]), random.Random(5)
    assert module_texts(project)["M"].startswith('Attribute VB_Name = "M"')
    for _ in range(300):
        broken = bytearray(project)
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        assert isinstance(module_texts(bytes(broken[: chance.randrange(len(broken))])), dict)
        assert isinstance(module_texts(bytes(broken)), dict)
    assert module_texts(b"") == {}


def test_a_chain_without_end_and_a_text_without_end_are_refused() -> None:
    file = bytearray(compound_file({"A": bytes(5000)}))
    at = 512 + 4 * 1  # the directory's entry in the FAT, which is sector 1
    file[at : at + 4] = (1).to_bytes(4, "little")
    with pytest.raises(ValueError, match="no end"):
        streams(bytes(file))
    chunk = b"\x01\xb0" + b"\x02a\xff\x0f"  # one letter, then itself 4098 times
    with pytest.raises(ValueError, match="longer than a module"):
        decompressed(b"\x01" + chunk.replace(b"\x01\xb0", b"\x03\xb0") * 2000)
