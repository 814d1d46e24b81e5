"""Who the customers of the demo book are: ids, names and the other columns of their sheet."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xlseg.demo.chance import Chance
from xlseg.demo.habits import Habits
from xlseg.demo.regimes import REGIMES
from xlseg.workbook import Array

FIRST = (
    "Alder", "Amber", "Apex", "Arbor", "Aurora", "Beacon", "Birch", "Blue Ridge", "Bright", "Cascade", "Cedar", "Clearwater", "Copper",
    "Crescent", "Delta", "Eastgate", "Elm", "Evergreen", "Falcon", "Fern", "Granite", "Harbor", "Hawthorn", "Highland", "Ivory", "Juniper",
    "Keystone", "Lakeside", "Linden", "Maple", "Meridian", "Northwind", "Oakfield", "Orchard", "Pinnacle", "Quarry", "Redwood", "Silver",
    "Summit", "Willow",
)  # fmt: skip
SECOND = (
    "Analytics", "Apparel", "Automotive", "Bakery", "Bicycles", "Builders", "Catering", "Ceramics", "Chemicals", "Clinics", "Controls",
    "Dental", "Electric", "Engineering", "Fabrics", "Farms", "Fixtures", "Foods", "Furniture", "Gardens", "Glass", "Hardware", "Hotels",
    "Interiors", "Labs", "Lighting", "Logistics", "Marine", "Medical", "Metals", "Optics", "Packaging", "Paper", "Plastics", "Plumbing",
    "Printing", "Retail", "Robotics", "Supply", "Textiles",
)  # fmt: skip
FORM = ("Inc.", "LLC", "Ltd", "GmbH", "& Co.", "Group", "Corp.", "S.A.")

REPS = ("D. Okafor", "M. Lindqvist", "P. Ramos", "S. Patel", "T. Nguyen")

ZERO_ID = "00417"
DOCUMENTED = 41
"""Position of C-0042, whom the documentation asks about: he keeps his id."""

FORMULA_NAME = "=cmd|' /C calc'!A0"


def parties(chance: Chance, kinds: Array, habits: Habits) -> pd.DataFrame:
    """One row a customer under the headings of the Customers sheet, by id.

    One id has leading zeros and one name looks like a formula.
    """
    size = len(kinds)
    ids = np.array([f"C-{number:04d}" for number in range(1, size + 1)], dtype=object)
    names = company_names(chance, size)
    odd = [position for position in chance.shuffled(size) if position != DOCUMENTED or size == 1][:2]
    ids[odd[0]], names[odd[-1]] = ZERO_ID, FORMULA_NAME
    limit = habits.amount * np.maximum(habits.orders, 1) / 100 * chance.uniform(size, 3, 8)
    hold = chance.happens(np.where(np.isin(kinds, _numbers("steady late", "deteriorating", "at-risk shift")), 0.06, 0.003))
    parent = chance.happens(np.full(size, 0.05)) & (np.arange(size) > 0)
    return pd.DataFrame(
        {
            "Customer ID": ids,
            "Name": names,
            "Category": chance.pick(["Retail", "Wholesale", "Manufacturing", "Public Sector"], size, [0.35, 0.3, 0.25, 0.1]),
            "Terms": terms_text(habits.terms),
            "Credit Limit": np.round(limit, -3) + 1000,
            "Currency": "USD",
            "Sales Rep": chance.pick(REPS, size),
            "Country": chance.pick(["United States", "Canada", "United Kingdom", "Germany", "Mexico"], size, [0.72, 0.12, 0.07, 0.05, 0.04]),
            "Parent": np.where(parent, ids[(np.arange(size) - 1) // 2], ""),
            "On Hold": np.where(hold, "Yes", "No"),
            "Do Not Contact": np.where(chance.happens(np.full(size, 0.01)), "Yes", "No"),
            "Price Level": chance.pick(["Base Price", "Volume A", "Volume B"], size, [0.7, 0.2, 0.1]),
        }
    )


def company_names(chance: Chance, size: int) -> Array:
    """Different names, however many."""
    several = len(FIRST) * len(SECOND) * len(FORM)
    names = []
    for number in chance.shuffled(max(several, size))[:size]:
        again, one = divmod(int(number), several)
        rest, form = divmod(one, len(FORM))
        first, second = divmod(rest, len(SECOND))
        names.append(f"{FIRST[first]} {SECOND[second]} {FORM[form]}" + (f" {again + 1}" if again else ""))
    return np.array(names, dtype=object)


def terms_text(days: Array) -> Array:
    """`Net 30` for 30."""
    return np.array([f"Net {int(day)}" for day in days], dtype=object)


def _numbers(*kinds: str) -> list[int]:
    return [number for number, regime in enumerate(REGIMES) if regime.kind in kinds]
