"""Kept classifiers: found by day, refused with a sentence, and able to score a row without dbt."""

from __future__ import annotations

import io
import json
import shutil
import time
import zipfile
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from python_ml.classification import DEFAULT_PARAMETERS, score_customers
from targeted_lists.learning.drift import DriftLimits, explain_drift
from targeted_lists.learning.models import (
    MEASURES,
    MODEL_TABLE,
    SavedModelError,
    collect_predictions,
    hash_frame,
    load_classifier,
    measure_drifts,
    provide_classifier,
    provide_classifiers,
    read_parameters,
    score_by_data_basis,
    unpack_classifier,
)
from targeted_lists.learning.tune import TuningError, tune_classifiers
from targeted_lists.runs.erasure import erase_customers
from targeted_lists.saved.tables import save_tables

DATASET = "shop"
DAY = date(2025, 6, 1)
COLUMNS = {"features": ["gap", "visits"], "categories": ["tier"]}
OPTIONS = {"models": ["logistic_regression"], "repeats": 2, "permutations": 1}


@pytest.fixture(scope="module")
def training():
    generator = np.random.default_rng(3)
    frame = pd.DataFrame(
        generator.normal(size=(300, 3)), columns=["gap", "visits", "previous_period_orders"]
    )
    logit = 2 * frame["gap"] - frame["visits"]
    return frame.assign(
        customer_id=[f"C{number:03d}" for number in range(300)],
        tier=generator.choice(["basic", "gold"], 300),
        is_declined=generator.random(300) < 1 / (1 + np.exp(-logit)),
    )


def provide(training, folder, *, reuse=True, columns=COLUMNS, day=DAY, said=None, current=None):
    return provide_classifier(
        training,
        current=training if current is None else current,
        limits=DriftLimits(),
        dataset=DATASET,
        as_of_date=day,
        reuse=reuse,
        columns=columns,
        training_options=OPTIONS,
        progress=(said if said is not None else []).append,
        folder=folder,
    )


def keep(row, folder, *, day=DAY):
    """Keep rows as the end of a run does."""
    with duckdb.connect() as connection:
        connection.execute(f"create table {MODEL_TABLE} as select * from row")
        tables = [("main", MODEL_TABLE)]
        save_tables(connection, dataset=DATASET, tables=tables, as_of_date=day, folder=folder)


@pytest.fixture(scope="module")
def saved(training, tmp_path_factory):
    """A state folder with a saved model."""
    folder = tmp_path_factory.mktemp("state")
    keep(provide(training, folder), folder)
    return folder


def test_a_row_tells_what_the_model_was_made_of(training, saved):
    row = provide(training, saved).iloc[0]
    metadata = json.loads(row["metadata"])
    assert row["model"] == "logistic_regression"
    assert row["data_hash"] == hash_frame(training.sample(frac=1, random_state=1))
    assert row["data_hash"] != hash_frame(training.head(299))
    assert row["as_of_date"] == pd.Timestamp(DAY)
    assert metadata["features"] == ["gap", "visits", "tier"]
    assert metadata["rows"] == 300
    assert 0.8 < metadata["scores"]["roc_auc"] < 1
    assert {"python", "scikit-learn", "numpy", "pandas"} == set(metadata["versions"])


def test_a_kept_model_scores_new_data_and_is_not_fitted_again(training, saved):
    said = []
    row = provide(training.head(0), saved, said=said, day=date(2025, 7, 1))
    assert said == ["using logistic_regression saved as of 2025-06-01"]
    found = score_customers(training, trained=unpack_classifier(row))
    fresh = unpack_classifier(provide(training, saved, reuse=False))
    pd.testing.assert_frame_equal(found, score_customers(training, trained=fresh))


