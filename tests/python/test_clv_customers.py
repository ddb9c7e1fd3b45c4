"""What each customer will be worth comes with ranges that hold, or with the reason why not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from clv_data import simulate, simulate_margins

from python_ml.clv import (
    MODEL_TYPES,
    fit_models,
    pack_boosting,
    score_customers,
    score_types,
    train_boosting,
    unpack_boosting,
)
from python_ml.clv import predicting as predicting_module
from python_ml.clv.customers import predict_customers
from python_ml.clv.families import FAMILIES, FittedFamily, fit_family
from python_ml.clv.histories import collapse, read_histories
from python_ml.clv.money import fit_money, fit_shrunk_mean, predict_means
from python_ml.clv.predicting import iterate_tails, predict_next_order, predict_orders
from python_ml.clv.tables import from_table, to_table

PLANTED = [0.6, 6.0, 0.9, 1.8]
AS_OF = "2026-01-01"


def make_shop(
    customers: int = 1_500, *, horizon_weeks: float = 26.0, seed: int = 9
) -> pd.DataFrame:
    """Return histories with margins of MBG/NBD and Gamma-Gamma, and what came."""
    horizon = {"horizon_weeks": horizon_weeks}
    histories = simulate("mbg_nbd", PLANTED, customers=customers, seed=seed, **horizon)
    generator = np.random.default_rng(seed + 1)
    rate = generator.gamma(3.7, 1 / 15.0, customers)
    orders = histories["repeat_orders"] + 1
    histories["mean_margin"] = generator.gamma(6.0 * orders, 1 / rate) / orders
    came = histories["outcome_orders"].to_numpy()
    histories["outcome_margin"] = np.where(
        came > 0, generator.gamma(6.0 * np.maximum(came, 1), 1 / rate), 0
    )
    return histories


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    return make_shop()


@pytest.fixture(scope="module")
def models(shop) -> pd.DataFrame:
    return fit_models(shop)


@pytest.fixture(scope="module")
def scores(shop, models) -> pd.DataFrame:
    return score_customers(shop, models=models, as_of_date=AS_OF)


def test_every_customer_has_a_row_of_figures_in_order(shop, scores):
    assert scores.columns.tolist() == ["customer_id", *score_types()]
    assert scores["customer_id"].tolist() == sorted(shop["customer_id"])
    assert scores[["reason", "margin_reason"]].isna().all(axis=None)
    assert set(scores["method"]) == {"mbg_nbd"}
    assert set(scores["margin_method"]) == {"gamma_gamma"}
    assert scores["p_alive"].between(0, 1).all()
    for days in (90, 365):
        for measure in ("orders", "margin"):
            name = f"{measure}_{days}_days"
            assert (scores[f"{name}_lower"] <= scores[f"{name}_upper"]).all()
            assert (scores[name] > 0).all()
    assert (scores["orders_90_days"] < scores["orders_365_days"]).all()
    has_date = scores["next_order_days"].notna()
    assert (scores.loc[~has_date, "p_alive"] < 0.6).all()
    days = scores.loc[has_date, ["next_order_days_lower", "next_order_days"]]
    assert (days["next_order_days_lower"] < days["next_order_days"]).all()


def test_ranges_of_orders_and_margin_hold():
    """Lower and upper of the margin leave out one in ten each, where they are above nothing."""
    shop = make_shop(20_000, horizon_weeks=104.0, seed=31)
    read = read_histories(shop)
    fitted, money = fit_family(shop, family="mbg_nbd"), fit_money(read)
    assert money.method == "gamma_gamma"
    found = predict_customers(read, fitted=fitted, money=money, weeks=104.0)
    came = read[["outcome_orders", "outcome_margin"]].to_numpy()
    assert found["orders"].sum() == pytest.approx(came[:, 0].sum(), rel=0.03)
    assert found["margin"].sum() == pytest.approx(came[:, 1].sum(), rel=0.05)
    # Where the range of the margin begins above nothing, it has no ties.
    is_sure = (found["margin_lower"] > 0).to_numpy()
    assert is_sure.sum() > 300
    below = (came[is_sure, 1] < found.loc[is_sure, "margin_lower"]).mean()
    assert below == pytest.approx(0.1, abs=0.035)
    has_end = (found["margin_upper"] > 0).to_numpy()
    above = (came[has_end, 1] > found.loc[has_end, "margin_upper"]).mean()
    assert above == pytest.approx(0.1, abs=0.01)
    assert (came[:, 0] > found["orders_upper"]).mean() < 0.1


@pytest.mark.parametrize("family", FAMILIES)
def test_the_next_order_has_come_by_its_day_in_half_of_the_cases(family):
    """In a horizon of just that length for each customer: what came within it is simulated."""
    planted = [0.6, 8.0, 0.7, 12.0] if family == "pareto_nbd" else PLANTED
    histories = simulate(family, planted, customers=40_000, horizon_weeks=8.0, seed=13)
    rows, index = collapse(read_histories(histories))
    names = FAMILIES[family].names
    fitted = FittedFamily(
        family, dict(zip(names, planted, strict=True)), None, None, 0.0, 40_000, 1, False, None
    )
    weeks = predict_next_order(fitted, rows)[index]
    came = histories.sort_values("customer_id")["outcome_orders"].to_numpy() > 0
    # Among those whose median lies about the horizon, half have ordered within it.
    is_near = np.abs(np.log(weeks[:, 1] / 8.0)) < 0.1
    assert is_near.sum() > 300
    error = 4 * 0.5 / np.sqrt(is_near.sum())
    assert came[is_near].mean() == pytest.approx(0.5, abs=error)
    is_early = np.abs(np.log(weeks[:, 0] / 8.0)) < 0.2
    assert is_early.sum() > 50
    error = 4 * 0.3 / np.sqrt(is_early.sum())
    assert came[is_early].mean() == pytest.approx(0.1, abs=error)


def test_a_date_is_missing_where_none_is_likely(scores):
    none = scores["next_order_days"].isna()
    assert 0.05 < none.mean() < 0.95
    assert (
        scores.loc[none, ["next_order_days_lower", "next_order_days_upper"]].isna().all(axis=None)
    )
    assert scores["next_order_days_upper"].isna().sum() > none.sum()


def test_what_the_parameters_are_not_sure_of_is_in_the_distributions():
    """Drawn and averaged; next to what a person does by chance it weighs little."""
    small = simulate("mbg_nbd", PLANTED, customers=400, seed=2)
    rows, _ = collapse(read_histories(small))
    fitted = fit_family(small, family="mbg_nbd")
    assert fitted.covariance is not None
    sure = FittedFamily(**{**vars(fitted), "covariance": None})
    spreads = []
    for one in (fitted, sure):
        variances = []
        for tails in iterate_tails(one, rows, weeks=52.0):
            numbers = np.arange(tails.above.shape[1])
            mean = tails.above.sum(axis=1)
            variances.append((tails.above @ (2 * numbers + 1) - mean**2).sum())
        spreads.append(sum(variances))
    assert spreads[0] != spreads[1]
    assert spreads[0] == pytest.approx(spreads[1], rel=0.05)
    # What is expected is the estimate's.
    wide, narrow = (predict_orders(one, rows, weeks=52.0) for one in (fitted, sure))
    assert (wide[0] == narrow[0]).all()


def test_neither_rows_nor_chunks_nor_a_second_run_change_a_figure(
    shop, models, scores, monkeypatch
):
    shuffled = shop.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(fit_models(shuffled), models)
    again = score_customers(shuffled, models=models, as_of_date=AS_OF)
    pd.testing.assert_frame_equal(again, scores)
    monkeypatch.setattr(predicting_module, "_CHUNK_ROWS", 700)
    monkeypatch.setattr(predicting_module, "_CHUNK_CELLS", 3_000)
    chunked = score_customers(shop, models=models, as_of_date=AS_OF)
    pd.testing.assert_frame_equal(chunked, scores, rtol=1e-9)
    some = score_customers(shop.iloc[:40], models=models, as_of_date=AS_OF)
    own = scores[scores["customer_id"].isin(some["customer_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, own, rtol=1e-9)


def test_models_are_a_table_and_come_back_from_it(models):
    assert models.columns.tolist() == list(MODEL_TYPES)
    pd.testing.assert_frame_equal(to_table(from_table(models)), models)
    assert not models.duplicated(["model", "parameter"]).any()
    assert models.loc[models["model"] == "gamma_gamma", "is_used"].all()


def to_one_order(shop: pd.DataFrame) -> pd.DataFrame:
    return shop.assign(repeat_orders=0, recency_weeks=0.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (to_one_order, "no_repeat_orders"),
        (lambda shop: to_one_order(shop).assign(age_weeks=0.0), "all_on_one_day"),
        (lambda shop: shop.iloc[:10], "too_few_customers"),
        (lambda shop: shop.assign(age_weeks=np.nan), "history_incomplete"),
        (lambda shop: shop.assign(age_weeks=shop["recency_weeks"] - 1), "history_inconsistent"),
        (lambda shop: shop.assign(is_older_than_files=True), "older_than_files"),
    ],
)
def test_a_shop_that_cannot_be_learned_has_rows_that_say_why(
    shop, change: Callable[[pd.DataFrame], pd.DataFrame], reason
):
    given = change(shop)
    scores = score_customers(given, models=fit_models(given), as_of_date=AS_OF)
    assert len(scores) == len(given)
    assert set(scores["reason"]) == {reason}
    assert scores.drop(columns=["customer_id", "reason"]).isna().all(axis=None)
    assert scores.dtypes.astype(str).tolist()[1:] == list(score_types().values())


def test_no_customers_give_no_rows(shop, models):
    scores = score_customers(shop.iloc[:0], models=models, as_of_date=AS_OF)
    assert scores.empty
    assert scores.columns.tolist() == ["customer_id", *score_types()]
    assert set(fit_models(shop.iloc[:0])["reason"].dropna()) >= {"too_few_customers"}


def test_one_customer_of_no_use_does_not_touch_the_others(shop, models, scores):
    given = shop.assign(is_older_than_files=shop["customer_id"] == "C000003")
    given.loc[given["customer_id"] == "C000004", "age_weeks"] = np.nan
    found = score_customers(given, models=models, as_of_date=AS_OF).set_index("customer_id")
    assert found["reason"].dropna().to_dict() == {
        "C000003": "older_than_files",
        "C000004": "history_incomplete",
    }
    others = found.drop(index=["C000003", "C000004"]).reset_index()
    own = scores[scores["customer_id"].isin(others["customer_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, own, rtol=1e-9)


def test_unknown_margins_leave_orders_and_a_reason(shop, scores):
    given = shop.assign(mean_margin=np.nan)
    found = score_customers(given, models=fit_models(given), as_of_date=AS_OF)
    assert found["orders_90_days"].tolist() == scores["orders_90_days"].tolist()
    assert set(found["margin_reason"]) == {"margin_unknown"}
    assert found[["margin_90_days", "margin_method"]].isna().all(axis=None)
    # Unit costs for a part of the goods.
    part = shop["mean_margin"].where(shop.index % 3 > 0)
    found = score_customers(
        shop.assign(mean_margin=part), models=fit_models(shop), as_of_date=AS_OF
    )
    assert found["margin_reason"].notna().sum() == 500
    assert found["orders_365_days"].notna().all()
    assert (found["margin_365_days"].isna() == found["margin_reason"].notna()).all()


def test_negative_margins_take_the_shrunk_mean(shop):
    losing = shop["mean_margin"].where(shop.index % 4 > 0, -shop["mean_margin"])
    given = shop.assign(mean_margin=losing)
    models = fit_models(given)
    row = models[models["model"] == "gamma_gamma"].iloc[0]
    assert row["reason"] == "margins_not_positive"
    assert not row["is_used"]
    assert row["not_positive"] > 100
    found = score_customers(given, models=models, as_of_date=AS_OF)
    assert set(found["margin_method"]) == {"shrunk_mean"}
    assert found["margin_365_days"].min() < 0 < found["margin_365_days"].max()
    assert (found["margin_365_days_lower"] <= found["margin_365_days_upper"]).all()


def test_a_single_negative_margin_is_shrunk_and_the_others_are_not_touched(shop):
    given = shop.assign(mean_margin=shop["mean_margin"].where(shop.index != 5, -40.0))
    read = read_histories(given)
    money = fit_money(read)
    means, is_gamma = predict_means(read, money=money)
    assert money.method == "gamma_gamma"
    assert is_gamma.sum() == len(shop) - 1
    assert -40 < means[5] < np.median(means)


def test_the_shrunk_mean_finds_how_customers_differ():
    generator = np.random.default_rng(1)
    n = generator.integers(1, 9, 20_000).astype(float)
    own = generator.normal(20, 3, 20_000)
    read = pd.DataFrame({"mean_margin": generator.normal(own, 6 / np.sqrt(n)), "margin_orders": n})
    found = fit_shrunk_mean(read, has_slope=False)
    assert found["intercept"] == pytest.approx(20, abs=0.15)
    # Roughly: the largest means have no more weight than the hundredth.
    assert found["between"] == pytest.approx(9, rel=0.25)
    assert found["within"] == pytest.approx(36, rel=0.25)


def test_margins_that_grow_with_orders_are_not_independent():
    margins = simulate_margins([6.0, 3.7, 15.0], customers=2_000, seed=3)
    money = fit_money(
        margins.assign(mean_margin=margins["mean_margin"] * margins["repeat_orders"])
    )
    assert money.reason == "not_independent"
    assert money.method == "shrunk_mean"
    assert money.shrunk["slope"] > 0


def to_evaluations(method: str, margin_method: str | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {"method": [method], "is_chosen": [True], "margin_method": [margin_method]}
    ).astype({"margin_method": "str"})


def test_the_shrunk_mean_is_of_all_whose_margin_is_known(shop):
    is_known = np.arange(len(shop)) >= 7
    models = fit_models(shop.assign(mean_margin=shop["mean_margin"].where(is_known)))
    of_mean = models[models["model"] == "shrunk_mean"]
    assert set(of_mean["customers"]) == {len(shop) - 7}
    of_gamma = models[models["model"] == "gamma_gamma"]
    assert set(of_gamma["customers"]) == {int((shop["repeat_orders"][is_known] > 0).sum())}


def test_the_shrunk_mean_is_used_where_it_did_better(shop):
    models = fit_models(shop, evaluations=to_evaluations("bg_nbd", "shrunk_mean"))
    found = score_customers(
        shop, models=models, evaluations=to_evaluations("bg_nbd"), as_of_date=AS_OF
    )
    assert set(found["margin_method"]) == {"shrunk_mean"}
    assert set(found["method"]) == {"bg_nbd"}


def test_a_method_without_a_distribution_has_no_ranges(shop, models, scores):
    evaluations = to_evaluations("own_rate")
    found = score_customers(shop, models=models, evaluations=evaluations, as_of_date=AS_OF)
    assert set(found["method"]) == {"own_rate"}
    assert found.filter(regex="^(orders|margin)_.*(lower|upper)$").isna().all(axis=None)
    assert found["p_alive"].equals(scores["p_alive"])


def test_a_season_is_as_many_weeks_more(shop, models):
    """Of the 90 days; a whole year has no season. Without a known year the family stays plain."""
    weekly = pd.DataFrame({"week_start": pd.date_range("2024-12-30", periods=53, freq="7D")})
    weekly["repeat_orders"] = [20] * 13 + [10] * 40
    given = {"models": models, "evaluations": to_evaluations("bg_nbd_seasonal")}
    found = score_customers(shop, weekly=weekly, as_of_date=AS_OF, **given)
    plain = score_customers(shop, as_of_date=AS_OF, **given)
    assert set(found["method"]) == {"bg_nbd_seasonal"}
    assert set(plain["method"]) == {"bg_nbd"}
    more = found["orders_90_days"].sum() / plain["orders_90_days"].sum()
    assert 1.3 < more < 1.6
    assert found["orders_365_days"].equals(plain["orders_365_days"])


def test_boosting_scores_where_it_was_chosen_and_is_saved_safely(shop, models):
    boosting = train_boosting(shop, horizon_weeks=26.0)
    given = {"models": models, "evaluations": to_evaluations("gradient_boosting")}
    found = score_customers(shop, boosting=boosting, as_of_date=AS_OF, **given)
    assert set(found["method"]) == {"gradient_boosting"}
    expected = shop["outcome_orders"].sum() * 90 / 7 / 26
    assert found["orders_90_days"].sum() == pytest.approx(expected, rel=0.1)
    assert (found["orders_90_days_lower"] <= found["orders_90_days_upper"]).all()
    assert (found["margin_365_days_lower"] <= found["margin_365_days_upper"]).all()
    reopened = unpack_boosting(pack_boosting(boosting))
    again = score_customers(shop, boosting=reopened, as_of_date=AS_OF, **given)
    pd.testing.assert_frame_equal(again, found)
    # Without its model the default is used, and its name says so.
    without = score_customers(shop, as_of_date=AS_OF, **given)
    assert set(without["method"]) == {"mbg_nbd"}


def test_totals_alone_are_enough(shop, scores):
    """x, t_x, T and a mean, without a receipt: no features, no hold-out."""
    totals = shop[["customer_id", "repeat_orders", "recency_weeks", "age_weeks", "mean_margin"]]
    found = score_customers(totals, models=fit_models(totals), as_of_date=AS_OF)
    pd.testing.assert_frame_equal(found, scores)


def test_wrong_columns_are_named(shop, models):
    with pytest.raises(ValueError, match="histories lacks age_weeks"):
        score_customers(shop.drop(columns="age_weeks"), models=models, as_of_date=AS_OF)
    with pytest.raises(ValueError, match="column age_weeks is not numeric"):
        fit_models(shop.assign(age_weeks="long"))
    with pytest.raises(ValueError, match="more than once"):
        fit_models(pd.concat([shop, shop.iloc[:1]]))
    with pytest.raises(ValueError, match="models lacks value"):
        score_customers(shop, models=models.drop(columns="value"), as_of_date=AS_OF)
