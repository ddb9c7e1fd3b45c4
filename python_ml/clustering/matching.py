"""Keys that stay with a group of customers from one run to the next."""

from collections.abc import Hashable

import pandas as pd
from scipy.optimize import linear_sum_assignment

from python_ml.frames import check_columns, to_typed

KEY_TYPES = {
    "method": "str",
    "cluster_key": "str",
    "cluster": "int64",
    "overlap": "float64",
    "is_new": "bool",
}


def match_clusters(
    clusters: pd.DataFrame,
    previous: pd.DataFrame,
    *,
    earlier: pd.DataFrame | None = None,
    key: str = "customer_id",
    born: str,
    min_overlap: float = 0.3,
) -> pd.DataFrame:
    """Give each cluster the key of the previous cluster with the same customers, or a new one.

    The pairs are those with the greatest sum of overlaps (Hungarian method), the overlap being
    the Jaccard index over the customers of both runs: those in both clusters over those in either.
    The chosen clustering carries on the keys of the one chosen before, also where another method
    found it, so that a change of method does not rename everything; the other clusterings carry on
    their own method's.

    Parameters
    ----------
    clusters : one row per customer and method: `key`, `method`, `cluster`, `is_chosen`.
    previous : the same of the previous run, with `cluster_key` instead of `cluster`; may be empty.
    earlier : of the last run that was not as of the same day, where `previous` was: `overlap` and
        `is_new` refer to it, so that running a day again changes nothing. None = `previous`.
    born : the name of this run, such as its as-of date: new keys begin with it.
    min_overlap : a pair that overlaps less is not the same cluster.

    Returns
    -------
    One row per method and cluster, ordered: `cluster_key` (unique within the method), `overlap`
    (with the earlier cluster of that key; missing where there was none) and `is_new`.

    References
    ----------
    Kuhn (1955), The Hungarian method for the assignment problem. Jaccard (1912).
    """
    columns = [key, "method", "is_chosen"]
    check_columns(clusters, columns=[*columns, "cluster"], name="clusters")
    check_columns(previous, columns=[*columns, "cluster_key"], name="previous")
    earlier = previous if earlier is None else earlier
    # Keys are looked up once, not for each method.
    places = pd.Index(clusters[key].unique())
    clusters, previous, earlier = (
        frame.assign(place=places.get_indexer(frame[key]))
        for frame in (clusters, previous, earlier)
    )
    rows = []
    for method, current in clusters.groupby("method", sort=True):
        matched = _match(
            _overlap(current, _carried_on(current, previous, method=method)),
            min_overlap=min_overlap,
        )
        reported = _overlap(current, _carried_on(current, earlier, method=method))
        numbers = sorted(current["cluster"].unique())
        fresh = (
            name
            for number in range(1, 2 * len(numbers) + 1)
            if (name := f"{born}_{method}_{number}") not in matched.values()
        )
        for cluster in numbers:
            cluster_key = matched.get(cluster) or next(fresh)
            is_new = cluster_key not in reported.columns
            overlap = (
                0.0
                if is_new or cluster not in reported.index
                else (reported.at[cluster, cluster_key])
            )
            row = {"method": method, "cluster": cluster, "cluster_key": cluster_key}
            rows.append(row | {"overlap": float("nan") if is_new else overlap, "is_new": is_new})
    return to_typed(rows, types=KEY_TYPES)


def _carried_on(current: pd.DataFrame, before: pd.DataFrame, *, method: str) -> pd.DataFrame:
    """Rows of an earlier run whose keys the clustering `current` carries on."""
    if current["is_chosen"].any() and before["is_chosen"].any():
        return before[before["is_chosen"]]
    return before[before["method"] == method]


def _overlap(current: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Jaccard index of clusters x previous keys, over the customers of both runs.

    Customers are numbered in `place`, those of no cluster of today -1.
    """
    before = before[before["place"] >= 0]
    clusters = pd.Series(pd.NA, index=range(current["place"].max() + 1), dtype="Int64")
    clusters.iloc[current["place"].to_numpy()] = current["cluster"].to_numpy()
    found = clusters.reindex(before["place"]).array
    both = pd.DataFrame({"cluster": found, "cluster_key": before["cluster_key"].array}).dropna()
    common = pd.crosstab(both["cluster"], both["cluster_key"])
    either = common.sum(axis=1).to_numpy()[:, None] + common.sum(axis=0).to_numpy() - common
    return common / either


def _match(overlaps: pd.DataFrame, *, min_overlap: float) -> dict[Hashable, str]:
    rows, columns = linear_sum_assignment(overlaps.to_numpy(), maximize=True)
    return {
        overlaps.index[row]: overlaps.columns[column]
        for row, column in zip(rows, columns, strict=True)
        if overlaps.iat[row, column] >= min_overlap
    }
