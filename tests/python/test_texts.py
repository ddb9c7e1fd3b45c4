"""Texts in English and Russian: nothing that people read lacks a translation.

Sentences are composed in three places, and each is searched by itself: in SQL (calls of the
macro `text`), in Python (`python_ml`, translated phrase by phrase) and in seeds. That nothing
escapes the search shows the sample, rebuilt in Russian.
"""

from __future__ import annotations

import ast
import csv
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import duckdb
import jinja2
import pytest
from conftest import REPO_ROOT, Build, Project, copy_project
from dbt_common.clients.jinja import MaterializationExtension
from text_numbers import BAD_NUMBERS, find_bad_numbers

from targeted_lists.runs import run_end

SEEDS = REPO_ROOT / "seeds"
WORD = re.compile(r"[A-Za-z]{2,}")
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
PLACEHOLDER = re.compile(r"{(\w+)}")
# Terms that Russian writes as English does, and names of files, columns and settings.
TERMS = {
    "PSI",
    "RFM",
    "ROC",
    "AUC",
    "SOM",
    "SMS",
    "SNE",
    "BG",
    "BM",
    "EASE",
    "TIFU",
    "kNN",
    "MBG",
    "CLV",
    "LTV",
    "NBD",
    "PCA",
    "Apriori",
    "mlxtend",
    "id",
    "recency",
}
SETTING = re.compile(r"`[^`]+`|\w+\.\w+|\w*[a-z]_[a-z]\w*|targeted-lists [a-z]+ --[a-z]+")
# Where Python composes sentences, and under which scope they are translated.
COMPOSERS = {
    "python_ml/clustering/choice.py": "clusters",
    "python_ml/clustering/preparation.py": "feature_choices",
    "python_ml/classification/choice.py": "classifiers",
    "python_ml/classification/preparation.py": "classifiers",
    "python_ml/new_customers/evaluation.py": "new_customers",
    "python_ml/new_customers/preparation.py": "new_customers",
    "python_ml/baskets/itemsets.py": "baskets",
    "python_ml/planning.py": "plans",
    "targeted_lists/learning/drift.py": "drift",
    "targeted_lists/learning/clv.py": "drift",
}
PUBLISHERS = {
    "clusters": "segmentation/cluster_evaluations",
    "feature_choices": "segmentation/cluster_feature_choices",
    "classifiers": "activity/activity_evaluations",
    "new_customers": "new_customers/new_customer_evaluations",
    "baskets": "basket/basket_summary",
    "plans": "targeting/experiment_plan",
    "drift": "monitoring/alert_values",
}


def read_seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def latin_words(text: str) -> set[str]:
    """Return the words of a text that are neither Russian nor a term or a setting."""
    bare = SETTING.sub(" ", PLACEHOLDER.sub(" ", text))
    return set(WORD.findall(bare)) - TERMS


