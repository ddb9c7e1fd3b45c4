"""From a published file to the page next to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from targeted_lists.common import files
from targeted_lists.common.commands import command
from targeted_lists.common.project import read_project
from targeted_lists.dashboard.figures import Desk
from targeted_lists.dashboard.headlines import read_headlines
from targeted_lists.dashboard.page import Content, Section, write_page
from targeted_lists.dashboard.sections import (
    alerts,
    baskets,
    clusters,
    customers,
    experiments,
    lifetime,
    lists,
    profiles,
    quality,
    risk,
    sales,
)
from targeted_lists.dashboard.source import DashboardError, Source
from targeted_lists.dashboard.texts import LANGUAGES, Texts, read_texts

SECTIONS = {
    "customers": customers,
    "sales": sales,
    "lists": lists,
    "experiments": experiments,
    "risk": risk,
    "lifetime": lifetime,
    "clusters": clusters,
    "profiles": profiles,
    "baskets": baskets,
    "quality": quality,
    "alerts": alerts,
}
PUBLICATION = "select * from main.publication"
SEGMENTS = """
    select segment
    from rfm.rfm_segment_summary
    where basis = 'bought'
    order by revenue desc, segment
"""


@dataclass(frozen=True)
class Made:
    """A page that was made.

    Attributes
    ----------
    path : where it lies.
    size : of the file, in bytes.
    foreign : in the page's language, that sentences in it are in another one and how to get them;
        empty where they are not.
    tables_read : names (schema.table) of the published tables that it rests on.
    """

    path: Path
    size: int
    foreign: str
    tables_read: frozenset[str]


def make_dashboard(
    published: Path, target: Path | None = None, *, language: str | None = None
) -> Made:
    """Make the page of a published file and put it in its place in one step.

    Parameters
    ----------
    published : the file for readers; it is opened read-only, and nothing else is read.
    target : the page; replaced where it is there. Else it lies next to the file: sample.html,
        and in another language than English sample.ru.html.
    language : en or ru; else the one that the file was published in.

    Raises
    ------
    DashboardError : there is no such file, it is none of this project, or no such language.
    """
    if not published.is_file():
        publish = command("lists", dataset=published.stem)
        raise DashboardError(f"{published} is not there; `{publish}` publishes it")
    with Source(published) as source:
        publication = source.read(PUBLICATION)
        if publication.empty:
            raise DashboardError(f"{published} is not a file that this project published")
        told = publication.iloc[0]
        built_in = told.get("language", LANGUAGES[0])
        texts = read_texts(source, language or built_in, known(told, "currency"))
        foreign = "" if texts.language == built_in else explain_foreign(texts, told["dataset"])
        content = collect_content(Desk(source, texts, read_small_cell(told)), told, foreign)
        page = write_page(content, texts)
    if target is None:
        is_first = texts.language == LANGUAGES[0]
        target = published.with_suffix(".html" if is_first else f".{texts.language}.html")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        files.replace_file(
            target, lambda draft: draft.write_text(page, encoding="utf-8"), mode=None
        )
    except OSError as error:
        raise DashboardError(f"{target} could not be written ({error})") from error
    return Made(target, target.stat().st_size, foreign, frozenset(source.tables_read))


def explain_foreign(texts: Texts, dataset: str) -> str:
    """Say that sentences of the tables are in another language than the page, and the way out."""
    variables = {} if texts.language == LANGUAGES[0] else {"language": texts.language}
    return texts("foreign", command=command("lists", dataset=dataset, variables=variables))


def collect_content(desk: Desk, publication: pd.Series, foreign: str) -> Content:
    """Draw every figure of every section; `foreign` is said at the head of the page."""
    texts = desk.texts
    segments = desk.source.read(SEGMENTS)
    units = [
        texts(f"about_{name}", **{name: unit})
        for name in ("currency", "time_zone")
        if (unit := known(publication, name))
    ]
    if (basis := known(publication, "tax_basis")) in ("net", "gross"):
        units.append(texts(f"about_{basis}"))
    return Content(
        title=texts("title", dataset=publication["dataset"]),
        about=" · ".join(
            filter(None, [describe_publication(texts, publication), *units, foreign])
        ),
        headlines=read_headlines(desk),
        sections=[
            Section(key, [draw(desk) for draw in module.FIGURES])
            for key, module in SECTIONS.items()
        ],
        segments=[texts.value("segment", one) for one in segments.get("segment", [])],
    )


def known(publication: pd.Series, name: str) -> str:
    """Return what the publication says of its amounts or times; nothing where it does not."""
    value = publication.get(name)
    return value if isinstance(value, str) else ""


def read_small_cell(publication: pd.Series) -> int:
    """Return the fewest customers that may be shown; a file of an earlier version says none."""
    least = publication.get("small_cell")
    return int(read_project()["vars"]["small_cell"] if pd.isna(least) else least)


def describe_publication(texts: Texts, publication: pd.Series) -> str:
    """Say as of which day the figures are, and when and by what they were published."""
    as_of = publication["as_of_date"]
    is_dated = as_of is not None and as_of == as_of
    return texts(
        "about" if is_dated else "about_undated",
        as_of=texts.day(as_of) if is_dated else "",
        published=texts.day(publication["published_at"]),
        version=publication["code_version"],
        tables=texts.number(publication["table_count"]),
    )
