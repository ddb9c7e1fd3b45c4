"""Rules within strata: exact, as permutation finds them, and deaf to size and taste."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from conftest import REPO_ROOT
from scipy.stats import false_discovery_control, hypergeom

from python_ml.baskets import (
    count_within_strata,
    derive_rules,
    find_frequent_itemsets,
    form_strata,
    group_tastes,
    moment_factors,
    permute_within_strata,
    stratified_p_values,
)

sys.path.insert(0, str(REPO_ROOT / "benchmarks"))

from permuted_rules import TASTES, find_usable, permute_products, simulate_tastes


def split(antecedent: str, consequent: str) -> pd.DataFrame:
    """Return one split of two sorted sides."""
    itemset = " + ".join(sorted([*antecedent.split(" + "), *consequent.split(" + ")]))
    return pd.DataFrame(
        [[itemset, antecedent, consequent]], columns=["itemset", "antecedent", "consequent"]
    )


def to_moments(tables: list[tuple[int, int, int]]) -> list[float]:
    """Sum the moments of strata, each given as first, second, total."""
    moments = np.zeros(3)
    for first, second, total in tables:
        factors = [moment_factors(np.array([float(n)]), float(total)) for n in (first, second)]
        moments += [(a * c).item() for a, c in zip(*factors, strict=True)]
    return moments.tolist()


def convolve(tables: list[tuple[int, int, int]]) -> np.ndarray:
    """Work out the exact distribution of the common members over all strata."""
    distribution = np.ones(1)
    for first, second, total in tables:
        support = np.arange(min(first, second) + 1)
        distribution = np.convolve(distribution, hypergeom.pmf(support, total, first, second))
    return distribution


@pytest.mark.parametrize(
    "tables",
    [
        [(40, 30, 2_000)],
        [(600, 700, 1_500)],
        [(1, 1, 2)] * 60,
        [(2, 2, 3)] * 60,
        [(1, 1, 4)] * 20 + [(3, 2, 5)] * 20 + [(30, 20, 400)],
        [(1, 1, 9)] * 40,
        [(2, 1, 30)] * 5,
    ],
    ids=["rare", "frequent", "pairs", "nearly always", "mixed", "small strata", "hardly any"],
)
def test_stratified_p_values_are_near_the_exact_ones_far_into_the_tail(tables):
    distribution = convolve(tables)
    exact = distribution[::-1].cumsum()[::-1]
    both = np.arange(len(exact))
    moments = [np.full(len(both), moment) for moment in to_moments(tables)]
    mean, variance, _ = (moment[0] for moment in moments)
    assert mean == pytest.approx((distribution * both).sum())
    assert variance == pytest.approx((distribution * both**2).sum() - mean**2)
    found = stratified_p_values(both.astype(float), *moments)
    # Where a single test is decided, and where the correction for thousands decides.
    is_near, is_far = exact > 1e-3, exact > 1e-7
    assert (is_near & (exact < 0.2)).any()
    np.testing.assert_allclose(found[is_near], exact[is_near], rtol=0.1)
    np.testing.assert_allclose(np.log10(found[is_far]), np.log10(exact[is_far]), atol=0.3)


def test_a_table_worked_by_hand_is_summed_over_strata():
    """Orders of two customers; the second always buys bread, so there it tells nothing."""
    lines = [(0, "b"), (0, "t"), (1, "b"), (1, "t"), (2, "x"), (3, "x"), (4, "b"), (4, "t")]
    lines += [(5, "b")]
    rows = pd.DataFrame(lines, columns=["basket_id", "item"])
    strata = pd.DataFrame({"basket_number": range(6), "stratum": [7, 7, 7, 7, 9, 9]})
    found = count_within_strata(rows, strata=strata, splits=split("b", "t")).iloc[0]
    # Of four orders two hold bread and two tea: one is expected to hold both, and two do.
    assert (found["baskets"], found["mean"]) == (2, 1)
    assert found["variance"] == pytest.approx(2 * 2 * 2 * 2 / (16 * 3))
    # Half of the orders hold each, so more is as likely as less.
    assert found["third_moment"] == 0


def test_permutation_within_strata_finds_the_same_chances():
    generator = np.random.default_rng(4)
    n_baskets, permutations = 600, 400
    stratum = generator.integers(0, 90, n_baskets)
    taste = generator.random((90, 4)) ** 2
    rows = pd.DataFrame(
        [
            (basket, f"I{item}")
            for basket in range(n_baskets)
            for item in range(4)
            if generator.random() < taste[stratum[basket], item]
        ],
        columns=["basket_id", "item"],
    )
    strata = pd.DataFrame({"basket_number": np.arange(n_baskets), "stratum": stratum})
    splits = pd.concat(
        [split(f"I{one}", f"I{other}") for one in range(4) for other in range(one)],
        ignore_index=True,
    )
    found = count_within_strata(rows, strata=strata, splits=splits)
    p_values = stratified_p_values(*found.to_numpy().T)
    drawn = np.array(
        [
            count_within_strata(
                permute_within_strata(rows, strata=strata, seed=seed),
                strata=strata,
                splits=splits,
            )["baskets"]
            for seed in range(permutations)
        ]
    )
    np.testing.assert_allclose(drawn.mean(axis=0), found["mean"], rtol=0.02)
    np.testing.assert_allclose(drawn.var(axis=0), found["variance"], rtol=0.3)
    by_permutation = (drawn >= found["baskets"].to_numpy()).mean(axis=0)
    np.testing.assert_allclose(p_values, by_permutation, atol=0.08)
    # Without strata the same pairs look like rules: who likes one thing may like another.
    assert (p_values > 0.001).all()


def test_a_permuted_item_is_as_frequent_in_each_stratum_as_before():
    rows = pd.DataFrame({"basket_id": [0, 1, 2, 5, 6], "item": list("aabab")})
    strata = pd.DataFrame({"basket_number": range(8), "stratum": [1, 1, 1, 1, 2, 2, 2, 2]})
    for seed in range(20):
        drawn = permute_within_strata(rows, strata=strata, seed=seed)
        assert not drawn.duplicated().any()
        stratum = drawn["basket_id"].map(strata.set_index("basket_number")["stratum"])
        counts = drawn.groupby([stratum.to_numpy(), drawn["item"]]).size().to_dict()
        assert counts == {(1, "a"): 2, (1, "b"): 1, (2, "a"): 1, (2, "b"): 1}


PLANTED = {("I01", "I02"), ("I02", "I01")}


@pytest.mark.parametrize("is_order", [True, False], ids=["orders", "customers"])
def test_where_tastes_differ_only_the_planted_pair_is_usable(is_order):
    rules = find_usable(
        simulate_tastes(seed=1), is_order=is_order, max_length=3 if is_order else 2
    )
    usable = rules[rules["is_usable"]]
    found = set(zip(usable["antecedent"], usable["consequent"], strict=True))
    print(len(rules), (rules["q_value"] <= 0.05).sum(), found)
    # Fisher's test takes hundreds of pairs that one kind likes for rules, and they hold later.
    is_fooled = (
        (rules["q_value"] <= 0.05) & (rules["validation_lift"] >= 1.2) & (rules["lift"] >= 1.2)
    )
    assert is_fooled.sum() > 200
    assert found >= PLANTED
    assert len(found - PLANTED) <= 0.05 * len(found)


def test_where_three_kinds_differ_the_two_planted_pairs_are_left():
    lines = pd.read_csv(REPO_ROOT / "tests" / "data" / "three_behaviours.csv.gz")
    days = lines.drop_duplicates("order_id")["ordered_at"].astype("datetime64[s]")
    ends = days.quantile([0.6, 0.8])
    day = lines["ordered_at"].astype("datetime64[s]")
    world = pd.DataFrame(
        {
            "order": pd.factorize(lines["order_id"])[0],
            "item": lines["product_id"],
            "customer_id": lines["customer_id"],
            "period": np.select([day <= end for end in ends], ["mining", "validation"], "test"),
        }
    ).drop_duplicates(["order", "item"])
    planted = {("P01", "P02"), ("P02", "P01"), ("P25", "P26"), ("P26", "P25")}
    for is_order, expected in (
        (True, planted),
        (False, planted - {("P01", "P02"), ("P02", "P01")}),
    ):
        rules = find_usable(world, is_order=is_order)
        # As many pairs of what one kind likes look like rules, then and later.
        seems = (rules["q_value"] <= 0.05) & (
            rules[["lift", "validation_lift"]].min(axis=1) >= 1.2
        )
        assert seems.sum() > 200
        usable = rules[rules["is_usable"]]
        assert set(zip(usable["antecedent"], usable["consequent"], strict=True)) == expected


@pytest.mark.parametrize("seed", range(3))
def test_permuted_worlds_have_no_rule(seed):
    """Of 200 seeds benchmarks/permuted_rules.py keeps count; here are a few."""
    lines = simulate_tastes(seed=seed, customers=300, pull=0.0)
    for world in (lines, permute_products(lines, seed=seed)):
        for is_order in (True, False):
            rules = find_usable(world, is_order=is_order)
            assert len(rules) > 20
            assert not rules["is_usable"].any()


def test_a_third_item_that_is_there_by_chance_makes_no_rule():
    """Bread pulls butter; whatever else is in the basket adds nothing on either side."""
    rng = np.random.default_rng(8)
    baskets = []
    for _ in range(4_000):
        basket = {f"x{item}" for item in np.flatnonzero(rng.random(8) < 0.2)}
        if rng.random() < 0.2:
            basket |= {"bread", "butter"} if rng.random() < 0.6 else {"bread"}
        baskets.append(basket)
    rows = pd.DataFrame(
        [(number, item) for number, basket in enumerate(baskets) for item in sorted(basket)],
        columns=["basket_id", "item"],
    )
    itemsets = find_frequent_itemsets(rows, n_baskets=4_000, min_support=0.002, max_length=3)
    strata = pd.DataFrame({"basket_number": range(4_000), "stratum": 0})
    rules = derive_rules(
        itemsets, n_baskets=4_000, min_confidence=0.0, basket_items=rows, strata=strata
    )
    longer = rules[rules["antecedent_size"] + rules["consequent_size"] == 3]
    of_both = longer[longer["itemset"].str.contains("bread + butter", regex=False)]
    # Fisher's test of these splits as they are passes nearly all: the pair is in them.
    assert (of_both["q_value"] <= 0.05).mean() > 0.5
    assert len(of_both) == 48
    assert (of_both["stratified_q_value"] > 0.05).all()
    pairs = rules[rules["itemset"] == "bread + butter"]
    assert (pairs["stratified_q_value"] < 1e-9).all()
    np.testing.assert_allclose(
        rules["stratified_q_value"].sort_values().to_numpy(),
        np.sort(false_discovery_control(rules["stratified_p_value"])),
    )


def draw_baskets(**columns: list) -> pd.DataFrame:
    return pd.DataFrame({"basket_number": range(len(columns["size"]))} | columns)


NO_PURCHASES = pd.DataFrame(columns=["customer_id", "period", "item_number"])


def test_orders_of_a_customer_are_compared_with_each_other_by_size():
    baskets = draw_baskets(
        period=["mining"] * 6 + ["validation"],
        customer_id=["A", "A", "A", "A", "B", None, "A"],
        size=[4, 7, 8, 1, 4, 4, 4],
    )
    strata = form_strata(baskets, NO_PURCHASES, is_order=True, **TASTES)
    # One product holds no pair. Two of seven are of a customer's several: the rest, of whom
    # nothing is known, are most, and are compared by size, period by period.
    assert strata["basket_number"].tolist() == [0, 1, 2, 4, 5, 6]
    assert strata["source"].tolist() == ["customer", "customer", "size", "size", "size", "size"]
    stratum = strata.set_index("basket_number")["stratum"]
    assert stratum[0] == stratum[1]
    assert stratum[4] == stratum[5]
    assert stratum.nunique() == 4


def test_who_is_known_decides_where_most_are_known():
    baskets = draw_baskets(
        period=["mining"] * 5, customer_id=["A", "A", "B", "B", None], size=[4, 4, 2, 3, 9]
    )
    strata = form_strata(baskets, NO_PURCHASES, is_order=True, **TASTES)
    assert strata["basket_number"].tolist() == [0, 1, 2, 3]
    by_customer = form_strata(baskets, NO_PURCHASES, is_order=False, **TASTES)
    assert by_customer.empty
    assert by_customer.dtypes.astype(str).to_dict() == strata.dtypes.astype(str).to_dict()


def test_a_taste_is_learned_from_the_other_period_alone():
    """Two kinds that swap their tastes: the groups are those of the other period."""
    rows = [
        (f"C{customer}", period, item + 10 * ((customer + (period == "mining")) % 2))
        for customer in range(80)
        for period in ("mining", "validation")
        for item in range(6)
        if (customer + item) % 5
    ]
    purchases = pd.DataFrame(rows, columns=["customer_id", "period", "item_number"])
    # Of C1 nothing is known from the validation period.
    purchases = purchases.query("customer_id != 'C1' or period == 'mining'")
    baskets = draw_baskets(
        period=["mining"] * 80, customer_id=[f"C{c}" for c in range(80)], size=[4] * 80
    )
    strata = form_strata(baskets, purchases, is_order=False, **TASTES)
    assert strata["basket_number"].tolist() == [0, *range(2, 80)]
    assert (strata["source"] == "taste").all()
    kinds = strata.groupby("stratum")["basket_number"].agg(
        lambda numbers: {n % 2 for n in numbers}
    )
    assert sorted(map(tuple, kinds)) == [(0,), (1,)]


def test_tastes_are_the_same_whatever_the_order_of_rows_and_none_of_few_customers():
    lines = simulate_tastes(seed=2, customers=130, orders=5)
    purchases = lines[["customer_id", "item"]].rename(columns={"item": "item_number"})
    found = group_tastes(purchases, **TASTES)
    other = group_tastes(purchases.sample(frac=1, random_state=3), **TASTES)
    pd.testing.assert_series_equal(found, other)
    assert found.nunique() == 4
    few = purchases[purchases["customer_id"].isin([f"C{number}" for number in range(50)])]
    assert group_tastes(few, **TASTES).empty
