from python_ml.experiments import compare_arms


def model(dbt, session):
    """One row per campaign, metric and arm that is not the control, without crossed persons."""
    outcomes = dbt.ref("campaign_uncrossed_outcomes")
    meta = dbt.config.get("meta")
    rows = outcomes.order("campaign_id, metric, slice, slice_value, stratum, arm").df()
    return compare_arms(rows, **meta["comparison"])
