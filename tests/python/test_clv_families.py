"""The families of customer lifetime value give the published figures, and those of the process."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clv_data import CDNOW, find_file, read_cdnow, simulate, simulate_margins, to_histories
from scipy.integrate import quad

from python_ml.clv.families import FAMILIES, fit_family
from python_ml.clv.gamma_gamma import (
    check_independence,
    expected_means,
    fit_gamma_gamma,
    log_likelihood,
    sum_likelihood,
)
from python_ml.clv.histories import Rows, collapse, read_histories

# Two in BG/NBD's and Pareto/NBD's usual region, one far from it.
PLANTED = {
    "bg_nbd": [0.6, 6.0, 0.8, 2.4],
    "mbg_nbd": [0.6, 6.0, 0.9, 1.8],
    "pareto_nbd": [0.6, 8.0, 0.7, 12.0],
}


@pytest.fixture(scope="module")
def cdnow_days(shared_data: Path) -> pd.DataFrame:
    return read_cdnow(find_file(shared_data, CDNOW))


@pytest.fixture(scope="module")
def cdnow(cdnow_days: pd.DataFrame) -> pd.DataFrame:
    """The published setting: age to 1997-09-30, weeks of two decimals, means of repeat orders."""
    histories = to_histories(cdnow_days, cut="1997-10-01").set_index("customer_id")
    past = cdnow_days[cdnow_days["day"] < "1997-10-01"]
    first = past.groupby("customer_id")["day"].transform("min")
    histories["mean_margin"] = past[past["day"] > first].groupby("customer_id")["margin"].mean()
    histories["margin_orders"] = histories["repeat_orders"]
    histories["age_weeks"] = (histories["age_weeks"] - 1 / 7).round(2)
    histories["recency_weeks"] = histories["recency_weeks"].round(2)
    return histories.reset_index()


@pytest.mark.parametrize(
    ("family", "parameters", "log_likelihood"),
    [
        ("bg_nbd", [0.2426, 4.4135, 0.7929, 2.4258], -9582.43),
        ("mbg_nbd", [0.5248, 6.183, 0.8914, 1.614], -9582.13),
        ("pareto_nbd", [0.5533, 10.578, 0.6062, 11.669], -9594.97),
    ],
)
def test_families_of_counts_give_the_published_figures(cdnow, family, parameters, log_likelihood):
    fitted = fit_family(cdnow, family=family)
    assert fitted.values == pytest.approx(parameters, rel=2e-4)
    assert fitted.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    assert fitted.customers == 2357
    assert not fitted.is_at_border
    assert all(error > 0 for error in fitted.standard_errors.values())


def test_gamma_gamma_gives_the_published_figures(cdnow):
    read = read_histories(cdnow)
    fitted = fit_gamma_gamma(read)
    # Flat: two optimisers differ in the third digit of gamma.
    assert fitted.values == pytest.approx([6.250, 3.744, 15.44], rel=5e-4)
    assert fitted.log_likelihood == pytest.approx(-4055.92, abs=0.01)
    assert fitted.customers == 946
    found = check_independence(read)
    assert found.correlation == pytest.approx(0.11, abs=0.01)
    assert found.is_independent


def some_rows() -> Rows:
    """Histories of every sort: one order, just now, long ago, very many."""
    x = np.array([0, 0, 1, 1, 3, 40, 40, 300.0])
    recency = np.array([0, 0, 0.1, 38, 20, 10, 60, 75])
    return Rows(x, recency, np.array([0.0, 39, 39, 39, 20, 70, 60.1, 80]), np.arange(1, 9.0))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("scale", [[1, 1, 1, 1], [1, 0.05, 1, 4], [3, 20, 0.3, 0.1]])
def test_gradients_are_those_of_finite_differences(family, scale):
    model, rows = FAMILIES[family], some_rows()
    at = np.array(PLANTED[family]) * scale
    _, gradient = model.log_likelihood(at, rows)
    for place in range(4):
        step = np.zeros(4)
        step[place] = at[place] * 1e-5
        above, below = (model.log_likelihood(at + by, rows)[0] for by in (step, -step))
        measured = (above - below) / (2 * step[place])
        assert gradient[:, place] == pytest.approx(measured, rel=2e-4, abs=1e-6)


def test_the_gradient_of_gamma_gamma_is_that_of_finite_differences():
    n, mean = np.array([1.0, 2, 9]), np.array([3.0, 40, 12])
    at = np.array([2.0, 3.0, 15.0])
    value, gradient = sum_likelihood(n, mean)(at)
    assert value == pytest.approx(log_likelihood(at, n, mean).sum())
    for place in range(3):
        step = np.zeros(3)
        step[place] = 1e-5
        above, below = (sum_likelihood(n, mean)(at + by)[0] for by in (step, -step))
        assert gradient[place] == pytest.approx((above - below) / 2e-5, rel=1e-5)


@pytest.mark.parametrize("parameters", [[0.5, 2.0, 0.6, 40.0], [0.5, 40.0, 0.6, 2.0]])
def test_the_likelihood_of_pareto_nbd_is_its_integral_on_both_sides(parameters):
    """Whichever of alpha and beta is larger, where 2F1 would need two forms."""
    r, alpha, s, beta = parameters
    rows = some_rows()
    found, _ = FAMILIES["pareto_nbd"].log_likelihood(np.array(parameters), rows)
    alive = FAMILIES["pareto_nbd"].p_alive(np.array(parameters), rows)
    for place, (x, recency, age) in enumerate(zip(rows.x, rows.recency, rows.age, strict=True)):

        def density(t, x=x, since=recency):
            shape = ((alpha + since) / (alpha + t)) ** (r + x)
            return s / (beta + t) * shape * ((beta + since) / (beta + t)) ** s

        points = np.minimum(recency + (age - recency) * np.array([0, 1e-3, 0.03, 0.3, 1]), age)
        gone = sum(
            quad(density, low, high, epsrel=1e-11)[0] for low, high in itertools.pairwise(points)
        )
        still = ((alpha + recency) / (alpha + age)) ** (r + x)
        still *= ((beta + recency) / (beta + age)) ** s
        shared = r * np.log(alpha) + s * np.log(beta)
        shared += sum(np.log(r + n) for n in range(int(x)))
        shared -= (r + x) * np.log(alpha + recency) + s * np.log(beta + recency)
        assert found[place] == pytest.approx(shared + np.log(gone + still), abs=1e-7)
        assert alive[place] == pytest.approx(still / (gone + still), abs=1e-8)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_predicted_is_what_the_process_does(family):
    """Alive, expected orders and their tails, on average over many customers of a process."""
    histories = simulate(family, PLANTED[family], customers=60_000, seed=11)
    model, parameters = FAMILIES[family], np.array(PLANTED[family])
    rows, index = collapse(histories)
    alive = model.p_alive(parameters, rows)[index]
    tails = model.tails(parameters, rows, 26.0)
    tails = np.array([next(tails)[index] for _ in range(60)]) * alive
    orders = histories["outcome_orders"].to_numpy()
    groups = histories["repeat_orders"].clip(upper=4).to_numpy()
    for group in range(5):
        own = groups == group
        error = 4 / np.sqrt(own.sum())
        assert alive[own].mean() == pytest.approx(1 - histories["is_gone"][own].mean(), abs=error)
        expected = tails[:, own].sum(axis=0).mean()
        assert expected == pytest.approx(orders[own].mean(), abs=error * orders[own].std())
        for n in (0, 1, 4):
            assert tails[n, own].mean() == pytest.approx((orders[own] > n).mean(), abs=error)


@pytest.mark.parametrize("family", FAMILIES)
def test_expected_orders_are_those_of_the_closed_form(family):
    parameters, rows, weeks = np.array(PLANTED[family]), some_rows(), 26.0
    found = FAMILIES[family].tails(parameters, rows, weeks)
    found = np.sum([next(found) for _ in range(2_000)], axis=0)
    r, alpha, third, fourth = parameters
    if family == "pareto_nbd":
        now = fourth + rows.age
        expected = (r + rows.x) * now / (alpha + rows.age) / (third - 1)
        expected *= 1 - (now / (now + weeks)) ** (third - 1)
    else:
        # Of each chance p to leave: (1 - (1 + p t / (alpha + T)) ** -(r + x)) / p.
        stay = fourth + rows.x + (family == "mbg_nbd")
        p = (np.arange(400_000) + 0.5) / 400_000
        expected = []
        for x, age, b in zip(rows.x, rows.age, stay, strict=True):
            density = p ** (third - 1) * (1 - p) ** (b - 1)
            orders = -np.expm1(-(r + x) * np.log1p(p * weeks / (alpha + age))) / p
            expected.append((density * orders).sum() / density.sum())
    assert found == pytest.approx(np.array(expected), rel=2e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_next_order_comes_when_it_is_predicted(family):
    parameters, rows = np.array(PLANTED[family]), some_rows()
    model = FAMILIES[family]
    weeks = model.next_order_weeks(parameters, rows, (0.1, 0.5), 260.0)
    alive = model.p_alive(parameters, rows)
    for place, level in enumerate((0.1, 0.5)):
        for one in np.flatnonzero(np.isfinite(weeks[:, place])):
            own = rows.take(np.array([one]))
            reached = alive[one] * next(model.tails(parameters, own, weeks[one, place]))[0]
            assert reached == pytest.approx(level, abs=2e-3)
    assert np.isinf(weeks[5]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_planted_parameters_are_found(family):
    """The campaign of a hundred is benchmarks/clv_recovery.py."""
    for seed in range(3):
        histories = simulate(family, PLANTED[family], customers=4_000, seed=seed)
        fitted = fit_family(histories, family=family)
        errors = np.sqrt(np.diag(fitted.covariance))
        off = np.abs(np.log(fitted.values / PLANTED[family])) / errors
        assert off.max() < 3.5, (seed, fitted)


def test_a_family_that_runs_to_a_border_says_so_and_has_no_standard_errors():
    """Everyone orders at the same rate and nobody leaves: r, alpha and b have no end."""
    generator = np.random.default_rng(3)
    age = np.full(2_000, 50.0)
    x = generator.poisson(10, 2_000)
    recency = np.where(x > 0, age * generator.beta(np.maximum(x, 1), 1), 0)
    histories = pd.DataFrame({"repeat_orders": x, "recency_weeks": recency, "age_weeks": age})
    histories.insert(0, "customer_id", np.arange(2_000).astype(str))
    for family in FAMILIES:
        fitted = fit_family(histories, family=family)
        assert fitted.is_at_border
        assert fitted.reason in ("at_border", "flat_likelihood")
        assert fitted.standard_errors is None
        assert fitted.covariance is None
        # It still predicts what goes on as before.
        rows, _ = collapse(read_histories(histories))
        tails = FAMILIES[family].tails(fitted.values, rows, 10.0)
        orders = rows.weights @ np.sum([next(tails) for _ in range(40)], axis=0)
        assert orders == pytest.approx(2_000 * 2.0, rel=0.02)


def to_few(customers: int, x: int, age: float) -> pd.DataFrame:
    keys = [f"C{one}" for one in range(customers)]
    recency = age / 2 if x else 0.0
    return pd.DataFrame(
        {"customer_id": keys, "repeat_orders": x, "recency_weeks": recency, "age_weeks": age}
    )


@pytest.mark.parametrize(
    ("histories", "reason"),
    [
        (to_few(10, 2, 9.0), "too_few_customers"),
        (to_few(200, 0, 9.0), "no_repeat_orders"),
        (to_few(200, 0, 0.0), "all_on_one_day"),
        (
            pd.concat([to_few(200, 0, 9.0), to_few(3, 2, 9.0).assign(customer_id=list("abc"))]),
            "too_few_repeat_buyers",
        ),
        (to_few(200, 2, np.nan), "too_few_customers"),
    ],
)
def test_what_cannot_be_fitted_says_why(histories, reason):
    for family in FAMILIES:
        fitted = fit_family(histories, family=family)
        assert fitted.reason == reason
        assert fitted.parameters == {}
        assert fitted.standard_errors is None


def test_customers_all_alike_do_not_stop_a_fit():
    for family in FAMILIES:
        assert fit_family(to_few(200, 2, 9.0), family=family).is_at_border


def test_an_unknown_family_is_named():
    with pytest.raises(ValueError, match="family gamma is none of bg_nbd"):
        fit_family(to_few(5, 0, 1.0), family="gamma")


def test_the_order_of_rows_changes_nothing():
    histories = simulate("bg_nbd", PLANTED["bg_nbd"], customers=500)
    shuffled = histories.sample(frac=1, random_state=1)
    for family in FAMILIES:
        one, other = (fit_family(rows, family=family) for rows in (histories, shuffled))
        assert one.parameters == other.parameters


def test_planted_gamma_gamma_is_found():
    for seed in range(3):
        fitted = fit_gamma_gamma(simulate_margins([6.0, 3.7, 15.0], customers=3_000, seed=seed))
        off = np.log(fitted.values / [6.0, 3.7, 15.0]) / np.sqrt(np.diag(fitted.covariance))
        assert np.abs(off).max() < 3.5


def test_margins_below_zero_are_left_out_and_counted():
    read = simulate_margins([6.0, 3.7, 15.0], customers=1_000, seed=5)
    whole = fit_gamma_gamma(read)
    extra = read.iloc[:7].assign(mean_margin=[-5.0, 0, -1, -1, -1, -1, -1])
    mixed = pd.concat([read, extra], ignore_index=True)
    assert fit_gamma_gamma(mixed).values == pytest.approx(whole.values)
    assert check_independence(mixed).not_positive == 7
    means = expected_means(
        whole, mean_margin=np.array([np.nan, -5.0, 30.0]), margin_orders=np.array([0, 2, 1])
    )
    p, q, gamma = whole.values
    assert means[0] == pytest.approx(p * gamma / (q - 1))
    assert np.isnan(means[1])
    assert 30 < means[2] < 40


@pytest.mark.parametrize(
    ("margins", "reason"),
    [
        ([np.nan] * 30, "margin_unknown"),
        ([np.nan] * 25 + [3.0] * 5, "too_few_margins"),
        ([-1.0] * 30, "margins_not_positive"),
        ([5.0] * 30, "margins_alike"),
        ([4.0, 5.0, 6.0], "too_few_repeat_buyers"),
    ],
)
def test_margins_of_which_nothing_can_be_learned_say_why(margins, reason):
    read = pd.DataFrame({"repeat_orders": 2, "mean_margin": margins, "margin_orders": 3.0})
    fitted = fit_gamma_gamma(read)
    assert fitted.reason == reason
    assert fitted.parameters == {}
