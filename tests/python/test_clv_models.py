"""Kept models of lifetime value: found by day, and made again where customers differ."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from clv_data import simulate

import targeted_lists.learning.clv as learning
from python_ml.clv import MODEL_TYPES
from targeted_lists.learning.clv import (
    WATCHED,
    find_order_probabilities,
    measure_clv_drift,
    provide_clv_models,
    score_clv,
)
from targeted_lists.learning.drift import DriftLimits
from targeted_lists.learning.models import SavedModelError, erase_in_model
from targeted_lists.saved.tables import save_tables

DAY = date(2026, 7, 1)
CUTS = pd.DataFrame(
    {
        "period": ["validation", "test"],
        "cut_date": ["2025-07-02", "2025-12-31"],
        "horizon_weeks": 26.0,
    }
)
WEEKLY = pd.DataFrame(
    {"week_start": pd.Series(dtype="str"), "repeat_orders": pd.Series(dtype=int)}
)


def make_histories(*, seed: int = 1, rate: float = 4.0, customers: int = 300) -> pd.DataFrame:
    """Return histories of three days, of other customers each."""
    parts = []
    for number, period in enumerate(["validation", "test", "now"]):
        part = simulate("mbg_nbd", [0.6, rate, 0.8, 2.0], customers=customers, seed=seed + number)
        orders = part["repeat_orders"] + 1
        rng = np.random.default_rng(seed + number)
        part = part.assign(
            period=period,
            source="orders",
            mean_margin=rng.gamma(8, 3, len(part)),
            margin_orders=orders,
            orders_all=orders,
        )
        for weeks in (4, 13, 26, 52):
            part[f"orders_last_{weeks}_weeks"] = np.minimum(orders, weeks // 4)
            part[f"margin_last_{weeks}_weeks"] = part[f"orders_last_{weeks}_weeks"] * 20.0
        part["margin_all"] = orders * part["mean_margin"]
        part["outcome_margin"] = part["outcome_orders"] * part["mean_margin"]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def provide(
    histories: pd.DataFrame, folder: Path, *, reuse: bool | str = True, said=None, day=DAY
):
    return provide_clv_models(
        histories,
        cuts=CUTS,
        weekly=WEEKLY,
        dataset="shop",
        as_of_date=day,
        reuse=reuse,
        limits=DriftLimits(),
        seed=42,
        progress=(said if said is not None else []).append,
        folder=folder,
    )


def save(rows: pd.DataFrame, folder: Path, *, day: date = DAY) -> None:
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        connection.execute("create table ml_clv_models as select * from rows")
        save_tables(
            connection,
            dataset="shop",
            tables=[("main", "ml_clv_models")],
            as_of_date=day,
            folder=folder,
        )


@pytest.fixture(scope="module")
def histories() -> pd.DataFrame:
    return make_histories()


@pytest.fixture(scope="module")
def rows(histories, tmp_path_factory) -> pd.DataFrame:
    return provide(histories, tmp_path_factory.mktemp("none"))


def test_a_fit_is_one_row_that_says_all(rows):
    assert len(rows) == 1
    models = learning._read(rows, "models", MODEL_TYPES)
    assert set(models["model"]) >= {"bg_nbd", "mbg_nbd", "pareto_nbd", "gamma_gamma"}
    assert rows["refit_reason"].item() == ""
    assert rows["as_of_date"].item() == pd.Timestamp(DAY)


def test_kept_models_are_used_again_and_score_the_same(histories, rows, tmp_path):
    save(rows, tmp_path)
    said: list[str] = []
    later = date(2026, 8, 1)
    kept = provide(make_histories(seed=7), tmp_path, said=said, day=later)
    assert said == ["using models saved as of 2026-07-01"]
    pd.testing.assert_frame_equal(kept, rows)
    now = histories[histories["period"] == "now"]
    told = {"weekly": WEEKLY, "as_of_date": DAY, "horizon_days": [90, 365], "seed": 42}
    one, two = (score_clv(now, rows=each, window_days=30, **told) for each in (rows, kept))
    pd.testing.assert_frame_equal(one, two)
    assert one["p_order"].between(0, 1).all()
    # Whoever orders more within 90 days is likelier to order within 30.
    assert one["p_order"].corr(one["orders_90_days"], method="spearman") > 0.95


def test_other_customers_have_models_made_again(rows, tmp_path):
    save(rows, tmp_path)
    said: list[str] = []
    fresh = provide(make_histories(seed=3, rate=0.4), tmp_path, said=said, day=date(2026, 8, 1))
    assert "have drifted since 2026-07-01" in said[0]
    assert fresh["refit_reason"].item() == said[0]
    assert fresh["models"].item() != rows["models"].item()
    # Asked never to fit, it does not.
    only = provide(make_histories(seed=3, rate=0.4), tmp_path, reuse="only")
    assert only["models"].item() == rows["models"].item()


def levels(current: pd.DataFrame, kept: pd.DataFrame) -> dict[str, str]:
    drift = measure_clv_drift(current, rows=kept, limits=DriftLimits())
    assert (drift["reference"] == "fit").all()
    assert (drift["data_basis"] == "everyone").all()
    return drift.set_index("feature")["level"].to_dict()


def test_of_the_customers_they_were_fitted_on_models_have_no_drift(histories, rows):
    now = histories[histories["period"] == "now"]
    drift = measure_clv_drift(now, rows=rows, limits=DriftLimits())
    assert drift["feature"].tolist() == WATCHED
    assert (drift["psi"] == 0).all()
    # Others of the same kind are as much like them as chance makes them.
    others = make_histories(seed=7)
    assert set(levels(others[others["period"] == "now"], rows).values()) == {"stable"}


@pytest.mark.parametrize("feature", WATCHED)
def test_what_has_shifted_has_drifted_and_nothing_else(histories, rows, feature):
    now = histories[histories["period"] == "now"]
    moved = now.assign(**{feature: now[feature] + 2 * now[feature].std()})
    expected = dict.fromkeys(WATCHED, "stable") | {feature: "major"}
    assert levels(moved, rows) == expected


def test_of_nobody_a_drift_is_unknown(histories, rows, tmp_path):
    nobody = histories.head(0)
    assert set(levels(nobody, rows).values()) == {"unknown"}
    none = provide(nobody, tmp_path)
    assert set(levels(nobody, none).values()) == {"unknown"}
    assert set(levels(histories, none).values()) == {"unknown"}


def test_customers_known_from_totals_alone_drift_in_what_totals_tell(histories, tmp_path):
    gaps = [name for name in histories if "_last_" in name]
    now = histories[histories["period"] == "now"]
    totals = now.assign(source="totals", **dict.fromkeys(gaps, np.nan))
    kept = provide(totals, tmp_path)
    assert set(levels(totals, kept).values()) == {"stable"}
    more = totals.assign(repeat_orders=totals["repeat_orders"] + 5)
    assert levels(more, kept) == dict.fromkeys(WATCHED, "stable") | {"repeat_orders": "major"}


def test_models_of_nobody_are_made_again_when_there_are_customers(histories, tmp_path):
    nobody = histories.head(0)
    save(provide(nobody, tmp_path), tmp_path)
    said: list[str] = []
    provide(nobody, tmp_path, said=said)
    assert said == ["using models saved as of 2026-07-01"]
    provide(histories, tmp_path, said=said)
    assert said[1] == (
        "fitted again because there were no customers to learn from since 2026-07-01"
    )


def test_a_day_before_the_models_has_none(rows, tmp_path):
    save(rows, tmp_path)
    with pytest.raises(SavedModelError, match="no models of lifetime value of shop"):
        provide(make_histories(), tmp_path, reuse="only", day=date(2026, 6, 1))


def test_models_that_another_rule_chose_or_that_cannot_be_opened_are_made_again(rows, tmp_path):
    for change, reason in [
        ({"choice_rule": "the likelihood"}, "by another rule"),
        ({"fitted": [b"no zip"]}, "of a form no longer opened"),
    ]:
        save(rows.assign(**change), tmp_path)
        said: list[str] = []
        provide(make_histories(), tmp_path, said=said)
        assert reason in said[0]


def test_boosting_is_kept_where_it_was_chosen(tmp_path, monkeypatch):
    histories = make_histories(customers=700)
    evaluate = learning.evaluate_methods

    def choose_boosting(*args, **options):
        found = evaluate(*args, **options)
        return found.assign(is_chosen=found["method"] == learning.BOOSTING)

    monkeypatch.setattr(learning, "evaluate_methods", choose_boosting)
    rows = provide(histories, tmp_path)
    assert rows["method"].item() == learning.BOOSTING
    save(rows, tmp_path)
    now = histories[histories["period"] == "now"]
    # It names nobody, so an erasure leaves it as it is.
    content = rows["fitted"].item()
    assert erase_in_model(content, lambda key: True) == (content, 0)
    kept = provide(histories, tmp_path)
    told = {"weekly": WEEKLY, "as_of_date": DAY, "horizon_days": [90, 365], "seed": 42}
    scores = score_clv(now, rows=kept, window_days=30, **told)
    assert set(scores["method"]) == {learning.BOOSTING}
    assert scores["orders_90_days"].notna().all()


def test_who_is_known_from_totals_does_not_decide_on_the_method_of_others(histories, rows):
    now = histories[histories["period"] == "now"]
    gaps = [name for name in now if "_last_" in name]
    totals = now.head(20).assign(source="totals", **dict.fromkeys(gaps, np.nan))
    totals["customer_id"] = "T" + totals["customer_id"]
    chosen = pd.DataFrame(learning.json.loads(rows["evaluations"].item()))
    chosen["is_chosen"] = chosen["method"] == "last_52_weeks"
    told = {"weekly": WEEKLY, "as_of_date": DAY, "horizon_days": [90, 365], "seed": 42}
    scores = score_clv(
        pd.concat([now, totals]),
        rows=rows.assign(evaluations=learning._to_json(chosen)),
        window_days=30,
        **told,
    )
    by_source = scores.assign(is_total=scores["customer_id"].str.startswith("T"))
    assert set(by_source.loc[~by_source["is_total"], "method"]) == {"last_52_weeks"}
    assert set(by_source.loc[by_source["is_total"], "method"]) == {"mbg_nbd"}


def test_probabilities_are_of_each_moment(histories, rows):
    now = histories[histories["period"] == "now"]
    moments = pd.concat(
        [
            now.assign(campaign_id="b", moment_date=DAY),
            now.head(5).assign(campaign_id="a", moment_date=date(2026, 1, 1)),
        ]
    )
    found = find_order_probabilities(
        moments, rows=rows, weekly=WEEKLY, moment="campaign_id", days=30, seed=42
    )
    assert found["campaign_id"].value_counts().to_dict() == {"b": 300, "a": 5}
    both = found.pivot(index="customer_id", columns="campaign_id", values="p_order").dropna()
    assert np.allclose(both["a"], both["b"])
    none = find_order_probabilities(
        moments.head(0), rows=rows, weekly=WEEKLY, moment="campaign_id", days=30, seed=42
    )
    assert list(none) == ["campaign_id", "customer_id", "p_order"]
    assert none.empty
