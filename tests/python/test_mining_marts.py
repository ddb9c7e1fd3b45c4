"""Segmentation, basket and activity: odd datasets, leaks, noise, and the planted truth."""

from __future__ import annotations

import gzip
import importlib.util
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import yaml
from conftest import REPO_ROOT, Build, Project, query
from scipy.stats import poisson
from sklearn.metrics import roc_auc_score

from python_ml.classification import BASELINES, MODELS

SAMPLE = REPO_ROOT / "data" / "sample"
MARTS = ("segmentation", "basket", "offers", "activity")
COLUMNS = ["order_id", "customer_id", "ordered_at", "product_id", "quantity", "unit_price"]
ODD = "odd"
LEAK_DATE = "2026-04-15"


def read_table(database: Path, table: str) -> pd.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(f"select * from {table}").df()


def build_marts(project: Project, lines: list[tuple], *, marts: tuple[str, ...] = MARTS) -> Path:
    """Write the lines as a dataset's only file, build the marts and test their sums.

    The dataset is the same for all, since dbt parses the project again for each name; whatever
    the last one left is replaced.
    """
    folder = project.folder / "data" / ODD
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(lines, columns=COLUMNS).to_csv(folder / "order_lines.csv", index=False)
    outcome = project.dbt(
        *("build", "--indirect-selection", "empty"),
        # Keys and types of few rows are the contracts' business; sums are the tests'.
        *("--exclude", "test_type:unit", "test_type:generic", "--select"),
        *(f"+tag:{mart}" for mart in marts),
        *(f"path:tests/singular/{mart}" for mart in marts),
        dataset=ODD,
    )
    assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse(ODD)


def column_types(database: Path) -> list[tuple]:
    schemas = ", ".join(f"'{mart}'" for mart in MARTS)
    return query(
        database,
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        f"where schema_name in ({schemas}) order by schema_name, table_name, column_index",
    )


# --- odd datasets -----------------------------------------------------------------------------


def test_a_header_alone_gives_empty_typed_tables_with_reasons(project, sample_build):
    database = build_marts(project, [])
    assert column_types(database) == column_types(sample_build.warehouse)
    evaluations = read_table(database, "segmentation.cluster_evaluations")
    assert evaluations["reason"].tolist() == [
        "Chosen: too few or too similar customers, 0 in all."
    ]
    evaluations = read_table(database, "activity.activity_evaluations")
    assert evaluations["data_basis"].tolist() == ["orders", "totals"]
    assert evaluations["reason"].tolist() == ["No model: there are no labelled rows."] * 2
    thresholds = read_table(database, "basket.basket_thresholds")
    assert thresholds["baskets"].tolist() == [0, 0]
    summary = read_table(database, "basket.basket_summary")
    assert set(summary["note"]) == {"no baskets"}
    assert set(summary["history"]) == {"no orders"}
    methods = read_table(database, "offers.recommendation_evaluations")
    assert set(methods.loc[methods["is_chosen"], "reason"]) == {"Chosen untested: no orders."}
    grid = read_table(database, "activity.risk_value_grid")
    assert (len(grid), grid["customers"].sum()) == (12, 0)
    for table in (
        "segmentation.customer_clusters",
        "segmentation.cluster_profiles",
        "basket.frequent_itemsets",
        "basket.association_rules",
        "offers.product_recommendations",
        "activity.activity_scores",
        "activity.activity_importances",
    ):
        assert read_table(database, table).empty, table


def test_one_order_groups_nobody_and_predicts_nothing(project):
    lines = [("O1", "C1", "2025-03-01 10:00:00", "P1", 1, 5)]
    database = build_marts(project, lines)
    clusters = read_table(database, "segmentation.customer_clusters")
    assert clusters[["customer_id", "method", "is_chosen"]].values.tolist() == [
        ["C1", "none", True]
    ]
    thresholds = read_table(database, "basket.basket_thresholds")
    columns = ["baskets", "validation_baskets", "min_support"]
    assert thresholds[columns].values.tolist() == [[1, 0, 1], [1, 0, 1]]
    summary = read_table(database, "basket.basket_summary")
    assert set(summary["note"]) == {"no two items stand together in 1 of the 1 baskets"}
    assert read_table(database, "offers.product_recommendations").empty
    scores = read_table(database, "activity.activity_scores")
    columns = ["customer_id", "basis", "risk_band", "rule_reason", "is_regular"]
    reason = "not a regular customer; too few customers to fit a model: it takes 50"
    assert scores[columns].fillna("").values.tolist() == [["C1", "none", "", reason, False]]
    values = read_table(database, "activity.activity_values")
    assert values["value_reason"].tolist() == ["too few customers to fit a model: it takes 50"]
    assert values[["expected_margin", "customer_value", "value_at_risk"]].isna().all(axis=None)


