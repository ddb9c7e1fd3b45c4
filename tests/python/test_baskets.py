"""Baskets from orders to offers: chance, explosions, infinity, and what came after."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Build, copy_project

# By how much each method is at least ahead of popularity: few rules lead to few offers.
GAINS = {
    ("lists", "rules"): 0.015,
    ("lists", "rules_then_segment"): 0.03,
    ("lists", "cosine"): 0.03,
    ("lists", "ease"): 0.06,
    ("lists", "tifu_knn"): 0.1,
    ("new", "ease"): 0.03,
    ("new", "user_knn"): 0.03,
}


def read_table(database: Path, table: str) -> pd.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(f"select * from {table}").df()


class Baskets:
    """The sample as it was built, in a folder of its own, to be changed and mined again."""

    def __init__(self, build: Build, folder: Path) -> None:
        self.project = copy_project(folder)
        self.warehouse = self.project.warehouse("sample")
        self.warehouse.parent.mkdir()
        shutil.copyfile(build.warehouse, self.warehouse)
        # What dbt has parsed once it need not parse again.
        parsed = Path("target", "sample")
        shutil.copytree(build.project.folder / parsed, folder / parsed)

    def run(
        self,
        select: str,
        *,
        after: str = "",
        variables: Mapping[str, int] = MappingProxyType({}),
        **frames: pd.DataFrame,
    ) -> None:
        """Run the models of `select` after a statement, which may use the `frames`."""
        with duckdb.connect(str(self.warehouse)) as connection:
            for name, frame in frames.items():
                connection.register(name, frame)
            if after:
                connection.execute(after)
        outcome = self.project.dbt("run", "--select", select, **variables)
        assert outcome.success, "\n".join(outcome.failures)


@pytest.fixture(scope="module")
def baskets(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Baskets:
    return Baskets(sample_build, tmp_path_factory.mktemp("baskets"))


@pytest.fixture(scope="module")
def shuffled(baskets: Baskets) -> dict[str, pd.DataFrame]:
    """The sample with its products permuted over the lines: sizes and popularity stay."""
    lines = read_table(baskets.warehouse, "core.fct_order_lines where is_bought")
    lines = lines[["order_line_id", "product_id"]].sort_values("order_line_id", ignore_index=True)
    order = np.random.default_rng(3).permutation(len(lines))
    lines["product_id"] = lines["product_id"].to_numpy()[order]
    baskets.run(
        "tag:basket tag:offers customer_products",
        after="update core.fct_order_lines set product_id = dealt.product_id "
        "from dealt where fct_order_lines.order_line_id = dealt.order_line_id; "
        "drop table core.customer_products",
        dealt=lines,
    )
    tables = {
        "basket_summary": "basket",
        "association_rules": "basket",
        "recommendation_evaluations": "offers",
    }
    return {
        name: read_table(baskets.warehouse, f"{schema}.{name}") for name, schema in tables.items()
    }


def test_no_rule_between_shuffled_items_is_usable(shuffled, sample_build):
    found = read_table(sample_build.published, "basket.basket_summary")
    by_chance = shuffled["basket_summary"]
    assert len(found) == len(by_chance) == 8
    assert (found["rules"] > 100).all()
    assert (found.loc[found["level"] == "product", "usable_rules"] > 10).all()
    rules = shuffled["association_rules"]
    assert len(rules) > 5_000
    # What customers buy in months differs in size, so unrelated items seem to go together.
    assert ((rules["q_value"] <= 0.05) & (rules["lift"] >= 1.2)).sum() > 1_000
    print(by_chance[["basis", "level", "rules", "usable_rules"]].to_string())
    assert not rules["is_usable"].any()


def test_no_method_beats_popularity_by_much_where_there_is_nothing_to_find(shuffled, sample_build):
    published = read_table(sample_build.published, "offers.recommendation_evaluations")
    gains = {
        name: methods[methods["k"] == 5].set_index(["period", "regime", "method"])["gain"]
        for name, methods in {
            "found": published,
            "by chance": shuffled["recommendation_evaluations"],
        }.items()
    }
    for key, gain in GAINS.items():
        assert gains["found"]["test", *key] > gain
    for method in ("rules", "rules_then_segment", "cosine"):
        assert gains["by chance"]["test", "lists", method] < 0.01
    # Whoever buys often buys some products often: shuffled, that is left, and nothing else is.
    chosen = shuffled["recommendation_evaluations"].query("is_chosen and regime == 'new'")
    assert set(chosen["method"]) == {"popularity"}
    assert (gains["by chance"].xs("new", level="regime") < 0.01).all()


def test_the_validation_period_chooses_and_the_test_period_confirms_it(sample_build):
    """The bar: at least a tenth above the best of the methods there were before."""
    methods = read_table(sample_build.published, "offers.recommendation_evaluations")
    methods = methods[methods["k"] == 5].set_index(["period", "regime", "method"])
    precision = methods["mean_average_precision"]
    for regime in ("lists", "new", "all"):
        chosen = set(methods[methods["is_chosen"]].xs(regime, level="regime").index.unique(1))
        (method,) = chosen
        assert precision["validation", regime, method] == precision["validation", regime].max()
        before = ["popularity", "segment", "cosine", "rules", "rules_then_segment"]
        assert precision["test", regime, method] > 1.1 * precision["test", regime][before].max()
    gains = read_table(sample_build.published, "offers.recommendation_gains")
    gains = gains[(gains["k"] == 5) & (gains["period"] == "test") & (gains["regime"] == "lists")]
    ahead = gains[gains["method"] == "tifu_knn"].set_index("simpler_method")
    assert len(ahead) == 9
    assert (ahead["gain"] > 2 * ahead["gain_se"]).all()


def test_what_is_measured_in_sql_is_what_python_measures(sample_build):
    """Two ways to one number: the tables' average precision and that of `measure`."""
    tests = read_table(sample_build.published, "offers.recommendation_tests")
    evaluations = read_table(sample_build.published, "offers.recommendation_evaluations")
    told = evaluations[evaluations["k"] == 5].set_index(["period", "regime", "method"])
    for key, some in tests.groupby(["period", "regime", "method"]):
        precisions = []
        for _, offers in some.groupby("customer_id"):
            hits = offers[(offers["place"] > 0) & (offers["place"] <= 5)].sort_values("place")
            so_far = hits["is_hit"].cumsum() / hits["place"]
            wanted = offers["wanted"].iloc[0]
            precisions.append((so_far * hits["is_hit"]).sum() / min(5, wanted))
        assert told.loc[key, "mean_average_precision"] == pytest.approx(
            np.mean(precisions), abs=1e-6
        )


