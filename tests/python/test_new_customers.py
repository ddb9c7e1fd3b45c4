"""What new customers become: predicted from the first orders alone, never from what came after."""

from __future__ import annotations

import csv
import gzip
import shutil

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import REPO_ROOT, Build, Project

from python_ml.new_customers import (
    BASELINES,
    METHODS,
    Columns,
    compare_ranks,
    evaluate_new_customers,
    fit_new_customers,
    fitting,
    score_new_customers,
)
from python_ml.new_customers.ranking import is_ahead

COLUMNS = Columns(numbers=("amount", "gap"), texts=("first_category", "channel"))
CATEGORIES = ("Boats", "Home", "Pets", "Toys")
CUT = "2026-04-01"

# --- made-up new customers -----------------------------------------------------------------


def make_new_customers(
    *, customers: int = 400, current: int = 20, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Features, labels and purchases: rich customers become loyal, those of the app like pets."""
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
    product = random.integers(0, 5, customers).astype(str)
    return features, labels.reset_index(drop=True), buy(features, product)


def buy(features: pd.DataFrame, product: np.ndarray, *, order: int = 1) -> pd.DataFrame:
    """Purchases: each customer buys one product of the first category, some days apart."""
    return pd.DataFrame(
        {
            "customer_id": features["customer_id"],
            "order_number": order,
            "product_id": features["first_category"] + " " + product,
            "category": features["first_category"],
            "revenue": features["amount"],
            "ordered_at": features["order_at"] + pd.Timedelta(days=order - 1),
        }
    )


def make_planted(*, customers: int = 600, seed: int = 3) -> tuple[pd.DataFrame, ...]:
    """The product bought first, of any of three categories, says what is bought next."""
    random = np.random.default_rng(seed)
    features, _, _ = make_new_customers(customers=customers, current=20, seed=seed)
    number = random.integers(0, 4, customers)
    first = buy(features, number.astype(str))
    interest = np.array(CATEGORIES)[number]
    second = buy(features.assign(first_category=interest), np.full(customers, "next"), order=2)
    labels = features.loc[~features["is_current"], ["customer_id", "orders_used"]].assign(
        target="interest", label=interest[: customers - 20]
    )
    # Of those who are predicted only the first order is known.
    second = second[~features["is_current"]]
    return features, labels, pd.concat([first, second], ignore_index=True)


def shuffle(labels: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Give the labels of each target to other customers."""
    random = np.random.default_rng(seed)
    return labels.assign(
        label=labels.groupby("target")["label"].transform(
            lambda label: random.permutation(label.to_numpy())
        )
    )


def predict(
    features: pd.DataFrame, labels: pd.DataFrame, purchases: pd.DataFrame, accepted: pd.DataFrame
) -> pd.DataFrame:
    models = fit_new_customers(features, labels, purchases, accepted, columns=COLUMNS)
    return score_new_customers(features[features["is_current"]], purchases, models)


@pytest.fixture(scope="module")
def new_customers() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return make_new_customers()


@pytest.fixture(scope="module")
def evaluated(new_customers) -> pd.DataFrame:
    return evaluate_new_customers(*new_customers, columns=COLUMNS)


def chosen(evaluations: pd.DataFrame, target: str, orders_used: int = 1) -> pd.Series:
    rows = evaluations[
        evaluations["is_chosen"]
        & (evaluations["target"] == target)
        & (evaluations["orders_used"] == orders_used)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize("customers", [30, 60, 300])
@pytest.mark.parametrize("share", [0.05, 0.2, 1.0], ids=["few differ", "some", "all"])
def test_a_method_as_good_as_the_baseline_is_seldom_ahead(customers, share):
    """Of 4,000 data sets in which either is as often better, about one in forty is lucky."""
    random = np.random.default_rng(8)
    ranks = random.integers(1, 6, size=(2, 4_000, customers))
    ranks[1] = np.where(random.random(ranks[1].shape) < share, ranks[1], ranks[0])
    ahead = [is_ahead(*compare_ranks(*one)) for one in ranks.transpose(1, 0, 2)]
    assert np.mean(ahead) <= 0.035


def test_the_error_of_hits_is_that_of_mcnemar():
    ranks, baseline = np.array([1, 1, 1, np.inf, 1]), np.array([np.inf, np.inf, 1, 1, np.inf])
    gain, error = compare_ranks(ranks, baseline)
    assert gain / error == pytest.approx((3 - 1) / np.sqrt(3 + 1))


def test_of_many_some_train_and_rare_labels_stay(monkeypatch):
    features, labels, purchases = make_new_customers(customers=4_000)
    labels = labels[labels["target"] == "cluster"]
    labels.loc[labels.index[:3], "label"] = "rare"
    usual = evaluate_new_customers(features, labels, purchases, columns=COLUMNS)
    fitted = []
    fit = fitting.Pipeline.fit

    def noting_fit(pipeline, rows, truth):
        fitted.append(pd.Series(truth))
        return fit(pipeline, rows, truth)

    monkeypatch.setattr(fitting.Pipeline, "fit", noting_fit)
    monkeypatch.setattr(fitting, "MOST_FITTED_ROWS", 500)
    drawn = evaluate_new_customers(features, labels, purchases, columns=COLUMNS)
    assert fitted
    assert all(500 <= len(truth) <= 503 and (truth == "rare").sum() == 1 for truth in fitted)
    assert drawn["training_rows"].equals(usual["training_rows"])
    assert (drawn["mean_reciprocal_rank"] - usual["mean_reciprocal_rank"]).abs().max() < 0.05


def test_what_can_be_told_is_told(evaluated):
    for target in ("segment", "interest"):
        row = chosen(evaluated, target)
        assert row["model"] in METHODS[target]
        assert row["is_accepted"]
        assert row["accuracy"] > 0.9
        assert row["mean_reciprocal_rank"] > row["baseline_reciprocal_rank"] + 0.1
        assert row["reason"].startswith("Chosen among the earlier customers, and used: mean")


def test_of_noise_nobody_is_predicted(new_customers, evaluated):
    row = chosen(evaluated, "cluster")
    assert not row["beats_baseline"]
    assert not row["is_accepted"]
    assert row["reason"].startswith("Cannot be told from 1 order: mean reciprocal rank")
    accepted = evaluated[evaluated["is_accepted"]]
    assert accepted["target"].tolist() == ["segment", "interest"]
    told = predict(*new_customers, accepted)
    assert set(told["target"]) == {"segment", "interest"}


def test_the_product_bought_first_tells_more_than_its_category():
    features, labels, purchases = make_planted()
    found = evaluate_new_customers(features, labels, purchases, columns=COLUMNS)
    row = chosen(found, "interest")
    assert row["is_accepted"]
    assert row["model"] in ("item_model", "conditional_logit")
    assert row["accuracy"] > 0.9 > row["baseline_accuracy"] + 0.4
    told = predict(features, labels, purchases, found[found["is_accepted"]])
    first = purchases[purchases["order_number"] == 1].set_index("customer_id")["product_id"]
    number = first.reindex(told["customer_id"]).str[-1].astype(int).to_numpy()
    assert (told["prediction"].to_numpy() == np.array(CATEGORIES)[number]).mean() > 0.9
    assert told["probability"].between(0, 1).all()
    guesses = told[["prediction", "second_prediction", "third_prediction"]]
    assert guesses.notna().all(axis=None)
    assert (guesses.nunique(axis=1) == 3).all()


def test_what_was_spent_so_far_is_taken_where_it_says_as_much_as_the_best():
    """The interest is mostly what the larger of two orders was of, whichever came first."""
    features, _, _ = make_new_customers(customers=500, seed=6)
    random = np.random.default_rng(6)
    number = np.full(len(features), "0")
    larger = random.choice(CATEGORIES, len(features))
    second = features.assign(first_category=larger, amount=features["amount"] + 50)
    purchases = pd.concat([buy(features, number), buy(second, number, order=2)])
    features["orders_used"] = 2
    interest = np.where(
        random.random(len(features)) < 0.7, larger, random.choice(CATEGORIES, len(features))
    )
    labels = features[["customer_id", "orders_used"]].assign(target="interest", label=interest)
    labels = labels[~features["is_current"]]
    found = evaluate_new_customers(features, labels, purchases, columns=COLUMNS)
    row = chosen(found, "interest", 2)
    assert row["model"] == "spent_so_far"
    assert row["is_accepted"]
    told = predict(features, labels, purchases, found[found["is_accepted"]])
    assert (told["prediction"].to_numpy() == larger[-20:]).all()
    assert (told["second_prediction"] == features["first_category"].to_numpy()[-20:]).mean() > 0.5
    # So often was the first of its ranks right.
    is_right = (labels["label"] == larger[:480]).mean()
    assert told["probability"].to_numpy() == pytest.approx(is_right, abs=0.02)


def test_a_method_is_chosen_without_the_test_customers(new_customers, evaluated):
    features, labels, purchases = new_customers
    later = features["customer_id"].iloc[266:]
    random = np.random.default_rng(2)
    for name in ("never seen", None):
        replaced = labels["label"].where(
            ~labels["customer_id"].isin(later), name or random.permutation(labels["label"])
        )
        changed = labels.assign(label=replaced)
        again = evaluate_new_customers(features, changed, purchases, columns=COLUMNS)
        for target in ("segment", "cluster", "interest"):
            assert chosen(again, target)["model"] == chosen(evaluated, target)["model"]
        pd.testing.assert_series_equal(
            again["validation_reciprocal_rank"], evaluated["validation_reciprocal_rank"]
        )
        if name:
            of_models = again["model"] != "none"
            assert (again.loc[of_models, "mean_reciprocal_rank"] == 0).all()
            assert not again["is_accepted"].any()


def test_the_item_model_knows_nothing_of_later_days():
    features, labels, purchases = make_planted()
    cut = features["order_at"].iloc[int(580 * 0.7)]
    is_later = (purchases["ordered_at"] >= cut) & (purchases["order_number"] > 1)
    assert is_later.sum() > 100
    random = np.random.default_rng(4)
    changed = purchases.assign(
        product_id=purchases["product_id"].mask(
            is_later, random.permutation(purchases["product_id"])
        )
    )
    changed["category"] = changed["product_id"].str.split().str[0]
    first, second = (
        evaluate_new_customers(features, labels, bought, columns=COLUMNS)
        for bought in (purchases, changed)
    )
    pd.testing.assert_frame_equal(first, second)


def test_baselines_guess_what_they_say(new_customers, evaluated):
    features, labels, _ = new_customers
    joined = features.merge(labels[labels["target"] == "interest"]).sort_values("order_at")
    training, test = joined[:266], joined[266:]
    majority, popular = training["label"].mode()[0], training["first_category"].mode()[0]
    assert majority != popular
    rows = evaluated[evaluated["target"] == "interest"].set_index("model")
    assert rows.loc["majority", "accuracy"] == pytest.approx((test["label"] == majority).mean())
    assert rows.loc["popularity", "accuracy"] == pytest.approx((test["label"] == popular).mean())
    is_first = test["label"] == test["first_category"]
    assert rows.loc["first_category", "accuracy"] == pytest.approx(is_first.mean())
    # There are three categories.
    rows = rows[rows["orders_used"] == 1]
    assert (rows["hit_rate_3"] == 1).all()
    reciprocal = rows.loc[list(BASELINES["interest"]), "mean_reciprocal_rank"]
    assert rows["baseline"].unique().tolist() == [reciprocal.idxmax()]
    assert rows["baseline_reciprocal_rank"].eq(reciprocal.max()).all()
    sizes = evaluated.loc[evaluated["orders_used"] == 1, ["training_rows", "test_rows"]]
    assert (sizes == [len(training), len(test)]).all(axis=None)


def test_shuffled_labels_beat_no_baseline():
    """Of twenty shuffled data sets of three targets each at most three may seem to tell."""
    accepted = []
    for seed in range(20):
        features, labels, purchases = make_new_customers(customers=220, seed=seed)
        shuffled = shuffle(labels, seed=seed)
        found = evaluate_new_customers(features, shuffled, purchases, columns=COLUMNS)
        accepted += found.groupby("target")["is_accepted"].any().tolist()
    assert len(accepted) == 60
    assert sum(accepted) <= 3


def test_predictions_are_ranked_and_come_from_the_accepted_model(new_customers, evaluated):
    features, labels, purchases = new_customers
    scores = predict(features, labels, purchases, evaluated[evaluated["is_accepted"]])
    current = features[features["is_current"]].set_index("customer_id")
    for target in ("segment", "interest"):
        rows = scores[scores["target"] == target].set_index("customer_id")
        assert list(rows.index) == sorted(current.index)
        assert rows["probability"].between(0, 1).all()
        assert (rows["second_prediction"] != rows["prediction"]).all()
    told = scores[scores["target"] == "segment"].set_index("customer_id")
    truth = np.where(current["amount"] > 40, "Loyal", "New")
    assert (told["prediction"] == pd.Series(truth, index=current.index)).mean() > 0.9
    # There are two segments.
    assert told["third_prediction"].isna().all()


def test_order_of_rows_and_other_customers_do_not_matter(new_customers, evaluated):
    features, labels, purchases = new_customers
    stranger = labels.head(1).assign(customer_id="unknown")
    again = evaluate_new_customers(
        features.sample(frac=1, random_state=3),
        pd.concat([labels, stranger]).sample(frac=1, random_state=3),
        purchases.sample(frac=1, random_state=3),
        columns=COLUMNS,
    )
    pd.testing.assert_frame_equal(again, evaluated)


def test_a_new_category_and_a_missing_one_are_predicted(new_customers, evaluated):
    features, labels, purchases = new_customers
    changed = features.copy()
    at = changed.index[changed["is_current"]]
    changed.loc[at, "first_category"] = ["Boats"] * 10 + [None] * 10
    bought = purchases[~purchases["customer_id"].isin(changed.loc[at, "customer_id"])]
    of_interest = evaluated[evaluated["is_accepted"] & (evaluated["target"] == "interest")]
    for model in METHODS["interest"]:
        scores = predict(changed, labels, bought, of_interest.assign(model=model))
        assert len(scores) == 20
        assert scores["prediction"].notna().all()
        assert scores["probability"].between(0, 1).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda labels: labels.iloc[:0], "0 customers came early enough to train"),
        (lambda labels: labels.groupby("target").head(5), "it takes at least 50 and 30"),
        (lambda labels: labels.groupby("target").head(60), "it takes at least 50 and 30"),
        (lambda labels: labels.assign(label="same"), "all who train became the same, same"),
        (lambda labels: labels.assign(label=None), "0 customers came early enough to train"),
    ],
    ids=["nobody", "five", "few", "one class", "nothing known later"],
)
def test_why_there_is_no_model_is_said(new_customers, change, sentence):
    features, labels, purchases = new_customers
    evaluations = evaluate_new_customers(features, change(labels), purchases, columns=COLUMNS)
    first = evaluations[evaluations["orders_used"] == 1]
    assert list(first["model"]) == ["none"] * 3
    assert first["is_chosen"].all()
    assert first["reason"].str.contains(sentence).all()
    accepted = evaluations[evaluations["is_accepted"]]
    assert predict(features, change(labels), purchases, accepted).empty


