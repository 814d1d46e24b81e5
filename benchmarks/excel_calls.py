"""Formulas called through the code of xlwings, behind the stub of pywin32 that the tests use.

In a process of its own, since the stub says that it is Windows.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STUB = HERE.parent / "tests" / "addin"


def missing() -> str:
    """Why this cannot be measured here; "" when it can."""
    if find_spec("xlwings") is None:
        return "xlwings is not installed"
    return "" if STUB.is_dir() else "the tests, which hold the stub of pywin32, are not here"


def measured(invoices: int) -> dict[str, float]:
    """Seconds by measure."""
    program = f"import sys; sys.path[:0] = {[str(HERE), str(STUB)]!r}; import excel_calls; excel_calls.main({invoices})"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    found: dict[str, float] = json.loads(said)
    return found


def main(invoices: int) -> None:
    """Print the seconds as JSON."""
    import excel_stub

    excel_stub.import_xlwings()
    from excel_stub import ComRange, com
    from invoices import AS_OF, ASKED, PER_CUSTOMER, again, changed, ids_of, metrics_alone, rows, seconds
    from xlwings.com_server import XLPython

    from xlseg.addin import excel_functions
    from xlseg.addin.desk import Desk, install

    call = XLPython().CallUDF

    def excel(*given: Any) -> Any:
        return call("xlseg.addin.excel_functions", "PAYMENT_VELOCITY", given, None, ComRange(None))

    assert excel_functions.PAYMENT_VELOCITY.__xlfunc__
    day, given, column = com(AS_OF), com(rows(invoices)), ids_of(invoices // PER_CUSTOMER)
    ids, first, other = ComRange(com(column)), ComRange(given), ComRange(changed(given))

    def at_a_new_desk() -> None:
        install(Desk(today=lambda: AS_OF))
        excel(ids, first, day)

    found = {"alone": metrics_alone(rows(invoices))}  # by now everything is imported
    found["array"] = min(seconds(at_a_new_desk) for _ in range(2))
    found["array again"] = seconds(lambda: excel(ids, first, day))
    anew = ComRange(again(given))
    found["array anew"] = seconds(lambda: excel(ids, anew, day))
    found["array changed"] = seconds(lambda: excel(ids, other, day))
    install(Desk(today=lambda: AS_OF))
    found["first"] = seconds(lambda: excel("C1", first, day))
    found["single"] = seconds(lambda: [excel(one, first, day) for (one,) in column]) / ASKED
    found["changed"] = seconds(lambda: excel("C1", other, day))
    found["then"] = seconds(lambda: excel("C2", other, day))
    print(json.dumps(found))
