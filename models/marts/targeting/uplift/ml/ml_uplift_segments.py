from python_ml.uplift import measure_segments


def model(dbt, session):
    """One row per segment: what a message changed."""
    customers = dbt.ref("uplift_customers")
    return measure_segments(customers.order("customer_id, campaign_id").df())
