"""Groups of customers compared: the field's own statistics, and what cannot be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from python_ml.groups import ALL_GROUPS, TEST_TYPES, compare_groups, compare_shares


def characteristic(
    groups: list[str], values: list[float] | None = None, words: list[str | None] | None = None
) -> pd.DataFrame:
    empty = [None] * len(groups)
    return pd.DataFrame(
        {
            "grouping": "g",
            "group_key": groups,
            "characteristic": "c",
            "value": pd.Series(values or empty, dtype="float64"),
            "word": pd.Series(words or empty, dtype="object"),
        }
    )


@pytest.fixture
def incomes() -> pd.DataFrame:
    generator = np.random.default_rng(7)
    groups = ["a"] * 40 + ["b"] * 60 + ["c"] * 50
    values = np.concatenate(
        [generator.normal(mean, 10, size) for mean, size in ((50, 40), (60, 60), (50, 50))]
    ).round()
    return characteristic(groups, values=list(values))


def test_numbers_are_compared_by_rank(incomes: pd.DataFrame) -> None:
    tests = compare_groups(incomes).set_index("group_key")
    parts = [part["value"] for _, part in incomes.groupby("group_key")]
    h, p = stats.kruskal(*parts)
    everyone = tests.loc[ALL_GROUPS]
    assert everyone["test"] == "Kruskal-Wallis"
    assert everyone["customers"] == 150
    assert everyone["statistic"] == pytest.approx(h)
    assert everyone["p_value"] == pytest.approx(p)
    assert everyone["effect_size"] == pytest.approx(h / 149)
    own, others = parts[1].to_numpy(), np.concatenate([parts[0], parts[2]])
    higher = (own[:, None] > others).mean() - (own[:, None] < others).mean()
    assert tests.loc["b", "effect_size"] == pytest.approx(higher)
    assert tests.loc["b", "group_level"] == np.median(own)
    assert tests.loc["b", "other_level"] == np.median(others)
    assert (tests.loc["b", "customers"], tests.loc["b", "other_customers"]) == (60, 90)


def test_categories_are_compared_by_counts() -> None:
    groups = ["a"] * 30 + ["b"] * 30
    words = ["x"] * 20 + ["y"] * 10 + ["x"] * 8 + ["y"] * 22
    tests = compare_groups(characteristic(groups, words=words))
    table = [[20, 10], [8, 22]]
    chi2, p = stats.chi2_contingency(table, correction=False)[:2]
    everyone = tests[tests["group_key"] == ALL_GROUPS].iloc[0]
    assert everyone["statistic"] == pytest.approx(chi2)
    assert everyone["p_value"] == pytest.approx(p)
    assert everyone["effect_size"] == pytest.approx(np.sqrt(chi2 / 60))
    member = tests[(tests["group_key"] == "a") & (tests["member"] == "x")].iloc[0]
    assert member["effect_size"] == pytest.approx((20 * 22 - 10 * 8) / np.sqrt(30 * 30 * 28 * 32))
    assert (member["group_level"], member["other_level"]) == (20 / 30, 8 / 30)


def test_q_values_are_those_of_all_tests_together(incomes: pd.DataFrame) -> None:
    words = characteristic(["a"] * 20 + ["b"] * 20, words=["x", "y"] * 20)
    both = pd.concat([incomes, words.assign(characteristic="d", grouping="h")])
    tests = compare_groups(both)
    assert tests["grouping"].tolist() == ["g"] * 4 + ["h"] * 5
    assert tests["q_value"].to_numpy() == pytest.approx(
        stats.false_discovery_control(tests["p_value"])
    )


def test_few_expected_take_the_exact_test() -> None:
    few = compare_shares(own=3, size=6, others=1, other_size=60)
    assert few["test"] == "Fisher's exact"
    assert np.isnan(few["statistic"])
    assert few["p_value"] == pytest.approx(stats.fisher_exact([[3, 3], [1, 59]])[1])
    assert compare_shares(own=20, size=60, others=10, other_size=60)["test"] == "chi-square"
    # Nobody, or everybody, is of the member: no difference.
    assert compare_shares(own=0, size=6, others=0, other_size=60)["effect_size"] == 0


def test_what_cannot_be_compared_is_left_out() -> None:
    small = characteristic(["a"] * 20 + ["b"] * 4, values=list(range(24)))
    assert compare_groups(small).empty
    assert compare_groups(characteristic(["a"] * 20, words=["x", "y"] * 10)).empty
    assert compare_groups(characteristic(["a", "b"] * 10, words=["x"] * 20)).empty
    unknown = characteristic(["a", "b"] * 10)
    assert compare_groups(unknown).empty
    empty = compare_groups(unknown.iloc[:0])
    assert empty.dtypes.astype(str).to_dict() == TEST_TYPES
    equal = compare_groups(characteristic(["a", "b"] * 10, values=[1.0] * 20))
    assert (equal["p_value"] == 1).all()
    assert (equal["effect_size"] == 0).all()


def test_a_characteristic_is_a_number_or_a_category() -> None:
    mixed = characteristic(["a", "b"], values=[1.0, None], words=[None, "x"])
    with pytest.raises(ValueError, match="c has both numbers and words"):
        compare_groups(mixed)
    with pytest.raises(ValueError, match="lacks word"):
        compare_groups(mixed.drop(columns="word"))


def test_order_of_rows_does_not_matter(incomes: pd.DataFrame) -> None:
    shuffled = incomes.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(compare_groups(incomes), compare_groups(shuffled))


def worlds_without_differences(seed: int) -> pd.DataFrame:
    """Characteristics that say nothing of the groups, and two by which the groups were made."""
    generator = np.random.default_rng(seed)
    groups = np.repeat(list("abcdefgh"), [150, 100, 80, 50, 30, 20, 12, 8])
    generator.shuffle(groups)
    size = len(groups)
    places = np.array([ord(group) for group in groups], dtype=float)
    numbers = {
        "normal": generator.normal(size=size),
        "skewed": generator.exponential(size=size),
        # Heavy ties: nearly all are zero.
        "rare": np.where(generator.random(size) < 0.03, generator.random(size), 0),
        "made_1": places,
        "made_2": -places + generator.normal(size=size) / 10,
    }
    words = {
        "even": generator.choice(["x", "y"], size),
        "uneven": generator.choice(["x", "y", "z", "w"], size, p=[0.7, 0.2, 0.08, 0.02]),
    }
    parts = [characteristic(list(groups), values=list(one)) for one in numbers.values()]
    parts += [characteristic(list(groups), words=list(one)) for one in words.values()]
    named = [
        part.assign(characteristic=name, is_made=name.startswith("made"))
        for name, part in zip([*numbers, *words], parts, strict=True)
    ]
    return pd.concat(named, ignore_index=True)


def count_false(tests: pd.DataFrame) -> int:
    """Count what var findings_max_q, shared by three sources, and findings_min_effect let pass."""
    of_groups = (tests["group_key"] != ALL_GROUPS) & ~tests["characteristic"].str.match("made")
    passed = (tests["q_value"] <= 0.05 / 3) & (tests["effect_size"].abs() >= 0.1)
    return int((of_groups & passed).sum())


def test_false_findings_stay_within_the_nominal_rate() -> None:
    seeds = range(30)
    worlds = [worlds_without_differences(seed) for seed in seeds]
    found = [count_false(compare_groups(world, families=["is_made"])) for world in worlds]
    ceiling = 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(seeds))
    assert np.mean([count > 0 for count in found]) <= ceiling
    # Differences by construction in the same family would let chance pass with them.
    together = [count_false(compare_groups(world)) for world in worlds]
    assert np.mean([count > 0 for count in together]) > ceiling


def test_a_difference_that_is_there_is_found_next_to_those_by_construction() -> None:
    world = worlds_without_differences(1)
    is_higher = (world["characteristic"] == "normal") & (world["group_key"] == "c")
    # By one standard deviation.
    world.loc[is_higher, "value"] += 1
    tests = compare_groups(world, families=["is_made"])
    found = tests[(tests["characteristic"] == "normal") & (tests["group_key"] == "c")]
    assert count_false(found) == 1


def test_q_values_are_those_of_a_family() -> None:
    world = worlds_without_differences(2)
    tests = compare_groups(world, families=["is_made"])
    others = tests[~tests["characteristic"].str.match("made")]
    expected = stats.false_discovery_control(others["p_value"])
    assert others["q_value"].to_numpy() == pytest.approx(expected)
    with pytest.raises(ValueError, match="lacks is_unknown"):
        compare_groups(world, families=["is_unknown"])
