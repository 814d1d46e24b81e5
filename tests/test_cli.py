"""The commands as a user types them: what they print, and their exit codes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from books import demo_file, rows

from xlseg.cli import main, parser
from xlseg.sources import open_source

ROOT = Path(__file__).parents[1]
AT = ["--as-of", "2026-10-31"]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_file(tmp_path_factory.mktemp("cli") / "erp.xlsx", customers=30, seed=4)


@pytest.fixture
def book(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(exported, tmp_path / "erp.xlsx"))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_refresh_says_what_happened_in_four_lines(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "refresh", book, *AT)
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert re.fullmatch(
        r"erp\.xlsx  as of 2026-10-31 · \d+ customers · [\d,]+ invoices, [\d,]+ payments, [\d,]+ orders · "
        r"\d+ rows excluded \(Data Quality\), \d+ void",
        lines[0],
    )
    assert lines[1].startswith("segments  ")
    assert re.fullmatch(r"moved     \d+ worse, \d+ better since 2026-09-30 \(\d+ provisional\)", lines[2])
    assert re.fullmatch(r"checks    (\d) of \1 · 22 tabs written in [\d.]+ s", lines[3])
    counted = sum(int(n) for n in re.findall(r" (\d+)(?: ·|$)", lines[1]))
    assert counted == len(rows(book, "Segments", "Customer ID"))


def test_json_is_one_object_for_a_program(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "refresh", book, *AT, "--json")
    said = json.loads(out)
    assert code == 0
    assert said["sound"] is True
    assert said["as_of"] == "2026-10-31"
    assert sum(said["segments"].values()) == said["customers"]
    assert said["tabs"]["made"][0] == "Dashboard"


def test_dry_run_and_check_write_nothing(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = book.read_bytes()
    code, out, _ = run(capsys, "refresh", book, *AT, "--dry-run")
    assert code == 0
    assert "22 tabs would be written" in out
    code, out, _ = run(capsys, "check", book, *AT)
    assert code == 0
    assert "row exported twice" in out
    assert book.read_bytes() == before


def test_output_leaves_the_book_and_backup_keeps_the_last_versions(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = book.read_bytes()
    assert run(capsys, "refresh", book, *AT, "--output", tmp_path / "out.xlsx")[0] == 0
    assert book.read_bytes() == before
    assert "Segments" in openpyxl.load_workbook(tmp_path / "out.xlsx", read_only=True).sheetnames
    assert run(capsys, "refresh", book, *AT, "--backup", 2)[0] == 0
    assert (tmp_path / "erp.1.xlsx").read_bytes() == before


def test_explain_shows_the_invoices_whose_mean_is_the_number(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "refresh", book, *AT)
    metrics = rows(book, "Metrics", "customer_id")
    customer = next(c for c, row in metrics.items() if (row["n_paid"] or 0) >= 5)
    code, out, _ = run(capsys, "explain", book, customer, *AT)
    late = [int(days) for days in re.findall(r"\d{4}-\d\d-\d\d (?:open      |\d{4}-\d\d-\d\d) +[\d,.]+ +(-?\d+)", out)]
    assert code == 0
    assert len(late) == metrics[customer]["n_paid"]
    assert sum(late) / len(late) == pytest.approx(metrics[customer]["payment_velocity"])
    assert rows(book, "Segments", "Customer ID")[customer]["Why"] in out


def test_a_customer_who_is_not_there_is_one_line_with_the_nearest_id(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "explain", book, "C-004", *AT)
    assert (code, out) == (1, "")
    assert re.fullmatch(r"xlseg: erp\.xlsx: no customer 'C-004'\. To go on, try 'C-00\d+'\.\n", err)


def test_a_failed_control_makes_check_fail_and_refresh_say_so(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "refresh", book, *AT)
    workbook = openpyxl.load_workbook(book)
    page = workbook["Config"]
    row = next(row for row in range(1, 20) if page.cell(row, 1).value == "Ledger control total")
    page.cell(row, 2, 12.5)
    workbook.save(book)
    assert run(capsys, "check", book, *AT)[0] == 1
    code, out, _ = run(capsys, "refresh", book, *AT)
    assert code == 0
    assert "FAILED    Open balance = control total on Config: expected 12.50" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["refresh", "missing.xlsx"], r"xlseg: .*missing\.xlsx: .*\. To go on, "),
        (["check", "missing.xlsx"], r"xlseg: .*missing\.xlsx: .*\. To go on, "),
        (["demo", "README.md"], r"xlseg: README\.md: the demo book is an \.xlsx workbook\. To go on, "),
        (["refresh", "pyproject.toml", "--output", "x.xlsx"], r"xlseg: .*\. To go on, "),
    ],
)
def test_a_known_failure_is_one_line_on_stderr(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert re.match(message, err)
    assert not Path("x.xlsx").exists()


def test_an_error_of_the_program_itself_is_one_line_too(book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("secret name")

    monkeypatch.setattr("xlseg.refresh.read_ledger", broken)
    code, out, err = run(capsys, "check", book, *AT)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("xlseg: an error of the program itself (KeyError); the book is as it was. To go on, set XLSEG_TRACEBACK=1")
    assert "secret name" not in err
    monkeypatch.setenv("XLSEG_TRACEBACK", "1")
    with pytest.raises(KeyError):
        main(["check", str(book), *AT])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["refresh"],
        ["refresh", "b.xlsx", "--as-of", "31.10.2026"],
        ["demo", "b.xlsx", "--customers", "0"],
        ["demo", "b.xlsx", "--seed", "-5"],
        ["demo", "b.xlsx", "--seed", "9" * 5_000],
        ["sing"],
    ],
)
def test_a_wrong_call_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: xlseg" in capsys.readouterr().err


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01"])
def test_an_as_of_date_before_all_facts_is_refused_in_one_line(day: str, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "refresh", book, "--as-of", day)
    assert (code, err.count("\n")) == (1, 1)
    assert f"no invoice, order or payment is dated up to {day}. To go on, " in err


@pytest.mark.parametrize("command", ["check", "refresh"])
@pytest.mark.parametrize("day", ["2100-01-01", "9999-12-31"])
def test_an_as_of_date_after_all_that_are_read_is_refused_in_one_line(command: str, day: str, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, command, book, "--as-of", day)
    assert (code, out) == (1, "")
    assert err == f"xlseg: erp.xlsx: no date as late as {day} is read. To go on, take an as-of date up to 2099-12-31.\n"


def test_a_new_book_is_filled_and_refreshed(exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "book.xlsx"
    assert run(capsys, "new", book)[0] == 0
    names = openpyxl.load_workbook(book, read_only=True).sheetnames
    assert names == ["Start", "Customers", "Invoices", "Payments", "SalesOrders", "Reminders", "Rules", "Playbook", "Overrides", "Config"]
    code, _, err = run(capsys, "refresh", book, *AT)
    assert (code, err.count("\n")) == (1, 1)
    assert "no invoice, order or payment is dated up to 2026-10-31. To go on, paste the exports" in err
    assert run(capsys, "refresh", book, *AT, "--from", exported)[0] == 0
    assert run(capsys, "new", book)[0] == 1


def test_a_sheet_of_headings_alone_is_no_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "book.xlsx"
    run(capsys, "new", book)
    workbook = openpyxl.load_workbook(book)
    page = workbook["Invoices"]
    for number, paid in enumerate(["2026-06-10", "2026-07-12", "2026-08-15", None], start=1):  # due on the 5th: 5, 7 and 10 days late
        line = [f"INV{number}", "0017", f"2026-0{number + 4}-05", f"2026-0{number + 5}-05", 100, 0 if paid else 100, paid]
        for column, value in enumerate(line, start=1):
            page.cell(number + 1, column, value)
    workbook.save(book)
    assert run(capsys, "refresh", book, "--as-of", "2026-08-20")[0] == 0
    row = rows(book, "Metrics", "customer_id")["0017"]
    assert (row["payment_velocity"], row["orders"], row["revenue"], row["open_balance"]) == (pytest.approx(22 / 3), 4, 400, 100)


def test_payments_without_their_invoices_fail_a_control(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workbook = openpyxl.load_workbook(book)
    del workbook["Invoices"]
    workbook.save(book)
    code, out, _ = run(capsys, "check", book, *AT)
    assert code == 1
    assert "FAILED    Sheets of which more than half is left out" in out


def test_exports_go_into_a_new_book_and_then_into_the_same_one(exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, book = tmp_path / "exports", tmp_path / "book.xlsx"
    folder.mkdir()
    workbook = openpyxl.load_workbook(exported, data_only=True)
    for name in ("Customers", "Invoices", "Payments", "SalesOrders"):
        lines = [[cell if cell is not None else "" for cell in line] for line in workbook[name].iter_rows(values_only=True)]
        text = "\n".join(",".join('"' + str(cell).replace('"', '""') + '"' for cell in line) for line in lines)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    assert run(capsys, "refresh", folder, *AT)[0] == 1  # where to?
    assert run(capsys, "refresh", folder, *AT, "--output", book)[0] == 0
    first = rows(book, "Metrics", "customer_id")
    assert run(capsys, "refresh", folder, *AT, "--output", book)[0] == 0
    assert rows(book, "Metrics", "customer_id") == first
    code, _, said = run(capsys, "refresh", book, *AT)
    assert code == 1
    assert said.endswith("or say where the exports are: xlseg refresh book.xlsx --from FOLDER.\n")
    assert run(capsys, "refresh", book, *AT, "--from", folder)[0] == 0
    assert run(capsys, "refresh", exported, *AT, "--output", tmp_path / "other.xlsx")[0] == 0
    from_workbook = rows(tmp_path / "other.xlsx", "Metrics", "customer_id")
    assert {c: r["payment_velocity"] for c, r in from_workbook.items()} == {c: r["payment_velocity"] for c, r in first.items()}


def test_a_file_that_is_no_log_is_refused_before_anything_is_written(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = book.read_bytes()
    for log in (book, *_pipes(tmp_path)):
        code, out, err = run(capsys, "refresh", book, *AT, "--log", log)
        assert (code, out) == (1, "")
        assert err == f"xlseg: {log}: this is no log of xlseg, and is left as it is. To go on, name another one with --log.\n"
        assert book.read_bytes() == before


def _pipes(folder: Path) -> list[Path]:
    """A pipe, where the system has such."""
    if not hasattr(os, "mkfifo"):
        return []
    os.mkfifo(folder / "pipe.log")
    return [folder / "pipe.log"]


LONG, ROOMLESS = "a" * 5_000, "n" * 248 + ".xlsx"
CLUMSY = {
    "an output that is a pipe": (["refresh", "erp.xlsx", "--output", "pipe.xlsx"], r"pipe\.xlsx: no file that can be written"),
    "an output that is a link to itself": (["refresh", "erp.xlsx", "--output", "loop.xlsx"], r"loop\.xlsx: no file can be written there \("),
    "a new book on a link to itself": (["new", "loop.xlsx"], r"loop\.xlsx: a file of this name is there already"),
    "a new book on a dead link": (["new", "dead.xlsx"], r"dead\.xlsx: a file of this name is there already"),
    "a demo book on a link to itself": (["demo", "loop.xlsx"], r"loop\.xlsx: a file of this name is there already"),
    "a refresh of a pipe": (["refresh", "pipe.xlsx"], r"pipe\.xlsx: no file that can be read"),
    "a long path to check": (["check", LONG], r"a{150} … a{100}: it cannot be used \(File name too long\)"),
    "a long path to refresh": (["refresh", LONG], r"a{150} … a{100}: it cannot be used \("),
    "a long path of exports": (["refresh", "erp.xlsx", "--from", LONG], r"a{150} … a{100}: it cannot be used \("),
    "a long path to write to": (["refresh", "erp.xlsx", "--output", f"{LONG}.xlsx"], r"a{150} … a{95}\.xlsx: it cannot be used \("),
    "a demo book with a long name": (["demo", f"{LONG}.xlsx"], r"a{150} … a{95}\.xlsx: the name is too long"),
    "a new book with a long name": (["new", f"{LONG}.xlsm"], r"a{150} … a{95}\.xlsm: the name is too long"),
    "a name without room for a longer one": (["refresh", ROOMLESS], r"n{248}\.xlsx: the name is too long: new files and backups lie beside it"),
    "a new book without room for a longer name": (["new", f"n{ROOMLESS[2:]}"], r"n{247}\.xlsx: the name is too long"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="pipes, links and names as Linux has them")
@pytest.mark.parametrize(("arguments", "message"), CLUMSY.values(), ids=CLUMSY)
def test_clumsy_names_are_one_line(
    arguments: list[str], message: str, book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book.parent)
    os.mkfifo("pipe.xlsx")
    os.symlink("loop.xlsx", "loop.xlsx")
    os.symlink("none.xlsx", "dead.xlsx")
    shutil.copy(book, ROOMLESS)
    before = sorted(os.listdir())
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert re.match(f"xlseg: {message}.*\\. To go on, ", err)
    assert sorted(os.listdir()) == before


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes")
@pytest.mark.parametrize("command", ["check", "refresh"])
def test_a_book_whose_name_is_not_utf_8_is_to_be_renamed(command: str, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = book.rename(os.fsdecode(bytes(book) + b"\xff.xlsx"))
    code, out, err = run(capsys, command, other, *AT)
    assert (code, out) == (1, "")
    assert err == "xlseg: erp.xlsx\\udcff.xlsx: the name of the file, or of its folder, is not UTF-8. To go on, rename it.\n"


@pytest.mark.parametrize("name", ["new.xlsx", "new.xlsm"])
def test_a_new_book_is_not_written_through_a_link_that_somebody_has_put_there(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "his").write_text("his")
    for beside in (".~xlseg-new-", ".~xlseg-", ".~xlseg-backup-"):
        (tmp_path / f"{beside}{name}").symlink_to(tmp_path / "his")
    assert run(capsys, "new", tmp_path / name)[0] == 0
    assert (tmp_path / "his").read_text() == "his"
    assert not (tmp_path / name).is_symlink()


def test_progress_is_silent_in_a_pipe(book: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "xlseg", "refresh", str(book), *AT], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr == ""


def test_the_version_answers_without_loading_pandas() -> None:
    code = "import sys\nfrom xlseg.cli import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n    pass\nsys.exit('pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_every_command_and_option_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    commands = next(action for action in parser()._actions if action.dest == "command")
    actions = next(action for action in commands.choices["rules"]._actions if action.dest == "action")  # type: ignore[index,call-overload]
    below = {f"rules {name}": command for name, command in actions.choices.items()}
    assert all(f"`xlseg {name} " in page for name in below)
    for name, command in {**commands.choices, **below}.items():  # type: ignore[dict-item]
        assert f"## xlseg {name.split()[0]}" in page
        for action in command._actions:
            assert all(f"`{option}" in page for option in action.option_strings if option.startswith("--") and option != "--help"), action


def test_measure_writes_a_row_a_customer_and_refuses_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    invoices, metrics = tmp_path / "invoices.parquet", tmp_path / "metrics.csv"
    row = {"customer": "=A1", "issued": dt.date(2024, 1, 1), "due": dt.date(2024, 1, 31), "paid": dt.date(2024, 2, 10), "amount": 10_000}
    pd.DataFrame([row]).to_parquet(invoices)
    asked = ["measure", str(invoices), "--as-of", "2024-03-01", "--metrics", "payment_velocity, oldest_past_due"]
    assert main([*asked, "--output", str(metrics)]) == 0
    assert metrics.read_text(encoding="utf-8").splitlines() == ["as_of,customer,payment_velocity,oldest_past_due", "2024-03-01,'=A1,10.0,"]
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["invoices.parquet", "metrics.csv"]
    for output, fact in (
        (invoices, "invoices.parquet: the result would be among the invoices"),
        (tmp_path / "m.xlsx", "m.xlsx: neither a .parquet nor"),
    ):
        assert main([*asked, "--output", str(output)]) == 1
        assert capsys.readouterr().err.startswith(f"xlseg: {fact}")
    assert main([*asked, "--output", str(tmp_path / "none" / "m.csv")]) == 1
    assert "m.csv: cannot be written" in capsys.readouterr().err


INERT = {
    "=cmd|'/c calc'!A0": "'=cmd|'/c calc'!A0",
    "@SUM(A1)": "'@SUM(A1)",
    "-2+3": "'-2+3",
    "+49": "'+49",
    "\n=1": "'\n'=1",
    "'=1": "''=1",
    "O'-Neil": "O'-Neil",
    "A": "A",
    "Acme;=1+1;x": "Acme;'=1+1;x",
    "Acme;'=1;B;C": "Acme;''=1;B;C",
    "B\t@SUM(A1)": "B\t'@SUM(A1)",
    "B - C; D": "B - C; D",
}


def test_texts_that_would_be_formulas_are_inert_in_a_csv_file_and_read_back_as_they_were(tmp_path: Path) -> None:
    invoices, metrics = tmp_path / "invoices.parquet", tmp_path / "metrics.csv"
    of_one = {"issued": dt.date(2024, 1, 1), "due": dt.date(2024, 1, 31), "amount": -10_000}
    pd.DataFrame([{"customer": customer} | of_one for customer in INERT]).to_parquet(invoices)
    asked = ["measure", str(invoices), "--as-of", "2024-03-01", "--metrics", "open_balance", "--output"]
    assert main([*asked, str(metrics)]) == 0
    written = list(csv.reader(io.StringIO(metrics.read_text(encoding="utf-8"))))[1:]
    assert {line[1]: line[2] for line in written} == dict.fromkeys(INERT.values(), "-100.0")  # a number stays one
    assert {line[1] for line in open_source(metrics).sheet("metrics").head()[1:]} == set(INERT)
    assert main([*asked, str(tmp_path / "metrics.parquet")]) == 0
    assert set(pd.read_parquet(tmp_path / "metrics.parquet")["customer"]) == set(INERT)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_measure_waits_for_no_pipe_and_writes_through_no_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    invoices, his = tmp_path / "invoices.parquet", tmp_path / "his"
    row = {"customer": "A", "issued": dt.date(2024, 1, 1), "due": dt.date(2024, 1, 31), "amount": 10_000}
    pd.DataFrame([row]).to_parquet(invoices)
    for pipe in ("pipe.parquet", "pipe.csv", ".m.csv.part"):
        os.mkfifo(tmp_path / pipe)
    his.write_text("his")
    (tmp_path / ".m.parquet.part").symlink_to(his)

    def measure(source: str, output: str) -> int:
        return main(["measure", str(tmp_path / source), "--as-of", "2024-03-01", "--metrics", "orders", "--output", str(tmp_path / output)])

    for source in ("pipe.parquet", "p*.parquet"):
        assert measure(source, "m.csv") == 1
        assert capsys.readouterr().err.startswith(f"xlseg: {source}: no file that can be read. To go on, name a parquet file")
    assert measure("invoices.parquet", "pipe.csv") == 1
    assert capsys.readouterr().err == "xlseg: pipe.csv: no file that can be written. To go on, take another name.\n"
    assert (measure("invoices.parquet", "m.csv"), measure("invoices.parquet", "m.parquet")) == (0, 0)
    assert his.read_text() == "his"
