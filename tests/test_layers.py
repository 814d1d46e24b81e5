"""Who may import whom. If one of these fails, move the code, not the table."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "xlseg"

BASE = {"", "errors", "workbook", "tables", "settings", "terminal", "memory", "beside", "addresses", "message", "zones", "inert"}
CORE = {
    "calendar",
    "courses",
    "facts",
    "engines",
    "parquet",
    "metrics",
    "segments",
    "migration",
    "analysis",
    "movers",
    "changes",
    "overrides",
    "approval",
    "changelog",
    "rulefile",
    "controls",
    "behind",
    "drill",
    "dashboard",
    "explain",
    "playbook",
    "touches",
    "responses",
    "contacted",
    "actions",
    "intake",
    "demo",
    "receipts",
    "lateness",
    "rhythm",
    "draws",
    "forecast",
    "gains",
    "fingerprint",
}
TABS = {"tabs", "own", "governance", "publication", "importing"}
USE = {"refresh", "words", "digest"}
EDGE = {"hosts", "sources", "notices", "scheduling"}
DOORS = {"cli", "__main__", "addin", "unattended", "timetable", "sharing"}

MAY_IMPORT = {
    **dict.fromkeys(BASE, BASE),
    **dict.fromkeys(CORE, BASE | CORE),
    **dict.fromkeys(TABS, BASE | CORE | TABS),
    **dict.fromkeys(USE, BASE | CORE | TABS | USE),
    **dict.fromkeys(EDGE, BASE | EDGE),
    **dict.fromkeys(DOORS, BASE | CORE | TABS | USE | EDGE | DOORS),
}

ONLY_IN = {
    "lxml": {"hosts", "sources"},
    "zipfile": {"hosts", "sources"},
    "xlsxwriter": {"hosts", "demo"},
    "fastexcel": {"hosts"},
    "pyarrow": {"hosts", "fingerprint"},
    "python_calamine": {"hosts"},
    "openpyxl": {"hosts"},
    "narwhals": {"engines", "metrics"},
    "polars": {"engines"},
    "duckdb": {"engines"},
    "scipy": {"metrics", "migration", "demo"},
    "xlwings": {"addin"},
    "uno": {"addin"},
    "apprise": {"notices"},
    "plistlib": {"scheduling"},
    "subprocess": {"addin", "scheduling"},
    "argparse": {"cli"},
    "time": {"cli", "addin"},
}

FILES = sorted(ROOT.rglob("*.py"))


def part(path: Path) -> str:
    """The module or package directly below xlseg that a file belongs to."""
    first = path.relative_to(ROOT).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {f"xlseg.{alias.name}" for alias in node.names} if module == "xlseg" else {module}
    return found


def ours(path: Path) -> set[str]:
    names = {name.removeprefix("xlseg").lstrip(".").split(".")[0] for name in imports(path) if name.split(".")[0] == "xlseg"}
    return {"" if name.startswith("__") else name for name in names}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    assert ours(path) <= MAY_IMPORT[part(path)] | {part(path)}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_foreign_package_is_named_only_where_it_is_wrapped(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports(path)} & set(ONLY_IN)
    assert {name for name in outside if part(path) not in ONLY_IN[name]} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_import_hides_from_the_running_program(path: Path) -> None:
    assert "TYPE_CHECKING" not in path.read_text(encoding="utf-8")


def test_only_a_door_reads_the_clock() -> None:
    # A call, not a mention: `dt.datetime.now(` and the like.
    calls = ("datetime.now(", "date.today(", "time.time(", "perf_counter(", "datetime.utcnow(", "monotonic(")
    readers = {part(path) for path in FILES if any(call in path.read_text(encoding="utf-8") for call in calls)}
    assert readers <= {"cli", "addin"}


def test_there_are_no_import_cycles() -> None:
    graph = {str(path.relative_to(ROOT.parent).with_suffix("")).replace("/", ".").removesuffix(".__init__"): set() for path in FILES}
    for path in FILES:
        name = str(path.relative_to(ROOT.parent).with_suffix("")).replace("/", ".").removesuffix(".__init__")
        graph[name] = {target for target in imports(path) if target in graph and target != name and not name.startswith(target + ".")}
    seen: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if seen.get(name) == 2:
            return
        assert seen.get(name) != 1, " → ".join((*trail[trail.index(name) :], name))
        seen[name] = 1
        for target in sorted(graph[name]):
            visit(target, (*trail, name))
        seen[name] = 2

    for name in graph:
        visit(name, ())
