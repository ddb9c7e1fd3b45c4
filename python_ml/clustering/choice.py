"""The rule that chooses a clustering, or none, and gives its reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from python_ml.clustering.fitting import EVERYONE
from python_ml.frames import to_typed

MIN_GAIN = 0.05
"""By how much its silhouette must exceed the best that customers without groups give."""

MEASURE_TYPES = {
    "method": "str",
    "feature_set": "str",
    "k": "int64",
    "customers": "int64",
    "fitted_customers": "int64",
    "evaluated_customers": "int64",
    "inertia": "float64",
    "silhouette": "float64",
    "shuffled_silhouette": "float64",
    "cloud_silhouette": "float64",
    "davies_bouldin": "float64",
    "calinski_harabasz": "float64",
    "bic": "float64",
    "stability_ari": "float64",
    "smallest_share": "float64",
    "quantization_error": "float64",
    "topographic_error": "float64",
    "is_elbow": "bool",
}

EVALUATION_TYPES = MEASURE_TYPES | {
    "score": "float64",
    "is_separated": "bool",
    "is_method_choice": "bool",
    "is_chosen": "bool",
    "reason": "str",
}


@dataclass(frozen=True)
class Limits:
    """What `choose_clustering` requires of a clustering; its parameters are described there."""

    min_share: float
    min_stability: float
    min_silhouette: float
    min_gain: float
    tolerance: float
    groups: tuple[int, int]
    partition_sets: tuple[str, ...]
    widest_first: tuple[str, ...]


def choose_clustering(
    evaluations: pd.DataFrame,
    *,
    min_share: float = 0.03,
    min_stability: float = 0.6,
    min_silhouette: float = 0.25,
    min_gain: float = MIN_GAIN,
    tolerance: float = 0.1,
    groups: Sequence[int] = (3, 8),
    partition_sets: Sequence[str] = ("rfm",),
    widest_first: Sequence[str] = ("full", "behaviour", "rfm"),
) -> pd.DataFrame:
    """Choose the clustering that can be acted on, or none.

    A solution is accepted if its smallest cluster has at least `min_share` of the customers, its
    stability is at least `min_stability`, its silhouette is at least `min_silhouette` (under
    0.25 Kaufman and Rousseeuw find no substantial structure) and at least `min_gain` above that
    of shuffled columns; and it is either separated, its silhouette also `min_gain` above that of
    a cloud without gaps, or a convenient partition: cut by one of `partition_sets` into a number
    of `groups`. Any cloud can be cut in two, and a cut through many features explains itself to
    nobody.

    The score of a solution is the gain over shuffled columns, as far as it comes again: gain times
    stability. Separated solutions go before partitions; of those within `tolerance` of the best
    score, the ones with the widest feature set go on, since a silhouette is higher with fewer
    features, and a narrow set misses how customers differ in the others; of them the most groups
    win, up to the upper end of `groups`. Ties go to the higher score, then the method's name.

    Parameters
    ----------
    evaluations : one row per method, feature set and k with the measures of
        `evaluate_clusterings`.
    tolerance : share of the best score that may be lost for more groups.
    groups : fewest and most groups worth acting on.
    partition_sets : feature sets that a convenient partition may be cut by.
    widest_first : feature sets by falling breadth; others come after them.

    Returns
    -------
    `evaluations` with `score`, `is_separated`, `is_method_choice` (one per method), `is_chosen`
    (one in all) and `reason` (a sentence with the numbers), ordered by method, feature set and k.

    References
    ----------
    Kaufman, Rousseeuw (1990), Finding Groups in Data, Wiley, table 4. Liu, Hayes, Nobel, Marron
    (2008), J. Am. Stat. Assoc. 103: a cluster is what a single cloud does not explain.
    """
    rows = evaluations.sort_values(["method", "feature_set", "k"], ignore_index=True)
    is_everyone = rows["method"] == EVERYONE
    limits = Limits(
        min_share,
        min_stability,
        min_silhouette,
        min_gain,
        tolerance,
        (groups[0], groups[-1]),
        tuple(partition_sets),
        tuple(widest_first),
    )
    # Of a single feature nothing can be undone: it has neither reference.
    gain = (rows["silhouette"] - rows["shuffled_silhouette"]).fillna(rows["silhouette"])
    above_cloud = (rows["silhouette"] - rows["cloud_silhouette"]).fillna(rows["silhouette"])
    rows["score"] = (gain * rows["stability_ari"]).round(9)
    rows["is_separated"] = (above_cloud.round(9) >= min_gain) & ~is_everyone
    faults = {row: _name_faults(one, limits=limits) for row, one in rows[~is_everyone].iterrows()}
    rows["is_accepted"] = [not is_none and not faults[row] for row, is_none in is_everyone.items()]
    order = _order(rows[~is_everyone], limits=limits)
    best = order[0] if rows["is_accepted"].any() else rows.index[is_everyone][0]
    choices = [_order(one, limits=limits)[0] for _, one in rows[~is_everyone].groupby("method")]
    reasons = [_explain(rows, row, best=best, order=order, faults=faults) for row in rows.index]
    return to_typed(
        rows.assign(
            is_method_choice=rows.index.isin(choices) | is_everyone,
            is_chosen=rows.index == best,
            reason=reasons,
        ),
        types=EVALUATION_TYPES,
    )


def _name_faults(solution: pd.Series, *, limits: Limits) -> list[str]:
    """Each way in which a solution falls short, with the number. A missing measure does."""
    share, stability = solution["smallest_share"], solution["stability_ari"]
    silhouette, shuffled = solution["silhouette"], solution["shuffled_silhouette"]
    gain = limits.min_gain
    faults = []
    if not share >= limits.min_share:
        faults.append(f"its smallest cluster holds {share:.1%}, less than {limits.min_share:.1%}")
    if not stability >= limits.min_stability:
        faults.append(f"stability {stability:.3f} is under {limits.min_stability:g}")
    if not silhouette >= limits.min_silhouette:
        faults.append(f"silhouette {silhouette:.3f} is under {limits.min_silhouette:g}")
    if silhouette - shuffled < gain:
        faults.append(
            f"silhouette {silhouette:.3f} is not {gain:g} above the {shuffled:.3f} that "
            "shuffled columns give"
        )
    fewest, most = limits.groups
    is_partition = solution["feature_set"] in limits.partition_sets and (
        fewest <= solution["k"] <= most
    )
    if not solution["is_separated"] and not is_partition and pd.notna(silhouette):
        faults.append(
            f"silhouette {silhouette:.3f} is not {gain:g} above the "
            f"{solution['cloud_silhouette']:.3f} that a cloud without gaps gives"
        )
    return faults


def _order(solutions: pd.DataFrame, *, limits: Limits) -> list[int]:
    """Give the rows of the solutions, best first."""
    most = limits.groups[1]
    ranked = solutions.assign(
        is_refused=~solutions["is_accepted"],
        is_partition=~solutions["is_separated"],
    )
    # Natural groups are not given up for a partition; those not accepted compete by score alone.
    kind = ["is_refused", "is_partition"]
    highest = ranked.groupby(kind)["score"].transform("max")
    is_near = ranked["score"] >= (highest * (1 - limits.tolerance)).round(9)
    ranked["is_far"] = ~(is_near & solutions["is_accepted"])
    breadth = {name: place for place, name in enumerate(limits.widest_first)}
    ranked["narrowness"] = ranked["feature_set"].map(breadth).fillna(len(breadth))
    ranked["is_many"] = ranked["k"] > most
    ranked["fewness"] = ranked["k"].where(ranked["is_many"], -ranked["k"])
    ranked.loc[ranked["is_far"], ["narrowness", "is_many", "fewness"]] = [0, False, 0]
    return ranked.sort_values(
        [*kind, "is_far", "narrowness", "is_many", "fewness", "score", "k", "method"],
        ascending=[True, True, True, True, True, True, False, True, True],
    ).index.tolist()


def _explain(
    rows: pd.DataFrame, row: int, *, best: int, order: list[int], faults: dict[int, list[str]]
) -> str:
    """Say why `row` is chosen or not; `order` holds the solutions' rows, best first."""
    evaluation = rows.loc[row]
    if evaluation["method"] == EVERYONE:
        if row != best:
            return f"Not needed: {_name(rows.loc[best])} is chosen."
        if not order:
            return f"Chosen: too few or too similar customers, {evaluation['customers']} in all."
        return (
            f"Chosen: none of {len(order)} clusterings can be accepted; the best, "
            f"{_name(rows.loc[order[0]])}, is refused, as {'; '.join(faults[order[0]])}."
        )
    if faults[row]:
        return f"Refused: {'; '.join(faults[row])}."
    detail = (
        f"score {evaluation['score']:.3f} among {rows['is_accepted'].sum()} accepted "
        f"(silhouette {evaluation['silhouette']:.3f}, "
        f"shuffled {evaluation['shuffled_silhouette']:.3f}, "
        f"cloud {evaluation['cloud_silhouette']:.3f}, "
        f"stability {evaluation['stability_ari']:.3f}, "
        f"smallest cluster {evaluation['smallest_share']:.1%})"
    )
    if not evaluation["is_separated"]:
        detail += "; a convenient partition, no natural groups"
    if row == best:
        return f"Chosen: the most groups near the best score: {detail}."
    return f"Accepted, but {_name(rows.loc[best])} is better: {detail}."


def _name(evaluation: pd.Series) -> str:
    name = f"{evaluation['method']} with k = {evaluation['k']}"
    return name if evaluation["feature_set"] == "all" else f"{name} of {evaluation['feature_set']}"
