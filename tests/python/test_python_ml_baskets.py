"""Itemsets and rules: equal to mlxtend's, inclusive at thresholds, sane on odd input.

What holds within strata has tests of its own, in test_python_ml_strata.
"""

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.frequent_patterns import apriori, association_rules
from scipy.stats import false_discovery_control, fisher_exact, hypergeom

from python_ml.baskets import (
    BIT_SETS,
    COUNT_TYPES,
    LATER_TYPES,
    MEASURE_TYPES,
    MLXTEND,
    SEPARATOR,
    STRATIFIED_TYPES,
    TooManyItemsetsError,
    confirm_rules,
    count_itemsets,
    derive_rules,
    find_frequent_itemsets,
    fisher_p_values,
    mine_baskets,
)

ITEMS = list("abcdef")
BASKETS = st.lists(st.sets(st.sampled_from(ITEMS)), min_size=1, max_size=30)


def to_rows(baskets):
    rows = [(number, item) for number, basket in enumerate(baskets) for item in sorted(basket)]
    return pd.DataFrame(rows, columns=["basket_id", "item"]).astype({"item": "str"})


def to_one_hot(baskets):
    return pd.DataFrame([[item in basket for item in ITEMS] for basket in baskets], columns=ITEMS)


def to_text(items):
    return SEPARATOR.join(sorted(items))


def database_types(frame):
    return {
        name: dtype for name, dtype, *_ in duckdb.sql("describe select * from frame").fetchall()
    }


@pytest.mark.parametrize("method", [MLXTEND, BIT_SETS])
@settings(max_examples=60, deadline=None)
@given(
    baskets=BASKETS,
    min_support=st.sampled_from([0.05, 0.1, 0.25, 0.5]),
    max_length=st.integers(1, 6),
)
def test_itemsets_equal_those_of_mlxtend(method, baskets, min_support, max_length):
    found = find_frequent_itemsets(
        to_rows(baskets),
        n_baskets=len(baskets),
        min_support=min_support,
        max_length=max_length,
        method=method,
    )
    expected = apriori(
        to_one_hot(baskets), min_support=min_support - 1e-9, use_colnames=True, max_len=max_length
    )
    supports = dict(zip(expected["itemsets"].map(to_text), expected["support"], strict=True))
    assert dict(zip(found["itemset"], found["support"], strict=True)) == pytest.approx(
        supports, abs=1e-9
    )
    assert (found["baskets"] == (found["support"] * len(baskets)).round()).all()
    assert (found["length"] == found["itemset"].str.count("[+]") + 1).all()
    assert (found["method"] == method).all()
    recounted = count_itemsets(to_rows(baskets), itemsets=found["itemset"])
    assert recounted.tolist() == found["baskets"].tolist()


@pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning:mlxtend")
@settings(max_examples=60, deadline=None)
@given(baskets=BASKETS, min_confidence=st.sampled_from([0.0, 0.3, 0.7]))
def test_rules_equal_those_of_mlxtend_on_every_measure(baskets, min_confidence):
    n_baskets = len(baskets)
    itemsets = find_frequent_itemsets(
        to_rows(baskets), n_baskets=n_baskets, min_support=0.05, max_length=4
    )
    rules = derive_rules(itemsets, n_baskets=n_baskets, min_confidence=min_confidence)
    frequent = apriori(to_one_hot(baskets), min_support=0.05 - 1e-9, use_colnames=True, max_len=4)
    if frequent.empty:
        assert rules.empty
        return
    expected = association_rules(frequent, min_threshold=min_confidence - 1e-9)
    expected = expected.assign(
        antecedent=expected["antecedents"].map(to_text),
        consequent=expected["consequents"].map(to_text),
        antecedent_size=expected["antecedents"].map(len),
        consequent_size=expected["consequents"].map(len),
        antecedent_baskets=expected["antecedent support"] * n_baskets,
        consequent_baskets=expected["consequent support"] * n_baskets,
        baskets=expected["support"] * n_baskets,
    ).rename(columns={"zhangs_metric": "zhang"})
    rule = ["antecedent", "consequent"]
    measures = [*MEASURE_TYPES][:-2]
    columns = [*rule, *COUNT_TYPES, *measures]
    pd.testing.assert_frame_equal(
        rules[columns].sort_values(rule, ignore_index=True),
        expected[columns].sort_values(rule, ignore_index=True),
        check_dtype=False,
        rtol=0,
        atol=1e-9,
    )


