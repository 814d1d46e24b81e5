"""Settings of a refresh: defaults, or what the user wrote on the Config sheet (key, value, unit, note)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from xlseg.addresses import ADVICE, AddressError, read_addresses
from xlseg.errors import SettingError
from xlseg.workbook import CellError, Value


@dataclass(frozen=True)
class Settings:
    """What the analyst may change without touching a rule. Defaults are those of docs/metrics.md."""

    window: int = 365
    recent: int = 60
    grace: int = 5
    confirm: bool = True
    margin: float = 1.0
    leave_out_disputed: bool = False
    tolerance: float = 0.0
    entity: str = "Customer"
    base_currency: str = ""
    day_first: bool | None = None
    control_total: float | None = None
    as_of: dt.date | None = None
    capacity: int = 50
    pause: int = 4
    touch_cost: float = 5.0
    cost_of_capital: float = 0.08
    target_days_late: float = 0.0
    baseline: dt.date | None = None
    digest_to: str = ""
    headings: Mapping[str, str] = field(default_factory=dict)
    """Sheet heading → field, such as {"Invoices.Belegdat": "Date"}; the sheet may be left out."""


@dataclass(frozen=True)
class Setting:
    """One line of the Config sheet: how its key is written, what it means, how its cell is read."""

    key: str
    attribute: str
    unit: str
    note: str
    read: Callable[[Value], object]


_MOST_MONEY = 10**13
"""As much as floating point holds to the cent, and more than any ledger."""


def _whole(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a whole number above 0")
    number = float(value)
    if not 0 < number <= 3660 or number != int(number):
        raise ValueError("a whole number from 1 to 3660")
    return int(number)


def _grace(value: Value) -> int:
    return 0 if value in (0, "0") and value is not False else _whole(value)


def _yes_no(value: Value) -> bool:
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    text = str(value).strip().casefold()
    if text in ("yes", "y", "true", "1", "ja"):
        return True
    if text in ("no", "n", "false", "0", "nein"):
        return False
    raise ValueError("yes or no")


def _text(value: Value) -> str:
    return str(value).strip()


def _order(value: Value) -> bool:
    text = str(value).strip().casefold()
    if text in ("dmy", "day first", "dd/mm/yyyy"):
        return True
    if text in ("mdy", "month first", "mm/dd/yyyy"):
        return False
    raise ValueError("DMY or MDY")


def _money(value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number")
    if not abs(value) < _MOST_MONEY:
        raise ValueError(f"a number below {_MOST_MONEY:,}")
    return float(value)


def _times(value: Value) -> float:
    number = _money(value)
    if not 0 <= number <= 4:
        raise ValueError("a number from 0 to 4")
    return number


def _rate(value: Value) -> float:
    number = _money(value)
    if not 0 <= number <= 1:
        raise ValueError("a yearly rate from 0 % to 100 %")
    return number


def _part(value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 0.2:
        raise ValueError("a part from 0 % to 20 %, as a number: 0.05 is 5 %")
    return float(value)


def _cost(value: Value) -> float:
    number = _money(value)
    if number < 0:
        raise ValueError("an amount of money, not below 0")
    return number


def _days_late(value: Value) -> float:
    number = _money(value)
    if not abs(number) <= 365:
        raise ValueError("a number of days from -365 to 365")
    return number


def _addresses(value: Value) -> str:
    return str(read_addresses(str(value)))


def _date(value: Value) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError("a date such as 2026-10-31") from None


SETTINGS = (
    Setting("As of", "as_of", "date", "Day the book is looked at. Empty: the day of the refresh. --as-of on the command line wins.", _date),
    Setting("Window", "window", "days", "How far back payments and orders count.", _whole),
    Setting("Recent window", "recent", "days", "What counts as recent in velocity_recent and velocity_change.", _whole),
    Setting("Grace", "grace", "days", "Days late that do not count as late in late_share (bank processing).", _grace),
    Setting("Confirm moves", "confirm", "yes/no", "A new segment must hold at two checkpoints four weeks apart before it counts.", _yes_no),
    Setting("Margin", "margin", "times", "How far a customer may miss his segment's criteria and stay; docs/segments.md. 0 is none.", _times),
    Setting("Leave out disputed", "leave_out_disputed", "yes/no", "Whether disputed invoices are left out of payment timing.", _yes_no),
    Setting("Payment tolerance", "tolerance", "share", "Part of an invoice that may stay open while its timing counts as paid.", _part),
    Setting("Entity", "entity", "text", "What a row of the Customers sheet is called: Customer, Vendor, Account.", _text),
    Setting("Base currency", "base_currency", "code", "Empty: the currency most invoices are in.", _text),
    Setting("Day order", "day_first", "DMY/MDY", "For text dates that could be either, such as 03/04/2026. Empty: decided per column.", _order),
    Setting("Ledger control total", "control_total", "money", "Open balance by the general ledger at the as-of date; see Data Quality.", _money),
    Setting("Capacity", "capacity", "actions", "How many actions the team can take up at a time: the list on Actions ends there.", _whole),
    Setting("Pause between touches", "pause", "days", "A customer who was contacted is left alone for so many days.", _grace),
    Setting("Cost of a touch", "touch_cost", "money", "What one contact costs the team; see Value.", _cost),
    Setting("Cost of capital", "cost_of_capital", "share", "A year: what cash that comes sooner is worth; see Value.", _rate),
    Setting("Target days late", "target_days_late", "days", "What Value compares each segment's days late with.", _days_late),
    Setting("Baseline", "baseline", "date", "Day since which Value measures what was gained. Empty: not measured.", _date),
    Setting("Digest to", "digest_to", "addresses", "Mail addresses or channels, with commas between. No passwords or web addresses.", _addresses),
)  # fmt: skip

MAP_KEY = "Heading: "
"""A key `Heading: Invoices.Belegdat` with value `Date` maps a heading of an export to a field."""


def read_settings(rows: Sequence[Sequence[Value]], sheet: str = "Config") -> Settings:
    """Settings from the rows of a Config sheet, of which the header row holds Key and Value.

    Raises
    ------
    SettingError
        For a key that does not exist or a value it cannot hold, with the cell.
    """
    head = next((i for i, row in enumerate(rows) if _folded(row)[:2] == ["key", "value"]), None)
    if head is None:
        raise SettingError(sheet, "no headings Key and Value in columns A and B", "put them back, or rename the sheet if it is your own")
    changes: dict[str, object] = {}
    headings: dict[str, str] = {}
    rows_of: dict[str, int] = {}
    for number, row in enumerate(rows[head + 1 :], start=head + 2):
        key, value = (str(row[0] or "").strip() if row else ""), (row[1] if len(row) > 1 else None)
        if not key or value is None or value == "":
            continue
        if key.casefold().startswith(MAP_KEY.casefold().strip()):
            headings[key.split(":", 1)[1].strip()] = str(value).strip()
            continue
        setting = _setting(key, f"{sheet}!A{number}")
        if (first := rows_of.setdefault(setting.key, number)) != number:
            raise SettingError(f"{sheet}!A{number}", f"{setting.key} is set in row {first} already", "clear one of the two lines")
        changes[setting.attribute] = _value(setting, value, f"{sheet}!B{number}")
    return replace(Settings(headings=headings), **changes)  # type: ignore[arg-type]


def _setting(key: str, place: str) -> Setting:
    by_key = {s.key.casefold(): s for s in SETTINGS}
    if found := by_key.get(key.casefold()):
        return found
    near = get_close_matches(key, [s.key for s in SETTINGS], n=1)
    raise SettingError(place, f"{key!r} is not a setting", f"write {near[0]!r}" if near else "clear the line")


def _value(setting: Setting, value: Value, place: str) -> object:
    try:
        return setting.read(value)
    except AddressError as error:
        raise SettingError(place, f"{setting.key} holds {error}", ADVICE) from None
    except ValueError as error:
        wanted = str(error) if "could not convert" not in str(error) else "a number"
        found = str(value) if isinstance(value, CellError) else value
        raise SettingError(place, f"{setting.key} cannot be {found!r}", f"write {wanted}") from None


def _folded(row: Sequence[Value]) -> list[str]:
    return [str(cell or "").strip().casefold() for cell in row]