def test_methods_are_tried_on_what_came_after(sample_build):
    periods = read_table(sample_build.warehouse, "basket.basket_periods").iloc[0]
    lines = read_table(sample_build.warehouse, "core.fct_order_lines").query("is_bought")
    seconds = lines["ordered_at"].astype("datetime64[s]").astype("int64")
    tests = read_table(sample_build.published, "offers.recommendation_tests")
    tests = tests[(tests["period"] == "test") & (tests["regime"] == "all")]
    later = lines[seconds > periods["validation_until_seconds"]]
    bought = set(zip(later["customer_id"], later["product_id"], strict=True))
    hits = tests[tests["is_hit"]]
    assert len(hits) > 500
    assert bought.issuperset(zip(hits["customer_id"], hits["product_id"], strict=True))
    missed = tests[~tests["is_hit"] & tests["product_id"].notna()]
    assert bought.isdisjoint(zip(missed["customer_id"], missed["product_id"], strict=True))
    last = lines[seconds <= periods["mining_until_seconds"]]
    summary = read_table(sample_build.published, "basket.basket_summary")
    orders = summary.loc[summary["basis"] == "order", "baskets"]
    assert set(orders) == {last["order_id"].nunique()}


def test_conviction_stays_infinite_in_the_published_file(sample_build):
    rules = read_table(sample_build.published, "basket.association_rules")
    never_fails = rules["confidence"] == 1
    assert never_fails.sum() > 0
    assert np.isposinf(rules.loc[never_fails, "conviction"]).all()
    assert np.isfinite(rules.loc[~never_fails, "conviction"]).all()