def test_support_exactly_at_the_threshold_is_frequent():
    threshold = 0.1 * 3
    assert threshold > 3 / 10, "the case is about a threshold that floats put above 0.3"
    baskets = [{"a", "b"}] * 3 + [{"c"}] * 2 + [set()] * 5
    found = find_frequent_itemsets(to_rows(baskets), n_baskets=10, min_support=threshold)
    assert found["itemset"].tolist() == ["a", "b", "a + b"]


def test_confidence_exactly_at_the_threshold_passes_where_plain_mlxtend_loses_it():
    n_baskets, with_a, with_both = 49, 15, 12
    assert (with_both / n_baskets) / (with_a / n_baskets) < 0.8 == with_both / with_a
    baskets = [{"a", "b"}] * with_both + [{"a"}] * (with_a - with_both)
    baskets += [set()] * (n_baskets - with_a)
    frequent = apriori(to_one_hot(baskets), min_support=0.01, use_colnames=True)
    plain = association_rules(frequent, min_threshold=0.8)
    assert plain["antecedents"].map(to_text).tolist() == ["b"]

    itemsets = find_frequent_itemsets(to_rows(baskets), n_baskets=n_baskets, min_support=0.01)
    rules = derive_rules(itemsets, n_baskets=n_baskets, min_confidence=0.8)
    assert rules["antecedent"].tolist() == ["a", "b"]


def test_measures_of_a_rule_worked_by_hand():
    baskets = [{"a", "b"}] * 4 + [{"a"}] + [{"b"}] * 2 + [{"c"}] * 3
    itemsets = find_frequent_itemsets(to_rows(baskets), n_baskets=20, min_support=0.2)
    rule = derive_rules(itemsets, n_baskets=20, min_confidence=0.8).iloc[0]
    assert (rule["antecedent"], rule["consequent"]) == ("a", "b")
    assert (rule["baskets"], rule["antecedent_baskets"], rule["consequent_baskets"]) == (4, 5, 6)
    assert rule["support"] == pytest.approx(0.2)
    assert rule["confidence"] == pytest.approx(0.8)
    assert rule["lift"] == pytest.approx(0.8 / 0.3)
    assert rule["leverage"] == pytest.approx(0.2 - 0.25 * 0.3)
    assert rule["conviction"] == pytest.approx(0.7 / 0.2)
    assert rule["zhang"] == pytest.approx(0.125 / max(0.2 * 0.75, 0.25 * 0.1))
    assert rule["p_value"] == pytest.approx(
        fisher_exact([[4, 1], [2, 13]], alternative="greater").pvalue
    )


def test_conviction_of_a_rule_without_exception_stays_infinite():
    baskets = [{"a", "b"}] * 3 + [{"b"}] * 2 + [{"c"}] * 5
    itemsets = find_frequent_itemsets(to_rows(baskets), n_baskets=10, min_support=0.1)
    rules = derive_rules(itemsets, n_baskets=10, min_confidence=0.5).set_index("antecedent")
    assert rules.loc["a", "conviction"] == np.inf
    assert rules.loc["b", "conviction"] == pytest.approx((1 - 0.3) / (1 - 0.6))


def test_q_values_are_taken_before_the_confidence_filter():
    generator = np.random.default_rng(7)
    baskets = [set(generator.choice(ITEMS, size=3)) for _ in range(200)]
    itemsets = find_frequent_itemsets(
        to_rows(baskets), n_baskets=200, min_support=0.02, max_length=3
    )
    every = derive_rules(itemsets, n_baskets=200, min_confidence=0.0)
    some = derive_rules(itemsets, n_baskets=200, min_confidence=0.3)
    np.testing.assert_allclose(every["q_value"], false_discovery_control(every["p_value"]))
    kept = every[every["confidence"] >= 0.3 - 1e-9].reset_index(drop=True)
    assert 0 < len(some) < len(every)
    pd.testing.assert_frame_equal(some, kept)


