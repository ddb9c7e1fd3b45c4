"""Classifiers: honest beside their baselines, free of leaks, with reasons that can be checked."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from python_ml.classification import (
    choose_classifier,
    evaluate_classifiers,
    measure_importances,
    score_customers,
)

FEATURES = ["orders", "gap", "visits", "noise"]
MODELS = ["logistic_regression", "last_level", "majority"]


def planted_customers(*, customers=600, seed=2, snapshots=1):
    """Customers who decline as their gap grows and their visits and last level fall."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        generator.normal(size=(customers, len(FEATURES))), columns=FEATURES
    ).assign(customer_id=np.arange(customers) // snapshots)
    frame["last_level"] = np.exp(frame["orders"])
    logit = 1.5 * frame["gap"] - frame["visits"] - 0.8 * frame["orders"] - 0.5
    frame["is_declined"] = generator.random(customers) < 1 / (1 + np.exp(-logit))
    return frame


@pytest.fixture(scope="module")
def training():
    return planted_customers()


@pytest.fixture(scope="module")
def evaluations(training):
    return evaluate_classifiers(training, features=FEATURES)


def database_types(frame):
    return {
        name: dtype for name, dtype, *_ in duckdb.sql("describe select * from frame").fetchall()
    }


def test_measures_equal_those_of_scikit_learn_fold_by_fold(training, evaluations):
    measures = []
    for seed in (42, 43):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for fit, held_out in folds.split(training, training["is_declined"]):
            model = make_pipeline(StandardScaler(), LogisticRegression())
            model.fit(training[FEATURES].iloc[fit], training["is_declined"].iloc[fit])
            score = model.predict_proba(training[FEATURES].iloc[held_out])[:, 1]
            truth = training["is_declined"].iloc[held_out]
            measures.append(
                {
                    "roc_auc": roc_auc_score(truth, score),
                    "pr_auc": average_precision_score(truth, score),
                    "f1": f1_score(truth, score >= 0.5),
                    "brier": brier_score_loss(truth, score),
                    "log_loss": log_loss(truth, score),
                }
            )
    expected = pd.DataFrame(measures).mean().to_dict()
    auc = pd.DataFrame(measures)["roc_auc"]
    expected["roc_auc_sd"] = auc.std()
    row = evaluations.set_index("model").loc["logistic_regression"]
    assert row[list(expected)].to_dict() == pytest.approx(expected, abs=1e-9)


def test_a_model_that_knows_more_is_chosen_and_says_by_how_much(training, evaluations):
    assert evaluations["model"].tolist() == MODELS
    assert evaluations["is_baseline"].tolist() == [False, True, True]
    assert evaluations["is_chosen"].tolist() == [True, False, False]
    auc = evaluations.set_index("model")["roc_auc"]
    gain = auc["logistic_regression"] - auc["last_level"]
    assert gain > 0.1
    row = evaluations.set_index("model").loc["logistic_regression"]
    assert row["gain"] == pytest.approx(gain)
    assert 0 < row["gain_se"] < row["gain"] / 3
    assert f"{gain:.3f} above that of the best baseline, last_level" in evaluations["reason"][0]
    assert (evaluations["rows"] == 600).all()
    assert (evaluations["positives"] == training["is_declined"].sum()).all()


def test_majority_gives_everyone_the_share_of_positives(training, evaluations):
    row = evaluations.set_index("model").loc["majority"]
    share = training["is_declined"].mean()
    assert (row["roc_auc"], row["roc_auc_sd"], row["f1"]) == (0.5, 0, 0)
    assert row["pr_auc"] == pytest.approx(share, abs=1e-3)
    assert row["brier"] == pytest.approx(share * (1 - share), abs=1e-3)


def test_where_only_the_last_level_counts_the_baseline_is_chosen():
    generator = np.random.default_rng(4)
    training = planted_customers()
    odds = np.exp(-2 * np.log(training["last_level"]))
    training["is_declined"] = generator.random(len(training)) < odds / (1 + odds)
    found = evaluate_classifiers(training, features=FEATURES, log_features=["last_level"])
    found = found.set_index("model")
    assert found.index[found["is_chosen"]].tolist() == ["last_level"]
    assert found.loc["last_level", "roc_auc"] > 0.8
    assert found.loc["logistic_regression", "reason"].startswith("Not chosen: ROC-AUC")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("snapshots", [1, 5])
def test_a_shuffled_label_cannot_be_predicted(seed, snapshots):
    training = planted_customers(customers=1_000, snapshots=snapshots)
    shuffled = np.random.default_rng(seed).permutation(training["is_declined"])
    found = evaluate_classifiers(training.assign(is_declined=shuffled), features=FEATURES)
    row = found.set_index("model").loc["logistic_regression"]
    # Folds of 200 rows: the standard error of one ROC-AUC is 0.04, the spread shows it.
    assert 0.01 < row["roc_auc_sd"] < 0.08
    assert abs(row["roc_auc"] - 0.5) < 2 * row["roc_auc_sd"]
    assert row["brier"] > found.set_index("model").loc["majority", "brier"] - 0.001
    assert not row["is_chosen"], "a lucky draw must not pass for a model"


def test_snapshots_of_a_customer_never_stand_on_both_sides_of_a_fold():
    # Features that identify a customer and a label thrown once for each: with one snapshot in the
    # fit, the label of the others would be known.
    generator = np.random.default_rng(9)
    customers, snapshots, width = 80, 6, 60
    names = [f"trait_{number}" for number in range(width)]
    traits = generator.normal(size=(customers, width)).repeat(snapshots, axis=0)
    training = pd.DataFrame(traits, columns=names).assign(
        customer_id=np.arange(customers).repeat(snapshots),
        last_level=0.0,
        is_declined=generator.permutation(customers).repeat(snapshots) % 2,
    )
    grouped = evaluate_classifiers(training, features=names)
    leaky = evaluate_classifiers(
        training.assign(customer_id=np.arange(len(training))), features=names
    )
    assert leaky["roc_auc"][0] > 0.95
    assert grouped["roc_auc"][0] < 0.65


def run_all(training):
    current = training.drop_duplicates("customer_id")
    return (
        evaluate_classifiers(training, features=FEATURES),
        score_customers(training, current, features=FEATURES, model="logistic_regression"),
        measure_importances(training, features=FEATURES),
    )


@pytest.mark.parametrize("snapshots", [1, 3])
def test_neither_row_order_nor_thread_count_changes_anything(snapshots):
    training = planted_customers(customers=300, snapshots=snapshots)
    training["first_seen"] = ~training["customer_id"].duplicated()
    expected = run_all(training)
    mixed = training.sample(frac=1, random_state=1)
    # The same snapshot of a customer is scored, wherever its row stands.
    mixed = mixed.sort_values("first_seen", ascending=False, kind="stable")
    for threads in (1, 2):
        with threadpool_limits(threads):
            for found, before in zip(run_all(mixed), expected, strict=True):
                pd.testing.assert_frame_equal(found, before, check_exact=True)


def test_scores_and_reasons_follow_from_the_coefficients(training):
    current = planted_customers(seed=5, customers=200)
    scores = score_customers(training, current, features=FEATURES, model="logistic_regression")
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(training[FEATURES], training["is_declined"])
    np.testing.assert_allclose(
        scores["probability"], model.predict_proba(current[FEATURES])[:, 1], atol=1e-9
    )
    usual = training[FEATURES].median()
    contributions = (current[FEATURES] - usual) / model[0].scale_ * model[1].coef_[0]
    for row, score in scores.iterrows():
        raising = contributions.loc[row].sort_values(ascending=False)
        raising = raising[raising > 0].index[:3].tolist()
        named = score[["feature_1", "feature_2", "feature_3"]].dropna().tolist()
        assert named == raising
        for place, feature in enumerate(raising, start=1):
            assert score[f"value_{place}"] == current.loc[row, feature]
            assert score[f"usual_{place}"] == usual[feature]
    assert scores[["feature_3", "value_3", "usual_3"]].isna().any().all()
    assert (scores["value_3"].isna() == scores["feature_3"].isna()).all()


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.floats(-4, 4), min_size=4, max_size=4))
def test_a_reason_goes_when_its_value_becomes_usual_and_the_probability_falls(values):
    training = planted_customers(customers=300)
    current = pd.DataFrame([values], columns=FEATURES).assign(customer_id=1, last_level=1.0)
    parameters = {"features": FEATURES, "model": "logistic_regression"}
    before = score_customers(training, current, **parameters).iloc[0]
    for place in (1, 2, 3):
        feature = before[f"feature_{place}"]
        if pd.isna(feature):
            continue
        calmed = current.assign(**{feature: before[f"usual_{place}"]})
        after = score_customers(training, calmed, **parameters).iloc[0]
        assert feature not in after[["feature_1", "feature_2", "feature_3"]].tolist()
        assert after["probability"] < before["probability"]


