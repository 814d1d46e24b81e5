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

_CARD: Look = {"bg_color": "#F5F7FA", "font_color": _DARK_BLUE, "indent": 1, "valign": "vcenter"}
_FIGURE: Look = {**_CARD, "bold": True, "size": 18, "align": "left", "shrink": True}
_WAS: Look = {**_CARD, "size": 9, "font_color": _MID_GREY, "align": "left"}
_HEAD: Look = {"bold": True, "font_color": _DARK_BLUE, "align": "left"}
_CHANGE: Look = {"size": 9, "bold": True, "indent": 1, "valign": "vcenter"}
_DAYS_OF_CARD = '0.0" days";(0.0" days");0.0" days"'

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
    "head_text": _HEAD,
    "head_date": {**_HEAD, "num_format": "yyyy-mm-dd"},
    "head_count": {**_HEAD, "num_format": "#,##0"},
    "section_note": {"font_color": _MID_GREY, "bottom": 1, "bottom_color": _DARK_BLUE},
    "card_label": {**_CARD, "top": 2, "top_color": _DARK_BLUE, "font_color": "#404040"},
    "card_money": {**_FIGURE, "num_format": "#,##0;(#,##0);0"},
    "card_days": {**_FIGURE, "num_format": _DAYS_OF_CARD},
    "card_share": {**_FIGURE, "num_format": "0.0%"},
    "card_count": {**_FIGURE, "num_format": "#,##0"},
    "card_note": {**_CARD, "size": 9, "font_color": "#404040"},
    "card_good": {**HIGHLIGHTS["good"], **_CHANGE},
    "card_bad": {**HIGHLIGHTS["bad"], **_CHANGE},
    "was_money": {**_WAS, "num_format": '"before: "#,##0;"before: "(#,##0);"before: "0'},
    "was_days": {**_WAS, "num_format": '"before: "0.0" days";"before: "(0.0" days");"before: "0.0" days"'},
    "was_share": {**_WAS, "num_format": '"before: "0.0%;"before: "-0.0%;"before: "0.0%'},
    "was_count": {**_WAS, "num_format": '"before: "#,##0'},
}

PALETTE = ("#1F3864", "#AE421A", "#6AB0E3", "#F4C95D", "#3A8F86", "#DAE7F5", "#EFBD6A", "#DC8A32", "#AE4F1A", "#672708")
"""Colours of charts: five for what differs in kind, then five for what has an order, from light to grave."""

TAB_COLOURS: Mapping[str, str] = {"output": "#1F3864", "input": "#F2C14E", "record": "#A6A6A6"}
"""Colours of the sheets' tabs: what xlseg shows, what the user types into (yellow like its cells), what has happened."""