def planted_baskets(*, seed=3, n_baskets=2_000):
    """Twenty items at random; in half of the baskets with `bread`, `butter` follows."""
    generator = np.random.default_rng(seed)
    baskets = [set(generator.choice(20, size=3).astype(str)) for _ in range(n_baskets)]
    for basket in baskets[::10]:
        basket |= {"bread", "butter"} if generator.random() < 0.5 else {"bread"}
    return to_rows(baskets), n_baskets


def test_a_planted_pair_comes_first_and_chance_pairs_are_not_significant():
    rows, n_baskets = planted_baskets()
    itemsets = find_frequent_itemsets(rows, n_baskets=n_baskets, min_support=0.005)
    rules = derive_rules(itemsets, n_baskets=n_baskets, min_confidence=0.05)
    assert set(rules["antecedent"].head(2)) == {"bread", "butter"}
    assert (rules["q_value"].head(2) < 1e-6).all()
    assert len(rules) > 100
    assert (rules["q_value"].iloc[2:] > 0.05).all()


def test_shuffling_items_over_baskets_leaves_no_significant_rule():
    rows, n_baskets = planted_baskets()
    shuffled = rows.assign(item=np.random.default_rng(5).permutation(rows["item"]))
    itemsets = find_frequent_itemsets(shuffled, n_baskets=n_baskets, min_support=0.005)
    rules = derive_rules(itemsets, n_baskets=n_baskets, min_confidence=0.0)
    assert len(rules) > 100
    assert rules["q_value"].min() > 0.05


def test_without_strata_all_baskets_are_one():
    rows, n_baskets = planted_baskets()
    itemsets = find_frequent_itemsets(rows, n_baskets=n_baskets, min_support=0.01)
    rules = derive_rules(itemsets, n_baskets=n_baskets, min_confidence=0.0)
    assert len(rules) > 50
    np.testing.assert_allclose(rules["stratified_lift"], rules["lift"])
    is_near = rules["p_value"] > 1e-3
    near = rules[is_near]
    np.testing.assert_allclose(near["stratified_p_value"], near["p_value"], rtol=0.1)
    assert (rules.loc[~is_near, "stratified_p_value"] < 1e-50).all()
    assert (~is_near).sum() == 2


def test_neither_row_order_nor_repeated_rows_change_anything():
    rows, n_baskets = planted_baskets()
    messy = pd.concat([rows, rows.head(500)]).sample(frac=1, random_state=1)
    tidy, other = (
        find_frequent_itemsets(frame, n_baskets=n_baskets, min_support=0.01, max_length=3)
        for frame in (rows, messy)
    )
    pd.testing.assert_frame_equal(tidy, other)
    pd.testing.assert_frame_equal(
        derive_rules(tidy, n_baskets=n_baskets, min_confidence=0.1),
        derive_rules(
            other.sample(frac=1, random_state=2), n_baskets=n_baskets, min_confidence=0.1
        ),
    )


@pytest.mark.parametrize("method", [MLXTEND, BIT_SETS])
def test_a_threshold_that_would_explode_is_refused_with_count_and_remedy(method):
    rows = to_rows([{"a", "b"}, {"a", "b"}, {"a", "c"}, {"b", "c"}])
    limits = {"n_baskets": 4, "max_itemsets": 5, "method": method}
    message = (
        "^min_support 0.25 gives at least 6 itemsets up to length 2, more than 5: "
        "use at least 0.5$"
    )
    with pytest.raises(TooManyItemsetsError, match=message) as refusal:
        find_frequent_itemsets(rows, min_support=0.25, **limits)
    found = find_frequent_itemsets(rows, min_support=refusal.value.min_support, **limits)
    assert found["itemset"].tolist() == ["a", "b", "c", "a + b"]