def test_equal_contributions_are_named_in_order_of_name():
    training = planted_customers()
    training = training.assign(b_gap=training["gap"], a_gap=training["gap"])
    scores = score_customers(
        training,
        training,
        features=["gap", "b_gap", "a_gap"],
        model="logistic_regression",
    )
    named = scores.loc[scores["feature_1"].notna(), ["feature_1", "feature_2", "feature_3"]]
    assert len(named) > 100
    assert named.drop_duplicates().to_numpy().tolist() == [["a_gap", "b_gap", "gap"]]


def test_missing_and_infinite_values_are_imputed_and_never_a_reason(training):
    current = planted_customers(seed=6, customers=50)
    parameters = {"features": FEATURES, "model": "logistic_regression"}
    usual = training["gap"].median()
    expected = score_customers(training, current.assign(gap=usual), **parameters)
    for value in (np.nan, np.inf, -np.inf):
        found = score_customers(training, current.assign(gap=value), **parameters)
        pd.testing.assert_frame_equal(found, expected)
    reasons = expected[["feature_1", "feature_2", "feature_3"]]
    assert not reasons.eq("gap").any().any()


def test_logged_features_are_scored_on_the_log_scale_and_shown_raw(training):
    raw = training.assign(gap=np.sinh(training["gap"] * 3))
    logged = raw.assign(gap=np.sign(raw["gap"]) * np.log1p(raw["gap"].abs()))
    parameters = {"features": FEATURES, "model": "logistic_regression"}
    found = score_customers(raw, raw, log_features=["gap"], **parameters)
    expected = score_customers(logged, logged, **parameters)
    np.testing.assert_allclose(found["probability"], expected["probability"], atol=1e-6)
    first = found[found["feature_1"] == "gap"]
    assert len(first) > 50
    shown = first.merge(raw, on="customer_id")
    assert (shown["value_1"] == shown["gap"]).all()


