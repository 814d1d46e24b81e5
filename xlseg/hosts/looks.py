"""How the styles of the port look in a file: number formats and colours that finance people expect, in one calm palette.

Good is blue, bad is reddish brown, warn is amber, note is grey: they differ in lightness as well as hue, so that they can be told apart in
print and by the colour-blind.
"""

from __future__ import annotations

from collections.abc import Mapping

from xlseg.workbook import Style

Look = Mapping[str, object]
"""Properties of a format as XlsxWriter names them."""

_DARK_BLUE, _MID_GREY, _LINE = "#1F3864", "#7F7F7F", "#BFBFBF"
_INPUT: Look = {"font_color": "#0000FF", "bg_color": "#FFFFE1", "border": 1, "border_color": _LINE}
_TOP: Look = {"valign": "top", "text_wrap": True}

HIGHLIGHTS: Mapping[Style, Look] = {
    "good": {"bg_color": "#DDEBF7", "font_color": "#1F4E78"},
    "bad": {"bg_color": "#F8CBAD", "font_color": "#833C0B", "bold": True},
    "warn": {"bg_color": "#FFE699", "font_color": "#7F6000"},
    "note": {"bg_color": "#D9D9D9", "font_color": "#404040"},
}

LOOKS: Mapping[Style, Look] = {
    "title": {"bold": True, "size": 14, "font_color": _DARK_BLUE},
    "subtitle": {"italic": True, "font_color": _MID_GREY},
    "section": {"bold": True, "size": 12, "font_color": _DARK_BLUE, "bottom": 1, "bottom_color": _DARK_BLUE},
    "label": {"bold": True},
    "header": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": _DARK_BLUE,
        "text_wrap": True,
        "valign": "vcenter",
        "border": 1,
        "border_color": _LINE,
    },
    "text": {},
    "wrap": _TOP,
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
    "money": {"num_format": '#,##0;(#,##0);"-"'},
    "days": {"num_format": "0.0;(0.0);0.0"},
    "share": {"num_format": "0.0%"},
    "count": {"num_format": "#,##0"},
    "ratio": {"num_format": "0.00"},
    "score": {"num_format": "0", "align": "center"},
    "grey_share": {"num_format": "0.0%", "font_color": _MID_GREY},
    "grey_count": {"num_format": "#,##0", "font_color": _MID_GREY},
    **HIGHLIGHTS,
    "note": {"font_color": _MID_GREY},
    "input_text": _INPUT,
    "input_wrap": {**_INPUT, **_TOP},
    "input_number": {**_INPUT, "num_format": "General", "align": "center"},
    "input_date": {**_INPUT, "num_format": "yyyy-mm-dd"},
}

PALETTE = ("#1F3864", "#AE421A", "#6AB0E3", "#F4C95D", "#3A8F86", "#E3EBF5", "#EFBD6A", "#DC8A32", "#AE4F1A", "#672708")
"""Colours of charts: five for what differs in kind, then five for what has an order, from light to grave."""

TAB_COLOURS: Mapping[str, str] = {"output": "#1F3864", "input": "#F2C14E", "record": "#A6A6A6"}
"""Colours of the sheets' tabs: what xlseg shows, what the user types into (yellow like its cells), what has happened."""