def test_a_month_of_five_customers_is_no_history_to_learn_from(project):
    lines = [
        (f"O{c}-{n}", f"C{c}", f"2025-03-{c + 14 * n:02d} 10:00:00", f"P{(c + n) % 3}", 1 + c, 5)
        for c in range(1, 6)
        for n in range(2)
    ]
    database = build_marts(project, lines)
    cutoffs = read_table(database, "activity.activity_cutoffs")
    assert cutoffs["is_training"].tolist() == [False]
    recommendations = read_table(database, "offers.product_recommendations")
    assert len(recommendations) > 0
    assert set(recommendations["source"]) == {"popular"}
    clusters = read_table(database, "segmentation.customer_clusters")
    assert set(clusters.loc[clusters["is_chosen"], "customer_id"]) == {
        f"C{c}" for c in range(1, 6)
    }


def test_customers_who_are_all_alike_are_one_group_and_scored_by_the_rule(project):
    lines = [
        (f"O{c}-{n}", f"C{c:02d}", f"2025-{1 + n:02d}-05 10:00:00", product, 1, 5)
        for c in range(40)
        for n in range(12)
        for product in ("P1", "P2")
    ]
    database = build_marts(project, lines)
    clusters = read_table(database, "segmentation.customer_clusters")
    assert set(clusters["cluster_name"]) == {"everyone"}
    assert clusters["is_chosen"].all()
    rules = read_table(database, "basket.association_rules")
    assert set(rules["verdict"]) == {"may be chance by the Fisher test"}
    evaluations = read_table(database, "activity.activity_evaluations")
    evaluations = evaluations.set_index("data_basis")
    assert evaluations["declined_rows"].to_dict() == {"orders": 0, "totals": 0}
    assert evaluations["reason"]["orders"].startswith("No model: 0 customers with is_declined")
    assert evaluations["reason"]["totals"] == "No model: there are no labelled rows."
    scores = read_table(database, "activity.activity_scores")
    assert len(scores) == 40
    assert set(scores["scored_by"]) == {"rule"}
    assert set(scores["risk_band"]) == {"low"}
    # Of so few no margin is expected: they have cells of their own, without a value.
    grid = read_table(database, "activity.risk_value_grid")
    held = grid[grid["customers"] > 0]
    assert held[["value_band", "risk_band", "customers"]].values.tolist() == [
        ["unknown", "low", 40]
    ]
    assert held[["expected_margin", "customer_value", "value_at_risk"]].isna().all(axis=None)


def load_model(path: str) -> Callable:
    """Load the function `model` of a dbt Python model."""
    file = REPO_ROOT / "models" / "marts" / path
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.model


def find_itemsets(items: pd.DataFrame, *, max_itemsets: int, is_set: bool) -> pd.DataFrame:
    """Run the dbt model `itemsets` on ten baskets that are all mined."""
    connection = duckdb.connect()
    group = {"basis": "order", "level": "product"}
    connection.register("items", items.assign(period="mining", is_counted=True, **group))
    counts = items.groupby("item_number").size().reset_index(name="baskets")
    counts = counts.assign(item=counts["item_number"].map("P{:02d}".format), **group)
    connection.register("counts", counts)
    thresholds = pd.DataFrame(
        [group | {"min_support": 0.5, "max_length": 3, "baskets": 10, "is_support_set": is_set}]
    )
    connection.register("thresholds", thresholds)
    tables = {
        "basket_items": connection.sql("select * from items"),
        "basket_item_counts": connection.sql("select * from counts"),
        "basket_thresholds": connection.sql("select * from thresholds"),
    }
    meta = {"mining": {"max_itemsets": max_itemsets}}
    dbt = SimpleNamespace(ref=tables.get, config=SimpleNamespace(get={"meta": meta}.get))
    return load_model("basket/ml/ml_frequent_itemsets.py")(dbt, connection)


