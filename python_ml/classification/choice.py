"""The rule that chooses a classifier, a baseline or nobody, and gives its reason."""

from typing import Any

import numpy as np
import pandas as pd

from python_ml.chance import find_chance_factor
from python_ml.classification.models import MAJORITY, READABLE
from python_ml.frames import to_typed

GUESSING = 0.5
"""The ROC-AUC of whoever tells nobody from anybody."""

CHOICE_RULE = 2
"""Raised when what `choose_classifier` accepts changes, so that earlier choices are made again."""

EVALUATION_TYPES = {
    "model": "str",
    "is_baseline": "bool",
    "roc_auc": "float64",
    "roc_auc_sd": "float64",
    "roc_auc_se": "float64",
    "out_of_time_roc_auc": "float64",
    "gain": "float64",
    "gain_se": "float64",
    "shortfall": "float64",
    "shortfall_se": "float64",
    "pr_auc": "float64",
    "f1": "float64",
    "brier": "float64",
    "log_loss": "float64",
    "calibration_error": "float64",
    "cost": "float64",
    "rows": "int64",
    "positives": "int64",
    "is_chosen": "bool",
    "is_accepted": "bool",
    "reason": "str",
}


def find_threshold(*, false_alarm_cost: float, miss_cost: float) -> float:
    """Probability from which acting costs less than not acting.

    Parameters
    ----------
    false_alarm_cost, miss_cost : of a row predicted wrongly, and of a positive not predicted, in
        one unit; only their ratio matters.

    Returns
    -------
    A number between 0 and 1, both exclusive.

    Raises
    ------
    ValueError : a cost is not positive.

    References
    ----------
    Elkan (2001), The foundations of cost-sensitive learning, IJCAI, equation 2.

    Examples
    --------
    >>> find_threshold(false_alarm_cost=1, miss_cost=3)
    0.25
    """
    if min(false_alarm_cost, miss_cost) <= 0:
        raise ValueError(f"costs must be positive, not {false_alarm_cost} and {miss_cost}")
    return false_alarm_cost / (false_alarm_cost + miss_cost)


