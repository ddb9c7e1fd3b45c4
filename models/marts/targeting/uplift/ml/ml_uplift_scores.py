from python_ml.uplift import score_uplift


def model(dbt, session):
    """One row per list and candidate of today: the uplift predicted."""
    customers = dbt.ref("uplift_customers").order("customer_id, campaign_id").df()
    current = dbt.ref("uplift_candidates").order("list_name, customer_id").df()
    meta = dbt.config.get("meta")
    return score_uplift(customers, current, **meta["learning"])
