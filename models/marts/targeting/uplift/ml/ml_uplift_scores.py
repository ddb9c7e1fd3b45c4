from python_ml.uplift import score_uplift


def model(dbt, session):
    """One row per list and customer of today: the uplift predicted."""
    customers = dbt.ref("uplift_customers").order("customer_id, campaign_id").df()
    current = dbt.ref("list_covariates").filter("list_name is not null").df()
    meta = dbt.config.get("meta")
    return score_uplift(customers, current, **meta["learning"])