@pytest.mark.parametrize(
    "change",
    [
        lambda bought: bought.assign(product_id="one"),
        lambda bought: bought.assign(category="one"),
        lambda bought: bought.assign(category=None),
        lambda bought: bought.assign(revenue=0.0),
        lambda bought: bought.assign(ordered_at=pd.Timestamp("2030-01-01")),
        lambda bought: bought.iloc[:1],
        lambda bought: bought.iloc[:0],
    ],
    ids=["product", "category", "no category", "no revenue", "too late", "one row", "no rows"],
)
def test_purchases_that_tell_nothing_are_no_fault(new_customers, change):
    features, labels, purchases = new_customers
    bought = change(purchases)
    found = evaluate_new_customers(features, labels, bought, columns=COLUMNS)
    told = found[(found["target"] == "interest") & (found["orders_used"] == 1)]
    assert len(told) == len(METHODS["interest"]) + len(BASELINES["interest"])
    assert told["mean_reciprocal_rank"].between(0, 1).all()
    for model in METHODS["interest"]:
        accepted = told[told["is_chosen"]].assign(model=model)
        scores = predict(features, labels, bought, accepted)
        assert len(scores) == 20
        assert scores["probability"].isna().all() or scores["probability"].between(0, 1).all()


def test_the_validation_customers_may_be_of_one_class(new_customers):
    features, labels, purchases = new_customers
    earliest = features["customer_id"].iloc[:186]
    changed = labels.assign(
        label=labels["label"].where(~labels["customer_id"].isin(earliest), "same")
    )
    found = evaluate_new_customers(features, changed, purchases, columns=COLUMNS)
    assert found["is_chosen"].sum() == 9


