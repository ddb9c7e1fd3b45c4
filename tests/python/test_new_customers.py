"""What new customers become: told from the first orders alone, never from what came after."""

from __future__ import annotations

import csv
import gzip
import shutil

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import REPO_ROOT, Build, Project

from python_ml import new_customers as new_customers_module
from python_ml.new_customers import evaluate_new_customers, fit_new_customers, score_new_customers

COLUMNS = {"numbers": ["amount", "gap"], "texts": ["first_category", "channel"]}
CUT = "2026-04-01"


# --- made-up new customers -----------------------------------------------------------------


def make_new_customers(
    *, customers: int = 400, current: int = 20, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features and labels; rich customers become loyal, and those of the app are curious."""
    random = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "customer_id": [f"C{number:04}" for number in range(customers)],
            "orders_used": 1,
            "first_category": random.choice(
                ["Toys", "Home", "Pets"], customers, p=[0.5, 0.3, 0.2]
            ),
            "channel": random.choice(["web", "app"], customers),
            "amount": random.gamma(2, 20, customers),
            "gap": np.nan,
            "order_at": pd.Timestamp("2025-01-01") + pd.to_timedelta(range(customers), "h"),
            "is_current": np.arange(customers) >= customers - current,
        }
    )
    done = features[~features["is_current"]]
    labels = pd.concat(
        done.assign(target=target, label=label)[["customer_id", "orders_used", "target", "label"]]
        for target, label in {
            "segment": np.where(done["amount"] > 40, "Loyal", "New"),
            "cluster": random.choice(["a", "b"], len(done), p=[0.7, 0.3]),
            "interest": np.where(done["channel"] == "app", "Pets", done["first_category"]),
        }.items()
    )
    return features, labels.reset_index(drop=True)


def predict(features: pd.DataFrame, labels: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    models = fit_new_customers(features, labels, chosen, **COLUMNS)
    return score_new_customers(features[features["is_current"]], models)


@pytest.fixture(scope="module")
def new_customers() -> tuple[pd.DataFrame, pd.DataFrame]:
    return make_new_customers()


@pytest.fixture(scope="module")
def evaluated(new_customers) -> pd.DataFrame:
    return evaluate_new_customers(*new_customers, **COLUMNS)


def chosen(evaluations: pd.DataFrame, target: str, orders_used: int = 1) -> pd.Series:
    rows = evaluations[
        evaluations["is_chosen"]
        & (evaluations["target"] == target)
        & (evaluations["orders_used"] == orders_used)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_of_many_some_train_and_rare_labels_stay(monkeypatch):
    features, labels = make_new_customers(customers=4_000)
    rare = labels.index[(labels["target"] == "cluster")][:3]
    labels.loc[rare, "label"] = "rare"
    usual = evaluate_new_customers(features, labels, **COLUMNS)
    fitted = []
    fit = new_customers_module.Pipeline.fit

    def noting_fit(pipeline, rows, truth):
        fitted.append(truth)
        return fit(pipeline, rows, truth)

    monkeypatch.setattr(new_customers_module.Pipeline, "fit", noting_fit)
    monkeypatch.setattr(new_customers_module, "MOST_FITTED_ROWS", 500)
    drawn = evaluate_new_customers(features, labels, **COLUMNS)
    assert [500 <= len(truth) <= 503 for truth in fitted] == [True] * 3
    assert (fitted[1] == "rare").sum() == 1
    assert drawn["training_rows"].equals(usual["training_rows"])
    assert (drawn["accuracy"] - usual["accuracy"]).abs().max() < 0.05
    again = evaluate_new_customers(features.sample(frac=1, random_state=3), labels, **COLUMNS)
    pd.testing.assert_frame_equal(again, drawn)


def test_what_can_be_told_is_told(evaluated):
    for target in ("segment", "interest"):
        row = chosen(evaluated, target)
        assert row["model"] == "logistic_regression"
        assert row["beats_baseline"]
        assert row["accuracy"] > 0.9
        assert row["accuracy"] > row["baseline_accuracy"] + 0.2


def test_of_noise_nobody_is_predicted(new_customers, evaluated):
    row = chosen(evaluated, "cluster")
    assert row["model"] == "majority"
    assert not row["beats_baseline"]
    assert not row["is_accepted"]
    assert evaluated.loc[evaluated["is_accepted"], "target"].tolist() == ["segment", "interest"]
    told = predict(*new_customers, evaluated[evaluated["is_chosen"]])
    assert set(told["target"]) == {"segment", "interest"}
    assert row["reason"].startswith("Chosen: logistic_regression is right for")


def test_baselines_guess_what_they_say(new_customers, evaluated):
    features, labels = new_customers
    joined = features.merge(labels[labels["target"] == "interest"]).sort_values("order_at")
    training, test = joined[:266], joined[266:]
    majority, popular = training["label"].mode()[0], training["first_category"].mode()[0]
    assert majority != popular
    accuracy = evaluated[evaluated["target"] == "interest"].set_index("model")["accuracy"]
    assert accuracy["majority"] == pytest.approx((test["label"] == majority).mean())
    assert accuracy["popularity"] == pytest.approx((test["label"] == popular).mean())
    assert accuracy["first_category"] == pytest.approx(
        (test["label"] == test["first_category"]).mean()
    )
    sizes = evaluated.loc[evaluated["orders_used"] == 1, ["training_rows", "test_rows"]]
    assert (sizes == [len(training), len(test)]).all(axis=None)


def test_later_customers_do_not_train(new_customers):
    features, labels = new_customers
    later = features.sort_values("order_at")["customer_id"].iloc[266:]
    changed = labels.assign(
        label=labels["label"].mask(labels["customer_id"].isin(later), "never seen")
    )
    evaluations = evaluate_new_customers(features, changed, **COLUMNS)
    assert (evaluations.loc[evaluations["model"] != "none", "accuracy"] == 0).all()


def test_shuffled_labels_beat_no_baseline(new_customers):
    features, labels = new_customers
    gains = []
    for seed in range(6):
        shuffled = labels.copy()
        shuffled["label"] = (
            labels.groupby("target")["label"]
            .transform(lambda label, seed=seed: label.sample(frac=1, random_state=seed).to_numpy())
            .to_numpy()
        )
        evaluations = evaluate_new_customers(features, shuffled, **COLUMNS)
        models = evaluations[evaluations["model"] == "logistic_regression"]
        assert len(models) == 3
        gains += list(models["gain"] / models["gain_se"].where(models["gain_se"] > 0, 1))
        assert not models["beats_baseline"].any()
        assert not evaluations["is_accepted"].any()
    assert np.mean(gains) <= 1


def test_predictions_come_from_the_chosen_model(new_customers, evaluated):
    features, labels = new_customers
    scores = predict(features, labels, evaluated[evaluated["is_chosen"]])
    current = features[features["is_current"]].set_index("customer_id")
    for target in ("segment", "interest"):
        rows = scores[scores["target"] == target].set_index("customer_id")
        assert list(rows.index) == sorted(current.index)
        assert rows["probability"].between(0, 1).all()
    told = scores[scores["target"] == "segment"].set_index("customer_id")["prediction"]
    truth = np.where(current["amount"] > 40, "Loyal", "New")
    assert (told == pd.Series(truth, index=current.index)).mean() > 0.9


@pytest.mark.parametrize(
    ("stays", "accepted"), [(0.6, "first_category"), (0.0, None)], ids=["stays", "chance"]
)
def test_the_first_category_must_itself_beat_guessing(stays, accepted):
    """The interest is the first category of so many, and anybody's of the others."""
    features, _ = make_new_customers(customers=600)
    random = np.random.default_rng(5)
    # Nothing that a model looks at says more.
    features["amount"] = random.gamma(2, 20, len(features))
    done = features[~features["is_current"]]
    label = np.where(
        random.random(len(done)) < stays,
        done["first_category"],
        random.choice(["Toys", "Home", "Pets"], len(done), p=[0.4, 0.3, 0.3]),
    )
    labels = done[["customer_id", "orders_used"]].assign(target="interest", label=label)
    columns = {"numbers": ["amount", "gap"], "texts": ["channel"]}
    found = evaluate_new_customers(features, labels, **columns)
    row = chosen(found, "interest")
    assert row["is_accepted"] == (accepted is not None)
    assert row["model"] == (accepted or "majority")
    models = fit_new_customers(features, labels, found[found["is_chosen"]], **columns)
    assert models["model"].tolist() == ([accepted] if accepted else [])


def test_order_of_rows_and_other_customers_do_not_matter(new_customers, evaluated):
    features, labels = new_customers
    stranger = labels.head(1).assign(customer_id="unknown")
    shuffled = pd.concat([labels, stranger]).sample(frac=1, random_state=3)
    again = evaluate_new_customers(features.sample(frac=1, random_state=3), shuffled, **COLUMNS)
    pd.testing.assert_frame_equal(again, evaluated)


def test_a_new_category_and_a_missing_one_are_predicted(new_customers, evaluated):
    features, labels = new_customers
    changed = features.copy()
    at = changed.index[changed["is_current"]]
    changed.loc[at, "first_category"] = ["Boats"] * 10 + [None] * 10
    for model in ("logistic_regression", "first_category"):
        models = evaluated[evaluated["is_chosen"]].assign(model=model)
        models = models[models["target"] == "interest"]
        scores = predict(changed, labels, models)
        assert len(scores) == 20
        assert scores["prediction"].notna().all()
    assert list(scores["prediction"]) == ["Boats"] * 10 + ["Toys"] * 10


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda labels: labels.iloc[:0], "0 customers came early enough to train"),
        (lambda labels: labels.groupby("target").head(60), "it takes at least 50 and 30"),
        (lambda labels: labels.assign(label="same"), "all who train became the same, same"),
    ],
)
def test_why_there_is_no_model_is_said(new_customers, change, sentence):
    features, labels = new_customers
    evaluations = evaluate_new_customers(features, change(labels), **COLUMNS)
    first = evaluations[evaluations["orders_used"] == 1]
    assert list(first["model"]) == ["none"] * 3
    assert first["is_chosen"].all()
    assert first["reason"].str.contains(sentence).all()
    scores = predict(features, change(labels), evaluations)
    assert scores.empty