def test_a_set_support_that_explodes_or_that_nothing_meets_gives_a_sentence(baskets, shuffled):
    assert not shuffled["association_rules"].empty
    baskets.run(
        "ml_frequent_itemsets frequent_itemsets ml_association_rules association_rules "
        "basket_summary",
        after="""
            update basket.basket_thresholds
            set is_support_set = true,
                min_support = case when level = 'product' then 1 / baskets else 1 end
        """,
    )
    summary = read_table(baskets.warehouse, "basket.basket_summary").set_index(["basis", "level"])
    assert len(summary) == 8
    for basis in ("order", "customer"):
        exploded = summary.loc[(basis, "product")]
        assert exploded["note"].startswith(
            f"min_support {exploded['requested_support']:.2g} gives at "
        )
        assert "more than 10000: use at least " in exploded["note"]
        enough = float(exploded["note"].rsplit(" ", 1)[1])
        assert exploded["requested_support"] < enough < 0.1
        assert (exploded["itemsets"], exploded["rules"]) == (0, 0)
        unmet = summary.loc[(basis, "category_3")]
        least = f"stands in 1 of the {unmet['baskets']} baskets: lower min_support"
        assert unmet["note"] == f"no item {least}"
    assert read_table(baskets.warehouse, "basket.association_rules").empty


def test_itemsets_of_a_sample_of_baskets_have_intervals_that_hold(sample_build, tmp_path):
    """A third of the lines may be counted, and rules tested on a fifth of the orders."""
    orders = read_table(sample_build.warehouse, "core.fct_orders where is_bought")
    known = read_table(sample_build.warehouse, "basket.basket_orders where period <> 'test'")
    assert known["is_counted"].all()
    assert known["is_tested"].all()
    lines = orders.set_index("order_id")["lines"].loc[known["order_id"].unique()].sum()
    told = {"basket_max_lines": int(lines / 3), "basket_test_orders": len(known) // 10}
    baskets = Baskets(sample_build, tmp_path)
    baskets.run("tag:basket", variables=told)
    drawn = read_table(baskets.warehouse, "basket.basket_orders where period <> 'test'")
    by_order = drawn[drawn["basis"] == "order"]
    assert 0.3 < by_order["is_counted"].mean() < 0.37
    customers = by_order.merge(orders[["order_id", "customer_id"]], on="order_id")
    assert (customers.groupby("customer_id")["is_tested"].nunique() == 1).all()
    assert 0.15 < customers["is_tested"].mean() < 0.25

    in_order = "basket.basket_thresholds order by basis, level"
    thresholds = read_table(baskets.warehouse, in_order)
    whole = read_table(sample_build.published, in_order)
    assert thresholds["all_baskets"].tolist() == whole["baskets"].tolist()
    assert whole["all_baskets"].tolist() == whole["baskets"].tolist()
    counted = by_order[by_order["is_counted"] & (by_order["period"] == "mining")]
    told = thresholds.loc[thresholds["basis"] == "order", "baskets"]
    assert set(told) == {counted["basket_number"].nunique()}

    everything = read_table(sample_build.published, "basket.frequent_itemsets")
    assert (everything["lower_95"] == everything["support"]).all()
    assert (everything["upper_95"] == everything["support"]).all()
    found = read_table(baskets.warehouse, "basket.frequent_itemsets")
    key = ["basis", "level", "itemset"]
    both = everything.merge(found, on=key, how="left", suffixes=("_of_all", ""))
    # Near the least support only what is drawn too often is found: look at what lies well above.
    both = both.merge(thresholds[["basis", "level", "min_support"]], on=["basis", "level"])
    common = both[both["support_of_all"] > 2 * both["min_support"]]
    assert len(common) > 1_000
    assert common["support"].notna().mean() > 0.99
    held = common.dropna(subset="support")
    holds = held["support_of_all"].between(held["lower_95"], held["upper_95"])
    print(holds.groupby([held["basis"], held["level"]]).agg(["size", "mean"]))
    # Itemsets of one sample share its chance, so all of them together may be a little off.
    assert holds.mean() > 0.9
    assert (held["upper_95"] > held["lower_95"]).all()
    rules = read_table(baskets.warehouse, "basket.association_rules where is_usable")
    usable = read_table(sample_build.published, "basket.association_rules where is_usable")
    pairs = [
        set(zip(one["antecedent"], one["consequent"], strict=True)) for one in (rules, usable)
    ]
    assert len(pairs[0] & pairs[1]) > 0
