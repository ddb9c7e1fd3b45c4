"""Putting the page together: one file that loads nothing from outside.

Its content security policy lets the page load nothing at all and run only the two scripts in it,
known by their hashes, so that no text of the data can become a script or a request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import pandas as pd
import vl_convert

from targeted_lists.dashboard.figures import NOTHING_PICKED, Figure
from targeted_lists.dashboard.headlines import Headline
from targeted_lists.dashboard.texts import UNKNOWN, Texts
from targeted_lists.dashboard.theme import CONFIG

ASSETS = Path(__file__).parent / "assets"
LOCALES = {"en": "en-US", "ru": "ru-RU"}
MOST_ROWS = 200
MOST_SIGNS = 300
LONG = 40
# The others are about orders, rows and checks.
ABOUT_CUSTOMERS = (
    *("customers", "lists", "experiments", "risk", "lifetime", "clusters", "profiles"),
)


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading of its own."""

    key: str
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Content:
    """All that the page shows.

    Attributes
    ----------
    about : dataset, as-of date and the like, in one line.
    segments : names of the segments that can be picked, in the order to be shown.
    """

    title: str
    about: str
    headlines: Sequence[Headline]
    sections: Sequence[Section]
    segments: Sequence[str]


def write_page(content: Content, texts: Texts) -> str:
    """Return the page as HTML."""
    style = (ASSETS / "page.css").read_text(encoding="utf-8")
    library = bundle_library()
    script = (ASSETS / "page.js").read_text(encoding="utf-8")
    charts = _write_charts(content, texts)
    policy = (
        f"default-src 'none'; script-src {_hash(library)} {_hash(script)} 'unsafe-eval'; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{texts.language}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(content.title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            _write_head(content, texts),
            "<main>",
            *[_write_section(section, texts) for section in content.sections],
            "</main>",
            f"<footer>{escape(texts('footer'))}</footer>",
            f'<script type="application/json" id="charts">{charts}</script>',
            f"<script>{library}</script>",
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


@cache
def bundle_library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, which takes a second to make."""
    return vl_convert.javascript_bundle()


def _write_head(content: Content, texts: Texts) -> str:
    links = "".join(
        f'<a href="#{section.key}">{escape(texts(f"section.{section.key}"))}</a>'
        for section in content.sections
    )
    options = "".join(
        f'<option value="{escape(name)}">{escape(name)}</option>' for name in content.segments
    )
    tiles = "".join(
        f'<div class="tile" data-values="{escape(json.dumps(tile.values, ensure_ascii=False))}" '
        f'data-names="{escape(json.dumps(tile.names, ensure_ascii=False))}">'
        f"<dt>{escape(tile.names[0])}</dt>"
        f"<dd>{escape(tile.values[NOTHING_PICKED])}</dd></div>"
        for tile in content.headlines
    )
    return (
        f'<a class="skip" href="#{content.sections[0].key}">{escape(texts("skip"))}</a>'
        f"<header><h1>{escape(content.title)}</h1><p>{escape(content.about)}</p>"
        f'<dl class="tiles">{tiles}</dl></header>'
        f'<div class="bar"><nav aria-label="{escape(texts("sections"))}">{links}</nav>'
        f'<div class="pick"><label for="segment">{escape(texts("pick_segment"))}</label>'
        f'<select id="segment"><option value="">{escape(texts("everyone"))}</option>{options}'
        f'</select><button id="clear" type="button" hidden>{escape(texts("clear"))}</button>'
        "</div></div>"
    )


def _write_section(section: Section, texts: Texts) -> str:
    figures = "".join(
        _write_figure(figure, texts, section=section.key) for figure in section.figures
    )
    lead = texts(f"section.{section.key}.lead")
    return (
        f'<section id="{section.key}"><h2>{escape(texts(f"section.{section.key}"))}</h2>'
        f'<p class="lead">{escape(lead)}</p><div class="figures">{figures}</div></section>'
    )


def _by_scope(told: Mapping[str, str], figure: Figure) -> str:
    """Return the attribute that has the text of each segment, where a figure follows."""
    if not figure.follows:
        return ""
    return f' data-scopes="{escape(json.dumps(told, ensure_ascii=False))}"'


def _write_line(kind: str, told: Mapping[str, str], figure: Figure, lead: str = "") -> str:
    if not told.get(NOTHING_PICKED):
        return ""
    line = f"<span{_by_scope(told, figure)}>{escape(told[NOTHING_PICKED])}</span>"
    return f'<p class="{kind}">{lead}{line}</p>'


def _write_figure(figure: Figure, texts: Texts, *, section: str) -> str:
    charts = "".join(
        f'<div class="chart" id="{figure.key}-{number}" style="min-height:{spec["height"]}px">'
        "</div>"
        for number, spec in enumerate(figure.specs)
    )
    kinds = [
        "figure",
        *(["wide"] if figure.is_wide else []),
        *([] if len(figure.table) else ["blank"]),
    ]
    following = (
        f'<span class="follows" title="{escape(texts("follows"))}">'
        f"{escape(texts('follows_short'))}</span>"
        if figure.follows
        else ""
    )
    title = figure.titles[NOTHING_PICKED]
    lead = f"<b>{escape(texts('base'))}</b> "
    scope = texts("scope.everyone" if section in ABOUT_CUSTOMERS else "scope.everything")
    grid = f'<div class="charts charts-{len(figure.specs)}">{charts}</div>' if charts else ""
    return (
        f'<figure class="{" ".join(kinds)}" id="figure-{figure.key}">'
        f'<figcaption><p class="heading">{escape(figure.heading)}{following}'
        f'<span class="scope">{escape(scope)}</span></p>'
        f"<h3{_by_scope(figure.titles, figure)}>{escape(title)}</h3>"
        f"{_write_line('note', figure.notes, figure)}"
        f"{_write_line('base', figure.bases, figure, lead)}"
        "</figcaption>"
        f"{grid}{_write_table(figure, texts)}</figure>"
    )


def _write_table(figure: Figure, texts: Texts) -> str:
    """Write the table behind a figure, cut where it is long."""
    if not len(figure.table):
        return ""
    rows = figure.table.head(MOST_ROWS)
    numeric = [pd.api.types.is_numeric_dtype(rows[name]) for name in rows]
    head = "".join(
        f'<th scope="col"{_number_class(is_number)}>{escape(str(name))}</th>'
        for name, is_number in zip(rows.columns, numeric, strict=True)
    )
    body = []
    for place, row in enumerate(rows.itertuples(index=False)):
        cells = "".join(
            f"<td{_cell_class(is_number, cell)}>{escape(_write_cell(cell, texts))}</td>"
            for cell, is_number in zip(row, numeric, strict=True)
        )
        segment = (
            "" if figure.segments is None else f' data-segment="{escape(figure.segments[place])}"'
        )
        further = "" if figure.shown is None or figure.shown[place] else " data-further hidden"
        body.append(f"<tr{segment}{further}>{cells}</tr>")
    count = texts(
        "table.cut" if len(figure.table) > MOST_ROWS else "table.whole",
        scope=texts("scope.all_rows") if figure.follows and figure.segments is None else "",
        tables=", ".join(figure.tables),
        rows=texts.number(len(figure.table)),
        shown=texts.number(len(rows)),
    )
    return (
        f"<details{' open' if figure.is_open else ''}><summary>{escape(texts('table'))}</summary>"
        f'<p class="note">{escape(count)}</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(figure.heading)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        "</div></details>"
    )


def _write_cell(cell: object, texts: Texts) -> str:
    if cell is None or cell is pd.NaT or (pd.api.types.is_scalar(cell) and pd.isna(cell)):
        return UNKNOWN
    if pd.api.types.is_bool(cell):
        return texts.value("boolean", str(cell).lower())
    if pd.api.types.is_integer(cell):
        return texts.number(cell)
    if isinstance(cell, pd.Timestamp):
        return texts.day(cell)
    if pd.api.types.is_float(cell):
        size = abs(float(cell))
        whole = float(cell).is_integer() or size >= 1000
        return texts.number(float(cell), 0 if whole else 2 if size >= 1 else 4)
    told = str(cell)
    return told if len(told) <= MOST_SIGNS else told[: MOST_SIGNS - 1] + "…"


def _number_class(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _cell_class(is_number: bool, cell: object) -> str:
    """Return the class of a cell: on a phone a long sentence needs a wide column."""
    return ' class="long"' if len(str(cell)) > LONG else _number_class(is_number)


def _write_charts(content: Content, texts: Texts) -> str:
    """Write the specifications as JSON in which no text can end the script."""
    charts = {
        "config": CONFIG,
        "formatLocale": _format_locale(texts.language),
        "texts": {name: texts.texts[name] for name in ("nothing_of_segment",)},
        "timeFormatLocale": vl_convert.get_time_format_locale(LOCALES[texts.language]),
        "charts": [
            {"id": f"{figure.key}-{number}", "spec": spec}
            for section in content.sections
            for figure in section.figures
            for number, spec in enumerate(figure.specs)
        ],
    }
    return json.dumps(charts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _format_locale(language: str) -> dict:
    """Return how charts write numbers; currencies stay unnamed, since files do not tell them."""
    return {**vl_convert.get_format_locale(LOCALES[language]), "currency": ["", ""]}


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
