from python_ml.programs import compare_with_holdout


def model(dbt, session):
    """One row per scope, holdout period and metric: everyone against the global holdout."""
    outcomes = dbt.ref("program_outcomes")
    meta = dbt.config.get("meta")
    rows = outcomes.order("scope, holdout_period, metric, stratum_period, arm").df()
    named = rows.rename(columns={"stratum_period": "stratum"})
    return compare_with_holdout(named, **meta["comparison"])
