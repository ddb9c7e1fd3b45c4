"""The dashboard in a real browser: it renders, follows a segment, and asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import Build

from targeted_lists.dashboard.build import make_dashboard
from targeted_lists.dashboard.picture import BROWSERS, find_browser

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
DRAWN = "window.dashboard && window.dashboard.isDrawn"
SETTLED = """
    async () => {
        await window.dashboard.followed;
        for (const view of window.dashboard.views.values()) await view.runAsync();
    }
"""
# The sum of what a chart shows, from the data of the view itself.
SHOWN = """
    ([chart, measure]) => {
        const view = window.dashboard.views.get(chart);
        const names = Object.keys(view.getState({ data: () => true }).data);
        const shown = names.filter((name) => /^data_\\d+$/.test(name)).at(-1);
        return view.data(shown).reduce((sum, row) => sum + row[measure], 0);
    }
"""


@dataclass
class Visit:
    """A page that a browser has open.

    Attributes
    ----------
    told : what the console said, warnings and errors of the page with it.
    requests : addresses that the page asked for, itself aside.
    """

    page: object
    told: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Wait until every chart shows what was picked."""
        self.page.evaluate(SETTLED)

    def shown(self, chart: str, measure: str) -> float:
        """Return the sum of a measure over the rows that a chart shows."""
        return self.page.evaluate(SHOWN, [chart, measure])


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """One headless browser of the system; nothing is downloaded."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = find_browser()
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with driver.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return {
        language: make_dashboard(
            sample_build.published, folder / f"{language}.html", language=language
        ).path
        for language in ("en", "ru")
    }


def visit(browser, path: Path, viewport: dict[str, int] = DESKTOP) -> Visit:
    """Open a page with the network off and wait until every chart is drawn."""
    page = browser.new_context(viewport=viewport, offline=True).new_page()
    page.set_default_timeout(60_000)
    opened = Visit(page)
    page.on("console", lambda message: opened.told.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: opened.told.append(str(error)))
    page.on("request", lambda request: opened.requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_function(DRAWN)
    opened.requests.remove(path.as_uri())
    return opened


def click(opened: Visit, segment: str) -> None:
    """Click on the row of a segment, at its name, as a user does."""
    name = opened.page.locator("#segments-0 svg").get_by_text(segment, exact=True)
    name.scroll_into_view_if_needed()
    box = name.bounding_box()
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.fixture(scope="module")
def english(browser, pages) -> Visit:
    return visit(browser, pages["en"])


@pytest.fixture
def opened(english: Visit) -> Iterator[Visit]:
    """The English page with no segment picked, before and after."""
    english.page.select_option("#segment", "")
    yield english
    english.page.select_option("#segment", "")


def test_every_chart_is_drawn_without_a_word_in_the_console_or_a_request(english):
    drawn = english.page.evaluate(
        "[...document.querySelectorAll('.chart')].filter((chart) =>"
        " chart.querySelector('svg .mark-group path, svg .mark-group text')).length"
    )
    assert drawn == english.page.locator(".chart").count() > 30
    assert english.told == []
    assert english.requests == []


def test_the_page_may_ask_for_nothing(opened):
    # Not merely offline: the page's own policy refuses.
    refused = opened.page.evaluate(
        "fetch('https://example.com/').then(() => 'sent', (error) => error.name)"
    )
    assert refused == "TypeError"
    assert opened.requests == []
    assert "Content Security Policy" in opened.told[-1]
    opened.told.clear()


def test_a_click_on_a_segment_filters_the_other_charts(opened, sample_build):
    before = {
        chart: opened.shown(chart, measure)
        for chart, measure in (("months-0", "revenue"), ("grid-0", "customers"))
    }
    click(opened, "Loyal")
    assert opened.page.input_value("#segment") == "Loyal"
    opened.settle()
    ((customers,),) = sample_build.query(
        "select customers from rfm.rfm_segment_summary "
        "where basis = 'bought' and segment = 'Loyal'"
    )
    ((placed, bought),) = sample_build.query(
        "select sum(placed_revenue)::double, sum(bought_revenue)::double "
        "from core.fct_order_lines inner join rfm.rfm_scores using (customer_id) "
        "where basis = 'bought' and segment = 'Loyal' and is_modelled"
    )
    assert opened.shown("grid-0", "customers") == customers < before["grid-0"]
    assert opened.shown("months-0", "revenue") == pytest.approx(placed + bought)
    assert opened.shown("months-0", "revenue") < before["months-0"]
    tile = opened.page.locator(".tile dd").first.inner_text()
    assert tile == f"{customers:,}"
    base = opened.page.locator("#figure-grid .base").inner_text()
    assert base.startswith(f"Base: {customers:,} customers who have bought")
    segments = opened.page.locator("#figure-samples tbody tr:visible td:nth-child(4)")
    assert set(segments.all_inner_texts()) == {"Loyal"}


def test_clicking_the_segment_again_shows_everyone(opened):
    everyone = opened.shown("grid-0", "customers")
    click(opened, "Champions")
    opened.settle()
    assert opened.shown("grid-0", "customers") < everyone
    click(opened, "Champions")
    opened.settle()
    assert opened.page.input_value("#segment") == ""
    assert opened.shown("grid-0", "customers") == everyone


def test_a_segment_can_be_picked_by_keyboard(opened):
    everyone = opened.shown("hours-0", "placed_orders")
    opened.page.focus("#segment")
    opened.page.keyboard.press("ArrowDown")
    assert opened.page.input_value("#segment") == "Champions"
    opened.settle()
    assert 0 < opened.shown("hours-0", "placed_orders") < everyone
    assert opened.page.locator("#clear").is_visible()
    opened.page.click("#clear")
    opened.settle()
    assert opened.shown("hours-0", "placed_orders") == everyone


def test_every_figure_that_says_so_follows(opened):
    # What is marked as following has a signal to set, or rows that know their segment.
    untrue = opened.page.evaluate(
        "[...document.querySelectorAll('.figure:has(.follows)')].filter((figure) => {"
        " const views = [...figure.querySelectorAll('.chart')]"
        "   .map((chart) => window.dashboard.views.get(chart.id));"
        " const hear = views.some((view) => 'segment' in"
        "   view.getState({ signals: (name) => name === 'segment' }).signals);"
        " return !hear && !figure.querySelector('tr[data-segment]');"
        "}).map((figure) => figure.id)"
    )
    assert untrue == []
    assert opened.page.locator(".figure:has(.follows)").count() >= 12


def test_titles_follow_the_segment_or_say_all_customers(opened):
    figures = opened.page.locator(".figure")

    def read(part: str) -> dict[str, str]:
        told = opened.page.locator(f".figure {part}").all_inner_texts()
        names = figures.evaluate_all("all => all.map((figure) => figure.id)")
        return dict(zip(names, told, strict=True))

    titles, scopes = read("h3"), read(".scope")
    assert set(scopes.values()) == {"All customers", "All data"}
    opened.page.select_option("#segment", "Loyal")
    opened.settle()
    follow = set(
        opened.page.locator(".figure:has(.follows)").evaluate_all(
            "all => all.map((one) => one.id)"
        )
    )
    assert {name for name, scope in read(".scope").items() if scope == "Loyal"} == follow
    # What does not follow says that it is of everyone, and stays as it was.
    others = titles.keys() - follow
    assert {read(".scope")[name] for name in others} == {"All customers", "All data"}
    picked = read("h3")
    assert {name: picked[name] for name in others} == {name: titles[name] for name in others}
    changed = {name for name in follow if picked[name] != titles[name]}
    assert {"figure-segments", "figure-grid", "figure-moves", "figure-months"} <= changed
    assert len(changed) > 9
    opened.page.select_option("#segment", "")
    assert (read("h3"), read(".scope")) == (titles, scopes)


@pytest.mark.parametrize(
    ("figure", "measure"), [("waterfall", "customers"), ("value_curve", "cumulative_value")]
)
def test_a_list_can_be_chosen(opened, figure, measure):
    before = opened.shown(f"{figure}-0", measure)
    opened.page.locator(f"#{figure}-0 select").select_option("loyal rewards")
    opened.settle()
    assert opened.shown(f"{figure}-0", measure) != before


def test_the_lifetime_value_of_a_segment_is_shown_by_cohort(opened, sample_build):
    opened.page.select_option("#segment", "Loyal")
    opened.settle()
    ((customers, margin),) = sample_build.query(
        "select sum(customers_predicted), sum(margin_365_days)::double from clv.clv_cohorts "
        "where segment = 'Loyal'"
    )
    assert opened.shown("clv_cohorts-0", "customers") == customers
    assert opened.shown("clv_cohorts-1", "margin_365_days") == pytest.approx(margin)
    base = opened.page.locator("#figure-clv_cohorts .base").inner_text()
    assert base.startswith(f"Base: {customers:,} customers whose margin is predicted")
    shown = opened.page.locator("#figure-clv_segments tbody tr:not([hidden]) td:first-child")
    assert shown.evaluate_all("all => all.map((one) => one.textContent)") == ["Loyal"]


def test_every_section_can_be_reached_from_the_bar(english):
    # On a desktop no link is cut off: the choice of a segment goes into the next row instead.
    assert english.page.evaluate(
        "(() => { const nav = document.querySelector('nav');"
        " return nav.scrollWidth <= nav.clientWidth; })()"
    )


def test_the_page_speaks_russian(browser, pages):
    opened = visit(browser, pages["ru"])
    assert opened.told == []
    assert opened.requests == []
    assert opened.page.get_attribute("html", "lang") == "ru"
    assert opened.page.locator("h2").first.inner_text() == "Клиенты"
    chart = opened.page.locator("#segments-0 svg")
    assert chart.get_by_text("Чемпионы", exact=True).count() == 1
    click(opened, "Чемпионы")
    assert opened.page.input_value("#segment") == "Чемпионы"
    # Months and decimals are those of the language, too.
    assert opened.page.locator("#months-0 svg").get_by_text("янв").count() > 0


@pytest.mark.parametrize("name", ["sample", "empty"])
def test_a_phone_needs_no_scrolling_sideways(browser, pages, empty_page, name):
    opened = visit(browser, pages["en"] if name == "sample" else empty_page, PHONE)
    assert opened.told == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    # No chart is cut off by its card either.
    cut = opened.page.evaluate(
        "[...document.querySelectorAll('.chart')].filter((chart) =>"
        " chart.querySelector('svg').getBoundingClientRect().right >"
        " chart.closest('.figure').getBoundingClientRect().right).map((chart) => chart.id)"
    )
    assert cut == []


def test_an_empty_dataset_shows_sentences(browser, empty_page):
    opened = visit(browser, empty_page)
    assert opened.told == []
    assert opened.page.locator(".chart").count() == 0
    sentences = opened.page.locator(".figure h3").all_inner_texts()
    assert len(sentences) > 30
    assert all(sentence.startswith("Nothing to show") for sentence in sentences)
    assert opened.page.locator("#segment option").count() == 1