def test_the_baselines_score_with_the_reasons_they_have(training):
    by_level = score_customers(training, training, features=FEATURES, model="last_level")
    assert by_level["probability"].corr(training["last_level"], method="spearman") < -0.999
    low = training["last_level"] < training["last_level"].median()
    assert by_level.loc[low, "feature_1"].eq("last_level").all()
    assert by_level.loc[~low, "feature_1"].isna().all()
    assert by_level["feature_2"].isna().all()

    by_share = score_customers(training, training, features=FEATURES, model="majority")
    assert by_share["probability"].to_numpy() == pytest.approx(training["is_declined"].mean())
    assert by_share["feature_1"].isna().all()


def test_importances_put_what_was_planted_before_noise(training):
    importances = measure_importances(training, features=FEATURES)
    assert importances["feature"].tolist()[0] == "gap"
    assert importances["feature"].tolist()[-1] == "noise"
    assert importances["rank"].tolist() == [1, 2, 3, 4]
    assert importances["importance"].is_monotonic_decreasing
    assert importances["importance"].iloc[2] > 0.02
    assert abs(importances["importance"].iloc[3]) < 0.01
    assert (importances["importance_sd"] > 0).all()


def first_labels(training, *, declined):
    """All the steady customers, and so many of those who declined."""
    steady, others = training[~training["is_declined"]], training[training["is_declined"]]
    return pd.concat([steady, others.head(declined)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.head(0), "there are no labelled rows"),
        (lambda frame: frame.assign(is_declined=None), "there are no labelled rows"),
        (lambda frame: frame.assign(is_declined=True), "and 0 without are too few"),
        (lambda frame: frame.assign(is_declined=False), "0 customers with is_declined"),
        (lambda frame: first_labels(frame, declined=19), "19 customers with is_declined"),
        (lambda frame: frame.assign(customer_id=frame.index % 15), "takes at least 20"),
    ],
    ids=["no rows", "no labels", "all", "nobody", "nineteen", "few customers, many rows"],
)
def test_where_nothing_can_be_learned_a_row_says_so(training, change, words):
    poor = change(training)
    found = evaluate_classifiers(poor, features=FEATURES)
    assert found[["model", "is_chosen"]].to_numpy().tolist() == [["none", True]]
    assert words in found["reason"][0]
    assert found["roc_auc"].isna().all()
    for model in [*MODELS, "none"]:
        assert score_customers(poor, training, features=FEATURES, model=model).empty
    assert measure_importances(poor, features=FEATURES).empty


def test_twenty_of_each_class_are_enough(training):
    found = evaluate_classifiers(first_labels(training, declined=20), features=FEATURES)
    assert found["model"].tolist() == MODELS


def test_rows_without_a_label_are_left_out(training, evaluations):
    unknown = training.head(50).assign(
        customer_id=range(1000, 1050), is_declined=pd.array([None] * 50, dtype="boolean")
    )
    more = pd.concat([training.astype({"is_declined": "boolean"}), unknown])
    found = evaluate_classifiers(more, features=FEATURES)
    pd.testing.assert_frame_equal(found, evaluations)


