"""Clusters of the sample, of real and of new data: the truth, the published figures, the names."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import REPO_ROOT, Project
from sklearn.metrics import adjusted_rand_score, silhouette_score
from test_online_retail import published_returns

from python_ml.clustering import (
    assign_customers,
    choose_features,
    evaluate_clusterings,
    find_axes,
    fit_clusterings,
    names_used,
    project_customers,
    scale_features,
)
from targeted_lists.saved.tables import save_tables

sys.path.insert(0, str(REPO_ROOT / "benchmarks"))

from permuted_clusters import evaluate, permute_orders

TRUTH = REPO_ROOT / "data" / "sample" / "truth" / "customers.csv"


def read(database: Path, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).df()


# --- the sample -------------------------------------------------------------------------------


def test_chosen_clusters_recover_the_planted_segments(sample_build):
    clusters = read(
        sample_build.published, "select * from segmentation.customer_clusters where is_chosen"
    )
    truth = pd.read_csv(TRUTH).query("segment != 'none'")
    both = clusters.merge(truth, on="customer_id")
    assert len(both) > 2_900
    assert adjusted_rand_score(both["segment"], both["cluster"]) >= 0.7


def test_every_method_is_measured_for_every_number(sample_build):
    found = read(sample_build.published, "select * from segmentation.cluster_evaluations")
    methods = {"kmeans", "kmeans_pca", "ward", "gaussian_mixture", "som_units", "som_map"}
    # The widest feature set is clustered by all methods, the others by two.
    expected = {("none", "full", 1)}
    expected |= {(method, "full", k) for method in methods for k in range(2, 11)}
    for feature_set in ("rfm", "behaviour"):
        expected |= {(one, feature_set, k) for one in ("kmeans", "ward") for k in range(2, 11)}
    assert set(zip(found["method"], found["feature_set"], found["k"], strict=True)) == expected
    measures = ["silhouette", "davies_bouldin", "calinski_harabasz", "stability_ari"]
    assert found.loc[found["method"] != "none", measures].notna().all().all()
    assert found.query("method == 'gaussian_mixture'")["bic"].notna().all()
    kmeans = found.query("method == 'kmeans'")
    assert kmeans.groupby("feature_set")["is_elbow"].sum().eq(1).all()
    assert found.query("is_chosen")["is_separated"].tolist() == [True]


def test_published_measures_are_those_of_the_published_clusters(sample_build):
    """Recomputed by scikit-learn from what a reader of the tables has."""
    rows = read(
        sample_build.warehouse,
        """
        select clusters.method, clusters.cluster, inputs.*
        from segmentation.customer_clusters as clusters
        inner join segmentation.ml_cluster_inputs as inputs using (customer_id)
        where inputs.is_fitted and clusters.method <> 'none'
        order by clusters.method, inputs.customer_id
        """,
    )
    used = read(
        sample_build.published,
        "select feature_set, feature from segmentation.cluster_feature_choices where is_used",
    )
    found = read(
        sample_build.published,
        "select * from segmentation.cluster_evaluations where is_method_choice",
    ).set_index("method")
    for method, of_one in rows.groupby("method"):
        assert found.at[method, "evaluated_customers"] == len(of_one)
        features = used.loc[used["feature_set"] == found.at[method, "feature_set"], "feature"]
        recomputed = silhouette_score(of_one[features], of_one["cluster"])
        assert found.at[method, "silhouette"] == pytest.approx(recomputed, rel=1e-6)


def test_shuffled_features_of_the_sample_are_refused(sample_build):
    features = read(sample_build.published, "select * from segmentation.cluster_features")
    features = features.sort_values("customer_id", ignore_index=True)
    generator = np.random.default_rng(1)
    names = [name for name in features if name != "customer_id"]
    features[names] = features[names].apply(lambda column: generator.permutation(column))
    choices = choose_features(features, features=names)
    scaled = scale_features(features, choices, rank_by="monetary", fit_size=1_000)
    models = fit_clusterings(
        scaled, features=names_used(choices), rank_by="worth", fit_on="is_fitted", k_max=5
    )
    evaluations = evaluate_clusterings(
        scaled, models, fit_on="is_fitted", bootstraps=2, min_share=0.01
    )
    chosen = evaluations[evaluations["is_chosen"]].iloc[0]
    assert chosen["method"] == "none"
    assert "none of 24 clusterings can be accepted" in chosen["reason"]


@pytest.mark.parametrize("seed", [1, 2])
def test_customers_permuted_over_orders_have_no_clusters(sample_build, seed):
    """Of 200 seeds benchmarks/permuted_clusters.py keeps count; here are a few."""
    customers = permute_orders(sample_build.published, seed=seed, size=800)
    found = evaluate(customers, k_max=6)
    # Everyone keeps the number of orders, which RFM may cut by; that is no natural group.
    accepted = found[(found["method"] != "none") & ~found["reason"].str.startswith("Refused")]
    assert not accepted["is_separated"].any()
    assert set(accepted["feature_set"]) <= {"rfm"}
    assert not found.loc[found["is_chosen"], "is_separated"].any()
    # The same orders with their own customers have them.
    found = evaluate(permute_orders(sample_build.published, seed=None, size=800), k_max=6)
    assert found.loc[found["is_chosen"], "is_separated"].tolist() == [True]


def test_what_few_orders_tell_is_shrunk_next_to_the_raw_value(sample_build):
    rows = read(
        sample_build.published,
        """
        select max(value) - min(value) as raw, max(shrunk_value) - min(shrunk_value) as shrunk
        from segmentation.cluster_feature_values
        inner join segmentation.cluster_features using (customer_id)
        where feature = 'discounted_share' and frequency = 1
        """,
    ).astype(float)
    assert rows["raw"].tolist() == [1]
    assert 0 < rows["shrunk"].item() < 0.9


def test_customers_known_from_totals_are_placed_but_not_fitted(sample_build):
    rows = read(
        sample_build.published,
        """
        select * from segmentation.customer_clusters
        inner join core.dim_customers using (customer_id)
        where is_chosen and has_totals and not has_orders
        """,
    )
    assert len(rows) >= 70
    assert set(rows["fit_role"]) == {"incomplete"}
    assert rows[["cluster", "distance"]].notna().all().all()


def test_summaries_say_what_to_do(sample_build):
    found = read(
        sample_build.published,
        "select * from segmentation.cluster_summaries where is_chosen order by cluster",
    )
    assert found["share_of_customers"].sum() == pytest.approx(1)
    assert found["share_of_revenue"].sum() == pytest.approx(1)
    assert found["cluster_name"].is_unique
    assert found[["strategy", "action", "trait_1", "buying_channel"]].notna().all().all()
    assert found["list_name"].dropna().nunique() >= 2
    assert found["list_channel"].notna().equals(found["list_name"].notna())
    means = found["revenue"].astype(float) / found["customers"]
    assert means.is_monotonic_decreasing


# --- UCI Online Retail, the published setting -------------------------------------------------


@pytest.fixture(scope="module")
def retail_rfm(shared_data: Path) -> pd.DataFrame:
    """RFM as of 2011-12-10 on the 391,150 lines, spend net of returns by the published rule."""
    raw_file = shared_data / "online_retail" / "online_retail.csv.gz"
    if not raw_file.is_file():
        pytest.skip(f"the UCI file is not at {raw_file}")
    lines = duckdb.execute(
        """
        with

        raw_lines as (

            select distinct *
            from read_csv(?, header = true, all_varchar = true, encoding = 'latin-1')
            where CustomerID is not null

        )

        select
            row_number() over (
                order by strptime(InvoiceDate, '%m/%d/%Y %H:%M'), InvoiceNo, StockCode,
                    Quantity::int, UnitPrice
            ) as order_line_id,
            CustomerID as customer_id,
            InvoiceNo as order_id,
            StockCode as product_id,
            strptime(InvoiceDate, '%m/%d/%Y %H:%M') as ordered_at,
            Quantity::int as quantity,
            UnitPrice::double as price,
            exists (
                select 1 from read_csv(?, header = true) as services
                where services.adapter = 'online_retail'
                    and StockCode like services.code_pattern
            ) as is_service
        from raw_lines
        order by order_line_id
        """,
        [str(raw_file), str(REPO_ROOT / "seeds" / "service_codes.csv")],
    ).df()
    lines["returned"], unmatched = published_returns(lines)
    assert unmatched == 1_303
    sold = lines[(lines["quantity"] > 0) & (lines["price"] > 0) & ~lines["is_service"]]
    assert len(sold) == 391_150
    amount = sold["price"] * (sold["quantity"] - sold["returned"])
    by_customer = sold.assign(amount=amount).groupby("customer_id")
    recency = pd.Timestamp("2011-12-10") - by_customer["ordered_at"].max()
    return pd.DataFrame(
        {
            "recency_days": recency.dt.days,
            "frequency": by_customer["order_id"].nunique(),
            "monetary": by_customer["amount"].sum(),
        }
    ).reset_index()


def test_published_setting_gives_the_published_clusters(retail_rfm):
    """Up to the 0.95 quantiles, standardised, two components, k-means with k = 3."""
    is_typical = (retail_rfm["frequency"] <= retail_rfm["frequency"].quantile(0.95)) & (
        retail_rfm["monetary"] <= retail_rfm["monetary"].quantile(0.95)
    )
    customers = retail_rfm[is_typical]
    assert len(customers) == 4_044

    names = ["recency_days", "frequency", "monetary"]
    choices = choose_features(customers, features=names, skew_limit=np.inf, correlation_limit=1)
    assert names_used(choices) == names
    scaled = scale_features(customers, choices, rank_by="monetary", outlier_share=0)
    axes = find_axes(scaled, features=names)
    explained = axes.groupby("axis")["explained_share"].first()
    assert explained[[1, 2]].tolist() == pytest.approx([0.677, 0.240], abs=6e-4)

    points = project_customers(scaled, axes).merge(scaled[["customer_id", "worth"]])
    models = fit_clusterings(
        points, features=["x", "y"], rank_by="worth", methods=["kmeans"], k_min=3, k_max=3
    )
    measured = evaluate_clusterings(points, models, sample_size=5_000, bootstraps=2)
    measured = measured.set_index("method").loc["kmeans"]
    assert measured["evaluated_customers"] == 4_044
    assert measured["silhouette"] == pytest.approx(0.524, abs=0.002)

    clusters = assign_customers(points, models).query("method == 'kmeans'")
    profiles = clusters.merge(customers, on="customer_id").groupby("cluster")[names].mean()
    loyal = profiles.loc[1]
    assert loyal.tolist() == pytest.approx([31.94, 7.068, 2657.75], rel=0.02)
    sizes = sorted(clusters["cluster"].value_counts())
    assert sizes == pytest.approx([776, 1000, 2268], rel=0.005)


# --- from run to run --------------------------------------------------------------------------

DATASET = "totals"
GROUPS = {"A": (5, 40, 20), "B": (150, 8, 60), "C": (300, 2, 35)}
"""Recency in days, orders and revenue an order of three groups of customers."""
TABLES = ("customer_clusters", "ml_cluster_models", "ml_cluster_feature_choices")


def write_totals(
    project: Project, members: dict[str, str], *, as_of_date: str, factors: dict[str, float]
) -> None:
    """Write a dataset of totals alone; `factors` multiply the revenue of a group."""
    generator = np.random.default_rng(3)
    rows = []
    for customer_id in sorted(members):
        recency, orders, receipt = GROUPS[members[customer_id]]
        shaken = generator.uniform(0.8, 1.25, size=3)
        count = max(1, round(orders * shaken[1]))
        rows.append(
            {
                "customer_id": customer_id,
                "as_of_date": as_of_date,
                "recency_days": round(recency * shaken[0]),
                "orders": count,
                "revenue": round(
                    count * receipt * shaken[2] * factors.get(members[customer_id], 1), 2
                ),
                "tenure_days": 400 + round(recency * shaken[0]),
            }
        )
    folder = project.folder / "data" / DATASET
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / "customer_totals.csv", index=False)


def build(project: Project, **variables: object) -> dict[str, pd.DataFrame]:
    """Build the mart and return its tables, each sorted by all of its columns."""
    outcome = project.dbt(
        *("build", "--indirect-selection", "empty", "--exclude", "test_type:unit"),
        *("--select", "+tag:segmentation", "path:tests/singular/segmentation"),
        dataset=DATASET,
        **variables,
    )
    assert outcome.success, "\n".join(outcome.failures)
    database = project.warehouse(DATASET)
    names = read(
        database, "select table_name from duckdb_tables() where schema_name = 'segmentation'"
    )["table_name"]
    return {
        name: read(database, f"select * from segmentation.{name} order by all")
        for name in sorted(names)
    }


def keep(project: Project, day: str) -> None:
    """Keep what a whole run would."""
    with duckdb.connect(str(project.warehouse(DATASET))) as connection:
        save_tables(
            connection,
            dataset=DATASET,
            tables=[("segmentation", table) for table in TABLES],
            as_of_date=pd.Timestamp(day).date(),
            folder=project.folder / "state",
        )


@pytest.fixture(scope="module")
def runs(project) -> dict[str, dict[str, pd.DataFrame]]:
    """The same shop in two months: C has become the best, some moved, came or left."""
    first = {f"{group}{n:02d}": group for group in GROUPS for n in range(50)}
    write_totals(project, first, as_of_date="2025-01-31", factors={})
    found = {"first": build(project)}
    keep(project, "2025-01-31")
    second = {name: group for name, group in first.items() if name not in ("A00", "B00")}
    second |= {"A01": "C", "B01": "A", "B02": "A"}
    second |= {f"N{n}": "B" for n in range(3)}
    write_totals(project, second, as_of_date="2025-02-28", factors={"C": 15})
    found["second"] = build(project)
    keep(project, "2025-02-28")
    found["again"] = build(project)
    return found


def chosen(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    clusters = tables["customer_clusters"]
    return clusters[clusters["is_chosen"]].set_index("customer_id")


def test_totals_alone_are_clustered(runs):
    clusters = chosen(runs["first"])
    assert clusters["k"].unique().tolist() == [3]
    groups = clusters.index.str[0]
    assert adjusted_rand_score(groups, clusters["cluster"]) == 1
    choices = runs["first"]["cluster_feature_choices"]
    reasons = choices[choices["feature_set"] == "full"].set_index("feature")["reason"]
    assert reasons["lines_per_order"] == "Dropped: unknown for all customers."
    assert runs["first"]["cluster_moves"].empty
    assert runs["first"]["cluster_summaries"]["is_new"].all()


def test_names_and_keys_survive_new_data(runs):
    before, after = chosen(runs["first"]), chosen(runs["second"])
    stayed = [name for name in before.index.intersection(after.index) if name[1:] > "02"]
    assert len(stayed) == 141
    columns = ["cluster_key", "cluster_name"]
    pd.testing.assert_frame_equal(before.loc[stayed, columns], after.loc[stayed, columns])
    # The ranks did change: what is looked up by number is another cluster now.
    assert (before.loc["C10", "cluster"], after.loc["C10", "cluster"]) == (3, 1)
    summaries = runs["second"]["cluster_summaries"].query("is_chosen")
    assert not summaries["is_new"].any()
    assert summaries["overlap"].between(0.9, 1).all()


def test_who_moved_is_in_a_table(runs):
    before = chosen(runs["first"])
    key = {group: before.at[f"{group}10", "cluster_key"] for group in GROUPS}
    moves = runs["second"]["cluster_moves"].set_index("customer_id")
    found = moves[["change", "previous_cluster_key", "cluster_key"]].fillna("")
    assert found.T.to_dict("list") == {
        "A00": ["left", key["A"], ""],
        "B00": ["left", key["B"], ""],
        "A01": ["moved", key["A"], key["C"]],
        "B01": ["moved", key["B"], key["A"]],
        "B02": ["moved", key["B"], key["A"]],
        "N0": ["joined", "", key["B"]],
        "N1": ["joined", "", key["B"]],
        "N2": ["joined", "", key["B"]],
    }
    assert moves["previous_date"].unique().tolist() == [pd.Timestamp("2025-01-31")]


def test_unchanged_data_give_unchanged_numbers_and_names(runs):
    assert runs["second"].keys() == runs["again"].keys()
    for name, table in runs["second"].items():
        if name != "cluster_history":
            pd.testing.assert_frame_equal(table, runs["again"][name], check_exact=True)


def test_kept_models_place_customers_who_came_later(project, runs):
    members = {f"{group}{n:02d}": group for group in GROUPS for n in range(50)}
    members |= {f"Z{n}": "C" for n in range(4)}
    write_totals(project, members, as_of_date="2025-03-31", factors={"C": 15})
    found = build(project, reuse_models={"segmentation": True})
    pd.testing.assert_frame_equal(
        found["ml_cluster_feature_choices"],
        runs["again"]["ml_cluster_feature_choices"],
        check_exact=True,
    )
    # The clusters may be numbered again, but their centres are the saved ones.
    assert len(found["ml_cluster_models"]) == len(runs["again"]["ml_cluster_models"])
    centers = [
        [
            sorted(json.loads(text)["centers"])
            for text in tables["ml_cluster_models"].query("method == 'kmeans'")["model"]
        ]
        for tables in (found, runs["again"])
    ]
    assert sorted(centers[0]) == sorted(centers[1])
    clusters = chosen(found)
    new_customers = clusters.loc[["Z0", "Z1", "Z2", "Z3"], "cluster_key"]
    assert set(new_customers) == {clusters.at["C10", "cluster_key"]}


def test_the_feature_set_can_be_rfm_alone(project, runs):
    outcome = project.dbt(
        *(
            "build",
            "--select",
            "ml_cluster_feature_values",
            "ml_cluster_feature_choices",
            "--indirect-selection",
            "empty",
        ),
        dataset=DATASET,
        cluster_feature_set="rfm",
    )
    assert outcome.success, "\n".join(outcome.failures)
    found = read(
        project.warehouse(DATASET),
        "select * from segmentation.ml_cluster_feature_choices order by place",
    )
    assert found["feature"].tolist() == ["recency_days", "frequency", "monetary"]
    assert found["feature_set"].unique().tolist() == ["rfm"]


# --- three planted behaviours -----------------------------------------------------------------


def test_strategies_fit_the_planted_behaviours(project):
    """200 buy every 14 days and little, 200 every 60 days and much, 200 stopped in summer."""
    outcome = project.dbt(
        *("build", "--indirect-selection", "empty", "--exclude-resource-type", "unit_test"),
        *("--select", "+tag:segmentation", "path:tests/singular/segmentation"),
        dataset="three_behaviours",
        data_dir="tests/data",
    )
    assert outcome.success, "\n".join(outcome.failures)
    database = project.warehouse("three_behaviours")
    found = read(
        database,
        "select * from segmentation.cluster_summaries where is_chosen order by revenue desc",
    )
    assert found["customers"].tolist() == [200, 200, 200]
    assert found["strategy"].is_unique
    lapsed = found[found["lapsed_share"] > 0.5]
    assert lapsed["list_name"].tolist() == ["win_back"]
    assert lapsed["lapsed_share"].tolist() == [1]
    best = found.iloc[0]
    assert best["share_of_revenue"] > 0.5
    assert best["list_name"] == "loyal_rewards"
    assert not found["strategy"].str.contains("second order|Leave in peace").any()
    names = found.set_index("list_name")["cluster_name"]
    assert "recent" not in names["win_back"]
