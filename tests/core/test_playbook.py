"""The Playbook sheet: what its cells may hold, and what is said about those that do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from xlseg.errors import PlaybookError
from xlseg.playbook import COLLECT, HEAD, KINDS, Playbook, agreed, default_playbook, default_rows, read_playbook, signed, stopped
from xlseg.segments.defaults import default_rules
from xlseg.workbook import Value

STEP: dict[str, Value] = {"Segment": "Standard", "Kind": "Collect", "Day": 5, "Action": "Call"}


def row(**cells: Value) -> list[Value]:
    named = {heading.replace(" ", "_"): heading for heading in HEAD}
    return [{**STEP, **{named[name]: value for name, value in cells.items()}}.get(heading) for heading in HEAD]


def read(*rows: Sequence[Value]) -> Playbook:
    return read_playbook([["Playbook"], [], list(HEAD), *rows])


def test_a_row_is_a_step() -> None:
    (step,) = read(row(Channel=" Phone ", Tone="firm", Owner="Anna", Service_Level="48 hours", Stop_If="past_due <=100")).steps
    assert (step.segment, step.kind, step.day, step.action, step.channel, step.tone, step.owner) == (
        "Standard", "Collect", 5, "Call", "Phone", "firm", "Anna",
    )  # fmt: skip
    assert (step.within, step.row) == (2, 4)
    assert [str(stop) for stop in step.stops] == ["past_due <=100"]


@pytest.mark.parametrize(("cell", "day"), [(7, 7), (7.0, 7), ("7", 7), ("+7", 7), ("-7", -7), ("−7", -7), (" 0 ", 0), (-90, -90)])
def test_a_day_may_be_typed_as_a_number_or_a_text(cell: Value, day: int) -> None:
    assert read(row(Day=cell)).steps[0].day == day


@pytest.mark.parametrize(
    "stop",
    ["ageing_91_plus >0", "ageing_1_30 >=100", "category =1001", "terms =30 days", "terms <>30 days", "past_due 5..15", "ageing_1_30 5..15"],
)
def test_names_and_texts_with_digits_can_be_asked_for(stop: str) -> None:
    (step,) = read(row(Stop_If=stop)).steps
    assert [str(found) for found in step.stops] == [stop]


@pytest.mark.parametrize(
    ("cell", "days"), [(None, 0), (5, 5), (5.0, 5), ("5", 5), ("5 days", 5), ("1 day", 1), ("2d", 2), ("48 hours", 2), ("24 h", 1), ("25 hours", 2)]
)
def test_a_service_level_is_in_days_or_hours(cell: Value, days: int) -> None:
    assert read(row(Service_Level=cell)).steps[0].within == days


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            {"Kind": "Ring"},
            r"Playbook!B4: 'Ring' is not a kind of action\. To go on, write one of Collect, Review, Sales, Clear, None, or clear the row\.",
        ),
        ({"Kind": None}, r"Playbook!B4: no kind of action\. To go on, write one of Collect"),
        ({"Day": "soon"}, r"Playbook!C4: 'soon' is not a number of days\. To go on, write a whole number of days from -90 to 365"),
        ({"Day": 2.5}, r"Playbook!C4: 2\.5 is not a number of days"),
        ({"Day": 400}, r"Playbook!C4: 400 is not"),
        ({"Day": True}, r"Playbook!C4: True is not"),
        ({"Day": float("inf")}, r"Playbook!C4: inf is not"),
        ({"Day": None}, r"Playbook!C4: no day\. To go on"),
        ({"Segment": None}, r"Playbook!A4: no segment\. To go on, write the name of a segment, or clear the row"),
        ({"Action": " "}, r"Playbook!D4: no action"),
        ({"Service_Level": "soon"}, r"Playbook!H4: 'soon' is not a service level\. To go on, write days or hours, such as 5 days or 48 hours"),
        ({"Service_Level": 91}, r"Playbook!H4: '91' is not a service level"),
        ({"Stop_If": "past_due"}, r"Playbook!I4: 'past_due' is not a condition\. To go on, write a metric and a criterion, such as past_due <=100"),
        ({"Stop_If": "past_deu <=100"}, r"Playbook!I4: 'past_deu' is no metric\. To go on, write 'past_due'"),
        ({"Stop_If": "past_due <=ten"}, r"Playbook!I4: 'past_due <=ten' is not a condition\. To go on, write a comparison"),
        ({"Stop_If": "country <=5"}, r"Playbook!I4: 'country <=5' is not a condition\. To go on, country is a text"),
        ({"Stop_If": "past_due =DE"}, r"Playbook!I4: 'past_due =DE' is not a condition\. To go on, past_due is a number"),
        ({"Stop_If": 100}, r"Playbook!I4: 100 is not a condition"),
        ({"Stop_If": "past_due <=100; revenue"}, r"Playbook!I4: 'revenue' is not a condition"),
    ],
)
def test_a_cell_that_cannot_be_stops_with_its_place_what_it_holds_and_what_would_be_right(cells: dict[str, Value], message: str) -> None:
    with pytest.raises(PlaybookError, match=message):
        read(row(**cells))


def test_two_steps_of_one_day_are_refused() -> None:
    with pytest.raises(PlaybookError, match=r"Playbook!C5: Standard has a Collect step on day \+5 in row 4 already"):
        read(row(), row(Segment="STANDARD", Action="Write"))
    assert len(read(row(), row(Kind="Review")).steps) == 2


def test_a_heading_that_is_gone_is_asked_for() -> None:
    with pytest.raises(PlaybookError, match=r"Playbook, row 1: no heading 'Stop If'\. To go on, put it back"):
        read_playbook([[heading for heading in HEAD if heading != "Stop If"], row()])
    with pytest.raises(PlaybookError, match="no row with the headings Segment and Kind"):
        read_playbook([["Mine"], ["a"]])


def test_columns_may_stand_in_any_order_and_others_beside_them() -> None:
    heads = [*reversed(HEAD), "My view"]
    (step,) = read_playbook([heads, [*reversed(row(Tone="firm")), "x"], [None] * 10 + ["only mine"]]).steps
    assert (step.segment, step.day, step.tone) == ("Standard", 5, "firm")


def test_a_segment_is_spelled_as_the_rules_do_and_an_unknown_one_is_a_finding() -> None:
    found, findings = agreed(read(row(Segment="habitual LATE payer"), row(Segment="Standart")), default_rules(), ["Standard", "Habitual Late Payer"])
    assert [step.segment for step in found.steps] == ["Habitual Late Payer"]
    assert [(f.kind, f.row, f.found, f.wanted) for f in findings] == [
        ("segment unknown to the rules", 5, "Standart", "Standard"),
        ("segment without a playbook", 0, "Standard", "at least one row"),
    ]


def test_the_default_playbook_fits_the_default_rules_and_covers_every_segment() -> None:
    for with_invoices in (True, False):
        rules = default_rules(with_invoices)
        named = [name for name in rules.segments if name != "Unsegmented"]
        found, findings = agreed(default_playbook(with_invoices, rules.segments), rules, named)
        assert findings == []
        assert {step.kind for step in found.steps} <= ({*KINDS} if with_invoices else {"Sales", "None"})


def test_the_default_days_are_those_of_the_literature() -> None:
    found = default_playbook(True, default_rules().segments)
    days = {name: [step.day for step in found.of(name, COLLECT)] for name in default_rules().segments}
    assert days["Habitual Late Payer"] == [-7, -1, 1, 7, 15, 30]
    assert days["High Value Slow Pay"][:2] == [-10, 1]
    assert days["Reliable Frequent"][0] == 5
    assert days["Early Payer"] == []
    (review,) = found.of("At-Risk", "Review")
    (sales,) = found.of("Declining Engagement", "Sales")
    (clear,) = found.of("Dormant Low-Balance", "Clear")
    assert (review.day, review.within) == (0, 2)
    assert (sales.day, sales.within) == (0, 5)
    assert clear.day == 0


def test_a_rule_set_with_fewer_segments_gets_the_rows_of_those_alone() -> None:
    assert {line[0] for line in default_rows(True, ["Standard", "Mine"])[1:]} == {"Standard"}


def test_what_is_done_with_a_segment_is_said_in_one_line() -> None:
    found = read(
        row(Kind="Review", Day=0, Action="Look", Service_Level=2), row(Day=-1, Action="Write"), row(Day=7), row(Day=15),
        row(Segment="Good", Kind="None", Day=None, Action=None), row(Segment="Early", Kind="None", Action="discount"),
    )  # fmt: skip
    assert found.said("Standard") == "Look, within 2 days; Write (−1); Call (+7, +15)"
    assert (found.said("Good"), found.said("Early"), found.said("Nobody")) == ("None", "None: discount", "")
    assert [signed(day) for day in (-7, 0, 5)] == ["−7", "0", "+5"]


def test_a_stop_is_asked_of_every_customer_and_a_percentile_of_them_all() -> None:
    standing = pd.DataFrame({"past_due": [50.0, 100.0, 101.0, np.nan], "revenue": [1.0, 2.0, 3.0, 4.0], "country": ["DE", "de", "", "FR"]})
    (step,) = read(row(Stop_If="Past Due <=100; revenue >=p75; country =DE; past_due 60..101")).steps
    found = {str(stop): holds.tolist() for stop, holds in stopped(step, standing)}
    assert found == {
        "past_due <=100": [True, True, False, False],
        "revenue >=p75": [False, False, False, True],  # the 75th percentile of 1, 2, 3, 4 is 3.25
        "country =DE": [True, True, False, False],
        "past_due 60..101": [False, True, True, False],
    }
