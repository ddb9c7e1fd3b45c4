"""Baskets from raw lines to offers: chance, explosions, infinity, and the UCI file."""

from __future__ import annotations

import gzip
import io
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import REPO_ROOT, Project

SAMPLE = REPO_ROOT / "data" / "sample"
MODELS = (
    *("+basket_summary", "+recommendation_evaluations", "+product_recommendations"),
    "path:tests/singular/basket",
)


def read_table(database: Path, table: str) -> pd.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(f"select * from {table}").df()


def build_baskets(project: Project, dataset: str, **variables: object) -> Path:
    outcome = project.dbt(
        *("build", "--indirect-selection", "empty"),
        *("--exclude", "test_type:unit", "test_type:generic", "--select", *MODELS),
        dataset=dataset,
        **variables,
    )
    assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse(dataset)


@pytest.fixture(scope="module")
def shuffled(project: Project) -> Path:
    """The sample with its products dealt anew over the lines: sizes and popularity stay."""
    folder = project.folder / "data" / "shuffled_sample"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("truth"))
    with gzip.open(folder / "order_lines.csv.gz", "rb") as file:
        lines = pd.read_csv(
            io.BytesIO(file.read()), dtype=str, encoding_errors="replace", on_bad_lines="skip"
        )
    lines = lines[lines["status"] == "delivered"].drop(columns=["line_number"])
    order = np.random.default_rng(3).permutation(len(lines))
    products = ["product_id", "product_name", "category_1", "category_2", "category_3"]
    for column in [name for name in products if name in lines]:
        lines[column] = lines[column].to_numpy()[order]
    lines.to_csv(folder / "order_lines.csv.gz", index=False)
    return build_baskets(project, "shuffled_sample")


def test_no_rule_between_shuffled_items_is_usable(shuffled, sample_build):
    found = read_table(sample_build.published, "basket.basket_summary")
    by_chance = read_table(shuffled, "basket.basket_summary")
    assert len(found) == len(by_chance) == 8
    assert (found["rules"] > 100).all()
    assert (found["usable_rules"] > 10).all()
    rules = read_table(shuffled, "basket.association_rules")
    assert len(rules) > 5_000
    # What customers buy in months differs in size, so unrelated items seem to go together.
    assert ((rules["q_value"] <= 0.05) & (rules["lift"] >= 1.2)).sum() > 1_000
    print(by_chance[["basis", "level", "rules", "usable_rules"]].to_string())
    assert rules["is_usable"].sum() <= 0.005 * len(rules)
    assert rules.loc[rules["basis"] == "order", "is_usable"].sum() <= 3


def test_no_method_beats_popularity_by_much_where_there_is_nothing_to_find(shuffled, sample_build):
    gains = {}
    for name, database in (("found", sample_build.published), ("by chance", shuffled)):
        methods = read_table(database, "basket.recommendation_evaluations")
        gains[name] = methods[methods["k"] == 5].set_index("method")["gain"]
    for method in ("rules", "rules_then_segment", "cosine"):
        assert gains["found"][method] > 0.03
        assert gains["by chance"][method] < 0.01


def test_methods_are_tried_on_what_came_after(sample_build):
    periods = read_table(sample_build.warehouse, "basket.basket_periods").iloc[0]
    lines = read_table(sample_build.warehouse, "core.fct_order_lines").query("is_bought")
    seconds = lines["ordered_at"].astype("datetime64[s]").astype("int64")
    tests = read_table(sample_build.published, "basket.recommendation_tests")
    later = lines[seconds > periods["confirmed_until_seconds"]]
    bought = set(zip(later["customer_id"], later["product_id"], strict=True))
    hits = tests[tests["is_hit"]]
    assert len(hits) > 500
    assert bought.issuperset(zip(hits["customer_id"], hits["product_id"], strict=True))
    missed = tests[~tests["is_hit"] & tests["product_id"].notna()]
    assert bought.isdisjoint(zip(missed["customer_id"], missed["product_id"], strict=True))
    last = lines[seconds <= periods["mined_until_seconds"]]
    summary = read_table(sample_build.published, "basket.basket_summary")
    orders = summary.loc[summary["basis"] == "order", "baskets"]
    assert set(orders) == {last["order_id"].nunique()}


def test_conviction_stays_infinite_in_the_published_file(sample_build):
    rules = read_table(sample_build.published, "basket.association_rules")
    never_fails = rules["confidence"] == 1
    assert never_fails.sum() > 0
    assert np.isposinf(rules.loc[never_fails, "conviction"]).all()
    assert np.isfinite(rules.loc[~never_fails, "conviction"]).all()


def test_a_set_support_that_explodes_or_that_nothing_meets_gives_a_sentence(project):
    folder = project.folder / "data" / "few_baskets"
    folder.mkdir(parents=True)
    lines = [
        (f"O{n:03d}", f"C{n % 20}", f"2025-{1 + n // 25:02d}-{1 + n % 25:02d}", f"P{i}", 1, 5)
        for n in range(250)
        for i in range(8)
        if n % 10 or i
    ]
    columns = ["order_id", "customer_id", "ordered_at", "product_id", "quantity", "unit_price"]
    pd.DataFrame(lines, columns=columns).to_csv(folder / "order_lines.csv", index=False)
    asked = {"min_confidence": 0.1, "max_length": 8}
    database = build_baskets(
        project,
        "few_baskets",
        basket_bases=["order"],
        basket_levels={"product": asked | {"min_support": 0.05}},
        basket_max_itemsets=100,
    )
    summary = read_table(database, "basket.basket_summary").iloc[0]
    assert summary["note"].startswith("min_support 0.05 gives at least ")
    assert "more than 100: " in summary["note"]
    assert (summary["itemsets"], summary["rules"]) == (0, 0)
    assert read_table(database, "basket.association_rules").empty
    sources = read_table(database, "basket.product_recommendations")["source"]
    assert set(sources) <= {"similar", "popular"}

    nothing = build_baskets(
        project,
        "few_baskets",
        basket_bases=["order"],
        basket_levels={"product": asked | {"min_support": 1.0, "max_length": 1}},
    )
    summary = read_table(nothing, "basket.basket_summary").iloc[0]
    assert summary["note"] == "no two items stand together in 1 of the 150 baskets"
    assert summary["longest"] == 1


def test_uci_products_get_categories_and_rules_that_hold(project, shared_data):
    database = project.warehouse("online_retail")
    outcome = project.dbt(
        *("build", "--indirect-selection", "empty"),
        *("--exclude", "test_type:unit", "test_type:generic", "--select"),
        *("+basket_summary", "path:tests/singular/basket/rules_follow_from_counts.sql"),
        dataset="online_retail",
        data_dir=str(shared_data),
    )
    assert outcome.success, "\n".join(outcome.failures)
    categories = read_table(database, "core.product_categories")
    goods = categories[categories["is_derived"]]
    assert len(goods) > 3_500
    assert goods["category_1"].notna().all()
    assert 10 <= goods["category_1"].nunique() <= 41
    sizes = goods["category_1"].value_counts(normalize=True)
    assert sizes.max() < 0.15
    rules = read_table(database, "basket.association_rules")
    assert {"product", "category_1"} == set(rules["level"])
    usable = rules[
        rules["is_usable"] & (rules["basis"] == "order") & (rules["level"] == "product")
    ]
    names = set(zip(usable["antecedent_name"], usable["consequent_name"], strict=True))
    assert ("GREEN REGENCY TEACUP AND SAUCER", "ROSES REGENCY TEACUP AND SAUCER") in names
    assert (usable["later_size_lift"] >= 1.2 - 1e-9).all()
