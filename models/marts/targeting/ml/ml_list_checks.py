from python_ml.assignments import check_assignments


def model(dbt, session):
    """One row per assignment of today and check: whether its arms were drawn as planned."""
    customers = dbt.ref("list_covariates").order("assignment_id, customer_id").df()
    plans = dbt.ref("list_plans").order("assignment_id, stratum, arm").df()
    meta = dbt.config.get("meta")
    return check_assignments(customers, plans, **meta["checks"])