def test_who_all_came_at_once_are_not_parted(new_customers):
    features, labels, purchases = new_customers
    at_once = features.assign(order_at=pd.Timestamp("2025-01-01"))
    found = evaluate_new_customers(at_once, labels, purchases, columns=COLUMNS)
    assert found["reason"].str.contains("0 customers came early enough").all()


def test_empty_in_gives_typed_columns_out(new_customers, evaluated):
    features, labels, purchases = new_customers
    empty = features.iloc[:0].astype({"customer_id": object}), labels.iloc[:0], purchases.iloc[:0]
    evaluations = evaluate_new_customers(*empty, columns=COLUMNS)
    assert len(evaluations) == 9
    pd.testing.assert_series_equal(evaluations.dtypes, evaluated.dtypes)
    scores = predict(*empty, evaluations[evaluations["is_accepted"]])
    assert scores.empty
    assert scores.dtypes["customer_id"] == "str"


def test_bad_frames_are_refused(new_customers, evaluated):
    features, labels, purchases = new_customers
    twice = pd.concat([labels, labels.head(1)])
    for frames, message in [
        ((features, twice, purchases), "labels has customer_id C0000 more than once"),
        ((features.drop(columns="gap"), labels, purchases), "features lacks gap"),
        ((features.assign(amount="much"), labels, purchases), "column amount is not numeric"),
        ((features, labels, purchases.drop(columns="revenue")), "purchases lacks revenue"),
    ]:
        with pytest.raises(ValueError, match=message):
            evaluate_new_customers(*frames, columns=COLUMNS)
    with pytest.raises(ValueError, match="no model oracle"):
        predict(features, labels, purchases, evaluated.assign(model="oracle"))


# --- the sample ------------------------------------------------------------------------


def test_sample_has_a_choice_for_each_target_and_number_of_orders(sample_build: Build):
    rows = sample_build.query(
        "select target, orders_used, model, is_accepted, gain > 2 * gain_se "
        "from new_customers.new_customer_evaluations where is_chosen order by all"
    )
    assert [row[:2] for row in rows] == [
        (target, orders_used)
        for target in ("cluster", "interest", "segment")
        for orders_used in (1, 2, 3)
    ]
    assert all(model in METHODS[target] for target, _, model, *_ in rows)
    assert all(is_accepted == is_ahead for *_, is_accepted, is_ahead in rows)
    predicted = sample_build.query(
        "select distinct evaluations.is_accepted, predictions.prediction is not null, "
        "predictions.probability is not null, predictions.basis <> 'none', "
        "predictions.reason like 'Cannot be told from%' "
        "from new_customers.new_customer_predictions as predictions "
        "inner join new_customers.new_customer_evaluations as evaluations "
        "using (target, orders_used) where evaluations.is_chosen"
    )
    assert predicted
    assert all(row == (row[0], row[0], row[0], row[0], not row[0]) for row in predicted)


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