def unzip(content: bytes) -> bytes:
    """Return everything that an archive holds, archives in it unpacked as well."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(unzip(archive.read(name)) for name in archive.namelist())


def test_the_erased_leave_a_kept_model_which_goes_on_scoring(training, saved, tmp_path):
    folder = tmp_path / "state"
    shutil.copytree(saved, folder)
    before = unpack_classifier(provide(training, folder))
    erased = ["C007", "C123"]
    rows = before.predictions["customer_id"].isin(erased).sum()
    assert rows > 0
    assert erase_customers(DATASET, erased, folder=folder) == rows
    after = unpack_classifier(provide(training, folder))
    assert not after.predictions["customer_id"].isin(erased).any()
    assert len(after.predictions) == len(before.predictions) - rows
    (path,) = (folder / DATASET / MODEL_TABLE).glob("*")
    ((fitted,),) = duckdb.sql(f"select fitted from '{path}'").fetchall()
    told = unzip(fitted)
    assert b"C008" in told
    assert not any(key.encode() in told for key in erased)
    others = training[~training["customer_id"].isin(erased)]
    pd.testing.assert_frame_equal(
        score_customers(others, trained=after), score_customers(others, trained=before)
    )
    assert erase_customers(DATASET, erased, folder=folder) == 0


def test_a_day_before_the_model_was_kept_does_not_see_it(training, saved):
    said = []
    provide(training, saved, said=said, day=date(2025, 5, 31))
    assert any("cross-validating" in sentence for sentence in said)
    with pytest.raises(SavedModelError, match="no model of shop is saved as of 2025-05-31"):
        provide(training, saved, reuse="only", day=date(2025, 5, 31))
    with pytest.raises(SavedModelError, match="of shop for everyone is saved as of 2025-05-31"):
        load_classifier(DATASET, as_of_date=date(2025, 5, 31), folder=saved)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"features": ["gap"], "categories": ["tier"]}, "knows visits, unlike"),
        ({"features": ["gap", "visits"], "categories": []}, "knows tier, unlike"),
        (
            {"features": ["gap", "previous_period_orders"], "categories": ["tier"]},
            "and does not know previous_pe",
        ),
    ],
)
def test_a_kept_model_of_other_features_is_refused_with_a_sentence(
    training, saved, columns, words
):
    with pytest.raises(SavedModelError, match=words) as refusal:
        provide(training, saved, columns=columns)
    assert "targeted-lists lists --full" in str(refusal.value)
    assert provide(training, saved, columns=columns, reuse=False)["model"].notna().all()


def test_a_model_of_other_versions_is_refused(training, saved):
    row = provide(training, saved)
    metadata = json.loads(row["metadata"].iloc[0])
    metadata["versions"]["scikit-learn"] = "0.1"
    with pytest.raises(SavedModelError, match=r"fitted with scikit-learn 0\.1, and"):
        unpack_classifier(row.assign(metadata=json.dumps(metadata)))


def test_that_nothing_could_be_learned_is_no_model_to_keep(training, tmp_path):
    nothing = provide(training.head(0), tmp_path)
    assert nothing["model"].tolist() == ["none"]
    keep(nothing, tmp_path)
    assert provide(training, tmp_path)["model"].tolist() == ["logistic_regression"]
    # Scoring alone learns nothing, and says why there is nobody to score.
    again = provide(training, tmp_path, reuse="only")
    (reason,) = unpack_classifier(again).evaluations["reason"]
    assert reason == "No model: there are no labelled rows."


@pytest.fixture(scope="module")
def noise(training):
    shuffled = np.random.default_rng(4).permutation(training["is_declined"])
    return training.assign(is_declined=shuffled)


def test_what_is_no_better_than_guessing_scores_nobody_on_the_next_run_either(noise, tmp_path):
    refused = provide(noise, tmp_path)
    assert refused["model"].tolist() == ["majority"]
    assert refused["baselines"].tolist() == [""]
    keep(refused, tmp_path)
    for reuse in (True, "only"):
        said = []
        again = provide(noise, tmp_path, reuse=reuse, said=said, day=LATER)
        assert said == ["using majority saved as of 2025-06-01"]
        assert score_customers(noise, trained=unpack_classifier(again)).empty
        drift = measure_drifts(noise, rows=again, limits=DriftLimits())
        assert drift.empty


def test_it_is_asked_again_when_there_is_a_quarter_more_to_learn_from(training, noise, tmp_path):
    keep(provide(noise.head(240), tmp_path), tmp_path)
    few, more = training.head(299), training.head(300)
    assert provide(few, tmp_path, day=LATER)["model"].tolist() == ["majority"]
    assert provide(more, tmp_path, day=LATER)["model"].tolist() == ["logistic_regression"]


def test_a_model_of_an_earlier_rule_is_chosen_again(training, saved, tmp_path):
    row = provide(training, saved)
    metadata = json.loads(row["metadata"].iloc[0])
    del metadata["choice_rule"]
    keep(row.assign(metadata=json.dumps(metadata)), tmp_path)
    again = provide(training, tmp_path, day=LATER)
    assert again["as_of_date"].item() == pd.Timestamp(LATER)
    assert again["refit_reason"].item() == (
        "fitted again because a model must now be further ahead of guessing since 2025-06-01"
    )
    with pytest.raises(SavedModelError, match="was chosen by an earlier rule, which took chance"):
        provide(training, tmp_path, day=LATER, reuse="only")


def test_another_word_for_the_fit_is_named(training, tmp_path):
    with pytest.raises(ValueError, match="the var reuse_models is true, false or only, not fresh"):
        provide(training, tmp_path, reuse="fresh")


# --- drift ------------------------------------------------------------------------------------

LATER = date(2025, 7, 1)


def shift(rows, **by):
    """Return other customers, of whom some features have moved."""
    return rows.sample(frac=1, random_state=5).assign(
        **{name: rows[name] + value for name, value in by.items()}
    )


def levels(rows, kept_row):
    drift = measure_drifts(rows, rows=kept_row, limits=DriftLimits())
    assert set(drift["reference"]) == {"fit", "training"}
    return drift[drift["reference"] == "fit"].set_index("feature")["level"].to_dict()


def test_of_the_customers_it_was_fitted_for_a_model_has_no_drift(training, saved):
    row = provide(training.head(0), saved, day=LATER, current=training)
    drift = measure_drifts(training, rows=row, limits=DriftLimits())
    assert (drift.loc[drift["reference"] == "fit", "psi"] == 0).all()
    assert set(drift["feature"]) == {"gap", "visits", "tier", "score"}
    # Half of them are as much like all as chance makes them.
    assert set(levels(training.head(150), row).values()) == {"stable"}
    assert set(levels(training.head(0), row).values()) == {"unknown"}


@pytest.mark.parametrize(
    ("moved", "cause"),
    [
        ({"gap": 1.0}, "fitted again because the scores have drifted (PSI "),
        # Moved together they leave the score as it is.
        ({"gap": 1.0, "visits": 2.0}, "fitted again because 2 of 3 features have drifted"),
    ],
)
def test_a_kept_model_is_fitted_again_when_its_customers_have_changed(
    training, saved, moved, cause
):
    said = []
    now = shift(training, **moved)
    row = provide(training, saved, day=LATER, current=now, said=said)
    reason = row["refit_reason"].item()
    assert reason.startswith(cause)
    assert reason.endswith("since 2025-06-01")
    assert reason in said
    assert row["as_of_date"].item() == pd.Timestamp(LATER)
    assert set(levels(now, row).values()) == {"stable"}


def test_a_refit_is_remembered_and_happens_once(training, saved, tmp_path):
    now = shift(training, gap=1.0)
    row = provide(training, saved, day=LATER, current=now)
    keep(row, tmp_path, day=LATER)
    again = provide(training, tmp_path, day=LATER, current=now)
    assert again["refit_reason"].item() == row["refit_reason"].item() != ""
    assert again["data_hash"].item() == row["data_hash"].item()


def test_a_model_that_must_not_be_fitted_stays_with_a_major_drift(training, saved):
    now = shift(training, gap=1.0)
    row = provide(training, saved, reuse="only", day=LATER, current=now)
    assert row["as_of_date"].item() == pd.Timestamp(DAY)
    assert row["refit_reason"].item() == ""
    assert levels(now, row)["score"] == "major"
    assert levels(now, row)["tier"] == "stable"


def test_few_customers_alarm_nobody(training, saved):
    """By chance alone the PSI of a dozen customers is far above what is major."""
    few = training.head(12)
    row = provide(training, saved, day=LATER, current=few)
    drift = measure_drifts(few, rows=row, limits=DriftLimits())
    assert drift["psi"].max() > 0.25
    assert set(drift["level"]) == {"stable"}
    assert row["as_of_date"].item() == pd.Timestamp(DAY)


def test_a_model_kept_before_snapshots_were_is_used_as_it_is(training, saved, tmp_path):
    row = provide(training, saved)
    keep(row.drop(columns=["baselines", "refit_reason"]), tmp_path)
    old = provide(training, tmp_path, day=LATER, current=shift(training, gap=9.0))
    assert old["data_hash"].item() == row["data_hash"].item()
    assert list(old) == list(row)
    drift = measure_drifts(training, rows=old, limits=DriftLimits())
    assert drift.empty
    assert explain_drift(drift, limits=DriftLimits()) is None


# --- data bases ------------------------------------------------------------------------------

TWO = {
    "data_basis": "data_basis",
    "data_bases": ["orders", "totals"],
    "source": "label_source",
    "sources": ["given", "derived"],
}


@pytest.fixture(scope="module")
def mixed(training):
    """Customers with orders, and as many known from totals: other features, another truth."""
    orders = training.assign(data_basis="orders", label_source="derived")
    totals = training.assign(
        customer_id="M" + training["customer_id"].str[1:],
        data_basis="totals",
        label_source="given",
        visits=None,
        is_declined=~training["is_declined"],
    )
    return pd.concat([orders, totals], ignore_index=True)


def provide_two(rows, folder, *, reuse=False):
    return provide_classifiers(
        rows,
        **TWO,
        dataset=DATASET,
        as_of_date=DAY,
        reuse=reuse,
        columns=COLUMNS,
        training_options=OPTIONS,
        folder=folder,
    )


def test_each_data_basis_learns_from_its_own_kind_alone(training, mixed, tmp_path):
    rows = provide_two(mixed, tmp_path)
    assert rows["data_basis"].tolist() == ["orders", "totals"]
    alone = unpack_classifier(provide(training, tmp_path, reuse=False))
    scores = score_by_data_basis(mixed, rows=rows, data_basis="data_basis")
    of_orders = scores[scores["customer_id"].str.startswith("C")].reset_index(drop=True)
    pd.testing.assert_frame_equal(of_orders, score_customers(training, trained=alone))
    assert len(scores) == len(mixed)
    for _, own in scores.merge(mixed, on="customer_id").groupby("data_basis"):
        assert roc_auc_score(own["is_declined"].astype(int), own["probability"]) > 0.75
    for evaluations in rows["evaluations"]:
        assert sum(row["is_chosen"] for row in json.loads(evaluations)) == 1
    predictions = collect_predictions(rows)
    assert set(predictions["data_basis"]) == {"orders", "totals"}
    assert list(predictions) == ["data_basis", *alone.predictions]


@pytest.mark.parametrize(("column", "name"), MEASURES.items())
def test_what_was_measured_is_read_again_as_it_was(training, saved, column, name):
    row = provide(training, saved)
    measured = getattr(unpack_classifier(row), name)
    rows = pd.DataFrame(json.loads(row[column].iloc[0]), columns=list(measured))
    assert not rows.empty
    pd.testing.assert_frame_equal(rows.astype(measured.dtypes), measured, check_exact=True)


def test_of_too_few_labels_nobody_learns_and_their_kind_is_not_scored(mixed, tmp_path):
    few = mixed[(mixed["data_basis"] == "orders") | (mixed.index % 10 == 0)]
    rows = provide_two(few, tmp_path)
    assert rows["model"].tolist() == ["logistic_regression", "none"]
    (of_totals,) = json.loads(rows["evaluations"].iloc[1])
    assert of_totals["reason"].endswith("are too few; each takes at least 20.")
    scores = score_by_data_basis(mixed, rows=rows, data_basis="data_basis")
    assert set(scores["customer_id"].str[0]) == {"C"}
    pd.testing.assert_frame_equal(
        scores,
        score_by_data_basis(mixed, rows=provide_two(mixed, tmp_path), data_basis="data_basis")
        .query("customer_id.str.startswith('C')")
        .reset_index(drop=True),
    )


@pytest.mark.parametrize(("given", "trains"), [(100, "given"), (20, "derived")])
def test_given_and_derived_labels_never_train_together(training, tmp_path, given, trains):
    rows = training.assign(data_basis="orders", label_source="derived")
    rows.loc[rows.index < given, "label_source"] = "given"
    row = provide_two(rows, tmp_path).iloc[0]
    assert row["data_hash"] == hash_frame(rows[rows["label_source"] == trains])
    assert json.loads(row["metadata"])["rows"] == (rows["label_source"] == trains).sum()


def test_a_data_basis_without_a_kept_model_does_not_stop_the_others(training, mixed, tmp_path):
    few = mixed[(mixed["data_basis"] == "orders") | (mixed.index % 10 == 0)]
    with pytest.raises(SavedModelError, match="no model of shop is saved"):
        provide_two(few, tmp_path, reuse="only")
    keep(provide_two(few, tmp_path), tmp_path)
    rows = provide_two(few.head(0), tmp_path, reuse="only")
    assert rows["model"].tolist() == ["logistic_regression", "none"]
    # What may be learned by now is learned next to the kept one.
    rows = provide_two(mixed, tmp_path, reuse=True)
    assert rows["model"].tolist() == ["logistic_regression", "logistic_regression"]


def test_one_customer_is_scored_without_dbt_at_once(training, saved):
    trained = load_classifier(DATASET, as_of_date=DAY, folder=saved)
    row = pd.DataFrame([{"customer_id": "N1", "gap": 1.5, "visits": -1.0, "tier": "platinum"}])
    score_customers(row, trained=trained)
    started = time.process_time()
    for _ in range(10):
        score = score_customers(row, trained=trained).iloc[0]
    # Tens of times what the work takes: this fails where a row costs a fit.
    assert (time.process_time() - started) / 10 < 0.5
    assert 0.5 < score["probability"] < 1
    assert score["feature_1"] == "gap"


def test_tuned_parameters_are_kept_by_day_and_used(training, tmp_path):
    said = []
    tune_classifiers(
        training,
        dataset=DATASET,
        as_of_date=DAY,
        columns=COLUMNS,
        models=["decision_tree"],
        trials=5,
        seconds=60,
        progress=said.append,
        folder=tmp_path,
    )
    parameters = read_parameters(DATASET, as_of_date=DAY, folder=tmp_path)
    assert list(parameters) == ["decision_tree"]
    assert set(parameters["decision_tree"]) == {"max_depth", "min_samples_leaf"}
    assert "decision_tree: ROC-AUC" in said[-1]
    assert read_parameters(DATASET, as_of_date=date(2025, 5, 31), folder=tmp_path) == {}
    row = provide_classifier(
        training,
        dataset=DATASET,
        as_of_date=DAY,
        reuse=True,
        columns=COLUMNS,
        training_options={**OPTIONS, "models": ["decision_tree"]},
        folder=tmp_path,
    )
    assert json.loads(row["metadata"].iloc[0])["parameters"] == parameters["decision_tree"]


def test_a_search_out_of_time_ends_with_the_defaults(training, tmp_path):
    models = ["decision_tree", "logistic_regression"]
    tune_classifiers(
        {"orders": training, "totals": training.head(9)},
        dataset=DATASET,
        as_of_date=DAY,
        columns=COLUMNS,
        models=models,
        trials=9,
        seconds=0,
        folder=tmp_path,
    )
    saved = read_parameters(DATASET, "orders", as_of_date=DAY, folder=tmp_path)
    assert saved == {model: DEFAULT_PARAMETERS[model] for model in models}
    assert read_parameters(DATASET, "totals", as_of_date=DAY, folder=tmp_path) == {}


def test_nothing_to_search_on_is_said(training, tmp_path):
    with pytest.raises(TuningError, match=r"^everyone: No model: . customers with is_declined"):
        tune_classifiers(
            training.head(9), dataset=DATASET, as_of_date=DAY, columns=COLUMNS, folder=tmp_path
        )