def test_empty_in_gives_typed_columns_out(new_customers, evaluated):
    features, labels = new_customers
    empty = features.iloc[:0].astype({"customer_id": object}), labels.iloc[:0]
    evaluations = evaluate_new_customers(*empty, **COLUMNS)
    assert len(evaluations) == 9
    pd.testing.assert_series_equal(evaluations.dtypes, evaluated.dtypes)
    scores = predict(*empty, evaluations)
    assert scores.empty
    assert scores.dtypes["customer_id"] == "str"


def test_bad_frames_are_refused(new_customers, evaluated):
    features, labels = new_customers
    with pytest.raises(ValueError, match="labels has customer_id C0000 more than once"):
        evaluate_new_customers(features, pd.concat([labels, labels.head(1)]), **COLUMNS)
    with pytest.raises(ValueError, match="features lacks gap"):
        evaluate_new_customers(features.drop(columns="gap"), labels, **COLUMNS)
    with pytest.raises(ValueError, match="column amount is not numeric"):
        evaluate_new_customers(features.assign(amount="much"), labels, **COLUMNS)
    with pytest.raises(ValueError, match="no model oracle"):
        predict(features, labels, evaluated.assign(model="oracle"))


# --- the sample ------------------------------------------------------------------------


def test_sample_has_a_choice_for_each_target_and_number_of_orders(sample_build: Build):
    rows = sample_build.query(
        "select target, orders_used, model, beats_baseline, accuracy, baseline_accuracy "
        "from new_customers.new_customer_evaluations where is_chosen order by all"
    )
    assert [row[:2] for row in rows] == [
        (target, orders_used)
        for target in ("cluster", "interest", "segment")
        for orders_used in (1, 2, 3)
    ]
    assert all(model != "none" for _, _, model, *_ in rows)
    assert all(accuracy > other for *_, beats, accuracy, other in rows if beats)
    # A guess may be chosen though an unproven baseline was right for more.
    assert all(accuracy <= other for *_, beats, accuracy, other in rows if not beats)
    predicted = sample_build.query(
        "select distinct evaluations.is_accepted, predictions.prediction is not null, "
        "predictions.probability is not null, predictions.basis = 'none' "
        "from new_customers.new_customer_predictions as predictions "
        "inner join new_customers.new_customer_evaluations as evaluations "
        "using (target, orders_used) where evaluations.is_chosen"
    )
    assert predicted
    assert all(row == (row[0], row[0], row[0], not row[0]) for row in predicted)


