"""Amounts, dates and ids as exports write them. Expected values are read off by eye."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlseg.intake.cells import Cells, flags, objects, text_of
from xlseg.intake.dates import dates, half_converted, of_serial
from xlseg.intake.money import amounts
from xlseg.intake.rows import copies
from xlseg.workbook import CellError, Value


def column(*cells: Value) -> Cells:
    return Cells(objects(cells))


def hundredths(*cells: Value) -> list[int | None]:
    read = amounts(column(*cells))
    return [int(value) if present else None for value, present in zip(read.hundredths, read.present, strict=True)]


def days(*cells: Value, **how: bool | None) -> list[str]:
    return ["" if np.isnat(day) else str(day)[:10] for day in dates(column(*cells), **how).days]  # type: ignore[arg-type]


# ── amounts ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.50", 123450),
        ("(1,234.50)", -123450),
        ("$4,235.00", 423500),
        ("-$5.00", -500),
        ("$(5.00)", -500),
        ("1.234,50", 123450),
        ("1.234,50-", -123450),
        ("1 234,50", 123450),
        ("1\u00a0234,50 EUR", 123450),
        ("1\u202f234,50 €", 123450),
        ("1'234.50", 123450),
        ("CHF 1’234.50", 123450),
        ("250.00 CR", -25000),
        ("250.00 DR", 25000),
        ("12,34,567.00", 123456700),
        ("1.234.567", 123456700),
        ("−7.5", -750),
        ("0,123", 12),
        ("1.5E+3", 150000),
        ("-", 0),
        (" $ -   ", 0),
        ("- €", 0),
        ("EUR –", 0),
        ("99999999999.99", 9999999999999),
    ],
)
def test_a_text_is_read_as_the_amount_that_it_shows(text: str, expected: int) -> None:
    assert hundredths(text) == [expected]


@pytest.mark.parametrize(
    "text",
    ["n/a", "1.2.3", "1,23,4", "12,3456.00", "INV123", "2024-01-31", "100000000000", "nan", "inf", "5 pcs", "1-2", "$", "1e9999999999999999999"],
)
def test_a_text_that_is_no_amount_is_not_made_one(text: str) -> None:
    read = amounts(column(text))
    assert read.bad.tolist() == [True]
    assert not read.present.any()


def test_an_unambiguous_cell_decides_the_separator_of_its_column() -> None:
    assert hundredths("1,234", "1,50") == [123, 150]  # 1.234 and 1.50
    assert hundredths("1,234", "0.75") == [123400, 75]
    assert hundredths("2.675", "0.5") == [268, 50]  # half to even


def test_a_column_that_decides_nothing_is_read_as_thousands_and_says_so() -> None:
    read = amounts(column("1,234", "1.234", "500", 7.25))
    assert read.hundredths.tolist() == [123400, 123400, 50000, 725]
    assert read.unsure.tolist() == [True, True, False, False]


def test_cells_of_both_conventions_are_each_read_as_they_are() -> None:
    assert hundredths("1,234.50", "1.234,50") == [123450, 123450]


def test_numbers_are_rounded_half_to_even_as_they_are_written() -> None:
    # 1.005 is stored as 1.00499…, 2.675 as 2.67499…: what is written counts
    assert amounts(Cells(np.array([1.005, 2.675, 0.125, -0.125, 1e11, np.inf, np.nan]))).hundredths.tolist() == [100, 268, 12, -12, 0, 0, 0]


def test_amounts_from_a_hundred_billion_on_are_defects() -> None:
    read = amounts(Cells(np.array([1e11, -1e11, np.inf, 99_999_999_999.0, np.nan])))
    assert read.bad.tolist() == [True, True, True, False, False]


def test_yes_and_errors_are_no_amounts() -> None:
    assert amounts(column(True, CellError("#N/A"), None, " ")).bad.tolist() == [True, True, False, False]


LOCALES = {"us": (",", "."), "de": (".", ","), "fr": ("\u202f", ","), "ch": ("’", "."), "plain": ("", ".")}


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=6), st.sampled_from(sorted(LOCALES)), st.sampled_from(["-", "()", "CR", "5-"]))
def test_what_a_locale_writes_with_two_decimals_is_read_back(cents: list[int], locale: str, sign: str) -> None:
    group, point = LOCALES[locale]

    def written(amount: int) -> str:
        digits = f"{Decimal(abs(amount)) / 100:,.2f}".replace(",", "G").replace(".", point).replace("G", group)
        return digits if amount >= 0 else {"-": f"-{digits}", "()": f"({digits})", "CR": f"{digits} CR", "5-": f"{digits}-"}[sign]

    assert hundredths(*map(written, cents)) == cents


# ── dates ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-20",
        "2026/02/20",
        "20260220",
        "20260220.0",
        "20.02.2026",
        "20/02/2026",
        "02/20/2026",
        "20-Feb-2026",
        "20-Feb-26",
        "20 February 2026",
        "20. Februar 2026",
        "Feb 20, 2026",
        "Friday, February 20, 2026",
        "2026-02-20T23:59:59.000+01:00",
        "2/20/2026 11:59 PM",
        "20.02.2026 08:15:00",
        "46073",
        46073.0,
        46073.75,
        20260220.0,
        dt.date(2026, 2, 20),
        dt.datetime(2026, 2, 20, 23, 59),
    ],
)
def test_every_way_to_write_the_20th_of_february_2026_is_that_day(text: Value) -> None:
    assert days(text) == ["2026-02-20"]


@pytest.mark.parametrize(
    ("text", "day"), [("3-Mrz-2026", "2026-03-03"), ("5. März 2026", "2026-03-05"), ("1 Okt 2026", "2026-10-01"), ("24-Dez-26", "2026-12-24")]
)
def test_german_months_are_known(text: str, day: str) -> None:
    assert days(text) == [day]


@pytest.mark.parametrize("cell", ["soon", "31/02/2026", "13/13/2026", "12", 12.0, -5.0, True, CellError("#REF!"), "2026-13-01", "5 Foo 2026"])
def test_what_is_no_date_is_not_made_one(cell: Value) -> None:
    read = dates(column(cell))
    assert read.bad.tolist() == [True]
    assert np.isnat(read.days).all()


def test_one_day_above_twelve_decides_the_order_of_a_mixed_column() -> None:
    cells = ("13/02/2026", "03/04/2026", "03-Nov-2026", "2026/05/06")
    assert days(*cells) == ["2026-02-13", "2026-04-03", "2026-11-03", "2026-05-06"]
    assert days("02/13/2026", "03/04/2026") == ["2026-02-13", "2026-03-04"]


def test_a_column_that_decides_nothing_is_unsure() -> None:
    read = dates(column("03/04/2026", "05/05/2026", "2026-01-02"))
    assert read.unsure.tolist() == [True, False, False]
    assert str(read.days[0])[:10] == "2026-03-04"


def test_the_user_or_another_column_decides_what_the_cells_do_not() -> None:
    assert days("03/04/2026", day_first=True) == ["2026-04-03"]
    assert not dates(column("03/04/2026"), day_first=True).unsure.any()
    assert days("03/04/2026", hint=True) == ["2026-04-03"]


def test_a_torn_column_is_not_guessed() -> None:
    read = dates(column("13/02/2026", "02/13/2026", "03/04/2026"))
    assert read.torn.tolist() == [False, False, True]
    assert ["" if np.isnat(day) else str(day)[:10] for day in read.days] == ["2026-02-13", "2026-02-13", ""]


def test_one_slip_among_many_does_not_tear_a_column() -> None:
    cells = [f"{day}/02/2026" for day in range(13, 28)] + ["02/14/2026", "03/04/2026"]
    read = dates(column(*cells))
    assert str(read.days[-1])[:10] == "2026-04-03"
    assert read.unsure[-1]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("5 janv. 2026", "2026-01-05"), ("1er février 2026", "2026-02-01"), ("3 août 2026", "2026-08-03"), ("12 septembre 2026", "2026-09-12"),
        ("24-déc-26", "2026-12-24"), ("7 ene 2026", "2026-01-07"), ("15 septiembre 2026", "2026-09-15"), ("3 mag 2026", "2026-05-03"),
        ("3 set 2026", "2026-09-03"), ("5 maart 2026", "2026-03-05"), ("5 mei 2026", "2026-05-05"), ("10 dezembro 2026", "2026-12-10"),
        ("2026年3月4日", "2026-03-04"), ("2026.03.04.", "2026-03-04"), ("2026-01-05 00:00:00+00", "2026-01-05"),
    ],
)  # fmt: skip
def test_dates_of_other_languages(text: str, day: str) -> None:
    assert days(text) == [day]


def test_dates_with_dots_are_day_first() -> None:
    read = dates(column("03.04.2026"))
    assert (str(read.days[0])[:10], read.unsure.any()) == ("2026-04-03", False)


def test_dates_with_dots_are_month_first_where_the_column_or_the_user_says_so() -> None:
    assert days("01.15.2026", "03.04.2026", "05.28.2026") == ["2026-01-15", "2026-03-04", "2026-05-28"]
    assert days("03.04.2026", day_first=False) == ["2026-03-04"]
    assert dates(column("13.02.2026", "02.13.2026", "03.04.2026")).torn.tolist() == [False, False, True]


CONVERTED = [dt.datetime(2026, month, day) for month, day in enumerate([1, 12, 3, 4, 5, 6, 7, 8], start=2)]
LEFT = [f"{day}/03/2026" for day in range(13, 21)]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([*CONVERTED, *LEFT], [True] * 8 + [False] * 8),
        ([*CONVERTED[:5], *LEFT[:7]], [True] * 5 + [False] * 7),  # 0.4⁵ × 0.6⁷ is 0.0003
        ([*CONVERTED[:4], *LEFT[:6]], None),  # too few to tell: 0.4⁴ × 0.6⁶ is 0.0012
        ([*CONVERTED, *LEFT[:2]], None),
        ([*CONVERTED, dt.datetime(2026, 5, 13), *LEFT], None),
        ([*CONVERTED, "03/04/2026", *LEFT], None),
        ([*CONVERTED, "2026-03-31", *LEFT[:2]], None),
    ],
)
def test_a_column_of_which_a_program_has_swapped_half_is_told_by_its_days(cells: list[Value], found: list[bool] | None) -> None:
    assert half_converted(column(*cells)).tolist() == (found or [False] * len(cells))


def test_serial_numbers_count_from_1900_or_1904() -> None:
    # Excel: 43831 is 2020-01-01 in the 1900 system; in the 1904 system it is 1462 days later.
    assert days(43831.0) == ["2020-01-01"]
    assert days(43831.0, epoch_1904=True) == ["2024-01-02"]
    assert days(42369.0, epoch_1904=True) == ["2020-01-01"]


def test_the_29th_of_february_1900_is_no_day() -> None:
    assert of_serial(60.0) == "bad"


def test_a_date_before_1950_or_after_2099_is_out_of_range() -> None:
    cells = ("9999-12-31", "31/12/1949", dt.datetime(2100, 1, 1), "2099-12-31", "01.01.1950")
    assert dates(column(*cells)).beyond.tolist() == [True, True, True, False, False]
    assert dates(Cells(np.array(["9999-12-31", "2024-05-06T07:08:09"], dtype="datetime64[s]"))).beyond.tolist() == [True, False]


def test_a_date_that_was_never_set_is_none() -> None:
    read = dates(column("00.00.0000", "", "  ", None, 0.0))
    assert not read.bad.any()
    assert np.isnat(read.days).all()


WRITTEN = {
    "dmy": "{0.day:02d}/{0.month:02d}/{0.year}",
    "mdy": "{0.month}/{0.day}/{0.year}",
    "iso": "{0:%Y-%m-%d}",
    "dots": "{0.day}.{0.month}.{0.year}",
}


@given(st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=8), st.sampled_from(sorted(WRITTEN)))
def test_what_a_locale_writes_is_read_back_when_the_order_is_told(when: list[dt.date], locale: str) -> None:
    assert days(*[WRITTEN[locale].format(day) for day in when], day_first=locale in ("dmy", "dots")) == [day.isoformat() for day in when]


@given(st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)))
def test_a_serial_number_is_the_day_that_excel_shows(day: dt.date) -> None:
    assert of_serial(float((day - dt.date(1899, 12, 30)).days)) == day


# ── ids, texts, answers ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("0017", "0017"),
        (17.0, "17"),
        (" A 1\u00a0", "A 1"),
        (1e15, "1000000000000000"),
        (12.5, "12.5"),
        (None, ""),
        (CellError("#N/A"), ""),
        (True, "TRUE"),
    ],
)
def test_an_id_is_the_text_that_the_user_sees(cell: Value, text: str) -> None:
    assert text_of(cell) == text


def test_a_column_of_numbers_gives_the_same_ids_as_its_cells() -> None:
    numbers = Cells(np.array([17.0, np.nan, 17.0, 1e12, -0.0]))
    assert numbers.texts.array.tolist() == ["17", "", "17", "1000000000000", "0"]
    assert Cells(np.array([17.0, 18.0, -3.0])).texts.array.tolist() == ["17", "18", "-3"]  # all whole


def test_cells_that_python_calls_equal_keep_what_they_are() -> None:
    # In Python 1 == 1.0 == True and 0 == False.
    cells = column(True, 1, 1.0, "1", False, 0, None)
    assert cells.texts.array.tolist() == ["TRUE", "1", "1", "1", "FALSE", "0", ""]
    assert amounts(cells).hundredths.tolist() == [0, 100, 100, 100, 0, 0, 0]
    assert dates(cells).bad.tolist() == [True, True, True, True, True, False, False]


def test_texts_that_differ_only_in_spaces_around_them_are_one() -> None:
    ids = column("A1", " A1", "A1\u00a0", None, " ", "B").texts
    assert ids.codes.tolist()[:3] == [ids.codes[0]] * 3
    assert sorted(ids.distinct) == ["", "A1", "B"]
    assert ids.among("A1").tolist() == [True] * 3 + [False] * 3
    assert ids.mapped(str.lower).array.tolist() == ["a1"] * 3 + ["", "", "b"]


UNSEEN = {
    "no-break space": "\u00a0", "zero width space": "\u200b", "byte order mark": "\ufeff", "word joiner": "\u2060", "narrow no-break space": "\u202f",
    "ideographic space": "\u3000", "figure space": "\u2007", "tab": "\t", "line separator": "\u2028", "several": " \u200b\u00a0",
}  # fmt: skip


@pytest.mark.parametrize("space", UNSEEN.values(), ids=UNSEEN)
def test_what_is_not_seen_at_the_ends_of_a_cell_is_no_part_of_it(space: str) -> None:
    assert column("A1", f"{space}A1", f"A1{space}", f"{space}A1{space}").texts.array.tolist() == ["A1"] * 4
    assert text_of(f"{space}A{space}1{space}") == f"A{space}1"
    assert column(space).blank.tolist() == [True]
    assert dates(column(f"{space}2026-10-31{space}")).days.tolist() == [dt.datetime(2026, 10, 31)]
    assert amounts(column(f"{space}1.234,50{space}")).hundredths.tolist() == [123450]


def test_blank_cells_are_told_from_error_values() -> None:
    cells = column("x", None, " \ufeff", CellError("#N/A"), float("nan"), 0.0)
    assert cells.blank.tolist() == [False, True, True, False, True, False]
    assert cells.errors.tolist() == [False, False, False, True, False, False]


def test_a_number_without_end_is_no_date() -> None:
    assert dates(column(float("inf"), -float("inf"))).bad.tolist() == [True, True]


def test_answers_are_yes_or_no_or_odd() -> None:
    yes, odd = flags(column("Yes", "x", 1.0, True, "ja", "No", "F", 0.0, None, "perhaps", CellError("#N/A")))
    assert yes.tolist() == [True] * 5 + [False] * 6
    assert odd.tolist() == [False] * 9 + [True] * 2


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", " a", "b", None]), st.sampled_from([1.0, 2.0, float("nan")]), st.sampled_from(["x", 1, True])), max_size=12
    )
)
def test_a_copy_is_a_row_that_equals_an_earlier_one_in_every_cell(rows: list[tuple[str | None, float, Value]]) -> None:
    numbers = Cells(np.array([row[1] for row in rows], dtype=float))
    found = copies([column(*(row[0] for row in rows)), numbers, column(*(row[2] for row in rows))], np.arange(len(rows)) + 10)
    said = [(text_of(first), text_of(second), text_of(third)) for first, second, third in rows]
    assert found.tolist() == [10 + said.index(row) if said.index(row) < at else 0 for at, row in enumerate(said)]
