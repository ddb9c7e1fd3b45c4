"""Clusterings: equal to scikit-learn's, indifferent to order and threads, silent about noise."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from minisom import MiniSom
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from python_ml.clustering import (
    METHODS,
    assign_customers,
    choose_clustering,
    choose_features,
    describe_maps,
    embed_customers,
    evaluate_clusterings,
    find_axes,
    find_elbow,
    fit_clusterings,
    match_clusters,
    merge_customers,
    names_used,
    project_customers,
    rank_clusters,
    scale_features,
    shrink_features,
    used_by_set,
)
from python_ml.clustering.evaluation import draw_cloud
from python_ml.clustering.models import Prototypes, label, place, read_model

FEATURES = ["recency", "frequency", "spend", "breadth"]


def planted_customers(*, customers=300, segments=4):
    """Customers of four segments, and the segment of each; spend has a long tail."""
    values, segment = make_blobs(customers, len(FEATURES), centers=segments, random_state=11)
    frame = pd.DataFrame(values, columns=FEATURES)
    frame["spend"] = np.expm1(frame["spend"] - frame["spend"].min())
    frame.insert(0, "customer_id", [f"C{number:04d}" for number in range(customers)])
    return frame.astype({"customer_id": "str"}), segment


def shuffle_columns(customers, *, seed):
    generator = np.random.default_rng(seed)
    return customers.assign(**{name: generator.permutation(customers[name]) for name in FEATURES})


def prepare(customers, *, features=FEATURES, rank_by="spend", outlier_share=0.0, **limits):
    choices = choose_features(customers, features=features, **limits)
    scaled = scale_features(customers, choices, rank_by=rank_by, outlier_share=outlier_share)
    return scaled, names_used(choices)


def run(customers, *, methods=tuple(METHODS), k_max=6, bootstraps=2, shuffles=2, **options):
    scaled, features = prepare(customers, **options)
    models = fit_clusterings(
        scaled,
        features=features,
        rank_by="worth",
        fit_on="is_fitted",
        methods=methods,
        k_max=k_max,
        map_side=5,
    )
    evaluations = evaluate_clusterings(
        scaled, models, fit_on="is_fitted", bootstraps=bootstraps, shuffles=shuffles
    )
    return scaled, models, evaluations, assign_customers(scaled, models)


@pytest.fixture(scope="module")
def planted():
    customers, segment = planted_customers()
    return customers, segment, *run(customers)


def text_of(models, method, k):
    return models.set_index(["method", "k"]).at[(method, k), "model"]


def labels_of(clusters, method, k):
    return clusters[(clusters["method"] == method) & (clusters["k"] == k)]["cluster"].to_numpy()


# --- preparation ------------------------------------------------------------------------------


def test_each_feature_is_used_or_dropped_with_its_reason():
    generator = np.random.default_rng(5)
    rows = 400
    spend = generator.lognormal(sigma=1.2, size=rows)
    customers = pd.DataFrame(
        {
            "customer_id": range(rows),
            "spend": spend,
            "spend_again": spend**2 * 3,
            "loss": -spend * generator.lognormal(sigma=1.0, size=rows),
            "age": generator.normal(40, 10, rows),
            "rarely": (np.arange(rows) < 8) * 1.0,
            "constant": 7.0,
            "empty": pd.array([None] * rows, dtype="Float64"),
            "half": np.where(np.arange(rows) % 2, generator.normal(size=rows), np.nan),
        }
    )
    names = [name for name in customers if name != "customer_id"]
    choices = choose_features(customers, features=names).set_index("feature")
    assert choices["reason"].to_dict() == {
        "spend": "Used; its long tail taken as a logarithm.",
        "spend_again": "Dropped: rank correlation 1.000 with spend, above 0.9.",
        "loss": "Used; its long tail taken as a logarithm.",
        "age": "Used.",
        "rarely": "Dropped: the same for 98.0% of the customers, more than 95.0%.",
        "constant": "Dropped: the same for all customers.",
        "empty": "Dropped: unknown for all customers.",
        "half": "Dropped: unknown for 50.0% of the customers, more than 10.0%.",
    }
    assert choices["is_used"].to_dict() == {
        name: name in ("spend", "loss", "age") for name in names
    }
    assert choices.at["spend", "transform"] == "log"
    assert abs(choices.at["spend", "transformed_skewness"]) < choices.at["spend", "skewness"]
    assert choices.at["spend", "center"] == pytest.approx(np.log1p(spend).mean())
    assert choices.at["spend", "scale"] == pytest.approx(np.log1p(spend).std())


def test_limits_are_inclusive():
    customers = pd.DataFrame({"customer_id": range(20), "value": [*range(19), None], "most": 0.0})
    customers.loc[:0, "most"] = 1.0
    limits = {"missing_limit": 0.05, "commonest_limit": 0.95}
    assert choose_features(customers, features=["value", "most"], **limits)["is_used"].all()


def test_scaled_features_have_mean_0_and_deviation_1():
    customers, _ = planted_customers()
    scaled, features = prepare(customers)
    assert features == FEATURES
    np.testing.assert_allclose(scaled[FEATURES].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(scaled[FEATURES].std(ddof=0), 1)
    assert scaled["role"].unique().tolist() == ["fitted"]
    assert scaled["worth"].tolist() == customers["spend"].tolist()


def test_outliers_the_incomplete_and_those_beyond_the_sample_are_not_fitted():
    customers, _ = planted_customers()
    customers.loc[7, FEATURES] = [500.0, 500.0, 1e9, -500.0]
    customers.loc[9, "breadth"] = np.inf
    choices = choose_features(customers, features=FEATURES)
    options = {"rank_by": "spend", "outlier_share": 0.01, "fit_size": 200}
    scaled = scale_features(customers, choices, **options).set_index("customer_id")
    assert scaled.at["C0007", "role"] == "outlier"
    assert scaled.at["C0009", "role"] == "incomplete"
    assert scaled["role"].value_counts().to_dict() == {
        "fitted": 200,
        "outside the sample": 97,
        "outlier": 2,
        "incomplete": 1,
    }
    assert scaled["is_fitted"].sum() == 200
    assert scaled["outlier_score"].idxmax() == "C0007"
    assert scaled["outlier_score"].isna().sum() == 1
    model = fit_clusterings(
        scaled.reset_index(),
        features=FEATURES,
        rank_by="worth",
        fit_on="is_fitted",
        methods=["kmeans"],
        k_max=4,
    )
    assert model["fitted_customers"].unique().tolist() == [200]
    assert model["customers"].unique().tolist() == [300]
    assert len(assign_customers(scaled.reset_index(), model)) == 300 * len(model)


def test_equal_customers_are_no_outliers():
    customers = pd.DataFrame({"customer_id": range(100), "spend": [1.0] * 50 + [2.0] * 50})
    scaled, _ = prepare(customers, features=["spend"], outlier_share=0.1)
    assert set(scaled["role"]) == {"fitted"}


# --- fits -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_measures_equal_those_of_scikit_learn(planted, method):
    _, _, scaled, _, evaluations, clusters = planted
    values = scaled[FEATURES].to_numpy()
    for k in range(2, 7):
        labels = labels_of(clusters, method, k)
        measured = evaluations.set_index(["method", "k"]).loc[(method, k)]
        means = pd.DataFrame(values).groupby(labels).transform("mean").to_numpy()
        sizes = np.bincount(labels, minlength=k + 1)[1:]
        expected = {
            "inertia": ((values - means) ** 2).sum(),
            "silhouette": silhouette_score(values, labels),
            "davies_bouldin": davies_bouldin_score(values, labels),
            "calinski_harabasz": calinski_harabasz_score(values, labels),
            "smallest_share": sizes.min() / len(labels),
        }
        assert measured[list(expected)].to_dict() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("k", [2, 4, 6])
def test_clusters_equal_those_of_scikit_learn(planted, k):
    _, _, scaled, models, evaluations, clusters = planted
    values = scaled[FEATURES].to_numpy()
    kmeans = KMeans(k, n_init=10, random_state=42, tol=0).fit(values)
    assert adjusted_rand_score(kmeans.labels_, labels_of(clusters, "kmeans", k)) == 1
    rows = evaluations.set_index(["method", "k"])
    assert rows.at[("kmeans", k), "inertia"] == pytest.approx(kmeans.inertia_, rel=1e-6)

    ward = AgglomerativeClustering(k).fit_predict(values)
    centers = np.array([values[ward == one].mean(axis=0) for one in range(k)])
    model = read_model(text_of(models, "ward", k))
    order = np.lexsort(model.centers.T)
    np.testing.assert_allclose(model.centers[order], centers[np.lexsort(centers.T)], atol=1e-9)

    mixture = GaussianMixture(k, n_init=2, reg_covar=1e-2, random_state=42).fit(values)
    assert rows.at[("gaussian_mixture", k), "bic"] == pytest.approx(mixture.bic(values), rel=1e-6)
    placed = clusters.query("method == 'gaussian_mixture' and k == @k")
    posterior = mixture.predict_proba(values)
    np.testing.assert_allclose(placed["probability"], posterior.max(axis=1), rtol=1e-6)
    ordered = np.sort(posterior, axis=1)
    np.testing.assert_allclose(placed["margin"], ordered[:, -1] - ordered[:, -2], atol=1e-6)

    plane = PCA(2).fit_transform(values)
    flat = KMeans(k, n_init=10, random_state=42, tol=0).fit(plane)
    assert adjusted_rand_score(flat.labels_, labels_of(clusters, "kmeans_pca", k)) == 1


@pytest.mark.parametrize("method", METHODS)
def test_planted_segments_are_found_and_their_number_chosen(planted, method):
    _, segment, _, _, evaluations, clusters = planted
    chosen = evaluations[(evaluations["method"] == method) & evaluations["is_method_choice"]]
    assert chosen["k"].tolist() == [4]
    assert adjusted_rand_score(segment, labels_of(clusters, method, 4)) > 0.95


def test_one_row_per_method_and_number_and_one_is_chosen(planted):
    _, _, _, models, evaluations, clusters = planted
    expected = sorted([*((method, k) for method in METHODS for k in range(2, 7)), ("none", 1)])
    assert list(zip(models["method"], models["k"], strict=True)) == expected
    assert list(zip(evaluations["method"], evaluations["k"], strict=True)) == expected
    assert evaluations["is_chosen"].sum() == 1
    assert evaluations.groupby("method")["is_method_choice"].sum().eq(1).all()
    assert not clusters.duplicated(["customer_id", "method", "k"]).any()
    assert clusters.groupby(["method", "k"]).size().eq(300).all()
    assert evaluations["bic"].notna().eq(evaluations["method"] == "gaussian_mixture").all()
    is_map = evaluations["method"].isin(["som_units", "som_map"])
    assert evaluations["quantization_error"].notna().eq(is_map).all()


def test_row_order_changes_nothing(planted):
    customers, _, scaled, models, evaluations, clusters = planted
    mixed = run(customers.sample(frac=1, random_state=3))
    for found, expected in zip(mixed, (scaled, models, evaluations, clusters), strict=True):
        pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_thread_count_changes_nothing(planted):
    customers, _, scaled, models, evaluations, clusters = planted
    with threadpool_limits(2):
        other = run(customers)
    for found, expected in zip(other, (scaled, models, evaluations, clusters), strict=True):
        pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_clusters_are_numbered_by_falling_mean(planted):
    customers, _, _, models, _, clusters = planted
    joined = clusters[clusters["method"] != "none"].merge(customers, on="customer_id")
    means = joined.groupby(["method", "k", "cluster"])["spend"].mean()
    for (method, k), of_one in means.groupby(["method", "k"]):
        numbers = of_one.index.get_level_values("cluster").tolist()
        assert numbers == list(range(1, len(numbers) + 1)), (method, k)
        assert of_one.is_monotonic_decreasing
    # The customers' worth changes, the clusters do not; only their numbers follow.
    other = customers.assign(worth=-customers["spend"])
    scaled = planted[2].assign(worth=other["worth"])
    turned = assign_customers(scaled, rank_clusters(scaled, models, rank_by="worth"))
    same = pd.crosstab(
        clusters.query("method == 'ward' and k == 4")["cluster"].to_numpy(),
        labels_of(turned, "ward", 4),
    )
    assert (same.to_numpy() > 0).sum() == 4
    assert (np.fliplr(same.to_numpy()).diagonal() > 0).all()


def test_only_the_models_asked_for_are_ranked(planted):
    customers, _, scaled, models, _, _ = planted
    turned = scaled.assign(worth=-customers["spend"])
    requested = pd.DataFrame([{"method": "ward", "k": 4}, {"method": "kmeans", "k": 3}])
    requested["feature_set"] = "all"
    everything = rank_clusters(turned, models, rank_by="worth")
    some = rank_clusters(turned, models, rank_by="worth", only=requested)
    is_asked = pd.MultiIndex.from_frame(models[["method", "k"]]).isin(
        pd.MultiIndex.from_frame(requested[["method", "k"]])
    )
    assert is_asked.sum() == 2
    pd.testing.assert_frame_equal(some[is_asked], everything[is_asked])
    pd.testing.assert_frame_equal(some[~is_asked], models[~is_asked])
    assert (some["model"] != models["model"]).sum() == 2


def test_clusters_of_equal_mean_are_numbered_by_their_smallest_key():
    customers = pd.DataFrame(
        {"customer_id": [3, 1, 2, 4], "recency": [0.0, 9.0, 0.0, 9.0], "spend": 5.0}
    )
    models = fit_clusterings(
        customers, features=["recency"], rank_by="spend", k_max=2, methods=["kmeans"]
    )
    found = assign_customers(customers, models).query("method == 'kmeans'")
    assert found.set_index("customer_id")["cluster"].to_dict() == {1: 1, 2: 2, 3: 2, 4: 1}


def test_new_customers_are_placed_by_the_kept_model(planted):
    _, _, scaled, models, _, clusters = planted
    new_customers = scaled.head(40).assign(customer_id=[f"N{n:02d}" for n in range(40)])
    placed = assign_customers(new_customers, models)
    for method in METHODS:
        np.testing.assert_array_equal(
            labels_of(placed, method, 4), labels_of(clusters, method, 4)[:40]
        )


def test_a_model_comes_back_from_its_text_to_the_bit(planted):
    for text in planted[3]["model"]:
        assert read_model(text).to_text() == text


def test_who_lacks_a_feature_is_placed_by_the_others(planted):
    _, segment, scaled, models, _, _ = planted
    partly = scaled.copy()
    partly.loc[::2, "breadth"] = np.nan
    partly.loc[1::4, ["recency", "frequency"]] = np.nan
    placed = assign_customers(partly, models)
    for method in ("kmeans", "ward", "gaussian_mixture", "som_units", "som_map"):
        assert adjusted_rand_score(segment, labels_of(placed, method, 4)) > 0.7
    assert placed[["distance", "margin"]].notna().all().all()
    nothing = scaled.head(1).assign(**dict.fromkeys(FEATURES, np.nan))
    assert len(assign_customers(nothing, models)) == len(models)


def test_the_cluster_alone_is_that_of_the_placement(planted):
    _, _, scaled, models, _, _ = planted
    partly = scaled.copy()
    partly.loc[::3, "breadth"] = np.nan
    partly.loc[0, FEATURES] = np.nan
    for text in models["model"]:
        model = read_model(text)
        values = partly[model.features].to_numpy()
        np.testing.assert_array_equal(label(values, model), place(values, model)["cluster"])
    # Two clusters as near: the lower number, though its point comes second.
    twins = Prototypes(["recency"], np.array([[1.0], [-1.0], [5.0]]), np.array([2, 1, 2]))
    assert label(np.array([[0.0], [4.0]]), twins).tolist() == [1, 2]


def test_marginal_posterior_leaves_the_unknown_feature_out(planted):
    _, _, scaled, models, _, _ = planted
    mixture = read_model(text_of(models, "gaussian_mixture", 3))
    narrow = GaussianMixture(3)
    narrow.weights_ = mixture.weights
    narrow.means_ = mixture.means[:, :3]
    narrow.covariances_ = mixture.covariances[:, :3, :3]
    narrow.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(narrow.covariances_))
    values = scaled[FEATURES].to_numpy().copy()
    expected = narrow.predict_proba(values[:, :3])
    values[:, 3] = np.nan
    np.testing.assert_allclose(mixture.affinities(values)[1], expected, atol=1e-9)


def test_who_lies_between_two_clusters_is_unsure():
    customers = pd.DataFrame(
        {"customer_id": range(5), "x": [0.0, 10.0, 5.0, 4.7, 4.0], "spend": 1.0}
    )
    model = Prototypes(["x"], np.array([[0.0], [10.0]]), np.array([1, 2])).to_text()
    models = pd.DataFrame({"method": ["kmeans"], "k": [2], "model": [model]})
    placed = assign_customers(customers, models, unsure_margin=0.2)
    assert placed["margin"].tolist() == pytest.approx([1, 1, 0, 1 - 4.7 / 5.3, 1 - 4 / 6])
    assert placed["is_unsure"].tolist() == [False, False, True, True, False]
    assert placed["cluster"].tolist() == [1, 2, 1, 1, 1]


# --- evaluation -------------------------------------------------------------------------------


def test_stability_tells_clusters_that_come_again_from_those_that_do_not(planted):
    stability = planted[4].set_index(["method", "k"])["stability_ari"]
    for method in METHODS:
        assert stability[(method, 4)] > 0.95
    assert stability[("kmeans", 6)] < 0.95
    values = np.random.default_rng(8).normal(size=(300, len(FEATURES)))
    cloud = pd.DataFrame(values, columns=FEATURES).assign(customer_id=range(300))
    _, _, evaluations, _ = run(cloud, methods=["kmeans"], bootstraps=5)
    assert evaluations.query("k > 2")["stability_ari"].max() < 0.7


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_columns_are_refused(seed):
    customers, _ = planted_customers()
    _, _, evaluations, _ = run(shuffle_columns(customers, seed=seed), bootstraps=3)
    chosen = evaluations[evaluations["is_chosen"]].iloc[0]
    assert (chosen["method"], chosen["k"]) == ("none", 1)
    assert chosen["reason"].startswith("Chosen: none of 30 clusterings can be accepted")


def test_independent_long_tails_are_refused():
    generator = np.random.default_rng(1)
    values = generator.lognormal(sigma=1.5, size=(600, len(FEATURES)))
    customers = pd.DataFrame(values, columns=FEATURES).assign(customer_id=range(600))
    for skew_limit in (1.0, np.inf):
        _, _, evaluations, _ = run(customers, skew_limit=skew_limit, methods=["kmeans", "ward"])
        assert evaluations.query("is_chosen")["method"].tolist() == ["none"]


def test_measures_are_taken_on_a_sample_and_say_so():
    customers, _ = planted_customers()
    scaled, features = prepare(customers)
    models = fit_clusterings(
        scaled, features=features, rank_by="worth", methods=["kmeans"], k_max=4
    )
    measured = evaluate_clusterings(scaled, models, sample_size=100, bootstraps=2, refit_size=50)
    row = measured.query("k == 4").iloc[0]
    assert (row["customers"], row["fitted_customers"], row["evaluated_customers"]) == (
        300,
        300,
        100,
    )
    assert row["silhouette"] > 0.5


@pytest.mark.parametrize(
    ("inertia", "elbow"),
    [
        ([100.0, 40.0, 30.0, 25.0, 20.0], 3),
        ([100.0, 90.0, 20.0, 15.0, 10.0], 4),
        ([100.0, 75.0, 50.0, 25.0, 0.0], None),
        ([100.0, 99.0, 98.0, 97.0, 10.0], None),
        ([50.0, 50.0, 50.0, 50.0, 50.0], None),
        ([100.0, 10.0], None),
    ],
    ids=["early", "late", "straight", "bulging", "flat", "two points"],
)
def test_elbow_is_the_point_furthest_below_the_chord(inertia, elbow):
    ks = pd.Series(range(2, 2 + len(inertia)))
    found = ks[find_elbow(ks, pd.Series(inertia))]
    assert found.tolist() == ([] if elbow is None else [elbow])


def test_progress_is_told_step_by_step():
    customers, _ = planted_customers(customers=60)
    scaled, features = prepare(customers)
    told = []
    options = {"methods": ["kmeans", "ward"], "k_max": 3, "progress": told.append}
    models = fit_clusterings(scaled, features=features, rank_by="worth", **options)
    evaluate_clusterings(scaled, models, bootstraps=1, shuffles=1, progress=told.append)
    assign_customers(scaled, models[models["k"] == 3], progress=told.append)
    assert told == [
        "fitting kmeans to 60 customers, k = 2 to 3",
        "fitting ward to 60 customers, k = 2 to 3",
        "testing kmeans on 60 customers, 2 numbers of k",
        "testing ward on 60 customers, 2 numbers of k",
        "placing 60 customers by kmeans, k = 3",
        "placing 60 customers by ward, k = 3",
    ]


# --- too little -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [[1.0], [1.0, 2.0], [5.0] * 30, [np.nan] * 30, [np.nan] * 29 + [3.0]],
    ids=["one customer", "two customers", "all identical", "all missing", "one known"],
)
def test_too_few_or_too_similar_customers_are_one_cluster(values):
    customers = pd.DataFrame({"customer_id": range(len(values)), "spend": values})
    scaled, models, evaluations, clusters = run(customers, features=["spend"])
    assert clusters["customer_id"].tolist() == list(range(len(values)))
    assert clusters[["method", "k", "cluster"]].drop_duplicates().to_numpy().tolist() == [
        ["none", 1, 1]
    ]
    assert evaluations["is_chosen"].tolist() == [True]
    assert "too few or too similar customers" in evaluations["reason"].iloc[0]
    features = models_features(models)
    axes = find_axes(scaled, features=features, fit_on="is_fitted")
    assert len(project_customers(scaled, axes)) in (0, len(values))
    assert embed_customers(scaled, features=features, fit_on="is_fitted").empty
    assert len(merge_customers(scaled, features=features, fit_on="is_fitted")) <= 1
    assert describe_maps(scaled, models).empty


def models_features(models):
    return read_model(models["model"].iloc[0]).features


def test_never_more_clusters_than_distinct_customers():
    customers = pd.DataFrame({"customer_id": range(30), "spend": [1.0, 2.0, 3.0] * 10})
    _, models, evaluations, _ = run(customers, features=["spend"], k_max=9)
    assert sorted(models["k"].unique()) == [1, 2, 3]
    assert evaluations.query("is_chosen")["k"].tolist() == [3]


@pytest.mark.parametrize("rows", [3, 4, 6, 12])
def test_a_handful_of_customers_is_no_crash(rows):
    generator = np.random.default_rng(rows)
    customers = pd.DataFrame(generator.normal(size=(rows, 4)), columns=FEATURES)
    customers["customer_id"] = range(rows)
    scaled, models, evaluations, clusters = run(customers, k_max=10)
    assert models["k"].max() <= rows - 1
    assert evaluations["is_chosen"].sum() == 1
    assert clusters["cluster"].between(1, clusters["k"]).all()
    assert (
        len(project_customers(scaled, find_axes(scaled, features=models_features(models)))) == rows
    )


@pytest.mark.parametrize(
    ("dtype", "database_type"), [("object", "VARCHAR"), ("str", "VARCHAR"), ("int64", "BIGINT")]
)
def test_no_customers_give_typed_frames(dtype, database_type):
    customers = pd.DataFrame({"customer_id": [], **{name: [] for name in FEATURES}})
    scaled, models, evaluations, clusters = run(customers.astype({"customer_id": dtype}))
    assert scaled.empty
    assert clusters.empty
    assert len(models) == len(evaluations) == 1
    types = {
        column: type_
        for column, type_, *_ in duckdb.sql("describe select * from clusters").fetchall()
    }
    assert types == {
        "customer_id": database_type,
        "method": "VARCHAR",
        "k": "BIGINT",
        "cluster": "BIGINT",
        "distance": "DOUBLE",
        "probability": "DOUBLE",
        "margin": "DOUBLE",
        "is_unsure": "BOOLEAN",
    }
    types = dict(row[:2] for row in duckdb.sql("describe select * from evaluations").fetchall())
    assert {types[measure] for measure in ("inertia", "silhouette", "bic")} == {"DOUBLE"}
    assert types["is_chosen"] == types["is_elbow"] == "BOOLEAN"
    for empty in (
        merge_customers(scaled, features=[]),
        find_axes(scaled, features=[]),
        embed_customers(scaled, features=[]),
        describe_maps(scaled, models),
    ):
        assert empty.empty
        assert duckdb.sql("select * from empty").fetchall() == []


# --- the rule ---------------------------------------------------------------------------------


def solution(k, **measures):
    good = {"silhouette": 0.5, "davies_bouldin": 0.8, "calinski_harabasz": 900.0}
    trust = {"shuffled_silhouette": 0.2, "stability_ari": 0.9, "smallest_share": 0.2}
    trust |= {"cloud_silhouette": 0.2, "feature_set": "rfm"}
    return {"method": "kmeans", "k": k, "customers": 100} | good | trust | measures


def choose(*solutions, **limits):
    everyone = {"method": "none", "feature_set": "rfm", "k": 1, "customers": 100}
    evaluations = pd.DataFrame([*solutions, everyone]).assign(
        fitted_customers=100, evaluated_customers=100, inertia=1.0, is_elbow=False
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
        (
            {"cloud_silhouette": 0.46, "feature_set": "full"},
            "not 0.05 above the 0.460 that a cloud without gaps gives",
        ),
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
    assert chosen.loc[("none", 1), "reason"] == "Not needed: kmeans with k = 2 of rfm is chosen."

    alone = choose(solution(3, **fault))
    assert alone["is_chosen"].to_dict() == {("kmeans", 3): False, ("none", 1): True}
    assert alone["is_method_choice"].all()
    assert words in alone.loc[("none", 1), "reason"]


def test_thresholds_are_inclusive():
    at_threshold = solution(
        2,
        smallest_share=0.03,
        stability_ari=0.6,
        silhouette=0.25,
        shuffled_silhouette=0.125,
        cloud_silhouette=0.125,
    )
    assert choose(at_threshold, min_gain=0.125).loc[("kmeans", 2), "is_chosen"]


def test_stability_counts_as_much_as_the_gain():
    chosen = choose(
        solution(3, stability_ari=0.98), solution(4, silhouette=0.55, stability_ari=0.7)
    )
    assert chosen.index[chosen["is_chosen"]].tolist() == [("kmeans", 3)]
    assert chosen["score"].dropna().tolist() == pytest.approx([0.3 * 0.98, 0.35 * 0.7])
    assert "score 0.294 among 2 accepted" in chosen.loc[("kmeans", 3), "reason"]


def test_the_most_groups_within_the_tolerance_win():
    scores = {2: 0.30, 3: 0.299, 4: 0.27, 5: 0.2699, 9: 0.295}
    rows = [solution(k, silhouette=0.2 + one, stability_ari=1.0) for k, one in scores.items()]
    assert choose(*rows).loc[("kmeans", 4), "is_chosen"]
    assert choose(*rows, tolerance=0.0).loc[("kmeans", 2), "is_chosen"]
    assert choose(*rows, groups=(3, 9)).loc[("kmeans", 9), "is_chosen"]
    # Nine groups are there, and no fewer of them: nine it is.
    assert choose(solution(9), solution(2, silhouette=0.4)).loc[("kmeans", 9), "is_chosen"]


@pytest.mark.parametrize(("k", "feature_set"), [(2, "rfm"), (9, "rfm"), (4, "behaviour")])
def test_a_convenient_partition_is_cut_by_rfm_into_three_to_eight(k, feature_set):
    gapless = {"cloud_silhouette": 0.48}
    other = solution(k, feature_set=feature_set, **gapless)
    chosen = choose(solution(5, **gapless), other)
    assert chosen.index[chosen["is_chosen"]].tolist() == [("kmeans", 5)]
    assert not chosen["is_separated"].any()
    assert "; a convenient partition, no natural groups." in chosen.loc[("kmeans", 5), "reason"]
    assert choose(other).loc[("none", 1), "is_chosen"]
    # Natural groups go first, though their score is lower.
    natural = choose(solution(5, **gapless), solution(3, silhouette=0.3))
    assert natural.loc[("kmeans", 3), ["is_chosen", "is_separated"]].tolist() == [True, True]


def test_equal_solutions_go_to_the_most_groups():
    chosen = choose(solution(4), solution(3), solution(5))
    assert chosen.index[chosen["is_chosen"]].tolist() == [("kmeans", 5)]


def test_each_method_has_its_choice_and_one_is_chosen():
    other = solution(4, silhouette=0.45, davies_bouldin=0.9) | {"method": "other"}
    chosen = choose(solution(2), solution(3, silhouette=0.45), other)
    assert chosen.index[chosen["is_method_choice"]].tolist() == [
        ("kmeans", 2),
        ("none", 1),
        ("other", 4),
    ]
    assert chosen.index[chosen["is_chosen"]].tolist() == [("kmeans", 2)]


# --- feature sets that compete ----------------------------------------------------------------


def test_feature_sets_compete_on_the_same_customers():
    customers, segment = planted_customers()
    noise = np.random.default_rng(4).normal(size=(300, 3))
    customers[["a", "b", "c"]] = noise
    sets = {"noise": ["a", "b", "c"], "full": [*FEATURES, "a", "b", "c"], "planted": FEATURES}
    choices = choose_features(customers, features=sets)
    assert choices.groupby("feature_set").size().to_dict() == {"noise": 3, "full": 7, "planted": 4}
    scaled = scale_features(customers, choices, rank_by="spend")
    used = used_by_set(choices)
    assert list(used) == ["full", "planted", "noise"]
    models = fit_clusterings(
        scaled,
        features=used,
        rank_by="worth",
        fit_on="is_fitted",
        methods=["kmeans", "ward"],
        further_methods=["kmeans"],
        k_max=5,
    )
    assert models.groupby(["method", "feature_set"]).size().to_dict() == {
        ("kmeans", "full"): 4,
        ("kmeans", "noise"): 4,
        ("kmeans", "planted"): 4,
        ("none", "full"): 1,
        ("ward", "full"): 4,
    }
    assert models["fitted_customers"].nunique() == 1
    found = evaluate_clusterings(scaled, models, fit_on="is_fitted", bootstraps=2)
    assert found.groupby("method")["is_method_choice"].sum().eq(1).all()
    best = found[found["is_chosen"]].iloc[0]
    assert best[["feature_set", "k", "is_separated"]].tolist() == ["planted", 4, True]
    assert found.query("feature_set == 'noise'")["reason"].str.startswith("Refused").all()
    model = models.merge(found.loc[found["is_chosen"], ["method", "feature_set", "k"]])
    placed = assign_customers(scaled, model)
    assert adjusted_rand_score(segment, placed["cluster"]) > 0.95


def test_a_set_of_one_feature_or_of_the_same_features_does_not_compete():
    rows = [("full", "x"), ("full", "y"), ("twin", "y"), ("twin", "x"), ("one", "x")]
    choices = pd.DataFrame(rows, columns=["feature_set", "feature"]).assign(is_used=True)
    choices["place"] = [1, 2, 1, 2, 1]
    assert used_by_set(choices) == {"full": ["x", "y"]}
    # Where there is nothing else, it is all there is.
    assert used_by_set(choices.tail(1)) == {"one": ["x"]}


def test_a_cloud_keeps_distributions_and_correlations_and_no_gaps():
    generator = np.random.default_rng(2)
    group = np.arange(600) % 3
    centers = np.array([[0, 0], [3, 3], [6, 0]])
    values = centers[group] + generator.normal(size=(600, 2))
    cloud = draw_cloud(values, np.zeros(600), generator)
    np.testing.assert_array_equal(np.sort(cloud, axis=0), np.sort(values, axis=0))
    own, drawn = (pd.DataFrame(one).corr("spearman").iloc[0, 1] for one in (values, cloud))
    assert drawn == pytest.approx(own, abs=0.1)
    assert silhouette_score(cloud, KMeans(3, n_init=3, random_state=1).fit_predict(cloud)) < (
        silhouette_score(values, group) - 0.05
    )
    # Within strata each keeps its own.
    apart = draw_cloud(values, group, generator)
    for one in range(3):
        np.testing.assert_array_equal(
            np.sort(apart[group == one], axis=0), np.sort(values[group == one], axis=0)
        )


def test_a_cloud_without_gaps_is_cut_for_convenience_alone():
    generator = np.random.default_rng(7)
    shared = generator.normal(size=900)
    customers = pd.DataFrame({"customer_id": range(900)})
    for name in ("recency", "frequency", "spend"):
        customers[name] = shared + generator.normal(scale=0.6, size=900)
    names = ["recency", "frequency", "spend"]
    found = {}
    for name in ("rfm", "behaviour"):
        choices = choose_features(customers, features={name: names})
        scaled = scale_features(customers, choices, rank_by="spend", outlier_share=0)
        models = fit_clusterings(
            scaled, features=used_by_set(choices), rank_by="worth", methods=["kmeans"], k_max=5
        )
        found[name] = evaluate_clusterings(scaled, models, bootstraps=3)
    best = found["rfm"][found["rfm"]["is_chosen"]].iloc[0]
    assert best["k"] >= 3
    assert not found["rfm"]["is_separated"].any()
    assert found["behaviour"].query("is_chosen")["method"].tolist() == ["none"]


# --- few orders -------------------------------------------------------------------------------


def few_orders(*, spread):
    """Customers of one to twelve orders, whose shares differ by a beta of so many orders."""
    generator = np.random.default_rng(9)
    orders = generator.integers(1, 13, size=4_000)
    own = generator.beta(0.3 * spread, 0.7 * spread, size=4_000) if spread else 0.3
    share = generator.binomial(orders, own) / orders
    return pd.DataFrame({"customer_id": range(4_000), "orders": orders, "share": share}), own


def test_shares_are_shrunk_by_the_prior_that_their_spread_tells():
    customers, own = few_orders(spread=5)
    shrunk = shrink_features(customers, count_by="orders", shares=["share"])["share"]
    expected = (customers["orders"] * customers["share"] + 5 * 0.3) / (customers["orders"] + 5)
    np.testing.assert_allclose(shrunk, expected, atol=0.03)
    assert ((shrunk - own) ** 2).mean() < 0.7 * ((customers["share"] - own) ** 2).mean()
    # A single order moves a share by a sixth of the way, twelve by more than half.
    single = shrunk[(customers["orders"] == 1) & (customers["share"] == 1)]
    assert single.max() == pytest.approx(0.3 + 0.7 / 6, abs=0.03)


@pytest.mark.parametrize("kind", ["shares", "means", "gaps"])
def test_customers_who_differ_by_chance_alone_become_alike(kind):
    customers, _ = few_orders(spread=0)
    if kind != "shares":
        generator = np.random.default_rng(3)
        seen = customers["orders"] if kind == "means" else (customers["orders"] - 1).clip(lower=1)
        customers["share"] = [generator.exponential(20, size=n).mean() for n in seen]
    shrunk = shrink_features(customers, count_by="orders", **{kind: ["share"]})
    assert shrunk["share"].round(9).nunique() == 1
    assert customers["share"].std() > 0.1
    reasons = choose_features(shrunk, features=["share"])["reason"]
    assert reasons.tolist() == ["Dropped: the same for all customers."]


def test_gaps_of_a_single_order_are_the_shop_s_and_other_columns_stay():
    generator = np.random.default_rng(5)
    orders = generator.integers(1, 20, size=2_000)
    own = generator.lognormal(3, 0.8, size=2_000)
    gap = own * np.array(
        [generator.gamma(4 * max(n - 1, 1)) / (4 * max(n - 1, 1)) for n in orders]
    )
    customers = pd.DataFrame({"customer_id": range(2_000), "orders": orders, "gap": gap})
    customers.loc[3, "gap"] = np.nan
    customers["age"] = 40.0
    shrunk = shrink_features(customers, count_by="orders", gaps=["gap"])
    assert shrunk.loc[customers["orders"] == 1, "gap"].dropna().round(9).nunique() == 1
    many = (customers["orders"] > 10) & customers["gap"].notna()
    assert np.corrcoef(np.log(shrunk["gap"][many]), np.log(own[many]))[0, 1] > 0.95
    assert np.isnan(shrunk.at[3, "gap"])
    assert shrunk["age"].eq(40).all()
    pd.testing.assert_frame_equal(
        shrunk,
        shrink_features(customers.sample(frac=1, random_state=1), count_by="orders", gaps=["gap"]),
        check_exact=True,
    )


def test_who_has_too_few_orders_is_assigned_and_not_fitted():
    customers, _ = planted_customers()
    customers["orders"] = np.arange(300) % 3 + 1
    choices = choose_features(customers, features=FEATURES)
    scaled = scale_features(customers, choices, rank_by="spend", count_by="orders", min_count=2)
    assert scaled.loc[customers["orders"] == 1, "role"].unique().tolist() == ["few orders"]
    assert scaled["is_single"].tolist() == customers["orders"].eq(1).tolist()
    models = fit_clusterings(
        scaled, features=FEATURES, rank_by="worth", fit_on="is_fitted", methods=["kmeans"], k_max=4
    )
    assert models["fitted_customers"].unique().tolist() == [196]
    assert len(assign_customers(scaled, models)) == 300 * len(models)


def test_a_share_beyond_one_is_named():
    customers = pd.DataFrame({"customer_id": [1, 2], "orders": [1, 2], "online": [0.5, 1.5]})
    with pytest.raises(ValueError, match=r"share online is 1\.5, not from 0 to 1"):
        shrink_features(customers, count_by="orders", shares=["online"])


# --- keys from run to run ---------------------------------------------------------------------


def clusters_of(labels, *, method="kmeans", is_chosen=True, column="cluster"):
    ids = [f"C{number}" for number in range(len(labels))]
    rows = {"customer_id": ids, "method": method, column: labels, "is_chosen": is_chosen}
    return pd.DataFrame(rows)[lambda frame: frame[column].notna()]


def test_first_keys_are_named_after_the_day():
    nobody = clusters_of([], column="cluster_key")
    keys = match_clusters(clusters_of([1, 2, 2]), nobody, born="2025-01-01")
    assert keys["cluster_key"].tolist() == ["2025-01-01_kmeans_1", "2025-01-01_kmeans_2"]
    assert keys["is_new"].all()
    assert keys["overlap"].isna().all()


def test_keys_follow_the_customers_not_the_numbers():
    before = clusters_of(["a", "a", "a", "b", "b", "b", "c", "c"], column="cluster_key")
    now = clusters_of([3, 3, 1, 1, 1, 1, 2, 2])
    keys = match_clusters(now, before, born="x").set_index("cluster")
    assert keys["cluster_key"].to_dict() == {1: "b", 2: "c", 3: "a"}
    assert keys["overlap"].to_dict() == pytest.approx({1: 3 / 4, 2: 1, 3: 2 / 3})
    assert not keys["is_new"].any()


def test_keys_are_matched_for_the_greatest_sum_of_overlaps():
    # Taken one by one, cluster 1 would get a (0.5) and leave b without a match worth the name.
    before = clusters_of([*"aaaaaa", *"bbbb"], column="cluster_key")
    now = clusters_of([1, 1, 1, 2, 2, 2, 1, 1, 1, 1])
    keys = match_clusters(now, before, born="x").set_index("cluster")["cluster_key"]
    assert keys.to_dict() == {1: "b", 2: "a"}


def test_a_cluster_of_mostly_others_is_new_and_its_number_was_never_used():
    before = clusters_of(["x_kmeans_1"] * 8 + ["y"] * 2 + [None] * 0, column="cluster_key")
    now = clusters_of([1] * 8 + [2] * 1 + [3] * 1)
    keys = match_clusters(now, before, born="x", min_overlap=0.6).set_index("cluster")
    assert keys["cluster_key"].to_dict() == {1: "x_kmeans_1", 2: "x_kmeans_2", 3: "x_kmeans_3"}
    assert keys["is_new"].to_dict() == {1: False, 2: True, 3: True}


def test_overlaps_refer_to_the_earlier_day_when_a_day_is_run_again():
    earlier = clusters_of(["a", "a", "a", "b"], column="cluster_key")
    same_day = clusters_of(["a", "a", "a", "c"], column="cluster_key")
    now = clusters_of([1, 1, 2, 3])
    keys = match_clusters(now, same_day, earlier=earlier, born="x").set_index("cluster")
    assert keys["cluster_key"].to_dict() == {1: "a", 2: "x_kmeans_1", 3: "c"}
    assert keys["overlap"].fillna(-1).to_dict() == pytest.approx({1: 2 / 3, 2: -1, 3: -1})
    assert keys["is_new"].to_dict() == {1: False, 2: True, 3: True}


def test_only_customers_of_both_runs_count():
    before = clusters_of(["a", "a", "b", None, None, None], column="cluster_key")
    now = clusters_of([2, 2, 1, 1, 1, 1])
    keys = match_clusters(now, before, born="x").set_index("cluster")
    assert keys["cluster_key"].to_dict() == {1: "b", 2: "a"}
    assert keys["overlap"].tolist() == [1, 1]


def test_the_chosen_clustering_carries_on_the_chosen_keys_whatever_the_method():
    before = pd.concat(
        [
            clusters_of(["k1", "k1", "k2"], column="cluster_key"),
            clusters_of(["w1", "w2", "w2"], method="ward", is_chosen=False, column="cluster_key"),
        ]
    )
    now = pd.concat(
        [
            clusters_of([1, 1, 2], is_chosen=False),
            clusters_of([1, 1, 2], method="ward"),
        ]
    )
    keys = match_clusters(now, before, born="x").set_index(["method", "cluster"])["cluster_key"]
    assert keys.to_dict() == {
        ("kmeans", 1): "k1",
        ("kmeans", 2): "k2",
        ("ward", 1): "k1",
        ("ward", 2): "k2",
    }


# --- maps, trees, projections -----------------------------------------------------------------


def test_maps_are_laid_out_with_hits_and_cut_points(planted):
    _, _, scaled, models, evaluations, clusters = planted
    units = describe_maps(scaled, models)
    one = units.query("method == 'som_map' and k == 4 and feature == 'spend'")
    assert one["hits"].sum() == len(scaled)
    assert one[["unit_row", "unit_column"]].max().tolist() == [5, 5]
    sizes = one.groupby("cluster")["hits"].sum().to_dict()
    assert sizes == pd.Series(labels_of(clusters, "som_map", 4)).value_counts().to_dict()

    model = read_model(text_of(models, "som_map", 4))
    som = MiniSom(5, 5, 4)
    som._weights = model.centers.reshape(5, 5, 4)
    borders = som.distance_map(scaling="mean").ravel()
    np.testing.assert_allclose(
        one["neighbour_distance"] / one["neighbour_distance"].max(), borders, atol=1e-9
    )
    row = evaluations.set_index(["method", "k"]).loc[("som_map", 4)]
    values = scaled[FEATURES].to_numpy()
    assert row["quantization_error"] == pytest.approx(som.quantization_error(values))
    assert row["topographic_error"] == pytest.approx(som.topographic_error(values))
    in_row = units.query("method == 'som_units' and k == 3")
    assert in_row["unit_row"].unique().tolist() == [1]
    assert in_row["unit_column"].nunique() == 3


def test_a_map_that_knows_no_order_tears_more_than_a_trained_one(planted):
    _, _, scaled, _, evaluations, _ = planted
    values = scaled[FEATURES].to_numpy()
    untrained = MiniSom(5, 5, 4, random_seed=1)
    untrained.random_weights_init(values)
    row = evaluations.set_index(["method", "k"]).loc[("som_map", 4)]
    assert row["topographic_error"] < untrained.topographic_error(values) / 2
    assert row["quantization_error"] < untrained.quantization_error(values)


def test_the_tree_of_merges_ends_in_everyone(planted):
    _, _, scaled, _, _, _ = planted
    merges = merge_customers(scaled, features=FEATURES, fit_on="is_fitted")
    assert merges["merge_number"].tolist() == list(range(1, 300))
    assert merges["height"].is_monotonic_increasing
    assert merges["customers"].iloc[-1] == 300
    nodes = pd.concat([merges["left_node"], merges["right_node"]])
    assert not nodes.duplicated().any()
    assert set(scaled["customer_id"]) <= set(nodes)
    assert f"merge {len(merges)}" not in set(nodes)
    # The three last merges join the four planted segments: no other is nearly as high.
    assert merges["height"].iloc[-3] > 2 * merges["height"].iloc[-4]


def test_axes_and_points_equal_those_of_scikit_learn(planted):
    _, _, scaled, _, _, _ = planted
    axes = find_axes(scaled, features=FEATURES, fit_on="is_fitted")
    fitted = PCA().fit(scaled[FEATURES])
    shares = axes.groupby("axis")["explained_share"].first()
    np.testing.assert_allclose(shares, fitted.explained_variance_ratio_, rtol=1e-9)
    points = project_customers(scaled, axes)
    expected = fitted.transform(scaled[FEATURES])[:, :2]
    np.testing.assert_allclose(np.abs(points[["x", "y"]]), np.abs(expected), atol=1e-9)
    largest = axes.loc[axes.groupby("axis")["weight"].apply(lambda one: one.abs().idxmax())]
    assert (largest["weight"] > 0).all()


def test_unknown_features_lie_in_the_middle_of_the_plane(planted):
    _, _, scaled, _, _, _ = planted
    axes = find_axes(scaled, features=FEATURES)
    nothing = scaled.head(1).assign(**dict.fromkeys(FEATURES, np.nan))
    assert project_customers(nothing, axes)[["x", "y"]].to_numpy().tolist() == [[0, 0]]


def test_embedding_keeps_the_segments_apart_and_comes_again(planted):
    _, segment, scaled, _, _, _ = planted
    points = embed_customers(scaled, features=FEATURES, fit_on="is_fitted", sample_size=120)
    assert len(points) == 120
    own = pd.Series(segment, index=scaled["customer_id"])[points["customer_id"]]
    assert silhouette_score(points[["x", "y"]], own) > 0.5
    again = embed_customers(
        scaled.sample(frac=1, random_state=2),
        features=FEATURES,
        fit_on="is_fitted",
        sample_size=120,
    )
    pd.testing.assert_frame_equal(points, again, check_exact=True)


# --- bad requests -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "parameters", "message"),
    [
        (lambda frame: frame.drop(columns="breadth"), {}, "customers lacks breadth"),
        (lambda frame: frame.assign(breadth="wide"), {}, "column breadth is not numeric"),
        (lambda frame: pd.concat([frame, frame.head(1)]), {}, "customer_id C0000 more than once"),
        (lambda frame: frame.replace({"customer_id": {"C0001": None}}), {}, "1 rows without"),
        (lambda frame: frame.replace({"breadth": {frame["breadth"][3]: None}}), {}, "lack a feat"),
        (lambda frame: frame, {"methods": ["magic"]}, "no method magic; there are kmeans"),
        (lambda frame: frame, {"k_min": 1}, "not from 1 to 10"),
        (lambda frame: frame, {"k_min": 5, "k_max": 4}, "not from 5 to 4"),
    ],
)
def test_bad_input_is_named(change, parameters, message):
    customers, _ = planted_customers(customers=20)
    with pytest.raises(ValueError, match=message):
        fit_clusterings(change(customers), features=FEATURES, rank_by="spend", **parameters)


def test_models_of_other_features_are_refused(planted):
    _, _, scaled, models, _, _ = planted
    with pytest.raises(ValueError, match="customers lacks breadth"):
        assign_customers(scaled.drop(columns="breadth"), models)
    with pytest.raises(ValueError, match="no method magic"):
        evaluate_clusterings(scaled, models.assign(method="magic"))