def choose_classifier(
    evaluations: pd.DataFrame, *, min_gain: float = 0.01, folds: int | None = None
) -> pd.DataFrame:
    """Choose the best model, or one that can be read, if it knows more than the baselines.

    Whatever is chosen must be ahead of guessing by more than chance: the baseline that knows
    something like any model. A model must also be as far ahead of the best baseline. A model of
    READABLE within one standard error of the best one is preferred to it. Where the model does
    not pass, the baseline is tested, and where that does not pass, MAJORITY is chosen: nobody is
    scored.

    Parameters
    ----------
    evaluations : one row per model, baselines included, with `model`, `is_baseline`, `roc_auc` and
        the standard errors of its distance to guessing, `roc_auc_se`, to the best baseline,
        `gain_se`, and to the best model, `shortfall_se`. What has no standard error has no proof.
        `rows` and `positives` are whole numbers; other measures may be lacking.
    min_gain : what ROC-AUC must be ahead by, exclusive; more where chance reaches more, which is
        `find_chance_factor` standard errors of all that is compared with guessing.
    folds : that were measured; None for many.

    Returns
    -------
    `evaluations` with `is_chosen` (one row), `is_accepted` (that row, unless it is MAJORITY) and
    `reason` (a sentence with the numbers).

    References
    ----------
    Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees: the rule of one
    standard error.

    Examples
    --------
    >>> evaluations = pd.DataFrame(
    ...     {
    ...         "model": ["svc", "logistic_regression", "previous_period_orders", "majority"],
    ...         "is_baseline": [False, False, True, True],
    ...         "roc_auc": [0.81, 0.80, 0.70, 0.50],
    ...         "roc_auc_se": [0.02, 0.02, 0.02, 0.00],
    ...         "gain_se": [0.02, 0.02, 0.00, 0.02],
    ...         "shortfall_se": [0.00, 0.02, 0.02, 0.02],
    ...         "rows": 1_000,
    ...         "positives": 400,
    ...     }
    ... )
    >>> choice = choose_classifier(evaluations)
    >>> choice.loc[choice["is_chosen"], "model"].item()
    'logistic_regression'
    >>> print(choice["reason"][0].split(", ")[0])
    Not chosen: ROC-AUC 0.810 is the best
    """
    auc = evaluations["roc_auc"].fillna(-np.inf)
    name = evaluations["model"]
    is_baseline = evaluations["is_baseline"].astype("bool")
    guessing = name.index[name == MAJORITY][0]
    baseline, best = auc[is_baseline].idxmax(), auc[~is_baseline].idxmax()
    tolerance = evaluations["shortfall_se"].fillna(0)
    is_readable = evaluations["model"].isin(READABLE) & (auc >= auc[best] - tolerance)
    model = auc[is_readable].idxmax() if is_readable.any() else best

    factor = find_chance_factor(candidates=len(evaluations) - 1, folds=folds)
    # The first comparison that is not passed is the one to name.
    errors = {baseline: "gain_se"} if baseline != guessing else {}
    required = {
        rival: np.maximum(min_gain, factor * evaluations[error])
        for rival, error in ({guessing: "roc_auc_se"} | errors).items()
    }
    # A comparison with an unknown error is false, and so not passed.
    unbeaten = {
        row: [rival for rival in required if not auc[row] - auc[rival] > required[rival][row]]
        for row in (model, baseline)
    }
    if not unbeaten[model]:
        chosen = model
    else:
        chosen = guessing if guessing in unbeaten[baseline] else baseline

    whose = {model: "the model to choose", baseline: "the best baseline", guessing: "guessing"}

    def compare(row: Any, rival: Any, least: float) -> str:
        gain = 0.0 if np.isinf(auc[[row, rival]]).all() else auc[row] - auc[rival]
        return (
            f"ROC-AUC {auc[row]:.3f} is {abs(gain):.3f} {'above' if gain >= 0 else 'below'} that "
            f"of {whose[rival]}, {name[rival]} ({auc[rival]:.3f}); "
        ) + (
            "the spread between folds is unknown."
            if np.isnan(least)
            else f"the model must be more than {least:.3f} ahead."
        )

    def explain(row: Any) -> str:
        if row == model:
            rival = (unbeaten[model] or [baseline])[0]
            return ": " + compare(row, rival, required[rival][row])
        if row == guessing == chosen:
            rival = unbeaten[model][0]
            told = compare(model, rival, required[rival][model])
            return f", so nobody is scored: {name[model]} with {told}"
        if row == guessing:
            return ": " + compare(row, chosen, required[guessing][chosen])
        if is_baseline[row]:
            is_guess = not auc[row] - GUESSING > required[guessing][row]
            rival, requested = (guessing, row) if is_guess else (model, model)
            return ": " + compare(
                row, rival, required[guessing if is_guess else baseline][requested]
            )
        if row == best:
            return (
                f": ROC-AUC {auc[row]:.3f} is the best, but no more than a standard error ahead "
                f"of that of {name[model]} ({auc[model]:.3f}), which can be read."
            )
        return (
            f": ROC-AUC {auc[row]:.3f} is {auc[best] - auc[row]:.3f} behind the best, "
            f"{name[best]} ({auc[best]:.3f}); a standard error is {tolerance[row]:.3f}."
        )

    is_chosen = evaluations.index == chosen
    return to_typed(
        evaluations.assign(
            is_chosen=is_chosen,
            is_accepted=is_chosen & (name != MAJORITY),
            reason=[
                ("Chosen" if row == chosen else "Not chosen") + explain(row)
                for row in evaluations.index
            ],
        ),
        types=EVALUATION_TYPES,
    )