def templates() -> dict[str, list[str]]:
    """Return each English sentence that a call of the macro `text` says, with its files."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do", MaterializationExtension])
    found = defaultdict(list)
    for folder in ("models", "macros", "tests/singular"):
        for path in (REPO_ROOT / folder).rglob("*.sql"):
            tree = environment.parse(path.read_text(encoding="utf-8"))
            for call in tree.find_all(jinja2.nodes.Call):
                if isinstance(call.node, jinja2.nodes.Name) and call.node.name == "text":
                    # A sentence that is put together by names could not be looked up.
                    found[call.args[0].as_const()].append(path.name)
    return dict(found)


def test_every_sentence_of_sql_is_translated_and_no_other() -> None:
    said = templates()
    known = {row["en"] for row in read_seed("translations") if row["scope"] == "sql"}
    assert said.keys() - known == set()
    assert known - said.keys() == set()


def test_translations_are_russian_and_keep_their_placeholders() -> None:
    for row in read_seed("translations"):
        assert CYRILLIC.search(PLACEHOLDER.sub("", row["ru"])) or not latin_words(row["en"]), row
        assert set(PLACEHOLDER.findall(row["ru"])) == set(PLACEHOLDER.findall(row["en"])), row
        assert latin_words(row["ru"]) == set(), row


def test_labels_and_metrics_are_russian() -> None:
    for row in read_seed("code_labels"):
        assert row["en"], row
        assert CYRILLIC.search(row["ru"]) or row["code"] in {"tsne", "1", "2", "3", "4"}, row
        assert latin_words(row["ru"]) == set(), row


def test_every_text_of_a_seed_has_its_russian_sibling() -> None:
    checked = set()
    for path in sorted(SEEDS.glob("*.csv")):
        for row in read_seed(path.stem):
            for column in (name for name in row if f"{name}_ru" in row):
                checked.add((path.stem, column))
                russian = row[f"{column}_ru"]
                assert CYRILLIC.search(russian), (path.stem, row)
                assert latin_words(russian) == set(), (path.stem, row)
                assert PLACEHOLDER.findall(russian) == PLACEHOLDER.findall(row[column]), row
    assert ("feature_words", "phrase") in checked
    assert ("list_definitions", "offer") in checked


def sentences_of(path: Path) -> Iterator[str]:
    """Give every sentence that a module can compose: each way of its choices, values as 0.5.

    What an error or a progress line says, and what documents, is not published.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if isinstance(node, ast.Raise) or (is_call and node.func.id == "progress"):
            silent |= set(ast.walk(node))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(node.value)
        if isinstance(node, ast.JoinedStr):
            # Its pieces are no sentences of their own.
            silent |= set(ast.walk(node)) - {node}
    for node in ast.walk(tree):
        if node in silent:
            continue
        if isinstance(node, ast.JoinedStr):
            yield from ("".join(parts) for parts in product(*map(_choices, node.values)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _choices(part: ast.expr) -> list[str]:
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    value = part.value if isinstance(part, ast.FormattedValue) else part
    if isinstance(value, ast.IfExp):
        return [text for branch in (value.body, value.orelse) for text in _choices(branch)]
    return ["0.5"]


@pytest.fixture(scope="module")
def russian(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Path]:
    """The sample built, tested and published in Russian, by the models that were fitted before."""
    copy = copy_project(tmp_path_factory.mktemp("russian"))
    copy.warehouse().parent.mkdir()
    shutil.copyfile(sample_build.warehouse, copy.warehouse())
    shutil.copytree(sample_build.project.folder / "state", copy.folder / "state")
    # Names that an earlier run gave to clusters stay as they were said.
    shutil.rmtree(copy.folder / "state/sample/customer_clusters")
    outcome = copy.dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        language="ru",
        reuse_models=True,
    )
    assert outcome.success, "\n".join(outcome.failures)
    return copy, copy.warehouse()


def test_a_russian_build_is_tested_and_published(
    russian: tuple[Project, Path], sample_build: Build
) -> None:
    project, _ = russian
    counts = "select count(*), sum(members) from lists.list_catalog"
    with duckdb.connect(str(project.folder / "published/sample.duckdb"), read_only=True) as file:
        assert file.execute("select language from main.publication").fetchall() == [("ru",)]
        assert file.execute(counts).fetchall() == sample_build.query(counts)
        (said,) = file.execute("select max(reason) from lists.list_win_back").fetchone()
    assert CYRILLIC.search(said)


# Columns that hold a code of another kind than their name says.
KINDS = {
    "run_measures.measure": "run_measure",
    "stratum": "segment",
    "from_segment": "segment",
    "to_segment": "segment",
    "first_exclusion": "step",
    "other_list_name": "list_name",
    "rule_basis": "basis",
    "compared_with": "grouping",
    "list_effects.basis": "value_basis",
    "shared_ingredient": "ingredient",
    "association_rules.verdict": "rule_verdict",
    "offer_comparison.verdict": "offer_verdict",
    "verdict_code": "verdict",
    # Elsewhere it is a sentence next to the code.
    "verdict": "sentence",
    "scored_by": "model",
    "baseline": "model",
    "simpler_method": "method",
    "preferred_weekday": "weekday",
    "typical_price_band": "price_band",
    "discounted_share_band": "band",
    "unpaid_items_band": "band",
    "pages_per_visit_band": "band",
    "latest_minutes_band": "band",
}
# Keys, hashes, names of columns, and what the files of the dataset say themselves.
DATA = re.compile(
    r"(.*_)?(id|key|hash|month|quarter|node|file|category|channel|city|hour|code|label)|channels?|column|"
    r".*(delivery|payment)_method|category_.|country|region|gender|education|marital_status|"
    r"service_tier|word|.*(item|itemset|antecedent|consequent|product|campaign)(_name)?|"
    r"minimum|maximum|most_common|feature|correlated_with|subject|kind|en|metadata|(.*_)?prediction|"
    r"clean_name|exported_to|cell|parameter|settings|consent_(purpose|source)"
)
# Members of a dimension are mostly data; the lists of exclusions are of codes.
PARTLY_DATA = {
    "member",
    "slice_value",
    "depth",
    "all_exclusions",
    "holdout_period",
    "stratum_period",
}
OWN_DATA = {
    ("response_campaigns", "offer"),
    ("offer_comparison", "offer"),
    ("offer_comparison", "other_offer"),
    ("labels", "ru"),
    ("metrics", "metric"),
    ("metric_catalog", "metric"),
}
DATA_TABLES = (
    "source_profile",
    "cluster_feature_choices",
    "dim_products",
    "dim_customers",
    "fct_orders",
    "response_campaigns",
    "input_ledger",
)


def read_texts(database: Path) -> dict[tuple[str, str], set[str]]:
    """Return the values of each text column of the tables that are published, by its table."""
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where not internal and comment is not null "
            "and (data_type = 'VARCHAR' or data_type like 'ENUM%') "
            "and schema_name not in ('staging', 'intermediate', 'seeds', 'private', 'main')"
        ).fetchall()
        return {
            (table, column): {
                value
                for (value,) in connection.execute(
                    f'select distinct "{column}"::varchar from {schema}.{table} '
                    f"where \"{column}\" <> ''"
                ).fetchall()
            }
            for schema, table, column in columns
        }