def test_new_customers_are_predicted_with_at_most_three_orders(sample_build: Build):
    ((customers, wrong),) = sample_build.query(
        """
        select
            count(distinct predictions.customer_id),
            count(*) filter (where orders.orders <> predictions.orders_used)
        from new_customers.new_customer_predictions as predictions
        left join (
            select customer_id, count(*) as orders
            from core.fct_orders where is_placed group by customer_id
        ) as orders using (customer_id)
        """
    )
    assert customers > 100
    assert wrong == 0


@pytest.fixture(scope="module")
def both(project: Project, sample_build: Build):
    """The sample (`whole`), and the same files without any line from the cut on (`cut`)."""
    name = "new_customers_cut"
    folder = project.folder / "data" / name
    source = REPO_ROOT / "data" / "sample"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("truth", "order_lines*"))
    with gzip.open(source / "order_lines.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    ordered_at = header.index("ordered_at")
    with (folder / "order_lines.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows(
            [header, *(row for row in rows if ordered_at < len(row) and row[ordered_at] < CUT)]
        )
    # The clusters are those of the whole sample: they are not compared.
    shutil.copyfile(sample_build.warehouse, project.warehouse(name))
    outcome = project.dbt(
        *("run", "--select", "+new_customer_labels"),
        *("--exclude", "tag:segmentation", "tag:pivots"),
        dataset=name,
    )
    assert outcome.success, "\n".join(outcome.failures)
    with duckdb.connect() as connection:
        for alias, dataset in (("whole", "sample"), ("cut", name)):
            connection.execute(f"attach '{project.warehouse(dataset)}' as {alias} (read_only)")
        yield connection


@pytest.mark.parametrize(
    ("table", "columns", "least"),
    [
        ("new_customer_features", "* exclude (is_current)", 1000),
        ("new_customer_labels", "* ", 1000),
    ],
)
def test_nothing_after_the_horizon_is_looked_at(both, table, columns, least):
    query = """
        select {columns} from {side}.new_customers.{table}
        where (customer_id, orders_used) in (
            select (customer_id, orders_used) from {side}.new_customers.new_customer_features
            where horizon_at <= '{cut}'
        )
    """
    if table == "new_customer_labels":
        query += " and target <> 'cluster'"
    whole, cut = (
        query.format(columns=columns, side=side, table=table, cut=CUT) for side in ("whole", "cut")
    )
    (rows,) = both.execute(f"select count(*) from ({whole})").fetchone()
    assert rows > least
    differing = both.execute(
        f"(({whole}) except all ({cut})) union all (({cut}) except all ({whole}))"
    ).fetchall()
    assert differing == []