@settings(max_examples=40, deadline=None)
@given(
    baskets=BASKETS,
    max_length=st.integers(1, 6),
    max_itemsets=st.integers(1, 12),
    method=st.sampled_from([MLXTEND, BIT_SETS]),
)
def test_advice_is_the_least_count_that_ends_within_the_limit(
    baskets, max_length, max_itemsets, method
):
    rows, n_baskets = to_rows(baskets), len(baskets)
    request = {"n_baskets": n_baskets, "max_length": max_length, "method": method}
    every = find_frequent_itemsets(rows, min_support=1 / n_baskets, **request)
    counts = np.sort(every["baskets"])[::-1]
    if len(every) <= max_itemsets:
        return
    with pytest.raises(TooManyItemsetsError) as refusal:
        find_frequent_itemsets(
            rows, min_support=1 / n_baskets, max_itemsets=max_itemsets, **request
        )
    advice = refusal.value.min_support
    if advice is None:
        assert counts[max_itemsets] == n_baskets
        assert "shorten max_length" in str(refusal.value)
    else:
        found = find_frequent_itemsets(
            rows, min_support=advice, max_itemsets=max_itemsets, **request
        )
        assert len(found) == (counts > counts[max_itemsets]).sum()


def test_an_explosion_among_longer_itemsets_stays_bounded():
    rows = to_rows([set(map(str, range(60)))] * 3 + [{"0", "1"}] * 2)
    with pytest.raises(TooManyItemsetsError, match="up to length 4, more than 50000") as refusal:
        find_frequent_itemsets(
            rows, n_baskets=5, min_support=0.2, max_length=12, max_itemsets=50_000
        )
    assert refusal.value.min_support == 0.8


@pytest.mark.parametrize(
    ("baskets", "min_support", "itemsets"),
    [
        ([], 0.01, []),
        ([{"a"}], 0.5, ["a"]),
        ([{"a"}, {"a"}], 0.5, ["a"]),
        ([{"a", "b"}], 1.0, ["a", "b", "a + b"]),
        ([{"a"}, {"b"}, {"c"}], 0.5, []),
    ],
    ids=["no baskets", "one basket", "one item", "one pair", "nothing frequent"],
)
def test_little_or_nothing_gives_typed_frames(baskets, min_support, itemsets):
    n_baskets = len(baskets)
    found = find_frequent_itemsets(to_rows(baskets), n_baskets=n_baskets, min_support=min_support)
    rules = derive_rules(found, n_baskets=n_baskets, min_confidence=0.5)
    assert found["itemset"].tolist() == itemsets
    assert len(rules) == (2 if "a + b" in itemsets else 0)
    assert database_types(found) == {
        "itemset": "VARCHAR",
        "length": "BIGINT",
        "baskets": "BIGINT",
        "support": "DOUBLE",
        "method": "VARCHAR",
    }
    assert database_types(rules) == (
        dict.fromkeys(["itemset", "antecedent", "consequent"], "VARCHAR")
        | dict.fromkeys(COUNT_TYPES, "BIGINT")
        | dict.fromkeys([*MEASURE_TYPES, *STRATIFIED_TYPES], "DOUBLE")
        | {"stratified_baskets": "BIGINT"}
        | dict.fromkeys(["improvement", "improvement_p_value"], "DOUBLE")
        | {"is_redundant": "BOOLEAN"}
    )


def test_an_untyped_empty_frame_is_taken_too():
    rows = pd.DataFrame(columns=["basket_id", "item"])
    assert find_frequent_itemsets(rows, n_baskets=0, min_support=0.1).empty


@pytest.mark.parametrize(
    ("rows", "parameters", "message"),
    [
        (pd.DataFrame({"basket_id": [1]}), {}, "basket_items lacks item"),
        (to_rows([{"a"}]), {"min_support": 0.0}, "min_support must be in"),
        (to_rows([{"a"}]), {"min_support": 1.5}, "not 1.5"),
        (to_rows([{"a"}]), {"max_length": 0}, "max_length must be at least 1"),
        (to_rows([{"a"}, {"b"}]), {"n_baskets": 1}, "n_baskets is 1, but 2"),
        (to_rows([{"tea + milk"}]), {}, "item 'tea \\+ milk' contains"),
    ],
)
def test_bad_input_is_named(rows, parameters, message):
    with pytest.raises(ValueError, match=message):
        find_frequent_itemsets(rows, **{"n_baskets": 9, "min_support": 0.1} | parameters)


