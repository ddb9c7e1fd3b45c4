"""The dashboard: what it reads, what it says, and what it keeps to itself."""

# ruff: noqa: RUF001 - figures are written with a minus sign and a dash.

from __future__ import annotations

import csv
import html
import importlib
import json
import pkgutil
import re
import shutil
import string
from collections import defaultdict
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml
from conftest import REPO_ROOT, Build

from targeted_lists.__main__ import main
from targeted_lists.dashboard.build import make_dashboard
from targeted_lists.dashboard.sections.baskets import divide_box, lay_out_network
from targeted_lists.dashboard.sections.clusters import lay_out_tree
from targeted_lists.dashboard.sections.customers import lay_out_flows
from targeted_lists.dashboard.source import DashboardError
from targeted_lists.dashboard.texts import LANGUAGES, Texts

MOST_BYTES = 5_000_000
BEHAVIOUR_NAMES = (
    *("average order value", "deal share", "preferred channel", "response rate"),
    "tenure",
)


@pytest.fixture(scope="module")
def made(sample_build: Build, tmp_path_factory: pytest.TempPathFactory):
    return make_dashboard(sample_build.published, tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture(scope="module")
def page(made) -> str:
    return made.path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def markup(page: str) -> str:
    """The page without what its scripts hold."""
    return re.sub(r"(<script[^>]*>).*?(</script>)", r"\1\2", page, flags=re.S)


@pytest.fixture(scope="module")
def charts(page: str) -> dict[str, dict]:
    """The specifications in the page, by figure and number."""
    (told,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', page)
    return {chart["id"]: chart["spec"] for chart in json.loads(told)["charts"]}


def rows_of(spec: dict) -> pd.DataFrame:
    """Return the rows of a chart's largest data set."""
    return pd.DataFrame(max(spec["datasets"].values(), key=len))


def counts_of(markup: str) -> dict[tuple[str, str], dict[str, set[str]]]:
    """Return the numbers in a page's tiles and bases by segment and words, and where they stand.

    The segment is empty where it is everyone that is counted.
    """
    told = defaultdict(lambda: defaultdict(set))
    for values, names in re.findall(r'data-values="(.*?)" data-names="(.*?)">', markup):
        of_all, of_segment = json.loads(html.unescape(names))
        for segment, number in json.loads(html.unescape(values)).items():
            told[segment, of_segment if segment else of_all][number].add("tile")
    for key, figure in re.findall(r'id="figure-(\w+)">(.*?)</figure>', markup, flags=re.S):
        for scopes, text in re.findall(
            r'<p class="base">.*?<span(?: data-scopes="(.*?)")?>(.*?)</span>', figure
        ):
            of_scopes = json.loads(html.unescape(scopes)) if scopes else {"": html.unescape(text)}
            for segment, base in of_scopes.items():
                for count in base.split(" · "):
                    if numbered := re.fullmatch(r"([\d.,−\u00a0]+) (.+)", count):
                        told[segment, numbered[2]][numbered[1]].add(key)
    return told


def test_equal_words_have_equal_numbers(made, markup, sample_build, tmp_path):
    russian = make_dashboard(sample_build.published, tmp_path / "page.html", language="ru")
    for page in (markup, russian.path.read_text(encoding="utf-8")):
        told = counts_of(page)
        assert {words: one for words, one in told.items() if len(one) > 1} == {}
        # Words that stand in one place alone could not differ.
        shared = [next(iter(one.values())) for one in told.values()]
        assert sum(len(places) > 1 for places in shared) > 60
        assert {"tile", "segments", "grid", "moves"} in shared


def test_one_question_has_one_number(markup, sample_build):
    told = counts_of(markup)
    rows = sample_build.query(
        "select segment, count(*), sum(monetary) from rfm.rfm_scores "
        "where basis = 'bought' group by segment"
    )
    assert len(rows) > 9
    for segment, customers, revenue in rows:
        (number,) = told[segment, "customers who have bought so far"]
        assert number == f"{customers:,}"
        (number,) = told[segment, "revenue bought by known customers"]
        assert number == f"{revenue:,.0f}"
        # Of a segment all sales are those of known customers: the tile says so.
        assert "tile" in told[segment, "revenue bought by known customers"][number]


def test_every_figure_says_what_it_counts(markup):
    figures = re.findall(r'id="figure-(\w+)">(.*?)</figure>', markup, flags=re.S)
    assert [key for key, figure in figures if '<p class="base"' not in figure] == []


@pytest.mark.parametrize(
    ("chart", "measure", "words"),
    [
        ("segments-0", "customers", "customers who have bought so far"),
        ("grid-0", "customers", "customers who have bought so far"),
        ("months-0", "bought", "bought in orders known one by one"),
        ("bought_share-0", "placed", "placed in orders known one by one"),
        ("hours-0", "placed_orders", "orders placed"),
        ("list_mix-0", "members", "list members, without control and holdout"),
        ("mix-0", "customers", "customers in the chosen clusters"),
        ("risk-0", "customers", "customers whose value and risk are known"),
    ],
)
def test_a_base_is_the_sum_of_what_is_drawn(charts, markup, chart, measure, words):
    told, rows = counts_of(markup), rows_of(charts[chart])
    of_all = words if ("", words) in told else f"{words}, anonymous ones too"
    assert list(told["", of_all]) == [f"{rows[measure].sum():,.0f}"]
    for segment, part in rows.groupby("segment"):
        assert list(told[segment, words]) == [f"{part[measure].sum():,.0f}"]


def test_the_page_is_one_file_of_at_most_five_megabytes(made, markup):
    assert made.size == made.path.stat().st_size <= MOST_BYTES
    assert list(made.path.parent.iterdir()) == [made.path]
    # Nothing is loaded: no address in any attribute that loads, and a policy that forbids it.
    assert re.findall(r'<(?:script|img|iframe|link)[^>]+(?:src|href)="(?!data:)', markup) == []
    assert "default-src &#x27;none&#x27;" in markup


def test_every_table_that_it_reads_is_declared(made):
    exposures = yaml.safe_load((REPO_ROOT / "models/exposures.yml").read_text(encoding="utf-8"))
    (declared,) = (one for one in exposures["exposures"] if one["name"] == "dashboard")
    assert declared["type"] == "dashboard"
    names = {re.fullmatch(r"ref\('(\w+)'\)", ref).group(1) for ref in declared["depends_on"]}
    # Publication itself is no model.
    read = {name.split(".")[1] for name in made.tables_read if not name.startswith("main.")}
    assert read == names


def test_no_figure_of_the_sample_is_blank(markup):
    figures = re.findall(r'<figure class="([^"]*)" id="figure-(\w+)"', markup)
    assert len(figures) > 30
    assert [key for classes, key in figures if "blank" in classes] == []


def test_sales_add_up_to_those_of_the_pivot(charts, sample_build):
    for chart, dimension in (("months-0", "month"), ("categories-0", "category_1")):
        rows = rows_of(charts[chart])
        for basis in ("placed", "bought"):
            ((total,),) = sample_build.query(
                "select sum(revenue)::double from pivots.sales_pivot "
                f"where dimension = '{dimension}' and basis = '{basis}'"
            )
            if chart == "months-0":
                assert rows[basis].sum() == pytest.approx(total, abs=0.01)
            else:
                # The twelve largest alone.
                assert 0.9 * total < rows[basis].sum() <= total + 0.01


def test_every_member_of_a_list_is_in_the_mix_of_segments(charts, sample_build):
    ((members,),) = sample_build.query("select count(*) from lists.list_members")
    assert rows_of(charts["list_mix-0"])["members"].sum() == members


def test_titles_say_what_the_tables_say(markup, sample_build):
    ((segment, customers, revenue),) = sample_build.query(
        "select segment, customer_share, revenue_share from rfm.rfm_segment_summary "
        "where basis = 'bought' order by revenue desc limit 1"
    )
    (title,) = re.findall(r'id="figure-segments">.*?<h3[^>]*>(.*?)</h3>', markup)
    assert title.startswith(f"{segment}: {100 * customers:.0f}")
    assert f"{100 * revenue:.0f}\u202f% of revenue" in title


def test_no_personal_data_of_a_member_is_in_the_page(page, sample_build):
    with duckdb.connect(str(sample_build.warehouse), read_only=True) as warehouse:
        known = warehouse.execute("select email, phone from private.customer_contacts").fetchall()
    emails = {email.lower() for email, _ in known if email}
    phones = {re.sub(r"\D", "", phone) for _, phone in known if phone}
    assert min(len(emails), len(phones)) > 1000
    assert emails & set(re.findall(r"[\w.+-]+@[\w.-]+", page.lower())) == set()
    # What is too short to be a number of anybody is a typing error that files hold.
    assert {one for one in phones if len(one) > 8} & set(re.findall(r"\d{9,}", page)) == set()


@pytest.fixture
def village(sample_build: Build, tmp_path: Path) -> Path:
    """A published sample in which three customers of one segment live in a place of their own."""
    published = tmp_path / "village.duckdb"
    shutil.copyfile(sample_build.published, published)
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update core.fct_order_lines set city = 'Hinterwald' where customer_id in ("
            "select customer_id from rfm.rfm_scores where segment = 'Loyal' "
            "and basis = 'bought' order by customer_id limit 3)"
        )
    return published


@pytest.mark.parametrize(
    ("setting", "is_there"),
    [
        ("update main.publication set small_cell = 5", False),
        ("update main.publication set small_cell = 3", True),
        # A file of an earlier version takes what the project has.
        ("alter table main.publication drop column small_cell", False),
    ],
)
def test_a_place_of_few_customers_is_in_the_page_where_the_shop_says_so(
    village, tmp_path, setting, is_there
):
    with duckdb.connect(str(village)) as connection:
        connection.execute(setting)
    page = make_dashboard(village, tmp_path / "page.html").path.read_text(encoding="utf-8")
    assert ("Hinterwald" in page) == is_there
    (told,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', page)
    (cities,) = (one["spec"] for one in json.loads(told)["charts"] if one["id"] == "cities-0")
    rows = rows_of(cities)
    assert ("other" in set(rows[rows["segment"] == ""]["member"])) != is_there
    with duckdb.connect(str(village), read_only=True) as connection:
        ((placed, places),) = connection.execute(
            "select sum(placed_revenue)::double, count(distinct city) "
            "from core.fct_order_lines where is_modelled"
        ).fetchall()
    # Thirteen places, of which twelve are drawn, or all where two of them are merged.
    assert places == 13
    of_all = rows[rows["segment"] == ""]
    assert len(of_all) == 12
    assert (of_all["placed"].sum() == pytest.approx(placed, abs=0.01)) != is_there


def test_no_few_customers_of_an_attribute_are_shown(charts, sample_build):
    attributes = ("age", "income", "household", "education", "marital status")
    for chart, groups in (("groups-0", 6), ("segment_groups-0", 9)):
        rows = rows_of(charts[chart])
        shown = rows[rows["characteristic"].isin(attributes)]
        assert set(shown["characteristic"]) == set(attributes)
        assert shown["customers"].min() >= 5
        group = "name" if chart == "groups-0" else "segment"
        assert shown.groupby("characteristic")[group].nunique().min() >= groups
        sums = shown.groupby([group, "characteristic"])["share"].sum()
        assert sums.to_list() == pytest.approx([1] * len(sums))
        # What customers do is no secret.
        assert rows["customers"].min() < 5
    ((small,),) = sample_build.query(
        "select count(*) from segmentation.customer_groups "
        "where characteristic = 'household' and customers < 5"
    )
    assert small > 5


def test_all_customers_less_the_segments_tell_of_no_few(charts):
    rows = rows_of(charts["segment_groups-0"])
    rows = rows[~rows["characteristic"].isin(BEHAVIOUR_NAMES)]
    for _, part in rows.groupby("characteristic"):
        counts = part.pivot_table(index="segment", columns="member", values="customers")
        everyone = counts.loc[""]
        # A member that some segments do not show by name: what is left of it is large enough.
        left = (everyone - counts.drop(index="")[everyone.dropna().index].sum()).dropna()
        assert ((left == 0) | (left >= 5)).all()


def test_a_group_of_which_nothing_is_shown_says_so(markup):
    (scopes,) = re.findall(r'id="figure-cities">.*?<h3 data-scopes="(.*?)">', markup)
    titles = json.loads(html.unescape(scopes))
    assert "too few customers to show (fewer than 5 in each group)" in titles["Cannot Lose Them"]
    (scopes,) = re.findall(
        r'id="figure-segment_groups">.*?<p class="note"><span data-scopes="(.*?)">', markup
    )
    notes = json.loads(html.unescape(scopes))
    assert "Too few customers to show: age, education" in notes["Cannot Lose Them"]
    assert "are part of “other”" in notes["Hibernating"]
    assert "are part of" not in notes["Champions"]


def test_means_of_few_customers_are_left_out(tmp_path, sample_build):
    published = tmp_path / "few.duckdb"
    shutil.copyfile(sample_build.published, published)
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update segmentation.cluster_profiles set customers = 2 "
            "where cluster = 3 and feature = 'income'"
        )
        connection.execute(
            "update segmentation.cluster_profiles set customers = 1 where feature = 'children'"
        )
    page = make_dashboard(published, tmp_path / "page.html").path.read_text(encoding="utf-8")
    (told,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', page)
    (spec,) = (one["spec"] for one in json.loads(told)["charts"] if one["id"] == "profiles-0")
    shown = rows_of(spec).groupby("feature")["cluster"].agg(set)
    everyone = shown["age (years)"]
    # The smallest further cluster goes with it, or the mean of all would tell it.
    assert len(everyone - shown["income"]) == 2
    assert 3 not in shown["income"]
    # Of seven single customers five or more would be told by nothing else.
    assert "children" not in shown
    assert "A mean of fewer than 5 customers is left out" in page


def test_whatever_reads_attributes_of_people_merges_small_groups():
    """New queries by what people are belong into this list, and their rows into `merge_small`."""
    attributes = re.compile(
        r"\b(city|country|region|gender|birth_year|age|age_years|education|marital_status|"
        r"children|household|income|service_tier|characteristic|cluster_profiles|"
        r"customer_characteristics|customer_group_tests|findings|dim_customers)\b"
    )
    rooms = (
        importlib.import_module(f"targeted_lists.{room}.{found.name}")
        for room in ("dashboard", "dashboard.sections", "explore", "activation")
        for found in pkgutil.iter_modules(
            importlib.import_module(f"targeted_lists.{room}").__path__
        )
        # The app runs as it is imported.
        if found.name not in ("app", "sections")
    )
    found = {
        f"{module.__name__.split('.')[-1]}.{name}"
        for module in rooms
        for name, value in vars(module).items()
        if isinstance(value, str) and "select" in value and attributes.search(value)
    }
    # The app shows one customer at a time, to whoever has the published file.
    assert found == {
        "sales.CITIES",
        "profiles.GROUPS",
        "cluster_profiles.PROFILES",
        "reading.CUSTOMER",
    }


def test_what_the_data_say_cannot_become_markup(tmp_path, sample_build):
    published = tmp_path / "hostile.duckdb"
    shutil.copyfile(sample_build.published, published)
    attack = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    with duckdb.connect(str(published)) as connection:
        connection.execute("update core.dim_products set category_1 = ?", [attack])
        connection.execute("update lists.list_members set reason = ?", [attack])
        connection.execute("update main.publication set dataset = ?", [attack])
    made = make_dashboard(published, tmp_path / "page.html")
    page = made.path.read_text(encoding="utf-8")
    assert page.count("<script>alert") == page.count("<img src=x") == 0
    assert "&lt;img src=x" in page
    assert page.count("</script>") == 3


@pytest.mark.parametrize(
    ("language", "units", "tile", "axis"),
    [
        (
            "en",
            "amounts in EUR · times of Europe/Berlin",
            "average order value: revenue bought over orders bought",
            "expected value, EUR",
        ),
        (
            "ru",
            "суммы в EUR · время Europe/Berlin",
            "средний чек: выручка по купленному на купленный заказ",
            "ожидаемая ценность, EUR",
        ),
    ],
)
def test_amounts_have_their_currency_and_times_their_zone(
    tmp_path, sample_build, language, units, tile, axis
):
    published = tmp_path / "shop.duckdb"
    shutil.copyfile(sample_build.published, published)
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update main.publication set currency = 'EUR', time_zone = 'Europe/Berlin', "
            "tax_basis = 'net'"
        )
    made = make_dashboard(published, tmp_path / "page.html", language=language)
    page = made.path.read_text(encoding="utf-8")
    head = page.partition("</header>")[0]
    assert units in head
    assert {"en": "amounts net of tax", "ru": "суммы без налога"}[language] in head
    assert re.search(rf"<dt>{tile}</dt><dd>[\d.,]+\u00a0EUR</dd>", html.unescape(head))
    (told,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', page)
    specs = {chart["id"]: chart["spec"] for chart in json.loads(told)["charts"]}
    assert specs["values-0"]["layer"][0]["encoding"]["x"]["title"] == axis
    body = html.unescape(re.sub(r"<script.*?</script>", "", page, flags=re.S))
    assert re.search(r"<h3[^>]*>[^<]* \d[\d,\u00a0]*\u00a0EUR [^<]*</h3>", body)
    # No share and no count has one.
    assert not re.search(r"%[^<]{0,3}EUR|customers, EUR|клиентов, EUR", body)


def test_without_a_currency_nothing_is_said_of_it(page, sample_build):
    assert sample_build.query("select currency, time_zone from publication") == [(None, None)]
    head = page.partition("</header>")[0]
    assert "amounts in" not in head
    assert "times of" not in head


def test_an_empty_dataset_has_a_sentence_in_every_figure(empty_page):
    page = empty_page.read_text(encoding="utf-8")
    figures = re.findall(r'<figure class="(.*?)"', page)
    assert len(figures) > 30
    assert {classes.split()[-1] for classes in figures} == {"blank"}
    assert page.count("Nothing to show: this dataset leaves no rows in") == len(figures)


def test_a_file_of_an_earlier_version_is_shown_as_far_as_it_goes(tmp_path, sample_build):
    published = tmp_path / "earlier.duckdb"
    shutil.copyfile(sample_build.published, published)
    with duckdb.connect(str(published)) as connection:
        connection.execute("drop table segmentation.som_map_units")
        connection.execute("alter table main.publication drop column currency")
        connection.execute("alter table main.publication drop column time_zone")
    page = make_dashboard(published, tmp_path / "page.html").path.read_text(encoding="utf-8")
    assert "Nothing to show: this dataset leaves no rows in segmentation.som_map_units." in page


def test_what_cannot_be_shown_is_said_in_one_sentence(tmp_path, sample_build):
    page = tmp_path / "page.html"
    with pytest.raises(DashboardError, match="`targeted-lists lists --dataset none` publishes it"):
        make_dashboard(tmp_path / "none.duckdb", page)
    text = tmp_path / "text.duckdb"
    text.write_text("no database", encoding="utf-8")
    with pytest.raises(DashboardError, match="cannot be read"):
        make_dashboard(text, page)
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    with pytest.raises(DashboardError, match="is not a file that this project published"):
        make_dashboard(other, page)
    old = tmp_path / "old.duckdb"
    shutil.copyfile(sample_build.published, old)
    with duckdb.connect(str(old)) as connection:
        connection.execute("alter table rfm.rfm_segment_summary drop column revenue_share")
    with pytest.raises(DashboardError, match=r"of another version .*revenue_share"):
        make_dashboard(old, page)
    with pytest.raises(DashboardError, match="speaks en or ru, not 'de'"):
        make_dashboard(sample_build.published, page, language="de")
    assert not page.exists()


def test_the_command_names_the_page(sample_build, monkeypatch, capsys):
    monkeypatch.chdir(sample_build.project.folder)
    assert main(["dashboard", "--language", "ru"]) == 0
    told = capsys.readouterr().out
    assert "Open published/sample.ru.html in a browser" in told
    # The tables are English: the page and the command say in a sentence how to get them Russian.
    command = "targeted-lists lists --vars '{language: ru}'"
    assert command in told
    russian = Path("published/sample.ru.html").read_text(encoding="utf-8")
    assert '<html lang="ru">' in russian
    assert html.escape(command) in russian
    assert main(["dashboard"]) == 0
    told = capsys.readouterr().out
    assert "Open published/sample.html in a browser" in told
    assert "targeted-lists lists" not in told
    assert '<html lang="en">' in Path("published/sample.html").read_text(encoding="utf-8")
    # Neither overwrites the other.
    assert Path("published/sample.ru.html").read_text(encoding="utf-8") == russian
    assert main(["dashboard", "--dataset", "nowhere"]) == 1
    assert "published/nowhere.duckdb is not there" in capsys.readouterr().out


def test_every_text_is_in_every_language_with_the_same_places():
    with (REPO_ROOT / "seeds/dashboard_texts.csv").open(encoding="utf-8", newline="") as file:
        texts = list(csv.DictReader(file))
    assert len(texts) > 300

    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    untold = [row["key"] for row in texts for language in LANGUAGES if not row[language].strip()]
    assert untold == []
    # A note may leave out what the other language needs; a title tells the same in both.
    assert [row["key"] for row in texts if places(row["en"]) != places(row["ru"])] == []


def test_every_text_of_a_figure_is_used(markup):
    figures = set(re.findall(r'<figure class="[^"]*" id="figure-(\w+)"', markup))
    with (REPO_ROOT / "seeds/dashboard_texts.csv").open(encoding="utf-8", newline="") as file:
        keys = [row["key"] for row in csv.DictReader(file)]
    headings = {key.removesuffix(".heading") for key in keys if key.endswith(".heading")}
    assert headings == figures


@pytest.mark.parametrize(
    ("language", "number", "share", "day"),
    [
        ("en", "−1,234.50", "9.4\u202f%", "2026-07-01"),
        ("ru", "−1\u00a0234,50", "9,4\u202f%", "01.07.2026"),
    ],
)
def test_numbers_are_written_as_the_language_does(language, number, share, day):
    texts = Texts({"value.none": "–"}, language=language)
    assert texts.number(-1234.5, 2) == number
    assert texts.percent(0.094) == share
    assert texts.percent(float("nan")) == "–"
    assert texts.day(pd.Timestamp("2026-07-01")) == day


def test_flows_are_as_thick_as_their_customers_and_do_not_overlap():
    rows = pd.DataFrame(
        {
            "from_segment": ["Champions", "Champions", "Lost"],
            "to_segment": ["Champions", "Lost", "Lost"],
            "customers": [6, 2, 2],
        }
    )
    bands, nodes = lay_out_flows(rows)
    left = bands[bands["x"] == 0]
    thickness = left["y"] - left["y2"]
    assert (thickness / thickness.sum()).round(3).tolist() == [0.6, 0.2, 0.2]
    assert (left["y2"].to_numpy()[:-1] >= left["y"].to_numpy()[1:] - 1e-9).all()
    assert bands["way"].unique().tolist() == ["same", "down"]
    assert nodes[nodes["side"] == "to"]["customers"].tolist() == [6, 4]


def test_a_tree_is_laid_out_without_crossings():
    merges = pd.DataFrame(
        {
            "merge_number": [3, 2],
            "left_node": ["merge 1", "A"],
            "right_node": ["merge 2", "B"],
            "height": [5.0, 2.0],
            "customers": [4, 2],
        }
    )
    points, leaves = lay_out_tree(merges)
    assert leaves == ["merge 1", "A", "B"]
    root = points[points["merge"] == "merge 3"]
    assert root["x"].tolist() == [0, 0, 1.5, 1.5]
    assert root["height"].tolist() == [0, 5, 5, 2]


def test_a_network_has_each_pair_once_and_each_item_in_its_box():
    rules = pd.DataFrame(
        {
            "antecedent_name": ["a", "b", "c", "x"],
            "consequent_name": ["b", "a", "b", "y"],
            "confidence": [0.5, 0.7, 0.4, 0.9],
            "lift": [3.0, 3.0, 2.0, 9.0],
        }
    )
    edges, nodes = lay_out_network(rules)
    assert edges["rule"].tolist() == ["x → y", "b → a", "c → b"]
    assert nodes.set_index("item")["rules"].to_dict() == {"a": 1, "b": 2, "c": 1, "x": 1, "y": 1}
    assert nodes[["x", "y"]].to_numpy().min() >= 0
    assert nodes[["x", "y"]].to_numpy().max() <= 1


def test_a_box_is_divided_whole_and_by_weight():
    boxes = divide_box([6, 2, 2], (0.0, 0.0, 10.0, 4.0))
    assert [round(width * height, 6) for _, _, width, height in boxes] == [24, 8, 8]
    assert divide_box([], (0.0, 0.0, 1.0, 1.0)) == []
