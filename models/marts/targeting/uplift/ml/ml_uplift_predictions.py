from python_ml.uplift import predict_uplift


def model(dbt, session):
    """One row per campaign and customer: predicted by models that did not see the customer."""
    customers = dbt.ref("uplift_customers")
    meta = dbt.config.get("meta")
    return predict_uplift(customers.order("customer_id, campaign_id").df(), **meta["learning"])
