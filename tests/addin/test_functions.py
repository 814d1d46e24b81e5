"""The formulas in plain Python: equal to the tabs of a refresh, and to sums by hand."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import demo_file, header_row, refreshed
from formula_books import INVOICES, TODAY, day, desk_of

from xlseg.addin import functions
from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.desk import Desk, at
from xlseg.addin.formula import Formula
from xlseg.workbook import CellError

NA, VALUE, NUM = CellError("#N/A"), CellError("#VALUE!"), CellError("#NUM!")


def call(name: str, *arguments: Any, **named: Any) -> Any:
    return getattr(functions, name)(*arguments, **named)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("formulas") / "erp.xlsx")
    refreshed(path)
    return path


def test_in_plain_python_a_date_in_the_call_is_enough() -> None:
    with at(Desk()) as desk:
        assert functions.SEGMENT("A", INVOICES, as_of=TODAY) == functions.SEGMENT_AT("A", TODAY, INVOICES)
        assert functions.MIGRATION(day("2026-01-01"), TODAY, "customers", INVOICES)[0][-1] == "Total"
        assert desk.last_error == ""
        assert functions.SEGMENT("A", INVOICES) == VALUE
        assert desk.last_error.startswith("as_of: no date is given")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with at(Desk(today=lambda: TODAY)) as desk:
        yield desk


@pytest.fixture(scope="module")
def tabs(book: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(book, data_only=True)


def listed(tabs: openpyxl.Workbook, tab: str, key: str) -> list[dict[str, Any]]:
    sheet = tabs[tab]
    top = header_row(sheet, key)
    headings = [cell.value for cell in sheet[top]]
    return [dict(zip(headings, row, strict=True)) for row in sheet.iter_rows(min_row=top + 1, values_only=True)]


@pytest.fixture(scope="module")
def seat(book: Path) -> Desk:
    return desk_of(book)


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-12) if isinstance(value, float) else value


def shown(value: Any) -> Any:
    """As a tab shows it: an empty cell where there is no number."""
    return None if value == NA or value == "" else value


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
def test_a_function_takes_what_its_record_says(formula: Formula) -> None:
    parameters = inspect.signature(getattr(functions, formula.name)).parameters.values()
    assert [parameter.name for parameter in parameters] == [argument.name for argument in formula.arguments]
    assert [parameter.default is not parameter.empty for parameter in parameters] == [argument.optional for argument in formula.arguments]
    assert [p.default for p, a in zip(parameters, formula.arguments, strict=True) if a.optional] == [
        a.default for a in formula.arguments if a.optional
    ]


@pytest.mark.parametrize("formula", [f for f in FORMULAS if f.metric and f.required and f.name != "AGING"], ids=lambda f: f.name)
def test_a_formula_equals_the_metrics_tab(formula: Formula, tabs: openpyxl.Workbook, seat: Desk) -> None:
    rows = listed(tabs, "Metrics", "customer_id")
    with at(seat) as desk:
        found = call(formula.name, [[row["customer_id"]] for row in rows])
        single = call(formula.name, rows[7]["customer_id"])
    assert desk.last_error == ""
    assert [shown(value) for (value,) in found] == [near(row[formula.metric]) for row in rows]
    assert shown(single) == near(rows[7][formula.metric])


def test_ageing_spills_five_buckets(tabs: openpyxl.Workbook, seat: Desk) -> None:
    rows = listed(tabs, "Metrics", "customer_id")
    names = ["ageing_current", "ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_91_plus"]
    with at(seat):
        assert call("AGING", [[row["customer_id"]] for row in rows]) == [[row[name] for name in names] for row in rows]


@pytest.mark.parametrize(
    ("name", "heading"), [("SEGMENT", "Segment"), ("SEGMENT_RISK", "Risk"), ("SEGMENT_WHY", "Why"), ("SEGMENT_ALSO", "Also Matches")]
)
def test_segment_formulas_equal_the_segments_tab(name: str, heading: str, tabs: openpyxl.Workbook, seat: Desk) -> None:
    rows = listed(tabs, "Segments", "Customer ID")
    with at(seat):
        found = call(name, [[row["Customer ID"]] for row in rows])
    assert [shown(value) for (value,) in found] == [row[heading] for row in rows]


def test_the_migration_matrix_equals_the_tab(tabs: openpyxl.Workbook, seat: Desk) -> None:
    pair = dt.datetime(2026, 9, 30), dt.datetime(2026, 10, 31)
    moves = [row for row in listed(tabs, "Migration Data", "Before") if (row["From"], row["To"]) == pair]
    with at(seat):
        for show, column in (("customers", "Customers"), ("balance", "Open Balance")):
            headings, *rows = call("MIGRATION", *pair, show)
            found = {(row[0], name): value for row in rows for name, value in zip(headings[1:], row[1:], strict=True) if value}
            wanted: dict[tuple[str, str], float] = {}
            for move in moves:
                for key in product((move["Before"], "Total"), (move["After"], "Total")):
                    wanted[key] = wanted.get(key, 0) + move[column]
            assert found == pytest.approx({key: value for key, value in wanted.items() if value})


# ── by hand ──────────────────────────────────────────────────────────────────


def test_velocity_by_hand(desk: Desk) -> None:
    # A: −2, 6, 11 and 30 so far → 45/4; by amount (−200 + 1,800 + 1,100 + 15,000)/1,000
    assert call("PAYMENT_VELOCITY", "A", INVOICES) == 11.25
    assert call("PAYMENT_VELOCITY", "A", INVOICES, None, None, "amount") == pytest.approx(17.7)
    # by the end of September the fourth is not due yet: −2, 6, 11
    assert call("PAYMENT_VELOCITY", "A", INVOICES, dt.date(2026, 9, 30)) == 5
    # in the last 60 days only the third and, open, the fourth: 11, 30
    assert call("PAYMENT_VELOCITY", "A", INVOICES, None, 60) == 20.5


@pytest.mark.parametrize(
    ("open_items", "statistic", "days"),
    [
        ("known", "median", 8.5),  # −2, 6, 11, 30
        ("exclude", "mean", 5),  # −2, 6, 11
        ("exclude", "median", 6),
        # still open after −2: 3/4, after 6: 2/4, after 11: 1/4; nothing later is seen but 30 so far
        ("km", "median", 6),
        ("km", "mean", -2 + 8 * 3 / 4 + 5 * 2 / 4 + 19 * 1 / 4),
    ],
)
def test_what_is_made_of_unpaid_invoices(open_items: str, statistic: str, days: float, desk: Desk) -> None:
    assert call("PAYMENT_VELOCITY", "A", INVOICES, None, None, "count", open_items, statistic) == pytest.approx(days)


def test_days_to_pay_by_hand(desk: Desk) -> None:
    # 28, 36 and 41 days; with the open one of 60 days so far
    assert call("DAYS_TO_PAY", "A", INVOICES) == 35
    assert call("DAYS_TO_PAY", "A", INVOICES, open_items="known") == 41.25
    assert call("DAYS_TO_PAY", "A", INVOICES, statistic="median") == 36


def test_scatter_by_hand(desk: Desk) -> None:
    # d = −2, 6, 11, 30: median 8.5, distances 10.5, 2.5, 2.5, 21.5, their median 6.5
    assert call("PAYMENT_CONSISTENCY", "A", INVOICES, method="mad") == pytest.approx(1.4826 * 6.5)
    assert call("CONSISTENCY_RATING", "A", INVOICES, method="mad") == "C"
    assert call("PAYMENT_CONSISTENCY", "C", INVOICES, method="mad") == NA  # two events


def test_grace_is_an_argument(desk: Desk) -> None:
    assert call("LATE_SHARE", "A", INVOICES) == 0.75
    assert call("LATE_SHARE", "A", INVOICES, grace=6) == 0.5


def test_receivables_by_hand(desk: Desk) -> None:
    assert [call(name, "A", INVOICES) for name in ("OPEN_BALANCE", "PAST_DUE", "OLDEST_PAST_DUE")] == [500, 500, 30]
    assert call("AGING", [["A"], ["B"]], INVOICES) == [[0, 500, 0, 0, 0], [50, 0, 0, 0, 0]]
    assert call("OLDEST_PAST_DUE", "B", INVOICES) == NA


def test_amounts_by_hand() -> None:
    assert call("CASH_ACCELERATED", 1_200_000, 12) == 480_000
    assert call("WORKING_CAPITAL_BENEFIT", 480_000, 0.08) == pytest.approx(38_400)
    assert call("DISCOUNT_APR", 0.02, 10, 30) == pytest.approx(0.3724, abs=1e-4)
    assert call("FINANCE_COST_SHARE", [[1], [2], ["x"], [None], [NA]], 4) == [[0.25], [0.5], [VALUE], [""], [NA]]
    assert call("FINANCE_COST_SHARE", 1, 0) == NUM
    assert call("FINANCE_COST_SHARE", [[1], [2], [3]], [[4], [4]]) == [[0.25], [0.5], [NA]]
    assert call("CASH_ACCELERATED", 1, 1, 0) == NUM
    assert call("WORKING_CAPITAL_BENEFIT", 1) == VALUE  # the rate is missing


# ── the shape of an answer ───────────────────────────────────────────────────


def test_an_answer_has_the_shape_of_the_ids(desk: Desk) -> None:
    assert call("OPEN_BALANCE", [["A", "b"], ["", "nobody"]], INVOICES) == [[500, 50], ["", NA]]
    assert call("OPEN_BALANCE", ["A", "B"], INVOICES) == [[500, 50]]
    assert call("OPEN_BALANCE", [["A"]], INVOICES) == [[500]]
    assert call("OPEN_BALANCE", None, INVOICES) == ""
    assert call("OPEN_BALANCE", [[VALUE], [17.0]], INVOICES) == [[VALUE], [NA]]


def test_an_id_that_excel_has_made_a_number_is_found(desk: Desk) -> None:
    rows = [INVOICES[0], ["1", 17.0, *INVOICES[1][2:]], ["2", "0017", *INVOICES[2][2:]]]
    assert call("PAYMENT_VELOCITY", [[17], ["17"], ["0017"]], rows) == [[-2], [-2], [6]]


def test_an_explanation_ends_with_the_number(desk: Desk) -> None:
    headings, *documents, last = call("EXPLAIN", "A", "payment_velocity", INVOICES)
    assert headings == ["Document", "Issued", "Due", "Settled", "Amount", "Days Late"]
    assert [(row[0], row[5]) for row in documents] == [("1", -2), ("2", 6), ("3", 11), ("4", 30)]
    assert last == ["payment_velocity", "", "", "", "", 11.25]
    assert call("EXPLAIN", "A", "PAYMENT_VELOCITY", INVOICES) == [headings, *documents, last]
    assert [row[3] for row in call("EXPLAIN", "A", "past_due", INVOICES)[1:]] == [500, ""]
    assert call("EXPLAIN", "nobody", "orders", INVOICES) == NA
    assert call("EXPLAIN", "A", "seasonal_index", INVOICES) == NUM
    assert call("EXPLAIN", "A", "velocity", INVOICES) == VALUE


def test_every_metric_is_explained_or_said_to_have_no_documents(desk: Desk) -> None:
    from xlseg.metrics import CATALOGUE

    for name in CATALOGUE:
        found = call("EXPLAIN", "A", name, INVOICES)
        assert found == NUM or (found[-1][0] == name and {len(row) for row in found} == {len(found[0])}), name


def test_a_segment_of_a_past_day(desk: Desk) -> None:
    # A: mean days late of −2 and 6 by the end of August, 11.25 by the end of October; B's first invoice is of October
    given: dict[str, Any] = {
        "rules": [["Priority", "Segment", "Risk", "payment_velocity"], [1, "Late", 5, ">5"], [2, "Rest", 1, None]],
        "config": [["Key", "Value"], ["Confirm moves", "no"]],
    }
    rows = call("SEGMENT_AT", [["A"], ["B"], ["nobody"]], [day("2026-08-31"), day("2026-10-31")], INVOICES, **given)
    assert rows == [["Rest", "Late"], [NA, "Rest"], [NA, NA]]
    assert call("SEGMENT", "A", INVOICES, "2026-08-31", **given) == "Rest"
    assert call("SEGMENT_RISK", [["A"], ["B"]], INVOICES, **given) == [[5], [1]]
    moved = call("MIGRATION", day("2026-08-31"), day("2026-10-31"), "customers", INVOICES, **given)
    assert moved == [["", "Late", "Rest", "Gone", "Total"], ["Late", 0, 0, 0, 0], ["Rest", 1, 1, 0, 2], ["New", 0, 1, 0, 1], ["Total", 1, 2, 0, 3]]
    # days that are no month-ends: C was known at neither's beginning, A and C in May
    moved = call("MIGRATION", day("2026-05-20"), day("2026-10-20"), "share", INVOICES, **given)
    assert moved == [["", "Late", "Rest", "Gone"], ["Late", "", "", ""], ["Rest", 0, 1, 0], ["New", 0.5, 0.5, 0]]
    assert call("MIGRATION", day("2026-11-20"), day("2026-10-20"), "share", INVOICES, **given) == NUM
    assert call("SEGMENT_AT", "B", day("2026-08-31"), INVOICES) == NA


def test_ids_that_differ_in_case_are_two_customers_and_one_alone_is_found_in_any_case(desk: Desk) -> None:
    both = [[*row[:1], "a", *row[2:]] if row[1] == "B" else row for row in INVOICES]
    given: dict[str, Any] = {
        "rules": [["Priority", "Segment", "Risk", "payment_velocity"], [1, "Late", 5, ">5"], [2, "Rest", 1, None]],
        "config": [["Key", "Value"], ["Confirm moves", "no"]],
    }
    assert call("SEGMENT", [["A"], ["a"], ["c"]], both, **given) == [["Late"], ["Rest"], ["Rest"]]
    assert call("SEGMENT_AT", [["A"], ["a"]], day("2026-10-31"), both, **given) == [["Late"], ["Rest"]]
    given["rules"] = [["Priority", "Segment", "Risk", "payment_velocity"], [1, "Late", None, ">5"], [2, "Rest", 1, None]]
    assert call("SEGMENT_RISK", [["A"], ["a"]], both, **given) == [[NA], [1]]  # no risk is not nobody


def test_no_number_is_made_of_no_days(desk: Desk) -> None:
    assert call("PAYMENT_VELOCITY", "A", INVOICES, None, 0) == VALUE
    assert desk.last_error.endswith("window cannot be 0. To go on, write a whole number of days, from 1 to 3660.")
    assert call("CEI", INVOICES, day("2026-10-31"), day("2026-10-31")) == NUM
    assert call("CEI", INVOICES, day("2026-10-31"), day("2026-11-30")) == NUM
    assert call("LATE_SHARE", "A", INVOICES, None, None, 0) == 0.75  # a grace of none


# ── what cannot be answered ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("formula", "arguments", "said"),
    [
        ("PAYMENT_VELOCITY", ["A", INVOICES, "soon"], "PAYMENT_VELOCITY: as_of cannot be 'soon'. To go on, write a date, such as DATE(2026,10,31)."),
        ("PAYMENT_VELOCITY", ["A", INVOICES, None, -1], "window cannot be -1"),
        ("PAYMENT_VELOCITY", ["A", INVOICES, None, None, "amout"], "write \"amount\""),
        ("PAYMENT_VELOCITY", ["A", "Invoices"], "write a range with its heading row"),
        ("PAYMENT_VELOCITY", ["A"], "no sheet holds Invoices"),
        ("PAYMENT_VELOCITY", ["A", [row[:3] for row in INVOICES]], "Invoices: no column 'Amount'"),
        ("PAYMENT_VELOCITY", ["A", [row[:5] for row in INVOICES]], "nothing says which of them are paid"),
        ("PAYMENT_VELOCITY", ["A", INVOICES, dt.date(1901, 1, 1)], "take a date from 1950 on"),
        ("PAYMENT_VELOCITY", ["A", INVOICES, dt.date(2100, 1, 1)], "take a date up to 2099"),
        ("EXPLAIN", ["A", "", INVOICES], "metric is missing"),
        ("EXPLAIN", [["A", "B"], "orders", INVOICES], "one customer at a time"),
        ("LATE_SHARE", ["A", INVOICES, None, None, True], "grace cannot be True"),
        ("SEGMENT", ["A", INVOICES, None, None, None, None, [["Priority", "Segment", "Risk", "velocty"], [1, "X", 1, ">1"]]], "velocty"),
    ],
)  # fmt: skip
def test_a_bad_argument_is_an_error_value_with_a_reason(formula: str, arguments: list[Any], said: str, desk: Desk) -> None:
    assert call(formula, *arguments) == VALUE
    assert said in desk.last_error


def test_an_error_value_among_the_arguments_is_the_answer(desk: Desk) -> None:
    assert call("PAYMENT_VELOCITY", "A", INVOICES, NUM) == NUM


def test_a_check_says_in_words_what_an_error_value_cannot(desk: Desk) -> None:
    assert call("XLSEG_CHECK", [row[:3] for row in INVOICES]).startswith("Invoices: no column 'Amount'. To go on, ")
    assert call("XLSEG_CHECK", INVOICES) == "as of 2026-10-31: 3 customers, 7 invoices, 0 payments, 0 orders"


def test_payments_that_are_handed_over_settle_invoices(desk: Desk) -> None:
    payments = [["Payment No", "Customer ID", "Date", "Amount", "Applied To"], ["P", "A", day("2026-10-11"), 500.0, "4"]]
    unpaid = [row[:5] for row in INVOICES[:1] + INVOICES[4:5]]
    assert call("PAYMENT_VELOCITY", "A", unpaid, payments=payments) == 10


def test_the_config_sheet_may_be_handed_over(desk: Desk) -> None:
    config = [["Key", "Value"], ["As of", day("2026-09-30")], ["Grace", 6]]
    assert call("PAYMENT_VELOCITY", "A", INVOICES, config=config) == 5
    assert call("LATE_SHARE", "A", INVOICES, config=config) == pytest.approx(1 / 3)
