"""Fitted models as a table, and back: what is saved between runs."""

import numpy as np
import pandas as pd

from python_ml.clv.families import FAMILIES, FittedFamily
from python_ml.clv.gamma_gamma import GAMMA_GAMMA, Independence
from python_ml.clv.methods import FittedModels
from python_ml.clv.money import SHRUNK_MEAN, FittedMoney
from python_ml.frames import check_columns, to_typed

MOST_PARAMETERS = 4
COVARIANCES = [f"log_covariance_{place}" for place in range(1, MOST_PARAMETERS + 1)]

MODEL_TYPES = {
    "model": "str",
    "parameter": "str",
    "reason": "str",
    "position": "int64",
    "value": "float64",
    "standard_error": "float64",
    **dict.fromkeys(COVARIANCES, "float64"),
    "log_likelihood": "float64",
    "customers": "int64",
    "distinct_histories": "int64",
    "correlation": "float64",
    "correlation_p_value": "float64",
    "not_positive": "Int64",
    "is_independent": "boolean",
    "is_at_border": "bool",
    "is_used": "bool",
}


def to_table(models: FittedModels) -> pd.DataFrame:
    """Return one row per model and parameter, with the columns of MODEL_TYPES.

    A model without parameters has one row of position 0, with its reason.

    Examples
    --------
    >>> from python_ml.clv.histories import read_histories
    >>> from python_ml.clv.methods import fit_all
    >>> histories = pd.DataFrame({"customer_id": ["a"], "repeat_orders": 0})
    >>> histories = histories.assign(recency_weeks=0, age_weeks=3)
    >>> to_table(fit_all(read_histories(histories)))["model"].tolist()
    ['bg_nbd', 'mbg_nbd', 'pareto_nbd', 'gamma_gamma', 'shrunk_mean']
    """
    money, rows = models.money, []
    for name, fitted in models.families.items():
        rows += _to_rows(fitted, reason=fitted.reason, is_used=bool(fitted.parameters), name=name)
    check = {
        "correlation": money.independence.correlation,
        "correlation_p_value": money.independence.p_value,
        "not_positive": money.independence.not_positive,
        "is_independent": money.independence.is_independent,
    }
    is_used = money.method == GAMMA_GAMMA
    gamma = _to_rows(money.gamma_gamma, reason=money.reason, is_used=is_used, name=GAMMA_GAMMA)
    rows += [row | check for row in gamma]
    shrunk = {
        "model": SHRUNK_MEAN,
        "customers": money.customers,
        "distinct_histories": money.customers,
        "is_at_border": False,
        "is_used": money.method == SHRUNK_MEAN,
        "reason": None if money.shrunk else "margin_unknown",
    }
    values = money.shrunk or {None: np.nan}
    rows += [
        shrunk | {"parameter": name, "value": value, "position": place if name else 0}
        for place, (name, value) in enumerate(values.items(), 1)
    ]
    return to_typed(rows, types=MODEL_TYPES)


def from_table(table: pd.DataFrame) -> FittedModels:
    """Return the models of a table as `to_table` gives it; without boosting.

    Raises
    ------
    ValueError : a column is missing.

    Examples
    --------
    >>> from python_ml.clv.histories import read_histories
    >>> from python_ml.clv.methods import fit_all
    >>> histories = pd.DataFrame({"customer_id": ["a"], "repeat_orders": 0})
    >>> histories = histories.assign(recency_weeks=0, age_weeks=3)
    >>> table = to_table(fit_all(read_histories(histories)))
    >>> to_table(from_table(table)).equals(table)
    True
    """
    check_columns(table, columns=MODEL_TYPES, name="models")
    table = table.sort_values(["model", "position"], ignore_index=True)
    parts = {str(name): part for name, part in table.groupby("model")}
    families = {name: _from_rows(parts[name]) for name in FAMILIES if name in parts}
    gamma, shrunk = parts[GAMMA_GAMMA], parts[SHRUNK_MEAN]
    first = gamma.iloc[0]
    independence = Independence(
        float(first["correlation"]),
        float(first["correlation_p_value"]),
        bool(first["is_independent"]),
        int(first["customers"]) + int(first["not_positive"]),
        int(first["not_positive"]),
    )
    known = shrunk[shrunk["position"] > 0]
    values = dict(zip(known["parameter"].astype(str), known["value"].astype(float), strict=True))
    used = [name for name in (GAMMA_GAMMA, SHRUNK_MEAN) if parts[name]["is_used"].iloc[0]]
    fitted = _from_rows(gamma)
    reason = None if pd.isna(first["reason"]) else str(first["reason"])
    method = used[0] if used else None
    customers = int(shrunk["customers"].iloc[0])
    money = FittedMoney(fitted, independence, values, method, reason, customers)
    return FittedModels(families, money)


def _to_rows(fitted: FittedFamily, *, reason: str | None, is_used: bool, name: str) -> list[dict]:
    shared = {
        "model": name,
        "reason": reason,
        "log_likelihood": fitted.log_likelihood,
        "customers": fitted.customers,
        "distinct_histories": fitted.rows,
        "is_at_border": fitted.is_at_border,
        "is_used": is_used,
    }
    if not fitted.parameters:
        return [shared | {"position": 0}]
    rows = []
    for place, (parameter, value) in enumerate(fitted.parameters.items()):
        row = shared | {"position": place + 1, "parameter": parameter, "value": value}
        if fitted.covariance is not None:
            row["standard_error"] = fitted.standard_errors[parameter]
            row |= dict(zip(COVARIANCES, fitted.covariance[place].tolist(), strict=False))
        rows.append(row)
    return rows


def _from_rows(rows: pd.DataFrame) -> FittedFamily:
    known = rows[rows["position"] > 0]
    names = known["parameter"].astype(str).tolist()
    covariance = known[COVARIANCES[: len(names)]].to_numpy(float)
    has_errors = len(names) > 0 and not np.isnan(covariance).any()
    first = rows.iloc[0]
    errors = known["standard_error"].astype(float).tolist()
    return FittedFamily(
        family=str(first["model"]),
        parameters=dict(zip(names, known["value"].astype(float).tolist(), strict=True)),
        standard_errors=dict(zip(names, errors, strict=True)) if has_errors else None,
        covariance=covariance if has_errors else None,
        log_likelihood=float(first["log_likelihood"]),
        customers=int(first["customers"]),
        rows=int(first["distinct_histories"]),
        is_at_border=bool(first["is_at_border"]),
        reason=None if pd.isna(first["reason"]) else str(first["reason"]),
    )
