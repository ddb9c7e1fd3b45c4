"""Classifiers: honest next to their baselines, free of leaks, with reasons that can be checked."""

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
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from python_ml.chance import find_chance_factor
from python_ml.classification import (
    BASELINES,
    DEFAULT_PARAMETERS,
    MODELS,
    Columns,
    build_pipeline,
    choose_classifier,
    find_threshold,
    fit_pipeline,
    measure_choice,
    measure_predictions,
    predict,
    predict_out_of_fold,
    prepare_training,
    score_customers,
    search_parameters,
    split_rows,
    train_classifier,
)
from python_ml.classification.models import SampledSVC

FEATURES = ["orders", "gap", "visits", "noise"]
COLUMNS = Columns(features=FEATURES)
LINEAR = ["logistic_regression", "previous_period_orders", "majority"]
EASY = {"models": ["logistic_regression"], "repeats": 2}


def planted_customers(*, customers=600, seed=2, snapshots=1):
    """Customers who decline as their gap grows and their visits and orders fall."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        generator.normal(size=(customers, len(FEATURES))), columns=FEATURES
    ).assign(customer_id=np.arange(customers) // snapshots)
    frame["previous_period_orders"] = np.exp(frame["orders"])
    logit = 1.5 * frame["gap"] - frame["visits"] - 0.8 * frame["orders"] - 0.5
    frame["is_declined"] = generator.random(customers) < 1 / (1 + np.exp(-logit))
    return frame


@pytest.fixture(scope="module")
def training():
    return planted_customers()


def train(training, *, columns=COLUMNS, **options):
    """Train with the quickest model alone, unless others are asked for."""
    return train_classifier(training, columns=columns, **{**EASY, **options})


@pytest.fixture(scope="module")
def trained(training):
    return train(training)


@pytest.fixture(scope="module")
def evaluations(trained):
    return trained.evaluations


@pytest.fixture(scope="module")
def all_trained(training):
    """Every model, once over."""
    return train(training, models=MODELS)


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
    # Both repeats rank; the first alone is calibrated, and so measured by its probabilities.
    ranking = ["roc_auc", "pr_auc"]
    expected = pd.DataFrame(measures).head(5).mean().to_dict()
    expected |= pd.DataFrame(measures)[ranking].mean().to_dict()
    auc = pd.DataFrame(measures)["roc_auc"]
    expected["roc_auc_sd"] = auc.std()
    row = evaluations.set_index("model").loc["logistic_regression"]
    assert row[list(expected)].to_dict() == pytest.approx(expected, abs=1e-9)


def test_a_model_that_knows_more_is_chosen_and_says_by_how_much(training, evaluations):
    assert evaluations["model"].tolist() == LINEAR
    assert evaluations["is_baseline"].tolist() == [False, True, True]
    assert evaluations["is_chosen"].tolist() == [True, False, False]
    auc = evaluations.set_index("model")["roc_auc"]
    gain = auc["logistic_regression"] - auc["previous_period_orders"]
    assert gain > 0.1
    row = evaluations.set_index("model").loc["logistic_regression"]
    assert row["gain"] == pytest.approx(gain)
    assert 0 < row["gain_se"] < row["gain"] / 3
    assert (
        f"{gain:.3f} above that of the best baseline, previous_period_orders"
        in evaluations["reason"][0]
    )
    assert (evaluations["rows"] == 600).all()
    assert (evaluations["positives"] == training["is_declined"].sum()).all()


def test_majority_gives_everyone_the_share_of_positives(training, evaluations):
    row = evaluations.set_index("model").loc["majority"]
    share = training["is_declined"].mean()
    assert (row["roc_auc"], row["roc_auc_sd"], row["f1"]) == (0.5, 0, 0)
    assert row["pr_auc"] == pytest.approx(share, abs=1e-3)
    assert row["brier"] == pytest.approx(share * (1 - share), abs=1e-3)


def test_the_choice_is_measured_on_rows_that_had_no_part_in_it(training):
    prepared = prepare_training(training, columns=COLUMNS)
    found = measure_choice(prepared, columns=COLUMNS, models=["logistic_regression"], repeats=2)
    assert found[["repeat", "fold"]].to_numpy().tolist() == [
        [repeat, fold] for repeat in (1, 2) for fold in range(1, 6)
    ]
    assert found["model"].eq("logistic_regression").all()
    # Where there is nothing to choose it is a cross-validation like any other.
    plain = train(training).evaluations.set_index("model").loc["logistic_regression"]
    assert found["roc_auc"].mean() == pytest.approx(plain["roc_auc"], abs=1e-9)
    assert found["roc_auc"].std() == pytest.approx(plain["roc_auc_sd"], abs=1e-9)


def test_a_choice_among_many_lucky_ones_is_seen_through():
    generator = np.random.default_rng(11)
    noise = pd.DataFrame(generator.normal(size=(160, 4)), columns=FEATURES).assign(
        customer_id=range(160),
        previous_period_orders=0.0,
        is_declined=generator.permutation(160) % 2,
    )
    prepared = prepare_training(noise, columns=COLUMNS)
    models = ["k_nearest_neighbours", "decision_tree"]
    found = measure_choice(prepared, columns=COLUMNS, models=models, trials=3, repeats=1)
    assert found["model"].isin(BASELINES).all()
    assert (found["roc_auc"] == 0.5).all()
    lucky = [
        search_parameters(
            model,
            rows=prepared,
            label=prepared["is_declined"].to_numpy(),
            groups=prepared["customer_id"].to_numpy(),
            features=FEATURES,
            trials=12,
        )[1]
        for model in models
    ]
    assert max(lucky) > 0.53


def test_where_only_the_previous_period_orders_counts_the_baseline_is_chosen():
    generator = np.random.default_rng(4)
    training = planted_customers()
    odds = np.exp(-2 * np.log(training["previous_period_orders"]))
    training["is_declined"] = generator.random(len(training)) < odds / (1 + odds)
    columns = Columns(features=FEATURES, log_features=["previous_period_orders"])
    trained = train(training, columns=columns)
    assert trained.model == "previous_period_orders"
    found = trained.evaluations.set_index("model")
    assert found.index[found["is_chosen"]].tolist() == ["previous_period_orders"]
    assert found.loc["previous_period_orders", "roc_auc"] > 0.8
    assert found.loc["logistic_regression", "reason"].startswith("Not chosen: ROC-AUC")
    # What predicts is asked of the best model, of all its features.
    assert set(trained.importances["feature"]) == set(FEATURES)


@pytest.mark.parametrize(
    ("seed", "snapshots", "models"),
    [
        *((seed, snapshots, ["logistic_regression"]) for seed in range(3) for snapshots in (1, 5)),
        (0, 1, ["k_nearest_neighbours", "svc", "extra_trees", "hist_gradient_boosting", "mlp"]),
    ],
)
def test_a_shuffled_label_cannot_be_predicted(seed, snapshots, models):
    training = planted_customers(customers=1_000, snapshots=snapshots)
    shuffled = np.random.default_rng(seed).permutation(training["is_declined"])
    found = train(training.assign(is_declined=shuffled), models=models).evaluations
    found = found.set_index("model")
    for model in models:
        row = found.loc[model]
        # Folds of 200 rows: the standard error of one ROC-AUC is 0.04, the spread shows it.
        assert 0.01 < row["roc_auc_sd"] < 0.08
        assert abs(row["roc_auc"] - 0.5) < 2 * row["roc_auc_sd"]
        assert row["brier"] > found.loc["majority", "brier"] - 0.005
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
        previous_period_orders=0.0,
        is_declined=generator.permutation(customers).repeat(snapshots) % 2,
    )
    columns = Columns(features=names)
    grouped = train(training, columns=columns).evaluations
    leaky = train(
        training.assign(customer_id=np.arange(len(training))), columns=columns
    ).evaluations
    assert leaky["roc_auc"][0] > 0.95
    assert grouped["roc_auc"][0] < 0.65


@pytest.mark.parametrize("most_weighed", [0, 10_000], ids=["dealt", "weighed"])
def test_folds_of_snapshots_have_like_sizes_and_shares_of_each_label(most_weighed, monkeypatch):
    monkeypatch.setattr("python_ml.classification.splitting.MOST_WEIGHED_GROUPS", most_weighed)
    generator = np.random.default_rng(4)
    customers = generator.integers(3_000, size=10_000)
    label = (generator.random(10_000) < 0.1 + 0.5 * (customers % 3 == 0)).astype(int)
    folds = list(split_rows(label, groups=customers, folds=5, repeats=2, seed=1))
    for start in (0, 5):
        held_out = np.concatenate([fold for _, fold in folds[start : start + 5]])
        assert sorted(held_out) == list(range(10_000)), "each row is held out once a repeat"
    for fit, held_out in folds:
        assert sorted([*fit, *held_out]) == list(range(10_000))
        assert not set(customers[fit]) & set(customers[held_out])
        assert abs(label[held_out].mean() - label.mean()) < 0.01
        assert abs(len(held_out) - 2_000) < 60
    assert not np.array_equal(folds[0][1], folds[5][1]), "another repeat deals otherwise"


def run_all(training):
    current = training.drop_duplicates("customer_id")
    trained = train(training, models=["extra_trees"], repeats=1, permutations=1)
    scores = score_customers(current, trained=trained)
    return trained.evaluations, trained.deciles, trained.importances, scores


@pytest.mark.parametrize("snapshots", [1, 3])
def test_neither_row_order_nor_thread_count_changes_anything(snapshots):
    training = planted_customers(customers=240, snapshots=snapshots)
    training["first_seen"] = ~training["customer_id"].duplicated()
    expected = run_all(training)
    mixed = training.sample(frac=1, random_state=1)
    # The same snapshot of a customer is scored, wherever its row stands.
    mixed = mixed.sort_values("first_seen", ascending=False, kind="stable")
    for threads in (1, 2):
        with threadpool_limits(threads):
            for found, before in zip(run_all(mixed), expected, strict=True):
                pd.testing.assert_frame_equal(found, before, check_exact=True)


def test_scores_and_reasons_follow_from_the_coefficients(training, trained):
    current = planted_customers(seed=5, customers=200)
    scores = score_customers(current, trained=trained)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(training[FEATURES], training["is_declined"])
    np.testing.assert_allclose(
        scores["probability"], model.predict_proba(current[FEATURES])[:, 1], atol=1e-9
    )
    typical = training[FEATURES].median()
    contributions = (current[FEATURES] - typical) / model[0].scale_ * model[1].coef_[0]
    for row, score in scores.iterrows():
        raising = contributions.loc[row].sort_values(ascending=False)
        raising = raising[raising > 0].index[:3].tolist()
        named = score[["feature_1", "feature_2", "feature_3"]].dropna().tolist()
        assert named == raising
        for place, feature in enumerate(raising, start=1):
            assert score[f"value_{place}"] == current.loc[row, feature]
            assert score[f"typical_{place}"] == typical[feature]
    assert scores[["feature_3", "value_3", "typical_3"]].isna().any().all()
    assert (scores["value_3"].isna() == scores["feature_3"].isna()).all()


@pytest.fixture(scope="module")
def each_trained():
    """A model of each kind, as the property below asks after them one customer at a time."""
    training = planted_customers(customers=300)
    return [
        train(training, models=[model], repeats=1, permutations=1)
        for model in ("logistic_regression", "svc", "hist_gradient_boosting", "extra_trees")
    ]


@settings(max_examples=15, deadline=None)
@given(values=st.lists(st.floats(-4, 4), min_size=4, max_size=4))
def test_a_reason_goes_when_its_value_becomes_usual_and_the_probability_falls(
    each_trained, values
):
    current = pd.DataFrame([values], columns=FEATURES).assign(
        customer_id=1, previous_period_orders=1.0
    )
    for trained in each_trained:
        before = score_customers(current, trained=trained).iloc[0]
        for place in (1, 2, 3):
            feature = before[f"feature_{place}"]
            if pd.isna(feature):
                continue
            assert before[f"value_{place}"] == current[feature].iloc[0]
            calmed = current.assign(**{feature: before[f"typical_{place}"]})
            after = score_customers(calmed, trained=trained).iloc[0]
            assert feature not in after[["feature_1", "feature_2", "feature_3"]].tolist()
            assert after["probability"] < before["probability"]


def test_equal_contributions_are_named_in_order_of_name():
    training = planted_customers()
    training = training.assign(b_gap=training["gap"], a_gap=training["gap"])
    trained = train(training, columns=Columns(features=["gap", "b_gap", "a_gap"]))
    scores = score_customers(training, trained=trained)
    named = scores.loc[scores["feature_1"].notna(), ["feature_1", "feature_2", "feature_3"]]
    assert len(named) > 100
    assert named.drop_duplicates().to_numpy().tolist() == [["a_gap", "b_gap", "gap"]]


def test_missing_and_infinite_values_are_imputed_and_never_a_reason(training, trained):
    current = planted_customers(seed=6, customers=50)
    typical = training["gap"].median()
    expected = score_customers(current.assign(gap=typical), trained=trained)
    for value in (np.nan, np.inf, -np.inf):
        found = score_customers(current.assign(gap=value), trained=trained)
        pd.testing.assert_frame_equal(found, expected)
    reasons = expected[["feature_1", "feature_2", "feature_3"]]
    assert not reasons.eq("gap").any().any()


def test_logged_features_are_scored_on_the_log_scale_and_shown_raw(training):
    raw = training.assign(gap=np.sinh(training["gap"] * 3))
    logged = raw.assign(gap=np.sign(raw["gap"]) * np.log1p(raw["gap"].abs()))
    columns = Columns(features=FEATURES, log_features=["gap"])
    found = score_customers(raw, trained=train(raw, columns=columns))
    expected = score_customers(logged, trained=train(logged))
    np.testing.assert_allclose(found["probability"], expected["probability"], atol=1e-6)
    first = found[found["feature_1"] == "gap"]
    assert len(first) > 50
    shown = first.merge(raw, on="customer_id")
    assert (shown["value_1"] == shown["gap"]).all()


def test_of_many_customers_those_of_the_highest_scores_have_reasons(training, trained):
    scores = score_customers(training, trained=trained)
    few = score_customers(training, trained=trained, max_reasons=100)
    with_reasons = few["feature_1"].notna()
    assert with_reasons.sum() == 100
    assert few.loc[with_reasons, "probability"].min() > few.loc[~with_reasons, "probability"].max()
    pd.testing.assert_frame_equal(few[with_reasons], scores[with_reasons])


def test_whoever_trained_the_model_on_that_day_gets_the_probability_from_out_of_the_fold():
    training = planted_customers(customers=300).assign(day=pd.Timestamp("2025-01-01"))
    columns = Columns(features=FEATURES, snapshot="day")
    parameters = {"k_nearest_neighbours": {"weights": "distance"}}
    trained = train(
        training, columns=columns, models=["k_nearest_neighbours"], parameters=parameters
    )
    own = score_customers(training, trained=trained)["probability"]
    out_of_fold = trained.predictions.set_index("customer_id")["probability"]
    expected = out_of_fold.loc[training["customer_id"]]
    np.testing.assert_array_equal(own, expected)
    strangers = training.assign(customer_id=training["customer_id"].astype(str) + "x")
    assert (score_customers(strangers, trained=trained)["probability"] > 0.9).sum() > 50
    another_day = training.assign(day=pd.Timestamp("2025-02-01"))
    known = score_customers(another_day, trained=trained)["probability"]
    # Neighbours weighted by distance know the answer of a row that they have seen.
    assert roc_auc_score(training["is_declined"], known) > 0.999
    assert roc_auc_score(training["is_declined"], own) < 0.95


@pytest.mark.parametrize("dtype", ["str", "object", "float64", "Int64"])
def test_keys_may_come_in_another_type_than_they_were_learned_with(dtype):
    training = planted_customers(customers=300).assign(day=pd.Timestamp("2025-01-01"))
    trained = train(training, columns=Columns(features=FEATURES, snapshot="day"), repeats=1)
    expected = score_customers(training, trained=trained)
    current = training.astype({"customer_id": dtype, "day": "datetime64[s]"})
    found = score_customers(current, trained=trained)
    assert found["customer_id"].tolist() == sorted(current["customer_id"])
    if dtype != "float64":
        # A customer of the training is known again by the text of the key.
        by_key = found.astype({"customer_id": "int64"}).sort_values("customer_id")
        np.testing.assert_array_equal(by_key["probability"], expected["probability"])


def test_the_baselines_score_with_the_reasons_they_have():
    training = planted_customers()
    training["is_declined"] = (
        training["previous_period_orders"] < training["previous_period_orders"].median()
    )
    training["is_declined"] ^= np.random.default_rng(0).random(len(training)) < 0.1
    trained = train(training, columns=Columns(features=["noise"]))
    assert trained.model == "previous_period_orders"
    by_level = score_customers(training, trained=trained)
    assert (
        by_level["probability"].corr(training["previous_period_orders"], method="spearman")
        < -0.999
    )
    low = training["previous_period_orders"] < training["previous_period_orders"].median()
    assert by_level.loc[low, "feature_1"].eq("previous_period_orders").all()
    assert by_level.loc[~low, "feature_1"].isna().all()
    assert by_level["feature_2"].isna().all()


def test_what_is_no_better_than_guessing_marks_nobody():
    training = planted_customers().assign(previous_period_orders=0.0)
    training["is_declined"] = np.random.default_rng(7).permutation(training["is_declined"])
    trained = train(training)
    assert trained.model == "majority"
    assert trained.evaluations["is_chosen"].tolist() == [False, False, True]
    assert not trained.evaluations["is_accepted"].any()
    assert (
        trained.evaluations["reason"]
        .iloc[-1]
        .startswith("Chosen, so nobody is scored: logistic_regression with ROC-AUC 0.")
    )
    scores = score_customers(training, trained=trained)
    assert scores.empty
    assert database_types(scores)["probability"] == "DOUBLE"
    assert trained.importances.empty
    assert trained.predictions.empty
    with pytest.raises(ValueError, match="the model majority predicts nothing"):
        predict(training, trained=trained)


@pytest.mark.parametrize("seed", range(5))
def test_a_baseline_that_knows_nothing_is_no_better_than_the_majority(seed):
    """The baseline, too, may be ahead of guessing by chance: it is used where it is by more."""
    training = planted_customers(customers=1_000, seed=seed)
    generator = np.random.default_rng(seed)
    training["is_declined"] = generator.permutation(training["is_declined"])
    assert train(training).model == "majority"
    odds = np.exp(-0.5 * training["orders"])
    training["is_declined"] = generator.random(len(training)) < odds / (1 + odds)
    columns = Columns(features=["noise"], log_features=["previous_period_orders"])
    trained = train(training, columns=columns)
    assert trained.model == "previous_period_orders"
    assert trained.evaluations.set_index("model").loc["previous_period_orders", "is_accepted"]


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_reason_never_names_what_is_unknown(tiered, data):
    number = st.one_of(st.none(), st.floats(-4, 4), st.just(np.inf))
    tier = st.sampled_from(["gold", "basic", "unknown", "never seen", None])
    current = pd.DataFrame(
        {
            **{name: [data.draw(number)] for name in FEATURES},
            "tier": [data.draw(tier)],
            "customer_id": [1],
            "previous_period_orders": [None],
        }
    ).astype(dict.fromkeys(FEATURES, "float64"))
    for trained in tiered:
        row = score_customers(current, trained=trained).iloc[0]
        for place in (1, 2, 3):
            feature = row[f"feature_{place}"]
            if pd.isna(feature):
                continue
            kinds = ("word", "typical_word") if feature == "tier" else ("value", "typical")
            told = [row[f"{kind}_{place}"] for kind in kinds]
            assert all(pd.notna(one) and one != "unknown" for one in told), (feature, told)


@pytest.fixture(scope="module")
def tiered():
    """Models of customers of whom a tier is unknown just where they decline."""
    training = planted_customers()
    training["tier"] = np.where(training["is_declined"], None, "basic")
    training.loc[::7, "tier"] = "gold"
    columns = Columns(features=FEATURES, categories=["tier"])
    return [
        train(training, columns=columns, models=[model], repeats=2, permutations=1)
        for model in ("logistic_regression", "extra_trees")
    ]


def test_a_missing_tier_raises_the_score_and_is_no_reason(tiered):
    current = planted_customers(customers=40, seed=3).assign(tier=None)
    for trained in tiered:
        unknown = score_customers(current, trained=trained)
        basic = score_customers(current.assign(tier="basic"), trained=trained)
        assert (unknown["probability"] > basic["probability"]).all()
        assert not unknown[["feature_1", "feature_2", "feature_3"]].eq("tier").any().any()


def test_importances_put_what_was_planted_before_noise(trained):
    importances = trained.importances
    assert importances["feature"].tolist()[0] == "gap"
    assert importances["feature"].tolist()[-1] == "noise"
    assert importances["rank"].tolist() == [1, 2, 3, 4]
    assert importances["importance"].is_monotonic_decreasing
    assert importances["importance"].iloc[2] > 0.02
    assert abs(importances["importance"].iloc[3]) < 0.01
    assert (importances["importance_sd"] > 0).all()


# --- every model ------------------------------------------------------------------------------


def test_every_model_learns_what_was_planted_and_is_calibrated(all_trained):
    found = all_trained.evaluations.set_index("model")
    assert found.index.tolist() == [*MODELS, *BASELINES]
    learned = found.loc[list(MODELS)]
    assert (learned["roc_auc"] > 0.75).all()
    assert (learned["brier"] < found.loc["majority", "brier"] - 0.03).all()
    assert (learned["log_loss"] < found.loc["majority", "log_loss"] - 0.05).all()
    assert (learned["calibration_error"] < 0.12).all()
    assert learned["shortfall"].min() == 0
    assert (learned["shortfall"] >= 0).all()
    # What was planted is a logit, and it is the simplest.
    assert all_trained.model == "logistic_regression"
    assert found["is_chosen"].sum() == 1
    assert found["reason"].str.len().min() > 40


def test_deciles_hold_every_row_once_and_fall(all_trained, training):
    for _, deciles in all_trained.deciles.groupby("model"):
        assert deciles["decile"].tolist() == list(range(1, 11))
        assert deciles["rows"].tolist() == [60] * 10
        assert deciles["positives"].sum() == training["is_declined"].sum()
        assert deciles["probability"].is_monotonic_decreasing
        assert (deciles["lowest"] <= deciles["probability"]).all()
        assert (deciles["probability"] <= deciles["highest"]).all()
    logit = all_trained.deciles.query("model == 'logistic_regression'")
    share = logit["positives"] / logit["rows"]
    assert share.between(logit["lowest"] - 1e-9, logit["highest"] + 1e-9).all()


def test_a_later_snapshot_is_predicted_from_the_older_ones():
    training = planted_customers(customers=900, snapshots=3)
    training["day"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(training.index % 3, "D")
    columns = Columns(features=FEATURES, snapshot="day")
    trained = train(training, columns=columns)
    newest = training["day"] == training["day"].max()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(training.loc[~newest, FEATURES], training.loc[~newest, "is_declined"])
    score = model.predict_proba(training.loc[newest, FEATURES])[:, 1]
    expected = roc_auc_score(training.loc[newest, "is_declined"], score)
    found = trained.evaluations.set_index("model")["out_of_time_roc_auc"]
    assert found["logistic_regression"] == pytest.approx(expected, abs=1e-9)
    assert found["majority"] == 0.5
    assert train(training).evaluations["out_of_time_roc_auc"].isna().all()


def test_categories_count_unknown_ones_are_tolerated_and_give_reasons_in_words():
    training = planted_customers(customers=800)
    generator = np.random.default_rng(1)
    training["tier"] = generator.choice(["basic", "gold", None], len(training), p=[0.6, 0.3, 0.1])
    training.loc[training["tier"] == "gold", "is_declined"] = (
        generator.random((training["tier"] == "gold").sum()) < 0.9
    )
    columns = Columns(features=FEATURES, categories=["tier"])
    trained = train(training, columns=columns)
    assert trained.importances["feature"].tolist()[0] == "tier"
    current = planted_customers(customers=3, seed=8).assign(tier=["gold", "platinum", None])
    scores = score_customers(current, trained=trained)
    assert scores["probability"].between(0, 1).all()
    gold = scores.iloc[0]
    place = next(place for place in (1, 2, 3) if gold[f"feature_{place}"] == "tier")
    assert (gold[f"word_{place}"], gold[f"typical_word_{place}"]) == ("gold", "basic")
    assert np.isnan(gold[f"value_{place}"])
    numbers = scores[["feature_1", "word_1"]].query("feature_1 != 'tier'")
    assert numbers["word_1"].isna().all()


def test_the_threshold_is_where_both_errors_cost_the_same(training):
    assert find_threshold(false_alarm_cost=1, miss_cost=3) == 0.25
    with pytest.raises(ValueError, match="costs must be positive, not 0 and 1"):
        find_threshold(false_alarm_cost=0, miss_cost=1)
    predictions = predict_out_of_fold(
        prepare_training(training, columns=COLUMNS), columns=COLUMNS, models=LINEAR[:1]
    )
    costs = {
        threshold: measure_predictions(
            predictions, threshold=threshold, false_alarm_cost=1, miss_cost=3
        ).set_index("model")["cost"]
        for threshold in (0.05, 0.25, 0.8)
    }
    assert costs[0.25]["logistic_regression"] == min(
        cost["logistic_regression"] for cost in costs.values()
    )
    share = training["is_declined"].mean()
    assert costs[0.05]["majority"] == pytest.approx(1 - share, abs=1e-9)
    assert costs[0.8]["majority"] == pytest.approx(3 * share, abs=1e-9)


def test_isotonic_where_there_are_many_rows_else_a_sigmoid():
    for customers, curve in ((600, "_SigmoidCalibration"), (4_500, "IsotonicRegression")):
        training = prepare_training(planted_customers(customers=customers), columns=COLUMNS)
        pipeline = build_pipeline("decision_tree", features=FEATURES)
        label = training["is_declined"].to_numpy()
        fitted = fit_pipeline(
            pipeline, rows=training, label=label, groups=training["customer_id"].to_numpy()
        )
        assert type(fitted.curve).__name__ == curve
        probability = fitted.to_probability(fitted.rank(fitted.prepare(training)))
        assert probability.mean() == pytest.approx(label.mean(), abs=0.03)


def test_a_support_vector_machine_of_many_rows_is_one_of_those_drawn(monkeypatch):
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(900, 3))
    label = (matrix[:, 0] + generator.normal(size=900) > 0).astype(int)
    monkeypatch.setattr("python_ml.classification.models.MOST_SVC_ROWS", 300)
    first, again = (
        SampledSVC(random_state=5).fit(matrix, label).decision_function(matrix) for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
    assert SampledSVC(random_state=5).fit(matrix, label).shape_fit_ == (300, 3)
    assert roc_auc_score(label, first) > 0.8
    few, plain = (
        machine(random_state=5).fit(matrix[:300], label[:300]).decision_function(matrix)
        for machine in (SampledSVC, SVC)
    )
    np.testing.assert_array_equal(few, plain)


def test_with_too_many_rows_those_of_drawn_customers_are_kept_whole():
    training = planted_customers(customers=900, snapshots=3)
    kept = prepare_training(training, columns=COLUMNS, max_rows=300)
    assert len(kept) == 300
    assert kept["customer_id"].value_counts().eq(3).all()
    mixed = training.sample(frac=1, random_state=3)
    again = prepare_training(mixed, columns=COLUMNS, max_rows=300)
    pd.testing.assert_frame_equal(again, kept)


def test_equal_rows_count_once(training, evaluations):
    twice = pd.concat([training, training.head(200)])
    pd.testing.assert_frame_equal(train(twice).evaluations, evaluations)


def test_a_search_never_ends_below_the_defaults(training):
    prepared = prepare_training(training, columns=COLUMNS)
    common = {
        "rows": prepared,
        "label": prepared["is_declined"].to_numpy(),
        "groups": prepared["customer_id"].to_numpy(),
        "features": FEATURES,
    }
    defaults, score = search_parameters("k_nearest_neighbours", trials=1, **common)
    assert defaults == DEFAULT_PARAMETERS["k_nearest_neighbours"]
    found, better = search_parameters("k_nearest_neighbours", trials=15, **common)
    assert better > score
    assert found != defaults
    assert search_parameters("k_nearest_neighbours", trials=15, **common) == (found, better)


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
    trained = train(poor)
    found = trained.evaluations
    assert found[["model", "is_chosen"]].to_numpy().tolist() == [["none", True]]
    assert words in found["reason"][0]
    assert found["roc_auc"].isna().all()
    assert score_customers(training, trained=trained).empty
    assert trained.importances.empty
    assert trained.deciles.empty


def test_twenty_of_each_class_are_enough(training):
    found = train(first_labels(training, declined=20)).evaluations
    assert found["model"].tolist() == LINEAR


def test_rows_without_a_label_are_left_out(training, evaluations):
    unknown = training.head(50).assign(
        customer_id=range(1000, 1050), is_declined=pd.array([None] * 50, dtype="boolean")
    )
    more = pd.concat([training.astype({"is_declined": "boolean"}), unknown])
    found = train(more).evaluations
    pd.testing.assert_frame_equal(found, evaluations)


def test_a_feature_without_any_value_changes_nothing(training, evaluations):
    columns = Columns(features=[*FEATURES, "blank"], categories=["void"])
    blank = training.assign(blank=pd.array([None] * len(training), dtype="Int64"), void=None)
    trained = train(blank, columns=columns)
    pd.testing.assert_frame_equal(trained.evaluations, evaluations)
    scores = score_customers(blank.assign(blank=7, void="x"), trained=trained)
    assert not scores[["feature_1", "feature_2", "feature_3"]].isin(["blank", "void"]).any().any()
    nothing = train(blank, columns=Columns(features=["blank"]))
    assert nothing.evaluations["reason"].tolist() == ["No model: no feature has a value."]


def test_nullable_types_and_numbers_as_labels_are_taken(training, evaluations):
    nullable = training.convert_dtypes().astype({"is_declined": "Int64"})
    pd.testing.assert_frame_equal(train(nullable).evaluations, evaluations)


@pytest.mark.parametrize(
    ("dtype", "database_type"), [("object", "VARCHAR"), ("str", "VARCHAR"), ("int64", "BIGINT")]
)
def test_nobody_to_score_gives_a_typed_frame(training, trained, dtype, database_type):
    nobody = training.head(0).astype({"customer_id": dtype})
    scores = score_customers(nobody, trained=trained)
    assert scores.empty
    types = {"customer_id": database_type, "probability": "DOUBLE", "model": "VARCHAR"}
    for place in (1, 2, 3):
        types |= {f"feature_{place}": "VARCHAR"}
        types |= {f"value_{place}": "DOUBLE", f"typical_{place}": "DOUBLE"}
        types |= {f"word_{place}": "VARCHAR", f"typical_word_{place}": "VARCHAR"}
    assert database_types(scores) == types
    full = score_customers(training, trained=trained)
    assert database_types(full) == types | {"customer_id": "BIGINT"}


def test_evaluations_deciles_and_importances_of_nothing_are_typed(training, trained):
    nothing = train(training.head(0).astype("object"))
    for table in ("evaluations", "deciles", "importances"):
        full, empty = getattr(trained, table), getattr(nothing, table)
        assert database_types(empty) == database_types(full), table


# Two candidates, the model and the level: each may be lucky.
FACTOR = find_chance_factor(candidates=2)


@pytest.mark.parametrize(
    ("model", "level", "error", "chosen"),
    [
        (0.75, 0.5, 0.01, "logistic_regression"),
        (0.75, 0.5, np.nan, "majority"),
        (0.75, 0.5, 0.2501 / FACTOR, "majority"),
        (0.75, 0.5, 0.24 / FACTOR, "logistic_regression"),
        (0.75, 0.625, 0.01, "majority"),
        (0.76, 0.626, 0.01, "logistic_regression"),
        (0.75, 0.626, 0.01, "previous_period_orders"),
        (0.5, 0.75, 0.01, "previous_period_orders"),
        (0.5, 0.75, 0.2501 / FACTOR, "majority"),
        (0.5, 0.500005, 0.000001, "majority"),
        (0.5, 0.5, 0.01, "majority"),
        (0.25, 0.25, 0.01, "majority"),
        (np.nan, np.nan, np.nan, "majority"),
    ],
    ids=[
        "ahead",
        "error unknown",
        "no further than chance",
        "just further than chance",
        "exactly the gain, twice",
        "ahead of a level that knows something",
        "exactly the gain, behind it",
        "behind",
        "a level no further than chance",
        "a level ahead by next to nothing",
        "all equal",
        "below chance",
        "undefined",
    ],
)
def test_the_rule_of_choice(model, level, error, chosen):
    evaluations = pd.DataFrame(
        {"model": LINEAR, "is_baseline": [False, True, True], "roc_auc": [model, level, 0.5]}
    ).assign(rows=100, positives=50, roc_auc_se=error, gain_se=error, shortfall_se=0.0)
    found = choose_classifier(evaluations, min_gain=0.125)
    assert found.loc[found["is_chosen"], "model"].tolist() == [chosen]
    assert found["is_accepted"].equals(found["is_chosen"] & (found["model"] != "majority"))
    assert found.loc[found["is_chosen"], "reason"].iloc[0].startswith("Chosen")
    assert found.loc[~found["is_chosen"], "reason"].str.startswith("Not chosen").all()


def test_the_best_of_many_must_be_further_ahead_than_one_alone():
    """Of more candidates, and in fewer folds, chance reaches further."""
    few = pd.DataFrame(
        {
            "model": [*MODELS, *BASELINES],
            "is_baseline": [False] * len(MODELS) + [True, True],
            "roc_auc": [0.57] + [0.5] * (len(MODELS) + 1),
        }
    ).assign(rows=100, positives=50, roc_auc_se=0.03, gain_se=0.03, shortfall_se=0.0)
    alone = few[few["model"].isin([MODELS[0], *BASELINES])]
    chosen = {
        (name, folds): choose_classifier(rows, folds=folds).query("is_chosen")["model"].item()
        for name, rows in {"alone": alone, "of eight": few}.items()
        for folds in (None, 20, 5)
    }
    assert chosen == {
        ("alone", None): MODELS[0],
        ("alone", 20): MODELS[0],
        ("alone", 5): "majority",
        ("of eight", None): "majority",
        ("of eight", 20): "majority",
        ("of eight", 5): "majority",
    }


@pytest.mark.parametrize(
    ("errors", "chosen"),
    [((0.02, 0.01), "decision_tree"), ((0.021, 0.01), "decision_tree"), ((0.019, 0.01), "mlp")],
    ids=["within an error", "by more than it", "beyond an error, though another is within"],
)
def test_of_good_models_one_that_can_be_read_is_chosen(errors, chosen):
    evaluations = pd.DataFrame(
        {
            "model": ["decision_tree", "svc", "mlp", "previous_period_orders", "majority"],
            "is_baseline": [False, False, False, True, True],
            "roc_auc": [0.88, 0.89, 0.90, 0.6, 0.5],
            "shortfall_se": [*errors, 0, 0.02, 0.02],
        }
    ).assign(rows=100, positives=50, roc_auc_se=0.01, gain_se=0.01)
    # Whatever a float makes of 0.9 - 0.02.
    evaluations["shortfall_se"] += 1e-9
    found = choose_classifier(evaluations)
    assert found.loc[found["is_chosen"], "model"].tolist() == [chosen]
    assert found["reason"].str.startswith("Chosen").sum() == 1


@pytest.mark.parametrize(
    ("change", "columns", "options", "message"),
    [
        (lambda frame: frame.drop(columns="gap"), {}, {}, "training lacks gap"),
        (lambda frame: frame.assign(gap="long"), {}, {}, "column gap is not numeric"),
        (lambda frame: frame.assign(is_declined=2), {}, {}, "must be true or false, not 2"),
        (lambda frame: frame.assign(customer_id=None), {}, {}, "600 rows without customer_id"),
        (lambda frame: frame, {"log_features": ["gpa"]}, {}, "training lacks gpa"),
        (lambda frame: frame, {"categories": ["tier"]}, {}, "training lacks tier"),
        (lambda frame: frame, {}, {"models": ["oracle"]}, "no model oracle; there are logistic"),
        (
            lambda frame: frame,
            {},
            {"parameters": {"logistic_regression": {"depth": 3}}},
            "logistic_regression has no parameter depth",
        ),
    ],
)
def test_bad_training_is_named(training, change, columns, options, message):
    with pytest.raises(ValueError, match=message):
        train(change(training), columns=Columns(**{"features": FEATURES, **columns}), **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="gap"), "current lacks gap"),
        (lambda frame: frame.assign(customer_id=0), "current has customer_id 0 more than once"),
    ],
)
def test_bad_customers_to_score_are_named(training, trained, change, message):
    with pytest.raises(ValueError, match=message):
        score_customers(change(training), trained=trained)
