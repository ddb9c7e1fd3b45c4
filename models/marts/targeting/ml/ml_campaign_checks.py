from python_ml.assignments import check_assignments


def model(dbt, session):
    """One row per past campaign and check: whether its arms were drawn as planned."""
    customers = dbt.ref("campaign_covariates").order("campaign_id, customer_id").df()
    plans = dbt.ref("planned_arm_shares").order("campaign_id, stratum, arm").df()
    meta = dbt.config.get("meta")
    return check_assignments(
        customers.rename(columns={"campaign_id": "assignment_id"}),
        plans.rename(columns={"campaign_id": "assignment_id"}),
        **meta["checks"],
    )