def test_itemsets_without_their_parts_are_refused():
    itemsets = pd.DataFrame({"itemset": ["a", "a + b"], "baskets": [2, 1]})
    with pytest.raises(ValueError, match="'a \\+ b' is given without all its parts"):
        derive_rules(itemsets, n_baskets=2, min_confidence=0.1)


def mine(baskets, later=(), *, max_itemsets=100, **requested):
    rows = pd.concat(
        [to_rows(baskets).assign(is_mined=True), to_rows(later).assign(is_mined=False)]
    )
    rows = rows.rename(columns={"basket_id": "basket_number"}).astype({"is_mined": bool})
    # Numbers that say nothing of the order of names.
    items = pd.DataFrame({"item": sorted(set(rows["item"]))}).astype({"item": "str"})
    items["item_number"] = range(len(items), 0, -1)
    request = {"baskets": len(baskets), "min_support": 0.5, "max_length": 2}
    return mine_baskets(
        rows.merge(items, on="item"),
        items,
        requested=request | {"is_support_set": True} | requested,
        max_itemsets=max_itemsets,
    )


@pytest.mark.parametrize(
    ("baskets", "itemsets", "note"),
    [
        ([], [""], "no baskets"),
        ([{"a"}, {"b"}, {"c"}], [""], "no item stands in 0.5 of the 3 baskets: lower min_support"),
        ([{"a"}], ["", "a"], "no two items stand together in 0.5 of the 1 baskets"),
        ([{"a"}, {"a"}], ["", "a"], "no two items stand together in 0.5 of the 2 baskets"),
        ([{"a", "b"}, {"a"}], ["", "a", "b", "a + b"], ""),
    ],
    ids=["no baskets", "nothing frequent", "one basket", "one item", "a pair"],
)
def test_mining_says_why_there_is_little(baskets, itemsets, note):
    mined = mine(baskets)
    assert mined["itemset"].tolist() == itemsets
    assert mined["note"].iloc[0] == note
    assert mined["baskets"].iloc[0] == len(baskets)
    assert not mined["note"].iloc[1:].any()


def test_a_fixed_support_stops_with_a_sentence_and_a_free_one_rises():
    baskets = [{"a", "b"}, {"a", "b"}, {"a", "c"}, {"b", "c"}]
    stopped = mine(baskets, min_support=0.25, max_itemsets=5)
    assert stopped["itemset"].tolist() == [""]
    assert stopped["note"].iloc[0].endswith("more than 5: use at least 0.5")
    risen = mine(baskets, min_support=0.25, max_itemsets=5, is_support_set=False)
    assert risen["itemset"].tolist() == ["", "a", "b", "c", "a + b"]
    assert (risen["min_support"] == 0.5).all()
    assert risen["note"].iloc[0].endswith("use at least 0.5, which was done")
    hopeless = mine([{"a", "b"}], max_itemsets=1, is_support_set=False)
    assert hopeless["note"].iloc[0].endswith("more than 1: shorten max_length")


def test_later_baskets_confirm_a_rule_or_do_not():
    earlier = [{"a", "b"}] * 6 + [{"c", "d"}] * 6 + [{"e"}] * 8
    later = [{"a", "b"}] * 5 + [{"c"}, {"d"}] * 5 + [{"e"}] * 5
    mined = mine(earlier, later, min_support=0.1).iloc[1:]
    rules = derive_rules(mined, n_baskets=20, min_confidence=0.5)
    strata = pd.DataFrame({"basket_number": np.arange(20), "stratum": 0})
    confirmed = confirm_rules(
        rules, n_validation_baskets=20, basket_items=to_rows(later), strata=strata
    ).set_index("antecedent")
    assert confirmed.loc["a", "validation_baskets"] == 5
    assert confirmed.loc["a", "validation_lift"] == pytest.approx(4)
    assert confirmed.loc["a", "validation_stratified_lift"] == pytest.approx(4)
    # The exact chance is 0.00006; of so few baskets the approximation is on the safe side.
    assert 0.00006 < confirmed.loc["a", "validation_p_value"] < 0.01
    assert confirmed.loc["c", "validation_lift"] == 0
    assert confirmed.loc["c", "validation_stratified_lift"] == 0
    assert confirmed.loc["c", "validation_p_value"] == 1
    unseen = confirm_rules(
        rules.assign(**dict.fromkeys(LATER_TYPES, 0)),
        n_validation_baskets=0,
        basket_items=to_rows([]),
        strata=strata.head(0),
    )
    assert unseen[["validation_lift", "validation_stratified_lift"]].isna().all(axis=None)
    assert (unseen["validation_p_value"] == 1).all()