@pytest.fixture(scope="module")
def texts(russian: tuple[Project, Path]) -> dict[tuple[str, str], set[str]]:
    _, database = russian
    published = {
        path.stem
        for layer in run_end.PUBLISHED_LAYERS
        for path in (REPO_ROOT / "models" / layer).rglob("*.sql")
        if run_end.UNPUBLISHED_FOLDERS.isdisjoint(path.parts)
    }
    return {
        (table, column): values
        for (table, column), values in read_texts(database).items()
        if table in published and (table, column) not in OWN_DATA
    }


def kind_of(table: str, column: str) -> str | None:
    kind = KINDS.get(f"{table}.{column}", KINDS.get(column, column))
    return kind if kind in {row["kind"] for row in read_seed("code_labels")} else None


def test_every_code_has_a_label(texts: dict[tuple[str, str], set[str]]) -> None:
    labelled = {(row["kind"], row["code"]) for row in read_seed("code_labels")}
    found = {
        (kind_of(table, column), value)
        for (table, column), values in texts.items()
        if kind_of(table, column) and column not in PARTLY_DATA
        for value in values
    }
    assert found - labelled == set()
    # Without them the test would pass on empty tables.
    assert {"segment", "step", "decision", "method", "model"} <= {kind for kind, _ in found}


def test_every_text_of_the_sample_is_russian(texts: dict[tuple[str, str], set[str]]) -> None:
    own_words = {
        word
        for (table, column), values in texts.items()
        if table in DATA_TABLES and (DATA.fullmatch(column) or column == "source_file")
        for value in values
        for word in WORD.findall(value)
    }
    own_words |= {
        row["code"] for row in read_seed("code_labels") if row["kind"] in ("model", "method")
    }
    read, wrong = set(), {}
    for (table, column), values in texts.items():
        if DATA.fullmatch(column) or kind_of(table, column) or column in PARTLY_DATA:
            continue
        read |= {(table, column)} if values else set()
        for value in values:
            # In quotes stands what a raw file says.
            if strange := latin_words(re.sub('".*?"', "", value)) - own_words:
                wrong[table, column] = (value, strange)
    assert wrong == {}
    assert {
        ("list_win_back", "reason"),
        ("order_line_ledger", "reason"),
        ("campaign_lift", "verdict"),
        ("cluster_summaries", "strategy"),
        ("findings", "pattern"),
    } <= read


