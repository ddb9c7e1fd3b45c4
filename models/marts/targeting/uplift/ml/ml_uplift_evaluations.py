from python_ml.uplift import measure_rankings


def model(dbt, session):
    """One row per ranking: what contacting by it gains over contacting at random."""
    predictions = dbt.ref("ml_uplift_predictions")
    return measure_rankings(predictions.order("customer_id, campaign_id").df())
