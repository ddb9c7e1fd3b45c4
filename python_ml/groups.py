"""What is unlike in groups of customers: tests of difference with the size of each effect."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from python_ml.frames import check_columns, to_floats, to_typed

ALL_GROUPS = ""
"""The group of a row that compares all groups with each other."""

TEST_TYPES = {
    "grouping": "str",
    "characteristic": "str",
    "group_key": "str",
    "member": "str",
    "test": "str",
    "effect": "str",
    "customers": "int64",
    "other_customers": "int64",
    "statistic": "float64",
    "p_value": "float64",
    "q_value": "float64",
    "effect_size": "float64",
    "group_level": "float64",
    "other_level": "float64",
}

_FEWEST_EXPECTED = 5


def compare_groups(
    characteristics: pd.DataFrame, *, min_customers: int = 5, families: Sequence[str] = ()
) -> pd.DataFrame:
    """Test whether groups of customers differ in what is known of them, and by how much.

    Each characteristic is compared over all groups of a grouping, and each group with all others.
    Numbers are compared by rank, so that neither a long tail nor an outlier decides.

    Parameters
    ----------
    characteristics : one row per customer, grouping and characteristic: `grouping`, `group_key`,
        `characteristic`, and either `value` (a number) or `word` (a category); where both are
        missing the customer is left out of that comparison.
    min_customers : fewest on either side of a comparison.
    families : columns, each with one value per grouping and characteristic, that part the tests
        into families. Differences by construction are nearly all sure, and would let the others
        pass too easily: with 50 sure ones among 100 tests the next is found at a p-value of
        0.0255 instead of 0.001.

    Returns
    -------
    Per grouping, one row per characteristic (`group_key` and `member` empty), per number and group
    (`member` empty), and per category, group and member: `test`, `effect` (what `effect_size`
    is), `customers` and `other_customers` compared, `statistic`, `p_value`, `q_value` over all
    rows of the family, `effect_size`, and the `group_level` and `other_level` (medians of a
    number, shares of a member; missing over all groups). Ordered by grouping, characteristic,
    group and member.

        ============================ ================================= ===================
        comparison                   test                              effect_size
        ============================ ================================= ===================
        number over all groups       Kruskal-Wallis                    epsilon squared, 0-1
        category over all groups     chi-square                        Cramer's V, 0 to 1
        number in a group            Mann-Whitney                      rank-biserial r, -1 to 1
        member of a category         chi-square, or Fisher's exact     phi, -1 to 1
        ============================ ================================= ===================

        Fisher's where fewer than five are expected in a cell. r = 0.3 says that of all pairs
        of a customer of the group and another, the former is higher in 30 % more than not.

    Raises
    ------
    ValueError : a column is missing, a value is not a number, or a characteristic has both
        numbers and words.

    References
    ----------
    Kruskal, Wallis (1952), JASA 47. Tomczak, Tomczak (2014), The need to report effect size
    estimates revisited, Trends in Sport Sciences 21: epsilon squared. Cramer (1946), Mathematical
    Methods of Statistics. Wendt (1972), Eur. J. Soc. Psychol. 2: rank-biserial correlation.
    Benjamini, Hochberg (1995), J. R. Stat. Soc. B 57: q-values.
    """
    check_columns(
        characteristics,
        columns=["grouping", "group_key", "characteristic", "value", "word", *families],
        name="characteristics",
    )
    characteristics = characteristics.reset_index(drop=True)
    names = ["grouping", "group_key", "characteristic", "word", *families]
    frame = characteristics[names].join(to_floats(characteristics, columns=["value"]))
    rows: list[dict[str, Any]] = []
    family_of: list[tuple[Any, ...]] = []
    for (grouping, name), part in frame.groupby(["grouping", "characteristic"], sort=True):
        numbers, words = part.dropna(subset=["value"]), part.dropna(subset=["word"])
        if len(numbers) and len(words):
            raise ValueError(f"{name} has both numbers and words")
        if len(numbers):
            tests = list(_compare_numbers(numbers, min_customers=min_customers))
        else:
            tests = list(_compare_words(words, min_customers=min_customers))
        rows += [{"grouping": grouping, "characteristic": name} | test for test in tests]
        family_of += [tuple(part[column].iloc[0] for column in families)] * len(tests)
    tests = to_typed(rows, types=TEST_TYPES)
    for family in set(family_of):
        of_family = [one == family for one in family_of]
        tests.loc[of_family, "q_value"] = stats.false_discovery_control(
            tests.loc[of_family, "p_value"]
        )
    order = ["grouping", "characteristic", "group_key", "member"]
    return tests.sort_values(order, ignore_index=True)


def _compare_numbers(part: pd.DataFrame, *, min_customers: int) -> Iterator[dict[str, Any]]:
    groups = {
        name: values.to_numpy()
        for name, values in part.groupby("group_key", sort=True)["value"]
        if len(values) >= min_customers
    }
    total = sum(map(len, groups.values()))
    if len(groups) < 2:
        return
    # Of equal values the statistic is nought by nought.
    differs = len({value for values in groups.values() for value in values}) > 1
    statistic, p_value = stats.kruskal(*groups.values()) if differs else (0.0, 1.0)
    yield {
        "group_key": ALL_GROUPS,
        "member": "",
        "test": "Kruskal-Wallis",
        "effect": "epsilon squared",
        "customers": total,
        "other_customers": 0,
        "statistic": statistic,
        "p_value": p_value,
        "effect_size": statistic / (total - 1),
    }
    for name, own in groups.items():
        others = np.concatenate([values for other, values in groups.items() if other != name])
        statistic, p_value = stats.mannwhitneyu(own, others, method="asymptotic")
        yield {
            "group_key": name,
            "member": "",
            "test": "Mann-Whitney",
            "effect": "rank-biserial r",
            "customers": len(own),
            "other_customers": len(others),
            "statistic": statistic,
            "p_value": p_value,
            "effect_size": 2 * statistic / (len(own) * len(others)) - 1,
            "group_level": np.median(own),
            "other_level": np.median(others),
        }


def _compare_words(part: pd.DataFrame, *, min_customers: int) -> Iterator[dict[str, Any]]:
    counts = pd.crosstab(part["group_key"], part["word"])
    counts = counts[counts.sum(axis=1) >= min_customers]
    counts = counts.loc[:, counts.sum() > 0]
    if min(counts.shape) < 2:
        return
    table = counts.to_numpy()
    total = table.sum()
    statistic, p_value = stats.chi2_contingency(table, correction=False)[:2]
    yield {
        "group_key": ALL_GROUPS,
        "member": "",
        "test": "chi-square",
        "effect": "Cramer's V",
        "customers": total,
        "other_customers": 0,
        "statistic": statistic,
        "p_value": p_value,
        "effect_size": np.sqrt(statistic / (total * (min(table.shape) - 1))),
    }
    for row, group in enumerate(counts.index):
        for column, member in enumerate(counts.columns):
            own, size = table[row, column], table[row].sum()
            others = table[:, column].sum() - own
            yield {"group_key": group, "member": member} | compare_shares(
                own=own, size=size, others=others, other_size=total - size
            )


def compare_shares(*, own: int, size: int, others: int, other_size: int) -> dict[str, Any]:
    """Compare the share of a member in a group with that in the others.

    Parameters
    ----------
    own, others : how many of the group, and of the others, are of the member.
    size, other_size : how many there are.

    Returns
    -------
    `test` (chi-square without Yates' correction, or Fisher's exact test where fewer than five are
    expected in a cell), `effect`, `customers`, `other_customers`, `statistic` (chi-square, missing
    for Fisher's), `p_value`, `effect_size` (phi), `group_level` and `other_level`, the shares.

    References
    ----------
    Cochran (1954), Some methods for strengthening the common chi-square tests, Biometrics 10.
    """
    table = np.array([[own, size - own], [others, other_size - others]])
    sides = np.concatenate([table.sum(axis=0), table.sum(axis=1)]).astype(float)
    product = float(table[0, 0]) * table[1, 1] - float(table[0, 1]) * table[1, 0]
    phi = product / np.sqrt(sides.prod()) if sides.all() else 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = np.nan
    if expected.min() >= _FEWEST_EXPECTED:
        test = "chi-square"
        statistic, p_value = stats.chi2_contingency(table, correction=False)[:2]
    else:
        test = "Fisher's exact"
        p_value = stats.fisher_exact(table)[1]
    return {
        "test": test,
        "effect": "phi",
        "customers": size,
        "other_customers": other_size,
        "statistic": statistic,
        "p_value": p_value,
        "effect_size": phi,
        "group_level": own / size,
        "other_level": others / other_size,
    }
