"""What a section is made of: figures, each a sentence, charts and the table behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import pandas as pd

from targeted_lists.dashboard.small_cells import merge_small_cells
from targeted_lists.dashboard.source import Source
from targeted_lists.dashboard.texts import MONEY_COUNTS, Texts
from targeted_lists.dashboard.theme import HEIGHT

SEGMENT = "segment"
NOTHING_PICKED = ""
JOINT = " · "
# What a base counts: the key of its words and how the number is taken from the rows.
Number = str | float | Callable[[pd.DataFrame], float] | None
Count = tuple[str, Number]
Tell = Callable[[str, pd.DataFrame], dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """One figure of the page.

    Attributes
    ----------
    key : names the figure in the page and in the texts.
    heading : what it is about, in a few words.
    titles : what to see in it, by segment that may be picked; that of everyone has the key "". An
        empty figure says why it is empty.
    notes : units, and how to read it, by segment like the titles.
    bases : who and what it counts, in words and with their number, by segment like the titles.
    specs : Vega-Lite specifications, drawn side by side.
    table : the rows behind it, with headings to be shown.
    tables : names of the published tables that it reads.
    is_wide : whether it takes the page's whole width.
    segments : the segment of each row of the table, where a picked segment leaves some.
    shown : whether each row of the table is shown while no segment is picked.
    """

    key: str
    heading: str
    titles: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    specs: Sequence[dict[str, Any]] = ()
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    tables: Sequence[str] = ()
    is_wide: bool = False
    is_open: bool = False
    segments: Sequence[str] | None = None
    shown: Sequence[bool] | None = None

    @property
    def follows(self) -> bool:
        """Whether a picked segment changes it."""
        return self.segments is not None or any(
            parameter["name"] == SEGMENT for spec in self.specs for parameter in spec["params"]
        )


@dataclass(frozen=True)
class Desk:
    """What is available to draw a figure.

    Attributes
    ----------
    least : fewest customers of one kind that may be shown.
    """

    source: Source
    texts: Texts
    least: int

    def blank(self, key: str, *queries: str, why: str = "blank", **values: str) -> Figure:
        """Return a figure that says why there is nothing in it; `why` is the key of the words."""
        tables = self._tables(queries)
        return Figure(
            key=key,
            heading=self.texts(f"{key}.heading"),
            titles={
                NOTHING_PICKED: self.texts(
                    why, tables=", ".join(tables), least=self.least, **values
                ),
            },
            tables=tables,
        )

    def merge_small(self, rows: pd.DataFrame, *, sums: Sequence[str] = ()) -> pd.DataFrame:
        """Return what may be shown of people by `group` and `member`: see `merge_small_cells`."""
        return merge_small_cells(rows, least=self.least, sums=sums)

    def explain_small(self, key: str, **values: str) -> str:
        """Return a sentence about small groups, as the end of a note."""
        return " " + self.texts(key, least=self.least, **values)

    def figure(
        self,
        key: str,
        *charts: alt.TopLevelMixin,
        queries: Sequence[str],
        table: pd.DataFrame,
        base: Sequence[Count],
        tell: Tell,
        scopes: Mapping[str, pd.DataFrame] | None = None,
        withheld: Sequence[str] = (),
        **details: Any,
    ) -> Figure:
        """Return a figure of charts with a title, a note and a base for each scope.

        Parameters
        ----------
        table : the rows behind it; columns are named by the texts.
        base : what it counts: the key of the words, and the number as a function of the rows of
            a scope, a column to be summed, or None where words say it all.
        tell : returns, of a scope and its rows, the values of the texts; under "title" the key of
            the title, where there are several.
        scopes : rows by segment that may be picked; those of everyone have the key "".
        withheld : segments of which nothing is shown, for too few customers.
        """
        titles, notes, bases = {}, {}, {}
        for scope, rows in (scopes or {NOTHING_PICKED: pd.DataFrame()}).items():
            values = tell(scope, rows)
            titles[scope] = self.texts(values.get("title", f"{key}.title"), **values)
            notes[scope] = self.texts(f"{key}.note", **values)
            bases[scope] = JOINT.join(
                self._count(words, number, rows, is_segment=scope != "") for words, number in base
            )
        for scope in withheld:
            titles[scope] = self.texts("small.segment", segment=scope, least=self.least)
        return Figure(
            key=key,
            heading=self.texts(f"{key}.heading"),
            titles=titles,
            notes=notes,
            bases=bases,
            specs=[specify(chart, description=titles[NOTHING_PICKED]) for chart in charts],
            table=table.rename(columns=self.texts.column),
            tables=self._tables(queries),
            **details,
        )

    def _count(self, key: str, number: Number, rows: pd.DataFrame, *, is_segment: bool) -> str:
        """Return what is counted in words, with its number before them."""
        words = self.texts.count(key, is_segment=is_segment)
        if number is None:
            return words
        if isinstance(number, str):
            number = rows[number].sum()
        elif callable(number):
            number = number(rows)
        write = self.texts.money if key in MONEY_COUNTS else self.texts.number
        return f"{write(float(number))} {words}"

    def names(self, rows: pd.DataFrame, **kinds: str) -> pd.DataFrame:
        """Return rows with the values of some columns named: column = kind of value."""
        named = {
            column: [self.texts.value(kind, value) for value in rows[column]]
            for column, kind in kinds.items()
        }
        return rows.assign(**named)

    def tip(self, name: str, format: str | None = None, column: str | None = None) -> alt.Tooltip:
        """Return a line of a tooltip; a number is written by `format`, in d3's notation."""
        kind = "nominal" if format is None else "quantitative"
        return alt.Tooltip(
            name,
            type=kind,
            title=self.texts.column(column or name),
            format=format or alt.Undefined,
        )

    def _tables(self, queries: Sequence[str]) -> list[str]:
        return sorted({table for query in queries for table in self.source.tables_of(query)})


def scopes_of(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of everyone and of each `segment`, for a figure that follows."""
    return {NOTHING_PICKED: rows, **dict(iter(rows.groupby("segment", sort=True)))}


def is_picked() -> str:
    """Return the expression that keeps the rows of the segment that is picked, or all."""
    return f"{SEGMENT} == '{NOTHING_PICKED}' || datum.{SEGMENT} == {SEGMENT}"


def is_scope() -> str:
    """Return the expression that keeps the rows of the scope shown; everyone has its own."""
    return f"datum.{SEGMENT} == {SEGMENT}"


def following(chart: alt.Chart) -> alt.Chart:
    """Return a chart that shows the picked segment's rows alone; its data have `segment`."""
    return chart.transform_filter(is_picked())


def room_for_labels(least: float = 0) -> alt.Scale:
    """Return the scale of bars from 0, or below, with room for a figure behind their ends."""
    return alt.Scale(domainMin=min(0, least), range=[0, {"expr": "width - 56"}])


def emphasis(low: float = 0.25) -> Any:
    """Return the opacity of marks that each stand for one segment: the others fade."""
    return alt.condition(is_picked(), alt.value(1), alt.value(low))


def specify(chart: alt.TopLevelMixin, *, description: str) -> dict[str, Any]:
    """Return the specification of a chart that is as wide as its place in the page."""
    spec = chart.properties(width="container").to_dict(validate=True)
    spec.pop("config", None)
    spec.setdefault("height", HEIGHT)
    spec.setdefault("params", [])
    if f"== {SEGMENT}" in json.dumps(spec):
        spec["params"].append({"name": SEGMENT, "value": NOTHING_PICKED})
    spec["description"] = description
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


Drawing = Callable[[Desk], Figure]