def test_a_feature_without_any_value_changes_nothing(training, evaluations):
    features = [*FEATURES, "blank"]
    blank = training.assign(blank=pd.array([None] * len(training), dtype="Int64"))
    pd.testing.assert_frame_equal(evaluate_classifiers(blank, features=features), evaluations)
    scores = score_customers(blank, blank, features=features, model="logistic_regression")
    assert not scores[["feature_1", "feature_2", "feature_3"]].eq("blank").any().any()
    importances = measure_importances(blank, features=features).set_index("feature")
    assert importances.loc["blank", "importance"] == 0


def test_nullable_types_and_numbers_as_labels_are_taken(training, evaluations):
    nullable = training.convert_dtypes().astype({"is_declined": "Int64"})
    pd.testing.assert_frame_equal(evaluate_classifiers(nullable, features=FEATURES), evaluations)


@pytest.mark.parametrize(
    ("dtype", "database_type"), [("object", "VARCHAR"), ("str", "VARCHAR"), ("int64", "BIGINT")]
)
def test_nobody_to_score_gives_a_typed_frame(training, dtype, database_type):
    nobody = training.head(0).astype({"customer_id": dtype})
    scores = score_customers(training, nobody, features=FEATURES, model="logistic_regression")
    assert scores.empty
    types = {"customer_id": database_type, "probability": "DOUBLE", "model": "VARCHAR"}
    for place in (1, 2, 3):
        types |= {f"feature_{place}": "VARCHAR"}
        types |= {f"value_{place}": "DOUBLE", f"usual_{place}": "DOUBLE"}
    assert database_types(scores) == types
    full = score_customers(training, training, features=FEATURES, model="majority")
    assert database_types(full) == types | {"customer_id": "BIGINT"}


def test_evaluations_and_importances_of_nothing_are_typed(training):
    nothing = training.head(0).astype("object")
    assert database_types(evaluate_classifiers(nothing, features=FEATURES)) == database_types(
        evaluate_classifiers(training, features=FEATURES, repeats=1)
    )
    assert database_types(measure_importances(nothing, features=FEATURES)) == {
        "feature": "VARCHAR",
        "importance": "DOUBLE",
        "importance_sd": "DOUBLE",
        "rank": "BIGINT",
    }


@pytest.mark.parametrize(
    ("model", "level", "gain_se", "chosen"),
    [
        (0.75, 0.5, 0.01, "logistic_regression"),
        (0.75, 0.5, np.nan, "logistic_regression"),
        (0.75, 0.5, 0.25 / 1.645, "last_level"),
        (0.75, 0.5, 0.24 / 1.645, "logistic_regression"),
        (0.75, 0.625, 0.01, "last_level"),
        (0.5, 0.75, 0.01, "last_level"),
        (0.5, 0.5, 0.01, "last_level"),
        (0.25, 0.25, 0.01, "majority"),
        (np.nan, np.nan, np.nan, "majority"),
    ],
    ids=[
        "ahead",
        "error unknown",
        "no further than chance",
        "just further than chance",
        "exactly the gain",
        "behind",
        "all equal",
        "below chance",
        "undefined",
    ],
)
def test_the_rule_of_choice(model, level, gain_se, chosen):
    evaluations = pd.DataFrame(
        {"model": MODELS, "is_baseline": [False, True, True], "roc_auc": [model, level, 0.5]}
    ).assign(rows=100, positives=50, gain_se=gain_se)
    found = choose_classifier(evaluations, min_gain=0.125)
    assert found.loc[found["is_chosen"], "model"].tolist() == [chosen]
    assert found.loc[found["is_chosen"], "reason"].iloc[0].startswith("Chosen")
    assert found.loc[~found["is_chosen"], "reason"].str.startswith("Not chosen").all()


@pytest.mark.parametrize(
    ("change", "parameters", "message"),
    [
        (lambda frame: frame.drop(columns="gap"), {}, "training lacks gap"),
        (lambda frame: frame.assign(gap="long"), {}, "column gap is not numeric"),
        (lambda frame: frame.assign(is_declined=2), {}, "must be true or false, not 2"),
        (lambda frame: frame.assign(customer_id=None), {}, "600 rows without customer_id"),
        (lambda frame: frame, {"log_features": ["gpa"]}, "training lacks gpa"),
    ],
)
def test_bad_training_is_named(training, change, parameters, message):
    with pytest.raises(ValueError, match=message):
        evaluate_classifiers(change(training), features=FEATURES, **parameters)


@pytest.mark.parametrize(
    ("change", "model", "message"),
    [
        (lambda frame: frame, "oracle", "no model oracle; there are logistic_regression"),
        (lambda frame: frame.drop(columns="gap"), "majority", "current lacks gap"),
        (lambda frame: pd.concat([frame, frame]), "majority", "customer_id 0 more than once"),
    ],
)
def test_bad_requests_for_scores_are_named(training, change, model, message):
    with pytest.raises(ValueError, match=message):
        score_customers(training, change(training), features=FEATURES, model=model)