@settings(max_examples=200, deadline=None)
@given(data=st.data(), total=st.integers(1, 60))
def test_p_values_are_those_of_fishers_exact_test(data, total):
    first, second = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    both = data.draw(st.integers(max(0, first + second - total), min(first, second)))
    table = [[both, first - both], [second - both, total - first - second + both]]
    expected = fisher_exact(table, alternative="greater").pvalue
    found = fisher_p_values(*(np.array([float(n)]) for n in (both, first, second)), float(total))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_p_values_of_many_baskets_are_exact_in_the_far_tail():
    both, first, second, total = 11_200, 100_000, 250_000, 2_500_000
    expected = hypergeom.sf(both - 1, total, first, second)
    found = fisher_p_values(np.array([both]), np.array([first]), np.array([second]), total)
    assert 0 < expected < 1e-30
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_longer_antecedent_that_adds_nothing_is_redundant():
    # Of the baskets with a, half hold c; b is drawn by a coin, so a + b => c says no more than
    # a => c. With a and d together c is certain.
    generator = np.random.default_rng(11)
    baskets = []
    for _ in range(400):
        basket = {"a"} if generator.random() < 0.5 else set()
        basket |= {item for item in "bd" if generator.random() < 0.5}
        is_sampled = generator.random() < (0.5 if "a" in basket else 0.1)
        baskets.append(basket | ({"c"} if is_sampled or {"a", "d"} <= basket else set()))
    itemsets = find_frequent_itemsets(
        to_rows(baskets), n_baskets=400, min_support=0.01, max_length=3
    )
    rules = derive_rules(itemsets, n_baskets=400, min_confidence=0.0)
    toward_c = rules[rules["consequent"] == "c"].set_index("antecedent")
    assert toward_c["is_redundant"].to_dict()["a + b"] is True
    assert toward_c["is_redundant"].to_dict()["a + d"] is False
    assert not toward_c.loc[["a", "b", "d"], "is_redundant"].any()
    assert toward_c.loc["a", ["improvement", "improvement_p_value"]].isna().all()
    gain = toward_c.loc["a + d", "confidence"] - toward_c.loc[["a", "d"], "confidence"].max()
    assert toward_c.loc["a + d", "improvement"] == pytest.approx(gain)


@pytest.mark.parametrize(
    "limits",
    [{"TALLIED_SIZE": 4}, {"TALLIED_ITEMS": 10}, {"TALLIED_LINES": 50}],
    ids=["large baskets", "many items", "in parts"],
)
def test_pairs_are_counted_alike_in_a_tally_and_in_a_product(monkeypatch, limits):
    generator = np.random.default_rng(13)
    rows = to_rows([set(generator.choice(20, size=size).astype(str)) for size in range(1, 9)] * 20)
    request = {"n_baskets": 160, "min_support": 0.01, "max_length": 3, "method": BIT_SETS}
    usual = find_frequent_itemsets(rows, **request)
    for name, limit in limits.items():
        monkeypatch.setattr(f"python_ml.baskets.levels.{name}", limit)
    pd.testing.assert_frame_equal(find_frequent_itemsets(rows, **request), usual)
    assert (usual["length"] == 3).sum() > 50


def test_categorical_items_and_whole_numbers_as_keys_are_the_same_baskets():
    rows, n_baskets = planted_baskets()
    request = {"n_baskets": n_baskets, "min_support": 0.01, "max_length": 3}
    coded = rows.assign(
        item=rows["item"].astype("category"), basket_id=rows["basket_id"].astype("int32")
    )
    pd.testing.assert_frame_equal(
        find_frequent_itemsets(rows, **request), find_frequent_itemsets(coded, **request)
    )
