"""A VBA project written from text is read back by other programs; what Excel has saved passes the same tests."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from project_reading import (
    DIR_GRAMMAR,
    PROJECT_GRAMMAR,
    badly_coloured,
    container,
    grammar,
    is_saved_by_excel,
    named,
    project_lines,
    project_of,
    records,
    revealed,
    sources,
    unfindable,
)

from xlseg.addin.compound import compound_file
from xlseg.addin.ovba import Module, compressed, from_exported, vba_project
from xlseg.addin.runtime import installed_folder

XLWINGS = installed_folder() or Path("xlwings is not installed")

LINES = [f"' line {n}: Überfällig, 1.000 €, “quoted” – naïve … {n * 7919 % 997}" for n in range(600)]


def code(size: int) -> str:
    """VBA comments such that the whole source of a module M has that many bytes."""
    head = len('Attribute VB_Name = "M"\r\n')
    filler = "' 0123456789 abcdef\n" * (size // 20)
    return filler.replace("\n", "\r\n")[: size - head - 2].rstrip("\r\n").ljust(size - head - 2, "x")


PROJECTS = {
    "one short module": [Module("M", "module", "Option Explicit")],
    "no text at all": [Module("M", "module", "")],
    "more than 4 KB": [Module("M", "module", "\n".join(LINES))],
    **{f"{size} bytes": [Module("M", "module", code(size))] for size in (4095, 4096, 4097, 8192, 12288)},
    "30 modules in any case": [Module(name, "module", f"Sub {name}()\nEnd Sub") for n in range(15) for name in (f"mod{n}_x", f"MOD{n}_yy")],
    "every kind": [
        Module("ThisWorkbook", "workbook", "Private Sub Workbook_Open()\nEnd Sub"),
        Module("Sheet1", "worksheet", "Option Explicit"),
        Module("Code", "module", "Function TWICE(x)\n    TWICE = 2 * x\nEnd Function"),
        Module("Thing", "class", "Public Name As String", "What it is"),
    ],
}


@pytest.fixture(params=PROJECTS)
def modules(request: pytest.FixtureRequest) -> list[Module]:
    return PROJECTS[request.param]


SHARED = Path(__file__).parents[3] / "shared" / "corpus"
SAVED_BY_EXCEL = [str(path) for path in (*sorted(SHARED.glob("*.xlsm")), XLWINGS / "quickstart.xlsm") if is_saved_by_excel(path)]


@pytest.mark.parametrize("path", SAVED_BY_EXCEL, ids=lambda path: Path(path).name)
def test_what_excel_has_saved_passes_these_tests_too(path: str) -> None:
    project = project_of(Path(path))
    assert (unfindable(project), badly_coloured(project)) == ([], [])
    assert re.fullmatch(DIR_GRAMMAR, grammar(project))
    assert re.fullmatch(PROJECT_GRAMMAR, project_lines(project))


def test_olevba_gives_back_every_source_exactly(modules: list[Module]) -> None:
    assert sources(vba_project(modules)) == {module.name: module.text for module in modules}


def test_the_sizes_are_what_they_say() -> None:
    for size in (4095, 4096, 4097, 8192, 12288):
        assert len(PROJECTS[f"{size} bytes"][0].text.encode("cp1252")) == size


def test_every_name_is_found_by_an_ordered_search(modules: list[Module]) -> None:
    assert unfindable(vba_project(modules)) == []


def test_the_search_trees_are_red_and_black(modules: list[Module]) -> None:
    assert badly_coloured(vba_project(modules)) == []


@pytest.mark.parametrize("count", range(1, 41))
def test_a_folder_of_any_size_is_a_search_tree(count: int) -> None:
    file = compound_file({f"VBA/{'abCDefGH'[n % 8]}{n % 7 * 'z'}{n}": bytes([n]) for n in range(count)})
    assert (unfindable(file), badly_coloured(file)) == ([], [])


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 4095, 4096, 4097, 100_000])
def test_a_stream_of_any_size_keeps_its_bytes(size: int) -> None:
    content = random.Random(size).randbytes(size)
    read = container(compound_file({"A": b"first", "S/B": content, "S/C": b"last"}))
    assert [read.openstream(name).read() for name in ("A", "S/B", "S/C")] == [b"first", content, b"last"]
    assert read.parsing_issues == []


def test_a_name_of_more_than_31_characters_and_a_file_of_more_than_7_mb_are_refused() -> None:
    assert container(compound_file({"n" * 31: b""})).exists("n" * 31)
    with pytest.raises(ValueError, match="more than 31 characters"):
        compound_file({"n" * 32: b""})
    with pytest.raises(ValueError, match="more than 7 MB"):
        compound_file({"A": bytes(8_000_000)})


def test_the_records_of_the_dir_stream_have_the_order_of_the_specification(modules: list[Module]) -> None:
    assert re.fullmatch(DIR_GRAMMAR, grammar(vba_project(modules)))


def test_the_dir_stream_lists_the_modules_and_their_streams(modules: list[Module]) -> None:
    project = vba_project(modules)
    names = [module.name for module in modules]
    assert named(project, 0x19) == names
    assert all(container(project).exists(f"VBA/{stream}") for stream in named(project, 0x1A))
    assert [kind for kind, _ in records(project) if kind in (0x21, 0x22)] == [0x21 if m.kind == "module" else 0x22 for m in modules]
    by_kind = dict(records(project))
    assert (by_kind[0x03], by_kind[0x02], by_kind[0x0F]) == (
        b"\xe4\x04",
        b"\x09\x04\0\0",
        len(names).to_bytes(2, "little"),
    )  # code page 1252, English


def test_the_lines_of_the_project_stream_are_those_of_excel(modules: list[Module]) -> None:
    assert re.fullmatch(PROJECT_GRAMMAR, project_lines(vba_project(modules)))
    kinds = {"module": "Module", "class": "Class"}
    found = re.findall(r"^(Document|Module|Class)=(\w+)", project_lines(vba_project(modules)), re.M)
    assert found == [(kinds.get(m.kind, "Document"), m.name) for m in modules]


def test_the_project_is_neither_protected_nor_hidden_and_has_no_password() -> None:
    for project in (vba_project(PROJECTS["every kind"]), project_of(XLWINGS / "quickstart.xlsm")):
        assert [revealed(project, key) for key in ("CMG", "DPB", "GC")] == [bytes(4), b"\0", b"\xff"]


def test_there_is_no_compiled_code_so_that_excel_compiles_the_sources() -> None:
    assert container(vba_project(PROJECTS["every kind"])).openstream("VBA/_VBA_PROJECT").read() == bytes.fromhex("CC61FFFF000000")


def test_document_and_class_modules_say_what_excel_says_of_them() -> None:
    theirs, ours = sources(project_of(XLWINGS / "quickstart_standalone.xlsm")), sources(vba_project(PROJECTS["every kind"]))
    for name in ("ThisWorkbook", "Sheet1"):
        assert ours[name].startswith(theirs[name])  # theirs have no code
    head = theirs["Dictionary"].splitlines()[:8]
    assert ours["Thing"].splitlines()[:8] == [line.replace("Dictionary", "Thing") for line in head]


def test_an_exported_class_becomes_the_source_that_excel_makes_of_it() -> None:
    module = from_exported((XLWINGS / "addin" / "Dictionary.cls").read_text(encoding="cp1252"), "class")
    excel = sources(project_of(XLWINGS / "quickstart_standalone.xlsm"))["Dictionary"]
    assert module.text.lower().split() == excel.lower().split()  # Excel has another case of `err`, for its module has other names


def test_the_same_texts_make_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    script = (
        "import sys; from xlseg.addin.ovba import Module, vba_project; "
        "sys.stdout.buffer.write(vba_project([Module(f'm{n}', 'module', f'Sub m{n}()\\nEnd Sub') for n in range(30)]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo"}
    there = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True).stdout
    assert there == vba_project([Module(f"m{n}", "module", f"Sub m{n}()\nEnd Sub") for n in range(30)])


def test_names_that_differ_in_case_alone_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        vba_project([Module("Code", "module", ""), Module("code", "module", "")])


def test_a_character_that_windows_1252_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="charmap"):
        vba_project([Module("M", "module", "' 客户")])


def test_what_is_no_text_is_kept_where_it_fills_a_chunk_and_refused_where_it_does_not() -> None:
    noise = random.Random(1).randbytes(4096)
    assert compressed(noise) == b"\x01\xff\x3f" + noise
    with pytest.raises(ValueError, match="no text"):
        compressed(noise[:4000])