def test_too_many_itemsets_raise_a_chosen_support_and_stop_a_set_one():
    # Of twelve items two stand in all ten baskets, the others in nine of them: 298 itemsets.
    items = pd.DataFrame(
        [(b, i) for b in range(10) for i in range(12) if i < 2 or b],
        columns=["basket_number", "item_number"],
    )
    whole = find_itemsets(items, max_itemsets=298, is_set=True)
    assert whole["length"].value_counts().to_dict() == {0: 1, 1: 12, 2: 66, 3: 220}
    assert whole["note"].iloc[0] == ""
    stopped = find_itemsets(items, max_itemsets=100, is_set=True)
    assert stopped["length"].tolist() == [0]
    said = (
        "min_support 0.5 gives at least 298 itemsets up to length 3, more than 100: use at least 1"
    )
    assert stopped["note"].iloc[0] == said
    risen = find_itemsets(items, max_itemsets=100, is_set=False)
    assert risen["itemset"].tolist() == ["", "P00", "P01", "P00 + P01"]
    assert set(risen["min_support"]) == {1.0}
    assert risen["note"].iloc[0] == f"{said}, which was done"


# --- leaks ------------------------------------------------------------------------------------


def copy_sample(folder: Path) -> None:
    """Copy the sample's files."""
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("truth"))


