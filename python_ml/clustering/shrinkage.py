"""What few orders show of a customer, combined with what all orders show of the shop."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from python_ml.frames import check_columns, key_type, sort_by_key, to_floats, to_typed


def shrink_features(
    customers: pd.DataFrame,
    *,
    key: str = "customer_id",
    count_by: str,
    shares: Sequence[str] = (),
    means: Sequence[str] = (),
    gaps: Sequence[str] = (),
) -> pd.DataFrame:
    """Shrink what few orders show towards the mean of the shop: the fewer, the further.

    After a single order each share is 0 or 1 and each mean is that order's. A share becomes
    (n p + M m) / (n + M), with n orders, m the shop's share and M the weight of a beta prior, in
    orders, estimated from the shop's customers by their spread beyond that of a binomial; where
    there is none M is infinite and all become m. A mean and a gap are shrunk likewise, on the
    scale ln(1 + x), by the part of their spread that does not shrink with 1 / n; a gap rests on
    n - 1 orders. Everything else stays as it is.

    Parameters
    ----------
    customers : one row per customer: `key`, `count_by` (orders, 0 or more) and the features, any
        of which may be missing.
    shares : features between 0 and 1, each a mean over the orders.
    means : features from 0, each a mean over the orders.
    gaps : features from 0, each from the gaps between the orders.

    Returns
    -------
    `customers` in key order, those features shrunk.

    Raises
    ------
    ValueError : a column is missing or not numeric, a key is missing or not unique, a share is not
        from 0 to 1.

    References
    ----------
    Kleinman (1973), Proportions with extraneous variance, J. Am. Stat. Assoc. 68. Efron, Morris
    (1975), Data analysis using Stein's estimator, J. Am. Stat. Assoc. 70.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": range(6), "orders": [1, 1, 20, 20, 20, 20],
    ...                           "online": [1.0, 0.0, 0.9, 0.8, 0.1, 0.2]})
    >>> shrunk = shrink_features(customers, count_by="orders", shares=["online"])
    >>> shrunk["online"].round(2).tolist()
    [0.82, 0.18, 0.89, 0.79, 0.11, 0.21]
    """
    check_columns(customers, columns=[key, count_by, *shares, *means, *gaps], name="customers")
    features = [name for name in customers if name != key]
    types = {key: key_type(customers, key=key)} | dict.fromkeys(features, "float64")
    customers = sort_by_key(customers, key=key, name="customers")
    values = to_floats(customers, columns=features)
    orders = values[count_by].to_numpy(copy=True)
    for name in shares:
        share = values[name].to_numpy()
        is_wrong = (share < -ROUNDING) | (share > 1 + ROUNDING)
        if is_wrong.any():
            raise ValueError(f"share {name} is {share[is_wrong][0]:g}, not from 0 to 1")
        values[name] = _shrink_share(share.clip(0, 1), orders)
    for name in means:
        values[name] = _shrink_mean(values[name].to_numpy(), orders)
    for name in gaps:
        values[name] = _shrink_mean(values[name].to_numpy(), orders - 1)
    return to_typed(customers[[key]].join(values), types=types)


ROUNDING = 1e-9
"""By so much a share that sums of floats tell may miss 0 or 1."""

SURE = 2.0
"""Standard errors by which customers must differ, so that chance is not scaled up."""


def _shrink_share(share: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Shrink by the beta-binomial whose moments the customers have (Kleinman 1973)."""
    is_known = (counts > 0) & ~np.isnan(share)
    n, p = counts[is_known], share[is_known]
    if len(p) < 2:
        return share
    mean = (n * p).sum() / n.sum()
    chance = mean * (1 - mean)
    freedom = n.sum() - (n**2).sum() / n.sum() - (len(n) - 1)
    if chance <= 0 or freedom <= 0:
        # All alike, or one order each: customers do not differ.
        return np.where(np.isnan(share), share, mean)
    excess = (n * (p - mean) ** 2).sum() / chance - (len(n) - 1)
    if not excess > SURE * np.sqrt(2 * (len(n) - 1)):
        return np.where(np.isnan(share), share, mean)
    # The share of a single order's variance that is between customers.
    between = min(excess / freedom, 1.0)
    weight = counts * between / (1 + (counts - 1) * between)
    return np.where(np.isnan(share), share, mean + weight * (share - mean))


def _shrink_mean(value: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Shrink on the scale ln(1 + x) by the spread that more orders do not reduce."""
    counts = np.maximum(counts, 0)
    is_known = (counts > 0) & ~np.isnan(value)
    n, y = counts[is_known], np.log1p(np.maximum(value[is_known], 0))
    if len(y) < 2:
        return value
    mean = y.mean()
    # Squared distances are the spread between customers and, by 1 / n, that within them.
    design = np.column_stack([np.ones(len(n)), 1 / n])
    (spread, within), error = _fit_line(design, (y - mean) ** 2)
    within = max(within, 0.0)
    if not spread > SURE * error:
        return np.where(np.isnan(value), value, np.expm1(mean))
    whole = counts * spread + within
    weight = np.divide(counts * spread, whole, out=np.ones_like(whole), where=whole > 0)
    weight = np.where(counts > 0, weight, 0.0)
    shrunk = np.expm1(mean + weight * (np.log1p(np.maximum(value, 0)) - mean))
    return np.where(np.isnan(value), value, shrunk)


def _fit_line(design: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Least squares, and the standard error of the first coefficient (White 1980)."""
    inverse = np.linalg.pinv(design.T @ design)
    found = inverse @ design.T @ y
    scored = design * (y - design @ found)[:, None]
    return found, float(np.sqrt((inverse @ (scored.T @ scored) @ inverse)[0, 0]))
