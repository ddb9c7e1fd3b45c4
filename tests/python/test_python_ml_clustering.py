"""Clusterings: equal to scikit-learn's measures, indifferent to order, silent about noise."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from python_ml.clustering import choose_clustering, evaluate_clusterings, fit_clusterings

FEATURES = ["recency", "frequency", "spend", "breadth"]
COLUMNS = {"features": FEATURES, "log_features": ["spend"]}
MEASURES = ["inertia", "silhouette", "davies_bouldin", "calinski_harabasz", "stability_ari"]


def planted_customers(*, customers=400, segments=4):
    """Customers of four segments, and the segment of each; spend has a long tail."""
    values, segment = make_blobs(customers, len(FEATURES), centers=segments, random_state=11)
    frame = pd.DataFrame(values, columns=FEATURES)
    frame["spend"] = np.expm1(frame["spend"] - frame["spend"].min())
    frame.insert(0, "customer_id", [f"C{number:04d}" for number in range(customers)])
    return frame.astype({"customer_id": "str"}), segment


def shuffle_columns(customers, *, seed):
    generator = np.random.default_rng(seed)
    return customers.assign(**{name: generator.permutation(customers[name]) for name in FEATURES})


def run(customers, *, k_max=6, bootstraps=5, **columns):
    columns = COLUMNS | columns
    clusterings = fit_clusterings(customers, rank_by="spend", k_max=k_max, **columns)
    evaluations = evaluate_clusterings(customers, clusterings, bootstraps=bootstraps, **columns)
    return clusterings, evaluations


@pytest.fixture(scope="module")
def planted():
    customers, segment = planted_customers()
    return customers, segment, *run(customers)


def test_measures_equal_those_of_scikit_learn(planted):
    customers, _, clusterings, evaluations = planted
    values = customers[FEATURES].assign(spend=np.log1p(customers["spend"]))
    values = StandardScaler().fit_transform(values)
    for k in range(2, 7):
        solution = clusterings[(clusterings["method"] == "kmeans") & (clusterings["k"] == k)]
        labels = solution["cluster"].to_numpy()
        measured = evaluations.query("method == 'kmeans' and k == @k").iloc[0]
        model = KMeans(k, n_init=10, random_state=42).fit(values)
        assert adjusted_rand_score(model.labels_, labels) == 1
        expected = {
            "inertia": model.inertia_,
            "silhouette": silhouette_score(values, labels),
            "davies_bouldin": davies_bouldin_score(values, labels),
            "calinski_harabasz": calinski_harabasz_score(values, labels),
            "smallest_share": pd.Series(labels).value_counts(normalize=True).min(),
        }
        assert measured[list(expected)].to_dict() == pytest.approx(expected, rel=1e-6)
        np.testing.assert_allclose(
            np.sort(solution["distance"]), np.sort(model.transform(values).min(axis=1)), atol=1e-6
        )
    assert evaluations["bic"].isna().all()


def test_planted_segments_are_found_and_their_number_chosen(planted):
    _, segment, clusterings, evaluations = planted
    chosen = evaluations[evaluations["is_chosen"]].iloc[0]
    assert (chosen["method"], chosen["k"]) == ("kmeans", 4)
    assert chosen["reason"].startswith("Chosen: best mean rank 1.00")
    found = clusterings.query("method == 'kmeans' and k == 4")
    assert adjusted_rand_score(segment, found["cluster"]) > 0.95


def test_stability_tells_clusters_that_come_again_from_those_that_do_not(planted):
    stability = planted[3].query("method == 'kmeans'").set_index("k")["stability_ari"]
    assert stability[4] > 0.99
    assert stability[6] < 0.95
    values = np.random.default_rng(8).normal(size=(300, len(FEATURES)))
    cloud = pd.DataFrame(values, columns=FEATURES).assign(customer_id=range(300))
    clusterings, evaluations = run(cloud, log_features=[])
    assert evaluations.query("k > 2")["stability_ari"].max() < 0.7
    assert len(clusterings) == 300 * 6


def test_one_row_per_customer_method_and_number(planted):
    customers, _, clusterings, evaluations = planted
    assert not clusterings.duplicated(["customer_id", "method", "k"]).any()
    sizes = clusterings.groupby(["method", "k"]).size()
    assert sizes.to_dict() == dict.fromkeys(
        [("kmeans", k) for k in range(2, 7)] + [("none", 1)], len(customers)
    )
    assert evaluations.groupby(["method", "k"]).ngroups == len(evaluations) == 6
    assert evaluations["is_chosen"].sum() == 1
    assert evaluations.groupby("method")["is_method_choice"].sum().eq(1).all()


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_columns_are_refused(seed):
    customers, _ = planted_customers()
    _, evaluations = run(shuffle_columns(customers, seed=seed))
    chosen = evaluations[evaluations["is_chosen"]].iloc[0]
    assert (chosen["method"], chosen["k"]) == ("none", 1)
    assert chosen["reason"].startswith("Chosen: none of 5 clusterings can be trusted")


def test_independent_long_tails_are_refused():
    generator = np.random.default_rng(1)
    values = generator.lognormal(sigma=1.5, size=(600, len(FEATURES)))
    customers = pd.DataFrame(values, columns=FEATURES).assign(customer_id=range(600))
    _, evaluations = run(customers, bootstraps=2)
    assert evaluations.query("is_chosen")["method"].tolist() == ["none"]
    _, evaluations = run(customers, bootstraps=2, log_features=FEATURES)
    assert evaluations.query("is_chosen")["method"].tolist() == ["none"]


def test_row_order_changes_nothing(planted):
    customers, _, clusterings, evaluations = planted
    mixed = customers.sample(frac=1, random_state=3)
    other = fit_clusterings(mixed, rank_by="spend", k_max=6, **COLUMNS)
    pd.testing.assert_frame_equal(other, clusterings, check_exact=True)
    measured = evaluate_clusterings(
        mixed, clusterings.sample(frac=1, random_state=4), bootstraps=5, **COLUMNS
    )
    pd.testing.assert_frame_equal(measured, evaluations, check_exact=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_thread_count_changes_nothing(planted, threads):
    customers, _, clusterings, evaluations = planted
    with threadpool_limits(threads):
        other_clusterings, other_evaluations = run(customers)
    pd.testing.assert_frame_equal(other_clusterings, clusterings, check_exact=True)
    pd.testing.assert_frame_equal(other_evaluations, evaluations, check_exact=True)


def test_clusters_are_numbered_by_falling_mean(planted):
    customers, _, clusterings, _ = planted
    joined = clusterings.query("method == 'kmeans'").merge(customers, on="customer_id")
    means = joined.groupby(["k", "cluster"])["spend"].mean()
    for k in range(2, 7):
        assert means[k].index.tolist() == list(range(1, k + 1))
        assert means[k].is_monotonic_decreasing


def test_clusters_of_equal_mean_are_numbered_by_their_smallest_key():
    customers = pd.DataFrame(
        {"customer_id": [3, 1, 2, 4], "recency": [0.0, 9.0, 0.0, 9.0], "spend": 5.0}
    )
    found = fit_clusterings(customers, features=["recency"], rank_by="spend", k_max=2)
    found = found[found["method"] == "kmeans"].set_index("customer_id")["cluster"]
    assert found.to_dict() == {1: 1, 2: 2, 3: 2, 4: 1}


def test_customers_outside_the_sample_fall_in_the_nearest_cluster():
    customers, segment = planted_customers()
    found = fit_clusterings(customers, rank_by="spend", k_max=4, fit_size=60, **COLUMNS)
    found = found.query("k == 4")
    assert len(found) == len(customers)
    assert adjusted_rand_score(segment, found["cluster"]) > 0.95
    measured = evaluate_clusterings(customers, found, sample_size=100, bootstraps=2, **COLUMNS)
    row = measured.query("k == 4").iloc[0]
    assert (row["customers"], row["evaluated_customers"]) == (400, 100)
    assert row["silhouette"] > 0.5


def test_missing_and_infinite_values_count_as_the_median():
    customers, _ = planted_customers()
    median = customers["breadth"].iloc[1:].median()
    spellings = [median, np.nan, np.inf, -np.inf]
    first, *others = (
        fit_clusterings(
            customers.assign(breadth=[value, *customers["breadth"].iloc[1:]]),
            rank_by="spend",
            k_max=3,
            **COLUMNS,
        )
        for value in spellings
    )
    for other in others:
        pd.testing.assert_frame_equal(first, other)


def test_a_constant_and_an_empty_feature_change_nothing(planted):
    customers, _, clusterings, _ = planted
    more = customers.assign(constant=0.1, empty=pd.array([None] * len(customers), dtype="Int64"))
    found = fit_clusterings(
        more,
        features=[*FEATURES, "constant", "empty"],
        log_features=["spend"],
        rank_by="spend",
        k_max=6,
    )
    pd.testing.assert_frame_equal(found, clusterings)


@pytest.mark.parametrize(
    "values",
    [[1.0], [1.0, 2.0], [5.0] * 30, [np.nan] * 30],
    ids=["one customer", "two customers", "all identical", "all missing"],
)
def test_too_few_or_too_similar_customers_are_one_cluster(values):
    customers = pd.DataFrame({"customer_id": range(len(values)), "spend": values})
    columns = {"features": ["spend"]}
    found = fit_clusterings(customers, rank_by="spend", **columns)
    assert found["customer_id"].tolist() == list(range(len(values)))
    assert found[["method", "k", "cluster"]].drop_duplicates().to_numpy().tolist() == [
        ["none", 1, 1]
    ]
    evaluations = evaluate_clusterings(customers, found, **columns)
    assert evaluations["is_chosen"].tolist() == [True]
    assert "too few or too similar customers" in evaluations["reason"].iloc[0]


def test_never_more_clusters_than_distinct_customers():
    customers = pd.DataFrame({"customer_id": range(30), "spend": [1.0, 2.0, 3.0] * 10})
    found = fit_clusterings(customers, features=["spend"], rank_by="spend", k_max=9)
    assert sorted(found["k"].unique()) == [1, 2, 3]
    evaluations = evaluate_clusterings(customers, found, features=["spend"])
    assert evaluations.query("is_chosen")["k"].tolist() == [3]


@pytest.mark.parametrize(
    ("dtype", "database_type"), [("object", "VARCHAR"), ("str", "VARCHAR"), ("int64", "BIGINT")]
)
def test_no_customers_give_typed_frames(dtype, database_type):
    customers = pd.DataFrame({"customer_id": [], **{name: [] for name in FEATURES}})
    clusterings, evaluations = run(customers.astype({"customer_id": dtype}))
    assert clusterings.empty
    assert len(evaluations) == 1
    types = {
        name: {
            column: type_
            for column, type_, *_ in duckdb.sql("describe select * from frame").fetchall()
        }
        for name, frame in {"clusterings": clusterings, "evaluations": evaluations}.items()
    }
    assert types["clusterings"] == {
        "customer_id": database_type,
        "method": "VARCHAR",
        "k": "BIGINT",
        "cluster": "BIGINT",
        "distance": "DOUBLE",
    }
    assert {types["evaluations"][measure] for measure in [*MEASURES, "bic"]} == {"DOUBLE"}
    assert types["evaluations"]["is_chosen"] == "BOOLEAN"


def solution(k, **measures):
    good = {"silhouette": 0.5, "davies_bouldin": 0.8, "calinski_harabasz": 900.0}
    trust = {"shuffled_silhouette": 0.2, "stability_ari": 0.9, "smallest_share": 0.2}
    return {"method": "kmeans", "k": k, "customers": 100} | good | trust | measures


def choose(*solutions, **limits):
    everyone = {"method": "none", "k": 1, "customers": 100}
    evaluations = pd.DataFrame([*solutions, everyone]).assign(
        evaluated_customers=100, inertia=1.0, bic=np.nan
    )
    return choose_clustering(evaluations, **limits).set_index(["method", "k"])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"smallest_share": 0.029}, "smallest cluster holds 2.9%, less than 3.0%"),
        ({"stability_ari": 0.59}, "stability 0.590 is under 0.6"),
        ({"stability_ari": np.nan}, "stability nan is under 0.6"),
        ({"silhouette": 0.249, "shuffled_silhouette": 0.1}, "silhouette 0.249 is under 0.25"),
        ({"shuffled_silhouette": 0.46}, "not 0.05 above the 0.460 that shuffled columns give"),
    ],
)
def test_each_fault_refuses_a_solution_that_is_otherwise_best(fault, words):
    chosen = choose(solution(2, silhouette=0.4, calinski_harabasz=800.0), solution(3, **fault))
    assert chosen["is_chosen"].to_dict() == {
        ("kmeans", 2): True,
        ("kmeans", 3): False,
        ("none", 1): False,
    }
    assert words in chosen.loc[("kmeans", 3), "reason"]
    assert chosen.loc[("none", 1), "reason"] == "Not needed: kmeans with k = 2 is chosen."

    alone = choose(solution(3, **fault))
    assert alone["is_chosen"].to_dict() == {("kmeans", 3): False, ("none", 1): True}
    assert alone["is_method_choice"].all()
    assert words in alone.loc[("none", 1), "reason"]


def test_thresholds_are_inclusive():
    at_threshold = solution(
        2, smallest_share=0.03, stability_ari=0.6, silhouette=0.25, shuffled_silhouette=0.125
    )
    assert choose(at_threshold, min_gain=0.125).loc[("kmeans", 2), "is_chosen"]


def test_the_lowest_mean_rank_wins_over_the_highest_silhouette():
    chosen = choose(
        solution(2, silhouette=0.60, davies_bouldin=1.2, calinski_harabasz=500.0),
        solution(3, silhouette=0.55, davies_bouldin=0.7, calinski_harabasz=900.0),
    )
    assert chosen.index[chosen["is_chosen"]].tolist() == [("kmeans", 3)]
    assert "mean rank 1.33 among 2 fit for use" in chosen.loc[("kmeans", 3), "reason"]


def test_equal_solutions_go_to_the_smaller_number():
    chosen = choose(solution(4), solution(3), solution(5))
    assert chosen.index[chosen["is_chosen"]].tolist() == [("kmeans", 3)]


def test_each_method_has_its_choice_and_one_is_chosen():
    other = solution(4, silhouette=0.45, davies_bouldin=0.9) | {"method": "other"}
    chosen = choose(solution(2), solution(3, calinski_harabasz=800.0), other)
    assert chosen.index[chosen["is_method_choice"]].tolist() == [
        ("kmeans", 2),
        ("none", 1),
        ("other", 4),
    ]
    assert chosen.index[chosen["is_chosen"]].tolist() == [("kmeans", 2)]


@pytest.mark.parametrize(
    ("change", "parameters", "message"),
    [
        (lambda frame: frame.drop(columns="breadth"), {}, "customers lacks breadth"),
        (lambda frame: frame.assign(breadth="wide"), {}, "column breadth is not numeric"),
        (lambda frame: pd.concat([frame, frame.head(1)]), {}, "customer_id C0000 more than once"),
        (lambda frame: frame.replace({"customer_id": {"C0001": None}}), {}, "1 rows without"),
        (lambda frame: frame, {"methods": ["magic"]}, "no method magic; there are kmeans"),
        (lambda frame: frame, {"k_min": 1}, "not from 1 to 10"),
        (lambda frame: frame, {"k_min": 5, "k_max": 4}, "not from 5 to 4"),
        (lambda frame: frame, {"log_features": ["spent"]}, "log_features spent are not among"),
    ],
)
def test_bad_input_is_named(change, parameters, message):
    customers, _ = planted_customers(customers=20)
    with pytest.raises(ValueError, match=message):
        fit_clusterings(change(customers), rank_by="spend", **COLUMNS | parameters)


def test_clusterings_of_other_customers_are_refused(planted):
    customers, _, clusterings, _ = planted
    with pytest.raises(ValueError, match="k = 2 are not of these customers"):
        evaluate_clusterings(customers.head(300), clusterings, **COLUMNS)