def delete_later_facts(folder: Path, *, until: str) -> None:
    """Delete order lines and site months from a day on."""
    for name in ("order_lines.csv.gz", "site_activity.csv.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8", errors="surrogateescape") as file:
            header, *rows = file.readlines()
        kept = [
            row
            for row in rows
            if not (found := re.search(r"\d{4}-\d\d-\d\d", row)) or found.group() < until
        ]
        assert 0.5 * len(rows) < len(kept) < 0.95 * len(rows)
        with gzip.open(folder / name, "wt", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines([header, *kept])


def test_deleting_what_happened_after_the_as_of_date_changes_nothing(project):
    tables = (
        "segmentation.cluster_features",
        "basket.basket_thresholds",
        "basket.basket_items",
        "basket.association_rules",
        "offers.product_recommendations",
        "activity.activity_features",
        "activity.activity_scores",
    )
    folder = project.folder / "data" / "leaks"
    contents = []
    for prepare in (copy_sample, partial(delete_later_facts, until=LEAK_DATE)):
        prepare(folder)
        outcome = project.dbt(
            *("build", "--resource-type", "seed", "model", "--select"),
            *("+cluster_features", "+activity_scores", "+product_recommendations"),
            dataset="leaks",
            as_of_date=LEAK_DATE,
        )
        assert outcome.success, "\n".join(outcome.failures)
        database = project.warehouse("leaks")
        contents.append({table: read_table(database, table) for table in tables})
    whole, cut = contents
    for table in tables:
        assert len(whole[table]) > 0, table
        columns = list(whole[table].columns)
        pd.testing.assert_frame_equal(
            *(one[table].sort_values(columns, ignore_index=True) for one in (whole, cut)),
            check_exact=False,
            rtol=0,
            atol=1e-9,
            obj=table,
        )


# --- noise ------------------------------------------------------------------------------------


def simulate_steady_shop(*, customers: int = 500, seed: int = 7) -> list[tuple]:
    """Orders of customers whose rates never change, but for a season that all share."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2025-01-01", periods=420)
    season = np.array([0.6, 0.6, 0.8, 1, 1, 1, 0.8, 0.8, 1, 1.2, 1.5, 1.9])[days.month - 1]
    rates = rng.gamma(8, 1 / 8, customers) * 2.2 / 60
    counts = rng.poisson(rates[:, None] * season)
    customer, day = np.nonzero(counts)
    return [
        (f"O{n}", f"C{c:03d}", str(days[d] + pd.Timedelta(hours=12)), f"P{n % 30}", 1, 5)
        for n, (c, d) in enumerate(zip(customer, day, strict=True))
    ]


def test_neither_season_nor_steady_customers_are_taken_for_declines(project):
    database = build_marts(project, simulate_steady_shop(), marts=("activity",))
    features = read_table(database, "activity.activity_features")
    past = features[~features["is_current"]].assign(
        is_declined=lambda rows: rows["is_declined"].astype(float),
        # The season swings by a factor of three; what Poisson counts do by chance stays.
        by_chance=lambda rows: poisson.cdf(
            np.ceil(rows["expected_orders"].astype(float) / 2) - 1,
            rows["expected_orders"].astype(float),
        ),
    )
    shares = past.groupby("cutoff_at")[["is_declined", "by_chance"]].mean()
    assert len(shares) == 4
    np.testing.assert_allclose(shares["is_declined"], shares["by_chance"], atol=0.08)
    scores = read_table(database, "activity.activity_scores").query("is_regular")
    assert len(scores) > 200
    assert (scores["risk_band"] == "high").mean() < 0.05


# --- the planted truth ------------------------------------------------------------------------


def score_against_truth(sample_build: Build) -> pd.DataFrame:
    """Scores of the regular customers whose latent segment has falls, with the truth.

    `declines` is the planted fall of the rate; `outcome` is what a probability speaks of, the
    label that the orders after the end will give: fewer than half of what is expected.
    """
    truth = pd.read_csv(SAMPLE / "truth" / "customers.csv")
    features = read_table(sample_build.published, "activity.activity_features")
    scores = read_table(sample_build.published, "activity.activity_scores")
    scored = scores.merge(
        features.loc[features["is_current"], ["customer_id", "typical_orders"]], on="customer_id"
    ).merge(truth, on="customer_id")
    later, usual = scored["orders_60d_after_end"], scored["typical_orders"]
    outcome = later < 0.5 * usual * later.sum() / usual.sum() - 1e-9
    scored = scored.assign(outcome=outcome.astype(float)).dropna(subset=["declines_after_end"])
    return scored.assign(declines=scored["declines_after_end"].astype(bool).astype(float))


def test_scores_predict_the_planted_declines(sample_build):
    scored = score_against_truth(sample_build)
    assert len(scored) > 400
    auc = roc_auc_score(scored["declines"], scored["p_decline"])
    bands = scored.groupby("risk_band").agg(
        customers=("declines", "size"),
        declines=("declines", "mean"),
        outcome=("outcome", "mean"),
        p_decline=("p_decline", "mean"),
    )
    is_high = scored["risk_band"] == "high"
    precision = scored.loc[is_high, "declines"].mean()
    recall = scored.loc[is_high, "declines"].sum() / scored["declines"].sum()
    print(f"\nROC-AUC {auc:.3f}, high risk: precision {precision:.3f}, recall {recall:.3f}")
    print(bands.round(3).to_string())
    assert auc > 0.78
    assert precision > 0.45
    assert recall > 0.3
    # Predicted and true shares agree: within three standard errors of a share of so many.
    chance = np.sqrt(bands["p_decline"] * (1 - bands["p_decline"]) / bands["customers"])
    assert ((bands["p_decline"] - bands["outcome"]).abs() < 3 * chance).all(), chance
    assert abs(scored["p_decline"].mean() - scored["outcome"].mean()) < 0.05
    assert abs(scored["p_decline"].mean() - scored["declines"].mean()) < 0.05
    assert bands["declines"].loc[["low", "medium", "high"]].is_monotonic_increasing


def test_the_model_is_chosen_because_it_beats_its_baselines(sample_build):
    evaluations = read_table(sample_build.published, "activity.activity_evaluations")
    evaluations = evaluations[evaluations["data_basis"] == "orders"]
    assert set(evaluations["model"]) == {*MODELS, *BASELINES}
    chosen = evaluations[evaluations["is_chosen"]].iloc[0]
    assert chosen["model"] in MODELS
    majority = evaluations.set_index("model").loc["majority"]
    previous_period_orders = evaluations.set_index("model").loc["previous_period_orders"]
    assert chosen["gain"] > 0.15
    assert chosen["out_of_time_roc_auc"] > previous_period_orders["out_of_time_roc_auc"] + 0.1
    for measure in ("brier", "log_loss", "cost"):
        assert chosen[measure] < min(majority[measure], previous_period_orders[measure]), measure


def test_probabilities_are_right_decile_by_decile(sample_build):
    calibration = sample_build.query(
        "select avg(abs(predicted_share - declined_share)), "
        "count_if(not is_within_band), count(*) "
        "from activity.activity_calibration "
        "inner join activity.activity_evaluations using (data_basis, model) where is_chosen"
    )
    ((error, outside, deciles),) = calibration
    assert error <= 0.05
    assert (outside, deciles) == (0, 10)
    gains = sample_build.query(
        "select decile, gain_share from activity.activity_gains "
        "inner join activity.activity_evaluations using (data_basis, model) "
        "where is_chosen order by decile"
    )
    # A fifth of the messages reaches half of the declines.
    assert dict(gains)[2] > 0.5


def test_whoever_is_known_from_totals_is_not_scored_by_what_orders_train(sample_build):
    """Thirty labels that the sample gives are too few, and orders know other features."""
    features = read_table(sample_build.warehouse, "activity.activity_features")
    assert features.groupby("data_basis")["label_source"].unique().map(set).map(
        lambda sources: {source for source in sources if isinstance(source, str)}
    ).to_dict() == {"orders": {"derived"}, "totals": {"given"}}
    scores = read_table(sample_build.published, "activity.activity_scores")
    scores = scores[scores["is_regular"]]
    totals = scores[scores["data_basis"] == "totals"]
    assert len(totals) > 50
    assert (totals["scored_by"] == "rule").all()
    assert totals["p_decline"].isna().all()
    assert totals["rule_reason"].str.contains("are too few; each takes at least 20").all()
    assert (scores.loc[scores["data_basis"] == "orders", "scored_by"] != "rule").all()
    totals = totals.merge(
        pd.read_csv(SAMPLE / "customer_totals.csv", dtype={"customer_id": str}).drop_duplicates(
            "customer_id"
        ),
        on="customer_id",
    )
    # Half of the gaps of orders at random are shorter than ln 2 of the mean one.
    gap = np.log(2) * totals["tenure_days"].astype(float) / totals["orders"].astype(float)
    overdue = totals["recency_days"].astype(float) / gap.clip(lower=1)
    settings = yaml.safe_load((REPO_ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    high, medium = settings["activity_overdue_high"], settings["activity_overdue_medium"]
    expected = np.select([overdue >= high, overdue >= medium], ["high", "medium"], "low")
    # None of them is silent for three gaps; the unit tests have the other bands.
    assert overdue.between(1.25, high).sum() > 5
    assert totals["risk_band"].tolist() == expected.tolist()


def test_the_planted_pairs_are_the_strongest_rules_and_usable(sample_build):
    pairs = pd.read_csv(SAMPLE / "truth" / "product_pairs.csv")
    rules = read_table(sample_build.published, "basket.association_rules")
    rules = rules[(rules["basis"] == "order") & (rules["level"] == "product")]
    single = rules[(rules["antecedent_size"] == 1) & (rules["consequent_size"] == 1)]
    strongest = single.sort_values("lift", ascending=False).head(2 * len(pairs))
    planted = set(zip(pairs["antecedent"], pairs["consequent"], strict=True))
    found = set(zip(strongest["antecedent"], strongest["consequent"], strict=True))
    assert len(planted) == 8
    assert found == planted | {(consequent, antecedent) for antecedent, consequent in planted}
    assert strongest["is_usable"].all()
    others = single.drop(strongest.index)
    assert len(others) > 100
    # Fisher's test takes most of them for rules as well: what one kind of customer likes.
    assert (others["q_value"] <= 0.05).mean() > 0.5
    assert not others["is_usable"].any()


def test_where_three_kinds_of_customers_differ_the_two_planted_pairs_are_the_rules(project):
    lines = pd.read_csv(REPO_ROOT / "tests" / "data" / "three_behaviours.csv.gz", dtype=str)
    database = build_marts(project, lines[COLUMNS].values.tolist(), marts=("basket", "offers"))
    rules = read_table(database, "basket.association_rules")
    planted = {("P01", "P02"), ("P02", "P01"), ("P25", "P26"), ("P26", "P25")}
    # In all baskets hundreds look like rules, and do so again later.
    assert ((rules["q_value"] <= 0.05) & (rules["validation_lift"] >= 1.2)).sum() > 300
    usable = rules[rules["is_usable"]]
    found = list(zip(usable["antecedent"], usable["consequent"], strict=True))
    of_orders = usable["basis"] == "order"
    print(usable[["basis", "antecedent", "consequent", "lift", "stratified_lift"]].to_string())
    assert {pair for pair, is_order in zip(found, of_orders, strict=True) if is_order} >= planted
    assert sum(pair not in planted for pair in found) <= 0.05 * len(found)
