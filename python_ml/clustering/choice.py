"""The rule that chooses a clustering, or none, and gives its reason."""

import pandas as pd

from python_ml.clustering.fitting import EVERYONE
from python_ml.frames import to_typed

MIN_GAIN = 0.05
"""By how much its silhouette must exceed the best that shuffled columns give."""

MEASURE_TYPES = {
    "method": "str",
    "k": "int64",
    "customers": "int64",
    "fitted_customers": "int64",
    "evaluated_customers": "int64",
    "inertia": "float64",
    "silhouette": "float64",
    "shuffled_silhouette": "float64",
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
    "is_method_choice": "bool",
    "is_chosen": "bool",
    "reason": "str",
}


def choose_clustering(
    evaluations: pd.DataFrame,
    *,
    min_share: float = 0.03,
    min_stability: float = 0.6,
    min_silhouette: float = 0.25,
    min_gain: float = MIN_GAIN,
) -> pd.DataFrame:
    """Choose the clustering that deserves it, or none.

    A solution is fit for use when its smallest cluster holds at least `min_share` of the
    customers, its stability is at least `min_stability`, its silhouette at least `min_silhouette`
    (under 0.25 Kaufman and Rousseeuw find no substantial structure), and that exceeds what
    shuffled columns give by at least `min_gain`. Each solution is ranked by silhouette,
    Davies-Bouldin and Calinski-Harabasz among those of its own fitness; the lowest mean rank wins,
    fit before unfit, ties going to the higher silhouette, then the smaller k, then the method's
    name. A method's best is its choice; the best of all is chosen if it is fit, else "none".

    Parameters
    ----------
    evaluations : one row per method and k with the measures of `evaluate_clusterings`.

    Returns
    -------
    `evaluations` with `is_method_choice` (one per method), `is_chosen` (one in all) and `reason`
    (a sentence with the numbers), ordered by method and k.

    References
    ----------
    Kaufman, Rousseeuw (1990), Finding Groups in Data, Wiley, table 4.
    """
    rows = evaluations.sort_values(["method", "k"], ignore_index=True)
    solutions = rows[rows["method"] != EVERYONE]
    limits = {"min_share": min_share, "min_stability": min_stability}
    limits |= {"min_silhouette": min_silhouette, "min_gain": min_gain}
    faults = {row: _name_faults(solution, **limits) for row, solution in solutions.iterrows()}
    is_fit = pd.Series([not faults[row] for row in faults], index=solutions.index, dtype="bool")
    mean_rank = _rank_solutions(solutions, is_fit=is_fit)
    order = solutions.assign(is_unfit=~is_fit, mean_rank=mean_rank).sort_values(
        ["is_unfit", "mean_rank", "silhouette", "k", "method"],
        ascending=[True, True, False, True, True],
    )
    best = order.index[0] if is_fit.any() else rows.index[rows["method"] == EVERYONE][0]
    choices = order.groupby("method").head(1).index
    reasons = [
        _explain(rows, row, best=best, order=order.index, faults=faults, mean_rank=mean_rank)
        for row in rows.index
    ]
    return to_typed(
        rows.assign(
            is_method_choice=rows.index.isin(choices) | (rows["method"] == EVERYONE),
            is_chosen=rows.index == best,
            reason=reasons,
        ),
        types=EVALUATION_TYPES,
    )


def _name_faults(
    solution: pd.Series,
    *,
    min_share: float,
    min_stability: float,
    min_silhouette: float,
    min_gain: float,
) -> list[str]:
    """Each way in which a solution falls short, with the number. A missing measure does."""
    share, stability = solution["smallest_share"], solution["stability_ari"]
    silhouette, shuffled = solution["silhouette"], solution["shuffled_silhouette"]
    faults = []
    if not share >= min_share:
        faults.append(f"its smallest cluster holds {share:.1%}, less than {min_share:.1%}")
    if not stability >= min_stability:
        faults.append(f"stability {stability:.3f} is under {min_stability:g}")
    if not silhouette >= min_silhouette:
        faults.append(f"silhouette {silhouette:.3f} is under {min_silhouette:g}")
    if silhouette - shuffled < min_gain:
        faults.append(
            f"silhouette {silhouette:.3f} is not {min_gain:g} above the {shuffled:.3f} that "
            "shuffled columns give"
        )
    return faults


def _rank_solutions(solutions: pd.DataFrame, *, is_fit: pd.Series) -> pd.Series:
    """Mean rank, from 1, over the measures; rounding keeps float noise from deciding."""
    measures = solutions[["silhouette", "davies_bouldin", "calinski_harabasz"]] * [-1, 1, -1]
    ranks = measures.round(9).groupby(is_fit).rank(method="min", na_option="bottom")
    return ranks.mean(axis=1)


def _explain(
    rows: pd.DataFrame,
    row: int,
    *,
    best: int,
    order: pd.Index,
    faults: dict[int, list[str]],
    mean_rank: pd.Series,
) -> str:
    """Say why `row` is chosen or not; `order` holds the solutions' rows, best first."""
    evaluation = rows.loc[row]
    if evaluation["method"] == EVERYONE:
        if row != best:
            return f"Not needed: {_name(rows.loc[best])} is chosen."
        if order.empty:
            return f"Chosen: too few or too similar customers, {evaluation['customers']} in all."
        first = order[0]
        return (
            f"Chosen: none of {len(order)} clusterings can be trusted; the best, "
            f"{_name(rows.loc[first])}, is refused, as {'; '.join(faults[first])}."
        )
    if faults[row]:
        return f"Refused: {'; '.join(faults[row])}."
    rank = (
        f"mean rank {mean_rank[row]:.2f} among {sum(not fault for fault in faults.values())} fit "
        f"for use (silhouette {evaluation['silhouette']:.3f}, "
        f"Davies-Bouldin {evaluation['davies_bouldin']:.3f}, "
        f"Calinski-Harabasz {evaluation['calinski_harabasz']:.0f}, "
        f"stability {evaluation['stability_ari']:.3f}, "
        f"smallest cluster {evaluation['smallest_share']:.1%})"
    )
    if row == best:
        return f"Chosen: best {rank}."
    return f"Fit, but {_name(rows.loc[best])} is better: {rank}."


def _name(evaluation: pd.Series) -> str:
    return f"{evaluation['method']} with k = {evaluation['k']}"