@pytest.mark.parametrize("language", ["en", "ru"])
def test_numbers_in_sentences_are_for_people(
    language: str, sample_build: Build, russian: tuple[Project, Path]
) -> None:
    assert find_bad_numbers(sample_build.published if language == "en" else russian[1]) == {}


@pytest.mark.parametrize(
    ("text", "is_bad"),
    [
        ("usually every 4.0", True),
        ("usually every 47; 4 orders so far", True),
        ("no order for 11 days, usually every 1 day; 21 orders so far", False),
        ("last order 1 days ago", True),
        ("a share of 0.020000", True),
        ("worth 46.50, PSI 0.00, ROC-AUC 0.500, at depth 10.0 %", False),
        ("usually None", True),
        ("without {days}", True),
        ("без заказов 21 день, обычно раз в 2.5 дня; всего 11 заказов", False),
        ("без заказов 11 день", True),
        ("всего 21 заказов", True),
    ],
)
def test_bad_numbers_are_found(text: str, is_bad: bool) -> None:
    assert any(pattern.search(text) for pattern in BAD_NUMBERS.values()) == is_bad


@pytest.mark.parametrize(
    ("number", "english", "russian_text"),
    [
        ("0", "0 days", "0 дней"),
        ("1", "1 day", "1 день"),
        ("2.5", "2.5 days", "2.5 дня"),
        ("4", "4 days", "4 дня"),
        ("11", "11 days", "11 дней"),
        ("14", "14 days", "14 дней"),
        ("21", "21 days", "21 день"),
        ("112", "112 days", "112 дней"),
        ("122", "122 days", "122 дня"),
    ],
)
def test_a_number_asks_for_the_form_of_its_unit(
    number: str, english: str, russian_text: str
) -> None:
    """The macro as jinja alone reads it, with the Russian forms of the seed."""
    source = (REPO_ROOT / "macros/text/counted.sql").read_text(encoding="utf-8")
    (forms,) = (row["ru"] for row in read_seed("translations") if row["en"] == "day|days")
    for language, expected in (("en", english), ("ru", russian_text)):
        macro = (
            jinja2.Environment()
            .from_string(
                source,
                {
                    "execute": True,
                    "language": lambda language=language: language,
                    "read_texts": lambda seed, columns: seed,
                    "string_literal": repr,
                    "run_query": lambda sql: type("Found", (), {"rows": [[forms]]}),
                },
            )
            .module.counted(number, "day|days")
        )
        assert duckdb.sql(f"select {macro}").fetchall() == [(expected,)]


@pytest.mark.parametrize(("module", "scope"), COMPOSERS.items())
def test_every_sentence_of_python_is_translated(
    russian: tuple[Project, Path], module: str, scope: str
) -> None:
    project, _ = russian
    compiled = project.folder / "target/sample/compiled/targeted_lists/models/marts"
    sql = (compiled / f"{PUBLISHERS[scope]}.sql").read_text(encoding="utf-8")
    nested, replaced = re.search(
        r"((?:regexp_replace\()+)[\w.]+((?:, '(?:[^']|'')*', '(?:[^']|'')*', 'g'\))+)", sql
    ).groups()
    codes = {row["code"] for row in read_seed("code_labels")}
    sentences = {
        text
        for text in sentences_of(REPO_ROOT / module)
        if re.search("[a-z]+[^a-z_]* [a-z]+", text) and text not in codes
    }
    assert sentences
    with duckdb.connect() as connection:
        left = connection.execute(
            f"select {nested}text{replaced} from (select unnest(?) as text)",
            [sorted(sentences)],
        ).fetchall()
    assert [text for (text,) in left if latin_words(text)] == []
